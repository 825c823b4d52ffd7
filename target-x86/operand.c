/* SPDX-License-Identifier: MIT */
/*
 * Operands of an instruction as IR: registers, effective addresses, segmentation, the stack (SDM 1, 3.7; SDM 3, 5.3).
 *
 * Units of MODE_FLAT and of 64-bit mode address with the offset alone. Others check limit and rights in line for the
 * common
 * kinds of segment and call segment_address in far code for the rest (expand-down, null, the fault itself). A
 * non-canonical address in 64-bit mode never hits the TLB: the page walk raises #GP(0) or
 * #SS(0).
 */
#include "target-x86/trans.h"

static ir_reg gpr_or_none(unsigned n) { return n < 16 ? x86_gpr(n) : IR_NONE; }

static uint64_t cut(uint64_t value, unsigned bits) { return bits == 64 ? value : value & ((1ull << bits) - 1); }

ir_reg x86_ea(struct x86_trans *t)
{
    const struct x86_insn *insn = t->insn;
    ir_reg base = gpr_or_none(insn->base), index = gpr_or_none(insn->index);
    if (insn->base == 254)
        return ir_const(t->u, cut(t->next_rip + (uint64_t)insn->disp, insn->address_bits));
    if (!base && !index)
        return ir_const(t->u, cut((uint64_t)insn->disp, insn->address_bits));
    if (insn->address_bits == 64 && !index && !insn->disp)
        return base;
    return ir_lea(t->u, insn->address_bits, base, index, insn->scale, insn->disp);
}

static ir_reg segment_base(struct x86_trans *t, unsigned segment)
{
    return ir_ldcpu(t->u, 64, offsetof(struct x86_cpu, seg) + segment * sizeof(struct x86_segment) +
                              offsetof(struct x86_segment, base));
}

/* Branches to slow unless the descriptor is an ordinary one for this access. */
static void rights_check(struct x86_trans *t, unsigned segment, bool write, unsigned slow)
{
    unsigned offset = offsetof(struct x86_cpu, seg) + segment * sizeof(struct x86_segment);
    unsigned want = segment == SEG_CS ? SEG_P | SEG_S | SEG_CODE | SEG_RW : SEG_P | SEG_S | (write ? SEG_RW : 0);
    unsigned mask = segment == SEG_CS ? want : want | SEG_CODE | SEG_DOWN_CONF;
    ir_reg attributes = ir_ldcpu(t->u, 16, offset + offsetof(struct x86_segment, attributes));
    ir_brci(t->u, IR_COND_NE, 32, ir_op2i(t->u, IR_AND, 32, attributes, mask), want, slow);
}

static ir_reg segment_checked(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bytes, bool write)
{
    ir_reg linear = ir_temp(t->u, IR_TYPE_INT);
    struct x86_far far = {
        .helper = HELPER_segment_address, .result = linear, .resume = ir_new_label(t->u),
        .arg = { IR_IMM, offset, IR_IMM, IR_IMM }, .imm = { segment, 0, bytes, write },
    };
    unsigned slow = x86_far_code(t, &far);
    bool protected = t->mode & MODE_PE && !(t->mode & MODE_VM);
    if (protected && segment == SEG_CS && write) {
        ir_br(t->u, slow);          /* code segments are never written to */
    } else {
        if (protected)
            rights_check(t, segment, write, slow);
        ir_reg limit = ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, seg) + segment * sizeof(struct x86_segment) +
                                          offsetof(struct x86_segment, limit));
        ir_reg last = bytes > 1 ? ir_op2i(t->u, IR_ADD, 64, offset, bytes - 1) : offset;
        ir_brc(t->u, IR_COND_A, 64, last, limit, slow);
        ir_op2_to(t->u, IR_ADD, 32, linear, segment_base(t, segment), offset);
    }
    ir_label(t->u, far.resume);
    return linear;
}

static ir_reg segment_apply(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bytes, bool write)
{
    bool based = segment == SEG_FS || segment == SEG_GS;
    if (t->mode & MODE_CODE64)
        return based ? ir_op2(t->u, IR_ADD, 64, segment_base(t, segment), offset) : offset;
    bool code_write = segment == SEG_CS && write && t->mode & MODE_PE && !(t->mode & MODE_VM);
    if (!based && t->mode & MODE_FLAT && !code_write)
        return offset;
    if ((segment == SEG_FS && t->mode & MODE_FS_OPEN) || (segment == SEG_GS && t->mode & MODE_GS_OPEN))
        return ir_op2(t->u, IR_ADD, 32, segment_base(t, segment), offset);
    return segment_checked(t, segment, offset, bytes, write);
}

/* What an address must be a multiple of under alignment checks, less one (SDM 3, table 6-7). The x87 environment and
 * state (14 to 108 bytes) go by the operand size, 16 or 32 bits. Where a vector must be aligned anyway #GP(0) comes first; the others are
 * checked by AMD's processors and not by Intel's ("treatment of #AC varies", SDM 2, table 2-21). */
static unsigned alignment_mask(const struct x86_trans *t, unsigned bits)
{
    if (bits == 80)
        return 7;
    if (bits == 128)
        return t->insn->row->flags & ROW_ALIGN16 || !t->cpu->model->amd ? 0 : 15;
    if (bits > 80 && bits < 1024)
        return t->insn->operand_bits == 16 ? 1 : 3;
    return bits <= 64 && !(bits & (bits - 1)) ? bits / 8 - 1 : 0;
}

ir_reg x86_segment_unaligned(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bits, bool write)
{
    return segment_apply(t, segment, offset, bits / 8, write);
}

ir_reg x86_segment_linear(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bits, bool write)
{
    ir_reg linear = segment_apply(t, segment, offset, bits / 8, write);
    unsigned mask = t->mode & MODE_AC ? alignment_mask(t, bits) : 0;
    if (mask) {
        struct x86_far far = { .helper = HELPER_alignment_fault, .arg = { linear }, .no_return = true };
        ir_brci(t->u, IR_COND_NE, 64, ir_op2i(t->u, IR_AND, 64, linear, mask), 0, x86_far_code(t, &far));
    }
    return linear;
}

ir_reg x86_linear(struct x86_trans *t, unsigned bits, bool write)
{
    if (t->ea_done && (t->ea_write || !write))
        return t->ea_linear;
    const struct x86_insn *insn = t->insn;
    unsigned segment = insn->segment == SEG_NONE ? insn->default_segment : insn->segment;
    t->ea_linear = x86_segment_linear(t, segment, x86_ea(t), bits, write);
    t->ea_done = true;
    t->ea_write = write;
    return t->ea_linear;
}

ir_reg x86_get_reg(struct x86_trans *t, unsigned reg, unsigned bits)
{
    return bits == 64 ? x86_gpr(reg) : ir_extu(t->u, bits, x86_gpr(reg));
}

void x86_set_reg(struct x86_trans *t, unsigned reg, unsigned bits, ir_reg value)
{
    ir_reg gpr = x86_gpr(reg);
    if (bits >= 32)
        ir_result_to(t->u, bits, gpr, value);
    else
        ir_result_to(t->u, 64, gpr, ir_deposit(t->u, gpr, 0, bits, value));
}

static ir_reg operand_read(struct x86_trans *t, const struct x86_operand *o, bool low, bool write)
{
    switch (o->kind) {
    case OPERAND_GPR:
        return low ? x86_gpr(o->reg) : x86_get_reg(t, o->reg, o->bits);
    case OPERAND_GPR_HIGH8:
        return ir_extract(t->u, x86_gpr(o->reg), 8, 8);
    case OPERAND_MEM:
        if (write)
            return ir_ld_modify(t->u, o->bits, x86_linear(t, o->bits, true), 0, t->mmu);
        return ir_ld(t->u, o->bits, x86_linear(t, o->bits, false), 0, t->mmu);
    case OPERAND_IMM:
        return ir_const(t->u, low ? (uint64_t)o->value : cut((uint64_t)o->value, o->bits));
    default:
        g_assert_not_reached();     /* a row asks for an operand it does not have */
    }
}

ir_reg x86_read(struct x86_trans *t, unsigned operand)
{
    return operand_read(t, &t->insn->operand[operand], false, false);
}

ir_reg x86_read_low(struct x86_trans *t, unsigned operand)
{
    return operand_read(t, &t->insn->operand[operand], true, false);
}

ir_reg x86_read_modify(struct x86_trans *t, unsigned operand)
{
    return operand_read(t, &t->insn->operand[operand], true, true);
}

void x86_write(struct x86_trans *t, unsigned operand, ir_reg value)
{
    const struct x86_operand *o = &t->insn->operand[operand];
    if (o->kind == OPERAND_MEM)
        ir_st(t->u, o->bits, x86_linear(t, o->bits, true), 0, value, t->mmu);
    else if (o->kind == OPERAND_GPR_HIGH8)
        ir_result_to(t->u, 64, x86_gpr(o->reg), ir_deposit(t->u, x86_gpr(o->reg), 8, 8, value));
    else
        x86_set_reg(t, o->reg, o->bits, value);
}

/* Linear address of a vector in memory; ROW_ALIGN16 rows want 128-bit ones aligned. */
static ir_reg vector_linear(struct x86_trans *t, unsigned bits, bool write)
{
    ir_reg linear = x86_linear(t, bits, write);
    if (bits == 128 && t->insn->row->flags & ROW_ALIGN16)
        ir_brci(t->u, IR_COND_NE, 64, ir_op2i(t->u, IR_AND, 64, linear, 15), 0, x86_far_raise(t, EXC_GP, true));
    return linear;
}

static unsigned mm_offset(unsigned reg) { return offsetof(struct x86_cpu, fpu.st) + reg * sizeof(struct x86_st); }

static ir_reg vector_of(struct x86_trans *t, ir_reg value)
{
    ir_reg vector = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, vector);
    ir_vput_to(t->u, 64, vector, vector, 0, value);
    return vector;
}

ir_reg x86_read_vec(struct x86_trans *t, unsigned operand)
{
    const struct x86_operand *o = &t->insn->operand[operand];
    if (o->kind == OPERAND_XMM)
        return x86_xmm(o->reg);
    if (o->kind == OPERAND_MM)
        return vector_of(t, ir_ldcpu(t->u, 64, mm_offset(o->reg)));
    ir_reg linear = vector_linear(t, o->bits, false);
    if (o->bits >= 32)
        return ir_ldv(t->u, o->bits, linear, 0, t->mmu);
    return vector_of(t, ir_ld(t->u, o->bits, linear, 0, t->mmu));
}

void x86_write_vec(struct x86_trans *t, unsigned operand, ir_reg vector, unsigned bits)
{
    const struct x86_operand *o = &t->insn->operand[operand];
    if (o->kind == OPERAND_MEM) {
        ir_stv(t->u, bits, vector_linear(t, bits, true), 0, vector, t->mmu);
    } else if (o->kind == OPERAND_MM) {
        ir_stcpu(t->u, 64, mm_offset(o->reg), ir_vget(t->u, 64, vector, 0));
        ir_stcpu(t->u, 16, mm_offset(o->reg) + offsetof(struct x86_st, sign_exponent), ir_const(t->u, 0xffff));
    } else if (bits == 128) {
        ir_mov_to(t->u, x86_xmm(o->reg), vector);
    } else {
        ir_vmerge_to(t->u, bits, x86_xmm(o->reg), x86_xmm(o->reg), vector);
    }
}

static ir_reg stack_offset(struct x86_trans *t, int64_t bytes)
{
    unsigned bits = t->insn->stack_bits;
    if (bits == 64 && !bytes)
        return x86_gpr(R_SP);
    return ir_lea(t->u, bits, x86_gpr(R_SP), IR_NONE, 0, bytes);
}

void x86_push(struct x86_trans *t, unsigned bits, ir_reg value)
{
    ir_reg sp = stack_offset(t, -(int64_t)(bits / 8));
    ir_st(t->u, bits, x86_segment_linear(t, SEG_SS, sp, bits, true), 0, value, t->mmu);
    x86_set_reg(t, R_SP, t->insn->stack_bits, sp);
}

ir_reg x86_pop_peek(struct x86_trans *t, unsigned bits)
{
    return ir_ld(t->u, bits, x86_segment_linear(t, SEG_SS, stack_offset(t, 0), bits, false), 0, t->mmu);
}

void x86_stack_add(struct x86_trans *t, int64_t bytes)
{
    if (t->insn->stack_bits >= 32)
        ir_op2i_to(t->u, IR_ADD, t->insn->stack_bits, x86_gpr(R_SP), x86_gpr(R_SP), bytes);
    else
        x86_set_reg(t, R_SP, 16, stack_offset(t, bytes));
}
