/* SPDX-License-Identifier: MIT */
/*
 * Scalar floating point in place. The host's answer stands, flags included, unless it is the least normal number or a NaN
 * (fp_host.h says why): exponents that are 1 or all ones are sent to far code, where a helper does the instruction again from the
 * unchanged registers. Intel SDM 2: ADDSS and so on, VFMADD231SS and so on.
 */
#include "target-arm/fp_inline.h"
#include "target-arm/a64_simd.h"
#include "target-arm/helpers.h"

#define LEGACY(nm, op) \
    { { .name = nm "SS", .prefix = 0xf3, .map = 1, .opcode = op, OPERANDS }, \
      { .name = nm "SD", .prefix = 0xf2, .map = 1, .opcode = op, OPERANDS } }
#define OPERANDS .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define FUSED(nm, op) \
    { { .name = nm "SS", .prefix = 0x66, .map = 2, .opcode = op, .vex = 1, .xmm0_role = IR_COPY_READ, OPERANDS }, \
      { .name = nm "SD", .prefix = 0x66, .map = 2, .opcode = op, .vex = 1, .rex_w = 1, .xmm0_role = IR_COPY_READ, OPERANDS } }

/* Single, double. */
static const struct ir_copy copies[][2] = {
    [FP_ADD] = LEGACY("ADD", 0x58), [FP_SUB] = LEGACY("SUB", 0x5c), [FP_MUL] = LEGACY("MUL", 0x59),
    [FP_DIV] = LEGACY("DIV", 0x5e),
    [FP_SQRT] = LEGACY("SQRT", 0x51), [FP_FMA] = FUSED("VFMADD231", 0xb9), [FP_FMS] = FUSED("VFNMADD231", 0xbd),
    [FP_FNMS] = FUSED("VFMSUB231", 0xbb), [FP_FNMA] = FUSED("VFNMSUB231", 0xbf),
};
static const struct ir_copy
    shuffle = { .name = "PSHUFD", .prefix = 0x66, .map = 1, .opcode = 0x70, .imm_bytes = 1, .reg_role = IR_COPY_WRITE,
                .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC },
    high_half = { .name = "PUNPCKLQDQ", .prefix = 0x66, .map = 1, .opcode = 0x6c, OPERANDS };

/* The operand in lane 0 of a vector that is not to be changed. */
static ir_reg operand(struct arm_trans *t, unsigned bits, unsigned place)
{
    const unsigned lanes = 128 / bits, lane = place % lanes;
    ir_reg v = arm_v(place / lanes);
    if (!lane)
        return v;
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_emit_copy(t->u, &shuffle, bits == 64 ? 0xee : (int)lane * 0x55, r, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
    return r;
}

static ir_reg binary(struct arm_trans *t, const struct ir_copy *copy, ir_reg a, ir_reg b)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, r, a);
    ir_emit_copy(t->u, copy, 0, r, IR_NONE, r, b, IR_NONE, IR_NONE);
    return r;
}

/* To far code when the number in lane 0 does not stand; returns its bits. */
static ir_reg check(struct arm_trans *t, unsigned bits, ir_reg r, unsigned far)
{
    const unsigned fraction = bits == 64 ? 52 : 23, exponent = bits == 64 ? 11 : 8;
    ir_reg value = ir_vget(t->u, bits, r, 0);
    ir_reg next = ir_op2i(t->u, IR_ADD, 32, ir_extract(t->u, value, fraction, exponent), 1);
    ir_brci(t->u, IR_COND_E, 32, ir_op2i(t->u, IR_AND, 32, next, (1 << exponent) - 3), 0, far);
    return value;
}

static ir_reg compute(struct arm_trans *t, const struct fp_inline *f, unsigned far, ir_reg *value)
{
    const unsigned wide = f->bits == 64;
    ir_reg m = operand(t, f->bits, f->m), r;
    if (f->op == FP_SQRT) {
        r = binary(t, &copies[FP_SQRT][wide], m, m);
    } else if (f->op <= FP_DIV) {
        r = binary(t, &copies[f->op][wide], operand(t, f->bits, f->n), m);
    } else if (f->op >= FP_FMA) {
        ir_reg n = operand(t, f->bits, f->n);
        r = ir_temp(t->u, IR_TYPE_VEC);
        ir_mov_to(t->u, r, operand(t, f->bits, f->a));
        ir_emit_copy(t->u, &copies[f->op][wide], 0, r, IR_NONE, r, m, n, IR_NONE);
    } else {
        ir_reg product = binary(t, &copies[FP_MUL][wide], operand(t, f->bits, f->n), m), a = operand(t, f->bits, f->a);
        check(t, f->bits, product, far);
        r = f->op == FP_NMLS ? binary(t, &copies[FP_SUB][wide], product, a)
                             : binary(t, &copies[f->op == FP_MLA ? FP_ADD : FP_SUB][wide], a, product);
    }
    *value = check(t, f->bits, r, far);
    return r;
}

static void put(struct arm_trans *t, const struct fp_inline *f, ir_reg r, ir_reg value)
{
    const unsigned lanes = 128 / f->bits, lane = f->d % lanes;
    ir_reg d = arm_v(f->d / lanes);
    if (f->clear) {
        ir_reg zero = ir_temp(t->u, IR_TYPE_VEC);
        ir_vzero_to(t->u, zero);
        ir_vmerge_to(t->u, f->bits, zero, zero, r);
        ir_mov_to(t->u, d, zero);
    } else if (!lane) {
        ir_vmerge_to(t->u, f->bits, d, d, r);
    } else if (f->bits == 64) {
        ir_emit_copy(t->u, &high_half, 0, d, IR_NONE, d, r, IR_NONE, IR_NONE);
    } else {
        ir_vput_to(t->u, 32, d, d, lane, value);
    }
}

bool fp_inline(struct arm_trans *t, const struct fp_inline *f)
{
    if (t->mode & MODE_FZ || f->bits == 16 || (f->op >= FP_FMA && !simd_host_fused()))
        return false;
    const unsigned resume = ir_new_label(t->u);
    struct arm_far far = { .helper = HELPER_ARM_fp_lanes, .arg = { IR_IMM }, .resume = resume };
    far.imm[0] = f->op | f->bits << 8 | (uint64_t)f->clear << 16 | (uint64_t)f->d << 24 | (uint64_t)f->n << 32 |
                 (uint64_t)f->m << 40 | (uint64_t)f->a << 48;
    ir_reg value, r = compute(t, f, arm_far_code(t, &far), &value);
    put(t, f, r, value);
    ir_label(t->u, resume);
    return true;
}

/* ---- the helper ---- */

static uint64_t lane_get(const struct arm_cpu *cpu, unsigned bits, unsigned place)
{
    return bits == 64 ? cpu->v[place / 2].u64[place & 1] : cpu->v[place / 4].u32[place & 3];
}

static uint64_t operate(struct cpu *cpu, enum fp_inline_op op, bool wide, uint64_t n, uint64_t m, uint64_t a)
{
    const uint64_t sign = wide ? 1ull << 63 : 1ull << 31;
    const bool negates_product = op == FP_MLS || op == FP_FMS || op == FP_FNMA;
    const bool negates_addend = op == FP_NMLS || op == FP_FNMS || op == FP_FNMA;
    uint64_t product;
    switch (op) {
    case FP_ADD:  return wide ? helper_arm_fp_add64(cpu, n, m) : helper_arm_fp_add32(cpu, n, m);
    case FP_SUB:  return wide ? helper_arm_fp_sub64(cpu, n, m) : helper_arm_fp_sub32(cpu, n, m);
    case FP_MUL:  return wide ? helper_arm_fp_mul64(cpu, n, m) : helper_arm_fp_mul32(cpu, n, m);
    case FP_DIV:  return wide ? helper_arm_fp_div64(cpu, n, m) : helper_arm_fp_div32(cpu, n, m);
    case FP_SQRT: return wide ? helper_arm_fp_sqrt64(cpu, m) : helper_arm_fp_sqrt32(cpu, m);
    default: break;
    }
    a ^= negates_addend ? sign : 0;
    if (op >= FP_FMA) {
        n ^= negates_product ? sign : 0;
        return wide ? helper_arm_fp_muladd64(cpu, a, n, m) : helper_arm_fp_muladd32(cpu, a, n, m);
    }
    product = wide ? helper_arm_fp_mul64(cpu, n, m) : helper_arm_fp_mul32(cpu, n, m);
    product ^= negates_product ? sign : 0;
    return wide ? helper_arm_fp_add64(cpu, a, product) : helper_arm_fp_add32(cpu, a, product);
}

uint64_t helper_arm_fp_lanes(struct cpu *base, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned bits = how >> 8 & 0xff, d = how >> 24 & 0xff, lanes = 128 / bits;
    const uint64_t n = lane_get(cpu, bits, how >> 32 & 0xff), m = lane_get(cpu, bits, how >> 40 & 0xff);
    const uint64_t r = operate(base, (enum fp_inline_op)(how & 0xff), bits == 64, n, m, lane_get(cpu, bits, how >> 48 & 0xff));
    union arm_vec *v = &cpu->v[d / lanes];
    if (how >> 16 & 1)
        *v = (union arm_vec){ { 0 } };
    if (bits == 64) {
        v->u64[d % lanes] = r;
    } else {
        v->u32[d % lanes] = (uint32_t)r;
    }
    return 0;
}
