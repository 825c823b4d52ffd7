# SPDX-License-Identifier: MIT
# Test programs (sources below tests/, linked with everything but main) and scripts, in the order in which they run.
TESTS += tests/unit/base
TESTS += tests/unit/memory tests/unit/clock
