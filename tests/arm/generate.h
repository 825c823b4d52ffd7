/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_GENERATE_H
#define TESTS_ARM_GENERATE_H
/* Random words of rows, and random state that makes them meaningful. */
#include "target-arm/trans.h"
#include "tests/arm/random.h"
#include "tests/arm/record.h"

/* Registers, vectors with many special numbers, memory. */
void generate_state(struct generator *g, struct record *r);
/* A word of the row; base registers of memory rows are made to point into the window. */
uint32_t generate_word(struct generator *g, const struct arm_compiled *row, struct record *r);
/* Fields that differ between a and b, one line each; "" when they agree. `what`: names of both. */
GString *generate_differences(const struct record *a, const struct record *b, const char *name_a, const char *name_b);

#endif
