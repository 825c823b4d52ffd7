/* SPDX-License-Identifier: MIT */
/*
 * Helpers of AArch32's system instructions: status registers of all modes, exceptions asked for, returns (Arm ARM F5.1, G1.9 and the
 * pseudocode CPSRWriteByInstr, BankedRegisterAccessValid, AArch32.ExceptionReturn).
 *
 * UNPREDICTABLE choices: a change to a mode that is none, or that this security state does not have, leaves the mode as it
 * is; SPSR accesses in User and System mode read 0 and write nothing; banked accesses that are not valid are undefined.
 */
#include <stdatomic.h>
#include "target-arm/helpers.h"
#include "target-arm/system.h"
#include "target-arm/cp.h"

/* The level of the mode, or -1 where this CPU cannot be in it. */
static int level_of_mode(const struct arm_cpu *cpu, uint32_t mode)
{
    const bool secure = arm_is_secure(cpu);
    switch (mode) {
    case ARM_USR: return EL0;
    case ARM_FIQ: case ARM_IRQ: case ARM_SVC: case ARM_ABT: case ARM_UND: case ARM_SYS:
        return cpu->has_el3 && secure && !arm_el_is_aa64(cpu, EL3) ? EL3 : EL1;
    case ARM_MON: return cpu->has_el3 && secure && !arm_el_is_aa64(cpu, EL3) ? EL3 : -1;
    case ARM_HYP: return cpu->has_el2 && !(cpu->has_el3 && !(cpu->scr & SCR_NS)) ? EL2 : -1;       /* also out of Monitor mode */
    default:      return -1;
    }
}

/* An exception return leads to no higher level. */
static bool returns_to(const struct arm_cpu *cpu, uint32_t mode)
{
    const int level = level_of_mode(cpu, mode);
    return level >= 0 && level <= cpu->el;
}

/* MSR CPSR does not lead into or out of Hyp mode. */
bool arm_may_set_mode(const struct arm_cpu *cpu, uint32_t mode)
{
    return returns_to(cpu, mode) && (mode == cpu->cpsr_m || (mode != ARM_HYP && cpu->cpsr_m != ARM_HYP));
}

/* CPSRWriteByInstr: what an instruction may change from here. Exception returns may change it all. */
static void cpsr_write(struct arm_cpu *cpu, uint32_t value, uint32_t mask, bool is_return)
{
    const bool privileged = cpu->el != EL0;
    if (!is_return)
        mask &= ~(uint32_t)(CPSR_IT | CPSR_J | CPSR_T | PSTATE_IL | PSTATE_SS);
    if (!privileged)
        mask &= PSTATE_NZCV | PSTATE_Q | PSTATE_GE | CPSR_E;
    if (!arm_has(cpu, ARM_PAN))
        mask &= ~(uint32_t)PSTATE_PAN;
    if (cpu->has_el3 && !arm_is_secure(cpu) && !cpu->has_el2) {
        mask &= ~(cpu->scr & SCR_AW ? 0u : (uint32_t)PSTATE_A);
        mask &= ~(cpu->scr & SCR_FW ? 0u : (uint32_t)PSTATE_F);
    }
    if (mask & CPSR_M && !(is_return ? returns_to(cpu, value & CPSR_M) : arm_may_set_mode(cpu, value & CPSR_M))) {
        mask &= ~(uint32_t)CPSR_M;
        if (arm_has(cpu, ARM_V8)) {
            value |= PSTATE_IL;
            mask |= PSTATE_IL;
        }
    }
    arm_cpsr_put(cpu, value, mask);
}

uint64_t helper_arm_a32_cpsr_get(struct cpu *base)
{
    const struct arm_cpu *cpu = arm_cpu_of(base);
    const uint32_t cpsr = arm_cpsr_get(cpu) & ~(uint32_t)(CPSR_IT | CPSR_T | CPSR_J);
    return cpu->el == EL0 ? cpsr & (PSTATE_NZCV | PSTATE_Q | PSTATE_GE | CPSR_E | CPSR_M | PSTATE_A | PSTATE_I | PSTATE_F) : cpsr;
}

uint64_t helper_arm_a32_cpsr_put(struct cpu *base, uint64_t value, uint64_t mask)
{
    cpsr_write(arm_cpu_of(base), (uint32_t)value, (uint32_t)mask, false);
    return 0;
}

uint64_t helper_arm_a32_spsr_get(struct cpu *base)
{
    const struct arm_cpu *cpu = arm_cpu_of(base);
    return arm_spsr32_get(cpu, cpu->cpsr_m);
}

uint64_t helper_arm_a32_spsr_put(struct cpu *base, uint64_t value, uint64_t mask)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const uint32_t old = arm_spsr32_get(cpu, cpu->cpsr_m);
    arm_spsr32_put(cpu, cpu->cpsr_m, (old & ~(uint32_t)mask) | ((uint32_t)value & (uint32_t)mask));
    return 0;
}

/* ---- banked registers: R:M:m of MRS and MSR (banked) (table F5-2) ---- */

struct banked { uint32_t mode; uint8_t reg; bool spsr, elr, valid; };

static struct banked banked_of(const struct arm_cpu *cpu, unsigned code)
{
    static const uint32_t pair_mode[4] = { ARM_IRQ, ARM_SVC, ARM_ABT, ARM_UND };
    const unsigned sysm = code & 31;
    struct banked b = { .spsr = code >> 5 & 1, .valid = true };
    if (sysm < 7) {
        b.mode = ARM_USR;
        b.reg = (uint8_t)(8 + sysm);
        b.valid = !b.spsr && cpu->cpsr_m != ARM_USR && cpu->cpsr_m != ARM_SYS;
    } else if (sysm >= 8 && sysm < 15) {
        b.mode = ARM_FIQ;
        b.reg = (uint8_t)sysm;
        b.valid = (!b.spsr || sysm == 14) && cpu->cpsr_m != ARM_FIQ;
    } else if (sysm >= 16 && sysm < 24) {
        b.mode = pair_mode[(sysm - 16) / 2];
        b.reg = sysm & 1 ? 13 : 14;
        b.valid = (!b.spsr || !(sysm & 1)) && cpu->cpsr_m != b.mode;
    } else if (sysm == 28 || sysm == 29) {
        b.mode = ARM_MON;
        b.reg = sysm & 1 ? 13 : 14;
        b.valid = cpu->has_el3 && arm_is_secure(cpu) && cpu->cpsr_m != ARM_MON && (!b.spsr || sysm == 28);
    } else if (sysm == 30 || sysm == 31) {
        b.mode = ARM_HYP;
        b.reg = 13;
        b.elr = sysm == 30 && !b.spsr;
        b.valid = cpu->has_el2 && (cpu->cpsr_m == ARM_MON || (sysm == 30 && !b.spsr && cpu->cpsr_m == ARM_HYP)) &&
                  !(b.spsr && sysm == 31);
    } else {
        b.valid = false;
    }
    return b;
}

uint64_t helper_arm_a32_banked_get(struct cpu *base, uint64_t code)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct banked b = banked_of(cpu, (unsigned)code);
    if (!b.valid)
        arm_raise_undefined(cpu);
    return b.spsr ? arm_spsr32_get(cpu, b.mode) : b.elr ? (uint32_t)cpu->elr[EL2] : arm_banked_get(cpu, b.mode, b.reg);
}

uint64_t helper_arm_a32_banked_put(struct cpu *base, uint64_t code, uint64_t value)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct banked b = banked_of(cpu, (unsigned)code);
    if (!b.valid)
        arm_raise_undefined(cpu);
    if (b.spsr) {
        arm_spsr32_put(cpu, b.mode, (uint32_t)value);
    } else if (b.elr) {
        cpu->elr[EL2] = (uint32_t)value;
    } else {
        arm_banked_put(cpu, b.mode, b.reg, (uint32_t)value);
    }
    return 0;
}

uint64_t helper_arm_a32_user_get(struct cpu *base, uint64_t reg)
{
    return arm_banked_get(arm_cpu_of(base), ARM_USR, (unsigned)reg);
}

uint64_t helper_arm_a32_user_put(struct cpu *base, uint64_t reg, uint64_t value)
{
    arm_banked_put(arm_cpu_of(base), ARM_USR, (unsigned)reg, (uint32_t)value);
    return 0;
}

/* imod << 16 | change << 15 | A, I, F | mode */
uint64_t helper_arm_a32_cps(struct cpu *base, uint64_t what)
{
    const uint32_t bits = what & (PSTATE_A | PSTATE_I | PSTATE_F), imod = what >> 16 & 3;
    uint32_t mask = imod >= 2 ? bits : 0, value = imod == 3 ? bits : 0;
    if (what >> 15 & 1) {
        mask |= CPSR_M;
        value |= what & CPSR_M;
    }
    cpsr_write(arm_cpu_of(base), value, mask, false);
    return 0;
}

/* ARMv8 lets SCTLR.SED forbid it. */
uint64_t helper_arm_a32_setend(struct cpu *base, uint64_t big)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (arm_has(cpu, ARM_V8) && cpu->sctlr[arm_regime_el(cpu, cpu->el)] & SCTLR_SED)
        arm_raise_undefined(cpu);
    cpu->endian = (uint32_t)big;
    arm_update_mode(cpu);
    return 0;
}

/* ---- exceptions ---- */

uint64_t helper_arm_a32_fp_trap(struct cpu *base, uint64_t unused)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned level = arm_fp_trap_el(cpu);
    (void)unused;
    /* In AArch32 only Hyp mode has a syndrome: elsewhere this is an Undefined Instruction exception. */
    if (level > EL3 || (level != EL2 && !arm_el_is_aa64(cpu, MAX(level, EL1))))
        arm_raise_undefined(cpu);
    return helper_arm_fp_trap(base);
}

uint64_t helper_arm_a32_exception(struct cpu *base, uint64_t ec, uint64_t imm, uint64_t bytes)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    switch (ec) {
    case EC_HVC32: return helper_arm_hvc(base, imm);
    case EC_SMC32: return helper_arm_smc(base, imm);
    case EC_SVC32:
        arm_raise_ec(cpu, EC_SVC32, (uint32_t)imm, (unsigned)bytes);
    default:
        break;
    }
    unsigned level = arm_target_el(cpu);
    if (level < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && (cpu->mdcr[EL2] & MDCR_TDE || arm_hcr(cpu) & HCR_TGE))
        level = EL2;
    arm_raise(cpu, &(struct arm_exception){ .ec = EC_BKPT32, .iss = (uint32_t)imm, .target_el = (uint8_t)level,
                                            .short_insn = bytes == 2,
                                            .fsr32 = arm_uses_lpae(cpu, arm_regime_el(cpu, cpu->el)) ? 0x222 : 2 });
}

uint64_t helper_arm_a32_return(struct cpu *base, uint64_t pc)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const uint32_t spsr = arm_spsr32_get(cpu, cpu->cpsr_m);
    if (cpu->el == EL0 || cpu->cpsr_m == ARM_SYS || cpu->cpsr_m == ARM_HYP)
        arm_raise_undefined(cpu);
    if (level_of_mode(cpu, spsr & CPSR_M) < 0 || level_of_mode(cpu, spsr & CPSR_M) > cpu->el) {
        cpsr_write(cpu, spsr, ~0u, true);
        cpu->cpu.pc = (uint32_t)pc & (cpu->thumb ? ~1u : ~3u);
        arm_update_mode(cpu);
    } else {
        arm_return32(cpu, (uint32_t)pc, spsr);
    }
    return 0;
}

uint64_t helper_arm_a32_eret(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    arm_return32(cpu, (uint32_t)cpu->elr[EL2], (uint32_t)cpu->spsr[EL2]);
    return 0;
}

static void store(struct arm_cpu *cpu, uint32_t address, uint32_t value)
{
    mmu_store(&cpu->cpu, address, cpu->endian ? __builtin_bswap32(value) : value, 4, arm_mmu_mode(cpu->cpu.mode));
}

static uint32_t load(struct arm_cpu *cpu, uint32_t address)
{
    const uint32_t value = (uint32_t)mmu_load(&cpu->cpu, address, 4, arm_mmu_mode(cpu->cpu.mode));
    return cpu->endian ? __builtin_bswap32(value) : value;
}

enum { FORM_UP = 1 << 5, FORM_BEFORE = 1 << 6, FORM_WRITE_BACK = 1 << 7 };

/* The lower of the two addresses of SRS and RFE. */
static uint32_t pair_address(struct arm_cpu *cpu, uint32_t base, uint64_t form, bool write)
{
    const uint32_t address = base + (form & FORM_UP ? (form & FORM_BEFORE ? 4 : 0) : form & FORM_BEFORE ? -8u : -4u);
    if (address & 3)
        helper_arm_alignment_fault(&cpu->cpu, address, write);
    return address;
}

uint64_t helper_arm_a32_srs(struct cpu *base_cpu, uint64_t form, uint64_t unused)
{
    struct arm_cpu *cpu = arm_cpu_of(base_cpu);
    const uint32_t mode = form & CPSR_M;
    (void)unused;
    if (cpu->cpsr_m == ARM_HYP || cpu->cpsr_m == ARM_SYS || mode == ARM_HYP || level_of_mode(cpu, mode) < 0)
        arm_raise_undefined(cpu);
    const uint32_t base = arm_banked_get(cpu, mode, 13), address = pair_address(cpu, base, form, true);
    mmu_probe(base_cpu, address, 8, MMU_WRITE, arm_mmu_mode(base_cpu->mode));
    store(cpu, address, (uint32_t)cpu->x[14]);
    store(cpu, address + 4, arm_spsr32_get(cpu, cpu->cpsr_m));
    if (form & FORM_WRITE_BACK)
        arm_banked_put(cpu, mode, 13, base + (form & FORM_UP ? 8 : -8u));
    return 0;
}

uint64_t helper_arm_a32_rfe(struct cpu *base_cpu, uint64_t form, uint64_t n)
{
    struct arm_cpu *cpu = arm_cpu_of(base_cpu);
    if (cpu->cpsr_m == ARM_HYP || n == 15)
        arm_raise_undefined(cpu);
    const uint32_t base = (uint32_t)cpu->x[n], address = pair_address(cpu, base, form, false);
    const uint32_t pc = load(cpu, address), cpsr = load(cpu, address + 4);
    if (form & FORM_WRITE_BACK)
        cpu->x[n] = (uint32_t)(base + (form & FORM_UP ? 8 : -8u));
    cpsr_write(cpu, cpsr, ~(uint32_t)PSTATE_SS, true);
    cpu->exclusive_address = UINT64_MAX;
    base_cpu->pc = pc & (cpu->thumb ? ~1u : ~3u);
    arm_update_mode(cpu);
    return 0;
}

uint64_t helper_arm_a32_cp_read(struct cpu *base, uint64_t encoding, uint64_t iss)
{
    return arm_cp_read(arm_cpu_of(base), (uint32_t)encoding, (uint32_t)iss);
}

uint64_t helper_arm_a32_cp_write(struct cpu *base, uint64_t encoding, uint64_t iss, uint64_t value)
{
    arm_cp_write(arm_cpu_of(base), (uint32_t)encoding, (uint32_t)iss, value);
    return 0;
}
