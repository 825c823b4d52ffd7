/* SPDX-License-Identifier: MIT */
#ifndef HW_PCI_MSI_H
#define HW_PCI_MSI_H
/*
 * Message-signalled interrupts: MSI (in configuration space alone) and MSI-X (a table in a BAR), PCI 3.0, 6.8. A
 * message is a write of four bytes: x86's local APICs and ARM's GICv2m and ITS listen at addresses of their own.
 *
 * A device embeds struct msi or struct msix, and for MSI-X struct msix_state in its state. pci_device_reset and
 * pci_device_loaded include them.
 */
#include "hw/pci/pci.h"

enum { MSI_VECTORS_MOST = 32, MSIX_VECTORS_MOST = 64 };

struct msi {
    struct pci_device *device;
    unsigned capability, vectors;
};

/* vectors: a power of two. Always with 64-bit addresses and a mask bit for each vector. */
void msi_init(struct msi *msi, struct pci_device *device, unsigned vectors);
bool msi_enabled(const struct msi *msi);
/* Vectors beyond those that the driver allowed come as vector modulo that number. */
void msi_notify(struct msi *msi, unsigned vector);

struct msix_state {
    struct msix_entry { uint32_t address_low, address_high, data, control; } table[MSIX_VECTORS_MOST];
    uint64_t pending;
};

struct msix {
    struct msix_state *state;
    struct pci_device *device;
    unsigned capability, vectors;
};

/* Table and pending bits fill BAR `bar` (4 KiB of memory). */
void msix_init(struct msix *msix, struct pci_device *device, struct msix_state *state, unsigned vectors, unsigned bar);
bool msix_enabled(const struct msix *msix);
/* A vector that does not exist is dropped. */
void msix_notify(struct msix *msix, unsigned vector);

/* For pci.c. */
void msi_config_written(struct msi *msi, unsigned offset, unsigned size);
void msix_config_written(struct msix *msix, unsigned offset, unsigned size);
void msix_reset(struct msix *msix);

#endif
