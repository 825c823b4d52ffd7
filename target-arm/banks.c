/* SPDX-License-Identifier: MIT */
/*
 * Banked registers of AArch32 (Arm ARM G1.9.2): R8 to R14 and SPSR of the modes. The mode in use has its registers in
 * cpu->x; those of the others wait in cpu->banks. Hyp mode has an R13 and ELR_hyp, and R14 of usr.
 */
#include "target-arm/system32.h"

enum arm_bank arm_bank_of(uint32_t mode)
{
    switch (mode & CPSR_M) {
    case ARM_FIQ: return BANK_FIQ;
    case ARM_IRQ: return BANK_IRQ;
    case ARM_SVC: return BANK_SVC;
    case ARM_MON: return BANK_MON;
    case ARM_ABT: return BANK_ABT;
    case ARM_HYP: return BANK_HYP;
    case ARM_UND: return BANK_UND;
    default:      return BANK_USR;
    }
}

static enum arm_bank bank_of_r14(uint32_t mode)
{
    const enum arm_bank bank = arm_bank_of(mode);
    return bank == BANK_HYP ? BANK_USR : bank;
}

static uint32_t *banked_place(struct arm_banks *banks, uint32_t mode, unsigned reg)
{
    if (reg == 13)
        return &banks->r13[arm_bank_of(mode)];
    if (reg == 14)
        return &banks->r14[bank_of_r14(mode)];
    return (mode & CPSR_M) == ARM_FIQ ? &banks->fiq_r8[reg - 8] : &banks->usr_r8[reg - 8];
}

void arm_set_mode(struct arm_cpu *cpu, uint32_t mode)
{
    const uint32_t old = cpu->cpsr_m;
    for (unsigned reg = 8; reg <= 14; reg++) {
        uint32_t *from = banked_place(&cpu->banks, old, reg), *to = banked_place(&cpu->banks, mode, reg);
        if (from != to) {
            *from = (uint32_t)cpu->x[reg];
            cpu->x[reg] = *to;
        }
    }
    cpu->cpsr_m = mode & CPSR_M;
}

/* Whether the two modes share that register. */
static bool same(struct arm_cpu *cpu, uint32_t a, uint32_t b, unsigned reg)
{
    return banked_place(&cpu->banks, a, reg) == banked_place(&cpu->banks, b, reg);
}

uint32_t arm_banked_get(const struct arm_cpu *cpu, uint32_t mode, unsigned reg)
{
    struct arm_cpu *c = (struct arm_cpu *)cpu;
    if (reg < 8 || same(c, mode, cpu->cpsr_m, reg))
        return (uint32_t)cpu->x[reg];
    return *banked_place(&c->banks, mode, reg);
}

void arm_banked_put(struct arm_cpu *cpu, uint32_t mode, unsigned reg, uint32_t value)
{
    if (reg < 8 || same(cpu, mode, cpu->cpsr_m, reg)) {
        cpu->x[reg] = value;
    } else {
        *banked_place(&cpu->banks, mode, reg) = value;
    }
}

uint32_t *arm_spsr32(struct arm_cpu *cpu, uint32_t mode)
{
    const enum arm_bank bank = arm_bank_of(mode);
    return bank == BANK_USR || bank == BANK_SVC || bank == BANK_HYP ? NULL : &cpu->spsr32[bank];
}

uint32_t arm_spsr32_get(const struct arm_cpu *cpu, uint32_t mode)
{
    switch (arm_bank_of(mode)) {
    case BANK_USR: return 0;        /* UNPREDICTABLE */
    case BANK_SVC: return (uint32_t)cpu->spsr[EL1];
    case BANK_HYP: return (uint32_t)cpu->spsr[EL2];
    default:       return cpu->spsr32[arm_bank_of(mode)];
    }
}

void arm_spsr32_put(struct arm_cpu *cpu, uint32_t mode, uint32_t value)
{
    switch (arm_bank_of(mode)) {
    case BANK_USR: break;
    case BANK_SVC: cpu->spsr[EL1] = value; break;
    case BANK_HYP: cpu->spsr[EL2] = value; break;
    default:       cpu->spsr32[arm_bank_of(mode)] = value;
    }
}
