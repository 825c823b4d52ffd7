/* SPDX-License-Identifier: MIT */
/* The second operand of data processing: immediates and shifts with their carry (Arm ARM F2.4.2, F2.4.3, pseudocode Shift_C). */
#include "target-arm/a32.h"

struct a32_operand a32_imm(uint32_t imm)
{
    return (struct a32_operand){ .is_imm = true, .imm = imm };
}

static struct a32_operand imm_with_carry(struct arm_trans *t, uint32_t imm, bool carry)
{
    struct a32_operand o = a32_imm(imm);
    if (carry)
        o.carry = ir_const(t->u, imm >> 31);
    return o;
}

struct a32_operand a32_modified_imm(struct arm_trans *t, uint32_t imm12, bool carry)
{
    const unsigned turn = imm12 >> 8 << 1, imm8 = imm12 & 0xff;
    if (!turn)
        return a32_imm(imm8);
    return imm_with_carry(t, imm8 >> turn | imm8 << (32 - turn), carry);
}

/* i:imm3:imm8. UNPREDICTABLE when a replicated byte is 0: gives 0. */
struct a32_operand t32_modified_imm(struct arm_trans *t, uint32_t imm12, bool carry)
{
    const uint32_t imm8 = imm12 & 0xff;
    switch (imm12 >> 8) {
    case 0: return a32_imm(imm8);
    case 1: return a32_imm(imm8 << 16 | imm8);
    case 2: return a32_imm(imm8 << 24 | imm8 << 8);
    case 3: return a32_imm(imm8 * 0x01010101u);
    }
    const unsigned turn = imm12 >> 7;
    const uint32_t value = 0x80 | (imm12 & 0x7f);
    return imm_with_carry(t, value >> turn | value << (32 - turn), carry);
}

static struct a32_operand reg_operand(ir_reg reg, ir_reg carry)
{
    return (struct a32_operand){ .reg = reg, .carry = carry };
}

static ir_reg bit(struct arm_trans *t, ir_reg value, unsigned n, bool wanted)
{
    return wanted ? ir_extract(t->u, value, n, 1) : IR_NONE;
}

static struct a32_operand rotate_extend(struct arm_trans *t, ir_reg value, bool carry)
{
    ir_reg low = ir_op2i(t->u, IR_SHR, 32, value, 1);
    ir_reg high = ir_op2i(t->u, IR_SHL, 32, arm_carry(t), 31);
    return reg_operand(ir_op2(t->u, IR_OR, 32, low, high), bit(t, value, 0, carry));
}

struct a32_operand a32_shift_imm(struct arm_trans *t, ir_reg value, enum a32_shift type, unsigned amount, bool carry)
{
    switch (type) {
    case SHIFT_LSL:
        if (!amount)
            return reg_operand(value, IR_NONE);
        return reg_operand(ir_op2i(t->u, IR_SHL, 32, value, amount), bit(t, value, 32 - amount, carry));
    case SHIFT_LSR:
        if (!amount)
            return reg_operand(ir_const(t->u, 0), bit(t, value, 31, carry));
        return reg_operand(ir_op2i(t->u, IR_SHR, 32, value, amount), bit(t, value, amount - 1, carry));
    case SHIFT_ASR:
        return reg_operand(ir_op2i(t->u, IR_SAR, 32, value, amount ? amount : 31), bit(t, value, amount ? amount - 1 : 31, carry));
    default:
        if (!amount)
            return rotate_extend(t, value, carry);
        return reg_operand(ir_op2i(t->u, IR_ROR, 32, value, amount), bit(t, value, amount - 1, carry));
    }
}

/* The carry of a shift whose amount may be 0, where C stays. */
static ir_reg carry_unless_zero(struct arm_trans *t, ir_reg amount, ir_reg shifted)
{
    return ir_select(t->u, IR_COND_E, 32, amount, ir_const(t->u, 0), arm_carry(t), shifted);
}

/* The low byte of amount counts. 64-bit shifts by at most 63 give what shifts by up to 255 give. */
struct a32_operand a32_shift_reg(struct arm_trans *t, ir_reg value, enum a32_shift type, ir_reg amount, bool carry)
{
    struct ir_unit *u = t->u;
    amount = ir_op2i(u, IR_AND, 32, amount, 0xff);
    ir_reg most = ir_const(u, 63), result, out = IR_NONE;
    ir_reg count = type == SHIFT_ROR ? amount : ir_select(u, IR_COND_A, 32, amount, most, most, amount);
    ir_reg wide = type == SHIFT_ASR ? ir_exts(u, 32, 64, value) : ir_extu(u, 32, value);
    switch (type) {
    case SHIFT_LSL:
        wide = ir_op2(u, IR_SHL, 64, wide, count);
        result = ir_extu(u, 32, wide);
        out = bit(t, wide, 32, carry);
        break;
    case SHIFT_ROR:
        result = ir_op2(u, IR_ROR, 32, value, count);
        out = bit(t, result, 31, carry);
        break;
    default: {
        const enum ir_op op = type == SHIFT_ASR ? IR_SAR : IR_SHR;
        result = ir_extu(u, 32, ir_op2(u, op, 64, wide, count));
        if (carry)
            out = bit(t, ir_op2(u, op, 64, ir_op2i(u, IR_SHL, 64, wide, 1), count), 0, true);
    }
    }
    return reg_operand(result, carry ? carry_unless_zero(t, amount, out) : IR_NONE);
}

ir_reg a32_operand_reg(struct arm_trans *t, const struct a32_operand *o)
{
    return o->is_imm ? ir_const(t->u, o->imm) : o->reg;
}
