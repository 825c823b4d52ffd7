/* SPDX-License-Identifier: MIT */
/*
 * AArch32 system registers of coprocessor 15, but for timers, performance monitors and debug (cp15_more.c, cp14.c): Arm ARM G8.2,
 * Cortex-A15 TRM chapter 4.
 *
 * Caches are not modelled: maintenance does nothing but check who asks. TEX remap, memory types and lockdown registers keep what
 * is written.
 */
#include <stdatomic.h>
#include "target-arm/cp.h"
#include "target-arm/helpers.h"
#include "target-arm/sysreg.h"

#define FIELD(name) ((int)offsetof(struct arm_cpu, name))
#define PLAIN(enc, nm, acc, fl, field) { enc, nm, acc, fl, ARM_FEATURE_NONE, FIELD(field), 0, NULL, NULL }
#define WITH(enc, nm, acc, fl, field, wr) { enc, nm, acc, fl, ARM_FEATURE_NONE, FIELD(field), 0, NULL, wr }
#define CALLS(enc, nm, acc, rd, wr) { enc, nm, acc, 0, ARM_FEATURE_NONE, -1, 0, rd, wr }
#define FIXED(enc, nm, acc, value) { enc, nm, acc, 0, ARM_FEATURE_NONE, -1, value, NULL, NULL }
#define NOTHING(enc, nm, acc) FIXED(enc, nm, acc, 0)

/* ---- identification ---- */

static uint64_t read_midr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return cpu->has_el2 && cpu->el == EL1 && !arm_is_secure(cpu) ? cpu->vpidr : cpu->model->ids.midr;
}

static uint64_t read_mpidr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return (uint32_t)(cpu->has_el2 && cpu->el == EL1 && !arm_is_secure(cpu) ? cpu->vmpidr : cpu->mpidr);
}

/* constant: offset of a uint32_t in struct arm_ids */
static uint64_t read_id(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    return *(const uint32_t *)((const uint8_t *)&cpu->model->ids + reg->constant);
}

static uint64_t read_ccsidr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    const uint64_t selected = cpu->csselr[arm_cp_bank(cpu)];
    return selected < G_N_ELEMENTS(cpu->model->ids.ccsidr) ? cpu->model->ids.ccsidr[selected] : 0;
}

static void write_csselr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *arm_cp_field(cpu, reg) = value & 0xf;
}

/* Of CRn 0 with opc1 0; CRm and opc2 are in the encoding. */
static uint64_t read_feature(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    return arm_id_register(cpu, reg->encoding >> 4 & 15, reg->encoding & 7);
}

#define ID(crm, op, nm) CALLS(CP32(15, 0, 0, crm, op), nm, CP_R1, read_feature, NULL)

/* ---- control ---- */

static void write_field(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    uint64_t *field = arm_cp_field(cpu, reg);
    *field = reg->flags & CP_WIDE ? (*field & ~0xffffffffull) | (uint32_t)value : value;
}

static void write_flush(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    if (*arm_cp_field(cpu, reg) != value) {
        write_field(cpu, reg, value);
        arm_flush_all(cpu);
    }
}

static void write_sctlr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const uint64_t changed = *arm_cp_field(cpu, reg) ^ value;
    *arm_cp_field(cpu, reg) = value;
    if (changed & (SCTLR_M | SCTLR_AFE | SCTLR_TRE | SCTLR_EE | SCTLR_WXN | SCTLR_UWXN))
        arm_flush_all(cpu);
    arm_update_mode(cpu);
}

static void write_mode(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *arm_cp_field(cpu, reg) = value;
    arm_update_mode(cpu);
}

/* A change of world: all that depends on the security state. */
static void write_scr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    (void)reg;
    /* SIF to NS; with the Virtualization Extensions HCE and SCD; of Armv8 TWE and TWI */
    cpu->scr = value & (0x27f | (cpu->has_el2 ? SCR_HCE | SCR_SMD : 0) | (arm_has(cpu, ARM_V8) ? SCR_TWI | SCR_TWE : 0));
    arm_flush_all(cpu);
    arm_update_mode(cpu);
}

static void write_hcr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const unsigned shift = reg->flags & CP_HIGH ? 32 : 0;
    cpu->hcr = (cpu->hcr & ~(0xffffffffull << shift)) | (uint64_t)(uint32_t)value << shift;
    arm_flush_all(cpu);
    arm_update_mode(cpu);
}

static uint64_t read_nsacr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return cpu->has_el3 ? cpu->nsacr : 0xc00;
}

static void write_cpacr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    (void)reg;
    cpu->cpacr = value & 0xc0f00000;
    arm_update_mode(cpu);
}

/* ---- translation tables ---- */

/* Short descriptors: the ASID is in CONTEXTIDR; LPAE: in TTBR0 or TTBR1. */
static void write_ttbr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const uint64_t before = *arm_cp_field(cpu, reg);
    write_field(cpu, reg, value);
    if (before != *arm_cp_field(cpu, reg))
        arm_space_changed(cpu);
}

static void write_contextidr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const uint64_t changed = *arm_cp_field(cpu, reg) ^ value;
    *arm_cp_field(cpu, reg) = value;
    if (changed & 0xff)
        arm_space_changed(cpu);
}

static void write_dacr(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    if (*arm_cp_field(cpu, reg) != value) {
        *arm_cp_field(cpu, reg) = value;
        arm_domains_changed(cpu);
    }
}

/* DFAR is the low half of FAR_EL1; IFAR its high half in AArch64's eyes, kept apart here. */
static void write_low(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    uint64_t *field = arm_cp_field(cpu, reg);
    *field = (*field & ~0xffffffffull) | (uint32_t)value;
}

static uint64_t read_high(struct arm_cpu *cpu, const struct cp_reg *reg) { return *arm_cp_field(cpu, reg) >> 32; }

static void write_high(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    uint64_t *field = arm_cp_field(cpu, reg);
    *field = (*field & 0xffffffff) | value << 32;
}

/* ---- address translation: ATS1C.., ATS12NSO.. ---- */

enum { PAR_F = 1 };

/* constant: bit 0 write, bit 1 user, bit 2 stage 2 too, bit 3 Hyp */
static uint64_t *par_of(struct arm_cpu *cpu) { return arm_cp_bank(cpu) == EL3 ? &cpu->par_secure : &cpu->par; }

static void write_ats(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    uint64_t *par = par_of(cpu);
    const enum mmu_access access = reg->constant & 1 ? MMU_WRITE : MMU_READ;
    const unsigned regime = reg->constant & 8 ? EL2 : arm_cp_bank(cpu);
    const unsigned mmu = reg->constant & 8 ? ARM_MMU_EL2 : reg->constant & 2 ? ARM_MMU_EL0 : regime == EL3 ? ARM_MMU_EL3 : ARM_MMU_EL1;
    struct arm_page page = { 0 };
    struct arm_fault fault = { 0 };
    const bool lpae = arm_uses_lpae(cpu, regime) || reg->constant & 12;
    const bool found = reg->constant & 4 ? arm_lookup(cpu, (uint32_t)value, access, mmu, &page, &fault)
                                         : arm_lookup_stage1(cpu, (uint32_t)value, access, mmu, &page, &fault);
    if (!found) {
        arm_at_refused(cpu, (uint32_t)value, &fault);
    }
    if (lpae && found) {
        *par = arm_page_par(&page);
    } else if (lpae) {
        *par = PAR_F | arm_fault_status(&fault) << 1 | (fault.s1ptw ? 1u << 8 : 0) | (fault.stage2 ? 1u << 9 : 0) | 1u << 11;
    } else if (found) {
        const bool super = page.size == 1 << 24;
        *par = super ? (page.physical & 0xff000000) | (page.physical >> 32 & 0xff) << 16 | 2 : page.physical & 0xfffff000;
        *par |= page.secure || !cpu->has_el3 ? 0 : 1u << 9;
    } else {
        const uint32_t fsr = arm_fault_fsr32(cpu, &fault, false);
        *par = PAR_F | (fsr & 0xf) << 1 | (fsr >> 10 & 1) << 5 | (fsr >> 12 & 1) << 6;
    }
}

static void write_par(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *par_of(cpu) = reg->encoding >> 31 ? value : (uint32_t)value;
}

static uint64_t read_par(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return *par_of(cpu);
}

#define ATS(op, nm, acc, what) { CP32(15, 0, 7, 8, op), nm, acc, 0, ARM_FEATURE_NONE, -1, what, NULL, write_ats }

/* ---- TLB maintenance. constant: bit 0 inner shareable (all CPUs), bit 1 by address, bit 2 by ASID ---- */

/* Addresses beyond both ends of 32 bits are other names of the first and last pages: see a32_mem.c. */
static void flush_page(struct arm_cpu *cpu, uint32_t address)
{
    arm_flush_address(cpu, address);
    if (address < 0x2000) {
        arm_flush_address(cpu, address + (1ull << 32));
    } else if (address >= 0xffffe000) {
        arm_flush_address(cpu, address | ~0xffffffffull);
    }
}

static void write_tlbi(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    const bool everywhere = reg->constant & 1 || (arm_hcr(cpu) >> 9 & 1 && cpu->el == EL1);     /* HCR.FB */
    if (reg->constant & 2) {
        flush_page(cpu, (uint32_t)value & ~0xfffu);
    } else if (reg->constant & 4) {
        arm_flush_space(cpu, value & 0xff);
    } else {
        arm_flush_all(cpu);
    }
    if (everywhere) {
        arm_flush_others(cpu);
    }
}

#define TLBI(opc1, crm, op, nm, acc, what) { CP32(15, opc1, 8, crm, op), nm, acc, 0, ARM_FEATURE_NONE, -1, what, NULL, write_tlbi }
#define TLBI_GROUP(crm, prefix, suffix, is) \
    TLBI(0, crm, 0, prefix "ALL" suffix, CP_W1, is), TLBI(0, crm, 1, prefix "MVA" suffix, CP_W1, 2 | is), \
    TLBI(0, crm, 2, prefix "ASID" suffix, CP_W1, 4 | is)
#define TLBI_MORE(crm, suffix, is) \
    TLBI(0, crm, 3, "TLBIMVAA" suffix, CP_W1, 2 | is), TLBI(0, crm, 5, "TLBIMVAL" suffix, CP_W1, 2 | is), \
    TLBI(0, crm, 7, "TLBIMVAAL" suffix, CP_W1, 2 | is), TLBI(4, crm, 0, "TLBIALLH" suffix, CP_W2, is), \
    TLBI(4, crm, 1, "TLBIMVAH" suffix, CP_W2, 2 | is), TLBI(4, crm, 4, "TLBIALLNSNH" suffix, CP_W2, is), \
    TLBI(4, crm, 5, "TLBIMVALH" suffix, CP_W2, 2 | is)

/* ---- threads: one set for all security states but Secure PL1 of an AArch32 EL3 ---- */

static uint64_t *thread_register(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    const bool banked = arm_cp_bank(cpu) == EL3;
    switch (reg->constant) {
    case 2:  return banked ? &cpu->tpidrurw[EL3] : &cpu->tpidr[EL0];
    case 3:  return banked ? &cpu->tpidruro[EL3] : &cpu->tpidrro;
    default: return banked ? &cpu->tpidrprw[EL3] : &cpu->tpidr[EL1];
    }
}

static uint64_t read_thread(struct arm_cpu *cpu, const struct cp_reg *reg) { return (uint32_t)*thread_register(cpu, reg); }
static void write_thread(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value) { *thread_register(cpu, reg) = value; }
#define THREAD(op, nm, acc) { CP32(15, 0, 13, 0, op), nm, acc, 0, ARM_FEATURE_NONE, -1, op, read_thread, write_thread }

/* Bits A 8, I 7, F 6 of pending exceptions; with HCR.IMO and FMO the virtual ones. */
static uint64_t read_isr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    const uint32_t input = atomic_load(&cpu->cpu.input);
    const uint64_t hcr = cpu->el < EL2 ? arm_hcr(cpu) : 0;
    (void)reg;
    const bool irq = hcr & HCR_IMO ? input & CPU_INPUT_VIRQ || hcr & HCR_VI : input & CPU_INPUT_IRQ;
    const bool fiq = hcr & HCR_FMO ? input & CPU_INPUT_VFIQ || hcr & HCR_VF : input & CPU_INPUT_FIQ;
    return (irq ? 1u << 7 : 0) | (fiq ? 1u << 6 : 0);
}

static void write_vbar(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    *arm_cp_field(cpu, reg) = value & ~0x1full;
}

static uint64_t read_cbar(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return (cpu->board.cbar & 0xffff8000) | (cpu->board.cbar >> 32 & 0xff);
}

static uint64_t read_l2ctlr(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    (void)reg;
    return cpu->implementation[0];
}

static void barrier(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    (void)reg;
    (void)value;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    helper_arm_dsb(&cpu->cpu);
}

#define CACHE(crm, op, nm) NOTHING(CP32(15, 0, 7, crm, op), nm, CP_W1)
static const struct cp_reg regs[] = {
    CALLS(CP32(15, 0, 0, 0, 0), "MIDR", CP_R1, read_midr, NULL),
    CALLS(CP32(15, 0, 0, 0, 4), "MIDR", CP_R1, read_midr, NULL),
    CALLS(CP32(15, 0, 0, 0, 7), "MIDR", CP_R1, read_midr, NULL),
    { CP32(15, 0, 0, 0, 1), "CTR", CP_R1, 0, ARM_FEATURE_NONE, -1, offsetof(struct arm_ids, ctr), read_id, NULL },
    NOTHING(CP32(15, 0, 0, 0, 2), "TCMTR", CP_R1),
    NOTHING(CP32(15, 0, 0, 0, 3), "TLBTR", CP_R1),
    CALLS(CP32(15, 0, 0, 0, 5), "MPIDR", CP_R1, read_mpidr, NULL),
    ID(0, 6, "REVIDR"),
    ID(1, 0, "ID_PFR0"), ID(1, 1, "ID_PFR1"), ID(1, 2, "ID_DFR0"), ID(1, 3, "ID_AFR0"),
    ID(1, 4, "ID_MMFR0"), ID(1, 5, "ID_MMFR1"), ID(1, 6, "ID_MMFR2"),
    ID(1, 7, "ID_MMFR3"), ID(2, 0, "ID_ISAR0"), ID(2, 1, "ID_ISAR1"),
    ID(2, 2, "ID_ISAR2"), ID(2, 3, "ID_ISAR3"), ID(2, 4, "ID_ISAR4"),
    ID(2, 5, "ID_ISAR5"), ID(2, 6, "ID_MMFR4"), ID(2, 7, "ID_ISAR6"),
    NOTHING(CP32(15, 0, 0, 3, 0), "reserved", CP_R1), NOTHING(CP32(15, 0, 0, 3, 1), "reserved", CP_R1),
    NOTHING(CP32(15, 0, 0, 3, 2), "reserved", CP_R1), NOTHING(CP32(15, 0, 0, 3, 3), "reserved", CP_R1),
    ID(3, 4, "ID_PFR2"),
    CALLS(CP32(15, 1, 0, 0, 0), "CCSIDR", CP_R1, read_ccsidr, NULL),
    { CP32(15, 1, 0, 0, 1), "CLIDR", CP_R1, 0, ARM_FEATURE_NONE, -1, offsetof(struct arm_ids, clidr), read_id, NULL },
    NOTHING(CP32(15, 1, 0, 0, 7), "AIDR", CP_R1),
    WITH(CP32(15, 2, 0, 0, 0), "CSSELR", CP_RW1, CP_BANKED, csselr, write_csselr),
    PLAIN(CP32(15, 4, 0, 0, 0), "VPIDR", CP_RW2, 0, vpidr),
    PLAIN(CP32(15, 4, 0, 0, 5), "VMPIDR", CP_RW2, 0, vmpidr),

    WITH(CP32(15, 0, 1, 0, 0), "SCTLR", CP_RW1, CP_BANKED | CP_VM, sctlr, write_sctlr),
    PLAIN(CP32(15, 0, 1, 0, 1), "ACTLR", CP_RW1, CP_BANKED, actlr),
    WITH(CP32(15, 0, 1, 0, 2), "CPACR", CP_RW1, 0, cpacr, write_cpacr),
    WITH(CP32(15, 0, 1, 1, 0), "SCR", CP_RW3, 0, scr, write_scr),
    PLAIN(CP32(15, 0, 1, 1, 1), "SDER", CP_RW3, 0, sder),
    { CP32(15, 0, 1, 1, 2), "NSACR", CP_R1 | CP_RW3, 0, ARM_FEATURE_NONE, FIELD(nsacr), 0, read_nsacr, write_mode },
    WITH(CP32(15, 4, 1, 0, 0), "HSCTLR", CP_RW2, 0, sctlr[EL2], write_sctlr),
    PLAIN(CP32(15, 4, 1, 0, 1), "HACTLR", CP_RW2, 0, actlr[EL2]),
    WITH(CP32(15, 4, 1, 1, 0), "HCR", CP_RW2, 0, hcr, write_hcr),
    WITH(CP32(15, 4, 1, 1, 1), "HDCR", CP_RW2, 0, mdcr[EL2], write_mode),
    WITH(CP32(15, 4, 1, 1, 2), "HCPTR", CP_RW2, 0, cptr[EL2], write_mode),
    PLAIN(CP32(15, 4, 1, 1, 3), "HSTR", CP_RW2, 0, hstr),
    { CP32(15, 4, 1, 1, 4), "HCR2", CP_RW2, CP_HIGH, ARM_V8, FIELD(hcr), 0, read_high, write_hcr },
    PLAIN(CP32(15, 4, 1, 1, 7), "HACR", CP_RW2, 0, hacr),

    WITH(CP32(15, 0, 2, 0, 0), "TTBR0", CP_RW1, CP_BANKED | CP_VM | CP_WIDE, ttbr0, write_ttbr),
    WITH(CP32(15, 0, 2, 0, 1), "TTBR1", CP_RW1, CP_BANKED | CP_VM | CP_WIDE, ttbr1, write_ttbr),
    WITH(CP32(15, 0, 2, 0, 2), "TTBCR", CP_RW1, CP_BANKED | CP_VM | CP_WIDE, tcr, write_flush),
    { CP64(15, 0, 2), "TTBR0", CP_RW1, CP_BANKED | CP_VM, ARM_LPAE, FIELD(ttbr0), 0, NULL, write_ttbr },
    { CP64(15, 1, 2), "TTBR1", CP_RW1, CP_BANKED | CP_VM, ARM_LPAE, FIELD(ttbr1), 0, NULL, write_ttbr },
    WITH(CP32(15, 4, 2, 0, 2), "HTCR", CP_RW2, 0, tcr[EL2], write_flush),
    WITH(CP32(15, 4, 2, 1, 2), "VTCR", CP_RW2, 0, vtcr, write_flush),
    WITH(CP64(15, 4, 2), "HTTBR", CP_RW2, 0, ttbr0[EL2], write_flush),
    WITH(CP64(15, 6, 2), "VTTBR", CP_RW2, 0, vttbr, write_flush),
    WITH(CP32(15, 0, 3, 0, 0), "DACR", CP_RW1, CP_BANKED | CP_VM, dacr, write_dacr),

    PLAIN(CP32(15, 0, 5, 0, 0), "DFSR", CP_RW1, CP_BANKED | CP_VM, dfsr),
    PLAIN(CP32(15, 0, 5, 0, 1), "IFSR", CP_RW1, CP_BANKED | CP_VM, ifsr),
    PLAIN(CP32(15, 0, 5, 1, 0), "ADFSR", CP_RW1, CP_BANKED | CP_VM, afsr0),
    PLAIN(CP32(15, 0, 5, 1, 1), "AIFSR", CP_RW1, CP_BANKED | CP_VM, afsr1),
    PLAIN(CP32(15, 4, 5, 1, 0), "HADFSR", CP_RW2, 0, afsr0[EL2]),
    PLAIN(CP32(15, 4, 5, 1, 1), "HAIFSR", CP_RW2, 0, afsr1[EL2]),
    PLAIN(CP32(15, 4, 5, 2, 0), "HSR", CP_RW2, 0, esr[EL2]),
    WITH(CP32(15, 0, 6, 0, 0), "DFAR", CP_RW1, CP_BANKED | CP_VM, far, write_low),
    PLAIN(CP32(15, 0, 6, 0, 2), "IFAR", CP_RW1, CP_BANKED | CP_VM, ifar),
    WITH(CP32(15, 4, 6, 0, 0), "HDFAR", CP_RW2, 0, far[EL2], write_low),
    PLAIN(CP32(15, 4, 6, 0, 2), "HIFAR", CP_RW2, 0, ifar[EL2]),
    PLAIN(CP32(15, 4, 6, 0, 4), "HPFAR", CP_RW2, 0, hpfar),

    NOTHING(CP32(15, 0, 7, 0, 4), "WFI (ARMv6)", CP_W1),
    CACHE(1, 0, "ICIALLUIS"), CACHE(1, 6, "BPIALLIS"), CACHE(5, 0, "ICIALLU"), CACHE(5, 1, "ICIMVAU"), CACHE(5, 6, "BPIALL"),
    CACHE(5, 7, "BPIMVA"), CACHE(6, 1, "DCIMVAC"), CACHE(6, 2, "DCISW"), CACHE(10, 1, "DCCMVAC"), CACHE(10, 2, "DCCSW"),
    CACHE(11, 1, "DCCMVAU"), CACHE(13, 1, "prefetch"), CACHE(14, 1, "DCCIMVAC"), CACHE(14, 2, "DCCISW"),
    CALLS(CP32(15, 0, 7, 5, 4), "CP15ISB", CP_W0 | CP_W1, NULL, barrier),
    CALLS(CP32(15, 0, 7, 10, 4), "CP15DSB", CP_W0 | CP_W1, NULL, barrier),
    CALLS(CP32(15, 0, 7, 10, 5), "CP15DMB", CP_W0 | CP_W1, NULL, barrier),
    CALLS(CP32(15, 0, 7, 4, 0), "PAR", CP_RW1, read_par, write_par),
    CALLS(CP64(15, 0, 7), "PAR", CP_RW1, read_par, write_par),
    ATS(0, "ATS1CPR", CP_W1, 0), ATS(1, "ATS1CPW", CP_W1, 1), ATS(2, "ATS1CUR", CP_W1, 2), ATS(3, "ATS1CUW", CP_W1, 3),
    ATS(4, "ATS12NSOPR", CP_W2 | CP_W3, 4), ATS(5, "ATS12NSOPW", CP_W2 | CP_W3, 5), ATS(6, "ATS12NSOUR", CP_W2 | CP_W3, 6),
    ATS(7, "ATS12NSOUW", CP_W2 | CP_W3, 7),
    { CP32(15, 4, 7, 8, 0), "ATS1HR", CP_W2, 0, ARM_FEATURE_NONE, -1, 8, NULL, write_ats },
    { CP32(15, 4, 7, 8, 1), "ATS1HW", CP_W2, 0, ARM_FEATURE_NONE, -1, 9, NULL, write_ats },

    TLBI_GROUP(3, "TLBI", "IS", 1), TLBI_MORE(3, "IS", 1),
    TLBI_GROUP(5, "ITLBI", "", 0), TLBI_GROUP(6, "DTLBI", "", 0), TLBI_GROUP(7, "TLBI", "", 0), TLBI_MORE(7, "", 0),
    TLBI(4, 0, 1, "TLBIIPAS2IS", CP_W2, 1), TLBI(4, 0, 5, "TLBIIPAS2LIS", CP_W2, 1),
    TLBI(4, 4, 1, "TLBIIPAS2", CP_W2, 0), TLBI(4, 4, 5, "TLBIIPAS2L", CP_W2, 0),

    { CP32(15, 1, 9, 0, 2), "L2CTLR", CP_RW1, 0, ARM_FEATURE_NONE, FIELD(implementation[0]), 0, read_l2ctlr, NULL },
    PLAIN(CP32(15, 1, 9, 0, 3), "L2ECTLR", CP_RW1, 0, implementation[1]),
    NOTHING(CP32(15, 0, 10, 0, 0), "TLB lockdown", CP_RW1),
    NOTHING(CP32(15, 0, 10, 0, 1), "TLB lockdown", CP_RW1),
    { CP32(15, 0, 10, 2, 0), "PRRR", CP_RW1, CP_BANKED | CP_VM | CP_WIDE, ARM_FEATURE_NONE, FIELD(mair), 0, NULL, write_flush },
    { CP32(15, 0, 10, 2, 1), "NMRR", CP_RW1, CP_BANKED | CP_VM | CP_HIGH, ARM_FEATURE_NONE, FIELD(mair), 0, read_high, write_high },
    WITH(CP32(15, 0, 10, 3, 0), "AMAIR0", CP_RW1, CP_BANKED | CP_VM, amair, write_low),
    { CP32(15, 0, 10, 3, 1), "AMAIR1", CP_RW1, CP_BANKED | CP_VM, ARM_FEATURE_NONE, FIELD(amair), 0, read_high, write_high },
    WITH(CP32(15, 4, 10, 2, 0), "HMAIR0", CP_RW2, 0, mair[EL2], write_low),
    { CP32(15, 4, 10, 2, 1), "HMAIR1", CP_RW2, 0, ARM_FEATURE_NONE, FIELD(mair[EL2]), 0, read_high, write_high },
    WITH(CP32(15, 4, 10, 3, 0), "HAMAIR0", CP_RW2, 0, amair[EL2], write_low),
    { CP32(15, 4, 10, 3, 1), "HAMAIR1", CP_RW2, 0, ARM_FEATURE_NONE, FIELD(amair[EL2]), 0, read_high, write_high },

    WITH(CP32(15, 0, 12, 0, 0), "VBAR", CP_RW1, CP_BANKED, vbar, write_vbar),
    WITH(CP32(15, 0, 12, 0, 1), "MVBAR", CP_RW3, 0, mvbar, write_vbar),
    CALLS(CP32(15, 0, 12, 1, 0), "ISR", CP_R1, read_isr, NULL),
    WITH(CP32(15, 4, 12, 0, 0), "HVBAR", CP_RW2, 0, vbar[EL2], write_vbar),

    PLAIN(CP32(15, 0, 13, 0, 0), "FCSEIDR", CP_RW1, CP_BANKED, fcse),
    WITH(CP32(15, 0, 13, 0, 1), "CONTEXTIDR", CP_RW1, CP_BANKED | CP_VM, contextidr, write_contextidr),
    THREAD(2, "TPIDRURW", CP_RW0), THREAD(3, "TPIDRURO", CP_R0 | CP_RW1), THREAD(4, "TPIDRPRW", CP_RW1),
    PLAIN(CP32(15, 4, 13, 0, 2), "HTPIDR", CP_RW2, 0, tpidr[EL2]),
    CALLS(CP32(15, 4, 15, 0, 0), "CBAR", CP_R1, read_cbar, NULL),
};
const struct cp_table arm_cp_table_cp15 = { regs, G_N_ELEMENTS(regs) };
