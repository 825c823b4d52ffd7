/* SPDX-License-Identifier: MIT */
/* Power-on and INIT state of the x86 CPU (SDM 3, table 9-1), its models, CPUID against features.def, EFLAGS, and the MSR table. */
#include <string.h>
#include "target-x86/system.h"
#include "tests/unit/test.h"

static struct x86_cpu *cpu_of(const char *model, bool bootstrap)
{
    return x86_cpu_new(x86_model_find(model, NULL), bootstrap ? 0 : 1, bootstrap);
}

static void power_on(struct test *t)
{
    struct x86_cpu *cpu = cpu_of("pentium3", true);
    EXPECT(t, cpu->seg[SEG_CS].selector == 0xf000 && cpu->seg[SEG_CS].base == 0xffff0000 && x86_rip(cpu) == 0xfff0);
    EXPECT(t, x86_linear_of_pc(&cpu->cpu, cpu->cpu.pc, cpu->cpu.mode) == 0xfffffff0);
    EXPECT(t, cpu->cr0 == 0x60000010 && cpu->cr4 == 0 && x86_eflags_get(cpu) == 2);
    EXPECT(t, cpu->regs[R_DX] == 0x683 && cpu->regs[R_AX] == 0);
    EXPECT(t, cpu->dr[6] == 0xffff0ff0 && cpu->dr[7] == 0x400);
    EXPECT(t, cpu->idt.limit == 0xffff && cpu->gdt.limit == 0xffff && cpu->seg[SEG_TR].limit == 0xffff);
    EXPECT(t, !(cpu->cpu.mode & (MODE_PE | MODE_CODE32 | MODE_CODE64 | MODE_FLAT)) && (cpu->cpu.mode & MODE_IOPL_OK));
    EXPECT(t, !cpu->cpu.halted);
    x86_cpu_free(cpu);
}

static void init_keeps(struct test *t)
{
    struct x86_cpu *cpu = cpu_of("qemu64", false);
    EXPECT(t, cpu->cpu.halted && cpu->wait_for_sipi);
    cpu->cr0 = CR0_ET | CR0_PE | CR0_CD;
    cpu->mtrr_def = 0xc06;
    cpu->xmm[3].u64[0] = 77;
    cpu->smbase = 0xa0000;
    cpu->regs[R_BX] = 5;
    x86_init(cpu);
    EXPECT(t, cpu->cr0 == (CR0_ET | CR0_CD) && cpu->mtrr_def == 0xc06 && cpu->xmm[3].u64[0] == 77 && cpu->smbase == 0xa0000);
    EXPECT(t, cpu->regs[R_BX] == 0 && cpu->wait_for_sipi);
    x86_cpu_free(cpu);
}

/* Every feature of every model, and nothing else, is in its CPUID bit. */
static void cpuid_says_features(struct test *t)
{
    for (unsigned m = 0; m < x86_model_count; m++) {
        struct x86_cpu *cpu = x86_cpu_new(&x86_models[m], 0, true);
        for (unsigned f = FEAT_NONE + 1; f < FEAT_COUNT; f++) {
            struct x86_cpuid leaf = x86_cpuid_leaf(cpu, x86_features[f].leaf, x86_features[f].subleaf);
            bool reachable = x86_features[f].leaf >> 31 ? x86_features[f].leaf <= x86_models[m].max_extended : x86_features[f].leaf <= x86_models[m].max_leaf;
            bool said = reachable && leaf.r[x86_features[f].reg] >> x86_features[f].bit & 1;
            if (!EXPECT(t, said == x86_models[m].has[f])) {
                printf("# %s: %s\n", x86_models[m].name, x86_features[f].name);
            }
        }
        x86_cpu_free(cpu);
    }
}

static void cpuid_has(struct test *t, const struct x86_model *model, enum x86_feature feature, bool wanted)
{
    struct x86_cpu *cpu = x86_cpu_new(model, 0, true);
    const struct x86_feature_info *info = &x86_features[feature];
    const struct x86_cpuid leaf = x86_cpuid_leaf(cpu, info->leaf, info->subleaf);
    if (!EXPECT(t, (leaf.r[info->reg] >> info->bit & 1) == wanted)) {
        printf("# %s\n", info->name);
    }
    x86_cpu_free(cpu);
}

/* -cpu max,-popcnt ...: CPUID and MSRs follow. */
static void features_by_name(struct test *t)
{
    struct x86_model *less = x86_model_new("max,-popcnt,sse4_2=off,rdtscp=off,+check,migratable=off,-vmx", NULL);
    struct x86_model *more = x86_model_new("pentium3,+sse3,nx,lzcnt=on", NULL);
    if (!EXPECT(t, less && more)) {
        return;
    }
    cpuid_has(t, less, FEAT_POPCNT, false);
    cpuid_has(t, less, FEAT_SSE42, false);
    cpuid_has(t, less, FEAT_SSE41, true);
    cpuid_has(t, more, FEAT_SSE3, true);
    cpuid_has(t, more, FEAT_NX, true);
    cpuid_has(t, more, FEAT_LZCNT, true);
    cpuid_has(t, more, FEAT_LM, false);
    struct x86_cpu *cpu = x86_cpu_new(less, 0, true), *full = cpu_of("max", true);
    uint64_t value;
    EXPECT(t, !x86_msr_read(cpu, 0xc0000103, &value) && x86_msr_read(full, 0xc0000103, &value));
    x86_cpu_free(cpu);
    x86_cpu_free(full);
    g_free(less);
    g_free(more);
    static const char *const wrong[] = { "qemu65", "max,+vmx", "max,+popcmt", "max,popcnt=maybe", "max,+popcnt=on", "max,+monitor", "" };
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        GError *error = NULL;
        if (!EXPECT(t, !x86_model_new(wrong[i], &error) && error)) {
            printf("# %s\n", wrong[i]);
        }
        g_clear_error(&error);
    }
}

static void models(struct test *t)
{
    const struct x86_model *small = x86_model_find("qemu64", NULL), *max = x86_model_find("max", NULL);
    GError *error = NULL;
    for (unsigned f = 0; f < FEAT_COUNT; f++) {
        EXPECT(t, !small->has[f] || max->has[f]);
    }
    EXPECT(t, x86_model_find(NULL, NULL) == small);
    EXPECT(t, !x86_model_find("pentium4", &error) && error && strstr(error->message, "pentium3"));
    g_error_free(error);
}

static void eflags(struct test *t)
{
    struct x86_cpu *cpu = cpu_of("max", true);
    cpu->flags = (struct ir_flags){ .a = 0, .b = 5, .kind = IR_FLAGS_SUB, .width = 32 };    /* 5 - 5 */
    EXPECT(t, (x86_eflags_get(cpu) & EFL_ARITHMETIC) == (EFL_ZF | EFL_PF));
    x86_eflags_put(cpu, EFL_CF | EFL_IF, EFL_CF | EFL_IF);
    EXPECT(t, x86_eflags_get(cpu) == (EFL_ONE | EFL_CF | EFL_ZF | EFL_PF | EFL_IF));
    x86_eflags_put(cpu, 0, ~0ull);
    EXPECT(t, x86_eflags_get(cpu) == EFL_ONE);
    x86_cpu_free(cpu);
}

static void msrs(struct test *t)
{
    struct x86_cpu *cpu = cpu_of("max", true), *old = cpu_of("486", true);
    uint64_t value;
    EXPECT(t, x86_msr_write(cpu, 0xc0000100, 0x7fff12345678) && cpu->seg[SEG_FS].base == 0x7fff12345678);
    EXPECT(t, x86_msr_read(cpu, 0xc0000100, &value) && value == 0x7fff12345678);
    EXPECT(t, !x86_msr_write(cpu, 0xc0000100, 0x800000000000));
    EXPECT(t, x86_msr_write(cpu, 0xc0000082, 0xffff800000000000) && cpu->lstar == 0xffff800000000000);
    EXPECT(t, !x86_msr_write(cpu, 0xc0000082, 0x1000000000000000) && cpu->lstar == 0xffff800000000000);
    EXPECT(t, x86_msr_read(cpu, 0x277, &value) && value == 0x0007040600070406);
    EXPECT(t, !x86_msr_write(cpu, 0x277, 2) && x86_msr_write(cpu, 0x277, 0x0007010600070106));
    EXPECT(t, x86_msr_read(cpu, 0xfe, &value) && (value & 0xff) == 8 && !x86_msr_write(cpu, 0xfe, value));
    EXPECT(t, x86_msr_write(cpu, 0x201, 0xffc0000800) && x86_msr_read(cpu, 0x201, &value) && value == 0xffc0000800);
    EXPECT(t, !x86_msr_write(cpu, 0x201, 1ull << 40) && !x86_msr_write(cpu, 0x200, 2));
    EXPECT(t, x86_msr_write(cpu, 0x26f, 0x0606060606060606) && cpu->mtrr_fixed[10] == 0x0606060606060606);
    EXPECT(t, x86_msr_write(cpu, 0x258, 0x0505) && cpu->mtrr_fixed[1] == 0x0505);
    EXPECT(t, !x86_msr_write(cpu, 0x401, 1) && x86_msr_write(cpu, 0x401, 0));
    EXPECT(t, !x86_msr_read(cpu, 0x12345678, &value) && !x86_msr_write(cpu, 0x12345678, 0));
    EXPECT(t, x86_msr_write(cpu, 0x10, 1000000) && x86_tsc(cpu) == 1000000 && cpu->tsc_adjust == 1000000);
    EXPECT(t, x86_msr_write(cpu, 0x3b, 5) && x86_tsc(cpu) == 5);
    EXPECT(t, !x86_msr_read(old, 0x1b, &value) && !x86_msr_read(old, 0xc0000080, &value));
    x86_cpu_free(cpu);
    x86_cpu_free(old);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(power_on), TEST(init_keeps), TEST(cpuid_says_features), TEST(models), TEST(features_by_name), TEST(eflags), TEST(msrs),
    };
    return test_run_cases("x86", cases, sizeof(cases) / sizeof(cases[0]));
}
