/* SPDX-License-Identifier: MIT */
/*
 * -blockdev: a node for a file ("file", "host_device") and one for the format of what is in it ("raw", "qcow2") that names the
 * first. A format node becomes a drive whose id is the node's name, for drive= of a device. Left out: other drivers and filters,
 * backing files other than the image names itself.
 */
#include <string.h>
#include "base/error.h"
#include "hw/boards/backends_internal.h"

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
            return error_fail(error, "-blockdev %s: unknown key '%s'%s%s", items[0], key, near ? ", did you mean " : "", near ? near : "");
        }
    }
    return true;
}

/* The file node of that name; NULL: none. Free it. */
static char **find_protocol(const struct options *options, const char *name)
{
    for (unsigned i = 0; name && i < options->blockdevs->len; i++) {
        char **items = options_split(options->blockdevs->pdata[i]);
        if (is_protocol(items[0]) && !g_strcmp0(value_of(items, "node-name"), name)) {
            return items;
        }
        g_strfreev(items);
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
    g_auto(GStrv) file = find_protocol(board->options, below);
    filename = filename ? filename : file ? value_of(file, "filename") : NULL;
    if (!name || !filename) {
        return error_fail(error, "-blockdev %s: %s", items[0], name ? "file=ID must name a -blockdev file with filename=" : "needs node-name=ID");
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
    if (!block_add_drive(board->block, spec->str, error)) {
        g_prefix_error(error, "-blockdev %s: ", name);
        return false;
    }
    return true;
}

bool blockdevs_open(struct board *board, GError **error)
{
    for (unsigned i = 0; i < board->options->blockdevs->len; i++) {
        g_auto(GStrv) items = options_split(board->options->blockdevs->pdata[i]);
        if (!is_protocol(items[0]) && !is_format(items[0])) {
            return error_fail(error, "-blockdev %s: not supported; there are: file, host_device, raw, qcow2", items[0]);
        }
        if (!check_keys(items, error) || (is_format(items[0]) && !open_format(board, items, error))) {
            return false;
        }
    }
    return true;
}
