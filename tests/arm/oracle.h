/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_ORACLE_H
#define TESTS_ARM_ORACLE_H
#include <stdbool.h>
#include "tests/arm/record.h"

/* qemu-aarch64 running the oracle program at `path`; NULL: not installed. */
struct oracle;
struct oracle *oracle_new(const char *path);
void oracle_free(struct oracle *oracle);
/* Runs many records; false: the oracle died. */
bool oracle_run(struct oracle *oracle, struct record *records, unsigned count);

/* The same in Dragoman: EL0, MMU off. */
struct guest_arm;
struct guest_arm *guest_arm_new(bool interpret);
void guest_arm_free(struct guest_arm *guest);
void guest_arm_run(struct guest_arm *guest, struct record *record);

#endif
