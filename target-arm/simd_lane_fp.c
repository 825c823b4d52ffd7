/* SPDX-License-Identifier: MIT */
/*
 * One lane of the floating-point operations of Advanced SIMD, exact (fp.h). imm: FRINT a rounding mode (7: FPCR's) |
 * exact <<
 * 3; FCVTS and FCVTU a rounding mode | fraction bits << 4; SCVTF and UCVTF fraction bits << 4.
 */
#include "target-arm/fp.h"
#include "target-arm/helpers.h"
#include "target-arm/simd.h"

static uint64_t mask_of(bool holds, unsigned bits)
{
    return holds ? simd_cut(UINT64_MAX, bits) : 0;
}

static enum fp_rounding rounding(const struct fp_env *env, unsigned mode)
{
    return mode == 7 ? fp_rounding(env) : (enum fp_rounding)mode;
}

/* A half as the same number in single precision, NaNs as they are (FPMulAddH: AHP has no effect). */
uint64_t simd_widened(const struct fp_env *env, uint64_t x)
{
    uint64_t sign = (x >> 15 & 1) << 31, exponent = x >> 10 & 0x1f, fraction = x & 0x3ff;
    if (exponent == 0x1f) {
        return sign | 0x7f800000 | fraction << 13;
    }
    if (!exponent) {
        if (!fraction || env->control & FPCR_FZ16) {
            return sign;
        }
        unsigned shift = (unsigned)__builtin_clz((uint32_t)fraction) - 21;
        return sign | (uint64_t)(113 - shift) << 23 | (fraction << (13 + shift) & 0x7fffff);
    }
    return sign | (exponent + 112) << 23 | fraction << 13;
}

static uint64_t two(struct fp_env *env, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m)
{
    switch (op) {
    case SIMD_FADD: return fp_add(env, bits, n, m);
    case SIMD_FSUB: return fp_sub(env, bits, n, m);
    case SIMD_FMUL: return fp_mul(env, bits, n, m);
    case SIMD_FDIV: return fp_div(env, bits, n, m);
    case SIMD_FMULX: return fp_mulx(env, bits, n, m);
    case SIMD_FMLA: return fp_muladd(env, bits, d, n, m);
    case SIMD_FMLS: return fp_muladd(env, bits, d, fp_neg(bits, n), m);
    case SIMD_FABD: return fp_abs(bits, fp_sub(env, bits, n, m));
    case SIMD_FMAX: return fp_max(env, bits, n, m);
    case SIMD_FMIN: return fp_min(env, bits, n, m);
    case SIMD_FMAXNM: return fp_maxnum(env, bits, n, m);
    case SIMD_FMINNM: return fp_minnum(env, bits, n, m);
    case SIMD_FRECPS: return fp_recip_step_fused(env, bits, n, m);
    case SIMD_FRSQRTS: return fp_rsqrt_step_fused(env, bits, n, m);
    case SIMD_FCMEQ: return mask_of(fp_compare_eq(env, bits, n, m), bits);
    case SIMD_FCMGE: return mask_of(fp_compare_ge(env, bits, n, m), bits);
    case SIMD_FCMGT: return mask_of(fp_compare_gt(env, bits, n, m), bits);
    case SIMD_FACGE: return mask_of(fp_compare_ge(env, bits, fp_abs(bits, n), fp_abs(bits, m)), bits);
    case SIMD_FACGT: return mask_of(fp_compare_gt(env, bits, fp_abs(bits, n), fp_abs(bits, m)), bits);
    case SIMD_FMLAL: return fp_muladd(env, bits, d, simd_widened(env, n), simd_widened(env, m));
    case SIMD_FMLSL: return fp_muladd(env, bits, d, simd_widened(env, fp_neg(16, n)), simd_widened(env, m));
    default: return 0;
    }
}

static uint64_t one(struct fp_env *env, enum simd_op op, unsigned bits, uint64_t n, unsigned imm)
{
    const unsigned fraction = imm >> 4;
    switch (op) {
    case SIMD_FCMEQZ: return mask_of(fp_compare_eq(env, bits, n, 0), bits);
    case SIMD_FCMGEZ: return mask_of(fp_compare_ge(env, bits, n, 0), bits);
    case SIMD_FCMGTZ: return mask_of(fp_compare_gt(env, bits, n, 0), bits);
    case SIMD_FCMLEZ: return mask_of(fp_compare_ge(env, bits, 0, n), bits);
    case SIMD_FCMLTZ: return mask_of(fp_compare_gt(env, bits, 0, n), bits);
    case SIMD_FABS: return fp_abs(bits, n);
    case SIMD_FNEG: return fp_neg(bits, n);
    case SIMD_FSQRT: return fp_sqrt(env, bits, n);
    case SIMD_FRECPE: return fp_recip_estimate(env, bits, n);
    case SIMD_FRSQRTE: return fp_rsqrt_estimate(env, bits, n);
    case SIMD_FRECPX: return fp_recpx(env, bits, n);
    case SIMD_URECPE: return fp_unsigned_recip_estimate((uint32_t)n);
    case SIMD_URSQRTE: return fp_unsigned_rsqrt_estimate((uint32_t)n);
    case SIMD_FRINT: return fp_round_int(env, bits, n, rounding(env, imm & 7), imm >> 3 & 1);
    case SIMD_FCVTS: return simd_cut(fp_to_fixed(env, bits, n, fraction, false, rounding(env, imm & 7), bits), bits);
    case SIMD_FCVTU: return simd_cut(fp_to_fixed(env, bits, n, fraction, true, rounding(env, imm & 7), bits), bits);
    case SIMD_SCVTF: return fp_from_fixed(env, bits, n, bits, fraction, false, fp_rounding(env));
    case SIMD_UCVTF: return fp_from_fixed(env, bits, n, bits, fraction, true, fp_rounding(env));
    case SIMD_FCVTL: return fp_convert(env, bits, bits / 2, n);        /* bits: of the result */
    case SIMD_FCVTN: return fp_convert(env, bits, bits * 2, n);
    case SIMD_FCVTXN: return fp_convert_odd(env, bits, bits * 2, n);
    default: return 0;
    }
}

/* What the helpers of scalar instructions do on the host. false: none of them. */
static bool quick(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m,
    uint64_t *result)
{
    struct cpu *base = &cpu->cpu;
    const bool wide = bits == 64;
    switch (op) {
    case SIMD_FADD: *result = wide ? helper_arm_fp_add64(base, n, m) : helper_arm_fp_add32(base, n, m); return true;
    case SIMD_FSUB: *result = wide ? helper_arm_fp_sub64(base, n, m) : helper_arm_fp_sub32(base, n, m); return true;
    case SIMD_FMUL: *result = wide ? helper_arm_fp_mul64(base, n, m) : helper_arm_fp_mul32(base, n, m); return true;
    case SIMD_FDIV: *result = wide ? helper_arm_fp_div64(base, n, m) : helper_arm_fp_div32(base, n, m); return true;
    case SIMD_FMAX: *result = wide ? helper_arm_fp_max64(base, n, m) : helper_arm_fp_max32(base, n, m); return true;
    case SIMD_FMIN: *result = wide ? helper_arm_fp_min64(base, n, m) : helper_arm_fp_min32(base, n, m); return true;
    case SIMD_FSQRT: *result = wide ? helper_arm_fp_sqrt64(base, n) : helper_arm_fp_sqrt32(base, n); return true;
    case SIMD_FMLS: n = fp_neg(bits, n);     /* fall through */
    case SIMD_FMLA: *result = wide ? helper_arm_fp_muladd64(base, d, n, m) : helper_arm_fp_muladd32(base, d, n,
        m); return true;
    default: return false;
    }
}

uint64_t simd_lane_fp(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m,
    unsigned imm)
{
    struct fp_env env = { .control = cpu->fpcr };
    uint64_t done;
    if (bits >= 32 && quick(cpu, op, bits, d, n, m, &done)) {
        return done;
    }
    const bool binary = op <= SIMD_FACGT || op == SIMD_FMLAL || op == SIMD_FMLSL;
    const uint64_t result = binary ? two(&env, op, bits, d, n, m) : one(&env, op, bits, n, imm);
    cpu->fpsr |= env.flags;
    return result;
}
