# SPDX-License-Identifier: MIT
# The build proper; the Makefile at the top includes it once the packages are there.
all:
-include config.mk
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -Wall -Wextra -Wmissing-prototypes -Wno-unused-parameter -I. -I$(BUILD) $(PKG_CFLAGS) $(CFLAGS) \
             $(SANFLAGS) $(EXTRA_CFLAGS)
LIBS = $(PKG_LIBS) $(SANFLAGS) -lm -lpthread -ldl
VERSION := 0.1.0

SRC :=
TESTS :=
TEST_SCRIPTS :=
TEST_TOOLS :=
TESTS_SLOW :=
TESTS_BOOTS :=
include $(wildcard */folder.mk */*/folder.mk)
SRC := $(sort $(SRC))
OBJ := $(patsubst %,$(BUILD)/%.o,$(basename $(SRC)))
LIBOBJ := $(filter-out $(BUILD)/machine/main.o,$(OBJ))
TEST_PROGRAMS := $(TESTS:%=$(BUILD)/%) $(TEST_TOOLS:%=$(BUILD)/%)
COMPAT := $(patsubst %,$(BUILD)/compat/qemu-system-%,i386 x86_64 arm aarch64) $(BUILD)/compat/qemu-img


all: $(BUILD)/dragoman $(COMPAT) $(BUILD)/dragoman.1

$(BUILD)/dragoman: $(BUILD)/machine/main.o $(BUILD)/libdragoman.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(COMPAT): $(BUILD)/dragoman
	@mkdir -p $(@D)
	@ln -sf ../dragoman $@
$(BUILD)/dragoman.1: $(BUILD)/dragoman
	$< help manual > $@
# Program and tests take from the archive what they use.
$(BUILD)/libdragoman.a: $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^
$(TEST_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libdragoman.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libdragoman.a $(LIBS)

$(BUILD)/%.o: %.c | config.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DDRAGOMAN_VERSION='"$(VERSION)"' -MMD -MP -c -o $@ $<
$(BUILD)/%.o: %.S | config.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
config.mk: configure
	./configure $(CONFIGURE_ARGUMENTS)
-include $(OBJ:.o=.d) $(wildcard $(BUILD)/tests/*/*.d)

# Tests. QUICK=1 leaves out the slow ones; TEST=PATTERN picks by name; JOBS runs so many at once.
JOBS ?= 2
RUN_TESTS = $(if $(QUICK),$(filter-out $(TESTS_SLOW),$(TESTS) $(TEST_SCRIPTS)),$(TESTS) $(TEST_SCRIPTS))
check: all $(TEST_PROGRAMS)
	@BUILD=$(BUILD) JOBS=$(JOBS) TEST='$(TEST)' tests/run $(RUN_TESTS)
check-quick:
	@$(MAKE) --no-print-directory INNER=1 QUICK=1 check
check-san:
	@$(MAKE) --no-print-directory INNER=1 BUILD=$(BUILD)-san SANITIZED=1 \
	    SANFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DIR_CHECKED' check
check-debian: all
	@BUILD=$(BUILD) tests/debian/run $(or $(DEBIAN_ARCH),amd64)
# Slower still than TESTS_SLOW: not part of `check`.
check-boots: all $(TEST_TOOLS:%=$(BUILD)/%)
	@BUILD=$(BUILD) JOBS=$(JOBS) TEST='$(TEST)' TEST_TIMEOUT=7200 PEER=1 tests/run $(TESTS_BOOTS)
demo: all
	@BUILD=$(BUILD) tools/demo

T ?= 60
fuzz-cpu: $(BUILD)/tests/fuzz/cpu_fuzz
	@$(BUILD)/tests/fuzz/cpu_fuzz --seconds $(T)
fuzz-devices: $(BUILD)/tests/fuzz/device_fuzz
	@$< --seconds $(T)
fuzz-block: $(BUILD)/tests/fuzz/block_fuzz
	@$< --seconds $(T)
fuzz-monitor: $(BUILD)/tests/fuzz/monitor_fuzz
	@$< --seconds $(T)
fuzz-gdb: $(BUILD)/tests/fuzz/gdb_fuzz
	@$< --seconds $(T)
bench: all bench-guests
	@tools/bench $(BUILD) -g "$(BENCH_GUESTS)"
	@tools/bench-systems $(BUILD) $(BENCH_SYSTEMS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/dragoman/compat $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/dragoman $(DESTDIR)$(PREFIX)/bin/dragoman
	install -m 644 $(BUILD)/dragoman.1 $(DESTDIR)$(PREFIX)/share/man/man1/dragoman.1
	for name in $(notdir $(COMPAT)); do \
	    ln -sf ../../../bin/dragoman $(DESTDIR)$(PREFIX)/libexec/dragoman/compat/$$name; done

.PHONY: all check check-quick check-san check-boots check-debian demo fuzz-cpu fuzz-devices fuzz-block fuzz-monitor fuzz-gdb bench install
.DELETE_ON_ERROR:
