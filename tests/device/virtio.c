/* SPDX-License-Identifier: MIT */
/* Virtqueues and the transports: what drivers may do, and what hostile ones do. */
#include "hw/pci/i440fx.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"
#include "tests/device/rig.h"

enum { SIZE = 8, DESCRIPTORS = 0x10000, AVAILABLE = 0x11000, USED = 0x12000, DATA = 0x14000, INDIRECT = 0x18000,
       MMIO = 0xd0000000, BAR = 0xe0000000, MSIX = 0xe0010000, PORTS = 0xc000, MESSAGES = 0x100000 };
enum { NEXT = 1, WRITE = 2, TABLE = 4 };
enum { FEATURES_MODERN = 1 << 28 };

/* A device with two queues that upper-cases what it is given, and four bytes of configuration. */
struct shout { struct shout_state { struct virtio_state virtio; } state; struct virtio_device virtio; unsigned notified, popped; uint32_t config;
    struct memory *refilled; };           /* another CPU offers the chain again as soon as it is taken */

static void shout_notified(void *opaque, unsigned queue)
{
    struct shout *shout = opaque;
    struct virtio_element *element;
    shout->notified++;
    while ((element = virtio_pop(&shout->virtio, queue))) {
        uint8_t text[64];
        uint64_t bytes = virtio_read(&shout->virtio, element, 0, text, sizeof(text));
        for (uint64_t i = 0; i < bytes; i++) {
            text[i] = (uint8_t)g_ascii_toupper((char)text[i]);
        }
        shout->popped++;
        if (shout->refilled) {
            memory_write(shout->refilled, AVAILABLE + 2, memory_read(shout->refilled, AVAILABLE + 2, 2) + 1, 2);
        }
        bytes = virtio_write(&shout->virtio, element, 0, text, bytes);
        virtio_push(&shout->virtio, queue, element, (uint32_t)bytes);
    }
    virtio_notify(&shout->virtio, queue);
}

static void shout_config(void *opaque, uint8_t *config) { memcpy(config, &((struct shout *)opaque)->config, 4); }
static void shout_config_written(void *opaque, unsigned offset, uint32_t value, unsigned size)
{
    memcpy((uint8_t *)&((struct shout *)opaque)->config + offset, &value, size);
}
static const struct virtio_ops shout_ops = { .id = VIRTIO_ID_ENTROPY, .config_bytes = 4, .get_config = shout_config,
                                             .config_written = shout_config_written, .queue_notified = shout_notified };
static void shout_reset(void *opaque) { virtio_reset(&((struct shout *)opaque)->virtio); }
static void shout_free(void *opaque)
{
    struct shout *shout = opaque;
    virtio_destroy(&shout->virtio);
    g_free(shout);
}
static const struct snapshot_field shout_fields[] = { SNAPSHOT_FIELD(struct shout_state, virtio) };
static const struct device_type shout_type = { .name = "shout", .reset = shout_reset, .free = shout_free,
                                               .state_size = sizeof(struct shout_state),
                                               .fields = shout_fields, .field_count = 1 };

struct bench { struct rig rig; struct shout *shout; struct virtio_mmio *mmio; struct wire irq; struct memory *memory; };

static void bench_init(struct bench *b)
{
    *b = (struct bench){ 0 };
    rig_init(&b->rig);
    b->memory = b->rig.machine->memory;
    b->shout = g_new0(struct shout, 1);
    virtio_init(&b->shout->virtio, b->rig.machine, &b->shout->state.virtio, "shout", &shout_ops, b->shout, 0);
    virtio_add_queue(&b->shout->virtio, SIZE);
    virtio_add_queue(&b->shout->virtio, SIZE);
    machine_add_device(b->rig.machine, &shout_type, b->shout);
}

static void put(struct bench *b, uint64_t address, uint64_t value, unsigned size) { memory_write(b->memory, address, value, size); }
static uint64_t get(struct bench *b, uint64_t address, unsigned size) { return memory_read(b->memory, address, size); }

/* ---- The driver ---- */

static void mmio_start(struct bench *b, uint32_t features)
{
    b->mmio = virtio_mmio_new(b->rig.machine, MMIO, wire_line(&b->irq), false);
    virtio_mmio_plug(b->mmio, &b->shout->virtio);
    put(b, MMIO + 0x70, 3, 4);
    put(b, MMIO + 0x24, 0, 4), put(b, MMIO + 0x20, features, 4);
    put(b, MMIO + 0x24, 1, 4), put(b, MMIO + 0x20, 1, 4);
    put(b, MMIO + 0x70, 11, 4);
    put(b, MMIO + 0x30, 0, 4), put(b, MMIO + 0x38, SIZE, 4);
    put(b, MMIO + 0x80, DESCRIPTORS, 4), put(b, MMIO + 0x90, AVAILABLE, 4), put(b, MMIO + 0xa0, USED, 4);
    put(b, MMIO + 0x44, 1, 4);
    put(b, MMIO + 0x70, 15, 4);
}

static void describe(struct bench *b, uint64_t table, unsigned n, uint64_t address, uint32_t bytes, unsigned flags,
                     unsigned next)
{
    put(b, table + n * 16, address, 8), put(b, table + n * 16 + 8, bytes, 4);
    put(b, table + n * 16 + 12, flags, 2), put(b, table + n * 16 + 14, next, 2);
}

/* Makes a chain available without a notification. */
static void offer(struct bench *b, unsigned head)
{
    uint16_t index = (uint16_t)get(b, AVAILABLE + 2, 2);
    put(b, AVAILABLE + 4 + index % SIZE * 2, head, 2);
    put(b, AVAILABLE + 2, index + 1u, 2);
}

static void kick(struct bench *b) { put(b, MMIO + 0x50, 0, 4); }

static void offer_word(struct bench *b)
{
    memory_write_bytes(b->memory, DATA, "word", 4);
    describe(b, DESCRIPTORS, 0, DATA, 4, NEXT, 1);
    describe(b, DESCRIPTORS, 1, DATA + 0x100, 16, WRITE, 0);
    offer(b, 0);
}

/* ---- Rings ---- */

static void chains_come_and_go(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, FEATURES_MODERN);
    EXPECT_EQ(test, get(&b, MMIO + 0x70, 4), 15);
    offer_word(&b);
    EXPECT_EQ(test, b.shout->popped, 0);
    kick(&b);
    EXPECT_EQ(test, get(&b, DATA + 0x100, 4), 0x44524f57);          /* "WORD" */
    EXPECT(test, get(&b, USED + 2, 2) == 1 && get(&b, USED + 4, 4) == 0 && get(&b, USED + 8, 4) == 4);
    EXPECT(test, b.irq.level && get(&b, MMIO + 0x60, 4) == 1);
    put(&b, MMIO + 0x64, 1, 4);
    EXPECT(test, !b.irq.level && get(&b, MMIO + 0x60, 4) == 0);
    for (unsigned i = 0; i < 3 * SIZE; i++) {                       /* round the ring */
        offer_word(&b);
        kick(&b);
    }
    EXPECT_EQ(test, get(&b, USED + 2, 2), 1 + 3 * SIZE);
    put(&b, AVAILABLE, 1, 2);                                       /* no interrupts */
    put(&b, MMIO + 0x64, 1, 4);
    offer_word(&b);
    kick(&b);
    EXPECT(test, !b.irq.level && get(&b, USED + 2, 2) == 2 + 3 * SIZE);
    rig_free(&b.rig);
}

static void indirect_tables(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, FEATURES_MODERN);
    memory_write_bytes(b.memory, DATA, "abcdef", 6);
    describe(&b, INDIRECT, 0, DATA, 2, NEXT, 2);
    describe(&b, INDIRECT, 2, DATA + 2, 4, NEXT, 1);
    describe(&b, INDIRECT, 1, DATA + 0x100, 8, WRITE, 0);
    describe(&b, DESCRIPTORS, 3, INDIRECT, 48, TABLE, 0);
    offer(&b, 3);
    kick(&b);
    EXPECT_EQ(test, get(&b, DATA + 0x100, 8) & 0xffffffffffff, 0x464544434241);
    EXPECT(test, get(&b, USED + 4, 4) == 3 && get(&b, USED + 8, 4) == 6);
    rig_free(&b.rig);
}

/* 2.6.7: with the event index both sides say when they want to hear. */
static void event_index(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, FEATURES_MODERN | 1 << 29);
    offer_word(&b);
    kick(&b);
    EXPECT_EQ(test, get(&b, USED + 4 + SIZE * 8, 2), 1);            /* notify for entry 1 */
    EXPECT(test, b.irq.level);
    put(&b, MMIO + 0x64, 1, 4);
    put(&b, AVAILABLE + 4 + SIZE * 2, 3, 2);                        /* interrupt when entry 3 is used */
    for (unsigned i = 1; i < 3; i++) {
        offer_word(&b);
        kick(&b);
        EXPECT(test, !b.irq.level);
    }
    offer_word(&b);
    kick(&b);
    EXPECT(test, b.irq.level && get(&b, USED + 4 + SIZE * 8, 2) == 4);
    rig_free(&b.rig);
}

/* ---- Hostile drivers ---- */

typedef void spoil(struct bench *b);
static void loop(struct bench *b) { describe(b, DESCRIPTORS, 0, DATA, 1, NEXT, 1), describe(b, DESCRIPTORS, 1, DATA, 1, NEXT, 0); }
static void self_loop(struct bench *b) { describe(b, DESCRIPTORS, 0, DATA, 0, NEXT, 0); }
static void next_beyond(struct bench *b) { describe(b, DESCRIPTORS, 0, DATA, 1, NEXT, SIZE); }
static void head_beyond(struct bench *b) { put(b, AVAILABLE + 4, SIZE, 2); }
static void index_beyond(struct bench *b) { put(b, AVAILABLE + 2, SIZE + 1, 2); }
static void wrong_order(struct bench *b)
{
    describe(b, DESCRIPTORS, 0, DATA, 4, WRITE | NEXT, 1), describe(b, DESCRIPTORS, 1, DATA, 4, 0, 0);
}
static void four_gib(struct bench *b)
{
    describe(b, DESCRIPTORS, 0, DATA, UINT32_MAX, NEXT, 1), describe(b, DESCRIPTORS, 1, DATA, 1, 0, 0);
}
static void wraps(struct bench *b) { describe(b, DESCRIPTORS, 0, UINT64_MAX - 1, 8, 0, 0); }
static void odd_table(struct bench *b) { describe(b, DESCRIPTORS, 0, INDIRECT, 17, TABLE, 0); }
static void empty_table(struct bench *b) { describe(b, DESCRIPTORS, 0, INDIRECT, 0, TABLE, 0); }
static void huge_table(struct bench *b) { describe(b, DESCRIPTORS, 0, INDIRECT, 0xfffffff0, TABLE, 0); }
static void table_and_next(struct bench *b) { describe(b, DESCRIPTORS, 0, INDIRECT, 16, TABLE | NEXT, 1); }
static void table_in_table(struct bench *b)
{
    describe(b, DESCRIPTORS, 0, INDIRECT, 16, TABLE, 0), describe(b, INDIRECT, 0, INDIRECT, 16, TABLE, 0);
}
static void loop_in_table(struct bench *b)
{
    describe(b, DESCRIPTORS, 0, INDIRECT, 16, TABLE, 0), describe(b, INDIRECT, 0, DATA, 1, NEXT, 0);
}

static void mistakes_break_the_device(struct test *test)
{
    static spoil *const spoils[] = { loop, self_loop, next_beyond, head_beyond, index_beyond, wrong_order, four_gib,
                                     wraps, odd_table,
                                     empty_table, huge_table, table_and_next, table_in_table, loop_in_table };
    for (unsigned i = 0; i < ARRAY_LEN(spoils); i++) {
        struct bench b;
        bench_init(&b);
        mmio_start(&b, FEATURES_MODERN);
        offer_word(&b);
        spoils[i](&b);
        kick(&b);
        bool broken = EXPECT_EQ(test, get(&b, MMIO + 0x70, 4), 15 | 64) &&
            EXPECT_EQ(test, get(&b, MMIO + 0x60, 4), 2) &&
                      EXPECT_EQ(test, get(&b, USED + 2, 2), 0);
        if (!broken) {
            printf("# spoil %u\n", i);
        }
        put(&b, AVAILABLE + 2, 0, 2);
        put(&b, MMIO + 0x70, 0, 4);                                 /* a reset makes it whole */
        EXPECT(test, get(&b, MMIO + 0x70, 4) == 0 && !b.irq.level && get(&b, MMIO + 0x44, 4) == 0);
        rig_free(&b.rig);
    }
}

/* Buffers on the device's own registers: no recursion, no end of the world. */
static void buffers_on_registers(struct test *test)
{
    static const uint32_t targets[] = { MMIO + 0x50, MMIO + 0x70, MMIO + 0x44, USED, AVAILABLE, DESCRIPTORS };
    for (unsigned i = 0; i < ARRAY_LEN(targets); i++) {
        struct bench b;
        bench_init(&b);
        mmio_start(&b, FEATURES_MODERN);
        put(&b, DATA, 0, 8);
        describe(&b, DESCRIPTORS, 0, DATA, 8, NEXT, 1);
        describe(&b, DESCRIPTORS, 1, targets[i], 8, WRITE, 0);
        for (unsigned j = 0; j < SIZE; j++) {
            offer(&b, 0);
        }
        kick(&b);
        EXPECT(test, b.shout->notified <= 2 && b.shout->popped <= SIZE);
        rig_free(&b.rig);
    }
}

/* Another CPU that fills the ring for ever does not keep the machine from other work. */
static void rings_that_never_end(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, FEATURES_MODERN);
    b.shout->refilled = b.memory;
    offer_word(&b);
    kick(&b);
    const unsigned once = b.shout->popped;
    EXPECT(test, once >= SIZE && once < 10000 && b.shout->notified == 1);
    rig_run(&b.rig, 60000);                 /* the rest later, without another kick */
    EXPECT_EQ(test, b.shout->popped, 2 * once);
    b.shout->refilled = NULL;
    rig_run(&b.rig, 120000);
    EXPECT(test, b.shout->popped == 2 * once + 1 && get(&b, USED + 2, 2) == (uint16_t)b.shout->popped);
    const unsigned notified = b.shout->notified;
    rig_run(&b.rig, 1000000);
    EXPECT_EQ(test, b.shout->notified, notified);
    rig_free(&b.rig);
}

static void nothing_before_driver_ok(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, FEATURES_MODERN);
    put(&b, MMIO + 0x70, 11, 4);
    offer_word(&b);
    kick(&b);
    EXPECT_EQ(test, b.shout->popped, 0);
    put(&b, MMIO + 0x70, 15, 4);
    kick(&b);
    EXPECT_EQ(test, b.shout->popped, 1);
    put(&b, MMIO + 0x44, 0, 4);                                     /* the queue is taken away */
    offer_word(&b);
    kick(&b);
    EXPECT_EQ(test, b.shout->popped, 1);
    rig_free(&b.rig);
}

static void features_that_were_not_offered(struct test *test)
{
    struct bench b;
    bench_init(&b);
    mmio_start(&b, 1u << 5);
    EXPECT_EQ(test, get(&b, MMIO + 0x70, 4) & VIRTIO_STATUS_FEATURES_OK, 0);
    put(&b, MMIO + 0x70, 0, 4), put(&b, MMIO + 0x70, 3, 4);
    put(&b, MMIO + 0x24, 1, 4), put(&b, MMIO + 0x20, 0, 4), put(&b, MMIO + 0x70, 11, 4);      /* without VERSION_1 */
    EXPECT_EQ(test, get(&b, MMIO + 0x70, 4) & VIRTIO_STATUS_FEATURES_OK, 0);
    rig_free(&b.rig);
}

/* ---- Transports ---- */

static void mmio_registers(struct test *test)
{
    struct bench b;
    bench_init(&b);
    struct virtio_slots slots = { .count = 2 };
    slots.of[0] = virtio_mmio_new(b.rig.machine, MMIO, wire_line(&b.irq), true);
    slots.of[1] = virtio_mmio_new(b.rig.machine, MMIO + 0x200, wire_line(&b.irq), true);
    EXPECT(test, get(&b, MMIO + 0x200, 4) == 0x74726976 && get(&b, MMIO + 0x208, 4) == 0);
    put(&b, MMIO + 0x270, 1, 4);
    EXPECT(test, virtio_slots_plug(&slots, &b.shout->virtio) == slots.of[1]);
    EXPECT(test, get(&b, MMIO + 0x204, 4) == 1 && get(&b, MMIO + 0x208, 4) == 4 && get(&b, MMIO + 0x234, 4) == SIZE);
    EXPECT(test, get(&b, MMIO + 8, 4) == 0);
    put(&b, MMIO + 0x300, 0x11223344, 4);
    EXPECT(test, get(&b, MMIO + 0x301, 1) == 0x33 && get(&b, MMIO + 0x302, 2) == 0x1122 &&
           get(&b, MMIO + 0x304, 4) == 0);
    /* legacy layout: one page and its next */
    put(&b, MMIO + 0x228, 0x1000, 4), put(&b, MMIO + 0x23c, 0x1000, 4);
    put(&b, MMIO + 0x240, 0x10, 4);
    EXPECT(test, get(&b, MMIO + 0x240, 4) == 0x10 && b.shout->state.virtio.queues[0].available == 0x10080);
    EXPECT_EQ(test, b.shout->state.virtio.queues[0].used, 0x11000);
    put(&b, MMIO + 0x240, 0, 4);
    EXPECT_EQ(test, get(&b, MMIO + 0x240, 4), 0);
    rig_free(&b.rig);
}

static struct virtio_pci *pci_start(struct bench *b, const struct virtio_pci_options *options)
{
    struct pci_bus *bus = pci_bus_new(b->rig.machine);
    struct virtio_pci *vp = virtio_pci_new(b->rig.machine, bus, 3, 0, &b->shout->virtio, options);
    bus->pirq[2] = wire_line(&b->irq);
    pci_bus_config_write(bus, 24, 0x10, PORTS, 4), pci_bus_config_write(bus, 24, 0x14, MSIX, 4);
    pci_bus_config_write(bus, 24, 0x20, BAR, 4), pci_bus_config_write(bus, 24, 4, 7, 2);
    return vp;
}

static void pci_identities(struct test *test)
{
    static const struct { bool no_legacy, no_modern; uint32_t id, subsystem; uint8_t revision; bool ports, caps; } cases[] = {
        { false, false, 0x10051af4, 0x00041af4, 0, true, true },
        { true, false, 0x10441af4, 0x11001af4, 1, false, true },
        { false, true, 0x10051af4, 0x00041af4, 0, true, false },
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        bench_init(&b);
        struct virtio_pci_options options = { .disable_legacy = cases[i].no_legacy,
                                              .disable_modern = cases[i].no_modern };
        struct pci_bus *bus = pci_start(&b, &options)->pci.bus;
        EXPECT_EQ(test, pci_bus_config_read(bus, 24, 0, 4), cases[i].id);
        EXPECT_EQ(test, pci_bus_config_read(bus, 24, 0x2c, 4), cases[i].subsystem);
        EXPECT_EQ(test, pci_bus_config_read(bus, 24, 8, 1), cases[i].revision);
        EXPECT_EQ(test, pci_bus_config_read(bus, 24, 0x10, 4) != 0, cases[i].ports);
        unsigned found = 0;
        for (unsigned at = pci_bus_config_read(bus, 24, 0x34, 1); at; at = pci_bus_config_read(bus, 24, at + 1, 1)) {
            unsigned id = pci_bus_config_read(bus, 24, at, 1);
            found |= id == 9 ? 1u << pci_bus_config_read(bus, 24, at + 3, 1) : id == 0x11 ? 1 : 0;
        }
        EXPECT_EQ(test, found, cases[i].caps ? 0x3fu : 1u);
        rig_free(&b.rig);
    }
}

static void pci_window_in_configuration_space(struct test *test)
{
    struct bench b;
    bench_init(&b);
    struct virtio_pci *vp = pci_start(&b, &(struct virtio_pci_options){ 0 });
    struct pci_bus *bus = vp->pci.bus;
    b.shout->config = 0xcafe1234;
    pci_bus_config_write(bus, 24, vp->window + 4, 4, 1), pci_bus_config_write(bus, 24, vp->window + 8, 0x2000, 4);
    pci_bus_config_write(bus, 24, vp->window + 12, 4, 4);
    EXPECT_EQ(test, pci_bus_config_read(bus, 24, vp->window + 16, 4), 0xcafe1234);
    pci_bus_config_write(bus, 24, vp->window + 16, 0x55667788, 4);
    EXPECT_EQ(test, b.shout->config, 0x55667788);
    pci_bus_config_write(bus, 24, vp->window + 8, 0xfffffff0, 4);   /* outside: nothing happens */
    pci_bus_config_write(bus, 24, vp->window + 16, 1, 4);
    EXPECT_EQ(test, b.shout->config, 0x55667788);
    rig_free(&b.rig);
}

static void legacy_ports(struct test *test)
{
    struct bench b;
    bench_init(&b);
    pci_start(&b, &(struct virtio_pci_options){ 0 });
    struct memory *ports = b.rig.machine->ports;
    EXPECT_EQ(test, memory_read(ports, PORTS, 4), 1u << 24 | 1u << 27 | 1u << 28 | 1u << 29);
    memory_write(ports, PORTS + 4, 1 << 28, 4);
    memory_write(ports, PORTS + 8, DESCRIPTORS >> 12, 4);
    memory_write(ports, PORTS + 18, 7, 1);
    memory_write_bytes(b.memory, DATA, "x", 1);
    describe(&b, DESCRIPTORS, 0, DATA, 1, NEXT, 1);
    describe(&b, DESCRIPTORS, 1, DATA + 0x100, 1, WRITE, 0);
    put(&b, DESCRIPTORS + SIZE * 16 + 4, 0, 2), put(&b, DESCRIPTORS + SIZE * 16 + 2, 1, 2);
    memory_write(ports, PORTS + 16, 0, 2);
    EXPECT(test, get(&b, DATA + 0x100, 1) == 'X' && get(&b, DESCRIPTORS + 0x1002, 2) == 1 && b.irq.level);
    EXPECT(test, memory_read(ports, PORTS + 19, 1) == 1 && memory_read(ports, PORTS + 19, 1) == 0 && !b.irq.level);
    b.shout->config = 0x87654321;
    EXPECT_EQ(test, memory_read(ports, PORTS + 20, 4), 0x87654321);
    memory_write(ports, PORTS + 18, 0, 1);
    EXPECT(test, memory_read(ports, PORTS + 8, 4) == 0 && memory_read(ports, PORTS + 18, 1) == 0);
    rig_free(&b.rig);
}

/* MSI-X: messages are writes to memory; masked ones wait. */
static void messages(struct test *test)
{
    struct bench b;
    bench_init(&b);
    struct virtio_pci *vp = pci_start(&b, &(struct virtio_pci_options){ 0 });
    struct pci_bus *bus = vp->pci.bus;
    unsigned at = vp->msix.capability;
    EXPECT_EQ(test, pci_bus_config_read(bus, 24, at + 2, 2), 2);    /* three vectors */
    pci_bus_config_write(bus, 24, at + 2, 0x8000, 2);
    EXPECT_EQ(test, get(&b, MSIX + 16 + 12, 4), 1);
    put(&b, MSIX + 16, MESSAGES, 4), put(&b, MSIX + 20, 0, 4), put(&b, MSIX + 24, 0x4321, 4);
    b.shout->state.virtio.queues[0].vector = 1;
    b.shout->state.virtio.status = 15;
    b.shout->state.virtio.queues[0] = (struct virtio_queue_state){ DESCRIPTORS, AVAILABLE, USED, SIZE, .vector = 1,
                                                                   .ready = 1 };
    offer_word(&b);
    put(&b, BAR + 0x3000, 0, 2);
    EXPECT(test, get(&b, MESSAGES, 4) == 0 && get(&b, MSIX + 0x800, 4) == 2 && !b.irq.level);
    put(&b, MSIX + 16 + 12, 0, 4);
    EXPECT(test, get(&b, MESSAGES, 4) == 0x4321 && get(&b, MSIX + 0x800, 4) == 0);
    put(&b, MESSAGES, 0, 4);
    pci_bus_config_write(bus, 24, at + 2, 0xc000, 2);               /* all masked */
    offer_word(&b);
    put(&b, BAR + 0x3000, 0, 2);
    EXPECT_EQ(test, get(&b, MESSAGES, 4), 0);
    pci_bus_config_write(bus, 24, at + 2, 0x8000, 2);
    EXPECT_EQ(test, get(&b, MESSAGES, 4), 0x4321);
    put(&b, BAR + 0x16, 0, 2), put(&b, BAR + 0x1a, 7, 2);           /* no such vector */
    EXPECT_EQ(test, get(&b, BAR + 0x1a, 2), 0xffff);
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(chains_come_and_go), TEST(indirect_tables), TEST(event_index), TEST(mistakes_break_the_device),
        TEST(buffers_on_registers), TEST(rings_that_never_end), TEST(nothing_before_driver_ok), TEST(features_that_were_not_offered),
        TEST(mmio_registers),
        TEST(pci_identities), TEST(pci_window_in_configuration_space), TEST(legacy_ports), TEST(messages),
    };
    return test_run_cases("virtio", cases, ARRAY_LEN(cases));
}
