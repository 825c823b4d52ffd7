/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Performance monitors: overflow of the cycle counter, of one of cycles and of one that software adds to; their interrupt, as the
 * distributor has it pending (PPI 7, interrupt 23).
 */
#include "guest.h"

#define GICD_ISENABLER0 (*(volatile uint32_t *)0x08000100)
#define GICD_ISPENDR0 (*(volatile uint32_t *)0x08000200)
enum { E = 1, P = 2, C = 4, LC = 1 << 6 };

static void show(const char *name)
{
    print(name);
    print_hex("ovs", READ(pmovsclr_el0));
    print_hex("pending", GICD_ISPENDR0 >> 23 & 1);
    line();
}

/* Until an overflow is told, or long enough. */
static void wait(uint64_t bit)
{
    for (unsigned i = 0; i < 20000000 && !(READ(pmovsclr_el0) & bit); i++)
        ;
}

static void clear(uint64_t bit)
{
    WRITE(pmovsclr_el0, bit);
}

static void cycles(void)
{
    WRITE(pmcntenset_el0, 1ul << 31);
    WRITE(pmccntr_el0, 0xffffffff00000000);
    WRITE(pmcr_el0, E | LC);
    show("cycles");
    WRITE(pmintenset_el1, 1ul << 31);
    WRITE(pmccntr_el0, -10000ul);
    wait(1ul << 31);
    show("64 bits");
    WRITE(pmintenclr_el1, 1ul << 31);
    show("interrupt off");
    clear(1ul << 31);
    show("cleared");
    WRITE(pmcr_el0, E);
    WRITE(pmintenset_el1, 1ul << 31);
    WRITE(pmccntr_el0, 0x5ffffd8f0);
    wait(1ul << 31);
    show("32 bits");
    print_hex("upper", READ(pmccntr_el0) >> 32);
    line();
    WRITE(pmcr_el0, 0);
    show("all off");
    clear(1ul << 31);
    WRITE(pmcntenclr_el0, 1ul << 31);
    WRITE(pmintenclr_el1, 1ul << 31);
}

static void events(void)
{
    WRITE(pmevtyper0_el0, 0x11);
    WRITE(pmevtyper1_el0, 0);
    WRITE(pmcntenset_el0, 3);
    WRITE(pmintenset_el1, 3);
    WRITE(pmevcntr0_el0, 0);
    WRITE(pmevcntr1_el0, 0xfffffffe);
    WRITE(pmcr_el0, E);
    WRITE(pmswinc_el0, 2);
    print_hex("software", READ(pmevcntr1_el0));
    show("");
    WRITE(pmswinc_el0, 2);
    print_hex("software", READ(pmevcntr1_el0));
    show("");
    clear(2);
    WRITE(pmevcntr0_el0, 0xffffd8f0);
    wait(1);
    show("event of cycles");
    WRITE(pmovsset_el0, 8);
    show("set by software");
    clear(15);
    WRITE(pmcr_el0, P | C);
    print_hex("after reset", READ(pmevcntr0_el0) | READ(pmevcntr1_el0) | READ(pmccntr_el0));
    show("");
}

int main(void)
{
    *(volatile uint32_t *)0x08000000 = 1;
    GICD_ISENABLER0 = 1 << 23;
    cycles();
    events();
    end();
}
