/* SPDX-License-Identifier: MIT */
/*
 * Floating point by the host's SSE instructions, scalar and vector, for single and double precision without FPCR.FZ.
 *
 * The host's answer stands, flags included, for every lane that is neither zero, denormal, the least normal binade,
 * infinite
 * nor a NaN (fp_host.h says why). The exponents of the result are tested at once; a lane that does not stand sends the
 * whole instruction to far code, where the helper does it again from the unchanged operands.
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
static const struct ir_copy fp_ops[4][4] = { FP("ADD", 0x58), FP("SUB", 0x5c), FP("MUL", 0x59), FP("DIV", 0x5e) };
static const struct ir_copy fused_ops[2][4] = { FUSED("VFMADD231", 0xb8, 0xb9), FUSED("VFNMADD231", 0xbc, 0xbd) };
static const struct ir_copy
    left[2] = { SHIFT("PSLLD", 0x72, 6), SHIFT("PSLLQ", 0x73, 6) }, right[2] = { SHIFT("PSRLD", 0x72, 2),
        SHIFT("PSRLQ", 0x73, 2) },
    equal[2] = { { .name = "PCMPEQD", .prefix = 0x66, .map = 1, .opcode = 0x76, BINARY },
                 { .name = "PCMPEQQ", .prefix = 0x66, .map = 2, .opcode = 0x29, BINARY } },
    por = { .name = "POR", .prefix = 0x66, .map = 1, .opcode = 0xeb, BINARY },
    mask_bytes = { .name = "PMOVMSKB", .prefix = 0x66, .map = 1, .opcode = 0xd7, .reg_role = IR_COPY_WRITE,
        .reg_class = IR_COPY_INT,
                   .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };

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

/* A bit a byte of r that lies in a lane whose exponent is 0, 1 or all ones. */
static ir_reg doubtful(struct arm_trans *t, ir_reg r, bool wide)
{
    const unsigned down = wide ? 53 : 24;
    ir_reg exponent = vec(t, r), small, top, zero = ir_temp(t->u, IR_TYPE_VEC), bytes = ir_temp(t->u, IR_TYPE_INT);
    shift(t, &left[wide], exponent, 1);
    shift(t, &right[wide], exponent, down);
    small = vec(t, exponent);
    shift(t, &right[wide], small, 1);
    ir_vzero_to(t->u, zero);
    binary(t, &equal[wide], small, zero);
    top = vec(t, exponent);
    binary(t, &equal[wide], top, top);
    shift(t, &right[wide], top, down);
    binary(t, &equal[wide], top, exponent);
    binary(t, &por, small, top);
    ir_emit_copy(t->u, &mask_bytes, 0, bytes, IR_NONE, small, IR_NONE, IR_NONE, IR_NONE);
    return bytes;
}

static bool has_fused(void)
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

enum { WHICH_FMLA = 4, WHICH_FMLS, WHICH_COUNT };
/* which: ADD, SUB, MUL, DIV, FMLA, FMLS; call: what the helper does when the host's answer does not stand. */
static bool compute(struct arm_trans *t, unsigned which, const struct simd_call *call)
{
    const bool wide = call->bits == 64, scalar = call->lanes == 1;
    const unsigned total = call->lanes * call->bits;
    const bool half = !scalar && total == 64, fused = which >= WHICH_FMLA;
    const unsigned form = (scalar ? 0 : 2) + wide;
    if (t->mode & MODE_FZ || call->bits == 16 || (half && which == 3) || (fused && !has_fused())) {
        return false;
    }
    ir_reg m = call->element ? simd_host_splat(t, call->bits, arm_v(call->m), call->index) : arm_v(call->m);
    ir_reg r = operand(t, fused ? arm_v(call->d) : arm_v(call->n), half);
    m = half ? operand(t, m, half) : m;
    if (fused) {
        ir_reg n = half ? operand(t, arm_v(call->n), half) : arm_v(call->n);
        ir_emit_copy(t->u, &fused_ops[which - WHICH_FMLA][form], 0, r, IR_NONE, r, m, n, IR_NONE);
    } else {
        binary(t, &fp_ops[which][form], r, m);
    }
    ir_reg bytes = doubtful(t, r, wide);
    if (total < 128) {
        bytes = ir_op2i(t->u, IR_AND, 64, bytes, (1 << total / 8) - 1);
    }
    const unsigned resume = ir_new_label(t->u);
    struct arm_far far = { .helper = HELPER_ARM_simd, .arg = { IR_IMM }, .imm = { simd_pack(call) }, .resume = resume };
    ir_brci(t->u, IR_COND_NE, 64, bytes, 0, arm_far_code(t, &far));
    if (total == 128) {
        ir_mov_to(t->u, arm_v(call->d), r);
    } else {
        ir_reg cut = ir_temp(t->u, IR_TYPE_VEC);
        ir_vzero_to(t->u, cut);
        ir_vmerge_to(t->u, total, cut, cut, r);
        ir_mov_to(t->u, arm_v(call->d), cut);
    }
    ir_label(t->u, resume);
    return true;
}

bool simd_host_fp(struct arm_trans *t, const struct simd_call *call)
{
    static const uint8_t ops[WHICH_COUNT] = { SIMD_FADD, SIMD_FSUB, SIMD_FMUL, SIMD_FDIV, SIMD_FMLA, SIMD_FMLS };
    for (unsigned which = 0; which < WHICH_COUNT && call->form == FORM_SAME; which++) {
        if (call->op == ops[which]) {
            return compute(t, which, call);
        }
    }
    return false;
}
