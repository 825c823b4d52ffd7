/* SPDX-License-Identifier: MIT */
/* Instructions on segment registers and far transfers (SDM 2); what they do is in segment.c, far.c, iret.c,
 * eflags.c. */
#include "target-x86/helpers.h"
#include "target-x86/system_rows.h"
#include "target-x86/tables.h"

void x86_end_if_mode_changed(struct x86_trans *t)
{
    unsigned same = ir_new_label(t->u);

    if (!t->single) {
        ir_brci(t->u, IR_COND_E, 32, ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, cpu.mode)), t->mode, same);
    }
    x86_end_next(t);
    if (!t->single) {
        t->ended = false;
        ir_label(t->u, same);
    }
}

static ir_reg selector_of(struct x86_trans *t, unsigned seg)
{
    return ir_ldcpu(t->u, 16, offsetof(struct x86_cpu, seg[0].selector) + seg * sizeof(struct x86_segment));
}

static void load_segment(struct x86_trans *t, unsigned seg, ir_reg selector)
{
    x86_call_void(t, HELPER_load_segment, ir_const(t->u, seg), selector, IR_NONE, IR_NONE);
}

/* After MOV SS and POP SS the next instruction is part of the same breath. */
static void end_segment(struct x86_trans *t, unsigned seg, bool shadow)
{
    if (seg == SEG_SS && shadow) {
        x86_call_void(t, HELPER_ss_shadow, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        x86_end_next(t);
    } else {
        x86_end_if_mode_changed(t);
    }
}

static void mov_to_segment(struct x86_trans *t)
{
    unsigned seg = t->insn->reg & 7;

    if (seg == SEG_CS || seg > SEG_GS) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    load_segment(t, seg, x86_read(t, 1));
    end_segment(t, seg, true);
}

static void mov_from_segment(struct x86_trans *t)
{
    unsigned seg = t->insn->reg & 7;

    if (seg > SEG_GS) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_write(t, 0, selector_of(t, seg));
}

static void push_segment(struct x86_trans *t)
{
    x86_push(t, t->insn->operand_bits, selector_of(t, t->insn->operand[0].reg));
}

static void pop_segment(struct x86_trans *t)
{
    unsigned seg = t->insn->operand[0].reg;

    load_segment(t, seg, ir_extu(t->u, 16, x86_pop_peek(t, t->insn->operand_bits)));
    x86_stack_add(t, t->insn->operand_bits / 8);
    end_segment(t, seg, true);
}

/* Offset and selector of a far pointer in memory. */
static void read_far(struct x86_trans *t, ir_reg *offset, ir_reg *selector)
{
    unsigned bits = t->insn->operand_bits;
    ir_reg linear = x86_linear(t, bits + 16, false);

    *offset = ir_ld(t->u, bits, linear, 0, t->mmu);
    *selector = ir_ld(t->u, 16, linear, bits / 8, t->mmu);
}

/* LES, LDS, LSS, LFS, LGS: data is the segment. */
static void load_far_pointer(struct x86_trans *t)
{
    ir_reg offset, selector;

    read_far(t, &offset, &selector);
    load_segment(t, t->insn->row->data, selector);
    x86_set_reg(t, t->insn->operand[0].reg, t->insn->operand_bits, offset);
    end_segment(t, t->insn->row->data, false);
}

/* ---- far transfers ---- */

/* data: the helper, far_jump or far_call. */
static void far_transfer(struct x86_trans *t, ir_reg selector, ir_reg offset)
{
    ir_reg bits = ir_const(t->u, t->insn->operand_bits);

    x86_call_void(t, t->insn->row->data, selector, offset, bits, ir_const(t->u, t->next_rip));
    x86_end_lookup(t);
}

static void far_direct(struct x86_trans *t)
{
    const struct x86_operand *o = &t->insn->operand[0];

    far_transfer(t, ir_const(t->u, o->selector), ir_const(t->u, o->value));
}

static void far_indirect(struct x86_trans *t)
{
    ir_reg offset, selector;

    read_far(t, &offset, &selector);
    far_transfer(t, selector, offset);
}

static void far_return(struct x86_trans *t)
{
    unsigned release = t->insn->operand_count ? t->insn->operand[0].value & 0xffff : 0;

    x86_call_void(t, HELPER_far_return, ir_const(t->u, t->insn->operand_bits), ir_const(t->u, release), IR_NONE,
                  IR_NONE);
    x86_end_lookup(t);
}

static void iret(struct x86_trans *t)
{
    x86_call_void(t, HELPER_iret, ir_const(t->u, t->insn->operand_bits), ir_const(t->u, t->next_rip), IR_NONE, IR_NONE);
    x86_end_lookup(t);
}

static void int_n(struct x86_trans *t)
{
    x86_call_void(t, HELPER_int, ir_const(t->u, t->insn->operand[0].value & 0xff), ir_const(t->u, t->insn->length),
                  IR_NONE,
                  IR_NONE);
    x86_end_lookup(t);
}

/* INT3, INT1: data is the vector. */
static void int_trap(struct x86_trans *t)
{
    x86_call_void(t, HELPER_int_trap, ir_const(t->u, t->insn->row->data), ir_const(t->u, t->insn->length), IR_NONE,
                  IR_NONE);
    x86_end_lookup(t);
}

static void into(struct x86_trans *t)
{
    unsigned none = ir_new_label(t->u);

    ir_brf(t->u, IR_COND_NO, X86_FLAGS, none);
    int_trap(t);
    t->ended = false;
    ir_label(t->u, none);
}

/* ---- inspecting ---- */

static void lar_lsl(struct x86_trans *t)
{
    ir_reg old = x86_read(t, 0);

    x86_write(t, 0, x86_call(t, t->insn->row->data, x86_read(t, 1), old, IR_NONE, IR_NONE));
}

static void verify(struct x86_trans *t)
{
    x86_call_void(t, HELPER_verify, x86_read(t, 0), ir_const(t->u, t->insn->row->data), IR_NONE, IR_NONE);
}

/* ARPL: raises the RPL of operand 0 to that of operand 1; ZF says whether. */
static void arpl(struct x86_trans *t)
{
    ir_reg to = x86_read(t, 0), from = x86_read(t, 1);
    ir_reg to_rpl = ir_op2i(t->u, IR_AND, 64, to, 3), from_rpl = ir_op2i(t->u, IR_AND, 64, from, 3);
    ir_reg raised = ir_op2(t->u, IR_OR, 64, ir_op2i(t->u, IR_AND, 64, to, ~3), from_rpl);
    ir_reg lower = ir_setc(t->u, IR_COND_B, 64, to_rpl, from_rpl);

    x86_write(t, 0, ir_select(t->u, IR_COND_B, 64, to_rpl, from_rpl, raised, to));
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, ir_op2i(t->u, IR_SHL, 64, lower, 6), EFL_ZF);
}

static void store_selector(struct x86_trans *t)
{
    x86_check_umip(t);
    x86_write(t, 0, selector_of(t, t->insn->row->data));
}

/* LLDT, LTR: data is the helper. */
static void load_system_segment(struct x86_trans *t)
{
    x86_call_void(t, t->insn->row->data, x86_read(t, 0), IR_NONE, IR_NONE, IR_NONE);
}

#define SYS ROW_NO_HOST
#define SYS_PROTECTED (ROW_NO_HOST | ROW_NOVM)
#define SYS_ENDS (ROW_NO_HOST | ROW_ENDS)

static const struct x86_row rows[] = {
    { "8E /r", "Sw,Ew", "mov", mov_to_segment, SYS, FEAT_NONE, NULL, 0, 0 },
    { "8C /r", "Ev/w,Sw", "mov", mov_from_segment, SYS, FEAT_NONE, NULL, 0, 0 },
    { "06", "ES", "push", push_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "0E", "CS", "push", push_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "16", "SS", "push", push_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "1E", "DS", "push", push_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "0F A0", "FS", "push", push_segment, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
    { "0F A8", "GS", "push", push_segment, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
    { "07", "ES", "pop", pop_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "17", "SS", "pop", pop_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "1F", "DS", "pop", pop_segment, SYS | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "0F A1", "FS", "pop", pop_segment, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
    { "0F A9", "GS", "pop", pop_segment, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
    { "C4 /r", "Gv,Mp", "les", load_far_pointer, SYS | ROW_NO64, FEAT_NONE, NULL, 0, SEG_ES },
    { "C5 /r", "Gv,Mp", "lds", load_far_pointer, SYS | ROW_NO64, FEAT_NONE, NULL, 0, SEG_DS },
    { "0F B2 /r", "Gv,Mp", "lss", load_far_pointer, SYS, FEAT_NONE, NULL, 0, SEG_SS },
    { "0F B4 /r", "Gv,Mp", "lfs", load_far_pointer, SYS, FEAT_NONE, NULL, 0, SEG_FS },
    { "0F B5 /r", "Gv,Mp", "lgs", load_far_pointer, SYS, FEAT_NONE, NULL, 0, SEG_GS },
    { "EA", "Ap", "jmp far", far_direct, SYS_ENDS | ROW_NO64, FEAT_NONE, NULL, 0, HELPER_far_jump },
    { "9A", "Ap", "call far", far_direct, SYS_ENDS | ROW_NO64, FEAT_NONE, NULL, 0, HELPER_far_call },
    { "FF /5", "Mp", "jmp far", far_indirect, SYS_ENDS, FEAT_NONE, NULL, 0, HELPER_far_jump },
    { "FF /3", "Mp", "call far", far_indirect, SYS_ENDS, FEAT_NONE, NULL, 0, HELPER_far_call },
    { "CB", "", "retf", far_return, SYS_ENDS, FEAT_NONE, NULL, 0, 0 },
    { "CA iw", "Iw", "retf", far_return, SYS_ENDS, FEAT_NONE, NULL, 0, 0 },
    { "CF", "", "iret", iret, SYS_ENDS, FEAT_NONE, NULL, 0, 0 },
    { "CD ib", "Ib", "int", int_n, SYS_ENDS, FEAT_NONE, NULL, 0, 0 },
    { "CC", "", "int3", int_trap, SYS_ENDS, FEAT_NONE, NULL, 0, EXC_BP },
    { "F1", "", "int1", int_trap, SYS_ENDS, FEAT_NONE, NULL, 0, EXC_DB },
    { "CE", "", "into", into, SYS | ROW_NO64, FEAT_NONE, NULL, 0, EXC_OF },
    { "0F 02 /r", "Gv,Ew", "lar", lar_lsl, SYS_PROTECTED, FEAT_NONE, NULL, 0, HELPER_lar },
    { "0F 03 /r", "Gv,Ew", "lsl", lar_lsl, SYS_PROTECTED, FEAT_NONE, NULL, 0, HELPER_lsl },
    { "0F 00 /4", "Ew", "verr", verify, SYS_PROTECTED, FEAT_NONE, NULL, 0, 0 },
    { "0F 00 /5", "Ew", "verw", verify, SYS_PROTECTED, FEAT_NONE, NULL, 0, 1 },
    { "63 /r", "Ew,Gw", "arpl", arpl, SYS_PROTECTED | ROW_NO64, FEAT_NONE, NULL, 0, 0 },
    { "0F 00 /0", "Ev/w", "sldt", store_selector, SYS_PROTECTED, FEAT_NONE, NULL, 0, SEG_LDTR },
    { "0F 00 /1", "Ev/w", "str", store_selector, SYS_PROTECTED, FEAT_NONE, NULL, 0, SEG_TR },
    { "0F 00 /2", "Ew", "lldt", load_system_segment, SYS_PROTECTED | ROW_CPL0, FEAT_NONE, NULL, 0, HELPER_lldt },
    { "0F 00 /3", "Ew", "ltr", load_system_segment, SYS_PROTECTED | ROW_CPL0, FEAT_NONE, NULL, 0, HELPER_ltr },
};
X86_TABLE(segment, rows);
