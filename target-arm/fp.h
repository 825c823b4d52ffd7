/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_FP_H
#define TARGET_ARM_FP_H
/*
 * Floating point as the ARM pseudocode defines it (DDI 0487, "Floating-point pseudocode": FPUnpack, FPRound,
 * FPProcessNaN, FPAdd ...), in integers, for half, single and double precision: the exact answer for everything that
 * the host's own instructions do not give. Numbers are bit patterns in a uint64_t; `n` is 16, 32 or 64.
 *
 * Left out: trapped exceptions (no CPU of ours has them), FPCR.FIZ, AH and NEP, bfloat16.
 */
#include <stdbool.h>
#include <stdint.h>

enum {  /* FPCR, and the same bits of FPSCR */
    FPCR_FZ16 = 1u << 19, FPCR_RMODE_SHIFT = 22, FPCR_RMODE = 3u << 22, FPCR_FZ = 1u << 24, FPCR_DN = 1u << 25,
    FPCR_AHP = 1u << 26,
};
enum {  /* FPSR, and the same bits of FPSCR: cumulative exceptions */
    FPSR_IOC = 1u << 0, FPSR_DZC = 1u << 1, FPSR_OFC = 1u << 2, FPSR_UFC = 1u << 3, FPSR_IXC = 1u << 4, FPSR_IDC = 1u << 7,
    FPSR_CUMULATIVE = 0x9f, FPSR_QC = 1u << 27,
};
/* FPCR.RMode, and two that only instructions name. */
enum fp_rounding { FP_TIEEVEN, FP_POSINF, FP_NEGINF, FP_ZERO, FP_TIEAWAY, FP_ODD };

struct fp_env {
    uint32_t control;               /* FPCR_* */
    uint32_t flags;                 /* FPSR_*: what an operation raises is added */
};

static inline enum fp_rounding fp_rounding(const struct fp_env *env)
{
    return (enum fp_rounding)(env->control >> FPCR_RMODE_SHIFT & 3);
}
/* StandardFPSCRValue(): what Advanced SIMD of AArch32 computes under, whatever FPSCR says. */
static inline uint32_t fp_standard_control(uint32_t fpscr)
{
    return (fpscr & (FPCR_AHP | FPCR_FZ16)) | FPCR_DN | FPCR_FZ;
}

/* A number taken apart: mant has its top bit set and bit 0 stands for itself and everything below; the value is
 * mant * 2^(exp - 63). Only FP_NUMBER has exp; of NaNs mant is the fraction, left-justified below the top bit. */
enum fp_kind { FP_KIND_ZERO, FP_KIND_NUMBER, FP_KIND_INF, FP_KIND_QNAN, FP_KIND_SNAN };
struct fp_parts { enum fp_kind kind; bool sign; int exp; uint64_t mant; };

/* fp.c: the common parts of the pseudocode */
struct fp_parts fp_unpack(struct fp_env *env, unsigned n, uint64_t x);
struct fp_parts fp_unpack_convert(struct fp_env *env, unsigned n, uint64_t x);     /* FPUnpackCV: AHP counts, FZ16 does not */
uint64_t fp_round(struct fp_env *env, unsigned n, const struct fp_parts *p);       /* by FPCR.RMode */
uint64_t fp_round_mode(struct fp_env *env, unsigned n, const struct fp_parts *p, enum fp_rounding mode);
uint64_t fp_round_convert(struct fp_env *env, unsigned n, const struct fp_parts *p, enum fp_rounding mode);
/* Sets mant and exp so that the value is m * 2^(exp - 127). m is not 0. */
void fp_normalise(struct fp_parts *p, unsigned __int128 m, int exp);
uint64_t fp_zero(unsigned n, bool sign);
uint64_t fp_infinity(unsigned n, bool sign);
uint64_t fp_default_nan(unsigned n);
uint64_t fp_process_nan(struct fp_env *env, unsigned n, uint64_t x, enum fp_kind kind);
/* Whether one is a NaN; then *result is what the operation gives. */
bool fp_process_nans(struct fp_env *env, unsigned n, const struct fp_parts *pa, uint64_t a, const struct fp_parts *pb,
                     uint64_t b, uint64_t *result);
uint64_t fp_invalid(struct fp_env *env, unsigned n);                                /* default NaN and IOC */
static inline bool fp_is_nan(const struct fp_parts *p) { return p->kind >= FP_KIND_QNAN; }
static inline unsigned fp_fraction_bits(unsigned n) { return n == 16 ? 10 : n == 32 ? 23 : 52; }
static inline int fp_bias(unsigned n) { return n == 16 ? 15 : n == 32 ? 127 : 1023; }
static inline uint64_t fp_sign_bit(unsigned n) { return 1ull << (n - 1); }
static inline uint64_t fp_neg(unsigned n, uint64_t x) { return x ^ fp_sign_bit(n); }
static inline uint64_t fp_abs(unsigned n, uint64_t x) { return x & ~fp_sign_bit(n); }

/* fp_arith.c */
typedef uint64_t fp_binary(struct fp_env *env, unsigned n, uint64_t a, uint64_t b);
fp_binary fp_add, fp_sub, fp_mul, fp_div, fp_mulx, fp_max, fp_min, fp_maxnum, fp_minnum, fp_abd;
uint64_t fp_sqrt(struct fp_env *env, unsigned n, uint64_t a);
uint64_t fp_muladd(struct fp_env *env, unsigned n, uint64_t addend, uint64_t a, uint64_t b);
/* AArch32's VRECPS and VRSQRTS: the product is rounded. A64's FRECPS and FRSQRTS: fused. */
fp_binary fp_recip_step, fp_rsqrt_step, fp_recip_step_fused, fp_rsqrt_step_fused;
/* NZCV in bits 3..0; quiet: only signalling NaNs are invalid. */
unsigned fp_compare(struct fp_env *env, unsigned n, uint64_t a, uint64_t b, bool quiet);
bool fp_compare_eq(struct fp_env *env, unsigned n, uint64_t a, uint64_t b);
bool fp_compare_ge(struct fp_env *env, unsigned n, uint64_t a, uint64_t b);
bool fp_compare_gt(struct fp_env *env, unsigned n, uint64_t a, uint64_t b);

/* fp_convert.c */
/* To an integer of `bits` (16, 32, 64) with fbits fraction bits; zero- or sign-extended within them only. */
uint64_t fp_to_fixed(struct fp_env *env, unsigned n, uint64_t a, unsigned fbits, bool is_unsigned, enum fp_rounding mode,
                     unsigned bits);
uint64_t fp_from_fixed(struct fp_env *env, unsigned n, uint64_t a, unsigned bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding mode);
uint64_t fp_convert(struct fp_env *env, unsigned to, unsigned from, uint64_t a);
uint64_t fp_convert_odd(struct fp_env *env, unsigned to, unsigned from, uint64_t a);        /* FCVTXN */
uint64_t fp_round_int(struct fp_env *env, unsigned n, uint64_t a, enum fp_rounding mode, bool exact);
uint32_t fp_to_fixed_js(struct fp_env *env, uint64_t a, bool *exact);                        /* FJCVTZS */

/* fp_estimate.c */
uint64_t fp_recip_estimate(struct fp_env *env, unsigned n, uint64_t a);
uint64_t fp_rsqrt_estimate(struct fp_env *env, unsigned n, uint64_t a);
uint64_t fp_recpx(struct fp_env *env, unsigned n, uint64_t a);
uint32_t fp_unsigned_recip_estimate(uint32_t a);
uint32_t fp_unsigned_rsqrt_estimate(uint32_t a);
/* VFPExpandImm */
uint64_t fp_expand_imm(unsigned n, unsigned imm8);

#endif
