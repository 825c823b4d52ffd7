/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_GDB_H
#define TARGET_X86_GDB_H
/* Between gdb.c and gdb_write.c: what struct cpu_gdb_register's code says: one of these << 8 | a number in it. */
#include "target-x86/system.h"
#include "tcg/cpu_gdb.h"

enum x86_gdb_code { GDB_GENERAL, GDB_RIP, GDB_EFLAGS, GDB_SELECTOR, GDB_BASE, GDB_KERNEL_GS, GDB_CONTROL, GDB_EFER, GDB_ST, GDB_FPU,
                    GDB_XMM, GDB_MXCSR };
enum x86_gdb_fpu { GDB_FCTRL, GDB_FSTAT, GDB_FTAG, GDB_FISEG, GDB_FIOFF, GDB_FOSEG, GDB_FOOFF, GDB_FOP };

/* The value of a register of at most 64 bits. */
uint64_t x86_gdb_word(struct x86_cpu *cpu, const struct cpu_gdb_view *view, uint32_t code);
bool x86_gdb_write(struct cpu *cpu, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, const uint8_t *in);

#endif
