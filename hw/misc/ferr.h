/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_FERR_H
#define HW_MISC_FERR_H
/*
 * Coprocessor errors the way of the PC/AT (PIIX3 data sheet, "Coprocessor error register", port F0h; SDM 1, 8.7.2): FERR# of the CPU becomes
 * IRQ 13; a write to F0h takes that back and asserts IGNNE#, until FERR# goes.
 */
#include "machine/machine.h"

struct ferr_state { uint8_t ferr, irq, ignne; };

struct ferr {
    struct ferr_state state;
    struct irq_line irq, ignne;
};

extern const struct device_type ferr_type;

/* irq: IRQ 13; ignne: to the CPU, asserted = high. */
struct ferr *ferr_new(struct machine *machine, struct irq_line irq, struct irq_line ignne);
/* Where FERR# of the CPU goes, asserted = high. Machine lock held. */
struct irq_line ferr_input(struct ferr *ferr);

#endif
