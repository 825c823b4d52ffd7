# SPDX-License-Identifier: MIT
# The benchmark guests: freestanding kernels of 32 and 64 bits, started by multiboot.
BENCH_FLAGS := -O2 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -static \
    -Wall -Wextra -mno-red-zone -T tests/bench/guest/guest.ld -Wl,-n -Wl,--build-id=none -Wl,--no-warn-rwx-segments
BENCH_SOURCES := $(wildcard tests/bench/guest/*.c)

bench-guests: $(BUILD)/bench/bench32.elf $(BUILD)/bench/bench64.elf
$(BUILD)/bench/bench32.elf: tests/bench/guest/start32.S $(BENCH_SOURCES) tests/bench/guest/guest.h tests/bench/guest/guest.ld
	@mkdir -p $(@D)
	gcc -m32 -march=i686 -msse2 -mfpmath=sse $(BENCH_FLAGS) -o $@ $(filter %.S %.c,$^)
$(BUILD)/bench/bench64.elf: tests/bench/guest/start64.S $(BENCH_SOURCES) tests/bench/guest/guest.h tests/bench/guest/guest.ld
	@mkdir -p $(@D)
	gcc -m64 $(BENCH_FLAGS) -o $@.64 $(filter %.S %.c,$^)
	objcopy -O elf32-i386 $@.64 $@
.PHONY: bench-guests
