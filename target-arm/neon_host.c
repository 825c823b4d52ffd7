/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD as COPY ops: one host instruction on 128 bits (Intel SDM 2). D registers are computed in the low half of a
 * temporary; what the other half holds does not matter.
 */
#include "target-arm/neon_host.h"
#include "target-arm/neon_ops.h"

#define BINARY .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define UNARY .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define SHIFT .rm_role = IR_COPY_BOTH, .rm_class = IR_COPY_VEC
#define SSE2(nm, op) { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, BINARY }
#define SSE4(nm, op) { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, BINARY }
#define SHIFT_IMM(nm, op, extension) { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, .imm_bytes = 1, .modrm_reg = extension, SHIFT }

static const struct ir_copy pshufd = { .name = "pshufd", .prefix = 0x66, .map = 1, .opcode = 0x70, .imm_bytes = 1, UNARY };
static const struct ir_copy punpcklqdq = SSE2("punpcklqdq", 0x6c);
static const struct ir_copy pand = SSE2("pand", 0xdb), pandn = SSE2("pandn", 0xdf), por = SSE2("por", 0xeb), pxor = SSE2("pxor", 0xef);

struct three { uint8_t op, bits; int8_t is_unsigned; bool swapped, sse41; struct ir_copy copy; };
/* is_unsigned: -1 either. swapped: the operands change places. */
static const struct three threes[] = {
    { NEON_ADD, 8, -1, false, false, SSE2("paddb", 0xfc) }, { NEON_ADD, 16, -1, false, false, SSE2("paddw", 0xfd) },
    { NEON_ADD, 32, -1, false, false, SSE2("paddd", 0xfe) }, { NEON_ADD, 64, -1, false, false, SSE2("paddq", 0xd4) },
    { NEON_SUB, 8, -1, false, false, SSE2("psubb", 0xf8) }, { NEON_SUB, 16, -1, false, false, SSE2("psubw", 0xf9) },
    { NEON_SUB, 32, -1, false, false, SSE2("psubd", 0xfa) }, { NEON_SUB, 64, -1, false, false, SSE2("psubq", 0xfb) },
    { NEON_CEQ, 8, -1, false, false, SSE2("pcmpeqb", 0x74) }, { NEON_CEQ, 16, -1, false, false, SSE2("pcmpeqw", 0x75) },
    { NEON_CEQ, 32, -1, false, false, SSE2("pcmpeqd", 0x76) },
    { NEON_CGT, 8, 0, false, false, SSE2("pcmpgtb", 0x64) }, { NEON_CGT, 16, 0, false, false, SSE2("pcmpgtw", 0x65) },
    { NEON_CGT, 32, 0, false, false, SSE2("pcmpgtd", 0x66) },
    { NEON_MUL, 16, -1, false, false, SSE2("pmullw", 0xd5) }, { NEON_MUL, 32, -1, false, true, SSE4("pmulld", 0x40) },
    { NEON_RHADD, 8, 1, false, false, SSE2("pavgb", 0xe0) }, { NEON_RHADD, 16, 1, false, false, SSE2("pavgw", 0xe3) },
    { NEON_MAX, 8, 1, false, false, SSE2("pmaxub", 0xde) }, { NEON_MAX, 16, 0, false, false, SSE2("pmaxsw", 0xee) },
    { NEON_MAX, 8, 0, false, true, SSE4("pmaxsb", 0x3c) }, { NEON_MAX, 16, 1, false, true, SSE4("pmaxuw", 0x3e) },
    { NEON_MAX, 32, 0, false, true, SSE4("pmaxsd", 0x3d) }, { NEON_MAX, 32, 1, false, true, SSE4("pmaxud", 0x3f) },
    { NEON_MIN, 8, 1, false, false, SSE2("pminub", 0xda) }, { NEON_MIN, 16, 0, false, false, SSE2("pminsw", 0xea) },
    { NEON_MIN, 8, 0, false, true, SSE4("pminsb", 0x38) }, { NEON_MIN, 16, 1, false, true, SSE4("pminuw", 0x3a) },
    { NEON_MIN, 32, 0, false, true, SSE4("pminsd", 0x39) }, { NEON_MIN, 32, 1, false, true, SSE4("pminud", 0x3b) },
};

struct shift { uint8_t op, bits; int8_t is_unsigned; struct ir_copy copy; };
static const struct shift shifts[] = {
    { NEON_SHR, 16, 1, SHIFT_IMM("psrlw", 0x71, 2) }, { NEON_SHR, 32, 1, SHIFT_IMM("psrld", 0x72, 2) },
    { NEON_SHR, 64, 1, SHIFT_IMM("psrlq", 0x73, 2) }, { NEON_SHR, 16, 0, SHIFT_IMM("psraw", 0x71, 4) },
    { NEON_SHR, 32, 0, SHIFT_IMM("psrad", 0x72, 4) }, { NEON_SHL, 16, -1, SHIFT_IMM("psllw", 0x71, 6) },
    { NEON_SHL, 32, -1, SHIFT_IMM("pslld", 0x72, 6) }, { NEON_SHL, 64, -1, SHIFT_IMM("psllq", 0x73, 6) },
};

static bool host_has_sse41(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("sse4.1");
#else
    return false;
#endif
}

static void emit(struct arm_trans *t, const struct ir_copy *copy, ir_reg d, ir_reg s)
{
    ir_emit_copy(t->u, copy, 0, d, IR_NONE, d, s, IR_NONE, IR_NONE);
}

/* A fresh vector with the register (or both, with Q) from the bottom on. */
static ir_reg operand(struct arm_trans *t, unsigned reg)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    if (reg & 1) {
        ir_emit_copy(t->u, &pshufd, 0xee, v, IR_NONE, arm_v(reg / 2), IR_NONE, IR_NONE, IR_NONE);
    } else {
        ir_mov_to(t->u, v, arm_v(reg / 2));
    }
    return v;
}

/* The same, not to be changed. */
static ir_reg source(struct arm_trans *t, unsigned reg)
{
    return reg & 1 ? operand(t, reg) : arm_v(reg / 2);
}

static void result(struct arm_trans *t, unsigned reg, ir_reg v)
{
    if (arm_field(t, 'Q')) {
        ir_mov_to(t->u, arm_v(reg / 2), v);
    } else if (reg & 1) {
        emit(t, &punpcklqdq, arm_v(reg / 2), v);
    } else {
        ir_vmerge_to(t->u, 64, arm_v(reg / 2), arm_v(reg / 2), v);
    }
}

bool neon_host_three(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(threes); i++) {
        const struct three *row = &threes[i];
        if (row->op != op || row->bits != bits || (row->is_unsigned >= 0 && row->is_unsigned != is_unsigned))
            continue;
        if (row->sse41 && !host_has_sse41())
            return false;
        ir_reg v = operand(t, n);
        emit(t, &row->copy, v, source(t, m));
        result(t, d, v);
        return true;
    }
    return false;
}

bool neon_host_logic(struct arm_trans *t, unsigned op, unsigned d, unsigned n, unsigned m)
{
    ir_reg v;
    switch (op) {
    case 0: v = operand(t, n); emit(t, &pand, v, source(t, m)); break;
    case 1: v = operand(t, m); emit(t, &pandn, v, source(t, n)); break;
    case 2: v = operand(t, n); if (n != m) emit(t, &por, v, source(t, m)); break;
    case 4: v = operand(t, n); emit(t, &pxor, v, source(t, m)); break;
    case 5:                         /* m ^ (d & (n ^ m)) */
        v = operand(t, n);
        emit(t, &pxor, v, source(t, m));
        emit(t, &pand, v, source(t, d));
        emit(t, &pxor, v, source(t, m));
        break;
    case 6:                         /* d ^ (m & (n ^ d)) */
        v = operand(t, n);
        emit(t, &pxor, v, source(t, d));
        emit(t, &pand, v, source(t, m));
        emit(t, &pxor, v, source(t, d));
        break;
    case 7:                         /* n ^ (m & (n ^ d)) */
        v = operand(t, n);
        emit(t, &pxor, v, source(t, d));
        emit(t, &pand, v, source(t, m));
        emit(t, &pxor, v, source(t, n));
        break;
    default:
        return false;
    }
    result(t, d, v);
    return true;
}

bool neon_host_shift(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned m, unsigned amount)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(shifts); i++) {
        const struct shift *row = &shifts[i];
        if (row->op != op || row->bits != bits || (row->is_unsigned >= 0 && row->is_unsigned != is_unsigned))
            continue;
        ir_reg v = operand(t, m);
        ir_emit_copy(t->u, &row->copy, (int)amount, v, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
        result(t, d, v);
        return true;
    }
    return false;
}

/* ---- double width: elements are lengthened first ---- */

#define LENGTHEN(nm, op) { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, UNARY }
static const struct ir_copy pmov[2][3] = {
    { LENGTHEN("pmovsxbw", 0x20), LENGTHEN("pmovsxwd", 0x23), LENGTHEN("pmovsxdq", 0x25) },
    { LENGTHEN("pmovzxbw", 0x30), LENGTHEN("pmovzxwd", 0x33), LENGTHEN("pmovzxdq", 0x35) },
};
static const struct ir_copy padd[3] = { SSE2("paddw", 0xfd), SSE2("paddd", 0xfe), SSE2("paddq", 0xd4) };
static const struct ir_copy psub[3] = { SSE2("psubw", 0xf9), SSE2("psubd", 0xfa), SSE2("psubq", 0xfb) };
static const struct ir_copy pmul[2][3] = {
    { SSE2("pmullw", 0xd5), SSE4("pmulld", 0x40), SSE4("pmuldq", 0x28) },
    { SSE2("pmullw", 0xd5), SSE4("pmulld", 0x40), SSE2("pmuludq", 0xf4) },
};
static const struct ir_copy psll[3] = { SHIFT_IMM("psllw", 0x71, 6), SHIFT_IMM("pslld", 0x72, 6), SHIFT_IMM("psllq", 0x73, 6) };

static ir_reg lengthened(struct arm_trans *t, unsigned size, bool is_unsigned, unsigned reg)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_emit_copy(t->u, &pmov[is_unsigned][size], 0, v, IR_NONE, source(t, reg), IR_NONE, IR_NONE, IR_NONE);
    return v;
}

static ir_reg whole(struct arm_trans *t, unsigned reg)
{
    ir_reg v = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, v, arm_v(reg / 2));
    return v;
}

bool neon_host_widen(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m)
{
    const unsigned size = bits == 8 ? 0 : bits == 16 ? 1 : 2;
    const bool accumulates = op == NEON_MLAL || op == NEON_MLSL, wide_n = op == NEON_ADDW || op == NEON_SUBW;
    const bool adds = op == NEON_ADDL || op == NEON_ADDW, subtracts = op == NEON_SUBL || op == NEON_SUBW;
    if (!host_has_sse41() || !(adds || subtracts || accumulates || op == NEON_MULL))
        return false;
    ir_reg a = wide_n ? whole(t, n) : lengthened(t, size, is_unsigned, n), b = lengthened(t, size, is_unsigned, m);
    emit(t, adds ? &padd[size] : subtracts ? &psub[size] : &pmul[is_unsigned][size], a, b);
    if (accumulates) {
        ir_reg sum = whole(t, d);
        emit(t, op == NEON_MLAL ? &padd[size] : &psub[size], sum, a);
        a = sum;
    }
    ir_mov_to(t->u, arm_v(d / 2), a);
    return true;
}

bool neon_host_lengthen(struct arm_trans *t, unsigned bits, bool is_unsigned, unsigned d, unsigned m, unsigned amount)
{
    const unsigned size = bits == 8 ? 0 : bits == 16 ? 1 : 2;
    if (!host_has_sse41())
        return false;
    ir_reg v = lengthened(t, size, is_unsigned, m);
    if (amount)
        ir_emit_copy(t->u, &psll[size], (int)amount, v, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
    ir_mov_to(t->u, arm_v(d / 2), v);
    return true;
}

bool neon_host_extract(struct arm_trans *t, unsigned d, unsigned n, unsigned m, unsigned at)
{
    static const struct ir_copy palignr = { .name = "palignr", .prefix = 0x66, .map = 3, .opcode = 0x0f, .imm_bytes = 1, BINARY };
    if (!host_has_sse41())          /* and so SSSE3 */
        return false;
    ir_reg v = whole(t, m);
    ir_emit_copy(t->u, &palignr, (int)at, v, IR_NONE, v, arm_v(n / 2), IR_NONE, IR_NONE);
    ir_mov_to(t->u, arm_v(d / 2), v);
    return true;
}
