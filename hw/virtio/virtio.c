/* SPDX-License-Identifier: MIT */
/*
 * What all virtio devices share (VIRTIO 1.1, sections 2 and 3): feature negotiation, status, configuration space, the
 * registers of queues, interrupts. The rings are virtqueue.c.
 *
 * A modern driver's device touches no buffer before DRIVER_OK. Legacy drivers use queues before they set it (2.4.6 and
 * the legacy notes of 3.1), so there only the queue's address counts. Left out: packed rings, per-queue reset, shared
 * memory, big-endian legacy guests.
 */
#include <string.h>
#include "hw/virtio/virtio.h"

enum { STATUS_KNOWN = 0xcf };       /* bits that a driver may set */
enum { CHAINS_AT_ONCE = 4 * VIRTIO_QUEUE_SIZE_MOST, PAUSE_NS = 50000 };

/* ---- Making and resetting ---- */

static void serve_deferred(void *opaque)
{
    struct virtio_device *device = opaque;
    const uint64_t deferred = device->state->deferred;
    device->state->deferred = 0;
    device->state->deferred_ns = 0;
    for (unsigned i = 0; i < device->queue_count; i++) {
        if (deferred >> i & 1) {
            virtio_queue_notify(device, i);
        }
    }
}

void virtio_init(struct virtio_device *device, struct machine *machine, struct virtio_state *state, const char *name,
                 const struct virtio_ops *ops, void *opaque, uint64_t features)
{
    g_assert(ops->config_bytes <= VIRTIO_CONFIG_BYTES_MOST);
    *device = (struct virtio_device){
        .machine = machine, .state = state, .name = name, .ops = ops, .opaque = opaque,
        .features = features | 1ull << VIRTIO_F_INDIRECT_DESC | 1ull << VIRTIO_F_EVENT_IDX,
    };
    device->later = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, serve_deferred, device);
}

void virtio_destroy(struct virtio_device *device)
{
    timer_free(device->later);
}

unsigned virtio_add_queue(struct virtio_device *device, uint16_t size)
{
    g_assert(device->queue_count < VIRTIO_QUEUES_MOST && size && size <= VIRTIO_QUEUE_SIZE_MOST &&
             !(size & (size - 1)));
    device->queue_sizes[device->queue_count] = size;
    return device->queue_count++;
}

static void isr_changed(struct virtio_device *device)
{
    if (device->transport) {
        device->transport->isr_changed(device->transport_opaque);
    }
}

void virtio_reset(struct virtio_device *device)
{
    struct virtio_state *s = device->state;
    *s = (struct virtio_state){ .config_vector = VIRTIO_NO_VECTOR };
    for (unsigned i = 0; i < device->queue_count; i++) {
        s->queues[i].size = device->queue_sizes[i];
        s->queues[i].vector = VIRTIO_NO_VECTOR;
    }
    device->notified = 0;
    timer_cancel(device->later);
    isr_changed(device);
}

void virtio_defer(struct virtio_device *device, unsigned queue)
{
    device->state->deferred |= 1ull << queue;
}

/* Notifications of other queues do not put it off. */
static void pause_deferred(struct virtio_device *device)
{
    struct virtio_state *s = device->state;
    if (s->deferred && !s->deferred_ns) {
        s->deferred_ns = clock_now_ns(device->machine->clocks, CLOCK_KIND_VIRTUAL) + PAUSE_NS;
        timer_arm(device->later, s->deferred_ns);
    }
}

void virtio_loaded(struct virtio_device *device)
{
    timer_cancel(device->later);
    if (device->state->deferred_ns) {
        timer_arm(device->later, device->state->deferred_ns);
    }
}

void virtio_connect(struct virtio_device *device, const struct virtio_transport *transport, void *opaque)
{
    device->transport = transport;
    device->transport_opaque = opaque;
}

/* ---- Features and status ---- */

static uint64_t offered(const struct virtio_device *device, bool legacy)
{
    return legacy ? (uint32_t)device->features | 1u << VIRTIO_F_ANY_LAYOUT | 1u << VIRTIO_F_NOTIFY_ON_EMPTY
                  : device->features | 1ull << VIRTIO_F_VERSION_1;
}

uint32_t virtio_features(const struct virtio_device *device, bool legacy, uint32_t select)
{
    return select > 1 ? 0 : (uint32_t)(offered(device, legacy) >> select * 32);
}

void virtio_set_features(struct virtio_device *device, bool legacy, uint32_t select, uint32_t value)
{
    struct virtio_state *s = device->state;
    if (select > 1 || s->status & VIRTIO_STATUS_FEATURES_OK) {
        return;
    }
    uint64_t mask = (uint64_t)UINT32_MAX << select * 32;
    s->driver_features = (s->driver_features & ~mask) | (uint64_t)value << select * 32;
    if (legacy) {       /* no FEATURES_OK by which to refuse: what was not offered is not there */
        s->driver_features &= offered(device, true);
    }
}

static bool features_acceptable(const struct virtio_device *device)
{
    uint64_t wanted = device->state->driver_features;
    return !(wanted & ~offered(device, false)) && wanted >> VIRTIO_F_VERSION_1 & 1;
}

bool virtio_running(const struct virtio_device *device)
{
    const struct virtio_state *s = device->state;
    return !s->broken && (!virtio_is_modern(device) || s->status & VIRTIO_STATUS_DRIVER_OK);
}

void virtio_set_status(struct virtio_device *device, bool legacy, uint8_t status)
{
    struct virtio_state *s = device->state;
    uint8_t before = s->status;
    if (!status) {
        if (device->ops->reset) {
            device->ops->reset(device->opaque);
        }
        virtio_reset(device);
        if (device->ops->status_changed) {
            device->ops->status_changed(device->opaque, 0);
        }
        return;
    }
    status = (status & STATUS_KNOWN & ~VIRTIO_STATUS_NEEDS_RESET) | (before & VIRTIO_STATUS_NEEDS_RESET);
    if (!legacy && (status & ~before & VIRTIO_STATUS_FEATURES_OK) && !features_acceptable(device)) {
        log_write(device->machine->log, LOG_guest_errors, "%s: driver asks for features that were not offered: %#"
                  G_GINT64_MODIFIER "x\n", device->name, s->driver_features);
        status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    }
    s->status = status;
    if ((before ^ status) & VIRTIO_STATUS_DRIVER_OK && device->ops->status_changed) {
        device->ops->status_changed(device->opaque, status);
    }
}

static void interrupt(struct virtio_device *device, uint8_t isr, uint16_t vector)
{
    device->state->isr |= isr;
    if (device->transport) {
        device->transport->interrupt(device->transport_opaque, vector);
    }
}

void virtio_break(struct virtio_device *device, const char *why)
{
    struct virtio_state *s = device->state;
    log_write(device->machine->log, LOG_guest_errors, "%s: %s; the device needs a reset\n", device->name, why);
    if (s->broken) {
        return;
    }
    s->broken = true;
    if (virtio_is_modern(device)) {
        s->status |= VIRTIO_STATUS_NEEDS_RESET;
        virtio_config_changed(device);
    }
}

/* ---- Configuration space ---- */

void virtio_config_changed(struct virtio_device *device)
{
    struct virtio_state *s = device->state;
    s->config_generation++;
    if (s->status & VIRTIO_STATUS_DRIVER_OK) {
        interrupt(device, VIRTIO_ISR_CONFIG, s->config_vector);
    }
}

uint32_t virtio_config_read(struct virtio_device *device, uint64_t offset, unsigned size)
{
    uint8_t config[VIRTIO_CONFIG_BYTES_MOST + 4] = { 0 };
    uint32_t value = 0;
    if (offset >= device->ops->config_bytes || !device->ops->get_config) {
        return 0;
    }
    device->ops->get_config(device->opaque, config);
    memcpy(&value, config + offset, size);
    return value;
}

void virtio_config_write(struct virtio_device *device, uint64_t offset, uint32_t value, unsigned size)
{
    if (offset + size <= device->ops->config_bytes && device->ops->config_written) {
        device->ops->config_written(device->opaque, (unsigned)offset, value, size);
    }
}

/* ---- Queues' registers ---- */

struct virtio_queue_state *virtio_selected(struct virtio_device *device)
{
    unsigned queue = device->state->queue_select;
    return queue < device->queue_count ? &device->state->queues[queue] : NULL;
}

uint16_t virtio_selected_size_most(const struct virtio_device *device)
{
    unsigned queue = device->state->queue_select;
    return queue < device->queue_count ? device->queue_sizes[queue] : 0;
}

void virtio_set_size(struct virtio_device *device, uint32_t size)
{
    struct virtio_queue_state *queue = virtio_selected(device);
    if (!queue || queue->ready) {
        return;
    }
    if (size && size <= virtio_selected_size_most(device) && !(size & (size - 1))) {
        queue->size = (uint16_t)size;
    } else {
        log_write(device->machine->log, LOG_guest_errors, "%s: queue %u cannot have %u entries\n", device->name,
                  device->state->queue_select, size);
    }
}

/* 2.6.2: descriptors, then the available ring, then at the next multiple of `align` the used ring. */
void virtio_set_legacy_address(struct virtio_device *device, uint64_t address, uint32_t align)
{
    struct virtio_queue_state *queue = virtio_selected(device);
    if (!queue) {
        return;
    }
    *queue = (struct virtio_queue_state){ .size = queue->size, .vector = queue->vector };
    if (address && align && !(align & (align - 1))) {
        queue->descriptors = address;
        queue->available = address + queue->size * 16u;
        queue->used = (queue->available + 6 + queue->size * 2u + align - 1) & ~((uint64_t)align - 1);
        queue->ready = true;
    }
}

void virtio_set_ready(struct virtio_device *device, bool ready)
{
    struct virtio_queue_state *queue = virtio_selected(device);
    if (queue && ready && !queue->ready) {
        queue->next_available = queue->used_index = queue->signalled = 0;
        queue->signalled_valid = false;
    }
    if (queue) {
        queue->ready = ready;
    }
}

/* Buffers may lie on the device's own registers, so that filling one notifies again: that is noted and done once more
 * after the first, not inside it. */
void virtio_queue_notify(struct virtio_device *device, uint32_t queue)
{
    if (queue >= device->queue_count || !virtio_queue_ready(device, queue)) {
        return;
    }
    device->notified |= 1ull << queue;
    if (device->notifying) {
        return;
    }
    device->notifying = true;
    device->chains_left = CHAINS_AT_ONCE;
    for (unsigned round = 0; round < 2 && device->notified; round++) {
        for (unsigned i = 0; i < device->queue_count; i++) {
            if (device->notified >> i & 1) {
                device->notified &= ~(1ull << i);
                device->ops->queue_notified(device->opaque, i);
            }
        }
    }
    device->notifying = false;
    device->notified = 0;
    pause_deferred(device);
}

uint8_t virtio_take_isr(struct virtio_device *device, uint8_t bits)
{
    uint8_t isr = device->state->isr;
    device->state->isr &= (uint8_t)~bits;
    isr_changed(device);
    return isr;
}
