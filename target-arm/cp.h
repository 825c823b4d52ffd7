/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_CP_H
#define TARGET_ARM_CP_H
/*
 * System registers of AArch32: coprocessors 14 and 15 (Arm ARM G8). One row a register; cp15_*.c and cp14.c hold the tables.
 *
 * An encoding is cp << 16 | opc1 << 12 | CRn << 8 | CRm << 4 | opc2, or for 64-bit registers cp << 16 | opc1 << 12 |
 * CRm << 4 | 1 << 31.
 */
#include "target-arm/cpu.h"

#define CP32(cp, opc1, crn, crm, opc2) ((cp) << 16 | (opc1) << 12 | (crn) << 8 | (crm) << 4 | (opc2))
#define CP64(cp, opc1, crm) ((cp) << 16 | (opc1) << 12 | (crm) << 4 | 1u << 31)

enum cp_access {    /* who may; PL1 includes Monitor and Hyp unless said */
    CP_R0 = 1 << 0, CP_W0 = 1 << 1, CP_R1 = 1 << 2, CP_W1 = 1 << 3,
    CP_R2 = 1 << 4, CP_W2 = 1 << 5, /* Hyp and Monitor only */
    CP_R3 = 1 << 6, CP_W3 = 1 << 7, /* secure PL1 only */
    CP_RW1 = CP_R1 | CP_W1, CP_RW2 = CP_R2 | CP_W2, CP_RW0 = CP_R0 | CP_W0 | CP_RW1, CP_RW3 = CP_R3 | CP_W3,
};
enum cp_flag {
    CP_BANKED = 1 << 0,             /* the field is an array by exception level: [EL1] or, in secure PL1, [EL3] */
    CP_VM = 1 << 1,                 /* HCR.TVM and TRVM trap it */
    CP_HIGH = 1 << 2,               /* bits 63:32 of the field */
    CP_WIDE = 1 << 3,               /* writes keep bits 63:32 of the field (its long form has them) */
    CP_PLAIN_READ = 1 << 4,         /* reading has no trap but HSTR and no effect: translated code may load the field */
};

struct cp_reg {
    uint32_t encoding;
    const char *name;
    uint16_t access, flags;
    enum arm_feature feature;
    int offset;                     /* in struct arm_cpu of a uint64_t; -1: none, reads as `constant`, ignores writes */
    uint64_t constant;
    uint64_t (*read)(struct arm_cpu *cpu, const struct cp_reg *reg);
    void (*write)(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value);
};
struct cp_table { const struct cp_reg *regs; unsigned count; };
extern const struct cp_table *const arm_cp_tables[];                 /* ended by NULL */

const struct cp_reg *arm_cp_find(const struct arm_cpu *cpu, uint32_t encoding);
/* Where translated code of this mode may load the register from, or -1. */
int arm_cp_plain(const struct arm_cpu *cpu, uint32_t encoding, uint32_t mode);
/* EL3 for the Secure copy of banked registers, EL1 for the other one. */
unsigned arm_cp_bank(const struct arm_cpu *cpu);
/* Writes it and does all that hangs on it; rights and traps by level were looked at. The row's function may still trap. */
void arm_cp_put(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value);
/* The field of a row in that bank. */
uint64_t *arm_cp_field(struct arm_cpu *cpu, const struct cp_reg *reg);

#endif
