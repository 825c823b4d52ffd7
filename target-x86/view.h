/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_VIEW_H
#define TARGET_X86_VIEW_H
/* Between view.c and view_tables.c. */
#include "target-x86/cpu.h"
#include "tcg/cpu_gdb.h"
#include "tcg/cpu_view.h"

extern const struct cpu_view x86_view;
extern const struct cpu_gdb x86_gdb;
extern const struct cpu_view_topic x86_view_topics[];

bool x86_view_translate(struct cpu *cpu, uint64_t linear, uint64_t *physical);

#endif
