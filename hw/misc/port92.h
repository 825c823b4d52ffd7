/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_PORT92_H
#define HW_MISC_PORT92_H
/*
 * System control port A (92h): fast A20 gate and fast reset. It owns the A20 line of the board: who writes last, this
 * port or the keyboard controller, decides.
 */
#include "machine/machine.h"

struct port92_state { uint8_t value, a20; };

struct port92 {
    struct port92_state state;
    struct machine *machine;
    struct irq_line a20;
    bool level_known, level;
};

extern const struct device_type port92_type;

/* a20: high = address bit 20 as it is. Called only on changes, and at reset. */
struct port92 *port92_new(struct machine *machine, struct irq_line a20);
/* Where the keyboard controller's gate goes. */
struct irq_line port92_a20_input(struct port92 *port);

#endif
