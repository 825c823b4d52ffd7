/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -smp 4
 * Several CPUs: INIT and SIPI, local APIC ids, locked counters of every kind, a lock by XCHG, a ticket lock by XADD, store buffering with
 * MFENCE, interprocessor interrupts (fixed, all but self, NMI), TLB shoot-down by IPI, code that another CPU runs being rewritten.
 */
#include "guest.h"

enum { CPUS = 4, ROUNDS = 4000, TRAMPOLINE = 0x8000, APIC = 0xfee00000 };
enum { APIC_ID = 0x20, APIC_EOI = 0xb0, APIC_SPURIOUS = 0xf0, APIC_ICR = 0x300, APIC_ICR_HIGH = 0x310 };
#define FLUSH_AT 0x3000000ul

static volatile uint32_t *const apic = (uint32_t *)APIC;
static volatile uint32_t ids, started, phase, done, plain_sum, xchg_lock, tickets, serving, guarded_sum, ticket_sum, ipis, flushes;
static volatile uint32_t add_sum, inc_sum, or_mask, cas_sum, xadd_sum, bts_mask[8];
volatile uint32_t next_cpu;
uint8_t ap_stacks[CPUS][8192] __attribute__((aligned(16)));
static volatile uint32_t x[2], y[2], both_zero;
static uint8_t code[64] __attribute__((aligned(64)));

#ifdef __x86_64__
__asm__(".section .rodata; trampoline: .code16\n"
        "  cli; xor %ax, %ax; mov %ax, %ds; lgdtl 0x8000 + tgdt_pointer - trampoline\n"
        "  mov %cr4, %eax; or $0x20, %eax; mov %eax, %cr4; mov $pml4, %eax; mov %eax, %cr3\n"
        "  mov $0xc0000080, %ecx; rdmsr; or $0x100, %eax; wrmsr\n"
        "  mov %cr0, %eax; and $0x9fffffff, %eax; or $0x80000001, %eax; mov %eax, %cr0; ljmpl $8, $ap_entry\n"
        "  tgdt_pointer: .word 64 * 8 - 1; .long gdt; trampoline_end: .code64; .text\n"
        "ap_entry: mov $16, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov $1, %eax; lock xadd %eax, next_cpu\n"
        "  inc %eax; shl $13, %eax; lea ap_stacks(%rax), %rsp; call ap_main\n"
        "ipi_stub: push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; call ipi\n"
        "  pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax; iretq\n"
        "flush_stub: push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; call flush\n"
        "  pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax; iretq\n"
        "nmi_stub: lock incl nmi_count; iretq\n");
#else
__asm__(".section .rodata; trampoline: .code16\n"
        "  cli; xor %ax, %ax; mov %ax, %ds; lgdtl 0x8000 + tgdt_pointer - trampoline\n"
        "  mov %cr0, %eax; and $0x9fffffff, %eax; or $1, %eax; mov %eax, %cr0; ljmpl $8, $ap_entry\n"
        "  tgdt_pointer: .word 64 * 8 - 1; .long gdt; trampoline_end: .code32; .text\n"
        "ap_entry: mov $16, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov $1, %eax; lock xadd %eax, next_cpu\n"
        "  inc %eax; shl $13, %eax; lea ap_stacks(%eax), %esp; call ap_main\n"
        "ipi_stub: pusha; call ipi; popa; iret\n"
        "flush_stub: pusha; call flush; popa; iret\n"
        "nmi_stub: lock incl nmi_count; iret\n");
#endif
extern char trampoline[], trampoline_end[], ipi_stub[], flush_stub[], nmi_stub[];
volatile uint32_t nmi_count;
void ap_main(void), ipi(void), flush(void);

static void relax(void) { __asm__ volatile("pause" ::: "memory"); }
static void add(volatile uint32_t *at, uint32_t value) { __asm__ volatile("lock addl %1, %0" : "+m"(*at) : "r"(value) : "memory", "cc"); }
static void wait_for(volatile uint32_t *at, uint32_t value)
{
    while (*at != value) {
        relax();
    }
}

void ipi(void) { add(&ipis, 1); apic[APIC_EOI / 4] = 0; }
void flush(void)
{
    __asm__ volatile("invlpg (%0)" :: "r"(FLUSH_AT) : "memory");
    add(&flushes, 1);
    apic[APIC_EOI / 4] = 0;
}

static void send(uint32_t low, uint32_t target)
{
    apic[APIC_ICR_HIGH / 4] = target << 24;
    apic[APIC_ICR / 4] = low;
    while (apic[APIC_ICR / 4] & 0x1000) {
        relax();
    }
}

static void locked(unsigned me)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t old, one = 1, ticket = 1, lock = 1;
        __asm__ volatile("lock incl %0" : "+m"(inc_sum) :: "cc");
        add(&add_sum, 3);
        __asm__ volatile("lock orl %1, %0" : "+m"(or_mask) : "r"(1u << me * 8 | 1u << (i & 7) << me * 8) : "cc");
        __asm__ volatile("lock xaddl %0, %1" : "+r"(one), "+m"(xadd_sum) :: "cc");
        __asm__ volatile("lock btsl %1, %0" : "+m"(bts_mask[0]) : "r"((i * CPUS + me) & 255) : "memory", "cc");
        do {
            uint8_t equal;
            old = cas_sum;
            __asm__ volatile("lock cmpxchgl %3, %1; setz %2" : "+a"(old), "+m"(cas_sum), "=q"(equal) : "r"(old + 1) : "cc");
            if (equal) {
                break;
            }
        } while (1);
        for (lock = 1;;) {
            __asm__ volatile("xchgl %0, %1" : "+r"(lock), "+m"(xchg_lock));
            if (!lock) {
                break;
            }
            relax();
        }
        guarded_sum++;
        __asm__ volatile("" ::: "memory");
        xchg_lock = 0;
        if (i % 16 == 0) {
            __asm__ volatile("lock xaddl %0, %1" : "+r"(ticket), "+m"(tickets) :: "cc");
            wait_for(&serving, ticket);
            ticket_sum++;
            serving++;
        }
    }
}

/* Dekker's test: with MFENCE both CPUs cannot read 0. */
static void store_buffers(unsigned me)
{
    static volatile uint32_t turn[2];
    for (uint32_t i = 1; i <= 500; i++) {
        x[me] = i;
        __asm__ volatile("mfence" ::: "memory");
        y[me] = x[1 - me];
        turn[me] = i;
        wait_for(&turn[1 - me], i);
        if (me == 0 && y[0] < i && y[1] < i) {
            both_zero++;
        }
        add(&plain_sum, 1);
        wait_for(&plain_sum, i * 2);
    }
}

static uint32_t call_code(void)
{
    uint32_t result;
    __asm__ volatile("call *%1" : "=a"(result) : "r"((word)code) : "memory", "cc");
    return result;
}

void ap_main(void)
{
    unsigned me = apic[APIC_ID / 4] >> 24;
    load_tables();
    apic[APIC_SPURIOUS / 4] = 0x1ff;
    add(&ids, 1u << me);
    add(&started, 1);
    wait_for(&phase, 1);
    locked(me);
    add(&done, 1);
    wait_for(&phase, 2);
    if (me == 1) {
        store_buffers(1);
    }
    add(&done, 1);
    wait_for(&phase, 3);
    add(&done, 1);
    while (phase != 4) {            /* STI holds the interrupt off until HLT: no wake-up is lost */
        __asm__ volatile("sti; hlt; cli");
    }
    /* Phase 4: run code that CPU 0 rewrites, until it says 99. */
    uint32_t last = 0, wrong = 0, now;
    do {
        now = call_code();
        wrong |= now < last;
        last = now;
        __asm__ volatile("cpuid" : "=a"(now), "=c"(now) : "a"(0) : "ebx", "edx", "memory");
    } while (last != 99);
    add(&done, wrong ? 100 : 1);
    for (;;) {
        __asm__ volatile("hlt");
    }
}

static void start_all(void)
{
    for (unsigned i = 0; trampoline + i < trampoline_end; i++) {
        ((volatile uint8_t *)TRAMPOLINE)[i] = trampoline[i];
    }
    apic[APIC_SPURIOUS / 4] = 0x1ff;
    send(0xc4500, 0);                           /* INIT, all but self */
    for (volatile unsigned i = 0; i < 100000; i++) {
    }
    send(0xc4600 | TRAMPOLINE >> 12, 0);        /* SIPI */
    wait_for(&started, CPUS - 1);
    say("started %d, ids %l, next %d\n", (int)started, ids, (int)next_cpu);
}

static void run_phase(unsigned number, void (*mine)(unsigned))
{
    done = 0;
    phase = number;
    if (mine) {
        mine(0);
    }
    wait_for(&done, CPUS - 1);
}

static void interrupts(void)
{
    run_phase(3, NULL);
    for (unsigned i = 1; i < CPUS; i++) {
        send(0x40f0, i);
        wait_for(&ipis, i);
    }
    send(0xc40f0, 0);
    wait_for(&ipis, 2 * (CPUS - 1));
    send(0xc4400, 0);
    wait_for(&nmi_count, CPUS - 1);
    send(0xc40f1, 0);
    wait_for(&flushes, CPUS - 1);
    say("ipis %d nmis %d flushes %d\n", (int)ipis, (int)nmi_count, (int)flushes);
}

static void rewrite(void)
{
    static const uint8_t first[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
    for (unsigned i = 0; i < sizeof first; i++) {
        code[i] = first[i];
    }
    done = 0;
    phase = 4;
    send(0xc40f0, 0);                           /* out of HLT */
    for (unsigned value = 1; value < 100; value++) {
        ((volatile uint8_t *)code)[1] = value;
        for (volatile unsigned i = 0; i < 2000; i++) {
        }
    }
    wait_for(&done, CPUS - 1);
    say("rewritten under three runners: %d\n", (int)done);
}

void guest_main(void)
{
    set_gate(0xf0, ipi_stub, SEL_CODE, 0x8e);
    set_gate(0xf1, flush_stub, SEL_CODE, 0x8e);
    set_gate(2, nmi_stub, SEL_CODE, 0x8e);
    start_all();
    run_phase(1, locked);
    say("inc %d add %d or %l xadd %d bts %l guarded %d tickets %d\n", (int)inc_sum, (int)add_sum, or_mask, (int)xadd_sum, bts_mask[7], (int)guarded_sum,
        (int)ticket_sum);
    say("compare and exchange %d\n", (int)cas_sum);
    run_phase(2, store_buffers);
    say("both stale %d\n", (int)both_zero);
    interrupts();
    rewrite();
}
