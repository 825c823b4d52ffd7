# SPDX-License-Identifier: MIT
# Test programs (linked with everything but main) and scripts. Every tests/unit/*.c is one; other folders add their own
# in their folder.mk.
TESTS += $(patsubst %.c,%,$(wildcard tests/unit/*.c))
# Test programs (sources below tests/, linked with everything but main) and scripts, in the order in which they run.
TESTS += tests/unit/base
TESTS += tests/unit/memory tests/unit/clock
TESTS += tests/device/acpi_tables
