# SPDX-License-Identifier: MIT
SRC += $(sort $(wildcard tcg/interp/*.c))
SRC += tcg/host-x86_64/copy_run.c
