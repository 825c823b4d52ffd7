/* SPDX-License-Identifier: MIT */
/* Helpers of scalar floating point under FPCR, for A64, A32 and T32: fp_host.h says when the host's answer is taken. */
#include "target-arm/fp_host.h"
#include "target-arm/helpers.h"

enum op { ADD, SUB, MUL, DIV, MAX_, MIN_, MAXNM, MINNM };

static uint64_t slow(struct arm_cpu *cpu, unsigned n, enum op op, uint64_t a, uint64_t b)
{
    static fp_binary *const function[] = { fp_add, fp_sub, fp_mul, fp_div, fp_max, fp_min, fp_maxnum, fp_minnum };
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = function[op](&env, n, a, b);
    fp_env_done(cpu, &env);
    return result;
}

static inline bool on_host(const struct arm_cpu *cpu) { return !(cpu->fpcr & FPCR_FZ); }

static inline __attribute__((always_inline)) uint64_t binary32(struct cpu *base, uint64_t a, uint64_t b, enum op op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (on_host(cpu)) {
        const float x = fp_float(a), y = fp_float(b);
        const uint64_t r = fp_bits32(op == ADD ? x + y : op == SUB ? x - y : op == MUL ? x * y : x / y);
        if (G_LIKELY(fp_stands32(r)))
            return r;
    }
    return slow(cpu, 32, op, (uint32_t)a, (uint32_t)b);
}

static inline __attribute__((always_inline)) uint64_t binary64(struct cpu *base, uint64_t a, uint64_t b, enum op op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (on_host(cpu)) {
        const double x = fp_double(a), y = fp_double(b);
        const uint64_t r = fp_bits64(op == ADD ? x + y : op == SUB ? x - y : op == MUL ? x * y : x / y);
        if (G_LIKELY(fp_stands64(r)))
            return r;
    }
    return slow(cpu, 64, op, a, b);
}

/* Neither a NaN nor (which may be flushed) denormal, and not both zero: then the order of the bits decides. */
static inline bool plain_pair(unsigned n, uint64_t a, uint64_t b)
{
    const uint64_t least = 1ull << fp_fraction_bits(n), inf = fp_infinity(n, false);
    const uint64_t x = fp_abs(n, a), y = fp_abs(n, b);
    return x >= least && x <= inf && y >= least && y <= inf;
}

static inline uint64_t extreme(struct cpu *base, unsigned n, uint64_t a, uint64_t b, enum op op)
{
    if (plain_pair(n, a, b)) {
        const int64_t x = (int64_t)(a << (64 - n)), y = (int64_t)(b << (64 - n));
        const bool less = x < 0 && y < 0 ? (uint64_t)x > (uint64_t)y : x < y;
        return (op == MAX_ || op == MAXNM) != less ? a : b;
    }
    return slow(arm_cpu_of(base), n, op, a, b);
}

uint64_t helper_arm_fp_add16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, ADD, a, b); }
uint64_t helper_arm_fp_add32(struct cpu *cpu, uint64_t a, uint64_t b) { return binary32(cpu, a, b, ADD); }
uint64_t helper_arm_fp_add64(struct cpu *cpu, uint64_t a, uint64_t b) { return binary64(cpu, a, b, ADD); }
uint64_t helper_arm_fp_sub16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, SUB, a, b); }
uint64_t helper_arm_fp_sub32(struct cpu *cpu, uint64_t a, uint64_t b) { return binary32(cpu, a, b, SUB); }
uint64_t helper_arm_fp_sub64(struct cpu *cpu, uint64_t a, uint64_t b) { return binary64(cpu, a, b, SUB); }
uint64_t helper_arm_fp_mul16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, MUL, a, b); }
uint64_t helper_arm_fp_mul32(struct cpu *cpu, uint64_t a, uint64_t b) { return binary32(cpu, a, b, MUL); }
uint64_t helper_arm_fp_mul64(struct cpu *cpu, uint64_t a, uint64_t b) { return binary64(cpu, a, b, MUL); }
uint64_t helper_arm_fp_div16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, DIV, a, b); }
uint64_t helper_arm_fp_div32(struct cpu *cpu, uint64_t a, uint64_t b) { return binary32(cpu, a, b, DIV); }
uint64_t helper_arm_fp_div64(struct cpu *cpu, uint64_t a, uint64_t b) { return binary64(cpu, a, b, DIV); }
uint64_t helper_arm_fp_max16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, MAX_, a, b); }
uint64_t helper_arm_fp_max32(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 32, a, b, MAX_); }
uint64_t helper_arm_fp_max64(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 64, a, b, MAX_); }
uint64_t helper_arm_fp_min16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, MIN_, a, b); }
uint64_t helper_arm_fp_min32(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 32, a, b, MIN_); }
uint64_t helper_arm_fp_min64(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 64, a, b, MIN_); }
uint64_t helper_arm_fp_maxnm16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, MAXNM, a, b); }
uint64_t helper_arm_fp_maxnm32(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 32, a, b, MAXNM); }
uint64_t helper_arm_fp_maxnm64(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 64, a, b, MAXNM); }
uint64_t helper_arm_fp_minnm16(struct cpu *cpu, uint64_t a, uint64_t b) { return slow(arm_cpu_of(cpu), 16, MINNM, a, b); }
uint64_t helper_arm_fp_minnm32(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 32, a, b, MINNM); }
uint64_t helper_arm_fp_minnm64(struct cpu *cpu, uint64_t a, uint64_t b) { return extreme(cpu, 64, a, b, MINNM); }

static uint64_t slow_sqrt(struct arm_cpu *cpu, unsigned n, uint64_t a)
{
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = fp_sqrt(&env, n, a);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_sqrt16(struct cpu *cpu, uint64_t a) { return slow_sqrt(arm_cpu_of(cpu), 16, a); }

/* Of positive numbers the host's root is exact; of others fp.h's. */
uint64_t helper_arm_fp_sqrt32(struct cpu *cpu, uint64_t a)
{
    if (on_host(arm_cpu_of(cpu)) && (uint32_t)a - 0x00800000u < 0x7f000000u)
        return fp_bits32(__builtin_sqrtf(fp_float(a)));
    return slow_sqrt(arm_cpu_of(cpu), 32, (uint32_t)a);
}

uint64_t helper_arm_fp_sqrt64(struct cpu *cpu, uint64_t a)
{
    if (on_host(arm_cpu_of(cpu)) && a - 0x0010000000000000ull < 0x7fe0000000000000ull)
        return fp_bits64(__builtin_sqrt(fp_double(a)));
    return slow_sqrt(arm_cpu_of(cpu), 64, a);
}

static uint64_t slow_muladd(struct arm_cpu *cpu, unsigned n, uint64_t addend, uint64_t a, uint64_t b)
{
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = fp_muladd(&env, n, addend, a, b);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_muladd16(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    return slow_muladd(arm_cpu_of(cpu), 16, a, b, c);
}

__attribute__((target("fma"))) static float fma_host32(float a, float b, float c) { return __builtin_fmaf(b, c, a); }
__attribute__((target("fma"))) static double fma_host64(double a, double b, double c) { return __builtin_fma(b, c, a); }

uint64_t helper_arm_fp_muladd32(struct cpu *base, uint64_t a, uint64_t b, uint64_t c)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (on_host(cpu) && __builtin_cpu_supports("fma")) {
        const uint64_t r = fp_bits32(fma_host32(fp_float(a), fp_float(b), fp_float(c)));
        if (G_LIKELY(fp_stands32(r)))
            return r;
    }
    return slow_muladd(cpu, 32, (uint32_t)a, (uint32_t)b, (uint32_t)c);
}

uint64_t helper_arm_fp_muladd64(struct cpu *base, uint64_t a, uint64_t b, uint64_t c)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (on_host(cpu) && __builtin_cpu_supports("fma")) {
        const uint64_t r = fp_bits64(fma_host64(fp_double(a), fp_double(b), fp_double(c)));
        if (G_LIKELY(fp_stands64(r)))
            return r;
    }
    return slow_muladd(cpu, 64, a, b, c);
}

static uint64_t compare(struct cpu *base, unsigned n, uint64_t a, uint64_t b, uint64_t quiet)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (plain_pair(n, a, b)) {
        const int64_t x = (int64_t)(a << (64 - n)), y = (int64_t)(b << (64 - n));
        const bool less = x < 0 && y < 0 ? (uint64_t)x > (uint64_t)y : x < y;
        return x == y ? 6 : less ? 8 : 2;
    }
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = fp_compare(&env, n, a, b, quiet);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_cmp16(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c) { return compare(cpu, 16, a, b, c); }
uint64_t helper_arm_fp_cmp32(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c) { return compare(cpu, 32, a, b, c); }
uint64_t helper_arm_fp_cmp64(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c) { return compare(cpu, 64, a, b, c); }

uint64_t helper_arm_fp_convert(struct cpu *base, uint64_t a, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned from = how & 0xff, to = how >> 8 & 0xff;
    if (from == 32 && to == 64 && (uint32_t)(a << 1) - 0x01000000u < 0xfe000000u)
        return fp_bits64((double)fp_float(a));          /* normal: exact */
    if (from == 64 && to == 32 && on_host(cpu)) {
        const uint64_t r = fp_bits32((float)fp_double(a));
        if (fp_stands32(r))
            return r;
    }
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = fp_convert(&env, to, from, a);
    fp_env_done(cpu, &env);
    return result;
}

static enum fp_rounding rounding_of(const struct fp_env *env, unsigned code)
{
    return code == 7 ? fp_rounding(env) : (enum fp_rounding)code;
}

uint64_t helper_arm_fp_to_int(struct cpu *base, uint64_t a, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned n = how & 0xff, bits = how >> 8 & 0xff, fbits = how >> 16 & 0xff, is_unsigned = how >> 24 & 1;
    struct fp_env env = fp_env_of(cpu);
    const enum fp_rounding mode = rounding_of(&env, how >> 25 & 7);
    if (n >= 32 && !fbits && mode == FP_ZERO && !is_unsigned) {
        /* in range and not denormal: the host truncates, and tells inexact */
        const double d = n == 32 ? (double)fp_float(a) : fp_double(a);
        const bool normal = (n == 32 ? (uint32_t)(a << 1) >> 24 : a << 1 >> 53) != 0;
        if (normal && bits == 32 && d > -2147483648.0 && d < 2147483648.0)
            return (uint32_t)(int32_t)d;
        if (normal && bits == 64 && d > -9e18 && d < 9e18)
            return (uint64_t)(int64_t)d;
    }
    const uint64_t result = fp_to_fixed(&env, n, n == 32 ? (uint32_t)a : a, fbits, is_unsigned, mode, bits);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_from_int(struct cpu *base, uint64_t a, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned n = how & 0xff, bits = how >> 8 & 0xff, fbits = how >> 16 & 0xff, is_unsigned = how >> 24 & 1;
    struct fp_env env = fp_env_of(cpu);
    const enum fp_rounding mode = rounding_of(&env, how >> 25 & 7);
    if (bits == 32 && !fbits && mode == fp_rounding(&env) && n >= 32) {
        const int64_t value = is_unsigned ? (int64_t)(uint32_t)a : (int32_t)a;
        return n == 32 ? fp_bits32((float)value) : fp_bits64((double)value);
    }
    const uint64_t result = fp_from_fixed(&env, n, a, bits, fbits, is_unsigned, mode);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_round_int(struct cpu *base, uint64_t a, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_of(cpu);
    const uint64_t result = fp_round_int(&env, how & 0xff, a, rounding_of(&env, how >> 8 & 7), how >> 16 & 1);
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_fp_jcvt(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_of(cpu);
    bool exact;
    const uint32_t result = fp_to_fixed_js(&env, a, &exact);
    fp_env_done(cpu, &env);
    return result | (uint64_t)exact << 32;
}
