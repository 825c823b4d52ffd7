/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on,gic-version=3
 * FIQ and IRQ of a GICv3's groups with one security state: physical ones to EL1 and EL2, and virtual ones out of list registers, which
 * EL1 acknowledges by the same names; traps by HCR_EL2 and ICH_HCR_EL2. SGI 3 is in group 0 (FIQ), SGI 4 in group 1 (IRQ).
 */
#include "guest.h"

#define GICD(offset) (*(volatile uint32_t *)(0x08000000ul + (offset)))
#define GICR(offset) (*(volatile uint32_t *)(0x080a0000ul + (offset)))
#define GICR_SGI(offset) GICR(0x10000 + (offset))
enum { FMO = 1 << 3, IMO = 1 << 4, TGE = 1 << 27, F = 1 << 6, I = 1 << 7, EL0T = 0x300, EL1H = 0x305 };
enum { IGRPMODR0 = 0xd00, IGROUPR0 = 0x80, ISENABLER0 = 0x100, ICPENDR0 = 0x280, IPRIORITYR = 0x400 };
static uint8_t stack[8192] __attribute__((aligned(16))), stack2[8192] __attribute__((aligned(16)));

static void interrupt(uint64_t vector, uint64_t *spsr)
{
    const unsigned el = (unsigned)READ(CurrentEL) >> 2;
    const int fiq = (vector & 3) == 2;
    print("  ");
    print(fiq ? "fiq" : "irq");
    print_hex("el", el);
    print_hex("vector", vector);
    print_hex("spsr", *spsr & 0x3ff);
    print_hex("isr", READ(isr_el1));
    print_hex("hppir0", READ(icc_hppir0_el1));
    print_hex("hppir1", READ(icc_hppir1_el1));
    if (fiq) {
        print_hex("iar1", READ(icc_iar1_el1));
        const uint64_t id = READ(icc_iar0_el1);
        print_hex("iar0", id);
        print_hex("rpr", READ(icc_rpr_el1));
        line();
        *spsr |= id == 0x3ff ? F : 0;       /* HCR_EL2.VF, which nothing ends */
        WRITE(icc_eoir0_el1, id);
    } else {
        print_hex("iar0", READ(icc_iar0_el1));
        const uint64_t id = READ(icc_iar1_el1);
        print_hex("iar1", id);
        print_hex("rpr", READ(icc_rpr_el1));
        line();
        WRITE(icc_eoir1_el1, id);
    }
}

static void pend(void)
{
    WRITE(icc_sgi0r_el1, 3ul << 24 | 1);
    WRITE(icc_sgi1r_el1, 4ul << 24 | 1);
}

static void open(void) { __asm__ volatile("msr daifclr, #3\n\tnop\n\tnop\n\tmsr daifset, #3"); }

static void kernel(void)
{
    print_hex("  isr", READ(isr_el1));
    line();
    open();
    __asm__ volatile("hvc #0x7ff");
}

static void user(void)
{
    __asm__ volatile("nop\n\tnop");
    LEAVE();
}

static void user_of_kernel(void)
{
    drop(EL0T, user, stack2 + sizeof(stack2));
    __asm__ volatile("hvc #0x7ff");
}

static void at(const char *name, uint64_t hcr, uint64_t spsr, void (*fn)(void))
{
    print(name);
    print_hex("hcr", hcr);
    line();
    WRITE(hcr_el2, hcr | 1ul << 31);
    drop(spsr, fn, stack + sizeof(stack));
    WRITE(hcr_el2, 1ul << 31 | FMO | IMO);
    open();                                 /* what is left */
}

static void physical(void)
{
    static const uint64_t controls[] = { 0, FMO, IMO, FMO | IMO };
    for (unsigned i = 0; i < 4; i++) {
        pend();
        at("el1, open", controls[i], EL1H, kernel);
        pend();
        at("el1, masked", controls[i], EL1H | F | I, kernel);
        pend();
        at("el0", controls[i], EL1H | F | I, user_of_kernel);
    }
    print("el2\n");
    pend();
    WRITE(hcr_el2, 1ul << 31);
    open();
    WRITE(hcr_el2, 1ul << 31 | FMO | IMO);
    open();
}

static uint64_t list(uint64_t id, uint64_t group, uint64_t priority) { return 1ul << 62 | group << 60 | priority << 48 | id; }

static void lists(void)
{
    WRITE(ich_lr0_el2, list(70, 0, 0x40));
    WRITE(ich_lr1_el2, list(71, 1, 0x60));
}

static void virtual(void)
{
    WRITE(ich_hcr_el2, 1);
    WRITE(ich_vmcr_el2, 0xf0ul << 24 | 1 << 3 | 1 << 0 | 1 << 1);           /* VFIQEn, both groups */
    static const uint64_t controls[] = { FMO | IMO, FMO, IMO, 0 };
    for (unsigned i = 0; i < 4; i++) {
        lists();
        at("virtual, el1, open", controls[i], EL1H, kernel);
        lists();
        at("virtual, el1, masked", controls[i], EL1H | F | I, kernel);
        lists();
        at("virtual, el0", controls[i], EL1H | F | I, user_of_kernel);
    }
    lists();
    pend();
    at("virtual and physical", FMO | IMO, EL1H, kernel);
    WRITE(ich_hcr_el2, 0);
    at("hcr.vf and vi", FMO | IMO | 1 << 6, EL1H | F | I, user_of_kernel);
}

static void registers(void)
{
    TRY("pmr", "mrs x0, icc_pmr_el1\n\tmsr icc_pmr_el1, x0");
    TRY("rpr", "mrs x1, icc_rpr_el1");
    TRY("ctlr", "mrs x2, icc_ctlr_el1");
    TRY("hppir0", "mrs x3, icc_hppir0_el1");
    TRY("hppir1", "mrs x3, icc_hppir1_el1");
    TRY("bpr0", "mrs x3, icc_bpr0_el1");
    TRY("bpr1", "mrs x3, icc_bpr1_el1");
    TRY("igrpen0", "mrs x3, icc_igrpen0_el1");
    TRY("igrpen1", "mrs x3, icc_igrpen1_el1");
    TRY("sgi0r", "msr icc_sgi0r_el1, xzr");
    TRY("sgi1r", "msr icc_sgi1r_el1, xzr");
    TRY("asgi1r", "msr icc_asgi1r_el1, xzr");
    TRY("sre", "mrs x0, icc_sre_el1");
    TRY("dir", "mov x0, #0x3ff\n\tmsr icc_dir_el1, x0");
    TRY("read of dir", "mrs x0, s3_0_c12_c11_1");
    TRY("write of rpr", "msr s3_0_c12_c11_3, xzr");
    TRY("write of iar1", "msr s3_0_c12_c12_0, xzr");
    TRY("read of eoir0", "mrs x0, s3_0_c12_c8_1");
    TRY("sre_el2", "mrs x0, icc_sre_el2");
    TRY("ich_hcr", "mrs x0, ich_hcr_el2");
    TRY("ich_lr0", "mrs x0, ich_lr0_el2");
}

static void user_registers(void)
{
    TRY("pmr at el0", "mrs x0, icc_pmr_el1");
    TRY("iar1 at el0", "mrs x0, icc_iar1_el1");
    LEAVE();
}

static void kernel_registers(void)
{
    registers();
    drop(EL0T | F | I, user_registers, stack2 + sizeof(stack2));
    __asm__ volatile("hvc #0x7ff");
}

static void traps(const char *name, uint64_t hcr, uint64_t ich_hcr)
{
    print(name);
    line();
    WRITE(ich_hcr_el2, ich_hcr);
    WRITE(hcr_el2, hcr | 1ul << 31);
    drop(EL1H | F | I, kernel_registers, stack + sizeof(stack));
}

static void all_traps(void)
{
    traps("open", 0, 0);
    traps("virtual", FMO | IMO, 0);
    traps("fiq virtual", FMO, 0);
    traps("tc", FMO | IMO, 1 << 10);
    traps("tall0", FMO | IMO, 1 << 11);
    traps("tall1", FMO | IMO, 1 << 12);
    traps("tdir", FMO | IMO, 1 << 14);
    traps("all, not virtual", 0, 1 << 14 | 7 << 10);
    print("el2\n");
    registers();
}

int main(void)
{
    WRITE(icc_sre_el2, 0xf);
    WRITE(icc_sre_el1, 7);
    GICD(0) = 1 << 4 | 1 << 6 | 3;          /* ARE, DS, both groups */
    GICR(0x14) = 0;
    while (GICR(0x14) & 4)
        ;
    GICR_SGI(IGROUPR0) = 1 << 4;
    GICR_SGI(IPRIORITYR) = 0x50000000;
    GICR_SGI(IPRIORITYR + 4) = 0xa0;
    GICR_SGI(ISENABLER0) = 3 << 3;
    WRITE(icc_pmr_el1, 0xf0);
    WRITE(icc_igrpen0_el1, 1);
    WRITE(icc_igrpen1_el1, 1);
    WRITE(hcr_el2, 1ul << 31 | FMO | IMO);
    guest_interrupt = interrupt;
    physical();
    virtual();
    all_traps();
    end();
}
