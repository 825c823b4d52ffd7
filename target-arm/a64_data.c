/* SPDX-License-Identifier: MIT */
/* A64: one, two and three source operands, conditional select and compare, CRC32, flags (Arm ARM C4.1.95). */
#include "target-arm/a64.h"

/* ---- conditional ---- */

enum { CSEL, CSINC, CSINV, CSNEG };
static void conditional_select(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t), cond = arm_field(t, 'c'), d = arm_field(t, 'd');
    ir_reg n = a64_x(t, arm_field(t, 'n')), m = a64_x(t, arm_field(t, 'm')), value;
    if (a64_always(cond)) {
        a64_set(t, d, ir_extu(u, width, n));
        return;
    }
    switch (t->data) {
    case CSINC: m = ir_op2i(u, IR_ADD, width, m, 1); break;
    case CSINV: m = ir_op1(u, IR_NOT, width, m); break;
    case CSNEG: m = ir_op1(u, IR_NEG, width, m); break;
    default:    break;
    }
    value = ir_self(u, ARM_NZCV, arm_cond(cond), n, m);
    a64_set(t, d, width == 32 ? ir_extu(u, 32, value) : value);
}

/* NZCV as the compare gives it, or as the immediate says. */
static void conditional_compare(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t), cond = arm_field(t, 'c'), v = arm_field(t, 'v');
    bool immediate = arm_field(t, 'I');
    ir_reg n = a64_x(t, arm_field(t, 'n')), m = immediate ? IR_IMM : a64_x(t, arm_field(t, 'm'));
    unsigned otherwise = ir_new_label(u), done = ir_new_label(u);
    if (!a64_always(cond)) {
        ir_brf(u, (enum ir_cond)(arm_cond(cond) ^ 1), ARM_NZCV, otherwise);
    }
    if (t->data) {
        arm_flag_sub(t, width, IR_NONE, n, m, arm_field(t, 'm'));
    } else {
        arm_flag_add(t, width, IR_NONE, n, m, arm_field(t, 'm'));
    }
    if (!a64_always(cond)) {
        uint32_t word = (v & 8 ? IR_SF : 0) | (v & 4 ? IR_ZF : 0) | (v & 2 ? 0 : IR_CF) | (v & 1 ? IR_OF : 0);
        ir_br(u, done);
        ir_label(u, otherwise);
        ir_fput_to(u, ARM_NZCV, ir_const(u, word));
        ir_label(u, done);
        t->sp_aligned = false;
    }
}

/* ---- three sources ---- */

enum { MADD, MSUB };
static void multiply_add(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t), a = arm_field(t, 'a');
    ir_reg product = ir_op2(u, IR_MUL, width, a64_x(t, arm_field(t, 'n')), a64_x(t, arm_field(t, 'm')));
    if (a != 31) {
        product = ir_op2(u, t->data == MADD ? IR_ADD : IR_SUB, width, arm_x(a), product);
    } else if (t->data == MSUB) {
        product = ir_op1(u, IR_NEG, width, product);
    }
    a64_set(t, arm_field(t, 'd'), product);
}

static void multiply_add_long(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    bool is_signed = !arm_field(t, 'U');
    unsigned a = arm_field(t, 'a');
    ir_reg n = a64_x(t, arm_field(t, 'n')), m = a64_x(t, arm_field(t, 'm'));
    n = is_signed ? ir_exts(u, 32, 64, n) : ir_extu(u, 32, n);
    m = is_signed ? ir_exts(u, 32, 64, m) : ir_extu(u, 32, m);
    ir_reg product = ir_op2(u, IR_MUL, 64, n, m);
    if (a != 31 || t->data == MSUB) {
        product = ir_op2(u, t->data == MADD ? IR_ADD : IR_SUB, 64, a64_x(t, a), product);
    }
    a64_set(t, arm_field(t, 'd'), product);
}

static void multiply_high(struct arm_trans *t)
{
    a64_set(t, arm_field(t, 'd'), ir_op2(t->u, arm_field(t, 'U') ? IR_MULUH : IR_MULSH, 64, a64_x(t, arm_field(t, 'n')),
                                        a64_x(t, arm_field(t, 'm'))));
}

/* ---- two sources ---- */

static void divide(struct arm_trans *t)
{
    bool wide = arm_field(t, 's'), is_signed = arm_field(t, 'S');
    enum arm_helper helper = wide ? is_signed ? HELPER_ARM_sdiv64 : HELPER_ARM_udiv64
                                  : is_signed ? HELPER_ARM_sdiv32 : HELPER_ARM_udiv32;
    a64_set(t, arm_field(t, 'd'), arm_call(t, helper, a64_x(t, arm_field(t, 'n')), a64_x(t, arm_field(t, 'm')), IR_NONE,
                                          IR_NONE));
}

static void shift_variable(struct arm_trans *t)
{
    a64_set(t, arm_field(t, 'd'), ir_op2(t->u, (enum ir_op)t->data, a64_width(t), a64_x(t, arm_field(t, 'n')),
                                        a64_x(t, arm_field(t, 'm'))));
}

static void crc32(struct arm_trans *t)
{
    ir_reg bytes = ir_const(t->u, 1u << arm_field(t, 'z'));
    a64_set(t, arm_field(t, 'd'), arm_call(t, arm_field(t, 'C') ? HELPER_ARM_crc32c : HELPER_ARM_crc32,
                                          a64_x(t, arm_field(t, 'n')), a64_x(t, arm_field(t, 'm')), bytes, IR_NONE));
}

/* ---- one source ---- */

static void reverse_bits(struct arm_trans *t)
{
    ir_reg value = arm_call(t, HELPER_ARM_rbit, a64_x(t, arm_field(t, 'n')), IR_NONE, IR_NONE, IR_NONE);
    a64_set(t, arm_field(t, 'd'), a64_width(t) == 64 ? value : ir_op2i(t->u, IR_SHR, 64, value, 32));
}

/* Bytes turned round inside 16, 32 or 64 bits. */
static void reverse_bytes(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned width = a64_width(t);
    ir_reg n = a64_x(t, arm_field(t, 'n')), value;
    if (t->data == 16) {
        ir_reg mask = ir_const(u, 0x00ff00ff00ff00ff);
        value = ir_op2(u, IR_OR, width, ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_AND, 64, n, mask), 8),
                       ir_op2(u, IR_AND, 64, ir_op2i(u, IR_SHR, 64, n, 8), mask));
    } else if (t->data == 32 && width == 64) {
        value = ir_op2i(u, IR_ROR, 64, ir_op1(u, IR_BSWAP, 64, n), 32);
    } else {
        value = ir_op1(u, IR_BSWAP, width, n);
    }
    a64_set(t, arm_field(t, 'd'), width == 32 ? ir_extu(u, 32, value) : value);
}

static void count_leading(struct arm_trans *t)
{
    unsigned width = a64_width(t);
    ir_reg n = a64_x(t, arm_field(t, 'n'));
    if (!t->data) {
        a64_set(t, arm_field(t, 'd'), ir_op1(t->u, IR_CLZ, width, n));
        return;
    }
    ir_reg changes = ir_op2(t->u, IR_XOR, width, n, ir_op2i(t->u, IR_SAR, width, n, 1));
    a64_set(t, arm_field(t, 'd'), ir_op2i(t->u, IR_SUB, width, ir_op1(t->u, IR_CLZ, width, changes), 1));
}

/* ---- flags (FEAT_FlagM) ---- */

static void rmif(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned shift = arm_field(t, 'i'), mask = arm_field(t, 'k');
    ir_reg n = a64_x(t, arm_field(t, 'n'));
    ir_reg nibble = ir_op2i(u, IR_SHL, 64, ir_op2i(u, IR_AND, 64, shift ? ir_op2i(u, IR_ROR, 64, n, shift) : n, mask),
        28);
    ir_reg old = ir_op2(u, IR_AND, 64, arm_flag_get(t), ir_const(u, (uint64_t)(~mask & 0xf) << 28));
    arm_flag_put(t, ir_op2(u, IR_OR, 64, nibble, old));
}

static void setf(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned bits = (unsigned)t->data;
    ir_reg n = a64_x(t, arm_field(t, 'n'));
    ir_reg sign = ir_extract(u, n, bits - 1, 1), next = ir_extract(u, n, bits, 1);
    ir_reg zero = ir_setc(u, IR_COND_E, bits, n, ir_const(u, 0));
    ir_reg word = ir_op2(u, IR_OR, 64, ir_op2i(u, IR_SHL, 64, sign, 31), ir_op2i(u, IR_SHL, 64, zero, 30));
    word = ir_op2(u, IR_OR, 64, word, ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_XOR, 64, sign, next), 28));
    word = ir_op2(u, IR_OR, 64, word, ir_op2i(u, IR_SHL, 64, arm_carry(t), 29));
    arm_flag_put(t, word);
}

#define SELECT(o, p, nm, what) \
    { .pattern = "s " o " 0 11010100 mmmmm cccc 0 " p " nnnnn ddddd", .name = nm, .translate = conditional_select, \
      .data = what }
#define SHIFT(op, nm, what) \
    { .pattern = "s 0 0 11010110 mmmmm " op " nnnnn ddddd", .name = nm, .translate = shift_variable, .data = what }
static const struct arm_row rows[] = {
    SELECT("0", "0", "CSEL", CSEL),
    SELECT("0", "1", "CSINC", CSINC),
    SELECT("1", "0", "CSINV", CSINV),
    SELECT("1", "1", "CSNEG", CSNEG),
    { .pattern = "s 0 1 11010010 mmmmm cccc I 0 nnnnn 0 vvvv", .name = "CCMN", .translate = conditional_compare,
      .data = 0 },
    { .pattern = "s 1 1 11010010 mmmmm cccc I 0 nnnnn 0 vvvv", .name = "CCMP", .translate = conditional_compare,
      .data = 1 },
    { .pattern = "s 00 11011 000 mmmmm 0 aaaaa nnnnn ddddd", .name = "MADD", .translate = multiply_add, .data = MADD },
    { .pattern = "s 00 11011 000 mmmmm 1 aaaaa nnnnn ddddd", .name = "MSUB", .translate = multiply_add, .data = MSUB },
    { .pattern = "1 00 11011 U01 mmmmm 0 aaaaa nnnnn ddddd", .name = "SMADDL, UMADDL", .translate = multiply_add_long,
      .data = MADD },
    { .pattern = "1 00 11011 U01 mmmmm 1 aaaaa nnnnn ddddd", .name = "SMSUBL, UMSUBL", .translate = multiply_add_long,
      .data = MSUB },
    { .pattern = "1 00 11011 U10 mmmmm 0 ..... nnnnn ddddd", .name = "SMULH, UMULH", .translate = multiply_high },
    { .pattern = "s 0 0 11010110 mmmmm 00001S nnnnn ddddd", .name = "UDIV, SDIV", .translate = divide },
    SHIFT("001000", "LSLV", IR_SHL),
    SHIFT("001001", "LSRV", IR_SHR),
    SHIFT("001010", "ASRV", IR_SAR),
    SHIFT("001011", "RORV", IR_ROR),
    { .pattern = "s 0 0 11010110 mmmmm 010 C zz nnnnn ddddd", .name = "CRC32, CRC32C", .translate = crc32,
      .feature = ARM_CRC32, .unless = "s=0,z=3;s=1,z=0;s=1,z=1;s=1,z=2" },
    { .pattern = "s 1 0 11010110 00000 000000 nnnnn ddddd", .name = "RBIT", .translate = reverse_bits },
    { .pattern = "s 1 0 11010110 00000 000001 nnnnn ddddd", .name = "REV16", .translate = reverse_bytes, .data = 16 },
    { .pattern = "s 1 0 11010110 00000 000010 nnnnn ddddd", .name = "REV32", .translate = reverse_bytes, .data = 32 },
    { .pattern = "s 1 0 11010110 00000 000011 nnnnn ddddd", .name = "REV", .translate = reverse_bytes, .data = 64,
      .where = "s=1" },
    { .pattern = "s 1 0 11010110 00000 000100 nnnnn ddddd", .name = "CLZ", .translate = count_leading, .data = 0 },
    { .pattern = "s 1 0 11010110 00000 000101 nnnnn ddddd", .name = "CLS", .translate = count_leading, .data = 1 },
    { .pattern = "1 0 1 11010000 iiiiii 00001 nnnnn 0 kkkk", .name = "RMIF", .translate = rmif, .feature = ARM_FLAGM },
    { .pattern = "0 0 1 11010000 00000 000010 nnnnn 0 1101", .name = "SETF8", .translate = setf, .feature = ARM_FLAGM,
      .data = 8 },
    { .pattern = "0 0 1 11010000 00000 010010 nnnnn 0 1101", .name = "SETF16", .translate = setf, .feature = ARM_FLAGM,
      .data = 16 },
};
ARM_TABLE(a64_data);
