/* SPDX-License-Identifier: MIT */
/*
 * String instructions: MOVS CMPS STOS LODS SCAS (SDM volume 2). One iteration is written as IR; with REP a helper
 * (string_helpers.c) does as many as it can and says whether all are done. INS and OUTS are in the system chapters.
 */
#include "target-x86/integer.h"
#include "target-x86/string.h"

static unsigned string_bits(const struct x86_trans *t)
{
    return t->insn->opcode & 1 ? t->insn->operand_bits : 8;
}

static ir_reg offset_of(struct x86_trans *t, unsigned reg)
{
    return t->insn->address_bits == 64 ? x86_gpr(reg) : ir_extu(t->u, t->insn->address_bits, x86_gpr(reg));
}

static unsigned source_segment(const struct x86_trans *t)
{
    return t->insn->segment == SEG_NONE ? SEG_DS : t->insn->segment;
}

static ir_reg source_load(struct x86_trans *t, unsigned bits)
{
    return ir_ld(t->u, bits, x86_segment_linear(t, source_segment(t), offset_of(t, R_SI), bits, false), 0, t->mmu);
}

static ir_reg destination(struct x86_trans *t, unsigned bits, bool write)
{
    return x86_segment_linear(t, SEG_ES, offset_of(t, R_DI), bits, write);
}

/* The step of the index registers: DF chooses its sign. */
static ir_reg step(struct x86_trans *t, unsigned bits)
{
    ir_reg df = ir_extract(t->u, ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, eflags)), 10, 1);
    ir_reg twice = ir_op2i(t->u, IR_SHL, 64, df, bits == 8 ? 1 : bits == 16 ? 2 : bits == 32 ? 3 : 4);
    return ir_op2(t->u, IR_SUB, 64, ir_const(t->u, bits / 8), twice);
}

static void advance(struct x86_trans *t, unsigned reg, ir_reg by)
{
    x86_set_reg(t, reg, t->insn->address_bits, ir_op2(t->u, IR_ADD, 64, x86_gpr(reg), by));
}

static void once(struct x86_trans *t, enum string_kind kind)
{
    unsigned bits = string_bits(t);
    ir_reg a, b, by = step(t, bits);
    switch (kind) {
    case STRING_MOVS:
        a = source_load(t, bits);
        ir_st(t->u, bits, destination(t, bits, true), 0, a, t->mmu);
        break;
    case STRING_STOS:
        ir_st(t->u, bits, destination(t, bits, true), 0, x86_gpr(R_AX), t->mmu);
        break;
    case STRING_LODS:
        x86_set_reg(t, R_AX, bits, source_load(t, bits));
        break;
    case STRING_CMPS: case STRING_SCAS:
        b = ir_ld(t->u, bits, destination(t, bits, false), 0, t->mmu);      /* ES:rDI faults first, as processors do it */
        a = kind == STRING_CMPS ? source_load(t, bits) : x86_gpr(R_AX);
        ir_flag_op(t->u, IR_SUBS, bits, IR_NONE, X86_FLAGS, IR_NONE, a, b, 0);
        break;
    }
    if (kind == STRING_MOVS || kind == STRING_LODS || kind == STRING_CMPS)
        advance(t, R_SI, by);
    if (kind != STRING_LODS)
        advance(t, R_DI, by);
}

static void string(struct x86_trans *t)
{
    enum string_kind kind = (enum string_kind)t->insn->row->data;
    const struct x86_insn *insn = t->insn;
    if (!insn->rep && !insn->repne) {
        once(t, kind);
        return;
    }
    struct string_op op = {
        .kind = (uint8_t)kind, .bytes_log2 = (uint8_t)__builtin_ctz(string_bits(t) / 8), .segment = (uint8_t)source_segment(t),
        .address_bits = insn->address_bits, .flags = (insn->repne ? STRING_REPNE : 0) | (t->single ? STRING_ONCE : 0),
    };
    ir_reg done = ir_call(t->u, HELPER_string, ir_const(t->u, string_pack(op)), IR_NONE, IR_NONE, IR_NONE);
    ir_brci(t->u, IR_COND_E, 32, done, 0, x86_branch_label(t, t->rip));
}

static const struct x86_row rows[] = {
    { "A4", "Yb,Xb", "movsb", string, 0, FEAT_NONE, "a4;f3 a4;67 a4", 0, STRING_MOVS },
    { "A5", "Yv,Xv", "movs", string, 0, FEAT_NONE, "a5;66 a5;f3 a5;48 a5@64;f3 48 a5@64", 0, STRING_MOVS },
    { "A6", "Xb,Yb", "cmpsb", string, 0, FEAT_NONE, "a6;f3 a6;f2 a6;67 a6", 0, STRING_CMPS },
    { "A7", "Xv,Yv", "cmps", string, 0, FEAT_NONE, "a7;66 a7;f3 a7;f2 a7;48 a7@64", 0, STRING_CMPS },
    { "AA", "Yb,AL", "stosb", string, 0, FEAT_NONE, "aa;f3 aa;67 aa", 0, STRING_STOS },
    { "AB", "Yv,rAX", "stos", string, 0, FEAT_NONE, "ab;66 ab;f3 ab;48 ab@64;f3 48 ab@64", 0, STRING_STOS },
    { "AC", "AL,Xb", "lodsb", string, 0, FEAT_NONE, "ac;f3 ac;67 ac", 0, STRING_LODS },
    { "AD", "rAX,Xv", "lods", string, 0, FEAT_NONE, "ad;66 ad;f3 ad;48 ad@64", 0, STRING_LODS },
    { "AE", "AL,Yb", "scasb", string, 0, FEAT_NONE, "ae;f3 ae;f2 ae;67 ae", 0, STRING_SCAS },
    { "AF", "rAX,Yv", "scas", string, 0, FEAT_NONE, "af;66 af;f3 af;f2 af;48 af@64", 0, STRING_SCAS },
};
X86_TABLE(string, rows);
