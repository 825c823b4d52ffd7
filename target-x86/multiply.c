/* SPDX-License-Identifier: MIT */
/*
 * Multiplication and division: MUL IMUL DIV IDIV (SDM volume 2).
 *
 * MUL and IMUL leave SF, ZF, AF and PF undefined; here they follow IR MULS (IMUL) or are cleared (MUL). DIV and IDIV
 * leave all flags undefined; here they stay. #DE for a zero divisor or a quotient that does not fit is raised by helpers.
 */
#include "target-x86/helpers.h"
#include "target-x86/integer.h"

enum { UNDEFINED_MUL = EFL_SF | EFL_ZF | EFL_AF | EFL_PF };

/* The accumulator pair of a product or dividend of 2 * bits, for bits up to 32: AX, DX:AX, EDX:EAX. */
static void pair_write(struct x86_trans *t, unsigned bits, ir_reg value)
{
    if (bits == 8) {
        x86_set_reg(t, R_AX, 16, value);
        return;
    }
    x86_set_reg(t, R_DX, bits, ir_op2i(t->u, IR_SHR, 64, value, bits));
    x86_set_reg(t, R_AX, bits, value);
}

static ir_reg pair_read(struct x86_trans *t, unsigned bits)
{
    if (bits == 8)
        return ir_extu(t->u, 16, x86_gpr(R_AX));
    return ir_deposit(t->u, ir_extu(t->u, bits, x86_gpr(R_AX)), bits, bits, x86_gpr(R_DX));
}

/* CF = OF = the high half is not zero. */
static void flags_of_high(struct x86_trans *t, ir_reg high)
{
    ir_reg set = ir_const(t->u, EFL_CF | EFL_OF), clear = ir_const(t->u, 0);
    ir_fput_to(t->u, X86_FLAGS, ir_select(t->u, IR_COND_NE, 64, high, clear, set, clear));
}

static void mul(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg b = x86_read(t, 0), a = x86_get_reg(t, R_AX, bits), high;
    if (bits == 64) {
        ir_reg low = ir_op2(t->u, IR_MUL, 64, a, b);
        high = ir_op2(t->u, IR_MULUH, 64, a, b);
        ir_mov_to(t->u, x86_gpr(R_AX), low);
        ir_mov_to(t->u, x86_gpr(R_DX), high);
    } else {
        ir_reg product = ir_op2(t->u, IR_MUL, 64, a, b);
        high = ir_op2i(t->u, IR_SHR, 64, product, bits);
        pair_write(t, bits, product);
    }
    flags_of_high(t, high);
}

static void imul(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    ir_reg b = x86_read(t, 0), a = x86_gpr(R_AX);
    ir_reg flags = ir_temp(t->u, IR_TYPE_FLAGS), low = ir_temp(t->u, IR_TYPE_INT);
    ir_flag_op(t->u, IR_MULS, bits, low, flags, IR_NONE, a, b, 0);
    if (bits == 64) {
        ir_reg high = ir_op2(t->u, IR_MULSH, 64, a, b);
        ir_mov_to(t->u, x86_gpr(R_AX), low);
        ir_mov_to(t->u, x86_gpr(R_DX), high);
    } else {
        pair_write(t, bits, ir_op2(t->u, IR_MUL, 64, ir_exts(t->u, bits, 64, a), ir_exts(t->u, bits, 64, b)));
    }
    ir_mov_to(t->u, X86_FLAGS, flags);
}

/* IMUL Gv,Ev and Gv,Ev,I */
static void imul_register(struct x86_trans *t)
{
    const struct x86_operand *o = t->insn->operand;
    bool three = t->insn->operand_count == 3;
    ir_reg b = x86_read_low(t, 1), a = three ? b : x86_read_low(t, 0);
    if (o->bits >= 32) {
        ir_flag_op(t->u, IR_MULS, o->bits, x86_gpr(o->reg), X86_FLAGS, IR_NONE, a, three ? IR_IMM : b, o[2].value);
        return;
    }
    ir_reg result = ir_temp(t->u, IR_TYPE_INT);
    ir_flag_op(t->u, IR_MULS, 16, result, X86_FLAGS, IR_NONE, a, three ? ir_const(t->u, (uint64_t)o[2].value) : b, 0);
    x86_write(t, 0, result);
}

/* DIV, IDIV: data = 1 for signed. */
static void divide(struct x86_trans *t)
{
    bool is_signed = t->insn->row->data;
    unsigned bits = t->insn->operand[0].bits;
    ir_reg divisor = x86_read(t, 0);
    if (bits == 64) {
        ir_reg quotient = ir_call(t->u, is_signed ? HELPER_idiv64 : HELPER_div64, x86_gpr(R_AX), x86_gpr(R_DX),
                                  divisor, IR_NONE);
        ir_reg rest = ir_op2(t->u, IR_SUB, 64, x86_gpr(R_AX), ir_op2(t->u, IR_MUL, 64, quotient, divisor));
        ir_mov_to(t->u, x86_gpr(R_AX), quotient);
        ir_mov_to(t->u, x86_gpr(R_DX), rest);
    } else {
        pair_write(t, bits, ir_call(t->u, is_signed ? HELPER_idiv : HELPER_div, pair_read(t, bits), divisor,
                                    ir_const(t->u, bits), IR_NONE));
    }
}

static const struct x86_row rows[] = {
    { "F6 /4", "Eb", "mul", mul, 0, FEAT_NONE, "f6 e1;f6 e6;f6 23;41 f6 e1@64", UNDEFINED_MUL, 0 },
    { "F7 /4", "Ev", "mul", mul, 0, FEAT_NONE, "f7 e1;66 f7 e3;f7 23;f7 e2;48 f7 e1@64;48 f7 23@64", UNDEFINED_MUL, 0 },
    { "F6 /5", "Eb", "imul", imul, 0, FEAT_NONE, "f6 e9;f6 ee;f6 2b;41 f6 e9@64", UNDEFINED_MUL, 0 },
    { "F7 /5", "Ev", "imul", imul, 0, FEAT_NONE,
      "f7 e9;66 f7 eb;f7 2b;f7 ea;48 f7 e9@64;48 f7 2b@64", UNDEFINED_MUL, 0 },
    { "0F AF /r", "Gv,Ev", "imul", imul_register, 0, FEAT_NONE,
      "0f af c1;66 0f af c1;0f af 0b;48 0f af c1@64", UNDEFINED_MUL, 0 },
    { "69 /r iz", "Gv,Ev,Iz", "imul", imul_register, 0, FEAT_NONE,
      "69 c1 34 82@16;69 c1 78 56 34 82@32@64;66 69 0b 34 12@32@64;48 69 c1 78 56 34 82@64", UNDEFINED_MUL, 0 },
    { "6B /r ib", "Gv,Ev,sIb", "imul", imul_register, 0, FEAT_NONE,
      "6b c1 85;66 6b c1 03;6b 0b 7f;48 6b c1 80@64", UNDEFINED_MUL, 0 },
    { "F6 /6", "Eb", "div", divide, 0, FEAT_NONE, "f6 f1;f6 f7;f6 33;41 f6 f1@64", EFL_ARITHMETIC, 0 },
    { "F7 /6", "Ev", "div", divide, 0, FEAT_NONE, "f7 f1;66 f7 f3;f7 33;48 f7 f1@64;48 f7 33@64", EFL_ARITHMETIC, 0 },
    { "F6 /7", "Eb", "idiv", divide, 0, FEAT_NONE, "f6 f9;f6 ff;f6 3b;41 f6 f9@64", EFL_ARITHMETIC, 1 },
    { "F7 /7", "Ev", "idiv", divide, 0, FEAT_NONE, "f7 f9;66 f7 fb;f7 3b;48 f7 f9@64;48 f7 3b@64", EFL_ARITHMETIC, 1 },
};
X86_TABLE(multiply, rows);
