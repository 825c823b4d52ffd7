/* SPDX-License-Identifier: MIT */
/* What the command line adds to the board or sets of it: -device, -debugcon, -global for their defaults, -rtc. */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/isa_debug_exit.h"

const struct pc_device pc_devices[] = {
    { "isa-debug-exit", "iobase=PORT,iosize=BYTES", "a write of V ends the run with status V * 2 + 1 [0x501, 2 bytes]" },
    { "isa-debugcon", "iobase=PORT,chardev=ID", "debug console: bytes written go to a stream [0xe9]" },
    { NULL, NULL, NULL },
};

/* A number from a property; the default stays when it is absent. */
static bool number_property(const char *spec, const char *key, uint64_t most, uint64_t *value, GError **error)
{
    g_autofree char *text = options_property(spec, key);
    char *end;
    if (!text) {
        return true;
    }
    *value = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(*text) || *end || *value > most) {
        return error_fail(error, "-device %s: %s=%s is not a number up to %#x", spec, key, text, (unsigned)most);
    }
    return true;
}

/* Every key of spec is among `known` (separated by commas, with their arguments, as in the table). */
static bool check_properties(const char *spec, const char *known, GError **error)
{
    g_auto(GStrv) items = g_strsplit(spec, ",", -1);
    for (unsigned i = 1; items[i]; i++) {
        g_autofree char *key = g_strndup(items[i], strcspn(items[i], "="));
        g_autofree char *pattern = g_strconcat(key, "=", NULL);
        const char *found = strstr(known, pattern);
        if (strcmp(key, "id") && (!found || (found != known && found[-1] != ','))) {
            return error_fail(error, "-device %s: unknown property '%s'; there are: %s", spec, key, known);
        }
    }
    return true;
}

static bool add_debug_exit(struct pc *pc, const char *spec, GError **error)
{
    uint64_t port = 0x501, bytes = 2;
    if (!number_property(spec, "iobase", 0xfffc, &port, error) || !number_property(spec, "iosize", 4, &bytes, error)) {
        return false;
    }
    if (bytes != 1 && bytes != 2 && bytes != 4) {
        return error_fail(error, "-device %s: iosize must be 1, 2 or 4", spec);
    }
    isa_debug_exit_new(pc->machine, port, bytes);
    return true;
}

static bool add_debugcon(struct pc *pc, const char *spec, GError **error)
{
    uint64_t port = pc->debugcon_port;
    g_autofree char *id = options_property(spec, "chardev");
    g_autofree char *stream = id ? options_chardev(pc->options, id) : NULL;
    if (!number_property(spec, "iobase", 0xffff, &port, error)) {
        return false;
    }
    if (!stream) {
        return error_fail(error, "-device %s: %s%s", spec, id ? "no -chardev has the id " : "needs chardev=ID", id ? id : "");
    }
    struct character *character = pc_character(pc, stream, error);
    if (character) {
        debugcon_new(pc->machine, port, character);
    }
    return character;
}

static bool add_device(struct pc *pc, const char *spec, GError **error)
{
    g_autofree char *driver = options_driver(spec);
    const char *names[ARRAY_LEN(pc_devices)];
    const struct pc_device *found = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(pc_devices); i++) {
        names[i] = pc_devices[i].name;
        found = names[i] && !strcmp(names[i], driver) ? &pc_devices[i] : found;
    }
    if (!found) {
        const char *near = nearest_name(driver, names);
        return error_fail(error, "-device %s: not supported%s%s; see 'dragoman help devices'", driver,
                          near ? ", did you mean " : "", near ? near : "");
    }
    if (!check_properties(spec, found->properties, error)) {
        return false;
    }
    return !strcmp(driver, "isa-debug-exit") ? add_debug_exit(pc, spec, error) : add_debugcon(pc, spec, error);
}

static bool set_global(struct pc *pc, const char *text, GError **error)
{
    static const char prefix[] = "isa-debugcon.iobase=";
    char *end;
    if (!g_str_has_prefix(text, prefix)) {
        return error_fail(error, "-global %s: not supported; there is isa-debugcon.iobase=PORT", text);
    }
    text += strlen(prefix);
    uint64_t port = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(*text) || *end || port > 0xffff) {
        return error_fail(error, "-global isa-debugcon.iobase=%s: not a port", text);
    }
    pc->debugcon_port = port;
    return true;
}

bool pc_add_optional(struct pc *pc, GError **error)
{
    const struct options *options = pc->options;
    pc->debugcon_port = 0xe9;
    for (unsigned i = 0; i < options->globals->len; i++) {
        if (!set_global(pc, options->globals->pdata[i], error)) {
            return false;
        }
    }
    if (options->debugcon) {
        struct character *character = pc_character(pc, options->debugcon, error);
        if (!character) {
            g_prefix_error(error, "-debugcon: ");
            return false;
        }
        debugcon_new(pc->machine, pc->debugcon_port, character);
    }
    for (unsigned i = 0; i < options->devices->len; i++) {
        if (!add_device(pc, options->devices->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

bool pc_set_date(struct pc *pc, struct mc146818 *rtc, GError **error)
{
    const char *base = pc->options->rtc_base ? pc->options->rtc_base : "utc";
    g_autoptr(GTimeZone) zone = !strcmp(base, "localtime") ? g_time_zone_new_local() : g_time_zone_new_utc();
    g_autoptr(GDateTime) now = g_date_time_new_now(zone), date = NULL;
    if (!strcmp(base, "utc") || !strcmp(base, "localtime")) {
        mc146818_set_offset(rtc, g_date_time_get_utc_offset(now) / G_USEC_PER_SEC);
        return true;
    }
    g_autofree char *whole = strchr(base, 'T') ? g_strdup(base) : g_strconcat(base, "T00:00:00", NULL);
    date = g_date_time_new_from_iso8601(whole, zone);
    if (!date) {
        return error_fail(error, "-rtc: base=%s: not utc, localtime or a date like 2024-05-01T12:00:00", base);
    }
    if (pc->options->icount) {
        clocks_set_start_date(pc->machine->clocks, g_date_time_to_unix(date) * 1000000000);
    } else {
        mc146818_set_offset(rtc, g_date_time_to_unix(date) - g_date_time_to_unix(now));
    }
    return true;
}
