/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_NET_H
#define TESTS_DEVICE_ALL_NET_H
/* The part of all.h with network cards: an e1000 whose cable ends in a virtio card on PCI, and one on MMIO without a
 * cable; and what their drivers could have done, rings included. */
#include "hw/net/e1000.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_net.h"
#include "hw/virtio/virtio_pci.h"

enum {
    ALL_E1000 = 0xe1000000, ALL_E1000_IO = 0xd000, ALL_VIRTIO = 0xe1100000, ALL_MSIX = 0xe1110000,
    ALL_VIRTIO_IO = 0xd100,
    ALL_VIRTIO_MMIO = 0xd0400000, ALL_E1000_SLOT = 16, ALL_VIRTIO_SLOT = 17,
    ALL_TX_RING = 0x100000, ALL_RX_RING = 0x101000, ALL_RING_ENTRIES = 16, ALL_BUFFERS = 0x110000,
    ALL_BUFFER_BYTES = 0x10000,
    ALL_QUEUES = 0x120000, ALL_QUEUE_BYTES = 0x2000, ALL_QUEUE_SIZE = 16, ALL_MMIO_QUEUES = 0x140000,
};

static inline void all_init_net(struct all *all, struct pci_bus *pci)
{
    static const uint8_t mac[2][NETWORK_MAC_BYTES] = { { 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
                                                       { 0x52, 0x54, 0, 0x12, 0x34, 0x57 } };
    struct machine *machine = all->rig.machine;
    struct virtio_net_options options = { .mtu = 1500, .speed = 10000, .full_duplex = true };
    const struct virtio_pci_options pci_options = { .class_code = 0x0200 };
    struct e1000 *card = e1000_new(machine, pci, ALL_E1000_SLOT, E1000_82540EM, "e1000", mac[0]);
    memcpy(options.mac, mac[1], NETWORK_MAC_BYTES);
    all->net = virtio_net_new(machine, "virtio", &options);
    virtio_pci_new(machine, pci, ALL_VIRTIO_SLOT, 0, &all->net->virtio, &pci_options);
    network_plug(card->end, all->net->end);
    struct virtio_net *other = virtio_net_new(machine, "mmio", &options);
    virtio_mmio_plug(virtio_mmio_new(machine, ALL_VIRTIO_MMIO, isa_irqs_line(&all->irqs, 10), false), &other->virtio);
}

static inline void all_config_write(struct all *all, unsigned slot, unsigned reg, uint32_t value)
{
    memory_write(all->rig.machine->ports, 0xcf8, 0x80000000u | slot << 11 | (reg & 0xfc), 4);
    memory_write(all->rig.machine->ports, 0xcfc, value, 4);
}

/* Frames that wait between the cards are no card's state: both sides lose them. */
static inline void all_move_net(struct all *from, struct all *to)
{
    network_set_link(from->net->end, false), network_set_link(to->net->end, false);
    network_set_link(from->net->end, true), network_set_link(to->net->end, true);
}

static inline void all_put(struct all *all, uint64_t address, uint64_t value, unsigned size)
{
    memory_write(all->rig.machine->memory, address, value, size);
}

static inline void all_prepare_e1000(struct all *all)
{
    static const struct { uint16_t reg; uint32_t value; } writes[] = {
        { 0x3800, ALL_TX_RING }, { 0x3804, 0 }, { 0x3808, ALL_RING_ENTRIES * 16 }, { 0x3810, 0 }, { 0x3818, 0 },
        { 0x2800, ALL_RX_RING }, { 0x2804, 0 }, { 0x2808, ALL_RING_ENTRIES * 16 }, { 0x2810, 0 }, { 0x5000, 0x300 },
        { 0x0038, 0x8100 }, { 0x00d0, 0x9f }, { 0x0400, 0xa }, { 0x0100, 0x801a }, { 0x2818, ALL_RING_ENTRIES - 1 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(writes); i++) {
        all_put(all, ALL_E1000 + writes[i].reg, writes[i].value, 4);
    }
    for (unsigned i = 0; i < ALL_RING_ENTRIES; i++) {
        all_put(all, ALL_RX_RING + i * 16, ALL_BUFFERS + i * 2048, 8);
    }
}

/* The driver's side of negotiation and queues; features: those of both, or legacy. */
static inline void all_prepare_virtio(struct all *all)
{
    const uint64_t common = ALL_VIRTIO;
    all_put(all, common + 20, 0, 1);
    all_put(all, common + 20, 3, 1);
    for (unsigned half = 0; half < 2; half++) {
        all_put(all, common, half, 4), all_put(all, common + 8, half, 4);
        uint32_t features = (uint32_t)memory_read(all->rig.machine->memory, common + 4, 4);
        all_put(all, common + 12, all_random(all, 4) ? features : features & all_random(all, UINT32_MAX), 4);
    }
    all_put(all, common + 20, 11, 1);
    for (unsigned queue = 0; queue < 3; queue++) {
        uint32_t base = ALL_QUEUES + queue * ALL_QUEUE_BYTES;
        all_put(all, common + 22, queue, 2), all_put(all, common + 24, ALL_QUEUE_SIZE, 2);
        all_put(all, common + 26, queue, 2);
        all_put(all, common + 32, base, 4), all_put(all, common + 40, base + 0x400, 4),
        all_put(all, common + 48, base + 0x800, 4);
        all_put(all, common + 28, 1, 2);
    }
    all_put(all, common + 20, 15, 1);
}

static inline void all_prepare_net(struct all *all)
{
    all_config_write(all, ALL_E1000_SLOT, 0x10, ALL_E1000), all_config_write(all, ALL_E1000_SLOT, 0x14, ALL_E1000_IO);
    all_config_write(all, ALL_E1000_SLOT, 4, 7);
    all_config_write(all, ALL_VIRTIO_SLOT, 0x10, ALL_VIRTIO_IO), all_config_write(all, ALL_VIRTIO_SLOT, 0x14, ALL_MSIX);
    all_config_write(all, ALL_VIRTIO_SLOT, 0x20, ALL_VIRTIO), all_config_write(all, ALL_VIRTIO_SLOT, 4, 7);
    all_prepare_e1000(all);
    all_prepare_virtio(all);
}

/* Where a buffer may be: mostly RAM, at times the cards' own registers or nowhere. */
static inline uint64_t all_buffer(struct all *all)
{
    static const uint32_t odd[] = { ALL_E1000 + 0x3810, ALL_E1000 + 0x2810, ALL_VIRTIO + 0x3000, ALL_VIRTIO,
                                    ALL_TX_RING,
                                    ALL_QUEUES + 0x400, 0xfee00000, 0xa0000 };
    if (all_random(all, 6)) {
        return ALL_BUFFERS + all_random(all, ALL_BUFFER_BYTES);
    }
    return all_random(all, 4) ? odd[all_random(all, ARRAY_LEN(odd))] : all_value(all);
}

static inline uint32_t all_length(struct all *all)
{
    static const uint32_t most[] = { 64, 256, 2048, 0x10000, 0x100000 };
    return all_random(all, most[all_random(all, ARRAY_LEN(most))]);
}

/* Something that looks like a frame, so that checksums and segmentation have something to do. */
static inline void all_frame(struct all *all, uint64_t address)
{
    static const uint8_t frame[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, 0x45, 0, 1, 0, 0, 0, 0, 0, 64, 6, 0,
        0,
        10, 0, 2, 15, 10, 0, 2, 2, 4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0, 'a', 'b',
        'c',
    };
    memory_write_bytes(all->rig.machine->memory, address, frame, sizeof(frame));
    if (!all_random(all, 3)) {
        all_put(all, address + all_random(all, sizeof(frame)), all_random(all, 256), 1);
    }
}

static inline void all_transmit_descriptor(struct all *all)
{
    struct memory *memory = all->rig.machine->memory;
    uint32_t tail = (uint32_t)memory_read(memory, ALL_E1000 + 0x3818, 4);
    for (unsigned i = all_random(all, 4); i < 4; i++) {
        uint64_t at = ALL_TX_RING + tail % ALL_RING_ENTRIES * 16, buffer = all_buffer(all);
        uint32_t command = (all_random(all, 3) ? all_length(all) : all_random(all, UINT32_MAX)) | all_random(all, 256) << 24;
        if (all_random(all, 2)) {
            all_frame(all, ALL_BUFFERS);
            buffer = ALL_BUFFERS;
        }
        all_put(all, at, all_random(all, 5) ? buffer : all_value(all), 8);
        all_put(all, at + 8, (command & ~0xe00000u) | all_random(all, 2) << 20, 4);
        all_put(all, at + 12, all_random(all, 2) ? 54 << 8 | all_random(all, 2000) << 16 : all_random(all, UINT32_MAX), 4);
        tail = (tail + 1) % ALL_RING_ENTRIES;
    }
    all_put(all, ALL_E1000 + 0x3818, all_random(all, 20) ? tail : all_random(all, UINT16_MAX), 4);
}

static inline void all_virtio_chain(struct all *all)
{
    struct memory *memory = all->rig.machine->memory;
    unsigned queue = all_random(all, 3);
    uint64_t base = ALL_QUEUES + queue * ALL_QUEUE_BYTES;
    for (unsigned i = 0; i < ALL_QUEUE_SIZE; i++) {
        unsigned flags = all_random(all, 10) ? all_random(all, 2) | (queue ? all_random(all, 6) == 0 : 1) * 2 : all_random(all, 8);
        all_put(all, base + i * 16, all_buffer(all), 8);
        all_put(all, base + i * 16 + 8, all_random(all, 4) ? all_length(all) : all_random(all, 40) * 16, 4);
        all_put(all, base + i * 16 + 12, flags, 2);
        all_put(all, base + i * 16 + 14, all_random(all, 20) ? i + 1 : all_random(all, 20), 2);
    }
    if (queue == 1 && all_random(all, 2)) {
        all_put(all, base, ALL_BUFFERS, 8), all_put(all, base + 8, 12 + 57 + all_random(all, 3000), 4),
        all_put(all, base + 12, 0, 2);
        all_put(all, ALL_BUFFERS, all_random(all, 2) | all_random(all, 5) << 8 | (uint64_t)all_random(all, 2000) << 32,
                8);
        all_put(all, ALL_BUFFERS + 6, 34 | 16 << 16, 4);
        all_frame(all, ALL_BUFFERS + 12);
    }
    uint16_t index = (uint16_t)memory_read(memory, base + 0x402, 2);
    for (unsigned i = all_random(all, 4); i < 4; i++) {
        all_put(all, base + 0x404 + index++ % ALL_QUEUE_SIZE * 2, all_random(all, 30) ? all_random(all, ALL_QUEUE_SIZE) : 99, 2);
    }
    all_put(all, base + 0x402, all_random(all, 50) ? index : all_random(all, UINT16_MAX), 2);
    all_put(all, ALL_VIRTIO + 0x3000 + queue * 4, queue, 2);
}

static inline void all_step_net(struct all *all)
{
    static const uint16_t registers[] = { 0, 8, 0x10, 0x14, 0x18, 0x20, 0x38, 0xc0, 0xc4, 0xc8, 0xd0, 0xd8, 0x100,
                                          0x400, 0x2800,
                                          0x2808, 0x2810, 0x2818, 0x3800, 0x3808, 0x3810, 0x3818, 0x4074, 0x5000,
                                          0x5200, 0x5400 };
    static const struct { uint32_t base, bytes; } places[] = {
        { ALL_VIRTIO, 60 }, { ALL_VIRTIO, 0x4000 }, { ALL_MSIX, 0x900 }, { ALL_VIRTIO_MMIO, 0x200 },
        { ALL_E1000, 0x6000 },
    };
    struct memory *memory = all->rig.machine->memory, *ports = all->rig.machine->ports;
    unsigned pick = all_random(all, ARRAY_LEN(places)), size = 1u << all_random(all, 3);
    uint64_t address = places[pick].base + all_random(all, places[pick].bytes), value = all_value(all);
    switch (all_random(all, 12)) {
    case 0: case 1: all_transmit_descriptor(all); break;
    case 2: case 3: all_virtio_chain(all); break;
    case 4: all_put(all, ALL_E1000 + registers[all_random(all, ARRAY_LEN(registers))], value, 4); break;
    case 5: all_put(all, ALL_E1000 + 0x20, all_random(all, 4) << 26 | 1 << 21 | (value & 0x1fffff), 4); break;
    case 6: memory_read(memory, address, size); break;
    case 7: memory_write(memory, address, value, size); break;
    case 8: memory_write(ports, (all_random(all, 2) ? ALL_E1000_IO : ALL_VIRTIO_IO) + all_random(all, 64), value, size); break;
    case 9: memory_read(ports, (all_random(all, 2) ? ALL_E1000_IO : ALL_VIRTIO_IO) + all_random(all, 64), size); break;
    case 10: all_put(all, ALL_E1000 + 0x2818, all_random(all, ALL_RING_ENTRIES), 4); break;
    default:
        if (!all_random(all, 10)) {
            all_prepare_virtio(all);
        } else if (!all_random(all, 10)) {
            all_prepare_net(all);
        } else if (!all_random(all, 20)) {
            network_set_link(all->net->end, false), network_set_link(all->net->end, true);
        } else {
            all_config_write(all, ALL_VIRTIO_SLOT, all_random(all, 0x100), (uint32_t)value);
        }
        break;
    }
}

#endif
