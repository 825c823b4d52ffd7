/* SPDX-License-Identifier: MIT */
/*
 * GICv3 virtual CPU interface (IHI 0069, chapter 6): list registers that a hypervisor fills (ICH_*), and what its guest sees of them
 * (ICV_*, which are the ICC_* registers while HCR_EL2.IMO and FMO are set; the CPU decides that, and does the traps of ICH_HCR_EL2).
 * Left out: TSEI, virtual LPIs without a list register.
 */
#include "hw/intc/gicv3_internal.h"

enum { LR_STATE_SHIFT = 62, LR_PENDING = 1, LR_ACTIVE = 2, LR_GROUP_SHIFT = 60, LR_PRIORITY_SHIFT = 48, LR_PHYSICAL_SHIFT = 32 };
enum { HCR_EN = 1 << 0, HCR_UIE = 1 << 1, HCR_LRENPIE = 1 << 2, HCR_NPIE = 1 << 3, HCR_VGRP0EIE = 1 << 4, HCR_VGRP0DIE = 1 << 5,
       HCR_VGRP1EIE = 1 << 6, HCR_VGRP1DIE = 1 << 7, HCR_COUNT_ONE = 1 << 27, HCR_COUNT = 0x1fu << 27 };
enum { VMCR_VENG0 = 1 << 0, VMCR_VENG1 = 1 << 1, VMCR_VCBPR = 1 << 4, VMCR_VEOIM = 1 << 9 };
enum { VTR = (GICV3_LIST_REGISTERS - 1) | 1 << 21 | 4 << 26 | 4u << 29 };       /* A3V, five bits of priority */
static const uint64_t LR_HW = 1ull << 61, LR_EOI = 1ull << 41, LR_RES0 = 0x0f00e00000000000ull;

static unsigned lr_state(uint64_t lr) { return (unsigned)(lr >> LR_STATE_SHIFT); }
static unsigned lr_group(uint64_t lr) { return lr >> LR_GROUP_SHIFT & 1; }
static unsigned lr_priority(uint64_t lr) { return lr >> LR_PRIORITY_SHIFT & GICV3_PRIORITY_MASK; }
static uint64_t with_state(uint64_t lr, unsigned state) { return (lr & ~(3ull << LR_STATE_SHIFT)) | (uint64_t)state << LR_STATE_SHIFT; }

static unsigned group_priority(const struct gicv3_virtual_state *v, unsigned priority, unsigned group)
{
    bool own_point = group && !(v->vmcr_ctlr & ICC_CTLR_CBPR);
    return priority & 0xff & (own_point ? 0xffu << v->vbpr[1] : 0xffu << (v->vbpr[0] + 1));
}

static unsigned running_priority(const struct gicv3_virtual_state *v)
{
    uint32_t bits = v->apr[0] | v->apr[1];
    return bits ? (unsigned)__builtin_ctz(bits) * 8 : GICV3_IDLE_PRIORITY;
}

/* The list register of the best pending interrupt of the enabled groups; -1: none. */
static int best_pending(const struct gicv3_virtual_state *v)
{
    int best = -1;
    for (int i = 0; i < GICV3_LIST_REGISTERS; i++) {
        uint64_t lr = v->lr[i];
        if (lr_state(lr) == LR_PENDING && v->vgroup_enable[lr_group(lr)] &&
            (best < 0 || lr_priority(lr) < lr_priority(v->lr[best]))) {
            best = i;
        }
    }
    return best;
}

static int signalled(const struct gicv3_virtual_state *v)
{
    int best = v->hcr & HCR_EN ? best_pending(v) : -1;
    if (best >= 0) {
        uint64_t lr = v->lr[best];
        if (lr_priority(lr) >= v->vpmr || group_priority(v, lr_priority(lr), lr_group(lr)) >= running_priority(v)) {
            return -1;
        }
    }
    return best;
}

/* ---- Maintenance ---- */

static uint32_t eisr(const struct gicv3_virtual_state *v)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < GICV3_LIST_REGISTERS; i++) {
        bits |= !lr_state(v->lr[i]) && !(v->lr[i] & LR_HW) && (v->lr[i] & LR_EOI) ? 1u << i : 0;
    }
    return bits;
}

static uint32_t elrsr(const struct gicv3_virtual_state *v)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < GICV3_LIST_REGISTERS; i++) {
        bits |= !lr_state(v->lr[i]) && ((v->lr[i] & LR_HW) || !(v->lr[i] & LR_EOI)) ? 1u << i : 0;
    }
    return bits;
}

static uint32_t misr(const struct gicv3_virtual_state *v)
{
    unsigned valid = 0, pending = 0;
    for (unsigned i = 0; i < GICV3_LIST_REGISTERS; i++) {
        valid += lr_state(v->lr[i]) != 0;
        pending += lr_state(v->lr[i]) == LR_PENDING;
    }
    return (eisr(v) ? 1u : 0) | ((v->hcr & HCR_UIE) && valid < 2 ? HCR_UIE : 0) |
           ((v->hcr & HCR_LRENPIE) && (v->hcr & HCR_COUNT) ? HCR_LRENPIE : 0) | ((v->hcr & HCR_NPIE) && !pending ? HCR_NPIE : 0) |
           ((v->hcr & HCR_VGRP0EIE) && v->vgroup_enable[0] ? HCR_VGRP0EIE : 0) |
           ((v->hcr & HCR_VGRP0DIE) && !v->vgroup_enable[0] ? HCR_VGRP0DIE : 0) |
           ((v->hcr & HCR_VGRP1EIE) && v->vgroup_enable[1] ? HCR_VGRP1EIE : 0) |
           ((v->hcr & HCR_VGRP1DIE) && !v->vgroup_enable[1] ? HCR_VGRP1DIE : 0);
}

uint8_t gicv3_virtual_outputs(const struct gicv3_cpu *cpu)
{
    const struct gicv3_virtual_state *v = &cpu->state.virtual;
    int best = signalled(v);
    uint8_t outputs = best < 0 ? 0 : lr_group(v->lr[best]) ? GICV3_OUTPUT_VIRQ : GICV3_OUTPUT_VFIQ;
    return outputs | ((v->hcr & HCR_EN) && misr(v) ? GICV3_OUTPUT_MAINTENANCE : 0);
}

/* ---- The guest's side ---- */

static unsigned acknowledge(struct gicv3_cpu *cpu, unsigned group)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    int best = signalled(v);
    if (best < 0 || lr_group(v->lr[best]) != group) {
        return GICV3_SPURIOUS;
    }
    uint64_t *lr = &v->lr[best];
    uint32_t irq = (uint32_t)*lr;
    v->apr[group] |= 1u << group_priority(v, lr_priority(*lr), group) / 8;
    *lr = with_state(*lr, irq >= GICV3_LPI_FIRST ? 0 : LR_ACTIVE);
    return irq;
}

static void deactivate_lr(struct gicv3_cpu *cpu, uint64_t *lr)
{
    *lr = with_state(*lr, lr_state(*lr) & ~(unsigned)LR_ACTIVE);
    if (*lr & LR_HW) {
        gicv3_deactivate(cpu, *lr >> LR_PHYSICAL_SHIFT & 0x3ff);
    }
}

static bool deactivate(struct gicv3_cpu *cpu, uint32_t irq)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    for (unsigned i = 0; i < GICV3_LIST_REGISTERS; i++) {
        if ((uint32_t)v->lr[i] == irq && (lr_state(v->lr[i]) & LR_ACTIVE)) {
            deactivate_lr(cpu, &v->lr[i]);
            return true;
        }
    }
    return false;
}

/* 6.2.2: an end that no list register knows is counted for the hypervisor. */
static void end_interrupt(struct gicv3_cpu *cpu, unsigned group, uint32_t irq)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    if (irq >= GICV3_SPIS_MOST && irq < GICV3_LPI_FIRST) {
        return;
    }
    v->apr[group] &= v->apr[group] - 1;
    if (!(v->vmcr_ctlr & ICC_CTLR_EOIMODE) && !deactivate(cpu, irq) && irq < GICV3_LPI_FIRST && (v->hcr & HCR_COUNT) != HCR_COUNT) {
        v->hcr += HCR_COUNT_ONE;
    }
}

static unsigned highest_pending(const struct gicv3_virtual_state *v, unsigned group)
{
    int best = best_pending(v);
    return best >= 0 && lr_group(v->lr[best]) == group ? (uint32_t)v->lr[best] : GICV3_SPURIOUS;
}

bool gicv3_virtual_read(struct gicv3_cpu *cpu, uint32_t reg, uint64_t *value)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    unsigned running = running_priority(v);
    switch (reg) {
    case ICC_PMR_EL1: *value = v->vpmr; break;
    case ICC_IAR0_EL1: *value = acknowledge(cpu, 0); break;
    case ICC_IAR1_EL1: *value = acknowledge(cpu, 1); break;
    case ICC_HPPIR0_EL1: *value = highest_pending(v, 0); break;
    case ICC_HPPIR1_EL1: *value = highest_pending(v, 1); break;
    case ICC_BPR0_EL1: *value = v->vbpr[0]; break;
    case ICC_BPR1_EL1: *value = v->vmcr_ctlr & ICC_CTLR_CBPR ? MIN(v->vbpr[0] + 1, 7u) : v->vbpr[1]; break;
    case ICC_AP0R0_EL1: *value = v->apr[0]; break;
    case ICC_AP1R0_EL1: *value = v->apr[1]; break;
    case ICC_RPR_EL1: *value = MIN(running, 0xffu); break;
    case ICC_CTLR_EL1: *value = v->vmcr_ctlr | ICC_CTLR_PRIBITS | ICC_CTLR_A3V; break;
    case ICC_IGRPEN0_EL1: *value = v->vgroup_enable[0]; break;
    case ICC_IGRPEN1_EL1: *value = v->vgroup_enable[1]; break;
    default: return false;
    }
    gicv3_update_cpu(cpu);
    return true;
}

bool gicv3_virtual_write(struct gicv3_cpu *cpu, uint32_t reg, uint64_t value)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    switch (reg) {
    case ICC_PMR_EL1: v->vpmr = value & GICV3_PRIORITY_MASK; break;
    case ICC_EOIR0_EL1: end_interrupt(cpu, 0, value & 0xffffff); break;
    case ICC_EOIR1_EL1: end_interrupt(cpu, 1, value & 0xffffff); break;
    case ICC_DIR_EL1: deactivate(cpu, value & 0xffffff); break;
    case ICC_BPR0_EL1: v->vbpr[0] = MAX(value & 7, (uint64_t)ICC_BPR0_LEAST); break;
    case ICC_BPR1_EL1: v->vbpr[1] = MAX(value & 7, (uint64_t)ICC_BPR1_LEAST); break;
    case ICC_AP0R0_EL1: v->apr[0] = (uint32_t)value; break;
    case ICC_AP1R0_EL1: v->apr[1] = (uint32_t)value; break;
    case ICC_CTLR_EL1: v->vmcr_ctlr = value & (ICC_CTLR_CBPR | ICC_CTLR_EOIMODE); break;
    case ICC_IGRPEN0_EL1: v->vgroup_enable[0] = value & 1; break;
    case ICC_IGRPEN1_EL1: v->vgroup_enable[1] = value & 1; break;
    default: return false;
    }
    gicv3_update_cpu(cpu);
    return true;
}

/* ---- The hypervisor's side ---- */

static uint32_t read_vmcr(const struct gicv3_virtual_state *v)
{
    return (v->vgroup_enable[0] ? VMCR_VENG0 : 0) | (v->vgroup_enable[1] ? VMCR_VENG1 : 0) | 1 << 3 |
           (v->vmcr_ctlr & ICC_CTLR_CBPR ? VMCR_VCBPR : 0) | (v->vmcr_ctlr & ICC_CTLR_EOIMODE ? VMCR_VEOIM : 0) | v->vbpr[1] << 18 |
           v->vbpr[0] << 21 | v->vpmr << 24;
}

static void write_vmcr(struct gicv3_virtual_state *v, uint32_t value)
{
    v->vgroup_enable[0] = value & VMCR_VENG0 ? 1 : 0;
    v->vgroup_enable[1] = value & VMCR_VENG1 ? 1 : 0;
    v->vmcr_ctlr = (value & VMCR_VCBPR ? ICC_CTLR_CBPR : 0) | (value & VMCR_VEOIM ? ICC_CTLR_EOIMODE : 0);
    v->vbpr[1] = MAX(value >> 18 & 7, (uint32_t)ICC_BPR1_LEAST);
    v->vbpr[0] = MAX(value >> 21 & 7, (uint32_t)ICC_BPR0_LEAST);
    v->vpmr = value >> 24 & GICV3_PRIORITY_MASK;
}

bool gicv3_hypervisor_read(struct gicv3_cpu *cpu, uint32_t reg, uint64_t *value)
{
    const struct gicv3_virtual_state *v = &cpu->state.virtual;
    switch (reg) {
    case ICH_AP0R0_EL2: *value = v->apr[0]; return true;
    case ICH_AP1R0_EL2: *value = v->apr[1]; return true;
    case ICH_HCR_EL2: *value = v->hcr; return true;
    case ICH_VTR_EL2: *value = VTR; return true;
    case ICH_MISR_EL2: *value = misr(v); return true;
    case ICH_EISR_EL2: *value = eisr(v); return true;
    case ICH_ELRSR_EL2: *value = elrsr(v); return true;
    case ICH_VMCR_EL2: *value = read_vmcr(v); return true;
    default: break;
    }
    if (reg >= ICH_LR0_EL2 && reg < ICH_LR0_EL2 + GICV3_LIST_REGISTERS) {
        *value = v->lr[reg - ICH_LR0_EL2];
        return true;
    }
    return false;
}

bool gicv3_hypervisor_write(struct gicv3_cpu *cpu, uint32_t reg, uint64_t value)
{
    struct gicv3_virtual_state *v = &cpu->state.virtual;
    if (reg >= ICH_LR0_EL2 && reg < ICH_LR0_EL2 + GICV3_LIST_REGISTERS) {
        v->lr[reg - ICH_LR0_EL2] = value & ~LR_RES0;
    } else if (reg == ICH_AP0R0_EL2 || reg == ICH_AP1R0_EL2) {
        v->apr[reg == ICH_AP1R0_EL2] = (uint32_t)value;
    } else if (reg == ICH_HCR_EL2) {
        v->hcr = value & (HCR_COUNT | 0x7cff);
    } else if (reg == ICH_VMCR_EL2) {
        write_vmcr(v, (uint32_t)value);
    } else {
        return false;
    }
    gicv3_update_cpu(cpu);
    return true;
}
