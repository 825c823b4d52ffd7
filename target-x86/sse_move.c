/* SPDX-License-Identifier: MIT */
/*
 * Loads, stores and moves of XMM registers (SDM volume 1, 10.4.1, 11.4.1, 12.3). These are plain IR: memory is read
 * by LDV and written by STV, so nothing of the host instruction's form is left. Non-temporal hints are ignored.
 */
#include "target-x86/fp.h"
#include "target-x86/sse.h"
#include "target-x86/tables.h"

static bool is_reg(const struct x86_trans *t, unsigned operand) { return t->insn->operand[operand].kind == OPERAND_XMM; }
static ir_reg xmm_of(const struct x86_trans *t, unsigned operand) { return x86_xmm(t->insn->operand[operand].reg); }

static ir_reg zero_vector(struct x86_trans *t)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, v);
    return v;
}

/* Stores the low w bits of register operand 1 to memory operand 0. */
static void store_low(struct x86_trans *t, unsigned w)
{
    ir_stv(t->u, w, x86_linear(t, w, true), 0, xmm_of(t, 1), t->mmu);
}

/* All 128 bits, from register or memory, to register or memory; ROW_ALIGN16 where it must be aligned. */
static void mov_full(struct x86_trans *t)
{
    x86_write_vec(t, 0, x86_read_vec(t, 1), 128);
}

/* MOVSS, MOVSD; data = bits. From memory the rest of the register is cleared, between registers it is kept. */
static void mov_scalar(struct x86_trans *t)
{
    unsigned w = (unsigned)t->insn->row->data;
    if (!is_reg(t, 0))
        store_low(t, w);
    else if (is_reg(t, 1))
        ir_vmerge_to(t->u, w, xmm_of(t, 0), xmm_of(t, 0), xmm_of(t, 1));
    else
        ir_mov_to(t->u, xmm_of(t, 0), sse_load(t, w));
}

/* MOVLPS, MOVLPD, MOVHPS, MOVHPD; data = the 64-bit lane. */
static void mov_half_load(struct x86_trans *t)
{
    ir_reg value = ir_ld(t->u, 64, x86_linear(t, 64, false), 0, t->mmu);
    ir_vput_to(t->u, 64, xmm_of(t, 0), xmm_of(t, 0), (unsigned)t->insn->row->data, value);
}

static void mov_half_store(struct x86_trans *t)
{
    if (t->insn->row->data == 0) {
        store_low(t, 64);
        return;
    }
    ir_reg value = ir_vget(t->u, 64, xmm_of(t, 1), 1);
    ir_st(t->u, 64, x86_linear(t, 64, true), 0, value, t->mmu);
}

static void movhlps(struct x86_trans *t)
{
    ir_reg value = ir_vget(t->u, 64, xmm_of(t, 1), 1);
    ir_vput_to(t->u, 64, xmm_of(t, 0), xmm_of(t, 0), 0, value);
}

static void movlhps(struct x86_trans *t)
{
    ir_reg value = ir_vget(t->u, 64, xmm_of(t, 1), 0);
    ir_vput_to(t->u, 64, xmm_of(t, 0), xmm_of(t, 0), 1, value);
}

/* MOVD, MOVQ from a general register or memory: zero above. */
static void movd_to_xmm(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[1].bits;
    if (t->insn->operand[1].kind == OPERAND_MEM) {
        ir_mov_to(t->u, xmm_of(t, 0), sse_load(t, bits));
        return;
    }
    ir_reg value = x86_read(t, 1);
    ir_vput_to(t->u, 64, xmm_of(t, 0), zero_vector(t), 0, value);
}

static void movd_from_xmm(struct x86_trans *t)
{
    unsigned bits = t->insn->operand[0].bits;
    if (t->insn->operand[0].kind == OPERAND_MEM)
        store_low(t, bits);
    else
        x86_write(t, 0, ir_vget(t->u, bits, xmm_of(t, 1), 0));
}

/* MOVQ between XMM registers and memory clears the upper half of a register destination. */
static void movq(struct x86_trans *t)
{
    if (!is_reg(t, 0)) {
        store_low(t, 64);
    } else if (!is_reg(t, 1)) {
        ir_mov_to(t->u, xmm_of(t, 0), sse_load(t, 64));
    } else {
        ir_reg value = ir_vget(t->u, 64, xmm_of(t, 1), 0);
        ir_vput_to(t->u, 64, xmm_of(t, 0), zero_vector(t), 0, value);
    }
}

static void movnti(struct x86_trans *t)
{
    x86_write(t, 0, x86_read(t, 1));
}

/* MASKMOVDQU stores the bytes of operand 0 whose mask byte in operand 1 has its top bit set to [DS:rDI]. */
static void maskmovdqu(struct x86_trans *t)
{
    unsigned segment = t->insn->segment == SEG_NONE ? SEG_DS : t->insn->segment;
    ir_reg offset = x86_get_reg(t, R_DI, t->insn->address_bits);
    /* Alignment is not checked, as AMD's processors have it; MASKMOVQ's is. */
    ir_reg linear = x86_segment_unaligned(t, segment, offset, 128, true);
    ir_call_void(t->u, HELPER_maskmov, linear, ir_const(t->u, t->insn->operand[0].reg),
                 ir_const(t->u, t->insn->operand[1].reg), IR_NONE);
}

/* Bytes that are masked off are checked too, as by Intel's processors whatever the mask (SDM 2 leaves it to them), all before the first
 * store. */
void maskmov_store(struct cpu *c, uint64_t linear, const uint8_t *data, const uint8_t *mask, unsigned bytes)
{
    unsigned mmu = x86_mmu_mode(c->mode);
    mmu_probe(c, linear, bytes, MMU_WRITE, mmu);
    for (unsigned i = 0; i < bytes; i++)
        if (mask[i] & 0x80)
            mmu_store(c, linear + i, data[i], 1, mmu);
}

uint64_t helper_maskmov(struct cpu *c, uint64_t linear, uint64_t data, uint64_t mask)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    maskmov_store(c, linear, cpu->xmm[data].u8, cpu->xmm[mask].u8, 16);
    return 0;
}

#define MOVE(prefix, map, op, operands_, nm, fn, flags_, feat, data_, tests_) \
    { .opcode = SSE_PATTERN(prefix, map, op), .operands = operands_, .name = #nm, .translate = fn, \
      .flags = ROW_SSE | (flags_), .feature = FEAT_##feat, .tests = tests_, .data = data_ }
#define TESTS_BOTH(prefix, op) SSE_TESTS(prefix, 0F, op, "")
#define TESTS_REG(prefix, op) SSE_TESTS_REG(prefix, 0F, op, "")
#define TESTS_MEM(prefix, op) SSE_TESTS_MEM(prefix, 0F, op, "")

static const struct x86_row rows[] = {
    MOVE(NP, 0F, 10, "Vdq,Wdq", MOVUPS, mov_full, 0, SSE, 0, TESTS_BOTH(NP, 10)),
    MOVE(NP, 0F, 11, "Wdq,Vdq", MOVUPS, mov_full, 0, SSE, 0, TESTS_BOTH(NP, 11)),
    MOVE(66, 0F, 10, "Vdq,Wdq", MOVUPD, mov_full, 0, SSE2, 0, TESTS_BOTH(66, 10)),
    MOVE(66, 0F, 11, "Wdq,Vdq", MOVUPD, mov_full, 0, SSE2, 0, TESTS_BOTH(66, 11)),
    MOVE(F3, 0F, 10, "Vss,Wss", MOVSS, mov_scalar, 0, SSE, 32, TESTS_BOTH(F3, 10)),
    MOVE(F3, 0F, 11, "Wss,Vss", MOVSS, mov_scalar, 0, SSE, 32, TESTS_BOTH(F3, 11)),
    MOVE(F2, 0F, 10, "Vsd,Wsd", MOVSD, mov_scalar, 0, SSE2, 64, TESTS_BOTH(F2, 10)),
    MOVE(F2, 0F, 11, "Wsd,Vsd", MOVSD, mov_scalar, 0, SSE2, 64, TESTS_BOTH(F2, 11)),
    MOVE(NP, 0F, 12, "Vq,Mq", MOVLPS, mov_half_load, 0, SSE, 0, TESTS_MEM(NP, 12)),
    MOVE(NP, 0F, 12, "Vdq,Udq", MOVHLPS, movhlps, 0, SSE, 0, TESTS_REG(NP, 12)),
    MOVE(NP, 0F, 13, "Mq,Vq", MOVLPS, mov_half_store, 0, SSE, 0, TESTS_MEM(NP, 13)),
    MOVE(66, 0F, 12, "Vq,Mq", MOVLPD, mov_half_load, 0, SSE2, 0, TESTS_MEM(66, 12)),
    MOVE(66, 0F, 13, "Mq,Vq", MOVLPD, mov_half_store, 0, SSE2, 0, TESTS_MEM(66, 13)),
    MOVE(NP, 0F, 16, "Vdq,Mq", MOVHPS, mov_half_load, 0, SSE, 1, TESTS_MEM(NP, 16)),
    MOVE(NP, 0F, 16, "Vdq,Udq", MOVLHPS, movlhps, 0, SSE, 0, TESTS_REG(NP, 16)),
    MOVE(NP, 0F, 17, "Mq,Vdq", MOVHPS, mov_half_store, 0, SSE, 1, TESTS_MEM(NP, 17)),
    MOVE(66, 0F, 16, "Vdq,Mq", MOVHPD, mov_half_load, 0, SSE2, 1, TESTS_MEM(66, 16)),
    MOVE(66, 0F, 17, "Mq,Vdq", MOVHPD, mov_half_store, 0, SSE2, 1, TESTS_MEM(66, 17)),
    SSE_ROW(F3, 0F, 12, "Vdq,Wdq", MOVSLDUP, sse_copy, ROW_ALIGN16, SSE3, COPY_UNARY),
    SSE_ROW(F3, 0F, 16, "Vdq,Wdq", MOVSHDUP, sse_copy, ROW_ALIGN16, SSE3, COPY_UNARY),
    SSE_ROW(F2, 0F, 12, "Vdq,Wq", MOVDDUP, sse_copy, 0, SSE3, COPY_UNARY),
    MOVE(NP, 0F, 28, "Vdq,Wdq", MOVAPS, mov_full, ROW_ALIGN16, SSE, 0, TESTS_BOTH(NP, 28)),
    MOVE(NP, 0F, 29, "Wdq,Vdq", MOVAPS, mov_full, ROW_ALIGN16, SSE, 0, TESTS_BOTH(NP, 29)),
    MOVE(66, 0F, 28, "Vdq,Wdq", MOVAPD, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_BOTH(66, 28)),
    MOVE(66, 0F, 29, "Wdq,Vdq", MOVAPD, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_BOTH(66, 29)),
    MOVE(NP, 0F, 2B, "Mdq,Vdq", MOVNTPS, mov_full, ROW_ALIGN16, SSE, 0, TESTS_MEM(NP, 2B)),
    MOVE(66, 0F, 2B, "Mdq,Vdq", MOVNTPD, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_MEM(66, 2B)),
    MOVE(66, 0F, 6E, "Vdq,Ey", MOVD, movd_to_xmm, 0, SSE2, 0, TESTS_BOTH(66, 6E) ";66 48 0F 6E C8@64;66 4C 0F 6E 0B@64"),
    MOVE(66, 0F, 7E, "Ey,Vdq", MOVD, movd_from_xmm, 0, SSE2, 0, TESTS_BOTH(66, 7E) ";66 48 0F 7E C8@64;66 4C 0F 7E 0B@64"),
    MOVE(F3, 0F, 7E, "Vq,Wq", MOVQ, movq, 0, SSE2, 0, TESTS_BOTH(F3, 7E)),
    MOVE(66, 0F, D6, "Wq,Vq", MOVQ, movq, 0, SSE2, 0, TESTS_BOTH(66, D6)),
    MOVE(66, 0F, 6F, "Vdq,Wdq", MOVDQA, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_BOTH(66, 6F)),
    MOVE(66, 0F, 7F, "Wdq,Vdq", MOVDQA, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_BOTH(66, 7F)),
    MOVE(F3, 0F, 6F, "Vdq,Wdq", MOVDQU, mov_full, 0, SSE2, 0, TESTS_BOTH(F3, 6F)),
    MOVE(F3, 0F, 7F, "Wdq,Vdq", MOVDQU, mov_full, 0, SSE2, 0, TESTS_BOTH(F3, 7F)),
    MOVE(66, 0F, E7, "Mdq,Vdq", MOVNTDQ, mov_full, ROW_ALIGN16, SSE2, 0, TESTS_MEM(66, E7)),
    MOVE(F2, 0F, F0, "Vdq,Mdq", LDDQU, mov_full, 0, SSE3, 0, TESTS_MEM(F2, F0)),
    MOVE(66, 0F38, 2A, "Vdq,Mdq", MOVNTDQA, mov_full, ROW_ALIGN16, SSE41, 0, SSE_TESTS_MEM(66, 0F38, 2A, "")),
    MOVE(66, 0F, F7, "Vdq,Udq", MASKMOVDQU, maskmovdqu, 0, SSE2, 0, TESTS_REG(66, F7)),
    { .opcode = "NP 0F C3 /r", .operands = "My,Gy", .name = "MOVNTI", .translate = movnti, .feature = FEAT_SSE2,
      .tests = "0F C3 1F;48 0F C3 1F@64" },
};

const struct x86_table_of_rows x86_table_sse_move = { "sse_move", rows, G_N_ELEMENTS(rows) };
