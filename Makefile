# SPDX-License-Identifier: MIT
# One non-recursive Makefile. Each folder's folder.mk adds its sources to SRC (product) and its test programs to TESTS.
BUILD ?= build
-include config.mk
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Wmissing-prototypes -Wno-unused-parameter -I. $(PKG_CFLAGS) $(SANFLAGS)
LDLIBS += $(PKG_LIBS) -lm -lpthread

SRC :=
include $(wildcard */folder.mk */*/folder.mk)
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIBOBJ := $(filter-out $(BUILD)/machine/main.o,$(OBJ))

all: $(BUILD)/dragoman
$(BUILD)/dragoman: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
config.mk: configure
	./configure
-include $(OBJ:.o=.d)
.PHONY: all
