/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_X87_TRANS_H
#define TARGET_X86_X87_TRANS_H
/* What the x87 rows share. */
#include "target-x86/x87.h"

#define X87_ROW(opcode_, operands_, name_, fn, data_, tests_) \
    { .opcode = opcode_, .operands = operands_, .name = name_, .translate = fn, .flags = ROW_FPU | ROW_WAITS, \
      .feature = FEAT_FPU, .tests = tests_, .data = data_ }

/* Whether the fast helpers may be used: no exception is unmasked. */
static inline bool x87_quiet(const struct x86_trans *t) { return !(t->mode & MODE_X87_TRAPS); }
/* The info argument: opcode, operand's size and segment. */
uint64_t x87_info(const struct x86_trans *t);
/* Generic forms of any computation. */
void x87_generic_reg(struct x86_trans *t);
void x87_generic_load(struct x86_trans *t);
void x87_generic_store(struct x86_trans *t);
/* Reads the integer or floating-point operand in memory for a fast helper: its bits, integers sign-extended. */
ir_reg x87_read_memory(struct x86_trans *t, bool is_signed);
/* helper(info, rip, c, d) */
ir_reg x87_call(struct x86_trans *t, enum x86_helper helper, uint64_t info, ir_reg c, ir_reg d);

#endif
