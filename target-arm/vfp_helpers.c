/* SPDX-License-Identifier: MIT */
/* VMRS and VMSR: who may, and the registers (Arm ARM G8.2.53 to G8.2.59, F6.1.138). */
#include "target-arm/helpers.h"
#include "target-arm/system.h"

enum { REG_FPSID = 0, REG_FPSCR = 1, REG_MVFR2 = 5, REG_MVFR1 = 6, REG_MVFR0 = 7, REG_FPEXC = 8 };

/* FPSCR needs FPEXC.EN; the others need PL1 and that FP is not disabled by CPACR. */
static void check(struct arm_cpu *cpu, unsigned reg)
{
    const unsigned level = arm_fp_trap_el(cpu);
    if (level <= EL3)
        helper_arm_a32_fp_trap(&cpu->cpu, 0);
    const bool enabled = cpu->fpexc & FPEXC_EN || arm_el_is_aa64(cpu, EL1);
    if (reg == REG_FPSCR ? !enabled : cpu->el == EL0)
        arm_raise_undefined(cpu);
}

uint64_t helper_arm_vfp_read(struct cpu *base, uint64_t reg)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    check(cpu, (unsigned)reg);
    switch (reg) {
    case REG_FPSID: return cpu->model->ids.fpsid;
    case REG_FPSCR: return arm_fpscr_get(cpu);
    case REG_MVFR1: return arm_id_register(cpu, 3, 1);
    case REG_MVFR0: return arm_id_register(cpu, 3, 0);
    case REG_FPEXC: return cpu->fpexc;
    case REG_MVFR2:
        if (arm_has(cpu, ARM_V8))
            return arm_id_register(cpu, 3, 2);
        break;
    default:
        break;
    }
    arm_raise_undefined(cpu);
}

void arm_fpexc_put(struct arm_cpu *cpu, uint32_t value)
{
    cpu->fpexc = value & (arm_has(cpu, ARM_V8) ? FPEXC_EN : FPEXC_EN | FPEXC_DEX);
    arm_update_mode(cpu);
}

uint64_t helper_arm_vfp_write(struct cpu *base, uint64_t reg, uint64_t value)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    check(cpu, (unsigned)reg);
    switch (reg) {
    case REG_FPSID: break;          /* read-only */
    case REG_FPSCR: arm_fpscr_put(cpu, (uint32_t)value); break;
    case REG_FPEXC: arm_fpexc_put(cpu, (uint32_t)value); break;
    default:
        arm_raise_undefined(cpu);
    }
    return 0;
}
