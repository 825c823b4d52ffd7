/* SPDX-License-Identifier: MIT */
/*
 * A32 data processing: immediate, register, register-shifted register (Arm ARM F4.1.3, F4.1.4), MOVW and MOVT.
 *
 * UNPREDICTABLE: R15 as a register-shifted operand reads as PC + 8; with S and Rd = 15 in User or System mode the SPSR is 0.
 */
#include "target-arm/a32.h"

static ir_reg value_of(struct arm_trans *t, enum a32_dp op, ir_reg n, const struct a32_operand *o)
{
    struct ir_unit *u = t->u;
    ir_reg m = o->is_imm ? IR_NONE : o->reg;
    switch (op) {
    case DP_TST:
    case DP_AND: return o->is_imm ? ir_op2i(u, IR_AND, 32, n, o->imm) : ir_op2(u, IR_AND, 32, n, m);
    case DP_TEQ:
    case DP_EOR: return o->is_imm ? ir_op2i(u, IR_XOR, 32, n, o->imm) : ir_op2(u, IR_XOR, 32, n, m);
    case DP_ORR: return o->is_imm ? ir_op2i(u, IR_OR, 32, n, o->imm) : ir_op2(u, IR_OR, 32, n, m);
    case DP_BIC: return o->is_imm ? ir_op2i(u, IR_AND, 32, n, ~o->imm) : ir_op2(u, IR_ANDN, 32, n, m);
    case DP_ORN: return ir_op2(u, IR_OR, 32, n, o->is_imm ? ir_const(u, ~o->imm) : ir_op1(u, IR_NOT, 32, m));
    case DP_MOV: return o->is_imm ? ir_const(u, o->imm) : ir_extu(u, 32, m);
    case DP_MVN: return o->is_imm ? ir_const(u, ~o->imm) : ir_op1(u, IR_NOT, 32, m);
    case DP_ADD: return o->is_imm ? ir_op2i(u, IR_ADD, 32, n, o->imm) : ir_op2(u, IR_ADD, 32, n, m);
    case DP_SUB: return o->is_imm ? ir_op2i(u, IR_SUB, 32, n, o->imm) : ir_op2(u, IR_SUB, 32, n, m);
    case DP_RSB: return ir_op2(u, IR_SUB, 32, a32_operand_reg(t, o), n);
    case DP_ADC: return ir_op2(u, IR_ADD, 32, ir_op2(u, IR_ADD, 32, n, a32_operand_reg(t, o)), arm_carry(t));
    case DP_SBC:
    case DP_RSC: {
        ir_reg a = op == DP_SBC ? n : a32_operand_reg(t, o), b = op == DP_SBC ? a32_operand_reg(t, o) : n;
        return ir_op2(u, IR_ADD, 32, ir_op2(u, IR_ADD, 32, a, ir_op1(u, IR_NOT, 32, b)), arm_carry(t));
    }
    default: return IR_NONE;
    }
}

static void with_flags(struct arm_trans *t, enum a32_dp op, unsigned d, ir_reg n, const struct a32_operand *o)
{
    const bool keeps = op >= DP_TST && op <= DP_CMN;
    ir_reg to = keeps ? IR_NONE : arm_x(d);
    if (a32_dp_logical(op)) {
        ir_reg value = value_of(t, op, n, o);
        arm_flag_logic_carry(t, 32, value, o->carry);
        if (!keeps)
            ir_mov_to(t->u, to, value);
        return;
    }
    switch (op) {
    case DP_CMP:
    case DP_SUB: arm_flag_sub(t, 32, to, n, o->is_imm ? IR_IMM : o->reg, (int32_t)o->imm); break;
    case DP_CMN:
    case DP_ADD: arm_flag_add(t, 32, to, n, o->is_imm ? IR_IMM : o->reg, (int32_t)o->imm); break;
    case DP_RSB: arm_flag_sub(t, 32, to, a32_operand_reg(t, o), n, 0); break;
    case DP_ADC: arm_flag_adc(t, 32, to, n, a32_operand_reg(t, o)); break;
    case DP_SBC: arm_flag_sbc(t, 32, to, n, a32_operand_reg(t, o)); break;
    default:     arm_flag_sbc(t, 32, to, a32_operand_reg(t, o), n); break;
    }
}

void a32_dp(struct arm_trans *t, enum a32_dp op, bool set_flags, unsigned d, unsigned n, const struct a32_operand *o)
{
    const bool keeps = op >= DP_TST && op <= DP_CMN;
    ir_reg rn = op == DP_MOV || op == DP_MVN ? IR_NONE : a32_get(t, n);
    if (!set_flags) {
        if (op == DP_MOV && o->is_imm) {
            a32_seti(t, d, o->imm);
        } else if (n == 15 && o->is_imm && d != 15 && (op == DP_ADD || op == DP_SUB)) {
            a32_seti(t, d, op == DP_ADD ? a32_pc(t) + o->imm : a32_pc(t) - o->imm);
        } else {
            a32_set(t, d, value_of(t, op, rn, o));
        }
    } else if (d == 15 && !keeps) {
        arm_call_void(t, HELPER_ARM_a32_return, value_of(t, op, rn, o), IR_NONE, IR_NONE, IR_NONE);
        a32_leave_exit(t);
    } else {
        with_flags(t, op, d, rn, o);
    }
}

/* data of these rows: enum a32_dp */
static bool wants_carry(const struct arm_trans *t, bool set_flags)
{
    return set_flags && a32_dp_logical((enum a32_dp)t->data);
}

static bool sets_flags(const struct arm_trans *t)
{
    return (t->data >= DP_TST && t->data <= DP_CMN) || arm_field(t, 'S');
}

static void dp_imm(struct arm_trans *t)
{
    const bool s = sets_flags(t);
    const struct a32_operand o = a32_modified_imm(t, arm_field(t, 'i'), wants_carry(t, s));
    a32_dp(t, (enum a32_dp)t->data, s, arm_field(t, 'd'), arm_field(t, 'n'), &o);
}

static void dp_reg(struct arm_trans *t)
{
    const bool s = sets_flags(t);
    const struct a32_operand o = a32_shift_imm(t, a32_get(t, arm_field(t, 'm')), (enum a32_shift)arm_field(t, 't'),
                                               arm_field(t, 'i'), wants_carry(t, s));
    a32_dp(t, (enum a32_dp)t->data, s, arm_field(t, 'd'), arm_field(t, 'n'), &o);
}

static void dp_rsr(struct arm_trans *t)
{
    const bool s = sets_flags(t);
    const struct a32_operand o = a32_shift_reg(t, a32_get(t, arm_field(t, 'm')), (enum a32_shift)arm_field(t, 't'),
                                               a32_get(t, arm_field(t, 'r')), wants_carry(t, s));
    a32_dp(t, (enum a32_dp)t->data, s, arm_field(t, 'd'), arm_field(t, 'n'), &o);
}

void a32_movw(struct arm_trans *t)
{
    a32_seti(t, arm_field(t, 'd'), arm_field(t, 'j') << 12 | arm_field(t, 'i'));
}

void a32_movt(struct arm_trans *t)
{
    const unsigned d = arm_field(t, 'd');
    ir_reg high = ir_const(t->u, arm_field(t, 'j') << 12 | arm_field(t, 'i'));
    a32_set(t, d, ir_deposit(t->u, a32_get(t, d), 16, 16, high));
}

#define DP_ROWS(bits, S, n, d, nm, op) \
    { "cccc 001 " bits " " S " " n " " d " iiiiiiiiiiii", nm, dp_imm, 0, ARM_FEATURE_NONE, op, NULL, A32_COND }, \
    { "cccc 000 " bits " " S " " n " " d " iiiii tt 0 mmmm", nm, dp_reg, 0, ARM_FEATURE_NONE, op, NULL, A32_COND }, \
    { "cccc 000 " bits " " S " " n " " d " rrrr 0 tt 1 mmmm", nm, dp_rsr, 0, ARM_FEATURE_NONE, op, NULL, A32_COND }

static const struct arm_row rows[] = {
    DP_ROWS("0000", "S", "nnnn", "dddd", "AND", DP_AND),
    DP_ROWS("0001", "S", "nnnn", "dddd", "EOR", DP_EOR),
    DP_ROWS("0010", "S", "nnnn", "dddd", "SUB", DP_SUB),
    DP_ROWS("0011", "S", "nnnn", "dddd", "RSB", DP_RSB),
    DP_ROWS("0100", "S", "nnnn", "dddd", "ADD", DP_ADD),
    DP_ROWS("0101", "S", "nnnn", "dddd", "ADC", DP_ADC),
    DP_ROWS("0110", "S", "nnnn", "dddd", "SBC", DP_SBC),
    DP_ROWS("0111", "S", "nnnn", "dddd", "RSC", DP_RSC),
    DP_ROWS("1000", "1", "nnnn", "----", "TST", DP_TST),
    DP_ROWS("1001", "1", "nnnn", "----", "TEQ", DP_TEQ),
    DP_ROWS("1010", "1", "nnnn", "----", "CMP", DP_CMP),
    DP_ROWS("1011", "1", "nnnn", "----", "CMN", DP_CMN),
    DP_ROWS("1100", "S", "nnnn", "dddd", "ORR", DP_ORR),
    DP_ROWS("1101", "S", "----", "dddd", "MOV", DP_MOV),
    DP_ROWS("1110", "S", "nnnn", "dddd", "BIC", DP_BIC),
    DP_ROWS("1111", "S", "----", "dddd", "MVN", DP_MVN),
    { "cccc 0011 0000 jjjj dddd iiiiiiiiiiii", "MOVW", a32_movw, 0, ARM_FEATURE_NONE, 0, NULL, A32_COND ";d=15" },
    { "cccc 0011 0100 jjjj dddd iiiiiiiiiiii", "MOVT", a32_movt, 0, ARM_FEATURE_NONE, 0, NULL, A32_COND ";d=15" },
};
ARM_TABLE(a32_dp);
