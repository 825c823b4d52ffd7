/* SPDX-License-Identifier: MIT */
/*
 * The comparison: under -icount a guest runs the same instructions whatever runs them, so processor time for N of them is
 * comparable. Each row is a machine built anew. Counting itself costs some time in every row.
 *
 * Under KVM nobody counts: that row is a time, and there is one only for a guest that ended by itself before it had run N.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include "explain/compare.h"
#include "explain/limit.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "tcg/engine.h"
#include "tcg/engine_switches.h"

enum { OPTIMISER = OFF_FOLD | OFF_ADDRESS | OFF_DEAD | OFF_FLAGS | OFF_MERGE,
       BACK_END = OFF_PIN | OFF_EFLAGS | OFF_SHARE, CHAINING = OFF_CHAIN | OFF_JCACHE };

static const struct { const char *name; enum options_accel accel; uint32_t off; } ways[] = {
    { "interpreter of the IR", OPTIONS_ACCEL_INTERP, 0 },
    { "translator, no chaining, not optimised", OPTIONS_ACCEL_TCG, OPTIMISER | BACK_END | CHAINING },
    { "translator, chaining, not optimised", OPTIONS_ACCEL_TCG, OPTIMISER | BACK_END },
    { "translator, no chaining, optimised", OPTIONS_ACCEL_TCG, CHAINING },
    { "translator, chaining, optimised", OPTIONS_ACCEL_TCG, 0 },
    { "KVM", OPTIONS_ACCEL_KVM, 0 },
};
enum { WAYS = G_N_ELEMENTS(ways), KVM_MOST_SECONDS = 60 };

/* missing: why it has no figures; NULL: it has. */
struct row { double seconds; uint64_t instructions, entries, units, unit_insns, host_bytes, links; char *missing; };
struct comparison { struct row row[WAYS]; };

static double processor_seconds(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + 1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* A copy that shares everything but what the rows change: nothing in it is to be freed but *serial. */
static struct options options_of(const struct options *options, unsigned way, GPtrArray **serial)
{
    struct options copy = *options;
    copy.accelerators[0] = ways[way].accel;
    copy.accelerator_count = 1;
    copy.snapshot = true;
    *serial = copy.serial = g_ptr_array_new();
    for (unsigned i = 0; i < options->serial->len; i++) {
        g_ptr_array_add(copy.serial, (gpointer)"null");
    }
    return copy;
}

static bool run_one(struct comparison *c, unsigned way, const struct options *options, struct log *log, uint64_t insns, GError **error)
{
    GPtrArray *serial;
    struct row *row = &c->row[way];
    struct options copy = options_of(options, way, &serial);
    g_autofree char *given = g_strdup(options->engine_switches ? options->engine_switches : ""), *off = NULL;
    off = engine_switches_text(ways[way].off);
    g_autofree char *all = g_strconcat(off, *off && *given ? "," : "", given, NULL);
    copy.engine_switches = *all ? all : NULL;
    const struct board_type *type = board_type_find(copy.machine, error);
    struct board *board = type ? board_new(type, &copy, log, error) : NULL;
    struct limit *limit = board ? limit_insns(board, insns, error) : NULL;
    if (limit) {
        const double before = processor_seconds();
        machine_run(board->machine);
        *row = (struct row){
            .seconds = processor_seconds() - before, .instructions = engine_icount(board->engine),
            .entries = engine_counter(board->engine, "runs"), .units = engine_counter(board->engine, "units"),
            .unit_insns = engine_counter(board->engine, "unit_insns"), .links = engine_counter(board->engine, "links"),
            .host_bytes = engine_counter(board->engine, "unit_bytes"),
        };
    }
    const bool good = limit;
    limit_free(limit);
    if (board) {
        board_free(board);
    }
    g_ptr_array_unref(serial);
    return good;
}

/* ---- KVM ---- */

struct overtime { struct machine *machine; bool over; };

static gboolean time_over(gpointer opaque)
{
    struct overtime *overtime = opaque;
    overtime->over = true;
    machine_request_shutdown(overtime->machine, 0);
    return G_SOURCE_REMOVE;
}

/* Why it cannot be, or NULL and the row is filled. Free it. */
static char *run_kvm(struct row *row, const struct options *options, struct log *log)
{
    GPtrArray *serial;
    g_autoptr(GError) error = NULL;
    struct options copy = options_of(options, WAYS - 1, &serial);
    copy.icount = false;
    copy.engine_switches = NULL;
    const struct board_type *type = board_type_find(copy.machine, &error);
    struct board *board = type ? board_new(type, &copy, log, &error) : NULL;
    char *missing = NULL;
    if (board) {
        struct overtime overtime = { .machine = board->machine };
        const guint timer = g_timeout_add_seconds(KVM_MOST_SECONDS, time_over, &overtime);
        const double before = processor_seconds();
        machine_run(board->machine);
        row->seconds = processor_seconds() - before;
        if (overtime.over) {
            missing = g_strdup_printf("did not end within %d s", KVM_MOST_SECONDS);
        } else {
            g_source_remove(timer);
        }
        board_free(board);
    } else {
        missing = g_strdup_printf("not available: %s", error->message);
    }
    g_ptr_array_unref(serial);
    return missing;
}

struct comparison *compare_run(const struct options *options, struct log *log, uint64_t insns, GError **error)
{
    struct comparison *c = g_new0(struct comparison, 1);
    for (unsigned way = 0; way < WAYS; way++) {
        struct row *row = &c->row[way];
        if (ways[way].accel != OPTIONS_ACCEL_KVM) {
            if (!run_one(c, way, options, log, insns, error)) {
                compare_free(c);
                return NULL;
            }
        } else if (c->row[0].instructions >= insns) {
            row->missing = g_strdup_printf("the guest goes on after %" PRIu64 " instructions, and KVM counts none", insns);
        } else {
            row->missing = run_kvm(row, options, log);
        }
    }
    return c;
}

void compare_free(struct comparison *comparison)
{
    for (unsigned way = 0; comparison && way < WAYS; way++) {
        g_free(comparison->row[way].missing);
    }
    g_free(comparison);
}

void compare_text(GString *out, const struct comparison *c)
{
    g_string_append_printf(out, "%-40s %12s %8s %8s %8s %12s %8s %12s %8s\n", "", "instructions", "CPU s", "M/s", "times",
                           "into cache", "units", "host bytes", "links");
    for (unsigned way = 0; way < WAYS; way++) {
        const struct row *r = &c->row[way];
        const double seconds = MAX(r->seconds, 1e-6), times = c->row[0].seconds / seconds;
        if (r->missing) {
            g_string_append_printf(out, "%-40s %s\n", ways[way].name, r->missing);
        } else if (!r->instructions) {
            g_string_append_printf(out, "%-40s %12s %8.3f %8s %8.2f\n", ways[way].name, "", seconds, "", times);
        } else {
            g_string_append_printf(out, "%-40s %12" PRIu64 " %8.3f %8.1f %8.2f %12" PRIu64 " %8" PRIu64 " %12" PRIu64 " %8" PRIu64 "\n",
                                   ways[way].name, r->instructions, seconds, 1e-6 * (double)r->instructions / seconds, times,
                                   r->entries, r->units, r->host_bytes, r->links);
        }
    }
}

void compare_data(struct json *json, const struct comparison *c)
{
    json_open(json, "comparison", '[');
    for (unsigned way = 0; c && way < WAYS; way++) {
        const struct row *r = &c->row[way];
        json_open(json, NULL, '{');
        json_text(json, "name", ways[way].name);
        json_text(json, "missing", r->missing ? r->missing : "");
        json_number(json, "microseconds", (uint64_t)(1e6 * r->seconds));
        json_number(json, "instructions", r->instructions);
        json_number(json, "entries", r->entries);
        json_number(json, "units", r->units);
        json_number(json, "unit_insns", r->unit_insns);
        json_number(json, "host_bytes", r->host_bytes);
        json_number(json, "links", r->links);
        json_close(json, '}');
    }
    json_close(json, ']');
}
