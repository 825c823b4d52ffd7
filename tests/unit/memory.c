/* SPDX-License-Identifier: MIT */
/* machine/memory.c: priorities, aliases, sizes, borders, listeners, look-up while the map changes. */
#include "base/log.h"
#include "base/memory.h"
#include "tests/unit/test.h"
#include <string.h>

/* A device of 16 bytes that remembers the last access. */
struct probe { uint8_t bytes[16]; unsigned reads, writes, size; uint64_t offset; };

static uint64_t probe_read(void *device, uint64_t offset, unsigned size)
{
    struct probe *probe = device;
    uint64_t value = 0;
    probe->reads++;
    probe->offset = offset;
    probe->size = size;
    memcpy(&value, probe->bytes + offset, size);
    return value;
}

static void probe_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct probe *probe = device;
    probe->writes++;
    probe->offset = offset;
    probe->size = size;
    memcpy(probe->bytes + offset, &value, size);
}

static const struct io_ops ops_1 = { probe_read, probe_write, 1, 1 };
static const struct io_ops ops_4 = { probe_read, probe_write, 4, 4 };
static const struct io_ops ops_any_offset = { probe_read, probe_write, 1, 2 | IO_ANY_OFFSET };
static const struct io_ops ops_1_to_4 = { probe_read, probe_write, 1, 4 };

static void unmapped_gives_ones(struct test *test)
{
    struct memory *memory = memory_new("memory", 1 << 20, NULL);
    EXPECT_EQ(test, memory_read(memory, 0x1234, 1), 0xff);
    EXPECT_EQ(test, memory_read(memory, 0x1234, 8), UINT64_MAX);
    EXPECT_EQ(test, memory_read(memory, 1 << 20, 4), 0xffffffff);
    EXPECT_EQ(test, memory_read(memory, UINT64_MAX, 4), 0xffffffff);
    memory_write(memory, UINT64_MAX, 0, 8);
    uint8_t out[3] = { 0 };
    EXPECT(test, !memory_read_bytes(memory, UINT64_MAX - 1, out, 3) && out[2] == 0xff);
    struct memory_place place = memory_find(memory, 0x10);
    EXPECT(test, !place.region && !place.host && place.bytes == (1 << 20) - 0x10);
    memory_free(memory);
}

static void priority_and_order(struct test *test)
{
    struct memory *memory = memory_new("memory", 1ull << 40, NULL);
    struct ram *ram = ram_new(1 << 20);
    struct probe low = { .bytes = { 1 } }, high = { .bytes = { 2 } }, late = { .bytes = { 3 } };
    memory_add_ram(memory, "ram", 0, 1 << 20, ram, 0, false, 0);
    memory_add_io(memory, "low", 0x1000, 16, &ops_1, &low, 1);
    struct region *top = memory_add_io(memory, "high", 0x1008, 16, &ops_1, &high, 2);
    EXPECT_EQ(test, memory_read(memory, 0x1000, 1), 1);
    EXPECT_EQ(test, memory_read(memory, 0x1008, 1), 2);
    EXPECT(test, memory_find(memory, 0xfff).host == ram->host + 0xfff && memory_find(memory, 0xfff).bytes == 1);
    EXPECT(test, memory_find(memory, 0x1018).host == ram->host + 0x1018);
    memory_add_io(memory, "late", 0x1000, 16, &ops_1, &late, 1);
    EXPECT_EQ(test, memory_read(memory, 0x1000, 1), 3);
    region_set_enabled(top, false);
    memory_write(memory, 0x1009, 7, 1);
    EXPECT_EQ(test, late.bytes[9], 7);
    region_set_address(top, 0x2000);
    region_set_enabled(top, true);
    EXPECT_EQ(test, memory_read(memory, 0x2000, 1), 2);
    region_remove(top);
    memory_write(memory, 0x2000, 0x55, 1);
    EXPECT_EQ(test, ram->host[0x2000], 0x55);
    struct region *bank = memory_add_ram(memory, "bank", 0x3000, 0x1000, ram, 0x8000, false, 1);
    memory_write(memory, 0x3001, 0x66, 1);
    region_set_ram_offset(bank, 0x9000);
    memory_write(memory, 0x3001, 0x77, 1);
    EXPECT(test, ram->host[0x8001] == 0x66 && ram->host[0x9001] == 0x77 && !ram->host[0x3001]);
    memory_free(memory);
    ram_free(ram);
}

static void alias_shows_what_is_below(struct test *test)
{
    struct memory *memory = memory_new("memory", 1ull << 32, NULL);
    struct ram *ram = ram_new(1 << 20);
    struct probe probe = { .bytes = { 9 } };
    memory_add_ram(memory, "ram", 0, 1 << 20, ram, 0, false, 0);
    memory_add_io(memory, "probe", 0xf8000, 16, &ops_1, &probe, 1);
    struct region *alias = memory_add_alias(memory, "high", 0xfffe0000, 0x20000, 0xe0000, 5);
    ram->host[0xfffff] = 0xea;
    EXPECT_EQ(test, memory_read(memory, 0xffffffff, 1), 0xea);
    EXPECT_EQ(test, memory_read(memory, 0xffff8000, 1), 9);
    EXPECT_EQ(test, memory_find(memory, 0xfffe0000).bytes, 0x18000);
    EXPECT_EQ(test, memory_find(memory, 0xffff8010).bytes, 0x7ff0);
    /* An alias onto itself or onto higher priority shows nothing of that: no endless turn. */
    memory_add_alias(memory, "self", 0x200000, 0x1000, 0x200000, 3);
    EXPECT_EQ(test, memory_read(memory, 0x200000, 2), 0xffff);
    struct probe same = { .bytes = { 8 } };
    memory_add_io(memory, "same", 0x300000, 16, &ops_1, &same, 4);
    memory_add_alias(memory, "onto same", 0x301000, 16, 0x300000, 4);
    EXPECT_EQ(test, memory_read(memory, 0x301000, 1), 0xff);    /* strictly below */
    region_set_read_only(alias, true);
    memory_write(memory, 0xffffffff, 1, 1);
    EXPECT_EQ(test, ram->host[0xfffff], 0xea);
    EXPECT(test, !memory_find(memory, 0xffffffff).writable && memory_find(memory, 0xfffff).writable);
    memory_free(memory);
    ram_free(ram);
}

static void sizes_are_split_and_widened(struct test *test)
{
    struct memory *ports = memory_new("ports", 0x10000, NULL);
    struct probe bytes = { .bytes = { 0x11, 0x22, 0x33, 0x44 } }, words = { .bytes = { 1, 2, 3, 4, 5, 6, 7, 8 } };
    struct probe any = { .bytes = { 0 } };
    memory_add_io(ports, "bytes", 0x60, 4, &ops_1, &bytes, 0);
    memory_add_io(ports, "words", 0x100, 16, &ops_4, &words, 0);
    memory_add_io(ports, "any", 0x201, 16, &ops_1_to_4, &any, 0);
    EXPECT_EQ(test, memory_read(ports, 0x60, 4), 0x44332211);
    EXPECT_EQ(test, bytes.reads, 4);
    memory_write(ports, 0x61, 0xaabb, 2);
    EXPECT(test, bytes.writes == 2 && bytes.bytes[1] == 0xbb && bytes.bytes[2] == 0xaa);
    EXPECT_EQ(test, memory_read(ports, 0x103, 1), 4);
    EXPECT(test, words.size == 4 && words.offset == 0);
    EXPECT_EQ(test, memory_read(ports, 0x102, 4), 0x06050403);
    EXPECT_EQ(test, memory_read(ports, 0x62, 4), 0xffff44aa);      /* runs past the end of the device */
    memory_write(ports, 0x105, 0x77, 1);
    EXPECT(test, words.size == 4 && words.offset == 4 && words.bytes[5] == 0x77);
    memory_write(ports, 0x202, 0x01020304, 4);                  /* offset 1: 1 + 2 + 1 */
    EXPECT(test, any.writes == 3 && any.bytes[1] == 4 && any.bytes[4] == 1);
    EXPECT_EQ(test, memory_read(ports, 0xffff, 4), 0xffffffff);
    struct probe loose = { .bytes = { 0 } };
    memory_add_io(ports, "loose", 0x300, 4, &ops_any_offset, &loose, 0);
    memory_write(ports, 0x301, 0x1122, 2);                      /* one access, where it is */
    EXPECT(test, loose.writes == 1 && loose.offset == 1 && loose.size == 2 && loose.bytes[1] == 0x22);
    EXPECT(test, memory_read(ports, 0x301, 2) == 0x1122 && memory_read(ports, 0x302, 1) == 0x11 && loose.reads == 2);
    memory_free(ports);
}

static void count_change(void *opaque) { ++*(unsigned *)opaque; }
static uint64_t code_at, code_bytes;
static void note_code(void *opaque, uint64_t ram_offset, uint64_t bytes) { code_at = ram_offset; code_bytes = bytes; }

static void listeners_and_bitmaps(struct test *test)
{
    struct memory *memory = memory_new("memory", 1ull << 32, NULL);
    struct ram *ram = ram_new(1 << 20);
    unsigned changes = 0;
    struct region *region = memory_add_ram(memory, "ram", 0x10000, 1 << 19, ram, 1 << 19, false, 0);
    memory_set_change_listener(memory, count_change, &changes);
    memory_set_code_listener(memory, note_code, NULL);
    region_set_enabled(region, true);
    EXPECT_EQ(test, changes, 0);
    region_set_read_only(region, true);
    region_set_read_only(region, false);
    EXPECT_EQ(test, changes, 2);
    code_bytes = 0;
    memory_write(memory, 0x10000, 1, 4);
    EXPECT_EQ(test, code_bytes, 0);
    EXPECT_EQ(test, ram->dirty_pages[2], 1);
    ram->code_pages[2] = 2;
    uint8_t block[0x1100] = { 1, 2, 3 };
    EXPECT(test, memory_write_bytes(memory, 0x10f80, block, sizeof(block)));
    EXPECT(test, code_at == (1 << 19) + 0xf80 && code_bytes == sizeof(block));
    EXPECT_EQ(test, ram->dirty_pages[2], 7);
    uint8_t back[sizeof(block)];
    EXPECT(test, memory_read_bytes(memory, 0x10f80, back, sizeof(back)) && !memcmp(back, block, sizeof(back)));
    EXPECT(test, !memory_write_bytes(memory, 0x8ff80, block, 0x100));
    memory_free(memory);
    ram_free(ram);
}

static void many_regions_grow_the_view(struct test *test)
{
    struct memory *memory = memory_new("memory", 1ull << 32, NULL);
    struct probe probes[200] = { 0 };
    for (unsigned i = 0; i < 200; i++) {
        probes[i].bytes[0] = (uint8_t)i;
        memory_add_io(memory, "probe", 0x1000 * i, 16, &ops_1, &probes[i], 0);
    }
    bool right = true;
    for (unsigned i = 0; i < 200; i++) {
        right &= memory_read(memory, 0x1000 * i, 1) == i && memory_read(memory, 0x1000 * i + 16, 1) == 0xff;
    }
    EXPECT(test, right);
    memory_free(memory);
}

/* A reader looks up while a writer turns a region on and off: it sees one or the other, whole. */
struct race { struct memory *memory; struct ram *ram; _Atomic bool stop; uint64_t wrong; _Atomic uint64_t looks; };

static gpointer race_reader(gpointer opaque)
{
    struct race *race = opaque;
    while (!race->stop) {
        struct memory_place place = memory_find(race->memory, 0x4800);
        bool over = place.ram_offset == 0x84800;
        bool under = place.ram_offset == 0x4800;
        race->wrong += !place.host || !(over || under) || place.host != race->ram->host + place.ram_offset;
        race->looks++;
    }
    return NULL;
}

static void lookup_during_changes(struct test *test)
{
    struct race race = { .memory = memory_new("memory", 1ull << 32, NULL), .ram = ram_new(1 << 20) };
    memory_add_ram(race.memory, "under", 0, 1 << 19, race.ram, 0, false, 0);
    struct region *over = memory_add_ram(race.memory, "over", 0x4000, 0x1000, race.ram, 0x84000, false, 1);
    GThread *thread = g_thread_new("reader", race_reader, &race);
    for (unsigned i = 0; i < 20000 || !race.looks; i++) {      /* the thread may come late */
        region_set_enabled(over, i & 1);
    }
    race.stop = true;
    g_thread_join(thread);
    EXPECT(test, race.wrong == 0 && race.looks > 0);
    memory_free(race.memory);
    ram_free(race.ram);
}

/* Stretches that share the host's memory until they are written. */
static void fill_of_ram(struct test *test)
{
    enum { BYTES = 16 << 20, AT = 0x1234, COUNT = (11 << 20) + 5, STEP = 2 << 20 };
    struct ram *ram = ram_new(BYTES);
    memset(ram->host, 1, AT);
    memset(ram->host + AT + COUNT, 2, 100);
    ram_fill(ram, AT, COUNT, 0xff);
    unsigned wrong = 0;
    for (uint64_t n = 0; n < BYTES; n++) {
        const bool filled = n >= AT && n < AT + COUNT, behind = n >= AT + COUNT && n < AT + COUNT + 100;
        wrong += ram->host[n] != (n < AT ? 1 : filled ? 0xff : behind ? 2 : 0);
    }
    EXPECT_EQ(test, wrong, 0);
    ram->host[3 * STEP] = 7;
    EXPECT(test, ram->host[2 * STEP] == 0xff && ram->host[4 * STEP] == 0xff && ram->host[3 * STEP] == 7);
    ram_fill(ram, 0, 10, 9);
    EXPECT(test, ram->host[0] == 9 && ram->host[9] == 9 && ram->host[10] == 1);
    ram_free(ram);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(unmapped_gives_ones), TEST(priority_and_order), TEST(alias_shows_what_is_below),
        TEST(sizes_are_split_and_widened), TEST(listeners_and_bitmaps), TEST(many_regions_grow_the_view),
        TEST(lookup_during_changes), TEST(fill_of_ram),
    };
    return test_run_cases("memory", cases, sizeof(cases) / sizeof(cases[0]));
}
