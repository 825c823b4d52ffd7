/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_ALL_ARM_H
#define TESTS_DEVICE_ALL_ARM_H
/* The ARM board's part of all.h. */
#include "hw/boot/memory_image.h"
#include "hw/char/pl011.h"
#include "hw/flash/pflash.h"
#include "hw/gpio/pl061.h"
#include "hw/intc/gicv2.h"
#include "hw/intc/gicv2m.h"
#include "hw/intc/gicv3.h"
#include "hw/pci/ecam.h"
#include "hw/timer/pl031.h"

/* The devices of the ARM board, where they are away from those of the PC. */
enum { ALL_ARM = 0xd0000000, ALL_GICD = ALL_ARM, ALL_GICC = ALL_ARM + 0x10000, ALL_UART = ALL_ARM + 0x20000,
       ALL_RTC = ALL_ARM + 0x30000, ALL_GPIO = ALL_ARM + 0x40000, ALL_V2M = ALL_ARM + 0x50000,
       ALL_ECAM = ALL_ARM + 0x100000, ALL_PIO = ALL_ARM + 0x60000, ALL_FLASH = ALL_ARM + 0x70000,
       ALL_GIC3 = ALL_ARM + 0x80000, ALL_ITS = ALL_ARM + 0xa0000, ALL_GICR = ALL_ARM + 0xc0000 };

static inline void all_init_arm(struct all *all)
{
    struct machine *machine = all->rig.machine;
    struct gicv2 *gic = gicv2_new(machine, ALL_GICD, ALL_GICC, 2, 96);
    pl011_new(machine, ALL_UART, gicv2_spi(gic, 1), NULL);
    pl031_new(machine, ALL_RTC, gicv2_spi(gic, 2));
    struct irq_line messages[8];
    for (unsigned i = 0; i < ARRAY_LEN(messages); i++) {
        messages[i] = gicv2_spi(gic, 32 + i);
    }
    gicv2m_new(machine, ALL_V2M, 32, ARRAY_LEN(messages), messages);
    struct ecam *ecam = ecam_new(machine, ALL_ECAM, 1 << 20, ALL_PIO, 1 << 16);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        ecam->bus->pirq[i] = gicv2_spi(gic, 3 + i);
    }
    memory_image_new(machine);
    struct pflash_settings flash = { .name = "flash", .address = ALL_FLASH, .bytes = 0x10000, .block_bytes = 0x1000, .bank_bytes = 4,
                                     .chip_bytes = 2 };
    pflash_new(machine, &flash, NULL, 0);
    all->gic3 = gicv3_new(machine, ALL_GIC3, 96);
    for (unsigned i = 0; i < 2; i++) {
        gicv3_add_cpu(all->gic3, ALL_GICR + i * GICV3_REDISTRIBUTOR_BYTES, i);
    }
    all->its = gicv3_its_new(machine, all->gic3, ALL_ITS);
    all->gpio = pl061_new(machine, ALL_GPIO, gicv2_spi(gic, 7));
}

static inline uint64_t all_value(struct all *all);

/* System registers of a GICv3, its wires, messages. */
static inline void all_step_gic3(struct all *all)
{
    struct gicv3_cpu *cpu = all->gic3->cpus[all_random(all, 2)];
    uint64_t value = all_value(all);
    uint32_t reg = 3 << 14 | (all_random(all, 3) ? 0 : 4 << 11) | 12 << 7 | (8 + all_random(all, 5)) << 3 | all_random(all, 8);
    struct irq_line line = gicv3_spi(all->gic3, all_random(all, 64));
    switch (all_random(all, 5)) {
    case 0: gicv3_read_register(cpu, all_random(all, 9) ? reg : 3 << 14 | 4 << 7 | 6 << 3, value & 1, &value); break;
    case 1: irq_set(&line, value & 1); break;
    case 2: gicv3_its_message(all->its, all_random(all, 4), ALL_ITS + 0x10040, all_random(all, 8)); break;
    default: gicv3_write_register(cpu, all_random(all, 9) ? reg : 3 << 14 | 4 << 7 | 6 << 3, value & 1, value); break;
    }
}

static inline void all_step_arm(struct all *all)
{
    static const struct { uint32_t base, bytes; } places[] = {
        { ALL_GICD, 0x1000 }, { ALL_GICC, 0x100 }, { ALL_GICC, 0x2000 }, { ALL_UART, 0x60 }, { ALL_RTC, 0x30 },
        { ALL_GPIO, 0x440 }, { ALL_V2M, 0x80 }, { ALL_GIC3, 0x1000 }, { ALL_GIC3, 0x8000 }, { ALL_GICR, 0x40000 },
        { ALL_GICR + 0x10000, 0xd00 }, { ALL_ITS, 0x120 }, { ALL_ECAM, 0x200 }, { ALL_FLASH, 0x10000 }, { ALL_ARM, 0x200000 },
    };
    struct memory *memory = all->rig.machine->memory;
    unsigned pick = all_random(all, ARRAY_LEN(places)), size = 1u << all_random(all, 3), cpu = all_random(all, 3);
    uint64_t address = places[pick].base + all_random(all, places[pick].bytes), value = all_value(all);
    if (all_random(all, 4)) {
        address &= ~3ull, size = 4;
    }
    switch (all_random(all, 7)) {
    case 5:
    case 6: all_step_gic3(all); break;
    case 0: memory_read_from(memory, cpu, address, size); break;
    case 1: {
        struct irq_line pin = pl061_input(all->gpio, value & 7);
        irq_set(&pin, value >> 3 & 1);
        break;
    }
    case 2: memory_write_from(memory, cpu, ALL_GICC + 0x10, memory_read_from(memory, cpu, ALL_GICC + 0xc, 4), 4); break;
    default: memory_write_from(memory, cpu, address, value, size); break;
    }
}

#endif
