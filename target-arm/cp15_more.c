/* SPDX-License-Identifier: MIT */
/*
 * Registers of coprocessor 15 that are AArch64's under other names: generic timers (Arm ARM D12, G8.7) and performance monitors (D8,
 * G8.4). A row names its AArch64 register; that row's functions, levels and traps do the rest.
 */
#include "target-arm/cp.h"
#include "target-arm/sysreg.h"

static const struct arm_sysreg *alias(struct arm_cpu *cpu, const struct cp_reg *reg, bool write)
{
    const struct arm_sysreg *row = arm_sysreg_find(cpu, (uint32_t)reg->constant);
    if (!row || cpu->el < (write ? row->write_el : row->read_el))
        arm_raise_undefined(cpu);
    return row;
}

static uint64_t read_alias(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    const struct arm_sysreg *row = alias(cpu, reg, false);
    if (row->read)
        return row->read(cpu);
    if (row->flags & SYSREG_CONST || row->offset == SYSREG_NO_FIELD)
        return row->flags & SYSREG_CONST ? row->offset : 0;
    const uint8_t *field = (const uint8_t *)cpu + row->offset;
    return row->flags & SYSREG_W32 ? *(const uint32_t *)(const void *)field : *(const uint64_t *)(const void *)field;
}

static void write_alias(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const struct arm_sysreg *row = alias(cpu, reg, true);
    uint8_t *field = (uint8_t *)cpu + row->offset;
    if (row->write) {
        row->write(cpu, value);
    } else if (row->flags & SYSREG_W32) {
        *(uint32_t *)(void *)field = (uint32_t)value;
    } else if (!(row->flags & SYSREG_CONST) && row->offset != SYSREG_NO_FIELD && !row->read) {
        *(uint64_t *)(void *)field = value;
    }
    if (row->flags & SYSREG_FLUSH)
        arm_flush_all(cpu);
    if (row->flags & SYSREG_MODE)
        arm_update_mode(cpu);
}

#define ALL (CP_RW0 | CP_RW2)
#define ALIAS(enc, nm, feat, op1, crn, crm, op2) \
    { enc, nm, ALL, 0, feat, -1, ARM_SYSREG(3, op1, crn, crm, op2), read_alias, write_alias }
#define HYP(enc, nm, feat, op1, crn, crm, op2) \
    { enc, nm, CP_RW2, 0, feat, -1, ARM_SYSREG(3, op1, crn, crm, op2), read_alias, write_alias }
#define TIMER(enc, nm, op1, crm, op2) ALIAS(enc, nm, ARM_GTIMER, op1, 14, crm, op2)
#define HYP_TIMER(enc, nm, op1, crm, op2) HYP(enc, nm, ARM_GTIMER, op1, 14, crm, op2)
#define PMU(crm, op2, nm, op1) ALIAS(CP32(15, 0, 9, crm, op2), nm, ARM_PMU, op1, 9, crm, op2)
#define EVENT8(crm, nm) \
    ALIAS(CP32(15, 0, 14, crm, 0), nm, ARM_PMU, 3, 14, crm, 0), ALIAS(CP32(15, 0, 14, crm, 1), nm, ARM_PMU, 3, 14, crm, 1), \
    ALIAS(CP32(15, 0, 14, crm, 2), nm, ARM_PMU, 3, 14, crm, 2), ALIAS(CP32(15, 0, 14, crm, 3), nm, ARM_PMU, 3, 14, crm, 3), \
    ALIAS(CP32(15, 0, 14, crm, 4), nm, ARM_PMU, 3, 14, crm, 4), ALIAS(CP32(15, 0, 14, crm, 5), nm, ARM_PMU, 3, 14, crm, 5)
static const struct cp_reg regs[] = {
    TIMER(CP32(15, 0, 14, 0, 0), "CNTFRQ", 3, 0, 0),
    TIMER(CP32(15, 0, 14, 1, 0), "CNTKCTL", 0, 1, 0),
    TIMER(CP32(15, 0, 14, 2, 0), "CNTP_TVAL", 3, 2, 0),
    TIMER(CP32(15, 0, 14, 2, 1), "CNTP_CTL", 3, 2, 1),
    TIMER(CP32(15, 0, 14, 3, 0), "CNTV_TVAL", 3, 3, 0),
    TIMER(CP32(15, 0, 14, 3, 1), "CNTV_CTL", 3, 3, 1),
    TIMER(CP64(15, 0, 14), "CNTPCT", 3, 0, 1),
    TIMER(CP64(15, 1, 14), "CNTVCT", 3, 0, 2),
    TIMER(CP64(15, 2, 14), "CNTP_CVAL", 3, 2, 2),
    TIMER(CP64(15, 3, 14), "CNTV_CVAL", 3, 3, 2),
    HYP_TIMER(CP32(15, 4, 14, 1, 0), "CNTHCTL", 4, 1, 0),
    HYP_TIMER(CP32(15, 4, 14, 2, 0), "CNTHP_TVAL", 4, 2, 0),
    HYP_TIMER(CP32(15, 4, 14, 2, 1), "CNTHP_CTL", 4, 2, 1),
    HYP_TIMER(CP64(15, 4, 14), "CNTVOFF", 4, 0, 3),
    HYP_TIMER(CP64(15, 6, 14), "CNTHP_CVAL", 4, 2, 2),

    PMU(12, 0, "PMCR", 3), PMU(12, 1, "PMCNTENSET", 3), PMU(12, 2, "PMCNTENCLR", 3), PMU(12, 3, "PMOVSR", 3),
    PMU(12, 4, "PMSWINC", 3), PMU(12, 5, "PMSELR", 3), PMU(12, 6, "PMCEID0", 3), PMU(12, 7, "PMCEID1", 3),
    PMU(13, 0, "PMCCNTR", 3), PMU(13, 1, "PMXEVTYPER", 3), PMU(13, 2, "PMXEVCNTR", 3),
    PMU(14, 0, "PMUSERENR", 3), PMU(14, 1, "PMINTENSET", 0), PMU(14, 2, "PMINTENCLR", 0), PMU(14, 3, "PMOVSSET", 3),
    ALIAS(CP64(15, 0, 9), "PMCCNTR", ARM_PMU, 3, 9, 13, 0),
    EVENT8(8, "PMEVCNTRn"), EVENT8(12, "PMEVTYPERn"),
    ALIAS(CP32(15, 0, 14, 15, 7), "PMCCFILTR", ARM_PMU, 3, 14, 15, 7),
};
const struct cp_table arm_cp_table_cp15_more = { regs, G_N_ELEMENTS(regs) };
