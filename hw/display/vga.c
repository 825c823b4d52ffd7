/* SPDX-License-Identifier: MIT */
/*
 * The display adapter that QEMU calls "VGA" (-vga std), PCI 1234:1111, as its docs/specs/standard-vga describes it:
 *
 *   BAR 0  video RAM, linear
 *   BAR 2  4 KiB of registers: 000h EDID, 400h ports 3C0h..3DFh, 500h VBE registers, 600h size and byte order
 *   ROM    the VGA BIOS
 *   ports  3B0h..3DFh (but the parallel port's 3BCh..3BFh), 1CEh..1D0h, and memory A0000h..BFFFFh, always on as on the first VGA
 *
 * Reset leaves video RAM as it is.
 */
#include "hw/display/vga.h"
#include <string.h>
#include "base/error.h"
#include "hw/pci/i440fx.h"

enum { MIB = 1 << 20, WINDOW = 0xa0000, WINDOW_BYTES = 0x20000, DIRECT_BYTES = 0x10000, MEMORY_MOST_MIB = 256 };
enum { REGISTER_BYTES = 4096, REG_PORTS = 0x400, REG_PORTS_BYTES = 0x20, REG_DISPI = 0x500, REG_DISPI_BYTES = 2 * (DISPI_MEMORY_64K + 1),
       REG_SIZE = 0x600, REG_BYTE_ORDER = 0x604, REG_END = 0x608, FIRST_PORT = 0x10 };
static const uint32_t BYTE_ORDER_LITTLE = 0x1e1e1e1e, BYTE_ORDER_BIG = 0xbebebebe;

/* ---- BAR 2 ---- */

static uint8_t register_byte(struct vga *vga, unsigned offset)
{
    uint32_t word = offset < REG_BYTE_ORDER ? REG_END - REG_SIZE : vga->state.big_endian ? BYTE_ORDER_BIG : BYTE_ORDER_LITTLE;
    if (offset < sizeof(vga->edid)) {
        return vga->edid[offset];
    }
    if (offset - REG_PORTS < REG_PORTS_BYTES) {
        return (uint8_t)vga_port_read(vga, offset - REG_PORTS + FIRST_PORT, 1);
    }
    if (offset - REG_DISPI < REG_DISPI_BYTES) {
        return (uint8_t)(vga_dispi_read(vga, (offset - REG_DISPI) / 2) >> (offset & 1) * 8);
    }
    return offset - REG_SIZE < REG_END - REG_SIZE ? (uint8_t)(word >> (offset & 3) * 8) : 0xff;
}

static uint64_t registers_read(void *device, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)register_byte(device, (unsigned)offset + i) << i * 8;
    }
    return value;
}

static void registers_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct vga *vga = device;
    unsigned at = (unsigned)offset;
    if (at - REG_PORTS < REG_PORTS_BYTES) {
        for (unsigned i = 0; i < size && at + i < REG_PORTS + REG_PORTS_BYTES; i++) {
            vga_port_write(vga, at + i - REG_PORTS + FIRST_PORT, value >> i * 8 & 0xff, 1);
        }
    } else if (at - REG_DISPI < REG_DISPI_BYTES && size >= 2) {
        for (unsigned i = 0; i < size; i += 2) {
            vga_dispi_write(vga, (at + i - REG_DISPI) / 2, (uint16_t)(value >> i * 8));
        }
    } else if (at == REG_BYTE_ORDER && size == 4) {
        vga->state.big_endian = value == BYTE_ORDER_BIG ? 1 : value == BYTE_ORDER_LITTLE ? 0 : vga->state.big_endian;
    } else {
        log_write(vga->machine->log, LOG_guest_errors, "vga: write of %u bytes to register %#x\n", size, at);
    }
}

static const struct io_ops registers_ops = { registers_read, registers_write, 1, 4 };
static const struct io_ops port_ops_low = { vga_port_read, vga_port_write, 1, 1 };

/* Ports 3C0h..3DFh: a region of its own, for the parallel port lies between. */
static uint64_t port_high_read(void *device, uint64_t offset, unsigned size)
{
    return vga_port_read(device, offset + FIRST_PORT, size);
}

static void port_high_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    vga_port_write(device, offset + FIRST_PORT, value, size);
}

static const struct io_ops port_ops_high = { port_high_read, port_high_write, 1, 1 };

/* ---- The device ---- */

static void loaded(void *device)
{
    struct vga *vga = device;
    vga->state.dac_component %= 3;              /* what was loaded may be anything */
    pci_device_loaded(&vga->pci);
    vga_window_update(vga);
    vga_invalidate(vga);
}

static void reset(void *device)
{
    struct vga *vga = device;
    vga->state = (struct vga_state){ .dispi[DISPI_ID] = 0xb0c5 };
    vga_ports_reset(&vga->state);
    pci_device_reset(&vga->pci);
    vga_window_update(vga);
    vga_invalidate(vga);
}

static void vga_free(void *device)
{
    struct vga *vga = device;
    display_set_adapter(vga->display, NULL);
    vga_text_free(vga->drawn.text);
    g_free(vga->drawn.dirty);
    g_free(vga->drawn.dirty_before);
    g_free(vga);
}

#define FIELD(member) SNAPSHOT_FIELD(struct vga_state, member)
static const struct snapshot_field fields[] = {
    FIELD(pci), FIELD(misc), FIELD(feature), FIELD(sequencer_index), FIELD(crtc_index), FIELD(graphics_index),
    FIELD(attribute_index), FIELD(attribute_data), FIELD(sequencer), FIELD(crtc), FIELD(graphics), FIELD(attribute),
    FIELD(dac_mask), FIELD(dac_reading), FIELD(dac_read_index), FIELD(dac_write_index), FIELD(dac_component),
    FIELD(dac_pending), FIELD(dac), FIELD(latches), FIELD(big_endian), FIELD(reserved), FIELD(dispi_index), FIELD(dispi),
};

const struct device_type vga_type = {
    .name = "VGA",
    .reset = reset,
    .loaded = loaded,
    .free = vga_free,
    .state_offset = offsetof(struct vga, state),
    .state_size = sizeof(struct vga_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static void map(struct vga *vga)
{
    struct memory *memory = vga->machine->memory, *ports = vga->machine->ports;
    pci_device_add_ram_bar(&vga->pci, 0, vga->ram_bytes, false, vga->ram_offset);
    pci_device_add_bar(&vga->pci, 2, REGISTER_BYTES, false, false, &registers_ops, vga);
    region_set_peek(memory_add_io(memory, "vga-window", WINDOW, WINDOW_BYTES, &vga_window_ops, vga, I440FX_PRIORITY_DEVICES),
                    vga_window_peek);
    vga->direct = memory_add_ram(memory, "vga-direct", WINDOW, DIRECT_BYTES, vga->machine->ram, vga->ram_offset, false,
                                 I440FX_PRIORITY_DEVICES + 1);
    memory_add_io(ports, "vga-mono", 0x3b0, 12, &port_ops_low, vga, 0);
    memory_add_io(ports, "vga", 0x3c0, 32, &port_ops_high, vga, 0);
    memory_add_io(ports, "vga-vbe", 0x1ce, 4, &vga_dispi_ops, vga, 0);
}

struct vga *vga_new(struct machine *machine, struct pci_bus *bus, unsigned slot, const struct vga_settings *settings,
                    struct display *display, GError **error)
{
    static const struct pci_identity identity = { .vendor = 0x1234, .device = 0x1111, .class_code = 0x0300, .revision = 2 };
    uint64_t mib = settings->memory_mib ? settings->memory_mib : 16, ram_offset;
    if (mib > MEMORY_MOST_MIB || (mib & (mib - 1))) {
        error_fail(error, "video memory must be a power of two, at most %u MiB", MEMORY_MOST_MIB);
        return NULL;
    }
    if (!machine_take_ram(machine, mib * MIB, &ram_offset)) {
        error_fail(error, "no room for %u MiB of video memory", (unsigned)mib);
        return NULL;
    }
    struct vga *vga = g_new0(struct vga, 1);
    vga->machine = machine;
    vga->display = display;
    vga->ram_offset = ram_offset;
    vga->ram_bytes = mib * MIB;
    vga->ram = machine->ram->host + ram_offset;
    vga->drawn.dirty = g_malloc0(vga->ram_bytes >> 12 >> 3);
    vga->drawn.dirty_before = g_malloc0(vga->ram_bytes >> 12 >> 3);
    vga->drawn.text = vga_text_new();
    if (settings->edid_width) {
        vga_edid_make(vga->edid, settings->edid_width, settings->edid_height);
    }
    pci_device_init(&vga->pci, bus, slot, 0, &vga->state.pci, &identity);
    map(vga);
    if (settings->rom && !pci_device_add_rom(&vga->pci, settings->rom, settings->rom_bytes)) {
        error_fail(error, "no room for the VGA BIOS");      /* the machine is not run: its regions do no harm */
        machine_add_device(machine, &vga_type, vga);
        return NULL;
    }
    display_set_adapter(display, &(struct display_adapter){ vga, vga_refresh, vga_invalidate });
    machine_add_device(machine, &vga_type, vga);
    return vga;
}
