/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_SIMD_H
#define TARGET_ARM_SIMD_H
/*
 * Advanced SIMD by helpers: what a lane does (simd_lane.c, simd_lane_fp.c) apart from how lanes are taken from the
 * registers
 * (simd_helpers.c). Rows name both: an operation of simd_ops.def and a form.
 */
#include "target-arm/cpu.h"

enum simd_op {
#define SIMD_OP(name) SIMD_##name,
#include "target-arm/simd_ops.def"
#undef SIMD_OP
    SIMD_OP_COUNT
};

/* How an operation's lanes lie. d, n, m: registers; bits: of a source lane. */
enum simd_form {
    FORM_SAME,                      /* d[i] = op(d[i], n[i], m[i]) */
    FORM_PAIR,                      /* lanes of n:m two by two */
    FORM_LONG,                      /* d of double width from n and m */
    FORM_WIDE,                      /* n and d of double width */
    FORM_NARROW,                    /* high halves of double-width results */
    FORM_ACROSS,                    /* all lanes of n, one result */
    FORM_ACROSS_LONG,
    FORM_PAIR_LONG,                 /* neighbours of n added to double width */
    FORM_XTN,                       /* n of double width, narrowed by op */
    FORM_LONG_ONE,                  /* d of double width from n alone */
    FORM_DOT,                       /* four products of bytes a 32-bit lane; imm: m is signed when n is not, or the other way round */
    FORM_MATRIX,                    /* 2 x 8 times 8 x 2 bytes, signs as in FORM_DOT */
};

/* The helper's first argument. */
struct simd_call {
    unsigned op, form, bits, lanes; /* lanes: of the source */
    bool is_unsigned;               /* LONG and WIDE: how sources are extended */
    bool upper;                     /* the "2" forms: upper half of the narrow operand */
    bool element;                   /* m is one lane, number `index` */
    unsigned index, d, n, m, imm;
};
static inline uint64_t simd_pack(const struct simd_call *c)
{
    return c->op | c->form << 8 | c->bits << 12 | (uint64_t)c->lanes << 20 | (uint64_t)c->is_unsigned << 26 |
           (uint64_t)c->upper << 27 | (uint64_t)c->element << 28 | (uint64_t)c->index << 29 | (uint64_t)c->d << 34 |
           (uint64_t)c->n << 39 | (uint64_t)c->m << 44 | (uint64_t)c->imm << 49;
}

/* One lane; integers of `bits`, zero-extended. d is the old destination; imm a shift or what the op takes. */
uint64_t simd_lane(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m,
    unsigned imm);
uint64_t simd_lane_fp(struct arm_cpu *cpu, enum simd_op op, unsigned bits, uint64_t d, uint64_t n, uint64_t m,
    unsigned imm);
uint64_t simd_get(const union arm_vec *v, unsigned bits, unsigned lane);
void simd_put(union arm_vec *v, unsigned bits, unsigned lane, uint64_t value);

struct fp_env;
/* A half as the same number in single precision, NaNs as they are (FPMulAddH: AHP has no effect). */
uint64_t simd_widened(const struct fp_env *env, uint64_t x);
/* FCMLA, FCADD of one complex number (real part first); the result is in d. */
struct simd_complex { uint64_t d[2], n[2], m[2]; };
void simd_complex(struct fp_env *env, unsigned bits, unsigned turn, bool add, struct simd_complex *c);

static inline int64_t simd_signed(uint64_t x, unsigned bits) { return (int64_t)(x << (64 - bits)) >> (64 - bits); }
static inline uint64_t simd_cut(uint64_t x, unsigned bits) { return bits == 64 ? x : x & ((1ull << bits) - 1); }

#endif
