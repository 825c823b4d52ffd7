/* SPDX-License-Identifier: MIT */
/* Generic translation of x87 instructions: every one of them as a call of x87_exec.c's helpers. */
#include "target-x86/x87_trans.h"

uint64_t x87_info(const struct x86_trans *t)
{
    const struct x86_insn *insn = t->insn;
    uint64_t info = (uint64_t)(insn->opcode & 7) << 8 | insn->modrm;
    if (insn->modrm >= 0xc0)
        return info;
    unsigned segment = insn->segment == SEG_NONE ? insn->default_segment : insn->segment;
    return info | (uint64_t)(insn->operand[insn->operand_count - 1].bits / 8) << X87_BYTES_SHIFT
        | (uint64_t)segment << X87_SEGMENT_SHIFT;
}

ir_reg x87_call(struct x86_trans *t, enum x86_helper helper, uint64_t info, ir_reg c, ir_reg d)
{
    return ir_call(t->u, helper, ir_const(t->u, info), ir_const(t->u, t->rip), c, d);
}

void x87_generic_reg(struct x86_trans *t)
{
    x87_call(t, HELPER_x87_reg, x87_info(t), ir_const(t->u, 0), IR_NONE);
}

static void generic_memory(struct x86_trans *t, enum x86_helper helper, bool write)
{
    unsigned bits = t->insn->operand[t->insn->operand_count - 1].bits;
    ir_reg linear = x86_linear(t, bits, write);
    x87_call(t, helper, x87_info(t), linear, x86_ea(t));
}

void x87_generic_load(struct x86_trans *t) { generic_memory(t, HELPER_x87_load, false); }
void x87_generic_store(struct x86_trans *t) { generic_memory(t, HELPER_x87_store, true); }

ir_reg x87_read_memory(struct x86_trans *t, bool is_signed)
{
    unsigned bits = t->insn->operand[t->insn->operand_count - 1].bits;
    ir_reg linear = x86_linear(t, bits, false);
    return is_signed && bits < 64 ? ir_lds(t->u, bits, linear, 0, t->mmu) : ir_ld(t->u, bits, linear, 0, t->mmu);
}
