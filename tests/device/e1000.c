/* SPDX-License-Identifier: MIT */
/* The e1000 through its registers, with a network of the test's own at the cable's other end. */
#include "hw/net/e1000.h"
#include "hw/net/offload.h"
#include "tests/device/rig.h"

enum { BASE = 0xe0000000, TX = 0x10000, RX = 0x11000, BUFFERS = 0x20000, ENTRIES = 8, FRAMES_MOST = 64 };
static const uint8_t own[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

struct bench {
    struct rig rig;
    struct memory *memory;
    struct e1000 *card;
    struct network_end *far;
    struct wire irq;
    bool large;
    unsigned frames;
    size_t bytes[FRAMES_MOST];
    uint8_t frame[FRAMES_MOST][2048];
    size_t largest;
};

static void far_receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct bench *b = opaque;
    if (b->frames < FRAMES_MOST) {
        b->bytes[b->frames] = bytes;
        memcpy(b->frame[b->frames++], frame, MIN(bytes, 2048));
    }
    b->largest = MAX(b->largest, bytes);
}

static void put(struct bench *b, uint64_t address, uint64_t value, unsigned size) { memory_write(b->memory, address, value, size); }
static uint64_t get(struct bench *b, uint64_t address, unsigned size) { return memory_read(b->memory, address, size); }
static void reg(struct bench *b, uint32_t offset, uint32_t value) { put(b, BASE + offset, value, 4); }
static uint32_t val(struct bench *b, uint32_t offset) { return (uint32_t)get(b, BASE + offset, 4); }

static void bench_init(struct bench *b, bool large)
{
    *b = (struct bench){ 0 };
    rig_init(&b->rig);
    b->memory = b->rig.machine->memory;
    struct pci_bus *bus = pci_bus_new(b->rig.machine);
    const struct network_client client = { .opaque = b, .receive = far_receive, .takes_large = large };
    b->card = e1000_new(b->rig.machine, bus, 3, E1000_82540EM, "card", own);
    bus->pirq[2] = wire_line(&b->irq);
    b->far = network_end_new("far", &client);
    network_plug(b->card->end, b->far);
    pci_bus_config_write(bus, 24, 0x10, BASE, 4), pci_bus_config_write(bus, 24, 4, 6, 2);
    reg(b, 0x3800, TX), reg(b, 0x3808, ENTRIES * 16), reg(b, 0x400, 2);
    reg(b, 0x2800, RX), reg(b, 0x2808, ENTRIES * 16);
    for (unsigned i = 0; i < ENTRIES; i++) {
        put(b, RX + i * 16, BUFFERS + i * 2048, 8);
    }
    reg(b, 0x5000, 0x300);
    reg(b, 0x100, 0x04008002);          /* on, broadcasts, without FCS */
    reg(b, 0x2818, ENTRIES - 1);
    val(b, 0xc0);
}

static void bench_free(struct bench *b)
{
    network_end_free(b->far);
    rig_free(&b->rig);
}

static void descriptor(struct bench *b, unsigned n, uint64_t address, uint32_t command, uint32_t status)
{
    put(b, TX + n * 16, address, 8), put(b, TX + n * 16 + 8, command, 4), put(b, TX + n * 16 + 12, status, 4);
}

/* An IPv4 TCP frame with `payload` bytes of a pattern; checksums zero. */
static size_t make_tcp(uint8_t *frame, unsigned payload)
{
    static const uint8_t head[54] = {
        1, 2, 3, 4, 5, 6, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, 0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0,
        2, 15,
        10, 0, 2, 2, 4, 0, 0, 80, 0, 0, 0x10, 0, 0, 0, 0, 2, 0x50, 0x19, 0xff, 0xff, 0, 0, 0, 0,
    };
    memcpy(frame, head, sizeof(head));
    frame[16] = (uint8_t)((payload + 40) >> 8), frame[17] = (uint8_t)(payload + 40);
    for (unsigned i = 0; i < payload; i++) {
        frame[54 + i] = (uint8_t)(i * 7);
    }
    return 54 + payload;
}

static bool is_right(const uint8_t *frame, size_t bytes)
{
    struct offload_layout layout;
    offload_layout(frame, bytes, &layout);
    return offload_check(frame, bytes, &layout) == (OFFLOAD_IP_GOOD | OFFLOAD_L4_GOOD);
}

/* ---- Transmitting ---- */

static void legacy_descriptors(struct test *test)
{
    struct bench b;
    bench_init(&b, false);
    uint8_t frame[100] = { 1, 2, 3 };
    memory_write_bytes(b.memory, BUFFERS, frame, 100);
    reg(&b, 0xd0, 1);
    descriptor(&b, 0, BUFFERS, 60, 0);
    reg(&b, 0x3818, 1);
    EXPECT(test, b.frames == 0 && val(&b, 0x3810) == 0);            /* no end yet */
    descriptor(&b, 1, BUFFERS + 60, 0x09000000 | 40, 0);
    reg(&b, 0x3818, 2);
    EXPECT(test, b.frames == 1 && b.bytes[0] == 100 && !memcmp(b.frame[0], frame, 100));
    EXPECT(test, val(&b, 0x3810) == 2 && get(&b, TX + 28, 4) == 1 && get(&b, TX + 12, 4) == 0);
    EXPECT(test, b.irq.level && (val(&b, 0xc0) & 3) == 3 && !b.irq.level);
    EXPECT(test, val(&b, 0x4080) == 1 && val(&b, 0x4080) == 0);     /* GPTC: reading clears */
    descriptor(&b, 2, BUFFERS, 0x0d000000 | 10 << 16 | 64, 4 << 8); /* checksum of bytes 4.. at 10 */
    reg(&b, 0x3818, 3);
    EXPECT(test, b.frames == 2 && offload_sum(b.frame[1] + 4, 60) == 0xffff);
    bench_free(&b);
}

static void checksum_offload(struct test *test)
{
    struct bench b;
    uint8_t frame[2048];
    bench_init(&b, false);
    size_t bytes = make_tcp(frame, 500);
    uint16_t pseudo = offload_sum(frame + 26, 8);
    uint32_t sum = pseudo + 6u + 520u;
    sum = (sum & 0xffff) + (sum >> 16);
    frame[50] = (uint8_t)(sum >> 8), frame[51] = (uint8_t)sum;
    memory_write_bytes(b.memory, BUFFERS, frame, bytes);
    descriptor(&b, 0, 14u | 24u << 8 | 33u << 16 | (uint64_t)(34u | 50u << 8) << 32, 0x20000000, 0);
    descriptor(&b, 1, BUFFERS, 0x29100000 | (uint32_t)bytes, 3 << 8);
    reg(&b, 0x3818, 2);
    EXPECT(test, b.frames == 1 && b.bytes[0] == bytes && is_right(b.frame[0], bytes));
    bench_free(&b);
}

static void segmentation(struct test *test)
{
    struct bench b;
    uint8_t frame[8192];
    for (unsigned large = 0; large < 2; large++) {
        bench_init(&b, large);
        size_t bytes = make_tcp(frame, 4000);
        frame[16] = frame[17] = 0;                                  /* as Linux has it: the card fills it in */
        memory_write_bytes(b.memory, BUFFERS, frame, bytes);
        descriptor(&b, 0, 14u | 24u << 8 | 33u << 16 | (uint64_t)(34u | 50u << 8) << 32, 0x27000000 | 4000,
                   54 << 8 | 1460u << 16);
        descriptor(&b, 1, BUFFERS, 0x24100000 | 1000, 3 << 8);
        descriptor(&b, 2, BUFFERS + 1000, 0x2d100000 | (uint32_t)(bytes - 1000), 0);
        reg(&b, 0x3818, 3);
        if (large) {
            EXPECT(test, b.frames == 1 && b.largest == bytes);
        } else {
            EXPECT(test, b.frames == 3 && b.bytes[0] == 1514 && b.bytes[1] == 1514 && b.bytes[2] == 54 + 1080);
            for (unsigned i = 0; i < 3; i++) {
                EXPECT(test, is_right(b.frame[i], b.bytes[i]) && b.frame[i][19] == 0x34 + i);
                EXPECT(test, !memcmp(b.frame[i] + 54, frame + 54 + i * 1460, b.bytes[i] - 54));
                EXPECT_EQ(test, b.frame[i][47], i == 2 ? 0x19 : 0x10);          /* PSH and FIN on the last alone */
                EXPECT_EQ(test, b.frame[i][40] << 8 | b.frame[i][41], 0x1000 + i * 1460);
            }
        }
        bench_free(&b);
    }
}

static void hostile_rings(struct test *test)
{
    struct bench b;
    bench_init(&b, false);
    descriptor(&b, 0, BUFFERS, 0x29100000 | 0xfffff, 3 << 8);       /* a frame of a MiB */
    reg(&b, 0x3818, 1);
    EXPECT(test, b.frames == 0 && val(&b, 0x3810) == 1);
    /* segments without an MSS, headers beyond the frame */
    descriptor(&b, 1, 0, 0x27000000, 255 << 8);
    descriptor(&b, 2, BUFFERS, 0x2d100000 | 100, 0);
    reg(&b, 0x3818, 3);
    EXPECT(test, b.frames == 0 && val(&b, 0x3810) == 3);
    reg(&b, 0x3818, 0xffff);                                        /* tail outside the ring */
    EXPECT_EQ(test, val(&b, 0x3810), 3);
    reg(&b, 0x3808, 0);
    reg(&b, 0x3818, 5);
    reg(&b, 0x3810, 0xffff);
    reg(&b, 0x3808, 128), reg(&b, 0x3818, 1);
    EXPECT_EQ(test, b.frames, 0);
    bench_free(&b);
}

/* ---- Receiving ---- */

static void receive_and_filter(struct test *test)
{
    struct bench b;
    uint8_t frame[2048];
    bench_init(&b, false);
    size_t bytes = make_tcp(frame, 100);
    reg(&b, 0xd0, 0x80);
    network_send(b.far, frame, bytes);                              /* to somebody else */
    EXPECT_EQ(test, val(&b, 0x2810), 0);
    memcpy(frame, own, 6);
    network_send(b.far, frame, bytes);
    EXPECT(test, val(&b, 0x2810) == 1 && get(&b, RX + 8, 2) == bytes && (get(&b, RX + 12, 1) & 3) == 3 && b.irq.level);
    EXPECT(test, (get(&b, RX + 12, 1) & 0x60) == 0x60 && (get(&b, RX + 13, 1) & 0x60) == 0x60);  /* checked and wrong */
    EXPECT_EQ(test, get(&b, BUFFERS, 4), 0x12005452);
    reg(&b, 0x5200 + 4 * 4, 1u << 3);                               /* bit 131 of the table: upper bits 0x083 at MO 0 */
    memcpy(frame, (uint8_t[]){ 0x01, 0, 0x5e, 0, 0x30, 0x08 }, 6);
    network_send(b.far, frame, bytes);
    EXPECT_EQ(test, val(&b, 0x2810), 2);
    frame[5] = 0x09;
    network_send(b.far, frame, bytes);
    EXPECT_EQ(test, val(&b, 0x2810), 2);
    memset(frame, 0xff, 6);
    network_send(b.far, frame, 20);                                 /* short frames are padded */
    EXPECT(test, val(&b, 0x2810) == 3 && get(&b, RX + 2 * 16 + 8, 2) == 60);
    reg(&b, 0x100, 0x04000000);                                     /* off: lost */
    network_send(b.far, frame, 60);
    reg(&b, 0x100, 0x04008002);
    EXPECT(test, val(&b, 0x2810) == 3 && val(&b, 0x4074) == 3);
    bench_free(&b);
}

static void full_ring_waits(struct test *test)
{
    struct bench b;
    uint8_t frame[100];
    bench_init(&b, false);
    memset(frame, 0xff, sizeof(frame));
    for (unsigned i = 0; i < ENTRIES + 3; i++) {
        frame[20] = (uint8_t)i;
        network_send(b.far, frame, sizeof(frame));
    }
    EXPECT_EQ(test, val(&b, 0x2810), ENTRIES - 1);
    reg(&b, 0x2818, 3);                                             /* room: the others come in order */
    EXPECT(test, val(&b, 0x2810) == 3 && get(&b, BUFFERS + 2 * 2048 + 20, 1) == ENTRIES + 2);
    bench_free(&b);
}

static void vlan_tags(struct test *test)
{
    struct bench b;
    uint8_t frame[100];
    bench_init(&b, false);
    reg(&b, 0x38, 0x8100), reg(&b, 0, 0x40000041);
    memset(frame, 0, sizeof(frame));
    memcpy(frame, own, 6);
    memcpy(frame + 12, (uint8_t[]){ 0x81, 0, 0x20, 5, 8, 6 }, 6);
    network_send(b.far, frame, sizeof(frame));
    EXPECT(test, get(&b, RX + 8, 2) == 96 && get(&b, RX + 14, 2) == 0x2005 && (get(&b, RX + 12, 1) & 8));
    EXPECT_EQ(test, get(&b, BUFFERS + 12, 2), 0x0608);
    reg(&b, 0x100, 0x04048002);                                     /* filter: number 5 is not in the table */
    network_send(b.far, frame, sizeof(frame));
    EXPECT_EQ(test, val(&b, 0x2810), 1);
    reg(&b, 0x5600, 1 << 5);
    network_send(b.far, frame, sizeof(frame));
    EXPECT_EQ(test, val(&b, 0x2810), 2);
    descriptor(&b, 0, BUFFERS, 0x49000000 | 60, 7 << 16);           /* legacy, with a tag to insert */
    reg(&b, 0x3818, 1);
    EXPECT(test, b.bytes[0] == 64 && b.frame[0][12] == 0x81 && b.frame[0][15] == 7);
    bench_free(&b);
}

/* ---- The rest ---- */

static void eeprom_and_phy(struct test *test)
{
    struct bench b;
    uint16_t sum = 0;
    bench_init(&b, false);
    for (unsigned word = 0; word < 64; word++) {
        uint32_t command = 6u << 6 | word;                          /* start bit, read, address */
        uint16_t value = 0;
        reg(&b, 0x10, 0x42);
        for (int bit = 8; bit >= 0; bit--) {
            uint32_t data = 0x42 | (command >> bit & 1) << 2;
            reg(&b, 0x10, data), reg(&b, 0x10, data | 1), reg(&b, 0x10, data);
        }
        for (int bit = 15; bit >= 0; bit--) {
            reg(&b, 0x10, 0x43);
            value |= (uint16_t)((val(&b, 0x10) >> 3 & 1) << bit);
            reg(&b, 0x10, 0x42);
        }
        reg(&b, 0x10, 0);
        reg(&b, 0x14, word << 8 | 1);
        EXPECT(test, val(&b, 0x14) == ((uint32_t)value << 16 | word << 8 | 0x10));
        sum += value;
    }
    EXPECT_EQ(test, sum, 0xbaba);
    EXPECT(test, val(&b, 0x5400) == 0x12005452 && val(&b, 0x5404) == 0x80005634);
    reg(&b, 0x20, 2u << 26 | 1 << 21 | 2 << 16);
    EXPECT_EQ(test, val(&b, 0x20), 2u << 26 | 1u << 28 | 1 << 21 | 2 << 16 | 0x0141);
    reg(&b, 0x20, 2u << 26 | 2 << 21 | 2 << 16);                    /* another PHY: nobody */
    EXPECT(test, val(&b, 0x20) >> 30 & 1);
    /* The semaphore: a read takes bit 0, the others hold what is written. */
    EXPECT_EQ(test, val(&b, 0x5b50), 0);
    reg(&b, 0x5b50, 2);
    EXPECT_EQ(test, val(&b, 0x5b50), 2);
    EXPECT_EQ(test, val(&b, 0x5b50), 3);
    bench_free(&b);
}

static void link_follows_the_cable(struct test *test)
{
    struct bench b;
    uint8_t frame[60] = { 0 };
    bench_init(&b, false);
    reg(&b, 0xd0, 4);
    EXPECT(test, val(&b, 8) & 2);
    network_set_link(b.far, false);
    EXPECT(test, !(val(&b, 8) & 2) && b.irq.level && val(&b, 0xc0) == 4);
    memory_write_bytes(b.memory, BUFFERS, frame, 60);
    descriptor(&b, 0, BUFFERS, 0x09000000 | 60, 0);
    reg(&b, 0x3818, 1);
    EXPECT(test, b.frames == 0 && val(&b, 0x3810) == 1);
    network_set_link(b.far, true);
    EXPECT(test, (val(&b, 8) & 2) && b.irq.level);
    bench_free(&b);
}

/* ITR: no sooner than so many times 256 ns after the last interrupt. */
static void interrupts_are_throttled(struct test *test)
{
    struct bench b;
    bench_init(&b, false);
    reg(&b, 0xc4, 1000), reg(&b, 0xd0, 4);
    reg(&b, 0xc8, 4);
    EXPECT(test, b.irq.level && val(&b, 0xc0) == 4 && !b.irq.level);
    reg(&b, 0xc8, 4);
    EXPECT(test, !b.irq.level);
    rig_run(&b.rig, 255000);
    EXPECT(test, !b.irq.level);
    rig_run(&b.rig, 1000);
    EXPECT(test, b.irq.level);
    bench_free(&b);
}

static void loopback(struct test *test)
{
    struct bench b;
    uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    bench_init(&b, false);
    memory_write_bytes(b.memory, BUFFERS, frame, 60);
    reg(&b, 0x100, 0x04008042);
    descriptor(&b, 0, BUFFERS, 0x09000000 | 60, 0);
    reg(&b, 0x3818, 1);
    EXPECT(test, b.frames == 0 && val(&b, 0x2810) == 1);
    bench_free(&b);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(legacy_descriptors), TEST(checksum_offload), TEST(segmentation), TEST(hostile_rings),
        TEST(receive_and_filter),
        TEST(full_ring_waits), TEST(vlan_tags), TEST(eeprom_and_phy), TEST(link_follows_the_cable),
        TEST(interrupts_are_throttled), TEST(loopback),
    };
    return test_run_cases("e1000", cases, ARRAY_LEN(cases));
}
