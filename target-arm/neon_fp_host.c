/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD of AArch32 in single precision by the host's vector instructions. It computes under the standard FPSCR (flush to
 * zero, default NaN, to nearest), so before anything is computed all operands must be zero or of a middling exponent, 64 to 191:
 * then neither operands nor results are denormal or NaNs. Anything else goes to far code, where a helper does the
 * instruction lane by lane (neon_fp.c).
 */
#include "target-arm/a64_simd.h"
#include "target-arm/helpers.h"
#include "target-arm/neon_host.h"
#include "target-arm/neon_ops.h"

#define P(nm, op) \
    { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, \
      .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC }
#define BY_IMMEDIATE(nm, op, extension) \
    { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, .imm_bytes = 1, .modrm_reg = extension, .rm_role = IR_COPY_BOTH, \
      .rm_class = IR_COPY_VEC }
static const struct ir_copy
    padd = P("PADDD", 0xfe), pxor = P("PXOR", 0xef), por = P("POR", 0xeb), pand = P("PAND", 0xdb), equal = P("PCMPEQD", 0x76),
    shift_left = BY_IMMEDIATE("PSLLD", 0x72, 6), byte_shift = BY_IMMEDIATE("PSRLDQ", 0x73, 3),
    signs = { .name = "MOVMSKPS", .map = 1, .opcode = 0x50, .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_INT,
              .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };

/* MULTIPLY: the product is rounded before it is added (VMLA, VMLS). */
enum { READS_D = 1, MULTIPLY = 2, EXTREME = 4 };
static const struct { uint8_t neon, simd, how; } names[] = {
    { NEON_FADD, SIMD_FADD, 0 }, { NEON_FSUB, SIMD_FSUB, 0 }, { NEON_FMUL, SIMD_FMUL, 0 }, { NEON_FABD, SIMD_FABD, 0 },
    { NEON_FMLA, SIMD_FADD, READS_D | MULTIPLY }, { NEON_FMLS, SIMD_FSUB, READS_D | MULTIPLY },
    { NEON_FFMA, SIMD_FMLA, READS_D }, { NEON_FFMS, SIMD_FMLS, READS_D },
    { NEON_FMAX, SIMD_FMAX, EXTREME }, { NEON_FMIN, SIMD_FMIN, EXTREME },
    { NEON_FCEQ, SIMD_FCMEQ, 0 }, { NEON_FCGE, SIMD_FCMGE, 0 }, { NEON_FCGT, SIMD_FCMGT, 0 }, { NEON_FACGE, SIMD_FACGE, 0 },
    { NEON_FACGT, SIMD_FACGT, 0 }, { NEON_FCLE, SIMD_FCMLEZ, 0 }, { NEON_FCLT, SIMD_FCMLTZ, 0 },
};

static ir_reg copy_of(struct arm_trans *t, ir_reg v)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, r, v);
    return r;
}

static void apply(struct arm_trans *t, const struct ir_copy *copy, ir_reg r, ir_reg b)
{
    ir_emit_copy(t->u, copy, 0, r, IR_NONE, r, b, IR_NONE, IR_NONE);
}

static void shift(struct arm_trans *t, const struct ir_copy *copy, ir_reg r, unsigned by)
{
    ir_emit_copy(t->u, copy, (int)by, r, IR_NONE, r, IR_NONE, IR_NONE, IR_NONE);
}

static ir_reg zero(struct arm_trans *t)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, r);
    return r;
}

/* The register, or two with Q; of one the upper half is 0. */
static ir_reg operand(struct arm_trans *t, unsigned reg)
{
    if (arm_field(t, 'Q'))
        return arm_v(reg / 2);
    if (!(reg & 1)) {
        ir_reg r = zero(t);
        ir_vmerge_to(t->u, 64, r, r, arm_v(reg / 2));
        return r;
    }
    ir_reg r = copy_of(t, arm_v(reg / 2));
    shift(t, &byte_shift, r, 8);
    return r;
}

/* The sign bit of each lane: the two upper bits of its exponent differ. */
static ir_reg middling(struct arm_trans *t, ir_reg v)
{
    ir_reg once = copy_of(t, v);
    shift(t, &shift_left, once, 1);
    ir_reg twice = copy_of(t, once);
    apply(t, &padd, twice, twice);
    apply(t, &pxor, twice, once);
    return twice;
}

static ir_reg is_zero(struct arm_trans *t, ir_reg v)
{
    ir_reg once = copy_of(t, v), none = zero(t);
    shift(t, &shift_left, once, 1);
    apply(t, &equal, none, once);
    return none;
}

static ir_reg tame(struct arm_trans *t, ir_reg v)
{
    ir_reg r = middling(t, v);
    apply(t, &por, r, is_zero(t, v));
    return r;
}

/* To far code unless the sign bits of all lanes are set. */
static void unless_all(struct arm_trans *t, ir_reg lanes, unsigned far)
{
    ir_reg bits = ir_temp(t->u, IR_TYPE_INT);
    ir_emit_copy(t->u, &signs, 0, bits, IR_NONE, lanes, IR_NONE, IR_NONE, IR_NONE);
    ir_brci(t->u, IR_COND_NE, 32, bits, 15, far);
}

/* MAXPS and MINPS of 0 and -0 give the second: to far code when lanes differ in their sign alone. */
static void unless_zeros(struct arm_trans *t, ir_reg n, ir_reg m, unsigned far)
{
    ir_reg differs = copy_of(t, n), sign = copy_of(t, n), bits = ir_temp(t->u, IR_TYPE_INT);
    apply(t, &pxor, differs, m);
    apply(t, &equal, sign, sign);
    shift(t, &shift_left, sign, 31);
    apply(t, &equal, differs, sign);
    ir_emit_copy(t->u, &signs, 0, bits, IR_NONE, differs, IR_NONE, IR_NONE, IR_NONE);
    ir_brci(t->u, IR_COND_NE, 32, bits, 0, far);
}

static void compute(struct arm_trans *t, unsigned row, unsigned d, ir_reg n, ir_reg m, unsigned far)
{
    ir_reg addend = names[row].how & READS_D ? operand(t, d) : IR_NONE, lanes = tame(t, n);
    apply(t, &pand, lanes, tame(t, m));
    if (addend)
        apply(t, &pand, lanes, tame(t, addend));
    unless_all(t, lanes, far);
    if (names[row].how & EXTREME)
        unless_zeros(t, n, m, far);
    if (names[row].how & MULTIPLY) {
        m = simd_host_fp_value(t, SIMD_FMUL, 32, false, IR_NONE, n, m);
        n = addend;
        unless_all(t, tame(t, m), far);
    }
    ir_reg r = simd_host_fp_value(t, names[row].simd, 32, false, addend, n, m);
    if (names[row].simd == SIMD_FMLA || names[row].simd == SIMD_FMLS) {
        /* what an exact product and an addend leave may be tiny; nothing is left out when the product is 0 */
        lanes = middling(t, r);
        apply(t, &por, lanes, is_zero(t, n));
        apply(t, &por, lanes, is_zero(t, m));
        unless_all(t, lanes, far);
    }
    neon_host_result(t, d, r);
}

bool neon_host_float(struct arm_trans *t, unsigned op, unsigned d, unsigned n, unsigned m, int m_lane)
{
    unsigned row = 0;
    while (row < G_N_ELEMENTS(names) && names[row].neon != op)
        row++;
    const bool fused = op == NEON_FFMA || op == NEON_FFMS;
    if (row == G_N_ELEMENTS(names) || t->mode & MODE_FP_ODD || !neon_host_present() || (fused && !simd_host_fused()))
        return false;
    const unsigned resume = ir_new_label(t->u);
    struct arm_far far = { .helper = HELPER_ARM_neon_float_regs, .arg = { IR_IMM }, .resume = resume };
    far.imm[0] = op | d << 8 | n << 16 | (uint64_t)m << 24 | (uint64_t)(m_lane & 0xff) << 32 | (uint64_t)arm_field(t, 'Q') << 40;
    ir_reg b = m_lane == NEON_FLOAT_ZERO ? zero(t) : m_lane == NEON_FLOAT_REGISTER ? operand(t, m)
             : simd_host_splat(t, 32, arm_v(m / 2), (unsigned)m_lane + (m & 1) * 2);
    if (m_lane >= 0 && !arm_field(t, 'Q')) {
        ir_reg low = zero(t);
        ir_vmerge_to(t->u, 64, low, low, b);
        b = low;
    }
    compute(t, row, d, operand(t, n), b, arm_far_code(t, &far));
    ir_label(t->u, resume);
    return true;
}

uint64_t helper_arm_neon_float_regs(struct cpu *base, uint64_t how)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned d = how >> 8 & 0xff, n = how >> 16 & 0xff, m = how >> 24 & 0xff, count = how >> 40 & 1 ? 2 : 1;
    const int8_t lane = (int8_t)(how >> 32);
    uint64_t result[2];
    for (unsigned i = 0; i < count; i++) {
        uint64_t b = lane == NEON_FLOAT_ZERO ? 0 : cpu->v[(m + i) / 2].u64[(m + i) & 1];
        if (lane >= 0) {
            const uint64_t word = cpu->v[m / 2].u32[(m & 1) * 2 + (unsigned)lane];
            b = word | word << 32;
        }
        const uint64_t a = cpu->v[(n + i) / 2].u64[(n + i) & 1], old = cpu->v[(d + i) / 2].u64[(d + i) & 1];
        result[i] = helper_arm_neon_float(base, a, b, old, how & 0xff);
    }
    for (unsigned i = 0; i < count; i++)
        cpu->v[(d + i) / 2].u64[(d + i) & 1] = result[i];
    return 0;
}
