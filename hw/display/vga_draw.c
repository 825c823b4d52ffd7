/* SPDX-License-Identifier: MIT */
/*
 * The picture of a VGA, scan line by scan line:
 *
 *   registers -> vga_geometry_get -> another geometry or palette than drawn last: all lines
 *                                    else the lines that lie in pages of video RAM written since
 *   a line    -> columns of four bytes -> colour numbers -> attribute controller, DAC -> pixels
 *
 * A page that was written is drawn in two refreshes running, see ram_take_dirty. Left out: blinking in graphics modes, 9-dot
 * graphics, the border, the attribute palette in 256-colour modes (its neutral setting is taken), shift registers that load
 * every second or fourth character.
 */
#include "hw/display/vga.h"
#include <limits.h>
#include <string.h>

enum { PAGE_SHIFT = 12, LINE_PIXELS = DISPLAY_MOST + 64 };

/* One refresh. */
struct drawing {
    struct vga *vga;
    const struct vga_geometry *geometry;
    const struct surface *surface;
    const uint32_t *colors;         /* 256 of the DAC, or 16 of the attribute controller first */
    uint32_t column_mask;           /* planar columns beyond video RAM wrap */
};

/* ---- Colours ---- */

void vga_palette_get(const struct vga *vga, uint32_t colors[256])
{
    const struct vga_state *s = &vga->state;
    bool wide = s->dispi[DISPI_ENABLE] & DISPI_ENABLE_DAC8;
    for (unsigned i = 0; i < 256; i++) {
        colors[i] = 0;
        for (unsigned c = 0; c < 3; c++) {
            unsigned value = s->dac[i * 3 + c];
            value = wide ? value : (value & 0x3f) << 2 | (value & 0x3f) >> 4;
            colors[i] = colors[i] << 8 | value;
        }
    }
}

uint32_t vga_attribute_color(const struct vga *vga, const uint32_t colors[256], unsigned index)
{
    const struct vga_state *s = &vga->state;
    unsigned value = s->attribute[index & s->attribute[ATT_PLANES] & 0xf], select = s->attribute[ATT_COLOR_SELECT];
    if (s->attribute[ATT_MODE] & ATT_MODE_P54) {
        value = (value & 0xf) | (select & 3) << 4;
    }
    value |= (select & 0xc) << 4;
    return colors[value & s->dac_mask];
}

/* The colours by what a pixel of that format says. */
static void table_get(const struct vga *vga, enum vga_format format, uint32_t table[256])
{
    uint32_t colors[256];
    vga_palette_get(vga, colors);
    for (unsigned i = 0; i < 256; i++) {
        bool direct = format == VGA_256 || format == VGA_DISPI_8;
        table[i] = direct ? colors[i & vga->state.dac_mask] : vga_attribute_color(vga, colors, i & 0xf);
    }
}

/* ---- Columns to pixels ---- */

/* Eight bits, the highest first, to eight bytes. */
static inline uint64_t spread_bits(uint8_t bits)
{
    uint64_t copies = bits * 0x0101010101010101u & 0x0102040810204080u;
    return (copies + 0x7f7e7c7870604000u) >> 7 & 0x0101010101010101u;
}

static void draw_planar(uint32_t *to, const uint8_t column[4], unsigned scale, const uint32_t *colors)
{
    uint64_t indexes = 0;
    for (unsigned plane = 0; plane < 4; plane++) {
        indexes |= spread_bits(column[plane]) << plane;
    }
    for (unsigned i = 0; i < 8; i++, indexes >>= 8) {
        for (unsigned n = 0; n < scale; n++) {
            *to++ = colors[indexes & 0xf];
        }
    }
}

/* Four pixels from planes 0 (two bits) and 2 (the upper two), four more from 1 and 3. */
static void draw_interleaved(uint32_t *to, const uint8_t column[4], unsigned scale, const uint32_t *colors)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned shift = 6 - i % 4 * 2;
        uint32_t color = colors[(column[i / 4] >> shift & 3) | (column[i / 4 + 2] >> shift & 3) << 2];
        for (unsigned n = 0; n < scale; n++) {
            *to++ = color;
        }
    }
}

/* Four pixels, each two dots wide. */
static void draw_256(uint32_t *to, const uint8_t column[4], unsigned scale, const uint32_t *colors)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned n = 0; n < scale * 2; n++) {
            *to++ = colors[column[i]];
        }
    }
}

typedef void (*draw_column)(uint32_t *to, const uint8_t column[4], unsigned scale, const uint32_t *colors);

/* ---- Lines ---- */

static uint32_t crtc_address(const struct drawing *d, const struct vga_line *line, unsigned column)
{
    const struct vga_state *s = &d->vga->state;
    return vga_column_address(s, line->counter + (column >> vga_count_shift(s)), line->row_scan);
}

/* Planar with the VBE registers on: no CRTC, no wrap at 64 Ki columns. */
static uint32_t dispi_address(const struct drawing *d, unsigned y, unsigned column)
{
    const uint16_t *dispi = d->vga->state.dispi;
    return ((dispi[DISPI_Y_OFFSET] + y) * (dispi[DISPI_VIRT_WIDTH] / 8u) + dispi[DISPI_X_OFFSET] / 8u + column) & d->column_mask;
}

static bool page_dirty(const struct vga *vga, uint64_t offset)
{
    uint64_t page = offset >> PAGE_SHIFT;
    return (vga->drawn.dirty[page / 64] | vga->drawn.dirty_before[page / 64]) >> page % 64 & 1;
}

static void put(const struct drawing *d, unsigned y, const uint32_t *pixels)
{
    memcpy((uint8_t *)d->surface->pixels + (size_t)y * d->surface->stride_bytes, pixels, d->surface->width * 4u);
}

/* A line of columns; true when it was drawn. */
static bool line_of_columns(const struct drawing *d, unsigned y, bool whole)
{
    const struct vga_geometry *g = d->geometry;
    bool dispi = vga_dispi_on(&d->vga->state);
    struct vga_line line = dispi ? (struct vga_line){ .panning = d->vga->state.dispi[DISPI_X_OFFSET] & 7 } : vga_line_at(g, y);
    unsigned scale = dispi ? 1 : g->cell_width / 8, needed = (g->width + line.panning + scale * 8 - 1) / (scale * 8);
    uint32_t pixels[LINE_PIXELS], addresses[LINE_PIXELS / 8];
    draw_column draw = g->format == VGA_256 ? draw_256 : g->format == VGA_INTERLEAVED ? draw_interleaved : draw_planar;
    bool dirty = whole;
    for (unsigned i = 0; i < needed; i++) {
        addresses[i] = dispi ? dispi_address(d, y, i) : crtc_address(d, &line, i) & d->column_mask;
        dirty = dirty || page_dirty(d->vga, (uint64_t)addresses[i] * 4);
    }
    for (unsigned i = 0; dirty && i < needed; i++) {
        draw(pixels + i * scale * 8, d->vga->ram + (size_t)addresses[i] * 4, scale, d->colors);
    }
    if (dirty) {
        put(d, y, pixels + line.panning);
    }
    return dirty;
}

/* ---- Lines of packed pixels ---- */

static uint32_t widen(unsigned value, unsigned bits)
{
    return value << (8 - bits) | value >> (2 * bits - 8);
}

static void draw_packed(uint32_t *to, const uint8_t *from, unsigned width, const struct drawing *d)
{
    bool big = d->vga->state.big_endian;
    enum vga_format format = d->geometry->format;
    for (unsigned x = 0; x < width; x++) {
        uint32_t v;
        switch (format) {
        case VGA_DISPI_8: to[x] = d->colors[from[x]]; break;
        case VGA_DISPI_15:
            v = big ? from[x * 2] << 8 | from[x * 2 + 1] : from[x * 2 + 1] << 8 | from[x * 2];
            to[x] = widen(v >> 10 & 31, 5) << 16 | widen(v >> 5 & 31, 5) << 8 | widen(v & 31, 5);
            break;
        case VGA_DISPI_16:
            v = big ? from[x * 2] << 8 | from[x * 2 + 1] : from[x * 2 + 1] << 8 | from[x * 2];
            to[x] = widen(v >> 11, 5) << 16 | widen(v >> 5 & 63, 6) << 8 | widen(v & 31, 5);
            break;
        case VGA_DISPI_24:
            v = big ? 0 : 2;
            to[x] = (uint32_t)from[x * 3 + v] << 16 | (uint32_t)from[x * 3 + 1] << 8 | from[x * 3 + 2 - v];
            break;
        default:
            memcpy(&v, from + x * 4, 4);
            to[x] = (big ? GUINT32_FROM_BE(v) : GUINT32_FROM_LE(v)) & 0xffffff;
            break;
        }
    }
}

static bool line_of_pixels(const struct drawing *d, unsigned y, bool whole)
{
    static const uint8_t bytes_of[] = { [VGA_DISPI_8] = 1, [VGA_DISPI_15] = 2, [VGA_DISPI_16] = 2, [VGA_DISPI_24] = 3,
                                        [VGA_DISPI_32] = 4 };
    const struct vga_geometry *g = d->geometry;
    uint64_t from = g->base + y * g->stride_bytes, bytes = (uint64_t)g->width * bytes_of[g->format];
    if (!bytes || from > d->vga->ram_bytes || bytes > d->vga->ram_bytes - from) {
        return false;
    }
    bool dirty = whole;
    for (uint64_t at = from & ~0xfffull; !dirty && at < from + bytes; at += 1 << PAGE_SHIFT) {
        dirty = page_dirty(d->vga, at);
    }
    if (dirty) {
        draw_packed((uint32_t *)(void *)((uint8_t *)d->surface->pixels + (size_t)y * d->surface->stride_bytes),
                    d->vga->ram + from, g->width, d);
    }
    return dirty;
}

/* Lines that changed are reported in bands. */
static void draw_lines(const struct drawing *d, bool whole)
{
    const struct vga_geometry *g = d->geometry;
    unsigned band = 0, count = 0;
    for (unsigned y = 0; y < g->height; y++) {
        bool drawn = g->format >= VGA_DISPI_8 ? line_of_pixels(d, y, whole) : line_of_columns(d, y, whole);
        if (drawn) {
            band = count ? band : y;
            count++;
        } else if (count) {
            display_changed(d->vga->display, 0, band, g->width, count);
            count = 0;
        }
    }
    if (count) {
        display_changed(d->vga->display, 0, band, g->width, count);
    }
}

/* ---- The refresh ---- */

static const char *const format_names[] = {
    "nothing", "text", "16 colours", "4 colours", "256 colours", "VBE 8", "VBE 15", "VBE 16", "VBE 24", "VBE 32",
};

/* A surface of the right size, black when nothing is shown. true: draw everything. */
static bool prepare(struct vga *vga, const struct vga_geometry *g)
{
    const struct surface *surface = display_surface(vga->display);
    const struct vga_geometry *last = &vga->drawn.geometry;
    bool whole = vga->drawn.whole || memcmp(g, last, sizeof(*g));
    bool other_mode = g->format != last->format || g->width != last->width || g->height != last->height;
    vga->drawn.whole = false;
    if (other_mode) {
        log_write(vga->machine->log, LOG_vga, "vga: shows %s, %u x %u\n", format_names[g->format], g->width, g->height);
    }
    if (g->format != VGA_NOTHING && (g->width != surface->width || g->height != surface->height)) {
        display_resize(vga->display, g->width, g->height);
        whole = true;
    }
    if (g->format == VGA_NOTHING && whole) {
        memset(surface->pixels, 0, (size_t)surface->stride_bytes * surface->height);
        display_changed(vga->display, 0, 0, surface->width, surface->height);
    }
    if (g->format != VGA_TEXT && vga->drawn.text_shown) {
        display_set_text(vga->display, NULL);
        vga->drawn.text_shown = false;
    }
    return whole;
}

static void draw_graphics(struct vga *vga, const struct vga_geometry *g, bool whole, bool dirty)
{
    uint32_t table[256];
    bool palette = g->format < VGA_DISPI_15;
    if (palette) {
        table_get(vga, g->format, table);
        if (memcmp(table, vga->drawn.palette, sizeof(table))) {
            memcpy(vga->drawn.palette, table, sizeof(table));
            whole = true;
        }
    }
    if (whole || dirty) {
        struct drawing drawing = { .vga = vga, .geometry = g, .surface = display_surface(vga->display), .colors = table,
                                   .column_mask = (uint32_t)(vga->ram_bytes / 4 - 1) };
        draw_lines(&drawing, whole);
    }
}

void vga_refresh(void *device)
{
    struct vga *vga = device;
    struct vga_geometry g;
    vga_geometry_get(vga, &g);
    bool whole = prepare(vga, &g);
    uint64_t *before = vga->drawn.dirty_before, words = vga->ram_bytes >> PAGE_SHIFT >> 6;
    bool dirty = ram_take_dirty(vga->machine->ram, vga->ram_offset, vga->ram_bytes, vga->drawn.dirty);
    for (uint64_t i = 0; i < words && !dirty; i++) {
        dirty = before[i];
    }
    if (g.format == VGA_TEXT) {
        uint32_t table[256];
        table_get(vga, g.format, table);
        vga_text_refresh(vga, &g, table, whole, dirty);
    } else if (g.format != VGA_NOTHING) {
        draw_graphics(vga, &g, whole, dirty);
    }
    memcpy(&vga->drawn.geometry, &g, sizeof(g));
    vga->drawn.dirty_before = vga->drawn.dirty;
    vga->drawn.dirty = before;
}

void vga_invalidate(void *device)
{
    struct vga *vga = device;
    vga->drawn.whole = true;
}
