/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/*
 * The log of one machine. Categories are bits, chosen by -d; the text goes to stderr or to the file of -D.
 * Any thread may write; a line is written whole.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum log_category {
#define LOG_CATEGORY(name, help) LOG_##name,
#include "base/log_categories.def"
#undef LOG_CATEGORY
    LOG_CATEGORY_COUNT
};

struct log {
    uint32_t mask;                  /* 1 << category */
    FILE *file;
    GMutex lock;
};

static inline bool log_on(const struct log *log, enum log_category category)
{
    return log && (log->mask >> category & 1);
}

/* A new log to stderr with nothing switched on. */
struct log *log_new(void);
void log_free(struct log *log);
/* "int,cpu,guest_errors": switches categories on. error: an unknown name, with the nearest one. */
bool log_set_mask(struct log *log, const char *names, GError **error);
/* The same onto *mask, which stays as it is on an error. */
bool log_parse_mask(const char *names, uint32_t *mask, GError **error);
/* NULL: there are no more. */
const char *log_category_name(unsigned category);
/* The categories whose names are as a pattern with * and ? in it. */
uint32_t log_matching(const char *pattern);
/* error: the file cannot be opened. */
bool log_set_file(struct log *log, const char *path, GError **error);
/* Writes the text when the category is on; the caller gives the newline. */
void log_write(struct log *log, enum log_category category, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
