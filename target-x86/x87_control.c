/* SPDX-License-Identifier: MIT */
/* x87 control instructions (SDM volume 1, 8.3.11 to 8.3.13): those named FN... do not wait for pending exceptions. */
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

void fp_end_if_changed(struct x86_trans *t, ir_reg changed)
{
    unsigned same = ir_new_label(t->u);
    ir_brci(t->u, IR_COND_E, 32, changed, 0, same);
    x86_end_next(t);
    ir_label(t->u, same);
    t->ended = false;
}

/* A control word that keeps every exception masked goes straight to the host. */
static void fldcw_live(struct x86_trans *t, ir_reg value, unsigned otherwise)
{
    ir_reg masks = ir_op2i(t->u, IR_AND, 32, value, FCW_MASKS);
    ir_brci(t->u, IR_COND_NE, 32, masks, FCW_MASKS, otherwise);
    ir_reg control = ir_op2i(t->u, IR_OR, 32, ir_op2i(t->u, IR_AND, 32, value, FCW_WRITABLE), FCW_ONE);
    ir_stcpu(t->u, 16, offsetof(struct x86_cpu, fpu.control), control);
    ir_x87(t->u, 0x128, offsetof(struct x86_cpu, fpu.control));
}

static void fldcw(struct x86_trans *t)
{
    unsigned otherwise = ir_new_label(t->u), done = ir_new_label(t->u);
    if (x87_quiet(t))
        x87_enter(t);
    ir_reg value = ir_ld(t->u, 16, x86_linear(t, 16, false), 0, t->mmu);
    if (x87_quiet(t)) {
        fldcw_live(t, value, otherwise);
        ir_br(t->u, done);
        ir_label(t->u, otherwise);
    }
    fp_end_if_changed(t, ir_call(t->u, HELPER_fldcw, value, IR_NONE, IR_NONE, IR_NONE));
    if (x87_quiet(t))
        ir_label(t->u, done);
}

static void fnstcw(struct x86_trans *t)
{
    ir_reg value = ir_ldcpu(t->u, 16, offsetof(struct x86_cpu, fpu.control));
    ir_st(t->u, 16, x86_linear(t, 16, true), 0, value, t->mmu);
}

static ir_reg status_word(struct x86_trans *t)
{
    if (x87_quiet(t)) {
        ir_x87(t->u, 0x53f, X87_OPERAND);
        return ir_ldcpu(t->u, 16, X87_OPERAND);
    }
    ir_reg status = ir_ldcpu(t->u, 16, offsetof(struct x86_cpu, fpu.status));
    ir_reg top = ir_ldcpu(t->u, 8, offsetof(struct x86_cpu, fpu.top));
    return ir_op2(t->u, IR_OR, 32, status, ir_op2i(t->u, IR_SHL, 32, top, 11));
}

static void fnstsw_ax(struct x86_trans *t)
{
    if (x87_quiet(t))
        x87_enter(t);
    x86_set_reg(t, R_AX, 16, status_word(t));
}

static void fnstsw(struct x86_trans *t)
{
    if (x87_quiet(t))
        x87_enter(t);
    ir_reg value = status_word(t);
    ir_st(t->u, 16, x86_linear(t, 16, true), 0, value, t->mmu);
}

static void change(struct x86_trans *t)
{
    t->x87_place = X87_UNKNOWN;
    fp_end_if_changed(t, ir_call(t->u, (enum x86_helper)t->insn->row->data, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
}

static void fnclex(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        change(t);
        return;
    }
    x87_enter(t);
    ir_x87(t->u, 0x3e2, 0);
}

/* Bytes of an environment by operand size, with the registers for FNSAVE and FRSTOR (data = 2). */
static void environment(struct x86_trans *t, enum x86_helper helper, bool write)
{
    unsigned wide = t->insn->operand_bits != 16, save = (unsigned)t->insn->row->data;
    unsigned bytes = (wide ? 28 : 14) + (save ? 80 : 0);
    t->x87_place = X87_UNKNOWN;
    ir_reg linear = x86_linear(t, bytes * 8, write);
    fp_end_if_changed(t, ir_call(t->u, helper, linear, ir_const(t->u, wide | save), IR_NONE, IR_NONE));
}

static void fnstenv(struct x86_trans *t) { environment(t, HELPER_fnstenv, true); }
static void fldenv(struct x86_trans *t) { environment(t, HELPER_fldenv, false); }

/* FWAIT: #NM only if CR0.MP and TS are both set. */
static void fwait(struct x86_trans *t)
{
    if ((t->mode & (MODE_MP | MODE_TS)) == (MODE_MP | MODE_TS))
        x86_gen_raise(t, EXC_NM);
    else if (t->mode & MODE_X87_TRAPS)
        ir_call_void(t->u, HELPER_fpu_wait, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
}

static void nothing(struct x86_trans *t) { (void)t; }

#define CONTROL(opcode_, operands_, nm, fn, flags_, data_, tests_) \
    { .opcode = opcode_, .operands = operands_, .name = nm, .translate = fn, .flags = ROW_FPU | (flags_), .feature = FEAT_FPU, \
      .tests = tests_, .data = data_ }

static const struct x86_row rows[] = {
    CONTROL("D9 /5", "Mw", "FLDCW", fldcw, ROW_WAITS, 0, "D9 2F"),
    CONTROL("D9 /7", "Mw", "FNSTCW", fnstcw, 0, 0, "D9 3F"),
    CONTROL("DD /7", "Mw", "FNSTSW", fnstsw, 0, 0, "DD 3F"),
    CONTROL("DF E0", "", "FNSTSW", fnstsw_ax, 0, 0, "DF E0"),
    CONTROL("DB E2", "", "FNCLEX", fnclex, 0, HELPER_fnclex, "DB E2"),
    CONTROL("DB E3", "", "FNINIT", change, 0, HELPER_fninit, "DB E3"),
    CONTROL("D9 /6", "M", "FNSTENV", fnstenv, 0, 0, "D9 37;66 D9 37"),
    CONTROL("D9 /4", "M", "FLDENV", fldenv, ROW_WAITS, 0, "D9 27;66 D9 27"),
    CONTROL("DD /6", "M", "FNSAVE", fnstenv, 0, 2, "DD 37;66 DD 37"),
    CONTROL("DD /4", "M", "FRSTOR", fldenv, ROW_WAITS, 2, "DD 27;66 DD 27"),
    CONTROL("D9 D0", "", "FNOP", nothing, ROW_WAITS, 0, "D9 D0"),
    CONTROL("D9 F6", "", "FDECSTP", x87_reg, ROW_WAITS, 0, "D9 F6"),
    CONTROL("D9 F7", "", "FINCSTP", x87_reg, ROW_WAITS, 0, "D9 F7"),
    CONTROL("DD C0+i", "STi", "FFREE", x87_reg, ROW_WAITS, 0, "DD C0;DD C3"),
    CONTROL("DF C0+i", "STi", "FFREEP", x87_reg, ROW_WAITS, 0, "DF C0;DF C3"),
    /* FENI, FDISI and FSETPM of the 8087 and 287 do nothing. */
    CONTROL("DB E0", "", "FNENI", nothing, 0, 0, "DB E0"),
    CONTROL("DB E1", "", "FNDISI", nothing, 0, 0, "DB E1"),
    CONTROL("DB E4", "", "FNSETPM", nothing, 0, 0, "DB E4"),
    { .opcode = "9B", .operands = "", .name = "FWAIT", .translate = fwait, .feature = FEAT_NONE, .tests = "9B" },
};

const struct x86_table_of_rows x86_table_x87_control = { "x87_control", rows, G_N_ELEMENTS(rows) };
