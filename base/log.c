/* SPDX-License-Identifier: MIT */
/* The log: category names from log_categories.def, lines written whole under a lock. */
#include "base/log.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>

static const char *const log_names[] = {
#define LOG_CATEGORY(name, help) #name,
#include "base/log_categories.def"
#undef LOG_CATEGORY
    NULL,
};

struct log *log_new(void)
{
    struct log *log = g_new0(struct log, 1);
    log->file = stderr;
    g_mutex_init(&log->lock);
    return log;
}

static void log_close_file(struct log *log)
{
    if (log->file != stderr) {
        fclose(log->file);
    }
}

void log_free(struct log *log)
{
    if (log) {
        log_close_file(log);
        g_mutex_clear(&log->lock);
        g_free(log);
    }
}

static bool add_name(uint32_t *mask, const char *name, GError **error)
{
    if (!strcmp(name, "all")) {
        *mask = (1u << LOG_CATEGORY_COUNT) - 1;
        return true;
    }
    for (unsigned i = 0; log_names[i]; i++) {
        if (!strcmp(name, log_names[i])) {
            *mask |= 1u << i;
            return true;
        }
    }
    g_autofree char *hint = nearest_hint(name, log_names);
    return error_fail(error, "unknown log category '%s'%s", name, hint);
}

bool log_parse_mask(const char *names, uint32_t *mask, GError **error)
{
    g_auto(GStrv) list = g_strsplit(names, ",", -1);
    uint32_t all = *mask;
    for (char **name = list; *name; name++) {
        if (**name && !add_name(&all, *name, error)) {
            return false;
        }
    }
    *mask = all;
    return true;
}

bool log_set_mask(struct log *log, const char *names, GError **error)
{
    return log_parse_mask(names, &log->mask, error);
}

const char *log_category_name(unsigned category)
{
    return category < LOG_CATEGORY_COUNT ? log_names[category] : NULL;
}

uint32_t log_matching(const char *pattern)
{
    uint32_t mask = 0;
    for (unsigned i = 0; log_names[i]; i++) {
        mask |= (uint32_t)g_pattern_match_simple(pattern, log_names[i]) << i;
    }
    return mask;
}

bool log_set_file(struct log *log, const char *path, GError **error)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        return error_fail(error, "%s: cannot open the log file: %s", path, strerror(errno));
    }
    setvbuf(file, NULL, _IOFBF, 1 << 16);
    log_close_file(log);
    log->file = file;
    return true;
}

void log_write(struct log *log, enum log_category category, const char *format, ...)
{
    if (!log_on(log, category)) {
        return;
    }
    va_list args;
    va_start(args, format);
    g_mutex_lock(&log->lock);
    vfprintf(log->file, format, args);
    if (category != LOG_trace) {        /* whoever looks for a crash needs the last line; a trace is too long for that */
        fflush(log->file);
    }
    g_mutex_unlock(&log->lock);
    va_end(args);
}
