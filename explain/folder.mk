# SPDX-License-Identifier: MIT
SRC += $(wildcard explain/*.c) explain/assets.S
$(BUILD)/explain/assets.o: $(wildcard explain/page/*)
