/* SPDX-License-Identifier: MIT */
/*
 * MXCSR and SIMD floating-point exceptions (SDM volume 1, sections 10.2.3 and 11.5).
 *
 * The guest's MXCSR is split. x86_cpu.mxcsr holds control and mask bits; cpu.fp_control is what the host's own MXCSR
 * holds while guest code runs: the same rounding, DAZ and FZ with every exception masked, and the sticky flags
 * as they gather. Helpers run inside the cache, so here the host's register is the true one.
 */
#include <xmmintrin.h>
#include "target-x86/fp.h"

enum {
    MXCSR_FLAGS = 0x3f, MXCSR_IE = 1 << 0, MXCSR_DE = 1 << 1, MXCSR_ZE = 1 << 2, MXCSR_UE = 1 << 4,
    MXCSR_PRE = MXCSR_IE | MXCSR_DE | MXCSR_ZE,     /* found before the operation is done */
    MXCSR_DAZ = 1 << 6, MXCSR_MASKS = 0x3f << 7, MXCSR_UM = 1 << 11, MXCSR_RC = 3 << 13, MXCSR_FZ = 1 << 15,
};

uint32_t x86_mxcsr_get(const struct x86_cpu *cpu)
{
    return (cpu->mxcsr & ~MXCSR_FLAGS) | (cpu->cpu.fp_control & MXCSR_FLAGS);
}

void x86_mxcsr_put(struct x86_cpu *cpu, uint32_t value)
{
    cpu->mxcsr = value & X86_MXCSR_MASK;
    cpu->cpu.fp_control = (value & (MXCSR_FLAGS | MXCSR_DAZ | MXCSR_RC | MXCSR_FZ)) | MXCSR_MASKS;
}

uint32_t mxcsr_live_get(struct x86_cpu *cpu)
{
    cpu->cpu.fp_control = _mm_getcsr();
    return x86_mxcsr_get(cpu);
}

void mxcsr_live_put(struct x86_cpu *cpu, uint32_t value)
{
    x86_mxcsr_put(cpu, value);
    _mm_setcsr(cpu->cpu.fp_control);
}

uint64_t helper_stmxcsr(struct cpu *c)
{
    return mxcsr_live_get(x86_cpu_of(c));
}

/* Returns whether translated code must be looked up again because the mode changed. */
uint64_t helper_ldmxcsr(struct cpu *c, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    if (value & ~(uint64_t)X86_MXCSR_MASK)
        x86_raise_error(cpu, EXC_GP, 0);
    mxcsr_live_put(cpu, value);
    return fp_mode_changed(cpu);
}

/*
 * An instruction of a MODE_MXCSR_TRAPS unit:
 *
 *      mxcsr_begin   sticky flags aside, FZ off where underflow is unmasked (10.2.3.3: it has no effect then)
 *      COPY          the instruction, which says what it raises, and its result
 *      mxcsr_tiny    what it raised is kept; FZ on where underflow is unmasked
 *      COPY          again: with FZ every tiny result sets UE, also an exact one, which is when an unmasked underflow
 *                    is due (4.9.1.5)
 *      mxcsr_check   raises, or goes on
 *
 * Departure: PE beside an unmasked overflow or underflow says that the masked result would be inexact; it should say so of the
 * result with an unbounded exponent.
 */
uint64_t helper_mxcsr_begin(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint32_t live = _mm_getcsr();
    cpu->cpu.fp_control = live;
    _mm_setcsr(live & ~(MXCSR_FLAGS | (cpu->mxcsr & MXCSR_UM ? 0 : MXCSR_FZ)));
    return 0;
}

uint64_t helper_mxcsr_tiny(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint32_t live = _mm_getcsr();
    cpu->mxcsr_raised = live & MXCSR_FLAGS;
    _mm_setcsr((live & ~MXCSR_FLAGS) | (cpu->mxcsr & MXCSR_UM ? 0 : MXCSR_FZ));
    return 0;
}

/* What was raised anew decides; nothing of the instruction has been written yet. */
uint64_t helper_mxcsr_check(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint32_t raised = cpu->mxcsr_raised | (cpu->mxcsr & MXCSR_UM ? 0 : _mm_getcsr() & MXCSR_UE);
    uint32_t unmasked = raised & ~(cpu->mxcsr >> 7);
    if (unmasked & MXCSR_PRE)
        raised &= MXCSR_PRE;                        /* the operation was not done: no result to be inexact */
    cpu->cpu.fp_control |= raised;
    _mm_setcsr(cpu->cpu.fp_control);
    if (unmasked)
        x86_raise(cpu, cpu->cr4 & CR4_OSXMMEXCPT ? EXC_XM : EXC_UD);
    return 0;
}
