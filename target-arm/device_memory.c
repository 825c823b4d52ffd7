/* SPDX-License-Identifier: MIT */
/*
 * Device memory: an access that is not aligned to the size of its elements takes an Alignment fault, and so does DC ZVA (Arm ARM B2.7.2,
 * D7.4; G4.4). Where stage 1 is off all data is Device-nGnRnE; code for that has its checks in place (MODE_ALIGN). Pages that
 * a table makes Device are marked in the TLB, so that their accesses come to the slow path and here.
 *
 * ARMv7 without LPAE leaves such accesses UNPREDICTABLE: they are done. Left out: gathering, reordering, early acknowledgement.
 */
#include "target-arm/system.h"

static bool refuses(const struct arm_cpu *cpu, unsigned regime)
{
    return arm_el_is_aa64(cpu, regime) || arm_has(cpu, ARM_LPAE);
}

bool arm_data_is_device(const struct arm_cpu *cpu, unsigned el)
{
    const unsigned regime = arm_regime_el(cpu, el);
    return arm_stage1_is_off(cpu, regime) && !(regime == EL1 && arm_hcr(cpu) & HCR_DC) && refuses(cpu, regime);
}

bool arm_page_is_strict(const struct arm_cpu *cpu, const struct arm_page *page, unsigned el)
{
    return page->device && !arm_data_is_device(cpu, el) && refuses(cpu, arm_regime_el(cpu, el));
}

/* What an A64 instruction wants alignment to, with an access of so many bytes; 0: it may not touch Device memory. */
static unsigned unit_a64(uint32_t insn, unsigned bytes)
{
    if ((insn & 0xffffffe0) == 0xd50b7420) {
        return 0;                   /* DC ZVA */
    }
    return (insn & 0xbf000000) == 0x0c000000 ? 1u << (insn >> 10 & 3) : bytes;     /* multiple structures: their elements */
}

/* Doublewords and lists are words; Advanced SIMD's multiple structures their elements. */
static unsigned unit_a32(uint32_t insn, bool thumb, unsigned bytes)
{
    const bool multiple = (insn & 0xff800000) == (thumb ? 0xf9000000 : 0xf4000000);
    return multiple ? 1u << (insn >> 6 & 3) : MIN(bytes, 4);
}

static unsigned unit_of(struct arm_cpu *cpu, unsigned bytes)
{
    uint16_t half[2] = { 0, 0 };
    mmu_peek(&cpu->cpu, cpu->cpu.pc, half, 2);
    mmu_peek(&cpu->cpu, cpu->cpu.pc + 2, half + 1, 2);
    const uint32_t word = half[0] | (uint32_t)half[1] << 16;
    return cpu->aarch64 ? unit_a64(word, bytes) : unit_a32(cpu->thumb ? (uint32_t)half[0] << 16 | half[1] : word, cpu->thumb, bytes);
}

/* Whether stage 1 makes the page Device; page: what it gives. */
static bool device_by_stage1(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, struct arm_page *page)
{
    struct arm_fault fault;
    return arm_lookup_stage1(cpu, linear, access, mmu, page, &fault) && page->device;
}

/* The fault is that of the first stage that has the memory as Device. */
void arm_misaligned(struct cpu *base, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned unit = unit_of(cpu, bytes);
    if (unit && !(linear & (unit - 1))) {
        return;
    }
    struct arm_page last, page;
    const bool first = device_by_stage1(cpu, linear + bytes - 1, access, mmu, &last) || device_by_stage1(cpu, linear, access, mmu, &page);
    arm_raise_fault(cpu, &(struct arm_fault){ .kind = FAULT_ALIGNMENT, .stage2 = !first, .ipa = first ? 0 : page.physical }, linear, access);
}
