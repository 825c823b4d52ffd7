/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * qemu: 7.2 has no alignment checks
 * Alignment checks (SDM 3, 6.15, interrupt 17): CR0.AM and EFLAGS.AC at CPL 3 alone; operands of every size, stack, string
 * instructions, far pointers, read-modify-write and locked operands, x87 and SSE operands; error code 0; system accesses are free.
 */
#include "guest.h"

#ifdef __x86_64__
#define AC_ON "pushfq; orq $0x40000, (%%rsp); popfq\n"
#define AC_OFF "\n pushfq; andq $~0x40000, (%%rsp); popfq"
#define B "%%rcx"
#define SI "%%rsi"
#define DI "%%rdi"
#define SP "%%rsp"
#define AX "%%rax"
#else
#define AC_ON "pushfl; orl $0x40000, (%%esp); popfl\n"
#define AC_OFF "\n pushfl; andl $~0x40000, (%%esp); popfl"
#define B "%%ecx"
#define SI "%%esi"
#define DI "%%edi"
#define SP "%%esp"
#define AX "%%eax"
#endif

static uint8_t data[64] __attribute__((aligned(64)));

#define CASE(name, offset, instruction) \
    extern const char at_##name[]; \
    static void do_##name(void) { __asm__ volatile(AC_ON "mov %0, " B "; lea " #offset "(" B "), " B "; mov " B ", " SI "; mov " B ", " DI \
        "\n at_" #name ": " instruction AC_OFF :: "i"(data) : "eax", "ecx", "edx", "esi", "edi", "memory", "cc", "ebx"); }

CASE(byte, 1, "mov (" B "), %%al")
CASE(word0, 2, "mov (" B "), %%ax")
CASE(word1, 1, "mov (" B "), %%ax")
CASE(long0, 4, "mov (" B "), %%eax")
CASE(long2, 2, "mov (" B "), %%eax")
CASE(store2, 2, "mov %%eax, (" B ")")
CASE(add2, 2, "addl $0, (" B ")")
CASE(lock2, 2, "lock; addl $0, (" B ")")
CASE(xchg1, 1, "xchg %%ax, (" B ")")
CASE(movsx1, 1, "movswl (" B "), %%eax")
CASE(stos2, 2, "stosl")
CASE(lods1, 1, "lodsw")
CASE(movs2, 2, "movsl")
CASE(fld2, 4, "fldl (" B "); fstp %%st(0)")
CASE(fld4, 2, "flds (" B "); fstp %%st(0)")
CASE(push, 0, "sub $2, " SP "; push " AX "; add $2, " SP)
CASE(lea, 1, "lea 1(" B "), " AX)
CASE(bt, 0, "mov $40, %%eax; bt %%eax, 1(" B ")")
#ifdef __x86_64__
CASE(quad4, 4, "mov (%%rcx), %%rax")
CASE(quad0, 8, "mov (%%rcx), %%rax")
#endif

static const struct { const char *name; void (*run)(void); const char *at; } cases[] = {
#define ROW(name) { #name, do_##name, at_##name }
    ROW(byte), ROW(word0), ROW(word1), ROW(long0), ROW(long2), ROW(store2), ROW(add2), ROW(lock2), ROW(xchg1), ROW(movsx1), ROW(stos2),
    ROW(lods1), ROW(movs2), ROW(fld2), ROW(fld4), ROW(push), ROW(lea), ROW(bt),
#ifdef __x86_64__
    ROW(quad4), ROW(quad0),
#endif
};

void guest_main(void)
{
    say("AM off: %d\n", guarded_user(do_long2));
    write_cr0(read_cr0() | 0x40000);
    say("ring 0: %d\n", guarded(do_long2));
    for (unsigned n = 0; n < ARRAY_LEN(cases); n++) {
        int vector = guarded_user(cases[n].run);
        say_trap(cases[n].name, vector, vector < 0 ? 0 : cases[n].at);
    }
}
