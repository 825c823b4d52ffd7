/* SPDX-License-Identifier: MIT */
/*
 * Intel 8254 programmable interval timer (data sheet 231164) with the PC's port 61h beside it. All six modes,
 * BCD, counter latch and read-back. Counters are computed from virtual time when somebody looks.
 *
 * Left out: the one clock between writing a count and loading it; mode 3 takes a new count over at the end of the whole
 * period, not of the half. Power-on state, undefined in the data sheet: mode 0, no count, output low.
 */
#include "hw/timer/i8254.h"

enum { PIT_HZ = 1193182, CHANNELS = 3, CONTROL = 3 };
enum { CONTROL_READ_BACK = 3, READ_BACK_NO_COUNT = 0x20, READ_BACK_NO_STATUS = 0x10 };
enum { STATUS_OUT = 0x80, STATUS_NULL = 0x40 };
enum { PORT61_GATE2 = 0x01, PORT61_WRITABLE = 0x0f, PORT61_REFRESH = 0x10, PORT61_OUT2 = 0x20, REFRESH_NS = 15085 };
/* Output changes faster than this are seen late, or merged: no host could serve them. */
enum { SHORTEST_WAIT_NS = 5000 };
static const int64_t NS_PER_S = 1000000000;

static int64_t now_ns(const struct i8254 *pit)
{
    return clock_now_ns(pit->machine->clocks, CLOCK_KIND_VIRTUAL);
}

static int64_t now_tick(const struct i8254 *pit)
{
    return (int64_t)((__int128)now_ns(pit) * PIT_HZ / NS_PER_S);
}

/* The first nanosecond of a tick. */
static int64_t tick_ns(int64_t tick)
{
    return (int64_t)(((__int128)tick * NS_PER_S + PIT_HZ - 1) / PIT_HZ);
}

/* ---- A counter as a function of time ---- */

static bool is_periodic(const struct i8254_channel *c)
{
    return c->mode == 2 || c->mode == 3;
}

static int64_t elapsed(const struct i8254_channel *c, int64_t tick)
{
    return c->paused_ticks >= 0 ? c->paused_ticks : tick - c->start_tick;
}

/* A count written during a period begins when the period ends. */
static void take_over(struct i8254_channel *c, int64_t tick)
{
    if (is_periodic(c) && c->next_count && c->paused_ticks < 0 && tick - c->start_tick >= c->count) {
        c->start_tick += c->count;
        c->count = c->next_count;
        c->next_count = 0;
    }
}

static bool is_counting(const struct i8254_channel *c)
{
    return c->count && ((c->mode != 1 && c->mode != 5) || c->triggered);
}

static bool output(const struct i8254_channel *c, int64_t tick)
{
    int64_t done = elapsed(c, tick);
    if (!is_counting(c)) {
        return c->mode != 0;
    }
    switch (c->mode) {
    case 0:
    case 1: return done >= c->count;
    case 2: return !c->gate || done % c->count != c->count - 1;
    case 3: return !c->gate || done % c->count < (c->count + 1) / 2;
    default: return done != c->count;
    }
}

static uint16_t to_bcd(uint32_t value)
{
    return (uint16_t)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12);
}

static uint16_t counter(const struct i8254_channel *c, int64_t tick)
{
    int64_t done = is_counting(c) ? elapsed(c, tick) : 0, modulus = c->bcd ? 10000 : 0x10000, value;
    uint32_t count = c->count;
    if (!count) {
        return 0;
    }
    if (c->mode == 2) {
        value = count - done % count;
    } else if (c->mode == 3) {          /* counts down by two, twice a period */
        int64_t phase = done % count, high = (count + 1) / 2;
        value = (count & ~1u) - 2 * (phase < high ? phase : phase - high);
    } else {
        value = ((count - done) % modulus + modulus) % modulus;
    }
    value %= modulus;
    return c->bcd ? to_bcd((uint32_t)value) : (uint16_t)value;
}

/* When the output changes next, at least one tick from now; INT64_MAX: never. In modes 2, 4 and 5 the low
 * pulse of one tick is not an event of its own: its end is. */
static int64_t next_event(const struct i8254_channel *c, int64_t tick)
{
    int64_t done = elapsed(c, tick), count = c->count;
    if (!is_counting(c) || c->paused_ticks >= 0) {
        return INT64_MAX;
    }
    switch (c->mode) {
    case 0:
    case 1: return done < count ? tick + (count - done) : INT64_MAX;
    case 2: return c->gate ? tick + (count - done % count) : INT64_MAX;
    case 3: {
        int64_t phase = done % count, high = (count + 1) / 2;
        return !c->gate ? INT64_MAX : tick + (phase < high ? high : count) - phase;
    }
    default: return done <= count ? tick + (count + 1 - done) : INT64_MAX;
    }
}

/* ---- Channel 0 drives the interrupt line ---- */

static void update_irq(struct i8254 *pit, int64_t tick)
{
    struct i8254_channel *c = &pit->state.channel[0];
    take_over(c, tick);
    irq_set(&pit->irq, output(c, tick));
    int64_t next = next_event(c, tick);
    if (next == INT64_MAX) {
        timer_cancel(pit->timer);
    } else {
        int64_t soonest = now_ns(pit) + SHORTEST_WAIT_NS;
        timer_arm(pit->timer, tick_ns(next) > soonest ? tick_ns(next) : soonest);
    }
}

static void expired(void *opaque)
{
    struct i8254 *pit = opaque;
    struct i8254_channel *c = &pit->state.channel[0];
    if (c->mode == 2 || c->mode >= 4) {
        irq_set(&pit->irq, false);
        irq_set(&pit->irq, true);
    }
    update_irq(pit, now_tick(pit));
}

/* ---- Programming ---- */

static void load(struct i8254_channel *c, uint16_t written, int64_t tick)
{
    uint32_t count = written;
    if (c->bcd) {
        count = (written & 15) + (written >> 4 & 15) * 10u + (written >> 8 & 15) * 100u + (written >> 12 & 15) * 1000u;
    }
    if (!count) {
        count = c->bcd ? 10000 : 0x10000;
    }
    if (is_periodic(c) && c->count && c->paused_ticks < 0) {
        take_over(c, tick);
        c->start_tick = tick - (tick - c->start_tick) % c->count;
        c->next_count = count;
        return;
    }
    if (c->mode == 1 || c->mode == 5) {
        if (c->count) {
            c->next_count = count;          /* with the next trigger */
        } else {
            c->count = count;
        }
        return;
    }
    c->count = count;
    c->next_count = 0;
    c->start_tick = tick;
    c->paused_ticks = c->gate ? -1 : 0;
}

static void write_count(struct i8254_channel *c, uint8_t value, int64_t tick)
{
    if (c->access == 1) {
        load(c, value, tick);
    } else if (c->access == 2) {
        load(c, (uint16_t)(value << 8), tick);
    } else if (!c->write_high) {
        c->write_low = value;
        c->write_high = 1;
        if (c->mode == 0) {                 /* the first byte stops the count and lowers the output */
            c->count = 0;
        }
    } else {
        c->write_high = 0;
        load(c, (uint16_t)(value << 8 | c->write_low), tick);
    }
}

static void set_mode(struct i8254_channel *c, uint8_t control)
{
    uint8_t mode = control >> 1 & 7;
    uint8_t gate = c->gate;
    *c = (struct i8254_channel){ .mode = mode > 5 ? mode - 4 : mode, .bcd = control & 1, .access = control >> 4 & 3,
                                 .gate = gate, .paused_ticks = -1 };
}

static void latch_count(struct i8254_channel *c, int64_t tick)
{
    if (!c->latched_bytes) {
        c->latched_count = counter(c, tick);
        c->latched_bytes = c->access == 3 ? 2 : 1;
        c->read_high = 0;
    }
}

static void latch_status(struct i8254_channel *c, int64_t tick)
{
    if (!c->status_latched) {
        c->status_latched = 1;
        c->latched_status = (uint8_t)((output(c, tick) ? STATUS_OUT : 0) |
                                      (!c->count || c->next_count ? STATUS_NULL : 0) |
                                      c->access << 4 | c->mode << 1 | c->bcd);
    }
}

static void write_control(struct i8254 *pit, uint8_t value, int64_t tick)
{
    unsigned n = value >> 6;
    for (unsigned i = 0; n == CONTROL_READ_BACK && i < CHANNELS; i++) {
        if (!(value >> (i + 1) & 1)) {
            continue;
        }
        if (!(value & READ_BACK_NO_COUNT)) {
            latch_count(&pit->state.channel[i], tick);
        }
        if (!(value & READ_BACK_NO_STATUS)) {
            latch_status(&pit->state.channel[i], tick);
        }
    }
    if (n < CHANNELS && value >> 4 & 3) {
        set_mode(&pit->state.channel[n], value);
    } else if (n < CHANNELS) {
        latch_count(&pit->state.channel[n], tick);
    }
}

static uint8_t read_channel(struct i8254_channel *c, int64_t tick)
{
    if (c->status_latched) {
        c->status_latched = 0;
        return c->latched_status;
    }
    uint16_t value = c->latched_bytes ? c->latched_count : counter(c, tick);
    bool high = c->access == 2 || (c->access == 3 && c->read_high);
    if (c->access == 3) {
        c->read_high = !c->read_high;
    }
    if (c->latched_bytes) {
        c->latched_bytes--;
    }
    return (uint8_t)(high ? value >> 8 : value);
}

static void set_gate(struct i8254_channel *c, bool gate, int64_t tick)
{
    bool rose = gate && !c->gate, fell = !gate && c->gate;
    c->gate = gate;
    if (c->mode == 0 || c->mode == 4) {
        if (fell && c->count && c->paused_ticks < 0) {
            c->paused_ticks = tick - c->start_tick;
        } else if (rose && c->paused_ticks >= 0) {
            c->start_tick = tick - c->paused_ticks;
            c->paused_ticks = -1;
        }
    } else if (rose) {                      /* a trigger: starts over */
        c->start_tick = tick;
        c->paused_ticks = -1;
        c->triggered = c->count != 0;
        if (c->next_count) {
            c->count = c->next_count;
            c->next_count = 0;
        }
    } else if (fell && is_periodic(c) && c->count) {
        c->paused_ticks = tick - c->start_tick;
    }
}

static uint64_t pit_read(void *device, uint64_t offset, unsigned size)
{
    struct i8254 *pit = device;
    int64_t tick = now_tick(pit);
    if (offset == CONTROL) {
        return 0xff;                        /* write only; the bus floats */
    }
    take_over(&pit->state.channel[offset], tick);
    return read_channel(&pit->state.channel[offset], tick);
}

static void pit_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8254 *pit = device;
    int64_t tick = now_tick(pit);
    for (unsigned i = 0; i < CHANNELS; i++) {
        take_over(&pit->state.channel[i], tick);
    }
    if (offset == CONTROL) {
        write_control(pit, (uint8_t)value, tick);
    } else {
        write_count(&pit->state.channel[offset], (uint8_t)value, tick);
    }
    if (offset == 0 || (offset == CONTROL && value < 0x40 && value & 0x30)) {
        update_irq(pit, tick);
    }
}

static uint64_t port61_read(void *device, uint64_t offset, unsigned size)
{
    struct i8254 *pit = device;
    take_over(&pit->state.channel[2], now_tick(pit));
    return pit->state.port61 | (now_ns(pit) / REFRESH_NS & 1 ? PORT61_REFRESH : 0) |
           (output(&pit->state.channel[2], now_tick(pit)) ? PORT61_OUT2 : 0);
}

static void port61_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8254 *pit = device;
    pit->state.port61 = value & PORT61_WRITABLE;
    set_gate(&pit->state.channel[2], value & PORT61_GATE2, now_tick(pit));
}

static const struct io_ops pit_ops = { pit_read, pit_write, 1, 1 };
static const struct io_ops port61_ops = { port61_read, port61_write, 1, 1 };

static void loaded(void *device)
{
    struct i8254 *pit = device;
    update_irq(pit, now_tick(pit));
}

static void reset(void *device)
{
    struct i8254 *pit = device;
    const struct i8254_channel idle = { .access = 3, .gate = 1, .paused_ticks = -1 };
    pit->state = (struct i8254_state){ .channel = { idle, idle, idle } };
    pit->state.channel[2].gate = 0;
    loaded(pit);
}

static void i8254_free(void *device)
{
    struct i8254 *pit = device;
    timer_free(pit->timer);
    g_free(pit);
}

#define FIELD(member) SNAPSHOT_FIELD(struct i8254_state, member)
static const struct snapshot_field fields[] = { FIELD(channel), FIELD(port61), FIELD(pad) };

const struct device_type i8254_type = {
    .name = "i8254",
    .reset = reset,
    .loaded = loaded,
    .free = i8254_free,
    .state_offset = offsetof(struct i8254, state),
    .state_size = sizeof(struct i8254_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct i8254 *i8254_new(struct machine *machine, struct irq_line irq)
{
    struct i8254 *pit = g_new0(struct i8254, 1);
    pit->machine = machine;
    pit->irq = irq;
    pit->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, expired, pit);
    memory_add_io(machine->ports, "pit", 0x40, 4, &pit_ops, pit, 0);
    memory_add_io(machine->ports, "port61", 0x61, 1, &port61_ops, pit, 0);
    machine_add_device(machine, &i8254_type, pit);
    return pit;
}
