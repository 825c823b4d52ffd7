/* SPDX-License-Identifier: MIT */
/*
 * Host bridge with the enhanced configuration access mechanism (PCI Express Base Specification 3.0, 7.2.2), as the device tree
 * binding "pci-host-ecam-generic" describes it. Bus 0 alone has devices; of each device's 4 KiB of configuration space the
 * extended part reads as zeros, so there are no extended capabilities. I/O space is a window onto the machine's ports.
 */
#include "hw/pci/ecam.h"

enum { ECAM_BUS_BYTES = 1 << 20, ECAM_FUNCTION_BYTES = 4096 };

static uint64_t config_read(void *opaque, uint64_t offset, unsigned size)
{
    struct ecam *ecam = opaque;
    unsigned devfn = (unsigned)(offset / ECAM_FUNCTION_BYTES), reg = offset % ECAM_FUNCTION_BYTES;
    if (offset >= ECAM_BUS_BYTES || !ecam->bus->devices[devfn]) {
        return UINT32_MAX;
    }
    return reg < PCI_CONFIG_BYTES ? pci_bus_config_read(ecam->bus, devfn, reg, size) : 0;
}

static void config_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct ecam *ecam = opaque;
    unsigned devfn = (unsigned)(offset / ECAM_FUNCTION_BYTES), reg = offset % ECAM_FUNCTION_BYTES;
    if (offset < ECAM_BUS_BYTES && reg < PCI_CONFIG_BYTES) {
        pci_bus_config_write(ecam->bus, devfn, reg, (uint32_t)value, size);
    }
}

static uint64_t io_read(void *opaque, uint64_t offset, unsigned size)
{
    struct ecam *ecam = opaque;
    return memory_read(ecam->machine->ports, offset, size);
}

static void io_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct ecam *ecam = opaque;
    memory_write(ecam->machine->ports, offset, value, size);
}

static const struct io_ops config_ops = { config_read, config_write, 1, 4 };
static const struct io_ops io_ops = { io_read, io_write, 1, 4 };

static void reset(void *device)
{
    struct ecam *ecam = device;
    pci_device_reset(&ecam->pci);
}

static void loaded(void *device)
{
    struct ecam *ecam = device;
    pci_device_loaded(&ecam->pci);
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct ecam_state, pci) };

const struct device_type ecam_type = {
    .name = "ecam",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct ecam, state),
    .state_size = sizeof(struct ecam_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct ecam *ecam_new(struct machine *machine, uint64_t config, uint64_t config_bytes, uint64_t io, uint64_t io_bytes)
{
    static const struct pci_identity identity = { .vendor = 0x1b36, .device = 0x0008, .class_code = 0x0600 };
    struct ecam *ecam = g_new0(struct ecam, 1);
    ecam->machine = machine;
    ecam->bus = pci_bus_new_without_ports(machine);
    ecam->bus->io_from_zero = true;
    pci_device_init(&ecam->pci, ecam->bus, 0, 0, &ecam->state.pci, &identity);
    memory_add_io(machine->memory, "ecam", config, config_bytes, &config_ops, ecam, 0);
    memory_add_io(machine->memory, "pci-io", io, io_bytes, &io_ops, ecam, 0);
    machine_add_device(machine, &ecam_type, ecam);
    return ecam;
}
