/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_HELPERS_H
#define TARGET_X86_HELPERS_H
/* Prototypes of all helpers in helpers.def: uint64_t helper_NAME(struct cpu *cpu, up to four uint64_t). */
#include "target-x86/cpu.h"

#define X86_HELPER_ARGS_0 struct cpu *cpu
#define X86_HELPER_ARGS_1 X86_HELPER_ARGS_0, uint64_t a
#define X86_HELPER_ARGS_2 X86_HELPER_ARGS_1, uint64_t b
#define X86_HELPER_ARGS_3 X86_HELPER_ARGS_2, uint64_t c
#define X86_HELPER_ARGS_4 X86_HELPER_ARGS_3, uint64_t d
#define X86_HELPER(name, args, flags) uint64_t helper_##name(X86_HELPER_ARGS_##args);
#include "target-x86/helpers.def"
#undef X86_HELPER

extern const struct ir_helper x86_helpers[];
extern const unsigned x86_helper_count;
extern const struct ir_global x86_globals[];

#endif
