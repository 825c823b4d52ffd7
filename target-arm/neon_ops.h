/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_NEON_OPS_H
#define TARGET_ARM_NEON_OPS_H
/*
 * Operations of the Advanced SIMD helpers (neon_helpers.c, neon_fp.c), which work on 64 bits at a time. An argument `how` is
 * op | element bits << 8 | unsigned << 16; of floating point op | rounding << 8 | exact << 11 | unsigned << 16 | NEON_HALF |
 * fraction bits << 24.
 */
enum { NEON_HALF = 1 << 20 };
enum neon_op {
    /* lanes(n, m, d): element by element */
    NEON_HADD, NEON_RHADD, NEON_HSUB, NEON_QADD, NEON_QSUB, NEON_CGT, NEON_CGE, NEON_SHL, NEON_QSHL, NEON_RSHL, NEON_QRSHL,
    NEON_MAX, NEON_MIN, NEON_ABD, NEON_ABA, NEON_ADD, NEON_SUB, NEON_TST, NEON_CEQ, NEON_MLA, NEON_MLS, NEON_MUL, NEON_PMUL,
    NEON_QDMULH, NEON_QRDMULH, NEON_QRDMLAH, NEON_QRDMLSH, NEON_CLE, NEON_CLT,
    /* with an immediate in place of m */
    NEON_SHR, NEON_SRA, NEON_RSHR, NEON_RSRA, NEON_SRI, NEON_SLI, NEON_QSHLU,
    /* one operand, n */
    NEON_CLS, NEON_CLZ, NEON_CNT, NEON_QABS, NEON_QNEG, NEON_ABS, NEON_NEG, NEON_RECPE, NEON_RSQRTE,
    /* pairs(n, m): neighbours; paddl(n, d): neighbours to double width */
    NEON_PADD, NEON_PMAX, NEON_PMIN,
    /* widening(n, m, d): the low 32 bits of n and m to lanes of double width */
    NEON_ADDL, NEON_SUBL, NEON_ABDL, NEON_ABAL, NEON_MULL, NEON_MLAL, NEON_MLSL, NEON_QDMULL, NEON_QDMLAL, NEON_QDMLSL, NEON_PMULL,
    NEON_SHLL, NEON_ADDW, NEON_SUBW,        /* W: n is already wide */
    /* narrowing(n, m): lanes of double width to the low 32 bits; m: operand or shift */
    NEON_ADDHN, NEON_RADDHN, NEON_SUBHN, NEON_RSUBHN, NEON_SHRN, NEON_RSHRN, NEON_QSHRN, NEON_QRSHRN, NEON_QSHRUN, NEON_QRSHRUN,
    /* floating point under the standard FPSCR: two lanes (n, m, d), with NEON_HALF four */
    NEON_FADD, NEON_FSUB, NEON_FMUL, NEON_FMLA, NEON_FMLS, NEON_FFMA, NEON_FFMS, NEON_FABD, NEON_FMAX, NEON_FMIN, NEON_FMAXNM,
    NEON_FMINNM, NEON_FCEQ, NEON_FCGE, NEON_FCGT, NEON_FACGE, NEON_FACGT, NEON_FRECPS, NEON_FRSQRTS, NEON_FPADD, NEON_FPMAX,
    NEON_FPMIN, NEON_FCLE, NEON_FCLT,
    /* ... one operand */
    NEON_FRECPE, NEON_FRSQRTE, NEON_FRINT, NEON_FTOI, NEON_FROMI,
};

#endif
