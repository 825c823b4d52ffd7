/* SPDX-License-Identifier: MIT */
/* Identification registers: what the model says, cut to the levels that this machine has, with the features of
 * `max`. */
#include "target-arm/sysreg.h"

#define IDS(cpu) ((cpu)->model->ids)

static uint64_t field_set(uint64_t value, unsigned position, uint64_t field)
{
    return (value & ~(0xfull << position)) | field << position;
}

static uint64_t if_has(const struct arm_cpu *cpu, enum arm_feature feature, uint64_t value, unsigned position,
    uint64_t field)
{
    return arm_has(cpu, feature) ? field_set(value, position, field) : value;
}

static uint64_t aa64pfr0(struct arm_cpu *cpu)
{
    uint64_t value = IDS(cpu).aa64pfr[0];
    if (!cpu->has_el3) {
        value = field_set(value, 12, 0);
    }
    if (!cpu->has_el2) {
        value = field_set(value, 8, 0);
    }
    value = if_has(cpu, ARM_FP16, if_has(cpu, ARM_FP16, value, 16, 1), 20, 1);
    value = if_has(cpu, ARM_DIT, value, 48, 1);
    value = if_has(cpu, ARM_CSV, if_has(cpu, ARM_CSV, value, 56, 1), 60, 1);
    return cpu->board.gic_read ? field_set(value, 24, 1) : value;
}

static uint64_t aa64pfr1(struct arm_cpu *cpu) { return if_has(cpu, ARM_SSBS, 0, 4, 2); }

static uint64_t aa64dfr0(struct arm_cpu *cpu) { return IDS(cpu).aa64dfr[0]; }

static uint64_t aa64isar0(struct arm_cpu *cpu)
{
    uint64_t value = IDS(cpu).aa64isar[0];
    value = if_has(cpu, ARM_SHA512, value, 12, 2);
    value = if_has(cpu, ARM_LSE, value, 20, 2);
    value = if_has(cpu, ARM_RDM, value, 28, 1);
    value = if_has(cpu, ARM_SHA3, value, 32, 1);
    value = if_has(cpu, ARM_DOTPROD, value, 44, 1);
    value = if_has(cpu, ARM_FHM, value, 48, 1);
    return if_has(cpu, ARM_FLAGM2, if_has(cpu, ARM_FLAGM, value, 52, 1), 52, 2);
}

static uint64_t aa64isar1(struct arm_cpu *cpu)
{
    uint64_t value = 0;
    value = if_has(cpu, ARM_DPB2, if_has(cpu, ARM_DPB, value, 0, 1), 0, 2);
    value = if_has(cpu, ARM_PAUTH, if_has(cpu, ARM_PAUTH, value, 4, 1), 24, 1);
    value = if_has(cpu, ARM_JSCVT, value, 12, 1);
    value = if_has(cpu, ARM_FCMA, value, 16, 1);
    value = if_has(cpu, ARM_RCPC2, if_has(cpu, ARM_RCPC, value, 20, 1), 20, 2);
    value = if_has(cpu, ARM_SB, value, 36, 1);
    return if_has(cpu, ARM_I8MM, if_has(cpu, ARM_FRINTTS, value, 32, 1), 52, 1);
}

static uint64_t aa64mmfr0(struct arm_cpu *cpu) { return IDS(cpu).aa64mmfr[0]; }

static uint64_t aa64mmfr1(struct arm_cpu *cpu)
{
    uint64_t value = if_has(cpu, ARM_LOR, if_has(cpu, ARM_HAFDBS, 0, 0, 2), 16, 1);
    return if_has(cpu, ARM_PAN, value, 20, 2);
}

static uint64_t aa64mmfr2(struct arm_cpu *cpu)
{
    return if_has(cpu, ARM_E0PD, if_has(cpu, ARM_TTST, if_has(cpu, ARM_UAO, 0, 4, 1), 28, 1), 60, 1);
}

static uint64_t pfr0(struct arm_cpu *cpu) { return IDS(cpu).id_pfr[0]; }
static uint64_t pfr1(struct arm_cpu *cpu)
{
    uint64_t value = IDS(cpu).id_pfr[1];
    if (!cpu->has_el3) {
        value = field_set(value, 4, 0);
    }
    if (!cpu->has_el2) {
        value = field_set(value, 12, 0);
    }
    return cpu->board.gic_read ? field_set(value, 28, 1) : value;
}
static uint64_t dfr0(struct arm_cpu *cpu) { return IDS(cpu).id_dfr0; }
static uint64_t afr0(struct arm_cpu *cpu) { return IDS(cpu).id_afr0; }
static uint64_t mmfr0(struct arm_cpu *cpu) { return IDS(cpu).id_mmfr[0]; }
static uint64_t mmfr1(struct arm_cpu *cpu) { return IDS(cpu).id_mmfr[1]; }
static uint64_t mmfr2(struct arm_cpu *cpu) { return IDS(cpu).id_mmfr[2]; }
static uint64_t mmfr3(struct arm_cpu *cpu) { return if_has(cpu, ARM_PAN, IDS(cpu).id_mmfr[3], 16, 2); }
static uint64_t mmfr4(struct arm_cpu *cpu) { return IDS(cpu).id_mmfr[4]; }
static uint64_t isar0(struct arm_cpu *cpu) { return IDS(cpu).id_isar[0]; }
static uint64_t isar1(struct arm_cpu *cpu) { return IDS(cpu).id_isar[1]; }
static uint64_t isar2(struct arm_cpu *cpu) { return IDS(cpu).id_isar[2]; }
static uint64_t isar3(struct arm_cpu *cpu) { return IDS(cpu).id_isar[3]; }
static uint64_t isar4(struct arm_cpu *cpu) { return IDS(cpu).id_isar[4]; }
static uint64_t isar5(struct arm_cpu *cpu)
{
    return if_has(cpu, ARM_FCMA, if_has(cpu, ARM_RDM, IDS(cpu).id_isar[5], 24, 1), 28, 1);
}
static uint64_t isar6(struct arm_cpu *cpu)
{
    const uint64_t value = if_has(cpu, ARM_JSCVT, IDS(cpu).id_isar[6], 0, 1);
    return if_has(cpu, ARM_I8MM, if_has(cpu, ARM_FHM, if_has(cpu, ARM_DOTPROD, value, 4, 1), 8, 1), 24, 1);
}
static uint64_t mvfr0(struct arm_cpu *cpu) { return IDS(cpu).mvfr[0]; }
static uint64_t mvfr1(struct arm_cpu *cpu)
{
    uint64_t value = IDS(cpu).mvfr[1];
    return if_has(cpu, ARM_FP16, if_has(cpu, ARM_FP16, value, 20, 2), 24, 3);
}
static uint64_t mvfr2(struct arm_cpu *cpu) { return IDS(cpu).mvfr[2]; }
static uint64_t revidr(struct arm_cpu *cpu) { return IDS(cpu).revidr; }
static uint64_t clidr(struct arm_cpu *cpu) { return IDS(cpu).clidr; }

static uint64_t ccsidr(struct arm_cpu *cpu)
{
    unsigned level = cpu->csselr[EL1] >> 1 & 7, instruction = cpu->csselr[EL1] & 1;
    return level == 0 ? IDS(cpu).ccsidr[instruction] : level == 1 && !instruction ? IDS(cpu).ccsidr[2] : 0;
}

/* EL0 reads CTR_EL0 when SCTLR_EL1.UCT says so. */
static uint64_t ctr(struct arm_cpu *cpu)
{
    if (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_UCT)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
    if (cpu->el < EL2 && arm_hcr(cpu) & HCR_TID2) {
        arm_sysreg_trap(cpu, EL2);
    }
    return IDS(cpu).ctr;
}

static uint64_t dczid(struct arm_cpu *cpu)
{
    bool prohibited = (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_DZE)) || (cpu->el < EL2 && arm_hcr(cpu) & HCR_TDZ);
    return IDS(cpu).dczid | (prohibited ? 1 << 4 : 0);
}

#define ID(crm, op2, nm, fn) SYSREG_RO(3, 0, 0, crm, op2, nm, EL1, fn, SYSREG_ID3)
#define ID_ZERO(crm, op2) \
    { .encoding = ARM_SYSREG(3, 0, 0, crm, op2), .name = "reserved ID", .read_el = EL1, .write_el = SYSREG_NEVER, \
      .flags = SYSREG_ID3 }
static const struct arm_sysreg rows[] = {
    SYSREG_RO(3, 0, 0, 0, 6, "REVIDR_EL1", EL1, revidr, SYSREG_ID1),
    ID(1, 0, "ID_PFR0_EL1", pfr0), ID(1, 1, "ID_PFR1_EL1", pfr1), ID(1, 2, "ID_DFR0_EL1", dfr0),
    ID(1, 3, "ID_AFR0_EL1", afr0), ID(1, 4, "ID_MMFR0_EL1", mmfr0), ID(1, 5, "ID_MMFR1_EL1", mmfr1),
    ID(1, 6, "ID_MMFR2_EL1", mmfr2), ID(1, 7, "ID_MMFR3_EL1", mmfr3), ID(2, 0, "ID_ISAR0_EL1", isar0),
    ID(2, 1, "ID_ISAR1_EL1", isar1), ID(2, 2, "ID_ISAR2_EL1", isar2), ID(2, 3, "ID_ISAR3_EL1", isar3),
    ID(2, 4, "ID_ISAR4_EL1", isar4), ID(2, 5, "ID_ISAR5_EL1", isar5), ID(2, 6, "ID_MMFR4_EL1", mmfr4),
    ID(2, 7, "ID_ISAR6_EL1", isar6), ID(3, 0, "MVFR0_EL1", mvfr0), ID(3, 1, "MVFR1_EL1", mvfr1),
    ID(3, 2, "MVFR2_EL1", mvfr2),
    ID_ZERO(3, 3), ID_ZERO(3, 4), ID_ZERO(3, 5), ID_ZERO(3, 6), ID_ZERO(3, 7),
    ID(4, 0, "ID_AA64PFR0_EL1", aa64pfr0), ID(4, 1, "ID_AA64PFR1_EL1", aa64pfr1), ID_ZERO(4, 2), ID_ZERO(4, 3), ID_ZERO(4, 4), ID_ZERO(4, 5),
    ID_ZERO(4, 6), ID_ZERO(4, 7), ID(5, 0, "ID_AA64DFR0_EL1", aa64dfr0), ID_ZERO(5, 1), ID_ZERO(5, 2), ID_ZERO(5, 3),
    ID_ZERO(5, 4), ID_ZERO(5, 5), ID_ZERO(5, 6), ID_ZERO(5, 7), ID(6, 0, "ID_AA64ISAR0_EL1", aa64isar0),
    ID(6, 1, "ID_AA64ISAR1_EL1", aa64isar1), ID_ZERO(6, 2), ID_ZERO(6, 3), ID_ZERO(6, 4), ID_ZERO(6, 5), ID_ZERO(6, 6),
    ID_ZERO(6, 7), ID(7, 0, "ID_AA64MMFR0_EL1", aa64mmfr0), ID(7, 1, "ID_AA64MMFR1_EL1", aa64mmfr1),
    ID(7, 2, "ID_AA64MMFR2_EL1", aa64mmfr2), ID_ZERO(7, 3), ID_ZERO(7, 4), ID_ZERO(7, 5), ID_ZERO(7, 6), ID_ZERO(7, 7),
    SYSREG_RO(3, 1, 0, 0, 0, "CCSIDR_EL1", EL1, ccsidr, SYSREG_ID2),
    SYSREG_RO(3, 1, 0, 0, 1, "CLIDR_EL1", EL1, clidr, SYSREG_ID2),
    SYSREG_ZERO(3, 1, 0, 0, 7, "AIDR_EL1", EL1, SYSREG_ID1),
    SYSREG_RW(3, 2, 0, 0, 0, "CSSELR_EL1", EL1, csselr[EL1], SYSREG_ID2),
    SYSREG_RO(3, 3, 0, 0, 1, "CTR_EL0", EL0, ctr, SYSREG_SLOW),
    SYSREG_RO(3, 3, 0, 0, 7, "DCZID_EL0", EL0, dczid, SYSREG_SLOW),
};
SYSREG_TABLE(id);

/* The ID registers of both states have the same CRm and op2. */
uint64_t arm_id_register(struct arm_cpu *cpu, unsigned crm, unsigned op2)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].encoding == ARM_SYSREG(3, 0, 0, crm, op2)) {
            return rows[i].read ? rows[i].read(cpu) : 0;
        }
    }
    return 0;
}
