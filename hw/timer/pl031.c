/* SPDX-License-Identifier: MIT */
/*
 * PrimeCell Real Time Clock (PL031), ARM DDI 0224. A counter of seconds, computed from the wall clock of base/clock.h, and an
 * alarm. The counter lives on over a reset, as by a battery. RTCCR's start bit is set and cannot be cleared (3.3.4).
 */
#include "hw/timer/pl031.h"

enum pl031_register {
    RTCDR = 0x00, RTCMR = 0x04, RTCLR = 0x08, RTCCR = 0x0c, RTCIMSC = 0x10, RTCRIS = 0x14, RTCMIS = 0x18, RTCICR = 0x1c,
    RTCPERIPHID0 = 0xfe0,
};
enum { PL031_BYTES = 0x1000 };
static const int64_t SECOND_NS = 1000000000;
static const uint8_t identification[8] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static int64_t wall_ns(const struct pl031 *rtc)
{
    return clock_now_ns(rtc->machine->clocks, CLOCK_KIND_HOST);
}

static uint32_t counter(const struct pl031 *rtc)
{
    return (uint32_t)(wall_ns(rtc) / SECOND_NS + rtc->state.offset_s);
}

static void update_irq(struct pl031 *rtc)
{
    irq_set(&rtc->irq, rtc->state.ris & rtc->state.imsc);
}

/* The counter reaches the match register within 2^32 seconds. */
static void arm(struct pl031 *rtc)
{
    uint32_t wait_s = rtc->state.match - counter(rtc);
    if (rtc->state.ris || !rtc->state.imsc) {
        timer_cancel(rtc->timer);
    } else {
        timer_arm(rtc->timer, (wall_ns(rtc) / SECOND_NS + wait_s) * SECOND_NS);
    }
}

static void expired(void *opaque)
{
    struct pl031 *rtc = opaque;
    rtc->state.ris = 1;
    update_irq(rtc);
}

static uint32_t read_register(struct pl031 *rtc, uint64_t offset)
{
    const struct pl031_state *s = &rtc->state;
    switch ((enum pl031_register)offset) {
    case RTCDR: return counter(rtc);
    case RTCMR: return s->match;
    case RTCLR: return s->load;
    case RTCCR: return 1;
    case RTCIMSC: return s->imsc;
    case RTCRIS: return s->ris;
    case RTCMIS: return s->ris & s->imsc;
    default: break;
    }
    if (offset >= RTCPERIPHID0) {
        return identification[(offset - RTCPERIPHID0) / 4];
    }
    log_write(rtc->machine->log, LOG_guest_errors, "pl031: read of unknown register %03x\n", (unsigned)offset);
    return 0;
}

static uint64_t pl031_read(void *device, uint64_t offset, unsigned size)
{
    return read_register(device, offset & ~3ull) >> (offset & 3) * 8;
}

static void pl031_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl031 *rtc = device;
    struct pl031_state *s = &rtc->state;
    switch ((enum pl031_register)offset) {
    case RTCMR: s->match = (uint32_t)value; break;
    case RTCLR:
        s->load = (uint32_t)value;
        s->offset_s = (int64_t)(uint32_t)value - wall_ns(rtc) / SECOND_NS;
        break;
    case RTCCR: break;
    case RTCIMSC: s->imsc = value & 1; break;
    case RTCICR: s->ris &= ~(uint32_t)value; break;
    default:
        log_write(rtc->machine->log, LOG_guest_errors, "pl031: write of unknown register %03x\n", (unsigned)offset);
        break;
    }
    arm(rtc);
    update_irq(rtc);
}

static const struct io_ops pl031_ops = { pl031_read, pl031_write, 1, 4 };

static void loaded(void *device)
{
    struct pl031 *rtc = device;
    arm(rtc);
    update_irq(rtc);
}

static void reset(void *device)
{
    struct pl031 *rtc = device;
    rtc->state = (struct pl031_state){ .offset_s = rtc->state.offset_s };
    loaded(rtc);
}

static void pl031_free(void *device)
{
    struct pl031 *rtc = device;
    timer_free(rtc->timer);
    g_free(rtc);
}

#define FIELD(member) SNAPSHOT_FIELD(struct pl031_state, member)
static const struct snapshot_field fields[] = { FIELD(offset_s), FIELD(match), FIELD(load), FIELD(imsc), FIELD(ris) };

const struct device_type pl031_type = {
    .name = "pl031",
    .reset = reset,
    .loaded = loaded,
    .free = pl031_free,
    .state_offset = offsetof(struct pl031, state),
    .state_size = sizeof(struct pl031_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

void pl031_set_offset(struct pl031 *rtc, int64_t seconds)
{
    rtc->state.offset_s = seconds;
    loaded(rtc);
}

struct pl031 *pl031_new(struct machine *machine, uint64_t base, struct irq_line irq)
{
    struct pl031 *rtc = g_new0(struct pl031, 1);
    rtc->machine = machine;
    rtc->irq = irq;
    rtc->timer = timer_new(machine->clocks, CLOCK_KIND_HOST, expired, rtc);
    memory_add_io(machine->memory, "pl031", base, PL031_BYTES, &pl031_ops, rtc, 0);
    machine_add_device(machine, &pl031_type, rtc);
    return rtc;
}
