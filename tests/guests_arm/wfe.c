/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * smp: 2
 * WFE sleeps, and ends by SEV, SEVL, an event stream, an interrupt that is not masked, and, late at most by a little, by another CPU's
 * plain store to what an exclusive load saw. Counted is how often WFE came back: a loop that does not sleep has thousands of turns.
 * QEMU's WFE never sleeps.
 */
#include "guest.h"

#define GICD(offset) (*(volatile uint32_t *)(0x08000000ul + (offset)))
#define GICC(offset) (*(volatile uint32_t *)(0x08010000ul + (offset)))
enum { ENABLE = 1, EVNTEN = 1 << 2, EVNTDIR = 1 << 3, ROUNDS = 5000, TIMER = 27, FEW = 100 };
static volatile uint32_t task __attribute__((aligned(64))), flag __attribute__((aligned(64))), lock __attribute__((aligned(64)));
static volatile uint64_t counter, turns;
static uint8_t stack[8192] __attribute__((aligned(16)));

__asm__(".text\nsecondary_start:\n\tldr x1, =wfe_stack_top\n\tldr x1, [x1]\n\tmov sp, x1\n\tb secondary\n.ltorg\n");
extern char secondary_start[];
uint8_t *volatile wfe_stack __asm__("wfe_stack_top");

static uint64_t now(void) { return READ(cntvct_el0); }
static void pause_us(uint64_t us)
{
    const uint64_t until = now() + us * READ(cntfrq_el0) / 1000000;
    while (now() < until)
        ;
}

static void sev(void) { __asm__ volatile("dsb sy\n\tsev" ::: "memory"); }
static void wfe(void) { __asm__ volatile("wfe" ::: "memory"); }
static void no_event(void) { __asm__ volatile("clrex\n\tsevl\n\twfe" ::: "memory"); }

static void take(void)
{
    uint32_t v, failed;
    __asm__ volatile("sevl\n1:\twfe\n\tldaxr %w0, [%2]\n\tcbnz %w0, 1b\n\tmov %w0, #1\n\tstxr %w1, %w0, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(v), "=&r"(failed) : "r"(&lock) : "memory");
}

static void give(void) { __asm__ volatile("stlr wzr, [%0]" :: "r"(&lock) : "memory"); }

static void count_locked(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        take();
        counter = counter + 1;
        give();
    }
}

/* CPU 1. Tasks: 1 wait for flag by WFE; 2 give the lock after a while; 3 count; 4 SEV after a while. */
void secondary(void);
void secondary(void)
{
    for (uint32_t last = 0;;) {
        while (task == last)
            ;
        last = task;
        if (last == 1) {
            no_event();
            for (flag = 1, turns = 0; flag == 1; turns = turns + 1)
                wfe();
        } else if (last == 2) {
            pause_us(30000);
            give();
        } else if (last == 3) {
            count_locked();
        } else if (last == 4) {
            pause_us(30000);
            flag = 0;
            sev();
        }
        flag = 0;
    }
}

static void start(uint32_t n)
{
    flag = 9;
    task = n;
}

static void wait_done(void)
{
    while (flag)
        ;
}

static void by_sev(void)
{
    start(1);
    while (flag != 1)
        ;
    pause_us(30000);
    flag = 2;
    pause_us(2000);
    sev();
    wait_done();
    print_hex("woken by sev, few turns", turns < FEW);
    no_event();
    sev();                                  /* to oneself, too */
    wfe();
    __asm__ volatile("sevl");
    wfe();
    print_hex("sevl", 1);
    line();
}

static void by_store(void)
{
    uint64_t n = 0;
    uint32_t v;
    lock = 1;
    start(2);
    do {
        __asm__ volatile("ldaxr %w0, [%1]" : "=r"(v) : "r"(&lock) : "memory");
        if (v)
            wfe();
        n++;
    } while (v);
    wait_done();
    print_hex("lock given by a store, turns below 5000", n < 5000);
    start(3);
    count_locked();
    wait_done();
    print_hex("counted", counter == 2 * ROUNDS);
    line();
}

/* Bit 13 of 62.5 MHz: every 0.26 ms. */
static void by_stream(const char *name, uint64_t control)
{
    WRITE(cntkctl_el1, control);
    const uint64_t start_count = now();
    uint64_t n = 0;
    no_event();
    while (now() < start_count + (40ul << 14)) {
        wfe();
        n++;
    }
    WRITE(cntkctl_el1, 0);
    print_hex(name, n > 0 && n <= 43);
}

/* Due while the CPU still goes to sleep: each must end. */
static void short_streams(void)
{
    for (uint64_t bit = 0; bit < 8; bit++) {
        WRITE(cntkctl_el1, EVNTEN | bit << 4);
        for (unsigned i = 0; i < 1000; i++)
            wfe();
    }
    WRITE(cntkctl_el1, 0);
    print_hex("short ones", 1);
}

static volatile unsigned interrupts;
static void interrupt(uint64_t vector, uint64_t *spsr)
{
    (void)vector;
    (void)spsr;
    const uint32_t id = GICC(0xc);
    WRITE(cntv_ctl_el0, 0);
    GICC(0x10) = id;
    interrupts++;
}

static void by_interrupt(void)
{
    guest_interrupt = interrupt;
    GICD(0) = 1;
    GICD(0x100) = 1 << TIMER;
    GICC(4) = 0xff;
    GICC(0) = 1;
    WRITE(cntv_tval_el0, 1000000);
    WRITE(cntv_ctl_el0, ENABLE);
    __asm__ volatile("msr daifclr, #2");
    uint64_t n = 0;
    for (; !interrupts; n++)
        wfe();
    __asm__ volatile("msr daifset, #2");
    print_hex("interrupt, few turns", n < FEW);
    WRITE(cntv_tval_el0, 1);                /* a masked one pends: WFE sleeps on until CPU 1's SEV */
    WRITE(cntv_ctl_el0, ENABLE);
    start(4);
    no_event();
    for (n = 0; flag; n++)
        wfe();
    print_hex("masked, few turns", n < FEW);
    print_hex("isr", READ(isr_el1));
    line();
}

int main(void)
{
    wfe_stack = stack + sizeof(stack);
    register uint64_t x0 __asm__("x0") = 0xc4000003, x1 __asm__("x1") = 1, x2 __asm__("x2") = (uint64_t)secondary_start, x3 __asm__("x3") = 0;
    __asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
    by_sev();
    by_store();
    by_stream("stream, few turns", EVNTEN | 13 << 4);
    by_stream("downwards", EVNTEN | EVNTDIR | 13 << 4);
    short_streams();
    line();
    by_interrupt();
    end();
}
