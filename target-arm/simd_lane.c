/* SPDX-License-Identifier: MIT */
/* One lane of the integer operations of Advanced SIMD (Arm ARM C7.2, the pseudocode of each). */
#include "target-arm/fp.h"
#include "target-arm/simd.h"
#include "target-arm/wide.h"

static uint64_t saturate(struct arm_cpu *cpu, wide value, unsigned bits, bool is_unsigned)
{
    const wide top = is_unsigned ? ((wide)1 << bits) - 1 : ((wide)1 << (bits - 1)) - 1,
        bottom = is_unsigned ? 0 : -top - 1;
    if (value > top || value < bottom) {
        cpu->fpsr |= FPSR_QC;
        value = value > top ? top : bottom;
    }
    return simd_cut((uint64_t)value, bits);
}

static uint64_t all(bool holds, unsigned bits)
{
    return holds ? simd_cut(UINT64_MAX, bits) : 0;
}

/* Shift left by a signed count; right shifts may round. */
static wide shifted(wide value, int by, bool rounding)
{
    if (by >= 0) {
        if (by < 63 || !value || (by == 63 && (value == 1 || value == -1))) {
            return value ? value * ((wide)1 << by) : 0;
        }
        return value > 0 ? (wide)1 << 120 : -((wide)1 << 120);      /* more than any lane holds */
    }
    if (by < -126) {
        return rounding ? 0 : value < 0 ? -1 : 0;
    }
    return (value + (rounding ? (wide)1 << (-by - 1) : 0)) >> -by;
}

/* SSHL and its kin: the count is the low byte of m. */
static uint64_t shift_by_register(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t n, uint64_t m)
{
    const int by = (int8_t)m;
    const bool is_unsigned = op == SIMD_USHL || op == SIMD_URSHL || op == SIMD_UQSHL || op == SIMD_UQRSHL;
    const bool rounding = op == SIMD_SRSHL || op == SIMD_URSHL || op == SIMD_SQRSHL || op == SIMD_UQRSHL;
    const bool saturating = op == SIMD_SQSHL || op == SIMD_UQSHL || op == SIMD_SQRSHL || op == SIMD_UQRSHL;
    const wide value = is_unsigned ? (wide)n : (wide)simd_signed(n, bits);
    if (!saturating && by >= 0) {
        return by >= (int)bits ? 0 : simd_cut(n << by, bits);
    }
    const wide result = shifted(value, by, rounding);
    return saturating ? saturate(cpu, result, bits, is_unsigned) : simd_cut((uint64_t)result, bits);
}

static uint64_t polynomial(uint64_t n, uint64_t m, unsigned bits)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < bits; i++) {
        result ^= m >> i & 1 ? n << i : 0;
    }
    return result;
}

/* SQDMULH, SQRDMULH and, with an accumulator, SQRDMLAH, SQRDMLSH. */
static uint64_t doubling_high(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, int64_t n, int64_t m)
{
    wide product = 2 * (wide)n * m;
    if (op == SIMD_SQRDMLAH) {
        product = wide_left(simd_signed(d, bits), bits) + product;
    } else if (op == SIMD_SQRDMLSH) {
        product = wide_left(simd_signed(d, bits), bits) - product;
    }
    if (op != SIMD_SQDMULH) {
        product += (wide)1 << (bits - 1);
    }
    return saturate(cpu, product >> bits, bits, false);
}

/* Products of double width: n and m are half as wide as bits. */
static uint64_t doubling_long(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, int64_t n, int64_t m)
{
    const uint64_t product = saturate(cpu, 2 * (wide)n * m, bits, false);
    if (op == SIMD_SQDMULL) {
        return product;
    }
    const wide old = simd_signed(d, bits), change = simd_signed(product, bits);
    return saturate(cpu, op == SIMD_SQDMLAL ? old + change : old - change, bits, false);
}

static uint64_t reverse_inside(uint64_t x, unsigned bits, unsigned container)
{
    uint64_t out = 0;                /* lanes are containers: their parts of `bits` turn round */
    for (unsigned i = 0; i < container / bits; i++) {
        out |= simd_cut(x >> (i * bits), bits) << (container - bits - i * bits);
    }
    return out;
}

static unsigned leading(uint64_t x, unsigned bits)
{
    return x ? (unsigned)__builtin_clzll(x) - (64 - bits) : bits;
}

static uint64_t one_operand(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t n, unsigned imm)
{
    const int64_t sn = simd_signed(n, bits);
    switch (op) {
    case SIMD_REV16: case SIMD_REV32: case SIMD_REV64: return reverse_inside(n, imm, bits);
    case SIMD_CLS: return leading(simd_cut((uint64_t)(sn ^ sn >> 1), bits), bits) - 1;
    case SIMD_CLZ: return leading(n, bits);
    case SIMD_CNT: return (unsigned)__builtin_popcountll(n);
    case SIMD_NOT: return simd_cut(~n, bits);
    case SIMD_RBIT: return reverse_inside(n, 1, bits);
    case SIMD_ABS: return simd_cut(sn < 0 ? -n : n, bits);
    case SIMD_NEG: return simd_cut(-n, bits);
    case SIMD_SQABS: return saturate(cpu, sn < 0 ? -(wide)sn : sn, bits, false);
    case SIMD_SQNEG: return saturate(cpu, -(wide)sn, bits, false);
    case SIMD_CMGTZ: return all(sn > 0, bits);
    case SIMD_CMGEZ: return all(sn >= 0, bits);
    case SIMD_CMEQZ: return all(sn == 0, bits);
    case SIMD_CMLEZ: return all(sn <= 0, bits);
    case SIMD_CMLTZ: return all(sn < 0, bits);
    default: return 0;
    }
}

/* Narrowing: n has twice `bits`. */
static uint64_t narrow(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t n, unsigned imm)
{
    const wide s = simd_signed(n, 2 * bits), u = n;
    switch (op) {
    case SIMD_XTN: return simd_cut(n, bits);
    case SIMD_SQXTN: return saturate(cpu, s, bits, false);
    case SIMD_UQXTN: return saturate(cpu, u, bits, true);
    case SIMD_SQXTUN: return saturate(cpu, s, bits, true);
    case SIMD_SHRN: return simd_cut(n >> imm, bits);
    case SIMD_RSHRN: return simd_cut((uint64_t)shifted(u, -(int)imm, true), bits);
    case SIMD_SQSHRN: return saturate(cpu, s >> imm, bits, false);
    case SIMD_SQRSHRN: return saturate(cpu, shifted(s, -(int)imm, true), bits, false);
    case SIMD_UQSHRN: return saturate(cpu, u >> imm, bits, true);
    case SIMD_UQRSHRN: return saturate(cpu, shifted(u, -(int)imm, true), bits, true);
    case SIMD_SQSHRUN: return saturate(cpu, s >> imm, bits, true);
    default: return saturate(cpu, shifted(s, -(int)imm, true), bits, true);     /* SQRSHRUN */
    }
}

static uint64_t shift_by_immediate(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n,
    unsigned imm)
{
    const wide s = simd_signed(n, bits), u = n;
    const int right = -(int)imm;
    switch (op) {
    case SIMD_SSHR: return simd_cut((uint64_t)(s >> imm), bits);
    case SIMD_USHR: return simd_cut((uint64_t)(u >> imm), bits);
    case SIMD_SSRA: return simd_cut(d + (uint64_t)(s >> imm), bits);
    case SIMD_USRA: return simd_cut(d + (uint64_t)(u >> imm), bits);
    case SIMD_SRSHR: return simd_cut((uint64_t)shifted(s, right, true), bits);
    case SIMD_URSHR: return simd_cut((uint64_t)shifted(u, right, true), bits);
    case SIMD_SRSRA: return simd_cut(d + (uint64_t)shifted(s, right, true), bits);
    case SIMD_URSRA: return simd_cut(d + (uint64_t)shifted(u, right, true), bits);
    case SIMD_SRI: return (uint64_t)(u >> imm) |
        (d & ~(uint64_t)(((((wide)1 << bits) - 1)) >> imm) & simd_cut(UINT64_MAX, bits));
    case SIMD_SLI: return simd_cut(n << imm, bits) | (d & ((1ull << imm) - 1));
    case SIMD_SHL: return simd_cut(n << imm, bits);
    case SIMD_SQSHLU: return saturate(cpu, wide_left(s, imm), bits, true);
    case SIMD_SQSHL_I: return saturate(cpu, wide_left(s, imm), bits, false);
    default: return saturate(cpu, wide_left(u, imm), bits, true);        /* UQSHL_I */
    }
}

static uint64_t logic(enum simd_op op, uint64_t d, uint64_t n, uint64_t m)
{
    switch (op) {
    case SIMD_AND: return n & m;
    case SIMD_BIC: return n & ~m;
    case SIMD_ORR: return n | m;
    case SIMD_ORN: return n | ~m;
    case SIMD_EOR: return n ^ m;
    case SIMD_BSL: return (n & d) | (m & ~d);
    case SIMD_BIT: return (d & ~m) | (n & m);
    default:       return (d & m) | (n & ~m);       /* BIF */
    }
}

static uint64_t arithmetic(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m)
{
    const int64_t sn = simd_signed(n, bits), sm = simd_signed(m, bits);
    switch (op) {
    case SIMD_ADD: return simd_cut(n + m, bits);
    case SIMD_SUB: return simd_cut(n - m, bits);
    case SIMD_MUL: return simd_cut(n * m, bits);
    case SIMD_MLA: return simd_cut(d + n * m, bits);
    case SIMD_MLS: return simd_cut(d - n * m, bits);
    case SIMD_PMUL: return simd_cut(polynomial(n, m, bits), bits);
    case SIMD_SHADD: return simd_cut((uint64_t)((sn + sm) >> 1), bits);
    case SIMD_UHADD: return (n + m) >> 1;
    case SIMD_SRHADD: return simd_cut((uint64_t)((sn + sm + 1) >> 1), bits);
    case SIMD_URHADD: return (n + m + 1) >> 1;
    case SIMD_SHSUB: return simd_cut((uint64_t)((sn - sm) >> 1), bits);
    case SIMD_UHSUB: return simd_cut((uint64_t)((int64_t)(n - m) >> 1), bits);
    case SIMD_SQADD: return saturate(cpu, (wide)sn + sm, bits, false);
    case SIMD_UQADD: return saturate(cpu, (wide)n + m, bits, true);
    case SIMD_SQSUB: return saturate(cpu, (wide)sn - sm, bits, false);
    case SIMD_UQSUB: return saturate(cpu, (wide)n - m, bits, true);
    case SIMD_SUQADD: return saturate(cpu, (wide)simd_signed(d, bits) + n, bits, false);
    case SIMD_USQADD: return saturate(cpu, (wide)d + sn, bits, true);
    case SIMD_CMGT: return all(sn > sm, bits);
    case SIMD_CMGE: return all(sn >= sm, bits);
    case SIMD_CMHI: return all(n > m, bits);
    case SIMD_CMHS: return all(n >= m, bits);
    case SIMD_CMEQ: return all(n == m, bits);
    case SIMD_CMTST: return all(n & m, bits);
    case SIMD_SMAX: return sn > sm ? n : m;
    case SIMD_SMIN: return sn < sm ? n : m;
    case SIMD_UMAX: return n > m ? n : m;
    case SIMD_UMIN: return n < m ? n : m;
    case SIMD_SABD: return simd_cut(sn > sm ? n - m : m - n, bits);
    case SIMD_UABD: return n > m ? n - m : m - n;
    case SIMD_SABA: return simd_cut(d + (sn > sm ? n - m : m - n), bits);
    case SIMD_UABA: return simd_cut(d + (n > m ? n - m : m - n), bits);
    case SIMD_ADDHN: return simd_cut(n + m, bits) >> bits / 2;
    case SIMD_SUBHN: return simd_cut(n - m, bits) >> bits / 2;
    case SIMD_RADDHN: return simd_cut(n + m + (1ull << (bits / 2 - 1)), bits) >> bits / 2;
    case SIMD_RSUBHN: return simd_cut(n - m + (1ull << (bits / 2 - 1)), bits) >> bits / 2;
    default: return 0;
    }
}

uint64_t simd_lane(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m,
    unsigned imm)
{
    if (op > SIMD_FP_FIRST) {
        return simd_lane_fp(cpu, op, bits, d, n, m, imm);
    }
    if (op >= SIMD_SSHL && op <= SIMD_UQRSHL) {
        return shift_by_register(cpu, op, bits, n, m);
    }
    if (op >= SIMD_SQDMULH && op <= SIMD_SQRDMLSH) {
        return doubling_high(cpu, op, bits, d, simd_signed(n, bits), simd_signed(m, bits));
    }
    if (op >= SIMD_SQDMULL && op <= SIMD_SQDMLSL) {
        return doubling_long(cpu, op, bits, d, simd_signed(n, bits), simd_signed(m, bits));
    }
    if (op == SIMD_PMULL) {
        return polynomial(simd_cut(n, bits / 2), simd_cut(m, bits / 2), bits / 2);
    }
    if (op >= SIMD_AND && op <= SIMD_BIF) {
        return simd_cut(logic(op, d, n, m), bits);
    }
    if (op >= SIMD_SSHR && op <= SIMD_UQSHL_I) {
        return shift_by_immediate(cpu, op, bits, d, n, imm);
    }
    if ((op >= SIMD_SHRN && op <= SIMD_SQRSHRUN) || (op >= SIMD_XTN && op <= SIMD_SQXTUN)) {
        return narrow(cpu, op, bits, n, imm);
    }
    if ((op >= SIMD_REV16 && op <= SIMD_SQNEG) || (op >= SIMD_CMGTZ && op <= SIMD_CMLTZ)) {
        return one_operand(cpu, op, bits, n, imm);
    }
    return arithmetic(cpu, op, bits, d, n, m);
}
