# SPDX-License-Identifier: MIT
TESTS += $(patsubst %.c,%,$(wildcard tests/block/*.c))
TEST_SCRIPTS += tests/block/img
TESTS_SLOW += tests/block/img
