# SPDX-License-Identifier: MIT
TESTS += tests/cpu/rows
$(BUILD)/tests/cpu/rows: $(BUILD)/tests/cpu/host_cpu.o $(BUILD)/tests/cpu/guest_cpu.o $(BUILD)/tests/cpu/instance.o
