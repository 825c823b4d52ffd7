/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_VIEW_H
#define TARGET_ARM_VIEW_H
#include "tcg/cpu_view.h"

extern const struct cpu_view arm_view64, arm_view32;

#endif
