/* SPDX-License-Identifier: MIT */
/* Registers of virtio over PCI: the legacy ports (VIRTIO 1.1, 4.1.4.8) and the modern memory (4.1.4.3 to 4.1.4.6). */
#include <string.h>
#include "hw/virtio/virtio_pci.h"

enum {  /* legacy header */
    LEGACY_FEATURES = 0, LEGACY_DRIVER_FEATURES = 4, LEGACY_QUEUE_ADDRESS = 8, LEGACY_QUEUE_SIZE = 12,
    LEGACY_QUEUE_SELECT = 14, LEGACY_QUEUE_NOTIFY = 16, LEGACY_STATUS = 18, LEGACY_ISR = 19, LEGACY_CONFIG_VECTOR = 20,
    LEGACY_QUEUE_VECTOR = 22, LEGACY_PAGE_SHIFT = 12, LEGACY_PAGE = 1 << LEGACY_PAGE_SHIFT,
};
enum {  /* struct virtio_pci_common_cfg */
    COMMON_DEVICE_FEATURE_SELECT = 0, COMMON_DEVICE_FEATURE = 4, COMMON_DRIVER_FEATURE_SELECT = 8,
    COMMON_DRIVER_FEATURE = 12, COMMON_CONFIG_VECTOR = 16, COMMON_QUEUE_COUNT = 18, COMMON_STATUS = 20,
    COMMON_GENERATION = 21, COMMON_QUEUE_SELECT = 22, COMMON_QUEUE_SIZE = 24, COMMON_QUEUE_VECTOR = 26,
    COMMON_QUEUE_ENABLE = 28, COMMON_QUEUE_NOTIFY_OFF = 30, COMMON_QUEUE_DESCRIPTORS = 32, COMMON_QUEUE_DRIVER = 40,
    COMMON_QUEUE_DEVICE = 48, COMMON_BYTES = 56,
};

/* A vector that does not exist reads back as "none", which tells the driver. */
static uint16_t checked_vector(const struct virtio_pci *vp, uint64_t vector)
{
    return vector < vp->msix.vectors ? (uint16_t)vector : VIRTIO_NO_VECTOR;
}

static uint16_t selected_vector(struct virtio_pci *vp)
{
    const struct virtio_queue_state *queue = virtio_selected(vp->virtio);
    return queue ? queue->vector : VIRTIO_NO_VECTOR;
}

static void set_selected_vector(struct virtio_pci *vp, uint64_t vector)
{
    struct virtio_queue_state *queue = virtio_selected(vp->virtio);
    if (queue) {
        queue->vector = checked_vector(vp, vector);
    }
}

/* ---- Legacy ---- */

/* With MSI-X on, two vector registers come before the device's configuration. */
static unsigned legacy_header_bytes(const struct virtio_pci *vp)
{
    return msix_enabled(&vp->msix) ? LEGACY_CONFIG_VECTOR + 4 : LEGACY_CONFIG_VECTOR;
}

static uint64_t legacy_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *vp = opaque;
    struct virtio_device *virtio = vp->virtio;
    struct virtio_state *s = virtio->state;
    const struct virtio_queue_state *queue = virtio_selected(virtio);
    unsigned header = legacy_header_bytes(vp);
    if (offset >= header) {
        return virtio_config_read(virtio, offset - header, size);
    }
    switch (offset) {
    case LEGACY_FEATURES: return virtio_features(virtio, true, 0);
    case LEGACY_DRIVER_FEATURES: return (uint32_t)s->driver_features;
    case LEGACY_QUEUE_ADDRESS: return queue && queue->ready ? queue->descriptors >> LEGACY_PAGE_SHIFT : 0;
    case LEGACY_QUEUE_SIZE: return virtio_selected_size_most(virtio);
    case LEGACY_QUEUE_SELECT: return s->queue_select;
    case LEGACY_STATUS: return s->status;
    case LEGACY_ISR: return virtio_take_isr(virtio, UINT8_MAX);
    case LEGACY_CONFIG_VECTOR: return s->config_vector;
    case LEGACY_QUEUE_VECTOR: return selected_vector(vp);
    default: return 0;
    }
}

static void legacy_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_pci *vp = opaque;
    struct virtio_device *virtio = vp->virtio;
    unsigned header = legacy_header_bytes(vp);
    if (offset >= header) {
        virtio_config_write(virtio, offset - header, (uint32_t)value, size);
        return;
    }
    switch (offset) {
    case LEGACY_DRIVER_FEATURES: virtio_set_features(virtio, true, 0, (uint32_t)value); break;
    case LEGACY_QUEUE_ADDRESS: virtio_set_legacy_address(virtio, value << LEGACY_PAGE_SHIFT, LEGACY_PAGE); break;
    case LEGACY_QUEUE_SELECT: virtio->state->queue_select = (uint16_t)value; break;
    case LEGACY_QUEUE_NOTIFY: virtio_queue_notify(virtio, (uint16_t)value); break;
    case LEGACY_STATUS: virtio_set_status(virtio, true, (uint8_t)value); break;
    case LEGACY_CONFIG_VECTOR: virtio->state->config_vector = checked_vector(vp, value); break;
    case LEGACY_QUEUE_VECTOR: set_selected_vector(vp, value); break;
    default: break;
    }
}

/* ---- Modern ---- */

static void put(uint8_t *image, unsigned offset, uint64_t value, unsigned bytes)
{
    memcpy(image + offset, &value, bytes);
}

static void common_image(struct virtio_pci *vp, uint8_t *image)
{
    struct virtio_device *virtio = vp->virtio;
    const struct virtio_state *s = virtio->state;
    const struct virtio_queue_state *queue = virtio_selected(virtio);
    put(image, COMMON_DEVICE_FEATURE_SELECT, s->device_features_select, 4);
    put(image, COMMON_DEVICE_FEATURE, virtio_features(virtio, false, s->device_features_select), 4);
    put(image, COMMON_DRIVER_FEATURE_SELECT, s->driver_features_select, 4);
    put(image, COMMON_DRIVER_FEATURE, s->driver_features_select > 1 ? 0 :
        s->driver_features >> s->driver_features_select * 32, 4);
    put(image, COMMON_CONFIG_VECTOR, s->config_vector, 2);
    put(image, COMMON_QUEUE_COUNT, virtio->queue_count, 2);
    put(image, COMMON_STATUS, s->status, 1);
    put(image, COMMON_GENERATION, s->config_generation, 1);
    put(image, COMMON_QUEUE_SELECT, s->queue_select, 2);
    put(image, COMMON_QUEUE_VECTOR, selected_vector(vp), 2);
    put(image, COMMON_QUEUE_NOTIFY_OFF, s->queue_select, 2);
    if (queue) {        /* others read as size 0 */
        put(image, COMMON_QUEUE_SIZE, queue->size, 2);
        put(image, COMMON_QUEUE_ENABLE, queue->ready, 2);
        put(image, COMMON_QUEUE_DESCRIPTORS, queue->descriptors, 8);
        put(image, COMMON_QUEUE_DRIVER, queue->available, 8);
        put(image, COMMON_QUEUE_DEVICE, queue->used, 8);
    }
}

static void set_half(uint64_t *address, uint64_t offset, uint32_t value)
{
    unsigned shift = offset & 4 ? 32 : 0;
    *address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void queue_address_write(struct virtio_device *virtio, uint64_t offset, uint32_t value)
{
    struct virtio_queue_state *queue = virtio_selected(virtio);
    if (!queue || queue->ready) {
        return;
    }
    switch (offset & ~7ull) {
    case COMMON_QUEUE_DESCRIPTORS: set_half(&queue->descriptors, offset, value); break;
    case COMMON_QUEUE_DRIVER: set_half(&queue->available, offset, value); break;
    case COMMON_QUEUE_DEVICE: set_half(&queue->used, offset, value); break;
    default: break;
    }
}

static void common_write(struct virtio_pci *vp, uint64_t offset, uint32_t value)
{
    struct virtio_device *virtio = vp->virtio;
    struct virtio_state *s = virtio->state;
    switch (offset) {
    case COMMON_DEVICE_FEATURE_SELECT: s->device_features_select = value; break;
    case COMMON_DRIVER_FEATURE_SELECT: s->driver_features_select = value; break;
    case COMMON_DRIVER_FEATURE: virtio_set_features(virtio, false, s->driver_features_select, value); break;
    case COMMON_CONFIG_VECTOR: s->config_vector = checked_vector(vp, value); break;
    case COMMON_STATUS: virtio_set_status(virtio, false, (uint8_t)value); break;
    case COMMON_QUEUE_SELECT: s->queue_select = (uint16_t)value; break;
    case COMMON_QUEUE_SIZE: virtio_set_size(virtio, value); break;
    case COMMON_QUEUE_VECTOR: set_selected_vector(vp, value); break;
    case COMMON_QUEUE_ENABLE: virtio_set_ready(virtio, value == 1); break;
    default: queue_address_write(virtio, offset, value); break;
    }
}

static uint64_t modern_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_pci *vp = opaque;
    uint8_t image[COMMON_BYTES + 4] = { 0 };
    uint64_t inside = offset % VIRTIO_PCI_PART_BYTES, value = 0;
    switch (offset & ~(VIRTIO_PCI_PART_BYTES - 1ull)) {
    case VIRTIO_PCI_COMMON:
        if (inside < COMMON_BYTES) {
            common_image(vp, image);
            memcpy(&value, image + inside, size);
        }
        return value;
    case VIRTIO_PCI_ISR: return inside ? 0 : virtio_take_isr(vp->virtio, UINT8_MAX);
    case VIRTIO_PCI_DEVICE: return virtio_config_read(vp->virtio, inside, size);
    default: return 0;
    }
}

static void modern_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_pci *vp = opaque;
    uint64_t inside = offset % VIRTIO_PCI_PART_BYTES;
    switch (offset & ~(VIRTIO_PCI_PART_BYTES - 1ull)) {
    case VIRTIO_PCI_COMMON: common_write(vp, inside, (uint32_t)value); break;
    case VIRTIO_PCI_DEVICE: virtio_config_write(vp->virtio, inside, (uint32_t)value, size); break;
    case VIRTIO_PCI_NOTIFY: virtio_queue_notify(vp->virtio, (uint32_t)(inside / VIRTIO_PCI_NOTIFY_MULTIPLIER)); break;
    default: break;
    }
}

const struct io_ops virtio_pci_legacy_ops = { legacy_read, legacy_write, 1, 4 };
const struct io_ops virtio_pci_modern_ops = { modern_read, modern_write, 1, 4 };
