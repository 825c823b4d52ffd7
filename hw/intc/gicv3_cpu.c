/* SPDX-License-Identifier: MIT */
/*
 * GICv3 CPU interface as system registers (IHI 0069, 4.8 and 12.2). Group 0 goes to FIQ, group 1 to IRQ. With the five bits of
 * priority one active-priorities register a group is enough. System register access cannot be switched off (ICC_SRE).
 */
#include "hw/intc/gicv3_internal.h"

enum { SRE_ALWAYS = 7, SRE_ENABLE_LOWER = 1 << 3, IRM_OTHERS = 40 };

/* 4.8.2: the part of a priority that decides preemption. Group 1's binary point counts one further. */
static unsigned group_priority(const struct gicv3_cpu_state *s, unsigned priority, unsigned group)
{
    bool own_point = group && !(s->icc_ctlr & ICC_CTLR_CBPR);
    return priority & 0xff & (own_point ? 0xffu << s->bpr[1] : 0xffu << (s->bpr[0] + 1));
}

static unsigned running_priority(const struct gicv3_cpu_state *s)
{
    uint32_t bits = s->apr[0] | s->apr[1];
    return bits ? (unsigned)__builtin_ctz(bits) * 8 : GICV3_IDLE_PRIORITY;
}

/* The interrupt that this interface would signal. */
static struct gicv3_pending signalled(const struct gicv3_cpu *cpu)
{
    const struct gicv3_cpu_state *s = &cpu->state;
    struct gicv3_pending best = gicv3_best(cpu);
    if (best.irq != GICV3_SPURIOUS && (best.priority >= s->pmr || !s->group_enable[best.group] ||
                                       group_priority(s, best.priority, best.group) >= running_priority(s))) {
        best.irq = GICV3_SPURIOUS;
    }
    return best;
}

uint8_t gicv3_cpu_outputs(const struct gicv3_cpu *cpu)
{
    struct gicv3_pending best = signalled(cpu);
    return best.irq == GICV3_SPURIOUS ? 0 : best.group ? GICV3_OUTPUT_IRQ : GICV3_OUTPUT_FIQ;
}

static unsigned acknowledge(struct gicv3_cpu *cpu, unsigned group)
{
    struct gicv3_pending best = signalled(cpu);
    if (best.irq == GICV3_SPURIOUS || best.group != group) {
        return GICV3_SPURIOUS;
    }
    cpu->state.apr[group] |= 1u << group_priority(&cpu->state, best.priority, group) / 8;
    gicv3_acknowledge(cpu, best.irq);
    gicv3_update_cpu(cpu);
    return best.irq;
}

static void end_interrupt(struct gicv3_cpu *cpu, unsigned group, uint32_t irq)
{
    struct gicv3_cpu_state *s = &cpu->state;
    if (irq >= GICV3_SPIS_MOST && irq < GICV3_LPI_FIRST) {
        return;
    }
    s->apr[group] &= s->apr[group] - 1;
    if (!(s->icc_ctlr & ICC_CTLR_EOIMODE)) {
        gicv3_deactivate(cpu, irq);
    }
    gicv3_update_cpu(cpu);
}

static void send_to(struct gicv3_cpu *target, unsigned irq, unsigned group)
{
    struct gicv3_bits *own = &target->state.own;
    if ((own->group >> irq & 1) == group) {
        own->latch |= 1u << irq;
        gicv3_update_cpu(target);
    }
}

/* 12.2.27: to a list of CPUs with the same upper affinities, or to all others. */
static void send_sgi(struct gicv3_cpu *cpu, uint64_t value, unsigned group)
{
    struct gicv3 *gic = cpu->gic;
    unsigned irq = value >> 24 & 15, range = value >> 44 & 15;
    uint64_t upper = (value >> 48 & 0xff) << 32 | (value >> 32 & 0xff) << 16 | (value >> 16 & 0xff) << 8;
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        struct gicv3_cpu *target = gic->cpus[i];
        unsigned aff0 = target->affinity & 0xff;
        bool listed = (target->affinity & ~0xffull) == upper && aff0 / 16 == range && (value >> aff0 % 16 & 1);
        if (value >> IRM_OTHERS & 1 ? target != cpu : listed) {
            send_to(target, irq, group);
        }
    }
}

static unsigned highest_pending(const struct gicv3_cpu *cpu, unsigned group)
{
    struct gicv3_pending best = gicv3_best(cpu);
    return best.irq != GICV3_SPURIOUS && best.group == group ? best.irq : GICV3_SPURIOUS;
}

static uint32_t read_bpr(const struct gicv3_cpu_state *s, unsigned group)
{
    if (group && (s->icc_ctlr & ICC_CTLR_CBPR)) {
        return MIN(s->bpr[0] + 1, 7u);
    }
    return s->bpr[group];
}

static void write_bpr(struct gicv3_cpu_state *s, unsigned group, uint32_t value)
{
    uint32_t least = group ? ICC_BPR1_LEAST : ICC_BPR0_LEAST;
    if (!group || !(s->icc_ctlr & ICC_CTLR_CBPR)) {
        s->bpr[group] = MAX(value & 7, least);
    }
}

static bool read_icc(struct gicv3_cpu *cpu, uint32_t reg, uint64_t *value)
{
    struct gicv3_cpu_state *s = &cpu->state;
    unsigned running = running_priority(s);
    switch (reg) {
    case ICC_PMR_EL1: *value = s->pmr; return true;
    case ICC_IAR0_EL1: *value = acknowledge(cpu, 0); return true;
    case ICC_IAR1_EL1: *value = acknowledge(cpu, 1); return true;
    case ICC_HPPIR0_EL1: *value = highest_pending(cpu, 0); return true;
    case ICC_HPPIR1_EL1: *value = highest_pending(cpu, 1); return true;
    case ICC_BPR0_EL1: *value = read_bpr(s, 0); return true;
    case ICC_BPR1_EL1: *value = read_bpr(s, 1); return true;
    case ICC_AP0R0_EL1: *value = s->apr[0]; return true;
    case ICC_AP1R0_EL1: *value = s->apr[1]; return true;
    case ICC_RPR_EL1: *value = MIN(running, 0xffu); return true;
    case ICC_CTLR_EL1:
    case ICC_CTLR_EL3: *value = s->icc_ctlr | ICC_CTLR_PRIBITS | ICC_CTLR_A3V; return true;
    case ICC_SRE_EL1: *value = SRE_ALWAYS; return true;
    case ICC_SRE_EL2:
    case ICC_SRE_EL3: *value = SRE_ALWAYS | SRE_ENABLE_LOWER; return true;
    case ICC_IGRPEN0_EL1: *value = s->group_enable[0]; return true;
    case ICC_IGRPEN1_EL1: *value = s->group_enable[1]; return true;
    case ICC_IGRPEN1_EL3: *value = s->group_enable[1] * 3; return true;
    default: return false;
    }
}

static bool write_icc(struct gicv3_cpu *cpu, uint32_t reg, uint64_t value)
{
    struct gicv3_cpu_state *s = &cpu->state;
    switch (reg) {
    case ICC_PMR_EL1: s->pmr = value & GICV3_PRIORITY_MASK; break;
    case ICC_EOIR0_EL1: end_interrupt(cpu, 0, value & 0xffffff); break;
    case ICC_EOIR1_EL1: end_interrupt(cpu, 1, value & 0xffffff); break;
    case ICC_DIR_EL1: gicv3_deactivate(cpu, value & 0xffffff); break;
    case ICC_BPR0_EL1: write_bpr(s, 0, (uint32_t)value); break;
    case ICC_BPR1_EL1: write_bpr(s, 1, (uint32_t)value); break;
    case ICC_AP0R0_EL1: s->apr[0] = (uint32_t)value; break;
    case ICC_AP1R0_EL1: s->apr[1] = (uint32_t)value; break;
    case ICC_SGI0R_EL1: send_sgi(cpu, value, 0); break;
    case ICC_SGI1R_EL1: send_sgi(cpu, value, 1); break;
    case ICC_ASGI1R_EL1: break;         /* the other security state's: there is none */
    case ICC_CTLR_EL1:
    case ICC_CTLR_EL3: s->icc_ctlr = value & (ICC_CTLR_CBPR | ICC_CTLR_EOIMODE); break;
    case ICC_SRE_EL1:
    case ICC_SRE_EL2:
    case ICC_SRE_EL3: break;
    case ICC_IGRPEN0_EL1: s->group_enable[0] = value & 1; break;
    case ICC_IGRPEN1_EL1: s->group_enable[1] = value & 1; break;
    case ICC_IGRPEN1_EL3: s->group_enable[1] = value >> 1 & 1; break;
    default: return false;
    }
    gicv3_update_cpu(cpu);
    return true;
}

bool gicv3_read_register(struct gicv3_cpu *cpu, uint32_t reg, bool virtual, uint64_t *value)
{
    if (virtual && gicv3_virtual_read(cpu, reg, value)) {
        return true;
    }
    return read_icc(cpu, reg, value) || gicv3_hypervisor_read(cpu, reg, value);
}

bool gicv3_write_register(struct gicv3_cpu *cpu, uint32_t reg, bool virtual, uint64_t value)
{
    if (virtual && gicv3_virtual_write(cpu, reg, value)) {
        return true;
    }
    return write_icc(cpu, reg, value) || gicv3_hypervisor_write(cpu, reg, value);
}
