/* SPDX-License-Identifier: MIT */
/*
 * -blockdev and blockdev-add: a node for a file ("file", "host_device") and one for the format of what is in it ("raw", "qcow2") that names the
 * first. A format node becomes a drive whose id is the node's name, for drive= of a device. Left out: other drivers and filters,
 * backing files other than the image names itself.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "hw/boards/backends_internal.h"
#include "machine/machine.h"

static const char *value_of(char **items, const char *key)
{
    size_t length = strlen(key);
    for (unsigned i = 1; items[0] && items[i]; i++) {
        if (!strncmp(items[i], key, length) && items[i][length] == '=') {
            return items[i] + length + 1;
        }
    }
    return NULL;
}

static bool is_protocol(const char *driver) { return !strcmp(driver, "file") || !strcmp(driver, "host_device"); }
static bool is_format(const char *driver) { return !strcmp(driver, "raw") || !strcmp(driver, "qcow2"); }

static bool check_keys(char **items, GError **error)
{
    static const char *const known[] = {
        "node-name", "filename", "file", "file.filename", "file.driver", "backing", "read-only", "auto-read-only", "discard", "detect-zeroes",
        "aio", "locking", "cache.direct", "cache.no-flush", "file.node-name", "file.auto-read-only", "file.discard", NULL,
    };
    for (unsigned i = 1; items[i]; i++) {
        g_autofree char *key = g_strndup(items[i], strcspn(items[i], "="));
        if (!g_strv_contains(known, key)) {
            const char *near = nearest_name(key, known);
            return error_fail(error, "%s: unknown key '%s'%s%s", items[0], key, near ? ", did you mean " : "", near ? near : "");
        }
    }
    return true;
}

/* The file node of that name; NULL: none. */
static char **find_protocol(struct board *board, const char *name)
{
    for (unsigned i = 0; name && i < board->block_files->len; i++) {
        char **items = board->block_files->pdata[i];
        if (!g_strcmp0(value_of(items, "node-name"), name)) {
            return items;
        }
    }
    return NULL;
}

static void put_value(GString *spec, const char *key, const char *value)
{
    if (value) {
        g_string_append_printf(spec, ",%s=", key);
        for (; *value; value++) {
            g_string_append_printf(spec, *value == ',' ? ",," : "%c", *value);
        }
    }
}

static bool open_format(struct board *board, char **items, GError **error)
{
    static const char *const kept[] = { "read-only", "detect-zeroes", "discard", "cache.direct", "cache.no-flush", "aio" };
    const char *name = value_of(items, "node-name"), *below = value_of(items, "file"), *filename = value_of(items, "file.filename");
    char **file = find_protocol(board, below);
    filename = filename ? filename : file ? value_of(file, "filename") : NULL;
    if (!filename) {
        return error_fail(error, "file=%s must name a -blockdev file or one of blockdev-add", below ? below : "ID");
    }
    g_autoptr(GString) spec = g_string_new("if=none");
    put_value(spec, "id", name);
    put_value(spec, "format", items[0]);
    put_value(spec, "file", filename);
    for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++) {
        const char *value = value_of(items, kept[i]);
        put_value(spec, kept[i], value ? value : file ? value_of(file, kept[i]) : NULL);
    }
    put_value(spec, "file.locking", file ? value_of(file, "locking") : NULL);
    struct drive *drive = backends_add_drive(board, spec->str, error);
    if (drive) {
        drive->named = true;
        drive->file_node = g_strdup(file ? below : NULL);
    }
    return drive;
}

/* Opened by the node above it; here it is only looked whether there is such a file. */
static bool open_file(struct board *board, char **items, GError **error)
{
    const char *filename = value_of(items, "filename");
    if (!filename) {
        return error_fail(error, "needs filename=FILE");
    }
    if (access(filename, R_OK)) {
        return error_fail(error, "Could not open '%s': %s", filename, strerror(errno));
    }
    g_ptr_array_add(board->block_files, g_strdupv(items));
    return true;
}

bool backends_add_blockdev(struct board *board, const char *text, GError **error)
{
    g_auto(GStrv) items = options_split(text);
    if (!items[0] || (!is_protocol(items[0]) && !is_format(items[0]))) {
        return error_fail(error, "%s: not supported; there are: file, host_device, raw, qcow2", items[0] ? items[0] : text);
    }
    const char *name = value_of(items, "node-name");
    if (!check_keys(items, error)) {
        return false;
    }
    if (!name) {
        return error_fail(error, "%s: needs node-name=ID", items[0]);
    }
    if (find_protocol(board, name) || block_find_id(board->block, name)) {
        return error_fail(error, "Duplicate nodes with node-name='%s'", name);
    }
    return is_format(items[0]) ? open_format(board, items, error) : open_file(board, items, error);
}

bool backends_remove_blockdev(struct board *board, const char *name, GError **error)
{
    struct drive *drive = block_find_id(board->block, name);
    char **file = find_protocol(board, name);
    if (!file && (!drive || !drive->named)) {
        return error_fail(error, "Failed to find node with node-name='%s'", name);
    }
    for (unsigned i = 0; file && i < block_drive_count(board->block); i++) {
        if (!g_strcmp0(block_drive(board->block, i)->file_node, name)) {
            return error_fail(error, "Block device %s is in use", name);
        }
    }
    if (file) {
        g_ptr_array_remove(board->block_files, file);
        return true;
    }
    if (drive->used) {
        return error_fail(error, "Node %s is in use", name);
    }
    block_remove_drive(board->block, drive);
    return true;
}

bool blockdevs_open(struct board *board, GError **error)
{
    for (unsigned i = 0; i < board->options->blockdevs->len; i++) {
        if (!backends_add_blockdev(board, board->options->blockdevs->pdata[i], error)) {
            g_prefix_error(error, "-blockdev ");
            return false;
        }
    }
    return true;
}
