/* SPDX-License-Identifier: MIT */
/*
 * Text modes: characters in plane 0, attributes in plane 1, fonts in plane 2 (IBM PS/2 Hardware Interface Technical Reference,
 * Video Subsystem, "Alphanumeric Modes"). A row of the screen is drawn from the first cell to the last that changed: its bytes,
 * the cursor, blinking. Another font, palette or geometry draws all.
 *
 * Blinking goes by guest time: the cursor is on for 8 frames of 70 Hz and off for 8, blinking characters 16 and 16.
 */
#include "hw/display/vga.h"
#include <string.h>

enum { GLYPH_BYTES = 32, GLYPHS = 256, FONTS = 2, FRAMES_PER_S = 70, CURSOR_FRAMES = 8, CHARACTER_FRAMES = 16 };
enum { ATTRIBUTE_BLINK = 0x80, ATTRIBUTE_FONT = 0x08, UNDERLINE_SCAN = 0x1f, CURSOR_SCAN = 0x1f, NO_CURSOR = UINT16_MAX };
static const int64_t NS_PER_S = 1000000000;

/* One row of the screen as it is, or was drawn. */
struct row {
    unsigned y, lines;              /* scan lines of the surface */
    unsigned row_scan;              /* of the first of them */
    unsigned panning, columns;
    unsigned cursor;                /* column, or NO_CURSOR */
    struct text_cell *cells;
};

struct vga_text {
    uint8_t fonts[FONTS][GLYPHS][GLYPH_BYTES];
    uint8_t registers[5];           /* that decide how cells look */
    bool blink_on, blinked;         /* blinking characters are shown; that changed just now */
    uint32_t colors[16];
    unsigned columns, rows;         /* of the arrays below: one column more than is seen whole, rows cut in parts */
    struct text_cell *cells, *now;  /* as drawn; as they are */
    unsigned *cursors;              /* by row, as drawn: column or NO_CURSOR */
    struct text_screen shown;       /* as last told the display */
    struct text_cell *shown_cells;
};

struct vga_text *vga_text_new(void)
{
    return g_new0(struct vga_text, 1);
}

void vga_text_free(struct vga_text *text)
{
    g_free(text->cells);
    g_free(text->now);
    g_free(text->cursors);
    g_free(text->shown_cells);
    g_free(text);
}

/* ---- Fonts ---- */

/* Where plane 2 has the font that a 3-bit selector of the sequencer's font register means. */
static unsigned font_offset(unsigned selector)
{
    return (selector & 3) * 0x4000 + (selector & 4 ? 0x2000 : 0);
}

/* true: they changed. */
static bool fonts_get(struct vga *vga, struct vga_text *text)
{
    uint8_t select = vga->state.sequencer[SEQ_FONT];
    const unsigned selectors[FONTS] = { (select & 3) | (select >> 4 & 1) << 2, (select >> 2 & 3) | (select >> 5 & 1) << 2 };
    bool changed = false;
    for (unsigned font = 0; font < FONTS; font++) {
        const uint8_t *from = vga->ram + (size_t)font_offset(selectors[font]) * 4 + 2;
        uint8_t *to = text->fonts[font][0];
        for (unsigned i = 0; i < GLYPHS * GLYPH_BYTES; i++) {
            changed |= to[i] != from[i * 4];
            to[i] = from[i * 4];
        }
    }
    return changed;
}

/* ---- One cell's line ---- */

struct look { struct vga *vga; const struct vga_geometry *g; struct vga_text *text; const struct surface *surface; };

/* The dots of one scan line of a cell, the first in bit 8. */
static unsigned cell_dots(const struct look *look, struct text_cell cell, unsigned row_scan)
{
    const struct vga_state *s = &look->vga->state;
    unsigned dots = look->text->fonts[cell.attribute & ATTRIBUTE_FONT ? 1 : 0][cell.character][row_scan] << 1;
    bool line_graphics = (s->attribute[ATT_MODE] & ATT_MODE_LINE_GRAPHICS) && (cell.character & 0xe0) == 0xc0;
    if (line_graphics) {
        dots |= dots >> 1 & 1;
    }
    if (row_scan == (s->crtc[CRTC_UNDERLINE] & UNDERLINE_SCAN) && (cell.attribute & 7) == 1) {
        dots = 0x1ff;
    }
    return dots;
}

static bool cursor_covers(const struct vga_state *s, unsigned row_scan)
{
    unsigned first = s->crtc[CRTC_CURSOR_START] & CURSOR_SCAN, last = s->crtc[CRTC_CURSOR_END] & CURSOR_SCAN;
    return row_scan >= first && row_scan <= last;
}

static void draw_cell_line(const struct look *look, uint32_t *to, struct text_cell cell, unsigned row_scan, bool cursor)
{
    const struct vga_state *s = &look->vga->state;
    const struct vga_geometry *g = look->g;
    unsigned back = cell.attribute >> 4, scale = g->cell_width / g->dots;
    unsigned dots = cell_dots(look, cell, row_scan);
    if (s->attribute[ATT_MODE] & ATT_MODE_BLINK) {
        back &= 7;
        dots = (cell.attribute & ATTRIBUTE_BLINK) && !look->text->blink_on ? 0 : dots;
    }
    if (cursor && cursor_covers(s, row_scan)) {
        dots = 0x1ff;
    }
    uint32_t fore_color = look->text->colors[cell.attribute & 0xf], back_color = look->text->colors[back];
    for (unsigned i = 0; i < g->dots; i++) {
        uint32_t color = dots >> (8 - i) & 1 ? fore_color : back_color;
        for (unsigned n = 0; n < scale; n++) {
            *to++ = color;
        }
    }
}

static void draw_row(const struct look *look, const struct row *row, unsigned first, unsigned last)
{
    const struct vga_geometry *g = look->g;
    uint32_t pixels[DISPLAY_MOST + 64];
    unsigned from = first * g->cell_width, to = (last + 1) * g->cell_width;
    from = from > row->panning ? from - row->panning : 0;
    to = MIN(to > row->panning ? to - row->panning : 0, look->surface->width);
    for (unsigned i = 0; i < row->lines && from < to; i++) {
        unsigned row_scan = row->row_scan + i / g->row_step;
        for (unsigned c = first; c <= last; c++) {
            draw_cell_line(look, pixels + c * g->cell_width, row->cells[c], row_scan, c == row->cursor);
        }
        uint8_t *line = (uint8_t *)look->surface->pixels + (size_t)(row->y + i) * look->surface->stride_bytes;
        memcpy(line + (size_t)from * 4, pixels + from + row->panning, (size_t)(to - from) * 4);
    }
    if (from < to) {
        display_changed(look->vga->display, from, row->y, to - from, row->lines);
    }
}

/* ---- The screen ---- */

/* The row that begins at scan line y, its cells into `cells`. */
static struct row row_get(const struct vga *vga, const struct vga_geometry *g, unsigned y, struct text_cell *cells)
{
    const struct vga_state *s = &vga->state;
    struct vga_line line = vga_line_at(g, y);
    struct row row = { .y = y, .row_scan = line.row_scan, .panning = line.panning, .cursor = NO_CURSOR, .cells = cells };
    unsigned end = y < g->line_compare ? g->line_compare : g->height;
    row.lines = MIN((g->cell_height - line.row_scan) * g->row_step, end - y);
    row.columns = g->columns + (line.panning != 0);
    uint32_t cursor = (uint32_t)s->crtc[CRTC_CURSOR_HIGH] << 8 | s->crtc[CRTC_CURSOR_LOW];
    for (unsigned c = 0; c < row.columns; c++) {
        uint32_t counter = line.counter + (c >> vga_count_shift(s));
        const uint8_t *column = vga->ram + (size_t)vga_column_address(s, counter, line.row_scan) * 4;
        cells[c] = (struct text_cell){ column[0], column[1] };
        row.cursor = (counter & 0xffff) == cursor ? c : row.cursor;
    }
    return row;
}

static bool blink(const struct vga *vga, unsigned frames)
{
    int64_t half_ns = NS_PER_S * frames / FRAMES_PER_S;
    return clock_now_ns(vga->machine->clocks, CLOCK_KIND_VIRTUAL) / half_ns % 2 == 0;
}

/* What cells look like apart from their bytes. true: something of it changed for all. */
static bool look_changed(struct vga *vga, struct vga_text *text, const uint32_t colors[16], bool written)
{
    const struct vga_state *s = &vga->state;
    const uint8_t registers[sizeof(text->registers)] = {
        s->attribute[ATT_MODE], s->crtc[CRTC_UNDERLINE], s->crtc[CRTC_CURSOR_START], s->crtc[CRTC_CURSOR_END],
        s->sequencer[SEQ_FONT],
    };
    bool blink_on = !(s->attribute[ATT_MODE] & ATT_MODE_BLINK) || blink(vga, CHARACTER_FRAMES);
    bool fonts = (written || s->sequencer[SEQ_FONT] != text->registers[4]) && fonts_get(vga, text);
    bool changed = fonts || memcmp(registers, text->registers, sizeof(registers)) ||
                   memcmp(colors, text->colors, sizeof(text->colors));
    memcpy(text->registers, registers, sizeof(registers));
    memcpy(text->colors, colors, sizeof(text->colors));
    text->blinked = text->blink_on != blink_on;
    text->blink_on = blink_on;
    return changed;
}

/* Cells and cursors as drawn, of another size: nothing of them holds. */
static void make_room(struct vga_text *text, unsigned columns, unsigned rows)
{
    if (columns != text->columns || rows != text->rows) {
        size_t cells = (size_t)columns * rows;
        text->cells = g_renew(struct text_cell, text->cells, cells);
        text->now = g_renew(struct text_cell, text->now, cells);
        text->shown_cells = g_renew(struct text_cell, text->shown_cells, cells);
        text->cursors = g_renew(unsigned, text->cursors, rows);
        text->columns = columns;
        text->rows = rows;
    }
}

/* Tells terminals what they can show: whole rows of text->now, packed. */
static void tell(struct vga *vga, struct text_screen screen, bool whole)
{
    struct vga_text *text = vga->drawn.text;
    bool same = vga->drawn.text_shown && !whole && text->shown.columns == screen.columns && text->shown.rows == screen.rows &&
                text->shown.cursor == screen.cursor && text->shown.cursor_column == screen.cursor_column &&
                text->shown.cursor_row == screen.cursor_row;
    size_t bytes = screen.columns * sizeof(*text->now);
    for (unsigned row = 0; row < screen.rows; row++) {
        struct text_cell *to = text->shown_cells + (size_t)row * screen.columns;
        const struct text_cell *from = text->now + (size_t)row * text->columns;
        same = same && !memcmp(to, from, bytes);
        memcpy(to, from, bytes);
    }
    if (!same) {
        screen.cells = text->shown_cells;
        text->shown = screen;
        display_set_text(vga->display, &screen);
        vga->drawn.text_shown = true;
    }
}

/* Draws from the first cell that differs from what was drawn to the last. */
static void update_row(const struct look *look, const struct row *row, unsigned number, struct text_cell *drawn, bool whole)
{
    unsigned *cursor = &look->text->cursors[number];
    unsigned first = whole ? 0 : row->columns, last = whole ? row->columns - 1 : 0;
    for (unsigned c = 0; c < row->columns && !whole; c++) {
        bool blinks = look->text->blinked && (row->cells[c].attribute & ATTRIBUTE_BLINK);
        bool cursor_moved = *cursor != row->cursor && (c == *cursor || c == row->cursor);
        if (row->cells[c].character != drawn[c].character || row->cells[c].attribute != drawn[c].attribute || blinks ||
            cursor_moved) {
            first = MIN(first, c);
            last = c;
        }
    }
    if (first <= last) {
        draw_row(look, row, first, last);
    }
    memcpy(drawn, row->cells, row->columns * sizeof(*drawn));
    *cursor = row->cursor;
}

void vga_text_refresh(struct vga *vga, const struct vga_geometry *g, const uint32_t colors[16], bool whole,
                      bool written)
{
    enum { CUT_ROWS = 3 };                      /* at the top, above and below the split */
    const struct vga_state *s = &vga->state;
    struct vga_text *text = vga->drawn.text;
    struct look look = { vga, g, text, display_surface(vga->display) };
    bool cursor = !(s->crtc[CRTC_CURSOR_START] & CRTC_CURSOR_OFF), cursor_on = cursor && blink(vga, CURSOR_FRAMES);
    struct text_screen screen = { .columns = g->columns, .rows = MIN(g->rows, DISPLAY_MOST_CELLS) };
    whole |= look_changed(vga, text, colors, whole || written);
    make_room(text, g->columns + 1, g->rows + CUT_ROWS);
    for (unsigned y = 0, number = 0; y < g->height && number < text->rows; number++) {
        size_t first = (size_t)number * text->columns;
        struct row row = row_get(vga, g, y, text->now + first);
        if (cursor && row.cursor < screen.columns && number < screen.rows) {
            screen.cursor = true;
            screen.cursor_column = row.cursor;
            screen.cursor_row = number;
        }
        row.cursor = cursor_on ? row.cursor : NO_CURSOR;
        update_row(&look, &row, number, text->cells + first, whole);
        y += row.lines;
    }
    tell(vga, screen, whole);
}
