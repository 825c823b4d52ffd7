/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_GICV2M_H
#define HW_INTC_GICV2M_H
/* GICv2m: a frame where interrupt messages become shared interrupts of a GICv2. */
#include "machine/machine.h"

enum { GICV2M_SPIS = 64 };

struct gicv2m {
    struct machine *machine;
    unsigned first, count;          /* interrupt numbers: 32 + SPI */
    struct irq_line lines[GICV2M_SPIS];
};

extern const struct device_type gicv2m_type;

/* 4 KiB at base. lines: of SPIs first_spi on, which the guest configures as edges. */
struct gicv2m *gicv2m_new(struct machine *machine, uint64_t base, unsigned first_spi, unsigned count, const struct irq_line *lines);

#endif
