/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_EXCLUSIVE_H
#define TARGET_ARM_EXCLUSIVE_H
/* Exclusives and atomics as IR, for A64 and AArch32. Values are memory's bytes as a little-endian number; addresses aligned. */
#include "target-arm/trans.h"

/* Before the load of an exclusive; after it arm_monitor_set takes what this gave. */
ir_reg arm_monitor_version(struct arm_trans *t, ir_reg address);
/* high: of 16 bytes, else IR_NONE. */
void arm_monitor_set(struct arm_trans *t, ir_reg address, ir_reg version, ir_reg low, ir_reg high);
void arm_monitor_clear(struct arm_trans *t);
/* 8 to 64 bits, the monitor's address was compared: 0 stored, 1 not. */
ir_reg arm_store_exclusive(struct arm_trans *t, unsigned bits, ir_reg address, ir_reg value);
/* ir_atomic that exclusives of other CPUs notice. */
ir_reg arm_atomic(struct arm_trans *t, enum ir_op op, unsigned bits, ir_reg address, ir_reg b, ir_reg c);

#endif
