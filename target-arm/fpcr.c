/* SPDX-License-Identifier: MIT */
/*
 * FPCR and FPSR (AArch32: FPSCR). Sticky flags gather in the host's control word while guest code runs, where its own
 * instructions compute; they are joined with FPSR's when somebody looks. These functions are called from helpers (the
 * host's control word is the guest's) or between units (it is in cpu.fp_control).
 */
#include "target-arm/fp.h"
#include "target-arm/helpers.h"
#include "target-arm/system.h"
#include "tcg/host_ops.h"

enum {  /* MXCSR */
    HOST_IE = 1 << 0, HOST_ZE = 1 << 2, HOST_OE = 1 << 3, HOST_UE = 1 << 4, HOST_PE = 1 << 5, HOST_FLAGS = 0x3f,
    HOST_MASKS = 0x1f80, HOST_RC_SHIFT = 13,
};
enum { FPCR_LEN = 7 << 16, FPCR_STRIDE = 3 << 20, FPCR_BITS = FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_RMODE };

static uint32_t host_flags(uint32_t host)
{
    return (host & HOST_IE ? FPSR_IOC : 0) | (host & HOST_ZE ? FPSR_DZC : 0) | (host & HOST_OE ? FPSR_OFC : 0) |
           (host & HOST_UE ? FPSR_UFC : 0) | (host & HOST_PE ? FPSR_IXC : 0);
}

/* The live control word while this CPU is inside the cache; the one kept while it is not. */
static uint32_t control_get(const struct arm_cpu *cpu)
{
    return cpu->cpu.current ? host_fp_get() | cpu->cpu.fp_control : cpu->cpu.fp_control;
}

static void control_put(struct arm_cpu *cpu, uint32_t flags)
{
    static const uint8_t rounding[4] = { 0, 2, 1, 3 };      /* nearest, +inf, -inf, zero */
    uint32_t host = HOST_MASKS | (uint32_t)rounding[cpu->fpcr >> FPCR_RMODE_SHIFT & 3] << HOST_RC_SHIFT | flags;
    cpu->cpu.fp_control = host;
    if (cpu->cpu.current) {
        host_fp_set(host);
    }
}

void arm_fpcr_put(struct arm_cpu *cpu, uint32_t value)
{
    uint32_t flags = control_get(cpu) & HOST_FLAGS;
    cpu->fpcr = (cpu->fpcr & (FPCR_LEN | FPCR_STRIDE)) |
                (value & (FPCR_BITS | (arm_has(cpu, ARM_FP16) ? (uint32_t)FPCR_FZ16 : 0)));
    control_put(cpu, flags);
    arm_update_mode(cpu);
}

uint32_t arm_fpsr_get(const struct arm_cpu *cpu)
{
    return cpu->fpsr | host_flags(control_get(cpu));
}

void arm_fpsr_put(struct arm_cpu *cpu, uint32_t value)
{
    cpu->fpsr = value & (FPSR_CUMULATIVE | FPSR_QC);
    control_put(cpu, 0);
}

/* AArch32's NZCV of FPSCR is in fpscr_nzcv. */
uint32_t arm_fpscr_get(const struct arm_cpu *cpu)
{
    return cpu->fpscr_nzcv | cpu->fpcr | arm_fpsr_get(cpu);
}

void arm_fpscr_put(struct arm_cpu *cpu, uint32_t value)
{
    cpu->fpscr_nzcv = value & PSTATE_NZCV;
    if (!arm_has(cpu, ARM_V8)) {        /* RES0 in Armv8's processors, which have no short vectors */
        cpu->fpcr = (cpu->fpcr & ~(uint32_t)(FPCR_LEN | FPCR_STRIDE)) | (value & (FPCR_LEN | FPCR_STRIDE));
    }
    arm_fpsr_put(cpu, value);
    arm_fpcr_put(cpu, value);
}
