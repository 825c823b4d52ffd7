/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_ORACLE_H
#define TESTS_ARM32_ORACLE_H
#include <stdbool.h>
#include "tests/arm32/record.h"

/* qemu-arm (-cpu max) running the oracle program at `path`; NULL: not installed. */
struct oracle;
struct oracle *oracle_new(const char *path);
void oracle_free(struct oracle *oracle);
/* Runs many records; false: the oracle died. */
bool oracle_run(struct oracle *oracle, struct record *records, unsigned count);

/* The same in Dragoman: User mode, MMU off. */
struct guest32;
struct guest32 *guest32_new(bool interpret);
void guest32_free(struct guest32 *guest);
void guest32_run(struct guest32 *guest, struct record *record);

#endif
