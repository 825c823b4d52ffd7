/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_HELPERS_H
#define TARGET_ARM_HELPERS_H
/* Prototypes of all helpers in helpers.def: uint64_t helper_arm_NAME(struct cpu *cpu, up to four uint64_t). */
#include "target-arm/cpu.h"

#define ARM_HELPER_ARGS_0 struct cpu *cpu
#define ARM_HELPER_ARGS_1 ARM_HELPER_ARGS_0, uint64_t a
#define ARM_HELPER_ARGS_2 ARM_HELPER_ARGS_1, uint64_t b
#define ARM_HELPER_ARGS_3 ARM_HELPER_ARGS_2, uint64_t c
#define ARM_HELPER_ARGS_4 ARM_HELPER_ARGS_3, uint64_t d
#define ARM_HELPER(name, args, flags) uint64_t helper_arm_##name(ARM_HELPER_ARGS_##args);
#include "target-arm/helpers.def"
#undef ARM_HELPER

#endif
