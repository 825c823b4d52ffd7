/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_CPUID_H
#define TARGET_X86_CPUID_H
/* CPU models: what -cpu chooses (SDM 2, CPUID). */
#include <stdbool.h>
#include <stdint.h>

/* A CPUID feature that decides whether an instruction or mode exists; features.def lists them. */
enum x86_feature {
#define X86_FEATURE(name, ...) FEAT_##name,
#include "target-x86/features.def"
#undef X86_FEATURE
    FEAT_COUNT
};

struct x86_cpu;
struct x86_model {
    const char *name, *help;
    const char *vendor;             /* 12 characters */
    const char *brand;              /* up to 48 */
    uint32_t signature;             /* CPUID.1:EAX */
    uint32_t max_leaf, max_extended;
    uint8_t physical_bits;
    bool amd;                       /* vendor-specific behaviour: SYSCALL in compatibility mode, #AC of vectors, F3 41 90 */
    bool has[FEAT_COUNT];
};
extern const struct x86_model x86_models[];
extern const unsigned x86_model_count;

struct x86_cpuid { uint32_t r[4]; };        /* EAX EBX ECX EDX */
struct x86_cpuid x86_cpuid_leaf(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf);

#endif
