/* SPDX-License-Identifier: MIT */
/*
 * -icount: all CPUs take turns on one thread, and guest time is the number of instructions run, times 1 << shift ns. So the
 * same guest with the same input runs the same instructions, to the last one.
 *
 *   turn of a CPU = at most QUANTUM instructions, and no more than are left until the next timer of guest time
 *   between turns  timers whose time has come run here, with the machine lock
 *   all halted     time jumps to the next timer; without one, the thread waits to be kicked from outside
 *
 * Back ends count: a unit is charged at its entry and leaves when the rest of the turn is shorter than it; the loop then makes a
 * unit that fits. A timer armed in the middle of a turn shortens it; one that falls inside the unit that is running expires
 * at its end (at most 31 instructions late, each time the same). Input from outside (a terminal) comes when it comes.
 *
 * The debugger's stop at an instruction cuts a turn; the rest of it is run when the machine goes on, so that the order of
 * turns does not depend on stops.
 */
#include "base/clock.h"
#include "tcg/engine_state.h"

enum { QUANTUM = 20000 };

/* Instructions as of now; inside a turn, up to the instruction that runs. */
static uint64_t count_now(const struct engine *engine)
{
    const struct icount *ic = &engine->icount;
    uint64_t now = atomic_load(&ic->done);
    if (ic->cpu && g_thread_self() == ic->thread) {
        const struct cpu *cpu = ic->cpu;
        int64_t ran = loop_of(cpu)->slice - cpu->icount_left;
        if (cpu->current && cpu->current_insns < cpu->current->guest_insns) {
            ran -= cpu->current->guest_insns - cpu->current_insns;
        }
        now += ran > 0 ? (uint64_t)ran : 0;
    }
    return now;
}

static int64_t virtual_now_ns(void *opaque)
{
    struct engine *engine = opaque;
    uint64_t now = count_now(engine);
    const uint64_t before = atomic_load(&engine->icount.reported);
    if (now < before) {
        now = before;
    } else if (g_thread_self() == engine->icount.thread) {
        atomic_store(&engine->icount.reported, now);
    }
    return (int64_t)(now << engine->options.icount_shift);
}

uint64_t engine_icount(struct engine *engine)
{
    return count_now(engine) - engine->icount.skipped;
}

/* Instructions until the next timer, at least 1; INT64_MAX: none armed. */
static int64_t until_deadline(struct engine *engine)
{
    int64_t deadline = INT64_MAX;
    if (engine->clocks) {
        const int64_t virtual = clocks_next_deadline_ns(engine->clocks, CLOCK_KIND_VIRTUAL);
        const int64_t host = clocks_next_deadline_ns(engine->clocks, CLOCK_KIND_HOST);
        deadline = virtual;
        if (host != INT64_MAX) {    /* a constant apart from guest time here */
            const int64_t apart = clock_now_ns(engine->clocks, CLOCK_KIND_HOST) - virtual_now_ns(engine);
            deadline = MIN(virtual, host - apart);
        }
    }
    if (deadline == INT64_MAX) {
        return INT64_MAX;
    }
    const int64_t ns = deadline - virtual_now_ns(engine), one = 1ll << engine->options.icount_shift;
    return ns <= 0 ? 1 : (ns + one - 1) >> engine->options.icount_shift;
}

/* A timer was armed that comes before all others: the turn that runs may have to end earlier. Machine lock held. */
static void deadline_nearer(void *opaque)
{
    struct engine *engine = opaque;
    struct icount *ic = &engine->icount;
    if (g_thread_self() != ic->thread) {
        icount_wake(engine);
        return;
    }
    if (!ic->cpu) {
        return;
    }
    struct loop *loop = loop_of(ic->cpu);
    const int64_t until = until_deadline(engine), left = ic->cpu->icount_left;
    if (left > 0 && until < left) {
        loop->slice -= left - until;
        ic->cpu->icount_left = until;
    }
}

/* A CPU that spins until another one acts may be stopped in the same place of its loop by every slice (holding a lock, say):
 * its hint that it spins (x86 PAUSE) hands over. */
void cpu_yield(struct cpu *cpu)
{
    if (cpu->engine->options.icount && cpu->engine->cpu_count > 1 && cpu->icount_left > 0) {
        loop_of(cpu)->slice -= cpu->icount_left;
        cpu->icount_left = 0;
    }
}

void icount_wake(struct engine *engine)
{
    struct icount *ic = &engine->icount;
    if (g_thread_self() == ic->thread) {
        return;
    }
    g_mutex_lock(&ic->lock);
    ic->kicked = true;
    g_cond_signal(&ic->wake);
    g_mutex_unlock(&ic->lock);
}

static void run_timers(struct engine *engine)
{
    GMutex *lock = engine->cpu[0]->machine_lock;
    if (!engine->clocks || until_deadline(engine) > 1) {
        return;
    }
    if (lock) {
        g_mutex_lock(lock);
    }
    clocks_run_expired(engine->clocks);
    if (lock) {
        g_mutex_unlock(lock);
    }
}

/* One CPU's turn; returns how it ended. */
static enum loop_end turn(struct engine *engine, struct cpu *cpu)
{
    struct icount *ic = &engine->icount;
    struct loop *loop = loop_of(cpu);
    exclusive_enter(cpu);
    const int64_t whole = MIN(until_deadline(engine), ic->rest ? ic->rest : QUANTUM), until = debug_until_stop(engine);
    loop->slice = MIN(whole, until);
    cpu->icount_left = loop->slice;
    ic->cpu = cpu;
    enum loop_end end = loop_run(cpu, UINT64_MAX);
    ic->cpu = NULL;
    const int64_t ran = loop->slice - cpu->icount_left;
    cpu->icount += (uint64_t)ran;
    atomic_fetch_add(&ic->done, (uint64_t)ran);
    if (ran == until && end != LOOP_STOPPED) {
        end = debug_icount_reached(engine, cpu) ? LOOP_STOPPED : end;
    }
    ic->rest = end == LOOP_STOPPED ? whole - ran : 0;
    exclusive_exit(cpu);
    return end;
}

/* All CPUs are halted: on to the next timer, or wait for somebody outside. */
static void idle(struct engine *engine)
{
    struct icount *ic = &engine->icount;
    const int64_t until = until_deadline(engine);
    if (until != INT64_MAX) {
        ic->skipped += (uint64_t)until;
        atomic_fetch_add(&ic->done, (uint64_t)until);
        return;
    }
    g_mutex_lock(&ic->lock);
    while (!ic->kicked) {
        g_cond_wait(&ic->wake, &ic->lock);
    }
    ic->kicked = false;
    g_mutex_unlock(&ic->lock);
}

void *icount_thread(void *opaque)
{
    struct engine *engine = opaque;
    struct icount *ic = &engine->icount;
    ic->thread = g_thread_self();
    for (;;) {
        bool ran = false;
        for (; ic->turn < engine->cpu_count; ic->turn++) {
            run_timers(engine);
            const enum loop_end end = turn(engine, engine->cpu[ic->turn]);
            if (end == LOOP_STOPPED) {
                return NULL;
            }
            ran |= end != LOOP_HALTED;
        }
        ic->turn = 0;
        run_timers(engine);
        for (unsigned c = 0; c < engine->cpu_count; c++) {
            ran |= atomic_load(&engine->cpu[c]->exit_request) != 0;
        }
        if (!ran) {
            idle(engine);
        }
    }
}

void icount_start(struct engine *engine)
{
    if (engine->clocks) {
        clocks_set_virtual_source(engine->clocks, virtual_now_ns, engine);
        clocks_set_notify(engine->clocks, deadline_nearer, engine);
    }
}
