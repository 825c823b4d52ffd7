/* SPDX-License-Identifier: MIT */
/*
 * The debugger's points and steps as their owner sets them; debugger_run.c is what CPUs do with them.
 *
 * A change is made while all CPUs stand still, so they read the list without a lock. What was translated before a point was
 * there is dropped: for a code point the units that contain it, for the others what could run past them unseen.
 */
#include "base/error.h"
#include "tcg/cpu_view.h"
#include "tcg/engine_state.h"

static const uint64_t NO_ICOUNT = UINT64_MAX;

static bool is_code(const struct debug_point *point)
{
    return point->kind == DEBUG_CODE || point->kind == DEBUG_CODE_PHYSICAL || point->kind == DEBUG_MAGIC ||
           point->kind == DEBUG_MODE;
}

static bool is_data(const struct debug_point *point)
{
    return point->kind == DEBUG_DATA || point->kind == DEBUG_DATA_PHYSICAL;
}

/* What the rest of the engine asks for, from the list. */
static void summarize(struct engine *engine)
{
    struct debug *debug = &engine->debug;
    const uint64_t now = engine_icount(engine);
    debug->code = debug->data = debug->modes = 0;
    debug->icount = NO_ICOUNT;
    for (unsigned i = 0; i < debug->count; i++) {
        const struct debug_point *point = &debug->points[i];
        if (!point->disabled) {
            debug->code += is_code(point);
            debug->data += is_data(point);
            debug->modes += point->kind == DEBUG_MODE;
            if (point->kind == DEBUG_ICOUNT && point->address > now) {
                debug->icount = MIN(debug->icount, point->address);
            }
        }
    }
}

/* ---- what was translated or looked up without the point ---- */

/* A unit in which the CPU could run past it. A physical page may be in RAM anywhere: the offset in it decides. */
static bool block_concerned(const struct block *block, const struct debug_point *point)
{
    switch (point->kind) {
    case DEBUG_CODE:
        return point->address - block->linear < block->guest_bytes;
    case DEBUG_CODE_PHYSICAL:
        return ((point->address - block->linear) & PAGE_OFFSET) < block->guest_bytes;
    default:
        return point->kind == DEBUG_MAGIC;
    }
}

/* CPUs stand still. */
static void drop_blocks(struct engine *engine, const struct debug_point *point)
{
    g_mutex_lock(&engine->translate_lock);
    for (unsigned g = 0; g < engine->cache.generations; g++) {
        const struct code_generation *generation = &engine->cache.generation[g];
        for (unsigned i = 0; i < generation->count; i++) {
            struct block *block = generation->blocks[i];
            if (!atomic_load(&block->dead) && block_concerned(block, point)) {
                code_page_remove(engine, block);
                block_retire(engine, block, EXPLAIN_DEBUGGER, 0);
            }
        }
    }
    g_mutex_unlock(&engine->translate_lock);
}

/* The turn that is on was planned without it: it ends now. */
static void end_turn(struct engine *engine)
{
    struct cpu *cpu = engine->icount.cpu;
    if (cpu && cpu->icount_left > 0) {
        loop_of(cpu)->slice -= cpu->icount_left;
        cpu->icount_left = 0;
    }
}

static void take_effect(struct engine *engine, const struct debug_point *point)
{
    if (is_data(point)) {
        for (unsigned c = 0; c < engine->cpu_count; c++) {
            mmu_flush(engine->cpu[c], false);
        }
    } else if (point->kind == DEBUG_MODE) {     /* direct jumps stay in their mode; see jump_cache_fill */
        jump_caches_clear(engine);
    } else if (point->kind == DEBUG_ICOUNT) {
        end_turn(engine);
    } else {
        drop_blocks(engine, point);
    }
}

/* ---- the list ---- */

static struct debug_point *find(struct engine *engine, unsigned id)
{
    for (unsigned i = 0; i < engine->debug.count; i++) {
        if (engine->debug.points[i].id == id) {
            return &engine->debug.points[i];
        }
    }
    return NULL;
}

static bool possible(struct engine *engine, const struct debug_point *point, GError **error)
{
    const struct frontend *frontend = engine->cpu_count ? engine->cpu[0]->frontend : NULL;
    if (engine->debug.count >= DEBUG_MOST_POINTS) {
        return error_fail(error, "there are %u points already", DEBUG_MOST_POINTS);
    }
    if (point->cpu != DEBUG_ANY_CPU && (point->cpu < 0 || (unsigned)point->cpu >= engine->cpu_count)) {
        return error_fail(error, "there is no CPU %d", point->cpu);
    }
    if (is_data(point) && (!point->bytes || point->address + (point->bytes - 1) < point->address || !point->access)) {
        return error_fail(error, "a watchpoint needs a length and a kind of access");
    }
    if (point->kind == DEBUG_MODE && (!frontend || !frontend->view || !frontend->view->mode_name)) {
        return error_fail(error, "these CPUs have no modes to name");
    }
    if (point->kind == DEBUG_MAGIC && (!frontend || !frontend->is_magic)) {
        return error_fail(error, "these CPUs have no instruction for it");
    }
    if (point->kind == DEBUG_ICOUNT && !engine->options.icount) {
        return error_fail(error, "instructions are counted with -icount only");
    }
    if (engine->accelerator && !debug_accel_possible(engine, point, error)) {
        return false;
    }
    return point->kind != DEBUG_ICOUNT || point->address > engine_icount(engine) ||
           error_fail(error, "%" PRIu64 " instructions have run already", engine_icount(engine));
}

unsigned debugger_add(struct engine *engine, const struct debug_point *point, GError **error)
{
    struct debug *debug = &engine->debug;
    if (!possible(engine, point, error)) {
        return 0;
    }
    exclusive_begin(engine, NULL);
    debug->points = g_renew(struct debug_point, debug->points, debug->count + 1);
    struct debug_point *added = &debug->points[debug->count++];
    *added = *point;
    added->id = ++debug->last_id;
    added->hits = 0;
    summarize(engine);
    take_effect(engine, added);
    exclusive_end(engine, NULL);
    return debug->last_id;
}

/* CPUs stand still. Pages that were watched lose their mark when they are looked up again; units stay as short as they are. */
static void remove_at(struct engine *engine, unsigned n)
{
    struct debug *debug = &engine->debug;
    memmove(&debug->points[n], &debug->points[n + 1], (debug->count - n - 1) * sizeof(debug->points[0]));
    debug->count--;
}

bool debugger_remove(struct engine *engine, unsigned id)
{
    const struct debug_point *point = find(engine, id);
    if (!point) {
        return false;
    }
    exclusive_begin(engine, NULL);
    remove_at(engine, (unsigned)(point - engine->debug.points));
    summarize(engine);
    exclusive_end(engine, NULL);
    return true;
}

void debugger_remove_owned(struct engine *engine, const void *owner)
{
    exclusive_begin(engine, NULL);
    for (unsigned i = engine->debug.count; i-- > 0;) {
        if (engine->debug.points[i].owner == owner) {
            remove_at(engine, i);
        }
    }
    summarize(engine);
    exclusive_end(engine, NULL);
}

bool debugger_set_enabled(struct engine *engine, unsigned id, bool enabled)
{
    struct debug_point *point = find(engine, id);
    if (!point) {
        return false;
    }
    exclusive_begin(engine, NULL);
    point->disabled = !enabled;
    summarize(engine);
    if (enabled) {
        take_effect(engine, point);
    }
    exclusive_end(engine, NULL);
    return true;
}

bool debugger_set_ignore(struct engine *engine, unsigned id, uint64_t count)
{
    struct debug_point *point = find(engine, id);
    if (point) {
        g_mutex_lock(&engine->debug.lock);
        point->ignore = count;
        g_mutex_unlock(&engine->debug.lock);
    }
    return point;
}

bool debugger_point(struct engine *engine, unsigned n, struct debug_point *point)
{
    if (n >= engine->debug.count) {
        return false;
    }
    g_mutex_lock(&engine->debug.lock);
    *point = engine->debug.points[n];
    g_mutex_unlock(&engine->debug.lock);
    return true;
}

/* ---- steps ---- */

void debugger_step(struct cpu *cpu, enum debug_step step, uint64_t first, uint64_t last, bool quiet)
{
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    debug->step = step;
    debug->first = first;
    debug->last = last;
    debug->quiet = quiet;
    debug->ran = false;
    debug->start_pc = cpu->pc;
    debug->active |= DEBUG_STEPPING;
}

void debugger_freeze(struct cpu *cpu, bool frozen)
{
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    debug->active = frozen ? debug->active | DEBUG_FROZEN : debug->active & ~(uint32_t)DEBUG_FROZEN;
}

void debugger_end_steps(struct engine *engine)
{
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        loop_of(engine->cpu[c])->debug.active &= ~(uint32_t)(DEBUG_STEPPING | DEBUG_FROZEN);
    }
}

/* ---- runs and stops ---- */

const struct debug_stop *debugger_stop(struct engine *engine)
{
    return &engine->debug.stop;
}

void debugger_set_notify(struct engine *engine, void (*notify)(void *opaque), void *opaque)
{
    engine->debug.notify = notify;
    engine->debug.notify_opaque = opaque;
}

void debug_begin_run(struct engine *engine)
{
    engine->debug.stop = (struct debug_stop){ .reason = DEBUG_STOP_NONE };
    summarize(engine);
}

void debug_end_run(struct engine *engine)
{
    for (unsigned i = engine->debug.count; i-- > 0;) {
        if (engine->debug.points[i].once && engine->debug.points[i].disabled) {
            remove_at(engine, i);
        }
    }
    if (engine->debug.stop.reason != DEBUG_STOP_NONE) {
        debugger_end_steps(engine);
    }
}
