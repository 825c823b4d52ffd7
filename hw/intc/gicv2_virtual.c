/* SPDX-License-Identifier: MIT */
/*
 * GICv2 virtualization: IHI 0048B, chapter 5, as GIC-400 has it. The hypervisor fills list registers (GICH_*), its guest sees them by a
 * virtual CPU interface (GICV_*). Four list registers, five bits of priority. Left out: the aliases by which a CPU reaches
 * another one's GICH.
 */
#include "hw/intc/gicv2_internal.h"

enum gich_register {
    GICH_HCR = 0x000, GICH_VTR = 0x004, GICH_VMCR = 0x008, GICH_MISR = 0x010, GICH_EISR0 = 0x020, GICH_EISR1 = 0x024, GICH_ELSR0 = 0x030,
    GICH_ELSR1 = 0x034, GICH_APR = 0x0f0, GICH_LR = 0x100,
};
enum gicv_register {
    GICV_CTLR = 0x0000, GICV_PMR = 0x0004, GICV_BPR = 0x0008, GICV_IAR = 0x000c, GICV_EOIR = 0x0010, GICV_RPR = 0x0014,
    GICV_HPPIR = 0x0018, GICV_ABPR = 0x001c, GICV_AIAR = 0x0020, GICV_AEOIR = 0x0024, GICV_AHPPIR = 0x0028, GICV_APR = 0x00d0,
    GICV_IIDR = 0x00fc, GICV_DIR = 0x1000,
};
enum { HCR_EN = 1 << 0, HCR_UIE = 1 << 1, HCR_LRENPIE = 1 << 2, HCR_NPIE = 1 << 3, HCR_VGRP0EIE = 1 << 4, HCR_VGRP0DIE = 1 << 5,
       HCR_VGRP1EIE = 1 << 6, HCR_VGRP1DIE = 1 << 7, HCR_COUNT_ONE = 1 << 27, HCR_ENABLES = 0xff };
enum { CTLR_ENABLE0 = 1 << 0, CTLR_ENABLE1 = 1 << 1, CTLR_ACKCTL = 1 << 2, CTLR_FIQEN = 1 << 3, CTLR_CBPR = 1 << 4, CTLR_EOIMODE = 1 << 9,
       CTLR_WRITABLE = 0x21f };
enum { VMCR_ABP = 18, VMCR_BP = 21, VMCR_MASK = 27, PRIORITY_MASK = 0xf8, LEAST_BPR = 2, LEAST_ABPR = 3 };
enum { LR_ID = 0x3ff, LR_PHYSICAL = 10, LR_PRIORITY = 23, LR_STATE = 28, LR_PENDING = 1, LR_ACTIVE = 2, LR_GROUP = 30, LR_EOI = 1 << 19 };
enum { GICH_BYTES = 0x1000, GICV_BYTES = 0x2000, IIDR_GICV2_ARM = 0x0002043b };
static const uint32_t LR_HW = 1u << 31, LR_WRITABLE = 0xff8fffff, HCR_COUNT = 0x1fu << 27, VTR = (GICV2_LIST_REGISTERS - 1) | 4 << 26 | 4u << 29;

const struct gicv2_virtual gicv2_virtual_reset = { .bpr = LEAST_BPR, .abpr = LEAST_ABPR };

static unsigned lr_state(uint32_t lr) { return lr >> LR_STATE & 3; }
static unsigned lr_group(uint32_t lr) { return lr >> LR_GROUP & 1; }
static unsigned lr_priority(uint32_t lr) { return (lr >> LR_PRIORITY & 0x1f) << 3; }
static uint32_t with_state(uint32_t lr, unsigned state) { return (lr & ~(3u << LR_STATE)) | state << LR_STATE; }

static unsigned group_priority(const struct gicv2_virtual *v, unsigned priority, unsigned group)
{
    const bool own_point = group && !(v->ctlr & CTLR_CBPR);
    return priority & 0xff & (own_point ? 0xffu << v->abpr : 0xffu << (v->bpr + 1));
}

static unsigned running_priority(const struct gicv2_virtual *v)
{
    return v->apr ? (unsigned)__builtin_ctz(v->apr) * 8 : GICV2_IDLE_PRIORITY;
}

/* The list register of the best pending interrupt of the enabled groups; -1: none. */
static int best_pending(const struct gicv2_virtual *v)
{
    int best = -1;
    for (int i = 0; i < GICV2_LIST_REGISTERS; i++) {
        const uint32_t lr = v->lr[i];
        if (lr_state(lr) == LR_PENDING && v->ctlr >> lr_group(lr) & 1 && (best < 0 || lr_priority(lr) < lr_priority(v->lr[best]))) {
            best = i;
        }
    }
    return best;
}

static int signalled(const struct gicv2_virtual *v)
{
    const int best = v->hcr & HCR_EN ? best_pending(v) : -1;
    if (best >= 0) {
        const uint32_t lr = v->lr[best];
        if (lr_priority(lr) >= v->pmr || group_priority(v, lr_priority(lr), lr_group(lr)) >= running_priority(v)) {
            return -1;
        }
    }
    return best;
}

/* ---- Maintenance, 5.3.4 to 5.3.7 ---- */

/* List registers that are empty, by whether their end was asked to be told. */
static uint32_t empty(const struct gicv2_virtual *v, bool told)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < GICV2_LIST_REGISTERS; i++) {
        const bool tells = !(v->lr[i] & LR_HW) && v->lr[i] & LR_EOI;
        bits |= !lr_state(v->lr[i]) && tells == told ? 1u << i : 0;
    }
    return bits;
}

static uint32_t misr(const struct gicv2_virtual *v)
{
    unsigned valid = 0, pending = 0;
    for (unsigned i = 0; i < GICV2_LIST_REGISTERS; i++) {
        valid += lr_state(v->lr[i]) != 0;
        pending += lr_state(v->lr[i]) == LR_PENDING;
    }
    const uint32_t all = (valid < 2 ? HCR_UIE : 0) | (v->hcr & HCR_COUNT ? HCR_LRENPIE : 0) | (pending ? 0 : HCR_NPIE) |
                         (v->ctlr & CTLR_ENABLE0 ? HCR_VGRP0EIE : HCR_VGRP0DIE) | (v->ctlr & CTLR_ENABLE1 ? HCR_VGRP1EIE : HCR_VGRP1DIE);
    return (empty(v, true) ? 1 : 0) | (all & v->hcr & HCR_ENABLES & ~HCR_EN);
}

uint8_t gicv2_virtual_outputs(const struct gicv2_virtual *v)
{
    const int best = signalled(v);
    const bool fiq = best >= 0 && !lr_group(v->lr[best]) && v->ctlr & CTLR_FIQEN;
    return (best < 0 ? 0 : fiq ? GICV2_OUTPUT_VFIQ : GICV2_OUTPUT_VIRQ) | (v->hcr & HCR_EN && misr(v) ? GICV2_OUTPUT_MAINTENANCE : 0);
}

/* ---- The guest's side, 5.5 ---- */

static uint32_t identity(uint32_t lr)
{
    return (lr & LR_ID) | (lr & LR_HW ? 0 : lr & 7u << LR_PHYSICAL);        /* of an SGI, the CPU it came from */
}

/* As GICC_IAR: group 1 by the plain register only with AckCtl, group 0 never by the alias. */
static uint32_t visible(const struct gicv2_virtual *v, int best, bool alias)
{
    if (best < 0 || (alias && !lr_group(v->lr[best]))) {
        return GICV2_SPURIOUS;
    }
    return !alias && lr_group(v->lr[best]) && !(v->ctlr & CTLR_ACKCTL) ? GICV2_OTHER_GROUP : identity(v->lr[best]);
}

static uint32_t acknowledge(struct gicv2_virtual *v, bool alias)
{
    const int best = signalled(v);
    const uint32_t id = visible(v, best, alias);
    if (id != GICV2_SPURIOUS && id != GICV2_OTHER_GROUP) {
        v->apr |= 1u << group_priority(v, lr_priority(v->lr[best]), lr_group(v->lr[best])) / 8;
        v->lr[best] = with_state(v->lr[best], LR_ACTIVE);
    }
    return id;
}

static bool deactivate(struct gicv2 *gic, unsigned cpu, uint32_t id)
{
    struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    for (unsigned i = 0; i < GICV2_LIST_REGISTERS; i++) {
        const uint32_t lr = v->lr[i], physical = lr >> LR_PHYSICAL & LR_ID;
        if ((lr & LR_ID) == (id & LR_ID) && lr_state(lr) & LR_ACTIVE) {
            v->lr[i] = with_state(lr, lr_state(lr) & ~(unsigned)LR_ACTIVE);
            if (lr & LR_HW && physical < gic->irq_count && physical < GICV2_MOST) {
                gicv2_deactivate(gic, cpu, physical);
            }
            return true;
        }
    }
    return false;
}

/* 5.3.2: an end that drops a priority and that no list register knows is counted for the hypervisor; 31 is followed by 0. */
static void end_interrupt(struct gicv2 *gic, unsigned cpu, uint32_t id)
{
    struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    const bool drops = v->apr;
    if ((id & LR_ID) >= GICV2_MOST) {
        return;
    }
    v->apr &= v->apr - 1;
    if (!(v->ctlr & CTLR_EOIMODE) && !deactivate(gic, cpu, id) && drops) {
        v->hcr += HCR_COUNT_ONE;
    }
}

static uint32_t read_guest(struct gicv2 *gic, unsigned cpu, unsigned offset)
{
    struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    const unsigned running = running_priority(v);
    switch ((enum gicv_register)offset) {
    case GICV_CTLR: return v->ctlr;
    case GICV_PMR: return v->pmr;
    case GICV_BPR: return v->bpr;
    case GICV_ABPR: return v->abpr;
    case GICV_IAR: return acknowledge(v, false);
    case GICV_AIAR: return acknowledge(v, true);
    case GICV_RPR: return MIN(running, 0xffu);
    case GICV_HPPIR: return visible(v, best_pending(v), false);
    case GICV_AHPPIR: return visible(v, best_pending(v), true);
    case GICV_APR: return v->apr;
    case GICV_IIDR: return IIDR_GICV2_ARM;
    case GICV_EOIR:
    case GICV_AEOIR:
    case GICV_DIR: return 0;            /* write only */
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: read of unknown virtual CPU interface register %04x\n", offset);
    return 0;
}

static void write_guest(struct gicv2 *gic, unsigned cpu, unsigned offset, uint32_t value)
{
    struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    switch ((enum gicv_register)offset) {
    case GICV_CTLR: v->ctlr = value & CTLR_WRITABLE; return;
    case GICV_PMR: v->pmr = value & PRIORITY_MASK; return;
    case GICV_BPR: v->bpr = MAX(value & 7, (uint32_t)LEAST_BPR); return;
    case GICV_ABPR: v->abpr = MAX(value & 7, (uint32_t)LEAST_ABPR); return;
    case GICV_EOIR:
    case GICV_AEOIR: end_interrupt(gic, cpu, value); return;
    case GICV_DIR: deactivate(gic, cpu, value); return;
    case GICV_APR: v->apr = value; return;
    case GICV_IAR:
    case GICV_AIAR:
    case GICV_RPR:
    case GICV_HPPIR:
    case GICV_AHPPIR:
    case GICV_IIDR: return;             /* read only */
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: write of unknown virtual CPU interface register %04x\n", offset);
}

/* ---- The hypervisor's side, 5.3 ---- */

static uint32_t read_vmcr(const struct gicv2_virtual *v)
{
    return v->ctlr | v->abpr << VMCR_ABP | v->bpr << VMCR_BP | v->pmr >> 3 << VMCR_MASK;
}

static void write_vmcr(struct gicv2_virtual *v, uint32_t value)
{
    v->ctlr = value & CTLR_WRITABLE;
    v->abpr = MAX(value >> VMCR_ABP & 7, (uint32_t)LEAST_ABPR);
    v->bpr = MAX(value >> VMCR_BP & 7, (uint32_t)LEAST_BPR);
    v->pmr = value >> VMCR_MASK << 3;
}

static uint32_t read_hypervisor(struct gicv2 *gic, unsigned cpu, unsigned offset)
{
    const struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    switch ((enum gich_register)offset) {
    case GICH_HCR: return v->hcr;
    case GICH_VTR: return VTR;
    case GICH_VMCR: return read_vmcr(v);
    case GICH_MISR: return misr(v);
    case GICH_EISR0: return empty(v, true);
    case GICH_ELSR0: return empty(v, false);
    case GICH_APR: return v->apr;
    case GICH_EISR1:
    case GICH_ELSR1: return 0;
    default: break;
    }
    if (offset >= GICH_LR && offset < GICH_LR + 4 * GICV2_LIST_REGISTERS) {
        return v->lr[(offset - GICH_LR) / 4];
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: read of unknown hypervisor register %03x\n", offset);
    return 0;
}

static void write_hypervisor(struct gicv2 *gic, unsigned cpu, unsigned offset, uint32_t value)
{
    struct gicv2_virtual *v = &gic->state.own[cpu].virtual;
    if (offset >= GICH_LR && offset < GICH_LR + 4 * GICV2_LIST_REGISTERS) {
        v->lr[(offset - GICH_LR) / 4] = value & LR_WRITABLE;
    } else if (offset == GICH_HCR) {
        v->hcr = value & (HCR_COUNT | HCR_ENABLES);
    } else if (offset == GICH_VMCR) {
        write_vmcr(v, value);
    } else if (offset == GICH_APR) {
        v->apr = value;
    } else {
        log_write(gic->machine->log, LOG_guest_errors, "gicv2: write of unknown hypervisor register %03x\n", offset);
    }
}

/* ---- Accesses, of the CPU that makes them ---- */

static uint64_t guest_read(void *device, uint64_t offset, unsigned size)
{
    struct gicv2 *gic = device;
    const uint64_t value = read_guest(gic, gicv2_requester(gic), (unsigned)offset);
    gicv2_update(gic);
    return value;
}

static void guest_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *gic = device;
    write_guest(gic, gicv2_requester(gic), (unsigned)offset, (uint32_t)value);
    gicv2_update(gic);
}

static uint64_t hypervisor_read(void *device, uint64_t offset, unsigned size)
{
    return read_hypervisor(device, gicv2_requester(device), (unsigned)offset);
}

static void hypervisor_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2 *gic = device;
    write_hypervisor(gic, gicv2_requester(gic), (unsigned)offset, (uint32_t)value);
    gicv2_update(gic);
}

static const struct io_ops guest_ops = { guest_read, guest_write, 4, 4 }, hypervisor_ops = { hypervisor_read, hypervisor_write, 4, 4 };

void gicv2_add_virtual(struct gicv2 *gic, uint64_t hypervisor, uint64_t virtual_interface)
{
    memory_add_io(gic->machine->memory, "gicv2-hypervisor", hypervisor, GICH_BYTES, &hypervisor_ops, gic, 0);
    memory_add_io(gic->machine->memory, "gicv2-virtual", virtual_interface, GICV_BYTES, &guest_ops, gic, 0);
}
