/* SPDX-License-Identifier: MIT */
/*
 * Floating point by the host's SSE instructions, scalar and vector, for single and double precision without FPCR.FZ.
 *
 * The host's answer stands, flags included, for every lane that is neither the least normal number nor a NaN (fp_host.h says
 * why). All lanes of the result are tested at once; one that does not stand sends the whole instruction to far code, where the
 * helper does it again from the unchanged operands.
 */
#include "target-arm/a64_simd.h"

#define BINARY .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define UNARY .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define SHIFT(nm, op, ext) \
    { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, .imm_bytes = 1, .modrm_reg = ext, .rm_role = IR_COPY_BOTH, \
      .rm_class = IR_COPY_VEC }
#define FP(nm, op) \
    { { .name = nm "SS", .prefix = 0xf3, .map = 1, .opcode = op, BINARY }, { .name = nm "SD", .prefix = 0xf2, \
        .map = 1, .opcode = op, BINARY }, \
      { .name = nm "PS", .map = 1, .opcode = op, BINARY }, { .name = nm "PD", .prefix = 0x66, .map = 1, .opcode = op, \
        BINARY } }

#define FUSED_ONE(nm, op, w) \
    { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, .vex = 1, .rex_w = w, .xmm0_role = IR_COPY_READ, BINARY }
#define FUSED(nm, vector, scalar) \
    { FUSED_ONE(nm "SS", scalar, 0), FUSED_ONE(nm "SD", scalar, 1), FUSED_ONE(nm "PS", vector, 0), FUSED_ONE(nm "PD", vector, 1) }

/* Scalar single, scalar double, vectors of them. */
enum { FADD, FSUB, FMUL, FDIV, FMAX, FMIN };
static const struct ir_copy fp_ops[][4] = { FP("ADD", 0x58), FP("SUB", 0x5c), FP("MUL", 0x59), FP("DIV", 0x5e), FP("MAX", 0x5f),
                                           FP("MIN", 0x5d) };
static const struct ir_copy fused_ops[2][4] = { FUSED("VFMADD231", 0xb8, 0xb9), FUSED("VFNMADD231", 0xbc, 0xbd) };
static const struct ir_copy
    left[2] = { SHIFT("PSLLD", 0x72, 6), SHIFT("PSLLQ", 0x73, 6) }, right[2] = { SHIFT("PSRLD", 0x72, 2),
        SHIFT("PSRLQ", 0x73, 2) },
    equal[2] = { { .name = "PCMPEQD", .prefix = 0x66, .map = 1, .opcode = 0x76, BINARY },
                 { .name = "PCMPEQQ", .prefix = 0x66, .map = 2, .opcode = 0x29, BINARY } },
    compare[4] = { { .name = "CMPSS", .prefix = 0xf3, .map = 1, .opcode = 0xc2, .imm_bytes = 1, BINARY },
                   { .name = "CMPSD", .prefix = 0xf2, .map = 1, .opcode = 0xc2, .imm_bytes = 1, BINARY },
                   { .name = "CMPPS", .map = 1, .opcode = 0xc2, .imm_bytes = 1, BINARY },
                   { .name = "CMPPD", .prefix = 0x66, .map = 1, .opcode = 0xc2, .imm_bytes = 1, BINARY } },
    pxor = { .name = "PXOR", .prefix = 0x66, .map = 1, .opcode = 0xef, BINARY },
    por = { .name = "POR", .prefix = 0x66, .map = 1, .opcode = 0xeb, BINARY },
    mask_bytes = { .name = "PMOVMSKB", .prefix = 0x66, .map = 1, .opcode = 0xd7, .reg_role = IR_COPY_WRITE,
        .reg_class = IR_COPY_INT,
                   .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };

/* Predicates of CMPPS; as ARM's, the orders raise Invalid for every NaN, the others for signalling ones. */
enum { EQUAL, LESS, LESS_EQUAL, UNORDERED };

static ir_reg vec(struct arm_trans *t, ir_reg v)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, r, v);
    return r;
}

static void binary(struct arm_trans *t, const struct ir_copy *copy, ir_reg r, ir_reg b)
{
    ir_emit_copy(t->u, copy, 0, r, IR_NONE, r, b, IR_NONE, IR_NONE);
}

static void shift(struct arm_trans *t, const struct ir_copy *copy, ir_reg r, unsigned by)
{
    ir_emit_copy(t->u, copy, (int)by, r, IR_NONE, r, IR_NONE, IR_NONE, IR_NONE);
}

/* A bit a byte of r that lies in a lane that does not stand. */
static ir_reg doubtful(struct arm_trans *t, ir_reg r, bool wide, bool scalar)
{
    ir_reg twice = vec(t, r), least = vec(t, r), nan = vec(t, r), bytes = ir_temp(t->u, IR_TYPE_INT);
    shift(t, &left[wide], twice, 1);
    binary(t, &equal[wide], least, least);
    shift(t, &right[wide], least, wide ? 63 : 31);
    shift(t, &left[wide], least, wide ? 53 : 24);
    binary(t, &equal[wide], least, twice);
    ir_emit_copy(t->u, &compare[(scalar ? 0 : 2) + wide], UNORDERED, nan, IR_NONE, nan, r, IR_NONE, IR_NONE);
    binary(t, &por, nan, least);
    ir_emit_copy(t->u, &mask_bytes, 0, bytes, IR_NONE, nan, IR_NONE, IR_NONE, IR_NONE);
    return bytes;
}

bool simd_host_fused(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

/* A copy whose upper half, if it is not part of the operand, raises nothing. */
static ir_reg operand(struct arm_trans *t, ir_reg v, bool half)
{
    if (!half) {
        return vec(t, v);
    }
    ir_reg low = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, low);
    ir_vmerge_to(t->u, 64, low, low, v);
    return low;
}

static ir_reg zero(struct arm_trans *t)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, r);
    return r;
}

static ir_reg compared(struct arm_trans *t, unsigned predicate, unsigned form, ir_reg a, ir_reg b)
{
    ir_reg r = vec(t, a);
    ir_emit_copy(t->u, &compare[form], (int)predicate, r, IR_NONE, r, b, IR_NONE, IR_NONE);
    return r;
}

/* Without the sign. */
static ir_reg magnitude(struct arm_trans *t, bool wide, ir_reg a)
{
    ir_reg r = vec(t, a);
    shift(t, &left[wide], r, 1);
    shift(t, &right[wide], r, 1);
    return r;
}

static ir_reg arithmetic(struct arm_trans *t, const struct ir_copy *copy, ir_reg n, ir_reg m)
{
    ir_reg r = vec(t, n);
    binary(t, copy, r, m);
    return r;
}

ir_reg simd_host_fp_value(struct arm_trans *t, unsigned op, unsigned bits, bool scalar, ir_reg d, ir_reg n, ir_reg m)
{
    const bool wide = bits == 64;
    const unsigned form = (scalar ? 0 : 2) + wide;
    ir_reg r;
    switch (op) {
    case SIMD_FADD:   return arithmetic(t, &fp_ops[FADD][form], n, m);
    case SIMD_FSUB:   return arithmetic(t, &fp_ops[FSUB][form], n, m);
    case SIMD_FMUL:   return arithmetic(t, &fp_ops[FMUL][form], n, m);
    case SIMD_FDIV:   return arithmetic(t, &fp_ops[FDIV][form], n, m);
    case SIMD_FABD:   return magnitude(t, wide, arithmetic(t, &fp_ops[FSUB][form], n, m));
    case SIMD_FMAX:
    case SIMD_FMAXNM: return arithmetic(t, &fp_ops[FMAX][form], n, m);
    case SIMD_FMIN:
    case SIMD_FMINNM: return arithmetic(t, &fp_ops[FMIN][form], n, m);
    case SIMD_FCMEQ:  return compared(t, EQUAL, form, n, m);
    case SIMD_FCMGE:  return compared(t, LESS_EQUAL, form, m, n);
    case SIMD_FCMGT:  return compared(t, LESS, form, m, n);
    case SIMD_FACGE:  return compared(t, LESS_EQUAL, form, magnitude(t, wide, m), magnitude(t, wide, n));
    case SIMD_FACGT:  return compared(t, LESS, form, magnitude(t, wide, m), magnitude(t, wide, n));
    case SIMD_FCMEQZ: return compared(t, EQUAL, form, n, zero(t));
    case SIMD_FCMGEZ: return compared(t, LESS_EQUAL, form, zero(t), n);
    case SIMD_FCMGTZ: return compared(t, LESS, form, zero(t), n);
    case SIMD_FCMLEZ: return compared(t, LESS_EQUAL, form, n, zero(t));
    case SIMD_FCMLTZ: return compared(t, LESS, form, n, zero(t));
    case SIMD_FMLA:
    case SIMD_FMLS:
        if (!simd_host_fused()) {
            return IR_NONE;
        }
        r = vec(t, d);
        ir_emit_copy(t->u, &fused_ops[op == SIMD_FMLS][form], 0, r, IR_NONE, r, m, n, IR_NONE);
        return r;
    default:          return IR_NONE;
    }
}

/* A bit a byte of lanes where MAXPS and MINPS do not do as ARM: a NaN, or zeros of both signs. */
static ir_reg unlike(struct arm_trans *t, bool wide, ir_reg n, ir_reg m)
{
    ir_reg differs = vec(t, n), sign = vec(t, n), nan = compared(t, UNORDERED, 2 + wide, n, m);
    ir_reg bytes = ir_temp(t->u, IR_TYPE_INT);
    binary(t, &pxor, differs, m);
    binary(t, &equal[wide], sign, sign);
    shift(t, &left[wide], sign, wide ? 63 : 31);
    binary(t, &equal[wide], differs, sign);
    binary(t, &por, nan, differs);
    ir_emit_copy(t->u, &mask_bytes, 0, bytes, IR_NONE, nan, IR_NONE, IR_NONE, IR_NONE);
    return bytes;
}

static bool is_extreme(unsigned op)
{
    return op == SIMD_FMAX || op == SIMD_FMIN || op == SIMD_FMAXNM || op == SIMD_FMINNM;
}

static bool is_comparison(unsigned op)
{
    return op >= SIMD_FCMEQ && op <= SIMD_FCMLTZ;
}

/* To far code, which has the helper do it all, when a lane of the operand is set in bytes. */
static void unless(struct arm_trans *t, const struct simd_call *call, ir_reg bytes, unsigned resume)
{
    const unsigned total = call->lanes * call->bits;
    struct arm_far far = { .helper = HELPER_ARM_simd, .arg = { IR_IMM }, .imm = { simd_pack(call) }, .resume = resume };
    if (total < 128) {
        bytes = ir_op2i(t->u, IR_AND, 64, bytes, (1 << total / 8) - 1);
    }
    ir_brci(t->u, IR_COND_NE, 64, bytes, 0, arm_far_code(t, &far));
}

bool simd_host_fp(struct arm_trans *t, const struct simd_call *call)
{
    const bool wide = call->bits == 64, scalar = call->lanes == 1;
    const unsigned total = call->lanes * call->bits, op = call->op;
    const bool half = !scalar && total == 64, fused = op == SIMD_FMLA || op == SIMD_FMLS;
    if (call->form != FORM_SAME || t->mode & MODE_FZ || call->bits == 16 || (half && op == SIMD_FDIV) ||
        (fused && !simd_host_fused()) || (is_extreme(op) && scalar)) {
        return false;
    }
    ir_reg m = call->element ? simd_host_splat(t, call->bits, arm_v(call->m), call->index) : arm_v(call->m);
    ir_reg d = half && fused ? operand(t, arm_v(call->d), half) : arm_v(call->d), n = arm_v(call->n);
    if (half) {
        n = operand(t, n, half);
        m = operand(t, m, half);
    }
    const unsigned resume = ir_new_label(t->u);
    if (is_extreme(op)) {
        unless(t, call, unlike(t, wide, n, m), resume);
    }
    ir_reg r = simd_host_fp_value(t, op, call->bits, scalar, d, n, m);
    if (!r) {
        return false;
    }
    if (!is_extreme(op) && !is_comparison(op)) {
        unless(t, call, doubtful(t, r, wide, scalar), resume);
    }
    if (total == 128) {
        ir_mov_to(t->u, arm_v(call->d), r);
    } else {
        ir_reg cut = zero(t);
        ir_vmerge_to(t->u, total, cut, cut, r);
        ir_mov_to(t->u, arm_v(call->d), cut);
    }
    ir_label(t->u, resume);
    return true;
}
