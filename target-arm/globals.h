/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_GLOBALS_H
#define TARGET_ARM_GLOBALS_H
#include "tcg/ir.h"

extern const struct ir_global arm_globals64[], arm_globals32[];
extern const struct ir_helper arm_helpers[];
extern const unsigned arm_helper_count;

#endif
