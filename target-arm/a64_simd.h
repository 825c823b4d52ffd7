/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_A64_SIMD_H
#define TARGET_ARM_A64_SIMD_H
/* What the tables of Advanced SIMD share. */
#include "target-arm/a64.h"
#include "target-arm/simd.h"

/* row->data: operation, form, how the narrow operands extend. Scalar rows have no field Q. imm: see simd_lane_fp.c. */
#define SIMD_DATA(op, form, is_unsigned, imm) \
    (intptr_t)(SIMD_##op | FORM_##form << 8 | (intptr_t)(is_unsigned) << 12 | (intptr_t)(imm) << 16)
static inline unsigned simd_data_op(const struct arm_trans *t) { return t->data & 0xff; }
static inline unsigned simd_data_form(const struct arm_trans *t) { return t->data >> 8 & 0xf; }
static inline bool simd_data_unsigned(const struct arm_trans *t) { return t->data >> 12 & 1; }
static inline unsigned simd_data_imm(const struct arm_trans *t) { return (unsigned)(t->data >> 16) & 0x7ff; }

static inline bool a64_has(const struct arm_trans *t, char letter)
{
    return t->row->bits[letter >= 'a' ? letter - 'a' : letter - 'A' + 26];
}
/* Lane size: field z (8 << z), field f (32 << f), or half precision. */
unsigned simd_bits(const struct arm_trans *t);
/* The call of a row with registers d, n and, where there is one, m; lanes as its form and Q say. */
struct simd_call simd_call_of(const struct arm_trans *t, unsigned bits);
void simd_run(struct arm_trans *t, const struct simd_call *call);
/* By the host's vector instructions, when they do the same (a64_simd_host.c). */
/* op of lanes, form SAME, as a fresh vector; IR_NONE when the host has nothing (ops may then have been emitted in vain). */
ir_reg simd_host_same(struct arm_trans *t, unsigned op, unsigned bits, unsigned imm, ir_reg d, ir_reg n, ir_reg m);
/* ADD, SMAX, SMIN, UMAX, UMIN of neighbouring lanes: those of n, then those of m; IR_NONE: the host has not that size. */
ir_reg simd_host_pairs(struct arm_trans *t, unsigned op, unsigned bits, ir_reg n, ir_reg m);
/* The lane in every lane, 16 to 64 bits. */
ir_reg simd_host_splat(struct arm_trans *t, unsigned bits, ir_reg v, unsigned index);
bool simd_host(struct arm_trans *t, const struct simd_call *call);
/* a64_fp_host.c: the same for floating point. */
bool simd_host_fp(struct arm_trans *t, const struct simd_call *call);
/* Fused multiply-add is there. */
bool simd_host_fused(void);
/* What the host's instruction gives for a floating-point operation on lanes, unchecked; IR_NONE: there is none. */
ir_reg simd_host_fp_value(struct arm_trans *t, unsigned op, unsigned bits, bool scalar, ir_reg d, ir_reg n, ir_reg m);
bool simd_host_permute(struct arm_trans *t, unsigned bits, unsigned op, bool q);
bool simd_host_extract(struct arm_trans *t, unsigned first, bool q);
/* d = vector with what lies above the low 64 bits cleared unless q. */
void simd_set(struct arm_trans *t, unsigned d, ir_reg vector, bool q);

arm_translate simd_three, simd_one;

#endif
