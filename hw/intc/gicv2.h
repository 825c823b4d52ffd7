/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_GICV2_H
#define HW_INTC_GICV2_H
/* ARM Generic Interrupt Controller, architecture version 2: a distributor and up to eight CPU interfaces, real and virtual ones. */
#include "machine/machine.h"

enum { GICV2_CPUS = 8, GICV2_PRIVATE = 32, GICV2_SGIS = 16, GICV2_MOST = 1020, GICV2_WORDS = 32, GICV2_APRS = 4, GICV2_LIST_REGISTERS = 4 };

/* A CPU's virtual interface: GICH_HCR and list registers, and what both GICV_* and GICH_VMCR show. */
struct gicv2_virtual { uint32_t hcr, ctlr, pmr, bpr, abpr, apr, lr[GICV2_LIST_REGISTERS]; };

/* Interrupts 0 to 31 are each CPU's own and live in `own`; from 32 on they are shared. */
struct gicv2_state {
    uint32_t ctlr;                              /* GICD_CTLR */
    uint32_t enabled[GICV2_WORDS], latch[GICV2_WORDS], level[GICV2_WORDS], active[GICV2_WORDS], group[GICV2_WORDS],
             edge[GICV2_WORDS];
    uint8_t priority[GICV2_WORDS * 32], targets[GICV2_WORDS * 32];
    struct gicv2_own {
        uint32_t enabled, latch, level, active, group, edge;
        uint8_t priority[GICV2_PRIVATE];
        uint8_t sgi_sources[GICV2_SGIS];        /* CPUs whose SGI is pending */
        uint32_t cpu_ctlr, pmr, bpr, abpr;      /* GICC_* */
        uint32_t apr[2][GICV2_APRS];            /* active priorities of group 0 and 1, a bit for two priorities */
        struct gicv2_virtual virtual;
    } own[GICV2_CPUS];
};

/* The last three only with gicv2_add_virtual; maintenance goes to a private interrupt of the CPU. */
struct gicv2_outputs { struct irq_line irq, fiq, virq, vfiq, maintenance; };

struct gicv2 {
    struct gicv2_state state;
    struct machine *machine;
    unsigned cpu_count, irq_count;
    struct gicv2_outputs outputs[GICV2_CPUS];
    uint8_t output_levels[GICV2_CPUS];          /* what the lines were set to last */
};

extern const struct device_type gicv2_type;

/* irq_count: with the 32 private ones, a multiple of 32 up to 1024. The lines to CPUs are set in `outputs`. */
struct gicv2 *gicv2_new(struct machine *machine, uint64_t distributor, uint64_t cpu_interface, unsigned cpu_count,
                        unsigned irq_count);
/* The Virtualization Extensions: GICH_* and GICV_*. */
void gicv2_add_virtual(struct gicv2 *gic, uint64_t hypervisor, uint64_t virtual_interface);
/* The wire of interrupt 32 + spi; of a CPU's private interrupt 16 to 31. */
struct irq_line gicv2_spi(struct gicv2 *gic, unsigned spi);
struct irq_line gicv2_ppi(struct gicv2 *gic, unsigned cpu, unsigned irq);

#endif
