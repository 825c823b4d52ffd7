/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * options:
 * Hardware task switches: by far JMP, far CALL and IRET back, task gates in the IDT with an error code, 16-bit tasks, the busy and NT
 * flags, the back link, CR0.TS, LDT and CR3 of the new task, and the faults on the way. SDM 3, chapter 7.
 */
#include "guest.h"

enum { TSS_A = 20, TSS_B = 21, TSS_16 = 22, GATE_B = 23, LDT = 24 };
#define SEL(slot) ((slot) << 3)
static struct tss32 main_task, other;
static struct { uint16_t link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, ldt; } other16;
static uint8_t stack[2048] __attribute__((aligned(16)));
volatile uint32_t seen[8], runs;

static unsigned type_of(unsigned slot) { return gdt[slot].access & 15; }

static void state(const char *what)
{
    say("%s: runs %d, types A %b B %b, link %l, TS %d, NT inside %d, B's eip moved %d\n", what, (int)runs, type_of(TSS_A), type_of(TSS_B), other.link,
        (int)(read_cr0() >> 3 & 1), (int)(seen[0] >> 14 & 1), (int)(seen[1]));
    __asm__ volatile("clts");
}

/* The other task: notes its flags, then returns in the way that edi says. */
extern char task_body[];
__asm__("task_body:\n"
        "  incl runs; pushf; popl seen\n"
        "  mov %ebx, seen+8; mov %esi, seen+12; str %eax; mov %eax, seen+16; sldt %eax; mov %eax, seen+20\n"
        "  cmp $1, %edi; je 1f\n"
        "  iret\n"
        "  movl $1, seen+4; jmp task_body\n"
        "1: ljmp $0xa0, $0\n"
        "  movl $2, seen+4; jmp task_body\n");

static void prepare(unsigned how)
{
    other = (struct tss32){ .ss0 = SEL_DATA, .esp0 = (word)stack + 1024, .cr3 = 0, .eip = (word)task_body, .eflags = 2, .ebx = 0xbbbb, .esi = 0x5151,
                            .edi = how, .esp = (word)stack + sizeof stack, .es = SEL_DATA, .cs = SEL_CODE, .ss = SEL_DATA, .ds = SEL_DATA,
                            .fs = SEL_DATA, .gs = SEL_DATA, .ldt = SEL(LDT), .iomap = sizeof other };
    set_descriptor(TSS_B, (word)&other, sizeof other - 1, 0x89, 0);
    runs = seen[1] = 0;
}

extern char call_b[], jump_b[], int_b[], call_gate_b[], fault_b[], call_16[];
__asm__("call_b: lcall $0xa8, $0; ret\n"
        "jump_b: ljmp $0xa8, $0; ret\n"
        "int_b: int $0x90; ret\n"
        "call_gate_b: lcall $0xb8, $0; ret\n"
        "fault_b: mov $0x1f8, %eax; mov %eax, %es; after_fault: ret\n"
        "call_16: lcall $0xb0, $0; ret\n");
extern char after_fault[];
#define RUN(code) guarded((void (*)(void))(code))

/* A task for #GP: takes the error code off its stack, steps the interrupted task over the bad move, returns. */
extern char fault_body[];
__asm__("fault_body: popl seen+4; movl $after_fault, main_task+32; incl runs; pushf; popl seen; iret; jmp fault_body");

extern char body16[];
__asm__(".code16; body16: pushf; pop %ax; mov %ax, %bx; mov $0x1234, %cx; iret; jmp body16; .code32");

static word debug_flags;
static void note_debug(struct trap *t) { debug_flags = t->flags; }

void guest_main(void)
{
    set_descriptor(LDT, 0x200000, 0xff, 0x82, 0);
    main_task.iomap = sizeof main_task;
    set_descriptor(TSS_A, (word)&main_task, sizeof main_task - 1, 0x89, 0);
    __asm__ volatile("ltr %w0" :: "r"(SEL(TSS_A)));
    say("after LTR: type %b\n", type_of(TSS_A));

    prepare(0);
    say("call: %d\n", RUN(call_b));
    state("CALL and IRET");
    say("new task saw ebx %l esi %l tr %l ldt %l\n", seen[2], seen[3], seen[4], seen[5]);
    say("saved in A: cs %l ss %l flags NT %d; saved in B: flags NT %d\n", main_task.cs, main_task.ss, (int)(main_task.eflags >> 14 & 1),
        (int)(other.eflags >> 14 & 1));
    say("call again: %d\n", RUN(call_b));
    state("resumed behind its IRET");

    prepare(1);
    say("jump: %d\n", RUN(jump_b));
    state("JMP there and back");

    prepare(0);
    idt_bytes[0x90 * 8 + 2] = SEL(TSS_B), idt_bytes[0x90 * 8 + 3] = 0, idt_bytes[0x90 * 8 + 5] = 0x85;
    say("task gate in the IDT: %d\n", RUN(int_b));
    state("INT and IRET");

    prepare(0);
    gdt[GATE_B] = (struct descriptor){ 0, SEL(TSS_B), 0, 0x85, 0, 0 };
    say("task gate in the GDT: %d\n", RUN(call_gate_b));
    state("CALL through a gate");

    prepare(0);
    gdt[TSS_B].access = 0x8b;
    say_trap("busy TSS", RUN(call_b), call_b);
    gdt[TSS_B].access = 0x09;
    say_trap("TSS not present", RUN(call_b), call_b);
    set_descriptor(TSS_B, (word)&other, 0x66, 0x89, 0);
    say_trap("TSS too short", RUN(call_b), call_b);
    say("types A %b B %b\n", type_of(TSS_A), type_of(TSS_B));

    prepare(0);
    other.eip = (word)fault_body;
    uint8_t saved[8];
    for (unsigned i = 0; i < 8; i++) {
        saved[i] = idt_bytes[13 * 8 + i];
    }
    idt_bytes[13 * 8 + 2] = SEL(TSS_B), idt_bytes[13 * 8 + 3] = 0, idt_bytes[13 * 8 + 5] = 0x85;
    say("#GP through a task gate: %d", RUN(fault_b));
    say(" error %l runs %d NT %d\n", seen[1], (int)runs, (int)(seen[0] >> 14 & 1));
    say("! saved: RF %d\n", (int)(main_task.eflags >> 16 & 1));
    for (unsigned i = 0; i < 8; i++) {
        idt_bytes[13 * 8 + i] = saved[i];
    }
    __asm__ volatile("clts");

    prepare(0);
    other.eflags |= 0x10000, other.trap = 1;
    trap_hook[1] = note_debug;
    say("! RF and T in the TSS: %d", RUN(call_b));
    say(" dr6 %l;", (uint32_t)read_dr6() & 0xe000);
    state("");
    say("! #DB pushed RF %d, RF saved in A %d, in B %d\n", (int)(debug_flags >> 16 & 1), (int)(main_task.eflags >> 16 & 1),
        (int)(other.eflags >> 16 & 1));

    other16.ip = (uint16_t)(word)body16, other16.flags = 2, other16.cs = SEL_CODE16, other16.ss = SEL_DATA16, other16.ds = SEL_DATA16, other16.es = SEL_DATA16;
    other16.sp = 1024;
    set_descriptor(SEL_CODE16 >> 3, (word)body16 & ~0xfffful, 0xffff, 0x9b, 0);
    set_descriptor(SEL_DATA16 >> 3, (word)stack, 0xffff, 0x93, 0);
    set_descriptor(TSS_16, (word)&other16, sizeof other16 - 1, 0x81, 0);
    say("16-bit task: %d", RUN(call_16));
    say(" bx %w cx %w link %w type %b\n", (unsigned)other16.bx, (unsigned)other16.cx, (unsigned)other16.link, type_of(TSS_16));
    __asm__ volatile("clts");

    set_descriptor(LDT, 0x200000, 0xff, 0x02, 0);
    prepare(0);
    say("iret with NT and a free link: ");
    main_task.link = SEL(TSS_B);
    extern char nt_iret[];
    say_trap("", RUN(nt_iret), nt_iret);
    __asm__ volatile("pushf; andl $~0x4000, (%%esp); popf" ::: "cc");
}
__asm__("nt_iret: pushf; orl $0x4000, (%esp); popf; iret");
