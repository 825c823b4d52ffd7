# SPDX-License-Identifier: MIT
# The guest of docs/exercises.md, and what looks at reports.
lab: $(BUILD)/lab/lab.elf
$(BUILD)/lab/lab.elf: tests/explain/lab.S
	@mkdir -p $(@D)
	-gcc -m32 -nostdlib -static -no-pie -Wl,-Ttext-segment=0x100000 -Wl,-N -Wl,--build-id=none -Wl,--no-warn-rwx-segments -o $@ $<
check: lab
TEST_SCRIPTS += tests/explain/report tests/explain/switches tests/explain/exercises
TESTS_SLOW += tests/explain/report tests/explain/switches tests/explain/exercises
.PHONY: lab
