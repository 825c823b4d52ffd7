/* SPDX-License-Identifier: MIT */
/*
 * WFE, SEV and the event streams of the generic timer (Arm ARM D1.6, D12.2.4, G1.17).
 *
 *   WFE, event register clear -> halted, waits_for_event -> loop sleeps
 *   SEV, a stream's timer     -> event = 1, kick          -> arm_event_wakes -> on behind the WFE
 *
 * A waiter sets waits_for_event and then looks at the event register; who sends sets the register and then looks at
 * waits_for_event: none is missed, and a SEV that nobody waits for costs no kick.
 *
 * The clearing of an exclusive monitor by another CPU is an event too, but stores do not look for monitors (exclusive.c). So a
 * WFE behind an exclusive load, as waiting for a lock is written, first comes back at once, and after SPIN_NS of that sleeps
 * no longer than the whole wait has lasted.
 */
#include <stdatomic.h>
#include "target-arm/helpers.h"
#include "target-arm/system.h"
#include "tcg/engine.h"

enum { SPIN_NS = 20000, WAIT_GAP_NS = 1000000, SLEEP_MOST_NS = 1000000 };
enum { EVNTEN = 1 << 2, EVNTDIR = 1 << 3, EVNTI_SHIFT = 4 };               /* CNTKCTL_EL1, CNTHCTL_EL2 */

/* A stream sends an event whenever a bit of its counter goes up (EVNTDIR: down). */
struct stream { unsigned shift; uint64_t count, early; };

/* n: 0 CNTKCTL_EL1's on the virtual counter, 1 CNTHCTL_EL2's on the physical one. */
static bool stream_of(const struct arm_cpu *cpu, unsigned n, struct stream *s)
{
    const uint64_t control = n ? cpu->cnthctl : cpu->cntkctl;
    if (!(control & EVNTEN) || (n && !cpu->has_el2)) {
        return false;
    }
    s->shift = (unsigned)(control >> EVNTI_SHIFT & 15) + 1;
    s->early = control & EVNTDIR ? 0 : 1ull << (s->shift - 1);
    s->count = arm_counter(cpu) - (n ? 0 : cpu->cntvoff);
    return true;
}

/* Whether a stream has sent one since this was asked last. */
static bool streams_sent(struct arm_cpu *cpu)
{
    bool sent = false;
    for (unsigned n = 0; n < G_N_ELEMENTS(cpu->stream_seen); n++) {
        struct stream s;
        if (stream_of(cpu, n, &s)) {
            const uint64_t events = (s.count + s.early) >> s.shift;
            sent |= events != cpu->stream_seen[n];
            cpu->stream_seen[n] = events;
        }
    }
    return sent;
}

/* Guest time until the next one; INT64_MAX: no stream is on. */
static int64_t streams_next_ns(const struct arm_cpu *cpu)
{
    int64_t next = INT64_MAX;
    for (unsigned n = 0; n < G_N_ELEMENTS(cpu->stream_seen); n++) {
        struct stream s;
        if (stream_of(cpu, n, &s)) {
            const uint64_t left = (1ull << s.shift) - ((s.count + s.early) & ((1ull << s.shift) - 1));
            next = MIN(next, (int64_t)arm_counter_ns(cpu, left));
        }
    }
    return next;
}

bool arm_event_take(struct arm_cpu *cpu)
{
    const bool sent = streams_sent(cpu);
    return atomic_exchange(&cpu->event, 0) || sent;
}

/* How long a WFE behind an exclusive load may sleep; 0: not at all. It is the same wait as that of the last WFE if that was not long
 * ago and no exclusive store or atomic came between (exclusive.c). */
static int64_t lock_patience_ns(struct arm_cpu *cpu, int64_t now)
{
    if (cpu->wait_since_ns == ARM_NO_WAIT || now - cpu->wait_last_ns > WAIT_GAP_NS) {
        cpu->wait_since_ns = now;
    }
    cpu->wait_last_ns = now;
    const int64_t waited = now - cpu->wait_since_ns;
    return waited < SPIN_NS ? 0 : MIN(waited, SLEEP_MOST_NS);
}

void arm_event_wait(struct arm_cpu *cpu)
{
    if (!cpu->event_timer) {        /* no machine, no time */
        return;
    }
    const int64_t now = clock_now_ns(cpu->board.clocks, CLOCK_KIND_VIRTUAL);
    int64_t most = streams_next_ns(cpu);
    if (cpu->exclusive_address != UINT64_MAX) {
        const int64_t patience = lock_patience_ns(cpu, now);
        if (!patience) {
            cpu_yield(&cpu->cpu);
            return;
        }
        most = MIN(most, patience);
    }
    atomic_store(&cpu->waits_for_event, 1);     /* before the timer may be due */
    cpu->cpu.halted = true;
    if (most != INT64_MAX) {
        const bool locked = arm_lock(cpu);
        timer_arm(cpu->event_timer, now + most);
        arm_unlock(cpu, locked);
    }
}

/* Interrupts that are masked do not end WFE. */
bool arm_event_wakes(struct arm_cpu *cpu)
{
    if (!arm_event_take(cpu) && !arm_interrupt_is_due(cpu)) {
        return false;
    }
    atomic_store(&cpu->waits_for_event, 0);
    cpu->wait_last_ns = clock_now_ns(cpu->board.clocks, CLOCK_KIND_VIRTUAL);
    return true;
}

static void send(struct cpu *base, void *unused)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    (void)unused;
    if (!atomic_load(&cpu->event)) {
        atomic_store(&cpu->event, 1);
    }
    if (atomic_load(&cpu->waits_for_event)) {
        cpu_kick(base);
    }
}

static void expired(void *opaque)
{
    struct arm_cpu *cpu = opaque;
    if (atomic_load(&cpu->waits_for_event)) {
        send(&cpu->cpu, NULL);
    }
}

void arm_event_connect(struct arm_cpu *cpu)
{
    if (!cpu->event_timer && cpu->board.clocks) {
        cpu->event_timer = timer_new(cpu->board.clocks, CLOCK_KIND_VIRTUAL, expired, cpu);
    }
}

uint64_t helper_arm_sev(struct cpu *cpu)
{
    engine_each_cpu(cpu->engine, send, NULL);
    return 0;
}
