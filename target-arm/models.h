/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_MODELS_H
#define TARGET_ARM_MODELS_H
/* What -cpu chooses: features and identification registers (models.c). */
#include "target-arm/cpu.h"

struct arm_ids {
    uint32_t midr, revidr, ctr, clidr, ccsidr[4], fpsid, mvfr[3], id_pfr[3], id_dfr0, id_afr0, id_mmfr[6], id_isar[7],
        dbgdidr,
        sctlr_reset;
    uint64_t aa64pfr[2], aa64dfr[2], aa64isar[3], aa64mmfr[3], pmceid0, pmceid1;
    uint32_t dczid;
};

struct arm_model {
    const char *name;
    bool aarch64;
    bool el2, el3;                  /* the hardware has them */
    unsigned physical_bits;
    const enum arm_feature *features;       /* ended by ARM_FEATURE_NONE */
    struct arm_ids ids;
};

#endif
