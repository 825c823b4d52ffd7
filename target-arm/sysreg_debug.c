/* SPDX-License-Identifier: MIT */
/* Debug registers (Arm ARM D17.3): six breakpoints, four watchpoints, the OS lock, and the debug communications channel, at whose
 * other end nobody is: what is sent stays, its interrupts do not come. */
#include "target-arm/sysreg.h"

enum { OSLK = 1 << 1 };

/* The channel's flags are read-only but while the OS lock is on, for saving and restoring. */
void arm_mdscr_put(struct arm_cpu *cpu, uint64_t value)
{
    const uint64_t kept = cpu->oslsr & OSLK ? 0 : MDSCR_TXFULL | MDSCR_RXFULL | MDSCR_TXU | MDSCR_RXO;
    const bool flush = (cpu->mdscr ^ value) & MDSCR_MDE;
    cpu->mdscr = (cpu->mdscr & kept) | (value & ~kept);
    if (flush) {
        arm_flush_all(cpu);         /* pages with watchpoints are marked in the TLB */
    }
}

/* MDSCR.TDCC, DBGDSCR.UDCCdis: EL0 has no channel. */
void arm_dcc_check(struct arm_cpu *cpu)
{
    const unsigned el = arm_hcr(cpu) & HCR_TGE ? EL2 : EL1;
    if (cpu->el != EL0 || !(cpu->mdscr & MDSCR_TDCC)) {
        return;
    }
    if (!arm_el_is_aa64(cpu, el)) {
        arm_raise_undefined(cpu);
    }
    arm_sysreg_trap(cpu, el);
}

uint64_t arm_dcc_status(struct arm_cpu *cpu)
{
    arm_dcc_check(cpu);
    return cpu->mdscr & (MDSCR_TXFULL | MDSCR_RXFULL);
}

uint64_t arm_dcc_receive(struct arm_cpu *cpu)
{
    arm_dcc_check(cpu);
    cpu->mdscr &= ~(uint64_t)MDSCR_RXFULL;
    return cpu->osdtrrx;
}

void arm_dcc_send(struct arm_cpu *cpu, uint64_t value)
{
    arm_dcc_check(cpu);
    cpu->osdtrtx = (uint32_t)value;
    cpu->mdscr |= MDSCR_TXFULL;
}

/* DBGDTR_EL0: 64 bits at once, by both registers */
static uint64_t receive_both(struct arm_cpu *cpu)
{
    const uint64_t low = arm_dcc_receive(cpu);
    return cpu->osdtrtx << 32 | low;
}

static void send_both(struct arm_cpu *cpu, uint64_t value)
{
    arm_dcc_send(cpu, value);
    cpu->osdtrrx = value >> 32;
}

static uint64_t mdscr_get(struct arm_cpu *cpu) { return cpu->mdscr; }
static void oslar(struct arm_cpu *cpu, uint64_t value) { cpu->oslsr = (cpu->oslsr & ~2ull) | (value & 1) << 1; }
static uint64_t oslsr(struct arm_cpu *cpu) { return cpu->oslsr; }
static uint64_t claim_set(struct arm_cpu *cpu) { return 0xff; }
static void claim_set_put(struct arm_cpu *cpu, uint64_t value) { cpu->dbgclaim |= value & 0xff; }
static uint64_t claim_get(struct arm_cpu *cpu) { return cpu->dbgclaim; }
static void claim_clear(struct arm_cpu *cpu, uint64_t value) { cpu->dbgclaim &= ~value; }

#define BREAKPOINT(n) \
    SYSREG_RW(2, 0, 0, n, 4, "DBGBVR" #n "_EL1", EL1, dbgbvr[n], 0), \
    SYSREG_RW(2, 0, 0, n, 5, "DBGBCR" #n "_EL1", EL1, dbgbcr[n], SYSREG_MODE)
#define WATCHPOINT(n) \
    SYSREG_RW(2, 0, 0, n, 6, "DBGWVR" #n "_EL1", EL1, dbgwvr[n], SYSREG_FLUSH), \
    SYSREG_RW(2, 0, 0, n, 7, "DBGWCR" #n "_EL1", EL1, dbgwcr[n], SYSREG_FLUSH)
static const struct arm_sysreg rows[] = {
    BREAKPOINT(0), BREAKPOINT(1), BREAKPOINT(2), BREAKPOINT(3), BREAKPOINT(4), BREAKPOINT(5),
    WATCHPOINT(0), WATCHPOINT(1), WATCHPOINT(2), WATCHPOINT(3),
    SYSREG_FN(2, 0, 0, 2, 2, "MDSCR_EL1", EL1, mdscr_get, arm_mdscr_put, SYSREG_MODE),
    SYSREG_RW(2, 0, 0, 2, 0, "MDCCINT_EL1", EL1, mdccint, 0),
    SYSREG_RW(2, 0, 0, 0, 2, "OSDTRRX_EL1", EL1, osdtrrx, SYSREG_W32),
    SYSREG_RW(2, 0, 0, 3, 2, "OSDTRTX_EL1", EL1, osdtrtx, SYSREG_W32),
    SYSREG_RW(2, 0, 0, 6, 2, "OSECCR_EL1", EL1, oseccr, 0),
    SYSREG_ZERO(2, 0, 1, 0, 0, "MDRAR_EL1", EL1, 0),
    { .encoding = ARM_SYSREG(2, 0, 1, 0, 4), .name = "OSLAR_EL1", .read_el = SYSREG_NEVER, .write_el = EL1,
      .write = oslar,
      .flags = SYSREG_MODE },
    SYSREG_RO(2, 0, 1, 1, 4, "OSLSR_EL1", EL1, oslsr, 0),
    SYSREG_RW(2, 0, 1, 3, 4, "OSDLR_EL1", EL1, osdlr, SYSREG_MODE),
    SYSREG_ZERO(2, 0, 1, 4, 4, "DBGPRCR_EL1", EL1, 0),
    SYSREG_FN(2, 0, 7, 8, 6, "DBGCLAIMSET_EL1", EL1, claim_set, claim_set_put, 0),
    SYSREG_FN(2, 0, 7, 9, 6, "DBGCLAIMCLR_EL1", EL1, claim_get, claim_clear, 0),
    SYSREG_ZERO(2, 0, 7, 14, 6, "DBGAUTHSTATUS_EL1", EL1, 0),
    SYSREG_RO(2, 3, 0, 1, 0, "MDCCSR_EL0", EL0, arm_dcc_status, 0),
    SYSREG_FN(2, 3, 0, 4, 0, "DBGDTR_EL0", EL0, receive_both, send_both, 0),
    SYSREG_FN(2, 3, 0, 5, 0, "DBGDTRRX_EL0", EL0, arm_dcc_receive, arm_dcc_send, 0),
    SYSREG_RW(2, 4, 0, 7, 0, "DBGVCR32_EL2", EL2, dbgvcr, SYSREG_MODE),
};
SYSREG_TABLE(debug);
