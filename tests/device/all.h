/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_H
#define TESTS_DEVICE_ALL_H
/* A machine with one device of each type, and random accesses to all of them. */
#include "hw/acpi/pci_hotplug.h"
#include "hw/char/uart16550.h"
#include "hw/input/i8042.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/isa_irqs.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/fw_cfg.h"
#include "hw/misc/isa_debug_exit.h"
#include "hw/misc/pc_testdev.h"
#include "hw/misc/ferr.h"
#include "hw/misc/port92.h"
#include "hw/misc/post.h"
#include "hw/pci/i440fx.h"
#include "hw/pci/piix3.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"
#include "hw/timer/mc146818.h"
#include "tests/device/rig.h"

enum { ALL_FLOPPY = 4, ALL_BLK_DISK = 5, ALL_DISKS = 6 };
struct disk;
struct display;
struct virtio_net;

struct gicv3;
struct gicv3_its;
struct pl061;

struct all {
    struct rig rig;
    struct disk *disks[ALL_DISKS];
    struct cpu_port ports[2];
    struct interrupt_source sources[2];
    struct isa_irqs irqs;
    struct i8042 *kbc;
    struct pl061 *gpio;
    struct display *display;
    struct gicv3 *gic3;
    struct gicv3_its *its;
    struct virtio_net *net;
    struct input *input;
    uint64_t seed;
};

static inline uint32_t all_random(struct all *all, uint32_t limit)
{
    all->seed = all->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((all->seed >> 33) * limit >> 31);
}

#include "tests/device/all_arm.h"
#include "tests/device/all_disks.h"
#include "tests/device/all_display.h"
#include "tests/device/all_virtio.h"

static inline uint64_t all_value(struct all *all);
#include "tests/device/all_net.h"
#include "tests/device/all_usb.h"

static inline void all_set_input(void *cpu, enum cpu_input input, bool level) { }
static inline void all_set_a20(void *controller, unsigned input, bool level) { }

static inline void all_init(struct all *all, int64_t now_ns)
{
    rig_init(&all->rig);
    all->rig.now_ns = now_ns;
    struct machine *machine = all->rig.machine;
    struct i8259 *pic = i8259_new(machine);
    struct lapic_bus *bus = lapic_bus_new(machine, pic);
    pic->intr = lapic_bus_pic_line(bus);
    for (unsigned i = 0; i < ARRAY_LEN(all->ports); i++) {
        all->ports[i].set_input = all_set_input;
        all->ports[i].cpu = all;
        all->sources[i] = lapic_interrupt_source(lapic_new(bus, i, &all->ports[i]));
    }
    struct ioapic *ioapic = ioapic_new(machine, bus, 0);
    isa_irqs_init(&all->irqs, pic, ioapic);
    struct pci_bus *pci = pci_bus_new(machine);
    i440fx_new(machine, pci);
    piix3_new(machine, pci, 1, &all->irqs);
    pci_hotplug_new(machine, pci, piix4_pm_new(machine, pci, 1, isa_irqs_line(&all->irqs, 9), &all->ports[0]));
    struct hpet *hpet = hpet_new(machine, isa_irqs_line(&all->irqs, 0), isa_irqs_line(&all->irqs, 8), ioapic);
    i8254_new(machine, hpet_pit_line(hpet));
    mc146818_new(machine, hpet_rtc_line(hpet));
    struct port92 *port92 = port92_new(machine, (struct irq_line){ all_set_a20, NULL, 0 });
    ferr_new(machine, isa_irqs_line(&all->irqs, 13), (struct irq_line){ all_set_a20, NULL, 0 });
    all->kbc = i8042_new(machine, isa_irqs_line(&all->irqs, 1), isa_irqs_line(&all->irqs, 12),
                         port92_a20_input(port92));
    uart16550_new(machine, 0x3f8, isa_irqs_line(&all->irqs, 4), NULL);
    struct fw_cfg *fw_cfg = fw_cfg_new(machine);
    fw_cfg_set_writable_file(fw_cfg, "etc/test", "0123456789", 10);
    debugcon_new(machine, 0x402, NULL);
    isa_debug_exit_new(machine, 0x501, 4);
    post_new(machine);
    struct irq_line test_lines[PC_TESTDEV_IRQS];
    for (unsigned i = 0; i < PC_TESTDEV_IRQS; i++) {
        test_lines[i] = isa_irqs_line(&all->irqs, i);
    }
    pc_testdev_new(machine, test_lines);
    all_init_disks(all, pci);
    all_init_blk(all);
    all_init_display(all, pci);
    all_init_net(all, pci);
    all_init_usb(all, pci);
    all_init_arm(all);
}

static inline uint64_t all_value(struct all *all)
{
    uint64_t wide = (uint64_t)all_random(all, UINT32_MAX) << 32 | all_random(all, UINT32_MAX);
    switch (all_random(all, 5)) {
    case 0: return all_random(all, 256);
    case 1: return 1ull << all_random(all, 64);
    case 2: return UINT64_MAX;
    case 3: return all_random(all, 0x10000) * 16u;
    default: return wide;
    }
}

/* What firmware and drivers would set up first, so that random accesses find something going on. */
static inline void all_prepare(struct all *all)
{
    static const struct { uint16_t port; uint8_t value; } writes[] = {
        { 0x20, 0x11 }, { 0x21, 0x08 }, { 0x21, 0x04 }, { 0x21, 0x01 }, { 0xa0, 0x11 }, { 0xa1, 0x70 }, { 0xa1, 0x02 },
        { 0xa1, 0x01 }, { 0x43, 0x34 }, { 0x40, 0x00 }, { 0x40, 0x10 }, { 0x64, 0x60 }, { 0x60, 0x43 }, { 0x64, 0xd4 },
        { 0x60, 0xf4 }, { 0x3fa, 0x81 }, { 0x3f9, 0x0f }, { 0x3fc, 0x08 }, { 0x70, 0x0b }, { 0x71, 0x72 },
        { 0xb2, 0xf1 },
    };
    struct memory *ports = all->rig.machine->ports, *memory = all->rig.machine->memory;
    for (unsigned i = 0; i < ARRAY_LEN(writes); i++) {
        memory_write(ports, writes[i].port, writes[i].value, 1);
    }
    memory_write(ports, 0xcf8, 0x80000b40, 4), memory_write(ports, 0xcfc, 0x601, 4);
    memory_write(ports, 0xcf8, 0x80000b80, 4), memory_write(ports, 0xcfc, 1, 4);
    memory_write(ports, 0xcf8, 0x80000b90, 4), memory_write(ports, 0xcfc, 0x701, 4);
    memory_write(ports, 0xcf8, 0x80000bd0, 4), memory_write(ports, 0xcfe, 1, 1);
    all_prepare_disks(all);
    all_prepare_blk(all);
    all_prepare_display(all);
    all_prepare_net(all);
    all_prepare_usb(all);
    for (unsigned cpu = 0; cpu < ARRAY_LEN(all->ports); cpu++) {
        memory_write_from(memory, cpu, 0xfee000f0, 0x1ff, 4);
        memory_write_from(memory, cpu, 0xfee00320, 0x20000 | (0x40 + cpu), 4);
        memory_write_from(memory, cpu, 0xfee00380, 0x10000, 4);
    }
    for (unsigned pin = 0; pin < 24; pin++) {
        memory_write(memory, 0xfec00000, 0x10 + pin * 2, 4);
        memory_write(memory, 0xfec00010, (pin & 1 ? 0x8000 : 0) | (0x50 + pin), 4);
    }
    memory_write(memory, ALL_GICD, 3, 4), memory_write(memory, ALL_GICD + 0x104, UINT32_MAX, 4);
    memory_write(memory, ALL_GICC, 0x207, 4), memory_write(memory, ALL_GICC + 4, 0xff, 4);
    memory_write(memory, ALL_UART + 0x38, 0x7ff, 4), memory_write(memory, ALL_UART + 0x30, 0x381, 4);
}

/* One thing that a guest or its user may do. */
static inline void all_step(struct all *all)
{
    static const struct { uint16_t base, count; } ports[] = {
        { 0x20, 2 }, { 0xa0, 2 }, { 0x4d0, 2 }, { 0x40, 4 }, { 0x60, 5 }, { 0x70, 2 }, { 0x80, 1 }, { 0x92, 1 },
        { 0xb2, 2 },
        { 0x402, 1 }, { 0x501, 4 }, { 0x510, 12 }, { 0x3f8, 8 }, { 0xcf8, 8 }, { 0xcfc, 4 }, { 0x600, 12 },
        { 0x700, 16 }, { 0xafe0, 4 }, { PCI_HOTPLUG_BASE, PCI_HOTPLUG_BYTES }, { 0x1f0, 8 }, { 0x170, 8 }, { 0x3f0, 8 }, { 0x00, 16 }, { 0xc0, 32 }, { 0x378, 8 }, { 0x376, 1 }, { 0x3f6, 1 }, { ALL_MASTER, 16 }, { ALL_UHCI, 32 },
        { 0, 0xffff },
    };
    struct memory *port_space = all->rig.machine->ports, *memory = all->rig.machine->memory;
    unsigned size = 1u << all_random(all, 4), pick = all_random(all, ARRAY_LEN(ports)), cpu = all_random(all, 3);
    uint64_t address = ports[pick].base + all_random(all, ports[pick].count), value = all_value(all);
    switch (all_random(all, 36)) {
    case 32:
    case 33:
    case 34:
    case 35: all_step_usb(all); break;
    case 30:
    case 31: all_step_blk(all); break;
    case 26:
    case 27:
    case 28:
    case 29: all_step_net(all); break;
    case 22:
    case 23:
    case 24:
    case 25: all_step_display(all); break;
    case 18:
    case 19:
    case 20:
    case 21: all_step_disks(all); break;
    case 14:
    case 15:
    case 16:
    case 17: all_step_arm(all); break;
    case 0: memory_write_from(memory, cpu, 0xfee00000 + all_random(all, 64) * 16, value, size); break;
    case 1: memory_read_from(memory, cpu, 0xfee00000 + all_random(all, 0x1000), size); break;
    case 2:
        memory_write(memory, 0xfec00000, all_random(all, 0x40), 4);
        memory_write(memory, 0xfec00010, all_random(all, 2) ? value & 0x1ffff : value, 4);
        memory_read(memory, 0xfec00010, 4);
        break;
    case 3: memory_write(memory, 0xa0000 + all_random(all, 0x60000), value, size); break;
    case 4: memory_read(memory, all_random(all, 4) ? 0xc0000 + all_random(all, 0x40000) : value, size); break;
    case 5: rig_run(&all->rig, all_random(all, 100) ? all_random(all, 100000) : all_random(all, 20000000)); break;
    case 6: i8042_key(all->kbc, all_random(all, 0x200), value & 1); break;
    case 7: i8042_mouse(all->kbc, (int)value, (int)(value >> 8), (int8_t)value, (unsigned)value); break;
    case 8: all->sources[cpu & 1].acknowledge(all->sources[cpu & 1].controller); break;
    case 12: memory_write(memory, 0xfed00000 + all_random(all, 0x30) * 8, value, size); break;
    case 13: memory_read(memory, 0xfed00000 + all_random(all, 0x160), size); break;
    case 9: memory_read(port_space, address, size); break;
    case 10: {
        uint32_t msr = all_random(all, 3) ? 0x800 + all_random(all, 0x40) : all_random(all, 2) ? 0x1b : 0x6e0;
        all->sources[cpu & 1].write_msr(all->sources[cpu & 1].controller, msr,
                                        all_random(all, 2) ? value : value & 0xc00);
        break;
    }
    default: memory_write(port_space, address, value, size); break;
    }
}

#endif
