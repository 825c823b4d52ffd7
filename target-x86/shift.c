/* SPDX-License-Identifier: MIT */
/*
 * Shifts and rotates: SHL SHR SAR ROL ROR RCL RCR SHLD SHRD and BMI2's SHLX SHRX SARX RORX (SDM volume 2).
 *
 * The IR's operations cut counts as the instructions do. Undefined: AF after shifts (cleared but by SAR..., see
 * ir_flags_word), OF for counts other than 1, the result of a 16-bit double shift by more than 16.
 */
#include "target-x86/integer.h"

static void shift(struct x86_trans *t)
{
    const struct x86_operand *count = &t->insn->operand[1];
    bool immediate = count->kind == OPERAND_IMM;
    x86_rmw_flags(t, (enum ir_op)t->insn->row->data, X86_FLAGS, immediate ? IR_IMM : x86_gpr(R_CX),
                  count->value & 0x3f);
}

static void double_shift(struct x86_trans *t)
{
    const struct x86_operand *o = &t->insn->operand[0], *count = &t->insn->operand[2];
    ir_reg b = x86_read_low(t, 1), a = x86_read_modify(t, 0), result = ir_temp(t->u, IR_TYPE_INT);
    ir_reg c = count->kind == OPERAND_IMM ? IR_IMM : x86_gpr(R_CX), flags = ir_temp(t->u, IR_TYPE_FLAGS);
    ir_flag_op3(t->u, (enum ir_op)t->insn->row->data, o->bits, result, flags, X86_FLAGS, a, b, c, count->value & 0x3f);
    x86_write(t, 0, result);
    ir_mov_to(t->u, X86_FLAGS, flags);
}

/* SHLX, SHRX, SARX: no flags. */
static void shift_x(struct x86_trans *t)
{
    ir_reg a = x86_read_low(t, 1);
    x86_write(t, 0, ir_op2(t->u, (enum ir_op)t->insn->row->data, t->insn->operand[0].bits, a, x86_read_low(t, 2)));
}

static void rorx(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    x86_write(t, 0, ir_op2i(t->u, IR_ROR, bits, x86_read_low(t, 1), t->insn->operand[2].value & (bits - 1)));
}

#define SHIFT_ROWS(name, digit, r, m, high, op) \
    { "C0 /" digit " ib", "Eb,Ib", name, shift, 0, FEAT_NONE, "c0 " r " 01;c0 " r " 05;c0 " m " 1f;c0 " high " 08;c0 " r " 20", \
      EFL_AF | EFL_OF | EFL_CF, op }, \
    { "C1 /" digit " ib", "Ev,Ib", name, shift, 0, FEAT_NONE, \
      "c1 " r " 01;c1 " r " 0d;66 c1 " r " 07;c1 " m " 1f;c1 " r " 20;48 c1 " r " 21@64;48 c1 " m " 3f@64", \
      EFL_AF | EFL_OF | EFL_CF, op }, \
    { "D0 /" digit, "Eb,1", name, shift, 0, FEAT_NONE, "d0 " r ";d0 " m ";d0 " high, EFL_AF, op }, \
    { "D1 /" digit, "Ev,1", name, shift, 0, FEAT_NONE, "d1 " r ";66 d1 " r ";d1 " m ";48 d1 " r "@64", EFL_AF, op }, \
    { "D2 /" digit, "Eb,CL", name, shift, 0, FEAT_NONE, "d2 " r ";d2 " m ";d2 " high, EFL_AF | EFL_OF | EFL_CF, op }, \
    { "D3 /" digit, "Ev,CL", name, shift, 0, FEAT_NONE, "d3 " r ";66 d3 " r ";d3 " m ";48 d3 " r "@64;48 d3 " m "@64", \
      EFL_AF | EFL_OF | EFL_CF, op }
#define TESTS_DOUBLE_IMM(op) "0f " op " c8 05;0f " op " c8 01;66 0f " op " c8 0f;0f " op " 0b 07;48 0f " op " c8 2f@64;0f " op " c8 20"
#define TESTS_DOUBLE_CL(op) "66 0f " op " d3@16;0f " op " d3@32@64;0f " op " 13@32@64;48 0f " op " d3@64"

static const struct x86_row rows[] = {
    SHIFT_ROWS("rol", "0", "c2", "03", "c6", IR_ROLS),
    SHIFT_ROWS("ror", "1", "ca", "0b", "ce", IR_RORS),
    SHIFT_ROWS("rcl", "2", "d2", "13", "d6", IR_RCLS),
    SHIFT_ROWS("rcr", "3", "da", "1b", "de", IR_RCRS),
    SHIFT_ROWS("shl", "4", "e2", "23", "e6", IR_SHLS),
    SHIFT_ROWS("shr", "5", "ea", "2b", "ee", IR_SHRS),
    SHIFT_ROWS("sal", "6", "f2", "33", "f6", IR_SHLS),
    SHIFT_ROWS("sar", "7", "fa", "3b", "fe", IR_SARS),
    { "0F A4 /r ib", "Ev,Gv,Ib", "shld", double_shift, 0, FEAT_NONE,
      TESTS_DOUBLE_IMM("a4"), EFL_AF | EFL_OF, IR_SHLDS },
    { "0F A5 /r", "Ev,Gv,CL", "shld", double_shift, 0, FEAT_NONE, TESTS_DOUBLE_CL("a5"), EFL_AF | EFL_OF, IR_SHLDS },
    { "0F AC /r ib", "Ev,Gv,Ib", "shrd", double_shift, 0, FEAT_NONE,
      TESTS_DOUBLE_IMM("ac"), EFL_AF | EFL_OF, IR_SHRDS },
    { "0F AD /r", "Ev,Gv,CL", "shrd", double_shift, 0, FEAT_NONE, TESTS_DOUBLE_CL("ad"), EFL_AF | EFL_OF, IR_SHRDS },
    { "VEX.LZ.66.0F38 F7 /r", "Gy,Ey,By", "shlx", shift_x, ROW_NOVM, FEAT_BMI2,
      "c4 e2 71 f7 c3@32@64;c4 e2 71 f7 03@32@64;c4 e2 f1 f7 c3@64", 0, IR_SHL },
    { "VEX.LZ.F3.0F38 F7 /r", "Gy,Ey,By", "sarx", shift_x, ROW_NOVM, FEAT_BMI2,
      "c4 e2 72 f7 c3@32@64;c4 e2 72 f7 03@32@64;c4 e2 f2 f7 c3@64", 0, IR_SAR },
    { "VEX.LZ.F2.0F38 F7 /r", "Gy,Ey,By", "shrx", shift_x, ROW_NOVM, FEAT_BMI2,
      "c4 e2 73 f7 c3@32@64;c4 e2 73 f7 03@32@64;c4 e2 f3 f7 c3@64", 0, IR_SHR },
    { "VEX.LZ.F2.0F3A F0 /r ib", "Gy,Ey,Ib", "rorx", rorx, ROW_NOVM, FEAT_BMI2,
      "c4 e3 7b f0 c3 05@32@64;c4 e3 7b f0 03 1f@32@64;c4 e3 fb f0 c3 27@64", 0, 0 },
};
X86_TABLE(shift, rows);
