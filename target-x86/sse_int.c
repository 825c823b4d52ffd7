/* SPDX-License-Identifier: MIT */
/* SSE2, SSSE3, SSE4.1 and SSE4.2 integer instructions on XMM registers (SDM volume 1, 11.4.2, 12.6, 12.8, 12.9). */
#include "target-x86/sse.h"
#include "target-x86/tables.h"

/* Shifts by an immediate: ModRM.reg is part of the opcode, ModRM.rm source and destination. */
static void shift_imm(struct x86_trans *t)
{
    const struct ir_copy *copy = (const struct ir_copy *)t->insn->row->data;
    ir_reg reg = x86_xmm(t->insn->operand[0].reg);
    ir_emit_copy(t->u, copy, (int)(t->insn->operand[1].value & 0xff), reg, IR_NONE, reg, IR_NONE, IR_NONE, IR_NONE);
}

/* modrm names xmm1. */
#define SHIFT(op, ext, nm, modrm) \
    { .opcode = "66 0F " #op " /" #ext, .operands = "Udq,Ib", .name = #nm, .translate = shift_imm, .flags = ROW_SSE, \
      .feature = FEAT_SSE2, \
      .tests = "66 0F " #op " " #modrm " 05; 66 0F " #op " " #modrm " 0F; 66 0F " #op " " #modrm " 40; 66 41 0F " #op " " \
          #modrm " 01@64", \
      .data = (intptr_t)&(const struct ir_copy){ .name = #nm, .prefix = 0x66, .map = 1, .opcode = 0x##op, .imm_bytes = 1, \
                                                 .modrm_reg = ext, COPY_SHIFT_IMM } }

/* PMOVSXBQ and PMOVZXBQ read 16 bits of memory. */
static void extend_from_word(struct x86_trans *t)
{
    ir_reg rm = t->insn->operand[1].kind == OPERAND_XMM ? x86_xmm(t->insn->operand[1].reg) : sse_load(t, 16);
    sse_emit(t, sse_row_copy(t), rm, 0, false);
}

#define EXTEND(op, operands, nm) SSE_ROW(66, 0F38, op, operands, nm, sse_copy, 0, SSE41, COPY_UNARY)

static const struct x86_row rows[] = {
    SSE_INT(66, 0F, 60, PUNPCKLBW, SSE2),
    SSE_INT(66, 0F, 61, PUNPCKLWD, SSE2),
    SSE_INT(66, 0F, 62, PUNPCKLDQ, SSE2),
    SSE_INT(66, 0F, 63, PACKSSWB, SSE2),
    SSE_INT(66, 0F, 64, PCMPGTB, SSE2),
    SSE_INT(66, 0F, 65, PCMPGTW, SSE2),
    SSE_INT(66, 0F, 66, PCMPGTD, SSE2),
    SSE_INT(66, 0F, 67, PACKUSWB, SSE2),
    SSE_INT(66, 0F, 68, PUNPCKHBW, SSE2),
    SSE_INT(66, 0F, 69, PUNPCKHWD, SSE2),
    SSE_INT(66, 0F, 6A, PUNPCKHDQ, SSE2),
    SSE_INT(66, 0F, 6B, PACKSSDW, SSE2),
    SSE_INT(66, 0F, 6C, PUNPCKLQDQ, SSE2),
    SSE_INT(66, 0F, 6D, PUNPCKHQDQ, SSE2),
    SSE_INT_UNARY_IMM(66, 0F, 70, PSHUFD, SSE2),
    SSE_INT_UNARY_IMM(F3, 0F, 70, PSHUFHW, SSE2),
    SSE_INT_UNARY_IMM(F2, 0F, 70, PSHUFLW, SSE2),
    SHIFT(71, 2, PSRLW, D1), SHIFT(71, 4, PSRAW, E1), SHIFT(71, 6, PSLLW, F1),
    SHIFT(72, 2, PSRLD, D1), SHIFT(72, 4, PSRAD, E1), SHIFT(72, 6, PSLLD, F1),
    SHIFT(73, 2, PSRLQ, D1), SHIFT(73, 3, PSRLDQ, D9), SHIFT(73, 6, PSLLQ, F1), SHIFT(73, 7, PSLLDQ, F9),
    SSE_INT(66, 0F, 74, PCMPEQB, SSE2),
    SSE_INT(66, 0F, 75, PCMPEQW, SSE2),
    SSE_INT(66, 0F, 76, PCMPEQD, SSE2),
    SSE_INT(66, 0F, D1, PSRLW, SSE2),
    SSE_INT(66, 0F, D2, PSRLD, SSE2),
    SSE_INT(66, 0F, D3, PSRLQ, SSE2),
    SSE_INT(66, 0F, D4, PADDQ, SSE2),
    SSE_INT(66, 0F, D5, PMULLW, SSE2),
    SSE_INT(66, 0F, D8, PSUBUSB, SSE2),
    SSE_INT(66, 0F, D9, PSUBUSW, SSE2),
    SSE_INT(66, 0F, DA, PMINUB, SSE2),
    SSE_INT(66, 0F, DB, PAND, SSE2),
    SSE_INT(66, 0F, DC, PADDUSB, SSE2),
    SSE_INT(66, 0F, DD, PADDUSW, SSE2),
    SSE_INT(66, 0F, DE, PMAXUB, SSE2),
    SSE_INT(66, 0F, DF, PANDN, SSE2),
    SSE_INT(66, 0F, E0, PAVGB, SSE2),
    SSE_INT(66, 0F, E1, PSRAW, SSE2),
    SSE_INT(66, 0F, E2, PSRAD, SSE2),
    SSE_INT(66, 0F, E3, PAVGW, SSE2),
    SSE_INT(66, 0F, E4, PMULHUW, SSE2),
    SSE_INT(66, 0F, E5, PMULHW, SSE2),
    SSE_INT(66, 0F, E8, PSUBSB, SSE2),
    SSE_INT(66, 0F, E9, PSUBSW, SSE2),
    SSE_INT(66, 0F, EA, PMINSW, SSE2),
    SSE_INT(66, 0F, EB, POR, SSE2),
    SSE_INT(66, 0F, EC, PADDSB, SSE2),
    SSE_INT(66, 0F, ED, PADDSW, SSE2),
    SSE_INT(66, 0F, EE, PMAXSW, SSE2),
    SSE_XOR(66, 0F, EF, PXOR, SSE2),
    SSE_INT(66, 0F, F1, PSLLW, SSE2),
    SSE_INT(66, 0F, F2, PSLLD, SSE2),
    SSE_INT(66, 0F, F3, PSLLQ, SSE2),
    SSE_INT(66, 0F, F4, PMULUDQ, SSE2),
    SSE_INT(66, 0F, F5, PMADDWD, SSE2),
    SSE_INT(66, 0F, F6, PSADBW, SSE2),
    SSE_INT(66, 0F, F8, PSUBB, SSE2),
    SSE_INT(66, 0F, F9, PSUBW, SSE2),
    SSE_INT(66, 0F, FA, PSUBD, SSE2),
    SSE_INT(66, 0F, FB, PSUBQ, SSE2),
    SSE_INT(66, 0F, FC, PADDB, SSE2),
    SSE_INT(66, 0F, FD, PADDW, SSE2),
    SSE_INT(66, 0F, FE, PADDD, SSE2),

    SSE_INT(66, 0F38, 00, PSHUFB, SSSE3),
    SSE_INT(66, 0F38, 01, PHADDW, SSSE3),
    SSE_INT(66, 0F38, 02, PHADDD, SSSE3),
    SSE_INT(66, 0F38, 03, PHADDSW, SSSE3),
    SSE_INT(66, 0F38, 04, PMADDUBSW, SSSE3),
    SSE_INT(66, 0F38, 05, PHSUBW, SSSE3),
    SSE_INT(66, 0F38, 06, PHSUBD, SSSE3),
    SSE_INT(66, 0F38, 07, PHSUBSW, SSSE3),
    SSE_INT(66, 0F38, 08, PSIGNB, SSSE3),
    SSE_INT(66, 0F38, 09, PSIGNW, SSSE3),
    SSE_INT(66, 0F38, 0A, PSIGND, SSSE3),
    SSE_INT(66, 0F38, 0B, PMULHRSW, SSSE3),
    SSE_INT_UNARY(66, 0F38, 1C, PABSB, SSSE3),
    SSE_INT_UNARY(66, 0F38, 1D, PABSW, SSSE3),
    SSE_INT_UNARY(66, 0F38, 1E, PABSD, SSSE3),
    SSE_INT_IMM(66, 0F3A, 0F, PALIGNR, SSSE3),

    SSE_ROW(66, 0F38, 10, "Vdq,Wdq", PBLENDVB, sse_copy, ROW_ALIGN16, SSE41, COPY_BINARY_XMM0),
    SSE_ROW(66, 0F38, 14, "Vdq,Wdq", BLENDVPS, sse_copy, ROW_ALIGN16, SSE41, COPY_BINARY_XMM0),
    SSE_ROW(66, 0F38, 15, "Vdq,Wdq", BLENDVPD, sse_copy, ROW_ALIGN16, SSE41, COPY_BINARY_XMM0),
    SSE_ROW(66, 0F38, 17, "Vdq,Wdq", PTEST, sse_copy, ROW_ALIGN16, SSE41, COPY_COMPARE),
    EXTEND(20, "Vdq,Wq", PMOVSXBW),
    EXTEND(21, "Vdq,Wd", PMOVSXBD),
    SSE_ROW(66, 0F38, 22, "Vdq,Ww", PMOVSXBQ, extend_from_word, 0, SSE41, COPY_UNARY),
    EXTEND(23, "Vdq,Wq", PMOVSXWD),
    EXTEND(24, "Vdq,Wd", PMOVSXWQ),
    EXTEND(25, "Vdq,Wq", PMOVSXDQ),
    SSE_INT(66, 0F38, 28, PMULDQ, SSE41),
    SSE_INT(66, 0F38, 29, PCMPEQQ, SSE41),
    SSE_INT(66, 0F38, 2B, PACKUSDW, SSE41),
    EXTEND(30, "Vdq,Wq", PMOVZXBW),
    EXTEND(31, "Vdq,Wd", PMOVZXBD),
    SSE_ROW(66, 0F38, 32, "Vdq,Ww", PMOVZXBQ, extend_from_word, 0, SSE41, COPY_UNARY),
    EXTEND(33, "Vdq,Wq", PMOVZXWD),
    EXTEND(34, "Vdq,Wd", PMOVZXWQ),
    EXTEND(35, "Vdq,Wq", PMOVZXDQ),
    SSE_INT(66, 0F38, 37, PCMPGTQ, SSE42),
    SSE_INT(66, 0F38, 38, PMINSB, SSE41),
    SSE_INT(66, 0F38, 39, PMINSD, SSE41),
    SSE_INT(66, 0F38, 3A, PMINUW, SSE41),
    SSE_INT(66, 0F38, 3B, PMINUD, SSE41),
    SSE_INT(66, 0F38, 3C, PMAXSB, SSE41),
    SSE_INT(66, 0F38, 3D, PMAXSD, SSE41),
    SSE_INT(66, 0F38, 3E, PMAXUW, SSE41),
    SSE_INT(66, 0F38, 3F, PMAXUD, SSE41),
    SSE_INT(66, 0F38, 40, PMULLD, SSE41),
    SSE_INT_UNARY(66, 0F38, 41, PHMINPOSUW, SSE41),
    SSE_INT_IMM(66, 0F3A, 0C, BLENDPS, SSE41),
    SSE_INT_IMM(66, 0F3A, 0D, BLENDPD, SSE41),
    SSE_INT_IMM(66, 0F3A, 0E, PBLENDW, SSE41),
    SSE_INT_IMM(66, 0F3A, 42, MPSADBW, SSE41),
};

const struct x86_table_of_rows x86_table_sse_int = { "sse_int", rows, G_N_ELEMENTS(rows) };
