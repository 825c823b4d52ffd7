/* SPDX-License-Identifier: MIT */
/* Commands for hands and eyes: keys, mouse, pictures. */
#include <stdlib.h>
#include <string.h>
#include "base/input.h"
#include "monitor/internal.h"

enum { MOST_KEYS = 16, HOLD_MS = 100 };

/* A key's name, or its scan code as a number. */
static unsigned key_code(const char *name)
{
    guint64 scan;
    if (g_str_has_prefix(name, "0x") && g_ascii_string_to_unsigned(name + 2, 16, 1, 0xff, &scan, NULL)) {
        return input_code_of_scan((unsigned)(scan & 0x7f) | (scan & 0x80 ? INPUT_SCAN_EXTENDED : 0));
    }
    return input_key_code(name);
}

void hmp_sendkey(struct hmp *hmp, unsigned count, char **arguments)
{
    unsigned codes[MOST_KEYS], keys = 0, hold = count > 1 ? (unsigned)atoi(arguments[1]) : HOLD_MS;
    g_auto(GStrv) names = g_strsplit(arguments[0], "-", -1);
    GError *error = NULL;
    for (unsigned i = 0; names[i]; i++) {
        const char *name = strcmp(names[i], "<") ? names[i] : "less";
        if (keys == MOST_KEYS) {
            hmp_error(hmp, "too many keys");
            return;
        }
        codes[keys] = key_code(name);
        if (!codes[keys++]) {
            g_string_append_printf(hmp->out, "invalid parameter: %s\n", name);
            return;
        }
    }
    if (!action_send_keys(hmp->monitor, codes, keys, hold, &error)) {
        hmp_fail(hmp, error);
    }
}

static bool has_pointer(struct hmp *hmp)
{
    if (!hmp->monitor->board->input) {
        hmp_error(hmp, "this machine has no pointer");
    }
    return hmp->monitor->board->input;
}

void hmp_mouse_move(struct hmp *hmp, unsigned count, char **arguments)
{
    struct monitor *m = hmp->monitor;
    int dx = atoi(arguments[0]), dy = atoi(arguments[1]), wheel = count > 2 ? atoi(arguments[2]) : 0;
    if (!has_pointer(hmp)) {
        return;
    }
    monitor_lock(m);
    if (input_wants_absolute(m->board->input)) {
        input_absolute(m->board->input, (unsigned)MAX(dx, 0), (unsigned)MAX(dy, 0), -wheel, m->mouse_buttons);
    } else {
        input_relative(m->board->input, dx, dy, -wheel, m->mouse_buttons);
    }
    monitor_unlock(m);
}

/* QEMU's numbers: 1 left, 2 middle, 4 right. */
void hmp_mouse_button(struct hmp *hmp, unsigned count, char **arguments)
{
    struct monitor *m = hmp->monitor;
    unsigned state = (unsigned)atoi(arguments[0]);
    if (!has_pointer(hmp)) {
        return;
    }
    m->mouse_buttons = (state & 1 ? INPUT_LEFT : 0) | (state & 2 ? INPUT_MIDDLE : 0) | (state & 4 ? INPUT_RIGHT : 0);
    monitor_lock(m);
    input_buttons(m->board->input, m->mouse_buttons);
    monitor_unlock(m);
}

void hmp_mouse_set(struct hmp *hmp, unsigned count, char **arguments)
{
    guint64 index;
    if (!has_pointer(hmp)) {
        return;
    }
    monitor_lock(hmp->monitor);
    bool done = g_ascii_string_to_unsigned(arguments[0], 10, 0, G_MAXUINT, &index, NULL) &&
                input_prefer_device(hmp->monitor->board->input, (unsigned)index);
    monitor_unlock(hmp->monitor);
    if (!done) {
        hmp_error(hmp, "there is no mouse %s; see 'info mice'", arguments[0]);
    }
}

/* screendump FILE [-f png|ppm] */
void hmp_screendump(struct hmp *hmp, unsigned count, char **arguments)
{
    const char *file = NULL, *format = NULL;
    GError *error = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (!strcmp(arguments[i], "-f") && i + 1 < count) {
            format = arguments[++i];
        } else {
            file = arguments[i];
        }
    }
    if (!file || !action_screendump(hmp->monitor, file, format, &error)) {
        hmp_fail(hmp, error);
    }
}
