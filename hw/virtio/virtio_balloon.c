/* SPDX-License-Identifier: MIT */
/*
 * Virtio memory balloon (VIRTIO 1.1, section 5.5). Pages of the inflate queue are given back to the host: they read as zeroes
 * afterwards and cost nothing until they are used again, for which the guest need not wait. Statistics: a chain of the driver's
 * comes filled, stays here, and is given back to ask for new ones.
 *
 * Left out: free page hints and reporting, page poisoning (features that are not offered).
 */
#include <string.h>
#include "hw/virtio/virtio_balloon.h"

enum { QUEUE_INFLATE, QUEUE_DEFLATE, QUEUE_STATS };
enum { BALLOON_F_STATS_VQ = 1, BALLOON_F_DEFLATE_ON_OOM = 2 };
enum { CONFIG_NUM_PAGES = 0, CONFIG_ACTUAL = 4, CONFIG_BYTES = 8, PAGE_SHIFT = 12,
       NUMBERS_MOST = 1024 };          /* of one chain; Linux has 256. The rest stays with the guest */
static const int64_t NS_PER_S = 1000000000;

struct stat { uint16_t tag; uint64_t value; } __attribute__((packed));      /* 5.5.6.3 */

const char *const virtio_balloon_stat_names[VIRTIO_BALLOON_STATS] = {
    "stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults", "stat-free-memory", "stat-total-memory",
    "stat-available-memory", "stat-disk-caches", "stat-htlb-pgalloc", "stat-htlb-pgfail",
};

/* ---- Pages ---- */

static void give_back(struct virtio_balloon *balloon, uint64_t first_page, uint64_t pages)
{
    struct machine *machine = balloon->virtio.machine;
    if (pages && !memory_discard(machine->memory, first_page << PAGE_SHIFT, pages << PAGE_SHIFT)) {
        log_write(machine->log, LOG_guest_errors, "virtio-balloon: pages from %#" G_GINT64_MODIFIER "x on are no RAM\n",
                  first_page << PAGE_SHIFT);
    }
}

/* Page numbers of four bytes; neighbours in either direction are one call to the host. */
static void take_pages(struct virtio_balloon *balloon, const struct virtio_element *element)
{
    uint32_t numbers[NUMBERS_MOST];
    uint64_t first = 0, pages = 0;
    unsigned count = (unsigned)(virtio_read(&balloon->virtio, element, 0, numbers, sizeof(numbers)) / sizeof(numbers[0]));
    for (unsigned i = 0; i < count; i++) {
        if (pages && numbers[i] == first + pages) {
            pages++;
        } else if (pages && numbers[i] + 1ull == first) {
            first--, pages++;
        } else {
            give_back(balloon, first, pages);
            first = numbers[i], pages = 1;
        }
    }
    give_back(balloon, first, pages);
}

static void take_queue(struct virtio_balloon *balloon, unsigned queue)
{
    struct virtio_element *element;
    bool any = false;
    while ((element = virtio_pop(&balloon->virtio, queue))) {
        if (queue == QUEUE_INFLATE) {
            take_pages(balloon, element);
        }
        virtio_push(&balloon->virtio, queue, element, 0);
        any = true;
    }
    if (any) {
        virtio_notify(&balloon->virtio, queue);
    }
}

/* ---- Statistics ---- */

static void arm(struct virtio_balloon *balloon)
{
    if (balloon->poll_ns) {
        timer_arm(balloon->poll_timer, clock_now_ns(balloon->virtio.machine->clocks, CLOCK_KIND_VIRTUAL) + balloon->poll_ns);
    } else {
        timer_cancel(balloon->poll_timer);
    }
}

static void ask(void *opaque)
{
    struct virtio_balloon *balloon = opaque;
    if (balloon->stats_element) {
        struct virtio_element *element = balloon->stats_element;
        balloon->stats_element = NULL;
        balloon->state.stats_held = 0;
        virtio_push(&balloon->virtio, QUEUE_STATS, element, 0);
        virtio_notify(&balloon->virtio, QUEUE_STATS);
    }
    arm(balloon);
}

static void clear_stats(struct virtio_balloon_state *s)
{
    memset(s->stats, 0xff, sizeof(s->stats));
}

/* One chain is on its way at a time; a driver that makes more of them gets the old one back. */
static void take_stats(struct virtio_balloon *balloon)
{
    struct virtio_balloon_state *s = &balloon->state;
    struct virtio_element *element;
    while ((element = virtio_pop(&balloon->virtio, QUEUE_STATS))) {
        struct stat stat;
        if (balloon->stats_element) {
            virtio_push(&balloon->virtio, QUEUE_STATS, balloon->stats_element, 0);
        }
        clear_stats(s);
        for (unsigned i = 0; i < 2 * VIRTIO_BALLOON_STATS &&
             virtio_read(&balloon->virtio, element, i * sizeof(stat), &stat, sizeof(stat)) == sizeof(stat); i++) {
            if (stat.tag < VIRTIO_BALLOON_STATS) {
                s->stats[stat.tag] = stat.value;
            }
        }
        s->stats_s = (uint64_t)(clock_now_ns(balloon->virtio.machine->clocks, CLOCK_KIND_HOST) / NS_PER_S);
        balloon->stats_element = element;
        s->stats_held = 1;
    }
}

static void notified(void *opaque, unsigned queue)
{
    if (queue == QUEUE_STATS) {
        take_stats(opaque);
    } else {
        take_queue(opaque, queue);
    }
}

/* Linux fills the queues before it says that it is ready. */
static void status_changed(void *opaque, uint8_t status)
{
    for (unsigned queue = QUEUE_INFLATE; status & VIRTIO_STATUS_DRIVER_OK && queue <= QUEUE_STATS; queue++) {
        virtio_queue_notify(&((struct virtio_balloon *)opaque)->virtio, queue);
    }
}

/* ---- What the host wants ---- */

void virtio_balloon_set_target(struct virtio_balloon *balloon, uint64_t bytes)
{
    const uint64_t all = balloon->virtio.machine->ram_bytes;
    balloon->target_pages = balloon->state.num_pages = (uint32_t)((all - MIN(bytes, all)) >> PAGE_SHIFT);
    virtio_config_changed(&balloon->virtio);
}

uint64_t virtio_balloon_actual(const struct virtio_balloon *balloon)
{
    const uint64_t all = balloon->virtio.machine->ram_bytes;
    return all - MIN((uint64_t)balloon->state.actual << PAGE_SHIFT, all);
}

void virtio_balloon_poll(struct virtio_balloon *balloon, uint32_t seconds)
{
    balloon->poll_ns = seconds * NS_PER_S;
    arm(balloon);
}

static void get_config(void *opaque, uint8_t *config)
{
    const struct virtio_balloon_state *s = &((struct virtio_balloon *)opaque)->state;
    memcpy(config + CONFIG_NUM_PAGES, &s->num_pages, 4);
    memcpy(config + CONFIG_ACTUAL, &s->actual, 4);
}

static void config_written(void *opaque, unsigned offset, uint32_t value, unsigned size)
{
    struct virtio_balloon *balloon = opaque;
    const uint32_t before = balloon->state.actual;
    if (offset >= CONFIG_ACTUAL && offset + size <= CONFIG_BYTES) {
        memcpy((uint8_t *)&balloon->state.actual + offset - CONFIG_ACTUAL, &value, size);
    }
    if (balloon->state.actual != before && balloon->changed) {
        balloon->changed(balloon->changed_opaque);
    }
}

/* ---- The device ---- */

static void forget_stats(struct virtio_balloon *balloon)
{
    virtio_drop(balloon->stats_element);
    balloon->stats_element = NULL;
    balloon->state.stats_held = 0;
}

/* A driver that starts anew has all its memory. What the host wants stays. */
static void driver_reset(void *opaque)
{
    struct virtio_balloon *balloon = opaque;
    forget_stats(balloon);
    balloon->state.actual = 0;
}

static void reset(void *device)
{
    struct virtio_balloon *balloon = device;
    forget_stats(balloon);
    balloon->state = (struct virtio_balloon_state){ .num_pages = balloon->target_pages };
    clear_stats(&balloon->state);
    virtio_reset(&balloon->virtio);
    arm(balloon);
}

static void loaded(void *device)
{
    struct virtio_balloon *balloon = device;
    const bool held = balloon->state.stats_held;
    balloon->target_pages = balloon->state.num_pages;
    forget_stats(balloon);
    if (held) {
        virtio_unpop(&balloon->virtio, QUEUE_STATS, 1);
        balloon->stats_element = virtio_pop(&balloon->virtio, QUEUE_STATS);
        balloon->state.stats_held = balloon->stats_element != NULL;
    }
    arm(balloon);
}

static void balloon_free(void *device)
{
    struct virtio_balloon *balloon = device;
    forget_stats(balloon);
    timer_free(balloon->poll_timer);
    virtio_destroy(&balloon->virtio);
    g_free(balloon);
}

static const struct virtio_ops ops = {
    .id = VIRTIO_ID_BALLOON, .config_bytes = CONFIG_BYTES, .get_config = get_config, .config_written = config_written,
    .queue_notified = notified, .status_changed = status_changed, .reset = driver_reset,
};

#define FIELD(member) SNAPSHOT_FIELD(struct virtio_balloon_state, member)
static const struct snapshot_field fields[] = {
    FIELD(virtio), FIELD(num_pages), FIELD(actual), FIELD(stats), FIELD(stats_s), FIELD(stats_held), FIELD(pad),
};

const struct device_type virtio_balloon_type = {
    .name = "virtio-balloon", .reset = reset, .loaded = loaded, .free = balloon_free,
    .state_offset = offsetof(struct virtio_balloon, state), .state_size = sizeof(struct virtio_balloon_state),
    .fields = fields, .field_count = ARRAY_LEN(fields), .version = 1,
};

struct virtio_balloon *virtio_balloon_new(struct machine *machine, bool deflate_on_oom)
{
    struct virtio_balloon *balloon = g_new0(struct virtio_balloon, 1);
    balloon->poll_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, ask, balloon);
    virtio_init(&balloon->virtio, machine, &balloon->state.virtio, "virtio-balloon", &ops, balloon,
                1ull << BALLOON_F_STATS_VQ | (deflate_on_oom ? 1ull << BALLOON_F_DEFLATE_ON_OOM : 0));
    for (unsigned i = QUEUE_INFLATE; i <= QUEUE_STATS; i++) {
        virtio_add_queue(&balloon->virtio, VIRTIO_BALLOON_QUEUE_SIZE);
    }
    machine_add_device(machine, &virtio_balloon_type, balloon);
    return balloon;
}
