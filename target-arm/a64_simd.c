/* SPDX-License-Identifier: MIT */
/* A64 Advanced SIMD: three registers of one size, of different sizes, and the scalar forms (Arm ARM C4.1.96). */
#include "target-arm/a64_simd.h"

unsigned simd_bits(const struct arm_trans *t)
{
    return a64_has(t, 'z') ? 8u << arm_field(t, 'z') : a64_has(t, 'f') ? 32u << arm_field(t, 'f') : 16;
}

struct simd_call simd_call_of(const struct arm_trans *t, unsigned bits)
{
    const unsigned form = simd_data_form(t);
    const bool scalar = !a64_has(t, 'Q'), q = !scalar && arm_field(t, 'Q');
    struct simd_call c = { .op = simd_data_op(t), .form = form, .bits = bits, .is_unsigned = simd_data_unsigned(t),
                           .imm = simd_data_imm(t), .d = arm_field(t, 'd'), .n = arm_field(t, 'n'),
                           .m = a64_has(t, 'm') ? arm_field(t, 'm') : arm_field(t, 'n') };
    const bool whole = form == FORM_SAME || form == FORM_PAIR || form == FORM_ACROSS || form == FORM_ACROSS_LONG ||
                       form == FORM_PAIR_LONG || form == FORM_DOT;
    c.lanes = scalar ? 1 : whole ? (q ? 128 : 64) / bits : 64 / bits;
    c.upper = q && !whole;
    return c;
}

void simd_run(struct arm_trans *t, const struct simd_call *call)
{
    if (!simd_host(t, call)) {
        arm_call_void(t, HELPER_ARM_simd, ir_const(t->u, simd_pack(call)), IR_NONE, IR_NONE, IR_NONE);
    }
}

void simd_set(struct arm_trans *t, unsigned d, ir_reg vector, bool q)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    if (q) {
        ir_mov_to(t->u, arm_v(d), vector);
        return;
    }
    ir_vzero_to(t->u, r);
    ir_vmerge_to(t->u, 64, r, r, vector);
    ir_mov_to(t->u, arm_v(d), r);
}

void simd_three(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, simd_bits(t));
    simd_run(t, &c);
}

/* UDOT, SDOT and their relatives: lanes of 32 bits. */
static void dot(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 32);
    simd_run(t, &c);
}

static void pmull(struct arm_trans *t)
{
    if (arm_field(t, 'z') == 3) {
        ir_reg packed = ir_const(t->u, arm_field(t, 'd') | arm_field(t, 'n') << 5 | arm_field(t, 'm') << 10 |
            arm_field(t, 'Q') << 15);
        arm_call_void(t, HELPER_ARM_pmull64, packed, IR_NONE, IR_NONE, IR_NONE);
        return;
    }
    simd_three(t);
}

/* data: 1 FCADD */
static void complex(struct arm_trans *t)
{
    unsigned bits = 8u << arm_field(t, 'z'), bytes = arm_field(t, 'Q') ? 16 : 8, turn = arm_field(t, 'r');
    if (bits == 16 && !arm_has(t->cpu, ARM_FP16)) {
        arm_gen_undefined(t);
        return;
    }
    uint64_t packed = arm_field(t, 'd') | arm_field(t, 'n') << 5 | arm_field(t, 'm') << 10 | turn << 15 |
                      (uint64_t)t->data << 17 | bits << 18 | (uint64_t)bytes << 25;
    arm_call_void(t, HELPER_ARM_complex, ir_const(t->u, packed), ir_const(t->u, 0), IR_NONE, IR_NONE);
}

#define ANY64 "z=3,Q=0"                 /* 1D is no vector */
#define NO64 "z=3"
#define ROW(bits, nm, fn, what, not, feat) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what, .unless = not, .feature = feat }
#define SAME(U, opcode, nm, op, not) \
    ROW("0 Q " U " 01110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", nm, simd_three, SIMD_DATA(op, SAME, 0, 0), not, 0)
#define PAIR(U, opcode, nm, op, not) \
    ROW("0 Q " U " 01110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", nm, simd_three, SIMD_DATA(op, PAIR, 0, 0), not, 0)
#define LOGIC(U, size, nm, op) \
    ROW("0 Q " U " 01110 " size " 1 mmmmm 00011 1 nnnnn ddddd", nm, simd_three, SIMD_DATA(op, SAME, 0, 0), NULL, 0)
#define SCALAR(U, opcode, nm, op, not) \
    ROW("01 " U " 11110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", nm " (scalar)", simd_three, SIMD_DATA(op, SAME, 0, 0), \
        not, 0)
#define SCALAR_D "z=0;z=1;z=2"
#define FP(U, a, opcode, nm, op, form) \
    ROW("0 Q " U " 01110 " a " f 1 mmmmm " opcode " 1 nnnnn ddddd", nm, simd_three, SIMD_DATA(op, form, 0, 0), \
        "f=1,Q=0", 0)
#define FP_HALF(U, a, opcode, nm, op, form) \
    ROW("0 Q " U " 01110 " a " 10 mmmmm 00 " opcode " 1 nnnnn ddddd", nm " (half)", simd_three, SIMD_DATA(op, form, \
        0, 0), NULL, \
        ARM_FP16)
#define FP_BOTH(U, a, opcode, nm, op, form) \
    FP(U, a, "11" opcode, nm, op, form), FP_HALF(U, a, opcode, nm, op, form)
#define FP_SCALAR(U, a, opcode, nm, op) \
    ROW("01 " U " 11110 " a " f 1 mmmmm 11" opcode " 1 nnnnn ddddd", nm " (scalar)", simd_three, SIMD_DATA(op, SAME, \
        0, 0), NULL, 0), \
    ROW("01 " U " 11110 " a " 10 mmmmm 00 " opcode " 1 nnnnn ddddd", nm " (scalar, half)", simd_three, SIMD_DATA(op, \
        SAME, 0, 0), \
        NULL, ARM_FP16)
#define DIFFERENT(U, opcode, nm, op, form, uns, not) \
    ROW("0 Q " U " 01110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", nm, simd_three, SIMD_DATA(op, form, uns, 0), not, 0)
/* FMLAL takes the lower half of the sources, FMLAL2 (U = 1) the upper half, of what Q makes of d. */
static void fhm(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 16);
    c.lanes = arm_field(t, 'Q') ? 4 : 2;
    c.upper = arm_field(t, 'U');
    simd_run(t, &c);
}

static const struct arm_row rows[] = {
    SAME("0", "00000", "SHADD", SHADD, NO64), SAME("0", "00001", "SQADD", SQADD, ANY64),
    SAME("0", "00010", "SRHADD", SRHADD, NO64),
    SAME("0", "00100", "SHSUB", SHSUB, NO64), SAME("0", "00101", "SQSUB", SQSUB, ANY64),
    SAME("0", "00110", "CMGT", CMGT, ANY64),
    SAME("0", "00111", "CMGE", CMGE, ANY64), SAME("0", "01000", "SSHL", SSHL, ANY64),
    SAME("0", "01001", "SQSHL", SQSHL, ANY64),
    SAME("0", "01010", "SRSHL", SRSHL, ANY64), SAME("0", "01011", "SQRSHL", SQRSHL, ANY64),
    SAME("0", "01100", "SMAX", SMAX, NO64),
    SAME("0", "01101", "SMIN", SMIN, NO64), SAME("0", "01110", "SABD", SABD, NO64),
    SAME("0", "01111", "SABA", SABA, NO64),
    SAME("0", "10000", "ADD", ADD, ANY64), SAME("0", "10001", "CMTST", CMTST, ANY64),
    SAME("0", "10010", "MLA", MLA, NO64),
    SAME("0", "10011", "MUL", MUL, NO64), PAIR("0", "10100", "SMAXP", SMAX, NO64),
    PAIR("0", "10101", "SMINP", SMIN, NO64),
    SAME("0", "10110", "SQDMULH", SQDMULH, "z=0;z=3"), PAIR("0", "10111", "ADDP", ADD, ANY64),
    SAME("1", "00000", "UHADD", UHADD, NO64), SAME("1", "00001", "UQADD", UQADD, ANY64),
    SAME("1", "00010", "URHADD", URHADD, NO64),
    SAME("1", "00100", "UHSUB", UHSUB, NO64), SAME("1", "00101", "UQSUB", UQSUB, ANY64),
    SAME("1", "00110", "CMHI", CMHI, ANY64),
    SAME("1", "00111", "CMHS", CMHS, ANY64), SAME("1", "01000", "USHL", USHL, ANY64),
    SAME("1", "01001", "UQSHL", UQSHL, ANY64),
    SAME("1", "01010", "URSHL", URSHL, ANY64), SAME("1", "01011", "UQRSHL", UQRSHL, ANY64),
    SAME("1", "01100", "UMAX", UMAX, NO64),
    SAME("1", "01101", "UMIN", UMIN, NO64), SAME("1", "01110", "UABD", UABD, NO64),
    SAME("1", "01111", "UABA", UABA, NO64),
    SAME("1", "10000", "SUB", SUB, ANY64), SAME("1", "10001", "CMEQ", CMEQ, ANY64),
    SAME("1", "10010", "MLS", MLS, NO64),
    SAME("1", "10011", "PMUL", PMUL, "z=1;z=2;z=3"), PAIR("1", "10100", "UMAXP", UMAX, NO64),
    PAIR("1", "10101", "UMINP", UMIN, NO64),
    SAME("1", "10110", "SQRDMULH", SQRDMULH, "z=0;z=3"),
    LOGIC("0", "00", "AND", AND), LOGIC("0", "01", "BIC", BIC), LOGIC("0", "10", "ORR", ORR),
    LOGIC("0", "11", "ORN", ORN),
    LOGIC("1", "00", "EOR", EOR), LOGIC("1", "01", "BSL", BSL), LOGIC("1", "10", "BIT", BIT),
    LOGIC("1", "11", "BIF", BIF),

    SCALAR("0", "00001", "SQADD", SQADD, NULL), SCALAR("0", "00101", "SQSUB", SQSUB, NULL),
    SCALAR("0", "00110", "CMGT", CMGT, SCALAR_D),
    SCALAR("0", "00111", "CMGE", CMGE, SCALAR_D), SCALAR("0", "01000", "SSHL", SSHL, SCALAR_D),
    SCALAR("0", "01001", "SQSHL", SQSHL, NULL),
    SCALAR("0", "01010", "SRSHL", SRSHL, SCALAR_D), SCALAR("0", "01011", "SQRSHL", SQRSHL, NULL),
    SCALAR("0", "10000", "ADD", ADD, SCALAR_D),
    SCALAR("0", "10001", "CMTST", CMTST, SCALAR_D), SCALAR("0", "10110", "SQDMULH", SQDMULH, "z=0;z=3"),
    SCALAR("1", "00001", "UQADD", UQADD, NULL), SCALAR("1", "00101", "UQSUB", UQSUB, NULL),
    SCALAR("1", "00110", "CMHI", CMHI, SCALAR_D),
    SCALAR("1", "00111", "CMHS", CMHS, SCALAR_D), SCALAR("1", "01000", "USHL", USHL, SCALAR_D),
    SCALAR("1", "01001", "UQSHL", UQSHL, NULL),
    SCALAR("1", "01010", "URSHL", URSHL, SCALAR_D), SCALAR("1", "01011", "UQRSHL", UQRSHL, NULL),
    SCALAR("1", "10000", "SUB", SUB, SCALAR_D),
    SCALAR("1", "10001", "CMEQ", CMEQ, SCALAR_D), SCALAR("1", "10110", "SQRDMULH", SQRDMULH, "z=0;z=3"),

    FP_BOTH("0", "0", "000", "FMAXNM", FMAXNM, SAME), FP_BOTH("0", "0", "001", "FMLA", FMLA, SAME),
    FP_BOTH("0", "0", "010", "FADD", FADD, SAME),
    FP_BOTH("0", "0", "011", "FMULX", FMULX, SAME), FP_BOTH("0", "0", "100", "FCMEQ", FCMEQ, SAME),
    FP_BOTH("0", "0", "110", "FMAX", FMAX, SAME),
    FP_BOTH("0", "0", "111", "FRECPS", FRECPS, SAME), FP_BOTH("0", "1", "000", "FMINNM", FMINNM, SAME),
    FP_BOTH("0", "1", "001", "FMLS", FMLS, SAME),
    FP_BOTH("0", "1", "010", "FSUB", FSUB, SAME), FP_BOTH("0", "1", "110", "FMIN", FMIN, SAME),
    FP_BOTH("0", "1", "111", "FRSQRTS", FRSQRTS, SAME),
    FP_BOTH("1", "0", "000", "FMAXNMP", FMAXNM, PAIR), FP_BOTH("1", "0", "010", "FADDP", FADD, PAIR),
    FP_BOTH("1", "0", "011", "FMUL", FMUL, SAME),
    FP_BOTH("1", "0", "100", "FCMGE", FCMGE, SAME), FP_BOTH("1", "0", "101", "FACGE", FACGE, SAME),
    FP_BOTH("1", "0", "110", "FMAXP", FMAX, PAIR),
    FP_BOTH("1", "0", "111", "FDIV", FDIV, SAME), FP_BOTH("1", "1", "000", "FMINNMP", FMINNM, PAIR),
    FP_BOTH("1", "1", "010", "FABD", FABD, SAME),
    FP_BOTH("1", "1", "100", "FCMGT", FCMGT, SAME), FP_BOTH("1", "1", "101", "FACGT", FACGT, SAME),
    FP_BOTH("1", "1", "110", "FMINP", FMIN, PAIR),
    FP_SCALAR("0", "0", "011", "FMULX", FMULX), FP_SCALAR("0", "0", "100", "FCMEQ", FCMEQ),
    FP_SCALAR("0", "0", "111", "FRECPS", FRECPS),
    FP_SCALAR("0", "1", "111", "FRSQRTS", FRSQRTS), FP_SCALAR("1", "0", "100", "FCMGE", FCMGE),
    FP_SCALAR("1", "0", "101", "FACGE", FACGE),
    FP_SCALAR("1", "1", "010", "FABD", FABD), FP_SCALAR("1", "1", "100", "FCMGT", FCMGT),
    FP_SCALAR("1", "1", "101", "FACGT", FACGT),
    ROW("0 Q U 01110 0 0 1 mmmmm 11101 1 nnnnn ddddd", "FMLAL", fhm, SIMD_DATA(FMLAL, LONG, 1, 0), "U=1", ARM_FHM),
    ROW("0 Q U 01110 0 0 1 mmmmm 11001 1 nnnnn ddddd", "FMLAL2", fhm, SIMD_DATA(FMLAL, LONG, 1, 0), "U=0", ARM_FHM),
    ROW("0 Q U 01110 1 0 1 mmmmm 11101 1 nnnnn ddddd", "FMLSL", fhm, SIMD_DATA(FMLSL, LONG, 1, 0), "U=1", ARM_FHM),
    ROW("0 Q U 01110 1 0 1 mmmmm 11001 1 nnnnn ddddd", "FMLSL2", fhm, SIMD_DATA(FMLSL, LONG, 1, 0), "U=0", ARM_FHM),

    DIFFERENT("0", "0000", "SADDL", ADD, LONG, 0, NO64), DIFFERENT("0", "0001", "SADDW", ADD, WIDE, 0, NO64),
    DIFFERENT("0", "0010", "SSUBL", SUB, LONG, 0, NO64), DIFFERENT("0", "0011", "SSUBW", SUB, WIDE, 0, NO64),
    DIFFERENT("0", "0100", "ADDHN", ADDHN, NARROW, 0, NO64), DIFFERENT("0", "0101", "SABAL", SABA, LONG, 0, NO64),
    DIFFERENT("0", "0110", "SUBHN", SUBHN, NARROW, 0, NO64), DIFFERENT("0", "0111", "SABDL", SABD, LONG, 0, NO64),
    DIFFERENT("0", "1000", "SMLAL", MLA, LONG, 0, NO64), DIFFERENT("0", "1001", "SQDMLAL", SQDMLAL, LONG, 0, "z=0;z=3"),
    DIFFERENT("0", "1010", "SMLSL", MLS, LONG, 0, NO64), DIFFERENT("0", "1011", "SQDMLSL", SQDMLSL, LONG, 0, "z=0;z=3"),
    DIFFERENT("0", "1100", "SMULL", MUL, LONG, 0, NO64), DIFFERENT("0", "1101", "SQDMULL", SQDMULL, LONG, 0, "z=0;z=3"),
    ROW("0 Q 0 01110 zz 1 mmmmm 1110 00 nnnnn ddddd", "PMULL", pmull, SIMD_DATA(PMULL, LONG, 1, 0), "z=1;z=2;z=3", 0),
    ROW("0 Q 0 01110 zz 1 mmmmm 1110 00 nnnnn ddddd", "PMULL (64)", pmull, SIMD_DATA(PMULL, LONG, 1, 0), "z=0;z=1;z=2",
        ARM_PMULL),
    DIFFERENT("1", "0000", "UADDL", ADD, LONG, 1, NO64), DIFFERENT("1", "0001", "UADDW", ADD, WIDE, 1, NO64),
    DIFFERENT("1", "0010", "USUBL", SUB, LONG, 1, NO64), DIFFERENT("1", "0011", "USUBW", SUB, WIDE, 1, NO64),
    DIFFERENT("1", "0100", "RADDHN", RADDHN, NARROW, 0, NO64), DIFFERENT("1", "0101", "UABAL", UABA, LONG, 1, NO64),
    DIFFERENT("1", "0110", "RSUBHN", RSUBHN, NARROW, 0, NO64), DIFFERENT("1", "0111", "UABDL", UABD, LONG, 1, NO64),
    DIFFERENT("1", "1000", "UMLAL", MLA, LONG, 1, NO64), DIFFERENT("1", "1010", "UMLSL", MLS, LONG, 1, NO64),
    DIFFERENT("1", "1100", "UMULL", MUL, LONG, 1, NO64),
    ROW("01 0 11110 zz 1 mmmmm 1001 00 nnnnn ddddd", "SQDMLAL (scalar)", simd_three, SIMD_DATA(SQDMLAL, LONG, 0, 0),
        "z=0;z=3", 0),
    ROW("01 0 11110 zz 1 mmmmm 1011 00 nnnnn ddddd", "SQDMLSL (scalar)", simd_three, SIMD_DATA(SQDMLSL, LONG, 0, 0),
        "z=0;z=3", 0),
    ROW("01 0 11110 zz 1 mmmmm 1101 00 nnnnn ddddd", "SQDMULL (scalar)", simd_three, SIMD_DATA(SQDMULL, LONG, 0, 0),
        "z=0;z=3", 0),

    ROW("0 Q 1 01110 zz 0 mmmmm 1 0000 1 nnnnn ddddd", "SQRDMLAH", simd_three, SIMD_DATA(SQRDMLAH, SAME, 0, 0),
        "z=0;z=3", ARM_RDM),
    ROW("0 Q 1 01110 zz 0 mmmmm 1 0001 1 nnnnn ddddd", "SQRDMLSH", simd_three, SIMD_DATA(SQRDMLSH, SAME, 0, 0),
        "z=0;z=3", ARM_RDM),
    ROW("01 1 11110 zz 0 mmmmm 1 0000 1 nnnnn ddddd", "SQRDMLAH (scalar)", simd_three, SIMD_DATA(SQRDMLAH, SAME, 0, 0),
        "z=0;z=3",
        ARM_RDM),
    ROW("01 1 11110 zz 0 mmmmm 1 0001 1 nnnnn ddddd", "SQRDMLSH (scalar)", simd_three, SIMD_DATA(SQRDMLSH, SAME, 0, 0),
        "z=0;z=3",
        ARM_RDM),
    ROW("0 Q 0 01110 10 0 mmmmm 1 0010 1 nnnnn ddddd", "SDOT", dot, SIMD_DATA(DOT, DOT, 0, 0), NULL, ARM_DOTPROD),
    ROW("0 Q 1 01110 10 0 mmmmm 1 0010 1 nnnnn ddddd", "UDOT", dot, SIMD_DATA(DOT, DOT, 1, 0), NULL, ARM_DOTPROD),
    ROW("0 Q 0 01110 10 0 mmmmm 1 0011 1 nnnnn ddddd", "USDOT", dot, SIMD_DATA(DOT, DOT, 1, 1), NULL, ARM_I8MM),
    ROW("0 1 0 01110 10 0 mmmmm 1 0100 1 nnnnn ddddd", "SMMLA", dot, SIMD_DATA(DOT, MATRIX, 0, 0), NULL, ARM_I8MM),
    ROW("0 1 1 01110 10 0 mmmmm 1 0100 1 nnnnn ddddd", "UMMLA", dot, SIMD_DATA(DOT, MATRIX, 1, 0), NULL, ARM_I8MM),
    ROW("0 1 0 01110 10 0 mmmmm 1 0101 1 nnnnn ddddd", "USMMLA", dot, SIMD_DATA(DOT, MATRIX, 1, 1), NULL, ARM_I8MM),
    ROW("0 Q 1 01110 zz 0 mmmmm 1 10rr 1 nnnnn ddddd", "FCMLA", complex, 0, "z=0;z=3,Q=0", ARM_FCMA),
    ROW("0 Q 1 01110 zz 0 mmmmm 1 11r0 1 nnnnn ddddd", "FCADD", complex, 1, "z=0;z=3,Q=0", ARM_FCMA),
};
ARM_TABLE(a64_simd);
