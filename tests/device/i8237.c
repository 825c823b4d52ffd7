/* SPDX-License-Identifier: MIT */
/* DMA controllers: programming, directions, terminal count, auto-initialise, downward, 16-bit channels, pages, masks. */
#include "hw/dma/i8237.h"
#include "tests/device/rig.h"

struct dma { struct rig rig; struct i8237 *dma; unsigned ready; };

static void ready(void *opaque) { ((struct dma *)opaque)->ready++; }

static void dma_init(struct dma *d)
{
    memset(d, 0, sizeof(*d));
    rig_init(&d->rig);
    d->dma = i8237_new(d->rig.machine);
    i8237_set_client(d->dma, 2, ready, d);
}

static uint8_t *ram(struct dma *d) { return d->rig.machine->ram->host; }

/* Channel 2: page 1, address and count, mode; then unmasks it. */
static void program(struct dma *d, uint16_t address, uint16_t count, uint8_t mode)
{
    out8(&d->rig, 0x0a, 6), out8(&d->rig, 0x0c, 0), out8(&d->rig, 0x0b, mode | 2);
    out8(&d->rig, 0x04, address & 0xff), out8(&d->rig, 0x04, address >> 8);
    out8(&d->rig, 0x05, count & 0xff), out8(&d->rig, 0x05, count >> 8);
    out8(&d->rig, 0x81, 1), out8(&d->rig, 0x0a, 2);
}

static void moves_to_memory(struct test *test)
{
    struct dma d;
    uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    bool terminal;
    dma_init(&d);
    EXPECT(test, !i8237_ready(d.dma, 2));
    program(&d, 0x2000, 11, 0x44);
    EXPECT(test, i8237_ready(d.dma, 2) && d.ready);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 8, true, &terminal), 8);
    EXPECT(test, !terminal && !memcmp(ram(&d) + 0x12000, data, 8) && !(in8(&d.rig, 0x08) & 4));
    out8(&d.rig, 0x0c, 0);
    EXPECT(test, in8(&d.rig, 0x04) == 0x08 && in8(&d.rig, 0x04) == 0x20 && in8(&d.rig, 0x05) == 3 && !in8(&d.rig, 0x05));
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 8, true, &terminal), 4);
    EXPECT(test, terminal && !ram(&d)[0x1200c] && !i8237_ready(d.dma, 2));
    EXPECT(test, (in8(&d.rig, 0x08) & 4) && !(in8(&d.rig, 0x08) & 4));
    rig_free(&d.rig);
}

static void moves_from_memory_and_verifies(struct test *test)
{
    struct dma d;
    uint8_t data[4] = { 9, 9, 9, 9 };
    bool terminal;
    dma_init(&d);
    memcpy(ram(&d) + 0x12000, "abcdef", 6);
    program(&d, 0x2000, 3, 0x48);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 4, false, &terminal), 4);
    EXPECT(test, terminal && !memcmp(data, "abcd", 4));
    program(&d, 0x2000, 3, 0x40);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 4, true, &terminal), 4);
    EXPECT(test, terminal && !memcmp(ram(&d) + 0x12000, "abcdef", 6));
    rig_free(&d.rig);
}

static void autoinitialises_wraps_and_goes_down(struct test *test)
{
    struct dma d;
    uint8_t data[4] = { 1, 2, 3, 4 };
    bool terminal;
    dma_init(&d);
    program(&d, 0xfffe, 3, 0x54);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 4, true, &terminal), 4);
    EXPECT(test, terminal && i8237_ready(d.dma, 2));
    EXPECT(test, ram(&d)[0x1fffe] == 1 && ram(&d)[0x1ffff] == 2 && ram(&d)[0x10000] == 3 && ram(&d)[0x10001] == 4);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 1, true, &terminal), 1);
    EXPECT_EQ(test, ram(&d)[0x1fffe], 1);
    program(&d, 0x3003, 3, 0x64);
    EXPECT_EQ(test, i8237_move(d.dma, 2, data, 4, true, &terminal), 4);
    EXPECT(test, ram(&d)[0x13003] == 1 && ram(&d)[0x13000] == 4);
    rig_free(&d.rig);
}

static void second_controller_moves_words(struct test *test)
{
    struct dma d;
    uint8_t data[5] = { 1, 2, 3, 4, 5 };
    bool terminal;
    dma_init(&d);
    out8(&d.rig, 0xd6, 0x45), out8(&d.rig, 0xd8, 0);
    out8(&d.rig, 0xc4, 0x00), out8(&d.rig, 0xc4, 0x10);
    out8(&d.rig, 0xc6, 1), out8(&d.rig, 0xc6, 0);
    out8(&d.rig, 0x8b, 0x03), out8(&d.rig, 0xd4, 1);
    EXPECT_EQ(test, i8237_move(d.dma, 5, data, 5, true, &terminal), 4);
    EXPECT(test, terminal && !memcmp(ram(&d) + 0x22000, data, 4));
    EXPECT_EQ(test, in8(&d.rig, 0x8b), 3);
    rig_free(&d.rig);
}

static void masks_and_requests(struct test *test)
{
    struct dma d;
    dma_init(&d);
    program(&d, 0, 0, 0x44);
    out8(&d.rig, 0x08, 4);
    EXPECT(test, !i8237_ready(d.dma, 2));
    out8(&d.rig, 0x08, 0), out8(&d.rig, 0x0f, 0x0f);
    EXPECT(test, !i8237_ready(d.dma, 2) && in8(&d.rig, 0x0f) == 0xff);
    out8(&d.rig, 0x0e, 0);
    EXPECT(test, i8237_ready(d.dma, 2));
    i8237_set_request(d.dma, 2, true);
    EXPECT_EQ(test, in8(&d.rig, 0x08) >> 4, 4);
    out8(&d.rig, 0x0b, 0xc2);
    EXPECT(test, !i8237_ready(d.dma, 2));
    out8(&d.rig, 0x0d, 0);
    EXPECT(test, in8(&d.rig, 0x0f) == 0xff);
    rig_free(&d.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(moves_to_memory), TEST(moves_from_memory_and_verifies), TEST(autoinitialises_wraps_and_goes_down),
        TEST(second_controller_moves_words), TEST(masks_and_requests),
    };
    return test_run_cases("i8237", cases, ARRAY_LEN(cases));
}
