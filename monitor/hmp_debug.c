/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints, watchpoints and steps of the human monitor, in Bochs's words where it has one (break, pb, watch, modebp, trace-mem,
 * magic breakpoint), on the debugger's core. Commands return at once; when a CPU stops at a point, everybody at a human monitor
 * is told which and where. QMP's clients see the STOP event.
 */
#include <inttypes.h>
#include <string.h>
#include "monitor/internal.h"
#include "tcg/debugger.h"

static struct engine *engine_of(struct hmp *hmp)
{
    return hmp->monitor->board->engine;
}

/* One argument as a number; says what is wrong with it. */
static bool number(struct hmp *hmp, const char *text, uint64_t *value)
{
    const char *end;
    GError *error = NULL;
    monitor_hold_cpus(hmp->monitor);
    bool good = expression_evaluate(monitor_cpu(hmp->monitor, hmp->cpu), text, &end, value, &error);
    monitor_release_cpus(hmp->monitor);
    if (!good) {
        hmp_fail(hmp, error);
    }
    return good;
}

static void add(struct hmp *hmp, struct debug_point point, const char *what)
{
    GError *error = NULL;
    point.owner = hmp->monitor;
    point.cpu = DEBUG_ANY_CPU;
    unsigned id = debugger_add(engine_of(hmp), &point, &error);
    if (!id) {
        hmp_fail(hmp, error);
    } else if (what) {
        g_string_append_printf(hmp->out, "%s %u\n", what, id);
    }
}

/* The monitor's own point of a kind by number; gdb's are none of it. */
static bool own_point(struct monitor *monitor, unsigned number, struct debug_point *point)
{
    for (unsigned n = 0; debugger_point(monitor->board->engine, n, point); n++) {
        if (point->owner == monitor && !number--) {
            return true;
        }
    }
    return false;
}

static bool own_kind(struct monitor *monitor, enum debug_kind kind, bool only_log, struct debug_point *point)
{
    for (unsigned n = 0; own_point(monitor, n, point); n++) {
        if (point->kind == kind && point->only_log == only_log) {
            return true;
        }
    }
    return false;
}

/* ---- The list ---- */

static const char *access_name(unsigned access)
{
    return access == DEBUG_READ ? "read" : access == DEBUG_WRITE ? "write" : "access";
}

static void describe(const struct debug_point *point, GString *out)
{
    switch (point->kind) {
    case DEBUG_CODE: g_string_append_printf(out, "breakpoint at %#" PRIx64, point->address); break;
    case DEBUG_CODE_PHYSICAL: g_string_append_printf(out, "breakpoint at physical %#" PRIx64, point->address); break;
    case DEBUG_DATA:
    case DEBUG_DATA_PHYSICAL:
        if (point->only_log) {
            g_string_append(out, "trace of memory accesses");
        } else {
            g_string_append_printf(out, "%s watchpoint at %s%#" PRIx64 ", %" PRIu64 " bytes", access_name(point->access),
                                   point->kind == DEBUG_DATA ? "" : "physical ", point->address, point->bytes);
        }
        break;
    case DEBUG_MODE: g_string_append(out, "change of mode"); break;
    case DEBUG_MAGIC: g_string_append(out, "magic instruction"); break;
    case DEBUG_ICOUNT: g_string_append_printf(out, "%" PRIu64 " instructions", point->address); break;
    }
}

void hmp_info_break(struct hmp *hmp, unsigned count, char **arguments)
{
    struct debug_point point;
    bool any = false;
    for (unsigned n = 0; debugger_point(engine_of(hmp), n, &point); n++) {
        g_string_append_printf(hmp->out, "%u: ", point.id);
        describe(&point, hmp->out);
        g_string_append_printf(hmp->out, "%s%s, hit %" PRIu64 " times\n", point.disabled ? ", disabled" : "",
                               point.owner == hmp->monitor ? "" : ", of a debugger", point.hits);
        any = true;
    }
    if (!any) {
        g_string_append(hmp->out, "no breakpoints\n");
    }
}

/* ---- Points ---- */

static void add_code(struct hmp *hmp, unsigned count, char **arguments, enum debug_kind kind)
{
    uint64_t address;
    if (!count) {
        hmp_info_break(hmp, 0, NULL);
    } else if (number(hmp, arguments[0], &address)) {
        add(hmp, (struct debug_point){ .kind = kind, .address = address }, "breakpoint");
    }
}

void hmp_break(struct hmp *hmp, unsigned count, char **arguments)
{
    add_code(hmp, count, arguments, DEBUG_CODE);
}

void hmp_break_physical(struct hmp *hmp, unsigned count, char **arguments)
{
    add_code(hmp, count, arguments, DEBUG_CODE_PHYSICAL);
}

static void remove_watchpoints(struct hmp *hmp)
{
    struct debug_point point;
    for (unsigned n = 0; own_point(hmp->monitor, n, &point);) {
        bool data = (point.kind == DEBUG_DATA || point.kind == DEBUG_DATA_PHYSICAL) && !point.only_log;
        if (!data || !debugger_remove(engine_of(hmp), point.id)) {
            n++;
        }
    }
}

/* watch [-p] r|w|rw ADDRESS [BYTES]; watch delete; watch */
void hmp_watch(struct hmp *hmp, unsigned count, char **arguments)
{
    static const struct { const char *word; unsigned access; } words[] = {
        { "r", DEBUG_READ }, { "w", DEBUG_WRITE }, { "rw", DEBUG_READ | DEBUG_WRITE }, { "a", DEBUG_READ | DEBUG_WRITE },
        { "read", DEBUG_READ }, { "write", DEBUG_WRITE },
    };
    struct debug_point point = { .kind = DEBUG_DATA, .bytes = 1 };
    bool physical = count && !strcmp(arguments[0], "-p");
    arguments += physical;
    count -= physical;
    point.kind = physical ? DEBUG_DATA_PHYSICAL : DEBUG_DATA;
    for (unsigned i = 0; count && i < ARRAY_LEN(words); i++) {
        point.access |= strcmp(arguments[0], words[i].word) ? 0 : words[i].access;
    }
    if (!count) {
        hmp_info_break(hmp, 0, NULL);
    } else if (!strcmp(arguments[0], "delete")) {
        remove_watchpoints(hmp);
    } else if (!point.access || count < 2) {
        hmp_error(hmp, "usage: watch [-p] r|w|rw ADDRESS [BYTES], watch delete");
    } else if (number(hmp, arguments[1], &point.address) && (count < 3 || number(hmp, arguments[2], &point.bytes))) {
        add(hmp, point, "watchpoint");
    }
}

/* on, off, or without a word the other way. */
static void switch_point(struct hmp *hmp, unsigned count, char **arguments, const struct debug_point *wanted, const char *name)
{
    struct debug_point point;
    bool there = own_kind(hmp->monitor, wanted->kind, wanted->only_log, &point);
    bool on = count ? !strcmp(arguments[0], "on") : !there;
    if (count && !on && strcmp(arguments[0], "off")) {
        hmp_error(hmp, "usage: %s on|off", name);
        return;
    }
    if (on && !there) {
        add(hmp, *wanted, NULL);
    } else if (!on && there) {
        debugger_remove(engine_of(hmp), point.id);
    }
    there = own_kind(hmp->monitor, wanted->kind, wanted->only_log, &point);
    g_string_append_printf(hmp->out, "%s is %s\n", name, there ? "on" : "off");
}

void hmp_modebp(struct hmp *hmp, unsigned count, char **arguments)
{
    switch_point(hmp, count, arguments, &(struct debug_point){ .kind = DEBUG_MODE }, "modebp");
}

void hmp_magic(struct hmp *hmp, unsigned count, char **arguments)
{
    switch_point(hmp, count, arguments, &(struct debug_point){ .kind = DEBUG_MAGIC }, "magic");
}

/* Every access goes the slow way meanwhile; the lines are the log's, category mem. */
void hmp_trace_mem(struct hmp *hmp, unsigned count, char **arguments)
{
    struct debug_point point, all = { .kind = DEBUG_DATA, .bytes = UINT64_MAX, .access = DEBUG_READ | DEBUG_WRITE, .only_log = true };
    struct log *log = hmp->monitor->board->log;
    switch_point(hmp, count, arguments, &all, "trace-mem");
    bool on = own_kind(hmp->monitor, DEBUG_DATA, true, &point);
    log->mask = on ? log->mask | 1u << LOG_mem : log->mask & ~(1u << LOG_mem);
}

static bool point_number(struct hmp *hmp, const char *text, unsigned *id)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &value, NULL)) {
        hmp_error(hmp, "'%s' is no number of 'info break'", text);
        return false;
    }
    *id = (unsigned)value;
    return true;
}

void hmp_delete(struct hmp *hmp, unsigned count, char **arguments)
{
    unsigned id;
    if (!strcmp(arguments[0], "all")) {
        debugger_remove_owned(engine_of(hmp), hmp->monitor);
        hmp->monitor->board->log->mask &= ~(1u << LOG_mem);
    } else if (point_number(hmp, arguments[0], &id) && !debugger_remove(engine_of(hmp), id)) {
        hmp_error(hmp, "there is no breakpoint %u", id);
    }
}

static void enable(struct hmp *hmp, const char *text, bool on)
{
    unsigned id;
    if (point_number(hmp, text, &id) && !debugger_set_enabled(engine_of(hmp), id, on)) {
        hmp_error(hmp, "there is no breakpoint %u", id);
    }
}

void hmp_enable(struct hmp *hmp, unsigned count, char **arguments) { enable(hmp, arguments[0], true); }
void hmp_disable(struct hmp *hmp, unsigned count, char **arguments) { enable(hmp, arguments[0], false); }

void hmp_ignore(struct hmp *hmp, unsigned count, char **arguments)
{
    unsigned id;
    uint64_t times;
    if (point_number(hmp, arguments[0], &id) && number(hmp, arguments[1], &times) &&
        !debugger_set_ignore(engine_of(hmp), id, times)) {
        hmp_error(hmp, "there is no breakpoint %u", id);
    }
}

/* ---- Running ---- */

static bool stands_still(struct hmp *hmp)
{
    if (hmp->monitor->machine->state == MACHINE_RUNNING) {
        hmp_error(hmp, "the machine runs; 'stop' it first");
    } else if (!monitor_cpu(hmp->monitor, hmp->cpu)) {
        hmp_error(hmp, "this machine has no CPU");
    }
    return hmp->monitor->machine->state != MACHINE_RUNNING && monitor_cpu(hmp->monitor, hmp->cpu);
}

/* The CPU that is looked at runs one instruction or unit, the others nothing. */
static void begin_step(struct monitor *monitor, unsigned index)
{
    for (unsigned i = 0; i < monitor->board->cpu_count; i++) {
        if (i != index) {
            debugger_freeze(monitor->board->cpus[i], true);
        }
    }
    debugger_step(monitor->board->cpus[index], monitor->step, 0, 0, false);
    machine_start(monitor->machine);
}

static void step(struct hmp *hmp, enum debug_step what, unsigned count, char **arguments)
{
    uint64_t steps = 1;
    if (!stands_still(hmp) || (count && !number(hmp, arguments[0], &steps)) || !steps) {
        return;
    }
    hmp->monitor->step = what;
    hmp->monitor->steps_left = steps - 1;
    begin_step(hmp->monitor, hmp->cpu);
}

void hmp_step(struct hmp *hmp, unsigned count, char **arguments) { step(hmp, DEBUG_STEP_INSN, count, arguments); }
void hmp_step_units(struct hmp *hmp, unsigned count, char **arguments) { step(hmp, DEBUG_STEP_UNIT, count, arguments); }

/* Instructions that come back to the one behind them: by their names in the disassembler's text. */
static bool comes_back(const char *text)
{
    static const char *const names[] = { "call", "lcall", "callw", "int", "rep", "repe", "repne", "repz", "repnz", "loop", "bl", "blr",
                                         "blx", "svc", "hvc", "smc" };
    const char *name = text + strspn(text, " ");
    size_t length = strcspn(name, " ");
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (strlen(names[i]) == length && !strncmp(name, names[i], length)) {
            return true;
        }
    }
    return false;
}

/* As step, but a call, a software interrupt or a repeated instruction is run to its end. */
void hmp_next(struct hmp *hmp, unsigned count, char **arguments)
{
    enum { MOST_INSN_BYTES = 16 };
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    uint8_t code[MOST_INSN_BYTES];
    char text[128] = "";
    if (!stands_still(hmp)) {
        return;
    }
    const struct cpu_view *view = cpu_view_of(cpu);
    uint64_t pc = view->instruction(cpu);
    unsigned bytes = MOST_INSN_BYTES;
    while (bytes && !cpu_view_read(cpu, pc, code, bytes)) {
        bytes--;
    }
    unsigned length = bytes ? view->disassemble(cpu, code, bytes, pc, text, sizeof(text)) : 0;
    if (!length || !comes_back(text)) {
        hmp_step(hmp, 0, NULL);
        return;
    }
    const struct debug_point point = { .kind = DEBUG_CODE, .address = pc + length, .once = true };
    add(hmp, point, NULL);
    machine_start(hmp->monitor->machine);
}

bool action_run_until(struct monitor *monitor, uint64_t count, GError **error)
{
    const struct debug_point point = { .kind = DEBUG_ICOUNT, .address = count, .once = true, .cpu = DEBUG_ANY_CPU, .owner = monitor };
    if (!debugger_add(monitor->board->engine, &point, error)) {
        return false;
    }
    machine_start(monitor->machine);
    return true;
}

/* run-until COUNT: with -icount, when so many instructions have run on all CPUs together since the start. */
void hmp_run_until(struct hmp *hmp, unsigned count, char **arguments)
{
    uint64_t instructions;
    GError *error = NULL;
    if (number(hmp, arguments[0], &instructions) && !action_run_until(hmp->monitor, instructions, &error)) {
        hmp_fail(hmp, error);
    }
}

/* ---- What has happened ---- */

static void tell_reason(const struct debug_stop *stop, GString *out)
{
    static const char *const reasons[] = {
        [DEBUG_STOP_CODE] = "breakpoint", [DEBUG_STOP_DATA] = "watchpoint", [DEBUG_STOP_MODE] = "change of mode, point",
        [DEBUG_STOP_MAGIC] = "magic instruction, point", [DEBUG_STOP_ICOUNT] = "instruction count, point",
    };
    g_string_append_printf(out, "CPU %u: ", stop->cpu);
    if (stop->reason == DEBUG_STOP_FAILED) {
        g_string_append(out, "the host cannot go on with this guest\n");
    } else if (stop->reason != DEBUG_STOP_STEP && !stop->point.once) {
        g_string_append_printf(out, "%s %u", reasons[stop->reason], stop->point.id);
        if (stop->reason == DEBUG_STOP_DATA) {
            g_string_append_printf(out, ", %s at %#" PRIx64, access_name(stop->access), stop->address);
        }
        g_string_append_c(out, '\n');
    }
}

/* From the main loop: whoever else hears of the stop has heard by then. */
static gboolean step_on(gpointer opaque)
{
    struct monitor *monitor = opaque;
    monitor->step_source = 0;
    if (monitor->steps_left) {
        monitor->steps_left--;
        begin_step(monitor, debugger_stop(monitor->board->engine)->cpu);
    }
    return G_SOURCE_REMOVE;
}

void monitor_debug_stopped(struct monitor *monitor)
{
    const struct debug_stop *stop = debugger_stop(monitor->board->engine);
    if (stop->reason == DEBUG_STOP_NONE || (stop->point.id && stop->point.owner != monitor)) {
        monitor->steps_left = 0;        /* gdb's, or somebody's 'stop' */
        return;
    }
    struct hmp hmp = { .monitor = monitor, .out = g_string_new(NULL), .cpu = stop->cpu };
    tell_reason(stop, hmp.out);
    hmp_run(&hmp, "x/1i $pc");
    if (!monitor->steps_left || stop->reason != DEBUG_STOP_STEP) {
        monitor->steps_left = 0;
        monitor_tell_humans(monitor, hmp.out->str);
    } else if (!monitor->step_source) {
        monitor->step_source = g_idle_add(step_on, monitor);
    }
    g_string_free(hmp.out, TRUE);
}
