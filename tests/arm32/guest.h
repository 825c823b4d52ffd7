/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_GUEST_H
#define TESTS_ARM32_GUEST_H
#include <stdbool.h>
#include "tests/arm32/record.h"

/* What the oracle does, in Dragoman: User mode, MMU off. */
struct guest32;
struct guest32 *guest32_new(bool interpret);
void guest32_free(struct guest32 *guest);
void guest32_run(struct guest32 *guest, struct record *record);

#endif
