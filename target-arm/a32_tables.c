/* SPDX-License-Identifier: MIT */
/* The tables of AArch32's instruction sets. */
#include "target-arm/trans.h"

extern const struct arm_table arm_table_a32_dp, arm_table_a32_mul, arm_table_a32_media, arm_table_a32_mem, arm_table_a32_block,
    arm_table_a32_branch, arm_table_a32_system, arm_table_t32_16, arm_table_t32_dp, arm_table_t32_mem, arm_table_t32_system,
    arm_table_vfp_a32, arm_table_vfp_t32, arm_table_neon_a32, arm_table_neon_t32, arm_table_neon_mem_a32, arm_table_neon_mem_t32,
    arm_table_neon_crypto_a32, arm_table_neon_crypto_t32, arm_table_neon_v83_a32, arm_table_neon_v83_t32;

const struct arm_table *const arm_tables_a32[] = {
    &arm_table_a32_dp, &arm_table_a32_mul, &arm_table_a32_media, &arm_table_a32_mem, &arm_table_a32_block,
    &arm_table_a32_branch, &arm_table_a32_system, &arm_table_vfp_a32, &arm_table_neon_a32, &arm_table_neon_mem_a32,
    &arm_table_neon_crypto_a32, &arm_table_neon_v83_a32, NULL,
};
const struct arm_table *const arm_tables_t16[] = { &arm_table_t32_16, NULL };
const struct arm_table *const arm_tables_t32[] = {
    &arm_table_t32_dp, &arm_table_t32_mem, &arm_table_t32_system, &arm_table_vfp_t32, &arm_table_neon_t32, &arm_table_neon_mem_t32,
    &arm_table_neon_crypto_t32, &arm_table_neon_v83_t32, NULL,
};
