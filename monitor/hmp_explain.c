/* SPDX-License-Identifier: MIT */
/*
 * "tb": units of translation in the monitor, in the same text as "dragoman explain --text". A record is kept from "tb count on"
 * to "tb count off" (tcg/explain.h), each of which drops all translations; under "dragoman explain" one is kept anyway.
 */
#include <string.h>
#include "explain/text.h"
#include "monitor/internal.h"

enum { TB_LISTED = 20, TB_MOST_LISTED = 10000 };

static struct explain *record_of(struct hmp *hmp)
{
    struct explain *explain = engine_explain(hmp->monitor->board->engine);
    if (!explain) {
        hmp_error(hmp, "nothing is recorded; 'tb count on' starts it");
    }
    return explain;
}

static void tb_list(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct explain *explain = record_of(hmp);
    GError *error = NULL;
    const bool sorted = count >= 2 && !strcmp(arguments[0], "--sort");
    const unit_counter by = unit_counter_find(sorted ? arguments[1] : "heat", &error);
    const unsigned rest = sorted ? 2 : 0;
    if (error) {
        hmp_fail(hmp, error);
    } else if (explain) {
        const guint64 wanted = count > rest ? g_ascii_strtoull(arguments[rest], NULL, 0) : TB_LISTED;
        text_list(hmp->out, explain, by, (unsigned)MIN(wanted, TB_MOST_LISTED));
    }
}

/* The newest units that hold an address; NULL: none, said so. */
static GPtrArray *units_of(struct hmp *hmp, const char *text)
{
    const struct explain *explain = record_of(hmp);
    GError *error = NULL;
    const char *end;
    uint64_t address;
    if (!explain) {
        return NULL;
    }
    if (!expression_evaluate(monitor_cpu(hmp->monitor, hmp->cpu), text, &end, &address, &error)) {
        hmp_fail(hmp, error);
        return NULL;
    }
    GPtrArray *units = units_at(explain, address);
    if (!units->len) {
        hmp_error(hmp, "no unit that was translated holds %s", text);
        g_clear_pointer(&units, g_ptr_array_unref);
    }
    return units;
}

static void tb_show(struct hmp *hmp, unsigned count, char **arguments)
{
    g_autoptr(GPtrArray) units = units_of(hmp, arguments[0]);
    struct engine_facts facts;
    engine_describe(hmp->monitor->board->engine, &facts);
    for (unsigned i = 0; units && i < units->len; i++) {
        text_unit(hmp->out, units->pdata[i], &facts);
    }
}

/* Before the first instruction of each unit that holds the address. */
static void tb_break(struct hmp *hmp, unsigned count, char **arguments)
{
    g_autoptr(GPtrArray) units = units_of(hmp, arguments[0]);
    for (unsigned i = 0; units && i < units->len; i++) {
        g_autofree char *start = g_strdup_printf("%#" G_GINT64_MODIFIER "x", ((struct explain_unit *)units->pdata[i])->linear);
        hmp_break(hmp, 1, &start);
    }
}

static void tb_count(struct hmp *hmp, unsigned count, char **arguments)
{
    struct engine *engine = hmp->monitor->board->engine;
    if (!strcmp(arguments[0], "on")) {
        engine_explain_start(engine, NULL);
    } else if (!strcmp(arguments[0], "off")) {
        engine_explain_stop(engine);
    } else {
        hmp_error(hmp, "tb count on|off");
    }
}

static void tb_stats(struct hmp *hmp, unsigned count, char **arguments)
{
    text_stats(hmp->out, hmp->monitor->board->engine);
}

void hmp_tb(struct hmp *hmp, unsigned count, char **arguments)
{
    static const struct { const char *name; unsigned least; void (*run)(struct hmp *, unsigned, char **); } words[] = {
        { "list", 0, tb_list }, { "show", 1, tb_show }, { "stats", 0, tb_stats }, { "break", 1, tb_break }, { "count", 1, tb_count },
    };
    if (!strcmp(arguments[0], "step")) {        /* lets CPUs run */
        hmp_step_units(hmp, count - 1, arguments + 1);
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!strcmp(arguments[0], words[i].name) && count > words[i].least) {
            monitor_hold_cpus(hmp->monitor);
            words[i].run(hmp, count - 1, arguments + 1);
            monitor_release_cpus(hmp->monitor);
            return;
        }
    }
    hmp_error(hmp, "tb list [--sort COUNTER] [N] | show ADDRESS | stats | break ADDRESS | step [N] | count on|off");
}
