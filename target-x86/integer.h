/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_INTEGER_H
#define TARGET_X86_INTEGER_H
/* What the integer chapters share. */
#include "target-x86/tables.h"

/* operand 0 = op(operand 0, b) with flags; fin as in ir_flag_op, b may be IR_IMM. Memory is written before flags. */
void x86_rmw_flags(struct x86_trans *t, enum ir_op op, ir_reg fin, ir_reg b, int64_t imm);
/* row->data = IR op: operand 0 = op(operand 0, operand 1); x86_alu_compare keeps only the flags. */
x86_translate x86_alu, x86_alu_compare;
/* A value of the operand size in the accumulator or another register, as wide as the instruction's operands. */
static inline unsigned x86_bits(const struct x86_trans *t) { return t->insn->operand_bits; }

/*
 * The eight classic encodings of a two-operand ALU instruction: low opcode byte as strings ("00" "01" ...), group digit
 * of 80/81/83, a modrm byte with that digit naming a register and one naming memory.
 */
#define X86_ALU_EB(op) op " c8;" op " e5;" op " 23;" op " 7c 4b 05@32@64;44 " op " c5@64;40 " op " e5@64"
#define X86_ALU_EV(op) op " c8;" op " 0b;66 " op " 4b 08;66 " op " d1;67 " op " 0b;48 " op " d8@64;4d " op " 03@64"
#define X86_ALU_IMM8(op, r, m) op " " r " 85;" op " " m " 7f;66 " op " " m " 80;48 " op " " r " 81@64;41 " op " " r " 01@64"
#define X86_ALU_IMMZ(op, r, m) op " " r " 85 96@16;" op " " m " 7f 80@16;" op " " r " 85 96 12 83@32@64;" op " " m \
    " 7f 80 55 01@32@64;66 " op " " r " ff 7f@32@64;48 " op " " r " 01 02 03 84@64"
#define X86_ALU_ACC(op) op " 12 34@16;" op " 78 56 34 92@32@64;66 " op " 12 84@32@64;48 " op " 78 56 34 92@64"
/* Locked instances beside those, for `lock` below; of CMP there are none. */
#define X86_ALU_LOCK(code) ";f0 " code ";f0 48 " code "@64"
#define X86_ALU_LOCK8(code) ";f0 " code
#define X86_ALU_NO_LOCK(code) ""
#define X86_ALU_ROWS(name, o0, o1, o2, o3, o4, o5, digit, r, m, fn, flags, undefined, op, lock8, lock) \
    { o0 " /r", "Eb,Gb", name, fn, flags, FEAT_NONE, X86_ALU_EB(o0) lock8(o0 " 23"), undefined, op }, \
    { o1 " /r", "Ev,Gv", name, fn, flags, FEAT_NONE, X86_ALU_EV(o1) lock(o1 " 0f"), undefined, op }, \
    { o2 " /r", "Gb,Eb", name, fn, 0, FEAT_NONE, X86_ALU_EB(o2), undefined, op }, \
    { o3 " /r", "Gv,Ev", name, fn, 0, FEAT_NONE, X86_ALU_EV(o3), undefined, op }, \
    { o4 " ib", "AL,Ib", name, fn, 0, FEAT_NONE, o4 " 85;" o4 " 01", undefined, op }, \
    { o5 " iz", "rAX,Iz", name, fn, 0, FEAT_NONE, X86_ALU_ACC(o5), undefined, op }, \
    { "80 /" digit " ib", "Eb,Ib", name, fn, flags, FEAT_NONE, "80 " r " 85;80 " m " 7f" lock8("80 " m " 33"), undefined, op }, \
    { "82 /" digit " ib", "Eb,Ib", name, fn, (flags) | ROW_NO64, FEAT_NONE, "82 " r " 85;82 " m " 7f", undefined, op }, \
    { "81 /" digit " iz", "Ev,Iz", name, fn, flags, FEAT_NONE, X86_ALU_IMMZ("81", r, m), undefined, op }, \
    { "83 /" digit " ib", "Ev,sIb", name, fn, flags, FEAT_NONE, X86_ALU_IMM8("83", r, m) lock("83 " m " 81"), undefined, op }

#endif
