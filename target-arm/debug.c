/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug (Arm ARM D2): software step, breakpoints on addresses, watchpoints.
 *
 * Step and breakpoints make units of one instruction that call helper `before`; watchpoints mark pages in the TLB,
 * whose slow
 * path asks arm_watch. Linked and context breakpoints are not matched.
 */
#include "target-arm/helpers.h"
#include "target-arm/system.h"

/* The level that takes debug exceptions. */
static unsigned debug_el(const struct arm_cpu *cpu)
{
    bool routed = cpu->has_el2 && !arm_is_secure(cpu) && (cpu->mdcr[EL2] & MDCR_TDE || arm_hcr(cpu) & HCR_TGE);
    return routed ? EL2 : EL1;
}

/* Debug exceptions are enabled at this level (D2.4). */
bool arm_debug_enabled(const struct arm_cpu *cpu)
{
    unsigned target = debug_el(cpu);
    if (!cpu->aarch64 && !arm_el_is_aa64(cpu, target)) {
        return !(cpu->osdlr & 1) && !(cpu->oslsr & 2) && cpu->el != EL2;    /* AArch32.GenerateDebugExceptionsFrom: at PL1, too */
    }
    if (cpu->osdlr & 1 || cpu->oslsr & 2 || cpu->el > target || (arm_is_secure(cpu) && cpu->el != EL0 && cpu->has_el3 &&
                                                               cpu->mdcr[EL3] >> 16 & 1)) {
        return false;
    }
    if (cpu->el == target) {
        return cpu->aarch64 && cpu->mdscr & MDSCR_KDE && !(cpu->daif & PSTATE_D);
    }
    return true;
}

bool arm_step_active(const struct arm_cpu *cpu)
{
    return cpu->mdscr & MDSCR_SS && arm_el_is_aa64(cpu, debug_el(cpu)) && arm_debug_enabled(cpu);
}

bool arm_breakpoints_on(const struct arm_cpu *cpu)
{
    if (!(cpu->mdscr & MDSCR_MDE) || !arm_debug_enabled(cpu)) {
        return false;
    }
    for (unsigned n = 0; n < 6; n++) {
        if (cpu->dbgbcr[n] & 1) {
            return true;
        }
    }
    return false;
}

/* PMC or PAC, HMC, SSC against the present level (D2.9.3). */
static bool level_matches(const struct arm_cpu *cpu, uint64_t control)
{
    unsigned privilege = control >> 1 & 3;
    bool higher = control >> 13 & 1;
    switch (cpu->el == EL3 && !cpu->aarch64 ? EL1 : cpu->el) {
    case EL0: return privilege & 2;
    case EL1: return privilege & 1;
    case EL2: return higher;
    default:  return higher && privilege != 0;
    }
}

static bool breakpoint_hit(const struct arm_cpu *cpu, uint64_t pc)
{
    for (unsigned n = 0; n < 6; n++) {
        uint64_t control = cpu->dbgbcr[n];
        bool address = (control >> 20 & 0xf) < 2;
        if (!(control & 1) || !address || !level_matches(cpu, control)) {
            continue;
        }
        unsigned select = control >> 5 & 0xf, offset = pc & 3;
        uint64_t value = cpu->aarch64 ? cpu->dbgbvr[n] << 15 >> 15 : (uint32_t)cpu->dbgbvr[n];
        uint64_t at = cpu->aarch64 ? pc << 15 >> 15 : pc;
        if ((at & ~3ull) == (value & ~3ull) && select >> offset & 1) {
            return true;
        }
    }
    return false;
}

static uint32_t debug_fsr32(const struct arm_cpu *cpu, bool write)
{
    return arm_fault_fsr32(cpu, &(struct arm_fault){ .kind = FAULT_DEBUG }, write);
}

uint64_t helper_arm_before(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (base->mode & MODE_STEP && !cpu->step_bit) {
        enum { ISV = 1 << 24, EX = 1 << 6 };
        const uint32_t stepped = cpu->stepped ? ISV | (cpu->stepped_exclusive ? EX : 0) : 0;
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_STEP, .iss = stepped | 0x22,
            .target_el = (uint8_t)debug_el(cpu) });
    }
    if (base->mode & MODE_BREAK && breakpoint_hit(cpu, base->pc)) {
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_BRK, .iss = 0x22, .target_el = (uint8_t)debug_el(cpu),
            .fsr32 = debug_fsr32(cpu, false) });
    }
    if (base->mode & MODE_IL) {
        arm_raise_ec(cpu, EC_ILLEGAL, 0, 4);
    }
    return 0;
}

uint64_t helper_arm_step_done(struct cpu *base, uint64_t exclusive)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    cpu->step_bit = false;
    cpu->stepped = true;
    cpu->stepped_exclusive = exclusive;
    return 0;
}

/* ---- watchpoints ---- */

static uint64_t watch_mask(uint64_t control)
{
    unsigned bits = control >> 24 & 0x1f;
    return bits >= 3 ? (1ull << bits) - 1 : 7;
}

bool arm_page_watched(const struct arm_cpu *cpu, uint64_t page)
{
    if (!(cpu->mdscr & MDSCR_MDE)) {
        return false;
    }
    for (unsigned n = 0; n < 4; n++) {
        uint64_t mask = watch_mask(cpu->dbgwcr[n]) | 0xfff;
        if (cpu->dbgwcr[n] & 1 && ((cpu->dbgwvr[n] ^ page) & ~mask) == 0) {
            return true;
        }
    }
    return false;
}

static bool watch_matches(const struct arm_cpu *cpu, unsigned n, uint64_t address, unsigned bytes,
    enum mmu_access access)
{
    uint64_t control = cpu->dbgwcr[n], value = cpu->dbgwvr[n] & ~7ull, mask = watch_mask(control);
    unsigned kind = control >> 3 & 3, select = control >> 5 & 0xff;
    if (!(control & 1) || !(kind & (access == MMU_WRITE ? 2 : 1)) || !level_matches(cpu, control)) {
        return false;
    }
    if (mask > 7) {
        return ((address ^ value) & ~mask) == 0 || ((address + bytes - 1) ^ value) < mask;
    }
    for (unsigned i = 0; i < 8; i++) {
        if (select >> i & 1 && value + i >= address && value + i < address + bytes) {
            return true;
        }
    }
    return false;
}

void arm_watch(struct cpu *base, uint64_t linear, unsigned bytes, enum mmu_access access)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (!(cpu->mdscr & MDSCR_MDE) || !arm_debug_enabled(cpu)) {
        return;
    }
    for (unsigned n = 0; n < 4; n++) {
        if (watch_matches(cpu, n, linear, bytes, access)) {
            arm_raise(cpu, &(struct arm_exception){
                .ec = EC_WATCH, .iss = 0x22 | (access == MMU_WRITE ? 1 << 6 : 0), .far = linear, .has_far = true,
                .fsr32 = debug_fsr32(cpu, access == MMU_WRITE),
                .target_el = (uint8_t)debug_el(cpu) });
        }
    }
}
