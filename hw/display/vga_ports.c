/* SPDX-License-Identifier: MIT */
/*
 * The registers of a VGA at ports 3B0h..3DFh: IBM PS/2 Hardware Interface Technical Reference (1990), Video Subsystem, "VGA
 * Programming Considerations" and the chapters of each register group.
 *
 * Left out: the light pen, the vertical interrupt (CRTC 11h bits 4 and 5 are kept, no line is raised), writes to the
 * attribute palette being refused while it is in use. Bits that have no meaning read as 0. Registers past the last one read
 * as 0 and take nothing.
 */
#include "hw/display/vga.h"

enum {  /* from 3B0h; the second set of the CRTC and input status 1 belongs to colour (MISC_COLOR), the first to monochrome */
    PORT_MONO_CRTC = 0x04, PORT_MONO_STATUS = 0x0a,
    PORT_ATTRIBUTE = 0x10, PORT_ATTRIBUTE_READ = 0x11, PORT_MISC = 0x12, PORT_SEQUENCER = 0x14, PORT_DAC_MASK = 0x16,
    PORT_DAC_READ = 0x17, PORT_DAC_WRITE = 0x18, PORT_DAC_DATA = 0x19, PORT_FEATURE_READ = 0x1a, PORT_MISC_READ = 0x1c,
    PORT_GRAPHICS = 0x1e, PORT_COLOR_CRTC = 0x24, PORT_COLOR_STATUS = 0x2a,
};
enum { STATUS0_SWITCH = 0x10, DAC_STATE_READ = 3, NOBODY = 0xff };

static const uint8_t sequencer_bits[VGA_SEQUENCER_COUNT] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t graphics_bits[VGA_GRAPHICS_COUNT] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
static const uint8_t attribute_bits[VGA_ATTRIBUTE_COUNT] = {
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f,
};
static const uint8_t crtc_bits[VGA_CRTC_COUNT] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x3f, 0x7f, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xef, 0xff,
};

static void log_register(const struct vga *vga, const char *group, unsigned index, uint8_t value)
{
    log_write(vga->machine->log, LOG_vga, "vga: %s[%02x] = %02x\n", group, index, value);
}

/* ---- DAC ---- */

static uint8_t dac_read(struct vga_state *s)
{
    uint8_t value = s->dac[s->dac_read_index * 3 + s->dac_component];
    if (++s->dac_component == 3) {
        s->dac_component = 0;
        s->dac_read_index++;
    }
    return value;
}

/* Three components make an entry, which changes whole. */
static void dac_write(struct vga_state *s, uint8_t value)
{
    value &= s->dispi[DISPI_ENABLE] & DISPI_ENABLE_DAC8 ? 0xff : 0x3f;
    if (s->dac_component < 2) {
        s->dac_pending[s->dac_component++] = value;
        return;
    }
    uint8_t *entry = &s->dac[s->dac_write_index * 3];
    entry[0] = s->dac_pending[0];
    entry[1] = s->dac_pending[1];
    entry[2] = value;
    s->dac_component = 0;
    s->dac_write_index++;
}

/* ---- Attribute controller and CRTC ---- */

static void attribute_write(struct vga *vga, uint8_t value)
{
    struct vga_state *s = &vga->state;
    unsigned index = s->attribute_index & 0x1f;
    if (!s->attribute_data) {
        s->attribute_index = value & (ATT_INDEX_VIDEO | 0x1f);
    } else if (index < VGA_ATTRIBUTE_COUNT) {
        s->attribute[index] = value & attribute_bits[index];
        log_register(vga, "attribute", index, value);
    }
    s->attribute_data ^= 1;
}

static void crtc_write(struct vga *vga, uint8_t value)
{
    struct vga_state *s = &vga->state;
    unsigned index = s->crtc_index;
    if (index >= VGA_CRTC_COUNT) {
        return;
    }
    log_register(vga, "crtc", index, value);
    if (index <= CRTC_OVERFLOW && (s->crtc[CRTC_V_RETRACE_END] & CRTC_V_RETRACE_END_PROTECT)) {
        if (index == CRTC_OVERFLOW) {           /* but for bit 8 of line compare */
            s->crtc[index] = (uint8_t)((s->crtc[index] & ~0x10) | (value & 0x10));
        }
        return;
    }
    s->crtc[index] = value & crtc_bits[index];
}

static uint8_t indexed_read(const uint8_t *registers, unsigned count, unsigned index)
{
    return index < count ? registers[index] : 0;
}

/* ---- Ports ---- */

/* The CRTC's ports of the other kind of monitor are nobody's. */
static bool answers(const struct vga *vga, unsigned port)
{
    bool color = port >= PORT_COLOR_CRTC - 4, mono = port < PORT_ATTRIBUTE;
    return (vga->state.misc & MISC_COLOR ? !mono : !color);
}

static uint8_t status_read(struct vga *vga)
{
    vga->state.attribute_data = 0;
    return vga_input_status(vga);
}

uint64_t vga_port_read(void *device, uint64_t port, unsigned size)
{
    struct vga *vga = device;
    struct vga_state *s = &vga->state;
    if (!answers(vga, (unsigned)port)) {
        return NOBODY;
    }
    switch (port) {
    case PORT_ATTRIBUTE: return s->attribute_index;
    case PORT_ATTRIBUTE_READ: return indexed_read(s->attribute, VGA_ATTRIBUTE_COUNT, s->attribute_index & 0x1f);
    case PORT_MISC: return STATUS0_SWITCH;
    case PORT_SEQUENCER: return s->sequencer_index;
    case PORT_SEQUENCER + 1: return indexed_read(s->sequencer, VGA_SEQUENCER_COUNT, s->sequencer_index);
    case PORT_DAC_MASK: return s->dac_mask;
    case PORT_DAC_READ: return s->dac_reading ? DAC_STATE_READ : 0;
    case PORT_DAC_WRITE: return s->dac_write_index;
    case PORT_DAC_DATA: return dac_read(s);
    case PORT_FEATURE_READ: return s->feature;
    case PORT_MISC_READ: return s->misc;
    case PORT_GRAPHICS: return s->graphics_index;
    case PORT_GRAPHICS + 1: return indexed_read(s->graphics, VGA_GRAPHICS_COUNT, s->graphics_index);
    case PORT_MONO_CRTC:
    case PORT_COLOR_CRTC: return s->crtc_index;
    case PORT_MONO_CRTC + 1:
    case PORT_COLOR_CRTC + 1: return indexed_read(s->crtc, VGA_CRTC_COUNT, s->crtc_index);
    case PORT_MONO_STATUS:
    case PORT_COLOR_STATUS: return status_read(vga);
    default: return NOBODY;
    }
}

static void sequencer_write(struct vga *vga, uint8_t value)
{
    struct vga_state *s = &vga->state;
    if (s->sequencer_index < VGA_SEQUENCER_COUNT) {
        s->sequencer[s->sequencer_index] = value & sequencer_bits[s->sequencer_index];
        log_register(vga, "sequencer", s->sequencer_index, value);
        vga_window_update(vga);
    }
}

static void graphics_write(struct vga *vga, uint8_t value)
{
    struct vga_state *s = &vga->state;
    if (s->graphics_index < VGA_GRAPHICS_COUNT) {
        s->graphics[s->graphics_index] = value & graphics_bits[s->graphics_index];
        log_register(vga, "graphics", s->graphics_index, value);
        vga_window_update(vga);
    }
}

static void misc_write(struct vga *vga, uint8_t value)
{
    vga->state.misc = value & 0xef;
    log_register(vga, "misc", 0, value);
    vga_window_update(vga);
}

void vga_port_write(void *device, uint64_t port, uint64_t wide, unsigned size)
{
    struct vga *vga = device;
    struct vga_state *s = &vga->state;
    uint8_t value = (uint8_t)wide;
    if (!answers(vga, (unsigned)port)) {
        return;
    }
    switch (port) {
    case PORT_ATTRIBUTE: attribute_write(vga, value); break;
    case PORT_MISC: misc_write(vga, value); break;
    case PORT_SEQUENCER: s->sequencer_index = value & 7; break;
    case PORT_SEQUENCER + 1: sequencer_write(vga, value); break;
    case PORT_DAC_MASK: s->dac_mask = value; break;
    case PORT_DAC_READ:
        s->dac_read_index = value;
        s->dac_component = 0;
        s->dac_reading = 1;
        break;
    case PORT_DAC_WRITE:
        s->dac_write_index = value;
        s->dac_component = 0;
        s->dac_reading = 0;
        break;
    case PORT_DAC_DATA: dac_write(s, value); break;
    case PORT_GRAPHICS: s->graphics_index = value & 0x0f; break;
    case PORT_GRAPHICS + 1: graphics_write(vga, value); break;
    case PORT_MONO_CRTC:
    case PORT_COLOR_CRTC: s->crtc_index = value & 0x3f; break;
    case PORT_MONO_CRTC + 1:
    case PORT_COLOR_CRTC + 1: crtc_write(vga, value); break;
    case PORT_MONO_STATUS:
    case PORT_COLOR_STATUS: s->feature = value & 0x0b; break;
    }
}

/* Power-on: nothing is shown until firmware sets a mode. The DAC's mask lets everything through. */
void vga_ports_reset(struct vga_state *s)
{
    s->dac_mask = 0xff;
    s->misc = MISC_COLOR;
}
