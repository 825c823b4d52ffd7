/* SPDX-License-Identifier: MIT */
/*
 * VFPv3, VFPv4, FEAT_FP16 and what ARMv8 adds to them in AArch32 (Arm ARM F6, rows in vfp.def): arithmetic under FPSCR, conversions, moves,
 * loads and stores. Arithmetic is done by the helpers of fp_scalar.c.
 *
 * Short vectors (FPSCR.LEN, STRIDE) are undefined: Cortex-A7, A9 and A15 leave them to software, Armv8 has none. UNPREDICTABLE register lists beyond D31 or S31: undefined.
 */
#include "target-arm/fp.h"
#include "target-arm/neon.h"
#include "target-arm/fp_inline.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
/* "size", bits 9:8 of all rows with an operand of this width: 01, 10, 11 */
static unsigned width(const struct arm_trans *t) { return 8u << (t->word >> 8 & 3); }

/* Register numbers: D:Vd for doubles, Vd:D for singles. */
static unsigned number(const struct arm_trans *t, char low, char high, unsigned n)
{
    return n == 64 ? f(t, high) << 4 | f(t, low) : f(t, low) << 1 | f(t, high);
}
/* A half is the low half of a single register; written, it clears the upper one. */
static ir_reg get(struct arm_trans *t, unsigned n, unsigned reg)
{
    return n == 64 ? vfp_get_d(t, reg) : n == 32 ? vfp_get_s(t, reg) : ir_extu(t->u, 16, vfp_get_s(t, reg));
}
static void set(struct arm_trans *t, unsigned n, unsigned reg, ir_reg value)
{
    if (n == 64) {
        vfp_set_d(t, reg, value);
    } else {
        vfp_set_s(t, reg, n == 32 ? value : ir_extu(t->u, 16, value));
    }
}
static ir_reg get_n(struct arm_trans *t) { return get(t, width(t), number(t, 'n', 'N', width(t))); }
static ir_reg get_m(struct arm_trans *t) { return get(t, width(t), number(t, 'm', 'M', width(t))); }
static ir_reg get_d(struct arm_trans *t) { return get(t, width(t), number(t, 'd', 'D', width(t))); }
static void set_d(struct arm_trans *t, ir_reg value) { set(t, width(t), number(t, 'd', 'D', width(t)), value); }

static ir_reg negated(struct arm_trans *t, ir_reg value)
{
    return ir_op2(t->u, IR_XOR, width(t) == 64 ? 64 : 32, value, ir_const(t->u, 1ull << (width(t) - 1)));
}

/* FPSCR.LEN or STRIDE: such an attempt is recorded in FPEXC.DEX. */
static bool short_vectors(struct arm_trans *t)
{
    if (t->mode & MODE_VFP_LEN) {
        ir_reg fpexc = ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, fpexc));
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, fpexc), ir_op2(t->u, IR_OR, 32, fpexc, ir_const(t->u, FPEXC_DEX)));
        a32_undefined(t);
    }
    return t->ended;
}

/* ---- arithmetic ---- */

enum { BINARY_ADD, BINARY_SUB, BINARY_MUL, BINARY_DIV, BINARY_MAXNM, BINARY_MINNM, BINARY_NEGATE = 0x100 };

static ir_reg binary(struct arm_trans *t, unsigned op, ir_reg a, ir_reg b)
{
    static const enum arm_helper helper[][3] = {
        { HELPER_ARM_fp_add16, HELPER_ARM_fp_add32, HELPER_ARM_fp_add64 },
        { HELPER_ARM_fp_sub16, HELPER_ARM_fp_sub32, HELPER_ARM_fp_sub64 },
        { HELPER_ARM_fp_mul16, HELPER_ARM_fp_mul32, HELPER_ARM_fp_mul64 },
        { HELPER_ARM_fp_div16, HELPER_ARM_fp_div32, HELPER_ARM_fp_div64 },
        { HELPER_ARM_fp_maxnm16, HELPER_ARM_fp_maxnm32, HELPER_ARM_fp_maxnm64 },
        { HELPER_ARM_fp_minnm16, HELPER_ARM_fp_minnm32, HELPER_ARM_fp_minnm64 },
    };
    return arm_call(t, helper[op][width(t) / 32], a, b, IR_NONE, IR_NONE);
}

static bool in_place(struct arm_trans *t, enum fp_inline_op op)
{
    const unsigned w = width(t), d = number(t, 'd', 'D', w), m = number(t, 'm', 'M', w);
    const struct fp_inline f = { op, w, false, d, op == FP_SQRT ? m : number(t, 'n', 'N', w), m, d };
    return fp_inline(t, &f);
}

static void vfp_binary(struct arm_trans *t)
{
    static const enum fp_inline_op ops[] = { FP_ADD, FP_SUB, FP_MUL, FP_DIV };
    if (short_vectors(t) || (t->data <= BINARY_DIV && in_place(t, ops[t->data])))
        return;
    ir_reg value = binary(t, t->data & 0xff, get_n(t), get_m(t));
    set_d(t, t->data & BINARY_NEGATE ? negated(t, value) : value);
}

enum { MLA_NEGATE_PRODUCT = 1, MLA_NEGATE_ADDEND = 2 };

static void vfp_mla(struct arm_trans *t)
{
    static const enum fp_inline_op ops[] = { FP_MLA, FP_MLS, FP_NMLS };
    if (short_vectors(t) || (t->data < 3 && in_place(t, ops[t->data])))
        return;
    ir_reg product = binary(t, BINARY_MUL, get_n(t), get_m(t)), addend = get_d(t);
    if (t->data & MLA_NEGATE_PRODUCT)
        product = negated(t, product);
    if (t->data & MLA_NEGATE_ADDEND)
        addend = negated(t, addend);
    set_d(t, binary(t, BINARY_ADD, addend, product));
}

static void vfp_fma(struct arm_trans *t)
{
    static const enum fp_inline_op ops[] = { FP_FMA, FP_FMS, FP_FNMS, FP_FNMA };
    if (short_vectors(t) || in_place(t, ops[t->data]))
        return;
    ir_reg n = get_n(t), addend = get_d(t);
    if (t->data & MLA_NEGATE_PRODUCT)
        n = negated(t, n);
    if (t->data & MLA_NEGATE_ADDEND)
        addend = negated(t, addend);
    static const enum arm_helper helper[] = { HELPER_ARM_fp_muladd16, HELPER_ARM_fp_muladd32, HELPER_ARM_fp_muladd64 };
    set_d(t, arm_call(t, helper[width(t) / 32], addend, n, get_m(t), IR_NONE));
}

enum { UNARY_MOV, UNARY_ABS, UNARY_NEG, UNARY_SQRT };

static void vfp_unary(struct arm_trans *t)
{
    if (short_vectors(t))
        return;
    static const enum arm_helper sqrt[] = { HELPER_ARM_fp_sqrt16, HELPER_ARM_fp_sqrt32, HELPER_ARM_fp_sqrt64 };
    const unsigned w = width(t);
    if (t->data == UNARY_SQRT && in_place(t, FP_SQRT))
        return;
    ir_reg m = get_m(t);
    switch (t->data) {
    case UNARY_ABS:  m = ir_extract(t->u, m, 0, w - 1); break;
    case UNARY_NEG:  m = negated(t, m); break;
    case UNARY_SQRT: m = arm_call(t, sqrt[w / 32], m, IR_NONE, IR_NONE, IR_NONE); break;
    default:         break;
    }
    set_d(t, m);
}

static void vfp_mov_imm(struct arm_trans *t)
{
    if (!short_vectors(t))
        set_d(t, ir_const(t->u, fp_expand_imm(width(t), f(t, 'i') << 4 | f(t, 'j'))));
}

/* E: signalling; data: with zero. The result goes to FPSCR. */
static void vfp_compare(struct arm_trans *t)
{
    static const enum arm_helper helper[] = { HELPER_ARM_fp_cmp16, HELPER_ARM_fp_cmp32, HELPER_ARM_fp_cmp64 };
    ir_reg other = t->data ? ir_const(t->u, 0) : get_m(t);
    ir_reg nzcv = arm_call(t, helper[width(t) / 32], get_d(t), other, ir_const(t->u, !f(t, 'E')), IR_NONE);
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, fpscr_nzcv), ir_op2i(t->u, IR_SHL, 32, nzcv, 28));
}

/* ---- conversions ---- */

static ir_reg converted(struct arm_trans *t, ir_reg value, unsigned from, unsigned to)
{
    return arm_call(t, HELPER_ARM_fp_convert, value, ir_const(t->u, from | to << 8), IR_NONE, IR_NONE);
}

static void vfp_convert(struct arm_trans *t)
{
    const unsigned from = width(t), to = from == 64 ? 32 : 64;
    set(t, to, number(t, 'd', 'D', to), converted(t, get_m(t), from, to));
}

/* T: the top half of the single register that holds the half-precision number */
static void vfp_from_half(struct arm_trans *t)
{
    ir_reg half = ir_extract(t->u, vfp_get_s(t, number(t, 'm', 'M', 32)), f(t, 'T') * 16, 16);
    const unsigned to = (unsigned)t->data;
    set(t, to, number(t, 'd', 'D', to), converted(t, half, 16, to));
}

static void vfp_to_half(struct arm_trans *t)
{
    const unsigned from = (unsigned)t->data, d = number(t, 'd', 'D', 32);
    ir_reg half = converted(t, get(t, from, number(t, 'm', 'M', from)), from, 16);
    vfp_set_s(t, d, ir_deposit(t->u, vfp_get_s(t, d), f(t, 'T') * 16, 16, half));
}

static ir_reg how(struct arm_trans *t, unsigned bits, unsigned fbits, bool is_unsigned, unsigned rounding)
{
    return ir_const(t->u, width(t) | bits << 8 | fbits << 16 | (uint64_t)is_unsigned << 24 | (uint64_t)rounding << 25);
}

enum { BY_FPSCR = 7, TO_NEAREST = 0, TO_ZERO = 3 };

static void vfp_from_int(struct arm_trans *t)
{
    ir_reg value = vfp_get_s(t, number(t, 'm', 'M', 32));
    set_d(t, arm_call(t, HELPER_ARM_fp_from_int, value, how(t, 32, 0, !f(t, 's'), BY_FPSCR), IR_NONE, IR_NONE));
}

static void to_int(struct arm_trans *t, bool is_unsigned, unsigned rounding)
{
    ir_reg value = arm_call(t, HELPER_ARM_fp_to_int, get_m(t), how(t, 32, 0, is_unsigned, rounding), IR_NONE, IR_NONE);
    vfp_set_s(t, number(t, 'd', 'D', 32), value);
}

static void vfp_to_int(struct arm_trans *t) { to_int(t, !f(t, 's'), f(t, 'r') ? TO_ZERO : BY_FPSCR); }

/* rr: A, N, P, M */
static unsigned directed(const struct arm_trans *t)
{
    static const uint8_t rounding[4] = { 4, 0, 1, 2 };
    return rounding[f(t, 'r')];
}

static void vfp_to_int_directed(struct arm_trans *t) { to_int(t, !f(t, 's'), directed(t)); }

static void round_to(struct arm_trans *t, unsigned rounding, bool exact)
{
    ir_reg options = ir_const(t->u, width(t) | rounding << 8 | (unsigned)exact << 16);
    set_d(t, arm_call(t, HELPER_ARM_fp_round_int, get_m(t), options, IR_NONE, IR_NONE));
}

static void vfp_round(struct arm_trans *t) { round_to(t, t->data & 7, t->data & 0x100); }
static void vfp_round_directed(struct arm_trans *t) { round_to(t, directed(t), false); }

static void vfp_jcvt(struct arm_trans *t)
{
    ir_reg result = arm_call(t, HELPER_ARM_fp_jcvt, vfp_get_d(t, neon_m(t)), IR_NONE, IR_NONE, IR_NONE);
    vfp_set_s(t, number(t, 'd', 'D', 32), result);
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, fpscr_nzcv), ir_op2i(t->u, IR_SHL, 32, ir_op2i(t->u, IR_SHR, 64, result, 32), 30));
}

/* o: to fixed point, s: 32 bits, U: unsigned, j:i subtracted from the size: fraction bits */
static void vfp_fixed(struct arm_trans *t)
{
    const unsigned size = f(t, 's') ? 32 : 16, imm = f(t, 'j') << 1 | f(t, 'i');
    const bool is_unsigned = f(t, 'U');
    if (imm > size) {
        a32_undefined(t);           /* UNPREDICTABLE */
        return;
    }
    const unsigned w = width(t) == 64 ? 64 : 32;        /* of the register: a half's integer is in all of it */
    ir_reg options = how(t, size, size - imm, is_unsigned, f(t, 'o') ? TO_ZERO : TO_NEAREST);
    if (f(t, 'o')) {
        ir_reg value = arm_call(t, HELPER_ARM_fp_to_int, get_d(t), options, IR_NONE, IR_NONE);
        set(t, w, number(t, 'd', 'D', w), is_unsigned ? ir_extu(t->u, size, value) : ir_exts(t->u, size, w, value));
    } else {
        ir_reg value = get(t, w, number(t, 'd', 'D', w));
        set_d(t, arm_call(t, HELPER_ARM_fp_from_int, value, options, IR_NONE, IR_NONE));
    }
}

/* ---- moves ---- */

static void vfp_mov_core(struct arm_trans *t)
{
    const unsigned n = number(t, 'n', 'N', 32);
    if (f(t, 't') == 15) {
        a32_undefined(t);           /* UNPREDICTABLE, here and in the other moves */
    } else if (f(t, 'L')) {
        a32_set(t, f(t, 't'), vfp_get_s(t, n));
    } else {
        vfp_set_s(t, n, a32_get(t, f(t, 't')));
    }
}

static void vfp_mov_half(struct arm_trans *t)
{
    const unsigned n = number(t, 'n', 'N', 16);
    if (f(t, 't') == 15) {
        a32_undefined(t);
    } else if (f(t, 'L')) {
        a32_set(t, f(t, 't'), get(t, 16, n));
    } else {
        set(t, 16, n, a32_get(t, f(t, 't')));
    }
}

/* VMOVX: the upper half to the lower; VINS (data 1): the lower one over the upper. */
static void vfp_move_half(struct arm_trans *t)
{
    const unsigned d = number(t, 'd', 'D', 32);
    ir_reg m = vfp_get_s(t, number(t, 'm', 'M', 32));
    vfp_set_s(t, d, t->data ? ir_deposit(t->u, vfp_get_s(t, d), 16, 16, m) : ir_op2i(t->u, IR_SHR, 32, m, 16));
}

/* Element size and index from opc1:opc2. */
static unsigned scalar(unsigned opc1, unsigned opc2, unsigned *index)
{
    const unsigned code = opc1 << 2 | opc2;
    if (code & 8) {
        *index = code & 7;
        return 8;
    }
    if (code & 1) {
        *index = code >> 1 & 3;
        return 16;
    }
    *index = code >> 2 & 1;
    return 32;
}

static void vfp_mov_to_scalar(struct arm_trans *t)
{
    unsigned index;
    const unsigned bits = scalar(f(t, 'o'), f(t, 'p'), &index);
    neon_set_lane(t, bits, neon_d(t), index, a32_get(t, f(t, 't')));
}

static void vfp_mov_from_scalar(struct arm_trans *t)
{
    unsigned index;
    const unsigned bits = scalar(f(t, 'o'), f(t, 'p'), &index);
    if (f(t, 't') == 15) {
        a32_undefined(t);
        return;
    }
    ir_reg value = neon_get_lane(t, bits, neon_n(t), index);
    a32_set(t, f(t, 't'), bits < 32 && !f(t, 'U') ? ir_exts(t->u, bits, 32, value) : value);
}

static void vfp_dup_core(struct arm_trans *t)
{
    const unsigned bits = f(t, 'b') ? 8 : f(t, 'e') ? 16 : 32, d = neon_d(t);
    if (f(t, 'Q') && d & 1) {
        a32_undefined(t);
        return;
    }
    const uint64_t ones = bits == 8 ? 0x0101010101010101 : bits == 16 ? 0x0001000100010001 : 0x0000000100000001;
    ir_reg value = ir_extu(t->u, bits, a32_get(t, f(t, 't')));
    value = ir_op2(t->u, IR_MUL, 64, value, ir_const(t->u, ones));
    vfp_set_d(t, d, value);
    if (f(t, 'Q'))
        vfp_set_d(t, d + 1, value);
}

static void vfp_mov_pair(struct arm_trans *t)
{
    const unsigned m = number(t, 'm', 'M', width(t));
    const bool both = f(t, 'z');
    if ((!both && m == 31) || f(t, 't') == 15 || f(t, 's') == 15) {
        a32_undefined(t);           /* UNPREDICTABLE */
    } else if (f(t, 'L')) {
        ir_reg low = both ? vfp_get_d(t, m) : vfp_get_s(t, m), high = both ? ir_op2i(t->u, IR_SHR, 64, low, 32) : vfp_get_s(t, m + 1);
        a32_set(t, f(t, 't'), ir_extu(t->u, 32, low));
        a32_set(t, f(t, 's'), high);
    } else {
        ir_reg low = a32_copy(t, f(t, 't')), high = a32_get(t, f(t, 's'));
        if (both) {
            vfp_set_d(t, m, ir_deposit(t->u, low, 32, 32, high));
        } else {
            vfp_set_s(t, m, low);
            vfp_set_s(t, m + 1, high);
        }
    }
}

/* ---- system registers: FPSID 0, FPSCR 1, MVFR2 5, MVFR1 6, MVFR0 7, FPEXC 8 ---- */

enum { REG_FPSCR = 1 };

static void vfp_vmrs(struct arm_trans *t)
{
    const unsigned reg = f(t, 'r');
    if (reg == REG_FPSCR && !(t->mode & MODE_FP)) {
        arm_call_void(t, HELPER_ARM_a32_fp_trap, ir_const(t->u, 0), IR_NONE, IR_NONE, IR_NONE);
        ir_exit(t->u);
        t->ended = true;
    } else if (reg == REG_FPSCR && f(t, 't') == 15) {
        arm_flag_put(t, ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, fpscr_nzcv)));
    } else {
        a32_set(t, f(t, 't'), arm_call(t, HELPER_ARM_vfp_read, ir_const(t->u, reg), IR_NONE, IR_NONE, IR_NONE));
    }
}

static void vfp_vmsr(struct arm_trans *t)
{
    arm_call_void(t, HELPER_ARM_vfp_write, ir_const(t->u, f(t, 'r')), a32_get(t, f(t, 't')), IR_NONE, IR_NONE);
    a32_end_next(t);
}

/* ---- memory ---- */

static ir_reg base_of(struct arm_trans *t)
{
    return f(t, 'n') == 15 ? ir_const(t->u, a32_pc(t) & ~3u) : arm_x(f(t, 'n'));
}

/* A double is two words, each of which must be aligned as a word only; in big-endian memory the high one comes first. */
static ir_reg load_double(struct arm_trans *t, ir_reg base, int64_t disp, unsigned flags)
{
    if (!(t->mode & (MODE_BE | MODE_ALIGN)) && !flags)
        return ir_ld(t->u, 64, base, disp, t->mmu);
    const int first = t->mode & MODE_BE ? 4 : 0;
    ir_reg low = arm_load(t, 32, base, disp + first, flags), high = arm_load(t, 32, base, disp + 4 - first, flags);
    return ir_deposit(t->u, low, 32, 32, high);
}

static void store_double(struct arm_trans *t, ir_reg base, int64_t disp, ir_reg value, unsigned flags)
{
    if (!(t->mode & (MODE_BE | MODE_ALIGN)) && !flags) {
        ir_st(t->u, 64, base, disp, value, t->mmu);
        return;
    }
    const int first = t->mode & MODE_BE ? 4 : 0;
    arm_store(t, 32, base, disp + first, value, flags);
    arm_store(t, 32, base, disp + 4 - first, ir_op2i(t->u, IR_SHR, 64, value, 32), flags);
}

static void vfp_vldr(struct arm_trans *t)
{
    const unsigned w = width(t), d = number(t, 'd', 'D', w), scale = w == 16 ? 2 : 4;
    const int64_t disp = f(t, 'u') ? (int64_t)f(t, 'i') * scale : -(int64_t)f(t, 'i') * scale;
    ir_reg base = base_of(t);
    arm_check_aligned(t, scale, base, disp, !t->data);
    if (t->data) {
        set(t, w, d, w == 64 ? load_double(t, base, disp, 0) : arm_load(t, w, base, disp, 0));
    } else if (w == 64) {
        store_double(t, base, disp, vfp_get_d(t, d), 0);
    } else {
        arm_store(t, w, base, disp, vfp_get_s(t, d), 0);
    }
}

/* data: bit 0 load, bit 1 decrement before. An odd count of words with doubles is FLDMX: one word is skipped. */
static void vfp_vldm(struct arm_trans *t)
{
    const unsigned w = width(t), d = number(t, 'd', 'D', w), words = f(t, 'i'), count = w == 64 ? words / 2 : words;
    const bool load = t->data & 1, down = t->data & 2, wback = down || f(t, 'w');
    int64_t disp = down ? -4 * (int64_t)words : 0;
    ir_reg base = base_of(t), value[32];
    if (!count || d + count > 32 || (w == 64 && count > 16) || (f(t, 'n') == 15 && (wback || a32_thumb(t)))) {
        a32_undefined(t);           /* UNPREDICTABLE */
        return;
    }
    arm_check_aligned(t, 4, base, 0, !load);
    for (unsigned i = 0; i < count; i++, disp += w / 8) {
        if (load) {
            value[i] = w == 64 ? load_double(t, base, disp, 0) : arm_load(t, 32, base, disp, 0);
        } else if (w == 64) {
            store_double(t, base, disp, vfp_get_d(t, d + i), 0);
        } else {
            arm_store(t, 32, base, disp, vfp_get_s(t, d + i), 0);
        }
    }
    for (unsigned i = 0; load && i < count; i++) {
        set(t, w, d + i, value[i]);
    }
    if (wback)
        ir_op2i_to(t->u, IR_ADD, 32, arm_x(f(t, 'n')), arm_x(f(t, 'n')), down ? -4 * (int64_t)words : 4 * (int64_t)words);
}

/* ---- ARMv8 ---- */

/* c: EQ, VS, GE, GT */
static void vfp_sel(struct arm_trans *t)
{
    static const uint8_t cond[4] = { 0, 6, 10, 12 };
    ir_reg n = get_n(t), m = get_m(t);
    set_d(t, ir_self(t->u, ARM_NZCV, arm_cond(cond[f(t, 'c')]), n, m));
}

#define VFP(tail, name, fn, data, feature, flags, unless) { "cccc " tail, name, fn, flags, feature, data, NULL, A32_COND ";" unless },
#define VFP8(pattern, name, fn, data) \
    { pattern, name, fn, ARM_ROW_FP | ARM_ROW_COND | ARM_ROW_AA32_V8, ARM_V8, data, NULL, NULL },
#define VFP_FP(head, tail, name, fn, data, feature, flags) \
    VFP(head " 101z " tail, name, fn, data, feature, flags, "") VFP(head " 1001 " tail, name, fn, data, ARM_FP16, flags, "")
#define VFP8_FP(head, tail, name, fn, data) \
    VFP8(head " 101z " tail, name, fn, data) VFP16(head " 1001 " tail, name, fn, data)
#define VFP16(pattern, name, fn, data) { pattern, name, fn, ARM_ROW_FP | ARM_ROW_COND, ARM_FP16, data, NULL, NULL },
static const struct arm_row rows_a32[] = {
#include "target-arm/vfp.def"
#include "target-arm/vfp_v8.def"
};
#undef VFP
#define VFP(tail, name, fn, data, feature, flags, unless) { "1110 " tail, name, fn, flags, feature, data, NULL, unless },
static const struct arm_row rows_t32[] = {
#include "target-arm/vfp.def"
#include "target-arm/vfp_v8.def"
};
const struct arm_table arm_table_vfp_a32 = { "vfp_a32", rows_a32, G_N_ELEMENTS(rows_a32) };
const struct arm_table arm_table_vfp_t32 = { "vfp_t32", rows_t32, G_N_ELEMENTS(rows_t32) };
