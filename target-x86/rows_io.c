/* SPDX-License-Identifier: MIT */
/* IN, OUT, INS, OUTS, CLI, STI, PUSHF, POPF (SDM 2). What needs more than IOPL is in io.c and eflags.c. */
#include "target-x86/helpers.h"
#include "target-x86/system_rows.h"
#include "target-x86/tables.h"

void x86_end_if_requested(struct x86_trans *t)
{
    unsigned none = ir_new_label(t->u);

    ir_brci(t->u, IR_COND_E, 32, ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, cpu.exit_request)), 0, none);
    x86_end_next(t);
    t->ended = false;
    ir_label(t->u, none);
}

/* ---- ports ---- */

static void check_port(struct x86_trans *t, ir_reg port, unsigned bits)
{
    if (!(t->mode & MODE_IOPL_OK)) {
        x86_call_void(t, HELPER_io_check, port, ir_const(t->u, bits / 8), IR_NONE, IR_NONE);
    }
}

static ir_reg port_operand(struct x86_trans *t, unsigned n)
{
    const struct x86_operand *o = &t->insn->operand[n];

    return o->kind == OPERAND_IMM ? ir_const(t->u, o->value & 0xff) : x86_get_reg(t, R_DX, 16);
}

static void in(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg port = port_operand(t, 1);

    check_port(t, port, bits);
    x86_write(t, 0, x86_call(t, HELPER_in, port, ir_const(t->u, bits / 8), IR_NONE, IR_NONE));
}

static void out(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[1].bits;
    ir_reg port = port_operand(t, 0);

    check_port(t, port, bits);
    x86_call_void(t, HELPER_out, port, x86_read(t, 1), ir_const(t->u, bits / 8), IR_NONE);
    x86_end_if_requested(t);
}

/* data: the helper, ins or outs. */
static void port_string(struct x86_trans *t)
{
    unsigned bits = t->insn->opcode & 1 ? MIN(t->insn->operand_bits, 32u) : 8;
    unsigned seg = t->insn->segment == SEG_NONE ? SEG_DS : t->insn->segment, what;
    bool repeated = t->insn->rep || t->insn->repne;

    check_port(t, x86_get_reg(t, R_DX, 16), bits);
    what = bits / 8 | t->insn->address_bits << 8 | seg << 16 | (unsigned)repeated << 24;
    x86_call_void(t, t->insn->row->data, ir_const(t->u, what), ir_const(t->u, t->next_rip), IR_NONE, IR_NONE);
    x86_end_lookup(t);
}

/* ---- IF ---- */

enum { EFLAGS_AT = offsetof(struct x86_cpu, eflags), INPUT_AT = offsetof(struct x86_cpu, cpu.input) };

static void cli(struct x86_trans *t)
{
    if (t->mode & MODE_IOPL_OK) {
        ir_stcpu(t->u, 64, EFLAGS_AT, ir_op2i(t->u, IR_AND, 64, ir_ldcpu(t->u, 64, EFLAGS_AT), ~(int64_t)EFL_IF));
    } else {
        x86_call_void(t, HELPER_cli, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    }
}

/*
 * The instruction behind STI is not interrupted. Inside a unit nothing interrupts, so that a shadow is needed only
 * when an input waits already (then the loop must look at it after that instruction) or when the unit may end here.
 */
static void sti(struct x86_trans *t)
{
    unsigned quiet = ir_new_label(t->u);

    if (!(t->mode & MODE_IOPL_OK) || t->single || t->last || t->u->straight) {
        x86_call_void(t, HELPER_sti, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        x86_end_if_mode_changed(t);
        return;
    }
    ir_brci(t->u, IR_COND_E, 32, ir_ldcpu(t->u, 32, INPUT_AT), 0, quiet);
    x86_call_void(t, HELPER_sti, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    x86_end_next(t);
    t->ended = false;
    ir_label(t->u, quiet);
    ir_stcpu(t->u, 64, EFLAGS_AT, ir_op2i(t->u, IR_OR, 64, ir_ldcpu(t->u, 64, EFLAGS_AT), EFL_IF));
}

static void pushf(struct x86_trans *t)
{
    unsigned bits = t->insn->operand_bits;
    ir_reg image;

    if (t->mode & MODE_VM) {
        image = x86_call(t, HELPER_pushf, ir_const(t->u, bits), IR_NONE, IR_NONE, IR_NONE);
    } else {
        ir_reg rest = ir_op2i(t->u, IR_AND, 64, ir_ldcpu(t->u, 64, EFLAGS_AT), ~(int64_t)(EFL_RF | EFL_VM));
        image = ir_op2(t->u, IR_OR, 64, ir_fbits(t->u, X86_FLAGS), rest);
    }
    x86_push(t, bits, image);
}

/* Ends the unit when IF is set in `flags` and an input waits. */
static void end_if_interruptible(struct x86_trans *t, ir_reg flags)
{
    unsigned on = ir_new_label(t->u);
    ir_reg open = ir_op2i(t->u, IR_AND, 64, flags, EFL_IF);

    ir_brci(t->u, IR_COND_E, 64, open, 0, on);
    ir_brci(t->u, IR_COND_E, 32, ir_ldcpu(t->u, 32, INPUT_AT), 0, on);
    ir_stcpu(t->u, 32, offsetof(struct x86_cpu, cpu.exit_request), ir_const(t->u, 1));
    x86_end_next(t);
    t->ended = false;
    ir_label(t->u, on);
}

/* Without a helper when neither TF, IOPL nor AC changes, which cpu.mode depends on. */
static void popf(struct x86_trans *t)
{
    unsigned bits = t->insn->operand_bits, slow = ir_new_label(t->u), done = ir_new_label(t->u);
    int64_t plain = EFL_IF | EFL_DF | EFL_NT | (bits > 16 ? EFL_ID : 0);
    ir_reg value = x86_pop_peek(t, bits), old, changed, kept;

    if (t->mode & MODE_IOPL_OK && !t->single) {
        old = ir_ldcpu(t->u, 64, EFLAGS_AT);
        changed = ir_op2(t->u, IR_XOR, 64, value, old);
        changed = ir_op2i(t->u, IR_AND, 64, changed, EFL_TF | EFL_IOPL | (bits > 16 ? EFL_AC : 0));
        ir_brci(t->u, IR_COND_NE, 64, changed, 0, slow);
        kept = ir_op2i(t->u, IR_AND, 64, old, ~(plain | EFL_RF));
        ir_stcpu(t->u, 64, EFLAGS_AT, ir_op2(t->u, IR_OR, 64, kept, ir_op2i(t->u, IR_AND, 64, value, plain)));
        x86_stack_add(t, bits / 8);
        ir_fput_to(t->u, X86_FLAGS, value);
        end_if_interruptible(t, value);
        ir_br(t->u, done);
        ir_label(t->u, slow);
    }
    x86_call_void(t, HELPER_popf, value, ir_const(t->u, bits), IR_NONE, IR_NONE);
    x86_stack_add(t, bits / 8);
    x86_end_next(t);
    if (t->mode & MODE_IOPL_OK && !t->single) {
        t->ended = false;
        ir_label(t->u, done);
    }
}

#define SYS ROW_NO_HOST

static const struct x86_row rows[] = {
    { "E4 ib", "AL,Ib", "in", in, SYS, FEAT_NONE, NULL, 0, 0 },
    { "E5 ib", "eAX,Ib", "in", in, SYS, FEAT_NONE, NULL, 0, 0 },
    { "EC", "AL,DX", "in", in, SYS, FEAT_NONE, NULL, 0, 0 },
    { "ED", "eAX,DX", "in", in, SYS, FEAT_NONE, NULL, 0, 0 },
    { "E6 ib", "Ib,AL", "out", out, SYS, FEAT_NONE, NULL, 0, 0 },
    { "E7 ib", "Ib,eAX", "out", out, SYS, FEAT_NONE, NULL, 0, 0 },
    { "EE", "DX,AL", "out", out, SYS, FEAT_NONE, NULL, 0, 0 },
    { "EF", "DX,eAX", "out", out, SYS, FEAT_NONE, NULL, 0, 0 },
    { "6C", "", "insb", port_string, SYS | ROW_ENDS, FEAT_NONE, NULL, 0, HELPER_ins },
    { "6D", "", "ins", port_string, SYS | ROW_ENDS, FEAT_NONE, NULL, 0, HELPER_ins },
    { "6E", "", "outsb", port_string, SYS | ROW_ENDS, FEAT_NONE, NULL, 0, HELPER_outs },
    { "6F", "", "outs", port_string, SYS | ROW_ENDS, FEAT_NONE, NULL, 0, HELPER_outs },
    { "FA", "", "cli", cli, SYS, FEAT_NONE, NULL, 0, 0 },
    { "FB", "", "sti", sti, SYS, FEAT_NONE, NULL, 0, 0 },
    { "9C", "", "pushf", pushf, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
    { "9D", "", "popf", popf, SYS | ROW_D64, FEAT_NONE, NULL, 0, 0 },
};
X86_TABLE(io, rows);
