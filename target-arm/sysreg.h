/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_SYSREG_H
#define TARGET_ARM_SYSREG_H
/*
 * AArch64 system registers and SYS instructions as rows (Arm ARM D17). A row without functions is a plain field of
 * the CPU
 * structure or a constant zero; helper and translator read the same row.
 */
#include "target-arm/system.h"

/* Also what struct arm_board's gic_read gets. */
#define ARM_SYSREG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum arm_sysreg_flag {
    SYSREG_MODE = 1 << 0,           /* a write changes what cpu.mode is made of */
    SYSREG_POLL = 1 << 1,           /* ... or what interrupts depend on */
    SYSREG_FLUSH = 1 << 2,          /* ... or all translations */
    SYSREG_SPACE = 1 << 3,          /* ... or says which address space is in force */
    SYSREG_VM = 1 << 4,             /* HCR.TVM and TRVM trap it */
    SYSREG_SLOW = 1 << 5,           /* never inlined: access depends on other registers */
    SYSREG_CONST = 1 << 6,          /* `offset` is the value */
    SYSREG_W32 = 1 << 7,            /* 32 bits */
    SYSREG_ID3 = 1 << 8,            /* HCR.TID3 traps it */
    SYSREG_TACR = 1 << 9,           /* HCR.TACR traps it */
    SYSREG_ID2 = 1 << 10,           /* HCR.TID2 */
    SYSREG_ID1 = 1 << 11,           /* HCR.TID1 */
    SYSREG_TRAPS = SYSREG_VM | SYSREG_ID3 | SYSREG_TACR | SYSREG_ID2 | SYSREG_ID1,
};
enum { SYSREG_NEVER = 4 };          /* read_el or write_el */
enum { SYSREG_NO_FIELD = 0 };       /* offset: reads as zero, writes are ignored */

struct arm_sysreg {
    uint16_t encoding;
    const char *name;
    uint8_t read_el, write_el;      /* lowest level that may */
    uint16_t flags;
    uint32_t offset;
    uint64_t (*read)(struct arm_cpu *cpu);
    void (*write)(struct arm_cpu *cpu, uint64_t value);
    enum arm_feature feature;
};
struct arm_sysreg_table { const struct arm_sysreg *rows; unsigned count; };
#define SYSREG_TABLE(nm) const struct arm_sysreg_table arm_sysregs_##nm = { rows, G_N_ELEMENTS(rows) }

#define CPU_FIELD(field) offsetof(struct arm_cpu, field)
#define SYSREG_RW(op0, op1, crn, crm, op2, nm, el, field, fl) \
    { .encoding = ARM_SYSREG(op0, op1, crn, crm, op2), .name = nm, .read_el = el, .write_el = el, .flags = fl, \
      .offset = CPU_FIELD(field) }
#define SYSREG_RO(op0, op1, crn, crm, op2, nm, el, fn, fl) \
    { .encoding = ARM_SYSREG(op0, op1, crn, crm, op2), .name = nm, .read_el = el, .write_el = SYSREG_NEVER, \
      .flags = fl, \
      .read = fn }
#define SYSREG_FN(op0, op1, crn, crm, op2, nm, el, rd, wr, fl) \
    { .encoding = ARM_SYSREG(op0, op1, crn, crm, op2), .name = nm, .read_el = el, .write_el = el, .flags = fl, \
      .read = rd, \
      .write = wr }
#define SYSREG_ZERO(op0, op1, crn, crm, op2, nm, el, fl) \
    { .encoding = ARM_SYSREG(op0, op1, crn, crm, op2), .name = nm, .read_el = el, .write_el = el, .flags = fl }
#define SYSREG_DO(op1, crn, crm, op2, nm, el, fn, fl) \
    { .encoding = ARM_SYSREG(1, op1, crn, crm, op2), .name = nm, .read_el = SYSREG_NEVER, .write_el = el, .flags = fl, \
      .write = fn }

/* op0 = 2: MDCR_EL2 and MDCR_EL3 may trap it. */
static inline bool arm_sysreg_is_debug(uint32_t encoding) { return encoding >> 14 == 2; }
const struct arm_sysreg *arm_sysreg_find(const struct arm_cpu *cpu, uint32_t encoding);
/* Writes and does all that hangs on it; rights and traps by level were looked at. The row's function may still trap. */
void arm_sysreg_put(struct arm_cpu *cpu, const struct arm_sysreg *row, uint64_t value);
/* By a trap of a register or instruction to a level: raises with the syndrome of the instruction at hand. */
void arm_sysreg_trap(struct arm_cpu *cpu, unsigned el) __attribute__((noreturn));

/* sysreg_gic.c: access to the interrupt controller's CPU interface by its AArch64 encoding, after access_ec and access_iss are
 * set. May raise; false: there is no such register at this level. */
bool arm_gic_access(struct arm_cpu *cpu, uint32_t reg, uint64_t *value, bool write);

/* sysreg_cache.c: what AArch32's view uses too */
void arm_at(struct arm_cpu *cpu, uint64_t address, unsigned mmu, bool write, bool both_stages);
void arm_flush_address(struct arm_cpu *cpu, uint64_t address);
void arm_flush_others(struct arm_cpu *cpu);                      /* all that other CPUs have; done when a DSB waits for it */

/* sysreg_debug.c: the debug communications channel and MDSCR, also AArch32's. They may raise. */
void arm_mdscr_put(struct arm_cpu *cpu, uint64_t value);
void arm_dcc_check(struct arm_cpu *cpu);
uint64_t arm_dcc_status(struct arm_cpu *cpu);
uint64_t arm_dcc_receive(struct arm_cpu *cpu);
void arm_dcc_send(struct arm_cpu *cpu, uint64_t value);

extern const struct arm_sysreg_table arm_sysregs_system, arm_sysregs_id, arm_sysregs_cache, arm_sysregs_timer,
    arm_sysregs_debug,
    arm_sysregs_pmu;

#endif
