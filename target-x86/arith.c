/* SPDX-License-Identifier: MIT */
/*
 * Integer addition and subtraction: ADD ADC SUB SBB CMP INC DEC NEG ADCX ADOX (SDM volume 2).
 *
 * A locked form is one atomic operation on memory that gives the old value; the flags are computed from it.
 */
#include "target-x86/integer.h"

void x86_rmw_flags(struct x86_trans *t, enum ir_op op, ir_reg fin, ir_reg b, int64_t imm)
{
    const struct x86_operand *o = &t->insn->operand[0];
    if (o->kind == OPERAND_GPR && o->bits >= 32) {
        ir_flag_op(t->u, op, o->bits, x86_gpr(o->reg), X86_FLAGS, fin, x86_gpr(o->reg), b, imm);
        return;
    }
    ir_reg a = x86_read_modify(t, 0), result = ir_temp(t->u, IR_TYPE_INT);
    ir_reg flags = o->kind == OPERAND_MEM ? ir_temp(t->u, IR_TYPE_FLAGS) : X86_FLAGS;
    ir_flag_op(t->u, op, o->bits, result, flags, fin, a, b, imm);
    x86_write(t, 0, result);
    if (flags != X86_FLAGS)
        ir_mov_to(t->u, X86_FLAGS, flags);
}

static ir_reg carry_in(struct x86_trans *t, enum ir_op op)
{
    return op == IR_ADCS || op == IR_SBBS ? X86_FLAGS : IR_NONE;
}

static enum ir_op atomic_of(enum ir_op op)
{
    switch (op) {
    case IR_ANDS: return IR_ATOMIC_AND;
    case IR_ORS: return IR_ATOMIC_OR;
    case IR_XORS: return IR_ATOMIC_XOR;
    default: return IR_ATOMIC_ADD;
    }
}

static void alu_locked(struct x86_trans *t, enum ir_op op)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg linear = x86_linear(t, bits, true), b = x86_read_low(t, 1), change = b;
    if (carry_in(t, op))
        change = ir_op2(t->u, IR_ADD, 64, b, ir_setf(t->u, X86_FLAGS, IR_COND_B));
    if (op == IR_SUBS || op == IR_SBBS)
        change = ir_op1(t->u, IR_NEG, 64, change);
    ir_reg old = ir_atomic(t->u, atomic_of(op), bits, linear, change, IR_NONE, t->mmu);
    ir_flag_op(t->u, op, bits, ir_temp(t->u, IR_TYPE_INT), X86_FLAGS, carry_in(t, op), old, b, 0);
}

void x86_alu(struct x86_trans *t)
{
    enum ir_op op = (enum ir_op)t->insn->row->data;
    const struct x86_operand *source = &t->insn->operand[1];
    if (t->insn->lock) {
        alu_locked(t, op);
        return;
    }
    bool immediate = source->kind == OPERAND_IMM;
    x86_rmw_flags(t, op, carry_in(t, op), immediate ? IR_IMM : x86_read_low(t, 1), source->value);
}

void x86_alu_compare(struct x86_trans *t)
{
    const struct x86_operand *source = &t->insn->operand[1];
    ir_reg a = x86_read_low(t, 0), b = source->kind == OPERAND_IMM ? IR_IMM : x86_read_low(t, 1);
    ir_flag_op(t->u, (enum ir_op)t->insn->row->data, t->insn->operand[0].bits, IR_NONE, X86_FLAGS, IR_NONE, a, b,
               source->value);
}

/* INC, DEC: CF stays. */
static void inc(struct x86_trans *t)
{
    enum ir_op op = (enum ir_op)t->insn->row->data;
    unsigned bits = t->insn->operand[0].bits;
    if (!t->insn->lock) {
        x86_rmw_flags(t, op, X86_FLAGS, IR_NONE, 0);
        return;
    }
    ir_reg linear = x86_linear(t, bits, true), one = ir_const(t->u, op == IR_INCS ? 1 : UINT64_MAX);
    ir_reg old = ir_atomic(t->u, IR_ATOMIC_ADD, bits, linear, one, IR_NONE, t->mmu);
    ir_flag_op(t->u, op, bits, ir_temp(t->u, IR_TYPE_INT), X86_FLAGS, X86_FLAGS, old, IR_NONE, 0);
}

/* LOCK NEG: no atomic operation does it, so compare and swap until nobody came between. */
static ir_reg neg_locked(struct x86_trans *t, unsigned bits)
{
    unsigned again = ir_new_label(t->u);
    ir_reg linear = x86_linear(t, bits, true), old = ir_temp(t->u, IR_TYPE_INT), expected = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, old, ir_ld_modify(t->u, bits, linear, 0, t->mmu));
    ir_label(t->u, again);
    ir_mov_to(t->u, expected, old);
    ir_reg negated = ir_op1(t->u, IR_NEG, bits, expected);
    ir_mov_to(t->u, old, ir_atomic(t->u, IR_ATOMIC_CAS, bits, linear, expected, negated, t->mmu));
    ir_brc(t->u, IR_COND_NE, bits, old, expected, again);
    return old;
}

static void neg(struct x86_trans *t)
{
    const struct x86_operand *o = &t->insn->operand[0];
    if (t->insn->lock) {
        ir_reg old = neg_locked(t, o->bits);
        ir_flag_op(t->u, IR_SUBS, o->bits, ir_temp(t->u, IR_TYPE_INT), X86_FLAGS, IR_NONE, ir_const(t->u, 0), old, 0);
        return;
    }
    ir_reg a = x86_read_modify(t, 0), result = ir_temp(t->u, IR_TYPE_INT);
    ir_reg flags = o->kind == OPERAND_MEM ? ir_temp(t->u, IR_TYPE_FLAGS) : X86_FLAGS;
    ir_flag_op(t->u, IR_SUBS, o->bits, result, flags, IR_NONE, ir_const(t->u, 0), a, 0);
    x86_write(t, 0, result);
    if (flags != X86_FLAGS)
        ir_mov_to(t->u, X86_FLAGS, flags);
}

/* ADCX and ADOX: add with carry in and out in CF or OF alone; data = that flag. */
static void adcx(struct x86_trans *t)
{
    uint32_t flag = (uint32_t)t->insn->row->data;
    unsigned bits = t->insn->operand[0].bits;
    ir_reg b = x86_read(t, 1), a = x86_read(t, 0), carry;
    ir_reg sum = ir_op2(t->u, IR_ADD, 64, a, b);
    ir_reg total = ir_op2(t->u, IR_ADD, 64, sum, ir_setf(t->u, X86_FLAGS, flag == EFL_CF ? IR_COND_B : IR_COND_O));
    if (bits == 32)
        carry = ir_extract(t->u, total, 32, 1);
    else
        carry = ir_op2(t->u, IR_OR, 64, ir_setc(t->u, IR_COND_B, 64, sum, b), ir_setc(t->u, IR_COND_B, 64, total, sum));
    x86_write(t, 0, total);
    if (flag == EFL_OF)
        carry = ir_op2i(t->u, IR_SHL, 64, carry, 11);
    ir_fmerge_to(t->u, X86_FLAGS, X86_FLAGS, carry, flag);
}

static const struct x86_row rows[] = {
    X86_ALU_ROWS("add", "00", "01", "02", "03", "04", "05", "0", "c1", "03",
                 x86_alu, ROW_LOCK, 0, IR_ADDS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("adc", "10", "11", "12", "13", "14", "15", "2", "d1", "13",
                 x86_alu, ROW_LOCK, 0, IR_ADCS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("sbb", "18", "19", "1A", "1B", "1C", "1D", "3", "d9", "1b",
                 x86_alu, ROW_LOCK, 0, IR_SBBS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("sub", "28", "29", "2A", "2B", "2C", "2D", "5", "e9", "2b",
                 x86_alu, ROW_LOCK, 0, IR_SUBS, X86_ALU_LOCK8, X86_ALU_LOCK),
    X86_ALU_ROWS("cmp", "38", "39", "3A", "3B", "3C", "3D", "7", "f9", "3b",
                 x86_alu_compare, 0, 0, IR_SUBS, X86_ALU_NO_LOCK, X86_ALU_NO_LOCK),
    { "FE /0", "Eb", "inc", inc, ROW_LOCK, FEAT_NONE, "fe c0;fe c4;fe 03;f0 fe 03;41 fe c1@64", 0, IR_INCS },
    { "FE /1", "Eb", "dec", inc, ROW_LOCK, FEAT_NONE, "fe c8;fe cc;fe 0b;f0 fe 0b;41 fe c9@64", 0, IR_DECS },
    { "FF /0", "Ev", "inc", inc, ROW_LOCK, FEAT_NONE,
      "ff c0;66 ff c3;ff 03;66 f0 ff 03;48 ff c0@64;f0 48 ff 03@64", 0, IR_INCS },
    { "FF /1", "Ev", "dec", inc, ROW_LOCK, FEAT_NONE,
      "ff c8;66 ff cb;ff 0b;66 f0 ff 0b;48 ff c8@64;f0 48 ff 0b@64", 0, IR_DECS },
    { "40+r", "Zv", "inc", inc, ROW_NO64, FEAT_NONE, "40;41;66 42;47", 0, IR_INCS },
    { "48+r", "Zv", "dec", inc, ROW_NO64, FEAT_NONE, "48;49;66 4a;4f", 0, IR_DECS },
    { "F6 /3", "Eb", "neg", neg, ROW_LOCK, FEAT_NONE, "f6 d8;f6 dc;f6 1b;f0 f6 1b;41 f6 d9@64", 0, 0 },
    { "F7 /3", "Ev", "neg", neg, ROW_LOCK, FEAT_NONE,
      "f7 d8;66 f7 db;f7 1b;f0 f7 1b;48 f7 d8@64;f0 48 f7 1b@64", 0, 0 },
    { "66 0F 38 F6 /r", "Gy,Ey", "adcx", adcx, 0, FEAT_ADX,
      "66 0f 38 f6 c1;66 0f 38 f6 0b;66 48 0f 38 f6 c1@64", 0, EFL_CF },
    { "F3 0F 38 F6 /r", "Gy,Ey", "adox", adcx, 0, FEAT_ADX,
      "f3 0f 38 f6 c1;f3 0f 38 f6 0b;f3 48 0f 38 f6 c1@64", 0, EFL_OF },
};
X86_TABLE(arith, rows);
