/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD on integers, for the operations that have no host instruction of the same meaning (and for those that do, where
 * neon.c finds no use for it): 64 bits of elements a call (Arm ARM F6, pseudocode of each instruction).
 */
#include "target-arm/fp.h"
#include "target-arm/helpers.h"
#include "target-arm/neon_ops.h"
#include "target-arm/wide.h"

struct lane { struct arm_cpu *cpu; unsigned bits; bool is_unsigned; };
typedef wide lane_function(const struct lane *l, wide n, wide m, wide d);

static wide highest(const struct lane *l) { return ((wide)1 << (l->is_unsigned ? l->bits : l->bits - 1)) - 1; }
static wide lowest(const struct lane *l) { return l->is_unsigned ? 0 : -((wide)1 << (l->bits - 1)); }

static wide saturated(const struct lane *l, wide value)
{
    if (value >= lowest(l) && value <= highest(l))
        return value;
    l->cpu->fpsr |= FPSR_QC;
    return value < 0 ? lowest(l) : highest(l);
}

static wide hadd(const struct lane *l, wide n, wide m, wide d) { return (n + m) >> 1; }
static wide rhadd(const struct lane *l, wide n, wide m, wide d) { return (n + m + 1) >> 1; }
static wide hsub(const struct lane *l, wide n, wide m, wide d) { return (n - m) >> 1; }
static wide qadd(const struct lane *l, wide n, wide m, wide d) { return saturated(l, n + m); }
static wide qsub(const struct lane *l, wide n, wide m, wide d) { return saturated(l, n - m); }
static wide cgt(const struct lane *l, wide n, wide m, wide d) { return -(wide)(n > m); }
static wide cge(const struct lane *l, wide n, wide m, wide d) { return -(wide)(n >= m); }
static wide cle(const struct lane *l, wide n, wide m, wide d) { return -(wide)(n <= m); }
static wide clt(const struct lane *l, wide n, wide m, wide d) { return -(wide)(n < m); }
static wide max(const struct lane *l, wide n, wide m, wide d) { return n > m ? n : m; }
static wide min(const struct lane *l, wide n, wide m, wide d) { return n < m ? n : m; }
static wide abd(const struct lane *l, wide n, wide m, wide d) { return n > m ? n - m : m - n; }
static wide aba(const struct lane *l, wide n, wide m, wide d) { return d + (n > m ? n - m : m - n); }
static wide add(const struct lane *l, wide n, wide m, wide d) { return n + m; }
static wide sub(const struct lane *l, wide n, wide m, wide d) { return n - m; }
static wide tst(const struct lane *l, wide n, wide m, wide d) { return -(wide)((n & m) != 0); }
static wide ceq(const struct lane *l, wide n, wide m, wide d) { return -(wide)(n == m); }
static wide mla(const struct lane *l, wide n, wide m, wide d) { return d + n * m; }
static wide mls(const struct lane *l, wide n, wide m, wide d) { return d - n * m; }
static wide mul(const struct lane *l, wide n, wide m, wide d) { return n * m; }

static wide pmul(const struct lane *l, wide n, wide m, wide d)
{
    wide product = 0;
    for (unsigned i = 0; i < l->bits; i++) {
        if (m >> i & 1)
            product ^= (n & (((wide)1 << l->bits) - 1)) << i;
    }
    return product;
}

static wide qdmulh(const struct lane *l, wide n, wide m, wide d) { return saturated(l, (2 * n * m) >> l->bits); }
static wide qrdmulh(const struct lane *l, wide n, wide m, wide d)
{
    return saturated(l, (2 * n * m + ((wide)1 << (l->bits - 1))) >> l->bits);
}
static wide qrdmlah(const struct lane *l, wide n, wide m, wide d)
{
    return saturated(l, (d * ((wide)1 << l->bits) + 2 * n * m + ((wide)1 << (l->bits - 1))) >> l->bits);
}
static wide qrdmlsh(const struct lane *l, wide n, wide m, wide d)
{
    return saturated(l, (d * ((wide)1 << l->bits) - 2 * n * m + ((wide)1 << (l->bits - 1))) >> l->bits);
}

/* Shifts by a signed amount: left when positive. */
static wide shift_right(const struct lane *l, wide n, unsigned amount, bool rounds)
{
    if (rounds)
        return amount > l->bits ? 0 : (n + ((wide)1 << (amount - 1))) >> amount;
    return amount >= l->bits ? (n < 0 ? -1 : 0) : n >> amount;
}
static int amount_of(wide m) { return (int8_t)m; }
static wide shift(const struct lane *l, wide n, int amount, bool rounds)
{
    if (amount >= 0)
        return amount >= (int)l->bits ? 0 : wide_left(n, (unsigned)amount);
    return shift_right(l, n, (unsigned)-amount, rounds);
}
static wide shift_saturated(const struct lane *l, wide n, int amount, bool rounds)
{
    if (amount < 0)
        return shift_right(l, n, (unsigned)-amount, rounds);
    if (!n)
        return 0;
    if (amount >= (int)l->bits || n > highest(l) >> amount || n < lowest(l) >> amount) {
        l->cpu->fpsr |= FPSR_QC;
        return n < 0 ? lowest(l) : highest(l);
    }
    return wide_left(n, (unsigned)amount);
}
static wide shl(const struct lane *l, wide n, wide m, wide d) { return shift(l, n, amount_of(m), false); }
static wide rshl(const struct lane *l, wide n, wide m, wide d) { return shift(l, n, amount_of(m), true); }
static wide qshl(const struct lane *l, wide n, wide m, wide d) { return shift_saturated(l, n, amount_of(m), false); }
static wide qrshl(const struct lane *l, wide n, wide m, wide d) { return shift_saturated(l, n, amount_of(m), true); }

/* m: 1 to bits */
static wide shr(const struct lane *l, wide n, wide m, wide d) { return shift_right(l, n, (unsigned)m, false); }
static wide sra(const struct lane *l, wide n, wide m, wide d) { return d + shift_right(l, n, (unsigned)m, false); }
static wide rshr(const struct lane *l, wide n, wide m, wide d) { return shift_right(l, n, (unsigned)m, true); }
static wide rsra(const struct lane *l, wide n, wide m, wide d) { return d + shift_right(l, n, (unsigned)m, true); }
static wide lane_mask(const struct lane *l) { return ((wide)1 << l->bits) - 1; }
static wide sri(const struct lane *l, wide n, wide m, wide d)
{
    const wide mask = lane_mask(l) >> (unsigned)m;
    return (d & ~mask) | ((n & lane_mask(l)) >> (unsigned)m & mask);
}
static wide sli(const struct lane *l, wide n, wide m, wide d)
{
    const wide mask = wide_left(lane_mask(l), (unsigned)m) & lane_mask(l);
    return (d & ~mask) | (wide_left(n & lane_mask(l), (unsigned)m) & mask);
}
static wide qshlu(const struct lane *l, wide n, wide m, wide d)
{
    const struct lane to = { l->cpu, l->bits, true };
    if (n >= 0)
        return shift_saturated(&to, n, (int)m, false);
    l->cpu->fpsr |= FPSR_QC;
    return 0;
}

static wide leading(const struct lane *l, wide n)
{
    unsigned count = 0;
    while (count < l->bits && !(n >> (l->bits - 1 - count) & 1))
        count++;
    return count;
}
static wide clz(const struct lane *l, wide n, wide m, wide d) { return leading(l, n); }
static wide cls(const struct lane *l, wide n, wide m, wide d) { return leading(l, n < 0 ? ~n : n) - 1; }
static wide cnt(const struct lane *l, wide n, wide m, wide d) { return __builtin_popcountll((uint64_t)(n & lane_mask(l))); }
static wide qabs(const struct lane *l, wide n, wide m, wide d) { return saturated(l, n < 0 ? -n : n); }
static wide qneg(const struct lane *l, wide n, wide m, wide d) { return saturated(l, -n); }
static wide abs_(const struct lane *l, wide n, wide m, wide d) { return n < 0 ? -n : n; }
static wide neg(const struct lane *l, wide n, wide m, wide d) { return -n; }
static wide recpe(const struct lane *l, wide n, wide m, wide d) { return fp_unsigned_recip_estimate((uint32_t)n); }
static wide rsqrte(const struct lane *l, wide n, wide m, wide d) { return fp_unsigned_rsqrt_estimate((uint32_t)n); }

/* Widening ones: the lane is the wide one; QDMLAL saturates twice. */
static wide qdmull(const struct lane *l, wide n, wide m, wide d) { return saturated(l, 2 * n * m); }
static wide qdmlal(const struct lane *l, wide n, wide m, wide d) { return saturated(l, d + saturated(l, 2 * n * m)); }
static wide qdmlsl(const struct lane *l, wide n, wide m, wide d) { return saturated(l, d - saturated(l, 2 * n * m)); }
static wide shll(const struct lane *l, wide n, wide m, wide d) { return wide_left(n, (unsigned)m); }

static lane_function *const functions[] = {
    [NEON_HADD] = hadd, [NEON_RHADD] = rhadd, [NEON_HSUB] = hsub, [NEON_QADD] = qadd, [NEON_QSUB] = qsub, [NEON_CGT] = cgt,
    [NEON_CGE] = cge, [NEON_SHL] = shl, [NEON_QSHL] = qshl, [NEON_RSHL] = rshl, [NEON_QRSHL] = qrshl, [NEON_MAX] = max,
    [NEON_MIN] = min, [NEON_ABD] = abd, [NEON_ABA] = aba, [NEON_ADD] = add, [NEON_SUB] = sub, [NEON_TST] = tst, [NEON_CEQ] = ceq,
    [NEON_MLA] = mla, [NEON_MLS] = mls, [NEON_MUL] = mul, [NEON_PMUL] = pmul, [NEON_QDMULH] = qdmulh, [NEON_QRDMULH] = qrdmulh,
    [NEON_QRDMLAH] = qrdmlah, [NEON_QRDMLSH] = qrdmlsh, [NEON_CLE] = cle, [NEON_CLT] = clt, [NEON_SHR] = shr, [NEON_SRA] = sra,
    [NEON_RSHR] = rshr, [NEON_RSRA] = rsra, [NEON_SRI] = sri, [NEON_SLI] = sli, [NEON_QSHLU] = qshlu, [NEON_CLS] = cls,
    [NEON_CLZ] = clz, [NEON_CNT] = cnt, [NEON_QABS] = qabs, [NEON_QNEG] = qneg, [NEON_ABS] = abs_, [NEON_NEG] = neg,
    [NEON_RECPE] = recpe, [NEON_RSQRTE] = rsqrte, [NEON_PADD] = add, [NEON_PMAX] = max, [NEON_PMIN] = min, [NEON_ADDL] = add,
    [NEON_SUBL] = sub, [NEON_ABDL] = abd, [NEON_ABAL] = aba, [NEON_MULL] = mul, [NEON_MLAL] = mla, [NEON_MLSL] = mls,
    [NEON_QDMULL] = qdmull, [NEON_QDMLAL] = qdmlal, [NEON_QDMLSL] = qdmlsl, [NEON_PMULL] = pmul, [NEON_SHLL] = shll,
    [NEON_ADDW] = add, [NEON_SUBW] = sub,
};

static wide extract(uint64_t x, unsigned at, unsigned bits, bool is_unsigned)
{
    const uint64_t raw = x >> at << (64 - bits);
    return is_unsigned ? (wide)(raw >> (64 - bits)) : (wide)((int64_t)raw >> (64 - bits));
}

static uint64_t placed(wide value, unsigned at, unsigned bits)
{
    return ((uint64_t)value << (64 - bits) >> (64 - bits)) << at;
}

uint64_t helper_arm_neon_lanes(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t how)
{
    const struct lane l = { arm_cpu_of(base), how >> 8 & 0xff, how >> 16 & 1 };
    lane_function *const function = functions[how & 0xff];
    const bool immediate = (how & 0xff) >= NEON_SHR && (how & 0xff) <= NEON_QSHLU;
    const bool fixed_shift = immediate || how >> 17 & 1;
    const bool signed_m = (how & 0xff) >= NEON_SHL && (how & 0xff) <= NEON_QRSHL;
    uint64_t result = 0;
    for (unsigned at = 0; at < 64; at += l.bits) {
        const wide second = fixed_shift ? (wide)m : extract(m, at, l.bits, l.is_unsigned && !signed_m);
        const wide value = function(&l, extract(n, at, l.bits, l.is_unsigned), second, extract(d, at, l.bits, l.is_unsigned));
        result |= placed(value, at, l.bits);
    }
    return result;
}

uint64_t helper_arm_neon_pairs(struct cpu *base, uint64_t n, uint64_t m, uint64_t how)
{
    const struct lane l = { arm_cpu_of(base), how >> 8 & 0xff, how >> 16 & 1 };
    lane_function *const function = functions[how & 0xff];
    uint64_t result = 0;
    for (unsigned at = 0; at < 128; at += 2 * l.bits) {
        const uint64_t from = at < 64 ? n : m;
        const unsigned place = at & 63;
        const wide value = function(&l, extract(from, place, l.bits, l.is_unsigned),
                                    extract(from, place + l.bits, l.bits, l.is_unsigned), 0);
        result |= placed(value, at / 2, l.bits);
    }
    return result;
}

/* VPADDL and, with d, VPADAL. how: bits are those of the narrow elements. */
uint64_t helper_arm_neon_paddl(struct cpu *cpu, uint64_t n, uint64_t d, uint64_t how)
{
    const unsigned bits = how >> 8 & 0xff;
    const bool is_unsigned = how >> 16 & 1;
    uint64_t result = 0;
    for (unsigned at = 0; at < 64; at += 2 * bits) {
        const wide sum = extract(n, at, bits, is_unsigned) + extract(n, at + bits, bits, is_unsigned);
        result |= placed(sum + extract(d, at, 2 * bits, true), at, 2 * bits);
    }
    return result;
}

/* bits: of the narrow elements */
uint64_t helper_arm_neon_widen(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t how)
{
    const unsigned op = how & 0xff, bits = how >> 8 & 0xff;
    const bool is_unsigned = how >> 16 & 1, wide_n = op == NEON_ADDW || op == NEON_SUBW;
    const struct lane l = { arm_cpu_of(base), op == NEON_PMULL ? bits : 2 * bits, is_unsigned };
    uint64_t result = 0;
    for (unsigned i = 0; i < 32 / bits; i++) {
        const wide first = wide_n ? extract(n, i * 2 * bits, 2 * bits, is_unsigned) : extract(n, i * bits, bits, is_unsigned);
        const wide second = op == NEON_SHLL ? (wide)m : extract(m, i * bits, bits, is_unsigned);
        const wide value = functions[op](&l, first, second, extract(d, i * 2 * bits, 2 * bits, false));
        result |= placed(value, i * 2 * bits, 2 * bits);
    }
    return result;
}

static wide narrowed(struct arm_cpu *cpu, unsigned op, wide n, wide m, unsigned bits, bool is_unsigned)
{
    const struct lane to = { cpu, bits, is_unsigned || op == NEON_QSHRUN || op == NEON_QRSHRUN };
    const wide half = (wide)1 << (bits - 1), round = op <= NEON_RSUBHN || !m ? 0 : (wide)1 << ((unsigned)m - 1);
    switch (op) {
    case NEON_ADDHN:  return (n + m) >> bits;
    case NEON_RADDHN: return (n + m + half) >> bits;
    case NEON_SUBHN:  return (n - m) >> bits;
    case NEON_RSUBHN: return (n - m + half) >> bits;
    case NEON_SHRN:   return n >> (unsigned)m;
    case NEON_RSHRN:  return (n + round) >> (unsigned)m;
    case NEON_QSHRN:
    case NEON_QSHRUN: return saturated(&to, n >> (unsigned)m);
    default:          return saturated(&to, (n + round) >> (unsigned)m);
    }
}

/* bits: of the narrow elements; m: an operand like n, or the shift */
uint64_t helper_arm_neon_narrow(struct cpu *base, uint64_t n, uint64_t m, uint64_t how)
{
    const unsigned op = how & 0xff, bits = how >> 8 & 0xff;
    const bool is_unsigned = how >> 16 & 1;
    uint64_t result = 0;
    for (unsigned i = 0; i < 32 / bits; i++) {
        const unsigned at = i * 2 * bits;
        const wide second = op >= NEON_SHRN ? (wide)m : extract(m, at, 2 * bits, is_unsigned);
        const wide value = narrowed(arm_cpu_of(base), op, extract(n, at, 2 * bits, is_unsigned), second, bits, is_unsigned);
        result |= placed(value, i * bits, bits);
    }
    return result;
}

/* VTBL and VTBX: from D register n & 0xff on, n >> 8 of them; indices m; d: what stays when an index is outside. */
uint64_t helper_arm_neon_table(struct cpu *base, uint64_t n, uint64_t m, uint64_t d)
{
    const struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned first = n & 0xff, count = (unsigned)(n >> 8);
    uint64_t result = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        const unsigned index = m >> i & 0xff, reg = first + index / 8;
        const uint64_t byte = index < 8 * count ? cpu->v[reg / 2].u64[reg & 1] >> index % 8 * 8 : d >> i;
        result |= (byte & 0xff) << i;
    }
    return result;
}

/* VMULL.P64: one half of the product. */
uint64_t helper_arm_neon_pmull64(struct cpu *cpu, uint64_t n, uint64_t m, uint64_t high)
{
    unsigned __int128 product = 0;
    for (unsigned i = 0; i < 64; i++) {
        if (m >> i & 1)
            product ^= (unsigned __int128)n << i;
    }
    return (uint64_t)(high ? product >> 64 : product);
}

/* how: bit 0 n is unsigned, bit 1 m is so when n is not, and the other way round. */
static uint32_t byte_products(uint64_t n, uint64_t m, unsigned first, unsigned count, uint64_t how)
{
    const bool n_unsigned = how & 1, m_unsigned = (how ^ how >> 1) & 1;
    uint32_t sum = 0;
    for (unsigned at = first; at < first + 8 * count; at += 8) {
        const uint8_t a = (uint8_t)(n >> at), b = (uint8_t)(m >> at);
        sum += (uint32_t)((n_unsigned ? (int32_t)a : (int8_t)a) * (m_unsigned ? (int32_t)b : (int8_t)b));
    }
    return sum;
}

/* One word of VSMMLA and its relatives: eight products. */
uint64_t helper_arm_neon_matrix(struct cpu *cpu, uint64_t n, uint64_t m, uint64_t word, uint64_t how)
{
    return (uint32_t)(word + byte_products(n, m, 0, 8, how));
}

/* VSDOT, VUDOT and their relatives: to each of the two words of d four products of bytes. */
uint64_t helper_arm_neon_dot(struct cpu *cpu, uint64_t n, uint64_t m, uint64_t d, uint64_t how)
{
    uint64_t result = 0;
    for (unsigned word = 0; word < 64; word += 32) {
        result |= (uint64_t)((uint32_t)(d >> word) + byte_products(n, m, word, 4, how)) << word;
    }
    return result;
}
