/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD of AArch32 in single precision: under the standard FPSCR (flush to zero, default NaN, to nearest) whatever FPSCR
 * says. Two lanes a call. The host computes where operands are such that flushing cannot matter (fp_tame32).
 */
#include "target-arm/fp_host.h"
#include "target-arm/helpers.h"
#include "target-arm/neon_ops.h"

static uint32_t mask_of(bool holds) { return holds ? ~0u : 0; }

static uint32_t slow(struct fp_env *env, unsigned op, uint32_t n, uint32_t m, uint32_t d)
{
    switch (op) {
    case NEON_FPADD:
    case NEON_FADD:    return (uint32_t)fp_add(env, 32, n, m);
    case NEON_FSUB:    return (uint32_t)fp_sub(env, 32, n, m);
    case NEON_FMUL:    return (uint32_t)fp_mul(env, 32, n, m);
    case NEON_FMLA:    return (uint32_t)fp_add(env, 32, d, fp_mul(env, 32, n, m));
    case NEON_FMLS:    return (uint32_t)fp_add(env, 32, d, fp_neg(32, fp_mul(env, 32, n, m)));
    case NEON_FFMA:    return (uint32_t)fp_muladd(env, 32, d, n, m);
    case NEON_FFMS:    return (uint32_t)fp_muladd(env, 32, d, fp_neg(32, n), m);
    case NEON_FABD:    return (uint32_t)fp_abd(env, 32, n, m);
    case NEON_FPMAX:
    case NEON_FMAX:    return (uint32_t)fp_max(env, 32, n, m);
    case NEON_FPMIN:
    case NEON_FMIN:    return (uint32_t)fp_min(env, 32, n, m);
    case NEON_FMAXNM:  return (uint32_t)fp_maxnum(env, 32, n, m);
    case NEON_FMINNM:  return (uint32_t)fp_minnum(env, 32, n, m);
    case NEON_FCEQ:    return mask_of(fp_compare_eq(env, 32, n, m));
    case NEON_FCGE:    return mask_of(fp_compare_ge(env, 32, n, m));
    case NEON_FCGT:    return mask_of(fp_compare_gt(env, 32, n, m));
    case NEON_FCLE:    return mask_of(fp_compare_ge(env, 32, m, n));
    case NEON_FCLT:    return mask_of(fp_compare_gt(env, 32, m, n));
    case NEON_FACGE:   return mask_of(fp_compare_ge(env, 32, fp_abs(32, n), fp_abs(32, m)));
    case NEON_FACGT:   return mask_of(fp_compare_gt(env, 32, fp_abs(32, n), fp_abs(32, m)));
    case NEON_FRECPS:  return (uint32_t)fp_recip_step(env, 32, n, m);
    default:           return (uint32_t)fp_rsqrt_step(env, 32, n, m);
    }
}

/* Tame operands: sums and products neither leave the normal range nor lose bits but by rounding; what comes out of a product may
 * be no longer tame, so products that are added to something are checked again. */
static bool quick(unsigned op, uint32_t n, uint32_t m, uint32_t d, uint32_t *result)
{
    const float x = fp_float(n), y = fp_float(m);
    if (!fp_tame32(n) || !fp_tame32(m))
        return false;
    switch (op) {
    case NEON_FPADD:
    case NEON_FADD: *result = (uint32_t)fp_bits32(x + y); return true;
    case NEON_FSUB: *result = (uint32_t)fp_bits32(x - y); return true;
    case NEON_FABD: *result = (uint32_t)fp_bits32(x - y) & 0x7fffffff; return true;
    case NEON_FMUL: *result = (uint32_t)fp_bits32(x * y); return true;
    case NEON_FMLA:
    case NEON_FMLS: {
        const uint32_t product = (uint32_t)fp_bits32(x * y) ^ (op == NEON_FMLS ? 0x80000000u : 0);
        if (!fp_tame32(d) || !fp_tame32(product))
            return false;
        *result = (uint32_t)fp_bits32(fp_float(d) + fp_float(product));
        return true;
    }
    case NEON_FCEQ:  *result = mask_of(x == y); return true;
    case NEON_FCGE:  *result = mask_of(x >= y); return true;
    case NEON_FCGT:  *result = mask_of(x > y); return true;
    case NEON_FCLE:  *result = mask_of(x <= y); return true;
    case NEON_FCLT:  *result = mask_of(x < y); return true;
    case NEON_FPMAX:
    case NEON_FMAX:
    case NEON_FMAXNM: *result = x > y ? n : m; return x != 0 || y != 0;
    case NEON_FPMIN:
    case NEON_FMIN:
    case NEON_FMINNM: *result = x < y ? n : m; return x != 0 || y != 0;
    default:         return false;
    }
}

static uint32_t one(struct arm_cpu *cpu, unsigned op, uint32_t n, uint32_t m, uint32_t d)
{
    uint32_t result;
    if (!(cpu->fpcr & FPCR_RMODE) && quick(op, n, m, d, &result))
        return result;
    struct fp_env env = fp_env_standard(cpu);
    result = slow(&env, op, n, m, d);
    fp_env_done(cpu, &env);
    return result;
}

typedef int32_t lanes32 __attribute__((vector_size(16)));
typedef int64_t lanes64 __attribute__((vector_size(16)));
typedef float floats __attribute__((vector_size(16)));

/* fp_tame32 of all lanes; those above the operand are 0. */
static inline bool all_tame(lanes32 x)
{
    const lanes32 magnitude = x & 0x7fffffff;
    const lanes64 tame = (lanes64)(((magnitude > 0x207fffff) & (magnitude < 0x5f800000)) | (magnitude == 0));
    return (tame[0] & tame[1]) == -1;
}

/* Both lanes at once; false: one by one. */
static inline bool quick_pair(unsigned op, uint64_t n, uint64_t m, uint64_t d, uint64_t *result)
{
    const lanes32 a = (lanes32)(lanes64){ (int64_t)n, 0 }, b = (lanes32)(lanes64){ (int64_t)m, 0 };
    const floats x = (floats)a, y = (floats)b;
    lanes32 r;
    if (!all_tame(a) || !all_tame(b))
        return false;
    switch (op) {
    case NEON_FADD: r = (lanes32)(x + y); break;
    case NEON_FSUB: r = (lanes32)(x - y); break;
    case NEON_FMUL: r = (lanes32)(x * y); break;
    case NEON_FABD: r = (lanes32)(x - y) & 0x7fffffff; break;
    case NEON_FCEQ: r = (lanes32)(x == y); break;
    case NEON_FCGE: r = (lanes32)(x >= y); break;
    case NEON_FCGT: r = (lanes32)(x > y); break;
    case NEON_FMLA:
    case NEON_FMLS: {
        const lanes32 addend = (lanes32)(lanes64){ (int64_t)d, 0 };
        const floats product = x * y;
        if (!all_tame(addend) || !all_tame((lanes32)product))
            return false;
        r = (lanes32)(op == NEON_FMLA ? (floats)addend + product : (floats)addend - product);
        break;
    }
    default: return false;
    }
    *result = (uint64_t)((lanes64)r)[0];
    return true;
}

uint64_t helper_arm_neon_float(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint64_t result;
    if (!(cpu->fpcr & FPCR_RMODE) && quick_pair((unsigned)op, n, m, d, &result))
        return result;
    const uint32_t low = one(cpu, (unsigned)op, (uint32_t)n, (uint32_t)m, (uint32_t)d);
    return low | (uint64_t)one(cpu, (unsigned)op, (uint32_t)(n >> 32), (uint32_t)(m >> 32), (uint32_t)(d >> 32)) << 32;
}

uint64_t helper_arm_neon_float_pairs(struct cpu *base, uint64_t n, uint64_t m, uint64_t op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const uint32_t low = one(cpu, (unsigned)op, (uint32_t)n, (uint32_t)(n >> 32), 0);
    return low | (uint64_t)one(cpu, (unsigned)op, (uint32_t)m, (uint32_t)(m >> 32), 0) << 32;
}

/* how: op | rounding << 8 | exact << 11 | unsigned << 16 | fraction bits << 24 */
static uint32_t unary(struct fp_env *env, uint64_t how, uint32_t n)
{
    const enum fp_rounding mode = (enum fp_rounding)(how >> 8 & 7);
    const unsigned fbits = how >> 24 & 0xff;
    const bool is_unsigned = how >> 16 & 1;
    switch (how & 0xff) {
    case NEON_FRECPE:  return (uint32_t)fp_recip_estimate(env, 32, n);
    case NEON_FRSQRTE: return (uint32_t)fp_rsqrt_estimate(env, 32, n);
    case NEON_FRINT:   return (uint32_t)fp_round_int(env, 32, n, mode, how >> 11 & 1);
    case NEON_FTOI:    return (uint32_t)fp_to_fixed(env, 32, n, fbits, is_unsigned, mode, 32);
    default:           return (uint32_t)fp_from_fixed(env, 32, n, 32, fbits, is_unsigned, FP_TIEEVEN);
    }
}

uint64_t helper_arm_neon_float_unary(struct cpu *base, uint64_t n, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_standard(cpu);
    const uint32_t low = unary(&env, how, (uint32_t)n);
    const uint64_t result = low | (uint64_t)unary(&env, how, (uint32_t)(n >> 32)) << 32;
    fp_env_done(cpu, &env);
    return result;
}

/* VCVT between half and single precision: two lanes. to_half: 64 bits to 32, else 32 to 64. */
uint64_t helper_arm_neon_half(struct cpu *base, uint64_t n, uint64_t to_half)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_standard(cpu);
    uint64_t result;
    if (to_half) {
        result = fp_convert(&env, 16, 32, (uint32_t)n) | fp_convert(&env, 16, 32, n >> 32) << 16;
    } else {
        result = fp_convert(&env, 32, 16, n & 0xffff) | fp_convert(&env, 32, 16, n >> 16 & 0xffff) << 32;
    }
    fp_env_done(cpu, &env);
    return result;
}
