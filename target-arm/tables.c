/* SPDX-License-Identifier: MIT */
/* All tables of A64's rows, in the order of the manual's groups. Order has no meaning: rows may not overlap. */
#include "target-arm/a64.h"

#define TABLE(name) &arm_table_##name,
const struct arm_table *const arm_tables_a64[] = { ARM_TABLES_A64(TABLE) NULL };
#undef TABLE
