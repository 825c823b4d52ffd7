/* SPDX-License-Identifier: MIT */
/*
 * Running and stopping for gdb: CPUs are threads 1, 2, ... of process 1. All stop together (gdb's all-stop); a resume may say
 * for each whether it continues, steps or stands still (vCont).
 */
#include <inttypes.h>
#include "monitor/gdb.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, EINVAL_CODE = 22 };

/* ---- threads ---- */

struct cpu *gdb_cpu(struct gdb *gdb, unsigned index)
{
    return monitor_cpu(gdb->monitor, index);
}

static unsigned cpu_count(const struct gdb *gdb)
{
    return gdb->monitor->board->cpu_count;
}

/* -1 or a number from 1; 0 is "any". */
static bool take_number(const char **at, uint64_t *number)
{
    if (gdb_take_prefix(at, "-1")) {
        *number = 0;
        return true;
    }
    return gdb_take_hex(at, number);
}

bool gdb_take_thread(struct gdb *gdb, const char **at, unsigned *index)
{
    uint64_t process = 1, thread = 0;
    if (gdb_take_char(at, 'p')) {
        if (!take_number(at, &process) || (gdb_take_char(at, '.') && !take_number(at, &thread))) {
            return false;
        }
    } else if (!take_number(at, &thread)) {
        return false;
    }
    *index = thread ? (unsigned)MIN(thread - 1, GDB_ANY - 1) : GDB_ANY;
    return process <= 1 && (!thread || *index < cpu_count(gdb));
}

void gdb_put_thread(const struct gdb *gdb, unsigned index, GString *out)
{
    g_string_append_printf(out, gdb->multiprocess ? "p01.%02x" : "%02x", index + 1);
}

bool gdb_take_thread_suffix(struct gdb *gdb, const char **at)
{
    unsigned index;
    if (!gdb_take_prefix(at, ";thread:")) {
        return true;
    }
    if (!gdb_take_thread(gdb, at, &index)) {
        return false;
    }
    gdb->cpu = index == GDB_ANY ? gdb->cpu : index;
    return true;
}

void gdb_set_thread(struct gdb *gdb, struct gdb_arguments arguments)
{
    const bool resume = gdb_take_char(&arguments.at, 'c');
    unsigned index;
    if ((!resume && !gdb_take_char(&arguments.at, 'g')) || !gdb_take_thread(gdb, &arguments.at, &index)) {
        gdb_refuse(gdb, EINVAL_CODE, "no such thread");
        return;
    }
    if (resume) {
        gdb->resume_cpu = index;
    } else if (index != GDB_ANY) {
        gdb->cpu = index;
    }
    gdb_ok(gdb);
}

void gdb_thread_alive(struct gdb *gdb, struct gdb_arguments arguments)
{
    unsigned index;
    if (gdb_take_thread(gdb, &arguments.at, &index)) {
        gdb_ok(gdb);
    } else {
        gdb_refuse(gdb, EINVAL_CODE, "no such thread");
    }
}

void gdb_present_thread(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_autoptr(GString) out = g_string_new("QC");
    gdb_put_thread(gdb, gdb->cpu, out);
    gdb_send(gdb, out->str, out->len);
}

void gdb_first_threads(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb->listed = 0;
    gdb_next_threads(gdb, arguments);
}

void gdb_next_threads(struct gdb *gdb, struct gdb_arguments arguments)
{
    enum { MOST_AT_ONCE = 256 };
    g_autoptr(GString) out = g_string_new(NULL);
    for (unsigned n = 0; n < MOST_AT_ONCE && gdb->listed < cpu_count(gdb); n++) {
        g_string_append_c(out, n ? ',' : 'm');
        gdb_put_thread(gdb, gdb->listed++, out);
    }
    gdb_send(gdb, out->len ? out->str : "l", out->len ? out->len : 1);
}

void gdb_put_thread_name(struct gdb *gdb, unsigned index, GString *out)
{
    monitor_hold_cpus(gdb->monitor);
    g_string_append_printf(out, "CPU#%u [%s]", index, gdb_cpu(gdb, index)->halted ? "halted " : "running");
    monitor_release_cpus(gdb->monitor);
}

void gdb_thread_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    unsigned index;
    if (!gdb_take_thread(gdb, &arguments.at, &index) || index == GDB_ANY) {
        gdb_refuse(gdb, EINVAL_CODE, "no such thread");
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL), out = g_string_new(NULL);
    gdb_put_thread_name(gdb, index, text);
    gdb_put_hex(out, text->str, text->len);
    gdb_send(gdb, out->str, out->len);
}

/* ---- stops ---- */

/* What clients may be told of why: a point of theirs, or the address that a watchpoint saw. */
static void put_reason(struct gdb *gdb, const struct debug_stop *stop, GString *out)
{
    const struct gdb_point *point = stop->point.owner == gdb ? gdb_find_point(gdb, stop->point.id) : NULL;
    static const char *const watch[] = { [2] = "watch", [3] = "rwatch", [4] = "awatch" };
    if (point && stop->reason == DEBUG_STOP_DATA) {
        const uint64_t address = CLAMP(stop->address, point->address, point->address + point->bytes - 1);
        g_string_append_printf(out, "%s:%" PRIx64 ";", watch[point->type], address);
    } else if (point && gdb_linear_pc(gdb, stop->cpu, point->address) != point->address) {
        /* gdb, which sees another program counter, would take it for a hit of a point that is gone, and go on. */
    } else if (point && point->type == 0 && gdb->swbreak) {
        g_string_append(out, "swbreak:;");
    } else if (point && point->type == 1 && gdb->hwbreak) {
        g_string_append(out, "hwbreak:;");
    }
}

void gdb_put_stop(struct gdb *gdb, unsigned cpu, GString *out)
{
    const struct debug_stop *stop = debugger_stop(gdb->monitor->board->engine);
    const bool trap = stop->reason != DEBUG_STOP_NONE || !gdb->waiting;
    g_string_append_printf(out, "T%02xthread:", trap ? SIGNAL_TRAP : SIGNAL_INT);
    gdb_put_thread(gdb, cpu, out);
    g_string_append_c(out, ';');
    if (stop->reason != DEBUG_STOP_NONE && stop->cpu == cpu) {
        put_reason(gdb, stop, out);
    }
}

void gdb_stop_reply(struct gdb *gdb)
{
    const struct machine *machine = gdb->monitor->machine;
    const struct debug_stop *stop = debugger_stop(gdb->monitor->board->engine);
    g_autoptr(GString) out = g_string_new(NULL);
    if (machine->state == MACHINE_SHUTDOWN) {
        gdb_reply(gdb, "W%02x", machine->exit_status & 0xff);
        return;
    }
    if (stop->reason != DEBUG_STOP_NONE) {
        gdb->cpu = gdb->resume_cpu = stop->cpu;
    }
    gdb_put_stop(gdb, gdb->cpu, out);
    gdb_send(gdb, out->str, out->len);
}

void gdb_machine_event(struct gdb *gdb, enum machine_event event)
{
    if (!gdb->waiting || (event != MACHINE_EVENT_STOP && event != MACHINE_EVENT_SHUTDOWN)) {
        return;
    }
    if (event == MACHINE_EVENT_SHUTDOWN) {
        gdb_reply(gdb, "W%02x", gdb->monitor->machine->exit_status & 0xff);
    } else {
        gdb_warn_layout(gdb);
        gdb_stop_reply(gdb);
    }
    gdb->waiting = false;
}

void gdb_interrupt(struct gdb *gdb)
{
    if (!gdb->waiting) {
        return;                         /* it has a stop reply already, or is about to ask */
    }
    if (gdb->monitor->machine->state == MACHINE_RUNNING) {
        machine_stop(gdb->monitor->machine);
    } else {
        gdb_machine_event(gdb, MACHINE_EVENT_STOP);     /* somebody else has stopped it since */
    }
}

void gdb_ctrl_c(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_ok(gdb);
    gdb_interrupt(gdb);
}

/* ---- resuming ---- */

/* One action of a vCont; nothing else is remembered of it. */
struct action { char kind; uint64_t first, end; };

static void run_machine(struct gdb *gdb)
{
    struct machine *machine = gdb->monitor->machine;
    if (machine->state == MACHINE_SHUTDOWN) {
        gdb_reply(gdb, "W%02x", machine->exit_status & 0xff);
        return;
    }
    gdb->waiting = true;
    machine_start(machine);
}

/* Steps are for a machine that stands still; the client believes that it does, but another may have started it. */
static void stand_still(struct gdb *gdb)
{
    gdb->waiting = false;
    machine_stop(gdb->monitor->machine);
    debugger_end_steps(gdb->monitor->board->engine);
}

static void plan(struct gdb *gdb, unsigned cpu, const struct action *action)
{
    const bool quiet = gdb->step_flags & GDB_STEP_NOIRQ;
    switch (action->kind) {
    case 's':
        debugger_step(gdb_cpu(gdb, cpu), DEBUG_STEP_INSN, 0, 0, quiet);
        break;
    case 'r':
        debugger_step(gdb_cpu(gdb, cpu), DEBUG_STEP_RANGE, gdb_linear_pc(gdb, cpu, action->first),
                      gdb_linear_pc(gdb, cpu, action->end - 1), quiet);
        break;
    case 'c':
        break;
    default:
        debugger_freeze(gdb_cpu(gdb, cpu), true);
    }
}

/* c and s with an address where to go on. For all CPUs; s steps one while the others stand still, as QEMU does. */
static void resume_plain(struct gdb *gdb, const char *at, char kind)
{
    const unsigned stepped = gdb->resume_cpu < cpu_count(gdb) ? gdb->resume_cpu : gdb->cpu;
    uint64_t pc;
    const bool jump = gdb_take_hex(&at, &pc);
    if (jump || kind == 's') {
        stand_still(gdb);
    }
    if (jump) {
        gdb->cpu = stepped;
        gdb_set_pc(gdb, pc);
    }
    for (unsigned i = 0; kind == 's' && i < cpu_count(gdb); i++) {
        plan(gdb, i, &(struct action){ i == stepped ? 's' : 0, 0, 0 });
    }
    run_machine(gdb);
}

void gdb_continue(struct gdb *gdb, struct gdb_arguments arguments)
{
    resume_plain(gdb, arguments.at, 'c');
}

void gdb_step(struct gdb *gdb, struct gdb_arguments arguments)
{
    resume_plain(gdb, arguments.at, 's');
}

/* A machine has no signals: C05;addr is c addr. */
static void resume_signal(struct gdb *gdb, const char *at, char kind)
{
    uint64_t signal;
    if (!gdb_take_hex(&at, &signal)) {
        gdb_refuse(gdb, EINVAL_CODE, "no signal");
        return;
    }
    gdb_take_char(&at, ';');
    resume_plain(gdb, at, kind);
}

void gdb_continue_signal(struct gdb *gdb, struct gdb_arguments arguments)
{
    resume_signal(gdb, arguments.at, 'c');
}

void gdb_step_signal(struct gdb *gdb, struct gdb_arguments arguments)
{
    resume_signal(gdb, arguments.at, 's');
}

void gdb_can_resume(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "vCont;c;C;s;S;r");
}

static bool take_action(const char **at, struct action *action)
{
    uint64_t signal;
    const char kind = **at;
    *action = (struct action){ g_ascii_tolower(kind), 0, 0 };
    if (!kind || !strchr("cCsSr", kind)) {
        return false;
    }
    ++*at;
    if (kind == 'C' || kind == 'S') {
        return gdb_take_hex(at, &signal);
    }
    return kind != 'r' || (gdb_take_hex(at, &action->first) && gdb_take_char(at, ',') && gdb_take_hex(at, &action->end) &&
                           action->end > action->first);
}

/* vCont;ACTION[:THREAD]...: the first action that is for a thread holds; a thread without one stands still. */
void gdb_resume(struct gdb *gdb, struct gdb_arguments arguments)
{
    const char *at = arguments.at;
    unsigned running = 0;
    g_autofree struct action *actions = g_new0(struct action, cpu_count(gdb));
    do {
        struct action action;
        unsigned index = GDB_ANY;
        if (!take_action(&at, &action) || (gdb_take_char(&at, ':') && !gdb_take_thread(gdb, &at, &index))) {
            gdb_refuse(gdb, EINVAL_CODE, "not an action of vCont");
            return;
        }
        for (unsigned i = 0; i < cpu_count(gdb); i++) {
            if ((index == GDB_ANY || index == i) && !actions[i].kind) {
                actions[i] = action;
            }
        }
    } while (gdb_take_char(&at, ';'));
    for (unsigned i = 0; i < cpu_count(gdb); i++) {
        running += actions[i].kind == 'c';
    }
    if (running < cpu_count(gdb)) {
        stand_still(gdb);
    }
    for (unsigned i = 0; i < cpu_count(gdb); i++) {
        plan(gdb, i, &actions[i]);
    }
    run_machine(gdb);
}

/* ---- qqemu.sstep ---- */

void gdb_step_bits(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "ENABLE=%x,NOIRQ=%x", GDB_STEP_ENABLE, GDB_STEP_NOIRQ);
}

void gdb_step_flags(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "0x%x", gdb->step_flags);
}

void gdb_set_step_flags(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t flags;
    gdb_take_prefix(&arguments.at, "0x");
    if (!gdb_take_hex(&arguments.at, &flags) || flags & ~(uint64_t)(GDB_STEP_ENABLE | GDB_STEP_NOIRQ)) {
        gdb_refuse(gdb, EINVAL_CODE, "steps know the bits ENABLE and NOIRQ");
        return;
    }
    gdb->step_flags = (unsigned)flags;
    gdb_ok(gdb);
}
