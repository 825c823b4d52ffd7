/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options:
 * qemu: 7.2 pushes RF as it is, which is 0 nearly always
 * EFLAGS.RF (SDM 3, 17.3.1.1): pushed as 1 by faults but the instruction breakpoint, and by what comes between two iterations of REP; else as it
 * is, which is what IRET or a task switch loaded until the next instruction starts. What a line says is the vector and RF of each event.
 * Bochs 2.7 agrees but for traps between two iterations of REP, where it pushes 0, and does not get through the last three lines.
 */
#include "guest.h"

enum { RF = 0x10000, V_SELF = 0x51 };
#ifdef __x86_64__
#define IRET "iretq"
#define SP "%rsp"
#define AX "%rax"
#define DI "%rdi"
#define SI "%rsi"
#define CX "%rcx"
#else
#define IRET "iret"
#define SP "%esp"
#define AX "%eax"
#define DI "%edi"
#define SI "%esi"
#define CX "%ecx"
#endif

static struct { word vector, ip, flags; } events[32];
static unsigned count;
static uint8_t data[64] __attribute__((aligned(64)));
static bool resume;                 /* handlers of #DB return with RF set */

static void note(struct trap *t)
{
    if (count < ARRAY_LEN(events)) {
        events[count].vector = t->vector;
        events[count].ip = t->ip;
        events[count++].flags = t->flags;
    }
    if (t->vector == V_SELF) {
        *(volatile uint32_t *)0xfee000b0 = 0;
    }
    write_dr6(0);
    t->flags |= resume ? RF : 0;
}

static void run(const char *what, const char *code)
{
    int vector = guarded((void (*)(void))code);
    write_dr7(0x400);
    say("%s:", what);
    for (unsigned n = 0; n < count; n++) {
        say(" %d", (int)events[n].vector);
        if (events[n].vector != V_SELF || events[n].flags & RF) {      /* else it comes when it comes */
            say("+%d", (int)(events[n].ip - (word)code));
        }
        put(events[n].flags & RF ? " RF" : "");
    }
    if (vector >= 0) {
        say(" %d%s", vector, trap.flags & RF ? " RF" : "");
    }
    say("\n");
    count = 0;
}

/* IRET to `to` with these flags added. */
#ifdef __x86_64__
#define IRET_TO(to, more) "mov " SP ", " AX "; push $0x10; push " AX "; pushf; orl $" #more ", (" SP "); push $8; push $" #to "; " IRET "; "
#else
#define IRET_TO(to, more) "pushf; orl $" #more ", (" SP "); push $8; push $" #to "; " IRET "; "
#endif
#define TF_OFF "pushf; andl $~0x100, (" SP "); popf; "

extern const char ud[], gp[], de[], int_n[], int3[], step[], code_break[], write_break[], rep_break[], rep_step[], rep_cmps[], rep_outs[],
    rep_code_break[], iret_pushf[], iret_step[], iret_int[], iret_fault[], iret_break[], iret_irq[], rep_irq[], rep_irq_last[], rep_irq_shadow[], rep_code[], iret_code[];
extern uint32_t pushed_after_iret;
__asm__(
    "ud: ud2\n"
    "gp: mov $0x1f8, %eax; mov %eax, %es; ret\n"
    "de: xor %ecx, %ecx; div %ecx; ret\n"
    "int_n: int $0x90; ret\n"
    "int3: int3; ret\n"
    "step: pushf; orl $0x100, (" SP "); popf; nop; " TF_OFF "ret\n"
    "code_break: nop; ret\n"
    "write_break: movb $1, data; nop; ret\n"
    "rep_break: mov $data, " DI "; mov $3, %ecx; cld; rep stosb; nop; ret\n"
    "rep_step: mov $data, " DI "; mov $3, %ecx; cld; pushf; orl $0x100, (" SP "); popf; rep stosb; " TF_OFF "ret\n"
    "rep_cmps: mov $data, " DI "; mov $data, " SI "; mov $2, %ecx; cld; pushf; orl $0x100, (" SP "); popf; repe cmpsb; " TF_OFF "ret\n"
    "rep_outs: mov $data, " SI "; mov $0x80, %edx; mov $2, %ecx; cld; pushf; orl $0x100, (" SP "); popf; rep outsb; " TF_OFF "ret\n"
    "rep_code_break: mov $data, " DI "; mov $3, %ecx; cld; rep_code: rep stosb; ret\n"
    "iret_pushf: " IRET_TO(1f, 0x10000) "1: pushf; pop " AX "; mov %eax, pushed_after_iret; ret\n"
    "iret_step: pushf; orl $0x100, (" SP "); popf; " IRET_TO(1f, 0x10100) "1: nop; " TF_OFF "ret\n"
    "iret_int: " IRET_TO(1f, 0x10000) "1: int $0x90; ret\n"
    "iret_fault: " IRET_TO(1f, 0x10000) "1: ud2\n"
    "iret_break: " IRET_TO(iret_code, 0x10000) "iret_code: nop; ret\n"
    "iret_irq: mov $0xfee00300, %ecx; movl $0x40051, (" CX "); " IRET_TO(1f, 0x10200) "1: nop; cli; ret\n"
    /* a store of the ICR is an interrupt at once; what the other iterations store is ignored */
    "rep_irq: mov $0xfee00300, %edi; mov $0x40051, %eax; mov $4, %ecx; cld; sti; nop; rep stosl; cli; ret\n"
    "rep_irq_shadow: mov $0xfee00300, %ecx; movl $0x40051, (" CX "); mov $data, %edi; mov $4, %ecx; cld; sti; rep stosb; cli; ret\n"
    "rep_irq_last: mov $0xfee00300, %edi; mov $0x40051, %eax; mov $1, %ecx; cld; sti; nop; rep stosl; out %al, $0x80; cli; ret\n"
    ".data; pushed_after_iret: .long -1; .text\n");

void guest_main(void)
{
    *(volatile uint32_t *)0xfee000f0 = 0x1ff;
    run("#UD", ud);
    run("#GP", gp);
    run("#DE", de);
    trap_hook[0x90] = trap_hook[1] = trap_hook[3] = trap_hook[V_SELF] = note;
    run("INT n", int_n);
    run("INT3", int3);
    run("single step", step);
    run("steps over REP STOSB", rep_step);
    run("steps over REPE CMPSB", rep_cmps);
    run("steps over REP OUTSB", rep_outs);
    write_dr0((word)data);
    write_dr7(0x10402);
    run("data breakpoint", write_break);
    write_dr7(0x10402);
    run("data breakpoint at REP's first", rep_break);
    write_dr0((word)data + 2);
    write_dr7(0x10402);
    run("data breakpoint at REP's last", rep_break);
    resume = true;
    write_dr0((word)code_break);
    write_dr7(0x402);
    run("instruction breakpoint", code_break);
    write_dr0((word)rep_code);
    write_dr7(0x402);
    run("instruction breakpoint on REP", rep_code_break);
    resume = false;
    write_dr0((word)iret_code);
    write_dr7(0x402);
    run("IRET with RF to a breakpoint", iret_break);
    run("IRET with RF, PUSHF", iret_pushf);
    say("pushed: RF %d\n", (int)(pushed_after_iret >> 16 & 1));
    run("IRET with RF stepped", iret_step);
    run("IRET with RF, INT n", iret_int);
    run("IRET with RF, #UD", iret_fault);
    run("IRET with RF, interrupt waiting", iret_irq);
    run("interrupt inside REP", rep_irq);
    run("interrupt inside REP behind STI", rep_irq_shadow);
    run("interrupt behind REP", rep_irq_last);
}
