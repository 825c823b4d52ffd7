/* SPDX-License-Identifier: MIT */
/*
 * Access to AArch32's system registers: finding the row, who may (Arm ARM G1.19, the traps of HSTR, HCR.TVM, TIDCP), the field.
 *
 * CP15 c15 and the lockdown registers that the manuals leave to the implementation read as 0 and ignore writes at PL1.
 */
#include "target-arm/cp.h"
#include "target-arm/sysreg.h"

extern const struct cp_table arm_cp_table_cp15, arm_cp_table_cp15_more, arm_cp_table_cp14;
const struct cp_table *const arm_cp_tables[] = { &arm_cp_table_cp15, &arm_cp_table_cp15_more, &arm_cp_table_cp14, NULL };

static const struct cp_reg implementation_defined = { 0, "IMPLEMENTATION DEFINED", CP_RW1, 0, ARM_FEATURE_NONE, -1, 0, NULL, NULL };

static unsigned crn_of(uint32_t encoding) { return encoding >> 31 ? encoding >> 4 & 15 : encoding >> 8 & 15; }

const struct cp_reg *arm_cp_find(const struct arm_cpu *cpu, uint32_t encoding)
{
    for (const struct cp_table *const *table = arm_cp_tables; *table; table++) {
        for (unsigned i = 0; i < (*table)->count; i++) {
            const struct cp_reg *reg = &(*table)->regs[i];
            if (reg->encoding == encoding && (!reg->feature || arm_has(cpu, reg->feature)))
                return reg;
        }
    }
    const bool lockdown = !(encoding >> 31) && (crn_of(encoding) == 11 || crn_of(encoding) == 15);
    return (encoding >> 16 & 0x7fff) == 15 && lockdown ? &implementation_defined : NULL;
}

/* In Monitor mode SCR.NS picks the bank, although the mode is Secure (G3.4); elsewhere it says the same as the state. */
unsigned arm_cp_bank(const struct arm_cpu *cpu)
{
    return cpu->has_el3 && !arm_el_is_aa64(cpu, EL3) && !(cpu->scr & SCR_NS) ? EL3 : EL1;
}

uint64_t *arm_cp_field(struct arm_cpu *cpu, const struct cp_reg *reg)
{
    const unsigned bank = reg->flags & CP_BANKED ? arm_cp_bank(cpu) : 0;
    return (uint64_t *)((uint8_t *)cpu + reg->offset) + bank;
}

static bool may(const struct arm_cpu *cpu, const struct cp_reg *reg, bool write)
{
    const unsigned shift = write ? 1 : 0;
    const bool secure = arm_is_secure(cpu);
    if (cpu->el == EL0)
        return reg->access >> shift & 1;
    if (reg->access >> (2 + shift) & 1)
        return true;
    if (reg->access >> (4 + shift) & 1 && (cpu->cpsr_m == ARM_HYP || (cpu->cpsr_m == ARM_MON && cpu->has_el2)))
        return true;
    return reg->access >> (6 + shift) & 1 && cpu->has_el3 && secure;
}

/* Whether Hyp mode wants to see this access. */
/* Identification registers by the groups of HCR.TID1 to TID3 (G1.19.2): 1 TCMTR, TLBTR, REVIDR, AIDR; 2 CTR and the cache's;
 * 3 features. */
static bool id_trapped(uint64_t hcr, uint32_t encoding)
{
    switch (encoding) {
    case CP32(15, 0, 0, 0, 2): case CP32(15, 0, 0, 0, 3): case CP32(15, 0, 0, 0, 6): case CP32(15, 1, 0, 0, 7): return hcr & HCR_TID1;
    case CP32(15, 0, 0, 0, 1): case CP32(15, 1, 0, 0, 0): case CP32(15, 1, 0, 0, 1): case CP32(15, 2, 0, 0, 0): return hcr & HCR_TID2;
    default: break;
    }
    return hcr & HCR_TID3 && encoding >= CP32(15, 0, 0, 1, 0) && encoding <= CP32(15, 0, 0, 7, 7);
}

/* Cache maintenance by HCR.TSW (set and way), TPC (to the point of coherency), TPU (to that of unification). */
static bool cache_trapped(uint64_t hcr, uint32_t encoding)
{
    switch (encoding) {
    case CP32(15, 0, 7, 6, 2): case CP32(15, 0, 7, 10, 2): case CP32(15, 0, 7, 14, 2): return hcr & HCR_TSW;
    case CP32(15, 0, 7, 6, 1): case CP32(15, 0, 7, 10, 1): case CP32(15, 0, 7, 14, 1): return hcr & HCR_TPC;
    case CP32(15, 0, 7, 1, 0): case CP32(15, 0, 7, 5, 0): case CP32(15, 0, 7, 5, 1): case CP32(15, 0, 7, 11, 1): return hcr & HCR_TPU;
    default: return false;
    }
}

static bool trapped(const struct arm_cpu *cpu, const struct cp_reg *reg, uint32_t encoding, bool write)
{
    const uint64_t hcr = arm_hcr(cpu);
    const unsigned crn = crn_of(encoding);
    if (!cpu->has_el2 || cpu->el >= EL2 || arm_is_secure(cpu) || (encoding >> 16 & 0x7fff) != 15)
        return false;
    if (cpu->hstr >> crn & 1 && crn != 4 && crn != 14)
        return true;
    if (reg->flags & CP_VM && hcr & (write ? HCR_TVM : HCR_TRVM))
        return true;
    if (id_trapped(hcr, encoding) || cache_trapped(hcr, encoding))
        return true;
    if (crn == 8 && hcr & HCR_TTLB)
        return true;
    if (hcr & HCR_TACR && encoding == CP32(15, 0, 1, 0, 1))
        return true;
    if (cpu->cptr[EL2] & CPTR_TCPAC && encoding == CP32(15, 0, 1, 0, 2))
        return true;
    return hcr & HCR_TIDCP && (crn == 9 || crn == 10 || crn == 11) && reg == &implementation_defined;
}

static enum arm_ec class_of(uint32_t encoding)
{
    if ((encoding >> 16 & 0x7fff) == 14)
        return encoding >> 31 ? EC_CP14_64 : EC_CP14_32;
    return encoding >> 31 ? EC_CP15_64 : EC_CP15_32;
}

/* Each execution asks: the tables are long. */
static const struct cp_reg *found(struct arm_cpu *cpu, uint32_t encoding)
{
    const unsigned n = (encoding ^ encoding >> 5 ^ encoding >> 10) % G_N_ELEMENTS(cpu->cp_found);
    if (!cpu->cp_found[n].reg || cpu->cp_found[n].encoding != encoding) {
        cpu->cp_found[n].encoding = encoding;
        cpu->cp_found[n].reg = arm_cp_find(cpu, encoding);
    }
    return cpu->cp_found[n].reg;
}

static const struct cp_reg *checked(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss, bool write)
{
    const struct cp_reg *reg = found(cpu, encoding);
    cpu->access_ec = class_of(encoding);
    cpu->access_iss = iss;
    if (!reg || !may(cpu, reg, write)) {
        if (!reg)
            log_write(cpu->cpu.log, LOG_unimp, "CP%u opc1 %u CRn %u CRm %u opc2 %u: no such register\n", encoding >> 16 & 15,
                      encoding >> 12 & 7, encoding >> 8 & 15, encoding >> 4 & 15, encoding & 15);
        arm_raise_undefined(cpu);
    }
    if (trapped(cpu, reg, encoding, write)) {
        arm_raise(cpu, &(struct arm_exception){ .ec = class_of(encoding), .iss = iss, .target_el = EL2 });
    }
    return reg;
}

/* The GICv3 CPU interface has its registers at c12 and c4 under the numbers that AArch64 has. */
static bool gic(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss, uint64_t *value, bool write)
{
    const unsigned opc1 = encoding >> 12 & 7, crn = encoding >> 8 & 15, crm = encoding >> 4 & 15, opc2 = encoding & 15;
    uint32_t reg = ARM_SYSREG(3, opc1, crn, crm, opc2);
    if ((encoding >> 16 & 0x7fff) != 15)
        return false;
    if (encoding >> 31) {
        if (crm != 12 || opc1 > 2 || !write)
            return false;
        reg = ARM_SYSREG(3, 0, 12, 11, 5 + opc1);
    }
    cpu->access_ec = class_of(encoding);
    cpu->access_iss = iss;
    return arm_gic_access(cpu, reg, value, write);
}

uint64_t arm_cp_read(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss)
{
    uint64_t value = 0;
    if (gic(cpu, encoding, iss, &value, false))
        return value;
    const struct cp_reg *reg = checked(cpu, encoding, iss, false);
    value = reg->constant;
    if (reg->read) {
        value = reg->read(cpu, reg);
    } else if (reg->offset >= 0) {
        value = *arm_cp_field(cpu, reg);
    }
    return encoding >> 31 ? value : (uint32_t)value;
}

void arm_cp_put(struct arm_cpu *cpu, const struct cp_reg *reg, uint64_t value)
{
    value = reg->encoding >> 31 ? value : (uint32_t)value;
    if (reg->write) {
        reg->write(cpu, reg, value);
    } else if (reg->offset >= 0 && !reg->read) {
        *arm_cp_field(cpu, reg) = value;
    }
}

void arm_cp_write(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss, uint64_t value)
{
    if (gic(cpu, encoding, iss, &value, true))
        return;
    arm_cp_put(cpu, checked(cpu, encoding, iss, true), value);
}

/* The thread registers of non-secure state (or of a machine without EL3) when nothing can trap them. */
int arm_cp_plain(const struct arm_cpu *cpu, uint32_t encoding, uint32_t mode)
{
    if (cpu->has_el2 || cpu->has_el3)
        return -1;
    switch (encoding) {
    case CP32(15, 0, 13, 0, 2): return offsetof(struct arm_cpu, tpidr[EL0]);
    case CP32(15, 0, 13, 0, 3): return offsetof(struct arm_cpu, tpidrro);
    case CP32(15, 0, 13, 0, 4): return mode & MODE_EL ? (int)offsetof(struct arm_cpu, tpidr[EL1]) : -1;
    default:                    return -1;
    }
}
