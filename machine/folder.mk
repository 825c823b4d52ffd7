# SPDX-License-Identifier: MIT
SRC += $(wildcard machine/*.c)
