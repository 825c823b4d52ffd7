# SPDX-License-Identifier: MIT
SRC += $(sort $(wildcard tcg/interp/*.c))
