/* SPDX-License-Identifier: MIT */
/* SSE to SSE4.1 floating-point arithmetic, logic, compares and shuffles (SDM volume 1, 10.4, 11.4, 12.3, 12.8). */
#include "target-x86/sse.h"
#include "target-x86/tables.h"

/* MOVMSKPS, MOVMSKPD and PMOVMSKB zero-extend into the whole register whatever REX.W says. */
#define SSE_MASK(prefix, op, nm, feat) \
    { .opcode = SSE_PATTERN(prefix, 0F, op), .operands = "Gd,Udq", .name = #nm, .translate = sse_copy, .flags = ROW_SSE, \
      .feature = FEAT_##feat, .tests = SSE_TESTS_REG(prefix, 0F, op, ""), \
      .data = SSE_COPY_DATA(nm, prefix, 0F, op, 0, COPY_TO_INT) }
#define SSE_SCALAR_SS(op, nm) SSE_ROW(F3, 0F, op, "Vss,Wss", nm, sse_copy_fp, 0, SSE, COPY_BINARY)
#define SSE_SCALAR_SD(op, nm) SSE_ROW(F2, 0F, op, "Vsd,Wsd", nm, sse_copy_fp, 0, SSE2, COPY_BINARY)

static const struct x86_row rows[] = {
    SSE_FP_UNARY(NP, 0F, 51, SQRTPS, SSE),
    SSE_FP_UNARY(66, 0F, 51, SQRTPD, SSE2),
    SSE_SCALAR_SS(51, SQRTSS),
    SSE_SCALAR_SD(51, SQRTSD),
    SSE_INT_UNARY(NP, 0F, 52, RSQRTPS, SSE),
    SSE_ROW(F3, 0F, 52, "Vss,Wss", RSQRTSS, sse_copy, 0, SSE, COPY_BINARY),
    SSE_INT_UNARY(NP, 0F, 53, RCPPS, SSE),
    SSE_ROW(F3, 0F, 53, "Vss,Wss", RCPSS, sse_copy, 0, SSE, COPY_BINARY),
    SSE_INT(NP, 0F, 54, ANDPS, SSE),
    SSE_INT(66, 0F, 54, ANDPD, SSE2),
    SSE_INT(NP, 0F, 55, ANDNPS, SSE),
    SSE_INT(66, 0F, 55, ANDNPD, SSE2),
    SSE_INT(NP, 0F, 56, ORPS, SSE),
    SSE_INT(66, 0F, 56, ORPD, SSE2),
    SSE_XOR(NP, 0F, 57, XORPS, SSE),
    SSE_XOR(66, 0F, 57, XORPD, SSE2),
    SSE_FP(NP, 0F, 58, ADDPS, SSE),
    SSE_FP(66, 0F, 58, ADDPD, SSE2),
    SSE_SCALAR_SS(58, ADDSS),
    SSE_SCALAR_SD(58, ADDSD),
    SSE_FP(NP, 0F, 59, MULPS, SSE),
    SSE_FP(66, 0F, 59, MULPD, SSE2),
    SSE_SCALAR_SS(59, MULSS),
    SSE_SCALAR_SD(59, MULSD),
    SSE_FP(NP, 0F, 5C, SUBPS, SSE),
    SSE_FP(66, 0F, 5C, SUBPD, SSE2),
    SSE_SCALAR_SS(5C, SUBSS),
    SSE_SCALAR_SD(5C, SUBSD),
    SSE_FP(NP, 0F, 5D, MINPS, SSE),
    SSE_FP(66, 0F, 5D, MINPD, SSE2),
    SSE_SCALAR_SS(5D, MINSS),
    SSE_SCALAR_SD(5D, MINSD),
    SSE_FP(NP, 0F, 5E, DIVPS, SSE),
    SSE_FP(66, 0F, 5E, DIVPD, SSE2),
    SSE_SCALAR_SS(5E, DIVSS),
    SSE_SCALAR_SD(5E, DIVSD),
    SSE_FP(NP, 0F, 5F, MAXPS, SSE),
    SSE_FP(66, 0F, 5F, MAXPD, SSE2),
    SSE_SCALAR_SS(5F, MAXSS),
    SSE_SCALAR_SD(5F, MAXSD),

    SSE_ROW_IMM(NP, 0F, C2, "Vdq,Wdq,Ib", CMPPS, sse_copy_fp, ROW_ALIGN16, SSE, COPY_BINARY),
    SSE_ROW_IMM(66, 0F, C2, "Vdq,Wdq,Ib", CMPPD, sse_copy_fp, ROW_ALIGN16, SSE2, COPY_BINARY),
    SSE_ROW_IMM(F3, 0F, C2, "Vss,Wss,Ib", CMPSS, sse_copy_fp, 0, SSE, COPY_BINARY),
    SSE_ROW_IMM(F2, 0F, C2, "Vsd,Wsd,Ib", CMPSD, sse_copy_fp, 0, SSE2, COPY_BINARY),
    SSE_ROW(NP, 0F, 2E, "Vss,Wss", UCOMISS, sse_copy_fp, 0, SSE, COPY_COMPARE),
    SSE_ROW(66, 0F, 2E, "Vsd,Wsd", UCOMISD, sse_copy_fp, 0, SSE2, COPY_COMPARE),
    SSE_ROW(NP, 0F, 2F, "Vss,Wss", COMISS, sse_copy_fp, 0, SSE, COPY_COMPARE),
    SSE_ROW(66, 0F, 2F, "Vsd,Wsd", COMISD, sse_copy_fp, 0, SSE2, COPY_COMPARE),

    SSE_INT_IMM(NP, 0F, C6, SHUFPS, SSE),
    SSE_INT_IMM(66, 0F, C6, SHUFPD, SSE2),
    SSE_INT(NP, 0F, 14, UNPCKLPS, SSE),
    SSE_INT(66, 0F, 14, UNPCKLPD, SSE2),
    SSE_INT(NP, 0F, 15, UNPCKHPS, SSE),
    SSE_INT(66, 0F, 15, UNPCKHPD, SSE2),
    SSE_MASK(NP, 50, MOVMSKPS, SSE),
    SSE_MASK(66, 50, MOVMSKPD, SSE2),
    SSE_MASK(66, D7, PMOVMSKB, SSE2),

    SSE_FP(66, 0F, 7C, HADDPD, SSE3),
    SSE_FP(F2, 0F, 7C, HADDPS, SSE3),
    SSE_FP(66, 0F, 7D, HSUBPD, SSE3),
    SSE_FP(F2, 0F, 7D, HSUBPS, SSE3),
    SSE_FP(66, 0F, D0, ADDSUBPD, SSE3),
    SSE_FP(F2, 0F, D0, ADDSUBPS, SSE3),

    SSE_ROW_IMM(66, 0F3A, 08, "Vdq,Wdq,Ib", ROUNDPS, sse_copy_fp, ROW_ALIGN16, SSE41, COPY_UNARY),
    SSE_ROW_IMM(66, 0F3A, 09, "Vdq,Wdq,Ib", ROUNDPD, sse_copy_fp, ROW_ALIGN16, SSE41, COPY_UNARY),
    SSE_ROW_IMM(66, 0F3A, 0A, "Vss,Wss,Ib", ROUNDSS, sse_copy_fp, 0, SSE41, COPY_BINARY),
    SSE_ROW_IMM(66, 0F3A, 0B, "Vsd,Wsd,Ib", ROUNDSD, sse_copy_fp, 0, SSE41, COPY_BINARY),
    SSE_ROW_IMM(66, 0F3A, 40, "Vdq,Wdq,Ib", DPPS, sse_dot, ROW_ALIGN16, SSE41, COPY_BINARY),
    SSE_ROW_IMM(66, 0F3A, 41, "Vdq,Wdq,Ib", DPPD, sse_dot, ROW_ALIGN16, SSE41, COPY_BINARY),
};

const struct x86_table_of_rows x86_table_sse_fp = { "sse_fp", rows, G_N_ELEMENTS(rows) };
