/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_A32_BRANCH_H
#define TARGET_ARM_A32_BRANCH_H
/* Translators of branches that rows of T16 and T32 name. */
#include "target-arm/trans.h"

extern arm_translate a32_b, t32_b_t1, t32_b_t2, t32_b_t3, t32_b_t4, t32_cbz, t32_bl, t32_blx_imm, t32_tbb;

#endif
