/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_VGA_MEMORY_H
#define TESTS_DEVICE_VGA_MEMORY_H
/* The part of vga.c about what the CPU does to planes and registers, bit by bit as the manual describes the data path. */
#include "hw/pci/i440fx.h"

static void read_planes(struct screen *s, uint32_t address, uint8_t out_planes[4])
{
    for (unsigned p = 0; p < 4; p++) {
        out(s, 0x3ce, 4, (uint8_t)p);
        out_planes[p] = get(s, address);
    }
}

/* One plane's new byte, one bit after the other. */
static uint8_t expected_byte(const uint8_t *g, unsigned plane, uint8_t data, uint8_t latch)
{
    uint8_t result = 0, rotate = g[3] & 7;
    for (unsigned bit = 0; bit < 8; bit++) {
        unsigned rotated = data >> (bit + rotate) % 8 & 1, set = g[0] >> plane & 1, old = latch >> bit & 1, source = 0;
        unsigned mask = g[8] >> bit & 1;
        switch (g[5] & 3) {
        case 0: source = g[1] >> plane & 1 ? set : rotated; break;
        case 1: result |= (uint8_t)(old << bit); continue;
        case 2: source = data >> plane & 1; break;
        case 3:
            source = set;
            mask &= rotated;
            break;
        }
        unsigned combined = g[3] >> 3 == 0 ? source : g[3] >> 3 == 1 ? source & old : g[3] >> 3 == 2 ? source | old : source ^ old;
        result |= (uint8_t)((mask ? combined : old) << bit);
    }
    return result;
}

static void write_modes(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    bool right = true;
    for (unsigned turn = 0; turn < 4000 && right; turn++) {
        static const uint8_t plain[9] = { 0, 0, 0, 0, 0, 0, 5, 0xf, 0xff };
        uint8_t old[4], latch[4], now[4], g[9], data = random_byte(&s), map = random_byte(&s) & 0xf;
        for (unsigned i = 0; i < 9; i++) {
            out(&s, 0x3ce, i, plain[i]);
        }
        for (unsigned p = 0; p < 4; p++) {
            out(&s, 0x3c4, 2, (uint8_t)(1 << p));
            put(&s, 0xa1000, old[p] = random_byte(&s)), put(&s, 0xa1001, latch[p] = random_byte(&s));
        }
        for (unsigned i = 0; i < 9; i++) {
            g[i] = i == 6 ? 5 : i == 5 ? random_byte(&s) & 3 : i == 3 ? random_byte(&s) & 0x1f : random_byte(&s) & (i == 8 ? 0xff : 0xf);
            out(&s, 0x3ce, i, g[i]);
        }
        out(&s, 0x3c4, 2, map);
        get(&s, 0xa1001);
        put(&s, 0xa1000, data);
        out(&s, 0x3ce, 5, 0);
        read_planes(&s, 0xa1000, now);
        for (unsigned p = 0; p < 4; p++) {
            right &= now[p] == (map >> p & 1 ? expected_byte(g, p, data, latch[p]) : old[p]);
        }
    }
    EXPECT(test, right);
    screen_free(&s);
}

static void read_modes(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    fill_planes(&s, 0xa0000, 256);
    bool right = true;
    for (unsigned turn = 0; turn < 256; turn++) {
        uint8_t color = random_byte(&s) & 0xf, care = random_byte(&s) & 0xf, want = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            want |= (uint8_t)(((bits_at(turn, bit) ^ color) & care ? 0 : 1) << bit);
        }
        out(&s, 0x3ce, 2, color), out(&s, 0x3ce, 7, care), out(&s, 0x3ce, 5, 8);
        right &= get(&s, 0xa0000 + turn) == want;
        out(&s, 0x3ce, 5, 0), out(&s, 0x3ce, 4, turn & 3);
        right &= get(&s, 0xa0000 + turn) == planes[turn & 3][turn];
    }
    EXPECT(test, right);
    EXPECT_EQ(test, memory_read(s.rig.machine->memory, 0xa0000, 4),
              planes[3][0] | planes[3][1] << 8 | planes[3][2] << 16 | (uint64_t)planes[3][3] << 24);
    screen_free(&s);
}

static void protection(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    out(&s, 0x3d4, 0x11, 0x8c), out(&s, 0x3d4, 0, 0x11), out(&s, 0x3d4, 7, 0xff);
    out8(&s.rig, 0x3d4, 0);
    EXPECT_EQ(test, in8(&s.rig, 0x3d5), 0x5f);
    out8(&s.rig, 0x3d4, 7);
    EXPECT_EQ(test, in8(&s.rig, 0x3d5), 0x3e);
    out(&s, 0x3d4, 7, 0);
    EXPECT_EQ(test, in8(&s.rig, 0x3d5), 0x2e);                  /* line compare bit 8 alone */
    EXPECT(test, in8(&s.rig, 0x3b5) == 0xff && in8(&s.rig, 0x3cc) == 0xe3);
    out8(&s.rig, 0x3c2, 0xe2);                                  /* monochrome addresses */
    EXPECT(test, in8(&s.rig, 0x3b5) == 0x2e && in8(&s.rig, 0x3d5) == 0xff);
    out8(&s.rig, 0x3c2, 0xe1);                                  /* memory is off */
    put(&s, 0xa0000, 0x55);
    EXPECT(test, get(&s, 0xa0000) == 0xff && s.vga->ram[0] == 0);
    out8(&s.rig, 0x3c7, 5);
    EXPECT(test, in8(&s.rig, 0x3c7) == 3 && in8(&s.rig, 0x3c9) == (dac_color(5) >> 18 & 0x3f));
    in8(&s.rig, 0x3c9), in8(&s.rig, 0x3c9);
    EXPECT(test, in8(&s.rig, 0x3c9) == (dac_color(6) >> 18 & 0x3f) && in8(&s.rig, 0x3c8) == 0);
    screen_free(&s);
}

/* 70 Hz in mode 3, 60 Hz in mode 12h: 100 us steps through a second of guest time. */
static unsigned frames_in_a_second(struct screen *s, unsigned *blank, unsigned *retrace)
{
    unsigned frames = 0;
    uint8_t last = 8;
    *blank = *retrace = 0;
    for (unsigned i = 0; i < 50000; i++) {
        s->rig.now_ns += 20000;
        uint8_t status = in8(&s->rig, 0x3da);
        frames += (status & 8) && !(last & 8);
        *blank += status & 1;
        *retrace += status >> 3 & 1;
        last = status;
    }
    return frames;
}

static void retrace(struct test *test)
{
    struct screen s;
    unsigned blank, retrace;
    begin(&s, &mode_3);
    unsigned frames = frames_in_a_second(&s, &blank, &retrace);
    EXPECT(test, frames >= 69 && frames <= 71);
    EXPECT(test, blank > 50000 * 25 / 100 && blank < 50000 * 32 / 100);         /* 1 - 80/100 * 400/449 */
    EXPECT(test, retrace > 50000 * 2 / 1000 && retrace < 50000 * 7 / 1000);     /* 2 of 449 lines */
    set_mode(&s, &mode_12);
    frames = frames_in_a_second(&s, &blank, &retrace);
    EXPECT(test, frames >= 59 && frames <= 61);
    dispi(&s, 1, 1024), dispi(&s, 2, 768), dispi(&s, 3, 32), dispi(&s, 4, 0x41);
    frames = frames_in_a_second(&s, &blank, &retrace);
    EXPECT(test, frames >= 59 && frames <= 61);
    screen_free(&s);
}

static void smram_hides_the_window(struct test *test)
{
    struct screen s;
    begin(&s, &mode_12);
    struct memory *memory = s.rig.machine->memory;
    struct region *smram = memory_add_ram(memory, "smram", 0xa0000, 0x20000, s.rig.machine->ram, 0xa0000, false, I440FX_PRIORITY_DRAM);
    put(&s, 0xa0000, 0x12);
    EXPECT(test, s.vga->ram[0] == 0 && s.rig.machine->ram->host[0xa0000] == 0x12);
    set_mode(&s, &mode_13);                                     /* also over the direct window */
    put(&s, 0xa0000, 0x34);
    EXPECT(test, s.vga->ram[0] == 0 && s.rig.machine->ram->host[0xa0000] == 0x34);
    region_set_enabled(smram, false);
    put(&s, 0xa0000, 0x56);
    EXPECT_EQ(test, s.vga->ram[0], 0x56);
    screen_free(&s);
}

/* Any register values: the picture stays inside its surface, the addresses inside video RAM (the sanitizers look). */
static void hostile_registers(struct test *test)
{
    struct screen s;
    begin(&s, &mode_3);
    for (unsigned turn = 0; turn < 150; turn++) {
        bool extremes = turn % 3 == 0;
        for (unsigned i = 0; i < 25; i++) {
            out(&s, 0x3d4, 0x11, 0);
            out(&s, 0x3d4, i, extremes ? (random_byte(&s) & 1 ? 0xff : 0) : random_byte(&s));
        }
        for (unsigned i = 1; i < 5; i++) {
            out(&s, 0x3c4, i, random_byte(&s) & ~0x20);
        }
        for (unsigned i = 0; i < 9; i++) {
            out(&s, 0x3ce, i, random_byte(&s));
        }
        attribute(&s, 0x10, random_byte(&s)), attribute(&s, 0x13, random_byte(&s));
        for (unsigned i = 1; turn % 2 && i < 10; i++) {
            static const uint8_t depths[] = { 4, 8, 15, 16, 24, 32, 0, 255 };
            dispi(&s, i, i == 3 ? depths[random_byte(&s) % 8] : i == 4 ? random_byte(&s) : random_byte(&s) << (random_byte(&s) & 8) | random_byte(&s));
        }
        for (unsigned i = 0; i < 50; i++) {
            uint32_t at = 0xa0000 + (random_byte(&s) << 9) + random_byte(&s);
            memory_write(s.rig.machine->memory, at, random_byte(&s) * 0x01010101u, 4);
            memory_read(s.rig.machine->memory, at + 3, 4);
        }
        s.rig.now_ns += 7777777;
        in8(&s.rig, 0x3da);
        display_refresh(s.display);
        const struct surface *surface = display_surface(s.display);
        EXPECT(test, surface->width && surface->width <= DISPLAY_MOST && surface->height && surface->height <= DISPLAY_MOST);
        dispi(&s, 4, 0);
    }
    screen_free(&s);
}

#endif
