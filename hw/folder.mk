# SPDX-License-Identifier: MIT
SRC += $(wildcard hw/*.c hw/*/*.c hw/*/*.S)
