/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD of AArch32 that Armv8.2 and its successors added, in words that A32 and T32 share (Arm ARM F4.1.14 "Additional Advanced SIMD
 * and floating-point instructions"): complex numbers, dot products, products of matrices of
 * bytes, multiplications of halves to singles.
 */
#include "target-arm/neon.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
static unsigned halves(const struct arm_trans *t) { return f(t, 'Q') ? 2 : 1; }

static bool bad(struct arm_trans *t, unsigned registers)
{
    if (f(t, 'Q') && registers & 1)
        a32_undefined(t);
    return t->ended;
}

/* The same helper for each 64 bits; m: the operand of both, or IR_NONE for the register's. */
static void each(struct arm_trans *t, enum arm_helper helper, ir_reg m, uint64_t how)
{
    const unsigned d = neon_d(t), n = neon_n(t);
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg other = m ? m : vfp_get_d(t, neon_m(t) + i);
        vfp_set_d(t, d + i, arm_call(t, helper, vfp_get_d(t, n + i), other, vfp_get_d(t, d + i), ir_const(t->u, how)));
    }
}

/* r: rotation, z: single precision; data: VCADD */
static uint64_t complex_how(const struct arm_trans *t) { return f(t, 'r') | (unsigned)t->data << 2 | (f(t, 'z') ? 32u : 16u) << 8; }

static void complex(struct arm_trans *t)
{
    if (!bad(t, neon_d(t) | neon_n(t) | neon_m(t)))
        each(t, HELPER_ARM_neon_complex, IR_NONE, complex_how(t));
}

/* One number of Dm: 64 bits with z; else number M of D0 to D15. */
static void complex_element(struct arm_trans *t)
{
    if (bad(t, neon_d(t) | neon_n(t)))
        return;
    ir_reg m = f(t, 'z') ? vfp_get_d(t, neon_m(t)) : neon_get_lane(t, 32, f(t, 'm'), f(t, 'M'));
    each(t, HELPER_ARM_neon_complex, f(t, 'z') ? m : ir_deposit(t->u, m, 32, 32, m), complex_how(t));
}

enum { MIXED = 2 };     /* data: the operands differ, and U says that n is the signed one; without it U: both are unsigned */
static uint64_t signs(const struct arm_trans *t) { return t->data == MIXED ? (f(t, 'U') ? MIXED : MIXED | 1) : f(t, 'U'); }

static void dot(struct arm_trans *t)
{
    if (!bad(t, neon_d(t) | neon_n(t) | neon_m(t)))
        each(t, HELPER_ARM_neon_dot, IR_NONE, signs(t));
}

/* Rows of n by rows of m. */
static void matrix(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), m = neon_m(t);
    ir_reg result[2];
    if ((d | n | m) & 1) {
        a32_undefined(t);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        ir_reg row = vfp_get_d(t, n + i), old = vfp_get_d(t, d + i), how = ir_const(t->u, signs(t));
        ir_reg low = arm_call(t, HELPER_ARM_neon_matrix, row, vfp_get_d(t, m), old, how);
        ir_reg high = arm_call(t, HELPER_ARM_neon_matrix, row, vfp_get_d(t, m + 1), ir_op2i(t->u, IR_SHR, 64, old, 32), how);
        result[i] = ir_deposit(t->u, low, 32, 32, high);
    }
    vfp_set_d(t, d, result[0]);
    vfp_set_d(t, d + 1, result[1]);
}

static void dot_element(struct arm_trans *t)
{
    if (bad(t, neon_d(t) | neon_n(t)))
        return;
    ir_reg m = neon_get_lane(t, 32, f(t, 'm'), f(t, 'M'));
    each(t, HELPER_ARM_neon_dot, ir_deposit(t->u, m, 32, 32, m), signs(t));
}

/* Sources of half the destination's size: S registers without Q. */
static ir_reg source(struct arm_trans *t, unsigned i, char low, char high)
{
    return f(t, 'Q') ? vfp_get_s(t, 2 * (f(t, high) << 4 | f(t, low)) + i) : vfp_get_s(t, f(t, low) << 1 | f(t, high));
}

static void fhm_with(struct arm_trans *t, ir_reg scalar)
{
    ir_reg result[2];
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg m = scalar ? scalar : source(t, i, 'm', 'M');
        result[i] = arm_call(t, HELPER_ARM_neon_fhm, source(t, i, 'n', 'N'), m, vfp_get_d(t, neon_d(t) + i), ir_const(t->u, f(t, 'S')));
    }
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, neon_d(t) + i, result[i]);
    }
}

/* S: subtract */
static void fhm(struct arm_trans *t)
{
    if (!bad(t, neon_d(t)))
        fhm_with(t, IR_NONE);
}

/* Q: D0 to D7, element M:m<3>; else S0 to S15 by m<2:0>:M, element m<3>. */
static void fhm_scalar(struct arm_trans *t)
{
    const unsigned m = f(t, 'm');
    if (bad(t, neon_d(t)))
        return;
    ir_reg value = f(t, 'Q') ? neon_get_lane(t, 16, m & 7, f(t, 'M') << 1 | m >> 3)
                             : ir_extract(t->u, vfp_get_s(t, (m & 7) << 1 | f(t, 'M')), m >> 3 ? 16 : 0, 16);
    fhm_with(t, ir_deposit(t->u, value, 16, 16, value));
}

#define ROW(pattern, name, fn, data, feature, flags) { pattern, name, fn, ARM_ROW_FP | (flags), feature, data, NULL, NULL }
#define ROW_U0(pattern, name, fn, data, feature, flags) { pattern, name, fn, ARM_ROW_FP | (flags), feature, data, NULL, "U=1" }
#define ROWS(flags) \
    ROW("1111 110r rD1z nnnn dddd 1000 NQM0 mmmm", "VCMLA", complex, 0, ARM_FCMA, flags), \
    ROW("1111 110r 1D0z nnnn dddd 1000 NQM0 mmmm", "VCADD", complex, 1, ARM_FCMA, flags), \
    ROW("1111 1110 zDrr nnnn dddd 1000 NQM0 mmmm", "VCMLA (by element)", complex_element, 0, ARM_FCMA, flags), \
    ROW("1111 1100 0D10 nnnn dddd 1101 NQMU mmmm", "VSDOT, VUDOT", dot, 0, ARM_DOTPROD, flags), \
    ROW("1111 1110 0D10 nnnn dddd 1101 NQMU mmmm", "VSDOT, VUDOT (by element)", dot_element, 0, ARM_DOTPROD, flags), \
    ROW_U0("1111 1100 1D10 nnnn dddd 1101 NQMU mmmm", "VUSDOT", dot, MIXED, ARM_I8MM, flags), \
    ROW("1111 1110 1D00 nnnn dddd 1101 NQMU mmmm", "VUSDOT, VSUDOT (by element)", dot_element, MIXED, ARM_I8MM, flags), \
    ROW("1111 1100 0D10 nnnn dddd 1100 N1MU mmmm", "VSMMLA, VUMMLA", matrix, 0, ARM_I8MM, flags), \
    ROW_U0("1111 1100 1D10 nnnn dddd 1100 N1MU mmmm", "VUSMMLA", matrix, MIXED, ARM_I8MM, flags), \
    ROW("1111 1100 SD10 nnnn dddd 1000 NQM1 mmmm", "VFMAL, VFMSL", fhm, 0, ARM_FHM, flags), \
    ROW("1111 1110 0D0S nnnn dddd 1000 NQM1 mmmm", "VFMAL, VFMSL (by scalar)", fhm_scalar, 0, ARM_FHM, flags)
static const struct arm_row rows_a32[] = { ROWS(ARM_ROW_COND) };
static const struct arm_row rows_t32[] = { ROWS(0) };
const struct arm_table arm_table_neon_v83_a32 = { "neon_v83_a32", rows_a32, G_N_ELEMENTS(rows_a32) };
const struct arm_table arm_table_neon_v83_t32 = { "neon_v83_t32", rows_t32, G_N_ELEMENTS(rows_t32) };
