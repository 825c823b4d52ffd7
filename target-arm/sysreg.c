/* SPDX-License-Identifier: MIT */
/* MRS, MSR and SYS: finding a register's row, rights and traps (Arm ARM D1.6, D17.1), the access itself. */
#include <inttypes.h>
#include "target-arm/helpers.h"
#include "target-arm/sysreg.h"

static const struct arm_sysreg_table *const tables[] = {
    &arm_sysregs_system, &arm_sysregs_id, &arm_sysregs_cache, &arm_sysregs_timer, &arm_sysregs_debug, &arm_sysregs_pmu,
};

struct arm_sysreg_index { const struct arm_sysreg *row[1 << 16]; };

static struct arm_sysreg_index *index_new(void)
{
    struct arm_sysreg_index *index = g_new0(struct arm_sysreg_index, 1);
    for (unsigned t = 0; t < G_N_ELEMENTS(tables); t++) {
        for (unsigned i = 0; i < tables[t]->count; i++) {
            index->row[tables[t]->rows[i].encoding] = &tables[t]->rows[i];
        }
    }
    return index;
}

const struct arm_sysreg *arm_sysreg_find(const struct arm_cpu *cpu, uint32_t encoding)
{
    struct arm_cpu *owner = (struct arm_cpu *)cpu;      /* a cache, no state */
    if (!owner->sysregs) {
        owner->sysregs = index_new();
    }
    const struct arm_sysreg *row = owner->sysregs->row[encoding & 0xffff];
    return row && row->feature && !arm_has(cpu, row->feature) ? NULL : row;
}

/* The syndrome of the access at hand, for traps out of the functions of rows. */
void arm_sysreg_trap(struct arm_cpu *cpu, unsigned el)
{
    arm_raise(cpu, &(struct arm_exception){ .ec = cpu->access_ec, .iss = cpu->access_iss, .target_el = (uint8_t)el });
}

/* ISS of a trapped MRS, MSR or SYS (D17.2.37). */
static uint32_t iss_of(uint32_t encoding, unsigned rt, bool read)
{
    return (encoding >> 14 & 3) << 20 | (encoding & 7) << 17 | (encoding >> 11 & 7) << 14 |
        (encoding >> 7 & 0xf) << 10 | rt << 5 |
           (encoding >> 3 & 0xf) << 1 | read;
}

static void undefined(struct arm_cpu *cpu, uint32_t encoding, bool write)
{
    log_write(cpu->cpu.log, LOG_guest_errors, "arm: %s of system register S%u_%u_C%u_C%u_%u at EL%u, pc %#" PRIx64 "\n",
              write ? "write" : "read", encoding >> 14 & 3, encoding >> 11 & 7, encoding >> 7 & 0xf,
                  encoding >> 3 & 0xf,
              encoding & 7, cpu->el, cpu->cpu.pc);
    arm_raise_undefined(cpu);
}

/* HCR_EL2's traps of EL1 (and EL0). */
static void check_traps(struct arm_cpu *cpu, const struct arm_sysreg *row, bool write)
{
    uint64_t hcr = arm_hcr(cpu);
    if (cpu->el >= EL2 || !hcr) {
        return;
    }
    if ((row->flags & SYSREG_VM && hcr & (write ? HCR_TVM : HCR_TRVM)) || (row->flags & SYSREG_ID3 && hcr & HCR_TID3) ||
        (row->flags & SYSREG_TACR && hcr & HCR_TACR) || (row->flags & SYSREG_ID2 && hcr & HCR_TID2) ||
        (row->flags & SYSREG_ID1 && hcr & HCR_TID1)) {
        arm_sysreg_trap(cpu, EL2);
    }
}

/* MDCR_EL2's and MDCR_EL3's traps of debug registers (op0 = 2). */
static void check_debug_traps(struct arm_cpu *cpu, uint32_t encoding)
{
    const bool os = (encoding >> 7 & 0xf) == 1, rom = os && !(encoding & 7);
    const uint64_t bit = rom ? MDCR_TDRA : os ? MDCR_TDOSA : MDCR_TDA, mdcr = cpu->mdcr[EL2];
    if (cpu->el < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && (mdcr & (bit | MDCR_TDE) || arm_hcr(cpu) & HCR_TGE)) {
        arm_sysreg_trap(cpu, EL2);
    }
    if (cpu->el < EL3 && cpu->has_el3 && cpu->mdcr[EL3] & bit & ~(uint64_t)MDCR_TDRA) {
        arm_sysreg_trap(cpu, EL3);
    }
}

static uint64_t field_get(const struct arm_cpu *cpu, const struct arm_sysreg *row)
{
    const uint8_t *place = (const uint8_t *)cpu + row->offset;
    if (row->flags & SYSREG_CONST) {
        return row->offset;
    }
    if (row->offset == SYSREG_NO_FIELD) {
        return 0;
    }
    return row->flags & SYSREG_W32 ? *(const uint32_t *)(const void *)place : *(const uint64_t *)(const void *)place;
}

static void field_put(struct arm_cpu *cpu, const struct arm_sysreg *row, uint64_t value)
{
    uint8_t *place = (uint8_t *)cpu + row->offset;
    if (row->offset == SYSREG_NO_FIELD || row->flags & SYSREG_CONST) {
        return;
    }
    if (row->flags & SYSREG_W32) {
        *(uint32_t *)(void *)place = (uint32_t)value;
    } else {
        *(uint64_t *)(void *)place = value;
    }
}

static const struct arm_sysreg *begin(struct arm_cpu *cpu, uint32_t encoding, unsigned rt, bool write)
{
    cpu->access_ec = EC_SYSREG;
    cpu->access_iss = iss_of(encoding, rt, !write);
    const struct arm_sysreg *row = arm_sysreg_find(cpu, encoding);
    if (row && cpu->el >= (write ? row->write_el : row->read_el)) {
        check_traps(cpu, row, write);
        if (arm_sysreg_is_debug(encoding)) {
            check_debug_traps(cpu, encoding);
        }
        return row;
    }
    return NULL;
}

/* Implementation-defined registers (S3_x_C11_Cx and C15) read as zero at EL1 and above. */
static bool implementation_defined(const struct arm_cpu *cpu, uint32_t encoding)
{
    unsigned crn = encoding >> 7 & 0xf;
    return encoding >> 14 == 3 && (crn == 11 || crn == 15) && cpu->el >= EL1;
}

uint64_t helper_arm_sysreg_read(struct cpu *base, uint64_t encoding, uint64_t rt)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct arm_sysreg *row = begin(cpu, (uint32_t)encoding, (unsigned)rt, false);
    uint64_t value = 0;
    if (row) {
        return row->read ? row->read(cpu) : field_get(cpu, row);
    }
    if (!arm_gic_access(cpu, (uint32_t)encoding, &value, false) && !implementation_defined(cpu, (uint32_t)encoding)) {
        undefined(cpu, (uint32_t)encoding, false);
    }
    return value;
}

void arm_sysreg_put(struct arm_cpu *cpu, const struct arm_sysreg *row, uint64_t value)
{
    uint64_t before = row->write ? 0 : field_get(cpu, row);
    if (row->write) {
        row->write(cpu, value);
    } else {
        field_put(cpu, row, value);
    }
    if (row->flags & SYSREG_FLUSH && (row->write || before != value)) {
        arm_flush_all(cpu);
    }
    if (row->flags & SYSREG_SPACE && (row->write || before != value)) {
        arm_space_changed(cpu);
    }
    if (row->flags & SYSREG_MODE) {
        arm_update_mode(cpu);
    }
}

uint64_t helper_arm_sysreg_write(struct cpu *base, uint64_t encoding, uint64_t value, uint64_t rt)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct arm_sysreg *row = begin(cpu, (uint32_t)encoding, (unsigned)rt, true);
    if (!row) {
        if (!arm_gic_access(cpu, (uint32_t)encoding, &value, true) && !implementation_defined(cpu, (uint32_t)encoding)) {
            undefined(cpu, (uint32_t)encoding, true);
        }
        return 0;
    }
    arm_sysreg_put(cpu, row, value);
    return 0;
}
