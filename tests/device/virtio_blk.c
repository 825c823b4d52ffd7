/* SPDX-License-Identifier: MIT */
/* The virtio disk, driven over MMIO as a driver of VIRTIO 1.1 does, on a disk in memory. */
#include "hw/virtio/virtio_blk.h"
#include "hw/virtio/virtio_mmio.h"
#include "tests/device/fake_disk.h"

enum { MMIO = 0xd0000000, RING = 0x10000, AVAIL = RING + 0x400, USED = RING + 0x800, BUFFERS = 0x20000, QUEUE_SIZE = 16,
       DISK_BYTES = 4 << 20 };
enum { NEXT = 1, WRITE = 2 };
enum { T_IN, T_OUT, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK, S_IOERR, S_UNSUPP };

struct bench {
    struct rig rig;
    struct disk *disk;
    struct wire irq;
    struct virtio_blk *blk;
    unsigned descriptor;
    uint16_t available;
};

static uint32_t get(struct bench *b, uint32_t reg) { return (uint32_t)memory_read(b->rig.machine->memory, MMIO + reg,
                                                                                  4); }
static void put(struct bench *b, uint32_t reg, uint32_t value) { memory_write(b->rig.machine->memory, MMIO + reg,
                                                                              value, 4); }
static void poke(struct bench *b, uint64_t at, uint64_t value, unsigned size)
{
    memory_write(b->rig.machine->memory, at, value, size);
}
static uint64_t peek(struct bench *b, uint64_t at, unsigned size) { return memory_read(b->rig.machine->memory, at,
                                                                                       size); }

static void start_driver(struct bench *b, uint32_t refused)
{
    static const uint32_t parts[3] = { RING, AVAIL, USED };
    b->descriptor = 0, b->available = 0;
    put(b, 0x070, 0);
    poke(b, AVAIL, 0, 4), poke(b, USED, 0, 4);
    put(b, 0x070, 3);
    for (unsigned half = 0; half < 2; half++) {
        put(b, 0x014, half), put(b, 0x024, half);
        /* Without EVENT_IDX (29): an interrupt for each. */
        put(b, 0x020, get(b, 0x010) & ~(half ? 0 : refused | 1u << 29));
    }
    put(b, 0x070, 11);
    put(b, 0x030, 0), put(b, 0x038, QUEUE_SIZE);
    for (unsigned i = 0; i < 3; i++) {
        put(b, 0x080 + i * 16, parts[i]);
    }
    put(b, 0x044, 1);
    put(b, 0x070, 15);
}

static void bench_open(struct bench *b, bool read_only)
{
    *b = (struct bench){ .disk = NULL };
    rig_init(&b->rig);
    b->disk = fake_disk_new(&b->rig, DISK_BYTES);
    b->disk->facts.read_only = read_only;
    strcpy(b->disk->facts.serial, "SERIAL");
    b->blk = virtio_blk_new(b->rig.machine, b->disk, NULL, QUEUE_SIZE);
    virtio_mmio_plug(virtio_mmio_new(b->rig.machine, MMIO, wire_line(&b->irq), false), &b->blk->virtio);
    start_driver(b, 0);
}

static void bench_close(struct bench *b)
{
    machine_free_devices(b->rig.machine);
    g_clear_pointer(&b->disk->timer, timer_free);
    rig_free(&b->rig);
    fake_disk_free(b->disk);
}

static unsigned add_descriptor(struct bench *b, uint64_t address, uint32_t bytes, unsigned flags)
{
    unsigned n = b->descriptor++ % QUEUE_SIZE;
    poke(b, RING + n * 16, address, 8), poke(b, RING + n * 16 + 8, bytes, 4);
    poke(b, RING + n * 16 + 12, flags, 2), poke(b, RING + n * 16 + 14, (n + 1) % QUEUE_SIZE, 2);
    return n;
}

/* One request with its data in two pieces; header, data and status of number n lie in 16 KiB from BUFFERS on. Not
 * notified yet. */
static uint64_t request(struct bench *b, unsigned n, uint32_t type, uint64_t sector, uint32_t bytes, bool device_writes)
{
    const uint64_t at = BUFFERS + n * 0x4000ull;
    poke(b, at, type, 8), poke(b, at + 8, sector, 8), poke(b, at + 16, 0xff, 1);
    unsigned head = add_descriptor(b, at, 16, NEXT);
    if (bytes) {
        add_descriptor(b, at + 0x100, bytes / 2, NEXT | (device_writes ? WRITE : 0));
        add_descriptor(b, at + 0x100 + bytes / 2, bytes - bytes / 2, NEXT | (device_writes ? WRITE : 0));
    }
    add_descriptor(b, at + 16, 1, WRITE);
    poke(b, AVAIL + 4 + b->available++ % QUEUE_SIZE * 2, head, 2);
    poke(b, AVAIL + 2, b->available, 2);
    return at;
}

static uint8_t run(struct bench *b, uint64_t at)
{
    put(b, 0x050, 0);
    rig_run(&b->rig, 100 * FAKE_DISK_NS);
    return (uint8_t)peek(b, at + 16, 1);
}

static void identity(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    EXPECT_EQ(test, get(&b, 0x008), 2);
    EXPECT_EQ(test, get(&b, 0x100), DISK_BYTES / 512);
    EXPECT_EQ(test, get(&b, 0x10c), QUEUE_SIZE - 2);
    EXPECT_EQ(test, get(&b, 0x114), 512);
    put(&b, 0x014, 0);
    EXPECT_EQ(test, get(&b, 0x010) >> 9 & 1, 1);        /* FLUSH */
    EXPECT_EQ(test, get(&b, 0x010) >> 5 & 1, 0);        /* RO */
    EXPECT_EQ(test, run(&b, request(&b, 0, T_GET_ID, 0, 20, true)), S_OK);
    EXPECT_EQ(test, peek(&b, BUFFERS + 0x100, 8), 0x00004c4149524553);      /* "SERIAL" */
    fake_disk_change(b.disk, DISK_BYTES / 2);
    EXPECT_EQ(test, get(&b, 0x100), DISK_BYTES / 2 / 512);
    EXPECT_EQ(test, get(&b, 0x060) & 2, 2);
    bench_close(&b);
    bench_open(&b, true);
    put(&b, 0x014, 0);
    EXPECT_EQ(test, get(&b, 0x010) >> 5 & 1, 1);
    EXPECT_EQ(test, run(&b, request(&b, 0, T_OUT, 0, 512, false)), S_IOERR);
    EXPECT_EQ(test, run(&b, request(&b, 0, T_IN, 0, 512, true)), S_OK);
    bench_close(&b);
}

static void reads_and_writes(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    uint64_t at = request(&b, 0, T_IN, 100, 2048, true);
    EXPECT_EQ(test, run(&b, at), S_OK);
    EXPECT_EQ(test, peek(&b, at + 0x100 + 512, 4), 102);
    EXPECT_EQ(test, b.irq.rises, 1);
    EXPECT_EQ(test, peek(&b, USED + 2, 2), 1);
    EXPECT_EQ(test, peek(&b, USED + 8, 4), 2049);
    put(&b, 0x064, get(&b, 0x060));
    EXPECT(test, !b.irq.level);
    at = request(&b, 1, T_OUT, 7, 1024, false);
    poke(&b, at + 0x100, 0x1122334455667788, 8), poke(&b, at + 0x100 + 512, 0x99, 1);
    EXPECT_EQ(test, run(&b, at), S_OK);
    EXPECT(test, b.disk->data[7 * 512] == 0x88 && b.disk->data[8 * 512] == 0x99);
    EXPECT_EQ(test, b.disk->counts[DISK_FLUSH], 0);
    EXPECT_EQ(test, run(&b, request(&b, 2, T_FLUSH, 0, 0, false)), S_OK);
    EXPECT_EQ(test, b.disk->counts[DISK_FLUSH], 1);
    bench_close(&b);
}

/* Chains come back in their order, all data right; an error is its request's alone. */
static void several_at_once(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    for (unsigned i = 0; i < 4; i++) {
        request(&b, i, T_IN, i * 8, 1024, true);
    }
    b.disk->next_error = 0;
    put(&b, 0x050, 0);
    EXPECT_EQ(test, b.disk->queued, 4);
    EXPECT_EQ(test, b.blk->state.in_flight, 4);
    rig_run(&b.rig, FAKE_DISK_NS);
    b.disk->next_error = 5;
    rig_run(&b.rig, 10 * FAKE_DISK_NS);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(test, peek(&b, BUFFERS + i * 0x4000 + 16, 1), i == 1 ? S_IOERR : S_OK);
        EXPECT(test, i == 1 || peek(&b, BUFFERS + i * 0x4000 + 0x100, 4) == i * 8 + 1);
        EXPECT_EQ(test, peek(&b, USED + 4 + i * 8, 4), i * 4);
    }
    EXPECT_EQ(test, b.blk->state.in_flight, 0);
    bench_close(&b);
}

static void ranges(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    uint64_t at = request(&b, 0, T_WRITE_ZEROES, 0, 16, false);
    poke(&b, at + 0x100, 10, 8), poke(&b, at + 0x108, 3, 4), poke(&b, at + 0x10c, 1, 4);
    EXPECT_EQ(test, run(&b, at), S_OK);
    EXPECT(test, b.disk->data[10 * 512] == 0 && b.disk->data[12 * 512 + 511] == 0 && b.disk->data[13 * 512] == 14);
    at = request(&b, 1, T_DISCARD, 0, 16, false);
    poke(&b, at + 0x100, 20, 8), poke(&b, at + 0x108, 3, 8);
    EXPECT_EQ(test, run(&b, at), S_OK);
    EXPECT_EQ(test, b.disk->counts[DISK_DISCARD], 1);
    poke(&b, at + 0x10c, 1, 4);                         /* a flag that discard has not */
    EXPECT_EQ(test, run(&b, (request(&b, 1, T_DISCARD, 0, 16, false))), S_UNSUPP);
    at = request(&b, 0, T_WRITE_ZEROES, 0, 16, false);
    poke(&b, at + 0x100, DISK_BYTES / 512 - 1, 8), poke(&b, at + 0x108, 2, 8);
    EXPECT_EQ(test, run(&b, at), S_IOERR);
    bench_close(&b);
}

static void wrong_requests(struct test *test)
{
    static const struct { uint32_t type; uint64_t sector; uint32_t bytes; bool in; uint8_t status; } cases[] = {
        { T_IN, DISK_BYTES / 512, 512, true, S_IOERR }, { T_IN, DISK_BYTES / 512 - 1, 1024, true, S_IOERR },
        { T_IN, 1ull << 55, 512, true, S_IOERR }, { T_IN, UINT64_MAX, 512, true, S_IOERR },
        { T_IN, 0, 500, true, S_IOERR },
        { T_OUT, 0, 100, false, S_IOERR }, { 99, 0, 512, true, S_UNSUPP }, { T_DISCARD, 0, 8, false, S_UNSUPP },
        { T_IN, 0, 512, true, S_OK },
    };
    struct bench b;
    bench_open(&b, false);
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        EXPECT_EQ(test, run(&b, request(&b, 0, cases[i].type, cases[i].sector, cases[i].bytes, cases[i].in)),
                  cases[i].status);
    }
    /* Without a status byte: the device wants a reset. */
    add_descriptor(&b, BUFFERS, 16, 0);
    poke(&b, AVAIL + 4 + b.available++ % QUEUE_SIZE * 2, (b.descriptor - 1) % QUEUE_SIZE, 2);
    poke(&b, AVAIL + 2, b.available, 2);
    put(&b, 0x050, 0);
    EXPECT_EQ(test, get(&b, 0x070) & 0x40, 0x40);
    start_driver(&b, 0);
    EXPECT_EQ(test, run(&b, request(&b, 0, T_IN, 0, 512, true)), S_OK);
    bench_close(&b);
}

/* A driver that knows of no cache: what it wrote is on the disk when the request ends. */
static void without_flush_writes_go_through(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    start_driver(&b, 1u << 9);
    EXPECT_EQ(test, run(&b, request(&b, 0, T_OUT, 0, 512, false)), S_OK);
    EXPECT_EQ(test, b.disk->counts[DISK_FLUSH], 1);
    bench_close(&b);
}

static void reset_forgets_requests(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    for (unsigned i = 0; i < 3; i++) {
        request(&b, i, T_IN, i, 512, true);
    }
    put(&b, 0x050, 0);
    start_driver(&b, 0);
    EXPECT_EQ(test, b.disk->queued, 0);
    rig_run(&b.rig, 10 * FAKE_DISK_NS);
    EXPECT_EQ(test, peek(&b, BUFFERS + 16, 1), 0xff);
    EXPECT_EQ(test, run(&b, request(&b, 0, T_IN, 5, 512, true)), S_OK);
    bench_close(&b);
}

/* A snapshot in the middle of requests: they are made again. */
static void requests_survive_loading(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    for (unsigned i = 0; i < 3; i++) {
        request(&b, i, T_IN, i, 512, true);
    }
    put(&b, 0x050, 0);
    rig_run(&b.rig, FAKE_DISK_NS);
    const struct virtio_blk_state saved = b.blk->state;
    EXPECT_EQ(test, saved.in_flight, 2);
    virtio_blk_type.reset(b.blk);
    b.blk->state = saved;
    virtio_blk_type.loaded(b.blk);
    rig_run(&b.rig, 10 * FAKE_DISK_NS);
    EXPECT_EQ(test, peek(&b, USED + 2, 2), 3);
    EXPECT(test, peek(&b, BUFFERS + 0x4000 + 0x100, 4) == 2 && peek(&b, BUFFERS + 0x8000 + 0x100, 4) == 3);
    bench_close(&b);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(identity), TEST(reads_and_writes), TEST(several_at_once), TEST(ranges), TEST(wrong_requests),
        TEST(without_flush_writes_go_through), TEST(reset_forgets_requests), TEST(requests_survive_loading),
    };
    return test_run_cases("virtio_blk", cases, G_N_ELEMENTS(cases));
}
