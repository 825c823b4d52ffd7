/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_X87_H
#define TARGET_X86_X87_H
/*
 * The x87 unit (SDM volume 1, chapter 8), inside.
 *
 *   x87_exec.c    any x87 computation, exactly, by the host's own instruction on the whole guest state
 *   x87_fast.c    the common ones when all exceptions are masked and nothing unusual happens; else they call x87_exec
 *   x87_env.c     control, status, environments, FSAVE
 *   x87_rows_*.c  rows and translators
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
 *   32-34  destination st(i)   36-38 source st(i)   40-41 pops   (x87_fast.c)
 */
enum { X87_BYTES_SHIFT = 16, X87_SEGMENT_SHIFT = 24, X87_DEST_SHIFT = 32, X87_SOURCE_SHIFT = 36, X87_POPS_SHIFT = 40 };

static inline unsigned x87_index(const struct x86_fpu *fpu, unsigned i) { return (fpu->top + i) & 7; }
static inline struct x86_st *x87_st(struct x86_fpu *fpu, unsigned i) { return &fpu->st[x87_index(fpu, i)]; }
static inline bool x87_valid(const struct x86_fpu *fpu, unsigned i) { return fpu->tag_valid >> x87_index(fpu, i) & 1; }

/* What an instruction leaves for FNSTENV (SDM 1, 8.1.8): its address and opcode ... */
static inline void x87_record(struct x86_cpu *cpu, uint64_t info, uint64_t rip)
{
    cpu->fpu.opcode = info & 0x7ff;
    cpu->fpu.ip = rip;
    cpu->fpu.cs = cpu->seg[SEG_CS].selector;
}
/* ... and that of its operand. */
static inline void x87_record_memory(struct x86_cpu *cpu, uint64_t info, uint64_t rip, uint64_t offset)
{
    x87_record(cpu, info, rip);
    cpu->fpu.dp = offset;
    cpu->fpu.ds = cpu->seg[info >> X87_SEGMENT_SHIFT & 15].selector;
}

/*
 * Runs the instruction of `opcode` (11 bits as above) on *fpu with memory operand `memory` (up to 16 bytes, read or
 * written; unused for register forms). flags: EFLAGS before, for FCMOVcc. Returns EFLAGS after it, for FCOMI.
 */
uint32_t x87_exec(struct x86_fpu *fpu, unsigned opcode, void *memory, uint32_t flags);
/* Sets ES and B from flags and masks. */
void x87_summarize(struct x86_fpu *fpu);
/* FLDCW and all that load a control word. */
void x87_control_put(struct x86_fpu *fpu, uint16_t control);
/* Full tag word to and from validity. */
void x87_tags_put(struct x86_fpu *fpu, uint16_t tags);

#endif
