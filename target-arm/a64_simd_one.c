/* SPDX-License-Identifier: MIT */
/* A64 Advanced SIMD: one source register, across lanes, scalar pairwise (Arm ARM C4.1.96). */
#include "target-arm/a64_simd.h"

void simd_one(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, simd_bits(t));
    simd_run(t, &c);
}

/* REV16, REV32, REV64: parts of 8 << z bits turn round in lanes of data's imm. */
static void reverse(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, simd_data_imm(t));
    c.imm = 8u << arm_field(t, 'z');
    simd_run(t, &c);
}

/* SHLL: by the lane's own size. */
static void shll(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, simd_bits(t));
    c.imm = c.bits;
    simd_run(t, &c);
}

/* FCVTL, FCVTN, FCVTXN: between 16 << f and 32 << f bits. */
static void convert(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 16u << arm_field(t, 'f'));
    simd_run(t, &c);
}

static void rbit(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 8);
    simd_run(t, &c);
}

/* FRINT32Z and its kin need the helper of their own. data: 64 | exact << 8 */
static void round_int(struct arm_trans *t)
{
    unsigned bits = 32u << arm_field(t, 'f'), lanes = (arm_field(t, 'Q') ? 128 : 64) / bits;
    ir_reg regs = ir_const(t->u, arm_field(t, 'd') | arm_field(t, 'n') << 5 | lanes << 10 | bits << 15);
    arm_call_void(t, HELPER_ARM_frint_ts, regs, ir_const(t->u, (uint64_t)t->data), IR_NONE, IR_NONE);
}

#define ANY64 "z=3,Q=0"
#define NO64 "z=3"
#define ROW(bits, nm, fn, what, not, feat) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_FP, .data = what, .unless = not, .feature = feat }
#define MISC(U, opcode, nm, fn, op, form, uns, imm, not) \
    ROW("0 Q " U " 01110 zz 10000 " opcode " 10 nnnnn ddddd", nm, fn, SIMD_DATA(op, form, uns, imm), not, 0)
#define SCALAR(U, opcode, nm, op, form, not) \
    ROW("01 " U " 11110 zz 10000 " opcode " 10 nnnnn ddddd", nm " (scalar)", simd_one, SIMD_DATA(op, form, 0, 0), \
        not, 0)
#define SCALAR_D "z=0;z=1;z=2"
#define FP_VECTOR(U, a, opcode, nm, op, imm) \
    ROW("0 Q " U " 01110 " a " f 10000 " opcode " 10 nnnnn ddddd", nm, simd_one, SIMD_DATA(op, SAME, 0, imm), \
        "f=1,Q=0", 0), \
    ROW("0 Q " U " 01110 " a " 1111 00 " opcode " 10 nnnnn ddddd", nm " (half)", simd_one, SIMD_DATA(op, SAME, 0, \
        imm), NULL, ARM_FP16)
#define FP_SCALAR(U, a, opcode, nm, op, imm) \
    ROW("01 " U " 11110 " a " f 10000 " opcode " 10 nnnnn ddddd", nm " (scalar)", simd_one, SIMD_DATA(op, SAME, 0, \
        imm), NULL, 0), \
    ROW("01 " U " 11110 " a " 1111 00 " opcode " 10 nnnnn ddddd", nm " (scalar, half)", simd_one, SIMD_DATA(op, SAME, \
        0, imm), NULL, \
        ARM_FP16)
#define FP_BOTH(U, a, opcode, nm, op, imm) FP_VECTOR(U, a, opcode, nm, op, imm), FP_SCALAR(U, a, opcode, nm, op, imm)
#define ACROSS(U, opcode, nm, op, form, uns) \
    ROW("0 Q " U " 01110 zz 11000 " opcode " 10 nnnnn ddddd", nm, simd_one, SIMD_DATA(op, form, uns, 0), \
        "z=3;z=2,Q=0", 0)
#define FP_ACROSS(a, opcode, nm, op) \
    ROW("0 1 1 01110 " a " 0 11000 " opcode " 10 nnnnn ddddd", nm, across4, SIMD_DATA(op, ACROSS, 0, 0), NULL, 0), \
    ROW("0 Q 0 01110 " a " 0 11000 " opcode " 10 nnnnn ddddd", nm " (half)", simd_one, SIMD_DATA(op, ACROSS, 0, 0), \
        NULL, ARM_FP16)
#define FP_PAIR(a, opcode, nm, op) \
    ROW("01 1 11110 " a " f 11000 " opcode " 10 nnnnn ddddd", nm " (scalar)", simd_one, SIMD_DATA(op, PAIR, 0, 0), \
        NULL, 0), \
    ROW("01 0 11110 " a " 0 11000 " opcode " 10 nnnnn ddddd", nm " (scalar, half)", simd_one, SIMD_DATA(op, PAIR, 0, \
        0), NULL, ARM_FP16)

static void across4(struct arm_trans *t)
{
    struct simd_call c = simd_call_of(t, 32);
    c.lanes = 4;
    simd_run(t, &c);
}

enum { N = 0, P = 1, M = 2, Z = 3, A = 4, CURRENT = 7, EXACT = 8 };
static const struct arm_row rows[] = {
    MISC("0", "00000", "REV64", reverse, REV64, SAME, 0, 64, NO64),
    MISC("0", "00001", "REV16", reverse, REV16, SAME, 0, 16, "z=1;z=2;z=3"),
    MISC("1", "00000", "REV32", reverse, REV32, SAME, 0, 32, "z=2;z=3"),
    MISC("0", "00010", "SADDLP", simd_one, ADD, PAIR_LONG, 0, 0, NO64),
    MISC("1", "00010", "UADDLP", simd_one, ADD, PAIR_LONG, 1, 0, NO64),
    MISC("0", "00110", "SADALP", simd_one, ADD, PAIR_LONG, 0, 1, NO64),
    MISC("1", "00110", "UADALP", simd_one, ADD, PAIR_LONG, 1, 1, NO64),
    MISC("0", "00011", "SUQADD", simd_one, SUQADD, SAME, 0, 0, ANY64),
    MISC("1", "00011", "USQADD", simd_one, USQADD, SAME, 0, 0, ANY64),
    MISC("0", "00100", "CLS", simd_one, CLS, SAME, 0, 0, NO64),
    MISC("1", "00100", "CLZ", simd_one, CLZ, SAME, 0, 0, NO64),
    MISC("0", "00101", "CNT", simd_one, CNT, SAME, 0, 0, "z=1;z=2;z=3"),
    MISC("1", "00101", "NOT", simd_one, NOT, SAME, 0, 0, "z=1;z=2;z=3"),
    ROW("0 Q 1 01110 01 10000 00101 10 nnnnn ddddd", "RBIT", rbit, SIMD_DATA(RBIT, SAME, 0, 0), NULL, 0),
    MISC("0", "00111", "SQABS", simd_one, SQABS, SAME, 0, 0, ANY64),
    MISC("1", "00111", "SQNEG", simd_one, SQNEG, SAME, 0, 0, ANY64),
    MISC("0", "01000", "CMGT (zero)", simd_one, CMGTZ, SAME, 0, 0, ANY64),
    MISC("1", "01000", "CMGE (zero)", simd_one, CMGEZ, SAME, 0, 0, ANY64),
    MISC("0", "01001", "CMEQ (zero)", simd_one, CMEQZ, SAME, 0, 0, ANY64),
    MISC("1", "01001", "CMLE (zero)", simd_one, CMLEZ, SAME, 0, 0, ANY64),
    MISC("0", "01010", "CMLT (zero)", simd_one, CMLTZ, SAME, 0, 0, ANY64),
    MISC("0", "01011", "ABS", simd_one, ABS, SAME, 0, 0, ANY64),
    MISC("1", "01011", "NEG", simd_one, NEG, SAME, 0, 0, ANY64),
    MISC("0", "10010", "XTN", simd_one, XTN, XTN, 0, 0, NO64),
    MISC("1", "10010", "SQXTUN", simd_one, SQXTUN, XTN, 0, 0, NO64),
    MISC("1", "10011", "SHLL", shll, SHLL, LONG_ONE, 1, 0, NO64),
    MISC("0", "10100", "SQXTN", simd_one, SQXTN, XTN, 0, 0, NO64),
    MISC("1", "10100", "UQXTN", simd_one, UQXTN, XTN, 0, 0, NO64),
    SCALAR("0", "00011", "SUQADD", SUQADD, SAME, NULL), SCALAR("1", "00011", "USQADD", USQADD, SAME, NULL),
    SCALAR("0", "00111", "SQABS", SQABS, SAME, NULL), SCALAR("1", "00111", "SQNEG", SQNEG, SAME, NULL),
    SCALAR("0", "01000", "CMGT (zero)", CMGTZ, SAME, SCALAR_D),
    SCALAR("1", "01000", "CMGE (zero)", CMGEZ, SAME, SCALAR_D),
    SCALAR("0", "01001", "CMEQ (zero)", CMEQZ, SAME, SCALAR_D),
    SCALAR("1", "01001", "CMLE (zero)", CMLEZ, SAME, SCALAR_D),
    SCALAR("0", "01010", "CMLT (zero)", CMLTZ, SAME, SCALAR_D), SCALAR("0", "01011", "ABS", ABS, SAME, SCALAR_D),
    SCALAR("1", "01011", "NEG", NEG, SAME, SCALAR_D), SCALAR("1", "10010", "SQXTUN", SQXTUN, XTN, NO64),
    SCALAR("0", "10100", "SQXTN", SQXTN, XTN, NO64), SCALAR("1", "10100", "UQXTN", UQXTN, XTN, NO64),

    ROW("0 Q 0 01110 0 f 10000 10110 10 nnnnn ddddd", "FCVTN", convert, SIMD_DATA(FCVTN, XTN, 0, 0), NULL, 0),
    ROW("0 Q 0 01110 0 f 10000 10111 10 nnnnn ddddd", "FCVTL", convert, SIMD_DATA(FCVTL, LONG_ONE, 1, 0), NULL, 0),
    ROW("0 Q 1 01110 0 f 10000 10110 10 nnnnn ddddd", "FCVTXN", convert, SIMD_DATA(FCVTXN, XTN, 0, 0), "f=0", 0),
    ROW("01 1 11110 0 f 10000 10110 10 nnnnn ddddd", "FCVTXN (scalar)", convert, SIMD_DATA(FCVTXN, XTN, 0, 0), "f=0",
        0),
    FP_VECTOR("0", "0", "11000", "FRINTN", FRINT, N), FP_VECTOR("0", "0", "11001", "FRINTM", FRINT, M),
    FP_VECTOR("0", "1", "11000", "FRINTP", FRINT, P), FP_VECTOR("0", "1", "11001", "FRINTZ", FRINT, Z),
    FP_VECTOR("1", "0", "11000", "FRINTA", FRINT, A), FP_VECTOR("1", "0", "11001", "FRINTX", FRINT, CURRENT | EXACT),
    FP_VECTOR("1", "1", "11001", "FRINTI", FRINT, CURRENT),
    FP_BOTH("0", "0", "11010", "FCVTNS", FCVTS, N), FP_BOTH("0", "0", "11011", "FCVTMS", FCVTS, M),
    FP_BOTH("0", "0", "11100", "FCVTAS", FCVTS, A),
    FP_BOTH("0", "1", "11010", "FCVTPS", FCVTS, P), FP_BOTH("0", "1", "11011", "FCVTZS", FCVTS, Z),
    FP_BOTH("0", "0", "11101", "SCVTF", SCVTF, 0),
    FP_BOTH("1", "0", "11010", "FCVTNU", FCVTU, N), FP_BOTH("1", "0", "11011", "FCVTMU", FCVTU, M),
    FP_BOTH("1", "0", "11100", "FCVTAU", FCVTU, A),
    FP_BOTH("1", "1", "11010", "FCVTPU", FCVTU, P), FP_BOTH("1", "1", "11011", "FCVTZU", FCVTU, Z),
    FP_BOTH("1", "0", "11101", "UCVTF", UCVTF, 0),
    FP_BOTH("0", "1", "01100", "FCMGT (zero)", FCMGTZ, 0), FP_BOTH("0", "1", "01101", "FCMEQ (zero)", FCMEQZ, 0),
    FP_BOTH("0", "1", "01110", "FCMLT (zero)", FCMLTZ, 0), FP_BOTH("1", "1", "01100", "FCMGE (zero)", FCMGEZ, 0),
    FP_BOTH("1", "1", "01101", "FCMLE (zero)", FCMLEZ, 0),
    FP_VECTOR("0", "1", "01111", "FABS", FABS, 0), FP_VECTOR("1", "1", "01111", "FNEG", FNEG, 0),
    FP_VECTOR("1", "1", "11111", "FSQRT", FSQRT, 0),
    FP_BOTH("0", "1", "11101", "FRECPE", FRECPE, 0), FP_BOTH("1", "1", "11101", "FRSQRTE", FRSQRTE, 0),
    FP_SCALAR("0", "1", "11111", "FRECPX", FRECPX, 0),
    ROW("0 Q 0 01110 1 f 10000 11100 10 nnnnn ddddd", "URECPE", simd_one, SIMD_DATA(URECPE, SAME, 0, 0), "f=1", 0),
    ROW("0 Q 1 01110 1 f 10000 11100 10 nnnnn ddddd", "URSQRTE", simd_one, SIMD_DATA(URSQRTE, SAME, 0, 0), "f=1", 0),
    ROW("0 Q 0 01110 0 f 10000 11110 10 nnnnn ddddd", "FRINT32Z", round_int, 32, "f=1,Q=0", ARM_FRINTTS),
    ROW("0 Q 0 01110 0 f 10000 11111 10 nnnnn ddddd", "FRINT64Z", round_int, 64, "f=1,Q=0", ARM_FRINTTS),
    ROW("0 Q 1 01110 0 f 10000 11110 10 nnnnn ddddd", "FRINT32X", round_int, 32 | 256, "f=1,Q=0", ARM_FRINTTS),
    ROW("0 Q 1 01110 0 f 10000 11111 10 nnnnn ddddd", "FRINT64X", round_int, 64 | 256, "f=1,Q=0", ARM_FRINTTS),

    ACROSS("0", "00011", "SADDLV", ADD, ACROSS_LONG, 0), ACROSS("1", "00011", "UADDLV", ADD, ACROSS_LONG, 1),
    ACROSS("0", "01010", "SMAXV", SMAX, ACROSS, 0), ACROSS("1", "01010", "UMAXV", UMAX, ACROSS, 0),
    ACROSS("0", "11010", "SMINV", SMIN, ACROSS, 0),
    ACROSS("1", "11010", "UMINV", UMIN, ACROSS, 0), ACROSS("0", "11011", "ADDV", ADD, ACROSS, 0),
    FP_ACROSS("0", "01100", "FMAXNMV", FMAXNM), FP_ACROSS("0", "01111", "FMAXV", FMAX),
    FP_ACROSS("1", "01100", "FMINNMV", FMINNM),
    FP_ACROSS("1", "01111", "FMINV", FMIN),
    ROW("01 0 11110 zz 11000 11011 10 nnnnn ddddd", "ADDP (scalar)", simd_one, SIMD_DATA(ADD, PAIR, 0, 0), SCALAR_D, 0),
    FP_PAIR("0", "01100", "FMAXNMP", FMAXNM), FP_PAIR("0", "01101", "FADDP", FADD),
    FP_PAIR("0", "01111", "FMAXP", FMAX),
    FP_PAIR("1", "01100", "FMINNMP", FMINNM), FP_PAIR("1", "01111", "FMINP", FMIN),
};
ARM_TABLE(a64_simd_one);
