/* SPDX-License-Identifier: MIT */
#ifndef HW_TIMER_MC146818_H
#define HW_TIMER_MC146818_H
/* Motorola MC146818 real-time clock with 128 bytes of CMOS RAM at ports 70h and 71h. */
#include "machine/machine.h"

struct mc146818_state {
    int64_t offset_ns;              /* guest's date minus the host clock's, in ns */
    int64_t periodic_next_ns;       /* virtual time of the next periodic interrupt; 0: off */
    int64_t set_ns;                 /* the date while the clock is stopped (SET or divider reset) */
    int64_t update_handled_s;       /* the last second whose update (UF, AF) was done */
    uint8_t ram[128];               /* registers A..D and memory; time registers are computed while it runs */
    uint8_t index, stopped, pad[6];
};

struct mc146818 {
    struct mc146818_state state;
    struct machine *machine;
    struct irq_line irq;
    struct timer *update_timer, *periodic_timer;
    uint8_t preset[128];            /* what the board wrote: survives reset as the battery keeps it */
};

extern const struct device_type mc146818_type;

struct mc146818 *mc146818_new(struct machine *machine, struct irq_line irq);
/* For boards: a byte of CMOS, now and after every reset. */
void mc146818_preset(struct mc146818 *rtc, unsigned index, uint8_t value);
/* The bytes 15h..18h, 30h, 31h, 34h, 35h, 5Bh..5Dh by which a PC's firmware learns the size of memory. */
void mc146818_preset_memory(struct mc146818 *rtc, uint64_t below_4g, uint64_t above_4g);

#endif
