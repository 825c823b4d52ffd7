/* SPDX-License-Identifier: MIT */
/*
 * A screen between an adapter and those who look at it.
 *
 *   user interface -> display_refresh -> adapter -> display_resize, display_changed, display_set_text -> listeners
 *
 * The surface and the text screen are copies of their own: a listener may look at them at any time under the lock.
 */
#include <glib.h>
#include <string.h>
#include "base/display.h"

struct display {
    char *name;
    struct surface surface;
    struct text_screen text;
    struct text_cell *cells;            /* of text */
    struct display_adapter adapter;
    GArray *listeners;                  /* struct display_listener */
    bool changed;                       /* since the refresh began */
};

static void set_surface(struct display *display, unsigned width, unsigned height)
{
    display->surface.width = CLAMP(width, 1, DISPLAY_MOST);
    display->surface.height = CLAMP(height, 1, DISPLAY_MOST);
    display->surface.stride_bytes = display->surface.width * 4;
    g_free(display->surface.pixels);
    display->surface.pixels = g_malloc0((size_t)display->surface.stride_bytes * display->surface.height);
}

struct display *display_new(const char *name)
{
    struct display *display = g_new0(struct display, 1);
    display->name = g_strdup(name);
    display->listeners = g_array_new(FALSE, FALSE, sizeof(struct display_listener));
    set_surface(display, 640, 480);
    return display;
}

void display_free(struct display *display)
{
    if (display) {
        g_array_free(display->listeners, TRUE);
        g_free(display->surface.pixels);
        g_free(display->cells);
        g_free(display->name);
        g_free(display);
    }
}

const char *display_name(const struct display *display)
{
    return display->name;
}

/* ---- The adapter's side ---- */

void display_set_adapter(struct display *display, const struct display_adapter *adapter)
{
    display->adapter = adapter ? *adapter : (struct display_adapter){ 0 };
}

static struct display_listener *listener_at(const struct display *display, unsigned i)
{
    return &g_array_index(display->listeners, struct display_listener, i);
}

struct surface *display_resize(struct display *display, unsigned width, unsigned height)
{
    set_surface(display, width, height);
    display->changed = true;
    for (unsigned i = display->listeners->len; i-- > 0;) {
        const struct display_listener *listener = listener_at(display, i);
        if (listener->resized) {
            listener->resized(listener->opaque, &display->surface);
        }
    }
    return &display->surface;
}

void display_changed(struct display *display, unsigned x, unsigned y, unsigned width, unsigned height)
{
    const struct surface *surface = &display->surface;
    if (x >= surface->width || y >= surface->height || !width || !height) {
        return;
    }
    width = MIN(width, surface->width - x);
    height = MIN(height, surface->height - y);
    display->changed = true;
    for (unsigned i = display->listeners->len; i-- > 0;) {
        const struct display_listener *listener = listener_at(display, i);
        if (listener->updated) {
            listener->updated(listener->opaque, x, y, width, height);
        }
    }
}

void display_set_text(struct display *display, const struct text_screen *text)
{
    static const struct text_screen nothing;
    const struct text_screen *from = text && text->cells && text->columns && text->rows ? text : &nothing;
    if (from->columns > DISPLAY_MOST_CELLS || from->rows > DISPLAY_MOST_CELLS) {
        from = &nothing;
    }
    size_t cells = (size_t)from->columns * from->rows;
    if (cells != (size_t)display->text.columns * display->text.rows) {
        display->cells = g_renew(struct text_cell, display->cells, cells);
    }
    if (cells) {
        memcpy(display->cells, from->cells, cells * sizeof(*display->cells));
    }
    display->text = *from;
    display->text.cells = display->cells;
    display->changed = true;
    for (unsigned i = display->listeners->len; i-- > 0;) {
        const struct display_listener *listener = listener_at(display, i);
        if (listener->text_changed) {
            listener->text_changed(listener->opaque, &display->text);
        }
    }
}

/* ---- The user interfaces' side ---- */

void display_add_listener(struct display *display, const struct display_listener *listener)
{
    g_array_append_val(display->listeners, *listener);
    if (listener->resized) {
        listener->resized(listener->opaque, &display->surface);
    }
    if (listener->updated) {
        listener->updated(listener->opaque, 0, 0, display->surface.width, display->surface.height);
    }
    if (listener->text_changed) {
        listener->text_changed(listener->opaque, &display->text);
    }
}

void display_remove_listener(struct display *display, void *opaque)
{
    for (unsigned i = display->listeners->len; i-- > 0;) {
        if (listener_at(display, i)->opaque == opaque) {
            g_array_remove_index(display->listeners, i);
        }
    }
}

void display_refresh(struct display *display)
{
    display->changed = false;
    if (display->adapter.refresh) {
        display->adapter.refresh(display->adapter.device);
    }
    for (unsigned i = display->changed ? display->listeners->len : 0; i-- > 0;) {
        const struct display_listener *listener = listener_at(display, i);
        if (listener->refreshed) {
            listener->refreshed(listener->opaque);
        }
    }
}

void display_invalidate(struct display *display)
{
    if (display->adapter.invalidate) {
        display->adapter.invalidate(display->adapter.device);
    }
}

const struct surface *display_surface(const struct display *display)
{
    return &display->surface;
}

const struct text_screen *display_text(const struct display *display)
{
    return &display->text;
}
