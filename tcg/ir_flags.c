/* SPDX-License-Identifier: MIT */
/*
 * Condition flags in portable C: the word of a deferred value (ir_flags.def), and the FLAG ops of ir_ops.def carried
 * out. Source: SDM volume 1, 3.4.3.1 and the "Flags Affected" sections of volume 2.
 *
 * Where the manual leaves a flag undefined, this is what we give, in the interpreter; the host back end may give what
 * the host's instruction does:
 *   AF after logic, shifts, rotates and multiplication   0
 *   OF after a shift by more than one                    as if it were the last of single steps
 *   CF after SHL or SHR by more than the width           0
 *   ZF after multiplication                              0; SF and PF are those of the low half
 *   double shifts of 16 bits by more than 16             the bits shifted in repeat: a:b:a
 */
#include <glib.h>
#include "tcg/ir.h"
#include "tcg/ir_value.h"

static uint64_t sign_bit(unsigned w)
{
    return 1ull << (w - 1);
}

/* SF, ZF and PF of a result. */
static uint32_t result_flags(uint64_t r, unsigned w)
{
    r = ir_value_cut(r, w);
    return (r & sign_bit(w) ? IR_SF : 0) | (r == 0 ? IR_ZF : 0) | (__builtin_parity((unsigned)r & 0xff) ? 0 : IR_PF);
}

static uint32_t add_flags(uint64_t a, uint64_t b, uint64_t carry, unsigned w)
{
    const uint64_t r = ir_value_cut(a + b + carry, w);
    return result_flags(r, w) | (r < a || (carry && r == a) ? IR_CF : 0) | (((a ^ b ^ r) & 0x10) ? IR_AF : 0) |
           ((~(a ^ b) & (a ^ r)) & sign_bit(w) ? IR_OF : 0);
}

static uint32_t sub_flags(uint64_t a, uint64_t b, uint64_t borrow, unsigned w)
{
    const uint64_t r = ir_value_cut(a - b - borrow, w);
    return result_flags(r, w) | (a < b || (borrow && a == b) ? IR_CF : 0) | (((a ^ b ^ r) & 0x10) ? IR_AF : 0) |
           (((a ^ b) & (a ^ r)) & sign_bit(w) ? IR_OF : 0);
}

static uint64_t shift_value(enum ir_flags_kind kind, uint64_t a, unsigned count, unsigned w)
{
    switch (kind) {
    case IR_FLAGS_SHL: return ir_value_cut(a << count, w);
    case IR_FLAGS_SHR: return a >> count;
    default:           return ir_value_cut((uint64_t)((int64_t)ir_value_sign(a, w) >> count), w);
    }
}

/* The last bit shifted out and OF of the last single step. */
static uint32_t shift_flags(enum ir_flags_kind kind, uint64_t a, unsigned count, unsigned w)
{
    const uint64_t before = shift_value(kind, a, count - 1, w), r = shift_value(kind, a, count, w);
    bool carry, overflow;
    switch (kind) {
    case IR_FLAGS_SHL:
        carry = before & sign_bit(w);
        overflow = carry != !!(r & sign_bit(w));
        break;
    case IR_FLAGS_SHR:
        carry = before & 1;
        overflow = before & sign_bit(w);
        break;
    default:
        carry = before & 1;
        overflow = false;
    }
    return result_flags(r, w) | (carry ? IR_CF : 0) | (overflow ? IR_OF : 0);
}

static uint32_t mul_flags(uint64_t a, uint64_t b, unsigned w)
{
    const __int128 product = (__int128)(int64_t)ir_value_sign(a, w) * (int64_t)ir_value_sign(b, w);
    const uint64_t low = ir_value_cut((uint64_t)product, w);
    const bool fits = product == (__int128)(int64_t)ir_value_sign(low, w);
    return (result_flags(low, w) & (IR_SF | IR_PF)) | (fits ? 0 : IR_CF | IR_OF);
}

uint32_t ir_flags_word(const struct ir_flags *f)
{
    if (f->kind == IR_FLAGS_WORD)
        return (uint32_t)f->a & IR_ALL_FLAGS;
    const unsigned w = f->width;
    const uint64_t a = ir_value_cut(f->a, w), b = ir_value_cut(f->b, w);
    switch (f->kind) {
    case IR_FLAGS_ADD:   return add_flags(ir_value_cut(a - b, w), b, 0, w);
    case IR_FLAGS_SUB:   return sub_flags(ir_value_cut(a + b, w), b, 0, w);
    case IR_FLAGS_CMP:   return sub_flags(a, b, 0, w);
    case IR_FLAGS_LOGIC: return result_flags(a, w);
    case IR_FLAGS_TEST:  return result_flags(a & b, w);
    case IR_FLAGS_ADDN:  return add_flags(ir_value_cut(a - b, w), b, 0, w) ^ IR_CF;
    case IR_FLAGS_LOGICN: return result_flags(a, w) | IR_CF;
    case IR_FLAGS_TESTN: return result_flags(a & b, w) | IR_CF;
    case IR_FLAGS_INC:   return (add_flags(ir_value_cut(a - 1, w), 1, 0, w) & ~IR_CF) | (b & 1 ? IR_CF : 0);
    case IR_FLAGS_DEC:   return (sub_flags(ir_value_cut(a + 1, w), 1, 0, w) & ~IR_CF) | (b & 1 ? IR_CF : 0);
    case IR_FLAGS_KEEP:  return result_flags(a, w) | (f->b & 1 ? IR_CF : 0) | (f->b & 0x100 ? IR_OF : 0);
    case IR_FLAGS_SHL:
    case IR_FLAGS_SHR:
    case IR_FLAGS_SAR:   return shift_flags(f->kind, a, (unsigned)f->b & 63, w);
    case IR_FLAGS_MUL:   return mul_flags(a, b, w);
    }
    return 0;
}

bool ir_cond_holds(enum ir_cond cond, uint32_t word)
{
    const bool sf_of = !(word & IR_SF) != !(word & IR_OF);
    bool holds = false;
    switch (cond >> 1) {
    case IR_COND_O >> 1:  holds = word & IR_OF; break;
    case IR_COND_B >> 1:  holds = word & IR_CF; break;
    case IR_COND_E >> 1:  holds = word & IR_ZF; break;
    case IR_COND_BE >> 1: holds = word & (IR_CF | IR_ZF); break;
    case IR_COND_S >> 1:  holds = word & IR_SF; break;
    case IR_COND_P >> 1:  holds = word & IR_PF; break;
    case IR_COND_L >> 1:  holds = sf_of; break;
    case IR_COND_LE >> 1: holds = sf_of || word & IR_ZF; break;
    }
    return holds ^ (cond & 1);
}

uint32_t ir_cond_flags(enum ir_cond cond)
{
    static const uint32_t bits[8] = {
        [IR_COND_O >> 1] = IR_OF, [IR_COND_B >> 1] = IR_CF, [IR_COND_E >> 1] = IR_ZF, [IR_COND_BE >> 1] = IR_CF | IR_ZF,
        [IR_COND_S >> 1] = IR_SF, [IR_COND_P >> 1] = IR_PF, [IR_COND_L >> 1] = IR_SF | IR_OF,
        [IR_COND_LE >> 1] = IR_SF | IR_OF | IR_ZF,
    };
    return bits[cond >> 1];
}

static void set_word(struct ir_flags *f, uint32_t word, unsigned w)
{
    *f = (struct ir_flags){ .a = word, .kind = IR_FLAGS_WORD, .width = w };
}

static void set_deferred(struct ir_flags *f, enum ir_flags_kind kind, uint64_t a, uint64_t b, unsigned w)
{
    *f = (struct ir_flags){ .a = a, .b = b, .kind = kind, .width = w };
}

static uint64_t shift_op(enum ir_flags_kind kind, unsigned w, const struct ir_flags *before, uint64_t a, unsigned count,
                         struct ir_flags *after)
{
    if (!count) {
        *after = *before;
        return a;
    }
    const uint64_t r = shift_value(kind, a, count, w);
    set_deferred(after, kind, a, count, w);
    return r;
}

/* ROL, ROR: CF is the bit that went round; OF as after a rotation by one (SDM 2, RCL/RCR/ROL/ROR). */
static uint64_t rotate_op(bool left, unsigned w, const struct ir_flags *before, uint64_t a, unsigned count,
                          struct ir_flags *after)
{
    if (!count) {
        *after = *before;
        return a;
    }
    const unsigned turn = count & (w - 1);
    const uint64_t r = ir_value_cut(ir_value_rotate_left(a, left ? turn : -turn & (w - 1), w), w);
    const bool top = r & sign_bit(w), carry = left ? r & 1 : top;
    const bool overflow = top != (left ? carry : !!(r & sign_bit(w) >> 1));
    set_word(after, (ir_flags_word(before) & ~(IR_CF | IR_OF)) | (carry ? IR_CF : 0) | (overflow ? IR_OF : 0), w);
    return r;
}

/* RCL, RCR: a rotation of w + 1 bits, the carry on top. */
static uint64_t rotate_carry_op(bool left, unsigned w, const struct ir_flags *before, uint64_t a, unsigned count,
                                struct ir_flags *after)
{
    const uint32_t word = ir_flags_word(before);
    if (!count) {
        *after = *before;
        return a;
    }
    const unsigned turn = left ? count % (w + 1) : (w + 1 - count % (w + 1)) % (w + 1);
    const unsigned __int128 ring = (unsigned __int128)(word & IR_CF) << w | a;
    const unsigned __int128 turned = turn ? ring << turn | ring >> (w + 1 - turn) : ring;
    const uint64_t r = ir_value_cut((uint64_t)turned, w);
    const bool carry = (uint64_t)(turned >> w) & 1, top = r & sign_bit(w);
    const bool overflow = top != (left ? carry : !!(r & sign_bit(w) >> 1));
    set_word(after, (word & ~(IR_CF | IR_OF)) | (carry ? IR_CF : 0) | (overflow ? IR_OF : 0), w);
    return r;
}

/* SHLD, SHRD: a shifted, bits of b come in. OF: whether the sign changed. */
static uint64_t double_shift_op(bool left, unsigned w, const struct ir_flags *before, uint64_t a, uint64_t b,
                                unsigned count, struct ir_flags *after)
{
    if (!count) {
        *after = *before;
        return a;
    }
    unsigned __int128 wide;
    uint64_t r;
    bool carry;
    if (w == 16 && count > 16) {        /* undefined: a:b:a, shifted as a whole */
        const uint64_t ring = a << 32 | b << 16 | a;
        r = ir_value_cut(left ? ring << count >> 32 : ring >> count, 16);
        carry = (left ? ring >> (48 - count) : ring >> (count - 1)) & 1;
    } else if (left) {
        wide = ((unsigned __int128)a << w | b) << (count - 1);
        carry = (uint64_t)(wide >> (2 * w - 1)) & 1;
        r = ir_value_cut((uint64_t)((wide << 1) >> w), w);
    } else {
        wide = ((unsigned __int128)b << w | a) >> (count - 1);
        carry = (uint64_t)wide & 1;
        r = ir_value_cut((uint64_t)(wide >> 1), w);
    }
    const bool overflow = (a ^ r) & sign_bit(w);
    set_word(after, result_flags(r, w) | (carry ? IR_CF : 0) | (overflow ? IR_OF : 0), w);
    return r;
}

static unsigned shift_count(uint64_t count, unsigned w)
{
    return (unsigned)count & (w == 64 ? 63 : 31);
}

uint64_t ir_value_flag_op(enum ir_op op, unsigned w, const struct ir_flags *before, uint64_t a, uint64_t b, uint64_t c,
                          struct ir_flags *after)
{
    uint64_t r;
    unsigned carry;
    uint32_t kept;
    a = ir_value_cut(a, w);
    b = ir_value_cut(b, w);
    switch (op) {
    case IR_ADDS: r = ir_value_cut(a + b, w); set_deferred(after, IR_FLAGS_ADD, r, b, w); return r;
    case IR_SUBS: r = ir_value_cut(a - b, w); set_deferred(after, IR_FLAGS_SUB, r, b, w); return r;
    case IR_ANDS: r = a & b; set_deferred(after, IR_FLAGS_LOGIC, r, 0, w); return r;
    case IR_ADDNS: r = ir_value_cut(a + b, w); set_deferred(after, IR_FLAGS_ADDN, r, b, w); return r;
    case IR_ANDNS: r = a & b; set_deferred(after, IR_FLAGS_LOGICN, r, 0, w); return r;
    case IR_ORS:  r = a | b; set_deferred(after, IR_FLAGS_LOGIC, r, 0, w); return r;
    case IR_XORS: r = a ^ b; set_deferred(after, IR_FLAGS_LOGIC, r, 0, w); return r;
    case IR_INCS:
        r = ir_value_cut(a + 1, w);
        set_deferred(after, IR_FLAGS_INC, r, ir_flags_word(before) & IR_CF, w);
        return r;
    case IR_DECS:
        r = ir_value_cut(a - 1, w);
        set_deferred(after, IR_FLAGS_DEC, r, ir_flags_word(before) & IR_CF, w);
        return r;
    case IR_KEEPS:
    case IR_KEEPCS:
        kept = ir_flags_word(before);
        set_deferred(after, IR_FLAGS_KEEP, a, (op == IR_KEEPS ? kept & IR_CF : b & 1) | (kept & IR_OF ? 0x100 : 0), w);
        return a;
    case IR_ADCS:
        carry = ir_flags_word(before) & IR_CF;
        set_word(after, add_flags(a, b, carry, w), w);
        return ir_value_cut(a + b + carry, w);
    case IR_SBBS:
        carry = ir_flags_word(before) & IR_CF;
        set_word(after, sub_flags(a, b, carry, w), w);
        return ir_value_cut(a - b - carry, w);
    case IR_SHLS: return shift_op(IR_FLAGS_SHL, w, before, a, shift_count(b, w), after);
    case IR_SHRS: return shift_op(IR_FLAGS_SHR, w, before, a, shift_count(b, w), after);
    case IR_SARS: return shift_op(IR_FLAGS_SAR, w, before, a, shift_count(b, w), after);
    case IR_ROLS: return rotate_op(true, w, before, a, shift_count(b, w), after);
    case IR_RORS: return rotate_op(false, w, before, a, shift_count(b, w), after);
    case IR_RCLS: return rotate_carry_op(true, w, before, a, shift_count(b, w), after);
    case IR_RCRS: return rotate_carry_op(false, w, before, a, shift_count(b, w), after);
    case IR_SHLDS: return double_shift_op(true, w, before, a, b, shift_count(c, w), after);
    case IR_SHRDS: return double_shift_op(false, w, before, a, b, shift_count(c, w), after);
    case IR_MULS: set_deferred(after, IR_FLAGS_MUL, a, b, w); return ir_value_cut(a * b, w);
    default: g_assert_not_reached();
    }
}
