/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_USB_H
#define TESTS_DEVICE_ALL_USB_H
/* The part of all.h with a USB controller, a tablet and a keyboard; schedules that a driver could have made, and worse ones. */
#include "base/input.h"
#include "hw/usb/hid.h"
#include "hw/usb/hub.h"
#include "hw/usb/uhci.h"
#include "hw/usb/xhci.h"

enum { ALL_UHCI = 0xd200, ALL_UHCI_SLOT = 23, ALL_FRAMES = 0x160000, ALL_USB_THINGS = 0x162000, ALL_USB_COUNT = 24 };
enum { ALL_XHCI = 0xe1120000, ALL_XHCI_MSIX = 0xe1124000, ALL_XHCI_SLOT = 19, ALL_XHCI_THINGS = 0x170000 };

static inline void all_init_usb(struct all *all, struct pci_bus *pci)
{
    struct machine *machine = all->rig.machine;
    struct uhci *hc = uhci_new(machine, pci, ALL_UHCI_SLOT, 0, UHCI_PIIX3, false);
    all->input = input_new();
    usb_device_attach(&usb_hid_new(machine, all->input, USB_HID_TABLET)->usb, &hc->bus.ports[0]);
    struct usb_hub *hub = usb_hub_new(machine);
    usb_device_attach(&hub->usb, &hc->bus.ports[1]);
    usb_device_attach(&usb_hid_new(machine, all->input, USB_HID_KEYBOARD)->usb, &hub->ports.ports[2]);
    struct xhci *xhci = xhci_new(machine, pci, ALL_XHCI_SLOT, 2);
    usb_device_attach(&usb_hid_new(machine, all->input, USB_HID_MOUSE)->usb, &xhci->bus.ports[1]);
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
        { 2, 1, 0, 0, 0x81 }, { 0x23, 3, 4, 0, 3 }, { 0x23, 3, 2, 0, 3 }, { 0x23, 1, 16, 0, 3 }, { 0xa3, 0, 0, 0, 3, 0, 4 }, { 0x80, 6, 3, 3, 0, 0, 255, 0 },
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

/* Below ALL_XHCI_THINGS: DCBAA, then segment table, event ring, command ring, an input context, output contexts, rings, data. */
enum { ALL_ERST = 0x400, ALL_EVENTS = 0x1000, ALL_COMMANDS = 0x2000, ALL_INPUT = 0x3000, ALL_OUTPUTS = 0x4000, ALL_RINGS = 0x8000,
       ALL_XHCI_DATA = 0xc000, ALL_XHCI_RING = 16 };

static inline void all_xhci(struct all *all, unsigned reg, uint32_t value) { all_put(all, ALL_XHCI + reg, value, 4); }

static inline void all_trb(struct all *all, uint32_t at, uint64_t parameter, uint32_t status, uint32_t control)
{
    all_put(all, ALL_XHCI_THINGS + at, parameter, 8);
    all_put(all, ALL_XHCI_THINGS + at + 8, status, 4), all_put(all, ALL_XHCI_THINGS + at + 12, control, 4);
}

/* Contexts for a slot on port 2 with a control endpoint and one that is interrupt in, most often. */
static inline void all_input_context(struct all *all, unsigned slot)
{
    const uint32_t at = ALL_XHCI_THINGS + ALL_INPUT, ring = ALL_XHCI_THINGS + ALL_RINGS + slot * 0x400;
    all_put(all, at, all_random(all, 8) ? 0 : all_value(all), 4), all_put(all, at + 4, all_random(all, 2) ? 3 : 9, 4);
    all_put(all, at + 32, 3u << 27 | 1 << 20, 4), all_put(all, at + 36, all_random(all, 6) ? 2 << 16 : all_value(all), 4);
    for (unsigned endpoint = 1; endpoint < 4; endpoint++) {
        uint32_t type = endpoint == 1 ? 4 : all_random(all, 4) ? 7 : all_random(all, 8);
        all_put(all, at + 32 + endpoint * 32 + 4, type << 3 | (all_random(all, 5) ? 8u : all_random(all, 0x10000)) << 16, 4);
        all_put(all, at + 32 + endpoint * 32 + 8, (all_random(all, 20) ? ring + endpoint % 2 * 0x200 : all_value(all)) | 1, 8);
    }
}

static inline void all_xhci_command(struct all *all)
{
    static const uint8_t types[] = { 9, 9, 11, 11, 11, 12, 12, 13, 14, 15, 16, 17, 10, 23, 6, 40 };
    unsigned slot = all_random(all, 3), type = types[all_random(all, ARRAY_LEN(types))], index = all_random(all, ALL_XHCI_RING);
    uint64_t parameter = all_random(all, 20) ? ALL_XHCI_THINGS + (type == 16 ? ALL_RINGS + slot * 0x400 + 1 : ALL_INPUT) : all_value(all);
    all_input_context(all, slot);
    all_trb(all, ALL_COMMANDS + index * 16, type == 6 ? ALL_XHCI_THINGS + ALL_COMMANDS : parameter, 0,
            type << 10 | slot << 24 | all_random(all, 4) << 16 | all_random(all, 2) << 9 | all_random(all, 2));
    all_xhci(all, 0x58, (ALL_XHCI_THINGS + ALL_COMMANDS + index * 16) | all_random(all, 2));
    all_xhci(all, 0x2000, 0);
}

static inline void all_xhci_transfer(struct all *all)
{
    static const uint8_t types[] = { 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 20 };
    unsigned slot = all_random(all, 3), half = all_random(all, 2);
    uint32_t ring = ALL_RINGS + slot * 0x400 + half * 0x200;
    for (unsigned i = all_random(all, 6); i < 6; i++) {
        unsigned type = types[all_random(all, ARRAY_LEN(types))], index = all_random(all, ALL_XHCI_RING);
        uint64_t parameter = all_random(all, 12) ? ALL_XHCI_THINGS + ALL_XHCI_DATA + all_random(all, 0x1000) : all_value(all);
        parameter = type == 6 ? ALL_XHCI_THINGS + ring : type == 2 ? 0x0012000001000680ull : parameter;
        all_trb(all, ring + index * 16, parameter, all_random(all, 4) ? 8 : all_random(all, 0x20000),
                type << 10 | (type == 2 ? 0x40 : 0) | all_random(all, 64) | all_random(all, 2) << 16);
    }
    all_xhci(all, 0x2000 + slot * 4, all_random(all, 10) ? half ? 3 : 1 : (uint32_t)all_value(all));
}

static inline void all_prepare_xhci(struct all *all)
{
    const uint32_t at = ALL_XHCI_THINGS;
    all_config_write(all, ALL_XHCI_SLOT, 0x10, ALL_XHCI), all_config_write(all, ALL_XHCI_SLOT, 0x20, ALL_XHCI_MSIX);
    all_config_write(all, ALL_XHCI_SLOT, 4, 6);
    for (unsigned slot = 1; slot < 4; slot++) {
        all_put(all, at + slot * 8, at + ALL_OUTPUTS + slot * 0x400, 8);
    }
    all_put(all, at + ALL_ERST, at + ALL_EVENTS, 8), all_put(all, at + ALL_ERST + 8, 32, 8);
    all_xhci(all, 0x70, at), all_xhci(all, 0x78, 16), all_xhci(all, 0x1028, 1), all_xhci(all, 0x1038, at + ALL_EVENTS);
    all_xhci(all, 0x1030, at + ALL_ERST), all_xhci(all, 0x1020, 3), all_xhci(all, 0x40, 5), all_xhci(all, 0x450, 0x210);
}

static inline void all_step_xhci(struct all *all)
{
    switch (all_random(all, 8)) {
    case 0: case 1: all_xhci_command(all); break;
    case 2: case 3: all_xhci_transfer(all); break;
    case 4: all_xhci(all, 0x1038, ALL_XHCI_THINGS + ALL_EVENTS + all_random(all, 33) * 16 + (all_random(all, 2) ? 8 : 0)); break;
    case 5: all_xhci(all, 0x440 + all_random(all, 4) * 16, all_random(all, 3) ? 0x210u | all_random(all, 16) << 5 : (uint32_t)all_value(all)); break;
    case 6:
        if (all_random(all, 6)) {
            memory_read(all->rig.machine->memory, ALL_XHCI + all_random(all, 0x2100), 1 << all_random(all, 4));
        } else {
            all_xhci(all, (all_random(all, 2) ? 0x40 : 0x1020) + all_random(all, 16) * 4, (uint32_t)all_value(all));
        }
        break;
    default: all_prepare_xhci(all); break;
    }
}

static inline void all_prepare_usb(struct all *all)
{
    all_prepare_xhci(all);
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
    input_relative(all->input, (int)all_random(all, 9) - 4, 3, 0, all_random(all, 4));
    switch (all_random(all, 14)) {
    case 10: case 11: case 12: case 13: all_step_xhci(all); break;
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
