/* SPDX-License-Identifier: MIT */
/* SSE and SSE2 conversions (SDM volume 1, 10.4.4 and 11.4.1.6); those with MMX operands are in mmx_convert.c. */
#include "target-x86/sse.h"
#include "target-x86/tables.h"

#define TO_INT(prefix, op, source, nm, feat) \
    { .opcode = SSE_PATTERN(prefix, 0F, op), .operands = "Gy," source, .name = #nm, .translate = sse_copy_fp, .flags = ROW_SSE, \
      .feature = FEAT_##feat, \
      .tests = SSE_TESTS(prefix, 0F, op, "") ";" SSE_BYTES(prefix, "48 ", 0F, op, " C1") "@64;" \
          SSE_BYTES(prefix, "4D ", 0F, op, " C1") "@64", \
      .data = SSE_COPY_DATA(nm, prefix, 0F, op, 0, COPY_TO_INT) }
#define FROM_INT(prefix, op, dest, nm, feat) \
    { .opcode = SSE_PATTERN(prefix, 0F, op), .operands = dest ",Ey", .name = #nm, .translate = sse_copy_fp, .flags = ROW_SSE, \
      .feature = FEAT_##feat, \
      .tests = SSE_TESTS(prefix, 0F, op, "") ";" SSE_BYTES(prefix, "48 ", 0F, op, " C1") "@64;" \
          SSE_BYTES(prefix, "4D ", 0F, op, " C1") "@64;" SSE_BYTES(prefix, "48 ", 0F, op, " 1F") "@64", \
      .data = SSE_COPY_DATA(nm, prefix, 0F, op, 0, COPY_FROM_INT) }

static const struct x86_row rows[] = {
    FROM_INT(F3, 2A, "Vss", CVTSI2SS, SSE),
    FROM_INT(F2, 2A, "Vsd", CVTSI2SD, SSE2),
    TO_INT(F3, 2C, "Wss", CVTTSS2SI, SSE),
    TO_INT(F2, 2C, "Wsd", CVTTSD2SI, SSE2),
    TO_INT(F3, 2D, "Wss", CVTSS2SI, SSE),
    TO_INT(F2, 2D, "Wsd", CVTSD2SI, SSE2),
    SSE_ROW(NP, 0F, 5A, "Vdq,Wq", CVTPS2PD, sse_copy_fp, 0, SSE2, COPY_UNARY),
    SSE_FP_UNARY(66, 0F, 5A, CVTPD2PS, SSE2),
    SSE_ROW(F3, 0F, 5A, "Vsd,Wss", CVTSS2SD, sse_copy_fp, 0, SSE2, COPY_BINARY),
    SSE_ROW(F2, 0F, 5A, "Vss,Wsd", CVTSD2SS, sse_copy_fp, 0, SSE2, COPY_BINARY),
    SSE_FP_UNARY(NP, 0F, 5B, CVTDQ2PS, SSE2),
    SSE_FP_UNARY(66, 0F, 5B, CVTPS2DQ, SSE2),
    SSE_FP_UNARY(F3, 0F, 5B, CVTTPS2DQ, SSE2),
    SSE_FP_UNARY(66, 0F, E6, CVTTPD2DQ, SSE2),
    SSE_FP_UNARY(F2, 0F, E6, CVTPD2DQ, SSE2),
    SSE_ROW(F3, 0F, E6, "Vdq,Wq", CVTDQ2PD, sse_copy, 0, SSE2, COPY_UNARY),
};

const struct x86_table_of_rows x86_table_sse_convert = { "sse_convert", rows, G_N_ELEMENTS(rows) };
