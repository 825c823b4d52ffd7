/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_NEON_H
#define TARGET_ARM_NEON_H
/*
 * AArch32's view of the V registers, for VFP and Advanced SIMD: Qn is v[n], Dn half n & 1 of v[n / 2], Sn word n & 3 of v[n / 4].
 */
#include "target-arm/a32.h"

static inline ir_reg vfp_get_s(struct arm_trans *t, unsigned s) { return ir_vget(t->u, 32, arm_v(s / 4), s & 3); }
static inline void vfp_set_s(struct arm_trans *t, unsigned s, ir_reg value)
{
    ir_vput_to(t->u, 32, arm_v(s / 4), arm_v(s / 4), s & 3, value);
}
static inline ir_reg vfp_get_d(struct arm_trans *t, unsigned d) { return ir_vget(t->u, 64, arm_v(d / 2), d & 1); }
static inline void vfp_set_d(struct arm_trans *t, unsigned d, ir_reg value)
{
    ir_vput_to(t->u, 64, arm_v(d / 2), arm_v(d / 2), d & 1, value);
}
/* Element `lane` of 8, 16, 32 bits of a D register. */
static inline ir_reg neon_get_lane(struct arm_trans *t, unsigned bits, unsigned d, unsigned lane)
{
    return ir_vget(t->u, bits, arm_v(d / 2), lane + (d & 1) * (64 / bits));
}
static inline void neon_set_lane(struct arm_trans *t, unsigned bits, unsigned d, unsigned lane, ir_reg value)
{
    ir_vput_to(t->u, bits, arm_v(d / 2), arm_v(d / 2), lane + (d & 1) * (64 / bits), value);
}

/* D:Vd and so on: a D register number. */
static inline unsigned neon_d(const struct arm_trans *t) { return arm_field(t, 'D') << 4 | arm_field(t, 'd'); }
static inline unsigned neon_n(const struct arm_trans *t) { return arm_field(t, 'N') << 4 | arm_field(t, 'n'); }
static inline unsigned neon_m(const struct arm_trans *t) { return arm_field(t, 'M') << 4 | arm_field(t, 'm'); }

#endif
