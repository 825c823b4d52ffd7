/* SPDX-License-Identifier: MIT */
/*
 * Virtio block device (VIRTIO 1.1, section 5.2): reads, writes, flush, discard, write zeroes, the device's id. Many
 * requests are under way at once; chains are given back in the order in which they were taken, so that the ones under
 * way are always the last of the available ring: a snapshot is their number, and after loading they are taken and made
 * again.
 *
 * A request of any size goes through a buffer of at most CHUNK_BYTES; chains are not taken while IN_FLIGHT_MOST bytes
 * are under way. A driver that did not accept VIRTIO_BLK_F_FLUSH gets writes that are on the disk when they end
 * (5.2.6.2). Left out: several queues, a write cache that the driver switches, SCSI commands of the legacy interface,
 * zones.
 */
#include "hw/virtio/virtio_blk.h"
#include <errno.h>
#include <string.h>

enum { VIRTIO_BLK_T_IN = 0, VIRTIO_BLK_T_OUT = 1, VIRTIO_BLK_T_FLUSH = 4, VIRTIO_BLK_T_GET_ID = 8,
       VIRTIO_BLK_T_DISCARD = 11,
       VIRTIO_BLK_T_WRITE_ZEROES = 13 };
enum { VIRTIO_BLK_S_OK = 0, VIRTIO_BLK_S_IOERR = 1, VIRTIO_BLK_S_UNSUPP = 2 };
enum { VIRTIO_BLK_F_SEG_MAX = 2, VIRTIO_BLK_F_GEOMETRY = 4, VIRTIO_BLK_F_RO = 5, VIRTIO_BLK_F_BLK_SIZE = 6,
       VIRTIO_BLK_F_FLUSH = 9, VIRTIO_BLK_F_TOPOLOGY = 10, VIRTIO_BLK_F_DISCARD = 13, VIRTIO_BLK_F_WRITE_ZEROES = 14 };
enum { WRITE_ZEROES_UNMAP = 1, ID_BYTES = 20, SEGMENT_SECTORS_MOST = 0x3fffff };
enum { CHUNK_BYTES = 1 << 20, IN_FLIGHT_MOST = 32 << 20, PAGE_BYTES = 4096 };
enum { GEOMETRY_HEADS = 16, GEOMETRY_SECTORS = 63, GEOMETRY_CYLINDERS_MOST = 16383 };

/* struct virtio_blk_config, 5.2.4; little-endian as the host is. */
struct blk_config {
    uint64_t capacity;
    uint32_t size_max, seg_max;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint32_t blk_size;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback, unused0;
    uint16_t num_queues;
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap, unused1[3];
};
struct blk_header { uint32_t type, priority; uint64_t sector; };
struct blk_range { uint64_t sector; uint32_t sectors, flags; };

struct blk_request {
    struct disk_request disk;
    struct virtio_blk *blk;
    struct virtio_element *element;
    uint64_t start, bytes, done;    /* on the disk; of the data; how much of it has been transferred */
    uint32_t written;               /* into the driver's buffers */
    uint8_t status;
    bool finished, flushing;
};


/* ---- The end of a request ---- */

static void give_back(struct virtio_blk *blk, struct blk_request *request)
{
    virtio_write(&blk->virtio, request->element, request->element->writable_bytes - 1, &request->status, 1);
    virtio_push(&blk->virtio, 0, request->element, request->written + 1);
    blk->bytes_in_flight -= request->bytes;
    blk->state.in_flight--;
    g_aligned_free(request->disk.buffer);
    g_free(request);
}

/* From the first on, those that are finished; what then has room is taken, and may be finished at once. */
static void give_back_finished(struct virtio_blk *blk)
{
    struct blk_request *first = g_queue_peek_head(&blk->requests);
    while (first && first->finished) {
        for (; first && first->finished; first = g_queue_peek_head(&blk->requests)) {
            g_queue_pop_head(&blk->requests);
            give_back(blk, first);
        }
        virtio_notify(&blk->virtio, 0);
        virtio_queue_notify(&blk->virtio, 0);
        first = g_queue_peek_head(&blk->requests);
    }
}

static void finish(struct blk_request *request, uint8_t status)
{
    request->status = status;
    request->finished = true;
}

/* ---- Data ---- */

static bool writes_through(const struct blk_request *request)
{
    return request->disk.operation != DISK_READ && request->disk.operation != DISK_FLUSH &&
           !virtio_has(&request->blk->virtio, VIRTIO_BLK_F_FLUSH);
}

/* The next part of the data, which fits the buffer. */
static void submit_chunk(struct blk_request *request)
{
    struct virtio_blk *blk = request->blk;
    bool has_data = request->disk.operation == DISK_READ || request->disk.operation == DISK_WRITE;
    request->disk.offset = request->start + request->done;
    request->disk.bytes = has_data ? MIN(request->bytes - request->done, CHUNK_BYTES) : request->disk.bytes;
    if (request->disk.operation == DISK_WRITE) {
        virtio_read(&blk->virtio, request->element, sizeof(struct blk_header) + request->done, request->disk.buffer,
                    request->disk.bytes);
    }
    disk_submit(blk->disk, &request->disk);
}

static void chunk_done(struct disk_request *disk, int error)
{
    struct blk_request *request = disk->opaque;
    struct virtio_blk *blk = request->blk;
    if (!error && disk->operation == DISK_READ) {
        request->written += virtio_write(&blk->virtio, request->element, request->done, disk->buffer, disk->bytes);
    }
    request->done += disk->bytes;
    if (error) {
        finish(request, VIRTIO_BLK_S_IOERR);
    } else if (disk->buffer && request->done < request->bytes) {
        submit_chunk(request);
        return;
    } else if (writes_through(request)) {
        disk->operation = DISK_FLUSH;
        disk->offset = disk->bytes = 0;
        disk_submit(blk->disk, disk);
        return;
    } else {
        finish(request, VIRTIO_BLK_S_OK);
    }
    give_back_finished(blk);
}

static bool inside(const struct virtio_blk *blk, uint64_t sector, uint64_t bytes)
{
    struct disk_facts facts;
    disk_get_facts(blk->disk, &facts);
    return bytes % DISK_SECTOR_BYTES == 0 && sector <= facts.bytes / DISK_SECTOR_BYTES &&
           bytes <= facts.bytes - sector * DISK_SECTOR_BYTES;
}

static bool read_only(const struct virtio_blk *blk)
{
    struct disk_facts facts;
    disk_get_facts(blk->disk, &facts);
    return facts.read_only;
}

static void start_transfer(struct blk_request *request, enum disk_operation operation, uint64_t sector, uint64_t bytes)
{
    if (!inside(request->blk, sector, bytes) || (operation == DISK_WRITE && read_only(request->blk))) {
        finish(request, VIRTIO_BLK_S_IOERR);
        return;
    }
    request->disk.operation = operation;
    request->start = sector * DISK_SECTOR_BYTES;
    request->bytes = bytes;
    request->blk->bytes_in_flight += bytes;
    /* On pages of its own: hosts copy files to odd addresses at a third of the speed. */
    request->disk.buffer = g_aligned_alloc(1, MIN(MAX(bytes, 1), CHUNK_BYTES), PAGE_BYTES);
    submit_chunk(request);
}

/* Discard and write zeroes: one range, 5.2.6. */
static void start_range(struct blk_request *request, enum disk_operation operation)
{
    struct virtio_blk *blk = request->blk;
    struct blk_range range;
    if (request->element->readable_bytes != sizeof(struct blk_header) + sizeof(range)) {
        finish(request, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    virtio_read(&blk->virtio, request->element, sizeof(struct blk_header), &range, sizeof(range));
    const uint32_t allowed = operation == DISK_WRITE_ZEROES ? WRITE_ZEROES_UNMAP : 0;
    if (range.flags & ~allowed) {
        finish(request, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    const uint64_t bytes = (uint64_t)range.sectors * DISK_SECTOR_BYTES;
    if (range.sectors > SEGMENT_SECTORS_MOST || !inside(blk, range.sector, bytes) || read_only(blk)) {
        finish(request, VIRTIO_BLK_S_IOERR);
        return;
    }
    request->disk.operation = operation;
    request->start = range.sector * DISK_SECTOR_BYTES;
    request->disk.bytes = bytes;
    submit_chunk(request);
}

/* ---- The beginning ---- */

static void start(struct blk_request *request)
{
    struct virtio_blk *blk = request->blk;
    struct virtio_element *element = request->element;
    struct blk_header header;
    virtio_read(&blk->virtio, element, 0, &header, sizeof(header));
    switch (header.type) {
    case VIRTIO_BLK_T_IN: start_transfer(request, DISK_READ, header.sector, element->writable_bytes - 1); break;
    case VIRTIO_BLK_T_OUT:
        start_transfer(request, DISK_WRITE, header.sector, element->readable_bytes - sizeof(header));
        break;
    case VIRTIO_BLK_T_FLUSH:
        request->disk.operation = DISK_FLUSH;
        submit_chunk(request);
        break;
    case VIRTIO_BLK_T_GET_ID:
        request->written = virtio_write(&blk->virtio, element, 0, blk->serial,
                                        MIN(ID_BYTES, element->writable_bytes - 1));
        finish(request, VIRTIO_BLK_S_OK);
        break;
    case VIRTIO_BLK_T_DISCARD: start_range(request, DISK_DISCARD); break;
    case VIRTIO_BLK_T_WRITE_ZEROES: start_range(request, DISK_WRITE_ZEROES); break;
    default:
        log_write(blk->virtio.machine->log, LOG_guest_errors, "virtio-blk: request of unknown type %u\n", header.type);
        finish(request, VIRTIO_BLK_S_UNSUPP);
        break;
    }
}

static void take(struct virtio_blk *blk, struct virtio_element *element)
{
    struct blk_request *request = g_new0(struct blk_request, 1);
    *request = (struct blk_request){ .blk = blk, .element = element,
                                     .disk = { .done = chunk_done, .opaque = request } };
    g_queue_push_tail(&blk->requests, request);
    blk->state.in_flight++;
    start(request);
}

static void take_all(struct virtio_blk *blk)
{
    struct virtio_element *element;
    while (blk->bytes_in_flight < IN_FLIGHT_MOST && (element = virtio_pop(&blk->virtio, 0))) {
        if (element->readable_bytes < sizeof(struct blk_header) || !element->writable_bytes) {
            virtio_drop(element);
            virtio_break(&blk->virtio, "a request without header or status");
            return;
        }
        take(blk, element);
    }
}

static void blk_notified(void *opaque, unsigned queue)
{
    take_all(opaque);
    give_back_finished(opaque);     /* those that needed no disk */
}

/* ---- Configuration ---- */

static void blk_get_config(void *opaque, uint8_t *config)
{
    struct virtio_blk *blk = opaque;
    struct disk_facts facts;
    disk_get_facts(blk->disk, &facts);
    const uint64_t sectors = facts.bytes / DISK_SECTOR_BYTES;
    const uint64_t cylinders = sectors / (GEOMETRY_HEADS * GEOMETRY_SECTORS);
    struct blk_config c = {
        .capacity = sectors, .seg_max = blk->virtio.queue_sizes[0] - 2u, .blk_size = DISK_SECTOR_BYTES,
        .cylinders = facts.cylinders ? facts.cylinders : (uint16_t)MIN(cylinders, GEOMETRY_CYLINDERS_MOST),
        .heads = facts.cylinders ? (uint8_t)facts.heads : GEOMETRY_HEADS,
        .sectors = facts.cylinders ? (uint8_t)facts.sectors : GEOMETRY_SECTORS,
        .num_queues = 1, .max_discard_sectors = SEGMENT_SECTORS_MOST, .max_discard_seg = 1,
        .discard_sector_alignment = 1,
        .max_write_zeroes_sectors = SEGMENT_SECTORS_MOST, .max_write_zeroes_seg = 1, .write_zeroes_may_unmap = 1,
    };
    memcpy(config, &c, sizeof(c));
}

static void medium_changed(void *device)
{
    virtio_config_changed(&((struct virtio_blk *)device)->virtio);
}

/* ---- Device ---- */

static void forget_requests(struct virtio_blk *blk)
{
    struct blk_request *request;
    while ((request = g_queue_pop_head(&blk->requests))) {
        if (!request->finished) {
            disk_cancel(blk->disk, &request->disk);
        }
        virtio_drop(request->element);
        g_aligned_free(request->disk.buffer);
        g_free(request);
    }
    blk->bytes_in_flight = 0;
    blk->state.in_flight = 0;
}

static void blk_driver_reset(void *opaque)
{
    forget_requests(opaque);
}

static void blk_reset(void *device)
{
    struct virtio_blk *blk = device;
    forget_requests(blk);
    virtio_reset(&blk->virtio);
}

static void blk_loaded(void *device)
{
    struct virtio_blk *blk = device;
    const uint16_t in_flight = blk->state.in_flight;
    forget_requests(blk);
    virtio_unpop(&blk->virtio, 0, in_flight);
    for (unsigned i = 0; i < in_flight; i++) {
        struct virtio_element *element = virtio_pop(&blk->virtio, 0);
        if (!element || element->readable_bytes < sizeof(struct blk_header) || !element->writable_bytes) {
            virtio_drop(element);
            break;
        }
        take(blk, element);
    }
}

static void blk_free(void *device)
{
    struct virtio_blk *blk = device;
    const struct disk_listener none = { 0 };
    forget_requests(blk);
    disk_set_listener(blk->disk, &none);
    virtio_destroy(&blk->virtio);
    g_free(blk);
}

static const struct virtio_ops blk_ops = {
    .id = VIRTIO_ID_BLOCK, .config_bytes = 60, .get_config = blk_get_config, .queue_notified = blk_notified,
    .reset = blk_driver_reset,
};

static const struct snapshot_field fields[] = {
    SNAPSHOT_FIELD(struct virtio_blk_state, virtio), SNAPSHOT_FIELD(struct virtio_blk_state, in_flight),
    SNAPSHOT_FIELD(struct virtio_blk_state, pad),
};
const struct device_type virtio_blk_type = {
    .name = "virtio-blk", .reset = blk_reset, .loaded = blk_loaded, .free = blk_free,
    .state_offset = offsetof(struct virtio_blk, state), .state_size = sizeof(struct virtio_blk_state),
    .fields = fields, .field_count = ARRAY_LEN(fields), .version = 1,
};

struct virtio_blk *virtio_blk_new(struct machine *machine, struct disk *disk, const char *serial, uint16_t queue_size)
{
    struct virtio_blk *blk = g_new0(struct virtio_blk, 1);
    struct disk_facts facts;
    disk_get_facts(disk, &facts);
    blk->disk = disk;
    serial = serial ? serial : facts.serial;
    memcpy(blk->serial, serial, MIN(strlen(serial), ID_BYTES));      /* no 0 behind 20 characters */
    uint64_t features = 1ull << VIRTIO_BLK_F_SEG_MAX | 1ull << VIRTIO_BLK_F_GEOMETRY | 1ull << VIRTIO_BLK_F_BLK_SIZE |
                        1ull << VIRTIO_BLK_F_TOPOLOGY | 1ull << VIRTIO_BLK_F_FLUSH;
    features |= facts.read_only ? 1ull << VIRTIO_BLK_F_RO
                                : 1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES;
    virtio_init(&blk->virtio, machine, &blk->state.virtio, "virtio-blk", &blk_ops, blk, features);
    virtio_add_queue(&blk->virtio, queue_size);
    const struct disk_listener listener = { .device = blk, .medium_changed = medium_changed };
    disk_set_listener(disk, &listener);
    machine_add_device(machine, &virtio_blk_type, blk);
    return blk;
}
