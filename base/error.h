/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
/* One error domain for everything that is reported to the user as one line of text, and the search for the name the
 * user may have meant. */
#include <glib.h>
#include <stdbool.h>

/* Sets *error (may be NULL) and returns false, so that `return error_fail(...)` reads well. */
bool error_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The name among `names` (NULL-terminated) that is closest to `wanted` by edit distance; NULL when none is near. */
const char *nearest_name(const char *wanted, const char *const *names);
/* The same as the end of an error's line: "; did you mean 'NAME'?", or "". Free it. */
char *nearest_hint(const char *wanted, const char *const *names);

#endif
