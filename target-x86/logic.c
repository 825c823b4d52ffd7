/* SPDX-License-Identifier: MIT */
/* Bitwise logic: AND OR XOR NOT TEST (SDM volume 2). AF, undefined after them, is cleared, as processors do. */
#include "target-x86/integer.h"

static void not(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    if (t->insn->lock)
        ir_atomic(t->u, IR_ATOMIC_XOR, bits, x86_linear(t, bits, true), ir_const(t->u, UINT64_MAX), IR_NONE, t->mmu);
    else
        x86_write(t, 0, ir_op1(t->u, IR_NOT, bits, x86_read_modify(t, 0)));
}

static const struct x86_row rows[] = {
    X86_ALU_ROWS("or", "08", "09", "0A", "0B", "0C", "0D", "1", "c9", "0b",
                 x86_alu, ROW_LOCK, EFL_AF, IR_ORS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("and", "20", "21", "22", "23", "24", "25", "4", "e1", "23",
                 x86_alu, ROW_LOCK, EFL_AF, IR_ANDS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("xor", "30", "31", "32", "33", "34", "35", "6", "f1", "33",
                 x86_alu, ROW_LOCK, EFL_AF, IR_XORS, X86_ALU_LOCK8, X86_ALU_LOCK),
    { "84 /r", "Eb,Gb", "test", x86_alu_compare, 0, FEAT_NONE, X86_ALU_EB("84"), EFL_AF, IR_ANDS },
    { "85 /r", "Ev,Gv", "test", x86_alu_compare, 0, FEAT_NONE, X86_ALU_EV("85"), EFL_AF, IR_ANDS },
    { "A8 ib", "AL,Ib", "test", x86_alu_compare, 0, FEAT_NONE, "a8 85;a8 01", EFL_AF, IR_ANDS },
    { "A9 iz", "rAX,Iz", "test", x86_alu_compare, 0, FEAT_NONE, X86_ALU_ACC("a9"), EFL_AF, IR_ANDS },
    { "F6 /0 ib", "Eb,Ib", "test", x86_alu_compare, 0, FEAT_NONE, "f6 c1 85;f6 03 7f;f6 c4 55", EFL_AF, IR_ANDS },
    { "F6 /1 ib", "Eb,Ib", "test", x86_alu_compare, 0, FEAT_NONE, "f6 c9 85;f6 0b 7f", EFL_AF, IR_ANDS },
    { "F7 /0 iz", "Ev,Iz", "test", x86_alu_compare, 0, FEAT_NONE, X86_ALU_IMMZ("f7", "c1", "03"), EFL_AF, IR_ANDS },
    { "F7 /1 iz", "Ev,Iz", "test", x86_alu_compare, 0, FEAT_NONE, X86_ALU_IMMZ("f7", "c9", "0b"), EFL_AF, IR_ANDS },
    { "F6 /2", "Eb", "not", not, ROW_LOCK, FEAT_NONE, "f6 d0;f6 d4;f6 13;f0 f6 13;41 f6 d1@64", 0, 0 },
    { "F7 /2", "Ev", "not", not, ROW_LOCK, FEAT_NONE,
      "f7 d0;66 f7 d3;f7 13;66 f0 f7 13;48 f7 d0@64;f0 48 f7 13@64", 0, 0 },
};
X86_TABLE(logic, rows);
