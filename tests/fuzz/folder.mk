# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/fuzz/rfb
TESTS += tests/fuzz/device_fuzz tests/fuzz/monitor_fuzz
TESTS += tests/fuzz/gdb_fuzz
TESTS += tests/fuzz/net_fuzz tests/fuzz/block_fuzz
TESTS += tests/fuzz/cpu_fuzz
TESTS += tests/regress/cpu_sequences
$(BUILD)/tests/fuzz/cpu_fuzz $(BUILD)/tests/regress/cpu_sequences: $(BUILD)/tests/fuzz/cpu_sequence.o \
    $(BUILD)/tests/fuzz/cpu_compare.o $(BUILD)/tests/cpu/host_cpu.o $(BUILD)/tests/cpu/guest_cpu.o $(BUILD)/tests/cpu/instance.o \
    $(BUILD)/tests/cpu/choices.o
