/* SPDX-License-Identifier: MIT */
/* A64: logical instructions, immediate and shifted register (Arm ARM C4.1.92, C4.1.95). */
#include "target-arm/a64.h"

enum { AND = 0, ORR = 1, EOR = 2, ANDS = 3, INVERT = 4 };       /* row->data */

bool a64_bitmask(unsigned n, unsigned imms, unsigned immr, unsigned width, uint64_t *mask)
{
    unsigned key = n << 6 | (~imms & 0x3f);
    if (key < 2) {                  /* no element size, or one of 1 bit */
        return false;
    }
    unsigned length = 31 - (unsigned)__builtin_clz(key), size = 1u << length, levels = size - 1;
    unsigned ones = (imms & levels) + 1, rotate = immr & levels;
    if (ones == size || size > width) {
        return false;
    }
    uint64_t element = (1ull << ones) - 1;
    if (rotate) {
        uint64_t cut = size == 64 ? ~0ull : (1ull << size) - 1;
        element = (element >> rotate | element << (size - rotate)) & cut;
    }
    for (; size < 64; size *= 2) {
        element |= element << size;
    }
    *mask = width == 64 ? element : (uint32_t)element;
    return true;
}

static void logic_imm(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd');
    ir_reg n = a64_x(t, arm_field(t, 'n'));
    uint64_t mask;
    if (!a64_bitmask(arm_field(t, 'N'), arm_field(t, 'S'), arm_field(t, 'r'), width, &mask)) {
        arm_gen_undefined(t);
        return;
    }
    if (t->data == ANDS) {
        ir_reg b = ir_const(t->u, mask);
        ir_flag_op(t->u, IR_ANDNS, width, d == 31 ? IR_NONE : arm_x(d), ARM_NZCV, IR_NONE, n, b, 0);
        return;
    }
    enum ir_op op = t->data == AND ? IR_AND : t->data == ORR ? IR_OR : IR_XOR;
    a64_set_sp(t, d, ir_op2(t->u, op, width, n, ir_const(t->u, mask)), 1);
}

static void logic_shifted(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd'), n = arm_field(t, 'n'), m = arm_field(t, 'm');
    unsigned what = (unsigned)t->data & 3;
    ir_reg b = a64_shifted(t, width, m, arm_field(t, 'h'), a64_amount(t));
    if (what == ORR && n == 31) {   /* MOV, MVN */
        a64_set(t, d, t->data & INVERT ? ir_op1(t->u, IR_NOT, width, b) : ir_extu(t->u, width, b));
        return;
    }
    ir_reg a = a64_x(t, n);
    if (what == ANDS) {
        b = t->data & INVERT ? ir_op1(t->u, IR_NOT, width, b) : b;
        ir_flag_op(t->u, IR_ANDNS, width, d == 31 ? IR_NONE : arm_x(d), ARM_NZCV, IR_NONE, a, b, 0);
        return;
    }
    if (d == 31) {
        return;
    }
    if (t->data == (AND | INVERT)) {
        ir_op2_to(t->u, IR_ANDN, width, arm_x(d), a, b);
        return;
    }
    b = t->data & INVERT ? ir_op1(t->u, IR_NOT, width, b) : b;
    ir_op2_to(t->u, what == AND ? IR_AND : what == ORR ? IR_OR : IR_XOR, width, arm_x(d), a, b);
}

#define IMMEDIATE(op, nm, what) \
    { .pattern = "s " op " 100100 N rrrrrr SSSSSS nnnnn ddddd", .name = nm " (immediate)", .translate = logic_imm, \
      .data = what, .unless = "s=0,N=1" }
#define SHIFTED(op, invert, nm, what) \
    { .pattern = "s " op " 01010 hh " invert " mmmmm Iiiiii nnnnn ddddd", .name = nm " (shifted register)", \
      .translate = logic_shifted, .data = what, .unless = "s=0,I=1" }
static const struct arm_row rows[] = {
    IMMEDIATE("00", "AND", AND),
    IMMEDIATE("01", "ORR", ORR),
    IMMEDIATE("10", "EOR", EOR),
    IMMEDIATE("11", "ANDS", ANDS),
    SHIFTED("00", "0", "AND", AND),
    SHIFTED("00", "1", "BIC", AND | INVERT),
    SHIFTED("01", "0", "ORR", ORR),
    SHIFTED("01", "1", "ORN", ORR | INVERT),
    SHIFTED("10", "0", "EOR", EOR),
    SHIFTED("10", "1", "EON", EOR | INVERT),
    SHIFTED("11", "0", "ANDS", ANDS),
    SHIFTED("11", "1", "BICS", ANDS | INVERT),
};
ARM_TABLE(a64_logic);
