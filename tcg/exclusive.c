/* SPDX-License-Identifier: MIT */
/*
 * Being alone: a CPU (or the machine's thread) waits until no other CPU runs guest code. Used when a generation of the code
 * cache is dropped, when a page first gets code that another CPU could write unseen, and for atomic accesses that the host
 * cannot do as one.
 *
 * A CPU counts as running from exclusive_enter to exclusive_exit, in the cache or not; it parks only at the top of the loop,
 * where it holds no lock and no pointer to a block. Nobody may ask for this with the machine lock or translate_lock held: a
 * running CPU may be waiting for either.
 */
#include "tcg/engine_state.h"

void exclusive_enter(struct cpu *cpu)
{
    struct exclusive *x = &cpu->engine->exclusive;
    g_mutex_lock(&x->lock);
    while (x->pending) {
        g_cond_wait(&x->changed, &x->lock);
    }
    x->running++;
    loop_of(cpu)->running = true;
    g_mutex_unlock(&x->lock);
}

void exclusive_exit(struct cpu *cpu)
{
    struct exclusive *x = &cpu->engine->exclusive;
    g_mutex_lock(&x->lock);
    x->running--;
    loop_of(cpu)->running = false;
    if (x->pending) {           /* who waits for `pending` to go is not helped */
        g_cond_broadcast(&x->changed);
    }
    g_mutex_unlock(&x->lock);
}

void exclusive_park(struct cpu *cpu)
{
    exclusive_exit(cpu);
    exclusive_enter(cpu);
}

void exclusive_begin(struct engine *engine, struct cpu *cpu)
{
    struct exclusive *x = &engine->exclusive;
    const bool running = cpu && loop_of(cpu)->running;
    g_mutex_lock(&x->lock);
    x->running -= running;
    g_cond_broadcast(&x->changed);
    while (x->pending) {
        g_cond_wait(&x->changed, &x->lock);
    }
    x->pending = true;
    engine->exclusive_sections++;
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        if (engine->cpu[c] != cpu) {
            cpu_ask_exit(engine->cpu[c]);
        }
    }
    while (x->running) {
        g_cond_wait(&x->changed, &x->lock);
    }
    g_mutex_unlock(&x->lock);
}

void exclusive_end(struct engine *engine, struct cpu *cpu)
{
    struct exclusive *x = &engine->exclusive;
    g_mutex_lock(&x->lock);
    x->pending = false;
    x->running += cpu && loop_of(cpu)->running;
    g_cond_broadcast(&x->changed);
    g_mutex_unlock(&x->lock);
}
