/* SPDX-License-Identifier: MIT */
/*
 * Media instructions: parallel arithmetic, packing, extension, saturation, bit fields, reversal, and the miscellaneous data
 * processing around them (Arm ARM F4.1.10 "Media instructions", "Saturating addition and subtraction", CRC32).
 */
#include "target-arm/a32.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
static ir_reg rn(struct arm_trans *t) { return a32_get(t, f(t, 'n')); }
static ir_reg rm(struct arm_trans *t) { return a32_get(t, f(t, 'm')); }
static void rd(struct arm_trans *t, ir_reg value) { a32_set(t, f(t, 'd'), value); }

/* ---- parallel ---- */

/*
 * UADD8, which string functions live on with SEL: the bytes are added without their top bits, and those put right by what was
 * carried into them. The carries out of the bytes, 8 bits apart, come to lie side by side by a multiplication.
 */
static void uadd8(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    const int64_t tops = 0x80808080, rests = 0x7f7f7f7f;
    ir_reg a = rn(t), b = rm(t), differ = ir_op2(u, IR_XOR, 32, a, b);
    ir_reg low = ir_op2(u, IR_ADD, 32, ir_op2i(u, IR_AND, 32, a, rests), ir_op2i(u, IR_AND, 32, b, rests));
    ir_reg carry = ir_op2(u, IR_OR, 32, ir_op2(u, IR_AND, 32, a, b), ir_op2(u, IR_AND, 32, differ, low));
    carry = ir_op2i(u, IR_SHR, 32, ir_op2i(u, IR_AND, 32, carry, tops), 7);
    ir_stcpu(u, 32, offsetof(struct arm_cpu, ge), ir_op2i(u, IR_SHR, 32, ir_op2i(u, IR_MUL, 32, carry, 0x10204080), 28));
    rd(t, ir_op2(u, IR_XOR, 32, low, ir_op2i(u, IR_AND, 32, differ, tops)));
}

/* p: prefix (1 S, 2 Q, 3 SH, 5 U, 6 UQ, 7 UH); o: operation. */
void a32_parallel(struct arm_trans *t)
{
    const unsigned prefix = f(t, 'p') + a32_thumb(t);       /* T32 counts from 0 */
    if (prefix == 5 && t->data == 4) {      /* U, ADD8 */
        uadd8(t);
        return;
    }
    rd(t, arm_call(t, HELPER_ARM_a32_parallel, rn(t), rm(t), ir_const(t->u, prefix << 3 | (unsigned)t->data), IR_NONE));
}

void a32_sel(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    /* GE's bits to the bottoms of four bytes, these to whole bytes. */
    ir_reg ge = ir_op2i(u, IR_MUL, 32, ir_ldcpu(u, 32, offsetof(struct arm_cpu, ge)), 0x00204081);
    ir_reg mask = ir_op2i(u, IR_MUL, 32, ir_op2i(u, IR_AND, 32, ge, 0x01010101), 0xff);
    ir_reg b = rm(t), differ = ir_op2(u, IR_XOR, 32, rn(t), b);
    rd(t, ir_op2(u, IR_XOR, 32, b, ir_op2(u, IR_AND, 32, differ, mask)));
}

/* T: PKHTB. i: shift amount (A32), or i:j (T32's imm3:imm2) */
void a32_pkh(struct arm_trans *t)
{
    const unsigned amount = a32_thumb(t) ? f(t, 'i') << 2 | f(t, 'j') : f(t, 'i');
    const struct a32_operand o = a32_shift_imm(t, rm(t), f(t, 'T') ? SHIFT_ASR : SHIFT_LSL, amount, false);
    if (f(t, 'T')) {
        rd(t, ir_deposit(t->u, rn(t), 0, 16, o.reg));
    } else {
        rd(t, ir_deposit(t->u, ir_extu(t->u, 32, o.reg), 0, 16, rn(t)));
    }
}

/* ---- extension: data bits: 8 or 16, | 0x100 unsigned, | 0x200 adds Rn. r: rotation / 8 ---- */

static ir_reg rotated(struct arm_trans *t)
{
    return f(t, 'r') ? ir_op2i(t->u, IR_ROR, 32, rm(t), f(t, 'r') * 8) : rm(t);
}

void a32_extend(struct arm_trans *t)
{
    const unsigned bits = t->data & 0xff;
    ir_reg value = rotated(t);
    value = t->data & 0x100 ? ir_extu(t->u, bits, value) : ir_exts(t->u, bits, 32, value);
    rd(t, t->data & 0x200 ? ir_op2(t->u, IR_ADD, 32, rn(t), value) : value);
}

/* Bytes 0 and 2 to half-words. */
void a32_extend16(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg value = rotated(t), low, high, top = ir_op2i(u, IR_SHR, 32, value, 16);
    low = t->data & 0x100 ? ir_extu(u, 8, value) : ir_exts(u, 8, 32, value);
    high = t->data & 0x100 ? ir_extu(u, 8, top) : ir_exts(u, 8, 32, top);
    if (t->data & 0x200) {
        low = ir_op2(u, IR_ADD, 32, low, rn(t));
        high = ir_op2(u, IR_ADD, 32, high, ir_op2i(u, IR_SHR, 32, rn(t), 16));
    }
    rd(t, ir_op2(u, IR_OR, 32, ir_extu(u, 16, low), ir_op2i(u, IR_SHL, 32, high, 16)));
}

/* ---- saturation ---- */

void a32_saturate(struct arm_trans *t, bool is_unsigned, unsigned d, unsigned bits, ir_reg value)
{
    a32_set(t, d, arm_call(t, is_unsigned ? HELPER_ARM_a32_usat : HELPER_ARM_a32_ssat, value, ir_const(t->u, bits), IR_NONE, IR_NONE));
}

/* s: saturate_to, T: ASR, i: amount */
static void ssat(struct arm_trans *t)
{
    const struct a32_operand o = a32_shift_imm(t, rn(t), f(t, 'T') ? SHIFT_ASR : SHIFT_LSL, f(t, 'i'), false);
    a32_saturate(t, t->data, f(t, 'd'), f(t, 's') + !t->data, o.reg);
}

void a32_ssat16(struct arm_trans *t)
{
    rd(t, arm_call(t, HELPER_ARM_a32_ssat16, rn(t), ir_const(t->u, f(t, 's') + 1), IR_NONE, IR_NONE));
}

void a32_usat16(struct arm_trans *t)
{
    rd(t, arm_call(t, HELPER_ARM_a32_usat16, rn(t), ir_const(t->u, f(t, 's')), IR_NONE, IR_NONE));
}

/* data: 0 QADD, 1 QSUB, 2 QDADD, 3 QDSUB: Rm with Rn */
void a32_qadd(struct arm_trans *t)
{
    rd(t, arm_call(t, HELPER_ARM_a32_qadd, rm(t), rn(t), ir_const(t->u, (uint64_t)t->data), IR_NONE));
}

/* ---- bits ---- */

enum { REV, REV16, REVSH, RBIT };
void a32_rev(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg m = rm(t);
    if (t->data == RBIT) {
        rd(t, arm_call(t, HELPER_ARM_a32_rbit, m, IR_NONE, IR_NONE, IR_NONE));
        return;
    }
    ir_reg value = ir_op1(u, IR_BSWAP, 32, m);
    if (t->data == REV16) {
        value = ir_op2i(u, IR_ROR, 32, value, 16);
    } else if (t->data == REVSH) {
        value = ir_op2i(u, IR_SAR, 32, value, 16);
    }
    rd(t, value);
}

void a32_clz(struct arm_trans *t) { rd(t, ir_op1(t->u, IR_CLZ, 32, rm(t))); }

/* l: lsb (T32: i:j), b: msb; data: BFC. UNPREDICTABLE msb < lsb: undefined. */
static unsigned lsb(const struct arm_trans *t) { return a32_thumb(t) ? f(t, 'i') << 2 | f(t, 'j') : f(t, 'l'); }

void a32_bfi(struct arm_trans *t)
{
    const unsigned from = lsb(t), to = f(t, 'b'), d = f(t, 'd');
    if (to < from) {
        a32_undefined(t);
        return;
    }
    ir_reg value = t->data ? ir_const(t->u, 0) : rn(t);
    rd(t, ir_deposit(t->u, a32_get(t, d), from, to - from + 1, value));
}

/* w: width - 1; data: unsigned */
void a32_bfx(struct arm_trans *t)
{
    const unsigned from = lsb(t), width = f(t, 'w') + 1;
    if (from + width > 32) {
        a32_undefined(t);
        return;
    }
    ir_reg value = ir_extract(t->u, rn(t), from, width);
    if (!t->data) {
        value = ir_op2i(t->u, IR_SHL, 32, value, 32 - width);
        value = ir_op2i(t->u, IR_SAR, 32, value, 32 - width);
    }
    rd(t, value);
}

/* z: size; data: CRC32C */
void a32_crc32(struct arm_trans *t)
{
    const unsigned bits = 8u << f(t, 'z');
    if (bits > 32) {
        a32_undefined(t);
        return;
    }
    rd(t, arm_call(t, HELPER_ARM_a32_crc32, rn(t), ir_extu(t->u, bits, rm(t)), ir_const(t->u, bits / 8),
                   ir_const(t->u, (uint64_t)t->data)));
}

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, A32_COND }
#define ROW_N(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, A32_COND ";n=15" }
#define PARALLEL(op, name, data) \
    { "cccc 0110 0ppp nnnn dddd ++++ " op " mmmm", name, a32_parallel, 0, ARM_FEATURE_NONE, data, NULL, A32_COND ";p=0;p=4" }
#define EXTEND(bits, name, data) \
    ROW_N("cccc 0110 1" bits " nnnn dddd rr-- 0111 mmmm", name "A", a32_extend, data | 0x200), \
    ROW("cccc 0110 1" bits " 1111 dddd rr-- 0111 mmmm", name, a32_extend, data)
static const struct arm_row rows[] = {
    PARALLEL("0001", "ADD16", 0), PARALLEL("0011", "ASX", 1), PARALLEL("0101", "SAX", 2), PARALLEL("0111", "SUB16", 3),
    PARALLEL("1001", "ADD8", 4), PARALLEL("1111", "SUB8", 7),
    ROW("cccc 0110 1000 nnnn dddd iiiii T01 mmmm", "PKH", a32_pkh, 0),
    ROW("cccc 0110 1000 nnnn dddd ++++ 1011 mmmm", "SEL", a32_sel, 0),
    ROW("cccc 0110 101 sssss dddd iiiii T01 nnnn", "SSAT", ssat, 0),
    ROW("cccc 0110 111 sssss dddd iiiii T01 nnnn", "USAT", ssat, 1),
    ROW("cccc 0110 1010 ssss dddd ++++ 0011 nnnn", "SSAT16", a32_ssat16, 0),
    ROW("cccc 0110 1110 ssss dddd ++++ 0011 nnnn", "USAT16", a32_usat16, 0),
    ROW_N("cccc 0110 1000 nnnn dddd rr-- 0111 mmmm", "SXTAB16", a32_extend16, 0x200),
    ROW("cccc 0110 1000 1111 dddd rr-- 0111 mmmm", "SXTB16", a32_extend16, 0),
    ROW_N("cccc 0110 1100 nnnn dddd rr-- 0111 mmmm", "UXTAB16", a32_extend16, 0x300),
    ROW("cccc 0110 1100 1111 dddd rr-- 0111 mmmm", "UXTB16", a32_extend16, 0x100),
    EXTEND("010", "SXTB", 8), EXTEND("011", "SXTH", 16), EXTEND("110", "UXTB", 0x108), EXTEND("111", "UXTH", 0x110),
    ROW("cccc 0110 1011 ++++ dddd ++++ 0011 mmmm", "REV", a32_rev, REV),
    ROW("cccc 0110 1011 ++++ dddd ++++ 1011 mmmm", "REV16", a32_rev, REV16),
    ROW("cccc 0110 1111 ++++ dddd ++++ 0011 mmmm", "RBIT", a32_rev, RBIT),
    ROW("cccc 0110 1111 ++++ dddd ++++ 1011 mmmm", "REVSH", a32_rev, REVSH),
    ROW("cccc 0001 0110 ++++ dddd ++++ 0001 mmmm", "CLZ", a32_clz, 0),
    ROW("cccc 0001 0000 nnnn dddd ---- 0101 mmmm", "QADD", a32_qadd, 0),
    ROW("cccc 0001 0010 nnnn dddd ---- 0101 mmmm", "QSUB", a32_qadd, 1),
    ROW("cccc 0001 0100 nnnn dddd ---- 0101 mmmm", "QDADD", a32_qadd, 2),
    ROW("cccc 0001 0110 nnnn dddd ---- 0101 mmmm", "QDSUB", a32_qadd, 3),
    ROW("cccc 0111 110 bbbbb dddd lllll 001 1111", "BFC", a32_bfi, 1),
    ROW_N("cccc 0111 110 bbbbb dddd lllll 001 nnnn", "BFI", a32_bfi, 0),
    ROW("cccc 0111 101 wwwww dddd lllll 101 nnnn", "SBFX", a32_bfx, 0),
    ROW("cccc 0111 111 wwwww dddd lllll 101 nnnn", "UBFX", a32_bfx, 1),
    { "cccc 0001 0zz0 nnnn dddd --0- 0100 mmmm", "CRC32", a32_crc32, 0, ARM_CRC32, 0, NULL, A32_COND ";z=3" },
    { "cccc 0001 0zz0 nnnn dddd --1- 0100 mmmm", "CRC32C", a32_crc32, 0, ARM_CRC32, 1, NULL, A32_COND ";z=3" },
};
ARM_TABLE(a32_media);
