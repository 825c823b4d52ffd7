# SPDX-License-Identifier: MIT
# Host code as text.
TESTS += tests/expect/host_code
