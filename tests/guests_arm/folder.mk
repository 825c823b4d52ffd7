# SPDX-License-Identifier: MIT
# Guest programs: flash images that start at reset. For AArch64:
ARM_GUEST_FLAGS := -O1 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -static \
    -mgeneral-regs-only -mstrict-align -Wall -Wextra -Itests/guests_arm/lib -T tests/guests_arm/lib/guest.ld -Wl,--build-id=none \
    -Wl,--no-warn-rwx-segments
ARM_GUESTS := $(patsubst %.c,$(BUILD)/%.bin,$(wildcard tests/guests_arm/*.c))
$(BUILD)/tests/guests_arm/%.bin: tests/guests_arm/%.c $(wildcard tests/guests_arm/lib/*)
	@mkdir -p $(@D)
	-aarch64-linux-gnu-gcc $(ARM_GUEST_FLAGS) -o $@.elf tests/guests_arm/lib/start.S tests/guests_arm/lib/lib.c $<
	-aarch64-linux-gnu-objcopy -O binary -j .text $@.elf $@
# QEMU's flash is for the secure world alone when the board has one.
$(BUILD)/tests/guests_arm/el3.bin $(BUILD)/tests/guests_arm/fiq.bin: ARM_GUEST_FLAGS += -Wl,--defsym=TEXT_AT=0x40100000
# Those for AArch32, in the same way.
A32_GUEST_FLAGS := -O1 -marm -march=armv7ve -mfloat-abi=soft -masm-syntax-unified -Wa,-march=armv7ve+sec+virt,-mfpu=neon-vfpv4 \
    -ffreestanding -fno-pic -fno-pie -fno-stack-protector -nostdlib -static -mno-unaligned-access -Wall -Wextra \
    -Itests/guests_arm/a32/lib -T tests/guests_arm/a32/lib/guest32.ld -Wl,--build-id=none -Wl,--no-warn-rwx-segments
A32_GUESTS := $(patsubst %.c,$(BUILD)/%.bin,$(wildcard tests/guests_arm/a32/*.c))
$(BUILD)/tests/guests_arm/a32/%.bin: tests/guests_arm/a32/%.c $(wildcard tests/guests_arm/a32/lib/* tests/guests_arm/lib/*.h)
	@mkdir -p $(@D)
	-arm-linux-gnueabihf-gcc $(A32_GUEST_FLAGS) -o $@.elf tests/guests_arm/a32/lib/start32.S tests/guests_arm/a32/lib/lib32.c $<
	-arm-linux-gnueabihf-objcopy -O binary -j .text $@.elf $@
$(BUILD)/tests/guests_arm/a32/fiq.bin: A32_GUEST_FLAGS += -Wl,--defsym=TEXT_AT=0x40100000
check: $(ARM_GUESTS) $(A32_GUESTS)
TEST_SCRIPTS += tests/guests_arm/run
