/* SPDX-License-Identifier: MIT */
/*
 * The window at A0000h..BFFFFh onto video RAM, through the sequencer's and the graphics controller's planes: IBM PS/2 Hardware
 * Interface Technical Reference, Video Subsystem, "Display Memory Organization", "Graphics Controller Registers".
 *
 * Video RAM is an array of columns of four bytes, one for each plane:
 *
 *   byte  0 1 2 3 | 4 5 6 7 | ...
 *   plane 0 1 2 3 | 0 1 2 3
 *
 * Chain 4 is packed as later SVGA chips have it: the guest's byte n is byte n of video RAM (the first VGA used every fourth column),
 * so that the window can be plain RAM. Odd/even keeps the first VGA's layout: every second column.
 * A bank of the VBE registers counts bytes in packed modes, columns in planar ones.
 */
#include "hw/display/vga.h"
#include <string.h>

enum { COLUMNS = 0x10000, WINDOW_BYTES = 0x20000, DIRECT_BYTES = 0x10000, BANK_SHIFT = 16 };

/* Four bits, one a plane, to four bytes of ones or zeroes. */
static inline uint32_t spread(unsigned planes)
{
    return (planes * 0x00204081u & 0x01010101u) * 0xffu;
}

static bool packed_by_dispi(const struct vga_state *s)
{
    return vga_dispi_on(s) && s->dispi[DISPI_BPP] >= 8;
}

/* Which part of A0000h..BFFFFh it is; VBE modes have their banks at A0000h. */
static unsigned window_map(const struct vga_state *s)
{
    return vga_dispi_on(s) ? 1 : s->graphics[GFX_MISC] >> GFX_MISC_MAP_SHIFT & 3;
}

/* Where in the window's present map an offset lies. false: outside. */
static bool window_offset(const struct vga_state *s, uint32_t *offset)
{
    static const struct { uint32_t first, bytes; } maps[4] = {
        { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 },
    };
    unsigned map = window_map(s);
    *offset -= maps[map].first;
    return (s->misc & MISC_RAM) && *offset < maps[map].bytes;
}

/* The column, and which planes an access at `offset` can reach at all. */
struct place { uint32_t column; unsigned planes; };

static struct place locate(const struct vga *vga, uint32_t offset, bool odd_even)
{
    const struct vga_state *s = &vga->state;
    uint32_t bank = vga_dispi_on(s) ? (uint32_t)s->dispi[DISPI_BANK] << BANK_SHIFT : 0;
    struct place place = { 0 };
    if (packed_by_dispi(s) || (s->sequencer[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4)) {
        place.column = (offset + bank) / 4;
        place.planes = 1u << (offset & 3);
    } else if (odd_even) {
        place.planes = offset & 1 ? 0xa : 0x5;
        place.column = offset;
        if (s->graphics[GFX_MISC] & GFX_MISC_CHAIN) {
            place.column = (offset & ~1u) | (offset >> 16 & 1);
        }
        place.column &= COLUMNS - 1;
    } else {
        place.column = vga_dispi_on(s) ? offset + bank : offset & (COLUMNS - 1);
        place.planes = 0xf;
    }
    place.column &= (uint32_t)(vga->ram_bytes / 4 - 1);
    return place;
}

/* ---- Reading ---- */

static uint8_t compare_colors(const struct vga_state *s, uint32_t latches)
{
    uint32_t differing = (latches ^ spread(s->graphics[GFX_COMPARE])) & spread(s->graphics[GFX_DONT_CARE]);
    differing |= differing >> 16;
    return (uint8_t)~(differing | differing >> 8);
}

/* A byte as a read gives it; `latches` becomes its column. */
static uint8_t look_at_byte(const struct vga *vga, uint32_t offset, uint8_t latches[4])
{
    const struct vga_state *s = &vga->state;
    if (!window_offset(s, &offset)) {
        return 0xff;
    }
    bool odd_even = s->graphics[GFX_MODE] & GFX_MODE_ODD_EVEN;
    struct place place = locate(vga, offset, odd_even);
    memcpy(latches, vga->ram + (size_t)place.column * 4, 4);
    if (s->graphics[GFX_MODE] & GFX_MODE_READ) {
        uint32_t column;
        memcpy(&column, latches, 4);
        return compare_colors(s, GUINT32_FROM_LE(column));
    }
    unsigned plane = s->graphics[GFX_READ_MAP];
    if (packed_by_dispi(s) || (s->sequencer[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4)) {
        plane = offset & 3;
    } else if (odd_even) {
        plane = (plane & 2) | (offset & 1);
    }
    return latches[plane];
}

static uint64_t window_read(void *device, uint64_t offset, unsigned size)
{
    struct vga *vga = device;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)look_at_byte(vga, (uint32_t)offset + i, vga->state.latches) << i * 8;
    }
    return value;
}

uint8_t vga_window_peek(void *device, uint64_t offset)
{
    uint8_t latches[4];
    return look_at_byte(device, (uint32_t)offset, latches);
}

/* ---- Writing ---- */

static uint32_t combine(const struct vga_state *s, uint32_t data, uint32_t latches)
{
    switch (s->graphics[GFX_ROTATE] >> 3) {
    case 1: return data & latches;
    case 2: return data | latches;
    case 3: return data ^ latches;
    default: return data;
    }
}

/* What the graphics controller puts on the four planes. */
static uint32_t make_column(const struct vga_state *s, uint8_t byte, uint32_t latches)
{
    const uint8_t *g = s->graphics;
    unsigned rotate = g[GFX_ROTATE] & 7;
    uint8_t rotated = (uint8_t)(byte >> rotate | byte << (8 - rotate)), mask = g[GFX_BIT_MASK];
    uint32_t data, set = spread(g[GFX_SET_RESET]);
    switch (g[GFX_MODE] & GFX_MODE_WRITE) {
    case 0: {
        uint32_t enable = spread(g[GFX_ENABLE_SET_RESET]);
        data = (rotated * 0x01010101u & ~enable) | (set & enable);
        break;
    }
    case 1: return latches;
    case 2: data = spread(byte & 0xf); break;
    default:
        data = set;
        mask &= rotated;
        break;
    }
    uint32_t bits = mask * 0x01010101u;
    return (combine(s, data, latches) & bits) | (latches & ~bits);
}

static void write_byte(struct vga *vga, uint32_t offset, uint8_t byte)
{
    const struct vga_state *s = &vga->state;
    uint32_t latches, old;
    if (!window_offset(s, &offset)) {
        return;
    }
    struct place place = locate(vga, offset, !(s->sequencer[SEQ_MEMORY] & SEQ_MEMORY_SEQUENTIAL));
    memcpy(&latches, s->latches, 4);
    memcpy(&old, vga->ram + (size_t)place.column * 4, 4);
    uint32_t planes, data;
    if (packed_by_dispi(s)) {                   /* no planes, no graphics controller */
        planes = spread(place.planes);
        data = byte * 0x01010101u;
    } else {
        planes = spread(place.planes & s->sequencer[SEQ_MAP_MASK]);
        data = make_column(s, byte, GUINT32_FROM_LE(latches));
    }
    data = (data & planes) | (GUINT32_FROM_LE(old) & ~planes);
    memory_write_ram(vga->machine->memory, vga->machine->ram, vga->ram_offset + (uint64_t)place.column * 4,
                     GUINT32_TO_LE(data), 4);
}

static void window_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        write_byte(device, (uint32_t)offset + i, (uint8_t)(value >> i * 8));
    }
}

const struct io_ops vga_window_ops = { window_read, window_write, 1, 8 };

/* ---- The direct window ---- */

/* Chain 4 with a graphics controller that lets bytes through as they are. */
static bool plain_chain4(const struct vga_state *s)
{
    const uint8_t *g = s->graphics;
    return (s->sequencer[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4) && s->sequencer[SEQ_MAP_MASK] == 0xf &&
           !(g[GFX_MODE] & (GFX_MODE_WRITE | GFX_MODE_READ)) && !g[GFX_ENABLE_SET_RESET] && !g[GFX_ROTATE] &&
           g[GFX_BIT_MASK] == 0xff;
}

void vga_window_update(struct vga *vga)
{
    const struct vga_state *s = &vga->state;
    bool direct = window_map(s) < 2 && (s->misc & MISC_RAM) && (packed_by_dispi(s) || plain_chain4(s));
    if (direct) {
        uint64_t bank = vga_dispi_on(s) ? (uint64_t)s->dispi[DISPI_BANK] << BANK_SHIFT : 0;
        region_set_ram_offset(vga->direct, vga->ram_offset + (bank & (vga->ram_bytes - DIRECT_BYTES)));
    }
    region_set_enabled(vga->direct, direct);
}
