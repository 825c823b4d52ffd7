# SPDX-License-Identifier: MIT
# Random IR units: the optimiser's passes, the back ends against each other.
TESTS += tests/ir/passes tests/ir/backends tests/ir/host
$(BUILD)/tests/ir/passes $(BUILD)/tests/ir/backends: $(BUILD)/tests/ir/random_unit.o $(BUILD)/tests/ir/random_memory.o
$(BUILD)/tests/ir/host: $(BUILD)/tests/ir/random_unit.o
