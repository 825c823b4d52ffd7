/* SPDX-License-Identifier: MIT */
/* What the command line adds to the board or sets of it: -device, -debugcon, -global for their defaults, -rtc. */
#include "hw/boards/pc_internal.h"
#include "base/character.h"
#include "base/error.h"
#include "hw/misc/debugcon.h"
#include "hw/boards/device_table.h"

/* -debugcon is an isa-debugcon whose port -global may have set. */
static bool add_debugcon(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    g_autofree char *port = device_global(options, "isa-debugcon", "iobase");
    struct character *character = board_character(&pc->board, options->debugcon, "debugcon", 0, error);
    if (!character) {
        g_prefix_error(error, "-debugcon: ");
        return false;
    }
    debugcon_new(pc->board.machine, port ? g_ascii_strtoull(port, NULL, 0) : DEBUGCON_PORT, character);
    return true;
}

/* What libvirt says of a machine's sleep states: there are none but soft-off. */
const struct device_property piix4_pm_properties[] = {
    { "disable_s3", DEVICE_NUMBER, 1, "1", "1: no suspend to RAM; there is none, so 0 is refused" },
    { "disable_s4", DEVICE_NUMBER, 1, "1", "1: no suspend to disk; there is none, so 0 is refused" },
    { NULL },
};

bool piix4_pm_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return error_fail(error, "the board has one; -global PIIX4_PM.KEY=VALUE sets its properties");
}

static bool check_sleep_states(const struct options *options, GError **error)
{
    static const char *const keys[] = { "disable_s3", "disable_s4" };
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *value = device_global(options, "PIIX4_PM", keys[i]);
        if (value && !g_ascii_strtoull(value, NULL, 0)) {
            return error_fail(error, "-global PIIX4_PM.%s=%s: this machine has no such sleep state (soft-off, S5, alone)", keys[i], value);
        }
    }
    return true;
}

bool pc_add_optional(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    if (!device_check_globals(options, error) || !check_sleep_states(options, error) ||
        (options->debugcon && !add_debugcon(pc, error))) {
        return false;
    }
    if (usb_wanted(options)) {
        usb_add_piix3(&pc->board, PC_SLOT_ISA_BRIDGE);
    }
    if (!usb_add_old_devices(&pc->board, error)) {
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
    rtc->slew = !g_strcmp0(pc->board.options->rtc_driftfix, "slew");
    return true;
}
