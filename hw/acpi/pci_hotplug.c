/* SPDX-License-Identifier: MIT */
/*
 * Hot plug of PCI devices by ACPI, at the ports and with the meaning that QEMU's docs/specs/acpi_pci_hotplug gives them, so that
 * the tables of either fit. A device that comes sets its slot's bit in PCIU, one that is asked to go in PCID; both raise
 * general-purpose event 1, whose method reads them and notifies the slots. The guest lets a device go by writing its bit to B0EJ.
 *
 * Left out: bridges (one bus, number 0), the index of a device (PIDX reads 0).
 */
#include "hw/acpi/pci_hotplug.h"

enum { PCIU = 0x00, PCID = 0x04, B0EJ = 0x08, PCRM = 0x0c, BNUM = 0x10, GPE_HOTPLUG = 1, FUNCTIONS = 8 };

static struct pci_device *device_in(const struct pci_hotplug *hotplug, unsigned slot)
{
    return hotplug->bus->devices[slot * FUNCTIONS];
}

uint32_t pci_hotplug_removable(const struct pci_hotplug *hotplug)
{
    uint32_t slots = 0;
    for (unsigned slot = 0; slot < PCI_HOTPLUG_SLOTS; slot++) {
        const struct pci_device *device = device_in(hotplug, slot);
        slots |= !device || device->removable ? 1u << slot : 0;
    }
    return slots;
}

static void eject(struct pci_hotplug *hotplug, uint32_t slots)
{
    for (unsigned slot = 0; slot < PCI_HOTPLUG_SLOTS; slot++) {
        const struct pci_device *device = slots >> slot & 1 ? device_in(hotplug, slot) : NULL;
        if (device && device->removable && hotplug->eject) {
            hotplug->state.up &= ~(1u << slot);
            hotplug->state.down &= ~(1u << slot);
            hotplug->eject(hotplug->opaque, slot);
        }
    }
}

static uint64_t hotplug_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_hotplug *hotplug = opaque;
    struct pci_hotplug_state *s = &hotplug->state;
    uint32_t up = s->up;
    if (offset == BNUM) {
        return s->select;
    }
    if (s->select) {
        return 0;                   /* no such bus */
    }
    switch (offset) {
    case PCIU: s->up = 0; return up;
    case PCID: return s->down;
    case PCRM: return pci_hotplug_removable(hotplug);
    default: return 0;
    }
}

static void hotplug_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pci_hotplug *hotplug = opaque;
    if (offset == BNUM) {
        hotplug->state.select = (uint32_t)value;
    } else if (offset == B0EJ && !hotplug->state.select) {
        eject(hotplug, (uint32_t)value);
    }
}

void pci_hotplug_came(struct pci_hotplug *hotplug, unsigned slot)
{
    hotplug->state.up |= 1u << slot;
    piix4_pm_gpe(hotplug->pm, GPE_HOTPLUG);
}

void pci_hotplug_ask(struct pci_hotplug *hotplug, unsigned slot)
{
    hotplug->state.down |= 1u << slot;
    piix4_pm_gpe(hotplug->pm, GPE_HOTPLUG);
}

/* Firmware and the next system find what is there; who was asked to go has nobody left to ask. */
static void reset(void *device)
{
    struct pci_hotplug *hotplug = device;
    eject(hotplug, hotplug->state.down);
    hotplug->state = (struct pci_hotplug_state){ 0 };
}

static const struct io_ops hotplug_ops = { hotplug_read, hotplug_write, 4, 4 };

#define FIELD(member) SNAPSHOT_FIELD(struct pci_hotplug_state, member)
static const struct snapshot_field fields[] = { FIELD(up), FIELD(down), FIELD(select) };

const struct device_type pci_hotplug_type = {
    .name = "pci-hotplug",
    .reset = reset,
    .state_offset = offsetof(struct pci_hotplug, state),
    .state_size = sizeof(struct pci_hotplug_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct pci_hotplug *pci_hotplug_new(struct machine *machine, struct pci_bus *bus, struct piix4_pm *pm)
{
    struct pci_hotplug *hotplug = g_new0(struct pci_hotplug, 1);
    hotplug->machine = machine;
    hotplug->bus = bus;
    hotplug->pm = pm;
    memory_add_io(machine->ports, "acpi-pci-hotplug", PCI_HOTPLUG_BASE, PCI_HOTPLUG_BYTES, &hotplug_ops, hotplug, 0);
    machine_add_device(machine, &pci_hotplug_type, hotplug);
    return hotplug;
}
