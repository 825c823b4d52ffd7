/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD data processing in AArch32 (Arm ARM F6; rows in neon.def): registers to the helpers of neon_helpers.c and neon_fp.c,
 * 64 bits at a time, and operations that IR has itself. neon_host.c takes what the host's vector instructions do alike.
 *
 * Odd register numbers where Q is set are undefined, as the manual says.
 */
#include "target-arm/neon.h"
#include "target-arm/neon_host.h"
#include "target-arm/neon_ops.h"

/* in data, beside the operation; HALF is also in the helpers' `how` (neon_ops.h) */
enum { UNSIGNED = 1 << 16, SIGNED = 1 << 17, SWAPPED = 1 << 18, WIDE_N = 1 << 19, HALF = NEON_HALF };

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
static unsigned op_of(const struct arm_trans *t) { return t->data & 0xff; }
static unsigned float_op(const struct arm_trans *t) { return t->data & (0xff | HALF); }
static unsigned halves(const struct arm_trans *t) { return f(t, 'Q') ? 2 : 1; }

/* Registers that must be even with Q. */
static bool bad(struct arm_trans *t, unsigned registers)
{
    if (f(t, 'Q') && registers & 1)
        a32_undefined(t);
    return t->ended;
}

static unsigned op_how(unsigned op, unsigned bits, bool is_unsigned) { return op | bits << 8 | (unsigned)is_unsigned << 16; }

static bool unsigned_of(const struct arm_trans *t)
{
    return t->data & UNSIGNED || (f(t, 'U') && !(t->data & SIGNED));
}

static ir_reg lanes(struct arm_trans *t, ir_reg n, ir_reg m, ir_reg d, unsigned how)
{
    return arm_call(t, HELPER_ARM_neon_lanes, n, m, d, ir_const(t->u, how));
}

/* ---- three registers ---- */

static void three(struct arm_trans *t)
{
    const unsigned d = neon_d(t), bits = 8u << f(t, 'z'), how = op_how(op_of(t), bits, unsigned_of(t));
    const unsigned n = t->data & SWAPPED ? neon_m(t) : neon_n(t), m = t->data & SWAPPED ? neon_n(t) : neon_m(t);
    if (bad(t, d | n | m) || neon_host_three(t, op_of(t), bits, unsigned_of(t), d, n, m))
        return;
    ir_reg result[2];
    for (unsigned i = 0; i < halves(t); i++) {
        result[i] = lanes(t, vfp_get_d(t, n + i), vfp_get_d(t, m + i), vfp_get_d(t, d + i), how);
    }
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, result[i]);
    }
}

/* U:oo AND BIC ORR ORN EOR BSL BIT BIF */
static void logic(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), m = neon_m(t), op = f(t, 'U') << 2 | f(t, 'o');
    struct ir_unit *u = t->u;
    if (bad(t, d | n | m) || neon_host_logic(t, op, d, n, m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg a = vfp_get_d(t, n + i), b = vfp_get_d(t, m + i), c = vfp_get_d(t, d + i), r;
        switch (op) {
        case 0:  r = ir_op2(u, IR_AND, 64, a, b); break;
        case 1:  r = ir_op2(u, IR_ANDN, 64, a, b); break;
        case 2:  r = ir_op2(u, IR_OR, 64, a, b); break;
        case 3:  r = ir_op2(u, IR_OR, 64, a, ir_op1(u, IR_NOT, 64, b)); break;
        case 4:  r = ir_op2(u, IR_XOR, 64, a, b); break;
        case 5:  r = ir_op2(u, IR_XOR, 64, b, ir_op2(u, IR_AND, 64, c, ir_op2(u, IR_XOR, 64, a, b))); break;
        case 6:  r = ir_op2(u, IR_XOR, 64, c, ir_op2(u, IR_AND, 64, b, ir_op2(u, IR_XOR, 64, a, c))); break;
        default: r = ir_op2(u, IR_XOR, 64, a, ir_op2(u, IR_AND, 64, b, ir_op2(u, IR_XOR, 64, a, c))); break;
        }
        vfp_set_d(t, d + i, r);
    }
}

/* Single precision only. */
static bool on_host(struct arm_trans *t, unsigned d, unsigned n, unsigned m, int m_lane)
{
    return !(t->data & HALF) && neon_host_float(t, op_of(t), d, n, m, m_lane);
}

static void three_float(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), m = neon_m(t);
    if (bad(t, d | n | m) || on_host(t, d, n, m, NEON_FLOAT_REGISTER))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg r = arm_call(t, HELPER_ARM_neon_float, vfp_get_d(t, n + i), vfp_get_d(t, m + i), vfp_get_d(t, d + i),
                            ir_const(t->u, float_op(t)));
        vfp_set_d(t, d + i, r);
    }
}

static void pairs(struct arm_trans *t)
{
    if (neon_host_pairs(t, op_of(t), 8u << f(t, 'z'), unsigned_of(t), neon_d(t), neon_n(t), neon_m(t)))
        return;
    ir_reg how = ir_const(t->u, op_how(op_of(t), 8u << f(t, 'z'), unsigned_of(t)));
    vfp_set_d(t, neon_d(t), arm_call(t, HELPER_ARM_neon_pairs, vfp_get_d(t, neon_n(t)), vfp_get_d(t, neon_m(t)), how, IR_NONE));
}

static void pairs_float(struct arm_trans *t)
{
    ir_reg op = ir_const(t->u, float_op(t));
    ir_reg r = arm_call(t, HELPER_ARM_neon_float_pairs, vfp_get_d(t, neon_n(t)), vfp_get_d(t, neon_m(t)), op, IR_NONE);
    vfp_set_d(t, neon_d(t), r);
}

/* ---- different lengths ---- */

/* d: Q register; n: D register, or Q with WIDE_N; m: two times 32 bits */
static void widen(struct arm_trans *t, unsigned n, ir_reg m0, ir_reg m1)
{
    const unsigned d = neon_d(t), bits = 8u << f(t, 'z');
    struct ir_unit *u = t->u;
    if (d & 1 || (t->data & WIDE_N && n & 1)) {
        a32_undefined(t);
        return;
    }
    ir_reg how = ir_const(u, op_how(op_of(t), bits, unsigned_of(t)));
    ir_reg n0 = vfp_get_d(t, n), n1 = t->data & WIDE_N ? vfp_get_d(t, n + 1) : ir_op2i(u, IR_SHR, 64, n0, 32);
    ir_reg low = arm_call(t, HELPER_ARM_neon_widen, n0, m0, vfp_get_d(t, d), how);
    ir_reg high = arm_call(t, HELPER_ARM_neon_widen, n1, m1, vfp_get_d(t, d + 1), how);
    vfp_set_d(t, d, low);
    vfp_set_d(t, d + 1, high);
}

static void widening(struct arm_trans *t)
{
    const bool even = !(neon_d(t) & 1) && !(t->data & WIDE_N && neon_n(t) & 1);
    if (even && neon_host_widen(t, op_of(t), 8u << f(t, 'z'), unsigned_of(t), neon_d(t), neon_n(t), neon_m(t)))
        return;
    ir_reg m = vfp_get_d(t, neon_m(t));
    widen(t, neon_n(t), m, ir_op2i(t->u, IR_SHR, 64, m, 32));
}

static void narrowing(struct arm_trans *t)
{
    const unsigned n = neon_n(t), m = neon_m(t);
    if ((n | m) & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg how = ir_const(t->u, op_how(op_of(t), 8u << f(t, 'z'), false));
    ir_reg low = arm_call(t, HELPER_ARM_neon_narrow, vfp_get_d(t, n), vfp_get_d(t, m), how, IR_NONE);
    ir_reg high = arm_call(t, HELPER_ARM_neon_narrow, vfp_get_d(t, n + 1), vfp_get_d(t, m + 1), how, IR_NONE);
    vfp_set_d(t, neon_d(t), ir_deposit(t->u, low, 32, 32, high));
}

static void pmull64(struct arm_trans *t)
{
    const unsigned d = neon_d(t);
    if (d & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg n = vfp_get_d(t, neon_n(t)), m = vfp_get_d(t, neon_m(t));
    ir_reg low = arm_call(t, HELPER_ARM_neon_pmull64, n, m, ir_const(t->u, 0), IR_NONE);
    ir_reg high = arm_call(t, HELPER_ARM_neon_pmull64, n, m, ir_const(t->u, 1), IR_NONE);
    vfp_set_d(t, d, low);
    vfp_set_d(t, d + 1, high);
}

/* ---- by scalar ---- */

/* 16 bits: D0-7, index M:m<3>; 32 bits: D0-15, index M. */
static unsigned scalar_place(const struct arm_trans *t, unsigned bits, unsigned *index)
{
    const unsigned m = f(t, 'm');
    *index = bits == 16 ? f(t, 'M') << 1 | m >> 3 : f(t, 'M');
    return bits == 16 ? m & 7 : m;
}

/* The scalar in every element of 64 bits. */
static ir_reg scalar(struct arm_trans *t, unsigned bits)
{
    unsigned index;
    const unsigned reg = scalar_place(t, bits, &index);
    ir_reg value = neon_get_lane(t, bits, reg, index);
    return ir_op2(t->u, IR_MUL, 64, value, ir_const(t->u, bits == 16 ? 0x0001000100010001 : 0x0000000100000001));
}

static void by_scalar(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), how = op_how(op_of(t), 8u << f(t, 'z'), false);
    unsigned index;
    const unsigned place = scalar_place(t, 8u << f(t, 'z'), &index);
    if (bad(t, d | n) || neon_host_scalar(t, op_of(t), 8u << f(t, 'z'), d, n, place, index))
        return;
    ir_reg m = scalar(t, 8u << f(t, 'z'));
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, lanes(t, vfp_get_d(t, n + i), m, vfp_get_d(t, d + i), how));
    }
}

static void by_scalar_float(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t);
    if (bad(t, d | n) || on_host(t, d, n, f(t, 'm'), (int)f(t, 'M')))
        return;
    ir_reg m = scalar(t, t->data & HALF ? 16 : 32);
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, arm_call(t, HELPER_ARM_neon_float, vfp_get_d(t, n + i), m, vfp_get_d(t, d + i), ir_const(t->u, float_op(t))));
    }
}

static void widening_scalar(struct arm_trans *t)
{
    ir_reg m = scalar(t, 8u << f(t, 'z'));
    widen(t, neon_n(t), m, m);
}

/* ---- shifts ---- */

/* Element size and the amount that L:imm6 stands for. */
static unsigned shift_size(const struct arm_trans *t, unsigned *imm)
{
    const unsigned value = f(t, 'L') << 6 | f(t, 'h') << 3 | f(t, 'i'), bits = value & 64 ? 64 : value & 32 ? 32 : value & 16 ? 16 : 8;
    *imm = value - bits;            /* left: value - bits; right: bits - that */
    return bits;
}

static void shift(struct arm_trans *t, unsigned bits, unsigned amount, unsigned how)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    if (bad(t, d | m) || neon_host_shift(t, op_of(t), bits, unsigned_of(t), d, m, amount))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, lanes(t, vfp_get_d(t, m + i), ir_const(t->u, amount), vfp_get_d(t, d + i), how));
    }
}

static void shift_right(struct arm_trans *t)
{
    unsigned imm;
    const unsigned bits = shift_size(t, &imm);
    shift(t, bits, bits - imm, op_how(op_of(t), bits, unsigned_of(t)));
}

static void shift_left(struct arm_trans *t)
{
    unsigned imm;
    const unsigned bits = shift_size(t, &imm);
    shift(t, bits, imm, op_how(op_of(t), bits, unsigned_of(t)) | 1 << 17);
}

static void narrow(struct arm_trans *t, unsigned bits, unsigned amount, bool is_unsigned)
{
    const unsigned m = neon_m(t);
    if (m & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg how = ir_const(t->u, op_how(op_of(t), bits, is_unsigned)), by = ir_const(t->u, amount);
    ir_reg low = arm_call(t, HELPER_ARM_neon_narrow, vfp_get_d(t, m), by, how, IR_NONE);
    ir_reg high = arm_call(t, HELPER_ARM_neon_narrow, vfp_get_d(t, m + 1), by, how, IR_NONE);
    vfp_set_d(t, neon_d(t), ir_deposit(t->u, low, 32, 32, high));
}

static void shift_narrow(struct arm_trans *t)
{
    unsigned imm;
    const unsigned bits = shift_size(t, &imm);
    narrow(t, bits, bits - imm, unsigned_of(t));
}

static void move_narrow(struct arm_trans *t) { narrow(t, 8u << f(t, 'z'), 0, f(t, 'U')); }

static void lengthen(struct arm_trans *t, unsigned bits, unsigned amount, bool is_unsigned)
{
    const unsigned d = neon_d(t);
    if (d & 1) {
        a32_undefined(t);
        return;
    }
    if (neon_host_lengthen(t, bits, is_unsigned, d, neon_m(t), amount))
        return;
    ir_reg m = vfp_get_d(t, neon_m(t)), by = ir_const(t->u, amount), none = ir_const(t->u, 0);
    ir_reg how = ir_const(t->u, op_how(NEON_SHLL, bits, is_unsigned));
    ir_reg low = arm_call(t, HELPER_ARM_neon_widen, m, by, none, how);
    ir_reg high = arm_call(t, HELPER_ARM_neon_widen, ir_op2i(t->u, IR_SHR, 64, m, 32), by, none, how);
    vfp_set_d(t, d, low);
    vfp_set_d(t, d + 1, high);
}

static void shift_long(struct arm_trans *t)
{
    unsigned imm;
    const unsigned bits = shift_size(t, &imm);
    lengthen(t, bits, imm, f(t, 'U'));
}

static void shift_long_size(struct arm_trans *t) { lengthen(t, 8u << f(t, 'z'), 8u << f(t, 'z'), true); }

/* ---- floating point with one operand ---- */

static void each_float(struct arm_trans *t, uint64_t how)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    if (bad(t, d | m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, arm_call(t, HELPER_ARM_neon_float_unary, vfp_get_d(t, m + i), ir_const(t->u, how), IR_NONE, IR_NONE));
    }
}

enum { TO_ZERO = 3 };

static void unary_float(struct arm_trans *t) { each_float(t, float_op(t)); }
static void round_float(struct arm_trans *t) { each_float(t, NEON_FRINT | (t->data & 7) << 8 | (t->data >> 3 & 1) << 11 | (t->data & HALF)); }
static void convert_float(struct arm_trans *t) { each_float(t, float_op(t) | TO_ZERO << 8 | f(t, 'U') << 16); }
static void fixed_float(struct arm_trans *t)
{
    each_float(t, float_op(t) | TO_ZERO << 8 | f(t, 'U') << 16 | (uint64_t)((t->data & HALF ? 16 : 32) - f(t, 'i')) << 24);
}

static void directed_float(struct arm_trans *t)
{
    static const uint8_t rounding[4] = { 4, 0, 1, 2 };
    each_float(t, NEON_FTOI | (uint64_t)rounding[f(t, 'r')] << 8 | f(t, 'U') << 16 | (t->data & HALF));
}

static void half_float(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    struct ir_unit *u = t->u;
    ir_reg to_half = ir_const(u, (uint64_t)t->data);
    if ((t->data ? m : d) & 1) {
        a32_undefined(t);
    } else if (t->data) {
        ir_reg low = arm_call(t, HELPER_ARM_neon_half, vfp_get_d(t, m), to_half, IR_NONE, IR_NONE);
        ir_reg high = arm_call(t, HELPER_ARM_neon_half, vfp_get_d(t, m + 1), to_half, IR_NONE, IR_NONE);
        vfp_set_d(t, d, ir_deposit(u, low, 32, 32, high));
    } else {
        ir_reg from = vfp_get_d(t, m);
        ir_reg low = arm_call(t, HELPER_ARM_neon_half, from, to_half, IR_NONE, IR_NONE);
        ir_reg high = arm_call(t, HELPER_ARM_neon_half, ir_op2i(u, IR_SHR, 64, from, 32), to_half, IR_NONE, IR_NONE);
        vfp_set_d(t, d, low);
        vfp_set_d(t, d + 1, high);
    }
}

/* data bit 0: negate */
static void sign_float(struct arm_trans *t)
{
    const uint64_t signs = t->data & HALF ? 0x8000800080008000 : 0x8000000080000000;
    const unsigned d = neon_d(t), m = neon_m(t);
    if (bad(t, d | m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg value = vfp_get_d(t, m + i);
        value = t->data & 1 ? ir_op2(t->u, IR_XOR, 64, value, ir_const(t->u, signs)) : ir_op2(t->u, IR_AND, 64, value, ir_const(t->u, ~signs));
        vfp_set_d(t, d + i, value);
    }
}

static void zero_float(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    if (bad(t, d | m) || on_host(t, d, m, 0, NEON_FLOAT_ZERO))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg none = ir_const(t->u, 0);
        vfp_set_d(t, d + i, arm_call(t, HELPER_ARM_neon_float, vfp_get_d(t, m + i), none, none, ir_const(t->u, float_op(t))));
    }
}

/* ---- integers with one operand ---- */

static void each(struct arm_trans *t, unsigned bits)
{
    const unsigned d = neon_d(t), m = neon_m(t), how = op_how(op_of(t), bits, unsigned_of(t));
    if (bad(t, d | m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg none = ir_const(t->u, 0);
        vfp_set_d(t, d + i, lanes(t, vfp_get_d(t, m + i), none, none, how));
    }
}

static void unary(struct arm_trans *t)
{
    if (!bad(t, neon_d(t) | neon_m(t)) && !neon_host_one(t, op_of(t), 8u << f(t, 'z'), neon_d(t), neon_m(t)))
        each(t, 8u << f(t, 'z'));
}

static void zero(struct arm_trans *t)
{
    if (!bad(t, neon_d(t) | neon_m(t)) && !neon_host_zero(t, op_of(t), 8u << f(t, 'z'), neon_d(t), neon_m(t)))
        each(t, 8u << f(t, 'z'));
}
static void unary_size(struct arm_trans *t) { each(t, 32); }

static void invert(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    for (unsigned i = 0; !bad(t, d | m) && i < halves(t); i++) {
        vfp_set_d(t, d + i, ir_op1(t->u, IR_NOT, 64, vfp_get_d(t, m + i)));
    }
}

/* data: accumulates */
static void pairs_long(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    if (bad(t, d | m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg how = ir_const(t->u, op_how(0, 8u << f(t, 'z'), f(t, 'U')));
        ir_reg added = t->data ? vfp_get_d(t, d + i) : ir_const(t->u, 0);
        vfp_set_d(t, d + i, arm_call(t, HELPER_ARM_neon_paddl, vfp_get_d(t, m + i), added, how, IR_NONE));
    }
}

/* Elements turned round in groups of data bits. */
static ir_reg reversed(struct arm_trans *t, ir_reg value, unsigned bits)
{
    struct ir_unit *u = t->u;
    const unsigned group = (unsigned)t->data;
    if (bits == 8 && group == 64)
        return ir_op1(u, IR_BSWAP, 64, value);
    ir_reg result = ir_const(u, 0);
    for (unsigned at = 0; at < 64; at += bits) {
        const unsigned base = at / group * group, to = base + (group - bits - (at - base));
        result = ir_deposit(u, result, to, bits, ir_op2i(u, IR_SHR, 64, value, at));
    }
    return result;
}

static void reverse(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    for (unsigned i = 0; !bad(t, d | m) && i < halves(t); i++) {
        vfp_set_d(t, d + i, reversed(t, vfp_get_d(t, m + i), 8u << f(t, 'z')));
    }
}

/* ---- permutations ---- */

static void swap(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t);
    for (unsigned i = 0; !bad(t, d | m) && i < halves(t); i++) {
        ir_reg first = vfp_get_d(t, d + i), second = vfp_get_d(t, m + i);
        vfp_set_d(t, d + i, second);
        vfp_set_d(t, m + i, first);
    }
}

enum { SHUFFLE_TRN, SHUFFLE_UZP, SHUFFLE_ZIP };

/* Where element i of the result (of 2 * count, d's first) comes from. */
static unsigned shuffle_source(unsigned kind, unsigned count, unsigned i)
{
    switch (kind) {
    case SHUFFLE_TRN: return i < count ? (i & 1 ? count + i - 1 : i) : (i & 1 ? i : i - count + 1);
    case SHUFFLE_UZP: return i < count ? 2 * i : 2 * (i - count) + 1;
    default:          return i & 1 ? count + i / 2 : i / 2;
    }
}

/* UNPREDICTABLE, the same register twice: m's result stays. */
static void shuffle(struct arm_trans *t)
{
    const unsigned d = neon_d(t), m = neon_m(t), bits = 8u << f(t, 'z'), per = 64 / bits, count = per * halves(t);
    ir_reg source[4], result[4] = { 0 };
    if (bad(t, d | m))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        source[i] = vfp_get_d(t, d + i);
        source[halves(t) + i] = vfp_get_d(t, m + i);
    }
    for (unsigned i = 0; i < 2 * count; i++) {
        const unsigned from = shuffle_source((unsigned)t->data, count, i), at = i % per * bits;
        ir_reg element = ir_extract(t->u, source[from / per], from % per * bits, bits);
        result[i / per] = at ? ir_deposit(t->u, result[i / per], at, bits, element) : element;
    }
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, d + i, result[i]);
    }
    for (unsigned i = 0; i < halves(t); i++) {
        vfp_set_d(t, m + i, result[halves(t) + i]);
    }
}

/* 64 bits out of a: b from byte `at` on, 0 to 8. */
static ir_reg spliced(struct arm_trans *t, ir_reg a, ir_reg b, unsigned at)
{
    if (!at || at == 8)
        return at ? b : a;
    return ir_op2(t->u, IR_OR, 64, ir_op2i(t->u, IR_SHR, 64, a, 8 * at), ir_op2i(t->u, IR_SHL, 64, b, 64 - 8 * at));
}

static void extract(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), m = neon_m(t), at = f(t, 'i');
    if (bad(t, d | n | m))
        return;
    if (!f(t, 'Q')) {
        if (at > 7) {
            a32_undefined(t);
        } else {
            vfp_set_d(t, d, spliced(t, vfp_get_d(t, n), vfp_get_d(t, m), at));
        }
        return;
    }
    if (neon_host_extract(t, d, n, m, at))
        return;
    ir_reg word[4] = { vfp_get_d(t, n), vfp_get_d(t, n + 1), vfp_get_d(t, m), vfp_get_d(t, m + 1) };
    const unsigned first = at / 8;
    ir_reg low = spliced(t, word[first], word[first + 1], at & 7), high = spliced(t, word[first + 1], word[first + 2], at & 7);
    vfp_set_d(t, d, low);
    vfp_set_d(t, d + 1, high);
}

/* o: VTBX; l: registers - 1 */
static void table(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), count = f(t, 'l') + 1;
    if (n + count > 32) {
        a32_undefined(t);           /* UNPREDICTABLE */
        return;
    }
    ir_reg stays = f(t, 'o') ? vfp_get_d(t, d) : ir_const(t->u, 0), index = vfp_get_d(t, neon_m(t));
    ir_reg base = ir_const(t->u, n | count << 8);
    vfp_set_d(t, d, arm_call(t, HELPER_ARM_neon_table, base, index, stays, IR_NONE));
}

static void dup_scalar(struct arm_trans *t)
{
    const unsigned d = neon_d(t), i = f(t, 'i'), bits = i & 1 ? 8 : i & 2 ? 16 : 32, index = i & 1 ? i >> 1 : i & 2 ? i >> 2 : i >> 3;
    if (bad(t, d))
        return;
    const uint64_t ones = bits == 8 ? 0x0101010101010101 : bits == 16 ? 0x0001000100010001 : 0x0000000100000001;
    ir_reg value = ir_op2(t->u, IR_MUL, 64, neon_get_lane(t, bits, neon_m(t), index), ir_const(t->u, ones));
    for (unsigned k = 0; k < halves(t); k++) {
        vfp_set_d(t, d + k, value);
    }
}

/* AdvSIMDExpandImm: c is cmode, o is op */
static uint64_t expanded(unsigned cmode, unsigned op, uint64_t imm)
{
    uint64_t value = 0;
    switch (cmode >> 1) {
    case 0: case 1: case 2: case 3: value = imm << (cmode >> 1) * 8; return value | value << 32;
    case 4: case 5: return (imm << (cmode >> 1 & 1) * 8) * 0x0001000100010001;
    case 6: value = cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff; return value | value << 32;
    }
    if (cmode == 14 && !op)
        return imm * 0x0101010101010101;
    if (cmode == 14) {
        for (unsigned i = 0; i < 8; i++) {
            value |= imm >> i & 1 ? 0xffull << 8 * i : 0;
        }
        return value;
    }
    value = (imm & 0x80) << 24 | (imm & 0x40 ? 0x3e000000u : 0x40000000u) | (imm & 0x3f) << 19;
    return value | value << 32;
}

static void modified_imm(struct arm_trans *t)
{
    const unsigned d = neon_d(t), cmode = f(t, 'c'), op = f(t, 'o');
    const uint64_t value = expanded(cmode, op, f(t, 'i') << 7 | f(t, 'j') << 4 | f(t, 'k'));
    const bool combines = cmode & 1 && cmode < 12;      /* VORR, VBIC */
    if (bad(t, d))
        return;
    for (unsigned i = 0; i < halves(t); i++) {
        ir_reg imm = ir_const(t->u, op && cmode != 14 ? ~value : value);
        if (combines)
            imm = ir_op2(t->u, op ? IR_AND : IR_OR, 64, vfp_get_d(t, d + i), imm);
        vfp_set_d(t, d + i, imm);
    }
}

#define NOT_IMMEDIATE "L=0,h=0"
#define NOT_IMMEDIATE6 "h=0"
#define NEON(u, tail, name, fn, data, unless) NEON_IF(ARM_NEON, u, tail, name, fn, data, unless)
#define NEON_IF(feature, u, tail, name, fn, data, unless) \
    { "1111 001" u " " tail, name, fn, ARM_ROW_FP | ARM_ROW_COND, feature, data, NULL, unless },
static const struct arm_row rows_a32[] = {
#include "target-arm/neon.def"
};
#undef NEON_IF
#define NEON_IF(feature, u, tail, name, fn, data, unless) \
    { "111" u " 1111 " tail, name, fn, ARM_ROW_FP, feature, data, NULL, unless },
static const struct arm_row rows_t32[] = {
#include "target-arm/neon.def"
};
const struct arm_table arm_table_neon_a32 = { "neon_a32", rows_a32, G_N_ELEMENTS(rows_a32) };
const struct arm_table arm_table_neon_t32 = { "neon_t32", rows_t32, G_N_ELEMENTS(rows_t32) };
