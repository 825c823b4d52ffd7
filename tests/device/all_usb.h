/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_USB_H
#define TESTS_DEVICE_ALL_USB_H
/* The part of all.h with a USB controller, a tablet and a keyboard; schedules that a driver could have made, and worse ones. */
#include "base/input.h"
#include "hw/usb/hid.h"
#include "hw/usb/uhci.h"

enum { ALL_UHCI = 0xd200, ALL_UHCI_SLOT = 18, ALL_FRAMES = 0x160000, ALL_USB_THINGS = 0x162000, ALL_USB_COUNT = 24 };

static inline void all_init_usb(struct all *all, struct pci_bus *pci)
{
    struct machine *machine = all->rig.machine;
    struct uhci *hc = uhci_new(machine, pci, ALL_UHCI_SLOT, 0, UHCI_PIIX3, false);
    all->input = input_new();
    usb_device_attach(&usb_hid_new(machine, all->input, USB_HID_TABLET)->usb, &hc->bus.ports[0]);
    usb_device_attach(&usb_hid_new(machine, all->input, USB_HID_KEYBOARD)->usb, &hc->bus.ports[1]);
}

static inline void all_uhci(struct all *all, unsigned reg, unsigned value)
{
    memory_write(all->rig.machine->ports, ALL_UHCI + reg, value, reg == 8 ? 4 : 2);
}

/* Where a link leads: a thing, mostly; its kind goes with its number. */
static inline uint32_t all_usb_link(struct all *all)
{
    uint32_t thing = all_random(all, ALL_USB_COUNT);
    if (!all_random(all, 60)) {
        return (uint32_t)all_value(all);
    }
    return all_random(all, 6) ? (ALL_USB_THINGS + thing * 32) | (thing & 1 ? 0 : 2) | (all_random(all, 2) ? 4 : 0) : 1;
}

/* An odd thing is a TD, an even one a queue. */
static inline void all_usb_thing(struct all *all, uint32_t thing)
{
    static const uint8_t pids[] = { 0x69, 0x69, 0xe1, 0x2d, 0x2d };
    static const uint8_t setups[][8] = {
        { 0x80, 6, 0, 1, 0, 0, 18, 0 }, { 0x80, 6, 0, 2, 0, 0, 64, 0 }, { 0, 9, 1 }, { 0, 5, 1 }, { 0x81, 6, 0, 0x22, 0, 0, 255, 1 },
        { 0x21, 10, 0, 2 }, { 0x21, 9, 0, 2, 0, 0, 1, 0 }, { 0xa1, 1, 0, 1, 0, 0, 8, 0 }, { 0, 3, 1 }, { 2, 3, 0, 0, 0x81 },
        { 2, 1, 0, 0, 0x81 }, { 0x80, 6, 3, 3, 0, 0, 255, 0 },
    };
    struct memory *memory = all->rig.machine->memory;
    uint32_t at = ALL_USB_THINGS + thing * 32, words[4] = { all_usb_link(all), all_usb_link(all) };
    if (thing & 1) {
        uint32_t length = all_random(all, 4) ? all_random(all, 9) - 1u : all_random(all, 0x800);
        words[1] = 0x800000 | all_random(all, 4) << 27 | all_random(all, 8) << 24 | (all_random(all, 2) ? 1u << 29 : 0);
        words[2] = pids[all_random(all, ARRAY_LEN(pids))] | all_random(all, 3) << 8 | all_random(all, 2) << 15 | length << 21;
        words[2] = words[2] & 0x40 ? words[2] : (words[2] & 0xffff) | 7u << 21;
        words[3] = all_random(all, 30) ? ALL_USB_THINGS + 0x800 + all_random(all, 16) * 64 : (uint32_t)all_value(all);
        if ((words[2] & 0xff) == 0x2d) {
            memory_write_bytes(memory, words[3], setups[all_random(all, ARRAY_LEN(setups))], 8);
        }
    }
    memory_write_bytes(memory, at, words, thing & 1 ? 16 : 8);
}

static inline void all_prepare_usb(struct all *all)
{
    all_config_write(all, ALL_UHCI_SLOT, 0x20, ALL_UHCI), all_config_write(all, ALL_UHCI_SLOT, 4, 5);
    for (uint32_t thing = 0; thing < ALL_USB_COUNT; thing++) {
        all_usb_thing(all, thing);
    }
    for (unsigned frame = 0; frame < 1024; frame++) {
        uint32_t link = all_usb_link(all);
        memory_write_bytes(all->rig.machine->memory, ALL_FRAMES + frame * 4, &link, 4);
    }
    all_uhci(all, 8, ALL_FRAMES), all_uhci(all, 4, 15);
    all_uhci(all, 0x10, 0x0004), all_uhci(all, 0x12, 0x0004), all_uhci(all, 0, 1);
}

static inline void all_step_usb(struct all *all)
{
    static const uint16_t commands[] = { 1, 1, 1, 1, 0, 2, 4, 8, 0x18, 0xc1 }, ports[] = { 4, 4, 4, 0x200, 0x1004, 0x100a, 0x44, 0 };
    switch (all_random(all, 10)) {
    case 0: all_uhci(all, 0, commands[all_random(all, ARRAY_LEN(commands))]); break;
    case 1: all_uhci(all, 0x10 + all_random(all, 2) * 2, ports[all_random(all, ARRAY_LEN(ports))]); break;
    case 2: all_uhci(all, 2, all_random(all, 64)); break;
    case 3: memory_read(all->rig.machine->ports, ALL_UHCI + all_random(all, 32), 1 << all_random(all, 3)); break;
    case 4: input_key(all->input, all_random(all, 128), all_random(all, 2)); break;
    case 5:
        input_absolute(all->input, all_random(all, 0x8000), all_random(all, 0x8000), (int)all_random(all, 3) - 1, all_random(all, 32));
        break;
    case 6: rig_run(&all->rig, all_random(all, 3000000)); break;
    case 7: all_uhci(all, 4, all_random(all, 16)), all_uhci(all, 8, all_random(all, 20) ? ALL_FRAMES : (uint32_t)all_value(all)); break;
    default: all_usb_thing(all, all_random(all, ALL_USB_COUNT)); break;
    }
}

#endif
