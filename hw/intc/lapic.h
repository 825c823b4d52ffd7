/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_LAPIC_H
#define HW_INTC_LAPIC_H
/* Local APICs (Intel SDM volume 3, chapter "APIC"), one a CPU, and the bus that joins them. */
#include "base/cpu_port.h"
#include "machine/machine.h"

struct i8259;
struct lapic;

enum { LAPIC_MAX = 255, LAPIC_LVT_COUNT = 6 };

enum lapic_delivery {
    LAPIC_FIXED = 0, LAPIC_LOWEST = 1, LAPIC_SMI = 2, LAPIC_NMI = 4, LAPIC_INIT = 5, LAPIC_STARTUP = 6,
    LAPIC_EXTINT = 7,
};

/* A message on the APIC bus. */
struct lapic_message {
    uint32_t destination;           /* APIC id, or a logical destination */
    bool logical;
    enum lapic_delivery mode;
    uint8_t vector;
    bool level;                     /* level triggered: its EOI is told to the I/O APICs */
};

/* The bus: memory-mapped registers (one window; each CPU sees its own) and delivery by destination. */
struct lapic_bus {
    struct machine *machine;
    struct lapic *lapics[LAPIC_MAX];
    unsigned count;
    struct i8259 *pic;              /* ExtINT acknowledges here */
    bool pic_level;
    struct region *region;
    struct lapic_bus_state { uint8_t unused; } state;
    struct { void (*eoi)(void *opaque, uint8_t vector); void *opaque; } listeners[4];
    unsigned listener_count;
};

struct lapic_state {
    int64_t timer_start_ns;         /* virtual time at which the count began */
    int64_t timer_periods;          /* periods since then that were dealt with */
    uint64_t base_msr;              /* IA32_APIC_BASE */
    uint64_t tsc_deadline;
    uint32_t irr[8], isr[8], tmr[8];
    uint32_t lvt[LAPIC_LVT_COUNT];  /* timer, thermal, performance, LINT0, LINT1, error */
    uint32_t id, logical_destination, destination_format, spurious, divide, initial_count;
    uint32_t error_pending, error_status;
    uint32_t icr_low, icr_high;
    uint32_t timer_missed;          /* ticks that came while one was waiting: made up for at EOI */
    uint8_t tpr, extint_pending, pad[2];
};

struct lapic {
    struct lapic_state state;
    struct lapic_bus *bus;
    struct cpu_port *port;
    struct timer *timer;
    uint8_t index, initial_id;
    bool intr_level;
};

extern const struct device_type lapic_type, lapic_bus_type;

/* Goes with the machine. pic may be NULL; its INTR output is to be wired to lapic_bus_pic_line. */
struct lapic_bus *lapic_bus_new(struct machine *machine, struct i8259 *pic);
struct irq_line lapic_bus_pic_line(struct lapic_bus *bus);
/* The next CPU (requester number = order of creation). port: the pins of that CPU. */
struct lapic *lapic_new(struct lapic_bus *bus, unsigned apic_id, struct cpu_port *port);
/* What the CPU calls: INTA, MSRs, CR8. */
struct interrupt_source lapic_interrupt_source(struct lapic *lapic);
/* Sends a message; false: nobody took it. */
bool lapic_bus_send(struct lapic_bus *bus, const struct lapic_message *message);
/* Called when a level-triggered vector gets its EOI. */
void lapic_bus_on_eoi(struct lapic_bus *bus, void (*eoi)(void *opaque, uint8_t vector), void *opaque);

#endif
