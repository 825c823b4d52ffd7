/* SPDX-License-Identifier: MIT */
/*
 * The VBE registers of Bochs ("dispi"), as described in Bochs' documentation of its VBE display interface (id B0C5h), at ports
 * 1CEh (index) and 1CFh or 1D0h (data), 16 bits each. A mode is set by XRES, YRES, BPP, then ENABLE; the picture begins at
 * X_OFFSET, Y_OFFSET of lines that are VIRT_WIDTH long. With ENABLE's capabilities bit the first three read as their largest values.
 *
 * A mode that video RAM cannot hold is made smaller; offsets that leave it are moved back.
 */
#include "hw/display/vga.h"
#include <string.h>

enum { DISPI_ID0 = 0xb0c0, DISPI_ID5 = 0xb0c5, DISPI_BPP_MOST = 32, BANK_BYTES = 0x10000 };
enum { ENABLE_BITS = DISPI_ENABLE_ON | DISPI_ENABLE_CAPABILITIES | DISPI_ENABLE_DAC8 | DISPI_ENABLE_LINEAR |
                     DISPI_ENABLE_NO_CLEAR };

static unsigned pixel_bits(const struct vga_state *s)
{
    return s->dispi[DISPI_BPP] == 15 ? 16 : s->dispi[DISPI_BPP];
}

uint16_t vga_dispi_read(const struct vga *vga, unsigned index)
{
    const uint16_t *dispi = vga->state.dispi;
    bool capabilities = dispi[DISPI_ENABLE] & DISPI_ENABLE_CAPABILITIES;
    if (index == DISPI_MEMORY_64K) {
        return (uint16_t)(vga->ram_bytes / BANK_BYTES);
    }
    if (index >= DISPI_COUNT) {
        return 0;
    }
    if (capabilities && (index == DISPI_XRES || index == DISPI_YRES)) {
        return DISPLAY_MOST;
    }
    return capabilities && index == DISPI_BPP ? DISPI_BPP_MOST : dispi[index];
}

static bool bits_exist(unsigned bits)
{
    return bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/* Keeps all of it inside video RAM, whatever was written. */
static void fit(struct vga *vga)
{
    uint16_t *dispi = vga->state.dispi;
    if (!bits_exist(dispi[DISPI_BPP])) {
        dispi[DISPI_BPP] = 8;
    }
    unsigned bits = pixel_bits(&vga->state);
    uint64_t ram_bits = vga->ram_bytes * 8;
    dispi[DISPI_XRES] = (uint16_t)(MIN(MAX(dispi[DISPI_XRES], 8), DISPLAY_MOST) & ~7);
    dispi[DISPI_VIRT_WIDTH] = (uint16_t)(MIN(MAX(dispi[DISPI_VIRT_WIDTH], dispi[DISPI_XRES]), 2 * DISPLAY_MOST) & ~7);
    uint64_t lines = ram_bits / ((uint64_t)dispi[DISPI_VIRT_WIDTH] * bits);
    dispi[DISPI_YRES] = (uint16_t)MIN(MIN(MAX(dispi[DISPI_YRES], 1), DISPLAY_MOST), lines);
    dispi[DISPI_VIRT_HEIGHT] = (uint16_t)MIN(lines, UINT16_MAX);
    dispi[DISPI_X_OFFSET] = MIN(dispi[DISPI_X_OFFSET], dispi[DISPI_VIRT_WIDTH] - dispi[DISPI_XRES]);
    dispi[DISPI_Y_OFFSET] = MIN(dispi[DISPI_Y_OFFSET], dispi[DISPI_VIRT_HEIGHT] - dispi[DISPI_YRES]);
}

static void clear_screen(struct vga *vga)
{
    const struct vga_state *s = &vga->state;
    uint64_t bytes = (uint64_t)s->dispi[DISPI_VIRT_WIDTH] * pixel_bits(s) / 8 * s->dispi[DISPI_YRES];
    bytes = MIN(bytes, vga->ram_bytes);
    memset(vga->ram, 0, bytes);
    ram_mark_dirty(vga->machine->ram, vga->ram_offset, bytes);
}

static void enable_write(struct vga *vga, uint16_t value)
{
    struct vga_state *s = &vga->state;
    bool was_on = vga_dispi_on(s);
    s->dispi[DISPI_ENABLE] = value & ENABLE_BITS;
    if (vga_dispi_on(s) && !was_on) {
        s->dispi[DISPI_VIRT_WIDTH] = s->dispi[DISPI_X_OFFSET] = s->dispi[DISPI_Y_OFFSET] = 0;
        fit(vga);
        if (!(value & DISPI_ENABLE_NO_CLEAR)) {
            clear_screen(vga);
        }
    }
    if (!vga_dispi_on(s)) {
        s->dispi[DISPI_BANK] = 0;
    }
    vga_window_update(vga);
}

void vga_dispi_write(struct vga *vga, unsigned index, uint16_t value)
{
    uint16_t *dispi = vga->state.dispi;
    log_write(vga->machine->log, LOG_vga, "vga: dispi[%02x] = %04x\n", index, value);
    switch (index) {
    case DISPI_ID:
        if (value >= DISPI_ID0 && value <= DISPI_ID5) {
            dispi[DISPI_ID] = value;
        }
        break;
    case DISPI_ENABLE: enable_write(vga, value); break;
    case DISPI_BANK:
        dispi[DISPI_BANK] = (uint16_t)(value & (vga->ram_bytes / BANK_BYTES - 1));
        vga_window_update(vga);
        break;
    case DISPI_XRES:
    case DISPI_YRES:
    case DISPI_BPP:
    case DISPI_VIRT_WIDTH:
    case DISPI_X_OFFSET:
    case DISPI_Y_OFFSET:
        dispi[index] = value;
        if (vga_dispi_on(&vga->state)) {
            fit(vga);
            vga_window_update(vga);
        }
        break;
    }                                           /* VIRT_HEIGHT follows from the others */
}

/* ---- Ports: words at 1CEh, 1CFh and 1D0h overlap ---- */

static uint64_t port_read(void *device, uint64_t offset, unsigned size)
{
    const struct vga *vga = device;
    if (size == 1) {
        uint16_t index = vga->state.dispi_index, data = vga_dispi_read(vga, index);
        return offset == 0 ? index & 0xff : offset == 1 ? data & 0xff : data >> 8;
    }
    return offset == 0 ? vga->state.dispi_index : vga_dispi_read(vga, vga->state.dispi_index);
}

static void port_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct vga *vga = device;
    if (offset == 0) {
        vga->state.dispi_index = (uint16_t)value;
    } else if (size == 2) {
        vga_dispi_write(vga, vga->state.dispi_index, (uint16_t)value);
    } else {
        log_write(vga->machine->log, LOG_guest_errors, "vga: byte written to a VBE register\n");
    }
}

const struct io_ops vga_dispi_ops = { port_read, port_write, 1, 2 | IO_ANY_OFFSET };
