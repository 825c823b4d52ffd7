/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DEVICE_RIG_H
#define TESTS_DEVICE_RIG_H
/* A machine without CPU or board, its time in the test's hand, and wires that remember their level. */
#include "machine/machine.h"
#include "tests/unit/test.h"
#include <string.h>

struct wire { bool level; unsigned rises; };

struct rig { struct machine *machine; int64_t now_ns; };

static inline int64_t rig_now(void *opaque) { return ((struct rig *)opaque)->now_ns; }

static inline void rig_init(struct rig *rig)
{
    rig->machine = machine_new(2 << 20, 0, NULL);
    rig->now_ns = 1000000;
    clocks_set_virtual_source(rig->machine->clocks, rig_now, rig);
    memory_add_ram(rig->machine->memory, "ram", 0, 2 << 20, rig->machine->ram, 0, false, 0);
}

static inline void rig_free(struct rig *rig) { machine_free(rig->machine); }

/* Lets time pass, from deadline to deadline. */
static inline void rig_run(struct rig *rig, int64_t ns)
{
    struct clocks *clocks = rig->machine->clocks;
    int64_t end = rig->now_ns + ns;
    for (;;) {
        int64_t next = clocks_next_deadline_ns(clocks, CLOCK_KIND_VIRTUAL);
        int64_t host = clocks_next_deadline_ns(clocks, CLOCK_KIND_HOST);
        if (host != INT64_MAX) {
            int64_t wait = host - clock_now_ns(clocks, CLOCK_KIND_HOST);
            next = rig->now_ns + wait < next ? rig->now_ns + wait : next;
        }
        if (next > end) {
            break;
        }
        rig->now_ns = next > rig->now_ns ? next : rig->now_ns;
        clocks_run_expired(clocks);
    }
    rig->now_ns = end;
    clocks_run_expired(clocks);
}

static inline uint8_t in8(struct rig *rig, uint16_t port) { return (uint8_t)memory_read(rig->machine->ports, port, 1); }
static inline void out8(struct rig *rig, uint16_t port, uint8_t value)
{
    memory_write(rig->machine->ports, port, value, 1);
}

static inline void wire_set(void *controller, unsigned input, bool level)
{
    struct wire *wire = controller;
    wire->rises += level && !wire->level;
    wire->level = level;
}
static inline struct irq_line wire_line(struct wire *wire) { return (struct irq_line){ wire_set, wire, 0 }; }

#endif
