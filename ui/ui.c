/* SPDX-License-Identifier: MIT */
/*
 * User interfaces: the table of their kinds, what -display, -vnc and -nographic choose, and the timer that brings the
 * screen up to date while somebody watches.
 *
 *   timer -> display_refresh (machine lock) -> adapter draws -> listeners of the views
 */
#include <string.h>
#include "base/error.h"
#include "ui/view.h"

enum { REFRESH_MS = 33, DEFAULT_VNC_DISPLAYS = 99 };

static bool open_none(struct ui *ui, const char *arguments, GError **error)
{
    return true;
}

static const struct ui_kind kind_none = { "none", "", "no user interface", open_none };
static const struct ui_kind *const kinds[] = { &ui_kind_sdl, &ui_kind_vnc, &ui_kind_curses, &kind_none };

/* Names that scripts written for QEMU use for something that a kind here does as well. */
static const struct { const char *name, *kind; } stand_ins[] = { { "gtk", "sdl" }, { "cocoa", "sdl" } };

void ui_add_view(struct ui *ui, const struct ui_view *view)
{
    g_array_append_val(ui->views, *view);
}

/* ---- Refreshing ---- */

static gboolean on_timer(gpointer opaque)
{
    struct ui *ui = opaque;
    ui_lock(ui);
    display_refresh(ui->display);
    ui_unlock(ui);
    return G_SOURCE_CONTINUE;
}

void ui_watch(struct ui *ui)
{
    if (!ui->watchers++) {
        ui->timer = g_timeout_add(REFRESH_MS, on_timer, ui);
    }
}

void ui_unwatch(struct ui *ui)
{
    if (!--ui->watchers) {
        g_source_remove(ui->timer);
        ui->timer = 0;
    }
}

char *ui_title(const struct ui *ui)
{
    return g_strconcat(ui->name ? ui->name : "", ui->name ? " - " : "", "Dragoman",
                       ui->machine->state == MACHINE_STOPPED ? " [Stopped]" : "", NULL);
}

/* ---- Which kinds ---- */

bool ui_check_keys(const char *arguments, const char *const *known, GError **error)
{
    g_auto(GStrv) items = g_strsplit(arguments, ",", -1);
    for (unsigned i = 0; items[i]; i++) {
        g_autofree char *key = g_strndup(items[i], strcspn(items[i], "="));
        if (*key && !g_strv_contains(known, key)) {
            g_autofree char *hint = nearest_hint(key, known);
            return error_fail(error, "unknown or unsupported property '%s'%s", key, hint);
        }
    }
    return true;
}

/* error: no such kind, with the nearest name. */
static const struct ui_kind *find_kind(const char *name, GError **error)
{
    const char *names[ARRAY_LEN(kinds) + 1] = { NULL };
    for (unsigned i = 0; i < ARRAY_LEN(stand_ins); i++) {
        name = strcmp(stand_ins[i].name, name) ? name : stand_ins[i].kind;
    }
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        names[i] = kinds[i]->name;
        if (!strcmp(name, kinds[i]->name)) {
            return kinds[i];
        }
    }
    const char *near = nearest_name(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    error_fail(error, "-display %s: not supported; there is: %s%s%s%s", name, all, near ? "; did you mean " : "",
               near ? near : "", near ? "?" : "");
    return NULL;
}

/* spec: "kind", "kind,arguments" or "kind=arguments". */
static const struct ui_kind *parse_kind(const char *spec, const char **arguments, GError **error)
{
    size_t length = strcspn(spec, ",=");
    g_autofree char *name = g_strndup(spec, length);
    *arguments = spec + length + (spec[length] != 0);
    return find_kind(name, error);
}

static bool open_display(struct ui *ui, const char *spec, GError **error)
{
    const char *arguments;
    const struct ui_kind *kind = parse_kind(spec, &arguments, error);
    if (kind && !g_str_has_prefix(spec, kind->name)) {
        g_printerr("dragoman: -display %s: taking '%s' instead\n", spec, kind->name);
        arguments = "";                         /* its own properties mean nothing here */
    }
    if (kind && !kind->open(ui, arguments, error)) {
        g_prefix_error(error, "-display %s: ", spec);
        return false;
    }
    return kind;
}

/* Nothing was asked for: a window where there is a desktop; elsewhere VNC for this host alone, and when even that
 * cannot be, the machine runs without. */
static bool open_default(struct ui *ui)
{
    g_autoptr(GError) error = NULL;
    bool desktop = g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY");
    if (desktop && ui_kind_sdl.open(ui, "", &error)) {
        return true;
    }
    if (desktop) {
        g_printerr("dragoman: no window: %s\n", error->message);
        g_clear_error(&error);
    }
    g_autofree char *spec = g_strdup_printf("127.0.0.1:0,to=%d", DEFAULT_VNC_DISPLAYS);
    if (!ui_kind_vnc.open(ui, spec, &error)) {
        g_printerr("dragoman: no VNC server either: %s\n", error->message);
    } else {
        GString *text = g_string_new(NULL);
        ui_print_vnc(ui, text);
        g_printerr("dragoman: VNC server running on %s", strchr(text->str, ':') + 2);
        g_string_free(text, TRUE);
    }
    return true;
}

static bool open_all(struct ui *ui, const struct ui_options *options, GError **error)
{
    if (options->vnc && strcmp(options->vnc, "none") && !ui_kind_vnc.open(ui, options->vnc, error)) {
        g_prefix_error(error, "-vnc %s: ", options->vnc);
        return false;
    }
    if (options->display) {
        return open_display(ui, options->display, error);
    }
    return options->nographic || options->vnc || open_default(ui);
}

struct ui *ui_new(const struct ui_options *options, struct machine *machine, struct display *display,
                  struct input *input, GError **error)
{
    struct ui *ui = g_new0(struct ui, 1);
    ui->machine = machine;
    ui->display = display;
    ui->input = input;
    ui->name = g_strdup(options->name);
    ui->full_screen = options->full_screen;
    ui->views = g_array_new(FALSE, FALSE, sizeof(struct ui_view));
    if (!ui_check_options(options, error) || (display && !open_all(ui, options, error))) {
        ui_free(ui);
        return NULL;
    }
    if (!display && ((options->display && strcmp(options->display, "none")) || options->vnc)) {
        g_printerr("dragoman: this machine has no screen; -display and -vnc show nothing\n");
    }
    return ui;
}

void ui_free(struct ui *ui)
{
    if (!ui) {
        return;
    }
    for (unsigned i = ui->views->len; i-- > 0;) {
        struct ui_view *view = &g_array_index(ui->views, struct ui_view, i);
        view->free(view->opaque);
    }
    g_array_free(ui->views, TRUE);
    if (ui->timer) {
        g_source_remove(ui->timer);
    }
    g_free(ui->name);
    g_free(ui);
}

bool ui_check_options(const struct ui_options *options, GError **error)
{
    const char *arguments;
    return !options->display || parse_kind(options->display, &arguments, error);
}

void ui_print_help(GString *out)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        g_autofree char *left = g_strconcat(kinds[i]->name, kinds[i]->arguments, NULL);
        g_string_append_printf(out, "%-40s %s\n", left, kinds[i]->help);
    }
}

bool ui_set_vnc_password(struct ui *ui, const char *password)
{
    bool any = false;
    for (unsigned i = 0; i < ui->views->len; i++) {
        struct ui_view *view = &g_array_index(ui->views, struct ui_view, i);
        any |= view->set_password && view->set_password(view->opaque, password);
    }
    return any;
}

void ui_print_vnc(struct ui *ui, GString *out)
{
    for (unsigned i = 0; i < ui->views->len; i++) {
        struct ui_view *view = &g_array_index(ui->views, struct ui_view, i);
        if (view->print) {
            view->print(view->opaque, out);
        }
    }
}
