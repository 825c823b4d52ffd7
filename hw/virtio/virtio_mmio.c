/* SPDX-License-Identifier: MIT */
/*
 * virtio over MMIO, VIRTIO 1.1: version 2 (4.2.2) and the legacy version 1 (4.2.4). An empty slot has device id 0.
 * Left out: shared memory regions (they read as absent).
 */
#include "hw/virtio/virtio_mmio.h"

enum {
    MMIO_MAGIC = 0x000, MMIO_VERSION = 0x004, MMIO_DEVICE_ID = 0x008, MMIO_VENDOR_ID = 0x00c,
    MMIO_DEVICE_FEATURES = 0x010, MMIO_DEVICE_FEATURES_SEL = 0x014, MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SEL = 0x024, MMIO_GUEST_PAGE_SIZE = 0x028, MMIO_QUEUE_SEL = 0x030, MMIO_QUEUE_NUM_MAX = 0x034,
    MMIO_QUEUE_NUM = 0x038, MMIO_QUEUE_ALIGN = 0x03c, MMIO_QUEUE_PFN = 0x040, MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050, MMIO_INTERRUPT_STATUS = 0x060, MMIO_INTERRUPT_ACK = 0x064, MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESC = 0x080, MMIO_QUEUE_DRIVER = 0x090, MMIO_QUEUE_DEVICE = 0x0a0, MMIO_SHM_LEN_LOW = 0x0b0,
    MMIO_SHM_BASE_HIGH = 0x0bc, MMIO_CONFIG_GENERATION = 0x0fc, MMIO_CONFIG = 0x100,
    MAGIC = 0x74726976, VENDOR = 0x554d4551,    /* "virt", "QEMU": guests know these */
};

/* ---- Interrupt ---- */

static void update_irq(void *opaque)
{
    struct virtio_mmio *mmio = opaque;
    irq_set(&mmio->irq, mmio->virtio && mmio->virtio->state->isr);
}

static void interrupt(void *opaque, uint16_t vector)
{
    update_irq(opaque);
}

static const struct virtio_transport transport = { interrupt, update_irq };

/* ---- Registers ---- */

static uint32_t page_frame(const struct virtio_mmio *mmio)
{
    const struct virtio_queue_state *queue = virtio_selected(mmio->virtio);
    uint32_t page = mmio->state.guest_page_bytes;
    return queue && queue->ready && page ? (uint32_t)(queue->descriptors / page) : 0;
}

static uint32_t legacy_register_read(const struct virtio_mmio *mmio, uint64_t offset)
{
    return offset == MMIO_QUEUE_PFN ? page_frame(mmio) : 0;
}

static uint32_t modern_register_read(const struct virtio_mmio *mmio, uint64_t offset)
{
    const struct virtio_queue_state *queue = virtio_selected(mmio->virtio);
    if (offset == MMIO_QUEUE_READY) {
        return queue && queue->ready;
    }
    if (offset >= MMIO_SHM_LEN_LOW && offset <= MMIO_SHM_BASE_HIGH) {
        return UINT32_MAX;          /* no such region: length -1 */
    }
    return offset == MMIO_CONFIG_GENERATION ? mmio->virtio->state->config_generation : 0;
}

static uint32_t register_read(struct virtio_mmio *mmio, uint64_t offset)
{
    struct virtio_device *virtio = mmio->virtio;
    switch (offset) {
    case MMIO_MAGIC: return MAGIC;
    case MMIO_VERSION: return mmio->legacy ? 1 : 2;
    case MMIO_DEVICE_ID: return virtio ? virtio->ops->id : 0;
    case MMIO_VENDOR_ID: return VENDOR;
    default: break;
    }
    if (!virtio) {
        return 0;
    }
    switch (offset) {
    case MMIO_DEVICE_FEATURES: return virtio_features(virtio, mmio->legacy, virtio->state->device_features_select);
    case MMIO_QUEUE_NUM_MAX: return virtio_selected_size_most(virtio);
    case MMIO_INTERRUPT_STATUS: return virtio->state->isr;
    case MMIO_STATUS: return virtio->state->status;
    default: return mmio->legacy ? legacy_register_read(mmio, offset) : modern_register_read(mmio, offset);
    }
}

static void legacy_register_write(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case MMIO_GUEST_PAGE_SIZE: mmio->state.guest_page_bytes = value; break;
    case MMIO_QUEUE_ALIGN: mmio->state.queue_align = value; break;
    case MMIO_QUEUE_PFN:
        virtio_set_legacy_address(mmio->virtio, (uint64_t)value * mmio->state.guest_page_bytes,
                                  mmio->state.queue_align);
        break;
    default: break;
    }
}

static void set_half(uint64_t *address, uint64_t offset, uint32_t value)
{
    unsigned shift = offset & 4 ? 32 : 0;
    *address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void modern_register_write(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
    struct virtio_queue_state *queue = virtio_selected(mmio->virtio);
    if (offset == MMIO_QUEUE_READY) {
        virtio_set_ready(mmio->virtio, value & 1);
        return;
    }
    if (!queue || queue->ready) {
        return;
    }
    switch (offset & ~7ull) {
    case MMIO_QUEUE_DESC: set_half(&queue->descriptors, offset, value); break;
    case MMIO_QUEUE_DRIVER: set_half(&queue->available, offset, value); break;
    case MMIO_QUEUE_DEVICE: set_half(&queue->used, offset, value); break;
    default: break;
    }
}

static void register_write(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
    struct virtio_device *virtio = mmio->virtio;
    struct virtio_state *s = virtio->state;
    switch (offset) {
    case MMIO_DEVICE_FEATURES_SEL: s->device_features_select = value; break;
    case MMIO_DRIVER_FEATURES: virtio_set_features(virtio, mmio->legacy, s->driver_features_select, value); break;
    case MMIO_DRIVER_FEATURES_SEL: s->driver_features_select = value; break;
    case MMIO_QUEUE_SEL: s->queue_select = (uint16_t)MIN(value, UINT16_MAX); break;
    case MMIO_QUEUE_NUM: virtio_set_size(virtio, value); break;
    case MMIO_QUEUE_NOTIFY: virtio_queue_notify(virtio, value); break;
    case MMIO_INTERRUPT_ACK: virtio_take_isr(virtio, (uint8_t)value); break;
    case MMIO_STATUS: virtio_set_status(virtio, mmio->legacy, (uint8_t)value); break;
    default:
        if (mmio->legacy) {
            legacy_register_write(mmio, offset, value);
        } else {
            modern_register_write(mmio, offset, value);
        }
        break;
    }
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct virtio_mmio *mmio = opaque;
    if (offset >= MMIO_CONFIG) {
        return mmio->virtio ? virtio_config_read(mmio->virtio, offset - MMIO_CONFIG, size) : 0;
    }
    return register_read(mmio, offset & ~3ull) >> (offset & 3) * 8;
}

static void mmio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct virtio_mmio *mmio = opaque;
    if (!mmio->virtio) {
        return;
    }
    if (offset >= MMIO_CONFIG) {
        virtio_config_write(mmio->virtio, offset - MMIO_CONFIG, (uint32_t)value, size);
    } else if (size == 4) {         /* 4.2.2.2: registers take nothing narrower */
        register_write(mmio, offset, (uint32_t)value);
    }
}

static const struct io_ops mmio_ops = { mmio_read, mmio_write, 1, 4 };

/* ---- The device ---- */

static void reset(void *opaque)
{
    struct virtio_mmio *mmio = opaque;
    mmio->state = (struct virtio_mmio_state){ .queue_align = 4096 };
    update_irq(mmio);
}

static void loaded(void *opaque)
{
    struct virtio_mmio *mmio = opaque;
    if (mmio->virtio) {
        virtio_loaded(mmio->virtio);
    }
    update_irq(mmio);
}

static const struct snapshot_field fields[] = {
    SNAPSHOT_FIELD(struct virtio_mmio_state, guest_page_bytes), SNAPSHOT_FIELD(struct virtio_mmio_state, queue_align),
};

const struct device_type virtio_mmio_type = {
    .name = "virtio-mmio",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct virtio_mmio, state),
    .state_size = sizeof(struct virtio_mmio_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct virtio_mmio *virtio_mmio_new(struct machine *machine, uint64_t address, struct irq_line irq, bool legacy)
{
    struct virtio_mmio *mmio = g_new0(struct virtio_mmio, 1);
    mmio->irq = irq;
    mmio->legacy = legacy;
    memory_add_io(machine->memory, "virtio-mmio", address, VIRTIO_MMIO_BYTES, &mmio_ops, mmio, 0);
    machine_add_device(machine, &virtio_mmio_type, mmio);
    return mmio;
}

void virtio_mmio_plug(struct virtio_mmio *mmio, struct virtio_device *virtio)
{
    g_assert(!mmio->virtio);
    mmio->virtio = virtio;
    virtio_connect(virtio, &transport, mmio);
}

struct virtio_mmio *virtio_slots_plug(struct virtio_slots *slots, struct virtio_device *virtio)
{
    for (unsigned i = slots->count; i-- > 0;) {
        if (!slots->of[i]->virtio) {
            virtio_mmio_plug(slots->of[i], virtio);
            return slots->of[i];
        }
    }
    return NULL;
}
