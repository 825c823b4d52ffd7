/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_IOAPIC_H
#define HW_INTC_IOAPIC_H
/* Intel 82093AA I/O APIC: 24 pins at FEC00000h. */
#include "hw/intc/lapic.h"

enum { IOAPIC_PINS = 24 };

struct ioapic_state {
    uint64_t redirection[IOAPIC_PINS];
    uint32_t lines;                 /* input levels */
    uint32_t id;
    uint8_t select, pad[7];
};

struct ioapic {
    struct ioapic_state state;
    struct lapic_bus *bus;
    uint8_t initial_id;
};

extern const struct device_type ioapic_type;

struct ioapic *ioapic_new(struct machine *machine, struct lapic_bus *bus, unsigned apic_id);
/* Pins 0..23. */
struct irq_line ioapic_input(struct ioapic *ioapic, unsigned pin);

#endif
