/* SPDX-License-Identifier: MIT */
/*
 * Where the beam is, and what the registers say is on the screen: IBM PS/2 Hardware Interface Technical Reference, Video
 * Subsystem, "CRT Controller Registers"; the VBE registers take over when they are on.
 *
 *   a frame  = (vertical total + 2) lines of (horizontal total + 5) characters of 8 or 9 dots
 *   a row    = max scan + 1 lines, each shown twice with double scan; then the address counter goes on by 2 * offset
 *
 * The beam is computed from guest time when somebody looks. With VBE registers on it runs at 60 Hz. Left out: horizontal and
 * vertical blanking periods as such (what is not displayed is blank), skews, the border.
 */
#include "hw/display/vga.h"
#include <string.h>

static const uint64_t NS_PER_S = 1000000000;
enum { DISPI_FRAMES_PER_S = 60, STATUS_BLANK = 0x01, STATUS_RETRACE = 0x08 };

/* ---- Vertical counters: their bits are scattered ---- */

static unsigned bit_of(uint8_t reg, unsigned bit, unsigned to)
{
    return (reg >> bit & 1u) << to;
}

static unsigned vertical_total(const uint8_t *crtc)
{
    return (crtc[CRTC_V_TOTAL] | bit_of(crtc[CRTC_OVERFLOW], 0, 8) | bit_of(crtc[CRTC_OVERFLOW], 5, 9)) + 2;
}

static unsigned vertical_display(const uint8_t *crtc)
{
    return (crtc[CRTC_V_DISPLAY_END] | bit_of(crtc[CRTC_OVERFLOW], 1, 8) | bit_of(crtc[CRTC_OVERFLOW], 6, 9)) + 1;
}

static unsigned retrace_start(const uint8_t *crtc)
{
    return crtc[CRTC_V_RETRACE_START] | bit_of(crtc[CRTC_OVERFLOW], 2, 8) | bit_of(crtc[CRTC_OVERFLOW], 7, 9);
}

static unsigned line_compare(const uint8_t *crtc)
{
    return crtc[CRTC_LINE_COMPARE] | bit_of(crtc[CRTC_OVERFLOW], 4, 8) | bit_of(crtc[CRTC_MAX_SCAN], 6, 9);
}

/* ---- The beam ---- */

struct beam { uint64_t frame_ns; unsigned lines, displayed, retrace, retrace_end, columns, columns_displayed; };

static void beam_by_dispi(const struct vga_state *s, struct beam *beam)
{
    beam->frame_ns = NS_PER_S / DISPI_FRAMES_PER_S;
    beam->displayed = s->dispi[DISPI_YRES] ? s->dispi[DISPI_YRES] : 1;
    beam->lines = beam->displayed + beam->displayed / 16 + 8;
    beam->retrace = beam->displayed + 2;
    beam->retrace_end = beam->retrace + 4;
    beam->columns = 5;
    beam->columns_displayed = 4;
}

static void beam_by_crtc(const struct vga_state *s, struct beam *beam)
{
    static const uint32_t clocks_hz[4] = { 25175000, 28322000, 25175000, 25175000 };
    const uint8_t *crtc = s->crtc;
    uint64_t dots = s->sequencer[SEQ_CLOCKING] & SEQ_CLOCKING_8DOT ? 8 : 9;
    dots *= s->sequencer[SEQ_CLOCKING] & SEQ_CLOCKING_HALF ? 2 : 1;
    beam->columns = crtc[CRTC_H_TOTAL] + 5u;
    beam->columns_displayed = crtc[CRTC_H_DISPLAY_END] + 1u;
    beam->lines = vertical_total(crtc);
    beam->displayed = MIN(vertical_display(crtc), beam->lines);
    beam->retrace = retrace_start(crtc) < beam->lines ? retrace_start(crtc) : MIN(beam->displayed, beam->lines - 1);
    unsigned length = (crtc[CRTC_V_RETRACE_END] - beam->retrace) & 0xf;
    beam->retrace_end = beam->retrace + (length ? length : 16);
    uint64_t by2 = crtc[CRTC_MODE] & CRTC_MODE_LINE_BY2 ? 2 : 1;
    beam->frame_ns = by2 * beam->lines * beam->columns * dots * NS_PER_S / clocks_hz[s->misc >> MISC_CLOCK_SHIFT & 3];
}

uint8_t vga_input_status(const struct vga *vga)
{
    struct beam beam;
    if (vga_dispi_on(&vga->state)) {
        beam_by_dispi(&vga->state, &beam);
    } else {
        beam_by_crtc(&vga->state, &beam);
    }
    uint64_t now = (uint64_t)clock_now_ns(vga->machine->clocks, CLOCK_KIND_VIRTUAL) % beam.frame_ns;
    uint64_t position = now * beam.lines * beam.columns / beam.frame_ns;        /* in characters */
    unsigned line = (unsigned)(position / beam.columns), column = (unsigned)(position % beam.columns);
    bool retrace = (line >= beam.retrace && line < beam.retrace_end) || line + beam.lines < beam.retrace_end;
    bool blank = line >= beam.displayed || column >= beam.columns_displayed || retrace;
    return (blank ? STATUS_BLANK : 0) | (retrace ? STATUS_RETRACE : 0);
}

/* ---- The picture ---- */

uint32_t vga_column_address(const struct vga_state *s, uint32_t counter, unsigned row_scan)
{
    const uint8_t *crtc = s->crtc;
    uint32_t address = counter;
    if (crtc[CRTC_UNDERLINE] & CRTC_UNDERLINE_DOUBLE_WORD) {
        if (!(s->sequencer[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4)) {  /* chain 4 is packed: see vga_memory.c */
            address = counter << 2 | (counter >> 14 & 3);
        }
    } else if (!(crtc[CRTC_MODE] & CRTC_MODE_BYTE)) {
        address = counter << 1 | (counter >> (crtc[CRTC_MODE] & CRTC_MODE_WRAP15 ? 15 : 13) & 1);
    }
    if (!(crtc[CRTC_MODE] & CRTC_MODE_MA13)) {
        address = (address & ~0x2000u) | (row_scan & 1) << 13;
    }
    if (!(crtc[CRTC_MODE] & CRTC_MODE_MA14)) {
        address = (address & ~0x4000u) | (row_scan & 2) << 13;
    }
    return address & 0xffff;
}

unsigned vga_count_shift(const struct vga_state *s)
{
    return s->crtc[CRTC_UNDERLINE] & CRTC_UNDERLINE_BY4 ? 2 : s->crtc[CRTC_MODE] & CRTC_MODE_COUNT_BY2 ? 1 : 0;
}

struct vga_line vga_line_at(const struct vga_geometry *g, unsigned y)
{
    bool below = y >= g->line_compare;
    unsigned inside = below ? y - g->line_compare : y;
    unsigned scan = inside / g->row_step + (below ? 0 : g->preset_row);
    return (struct vga_line){ (below ? 0 : g->start) + scan / g->cell_height * g->row_offset, scan % g->cell_height,
                          below && !g->pan_below ? 0 : g->panning };
}

static void geometry_by_dispi(const struct vga *vga, struct vga_geometry *g)
{
    static const enum vga_format formats[33] = {
        [4] = VGA_PLANAR, [8] = VGA_DISPI_8, [15] = VGA_DISPI_15, [16] = VGA_DISPI_16, [24] = VGA_DISPI_24, [32] = VGA_DISPI_32,
    };
    const uint16_t *dispi = vga->state.dispi;
    unsigned bits = dispi[DISPI_BPP] == 15 ? 16 : dispi[DISPI_BPP];
    g->format = dispi[DISPI_BPP] < G_N_ELEMENTS(formats) ? formats[dispi[DISPI_BPP]] : VGA_NOTHING;
    g->width = dispi[DISPI_XRES];
    g->height = dispi[DISPI_YRES];
    g->stride_bytes = (uint64_t)dispi[DISPI_VIRT_WIDTH] * bits / 8;
    g->base = dispi[DISPI_Y_OFFSET] * g->stride_bytes + (uint64_t)dispi[DISPI_X_OFFSET] * bits / 8;
}

static unsigned text_panning(const struct vga_state *s, unsigned dots)
{
    unsigned value = s->attribute[ATT_PANNING];
    return dots == 9 ? (value >= 8 ? 0 : value + 1) : value & 7;
}

static void geometry_by_crtc(const struct vga *vga, struct vga_geometry *g)
{
    const struct vga_state *s = &vga->state;
    const uint8_t *crtc = s->crtc;
    bool text = !(s->graphics[GFX_MISC] & GFX_MISC_GRAPHICS);
    unsigned by2 = crtc[CRTC_MODE] & CRTC_MODE_LINE_BY2 ? 2 : 1, scale = s->sequencer[SEQ_CLOCKING] & SEQ_CLOCKING_HALF ? 2 : 1;
    g->format = text ? VGA_TEXT : s->graphics[GFX_MODE] & GFX_MODE_256 ? VGA_256 :
                s->graphics[GFX_MODE] & GFX_MODE_INTERLEAVE ? VGA_INTERLEAVED : VGA_PLANAR;
    g->dots = text && !(s->sequencer[SEQ_CLOCKING] & SEQ_CLOCKING_8DOT) ? 9 : 8;
    g->columns = crtc[CRTC_H_DISPLAY_END] + 1u;
    g->cell_width = g->dots * scale;
    g->cell_height = (crtc[CRTC_MAX_SCAN] & 0x1fu) + 1;
    g->row_step = by2 * (crtc[CRTC_MAX_SCAN] & CRTC_MAX_SCAN_DOUBLE ? 2 : 1);
    g->width = g->columns * g->cell_width;
    g->height = vertical_display(crtc) * by2;
    unsigned row_lines = g->cell_height * g->row_step;
    if (text && g->height >= row_lines) {
        g->height -= g->height % row_lines;     /* whole rows */
    }
    g->rows = (g->height + row_lines - 1) / row_lines;
    g->line_compare = (line_compare(crtc) + 1) * by2;
    g->start = (uint32_t)crtc[CRTC_START_HIGH] << 8 | crtc[CRTC_START_LOW];
    g->start += crtc[CRTC_PRESET_ROW] >> 5 & 3;
    g->row_offset = crtc[CRTC_OFFSET] * 2u;
    g->preset_row = crtc[CRTC_PRESET_ROW] & 0x1f;
    g->panning = text_panning(s, g->dots) * scale;
    g->pan_below = !(s->attribute[ATT_MODE] & ATT_MODE_PAN_TOP);
}

void vga_geometry_get(const struct vga *vga, struct vga_geometry *g)
{
    const struct vga_state *s = &vga->state;
    memset(g, 0, sizeof(*g));                   /* padding too: geometries are compared as bytes */
    if (!(s->attribute_index & ATT_INDEX_VIDEO) || (s->sequencer[SEQ_CLOCKING] & SEQ_CLOCKING_OFF)) {
        return;
    }
    if (vga_dispi_on(s)) {
        geometry_by_dispi(vga, g);
    } else {
        geometry_by_crtc(vga, g);
    }
    g->addressing[0] = s->crtc[CRTC_UNDERLINE];
    g->addressing[1] = s->crtc[CRTC_MODE];
    g->addressing[2] = s->sequencer[SEQ_MEMORY];
    g->addressing[3] = s->big_endian;
    g->width = MIN(g->width, DISPLAY_MOST);
    g->height = MIN(g->height, DISPLAY_MOST);
    g->line_compare = MIN(g->line_compare ? g->line_compare : g->height, g->height);
}
