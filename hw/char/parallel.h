/* SPDX-License-Identifier: MIT */
#ifndef HW_CHAR_PARALLEL_H
#define HW_CHAR_PARALLEL_H
/* A parallel port with a printer that takes everything: SPP registers, and those of EPP 1.7. */
#include "base/character.h"
#include "machine/machine.h"

struct parallel_state { uint8_t data, control, status, interrupt; };

struct parallel {
    struct parallel_state state;
    struct machine *machine;
    struct irq_line irq;
    struct character *character;        /* NULL: nobody is connected */
};

extern const struct device_type parallel_type;

/* port: 378h, 278h or 3BCh. irq: 7 or 5. character may be NULL and is not owned. */
struct parallel *parallel_new(struct machine *machine, uint16_t port, struct irq_line irq, struct character *character);

#endif
