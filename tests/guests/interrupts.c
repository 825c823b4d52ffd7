/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu max
 * Interrupts as the CPU sees them (SDM 3, chapter 6 and the APIC's): HLT, the shadows of STI and MOV SS, IF by CLI, POPF and IRET,
 * NMI and its blocking until IRET, the local APIC's interrupt to itself, TPR and CR8, priorities, end of interrupt, its timer in all
 * modes, the 8259 with the 8254 through virtual wire. Only order and counts are said, no times.
 */
#include "guest.h"

static volatile uint32_t *const apic = (uint32_t *)0xfee00000;
enum { ID = 0x20, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, SVR = 0xf0, ISR = 0x100, IRR = 0x200, ICR = 0x300, LVT_TIMER = 0x320, LVT_LINT0 = 0x350,
       INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };
enum { V_LOW = 0x51, V_HIGH = 0xa1, V_TIMER = 0x61, V_PIC = 0x40, TO_SELF = 0x40000 };

static uint32_t reg(unsigned at) { return apic[at / 4]; }
static void set(unsigned at, uint32_t value) { apic[at / 4] = value; }
static void self(unsigned vector) { set(ICR, TO_SELF | vector); }

static volatile char trace[64];
static volatile unsigned traced, counts[256];
static volatile word last_ip, last_flags;

static void note(char c) { trace[traced++ & 63] = c; trace[traced & 63] = 0; }
static void restart(void) { traced = 0; trace[0] = 0; }

static void on_interrupt(struct trap *t)
{
    counts[t->vector & 255]++;
    last_ip = t->ip, last_flags = t->flags;
    note(t->vector == V_LOW ? 'l' : t->vector == V_HIGH ? 'h' : t->vector == V_TIMER ? 't' : t->vector == 2 ? 'n' : 'p');
    if (t->vector == V_PIC) {
        outb(0x20, 0x20);
    } else if (t->vector != 2) {
        set(EOI, 0);
    }
}

/* While the low one is handled the high one comes in, and not the other way round. */
static void on_nested(struct trap *t)
{
    struct trap saved = *t;         /* the library keeps one */

    note('(');
    __asm__ volatile("sti; nop; nop; cli");
    self(V_HIGH);
    __asm__ volatile("sti; nop; nop; cli");
    self(V_LOW);
    __asm__ volatile("sti; nop; nop; cli");
    note(')');
    set(EOI, 0);
    *t = saved;
}
static volatile bool nested_once;
static void on_low(struct trap *t)
{
    if (nested_once) {
        on_interrupt(t);
        return;
    }
    nested_once = true;
    on_nested(t);
}

/* Inside the NMI handler another NMI waits for the IRET. */
static unsigned nmi_depth, nmi_deepest;
static void on_nmi(struct trap *t)
{
    note('n');
    nmi_depth++;
    nmi_deepest = nmi_depth > nmi_deepest ? nmi_depth : nmi_deepest;
    if (++counts[2] == 1) {
        set(ICR, TO_SELF | 0x400);
        note('.');
    }
    nmi_depth--;
    (void)t;
}

extern const char after_sti[], after_sti2[], after_pop[];

static void shadows(void)
{
    restart();
    self(V_LOW);
    __asm__ volatile("sti; cli; nop");
    say("sti, cli: %s;", (char *)trace);
    __asm__ volatile("sti; nop; after_sti: nop; cli");
    say(" sti, nop: %s ip %s\n", (char *)trace, last_ip == (word)after_sti ? "behind the nop" : "wrong");
    restart();
    self(V_LOW);
    __asm__ volatile("sti; hlt; cli");
    say("sti, hlt: %s\n", (char *)trace);
    restart();
    self(V_LOW);
    word ss;
    __asm__ volatile("mov %%ss, %0; sti; mov %0, %%ss; nop; after_sti2: cli" : "=r"(ss));
    say("sti, mov ss: %s ip %d\n", (char *)trace, (int)(last_ip - (word)after_sti2));
    __asm__ volatile("sti; nop; cli");
    restart();
    self(V_LOW);
    __asm__ volatile("push %0; popf; after_pop: nop; cli" :: "r"((word)0x202) : "cc", "memory");
    say("popf: %s ip %s IF %d\n", (char *)trace, last_ip == (word)after_pop ? "behind it" : "wrong", (int)(last_flags >> 9 & 1));
}

static void priorities(void)
{
    restart();
    trap_hook[V_LOW] = on_low;
    self(V_LOW);
    __asm__ volatile("sti; nop; nop; cli");
    say("nested: %s\n", (char *)trace);
    trap_hook[V_LOW] = on_interrupt;
    restart();
    self(V_LOW);
    self(V_HIGH);
    __asm__ volatile("sti; nop; nop; nop; nop; cli");
    say("both: %s\n", (char *)trace);
    restart();
    set(TPR, 0x60);
    self(V_LOW);
    self(V_HIGH);
    __asm__ volatile("sti; nop; nop; nop; nop; cli");
    say("TPR 60h: %s PPR %x IRR %x;", (char *)trace, (word)reg(PPR), (word)reg(IRR + V_LOW / 32 * 16));
#ifdef __x86_64__
    word cr8;
    __asm__ volatile("mov %%cr8, %0" : "=r"(cr8));
    say(" CR8 %x;", cr8);
    __asm__ volatile("mov %0, %%cr8" :: "r"((word)0));
#else
    set(TPR, 0);
#endif
    __asm__ volatile("sti; nop; nop; cli");
    say(" opened: %s TPR %x\n", (char *)trace, (word)reg(TPR));
}

static void nmi(void)
{
    restart();
    counts[2] = 0;
    trap_hook[2] = on_nmi;
    set(ICR, TO_SELF | 0x400);
    __asm__ volatile("nop; jmp 1f; 1: nop");
    say("nmi: %s deepest %d\n", (char *)trace, (int)nmi_deepest);
    restart();
    counts[2] = 1;
    self(V_LOW);
    set(ICR, TO_SELF | 0x400);
    __asm__ volatile("jmp 1f; 1: nop; sti; nop; nop; cli");
    say("nmi before an interrupt: %s\n", (char *)trace);
}

static void wait_for(unsigned vector, unsigned count)
{
    while (counts[vector] < count) {
        __asm__ volatile("sti; hlt; cli");
    }
}

static void timers(void)
{
    trap_hook[V_TIMER] = on_interrupt;
    set(DIVIDE, 0xb);
    restart();
    counts[V_TIMER] = 0;
    set(LVT_TIMER, V_TIMER);
    set(INITIAL, 100000);
    wait_for(V_TIMER, 1);
    say("one-shot: %s current %x\n", (char *)trace, (word)reg(CURRENT));
    counts[V_TIMER] = 0;
    set(LVT_TIMER, 0x20000 | V_TIMER);
    set(INITIAL, 1000000);
    wait_for(V_TIMER, 3);
    set(LVT_TIMER, 0x10000 | V_TIMER);
    set(INITIAL, 0);
    say("periodic: 3 and on\n");
    __asm__ volatile("sti; nop; nop; cli");
    uint32_t id[4];
    cpuid(1, 0, id);
    if (id[2] >> 24 & 1) {
        uint32_t low, high;
        counts[V_TIMER] = 0;
        set(LVT_TIMER, 0x40000 | V_TIMER);
        __asm__ volatile("mfence; rdtsc" : "=a"(low), "=d"(high));
        uint64_t deadline = (low | (uint64_t)high << 32) + 1000000;
        write_msr(0x6e0, deadline);
        say("! deadline armed %d\n", read_msr(0x6e0) == deadline);
        wait_for(V_TIMER, 1);
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
        say("! deadline: reads %x, reached %d\n", (word)read_msr(0x6e0), (low | (uint64_t)high << 32) >= deadline);
        set(LVT_TIMER, 0x10000 | V_TIMER);
    }
}

static void pic(void)
{
    trap_hook[V_PIC] = on_interrupt;
    outb(0x20, 0x11), outb(0x21, V_PIC), outb(0x21, 4), outb(0x21, 1);
    set(LVT_LINT0, 0x700);
    counts[V_PIC] = 0;
    restart();
    outb(0x43, 0x34), outb(0x40, 0xa9), outb(0x40, 0x04);       /* 1 ms */
    outb(0x21, 0xfe);
    wait_for(V_PIC, 2);
    outb(0x21, 0xff);
    say("8259 and 8254: %s\n", counts[V_PIC] >= 2 ? "two and more" : "none");
}

void guest_main(void)
{
    set(SVR, 0x1ff);
    trap_hook[V_LOW] = trap_hook[V_HIGH] = on_interrupt;
    say("apic base %x version %x\n", (word)(read_msr(0x1b) & 0xfffffd00), (word)(reg(0x30) & 0xff));
    shadows();
    priorities();
    nmi();
    timers();
    pic();
}
