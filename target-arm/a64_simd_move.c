/* SPDX-License-Identifier: MIT */
/* A64 Advanced SIMD: copies between lanes and registers, immediates, permutations, tables (Arm ARM C4.1.96). */
#include "target-arm/a64_simd.h"
#include "target-arm/fp.h"

/* Lane size and number of imm5. */
static bool lane_of(unsigned imm5, unsigned *bits, unsigned *index)
{
    if (!(imm5 & 15)) {
        return false;
    }
    unsigned size = (unsigned)__builtin_ctz(imm5);
    *bits = 8u << size;
    *index = imm5 >> (size + 1);
    return true;
}

/* d = value in every lane. */
static void duplicate(struct arm_trans *t, unsigned d, ir_reg value, unsigned bits, bool q)
{
    static const uint64_t ones[4] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1 };
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    if (bits < 64) {
        ir_reg pattern = ir_const(t->u, ones[bits == 8 ? 0 : bits == 16 ? 1 : 2]);
        value = ir_op2(t->u, IR_MUL, 64, ir_extu(t->u, bits, value), pattern);
    }
    ir_vzero_to(t->u, r);
    ir_vput_to(t->u, 64, r, r, 0, value);
    if (q) {
        ir_vput_to(t->u, 64, r, r, 1, value);
    }
    ir_mov_to(t->u, arm_v(d), r);
}

static void dup_element(struct arm_trans *t)
{
    unsigned bits, index;
    bool q = arm_field(t, 'Q');
    if (!lane_of(arm_field(t, 'i'), &bits, &index) || (bits == 64 && !q)) {
        arm_gen_undefined(t);
        return;
    }
    duplicate(t, arm_field(t, 'd'), ir_vget(t->u, bits, arm_v(arm_field(t, 'n')), index), bits, q);
}

static void dup_general(struct arm_trans *t)
{
    unsigned bits, index;
    bool q = arm_field(t, 'Q');
    if (!lane_of(arm_field(t, 'i'), &bits, &index) || (bits == 64 && !q)) {
        arm_gen_undefined(t);
        return;
    }
    duplicate(t, arm_field(t, 'd'), a64_x(t, arm_field(t, 'n')), bits, q);
}

static void scalar_set(struct arm_trans *t, unsigned d, unsigned bits, ir_reg value)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, r);
    ir_vput_to(t->u, 64, r, r, 0, bits < 64 ? ir_extu(t->u, bits, value) : value);
    ir_mov_to(t->u, arm_v(d), r);
}

static void dup_scalar(struct arm_trans *t)
{
    unsigned bits, index;
    if (!lane_of(arm_field(t, 'i'), &bits, &index)) {
        arm_gen_undefined(t);
        return;
    }
    scalar_set(t, arm_field(t, 'd'), bits, ir_vget(t->u, bits, arm_v(arm_field(t, 'n')), index));
}

/* UMOV, SMOV */
static void move_to_general(struct arm_trans *t)
{
    unsigned bits, index, q = arm_field(t, 'Q');
    bool is_signed = t->data, ok = lane_of(arm_field(t, 'i'), &bits, &index);
    if (!ok || (is_signed ? bits == 64 || (bits == 32 && !q) : (bits == 64) != q)) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg value = ir_vget(t->u, bits, arm_v(arm_field(t, 'n')), index);
    if (is_signed) {
        value = ir_exts(t->u, bits, q ? 64 : 32, value);
    }
    a64_set(t, arm_field(t, 'd'), value);
}

static void insert_general(struct arm_trans *t)
{
    unsigned bits, index, d = arm_field(t, 'd');
    if (!lane_of(arm_field(t, 'i'), &bits, &index)) {
        arm_gen_undefined(t);
        return;
    }
    ir_vput_to(t->u, bits, arm_v(d), arm_v(d), index, a64_x(t, arm_field(t, 'n')));
}

static void insert_element(struct arm_trans *t)
{
    unsigned bits, index, d = arm_field(t, 'd');
    if (!lane_of(arm_field(t, 'i'), &bits, &index)) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg value = ir_vget(t->u, bits, arm_v(arm_field(t, 'n')), arm_field(t, 'j') / (bits / 8));
    ir_vput_to(t->u, bits, arm_v(d), arm_v(d), index, value);
}

/* ---- modified immediates (AdvSIMDExpandImm) ---- */

static uint64_t replicate(uint64_t x, unsigned bits)
{
    for (; bits < 64; bits *= 2) {
        x |= x << bits;
    }
    return x;
}

static uint64_t expand(unsigned cmode, unsigned op, unsigned imm8)
{
    unsigned shift = 8 * (cmode >> 1 & 3);
    switch (cmode >> 1) {
    case 0: case 1: case 2: case 3: return replicate((uint64_t)imm8 << shift, 32);
    case 4: case 5: return replicate((uint64_t)imm8 << 8 * (cmode >> 1 & 1), 16);
    case 6: return replicate(cmode & 1 ? (uint64_t)imm8 << 16 | 0xffff : (uint64_t)imm8 << 8 | 0xff, 32);
    default: break;
    }
    if (cmode == 14 && !op) {
        return replicate(imm8, 8);
    }
    if (cmode == 14) {
        uint64_t x = 0;
        for (unsigned i = 0; i < 8; i++) {
            x |= imm8 >> i & 1 ? 0xffull << (8 * i) : 0;
        }
        return x;
    }
    return op ? fp_expand_imm(64, imm8) : replicate(fp_expand_imm(32, imm8), 32);
}

static void immediate(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned cmode = arm_field(t, 'c'), op = arm_field(t, 'p'), imm8 = arm_field(t, 'a') << 5 | arm_field(t, 'g');
    unsigned d = arm_field(t, 'd'), q = arm_field(t, 'Q');
    if (arm_field(t, 'q')) {        /* FMOV of half precision */
        if (cmode != 15 || op || !arm_has(t->cpu, ARM_FP16)) {
            arm_gen_undefined(t);
            return;
        }
        duplicate(t, d, ir_const(u, fp_expand_imm(16, imm8)), 16, q);
        return;
    }
    if (cmode == 15 && op && !q) {
        arm_gen_undefined(t);
        return;
    }
    uint64_t value = expand(cmode, op, imm8);
    bool combines = cmode & 1 && cmode < 12, inverts = op && cmode < 14;
    if (!combines) {
        duplicate(t, d, ir_const(u, inverts ? ~value : value), 64, q);
        return;
    }
    ir_reg r = ir_temp(u, IR_TYPE_VEC);
    ir_vzero_to(u, r);
    for (unsigned half = 0; half <= q; half++) {
        ir_reg old = ir_vget(u, 64, arm_v(d), half);
        ir_reg new = op ? ir_op2(u, IR_AND, 64, old, ir_const(u, ~value)) : ir_op2(u, IR_OR, 64, old, ir_const(u,
            value));
        ir_vput_to(u, 64, r, r, half, new);
    }
    ir_mov_to(u, arm_v(d), r);
}

/* ---- permutations, tables ---- */

static ir_reg packed(struct arm_trans *t, uint64_t more)
{
    return ir_const(t->u, arm_field(t, 'd') | arm_field(t, 'n') << 5 | arm_field(t, 'm') << 10 | more << 15);
}

static void permute(struct arm_trans *t)
{
    unsigned size = arm_field(t, 'z');
    uint64_t more = arm_field(t, 'o') | (8u << size) << 3 | (arm_field(t, 'Q') ? 16u : 8u) << 10;
    if (!simd_host_permute(t, 8u << size, arm_field(t, 'o'), arm_field(t, 'Q'))) {
        arm_call_void(t, HELPER_ARM_permute, packed(t, more), IR_NONE, IR_NONE, IR_NONE);
    }
}

static void extract(struct arm_trans *t)
{
    unsigned q = arm_field(t, 'Q'), i = arm_field(t, 'i');
    if (!q && i & 8) {
        arm_gen_undefined(t);
        return;
    }
    if (!simd_host_extract(t, i, q)) {
        arm_call_void(t, HELPER_ARM_extract, packed(t, i | (q ? 16u : 8u) << 4), IR_NONE, IR_NONE, IR_NONE);
    }
}

static void table(struct arm_trans *t)
{
    uint64_t more = (arm_field(t, 'l') + 1) | arm_field(t, 'x') << 3 | (arm_field(t, 'Q') ? 16u : 8u) << 4;
    arm_call_void(t, HELPER_ARM_tbl, packed(t, more), IR_NONE, IR_NONE, IR_NONE);
}

#define ROW(bits, nm, fn, what) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what }
#define PERMUTE(op, nm) \
    { .pattern = "0 Q 001110 zz 0 mmmmm 0 ooo 10 nnnnn ddddd", .name = nm, .translate = permute, .flags = ARM_ROW_FP, \
      .where = "o=" op, .unless = "z=3,Q=0" }
static const struct arm_row rows[] = {
    ROW("0 Q 0 01110000 iiiii 0 0000 1 nnnnn ddddd", "DUP (element)", dup_element, 0),
    ROW("0 Q 0 01110000 iiiii 0 0001 1 nnnnn ddddd", "DUP (general)", dup_general, 0),
    ROW("01 0 11110000 iiiii 0 0000 1 nnnnn ddddd", "DUP (scalar)", dup_scalar, 0),
    ROW("0 Q 0 01110000 iiiii 0 0101 1 nnnnn ddddd", "SMOV", move_to_general, 1),
    ROW("0 Q 0 01110000 iiiii 0 0111 1 nnnnn ddddd", "UMOV", move_to_general, 0),
    ROW("0 1 0 01110000 iiiii 0 0011 1 nnnnn ddddd", "INS (general)", insert_general, 0),
    ROW("0 1 1 01110000 iiiii 0 jjjj 1 nnnnn ddddd", "INS (element)", insert_element, 0),
    { .pattern = "0 Q p 0111100000 aaa cccc q 1 ggggg ddddd", .name = "MOVI, MVNI, ORR, BIC, FMOV (vector, immediate)",
      .translate = immediate, .flags = ARM_ROW_FP, .unless = "q=1;c=15,p=1,Q=0" },
    { .pattern = "0 Q p 0111100000 aaa cccc q 1 ggggg ddddd", .name = "FMOV (vector, immediate, half)",
      .translate = immediate,
      .flags = ARM_ROW_FP, .where = "q=1,c=15,p=0", .feature = ARM_FP16 },
    PERMUTE("1", "UZP1"), PERMUTE("2", "TRN1"), PERMUTE("3", "ZIP1"), PERMUTE("5", "UZP2"), PERMUTE("6", "TRN2"),
    PERMUTE("7", "ZIP2"),
    ROW("0 Q 101110 00 0 mmmmm 0 iiii 0 nnnnn ddddd", "EXT", extract, 0),
    ROW("0 Q 001110 000 mmmmm 0 ll x 00 nnnnn ddddd", "TBL, TBX", table, 0),
};
ARM_TABLE(a64_simd_move);
