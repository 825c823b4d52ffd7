# SPDX-License-Identifier: MIT
# Test programs (linked with everything but main) and scripts. Every tests/unit/*.c and tests/device/*.c is one; other
# folders add their own in their folder.mk.
TESTS += $(patsubst %.c,%,$(wildcard tests/unit/*.c tests/device/*.c))
