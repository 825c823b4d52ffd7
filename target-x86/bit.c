/* SPDX-License-Identifier: MIT */
/*
 * Bit instructions: BT BTS BTR BTC, BSF BSR TZCNT LZCNT POPCNT (SDM volume 2).
 *
 * BT* change CF alone (OF, SF, AF, PF are undefined and stay). BSF and BSR of 0 leave the destination as it was, which
 * the SDM calls undefined, AMD's manual defines and software relies on; their undefined flags are those of AND.
 */
#include "target-x86/integer.h"

enum { UNDEFINED_BT = EFL_OF | EFL_SF | EFL_AF | EFL_PF };
enum bit_action { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };

/* BT* Ev,Gv with memory: a bit string, the register is a signed bit offset from the operand's address. */
static ir_reg string_linear(struct x86_trans *t, ir_reg offset, bool write)
{
    const struct x86_insn *insn = t->insn;
    unsigned bits = insn->operand[0].bits, bytes_shift = bits == 16 ? 1 : bits == 32 ? 2 : 3;
    ir_reg words = ir_op2i(t->u, IR_SAR, 64, ir_exts(t->u, bits, 64, offset), bytes_shift + 3);
    ir_reg address = ir_lea(t->u, insn->address_bits, x86_ea(t), words, bytes_shift, 0);
    return x86_segment_linear(t, insn->segment == SEG_NONE ? insn->default_segment : insn->segment, address, bits,
                              write);
}

static ir_reg bit_apply(struct x86_trans *t, enum bit_action action, unsigned bits, ir_reg value, ir_reg mask)
{
    switch (action) {
    case BIT_SET: return ir_op2(t->u, IR_OR, bits, value, mask);
    case BIT_RESET: return ir_op2(t->u, IR_ANDN, bits, value, mask);
    default: return ir_op2(t->u, IR_XOR, bits, value, mask);
    }
}

static ir_reg bit_locked(struct x86_trans *t, enum bit_action action, unsigned bits, ir_reg linear, ir_reg mask)
{
    if (action == BIT_RESET)
        return ir_atomic(t->u, IR_ATOMIC_AND, bits, linear, ir_op1(t->u, IR_NOT, 64, mask), IR_NONE, t->mmu);
    return ir_atomic(t->u, action == BIT_SET ? IR_ATOMIC_OR : IR_ATOMIC_XOR, bits, linear, mask, IR_NONE, t->mmu);
}

static void bt(struct x86_trans *t)
{
    enum bit_action action = (enum bit_action)t->insn->row->data;
    const struct x86_operand *o = &t->insn->operand[0], *index = &t->insn->operand[1];
    unsigned bits = o->bits;
    bool memory = o->kind == OPERAND_MEM, immediate = index->kind == OPERAND_IMM, result_wanted = action != BIT_TEST;
    ir_reg linear = IR_NONE, old, result = IR_NONE;
    ir_reg bit = immediate ? ir_const(t->u, (uint64_t)index->value & (bits - 1)) : x86_read_low(t, 1);
    ir_reg mask = action == BIT_TEST ? IR_NONE : ir_op2(t->u, IR_SHL, bits, ir_const(t->u, 1), bit);
    if (memory)
        linear = immediate ? x86_linear(t, bits, action != BIT_TEST) : string_linear(t, bit, action != BIT_TEST);
    if (t->insn->lock)
        old = bit_locked(t, action, bits, linear, mask);
    else
        old = !memory ? x86_gpr(o->reg) : result_wanted ? ir_ld_modify(t->u, bits, linear, 0, t->mmu)
              : ir_ld(t->u, bits, linear, 0, t->mmu);
    ir_reg carry = ir_op2i(t->u, IR_AND, 64, ir_op2(t->u, IR_SHR, bits, old, bit), 1);
    if (action != BIT_TEST && !t->insn->lock)
        result = bit_apply(t, action, bits, old, mask);
    if (result && memory)
        ir_st(t->u, bits, linear, 0, result, t->mmu);
    else if (result)
        x86_set_reg(t, o->reg, bits, result);
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, carry, EFL_CF);
}

/* BSF, BSR: data = 1 for BSR. */
static void bsf(struct x86_trans *t)
{
    const struct x86_operand *o = &t->insn->operand[0];
    ir_reg source = x86_read_low(t, 1), found, zero = ir_const(t->u, 0);
    if (t->insn->row->data)
        found = ir_op2(t->u, IR_XOR, 64, ir_op1(t->u, IR_CLZ, o->bits, source), ir_const(t->u, o->bits - 1));
    else
        found = ir_op1(t->u, IR_CTZ, o->bits, source);
    ir_reg flags = ir_temp(t->u, IR_TYPE_FLAGS);
    ir_flag_op(t->u, IR_ANDS, o->bits, IR_NONE, flags, IR_NONE, source, source, 0);
    if (o->bits == 32)              /* the whole 64-bit register stays */
        ir_mov_to(t->u, x86_gpr(o->reg), ir_select(t->u, IR_COND_E, 64, ir_extu(t->u, 32, source), zero,
                                                   x86_gpr(o->reg), found));
    else
        x86_write(t, 0, ir_select(t->u, IR_COND_E, o->bits, source, zero, x86_gpr(o->reg), found));
    ir_mov_to(t->u, X86_FLAGS, flags);
}

/* TZCNT, LZCNT: CF = the source is 0, ZF = the result is; data = IR op. */
static void count_zeros(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read_low(t, 1), zero = ir_const(t->u, 0);
    ir_reg count = ir_op1(t->u, (enum ir_op)t->insn->row->data, bits, source);
    ir_reg carry = ir_select(t->u, IR_COND_E, bits, source, zero, ir_const(t->u, EFL_CF), zero);
    ir_reg is_zero = ir_select(t->u, IR_COND_E, bits, count, zero, ir_const(t->u, EFL_ZF), zero);
    ir_reg word = ir_op2(t->u, IR_OR, 64, carry, is_zero);
    x86_write(t, 0, count);
    ir_fput_to(t->u, X86_FLAGS, word);
}

static void popcnt(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg source = x86_read_low(t, 1), zero = ir_const(t->u, 0);
    ir_reg word = ir_select(t->u, IR_COND_E, bits, source, zero, ir_const(t->u, EFL_ZF), zero);
    x86_write(t, 0, ir_op1(t->u, IR_POPCNT, bits, source));
    ir_fput_to(t->u, X86_FLAGS, word);
}

#define TESTS_BT(op) op " c8;" op " 0b;66 " op " c8;66 " op " 4b 04;48 " op " c8@64;48 " op " 0b@64"
#define TESTS_BT_LOCK(op) TESTS_BT(op) ";f0 " op " 0b;f0 48 " op " 0b@64"
#define TESTS_BT_IMM(r, m) "0f ba " r " 05;0f ba " m " 1f;66 0f ba " r " 8f;48 0f ba " r " 3e@64"
#define TESTS_SCAN(op) op " c1;" op " 03;66 " op " c1;48 " op " c1@64"
#define TESTS_COUNT(op) "f3 0f " op " c1;f3 0f " op " 03;66 f3 0f " op " c1;f3 48 0f " op " c1@64"

static const struct x86_row rows[] = {
    { "0F A3 /r", "Ev,Gv", "bt", bt, 0, FEAT_NONE, TESTS_BT("0f a3"), UNDEFINED_BT, BIT_TEST },
    { "0F AB /r", "Ev,Gv", "bts", bt, ROW_LOCK, FEAT_NONE, TESTS_BT_LOCK("0f ab"), UNDEFINED_BT, BIT_SET },
    { "0F B3 /r", "Ev,Gv", "btr", bt, ROW_LOCK, FEAT_NONE, TESTS_BT_LOCK("0f b3"), UNDEFINED_BT, BIT_RESET },
    { "0F BB /r", "Ev,Gv", "btc", bt, ROW_LOCK, FEAT_NONE, TESTS_BT_LOCK("0f bb"), UNDEFINED_BT, BIT_COMPLEMENT },
    { "0F BA /4 ib", "Ev,Ib", "bt", bt, 0, FEAT_NONE, TESTS_BT_IMM("e1", "23"), UNDEFINED_BT, BIT_TEST },
    { "0F BA /5 ib", "Ev,Ib", "bts", bt, ROW_LOCK, FEAT_NONE,
      TESTS_BT_IMM("e9", "2b") ";f0 0f ba 2b 05", UNDEFINED_BT, BIT_SET },
    { "0F BA /6 ib", "Ev,Ib", "btr", bt, ROW_LOCK, FEAT_NONE,
      TESTS_BT_IMM("f1", "33") ";f0 0f ba 33 05", UNDEFINED_BT, BIT_RESET },
    { "0F BA /7 ib", "Ev,Ib", "btc", bt, ROW_LOCK, FEAT_NONE,
      TESTS_BT_IMM("f9", "3b") ";f0 0f ba 3b 05", UNDEFINED_BT, BIT_COMPLEMENT },
    { "0F BC /r", "Gv,Ev", "bsf", bsf, 0, FEAT_NONE, TESTS_SCAN("0f bc"), EFL_ARITHMETIC & ~EFL_ZF, 0 },
    { "0F BD /r", "Gv,Ev", "bsr", bsf, 0, FEAT_NONE, TESTS_SCAN("0f bd"), EFL_ARITHMETIC & ~EFL_ZF, 1 },
    { "F3 0F BC /r", "Gv,Ev", "tzcnt", count_zeros, 0, FEAT_BMI1,
      TESTS_COUNT("bc"), EFL_OF | EFL_SF | EFL_PF | EFL_AF, IR_CTZ },
    { "F3 0F BD /r", "Gv,Ev", "lzcnt", count_zeros, 0, FEAT_LZCNT,
      TESTS_COUNT("bd"), EFL_OF | EFL_SF | EFL_PF | EFL_AF, IR_CLZ },
    { "F3 0F B8 /r", "Gv,Ev", "popcnt", popcnt, 0, FEAT_POPCNT, TESTS_COUNT("b8"), 0, 0 },
};
X86_TABLE(bit, rows);
