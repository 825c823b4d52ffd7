# SPDX-License-Identifier: MIT
# Random IR units: the optimiser's passes, the back ends against each other.
TESTS += tests/ir/passes
$(BUILD)/tests/ir/passes: $(BUILD)/tests/ir/random_unit.o
TESTS += tests/ir/host
$(BUILD)/tests/ir/host: $(BUILD)/tests/ir/random_unit.o
