/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_H
#define UI_VIEW_H
/* Between ui.c and the kinds of user interface. */
#include "base/display.h"
#include "base/input.h"
#include "machine/machine.h"
#include "ui/ui.h"

/* One that is open. */
struct ui_view {
    void *opaque;
    void (*free)(void *opaque);
    bool (*set_password)(void *opaque, const char *password);   /* optional */
    void (*print)(void *opaque, GString *out);                  /* optional: "info vnc" */
};

struct ui {
    struct machine *machine;
    struct display *display;
    struct input *input;
    char *name;
    bool full_screen;
    GArray *views;              /* struct ui_view */
    unsigned watchers;
    guint timer;                /* refreshes while somebody watches */
};

/* A row of the table of kinds. arguments: what follows the kind's name and a comma (of "vnc=...": what follows '=').
 * open adds a view. */
struct ui_kind {
    const char *name, *arguments, *help;
    bool (*open)(struct ui *ui, const char *arguments, GError **error);
};
extern const struct ui_kind ui_kind_sdl, ui_kind_curses, ui_kind_vnc;

void ui_add_view(struct ui *ui, const struct ui_view *view);
/* The screen is refreshed while somebody watches. */
void ui_watch(struct ui *ui);
void ui_unwatch(struct ui *ui);
/* "name - Dragoman [Stopped]"; free it. */
char *ui_title(const struct ui *ui);
/* "key=value,..." has no other keys than `known` (NULL-terminated). */
bool ui_check_keys(const char *arguments, const char *const *known, GError **error);

static inline void ui_lock(struct ui *ui) { g_mutex_lock(&ui->machine->lock); }
static inline void ui_unlock(struct ui *ui) { g_mutex_unlock(&ui->machine->lock); }

#endif
