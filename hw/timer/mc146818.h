/* SPDX-License-Identifier: MIT */
#ifndef HW_TIMER_MC146818_H
#define HW_TIMER_MC146818_H
/* Motorola MC146818 real-time clock with 128 bytes of CMOS RAM at ports 70h and 71h. */
#include "machine/machine.h"

/* Date of the guest in ns: the host clock + phase_ns, plus offset_s seconds. */
struct mc146818_state {
    int64_t offset_s, phase_ns;
    int64_t handled_s;              /* the last second whose update (UF, AF) was done */
    int64_t periodic_next_ns;       /* virtual time of the next periodic event; 0: off */
    uint8_t ram[128];               /* registers and memory; the time registers count only while the clock stands */
    int64_t makeup_ns;              /* virtual time at which a lost periodic event is made up; 0: none waits */
    uint32_t lost;                  /* periodic events that the guest did not see; only with `slew` */
    uint8_t index, stopped, pad[2];
};

struct mc146818 {
    struct mc146818_state state;
    struct machine *machine;
    struct irq_line irq;
    struct timer *update_timer, *periodic_timer;
    struct { uint8_t index, value; } at_reset[2];   /* what the board wants the next reset to change */
    unsigned at_reset_count;
    bool slew;                      /* periodic interrupts that the guest misses come later; set by the board */
};

extern const struct device_type mc146818_type;

struct mc146818 *mc146818_new(struct machine *machine, struct irq_line irq);
/* Guest's date minus the host clock's, in seconds (-rtc base=). */
void mc146818_set_offset(struct mc146818 *rtc, int64_t seconds);
/* For boards: a byte of CMOS. Like the date it is battery-backed: a reset leaves it. */
void mc146818_preset(struct mc146818 *rtc, unsigned index, uint8_t value);
/* For boards: the next reset sets a byte of CMOS; for at most two. */
void mc146818_set_at_reset(struct mc146818 *rtc, unsigned index, uint8_t value);
/* The bytes 15h..18h, 30h, 31h, 34h, 35h, 5Bh..5Dh by which a PC's firmware learns the size of memory. */
void mc146818_preset_memory(struct mc146818 *rtc, uint64_t below_4g, uint64_t above_4g);

#endif
