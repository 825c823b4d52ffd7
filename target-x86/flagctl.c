/* SPDX-License-Identifier: MIT */
/* Single flags: CLC STC CMC CLD STD LAHF SAHF SALC (SDM volume 2; SALC is undocumented). DF is kept in `eflags`. */
#include "target-x86/integer.h"

/* CLC, STC: data = the new CF. */
static void carry_put(struct x86_trans *t)
{
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, ir_const(t->u, (uint64_t)t->insn->row->data), EFL_CF);
}

static void cmc(struct x86_trans *t)
{
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, ir_setf(t->u, X86_FLAGS, IR_COND_AE), EFL_CF);
}

/* CLD, STD: data = the new DF. */
static void direction(struct x86_trans *t)
{
    ir_reg eflags = ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, eflags));
    eflags = ir_op2i(t->u, IR_AND, 32, eflags, ~(int64_t)EFL_DF);
    ir_stcpu(t->u, 32, offsetof(struct x86_cpu, eflags), ir_op2i(t->u, IR_OR, 32, eflags, t->insn->row->data));
}

enum { LOW_FLAGS = EFL_SF | EFL_ZF | EFL_AF | EFL_PF | EFL_CF };

static void lahf(struct x86_trans *t)
{
    ir_reg low = ir_op2i(t->u, IR_AND, 32, ir_fbits(t->u, X86_FLAGS), LOW_FLAGS);
    ir_reg word = ir_op2i(t->u, IR_OR, 32, low, EFL_ONE);
    ir_mov_to(t->u, x86_gpr(R_AX), ir_deposit(t->u, x86_gpr(R_AX), 8, 8, word));
}

static void sahf(struct x86_trans *t)
{
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, ir_extract(t->u, x86_gpr(R_AX), 8, 8), LOW_FLAGS);
}

static void salc(struct x86_trans *t)
{
    x86_set_reg(t, R_AX, 8, ir_op1(t->u, IR_NEG, 32, ir_setf(t->u, X86_FLAGS, IR_COND_B)));
}

static const struct x86_row rows[] = {
    { "F8", "", "clc", carry_put, 0, FEAT_NONE, "f8", 0, 0 },
    { "F9", "", "stc", carry_put, 0, FEAT_NONE, "f9", 0, EFL_CF },
    { "F5", "", "cmc", cmc, 0, FEAT_NONE, "f5", 0, 0 },
    { "FC", "", "cld", direction, 0, FEAT_NONE, "fc", 0, 0 },
    { "FD", "", "std", direction, 0, FEAT_NONE, "fd", 0, EFL_DF },
    { "9F", "", "lahf", lahf, ROW_NO64, FEAT_NONE, "9f", 0, 0 },
    { "9E", "", "sahf", sahf, ROW_NO64, FEAT_NONE, "9e", 0, 0 },
    { "9F", "", "lahf", lahf, ROW_ONLY64, FEAT_LAHF64, "9f", 0, 0 },
    { "9E", "", "sahf", sahf, ROW_ONLY64, FEAT_LAHF64, "9e", 0, 0 },
    { "D6", "", "salc", salc, ROW_NO64, FEAT_NONE, "d6", 0, 0 },
};
X86_TABLE(flagctl, rows);
