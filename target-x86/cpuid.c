/* SPDX-License-Identifier: MIT */
/*
 * CPUID (SDM 2, CPUID; AMD APM 3, appendix E for the 8000_00xx leaves). The leaves of a model (models.c) come from features.def, so
 * that what CPUID says and what raises #UD cannot differ.
 *
 * The leaves at 4000_0000h name Dragoman and, as other hypervisors do, the frequency of the TSC.
 */
#include "target-x86/system.h"
#include <string.h>
#include <sys/random.h>

static void add_features(const struct x86_model *model, uint32_t leaf, uint32_t subleaf, struct x86_cpuid *out)
{
    for (unsigned n = FEAT_NONE + 1; n < FEAT_COUNT; n++) {
        const struct x86_feature_info *f = &x86_features[n];
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

enum { APIC_BUS_KHZ = 1000000 };

static void hypervisor_leaf(const struct x86_cpu *cpu, uint32_t leaf, struct x86_cpuid *out)
{
    if (leaf == 0x40000000) {
        out->r[0] = 0x40000010;
        put_vendor(out, "DragomanDBT ", true);
    } else if (leaf == 0x40000010) {
        out->r[0] = cpu->tsc_khz ? (uint32_t)cpu->tsc_khz : APIC_BUS_KHZ;       /* of the TSC */
        out->r[1] = APIC_BUS_KHZ;
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
        hypervisor_leaf(cpu, leaf, &out);
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
