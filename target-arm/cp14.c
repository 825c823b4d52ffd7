/* SPDX-License-Identifier: MIT */
/*
 * Coprocessor 14: debug registers (Arm ARM G8.3), ThumbEE and Jazelle remains (G8.2.89, G8.2.164).
 *
 * Breakpoints and watchpoints work as in debug.c, the communications channel as in sysreg_debug.c.
 */
#include "target-arm/cp.h"
#include "target-arm/sysreg.h"

static uint64_t read_didr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    arm_dcc_check(cpu);
    return cpu->model->ids.dbgdidr;
}

static void write_control(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *arm_cp_field(cpu, reg) = (uint32_t)value;
    arm_flush_all(cpu);             /* watched pages */
    arm_update_mode(cpu);
}

static uint64_t read_zero(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    arm_dcc_check(cpu);
    return 0;
}

static uint64_t read_status(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    arm_dcc_check(cpu);
    return cpu->mdscr;
}

static void write_status(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    (void)reg;
    arm_mdscr_put(cpu, value);
    arm_update_mode(cpu);
}

static uint64_t receive(struct arm_cpu *cpu, const struct cp_reg *reg) { return arm_dcc_receive(cpu); }
static void send(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value) { arm_dcc_send(cpu, value); }

/* DBGBVR is the lower half of AArch64's DBGBVR_EL1, DBGBXVR the upper one. */
static void write_value(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    uint64_t *field = arm_cp_field(cpu, reg);
    *field = *field >> 32 << 32 | (uint32_t)value;
}

static uint64_t read_extended(struct arm_cpu *cpu, const struct cp_reg *reg) { return cpu->dbgbvr[reg->constant] >> 32; }

static void write_extended(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    cpu->dbgbvr[reg->constant] = value << 32 | (uint32_t)cpu->dbgbvr[reg->constant];
}

/* DBGOSLAR: the lock's key locks, anything else unlocks. */
static void write_oslar(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    (void)reg;
    cpu->oslsr = (cpu->oslsr & ~2ull) | (value == 0xc5acce55 ? 2 : 0);
    arm_update_mode(cpu);
}

static uint64_t read_oslsr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return cpu->oslsr | 8;
}

static uint64_t read_claim(struct arm_cpu *cpu, const struct cp_reg *reg) { return reg->constant ? cpu->dbgclaim : 0xff; }

static void write_claim(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    cpu->dbgclaim = reg->constant ? cpu->dbgclaim & ~value : (cpu->dbgclaim | value) & 0xff;
}

/* Non-secure and, without EL3, secure invasive debug are allowed. */
static uint64_t read_authstatus(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return cpu->has_el3 ? 0xff : 0xf;
}

/* ThumbEE's two registers, which Linux saves and restores as ID_PFR0 of ARMv7 cores names ThumbEE. There is no way into that state:
 * ENTERX is undefined. ARMv8 has neither. */
static uint32_t *thumbee(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    if (arm_has(cpu, ARM_V8))
        arm_raise_undefined(cpu);
    return reg->constant ? &cpu->teehbr : &cpu->teecr;
}

static uint64_t read_thumbee(struct arm_cpu *cpu, const struct cp_reg *reg) { return *thumbee(cpu, reg); }

static void write_thumbee(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *thumbee(cpu, reg) = (uint32_t)value & (reg->constant ? ~3u : 1u);
}

#define FIELD(name) ((int)offsetof(struct arm_cpu, name))
#define PAIR(n) \
    { CP32(14, 0, 0, n, 4), "DBGBVR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(dbgbvr[n]), 0, NULL, write_value }, \
    { CP32(14, 0, 0, n, 5), "DBGBCR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(dbgbcr[n]), 0, NULL, write_control }, \
    { CP32(14, 0, 0, n, 6), "DBGWVR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(dbgwvr[n]), 0, NULL, write_control }, \
    { CP32(14, 0, 0, n, 7), "DBGWCR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(dbgwcr[n]), 0, NULL, write_control }
/* of the breakpoints that compare contexts */
#define EXTENDED(n) { CP32(14, 0, 1, n, 1), "DBGBXVR", CP_RW1, 0, ARM_FEATURE_NONE, -1, n, read_extended, write_extended }
#define ZERO(enc, nm, acc) { enc, nm, acc, 0, ARM_FEATURE_NONE, -1, 0, NULL, NULL }
static const struct cp_reg regs[] = {
    { CP32(14, 0, 0, 0, 0), "DBGDIDR", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_didr, NULL },
    { CP32(14, 0, 0, 1, 0), "DBGDSCRint", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_status, NULL },
    { CP32(14, 0, 0, 2, 2), "DBGDSCRext", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(mdscr), 0, NULL, write_status },
    { CP32(14, 0, 0, 5, 0), "DBGDTRTXint, DBGDTRRXint", CP_RW0, 0, ARM_FEATURE_NONE, -1, 0, receive, send },
    { CP32(14, 0, 0, 0, 2), "DBGDTRRXext", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(osdtrrx), 0, NULL, NULL },
    { CP32(14, 0, 0, 3, 2), "DBGDTRTXext", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(osdtrtx), 0, NULL, NULL },
    ZERO(CP32(14, 0, 0, 6, 0), "DBGWFAR", CP_RW1),
    ZERO(CP32(14, 0, 0, 6, 2), "DBGOSECCR", CP_RW1),
    { CP32(14, 0, 0, 7, 0), "DBGVCR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(dbgvcr), 0, NULL, write_control },
    PAIR(0), PAIR(1), PAIR(2), PAIR(3), PAIR(4), PAIR(5),
    EXTENDED(4), EXTENDED(5),
    { CP32(14, 0, 1, 0, 0), "DBGDRAR", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_zero, NULL },
    { CP64(14, 0, 1), "DBGDRAR", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_zero, NULL },
    { CP32(14, 0, 2, 0, 0), "DBGDSAR", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_zero, NULL },
    { CP64(14, 0, 2), "DBGDSAR", CP_R0 | CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_zero, NULL },
    { CP32(14, 0, 1, 0, 4), "DBGOSLAR", CP_W1, 0, ARM_FEATURE_NONE, -1, 0, NULL, write_oslar },
    { CP32(14, 0, 1, 1, 4), "DBGOSLSR", CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_oslsr, NULL },
    { CP32(14, 0, 1, 3, 4), "DBGOSDLR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(osdlr), 0, NULL, NULL },
    ZERO(CP32(14, 0, 1, 4, 4), "DBGPRCR", CP_RW1),
    { CP32(14, 0, 7, 8, 6), "DBGCLAIMSET", CP_RW1, 0, ARM_FEATURE_NONE, -1, 0, read_claim, write_claim },
    { CP32(14, 0, 7, 9, 6), "DBGCLAIMCLR", CP_RW1, 0, ARM_FEATURE_NONE, -1, 1, read_claim, write_claim },
    { CP32(14, 0, 7, 14, 6), "DBGAUTHSTATUS", CP_R1, 0, ARM_FEATURE_NONE, -1, 0, read_authstatus, NULL },
    ZERO(CP32(14, 0, 7, 2, 7), "DBGDEVID", CP_R1),
    ZERO(CP32(14, 0, 7, 1, 7), "DBGDEVID1", CP_R1),
    ZERO(CP32(14, 0, 7, 0, 7), "DBGDEVID2", CP_R1),
    { CP32(14, 6, 0, 0, 0), "TEECR", CP_R0 | CP_RW1, 0, ARM_FEATURE_NONE, -1, 0, read_thumbee, write_thumbee },
    { CP32(14, 6, 1, 0, 0), "TEEHBR", CP_RW0, 0, ARM_FEATURE_NONE, -1, 1, read_thumbee, write_thumbee },
    ZERO(CP32(14, 7, 0, 0, 0), "JIDR", CP_R0 | CP_RW1),
    ZERO(CP32(14, 7, 1, 0, 0), "JOSCR", CP_RW1),
    ZERO(CP32(14, 7, 2, 0, 0), "JMCR", CP_RW1),
};
const struct cp_table arm_cp_table_cp14 = { regs, G_N_ELEMENTS(regs) };
