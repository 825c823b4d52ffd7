/* SPDX-License-Identifier: MIT */
/* System registers: control, translation, exceptions, thread ids, hypervisor and monitor (Arm ARM D17.2). */
#include "target-arm/sysreg.h"

static uint64_t current_el(struct arm_cpu *cpu)
{
    return (uint64_t)cpu->el << 2;
}

static uint64_t spsel_get(struct arm_cpu *cpu)
{
    return cpu->spsel;
}

static void spsel_put(struct arm_cpu *cpu, uint64_t value)
{
    arm_sp_switch(cpu, cpu->el, value & 1);
}

static void check_uma(struct arm_cpu *cpu)
{
    if (cpu->el == EL0 && !(cpu->sctlr[EL1] & SCTLR_UMA)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
}

static uint64_t daif_get(struct arm_cpu *cpu)
{
    check_uma(cpu);
    return cpu->daif;
}

static void daif_put(struct arm_cpu *cpu, uint64_t value)
{
    check_uma(cpu);
    cpu->daif = value & PSTATE_DAIF;
}

static uint64_t pan_get(struct arm_cpu *cpu) { return cpu->pan ? PSTATE_PAN : 0; }
static void pan_put(struct arm_cpu *cpu, uint64_t value) { cpu->pan = value & PSTATE_PAN; }
static uint64_t uao_get(struct arm_cpu *cpu) { return cpu->uao ? PSTATE_UAO : 0; }
static void uao_put(struct arm_cpu *cpu, uint64_t value) { cpu->uao = value & PSTATE_UAO; }

static uint64_t dit_get(struct arm_cpu *cpu) { return cpu->dit_ssbs & PSTATE_DIT; }
static void dit_put(struct arm_cpu *cpu, uint64_t value) { cpu->dit_ssbs = (cpu->dit_ssbs & PSTATE_SSBS) | (value & PSTATE_DIT); }
static uint64_t ssbs_get(struct arm_cpu *cpu) { return cpu->dit_ssbs & PSTATE_SSBS; }
static void ssbs_put(struct arm_cpu *cpu, uint64_t value) { cpu->dit_ssbs = (cpu->dit_ssbs & PSTATE_DIT) | (value & PSTATE_SSBS); }

static uint64_t nzcv_get(struct arm_cpu *cpu) { return arm_nzcv_get(cpu); }
static void nzcv_put(struct arm_cpu *cpu, uint64_t value) { arm_nzcv_put(cpu, (uint32_t)value); }

static void check_fp(struct arm_cpu *cpu)
{
    unsigned el = arm_fp_trap_el(cpu);
    if (el <= EL3) {
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_FP_ACCESS, .iss = 0x1e << 20, .target_el = (uint8_t)MAX(el,
            EL1) });
    }
}

static uint64_t fpcr_get(struct arm_cpu *cpu)
{
    check_fp(cpu);
    return cpu->fpcr;
}

static void fpcr_put(struct arm_cpu *cpu, uint64_t value)
{
    check_fp(cpu);
    arm_fpcr_put(cpu, (uint32_t)value);
}

static uint64_t fpsr_get(struct arm_cpu *cpu)
{
    check_fp(cpu);
    return arm_fpsr_get(cpu);
}

static void fpsr_put(struct arm_cpu *cpu, uint64_t value)
{
    check_fp(cpu);
    arm_fpsr_put(cpu, (uint32_t)value);
}

/* Banked stack pointers: the one in use is x[31]. */
static uint64_t sp_get(struct arm_cpu *cpu, unsigned el)
{
    if (el == EL0 && !cpu->spsel) {
        arm_raise_undefined(cpu);
    }
    return cpu->sp_el[el];
}

static void sp_put(struct arm_cpu *cpu, unsigned el, uint64_t value)
{
    if (el == EL0 && !cpu->spsel) {
        arm_raise_undefined(cpu);
    }
    cpu->sp_el[el] = value;
}

static uint64_t sp0_get(struct arm_cpu *cpu) { return sp_get(cpu, EL0); }
static void sp0_put(struct arm_cpu *cpu, uint64_t value) { sp_put(cpu, EL0, value); }
static uint64_t sp1_get(struct arm_cpu *cpu) { return sp_get(cpu, EL1); }
static void sp1_put(struct arm_cpu *cpu, uint64_t value) { sp_put(cpu, EL1, value); }
static uint64_t sp2_get(struct arm_cpu *cpu) { return sp_get(cpu, EL2); }
static void sp2_put(struct arm_cpu *cpu, uint64_t value) { sp_put(cpu, EL2, value); }

static void cpacr_check(struct arm_cpu *cpu)
{
    if (cpu->el == EL1 && cpu->has_el2 && !arm_is_secure(cpu) && cpu->cptr[EL2] & CPTR_TCPAC) {
        arm_sysreg_trap(cpu, EL2);
    }
    if (cpu->el < EL3 && cpu->has_el3 && cpu->cptr[EL3] & CPTR_TCPAC) {
        arm_sysreg_trap(cpu, EL3);
    }
}

static uint64_t cptr2_get(struct arm_cpu *cpu)
{
    if (cpu->el == EL2 && cpu->has_el3 && cpu->cptr[EL3] & CPTR_TCPAC) {
        arm_sysreg_trap(cpu, EL3);
    }
    return cpu->cptr[EL2];
}

static void cptr2_put(struct arm_cpu *cpu, uint64_t value)
{
    cptr2_get(cpu);
    cpu->cptr[EL2] = value;
}

static uint64_t cpacr_get(struct arm_cpu *cpu)
{
    cpacr_check(cpu);
    return cpu->cpacr;
}

static void cpacr_put(struct arm_cpu *cpu, uint64_t value)
{
    cpacr_check(cpu);
    cpu->cpacr = value & 0x10300000;
}

/* Writes of a security or virtualization control change who translates what. */
static void scr_put(struct arm_cpu *cpu, uint64_t value)
{
    uint64_t changed = cpu->scr ^ value;
    cpu->scr = (value & 0x3f8f) | 0x30;
    if (changed & (SCR_NS | SCR_RW)) {
        arm_flush_all(cpu);
    }
}

static uint64_t scr_get(struct arm_cpu *cpu) { return cpu->scr | 0x30; }       /* RES1: FW and AW of AArch32 */

static void hcr_put(struct arm_cpu *cpu, uint64_t value)
{
    uint64_t changed = cpu->hcr ^ value;
    cpu->hcr = value & (arm_has(cpu, ARM_PAUTH) ? 0x303ffffffffull : 0x3ffffffffull);
    if (changed & (HCR_VM | HCR_DC | HCR_TGE | HCR_RW)) {
        arm_flush_all(cpu);
    }
}

static uint64_t hcr_get(struct arm_cpu *cpu) { return cpu->hcr; }

static uint64_t mpidr_get(struct arm_cpu *cpu)
{
    return cpu->el == EL1 && arm_hcr(cpu) ? cpu->vmpidr : cpu->mpidr;
}

static uint64_t midr_get(struct arm_cpu *cpu)
{
    return cpu->el == EL1 && cpu->has_el2 && !arm_is_secure(cpu) ? cpu->vpidr : cpu->model->ids.midr;
}

static uint64_t isr_get(struct arm_cpu *cpu)
{
    uint32_t input = cpu->cpu.input;
    uint64_t hcr = arm_hcr(cpu);
    bool irq = cpu->el < EL2 && hcr & HCR_IMO ? input & CPU_INPUT_VIRQ || hcr & HCR_VI : !!(input & CPU_INPUT_IRQ);
    bool fiq = cpu->el < EL2 && hcr & HCR_FMO ? input & CPU_INPUT_VFIQ || hcr & HCR_VF : !!(input & CPU_INPUT_FIQ);
    return (irq ? PSTATE_I : 0) | (fiq ? PSTATE_F : 0);
}

static uint64_t rvbar_get(struct arm_cpu *cpu) { return cpu->rvbar; }

static void rmr_put(struct arm_cpu *cpu, uint64_t value)
{
    if (value & 2) {
        cpu->port.set_input(cpu, CPU_INPUT_RESET, true);
    }
}

static uint64_t spsr32_get_abt(struct arm_cpu *cpu) { return cpu->spsr32[BANK_ABT]; }
static void spsr32_put_abt(struct arm_cpu *cpu, uint64_t v) { cpu->spsr32[BANK_ABT] = (uint32_t)v; }
static uint64_t spsr32_get_und(struct arm_cpu *cpu) { return cpu->spsr32[BANK_UND]; }
static void spsr32_put_und(struct arm_cpu *cpu, uint64_t v) { cpu->spsr32[BANK_UND] = (uint32_t)v; }
static uint64_t spsr32_get_irq(struct arm_cpu *cpu) { return cpu->spsr32[BANK_IRQ]; }
static void spsr32_put_irq(struct arm_cpu *cpu, uint64_t v) { cpu->spsr32[BANK_IRQ] = (uint32_t)v; }
static uint64_t spsr32_get_fiq(struct arm_cpu *cpu) { return cpu->spsr32[BANK_FIQ]; }
static void spsr32_put_fiq(struct arm_cpu *cpu, uint64_t v) { cpu->spsr32[BANK_FIQ] = (uint32_t)v; }

enum { TRANSLATION = SYSREG_VM | SYSREG_FLUSH, TABLE = SYSREG_VM | SYSREG_SPACE };
#define EACH_LEVEL(op1, el, tag) \
    SYSREG_RW(3, op1, 1, 0, 0, "SCTLR_" tag, el, sctlr[el], TRANSLATION | SYSREG_MODE), \
    SYSREG_RW(3, op1, 1, 0, 1, "ACTLR_" tag, el, actlr[el], SYSREG_TACR), \
    SYSREG_RW(3, op1, 2, 0, 0, "TTBR0_" tag, el, ttbr0[el], TABLE), \
    SYSREG_RW(3, op1, 2, 0, 2, "TCR_" tag, el, tcr[el], TRANSLATION), \
    SYSREG_RW(3, op1, 4, 0, 0, "SPSR_" tag, el, spsr[el], 0), \
    SYSREG_RW(3, op1, 4, 0, 1, "ELR_" tag, el, elr[el], 0), \
    SYSREG_RW(3, op1, 5, 1, 0, "AFSR0_" tag, el, afsr0[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 5, 1, 1, "AFSR1_" tag, el, afsr1[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 5, 2, 0, "ESR_" tag, el, esr[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 6, 0, 0, "FAR_" tag, el, far[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 10, 2, 0, "MAIR_" tag, el, mair[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 10, 3, 0, "AMAIR_" tag, el, amair[el], SYSREG_VM), \
    SYSREG_RW(3, op1, 12, 0, 0, "VBAR_" tag, el, vbar[el], 0)
#define KEY(crm, op2, nm, field) \
    { .encoding = ARM_SYSREG(3, 0, 2, crm, op2), .name = nm, .read_el = EL1, .write_el = EL1, \
      .offset = CPU_FIELD(field), \
      .feature = ARM_PAUTH }

/* FEAT_LOR without a single LORegion: LORID_EL1 says none, the others are RAZ/WI. */
#define LOR(op2, nm, writer) \
    { .encoding = ARM_SYSREG(3, 0, 10, 4, op2), .name = nm, .read_el = EL1, .write_el = writer, .feature = ARM_LOR }
static const struct arm_sysreg rows[] = {
    LOR(0, "LORSA_EL1", EL1), LOR(1, "LOREA_EL1", EL1), LOR(2, "LORN_EL1", EL1), LOR(3, "LORC_EL1", EL1),
    LOR(7, "LORID_EL1", SYSREG_NEVER),
    EACH_LEVEL(0, EL1, "EL1"),
    EACH_LEVEL(4, EL2, "EL2"),
    EACH_LEVEL(6, EL3, "EL3"),
    SYSREG_RW(3, 0, 2, 0, 1, "TTBR1_EL1", EL1, ttbr1[EL1], TABLE),
    SYSREG_FN(3, 0, 1, 0, 2, "CPACR_EL1", EL1, cpacr_get, cpacr_put, SYSREG_MODE),
    SYSREG_RO(3, 0, 0, 0, 0, "MIDR_EL1", EL1, midr_get, 0),
    SYSREG_RO(3, 0, 0, 0, 5, "MPIDR_EL1", EL1, mpidr_get, 0),
    SYSREG_RO(3, 0, 4, 2, 2, "CurrentEL", EL1, current_el, 0),
    SYSREG_FN(3, 0, 4, 2, 0, "SPSel", EL1, spsel_get, spsel_put, SYSREG_MODE),
    SYSREG_FN(3, 3, 4, 2, 1, "DAIF", EL0, daif_get, daif_put, SYSREG_MODE | SYSREG_POLL),
    SYSREG_FN(3, 3, 4, 2, 0, "NZCV", EL0, nzcv_get, nzcv_put, 0),
    { .encoding = ARM_SYSREG(3, 0, 4, 2, 3), .name = "PAN", .read_el = EL1, .write_el = EL1, .flags = SYSREG_MODE,
      .read = pan_get, .write = pan_put, .feature = ARM_PAN },
    { .encoding = ARM_SYSREG(3, 0, 4, 2, 4), .name = "UAO", .read_el = EL1, .write_el = EL1, .flags = SYSREG_MODE,
      .read = uao_get, .write = uao_put, .feature = ARM_UAO },
    { .encoding = ARM_SYSREG(3, 3, 4, 2, 5), .name = "DIT", .read_el = EL0, .write_el = EL0, .read = dit_get, .write = dit_put,
      .feature = ARM_DIT },
    { .encoding = ARM_SYSREG(3, 3, 4, 2, 6), .name = "SSBS", .read_el = EL0, .write_el = EL0, .read = ssbs_get, .write = ssbs_put,
      .feature = ARM_SSBS },
    SYSREG_FN(3, 3, 4, 4, 0, "FPCR", EL0, fpcr_get, fpcr_put, SYSREG_MODE),
    SYSREG_FN(3, 3, 4, 4, 1, "FPSR", EL0, fpsr_get, fpsr_put, 0),
    SYSREG_FN(3, 0, 4, 1, 0, "SP_EL0", EL1, sp0_get, sp0_put, 0),
    SYSREG_FN(3, 4, 4, 1, 0, "SP_EL1", EL2, sp1_get, sp1_put, 0),
    SYSREG_FN(3, 6, 4, 1, 0, "SP_EL2", EL3, sp2_get, sp2_put, 0),
    SYSREG_RW(3, 0, 7, 4, 0, "PAR_EL1", EL1, par, 0),
    SYSREG_RO(3, 0, 12, 1, 0, "ISR_EL1", EL1, isr_get, 0),
    SYSREG_RO(3, 0, 12, 0, 1, "RVBAR_EL1", EL1, rvbar_get, 0),
    SYSREG_FN(3, 0, 12, 0, 2, "RMR_EL1", EL1, rvbar_get, rmr_put, 0),
    SYSREG_RW(3, 0, 13, 0, 1, "CONTEXTIDR_EL1", EL1, contextidr[EL1], SYSREG_VM),
    SYSREG_RW(3, 0, 13, 0, 4, "TPIDR_EL1", EL1, tpidr[EL1], 0),
    SYSREG_RW(3, 3, 13, 0, 2, "TPIDR_EL0", EL0, tpidr[EL0], 0),
    { .encoding = ARM_SYSREG(3, 3, 13, 0, 3), .name = "TPIDRRO_EL0", .read_el = EL0, .write_el = EL1,
      .offset = CPU_FIELD(tpidrro) },
    SYSREG_RW(3, 4, 13, 0, 2, "TPIDR_EL2", EL2, tpidr[EL2], 0),
    SYSREG_RW(3, 6, 13, 0, 2, "TPIDR_EL3", EL3, tpidr[EL3], 0),
    SYSREG_ZERO(3, 0, 12, 1, 1, "DISR_EL1", EL1, 0),
    SYSREG_ZERO(3, 0, 5, 3, 0, "ERRIDR_EL1", EL1, 0),
    /* EL2 */
    SYSREG_RW(3, 4, 0, 0, 0, "VPIDR_EL2", EL2, vpidr, 0),
    SYSREG_RW(3, 4, 0, 0, 5, "VMPIDR_EL2", EL2, vmpidr, 0),
    SYSREG_FN(3, 4, 1, 1, 0, "HCR_EL2", EL2, hcr_get, hcr_put, SYSREG_MODE | SYSREG_POLL),
    SYSREG_RW(3, 4, 1, 1, 1, "MDCR_EL2", EL2, mdcr[EL2], SYSREG_MODE),
    SYSREG_FN(3, 4, 1, 1, 2, "CPTR_EL2", EL2, cptr2_get, cptr2_put, SYSREG_MODE),
    SYSREG_RW(3, 4, 1, 1, 3, "HSTR_EL2", EL2, hstr, 0),
    SYSREG_RW(3, 4, 1, 1, 7, "HACR_EL2", EL2, hacr, 0),
    SYSREG_RW(3, 4, 2, 1, 0, "VTTBR_EL2", EL2, vttbr, SYSREG_FLUSH),
    SYSREG_RW(3, 4, 2, 1, 2, "VTCR_EL2", EL2, vtcr, SYSREG_FLUSH),
    SYSREG_RW(3, 4, 6, 0, 4, "HPFAR_EL2", EL2, hpfar, 0),
    SYSREG_RW(3, 4, 3, 0, 0, "DACR32_EL2", EL2, dacr[EL1], SYSREG_SPACE),
    SYSREG_RW(3, 4, 5, 0, 1, "IFSR32_EL2", EL2, ifsr[EL1], 0),
    { .encoding = ARM_SYSREG(3, 4, 5, 3, 0), .name = "FPEXC32_EL2", .read_el = EL2, .write_el = EL2,
      .flags = SYSREG_W32 | SYSREG_MODE, .offset = CPU_FIELD(fpexc) },
    SYSREG_FN(3, 4, 4, 3, 0, "SPSR_irq", EL2, spsr32_get_irq, spsr32_put_irq, 0),
    SYSREG_FN(3, 4, 4, 3, 1, "SPSR_abt", EL2, spsr32_get_abt, spsr32_put_abt, 0),
    SYSREG_FN(3, 4, 4, 3, 2, "SPSR_und", EL2, spsr32_get_und, spsr32_put_und, 0),
    SYSREG_FN(3, 4, 4, 3, 3, "SPSR_fiq", EL2, spsr32_get_fiq, spsr32_put_fiq, 0),
    /* EL3 */
    SYSREG_FN(3, 6, 1, 1, 0, "SCR_EL3", EL3, scr_get, scr_put, SYSREG_MODE | SYSREG_POLL),
    SYSREG_RW(3, 6, 1, 1, 1, "SDER32_EL3", EL3, sder, 0),
    SYSREG_RW(3, 6, 1, 1, 2, "CPTR_EL3", EL3, cptr[EL3], SYSREG_MODE),
    SYSREG_RW(3, 6, 1, 3, 1, "MDCR_EL3", EL3, mdcr[EL3], SYSREG_MODE),
    KEY(1, 0, "APIAKeyLo_EL1", pauth_key[0][0]), KEY(1, 1, "APIAKeyHi_EL1", pauth_key[0][1]),
    KEY(1, 2, "APIBKeyLo_EL1", pauth_key[1][0]), KEY(1, 3, "APIBKeyHi_EL1", pauth_key[1][1]),
    KEY(2, 0, "APDAKeyLo_EL1", pauth_key[2][0]), KEY(2, 1, "APDAKeyHi_EL1", pauth_key[2][1]),
    KEY(2, 2, "APDBKeyLo_EL1", pauth_key[3][0]), KEY(2, 3, "APDBKeyHi_EL1", pauth_key[3][1]),
    KEY(3, 0, "APGAKeyLo_EL1", pauth_key[4][0]), KEY(3, 1, "APGAKeyHi_EL1", pauth_key[4][1]),
};
SYSREG_TABLE(system);
