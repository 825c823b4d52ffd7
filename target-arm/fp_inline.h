/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_FP_INLINE_H
#define TARGET_ARM_FP_INLINE_H
/*
 * Scalar floating point under FPCR by the host's instructions in place (fp_inline.c), for A64 and AArch32. FP_MLA and the like round
 * the product, FP_FMA and the like do not.
 */
#include "target-arm/trans.h"

enum fp_inline_op {
    FP_ADD, FP_SUB, FP_MUL, FP_DIV, FP_SQRT,
    FP_MLA, FP_MLS, FP_NMLS,            /* a + n * m, a - n * m, n * m - a */
    FP_FMA, FP_FMS, FP_FNMS, FP_FNMA,   /* a + n * m, a - n * m, n * m - a, -n * m - a */
};

/* d, n, m, a: register * (128 / bits) + lane. clear: the other lanes of d become 0, else they stay. */
struct fp_inline { enum fp_inline_op op; unsigned bits; bool clear; unsigned d, n, m, a; };
/* Returns false when the host cannot (half precision, flush to zero, no fused multiply-add): nothing was done. */
bool fp_inline(struct arm_trans *t, const struct fp_inline *f);

#endif
