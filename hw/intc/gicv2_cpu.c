/* SPDX-License-Identifier: MIT */
/*
 * GICv2 CPU interface: IHI 0048B, chapters 3.3 to 3.6 and 4.4. Left out: the Security Extensions' second view of the
 * registers and the bypass of the wires past a disabled interface.
 */
#include "hw/intc/gicv2_internal.h"

enum gicc_register {
    GICC_CTLR = 0x0000, GICC_PMR = 0x0004, GICC_BPR = 0x0008, GICC_IAR = 0x000c, GICC_EOIR = 0x0010, GICC_RPR = 0x0014,
    GICC_HPPIR = 0x0018, GICC_ABPR = 0x001c, GICC_AIAR = 0x0020, GICC_AEOIR = 0x0024, GICC_AHPPIR = 0x0028,
    GICC_APR = 0x00d0, GICC_NSAPR = 0x00e0, GICC_IIDR = 0x00fc, GICC_DIR = 0x1000,
};
enum { CTLR_ENABLE0 = 1 << 0, CTLR_ENABLE1 = 1 << 1, CTLR_ACKCTL = 1 << 2, CTLR_FIQEN = 1 << 3, CTLR_CBPR = 1 << 4,
       CTLR_EOIMODE = 1 << 9, CTLR_WRITABLE = 0x3ff };
enum { IIDR_GICV2_ARM = 0x0002043b, PRIORITY_NONE = 0xff };

/* SGIs are edges, and always enabled here. */
const struct gicv2_own gicv2_own_reset = { .enabled = 0xffff, .edge = 0xffff, .abpr = 1 };

/* 3.3.3: the part of a priority that decides preemption. The alias's binary point counts one further. */
static unsigned group_priority(const struct gicv2_own *own, unsigned priority, unsigned group)
{
    bool own_point = group && !(own->cpu_ctlr & CTLR_CBPR);
    return priority & 0xff & (own_point ? 0xffu << own->abpr : 0xffu << (own->bpr + 1));
}

static unsigned running_priority(const struct gicv2_own *own)
{
    for (unsigned i = 0; i < GICV2_APRS; i++) {
        uint32_t bits = own->apr[0][i] | own->apr[1][i];
        if (bits) {
            return (i * 32 + (unsigned)__builtin_ctz(bits)) * 2;
        }
    }
    return GICV2_IDLE_PRIORITY;
}

/* The interrupt that this interface would signal. */
static struct gicv2_pending signalled(const struct gicv2 *gic, unsigned cpu)
{
    const struct gicv2_own *own = &gic->state.own[cpu];
    struct gicv2_pending best = gicv2_best(gic, cpu);
    if (best.irq != GICV2_SPURIOUS && (best.priority >= own->pmr || !(own->cpu_ctlr >> best.group & 1) ||
                                       group_priority(own, best.priority, best.group) >= running_priority(own))) {
        best.irq = GICV2_SPURIOUS;
    }
    return best;
}

uint8_t gicv2_cpu_outputs(const struct gicv2 *gic, unsigned cpu)
{
    struct gicv2_pending best = signalled(gic, cpu);
    if (best.irq == GICV2_SPURIOUS) {
        return 0;
    }
    return best.group == 0 && (gic->state.own[cpu].cpu_ctlr & CTLR_FIQEN) ? GICV2_OUTPUT_FIQ : GICV2_OUTPUT_IRQ;
}

/* 3.4.2 and 4.4.4: the plain register gives group 1 only with AckCtl, the alias gives nothing but group 1. */
static unsigned visible(const struct gicv2_own *own, struct gicv2_pending best, bool alias)
{
    if (best.irq == GICV2_SPURIOUS || (alias && best.group == 0)) {
        return GICV2_SPURIOUS;
    }
    return !alias && best.group && !(own->cpu_ctlr & CTLR_ACKCTL) ? GICV2_OTHER_GROUP : best.irq;
}

static uint32_t acknowledge(struct gicv2 *gic, unsigned cpu, bool alias)
{
    struct gicv2_own *own = &gic->state.own[cpu];
    struct gicv2_pending best = signalled(gic, cpu);
    unsigned irq = visible(own, best, alias);
    if (irq >= GICV2_OTHER_GROUP) {
        return irq;
    }
    unsigned bit = group_priority(own, best.priority, best.group) / 2;
    own->apr[best.group][bit / 32] |= 1u << bit % 32;
    return gicv2_acknowledge(gic, cpu, irq);
}

/* The register that shows what is pending looks at neither PMR nor the running priority. */
static uint32_t highest_pending(const struct gicv2 *gic, unsigned cpu, bool alias)
{
    unsigned irq = visible(&gic->state.own[cpu], gicv2_best(gic, cpu), alias);
    return irq | (irq < GICV2_SGIS ? gicv2_sgi_source(gic, cpu, irq) << 10 : 0);
}

static void drop_priority(struct gicv2_own *own)
{
    for (unsigned i = 0; i < GICV2_APRS; i++) {
        uint32_t bits = own->apr[0][i] | own->apr[1][i], lowest = bits & -bits;
        if (bits) {
            own->apr[0][i] &= ~lowest;
            own->apr[1][i] &= ~lowest;
            return;
        }
    }
}

static void deactivate(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
    unsigned irq = value & 0x3ff;
    if (irq >= gic->irq_count || irq >= GICV2_MOST || !gicv2_deactivate(gic, cpu, irq)) {
        log_write(gic->machine->log, LOG_guest_errors, "gicv2: CPU %u ends interrupt %u, which is not active\n", cpu, irq);
    }
}

/* 3.2.1: priority drop, and deactivation unless EOImode has made it a step of its own. */
static void end_interrupt(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
    struct gicv2_own *own = &gic->state.own[cpu];
    if ((value & 0x3ff) >= GICV2_MOST) {
        return;
    }
    drop_priority(own);
    if (!(own->cpu_ctlr & CTLR_EOIMODE)) {
        deactivate(gic, cpu, value);
    }
}

static uint32_t read_register(struct gicv2 *gic, unsigned cpu, unsigned offset)
{
    struct gicv2_own *own = &gic->state.own[cpu];
    unsigned running = running_priority(own);
    switch ((enum gicc_register)offset) {
    case GICC_CTLR: return own->cpu_ctlr;
    case GICC_PMR: return own->pmr;
    case GICC_BPR: return own->bpr;
    case GICC_IAR: return acknowledge(gic, cpu, false);
    case GICC_AIAR: return acknowledge(gic, cpu, true);
    case GICC_RPR: return running > PRIORITY_NONE ? PRIORITY_NONE : running;
    case GICC_HPPIR: return highest_pending(gic, cpu, false);
    case GICC_AHPPIR: return highest_pending(gic, cpu, true);
    case GICC_ABPR: return own->abpr;
    case GICC_IIDR: return IIDR_GICV2_ARM;
    case GICC_EOIR:
    case GICC_AEOIR:
    case GICC_DIR: return 0;            /* write only */
    default: break;
    }
    if (offset >= GICC_APR && offset < GICC_NSAPR + 16) {
        return own->apr[offset >= GICC_NSAPR][offset % 16 / 4];
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: read of unknown CPU interface register %04x\n", offset);
    return 0;
}

static void write_register(struct gicv2 *gic, unsigned cpu, unsigned offset, uint32_t value)
{
    struct gicv2_own *own = &gic->state.own[cpu];
    switch ((enum gicc_register)offset) {
    case GICC_CTLR: own->cpu_ctlr = value & CTLR_WRITABLE; return;
    case GICC_PMR: own->pmr = value & 0xff; return;
    case GICC_BPR: own->bpr = value & 7; return;
    case GICC_ABPR: own->abpr = value & 7 ? value & 7 : 1; return;
    case GICC_EOIR:
    case GICC_AEOIR: end_interrupt(gic, cpu, value); return;
    case GICC_DIR: deactivate(gic, cpu, value); return;
    case GICC_IAR:
    case GICC_AIAR:
    case GICC_RPR:
    case GICC_HPPIR:
    case GICC_AHPPIR:
    case GICC_IIDR: return;             /* read only */
    default: break;
    }
    if (offset >= GICC_APR && offset < GICC_NSAPR + 16) {
        own->apr[offset >= GICC_NSAPR][offset % 16 / 4] = value;
        return;
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: write of unknown CPU interface register %04x\n", offset);
}

static uint64_t cpu_read(void *device, uint64_t offset, unsigned size)
{
    struct gicv2 *gic = device;
    uint64_t value = read_register(gic, gicv2_requester(gic), (unsigned)offset);
    gicv2_update(gic);
    return value;
}

static void cpu_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *gic = device;
    write_register(gic, gicv2_requester(gic), (unsigned)offset, (uint32_t)value);
    gicv2_update(gic);
}

const struct io_ops gicv2_cpu_ops = { cpu_read, cpu_write, 4, 4 };
