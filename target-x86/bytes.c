/* SPDX-License-Identifier: MIT */
/*
 * Moving and exchanging bytes: BSWAP MOVBE MOVZX MOVSX MOVSXD XCHG XADD CMPXCHG CMPXCHG8B CMPXCHG16B, CBW and CWD
 * families, XLAT, LEA (SDM volume 2). XCHG with memory is atomic without LOCK, too. BSWAP of a 16-bit register is
 * undefined; here it clears the register, as processors do.
 */
#include "target-x86/integer.h"

static void bswap(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    if (bits == 16)
        x86_write(t, 0, ir_const(t->u, 0));
    else
        x86_write(t, 0, ir_op1(t->u, IR_BSWAP, bits, x86_read_low(t, 0)));
}

static void movbe(struct x86_trans *t)
{
    x86_write(t, 0, ir_op1(t->u, IR_BSWAP, t->insn->operand[0].bits, x86_read_low(t, 1)));
}

static void movzx(struct x86_trans *t)
{
    const struct x86_operand *to = &t->insn->operand[0];
    if (to->bits >= 32)
        ir_mov_to(t->u, x86_gpr(to->reg), x86_read(t, 1));
    else
        x86_write(t, 0, x86_read(t, 1));
}

static void movsx(struct x86_trans *t)
{
    const struct x86_operand *to = &t->insn->operand[0], *from = &t->insn->operand[1];
    if (from->kind == OPERAND_MEM && to->bits == 64)
        x86_write(t, 0, ir_lds(t->u, from->bits, x86_linear(t, from->bits, false), 0, t->mmu));
    else if (from->bits < to->bits)
        x86_write(t, 0, ir_exts(t->u, from->bits, to->bits, x86_read_low(t, 1)));
    else                            /* MOVSXD without REX.W */
        x86_write(t, 0, x86_read(t, 1));
}

static void xchg(struct x86_trans *t)
{
    const struct x86_operand *o = t->insn->operand;
    if (o[0].kind == OPERAND_MEM) {
        ir_reg linear = x86_linear(t, o->bits, true);
        x86_write(t, 1, ir_atomic(t->u, IR_ATOMIC_XCHG, o->bits, linear, x86_read_low(t, 1), IR_NONE, t->mmu));
        return;
    }
    if (o[0].kind == o[1].kind && o[0].reg == o[1].reg && t->insn->opcode == 0x90)
        return;                     /* NOP: does not even clear the upper half */
    ir_reg a = ir_temp(t->u, IR_TYPE_INT), b = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, a, x86_read_low(t, 0));
    ir_mov_to(t->u, b, x86_read_low(t, 1));
    x86_write(t, 0, b);
    x86_write(t, 1, a);
}

static void xadd(struct x86_trans *t)
{
    const struct x86_operand *o = t->insn->operand;
    ir_reg old = ir_temp(t->u, IR_TYPE_INT), sum = ir_temp(t->u, IR_TYPE_INT), flags = ir_temp(t->u, IR_TYPE_FLAGS);
    ir_reg b = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, b, x86_read_low(t, 1));
    if (t->insn->lock)
        ir_mov_to(t->u, old, ir_atomic(t->u, IR_ATOMIC_ADD, o->bits, x86_linear(t, o->bits, true), b, IR_NONE, t->mmu));
    else
        ir_mov_to(t->u, old, x86_read_modify(t, 0));
    ir_flag_op(t->u, IR_ADDS, o->bits, sum, flags, IR_NONE, old, b, 0);
    if (o[0].kind == OPERAND_MEM) {
        if (!t->insn->lock)
            x86_write(t, 0, sum);
        x86_write(t, 1, old);
    } else {
        x86_write(t, 1, old);
        x86_write(t, 0, sum);       /* last: XADD of a register with itself doubles it */
    }
    ir_mov_to(t->u, X86_FLAGS, flags);
}

/* a == b ? yes : no, all of 64 bits; a and b are zero-extended. */
static ir_reg if_equal(struct x86_trans *t, ir_reg a, ir_reg b, ir_reg yes, ir_reg no)
{
    return ir_select(t->u, IR_COND_E, 64, a, b, yes, no);
}

/* Writes a general register on equality only: else not even the upper half changes. */
static void cmpxchg_register(struct x86_trans *t, ir_reg old, ir_reg expected, ir_reg source)
{
    const struct x86_operand *o = &t->insn->operand[0];
    ir_reg gpr = x86_gpr(o->reg);
    unsigned position = o->kind == OPERAND_GPR_HIGH8 ? 8 : 0;
    ir_reg new = o->bits >= 32 ? source : ir_deposit(t->u, gpr, position, o->bits, source);
    ir_mov_to(t->u, gpr, if_equal(t, old, expected, new, gpr));
}

/* Equal: destination = source; else accumulator = destination. Memory is written in both cases. */
static void cmpxchg(struct x86_trans *t)
{
    const struct x86_operand *o = t->insn->operand;
    unsigned bits = o->bits;
    bool memory = o[0].kind == OPERAND_MEM;
    ir_reg old = ir_temp(t->u, IR_TYPE_INT), flags = ir_temp(t->u, IR_TYPE_FLAGS), accumulator = x86_gpr(R_AX);
    ir_reg source = ir_temp(t->u, IR_TYPE_INT), expected = ir_extu(t->u, bits, accumulator);
    ir_mov_to(t->u, source, x86_read(t, 1));
    if (memory && t->insn->lock) {
        ir_reg linear = x86_linear(t, bits, true);
        ir_mov_to(t->u, old, ir_atomic(t->u, IR_ATOMIC_CAS, bits, linear, expected, source, t->mmu));
    } else {
        ir_mov_to(t->u, old, memory ? x86_read_modify(t, 0) : x86_read(t, 0));
    }
    ir_flag_op(t->u, IR_SUBS, bits, ir_temp(t->u, IR_TYPE_INT), flags, IR_NONE, expected, old, 0);
    if (memory && !t->insn->lock)
        x86_write(t, 0, if_equal(t, old, expected, source, old));
    ir_reg loaded = bits >= 32 ? old : ir_deposit(t->u, accumulator, 0, bits, old);
    ir_mov_to(t->u, accumulator, if_equal(t, old, expected, accumulator, loaded));
    if (!memory)                    /* after the accumulator, which may be the same register */
        cmpxchg_register(t, old, expected, source);
    ir_mov_to(t->u, X86_FLAGS, flags);
}

static ir_reg pair(struct x86_trans *t, unsigned low, unsigned high)
{
    return ir_deposit(t->u, ir_extu(t->u, 32, x86_gpr(low)), 32, 32, x86_gpr(high));
}

static void cmpxchg8b(struct x86_trans *t)
{
    ir_reg linear = x86_linear(t, 64, true), expected = pair(t, R_AX, R_DX);
    ir_reg old = ir_atomic(t->u, IR_ATOMIC_CAS, 64, linear, expected, pair(t, R_BX, R_CX), t->mmu);
    ir_reg low = ir_extu(t->u, 32, old), high = ir_op2i(t->u, IR_SHR, 64, old, 32), zero = ir_const(t->u, 0);
    ir_reg equal = ir_select(t->u, IR_COND_E, 64, old, expected, ir_const(t->u, EFL_ZF), zero);
    low = ir_select(t->u, IR_COND_E, 64, old, expected, x86_gpr(R_AX), low);
    high = ir_select(t->u, IR_COND_E, 64, old, expected, x86_gpr(R_DX), high);
    ir_mov_to(t->u, x86_gpr(R_AX), low);
    ir_mov_to(t->u, x86_gpr(R_DX), high);
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, equal, EFL_ZF);
}

static void cmpxchg16b(struct x86_trans *t)
{
    ir_reg linear = x86_linear(t, 128, true);
    ir_brci(t->u, IR_COND_NE, 64, ir_op2i(t->u, IR_AND, 64, linear, 15), 0, x86_far_raise(t, EXC_GP, true));
    ir_reg equal = ir_call(t->u, HELPER_cmpxchg16b, linear, IR_NONE, IR_NONE, IR_NONE);
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, equal, EFL_ZF);
}

/* CBW, CWDE, CDQE */
static void cbw(struct x86_trans *t)
{
    unsigned bits = x86_bits(t);
    x86_set_reg(t, R_AX, bits, ir_exts(t->u, bits / 2, bits, x86_gpr(R_AX)));
}

/* CWD, CDQ, CQO */
static void cwd(struct x86_trans *t)
{
    unsigned bits = x86_bits(t);
    x86_set_reg(t, R_DX, bits, ir_op2i(t->u, IR_SAR, bits, x86_gpr(R_AX), bits - 1));
}

static void xlat(struct x86_trans *t)
{
    const struct x86_insn *insn = t->insn;
    ir_reg index = ir_extu(t->u, 8, x86_gpr(R_AX));
    ir_reg address = ir_lea(t->u, insn->address_bits, x86_gpr(R_BX), index, 0, 0);
    ir_reg linear = x86_segment_linear(t, insn->segment == SEG_NONE ? SEG_DS : insn->segment, address, 8, false);
    x86_set_reg(t, R_AX, 8, ir_ld(t->u, 8, linear, 0, t->mmu));
}

/* What the destination cuts off need not be computed: then the sum is as wide as the destination. */
static void lea(struct x86_trans *t)
{
    const struct x86_insn *insn = t->insn;
    const struct x86_operand *to = &insn->operand[0];
    struct x86_insn narrow = *insn;
    if (to->bits < narrow.address_bits)
        narrow.address_bits = (uint8_t)to->bits;
    t->insn = &narrow;
    ir_reg address = x86_ea(t);
    t->insn = insn;
    if (to->bits >= 32)
        ir_mov_to(t->u, x86_gpr(to->reg), address);
    else
        x86_write(t, 0, address);
}

#define TESTS_CMPXCHG(op) op " d9;" op " 0f;66 " op " 0f;f0 " op " 0f;48 " op " d9@64;48 " op " 0f@64;f0 48 " op " 0f@64;" op " c0"

static const struct x86_row rows[] = {
    { "0F C8+r", "Zv", "bswap", bswap, 0, FEAT_NONE, "0f c8@32@64;66 0f c9@16;48 0f cb@64;49 0f cf@64", 0, 0 },
    { "NFx 0F 38 F0 /r", "Gv,Mv", "movbe", movbe, 0, FEAT_MOVBE, "0f 38 f0 03;66 0f 38 f0 03;48 0f 38 f0 03@64", 0, 0 },
    { "NFx 0F 38 F1 /r", "Mv,Gv", "movbe", movbe, 0, FEAT_MOVBE, "0f 38 f1 0b;66 0f 38 f1 0b;48 0f 38 f1 0b@64", 0, 0 },
    { "0F B6 /r", "Gv,Eb", "movzx", movzx, 0, FEAT_NONE,
      "0f b6 c1;0f b6 03;66 0f b6 c5;48 0f b6 c1@64;40 0f b6 c6@64", 0, 0 },
    { "0F B7 /r", "Gv,Ew", "movzx", movzx, 0, FEAT_NONE, "0f b7 c1;0f b7 03;66 0f b7 c5;48 0f b7 03@64", 0, 0 },
    { "0F BE /r", "Gv,Eb", "movsx", movsx, 0, FEAT_NONE,
      "0f be c1;0f be 03;66 0f be c5;48 0f be c1@64;48 0f be 03@64", 0, 0 },
    { "0F BF /r", "Gv,Ew", "movsx", movsx, 0, FEAT_NONE, "0f bf c1;0f bf 03;66 0f bf c5;48 0f bf 03@64", 0, 0 },
    { "63 /r", "Gv,Ez", "movsxd", movsx, ROW_ONLY64, FEAT_NONE, "63 c1;63 03;48 63 c1;48 63 03", 0, 0 },
    { "86 /r", "Eb,Gb", "xchg", xchg, ROW_LOCK, FEAT_NONE, "86 c8;86 e5;86 0b;f0 86 0b;40 86 f7@64;86 c4", 0, 0 },
    { "87 /r", "Ev,Gv", "xchg", xchg, ROW_LOCK, FEAT_NONE,
      "87 c8;66 87 c8;87 0b;f0 87 0b;48 87 c8@64;48 87 0b@64;87 c0", 0, 0 },
    { "90+r", "Zv,rAX", "xchg", xchg, 0, FEAT_NONE, "90;66 90;91;66 93;97;48 91@64;41 90@64;49 90@64;48 90@64", 0, 0 },
    { "0F C0 /r", "Eb,Gb", "xadd", xadd, ROW_LOCK, FEAT_NONE, "0f c0 c8;0f c0 e5;0f c0 0b;f0 0f c0 0b;0f c0 c0", 0, 0 },
    { "0F C1 /r", "Ev,Gv", "xadd", xadd, ROW_LOCK, FEAT_NONE,
      "0f c1 c8;66 0f c1 c8;0f c1 0b;f0 0f c1 0b;48 0f c1 c8@64;f0 48 0f c1 0b@64;0f c1 c0", 0, 0 },
    { "0F B0 /r", "Eb,Gb", "cmpxchg", cmpxchg, ROW_LOCK, FEAT_NONE,
      "0f b0 d9;0f b0 e5;0f b0 0f;f0 0f b0 0f;0f b0 c8;0f b0 cc", 0, 0 },
    { "0F B1 /r", "Ev,Gv", "cmpxchg", cmpxchg, ROW_LOCK, FEAT_NONE, TESTS_CMPXCHG("0f b1"), 0, 0 },
    { "W0 0F C7 /1", "Mq", "cmpxchg8b", cmpxchg8b, ROW_LOCK, FEAT_CX8, "0f c7 0f;f0 0f c7 0f", 0, 0 },
    { "REX.W 0F C7 /1", "Mdq", "cmpxchg16b", cmpxchg16b, ROW_LOCK | ROW_ALIGN16, FEAT_CX16,
      "48 0f c7 0f@64;f0 48 0f c7 0f@64", 0, 0 },
    { "98", "", "cbw", cbw, 0, FEAT_NONE, "98;66 98;48 98@64", 0, 0 },
    { "99", "", "cwd", cwd, 0, FEAT_NONE, "99;66 99;48 99@64", 0, 0 },
    { "D7", "", "xlat", xlat, 0, FEAT_NONE, "d7;67 d7", 0, 0 },
    { "8D /r", "Gv,M", "lea", lea, 0, FEAT_NONE,
      "8d 0b;8d 4b 80;66 8d 4b 80;67 8d 4b 80;8d 44 8b 12@32@64;48 8d 44 cb 12@64;48 8d 05 34 12 00 00@64;8d 87 34 82@16;"
      "67 48 8d 44 cb 12@64;4f 8d 44 ef 7f@64;8d 44 cb 12@64;8d 05 34 12 00 00@64;66 8d 44 cb 12@64;8d 0d 78 56 34 12@32@64", 0, 0 },
};
X86_TABLE(bytes, rows);
