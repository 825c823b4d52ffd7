/* SPDX-License-Identifier: MIT */
#ifndef HW_ACPI_PCI_HOTPLUG_H
#define HW_ACPI_PCI_HOTPLUG_H
/* Hot plug of a PC's PCI slots by ACPI: registers at AE00h, general-purpose event 1, methods in the tables (pci_slots.c). */
#include "hw/acpi/piix4_pm.h"

enum { PCI_HOTPLUG_BASE = 0xae00, PCI_HOTPLUG_BYTES = 0x18, PCI_HOTPLUG_SLOTS = 32 };

struct pci_hotplug_state {
    uint32_t up, down;              /* a bit a slot: a device came; a device is asked to go */
    uint32_t select;                /* number of the bus that the registers show */
};

struct pci_hotplug {
    struct pci_hotplug_state state;
    struct machine *machine;
    struct pci_bus *bus;
    struct piix4_pm *pm;
    /* The guest lets go of the removable device in a slot, or a reset does; machine lock held, any thread. Set by the board. */
    void (*eject)(void *opaque, unsigned slot);
    void *opaque;
};

extern const struct device_type pci_hotplug_type;

/* Before the devices that may go: a reset of it pulls out those that were asked to. */
struct pci_hotplug *pci_hotplug_new(struct machine *machine, struct pci_bus *bus, struct piix4_pm *pm);
/* Machine lock held: tells the guest that a device has come, or asks it to let one go. */
void pci_hotplug_came(struct pci_hotplug *hotplug, unsigned slot);
void pci_hotplug_ask(struct pci_hotplug *hotplug, unsigned slot);
/* A bit for each slot that is empty or whose device may go. */
uint32_t pci_hotplug_removable(const struct pci_hotplug *hotplug);

#endif
