/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * Which levels the performance monitors' counters count at: PMCCFILTR, PMEVTYPERn, MDCR_EL2.HPMN, HPME and TPMCR. Of a counter is
 * printed whether it counted (QEMU 7.2 shows EL1 all counters whatever HPMN is, and traps no PMCR_EL0).
 */
#include "guest.h"

enum { E = 1, P = 2, C = 4, LC = 1 << 6, HPME = 1 << 7, TPMCR = 1 << 5, CYCLES = 0x11 };
static const uint64_t not_el1 = 1ul << 31, not_el0 = 1ul << 30, also_el2 = 1ul << 27;
static uint8_t stack1[4096] __attribute__((aligned(16))), stack0[4096] __attribute__((aligned(16)));
static volatile uint64_t seen[8];

static void spin(void)
{
    for (volatile unsigned i = 0; i < 2000; i++)
        ;
}

static uint64_t counted(void)
{
    const uint64_t before = READ(pmccntr_el0);
    spin();
    return READ(pmccntr_el0) != before;
}

static uint64_t event_counted(void)
{
    const uint64_t before = READ(pmevcntr0_el0);
    spin();
    return READ(pmevcntr0_el0) != before;
}

static void user(void)
{
    seen[0] = counted();
    seen[1] = event_counted();
    LEAVE();
}

static void kernel(void)
{
    WRITE(pmuserenr_el0, 0xf);
    drop(0x3c0, user, stack0 + sizeof(stack0));
    seen[2] = counted();
    seen[3] = event_counted();
    __asm__ volatile("hvc #0x7ff");
}

static void levels(const char *name, uint64_t filter)
{
    WRITE(pmccfiltr_el0, filter);
    WRITE(pmevtyper0_el0, filter | CYCLES);
    drop(0x3c5, kernel, stack1 + sizeof(stack1));
    print(name);
    print_hex("filter", READ(pmccfiltr_el0));
    print_hex("el0", seen[0] << 4 | seen[1]);
    print_hex("el1", seen[2] << 4 | seen[3]);
    print_hex("el2", counted() << 4 | event_counted());
    line();
}

static void guest_counters(void)
{
    print_hex("n", READ(pmcr_el0) >> 11 & 0x1f);
    WRITE(pmcntenset_el0, 0xf);
    print_hex("enabled", READ(pmcntenset_el0));
    WRITE(pmintenset_el1, 0xf);
    print_hex("interrupts", READ(pmintenset_el1));
    WRITE(pmcr_el0, P | C | E);
    print_hex("first", READ(pmevcntr0_el0));
    line();
    __asm__ volatile("hvc #0x7ff");
}

static void partition(void)
{
    WRITE(pmcr_el0, 0);
    WRITE(pmcntenclr_el0, 0xffffffff);
    for (unsigned n = 0; n < 4; n++) {
        WRITE(pmselr_el0, n);
        WRITE(pmxevtyper_el0, also_el2);            /* software */
        WRITE(pmxevcntr_el0, 0x100);
    }
    WRITE(mdcr_el2, 2);
    drop(0x3c5, guest_counters, stack1 + sizeof(stack1));
    WRITE(pmcntenset_el0, 0xf);
    WRITE(pmswinc_el0, 0xf);
    for (unsigned n = 0; n < 4; n++) {
        WRITE(pmselr_el0, n);
        print_hex("counter", READ(pmxevcntr_el0));
    }
    line();
    WRITE(mdcr_el2, 2 | HPME);
    WRITE(pmcr_el0, 0);
    WRITE(pmswinc_el0, 0xf);
    for (unsigned n = 0; n < 4; n++) {
        WRITE(pmselr_el0, n);
        print_hex("counter", READ(pmxevcntr_el0));
    }
    line();
    WRITE(mdcr_el2, 4 | TPMCR);
    guest_name = "trapped";
    drop(0x3c5, guest_counters, stack1 + sizeof(stack1));
}

int main(void)
{
    print_hex("mdcr", READ(mdcr_el2));
    WRITE(hcr_el2, 1ul << 31);
    WRITE(pmcntenset_el0, 1ul << 31 | 1);
    WRITE(pmcr_el0, E | LC);
    print_hex("n", READ(pmcr_el0) >> 11 & 0x1f);
    line();
    levels("all", also_el2);
    levels("not el2", 0);
    levels("not el1", not_el1 | also_el2);
    levels("not el0", not_el0 | also_el2);
    levels("el2 alone", not_el0 | not_el1 | also_el2);
    levels("none", not_el0 | not_el1);
    levels("without el3", 1ul << 29 | 1ul << 28 | 1ul << 26);
    partition();
    end();
}
