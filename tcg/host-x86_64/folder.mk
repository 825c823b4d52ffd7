# SPDX-License-Identifier: MIT
SRC += $(sort $(wildcard tcg/host-x86_64/*.c))
