/* SPDX-License-Identifier: MIT */
#ifndef HW_TIMER_PL031_H
#define HW_TIMER_PL031_H
/* ARM PrimeCell real-time clock (PL031). */
#include "machine/machine.h"

struct pl031_state {
    int64_t offset_s;               /* the counter's seconds beyond the wall clock's; lives on over a reset */
    uint32_t match, load, imsc, ris;
};

struct pl031 {
    struct pl031_state state;
    struct machine *machine;
    struct irq_line irq;
    struct timer *timer;
};

extern const struct device_type pl031_type;

struct pl031 *pl031_new(struct machine *machine, uint64_t base, struct irq_line irq);
/* By how many seconds it is ahead of the wall clock. */
void pl031_set_offset(struct pl031 *rtc, int64_t seconds);

#endif
