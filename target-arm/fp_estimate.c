/* SPDX-License-Identifier: MIT */
/* Reciprocal estimates: FPRecipEstimate, FPRSqrtEstimate, FPRecpX and the integer forms (DDI 0487, pseudocode). */
#include "target-arm/fp.h"

/* a: 256..511 */
static unsigned recip_estimate(unsigned a)
{
    a = a * 2 + 1;
    const unsigned b = (1u << 19) / a;
    return (b + 1) / 2;
}

/* a: 128..511 */
static unsigned rsqrt_estimate(unsigned a)
{
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    unsigned b = 512;
    while (a * (b + 1) * (b + 1) < 1u << 28) {
        b++;
    }
    return (b + 1) / 2;
}

/* Fraction as 52 bits and the biased exponent, whatever the format. */
struct raw { uint64_t fraction; int exp; };
static struct raw raw_of(unsigned n, uint64_t x)
{
    const unsigned f = fp_fraction_bits(n);
    return (struct raw){ (x & ((1ull << f) - 1)) << (52 - f), (int)(fp_abs(n, x) >> f) };
}

static uint64_t pack(unsigned n, bool sign, int exp, uint64_t fraction)
{
    const unsigned f = fp_fraction_bits(n);
    return fp_zero(n, sign) | (uint64_t)exp << f | (fraction & ((1ull << 52) - 1)) >> (52 - f);
}

static uint64_t estimate_overflow(struct fp_env *env, unsigned n, bool sign)
{
    const enum fp_rounding mode = fp_rounding(env);
    const bool infinity = mode == FP_TIEEVEN || mode == (sign ? FP_NEGINF : FP_POSINF);
    env->flags |= FPSR_OFC | FPSR_IXC;
    return fp_infinity(n, sign) - !infinity;
}

uint64_t fp_recip_estimate(struct fp_env *env, unsigned n, uint64_t a)
{
    const struct fp_parts p = fp_unpack(env, n, a);
    if (fp_is_nan(&p))
        return fp_process_nan(env, n, a, p.kind);
    if (p.kind == FP_KIND_INF)
        return fp_zero(n, p.sign);
    if (p.kind == FP_KIND_ZERO) {
        env->flags |= FPSR_DZC;
        return fp_infinity(n, p.sign);
    }
    if (p.exp < -fp_bias(n) - 1)    /* below 2^-16, 2^-128, 2^-1024 */
        return estimate_overflow(env, n, p.sign);
    if (env->control & (n == 16 ? FPCR_FZ16 : FPCR_FZ) && p.exp >= fp_bias(n) - 1) {
        env->flags |= FPSR_UFC;
        return fp_zero(n, p.sign);
    }
    struct raw r = raw_of(n, a);
    if (!r.exp) {
        const bool second = !(r.fraction >> 51);
        r.exp = second ? -1 : 0;
        r.fraction <<= second ? 2 : 1;
    }
    int exp = 2 * fp_bias(n) - 1 - r.exp;
    uint64_t fraction = (uint64_t)(recip_estimate(256 | (unsigned)(r.fraction >> 44 & 0xff)) & 0xff) << 44;
    if (exp == 0) {
        fraction = 1ull << 51 | fraction >> 1;
    } else if (exp == -1) {
        fraction = 1ull << 50 | fraction >> 2;
        exp = 0;
    }
    return pack(n, p.sign, exp, fraction);
}

uint64_t fp_rsqrt_estimate(struct fp_env *env, unsigned n, uint64_t a)
{
    const struct fp_parts p = fp_unpack(env, n, a);
    if (fp_is_nan(&p))
        return fp_process_nan(env, n, a, p.kind);
    if (p.kind == FP_KIND_ZERO) {
        env->flags |= FPSR_DZC;
        return fp_infinity(n, p.sign);
    }
    if (p.sign)
        return fp_invalid(env, n);
    if (p.kind == FP_KIND_INF)
        return 0;
    struct raw r = raw_of(n, a);
    if (!r.exp) {
        while (!(r.fraction >> 51 & 1)) {
            r.fraction <<= 1;
            r.exp--;
        }
        r.fraction <<= 1;
    }
    const unsigned top = (unsigned)(r.fraction >> 44 & 0xff);
    const unsigned estimate = rsqrt_estimate(r.exp & 1 ? 128 | top >> 1 : 256 | top);
    return pack(n, false, (3 * fp_bias(n) - 1 - r.exp) / 2, (uint64_t)(estimate & 0xff) << 44);
}

uint64_t fp_recpx(struct fp_env *env, unsigned n, uint64_t a)
{
    struct fp_env quiet = *env;
    const struct fp_parts p = fp_unpack(&quiet, n, a);
    const unsigned f = fp_fraction_bits(n);
    const uint64_t mask = (1ull << (n - 1 - f)) - 1, exp = a >> f & mask;
    env->flags |= quiet.flags;
    if (fp_is_nan(&p))
        return fp_process_nan(env, n, a, p.kind);
    return fp_zero(n, p.sign) | (p.kind == FP_KIND_ZERO || !exp ? mask - 1 : ~exp & mask) << f;
}

uint32_t fp_unsigned_recip_estimate(uint32_t a)
{
    return a >> 31 ? recip_estimate(a >> 23) << 23 : ~0u;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t a)
{
    return a >> 30 ? rsqrt_estimate(a >> 23) << 23 : ~0u;
}

uint64_t fp_expand_imm(unsigned n, unsigned imm8)
{
    const unsigned f = fp_fraction_bits(n), e = n - 1 - f;
    const bool b6 = imm8 >> 6 & 1;
    const uint64_t exp = (uint64_t)!b6 << (e - 1) | (b6 ? ((1ull << (e - 3)) - 1) << 2 : 0) | (imm8 >> 4 & 3);
    return fp_zero(n, imm8 >> 7 & 1) | exp << f | (uint64_t)(imm8 & 15) << (f - 4);
}
