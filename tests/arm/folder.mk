# SPDX-License-Identifier: MIT
TESTS += tests/arm/a64_rows tests/arm/a64_fuzz tests/arm/a64_encodings tests/arm/fp_mpfr
ARM_GUEST_OBJECTS := $(addprefix $(BUILD)/tests/arm/,oracle.o guest.o random.o)
ARM_TEST_OBJECTS := $(ARM_GUEST_OBJECTS) $(BUILD)/tests/arm/guest_arm.o $(BUILD)/tests/arm/generate.o
$(BUILD)/tests/arm/a64_rows $(BUILD)/tests/arm/a64_fuzz $(BUILD)/tests/arm/a64_encodings: $(ARM_TEST_OBJECTS)
$(BUILD)/tests/arm/fp_mpfr: LIBS += -lmpfr -lgmp

# The oracle runs in qemu-aarch64; without the cross compiler the tests that need it are skipped.
ORACLE_SOURCES := tests/arm/oracle_program.c tests/arm/oracle_program.h
$(BUILD)/tests/arm/oracle_a64: tests/arm/oracle_a64.c tests/arm/record.h $(ORACLE_SOURCES)
	@mkdir -p $(@D)
	-aarch64-linux-gnu-gcc -O1 -static -Wall -I. -o $@ $(filter %.c,$^)
check: $(BUILD)/tests/arm/oracle_a64
fuzz-arm: $(BUILD)/tests/arm/a64_fuzz $(BUILD)/tests/arm/oracle_a64
	@BUILD=$(BUILD) $(BUILD)/tests/arm/a64_fuzz --seconds $(T) --seed $$(date +%s)
.PHONY: fuzz-arm
