# SPDX-License-Identifier: MIT
SRC += $(sort $(wildcard tcg/*.c))
