/* SPDX-License-Identifier: MIT */
/*
 * CPU models and CPUID (SDM 2, CPUID; AMD APM 3, appendix E for the 8000_00xx leaves). A model is a list of features;
 * the leaves come from features.def, so that what CPUID says and what raises #UD cannot differ. No model has MONITOR:
 * MWAIT works, but a guest whose idle loop is made of it would never let the host sleep.
 *
 * The leaves at 4000_0000h name Dragoman and, as other hypervisors do, the frequency of the TSC.
 */
#include "target-x86/system.h"
#include <string.h>
#include <sys/random.h>
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

const struct x86_model *x86_model_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(x86_models) + 1] = { NULL };

    for (unsigned n = 0; n < x86_model_count; n++) {
        if (!name || !strcmp(name, x86_models[n].name)) {
            return &x86_models[n];
        }
        names[n] = x86_models[n].name;
    }
    const char *near = nearest_name(name, names);
    error_fail(error, "unknown CPU model '%s'%s%s%s; see 'dragoman help cpus'", name, near ? "; did you mean '" : "",
               near ? near : "", near ? "'?" : "");
    return NULL;
}

/* ---- leaves ---- */

struct feature_bit { uint32_t leaf, subleaf; uint8_t reg, bit; };
static const struct feature_bit feature_bits[FEAT_COUNT] = {
#define X86_FEATURE(name, leaf, subleaf, reg, bit) [FEAT_##name] = { leaf, subleaf, reg, bit },
#include "target-x86/features.def"
#undef X86_FEATURE
};

static void add_features(const struct x86_model *model, uint32_t leaf, uint32_t subleaf, struct x86_cpuid *out)
{
    for (unsigned n = FEAT_NONE + 1; n < FEAT_COUNT; n++) {
        const struct feature_bit *f = &feature_bits[n];
        if (model->has[n] && f->leaf == leaf && f->subleaf == subleaf) {
            out->r[f->reg] |= 1u << f->bit;
        }
    }
}

static void put_text(struct x86_cpuid *out, const char *text, unsigned offset)
{
    char bytes[16] = { 0 };

    if (strlen(text) > offset) {
        memcpy(bytes, text + offset, MIN(strlen(text + offset), sizeof(bytes)));
    }
    memcpy(out->r, bytes, sizeof(bytes));
}

/* EBX, EDX, ECX or EBX, ECX, EDX spell the twelve letters. */
static void put_vendor(struct x86_cpuid *out, const char *vendor, bool hypervisor)
{
    memcpy(&out->r[1], vendor, 4);
    memcpy(&out->r[hypervisor ? 2 : 3], vendor + 4, 4);
    memcpy(&out->r[hypervisor ? 3 : 2], vendor + 8, 4);
}

static void leaf_1(struct x86_cpu *cpu, struct x86_cpuid *out)
{
    out->r[0] = cpu->model->signature;
    out->r[1] = cpu->apic_id << 24 | 1 << 16 | (x86_has(cpu, FEAT_CLFSH) ? 8 << 8 : 0);
    add_features(cpu->model, 1, 0, out);
    out->r[2] |= cpu->cr4 & CR4_OSXSAVE ? 1u << 27 : 0;
    if (!(cpu->apic_base & 0x800)) {
        out->r[3] &= ~(1u << 9);
    }
}

/* Deterministic cache parameters of Intel's: 32 KiB data, 32 KiB code, 4 MiB second level, 64-byte lines. */
static void leaf_4(struct x86_cpu *cpu, uint32_t subleaf, struct x86_cpuid *out)
{
    static const struct x86_cpuid caches[] = {
        { { 0x121, 7 << 22 | 63, 63, 1 } }, { { 0x122, 7 << 22 | 63, 63, 1 } }, { { 0x143, 15 << 22 | 63, 4095, 1 } },
    };

    if (!cpu->model->amd && subleaf < G_N_ELEMENTS(caches)) {
        *out = caches[subleaf];
    }
}

static void leaf_d(struct x86_cpu *cpu, uint32_t subleaf, struct x86_cpuid *out)
{
    enum { LEGACY_AREA_AND_HEADER = 576 };

    if (!x86_has(cpu, FEAT_XSAVE)) {
        return;
    }
    if (subleaf == 0) {
        *out = (struct x86_cpuid){ { 3, LEGACY_AREA_AND_HEADER, LEGACY_AREA_AND_HEADER, 0 } };
    } else if (subleaf == 1) {
        out->r[1] = LEGACY_AREA_AND_HEADER;
    }
    add_features(cpu->model, 0xd, subleaf, out);
}

static void extended_leaf(struct x86_cpu *cpu, uint32_t leaf, struct x86_cpuid *out)
{
    const struct x86_model *model = cpu->model;
    struct x86_cpuid standard = { { 0 } };

    switch (leaf) {
    case 0x80000000:
        out->r[0] = model->max_extended;
        if (model->amd) {
            put_vendor(out, model->vendor, false);
        }
        break;
    case 0x80000001:
        add_features(model, leaf, 0, out);
        if (model->amd) {       /* AMD's copy of the bits that both have */
            out->r[0] = model->signature;
            add_features(model, 1, 0, &standard);
            out->r[3] |= standard.r[3] & 0x0183f3ff;
        }
        break;
    case 0x80000002: case 0x80000003: case 0x80000004:
        put_text(out, model->brand, (leaf - 0x80000002) * 16);
        break;
    case 0x80000005:
        *out = (struct x86_cpuid){ { 0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140 } };
        break;
    case 0x80000006:
        *out = (struct x86_cpuid){ { 0, 0x42004200, 0x02008140, 0 } };
        break;
    case 0x80000007:
        out->r[3] = 1 << 8;     /* invariant TSC: ours counts virtual time */
        break;
    case 0x80000008:
        out->r[0] = model->physical_bits | (model->has[FEAT_LM] ? 48 : 32) << 8;
        break;
    }
}

static void hypervisor_leaf(uint32_t leaf, struct x86_cpuid *out)
{
    if (leaf == 0x40000000) {
        out->r[0] = 0x40000010;
        put_vendor(out, "DragomanDBT ", true);
    } else if (leaf == 0x40000010) {
        out->r[0] = out->r[1] = 1000000;        /* kHz of the TSC and of the APIC bus */
    }
}

static void basic_leaf(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf, struct x86_cpuid *out)
{
    switch (leaf) {
    case 0:
        out->r[0] = cpu->model->max_leaf;
        put_vendor(out, cpu->model->vendor, false);
        break;
    case 1: leaf_1(cpu, out); break;
    case 2: *out = (struct x86_cpuid){ { cpu->model->amd ? 0 : 1, 0, 0, cpu->model->amd ? 0 : 0x2c307d } }; break;
    case 4: leaf_4(cpu, subleaf, out); break;
    case 5: *out = (struct x86_cpuid){ { 64, 64, 3, 0 } }; break;
    case 7:
        if (subleaf == 0) {
            add_features(cpu->model, 7, 0, out);
        }
        break;
    case 0xd: leaf_d(cpu, subleaf, out); break;
    }
}

struct x86_cpuid x86_cpuid_leaf(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
    const struct x86_model *model = cpu->model;
    struct x86_cpuid out = { { 0 } };

    if (leaf >> 16 == 0x4000 && model->has[FEAT_HYPERVISOR]) {
        hypervisor_leaf(leaf, &out);
    } else if (leaf >> 16 == 0x8000 && leaf <= model->max_extended) {
        extended_leaf(cpu, leaf, &out);
    } else if (leaf <= model->max_leaf) {
        basic_leaf(cpu, leaf, subleaf, &out);
    } else if (!model->amd) {   /* Intel: out of range gives the highest basic leaf */
        basic_leaf(cpu, model->max_leaf, subleaf, &out);
    }
    return out;
}

uint64_t helper_cpuid(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_cpuid out = x86_cpuid_leaf(cpu, cpu->regs[R_AX], cpu->regs[R_CX]);

    cpu->regs[R_AX] = out.r[0];
    cpu->regs[R_BX] = out.r[1];
    cpu->regs[R_CX] = out.r[2];
    cpu->regs[R_DX] = out.r[3];
    return 0;
}

/* RDRAND, RDSEED. */
uint64_t helper_random(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint64_t value;

    if (!cpu->deterministic && getrandom(&value, sizeof(value), 0) == sizeof(value)) {
        return value;
    }
    /* splitmix64 */
    value = cpu->random_state += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}
