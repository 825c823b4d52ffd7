/* SPDX-License-Identifier: MIT */
/* Control registers and descriptor-table registers (SDM 3, 2.4 and 2.5; SDM 2: MOV CR, LMSW, LGDT, LIDT). DR:
 * debug.c. */
#include "target-x86/system.h"

static void bad(struct x86_cpu *cpu)
{
    x86_raise_error(cpu, EXC_GP, 0);
}

/* ---- CR0 ---- */

static void enter_long_mode(struct x86_cpu *cpu)
{
    unsigned tr = cpu->seg[SEG_TR].attributes & SEG_TYPE;

    if (!(cpu->cr4 & CR4_PAE) || cpu->seg[SEG_CS].attributes & SEG_L || tr == DESC_TSS16 || tr == DESC_TSS16_BUSY) {
        bad(cpu);
    }
}

void x86_set_cr0(struct x86_cpu *cpu, uint64_t value)
{
    const uint64_t known = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE |
                           CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
    uint64_t old = cpu->cr0, changed, rip = x86_rip(cpu);

    if (value >> 32 || (value & CR0_PG && !(value & CR0_PE)) || (value & CR0_NW && !(value & CR0_CD))) {
        bad(cpu);
    }
    value = (value & known) | CR0_ET;
    changed = value ^ old;
    if (changed & value & CR0_PG && cpu->efer & EFER_LME) {
        enter_long_mode(cpu);
    } else if (changed & (CR0_PG | CR0_CD | CR0_NW) && value & CR0_PG && cpu->cr4 & CR4_PAE && !x86_lma(cpu)) {
        x86_load_pdptes(cpu, cpu->cr3);
    }
    if (changed & old & CR0_PG && (x86_code64(cpu) || cpu->cr4 & CR4_PCIDE)) {
        bad(cpu);
    }
    cpu->cr0 = value;
    if (changed & CR0_PG) {
        bool lma = value & CR0_PG && cpu->efer & EFER_LME;
        cpu->efer = (cpu->efer & ~(uint64_t)EFER_LMA) | (lma ? EFER_LMA : 0);
    }
    if (changed & (CR0_PG | CR0_WP | CR0_PE)) {
        mmu_flush(&cpu->cpu, false);
    }
    x86_update_mode(cpu);
    x86_set_rip(cpu, rip);
}

/* ---- CR4 ---- */

struct cr4_bit { uint32_t bit; enum x86_feature feature; };
static const struct cr4_bit cr4_bits[] = {
    { CR4_VME, FEAT_VME }, { CR4_PVI, FEAT_VME }, { CR4_TSD, FEAT_TSC }, { CR4_DE, FEAT_DE }, { CR4_PSE, FEAT_PSE },
    { CR4_PAE, FEAT_PAE }, { CR4_MCE, FEAT_MCE }, { CR4_PGE, FEAT_PGE }, { CR4_PCE, FEAT_MSR }, { CR4_OSFXSR, FEAT_FXSR },
    { CR4_OSXMMEXCPT, FEAT_SSE }, { CR4_UMIP, FEAT_UMIP }, { CR4_FSGSBASE, FEAT_FSGSBASE }, { CR4_PCIDE, FEAT_PCID },
    { CR4_OSXSAVE, FEAT_XSAVE }, { CR4_SMEP, FEAT_SMEP }, { CR4_SMAP, FEAT_SMAP },
};

static uint64_t cr4_known(const struct x86_cpu *cpu)
{
    uint64_t known = 0;

    for (unsigned n = 0; n < sizeof(cr4_bits) / sizeof(cr4_bits[0]); n++) {
        known |= x86_has(cpu, cr4_bits[n].feature) ? cr4_bits[n].bit : 0;
    }
    return known;
}

void x86_set_cr4(struct x86_cpu *cpu, uint64_t value)
{
    uint64_t old = cpu->cr4, changed = value ^ old;

    if (value & ~cr4_known(cpu)) {
        bad(cpu);
    }
    if (x86_lma(cpu) && !(value & CR4_PAE)) {
        bad(cpu);
    }
    if (changed & value & CR4_PCIDE && (!x86_lma(cpu) || cpu->cr3 & 0xfff)) {
        bad(cpu);
    }
    if (cpu->cr0 & CR0_PG && value & CR4_PAE && !x86_lma(cpu) && changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) {
        x86_load_pdptes(cpu, cpu->cr3);
    }
    cpu->cr4 = value;
    if (changed & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP)) {
        mmu_flush(&cpu->cpu, false);
    }
    x86_update_mode(cpu);
}

/* ---- MOV to and from CR ---- */

static void write_cr8(struct x86_cpu *cpu, uint64_t value)
{
    if (value > 15) {
        bad(cpu);
    }
    if (cpu->pic.write_tpr) {
        g_mutex_lock(cpu->cpu.machine_lock);
        cpu->pic.write_tpr(cpu->pic.controller, value << 4);
        g_mutex_unlock(cpu->cpu.machine_lock);
        x86_input_recheck(cpu);
    }
}

uint64_t helper_write_cr(struct cpu *base, uint64_t number, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    switch (number) {
    case 0: x86_set_cr0(cpu, value); break;
    case 2: cpu->cr2 = value; break;
    case 3: x86_set_cr3(cpu, value); break;
    case 4: x86_set_cr4(cpu, value); break;
    case 8: write_cr8(cpu, value); break;
    }
    return 0;
}

uint64_t helper_read_cr8(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint8_t tpr = 0;

    if (cpu->pic.read_tpr) {
        g_mutex_lock(base->machine_lock);
        tpr = cpu->pic.read_tpr(cpu->pic.controller);
        g_mutex_unlock(base->machine_lock);
    }
    return tpr >> 4;
}

/* LMSW writes PE, MP, EM, TS; it can set PE but not clear it. */
uint64_t helper_lmsw(struct cpu *base, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    x86_set_cr0(cpu, (cpu->cr0 & ~(uint64_t)0xe) | (value & 0xf));
    return 0;
}

uint64_t helper_clts(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    cpu->cr0 &= ~(uint64_t)CR0_TS;
    x86_update_mode(cpu);
    return 0;
}

/* SGDT, SIDT, SLDT, SMSW, STR outside ring 0. */
uint64_t helper_umip(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (cpu->cr4 & CR4_UMIP && cpu->cpl > 0) {
        bad(cpu);
    }
    return 0;
}

/* LGDT (which = 0) and LIDT (1): limit and base were loaded by the row. */
uint64_t helper_load_table(struct cpu *base, uint64_t which, uint64_t limit, uint64_t address)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (x86_code64(cpu) && !x86_canonical(address)) {
        bad(cpu);
    }
    *(which ? &cpu->idt : &cpu->gdt) = (struct x86_table){ address, limit };
    return 0;
}

uint64_t helper_xsetbv(struct cpu *base, uint64_t index, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    /* x87, SSE; AVX is not there */
    if ((uint32_t)index != 0 || value & ~3ull || !(value & 1)) {
        bad(cpu);
    }
    cpu->xcr0 = value;
    return 0;
}

uint64_t helper_xgetbv(struct cpu *base, uint64_t index)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if ((uint32_t)index > 1 || ((uint32_t)index == 1 && !x86_has(cpu, FEAT_XGETBV1))) {
        bad(cpu);
    }
    /* index 1: XCR0 and XINUSE; everything counts as in use */
    return cpu->xcr0;
}
