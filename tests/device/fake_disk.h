/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_FAKE_DISK_H
#define TESTS_DEVICE_FAKE_DISK_H
/*
 * A disk in memory for tests of controllers: it takes the place of block/ in the program that includes it (once). Requests
 * end in order, 10 us of guest time each.
 */
#include <errno.h>
#include "base/disk.h"
#include "tests/device/rig.h"

enum { FAKE_DISK_NS = 10000, FAKE_DISK_DEPTH = 64 };

struct disk {
    struct rig *rig;
    struct timer *timer;
    struct disk_facts facts;
    struct disk_listener listener;
    uint8_t *data;
    struct disk_request *queue[FAKE_DISK_DEPTH];
    unsigned queued;
    int next_error;                     /* of the next request that ends */
    unsigned counts[5];                 /* by operation */
    bool guest_opened;
};

static inline void fake_disk_arm(struct disk *disk)
{
    if (disk->queued && !timer_armed(disk->timer)) {
        timer_arm(disk->timer, clock_now_ns(disk->rig->machine->clocks, CLOCK_KIND_VIRTUAL) + FAKE_DISK_NS);
    }
}

static inline void fake_disk_expired(void *opaque)
{
    struct disk *disk = opaque;
    struct disk_request *request = disk->queue[0];
    int error = disk->next_error;
    disk->next_error = 0;
    memmove(disk->queue, disk->queue + 1, --disk->queued * sizeof(disk->queue[0]));
    if (request->bytes > disk->facts.bytes || request->offset > disk->facts.bytes - request->bytes ||
        request->bytes % DISK_SECTOR_BYTES || request->offset % DISK_SECTOR_BYTES) {
        error = EINVAL;
    }
    disk->counts[request->operation]++;
    if (!error && request->operation == DISK_READ) {
        memcpy(request->buffer, disk->data + request->offset, request->bytes);
    } else if (!error && request->operation == DISK_WRITE) {
        memcpy(disk->data + request->offset, request->buffer, request->bytes);
    } else if (!error && (request->operation == DISK_DISCARD || request->operation == DISK_WRITE_ZEROES)) {
        memset(disk->data + request->offset, 0, request->bytes);
    }
    fake_disk_arm(disk);
    request->done(request, error);
}

/* Sector n starts with n + 1 in four bytes, then a pattern. */
static inline struct disk *fake_disk_new(struct rig *rig, uint64_t bytes)
{
    struct disk *disk = g_new0(struct disk, 1);
    disk->rig = rig;
    disk->timer = timer_new(rig->machine->clocks, CLOCK_KIND_VIRTUAL, fake_disk_expired, disk);
    disk->data = g_malloc0(bytes ? bytes : 1);
    disk->facts = (struct disk_facts){ .bytes = bytes, .inserted = bytes, .write_cache = true };
    for (uint64_t i = 0; i < bytes; i++) {
        disk->data[i] = i % 512 < 4 ? (uint8_t)((i / 512 + 1) >> i % 512 * 8) : (uint8_t)(i * 7 + i / 512);
    }
    return disk;
}

/* After the machine is gone. */
static inline void fake_disk_free(struct disk *disk)
{
    g_free(disk->data);
    g_free(disk);
}

static inline void fake_disk_change(struct disk *disk, uint64_t bytes)
{
    disk->facts.bytes = bytes;
    disk->facts.inserted = bytes;
    disk->listener.medium_changed(disk->listener.device);
}

void disk_get_facts(const struct disk *disk, struct disk_facts *facts)
{
    *facts = disk->facts;
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
    g_assert(disk->queued < FAKE_DISK_DEPTH);
    disk->queue[disk->queued++] = request;
    fake_disk_arm(disk);
}

void disk_cancel(struct disk *disk, struct disk_request *request)
{
    for (unsigned i = 0; i < disk->queued; i++) {
        if (disk->queue[i] == request) {
            memmove(disk->queue + i, disk->queue + i + 1, (--disk->queued - i) * sizeof(disk->queue[0]));
            i--;
        }
    }
    if (!disk->queued && disk->timer) {
        timer_cancel(disk->timer);
    }
}

void disk_set_listener(struct disk *disk, const struct disk_listener *listener)
{
    disk->listener = *listener;
}

void disk_guest_eject(struct disk *disk, bool open)
{
    disk->guest_opened = open;
}

#endif
