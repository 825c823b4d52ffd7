/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_DISPLAY_H
#define TESTS_DEVICE_ALL_DISPLAY_H
/* The part of all.h with a screen: a display adapter, register values that lead somewhere, and somebody who looks. */
#include "hw/display/vga.h"

enum { ALL_VGA_MIB = 1, ALL_VGA_REGISTERS = 0xc8000000 };

static inline void all_init_display(struct all *all, struct pci_bus *pci)
{
    static const uint8_t rom[512] = { 0x55, 0xaa, 1 };
    struct vga_settings settings = { .memory_mib = ALL_VGA_MIB, .edid_width = 1280, .edid_height = 800, .rom = rom,
                                     .rom_bytes = sizeof(rom) };
    all->display = display_new("all");
    g_assert(vga_new(all->rig.machine, pci, 2, &settings, all->display, NULL));
}

static inline void all_prepare_display(struct all *all)
{
    struct memory *ports = all->rig.machine->ports;
    memory_write(ports, 0xcf8, 0x80001018, 4), memory_write(ports, 0xcfc, ALL_VGA_REGISTERS, 4);
    memory_write(ports, 0xcf8, 0x80001010, 4), memory_write(ports, 0xcfc, 0xc0000000, 4);
    memory_write(ports, 0xcf8, 0x80001004, 4), memory_write(ports, 0xcfc, 2, 2);
    memory_write(ports, 0x3c2, 0x67, 1), memory_write(ports, 0x3c0, 0x20, 1);
}

static inline void all_step_display(struct all *all)
{
    static const uint16_t groups[] = { 0x3c4, 0x3ce, 0x3d4, 0x3d4, 0x3c4 };
    struct memory *ports = all->rig.machine->ports, *memory = all->rig.machine->memory;
    uint32_t value = all_random(all, all_random(all, 2) ? 256 : UINT32_MAX);
    switch (all_random(all, 8)) {
    case 0:
    case 1: memory_write(ports, groups[all_random(all, ARRAY_LEN(groups))], value << 8 | all_random(all, 0x1a), 2); break;
    case 2:
        memory_read(ports, 0x3da, 1);
        memory_write(ports, 0x3c0, 0x20 | all_random(all, 0x16), 1), memory_write(ports, 0x3c0, value, 1);
        break;
    case 3:
        memory_write(ports, 0x1ce, all_random(all, 11), 2);
        memory_write(ports, 0x1cf, all_random(all, 2) ? all_random(all, 128) : value, 2);
        break;
    case 4: memory_write(memory, 0xa0000 + all_random(all, 0x20000), value, 1u << all_random(all, 4)); break;
    case 5: memory_read(memory, 0xa0000 + all_random(all, 0x20000), 1u << all_random(all, 4)); break;
    case 6: memory_write(memory, ALL_VGA_REGISTERS + all_random(all, 0x620), value, 1u << all_random(all, 3)); break;
    case 7:
        memory_write(ports, 0x3b0 + all_random(all, 0x30), value, 1);
        if (!all_random(all, 12)) {
            memory_write(ports, 0x3c2, 0x67, 1);
            display_refresh(all->display);
        }
        break;
    }
}

#endif
