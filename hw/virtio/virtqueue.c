/* SPDX-License-Identifier: MIT */
/*
 * Split virtqueues (VIRTIO 1.1, section 2.6): chains of descriptors, indirect tables, the used ring, suppression of
 * notifications by flags or event index. Everything here is read from guest memory and believed nothing of: indices
 * beyond the ring, loops, tables of odd size, chains over 4 GiB and addresses that wrap break the device
 * (virtio_break), others log a line. A descriptor of no bytes is allowed and holds nothing.
 *
 * Another CPU may run the driver at the same time: index reads come before what they announce is read, entries are
 * written before the index that announces them.
 */
#include <stdatomic.h>
#include <string.h>
#include "hw/virtio/virtio.h"

enum { DESCRIPTOR_BYTES = 16, DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };
enum { AVAIL_NO_INTERRUPT = 1, USED_NO_NOTIFY = 1, RING_FLAGS = 0, RING_INDEX = 2, RING_ENTRIES = 4,
       USED_ENTRY_BYTES = 8 };

struct descriptor { uint64_t address; uint32_t bytes; uint16_t flags, next; };

static uint16_t read16(struct virtio_device *device, uint64_t address)
{
    return (uint16_t)memory_read(device->machine->memory, address, 2);
}

static void write16(struct virtio_device *device, uint64_t address, uint16_t value)
{
    memory_write(device->machine->memory, address, value, 2);
}

bool virtio_queue_ready(const struct virtio_device *device, unsigned queue)
{
    return virtio_running(device) && device->state->queues[queue].ready;
}

static uint16_t available_index(struct virtio_device *device, const struct virtio_queue_state *queue)
{
    uint16_t index = read16(device, queue->available + RING_INDEX);
    atomic_thread_fence(memory_order_acquire);
    return index;
}

bool virtio_has_buffers(struct virtio_device *device, unsigned queue_number)
{
    const struct virtio_queue_state *queue = &device->state->queues[queue_number];
    return virtio_queue_ready(device, queue_number) && available_index(device, queue) != queue->next_available;
}

/* ---- Taking chains ---- */

/* Walking a chain: where its descriptors are, and how many more there may be. */
struct walk {
    struct virtio_device *device;
    uint64_t table;
    uint32_t entries, left;
    uint32_t next;
    bool indirect;
};

static bool broken(struct virtio_device *device, const char *why)
{
    virtio_break(device, why);
    return false;
}

static bool read_descriptor(struct walk *walk, struct descriptor *descriptor)
{
    if (walk->next >= walk->entries) {
        return broken(walk->device, "a descriptor's number is beyond its table");
    }
    if (!walk->left--) {
        return broken(walk->device, "descriptors form a loop");
    }
    memory_read_bytes(walk->device->machine->memory, walk->table + walk->next * (uint64_t)DESCRIPTOR_BYTES, descriptor,
                      DESCRIPTOR_BYTES);
    walk->next = descriptor->next;
    return true;
}

static bool enter_indirect(struct walk *walk, const struct descriptor *descriptor)
{
    if (walk->indirect || descriptor->flags & DESC_NEXT) {
        return broken(walk->device, "an indirect table inside another, or followed by more");
    }
    if (!descriptor->bytes || descriptor->bytes % DESCRIPTOR_BYTES ||
        descriptor->bytes / DESCRIPTOR_BYTES > VIRTIO_QUEUE_SIZE_MOST) {
        return broken(walk->device, "an indirect table of an impossible size");
    }
    walk->indirect = true;
    walk->table = descriptor->address;
    walk->entries = walk->left = descriptor->bytes / DESCRIPTOR_BYTES;
    walk->next = 0;
    return true;
}

static bool add_segment(struct virtio_device *device, GArray *segments, struct virtio_element *sums,
                        const struct descriptor *descriptor)
{
    struct virtio_segment segment = { descriptor->address, descriptor->bytes };
    bool writable = descriptor->flags & DESC_WRITE;
    if (descriptor->address + descriptor->bytes < descriptor->address) {
        return broken(device, "a buffer beyond the end of memory");
    }
    if (!writable && sums->writable_count) {
        return broken(device, "a buffer to be read comes after one to be written");
    }
    *(writable ? &sums->writable_bytes : &sums->readable_bytes) += segment.bytes;
    ++*(writable ? &sums->writable_count : &sums->readable_count);
    if (sums->readable_bytes + sums->writable_bytes > UINT32_MAX) {
        return broken(device, "a chain of 4 GiB or more");
    }
    g_array_append_val(segments, segment);
    return true;
}

static bool collect(struct walk *walk, GArray *segments, struct virtio_element *sums)
{
    for (;;) {
        struct descriptor descriptor;
        if (!read_descriptor(walk, &descriptor)) {
            return false;
        }
        if (descriptor.flags & DESC_INDIRECT) {
            if (!enter_indirect(walk, &descriptor)) {
                return false;
            }
            continue;
        }
        if (!add_segment(walk->device, segments, sums, &descriptor)) {
            return false;
        }
        if (!(descriptor.flags & DESC_NEXT)) {
            return true;
        }
    }
}

/* 2.6.7.2: at which index the driver is to notify, behind the used ring. */
static void write_event(struct virtio_device *device, const struct virtio_queue_state *queue, uint16_t index)
{
    write16(device, queue->used + RING_ENTRIES + queue->size * (uint64_t)USED_ENTRY_BYTES, index);
}

/* A notification has taken what one may. */
static bool spent(const struct virtio_device *device)
{
    return device->notifying && !device->chains_left;
}

struct virtio_element *virtio_pop(struct virtio_device *device, unsigned queue_number)
{
    struct virtio_queue_state *queue = &device->state->queues[queue_number];
    if (!virtio_queue_ready(device, queue_number)) {
        return NULL;
    }
    uint16_t waiting = (uint16_t)(available_index(device, queue) - queue->next_available);
    if (!waiting) {
        return NULL;
    }
    if (waiting > queue->size) {
        virtio_break(device, "the available ring's index is further ahead than the ring is long");
        return NULL;
    }
    if (spent(device)) {
        virtio_defer(device, queue_number);
        return NULL;
    }
    uint16_t head = read16(device, queue->available + RING_ENTRIES + queue->next_available % queue->size * 2u);
    struct walk walk = { device, queue->descriptors, queue->size, queue->size, head, false };
    struct virtio_element sums = { .head = head };
    GArray *segments = g_array_sized_new(FALSE, FALSE, sizeof(struct virtio_segment), 4);
    struct virtio_element *element = NULL;
    if (collect(&walk, segments, &sums)) {
        size_t bytes = segments->len * sizeof(struct virtio_segment);
        element = g_malloc(sizeof(*element) + bytes);
        memcpy(element, &sums, sizeof(*element));
        memcpy(element->segments, segments->data, bytes);
        queue->next_available++;
        device->chains_left -= device->notifying;
        if (virtio_has(device, VIRTIO_F_EVENT_IDX) && !queue->quiet) {
            write_event(device, queue, queue->next_available);
            atomic_thread_fence(memory_order_seq_cst);      /* before the next look at the index */
        }
    }
    g_array_free(segments, TRUE);
    return element;
}

void virtio_unpop(struct virtio_device *device, unsigned queue, unsigned count)
{
    device->state->queues[queue].next_available -= (uint16_t)count;
}

void virtio_drop(struct virtio_element *element)
{
    g_free(element);
}

/* ---- Data ---- */

uint64_t virtio_read(struct virtio_device *device, const struct virtio_element *element, uint64_t offset, void *out,
                     uint64_t bytes)
{
    uint64_t done = 0;
    for (unsigned i = 0; i < element->readable_count && done < bytes; i++) {
        const struct virtio_segment *segment = &element->segments[i];
        if (offset >= segment->bytes) {
            offset -= segment->bytes;
            continue;
        }
        uint64_t part = MIN(segment->bytes - offset, bytes - done);
        memory_read_bytes(device->machine->memory, segment->address + offset, (uint8_t *)out + done, part);
        done += part;
        offset = 0;
    }
    return done;
}

uint64_t virtio_write(struct virtio_device *device, const struct virtio_element *element, uint64_t offset,
                      const void *in, uint64_t bytes)
{
    uint64_t done = 0;
    for (unsigned i = 0; i < element->writable_count && done < bytes; i++) {
        const struct virtio_segment *segment = &element->segments[element->readable_count + i];
        if (offset >= segment->bytes) {
            offset -= segment->bytes;
            continue;
        }
        uint64_t part = MIN(segment->bytes - offset, bytes - done);
        memory_write_bytes(device->machine->memory, segment->address + offset, (const uint8_t *)in + done, part);
        done += part;
        offset = 0;
    }
    return done;
}

/* ---- Giving chains back ---- */

void virtio_fill(struct virtio_device *device, unsigned queue_number, struct virtio_element *element, uint32_t written,
                 unsigned nth)
{
    struct virtio_queue_state *queue = &device->state->queues[queue_number];
    if (virtio_queue_ready(device, queue_number)) {
        uint16_t slot = (uint16_t)(queue->used_index + nth) % queue->size;
        memory_write(device->machine->memory, queue->used + RING_ENTRIES + slot * (uint64_t)USED_ENTRY_BYTES,
                     element->head | (uint64_t)written << 32, USED_ENTRY_BYTES);
    }
    g_free(element);
}

void virtio_publish(struct virtio_device *device, unsigned queue_number, unsigned count)
{
    struct virtio_queue_state *queue = &device->state->queues[queue_number];
    if (!virtio_queue_ready(device, queue_number)) {
        return;
    }
    uint16_t before = queue->used_index;
    queue->used_index += (uint16_t)count;
    if ((int16_t)(queue->used_index - queue->signalled) < (int16_t)(queue->used_index - before)) {
        queue->signalled_valid = false;     /* so many since the last interrupt that the difference means nothing */
    }
    atomic_thread_fence(memory_order_release);
    write16(device, queue->used + RING_INDEX, queue->used_index);
}

void virtio_push(struct virtio_device *device, unsigned queue, struct virtio_element *element, uint32_t written)
{
    virtio_fill(device, queue, element, written, 0);
    virtio_publish(device, queue, 1);
}

/* ---- Notifications ---- */

/* 2.6.7.1: whether the index passed what the driver wrote behind the available ring, since the last interrupt. */
static bool wants_interrupt(struct virtio_device *device, struct virtio_queue_state *queue)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (virtio_has(device, VIRTIO_F_NOTIFY_ON_EMPTY) &&
        available_index(device, queue) == queue->next_available) {
        return true;
    }
    if (!virtio_has(device, VIRTIO_F_EVENT_IDX)) {
        return !(read16(device, queue->available + RING_FLAGS) & AVAIL_NO_INTERRUPT);
    }
    uint16_t event = read16(device, queue->available + RING_ENTRIES + queue->size * 2u);
    uint16_t from = queue->signalled, to = queue->used_index;
    bool valid = queue->signalled_valid;
    queue->signalled = to;
    queue->signalled_valid = true;
    return !valid || (uint16_t)(to - event - 1) < (uint16_t)(to - from);
}

void virtio_notify(struct virtio_device *device, unsigned queue_number)
{
    struct virtio_queue_state *queue = &device->state->queues[queue_number];
    if (!virtio_queue_ready(device, queue_number) || !wants_interrupt(device, queue)) {
        return;
    }
    device->state->isr |= VIRTIO_ISR_QUEUE;
    if (device->transport) {
        device->transport->interrupt(device->transport_opaque, queue->vector);
    }
}

bool virtio_want_notify(struct virtio_device *device, unsigned queue_number, bool want)
{
    struct virtio_queue_state *queue = &device->state->queues[queue_number];
    if (!virtio_queue_ready(device, queue_number)) {
        return false;
    }
    queue->quiet = !want;
    if (virtio_has(device, VIRTIO_F_EVENT_IDX)) {
        /* A number that the driver has just passed keeps it quiet for a turn of 65,536. */
        write_event(device, queue, want ? queue->next_available : (uint16_t)(queue->next_available - 1));
    } else {
        write16(device, queue->used + RING_FLAGS, want ? 0 : USED_NO_NOTIFY);
    }
    atomic_thread_fence(memory_order_seq_cst);
    return want && !spent(device) && available_index(device, queue) != queue->next_available;
}
