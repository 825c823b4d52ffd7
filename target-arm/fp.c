/* SPDX-License-Identifier: MIT */
/* Taking numbers apart, rounding, and NaNs: FPUnpack, FPRoundBase, FPProcessNaN (DDI 0487, "Floating-point pseudocode"). */
#include "target-arm/fp.h"

static uint64_t exponent_mask(unsigned n)
{
    return (1ull << (n - 1 - fp_fraction_bits(n))) - 1;
}

uint64_t fp_zero(unsigned n, bool sign)
{
    return sign ? fp_sign_bit(n) : 0;
}

uint64_t fp_infinity(unsigned n, bool sign)
{
    return fp_zero(n, sign) | exponent_mask(n) << fp_fraction_bits(n);
}

uint64_t fp_default_nan(unsigned n)
{
    return fp_infinity(n, false) | 1ull << (fp_fraction_bits(n) - 1);
}

uint64_t fp_invalid(struct fp_env *env, unsigned n)
{
    env->flags |= FPSR_IOC;
    return fp_default_nan(n);
}

static struct fp_parts unpack(struct fp_env *env, unsigned n, uint64_t x, bool flush16, bool alternative)
{
    const unsigned f = fp_fraction_bits(n);
    const uint64_t fraction = x & ((1ull << f) - 1), exponent = x >> f & exponent_mask(n);
    struct fp_parts p = { .sign = x >> (n - 1) & 1, .mant = fraction << (63 - f) };
    if (exponent == exponent_mask(n) && !alternative) {
        p.kind = !fraction ? FP_KIND_INF : fraction >> (f - 1) ? FP_KIND_QNAN : FP_KIND_SNAN;
    } else if (exponent) {
        p.kind = FP_KIND_NUMBER;
        p.mant |= 1ull << 63;
        p.exp = (int)exponent - fp_bias(n);
    } else if (!fraction) {
        p.kind = FP_KIND_ZERO;
    } else if (n == 16 ? flush16 : env->control & FPCR_FZ) {
        p.kind = FP_KIND_ZERO;
        if (n != 16)                /* FZ16 flushes without telling */
            env->flags |= FPSR_IDC;
    } else {
        const int shift = __builtin_clzll(p.mant);
        p.kind = FP_KIND_NUMBER;
        p.mant <<= shift;
        p.exp = 1 - fp_bias(n) - shift;
    }
    return p;
}

struct fp_parts fp_unpack(struct fp_env *env, unsigned n, uint64_t x)
{
    return unpack(env, n, x, env->control & FPCR_FZ16, false);
}

struct fp_parts fp_unpack_convert(struct fp_env *env, unsigned n, uint64_t x)
{
    return unpack(env, n, x, false, n == 16 && env->control & FPCR_AHP);
}

void fp_normalise(struct fp_parts *p, unsigned __int128 m, int exp)
{
    const uint64_t high = (uint64_t)(m >> 64);
    const int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)m);
    m <<= shift;
    p->kind = FP_KIND_NUMBER;
    p->mant = (uint64_t)(m >> 64) | ((uint64_t)m != 0);
    p->exp = exp - shift;
}

struct rounding { bool up, to_infinity; };

/* rest: what is below the last kept bit, as a fraction of it times 2^64, with a sticky lowest bit. */
static struct rounding rounding_of(enum fp_rounding mode, bool sign, bool odd, uint64_t rest)
{
    const uint64_t half = 1ull << 63;
    switch (mode) {
    case FP_TIEEVEN: return (struct rounding){ rest > half || (rest == half && odd), true };
    case FP_POSINF:  return (struct rounding){ rest && !sign, !sign };
    case FP_NEGINF:  return (struct rounding){ rest && sign, sign };
    case FP_TIEAWAY: return (struct rounding){ rest >= half, true };
    default:         return (struct rounding){ false, false };
    }
}

static uint64_t overflow(struct fp_env *env, unsigned n, bool sign, bool to_infinity)
{
    env->flags |= FPSR_OFC | FPSR_IXC;
    return to_infinity ? fp_infinity(n, sign) : fp_infinity(n, sign) - 1;
}

/* flush: by FZ or FZ16; alternative: half precision without infinities. */
static uint64_t round_base(struct fp_env *env, unsigned n, const struct fp_parts *p, enum fp_rounding mode, bool flush,
                           bool alternative)
{
    const unsigned f = fp_fraction_bits(n);
    const int minimum = 1 - fp_bias(n);
    if (flush && p->exp < minimum) {
        env->flags |= FPSR_UFC;     /* and no inexact: the manual's order */
        return fp_zero(n, p->sign);
    }
    uint64_t biased = p->exp < minimum ? 0 : (uint64_t)(p->exp - minimum + 1);
    const int shift = 63 - (int)f + (p->exp < minimum ? minimum - p->exp : 0);
    uint64_t kept = 0, rest = 1;
    if (shift < 64) {
        kept = p->mant >> shift;
        rest = p->mant << (64 - shift);
    } else if (shift == 64) {
        rest = p->mant;
    } else if (shift < 128) {
        rest = p->mant >> (shift - 64) | (p->mant << (128 - shift) != 0);
    }
    if (!biased && rest)
        env->flags |= FPSR_UFC;
    const struct rounding r = rounding_of(mode, p->sign, kept & 1, rest);
    if (r.up) {
        kept++;
        if (kept == 1ull << f)
            biased = 1;
        if (kept == 2ull << f) {
            biased++;
            kept >>= 1;
        }
    }
    if (rest && mode == FP_ODD)
        kept |= 1;
    if (alternative && biased > exponent_mask(n)) {
        env->flags |= FPSR_IOC;
        return fp_zero(n, p->sign) | 0x7fff;
    }
    if (!alternative && biased >= exponent_mask(n))
        return overflow(env, n, p->sign, r.to_infinity);
    if (rest)
        env->flags |= FPSR_IXC;
    return fp_zero(n, p->sign) | biased << f | (kept & ((1ull << f) - 1));
}

uint64_t fp_round_mode(struct fp_env *env, unsigned n, const struct fp_parts *p, enum fp_rounding mode)
{
    return round_base(env, n, p, mode, env->control & (n == 16 ? FPCR_FZ16 : FPCR_FZ), false);
}

uint64_t fp_round(struct fp_env *env, unsigned n, const struct fp_parts *p)
{
    return fp_round_mode(env, n, p, fp_rounding(env));
}

uint64_t fp_round_convert(struct fp_env *env, unsigned n, const struct fp_parts *p, enum fp_rounding mode)
{
    return round_base(env, n, p, mode, n != 16 && env->control & FPCR_FZ, n == 16 && env->control & FPCR_AHP);
}

uint64_t fp_process_nan(struct fp_env *env, unsigned n, uint64_t x, enum fp_kind kind)
{
    if (kind == FP_KIND_SNAN) {
        x |= 1ull << (fp_fraction_bits(n) - 1);
        env->flags |= FPSR_IOC;
    }
    return env->control & FPCR_DN ? fp_default_nan(n) : x;
}

bool fp_process_nans(struct fp_env *env, unsigned n, const struct fp_parts *pa, uint64_t a, const struct fp_parts *pb,
                     uint64_t b, uint64_t *result)
{
    if (!fp_is_nan(pa) && !fp_is_nan(pb))
        return false;
    if (pa->kind == FP_KIND_SNAN || (pa->kind == FP_KIND_QNAN && pb->kind != FP_KIND_SNAN)) {
        *result = fp_process_nan(env, n, a, pa->kind);
    } else {
        *result = fp_process_nan(env, n, b, pb->kind);
    }
    return true;
}
