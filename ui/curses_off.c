/* SPDX-License-Identifier: MIT */
/* In place of curses.c when ncurses was not there at configure time. */
#include "base/error.h"
#include "ui/view.h"

static bool curses_open(struct ui *ui, const char *arguments, GError **error)
{
    return error_fail(error, "this build has no curses (ncursesw was missing)");
}

const struct ui_kind ui_kind_curses = { "curses", "", "not in this build: ncursesw was missing", curses_open };
