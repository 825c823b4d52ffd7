/* SPDX-License-Identifier: MIT */
/* A64: addition and subtraction, immediate, shifted and extended register, with carry (Arm ARM C4.1.92, C4.1.95). */
#include "target-arm/a64.h"

enum { SUB = 1, SET = 2 };          /* row->data */

/* d = n +- b; b may be IR_IMM. d is a register or IR_NONE. */
static void addsub(struct arm_trans *t, unsigned width, ir_reg d, ir_reg n, ir_reg b, int64_t imm)
{
    if (t->data == (SUB | SET)) {
        arm_flag_sub(t, width, d, n, b, imm);
    } else if (t->data & SET) {
        arm_flag_add(t, width, d, n, b, imm);
    } else if (b == IR_IMM) {
        ir_op2i_to(t->u, t->data & SUB ? IR_SUB : IR_ADD, width, d, n, imm);
    } else {
        ir_op2_to(t->u, t->data & SUB ? IR_SUB : IR_ADD, width, d, n, b);
    }
}

static void addsub_imm(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd'), n = arm_field(t, 'n');
    int64_t imm = (int64_t)arm_field(t, 'i') << (arm_field(t, 'h') ? 12 : 0);
    if (t->data & SET) {
        addsub(t, width, d == 31 ? IR_NONE : arm_x(d), arm_x(n), IR_IMM, imm);
        return;
    }
    addsub(t, width, arm_x(d), arm_x(n), IR_IMM, imm);
    if (d == 31 && (n != 31 || imm & 15)) {
        t->sp_aligned = false;
    }
}

static void addsub_shifted(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd');
    ir_reg b = a64_shifted(t, width, arm_field(t, 'm'), arm_field(t, 'h'), a64_amount(t));
    if (d == 31 && !(t->data & SET)) {
        return;
    }
    addsub(t, width, d == 31 ? IR_NONE : arm_x(d), a64_x(t, arm_field(t, 'n')), b, 0);
}

static void addsub_extended(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd');
    ir_reg b = a64_extended(t, arm_field(t, 'm'), arm_field(t, 'o'), arm_field(t, 'i'));
    if (t->data & SET) {
        addsub(t, width, d == 31 ? IR_NONE : arm_x(d), arm_x(arm_field(t, 'n')), b, 0);
        return;
    }
    addsub(t, width, arm_x(d), arm_x(arm_field(t, 'n')), b, 0);
    t->sp_aligned &= d != 31;
}

static void carry(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd');
    ir_reg a = a64_x(t, arm_field(t, 'n')), b = a64_x(t, arm_field(t, 'm'));
    if (t->data & SET) {
        if (t->data & SUB) {
            arm_flag_sbc(t, width, a64_out(t, d), a, b);
        } else {
            arm_flag_adc(t, width, a64_out(t, d), a, b);
        }
        return;
    }
    ir_reg value;
    if (t->data & SUB) {            /* a - b - !C */
        value = ir_op2(t->u, IR_SUB, width, a, b);
        value = ir_op2(t->u, IR_SUB, width, value, ir_setf(t->u, ARM_NZCV, IR_COND_B));
    } else {
        value = ir_op2(t->u, IR_ADD, width, a, b);
        value = ir_op2(t->u, IR_ADD, width, value, arm_carry(t));
    }
    a64_set(t, d, value);
}

#define BAD_SHIFT "h=3;s=0,I=1"
static const struct arm_row rows[] = {
    { .pattern = "s 00 100010 h iiiiiiiiiiii nnnnn ddddd", .name = "ADD (immediate)", .translate = addsub_imm,
      .data = 0 },
    { .pattern = "s 01 100010 h iiiiiiiiiiii nnnnn ddddd", .name = "ADDS (immediate)", .translate = addsub_imm,
      .data = SET },
    { .pattern = "s 10 100010 h iiiiiiiiiiii nnnnn ddddd", .name = "SUB (immediate)", .translate = addsub_imm,
      .data = SUB },
    { .pattern = "s 11 100010 h iiiiiiiiiiii nnnnn ddddd", .name = "SUBS (immediate)", .translate = addsub_imm,
      .data = SUB | SET },

    { .pattern = "s 00 01011 hh 0 mmmmm Iiiiii nnnnn ddddd", .name = "ADD (shifted register)",
      .translate = addsub_shifted,
      .data = 0, .unless = BAD_SHIFT },
    { .pattern = "s 01 01011 hh 0 mmmmm Iiiiii nnnnn ddddd", .name = "ADDS (shifted register)",
      .translate = addsub_shifted,
      .data = SET, .unless = BAD_SHIFT },
    { .pattern = "s 10 01011 hh 0 mmmmm Iiiiii nnnnn ddddd", .name = "SUB (shifted register)",
      .translate = addsub_shifted,
      .data = SUB, .unless = BAD_SHIFT },
    { .pattern = "s 11 01011 hh 0 mmmmm Iiiiii nnnnn ddddd", .name = "SUBS (shifted register)",
      .translate = addsub_shifted,
      .data = SUB | SET, .unless = BAD_SHIFT },

    { .pattern = "s 00 01011 001 mmmmm ooo iii nnnnn ddddd", .name = "ADD (extended register)",
      .translate = addsub_extended,
      .data = 0, .unless = "i=5;i=6;i=7" },
    { .pattern = "s 01 01011 001 mmmmm ooo iii nnnnn ddddd", .name = "ADDS (extended register)",
      .translate = addsub_extended, .data = SET, .unless = "i=5;i=6;i=7" },
    { .pattern = "s 10 01011 001 mmmmm ooo iii nnnnn ddddd", .name = "SUB (extended register)",
      .translate = addsub_extended,
      .data = SUB, .unless = "i=5;i=6;i=7" },
    { .pattern = "s 11 01011 001 mmmmm ooo iii nnnnn ddddd", .name = "SUBS (extended register)",
      .translate = addsub_extended, .data = SUB | SET, .unless = "i=5;i=6;i=7" },

    { .pattern = "s 00 11010000 mmmmm 000000 nnnnn ddddd", .name = "ADC", .translate = carry, .data = 0 },
    { .pattern = "s 01 11010000 mmmmm 000000 nnnnn ddddd", .name = "ADCS", .translate = carry, .data = SET },
    { .pattern = "s 10 11010000 mmmmm 000000 nnnnn ddddd", .name = "SBC", .translate = carry, .data = SUB },
    { .pattern = "s 11 11010000 mmmmm 000000 nnnnn ddddd", .name = "SBCS", .translate = carry, .data = SUB | SET },
};
ARM_TABLE(a64_addsub);
