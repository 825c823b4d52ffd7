/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_GUNZIP_H
#define HW_BOOT_GUNZIP_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Replaces the bytes of a gzip file, from g_malloc, by what is packed in it, at most `most` bytes. error: what is wrong with the file of
 * which option; nothing changed then. */
bool boot_gunzip(const char *option, const char *path, uint8_t **data, gsize *size, gsize most, GError **error);

#endif
