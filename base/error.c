/* SPDX-License-Identifier: MIT */
/* Errors for the user and the "did you mean" search: Levenshtein distance over two rows. */
#include "base/error.h"
#include <string.h>

bool error_fail(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (error) {
        *error = g_error_new_valist(g_quark_from_static_string("dragoman"), 1, format, args);
    }
    va_end(args);
    return false;
}

static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a >= 64 || length_b >= 64) {
        return UINT_MAX;
    }
    for (size_t j = 0; j <= length_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= length_a; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            unsigned substitute = diagonal + (g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]));
            diagonal = row[j];
            row[j] = MIN(substitute, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[length_b];
}

const char *nearest_name(const char *wanted, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = UINT_MAX;
    for (; *names; names++) {
        unsigned distance = edit_distance(wanted, *names);
        if (distance < best_distance) {
            best = *names;
            best_distance = distance;
        }
    }
    /* More than about half of the letters wrong is no help to anybody. */
    return best && best_distance <= (strlen(wanted) + 1) / 2 ? best : NULL;
}

char *nearest_hint(const char *wanted, const char *const *names)
{
    const char *near = nearest_name(wanted, names);
    return near ? g_strdup_printf("; did you mean '%s'?", near) : g_strdup("");
}
