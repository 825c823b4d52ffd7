/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options:
 * Debug registers and single-stepping: instruction, write and access breakpoints of all lengths, DR6 bits, TF over ordinary and
 * string instructions, over INT, POPF, MOV SS; ICEBP, general detect, GE/LE bits, DR4 and DR5. SDM 3, chapter 17. (RF as pushed: resume.c.)
 */
#include "guest.h"

#ifdef __x86_64__
#define AX "rax"
#else
#define AX "eax"
#endif

static struct { word ip, dr6, flags; } log[32];
static unsigned logged;
static uint8_t data[64] __attribute__((aligned(16)));
static bool set_rf;

static void note(struct trap *t)
{
    if (logged < ARRAY_LEN(log)) {
        log[logged].ip = t->ip;
        log[logged].dr6 = read_dr6();
        log[logged++].flags = t->flags;
    }
    write_dr6(0);
    if (set_rf) {
        t->flags |= 0x10000;
    }
}

static void show(const char *what, const char *base)
{
    put(what);
    for (unsigned i = 0; i < logged; i++) {
        say(" [+%d dr6 %w%s]", (int)(log[i].ip - (word)base), (unsigned)log[i].dr6 & 0xe00f, log[i].flags & 0x100 ? " TF" : "");
    }
    put("\n");
    logged = 0;
}

extern char code[], code_access[], code_string[], code_step[], code_ss[], code_int[], code_icebp[];
__asm__(
    "code: nop; nop; nop; ret\n"
    "code_access: mov data, %al; movb $1, data+1; movw $2, data+2; movl $3, data+4; movb $4, data+8; mov data+7, %cx; ret\n"
#ifdef __x86_64__
    "code_string: mov $data, %rdi; mov $6, %ecx; xor %eax, %eax; cld; rep stosb; nop; ret\n"
    "code_step: pushfq; orl $0x100, (%rsp); popfq; nop; mov $2, %ecx; mov $data, %rdi; rep stosb; jmp 1f; nop; 1: pushfq; andl $~0x100, (%rsp); popfq; nop; ret\n"
    "code_ss: mov %ss, %eax; pushfq; orl $0x100, (%rsp); popfq; mov %eax, %ss; nop; pushfq; andl $~0x100, (%rsp); popfq; ret\n"
    "code_int: pushfq; orl $0x100, (%rsp); popfq; int $0x90; nop; pushfq; andl $~0x100, (%rsp); popfq; ret\n"
#else
    "code_string: mov $data, %edi; mov $6, %ecx; xor %eax, %eax; cld; rep stosb; nop; ret\n"
    "code_step: pushf; orl $0x100, (%esp); popf; nop; mov $2, %ecx; mov $data, %edi; rep stosb; jmp 1f; nop; 1: pushf; andl $~0x100, (%esp); popf; nop; ret\n"
    "code_ss: mov %ss, %eax; pushf; orl $0x100, (%esp); popf; mov %eax, %ss; nop; pushf; andl $~0x100, (%esp); popf; ret\n"
    "code_int: pushf; orl $0x100, (%esp); popf; int $0x90; nop; pushf; andl $~0x100, (%esp); popf; ret\n"
#endif
    "code_icebp: .byte 0xf1; nop; ret\n");

static void nothing(struct trap *t) { (void)t; }
static void run(const char *what, char *start)
{
    int vector = guarded((void (*)(void))start);
    write_dr7(0x400);
    if (vector >= 0) {
        say("%s ended by vector %d at +%d:", what, vector, (int)(trap.ip - (word)start));
    }
    show(what, start);
}

static void instruction_breakpoints(void)
{
    set_rf = true;
    write_dr0((word)code + 1);
    write_dr7(0x402);
    run("instruction breakpoint, global", code);
    write_dr7(0x401);
    run("instruction breakpoint, local", code);
    write_dr1((word)code + 1);
    write_dr2((word)code + 2);
    write_dr7(0x42a);
    run("two at one place, one behind", code);
    write_dr0((word)code + 1);
    write_dr7(0x400);
    run("switched off", code);
    set_rf = false;
}

static void data_breakpoints(void)
{
    static const struct { const char *name; unsigned offset, type, length; } rows[] = {
        { "write byte 1", 1, 1, 0 }, { "access byte 0", 0, 3, 0 }, { "write byte 0 (read only)", 0, 1, 0 }, { "write word 2", 2, 1, 1 },
        { "write dword 4", 4, 1, 3 }, { "write byte 6 inside a dword", 6, 1, 0 }, { "access byte 8 of a crossing read", 8, 3, 0 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        write_dr0((word)data + rows[i].offset);
        write_dr7(0x402 | rows[i].type << 16 | rows[i].length << 18);
        run(rows[i].name, code_access);
    }
    write_dr0((word)data + 2);
    write_dr7(0x402 | 1 << 16);
    run("string", code_string);
}

static void general_detect(void) { __asm__ volatile("mov %%dr0, %%" AX ::: AX); }
static void read_dr4(void) { __asm__ volatile(".byte 0x0f, 0x21, 0xe0" ::: AX); }

void guest_main(void)
{
    trap_hook[1] = note;
    trap_hook[0x90] = nothing;
    write_dr6(0);
    instruction_breakpoints();
    data_breakpoints();
    run("single step", code_step);
    run("step over MOV SS", code_ss);
    run("step over INT", code_int);
    run("! ICEBP", code_icebp);
    trap_hook[1] = NULL;
    write_dr7(0x2400);
    say_trap("! general detect", guarded(general_detect), NULL);
    say("! dr6 %x dr7 %x\n", read_dr6() & 0xe00f, read_dr7());
    write_dr6(0);
    write_dr7(0x400);
    say("dr6 as written 0: %x\n", read_dr6());
    say("DR4 without DE: %d\n", guarded(read_dr4));
    write_cr4(read_cr4() | 8);
    say_trap("DR4 with DE", guarded(read_dr4), NULL);
    write_cr4(read_cr4() & ~(word)8);
}
