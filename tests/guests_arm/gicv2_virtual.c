/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * The virtual interface of a GICv2: list registers that EL2 fills, interrupts that EL1 takes and ends by GICV_*, groups, priorities,
 * EOImode, a hardware interrupt, maintenance. QEMU 7.2 has no GICV_AHPPIR, no group 1 by GICV_AIAR and no CPU in GICV_HPPIR.
 */
#include "guest.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define GICD(offset) REG(0x08000000ul + (offset))
#define GICC(offset) REG(0x08010000ul + (offset))
#define GICH(offset) REG(0x08030000ul + (offset))
#define GICV(offset) REG(0x08040000ul + (offset))
enum { HCR = 0, VTR = 4, VMCR = 8, MISR = 0x10, EISR = 0x20, ELSR = 0x30, APR = 0xf0, LR = 0x100 };
enum { CTLR = 0, PMR = 4, BPR = 8, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18, ABPR = 0x1c, AIAR = 0x20, AEOIR = 0x24, AHPPIR = 0x28,
       DIR = 0x1000 };
enum { FMO = 1 << 3, IMO = 1 << 4, F = 1 << 6, I = 1 << 7, EL1H = 0x305, ACKCTL = 4, FIQEN = 8, EOIMODE = 1 << 9 };
static uint8_t stack[8192] __attribute__((aligned(16)));
static volatile uint32_t end_mode;

static uint32_t list(uint32_t id, uint32_t group, uint32_t priority) { return 1u << 28 | group << 30 | priority >> 3 << 23 | id; }

static void show(void)
{
    print_hex("lr0", GICH(LR));
    print_hex("lr1", GICH(LR + 4));
    print_hex("apr", GICH(APR));
    print_hex("hcr", GICH(HCR));
    print_hex("misr", GICH(MISR));
    print_hex("eisr", GICH(EISR));
    print_hex("elsr", GICH(ELSR));
    print_hex("vmcr", GICH(VMCR));
    print_hex("maintenance", GICD(0x200) >> 25 & 1);
    line();
}

/* At EL1: a virtual one. */
static void interrupt(uint64_t vector, uint64_t *spsr)
{
    const int fiq = (vector & 3) == 2;
    print(fiq ? "  fiq" : "  irq");
    print_hex("el", READ(CurrentEL) >> 2);
    print_hex("hppir", GICV(HPPIR));
    print_hex("ahppir", GICV(AHPPIR));
    uint32_t id = GICV(IAR), alias = 0x3ff;
    if (id == 0x3fe)
        alias = GICV(AIAR);
    print_hex("iar", id);
    print_hex("aiar", alias);
    print_hex("rpr", GICV(RPR));
    line();
    GICV(id == 0x3fe ? AEOIR : EOIR) = id == 0x3fe ? alias : id;
    if (end_mode) {
        print_hex("  dropped, rpr", GICV(RPR));
        line();
        GICV(DIR) = id == 0x3fe ? alias : id;
    }
    *spsr |= id == 0x3ff ? I | F : 0;
}

static void kernel(void)
{
    __asm__ volatile("msr daifclr, #3\n\tnop\n\tnop\n\tnop\n\tmsr daifset, #3\n\thvc #0x7ff");
}

static void run(const char *name)
{
    print(name);
    line();
    show();
    drop(EL1H, kernel, stack + sizeof(stack));
    show();
}

static void lists(uint32_t a, uint32_t b)
{
    GICH(LR) = a;
    GICH(LR + 4) = b;
}

static void registers(void)
{
    print_hex("vtr", GICH(VTR));
    print_hex("iidr", GICV(0xfc));
    GICV(PMR) = 0xff;
    GICV(BPR) = 0;
    GICV(ABPR) = 0;
    GICV(CTLR) = 0xffffffff;
    print_hex("pmr", GICV(PMR));
    print_hex("bpr", GICV(BPR));
    print_hex("abpr", GICV(ABPR));
    print_hex("ctlr", GICV(CTLR));
    print_hex("vmcr", GICH(VMCR));
    GICH(VMCR) = 0xf8000000 | 3;
    print_hex("then", GICV(CTLR));
    print_hex("pmr", GICV(PMR));
    line();
    GICH(LR + 8) = 0xffffffff;
    print_hex("lr2", GICH(LR + 8));
    GICH(LR + 8) = 0;
    line();
}

static void maintenance(void)
{
    static const uint32_t enables[] = { 1 << 1, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7 };
    print("maintenance\n");
    GICH(VMCR) = 0xf8000000 | 1;
    lists(list(70, 0, 0x40), 0);
    for (unsigned i = 0; i < sizeof(enables) / sizeof(enables[0]); i++) {
        GICH(HCR) = 1 | enables[i];
        print_hex("misr", GICH(MISR));
        print_hex("pending", GICD(0x200) >> 25 & 1);
    }
    GICH(HCR) = 1u << 27 | 1 << 2 | 1;
    print_hex("count", GICH(MISR));
    GICH(HCR) = 0xff;
    GICH(LR) = 1 << 19 | 70;                /* its end is to be told */
    print_hex("eoi", GICH(MISR));
    print_hex("eisr", GICH(EISR));
    print_hex("elsr", GICH(ELSR));
    GICH(HCR) = 0;
    print_hex("off", GICD(0x200) >> 25 & 1);
    line();
}

int main(void)
{
    guest_interrupt = interrupt;
    GICD(0) = 3;
    GICC(CTLR) = 1;
    GICC(PMR) = 0xff;
    WRITE(hcr_el2, 1ul << 31 | FMO | IMO);
    registers();
    GICH(HCR) = 1;
    GICH(VMCR) = 0xf8000000 | 3;
    lists(list(70, 0, 0x40), 0);
    run("group 0");
    GICH(VMCR) = 0xf8000000 | 3 | FIQEN;
    lists(list(70, 0, 0x40), list(71, 1, 0x20));
    run("both groups, fiq");
    GICH(VMCR) = 0xf8000000 | 3 | ACKCTL;
    lists(list(70, 0, 0x40), list(71, 1, 0x20));
    run("ackctl");
    GICH(VMCR) = 0x80000000u | 3;
    lists(list(70, 0, 0x40), list(71, 0, 0x90));
    run("masked by priority");
    GICH(VMCR) = 0xf8000000 | 3;
    lists(list(3 | 5 << 10, 0, 0x40), list(72 | 1 << 19, 0, 0x50));
    run("sgi of cpu 5, and one whose end is told");
    GICH(LR + 4) = 0;
    end_mode = 1;
    GICH(VMCR) = 0xf8000000 | 3 | EOIMODE;
    lists(list(70, 0, 0x40), 0);
    run("eoimode");
    end_mode = 0;
    GICH(VMCR) = 0xf8000000 | 3;
    GICD(0x100) = 1 << 29;
    GICD(0x300) = 1 << 29;                  /* PPI 29 is active */
    lists(1u << 31 | list(70, 0, 0x40) | 29 << 10, 0);
    run("hardware");
    print_hex("active", GICD(0x300) >> 29 & 1);
    line();
    GICV(EOIR) = 99;                        /* nobody's: no priority to drop, so it does not count */
    show();
    GICH(APR) = 1 << 4;
    GICV(EOIR) = 99;
    show();
    maintenance();
    end();
}
