/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_GICV2_INTERNAL_H
#define HW_INTC_GICV2_INTERNAL_H
/* Between distributor (gicv2.c), CPU interfaces (gicv2_cpu.c) and virtual ones (gicv2_virtual.c). */
#include "hw/intc/gicv2.h"

enum { GICD_CTLR_ENABLE0 = 1 << 0, GICD_CTLR_ENABLE1 = 1 << 1 };
enum { GICV2_SPURIOUS = 1023, GICV2_OTHER_GROUP = 1022, GICV2_IDLE_PRIORITY = 0x100 };

struct gicv2_pending { unsigned irq, priority, group; };    /* irq GICV2_SPURIOUS: none */

/* The pending interrupt of the best priority for a CPU, of the groups that the distributor forwards; its state there. */
struct gicv2_pending gicv2_best(const struct gicv2 *gic, unsigned cpu);
/* Pending to active. Returns what GICC_IAR gives: for SGIs with the CPU it came from. */
uint32_t gicv2_acknowledge(struct gicv2 *gic, unsigned cpu, unsigned irq);
/* false: it is not active. */
bool gicv2_deactivate(struct gicv2 *gic, unsigned cpu, unsigned irq);
/* The CPU that an SGI would be acknowledged for. */
unsigned gicv2_sgi_source(const struct gicv2 *gic, unsigned cpu, unsigned irq);
/* Lines to all CPUs from the state. */
void gicv2_update(struct gicv2 *gic);
/* The CPU that makes the access at hand. */
unsigned gicv2_requester(const struct gicv2 *gic);

enum { GICV2_OUTPUT_IRQ = 1 << 0, GICV2_OUTPUT_FIQ = 1 << 1, GICV2_OUTPUT_VIRQ = 1 << 2, GICV2_OUTPUT_VFIQ = 1 << 3,
       GICV2_OUTPUT_MAINTENANCE = 1 << 4 };
/* What a CPU's lines should be: of its interface, of the virtual one. */
uint8_t gicv2_cpu_outputs(const struct gicv2 *gic, unsigned cpu);
uint8_t gicv2_virtual_outputs(const struct gicv2_virtual *v);

extern const struct io_ops gicv2_cpu_ops;
extern const struct gicv2_own gicv2_own_reset;
extern const struct gicv2_virtual gicv2_virtual_reset;

#endif
