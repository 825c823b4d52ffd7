# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/monitor/hmp tests/monitor/qmp tests/monitor/schema tests/monitor/debug tests/monitor/hotplug
TEST_SCRIPTS += tests/monitor/libvirt tests/monitor/kvm
TESTS_SLOW += tests/monitor/libvirt tests/monitor/kvm
