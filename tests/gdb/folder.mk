# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/gdb/packets tests/gdb/bios tests/gdb/system tests/gdb/lldb tests/gdb/kernel
TEST_SCRIPTS += tests/gdb/kvm
TESTS_SLOW += tests/gdb/kernel tests/gdb/lldb tests/gdb/kvm
