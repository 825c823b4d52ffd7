/* SPDX-License-Identifier: MIT */
/*
 * Local APIC (Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller"), xAPIC and x2APIC: registers,
 * priority, delivery. The bus is lapic_bus.c, the timer lapic_timer.c.
 *
 * Left out: thermal and performance interrupts (their entries can be set), arbitration ids, EOI-broadcast
 * suppression, delivery status (a message arrives at once). Departure: LINT0 of the first CPU comes out of reset open
 * and as ExtINT, the "virtual wire" that firmware sets up anyway, so that software which knows no APIC gets its
 * interrupts.
 */
#include <string.h>
#include "hw/intc/i8259.h"
#include "hw/intc/lapic_internal.h"

enum {  /* offsets in the window; x2APIC MSRs are 800h + offset / 16 */
    APIC_ID = 0x20, APIC_VERSION = 0x30, APIC_TPR = 0x80, APIC_APR = 0x90, APIC_PPR = 0xa0, APIC_EOI = 0xb0,
    APIC_RRD = 0xc0,
    APIC_LDR = 0xd0, APIC_DFR = 0xe0, APIC_SVR = 0xf0, APIC_ISR = 0x100, APIC_TMR = 0x180, APIC_IRR = 0x200,
    APIC_ESR = 0x280,
    APIC_ICR_LOW = 0x300, APIC_ICR_HIGH = 0x310, APIC_LVT = 0x320, APIC_LVT_LAST = 0x370, APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_COUNT = 0x390, APIC_TIMER_DIVIDE = 0x3e0, APIC_SELF_IPI = 0x3f0,
};
enum { VERSION = 0x00050014, SVR_ENABLE = 1 << 8, SVR_FOCUS = 1 << 9 };
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6, ESR_ILLEGAL_REGISTER = 1 << 7 };
enum { ICR_LOGICAL = 1 << 11, ICR_ASSERT = 1 << 14, ICR_LEVEL = 1 << 15, ICR_SHORTHAND_SHIFT = 18,
       ICR_WRITABLE = 0x000ccfff };
enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };
enum { MSR_APIC_BASE = 0x1b, MSR_TSC_DEADLINE = 0x6e0, MSR_X2APIC_FIRST = 0x800, MSR_X2APIC_LAST = 0x8ff,
       MSR_X2APIC_ICR = 0x830 };

/* Bits of each local vector table entry that can be written. */
static const uint32_t lvt_writable[LAPIC_LVT_COUNT] = {
    LVT_VECTOR | LVT_MASKED | LVT_TIMER_MODE, LVT_VECTOR | LVT_MODE | LVT_MASKED, LVT_VECTOR | LVT_MODE | LVT_MASKED,
    LVT_VECTOR | LVT_MODE | 1 << 13 | LVT_LEVEL | LVT_MASKED, LVT_VECTOR | LVT_MODE | 1 << 13 | LVT_LEVEL | LVT_MASKED,
    LVT_VECTOR | LVT_MASKED,
};

/* ---- Vectors and priority ---- */

bool lapic_is_requested(const struct lapic *lapic, uint8_t vector)
{
    return lapic->state.irr[vector / 32] >> vector % 32 & 1;
}

static bool vector_get(const uint32_t *set, uint8_t vector) { return set[vector / 32] >> vector % 32 & 1; }
static void vector_set(uint32_t *set, uint8_t vector) { set[vector / 32] |= 1u << vector % 32; }
static void vector_clear(uint32_t *set, uint8_t vector) { set[vector / 32] &= ~(1u << vector % 32); }

static int vector_highest(const uint32_t *set)
{
    for (int i = 7; i >= 0; i--) {
        if (set[i]) {
            return i * 32 + 31 - __builtin_clz(set[i]);
        }
    }
    return -1;
}

uint8_t lapic_ppr(const struct lapic *lapic)
{
    int serving = vector_highest(lapic->state.isr);
    unsigned in_service = serving < 0 ? 0 : (unsigned)serving & 0xf0;
    return (lapic->state.tpr & 0xf0) >= in_service ? lapic->state.tpr : (uint8_t)in_service;
}

bool lapic_accepts_fixed(const struct lapic *lapic)
{
    return lapic->state.spurious & SVR_ENABLE;
}

uint32_t lapic_logical_id(const struct lapic *lapic)
{
    uint32_t id = lapic->state.id;
    return lapic_is_x2apic(lapic) ? (id >> 4) << 16 | 1u << (id & 15) : lapic->state.logical_destination;
}

/* The vector that may interrupt now; -1: none. */
static int deliverable(const struct lapic *lapic)
{
    int vector = vector_highest(lapic->state.irr);
    return lapic_accepts_fixed(lapic) && vector >= 0 && (vector & 0xf0) > (lapic_ppr(lapic) & 0xf0) ? vector : -1;
}

/* Whether the 8259 reaches this CPU, through LINT0 or because there is no local APIC to speak of. */
static bool pic_requests(const struct lapic *lapic)
{
    uint32_t lint0 = lapic->state.lvt[LAPIC_LVT_LINT0];
    if (!lapic_is_enabled(lapic)) {
        return lapic->bus->pic_level && !lapic->index;
    }
    return lapic->bus->pic_level && !(lint0 & LVT_MASKED) && (lint0 & LVT_MODE) >> LVT_MODE_SHIFT == LAPIC_EXTINT;
}

static void update(struct lapic *lapic)
{
    bool level = pic_requests(lapic) ||
                 (lapic_is_enabled(lapic) && (lapic->state.extint_pending || deliverable(lapic) >= 0));
    if (level != lapic->intr_level) {
        lapic->intr_level = level;
        lapic->port->set_input(lapic->port->cpu, CPU_INPUT_INTR, level);
    }
}

static void raise_error(struct lapic *lapic, uint32_t error)
{
    bool first = !(lapic->state.error_pending & error);
    lapic->state.error_pending |= error;
    if (first) {
        lapic_deliver_lvt(lapic, LAPIC_LVT_ERROR);
    }
}

/* ---- Delivery ---- */

/* What an INIT leaves of a local APIC (SDM 3, "Local APIC State After It Receives an INIT"): base and id. */
static void init_state(struct lapic *lapic)
{
    struct lapic_state *s = &lapic->state;
    *s = (struct lapic_state){
        .base_msr = s->base_msr, .id = s->id, .destination_format = UINT32_MAX, .spurious = 0xff,
    };
    for (unsigned i = 0; i < LAPIC_LVT_COUNT; i++) {
        s->lvt[i] = LVT_MASKED;
    }
    lapic_timer_plan(lapic);
}

static void deliver_fixed(struct lapic *lapic, uint8_t vector, bool level)
{
    struct lapic_state *s = &lapic->state;
    if (!lapic_accepts_fixed(lapic)) {
        return;
    }
    if (vector < 16) {
        /* Asked for by the error entry itself, it must not go round for ever. */
        if (!(s->error_pending & ESR_RECEIVE_ILLEGAL)) {
            raise_error(lapic, ESR_RECEIVE_ILLEGAL);
        }
        return;
    }
    vector_set(s->irr, vector);
    if (level) {
        vector_set(s->tmr, vector);
    } else {
        vector_clear(s->tmr, vector);
    }
    update(lapic);
}

void lapic_deliver(struct lapic *lapic, const struct lapic_message *message)
{
    struct cpu_port *port = lapic->port;
    switch (message->mode) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST:
        deliver_fixed(lapic, message->vector, message->level);
        break;
    case LAPIC_SMI:
        port->set_input(port->cpu, CPU_INPUT_SMI, true);
        break;
    case LAPIC_NMI:
        port->set_input(port->cpu, CPU_INPUT_NMI, true);
        break;
    case LAPIC_INIT:
        init_state(lapic);
        update(lapic);
        port->set_input(port->cpu, CPU_INPUT_INIT, true);
        break;
    case LAPIC_STARTUP:
        port->sipi_vector = message->vector;
        port->set_input(port->cpu, CPU_INPUT_SIPI, true);
        break;
    case LAPIC_EXTINT:
        lapic->state.extint_pending = 1;
        update(lapic);
        break;
    }
}

void lapic_deliver_lvt(struct lapic *lapic, unsigned entry)
{
    uint32_t lvt = lapic->state.lvt[entry];
    bool has_mode = lvt_writable[entry] & LVT_MODE;
    struct lapic_message message = {
        .mode = has_mode ? (lvt & LVT_MODE) >> LVT_MODE_SHIFT : LAPIC_FIXED, .vector = (uint8_t)lvt,
    };
    if (!(lvt & LVT_MASKED)) {
        lapic_deliver(lapic, &message);
    }
}

void lapic_lint0_changed(struct lapic *lapic, bool level)
{
    uint32_t mode = (lapic->state.lvt[LAPIC_LVT_LINT0] & LVT_MODE) >> LVT_MODE_SHIFT;
    if (level && lapic_is_enabled(lapic) && (mode == LAPIC_FIXED || mode == LAPIC_NMI || mode == LAPIC_SMI)) {
        lapic_deliver_lvt(lapic, LAPIC_LVT_LINT0);
    }
    update(lapic);
}

static int acknowledge(void *controller)
{
    struct lapic *lapic = controller;
    struct lapic_state *s = &lapic->state;
    int vector = -1;
    if (lapic_is_enabled(lapic) && (vector = deliverable(lapic)) >= 0) {
        vector_clear(s->irr, (uint8_t)vector);
        vector_set(s->isr, (uint8_t)vector);
    } else if (lapic->bus->pic && (pic_requests(lapic) || s->extint_pending)) {
        s->extint_pending = 0;
        vector = i8259_acknowledge(lapic->bus->pic);
    } else if (lapic_is_enabled(lapic) && lapic_accepts_fixed(lapic) && lapic->intr_level) {
        vector = (uint8_t)s->spurious;
    }
    update(lapic);
    return vector;
}

static void end_of_interrupt(struct lapic *lapic)
{
    int vector = vector_highest(lapic->state.isr);
    if (vector < 0) {
        return;
    }
    vector_clear(lapic->state.isr, (uint8_t)vector);
    if (vector_get(lapic->state.tmr, (uint8_t)vector)) {
        lapic_bus_broadcast_eoi(lapic->bus, (uint8_t)vector);
    }
    lapic_timer_eoi(lapic, (uint8_t)vector);
    update(lapic);
}

/* ---- Registers ---- */

static void send_ipi(struct lapic *lapic, uint32_t low, uint32_t destination)
{
    struct lapic_bus *bus = lapic->bus;
    unsigned shorthand = low >> ICR_SHORTHAND_SHIFT & 3;
    struct lapic_message message = {
        .destination = destination, .logical = low & ICR_LOGICAL, .mode = low >> LVT_MODE_SHIFT & 7,
        .vector = (uint8_t)low,
    };
    if (message.mode == LAPIC_INIT && (low & ICR_LEVEL) && !(low & ICR_ASSERT)) {
        return;                             /* "INIT level de-assert" concerns arbitration ids only */
    }
    if ((message.mode == LAPIC_FIXED || message.mode == LAPIC_LOWEST) && message.vector < 16) {
        raise_error(lapic, ESR_SEND_ILLEGAL);
        return;
    }
    if (shorthand == SHORTHAND_NONE) {
        lapic_bus_send(bus, &message);
        return;
    }
    for (unsigned i = 0; i < bus->count; i++) {
        struct lapic *target = bus->lapics[i];
        bool self = target == lapic;
        if (lapic_is_enabled(target) && (self ? shorthand != SHORTHAND_OTHERS : shorthand != SHORTHAND_SELF)) {
            lapic_deliver(target, &message);
        }
    }
}

static void write_icr_low(struct lapic *lapic, uint32_t value)
{
    uint32_t destination = lapic->state.icr_high >> 24;
    lapic->state.icr_low = value & ICR_WRITABLE;
    send_ipi(lapic, value, destination == 0xff ? LAPIC_BROADCAST : destination);
}

static void write_svr(struct lapic *lapic, uint32_t value)
{
    struct lapic_state *s = &lapic->state;
    bool was_enabled = s->spurious & SVR_ENABLE;
    s->spurious = value & (LVT_VECTOR | SVR_ENABLE | SVR_FOCUS);
    if (was_enabled && !(value & SVR_ENABLE)) {     /* software-disabled: all entries masked */
        for (unsigned i = 0; i < LAPIC_LVT_COUNT; i++) {
            s->lvt[i] |= LVT_MASKED;
        }
        lapic_timer_plan(lapic);
    }
}

static void write_lvt(struct lapic *lapic, unsigned entry, uint32_t value)
{
    value &= lvt_writable[entry];
    if (!(lapic->state.spurious & SVR_ENABLE)) {
        value |= LVT_MASKED;
    }
    if (entry == LAPIC_LVT_TIMER) {
        lapic_timer_set_lvt(lapic, value);
    } else {
        lapic->state.lvt[entry] = value;
    }
}

/* Registers that both forms have and that are plain; false: no such register. */
static bool read_plain(struct lapic *lapic, unsigned offset, uint32_t *value)
{
    const struct lapic_state *s = &lapic->state;
    if (offset >= APIC_ISR && offset < APIC_ESR) {
        const uint32_t *set = offset < APIC_TMR ? s->isr : offset < APIC_IRR ? s->tmr : s->irr;
        *value = set[offset >> 4 & 7];
        return true;
    }
    if (offset >= APIC_LVT && offset <= APIC_LVT_LAST) {
        *value = s->lvt[(offset - APIC_LVT) >> 4];
        return true;
    }
    switch (offset) {
    case APIC_ID: *value = lapic_is_x2apic(lapic) ? s->id : s->id << 24; break;
    case APIC_VERSION: *value = VERSION; break;
    case APIC_TPR: *value = s->tpr; break;
    case APIC_PPR: *value = lapic_ppr(lapic); break;
    case APIC_LDR: *value = lapic_logical_id(lapic); break;
    case APIC_SVR: *value = s->spurious; break;
    case APIC_ESR: *value = s->error_status; break;
    case APIC_ICR_LOW: *value = s->icr_low; break;
    case APIC_TIMER_INITIAL: *value = s->initial_count; break;
    case APIC_TIMER_COUNT: *value = lapic_timer_count(lapic); break;
    case APIC_TIMER_DIVIDE: *value = s->divide; break;
    default: return false;
    }
    return true;
}

uint32_t lapic_read_register(struct lapic *lapic, unsigned offset)
{
    uint32_t value = 0;
    if (offset & 15) {
        return 0;                           /* only the first four bytes of each sixteen are there */
    }
    if (offset == APIC_DFR) {
        return lapic->state.destination_format;
    }
    if (offset == APIC_ICR_HIGH) {
        return lapic->state.icr_high;
    }
    if (offset != APIC_EOI && offset != APIC_APR && offset != APIC_RRD && !read_plain(lapic, offset, &value)) {
        raise_error(lapic, ESR_ILLEGAL_REGISTER);
    }
    return value;
}

static bool write_plain(struct lapic *lapic, unsigned offset, uint32_t value)
{
    struct lapic_state *s = &lapic->state;
    if (offset >= APIC_LVT && offset <= APIC_LVT_LAST) {
        write_lvt(lapic, (offset - APIC_LVT) >> 4, value);
        return true;
    }
    switch (offset) {
    case APIC_TPR: s->tpr = (uint8_t)value; break;
    case APIC_EOI: end_of_interrupt(lapic); break;
    case APIC_SVR: write_svr(lapic, value); break;
    case APIC_ESR:
        s->error_status = s->error_pending;
        s->error_pending = 0;
        break;
    case APIC_TIMER_INITIAL: lapic_timer_set_count(lapic, value); break;
    case APIC_TIMER_DIVIDE: lapic_timer_set_divide(lapic, value); break;
    default: return false;
    }
    return true;
}

void lapic_write_register(struct lapic *lapic, unsigned offset, uint32_t value)
{
    struct lapic_state *s = &lapic->state;
    if (offset & 15) {
        return;
    }
    switch (offset) {
    case APIC_ID: s->id = value >> 24; break;
    case APIC_LDR: s->logical_destination = value & 0xff000000; break;
    case APIC_DFR: s->destination_format = value | 0x0fffffff; break;
    case APIC_ICR_LOW: write_icr_low(lapic, value); break;
    case APIC_ICR_HIGH: s->icr_high = value & 0xff000000; break;
    default:
        if (!write_plain(lapic, offset, value)) {
            raise_error(lapic, ESR_ILLEGAL_REGISTER);
        }
        break;
    }
    update(lapic);
}

/* ---- MSRs ---- */

static bool write_base(struct lapic *lapic, uint64_t value)
{
    struct lapic_state *s = &lapic->state;
    bool was_on = s->base_msr & BASE_EN, was_x2 = s->base_msr & BASE_EXTD, on = value & BASE_EN, x2 = value & BASE_EXTD;
    /* Figure "Local x2APIC State Transitions": x2APIC only from xAPIC, back only through disabled. */
    if ((x2 && !on) || (x2 && !was_on) || (was_x2 && on && !x2) ||
        (value & ~(LAPIC_BASE_ADDRESS | BASE_BSP | BASE_EN | BASE_EXTD))) {
        return false;
    }
    s->base_msr = (value & ~(uint64_t)BASE_BSP) | (s->base_msr & BASE_BSP);
    if (was_on && !on) {
        init_state(lapic);
    }
    if (x2 && !was_x2) {
        s->id = lapic->initial_id;
    }
    lapic_bus_base_changed(lapic->bus, lapic);
    update(lapic);
    return true;
}

static bool read_msr(void *controller, uint32_t msr, uint64_t *value)
{
    struct lapic *lapic = controller;
    uint32_t low;
    if (msr == MSR_APIC_BASE) {
        *value = lapic->state.base_msr;
        return true;
    }
    if (msr == MSR_TSC_DEADLINE) {
        *value = lapic->state.tsc_deadline;
        return true;
    }
    if (!lapic_is_x2apic(lapic) || msr < MSR_X2APIC_FIRST || msr > MSR_X2APIC_LAST) {
        return false;
    }
    if (msr == MSR_X2APIC_ICR) {
        *value = (uint64_t)lapic->state.icr_high << 32 | lapic->state.icr_low;
        return true;
    }
    if (!read_plain(lapic, (msr - MSR_X2APIC_FIRST) << 4, &low)) {
        return false;
    }
    *value = low;
    return true;
}

static bool write_x2apic(struct lapic *lapic, unsigned offset, uint64_t value)
{
    struct lapic_state *s = &lapic->state;
    if (offset == APIC_ICR_LOW) {
        s->icr_low = (uint32_t)value & ICR_WRITABLE;
        s->icr_high = (uint32_t)(value >> 32);
        send_ipi(lapic, (uint32_t)value, s->icr_high);
        return true;
    }
    if (value >> 32 || ((offset == APIC_EOI || offset == APIC_ESR) && value) || (offset == APIC_TPR && value > 0xff)) {
        return false;
    }
    if (offset == APIC_SELF_IPI) {
        send_ipi(lapic, (uint32_t)value & 0xff, s->id);
        return true;
    }
    return write_plain(lapic, offset, (uint32_t)value);
}

static bool write_msr(void *controller, uint32_t msr, uint64_t value)
{
    struct lapic *lapic = controller;
    if (msr == MSR_APIC_BASE) {
        return write_base(lapic, value);
    }
    if (msr == MSR_TSC_DEADLINE) {
        lapic_timer_set_deadline(lapic, value);
        return true;
    }
    if (!lapic_is_x2apic(lapic) || msr < MSR_X2APIC_FIRST || msr > MSR_X2APIC_LAST) {
        return false;
    }
    bool known = write_x2apic(lapic, (msr - MSR_X2APIC_FIRST) << 4, value);
    update(lapic);
    return known;
}

static uint8_t read_tpr(void *controller)
{
    return ((struct lapic *)controller)->state.tpr;
}

static void write_tpr(void *controller, uint8_t tpr)
{
    struct lapic *lapic = controller;
    lapic->state.tpr = tpr;
    update(lapic);
}

struct interrupt_source lapic_interrupt_source(struct lapic *lapic)
{
    return (struct interrupt_source){ lapic, acknowledge, read_msr, write_msr, read_tpr, write_tpr };
}

/* ---- The device ---- */

static void reset(void *device)
{
    struct lapic *lapic = device;
    lapic->state = (struct lapic_state){
        .base_msr = LAPIC_DEFAULT_ADDRESS | BASE_EN | (lapic->index ? 0 : BASE_BSP), .id = lapic->initial_id,
    };
    init_state(lapic);
    if (!lapic->index) {
        lapic->state.lvt[LAPIC_LVT_LINT0] = LAPIC_EXTINT << LVT_MODE_SHIFT;
    }
    lapic_bus_base_changed(lapic->bus, lapic);
    update(lapic);
}

static void loaded(void *device)
{
    struct lapic *lapic = device;
    lapic_bus_base_changed(lapic->bus, lapic);
    lapic_timer_plan(lapic);
    lapic->intr_level = false;
    lapic->port->set_input(lapic->port->cpu, CPU_INPUT_INTR, false);
    update(lapic);
}

static void lapic_free(void *device)
{
    struct lapic *lapic = device;
    timer_free(lapic->timer);
    g_free(lapic);
}

#define FIELD(member) SNAPSHOT_FIELD(struct lapic_state, member)
static const struct snapshot_field fields[] = {
    FIELD(timer_start_ns), FIELD(timer_periods), FIELD(base_msr), FIELD(tsc_deadline), FIELD(irr), FIELD(isr),
    FIELD(tmr), FIELD(lvt), FIELD(id),
    FIELD(logical_destination), FIELD(destination_format), FIELD(spurious), FIELD(divide), FIELD(initial_count),
    FIELD(error_pending), FIELD(error_status), FIELD(icr_low), FIELD(icr_high), FIELD(timer_missed), FIELD(tpr),
    FIELD(extint_pending), FIELD(pad),
};

const struct device_type lapic_type = {
    .name = "lapic",
    .reset = reset,
    .loaded = loaded,
    .free = lapic_free,
    .state_offset = offsetof(struct lapic, state),
    .state_size = sizeof(struct lapic_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct lapic *lapic_new(struct lapic_bus *bus, unsigned apic_id, struct cpu_port *port)
{
    g_assert(bus->count < LAPIC_MAX);
    struct lapic *lapic = g_new0(struct lapic, 1);
    lapic->bus = bus;
    lapic->port = port;
    lapic->index = (uint8_t)bus->count;
    lapic->initial_id = (uint8_t)apic_id;
    lapic->timer = timer_new(bus->machine->clocks, CLOCK_KIND_VIRTUAL, lapic_timer_expired, lapic);
    bus->lapics[bus->count++] = lapic;
    machine_add_device(bus->machine, &lapic_type, lapic);
    return lapic;
}
