/* SPDX-License-Identifier: MIT */
/*
 * The human monitor's language: a line is a command's name and words; "quotes" keep blanks together. Commands and the
 * topics of 'info' are two tables (hmp_table.c), to which the CPU adds its own topics.
 */
#include <string.h>
#include "base/error.h"
#include "monitor/internal.h"

enum { MOST_WORDS = 16 };

void hmp_error(struct hmp *hmp, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_string_append(hmp->out, "Error: ");
    g_string_append_vprintf(hmp->out, format, values);
    g_string_append_c(hmp->out, '\n');
    va_end(values);
}

void hmp_fail(struct hmp *hmp, GError *error)
{
    hmp_error(hmp, "%s", error ? error->message : "it failed");
    g_clear_error(&error);
}

/* "stop|s" has the name. */
static bool has_name(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (!strncmp(at, name, length) && (!at[length] || at[length] == '|')) {
            return true;
        }
    }
    return false;
}

static const struct hmp_command *find_row(const struct hmp_command *table, const char *name)
{
    for (; table->names; table++) {
        if (has_name(table->names, name)) {
            return table;
        }
    }
    return NULL;
}

static const struct cpu_view_topic *find_topic(struct monitor *monitor, const char *name, bool command)
{
    const struct cpu *cpu = monitor_cpu(monitor, 0);
    const struct cpu_view *view = cpu ? cpu_view_of(cpu) : NULL;
    for (const struct cpu_view_topic *topic = view ? view->topics : NULL; topic && topic->name; topic++) {
        if (topic->command == command && !strcmp(topic->name, name)) {
            return topic;
        }
    }
    return NULL;
}

/* The words of a line, which may be in double quotes with \" and \\ inside; false: a quote is open. */
static bool split_words(const char *line, GPtrArray *words)
{
    for (;;) {
        while (g_ascii_isspace(*line)) {
            line++;
        }
        if (!*line) {
            return true;
        }
        GString *word = g_string_new(NULL);
        bool quoted = *line == '"';
        for (line += quoted; *line && (quoted ? *line != '"' : !g_ascii_isspace(*line)); line++) {
            line += quoted && *line == '\\' && line[1];
            g_string_append_c(word, *line);
        }
        g_ptr_array_add(words, g_string_free(word, FALSE));
        if (quoted && !*line) {
            return false;
        }
        line += quoted;
    }
}

static void run_row(struct hmp *hmp, const struct hmp_command *row, unsigned count, char **words)
{
    if (count < row->least || count > row->most) {
        g_autofree char *name = g_strndup(row->names, strcspn(row->names, "|"));
        hmp_error(hmp, "usage: %s %s", name, row->arguments);
        return;
    }
    row->run(hmp, count, words);
}

static void run_topic(struct hmp *hmp, const struct cpu_view_topic *topic, const char *argument)
{
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    const char *end;
    uint64_t value = 0;
    GError *error = NULL;
    if (topic->arguments[0] && topic->arguments[0] != '[' && !*argument) {
        hmp_error(hmp, "usage: %s %s", topic->name, topic->arguments);
        return;
    }
    monitor_hold_cpus(hmp->monitor);
    if (!*argument || expression_evaluate(cpu, argument, &end, &value, &error)) {
        topic->print(cpu, argument, value, hmp->out);
    } else {
        hmp_fail(hmp, error);
    }
    monitor_release_cpus(hmp->monitor);
}

void hmp_info(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct hmp_command *row = count ? find_row(hmp_topics, arguments[0]) : NULL;
    const struct cpu_view_topic *topic = count && !row ? find_topic(hmp->monitor, arguments[0], false) : NULL;
    if (row) {
        run_row(hmp, row, count - 1, arguments + 1);
    } else if (topic) {
        run_topic(hmp, topic, count > 1 ? arguments[1] : "");
    } else if (count) {
        hmp_error(hmp, "there is no 'info %s'; 'help info' lists what there is", arguments[0]);
    } else {
        hmp_help(hmp, 1, (char *[]){ (char *)"info" });
    }
}

/* ---- Names ---- */

static void add_names(GPtrArray *found, const char *names, const char *start)
{
    g_auto(GStrv) all = g_strsplit(names, "|", -1);
    for (unsigned i = 0; all[i]; i++) {
        if (g_str_has_prefix(all[i], start)) {
            g_ptr_array_add(found, g_strdup(all[i]));
        }
    }
}

static void add_table(struct monitor *monitor, GPtrArray *found, bool command, const char *start)
{
    const struct cpu *cpu = monitor_cpu(monitor, 0);
    const struct cpu_view *view = cpu ? cpu_view_of(cpu) : NULL;
    for (const struct hmp_command *row = command ? hmp_commands : hmp_topics; row->names; row++) {
        add_names(found, row->names, start);
    }
    for (const struct cpu_view_topic *topic = view ? view->topics : NULL; topic && topic->name; topic++) {
        if (topic->command == command) {
            add_names(found, topic->name, start);
        }
    }
}

/* QEMU's words, and what it does not say: the nearest there is. */
static void unknown_command(struct hmp *hmp, const char *name)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    add_table(hmp->monitor, all, true, "");
    g_ptr_array_add(all, NULL);
    const char *near = nearest_name(name, (const char *const *)all->pdata);
    g_string_append_printf(hmp->out, "unknown command: '%s'\n", name);
    if (near) {
        g_string_append_printf(hmp->out, "did you mean '%s'?\n", near);
    }
}

void hmp_run(struct hmp *hmp, const char *line)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    if (!split_words(line, words)) {
        hmp_error(hmp, "a quote is not closed");
        return;
    }
    if (!words->len) {
        return;
    }
    char **arguments = (char **)words->pdata + 1;
    char *name = words->pdata[0], *slash = strchr(name, '/');
    if (words->len > MOST_WORDS) {
        hmp_error(hmp, "too many words");
        return;
    }
    if (slash) {                        /* x/4i: the format belongs to the command */
        *slash = '\0';
    }
    const struct hmp_command *row = find_row(hmp_commands, name);
    const struct cpu_view_topic *topic = row ? NULL : find_topic(hmp->monitor, name, true);
    while (g_ascii_isspace(*line)) {
        line++;
    }
    hmp->rest = line + strlen(name);
    if (slash) {
        *slash = '/';
    }
    if (row) {
        run_row(hmp, row, words->len - 1, arguments);
    } else if (topic) {
        run_topic(hmp, topic, words->len > 1 ? arguments[0] : "");
    } else {
        unknown_command(hmp, name);
    }
}

/* An index that no CPU has means the first. */
char *monitor_run_line(struct monitor *monitor, const char *line, unsigned cpu)
{
    struct hmp hmp = { .monitor = monitor, .out = g_string_new(NULL), .cpu = monitor_cpu(monitor, cpu) ? cpu : 0 };
    hmp_run(&hmp, line);
    return g_string_free(hmp.out, FALSE);
}

/* ---- Help ---- */

static void help_line(struct hmp *hmp, const char *prefix, const char *names, const char *arguments, const char *help)
{
    g_string_append_printf(hmp->out, "%s%s%s%s -- %s\n", prefix, names, *arguments ? " " : "", arguments, help);
}

static void help_topics(struct hmp *hmp, bool command)
{
    const struct cpu *cpu = monitor_cpu(hmp->monitor, 0);
    const struct cpu_view *view = cpu ? cpu_view_of(cpu) : NULL;
    for (const struct hmp_command *row = command ? hmp_commands : hmp_topics; row->names; row++) {
        help_line(hmp, command ? "" : "info ", row->names, row->arguments, row->help);
    }
    for (const struct cpu_view_topic *topic = view ? view->topics : NULL; topic && topic->name; topic++) {
        if (topic->command == command) {
            help_line(hmp, command ? "" : "info ", topic->name, topic->arguments, topic->help);
        }
    }
}

void hmp_help(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct hmp_command *row = count ? find_row(hmp_commands, arguments[0]) : NULL;
    const struct cpu_view_topic *topic = count ? find_topic(hmp->monitor, arguments[0], true) : NULL;
    if (!count) {
        help_topics(hmp, true);
    } else if (!strcmp(arguments[0], "info")) {
        help_topics(hmp, false);
    } else if (row) {
        help_line(hmp, "", row->names, row->arguments, row->help);
    } else if (topic) {
        help_line(hmp, "", topic->name, topic->arguments, topic->help);
    } else {
        g_string_append_printf(hmp->out, "unknown command: '%s'\n", arguments[0]);
    }
}

/* ---- Completion ---- */

char **hmp_complete(struct monitor *monitor, const char *text)
{
    GPtrArray *found = g_ptr_array_new();
    const char *start = strrchr(text, ' ');
    start = start ? start + 1 : text;
    g_autofree char *before = g_strndup(text, start - text);
    g_strstrip(before);
    const struct hmp_command *row = *before ? find_row(hmp_commands, before) : NULL;
    if (!*before) {
        add_table(monitor, found, true, start);
    } else if (!strcmp(before, "info")) {
        add_table(monitor, found, false, start);
    } else if (row && row->complete) {
        /* Keys are joined by hyphens: only the last one is completed. */
        const char *hyphen = row->run == hmp_sendkey ? strrchr(start, '-') : NULL, *name;
        g_autofree char *head = g_strndup(start, hyphen ? hyphen + 1 - start : 0);
        for (unsigned i = 0; (name = row->complete(monitor, i)); i++) {
            if (g_str_has_prefix(name, hyphen ? hyphen + 1 : start)) {
                g_ptr_array_add(found, g_strconcat(head, name, NULL));
            }
        }
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}
