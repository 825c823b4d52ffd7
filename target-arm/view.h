/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_VIEW_H
#define TARGET_ARM_VIEW_H
#include "tcg/cpu_gdb.h"
#include "tcg/cpu_view.h"

/* Between view.c and view_tables.c. */
extern const struct cpu_view arm_view64, arm_view32;
extern const struct cpu_view_topic arm_view_topics[];
extern const struct cpu_gdb arm_gdb64, arm_gdb32;

bool arm_view_translate(struct cpu *cpu, uint64_t linear, uint64_t *physical);

#endif
