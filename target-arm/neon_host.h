/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_NEON_HOST_H
#define TARGET_ARM_NEON_HOST_H
/* Advanced SIMD operations that an instruction of x86-64 hosts does alike. Each returns false when there is none. Register numbers
 * are those of D registers; field Q says whether two are meant. */
#include "target-arm/neon.h"

bool neon_host_three(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m);
/* m: one element, of 16 or 32 bits, of a D register */
bool neon_host_scalar(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned n, unsigned m, unsigned index);
/* NEON_PADD, NEON_PMAX, NEON_PMIN */
bool neon_host_pairs(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m);
bool neon_host_one(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned m);
/* Compared with 0. */
bool neon_host_zero(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned m);
/* Single precision. m: a register, its lane m_lane in every lane (m_lane >= 0), or 0. */
enum { NEON_FLOAT_REGISTER = -1, NEON_FLOAT_ZERO = -2 };
bool neon_host_float(struct arm_trans *t, unsigned op, unsigned d, unsigned n, unsigned m, int m_lane);
bool neon_host_present(void);
void neon_host_result(struct arm_trans *t, unsigned d, ir_reg v);
/* op: AND BIC ORR ORN EOR BSL BIT BIF */
bool neon_host_logic(struct arm_trans *t, unsigned op, unsigned d, unsigned n, unsigned m);
bool neon_host_shift(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned m, unsigned amount);
/* Long and wide operations: d a Q register, n a D register (VADDW, VSUBW: Q), m a D register. */
bool neon_host_widen(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m);
/* VSHLL, VMOVL */
bool neon_host_lengthen(struct arm_trans *t, unsigned bits, bool is_unsigned, unsigned d, unsigned m, unsigned amount);
/* VEXT of Q registers from byte `at` on */
bool neon_host_extract(struct arm_trans *t, unsigned d, unsigned n, unsigned m, unsigned at);

#endif
