/* SPDX-License-Identifier: MIT */
/*
 * Virtio entropy device (VIRTIO 1.1, section 5.4): each chain is filled with random bytes, at most CHUNK of them, as
 * the device may, and as many as the source has. With a limit, chains wait in the ring until the next period; with a source that
 * has none, until it is asked again.
 */
#include <string.h>
#include "hw/virtio/virtio_rng.h"

enum { DRY_NS = 10000000 };         /* until a source without bytes is asked again */

static const struct virtio_rng_state reset_state = { .seed = 0x9e3779b97f4a7c15 };

/* splitmix64: for counted runs, where the guest is to see the same bytes each time. */
static uint64_t next_number(uint64_t *seed)
{
    uint64_t value = *seed += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

static size_t fill(struct virtio_rng *rng, uint8_t *out, size_t bytes)
{
    if (rng->source) {
        return rng->source(rng->source_opaque, out, bytes);
    }
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t value = next_number(&rng->state.seed);
        memcpy(out + i, &value, MIN(8, bytes - i));
    }
    return bytes;
}

/* How many bytes may be given now. */
static uint64_t allowance(struct virtio_rng *rng)
{
    struct virtio_rng_state *s = &rng->state;
    if (!rng->bytes_per_period) {
        return UINT64_MAX;
    }
    const int64_t now = clock_now_ns(rng->virtio.machine->clocks, CLOCK_KIND_VIRTUAL);
    if (now >= s->period_end_ns) {
        s->period_end_ns = now + rng->period_ns;
        s->left = rng->bytes_per_period;
    }
    return s->left;
}

static void serve(struct virtio_rng *rng)
{
    uint8_t bytes[VIRTIO_RNG_CHUNK];
    struct virtio_element *element;
    bool any = false, dry = false;
    uint64_t allowed;
    while ((allowed = allowance(rng)) && (element = virtio_pop(&rng->virtio, 0))) {
        size_t count = MIN(MIN(element->writable_bytes, sizeof(bytes)), allowed);
        size_t got = fill(rng, bytes, count);
        if (count && !got) {
            virtio_unpop(&rng->virtio, 0, 1);
            virtio_drop(element);
            dry = true;
            break;
        }
        uint32_t written = (uint32_t)virtio_write(&rng->virtio, element, 0, bytes, got);
        virtio_push(&rng->virtio, 0, element, written);
        rng->state.left -= rng->bytes_per_period ? got : 0;
        any = true;
    }
    if (any) {
        virtio_notify(&rng->virtio, 0);
    }
    if (dry) {
        timer_arm(rng->timer, clock_now_ns(rng->virtio.machine->clocks, CLOCK_KIND_VIRTUAL) + DRY_NS);
    } else if (!allowed) {
        timer_arm(rng->timer, rng->state.period_end_ns);
    }
}

static void rng_notified(void *opaque, unsigned queue)
{
    serve(opaque);
}

static void rng_reset(void *device)
{
    struct virtio_rng *rng = device;
    rng->state = reset_state;
    rng->state.left = rng->bytes_per_period;
    virtio_reset(&rng->virtio);
    timer_cancel(rng->timer);
}

static void rng_loaded(void *device)
{
    struct virtio_rng *rng = device;
    if (rng->bytes_per_period && !rng->state.left) {
        timer_arm(rng->timer, rng->state.period_end_ns);
    } else {
        timer_cancel(rng->timer);
    }
}

static void rng_free(void *device)
{
    struct virtio_rng *rng = device;
    timer_free(rng->timer);
    virtio_destroy(&rng->virtio);
    g_free(rng);
}

static void period_over(void *opaque)
{
    virtio_queue_notify(&((struct virtio_rng *)opaque)->virtio, 0);
}

static const struct virtio_ops rng_ops = { .id = VIRTIO_ID_ENTROPY, .queue_notified = rng_notified };

static const struct snapshot_field fields[] = {
    SNAPSHOT_FIELD(struct virtio_rng_state, virtio), SNAPSHOT_FIELD(struct virtio_rng_state, period_end_ns),
    SNAPSHOT_FIELD(struct virtio_rng_state, left), SNAPSHOT_FIELD(struct virtio_rng_state, seed),
};
const struct device_type virtio_rng_type = {
    .name = "virtio-rng", .reset = rng_reset, .loaded = rng_loaded, .free = rng_free,
    .state_offset = offsetof(struct virtio_rng, state), .state_size = sizeof(struct virtio_rng_state),
    .fields = fields, .field_count = ARRAY_LEN(fields), .version = 1,
};

struct virtio_rng *virtio_rng_new(struct machine *machine, size_t (*source)(void *opaque, void *out, size_t bytes),
                                  void *source_opaque, uint64_t bytes_per_period, int64_t period_ns)
{
    struct virtio_rng *rng = g_new0(struct virtio_rng, 1);
    rng->source = source;
    rng->source_opaque = source_opaque;
    rng->bytes_per_period = bytes_per_period;
    rng->period_ns = MAX(period_ns, 1);
    rng->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, period_over, rng);
    virtio_init(&rng->virtio, machine, &rng->state.virtio, "virtio-rng", &rng_ops, rng, 0);
    virtio_add_queue(&rng->virtio, VIRTIO_RNG_QUEUE_SIZE);
    machine_add_device(machine, &virtio_rng_type, rng);
    return rng;
}
