/* SPDX-License-Identifier: MIT */
#ifndef HW_CHAR_UART16550_H
#define HW_CHAR_UART16550_H
/* National PC16550D UART. */
#include "base/character.h"
#include "machine/machine.h"

struct uart16550_state {
    uint8_t rx_fifo[16], rx_head, rx_count;
    uint8_t rx_break[16];           /* the byte of rx_fifo is a break that LSR has not told of yet */
    uint8_t ier, fcr, lcr, mcr, scr;
    uint8_t divisor_low, divisor_high;
    uint8_t overrun;
    uint8_t thre_interrupt;         /* set when THR empties, cleared by reading IIR or writing THR */
    uint8_t timeout;                /* character timeout: bytes below the trigger level have waited */
    uint8_t msr_delta;              /* low four bits of MSR */
};

struct uart16550 {
    struct uart16550_state state;
    struct machine *machine;
    struct irq_line irq;
    struct character *character;    /* NULL: nothing plugged in */
    struct timer *timeout_timer;
};

extern const struct device_type uart16550_type;

/* Eight ports from base. character: may be NULL; not owned. Takes its input with character_set_client. */
struct uart16550 *uart16550_new(struct machine *machine, uint16_t base, struct irq_line irq,
                                struct character *character);

#endif
