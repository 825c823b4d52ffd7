/* SPDX-License-Identifier: MIT */
/* Arithmetic and comparison: FPAdd, FPMul, FPMulAdd, FPDiv, FPSqrt, FPMax, FPCompare ... (DDI 0487, pseudocode). */
#include "target-arm/fp.h"

typedef unsigned __int128 u128;

/* The sum of two numbers (neither zero, infinite nor NaN) given as m * 2^(exp - 125), m with its top bit in 125, times
 * 2^scale. Bits that are shifted out stay in the lowest one. Exact zero: the sign that the rounding mode gives. */
static uint64_t sum(struct fp_env *env, unsigned n, u128 ma, int ea, bool sa, u128 mb, int eb, bool sb, int scale)
{
    if (ea < eb) {
        u128 m = ma; ma = mb; mb = m;
        int e = ea; ea = eb; eb = e;
        bool s = sa; sa = sb; sb = s;
    }
    const int d = ea - eb;
    if (d) {
        mb = d > 126 ? 1 : mb >> d | ((mb & (((u128)1 << d) - 1)) != 0);
    }
    struct fp_parts r = { .sign = sa };
    u128 m = ma + mb;
    if (sa != sb) {
        m = ma - mb;
        if (ma < mb) {
            m = mb - ma;
            r.sign = sb;
        }
    }
    if (!m)
        return fp_zero(n, fp_rounding(env) == FP_NEGINF);
    fp_normalise(&r, m, ea + 2 + scale);
    return fp_round(env, n, &r);
}

static uint64_t add_parts(struct fp_env *env, unsigned n, const struct fp_parts *a, const struct fp_parts *b, int scale)
{
    if (a->kind == FP_KIND_INF && b->kind == FP_KIND_INF && a->sign != b->sign)
        return fp_invalid(env, n);
    if (a->kind == FP_KIND_INF || b->kind == FP_KIND_INF)
        return fp_infinity(n, a->kind == FP_KIND_INF ? a->sign : b->sign);
    if (a->kind == FP_KIND_ZERO && b->kind == FP_KIND_ZERO)
        return fp_zero(n, a->sign == b->sign ? a->sign : fp_rounding(env) == FP_NEGINF);
    if (a->kind == FP_KIND_ZERO || b->kind == FP_KIND_ZERO) {
        struct fp_parts p = a->kind == FP_KIND_ZERO ? *b : *a;
        p.exp += scale;
        return fp_round(env, n, &p);
    }
    return sum(env, n, (u128)a->mant << 62, a->exp, a->sign, (u128)b->mant << 62, b->exp, b->sign, scale);
}

static uint64_t add(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool subtract, int scale)
{
    struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t result;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &result))
        return result;
    pb.sign ^= subtract;
    return add_parts(env, n, &pa, &pb, scale);
}

uint64_t fp_add(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return add(env, n, a, b, false, 0); }
uint64_t fp_sub(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return add(env, n, a, b, true, 0); }
uint64_t fp_abd(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return fp_abs(n, fp_sub(env, n, a, b)); }

static uint64_t two(unsigned n, bool sign)
{
    return fp_zero(n, sign) | (uint64_t)(fp_bias(n) + 1) << fp_fraction_bits(n);
}

static uint64_t mul(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool extended)
{
    const struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t result;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &result))
        return result;
    const bool sign = pa.sign != pb.sign;
    const bool inf = pa.kind == FP_KIND_INF || pb.kind == FP_KIND_INF;
    const bool zero = pa.kind == FP_KIND_ZERO || pb.kind == FP_KIND_ZERO;
    if (inf && zero)
        return extended ? two(n, sign) : fp_invalid(env, n);
    if (inf)
        return fp_infinity(n, sign);
    if (zero)
        return fp_zero(n, sign);
    struct fp_parts r = { .sign = sign };
    fp_normalise(&r, (u128)pa.mant * pb.mant, pa.exp + pb.exp + 1);
    return fp_round(env, n, &r);
}

uint64_t fp_mul(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return mul(env, n, a, b, false); }
uint64_t fp_mulx(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return mul(env, n, a, b, true); }

uint64_t fp_div(struct fp_env *env, unsigned n, uint64_t a, uint64_t b)
{
    const struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t result;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &result))
        return result;
    const bool sign = pa.sign != pb.sign;
    if (pa.kind == pb.kind && pa.kind != FP_KIND_NUMBER)        /* inf / inf, 0 / 0 */
        return fp_invalid(env, n);
    if (pa.kind == FP_KIND_INF || pb.kind == FP_KIND_ZERO) {
        if (pa.kind != FP_KIND_INF)
            env->flags |= FPSR_DZC;
        return fp_infinity(n, sign);
    }
    if (pa.kind == FP_KIND_ZERO || pb.kind == FP_KIND_INF)
        return fp_zero(n, sign);
    /* Quotient of 2^63 * 2^63 / 2^63: 63 or 64 bits, then the remainder into the lowest. */
    const u128 dividend = (u128)pa.mant << 63;
    const u128 quotient = dividend / pb.mant;
    struct fp_parts r = { .sign = sign };
    fp_normalise(&r, quotient << 63 | (dividend % pb.mant != 0), pa.exp - pb.exp + 1);
    return fp_round(env, n, &r);
}

/* The integer square root; *exact: nothing was left. */
static uint64_t root(u128 m, bool *exact)
{
    uint64_t r = 0;
    for (int bit = 63; bit >= 0; bit--) {
        const uint64_t t = r | 1ull << bit;
        if ((u128)t * t <= m)
            r = t;
    }
    *exact = (u128)r * r == m;
    return r;
}

uint64_t fp_sqrt(struct fp_env *env, unsigned n, uint64_t a)
{
    const struct fp_parts p = fp_unpack(env, n, a);
    if (fp_is_nan(&p))
        return fp_process_nan(env, n, a, p.kind);
    if (p.kind == FP_KIND_ZERO)
        return fp_zero(n, p.sign);
    if (p.sign)
        return fp_invalid(env, n);
    if (p.kind == FP_KIND_INF)
        return fp_infinity(n, false);
    /* mant * 2^64 or 2^63, so that the exponent left is even: the root has 64 bits. */
    const bool odd = p.exp & 1;
    bool exact;
    struct fp_parts r = { .kind = FP_KIND_NUMBER };
    r.mant = root((u128)p.mant << (odd ? 64 : 63), &exact);
    r.exp = (p.exp - odd) / 2;
    r.mant |= !exact;
    return fp_round(env, n, &r);
}

static bool muladd_nans(struct fp_env *env, unsigned n, const struct fp_parts p[3], const uint64_t x[3], uint64_t *result)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < 3; i++) {
            if (p[i].kind == (pass ? FP_KIND_QNAN : FP_KIND_SNAN)) {
                *result = fp_process_nan(env, n, x[i], p[i].kind);
                return true;
            }
        }
    }
    return false;
}

/* The product of two numbers plus c, once rounded, times 2^scale. */
static uint64_t product_plus(struct fp_env *env, unsigned n, const struct fp_parts *a, const struct fp_parts *b,
                             const struct fp_parts *c, int scale)
{
    const bool sign = a->sign != b->sign;
    u128 product = (u128)a->mant * b->mant;     /* low bits are 0: the shift below loses nothing */
    int exp = a->exp + b->exp;
    if (product >> 127) {
        product >>= 2;
        exp++;
    } else {
        product >>= 1;
    }
    if (c->kind == FP_KIND_ZERO) {
        struct fp_parts r = { .sign = sign };
        fp_normalise(&r, product, exp + 2 + scale);
        return fp_round(env, n, &r);
    }
    return sum(env, n, product, exp, sign, (u128)c->mant << 62, c->exp, c->sign, scale);
}

static uint64_t muladd_parts(struct fp_env *env, unsigned n, const struct fp_parts *c, const struct fp_parts *a,
                             const struct fp_parts *b, int scale)
{
    const bool sign = a->sign != b->sign;
    const bool inf = a->kind == FP_KIND_INF || b->kind == FP_KIND_INF;
    const bool zero = a->kind == FP_KIND_ZERO || b->kind == FP_KIND_ZERO;
    if ((inf && zero) || (inf && c->kind == FP_KIND_INF && c->sign != sign))
        return fp_invalid(env, n);
    if (inf || c->kind == FP_KIND_INF)
        return fp_infinity(n, inf ? sign : c->sign);
    if (zero) {
        const struct fp_parts p = { .kind = FP_KIND_ZERO, .sign = sign };
        return add_parts(env, n, c, &p, scale);
    }
    return product_plus(env, n, a, b, c, scale);
}

uint64_t fp_muladd(struct fp_env *env, unsigned n, uint64_t addend, uint64_t a, uint64_t b)
{
    const struct fp_parts p[3] = { fp_unpack(env, n, addend), fp_unpack(env, n, a), fp_unpack(env, n, b) };
    const bool inf_zero = (p[1].kind == FP_KIND_INF && p[2].kind == FP_KIND_ZERO) ||
                          (p[1].kind == FP_KIND_ZERO && p[2].kind == FP_KIND_INF);
    uint64_t result;
    if (p[0].kind == FP_KIND_QNAN && inf_zero)
        return fp_invalid(env, n);
    if (muladd_nans(env, n, p, (uint64_t[3]){ addend, a, b }, &result))
        return result;
    return muladd_parts(env, n, &p[0], &p[1], &p[2], 0);
}

static struct fp_parts small_integer(unsigned value)
{
    struct fp_parts p = { 0 };
    fp_normalise(&p, value, 127);
    return p;
}

static uint64_t small_number(unsigned n, unsigned value)         /* 2 or 3 or one and a half */
{
    return two(n, false) | (value == 3 ? 1ull << (fp_fraction_bits(n) - 1) : 0);
}

/* constant - a * b, the product rounded; 0 * inf counts as 0. scale -1 halves before the last rounding. */
static uint64_t step(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, unsigned constant, int scale)
{
    const struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t product;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &product))
        return product;
    const bool inf = pa.kind == FP_KIND_INF || pb.kind == FP_KIND_INF;
    const bool zero = pa.kind == FP_KIND_ZERO || pb.kind == FP_KIND_ZERO;
    product = inf && zero ? 0 : fp_mul(env, n, a, b);
    return add(env, n, small_number(n, constant), product, true, scale);
}

uint64_t fp_recip_step(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return step(env, n, a, b, 2, 0); }
uint64_t fp_rsqrt_step(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return step(env, n, a, b, 3, -1); }

static uint64_t step_fused(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, unsigned constant, int scale)
{
    a = fp_neg(n, a);
    const struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t result;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &result))
        return result;
    const bool inf = pa.kind == FP_KIND_INF || pb.kind == FP_KIND_INF;
    const bool zero = pa.kind == FP_KIND_ZERO || pb.kind == FP_KIND_ZERO;
    if (inf && zero)                /* 2.0 or 1.5 */
        return scale ? (uint64_t)fp_bias(n) << fp_fraction_bits(n) | 1ull << (fp_fraction_bits(n) - 1) : two(n, false);
    const struct fp_parts c = small_integer(constant);
    return muladd_parts(env, n, &c, &pa, &pb, scale);
}

uint64_t fp_recip_step_fused(struct fp_env *env, unsigned n, uint64_t a, uint64_t b)
{
    return step_fused(env, n, a, b, 2, 0);
}

uint64_t fp_rsqrt_step_fused(struct fp_env *env, unsigned n, uint64_t a, uint64_t b)
{
    return step_fused(env, n, a, b, 3, -1);
}

/* -1, 0, 1 of two that are no NaNs. */
static int order(const struct fp_parts *a, const struct fp_parts *b)
{
    if (a->kind == FP_KIND_ZERO && b->kind == FP_KIND_ZERO)
        return 0;
    if (a->kind == FP_KIND_ZERO)
        return b->sign ? 1 : -1;
    if (b->kind == FP_KIND_ZERO)
        return a->sign ? -1 : 1;
    if (a->sign != b->sign)
        return a->sign ? -1 : 1;
    int magnitude = a->kind != b->kind ? (a->kind == FP_KIND_INF ? 1 : -1) : 0;
    if (!magnitude && a->kind == FP_KIND_NUMBER) {
        magnitude = a->exp != b->exp ? (a->exp > b->exp ? 1 : -1) : (a->mant > b->mant) - (a->mant < b->mant);
    }
    return a->sign ? -magnitude : magnitude;
}

static uint64_t repack(struct fp_env *env, unsigned n, const struct fp_parts *p)
{
    return p->kind == FP_KIND_INF ? fp_infinity(n, p->sign) : p->kind == FP_KIND_ZERO ? fp_zero(n, p->sign)
                                                                                       : fp_round(env, n, p);
}

static uint64_t extreme(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool max)
{
    struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    uint64_t result;
    if (fp_process_nans(env, n, &pa, a, &pb, b, &result))
        return result;
    const int o = order(&pa, &pb);
    struct fp_parts *p = (max ? o > 0 : o < 0) ? &pa : &pb;
    if (p->kind == FP_KIND_ZERO && pa.kind == pb.kind)
        p->sign = max ? pa.sign && pb.sign : pa.sign || pb.sign;
    return repack(env, n, p);
}

uint64_t fp_max(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return extreme(env, n, a, b, true); }
uint64_t fp_min(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return extreme(env, n, a, b, false); }

/* A quiet NaN beside a number counts as the infinity that loses. */
static uint64_t extreme_num(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool max)
{
    struct fp_env quiet = *env;     /* looked at twice; told once */
    const struct fp_parts pa = fp_unpack(&quiet, n, a), pb = fp_unpack(&quiet, n, b);
    if (pa.kind == FP_KIND_QNAN && pb.kind != FP_KIND_QNAN) {
        a = fp_infinity(n, max);
    } else if (pb.kind == FP_KIND_QNAN && pa.kind != FP_KIND_QNAN) {
        b = fp_infinity(n, max);
    }
    env->flags |= quiet.flags;
    return extreme(env, n, a, b, max);
}

uint64_t fp_maxnum(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return extreme_num(env, n, a, b, true); }
uint64_t fp_minnum(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return extreme_num(env, n, a, b, false); }

/* -1, 0, 1; 2 unordered. */
static int compare(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool quiet)
{
    const struct fp_parts pa = fp_unpack(env, n, a), pb = fp_unpack(env, n, b);
    if (!fp_is_nan(&pa) && !fp_is_nan(&pb))
        return order(&pa, &pb);
    if (!quiet || pa.kind == FP_KIND_SNAN || pb.kind == FP_KIND_SNAN)
        env->flags |= FPSR_IOC;
    return 2;
}

unsigned fp_compare(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool quiet)
{
    static const uint8_t nzcv[4] = { 0x8, 0x6, 0x2, 0x3 };
    return nzcv[compare(env, n, a, b, quiet) + 1];
}

bool fp_compare_eq(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return compare(env, n, a, b, true) == 0; }
bool fp_compare_gt(struct fp_env *env, unsigned n, uint64_t a, uint64_t b) { return compare(env, n, a, b, false) == 1; }

bool fp_compare_ge(struct fp_env *env, unsigned n, uint64_t a, uint64_t b)
{
    const int o = compare(env, n, a, b, false);
    return o == 0 || o == 1;
}
