/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_H
#define HW_VIRTIO_VIRTIO_H
/*
 * A virtio device apart from its transport: features, status, configuration space, split virtqueues (Virtual I/O Device
 * (VIRTIO) Version 1.1; "legacy" is the interface before 1.0, as its legacy sections describe it).
 *
 *   driver's rings in guest RAM  <-- virtqueue.c -->  the device (virtio_net.c, ...)
 *              ^                                           |
 *   driver --> transport (virtio_pci.c, virtio_mmio.c) --> virtio.c
 *
 * A device embeds struct virtio_device, has struct virtio_state inside its own state struct, and is a device type of
 * its own; so is the transport, which is made after it:
 *
 *   struct virtio_net *net = virtio_net_new(machine, ...);
 *   virtio_pci_new(machine, bus, slot, function, &net->virtio, &options);   or virtio_mmio_plug(mmio, &net->virtio);
 *
 * Threads: machine lock held everywhere. Nothing a driver writes into rings or registers can do more than break its own
 * device, which then asks for a reset (DEVICE_NEEDS_RESET) and touches memory no more until it gets one.
 */
#include "machine/machine.h"

enum { VIRTIO_QUEUES_MOST = 64, VIRTIO_QUEUE_SIZE_MOST = 1024, VIRTIO_CONFIG_BYTES_MOST = 256,
       VIRTIO_NO_VECTOR = 0xffff };
enum {  /* device ids, section 5 */
    VIRTIO_ID_NET = 1, VIRTIO_ID_BLOCK = 2, VIRTIO_ID_CONSOLE = 3, VIRTIO_ID_ENTROPY = 4, VIRTIO_ID_BALLOON = 5,
    VIRTIO_ID_SCSI = 8, VIRTIO_ID_9P = 9, VIRTIO_ID_GPU = 16, VIRTIO_ID_INPUT = 18, VIRTIO_ID_SOCKET = 19,
};
enum {  /* device status, 2.1 */
    VIRTIO_STATUS_ACKNOWLEDGE = 1, VIRTIO_STATUS_DRIVER = 2, VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8, VIRTIO_STATUS_NEEDS_RESET = 64, VIRTIO_STATUS_FAILED = 128,
};
enum { VIRTIO_ISR_QUEUE = 1, VIRTIO_ISR_CONFIG = 2 };
enum {  /* feature bits of queues and transports, 6 and 6.3 */
    VIRTIO_F_NOTIFY_ON_EMPTY = 24, VIRTIO_F_ANY_LAYOUT = 27, VIRTIO_F_INDIRECT_DESC = 28, VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
};

struct virtio_queue_state {
    uint64_t descriptors, available, used;      /* addresses in guest memory */
    uint16_t size;
    uint16_t next_available;        /* the next entry of the available ring that the device takes */
    uint16_t used_index;            /* what the device wrote to the used ring's index last */
    uint16_t signalled;             /* used_index when the driver was interrupted last */
    uint16_t vector;                /* MSI-X */
    uint8_t ready, signalled_valid;
    uint8_t quiet;                  /* the device asked for no notifications */
    uint8_t pad[3];
};

struct virtio_state {
    uint64_t driver_features;
    uint64_t deferred;              /* a bit a queue: it has chains for a later notification */
    int64_t deferred_ns;            /* when that is; 0: nothing is deferred */
    uint32_t device_features_select, driver_features_select;
    uint16_t queue_select, config_vector;
    uint8_t status, isr, config_generation;
    uint8_t broken;                 /* the driver made a mistake that only a reset ends */
    struct virtio_queue_state queues[VIRTIO_QUEUES_MOST];
};

struct virtio_device;

/* What a device type gives the core. All but queue_notified are optional. */
struct virtio_ops {
    uint16_t id;
    uint16_t config_bytes;
    void (*get_config)(void *opaque, uint8_t *config);      /* fills config_bytes */
    /* The driver wrote `size` bytes (1, 2, 4) at offset; inside config_bytes. */
    void (*config_written)(void *opaque, unsigned offset, uint32_t value, unsigned size);
    /* There may be new buffers in the queue; take them with virtio_pop. Not called again from inside itself. A driver on another CPU
     * may fill the ring as fast as it is emptied: after some thousand chains virtio_pop finds none, and this is called later again. */
    void (*queue_notified)(void *opaque, unsigned queue);
    void (*status_changed)(void *opaque, uint8_t status);   /* DRIVER_OK came or went; features are settled */
    /* By the driver (status 0); before virtio_state is cleared. Requests under way are to be forgotten. Not called by
     * virtio_reset: the device's own reset knows. */
    void (*reset)(void *opaque);
};

/* What a transport gives the core. */
struct virtio_transport {
    /* state->isr has new bits; vector: of the queue or of the configuration. */
    void (*interrupt)(void *opaque, uint16_t vector);
    /* state->isr was cleared: the level of an interrupt line follows. */
    void (*isr_changed)(void *opaque);
};

struct virtio_device {
    struct virtio_state *state;
    struct machine *machine;
    const char *name;               /* for logs */
    const struct virtio_ops *ops;
    void *opaque;
    uint64_t features;              /* offered; the core's own are among them */
    unsigned queue_count;
    uint16_t queue_sizes[VIRTIO_QUEUES_MOST];
    const struct virtio_transport *transport;
    void *transport_opaque;
    uint64_t notified;              /* a bit a queue: arrived while queue_notified ran */
    bool notifying;
    unsigned chains_left;           /* that may be popped in this notification */
    struct timer *later;            /* the next notification of what is deferred */
};

/* ---- For devices ---- */

/* Before the device is added to the machine. `features`: the device type's own bits; those of the queues are added. */
void virtio_init(struct virtio_device *device, struct machine *machine, struct virtio_state *state, const char *name,
                 const struct virtio_ops *ops, void *opaque, uint64_t features);
/* Returns the queue's number; size a power of two up to VIRTIO_QUEUE_SIZE_MOST. */
unsigned virtio_add_queue(struct virtio_device *device, uint16_t size);
/* From queue_notified: the rest of the queue is left for a later notification, which comes without the driver's. */
void virtio_defer(struct virtio_device *device, unsigned queue);
/* For the device's own free function. */
void virtio_destroy(struct virtio_device *device);
/* For the device's own reset function (power-on). */
void virtio_reset(struct virtio_device *device);
static inline bool virtio_has(const struct virtio_device *device, unsigned feature)
{
    return device->state->driver_features >> feature & 1;
}
static inline bool virtio_is_modern(const struct virtio_device *device)
{
    return virtio_has(device, VIRTIO_F_VERSION_1);
}
/* The driver is ready: buffers may be used. A legacy driver may use them before it says so. */
bool virtio_running(const struct virtio_device *device);
/* What get_config fills in has changed. */
void virtio_config_changed(struct virtio_device *device);
/* The driver did what it must not: the device stops until it is reset. why: for the log. */
void virtio_break(struct virtio_device *device, const char *why);

/* ---- Virtqueues (virtqueue.c) ---- */

/* A chain of buffers that the driver made available: first those that the device reads, then those it writes. */
struct virtio_element {
    uint16_t head;
    unsigned readable_count, writable_count;
    uint64_t readable_bytes, writable_bytes;
    struct virtio_segment { uint64_t address; uint32_t bytes; } segments[];     /* readable, then writable */
};

bool virtio_queue_ready(const struct virtio_device *device, unsigned queue);
/* There is a chain to pop. */
bool virtio_has_buffers(struct virtio_device *device, unsigned queue);
/* The next chain; NULL: none, or the device is broken. To be given back with virtio_push or virtio_drop. */
struct virtio_element *virtio_pop(struct virtio_device *device, unsigned queue);
/* Bytes [offset, +bytes) of what the driver wrote; short when there is less. Returns the bytes copied. */
uint64_t virtio_read(struct virtio_device *device, const struct virtio_element *element, uint64_t offset, void *out,
                     uint64_t bytes);
/* Into the driver's buffers. Returns the bytes copied. */
uint64_t virtio_write(struct virtio_device *device, const struct virtio_element *element, uint64_t offset,
                      const void *in, uint64_t bytes);
/* Done with the chain: `written` bytes of its writable part hold data. Frees the element. Any order. The driver
 * learns of it by virtio_notify. Safe after a reset: then nothing is written. */
void virtio_push(struct virtio_device *device, unsigned queue, struct virtio_element *element, uint32_t written);
/* Interrupts the driver unless it asked not to be. */
void virtio_notify(struct virtio_device *device, unsigned queue);
/* Several chains that the driver is to see at once: virtio_fill with nth 0, 1, ..., then virtio_publish. */
void virtio_fill(struct virtio_device *device, unsigned queue, struct virtio_element *element, uint32_t written,
                 unsigned nth);
void virtio_publish(struct virtio_device *device, unsigned queue, unsigned count);
/* Puts back the `count` chains that were popped last; the caller frees the elements by virtio_drop. */
void virtio_unpop(struct virtio_device *device, unsigned queue, unsigned count);
void virtio_drop(struct virtio_element *element);
/* Asks the driver for notifications (as at first), or not. On: true when more has arrived meanwhile, so look again.
 * Who pops until NULL need not ask. */
bool virtio_want_notify(struct virtio_device *device, unsigned queue, bool want);

/* ---- For transports ---- */

/* Lets the transport know the device; its `isr_changed` is called whenever the interrupt line may have to fall. */
/* For the transport's loaded function. */
void virtio_loaded(struct virtio_device *device);
void virtio_connect(struct virtio_device *device, const struct virtio_transport *transport, void *opaque);
uint32_t virtio_features(const struct virtio_device *device, bool legacy, uint32_t select);
/* Driver's features, 32 bits at select 0 or 1; ignored once FEATURES_OK is set. */
void virtio_set_features(struct virtio_device *device, bool legacy, uint32_t select, uint32_t value);
/* 0 resets the device. */
void virtio_set_status(struct virtio_device *device, bool legacy, uint8_t status);
uint32_t virtio_config_read(struct virtio_device *device, uint64_t offset, unsigned size);
void virtio_config_write(struct virtio_device *device, uint64_t offset, uint32_t value, unsigned size);
/* The queue that queue_select names; NULL: there is none. */
struct virtio_queue_state *virtio_selected(struct virtio_device *device);
uint16_t virtio_selected_size_most(const struct virtio_device *device);
/* Legacy: one address for all three parts; 0 takes the queue away. */
void virtio_set_legacy_address(struct virtio_device *device, uint64_t address, uint32_t align);
void virtio_set_ready(struct virtio_device *device, bool ready);
void virtio_set_size(struct virtio_device *device, uint32_t size);
void virtio_queue_notify(struct virtio_device *device, uint32_t queue);
uint8_t virtio_take_isr(struct virtio_device *device, uint8_t bits);

#endif
