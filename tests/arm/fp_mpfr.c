/* SPDX-License-Identifier: MIT */
/*
 * target-arm/fp*.c against GNU MPFR: sums, products, quotients, roots, fused multiply-add, conversions and roundings to
 * integers, of half, single and double precision, in all rounding modes, flushed or not; values and cumulative flags.
 *
 * MPFR rounds once and tells in which direction; tininess is looked at before rounding, as Arm does, on a second result
 * that is exact or has far more bits. NaNs are not MPFR's affair: only that an operation makes one is compared.
 *
 *   fp_mpfr [--count N] [--seed N]       by default 20000 operand sets
 */
#include <inttypes.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target-arm/fp.h"

enum { WIDE_BITS = 4500, SHOWN = 10 };      /* any sum of two products of doubles is exact in so many */
enum operation { ADD, SUB, MUL, DIV, SQRT, MULADD, OPERATIONS };
static const char *const operation_names[] = { "add", "sub", "mul", "div", "sqrt", "muladd" };

struct test {
    uint64_t seed;
    unsigned failures, checks;
    mpfr_t x[3], wide, result;
};

static uint64_t next(struct test *t)
{
    t->seed = t->seed * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t x = t->seed;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

static unsigned exponent_bits(unsigned n) { return n - 1 - fp_fraction_bits(n); }

/* No NaNs. Exponents near the ends, near that of `near`, and anywhere; fractions with few bits set and any. */
static uint64_t operand(struct test *t, unsigned n, uint64_t near)
{
    const unsigned f = fp_fraction_bits(n);
    const uint64_t top = (1ull << exponent_bits(n)) - 1, r = next(t);
    uint64_t exponent, fraction = next(t) & ((1ull << f) - 1);
    switch (r % 8) {
    case 0:  exponent = 0; break;
    case 1:  exponent = 1 + (r >> 8) % 3; break;
    case 2:  exponent = top - 1 - (r >> 8) % 3; break;
    case 3:  exponent = (uint64_t)fp_bias(n) + (r >> 8) % (f + 3); break;
    case 4:  exponent = ((near >> f & top) + (r >> 8) % 5 + top - 2) % top; break;
    case 5:  exponent = (uint64_t)fp_bias(n) - (r >> 8) % 4; break;
    default: exponent = (r >> 8) % (top + 1); break;
    }
    switch (r >> 4 & 7) {
    case 0: fraction = 0; break;
    case 1: fraction = 1ull << fraction % f; break;
    case 2: fraction = (1ull << f) - 1 - (fraction & 1); break;
    case 3: fraction &= fraction << (f / 2); break;
    default: break;
    }
    return (r >> 63) << (n - 1) | exponent << f | (exponent == top ? 0 : fraction & ((1ull << f) - 1));
}

static bool is_subnormal(unsigned n, uint64_t x)
{
    const uint64_t magnitude = x & (fp_sign_bit(n) - 1);
    return magnitude && !(magnitude >> fp_fraction_bits(n));
}

static void value_of(mpfr_t out, unsigned n, uint64_t x)
{
    const unsigned f = fp_fraction_bits(n);
    const int sign = x >> (n - 1) & 1 ? -1 : 1;
    const uint64_t exponent = x >> f & ((1ull << exponent_bits(n)) - 1), fraction = x & ((1ull << f) - 1);
    if (exponent == (1ull << exponent_bits(n)) - 1) {
        mpfr_set_inf(out, sign);
    } else if (!exponent && !fraction) {
        mpfr_set_zero(out, sign);
    } else {
        mpfr_set_ui_2exp(out, fraction | (exponent ? 1ull << f : 0), (exponent ? (long)exponent : 1) - fp_bias(n) - (long)f, MPFR_RNDN);
        mpfr_setsign(out, out, sign < 0, MPFR_RNDN);
    }
}

/* x has at most as many bits as the format. */
static uint64_t bits_of(unsigned n, mpfr_t x)
{
    const unsigned f = fp_fraction_bits(n);
    const uint64_t sign = mpfr_signbit(x) ? fp_sign_bit(n) : 0;
    if (mpfr_nan_p(x)) {
        return fp_default_nan(n);
    }
    if (mpfr_inf_p(x) || mpfr_zero_p(x)) {
        return sign | (mpfr_inf_p(x) ? fp_infinity(n, false) : 0);
    }
    const long least = 1 - fp_bias(n), exponent = mpfr_get_exp(x) - 1 < least ? least : mpfr_get_exp(x) - 1;
    mpfr_t scaled;
    mpfr_init2(scaled, 64);
    mpfr_mul_2si(scaled, x, (long)f - exponent, MPFR_RNDN);
    mpfr_abs(scaled, scaled, MPFR_RNDN);
    const uint64_t mantissa = mpfr_get_ui(scaled, MPFR_RNDN);
    mpfr_clear(scaled);
    return sign | (((uint64_t)(exponent - least) << f) + mantissa);
}

static mpfr_rnd_t rounding_of(enum fp_rounding mode)
{
    static const mpfr_rnd_t modes[] = { MPFR_RNDN, MPFR_RNDU, MPFR_RNDD, MPFR_RNDZ };
    return modes[mode];
}

static int operate(enum operation op, mpfr_t to, mpfr_t *x, mpfr_rnd_t rounding)
{
    switch (op) {
    case ADD:  return mpfr_add(to, x[0], x[1], rounding);
    case SUB:  return mpfr_sub(to, x[0], x[1], rounding);
    case MUL:  return mpfr_mul(to, x[0], x[1], rounding);
    case DIV:  return mpfr_div(to, x[0], x[1], rounding);
    case SQRT: return mpfr_sqrt(to, x[0], rounding);
    default:   return mpfr_fma(to, x[1], x[2], x[0], rounding);    /* x[0] is the addend */
    }
}

static uint64_t operate_arm(enum operation op, struct fp_env *env, unsigned n, const uint64_t *x)
{
    switch (op) {
    case ADD:  return fp_add(env, n, x[0], x[1]);
    case SUB:  return fp_sub(env, n, x[0], x[1]);
    case MUL:  return fp_mul(env, n, x[0], x[1]);
    case DIV:  return fp_div(env, n, x[0], x[1]);
    case SQRT: return fp_sqrt(env, n, x[0]);
    default:   return fp_muladd(env, n, x[0], x[1], x[2]);
    }
}

/* t->wide is the result before rounding (but for bits far below): rounds it to a format as FPRound does. With flush: a tiny
 * one to zero, which is not told to be inexact. `how` gives t->result and the direction in which it was rounded. */
static uint64_t round_to(struct test *t, unsigned n, enum fp_rounding mode, bool flush, enum operation op, uint32_t *flags)
{
    const mpfr_rnd_t rounding = rounding_of(mode);
    const bool number = mpfr_regular_p(t->wide), tiny = number && mpfr_get_exp(t->wide) - 1 < 1 - fp_bias(n);
    if (tiny && flush) {
        *flags |= FPSR_UFC;
        return fp_zero(n, mpfr_signbit(t->wide));
    }
    const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_set_prec(t->result, fp_fraction_bits(n) + 1);
    mpfr_set_emin(2 - fp_bias(n) - (long)fp_fraction_bits(n));
    mpfr_set_emax(fp_bias(n) + 1);
    mpfr_clear_flags();
    int direction = op == OPERATIONS ? mpfr_set(t->result, t->wide, rounding) : operate(op, t->result, t->x, rounding);
    direction = mpfr_check_range(t->result, direction, rounding);
    direction = mpfr_subnormalize(t->result, direction, rounding);
    *flags |= mpfr_nanflag_p() ? FPSR_IOC : 0;
    *flags |= mpfr_divby0_p() ? FPSR_DZC : 0;
    *flags |= mpfr_overflow_p() ? FPSR_OFC | FPSR_IXC : 0;
    *flags |= direction ? FPSR_IXC | (tiny ? FPSR_UFC : 0) : 0;
    const uint64_t bits = bits_of(n, t->result);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    return bits;
}

static void check(struct test *t, const char *what, unsigned n, uint32_t control, const uint64_t *x, unsigned count, uint64_t want,
                  uint32_t want_flags, uint64_t got, uint32_t got_flags)
{
    t->checks++;
    if ((want == got && want_flags == got_flags) || t->failures++ >= SHOWN) {
        return;
    }
    printf("# %s%u fpcr %08x:", what, n, control);
    for (unsigned i = 0; i < count; i++) {
        printf(" %" PRIx64, x[i]);
    }
    printf(": mpfr %" PRIx64 " flags %02x, ours %" PRIx64 " flags %02x\n", want, want_flags, got, got_flags);
}

static uint32_t random_control(struct test *t, unsigned n)
{
    const uint64_t r = next(t);
    return (uint32_t)(r & FPCR_RMODE) | (r >> 32 & 1 ? n == 16 ? FPCR_FZ16 : FPCR_FZ : 0);
}

static void operands_read(struct test *t, unsigned n, uint64_t *x, unsigned count, bool flush, uint32_t *flags)
{
    for (unsigned i = 0; i < count; i++) {
        if (flush && is_subnormal(n, x[i])) {
            x[i] &= fp_sign_bit(n);
            *flags |= n == 16 ? 0 : FPSR_IDC;
        }
        value_of(t->x[i], n, x[i]);
    }
}

static void test_operations(struct test *t, unsigned n)
{
    uint64_t x[3], read[3];
    for (unsigned i = 0; i < 3; i++) {
        x[i] = operand(t, n, i ? x[i - 1] : 0);
    }
    for (unsigned op = ADD; op < OPERATIONS; op++) {
        struct fp_env env = { .control = random_control(t, n) };
        const bool flush = env.control & (FPCR_FZ | FPCR_FZ16);
        const unsigned count = op == SQRT ? 1 : op == MULADD ? 3 : 2;
        uint32_t flags = 0;
        memcpy(read, x, sizeof(read));
        operands_read(t, n, read, count, flush, &flags);
        operate(op, t->wide, t->x, MPFR_RNDZ);
        const uint64_t want = round_to(t, n, fp_rounding(&env), flush, op, &flags);
        const uint64_t got = operate_arm(op, &env, n, x);
        check(t, operation_names[op], n, env.control, x, count, want, flags, got, env.flags);
    }
}

/* Between formats. FZ16 does not count here, nor does FZ for half precision. */
static void test_convert(struct test *t, unsigned to, unsigned from)
{
    uint64_t x = operand(t, from, 0), read = x;
    struct fp_env env = { .control = (uint32_t)next(t) & (FPCR_RMODE | FPCR_FZ) };
    uint32_t flags = 0;
    operands_read(t, from, &read, 1, from != 16 && env.control & FPCR_FZ, &flags);
    mpfr_set(t->wide, t->x[0], MPFR_RNDN);
    const uint64_t want = round_to(t, to, fp_rounding(&env), to != 16 && env.control & FPCR_FZ, OPERATIONS, &flags);
    const uint64_t got = fp_convert(&env, to, from, x);
    check(t, from == 16 ? "from half to " : from == 32 ? "from single to " : "from double to ", to, env.control, &x, 1, want, flags,
          got, env.flags);
}

/* FCVTXN: towards zero, and the last bit set when that was inexact. */
static void test_convert_odd(struct test *t)
{
    uint64_t x = operand(t, 64, 0);
    struct fp_env env = { 0 };
    uint32_t flags = 0;
    operands_read(t, 64, &x, 1, false, &flags);
    mpfr_set(t->wide, t->x[0], MPFR_RNDN);
    uint64_t want = round_to(t, 32, FP_ZERO, false, OPERATIONS, &flags);
    want |= flags & FPSR_IXC ? 1 : 0;
    const uint64_t got = fp_convert_odd(&env, 32, 64, x);
    check(t, "to odd ", 32, 0, &x, 1, want, flags, got, env.flags);
}

/* To an integral value; whether that was inexact. */
static bool integral(mpfr_t x, enum fp_rounding mode)
{
    return (mode == FP_TIEAWAY ? mpfr_round(x, x) : mpfr_rint(x, x, rounding_of(mode))) != 0;
}

static void test_round_int(struct test *t, unsigned n)
{
    const uint64_t x = operand(t, n, 0);
    const enum fp_rounding mode = (enum fp_rounding)(next(t) % 5);
    const bool exact = next(t) & 1;
    struct fp_env env = { 0 };
    uint32_t flags = 0;
    value_of(t->wide, n, x);
    if (integral(t->wide, mode) && exact) {
        flags |= FPSR_IXC;
    }
    const uint64_t want = round_to(t, n, FP_ZERO, false, OPERATIONS, &flags), got = fp_round_int(&env, n, x, mode, exact);
    check(t, "round to an integer ", n, mode, &x, 1, want, flags, got, env.flags);
}

static void test_to_fixed(struct test *t, unsigned n)
{
    const uint64_t x = operand(t, n, 0), r = next(t);
    const unsigned bits = 16u << r % 3, fbits = (unsigned)(r >> 8) % 4 ? 0 : (unsigned)(r >> 16) % (bits + 1);
    const bool is_unsigned = r >> 32 & 1;
    const enum fp_rounding mode = (enum fp_rounding)((r >> 40) % 5);
    struct fp_env env = { 0 };
    uint32_t flags = 0;
    value_of(t->wide, n, x);
    mpfr_mul_2ui(t->wide, t->wide, fbits, MPFR_RNDN);
    const bool inexact = integral(t->wide, mode);
    mpfr_t least, most;
    mpfr_init2(least, 70);
    mpfr_init2(most, 70);
    mpfr_set_si_2exp(least, is_unsigned ? 0 : -1, (long)bits - 1, MPFR_RNDN);
    mpfr_set_ui_2exp(most, 1, (long)bits - (is_unsigned ? 0 : 1), MPFR_RNDN);
    mpfr_sub_ui(most, most, 1, MPFR_RNDN);
    if (mpfr_less_p(t->wide, least) || mpfr_greater_p(t->wide, most)) {
        flags = FPSR_IOC;
        mpfr_set(t->wide, mpfr_less_p(t->wide, least) ? least : most, MPFR_RNDN);
    } else {
        flags = inexact ? FPSR_IXC : 0;
    }
    uint64_t want = is_unsigned ? mpfr_get_ui(t->wide, MPFR_RNDN) : (uint64_t)mpfr_get_si(t->wide, MPFR_RNDN);
    want &= bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    const uint64_t got = fp_to_fixed(&env, n, x, fbits, is_unsigned, mode, bits);
    check(t, "to fixed point ", n, (uint32_t)(mode | bits << 8 | fbits << 16), &x, 1, want, flags, got, env.flags);
    mpfr_clears(least, most, (mpfr_ptr)NULL);
}

static void test_from_fixed(struct test *t, unsigned n)
{
    const uint64_t r = next(t), x = (uint64_t)((int64_t)next(t) >> (r >> 48) % 64);
    const unsigned bits = 16u << r % 3, fbits = (unsigned)(r >> 8) % 4 ? 0 : (unsigned)(r >> 16) % (bits + 1);
    const bool is_unsigned = r >> 32 & 1;
    const enum fp_rounding mode = (enum fp_rounding)((r >> 40) % 4);
    const int64_t as_signed = (int64_t)(x << (64 - bits)) >> (64 - bits);
    struct fp_env env = { 0 };
    uint32_t flags = 0;
    if (is_unsigned) {
        mpfr_set_ui(t->wide, bits == 64 ? x : x & ((1ull << bits) - 1), MPFR_RNDN);
    } else {
        mpfr_set_si(t->wide, as_signed, MPFR_RNDN);
    }
    mpfr_div_2ui(t->wide, t->wide, fbits, MPFR_RNDN);
    const uint64_t want = round_to(t, n, mode, false, OPERATIONS, &flags);
    const uint64_t got = fp_from_fixed(&env, n, x, bits, fbits, is_unsigned, mode);
    check(t, "from fixed point ", n, (uint32_t)(mode | bits << 8 | fbits << 16), &x, 1, want, flags, got, env.flags);
}

int main(int argc, char **argv)
{
    static const unsigned formats[] = { 16, 32, 64 };
    struct test t = { .seed = 1 };
    unsigned count = 20000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--count")) {
            count = (unsigned)strtoul(argv[i + 1], NULL, 0);
        } else if (!strcmp(argv[i], "--seed")) {
            t.seed = strtoull(argv[i + 1], NULL, 0);
        }
    }
    mpfr_inits2(WIDE_BITS, t.x[0], t.x[1], t.x[2], t.wide, t.result, (mpfr_ptr)NULL);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned f = 0; f < 3; f++) {
            test_operations(&t, formats[f]);
            test_convert(&t, formats[f], formats[(f + 1 + (i & 1)) % 3]);
            test_round_int(&t, formats[f]);
            test_to_fixed(&t, formats[f]);
            test_from_fixed(&t, formats[f]);
        }
        test_convert_odd(&t);
    }
    if (t.failures) {
        printf("not ok arm_fp_mpfr: %u of %u differ\n", t.failures, t.checks);
    } else {
        printf("ok arm_fp_mpfr (%u results)\n", t.checks);
    }
    mpfr_clears(t.x[0], t.x[1], t.x[2], t.wide, t.result, (mpfr_ptr)NULL);
    mpfr_free_cache();
    return t.failures != 0;
}
