/* SPDX-License-Identifier: MIT */
#ifndef BASE_DISPLAY_H
#define BASE_DISPLAY_H
/*
 * A screen: a display adapter in hw/display/ draws it, user interfaces in ui/ show it, screendump saves it.
 *
 * The adapter draws only when asked (display_refresh, from the user interfaces' timer in the main loop, machine lock
 * held): it compares dirty pages of its memory, updates the surface and reports rectangles with display_changed. So a
 * guest that draws while nobody looks costs nothing.
 *
 * Threads: machine lock held in all calls. A user interface that draws from another thread copies under the lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct display;

/* The widest and highest surface (larger ones are cut), and text screen (larger ones are not shown). */
enum { DISPLAY_MOST = 8192, DISPLAY_MOST_CELLS = 512 };

/* XRGB, 8 bits each, 0x00RRGGBB in host order. */
struct surface { uint32_t *pixels; unsigned width, height, stride_bytes; };

/* What a text mode shows, for terminals; pixels exist in text mode too. */
struct text_cell { uint8_t character, attribute; };     /* CP437, VGA attribute */
struct text_screen {
    const struct text_cell *cells;
    unsigned columns, rows;         /* 0: graphics mode, or nothing shown */
    bool cursor;
    unsigned cursor_column, cursor_row;
};

struct display_adapter {
    void *device;
    void (*refresh)(void *device);  /* bring the surface and text screen up to date */
    void (*invalidate)(void *device);   /* optional: draw everything anew at the next refresh */
};

struct display_listener {
    void *opaque;
    void (*resized)(void *opaque, const struct surface *surface);       /* pixels moved; also at the start */
    void (*updated)(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height);
    void (*text_changed)(void *opaque, const struct text_screen *text); /* optional */
    void (*refreshed)(void *opaque);    /* optional: the end of a refresh that changed anything */
};

struct display *display_new(const char *name);
void display_free(struct display *display);
const char *display_name(const struct display *display);

/* The adapter's side. */
void display_set_adapter(struct display *display, const struct display_adapter *adapter);
/* A surface of that size (look at its members: it may be cut), its pixels black; tells the listeners. The old one is
 * gone. */
struct surface *display_resize(struct display *display, unsigned width, unsigned height);
void display_changed(struct display *display, unsigned x, unsigned y, unsigned width, unsigned height);
void display_set_text(struct display *display, const struct text_screen *text);     /* copied; NULL: graphics */

/* The user interfaces' side. */
void display_add_listener(struct display *display, const struct display_listener *listener);
void display_remove_listener(struct display *display, void *opaque);
void display_refresh(struct display *display);
/* The next refresh reports everything. */
void display_invalidate(struct display *display);
const struct surface *display_surface(const struct display *display);       /* never NULL: 640 x 480 black at first */
const struct text_screen *display_text(const struct display *display);      /* never NULL */

#endif
