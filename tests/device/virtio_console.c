/* SPDX-License-Identifier: MIT */
/* The virtio console over MMIO: what the driver is told of its ports, output into a file, wrong messages. */
#include <glib/gstdio.h>
#include "hw/virtio/virtio_console.h"
#include "hw/virtio/virtio_mmio.h"
#include "tests/device/rig.h"

enum { MMIO = 0xd0000000, RINGS = 0x10000, BUFFERS = 0x20000, QUEUES = 6, QUEUE_SIZE = 8 };
enum { RX_0, TX_0, CONTROL_RX, CONTROL_TX, RX_1, TX_1 };

struct bench {
    struct rig rig;
    struct wire wire;
    struct virtio_console *console;
    struct character *character;
    char *path;
};

static void put(struct bench *b, uint32_t reg, uint32_t value)
{
    memory_write(b->rig.machine->memory, MMIO + reg, value, 4);
}

static void bench_open(struct bench *b, uint32_t features)
{
    *b = (struct bench){ .path = g_strdup("/tmp/dragoman-console-XXXXXX") };
    g_close(g_mkstemp(b->path), NULL);
    g_autofree char *spec = g_strconcat("file:", b->path, NULL);
    b->character = character_open(spec, NULL);
    rig_init(&b->rig);
    b->console = virtio_console_new(b->rig.machine);
    virtio_console_add_port(b->console, -1, true, NULL, NULL);
    virtio_console_add_port(b->console, -1, false, "org.test", b->character);
    virtio_mmio_plug(virtio_mmio_new(b->rig.machine, MMIO, wire_line(&b->wire), false), &b->console->virtio);
    put(b, 0x070, 3);
    put(b, 0x024, 0), put(b, 0x020, features), put(b, 0x024, 1), put(b, 0x020, 1);
    put(b, 0x070, 11);
    for (unsigned queue = 0; queue < QUEUES; queue++) {
        const uint32_t ring = RINGS + queue * 0x400;
        put(b, 0x030, queue), put(b, 0x038, QUEUE_SIZE);
        put(b, 0x080, ring), put(b, 0x090, ring + 0x100), put(b, 0x0a0, ring + 0x200), put(b, 0x044, 1);
    }
    put(b, 0x070, 15);
}

static void bench_close(struct bench *b)
{
    rig_free(&b->rig);
    character_free(b->character);
    g_unlink(b->path);
    g_free(b->path);
}

/* A buffer of the queue at BUFFERS + (queue * 8 + n) * 0x100. */
static uint64_t add_buffer(struct bench *b, unsigned queue, uint32_t bytes)
{
    struct memory *memory = b->rig.machine->memory;
    const uint64_t ring = RINGS + queue * 0x400;
    uint16_t index = (uint16_t)memory_read(memory, ring + 0x102, 2);
    const unsigned slot = index % QUEUE_SIZE;
    const uint64_t buffer = BUFFERS + (queue * QUEUE_SIZE + slot) * 0x100;
    memory_write(memory, ring + slot * 16, buffer, 8), memory_write(memory, ring + slot * 16 + 8, bytes, 4);
    memory_write(memory, ring + slot * 16 + 12, queue % 2 ? 0 : 2, 4);
    memory_write(memory, ring + 0x104 + slot * 2, slot, 2);
    memory_write(memory, ring + 0x102, index + 1u, 2);
    return buffer;
}

static void say(struct bench *b, uint32_t port, uint16_t event, uint16_t value)
{
    const uint64_t ring = RINGS + CONTROL_TX * 0x400;
    const uint64_t slot = memory_read(b->rig.machine->memory, ring + 0x102, 2) % QUEUE_SIZE;
    const uint64_t buffer = BUFFERS + (CONTROL_TX * QUEUE_SIZE + slot) * 0x100;
    memory_write(b->rig.machine->memory, buffer, port | (uint64_t)event << 32 | (uint64_t)value << 48, 8);
    add_buffer(b, CONTROL_TX, 8);
    put(b, 0x050, CONTROL_TX);
}

static void ports_are_told(struct test *test)
{
    static const struct { uint32_t port; uint16_t event; } expected[] = {
        { 0, 1 }, { 1, 1 },             /* PORT_ADD */
        { 0, 4 },                       /* CONSOLE_PORT */
        { 1, 7 }, { 1, 6 },             /* PORT_NAME, PORT_OPEN */
    };
    struct bench b;
    uint64_t buffers[ARRAY_LEN(expected)];
    bench_open(&b, 2);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, MMIO + 0x104, 4), VIRTIO_CONSOLE_PORTS);
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
        buffers[i] = add_buffer(&b, CONTROL_RX, 64);
    }
    say(&b, 0, 0, 1);
    say(&b, 0, 3, 1), say(&b, 1, 3, 1);
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
        uint64_t message = memory_read(b.rig.machine->memory, buffers[i], 8);
        EXPECT_EQ(test, message, expected[i].port | (uint64_t)expected[i].event << 32 | 1ull << 48);
    }
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, buffers[3] + 8, 8), 0x747365742e67726f);     /* "org.test" */
    EXPECT(test, b.wire.level);
    say(&b, 77, 3, 1), say(&b, 3, 6, 1), say(&b, 0, 99, 1);
    EXPECT_EQ(test, b.console->state.virtio.broken, 0);
    bench_close(&b);
}

static void output_reaches_the_stream(struct test *test)
{
    struct bench b;
    g_autofree char *text = NULL;
    bench_open(&b, 2);
    memory_write_bytes(b.rig.machine->memory, add_buffer(&b, TX_1, 5), "hello", 5);
    memory_write_bytes(b.rig.machine->memory, add_buffer(&b, TX_0, 5), "nobod", 5);     /* no stream: dropped */
    put(&b, 0x050, TX_1), put(&b, 0x050, TX_0);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, RINGS + TX_0 * 0x400 + 0x202, 2), 1);
    g_file_get_contents(b.path, &text, NULL, NULL);
    EXPECT(test, text && !strcmp(text, "hello"));
    bench_close(&b);
}

/* Without a use for the port's number, and a number given twice. */
static void ports_have_numbers(struct test *test)
{
    struct bench b;
    bench_open(&b, 2);
    EXPECT(test, !virtio_console_add_port(b.console, 1, false, NULL, NULL));
    EXPECT(test, virtio_console_add_port(b.console, 5, false, NULL, NULL));
    EXPECT(test, !virtio_console_add_port(b.console, VIRTIO_CONSOLE_PORTS, false, NULL, NULL));
    for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS - 3; i++) {
        EXPECT(test, virtio_console_add_port(b.console, -1, false, NULL, NULL));
    }
    EXPECT(test, !virtio_console_add_port(b.console, -1, true, NULL, NULL));
    bench_close(&b);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(ports_are_told), TEST(output_reaches_the_stream), TEST(ports_have_numbers),
    };
    return test_run_cases("virtio_console", cases, G_N_ELEMENTS(cases));
}
