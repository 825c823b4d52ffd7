/* SPDX-License-Identifier: MIT */
#ifndef HW_GPIO_PL061_H
#define HW_GPIO_PL061_H
/* ARM PrimeCell general purpose input/output (PL061): eight pins. */
#include "machine/machine.h"

struct pl061_state {
    uint8_t data;                   /* of pins that are outputs */
    uint8_t inputs;                 /* levels from outside */
    uint8_t dir, is, ibe, iev, ie, ris, afsel;
};

struct pl061 {
    struct pl061_state state;
    struct machine *machine;
    struct irq_line irq;
    struct irq_line outputs[8];     /* set by the board; unconnected ones are zero */
};

extern const struct device_type pl061_type;

struct pl061 *pl061_new(struct machine *machine, uint64_t base, struct irq_line irq);
/* The wire into a pin. Pins that nobody drives are low. */
struct irq_line pl061_input(struct pl061 *gpio, unsigned pin);

#endif
