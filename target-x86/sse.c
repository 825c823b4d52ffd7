/* SPDX-License-Identifier: MIT */
/*
 * Generic translators for SIMD instructions that the host runs as themselves (SDM volume 1, chapters 10 to 12).
 *
 * Floating point is exact because the host executes the guest's instruction under the guest's rounding, DAZ and FZ
 * bits (cpu.fp_control). All exceptions are masked on the host. In units of MODE_MXCSR_TRAPS, where the guest has
 * unmasked one, sticky flags are cleared before and looked at after the instruction, and nothing is
 * written before the check (SDM 1, 11.5.2: an unmasked exception leaves the destination alone).
 */
#include "target-x86/sse.h"

const struct ir_copy *sse_row_copy(const struct x86_trans *t)
{
    const struct ir_copy *copies = (const struct ir_copy *)t->insn->row->data;
    unsigned integer = copies->reg_class == IR_COPY_INT && copies->reg_role ? 0 : 1;
    bool has_integer = (copies->reg_role && copies->reg_class == IR_COPY_INT) || copies->rm_class == IR_COPY_INT;
    return &copies[has_integer && t->insn->operand[integer].bits == 64];
}

ir_reg sse_load(struct x86_trans *t, unsigned w)
{
    ir_reg address = x86_linear(t, w, false);
    if (w >= 32)
        return ir_ldv(t->u, w, address, 0, t->mmu);
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_reg value = ir_ld(t->u, w, address, 0, t->mmu);
    ir_vzero_to(t->u, v);
    ir_vput_to(t->u, w, v, v, 0, value);
    return v;
}

/* One instruction of a MODE_MXCSR_TRAPS unit: run twice, see mxcsr.c; then the check, which may raise. */
static void copy_checked(struct x86_trans *t, const struct ir_copy *copy, int imm, const ir_reg d[2], const ir_reg s[4])
{
    static const enum x86_helper before[2] = { HELPER_mxcsr_begin, HELPER_mxcsr_tiny };
    for (unsigned i = 0; i < 2; i++) {
        ir_reg out[2];
        for (unsigned k = 0; k < 2; k++)
            out[k] = d[k] == IR_NONE || i == 0 ? d[k] : ir_temp(t->u, t->u->types[d[k]]);
        ir_call_void(t->u, before[i], IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        ir_emit_copy(t->u, copy, imm, out[0], out[1], s[0], s[1], s[2], s[3]);
    }
    ir_call_void(t->u, HELPER_mxcsr_check, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
}

void sse_emit(struct x86_trans *t, const struct ir_copy *copy, ir_reg rm, int imm, bool fp)
{
    const struct x86_operand *dest = &t->insn->operand[0];
    bool traps = fp && (t->mode & MODE_MXCSR_TRAPS);
    ir_reg s[4] = { IR_NONE, IR_NONE, IR_NONE, IR_NONE }, d[2] = { IR_NONE, IR_NONE };
    unsigned ins = 0, outs = 0;

    if (copy->reg_role & IR_COPY_READ)
        s[ins++] = x86_xmm(dest->reg);
    s[ins++] = rm;
    if (copy->xmm0_role & IR_COPY_READ)
        s[ins++] = x86_xmm(0);
    ir_reg target = IR_NONE;
    if (copy->reg_role & IR_COPY_WRITE) {
        bool direct = copy->reg_class == IR_COPY_VEC && !traps;
        target = direct ? x86_xmm(dest->reg) : ir_temp(t->u, copy->reg_class == IR_COPY_VEC ? IR_TYPE_VEC : IR_TYPE_INT);
        d[outs++] = target;
    }
    ir_reg flags = IR_NONE;
    if (copy->flags_role & IR_COPY_WRITE) {
        flags = traps ? ir_temp(t->u, IR_TYPE_FLAGS) : X86_FLAGS;
        d[outs++] = flags;
    }
    if (traps)
        copy_checked(t, copy, imm, d, s);
    else
        ir_emit_copy(t->u, copy, imm, d[0], d[1], s[0], s[1], s[2], s[3]);
    if (flags != IR_NONE && flags != X86_FLAGS)
        ir_mov_to(t->u, X86_FLAGS, flags);
    if (target == IR_NONE)
        return;
    if (copy->reg_class == IR_COPY_INT)
        x86_set_reg(t, dest->reg, dest->bits == 64 ? 64 : 32, target);
    else if (target != x86_xmm(dest->reg))
        ir_mov_to(t->u, x86_xmm(dest->reg), target);
}

void sse_fp_run(struct x86_trans *t, const struct ir_copy *copy, ir_reg v, ir_reg w)
{
    if (t->mode & MODE_MXCSR_TRAPS)
        copy_checked(t, copy, 0, (ir_reg[2]){ v }, (ir_reg[4]){ w });
    else
        ir_emit_copy(t->u, copy, 0, v, IR_NONE, w, IR_NONE, IR_NONE, IR_NONE);
}

static void copy_row(struct x86_trans *t, bool fp)
{
    const struct x86_insn *insn = t->insn;
    const struct ir_copy *copy = sse_row_copy(t);
    ir_reg rm = copy->rm_class == IR_COPY_INT ? x86_read(t, 1) : x86_read_vec(t, 1);
    sse_emit(t, copy, rm, copy->imm_bytes ? (int)(insn->operand[2].value & 0xff) : 0, fp);
}

void sse_copy(struct x86_trans *t) { copy_row(t, false); }
void sse_xor(struct x86_trans *t)
{
    const struct x86_operand *dest = &t->insn->operand[0], *source = &t->insn->operand[1];
    if (source->kind == OPERAND_XMM && source->reg == dest->reg)
        ir_vzero_to(t->u, x86_xmm(dest->reg));
    else
        sse_copy(t);
}

void sse_copy_fp(struct x86_trans *t) { copy_row(t, true); }
