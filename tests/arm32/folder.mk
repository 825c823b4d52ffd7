# SPDX-License-Identifier: MIT
TESTS += tests/arm32/rows tests/arm32/fuzz tests/arm32/encodings
ARM32_OBJECTS := $(ARM_GUEST_OBJECTS) $(addprefix $(BUILD)/tests/arm32/,guest.o record.o unpredictable.o)
$(addprefix $(BUILD)/tests/arm32/,rows fuzz encodings): $(ARM32_OBJECTS)
$(BUILD)/tests/arm32/fuzz: $(BUILD)/tests/arm32/sequence.o

# The oracle runs in qemu-arm; without the cross compiler the tests that need it are skipped.
$(BUILD)/tests/arm32/oracle_a32: tests/arm32/oracle_a32.c tests/arm32/record.h $(ORACLE_SOURCES)
	@mkdir -p $(@D)
	-arm-linux-gnueabihf-gcc -O1 -marm -static -Wall -I. -o $@ $(filter %.c,$^)
check: $(BUILD)/tests/arm32/oracle_a32
fuzz-arm32: $(BUILD)/tests/arm32/fuzz $(BUILD)/tests/arm32/oracle_a32
	@BUILD=$(BUILD) $(BUILD)/tests/arm32/fuzz --seconds $(T) --seed $$(date +%s)
.PHONY: fuzz-arm32
