/* SPDX-License-Identifier: MIT */
#ifndef BASE_IRQ_H
#define BASE_IRQ_H
/* A wire from a device to an interrupt controller's input. Set under the machine lock. */
#include <stdbool.h>
#include <stddef.h>

struct irq_line {
    void (*set)(void *controller, unsigned input, bool level);
    void *controller;
    unsigned input;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set) {
        line->set(line->controller, line->input, level);
    }
}

#endif
