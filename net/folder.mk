# SPDX-License-Identifier: MIT
SRC += $(wildcard net/*.c)
PKG_CFLAGS += $(SLIRP_CFLAGS)
PKG_LIBS += $(SLIRP_LIBS)
