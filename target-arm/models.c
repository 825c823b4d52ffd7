/* SPDX-License-Identifier: MIT */
/*
 * CPU models. Identification registers are those of the technical reference manuals (Cortex-A7 r0p5, A9 r0p0, A15
 * r2p1, A53
 * r0p4, A57 r1p0, A72 r0p3), without what is not there (statistical profiling, trace). `max` is a CPU with
 * everything that
 * is implemented here; its registers are computed from its features in sysreg_id.c.
 */
#include <string.h>
#include "target-arm/models.h"
#include "base/error.h"

#define V7_BASE ARM_V7, ARM_VFP3, ARM_D32, ARM_NEON, ARM_MP, ARM_PMU
#define V7_VE ARM_LPAE, ARM_VFP4, ARM_IDIV_T32, ARM_IDIV_A32, ARM_V7_VIRT, ARM_GTIMER
#define V8_BASE ARM_AARCH64, ARM_V8, V7_BASE, V7_VE, ARM_CRC32, ARM_AES, ARM_PMULL, ARM_SHA1, ARM_SHA256

static const enum arm_feature features_a9[] = { V7_BASE, ARM_FEATURE_NONE };
static const enum arm_feature features_a15[] = { V7_BASE, V7_VE, ARM_FEATURE_NONE };
static const enum arm_feature features_v8[] = { V8_BASE, ARM_FEATURE_NONE };
static const enum arm_feature features_max[] = {
    V8_BASE, ARM_SHA512, ARM_SHA3, ARM_LSE, ARM_RDM, ARM_FP16, ARM_DOTPROD, ARM_PAUTH, ARM_PAN, ARM_UAO, ARM_HAFDBS,
        ARM_FCMA,
    ARM_JSCVT, ARM_RCPC, ARM_FLAGM, ARM_FRINTTS, ARM_FHM, ARM_DPB, ARM_LOR, ARM_FLAGM2, ARM_DPB2, ARM_RCPC2, ARM_SB,
    ARM_SSBS, ARM_DIT, ARM_E0PD, ARM_TTST, ARM_CSV, ARM_I8MM, ARM_FEATURE_NONE,
};

#define IDS_V8 \
    .mvfr = { 0x10110222, 0x12111111, 0x43 }, .id_pfr = { 0x131, 0x11011, 0 }, .id_dfr0 = 0x03010066, \
    .id_mmfr = { 0x10101105, 0x40000000, 0x01260000, 0x02102211 }, \
    .id_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121, 0 }, .dbgdidr = 0x3516d000, \
    .sctlr_reset = 0x00c50838, .aa64pfr = { 0x2222 }, .aa64dfr = { 0x10305106 }, .aa64isar = { 0x00011120 }, \
    .clidr = 0x0a200023, .dczid = 4

static const struct arm_model models[] = {
    { .name = "cortex-a7", .el2 = true, .el3 = true, .physical_bits = 40, .features = features_a15,
      .ids = { .midr = 0x410fc075, .ctr = 0x84448003, .clidr = 0x0a200023, .ccsidr = { 0x701fe00a, 0x201fe00a,
      0x711fe07a },
               .fpsid = 0x41023075, .mvfr = { 0x10110222, 0x11111111 }, .id_pfr = { 0x1131, 0x11011 },
               .id_dfr0 = 0x02010555,
               .id_mmfr = { 0x10101105, 0x40000000, 0x01240000, 0x02102211 },
               .id_isar = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142 }, .dbgdidr = 0x3515f005,
               .sctlr_reset = 0x00c50078 } },
    { .name = "cortex-a9", .el3 = true, .physical_bits = 32, .features = features_a9,
      .ids = { .midr = 0x410fc090, .ctr = 0x80038003, .clidr = 0x09000003, .ccsidr = { 0xe00fe019, 0x200fe019 },
               .fpsid = 0x41033090, .mvfr = { 0x10110222, 0x01111111 }, .id_pfr = { 0x1031, 0x11 }, .id_dfr0 = 0,
               .id_mmfr = { 0x00100103, 0x20000000, 0x01230000, 0x00002111 },
               .id_isar = { 0x00101111, 0x13112111, 0x21232041, 0x11112131, 0x00111142 }, .dbgdidr = 0x35141000,
               .sctlr_reset = 0x00c50078 } },
    { .name = "cortex-a15", .el2 = true, .el3 = true, .physical_bits = 40, .features = features_a15,
      .ids = { .midr = 0x414fc0f0, .ctr = 0x8444c004, .clidr = 0x0a200023, .ccsidr = { 0x701fe00a, 0x201fe00a,
      0x711fe07a },
               .fpsid = 0x410430f0, .mvfr = { 0x10110222, 0x11111111 }, .id_pfr = { 0x1131, 0x11011 },
               .id_dfr0 = 0x02010555,
               .id_mmfr = { 0x10201105, 0x20000000, 0x01240000, 0x02102211 },
               .id_isar = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142 }, .dbgdidr = 0x3515f040,
               .sctlr_reset = 0x00c50078 } },
    { .name = "cortex-a53", .aarch64 = true, .el2 = true, .el3 = true, .physical_bits = 40, .features = features_v8,
      .ids = { IDS_V8, .midr = 0x410fd034, .ctr = 0x84448004, .ccsidr = { 0x700fe01a, 0x201fe00a, 0x707fe07a },
               .fpsid = 0x41034070, .aa64mmfr = { 0x1122 } } },
    { .name = "cortex-a57", .aarch64 = true, .el2 = true, .el3 = true, .physical_bits = 44, .features = features_v8,
      .ids = { IDS_V8, .midr = 0x411fd070, .ctr = 0x8444c004, .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a },
               .fpsid = 0x41034070, .aa64mmfr = { 0x1124 } } },
    { .name = "cortex-a72", .aarch64 = true, .el2 = true, .el3 = true, .physical_bits = 44, .features = features_v8,
      .ids = { IDS_V8, .midr = 0x410fd083, .ctr = 0x8444c004, .ccsidr = { 0x701fe00a, 0x201fe012, 0x707fe07a },
               .fpsid = 0x41034080, .aa64mmfr = { 0x1124 } } },
    { .name = "max", .aarch64 = true, .el2 = true, .el3 = true, .physical_bits = 48, .features = features_max,
      .ids = { IDS_V8, .midr = 0x000f0510, .ctr = 0x8444c004, .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a },
               .fpsid = 0x41034070, .aa64mmfr = { 0x00101125 } } },
};

const struct arm_model *arm_model_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(models) + 1] = { NULL };
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        if (!strcmp(models[i].name, name ? name : "cortex-a57")) {
            return &models[i];
        }
        names[i] = models[i].name;
    }
    g_autofree char *hint = nearest_hint(name, names);
    error_fail(error, "unknown CPU model '%s'%s; see 'dragoman help cpus'", name, hint);
    return NULL;
}

const struct frontend *arm_frontend_of(const struct arm_model *model)
{
    return model->aarch64 ? &arm_frontend64 : &arm_frontend32;
}

bool arm_model_is_64(const struct arm_model *model)
{
    return model->aarch64;
}

const char *arm_model_name(const struct arm_model *model)
{
    return model->name;
}

void arm_model_list(void (*each)(void *opaque, const char *name), void *opaque)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        each(opaque, models[i].name);
    }
}

bool arm_has(const struct arm_cpu *cpu, enum arm_feature feature)
{
    return cpu->features >> feature & 1;
}
