/* SPDX-License-Identifier: MIT */
/*
 * The VGA's pictures against pictures computed here from what each mode means to a programmer: pixel (x, y) is this bit of
 * that byte. Registers are those of the standard modes of the VGA BIOS. Then memory access, registers, hostile values.
 */
#include "hw/display/vga.h"
#include "tests/device/rig.h"
#include "tests/device/vga_modes.h"

enum { MMIO = 0xc8000000, LFB = 0xc0000000 };

struct screen {
    struct rig rig;
    struct display *display;
    struct vga *vga;
    unsigned updates, lines;        /* what listeners were told */
    uint32_t seed;
};

static void updated(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct screen *s = opaque;
    s->updates++;
    s->lines += height;
}

static void config(struct screen *s, unsigned reg, uint32_t value)
{
    memory_write(s->rig.machine->ports, 0xcf8, 0x80001000 | reg, 4);
    memory_write(s->rig.machine->ports, 0xcfc, value, 4);
}

static void screen_init(struct screen *s)
{
    struct vga_settings settings = { .memory_mib = 4, .edid_width = 1280, .edid_height = 800 };
    *s = (struct screen){ .seed = 1 };
    rig_init(&s->rig);
    s->display = display_new("test");
    s->vga = vga_new(s->rig.machine, pci_bus_new(s->rig.machine), 2, &settings, s->display, NULL);
    display_add_listener(s->display, &(struct display_listener){ .opaque = s, .updated = updated });
    config(s, 0x10, LFB), config(s, 0x18, MMIO), config(s, 0x04, 2);
}

static void screen_free(struct screen *s)
{
    rig_free(&s->rig);
    display_free(s->display);
}

static uint8_t random_byte(struct screen *s)
{
    s->seed = s->seed * 1664525 + 1013904223;
    return (uint8_t)(s->seed >> 24);
}

static void out(struct screen *s, uint16_t port, unsigned index, uint8_t value)
{
    memory_write(s->rig.machine->ports, port, index | value << 8, 2);
}

static void attribute(struct screen *s, unsigned index, uint8_t value)
{
    in8(&s->rig, 0x3da);
    out8(&s->rig, 0x3c0, (uint8_t)(index | 0x20)), out8(&s->rig, 0x3c0, value);
}

static void put(struct screen *s, uint32_t address, uint8_t value)
{
    memory_write(s->rig.machine->memory, address, value, 1);
}

static uint8_t get(struct screen *s, uint32_t address)
{
    return (uint8_t)memory_read(s->rig.machine->memory, address, 1);
}

/* DAC entry n: components that are all different for different n. */
static uint32_t dac_color(unsigned n)
{
    unsigned r = n & 0x3f, g = (n * 5 + 3) & 0x3f, b = (n >> 6) * 21 & 0x3f;
    return (r << 2 | r >> 4) << 16 | (g << 2 | g >> 4) << 8 | (b << 2 | b >> 4);
}

static void set_mode(struct screen *s, const struct vga_mode *mode)
{
    out8(&s->rig, 0x3c2, mode->misc);
    for (unsigned i = 0; i < 5; i++) {
        out(s, 0x3c4, i, mode->sequencer[i]);
    }
    out(s, 0x3d4, 0x11, 0);
    for (unsigned i = 0; i < 25; i++) {
        out(s, 0x3d4, i, mode->crtc[i]);
    }
    for (unsigned i = 0; i < 9; i++) {
        out(s, 0x3ce, i, mode->graphics[i]);
    }
    for (unsigned i = 0; i < 21; i++) {
        attribute(s, i, i == 0x14 ? 0 : mode->attribute[i]);
    }
    out8(&s->rig, 0x3c6, 0xff);
    out8(&s->rig, 0x3c8, 0);
    for (unsigned n = 0; n < 256; n++) {
        uint32_t color = dac_color(n);
        out8(&s->rig, 0x3c9, color >> 18 & 0x3f), out8(&s->rig, 0x3c9, color >> 10 & 0x3f), out8(&s->rig, 0x3c9, color >> 2 & 0x3f);
    }
}

typedef uint32_t (*reference)(struct screen *s, unsigned x, unsigned y);

static const struct vga_mode *current_mode;
static uint8_t planes[4][0x10000];      /* what the test wrote, as the guest addresses it */

static uint32_t color16(unsigned index) { return dac_color(current_mode->attribute[index & current_mode->attribute[0x12]]); }

/* Every pixel as the reference says; the first that is not is printed. */
static bool picture(struct screen *s, unsigned width, unsigned height, reference expected)
{
    display_refresh(s->display);
    const struct surface *surface = display_surface(s->display);
    if (surface->width != width || surface->height != height) {
        printf("# %u x %u, not %u x %u\n", surface->width, surface->height, width, height);
        return false;
    }
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            uint32_t got = surface->pixels[y * (surface->stride_bytes / 4) + x], want = expected(s, x, y);
            if (got != want) {
                printf("# pixel %u,%u is %06x, not %06x\n", x, y, got, want);
                return false;
            }
        }
    }
    return true;
}

/* Random bytes into each plane through the map mask. */
static void fill_planes(struct screen *s, uint32_t window, unsigned bytes)
{
    for (unsigned p = 0; p < 4; p++) {
        out(s, 0x3c4, 2, (uint8_t)(1 << p));
        for (unsigned i = 0; i < bytes; i++) {
            planes[p][i] = random_byte(s);
            put(s, window + i, planes[p][i]);
        }
    }
    out(s, 0x3c4, 2, 0xf);
}

/* Bytes as the guest writes them into a window of its own kind of packing. */
static void fill_window(struct screen *s, uint32_t window, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        planes[0][i] = random_byte(s);
        put(s, window + i, planes[0][i]);
    }
}

static void begin(struct screen *s, const struct vga_mode *mode)
{
    current_mode = mode;
    screen_init(s);
    set_mode(s, mode);
}

/* ---- Graphics modes ---- */

static unsigned bits_at(unsigned offset, unsigned bit)
{
    unsigned index = 0;
    for (unsigned p = 0; p < 4; p++) {
        index |= (planes[p][offset & 0xffff] >> bit & 1u) << p;
    }
    return index;
}

static uint32_t pixel_12(struct screen *s, unsigned x, unsigned y) { return color16(bits_at(y * 80 + x / 8, 7 - x % 8)); }
static uint32_t pixel_0d(struct screen *s, unsigned x, unsigned y)
{
    return color16(bits_at(y / 2 * 40 + x / 16, 7 - x / 2 % 8));
}
static uint32_t pixel_13(struct screen *s, unsigned x, unsigned y) { return dac_color(planes[0][y / 2 * 320 + x / 2]); }
static uint32_t pixel_x(struct screen *s, unsigned x, unsigned y)
{
    return dac_color(planes[x / 2 % 4][y / 2 * 80 + x / 8]);
}
static uint32_t pixel_4(struct screen *s, unsigned x, unsigned y)
{
    unsigned byte = planes[0][(y / 2 % 2) * 0x2000 + y / 4 * 80 + x / 8];
    return color16(byte >> (6 - x / 2 % 4 * 2) & 3);
}
static uint32_t pixel_6(struct screen *s, unsigned x, unsigned y)
{
    return color16(planes[0][(y / 2 % 2) * 0x2000 + y / 4 * 80 + x / 8] >> (7 - x % 8) & 1);
}

static void mode_12h(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    fill_planes(&s, 0xa0000, 80 * 480);
    EXPECT(test, picture(&s, 640, 480, pixel_12));
    screen_free(&s);
}

/* A debugger sees what a program reads, and leaves the latches alone: write mode 1 then stores those of the last read. */
static void peek_leaves_the_latches(struct test *test)
{
    struct screen s;
    uint8_t seen[2] = { 0 };
    begin(&s, &mode_12);
    fill_planes(&s, 0xa0000, 80 * 480);
    out(&s, 0x3ce, 4, 2);               /* reads give plane 2 */
    get(&s, 0xa0010);
    EXPECT_EQ(test, memory_peek(s.rig.machine->memory, 0xa0020, seen, 2), 2);
    EXPECT(test, seen[0] == planes[2][0x20] && seen[1] == planes[2][0x21]);
    out(&s, 0x3ce, 5, 1);
    put(&s, 0xa0030, 0);
    out(&s, 0x3ce, 5, 0);
    EXPECT_EQ(test, get(&s, 0xa0030), planes[2][0x10]);
    EXPECT_EQ(test, memory_peek(s.rig.machine->memory, 0xfec00000, seen, 2), 0);       /* nobody peeks at an I/O APIC */
    screen_free(&s);
}

static void mode_0dh(struct test *test)
{
    struct screen s;
    begin(&s, &mode_0d);
    fill_planes(&s, 0xa0000, 40 * 200);
    EXPECT(test, picture(&s, 640, 400, pixel_0d));
    screen_free(&s);
}

static void mode_13h(struct test *test)
{
    struct screen s;
    begin(&s, &mode_13);
    EXPECT(test, memory_find(s.rig.machine->memory, 0xa0000).writable);         /* plain RAM: full speed */
    fill_window(&s, 0xa0000, 64000);
    EXPECT(test, picture(&s, 640, 400, pixel_13));
    screen_free(&s);
}

static void mode_x(struct test *test)
{
    struct screen s;
    begin(&s, &mode_x_registers);
    EXPECT(test, !memory_find(s.rig.machine->memory, 0xa0000).host);
    fill_planes(&s, 0xa0000, 80 * 240);
    EXPECT(test, picture(&s, 640, 480, pixel_x));
    screen_free(&s);
}

static void mode_4h(struct test *test)
{
    struct screen s;
    begin(&s, &mode_4);
    fill_window(&s, 0xb8000, 0x4000);
    EXPECT(test, picture(&s, 640, 400, pixel_4));
    EXPECT(test, get(&s, 0xb8001) == planes[0][1] && get(&s, 0xb9fff) == planes[0][0x1fff] && get(&s, 0xa0000) == 0xff);
    screen_free(&s);
}

static void mode_6h(struct test *test)
{
    struct screen s;
    begin(&s, &mode_6);
    fill_window(&s, 0xb8000, 0x4000);
    EXPECT(test, picture(&s, 640, 400, pixel_6));
    screen_free(&s);
}

/* ---- Start address, panning, split screen ---- */

static unsigned scroll_start, scroll_split, scroll_pan;
static bool scroll_pan_below;

static uint32_t pixel_scrolled(struct screen *s, unsigned x, unsigned y)
{
    bool below = y > scroll_split;
    unsigned line = below ? y - scroll_split - 1 : y, at = x + (below && !scroll_pan_below ? 0 : scroll_pan);
    return color16(bits_at((below ? 0 : scroll_start) + line * 80 + at / 8, 7 - at % 8));
}

static void scrolling(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    fill_planes(&s, 0xa0000, 0x10000);
    scroll_start = 0x7b35, scroll_split = 299, scroll_pan = 5, scroll_pan_below = true;
    out(&s, 0x3d4, 0xc, 0x7b), out(&s, 0x3d4, 0xd, 0x35);
    out(&s, 0x3d4, 0x18, 299 & 0xff), out(&s, 0x3d4, 0x07, 0x3e), out(&s, 0x3d4, 0x09, 0x00);   /* bit 8 set, bit 9 clear */
    attribute(&s, 0x13, 5);
    EXPECT(test, picture(&s, 640, 480, pixel_scrolled));
    scroll_pan_below = false;
    attribute(&s, 0x10, 0x21);
    EXPECT(test, picture(&s, 640, 480, pixel_scrolled));
    scroll_split = 1023, scroll_start = 0xff80;                 /* wraps at 64 KiB */
    out(&s, 0x3d4, 0x09, 0x40), out(&s, 0x3d4, 0x18, 0xff);
    out(&s, 0x3d4, 0xc, 0xff), out(&s, 0x3d4, 0xd, 0x80);
    EXPECT(test, picture(&s, 640, 480, pixel_scrolled));
    screen_free(&s);
}

static uint32_t pixel_masked(struct screen *s, unsigned x, unsigned y)
{
    unsigned index = bits_at(y * 80 + x / 8, 7 - x % 8) & 0x5;
    return dac_color(((current_mode->attribute[index] & 0xf) | 0xd0) & 0xf7);
}

static void palette_registers(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    fill_planes(&s, 0xa0000, 80 * 480);
    EXPECT(test, picture(&s, 640, 480, pixel_12));
    attribute(&s, 0x12, 0x5);                                   /* plane enable */
    attribute(&s, 0x10, 0x81), attribute(&s, 0x14, 0xd);        /* colour select gives bits 7 to 4 */
    out8(&s.rig, 0x3c6, 0xf7);                                  /* the DAC's mask */
    EXPECT(test, picture(&s, 640, 480, pixel_masked));
    screen_free(&s);
}

/* ---- Text ---- */

static uint8_t font[2][256][32];
static unsigned text_columns, text_cell_height, text_dots, text_cursor;
static bool text_blink_off;

static uint32_t pixel_text(struct screen *s, unsigned x, unsigned y)
{
    unsigned scale = text_columns == 40 ? 2 : 1, dot = x / scale % text_dots, column = x / scale / text_dots;
    unsigned row = y / text_cell_height, scan = y % text_cell_height, cell = row * text_columns + column;
    uint8_t character = planes[0][cell * 2], look = planes[0][cell * 2 + 1];
    unsigned bits = font[look >> 3 & 1][character][scan];
    bool on = dot < 8 ? bits >> (7 - dot) & 1 : (character & 0xe0) == 0xc0 && (bits & 1);
    on = on && !(text_blink_off && look & 0x80);
    on = on || (cell == text_cursor && scan >= 13 && scan <= 14);
    return color16(on ? look & 0xf : look >> 4 & 7);
}

/* Two fonts, in maps 0 and 5 of plane 2. */
static void load_fonts(struct screen *s)
{
    out(s, 0x3c4, 2, 4), out(s, 0x3c4, 4, 6), out(s, 0x3ce, 5, 0), out(s, 0x3ce, 6, 4);
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned i = 0; i < 256 * 32; i++) {
            font[f][i / 32][i % 32] = random_byte(s);
            put(s, 0xa0000 + (f ? 0 : 0x6000) + i, font[f][i / 32][i % 32]);
        }
    }
    out(s, 0x3c4, 2, 3), out(s, 0x3c4, 4, 2), out(s, 0x3ce, 5, 0x10), out(s, 0x3ce, 6, 0xe);
    out(s, 0x3c4, 3, 0x11);         /* attribute bit 3 clear: map 5; set: map 0 */
}

static void begin_text(struct screen *s, const struct vga_mode *mode, unsigned columns, unsigned dots)
{
    begin(s, mode);
    load_fonts(s);
    text_columns = columns, text_cell_height = 16, text_dots = dots, text_cursor = 1234 % (columns * 25);
    text_blink_off = false;
    fill_window(s, 0xb8000, columns * 25 * 2);
    out(s, 0x3d4, 0xa, 13), out(s, 0x3d4, 0xb, 14);
    out(s, 0x3d4, 0xe, (uint8_t)(text_cursor >> 8)), out(s, 0x3d4, 0xf, (uint8_t)text_cursor);
    s->rig.now_ns = 0;
}

static void text_mode(struct test *test)
{
    struct screen s;
    begin_text(&s, &mode_3, 80, 9);
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    const struct text_screen *text = display_text(s.display);
    EXPECT(test, text->columns == 80 && text->rows == 25 && text->cursor && text->cursor_row * 80 + text->cursor_column == 1234);
    EXPECT(test, !memcmp(text->cells, planes[0], 80 * 25 * 2));
    out(&s, 0x3c4, 1, 1);           /* 8 dots */
    text_dots = 8;
    EXPECT(test, picture(&s, 640, 400, pixel_text));
    screen_free(&s);
}

static void text_mode_40(struct test *test)
{
    struct screen s;
    begin_text(&s, &mode_1, 40, 9);
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    screen_free(&s);
}

static void text_changes(struct test *test)
{
    struct screen s;
    begin_text(&s, &mode_3, 80, 9);
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    s.updates = s.lines = 0;
    display_refresh(s.display);
    EXPECT_EQ(test, s.updates, 0);                              /* nothing changed, nothing drawn */
    put(&s, 0xb8000 + 160 * 7 + 20, planes[0][160 * 7 + 20] = 'x');
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    EXPECT(test, s.updates == 1 && s.lines == 16);
    text_cursor = 3;
    out(&s, 0x3d4, 0xe, 0), out(&s, 0x3d4, 0xf, 3);
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    EXPECT_EQ(test, s.lines, 48);
    s.rig.now_ns = 130000000;                                   /* the cursor blinks: 8 frames */
    text_cursor = UINT_MAX;
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    EXPECT_EQ(test, s.lines, 64);
    s.rig.now_ns = 240000000;                                   /* characters: 16 */
    text_blink_off = true, text_cursor = 3;
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    text_blink_off = false, text_cursor = UINT_MAX;
    out(&s, 0x3d4, 0xa, 0x2d);
    s.rig.now_ns = 0;
    EXPECT(test, picture(&s, 720, 400, pixel_text));
    EXPECT(test, !display_text(s.display)->cursor);
    out(&s, 0x3c4, 2, 4), out(&s, 0x3c4, 4, 6), out(&s, 0x3ce, 6, 4);
    put(&s, 0xa0000 + 'x' * 32 + 5, font[1]['x'][5] ^= 0x3c);   /* a glyph changes */
    out(&s, 0x3c4, 2, 3), out(&s, 0x3c4, 4, 2), out(&s, 0x3ce, 6, 0xe);
    s.lines = 0;
    EXPECT(test, picture(&s, 720, 400, pixel_text) && s.lines == 400);
    screen_free(&s);
}

static unsigned split_row;

static uint32_t pixel_text_split(struct screen *s, unsigned x, unsigned y)
{
    unsigned pixel = y < split_row ? y + 5 : y - split_row, at = y < split_row ? x + 3 : x + 3;
    unsigned cell = pixel / 16 * 80 + at / 9 + (y < split_row ? 80 : 0), dot = at % 9;
    uint8_t character = planes[0][cell * 2], look = planes[0][cell * 2 + 1];
    unsigned bits = font[look >> 3 & 1][character][pixel % 16];
    bool on = dot < 8 ? bits >> (7 - dot) & 1 : (character & 0xe0) == 0xc0 && (bits & 1);
    return color16(on ? look & 0xf : look >> 4 & 7);
}

/* Smooth scrolling by 5 lines and 3 dots, the screen from the second row, and below line 200 from the first. */
static void text_split(struct test *test)
{
    struct screen s;
    begin_text(&s, &mode_3, 80, 9);
    fill_window(&s, 0xb8000, 80 * 30 * 2);
    out(&s, 0x3d4, 0xa, 0x20);
    out(&s, 0x3d4, 0xd, 80), out(&s, 0x3d4, 8, 5);
    attribute(&s, 0x13, 2);
    split_row = 200;
    out(&s, 0x3d4, 0x18, 199), out(&s, 0x3d4, 7, 0x0f), out(&s, 0x3d4, 9, 0x0f);
    EXPECT(test, picture(&s, 720, 400, pixel_text_split));
    screen_free(&s);
}

/* ---- VBE ---- */

static unsigned vbe_bits, vbe_virtual, vbe_x, vbe_y;
static uint8_t vbe_memory[0x400000];

static void dispi(struct screen *s, unsigned index, unsigned value)
{
    memory_write(s->rig.machine->ports, 0x1ce, index, 2);
    memory_write(s->rig.machine->ports, 0x1cf, value, 2);
}

static unsigned dispi_get(struct screen *s, unsigned index)
{
    memory_write(s->rig.machine->ports, 0x1ce, index, 2);
    return (unsigned)memory_read(s->rig.machine->ports, 0x1d0, 2);
}

static uint32_t pixel_vbe(struct screen *s, unsigned x, unsigned y)
{
    unsigned bytes = (vbe_bits + 7) / 8, p = 0;
    memcpy(&p, vbe_memory + ((vbe_y + y) * vbe_virtual + vbe_x + x) * bytes, bytes);
    unsigned r = p >> (vbe_bits == 15 ? 10 : 11) & 31, g = vbe_bits == 15 ? p >> 5 & 31 : p >> 5 & 63, b = p & 31;
    switch (vbe_bits) {
    case 8: return dac_color(p);
    case 15: return (r << 3 | r >> 2) << 16 | (g << 3 | g >> 2) << 8 | (b << 3 | b >> 2);
    case 16: return (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2);
    default: return p & 0xffffff;
    }
}

static void vbe_mode(struct screen *s, unsigned width, unsigned height, unsigned bits)
{
    dispi(s, 4, 0), dispi(s, 1, width), dispi(s, 2, height), dispi(s, 3, bits), dispi(s, 4, 0x41);
    vbe_bits = bits, vbe_virtual = width, vbe_x = vbe_y = 0;
}

static void vbe_modes(struct test *test)
{
    struct screen s;
    begin(&s, &mode_3);
    static const unsigned depths[] = { 8, 15, 16, 24, 32 };
    for (unsigned i = 0; i < ARRAY_LEN(depths); i++) {
        vbe_mode(&s, 640, 480, depths[i]);
        for (unsigned at = 0; at < 640 * 480 * 4; at++) {
            vbe_memory[at] = random_byte(&s);
        }
        memory_write_bytes(s.rig.machine->memory, LFB, vbe_memory, 640 * 480 * 4);
        EXPECT(test, picture(&s, 640, 480, pixel_vbe));
    }
    EXPECT(test, display_text(s.display)->columns == 0);
    dispi(&s, 6, 800), dispi(&s, 8, 37), dispi(&s, 9, 11);      /* virtual width, offsets */
    vbe_virtual = 800, vbe_x = 37, vbe_y = 11;
    memcpy(vbe_memory, s.vga->ram, sizeof(vbe_memory));
    EXPECT(test, picture(&s, 640, 480, pixel_vbe));
    EXPECT_EQ(test, dispi_get(&s, 7), 0x400000 / (800 * 4));
    s.lines = 0;
    display_refresh(s.display), display_refresh(s.display);
    s.lines = 0;
    memory_write(s.rig.machine->memory, LFB + (vbe_y + 100) * 3200 + 1000, 0x123456, 4);
    memcpy(vbe_memory, s.vga->ram, sizeof(vbe_memory));
    EXPECT(test, picture(&s, 640, 480, pixel_vbe));
    EXPECT(test, s.lines >= 1 && s.lines <= 3);                 /* those of one page */
    screen_free(&s);
}

static void vbe_registers(struct test *test)
{
    struct screen s;
    begin(&s, &mode_3);
    EXPECT(test, dispi_get(&s, 0) == 0xb0c5 && dispi_get(&s, 10) == 64 && dispi_get(&s, 11) == 0);
    dispi(&s, 0, 0xb0c2);
    EXPECT_EQ(test, dispi_get(&s, 0), 0xb0c2);
    dispi(&s, 0, 0x1234);
    EXPECT_EQ(test, dispi_get(&s, 0), 0xb0c2);
    dispi(&s, 4, 2);
    EXPECT(test, dispi_get(&s, 1) == DISPLAY_MOST && dispi_get(&s, 2) == DISPLAY_MOST && dispi_get(&s, 3) == 32);
    vbe_mode(&s, 800, 600, 32);
    memory_write(s.rig.machine->memory, LFB + 5000, 0x55, 4);
    dispi(&s, 4, 0), dispi(&s, 4, 0xc1);                        /* no clear */
    EXPECT_EQ(test, memory_read(s.rig.machine->memory, LFB + 5000, 4), 0x55);
    dispi(&s, 4, 0), dispi(&s, 4, 0x41);
    EXPECT_EQ(test, memory_read(s.rig.machine->memory, LFB + 5000, 4), 0);
    dispi(&s, 5, 7);                                            /* a bank at A0000h */
    memory_write(s.rig.machine->memory, 0xa0010, 0x77, 1);
    EXPECT_EQ(test, memory_read(s.rig.machine->memory, LFB + 0x70010, 1), 0x77);
    dispi(&s, 1, 5000), dispi(&s, 2, 5000);                     /* more than there is */
    EXPECT(test, dispi_get(&s, 1) == 5000 && dispi_get(&s, 2) == 0x400000 / 20000);
    dispi(&s, 4, 0);
    EXPECT(test, !memory_find(s.rig.machine->memory, 0xa0000).host);
    screen_free(&s);
}

static void vbe_planar(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    vbe_mode(&s, 640, 480, 4);
    fill_planes(&s, 0xa0000, 80 * 480);
    EXPECT(test, picture(&s, 640, 480, pixel_12));
    screen_free(&s);
}

static void registers_in_memory(struct test *test)
{
    struct screen s;
    begin(&s, &mode_3);
    struct memory *memory = s.rig.machine->memory;
    uint8_t edid[128], sum = 0;
    memory_read_bytes(memory, MMIO, edid, 128);
    for (unsigned i = 0; i < 128; i++) {
        sum += edid[i];
    }
    EXPECT(test, sum == 0 && edid[1] == 0xff && edid[54 + 2] == (1280 & 0xff) && edid[54 + 4] >> 4 == 1280 >> 8);
    EXPECT(test, edid[54 + 5] == (800 & 0xff) && edid[54 + 7] >> 4 == 800 >> 8);
    EXPECT(test, memory_read(memory, MMIO + 0x40c, 1) == 0x67);
    memory_write(memory, MMIO + 0x504, 480, 2), memory_write(memory, MMIO + 0x502, 640, 2), memory_write(memory, MMIO + 0x506, 32, 2);
    memory_write(memory, MMIO + 0x508, 0x41, 2);
    EXPECT(test, memory_read(memory, MMIO + 0x500, 2) == 0xb0c5 && dispi_get(&s, 1) == 640 && dispi_get(&s, 2) == 480);
    EXPECT(test, memory_read(memory, MMIO + 0x600, 4) == 8 && memory_read(memory, MMIO + 0x604, 4) == 0x1e1e1e1e);
    memory_write(memory, LFB, 0x11223344, 4);
    display_refresh(s.display);
    EXPECT_EQ(test, display_surface(s.display)->pixels[0], 0x223344);
    memory_write(memory, MMIO + 0x604, 0xbebebebe, 4);
    display_refresh(s.display);
    EXPECT_EQ(test, display_surface(s.display)->pixels[0], 0x332211);
    screen_free(&s);
}

#include "tests/device/vga_memory.h"

int main(void)
{
    static const struct test_case cases[] = {
        TEST(mode_12h), TEST(peek_leaves_the_latches), TEST(mode_0dh), TEST(mode_13h), TEST(mode_x), TEST(mode_4h), TEST(mode_6h), TEST(scrolling),
        TEST(palette_registers), TEST(text_mode), TEST(text_mode_40), TEST(text_changes), TEST(text_split), TEST(vbe_modes),
        TEST(vbe_registers), TEST(vbe_planar), TEST(registers_in_memory), TEST(write_modes), TEST(read_modes), TEST(protection),
        TEST(retrace), TEST(smram_hides_the_window), TEST(hostile_registers),
    };
    return test_run_cases("vga", cases, ARRAY_LEN(cases));
}
