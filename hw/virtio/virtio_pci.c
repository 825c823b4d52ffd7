/* SPDX-License-Identifier: MIT */
/*
 * virtio over PCI (VIRTIO 1.1, 4.1): identity, BARs, capabilities, interrupts. The registers are virtio_pci_regs.c.
 *
 *   BAR 0  ports, the legacy registers          (unless disable-legacy)
 *   BAR 1  memory, MSI-X table
 *   BAR 4  memory, 64 bits: common, ISR, device-specific and notification registers, 4 KiB each (unless disable-modern)
 *
 * A device with both is "transitional": ids 1000h.., subsystem id = device type, revision 0 (4.1.2.3). Departure: the
 * bus-master bit gates interrupt messages but not the rings, since some old legacy drivers never set it.
 */
#include <string.h>
#include "hw/virtio/virtio_pci.h"

enum { BAR_LEGACY = 0, BAR_MSIX = 1, BAR_MODERN = 4, LEGACY_HEADER_BYTES = 24 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4, CAP_PCI_CONFIG = 5 };
enum {  /* struct virtio_pci_cap */
    CAP_LENGTH_BYTE = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_BYTES_COVERED = 12, CAP_BYTES = 16,
    CAP_MULTIPLIER = 16, CAP_WINDOW = 16,
};
enum { VENDOR_VIRTIO = 0x1af4, DEVICE_MODERN = 0x1040, SUBSYSTEM_MODERN = 0x1100 };

/* 4.1.2.1: transitional ids; 0: the type has none. */
static uint16_t transitional_id(uint16_t type)
{
    switch (type) {
    case VIRTIO_ID_NET: return 0x1000;
    case VIRTIO_ID_BLOCK: return 0x1001;
    case VIRTIO_ID_BALLOON: return 0x1002;
    case VIRTIO_ID_CONSOLE: return 0x1003;
    case VIRTIO_ID_SCSI: return 0x1004;
    case VIRTIO_ID_ENTROPY: return 0x1005;
    case VIRTIO_ID_9P: return 0x1009;
    default: return 0;
    }
}

/* ---- Interrupts ---- */

void virtio_pci_update_intx(struct virtio_pci *vp)
{
    pci_device_set_intx(&vp->pci, vp->virtio->state->isr && !msix_enabled(&vp->msix));
}

static void interrupt(void *opaque, uint16_t vector)
{
    struct virtio_pci *vp = opaque;
    if (msix_enabled(&vp->msix)) {
        msix_notify(&vp->msix, vector);
    } else {
        virtio_pci_update_intx(vp);
    }
}

static void isr_changed(void *opaque)
{
    virtio_pci_update_intx(opaque);
}

static const struct virtio_transport transport = { interrupt, isr_changed };

/* ---- The window in configuration space (4.1.4.7) ---- */

static struct virtio_pci *from_pci(struct pci_device *device)
{
    return (struct virtio_pci *)((char *)device - offsetof(struct virtio_pci, pci));
}

/* Where it points; false: nowhere. */
static bool window_target(struct virtio_pci *vp, uint32_t *offset, unsigned *size)
{
    const struct pci_state *pci = &vp->state.pci;
    *offset = pci_long(pci, vp->window + CAP_OFFSET);
    *size = pci_long(pci, vp->window + CAP_BYTES_COVERED);
    return pci->config[vp->window + CAP_BAR] == BAR_MODERN && (*size == 1 || *size == 2 || *size == 4) &&
           *offset % *size == 0 && *offset < VIRTIO_PCI_BYTES;
}

static bool touches_window(const struct virtio_pci *vp, unsigned offset, unsigned size)
{
    unsigned data = vp->window + CAP_WINDOW;
    return vp->window && offset < data + 4 && offset + size > data;
}

static void config_reading(struct pci_device *device, unsigned offset, unsigned size)
{
    struct virtio_pci *vp = from_pci(device);
    uint32_t target;
    unsigned width;
    if (touches_window(vp, offset, size) && window_target(vp, &target, &width)) {
        uint32_t value = (uint32_t)virtio_pci_modern_ops.read(vp, target, width);
        memcpy(&device->state->config[vp->window + CAP_WINDOW], &value, width);
    }
}

static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    struct virtio_pci *vp = from_pci(device);
    uint32_t target;
    unsigned width;
    if (touches_window(vp, offset, size) && window_target(vp, &target, &width)) {
        uint32_t value = pci_long(device->state, vp->window + CAP_WINDOW);
        virtio_pci_modern_ops.write(vp, target, width == 4 ? value : value & ((1u << width * 8) - 1), width);
    }
    virtio_loaded(vp->virtio);
    virtio_pci_update_intx(vp);
}

/* ---- The device ---- */

static void loaded(void *opaque)
{
    struct virtio_pci *vp = opaque;
    pci_device_loaded(&vp->pci);
    virtio_pci_update_intx(vp);
}

static void reset(void *opaque)
{
    struct virtio_pci *vp = opaque;
    vp->state = (struct virtio_pci_state){ 0 };
    pci_device_reset(&vp->pci);
    virtio_pci_update_intx(vp);
}

static const struct snapshot_field fields[] = {
    SNAPSHOT_FIELD(struct virtio_pci_state, pci), SNAPSHOT_FIELD(struct virtio_pci_state, msix),
};

const struct device_type virtio_pci_type = {
    .name = "virtio-pci",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct virtio_pci, state),
    .state_size = sizeof(struct virtio_pci_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static unsigned add_cap(struct virtio_pci *vp, uint8_t type, uint32_t offset, uint32_t covered, unsigned bytes)
{
    unsigned at = pci_device_add_capability(&vp->pci, PCI_CAPABILITY_VENDOR, bytes);
    uint8_t *cap = vp->pci.reset_config + at;
    cap[CAP_LENGTH_BYTE] = (uint8_t)bytes;
    cap[CAP_TYPE] = type;
    cap[CAP_BAR] = covered ? BAR_MODERN : 0;
    memcpy(cap + CAP_OFFSET, &offset, 4);
    memcpy(cap + CAP_BYTES_COVERED, &covered, 4);
    return at;
}

static void add_modern(struct virtio_pci *vp)
{
    static const uint32_t multiplier = VIRTIO_PCI_NOTIFY_MULTIPLIER;
    add_cap(vp, CAP_COMMON, VIRTIO_PCI_COMMON, VIRTIO_PCI_PART_BYTES, CAP_BYTES);
    add_cap(vp, CAP_ISR, VIRTIO_PCI_ISR, VIRTIO_PCI_PART_BYTES, CAP_BYTES);
    add_cap(vp, CAP_DEVICE, VIRTIO_PCI_DEVICE, VIRTIO_PCI_PART_BYTES, CAP_BYTES);
    unsigned notify = add_cap(vp, CAP_NOTIFY, VIRTIO_PCI_NOTIFY, VIRTIO_PCI_PART_BYTES, CAP_BYTES + 4);
    memcpy(vp->pci.reset_config + notify + CAP_MULTIPLIER, &multiplier, 4);
    vp->window = add_cap(vp, CAP_PCI_CONFIG, 0, 0, CAP_BYTES + 4);
    uint8_t *writable = vp->pci.writable + vp->window;
    writable[CAP_BAR] = 0xff;
    memset(writable + CAP_OFFSET, 0xff, CAP_BYTES + 4 - CAP_OFFSET);
    pci_device_add_bar(&vp->pci, BAR_MODERN, VIRTIO_PCI_BYTES, false, true, &virtio_pci_modern_ops, vp);
}

static void add_legacy(struct virtio_pci *vp)
{
    unsigned bytes = 32, wanted = LEGACY_HEADER_BYTES + vp->virtio->ops->config_bytes;
    while (bytes < wanted) {
        bytes *= 2;
    }
    pci_device_add_bar(&vp->pci, BAR_LEGACY, bytes, true, false, &virtio_pci_legacy_ops, vp);
}

struct virtio_pci *virtio_pci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned function,
                                  struct virtio_device *virtio, const struct virtio_pci_options *options)
{
    struct virtio_pci *vp = g_new0(struct virtio_pci, 1);
    uint16_t type = virtio->ops->id, transitional = transitional_id(type);
    bool legacy = !options->disable_legacy && transitional;
    struct pci_identity identity = {
        .vendor = VENDOR_VIRTIO, .device = legacy ? transitional : (uint16_t)(DEVICE_MODERN + type),
        .class_code = options->class_code, .revision = !legacy, .interrupt_pin = 1,
    };
    vp->virtio = virtio;
    pci_device_init(&vp->pci, bus, slot, function, &vp->state.pci, &identity);
    uint16_t subsystem = legacy ? type : SUBSYSTEM_MODERN;
    memcpy(vp->pci.reset_config + PCI_SUBSYSTEM_ID, &subsystem, 2);
    unsigned vectors = options->vectors ? options->vectors : virtio->queue_count + 1;
    msix_init(&vp->msix, &vp->pci, &vp->state.msix, MIN(vectors, MSIX_VECTORS_MOST), BAR_MSIX);
    if (legacy) {
        add_legacy(vp);
    }
    if (!options->disable_modern) {
        add_modern(vp);
    }
    vp->pci.config_written = config_written;
    vp->pci.config_reading = config_reading;
    virtio_connect(virtio, &transport, vp);
    machine_add_device(machine, &virtio_pci_type, vp);
    return vp;
}
