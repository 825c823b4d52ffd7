/* SPDX-License-Identifier: MIT */
/*
 * A64: loads and stores of vectors as structures (Arm ARM C4.1.94): several registers whole or interleaved, single
 * lanes,
 * and one element in all lanes. Interleaved forms are helpers; an access that faults leaves all registers as they were.
 */
#include "target-arm/a64_simd.h"

/* Post-index: Rm, or the number of bytes when m is 31. */
static void write_back(struct arm_trans *t, unsigned bytes)
{
    unsigned n = arm_field(t, 'n'), m = arm_field(t, 'm');
    if (!arm_field(t, 'p')) {
        return;
    }
    if (m == 31) {
        a64_set_sp(t, n, ir_op2i(t->u, IR_ADD, 64, arm_x(n), bytes), bytes);
    } else {
        a64_set_sp(t, n, ir_op2(t->u, IR_ADD, 64, arm_x(n), arm_x(m)), 1);
    }
}

/* Whole registers: LD1, ST1. */
static void whole(struct arm_trans *t, unsigned count)
{
    unsigned r = arm_field(t, 't'), bits = arm_field(t, 'Q') ? 128 : 64, lane = 8u << arm_field(t, 'z');
    ir_reg base = a64_base(t, arm_field(t, 'n')), loaded[4];
    for (unsigned i = 0; i < count; i++) {
        if (arm_field(t, 'L')) {
            loaded[i] = arm_load_vec(t, bits, lane, base, i * bits / 8);
        } else {
            arm_store_vec(t, bits, lane, base, i * bits / 8, arm_v((r + i) & 31));
        }
    }
    write_back(t, count * bits / 8);
    for (unsigned i = 0; i < count && arm_field(t, 'L'); i++) {
        ir_mov_to(t->u, arm_v((r + i) & 31), loaded[i]);
    }
}

static void multiple(struct arm_trans *t)
{
    static const uint8_t registers[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2 };
    unsigned op = arm_field(t, 'o'), count = registers[op], q = arm_field(t, 'Q'), size = arm_field(t, 'z');
    bool interleaved = op == 0 || op == 4 || op == 8;
    if (!count || (interleaved && size == 3 && !q) || (!arm_field(t, 'p') && arm_field(t, 'm'))) {
        arm_gen_undefined(t);
        return;
    }
    if (!interleaved) {
        whole(t, count);
        return;
    }
    ir_reg base = a64_base(t, arm_field(t, 'n')), to = ir_temp(t->u, IR_TYPE_INT);
    unsigned what = arm_field(t, 't') | count << 5 | size << 8 | q << 10 | (unsigned)!!(t->mode & MODE_BE) << 11 |
        t->mmu << 12;
    if (t->mode & MODE_ALIGN) {
        arm_check_aligned(t, 1u << size, base, 0, !arm_field(t, 'L'));
    }
    ir_mov_to(t->u, to, base);
    arm_call_void(t, arm_field(t, 'L') ? HELPER_ARM_load_structures : HELPER_ARM_store_structures, to, ir_const(t->u,
        what), IR_NONE,
                  IR_NONE);
    write_back(t, count * (q ? 16 : 8));
}

/* The lane that opcode, S and size name. bits 0: no such form; all: into every lane. */
struct lane { unsigned bits, index; bool all; };
static struct lane lane_of(const struct arm_trans *t)
{
    unsigned op = arm_field(t, 'o') >> 1, s = arm_field(t, 'S'), size = arm_field(t, 'z'), q = arm_field(t, 'Q');
    switch (op) {
    case 0:  return (struct lane){ 8, q << 3 | s << 2 | size, false };
    case 1:  return (struct lane){ size & 1 ? 0 : 16, q << 2 | s << 1 | size >> 1, false };
    case 2:  return size == 0 ? (struct lane){ 32, q << 1 | s, false } : (struct lane){ size == 1 && !s ? 64 : 0, q,
        false };
    default: return (struct lane){ s || !arm_field(t, 'L') ? 0 : 8u << size, 0, true };
    }
}

static ir_reg everywhere(struct arm_trans *t, ir_reg value, unsigned bits, bool q)
{
    static const uint64_t ones[3] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001 };
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    if (bits < 64) {
        value = ir_op2(t->u, IR_MUL, 64, value, ir_const(t->u, ones[bits == 8 ? 0 : bits == 16 ? 1 : 2]));
    }
    ir_vzero_to(t->u, r);
    ir_vput_to(t->u, 64, r, r, 0, value);
    if (q) {
        ir_vput_to(t->u, 64, r, r, 1, value);
    }
    return r;
}

static void single(struct arm_trans *t)
{
    struct lane lane = lane_of(t);
    unsigned count = ((arm_field(t, 'o') & 1) << 1 | arm_field(t, 'R')) + 1, r = arm_field(t, 't'),
        bytes = lane.bits / 8;
    if (!lane.bits || (!arm_field(t, 'p') && arm_field(t, 'm'))) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg base = a64_base(t, arm_field(t, 'n')), loaded[4];
    for (unsigned i = 0; i < count; i++) {
        if (arm_field(t, 'L')) {
            loaded[i] = arm_load(t, lane.bits, base, i * bytes, 0);
        } else {
            arm_store(t, lane.bits, base, i * bytes, ir_vget(t->u, lane.bits, arm_v((r + i) & 31), lane.index), 0);
        }
    }
    write_back(t, count * bytes);
    for (unsigned i = 0; i < count && arm_field(t, 'L'); i++) {
        ir_reg v = arm_v((r + i) & 31);
        if (lane.all) {
            ir_mov_to(t->u, v, everywhere(t, loaded[i], lane.bits, arm_field(t, 'Q')));
        } else {
            ir_vput_to(t->u, lane.bits, v, v, lane.index, loaded[i]);
        }
    }
}

#define ROW(bits, nm, fn, not) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP | ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED, \
      .unless = not }
static const struct arm_row rows[] = {
    ROW("0 Q 001100 p L 0 mmmmm oooo zz nnnnn ttttt", "LD1-LD4, ST1-ST4 (multiple)", multiple, NULL),
    ROW("0 Q 001101 p L R mmmmm ooo S zz nnnnn ttttt", "LD1-LD4, ST1-ST4 (single)", single, NULL),
};
ARM_TABLE(a64_simd_load);
