/* SPDX-License-Identifier: MIT */
/* The virtio balloon, over MMIO: pages go back to the host and come again as zeroes, statistics, what the host wants. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include "hw/virtio/virtio_balloon.h"
#include "hw/virtio/virtio_mmio.h"
#include "tests/device/rig.h"

enum { MMIO = 0xd0000000, RINGS = 0x10000, BUFFER = 0x20000, FIRST_PAGE = 0x80, PAGE = 4096, RAM_BYTES = 2 << 20 };
enum { INFLATE, DEFLATE, STATS };

struct rig_balloon { struct rig rig; struct wire wire; struct virtio_balloon *balloon; unsigned changes; };

static void put(struct rig *rig, uint32_t reg, uint32_t value) { memory_write(rig->machine->memory, MMIO + reg, value, 4); }

static void changed(void *opaque) { ((struct rig_balloon *)opaque)->changes++; }

static void start(struct rig_balloon *r)
{
    memset(r, 0, sizeof(*r));
    rig_init(&r->rig);
    r->rig.machine->ram_bytes = RAM_BYTES;
    r->balloon = virtio_balloon_new(r->rig.machine, true);
    r->balloon->changed = changed;
    r->balloon->changed_opaque = r;
    virtio_mmio_plug(virtio_mmio_new(r->rig.machine, MMIO, wire_line(&r->wire), false), &r->balloon->virtio);
    put(&r->rig, 0x070, 3), put(&r->rig, 0x020, 6), put(&r->rig, 0x024, 1), put(&r->rig, 0x020, 1), put(&r->rig, 0x070, 11);
    for (unsigned queue = 0; queue < 3; queue++) {
        const uint32_t ring = RINGS + queue * 0x1000;
        put(&r->rig, 0x030, queue), put(&r->rig, 0x038, 8), put(&r->rig, 0x080, ring), put(&r->rig, 0x090, ring + 0x400);
        put(&r->rig, 0x0a0, ring + 0x800), put(&r->rig, 0x044, 1);
    }
    put(&r->rig, 0x070, 15);
}

/* Puts what is at BUFFER into a queue. */
static void send(struct rig_balloon *r, unsigned queue, uint32_t bytes)
{
    struct memory *memory = r->rig.machine->memory;
    const uint64_t ring = RINGS + queue * 0x1000;
    uint16_t index = (uint16_t)memory_read(memory, ring + 0x402, 2);
    memory_write(memory, ring, BUFFER, 8), memory_write(memory, ring + 8, bytes, 8);
    memory_write(memory, ring + 0x404 + index % 8 * 2, 0, 2), memory_write(memory, ring + 0x402, index + 1u, 2);
    put(&r->rig, 0x050, queue);
}

static unsigned used(struct rig_balloon *r, unsigned queue)
{
    return (unsigned)memory_read(r->rig.machine->memory, RINGS + queue * 0x1000 + 0x802, 2);
}

static uint64_t host_blocks(struct rig_balloon *r)
{
    struct stat st;
    fstat(r->rig.machine->ram->fd, &st);
    return (uint64_t)st.st_blocks * 512;
}

static void pages_go_back(struct test *test)
{
    static const uint32_t numbers[] = { 0x80, 0x81, 0x82, 0x90, 0x8f, 0x8e, 0xa0, 0x81 };
    struct rig_balloon r;
    start(&r);
    struct memory *memory = r.rig.machine->memory;
    for (unsigned i = 0; i < 64; i++) {
        memory_write(memory, (FIRST_PAGE + i) * PAGE, 0x1234567 + i, 8);
    }
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        memory_write(memory, BUFFER + i * 4, numbers[i], 4);
    }
    send(&r, INFLATE, 0);                   /* the ring has its memory now */
    const uint64_t before = host_blocks(&r);
    send(&r, INFLATE, sizeof(numbers));
    EXPECT_EQ(test, used(&r, INFLATE), 2);
    EXPECT_EQ(test, before - host_blocks(&r), 7 * PAGE);
    for (unsigned i = 0; i < 64; i++) {
        unsigned page = FIRST_PAGE + i;
        bool given = page < 0x83 || (page >= 0x8e && page <= 0x90) || page == 0xa0;
        EXPECT_EQ(test, memory_read(memory, page * PAGE, 8), given ? 0 : 0x1234567 + i);
    }
    send(&r, DEFLATE, sizeof(numbers));
    EXPECT_EQ(test, used(&r, DEFLATE), 1);
    memory_write(memory, 0x80 * PAGE, 5, 8);
    EXPECT_EQ(test, memory_read(memory, 0x80 * PAGE, 8), 5);
    rig_free(&r.rig);
}

static void pages_of_nobody_are_left_alone(struct test *test)
{
    struct rig_balloon r;
    start(&r);
    struct memory *memory = r.rig.machine->memory;
    memory_write(memory, BUFFER, MMIO / PAGE, 4), memory_write(memory, BUFFER + 4, UINT32_MAX, 4);
    send(&r, INFLATE, 8);
    EXPECT_EQ(test, used(&r, INFLATE), 1);
    send(&r, INFLATE, 3);                   /* less than a number */
    EXPECT_EQ(test, used(&r, INFLATE), 2);
    rig_free(&r.rig);
}

static void the_host_wants_and_the_guest_says(struct test *test)
{
    struct rig_balloon r;
    start(&r);
    EXPECT_EQ(test, virtio_balloon_actual(r.balloon), RAM_BYTES);
    virtio_balloon_set_target(r.balloon, RAM_BYTES - 10 * PAGE);
    EXPECT(test, r.wire.level);
    EXPECT_EQ(test, memory_read(r.rig.machine->memory, MMIO + 0x100, 4), 10);
    put(&r.rig, 0x104, 4);
    put(&r.rig, 0x104, 4);
    EXPECT(test, r.changes == 1 && virtio_balloon_actual(r.balloon) == RAM_BYTES - 4 * PAGE);
    put(&r.rig, 0x104, UINT32_MAX);
    EXPECT_EQ(test, virtio_balloon_actual(r.balloon), 0);
    virtio_balloon_set_target(r.balloon, UINT64_MAX);
    EXPECT_EQ(test, memory_read(r.rig.machine->memory, MMIO + 0x100, 4), 0);
    virtio_balloon_set_target(r.balloon, RAM_BYTES - 3 * PAGE);
    machine_reset(r.rig.machine);
    EXPECT_EQ(test, memory_read(r.rig.machine->memory, MMIO + 0x100, 4), 3);        /* still wanted of the next system */
    EXPECT_EQ(test, virtio_balloon_actual(r.balloon), RAM_BYTES);
    rig_free(&r.rig);
}

static void statistics_are_asked_for(struct test *test)
{
    enum { SECOND = 1000000000 };
    struct rig_balloon r;
    start(&r);
    struct memory *memory = r.rig.machine->memory;
    EXPECT_EQ(test, r.balloon->state.stats[4], UINT64_MAX);
    memory_write(memory, BUFFER, 4, 2), memory_write(memory, BUFFER + 2, 1000, 8);
    memory_write(memory, BUFFER + 10, 5, 2), memory_write(memory, BUFFER + 12, 2000, 8);
    memory_write(memory, BUFFER + 20, 77, 2), memory_write(memory, BUFFER + 22, 3, 8);     /* a tag of the future */
    send(&r, STATS, 30);
    EXPECT(test, r.balloon->state.stats[4] == 1000 && r.balloon->state.stats[5] == 2000 && r.balloon->state.stats[0] == UINT64_MAX);
    EXPECT_EQ(test, used(&r, STATS), 0);    /* kept until somebody asks */
    rig_run(&r.rig, 10ll * SECOND);
    EXPECT_EQ(test, used(&r, STATS), 0);
    virtio_balloon_poll(r.balloon, 2);
    rig_run(&r.rig, 3ll * SECOND);
    EXPECT_EQ(test, used(&r, STATS), 1);
    memory_write(memory, BUFFER + 2, 1001, 8);
    send(&r, STATS, 10);
    EXPECT(test, r.balloon->state.stats[4] == 1001 && r.balloon->state.stats[5] == UINT64_MAX);
    send(&r, STATS, 10);                    /* a second one: the first comes back */
    EXPECT_EQ(test, used(&r, STATS), 2);
    virtio_balloon_poll(r.balloon, 0);
    EXPECT_EQ(test, clocks_next_deadline_ns(r.rig.machine->clocks, CLOCK_KIND_VIRTUAL), INT64_MAX);
    virtio_balloon_type.loaded(r.balloon);  /* as after a snapshot: the chain is taken again */
    EXPECT(test, r.balloon->stats_element && r.balloon->state.stats_held);
    put(&r.rig, 0x070, 0);
    EXPECT(test, !r.balloon->stats_element && !r.balloon->state.stats_held);
    rig_free(&r.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(pages_go_back), TEST(pages_of_nobody_are_left_alone), TEST(the_host_wants_and_the_guest_says),
        TEST(statistics_are_asked_for),
    };
    return test_run_cases("virtio_balloon", cases, ARRAY_LEN(cases));
}
