/* SPDX-License-Identifier: MIT */
/*
 * MMX instructions (SDM volume 1, chapter 9; SSE's additions 10.4.4, SSE2's 11.4.2, SSSE3's 12.6).
 *
 * MM0-7 are the significands of R0-7. Each instruction computes in a temporary vector with the XMM form of the same
 * instruction; most are lane by lane, so the low half of the result is what MMX gives. The others:
 *      MMX_PAIRS   both operands beside each other in one vector (packs, horizontal adds)
 *      MMX_HIGH    PUNPCKH: the upper half of what the XMM form of PUNPCKL gives
 * Every MMX instruction but EMMS sets TOP to 0, all tags to valid and the exponent of what it writes to ones (9.6.2).
 */
#include "target-x86/fp.h"
#include "target-x86/sse.h"
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

static unsigned mm_offset(unsigned reg) { return offsetof(struct x86_cpu, fpu.st) + reg * sizeof(struct x86_st); }

static void mm_enter(struct x86_trans *t)
{
    G_STATIC_ASSERT(offsetof(struct x86_fpu, tag_valid) == offsetof(struct x86_fpu, top) + 1);
    ir_stcpu(t->u, 16, offsetof(struct x86_cpu, fpu.top), ir_const(t->u, 0xff00));
}

static void mm_put(struct x86_trans *t, unsigned reg, ir_reg value)
{
    ir_stcpu(t->u, 64, mm_offset(reg), value);
    ir_stcpu(t->u, 16, mm_offset(reg) + offsetof(struct x86_st, sign_exponent), ir_const(t->u, 0xffff));
}

/* Where the MM registers are read from and written to. Before any temporary that is used afterwards. */
static void mm_begin(struct x86_trans *t) { x87_leave(t); }

/* An MM register or `bits` of memory, as an integer. */
static ir_reg mm_get(struct x86_trans *t, unsigned operand, unsigned bits)
{
    if (t->insn->operand[operand].kind == OPERAND_MM)
        return ir_ldcpu(t->u, 64, mm_offset(t->insn->operand[operand].reg));
    return ir_ld(t->u, bits, x86_linear(t, bits, false), 0, t->mmu);
}

static ir_reg vector_of(struct x86_trans *t, ir_reg low, ir_reg high)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, v);
    ir_vput_to(t->u, 64, v, v, 0, low);
    if (high != IR_NONE)
        ir_vput_to(t->u, 64, v, v, 1, high);
    return v;
}

static const struct ir_copy *row_copy(const struct x86_trans *t) { return (const struct ir_copy *)t->insn->row->data; }

/* v = v op w */
static void run(struct x86_trans *t, ir_reg v, ir_reg w, int imm)
{
    const struct ir_copy *copy = row_copy(t);
    if (copy->reg_role == IR_COPY_NONE)
        ir_emit_copy(t->u, copy, imm, v, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
    else if (copy->reg_role & IR_COPY_READ)
        ir_emit_copy(t->u, copy, imm, v, IR_NONE, v, w, IR_NONE, IR_NONE);
    else
        ir_emit_copy(t->u, copy, imm, v, IR_NONE, w, IR_NONE, IR_NONE, IR_NONE);
}

static void finish(struct x86_trans *t, ir_reg v, unsigned lane)
{
    mm_enter(t);
    mm_put(t, t->insn->operand[0].reg, ir_vget(t->u, 64, v, lane));
}

static void lanes(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 64), IR_NONE);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), IR_NONE);
    run(t, v, w, 0);
    finish(t, v, 0);
}

/* PUNPCKL reads 32 bits of memory. */
static void unpack_low(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 32), IR_NONE);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), IR_NONE);
    run(t, v, w, 0);
    finish(t, v, 0);
}

static void high(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 64), IR_NONE);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), IR_NONE);
    run(t, v, w, 0);
    finish(t, v, 1);
}

static void pairs(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg source = mm_get(t, 1, 64);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), source);
    run(t, v, v, 0);
    finish(t, v, 0);
}

/* PSHUFB looks at three bits of an index, its XMM form at four. */
static void pshufb(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg mask = ir_const(t->u, 0x8787878787878787);
    ir_reg w = vector_of(t, ir_op2(t->u, IR_AND, 64, mm_get(t, 1, 64), mask), IR_NONE);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), IR_NONE);
    run(t, v, w, 0);
    finish(t, v, 0);
}

static int immediate(const struct x86_trans *t, unsigned operand) { return t->insn->operand[operand].value & 0xff; }

static void pshufw(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 64), IR_NONE);
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    run(t, v, w, immediate(t, 2));
    finish(t, v, 0);
}

/* PALIGNR: destination above source, shifted right by bytes. */
static void palignr(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg source = mm_get(t, 1, 64);
    ir_reg v = vector_of(t, source, mm_get(t, 0, 64));
    run(t, v, IR_NONE, immediate(t, 2));
    finish(t, v, 0);
}

static void shift_imm(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg v = vector_of(t, mm_get(t, 0, 64), IR_NONE);
    run(t, v, IR_NONE, immediate(t, 1));
    finish(t, v, 0);
}

/* ---- moves ---- */

static void movd_load(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg value = x86_read(t, 1);
    mm_enter(t);
    mm_put(t, t->insn->operand[0].reg, value);
}

static void movd_store(struct x86_trans *t)
{
    mm_begin(t);
    x86_write(t, 0, mm_get(t, 1, 64));
    mm_enter(t);
}

static void movq_load(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg value = mm_get(t, 1, 64);
    mm_enter(t);
    mm_put(t, t->insn->operand[0].reg, value);
}

static void movq_store(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg value = mm_get(t, 1, 64);
    if (t->insn->operand[0].kind == OPERAND_MM)
        mm_put(t, t->insn->operand[0].reg, value);
    else
        ir_st(t->u, 64, x86_linear(t, 64, true), 0, value, t->mmu);
    mm_enter(t);
}

static void maskmovq(struct x86_trans *t)
{
    mm_begin(t);
    unsigned segment = t->insn->segment == SEG_NONE ? SEG_DS : t->insn->segment;
    ir_reg offset = x86_get_reg(t, R_DI, t->insn->address_bits);
    ir_reg linear = x86_segment_linear(t, segment, offset, 64, true);
    ir_call_void(t->u, HELPER_maskmovq, linear, ir_const(t->u, t->insn->operand[0].reg),
                 ir_const(t->u, t->insn->operand[1].reg), IR_NONE);
    mm_enter(t);
}

uint64_t helper_maskmovq(struct cpu *c, uint64_t linear, uint64_t data, uint64_t mask)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    maskmov_store(c, linear, (const uint8_t *)&cpu->fpu.st[data].significand, (const uint8_t *)&cpu->fpu.st[mask].significand, 8);
    return 0;
}

static void pextrw(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg value = ir_extract(t->u, mm_get(t, 1, 64), (immediate(t, 2) & 3) * 16, 16);
    mm_enter(t);
    x86_set_reg(t, t->insn->operand[0].reg, 32, value);
}

static void pinsrw(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg value = t->insn->operand[1].kind == OPERAND_MEM ? ir_ld(t->u, 16, x86_linear(t, 16, false), 0, t->mmu)
                                                           : x86_read(t, 1);
    ir_reg old = mm_get(t, 0, 64);
    mm_enter(t);
    mm_put(t, t->insn->operand[0].reg, ir_deposit(t->u, old, (immediate(t, 2) & 3) * 16, 16, value));
}

static void pmovmskb(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg v = vector_of(t, mm_get(t, 1, 64), IR_NONE), result = ir_temp(t->u, IR_TYPE_INT);
    mm_enter(t);
    ir_emit_copy(t->u, row_copy(t), 0, result, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
    x86_set_reg(t, t->insn->operand[0].reg, 32, result);
}

static void movdq2q(struct x86_trans *t)
{
    mm_begin(t);
    mm_enter(t);
    mm_put(t, t->insn->operand[0].reg, ir_vget(t->u, 64, x86_xmm(t->insn->operand[1].reg), 0));
}

static void movq2dq(struct x86_trans *t)
{
    mm_begin(t);
    mm_enter(t);
    ir_mov_to(t->u, x86_xmm(t->insn->operand[0].reg), vector_of(t, mm_get(t, 1, 64), IR_NONE));
}

static void emms(struct x86_trans *t)
{
    mm_begin(t);
    ir_stcpu(t->u, 16, offsetof(struct x86_cpu, fpu.top), ir_const(t->u, 0));
}

/* ---- conversions: the XMM form on a vector whose upper half is zero, so that it raises nothing ---- */

/* CVTPI2PS, CVTPI2PD: whether the source is a register. From memory they leave the x87 state alone and take no pending x87
 * exception; SDM 2 says so of CVTPI2PD alone, processors do it for both. */
static bool from_mm_begin(struct x86_trans *t)
{
    if (t->insn->operand[1].kind != OPERAND_MM)
        return false;
    if (t->mode & MODE_X87_TRAPS)
        ir_call_void(t->u, HELPER_fpu_wait, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    mm_begin(t);
    return true;
}

/* Keeps the upper half of the destination. */
static void cvtpi2ps(struct x86_trans *t)
{
    bool from_register = from_mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 64), IR_NONE), v = ir_temp(t->u, IR_TYPE_VEC);
    ir_reg dest = x86_xmm(t->insn->operand[0].reg);
    if (from_register)
        mm_enter(t);                    /* also when the conversion raises */
    sse_fp_run(t, row_copy(t), v, w);
    ir_vmerge_to(t->u, 64, dest, dest, v);
}

/* Exact: raises nothing. */
static void cvtpi2pd(struct x86_trans *t)
{
    bool from_register = from_mm_begin(t);
    ir_reg w = vector_of(t, mm_get(t, 1, 64), IR_NONE);
    ir_emit_copy(t->u, row_copy(t), 0, x86_xmm(t->insn->operand[0].reg), IR_NONE, w, IR_NONE, IR_NONE, IR_NONE);
    if (from_register)
        mm_enter(t);
}

/* CVT(T)PS2PI, CVT(T)PD2PI. */
static void to_mm(struct x86_trans *t)
{
    mm_begin(t);
    ir_reg w, v = ir_temp(t->u, IR_TYPE_VEC);
    if (t->insn->operand[1].bits == 128)
        w = x86_read_vec(t, 1);
    else if (t->insn->operand[1].kind == OPERAND_MEM)
        w = sse_load(t, 64);
    else
        w = vector_of(t, ir_vget(t->u, 64, x86_xmm(t->insn->operand[1].reg), 0), IR_NONE);
    mm_enter(t);                        /* also when the conversion raises */
    sse_fp_run(t, row_copy(t), v, w);
    finish(t, v, 0);
}

#define MMX_COPY(nm, prefix_, map_, op, imm, ...) \
    (intptr_t)&(const struct ir_copy)SSE_IR_COPY(nm, prefix_, map_, op, 0, imm, __VA_ARGS__)
#define MMX_ROW(map, op, operands_, nm, fn, flags_, feat, tests_, data_) \
    { .opcode = SSE_PATTERN(NP, map, op), .operands = operands_, .name = #nm, .translate = fn, \
      .flags = ROW_MMX | ROW_WAITS | (flags_), .feature = FEAT_##feat, .tests = tests_, .data = data_ }
#define MMX_TESTS(map, op, tail) \
    SSE_BYTES(NP, "", map, op, " C1" tail) ";" SSE_BYTES(NP, "", map, op, " D2" tail) ";" SSE_BYTES(NP, "", map, op, " 1F" tail)
/* fn on the XMM form, which has the same opcode byte behind prefix 66. */
#define MMX(map, op, nm, fn, feat) \
    MMX_ROW(map, op, "Pq,Qq", nm, fn, 0, feat, MMX_TESTS(map, op, ""), MMX_COPY(nm, 66, map, op, 0, COPY_BINARY))
#define MMX_LANES(op, nm) MMX(0F, op, nm, lanes, MMX)
#define MMX_HIGH(op, low, nm) \
    MMX_ROW(0F, op, "Pq,Qq", nm, high, 0, MMX, MMX_TESTS(0F, op, ""), MMX_COPY(nm, 66, 0F, low, 0, COPY_BINARY))
#define MMX_LOW(op, nm) \
    MMX_ROW(0F, op, "Pq,Qd", nm, unpack_low, 0, MMX, MMX_TESTS(0F, op, ""), MMX_COPY(nm, 66, 0F, op, 0, COPY_BINARY))
#define MMX_UNARY(op, nm) \
    MMX_ROW(0F38, op, "Pq,Qq", nm, lanes, 0, SSSE3, MMX_TESTS(0F38, op, ""), MMX_COPY(nm, 66, 0F38, op, 0, COPY_UNARY))
#define MMX_SHIFT(op, ext, nm, modrm) \
    { .opcode = "NP 0F " #op " /" #ext, .operands = "Nq,Ib", .name = #nm, .translate = shift_imm, .flags = ROW_MMX | ROW_WAITS, \
      .feature = FEAT_MMX, .tests = "0F " #op " " #modrm " 05;0F " #op " " #modrm " 0F;0F " #op " " #modrm " 40", \
      .data = MMX_COPY(nm, 66, 0F, op, 1, .modrm_reg = ext, COPY_SHIFT_IMM) }

static const struct x86_row rows[] = {
    MMX_LOW(60, PUNPCKLBW), MMX_LOW(61, PUNPCKLWD), MMX_LOW(62, PUNPCKLDQ),
    MMX_HIGH(68, 60, PUNPCKHBW), MMX_HIGH(69, 61, PUNPCKHWD), MMX_HIGH(6A, 62, PUNPCKHDQ),
    MMX(0F, 63, PACKSSWB, pairs, MMX), MMX(0F, 67, PACKUSWB, pairs, MMX), MMX(0F, 6B, PACKSSDW, pairs, MMX),
    MMX_LANES(64, PCMPGTB), MMX_LANES(65, PCMPGTW), MMX_LANES(66, PCMPGTD),
    MMX_LANES(74, PCMPEQB), MMX_LANES(75, PCMPEQW), MMX_LANES(76, PCMPEQD),
    MMX_SHIFT(71, 2, PSRLW, D1), MMX_SHIFT(71, 4, PSRAW, E1), MMX_SHIFT(71, 6, PSLLW, F1),
    MMX_SHIFT(72, 2, PSRLD, D1), MMX_SHIFT(72, 4, PSRAD, E1), MMX_SHIFT(72, 6, PSLLD, F1),
    MMX_SHIFT(73, 2, PSRLQ, D1), MMX_SHIFT(73, 6, PSLLQ, F1),
    MMX_LANES(D1, PSRLW), MMX_LANES(D2, PSRLD), MMX_LANES(D3, PSRLQ), MMX(0F, D4, PADDQ, lanes, SSE2),
    MMX_LANES(D5, PMULLW), MMX_LANES(D8, PSUBUSB), MMX_LANES(D9, PSUBUSW), MMX(0F, DA, PMINUB, lanes, SSE),
    MMX_LANES(DB, PAND), MMX_LANES(DC, PADDUSB), MMX_LANES(DD, PADDUSW), MMX(0F, DE, PMAXUB, lanes, SSE),
    MMX_LANES(DF, PANDN), MMX(0F, E0, PAVGB, lanes, SSE), MMX_LANES(E1, PSRAW), MMX_LANES(E2, PSRAD),
    MMX(0F, E3, PAVGW, lanes, SSE), MMX(0F, E4, PMULHUW, lanes, SSE), MMX_LANES(E5, PMULHW), MMX_LANES(E8, PSUBSB),
    MMX_LANES(E9, PSUBSW), MMX(0F, EA, PMINSW, lanes, SSE), MMX_LANES(EB, POR), MMX_LANES(EC, PADDSB),
    MMX_LANES(ED, PADDSW), MMX(0F, EE, PMAXSW, lanes, SSE), MMX_LANES(EF, PXOR), MMX_LANES(F1, PSLLW),
    MMX_LANES(F2, PSLLD), MMX_LANES(F3, PSLLQ), MMX(0F, F4, PMULUDQ, lanes, SSE2), MMX_LANES(F5, PMADDWD),
    MMX(0F, F6, PSADBW, lanes, SSE), MMX_LANES(F8, PSUBB), MMX_LANES(F9, PSUBW), MMX_LANES(FA, PSUBD),
    MMX(0F, FB, PSUBQ, lanes, SSE2), MMX_LANES(FC, PADDB), MMX_LANES(FD, PADDW), MMX_LANES(FE, PADDD),

    MMX(0F38, 00, PSHUFB, pshufb, SSSE3), MMX(0F38, 01, PHADDW, pairs, SSSE3), MMX(0F38, 02, PHADDD, pairs, SSSE3),
    MMX(0F38, 03, PHADDSW, pairs, SSSE3), MMX(0F38, 04, PMADDUBSW, lanes, SSSE3), MMX(0F38, 05, PHSUBW, pairs, SSSE3),
    MMX(0F38, 06, PHSUBD, pairs, SSSE3), MMX(0F38, 07, PHSUBSW, pairs, SSSE3), MMX(0F38, 08, PSIGNB, lanes, SSSE3),
    MMX(0F38, 09, PSIGNW, lanes, SSSE3), MMX(0F38, 0A, PSIGND, lanes, SSSE3), MMX(0F38, 0B, PMULHRSW, lanes, SSSE3),
    MMX_UNARY(1C, PABSB), MMX_UNARY(1D, PABSW), MMX_UNARY(1E, PABSD),
    MMX_ROW(0F3A, 0F, "Pq,Qq,Ib", PALIGNR, palignr, 0, SSSE3,
            MMX_TESTS(0F3A, 0F, " 03") ";" MMX_TESTS(0F3A, 0F, " 0B") ";" MMX_TESTS(0F3A, 0F, " 00") ";" MMX_TESTS(0F3A, 0F, " 10"),
            MMX_COPY(PSRLDQ, 66, 0F, 73, 1, .modrm_reg = 3, COPY_SHIFT_IMM)),
    MMX_ROW(0F, 70, "Pq,Qq,Ib", PSHUFW, pshufw, 0, SSE, MMX_TESTS(0F, 70, " 1B") ";" MMX_TESTS(0F, 70, " 6E"),
            MMX_COPY(PSHUFLW, F2, 0F, 70, 1, COPY_UNARY)),

    MMX_ROW(0F, 6E, "Pq,Ey", MOVD, movd_load, 0, MMX, MMX_TESTS(0F, 6E, "") ";48 0F 6E C1@64;48 0F 6E 1F@64", 0),
    MMX_ROW(0F, 7E, "Ey,Pq", MOVD, movd_store, 0, MMX, MMX_TESTS(0F, 7E, "") ";48 0F 7E C1@64;48 0F 7E 1F@64", 0),
    MMX_ROW(0F, 6F, "Pq,Qq", MOVQ, movq_load, 0, MMX, MMX_TESTS(0F, 6F, ""), 0),
    MMX_ROW(0F, 7F, "Qq,Pq", MOVQ, movq_store, 0, MMX, MMX_TESTS(0F, 7F, ""), 0),
    MMX_ROW(0F, E7, "Mq,Pq", MOVNTQ, movq_store, 0, SSE, "0F E7 1F", 0),
    MMX_ROW(0F, F7, "Pq,Nq", MASKMOVQ, maskmovq, 0, SSE, "0F F7 C1;0F F7 D2", 0),
    MMX_ROW(0F, C5, "Gd,Nq,Ib", PEXTRW, pextrw, 0, SSE, "0F C5 C1 00;0F C5 D2 FF", 0),
    MMX_ROW(0F, C4, "Pq,Ed/w,Ib", PINSRW, pinsrw, 0, SSE, "0F C4 C1 00;0F C4 D2 FF;0F C4 1F 02", 0),
    MMX_ROW(0F, D7, "Gd,Nq", PMOVMSKB, pmovmskb, 0, SSE, "0F D7 C1;0F D7 D2", MMX_COPY(PMOVMSKB, 66, 0F, D7, 0, COPY_TO_INT)),
    { .opcode = "NP 0F 77", .operands = "", .name = "EMMS", .translate = emms, .flags = ROW_MMX | ROW_WAITS,
      .feature = FEAT_MMX, .tests = "0F 77" },
    { .opcode = "F2 0F D6 /r", .operands = "Pq,Udq", .name = "MOVDQ2Q", .translate = movdq2q, .flags = ROW_SSE | ROW_WAITS,
      .feature = FEAT_SSE2, .tests = "F2 0F D6 C1;F2 0F D6 D2" },
    { .opcode = "F3 0F D6 /r", .operands = "Vdq,Nq", .name = "MOVQ2DQ", .translate = movq2dq, .flags = ROW_SSE | ROW_WAITS,
      .feature = FEAT_SSE2, .tests = "F3 0F D6 C1;F3 0F D6 D2" },

    { .opcode = "NP 0F 2A /r", .operands = "Vq,Qq", .name = "CVTPI2PS", .translate = cvtpi2ps, .flags = ROW_SSE,
      .feature = FEAT_SSE, .tests = MMX_TESTS(0F, 2A, ""), .data = MMX_COPY(CVTDQ2PS, NP, 0F, 5B, 0, COPY_UNARY) },
    { .opcode = "66 0F 2A /r", .operands = "Vdq,Qq", .name = "CVTPI2PD", .translate = cvtpi2pd, .flags = ROW_SSE,
      .feature = FEAT_SSE2, .tests = "66 0F 2A C1;66 0F 2A D2;66 0F 2A 1F",
      .data = MMX_COPY(CVTDQ2PD, F3, 0F, E6, 0, COPY_UNARY) },
    MMX_ROW(0F, 2C, "Pq,Wq", CVTTPS2PI, to_mm, ROW_SSE, SSE, MMX_TESTS(0F, 2C, ""),
            MMX_COPY(CVTTPS2DQ, F3, 0F, 5B, 0, COPY_UNARY)),
    MMX_ROW(0F, 2D, "Pq,Wq", CVTPS2PI, to_mm, ROW_SSE, SSE, MMX_TESTS(0F, 2D, ""),
            MMX_COPY(CVTPS2DQ, 66, 0F, 5B, 0, COPY_UNARY)),
    { .opcode = "66 0F 2C /r", .operands = "Pq,Wdq", .name = "CVTTPD2PI", .translate = to_mm,
      .flags = ROW_SSE | ROW_WAITS | ROW_ALIGN16, .feature = FEAT_SSE2, .tests = "66 0F 2C C1;66 0F 2C D2;66 0F 2C 1F",
      .data = MMX_COPY(CVTTPD2DQ, 66, 0F, E6, 0, COPY_UNARY) },
    { .opcode = "66 0F 2D /r", .operands = "Pq,Wdq", .name = "CVTPD2PI", .translate = to_mm,
      .flags = ROW_SSE | ROW_WAITS | ROW_ALIGN16, .feature = FEAT_SSE2, .tests = "66 0F 2D C1;66 0F 2D D2;66 0F 2D 1F",
      .data = MMX_COPY(CVTPD2DQ, F2, 0F, E6, 0, COPY_UNARY) },
};

const struct x86_table_of_rows x86_table_mmx = { "mmx", rows, G_N_ELEMENTS(rows) };
