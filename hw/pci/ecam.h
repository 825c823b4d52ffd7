/* SPDX-License-Identifier: MIT */
#ifndef HW_PCI_ECAM_H
#define HW_PCI_ECAM_H
/* A generic PCI Express host bridge: configuration space in memory, a window for I/O space, four interrupt lines. */
#include "hw/pci/pci.h"

struct ecam_state { struct pci_state pci; };

struct ecam {
    struct ecam_state state;
    struct pci_device pci;          /* the bridge's own function 00.0 */
    struct machine *machine;
    struct pci_bus *bus;
};

extern const struct device_type ecam_type;

/* Places in physical memory: config_bytes is 1 MiB for each bus, io_bytes at most 64 KiB. Base addresses of memory may be
 * anywhere. Its bus sends pins to bus->pirq, which the caller sets. */
struct ecam *ecam_new(struct machine *machine, uint64_t config, uint64_t config_bytes, uint64_t io, uint64_t io_bytes);

#endif
