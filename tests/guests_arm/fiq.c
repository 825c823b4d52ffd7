/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,secure=on,virtualization=on,gic-version=2
 * FIQ and IRQ of a GICv2's groups: which level takes them by SCR_EL3.FIQ and IRQ, HCR_EL2.FMO, IMO and TGE, and what PSTATE masks,
 * from each level; ISR_EL1. Shared interrupt 42 is in group 0 (FIQ), 43 in group 1 (IRQ).
 */
#include "guest.h"
#include "gicv2_groups.h"

enum { NS = 1 << 0, SCR_IRQ = 1 << 1, SCR_FIQ = 1 << 2, HCE = 1 << 8, RW = 1 << 10 };
enum { FMO = 1 << 3, IMO = 1 << 4, TGE = 1 << 27 };
enum { F = 1 << 6, I = 1 << 7, EL0T = 0x300, EL1H = 0x305, EL2H = 0x309 };
static uint8_t stack[8192] __attribute__((aligned(16))), stack2[8192] __attribute__((aligned(16)));

/* At EL3 the interrupt is ended; elsewhere its mask is set, and EL2 sends it down. */
static void interrupt(uint64_t vector, uint64_t *spsr)
{
    const unsigned el = (unsigned)READ(CurrentEL) >> 2;
    print("  ");
    print((vector & 3) == 2 ? "fiq" : "irq");
    print_hex("el", el);
    print_hex("vector", vector);
    print_hex("spsr", *spsr & 0x3ff);
    print_hex("daif", READ(daif));
    print_hex("isr", READ(isr_el1));
    if (el == 3) {
        const uint32_t id = GIC(GICC_IAR);
        print_hex("iar", id);
        GIC(GICC_EOIR) = id;
    } else {
        *spsr |= (vector & 3) == 2 ? F : I;
        if (el == 2)
            WRITE(hcr_el2, READ(hcr_el2) & ~(uint64_t)(FMO | IMO | TGE));
    }
    line();
}

static void kernel(void)
{
    print_hex("  isr", READ(isr_el1));
    line();
    __asm__ volatile("msr daifclr, #3\n\tnop\n\tmsr daifset, #3");
    __asm__ volatile("smc #0x7ff");
}

static void user(void)
{
    __asm__ volatile("nop\n\tnop");
    LEAVE();
}

static void user_of_kernel(void)
{
    drop(EL0T, user, stack2 + sizeof(stack2));
    __asm__ volatile("smc #0x7ff");
}

static void at(const char *name, uint64_t scr, uint64_t hcr, uint64_t spsr, void (*fn)(void))
{
    print(name);
    print_hex("scr", scr);
    print_hex("hcr", hcr);
    print_hex("spsr", spsr);
    line();
    GIC(GICD_ISPENDR1) = FIQ_PENDS | IRQ_PENDS;
    WRITE(hcr_el2, hcr | 1ul << 31);
    WRITE(scr_el3, scr | RW | HCE);
    drop(spsr, fn, stack + sizeof(stack));
    GIC(GICD_ICPENDR1) = FIQ_PENDS | IRQ_PENDS;
}

static void levels(const char *name, uint64_t scr, uint64_t hcr)
{
    print(name);
    line();
    at("el1, open", scr, hcr, EL1H, kernel);
    at("el1, f", scr, hcr, EL1H | F, kernel);
    at("el1, masked", scr, hcr, EL1H | F | I, kernel);
    at("el0", scr, hcr, EL1H | F | I, user_of_kernel);
    if (scr & NS) {
        at("el2, open", scr, hcr, EL2H, kernel);
        at("el2, masked", scr, hcr, EL2H | F | I, kernel);
    }
}

int main(void)
{
    gic_begin();
    WRITE(sp_el2, (uint64_t)(stack2 + sizeof(stack2)));
    guest_interrupt = interrupt;
    levels("to el1", NS, 0);
    levels("secure, to el1", 0, 0);
    levels("secure, hcr does not act", 0, FMO | IMO);
    levels("to el2", NS, FMO | IMO);
    levels("fiq to el2", NS, FMO);
    levels("to el3", NS | SCR_FIQ | SCR_IRQ, 0);
    levels("fiq to el3", NS | SCR_FIQ, 0);
    levels("fiq to el3, irq to el2", NS | SCR_FIQ, FMO | IMO);
    levels("secure, fiq to el3", SCR_FIQ, 0);
    print("el3 itself\n");
    WRITE(scr_el3, SCR_FIQ | SCR_IRQ | RW);
    GIC(GICD_ISPENDR1) = FIQ_PENDS | IRQ_PENDS;
    print_hex("hppir", GIC(GICC_HPPIR));
    line();
    __asm__ volatile("msr daifclr, #3\n\tnop\n\tmsr daifset, #3");
    WRITE(scr_el3, RW);
    GIC(GICD_ISPENDR1) = FIQ_PENDS | IRQ_PENDS;
    print("el3, not routed\n");
    __asm__ volatile("msr daifclr, #3\n\tnop\n\tmsr daifset, #3");
    GIC(GICD_ICPENDR1) = FIQ_PENDS | IRQ_PENDS;
    end();
}
