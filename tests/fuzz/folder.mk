# SPDX-License-Identifier: MIT
TESTS += tests/fuzz/device_fuzz
