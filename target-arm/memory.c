/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores as IR: endianness, alignment checks (Arm ARM B2.5 "Alignment support", B2.6 "Endian support"). An
 * access that must be aligned tests the address before and raises an Alignment fault in far code.
 */
#include "target-arm/trans.h"

static unsigned mmu_of(const struct arm_trans *t, unsigned flags)
{
    bool user = flags & ARM_ACCESS_USER && (t->mode & MODE_EL) == EL1 && !(t->mode & MODE_UAO);
    return user ? ARM_MMU_EL0 : t->mmu;
}

/* The low bits of the address must be zero. */
void arm_check_aligned(struct arm_trans *t, unsigned bytes, ir_reg address, int64_t disp, bool write)
{
    if (bytes <= 1) {
        return;
    }
    ir_reg at = disp ? ir_op2i(t->u, IR_ADD, 64, address, disp) : address;
    ir_reg low = ir_op2i(t->u, IR_AND, 64, at, bytes - 1);
    struct arm_far far = { .helper = HELPER_ARM_alignment_fault, .arg = { at, IR_IMM }, .imm = { 0, write },
        .no_return = true };
    ir_brci(t->u, IR_COND_NE, 64, low, 0, arm_far_code(t, &far));
}

static void check(struct arm_trans *t, unsigned bits, ir_reg address, int64_t disp, unsigned flags, bool write)
{
    if (flags & ARM_ACCESS_ALIGNED || t->mode & MODE_ALIGN) {
        arm_check_aligned(t, bits / 8, address, disp, write);
    }
}

ir_reg arm_load(struct arm_trans *t, unsigned bits, ir_reg address, int64_t disp, unsigned flags)
{
    unsigned mmu = mmu_of(t, flags);
    check(t, bits, address, disp, flags, flags & ARM_ACCESS_MODIFY);
    if (!(t->mode & MODE_BE) || bits == 8) {
        if (flags & ARM_ACCESS_MODIFY) {
            return ir_ld_modify(t->u, bits, address, disp, mmu);
        }
        return flags & ARM_ACCESS_SIGNED ? ir_lds(t->u, bits, address, disp, mmu) : ir_ld(t->u, bits, address, disp,
            mmu);
    }
    ir_reg value = ir_ld(t->u, bits, address, disp, mmu);
    value = ir_op1(t->u, IR_BSWAP, bits, value);
    return flags & ARM_ACCESS_SIGNED ? ir_exts(t->u, bits, 64, value) : value;
}

void arm_store(struct arm_trans *t, unsigned bits, ir_reg address, int64_t disp, ir_reg value, unsigned flags)
{
    check(t, bits, address, disp, flags, true);
    if (t->mode & MODE_BE && bits > 8) {
        value = ir_op1(t->u, IR_BSWAP, bits, value);
    }
    ir_st(t->u, bits, address, disp, value, mmu_of(t, flags));
}

/* Turns every lane of the low `bits` round. */
static ir_reg swap_lanes(struct arm_trans *t, unsigned bits, unsigned lane_bits, ir_reg vector)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, v, vector);
    if (lane_bits == 128) {
        ir_reg low = ir_op1(t->u, IR_BSWAP, 64, ir_vget(t->u, 64, v, 0)), high = ir_op1(t->u, IR_BSWAP, 64,
            ir_vget(t->u, 64, v, 1));
        ir_vput_to(t->u, 64, v, v, 0, high);
        ir_vput_to(t->u, 64, v, v, 1, low);
        return v;
    }
    for (unsigned lane = 0; lane_bits > 8 && lane < bits / lane_bits; lane++) {
        ir_vput_to(t->u, lane_bits, v, v, lane, ir_op1(t->u, IR_BSWAP, lane_bits, ir_vget(t->u, lane_bits, v, lane)));
    }
    return v;
}

ir_reg arm_load_vec(struct arm_trans *t, unsigned bits, unsigned lane_bits, ir_reg address, int64_t disp)
{
    check(t, lane_bits, address, disp, 0, false);
    ir_reg v;
    if (bits < 32) {
        v = ir_temp(t->u, IR_TYPE_VEC);
        ir_reg value = ir_ld(t->u, bits, address, disp, t->mmu);
        ir_vzero_to(t->u, v);
        ir_vput_to(t->u, 32, v, v, 0, value);
    } else {
        v = ir_ldv(t->u, bits, address, disp, t->mmu);
    }
    return t->mode & MODE_BE ? swap_lanes(t, bits, lane_bits, v) : v;
}

void arm_store_vec(struct arm_trans *t, unsigned bits, unsigned lane_bits, ir_reg address, int64_t disp, ir_reg vector)
{
    check(t, lane_bits, address, disp, 0, true);
    if (t->mode & MODE_BE) {
        vector = swap_lanes(t, bits, lane_bits, vector);
    }
    if (bits < 32) {
        ir_st(t->u, bits, address, disp, ir_vget(t->u, bits, vector, 0), t->mmu);
    } else {
        ir_stv(t->u, bits, address, disp, vector, t->mmu);
    }
}
