/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_PCI_H
#define HW_VIRTIO_VIRTIO_PCI_H
/* A virtio device as a PCI function: the interface of VIRTIO 1.1 (4.1), the legacy one (4.1.4.8), or both. */
#include "hw/pci/msi.h"
#include "hw/virtio/virtio.h"

struct virtio_pci_state {
    struct pci_state pci;
    struct msix_state msix;
};

struct virtio_pci {
    struct virtio_pci_state state;
    struct pci_device pci;
    struct msix msix;
    struct virtio_device *virtio;
    unsigned window;                /* offset of the capability through which configuration space reaches the BARs */
};

struct virtio_pci_options {
    bool disable_legacy, disable_modern;        /* not both */
    uint16_t class_code;
    unsigned vectors;               /* of MSI-X; 0: one for each queue and one for the configuration */
};

extern const struct device_type virtio_pci_type;

/* After the device's own constructor, all its queues added. */
struct virtio_pci *virtio_pci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned function,
                                  struct virtio_device *virtio, const struct virtio_pci_options *options);

/* virtio_pci.c and virtio_pci_regs.c */
void virtio_pci_update_intx(struct virtio_pci *vp);
extern const struct io_ops virtio_pci_legacy_ops, virtio_pci_modern_ops;
enum {  /* parts of the modern BAR */
    VIRTIO_PCI_COMMON = 0x0000, VIRTIO_PCI_ISR = 0x1000, VIRTIO_PCI_DEVICE = 0x2000, VIRTIO_PCI_NOTIFY = 0x3000,
    VIRTIO_PCI_PART_BYTES = 0x1000, VIRTIO_PCI_BYTES = 0x4000, VIRTIO_PCI_NOTIFY_MULTIPLIER = 4,
};

#endif
