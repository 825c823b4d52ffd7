/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_FP_H
#define TARGET_X86_FP_H
/* What the files of floating point and SIMD share: live MXCSR, x87 state, the end of a mode-changing instruction. */
#include "target-x86/helpers.h"
#include "target-x86/trans.h"
#include "tcg/softmmu.h"

enum { X86_MXCSR_MASK = 0xffff };   /* bits that LDMXCSR accepts: all that SSE2 with DAZ has */

/* MXCSR from inside a helper, where the host's register holds flags and control. */
uint32_t mxcsr_live_get(struct x86_cpu *cpu);
void mxcsr_live_put(struct x86_cpu *cpu, uint32_t value);

/* MASKMOVQ and MASKMOVDQU: stores the bytes whose mask byte has its top bit set. */
void maskmov_store(struct cpu *c, uint64_t linear, const uint8_t *data, const uint8_t *mask, unsigned bytes);

/* Derives the mode again; returns whether it changed. */
bool fp_mode_changed(struct x86_cpu *cpu);
/* Translator: if `changed` is not 0, goes on at the next instruction through a look-up. */
void fp_end_if_changed(struct x86_trans *t, ir_reg changed);

#endif
