/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_VIRTIO_H
#define TESTS_DEVICE_ALL_VIRTIO_H
/* The part of all.h with a virtio disk, a source of random numbers and a console on MMIO, and requests that its driver
 * could have made. */
#include "hw/virtio/virtio_balloon.h"
#include "hw/virtio/virtio_blk.h"
#include "hw/virtio/virtio_console.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_rng.h"

enum { ALL_BALLOON_MMIO = 0xd0404000, ALL_BALLOON_RINGS = 0x168000, ALL_BLK_MMIO = 0xd0401000, ALL_RNG_MMIO = 0xd0402000, ALL_RNG_RING = 0x158000, ALL_CONSOLE_MMIO = 0xd0403000,
       ALL_CONSOLE_RINGS = 0x15c000, ALL_BLK_RING = 0x150000,
       ALL_BLK_BUFFERS = 0x154000, ALL_BLK_QUEUE = 16 };

static inline void all_init_blk(struct all *all)
{
    struct virtio_blk *blk = virtio_blk_new(all->rig.machine, all->disks[ALL_BLK_DISK], "ALL", ALL_BLK_QUEUE);
    virtio_mmio_plug(virtio_mmio_new(all->rig.machine, ALL_BLK_MMIO, isa_irqs_line(&all->irqs, 11), false),
                     &blk->virtio);
    struct virtio_rng *rng = virtio_rng_new(all->rig.machine, NULL, NULL, 1000, 1000000);
    virtio_mmio_plug(virtio_mmio_new(all->rig.machine, ALL_RNG_MMIO, isa_irqs_line(&all->irqs, 5), false),
                     &rng->virtio);
    struct virtio_balloon *balloon = virtio_balloon_new(all->rig.machine, true);
    virtio_mmio_plug(virtio_mmio_new(all->rig.machine, ALL_BALLOON_MMIO, isa_irqs_line(&all->irqs, 13), false),
                     &balloon->virtio);
    struct virtio_console *console = virtio_console_new(all->rig.machine);
    virtio_console_add_port(console, -1, true, NULL, NULL), virtio_console_add_port(console, -1, false, "port", NULL);
    virtio_mmio_plug(virtio_mmio_new(all->rig.machine, ALL_CONSOLE_MMIO, isa_irqs_line(&all->irqs, 3), false),
                     &console->virtio);
}

static inline void all_console_put(struct all *all, uint32_t reg, uint32_t value)
{
    memory_write(all->rig.machine->memory, ALL_CONSOLE_MMIO + reg, value, 4);
}

static inline void all_prepare_console(struct all *all)
{
    all_console_put(all, 0x070, 0), all_console_put(all, 0x070, 3);
    for (unsigned half = 0; half < 2; half++) {
        all_console_put(all, 0x024, half), all_console_put(all, 0x020, half ? 1 : all_random(all, 4) ? 2 : 0);
    }
    all_console_put(all, 0x070, 11);
    for (unsigned queue = 0; queue < 6; queue++) {
        const uint32_t ring = ALL_CONSOLE_RINGS + queue * 0x400;
        all_console_put(all, 0x030, queue), all_console_put(all, 0x038, 8), all_console_put(all, 0x080, ring);
        all_console_put(all, 0x090, ring + 0x100), all_console_put(all, 0x0a0, ring + 0x200),
            all_console_put(all, 0x044, 1);
    }
    all_console_put(all, 0x070, 15);
}

/* A buffer of any queue; those of the control queue often hold a message. */
static inline void all_console_buffer(struct all *all)
{
    struct memory *memory = all->rig.machine->memory;
    const unsigned queue = all_random(all, 6), slot = all_random(all, 8);
    const uint64_t ring = ALL_CONSOLE_RINGS + queue * 0x400, buffer = ALL_CONSOLE_RINGS + 0x2000 + slot * 0x100;
    uint16_t index = (uint16_t)memory_read(memory, ring + 0x102, 2);
    memory_write(memory, buffer, all_random(all, 3) | (uint64_t)all_random(all, 9) << 32 | 1ull << 48, 8);
    memory_write(memory, ring + slot * 16, buffer, 8);
    memory_write(memory, ring + slot * 16 + 8, all_random(all, 20) ? all_random(all, 100) : all_random(all, 0x2000000),
                 4);
    memory_write(memory, ring + slot * 16 + 12, all_random(all, 20) ? queue % 2 ? 0 : 2 : all_random(all, 8), 4);
    memory_write(memory, ring + 0x104 + index % 8 * 2, slot, 2);
    memory_write(memory, ring + 0x102, index + 1u, 2);
    all_console_put(all, 0x050, all_random(all, 20) ? queue : all_random(all, 20));
}

static inline void all_rng_put(struct all *all, uint32_t reg, uint32_t value)
{
    memory_write(all->rig.machine->memory, ALL_RNG_MMIO + reg, value, 4);
}

static inline void all_prepare_rng(struct all *all)
{
    static const struct { uint16_t reg; uint32_t value; } writes[] = {
        { 0x070, 0 }, { 0x070, 3 }, { 0x024, 1 }, { 0x020, 1 }, { 0x070, 11 }, { 0x030, 0 }, { 0x038, 8 },
        { 0x080, ALL_RNG_RING }, { 0x090, ALL_RNG_RING + 0x400 }, { 0x0a0, ALL_RNG_RING + 0x800 }, { 0x044, 1 },
        { 0x070, 15 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(writes); i++) {
        all_rng_put(all, writes[i].reg, writes[i].value);
    }
}

static inline void all_rng_request(struct all *all)
{
    struct memory *memory = all->rig.machine->memory;
    uint16_t index = (uint16_t)memory_read(memory, ALL_RNG_RING + 0x402, 2);
    memory_write(memory, ALL_RNG_RING, ALL_RNG_RING + 0x1000, 8);
    memory_write(memory, ALL_RNG_RING + 8, all_random(all, all_random(all, 10) ? 2000 : UINT32_MAX), 4);
    memory_write(memory, ALL_RNG_RING + 12, all_random(all, 20) ? 2 : all_random(all, 8), 4);
    memory_write(memory, ALL_RNG_RING + 0x404 + index % 8 * 2, all_random(all, 20) ? 0 : all_random(all, 10), 2);
    memory_write(memory, ALL_RNG_RING + 0x402, index + 1u, 2);
    all_rng_put(all, 0x050, 0);
}

static inline void all_balloon_put(struct all *all, uint32_t reg, uint32_t value)
{
    memory_write(all->rig.machine->memory, ALL_BALLOON_MMIO + reg, value, 4);
}

static inline void all_prepare_balloon(struct all *all)
{
    all_balloon_put(all, 0x070, 0), all_balloon_put(all, 0x070, 3);
    for (unsigned half = 0; half < 2; half++) {
        all_balloon_put(all, 0x024, half), all_balloon_put(all, 0x020, half ? 1 : 6);
    }
    all_balloon_put(all, 0x070, 11);
    for (unsigned queue = 0; queue < 3; queue++) {
        const uint32_t ring = ALL_BALLOON_RINGS + queue * 0x400;
        all_balloon_put(all, 0x030, queue), all_balloon_put(all, 0x038, 8), all_balloon_put(all, 0x080, ring);
        all_balloon_put(all, 0x090, ring + 0x100), all_balloon_put(all, 0x0a0, ring + 0x200), all_balloon_put(all, 0x044, 1);
    }
    all_balloon_put(all, 0x070, 15);
}

/* Page numbers or statistics; the pages are not those of anybody's rings. */
static inline void all_balloon_buffer(struct all *all)
{
    struct memory *memory = all->rig.machine->memory;
    const unsigned queue = all_random(all, 3), slot = all_random(all, 8);
    const uint64_t ring = ALL_BALLOON_RINGS + queue * 0x400, buffer = ALL_BALLOON_RINGS + 0x1000 + slot * 0x40;
    uint16_t index = (uint16_t)memory_read(memory, ring + 0x102, 2);
    for (unsigned i = 0; i < 8; i++) {
        memory_write(memory, buffer + i * 4, all_random(all, 10) ? 0x1a0 + all_random(all, 32) : all_random(all, UINT32_MAX), 4);
    }
    memory_write(memory, ring + slot * 16, buffer, 8);
    memory_write(memory, ring + slot * 16 + 8, all_random(all, 20) ? all_random(all, 60) : all_random(all, 0x2000000), 4);
    memory_write(memory, ring + slot * 16 + 12, all_random(all, 20) ? 0 : all_random(all, 8), 4);
    memory_write(memory, ring + 0x104 + index % 8 * 2, slot, 2);
    memory_write(memory, ring + 0x102, index + 1u, 2);
    all_balloon_put(all, 0x050, queue);
    all_balloon_put(all, 0x104, all_random(all, 1024));
}

/* Draws numbers of its own, so that what the others do does not depend on it. */
static inline void all_step_balloon(struct all *all)
{
    const uint64_t seed = all->seed;
    all_random(all, 20) ? all_balloon_buffer(all) : all_prepare_balloon(all);
    all->seed = seed;
}

static inline void all_blk_put(struct all *all, uint32_t reg, uint32_t value)
{
    memory_write(all->rig.machine->memory, ALL_BLK_MMIO + reg, value, 4);
}

static inline void all_prepare_blk(struct all *all)
{
    all_prepare_rng(all);
    all_prepare_console(all);
    all_prepare_balloon(all);
    all_blk_put(all, 0x070, 0), all_blk_put(all, 0x070, 3);
    for (unsigned half = 0; half < 2; half++) {
        all_blk_put(all, 0x024, half);
        all_blk_put(all, 0x020, half ? 1 : all_random(all, 2) ? 0x6674 : 0x6474);
    }
    all_blk_put(all, 0x070, 11);
    all_blk_put(all, 0x030, 0), all_blk_put(all, 0x038, ALL_BLK_QUEUE);
    for (unsigned i = 0; i < 3; i++) {
        all_blk_put(all, 0x080 + i * 16, ALL_BLK_RING + i * 0x400);
    }
    all_blk_put(all, 0x044, 1), all_blk_put(all, 0x070, 15);
}

static inline void all_blk_request(struct all *all)
{
    static const uint8_t types[] = { 0, 1, 0, 1, 4, 8, 11, 13, 2, 0xff };
    struct memory *memory = all->rig.machine->memory;
    unsigned head = all_random(all, ALL_BLK_QUEUE / 4) * 4;
    const uint64_t header = ALL_BLK_BUFFERS + head * 0x400;
    const uint32_t type = types[all_random(all, sizeof(types))], bytes = all_random(all, 9) * 512 +
        !all_random(all, 30);
    const uint64_t buffers[4] = { header, header + 0x200, header + 0x100, header + 16 };
    const uint32_t sizes[4] = { 16, type < 11 ? bytes : 0, type < 11 ? 0 : 16, 1 };
    memory_write(memory, header, type, 8);
    memory_write(memory, header + 8, all_random(all, 20) ? all_random(all, 2048) : UINT64_MAX >> all_random(all, 20),
                 8);
    memory_write(memory, header + 0x100, all_random(all, 2048), 8);
    memory_write(memory, header + 0x108, all_random(all, 300) | (uint64_t)all_random(all, 3) << 32, 8);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t at = ALL_BLK_RING + (head + i) * 16;
        const bool writes = i == 3 || (i == 1 && type != 1 && type < 11);
        memory_write(memory, at, all_random(all, 40) ? buffers[i] : 0xe1100000 + all_random(all, 0x4000), 8);
        memory_write(memory, at + 8, all_random(all, 60) ? sizes[i] : all_random(all, UINT32_MAX), 4);
        memory_write(memory, at + 12, (i < 3) | writes * 2 | (uint64_t)(head + i + 1) << 16, 4);
    }
    uint16_t index = (uint16_t)memory_read(memory, ALL_BLK_RING + 0x402, 2);
    memory_write(memory, ALL_BLK_RING + 0x404 + index % ALL_BLK_QUEUE * 2, all_random(all, 50) ? head
                 : all_random(all, 20), 2);
    memory_write(memory, ALL_BLK_RING + 0x402, all_random(all, 50) ? index + 1u : all_random(all, UINT16_MAX), 2);
    all_blk_put(all, 0x050, all_random(all, 20) ? 0 : all_random(all, 3));
}

static inline void all_step_blk(struct all *all)
{
    switch (all_random(all, 16)) {
    case 0: memory_read(all->rig.machine->memory, ALL_BLK_MMIO + all_random(all, 0x200),
                        1u << all_random(all, 3)); break;
    case 1: memory_write(all->rig.machine->memory, ALL_BLK_MMIO + all_random(all, 0x200), all_random(all, UINT32_MAX),
                         4); break;
    case 2: all_prepare_blk(all); break;
    case 3: all_blk_put(all, 0x064, 3), all_rng_put(all, 0x064, 3); break;
    case 4: all_rng_request(all), all_step_balloon(all); break;
    case 5: case 6: all_console_buffer(all); break;
    case 7: all_random(all, 10) ? all_console_put(all, 0x064, 3) : all_prepare_console(all); break;
    default: all_blk_request(all); break;
    }
}

#endif
