/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_SYSTEM_ROWS_H
#define TARGET_X86_SYSTEM_ROWS_H
/* What the rows of system instructions share. */
#include "target-x86/trans.h"

/* After a helper that seldom changes cpu.mode: goes on inside the unit when it did not, at next_rip by look-up when it
 * did. */
void x86_end_if_mode_changed(struct x86_trans *t);
/* Leaves for the execution loop behind this instruction when exit_request is set (a port write that changed the memory
 * map...). */
void x86_end_if_requested(struct x86_trans *t);
/* SGDT, SIDT, SLDT, SMSW, STR: #GP(0) outside ring 0 under CR4.UMIP. */
void x86_check_umip(struct x86_trans *t);
static inline void x86_call_void(struct x86_trans *t, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    ir_call_void(t->u, helper, a, b, c, d);
}

#endif
