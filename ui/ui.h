/* SPDX-License-Identifier: MIT */
#ifndef UI_UI_H
#define UI_UI_H
/*
 * What a user sees of a machine's screen: windows, VNC, a terminal. Everything runs in the main loop's thread; the
 * machine lock is taken where displays and input are touched.
 */
#include <glib.h>
#include <stdbool.h>

struct display;
struct input;
struct machine;
struct surface;
struct ui;

struct ui_options {
    const char *name;           /* of the machine, for titles; NULL: none */
    const char *display;        /* -display; NULL: sdl when there is an X or Wayland display, otherwise VNC on this host */
    const char *vnc;            /* -vnc; NULL: none */
    bool nographic;             /* as "none" when display is NULL */
    bool full_screen;
};

/* Opens what the options ask for; no main loop need run yet. The options are not kept. A machine without a screen
 * (display NULL) gets none, and only that is no error. error: one line that names option and reason. */
struct ui *ui_new(const struct ui_options *options, struct machine *machine, struct display *display,
                  struct input *input, GError **error);
/* Before the machine, display and input are gone. */
void ui_free(struct ui *ui);
/* The text of an option's value is one that ui_new could take; opens nothing. */
bool ui_check_options(const struct ui_options *options, GError **error);
/* One line a kind, for -display help. */
void ui_print_help(GString *out);

/* Password of all VNC servers that ask for one; NULL: nobody gets in. false: there is none that does. */
bool ui_set_vnc_password(struct ui *ui, const char *password);
/* One line a VNC server and one a client of it, as "info vnc" prints them. */
void ui_print_vnc(struct ui *ui, GString *out);

/* ---- Pictures of a surface ---- */

/* Machine lock held: a copy, whose pixels are freed with g_free. */
struct surface *screenshot_take(const struct surface *surface);
void screenshot_free(struct surface *copy);
/* No lock needed with a copy. error: the file cannot be written, or this build has no PNG. */
bool screenshot_save_ppm(const struct surface *surface, const char *path, GError **error);
bool screenshot_save_png(const struct surface *surface, const char *path, GError **error);

#endif
