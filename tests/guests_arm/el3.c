/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,secure=on,virtualization=on,gic-version=3
 * EL3: secure monitor calls, what SCR_EL3, CPTR_EL3 and MDCR_EL3 trap, security states, returns that are illegal.
 */
#include "guest.h"

enum { NS = 1 << 0, SCR_IRQ = 1 << 1, SCR_FIQ = 1 << 2, SMD = 1 << 7, HCE = 1 << 8, SIF = 1 << 9, RW = 1 << 10, ST = 1 << 11, TWI = 1 << 12, TWE = 1 << 13 };
enum { EL0T = 0x3c0, EL1H = 0x3c5, EL1T = 0x3c4, EL2H = 0x3c9, EL3T = 0x3cc };
static uint8_t stack[8192] __attribute__((aligned(16))), stack2[8192] __attribute__((aligned(16)));

#define SLEAVE() __asm__ volatile("smc #0x7ff")

static void user(void)
{
    TRY("smc from el0", "smc #1");
    TRY("hvc from el0", "hvc #1");
    TRY("fp from el0", "fadd d0, d0, d0");
    TRY("svc from el0", "svc #9");
    TRY("pmccntr from el0", "mrs x0, pmccntr_el0");
    TRY("wfi from el0", "wfi");
    LEAVE();
}

static void kernel(void)
{
    TRY("smc", "smc #5");
    if (READ(CurrentEL) != 12)              /* QEMU takes that of EL3 to EL2 */
        TRY("hvc", "hvc #6");
    TRY("svc", "svc #7");
    TRY("mrs scr", "mrs x0, scr_el3");
    TRY("mrs sctlr_el3", "mrs x0, sctlr_el3");
    TRY("vbar_el3", "mrs x0, vbar_el3\n\tmsr vbar_el3, x0");
    TRY("mrs elr_el3", "mrs x0, elr_el3");
    TRY("tlbi alle3", "tlbi alle3");
    TRY("mrs cntps_ctl", "mrs x0, cntps_ctl_el1");
    TRY("mrs hcr", "mrs x0, hcr_el2");
    TRY("mrs sp_el2", "mrs x0, sp_el2");
    TRY("fp", "fadd d0, d0, d0");
    TRY("mrs fpcr", "mrs x0, fpcr");
    TRY("mrs cpacr", "mrs x0, cpacr_el1");
    TRY("pmcr", "mrs x0, pmcr_el0");
    TRY("mdscr", "mrs x0, mdscr_el1");
    TRY("dbgbvr", "mrs x0, dbgbvr0_el1");
    TRY("oslar", "mrs x0, oslsr_el1");
    TRY("cptr_el2", "mrs x0, cptr_el2");
    TRY("cntfrq", "mrs x0, cntfrq_el0\n\tmsr cntfrq_el0, x0");
    if (*(volatile uint8_t *)FREE) {
        TRY("wfi", "wfi");
        TRY("wfe", "sevl\n\twfe\n\twfe");
    }
    TRY("brk", "brk #3");
    TRY("undefined", ".inst 0");
}

static void kernel_leaves(void)
{
    kernel();
    SLEAVE();
}

/* The GICv3 CPU interface, which SCR_EL3.FIQ and IRQ trap. */
static void gic_registers(void)
{
    TRY("pmr", "mrs x0, icc_pmr_el1");
    TRY("hppir0", "mrs x0, icc_hppir0_el1");
    TRY("hppir1", "mrs x0, icc_hppir1_el1");
    TRY("bpr1", "mrs x0, icc_bpr1_el1");
    TRY("ctlr", "mrs x0, icc_ctlr_el1");
    TRY("sgi1r", "msr icc_sgi1r_el1, xzr");
    TRY("ctlr_el3", "mrs x0, icc_ctlr_el3");
    TRY("ich_vtr", "mrs x0, ich_vtr_el2");
    SLEAVE();
}

static void gic(const char *name, uint64_t scr, uint64_t hcr)
{
    print(name);
    line();
    WRITE(scr_el3, scr);
    WRITE(hcr_el2, hcr | 1ul << 31);
    drop(EL1H, gic_registers, stack + sizeof(stack));
    if (scr & NS)
        drop(EL2H, gic_registers, stack2 + sizeof(stack2));
}

static void all_levels(const char *name, uint64_t scr)
{
    print(name);
    line();
    WRITE(scr_el3, scr);
    print("el1\n");
    drop(EL1H, kernel_leaves, stack + sizeof(stack));
    print("el1 on sp_el0\n");
    drop(EL1T, kernel_leaves, stack + sizeof(stack));
    if (scr & NS) {
        print("el2\n");
        drop(EL2H, kernel_leaves, stack2 + sizeof(stack2));
    }
}

/* A return that is illegal: goes on at EL3 with PSTATE.IL. */
static void illegal(const char *name, uint64_t spsr)
{
    guest_name = name;
    __asm__ volatile("msr spsr_el3, %0\n\tadr x1, 1f\n\tmsr elr_el3, x1\n\tisb\n\teret\n1: nop\n\tnop" : : "r"(spsr) : "x1", "memory");
}

static void users(void)
{
    WRITE(cpacr_el1, 3 << 20);
    drop(EL0T, user, stack2 + sizeof(stack2));
    SLEAVE();
}

int main(void)
{
    print_hex("el", READ(CurrentEL));
    print_hex("scr", READ(scr_el3));
    print_hex("pfr0", READ(id_aa64pfr0_el1));
    print_hex("cptr", READ(cptr_el3));
    line();
    WRITE(sp_el2, (uint64_t)(stack2 + sizeof(stack2)));
    WRITE(cnthctl_el2, 3);
    WRITE(hcr_el2, 1ul << 31);
    *(volatile uint8_t *)FREE = 0;
    all_levels("non-secure", NS | RW | HCE);
    all_levels("secure", RW | HCE);
    all_levels("no hvc", NS | RW);
    *(volatile uint8_t *)FREE = 1;
    WRITE(cptr_el3, 1 << 10 | 1u << 31 | 1 << 20);
    WRITE(mdcr_el3, 1 << 6 | 1 << 9 | 1 << 10);
    all_levels("traps", NS | RW | HCE | TWI | TWE | ST);
    print("users\n");
    WRITE(scr_el3, NS | RW | HCE | TWI);
    drop(EL1H, users, stack + sizeof(stack));
    WRITE(scr_el3, RW | HCE | ST | TWI);
    drop(EL1H, users, stack + sizeof(stack));
    gic("gic, open", NS | RW | HCE, 0);
    gic("gic, fiq to el3", NS | RW | HCE | SCR_FIQ, 0);
    gic("gic, both to el3", NS | RW | HCE | SCR_FIQ | SCR_IRQ, 0);
    gic("gic, fiq to el3, both to el2", NS | RW | HCE | SCR_FIQ, 1 << 3 | 1 << 4);
    gic("gic, both to el3, irq to el2", NS | RW | HCE | SCR_FIQ | SCR_IRQ, 1 << 4);
    gic("gic, secure, irq to el3", RW | HCE | SCR_IRQ, 0);
    WRITE(hcr_el2, 1ul << 31);
    print("el3 itself\n");
    *(volatile uint8_t *)FREE = 0;
    WRITE(scr_el3, NS | RW | HCE | SMD);
    kernel();
    WRITE(cptr_el3, 0);
    WRITE(mdcr_el3, 0);
    kernel();
    print("illegal returns\n");
    WRITE(scr_el3, RW | HCE);
    illegal("to el2 while secure", EL2H);
    WRITE(scr_el3, NS | RW | HCE);
    illegal("to a reserved mode", 0x3c1);
    illegal("to el0 on sp_el1", 0x3c3);
    illegal("to svc of aarch32 while rw says 64", 0x1d3);
    illegal("to el3t is none", EL3T | 2);
    WRITE(scr_el3, NS | HCE);
    illegal("to el1 of aarch64 while rw says 32", EL1H);
    illegal("to el2 of aarch64 while rw says 32", EL2H);
    print_hex("exceptions", guest_exceptions);
    line();
    end();
}
