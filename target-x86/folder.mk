# SPDX-License-Identifier: MIT
SRC += $(wildcard target-x86/*.c)
