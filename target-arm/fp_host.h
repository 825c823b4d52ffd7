/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_FP_HOST_H
#define TARGET_ARM_FP_HOST_H
/*
 * Floating point of the guest on the host's own instructions, where those give ARM's answer and flags, else by fp.h.
 *
 * A helper runs under the guest's rounding mode (MXCSR), where flags gather as well (fpcr.c). What differs from ARM: which
 * NaN results, underflow that rounds up to the least normal number (the host looks at tininess after rounding), and everything about
 * flushing to zero. So an operation whose result is a NaN or the least normal number is done again by fp.h, which adds the
 * flags that are missing; with FZ set the host does nothing.
 */
#include <string.h>
#include "target-arm/cpu.h"
#include "target-arm/fp.h"


static inline float fp_float(uint64_t bits)
{
    const uint32_t b = (uint32_t)bits;
    float f;
    memcpy(&f, &b, 4);
    return f;
}
static inline uint64_t fp_bits32(float f)
{
    uint32_t b;
    memcpy(&b, &f, 4);
    return b;
}
static inline double fp_double(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, 8);
    return d;
}
static inline uint64_t fp_bits64(double d)
{
    uint64_t b;
    memcpy(&b, &d, 8);
    return b;
}

/* Whether a result of the host stands: neither the least normal number nor a NaN. */
static inline bool fp_stands32(uint64_t r) { return (uint32_t)(r << 1) <= 0xff000000u && (uint32_t)(r << 1) != 0x01000000u; }
static inline bool fp_stands64(uint64_t r) { return r << 1 <= 0xffe0000000000000ull && r << 1 != 0x0020000000000000ull; }

/* FPCR as an environment, and its flags back. */
static inline struct fp_env fp_env_of(const struct arm_cpu *cpu) { return (struct fp_env){ .control = cpu->fpcr }; }
static inline struct fp_env fp_env_standard(const struct arm_cpu *cpu)
{
    return (struct fp_env){ .control = fp_standard_control(cpu->fpcr) };
}
static inline void fp_env_done(struct arm_cpu *cpu, const struct fp_env *env) { cpu->fpsr |= env->flags; }

/* A lane of 32 bits that arithmetic under any flush-to-zero setting and round to nearest treats as the host does, whatever
 * other such lane it meets: zero, or of a magnitude from 2^-62 to 2^63. */
static inline bool fp_tame32(uint32_t x)
{
    return (x & 0x7fffffff) == 0 || (x >> 23 & 0xff) - 65u < 126u;
}

#endif
