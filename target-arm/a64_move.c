/* SPDX-License-Identifier: MIT */
/* A64: PC-relative addresses, wide moves, bitfields, extract (Arm ARM C4.1.92); operands that others share. */
#include "target-arm/a64.h"

ir_reg a64_shifted(struct arm_trans *t, unsigned width, unsigned m, unsigned type, unsigned amount)
{
    static const uint8_t ops[4] = { IR_SHL, IR_SHR, IR_SAR, IR_ROR };
    ir_reg value = a64_x(t, m);
    return amount && m != 31 ? ir_op2i(t->u, ops[type], width, value, amount) : value;
}

ir_reg a64_extended(struct arm_trans *t, unsigned m, unsigned option, unsigned shift)
{
    unsigned bits = 8u << (option & 3);
    ir_reg value = a64_x(t, m);
    if (bits < 64) {
        value = option & 4 ? ir_exts(t->u, bits, 64, value) : ir_extu(t->u, bits, value);
    }
    return shift ? ir_op2i(t->u, IR_SHL, 64, value, shift) : value;
}

static void adr(struct arm_trans *t)
{
    int64_t offset = (int64_t)((uint64_t)(int64_t)arm_sfield(t, 'i') << 2 | arm_field(t, 'l'));
    a64_set(t, arm_field(t, 'd'), ir_const(t->u, t->pc + (uint64_t)offset));
}

static void adrp(struct arm_trans *t)
{
    uint64_t offset = (uint64_t)(int64_t)arm_sfield(t, 'i') << 2 | arm_field(t, 'l');
    a64_set(t, arm_field(t, 'd'), ir_const(t->u, (t->pc & ~0xfffull) + (offset << 12)));
}

enum { MOVN, MOVZ, MOVK };
static void move_wide(struct arm_trans *t)
{
    unsigned width = a64_width(t), d = arm_field(t, 'd'), shift = 16 * arm_field(t, 'h');
    uint64_t imm = (uint64_t)arm_field(t, 'i') << shift;
    if (d == 31) {
        return;
    }
    if (t->data == MOVK) {
        ir_reg value = ir_deposit(t->u, arm_x(d), shift, 16, ir_const(t->u, arm_field(t, 'i')));
        ir_mov_to(t->u, arm_x(d), width == 32 ? ir_extu(t->u, 32, value) : value);
        return;
    }
    imm = t->data == MOVN ? ~imm : imm;
    ir_movi_to(t->u, arm_x(d), width == 32 ? (uint32_t)imm : imm);
}

enum { SBFM, BFM, UBFM };
static void bitfield(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t), d = arm_field(t, 'd');
    unsigned r = arm_field(t, 'R') << 5 | arm_field(t, 'r'), s = arm_field(t, 'S') << 5 | arm_field(t, 'q');
    ir_reg n = a64_x(t, arm_field(t, 'n')), value;
    if (d == 31) {
        return;
    }
    if (s >= r) {                   /* bits s:r go to the bottom */
        unsigned length = s - r + 1;
        if (t->data == BFM) {
            ir_reg field = r ? ir_op2i(u, IR_SHR, width, n, r) : n;
            value = length == 64 ? field : ir_deposit(u, arm_x(d), 0, length, field);
        } else if (t->data == UBFM) {
            value = length == 64 ? n : ir_extract(u, n, r, length);
        } else {
            value = s == width - 1 ? ir_op2i(u, IR_SAR, width, n, r)
                  : ir_op2i(u, IR_SAR, width, ir_op2i(u, IR_SHL, width, n, width - 1 - s), width - length);
        }
    } else {                        /* the low s + 1 bits go up */
        unsigned length = s + 1, position = width - r;
        if (t->data == BFM) {
            value = ir_deposit(u, arm_x(d), position, length, n);
        } else if (t->data == UBFM) {
            value = position + length == width ? n : ir_extract(u, n, 0, length);
            value = ir_op2i(u, IR_SHL, width, value, position);
        } else {
            value = ir_op2i(u, IR_SHL, width, n, width - length);
            value = position + length == width ? value : ir_op2i(u, IR_SAR, width, value, width - length - position);
        }
    }
    ir_mov_to(u, arm_x(d), width == 32 ? ir_extu(u, 32, value) : value);
}

static void extr(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t), lsb = a64_amount(t), n = arm_field(t, 'n'), m = arm_field(t, 'm');
    ir_reg value;
    if (n == m) {
        value = lsb ? ir_op2i(u, IR_ROR, width, a64_x(t, n), lsb) : ir_extu(u, width, a64_x(t, n));
    } else if (!lsb) {
        value = ir_extu(u, width, a64_x(t, m));
    } else {
        value = ir_op2(u, IR_OR, width, ir_op2i(u, IR_SHR, width, a64_x(t, m), lsb),
                       ir_op2i(u, IR_SHL, width, a64_x(t, n), width - lsb));
    }
    a64_set(t, arm_field(t, 'd'), value);
}

#define FIELD(op, nm, what) \
    { .pattern = "s " op " 100110 N Rrrrrr Sqqqqq nnnnn ddddd", .name = nm, .translate = bitfield, .data = what, \
      .unless = "s=0,N=1;s=1,N=0;s=0,R=1;s=0,S=1" }
static const struct arm_row rows[] = {
    { .pattern = "0 ll 10000 iiiiiiiiiiiiiiiiiii ddddd", .name = "ADR", .translate = adr },
    { .pattern = "1 ll 10000 iiiiiiiiiiiiiiiiiii ddddd", .name = "ADRP", .translate = adrp },
    { .pattern = "s 00 100101 hh iiiiiiiiiiiiiiii ddddd", .name = "MOVN", .translate = move_wide, .data = MOVN,
      .unless = "s=0,h=2;s=0,h=3" },
    { .pattern = "s 10 100101 hh iiiiiiiiiiiiiiii ddddd", .name = "MOVZ", .translate = move_wide, .data = MOVZ,
      .unless = "s=0,h=2;s=0,h=3" },
    { .pattern = "s 11 100101 hh iiiiiiiiiiiiiiii ddddd", .name = "MOVK", .translate = move_wide, .data = MOVK,
      .unless = "s=0,h=2;s=0,h=3" },
    FIELD("00", "SBFM", SBFM),
    FIELD("01", "BFM", BFM),
    FIELD("10", "UBFM", UBFM),
    { .pattern = "s 00 100111 N 0 mmmmm Iiiiii nnnnn ddddd", .name = "EXTR", .translate = extr,
      .unless = "s=0,N=1;s=1,N=0;s=0,I=1" },
};
ARM_TABLE(a64_move);
