/* SPDX-License-Identifier: MIT */
/*
 * Multiplication and division (Arm ARM F4.1.2 "Multiply and Accumulate", "Signed multiply, Divide"). Fields: d n m a, and
 * l h for RdLo and RdHi. R15 as an operand is UNPREDICTABLE: reads as PC; as a destination: branches.
 */
#include "target-arm/a32.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

static void set_q(struct arm_trans *t, ir_reg bit)
{
    ir_reg q = ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, q));
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, q), ir_op2(t->u, IR_OR, 32, q, bit));
}

/* 1 when the signed 64-bit value does not fit in 32 bits. */
static ir_reg overflows32(struct arm_trans *t, ir_reg wide)
{
    return ir_setc(t->u, IR_COND_NE, 64, wide, ir_exts(t->u, 32, 64, wide));
}

/* data: 0 MUL, 1 MLA, -1 MLS */
void a32_mul(struct arm_trans *t)
{
    ir_reg value = ir_op2(t->u, IR_MUL, 32, a32_get(t, f(t, 'n')), a32_get(t, f(t, 'm')));
    if (t->data > 0) {
        value = ir_op2(t->u, IR_ADD, 32, value, a32_get(t, f(t, 'a')));
    } else if (t->data < 0) {
        value = ir_op2(t->u, IR_SUB, 32, a32_get(t, f(t, 'a')), value);
    }
    if (f(t, 'S'))
        arm_flag_logic_carry(t, 32, value, IR_NONE);
    a32_set(t, f(t, 'd'), value);
}

static void set_pair(struct arm_trans *t, ir_reg wide)
{
    ir_reg low = ir_extu(t->u, 32, wide), high = ir_op2i(t->u, IR_SHR, 64, wide, 32);
    a32_set(t, f(t, 'l'), low);
    a32_set(t, f(t, 'h'), high);
}

static ir_reg get_pair(struct arm_trans *t)
{
    return ir_deposit(t->u, a32_get(t, f(t, 'l')), 32, 32, a32_get(t, f(t, 'h')));
}

enum { MULL_SIGNED = 1, MULL_ACCUMULATE = 2 };

void a32_mull(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    const bool sign = t->data & MULL_SIGNED;
    ir_reg n = a32_get(t, f(t, 'n')), m = a32_get(t, f(t, 'm'));
    ir_reg wide = ir_op2(u, IR_MUL, 64, sign ? ir_exts(u, 32, 64, n) : n, sign ? ir_exts(u, 32, 64, m) : m);
    if (t->data & MULL_ACCUMULATE)
        wide = ir_op2(u, IR_ADD, 64, wide, get_pair(t));
    if (f(t, 'S'))
        arm_flag_logic_carry(t, 64, wide, IR_NONE);
    set_pair(t, wide);
}

void a32_umaal(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg wide = ir_op2(u, IR_MUL, 64, a32_get(t, f(t, 'n')), a32_get(t, f(t, 'm')));
    wide = ir_op2(u, IR_ADD, 64, wide, a32_get(t, f(t, 'l')));
    set_pair(t, ir_op2(u, IR_ADD, 64, wide, a32_get(t, f(t, 'h'))));
}

/* The half of R that the field picks (1: top), sign-extended to 64 bits. */
static ir_reg half(struct arm_trans *t, ir_reg reg, bool top)
{
    return ir_exts(t->u, 16, 64, top ? ir_op2i(t->u, IR_SHR, 32, reg, 16) : reg);
}

static ir_reg half_product(struct arm_trans *t)
{
    ir_reg n = half(t, a32_get(t, f(t, 'n')), f(t, 'N')), m = half(t, a32_get(t, f(t, 'm')), f(t, 'M'));
    return ir_op2(t->u, IR_MUL, 64, n, m);
}

static void set_accumulated(struct arm_trans *t, ir_reg wide)
{
    ir_reg sum = ir_op2(t->u, IR_ADD, 64, wide, ir_exts(t->u, 32, 64, a32_get(t, f(t, 'a'))));
    set_q(t, overflows32(t, sum));
    a32_set(t, f(t, 'd'), ir_extu(t->u, 32, sum));
}

/* data: accumulate. N and M: which halves. */
void a32_smlaxy(struct arm_trans *t)
{
    ir_reg wide = half_product(t);
    if (t->data) {
        set_accumulated(t, wide);
    } else {
        a32_set(t, f(t, 'd'), ir_extu(t->u, 32, wide));
    }
}

void a32_smlaw(struct arm_trans *t)
{
    ir_reg n = ir_exts(t->u, 32, 64, a32_get(t, f(t, 'n'))), m = half(t, a32_get(t, f(t, 'm')), f(t, 'M'));
    ir_reg wide = ir_op2i(t->u, IR_SAR, 64, ir_op2(t->u, IR_MUL, 64, n, m), 16);
    if (t->data) {
        set_accumulated(t, wide);
    } else {
        a32_set(t, f(t, 'd'), ir_extu(t->u, 32, wide));
    }
}

void a32_smlalxy(struct arm_trans *t)
{
    set_pair(t, ir_op2(t->u, IR_ADD, 64, half_product(t), get_pair(t)));
}

/* Two products of halves, M: the halves of m swapped; data bit 0: subtracted. */
static ir_reg dual(struct arm_trans *t)
{
    ir_reg n = a32_get(t, f(t, 'n')), m = a32_get(t, f(t, 'm'));
    ir_reg first = ir_op2(t->u, IR_MUL, 64, half(t, n, false), half(t, m, f(t, 'M')));
    ir_reg second = ir_op2(t->u, IR_MUL, 64, half(t, n, true), half(t, m, !f(t, 'M')));
    return ir_op2(t->u, t->data & 1 ? IR_SUB : IR_ADD, 64, first, second);
}

/* data bit 1: accumulates (SMLAD, SMLSD) */
void a32_smlad(struct arm_trans *t)
{
    ir_reg wide = dual(t);
    if (t->data & 2)
        wide = ir_op2(t->u, IR_ADD, 64, wide, ir_exts(t->u, 32, 64, a32_get(t, f(t, 'a'))));
    set_q(t, overflows32(t, wide));
    a32_set(t, f(t, 'd'), ir_extu(t->u, 32, wide));
}

void a32_smlald(struct arm_trans *t)
{
    set_pair(t, ir_op2(t->u, IR_ADD, 64, dual(t), get_pair(t)));
}

enum { SMMUL, SMMLA, SMMLS };

/* M: rounded */
void a32_smmla(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg n = ir_exts(u, 32, 64, a32_get(t, f(t, 'n'))), m = ir_exts(u, 32, 64, a32_get(t, f(t, 'm')));
    ir_reg wide = ir_op2(u, IR_MUL, 64, n, m);
    if (t->data != SMMUL) {
        ir_reg a = ir_op2i(u, IR_SHL, 64, a32_get(t, f(t, 'a')), 32);
        wide = t->data == SMMLA ? ir_op2(u, IR_ADD, 64, a, wide) : ir_op2(u, IR_SUB, 64, a, wide);
    }
    if (f(t, 'M'))
        wide = ir_op2(u, IR_ADD, 64, wide, ir_const(u, 0x80000000u));
    a32_set(t, f(t, 'd'), ir_op2i(u, IR_SHR, 64, wide, 32));
}

/* data: unsigned. By zero: 0. */
void a32_div(struct arm_trans *t)
{
    const enum arm_helper helper = t->data ? HELPER_ARM_a32_udiv : HELPER_ARM_a32_sdiv;
    a32_set(t, f(t, 'd'), arm_call(t, helper, a32_get(t, f(t, 'n')), a32_get(t, f(t, 'm')), IR_NONE, IR_NONE));
}

/* data: accumulate */
void a32_usad8(struct arm_trans *t)
{
    ir_reg sum = arm_call(t, HELPER_ARM_a32_usad8, a32_get(t, f(t, 'n')), a32_get(t, f(t, 'm')), IR_NONE, IR_NONE);
    if (t->data)
        sum = ir_op2(t->u, IR_ADD, 32, sum, a32_get(t, f(t, 'a')));
    a32_set(t, f(t, 'd'), sum);
}

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, A32_COND }
#define ROW_A(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, A32_COND ";a=15" }
static const struct arm_row rows[] = {
    ROW("cccc 0000 000S dddd ---- mmmm 1001 nnnn", "MUL", a32_mul, 0),
    ROW("cccc 0000 001S dddd aaaa mmmm 1001 nnnn", "MLA", a32_mul, 1),
    ROW("cccc 0000 0100 hhhh llll mmmm 1001 nnnn", "UMAAL", a32_umaal, 0),
    ROW("cccc 0000 0110 dddd aaaa mmmm 1001 nnnn", "MLS", a32_mul, -1),
    ROW("cccc 0000 100S hhhh llll mmmm 1001 nnnn", "UMULL", a32_mull, 0),
    ROW("cccc 0000 101S hhhh llll mmmm 1001 nnnn", "UMLAL", a32_mull, MULL_ACCUMULATE),
    ROW("cccc 0000 110S hhhh llll mmmm 1001 nnnn", "SMULL", a32_mull, MULL_SIGNED),
    ROW("cccc 0000 111S hhhh llll mmmm 1001 nnnn", "SMLAL", a32_mull, MULL_SIGNED | MULL_ACCUMULATE),
    ROW("cccc 0001 0000 dddd aaaa mmmm 1MN0 nnnn", "SMLAxy", a32_smlaxy, 1),
    ROW("cccc 0001 0010 dddd aaaa mmmm 1M00 nnnn", "SMLAWy", a32_smlaw, 1),
    ROW("cccc 0001 0010 dddd ---- mmmm 1M10 nnnn", "SMULWy", a32_smlaw, 0),
    ROW("cccc 0001 0100 hhhh llll mmmm 1MN0 nnnn", "SMLALxy", a32_smlalxy, 0),
    ROW("cccc 0001 0110 dddd ---- mmmm 1MN0 nnnn", "SMULxy", a32_smlaxy, 0),
    ROW_A("cccc 0111 0000 dddd aaaa mmmm 00M1 nnnn", "SMLAD", a32_smlad, 2),
    ROW("cccc 0111 0000 dddd 1111 mmmm 00M1 nnnn", "SMUAD", a32_smlad, 0),
    ROW_A("cccc 0111 0000 dddd aaaa mmmm 01M1 nnnn", "SMLSD", a32_smlad, 3),
    ROW("cccc 0111 0000 dddd 1111 mmmm 01M1 nnnn", "SMUSD", a32_smlad, 1),
    { "cccc 0111 0001 dddd 1111 mmmm 0001 nnnn", "SDIV", a32_div, 0, ARM_IDIV_A32, 0, NULL, A32_COND },
    { "cccc 0111 0011 dddd 1111 mmmm 0001 nnnn", "UDIV", a32_div, 0, ARM_IDIV_A32, 1, NULL, A32_COND },
    ROW("cccc 0111 0100 hhhh llll mmmm 00M1 nnnn", "SMLALD", a32_smlald, 0),
    ROW("cccc 0111 0100 hhhh llll mmmm 01M1 nnnn", "SMLSLD", a32_smlald, 1),
    ROW_A("cccc 0111 0101 dddd aaaa mmmm 00M1 nnnn", "SMMLA", a32_smmla, SMMLA),
    ROW("cccc 0111 0101 dddd 1111 mmmm 00M1 nnnn", "SMMUL", a32_smmla, SMMUL),
    ROW("cccc 0111 0101 dddd aaaa mmmm 11M1 nnnn", "SMMLS", a32_smmla, SMMLS),
    ROW_A("cccc 0111 1000 dddd aaaa mmmm 0001 nnnn", "USADA8", a32_usad8, 1),
    ROW("cccc 0111 1000 dddd 1111 mmmm 0001 nnnn", "USAD8", a32_usad8, 0),
};
ARM_TABLE(a32_mul);
