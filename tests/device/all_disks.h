/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_DISKS_H
#define TESTS_DEVICE_ALL_DISKS_H
/* The part of all.h that has disks behind it: controllers with drives, and commands that a driver could have made. */
#include "base/display.h"
#include "base/input.h"
#include "hw/block/fdc.h"
#include "hw/char/parallel.h"
#include "hw/dma/i8237.h"
#include "hw/ide/ide.h"
#include "tests/device/fake_disk.h"

enum { ALL_DISK_BYTES = 1 << 20, ALL_MASTER = 0xc000, ALL_TABLE = 0x2000 };

static inline void all_init_disks(struct all *all, struct pci_bus *pci)
{
    struct irq_line irqs[] = { isa_irqs_line(&all->irqs, 14), isa_irqs_line(&all->irqs, 15) };
    struct piix3_ide *ide = piix3_ide_new(all->rig.machine, pci, 1, irqs);
    static const enum ide_kind kinds[IDE_CHANNELS * IDE_DRIVES] = { IDE_DISK, IDE_CDROM, IDE_CDROM, IDE_DISK };
    struct fdc *fdc = fdc_new(all->rig.machine, isa_irqs_line(&all->irqs, 6), i8237_new(all->rig.machine));
    parallel_new(all->rig.machine, 0x378, isa_irqs_line(&all->irqs, 7), NULL);
    for (unsigned i = 0; i < ALL_DISKS; i++) {
        all->disks[i] = fake_disk_new(&all->rig, i != ALL_FLOPPY ? ALL_DISK_BYTES : 1440 * 1024);
        if (i < ARRAY_LEN(kinds)) {
            piix3_ide_attach(ide, i, kinds[i], all->disks[i]);
        }
    }
    fdc_attach(fdc, 0, FDC_NO_DRIVE, all->disks[ALL_FLOPPY]);
}

static inline void all_free(struct all *all)
{
    machine_free_devices(all->rig.machine);
    for (unsigned i = 0; i < ALL_DISKS; i++) {
        g_clear_pointer(&all->disks[i]->timer, timer_free);
    }
    rig_free(&all->rig);
    for (unsigned i = 0; i < ALL_DISKS; i++) {
        fake_disk_free(all->disks[i]);
    }
    display_free(all->display);
    input_free(all->input);
}

/* What is on the disks, and that no error waits: requests that are under way are made again by the devices. */
static inline void all_move_disks(struct all *from, struct all *to)
{
    for (unsigned i = 0; i < ALL_DISKS; i++) {
        memcpy(to->disks[i]->data, from->disks[i]->data, from->disks[i]->facts.bytes);
        to->disks[i]->facts = from->disks[i]->facts;
        to->disks[i]->listener.medium_changed(to->disks[i]->listener.device);
        from->disks[i]->next_error = to->disks[i]->next_error = 0;
    }
}

static inline void all_prepare_disks(struct all *all)
{
    struct memory *ports = all->rig.machine->ports;
    memory_write(ports, 0xcf8, 0x80000920, 4), memory_write(ports, 0xcfc, ALL_MASTER, 4);
    memory_write(ports, 0xcf8, 0x80000904, 4), memory_write(ports, 0xcfc, 5, 2);
}

static inline void all_ata_command(struct all *all, uint16_t base)
{
    static const uint8_t commands[] = { 0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x3d, 0xc4, 0xc5, 0xc6, 0xc8, 0xca,
                                        0xe7, 0xec, 0xef, 0xb0, 0x06, 0x08, 0x90, 0x91, 0xa0, 0xa1, 0x40, 0xf8 };
    struct memory *ports = all->rig.machine->ports;
    for (unsigned reg = 1; reg < 6; reg++) {
        unsigned limit = all_random(all, 2) ? 4 : 256;
        memory_write(ports, base + reg, all_random(all, limit), 1);
        memory_write(ports, base + reg, all_random(all, limit), 1);
    }
    memory_write(ports, base + 6, 0x40 | all_random(all, 2) << 4 | (all_random(all, 4) ? 0 : all_random(all, 16)), 1);
    memory_write(ports, base + 7, commands[all_random(all, ARRAY_LEN(commands))], 1);
}

static inline void all_packet(struct all *all, uint16_t base)
{
    static const uint8_t codes[] = { 0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x42, 0x43, 0x46, 0x4a, 0x51, 0x52, 0x55,
                                     0x5a, 0xa8, 0xac, 0xad, 0xb9, 0xbd, 0xbe };
    struct memory *ports = all->rig.machine->ports;
    memory_write(ports, base + 6, (base == 0x1f0) << 4, 1);
    memory_write(ports, base + 1, all_random(all, 2), 1);
    memory_write(ports, base + 4, all_random(all, 256), 1), memory_write(ports, base + 5, all_random(all, 40), 1);
    memory_write(ports, base + 7, 0xa0, 1);
    for (unsigned i = 0; i < 6; i++) {
        unsigned low = i ? all_random(all, all_random(all, 3) ? 8 : 256) : codes[all_random(all, ARRAY_LEN(codes))];
        memory_write(ports, base, low | all_random(all, all_random(all, 3) ? 8 : 256) << 8, 2);
    }
}

static inline void all_master(struct all *all, uint16_t base)
{
    struct memory *ports = all->rig.machine->ports;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t address = all_random(all, 8) ? 0x10000 + all_random(all, 0x100000) : all_random(all, UINT32_MAX);
        memory_write(all->rig.machine->memory, ALL_TABLE + i * 8, address, 4);
        memory_write(all->rig.machine->memory, ALL_TABLE + i * 8 + 4,
                     (all_random(all, 4) ? 0u : 0x80000000) | all_random(all, 0x4000), 4);
    }
    memory_write(ports, base, 0, 1);
    memory_write(ports, base + 4, all_random(all, 10) ? ALL_TABLE : all_random(all, UINT32_MAX), 4);
    memory_write(ports, base, all_random(all, 2) ? 9 : 1, 1);
}

/* A floppy command with its parameters, often one that finds its sector; and its DMA channel. */
static inline void all_floppy(struct all *all)
{
    static const uint8_t commands[][9] = {
        { 0xe6, 0, 0, 0, 1, 2, 18, 27, 0xff }, { 0xc5, 0, 0, 0, 1, 2, 18, 27, 0xff }, { 0x4d, 0, 2, 18, 84, 0xf6 },
        { 0x42, 0, 0, 0, 1, 2, 9, 27, 0xff }, { 0x16, 0, 0, 0, 1, 2, 18, 27, 3 }, { 0x03, 0xaf, 0x02 }, { 0x07, 0 },
        { 0x0f, 0, 1 }, { 0x08 }, { 0x4a, 0 }, { 0x0e }, { 0x13, 0, 0x57, 0 }, { 0x94 }, { 0x12, 0 }, { 0x04, 0 }, { 0x10 },
    };
    struct memory *ports = all->rig.machine->ports;
    const uint8_t *command = commands[all_random(all, ARRAY_LEN(commands))];
    if (!all_random(all, 4)) {
        memory_write(ports, 0x3f2, 0x1c, 1), memory_write(ports, 0x3f7, 0, 1);
        memory_write(ports, 0x0b, all_random(all, 2) ? 0x46 : 0x4a, 1), memory_write(ports, 0x0a, 2, 1);
        for (unsigned i = 0; i < 2; i++) {
            memory_write(ports, 0x04, all_random(all, 256), 1), memory_write(ports, 0x05, all_random(all, 256), 1);
        }
        memory_write(ports, 0x81, all_random(all, 0x20), 1);
    }
    for (unsigned i = 0; i < 9; i++) {
        memory_write(ports, 0x3f5, all_random(all, 12) ? command[i] : all_random(all, 256), 1);
    }
    for (unsigned i = all_random(all, 3) ? 10 : 600; i; i--) {
        memory_read(ports, 0x3f5, 1);
    }
}

static inline void all_step_disks(struct all *all)
{
    bool second = all_random(all, 2);
    uint16_t base = second ? 0x170 : 0x1f0;
    struct memory *ports = all->rig.machine->ports;
    switch (all_random(all, 10)) {
    case 8: case 9: all_floppy(all); break;
    case 0: case 1: all_ata_command(all, base); break;
    case 2: all_packet(all, base); break;
    case 3: all_master(all, ALL_MASTER + (second ? 8 : 0)); break;
    case 4:
        for (unsigned i = all_random(all, 2000); i; i--) {
            memory_read(ports, base, all_random(all, 20) ? 2 : 1);
        }
        break;
    case 5:
        for (unsigned i = all_random(all, 2000); i; i--) {
            memory_write(ports, base, i, all_random(all, 20) ? 4 : 1);
        }
        break;
    case 6: memory_read(ports, base + all_random(all, 8), 1); break;
    case 7:
        if (!all_random(all, 20)) {
            all->disks[all_random(all, ALL_DISKS)]->next_error = EIO;
        } else if (!all_random(all, 20)) {
            fake_disk_change(all->disks[1 + second], all_random(all, 2) ? ALL_DISK_BYTES : 0);
        } else {
            memory_write(ports, base + 0x206, all_random(all, 10) ? 0 : all_random(all, 256), 1);
        }
        break;
    }
}

#endif
