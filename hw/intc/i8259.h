/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_I8259_H
#define HW_INTC_I8259_H
/* The pair of 8259A interrupt controllers of a PC with the edge/level registers of PIIX. */
#include "machine/machine.h"

/* One chip. Bytes only: no padding. */
struct i8259_chip {
    uint8_t irr, isr, imr;
    uint8_t lines;                  /* input levels */
    uint8_t elcr;                   /* bit set: level triggered */
    uint8_t vector_base;            /* ICW2 */
    uint8_t priority_add;           /* the input of highest priority */
    uint8_t init_step;              /* 0: ready; else the ICW expected next (2..4) */
    uint8_t icw1, icw4;
    uint8_t read_isr;               /* OCW3: what an even read gives */
    uint8_t poll;                   /* OCW3: the next read is a poll */
    uint8_t special_mask, rotate_on_auto_eoi;
    uint8_t icw3;
};

struct i8259_state { struct i8259_chip chip[2]; };

struct i8259 {
    struct i8259_state state;
    struct machine *machine;
    struct irq_line intr;           /* set by the board after construction */
    bool intr_level;
};

extern const struct device_type i8259_type;

/* Ports 20h, A0h, 4D0h. The board then sets ->intr (to LINT0 of the local APICs or INTR of a CPU). */
struct i8259 *i8259_new(struct machine *machine);
/* Inputs 0..15; 2 is the cascade and does nothing. */
struct irq_line i8259_input(struct i8259 *pic, unsigned irq);
/* INTA cycles: the vector. A request that has gone away gives the spurious vector (7 of the chip). */
int i8259_acknowledge(struct i8259 *pic);
bool i8259_intr(const struct i8259 *pic);

#endif
