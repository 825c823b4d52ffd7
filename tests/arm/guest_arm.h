/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_GUEST_ARM_H
#define TESTS_ARM_GUEST_ARM_H
#include <stdbool.h>
#include "tests/arm/record.h"

/* What the oracle does, in Dragoman: EL0. */
struct guest_arm;
struct guest_arm *guest_arm_new(const char *model, bool interpret);
void guest_arm_free(struct guest_arm *guest);
void guest_arm_run(struct guest_arm *guest, struct record *record);

#endif
