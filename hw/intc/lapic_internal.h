/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_LAPIC_INTERNAL_H
#define HW_INTC_LAPIC_INTERNAL_H
/* What lapic.c (registers, delivery), lapic_timer.c and lapic_bus.c know of each other. */
#include "hw/intc/lapic.h"

enum { LAPIC_LVT_TIMER, LAPIC_LVT_THERMAL, LAPIC_LVT_PERFORMANCE, LAPIC_LVT_LINT0, LAPIC_LVT_LINT1, LAPIC_LVT_ERROR };
enum { LVT_VECTOR = 0xff, LVT_MODE_SHIFT = 8, LVT_MODE = 7 << 8, LVT_LEVEL = 1 << 15, LVT_MASKED = 1 << 16,
       LVT_TIMER_SHIFT = 17, LVT_TIMER_MODE = 3 << 17 };
enum { TIMER_ONE_SHOT = 0, TIMER_PERIODIC = 1, TIMER_TSC_DEADLINE = 2 };
enum { LAPIC_DEFAULT_ADDRESS = 0xfee00000, LAPIC_PRIORITY = 20 };
#define LAPIC_BASE_ADDRESS 0x000ffffffffff000ull
enum { BASE_BSP = 1 << 8, BASE_EXTD = 1 << 10, BASE_EN = 1 << 11 };
#define LAPIC_BROADCAST UINT32_MAX

static inline bool lapic_is_enabled(const struct lapic *lapic) { return lapic->state.base_msr & BASE_EN; }
static inline bool lapic_is_x2apic(const struct lapic *lapic)
{
    return (lapic->state.base_msr & (BASE_EN | BASE_EXTD)) == (BASE_EN | BASE_EXTD);
}

/* lapic.c */
uint32_t lapic_logical_id(const struct lapic *lapic);
bool lapic_is_requested(const struct lapic *lapic, uint8_t vector);     /* waits in IRR */
uint8_t lapic_ppr(const struct lapic *lapic);
bool lapic_accepts_fixed(const struct lapic *lapic);
void lapic_deliver(struct lapic *lapic, const struct lapic_message *message);
void lapic_deliver_lvt(struct lapic *lapic, unsigned entry);
void lapic_lint0_changed(struct lapic *lapic, bool level);
uint32_t lapic_read_register(struct lapic *lapic, unsigned offset);
void lapic_write_register(struct lapic *lapic, unsigned offset, uint32_t value);

/* lapic_timer.c */
void lapic_timer_expired(void *opaque);
void lapic_timer_eoi(struct lapic *lapic, uint8_t vector);
void lapic_timer_plan(struct lapic *lapic);         /* arms the host's timer by the state */
uint32_t lapic_timer_count(const struct lapic *lapic);
void lapic_timer_set_count(struct lapic *lapic, uint32_t count);
void lapic_timer_set_divide(struct lapic *lapic, uint32_t value);
void lapic_timer_set_lvt(struct lapic *lapic, uint32_t value);
void lapic_timer_set_deadline(struct lapic *lapic, uint64_t tsc);

/* lapic_bus.c */
void lapic_bus_broadcast_eoi(struct lapic_bus *bus, uint8_t vector);
void lapic_bus_base_changed(struct lapic_bus *bus, const struct lapic *lapic);

#endif
