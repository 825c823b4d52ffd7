/* SPDX-License-Identifier: MIT */
/*
 * What CPUs do with the debugger's points and steps. Nothing here is called while nothing is set, but for a test at the top of
 * the loop, which only sees what is rare.
 *
 *   code points   a unit ends before one (debug_first_point), and one that would begin there is never published: so the CPU
 *                 comes through block_for each time, which asks debug_may_run. To go by, it runs that one instruction as
 *                 a one-shot unit.
 *   data points   their pages carry TLB_WATCH; the slow path asks debug_access. To stop behind the instruction, it is begun again
 *                 as a one-shot unit, which notes the hit and is followed by the top of the loop.
 *   modes         only jumps through the jump cache change the mode without the loop: it is not filled meanwhile
 *   steps         one-shot units, which come back to the loop whatever they jump to (ir_unit.alone)
 */
#include "tcg/cpu_view.h"
#include "tcg/engine_state.h"

bool debug_point_is_for(const struct debug_point *point, const struct cpu *cpu)
{
    return !point->disabled && (point->cpu == DEBUG_ANY_CPU || (unsigned)point->cpu == cpu->index);
}

/* ---- stopping ---- */

void debug_stop_here(struct cpu *cpu, const struct debug_stop *stop)
{
    struct debug *debug = &cpu->engine->debug;
    struct cpu_debug *own = &loop_of(cpu)->debug;
    g_mutex_lock(&debug->lock);
    const bool first = debug->stop.reason == DEBUG_STOP_NONE;
    if (first) {
        debug->stop = *stop;
        debug->stop.cpu = cpu->index;
    }
    g_mutex_unlock(&debug->lock);
    if (first) {
        own->active = (own->active & ~(uint32_t)DEBUG_HIT) | DEBUG_PASS;
        own->pass_pc = cpu->pc;
        engine_pause(cpu->engine);
        if (debug->notify) {
            debug->notify(debug->notify_opaque);
        }
    }
}

bool debug_point_hit(struct engine *engine, struct debug_point *point, bool late, struct debug_stop *stop)
{
    struct debug *debug = &engine->debug;
    bool stops = false;
    g_mutex_lock(&debug->lock);
    if (debug->stop.reason == DEBUG_STOP_NONE || late) {
        point->hits++;
        stops = !point->ignore;
        point->ignore -= !stops;
        point->disabled |= stops && point->once;
        stop->point = *point;
    }
    g_mutex_unlock(&debug->lock);
    return stops;
}

bool debug_others_stopped(struct engine *engine)
{
    g_mutex_lock(&engine->debug.lock);
    const bool stopped = engine->debug.stop.reason != DEBUG_STOP_NONE;
    g_mutex_unlock(&engine->debug.lock);
    return stopped;
}

static uint64_t linear_of(struct cpu *cpu)
{
    return cpu->frontend->linear(cpu, cpu->pc, cpu->mode);
}

/* ---- code ---- */

static uint64_t code_physical(struct cpu *cpu, uint64_t linear, unsigned mmu)
{
    const struct tlb_entry *entry = tlb_get(cpu, linear, MMU_EXEC, mmu, false);
    return entry ? tlb_detail_of(cpu, entry, mmu)->physical | (linear & PAGE_OFFSET) : UINT64_MAX;
}

static bool is_magic(struct cpu *cpu, uint64_t linear, uint32_t mode)
{
    enum { MAGIC_BYTES = 4 };
    uint8_t code[MAGIC_BYTES];
    unsigned bytes = MAGIC_BYTES;
    while (bytes && !code_fetch(cpu, linear, code, bytes, false)) {
        bytes--;                    /* it may end before a page that is not there */
    }
    return bytes && cpu->frontend->is_magic(code, bytes, mode);
}

/* An address that a code point stands for. The mode is that of the code there. */
static bool code_matches(struct cpu *cpu, const struct debug_point *point, uint64_t linear, uint32_t mode)
{
    switch (point->kind) {
    case DEBUG_CODE:          return point->address == linear;
    case DEBUG_CODE_PHYSICAL: return point->address == code_physical(cpu, linear, cpu->frontend->fetch_mmu(mode));
    case DEBUG_MAGIC:         return is_magic(cpu, linear, mode);
    default:                  return false;
    }
}

static bool mode_changed(struct cpu *cpu)
{
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    const char *before = debug->mode_name;
    if (!cpu->engine->debug.modes) {
        debug->mode_name = NULL;
        return false;
    }
    debug->mode_name = cpu->frontend->view->mode_name(cpu);
    return before && before != debug->mode_name;
}

static enum debug_reason reason_of(enum debug_kind kind)
{
    return kind == DEBUG_MODE ? DEBUG_STOP_MODE : kind == DEBUG_MAGIC ? DEBUG_STOP_MAGIC : DEBUG_STOP_CODE;
}

/* Points at this place: false: one of them stops the CPU. *any: there is one. */
static bool points_pass(struct cpu *cpu, uint64_t linear, bool *any)
{
    struct engine *engine = cpu->engine;
    const bool changed = mode_changed(cpu);
    for (unsigned i = 0; i < engine->debug.count; i++) {
        struct debug_point *point = &engine->debug.points[i];
        struct debug_stop stop = { .reason = reason_of(point->kind), .address = linear };
        if (point->disabled || !(point->kind == DEBUG_MODE ? changed : code_matches(cpu, point, linear, cpu->mode))) {
            continue;
        }
        *any = true;
        if (debug_point_is_for(point, cpu) && !(loop_of(cpu)->debug.active & DEBUG_PASSING) && debug_point_hit(engine, point, false, &stop)) {
            debug_stop_here(cpu, &stop);
            return false;
        }
    }
    return true;
}

/* ---- the loop ---- */

void debug_stop_stepped(struct cpu *cpu)
{
    const struct debug_stop stop = { .reason = DEBUG_STOP_STEP, .address = linear_of(cpu) };
    loop_of(cpu)->debug.active &= ~(uint32_t)DEBUG_STEPPING;
    debug_stop_here(cpu, &stop);
}

bool debug_step_goes_on(struct cpu *cpu)
{
    const struct cpu_debug *debug = &loop_of(cpu)->debug;
    const uint64_t linear = linear_of(cpu);
    return debug->step == DEBUG_STEP_RANGE && linear >= debug->first && linear <= debug->last;
}

bool debug_loop_top(struct cpu *cpu)
{
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    debug->active &= ~(uint32_t)DEBUG_PASSING;
    if (debug->active & DEBUG_HIT) {
        debug_stop_here(cpu, &debug->hit);
        return false;
    }
    if (!(debug->active & DEBUG_STEPPING)) {
        return true;
    }
    /* An interrupt that came first is a step too; an instruction that is to be begun again (one_insn) has not run. */
    debug->ran |= cpu->pc != debug->start_pc;
    if (!debug->ran || cpu->one_insn || debug_step_goes_on(cpu)) {
        return true;
    }
    bool any;
    if (!cpu->engine->debug.code || points_pass(cpu, linear_of(cpu), &any)) {
        debug_stop_stepped(cpu);
    }
    return false;
}

bool cpu_watched(const struct cpu *cpu)
{
    return cpu->engine->unlinked || debug_wants_units(cpu);
}

bool debug_is_quiet(const struct cpu *cpu)
{
    const struct cpu_debug *debug = &loop_of(cpu)->debug;
    return !cpu->halted && ((debug->active & DEBUG_STEPPING && debug->quiet) ||
                            (debug->active & DEBUG_PASS && debug->pass_pc == cpu->pc));
}

bool debug_may_run(struct cpu *cpu, uint64_t linear)
{
    struct engine *engine = cpu->engine;
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    const char *mode_before = debug->mode_name;
    const uint32_t pass = debug->active & DEBUG_PASS && debug->pass_pc == cpu->pc ? DEBUG_PASS : 0;
    bool any = false;
    debug->active &= ~(uint32_t)DEBUG_PASS;
    debug->active |= pass ? DEBUG_PASSING : 0;
    if (debug->active & DEBUG_STEPPING && !debug->ran) {
        debug->active |= DEBUG_PASSING;     /* a step leaves the place where it begins */
    }
    if (engine->debug.code && !points_pass(cpu, linear, &any)) {
        return false;
    }
    if (any && debug_others_stopped(engine)) {
        debug->mode_name = mode_before;     /* what was come to is asked again when it runs on, what was told is not told again */
        debug->active |= pass;
        return false;
    }
    cpu->one_insn |= any || (debug->active & DEBUG_PASSING && !(debug->active & DEBUG_STEPPING)) ||
                     (debug->active & DEBUG_STEPPING && debug->step != DEBUG_STEP_UNIT);
    debug->ran = true;
    return true;
}

unsigned debug_first_point(struct cpu *cpu, const struct ir_unit *unit)
{
    const struct debug *debug = &cpu->engine->debug;
    for (unsigned n = 1; n < unit->guest_insns; n++) {
        for (unsigned i = 0; i < debug->count; i++) {
            if (!debug->points[i].disabled &&
                code_matches(cpu, &debug->points[i], unit->linear + unit->insn[n].offset, unit->mode)) {
                return n;
            }
        }
    }
    return unit->guest_insns;
}

/* ---- data ---- */

static bool ranges_touch(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a <= b + (b_bytes - 1) && b <= a + (a_bytes - 1);
}

bool debug_page_watched(const struct engine *engine, uint64_t linear, uint64_t physical)
{
    for (unsigned i = 0; i < engine->debug.count; i++) {
        const struct debug_point *point = &engine->debug.points[i];
        if (!point->disabled && ((point->kind == DEBUG_DATA &&
                                  ranges_touch(point->address, point->bytes, linear & PAGE_MASK, PAGE_BYTES)) ||
                                 (point->kind == DEBUG_DATA_PHYSICAL &&
                                  ranges_touch(point->address, point->bytes, physical & PAGE_MASK, PAGE_BYTES)))) {
            return true;
        }
    }
    return false;
}

/* The hit of this access is to be told: now when it stops before it (leaves), else behind the instruction. */
static void data_hit(struct cpu *cpu, struct debug_point *point, uint64_t linear, unsigned access)
{
    struct cpu_debug *debug = &loop_of(cpu)->debug;
    struct debug_stop stop = { .reason = DEBUG_STOP_DATA, .address = linear, .access = access };
    const bool alone = !cpu->current || (cpu->current->one_shot && cpu->current->guest_insns == 1);
    if (!point->before && !alone) {
        cpu->one_insn = true;
        cpu_leave(cpu);
    }
    const bool undo = point->before && cpu->current;
    if (undo && debug_others_stopped(cpu->engine)) {
        cpu->one_insn = true;       /* comes again until the loop has stopped it */
        cpu_leave(cpu);
    }
    if (!debug_point_hit(cpu->engine, point, !undo, &stop)) {
        return;
    }
    debug->hit = stop;
    debug->active |= DEBUG_HIT;
    atomic_store(&cpu->exit_request, 1);
    if (undo) {
        cpu->one_insn = true;
        cpu_leave(cpu);
    }
}

void debug_access(struct cpu *cpu, uint64_t linear, uint64_t physical, unsigned bytes, unsigned access)
{
    struct engine *engine = cpu->engine;
    const struct cpu_debug *debug = &loop_of(cpu)->debug;
    for (unsigned i = 0; i < engine->debug.count && !(debug->active & DEBUG_HIT); i++) {
        struct debug_point *point = &engine->debug.points[i];
        if (debug_point_is_for(point, cpu) && point->access & access &&
            (point->kind == DEBUG_DATA || point->kind == DEBUG_DATA_PHYSICAL) && !(point->before && debug->active & DEBUG_PASSING) &&
            ranges_touch(point->address, point->bytes, point->kind == DEBUG_DATA ? linear : physical, bytes)) {
            if (point->only_log) {
                log_write(cpu->log, LOG_mem, "mem: CPU %u pc %#" PRIx64 " %s %#" PRIx64 " physical %#" PRIx64 " (%u bytes)\n", cpu->index,
                          cpu->pc, access == DEBUG_READ ? "reads" : "writes", linear, physical, bytes);
            } else {
                data_hit(cpu, point, linear, access);
            }
        }
    }
}

/* ---- instruction counts ---- */

int64_t debug_until_stop(struct engine *engine)
{
    const uint64_t now = engine_icount(engine), until = engine->debug.icount;
    return until == UINT64_MAX || until <= now ? INT64_MAX : (int64_t)MIN(until - now, INT64_MAX);
}

bool debug_icount_reached(struct engine *engine, struct cpu *cpu)
{
    const uint64_t now = engine_icount(engine);
    for (unsigned i = 0; i < engine->debug.count; i++) {
        struct debug_point *point = &engine->debug.points[i];
        struct debug_stop stop = { .reason = DEBUG_STOP_ICOUNT, .address = linear_of(cpu) };
        if (point->kind == DEBUG_ICOUNT && !point->disabled && point->address == now && debug_point_hit(engine, point, false, &stop)) {
            debug_stop_here(cpu, &stop);
            return true;
        }
    }
    return false;
}
