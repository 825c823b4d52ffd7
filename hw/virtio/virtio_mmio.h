/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_MMIO_H
#define HW_VIRTIO_VIRTIO_MMIO_H
/* virtio over MMIO (VIRTIO 1.1, 4.2): a slot of 512 bytes that may hold a device. */
#include "hw/virtio/virtio.h"

enum { VIRTIO_MMIO_BYTES = 0x200, VIRTIO_SLOTS_MOST = 32 };

struct virtio_mmio_state {
    uint32_t guest_page_bytes, queue_align;     /* legacy */
};

struct virtio_mmio {
    struct virtio_mmio_state state;
    struct virtio_device *virtio;   /* NULL: the slot is empty */
    struct irq_line irq;
    bool legacy;                    /* version 1, else 2 */
};

/* The board's slots, in the order of their addresses. */
struct virtio_slots {
    struct virtio_mmio *of[VIRTIO_SLOTS_MOST];
    unsigned count;
};

extern const struct device_type virtio_mmio_type;

struct virtio_mmio *virtio_mmio_new(struct machine *machine, uint64_t address, struct irq_line irq, bool legacy);
void virtio_mmio_plug(struct virtio_mmio *mmio, struct virtio_device *virtio);
/* Into the free slot with the highest address, as QEMU's `virt` does. NULL: all are taken. */
struct virtio_mmio *virtio_slots_plug(struct virtio_slots *slots, struct virtio_device *virtio);

#endif
