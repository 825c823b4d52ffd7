/* SPDX-License-Identifier: MIT */
/* AES-NI, PCLMULQDQ (SDM volume 1, 12.13) and the SHA extensions (volume 2). The model offers them only where the host
 * has them. */
#include "target-x86/sse.h"
#include "target-x86/tables.h"

static const struct x86_row rows[] = {
    SSE_INT_UNARY(66, 0F38, DB, AESIMC, AES),
    SSE_INT(66, 0F38, DC, AESENC, AES),
    SSE_INT(66, 0F38, DD, AESENCLAST, AES),
    SSE_INT(66, 0F38, DE, AESDEC, AES),
    SSE_INT(66, 0F38, DF, AESDECLAST, AES),
    SSE_INT_UNARY_IMM(66, 0F3A, DF, AESKEYGENASSIST, AES),
    SSE_INT_IMM(66, 0F3A, 44, PCLMULQDQ, PCLMULQDQ),
    SSE_INT(NP, 0F38, C8, SHA1NEXTE, SHA),
    SSE_INT(NP, 0F38, C9, SHA1MSG1, SHA),
    SSE_INT(NP, 0F38, CA, SHA1MSG2, SHA),
    SSE_ROW(NP, 0F38, CB, "Vdq,Wdq", SHA256RNDS2, sse_copy, ROW_ALIGN16, SHA, COPY_BINARY_XMM0),
    SSE_INT(NP, 0F38, CC, SHA256MSG1, SHA),
    SSE_INT(NP, 0F38, CD, SHA256MSG2, SHA),
    SSE_INT_IMM(NP, 0F3A, CC, SHA1RNDS4, SHA),
};

const struct x86_table_of_rows x86_table_crypto = { "crypto", rows, G_N_ELEMENTS(rows) };
