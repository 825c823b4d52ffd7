# SPDX-License-Identifier: MIT
TEST_SCRIPTS += tests/cli/errors tests/cli/fw_cfg tests/cli/help tests/cli/terminal tests/cli/tree
