# SPDX-License-Identifier: MIT
# The toy guest that the engine's tests run: an object that they link with.
TOY_TESTS := $(patsubst %.c,%,$(wildcard tests/unit/engine_*.c))
$(TOY_TESTS:%=$(BUILD)/%): $(BUILD)/tests/toy/toy.o
-include $(BUILD)/tests/toy/toy.d
