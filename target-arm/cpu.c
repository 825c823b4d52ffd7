/* SPDX-License-Identifier: MIT */
/*
 * A CPU as a whole: making one, reset (Arm ARM D1.9, G1.16), PSTATE and the AArch32 banks, and the derivation of cpu.mode,
 * the word that all translated code depends on.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "target-arm/system.h"
#include "target-arm/trans.h"

/* ---- condition flags ---- */

uint32_t arm_nzcv_get(const struct arm_cpu *cpu)
{
    uint32_t word = ir_flags_word(&cpu->nzcv);
    return (word & IR_SF ? PSTATE_N : 0) | (word & IR_ZF ? PSTATE_Z : 0) | (word & IR_CF ? 0 : PSTATE_C) |
           (word & IR_OF ? PSTATE_V : 0);
}

void arm_nzcv_put(struct arm_cpu *cpu, uint32_t nzcv)
{
    uint32_t word = (nzcv & PSTATE_N ? IR_SF : 0) | (nzcv & PSTATE_Z ? IR_ZF : 0) | (nzcv & PSTATE_C ? 0 : IR_CF) |
                    (nzcv & PSTATE_V ? IR_OF : 0);
    cpu->nzcv = (struct ir_flags){ .a = word, .kind = IR_FLAGS_WORD, .width = 32 };
}

/* ---- exception levels and security ---- */

bool arm_el_is_aa64(const struct arm_cpu *cpu, unsigned el)
{
    if (!cpu->model->aarch64 || cpu->boot_aarch32) {
        return false;
    }
    if (el == EL3) {
        return true;
    }
    bool aa64 = !cpu->has_el3 || cpu->scr & SCR_RW;
    if (el == EL2) {
        return aa64;
    }
    if (aa64 && cpu->has_el2 && !(cpu->has_el3 && !(cpu->scr & SCR_NS))) {
        aa64 = cpu->hcr & HCR_RW;
    }
    return el == EL1 ? aa64 : cpu->el == EL0 ? cpu->aarch64 : aa64;
}

bool arm_is_secure(const struct arm_cpu *cpu)
{
    if (!cpu->has_el3) {
        return false;
    }
    bool at_el3 = cpu->aarch64 ? cpu->el == EL3 : cpu->cpsr_m == ARM_MON || (cpu->el == EL3);
    return at_el3 || !(cpu->scr & SCR_NS);
}

uint64_t arm_hcr(const struct arm_cpu *cpu)
{
    return cpu->has_el2 && !(cpu->has_el3 && !(cpu->scr & SCR_NS)) ? cpu->hcr : 0;
}

unsigned arm_regime_el(const struct arm_cpu *cpu, unsigned el)
{
    unsigned regime = el == EL0 ? EL1 : el;
    /* EL3 is AArch32: Secure EL1 and EL0 are its */
    return regime == EL1 && !cpu->aarch64 && cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && arm_is_secure(cpu) ? EL3 : regime;
}

/* ---- AArch32 modes ---- */

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

/* Hyp mode has no R14 of its own. */
static enum arm_bank lr_bank(enum arm_bank bank)
{
    return bank == BANK_HYP ? BANK_USR : bank;
}

void arm_set_mode(struct arm_cpu *cpu, uint32_t mode)
{
    enum arm_bank from = arm_bank_of(cpu->cpsr_m), to = arm_bank_of(mode);
    struct arm_banks *b = &cpu->banks;
    cpu->cpsr_m = mode & CPSR_M;
    if (from == to) {
        return;
    }
    b->r13[from] = (uint32_t)cpu->x[13];
    b->r14[lr_bank(from)] = (uint32_t)cpu->x[14];
    cpu->x[13] = b->r13[to];
    cpu->x[14] = b->r14[lr_bank(to)];
    if (from == BANK_FIQ || to == BANK_FIQ) {
        for (unsigned n = 0; n < 5; n++) {
            *(from == BANK_FIQ ? &b->fiq_r8[n] : &b->usr_r8[n]) = (uint32_t)cpu->x[8 + n];
            cpu->x[8 + n] = to == BANK_FIQ ? b->fiq_r8[n] : b->usr_r8[n];
        }
    }
}

uint32_t arm_banked_get(const struct arm_cpu *cpu, uint32_t mode, unsigned reg)
{
    enum arm_bank now = arm_bank_of(cpu->cpsr_m), want = arm_bank_of(mode);
    if (reg == 13) {
        return want == now ? (uint32_t)cpu->x[13] : cpu->banks.r13[want];
    }
    if (reg == 14) {
        return lr_bank(want) == lr_bank(now) ? (uint32_t)cpu->x[14] : cpu->banks.r14[lr_bank(want)];
    }
    if (reg < 8 || (want == BANK_FIQ) == (now == BANK_FIQ)) {
        return (uint32_t)cpu->x[reg];
    }
    return want == BANK_FIQ ? cpu->banks.fiq_r8[reg - 8] : cpu->banks.usr_r8[reg - 8];
}

void arm_banked_put(struct arm_cpu *cpu, uint32_t mode, unsigned reg, uint32_t value)
{
    enum arm_bank now = arm_bank_of(cpu->cpsr_m), want = arm_bank_of(mode);
    if (reg == 13 && want != now) {
        cpu->banks.r13[want] = value;
    } else if (reg == 14 && lr_bank(want) != lr_bank(now)) {
        cpu->banks.r14[lr_bank(want)] = value;
    } else if (reg >= 13 || reg < 8 || (want == BANK_FIQ) == (now == BANK_FIQ)) {
        cpu->x[reg] = value;
    } else {
        *(want == BANK_FIQ ? &cpu->banks.fiq_r8[reg - 8] : &cpu->banks.usr_r8[reg - 8]) = value;
    }
}

uint32_t *arm_spsr32(struct arm_cpu *cpu, uint32_t mode)
{
    enum arm_bank bank = arm_bank_of(mode);
    return bank == BANK_USR || bank == BANK_SVC || bank == BANK_HYP ? NULL : &cpu->spsr32[bank];
}

uint32_t arm_spsr32_get(const struct arm_cpu *cpu, uint32_t mode)
{
    enum arm_bank bank = arm_bank_of(mode);
    return bank == BANK_USR ? 0 : bank == BANK_SVC ? (uint32_t)cpu->spsr[EL1] : bank == BANK_HYP ? (uint32_t)cpu->spsr[EL2]
                                                                                                : cpu->spsr32[bank];
}

void arm_spsr32_put(struct arm_cpu *cpu, uint32_t mode, uint32_t value)
{
    enum arm_bank bank = arm_bank_of(mode);
    if (bank == BANK_SVC) {
        cpu->spsr[EL1] = value;
    } else if (bank == BANK_HYP) {
        cpu->spsr[EL2] = value;
    } else if (bank != BANK_USR) {
        cpu->spsr32[bank] = value;
    }
}

/* ---- PSTATE ---- */

uint32_t arm_cpsr_get(const struct arm_cpu *cpu)
{
    uint32_t common = arm_nzcv_get(cpu) | (cpu->pan ? PSTATE_PAN : 0) | (cpu->il ? PSTATE_IL : 0) |
                      (cpu->step_bit ? PSTATE_SS : 0) | (cpu->daif & PSTATE_DAIF);
    if (cpu->aarch64) {
        return common | cpu->dit_ssbs | (cpu->uao ? PSTATE_UAO : 0) | (uint32_t)cpu->el << PSTATE_EL_SHIFT | cpu->spsel;
    }
    return (common & ~(uint32_t)PSTATE_D) | cpu->cpsr_m | (cpu->thumb ? CPSR_T : 0) | (cpu->endian ? CPSR_E : 0) |
           (cpu->q ? PSTATE_Q : 0) | cpu->ge << 16 | (cpu->it & 3) << 25 | (cpu->it >> 2 & 0x3f) << 10;
}

static unsigned el_of_mode(const struct arm_cpu *cpu, uint32_t mode)
{
    switch (mode) {
    case ARM_USR: return EL0;
    case ARM_HYP: return EL2;
    case ARM_MON: return EL3;
    default:
        return cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && !(cpu->scr & SCR_NS) ? EL3 : EL1;
    }
}

bool arm_state_is_possible(const struct arm_cpu *cpu)
{
    if (cpu->el == EL2 && arm_is_secure(cpu)) {
        return false;
    }
    if (cpu->aarch64) {
        return arm_el_is_aa64(cpu, MAX(cpu->el, EL1));
    }
    return cpu->el == el_of_mode(cpu, cpu->cpsr_m) && (cpu->el == EL0 || !arm_el_is_aa64(cpu, cpu->el));
}

void arm_cpsr_put(struct arm_cpu *cpu, uint32_t value, uint32_t mask)
{
    if (mask & PSTATE_NZCV) {
        arm_nzcv_put(cpu, (arm_nzcv_get(cpu) & ~mask) | (value & mask));
    }
    cpu->daif = (cpu->daif & ~mask) | (value & mask & (PSTATE_A | PSTATE_I | PSTATE_F));
    if (mask & PSTATE_Q) {
        cpu->q = !!(value & PSTATE_Q);
    }
    if (mask & PSTATE_GE) {
        cpu->ge = (cpu->ge & ~(mask >> 16)) | (value >> 16 & mask >> 16 & 0xf);
    }
    if (mask & CPSR_T) {
        cpu->thumb = !!(value & CPSR_T);
    }
    if (mask & CPSR_E) {
        cpu->endian = !!(value & CPSR_E);
    }
    if (mask & CPSR_IT) {
        cpu->it = (value >> 25 & 3) | (value >> 10 & 0x3f) << 2;
    }
    if (mask & PSTATE_IL) {
        cpu->il = !!(value & PSTATE_IL);
    }
    if (mask & PSTATE_PAN) {
        cpu->pan = value & PSTATE_PAN && arm_has(cpu, ARM_PAN);
    }
    if (mask & PSTATE_SS) {
        cpu->step_bit = !!(value & PSTATE_SS);
    }
    if (mask & CPSR_M) {
        arm_set_mode(cpu, value & CPSR_M);
        cpu->el = (uint8_t)el_of_mode(cpu, cpu->cpsr_m);
    }
    arm_update_mode(cpu);
}

void arm_sp_switch(struct arm_cpu *cpu, unsigned el, unsigned spsel)
{
    cpu->sp_el[cpu->spsel ? cpu->el : 0] = cpu->x[31];
    cpu->el = (uint8_t)el;
    cpu->spsel = (uint8_t)spsel;
    cpu->x[31] = cpu->sp_el[spsel ? el : 0];
}

/* ---- cpu.mode ---- */

/* Which level a trapped FP or SIMD instruction goes to; 4: it does not trap. */
unsigned arm_fp_trap_el(const struct arm_cpu *cpu)
{
    unsigned el = cpu->el;
    bool secure = arm_is_secure(cpu);
    if (el < EL2 && !(arm_hcr(cpu) & HCR_TGE)) {
        unsigned enabled = cpu->cpacr >> 20 & 3;
        if (enabled == 0 || enabled == 2 || (enabled == 1 && el == EL0)) {
            return el == EL1 || !secure || arm_el_is_aa64(cpu, EL1) ? EL1 : EL3;
        }
    }
    if (cpu->has_el2 && !secure && el <= EL2 && cpu->cptr[EL2] & CPTR_TFP) {
        return EL2;
    }
    if (cpu->has_el3 && arm_el_is_aa64(cpu, EL3) && cpu->cptr[EL3] & CPTR_TFP) {
        return EL3;
    }
    if (cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && !secure && !(cpu->nsacr & 1 << 10)) {
        return el == EL2 ? EL2 : EL1;
    }
    return 4;
}

static bool fp_enabled(const struct arm_cpu *cpu)
{
    /* FPEXC.EN counts as 1 at EL0 below an EL1 in AArch64 (G8.2.54) */
    return arm_fp_trap_el(cpu) == 4 && (cpu->aarch64 || arm_el_is_aa64(cpu, EL1) || cpu->fpexc & 1u << 30);
}

static uint32_t mode64(const struct arm_cpu *cpu, uint64_t sctlr)
{
    uint32_t mode = 0;
    bool user = cpu->el == EL0;
    mode |= sctlr & (user ? SCTLR_E0E : SCTLR_EE) ? MODE_BE : 0;
    mode |= sctlr & (user ? SCTLR_SA0 : SCTLR_SA) ? MODE_SP_ALIGN : 0;
    mode |= cpu->uao ? MODE_UAO : 0;
    mode |= cpu->spsel ? MODE_SPSEL : 0;
    mode |= arm_has(cpu, ARM_PAUTH) && sctlr & (SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB) ? MODE_PAUTH : 0;
    return mode;
}

static uint32_t mode32(const struct arm_cpu *cpu)
{
    uint32_t mode = MODE_A32 | (cpu->thumb ? MODE_T32 : 0) | (cpu->thumb ? cpu->it << MODE_IT_SHIFT : 0);
    mode |= cpu->endian ? MODE_BE : 0;
    mode |= cpu->cpsr_m == ARM_HYP ? MODE_HYP : 0;
    mode |= cpu->fpcr & 0x00370000 ? MODE_VFP_LEN : 0;
    mode |= arm_has(cpu, ARM_V8) ? 0 : MODE_V7;
    return mode;
}

enum { FPCR_FZ = 1 << 24, FPCR_ODD = 1 << 26 | 1 << 25 | 1 << 24 | 3 << 22 | 1 << 19 | 0x9f00 };
void arm_update_mode(struct arm_cpu *cpu)
{
    uint64_t sctlr = cpu->sctlr[arm_regime_el(cpu, cpu->el)];
    uint32_t mode = cpu->el | (cpu->aarch64 ? mode64(cpu, sctlr) : mode32(cpu));
    mode |= sctlr & SCTLR_A || arm_data_is_device(cpu, cpu->el) ? MODE_ALIGN : 0;
    mode |= fp_enabled(cpu) ? MODE_FP : 0;
    mode |= cpu->pan ? MODE_PAN : 0;
    mode |= cpu->fpcr & FPCR_FZ ? MODE_FZ : 0;
    mode |= cpu->fpcr & FPCR_ODD ? MODE_FP_ODD : 0;
    mode |= cpu->il ? MODE_IL : 0;
    mode |= arm_is_secure(cpu) ? MODE_SECURE : 0;
    mode |= arm_step_active(cpu) ? MODE_STEP : 0;
    mode |= arm_breakpoints_on(cpu) ? MODE_BREAK : 0;
    cpu->cpu.mode = mode;
    if (cpu->pmcnten) {
        arm_pmu_follow(cpu);
    }
    /* An interrupt may have waited for this level or these masks; the loop looks only when it is asked to. */
    if (atomic_load(&cpu->cpu.input) & (CPU_INPUT_IRQ | CPU_INPUT_FIQ | CPU_INPUT_VIRQ | CPU_INPUT_VFIQ)) {
        atomic_store(&cpu->cpu.exit_request, 1);
    }
}

/* ---- reset ---- */

static void reset_registers(struct arm_cpu *cpu)
{
    const struct arm_ids *ids = &cpu->model->ids;
    size_t start = offsetof(struct arm_cpu, x), end = offsetof(struct arm_cpu, timer_state);
    memset((uint8_t *)cpu + start, 0, end - start);
    cpu->exclusive_address = UINT64_MAX;
    for (unsigned el = EL1; el <= EL3; el++) {
        cpu->sctlr[el] = ids->sctlr_reset;
    }
    cpu->cntfrq = cpu->board.counter_hz ? cpu->board.counter_hz : 62500000;
    cpu->vpidr = ids->midr;
    cpu->vmpidr = cpu->mpidr;
    cpu->pmcr = (uint64_t)(ids->midr & 0xff000000) | 4 << 11;
    cpu->cptr[EL2] = 0x33ff;
    cpu->nsacr = cpu->has_el3 ? 0 : 0xc00;
    cpu->mdscr = 0;
    cpu->oslsr = 0xa;               /* locked */
    memset(cpu->dbgbcr, 0, sizeof(cpu->dbgbcr));
    memset(cpu->dbgwcr, 0, sizeof(cpu->dbgwcr));
    memset(cpu->implementation, 0, sizeof(cpu->implementation));
}

static unsigned highest_el(const struct arm_cpu *cpu)
{
    return cpu->has_el3 ? EL3 : cpu->has_el2 ? EL2 : EL1;
}

/* AArch32 from reset: Secure Supervisor mode, without EL3 Hyp mode, without both Supervisor mode (G1.17.1). */
static void reset32(struct arm_cpu *cpu)
{
    cpu->aarch64 = false;
    cpu->el = (uint8_t)highest_el(cpu);
    cpu->cpsr_m = cpu->el == EL2 ? ARM_HYP : ARM_SVC;
    cpu->daif = PSTATE_A | PSTATE_I | PSTATE_F;
    cpu->cpu.pc = 0;
}

static void reset64(struct arm_cpu *cpu)
{
    cpu->aarch64 = true;
    cpu->el = (uint8_t)highest_el(cpu);
    cpu->spsel = 1;
    cpu->daif = PSTATE_DAIF;
    cpu->hcr = cpu->has_el2 ? 0 : HCR_RW;
    cpu->cpu.pc = cpu->rvbar;
}

/* Levels above the one that a kernel or PSCI starts at look as firmware would have left them. */
static void enter_level(struct arm_cpu *cpu, unsigned el, bool aarch32, uint64_t pc)
{
    if (cpu->has_el3 && el < EL3) {
        cpu->scr |= SCR_NS | SCR_HCE | (aarch32 && el < EL3 && cpu->boot_aarch32 ? 0 : SCR_RW);
        cpu->nsacr |= 0xc00;
    }
    if (cpu->has_el2 && el < EL2 && !aarch32) {
        cpu->hcr |= HCR_RW;
    }
    if (aarch32) {
        cpu->aarch64 = false;
        arm_set_mode(cpu, el == EL2 ? ARM_HYP : ARM_SVC);
        cpu->el = (uint8_t)el;
        cpu->thumb = pc & 1;
        cpu->cpu.pc = pc & ~1ull;
        cpu->daif = PSTATE_A | PSTATE_I | PSTATE_F;
    } else {
        cpu->aarch64 = true;
        arm_sp_switch(cpu, el, 1);
        cpu->daif = PSTATE_DAIF;
        cpu->cpu.pc = pc;
    }
}

void arm_reset(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    cpu->features = 0;
    for (const enum arm_feature *f = cpu->model->features; *f; f++) {
        cpu->features |= 1ull << *f;
    }
    reset_registers(cpu);
    arm_timers_reset(cpu);
    arm_pmu_reset(cpu);
    if (cpu->model->aarch64 && !cpu->boot_aarch32) {
        reset64(cpu);
    } else {
        reset32(cpu);
    }
    if (cpu->boot_direct) {
        enter_level(cpu, cpu->boot_el, cpu->boot_aarch32 || !cpu->model->aarch64, cpu->boot_pc);
        memcpy(cpu->x, cpu->boot_x, sizeof(cpu->boot_x));
    }
    cpu->nzcv = (struct ir_flags){ .a = IR_CF, .kind = IR_FLAGS_WORD, .width = 32 };
    cpu->raised.pending = false;
    atomic_store(&cpu->waits_for_event, 0);
    cpu->powered_off = base->halted = cpu->start_powered_off;
    base->fp_control = 0x1f80;
    arm_update_mode(cpu);
    if (base->engine) {
        arm_flush_all(cpu);
    }
    atomic_fetch_and(&base->input, ~(uint32_t)(CPU_INPUT_EVENT | CPU_INPUT_POWER));
    log_write(base->log, LOG_reset, "CPU %u: reset\n", base->index);
}

/* ---- power ---- */

bool arm_cpu_is_on(const struct arm_cpu *cpu)
{
    return !cpu->powered_off;
}

/* The CPU itself takes it over in its poll. */
void arm_cpu_power_on(struct arm_cpu *cpu, uint64_t pc, uint64_t context, unsigned el, bool aarch32)
{
    cpu->power_on = (struct arm_power_on){ .pc = pc, .context = context, .el = (uint8_t)el, .aarch32 = aarch32 };
    cpu->powered_off = false;
    atomic_fetch_or(&cpu->cpu.input, (uint32_t)CPU_INPUT_POWER);
    cpu_kick(&cpu->cpu);
}

void arm_cpu_power_off(struct arm_cpu *cpu)
{
    cpu->powered_off = true;
    cpu->cpu.halted = true;
}

void arm_start_here(struct arm_cpu *cpu)
{
    const struct arm_power_on on = cpu->power_on;
    bool off = cpu->start_powered_off, direct = cpu->boot_direct;
    cpu->start_powered_off = cpu->boot_direct = false;
    arm_reset(&cpu->cpu);
    cpu->start_powered_off = off;
    cpu->boot_direct = direct;
    enter_level(cpu, on.el, on.aarch32, on.pc);
    cpu->x[0] = on.context;
    cpu->cpu.halted = cpu->powered_off = false;
    arm_update_mode(cpu);
}

/* ---- making one ---- */

static void port_set_input(void *opaque, enum cpu_input input, bool level)
{
    struct cpu *cpu = opaque;
    if (level) {
        atomic_fetch_or(&cpu->input, (uint32_t)input);
        cpu_kick(cpu);
    } else {
        atomic_fetch_and(&cpu->input, ~(uint32_t)input);
    }
}

struct arm_cpu *arm_cpu_new(const struct arm_model *model, unsigned index)
{
    size_t bytes = (sizeof(struct arm_cpu) + 63) & ~(size_t)63;
    struct arm_cpu *cpu = aligned_alloc(64, bytes);
    if (!cpu) {
        g_error("no memory for a CPU");
    }
    memset(cpu, 0, bytes);
    cpu->cpu.frontend = arm_frontend_of(model);
    cpu->cpu.index = index;
    cpu->model = model;
    cpu->has_el2 = model->el2;
    cpu->has_el3 = model->el3;
    cpu->mpidr = 1u << 31 | (index / 8) << 8 | index % 8;
    cpu->port.cpu = cpu;
    cpu->port.set_input = port_set_input;
    arm_reset(&cpu->cpu);
    return cpu;
}

void arm_cpu_free(struct arm_cpu *cpu)
{
    if (!cpu) {
        return;
    }
    arm_decoder_free(cpu->decoder_a64);
    arm_decoder_free(cpu->decoder_a32);
    arm_decoder_free(cpu->decoder_t32);
    arm_decoder_free(cpu->decoder_t16);
    for (unsigned n = 0; n < ARM_TIMER_COUNT; n++) {
        if (cpu->timer[n]) {
            timer_free(cpu->timer[n]);
        }
    }
    if (cpu->pmu_timer) {
        timer_free(cpu->pmu_timer);
    }
    if (cpu->event_timer) {
        timer_free(cpu->event_timer);
    }
    g_free(cpu->sysregs);
    free(cpu);
}

void arm_dump(struct cpu *base, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned count = cpu->aarch64 ? 31 : 15;
    for (unsigned n = 0; n < count; n++) {
        g_string_append_printf(out, cpu->aarch64 ? "X%02u=%016" PRIx64 "%c" : "R%02u=%08" PRIx64 "%c", n, cpu->x[n],
                               n % 4 == 3 ? '\n' : ' ');
    }
    if (cpu->aarch64) {
        g_string_append_printf(out, "SP=%016" PRIx64 "\n", cpu->x[31]);
    }
    g_string_append_printf(out, "PC=%016" PRIx64 " PSTATE=%08x EL%u %s mode=%08x%s\n", base->pc, arm_cpsr_get(cpu), cpu->el,
                           cpu->aarch64 ? "AArch64" : "AArch32", base->mode, base->halted ? " halted" : "");
}
