/* SPDX-License-Identifier: MIT */
/* T32's 16-bit instructions (Arm ARM F3.2). Outside IT blocks data processing sets the flags. */
#include "target-arm/a32.h"
#include "target-arm/a32_branch.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
static bool sets(const struct arm_trans *t) { return !a32_in_it(t); }

/* data: enum a32_shift */
static void shift_imm(struct arm_trans *t)
{
    const struct a32_operand o = a32_shift_imm(t, arm_x(f(t, 'm')), (enum a32_shift)t->data, f(t, 'i'), sets(t));
    a32_dp(t, DP_MOV, sets(t), f(t, 'd'), 0, &o);
}

/* data: DP_ADD or DP_SUB */
static void add_reg(struct arm_trans *t)
{
    const struct a32_operand o = { .reg = arm_x(f(t, 'm')) };
    a32_dp(t, (enum a32_dp)t->data, sets(t), f(t, 'd'), f(t, 'n'), &o);
}

static void add_imm3(struct arm_trans *t)
{
    const struct a32_operand o = a32_imm(f(t, 'i'));
    a32_dp(t, (enum a32_dp)t->data, sets(t), f(t, 'd'), f(t, 'n'), &o);
}

/* One register and eight bits. CMP sets flags in IT blocks, too. */
static void imm8(struct arm_trans *t)
{
    const struct a32_operand o = a32_imm(f(t, 'i'));
    a32_dp(t, (enum a32_dp)t->data, sets(t) || t->data == DP_CMP, f(t, 'd'), f(t, 'd'), &o);
}

static void dp(struct arm_trans *t)
{
    const struct a32_operand o = { .reg = arm_x(f(t, 'm')) };
    const bool compares = t->data >= DP_TST && t->data <= DP_CMN;
    a32_dp(t, (enum a32_dp)t->data, sets(t) || compares, f(t, 'd'), f(t, 'd'), &o);
}

static void shift_reg(struct arm_trans *t)
{
    const struct a32_operand o = a32_shift_reg(t, arm_x(f(t, 'd')), (enum a32_shift)t->data, arm_x(f(t, 'm')), sets(t));
    a32_dp(t, DP_MOV, sets(t), f(t, 'd'), 0, &o);
}

static void rsb(struct arm_trans *t)
{
    const struct a32_operand o = a32_imm(0);
    a32_dp(t, DP_RSB, sets(t), f(t, 'd'), f(t, 'm'), &o);
}

static void mul(struct arm_trans *t)
{
    ir_reg value = ir_op2(t->u, IR_MUL, 32, arm_x(f(t, 'd')), arm_x(f(t, 'm')));
    if (sets(t))
        arm_flag_logic_carry(t, 32, value, IR_NONE);
    ir_mov_to(t->u, arm_x(f(t, 'd')), value);
}

/* D: high bit of d */
static void high(struct arm_trans *t)
{
    const unsigned d = f(t, 'D') << 3 | f(t, 'd');
    const struct a32_operand o = { .reg = a32_get(t, f(t, 'm')) };
    a32_dp(t, (enum a32_dp)t->data, t->data == DP_CMP, d, d, &o);
}

/* ---- memory. data: bits, | LOAD, | SIGNED ---- */
enum { LOAD = 0x100, SIGNED = 0x200 };

static struct a32_access access_of(const struct arm_trans *t, unsigned n)
{
    return (struct a32_access){ .bits = t->data & 0xff, .load = t->data & LOAD, .sign = t->data & SIGNED, .p = true, .u = true,
                                .t = f(t, 't'), .n = n };
}

static void mem_reg(struct arm_trans *t)
{
    struct a32_access a = access_of(t, f(t, 'n'));
    a.has_reg = true;
    a.reg = arm_x(f(t, 'm'));
    a32_access(t, &a);
}

static void mem_imm(struct arm_trans *t)
{
    struct a32_access a = access_of(t, f(t, 'n'));
    a.imm = f(t, 'i') * (a.bits / 8);
    a32_access(t, &a);
}

static void mem_sp(struct arm_trans *t)
{
    struct a32_access a = access_of(t, 13);
    a.imm = f(t, 'i') * 4;
    a32_access(t, &a);
}

static void mem_literal(struct arm_trans *t)
{
    struct a32_access a = access_of(t, 15);
    a.imm = f(t, 'i') * 4;
    a32_access(t, &a);
}

static void adr(struct arm_trans *t) { a32_seti(t, f(t, 'd'), (a32_pc(t) & ~3u) + f(t, 'i') * 4); }

static void add_sp(struct arm_trans *t)
{
    const struct a32_operand o = a32_imm(f(t, 'i') * 4);
    a32_dp(t, DP_ADD, false, f(t, 'd'), 13, &o);
}

static void adjust_sp(struct arm_trans *t)
{
    const struct a32_operand o = a32_imm(f(t, 'i') * 4);
    a32_dp(t, (enum a32_dp)t->data, false, 13, 13, &o);
}

static void push(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r') | f(t, 'M') << 14;
    const int bytes = 4 * __builtin_popcount(list);
    a32_store_multiple(t, 13, list, -bytes, -bytes, true);
}

static void pop(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r') | f(t, 'P') << 15;
    a32_load_multiple(t, 13, list, 0, 4 * __builtin_popcount(list), true);
}

static void stm(struct arm_trans *t)
{
    a32_store_multiple(t, f(t, 'n'), f(t, 'r'), 0, 4 * __builtin_popcount(f(t, 'r')), true);
}

static void ldm(struct arm_trans *t)
{
    const unsigned n = f(t, 'n');
    a32_load_multiple(t, n, f(t, 'r'), 0, 4 * __builtin_popcount(f(t, 'r')), !(f(t, 'r') >> n & 1));
}

/* ITSTATE itself is unit.c's. */
static void it(struct arm_trans *t) { (void)t; }

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, NULL }
#define ROW_BR(pattern, name, fn) { pattern, name, fn, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, NULL }
static const struct arm_row rows[] = {
    ROW("000 00 iiiii mmm ddd", "LSL", shift_imm, SHIFT_LSL),
    ROW("000 01 iiiii mmm ddd", "LSR", shift_imm, SHIFT_LSR),
    ROW("000 10 iiiii mmm ddd", "ASR", shift_imm, SHIFT_ASR),
    ROW("0001100 mmm nnn ddd", "ADD", add_reg, DP_ADD),
    ROW("0001101 mmm nnn ddd", "SUB", add_reg, DP_SUB),
    ROW("0001110 iii nnn ddd", "ADD", add_imm3, DP_ADD),
    ROW("0001111 iii nnn ddd", "SUB", add_imm3, DP_SUB),
    ROW("00100 ddd iiiiiiii", "MOV", imm8, DP_MOV),
    ROW("00101 ddd iiiiiiii", "CMP", imm8, DP_CMP),
    ROW("00110 ddd iiiiiiii", "ADD", imm8, DP_ADD),
    ROW("00111 ddd iiiiiiii", "SUB", imm8, DP_SUB),
    ROW("010000 0000 mmm ddd", "AND", dp, DP_AND),
    ROW("010000 0001 mmm ddd", "EOR", dp, DP_EOR),
    ROW("010000 0010 mmm ddd", "LSL", shift_reg, SHIFT_LSL),
    ROW("010000 0011 mmm ddd", "LSR", shift_reg, SHIFT_LSR),
    ROW("010000 0100 mmm ddd", "ASR", shift_reg, SHIFT_ASR),
    ROW("010000 0101 mmm ddd", "ADC", dp, DP_ADC),
    ROW("010000 0110 mmm ddd", "SBC", dp, DP_SBC),
    ROW("010000 0111 mmm ddd", "ROR", shift_reg, SHIFT_ROR),
    ROW("010000 1000 mmm ddd", "TST", dp, DP_TST),
    ROW("010000 1001 mmm ddd", "RSB", rsb, 0),
    ROW("010000 1010 mmm ddd", "CMP", dp, DP_CMP),
    ROW("010000 1011 mmm ddd", "CMN", dp, DP_CMN),
    ROW("010000 1100 mmm ddd", "ORR", dp, DP_ORR),
    ROW("010000 1101 mmm ddd", "MUL", mul, 0),
    ROW("010000 1110 mmm ddd", "BIC", dp, DP_BIC),
    ROW("010000 1111 mmm ddd", "MVN", dp, DP_MVN),
    ROW("01000100 D mmmm ddd", "ADD", high, DP_ADD),
    ROW("01000101 D mmmm ddd", "CMP", high, DP_CMP),
    ROW("01000110 D mmmm ddd", "MOV", high, DP_MOV),
    { "010001110 mmmm ---", "BX", a32_bx_insn, ARM_ROW_BRANCH | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "010001111 mmmm ---", "BLX", a32_blx_reg, ARM_ROW_BRANCH | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW("01001 ttt iiiiiiii", "LDR (literal)", mem_literal, 32 | LOAD),
    ROW("0101000 mmm nnn ttt", "STR", mem_reg, 32),
    ROW("0101001 mmm nnn ttt", "STRH", mem_reg, 16),
    ROW("0101010 mmm nnn ttt", "STRB", mem_reg, 8),
    ROW("0101011 mmm nnn ttt", "LDRSB", mem_reg, 8 | LOAD | SIGNED),
    ROW("0101100 mmm nnn ttt", "LDR", mem_reg, 32 | LOAD),
    ROW("0101101 mmm nnn ttt", "LDRH", mem_reg, 16 | LOAD),
    ROW("0101110 mmm nnn ttt", "LDRB", mem_reg, 8 | LOAD),
    ROW("0101111 mmm nnn ttt", "LDRSH", mem_reg, 16 | LOAD | SIGNED),
    ROW("01100 iiiii nnn ttt", "STR", mem_imm, 32),
    ROW("01101 iiiii nnn ttt", "LDR", mem_imm, 32 | LOAD),
    ROW("01110 iiiii nnn ttt", "STRB", mem_imm, 8),
    ROW("01111 iiiii nnn ttt", "LDRB", mem_imm, 8 | LOAD),
    ROW("10000 iiiii nnn ttt", "STRH", mem_imm, 16),
    ROW("10001 iiiii nnn ttt", "LDRH", mem_imm, 16 | LOAD),
    ROW("10010 ttt iiiiiiii", "STR", mem_sp, 32),
    ROW("10011 ttt iiiiiiii", "LDR", mem_sp, 32 | LOAD),
    ROW("10100 ddd iiiiiiii", "ADR", adr, 0),
    ROW("10101 ddd iiiiiiii", "ADD (SP)", add_sp, 0),
    ROW("10110000 0 iiiiiii", "ADD (SP)", adjust_sp, DP_ADD),
    ROW("10110000 1 iiiiiii", "SUB (SP)", adjust_sp, DP_SUB),
    ROW_BR("1011 z 0 h 1 iiiii nnn", "CBZ", t32_cbz),
    ROW("1011001000 mmm ddd", "SXTH", a32_extend, 16),
    ROW("1011001001 mmm ddd", "SXTB", a32_extend, 8),
    ROW("1011001010 mmm ddd", "UXTH", a32_extend, 0x110),
    ROW("1011001011 mmm ddd", "UXTB", a32_extend, 0x108),
    ROW("1011010 M rrrrrrrr", "PUSH", push, 0),
    { "1011110 P rrrrrrrr", "POP", pop, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW("10110110010 + e ---", "SETEND", a32_setend, 0),
    { "10110110000 + i ---", "SETPAN", a32_setpan, ARM_ROW_NO_TEST, ARM_PAN, 0, NULL, NULL },
    { "10110110011 o - aif", "CPS", a32_cps, ARM_ROW_NO_TEST | ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW("1011101000 mmm ddd", "REV", a32_rev, 0),
    ROW("1011101001 mmm ddd", "REV16", a32_rev, 1),
    ROW("1011101011 mmm ddd", "REVSH", a32_rev, 2),
    { "10111110 iiiiiiii", "BKPT", a32_bkpt, ARM_ROW_COND | ARM_ROW_NO_TEST | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "10111111 cccc mmmm", "IT", it, ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, "m=0;c=15" },
    { "10111111 hhhh 0000", "hint", a32_hint, ARM_ROW_NO_TEST, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW("11000 nnn rrrrrrrr", "STM", stm, 0),
    ROW("11001 nnn rrrrrrrr", "LDM", ldm, 0),
    { "1101 cccc iiiiiiii", "B", t32_b_t1, ARM_ROW_COND | ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, "c=14;c=15" },
    { "11011110 iiiiiiii", "UDF", a32_udf, ARM_ROW_NO_TEST | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "11011111 iiiiiiii", "SVC", a32_svc, ARM_ROW_NO_TEST | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "11100 iiiiiiiiiii", "B", t32_b_t2, ARM_ROW_BRANCH | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
};
ARM_TABLE(t32_16);
