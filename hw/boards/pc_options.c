/* SPDX-License-Identifier: MIT */
/* What the command line adds to the board or sets of it: -device, -debugcon, -global for their defaults, -rtc. */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "hw/misc/debugcon.h"
#include "hw/boards/devices.h"

/* -debugcon is an isa-debugcon whose port -global may have set. */
static bool add_debugcon(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    g_autofree char *port = device_global(options, "isa-debugcon", "iobase");
    struct character *character = board_character(&pc->board, options->debugcon, error);
    if (!character) {
        g_prefix_error(error, "-debugcon: ");
        return false;
    }
    debugcon_new(pc->board.machine, port ? g_ascii_strtoull(port, NULL, 0) : DEBUGCON_PORT, character);
    return true;
}

bool pc_add_optional(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    if (!device_check_globals(options, error) || (options->debugcon && !add_debugcon(pc, error))) {
        return false;
    }
    for (unsigned i = 0; i < options->devices->len; i++) {
        if (!device_add(&pc->board, options->devices->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

bool pc_set_date(struct pc *pc, struct mc146818 *rtc, GError **error)
{
    const char *base = pc->board.options->rtc_base ? pc->board.options->rtc_base : "utc";
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
    if (pc->board.options->icount) {
        clocks_set_start_date(pc->board.machine->clocks, g_date_time_to_unix(date) * 1000000000);
    } else {
        mc146818_set_offset(rtc, g_date_time_to_unix(date) - g_date_time_to_unix(now));
    }
    return true;
}
