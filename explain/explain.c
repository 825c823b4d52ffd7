/* SPDX-License-Identifier: MIT */
/* dragoman explain: its options, and what they start and end. The machine itself is run by machine/main.c as "run" does. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include "base/error.h"
#include "explain/compare.h"
#include "explain/explain.h"
#include "explain/limit.h"
#include "explain/report.h"
#include "explain/text.h"
#include "hw/boards/board.h"
#include "machine/machine.h"

enum { DEFAULT_LIMIT = 1000, DEFAULT_TEXT_LIMIT = 3, TEXT_LISTED = 20, DEFAULT_SHIFT = 3, DEFAULT_COMPARE_INSNS = 20000000 };

struct explain_session {
    char *out;
    uint64_t insns, blocks, seconds, limit;
    bool text, compare;
    char *title;                    /* the machine's options */
    struct comparison *comparison;
    struct board *board;            /* from start on */
    struct limit *stop;
    guint timer;
    int64_t started_us;
    _Atomic bool blocks_reached;
    bool seconds_over;
};

enum kind { FLAG, NUMBER, TEXT };
static const struct { const char *name; enum kind kind; size_t field; const char *argument, *help; } rows[] = {
#define ROW(name, kind, argument, help) { #name, kind, offsetof(struct explain_session, name), argument, help }
    ROW(out, TEXT, "DIR", "write the report there; open DIR/index.html in a browser"),
    ROW(text, FLAG, "", "print statistics, the hottest blocks, and the hottest few in all their forms"),
    ROW(compare, FLAG, "", "run the same instructions by interpreter, translator with more and more of its parts, and KVM; a table"),
    ROW(insns, NUMBER, "N", "end after N guest instructions (counts them: -icount shift=3 unless given)"),
    ROW(blocks, NUMBER, "N", "end after N blocks were translated"),
    ROW(seconds, NUMBER, "N", "end after N seconds"),
    ROW(limit, NUMBER, "N", "show so many blocks in detail, those that run most [1000; with --text 3]"),
#undef ROW
};

void explain_print_options(GString *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_string_append_printf(out, "  --%s %s\n      %s\n", rows[i].name, rows[i].argument, rows[i].help);
    }
}

static bool set(struct explain_session *s, unsigned row, const char *value, GError **error)
{
    void *field = (char *)s + rows[row].field;
    char *end = NULL;
    switch (rows[row].kind) {
    case FLAG:
        *(bool *)field = true;
        return true;
    case TEXT:
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
        return true;
    case NUMBER:
        *(uint64_t *)field = g_ascii_strtoull(value, &end, 0);
        return (g_ascii_isdigit(*value) && !*end && *(uint64_t *)field) ||
               error_fail(error, "--%s %s: a number from 1 on is needed", rows[row].name, value);
    }
    return false;
}

/* The row of an option, or -1. */
static int find_row(const char *text)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_has_prefix(text, "--") && !strcmp(text + 2, rows[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

static bool take_options(struct explain_session *s, int *argc, char **argv, GError **error)
{
    int left = 0;
    for (int i = 0; i < *argc; i++) {
        const int row = find_row(argv[i]);
        if (row < 0) {
            argv[left++] = argv[i];
        } else if (rows[row].kind != FLAG && ++i >= *argc) {
            return error_fail(error, "--%s: needs an argument: %s", rows[row].name, rows[row].argument);
        } else if (!set(s, (unsigned)row, argv[i], error)) {
            return false;
        }
    }
    *argc = left;
    if (!s->out && !s->text && !s->compare) {
        return error_fail(error, "explain: say where the report goes: --out DIR, --text or --compare");
    }
    return true;
}

struct explain_session *explain_new(int *argc, char **argv, GError **error)
{
    struct explain_session *s = g_new0(struct explain_session, 1);
    if (!take_options(s, argc, argv, error)) {
        explain_session_free(s);
        return NULL;
    }
    GString *title = g_string_new(NULL);
    for (int i = 0; i < *argc; i++) {
        g_string_append_printf(title, "%s%s", i ? " " : "", argv[i]);
    }
    s->title = g_string_free(title, FALSE);
    return s;
}

void explain_session_free(struct explain_session *s)
{
    if (s) {
        compare_free(s->comparison);
        g_free(s->title);
        g_free(s->out);
        g_free(s);
    }
}

void explain_adjust(const struct explain_session *s, struct options *options)
{
    if ((s->insns || s->compare) && !options->icount) {
        options->icount = true;
        options->icount_shift = DEFAULT_SHIFT;
    }
}

bool explain_compare(struct explain_session *s, const struct options *options, struct log *log, bool *done, GError **error)
{
    *done = s->compare && !s->out && !s->text;
    if (!s->compare) {
        return true;
    }
    s->comparison = compare_run(options, log, s->insns ? s->insns : DEFAULT_COMPARE_INSNS, error);
    if (!s->comparison) {
        return false;
    }
    GString *text = g_string_new(NULL);
    compare_text(text, s->comparison);
    g_print("%s", text->str);
    g_string_free(text, TRUE);
    return true;
}

/* ---- Ends ---- */

static void blocks_reached(void *opaque)
{
    struct explain_session *s = opaque;
    s->blocks_reached = true;
    machine_request_shutdown(s->board->machine, 0);
}

static gboolean seconds_over(gpointer opaque)
{
    struct explain_session *s = opaque;
    s->timer = 0;
    s->seconds_over = true;
    machine_request_shutdown(s->board->machine, 0);
    return G_SOURCE_REMOVE;
}

bool explain_start(struct explain_session *s, struct board *board, GError **error)
{
    if (board_uses_kvm(board)) {
        return error_fail(error, "explain: shows how code is translated, which -accel kvm does not do; --compare has its time");
    }
    const struct explain_limits limits = { .units = (unsigned)MIN(s->blocks, UINT32_MAX), .reached = blocks_reached, .opaque = s };
    s->board = board;
    s->started_us = g_get_monotonic_time();
    engine_explain_start(board->engine, &limits);
    if (s->seconds) {
        s->timer = g_timeout_add_seconds((guint)MIN(s->seconds, G_MAXINT), seconds_over, s);
    }
    s->stop = s->insns ? limit_insns(board, s->insns, error) : NULL;
    return s->stop || !s->insns;
}

static char *how_it_ended(const struct explain_session *s, uint64_t instructions)
{
    if (s->insns && instructions >= s->insns) {
        return g_strdup_printf("after %" PRIu64 " instructions, as asked", instructions);
    }
    if (s->blocks_reached) {
        return g_strdup_printf("after %" PRIu64 " blocks were translated, as asked", s->blocks);
    }
    return s->seconds_over ? g_strdup_printf("after %" PRIu64 " s, as asked", s->seconds) : g_strdup("the machine ended");
}

static void print_text(const struct explain_session *s)
{
    const struct explain *explain = engine_explain(s->board->engine);
    g_autoptr(GPtrArray) units = units_sorted(explain, explain_heat);
    GString *out = g_string_new(NULL);
    struct engine_facts facts;
    engine_describe(s->board->engine, &facts);
    text_stats(out, s->board->engine);
    g_string_append_c(out, '\n');
    text_list(out, explain, explain_heat, TEXT_LISTED);
    for (unsigned i = 0; i < MIN(s->limit ? s->limit : DEFAULT_TEXT_LIMIT, units->len); i++) {
        g_string_append_c(out, '\n');
        text_unit(out, units->pdata[i], &facts);
    }
    g_print("%s", out->str);
    g_string_free(out, TRUE);
}

bool explain_finish(struct explain_session *s, GError **error)
{
    struct engine *engine = s->board->engine;
    struct engine_facts about;
    if (!engine_explain(engine)) {
        return error_fail(error, "explain: there is no record: 'tb count off' of the monitor ended it");
    }
    engine_describe(engine, &about);
    const uint64_t instructions = about.icount ? engine_icount(engine) : 0;
    g_autofree char *ended = how_it_ended(s, instructions);
    const struct report_facts facts = {
        .title = s->title, .ended = ended, .instructions = instructions, .comparison = s->comparison,
        .seconds = (double)(g_get_monotonic_time() - s->started_us) / G_USEC_PER_SEC,
        .limit = (unsigned)MIN(s->limit ? s->limit : DEFAULT_LIMIT, UINT32_MAX),
    };
    limit_free(s->stop);
    if (s->timer) {
        g_source_remove(s->timer);
    }
    s->stop = NULL;
    s->timer = 0;
    if (s->text) {
        print_text(s);
    }
    return !s->out || report_write(s->out, engine, &facts, error);
}
