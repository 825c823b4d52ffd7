/* SPDX-License-Identifier: MIT */
/* Helpers of hints and of MSR (immediate). */
#include <stdatomic.h>
#include "target-arm/helpers.h"
#include "target-arm/system.h"
#include "target-arm/sysreg.h"

static void trap_wait(struct arm_cpu *cpu, unsigned el, bool wfe)
{
    uint32_t cond = 1u << 24 | 0xe << 20;
    arm_raise(cpu, &(struct arm_exception){ .ec = EC_WFX, .iss = cond | wfe, .target_el = (uint8_t)el });
}

static void check_wait_traps(struct arm_cpu *cpu, bool wfe)
{
    if (cpu->el == EL0 && !(cpu->sctlr[EL1] & (wfe ? SCTLR_NTWE : SCTLR_NTWI)) && cpu->aarch64) {
        trap_wait(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1, wfe);
    }
    if (cpu->el < EL2 && arm_hcr(cpu) & (wfe ? HCR_TWE : HCR_TWI)) {
        trap_wait(cpu, EL2, wfe);
    }
    if (cpu->el < EL3 && cpu->has_el3 && arm_el_is_aa64(cpu, EL3) && cpu->scr & (wfe ? SCR_TWE : SCR_TWI)) {
        trap_wait(cpu, EL3, wfe);
    }
}

uint64_t helper_arm_wait(struct cpu *base, uint64_t wfe)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (wfe ? arm_event_take(cpu) : arm_has_work(cpu)) {
        return 0;
    }
    check_wait_traps(cpu, wfe);
    if (wfe) {
        arm_event_wait(cpu);
    } else {
        base->halted = true;
    }
    return 0;
}

uint64_t helper_arm_msr_immediate(struct cpu *base, uint64_t op, uint64_t imm)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint32_t bits = (uint32_t)imm << 6;
    switch (op) {
    case 003:                       /* UAO */
        if (cpu->el == EL0 || !arm_has(cpu, ARM_UAO)) {
            arm_raise_undefined(cpu);
        }
        cpu->uao = imm & 1;
        break;
    case 004:                       /* PAN */
        if (cpu->el == EL0 || !arm_has(cpu, ARM_PAN)) {
            arm_raise_undefined(cpu);
        }
        cpu->pan = imm & 1;
        break;
    case 031:                       /* SSBS, DIT */
    case 032: {
        const uint32_t bit = op == 031 ? PSTATE_SSBS : PSTATE_DIT;
        if (!arm_has(cpu, op == 031 ? ARM_SSBS : ARM_DIT)) {
            arm_raise_undefined(cpu);
        }
        cpu->dit_ssbs = imm & 1 ? cpu->dit_ssbs | bit : cpu->dit_ssbs & ~bit;
        break;
    }
    case 005:                       /* SPSel */
        if (cpu->el == EL0) {
            arm_raise_undefined(cpu);
        }
        arm_sp_switch(cpu, cpu->el, imm & 1);
        break;
    case 036:                       /* DAIFSet, DAIFClr */
    case 037:
        if (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_UMA)) {
            uint32_t iss = (op & 7) << 17 | 3 << 14 | 4 << 10 | 31 << 5 | (uint32_t)imm << 1;
            arm_raise(cpu, &(struct arm_exception){ .ec = EC_SYSREG, .iss = iss,
                                                    .target_el = arm_hcr(cpu) & HCR_TGE ? EL2 : EL1 });
        }
        cpu->daif = op == 036 ? cpu->daif | bits : cpu->daif & ~bits;
        break;
    default:
        arm_raise_undefined(cpu);
    }
    arm_update_mode(cpu);
    return 0;
}
