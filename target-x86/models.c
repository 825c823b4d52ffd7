/* SPDX-License-Identifier: MIT */
/*
 * CPU models: what -cpu chooses. A model is a list of features (features.def), which "-cpu NAME,+FEATURE,-FEATURE" changes. No
 * model has MONITOR: MWAIT works, but a guest whose idle loop is made of it would never let the host sleep.
 */
#include "target-x86/system.h"
#include <string.h>
#include "base/error.h"

#define HAS_486 [FEAT_NONE] = true, [FEAT_FPU] = true, [FEAT_VME] = true, [FEAT_PSE] = true
#define HAS_P3 HAS_486, [FEAT_DE] = true, [FEAT_TSC] = true, [FEAT_MSR] = true, [FEAT_PAE] = true, [FEAT_MCE] = true, \
    [FEAT_CX8] = true, [FEAT_APIC] = true, [FEAT_SEP] = true, [FEAT_MTRR] = true, [FEAT_PGE] = true, [FEAT_MCA] = true, \
    [FEAT_CMOV] = true, [FEAT_PAT] = true, [FEAT_PSE36] = true, [FEAT_MMX] = true, [FEAT_FXSR] = true, [FEAT_SSE] = true
#define HAS_X64 HAS_P3, [FEAT_CLFSH] = true, [FEAT_SSE2] = true, [FEAT_SSE3] = true, [FEAT_CX16] = true, [FEAT_SYSCALL] = true, \
    [FEAT_NX] = true, [FEAT_LM] = true, [FEAT_LAHF64] = true, [FEAT_HYPERVISOR] = true
#define HAS_MAX HAS_X64, [FEAT_PCLMULQDQ] = true, [FEAT_SSSE3] = true, [FEAT_PCID] = true, \
    [FEAT_SSE41] = true, [FEAT_SSE42] = true, [FEAT_X2APIC] = true, [FEAT_MOVBE] = true, [FEAT_POPCNT] = true, \
    [FEAT_TSC_DEADLINE] = true, [FEAT_AES] = true, [FEAT_XSAVE] = true, [FEAT_RDRAND] = true, [FEAT_FSGSBASE] = true, \
    [FEAT_TSC_ADJUST] = true, [FEAT_BMI1] = true, [FEAT_SMEP] = true, [FEAT_BMI2] = true, [FEAT_ERMS] = true, \
    [FEAT_INVPCID] = true, [FEAT_RDSEED] = true, [FEAT_ADX] = true, [FEAT_SMAP] = true, [FEAT_CLFLUSHOPT] = true, \
    [FEAT_CLWB] = true, [FEAT_SHA] = true, [FEAT_UMIP] = true, [FEAT_RDPID] = true, [FEAT_XSAVEOPT] = true, \
    [FEAT_XSAVEC] = true, [FEAT_XGETBV1] = true, [FEAT_PDPE1GB] = true, [FEAT_RDTSCP] = true, \
    [FEAT_CR8] = true, [FEAT_LZCNT] = true, [FEAT_PREFETCHW] = true

const struct x86_model x86_models[] = {
    { .name = "qemu64", .help = "x86-64 with SSE3 (default)", .vendor = "AuthenticAMD",
      .brand = "Dragoman Virtual CPU, x86-64",
      .signature = 0x00060fb1, .max_leaf = 0xd, .max_extended = 0x8000000a, .physical_bits = 40,
      .amd = true, .has = { HAS_X64 } },
    { .name = "max", .help = "everything Dragoman has: x86-64-v3 without AVX", .vendor = "AuthenticAMD",
      .brand = "Dragoman Virtual CPU, all features", .signature = 0x00000663, .max_leaf = 0xd, .max_extended = 0x8000000a,
      .physical_bits = 40, .amd = true, .has = { HAS_MAX } },
    { .name = "core2duo", .help = "Intel Core 2 Duo", .vendor = "GenuineIntel",
      .brand = "Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz", .signature = 0x000006fb, .max_leaf = 0xa,
      .max_extended = 0x80000008, .physical_bits = 40, .has = { HAS_X64, [FEAT_SSSE3] = true } },
    { .name = "pentium3", .help = "Intel Pentium III", .vendor = "GenuineIntel", .brand = "", .signature = 0x00000683,
      .max_leaf = 3, .physical_bits = 36, .has = { HAS_P3 } },
    { .name = "486", .help = "Intel 486 DX4", .vendor = "GenuineIntel", .brand = "", .signature = 0x00000480,
      .max_leaf = 1, .physical_bits = 32, .has = { HAS_486 } },
};
const unsigned x86_model_count = G_N_ELEMENTS(x86_models);

/* What may not be switched on: nothing of ours implements it. */
static const enum x86_feature absent[] = { FEAT_MONITOR, FEAT_XSAVES };

const struct x86_feature_info x86_features[FEAT_COUNT] = {
#define X86_FEATURE(name, leaf, subleaf, reg, bit, text) [FEAT_##name] = { leaf, subleaf, reg, bit, text },
#include "target-x86/features.def"
#undef X86_FEATURE
};

const struct x86_model *x86_model_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(x86_models) + 1] = { NULL };
    for (unsigned n = 0; n < x86_model_count; n++) {
        if (!name || !strcmp(name, x86_models[n].name)) {
            return &x86_models[n];
        }
        names[n] = x86_models[n].name;
    }
    g_autofree char *hint = nearest_hint(name, names);
    error_fail(error, "unknown CPU model '%s'%s; see 'dragoman help cpus'", name, hint);
    return NULL;
}

/* As QEMU's: '_' for '-' or '.' too, "sse3" and "lzcnt" by the manual's name. */
static char *feature_name(const char *text, size_t length)
{
    static const char *const manual[][2] = { { "sse3", "pni" }, { "lzcnt", "abm" }, { "sse4-1", "sse4.1" }, { "sse4-2", "sse4.2" } };
    char *name = g_strdelimit(g_strndup(text, length), "_", '-');
    for (unsigned n = 0; n < G_N_ELEMENTS(manual); n++) {
        if (!strcmp(name, manual[n][0])) {
            g_free(name);
            name = g_strdup(manual[n][1]);
        }
    }
    return name;
}

static bool refuse_feature(const char *name, GError **error)
{
    const char *names[FEAT_COUNT] = { NULL };
    for (unsigned n = FEAT_NONE + 1; n < FEAT_COUNT; n++) {
        names[n - 1] = x86_features[n].name;
    }
    const char *nearest = nearest_name(name, names);
    nearest = g_strcmp0(nearest, name) ? nearest : NULL;
    return error_fail(error, "there is no feature '%s'%s%s%s", name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}

/* A feature brings the leaf that says it. */
static bool set_feature(struct x86_model *model, const char *name, bool on, GError **error)
{
    unsigned n = FEAT_NONE + 1;
    while (n < FEAT_COUNT && strcmp(name, x86_features[n].name)) {
        n++;
    }
    bool known = n < FEAT_COUNT;
    for (unsigned a = 0; a < G_N_ELEMENTS(absent); a++) {
        known &= n != absent[a];
    }
    if (!known) {
        return !on || refuse_feature(name, error);
    }
    uint32_t *most = x86_features[n].leaf >> 31 ? &model->max_extended : &model->max_leaf;
    *most = on ? MAX(*most, x86_features[n].leaf) : *most;
    model->has[n] = on;
    return true;
}

/* "+f", "-f", "f", "f=on", "f=off". What concerns QEMU's checks of a host and migration changes nothing here. */
static bool change_model(struct x86_model *model, const char *text, GError **error)
{
    static const char *const no_effect[] = { "check", "enforce", "migratable", NULL };
    const bool sign = *text == '+' || *text == '-';
    const char *name = text + sign, *value = strchr(name, '=');
    g_autofree char *feature = feature_name(name, value ? (size_t)(value - name) : strlen(name));
    if (value && (sign || (strcmp(value, "=on") && strcmp(value, "=off")))) {
        return error_fail(error, "'%s' is not +FEATURE, -FEATURE, FEATURE=on or FEATURE=off", text);
    }
    const bool on = sign ? *text == '+' : !value || !strcmp(value, "=on");
    return g_strv_contains(no_effect, feature) || set_feature(model, feature, on, error);
}

struct x86_model *x86_model_new(const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text ? text : x86_models[0].name, ",", -1);
    const struct x86_model *base = x86_model_find(parts[0] ? parts[0] : "", error);
    struct x86_model *model = base ? g_memdup2(base, sizeof(*base)) : NULL;
    for (unsigned i = 1; model && parts[i]; i++) {
        if (!change_model(model, parts[i], error)) {
            g_clear_pointer(&model, g_free);
        }
    }
    return model;
}
