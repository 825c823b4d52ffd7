/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_UNPREDICTABLE_H
#define TESTS_ARM32_UNPREDICTABLE_H
#include "target-arm/trans.h"

/*
 * What the Arm ARM says when this word of the row is UNPREDICTABLE or gives UNKNOWN results, so that a comparison with another
 * implementation means nothing; NULL: it is not. table: the row's. Being in an IT block is not looked at.
 */
const char *unpredictable(const struct arm_compiled *row, const char *table, uint32_t word);
/* A rule: which tables and names ('|' between them, one '*' in each, '!' in front: all but these; NULL: any), when, the manual's words. */
struct unpredictable_rule { const char *tables, *names, *when, *words; };

#endif
