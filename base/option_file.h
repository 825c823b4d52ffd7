/* SPDX-License-Identifier: MIT */
#ifndef BASE_OPTION_FILE_H
#define BASE_OPTION_FILE_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The whole of a regular file that an option names: bytes to be freed by g_free. error: option (may be NULL), file and what is wrong
 * with it. */
bool option_file_read(const char *option, const char *path, uint8_t **data, gsize *size, GError **error);
/* The same; NULL with *error set. */
GBytes *option_file_bytes(const char *option, const char *path, GError **error);

#endif
