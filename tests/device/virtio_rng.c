/* SPDX-License-Identifier: MIT */
/* The virtio source of random numbers, over MMIO: chains are filled; the limit holds by guest time. */
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_rng.h"
#include "tests/device/rig.h"

enum { MMIO = 0xd0000000, RING = 0x10000, BUFFER = 0x20000, PERIOD_NS = 1000000 };

/* At opaque: how many bytes it has; NULL: any number. */
static size_t source(void *opaque, void *out, size_t bytes)
{
    size_t *left = opaque, count = left ? MIN(bytes, *left) : bytes;
    memset(out, 0x5a, count);
    if (left) {
        *left -= count;
    }
    return count;
}

static void put(struct rig *rig, uint32_t reg, uint32_t value) { memory_write(rig->machine->memory, MMIO + reg, value,
                                                                              4); }

static void start(struct rig *rig, struct wire *wire, size_t (*from)(void *, void *, size_t), void *opaque, uint64_t limit)
{
    static const uint32_t writes[][2] = {
        { 0x070, 3 }, { 0x024, 1 }, { 0x020, 1 }, { 0x070, 11 }, { 0x038, 8 }, { 0x080, RING }, { 0x090, RING + 0x400 },
        { 0x0a0, RING + 0x800 }, { 0x044, 1 }, { 0x070, 15 },
    };
    rig_init(rig);
    struct virtio_rng *rng = virtio_rng_new(rig->machine, from, opaque, limit, PERIOD_NS);
    virtio_mmio_plug(virtio_mmio_new(rig->machine, MMIO, wire_line(wire), false), &rng->virtio);
    for (unsigned i = 0; i < ARRAY_LEN(writes); i++) {
        put(rig, writes[i][0], writes[i][1]);
    }
}

/* Returns how many bytes came, of the newest request. */
static uint32_t ask(struct rig *rig, uint32_t bytes)
{
    struct memory *memory = rig->machine->memory;
    uint16_t index = (uint16_t)memory_read(memory, RING + 0x402, 2);
    memory_write(memory, RING, BUFFER, 8), memory_write(memory, RING + 8, bytes, 4),
        memory_write(memory, RING + 12, 2, 4);
    memory_write(memory, RING + 0x404 + index % 8 * 2, 0, 2), memory_write(memory, RING + 0x402, index + 1u, 2);
    put(rig, 0x050, 0);
    return memory_read(memory, RING + 0x802, 2) == index + 1u
        ? (uint32_t)memory_read(memory, RING + 0x808 + index % 8 * 8, 4) : 0;
}

static void fills_chains(struct test *test)
{
    struct rig rig;
    struct wire wire = { .level = false };
    start(&rig, &wire, source, NULL, 0);
    EXPECT_EQ(test, memory_read(rig.machine->memory, MMIO + 8, 4), 4);
    EXPECT_EQ(test, ask(&rig, 100), 100);
    EXPECT(test, wire.level);
    EXPECT_EQ(test, memory_read(rig.machine->memory, BUFFER + 96, 8), 0x5a5a5a5a);
    EXPECT_EQ(test, ask(&rig, 1 << 20), VIRTIO_RNG_CHUNK);
    rig_free(&rig);
}

static void limit_by_guest_time(struct test *test)
{
    struct rig rig;
    struct wire wire = { .level = false };
    start(&rig, &wire, source, NULL, 150);
    EXPECT_EQ(test, ask(&rig, 100), 100);
    EXPECT_EQ(test, ask(&rig, 100), 50);
    EXPECT_EQ(test, ask(&rig, 100), 0);
    rig_run(&rig, PERIOD_NS / 2);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x802, 2), 2);
    rig_run(&rig, PERIOD_NS);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x802, 2), 3);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x818, 4), 100);
    rig_free(&rig);
}

static void counted_runs_are_alike(struct test *test)
{
    uint64_t first[2];
    for (unsigned run = 0; run < 2; run++) {
        struct rig rig;
        struct wire wire = { .level = false };
        start(&rig, &wire, NULL, NULL, 0);
        ask(&rig, 64);
        first[run] = memory_read(rig.machine->memory, BUFFER + 56, 8);
        EXPECT(test, first[run] != memory_read(rig.machine->memory, BUFFER, 8));
        rig_free(&rig);
    }
    EXPECT_EQ(test, first[0], first[1]);
}

static void a_dry_source_is_asked_again(struct test *test)
{
    struct rig rig;
    struct wire wire = { 0 };
    size_t left = 10;
    start(&rig, &wire, source, &left, 0);
    EXPECT_EQ(test, ask(&rig, 64), 10);
    EXPECT_EQ(test, ask(&rig, 64), 0);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x802, 2), 1);
    left = 20;
    rig_run(&rig, 20 * PERIOD_NS);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x802, 2), 2);
    EXPECT_EQ(test, memory_read(rig.machine->memory, RING + 0x808 + 8, 4), 20);
    EXPECT(test, left == 0 && clocks_next_deadline_ns(rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    rig_free(&rig);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(a_dry_source_is_asked_again), TEST(fills_chains), TEST(limit_by_guest_time),
                                              TEST(counted_runs_are_alike) };
    return test_run_cases("virtio_rng", cases, G_N_ELEMENTS(cases));
}
