# SPDX-License-Identifier: MIT
# Guest programs: NAME.32 and NAME.64 from each NAME.c, as its line "bits:" asks.
GUEST_FLAGS := -O1 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -static \
    -mno-red-zone -mgeneral-regs-only -Wall -Wextra -Itests/guests/lib -T tests/guests/lib/guest.ld -Wl,-n -Wl,--build-id=none \
    -Wl,--no-warn-rwx-segments
GUEST_LIB := $(wildcard tests/guests/lib/*)
GUEST_NAMES := $(patsubst tests/guests/%.c,%,$(wildcard tests/guests/*.c))
guests_of = $(foreach n,$(GUEST_NAMES),$(if $(filter $(1),$(shell sed -n 's/^ \* bits: //p' tests/guests/$(n).c)),$(BUILD)/tests/guests/$(n).$(1)))
GUESTS := $(call guests_of,32) $(call guests_of,64)

$(BUILD)/tests/guests/%.32: tests/guests/%.c $(GUEST_LIB) tests/guests/folder.mk
	@mkdir -p $(@D)
	gcc -m32 -march=i686 $(GUEST_FLAGS) -o $@ tests/guests/lib/start32.S tests/guests/lib/lib.c $<
$(BUILD)/tests/guests/%.64: tests/guests/%.c $(GUEST_LIB) tests/guests/folder.mk
	@mkdir -p $(@D)
	gcc -m64 $(GUEST_FLAGS) -o $@.elf64 tests/guests/lib/start64.S tests/guests/lib/lib.c $<
	objcopy -O elf32-i386 $@.elf64 $@
guests: $(GUESTS)
check: $(GUESTS)
TEST_SCRIPTS += tests/guests/run tests/guests/kvm
TESTS_SLOW += tests/guests/kvm
.PHONY: guests
