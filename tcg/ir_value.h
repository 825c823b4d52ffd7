/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_VALUE_H
#define TCG_IR_VALUE_H
/*
 * The arithmetic that the value column of ir_ops.def is written in. Everything works on 64-bit containers; w is the
 * operation's width in bits (8 to 64), and operands are already cut to it where the table says so.
 */
#include "tcg/ir.h"

static inline uint64_t ir_value_mask(unsigned w)
{
    return w >= 64 ? ~0ull : (1ull << w) - 1;
}

static inline uint64_t ir_value_cut(uint64_t x, unsigned w)
{
    return x & ir_value_mask(w);
}

/* Sign-extends from w to 64 bits. */
static inline uint64_t ir_value_sign(uint64_t x, unsigned w)
{
    return (uint64_t)((int64_t)(x << (64 - w)) >> (64 - w));
}

static inline uint64_t ir_value_mul_high_unsigned(uint64_t a, uint64_t b, unsigned w)
{
    return (uint64_t)((unsigned __int128)a * b >> w);
}

/* a and b sign-extended to 64 bits. */
static inline uint64_t ir_value_mul_high_signed(uint64_t a, uint64_t b, unsigned w)
{
    return (uint64_t)((__int128)(int64_t)a * (int64_t)b >> w);
}

static inline uint64_t ir_value_rotate_left(uint64_t a, uint64_t count, unsigned w)
{
    return count ? a << count | a >> (w - count) : a;
}

/* Fields: position in bits 0-7, length in bits 8-15. */
static inline uint64_t ir_value_deposit(uint64_t a, uint64_t b, unsigned field)
{
    const unsigned position = field & 0xff;
    const uint64_t mask = ir_value_mask(field >> 8 & 0xff);
    return (a & ~(mask << position)) | (b & mask) << position;
}

static inline uint64_t ir_value_extract(uint64_t a, unsigned field)
{
    return ir_value_cut(a >> (field & 0xff), field >> 8 & 0xff);
}

/* Whether cond holds for the flags of a - b. */
static inline uint64_t ir_value_compare(unsigned cond, uint64_t a, uint64_t b, unsigned w)
{
    const uint64_t r = ir_value_cut(a - b, w);
    bool holds = false;
    switch (cond >> 1) {
    case IR_COND_O >> 1:  holds = ((a ^ b) & (a ^ r)) >> (w - 1) & 1; break;
    case IR_COND_B >> 1:  holds = a < b; break;
    case IR_COND_E >> 1:  holds = a == b; break;
    case IR_COND_BE >> 1: holds = a <= b; break;
    case IR_COND_S >> 1:  holds = r >> (w - 1) & 1; break;
    case IR_COND_P >> 1:  holds = !__builtin_parity((unsigned)r & 0xff); break;
    case IR_COND_L >> 1:  holds = (int64_t)ir_value_sign(a, w) < (int64_t)ir_value_sign(b, w); break;
    case IR_COND_LE >> 1: holds = (int64_t)ir_value_sign(a, w) <= (int64_t)ir_value_sign(b, w); break;
    }
    return holds ^ (cond & 1);
}

/* The value column of a PURE row, compiled: inputs cut to w, the result not. ir_eval() is this for whole ops. */
#define sx(x) ir_value_sign(x, w)
static inline uint64_t ir_value_pure(unsigned op, unsigned w, unsigned cond, unsigned aux, int64_t imm,
                                     uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    switch (op) {
#define IR_PURE(name, outs, ins, flags, value) case IR_##name: return value;
#define IR_FLAG(...)
#define IR_FVAL(...)
#define IR_VECT(...)
#define IR_EFFECT(...)
#include "tcg/ir_ops.def"
#undef IR_PURE
#undef IR_FLAG
#undef IR_FVAL
#undef IR_VECT
#undef IR_EFFECT
    }
    return 0;       /* not a PURE op: the caller's mistake */
}
#undef sx

/* A FLAG op carried out: its value d (cut to w) and its flags. `before` may be NULL for ops without a flags input. */
uint64_t ir_value_flag_op(enum ir_op op, unsigned w, const struct ir_flags *before, uint64_t a, uint64_t b, uint64_t c,
                          struct ir_flags *after);

#endif
