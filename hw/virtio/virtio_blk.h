/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_BLK_H
#define HW_VIRTIO_VIRTIO_BLK_H
/* Block device (VIRTIO 1.1, section 5.2). */
#include "base/disk.h"
#include "hw/virtio/virtio.h"

struct virtio_blk_state {
    struct virtio_state virtio;
    uint16_t in_flight;             /* chains taken and not given back: the last ones of the available ring */
    uint8_t pad[6];
};

struct virtio_blk {
    struct virtio_blk_state state;
    struct virtio_device virtio;
    struct disk *disk;
    GQueue requests;                /* struct blk_request *, in the order in which they were taken */
    uint64_t bytes_in_flight;
    char serial[20];
};

enum { VIRTIO_BLK_QUEUE_SIZE = 256 };

extern const struct device_type virtio_blk_type;

/* serial NULL: the disk's own. queue_size: a power of two. */
struct virtio_blk *virtio_blk_new(struct machine *machine, struct disk *disk, const char *serial, uint16_t queue_size);

#endif
