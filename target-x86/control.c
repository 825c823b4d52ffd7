/* SPDX-License-Identifier: MIT */
/*
 * Near control flow and what depends on conditions: JMP Jcc LOOP JCXZ SETcc CMOVcc, NOP PAUSE, BOUND, UD0 UD1 UD2
 * (SDM volume 2).
 */
#include "target-x86/integer.h"

static enum ir_cond condition(const struct x86_trans *t) { return (enum ir_cond)(t->insn->opcode & 15); }

static uint64_t target_of(struct x86_trans *t) { return x86_branch_target(t->insn, t->next_rip, t->code_bits); }

static void jmp(struct x86_trans *t)
{
    x86_target_check_direct(t, target_of(t));
    x86_goto(t, target_of(t));
}

static void jmp_indirect(struct x86_trans *t)
{
    ir_reg target = x86_read(t, 0);
    x86_target_check(t, target);
    x86_jump(t, target, IR_JUMP_PLAIN);
}

static void jcc(struct x86_trans *t) { ir_brf(t->u, condition(t), X86_FLAGS, x86_branch_label(t, target_of(t))); }

/* A taken LOOP to where it may not go raises before it counts. */
static void loop_check(struct x86_trans *t, unsigned bits)
{
    unsigned fine = ir_new_label(t->u);
    ir_brci(t->u, IR_COND_E, bits, x86_gpr(R_CX), 1, fine);
    if (t->insn->opcode != 0xe2)
        ir_brf(t->u, t->insn->opcode == 0xe0 ? IR_COND_E : IR_COND_NE, X86_FLAGS, fine);
    x86_target_check_direct(t, target_of(t));
    ir_label(t->u, fine);
}

/* LOOPNE, LOOPE, LOOP: opcode E0, E1, E2. */
static void loop(struct x86_trans *t)
{
    unsigned bits = t->insn->address_bits, label = x86_branch_label(t, target_of(t)), skip = ir_new_label(t->u);
    if (x86_target_is_checked(t, target_of(t)))
        loop_check(t, bits);
    ir_reg count = ir_lea(t->u, bits, x86_gpr(R_CX), IR_NONE, 0, -1);
    x86_set_reg(t, R_CX, bits, count);
    if (t->insn->opcode == 0xe2) {
        ir_brci(t->u, IR_COND_NE, bits, x86_gpr(R_CX), 0, label);
        return;
    }
    ir_brci(t->u, IR_COND_E, bits, x86_gpr(R_CX), 0, skip);
    ir_brf(t->u, t->insn->opcode == 0xe0 ? IR_COND_NE : IR_COND_E, X86_FLAGS, label);
    ir_label(t->u, skip);
}

static void jcxz(struct x86_trans *t)
{
    ir_brci(t->u, IR_COND_E, t->insn->address_bits, x86_gpr(R_CX), 0, x86_branch_label(t, target_of(t)));
}

static void setcc(struct x86_trans *t) { x86_write(t, 0, ir_setf(t->u, X86_FLAGS, condition(t))); }

/* The source is read whatever the condition is; a 32-bit destination is zero-extended in both cases. */
static void cmov(struct x86_trans *t)
{
    const struct x86_operand *to = &t->insn->operand[0];
    ir_reg value = x86_read(t, 1), old = x86_read(t, 0);
    ir_reg result = ir_self(t->u, X86_FLAGS, condition(t), value, old);
    if (to->bits >= 32)
        ir_mov_to(t->u, x86_gpr(to->reg), result);
    else
        x86_write(t, 0, result);
}

static void nop(struct x86_trans *t) { (void)t; }

/* With CPUs that take turns on one thread (the units are straight then) whoever spins hands over. */
static void pause_(struct x86_trans *t)
{
    if (t->insn->rex & 1 && t->cpu->model->amd) {   /* XCHG rAX, R8: F3 means nothing there; for Intel's processors all is PAUSE */
        const unsigned bits = t->insn->operand_bits;
        ir_reg a = ir_temp(t->u, IR_TYPE_INT), b = ir_temp(t->u, IR_TYPE_INT);
        ir_mov_to(t->u, a, x86_get_reg(t, R_AX, bits));
        ir_mov_to(t->u, b, x86_get_reg(t, 8, bits));
        x86_set_reg(t, R_AX, bits, b);
        x86_set_reg(t, 8, bits, a);
    } else if (t->u->straight) {
        ir_call_void(t->u, HELPER_pause, ir_const(t->u, t->next_rip), IR_NONE, IR_NONE, IR_NONE);
        x86_end_exit(t);
    }
}

static void bound(struct x86_trans *t)
{
    unsigned bits = x86_bits(t);
    ir_reg linear = x86_linear(t, 2 * bits, false), index = x86_read_low(t, 0);
    ir_reg low = ir_ld(t->u, bits, linear, 0, t->mmu), high = ir_ld(t->u, bits, linear, bits / 8, t->mmu);
    unsigned raise = x86_far_raise(t, EXC_BR, false);
    ir_brc(t->u, IR_COND_L, bits, index, low, raise);
    ir_brc(t->u, IR_COND_G, bits, index, high, raise);
}

static void undefined(struct x86_trans *t) { x86_gen_raise(t, EXC_UD); }

static const struct x86_row rows[] = {
    { "EB", "Jb", "jmp", jmp, ROW_F64 | ROW_ENDS, FEAT_NONE, "eb 00", 0, 0 },
    { "E9", "Jz", "jmp", jmp, ROW_F64 | ROW_ENDS, FEAT_NONE, "e9 00 00@16;e9 00 00 00 00@32@64", 0, 0 },
    { "FF /4", "Ev", "jmp", jmp_indirect, ROW_F64 | ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "70+cc", "Jb", "jcc", jcc, ROW_F64, FEAT_NONE, "70 00;75 00;7f 00", 0, 0 },
    { "0F 80+cc", "Jz", "jcc", jcc, ROW_F64, FEAT_NONE, "0f 82 00 00@16;0f 8d 00 00 00 00@32@64", 0, 0 },
    { "E0", "Jb", "loopne", loop, ROW_F64, FEAT_NONE, "e0 00;67 e0 00", 0, 0 },
    { "E1", "Jb", "loope", loop, ROW_F64, FEAT_NONE, "e1 00;67 e1 00", 0, 0 },
    { "E2", "Jb", "loop", loop, ROW_F64, FEAT_NONE, "e2 00;67 e2 00", 0, 0 },
    { "E3", "Jb", "jcxz", jcxz, ROW_F64, FEAT_NONE, "e3 00;67 e3 00", 0, 0 },
    { "0F 90+cc /r", "Eb", "setcc", setcc, 0, FEAT_NONE,
      "0f 90 c1;0f 91 c1;0f 92 c1;0f 93 c5;0f 94 03;0f 95 c1;0f 96 c1;0f 97 c1;0f 98 c1;0f 99 c1;0f 9a c1;0f 9b c1;0f 9c c1;"
      "0f 9d c1;0f 9e c1;0f 9f c1", 0, 0 },
    { "0F 40+cc /r", "Gv,Ev", "cmovcc", cmov, 0, FEAT_CMOV,
      "0f 40 c1;0f 41 c1;0f 42 c1;66 0f 43 c5;0f 44 03;0f 45 c1;0f 46 c1;0f 47 c1;0f 48 c1;0f 49 c1;0f 4a c1;0f 4b c1;0f 4c c1;"
      "0f 4d c1;0f 4e c1;0f 4f c1;48 0f 44 c1@64;48 0f 45 03@64", 0, 0 },
    { "F3 90", "", "pause", pause_, 0, FEAT_NONE, "f3 90;f3 49 90@64;f3 41 90@64;f3 66 41 90@64", 0, 0 },
    { "0F 19 /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 19 c0;0f 19 03", 0, 0 },
    { "0F 1A /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1a c0", 0, 0 },
    { "0F 1B /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1b c0", 0, 0 },
    { "0F 1C /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1c c0", 0, 0 },
    { "0F 1D /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1d c0", 0, 0 },
    { "0F 1E /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1e c0;f3 0f 1e fa", 0, 0 },
    { "0F 1F /r", "Ev", "nop", nop, 0, FEAT_CMOV, "0f 1f c0;0f 1f 03;66 0f 1f 44 03 00@32@64", 0, 0 },
    { "62 /r", "Gv,Ma", "bound", bound, ROW_NO64 | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "0F 0B", "", "ud2", undefined, ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "0F B9 /r", "Gv,Ev", "ud1", undefined, ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "0F FF /r", "Gv,Ev", "ud0", undefined, ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
};
X86_TABLE(control, rows);
