/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_A64_H
#define TARGET_ARM_A64_H
/* What the translators of A64 share. */
#include "target-arm/trans.h"

/* Register 31 is zero. */
static inline ir_reg a64_x(struct arm_trans *t, unsigned n) { return n == 31 ? ir_const(t->u, 0) : arm_x(n); }
static inline void a64_set(struct arm_trans *t, unsigned d, ir_reg value)
{
    if (d != 31) {
        ir_result_to(t->u, 64, arm_x(d), value);
    }
}
/* Register 31 is SP. by: what SP changes by, when that is known (else 1). */
static inline void a64_set_sp(struct arm_trans *t, unsigned d, ir_reg value, int64_t by)
{
    ir_result_to(t->u, 64, arm_x(d), value);
    if (d == 31 && by & 15) {
        t->sp_aligned = false;
    }
}
/* d or a temporary when it is the zero register: for ops that need an output. */
static inline ir_reg a64_out(struct arm_trans *t, unsigned d) { return d == 31 ? ir_temp(t->u,
    IR_TYPE_INT) : arm_x(d); }
static inline unsigned a64_width(const struct arm_trans *t) { return arm_field(t, 's') ? 64 : 32; }

/* A six-bit shift amount whose top bit is field I and the others field i. */
static inline unsigned a64_amount(const struct arm_trans *t) { return arm_field(t, 'I') << 5 | arm_field(t, 'i'); }

/* The base register of a load or store, SP checked for alignment. */
ir_reg a64_base(struct arm_trans *t, unsigned n);
/* Shifted or rotated register operand: LSL, LSR, ASR, ROR. */
ir_reg a64_shifted(struct arm_trans *t, unsigned width, unsigned m, unsigned type, unsigned amount);
/* Extended register operand: UXTB ... SXTX, then shifted left. */
ir_reg a64_extended(struct arm_trans *t, unsigned m, unsigned option, unsigned shift);
/* DecodeBitMasks (Arm ARM, shared pseudocode): false for reserved values. */
bool a64_bitmask(unsigned n, unsigned imms, unsigned immr, unsigned width, uint64_t *mask);

/* A call to a label on an ARM condition; AL and NV always hold. */
static inline bool a64_always(unsigned cond) { return cond >= 14; }

#define ARM_TABLES_A64(TABLE) \
    TABLE(a64_addsub) TABLE(a64_logic) TABLE(a64_move) TABLE(a64_data) TABLE(a64_branch) TABLE(a64_system) \
    TABLE(a64_load) \
    TABLE(a64_atomic) TABLE(a64_fp) TABLE(a64_simd) TABLE(a64_simd_one) TABLE(a64_simd_element) TABLE(a64_simd_move) \
    TABLE(a64_simd_load) TABLE(a64_crypto)
#define A64_EXTERN(name) extern const struct arm_table arm_table_##name;
ARM_TABLES_A64(A64_EXTERN)
#undef A64_EXTERN

#endif
