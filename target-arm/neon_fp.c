/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD of AArch32 in single and half precision: under the standard FPSCR (flush to zero, default NaN, to nearest) whatever FPSCR
 * says. 64 bits a call. The host computes where operands are such that flushing cannot matter (fp_tame32).
 */
#include "target-arm/fp_host.h"
#include "target-arm/helpers.h"
#include "target-arm/neon_ops.h"
#include "target-arm/simd.h"

static uint32_t mask_of(bool holds) { return holds ? ~0u : 0; }

static uint32_t slow(struct fp_env *env, unsigned bits, unsigned op, uint32_t n, uint32_t m, uint32_t d)
{
    switch (op) {
    case NEON_FPADD:
    case NEON_FADD:    return (uint32_t)fp_add(env, bits, n, m);
    case NEON_FSUB:    return (uint32_t)fp_sub(env, bits, n, m);
    case NEON_FMUL:    return (uint32_t)fp_mul(env, bits, n, m);
    case NEON_FMLA:    return (uint32_t)fp_add(env, bits, d, fp_mul(env, bits, n, m));
    case NEON_FMLS:    return (uint32_t)fp_add(env, bits, d, fp_neg(bits, fp_mul(env, bits, n, m)));
    case NEON_FFMA:    return (uint32_t)fp_muladd(env, bits, d, n, m);
    case NEON_FFMS:    return (uint32_t)fp_muladd(env, bits, d, fp_neg(bits, n), m);
    case NEON_FABD:    return (uint32_t)fp_abd(env, bits, n, m);
    case NEON_FPMAX:
    case NEON_FMAX:    return (uint32_t)fp_max(env, bits, n, m);
    case NEON_FPMIN:
    case NEON_FMIN:    return (uint32_t)fp_min(env, bits, n, m);
    case NEON_FMAXNM:  return (uint32_t)fp_maxnum(env, bits, n, m);
    case NEON_FMINNM:  return (uint32_t)fp_minnum(env, bits, n, m);
    case NEON_FCEQ:    return mask_of(fp_compare_eq(env, bits, n, m));
    case NEON_FCGE:    return mask_of(fp_compare_ge(env, bits, n, m));
    case NEON_FCGT:    return mask_of(fp_compare_gt(env, bits, n, m));
    case NEON_FCLE:    return mask_of(fp_compare_ge(env, bits, m, n));
    case NEON_FCLT:    return mask_of(fp_compare_gt(env, bits, m, n));
    case NEON_FACGE:   return mask_of(fp_compare_ge(env, bits, fp_abs(bits, n), fp_abs(bits, m)));
    case NEON_FACGT:   return mask_of(fp_compare_gt(env, bits, fp_abs(bits, n), fp_abs(bits, m)));
    case NEON_FRECPS:  return (uint32_t)fp_recip_step(env, bits, n, m);
    default:           return (uint32_t)fp_rsqrt_step(env, bits, n, m);
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
    result = slow(&env, 32, op, n, m, d);
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

/* Four lanes of half precision; pairs: of neighbours, those of n first. */
static uint64_t half_lanes(struct arm_cpu *cpu, unsigned op, uint64_t n, uint64_t m, uint64_t d, bool pairs)
{
    struct fp_env env = fp_env_standard(cpu);
    uint64_t result = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t source = i < 2 ? n : m;
        const unsigned first = 32 * (i & 1), at = 16 * i;
        const uint16_t a = (uint16_t)(pairs ? source >> first : n >> at), b = (uint16_t)(pairs ? source >> (first + 16) : m >> at);
        result |= (uint64_t)(uint16_t)slow(&env, 16, op, a, b, (uint16_t)(d >> at)) << at;
    }
    fp_env_done(cpu, &env);
    return result;
}

uint64_t helper_arm_neon_float(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint64_t result;
    if (op & NEON_HALF)
        return half_lanes(cpu, op & 0xff, n, m, d, false);
    if (!(cpu->fpcr & FPCR_RMODE) && quick_pair((unsigned)op, n, m, d, &result))
        return result;
    const uint32_t low = one(cpu, (unsigned)op, (uint32_t)n, (uint32_t)m, (uint32_t)d);
    return low | (uint64_t)one(cpu, (unsigned)op, (uint32_t)(n >> 32), (uint32_t)(m >> 32), (uint32_t)(d >> 32)) << 32;
}

uint64_t helper_arm_neon_float_pairs(struct cpu *base, uint64_t n, uint64_t m, uint64_t op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (op & NEON_HALF)
        return half_lanes(cpu, op & 0xff, n, m, 0, true);
    const uint32_t low = one(cpu, (unsigned)op, (uint32_t)n, (uint32_t)(n >> 32), 0);
    return low | (uint64_t)one(cpu, (unsigned)op, (uint32_t)m, (uint32_t)(m >> 32), 0) << 32;
}

static uint32_t unary(struct fp_env *env, unsigned bits, uint64_t how, uint32_t n)
{
    const enum fp_rounding mode = (enum fp_rounding)(how >> 8 & 7);
    const unsigned fbits = how >> 24 & 0xff;
    const bool is_unsigned = how >> 16 & 1;
    switch (how & 0xff) {
    case NEON_FRECPE:  return (uint32_t)fp_recip_estimate(env, bits, n);
    case NEON_FRSQRTE: return (uint32_t)fp_rsqrt_estimate(env, bits, n);
    case NEON_FRINT:   return (uint32_t)fp_round_int(env, bits, n, mode, how >> 11 & 1);
    case NEON_FTOI:    return (uint32_t)fp_to_fixed(env, bits, n, fbits, is_unsigned, mode, bits);
    default:           return (uint32_t)fp_from_fixed(env, bits, n, bits, fbits, is_unsigned, FP_TIEEVEN);
    }
}

uint64_t helper_arm_neon_float_unary(struct cpu *base, uint64_t n, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_standard(cpu);
    const unsigned bits = how & NEON_HALF ? 16 : 32;
    const uint64_t mask = (1ull << bits) - 1;
    uint64_t result = 0;
    for (unsigned at = 0; at < 64; at += bits) {
        result |= (unary(&env, bits, how, (uint32_t)(n >> at & mask)) & mask) << at;
    }
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

/* VFMAL, VFMSL: two halves of n and m, multiplied exactly, to two singles. op: subtract. */
uint64_t helper_arm_neon_fhm(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t op)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_standard(cpu);
    uint64_t result = 0;
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t a = simd_widened(&env, (n >> 16 * i & 0xffff) ^ (op ? 0x8000 : 0)), b = simd_widened(&env, m >> 16 * i & 0xffff);
        result |= (uint64_t)(uint32_t)fp_muladd(&env, 32, (uint32_t)(d >> 32 * i), a, b) << 32 * i;
    }
    fp_env_done(cpu, &env);
    return result;
}

/* VCMLA, VCADD. how: turn | VCADD << 2 | element bits << 8 */
uint64_t helper_arm_neon_complex(struct cpu *base, uint64_t n, uint64_t m, uint64_t d, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = fp_env_standard(cpu);
    const unsigned bits = how >> 8 & 0xff;
    const uint64_t mask = (1ull << bits) - 1;
    uint64_t result = 0;
    for (unsigned at = 0; at < 64; at += 2 * bits) {
        struct simd_complex c = { { d >> at & mask, d >> (at + bits) & mask }, { n >> at & mask, n >> (at + bits) & mask },
                                  { m >> at & mask, m >> (at + bits) & mask } };
        simd_complex(&env, bits, how & 3, how >> 2 & 1, &c);
        result |= c.d[0] << at | c.d[1] << (at + bits);
    }
    fp_env_done(cpu, &env);
    return result;
}
