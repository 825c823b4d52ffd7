/* SPDX-License-Identifier: MIT */
/*
 * What a hypervisor needs to emulate an access that stage 2 refused: its size, register and sign (ISS of a Data Abort, Arm ARM
 * D17.2.37; HSR, DDI 0406C B3.13.6). Loads and stores of one general register without write-back have it, and none of PC.
 */
#include "target-arm/system.h"

enum { ISV = 1u << 24, SSE = 1u << 21, SF = 1u << 15, AR = 1u << 14 };

static uint32_t syndrome(unsigned size, bool is_signed, unsigned rt) { return ISV | size << 22 | (is_signed ? SSE : 0) | rt << 16; }

static uint32_t of_a64(uint32_t insn)
{
    unsigned size = insn >> 30, rt = insn & 31, opc = insn >> 22 & 3;
    bool offset = (insn & 0x3f000000) == 0x39000000, other = (insn & 0x3f000000) == 0x38000000;
    bool unscaled = other && !(insn & 1 << 21) && !(insn & 1 << 10), indexed = other && (insn & 0x00200c00) == 0x00200800;
    if ((insn & 0x3f800000) == 0x08800000) {    /* LDAR, STLR */
        return syndrome(size, false, rt) | (size == 3 ? SF : 0) | AR;
    }
    if (!(offset || unscaled || indexed) || (size == 3 && opc >= 2)) {
        return 0;
    }
    bool is_signed = opc >= 2, wide = is_signed ? opc == 2 : size == 3;
    return syndrome(size, is_signed, rt) | (wide ? SF : 0);
}

/* LDRH, LDRSB, LDRSH, STRH by their bits L and SH; the other two are LDRD and STRD. */
static uint32_t of_extra(uint32_t insn)
{
    const unsigned sh = insn >> 5 & 3, rt = insn >> 12 & 15;
    const bool load = insn & 1 << 20;
    return !load && sh != 1 ? 0 : syndrome(sh == 2 ? 0 : 1, sh >= 2, rt);
}

static uint32_t of_a32(uint32_t insn)
{
    const unsigned rt = insn >> 12 & 15;
    const bool plain = insn & 1 << 24 && !(insn & 1 << 21);                 /* P, not W */
    if (insn >> 28 == 15) {
        return 0;
    }
    if ((insn & 0x0f900ff0) == 0x01900c90 || (insn & 0x0f90fff0) == 0x0180fc90) {   /* LDA, STL */
        const unsigned size = insn >> 21 & 3;
        return size == 1 ? 0 : syndrome(size == 0 ? 2 : size == 2 ? 0 : 1, false, insn & 1 << 20 ? rt : insn & 15) | AR;
    }
    if ((insn & 0x0c000000) == 0x04000000 && (insn & 0x02000010) != 0x02000010) {
        return plain ? syndrome(insn & 1 << 22 ? 0 : 2, false, rt) : 0;
    }
    return (insn & 0x0e000090) == 0x00000090 && insn & 0x60 && plain ? of_extra(insn) : 0;
}

static uint32_t of_t32(uint32_t insn)
{
    const unsigned rt = insn >> 12 & 15, size = insn >> 21 & 3;
    const bool is_signed = insn & 1 << 24;
    if ((insn & 0xffe00fc0) == 0xe8c00f80 && (insn >> 4 & 3) != 3) {        /* LDA, STL */
        return syndrome(insn >> 4 & 3, false, rt) | AR;
    }
    if ((insn & 0xfe000000) != 0xf8000000 || size == 3) {
        return 0;
    }
    const bool literal = (insn >> 16 & 15) == 15, imm12 = insn & 1 << 23, by_register = !(insn & 0xfc0);
    const bool negative_or_user = (insn & 0xd00) == 0xc00;                  /* imm8 with P, without W */
    return literal || imm12 || by_register || negative_or_user ? syndrome(size, is_signed, rt) : 0;
}

static uint32_t of_t16(uint32_t insn)
{
    static const struct { uint8_t size, is_signed; } by_register[8] = {
        { 2, 0 }, { 1, 0 }, { 0, 0 }, { 0, 1 }, { 2, 0 }, { 1, 0 }, { 0, 0 }, { 1, 1 },
    };
    const unsigned op = insn >> 9 & 7, low = insn & 7, high = insn >> 8 & 7;
    switch (insn >> 12) {
    case 4: return insn >> 11 == 9 ? syndrome(2, false, high) : 0;          /* LDR (literal) */
    case 5: return syndrome(by_register[op].size, by_register[op].is_signed, low);
    case 6: return syndrome(2, false, low);
    case 7: return syndrome(0, false, low);
    case 8: return syndrome(1, false, low);
    case 9: return syndrome(2, false, high);                                /* by SP */
    default: return 0;
    }
}

uint32_t arm_access_syndrome(struct arm_cpu *cpu, bool *short_insn)
{
    uint16_t half[2];
    *short_insn = false;
    if (!mmu_peek(&cpu->cpu, cpu->cpu.pc, half, 2)) {
        return 0;
    }
    const bool wide = !cpu->thumb || cpu->aarch64 || half[0] >> 11 >= 0x1d;
    if (!wide) {
        *short_insn = of_t16(half[0]) != 0;
        return of_t16(half[0]);
    }
    if (!mmu_peek(&cpu->cpu, cpu->cpu.pc + 2, half + 1, 2)) {
        return 0;
    }
    const uint32_t word = half[0] | (uint32_t)half[1] << 16;
    if (cpu->aarch64) {
        return of_a64(word);
    }
    const uint32_t iss = cpu->thumb ? of_t32((uint32_t)half[0] << 16 | half[1]) : of_a32(word);
    return (iss >> 16 & 15) == 15 ? 0 : iss;
}
