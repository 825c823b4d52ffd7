/* SPDX-License-Identifier: MIT */
/* Flash: its modes and commands as a driver uses them, chips side by side, what reaches the file. */
#include "hw/flash/pflash.h"
#include "tests/device/rig.h"

enum { BASE = 0xff000000, BYTES = 0x40000, WIDE_BLOCK = 0x8000 };

struct board { struct rig rig; struct pflash *flash; uint8_t file[BYTES]; unsigned writes; int error; };

static int file_write(void *opaque, uint64_t offset, const void *buffer, uint64_t bytes)
{
    struct board *b = opaque;
    g_assert(offset % 512 == 0 && bytes % 512 == 0 && offset + bytes <= BYTES);
    memcpy(b->file + offset, buffer, bytes);
    b->writes++;
    return b->error;
}

static void board_init(struct board *b, unsigned bank, unsigned chip, uint32_t block, bool read_only)
{
    *b = (struct board){ 0 };
    rig_init(&b->rig);
    for (unsigned i = 0; i < BYTES; i++) {
        b->file[i] = (uint8_t)(i * 7 >> 3);
    }
    struct pflash_settings settings = { .name = "flash", .address = BASE, .bytes = BYTES, .block_bytes = block, .bank_bytes = bank,
                                        .chip_bytes = chip, .read_only = read_only, .write = file_write, .opaque = b };
    b->flash = pflash_new(b->rig.machine, &settings, b->file, BYTES);
}

static uint64_t get(struct board *b, unsigned offset, unsigned size)
{
    return memory_read(b->rig.machine->memory, BASE + offset, size);
}

static void put(struct board *b, unsigned offset, uint32_t value, unsigned size)
{
    memory_write(b->rig.machine->memory, BASE + offset, value, size);
}

static bool direct(struct board *b)
{
    struct memory_place place = memory_find(b->rig.machine->memory, BASE);
    return place.host && !place.writable;
}

static void array_is_a_rom(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    EXPECT(test, direct(&b) && get(&b, 8, 1) == 7 && get(&b, BYTES - 1, 1) == b.file[BYTES - 1]);
    put(&b, 8, 0x70, 1);
    EXPECT(test, !direct(&b) && get(&b, 8, 1) == 0x80 && get(&b, 0x1234, 1) == 0x80);
    put(&b, 8, 0xff, 1);
    EXPECT(test, direct(&b) && get(&b, 8, 1) == 7 && !b.writes);
    rig_free(&b.rig);
}

/* How firmware tells flash from RAM and ROM. */
static void detection(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    put(&b, 8, 0x50, 1);
    EXPECT_EQ(test, get(&b, 8, 1), 7);
    put(&b, 8, 0x70, 1);
    EXPECT_EQ(test, get(&b, 8, 1), 0);
    put(&b, 8, 0xff, 1);
    EXPECT_EQ(test, get(&b, 8, 1), 7);
    rig_free(&b.rig);
}

static void erase_and_program(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    put(&b, 0x2345, 0x20, 1), put(&b, 0x2345, 0xd0, 1);
    EXPECT_EQ(test, get(&b, 0x2345, 1), 0x80);
    put(&b, 0, 0xff, 1);
    EXPECT(test, get(&b, 0x2000, 8) == UINT64_MAX && get(&b, 0x2ff8, 8) == UINT64_MAX);
    EXPECT(test, get(&b, 0x1fff, 1) == b.file[0x1fff] && get(&b, 0x3000, 1) == b.file[0x3000]);
    EXPECT(test, b.writes == 1 && b.file[0x2fff] == 0xff);
    put(&b, 0x2010, 0x40, 1), put(&b, 0x2010, 0x5a, 1);
    put(&b, 0x2011, 0x10, 1), put(&b, 0x2011, 0xf0, 1);
    put(&b, 0x2011, 0x10, 1), put(&b, 0x2011, 0x3c, 1);         /* bits only go to 0 */
    EXPECT_EQ(test, get(&b, 0, 1), 0x80);
    EXPECT_EQ(test, b.writes, 1);
    put(&b, 0, 0xff, 1);
    EXPECT_EQ(test, get(&b, 0x2010, 4), 0xffff305a);
    EXPECT(test, b.writes == 2 && b.file[0x2010] == 0x5a && b.file[0x2011] == 0x30);
    EXPECT(test, b.rig.machine->ram->dirty_pages[(b.flash->ram_offset >> 12) / 64] != 0);
    rig_free(&b.rig);
}

static void wrong_sequences(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    put(&b, 0, 0x20, 1), put(&b, 0, 0x33, 1);
    EXPECT_EQ(test, get(&b, 0, 1), 0xb0);
    put(&b, 0, 0x50, 1), put(&b, 0, 0x60, 1), put(&b, 0, 0xd0, 1);
    EXPECT_EQ(test, get(&b, 0, 1), 0x80);
    put(&b, 0, 0x60, 1), put(&b, 0, 0x99, 1);
    EXPECT_EQ(test, get(&b, 0, 1), 0xb0);
    put(&b, 0, 0xab, 1);                                        /* unknown: read array */
    EXPECT(test, direct(&b) && get(&b, 8, 1) == 7);
    rig_free(&b.rig);
}

static void read_only_flash(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, true);
    put(&b, 8, 0x40, 1), put(&b, 8, 0, 1);
    EXPECT_EQ(test, get(&b, 8, 1), 0x92);
    put(&b, 8, 0x50, 1), put(&b, 8, 0x20, 1), put(&b, 8, 0xd0, 1);
    EXPECT_EQ(test, get(&b, 8, 1), 0xa2);
    put(&b, 8, 0xff, 1);
    EXPECT(test, get(&b, 8, 1) == 7 && !b.writes);
    rig_free(&b.rig);
}

/* Two chips of 16 bits on a bus of 32. */
static void side_by_side(struct test *test)
{
    struct board b;
    board_init(&b, 4, 2, WIDE_BLOCK, false);
    put(&b, 0, 0x00900090, 4);
    EXPECT(test, get(&b, 0, 4) == 0x00890089 && get(&b, 4, 4) == 0x00180018 && get(&b, 6, 2) == 0x18 && get(&b, 8, 4) == 0);
    put(&b, 0x55 * 4, 0x00980098, 4);
    EXPECT(test, get(&b, 0x40, 4) == 0x00510051 && get(&b, 0x44, 4) == 0x00520052 && get(&b, 0x48, 4) == 0x00590059);
    EXPECT_EQ(test, 1u << (get(&b, 0x27 * 4, 4) & 0xff), BYTES / 2);
    EXPECT_EQ(test, (get(&b, 0x2d * 4, 1) + 1) * (get(&b, 0x2f * 4, 1) << 8 | get(&b, 0x30 * 4, 1) << 16), BYTES / 2);
    EXPECT_EQ(test, get(&b, 0x31 * 4, 4), 0x00500050);
    put(&b, 0, 0x00ff00ff, 4);
    put(&b, WIDE_BLOCK, 0x00200020, 4), put(&b, WIDE_BLOCK, 0x00d000d0, 4);
    EXPECT_EQ(test, get(&b, 0, 4), 0x00800080);
    put(&b, WIDE_BLOCK, 0x00e800e8, 4);
    EXPECT_EQ(test, get(&b, WIDE_BLOCK, 4), 0x00800080);
    put(&b, WIDE_BLOCK, 0x00030003, 4);
    for (unsigned i = 0; i < 4; i++) {
        put(&b, WIDE_BLOCK + 16 + i * 4, 0x11111111 * (i + 1), 4);
    }
    put(&b, WIDE_BLOCK, 0x00d000d0, 4);
    EXPECT_EQ(test, get(&b, WIDE_BLOCK, 4), 0x00800080);
    put(&b, 0, 0x00ff00ff, 4);
    EXPECT(test, get(&b, WIDE_BLOCK + 16, 8) == 0x2222222211111111 && get(&b, WIDE_BLOCK + 28, 8) == 0xffffffff44444444);
    EXPECT_EQ(test, b.file[WIDE_BLOCK + 16], 0x11);
    rig_free(&b.rig);
}

static void buffer_limits(struct test *test)
{
    struct board b;
    board_init(&b, 4, 2, WIDE_BLOCK, false);
    put(&b, 0, 0x00e800e8, 4), put(&b, 0, 0x04000400, 4);       /* more than the buffer holds: 1,024 words */
    EXPECT_EQ(test, get(&b, 0, 4), 0x00b000b0);
    put(&b, 0, 0x00500050, 4), put(&b, 0, 0x00e800e8, 4), put(&b, 0, 0, 4);
    put(&b, WIDE_BLOCK, 0, 4);                                  /* outside the block */
    put(&b, 0, 0x00d000d0, 4);
    EXPECT_EQ(test, get(&b, 0, 4), 0x00900090);
    rig_free(&b.rig);
}

static void reset_keeps_contents(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    put(&b, 8, 0x40, 1), put(&b, 8, 0, 1);
    machine_reset(b.rig.machine);
    EXPECT(test, direct(&b) && get(&b, 8, 1) == 0 && b.writes == 1 && b.file[8] == 0);
    rig_free(&b.rig);
}

static void sizes_that_do_not_fit(struct test *test)
{
    struct board b;
    board_init(&b, 1, 1, 0x1000, false);
    struct pflash_settings settings = { .name = "x", .bytes = 0x1800, .block_bytes = 0x1000, .bank_bytes = 1, .chip_bytes = 1 };
    EXPECT(test, !pflash_new(b.rig.machine, &settings, NULL, 0));
    settings.bytes = 0x2000;
    EXPECT(test, !pflash_new(b.rig.machine, &settings, b.file, 0x2001));
    settings.bank_bytes = 3;
    EXPECT(test, !pflash_new(b.rig.machine, &settings, NULL, 0));
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(array_is_a_rom), TEST(detection), TEST(erase_and_program), TEST(wrong_sequences), TEST(read_only_flash),
        TEST(side_by_side), TEST(buffer_limits), TEST(reset_keeps_contents), TEST(sizes_that_do_not_fit),
    };
    return test_run_cases("pflash", cases, ARRAY_LEN(cases));
}
