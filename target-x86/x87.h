/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_X87_H
#define TARGET_X86_X87_H
/*
 * The x87 unit (SDM volume 1, chapter 8), inside.
 *
 * Where its x87 state is. A guest whose exceptions are all masked (no MODE_X87_TRAPS) computes on the host's own x87 unit,
 * which holds its registers, TOP, tags, status and control word: fpu.live. C code for x86-64 keeps out of that unit,
 * so the state stays there from unit to unit until something wants to see it: x87_sync brings it back. When an exception is
 * unmasked, or pending, state is in struct x86_fpu and each instruction is a helper.
 *
 *   x87_state.c   live or not; any x87 computation on the state in memory
 *   x87_env.c     control, status, environments, FSAVE
 *   x87_trans.c, x87_load.c, x87_arith.c, x87_control.c   rows and translators
 */
#include "target-x86/fp.h"

enum {
    FSW_IE = 1 << 0, FSW_DE = 1 << 1, FSW_ZE = 1 << 2, FSW_OE = 1 << 3, FSW_UE = 1 << 4, FSW_PE = 1 << 5, FSW_FLAGS = 0x3f,
    FSW_SF = 1 << 6, FSW_ES = 1 << 7, FSW_C0 = 1 << 8, FSW_C1 = 1 << 9, FSW_C2 = 1 << 10, FSW_C3 = 1 << 14, FSW_B = 1 << 15,
    FSW_CC = FSW_C0 | FSW_C1 | FSW_C2 | FSW_C3,
    FCW_MASKS = 0x3f, FCW_WRITABLE = 0x1f3f, FCW_ONE = 0x40, FCW_INIT = 0x37f,
};

/*
 * First argument of the helpers: what the instruction is.
 *   0-10   opcode as the FPU records it: low 3 bits of the first byte, then ModRM
 *   16-23  bytes of the memory operand       24-27 its segment
 */
enum { X87_BYTES_SHIFT = 16, X87_SEGMENT_SHIFT = 24 };

static inline unsigned x87_index(const struct x86_fpu *fpu, unsigned i) { return (fpu->top + i) & 7; }
static inline struct x86_st *x87_st(struct x86_fpu *fpu, unsigned i) { return &fpu->st[x87_index(fpu, i)]; }

/* Brings the state from the host's x87 unit into *fpu; on the thread that runs the CPU. */
void x87_sync(struct x86_fpu *fpu);
/*
 * Runs the instruction of `opcode` (11 bits as above) on *fpu, not live, with memory operand `memory` (up to 16 bytes, read
 * or written; unused for register forms). flags: EFLAGS before, for FCMOVcc. Returns EFLAGS after it, for FCOMI.
 */
uint32_t x87_exec(struct x86_fpu *fpu, unsigned opcode, void *memory, uint32_t flags);
/* Sets ES and B from flags and masks. */
void x87_summarize(struct x86_fpu *fpu);
/* FLDCW and all that load a control word; not live. */
void x87_control_put(struct x86_fpu *fpu, uint16_t control);
/* Full tag word to validity. */
void x87_tags_put(struct x86_fpu *fpu, uint16_t tags);
/* A status word, with TOP. */
void x87_status_put(struct x86_fpu *fpu, uint16_t status);

#endif
