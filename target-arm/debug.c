/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug (Arm ARM D2): software step, breakpoints on addresses and contexts, watchpoints, vector catch.
 *
 * Step and breakpoints make units of one instruction that call helper `before`; watchpoints mark pages in the TLB,
 * whose slow path asks arm_watch. A watchpoint for unprivileged accesses does not see those of LDTR and LDRT.
 */
#include "target-arm/cp.h"
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

/* ---- breakpoints: six, the last two of which compare contexts (ID_AA64DFR0.CTX_CMPs) ---- */

enum { BREAKPOINTS = 6, FIRST_CONTEXT = 4, BT_LINKED = 1, BT_CONTEXTIDR = 2, BT_MISMATCH = 4, BT_VMID = 8 };

static unsigned breakpoint_type(uint64_t control) { return control >> 20 & 0xf; }
static bool is_address(unsigned type) { return !(type & (BT_CONTEXTIDR | BT_VMID)); }

bool arm_breakpoints_on(const struct arm_cpu *cpu)
{
    if (!(cpu->mdscr & MDSCR_MDE) || !arm_debug_enabled(cpu)) {
        return false;
    }
    if (cpu->dbgvcr && !cpu->aarch64) {
        return true;
    }
    for (unsigned n = 0; n < BREAKPOINTS; n++) {
        const unsigned type = breakpoint_type(cpu->dbgbcr[n]);
        if (cpu->dbgbcr[n] & 1 && (is_address(type) || !(type & BT_LINKED))) {
            return true;
        }
    }
    return false;
}

/* HMC, SSC and PMC or PAC against a level, the present one or less, and the security state (AArch64.StateMatch, AArch32.StateMatch). */
static bool state_matches(const struct arm_cpu *cpu, unsigned el, uint64_t control, bool breakpoint)
{
    const unsigned privilege = control >> 1 & 3, state = control >> 14 & 3;
    const bool higher = control >> 13 & 1, secure = arm_is_secure(cpu);
    if ((state == 1 && secure) || (state == 2 && !secure) || (state == 3 && !higher && !secure)) {
        return false;
    }
    if (breakpoint && !cpu->aarch64 && !higher && privilege == 0 && state != 3) {
        return cpu->cpsr_m == ARM_USR || cpu->cpsr_m == ARM_SVC || cpu->cpsr_m == ARM_SYS;
    }
    switch (el == EL3 && !cpu->aarch64 ? EL1 : el) {
    case EL0: return privilege & 2;
    case EL1: return privilege & 1;
    case EL2: return state == 3 || (higher && !(state == 2 && privilege == 0));
    default:  return higher && !(state & 1);
    }
}

/* CONTEXTIDR, VMID or both, at EL1 and EL0. Types with bit 2 compare CONTEXTIDR_EL2 and need VHE. */
static bool context_matches(const struct arm_cpu *cpu, unsigned n)
{
    const unsigned type = breakpoint_type(cpu->dbgbcr[n]);
    if (n < FIRST_CONTEXT || is_address(type) || type & 4 || cpu->el == EL2 || (cpu->el == EL3 && cpu->aarch64)) {
        return false;
    }
    if (type & BT_CONTEXTIDR && (uint32_t)cpu->contextidr[arm_cp_bank(cpu)] != (uint32_t)cpu->dbgbvr[n]) {
        return false;
    }
    return !(type & BT_VMID) ||
        (cpu->has_el2 && !arm_is_secure(cpu) && (cpu->vttbr >> 48 & 0xff) == (cpu->dbgbvr[n] >> 32 & 0xff));
}

/* A breakpoint on an address or a watchpoint that is linked to a context asks for that, too. */
static bool link_matches(const struct arm_cpu *cpu, uint64_t control)
{
    const unsigned link = control >> 16 & 0xf;
    if (!(breakpoint_type(control) & BT_LINKED)) {
        return true;
    }
    return link < BREAKPOINTS && cpu->dbgbcr[link] & 1 && breakpoint_type(cpu->dbgbcr[link]) & BT_LINKED &&
        context_matches(cpu, link);
}

static bool address_matches(const struct arm_cpu *cpu, unsigned n, uint64_t pc)
{
    unsigned select = cpu->dbgbcr[n] >> 5 & 0xf, offset = pc & 3;
    uint64_t value = cpu->aarch64 ? cpu->dbgbvr[n] << 15 >> 15 : (uint32_t)cpu->dbgbvr[n];
    uint64_t at = cpu->aarch64 ? pc << 15 >> 15 : pc;
    return (at & ~3ull) == (value & ~3ull) && select >> offset & 1;
}

static bool breakpoint_matches(const struct arm_cpu *cpu, unsigned n, uint64_t pc)
{
    const uint64_t control = cpu->dbgbcr[n];
    const unsigned type = breakpoint_type(control);
    if (!(control & 1) || !state_matches(cpu, cpu->el, control, true)) {
        return false;
    }
    if (!is_address(type)) {
        return !(type & BT_LINKED) && context_matches(cpu, n);
    }
    if (type & BT_MISMATCH && (cpu->el != EL0 || arm_el_is_aa64(cpu, debug_el(cpu)))) {
        return false;                       /* steps AArch32's User mode below handlers in AArch32 */
    }
    return address_matches(cpu, n, pc) == !(type & BT_MISMATCH) && link_matches(cpu, control);
}

static bool breakpoint_hit(const struct arm_cpu *cpu, uint64_t pc)
{
    for (unsigned n = 0; n < BREAKPOINTS; n++) {
        if (breakpoint_matches(cpu, n, pc)) {
            return true;
        }
    }
    return false;
}

/* DBGVCR: a fetch from an exception's vector (AArch32.VCRMatch). Those of aborts are not caught
 * at the level that takes the event. */
static bool vector_hit(const struct arm_cpu *cpu, uint64_t pc)
{
    enum { NON_SECURE = 24, MONITOR = 8, VECTORS = 0xde, MONITOR_VECTORS = 0xdc, ABORTS = 0x18181818 };
    if (!cpu->dbgvcr || cpu->aarch64 || arm_el_is_aa64(cpu, EL1) || cpu->el == EL2 || pc & 3) {
        return false;
    }
    const bool secure = arm_is_secure(cpu), banked = cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && secure;
    const unsigned bank = banked ? EL3 : EL1;
    const uint32_t base = cpu->sctlr[bank] & SCTLR_V ? 0xffff0000 : (uint32_t)cpu->vbar[bank], vector = 1u << (pc >> 2 & 7);
    uint32_t caught = 0;
    if (pc >> 5 == base >> 5) {
        caught |= (vector & VECTORS) << (cpu->has_el3 && !secure ? NON_SECURE : 0);
    }
    if (banked && pc >> 5 == (uint32_t)cpu->mvbar >> 5) {
        caught |= (vector & MONITOR_VECTORS) << MONITOR;
    }
    return caught & cpu->dbgvcr & ~(cpu->el != EL0 && debug_el(cpu) != EL2 ? (uint32_t)ABORTS : 0);
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
    const bool hit = base->mode & MODE_BREAK && breakpoint_hit(cpu, base->pc);
    if (hit || (base->mode & MODE_BREAK && vector_hit(cpu, base->pc))) {
        arm_raise(cpu, &(struct arm_exception){ .ec = hit ? EC_BRK : EC_VCATCH, .iss = 0x22, .target_el = (uint8_t)debug_el(cpu),
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

static bool watch_matches(const struct arm_cpu *cpu, unsigned n, uint64_t address, unsigned bytes, enum mmu_access access, unsigned el)
{
    uint64_t control = cpu->dbgwcr[n], value = cpu->dbgwvr[n] & ~7ull, mask = watch_mask(control);
    unsigned kind = control >> 3 & 3, select = control >> 5 & 0xff;
    if (!(control & 1) || !(kind & (access == MMU_WRITE ? 2 : 1)) || !state_matches(cpu, el, control, false) ||
        !link_matches(cpu, control)) {
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

/* Those of LDTR and STTR have the rights of EL0 for watchpoints, too. */
void arm_watch(struct cpu *base, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (!(cpu->mdscr & MDSCR_MDE) || !arm_debug_enabled(cpu)) {
        return;
    }
    const unsigned el = mmu == ARM_MMU_EL0 ? EL0 : cpu->el;
    for (unsigned n = 0; n < 4; n++) {
        if (watch_matches(cpu, n, linear, bytes, access, el)) {
            arm_raise(cpu, &(struct arm_exception){
                .ec = EC_WATCH, .iss = 0x22 | (access == MMU_WRITE ? 1 << 6 : 0), .far = linear, .has_far = true,
                .fsr32 = debug_fsr32(cpu, access == MMU_WRITE),
                .target_el = (uint8_t)debug_el(cpu) });
        }
    }
}
