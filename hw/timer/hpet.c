/* SPDX-License-Identifier: MIT */
/*
 * High Precision Event Timers (IA-PC HPET specification 1.0a). Three timers, all periodic-capable and 64 bits wide,
 * legacy replacement routing. The counter is virtual time in units of 10 ns; comparators are looked at when somebody
 * accesses the device, and when the nearest one that may interrupt is due.
 *
 * Left out: front-side-bus delivery. An edge leaves its line up until the next one: the 8259 wants to see it.
 */
#include "hw/intc/ioapic.h"
#include "hw/timer/hpet.h"

enum { HPET_ADDRESS = 0xfed00000, HPET_BYTES = 0x400, HPET_PRIORITY = 20, TICK_NS = 10 };
enum { REG_CAPABILITIES = 0x000, REG_CONFIG = 0x010, REG_STATUS = 0x020, REG_COUNTER = 0x0f0, REG_TIMERS = 0x100,
       TIMER_BYTES = 0x20, TIMER_CONFIG = 0x00, TIMER_COMPARATOR = 0x08 };
enum { CONFIG_ENABLE = 1, CONFIG_LEGACY = 2 };
enum { TN_LEVEL = 1 << 1, TN_ENABLE = 1 << 2, TN_PERIODIC = 1 << 3, TN_PERIODIC_CAP = 1 << 4, TN_SIZE_CAP = 1 << 5,
       TN_SET_VALUE = 1 << 6, TN_32BIT = 1 << 8, TN_ROUTE_SHIFT = 9, TN_ROUTE = 31 << 9,
       TN_WRITABLE = TN_LEVEL | TN_ENABLE | TN_PERIODIC | TN_SET_VALUE | TN_32BIT | TN_ROUTE };
enum { SHORTEST_WAIT_NS = 5000 };
/* Revision 1, three timers, 64 bits, legacy replacement, Intel; a tick is 10,000,000 fs. */
static const uint64_t CAPABILITIES = 10000000ull << 32 | 0x8086a201;
static const uint64_t ROUTE_CAPABLE = (uint64_t)0xf << (32 + HPET_FIRST_PIN);

static uint64_t ticks_now(const struct hpet *hpet)
{
    return (uint64_t)clock_now_ns(hpet->machine->clocks, CLOCK_KIND_VIRTUAL) / TICK_NS;
}

static bool is_running(const struct hpet *hpet)
{
    return hpet->state.config & CONFIG_ENABLE;
}

static uint64_t counter(const struct hpet *hpet)
{
    return hpet->state.counter + (is_running(hpet) ? ticks_now(hpet) : 0);
}

static uint64_t width(const struct hpet_timer *timer)
{
    return timer->config & TN_32BIT ? UINT32_MAX : UINT64_MAX;
}

/* ---- Interrupt lines ---- */

static bool is_legacy(const struct hpet *hpet)
{
    return hpet->state.config & CONFIG_LEGACY;
}

static bool timer_level(const struct hpet *hpet, unsigned n)
{
    const struct hpet_timer *timer = &hpet->state.timers[n];
    uint64_t up = timer->config & TN_LEVEL ? hpet->state.status : hpet->state.edges;
    return is_running(hpet) && (timer->config & TN_ENABLE) && (up >> n & 1);
}

static void update_lines(struct hpet *hpet)
{
    bool levels[HPET_PINS] = { false };
    bool legacy = is_legacy(hpet);
    for (unsigned n = legacy ? 2 : 0; n < HPET_TIMERS; n++) {
        unsigned pin = (hpet->state.timers[n].config & TN_ROUTE) >> TN_ROUTE_SHIFT;
        if (pin >= HPET_FIRST_PIN && pin < HPET_FIRST_PIN + HPET_PINS) {
            levels[pin - HPET_FIRST_PIN] |= timer_level(hpet, n);
        }
    }
    for (unsigned i = 0; i < HPET_PINS; i++) {
        irq_set(&hpet->pins[i], levels[i]);
    }
    irq_set(&hpet->irq0, legacy ? timer_level(hpet, 0) : hpet->state.pit_level);
    irq_set(&hpet->irq8, legacy ? timer_level(hpet, 1) : hpet->state.rtc_level);
}

static void fire(struct hpet *hpet, unsigned n)
{
    struct hpet_state *s = &hpet->state;
    if (s->timers[n].config & TN_LEVEL) {
        s->status |= 1ull << n;
    } else {
        s->edges &= ~(1ull << n);
        update_lines(hpet);             /* down and up: an edge */
        s->edges |= 1ull << n;
    }
    update_lines(hpet);
}

/* ---- Comparators ---- */

/* Moves a periodic comparator past now. */
static void next_period(struct hpet_timer *timer, uint64_t now)
{
    uint64_t late = (now - timer->comparator) & width(timer);
    if ((timer->config & TN_PERIODIC) && timer->period) {
        timer->comparator = (timer->comparator + (late / timer->period + 1) * timer->period) & width(timer);
    }
}

static void plan(struct hpet *hpet)
{
    const struct hpet_state *s = &hpet->state;
    uint64_t now = counter(hpet), nearest = UINT64_MAX;
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        const struct hpet_timer *timer = &s->timers[n];
        if (timer->config & TN_ENABLE) {
            uint64_t wait = ((timer->comparator - now - 1) & width(timer));
            nearest = wait < nearest ? wait : nearest;
        }
    }
    if (!is_running(hpet) || nearest >= INT64_MAX / TICK_NS / 2) {
        timer_cancel(hpet->timer);
        return;
    }
    int64_t wait_ns = (int64_t)(nearest + 1) * TICK_NS;
    int64_t now_ns = (int64_t)ticks_now(hpet) * TICK_NS;
    timer_arm(hpet->timer, now_ns + (wait_ns > SHORTEST_WAIT_NS ? wait_ns : SHORTEST_WAIT_NS));
}

/* Timers whose comparator the counter has reached since the last look. */
static void catch_up(struct hpet *hpet)
{
    struct hpet_state *s = &hpet->state;
    uint64_t now = counter(hpet), passed = now - s->checked, before = s->checked;
    s->checked = now;
    if (!is_running(hpet)) {
        return;
    }
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        struct hpet_timer *timer = &s->timers[n];
        if (((timer->comparator - before - 1) & width(timer)) < passed) {
            next_period(timer, now);
            fire(hpet, n);
        }
    }
}

static void expired(void *opaque)
{
    struct hpet *hpet = opaque;
    catch_up(hpet);
    plan(hpet);
}

/* ---- Registers ---- */

static uint64_t *timer_register(struct hpet *hpet, unsigned offset)
{
    unsigned n = (offset - REG_TIMERS) / TIMER_BYTES, reg = offset % TIMER_BYTES;
    if (offset < REG_TIMERS || n >= HPET_TIMERS) {
        return NULL;
    }
    return reg == TIMER_CONFIG ? &hpet->state.timers[n].config
         : reg == TIMER_COMPARATOR ? &hpet->state.timers[n].comparator : NULL;
}

static uint64_t read_register(struct hpet *hpet, unsigned offset)
{
    const uint64_t *timer = timer_register(hpet, offset);
    switch (offset) {
    case REG_CAPABILITIES: return CAPABILITIES;
    case REG_CONFIG: return hpet->state.config;
    case REG_STATUS: return hpet->state.status;
    case REG_COUNTER: return counter(hpet);
    default: return timer ? *timer : 0;
    }
}

static void write_config(struct hpet *hpet, uint64_t value)
{
    struct hpet_state *s = &hpet->state;
    uint64_t now = counter(hpet);
    s->config = value & (CONFIG_ENABLE | CONFIG_LEGACY);
    s->counter = now - (is_running(hpet) ? ticks_now(hpet) : 0);
    if (!is_running(hpet)) {
        s->edges = 0;
    }
}

static void write_timer_config(struct hpet *hpet, struct hpet_timer *timer, uint64_t value)
{
    timer->config = (timer->config & ~(uint64_t)TN_WRITABLE) | (value & TN_WRITABLE);
    if (timer->config & TN_32BIT) {
        timer->comparator &= UINT32_MAX;
        timer->period &= UINT32_MAX;
    }
    if (!(timer->config & TN_ENABLE) || timer->config & TN_LEVEL) {
        hpet->state.edges &= ~(1ull << (timer - hpet->state.timers));
    }
}

/* Periodic: the value is the period, and with SET_VALUE also the comparator itself (2.3.9.2.2). */
static void write_comparator(struct hpet_timer *timer, uint64_t value)
{
    value &= width(timer);
    if (!(timer->config & TN_PERIODIC) || timer->config & TN_SET_VALUE) {
        timer->comparator = value;
    }
    if (timer->config & TN_PERIODIC) {
        timer->period = value;
    }
    timer->config &= ~(uint64_t)TN_SET_VALUE;
}

static void write_register(struct hpet *hpet, unsigned offset, uint64_t value, uint64_t mask)
{
    struct hpet_state *s = &hpet->state;
    uint64_t merged = (read_register(hpet, offset) & ~mask) | (value & mask);
    unsigned n = (offset - REG_TIMERS) / TIMER_BYTES;
    switch (offset) {
    case REG_CONFIG: write_config(hpet, merged); break;
    case REG_STATUS: s->status &= ~(value & mask); break;
    case REG_COUNTER:
        if (!is_running(hpet)) {        /* to be written only while halted */
            s->counter = merged;
            s->checked = merged;
        }
        break;
    default:
        if (!timer_register(hpet, offset)) {
            break;
        }
        if (offset % TIMER_BYTES == TIMER_CONFIG) {
            write_timer_config(hpet, &s->timers[n], merged);
        } else {
            write_comparator(&s->timers[n], merged);
        }
        break;
    }
}

static uint64_t hpet_read(void *device, uint64_t offset, unsigned size)
{
    struct hpet *hpet = device;
    catch_up(hpet);
    return read_register(hpet, (unsigned)offset & ~7u) >> (offset & 4) * 8;
}

static void hpet_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct hpet *hpet = device;
    unsigned shift = (offset & 4) * 8;
    uint64_t mask = size == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << shift;
    catch_up(hpet);
    write_register(hpet, (unsigned)offset & ~7u, value << shift, mask);
    update_lines(hpet);
    plan(hpet);
}

static const struct io_ops hpet_ops = { hpet_read, hpet_write, 4, 8 };

/* ---- What legacy replacement cuts off ---- */

static void set_pit(void *controller, unsigned input, bool level)
{
    struct hpet *hpet = controller;
    hpet->state.pit_level = level;
    if (!is_legacy(hpet)) {
        irq_set(&hpet->irq0, level);
    }
}

static void set_rtc(void *controller, unsigned input, bool level)
{
    struct hpet *hpet = controller;
    hpet->state.rtc_level = level;
    if (!is_legacy(hpet)) {
        irq_set(&hpet->irq8, level);
    }
}

struct irq_line hpet_pit_line(struct hpet *hpet) { return (struct irq_line){ set_pit, hpet, 0 }; }
struct irq_line hpet_rtc_line(struct hpet *hpet) { return (struct irq_line){ set_rtc, hpet, 0 }; }

/* ---- The device ---- */

static void loaded(void *device)
{
    struct hpet *hpet = device;
    catch_up(hpet);
    update_lines(hpet);
    plan(hpet);
}

static void reset(void *device)
{
    struct hpet *hpet = device;
    const struct hpet_timer idle = { .config = TN_PERIODIC_CAP | TN_SIZE_CAP | ROUTE_CAPABLE,
                                     .comparator = UINT64_MAX };
    hpet->state = (struct hpet_state){ .timers = { idle, idle, idle } };
    loaded(hpet);
}

static void hpet_free(void *device)
{
    struct hpet *hpet = device;
    timer_free(hpet->timer);
    g_free(hpet);
}

#define FIELD(member) SNAPSHOT_FIELD(struct hpet_state, member)
static const struct snapshot_field fields[] = {
    FIELD(config), FIELD(status), FIELD(counter), FIELD(checked), FIELD(edges), FIELD(timers), FIELD(pit_level),
    FIELD(rtc_level),
    FIELD(pad),
};

const struct device_type hpet_type = {
    .name = "hpet",
    .reset = reset,
    .loaded = loaded,
    .free = hpet_free,
    .state_offset = offsetof(struct hpet, state),
    .state_size = sizeof(struct hpet_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct hpet *hpet_new(struct machine *machine, struct irq_line irq0, struct irq_line irq8, struct ioapic *ioapic)
{
    struct hpet *hpet = g_new0(struct hpet, 1);
    hpet->machine = machine;
    hpet->irq0 = irq0;
    hpet->irq8 = irq8;
    for (unsigned i = 0; i < HPET_PINS; i++) {
        hpet->pins[i] = ioapic_input(ioapic, HPET_FIRST_PIN + i);
    }
    hpet->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, expired, hpet);
    memory_add_io(machine->memory, "hpet", HPET_ADDRESS, HPET_BYTES, &hpet_ops, hpet, HPET_PRIORITY);
    machine_add_device(machine, &hpet_type, hpet);
    return hpet;
}
