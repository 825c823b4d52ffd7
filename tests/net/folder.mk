# SPDX-License-Identifier: MIT
TESTS += tests/net/backends
TEST_SCRIPTS += tests/net/guest tests/net/pxe
TESTS_SLOW += tests/net/guest
