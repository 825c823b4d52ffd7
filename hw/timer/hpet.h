/* SPDX-License-Identifier: MIT */
#ifndef HW_TIMER_HPET_H
#define HW_TIMER_HPET_H
/* High Precision Event Timers at FED00000h: three comparators on a counter of 100 MHz. */
#include "machine/machine.h"

enum { HPET_TIMERS = 3, HPET_PINS = 4, HPET_FIRST_PIN = 20 };

struct hpet_timer { uint64_t config, comparator, period; };

struct hpet_state {
    uint64_t config, status;
    uint64_t counter;               /* while halted; while running: what to add to the ticks of virtual time */
    uint64_t checked;               /* counter up to which comparators were looked at */
    uint64_t edges;                 /* bit a timer: its last edge still holds the line up */
    struct hpet_timer timers[HPET_TIMERS];
    uint8_t pit_level, rtc_level;   /* inputs */
    uint8_t pad[6];
};

struct hpet {
    struct hpet_state state;
    struct machine *machine;
    struct irq_line irq0, irq8, pins[HPET_PINS];
    struct timer *timer;
};

struct ioapic;
extern const struct device_type hpet_type;

/* irq0, irq8: ISA interrupts that legacy replacement takes over from the 8254 and the clock, whose outputs go to
 * hpet_pit_line and hpet_rtc_line. Other interrupts go to I/O APIC pins 20 to 23. */
struct hpet *hpet_new(struct machine *machine, struct irq_line irq0, struct irq_line irq8, struct ioapic *ioapic);
struct irq_line hpet_pit_line(struct hpet *hpet);
struct irq_line hpet_rtc_line(struct hpet *hpet);

#endif
