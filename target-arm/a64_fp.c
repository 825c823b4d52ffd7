/* SPDX-License-Identifier: MIT */
/* A64: scalar floating point (Arm ARM C4.1.96, "Floating-point ..." groups). */
#include "target-arm/a64_simd.h"
#include "target-arm/fp.h"
#include "target-arm/fp_inline.h"

/* The type field: single, double, none, half. 0: no such type here. */
static unsigned type_bits(struct arm_trans *t)
{
    static const uint8_t bits[4] = { 32, 64, 0, 16 };
    unsigned b = bits[arm_field(t, 't')];
    if (!b || (b == 16 && !arm_has(t->cpu, ARM_FP16))) {
        arm_gen_undefined(t);
        return 0;
    }
    return b;
}

static ir_reg get(struct arm_trans *t, unsigned bits, unsigned n)
{
    return ir_vget(t->u, bits, arm_v(n), 0);
}

static void set(struct arm_trans *t, unsigned d, ir_reg value)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, r);
    ir_vput_to(t->u, 64, r, r, 0, value);
    ir_mov_to(t->u, arm_v(d), r);
}

/* Helpers come in threes: 16, 32, 64 bits. */
static enum arm_helper sized(unsigned helper, unsigned bits)
{
    return (enum arm_helper)(helper + (bits == 16 ? 0 : bits == 32 ? 1 : 2));
}

static bool in_place(struct arm_trans *t, enum fp_inline_op op, unsigned bits, unsigned d, unsigned n, unsigned m, unsigned a)
{
    unsigned lanes = 128 / bits;
    const struct fp_inline f = { op, bits, true, d * lanes, n * lanes, m * lanes, a * lanes };
    return fp_inline(t, &f);
}

/* data: helper for 16 bits, or FNMUL's. */
static void two_sources(struct arm_trans *t)
{
    unsigned bits = type_bits(t), d = arm_field(t, 'd'), n = arm_field(t, 'n'), m = arm_field(t, 'm');
    if (!bits) {
        return;
    }
    const bool arithmetic = t->data < HELPER_ARM_fp_max16;
    enum fp_inline_op op = t->data == HELPER_ARM_fp_add16 ? FP_ADD : t->data == HELPER_ARM_fp_sub16 ? FP_SUB
                         : t->data == HELPER_ARM_fp_mul16 ? FP_MUL : FP_DIV;
    if (!arithmetic || !in_place(t, op, bits, d, n, m, d)) {
        set(t, d, arm_call(t, sized((unsigned)t->data, bits), get(t, bits, n), get(t, bits, m), IR_NONE, IR_NONE));
    }
}

static void fnmul(struct arm_trans *t)
{
    unsigned bits = type_bits(t);
    if (bits) {
        ir_reg r = arm_call(t, sized(HELPER_ARM_fp_mul16, bits), get(t, bits, arm_field(t, 'n')), get(t, bits,
            arm_field(t, 'm')),
                            IR_NONE, IR_NONE);
        set(t, arm_field(t, 'd'), ir_op2(t->u, IR_XOR, 64, r, ir_const(t->u, 1ull << (bits - 1))));
    }
}

enum { FMOV, FABS, FNEG, FSQRT };
static void one_source(struct arm_trans *t)
{
    unsigned bits = type_bits(t);
    if (!bits) {
        return;
    }
    if (t->data == FSQRT && in_place(t, FP_SQRT, bits, arm_field(t, 'd'), arm_field(t, 'n'), arm_field(t, 'n'), 0)) {
        return;
    }
    ir_reg n = get(t, bits, arm_field(t, 'n'));
    uint64_t sign = 1ull << (bits - 1);
    switch (t->data) {
    case FABS: n = ir_op2(t->u, IR_AND, 64, n, ir_const(t->u, sign - 1)); break;
    case FNEG: n = ir_op2(t->u, IR_XOR, 64, n, ir_const(t->u, sign)); break;
    case FSQRT: n = arm_call(t, sized(HELPER_ARM_fp_sqrt16, bits), n, IR_NONE, IR_NONE, IR_NONE); break;
    default: break;
    }
    set(t, arm_field(t, 'd'), n);
}

/* FCVT: half precision does not need FEAT_FP16 here. */
static void convert(struct arm_trans *t)
{
    static const uint8_t bits[4] = { 32, 64, 0, 16 };
    unsigned from = bits[arm_field(t, 't')], to = bits[arm_field(t, 'o')];
    if (!from || !to || from == to) {
        arm_gen_undefined(t);
        return;
    }
    set(t, arm_field(t, 'd'), arm_call(t, HELPER_ARM_fp_convert, get(t, from, arm_field(t, 'n')), ir_const(t->u, from |
        to << 8), IR_NONE,
                                      IR_NONE));
}

/* data: rounding | exact << 8 */
static void frint(struct arm_trans *t)
{
    unsigned bits = type_bits(t);
    if (bits) {
        ir_reg how = ir_const(t->u, bits | (uint64_t)t->data << 8);
        set(t, arm_field(t, 'd'), arm_call(t, HELPER_ARM_fp_round_int, get(t, bits, arm_field(t, 'n')), how, IR_NONE,
            IR_NONE));
    }
}

static void frint_ts(struct arm_trans *t)
{
    unsigned bits = type_bits(t);
    if (bits == 16) {
        arm_gen_undefined(t);
    } else if (bits) {
        ir_reg regs = ir_const(t->u, arm_field(t, 'd') | arm_field(t, 'n') << 5 | 1 << 10 | bits << 15);
        arm_call_void(t, HELPER_ARM_frint_ts, regs, ir_const(t->u, (uint64_t)t->data), IR_NONE, IR_NONE);
    }
}

/* FMADD, FMSUB, FNMADD, FNMSUB: o negates the addend and the product, p the product. */
static void three_sources(struct arm_trans *t)
{
    unsigned bits = type_bits(t), o = arm_field(t, 'o'), p = arm_field(t, 'p');
    enum fp_inline_op op = o ? (p ? FP_FNMS : FP_FNMA) : p ? FP_FMS : FP_FMA;
    if (!bits || in_place(t, op, bits, arm_field(t, 'd'), arm_field(t, 'n'), arm_field(t, 'm'), arm_field(t, 'a'))) {
        return;
    }
    ir_reg sign = ir_const(t->u, 1ull << (bits - 1)), n = get(t, bits, arm_field(t, 'n')), a = get(t, bits,
        arm_field(t, 'a'));
    if (o != p) {
        n = ir_op2(t->u, IR_XOR, 64, n, sign);
    }
    if (o) {
        a = ir_op2(t->u, IR_XOR, 64, a, sign);
    }
    set(t, arm_field(t, 'd'), arm_call(t, sized(HELPER_ARM_fp_muladd16, bits), a, n, get(t, bits, arm_field(t, 'm')),
        IR_NONE));
}

/* ---- compare, select ---- */

static void compare_to_flags(struct arm_trans *t, unsigned bits, ir_reg n, ir_reg m, bool quiet)
{
    ir_reg how = ir_const(t->u, bits | (unsigned)quiet << 8);
    ir_fput_to(t->u, ARM_NZCV, arm_call(t, HELPER_ARM_fcmp_word, n, m, how, IR_NONE));
}

static void fcmp(struct arm_trans *t)
{
    unsigned bits = type_bits(t), zero = arm_field(t, 'z'), m = arm_field(t, 'm');
    if (!bits) {
        return;
    }
    compare_to_flags(t, bits, get(t, bits, arm_field(t, 'n')), zero ? ir_const(t->u, 0) : get(t, bits, m),
        !arm_field(t, 'e'));
}

static void fccmp(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned bits = type_bits(t), cond = arm_field(t, 'c'), v = arm_field(t, 'v');
    if (!bits) {
        return;
    }
    unsigned otherwise = ir_new_label(u), done = ir_new_label(u);
    if (!a64_always(cond)) {
        ir_brf(u, (enum ir_cond)(arm_cond(cond) ^ 1), ARM_NZCV, otherwise);
    }
    compare_to_flags(t, bits, get(t, bits, arm_field(t, 'n')), get(t, bits, arm_field(t, 'm')), !arm_field(t, 'e'));
    if (!a64_always(cond)) {
        ir_br(u, done);
        ir_label(u, otherwise);
        ir_fput_to(u, ARM_NZCV, ir_const(u, (v & 8 ? IR_SF : 0) | (v & 4 ? IR_ZF : 0) | (v & 2 ? 0 : IR_CF) |
            (v & 1 ? IR_OF : 0)));
        ir_label(u, done);
        t->sp_aligned = false;
    }
}

static void fcsel(struct arm_trans *t)
{
    unsigned bits = type_bits(t), cond = arm_field(t, 'c');
    if (!bits) {
        return;
    }
    ir_reg n = get(t, bits, arm_field(t, 'n')), m = get(t, bits, arm_field(t, 'm'));
    set(t, arm_field(t, 'd'), a64_always(cond) ? n : ir_self(t->u, ARM_NZCV, arm_cond(cond), n, m));
}

static void fmov_imm(struct arm_trans *t)
{
    unsigned bits = type_bits(t);
    if (bits) {
        set(t, arm_field(t, 'd'), ir_const(t->u, fp_expand_imm(bits, arm_field(t, 'i'))));
    }
}

/* ---- integers ---- */

static uint64_t how(unsigned bits, unsigned integer, unsigned fraction, bool is_unsigned, unsigned rounding)
{
    return bits | integer << 8 | fraction << 16 | (uint64_t)is_unsigned << 24 | (uint64_t)rounding << 25;
}

static void to_integer(struct arm_trans *t, unsigned fraction, unsigned rounding)
{
    unsigned bits = type_bits(t), width = a64_width(t);
    if (bits) {
        ir_reg what = ir_const(t->u, how(bits, width, fraction, arm_field(t, 'U'), rounding));
        ir_reg r = arm_call(t, HELPER_ARM_fp_to_int, get(t, bits, arm_field(t, 'n')), what, IR_NONE, IR_NONE);
        a64_set(t, arm_field(t, 'd'), width == 32 ? ir_extu(t->u, 32, r) : r);
    }
}

static void fcvt_int(struct arm_trans *t)
{
    to_integer(t, 0, arm_field(t, 'r'));
}

static void fcvta(struct arm_trans *t)
{
    to_integer(t, 0, FP_TIEAWAY);
}

static void fcvtz_fixed(struct arm_trans *t)
{
    unsigned scale = arm_field(t, 'x');
    if (a64_width(t) == 32 && !(scale & 32)) {
        arm_gen_undefined(t);
        return;
    }
    to_integer(t, 64 - scale, FP_ZERO);
}

static void from_integer(struct arm_trans *t, unsigned fraction)
{
    unsigned bits = type_bits(t), width = a64_width(t);
    if (bits) {
        ir_reg what = ir_const(t->u, how(bits, width, fraction, arm_field(t, 'U'), 7)), n = a64_x(t, arm_field(t, 'n'));
        set(t, arm_field(t, 'd'), arm_call(t, HELPER_ARM_fp_from_int, width == 32 ? ir_extu(t->u, 32, n) : n, what,
            IR_NONE, IR_NONE));
    }
}

static void cvtf(struct arm_trans *t)
{
    from_integer(t, 0);
}

static void cvtf_fixed(struct arm_trans *t)
{
    unsigned scale = arm_field(t, 'x');
    if (a64_width(t) == 32 && !(scale & 32)) {
        arm_gen_undefined(t);
        return;
    }
    from_integer(t, 64 - scale);
}

/* data: 1 to the general register. */
static void fmov_general(struct arm_trans *t)
{
    unsigned wide = arm_field(t, 's'), type = arm_field(t, 't'), d = arm_field(t, 'd'), n = arm_field(t, 'n');
    unsigned bits = type == 0 ? 32 : type == 1 ? 64 : 16;
    bool half = type == 3;
    if (type == 2 || (half ? !arm_has(t->cpu, ARM_FP16) : wide != (bits == 64))) {
        arm_gen_undefined(t);
    } else if (t->data) {
        a64_set(t, d, get(t, bits, n));
    } else {
        set(t, d, bits == 64 ? a64_x(t, n) : ir_extu(t->u, bits, a64_x(t, n)));
    }
}

static void fmov_top(struct arm_trans *t)
{
    unsigned d = arm_field(t, 'd'), n = arm_field(t, 'n');
    if (t->data) {
        a64_set(t, d, ir_vget(t->u, 64, arm_v(n), 1));
    } else {
        ir_vput_to(t->u, 64, arm_v(d), arm_v(d), 1, a64_x(t, n));
    }
}

static void fjcvtzs(struct arm_trans *t)
{
    ir_reg r = arm_call(t, HELPER_ARM_fjcvtzs, get(t, 64, arm_field(t, 'n')), IR_NONE, IR_NONE, IR_NONE);
    a64_set(t, arm_field(t, 'd'), ir_extu(t->u, 32, r));
    arm_flag_put(t, ir_op2i(t->u, IR_SHL, 64, ir_extract(t->u, r, 32, 1), 30));
}

#define ROW(bits, nm, fn, what) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what, \
    .unless = "t=2" }
#define TWO(op, nm, helper) ROW("000 11110 tt 1 mmmmm " op " 10 nnnnn ddddd", nm " (scalar)", two_sources, \
    HELPER_ARM_fp_##helper##16)
#define ONE(op, nm, fn, what) ROW("000 11110 tt 1 " op " 10000 nnnnn ddddd", nm " (scalar)", fn, what)
#define PLAIN(bits, nm, fn, what, feat) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what, .feature = feat }
static const struct arm_row rows[] = {
    TWO("0000", "FMUL", mul), TWO("0001", "FDIV", div), TWO("0010", "FADD", add), TWO("0011", "FSUB", sub),
    TWO("0100", "FMAX", max),
    TWO("0101", "FMIN", min), TWO("0110", "FMAXNM", maxnm), TWO("0111", "FMINNM", minnm),
    ROW("000 11110 tt 1 mmmmm 1000 10 nnnnn ddddd", "FNMUL", fnmul, 0),
    ONE("000000", "FMOV", one_source, FMOV), ONE("000001", "FABS", one_source, FABS),
    ONE("000010", "FNEG", one_source, FNEG),
    ONE("000011", "FSQRT", one_source, FSQRT),
    { .pattern = "000 11110 tt 1 0001oo 10000 nnnnn ddddd", .name = "FCVT", .translate = convert, .flags = ARM_ROW_FP,
      .unless = "t=2;o=2;t=0,o=0;t=1,o=1;t=3,o=3" },
    ONE("001000", "FRINTN", frint, FP_TIEEVEN), ONE("001001", "FRINTP", frint, FP_POSINF),
    ONE("001010", "FRINTM", frint, FP_NEGINF),
    ONE("001011", "FRINTZ", frint, FP_ZERO), ONE("001100", "FRINTA", frint, FP_TIEAWAY),
    ONE("001110", "FRINTX", frint, 7 | 256),
    ONE("001111", "FRINTI", frint, 7),
    PLAIN("000 11110 0t 1 010000 10000 nnnnn ddddd", "FRINT32Z (scalar)", frint_ts, 32, ARM_FRINTTS),
    PLAIN("000 11110 0t 1 010001 10000 nnnnn ddddd", "FRINT32X (scalar)", frint_ts, 32 | 256, ARM_FRINTTS),
    PLAIN("000 11110 0t 1 010010 10000 nnnnn ddddd", "FRINT64Z (scalar)", frint_ts, 64, ARM_FRINTTS),
    PLAIN("000 11110 0t 1 010011 10000 nnnnn ddddd", "FRINT64X (scalar)", frint_ts, 64 | 256, ARM_FRINTTS),
    ROW("000 11110 tt 1 mmmmm 00 1000 nnnnn e z 000", "FCMP, FCMPE", fcmp, 0),
    ROW("000 11110 tt 1 mmmmm cccc 01 nnnnn e vvvv", "FCCMP, FCCMPE", fccmp, 0),
    ROW("000 11110 tt 1 mmmmm cccc 11 nnnnn ddddd", "FCSEL", fcsel, 0),
    ROW("000 11110 tt 1 iiiiiiii 100 00000 ddddd", "FMOV (scalar, immediate)", fmov_imm, 0),
    ROW("000 11111 tt o mmmmm p aaaaa nnnnn ddddd", "FMADD, FMSUB, FNMADD, FNMSUB", three_sources, 0),
    ROW("s 00 11110 tt 1 rr 00U 000000 nnnnn ddddd", "FCVTNS and relatives (to general)", fcvt_int, 0),
    ROW("s 00 11110 tt 1 00 10U 000000 nnnnn ddddd", "FCVTAS, FCVTAU (to general)", fcvta, 0),
    ROW("s 00 11110 tt 1 00 01U 000000 nnnnn ddddd", "SCVTF, UCVTF (from general)", cvtf, 0),
    ROW("s 00 11110 tt 1 00 110 000000 nnnnn ddddd", "FMOV (to general)", fmov_general, 1),
    ROW("s 00 11110 tt 1 00 111 000000 nnnnn ddddd", "FMOV (from general)", fmov_general, 0),
    PLAIN("1 00 11110 10 1 01 110 000000 nnnnn ddddd", "FMOV (top half to general)", fmov_top, 1, 0),
    PLAIN("1 00 11110 10 1 01 111 000000 nnnnn ddddd", "FMOV (general to top half)", fmov_top, 0, 0),
    ROW("s 00 11110 tt 0 11 00U xxxxxx nnnnn ddddd", "FCVTZS, FCVTZU (fixed, to general)", fcvtz_fixed, 0),
    ROW("s 00 11110 tt 0 00 01U xxxxxx nnnnn ddddd", "SCVTF, UCVTF (fixed, from general)", cvtf_fixed, 0),
    PLAIN("0 00 11110 01 1 11 110 000000 nnnnn ddddd", "FJCVTZS", fjcvtzs, 0, ARM_JSCVT),
};
ARM_TABLE(a64_fp);
