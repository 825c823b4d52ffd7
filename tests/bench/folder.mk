# SPDX-License-Identifier: MIT
# The benchmark guests: freestanding kernels of 32 and 64 bits, started by Multiboot or as Linux images.
BENCH_FLAGS := -O2 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -static \
    -Wall -Wextra -Wno-psabi -I. -Wl,--build-id=none -Wl,--no-warn-rwx-segments
BENCH_COMMON := $(wildcard tests/bench/guest/*.c)
BENCH_X86 := $(wildcard tests/bench/guest/x86/*.c) $(BENCH_COMMON)
BENCH_ARM := $(wildcard tests/bench/guest/arm/*.c) $(BENCH_COMMON)
BENCH_HEADERS := $(wildcard tests/bench/guest/*.h tests/bench/guest/*/*.h tests/bench/guest/*/*.ld) tests/bench/folder.mk
BENCH_X86_FLAGS := $(BENCH_FLAGS) -mno-red-zone -DGUEST_RAM=0 -T tests/bench/guest/x86/guest.ld -Wl,-n
BENCH_ARM_FLAGS := $(BENCH_FLAGS) -DGUEST_RAM=0x40000000u -T tests/bench/guest/arm/guest.ld -Wl,--defsym=guest_entry=
BENCH_ARMV7 := -march=armv7ve -mfpu=neon-vfpv4 -mfloat-abi=hard -funsafe-math-optimizations

BENCH_GUESTS = $(BENCH_GUESTS_$(or $(ARCH),all))
BENCH_GUESTS_i386 := i386
BENCH_GUESTS_amd64 := amd64
BENCH_GUESTS_armhf := a32 t32
BENCH_GUESTS_arm64 := a64
BENCH_GUESTS_all := i386 amd64 a32 t32 a64

BENCH_SYSTEMS = $(BENCH_SYSTEMS_$(ARCH))
BENCH_SYSTEMS_i386 := boot-i386 disk-i386 seabios idle-i386
BENCH_SYSTEMS_amd64 := boot-amd64 disk-amd64 exec memory idle-amd64
BENCH_SYSTEMS_armhf := boot-armhf
BENCH_SYSTEMS_arm64 := boot-arm64 idle-arm64

bench-guests: $(BENCH_GUESTS:%=$(BUILD)/bench/%.img)
$(BUILD)/bench/i386.img: tests/bench/guest/x86/start32.S $(BENCH_X86) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	gcc -m32 -march=i686 -msse2 -mfpmath=sse $(BENCH_X86_FLAGS) -o $@ $(filter %.S %.c,$^)
$(BUILD)/bench/amd64.img: tests/bench/guest/x86/start64.S $(BENCH_X86) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	gcc -m64 $(BENCH_X86_FLAGS) -o $@.elf $(filter %.S %.c,$^)
	objcopy -O elf32-i386 $@.elf $@
$(BUILD)/bench/a32.img: tests/bench/guest/arm/start32.S $(BENCH_ARM) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	arm-linux-gnueabihf-gcc -marm $(BENCH_ARMV7) $(BENCH_ARM_FLAGS)0x40010000 -o $@.elf $(filter %.S %.c,$^)
	arm-linux-gnueabihf-objcopy -O binary $@.elf $@
$(BUILD)/bench/t32.img: tests/bench/guest/arm/start32.S $(BENCH_ARM) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	arm-linux-gnueabihf-gcc -mthumb $(BENCH_ARMV7) $(BENCH_ARM_FLAGS)0x40010000 -o $@.elf $(filter %.S %.c,$^)
	arm-linux-gnueabihf-objcopy -O binary $@.elf $@
$(BUILD)/bench/a64.img: tests/bench/guest/arm/start64.S $(BENCH_ARM) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(BENCH_ARM_FLAGS)0x40200000 -o $@.elf $(filter %.S %.c,$^)
	aarch64-linux-gnu-objcopy -O binary $@.elf $@
.PHONY: bench-guests
