/* SPDX-License-Identifier: MIT */
/*
 * A PCI bus behind configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2), with base address
 * registers, INTx and a list of capabilities (6.7). Reading a device that is not there gives all ones. Left out: bridges
 * (one bus, number 0), power states.
 *
 * INTx: pin p of slot s goes to PIRQ (s - f + p) mod 4, as the tables of the board say; f is the bus's first slot.
 */
#include <string.h>
#include "hw/pci/msi.h"

enum { ADDRESS_ENABLE = 1u << 31, BAR_IO = 1, BAR_WIDE = 4, BAR_PREFETCHABLE = 8 };
enum { ROM_ENABLE = 1, ROM_MIN_BYTES = 2048 };
enum { BAR_PRIORITY = -1 };             /* RAM, ROM and fixed devices win: sizing a BAR must not hide them */

static void set_word(uint8_t *config, unsigned offset, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        config[offset + i] = (uint8_t)(value >> i * 8);
    }
}

/* ---- Base addresses ---- */

static void map_bars(struct pci_device *device)
{
    uint16_t command = pci_word(device->state, PCI_COMMAND);
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar *bar = &device->bars[i];
        if (!bar->region) {
            continue;
        }
        uint64_t base = pci_long(device->state, PCI_BAR0 + i * 4);
        if (bar->wide) {
            base |= (uint64_t)pci_long(device->state, PCI_BAR0 + i * 4 + 4) << 32;
        }
        base &= ~(bar->bytes - 1);
        bool on = command & (bar->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY) && (base || (bar->io && device->bus->io_from_zero));
        if (bar->io && base > 0xffff) {
            on = false;
        }
        if (on) {
            region_set_address(bar->region, base);
        }
        region_set_enabled(bar->region, on);
    }
    if (device->rom.region) {
        uint32_t rom = pci_long(device->state, PCI_ROM_ADDRESS);
        uint32_t base = rom & ~(uint32_t)(device->rom.bytes - 1);
        bool on = (rom & ROM_ENABLE) && (command & PCI_COMMAND_MEMORY) && base;
        if (on) {
            region_set_address(device->rom.region, base);
        }
        region_set_enabled(device->rom.region, on);
    }
}

static struct pci_bar *describe_bar(struct pci_device *device, unsigned index, uint64_t bytes, bool io, bool wide,
                                    unsigned flags)
{
    g_assert(index + wide < PCI_BARS && bytes && !(bytes & (bytes - 1)));
    unsigned offset = PCI_BAR0 + index * 4;
    uint64_t mask = ~(bytes - 1);
    set_word(device->reset_config, offset, (io ? BAR_IO : 0) | (wide ? BAR_WIDE : 0) | flags, 4);
    set_word(device->writable, offset, (uint32_t)mask & (io ? ~3u : ~15u), 4);
    if (wide) {
        set_word(device->writable, offset + 4, (uint32_t)(mask >> 32), 4);
    }
    device->bars[index] = (struct pci_bar){ .bytes = bytes, .io = io, .wide = wide };
    return &device->bars[index];
}

void pci_device_add_bar(struct pci_device *device, unsigned index, uint64_t bytes, bool io, bool wide,
                        const struct io_ops *ops, void *opaque)
{
    struct machine *machine = device->bus->machine;
    struct pci_bar *bar = describe_bar(device, index, bytes, io, wide, 0);
    bar->region = memory_add_io(io ? machine->ports : machine->memory, "pci-bar", 0, bytes, ops, opaque, BAR_PRIORITY);
    region_set_enabled(bar->region, false);
}

void pci_device_add_ram_bar(struct pci_device *device, unsigned index, uint64_t bytes, bool wide, uint64_t ram_offset)
{
    struct machine *machine = device->bus->machine;
    struct pci_bar *bar = describe_bar(device, index, bytes, false, wide, BAR_PREFETCHABLE);
    bar->region = memory_add_ram(machine->memory, "pci-bar-ram", 0, bytes, machine->ram, ram_offset, false, BAR_PRIORITY);
    region_set_enabled(bar->region, false);
}

bool pci_device_add_rom(struct pci_device *device, const void *image, size_t image_bytes)
{
    struct machine *machine = device->bus->machine;
    uint64_t bytes = ROM_MIN_BYTES, ram_offset;
    while (bytes < image_bytes) {
        bytes *= 2;
    }
    if (bytes > UINT32_MAX || !machine_take_ram(machine, bytes, &ram_offset)) {
        return false;
    }
    memcpy(machine->ram->host + ram_offset, image, image_bytes);
    set_word(device->writable, PCI_ROM_ADDRESS, ~(uint32_t)(bytes - 1) | ROM_ENABLE, 4);
    device->rom = (struct pci_bar){ .bytes = bytes, .ram_offset = ram_offset, .ram_bytes = bytes };
    device->rom.region = memory_add_ram(machine->memory, "pci-rom", 0, bytes, machine->ram, ram_offset, true, BAR_PRIORITY);
    region_set_enabled(device->rom.region, false);
    return true;
}

struct pci_place pci_bar_place(const struct pci_device *device, unsigned index)
{
    const bool is_rom = index == PCI_BARS;
    const struct pci_bar *bar = is_rom ? &device->rom : &device->bars[index];
    const unsigned offset = is_rom ? PCI_ROM_ADDRESS : PCI_BAR0 + index * 4;
    uint64_t value = pci_long(device->state, offset);
    if (bar->wide) {
        value |= (uint64_t)pci_long(device->state, offset + 4) << 32;
    }
    const uint64_t address = value & (bar->io ? ~3ull : is_rom ? ~(uint64_t)(ROM_MIN_BYTES - 1) : ~15ull);
    return (struct pci_place){ .address = address, .bytes = bar->bytes, .io = bar->io, .wide = bar->wide,
                               .prefetchable = !bar->io && !is_rom && (value & BAR_PREFETCHABLE), .set = address };
}

/* ---- INTx ---- */

static void update_intx(struct pci_device *device)
{
    struct pci_bus *bus = device->bus;
    unsigned pin = device->state->config[PCI_INTERRUPT_PIN];
    if (!pin || pin > PCI_PINS) {
        return;
    }
    bool level = device->intx_level && !(pci_word(device->state, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
    device->state->config[PCI_STATUS] = (device->state->config[PCI_STATUS] & (uint8_t)~PCI_STATUS_INTERRUPT) |
                                        (device->intx_level ? PCI_STATUS_INTERRUPT : 0);
    unsigned pirq = (device->devfn / 8u - bus->pirq_first_slot + pin - 1) % PCI_PINS;
    uint8_t *byte = &bus->pin_levels[pirq][device->devfn / 8], bit = (uint8_t)(1 << device->devfn % 8);
    *byte = level ? *byte | bit : *byte & (uint8_t)~bit;
    bool any = false;
    for (unsigned i = 0; i < sizeof(bus->pin_levels[pirq]); i++) {
        any |= bus->pin_levels[pirq][i];
    }
    irq_set(&bus->pirq[pirq], any);
}

void pci_device_set_intx(struct pci_device *device, bool level)
{
    if (device->intx_level != level) {
        device->intx_level = level;
        update_intx(device);
    }
}

void pci_device_send_message(struct pci_device *device, uint64_t address, uint32_t data)
{
    struct pci_bus *bus = device->bus;
    if (!(pci_word(device->state, PCI_COMMAND) & PCI_COMMAND_MASTER)) {
        return;
    }
    if (bus->message.send) {
        bus->message.send(bus->message.opaque, device->devfn, address, data);
    } else {
        memory_write(bus->machine->memory, address, data, 4);
    }
}

/* ---- Configuration space ---- */

unsigned pci_device_add_capability(struct pci_device *device, uint8_t id, unsigned bytes)
{
    unsigned offset = device->capabilities_end ? device->capabilities_end : 0x40;
    g_assert(offset + bytes <= PCI_CONFIG_BYTES - 3u);
    uint8_t *link = &device->reset_config[PCI_CAPABILITIES];
    while (*link) {
        link = &device->reset_config[*link + 1];
    }
    *link = (uint8_t)offset;
    device->reset_config[offset] = id;
    device->reset_config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    device->capabilities_end = (uint8_t)((offset + bytes + 3) & ~3u);
    return offset;
}

void pci_device_init(struct pci_device *device, struct pci_bus *bus, unsigned slot, unsigned function,
                     struct pci_state *state, const struct pci_identity *identity)
{
    uint8_t *config = device->reset_config;
    device->bus = bus;
    device->state = state;
    device->devfn = (uint8_t)(slot * 8 + function);
    set_word(config, PCI_VENDOR_ID, identity->vendor, 2);
    set_word(config, PCI_DEVICE_ID, identity->device, 2);
    set_word(config, PCI_CLASS_DEVICE, identity->class_code, 2);
    set_word(config, PCI_STATUS, identity->status, 2);
    config[PCI_CLASS_PROG] = identity->prog_if;
    config[PCI_REVISION_ID] = identity->revision;
    config[PCI_HEADER_TYPE] = identity->header_type;
    config[PCI_INTERRUPT_PIN] = identity->interrupt_pin;
    set_word(config, PCI_SUBSYSTEM_VENDOR_ID, PCI_SUBSYSTEM_VENDOR, 2);
    set_word(config, PCI_SUBSYSTEM_ID, PCI_SUBSYSTEM_DEVICE, 2);
    set_word(device->writable, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
             PCI_COMMAND_INTX_DISABLE | 0x0140, 2);         /* parity and SERR enables too */
    set_word(device->clears, PCI_STATUS, 0xf900, 2);        /* error bits */
    device->writable[0x0c] = device->writable[0x0d] = 0xff; /* cache line, latency */
    device->writable[PCI_INTERRUPT_LINE] = identity->interrupt_pin ? 0xff : 0;
    bus->devices[device->devfn] = device;
}

void pci_device_loaded(struct pci_device *device)
{
    device->intx_level = pci_word(device->state, PCI_STATUS) & PCI_STATUS_INTERRUPT;
    map_bars(device);
    update_intx(device);
}

void pci_device_reset(struct pci_device *device)
{
    memcpy(device->state->config, device->reset_config, PCI_CONFIG_BYTES);
    device->intx_level = false;
    if (device->msix) {
        msix_reset(device->msix);
    }
    pci_device_loaded(device);
}

static void remove_bar(struct machine *machine, struct pci_bar *bar)
{
    if (bar->region) {
        region_remove(bar->region);
    }
    if (bar->ram_bytes) {
        machine_give_back_ram(machine, bar->ram_offset, bar->ram_bytes);
    }
    *bar = (struct pci_bar){ 0 };
}

void pci_device_remove(struct pci_device *device)
{
    struct pci_bus *bus = device->bus;
    pci_device_set_intx(device, false);
    for (unsigned i = 0; i < PCI_BARS; i++) {
        remove_bar(bus->machine, &device->bars[i]);
    }
    remove_bar(bus->machine, &device->rom);
    bus->devices[device->devfn] = NULL;
}

static void config_write(struct pci_device *device, unsigned offset, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> i * 8), *reg = &device->state->config[offset + i];
        uint8_t writable = device->writable[offset + i];
        *reg = (*reg & (uint8_t)~writable & (uint8_t)~(byte & device->clears[offset + i])) | (byte & writable);
    }
    if (offset < PCI_COMMAND + 2 && offset + size > PCI_COMMAND) {
        pci_device_loaded(device);
    } else if (offset < PCI_ROM_ADDRESS + 4 && offset + size > PCI_BAR0) {
        map_bars(device);
    }
    if (device->msi) {
        msi_config_written(device->msi, offset, size);
    }
    if (device->msix) {
        msix_config_written(device->msix, offset, size);
    }
    if (device->config_written) {
        device->config_written(device, offset, size);
    }
}

uint32_t pci_bus_config_read(struct pci_bus *bus, unsigned devfn, unsigned offset, unsigned size)
{
    struct pci_device *device = devfn < PCI_DEVICES && offset < PCI_CONFIG_BYTES ? bus->devices[devfn] : NULL;
    uint32_t value = 0;
    if (!device) {
        return UINT32_MAX;
    }
    if (device->config_reading) {
        device->config_reading(device, offset, size);
    }
    for (unsigned i = size; i-- > 0;) {
        value = value << 8 | device->state->config[offset + i];
    }
    return value;
}

void pci_bus_config_write(struct pci_bus *bus, unsigned devfn, unsigned offset, uint32_t value, unsigned size)
{
    struct pci_device *device = devfn < PCI_DEVICES && offset < PCI_CONFIG_BYTES ? bus->devices[devfn] : NULL;
    if (device) {
        config_write(device, offset, value, size);
    }
}

/* ---- Mechanism 1 ---- */

/* The device number that CF8h points at, and the register; -1: none. */
static int addressed(const struct pci_bus *bus, uint64_t offset, unsigned *reg)
{
    uint32_t address = bus->state.address;
    *reg = (address & 0xfc) + (unsigned)offset;
    return !(address & ADDRESS_ENABLE) || (address >> 16 & 0xff) ? -1 : (int)(address >> 8 & 0xff);
}

static uint64_t address_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_bus *bus = opaque;
    if (size == 4) {
        return bus->state.address;
    }
    if (size == 1 && offset == 1 && bus->reset_control.read) {
        return bus->reset_control.read(bus->reset_control.opaque);
    }
    return UINT32_MAX;
}

static void address_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pci_bus *bus = opaque;
    if (size == 4) {
        bus->state.address = (uint32_t)value & 0x80fffffc;
    } else if (size == 1 && offset == 1 && bus->reset_control.write) {
        bus->reset_control.write(bus->reset_control.opaque, (uint8_t)value);
    }
}

static uint64_t data_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_bus *bus = opaque;
    unsigned reg;
    int devfn = addressed(bus, offset, &reg);
    return devfn < 0 ? UINT32_MAX : pci_bus_config_read(bus, (unsigned)devfn, reg, size);
}

static void data_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pci_bus *bus = opaque;
    unsigned reg;
    int devfn = addressed(bus, offset, &reg);
    if (devfn >= 0) {
        pci_bus_config_write(bus, (unsigned)devfn, reg, (uint32_t)value, size);
    }
}

static const struct io_ops address_ops = { address_read, address_write, 1, 4 };
static const struct io_ops data_ops = { data_read, data_write, 1, 4 };

static void reset(void *device)
{
    struct pci_bus *bus = device;
    bus->state = (struct pci_bus_state){ 0 };
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct pci_bus_state, address) };

const struct device_type pci_bus_type = {
    .name = "pci-bus",
    .reset = reset,
    .state_offset = offsetof(struct pci_bus, state),
    .state_size = sizeof(struct pci_bus_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct pci_bus *pci_bus_new_without_ports(struct machine *machine)
{
    struct pci_bus *bus = g_new0(struct pci_bus, 1);
    bus->machine = machine;
    machine_add_device(machine, &pci_bus_type, bus);
    return bus;
}

struct pci_bus *pci_bus_new(struct machine *machine)
{
    struct pci_bus *bus = pci_bus_new_without_ports(machine);
    bus->pirq_first_slot = 1;
    memory_add_io(machine->ports, "pci-address", 0xcf8, 4, &address_ops, bus, 0);
    memory_add_io(machine->ports, "pci-data", 0xcfc, 4, &data_ops, bus, 0);
    return bus;
}
