/* SPDX-License-Identifier: MIT */
/*
 * -drive file=x,if=ide,... Keys are QEMU's. A comma inside a value is written twice; a key without '=' means on. Keys
 * in the table with no consequence are accepted because clients give them and what they ask for is so anyway
 * (aio=threads) or is a hint.
 */
#include <stdlib.h>
#include <string.h>
#include "base/device.h"
#include "base/error.h"
#include "block/drive_options.h"

enum key {
    KEY_FILE, KEY_IF, KEY_INDEX, KEY_BUS, KEY_UNIT, KEY_MEDIA, KEY_FORMAT, KEY_ID, KEY_READONLY, KEY_SNAPSHOT,
    KEY_CACHE,
    KEY_CACHE_DIRECT, KEY_CACHE_NO_FLUSH, KEY_CACHE_WRITEBACK, KEY_DISCARD, KEY_LOCKING, KEY_WERROR, KEY_RERROR,
    KEY_SERIAL,
    KEY_CYLINDERS, KEY_HEADS, KEY_SECTORS, KEY_AIO, KEY_DETECT_ZEROES, KEY_COPY_ON_READ, KEY_IGNORED, KEY_COUNT
};

static const struct { const char *name; enum key key; const char *choices; } keys[] = {
    { "file", KEY_FILE, NULL }, { "file.filename", KEY_FILE, NULL }, { "if", KEY_IF, NULL },
    { "index", KEY_INDEX, NULL },
    { "bus", KEY_BUS, NULL }, { "unit", KEY_UNIT, NULL }, { "media", KEY_MEDIA, "disk cdrom" },
    { "format", KEY_FORMAT, NULL },
    { "driver", KEY_FORMAT, NULL }, { "id", KEY_ID, NULL }, { "readonly", KEY_READONLY, "on off" },
    { "read-only", KEY_READONLY, "on off" }, { "snapshot", KEY_SNAPSHOT, "on off" },
    { "cache", KEY_CACHE, "writeback writethrough none directsync unsafe" },
    { "cache.direct", KEY_CACHE_DIRECT, "on off" },
    { "cache.no-flush", KEY_CACHE_NO_FLUSH, "on off" }, { "cache.writeback", KEY_CACHE_WRITEBACK, "on off" },
    { "discard", KEY_DISCARD, "ignore unmap off on" }, { "file.locking", KEY_LOCKING, "auto on off" },
    { "werror", KEY_WERROR, "enospc report stop ignore" }, { "rerror", KEY_RERROR, "report stop ignore" },
    { "serial", KEY_SERIAL, NULL }, { "cyls", KEY_CYLINDERS, NULL }, { "heads", KEY_HEADS, NULL },
    { "secs", KEY_SECTORS, NULL },
    { "aio", KEY_AIO, "threads native io_uring" }, { "file.aio", KEY_AIO, "threads native io_uring" },
    { "detect-zeroes", KEY_DETECT_ZEROES, "off on unmap" }, { "copy-on-read", KEY_COPY_ON_READ, "off" },
    { "file.driver", KEY_IGNORED, "file" }, { "node-name", KEY_IGNORED, NULL },
    { "auto-read-only", KEY_IGNORED, "on off" },
};
static const char *const interface_names[DRIVE_INTERFACES] =
    { "ide", "floppy", "virtio", "pflash", "scsi", "sd", "none" };
static const char *const cache_names[CACHE_KINDS] = { "writeback", "writethrough", "none", "directsync", "unsafe" };

const char *drive_interface_name(enum drive_interface interface) { return interface_names[interface]; }
const char *drive_cache_name(enum drive_cache cache) { return cache_names[cache]; }

/* ---- Text ---- */

/* The next "key=value" of *at, with ",," made one; *value NULL when there is no '='. */
static char *next_item(const char **at, char **value)
{
    GString *item = g_string_new(NULL);
    for (; **at && (**at != ',' || (*at)[1] == ','); (*at)++) {
        *at += **at == ',';
        g_string_append_c(item, **at);
    }
    *at += **at == ',';
    char *equals = strchr(item->str, '=');
    *value = equals ? g_strdup(equals + 1) : NULL;
    g_string_truncate(item, equals ? (gsize)(equals - item->str) : item->len);
    return g_string_free(item, FALSE);
}

static bool is_choice(const char *choices, const char *value)
{
    g_auto(GStrv) words = g_strsplit(choices, " ", -1);
    return g_strv_contains((const char *const *)words, value);
}

static bool unknown_key(const char *name, GError **error)
{
    const char *names[ARRAY_LEN(keys) + 1] = { NULL };
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        names[i] = keys[i].name;
    }
    if (g_str_has_prefix(name, "throttling.") || g_str_has_prefix(name, "bps") || g_str_has_prefix(name, "iops")) {
        return error_fail(error, "-drive %s: not supported: there is no throttling yet", name);
    }
    g_autofree char *hint = nearest_hint(name, names);
    return error_fail(error, "-drive: unknown key '%s'%s", name, hint);
}

static bool collect(const char *spec, char **values, GError **error)
{
    while (*spec) {
        g_autofree char *value = NULL;
        g_autofree char *name = next_item(&spec, &value);
        unsigned i = 0;
        while (i < ARRAY_LEN(keys) && strcmp(keys[i].name, name)) {
            i++;
        }
        if (i == ARRAY_LEN(keys)) {
            return unknown_key(name, error);
        }
        const char *given = value ? value : "on";
        if (keys[i].choices && !is_choice(keys[i].choices, given)) {
            return error_fail(error, "-drive %s=%s: one of %s", name, given, keys[i].choices);
        }
        g_free(values[keys[i].key]);
        values[keys[i].key] = g_strdup(given);
    }
    return true;
}

/* ---- Values ---- */

static bool number(const char *key, const char *text, int most, int *out, GError **error)
{
    char *end = NULL;
    unsigned long value = text && g_ascii_isdigit(*text) ? strtoul(text, &end, 10) : ULONG_MAX;
    if (!text) {
        return true;
    }
    if (!end || *end || value > (unsigned long)most) {
        return error_fail(error, "-drive %s=%s: a number from 0 to %d", key, text, most);
    }
    *out = (int)value;
    return true;
}

static bool is_on(const char *value) { return !g_strcmp0(value, "on"); }

static bool choose_interface(struct drive_options *o, const char *name, GError **error)
{
    for (unsigned i = 0; name && i < DRIVE_INTERFACES; i++) {
        if (!strcmp(interface_names[i], name)) {
            o->interface = i;
            return true;
        }
    }
    return !name || error_fail(error, "-drive if=%s: one of ide, floppy, virtio, pflash, scsi, sd, none", name);
}

static void choose_cache(struct drive_options *o, char **values)
{
    for (unsigned i = 0; values[KEY_CACHE] && i < CACHE_KINDS; i++) {
        o->cache = !strcmp(cache_names[i], values[KEY_CACHE]) ? (enum drive_cache)i : o->cache;
    }
    if (is_on(values[KEY_CACHE_DIRECT])) {
        o->cache = CACHE_NONE;
    }
    if (!g_strcmp0(values[KEY_CACHE_WRITEBACK], "off")) {
        o->cache = o->cache == CACHE_NONE ? CACHE_DIRECTSYNC : CACHE_WRITETHROUGH;
    }
    if (is_on(values[KEY_CACHE_NO_FLUSH])) {
        o->cache = CACHE_UNSAFE;
    }
}

static bool geometry(struct drive_options *o, char **values, GError **error)
{
    int cylinders = 0, heads = 0, sectors = 0;
    bool good = number("cyls", values[KEY_CYLINDERS], 65535, &cylinders, error) &&
        number("heads", values[KEY_HEADS], 255, &heads, error) &&
            number("secs", values[KEY_SECTORS], 255, &sectors, error);
    o->cylinders = (uint16_t)cylinders, o->heads = (uint16_t)heads, o->sectors = (uint16_t)sectors;
    return good && ((!!cylinders == !!heads && !!heads == !!sectors) ||
                    error_fail(error, "-drive: cyls=, heads= and secs= go together"));
}

static bool check(const struct drive_options *o, GError **error)
{
    if (o->index >= 0 && (o->bus >= 0 || o->unit >= 0)) {
        return error_fail(error, "-drive: index= or bus= and unit=, not both");
    }
    if (o->serial && strlen(o->serial) > 20) {
        return error_fail(error, "-drive serial=%s: at most 20 characters", o->serial);
    }
    if (o->snapshot && !o->file) {
        return error_fail(error, "-drive snapshot=on: needs file=");
    }
    return o->file || o->cdrom || o->interface == DRIVE_FLOPPY || error_fail(error, "-drive: needs file=");
}

static bool evaluate(struct drive_options *o, char **values, GError **error)
{
    *o = (struct drive_options){ .interface = DRIVE_IDE, .index = -1, .bus = -1, .unit = -1 };
    if (!choose_interface(o, values[KEY_IF], error) || !number("index", values[KEY_INDEX], 255, &o->index, error) ||
        !number("bus", values[KEY_BUS], 255, &o->bus, error) ||
            !number("unit", values[KEY_UNIT], 255, &o->unit, error) ||
        !geometry(o, values, error)) {
        return false;
    }
    choose_cache(o, values);
    o->cdrom = !g_strcmp0(values[KEY_MEDIA], "cdrom");
    o->read_only = o->cdrom || is_on(values[KEY_READONLY]);
    o->snapshot = is_on(values[KEY_SNAPSHOT]);
    o->discard = is_on(values[KEY_DISCARD]) || !g_strcmp0(values[KEY_DISCARD], "unmap");
    o->no_lock = !g_strcmp0(values[KEY_LOCKING], "off");
    o->ignore_write_errors = !g_strcmp0(values[KEY_WERROR], "ignore");
    o->ignore_read_errors = !g_strcmp0(values[KEY_RERROR], "ignore");
    o->file = values[KEY_FILE] && *values[KEY_FILE] ? values[KEY_FILE] : NULL;
    o->format = values[KEY_FORMAT], o->id = values[KEY_ID], o->serial = values[KEY_SERIAL];
    return check(o, error);
}

bool drive_options_parse(struct drive_options *options, const char *spec, GError **error)
{
    char *values[KEY_COUNT] = { NULL };
    bool good = collect(spec, values, error) && evaluate(options, values, error);
    if (good) {
        options->file = g_strdup(options->file), options->format = g_strdup(options->format);
        options->id = g_strdup(options->id), options->serial = g_strdup(options->serial);
    }
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        g_free(values[i]);
    }
    return good;
}

void drive_options_clear(struct drive_options *options)
{
    g_free(options->file);
    g_free(options->format);
    g_free(options->id);
    g_free(options->serial);
}
