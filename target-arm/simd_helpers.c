/* SPDX-License-Identifier: MIT */
/* Advanced SIMD by lanes: how each form takes its lanes from the registers (simd.h). */
#include <string.h>
#include "target-arm/fp.h"
#include "target-arm/helpers.h"
#include "target-arm/simd.h"

uint64_t simd_get(const union arm_vec *v, unsigned bits, unsigned lane)
{
    switch (bits) {
    case 8:  return v->u8[lane & 15];
    case 16: return v->u16[lane & 7];
    case 32: return v->u32[lane & 3];
    default: return v->u64[lane & 1];
    }
}

void simd_put(union arm_vec *v, unsigned bits, unsigned lane, uint64_t value)
{
    switch (bits) {
    case 8:  v->u8[lane & 15] = (uint8_t)value; break;
    case 16: v->u16[lane & 7] = (uint16_t)value; break;
    case 32: v->u32[lane & 3] = (uint32_t)value; break;
    default: v->u64[lane & 1] = value; break;
    }
}

static struct simd_call unpack(uint64_t x)
{
    return (struct simd_call){ .op = x & 0xff, .form = x >> 8 & 0xf, .bits = x >> 12 & 0xff, .lanes = x >> 20 & 0x3f,
                               .is_unsigned = x >> 26 & 1, .upper = x >> 27 & 1, .element = x >> 28 & 1,
                               .index = x >> 29 & 0x1f,
                               .d = x >> 34 & 0x1f, .n = x >> 39 & 0x1f, .m = x >> 44 & 0x1f, .imm = x >> 49 & 0x7fff };
}

static uint64_t extended(const struct simd_call *c, uint64_t x)
{
    return c->is_unsigned ? x : simd_cut((uint64_t)simd_signed(x, c->bits), 2 * c->bits);
}

/* d, n, m as they were; the result is made in r. */
struct operands { union arm_vec d, n, m, r; };

static uint64_t m_lane(const struct simd_call *c, const struct operands *o, unsigned lane)
{
    return simd_get(&o->m, c->bits, c->element ? c->index : lane);
}

static void same(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    for (unsigned i = 0; i < c->lanes; i++) {
        simd_put(&o->r, c->bits, i, simd_lane(cpu, c->op, c->bits, simd_get(&o->d, c->bits, i), simd_get(&o->n,
            c->bits, i),
                                              m_lane(c, o, i), c->imm));
    }
}

static void pair(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    for (unsigned i = 0; i < c->lanes; i++) {
        const union arm_vec *v = 2 * i < c->lanes ? &o->n : &o->m;
        unsigned first = 2 * i % c->lanes;
        if (c->lanes == 1) {        /* scalar pairwise: both lanes of n */
            v = &o->n;
        }
        simd_put(&o->r, c->bits, i, simd_lane(cpu, c->op, c->bits, 0, simd_get(v, c->bits, first), simd_get(v, c->bits,
            first + 1),
                                              c->imm));
    }
}

/* LONG and WIDE. lanes: of the narrow source, 64 bits of it or one. */
static void widen(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    unsigned twice = 2 * c->bits, base = c->upper ? c->lanes : 0;
    for (unsigned i = 0; i < c->lanes; i++) {
        uint64_t n = c->form == FORM_WIDE ? simd_get(&o->n, twice, i) : extended(c, simd_get(&o->n, c->bits, base + i));
        uint64_t m = extended(c, simd_get(&o->m, c->bits, c->element ? c->index : base + i));
        if (c->op == SIMD_FMLAL || c->op == SIMD_FMLSL) {
            n = simd_cut(n, 16);
            m = simd_cut(m, 16);
        }
        simd_put(&o->r, twice, i, simd_lane(cpu, c->op, twice, simd_get(&o->d, twice, i), n, m, c->imm));
    }
}

static void narrow(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    unsigned twice = 2 * c->bits, base = c->upper ? c->lanes : 0;
    if (c->upper) {
        o->r.u64[0] = o->d.u64[0];
    }
    for (unsigned i = 0; i < c->lanes; i++) {
        uint64_t n = simd_get(&o->n, twice, i), result;
        if (c->form == FORM_NARROW) {
            result = simd_lane(cpu, c->op, twice, 0, n, simd_get(&o->m, twice, i), c->imm);
        } else {
            result = simd_lane(cpu, c->op, c->bits, 0, n, 0, c->imm);
        }
        simd_put(&o->r, c->bits, base + i, result);
    }
}

/* SSHLL, SHLL, FCVTL. */
static void long_one(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    unsigned twice = 2 * c->bits, base = c->upper ? c->lanes : 0;
    for (unsigned i = 0; i < c->lanes; i++) {
        uint64_t n = simd_get(&o->n, c->bits, base + i);
        uint64_t result = c->op == SIMD_FCVTL ? simd_lane(cpu, c->op, twice, 0, n, 0, c->imm)
                                              : simd_cut(extended(c, n) << c->imm, twice);
        simd_put(&o->r, twice, i, result);
    }
}

/* Floating point is reduced by halves (Arm ARM, Reduce()); integers in any order. */
static uint64_t reduce(struct arm_cpu *cpu, const struct simd_call *c, const struct operands *o, unsigned from,
    unsigned count)
{
    if (count == 1) {
        return simd_get(&o->n, c->bits, from);
    }
    return simd_lane(cpu, c->op, c->bits, 0, reduce(cpu, c, o, from, count / 2), reduce(cpu, c, o, from + count / 2,
        count / 2), c->imm);
}

static void across(struct arm_cpu *cpu, const struct simd_call *c, struct operands *o)
{
    if (c->form == FORM_ACROSS) {
        simd_put(&o->r, c->bits, 0, reduce(cpu, c, o, 0, c->lanes));
        return;
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < c->lanes; i++) {
        sum += extended(c, simd_get(&o->n, c->bits, i));
    }
    simd_put(&o->r, 2 * c->bits, 0, sum);
}

static void pair_long(const struct simd_call *c, struct operands *o)
{
    unsigned twice = 2 * c->bits;
    for (unsigned i = 0; i < c->lanes / 2; i++) {
        uint64_t sum = extended(c, simd_get(&o->n, c->bits, 2 * i)) + extended(c, simd_get(&o->n, c->bits, 2 * i + 1));
        simd_put(&o->r, twice, i, sum + (c->imm ? simd_get(&o->d, twice, i) : 0));
    }
}

static uint32_t byte_product(const struct simd_call *c, const struct operands *o, unsigned n, unsigned m)
{
    const int32_t a = c->is_unsigned ? o->n.u8[n] : o->n.s8[n], b = c->is_unsigned != (c->imm != 0) ? o->m.u8[m] : o->m.s8[m];
    return (uint32_t)(a * b);
}

/* Rows of n by rows of m, which is transposed. */
static void matrix(const struct simd_call *c, struct operands *o)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = o->d.u32[i];
        for (unsigned k = 0; k < 8; k++) {
            sum += byte_product(c, o, i / 2 * 8 + k, i % 2 * 8 + k);
        }
        o->r.u32[i] = sum;
    }
}

static void dot(const struct simd_call *c, struct operands *o)
{
    for (unsigned i = 0; i < c->lanes; i++) {
        uint32_t sum = o->d.u32[i];
        for (unsigned k = 0; k < 4; k++) {
            sum += byte_product(c, o, 4 * i + k, 4 * (c->element ? c->index : i) + k);
        }
        o->r.u32[i] = sum;
    }
}

uint64_t helper_arm_simd(struct cpu *base, uint64_t call)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct simd_call c = unpack(call);
    struct operands o = { .d = cpu->v[c.d], .n = cpu->v[c.n], .m = cpu->v[c.m] };
    switch (c.form) {
    case FORM_SAME:        same(cpu, &c, &o); break;
    case FORM_PAIR:        pair(cpu, &c, &o); break;
    case FORM_LONG:
    case FORM_WIDE:        widen(cpu, &c, &o); break;
    case FORM_NARROW:
    case FORM_XTN:         narrow(cpu, &c, &o); break;
    case FORM_LONG_ONE:    long_one(cpu, &c, &o); break;
    case FORM_ACROSS:
    case FORM_ACROSS_LONG: across(cpu, &c, &o); break;
    case FORM_PAIR_LONG:   pair_long(&c, &o); break;
    case FORM_MATRIX:      matrix(&c, &o); break;
    default:               dot(&c, &o); break;
    }
    cpu->v[c.d] = o.r;
    return 0;
}

/* ---- table look-up, 64-bit polynomial product, complex numbers ---- */

/* a: d | n << 5 | m << 10 | registers << 15 | TBX << 18 | bytes << 19 */
uint64_t helper_arm_tbl(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned d = a & 31, n = a >> 5 & 31, m = a >> 10 & 31, count = a >> 15 & 7, bytes = a >> 19 & 31;
    union arm_vec r = { .u64 = { 0 } }, index = cpu->v[m];
    for (unsigned i = 0; i < bytes; i++) {
        unsigned at = index.u8[i];
        r.u8[i] = at < 16 * count ? cpu->v[(n + at / 16) & 31].u8[at % 16] : a >> 18 & 1 ? cpu->v[d].u8[i] : 0;
    }
    cpu->v[d] = r;
    return 0;
}

/* a: d | n << 5 | m << 10 | upper << 15: 64 x 64 bits */
uint64_t helper_arm_pmull64(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned upper = a >> 15 & 1;
    uint64_t n = cpu->v[a >> 5 & 31].u64[upper], m = cpu->v[a >> 10 & 31].u64[upper];
    unsigned __int128 product = 0;
    for (unsigned i = 0; i < 64; i++) {
        product ^= m >> i & 1 ? (unsigned __int128)n << i : 0;
    }
    cpu->v[a & 31].u64[0] = (uint64_t)product;
    cpu->v[a & 31].u64[1] = (uint64_t)(product >> 64);
    return 0;
}

/* turn: 0, 90, 180, 270 degrees; FCADD knows 90 (0) and 270 */
void simd_complex(struct fp_env *env, unsigned bits, unsigned turn, bool add, struct simd_complex *c)
{
    if (add) {
        c->d[0] = fp_add(env, bits, c->n[0], turn ? c->m[1] : fp_neg(bits, c->m[1]));
        c->d[1] = fp_add(env, bits, c->n[1], turn ? fp_neg(bits, c->m[0]) : c->m[0]);
        return;
    }
    uint64_t x0 = c->m[turn & 1], x1 = c->m[~turn & 1];
    if (turn == 1 || turn == 2) {
        x0 = fp_neg(bits, x0);
    }
    if (turn >= 2) {
        x1 = fp_neg(bits, x1);
    }
    c->d[0] = fp_muladd(env, bits, c->d[0], c->n[turn & 1], x0);
    c->d[1] = fp_muladd(env, bits, c->d[1], c->n[turn & 1], x1);
}

/* FCMLA, FCADD. a: d | n << 5 | m << 10 | rotation << 15 | add << 17 | bits << 18 | bytes << 25; b: element + 1 or 0 */
uint64_t helper_arm_complex(struct cpu *base, uint64_t a, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = { .control = cpu->fpcr };
    unsigned d = a & 31, turn = a >> 15 & 3, bits = a >> 18 & 0x7f, bytes = a >> 25 & 31, lanes = bytes * 8 / bits;
    union arm_vec n = cpu->v[a >> 5 & 31], m = cpu->v[a >> 10 & 31], old = cpu->v[d], r = { .u64 = { 0 } };
    for (unsigned i = 0; i < lanes; i += 2) {
        unsigned e = b ? 2 * ((unsigned)b - 1) : i;
        uint64_t n0 = simd_get(&n, bits, i), n1 = simd_get(&n, bits, i + 1), m0 = simd_get(&m, bits, e),
            m1 = simd_get(&m, bits, e + 1);
        struct simd_complex c = { { simd_get(&old, bits, i), simd_get(&old, bits, i + 1) }, { n0, n1 }, { m0, m1 } };
        simd_complex(&env, bits, turn, a >> 17 & 1, &c);
        simd_put(&r, bits, i, c.d[0]);
        simd_put(&r, bits, i + 1, c.d[1]);
    }
    cpu->fpsr |= env.flags;
    cpu->v[d] = r;
    return 0;
}
