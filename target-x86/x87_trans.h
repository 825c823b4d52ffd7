/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_X87_TRANS_H
#define TARGET_X86_X87_TRANS_H
/* What the x87 rows share. */
#include "target-x86/x87.h"

#define X87_ROW(opcode_, operands_, name_, fn, tests_) \
    { .opcode = opcode_, .operands = operands_, .name = name_, .translate = fn, .flags = ROW_FPU | ROW_WAITS, \
      .feature = FEAT_FPU, .tests = tests_ }

enum { X87_OPERAND = offsetof(struct x86_cpu, fpu.operand) };

/* Whether every exception is masked: the instruction may run on the host's x87 unit. */
static inline bool x87_quiet(const struct x86_trans *t) { return !(t->mode & MODE_X87_TRAPS); }
/* Makes the state live, unless it is known to be; before any temporary that is used afterwards. */
void x87_enter(struct x86_trans *t);
/* Makes sure that the state is in memory. */
void x87_leave(struct x86_trans *t);
/* Notes address and opcode of the instruction, and of its memory operand. */
void x87_record(struct x86_trans *t);
/* Helper arguments: opcode, operand's size and segment. */
uint64_t x87_info(const struct x86_trans *t);

/* Any instruction that computes: register form, one that reads memory, one that writes it. */
x86_translate x87_reg, x87_load, x87_store;

#endif
