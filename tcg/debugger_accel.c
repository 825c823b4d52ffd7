/* SPDX-License-Identifier: MIT */
/*
 * The debugger where an accelerator runs the guest: the processor's own breakpoints and its single step do the work, so there are
 * few points, at linear addresses only. debugger_run.c is the translator's counterpart.
 *
 * To go by a code point at which it stopped, the CPU first runs one instruction without code points.
 */
#include "base/error.h"
#include "tcg/engine_state.h"

static bool is_plain_data(const struct debug_point *point)
{
    return point->kind == DEBUG_DATA && point->access & DEBUG_WRITE && !point->only_log && !point->before && point->bytes <= 8 &&
           !(point->bytes & (point->bytes - 1)) && !(point->address & (point->bytes - 1));
}

bool debug_accel_possible(const struct engine *engine, const struct debug_point *point, GError **error)
{
    const char *name = engine->accelerator->name;
    if (point->kind != DEBUG_CODE && !is_plain_data(point)) {
        return error_fail(error, "%s stops at linear addresses of code, and behind writes or accesses to 1, 2, 4 or 8 aligned bytes", name);
    }
    return engine->debug.count < ACCEL_POINTS || error_fail(error, "%s has %u points and no more", name, ACCEL_POINTS);
}

/* It goes by the code points of where it is. */
static bool passes(const struct cpu *cpu)
{
    const struct cpu_debug *debug = &loop_of(cpu)->debug;
    return debug->active & DEBUG_PASS && debug->pass_pc == cpu->pc;
}

void debug_accel_plan(struct cpu *cpu, struct accel_debug *plan)
{
    const struct engine *engine = cpu->engine;
    const struct cpu_debug *own = &loop_of(cpu)->debug;
    const bool stepping = own->active & DEBUG_STEPPING;
    *plan = (struct accel_debug){ .step = stepping || passes(cpu), .now = debug_is_quiet(cpu) };
    for (unsigned i = 0; i < engine->debug.count; i++) {
        const struct debug_point *point = &engine->debug.points[i];
        const bool data = point->kind == DEBUG_DATA;
        if (debug_point_is_for(point, cpu) && (data || !plan->step)) {
            plan->point[plan->count++] = (struct accel_point){ point->address, data ? (uint8_t)point->bytes : 1,
                                                               data ? (uint8_t)point->access : 0 };
        }
    }
}

/* Points of that place; false: one of them stops the CPU. access 0: code. An access has been made: when another CPU stopped all
 * it is told later (DEBUG_HIT), while a place of code is come to again. */
static bool points_pass(struct cpu *cpu, uint64_t address, unsigned access)
{
    struct engine *engine = cpu->engine;
    struct cpu_debug *own = &loop_of(cpu)->debug;
    const enum debug_kind kind = access ? DEBUG_DATA : DEBUG_CODE;
    for (unsigned i = 0; i < engine->debug.count; i++) {
        struct debug_point *point = &engine->debug.points[i];
        struct debug_stop stop = { .reason = access ? DEBUG_STOP_DATA : DEBUG_STOP_CODE, .address = address,
                                   .access = access ? DEBUG_WRITE : 0 };
        if (debug_point_is_for(point, cpu) && point->kind == kind && point->address == address && (!access || point->access == access) &&
            debug_point_hit(engine, point, access, &stop)) {
            own->hit = stop;
            own->active |= access ? DEBUG_HIT : 0;
            debug_stop_here(cpu, &stop);
            return false;
        }
    }
    return true;
}

bool debug_accel_ran(struct cpu *cpu, const struct accel_debug *plan, const struct accel_hit *hit)
{
    struct cpu_debug *own = &loop_of(cpu)->debug;
    if (!hit) {
        return true;
    }
    const uint64_t here = cpu->frontend->linear(cpu, cpu->pc, cpu->mode);
    own->active &= ~(uint32_t)DEBUG_PASS;
    for (unsigned i = 0; i < plan->count; i++) {
        const struct accel_point *point = &plan->point[i];
        if (hit->points >> i & 1 && !points_pass(cpu, point->linear, point->access)) {
            return false;
        }
    }
    if (hit->points && !plan->step && !debug_others_stopped(cpu->engine)) {     /* ignored: goes by */
        own->active |= DEBUG_PASS;
        own->pass_pc = cpu->pc;
        return true;
    }
    if (plan->step && !points_pass(cpu, here, 0)) {
        return false;
    }
    if (!plan->step || !(own->active & DEBUG_STEPPING) || debug_step_goes_on(cpu)) {
        return true;
    }
    debug_stop_stepped(cpu);
    return false;
}
