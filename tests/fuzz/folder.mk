# SPDX-License-Identifier: MIT
TESTS += tests/fuzz/device_fuzz
TESTS += tests/fuzz/cpu_fuzz
$(BUILD)/tests/fuzz/cpu_fuzz: $(BUILD)/tests/fuzz/cpu_sequence.o $(BUILD)/tests/cpu/host_cpu.o $(BUILD)/tests/cpu/guest_cpu.o \
    $(BUILD)/tests/cpu/instance.o
