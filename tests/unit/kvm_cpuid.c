/* SPDX-License-Identifier: MIT */
/* CPUID of `-cpu host` out of an answer of KVM's (target-x86/kvm_cpuid.c): what goes through, what is withheld, what is the CPU's own. */
#include <string.h>
#include "target-x86/kvm_internal.h"
#include "tests/unit/test.h"

enum { AVX = 1 << 28, AVX2 = 1 << 5, POPCNT = 1 << 23, X2APIC = 1 << 21, DEADLINE = 1 << 24, VMX = 1 << 5, MONITOR = 1 << 3, LA57 = 1 << 16,
       HYPERVISOR = 1u << 31, HTT = 1 << 28, SGX = 1 << 2, XSAVES = 1 << 3, XSAVEOPT = 1 << 0 };

static const struct kvm_cpuid_entry2 answer[] = {
    { .function = 0, .eax = 0x1f, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69 },
    { .function = 1, .eax = 0xc06f2, .ebx = 0x20100800, .edx = HTT | 0x0f8bfbff,
      .ecx = AVX | POPCNT | X2APIC | DEADLINE | VMX | MONITOR },
    { .function = 4, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .eax = 0xfc1f8121, .ebx = 0x2c0003f, .ecx = 63 },
    { .function = 7, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .ebx = AVX2 | SGX, .ecx = LA57 },
    { .function = 0xa, .eax = 0x08300805 },
    { .function = 0xb, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 0x20 },
    { .function = 0xd, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .eax = 7, .ebx = 832, .ecx = 832 },
    { .function = 0xd, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .eax = XSAVES | XSAVEOPT, .ebx = 832, .ecx = 0x1800 },
    { .function = 0x40000000, .eax = 0x40000001, .ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x4d },
    { .function = 0x80000000, .eax = 0x80000008 },
    { .function = 0x80000008, .eax = 0x3030, .ecx = 0x7007 },
};

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *table, uint32_t leaf, uint32_t subleaf)
{
    for (unsigned n = 0; n < table->nent; n++) {
        if (table->entries[n].function == leaf && table->entries[n].index == subleaf) {
            return &table->entries[n];
        }
    }
    return NULL;
}

static struct kvm_cpuid2 *new_table(void)
{
    return g_malloc0(sizeof(struct kvm_cpuid2) + KVM_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));
}

static void host_model(struct test *t)
{
    g_autofree struct kvm_cpuid2 *supported = new_table(), *got = new_table();
    struct x86_model model = *x86_model_find("max", NULL);
    model.host = true;
    model.has[FEAT_X2APIC] = model.has[FEAT_TSC_DEADLINE] = model.has[FEAT_POPCNT] = false;
    struct x86_cpu *cpu = x86_cpu_new(&model, 5, false);
    memcpy(supported->entries, answer, sizeof(answer));
    supported->nent = G_N_ELEMENTS(answer);
    kvm_host_cpuid(cpu, supported, got);
    EXPECT_EQ(t, got->nent, G_N_ELEMENTS(answer) - 3);
    EXPECT(t, !memcmp(find(got, 0, 0), &answer[0], sizeof(answer[0])));
    EXPECT_EQ(t, find(got, 1, 0)->eax, 0xc06f2);
    EXPECT_EQ(t, find(got, 1, 0)->ebx, 0x05010800);                     /* its own APIC ID, one logical CPU */
    EXPECT_EQ(t, find(got, 1, 0)->ecx & (AVX | POPCNT | X2APIC | DEADLINE | VMX | MONITOR), AVX);
    EXPECT_EQ(t, find(got, 1, 0)->ecx & HYPERVISOR, HYPERVISOR);
    EXPECT_EQ(t, find(got, 1, 0)->edx & HTT, 0);
    EXPECT_EQ(t, find(got, 4, 0)->eax, 0x0121);
    EXPECT_EQ(t, find(got, 7, 0)->ebx & (AVX2 | SGX), AVX2);
    EXPECT_EQ(t, find(got, 7, 0)->ecx & LA57, 0);
    EXPECT_EQ(t, find(got, 0xd, 0)->eax, 7);
    EXPECT_EQ(t, find(got, 0xd, 1)->eax & (XSAVES | XSAVEOPT), XSAVEOPT);
    EXPECT_EQ(t, find(got, 0xd, 1)->ecx, 0);
    EXPECT_EQ(t, find(got, 0x80000008, 0)->eax, 0x3030);
    EXPECT_EQ(t, find(got, 0x80000008, 0)->ecx, 0);
    EXPECT(t, !find(got, 0xa, 0) && !find(got, 0xb, 0) && !find(got, 0x40000000, 0));
    x86_cpu_free(cpu);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(host_model) };
    return test_run_cases("kvm_cpuid", cases, G_N_ELEMENTS(cases));
}
