/* SPDX-License-Identifier: MIT */
#ifndef TCG_HOST_COPY_H
#define TCG_HOST_COPY_H
/* COPY outside the code cache, for the interpreter: runs one host instruction on given values through a
 * small thunk of host code, made once for each (copy, imm) and kept. */
#include "tcg/ir.h"

union copy_value { uint64_t i; uint8_t v[16]; } __attribute__((aligned(16)));
struct copy_thunks;                 /* the thunks of one back end; not shared between threads */

struct copy_thunks *copy_thunks_new(void);
void copy_thunks_free(struct copy_thunks *thunks);
/* reg, rm: in and out by the roles; flags: EFLAGS-layout word in and out when copy->flags_role says so. */
void copy_run(struct copy_thunks *thunks, const struct ir_copy *copy, int imm,
              union copy_value *reg, union copy_value *rm, const union copy_value *xmm0, uint32_t *flags);
/* The x87 instruction of an 11-bit opcode (ir_ops.def, X87) on the host's x87 unit; memory: operand of memory forms. */
void x87_run(unsigned opcode, void *memory);
/* Its code, a function that takes the operand's address in RDI. */
const void *x87_code(unsigned opcode);
#endif
