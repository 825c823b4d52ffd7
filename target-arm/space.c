/* SPDX-License-Identifier: MIT */
/*
 * Which address space of EL1&0 is in force, as the TLB tells them apart (Arm ARM D5.9, G5.9): the table registers with the ASID in
 * them, CONTEXTIDR where that has it, DACR. The tables are told apart besides the ASID, so that software which changes them under one ASID
 * gets no older entries than it would without ASIDs.
 *
 * Stage 2, the security state and the control registers are not told apart: a change of those flushes all. An AArch32 EL3 banks the
 * tables, and its own mode has ASIDs too: there entries that are not global go at each change.
 */
#include "target-arm/system.h"

enum { TCR_A1 = 1 << 22 };
#define TCR_AS (1ull << 36)

static bool banked(const struct arm_cpu *cpu)
{
    return cpu->has_el3 && !arm_el_is_aa64(cpu, EL3);
}

uint64_t arm_asid(const struct arm_cpu *cpu, uint64_t value)
{
    const bool wide = arm_el_is_aa64(cpu, EL1) && cpu->tcr[EL1] & TCR_AS;
    return value >> 48 & (wide ? 0xffff : 0xff);
}

void arm_space_changed(struct arm_cpu *cpu)
{
    if (!cpu->cpu.engine) {
        return;
    }
    if (banked(cpu)) {
        mmu_flush(&cpu->cpu, true);
        return;
    }
    struct mmu_space space = { .tables = { cpu->ttbr0[EL1], cpu->ttbr1[EL1] } };
    if (arm_uses_lpae(cpu, EL1)) {
        space.tag = arm_asid(cpu, cpu->tcr[EL1] & TCR_A1 ? cpu->ttbr1[EL1] : cpu->ttbr0[EL1]);
    } else {
        space.tag = cpu->contextidr[EL1] & 0xff;
        space.world = cpu->dacr[EL1];           /* what global pages allow hangs on it as well */
    }
    mmu_switch(&cpu->cpu, &space);
}

void arm_domains_changed(struct arm_cpu *cpu)
{
    if (banked(cpu)) {
        arm_flush_all(cpu);
    } else {
        arm_space_changed(cpu);
    }
}

void arm_flush_space(struct arm_cpu *cpu, uint64_t asid)
{
    if (banked(cpu)) {
        mmu_flush(&cpu->cpu, true);
    } else {
        mmu_flush_space(&cpu->cpu, asid);
    }
}
