/* SPDX-License-Identifier: MIT */
/*
 * The execution loop of a CPU.
 *
 *   .-> leave? deliver what is pending
 *   |   exit_request or halted? attend: park for another's exclusive section, engine's own inputs, frontend->poll, sleep
 *   |   block_for(pc, mode)
 *   |   backend->run ... EXIT_LINK: link the jump that came here; EXIT_POLL, EXIT_LOOKUP: nothing
 *   '---------'
 *
 * Helpers come back by cpu_leave from anywhere below, the front end's functions included.
 */
#include "base/clock.h"
#include "tcg/cpu_gdb.h"
#include "tcg/engine_state.h"
#include "tcg/host_ops.h"

enum { ENGINE_INPUTS = CPU_INPUT_FLUSH | CPU_INPUT_STOP | CPU_INPUT_WORK };

/* A signal is a system call even when nobody waits. */
static void wake(struct loop *loop)
{
    g_mutex_lock(&loop->sleep_lock);
    if (loop->waiting) {
        g_cond_signal(&loop->wake);
    }
    g_mutex_unlock(&loop->sleep_lock);
}

void cpu_ask_exit(struct cpu *cpu)
{
    atomic_store(&cpu->exit_request, 1);
    if (cpu->engine && cpu->engine->accelerator) {
        cpu->engine->accelerator->kick(cpu);
    }
}

void cpu_kick(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    cpu_ask_exit(cpu);
    if (loop && atomic_load(&loop->sleeping)) {
        wake(loop);
    }
    if (loop && cpu->engine->options.icount) {
        icount_wake(cpu->engine);
    }
}

void cpu_leave(struct cpu *cpu)
{
    siglongjmp(cpu->leave, 1);
}

bool cpu_attempt(struct cpu *cpu, void (*change)(struct cpu *cpu, void *opaque), void *opaque)
{
    struct loop *loop = loop_of(cpu);
    const uint32_t active = loop->debug.active;
    loop->debug.active |= DEBUG_HIT;            /* one hit is told before the next is looked for: see debug_access */
    volatile bool done = false;
    if (!sigsetjmp(cpu->leave, 0)) {
        change(cpu, opaque);
        done = true;
    }
    loop->debug.active = active;
    return done;
}

void cpu_set_engine_input(struct cpu *cpu, uint32_t bits)
{
    atomic_fetch_or(&cpu->input, bits);
    cpu_kick(cpu);
}

/* ---- out of the cache ---- */

static void fp_to_host(struct cpu *cpu)
{
    cpu->fp_control = host_fp_get();
    host_fp_set(HOST_FP_DEFAULT);
}

static void end_exclusive(struct cpu *cpu)
{
    if (loop_of(cpu)->exclusive) {
        loop_of(cpu)->exclusive = false;
        exclusive_end(cpu->engine, cpu);
    }
}

/* A unit was left in the middle: what it did not run was charged at its entry. An instruction that raises counts as run, so
 * that time goes on for a guest that does nothing but fault. */
static void icount_give_back(struct cpu *cpu)
{
    const struct block *block = cpu->current;
    const unsigned done = cpu->current_insns + (cpu->one_insn ? 0 : 1);
    if (cpu->engine->options.icount && done < block->guest_insns) {
        cpu->icount_left += block->guest_insns - done;
    }
}

/* After cpu_leave. */
static void left(struct cpu *cpu)
{
    if (cpu->current) {
        fp_to_host(cpu);
        icount_give_back(cpu);
        cpu->current = NULL;
    }
    if (loop_of(cpu)->polling) {
        loop_of(cpu)->polling = false;
        atomic_store(&cpu->exit_request, 1);    /* it did not get to its end */
    }
    end_exclusive(cpu);
    translate_abandon(cpu);
    loop_of(cpu)->deliver = true;
    count(cpu, COUNT_leaves);
}

/* ---- attending to the outside ---- */

static void deadline_nearer(void *opaque)
{
    wake(opaque);
}

/* sleep_lock held. As the one who watches guest time: returns at its deadline at the latest, its timers run. */
static void wait_watching(struct cpu *cpu)
{
    enum { NS_PER_US = 1000 };
    struct loop *loop = loop_of(cpu);
    struct clocks *clocks = cpu->engine->clocks;
    const int64_t deadline_ns = clocks_watch_deadline_ns(clocks);
    bool due = false;
    loop->waiting = true;
    if (deadline_ns == INT64_MAX) {
        g_cond_wait(&loop->wake, &loop->sleep_lock);
    } else {
        due = !g_cond_wait_until(&loop->wake, &loop->sleep_lock, deadline_ns / NS_PER_US + 1);
    }
    loop->waiting = false;
    if (due) {
        g_mutex_unlock(&loop->sleep_lock);      /* timers take the machine's lock, and kick */
        g_mutex_lock(cpu->machine_lock);
        clocks_watch_run(clocks);
        g_mutex_unlock(cpu->machine_lock);
        g_mutex_lock(&loop->sleep_lock);
    }
}

static void sleep_until_kicked(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    struct clocks *clocks = cpu->engine->clocks;
    count(cpu, COUNT_halts);
    exclusive_exit(cpu);
    const bool watching = clocks && clocks_watch_begin(clocks, deadline_nearer, loop);
    g_mutex_lock(&loop->sleep_lock);
    atomic_store(&loop->sleeping, true);
    while (!atomic_load(&cpu->exit_request)) {
        if (watching) {
            wait_watching(cpu);
        } else {
            loop->waiting = true;
            g_cond_wait(&loop->wake, &loop->sleep_lock);
            loop->waiting = false;
        }
    }
    atomic_store(&loop->sleeping, false);
    g_mutex_unlock(&loop->sleep_lock);
    if (watching) {
        clocks_watch_end(clocks);
    }
    exclusive_enter(cpu);
}

/* Waits until other CPUs have flushed: see engine_settle. */
static void settle(struct cpu *cpu)
{
    struct engine *engine = cpu->engine;
    loop_of(cpu)->settle = false;
    exclusive_exit(cpu);            /* whoever waits for us need not */
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        struct cpu *other = engine->cpu[c];
        while (other != cpu && atomic_load(&other->input) & CPU_INPUT_FLUSH &&
               __atomic_load_n(&loop_of(other)->running, __ATOMIC_ACQUIRE)) {
            g_thread_yield();
        }
    }
    exclusive_enter(cpu);
}

/* The engine's own inputs. Returns false when the CPU is to stop. */
static bool take_engine_inputs(struct cpu *cpu)
{
    if (loop_of(cpu)->settle) {
        settle(cpu);
    }
    if (atomic_load(&cpu->engine->exclusive.pending)) {
        exclusive_park(cpu);
    }
    accelerator_take_map(cpu);
    if (!(atomic_load(&cpu->input) & ENGINE_INPUTS)) {
        return true;
    }
    const uint32_t input = atomic_fetch_and(&cpu->input, ~(uint32_t)ENGINE_INPUTS);
    if (input & CPU_INPUT_FLUSH) {
        map_forget(cpu);
    }
    return !(input & CPU_INPUT_STOP);
}

/* The debugger wants no interrupt taken now: exit_request stays for after the next instruction. */
static bool attend_later(struct cpu *cpu)
{
    if (!debug_is_quiet(cpu)) {
        return false;
    }
    atomic_store(&cpu->exit_request, 1);
    if (cpu->frontend->poll_skipped) {
        cpu->frontend->poll_skipped(cpu);
    }
    return true;
}

static bool poll(struct cpu *cpu)
{
    const struct accelerator *accelerator = cpu->engine->accelerator;
    return accelerator && !loop_of(cpu)->translates ? accelerator->poll(cpu) : cpu->frontend->poll(cpu);
}

enum loop_end loop_attend(struct cpu *cpu)
{
    for (;;) {
        atomic_store(&cpu->exit_request, 0);
        if (!take_engine_inputs(cpu)) {
            return LOOP_STOPPED;
        }
        const bool frozen = loop_of(cpu)->debug.active & DEBUG_FROZEN;
        if (!frozen && attend_later(cpu)) {
            return LOOP_RUN;
        }
        count(cpu, COUNT_polls);
        loop_of(cpu)->polling = true;
        const bool may_run = !frozen && poll(cpu);
        loop_of(cpu)->polling = false;
        /* poll cleared exit_request: what came for us since we looked must not be lost. */
        if (atomic_load(&cpu->input) & ENGINE_INPUTS || atomic_load(&cpu->engine->exclusive.pending)) {
            continue;
        }
        if (may_run && !cpu->halted) {
            return LOOP_RUN;
        }
        if (!loop_of(cpu)->sleeps) {
            return LOOP_HALTED;
        }
        sleep_until_kicked(cpu);
    }
}

/* ---- running ---- */

/* A jump that came back because it is not linked: links it to where it went. `epoch` is that of its exit: with another one by
 * now, the block that it is in may be gone. */
static void take_exit(struct cpu *cpu, const struct exit *exit, struct block *next, uint64_t epoch)
{
    struct engine *engine = cpu->engine;
    if (exit->reason != EXIT_LINK || engine->unlinked || engine->options.off & OFF_CHAIN || next->one_shot || engine->cache.epoch != epoch) {
        return;
    }
    if (exit->slot < exit->block->link_count && exit->block->links[exit->slot].target == next) {
        count(cpu, COUNT_guards);
        return;
    }
    g_mutex_lock(&engine->translate_lock);
    if (!block_link_to(engine, exit->block, exit->slot, next)) {
        count(cpu, COUNT_links_refused);
    }
    g_mutex_unlock(&engine->translate_lock);
}

static struct exit run(struct cpu *cpu, struct block *block)
{
    struct engine *engine = cpu->engine;
    count(cpu, COUNT_runs);
    log_entry(cpu, block);
    if (loop_of(cpu)->exclusive_next) {
        loop_of(cpu)->exclusive_next = false;
        exclusive_begin(engine, cpu);
        loop_of(cpu)->exclusive = true;
    }
    cpu->current = block;
    cpu->current_insns = 0;
    host_fp_set(cpu->fp_control);
    const struct exit exit = engine->backend->run(engine->backend_state, cpu, block);
    fp_to_host(cpu);
    cpu->current = NULL;
    end_exclusive(cpu);
    loop_of(cpu)->counter[COUNT_exits_lookup + exit.reason]++;
    return exit;
}

G_STATIC_ASSERT(COUNT_exits_link == COUNT_exits_lookup + EXIT_LINK && COUNT_exits_poll == COUNT_exits_lookup + EXIT_POLL);

enum loop_end loop_turn(struct cpu *cpu, uint64_t units)
{
    struct loop *loop = loop_of(cpu);
    struct engine *engine = cpu->engine;
    loop->units_left = units;
    if (sigsetjmp(cpu->leave, 0)) {
        left(cpu);
    }
    struct exit exit = { .reason = EXIT_LOOKUP };
    uint64_t epoch = 0;
    for (;;) {
        if (loop->deliver) {
            loop->deliver = false;
            cpu->frontend->deliver(cpu);
        }
        if (G_UNLIKELY(loop->debug.active) && !debug_loop_top(cpu)) {
            return LOOP_STOPPED;
        }
        if (atomic_load_explicit(&cpu->exit_request, memory_order_relaxed) || cpu->halted) {
            const enum loop_end end = loop_attend(cpu);
            if (end != LOOP_RUN) {
                return end;
            }
            exit.reason = EXIT_LOOKUP;      /* while parked, blocks may have gone */
            if (G_UNLIKELY(loop->debug.active) && !debug_loop_top(cpu)) {
                return LOOP_STOPPED;        /* an interrupt was the step */
            }
        }
        if (!loop->units_left) {
            return LOOP_BUDGET;
        }
        if (engine->options.icount && cpu->icount_left <= 0) {
            return LOOP_SLICE;
        }
        struct block *block = block_for(cpu);
        if (G_UNLIKELY(!block)) {
            return LOOP_STOPPED;
        }
        take_exit(cpu, &exit, block, epoch);
        loop->units_left--;
        exit = run(cpu, block);
        epoch = engine->cache.epoch;
    }
}

enum loop_end loop_run(struct cpu *cpu, uint64_t units)
{
    const enum loop_end end = cpu->engine->accelerator ? accelerator_turn(cpu, units) : loop_turn(cpu, units);
    if (cpu->frontend->release) {
        cpu->frontend->release(cpu);
    }
    return end;
}

void loop_thread(struct cpu *cpu)
{
    loop_of(cpu)->sleeps = true;
    exclusive_enter(cpu);
    loop_run(cpu, UINT64_MAX);
    exclusive_exit(cpu);
    loop_of(cpu)->sleeps = false;
}
