# SPDX-License-Identifier: MIT
TESTS += tests/arm32/rows
$(BUILD)/tests/arm32/rows: $(BUILD)/tests/arm/oracle.o $(BUILD)/tests/arm32/guest.o

# The oracle runs in qemu-arm; without the cross compiler the tests that need it are skipped.
$(BUILD)/tests/arm32/oracle_a32: tests/arm32/oracle_a32.c tests/arm32/record.h
	@mkdir -p $(@D)
	-arm-linux-gnueabihf-gcc -O1 -marm -static -Wall -I. -o $@ $<
check: $(BUILD)/tests/arm32/oracle_a32
