# SPDX-License-Identifier: MIT
TESTS += tests/net/backends
TEST_SCRIPTS += tests/net/guest
TESTS_SLOW += tests/net/guest
