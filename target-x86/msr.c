/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers (SDM 4; AMD's from the APM and the family 0Fh BKDG) as one table. A register that is not in
 * it raises #GP(0) and is logged as unimp. Registers of real parts that systems only look at read as constants and
 * swallow writes.
 */
#include "target-x86/system.h"
#include "base/clock.h"
#include <inttypes.h>
#include <string.h>

/* ---- the TSC: virtual time at 1 GHz, or at the host's frequency where the host counts ---- */

enum { KHZ_OF_NS = 1000000 };

static uint64_t tsc_now(struct x86_cpu *cpu)
{
    const uint64_t ns = cpu->clocks ? (uint64_t)clock_now_ns(cpu->clocks, CLOCK_KIND_VIRTUAL) : 0;

    return cpu->tsc_khz ? (uint64_t)((unsigned __int128)ns * cpu->tsc_khz / KHZ_OF_NS) : ns;
}

uint64_t x86_tsc_ns(const struct x86_cpu *cpu, uint64_t tsc)
{
    const uint64_t ticks = tsc - cpu->tsc_offset;
    const unsigned __int128 ns = cpu->tsc_khz ? (unsigned __int128)ticks * KHZ_OF_NS / cpu->tsc_khz : ticks;

    return ns < UINT64_MAX ? (uint64_t)ns : UINT64_MAX;
}

uint64_t x86_tsc(struct x86_cpu *cpu)
{
    return tsc_now(cpu) + cpu->tsc_offset;
}

/* ---- special registers; write returns false for #GP ---- */

static bool tsc_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    *value = x86_tsc(cpu);
    return true;
}

static bool tsc_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    uint64_t delta = value - x86_tsc(cpu);

    cpu->tsc_offset += delta;
    cpu->tsc_adjust += delta;
    return true;
}

static bool tsc_adjust_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    cpu->tsc_offset += value - cpu->tsc_adjust;
    cpu->tsc_adjust = value;
    return true;
}

static bool controller_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    bool ok = false;

    if (cpu->pic.read_msr) {
        g_mutex_lock(cpu->cpu.machine_lock);
        ok = cpu->pic.read_msr(cpu->pic.controller, msr, value);
        g_mutex_unlock(cpu->cpu.machine_lock);
    }
    return ok;
}

static bool controller_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    bool ok = false;

    if (cpu->pic.write_msr) {
        g_mutex_lock(cpu->cpu.machine_lock);
        ok = cpu->pic.write_msr(cpu->pic.controller, msr, value);
        g_mutex_unlock(cpu->cpu.machine_lock);
        x86_input_recheck(cpu);
    }
    return ok;
}

static bool apic_base_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    if (!controller_read(cpu, msr, value)) {
        *value = cpu->apic_base;
    }
    return true;
}

static bool apic_base_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (value & (~x86_physical_mask(cpu) | 0xff) || (cpu->pic.write_msr && !controller_write(cpu, msr, value))) {
        return false;
    }
    cpu->apic_base = value;
    return true;
}

static bool efer_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    uint64_t allowed = (x86_has(cpu, FEAT_SYSCALL) ? EFER_SCE : 0) | (x86_has(cpu, FEAT_LM) ? EFER_LME | EFER_LMA : 0) |
                       (x86_has(cpu, FEAT_NX) ? EFER_NXE : 0);
    uint64_t changed = (value ^ cpu->efer) & ~(uint64_t)EFER_LMA;

    if (value & ~allowed || (changed & EFER_LME && cpu->cr0 & CR0_PG)) {
        return false;
    }
    cpu->efer ^= changed;
    if (changed & EFER_NXE) {
        mmu_flush(&cpu->cpu, false);
    }
    return true;
}

static bool canonical_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value);

static bool base_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    *value = cpu->seg[msr == MSR_FS_BASE ? SEG_FS : SEG_GS].base;
    return true;
}

static bool base_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (!x86_canonical(value)) {
        return false;
    }
    cpu->seg[msr == MSR_FS_BASE ? SEG_FS : SEG_GS].base = value;
    return true;
}

/* Eight memory types of which 0, 1, 4, 5, 6, 7 exist (7 in the PAT only). */
static bool types_valid(uint64_t value, unsigned count, unsigned types)
{
    for (unsigned n = 0; n < count; n++) {
        if ((value >> n * 8 & 0xff) > 7 || !(types >> (value >> n * 8 & 0xff) & 1)) {
            return false;
        }
    }
    return true;
}

static bool pat_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (!types_valid(value, 8, 0xf3)) {
        return false;
    }
    cpu->pat = value;
    return true;
}

static uint64_t *mtrr_fixed(struct x86_cpu *cpu, uint32_t msr)
{
    return &cpu->mtrr_fixed[msr == 0x250 ? 0 : msr < 0x268 ? msr - 0x257 : msr - 0x265];
}

static bool mtrr_fixed_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    *value = *mtrr_fixed(cpu, msr);
    return true;
}

static bool mtrr_fixed_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (!types_valid(value, 8, 0x73)) {
        return false;
    }
    *mtrr_fixed(cpu, msr) = value;
    return true;
}

static bool mtrr_variable_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    unsigned n = (msr - 0x200) / 2;

    *value = msr & 1 ? cpu->mtrr_mask[n] : cpu->mtrr_base[n];
    return true;
}

static bool mtrr_variable_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    unsigned n = (msr - 0x200) / 2;
    uint64_t reserved = ~x86_physical_mask(cpu) | (msr & 1 ? 0x7ff : 0xf00);

    if (value & reserved || (!(msr & 1) && !types_valid(value, 1, 0x73))) {
        return false;
    }
    *(msr & 1 ? &cpu->mtrr_mask[n] : &cpu->mtrr_base[n]) = value;
    return true;
}

static bool mtrr_def_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (value & ~0xcffull || !types_valid(value, 1, 0x73)) {
        return false;
    }
    cpu->mtrr_def = value;
    return true;
}

/* Machine-check banks: control, status, address, misc; anything but zero in a status is not writable. */
static bool bank_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    *value = cpu->mc_bank[msr - 0x400];
    return true;
}

static bool bank_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if ((msr & 3) == 1 && value) {
        return false;
    }
    cpu->mc_bank[msr - 0x400] = value;
    return true;
}

static bool tsc_aux_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (value >> 32) {
        return false;
    }
    cpu->tsc_aux = value;
    return true;
}

/* AMD's processor name string: six registers of what CPUID 8000_0002h to 4h say. */
static bool name_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    const unsigned offset = (msr - 0xc0010030) * 8;
    char bytes[8] = { 0 };

    for (unsigned n = 0, length = strlen(cpu->model->brand); n < sizeof(bytes) && offset + n < length; n++) {
        bytes[n] = cpu->model->brand[offset + n];
    }
    memcpy(value, bytes, sizeof(bytes));
    return true;
}

static bool swallow(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    return true;
}

/* ---- the table ---- */

/* field: where a plain 64-bit register lies (0: constant `value`). write NULL with no field: read-only, #GP. */
struct msr_row {
    uint32_t first, last;
    uint32_t feature, field;
    uint64_t value;                 /* without field: what it reads as; with one: bits that may not be written */
    bool (*read)(struct x86_cpu *cpu, uint32_t msr, uint64_t *value);
    bool (*write)(struct x86_cpu *cpu, uint32_t msr, uint64_t value);
    bool amd, intel;                /* of that vendor's processors only */
};
#define MSR_FIELD(member) .field = offsetof(struct x86_cpu, member)

static const struct msr_row msr_rows[] = {
    { MSR_FS_BASE, MSR_GS_BASE, FEAT_LM, .read = base_read, .write = base_write },
    { MSR_KERNEL_GS_BASE, MSR_KERNEL_GS_BASE, FEAT_LM, MSR_FIELD(kernel_gs_base), .write = canonical_write },
    { 0x6e0, 0x6e0, FEAT_TSC_DEADLINE, .read = controller_read, .write = controller_write },
    { 0x800, 0x8ff, FEAT_X2APIC, .read = controller_read, .write = controller_write },
    { 0x10, 0x10, FEAT_TSC, .read = tsc_read, .write = tsc_write },
    { 0x3b, 0x3b, FEAT_TSC_ADJUST, MSR_FIELD(tsc_adjust), .write = tsc_adjust_write },
    { 0x1b, 0x1b, FEAT_APIC, .read = apic_base_read, .write = apic_base_write },
    { MSR_EFER, MSR_EFER, FEAT_SYSCALL, MSR_FIELD(efer), .write = efer_write },
    { 0xc0000081, 0xc0000081, FEAT_SYSCALL, MSR_FIELD(star) },
    { 0xc0000082, 0xc0000082, FEAT_LM, MSR_FIELD(lstar), .write = canonical_write },
    { 0xc0000083, 0xc0000083, FEAT_LM, MSR_FIELD(cstar), .write = canonical_write },
    { 0xc0000084, 0xc0000084, FEAT_LM, MSR_FIELD(sfmask), 0xffffffff00000000 },
    { 0xc0000103, 0xc0000103, FEAT_RDTSCP, MSR_FIELD(tsc_aux), .write = tsc_aux_write },
    { 0x174, 0x174, FEAT_SEP, MSR_FIELD(sysenter_cs) },
    { 0x175, 0x175, FEAT_SEP, MSR_FIELD(sysenter_esp), .write = canonical_write },
    { 0x176, 0x176, FEAT_SEP, MSR_FIELD(sysenter_eip), .write = canonical_write },
    { 0x277, 0x277, FEAT_PAT, MSR_FIELD(pat), .write = pat_write },
    { 0xfe, 0xfe, FEAT_MTRR, .value = 0x508 },
    { 0x200, 0x20f, FEAT_MTRR, .read = mtrr_variable_read, .write = mtrr_variable_write },
    { 0x250, 0x250, FEAT_MTRR, .read = mtrr_fixed_read, .write = mtrr_fixed_write },
    { 0x258, 0x259, FEAT_MTRR, .read = mtrr_fixed_read, .write = mtrr_fixed_write },
    { 0x268, 0x26f, FEAT_MTRR, .read = mtrr_fixed_read, .write = mtrr_fixed_write },
    { 0x2ff, 0x2ff, FEAT_MTRR, MSR_FIELD(mtrr_def), .write = mtrr_def_write },
    { 0x179, 0x179, FEAT_MCA, .value = 0x10a },
    { 0x17a, 0x17a, FEAT_MCA, MSR_FIELD(mcg_status) },
    { 0x17b, 0x17b, FEAT_MCA, MSR_FIELD(mcg_ctl) },
    { 0x400, 0x427, FEAT_MCA, .read = bank_read, .write = bank_write },
    { 0x1a0, 0x1a0, FEAT_MSR, MSR_FIELD(misc_enable) },
    /* looked at and written by systems; nothing behind them */
    { 0x0, 0x1, FEAT_MSR, .value = 0, .write = swallow },               /* P5_MC_ADDR, P5_MC_TYPE */
    { 0x17, 0x17, FEAT_MSR, .value = 0 },                               /* PLATFORM_ID */
    { 0x2a, 0x2a, FEAT_MSR, .value = 0, .write = swallow },             /* EBL_CR_POWERON */
    { 0x3a, 0x3a, FEAT_MSR, .value = 1 },                               /* FEATURE_CONTROL, locked */
    { 0x79, 0x79, FEAT_MSR, .value = 0, .write = swallow },             /* microcode update trigger */
    { 0x8b, 0x8b, FEAT_MSR, .value = 0x0100006500000000, .write = swallow },    /* microcode revision */
    { 0xcd, 0xce, FEAT_MSR, .value = 0 },                               /* FSB frequency, PLATFORM_INFO */
    { 0x119, 0x119, FEAT_MSR, .value = 0, .write = swallow },           /* BBL_CR_CTL */
    { 0x198, 0x198, FEAT_MSR, .value = 0x000003e8000003e8 },            /* PERF_STATUS */
    { 0x199, 0x199, FEAT_MSR, .value = 0, .write = swallow },           /* PERF_CTL */
    { 0x19a, 0x19d, FEAT_MSR, .value = 0, .write = swallow },           /* thermal */
    { 0x1d9, 0x1d9, FEAT_MSR, .value = 0, .write = swallow },           /* DEBUGCTL: no branch records */
    { 0x1db, 0x1de, FEAT_MSR, .value = 0 },                             /* last branch and exception records */
    { 0x6, 0x6, FEAT_LM, .value = 0x40, .write = swallow, .intel = true },                 /* MONITOR_FILTER_SIZE */
    { 0x40, 0x43, FEAT_LM, .value = 0, .write = swallow, .intel = true },                  /* last branches: none recorded */
    { 0x60, 0x63, FEAT_LM, .value = 0, .write = swallow, .intel = true },
    { 0xc1, 0xc2, FEAT_MSR, .value = 0, .write = swallow, .intel = true },                  /* performance counters: none count */
    { 0xe7, 0xe8, FEAT_LM, .value = 0, .write = swallow, .intel = true },                  /* MPERF, APERF */
    { 0x11e, 0x11e, FEAT_MSR, .value = 0, .write = swallow, .intel = true },                /* BBL_CR_CTL3 */
    { 0x186, 0x187, FEAT_MSR, .value = 0, .write = swallow, .intel = true },                /* PERFEVTSEL */
    { 0x1c9, 0x1c9, FEAT_LM, .value = 0, .intel = true },                                  /* LASTBRANCH_TOS */
    { 0xc0010000, 0xc0010007, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* performance counters: none count */
    { 0xc0010010, 0xc0010010, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* SYSCFG */
    { 0xc0010015, 0xc0010015, FEAT_MSR, .value = 1 << 24, .write = swallow, .amd = true },  /* HWCR: TSC invariant */
    { 0xc0010016, 0xc001001f, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* IORR, TOP_MEM, NB_CFG */
    { 0xc0010020, 0xc0010022, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* patch loader, MC redirection */
    { 0xc0010030, 0xc0010035, FEAT_MSR, .read = name_read, .write = swallow, .amd = true },
    { 0xc001003e, 0xc001003f, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* HTC, STC: thermal */
    { 0xc0010044, 0xc001004d, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* MCi_CTL_MASK */
    { 0xc0010050, 0xc0010054, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* I/O traps */
    { 0xc0010055, 0xc0010056, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* C1E, SMI on I/O */
    { 0xc0010058, 0xc0010058, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* MMIO configuration base */
    { 0xc0010061, 0xc0010071, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* P-states */
    { 0xc0010111, 0xc0010111, FEAT_MSR, MSR_FIELD(smbase), .write = swallow, .amd = true },
    { 0xc0010112, 0xc0010118, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* TSEG, VM_CR, SMM_KEY */
    { 0xc0010140, 0xc0010141, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* OSVW */
    { 0xc0011020, 0xc001102b, FEAT_MSR, .value = 0, .write = swallow, .amd = true },        /* LS_CFG, DC_CFG, ... */
};

static const struct msr_row *msr_find(struct x86_cpu *cpu, uint32_t msr)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(msr_rows); n++) {
        const struct msr_row *row = &msr_rows[n];
        if (msr >= row->first && msr <= row->last && x86_has(cpu, row->feature) &&
            (cpu->model->amd ? !row->intel : !row->amd)) {
            return row;
        }
    }
    return NULL;
}

static uint64_t *msr_field(struct x86_cpu *cpu, const struct msr_row *row)
{
    return (uint64_t *)(void *)((char *)cpu + row->field);
}

/* A register that holds a linear address. */
static bool canonical_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (!x86_canonical(value)) {
        return false;
    }
    *msr_field(cpu, msr_find(cpu, msr)) = value;
    return true;
}

bool x86_msr_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value)
{
    const struct msr_row *row = msr_find(cpu, msr);

    if (!row) {
        return false;
    }
    if (row->read) {
        return row->read(cpu, msr, value);
    }
    *value = row->field ? *msr_field(cpu, row) : row->value;
    return true;
}

bool x86_msr_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    const struct msr_row *row = msr_find(cpu, msr);

    if (!row || (!row->write && (!row->field || value & row->value))) {
        return false;
    }
    if (row->write) {
        return row->write(cpu, msr, value);
    }
    *msr_field(cpu, row) = value;
    return true;
}

/* ---- instructions ---- */

static void unknown(struct x86_cpu *cpu, const char *what, uint32_t msr, uint64_t value)
{
    log_write(cpu->cpu.log, LOG_unimp, "x86: %s of MSR %08x (value %#" PRIx64 ") refused at %#" PRIx64 "\n", what,
              msr, value,
              x86_rip(cpu));
    x86_raise_error(cpu, EXC_GP, 0);
}

uint64_t helper_rdmsr(struct cpu *base, uint64_t msr)
{
    uint64_t value;

    if (!x86_msr_read(x86_cpu_of(base), msr, &value)) {
        unknown(x86_cpu_of(base), "read", msr, 0);
    }
    return value;
}

uint64_t helper_wrmsr(struct cpu *base, uint64_t msr, uint64_t value)
{
    if (!x86_msr_write(x86_cpu_of(base), msr, value)) {
        unknown(x86_cpu_of(base), "write", msr, value);
    }
    x86_update_mode(x86_cpu_of(base));
    return 0;
}

uint64_t helper_rdtsc(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (cpu->cr4 & CR4_TSD && cpu->cpl > 0 && x86_protected(cpu)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    return x86_tsc(cpu);
}

/* No performance counters: reading one that is not there is #GP(0) (SDM 2, RDPMC). */
uint64_t helper_rdpmc(struct cpu *base)
{
    x86_raise_error(x86_cpu_of(base), EXC_GP, 0);
}
