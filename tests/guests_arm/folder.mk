# SPDX-License-Identifier: MIT
# Guest programs for AArch64: flash images that start at reset.
ARM_GUEST_FLAGS := -O1 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -static \
    -mgeneral-regs-only -mstrict-align -Wall -Wextra -Itests/guests_arm/lib -T tests/guests_arm/lib/guest.ld -Wl,--build-id=none \
    -Wl,--no-warn-rwx-segments
ARM_GUESTS := $(patsubst %.c,$(BUILD)/%.bin,$(wildcard tests/guests_arm/*.c))
$(BUILD)/tests/guests_arm/%.bin: tests/guests_arm/%.c $(wildcard tests/guests_arm/lib/*)
	@mkdir -p $(@D)
	-aarch64-linux-gnu-gcc $(ARM_GUEST_FLAGS) -o $@.elf tests/guests_arm/lib/start.S tests/guests_arm/lib/lib.c $<
	-aarch64-linux-gnu-objcopy -O binary -j .text $@.elf $@
# QEMU's flash is for the secure world alone when the board has one.
$(BUILD)/tests/guests_arm/el3.bin: ARM_GUEST_FLAGS += -Wl,--defsym=TEXT_AT=0x40100000
check: $(ARM_GUESTS)
TEST_SCRIPTS += tests/guests_arm/run
