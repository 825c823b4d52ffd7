/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_DRIVE_OPTIONS_H
#define BLOCK_DRIVE_OPTIONS_H
/* What -drive says, as text and then as values. */
#include "block/block_internal.h"

struct drive_options {
    enum drive_interface interface;
    int index, bus, unit;           /* -1: not given */
    bool cdrom, read_only, snapshot, discard, no_lock, ignore_write_errors, ignore_read_errors;
    enum drive_cache cache;
    char *file, *format, *id, *serial;      /* NULL: not given */
    uint16_t cylinders, heads, sectors;
};

/* error: one line. On false nothing is to be freed. */
bool drive_options_parse(struct drive_options *options, const char *spec, GError **error);
void drive_options_clear(struct drive_options *options);
const char *drive_cache_name(enum drive_cache cache);

#endif
