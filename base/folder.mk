# SPDX-License-Identifier: MIT
SRC += $(wildcard base/*.c)
