/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu qemu64
 * qemu: 7.2 accepts LOCK before MOV, unknown MSRs, reserved CR0/CR4 combinations, and checks no limits
 * What the manual refuses and QEMU lets pass: SDM 2, LOCK; SDM 3, 2.5 (CR0, CR4), WRMSR, 5.3 and 5.5 (limits and types),
 * 17.3.1.1 (RF), 6.13 (the error code's index is the vector in 64-bit mode too), 6.15 (#SS for a non-canonical stack address).
 */
#include "guest.h"

#define CASE(name, before, instruction) \
    extern const char at_##name[]; \
    static void do_##name(void) { __asm__ volatile(before "\n at_" #name ": " instruction ::: "eax", "ecx", "edx", "memory", "cc"); }
#ifdef __x86_64__
#define A "%%rax"
#else
#define A "%%eax"
#endif

CASE(lock_mov, "mov $0x200000, %%ecx", ".byte 0xf0, 0x89, 0x01")
CASE(lock_cmp, "mov $0x200000, %%ecx", ".byte 0xf0, 0x39, 0x01")
CASE(lock_bt, "mov $0x200000, %%ecx", ".byte 0xf0, 0x0f, 0xa3, 0x01")
CASE(wrmsr_unknown, "mov $0x12345, %%ecx", "wrmsr")
CASE(rdmsr_unknown, "mov $0x12345, %%ecx", "rdmsr")
CASE(cr4_reserved, "mov $0x80000000, %%eax", "mov " A ", %%cr4")
CASE(cr0_pg_no_pe, "mov $0x80000000, %%eax", "mov " A ", %%cr0")
CASE(cr0_nw_no_cd, "mov %%cr0, " A "; or $0x20000000, %%eax; and $0xbfffffff, %%eax", "mov " A ", %%cr0")
CASE(cr1, "", ".byte 0x0f, 0x20, 0xc8")
CASE(sysret_efer, "mov $0xc0000080, %%ecx; xor %%edx, %%edx; mov $0x80000000, %%eax", "wrmsr")

CASE(int_no_gate, "", "int $0x90")
#ifdef __x86_64__
CASE(fs_base, "mov $0xc0000100, %%ecx; mov $0x8000, %%edx; xor %%eax, %%eax", "wrmsr")
CASE(lstar, "mov $0xc0000082, %%ecx; mov $0x8000, %%edx; xor %%eax, %%eax", "wrmsr")
CASE(cr8_high, "mov $16, %%eax", "mov %%rax, %%cr8")
CASE(cr0_no_pg, "mov %%cr0, %%rax; btr $31, %%rax", "mov %%rax, %%cr0")
CASE(cr4_no_pae, "mov %%cr4, %%rax; btr $5, %%rax", "mov %%rax, %%cr4")
CASE(efer_lme, "mov $0xc0000080, %%ecx; rdmsr; btr $8, %%eax", "wrmsr")
CASE(noncanonical_stack, "mov %%rbp, %%rcx; mov $0x800000000000, %%rbp", "mov (%%rbp), %%eax")
#else
CASE(null_ds, "push %%ds; xor %%eax, %%eax; mov %%eax, %%fs", "mov %%fs:0, %%eax")
CASE(limit, "mov $0x60, %%eax; mov %%eax, %%fs", "mov %%fs:0xffd, %%eax")
CASE(limit_last, "mov $0x60, %%eax; mov %%eax, %%fs", "mov %%fs:0xffc, %%eax")
CASE(expand_down, "mov $0x68, %%eax; mov %%eax, %%fs", "mov %%fs:0xfff, %%al")
CASE(expand_down_above, "mov $0x68, %%eax; mov %%eax, %%fs", "mov %%fs:0x1000, %%al")
CASE(read_only, "mov $0x70, %%eax; mov %%eax, %%fs", "mov %%al, %%fs:0")
CASE(write_code, "", "mov %%al, %%cs:0")
#endif

static const struct { const char *name; void (*run)(void); const char *at; } cases[] = {
#define ROW(name) { #name, do_##name, at_##name }
    ROW(lock_mov), ROW(lock_cmp), ROW(lock_bt), ROW(wrmsr_unknown), ROW(rdmsr_unknown), ROW(cr4_reserved), ROW(cr0_pg_no_pe),
    ROW(cr0_nw_no_cd), ROW(cr1), ROW(sysret_efer), ROW(int_no_gate),
#ifdef __x86_64__
    ROW(fs_base), ROW(lstar), ROW(cr8_high), ROW(cr0_no_pg), ROW(cr4_no_pae), ROW(efer_lme),
    ROW(noncanonical_stack),
#else
    ROW(null_ds), ROW(limit), ROW(limit_last), 
    ROW(expand_down), ROW(expand_down_above), ROW(read_only), ROW(write_code),
#endif
};

static void user_int80(void) { __asm__ volatile("int $0x80"); }

void guest_main(void)
{
#ifndef __x86_64__
    set_descriptor(12, 0x200000, 0xfff, 0x93, 0x40);    /* 4 KiB */
    set_descriptor(13, 0x200000, 0xfff, 0x97, 0x40);    /* expand down: valid from 1000h */
    set_descriptor(14, 0x200000, 0xfff, 0x91, 0x40);    /* read only */
#endif
    idt_bytes[0x90 * (GUEST_BITS / 4) + 5] = 0x0e;      /* not present */
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        say_trap(cases[i].name, guarded(cases[i].run), cases[i].at);
    }
    guarded(do_cr1);
    say("RF in the flags that a fault pushes: %d\n", (int)(trap.flags >> 16 & 1));
    say_trap("ring 3 int 80h without right", guarded_user(user_int80), NULL);
}
