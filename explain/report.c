/* SPDX-License-Identifier: MIT */
/*
 * The files of a report:
 *
 *   index.html explain.css *.js     the page, embedded from explain/page/
 *   data/index.js                   explain_index({...}): everything but code
 *   data/N.js                       explain_detail({...}): code of REPORT_CHUNK units, loaded when one of them is looked at
 *   run.json                        what is about all units: counters, patches, pages, comparison, for tools
 *   units.jsonl                     a line a unit, code included, for tools
 *   stacks.folded                   guest;region;page;unit heat, for flame graphs
 *
 * Data is in scripts and not in .json files because a browser does not read those from file://.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "explain/assets.h"
#include "explain/compare.h"
#include "explain/data.h"
#include "explain/report.h"
#include "tcg/engine_switches.h"

enum { REPORT_CHUNK = 32, REPORT_EVENTS = 3000 };

static bool write_file(const char *dir, const char *name, const char *text, gssize bytes, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return g_file_set_contents(path, text, bytes, error);
}

static bool write_assets(const char *dir, GError **error)
{
    for (unsigned i = 0; explain_assets[i].name; i++) {
        const struct explain_asset *asset = &explain_assets[i];
        if (!write_file(dir, asset->name, asset->start, asset->end - asset->start, error)) {
            return false;
        }
    }
    return true;
}

static void put_facts(struct json *json, const struct report_facts *facts, const struct engine_facts *engine,
                      const struct explain *explain)
{
    g_autofree char *off = engine_switches_text(engine->off), *seconds = g_strdup_printf("%.2f", facts->seconds);
    json_text(json, "version", DRAGOMAN_VERSION);
    json_text(json, "title", facts->title);
    json_text(json, "ended", facts->ended);
    json_number(json, "instructions", facts->instructions);
    json_text(json, "seconds", seconds);
    json_text(json, "back_end", engine->backend->name);
    json_text(json, "off", off);
    json_text(json, "cpu_register", engine->backend->cpu_register ? engine->backend->cpu_register : "");
    json_signed(json, "cpu_bias", engine->backend->cpu_bias);
    json_number(json, "cache_bytes", engine->cache_bytes);
    json_number(json, "cache_used", engine->cache_used);
    json_number(json, "limit", facts->limit);
    json_number(json, "details_lost", explain->details_lost);
    json_number(json, "units_total", explain->units->len);
    json_number(json, "chunk", REPORT_CHUNK);
}

static void put_switches(struct json *json)
{
    json_open(json, "switches", '[');
    for (unsigned i = 0; engine_switch_name(i); i++) {
        json_open(json, NULL, '[');
        json_text(json, NULL, engine_switch_name(i));
        json_text(json, NULL, engine_switch_help(i));
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* run.json: what is about all units. data/index.js, for the page: the same and the first `count` units. */
static bool write_index(const char *dir, struct engine *engine, const struct report_facts *facts, const GPtrArray *units,
                        unsigned count, GError **error)
{
    const struct explain *explain = engine_explain(engine);
    g_autoptr(GString) text = g_string_new(NULL);
    struct json json = { .out = text };
    struct engine_facts about;
    engine_describe(engine, &about);
    json_open(&json, NULL, '{');
    put_facts(&json, facts, &about, explain);
    put_switches(&json);
    data_names(&json, explain);
    data_counters(&json, engine);
    data_pages(&json, explain);
    data_events(&json, explain, REPORT_EVENTS);
    compare_data(&json, facts->comparison);
    g_autofree char *run = g_strconcat(text->str, "}\n", NULL);
    json_open(&json, "units", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(&json, NULL, '{');
        data_unit(&json, units->pdata[i]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    g_string_prepend(text, "explain_index(");
    g_string_append(text, ");\n");
    return write_file(dir, "run.json", run, -1, error) && write_file(dir, "data/index.js", text->str, (gssize)text->len, error);
}

static void put_line(FILE *lines, const struct explain_unit *u, const char *code)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct json json = { .out = text };
    json_open(&json, NULL, '{');
    data_unit(&json, u);
    fprintf(lines, "%s%s%s}\n", text->str, code ? ",\"code\":" : "", code ? code : "");
}

/* The code of units [first, +REPORT_CHUNK) of the list, into a script of the page and into the lines for tools. */
static bool write_chunk(const char *dir, FILE *lines, const GPtrArray *units, unsigned first, unsigned count,
                        const struct engine_facts *about, GError **error)
{
    g_autoptr(GString) text = g_string_new("explain_detail({");
    g_autofree char *name = g_strdup_printf("data/%u.js", first / REPORT_CHUNK);
    for (unsigned i = first; i < MIN(first + REPORT_CHUNK, count); i++) {
        const struct explain_unit *u = units->pdata[i];
        g_autoptr(GString) code = g_string_new(NULL);
        struct json json = { .out = code };
        if (u->detail) {
            json_open(&json, NULL, '{');
            data_detail(&json, u, about);
            json_close(&json, '}');
        }
        put_line(lines, u, u->detail ? code->str : NULL);
        g_string_append_printf(text, "%s\"%u\":%s", i == first ? "" : ",", u->number, u->detail ? code->str : "null");
    }
    g_string_append(text, "});\n");
    return write_file(dir, name, text->str, (gssize)text->len, error);
}

/* data/N.js and units.jsonl; the units come hottest first, `count` of them with their code. */
static bool write_code(const char *dir, const GPtrArray *units, unsigned count, const struct engine_facts *about, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "units.jsonl", NULL);
    FILE *lines = fopen(path, "w");
    bool good = lines;
    for (unsigned first = 0; good && first < count; first += REPORT_CHUNK) {
        if (!write_chunk(dir, lines, units, first, count, about, error)) {
            fclose(lines);
            return false;
        }
    }
    for (unsigned i = count; good && i < units->len; i++) {
        put_line(lines, units->pdata[i], NULL);
    }
    good = lines && !ferror(lines);
    good = lines && !fclose(lines) && good;
    return good ? true : error_fail(error, "%s: %s", path, g_strerror(errno));
}

/* guest;mode;page;pc heat: what flame graph programs read. */
static bool write_stacks(const char *dir, const GPtrArray *units, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < units->len; i++) {
        const struct explain_unit *u = units->pdata[i];
        g_autofree char *mode = unit_mode_text(u);
        g_strdelimit(mode, ";", ',');
        if (explain_heat(u)) {
            g_string_append_printf(text, "%s;%s;page %#" PRIx64 ";%#" PRIx64 " %" PRIu64 "\n", u->frontend->name, mode,
                                   u->linear & ~(uint64_t)4095, u->linear, explain_heat(u));
        }
    }
    return write_file(dir, "stacks.folded", text->str, (gssize)text->len, error);
}

bool report_write(const char *dir, struct engine *engine, const struct report_facts *facts, GError **error)
{
    g_autofree char *data = g_build_filename(dir, "data", NULL);
    g_autoptr(GPtrArray) units = units_sorted(engine_explain(engine), explain_heat);
    const unsigned count = MIN(facts->limit, units->len);
    struct engine_facts about;
    engine_describe(engine, &about);
    if (g_mkdir_with_parents(data, 0777) < 0) {
        return error_fail(error, "%s: %s", data, g_strerror(errno));
    }
    return write_assets(dir, error) && write_code(dir, units, count, &about, error) &&
           write_index(dir, engine, facts, units, count, error) && write_stacks(dir, units, error);
}
