/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_BUILD_H
#define TCG_IR_BUILD_H
/*
 * How a front end writes IR. Every function appends one op; those that return
 * an ir_reg return a fresh temporary. `*_to` forms assign a given register.
 * For a constant operand use the forms with i, or ir_const: the optimiser makes immediates of constants.
 * ir_insn_mark counts unit->guest_insns.
 */
#include "tcg/ir.h"

ir_reg ir_temp(struct ir_unit *u, enum ir_type type);
unsigned ir_new_label(struct ir_unit *u);
/* The raw append; returns the op just added for further filling in. */
struct ir_insn *ir_append(struct ir_unit *u, enum ir_op op, unsigned width);

ir_reg ir_const(struct ir_unit *u, uint64_t value);
/* d = op(a) ; d = op(a, b) ; d = op(a, imm) for PURE ops with one or two inputs. */
ir_reg ir_op1(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a);
ir_reg ir_op2(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a, ir_reg b);
ir_reg ir_op2i(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a, int64_t b);
void ir_op1_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a);
void ir_op2_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a, ir_reg b);
void ir_op2i_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a, int64_t b);
void ir_mov_to(struct ir_unit *u, ir_reg d, ir_reg a);                 /* int, vec or flags by the type of d */
void ir_movi_to(struct ir_unit *u, ir_reg d, uint64_t value);
/* d gets the low width bits (32 or 64) of value, which nobody uses afterwards when it is a temporary: the op that computed it, if
 * that was the last one, computes d instead. Saves a MOV, or EXTU, that the optimiser would merge. */
void ir_result_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg value);
ir_reg ir_extu(struct ir_unit *u, unsigned from, ir_reg a);
ir_reg ir_exts(struct ir_unit *u, unsigned from, unsigned to, ir_reg a);
ir_reg ir_deposit(struct ir_unit *u, ir_reg a, unsigned position, unsigned length, ir_reg b);
ir_reg ir_extract(struct ir_unit *u, ir_reg a, unsigned position, unsigned length);
ir_reg ir_lea(struct ir_unit *u, unsigned width, ir_reg a, ir_reg b, unsigned shift, int64_t disp);
ir_reg ir_setc(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b);
ir_reg ir_select(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b, ir_reg c, ir_reg d);

/* Flag-setting ops. f: where the flags go (a flags global or temporary), fin: flags before (or IR_NONE).
 * d = IR_NONE when the value is not wanted (CMP, TEST). b may be IR_IMM with imm. */
void ir_flag_op(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg f,
                ir_reg fin, ir_reg a, ir_reg b, int64_t imm);
/* SHLDS, SHRDS: c is the count (ir_flag_op: imm is). INCS, DECS take no b. */
void ir_flag_op3(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg f,
                 ir_reg fin, ir_reg a, ir_reg b, ir_reg c, int64_t imm);
ir_reg ir_fbits(struct ir_unit *u, ir_reg f);
ir_reg ir_setf(struct ir_unit *u, ir_reg f, enum ir_cond cond);
ir_reg ir_self(struct ir_unit *u, ir_reg f, enum ir_cond cond, ir_reg a, ir_reg b);
void ir_fput_to(struct ir_unit *u, ir_reg f, ir_reg word);
void ir_fmerge_to(struct ir_unit *u, ir_reg f, ir_reg fin, ir_reg word, uint32_t mask);

ir_reg ir_ld(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu);
/* The read of a read-modify-write: faults as a write would. */
ir_reg ir_ld_modify(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu);
ir_reg ir_lds(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu);
ir_reg ir_ldv(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu);
void ir_st(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, ir_reg value, unsigned mmu);
void ir_stv(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, ir_reg vector, unsigned mmu);
ir_reg ir_atomic(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg address, ir_reg b, ir_reg c, unsigned mmu);
void ir_probe(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu);
ir_reg ir_ldcpu(struct ir_unit *u, unsigned width, unsigned offset);
void ir_stcpu(struct ir_unit *u, unsigned width, unsigned offset, ir_reg value);
void ir_x87(struct ir_unit *u, unsigned opcode, unsigned offset);
/* The helper's row number in the front end's table; unused arguments IR_NONE. */
ir_reg ir_call(struct ir_unit *u, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d);
void ir_call_void(struct ir_unit *u, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d);
/* Inputs and outputs in the order ir.h gives. */
void ir_emit_copy(struct ir_unit *u, const struct ir_copy *copy, int imm,
             ir_reg d0, ir_reg d1, ir_reg s0, ir_reg s1, ir_reg s2, ir_reg s3);

ir_reg ir_vget(struct ir_unit *u, unsigned width, ir_reg vector, unsigned lane);
void ir_vput_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg vector, unsigned lane, ir_reg value);
void ir_vzero_to(struct ir_unit *u, ir_reg d);
void ir_vmerge_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg a, ir_reg b);

void ir_label(struct ir_unit *u, unsigned label);
void ir_br(struct ir_unit *u, unsigned label);
void ir_brc(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b, unsigned label);
void ir_brci(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, int64_t imm, unsigned label);
void ir_brf(struct ir_unit *u, enum ir_cond cond, ir_reg f, unsigned label);

/* Starts a guest instruction: records it in unit->insn and appends INSN. */
void ir_insn_mark(struct ir_unit *u, uint64_t pc, unsigned offset);
void ir_poll(struct ir_unit *u, uint64_t pc);
void ir_goto(struct ir_unit *u, uint64_t pc, unsigned slot);
void ir_jump(struct ir_unit *u, ir_reg pc, enum ir_jump_hint hint);
void ir_lookup(struct ir_unit *u);
void ir_exit(struct ir_unit *u);

#endif
