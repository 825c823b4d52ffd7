# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/monitor/hmp tests/monitor/qmp tests/monitor/debug
