/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_BALLOON_H
#define HW_VIRTIO_VIRTIO_BALLOON_H
/* Memory balloon (VIRTIO 1.1, section 5.5): the guest gives pages back to the host when asked to. Machine lock held in all calls. */
#include "hw/virtio/virtio.h"

enum { VIRTIO_BALLOON_QUEUE_SIZE = 128, VIRTIO_BALLOON_PAGE_BYTES = 4096, VIRTIO_BALLOON_STATS = 10 };

struct virtio_balloon_state {
    struct virtio_state virtio;
    uint32_t num_pages, actual;     /* pages that the host wants, that the guest says it has given */
    uint64_t stats[VIRTIO_BALLOON_STATS];       /* by tag; UINT64_MAX: not told */
    uint64_t stats_s;               /* seconds since 1970 when they came; 0: never */
    uint8_t stats_held;             /* the chain by which they are asked for is the device's */
    uint8_t pad[7];
};

struct virtio_balloon {
    struct virtio_balloon_state state;
    struct virtio_device virtio;
    struct virtio_element *stats_element;       /* with stats_held */
    struct timer *poll_timer;
    int64_t poll_ns;                /* between questions for statistics; 0: none are asked */
    uint32_t target_pages;          /* num_pages over resets: it is the host's word */
    /* The guest has given pages or taken them back; any thread. NULL: nobody listens. */
    void (*changed)(void *opaque);
    void *changed_opaque;
};

extern const struct device_type virtio_balloon_type;
extern const char *const virtio_balloon_stat_names[VIRTIO_BALLOON_STATS];      /* QMP's, by tag */

/* deflate_on_oom: the guest may take pages back by itself when it runs short. */
struct virtio_balloon *virtio_balloon_new(struct machine *machine, bool deflate_on_oom);
/* How much memory the guest is to keep, of all it has; more than that is all. */
void virtio_balloon_set_target(struct virtio_balloon *balloon, uint64_t bytes);
/* How much it has kept. */
uint64_t virtio_balloon_actual(const struct virtio_balloon *balloon);
/* 0: no more questions. */
void virtio_balloon_poll(struct virtio_balloon *balloon, uint32_t seconds);

#endif
