/* SPDX-License-Identifier: MIT */
#ifndef HW_TIMER_I8254_H
#define HW_TIMER_I8254_H
/* Intel 8254 interval timer at 40h and the system control port 61h with its speaker gate. */
#include "machine/machine.h"

/* Ticks are those of 1,193,182 Hz since virtual time 0. */
struct i8254_channel {
    int64_t start_tick;             /* when counting began from `count` */
    int64_t paused_ticks;           /* ticks done when the gate stopped it (modes 0, 4); -1: it counts */
    uint32_t count;                 /* loaded: 1..10000h; 0: none written since the mode was set */
    uint32_t next_count;            /* written, taken over at the end of the period (2, 3) or at a trigger (1, 5) */
    uint16_t latched_count;
    uint8_t mode, bcd, access;      /* access: 1 low, 2 high, 3 low then high */
    uint8_t read_high, write_high;  /* access 3: the other byte is next */
    uint8_t write_low;
    uint8_t latched_bytes;          /* of the latched count still to be read */
    uint8_t status_latched, latched_status;
    uint8_t gate, triggered;        /* triggered: modes 1 and 5 count only after a rising gate */
    uint8_t pad[3];
};

struct i8254_state {
    struct i8254_channel channel[3];
    uint8_t port61, pad[7];         /* bits 0 and 1 as written */
};

struct i8254 {
    struct i8254_state state;
    struct machine *machine;
    struct irq_line irq;            /* output of channel 0 */
    struct timer *timer;
};

extern const struct device_type i8254_type;

struct i8254 *i8254_new(struct machine *machine, struct irq_line irq);

#endif
