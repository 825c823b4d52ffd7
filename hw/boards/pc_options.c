/* SPDX-License-Identifier: MIT */
/* What the command line adds to the board or sets of it: -device, -debugcon, -global for their defaults, -rtc. */
#include "hw/boards/pc_internal.h"
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
    int64_t seconds;
    if (!board_rtc_offset(&pc->board, &seconds, error)) {
        return false;
    }
    mc146818_set_offset(rtc, seconds);
    return true;
}
