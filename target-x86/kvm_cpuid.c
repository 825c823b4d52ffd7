/* SPDX-License-Identifier: MIT */
/*
 * CPU models under KVM: CPUID is the model's (cpuid.c), less what the host's KVM cannot give, and less what KVM offers only with
 * an interrupt controller of its own: x2APIC and the deadline timer.
 */
#include "target-x86/kvm_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST_ENTRIES = 256, MOST_SUBLEAVES = 8 };

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

bool x86_kvm_fit_model(struct x86_model *model)
{
    g_autofree struct kvm_cpuid2 *supported = g_malloc0(sizeof(*supported) + MOST_ENTRIES * sizeof(supported->entries[0]));
    const int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    supported->nent = MOST_ENTRIES;
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
    for (uint32_t sub = 0; sub < (has_subleaves(leaf) ? MOST_SUBLEAVES : 1) && table->nent < MOST_ENTRIES; sub++) {
        const struct x86_cpuid out = x86_cpuid_leaf(cpu, leaf, sub);
        table->entries[table->nent++] = (struct kvm_cpuid_entry2){
            .function = leaf, .index = sub, .flags = has_subleaves(leaf) ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
            .eax = out.r[0], .ebx = out.r[1], .ecx = out.r[2], .edx = out.r[3],
        };
    }
}

void kvm_set_cpuid(struct kvm_vcpu *vcpu)
{
    const struct x86_model *model = vcpu->cpu->model;
    g_autofree struct kvm_cpuid2 *table = g_malloc0(sizeof(*table) + MOST_ENTRIES * sizeof(table->entries[0]));
    for (uint32_t leaf = 0; leaf <= model->max_leaf; leaf++) {
        add_leaf(vcpu->cpu, table, leaf);
    }
    if (model->has[FEAT_HYPERVISOR]) {
        for (uint32_t leaf = 0x40000000; leaf <= 0x40000010; leaf++) {
            add_leaf(vcpu->cpu, table, leaf);
        }
    }
    for (uint32_t leaf = 0x80000000; model->max_extended && leaf <= model->max_extended; leaf++) {
        add_leaf(vcpu->cpu, table, leaf);
    }
    KVM_DO(vcpu, KVM_SET_CPUID2, table);
}
