/* SPDX-License-Identifier: MIT */
#ifndef HW_CHAR_PL011_H
#define HW_CHAR_PL011_H
/* ARM PrimeCell UART (PL011). */
#include "base/character.h"
#include "machine/machine.h"

struct pl011_state {
    int64_t timeout_ns;             /* when characters have waited long enough; INT64_MAX: none wait */
    uint32_t ris;                   /* raw interrupts; the modem's never happen */
    uint32_t imsc, cr, lcr_h, ifls, ibrd, fbrd, ilpr, dmacr;
    uint16_t rx_fifo[16];           /* with the error bits of UARTDR */
    uint8_t rx_head, rx_count;
    uint8_t overrun;                /* the next character carries the overrun error */
    uint8_t rsr;                    /* errors of the character read last */
};

struct pl011 {
    struct pl011_state state;
    struct machine *machine;
    struct irq_line irq;
    struct character *character;    /* NULL: nothing plugged in */
    struct timer *timeout_timer;
};

extern const struct device_type pl011_type;

/* 4 KiB of registers at base. character: may be NULL; not owned. Takes its input with character_set_client. */
struct pl011 *pl011_new(struct machine *machine, uint64_t base, struct irq_line irq, struct character *character);

#endif
