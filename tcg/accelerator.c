/* SPDX-License-Identifier: MIT */
/*
 * The loop of a CPU whose code an accelerator runs (accelerator.h); tcg/loop.c is the translator's.
 *
 *   begin -> .-> debugger, attend (as in tcg/loop.c) -> end when stopped
 *            '-- run: the guest's code, until somebody asks or the CPU halts
 */
#include "tcg/engine_state.h"

bool accelerator_open(struct engine *engine, GError **error)
{
    const struct engine_options *options = &engine->options;
    engine->accelerator_state = options->accelerator->open(engine->memory, engine->log, options->accelerator_cpus, error);
    engine->accelerator = engine->accelerator_state ? options->accelerator : NULL;
    atomic_store(&engine->accelerator_map, true);
    return engine->accelerator;
}

void accelerator_take_map(struct cpu *cpu)
{
    struct engine *engine = cpu->engine;
    if (engine->accelerator && atomic_exchange(&engine->accelerator_map, false)) {
        exclusive_begin(engine, cpu);
        engine->accelerator->map(engine->accelerator_state);
        exclusive_end(engine, cpu);
    }
}

/* One instruction. The accelerator's stores made nobody drop translations, so it is one of a single use. */
static enum loop_end translate_one(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    count(cpu, COUNT_singles);
    loop->translates = true;
    loop->deliver = true;           /* an exception may be on its way */
    cpu->one_insn = true;
    const enum loop_end end = loop_turn(cpu, 1);
    cpu->one_insn = loop->translates = false;
    if (cpu->frontend->release) {
        cpu->frontend->release(cpu);
    }
    cpu->engine->accelerator->begin(cpu);
    return end == LOOP_BUDGET || end == LOOP_HALTED ? LOOP_RUN : end;
}

static enum loop_end turn(struct cpu *cpu, uint64_t units)
{
    const struct accelerator *accelerator = cpu->engine->accelerator;
    for (;;) {
        if (loop_of(cpu)->debug.active & DEBUG_HIT) {
            debug_stop_here(cpu, &loop_of(cpu)->debug.hit);
            return LOOP_STOPPED;
        }
        if (atomic_load(&cpu->exit_request) || cpu->halted || loop_of(cpu)->debug.active & DEBUG_FROZEN) {
            const enum loop_end end = loop_attend(cpu);
            if (end != LOOP_RUN) {
                return end;
            }
        }
        if (!units--) {
            return LOOP_BUDGET;
        }
        struct accel_debug plan;
        struct accel_hit hit;
        debug_accel_plan(cpu, &plan);
        count(cpu, COUNT_runs);
        const enum accel_exit exit = accelerator->run(cpu, &plan, &hit);
        if (!debug_accel_ran(cpu, &plan, exit == ACCEL_DEBUG ? &hit : NULL)) {
            return LOOP_STOPPED;
        }
        if (exit == ACCEL_TRANSLATE) {
            const enum loop_end end = translate_one(cpu);
            if (end != LOOP_RUN) {
                return end;
            }
        }
        if (exit == ACCEL_FAILED) {
            debug_stop_here(cpu, &(struct debug_stop){ .reason = DEBUG_STOP_FAILED });
            return LOOP_STOPPED;
        }
    }
}

enum loop_end accelerator_turn(struct cpu *cpu, uint64_t units)
{
    accelerator_take_map(cpu);
    cpu->engine->accelerator->begin(cpu);
    const enum loop_end end = turn(cpu, units);
    cpu->engine->accelerator->end(cpu);
    return end;
}
