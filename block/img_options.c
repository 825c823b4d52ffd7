/* SPDX-License-Identifier: MIT */
/* Options of new images (-o), and making them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/device.h"
#include "block/img.h"

struct value { const char *text; uint64_t value; };
static const struct value versions[] = { { "0.10", 2 }, { "v2", 2 }, { "1.1", 3 }, { "v3", 3 }, { NULL, 0 } };
static const struct value preallocations[] = { { "off", PREALLOCATE_OFF }, { "metadata", PREALLOCATE_METADATA },
                                               { "falloc", PREALLOCATE_FALLOC }, { "full", PREALLOCATE_FULL },
                                               { NULL, 0 } };
static const struct value compressions[] = { { "zlib", 0 }, { "zstd", 1 }, { NULL, 0 } };
static const struct value switches[] = { { "off", 0 }, { "on", 1 }, { "no", 0 }, { "yes", 1 }, { "false", 0 },
                                         { "true", 1 },
                                         { NULL, 0 } };
static const struct value only_off[] = { { "off", 0 }, { "no", 0 }, { "false", 0 }, { NULL, 0 } };

enum key { KEY_SIZE, KEY_COMPAT, KEY_BACKING_FILE, KEY_BACKING_FORMAT, KEY_CLUSTER_SIZE, KEY_PREALLOCATION, KEY_LAZY,
           KEY_REFCOUNT_BITS, KEY_COMPRESSION, KEY_EXTENDED_L2, KEY_ENCRYPTION, KEY_NOCOW, KEY_EXTENT_HINT };
static const struct option_row {
    const char *name;
    enum key key;
    bool raw;                       /* raw images have it too */
    const struct value *values;     /* NULL: text or a size */
    const char *help;
} rows[] = {
    { "size", KEY_SIZE, true, NULL, "virtual size of the disk" },
    { "compat", KEY_COMPAT, false, versions, "version of the format (v2 [0.10] or v3 [1.1])" },
    { "backing_file", KEY_BACKING_FILE, false, NULL, "image that holds what this one does not" },
    { "backing_fmt", KEY_BACKING_FORMAT, false, NULL, "its format" },
    { "cluster_size", KEY_CLUSTER_SIZE, false, NULL, "512 bytes to 2 MiB" },
    { "preallocation", KEY_PREALLOCATION, true, preallocations, "off, metadata (qcow2), falloc, full" },
    { "lazy_refcounts", KEY_LAZY, false, switches, "refcounts may be rebuilt after a crash" },
    { "refcount_bits", KEY_REFCOUNT_BITS, false, NULL, "1, 2, 4, 8, 16, 32 or 64" },
    { "compression_type", KEY_COMPRESSION, false, compressions, "zlib or zstd" },
    { "extended_l2", KEY_EXTENDED_L2, false, only_off, "not supported; off" },
    { "encryption", KEY_ENCRYPTION, false, only_off, "not supported; off" },
    { "nocow", KEY_NOCOW, true, switches, "accepted" },
    { "extent_size_hint", KEY_EXTENT_HINT, true, NULL, "accepted" },
};

bool img_options_want_help(const char *options)
{
    return options && (!strcmp(options, "help") || !strcmp(options, "?"));
}

void img_options_help(const char *format)
{
    g_print("Supported options:\n");
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].raw || strcmp(format, "raw")) {
            g_print("  %s=<...> - %s\n", rows[i].name, rows[i].help);
        }
    }
}

/* ---- Parsing ---- */

static bool power_of_two(uint64_t value, unsigned *bits)
{
    *bits = value ? (unsigned)__builtin_ctzll(value) : 0;
    return value && !(value & (value - 1));
}

static bool take_number(struct img_create *c, enum key key, const char *name, const char *text, GError **error)
{
    uint64_t value;
    unsigned bits = 0;
    if (!img_parse_size(text, &value)) {
        return error_fail(error, "-o %s=%s: not a size", name, text);
    }
    power_of_two(value, &bits);
    switch (key) {
    case KEY_SIZE: c->bytes = value, c->has_bytes = true; return true;
    case KEY_CLUSTER_SIZE:
        c->qcow2.cluster_bits = bits;
        return (power_of_two(value, &bits) && bits >= 9 && bits <= 21) ||
            error_fail(error, "-o cluster_size=%s: a power of two from 512 to 2M", text);
    case KEY_REFCOUNT_BITS:
        c->qcow2.refcount_order = bits;
        return (power_of_two(value, &bits) && bits <= 6) ||
            error_fail(error, "-o refcount_bits=%s: 1, 2, 4, 8, 16, 32 or 64", text);
    default: return true;
    }
}

static bool take_choice(struct img_create *c, const struct option_row *row, const char *text, GError **error)
{
    const struct value *value = row->values;
    while (value->text && strcmp(value->text, text)) {
        value++;
    }
    if (!value->text) {
        return error_fail(error, "-o %s=%s: %s", row->name, text, row->help);
    }
    switch (row->key) {
    case KEY_COMPAT: c->qcow2.version = (unsigned)value->value; break;
    case KEY_PREALLOCATION: c->raw_preallocation = c->qcow2.preallocation =
        (enum qcow2_preallocation)value->value; break;
    case KEY_LAZY: c->qcow2.lazy_refcounts = value->value; break;
    case KEY_COMPRESSION: c->qcow2.compression = (unsigned)value->value; break;
    default: break;
    }
    return true;
}

static bool take(struct img_create *c, const char *name, const char *text, GError **error)
{
    const char *names[ARRAY_LEN(rows) + 1] = { NULL };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        const struct option_row *row = &rows[i];
        names[i] = row->name;
        if (strcmp(row->name, name) || (c->format == &image_raw && !row->raw)) {
            continue;
        }
        if (row->values) {
            return take_choice(c, row, text, error);
        }
        if (row->key == KEY_BACKING_FILE || row->key == KEY_BACKING_FORMAT) {
            char **to = row->key == KEY_BACKING_FILE ? &c->backing_file : &c->backing_format;
            g_free(*to);
            *to = g_strdup(text);
            return true;
        }
        return take_number(c, row->key, name, text, error);
    }
    const char *near = c->format == &image_raw ? NULL : nearest_name(name, names);
    return error_fail(error, "-o %s: %s images have no such option%s%s%s", name, c->format->name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool check(const struct img_create *c, GError **error)
{
    if (c->qcow2.version < 3 && (c->qcow2.lazy_refcounts || c->qcow2.refcount_order != QCOW2_REFCOUNT_ORDER ||
                                 c->qcow2.compression)) {
        return error_fail(error, "lazy refcounts, refcounts of other than 16 bits and zstd need compat=1.1");
    }
    if (c->format == &image_raw && c->raw_preallocation == PREALLOCATE_METADATA) {
        return error_fail(error, "-o preallocation=metadata: raw images have off, falloc and full");
    }
    return !c->backing_file || c->qcow2.preallocation == PREALLOCATE_OFF ||
        error_fail(error, "-o preallocation: not together with a backing file");
}

bool img_create_parse(struct img_create *c, const char *format, const char *options, GError **error)
{
    *c = (struct img_create){ .format = image_find_format(format),
                              .qcow2 = { .version = 3, .cluster_bits = QCOW2_CLUSTER_BITS,
                                         .refcount_order = QCOW2_REFCOUNT_ORDER } };
    if (!c->format) {
        return error_fail(error, "unknown image format '%s'; there are raw and qcow2", format);
    }
    /* ",," is a comma inside a value. */
    g_auto(GStrv) doubled = g_strsplit(options ? options : "", ",,", -1);
    g_autofree char *hidden = g_strjoinv("\001", doubled);
    g_auto(GStrv) items = g_strsplit(hidden, ",", -1);
    bool good = true;
    for (unsigned i = 0; items[i] && good; i++) {
        g_strdelimit(items[i], "\001", ',');
        char *equals = strchr(items[i], '=');
        if (equals) {
            *equals = 0;
        }
        good = !*items[i] || take(c, items[i], equals ? equals + 1 : "on", error);
    }
    if (!good || !check(c, error)) {
        img_create_clear(c);
        return false;
    }
    return true;
}

void img_create_clear(struct img_create *c)
{
    g_free(c->backing_file);
    g_free(c->backing_format);
    c->backing_file = c->backing_format = NULL;
}

/* ---- Making ---- */

bool img_create_look_at_backing(const char *path, struct img_create *c, GError **error)
{
    if (c->backing_file && !*c->backing_file) {
        img_create_clear(c);
    }
    if (!c->backing_file) {
        return c->has_bytes || error_fail(error, "%s: a new image needs a size", path);
    }
    if (c->format == &image_raw) {
        return error_fail(error, "%s: raw images have no backing file", path);
    }
    if (!c->backing_format) {
        return error_fail(error, "%s: the format of the backing file is missing (-F FORMAT)", path);
    }
    if (!image_find_format(c->backing_format)) {
        return error_fail(error, "%s: unknown format '%s' of the backing file", path, c->backing_format);
    }
    if (c->unsafe) {
        return c->has_bytes ||
            error_fail(error, "%s: a new image needs a size when its backing file is not opened (-u)", path);
    }
    GError *reason = NULL;
    g_autofree char *backing_path = image_backing_path(path, c->backing_file);
    struct image *backing = image_open(backing_path, c->backing_format, IMAGE_NO_LOCK, &reason);
    if (!backing) {
        error_fail(error, "%s: backing file: %s", path, reason->message);
        g_error_free(reason);
        return false;
    }
    c->bytes = c->has_bytes ? c->bytes : backing->bytes;
    struct stat stat_buffer;
    bool itself = !stat(path, &stat_buffer) && stat_buffer.st_dev == backing->file->host_device &&
        stat_buffer.st_ino == backing->file->inode;
    image_close(backing);
    return !itself || error_fail(error, "%s: an image cannot be its own backing file", path);
}

static bool fill(struct file *file, const struct img_create *c, GError **error)
{
    if (c->format == &image_qcow2) {
        struct qcow2_create_options options = c->qcow2;
        options.bytes = c->bytes;
        options.backing_file = c->backing_file;
        options.backing_format = c->backing_format;
        return qcow2_create(file, &options, error);
    }
    int failed = file_truncate(file, c->bytes);
    if (!failed && c->raw_preallocation == PREALLOCATE_FALLOC) {
        failed = file_allocate(file, 0, c->bytes);
    } else if (!failed && c->raw_preallocation == PREALLOCATE_FULL) {
        failed = file_zero(file, 0, c->bytes, false);
    }
    return !failed || error_fail(error, "%s: %s", file->path, g_strerror(failed));
}

bool img_create_file(const char *path, const struct img_create *create, GError **error)
{
    struct img_create rounded = *create;
    if (create->bytes > INT64_MAX - (4 << 20)) {
        return error_fail(error, "%s: the size is too large", path);
    }
    rounded.bytes = (create->bytes + 511) & ~511ull;
    struct file *file = file_open(path, FILE_WRITE | FILE_CREATE, error);
    if (!file) {
        return false;
    }
    bool good = fill(file, &rounded, error);
    if (!good && !file->device) {
        unlink(path);
    }
    file_close(file);
    return good;
}

char *img_create_describe(const struct img_create *c)
{
    GString *text = g_string_new(NULL);
    const uint64_t bytes = (c->bytes + 511) & ~511ull;
    g_string_append_printf(text, "fmt=%s", c->format->name);
    if (c->format == &image_raw) {
        g_string_append_printf(text, " size=%" G_GUINT64_FORMAT, bytes);
        return g_string_free(text, FALSE);
    }
    g_string_append_printf(text, " cluster_size=%u extended_l2=off compression_type=%s size=%" G_GUINT64_FORMAT,
                           1u << c->qcow2.cluster_bits, c->qcow2.compression ? "zstd" : "zlib", bytes);
    if (c->backing_file) {
        g_string_append_printf(text, " backing_file=%s backing_fmt=%s", c->backing_file, c->backing_format);
    }
    g_string_append_printf(text, "%s lazy_refcounts=%s refcount_bits=%u", c->qcow2.version < 3 ? " compat=0.10" : "",
                           c->qcow2.lazy_refcounts ? "on" : "off", 1u << c->qcow2.refcount_order);
    return g_string_free(text, FALSE);
}
