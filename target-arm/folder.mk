# SPDX-License-Identifier: MIT
SRC += $(sort $(wildcard target-arm/*.c))
