/* SPDX-License-Identifier: MIT */
/*
 * SYS instructions: cache maintenance (there are no caches: rights are checked, nothing else), DC ZVA, address
 * translation,
 * TLB maintenance (Arm ARM C5.3, C5.5, D5.10). By address it is about all ASIDs; VMIDs are not told apart.
 */
#include "target-arm/helpers.h"
#include "target-arm/sysreg.h"
#include "tcg/engine.h"

/* ---- caches ---- */

static void check_uci(struct arm_cpu *cpu)
{
    if (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_UCI)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
}

static void by_set(struct arm_cpu *cpu, uint64_t value)
{
    if (cpu->el == EL1 && arm_hcr(cpu) & HCR_TSW) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static void to_unification(struct arm_cpu *cpu, uint64_t address)
{
    check_uci(cpu);
    if (cpu->el < EL2 && arm_hcr(cpu) & HCR_TPU) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static void to_coherency(struct arm_cpu *cpu, uint64_t address)
{
    check_uci(cpu);
    if (cpu->el < EL2 && arm_hcr(cpu) & HCR_TPC) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static void zero_block(struct arm_cpu *cpu, uint64_t address)
{
    static const uint8_t zeros[64] = { 0 };
    if (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_DZE)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
    if (cpu->el < EL2 && arm_hcr(cpu) & HCR_TDZ) {
        arm_sysreg_trap(cpu, EL2);
    }
    if (arm_data_is_device(cpu, cpu->el)) {
        arm_raise_fault(cpu, &(struct arm_fault){ .kind = FAULT_ALIGNMENT }, address, MMU_WRITE);
    }
    mmu_store_vector(&cpu->cpu, address & ~63ull, zeros, sizeof(zeros), arm_mmu_mode(cpu->cpu.mode));
}

/* ---- address translation ---- */

/* An external abort of the walk is one of the instruction; at EL1 so is a fault of stage 2 in the walk of stage 1 (D8.10.2). */
void arm_at_refused(struct arm_cpu *cpu, uint64_t address, const struct arm_fault *fault)
{
    if (fault->kind == FAULT_EXTERNAL_WALK || (fault->s1ptw && cpu->el == EL1)) {
        struct arm_fault raised = *fault;
        raised.at = true;
        arm_raise_fault(cpu, &raised, address, MMU_WRITE);
    }
}

void arm_at(struct arm_cpu *cpu, uint64_t address, unsigned mmu, bool write, bool both_stages)
{
    struct arm_page page;
    struct arm_fault fault;
    enum mmu_access access = write ? MMU_WRITE : MMU_READ;
    bool found = both_stages ? arm_lookup(cpu, address, access, mmu, &page, &fault)
                             : arm_lookup_stage1(cpu, address, access, mmu, &page, &fault);
    if (found) {
        cpu->par = arm_page_par(&page);
    } else {
        arm_at_refused(cpu, address, &fault);
        cpu->par = 1 | 1 << 11 | arm_fault_status(&fault) << 1 | (fault.stage2 ? 1 << 9 : 0) |
            (fault.s1ptw ? 1 << 8 : 0);
    }
}

static unsigned el1_mmu(const struct arm_cpu *cpu) { return ARM_MMU_EL1; }
static void at_s1e1r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, el1_mmu(cpu), false, false); }
static void at_s1e1w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, el1_mmu(cpu), true, false); }
static void at_s1e0r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL0, false, false); }
static void at_s1e0w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL0, true, false); }
static unsigned pan_mmu(const struct arm_cpu *cpu) { return cpu->pan ? ARM_MMU_EL1_PAN : ARM_MMU_EL1; }
static void at_s1e1rp(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, pan_mmu(cpu), false, false); }
static void at_s1e1wp(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, pan_mmu(cpu), true, false); }
static void at_s1e2r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL2, false, false); }
static void at_s1e2w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL2, true, false); }
static void at_s12e1r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL1, false, true); }
static void at_s12e1w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL1, true, true); }
static void at_s12e0r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL0, false, true); }
static void at_s12e0w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL0, true, true); }
static void at_s1e3r(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL3, false, false); }
static void at_s1e3w(struct arm_cpu *cpu, uint64_t a) { arm_at(cpu, a, ARM_MMU_EL3, true, false); }

/* ---- TLB maintenance ---- */

void arm_flush_all(struct arm_cpu *cpu)
{
    if (cpu->cpu.engine) {
        mmu_flush(&cpu->cpu, false);
        cpu->tagged_entries = false;
        arm_space_changed(cpu);
    }
}

void arm_flush_others(struct arm_cpu *cpu)
{
    engine_flush_others(cpu->cpu.engine, &cpu->cpu);
    cpu->flush_pending = true;
}

static uint64_t page_of(uint64_t value)
{
    return (uint64_t)((int64_t)(value << 20) >> 8);     /* bits 43:0 are VA[55:12], sign-extended */
}

void arm_flush_address(struct arm_cpu *cpu, uint64_t address)
{
    if (cpu->tagged_entries || arm_hcr(cpu) & HCR_VM) {
        arm_flush_all(cpu);         /* stage 2 makes pages smaller than stage 1 says */
    } else {
        mmu_flush_page(&cpu->cpu, address);
    }
}

uint64_t helper_arm_dsb(struct cpu *base)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (cpu->flush_pending) {
        cpu->flush_pending = false;
        engine_settle(base->engine, base);
    }
    return 0;
}

static void check_ttlb(struct arm_cpu *cpu)
{
    if (cpu->el == EL1 && arm_hcr(cpu) & HCR_TTLB) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static void tlbi_all(struct arm_cpu *cpu, uint64_t value)
{
    check_ttlb(cpu);
    arm_flush_all(cpu);
}

static void tlbi_all_is(struct arm_cpu *cpu, uint64_t value)
{
    tlbi_all(cpu, value);
    arm_flush_others(cpu);
}

static void tlbi_asid(struct arm_cpu *cpu, uint64_t value)
{
    check_ttlb(cpu);
    arm_flush_space(cpu, arm_asid(cpu, value));
}

static void tlbi_asid_is(struct arm_cpu *cpu, uint64_t value)
{
    tlbi_asid(cpu, value);
    arm_flush_others(cpu);
}

static void tlbi_va(struct arm_cpu *cpu, uint64_t value)
{
    check_ttlb(cpu);
    arm_flush_address(cpu, page_of(value));
}

static void tlbi_va_is(struct arm_cpu *cpu, uint64_t value)
{
    tlbi_va(cpu, value);
    arm_flush_others(cpu);
}

#define DC(op1, crm, op2, nm, el, fn) SYSREG_DO(op1, 7, crm, op2, nm, el, fn, 0)
#define TLBI(op1, crm, op2, nm, el, fn) SYSREG_DO(op1, 8, crm, op2, "TLBI " nm, el, fn, 0)
static const struct arm_sysreg rows[] = {
    DC(0, 1, 0, "IC IALLUIS", EL1, to_unification), DC(0, 5, 0, "IC IALLU", EL1, to_unification),
    DC(3, 5, 1, "IC IVAU", EL0, to_unification),
    DC(0, 6, 1, "DC IVAC", EL1, to_coherency), DC(0, 6, 2, "DC ISW", EL1, by_set), DC(0, 10, 2, "DC CSW", EL1, by_set),
    DC(0, 14, 2, "DC CISW", EL1, by_set), DC(3, 10, 1, "DC CVAC", EL0, to_coherency),
    DC(3, 11, 1, "DC CVAU", EL0, to_unification),
    DC(3, 12, 1, "DC CVAP", EL0, to_coherency),
    { .encoding = ARM_SYSREG(1, 3, 7, 13, 1), .name = "DC CVADP", .read_el = SYSREG_NEVER, .write_el = EL0, .write = to_coherency,
      .feature = ARM_DPB2 },
    DC(3, 14, 1, "DC CIVAC", EL0, to_coherency),
    DC(3, 4, 1, "DC ZVA", EL0, zero_block),
    DC(0, 8, 0, "AT S1E1R", EL1, at_s1e1r), DC(0, 8, 1, "AT S1E1W", EL1, at_s1e1w),
    DC(0, 8, 2, "AT S1E0R", EL1, at_s1e0r),
    DC(0, 8, 3, "AT S1E0W", EL1, at_s1e0w), DC(4, 8, 0, "AT S1E2R", EL2, at_s1e2r),
    DC(4, 8, 1, "AT S1E2W", EL2, at_s1e2w),
    DC(4, 8, 4, "AT S12E1R", EL2, at_s12e1r), DC(4, 8, 5, "AT S12E1W", EL2, at_s12e1w),
    DC(4, 8, 6, "AT S12E0R", EL2, at_s12e0r),
    DC(4, 8, 7, "AT S12E0W", EL2, at_s12e0w), DC(6, 8, 0, "AT S1E3R", EL3, at_s1e3r),
    DC(6, 8, 1, "AT S1E3W", EL3, at_s1e3w),
    { .encoding = ARM_SYSREG(1, 0, 7, 9, 0), .name = "AT S1E1RP", .read_el = SYSREG_NEVER, .write_el = EL1,
      .write = at_s1e1rp,
      .feature = ARM_PAN },
    { .encoding = ARM_SYSREG(1, 0, 7, 9, 1), .name = "AT S1E1WP", .read_el = SYSREG_NEVER, .write_el = EL1,
      .write = at_s1e1wp,
      .feature = ARM_PAN },
    TLBI(0, 3, 0, "VMALLE1IS", EL1, tlbi_all_is), TLBI(0, 3, 1, "VAE1IS", EL1, tlbi_va_is),
    TLBI(0, 3, 2, "ASIDE1IS", EL1, tlbi_asid_is), TLBI(0, 3, 3, "VAAE1IS", EL1, tlbi_va_is),
    TLBI(0, 3, 5, "VALE1IS", EL1, tlbi_va_is), TLBI(0, 3, 7, "VAALE1IS", EL1, tlbi_va_is),
    TLBI(0, 7, 0, "VMALLE1", EL1, tlbi_all), TLBI(0, 7, 1, "VAE1", EL1, tlbi_va),
    TLBI(0, 7, 2, "ASIDE1", EL1, tlbi_asid),
    TLBI(0, 7, 3, "VAAE1", EL1, tlbi_va), TLBI(0, 7, 5, "VALE1", EL1, tlbi_va), TLBI(0, 7, 7, "VAALE1", EL1, tlbi_va),
    TLBI(4, 0, 1, "IPAS2E1IS", EL2, tlbi_all_is), TLBI(4, 0, 5, "IPAS2LE1IS", EL2, tlbi_all_is),
    TLBI(4, 4, 1, "IPAS2E1", EL2, tlbi_all), TLBI(4, 4, 5, "IPAS2LE1", EL2, tlbi_all),
    TLBI(4, 3, 0, "ALLE2IS", EL2, tlbi_all_is), TLBI(4, 3, 1, "VAE2IS", EL2, tlbi_va_is),
    TLBI(4, 3, 4, "ALLE1IS", EL2, tlbi_all_is),
    TLBI(4, 3, 5, "VALE2IS", EL2, tlbi_va_is), TLBI(4, 3, 6, "VMALLS12E1IS", EL2, tlbi_all_is),
    TLBI(4, 7, 0, "ALLE2", EL2, tlbi_all), TLBI(4, 7, 1, "VAE2", EL2, tlbi_va), TLBI(4, 7, 4, "ALLE1", EL2, tlbi_all),
    TLBI(4, 7, 5, "VALE2", EL2, tlbi_va), TLBI(4, 7, 6, "VMALLS12E1", EL2, tlbi_all),
    TLBI(6, 3, 0, "ALLE3IS", EL3, tlbi_all_is), TLBI(6, 3, 1, "VAE3IS", EL3, tlbi_va_is),
    TLBI(6, 3, 5, "VALE3IS", EL3, tlbi_va_is),
    TLBI(6, 7, 0, "ALLE3", EL3, tlbi_all), TLBI(6, 7, 1, "VAE3", EL3, tlbi_va), TLBI(6, 7, 5, "VALE3", EL3, tlbi_va),
};
SYSREG_TABLE(cache);
