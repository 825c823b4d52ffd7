/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options:
 * Every exception that an instruction can raise without special tables: vector, error code, saved IP (fault or trap), RF.
 * SDM 3, chapter 6.
 */
#include "guest.h"

/* Each function's interesting instruction lies at its symbol `at_NAME`. */
#define CASE(name, vector_text, before, instruction) \
    extern const char at_##name[]; \
    static void do_##name(void) { __asm__ volatile(before "\n at_" #name ": " instruction ::: "eax", "ecx", "edx", "memory", "cc"); }

CASE(divide, "#DE", "xor %%ecx, %%ecx; mov $1, %%eax; xor %%edx, %%edx", "div %%ecx")
CASE(overflow_divide, "#DE", "mov $1, %%ecx; mov $1, %%edx; xor %%eax, %%eax", "div %%ecx")
CASE(idiv_min, "#DE", "mov $-1, %%ecx; mov $0x80000000, %%eax; cltd", "idiv %%ecx")
CASE(int3, "#BP", "", "int3")
CASE(int_3, "#BP", "", ".byte 0xcd, 3")
CASE(ud2, "#UD", "", "ud2")
CASE(ud1, "#UD", "", ".byte 0x0f, 0xb9, 0xc0")
CASE(bad_lock, "#UD", "", ".byte 0xf0, 0x01, 0xc0")
CASE(mov_cs, "#UD", "mov $8, %%eax", ".byte 0x8e, 0xc8")
CASE(lea_register, "#UD", "", ".byte 0x8d, 0xc0")
CASE(bad_selector, "#GP", "mov $0x1f8, %%eax", "mov %%eax, %%ds")
CASE(beyond_gdt, "#GP", "mov $0xfff8, %%eax", "mov %%eax, %%es")
CASE(ldt_selector, "#GP", "mov $0x14, %%eax", "mov %%eax, %%es")
CASE(null_ss, "#GP", "xor %%eax, %%eax", "mov %%eax, %%ss")
CASE(code_in_ss, "#GP", "mov $8, %%eax", "mov %%eax, %%ss")
CASE(rpl_in_ss, "#GP", "mov $0x13, %%eax", "mov %%eax, %%ss")
CASE(long_instruction, "#GP", "", ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90")
#ifdef __x86_64__
CASE(noncanonical, "#GP", "mov $0x800000000000, %%rax", "mov (%%rax), %%ecx")
CASE(push_es, "#UD", "", ".byte 0x06")
CASE(aam, "#UD", "", ".byte 0xd4, 0x0a")
CASE(far_pointer, "#UD", "", ".byte 0xea, 0, 0, 0, 0, 8, 0")
#else
CASE(into, "#OF", "mov $0x7f, %%al; inc %%al", "into")
CASE(bound, "#BR", "mov $5, %%eax", "bound %%eax, bounds")
CASE(bound_inside, "none", "mov $2, %%eax", "bound %%eax, bounds")
CASE(aam0, "#DE", "", ".byte 0xd4, 0")
CASE(far_null, "#GP", "", ".byte 0xea, 0, 0, 0, 0, 0, 0")
CASE(far_data, "#GP", "", ".byte 0xea, 0, 0, 0, 0, 0x10, 0")
CASE(far_not_present, "#NP", "", ".byte 0xea, 0, 0, 0, 0, 0x50, 0")
CASE(ss_not_present, "#SS", "mov $0x58, %%eax", "mov %%eax, %%ss")
CASE(ds_not_present, "#NP", "mov $0x58, %%eax", "mov %%eax, %%ds")
CASE(execute_only, "#GP", "mov $0x78, %%eax", "mov %%eax, %%fs")
__asm__(".data; bounds: .long 1, 4; .text");
#endif

static const struct { const char *name; void (*run)(void); const char *at; } cases[] = {
#define ROW(name) { #name, do_##name, at_##name }
    ROW(divide), ROW(overflow_divide), ROW(idiv_min), ROW(int3), ROW(int_3), ROW(ud2), ROW(ud1), ROW(bad_lock),
    ROW(mov_cs), ROW(lea_register), ROW(bad_selector), ROW(beyond_gdt), ROW(ldt_selector), ROW(null_ss), ROW(code_in_ss),
    ROW(rpl_in_ss), ROW(long_instruction),
#ifdef __x86_64__
    ROW(noncanonical), ROW(push_es), ROW(aam), ROW(far_pointer),
#else
    ROW(into), ROW(bound), ROW(bound_inside), ROW(aam0), ROW(far_null), ROW(far_data), ROW(far_not_present),
    ROW(ss_not_present), ROW(ds_not_present), ROW(execute_only),
#endif
};

static void user_cli(void) { __asm__ volatile("cli"); }
static void user_hlt(void) { __asm__ volatile("hlt"); }
static void user_in(void) { __asm__ volatile("inb $0x80, %%al" ::: "eax"); }
static void user_cr(void) { read_cr0(); }
static void user_rdmsr(void) { __asm__ volatile("rdmsr" ::: "eax", "edx"); }
static void user_invlpg(void) { __asm__ volatile("invlpg (%0)" :: "r"((word)0)); }
static void user_int3(void) { __asm__ volatile("int3"); }
static void user_kernel_data(void) { __asm__ volatile("mov %0, %%ds" :: "r"(SEL_DATA)); }
static void user_lgdt(void) { __asm__ volatile("lgdt (%0)" :: "r"((word)0x200000)); }
static void user_nothing(void) { }

static const struct { const char *name; void (*run)(void); } user_cases[] = {
    { "cli", user_cli }, { "hlt", user_hlt }, { "in", user_in }, { "mov cr", user_cr }, { "rdmsr", user_rdmsr },
    { "invlpg", user_invlpg }, { "int3", user_int3 },
    { "mov ds of ring 0", user_kernel_data }, { "lgdt", user_lgdt }, { "nothing", user_nothing },
};

void guest_main(void)
{
    __asm__ volatile("lldt %w0" :: "r"(0));
#ifndef __x86_64__
    set_descriptor(10, 0, 0xfffff, 0x1b, 0xc0);         /* code, not present */
    set_descriptor(11, 0, 0xfffff, 0x13, 0xc0);         /* data, not present */
    set_descriptor(15, 0, 0xfffff, 0x99, 0xc0);         /* execute only */
#endif
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        say_trap(cases[i].name, guarded(cases[i].run), cases[i].at);
    }
    for (unsigned i = 0; i < ARRAY_LEN(user_cases); i++) {
        int vector = guarded_user(user_cases[i].run);
        put("ring 3 ");
        say_trap(user_cases[i].name, vector, NULL);
    }
}
