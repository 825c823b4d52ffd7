/* SPDX-License-Identifier: MIT */
/*
 * The timer of a local APIC (SDM 3, "APIC Timer"): one-shot, periodic, TSC deadline. Its bus clock is 1 GHz: a tick is
 * a nanosecond of virtual time. The count is computed when somebody looks; the host is asked to wake us only
 * while the interrupt is not masked.
 *
 * A host that has other things to do lets several periods pass before the guest sees the first interrupt. On hardware
 * that cannot happen, and guests count ticks; so ticks that found one still waiting are handed in one by one, each
 * after the EOI of the one before (at most LONGEST_DEBT of them).
 */
#include "hw/intc/lapic_internal.h"

/* A period that no host could keep is served this often. */
enum { SHORTEST_PERIOD_NS = 5000, LONGEST_DEBT = 250 };

static int64_t now_ns(const struct lapic *lapic)
{
    return clock_now_ns(lapic->bus->machine->clocks, CLOCK_KIND_VIRTUAL);
}

static unsigned timer_mode(const struct lapic *lapic)
{
    return lapic->state.lvt[LAPIC_LVT_TIMER] >> LVT_TIMER_SHIFT & 3;
}

static unsigned divide_shift(const struct lapic *lapic)
{
    unsigned bits = (lapic->state.divide & 3) | (lapic->state.divide >> 1 & 4);
    return (bits + 1) & 7;
}

static int64_t period_ns(const struct lapic *lapic)
{
    return (int64_t)lapic->state.initial_count << divide_shift(lapic);
}

uint32_t lapic_timer_count(const struct lapic *lapic)
{
    const struct lapic_state *s = &lapic->state;
    int64_t period = period_ns(lapic), done = now_ns(lapic) - s->timer_start_ns;
    if (!period || timer_mode(lapic) == TIMER_TSC_DEADLINE) {
        return 0;
    }
    if (timer_mode(lapic) == TIMER_PERIODIC) {
        done %= period;
    }
    return done >= period ? 0 : (uint32_t)((period - done) >> divide_shift(lapic));
}

static int64_t deadline_ns(const struct lapic *lapic)
{
    struct cpu_port *port = lapic->port;
    uint64_t tsc = lapic->state.tsc_deadline;
    return port->tsc_time_ns ? port->tsc_time_ns(port->cpu, tsc) : (int64_t)(tsc < INT64_MAX ? tsc : INT64_MAX);
}

/* now: a one-shot that ended before it has been delivered. */
static void plan_at(struct lapic *lapic, int64_t now)
{
    const struct lapic_state *s = &lapic->state;
    int64_t period = period_ns(lapic), end = s->timer_start_ns + period;
    unsigned mode = timer_mode(lapic);
    timer_cancel(lapic->timer);
    if (mode == TIMER_TSC_DEADLINE) {
        if (s->tsc_deadline) {
            timer_arm(lapic->timer, deadline_ns(lapic));
        }
    } else if (period && !(s->lvt[LAPIC_LVT_TIMER] & LVT_MASKED)) {
        if (mode == TIMER_PERIODIC && now >= end) {
            end += (now - end) / period * period + period;
        }
        if (mode == TIMER_PERIODIC && end < now + SHORTEST_PERIOD_NS && period < SHORTEST_PERIOD_NS) {
            end = now + SHORTEST_PERIOD_NS;
        }
        if (end > now || mode == TIMER_PERIODIC) {
            timer_arm(lapic->timer, end);
        }
    }
}

void lapic_timer_plan(struct lapic *lapic)
{
    plan_at(lapic, now_ns(lapic));
}

/* Of the periods that have ended since the last time, one is delivered now unless one waits already. */
static void count_missed(struct lapic *lapic)
{
    struct lapic_state *s = &lapic->state;
    int64_t period = period_ns(lapic);
    if (period < SHORTEST_PERIOD_NS) {
        return;
    }
    int64_t ended = (now_ns(lapic) - s->timer_start_ns) / period;
    bool waits = lapic_is_requested(lapic, s->lvt[LAPIC_LVT_TIMER] & LVT_VECTOR);
    int64_t missed = ended - s->timer_periods - (waits ? 0 : 1);
    s->timer_periods = ended;
    if (missed > 0) {
        missed += s->timer_missed;
        s->timer_missed = (uint32_t)(missed < LONGEST_DEBT ? missed : LONGEST_DEBT);
    }
}

void lapic_timer_expired(void *opaque)
{
    struct lapic *lapic = opaque;
    if (timer_mode(lapic) == TIMER_TSC_DEADLINE) {
        lapic->state.tsc_deadline = 0;
    }
    if (timer_mode(lapic) == TIMER_PERIODIC) {
        count_missed(lapic);
    }
    lapic_deliver_lvt(lapic, LAPIC_LVT_TIMER);
    if (timer_mode(lapic) == TIMER_PERIODIC) {
        lapic_timer_plan(lapic);
    }
}

void lapic_timer_eoi(struct lapic *lapic, uint8_t vector)
{
    struct lapic_state *s = &lapic->state;
    if (s->timer_missed && vector == (s->lvt[LAPIC_LVT_TIMER] & LVT_VECTOR) && timer_mode(lapic) == TIMER_PERIODIC &&
        !lapic_is_requested(lapic, vector)) {
        s->timer_missed--;
        lapic_deliver_lvt(lapic, LAPIC_LVT_TIMER);
    }
}

/* Whatever is programmed anew owes nothing. */
static void forget_missed(struct lapic *lapic)
{
    int64_t period = period_ns(lapic);
    lapic->state.timer_missed = 0;
    lapic->state.timer_periods = period ? (now_ns(lapic) - lapic->state.timer_start_ns) / period : 0;
}

void lapic_timer_set_count(struct lapic *lapic, uint32_t count)
{
    if (timer_mode(lapic) == TIMER_TSC_DEADLINE) {
        return;                         /* ignored in this mode */
    }
    lapic->state.initial_count = count;
    lapic->state.timer_start_ns = now_ns(lapic);
    forget_missed(lapic);
    plan_at(lapic, lapic->state.timer_start_ns);    /* a short one may be over by now, on a busy host: it is due all the same */
}

/* The count goes on from where it is, at the new pace. */
void lapic_timer_set_divide(struct lapic *lapic, uint32_t value)
{
    uint32_t left = lapic_timer_count(lapic);
    lapic->state.divide = value & 0xb;
    lapic->state.timer_start_ns = now_ns(lapic) - ((int64_t)(lapic->state.initial_count - left) << divide_shift(lapic));
    forget_missed(lapic);
    lapic_timer_plan(lapic);
}

void lapic_timer_set_lvt(struct lapic *lapic, uint32_t value)
{
    struct lapic_state *s = &lapic->state;
    bool was_deadline = timer_mode(lapic) == TIMER_TSC_DEADLINE;
    s->lvt[LAPIC_LVT_TIMER] = value;
    if (was_deadline != (timer_mode(lapic) == TIMER_TSC_DEADLINE)) {
        s->tsc_deadline = 0;            /* changing to or from this mode disarms */
        s->initial_count = 0;
    }
    forget_missed(lapic);
    lapic_timer_plan(lapic);
}

void lapic_timer_set_deadline(struct lapic *lapic, uint64_t tsc)
{
    if (timer_mode(lapic) != TIMER_TSC_DEADLINE) {
        return;
    }
    lapic->state.tsc_deadline = tsc;
    if (tsc && deadline_ns(lapic) <= now_ns(lapic)) {
        timer_cancel(lapic->timer);
        lapic_timer_expired(lapic);
    } else {
        lapic_timer_plan(lapic);
    }
}
