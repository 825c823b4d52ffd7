/* SPDX-License-Identifier: MIT */
/*
 * CPU models under KVM: CPUID is the model's (cpuid.c), less what the host's KVM cannot give, and less what KVM offers only with
 * an interrupt controller of its own: x2APIC and the deadline timer. With `-cpu host` it is KVM's own, less the same and what is
 * withheld below; each CPU is a package of its own as in all models.
 */
#include "target-x86/kvm_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST_SUBLEAVES = 8 };

static struct kvm_cpuid2 *new_table(void)
{
    return g_malloc0(sizeof(struct kvm_cpuid2) + KVM_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));
}

/* A register of a leaf; 0: it has no such leaf. */
static uint32_t kvm_leaf(const struct kvm_cpuid2 *supported, uint32_t leaf, uint32_t subleaf, unsigned reg)
{
    for (unsigned i = 0; i < supported->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &supported->entries[i];
        if (e->function == leaf && e->index == subleaf) {
            const uint32_t r[4] = { e->eax, e->ebx, e->ecx, e->edx };
            return r[reg];
        }
    }
    return 0;
}

/* What needs KVM's own interrupt controller, or lets a guest idle without the host knowing; what KVM gives though it does not say so. */
static const enum x86_feature never[] = { FEAT_X2APIC, FEAT_TSC_DEADLINE, FEAT_MONITOR };
static const enum x86_feature always[] = { FEAT_APIC, FEAT_HYPERVISOR, FEAT_CR8 };

/* What the translator and resets go by. */
static void take_identity(const struct kvm_cpuid2 *supported, struct x86_model *model)
{
    const uint32_t letters = kvm_leaf(supported, 0, 0, 2);
    model->amd = !memcmp(&letters, "cAMD", sizeof(letters));
    model->vendor = model->amd ? "AuthenticAMD" : "GenuineIntel";
    model->signature = kvm_leaf(supported, 1, 0, 0);
    model->physical_bits = 52;                  /* the most there can be; the host's is less */
}

bool x86_kvm_fit_model(struct x86_model *model)
{
    g_autofree struct kvm_cpuid2 *supported = new_table();
    const int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    supported->nent = KVM_CPUID_ENTRIES;
    const bool good = fd >= 0 && !ioctl(fd, KVM_GET_SUPPORTED_CPUID, supported);
    for (unsigned n = FEAT_NONE + 1; good && n < FEAT_COUNT; n++) {
        const struct x86_feature_info *f = &x86_features[n];
        bool keep = kvm_leaf(supported, f->leaf, f->subleaf, f->reg) >> f->bit & 1;
        for (unsigned i = 0; i < G_N_ELEMENTS(always); i++) {
            keep |= n == always[i];
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(never); i++) {
            keep &= n != never[i];
        }
        model->has[n] &= keep;
    }
    if (good && model->host) {
        take_identity(supported, model);
    }
    const uint8_t physical_bits = good ? kvm_leaf(supported, 0x80000008, 0, 0) & 0xff : 0;
    model->physical_bits = physical_bits ? MIN(model->physical_bits, physical_bits) : model->physical_bits;
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

bool x86_kvm_has_smm(void)
{
    const int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    const bool has = fd >= 0 && ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) > 0 &&
                     ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE) > 1;
    if (fd >= 0) {
        close(fd);
    }
    return has;
}

static bool has_subleaves(uint32_t leaf)
{
    return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

static void add_leaf(struct x86_cpu *cpu, struct kvm_cpuid2 *table, uint32_t leaf)
{
    for (uint32_t sub = 0; sub < (has_subleaves(leaf) ? MOST_SUBLEAVES : 1) && table->nent < KVM_CPUID_ENTRIES; sub++) {
        const struct x86_cpuid out = x86_cpuid_leaf(cpu, leaf, sub);
        table->entries[table->nent++] = (struct kvm_cpuid_entry2){
            .function = leaf, .index = sub, .flags = has_subleaves(leaf) ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
            .eax = out.r[0], .ebx = out.r[1], .ecx = out.r[2], .edx = out.r[3],
        };
    }
}

static void add_leaves(struct x86_cpu *cpu, struct kvm_cpuid2 *table, uint32_t first, uint32_t last)
{
    for (uint32_t leaf = first; leaf <= last; leaf++) {
        add_leaf(cpu, table, leaf);
    }
}

/* ---- the host's ---- */

/* Needs state that we do not move (nested guests, performance counters, shadow stacks, SGX), or page tables that we cannot read
 * (LA57); the last two rows tell of cores and threads in a package. */
static const struct { uint32_t leaf, subleaf; uint8_t reg; uint32_t bits; } withheld[] = {
    { 1, 0, 2, 1 << 5 | 1 << 6 | 1 << 15 },                     /* VMX, SMX, PDCM */
    { 7, 0, 1, 1 << 2 },                                        /* SGX */
    { 7, 0, 2, 1 << 7 | 1 << 16 | 1 << 30 },                    /* CET_SS, LA57, SGX_LC */
    { 7, 0, 3, 1 << 20 },                                       /* CET_IBT */
    { 0xd, 1, 2, UINT32_MAX }, { 0xd, 1, 3, UINT32_MAX },       /* IA32_XSS: there is no XSAVES */
    { 0x80000001, 0, 2, 1 << 2 | 1 << 23 | 1 << 24 | 1 << 28 }, /* SVM, performance counters */
    { 0x80000001, 0, 2, 1 << 1 | 1 << 22 }, { 0x80000008, 0, 2, UINT32_MAX },
    { 1, 0, 3, 1 << 28 },
};
static const uint32_t dropped[] = { 0xa, 0xb, 0x12, 0x14, 0x1f, 0x8000000a, 0x8000001e };

static bool is_dropped(uint32_t leaf)
{
    bool found = leaf >> 16 == 0x4000;
    for (unsigned n = 0; n < G_N_ELEMENTS(dropped); n++) {
        found |= leaf == dropped[n];
    }
    return found;
}

static void fit_entry(const struct x86_cpu *cpu, struct kvm_cpuid_entry2 *entry)
{
    uint32_t *const r[4] = { &entry->eax, &entry->ebx, &entry->ecx, &entry->edx };
    for (unsigned n = FEAT_NONE + 1; n < FEAT_COUNT; n++) {
        const struct x86_feature_info *f = &x86_features[n];
        if (f->leaf == entry->function && f->subleaf == entry->index) {
            *r[f->reg] = (*r[f->reg] & ~(1u << f->bit)) | (uint32_t)cpu->model->has[n] << f->bit;
        }
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(withheld); n++) {
        if (withheld[n].leaf == entry->function && withheld[n].subleaf == entry->index) {
            *r[withheld[n].reg] &= ~withheld[n].bits;
        }
    }
    if (entry->function == 1) {
        entry->ebx = (entry->ebx & 0xff00) | 1 << 16 | cpu->apic_id << 24;
    } else if (entry->function == 4 || entry->function == 0x8000001d) {
        entry->eax &= 0x3fff;                   /* who shares the cache: nobody */
    }
}

void kvm_host_cpuid(struct x86_cpu *cpu, const struct kvm_cpuid2 *supported, struct kvm_cpuid2 *out)
{
    for (unsigned n = 0; n < supported->nent && out->nent < KVM_CPUID_ENTRIES; n++) {
        if (!is_dropped(supported->entries[n].function)) {
            out->entries[out->nent] = supported->entries[n];
            fit_entry(cpu, &out->entries[out->nent++]);
        }
    }
}

void kvm_set_cpuid(struct kvm_vcpu *vcpu)
{
    const struct x86_model *model = vcpu->cpu->model;
    g_autofree struct kvm_cpuid2 *table = new_table();
    if (model->host) {
        g_autofree struct kvm_cpuid2 *supported = new_table();
        supported->nent = KVM_CPUID_ENTRIES;
        if (ioctl(vcpu->machine->fd, KVM_GET_SUPPORTED_CPUID, supported)) {
            supported->nent = 0;                /* it was asked before (x86_kvm_fit_model) */
        }
        kvm_host_cpuid(vcpu->cpu, supported, table);
    } else {
        add_leaves(vcpu->cpu, table, 0, model->max_leaf);
    }
    if (model->has[FEAT_HYPERVISOR]) {
        add_leaves(vcpu->cpu, table, 0x40000000, 0x40000010);
    }
    if (!model->host && model->max_extended) {
        add_leaves(vcpu->cpu, table, 0x80000000, model->max_extended);
    }
    KVM_DO(vcpu, KVM_SET_CPUID2, table);
}
