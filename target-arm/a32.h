/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_A32_H
#define TARGET_ARM_A32_H
/*
 * What the translators of A32 and T32 share: registers with R15, writes to PC, the ways out of a unit with IT and
 * interworking, operations that several encodings stand for. Rows are in a32_*.c (A32) and t32_*.c (T16 and T32).
 *
 * Field letters in rows of this target: c condition, S set flags, d n m a t registers as the manual's Rd, Rn, Rm, Ra, Rt.
 */
#include "target-arm/trans.h"

/* Every conditional A32 row: cond 1111 belongs to the unconditional instructions. */
#define A32_COND "c=15"

static inline bool a32_thumb(const struct arm_trans *t) { return t->mode & MODE_T32; }
static inline uint32_t a32_pc(const struct arm_trans *t) { return (uint32_t)t->pc + (a32_thumb(t) ? 4 : 8); }
static inline bool a32_in_it(const struct arm_trans *t) { return t->it & 15; }

/* a32_insn.c. Rn; R15 reads as the manual says. Below 15 it is the global itself: read before it is assigned. */
ir_reg a32_get(struct arm_trans *t, unsigned n);
/* A copy that later assignments do not change. */
ir_reg a32_copy(struct arm_trans *t, unsigned n);
/* R15: ALUWritePC. value is zero-extended. */
void a32_set(struct arm_trans *t, unsigned n, ir_reg value);
void a32_seti(struct arm_trans *t, unsigned n, uint32_t value);
void a32_bx(struct arm_trans *t, ir_reg value, enum ir_jump_hint hint);    /* BXWritePC, LoadWritePC */
void a32_branch(struct arm_trans *t, uint32_t target);                     /* direct, same state */
void a32_branch_other(struct arm_trans *t, uint32_t target);               /* direct, to the other state */
void a32_leave(struct arm_trans *t);            /* a helper set pc and state: look up */
void a32_leave_exit(struct arm_trans *t);       /* ... interrupts first */
void a32_end_next(struct arm_trans *t);         /* state that mode depends on changed: go on behind this instruction */
void a32_end_next_exit(struct arm_trans *t);
void a32_undefined(struct arm_trans *t);

/* a32_shift.c: the second operand of data processing */
struct a32_operand {
    bool is_imm;
    uint32_t imm;
    ir_reg reg;
    ir_reg carry;                   /* IR_NONE: C stays */
};
enum a32_shift { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };
struct a32_operand a32_imm(uint32_t imm);
struct a32_operand a32_modified_imm(struct arm_trans *t, uint32_t imm12, bool carry);  /* A32ExpandImm_C */
struct a32_operand t32_modified_imm(struct arm_trans *t, uint32_t imm12, bool carry);  /* T32ExpandImm_C */
/* DecodeImmShift and Shift_C. */
struct a32_operand a32_shift_imm(struct arm_trans *t, ir_reg value, enum a32_shift type, unsigned amount, bool carry);
struct a32_operand a32_shift_reg(struct arm_trans *t, ir_reg value, enum a32_shift type, ir_reg amount, bool carry);
ir_reg a32_operand_reg(struct arm_trans *t, const struct a32_operand *o);

/* a32_dp.c: the sixteen operations by their A32 number, and T32's ORN */
enum a32_dp { DP_AND, DP_EOR, DP_SUB, DP_RSB, DP_ADD, DP_ADC, DP_SBC, DP_RSC, DP_TST, DP_TEQ, DP_CMP, DP_CMN, DP_ORR, DP_MOV, DP_BIC,
              DP_MVN, DP_ORN };
static inline bool a32_dp_logical(enum a32_dp op)
{
    return op <= DP_EOR || op == DP_TST || op == DP_TEQ || op >= DP_ORR;
}
void a32_dp(struct arm_trans *t, enum a32_dp op, bool set_flags, unsigned d, unsigned n, const struct a32_operand *o);

/* a32_mul.c, a32_media.c, a32_mem.c, a32_block.c, a32_branch.c, a32_system.c: translators that T32 rows use, too; fields
 * by the same letters. What data holds is said there. */
extern arm_translate a32_mul, a32_mull, a32_umaal, a32_smlaxy, a32_smlaw, a32_smlalxy, a32_smlad, a32_smlald, a32_smmla, a32_div,
    a32_usad8, a32_extend, a32_extend16, a32_parallel, a32_sel, a32_pkh, a32_ssat16, a32_usat16, a32_qadd, a32_rev, a32_clz, a32_bfi,
    a32_bfx, a32_movw, a32_movt, a32_crc32, a32_ldrex, a32_strex, a32_clrex, a32_lda, a32_stl, a32_bx_insn, a32_blx_reg, a32_bxj,
    a32_svc, a32_hvc, a32_smc, a32_bkpt, a32_udf, a32_nop, a32_hint, a32_dmb, a32_dsb, a32_isb, a32_mrs, a32_msr_reg, a32_mrs_banked,
    a32_msr_banked, a32_mcr, a32_mrc, a32_mcrr, a32_mrrc, a32_cps, a32_setend, a32_setpan, a32_srs, a32_rfe, a32_eret, a32_preload, a32_ldc, a32_stc;
void a32_saturate(struct arm_trans *t, bool is_unsigned, unsigned d, unsigned bits, ir_reg value);

/* Loads and stores of one register (pair). */
struct a32_access {
    uint8_t bits;                   /* 8, 16, 32; 64: LDRD, STRD */
    bool load, sign, user;
    bool p, u, w;                   /* as in the encoding; p = 0 means write-back */
    unsigned t, t2, n;
    bool has_reg;                   /* offset: reg, else imm */
    ir_reg reg;
    uint32_t imm;
};
void a32_access(struct arm_trans *t, const struct a32_access *a);
/* list: R0..R15. wback_of: the base; start: offset of the lowest address; step: what write-back adds. */
void a32_load_multiple(struct arm_trans *t, unsigned n, uint32_t list, int start, int step, bool wback);
void a32_store_multiple(struct arm_trans *t, unsigned n, uint32_t list, int start, int step, bool wback);

#endif
