/* SPDX-License-Identifier: MIT */
/*
 * Raising and delivering exceptions and interrupts (Arm ARM D1.3, D1.4; G1.12 for AArch32), and returning from them.
 *
 *   helper: arm_raise -> cpu.raised, cpu_leave -> loop -> arm_deliver -> take64 | take32
 *
 * Not modelled: asynchronous aborts (nothing raises one), debug state.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include "target-arm/helpers.h"
#include "target-arm/system.h"

/* ---- raising ---- */

void arm_raise(struct arm_cpu *cpu, const struct arm_exception *exception)
{
    cpu->raised = *exception;
    cpu->raised.pending = true;
    cpu_leave(&cpu->cpu);
}

unsigned arm_target_el(const struct arm_cpu *cpu)
{
    if (cpu->el == EL0) {
        return arm_hcr(cpu) & HCR_TGE ? EL2 : cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) &&
            arm_is_secure(cpu) ? EL3 : EL1;
    }
    return cpu->el;
}

void arm_raise_undefined(struct arm_cpu *cpu)
{
    arm_raise(cpu, &(struct arm_exception){ .ec = EC_UNKNOWN, .target_el = (uint8_t)arm_target_el(cpu) });
}

void arm_raise_ec(struct arm_cpu *cpu, enum arm_ec ec, uint32_t iss, unsigned insn_bytes)
{
    bool after = ec == EC_SVC64 || ec == EC_HVC64 || ec == EC_SMC64 || ec == EC_SVC32 || ec == EC_HVC32 ||
        ec == EC_SMC32;
    arm_raise(cpu, &(struct arm_exception){ .ec = ec, .iss = iss, .insn_bytes = (uint8_t)insn_bytes, .after = after,
                                            .short_insn = insn_bytes == 2, .target_el = (uint8_t)arm_target_el(cpu) });
}

uint64_t helper_arm_undefined(struct cpu *cpu)
{
    arm_raise_undefined(arm_cpu_of(cpu));
}

uint64_t helper_arm_fp_trap(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned el = arm_fp_trap_el(cpu);
    if (el > EL3) {                 /* FPEXC.EN */
        arm_raise_undefined(cpu);
    }
    if (el == EL1 && arm_hcr(cpu) & HCR_TGE) {
        el = EL2;
    }
    el = MAX(el, EL1);
    /* Hyp mode's syndrome names the coprocessor: 10, also for Advanced SIMD */
    const uint32_t coproc = arm_el_is_aa64(cpu, el) ? 0 : 0xa;
    arm_raise(cpu, &(struct arm_exception){ .ec = EC_FP_ACCESS, .iss = 0x1e << 20 | coproc, .target_el = (uint8_t)el });
}

uint64_t helper_arm_svc(struct cpu *cpu, uint64_t imm)
{
    arm_raise_ec(arm_cpu_of(cpu), EC_SVC64, (uint32_t)imm, 4);
}

/* Firmware that the board stands in for. */
static bool firmware(struct arm_cpu *cpu, bool smc)
{
    if (!cpu->board.firmware_call) {
        return false;
    }
    bool locked = arm_lock(cpu);
    bool done = cpu->board.firmware_call(cpu->board.firmware, cpu, smc);
    arm_unlock(cpu, locked);
    return done;
}

uint64_t helper_arm_hvc(struct cpu *base, uint64_t imm)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (cpu->el == EL0) {
        arm_raise_undefined(cpu);
    }
    if (firmware(cpu, false)) {
        return 0;
    }
    bool disabled = cpu->has_el3 ? !(cpu->scr & SCR_HCE) : cpu->hcr & HCR_HCD;
    if (!cpu->has_el2 || disabled || (cpu->el < EL2 && arm_is_secure(cpu))) {
        arm_raise_undefined(cpu);
    }
    arm_raise(cpu, &(struct arm_exception){ .ec = cpu->aarch64 ? EC_HVC64 : EC_HVC32, .iss = (uint32_t)imm,
        .after = true,
                                            .insn_bytes = 4, .target_el = MAX(cpu->el, EL2) });
}

uint64_t helper_arm_smc(struct cpu *base, uint64_t imm)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (cpu->el == EL0) {
        arm_raise_undefined(cpu);
    }
    if (cpu->el == EL1 && arm_hcr(cpu) & HCR_TSC) {
        arm_raise(cpu, &(struct arm_exception){ .ec = cpu->aarch64 ? EC_SMC64 : EC_SMC32, .iss = (uint32_t)imm,
                                                .target_el = EL2 });
    }
    if (firmware(cpu, true)) {
        return 0;
    }
    if (!cpu->has_el3 || cpu->scr & SCR_SMD) {
        arm_raise_undefined(cpu);
    }
    arm_raise(cpu, &(struct arm_exception){ .ec = cpu->aarch64 ? EC_SMC64 : EC_SMC32, .iss = (uint32_t)imm,
        .after = true,
                                            .insn_bytes = 4, .target_el = EL3 });
}

uint64_t helper_arm_brk(struct cpu *base, uint64_t imm)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned el = arm_target_el(cpu);
    if (el < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && (cpu->mdcr[EL2] & MDCR_TDE || arm_hcr(cpu) & HCR_TGE)) {
        el = EL2;
    }
    arm_raise(cpu, &(struct arm_exception){ .ec = EC_BRK64, .iss = (uint32_t)imm, .target_el = (uint8_t)el });
}

/* Halting debug is not there: HLT is undefined. */
uint64_t helper_arm_hlt(struct cpu *cpu, uint64_t imm)
{
    arm_raise_undefined(arm_cpu_of(cpu));
}

uint64_t helper_arm_alignment_fault(struct cpu *base, uint64_t address, uint64_t write)
{
    struct arm_fault fault = { .kind = FAULT_ALIGNMENT };
    arm_raise_fault(arm_cpu_of(base), &fault, address, write ? MMU_WRITE : MMU_READ);
}

uint64_t helper_arm_sp_alignment(struct cpu *base)
{
    arm_raise_ec(arm_cpu_of(base), EC_SP_ALIGN, 0, 4);
}

void arm_check_pc(struct arm_cpu *cpu)
{
    uint64_t stripped, pc = cpu->cpu.pc;
    if (cpu->aarch64 && arm_tagged(cpu, pc, cpu->el, true, &stripped)) {
        cpu->cpu.pc = stripped;     /* a branch to a tagged address: PC has no tag (AArch64.BranchAddr) */
        cpu_leave(&cpu->cpu);
    }
    if (cpu->aarch64 ? pc & 3 : !cpu->thumb && pc & 3) {
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_PC_ALIGN, .far = pc, .has_far = true, .fsr32 = 1,
                                                .target_el = (uint8_t)arm_target_el(cpu) });
    }
}

/* ---- AArch32 registers as AArch64 sees them (D1.20.1) ---- */

static const struct { uint8_t x, bank; bool lr; } banked_x[] = {
    { 15, BANK_HYP, false }, { 16, BANK_IRQ, true }, { 17, BANK_IRQ, false }, { 18, BANK_SVC, true }, { 19, BANK_SVC,
        false },
    { 20, BANK_ABT, true }, { 21, BANK_ABT, false }, { 22, BANK_UND, true }, { 23, BANK_UND, false }, { 29, BANK_FIQ,
        false },
    { 30, BANK_FIQ, true },
};

static void registers_to_64(struct arm_cpu *cpu)
{
    arm_set_mode(cpu, ARM_SYS);
    for (unsigned i = 0; i < G_N_ELEMENTS(banked_x); i++) {
        const struct arm_banks *b = &cpu->banks;
        cpu->x[banked_x[i].x] = banked_x[i].lr ? b->r14[banked_x[i].bank] : b->r13[banked_x[i].bank];
    }
    for (unsigned n = 0; n < 5; n++) {
        cpu->x[24 + n] = cpu->banks.fiq_r8[n];
    }
}

/* cpsr_m is SYS: x[0..14] are those of User mode. */
static void registers_to_32(struct arm_cpu *cpu)
{
    cpu->cpsr_m = ARM_SYS;
    for (unsigned n = 0; n < 15; n++) {
        cpu->x[n] = (uint32_t)cpu->x[n];
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(banked_x); i++) {
        struct arm_banks *b = &cpu->banks;
        *(banked_x[i].lr ? &b->r14[banked_x[i].bank] : &b->r13[banked_x[i].bank]) = (uint32_t)cpu->x[banked_x[i].x];
    }
    for (unsigned n = 0; n < 5; n++) {
        cpu->banks.fiq_r8[n] = (uint32_t)cpu->x[24 + n];
    }
}

/* ---- taking an exception to AArch64 ---- */

static unsigned vector64(const struct arm_cpu *cpu, const struct arm_exception *e)
{
    unsigned type = e->ec == EC_IRQ || e->ec == EC_VIRQ ? 0x80 : e->ec == EC_FIQ || e->ec == EC_VFIQ ? 0x100
                  : e->ec == EC_SERROR || e->ec == EC_VSERROR ? 0x180 : 0;
    if (e->target_el == cpu->el) {
        return type + (cpu->spsel ? 0x200 : 0);
    }
    unsigned below = e->target_el - 1u;
    if (below == EL2 && (!cpu->has_el2 || arm_is_secure(cpu))) {
        below = EL1;
    }
    bool aa64 = below <= cpu->el ? cpu->aarch64 : arm_el_is_aa64(cpu, below);
    return type + (aa64 ? 0x400 : 0x600);
}

/* The X register that holds R[n] of the present AArch32 mode; PC, the flags of MRC, is 31. */
static unsigned x_of_r(const struct arm_cpu *cpu, unsigned n)
{
    const enum arm_bank bank = arm_bank_of(cpu->cpsr_m);
    if (n >= 8 && n <= 12 && bank == BANK_FIQ) {
        return n + 16;
    }
    for (unsigned i = 0; (n == 13 || n == 14) && i < G_N_ELEMENTS(banked_x); i++) {
        if (banked_x[i].bank == bank && banked_x[i].lr == (n == 14)) {
            return banked_x[i].x;
        }
    }
    return n == 15 ? 31 : n;
}

static void renumber(const struct arm_cpu *cpu, uint32_t *iss, unsigned shift)
{
    *iss = (*iss & ~(0x1fu << shift)) | x_of_r(cpu, *iss >> shift & 0xf) << shift;
}

/* Register numbers in the syndrome of AArch32 code are AArch64's: Rt, Rt2 and SRT (D17.2.37). */
static uint32_t iss_in_64(const struct arm_cpu *cpu, const struct arm_exception *e)
{
    enum { RT = 5, RT2 = 10, SRT = 16, ISV = 1 << 24 };
    uint32_t iss = e->iss;
    switch (e->ec) {
    case EC_CP15_64:
    case EC_CP14_64: renumber(cpu, &iss, RT2);
        __attribute__((fallthrough));
    case EC_CP15_32:
    case EC_CP14_32:
    case EC_CP14_LDC:
    case EC_CP10:    renumber(cpu, &iss, RT); break;
    case EC_DABT:
        if (iss & ISV) {
            renumber(cpu, &iss, SRT);
        }
    }
    return iss;
}

static uint32_t syndrome(const struct arm_exception *e, bool lower, bool aarch64)
{
    uint32_t ec = e->ec;
    if (lower && (ec == EC_IABT || ec == EC_DABT || ec == EC_BRK || ec == EC_STEP || ec == EC_WATCH)) {
        ec--;                       /* the class "from a lower level" is one below */
    }
    if (!aarch64 && ec == EC_SVC64) {
        ec = EC_SVC32;
    }
    bool il = !e->short_insn;
    return ec << 26 | (il ? 1u << 25 : 0) | (e->iss & 0x1ffffff);
}

static void take64(struct arm_cpu *cpu, const struct arm_exception *e)
{
    unsigned target = e->target_el;
    uint64_t pc = cpu->cpu.pc + (e->after ? e->insn_bytes : 0);
    uint32_t pstate = arm_cpsr_get(cpu);
    unsigned vector = vector64(cpu, e);
    bool interrupt = e->ec >= EC_IRQ;
    if (!interrupt) {
        struct arm_exception seen = *e;
        seen.iss = cpu->aarch64 ? e->iss : iss_in_64(cpu, e);
        cpu->esr[target] = syndrome(&seen, target > cpu->el, cpu->aarch64);
        if (e->has_far) {
            cpu->far[target] = e->far;
        }
        if (e->stage2) {
            cpu->hpfar = e->hpfar;
        }
    }
    if (!cpu->aarch64) {
        registers_to_64(cpu);
        cpu->aarch64 = true;
        cpu->spsel = 0;
        cpu->el = EL0;              /* x[31] below is saved to SP_EL0, where it came from */
        cpu->x[31] = cpu->sp_el[0];
        cpu->thumb = cpu->it = cpu->endian = 0;
    }
    arm_sp_switch(cpu, target, 1);
    cpu->spsr[target] = pstate;
    cpu->elr[target] = pc;
    cpu->daif = PSTATE_DAIF;
    cpu->il = cpu->step_bit = cpu->uao = false;
    if (arm_has(cpu, ARM_SSBS)) {
        cpu->dit_ssbs = (cpu->dit_ssbs & PSTATE_DIT) | (cpu->sctlr[target] & SCTLR_DSSBS ? PSTATE_SSBS : 0);
    }
    if (arm_has(cpu, ARM_PAN) && target == EL1 && !(cpu->sctlr[EL1] & SCTLR_SPAN)) {
        cpu->pan = true;
    }
    cpu->cpu.pc = cpu->vbar[target] + vector;
    cpu->exclusive_address = UINT64_MAX;
}

/* ---- taking an exception to AArch32 (G1.12) ---- */

struct entry32 { uint32_t mode, offset, arm_extra, thumb_extra; };

static struct entry32 entry32(const struct arm_cpu *cpu, const struct arm_exception *e)
{
    switch (e->ec) {
    case EC_SVC32: case EC_SVC64: return (struct entry32){ ARM_SVC, 0x08, 0, 0 };
    case EC_HVC32: case EC_HVC64: return (struct entry32){ ARM_HYP, 0x08, 0, 0 };
    case EC_SMC32: case EC_SMC64: return (struct entry32){ ARM_MON, 0x08, 0, 0 };
    case EC_IABT: case EC_PC_ALIGN: case EC_BKPT32: case EC_BRK: case EC_BRK64: case EC_VCATCH:
        return (struct entry32){ ARM_ABT, 0x0c, 4, 4 };
    case EC_DABT: case EC_WATCH: return (struct entry32){ ARM_ABT, 0x10, 8, 8 };
    case EC_IRQ: case EC_VIRQ: return (struct entry32){ ARM_IRQ, 0x18, 4, 4 };
    case EC_FIQ: case EC_VFIQ: return (struct entry32){ ARM_FIQ, 0x1c, 4, 4 };
    case EC_SERROR: case EC_VSERROR: return (struct entry32){ ARM_ABT, 0x10, 8, 8 };
    default: return (struct entry32){ ARM_UND, 0x04, 4, 2 };
    }
}

/* Fault registers of an abort that AArch32 takes; `bank`: EL1 or EL3 (Secure). */
static void fault_registers(struct arm_cpu *cpu, const struct arm_exception *e, unsigned bank)
{
    if (e->ec == EC_DABT || e->ec == EC_WATCH) {
        cpu->dfsr[bank] = e->fsr32;
        cpu->far[bank] = (cpu->far[bank] & ~0xffffffffull) | (uint32_t)e->far;
    } else if (e->ec == EC_IABT || e->ec == EC_PC_ALIGN || e->ec == EC_BKPT32 || e->ec == EC_BRK || e->ec == EC_BRK64 ||
        e->ec == EC_VCATCH) {
        cpu->ifsr[bank] = e->fsr32 ? e->fsr32 : 2;
        if (e->has_far) {
            cpu->ifar[bank] = (uint32_t)e->far;
        }
    }
}

static void enter32(struct arm_cpu *cpu, uint32_t mode, uint32_t pc, uint32_t lr, uint64_t sctlr)
{
    uint32_t cpsr = arm_cpsr_get(cpu);
    cpu->step_bit = false;
    if (cpu->cpsr_m == ARM_MON && cpu->scr & SCR_NS) {      /* what Monitor mode's exceptions find is Secure state */
        cpu->scr &= ~(uint64_t)SCR_NS;
        arm_flush_all(cpu);
    }
    arm_set_mode(cpu, mode);
    arm_spsr32_put(cpu, mode, cpsr);
    cpu->it = 0;
    cpu->il = false;
    cpu->endian = !!(sctlr & SCTLR_EE);
    cpu->thumb = !!(sctlr & SCTLR_TE);
    if (mode == ARM_HYP) {
        cpu->elr[EL2] = lr;
    } else {
        cpu->x[14] = lr;
    }
    cpu->cpu.pc = pc;
    cpu->exclusive_address = UINT64_MAX;
}

/* To Hyp mode: as EL2 of AArch64 has it, with one vector for what was trapped from below. */
static void take_hyp(struct arm_cpu *cpu, const struct arm_exception *e)
{
    struct entry32 entry = entry32(cpu, e);
    bool lower = cpu->el != EL2, interrupt = e->ec >= EC_IRQ;
    uint32_t offset = entry.mode == ARM_SVC || (e->ec == EC_HVC32 && !lower) ? 0x08 : entry.offset;
    if (lower && !interrupt) {
        offset = 0x14;
    }
    if (!interrupt) {
        struct arm_exception seen = *e;
        if (e->ec == EC_BKPT32 || e->ec == EC_BRK || e->ec == EC_VCATCH) {
            /* a Prefetch Abort with the status of a debug event */
            seen.ec = EC_IABT;
            seen.iss = 0x22;
            seen.short_insn = false;
        } else if (e->ec == EC_WATCH) {
            seen.ec = EC_DABT;
        }
        cpu->esr[EL2] = syndrome(&seen, lower, false);
        if (seen.ec == EC_DABT) {
            cpu->far[EL2] = (uint32_t)e->far;
        } else if (e->ec == EC_IABT || e->ec == EC_PC_ALIGN) {
            cpu->ifar[EL2] = (uint32_t)e->far;
        }
        if (e->stage2) {
            cpu->hpfar = e->hpfar;
        }
    }
    uint32_t lr = (uint32_t)cpu->cpu.pc + (e->after ? e->insn_bytes : 0);
    if (interrupt) {
        lr = (uint32_t)cpu->cpu.pc;
    }
    enter32(cpu, ARM_HYP, (uint32_t)cpu->vbar[EL2] + offset, lr, cpu->sctlr[EL2]);
    cpu->el = EL2;
    const uint64_t routed = cpu->has_el3 ? cpu->scr : 0;    /* what goes to EL3 stays open */
    cpu->daif |= (routed & SCR_IRQ ? 0 : PSTATE_I) | (routed & SCR_FIQ ? 0 : PSTATE_F) | (routed & SCR_EA ? 0 : PSTATE_A);
}

/* By SCR.IRQ, FIQ and EA, also in Secure state. */
static bool to_monitor(const struct arm_cpu *cpu, const struct arm_exception *e)
{
    enum { STATUS_KIND = 0x38, STATUS_EXTERNAL = 0x10 };    /* external aborts: 10h, of walks 14h to 17h */
    switch (e->ec) {
    case EC_SMC32: case EC_SMC64: return true;
    case EC_IRQ: return cpu->scr & SCR_IRQ;
    case EC_FIQ: return cpu->scr & SCR_FIQ;
    case EC_IABT: case EC_DABT: return cpu->scr & SCR_EA && (e->iss & STATUS_KIND) == STATUS_EXTERNAL;
    default: return false;
    }
}

/* DBGDSCR.MOE, by which handlers of aborts tell debug events apart (G8.3.19) */
static void method_of_entry(struct arm_cpu *cpu, enum arm_ec ec)
{
    enum { SHIFT = 2 };
    uint64_t method;
    switch (ec) {
    case EC_BRK:    method = 1; break;
    case EC_BKPT32: method = 3; break;
    case EC_VCATCH: method = 5; break;
    case EC_WATCH:  method = 10; break;
    default:        return;
    }
    cpu->mdscr = (cpu->mdscr & ~(0xfull << SHIFT)) | method << SHIFT;
}

static void take32(struct arm_cpu *cpu, const struct arm_exception *e)
{
    method_of_entry(cpu, e->ec);
    if (e->target_el == EL2) {
        take_hyp(cpu, e);
        return;
    }
    struct entry32 entry = entry32(cpu, e);
    bool monitor = e->target_el == EL3 && to_monitor(cpu, e);
    bool secure = cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && arm_is_secure(cpu);
    unsigned bank = secure || monitor ? EL3 : EL1;
    uint32_t mode = monitor ? ARM_MON : entry.mode, extra = cpu->thumb ? entry.thumb_extra : entry.arm_extra;
    uint32_t lr = (uint32_t)cpu->cpu.pc + (e->after ? e->insn_bytes : extra);
    uint64_t sctlr = cpu->sctlr[monitor ? EL3 : bank];
    uint32_t base = monitor ? (uint32_t)cpu->mvbar : sctlr & SCTLR_V ? 0xffff0000 : (uint32_t)cpu->vbar[bank];
    fault_registers(cpu, e, bank);
    enter32(cpu, mode, base + entry.offset, lr, sctlr);
    cpu->el = (uint8_t)(monitor || secure ? EL3 : EL1);
    cpu->daif |= PSTATE_I;
    if (entry.offset != 0x04 && entry.offset != 0x08) {
        cpu->daif |= PSTATE_A;
    }
    if (mode == ARM_FIQ || monitor) {
        cpu->daif |= PSTATE_F | PSTATE_A;
    }
    if (arm_has(cpu, ARM_PAN) && !(sctlr & SCTLR_SPAN)) {
        cpu->pan = true;
    }
}

static void take(struct arm_cpu *cpu, const struct arm_exception *e)
{
    log_write(cpu->cpu.log, LOG_int,
        "CPU %u: exception class %#x iss %#x from EL%u at %#" PRIx64 " far %#" PRIx64 " to EL%u\n",
              cpu->cpu.index, e->ec, e->iss, cpu->el, cpu->cpu.pc, e->far, e->target_el);
    if (arm_el_is_aa64(cpu, e->target_el)) {
        take64(cpu, e);
    } else {
        take32(cpu, e);
    }
    atomic_store(&cpu->event, 1);
    arm_update_mode(cpu);
}

void arm_deliver(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (!cpu->raised.pending) {     /* something was changed and the instruction begins again */
        return;
    }
    const struct arm_exception e = cpu->raised;
    cpu->raised.pending = false;
    if (e.after) {
        cpu->step_bit = false;
    }
    take(cpu, &e);
}

/* ---- interrupts (D1.3.6, table D1-7) ---- */

/* The level that takes a physical interrupt. */
static unsigned physical_target(const struct arm_cpu *cpu, uint32_t scr_bit, uint64_t hcr_bit)
{
    const bool secure = arm_is_secure(cpu);
    if (cpu->has_el3 && cpu->scr & scr_bit) {
        return EL3;
    }
    if (cpu->el <= EL2 && arm_hcr(cpu) & (hcr_bit | HCR_TGE) && !secure) {
        return EL2;
    }
    if (cpu->el == EL2 && !cpu->aarch64) {
        return EL2;                 /* Hyp mode takes its own, routed or not: EL2 in AArch64 leaves them pending */
    }
    return cpu->has_el3 && secure && !arm_el_is_aa64(cpu, EL3) ? EL3 : EL1;
}

/* Whether it is taken now: what goes to a higher level is not masked, but for Monitor mode, where CPSR masks IRQs that Hyp mode
 * does not want to see and SCR.FW gives FIQs the same (G1.13). */
static bool physical(const struct arm_cpu *cpu, uint32_t scr_bit, uint64_t hcr_bit, uint32_t mask, unsigned *target)
{
    const bool open = !(cpu->daif & mask);
    *target = physical_target(cpu, scr_bit, hcr_bit);
    if (cpu->el > *target) {
        return false;
    }
    if (*target == EL3 && !arm_el_is_aa64(cpu, EL3)) {
        const bool overridden = arm_hcr(cpu) & hcr_bit || (scr_bit == SCR_FIQ && !(cpu->scr & SCR_FW));
        return open || (overridden && cpu->scr & scr_bit && !arm_is_secure(cpu));
    }
    return open || (cpu->el < *target && *target > EL1);
}

static bool virtual_taken(const struct arm_cpu *cpu, uint64_t hcr_bit, uint32_t mask)
{
    uint64_t hcr = arm_hcr(cpu);
    return cpu->el < EL2 && hcr & hcr_bit && !(hcr & HCR_TGE) && !arm_is_secure(cpu) && !(cpu->daif & mask);
}

static bool find_interrupt(const struct arm_cpu *cpu, uint32_t input, unsigned *ec, unsigned *target)
{
    uint64_t hcr = arm_hcr(cpu);
    *target = EL1;
    if (input & CPU_INPUT_FIQ && physical(cpu, SCR_FIQ, HCR_FMO, PSTATE_F, target)) {
        *ec = EC_FIQ;
        return true;
    }
    if (input & CPU_INPUT_IRQ && physical(cpu, SCR_IRQ, HCR_IMO, PSTATE_I, target)) {
        *ec = EC_IRQ;
        return true;
    }
    *target = EL1;
    if ((input & CPU_INPUT_VFIQ || hcr & HCR_VF) && virtual_taken(cpu, HCR_FMO, PSTATE_F)) {
        *ec = EC_VFIQ;
        return true;
    }
    if ((input & CPU_INPUT_VIRQ || hcr & HCR_VI) && virtual_taken(cpu, HCR_IMO, PSTATE_I)) {
        *ec = EC_VIRQ;
        return true;
    }
    return false;
}

bool arm_interrupt_is_due(const struct arm_cpu *cpu)
{
    unsigned ec, target;
    return find_interrupt(cpu, atomic_load(&cpu->cpu.input), &ec, &target);
}

bool arm_take_interrupt(struct arm_cpu *cpu)
{
    unsigned ec, target;
    if (!find_interrupt(cpu, atomic_load(&cpu->cpu.input), &ec, &target)) {
        return false;
    }
    take(cpu, &(struct arm_exception){ .ec = ec, .target_el = (uint8_t)target });
    return true;
}

/* WFI ends also for interrupts that PSTATE masks. */
bool arm_has_work(struct arm_cpu *cpu)
{
    uint32_t input = atomic_load(&cpu->cpu.input);
    return input & (CPU_INPUT_IRQ | CPU_INPUT_FIQ | CPU_INPUT_VIRQ | CPU_INPUT_VFIQ | CPU_INPUT_RESET |
        CPU_INPUT_POWER) ||
           arm_hcr(cpu) & (HCR_VI | HCR_VF);
}

bool arm_poll(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint32_t input = atomic_load(&base->input);
    if (input & CPU_INPUT_RESET) {
        atomic_fetch_and(&base->input, ~(uint32_t)CPU_INPUT_RESET);
        arm_reset(base);
    }
    if (input & CPU_INPUT_POWER) {
        atomic_fetch_and(&base->input, ~(uint32_t)CPU_INPUT_POWER);
        arm_start_here(cpu);
    }
    if (cpu->powered_off) {
        base->halted = true;
        return false;
    }
    if (input & CPU_INPUT_EVENT) {
        atomic_fetch_and(&base->input, ~(uint32_t)CPU_INPUT_EVENT);
        atomic_store(&cpu->event, 1);
    }
    if (base->halted && !(atomic_load(&cpu->waits_for_event) ? arm_event_wakes(cpu) : arm_has_work(cpu))) {
        return false;
    }
    base->halted = false;
    arm_take_interrupt(cpu);
    return true;
}

/* ---- returning ---- */

static bool legal_return(const struct arm_cpu *cpu, uint32_t spsr, unsigned *el)
{
    if (spsr & PSTATE_NRW) {
        uint32_t mode = spsr & CPSR_M;
        *el = mode == ARM_USR ? EL0 : mode == ARM_HYP ? EL2 : EL1;
        bool known = mode == ARM_USR || mode == ARM_FIQ || mode == ARM_IRQ || mode == ARM_SVC || mode == ARM_ABT ||
                     mode == ARM_UND || mode == ARM_SYS || mode == ARM_HYP;
        bool aa64 = *el == EL0 ? false : arm_el_is_aa64(cpu, *el);
        return known && *el < cpu->el && !aa64 && !(*el == EL2 && !cpu->has_el2);
    }
    *el = spsr >> PSTATE_EL_SHIFT & 3;
    const bool no_el2 = !cpu->has_el2 || (cpu->has_el3 && !(cpu->scr & SCR_NS));
    if (*el > cpu->el || (*el == EL2 && no_el2) || (spsr & 2) || (*el == EL0 && spsr & 1)) {
        return false;
    }
    if (*el == EL1 && arm_hcr(cpu) & HCR_TGE) {
        return false;
    }
    return *el == EL0 || arm_el_is_aa64(cpu, *el);
}

static uint32_t dit_ssbs_of(const struct arm_cpu *cpu, uint32_t spsr)
{
    return spsr & ((arm_has(cpu, ARM_DIT) ? PSTATE_DIT : 0) | (arm_has(cpu, ARM_SSBS) ? PSTATE_SSBS : 0));
}

static void return64(struct arm_cpu *cpu, uint64_t pc, uint32_t spsr, unsigned el)
{
    arm_sp_switch(cpu, el, spsr & PSTATE_SPSEL);
    arm_nzcv_put(cpu, spsr);
    cpu->daif = spsr & PSTATE_DAIF;
    cpu->pan = spsr & PSTATE_PAN && arm_has(cpu, ARM_PAN);
    cpu->uao = spsr & PSTATE_UAO && arm_has(cpu, ARM_UAO);
    cpu->dit_ssbs = dit_ssbs_of(cpu, spsr);
    cpu->il = !!(spsr & PSTATE_IL);
    cpu->cpu.pc = pc;
}

static void return_from_64_to_32(struct arm_cpu *cpu, uint64_t pc, uint32_t spsr)
{
    arm_sp_switch(cpu, EL0, 0);
    registers_to_32(cpu);
    cpu->aarch64 = false;
    arm_cpsr_put(cpu, spsr, ~(uint32_t)PSTATE_SS);
    cpu->cpu.pc = (uint32_t)pc & (cpu->thumb ? ~1u : ~3u);
}

void arm_eret(struct arm_cpu *cpu)
{
    uint32_t spsr = (uint32_t)cpu->spsr[cpu->el];
    uint64_t pc = cpu->elr[cpu->el];
    bool stepping_from_here = arm_debug_enabled(cpu);
    unsigned el;
    cpu->exclusive_address = UINT64_MAX;
    cpu->stepped = false;
    atomic_store(&cpu->event, 1);
    if (legal_return(cpu, spsr, &el)) {
        if (spsr & PSTATE_NRW) {
            return_from_64_to_32(cpu, pc, spsr);
        } else {
            return64(cpu, pc, spsr, el);
        }
        /* PSTATE.SS is taken from SPSR only when debug is disabled here and enabled at the target (D2.11.5) */
        cpu->step_bit = cpu->mdscr & MDSCR_SS && !stepping_from_here && arm_debug_enabled(cpu) && spsr & PSTATE_SS;
    } else {
        arm_nzcv_put(cpu, spsr);
        cpu->daif = spsr & PSTATE_DAIF;
        cpu->pan = spsr & PSTATE_PAN && arm_has(cpu, ARM_PAN);
        cpu->uao = spsr & PSTATE_UAO && arm_has(cpu, ARM_UAO);
        cpu->dit_ssbs = (cpu->dit_ssbs & PSTATE_SSBS) | (dit_ssbs_of(cpu, spsr) & PSTATE_DIT);
        cpu->il = true;
        cpu->step_bit = false;
        cpu->cpu.pc = pc;
    }
    arm_update_mode(cpu);
}

void arm_return32(struct arm_cpu *cpu, uint32_t pc, uint32_t spsr)
{
    cpu->exclusive_address = UINT64_MAX;
    atomic_store(&cpu->event, 1);
    arm_cpsr_put(cpu, spsr, ~(uint32_t)PSTATE_SS);
    cpu->cpu.pc = pc & (cpu->thumb ? ~1u : ~3u);
    arm_update_mode(cpu);
}

uint64_t helper_arm_eret(struct cpu *base, uint64_t authenticate)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (authenticate) {
        cpu->elr[cpu->el] = helper_arm_pauth_auth(base, cpu->elr[cpu->el], cpu->x[31], 0x100 | (authenticate & 1));
    }
    arm_eret(cpu);
    return 0;
}
