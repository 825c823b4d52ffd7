/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_FP_H
#define TARGET_X86_FP_H
/* What the files of floating point and SIMD share: live MXCSR, x87 state, the end of a mode-changing instruction. */
#include "target-x86/trans.h"
#include "tcg/softmmu.h"

/* Helpers of this chapter. */
#define X86_HELPER(name, args, flags) X86_HELPER_PROTOTYPE_##args(name);
#define X86_HELPER_PROTOTYPE_0(name) uint64_t helper_##name(struct cpu *cpu);
#define X86_HELPER_PROTOTYPE_1(name) uint64_t helper_##name(struct cpu *cpu, uint64_t a);
#define X86_HELPER_PROTOTYPE_2(name) uint64_t helper_##name(struct cpu *cpu, uint64_t a, uint64_t b);
#define X86_HELPER_PROTOTYPE_3(name) uint64_t helper_##name(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c);
#define X86_HELPER_PROTOTYPE_4(name) uint64_t helper_##name(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#include "target-x86/helpers_fp.def"
#undef X86_HELPER
#undef X86_HELPER_PROTOTYPE_0
#undef X86_HELPER_PROTOTYPE_1
#undef X86_HELPER_PROTOTYPE_2
#undef X86_HELPER_PROTOTYPE_3
#undef X86_HELPER_PROTOTYPE_4

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
