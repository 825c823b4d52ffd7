/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * System-management mode (SDM 3, chapter 34): entry state, what an SMI leaves alone, RSM, SMRAM's visibility, RSM outside SMM. The
 * firmware has moved SMBASE to A0000h; its handler there is replaced. Lines with "! ": the 32-bit QEMU has another save map.
 */
#include "guest.h"

enum { SMRAM_REGISTER = 0x80000070, HANDLER = 0xa8000, RESULTS = 0x500, SAVED_AX = 0xafff8, SAVED_REVISION = 0xafefc };
static volatile uint32_t *const results = (volatile uint32_t *)RESULTS;

extern const char handler[], handler_end[];
/* Offsets of results: 0 cr0, 4 cr4, 8 eflags, 12 cs, 16 count, 20 dr7, 24 revision, 28 smbase read, 32 reach above 64 KiB */
__asm__(
    ".section .rodata\n.code16\n"
    "handler:\n"
    "  xor %ax, %ax; mov %ax, %ds\n"
    "  mov %cr0, %eax; mov %eax, 0x500\n"
    "  mov %cr4, %eax; mov %eax, 0x504\n"
    "  pushfl; popl 0x508\n"
    "  mov %cs, %ax; mov %ax, 0x50c\n"
    "  incl 0x510\n"
    "  mov %dr7, %eax; mov %eax, 0x514\n"
    "  mov $0xafefc, %ebx; mov %ds:(%ebx), %eax; mov %eax, 0x518\n"
    "  mov $0x100000, %ebx; mov %ds:(%ebx), %al; movl $1, 0x520\n"
    "  mov $0xafff8, %ebx; mov %ds:(%ebx), %eax; mov %eax, 0x51c\n"
    "  movl $0x5a5a0001, %ds:(%ebx)\n"
    "  rsm\n"
    "handler_end:\n"
    ".previous\n"
#ifdef __x86_64__
    ".code64\n"
#else
    ".code32\n"
#endif
);

static void smram_open(bool open)
{
    outl(0xcf8, SMRAM_REGISTER);
    uint32_t value = inl(0xcfc);
    outl(0xcfc, (value & ~0x00400000u) | (open ? 0x00400000u : 0));
}

static void do_rsm(void) { __asm__ volatile("rsm"); }

static word smi(uint8_t command)
{
    word ax = 0x1234567800000000u * (sizeof(word) == 8) | command;
    __asm__ volatile("mov $0x11111111, %%ebx; mov $0x22222222, %%ecx; out %%al, $0xb2; jmp 1f; 1: jmp 2f; 2:" : "+a"(ax) :: "ebx", "ecx", "edx", "memory");
    return ax;
}

void guest_main(void)
{
    word before, after;

    smram_open(true);
    for (unsigned n = 0; n < (unsigned)(handler_end - handler); n++) {
        ((volatile char *)HANDLER)[n] = handler[n];
    }
    say("open %x\n", (word)*(volatile uint8_t *)HANDLER);
    smram_open(false);
    say("closed: handler %s\n", *(volatile uint8_t *)HANDLER == 0x31 ? "visible" : "hidden");
    for (unsigned n = 0; n < 12; n++) {
        results[n] = 0;
    }
    write_dr7(0x400);
    __asm__ volatile("pushf; pop %0" : "=r"(before));
    word ax = smi(0x42);
    __asm__ volatile("pushf; pop %0" : "=r"(after));
    say("count %x cr0 %x cr4 %x eflags %x cs %x dr7 %x\n", (word)results[4], (word)(results[0] & 0x80000009), (word)results[1], (word)results[2],
        (word)results[3], (word)results[5]);
    say("! revision %x saved eax %x\n", (word)results[6], (word)results[7]);
    say("! eax after %x\n", ax);
    say("flags kept %d, cr0 %x\n", ((before ^ after) & 0x3f7700) == 0, (word)(read_cr0() & 0x80000001));
    smi(1);
    smi(2);
    say("count %x\n", (word)results[4]);
    say_trap("rsm outside", guarded(do_rsm), (void *)do_rsm);
}
