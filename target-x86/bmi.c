/* SPDX-License-Identifier: MIT */
/*
 * BMI1 and BMI2: ANDN BEXTR BLSI BLSMSK BLSR BZHI PDEP PEXT MULX (SDM volume 2; the shifts are in shift.c).
 *
 * All are VEX-encoded, so #UD in real and virtual-8086 mode. PF and AF, undefined where others are set, follow AND.
 */
#include "target-x86/integer.h"

enum { UNDEFINED_BMI = EFL_AF | EFL_PF };

/* Writes operand 0 and the flags of the value, CF from carry (IR_NONE: 0). */
static void finish(struct x86_trans *t, ir_reg value, ir_reg carry)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_flag_op(t->u, IR_ANDS, bits, IR_NONE, X86_FLAGS, IR_NONE, value, value, 0);
    if (carry)
        ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, carry, EFL_CF);
    x86_write(t, 0, value);
}

static void andn(struct x86_trans *t)
{
    ir_reg b = x86_read_low(t, 2);
    finish(t, ir_op2(t->u, IR_ANDN, t->insn->operand[0].bits, b, x86_read_low(t, 1)), IR_NONE);
}

/* Clears the bits of value from bit number n on when n < bits. */
static ir_reg low_bits(struct x86_trans *t, ir_reg value, ir_reg n, unsigned bits)
{
    ir_reg ones = ir_const(t->u, UINT64_MAX);
    ir_reg cleared = ir_op2(t->u, IR_ANDN, bits, value, ir_op2(t->u, IR_SHL, bits, ones, n));
    return ir_select(t->u, IR_COND_B, 64, n, ir_const(t->u, bits), cleared, value);
}

static void bextr(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read(t, 1), control = x86_read_low(t, 2);
    ir_reg start = ir_extract(t->u, control, 0, 8), length = ir_extract(t->u, control, 8, 8), zero = ir_const(t->u, 0);
    ir_reg shifted = ir_op2(t->u, IR_SHR, bits, source, start);
    shifted = ir_select(t->u, IR_COND_B, 64, start, ir_const(t->u, bits), shifted, zero);
    finish(t, low_bits(t, shifted, length, bits), IR_NONE);
}

static void bzhi(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read(t, 1), n = ir_extract(t->u, x86_read_low(t, 2), 0, 8);
    ir_reg carry = ir_setc(t->u, IR_COND_A, 64, n, ir_const(t->u, bits - 1));
    finish(t, low_bits(t, source, n, bits), carry);
}

static void blsi(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read(t, 1);
    ir_reg carry = ir_setc(t->u, IR_COND_NE, bits, source, ir_const(t->u, 0));
    finish(t, ir_op2(t->u, IR_AND, bits, source, ir_op1(t->u, IR_NEG, bits, source)), carry);
}

/* BLSR and BLSMSK: source op (source - 1). */
static void blsr(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read(t, 1);
    ir_reg carry = ir_setc(t->u, IR_COND_E, bits, source, ir_const(t->u, 0));
    ir_reg less = ir_op2i(t->u, IR_SUB, bits, source, 1);
    finish(t, ir_op2(t->u, (enum ir_op)t->insn->row->data, bits, source, less), carry);
}

static void pdep(struct x86_trans *t)
{
    ir_reg mask = x86_read(t, 2);
    x86_write(t, 0, ir_call(t->u, (unsigned)t->insn->row->data, x86_read(t, 1), mask, IR_NONE, IR_NONE));
}

static void mulx(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg b = x86_read(t, 2), a = x86_get_reg(t, R_DX, bits), low, high;
    low = ir_op2(t->u, IR_MUL, 64, a, b);
    high = bits == 64 ? ir_op2(t->u, IR_MULUH, 64, a, b) : ir_op2i(t->u, IR_SHR, 64, low, 32);
    x86_write(t, 1, low);
    x86_write(t, 0, high);          /* last: it wins when both are one register */
}

#define TESTS_BMI(second, second64, op) \
    "c4 e2 " second " " op " c1@32@64;c4 e2 " second " " op " 03@32@64;c4 e2 " second64 " " op " c1@64;c4 c2 " second " " op " c1@64"
#define TESTS_BLS(r, m) "c4 e2 60 f3 " r "@32@64;c4 e2 60 f3 " m "@32@64;c4 e2 e0 f3 " r "@64"

static const struct x86_row rows[] = {
    { "VEX.LZ.NP.0F38 F2 /r", "Gy,By,Ey", "andn", andn, ROW_NOVM, FEAT_BMI1,
      TESTS_BMI("60", "e0", "f2"), UNDEFINED_BMI, 0 },
    { "VEX.LZ.NP.0F38 F7 /r", "Gy,Ey,By", "bextr", bextr, ROW_NOVM, FEAT_BMI1, TESTS_BMI("60", "e0", "f7"),
      UNDEFINED_BMI | EFL_SF, 0 },
    { "VEX.LZ.NP.0F38 F3 /1", "By,Ey", "blsr", blsr, ROW_NOVM, FEAT_BMI1,
      TESTS_BLS("c9", "0b"), UNDEFINED_BMI, IR_AND },
    { "VEX.LZ.NP.0F38 F3 /2", "By,Ey", "blsmsk", blsr, ROW_NOVM, FEAT_BMI1,
      TESTS_BLS("d1", "13"), UNDEFINED_BMI, IR_XOR },
    { "VEX.LZ.NP.0F38 F3 /3", "By,Ey", "blsi", blsi, ROW_NOVM, FEAT_BMI1, TESTS_BLS("d9", "1b"), UNDEFINED_BMI, 0 },
    { "VEX.LZ.NP.0F38 F5 /r", "Gy,Ey,By", "bzhi", bzhi, ROW_NOVM, FEAT_BMI2,
      TESTS_BMI("60", "e0", "f5"), UNDEFINED_BMI, 0 },
    { "VEX.LZ.F2.0F38 F5 /r", "Gy,By,Ey", "pdep", pdep, ROW_NOVM, FEAT_BMI2,
      TESTS_BMI("63", "e3", "f5"), 0, HELPER_pdep },
    { "VEX.LZ.F3.0F38 F5 /r", "Gy,By,Ey", "pext", pdep, ROW_NOVM, FEAT_BMI2,
      TESTS_BMI("62", "e2", "f5"), 0, HELPER_pext },
    { "VEX.LZ.F2.0F38 F6 /r", "Gy,By,Ey", "mulx", mulx, ROW_NOVM, FEAT_BMI2, TESTS_BMI("63", "e3", "f6"), 0, 0 },
};
X86_TABLE(bmi, rows);
