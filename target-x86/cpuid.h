/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_CPUID_H
#define TARGET_X86_CPUID_H
/* CPU models: what -cpu chooses (SDM 2, CPUID). */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A CPUID feature that decides whether an instruction or mode exists; features.def lists them. */
enum x86_feature {
#define X86_FEATURE(name, ...) FEAT_##name,
#include "target-x86/features.def"
#undef X86_FEATURE
    FEAT_COUNT
};

/* Where CPUID says it, and its name in "-cpu MODEL,+NAME". */
struct x86_feature_info { uint32_t leaf, subleaf; uint8_t reg, bit; const char *name; };
extern const struct x86_feature_info x86_features[FEAT_COUNT];

struct x86_cpu;
struct x86_model {
    const char *name, *help;
    const char *vendor;             /* 12 characters */
    const char *brand;              /* up to 48 */
    uint32_t signature;             /* CPUID.1:EAX */
    uint32_t max_leaf, max_extended;
    uint8_t physical_bits;
    bool amd;                       /* vendor-specific behaviour: SYSCALL in compatibility mode, #AC of vectors, F3 41 90 */
    bool host;                      /* under KVM: the host's CPU with what features.def knows as in `has` */
    bool has[FEAT_COUNT];
};
extern const struct x86_model x86_models[];
extern const unsigned x86_model_count;
/* By name, NULL: the first. error: there is none; names the nearest. */
const struct x86_model *x86_model_find(const char *name, GError **error);
/* "NAME,+FEATURE,-FEATURE,FEATURE=on|off": a model of its own, to be freed with g_free after its CPUs. NULL text: the first.
 * error: an unknown model, or a feature that is not there to be switched on; what is not there may be switched off. */
struct x86_model *x86_model_new(const char *text, GError **error);

struct x86_cpuid { uint32_t r[4]; };        /* EAX EBX ECX EDX */
struct x86_cpuid x86_cpuid_leaf(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf);

#endif
