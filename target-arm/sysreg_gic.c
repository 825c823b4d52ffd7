/* SPDX-License-Identifier: MIT */
/*
 * The GICv3 CPU interface as system registers (IHI 0069, 12.2): who may reach them, what is trapped, and whether the physical
 * or the virtual interface is meant. The registers themselves are the interrupt controller's (struct arm_board). AArch32 has them at
 * the same numbers.
 */
#include "target-arm/sysreg.h"

enum { ICH_HCR_EL2 = ARM_SYSREG(3, 4, 12, 11, 0), ICC_DIR_EL1 = ARM_SYSREG(3, 0, 12, 11, 1) };
enum { ICH_HCR_TC = 1 << 10, ICH_HCR_TALL0 = 1 << 11, ICH_HCR_TALL1 = 1 << 12, ICH_HCR_TDIR = 1 << 14 };

/* What a register of EL1 belongs to: HCR_EL2 and SCR_EL3 route each group's interrupts and accesses alike. */
enum gic_group { GROUP_NONE, GROUP_0, GROUP_1, GROUP_BOTH, GROUP_SGI };

static enum gic_group group_of(uint32_t reg)
{
    const unsigned crn = reg >> 7 & 0xf, crm = reg >> 3 & 0xf, op2 = reg & 7;
    if (crn == 4 || reg == ICC_DIR_EL1) {
        return GROUP_BOTH;          /* PMR */
    }
    switch (crm) {
    case 8:  return GROUP_0;        /* IAR0, EOIR0, HPPIR0, BPR0, AP0Rn */
    case 9:  return GROUP_1;        /* AP1Rn */
    case 11: return op2 >= 5 ? GROUP_SGI : GROUP_BOTH;      /* SGI1R, ASGI1R, SGI0R; RPR */
    default: return op2 == 4 ? GROUP_BOTH : op2 == 5 ? GROUP_NONE : op2 == 6 ? GROUP_0 : GROUP_1;  /* CTLR, SRE, IGRPENn, IAR1... */
    }
}

/* EOIR0 and 1, DIR and the SGIs are written only; IAR, HPPIR and RPR read only. */
static bool one_way(uint32_t reg, bool write)
{
    const unsigned crm = reg >> 3 & 0xf, op2 = reg & 7;
    const bool acknowledge = (crm == 8 || crm == 12) && (op2 == 0 || op2 == 2), end = (crm == 8 || crm == 12) && op2 == 1;
    return write ? acknowledge || (crm == 11 && op2 == 3) : end || (crm == 11 && op2 != 3);
}

static bool may(const struct arm_cpu *cpu, uint32_t reg, bool write)
{
    if (!(reg >> 11 & 7) && (reg >> 7 & 0xf) == 12 && one_way(reg, write)) {
        return false;
    }
    const unsigned op1 = reg >> 11 & 7;
    const bool monitor = cpu->el == EL3 && (cpu->aarch64 || cpu->cpsr_m == ARM_MON);
    return op1 == 6 ? monitor : op1 == 4 ? cpu->has_el2 && (cpu->el == EL2 || monitor) : cpu->el != EL0;
}

static void check_hypervisor(struct arm_cpu *cpu, uint32_t reg, enum gic_group group, bool write)
{
    uint64_t ich_hcr = 0;
    if (group == GROUP_SGI && arm_hcr(cpu) & (HCR_FMO | HCR_IMO)) {
        arm_sysreg_trap(cpu, EL2);
    }
    const bool locked = arm_lock(cpu);
    cpu->board.gic_read(cpu->board.gic, cpu, ICH_HCR_EL2, false, &ich_hcr);
    arm_unlock(cpu, locked);
    const bool common = group == GROUP_BOTH || group == GROUP_SGI;
    if ((common && ich_hcr & ICH_HCR_TC) || (group == GROUP_0 && ich_hcr & ICH_HCR_TALL0) ||
        (group == GROUP_1 && ich_hcr & ICH_HCR_TALL1) || (reg == ICC_DIR_EL1 && write && ich_hcr & ICH_HCR_TDIR)) {
        arm_sysreg_trap(cpu, EL2);
    }
}

/* SCR_EL3 and HCR_EL2 bits of a group; of both all must be set to trap, any to be virtual. */
static uint64_t scr_bits(enum gic_group group) { return group == GROUP_0 ? SCR_FIQ : group == GROUP_1 ? SCR_IRQ : SCR_FIQ | SCR_IRQ; }
static uint64_t hcr_bits(enum gic_group group) { return group == GROUP_0 ? HCR_FMO : group == GROUP_1 ? HCR_IMO : HCR_FMO | HCR_IMO; }

/* Raises for what is trapped; whether the virtual interface is meant. */
static bool check(struct arm_cpu *cpu, uint32_t reg, bool write)
{
    const enum gic_group group = group_of(reg);
    if (reg >> 11 & 7 || group == GROUP_NONE) {
        return false;
    }
    const uint64_t hcr = arm_hcr(cpu), scr = scr_bits(group);
    if (cpu->el == EL1 && cpu->has_el2 && !arm_is_secure(cpu)) {
        check_hypervisor(cpu, reg, group, write);
    }
    if (cpu->el == EL1 && hcr & hcr_bits(group)) {
        return true;
    }
    const bool below = cpu->el < EL3 || (!cpu->aarch64 && cpu->cpsr_m != ARM_MON);
    if (cpu->has_el3 && below && (cpu->scr & scr) == scr) {
        if (!arm_el_is_aa64(cpu, EL3)) {
            arm_raise_undefined(cpu);
        }
        arm_sysreg_trap(cpu, EL3);
    }
    return false;
}

static bool is_gic(uint32_t reg)
{
    const unsigned crn = reg >> 7 & 0xf, crm = reg >> 3 & 0xf;
    return reg >> 14 == 3 && ((crn == 12 && crm >= 8 && crm <= 13) || (crn == 4 && crm == 6 && !(reg >> 11 & 7)));
}

bool arm_gic_access(struct arm_cpu *cpu, uint32_t reg, uint64_t *value, bool write)
{
    if (!is_gic(reg) || !cpu->board.gic_read || !may(cpu, reg, write)) {
        return false;
    }
    const bool virtual = check(cpu, reg, write), locked = arm_lock(cpu);
    const bool done = write ? cpu->board.gic_write(cpu->board.gic, cpu, reg, virtual, *value)
                            : cpu->board.gic_read(cpu->board.gic, cpu, reg, virtual, value);
    arm_unlock(cpu, locked);
    return done;
}
