/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_RNG_H
#define HW_VIRTIO_VIRTIO_RNG_H
/* Entropy device (VIRTIO 1.1, section 5.4). */
#include "hw/virtio/virtio.h"

enum { VIRTIO_RNG_QUEUE_SIZE = 8, VIRTIO_RNG_CHUNK = 4096 };

struct virtio_rng_state {
    struct virtio_state virtio;
    int64_t period_end_ns;          /* guest time at which `left` is whole again */
    uint64_t left;                  /* bytes that may still be given in this period */
    uint64_t seed;                  /* of a counted run's numbers */
};

struct virtio_rng {
    struct virtio_rng_state state;
    struct virtio_device virtio;
    struct timer *timer;            /* the next period, or the next look at the source, while chains wait for it */
    uint64_t bytes_per_period;      /* 0: any number */
    int64_t period_ns;
    /* Where the bytes come from, as many as there are now; NULL: a fixed sequence, so that two counted runs are alike. */
    size_t (*source)(void *opaque, void *out, size_t bytes);
    void *source_opaque;
};

extern const struct device_type virtio_rng_type;

struct virtio_rng *virtio_rng_new(struct machine *machine, size_t (*source)(void *opaque, void *out, size_t bytes),
                                  void *source_opaque, uint64_t bytes_per_period, int64_t period_ns);

#endif
