/* SPDX-License-Identifier: MIT */
/* Conversions: FPToFixed, FixedToFP, FPConvert, FPRoundInt, FPToFixedJS (DDI 0487, pseudocode). */
#include "target-arm/fp.h"

/* The magnitude of p * 2^fbits rounded to an integer; *inexact. False: it needs more than 64 bits. */
static bool to_integer(const struct fp_parts *p, int fbits, enum fp_rounding mode, uint64_t *value, bool *inexact)
{
    const int exp = p->exp + fbits;
    *inexact = false;
    if (exp > 63)
        return false;
    uint64_t kept = 0, rest = 1;
    if (exp == 63) {
        kept = p->mant;
        rest = 0;
    } else if (exp >= 0) {
        kept = p->mant >> (63 - exp);
        rest = p->mant << (exp + 1);
    } else if (exp == -1) {
        rest = p->mant;
    }
    const uint64_t half = 1ull << 63;
    bool up = false;
    switch (mode) {
    case FP_TIEEVEN: up = rest > half || (rest == half && kept & 1); break;
    case FP_TIEAWAY: up = rest >= half; break;
    case FP_POSINF:  up = rest && !p->sign; break;
    case FP_NEGINF:  up = rest && p->sign; break;
    default:         break;
    }
    *inexact = rest != 0;
    *value = kept + up;
    return !(up && !*value);
}

uint64_t fp_to_fixed(struct fp_env *env, unsigned n, uint64_t a, unsigned fbits, bool is_unsigned, enum fp_rounding mode,
                     unsigned bits)
{
    const struct fp_parts p = fp_unpack(env, n, a);
    const uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1, top = 1ull << (bits - 1);
    uint64_t value = 0;
    bool inexact = false;
    if (fp_is_nan(&p)) {
        env->flags |= FPSR_IOC;
        return 0;
    }
    if (p.kind == FP_KIND_ZERO)
        return 0;
    const bool fits = p.kind == FP_KIND_NUMBER && to_integer(&p, (int)fbits, mode, &value, &inexact);
    const uint64_t most = is_unsigned ? (p.sign ? 0 : mask) : p.sign ? top : top - 1;
    if (!fits || value > most) {
        env->flags |= FPSR_IOC;
        return most;
    }
    if (inexact)
        env->flags |= FPSR_IXC;
    return (p.sign ? -value : value) & mask;
}

uint64_t fp_from_fixed(struct fp_env *env, unsigned n, uint64_t a, unsigned bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding mode)
{
    a = bits == 64 ? a : a & ((1ull << bits) - 1);
    struct fp_parts p = { .sign = !is_unsigned && a >> (bits - 1) & 1 };
    if (p.sign)
        a = (bits == 64 ? 0 : 1ull << bits) - a;
    if (!a)
        return 0;
    fp_normalise(&p, a, 127 - (int)fbits);
    return fp_round_mode(env, n, &p, mode);
}

static uint64_t convert_nan(unsigned to, const struct fp_parts *p)
{
    const unsigned f = fp_fraction_bits(to);
    return fp_infinity(to, p->sign) | 1ull << (f - 1) | p->mant >> (63 - f);
}

static uint64_t convert(struct fp_env *env, unsigned to, unsigned from, uint64_t a, enum fp_rounding mode)
{
    const struct fp_parts p = fp_unpack_convert(env, from, a);
    const bool alternative = to == 16 && env->control & FPCR_AHP;
    if (fp_is_nan(&p)) {
        if (p.kind == FP_KIND_SNAN || alternative)
            env->flags |= FPSR_IOC;
        return alternative ? fp_zero(to, p.sign) : env->control & FPCR_DN ? fp_default_nan(to) : convert_nan(to, &p);
    }
    if (p.kind == FP_KIND_INF && alternative) {
        env->flags |= FPSR_IOC;
        return fp_zero(to, p.sign) | 0x7fff;
    }
    if (p.kind == FP_KIND_INF)
        return fp_infinity(to, p.sign);
    return p.kind == FP_KIND_ZERO ? fp_zero(to, p.sign) : fp_round_convert(env, to, &p, mode);
}

uint64_t fp_convert(struct fp_env *env, unsigned to, unsigned from, uint64_t a)
{
    return convert(env, to, from, a, fp_rounding(env));
}

uint64_t fp_convert_odd(struct fp_env *env, unsigned to, unsigned from, uint64_t a)
{
    return convert(env, to, from, a, FP_ODD);
}

uint64_t fp_round_int(struct fp_env *env, unsigned n, uint64_t a, enum fp_rounding mode, bool exact)
{
    const struct fp_parts p = fp_unpack(env, n, a);
    uint64_t value;
    bool inexact;
    if (fp_is_nan(&p))
        return fp_process_nan(env, n, a, p.kind);
    if (p.kind == FP_KIND_INF)
        return fp_infinity(n, p.sign);
    if (p.kind == FP_KIND_ZERO)
        return fp_zero(n, p.sign);
    if (p.exp >= (int)fp_fraction_bits(n))      /* an integer already */
        return a;
    to_integer(&p, 0, mode, &value, &inexact);
    if (inexact && exact)
        env->flags |= FPSR_IXC;
    if (!value)
        return fp_zero(n, p.sign);
    struct fp_parts r = { .sign = p.sign };
    fp_normalise(&r, value, 127);
    return fp_round_mode(env, n, &r, FP_ZERO);
}

/* Modulo 2^32, towards zero; *exact: the Z flag that FJCVTZS sets. */
uint32_t fp_to_fixed_js(struct fp_env *env, uint64_t a, bool *exact)
{
    const struct fp_parts p = fp_unpack(env, 64, a);
    uint64_t value = 0;
    bool inexact = false;
    *exact = false;
    if (fp_is_nan(&p) || p.kind == FP_KIND_INF) {
        env->flags |= FPSR_IOC;
        return 0;
    }
    if (p.kind == FP_KIND_ZERO) {
        *exact = !p.sign;           /* also of what was flushed to zero */
        return 0;
    }
    const bool fits = to_integer(&p, 0, FP_ZERO, &value, &inexact);
    if (!fits)                      /* 2^64 and above: the low 32 bits of an integer with 53 bits */
        value = p.exp - 63 < 32 ? p.mant << (p.exp - 63) : 0;
    const bool range = fits && value <= (p.sign ? 0x80000000ull : 0x7fffffffull);
    if (!range) {
        env->flags |= FPSR_IOC;
    } else if (inexact) {
        env->flags |= FPSR_IXC;
    }
    *exact = range && !inexact;
    return (uint32_t)(p.sign ? -value : value);
}
