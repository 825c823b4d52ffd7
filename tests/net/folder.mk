# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/net/guest
TESTS_SLOW += tests/net/guest
