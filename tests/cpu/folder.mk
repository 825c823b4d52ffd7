# SPDX-License-Identifier: MIT
TESTS += tests/cpu/rows tests/cpu/encodings
$(BUILD)/tests/cpu/rows: $(BUILD)/tests/cpu/host_cpu.o $(BUILD)/tests/cpu/guest_cpu.o $(BUILD)/tests/cpu/instance.o \
    $(BUILD)/tests/cpu/choices.o
$(BUILD)/tests/cpu/encodings: $(BUILD)/tests/cpu/host_cpu.o $(BUILD)/tests/cpu/instance.o
