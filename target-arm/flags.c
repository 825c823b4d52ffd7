/* SPDX-License-Identifier: MIT */
/*
 * NZCV on the IR's flags: N is SF, Z is ZF, V is OF, and CF is the inverse of C (Arm ARM, AddWithCarry: a
 * subtraction adds
 * the inverse of its operand, so its carry is "no borrow").
 */
#include "target-arm/trans.h"

void arm_flag_add(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b, int64_t imm)
{
    ir_reg value = d ? d : ir_temp(t->u, IR_TYPE_INT);
    ir_flag_op(t->u, IR_ADDNS, width, value, ARM_NZCV, IR_NONE, a, b, imm);
}

void arm_flag_sub(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b, int64_t imm)
{
    ir_flag_op(t->u, IR_SUBS, width, d, ARM_NZCV, IR_NONE, a, b, imm);
}

static ir_reg inverted_bit(struct arm_trans *t, ir_reg bit)
{
    return ir_op2i(t->u, IR_XOR, 64, bit, 1);
}

static ir_reg inverted(struct arm_trans *t, ir_reg flags)
{
    return inverted_bit(t, ir_setf(t->u, flags, IR_COND_B));
}

void arm_flag_adc(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b)
{
    ir_reg carry = ir_temp(t->u, IR_TYPE_FLAGS), sum = ir_temp(t->u, IR_TYPE_FLAGS);
    ir_fput_to(t->u, carry, inverted(t, ARM_NZCV));
    ir_reg value = ir_temp(t->u, IR_TYPE_INT);
    ir_flag_op(t->u, IR_ADCS, width, value, sum, carry, a, b, 0);
    ir_fmerge_to(t->u, ARM_NZCV, sum, inverted(t, sum), IR_CF);
    if (d) {
        ir_mov_to(t->u, d, value);
    }
}

void arm_flag_sbc(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b)
{
    ir_reg value = d ? d : ir_temp(t->u, IR_TYPE_INT);
    ir_flag_op(t->u, IR_SBBS, width, value, ARM_NZCV, ARM_NZCV, a, b, 0);
}

void arm_flag_logic(struct arm_trans *t, unsigned width, ir_reg value)
{
    ir_flag_op(t->u, IR_ANDNS, width, ir_temp(t->u, IR_TYPE_INT), ARM_NZCV, IR_NONE, value, value, 0);
}

void arm_flag_logic_carry(struct arm_trans *t, unsigned width, ir_reg value, ir_reg carry)
{
    if (carry) {
        ir_flag_op(t->u, IR_KEEPCS, width, IR_NONE, ARM_NZCV, ARM_NZCV, value, inverted_bit(t, carry), 0);
    } else {
        ir_flag_op(t->u, IR_KEEPS, width, IR_NONE, ARM_NZCV, ARM_NZCV, value, IR_NONE, 0);
    }
}

ir_reg arm_carry(struct arm_trans *t)
{
    return ir_setf(t->u, ARM_NZCV, IR_COND_AE);
}

void arm_flag_put(struct arm_trans *t, ir_reg word)
{
    struct ir_unit *u = t->u;
    ir_reg n = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 31, 1), 7);
    ir_reg z = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 30, 1), 6);
    ir_reg c = ir_op2i(u, IR_XOR, 64, ir_extract(u, word, 29, 1), 1);
    ir_reg v = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 28, 1), 11);
    ir_fput_to(u, ARM_NZCV, ir_op2(u, IR_OR, 64, ir_op2(u, IR_OR, 64, n, z), ir_op2(u, IR_OR, 64, c, v)));
}

ir_reg arm_flag_get(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg word = ir_fbits(u, ARM_NZCV);
    ir_reg n = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 7, 1), 31);
    ir_reg z = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 6, 1), 30);
    ir_reg c = ir_op2i(u, IR_SHL, 64, ir_op2i(u, IR_XOR, 64, ir_extract(u, word, 0, 1), 1), 29);
    ir_reg v = ir_op2i(u, IR_SHL, 64, ir_extract(u, word, 11, 1), 28);
    return ir_op2(u, IR_OR, 64, ir_op2(u, IR_OR, 64, n, z), ir_op2(u, IR_OR, 64, c, v));
}
