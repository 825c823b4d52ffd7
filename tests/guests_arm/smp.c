/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * cpu: max
 * smp: 4
 * Exclusives and atomics of several CPUs: locks, a list without locks (its nodes come back: ABA), pairs, what clears a monitor.
 */
#include "guest.h"

enum { CPUS = 4, ROUNDS = 20000, NODES = 6 };

struct node { struct node *next; volatile uint32_t owner; uint32_t used; } __attribute__((aligned(64)));
static struct node nodes[NODES];
static struct { struct node *volatile head; } list __attribute__((aligned(64)));
static volatile uint64_t counter, pair[2] __attribute__((aligned(64))), place __attribute__((aligned(64)));
static volatile uint32_t lock __attribute__((aligned(64))), phase __attribute__((aligned(64))), done __attribute__((aligned(64))),
    step __attribute__((aligned(64))), wrong;
uint8_t stacks[CPUS][4096] __attribute__((aligned(16)));

static uint32_t add(volatile uint32_t *at, uint32_t by)
{
    uint32_t v, failed;
    do {
        __asm__ volatile("ldaxr %w0, [%2]\n\tadd %w0, %w0, %w3\n\tstlxr %w1, %w0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(at), "r"(by)
                         : "memory");
    } while (failed);
    return v;
}

static void wait_for(volatile uint32_t *at, uint32_t value)
{
    uint32_t v;
    do
        __asm__ volatile("yield\n\tldar %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
    while (v != value);
}

static void count_locked(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t v, failed = 1;
        do {
            __asm__ volatile("ldaxr %w0, [%1]" : "=r"(v) : "r"(&lock) : "memory");
            if (!v)
                __asm__ volatile("stxr %w0, %w1, [%2]" : "=&r"(failed) : "r"(1), "r"(&lock) : "memory");
        } while (v || failed);
        counter = counter + 1;
        __asm__ volatile("stlr wzr, [%0]" : : "r"(&lock) : "memory");
    }
}

static struct node *pop(void)
{
    struct node *n;
    uint32_t failed = 0;
    do {
        __asm__ volatile("ldaxr %0, [%1]" : "=r"(n) : "r"(&list.head) : "memory");
        if (!n)
            return 0;
        struct node *next = n->next;
        __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(next), "r"(&list.head) : "memory");
    } while (failed);
    return n;
}

static void push(struct node *n)
{
    struct node *old;
    uint32_t failed;
    do {
        __asm__ volatile("ldxr %0, [%1]" : "=r"(old) : "r"(&list.head) : "memory");
        n->next = old;
        __asm__ volatile("stlxr %w0, %1, [%2]" : "=&r"(failed) : "r"(n), "r"(&list.head) : "memory");
    } while (failed);
}

/* Two nodes are taken and given back in the other order, so that the head is often what it was and its next one is not. */
static void use_list(uint32_t cpu)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct node *mine[2] = { pop(), pop() };
        for (unsigned k = 0; k < 2; k++) {
            if (mine[k]) {
                if (mine[k]->owner)
                    add(&wrong, 1);
                mine[k]->owner = cpu + 1;
                mine[k]->used++;
            }
        }
        for (unsigned k = 0; k < 2; k++) {
            if (mine[k]) {
                if (mine[k]->owner != cpu + 1)
                    add(&wrong, 1);
                mine[k]->owner = 0;
                push(mine[k]);
            }
        }
    }
}

static void count_pair(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t a, b;
        uint32_t failed;
        do {
            __asm__ volatile("ldaxp %0, %1, [%3]\n\tadd %0, %0, #1\n\tsub %1, %1, #1\n\tstlxp %w2, %0, %1, [%3]"
                             : "=&r"(a), "=&r"(b), "=&r"(failed) : "r"(pair) : "memory");
        } while (failed);
        if (a + b)
            add(&wrong, 1);
        __asm__ volatile(".arch armv8.1-a\n\tldadd %0, xzr, [%1]" : : "r"(1ul), "r"(&place) : "memory");
    }
}

/* Changes `place` and changes it back while CPU 0 is between its load and its store. */
static void change_and_restore(void)
{
    uint64_t v;
    uint32_t failed;
    wait_for(&step, 1);
    for (unsigned i = 0; i < 2; i++) {
        do {
            __asm__ volatile("ldxr %0, [%2]\n\teor %0, %0, #1\n\tstxr %w1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&place) : "memory");
        } while (failed);
    }
    add(&step, 1);
    wait_for(&step, 3);
    __asm__ volatile(".arch armv8.1-a\n\tswp %2, %0, [%1]\n\tcas %2, %0, [%1]" : "=&r"(v) : "r"(&place), "r"(7ul) : "memory");
    __asm__ volatile(".arch armv8.1-a\n\tswp %0, xzr, [%1]" : : "r"(v), "r"(&place) : "memory");
    add(&step, 1);
}

static void phases(uint32_t cpu)
{
    for (uint32_t n = 1; n <= 4; n++) {
        wait_for(&phase, n);
        if (n == 1)
            count_locked();
        if (n == 2)
            use_list(cpu);
        if (n == 3)
            count_pair();
        if (n == 4 && cpu == 1)
            change_and_restore();
        add(&done, 1);
    }
}

void secondary(uint32_t cpu);
void secondary(uint32_t cpu)
{
    phases(cpu);
    for (;;)
        __asm__ volatile("wfi");
}
__asm__(".text\n.globl secondary_start\nsecondary_start:\n\tldr x1, =stacks + 4096\n\tadd x1, x1, x0, lsl #12\n\tmov sp, x1\n\tmov x2, #(3 << 20)\n\t"
        "msr cpacr_el1, x2\n\tisb\n\tb secondary\n");
extern char secondary_start[];

static void start(uint64_t cpu)
{
    register uint64_t x0 __asm__("x0") = 0xc4000003, x1 __asm__("x1") = cpu, x2 __asm__("x2") = (uint64_t)secondary_start,
        x3 __asm__("x3") = cpu;
    __asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
}

/* CPU 0's part of phase 4: the store must fail. */
static uint32_t store_after(uint32_t n)
{
    uint64_t v;
    uint32_t failed;
    __asm__ volatile("ldxr %0, [%1]" : "=r"(v) : "r"(&place) : "memory");
    step = n;
    wait_for(&step, n + 1);
    __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(v), "r"(&place) : "memory");
    return failed;
}

static void alone(void)
{
    uint64_t v;
    uint32_t failed;
    __asm__ volatile("ldxr %0, [%2]\n\tstxr %w1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&place) : "memory");
    print_hex("plain", failed);
    __asm__ volatile("stxr %w1, %0, [%2]" : "+r"(v), "=&r"(failed) : "r"(&place) : "memory");
    print_hex("without a load", failed);
    __asm__ volatile("ldxr %0, [%2]\n\tclrex\n\tstxr %w1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&place) : "memory");
    print_hex("clrex", failed);
    __asm__ volatile("ldxr %0, [%2]\n\tstxr %w1, %0, [%3]" : "=&r"(v), "=&r"(failed) : "r"(&place), "r"(&pair) : "memory");
    print_hex("elsewhere", failed);
    line();
    guest_name = "between";
    __asm__ volatile("ldxr %0, [%2]\n\tsvc #1\n\tstxr %w1, %0, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&place) : "memory");
    print_hex("exception", failed);
    line();
}

static void run(void (*own)(void))
{
    done = 0;
    add(&phase, 1);
    own();
    wait_for(&done, CPUS - 1);
}

static void own_list(void) { use_list(0); }

int main(void)
{
    alone();
    for (unsigned i = 0; i < NODES; i++)
        push(&nodes[i]);
    for (uint64_t cpu = 1; cpu < CPUS; cpu++)
        start(cpu);
    run(count_locked);
    print_hex("locked", counter == CPUS * ROUNDS);
    run(own_list);
    unsigned left = 0;
    while (pop())
        left++;
    print_hex("nodes", left);
    print_hex("wrong", wrong);
    place = 0;
    run(count_pair);
    print_hex("pair", pair[0] == CPUS * ROUNDS && pair[0] + pair[1] == 0);
    print_hex("added", place == CPUS * ROUNDS);
    print_hex("wrong", wrong);
    line();
    done = 0;
    add(&phase, 1);
    print_hex("restored by exclusives", store_after(1));
    print_hex("restored by atomics", store_after(3));
    wait_for(&done, CPUS - 1);
    line();
    end();
}
