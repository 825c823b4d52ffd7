/* SPDX-License-Identifier: MIT */
/* A64 Advanced SIMD: by element, shifts by immediate (Arm ARM C4.1.96). */
#include "target-arm/a64_simd.h"

/* ---- by element: index in H:L:M (16 bits), H:L (32), H (64) ---- */

static bool element_of(struct arm_trans *t, struct simd_call *c, unsigned bits)
{
    unsigned h = arm_field(t, 'H'), l = arm_field(t, 'L'), m = arm_field(t, 'M'), r = arm_field(t, 'm');
    c->element = true;
    if (bits == 16) {
        c->index = h << 2 | l << 1 | m;
        c->m = r;
    } else {
        c->index = bits == 32 ? h << 1 | l : h;
        c->m = m << 4 | r;
    }
    return bits != 64 || !l;
}

static void by_element(struct arm_trans *t)
{
    unsigned bits = 8u << arm_field(t, 'z');
    struct simd_call c = simd_call_of(t, bits);
    element_of(t, &c, bits);
    simd_run(t, &c);
}

/* Floating point: z 0 half, 2 single, 3 double. */
static void by_element_fp(struct arm_trans *t)
{
    unsigned size = arm_field(t, 'z'), bits = size == 0 ? 16 : 8u << size;
    struct simd_call c = simd_call_of(t, bits);
    bool scalar = !a64_has(t, 'Q');
    if ((bits == 16 && !arm_has(t->cpu, ARM_FP16)) || (bits == 64 && !scalar && !arm_field(t, 'Q')) || !element_of(t,
        &c, bits)) {
        arm_gen_undefined(t);
        return;
    }
    simd_run(t, &c);
}

static void dot_element(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 32);
    element_of(t, &c, 32);
    simd_run(t, &c);
}

/* FMLAL, FMLSL by element: 16-bit element, sources of half the destination. */
static void fhm_element(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 16);
    element_of(t, &c, 16);
    c.lanes = arm_field(t, 'Q') ? 4 : 2;
    c.upper = arm_field(t, 'U');
    simd_run(t, &c);
}

static void complex_element(struct arm_trans *t)
{
    unsigned size = arm_field(t, 'z'), bits = 8u << size, bytes = arm_field(t, 'Q') ? 16 : 8;
    unsigned h = arm_field(t, 'H'), l = arm_field(t, 'L'), index = size == 1 ? h << 1 | l : h;
    if ((size == 1 && (!arm_has(t->cpu, ARM_FP16) || (h && bytes == 8))) || (size == 2 && (l || bytes == 8))) {
        arm_gen_undefined(t);
        return;
    }
    uint64_t packed = arm_field(t, 'd') | arm_field(t, 'n') << 5 | (arm_field(t, 'M') << 4 | arm_field(t, 'm')) << 10 |
                      arm_field(t, 'r') << 15 | bits << 18 | (uint64_t)bytes << 25;
    arm_call_void(t, HELPER_ARM_complex, ir_const(t->u, packed), ir_const(t->u, index + 1), IR_NONE, IR_NONE);
}

/* ---- shifts by immediate: the lane's size is the top bit of immh ---- */

static void shift(struct arm_trans *t)
{
    unsigned immh = arm_field(t, 'I') << 3 | arm_field(t, 'h'), value = immh << 3 | arm_field(t, 'b');
    unsigned bits = 8u << (31 - __builtin_clz(immh)), op = simd_data_op(t);
    bool left = op == SIMD_SHL || op == SIMD_SLI || op == SIMD_SQSHLU || op == SIMD_SQSHL_I || op == SIMD_UQSHL_I ||
                simd_data_form(t) == FORM_LONG_ONE;
    struct simd_call c = simd_call_of(t, bits);
    c.imm = left ? value - bits : 2 * bits - value;
    simd_run(t, &c);
}

/* SCVTF, UCVTF, FCVTZS, FCVTZU with fraction bits. */
static void convert_fixed(struct arm_trans *t)
{
    unsigned immh = arm_field(t, 'I') << 3 | arm_field(t, 'h'), value = immh << 3 | arm_field(t, 'b');
    unsigned bits = 8u << (31 - __builtin_clz(immh));
    struct simd_call c = simd_call_of(t, bits);
    if (bits == 8 || (bits == 16 && !arm_has(t->cpu, ARM_FP16))) {
        arm_gen_undefined(t);
        return;
    }
    c.imm |= (2 * bits - value) << 4;
    simd_run(t, &c);
}

#define ROW(bits, nm, fn, what, not, feat) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what, .unless = not, .feature = feat }
#define ELEMENT(U, opcode, nm, op, form, uns) \
    ROW("0 Q " U " 01111 zz LM mmmm " opcode " H 0 nnnnn ddddd", nm " (by element)", by_element, SIMD_DATA(op, form, \
        uns, 0), \
        "z=0;z=3", 0)
#define ELEMENT_SCALAR(U, opcode, nm, op, form, feat) \
    ROW("01 " U " 11111 zz LM mmmm " opcode " H 0 nnnnn ddddd", nm " (scalar, by element)", by_element, SIMD_DATA(op, \
        form, 0, 0), \
        "z=0;z=3", feat)
#define ELEMENT_FP(U, opcode, nm, op) \
    ROW("0 Q " U " 01111 zz LM mmmm " opcode " H 0 nnnnn ddddd", nm " (by element)", by_element_fp, SIMD_DATA(op, \
        SAME, 0, 0), "z=1", 0), \
    ROW("01 " U " 11111 zz LM mmmm " opcode " H 0 nnnnn ddddd", nm " (scalar, by element)", by_element_fp, \
        SIMD_DATA(op, SAME, 0, 0), \
        "z=1", 0)
#define SHIFT(U, opcode, nm, op) \
    ROW("0 Q " U " 011110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm, shift, SIMD_DATA(op, SAME, 0, 0), \
        "I=0,h=0;I=1,Q=0", 0)
#define SHIFT_NARROW(U, opcode, nm, op) \
    ROW("0 Q " U " 011110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm, shift, SIMD_DATA(op, XTN, 0, 0), "I=0,h=0;I=1", 0)
#define SHIFT_SCALAR(U, opcode, nm, op, not) \
    ROW("01 " U " 111110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm " (scalar)", shift, SIMD_DATA(op, SAME, 0, 0), not, 0)
#define SHIFT_SCALAR_NARROW(U, opcode, nm, op) \
    ROW("01 " U " 111110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm " (scalar)", shift, SIMD_DATA(op, XTN, 0, 0), \
        "I=0,h=0;I=1", 0)
#define CONVERT(U, opcode, nm, op, imm) \
    ROW("0 Q " U " 011110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm " (fixed)", convert_fixed, SIMD_DATA(op, SAME, 0, \
        imm), \
        "I=0,h=0;I=1,Q=0", 0), \
    ROW("01 " U " 111110 Ihhh bbb " opcode " 1 nnnnn ddddd", nm " (scalar, fixed)", convert_fixed, SIMD_DATA(op, \
        SAME, 0, imm), \
        "I=0,h=0", 0)

static const struct arm_row rows[] = {
    ELEMENT("0", "0010", "SMLAL", MLA, LONG, 0), ELEMENT("0", "0011", "SQDMLAL", SQDMLAL, LONG, 0),
    ELEMENT("0", "0110", "SMLSL", MLS, LONG, 0),
    ELEMENT("0", "0111", "SQDMLSL", SQDMLSL, LONG, 0), ELEMENT("0", "1000", "MUL", MUL, SAME, 0),
    ELEMENT("0", "1010", "SMULL", MUL, LONG, 0),
    ELEMENT("0", "1011", "SQDMULL", SQDMULL, LONG, 0), ELEMENT("0", "1100", "SQDMULH", SQDMULH, SAME, 0),
    ELEMENT("0", "1101", "SQRDMULH", SQRDMULH, SAME, 0), ELEMENT("1", "0000", "MLA", MLA, SAME, 0),
    ELEMENT("1", "0010", "UMLAL", MLA, LONG, 1),
    ELEMENT("1", "0100", "MLS", MLS, SAME, 0), ELEMENT("1", "0110", "UMLSL", MLS, LONG, 1),
    ELEMENT("1", "1010", "UMULL", MUL, LONG, 1),
    ROW("0 Q 1 01111 zz LM mmmm 1101 H 0 nnnnn ddddd", "SQRDMLAH (by element)", by_element, SIMD_DATA(SQRDMLAH, SAME,
        0, 0), "z=0;z=3",
        ARM_RDM),
    ROW("0 Q 1 01111 zz LM mmmm 1111 H 0 nnnnn ddddd", "SQRDMLSH (by element)", by_element, SIMD_DATA(SQRDMLSH, SAME,
        0, 0), "z=0;z=3",
        ARM_RDM),
    ELEMENT_SCALAR("0", "0011", "SQDMLAL", SQDMLAL, LONG, 0), ELEMENT_SCALAR("0", "0111", "SQDMLSL", SQDMLSL, LONG, 0),
    ELEMENT_SCALAR("0", "1011", "SQDMULL", SQDMULL, LONG, 0), ELEMENT_SCALAR("0", "1100", "SQDMULH", SQDMULH, SAME, 0),
    ELEMENT_SCALAR("0", "1101", "SQRDMULH", SQRDMULH, SAME, 0),
    ELEMENT_SCALAR("1", "1101", "SQRDMLAH", SQRDMLAH, SAME, ARM_RDM),
    ELEMENT_SCALAR("1", "1111", "SQRDMLSH", SQRDMLSH, SAME, ARM_RDM),
    ELEMENT_FP("0", "0001", "FMLA", FMLA), ELEMENT_FP("0", "0101", "FMLS", FMLS), ELEMENT_FP("0", "1001", "FMUL", FMUL),
    ELEMENT_FP("1", "1001", "FMULX", FMULX),
    ROW("0 Q 0 01111 10 LM mmmm 1110 H 0 nnnnn ddddd", "SDOT (by element)", dot_element, SIMD_DATA(DOT, DOT, 0, 0),
        NULL, ARM_DOTPROD),
    ROW("0 Q 0 01111 10 LM mmmm 1111 H 0 nnnnn ddddd", "USDOT (by element)", dot_element, SIMD_DATA(DOT, DOT, 1, 1),
        NULL, ARM_I8MM),
    ROW("0 Q 0 01111 00 LM mmmm 1111 H 0 nnnnn ddddd", "SUDOT (by element)", dot_element, SIMD_DATA(DOT, DOT, 0, 1),
        NULL, ARM_I8MM),
    ROW("0 Q 1 01111 10 LM mmmm 1110 H 0 nnnnn ddddd", "UDOT (by element)", dot_element, SIMD_DATA(DOT, DOT, 1, 0),
        NULL, ARM_DOTPROD),
    ROW("0 Q U 01111 10 LM mmmm 0000 H 0 nnnnn ddddd", "FMLAL (by element)", fhm_element, SIMD_DATA(FMLAL, LONG, 1, 0),
        "U=1", ARM_FHM),
    ROW("0 Q U 01111 10 LM mmmm 0100 H 0 nnnnn ddddd", "FMLSL (by element)", fhm_element, SIMD_DATA(FMLSL, LONG, 1, 0),
        "U=1", ARM_FHM),
    ROW("0 Q U 01111 10 LM mmmm 1000 H 0 nnnnn ddddd", "FMLAL2 (by element)", fhm_element, SIMD_DATA(FMLAL, LONG, 1,
        0), "U=0", ARM_FHM),
    ROW("0 Q U 01111 10 LM mmmm 1100 H 0 nnnnn ddddd", "FMLSL2 (by element)", fhm_element, SIMD_DATA(FMLSL, LONG, 1,
        0), "U=0", ARM_FHM),
    ROW("0 Q 1 01111 zz LM mmmm 0rr1 H 0 nnnnn ddddd", "FCMLA (by element)", complex_element, 0, "z=0;z=3", ARM_FCMA),

    SHIFT("0", "00000", "SSHR", SSHR), SHIFT("0", "00010", "SSRA", SSRA), SHIFT("0", "00100", "SRSHR", SRSHR),
    SHIFT("0", "00110", "SRSRA", SRSRA),
    SHIFT("0", "01010", "SHL", SHL), SHIFT("0", "01110", "SQSHL (immediate)", SQSHL_I),
    SHIFT("1", "00000", "USHR", USHR),
    SHIFT("1", "00010", "USRA", USRA), SHIFT("1", "00100", "URSHR", URSHR), SHIFT("1", "00110", "URSRA", URSRA),
    SHIFT("1", "01000", "SRI", SRI),
    SHIFT("1", "01010", "SLI", SLI), SHIFT("1", "01100", "SQSHLU", SQSHLU),
    SHIFT("1", "01110", "UQSHL (immediate)", UQSHL_I),
    SHIFT_NARROW("0", "10000", "SHRN", SHRN), SHIFT_NARROW("0", "10001", "RSHRN", RSHRN),
    SHIFT_NARROW("0", "10010", "SQSHRN", SQSHRN),
    SHIFT_NARROW("0", "10011", "SQRSHRN", SQRSHRN), SHIFT_NARROW("1", "10000", "SQSHRUN", SQSHRUN),
    SHIFT_NARROW("1", "10001", "SQRSHRUN", SQRSHRUN),
    SHIFT_NARROW("1", "10010", "UQSHRN", UQSHRN), SHIFT_NARROW("1", "10011", "UQRSHRN", UQRSHRN),
    ROW("0 Q 0 011110 Ihhh bbb 10100 1 nnnnn ddddd", "SSHLL", shift, SIMD_DATA(SSHLL, LONG_ONE, 0, 0), "I=0,h=0;I=1",
        0),
    ROW("0 Q 1 011110 Ihhh bbb 10100 1 nnnnn ddddd", "USHLL", shift, SIMD_DATA(USHLL, LONG_ONE, 1, 0), "I=0,h=0;I=1",
        0),
    SHIFT_SCALAR("0", "00000", "SSHR", SSHR, "I=0"), SHIFT_SCALAR("0", "00010", "SSRA", SSRA, "I=0"),
    SHIFT_SCALAR("0", "00100", "SRSHR", SRSHR, "I=0"),
    SHIFT_SCALAR("0", "00110", "SRSRA", SRSRA, "I=0"), SHIFT_SCALAR("0", "01010", "SHL", SHL, "I=0"),
    SHIFT_SCALAR("1", "00000", "USHR", USHR, "I=0"),
    SHIFT_SCALAR("1", "00010", "USRA", USRA, "I=0"), SHIFT_SCALAR("1", "00100", "URSHR", URSHR, "I=0"),
    SHIFT_SCALAR("1", "00110", "URSRA", URSRA, "I=0"),
    SHIFT_SCALAR("1", "01000", "SRI", SRI, "I=0"), SHIFT_SCALAR("1", "01010", "SLI", SLI, "I=0"),
    SHIFT_SCALAR("0", "01110", "SQSHL (immediate)", SQSHL_I, "I=0,h=0"),
    SHIFT_SCALAR("1", "01100", "SQSHLU", SQSHLU, "I=0,h=0"),
    SHIFT_SCALAR("1", "01110", "UQSHL (immediate)", UQSHL_I, "I=0,h=0"),
    SHIFT_SCALAR_NARROW("0", "10010", "SQSHRN", SQSHRN), SHIFT_SCALAR_NARROW("0", "10011", "SQRSHRN", SQRSHRN),
    SHIFT_SCALAR_NARROW("1", "10000", "SQSHRUN", SQSHRUN), SHIFT_SCALAR_NARROW("1", "10001", "SQRSHRUN", SQRSHRUN),
    SHIFT_SCALAR_NARROW("1", "10010", "UQSHRN", UQSHRN), SHIFT_SCALAR_NARROW("1", "10011", "UQRSHRN", UQRSHRN),
    CONVERT("0", "11100", "SCVTF", SCVTF, 0), CONVERT("1", "11100", "UCVTF", UCVTF, 0),
    CONVERT("0", "11111", "FCVTZS", FCVTS, 3),
    CONVERT("1", "11111", "FCVTZU", FCVTU, 3),
};
ARM_TABLE(a64_simd_element);
