/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD as COPY ops: one host instruction on 128 bits (Intel SDM 2). D registers are computed in the low half of a
 * temporary; what the other half holds does not matter.
 */
#include "target-arm/neon_host.h"
#include "target-arm/neon_ops.h"
#include "target-arm/a64_simd.h"

#define BINARY .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define UNARY .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define SHIFT .rm_role = IR_COPY_BOTH, .rm_class = IR_COPY_VEC
#define SSE2(nm, op) { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, BINARY }
#define SSE4(nm, op) { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, BINARY }
#define SHIFT_IMM(nm, op, extension) { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, .imm_bytes = 1, .modrm_reg = extension, SHIFT }

static const struct ir_copy pshufd = { .name = "pshufd", .prefix = 0x66, .map = 1, .opcode = 0x70, .imm_bytes = 1, UNARY };
static const struct ir_copy punpcklqdq = SSE2("punpcklqdq", 0x6c);
static const struct ir_copy pand = SSE2("pand", 0xdb), pandn = SSE2("pandn", 0xdf), por = SSE2("por", 0xeb), pxor = SSE2("pxor", 0xef);

/* What A64 calls the operation, by signedness (simd_ops.def). */
static const struct { uint8_t neon, simd[2]; } names[] = {
    { NEON_ADD, { SIMD_ADD, SIMD_ADD } }, { NEON_SUB, { SIMD_SUB, SIMD_SUB } }, { NEON_MUL, { SIMD_MUL, SIMD_MUL } },
    { NEON_MLA, { SIMD_MLA, SIMD_MLA } }, { NEON_MLS, { SIMD_MLS, SIMD_MLS } }, { NEON_RHADD, { SIMD_SRHADD, SIMD_URHADD } },
    { NEON_CEQ, { SIMD_CMEQ, SIMD_CMEQ } }, { NEON_TST, { SIMD_CMTST, SIMD_CMTST } }, { NEON_CGT, { SIMD_CMGT, SIMD_CMHI } },
    { NEON_CGE, { SIMD_CMGE, SIMD_CMHS } }, { NEON_MAX, { SIMD_SMAX, SIMD_UMAX } }, { NEON_MIN, { SIMD_SMIN, SIMD_UMIN } },
    { NEON_ABD, { SIMD_SABD, SIMD_UABD } }, { NEON_ABA, { SIMD_SABA, SIMD_UABA } }, { NEON_ABS, { SIMD_ABS, SIMD_ABS } },
    { NEON_NEG, { SIMD_NEG, SIMD_NEG } }, { NEON_SHR, { SIMD_SSHR, SIMD_USHR } }, { NEON_SRA, { SIMD_SSRA, SIMD_USRA } },
    { NEON_SHL, { SIMD_SHL, SIMD_SHL } },
};
static const struct { uint8_t neon, simd; } zero_names[] = {
    { NEON_CEQ, SIMD_CMEQZ }, { NEON_CGT, SIMD_CMGTZ }, { NEON_CGE, SIMD_CMGEZ }, { NEON_CLE, SIMD_CMLEZ },
    { NEON_CLT, SIMD_CMLTZ },
};

bool neon_host_present(void)
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

void neon_host_result(struct arm_trans *t, unsigned reg, ir_reg v)
{
    if (arm_field(t, 'Q')) {
        ir_mov_to(t->u, arm_v(reg / 2), v);
    } else if (reg & 1) {
        emit(t, &punpcklqdq, arm_v(reg / 2), v);
    } else {
        ir_vmerge_to(t->u, 64, arm_v(reg / 2), arm_v(reg / 2), v);
    }
}

static bool named(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned imm, unsigned d, ir_reg n, ir_reg m)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names) && neon_host_present(); i++) {
        if (names[i].neon != op)
            continue;
        const bool reads_d = op == NEON_MLA || op == NEON_MLS || op == NEON_ABA || op == NEON_SRA;
        ir_reg r = simd_host_same(t, names[i].simd[is_unsigned], bits, imm, reads_d ? source(t, d) : IR_NONE, n, m);
        if (r)
            neon_host_result(t, d, r);
        return r != IR_NONE;
    }
    return false;
}

bool neon_host_three(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m)
{
    return op != NEON_SHL && named(t, op, bits, is_unsigned, 0, d, source(t, n), source(t, m));
}

bool neon_host_scalar(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned n, unsigned m, unsigned index)
{
    const unsigned lane = index + (m & 1) * (64 / bits);
    return neon_host_present() && named(t, op, bits, false, 0, d, source(t, n), simd_host_splat(t, bits, arm_v(m / 2), lane));
}

bool neon_host_pairs(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned n, unsigned m)
{
    const unsigned simd = op == NEON_PADD ? SIMD_ADD : op == NEON_PMAX ? (is_unsigned ? SIMD_UMAX : SIMD_SMAX)
                                                     : is_unsigned ? SIMD_UMIN : SIMD_SMIN;
    if (!neon_host_present())
        return false;
    ir_reg both = operand(t, n);
    emit(t, &punpcklqdq, both, source(t, m));
    neon_host_result(t, d, simd_host_pairs(t, simd, bits, both, both));
    return true;
}

bool neon_host_one(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned m)
{
    return named(t, op, bits, false, 0, d, source(t, m), IR_NONE);
}

bool neon_host_zero(struct arm_trans *t, unsigned op, unsigned bits, unsigned d, unsigned m)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(zero_names) && neon_host_present(); i++) {
        if (zero_names[i].neon != op)
            continue;
        neon_host_result(t, d, simd_host_same(t, zero_names[i].simd, bits, 0, IR_NONE, source(t, m), IR_NONE));
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
    neon_host_result(t, d, v);
    return true;
}

bool neon_host_shift(struct arm_trans *t, unsigned op, unsigned bits, bool is_unsigned, unsigned d, unsigned m, unsigned amount)
{
    return named(t, op, bits, is_unsigned, amount, d, source(t, m), IR_NONE);
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
    if (!neon_host_present() || !(adds || subtracts || accumulates || op == NEON_MULL))
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
    if (!neon_host_present())
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
    if (!neon_host_present())          /* and so SSSE3 */
        return false;
    ir_reg v = whole(t, m);
    ir_emit_copy(t->u, &palignr, (int)at, v, IR_NONE, v, arm_v(n / 2), IR_NONE, IR_NONE);
    ir_mov_to(t->u, arm_v(d / 2), v);
    return true;
}
