/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD loads and stores of elements and structures: VLD1-4, VST1-4, multiple, one lane, all lanes (Arm ARM F4.1.15, F3.1.6).
 *
 * Post-index: Rm = 15 none, 13 by the bytes transferred, else by Rm. Registers beyond D31 are UNPREDICTABLE: undefined.
 */
#include "target-arm/neon.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

static void write_back(struct arm_trans *t, unsigned bytes)
{
    const unsigned n = f(t, 'n'), m = f(t, 'm');
    if (m == 15)
        return;
    if (m == 13) {
        ir_op2i_to(t->u, IR_ADD, 32, arm_x(n), arm_x(n), bytes);
    } else {
        ir_op2_to(t->u, IR_ADD, 32, arm_x(n), arm_x(n), arm_x(m));
    }
}

/* align: bytes, or 0 for none beyond SCTLR.A */
static void check(struct arm_trans *t, unsigned align)
{
    if (align)
        arm_check_aligned(t, align, arm_x(f(t, 'n')), 0, !f(t, 'L'));
}

/* Whole registers whose elements lie one behind the other. */
static void contiguous(struct arm_trans *t, unsigned d, unsigned count, unsigned bits)
{
    ir_reg value[4], base = arm_x(f(t, 'n'));
    const bool plain = !(t->mode & (MODE_BE | MODE_ALIGN)) || bits == 64;
    const unsigned step = plain ? 64 : bits;
    for (unsigned i = 0; i < count; i++) {
        if (!f(t, 'L')) {
            for (unsigned at = 0; at < 64; at += step) {
                ir_reg part = step == 64 ? vfp_get_d(t, d + i) : neon_get_lane(t, step, d + i, at / step);
                arm_store(t, step, base, 8 * i + at / 8, part, 0);
            }
            continue;
        }
        value[i] = arm_load(t, step, base, 8 * i, 0);
        for (unsigned at = step; at < 64; at += step) {
            value[i] = ir_deposit(t->u, value[i], at, step, arm_load(t, step, base, 8 * i + at / 8, 0));
        }
    }
    for (unsigned i = 0; f(t, 'L') && i < count; i++) {
        vfp_set_d(t, d + i, value[i]);
    }
}

/* registers: of each structure's element; inc: between elements of a structure */
static void interleaved(struct arm_trans *t, unsigned d, unsigned registers, unsigned elements, unsigned inc, unsigned bits)
{
    ir_reg value[4][2], base = arm_x(f(t, 'n'));
    int64_t disp = 0;
    for (unsigned r = 0; r < registers; r++) {
        for (unsigned e = 0; e < 64 / bits; e++) {
            for (unsigned i = 0; i < elements; i++, disp += bits / 8) {
                const unsigned reg = d + r + i * inc;
                if (!f(t, 'L')) {
                    arm_store(t, bits, base, disp, neon_get_lane(t, bits, reg, e), 0);
                    continue;
                }
                ir_reg element = arm_load(t, bits, base, disp, 0);
                value[i][r] = e ? ir_deposit(t->u, value[i][r], e * bits, bits, element) : element;
            }
        }
    }
    for (unsigned i = 0; f(t, 'L') && i < elements; i++) {
        for (unsigned r = 0; r < registers; r++) {
            vfp_set_d(t, d + r + i * inc, value[i][r]);
        }
    }
}

/* t: type; z: size; a: align */
struct form { uint8_t registers, elements, inc, aligns; };
static void multiple(struct arm_trans *t)
{
    /* aligns: which values of `a` exist, a bit each */
    static const struct form forms[16] = {
        [0] = { 1, 4, 1, 0xf }, [1] = { 1, 4, 2, 0xf }, [2] = { 4, 1, 1, 0xf }, [3] = { 2, 2, 2, 0xf }, [4] = { 1, 3, 1, 0x3 },
        [5] = { 1, 3, 2, 0x3 }, [6] = { 3, 1, 1, 0x3 }, [7] = { 1, 1, 1, 0x3 }, [8] = { 1, 2, 1, 0x7 }, [9] = { 1, 2, 2, 0x7 },
        [10] = { 2, 1, 1, 0x7 },
    };
    const struct form form = forms[f(t, 't')];
    const unsigned bits = 8u << f(t, 'z'), d = neon_d(t), align = f(t, 'a') ? 4u << f(t, 'a') : 0;
    const unsigned last = d + form.registers - 1 + (form.elements - 1u) * form.inc;
    if (!form.registers || !(form.aligns >> f(t, 'a') & 1) || (bits == 64 && form.elements > 1) || last > 31 || f(t, 'n') == 15) {
        a32_undefined(t);
        return;
    }
    check(t, align);
    if (form.elements == 1) {
        contiguous(t, d, form.registers, bits);
    } else {
        interleaved(t, d, form.registers, form.elements, form.inc, bits);
    }
    write_back(t, 8u * form.registers * form.elements);
}

/* One lane. z: size, e: elements - 1, i: index_align */
static void one_lane(struct arm_trans *t)
{
    const unsigned size = f(t, 'z'), elements = f(t, 'e') + 1, bits = 8u << size, ia = f(t, 'i'), d = neon_d(t);
    const unsigned index = ia >> (size + 1), inc = size && ia >> size & 1 ? 2 : 1, low = ia & ((1u << size) - 1);
    unsigned align = 0;
    bool bad = f(t, 'n') == 15;
    switch (elements) {
    case 1:
        bad |= size == 0 ? ia & 1 : size == 1 ? ia >> 1 & 1 : ia >> 2 & 1 || (ia & 3) == 1 || (ia & 3) == 2;
        align = size && low ? bits / 8 : 0;
        break;
    case 2:
        bad |= size == 2 && ia >> 1 & 1;
        align = ia & 1 ? 2 * bits / 8 : 0;
        break;
    case 3:
        bad |= size == 2 ? (ia & 3) != 0 : ia & 1;
        break;
    default:
        bad |= size == 2 && (ia & 3) == 3;
        align = size == 2 ? (ia & 3 ? 4u << (ia & 3) : 0) : ia & 1 ? 4 * bits / 8 : 0;
    }
    if (bad || d + (elements - 1) * inc > 31) {
        a32_undefined(t);
        return;
    }
    check(t, align);
    ir_reg value[4], base = arm_x(f(t, 'n'));
    for (unsigned i = 0; i < elements; i++) {
        if (f(t, 'L')) {
            value[i] = arm_load(t, bits, base, i * bits / 8, 0);
        } else {
            arm_store(t, bits, base, i * bits / 8, neon_get_lane(t, bits, d + i * inc, index), 0);
        }
    }
    for (unsigned i = 0; f(t, 'L') && i < elements; i++) {
        neon_set_lane(t, bits, d + i * inc, index, value[i]);
    }
    write_back(t, elements * bits / 8);
}

/* All lanes: z: size, T: registers or stride, a: align */
static void all_lanes(struct arm_trans *t)
{
    const unsigned elements = f(t, 'e') + 1, size = f(t, 'z'), bits = size == 3 ? 32 : 8u << size, d = neon_d(t);
    const unsigned inc = elements > 1 && f(t, 'T') ? 2 : 1, copies = elements == 1 && f(t, 'T') ? 2 : 1;
    static const uint64_t ones[3] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001 };
    unsigned align = f(t, 'a') ? elements * bits / 8 : 0;
    bool bad = f(t, 'n') == 15 || (size == 3 && !(elements == 4 && f(t, 'a'))) || (elements == 3 && f(t, 'a')) ||
               (elements == 1 && size == 0 && f(t, 'a'));
    if (elements == 4 && size == 2)
        align = f(t, 'a') ? 8 : 0;
    if (elements == 4 && size == 3)
        align = 16;
    if (bad || d + (elements - 1) * inc + copies - 1 > 31) {
        a32_undefined(t);
        return;
    }
    check(t, align);
    ir_reg value[4];
    for (unsigned i = 0; i < elements; i++) {
        value[i] = arm_load(t, bits, arm_x(f(t, 'n')), i * bits / 8, 0);
        value[i] = ir_op2(t->u, IR_MUL, 64, value[i], ir_const(t->u, ones[bits == 8 ? 0 : bits == 16 ? 1 : 2]));
    }
    for (unsigned i = 0; i < elements; i++) {
        for (unsigned k = 0; k < copies; k++) {
            vfp_set_d(t, d + i * inc + k, value[i]);
        }
    }
    write_back(t, elements * bits / 8);
}

#define ROWS(top, flag) \
    { top " 0DL0 nnnn dddd tttt zzaa mmmm", "VLDn, VSTn (multiple)", multiple, flag, ARM_NEON, 0, NULL, NULL }, \
    { top " 1DL0 nnnn dddd zzee iiii mmmm", "VLDn, VSTn (one lane)", one_lane, flag, ARM_NEON, 0, NULL, "z=3" }, \
    { top " 1D10 nnnn dddd 11ee zzTa mmmm", "VLDn (all lanes)", all_lanes, flag, ARM_NEON, 0, NULL, NULL }
static const struct arm_row rows_a32[] = { ROWS("1111 0100", ARM_ROW_FP | ARM_ROW_COND) };
static const struct arm_row rows_t32[] = { ROWS("1111 1001", ARM_ROW_FP) };
const struct arm_table arm_table_neon_mem_a32 = { "neon_mem_a32", rows_a32, G_N_ELEMENTS(rows_a32) };
const struct arm_table arm_table_neon_mem_t32 = { "neon_mem_t32", rows_t32, G_N_ELEMENTS(rows_t32) };
