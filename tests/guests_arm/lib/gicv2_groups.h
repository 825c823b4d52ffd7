/* SPDX-License-Identifier: MIT */
#ifndef GUESTS_ARM_GICV2_GROUPS_H
#define GUESTS_ARM_GICV2_GROUPS_H
/* A GICv2 whose shared interrupt 42 is in group 0 (FIQ) and 43 in group 1 (IRQ), for programs of either instruction set. */
#include <stdint.h>

#define GIC(offset) (*(volatile uint32_t *)(uintptr_t)(0x08000000u + (offset)))
enum { GICD_CTLR = 0, GICD_IGROUPR1 = 0x84, GICD_ISENABLER1 = 0x104, GICD_ISPENDR1 = 0x204, GICD_ICPENDR1 = 0x284, GICD_IPRIORITYR = 0x400,
       GICD_ITARGETSR = 0x800, GICC_CTLR = 0x10000, GICC_PMR = 0x10004, GICC_IAR = 0x1000c, GICC_EOIR = 0x10010, GICC_HPPIR = 0x10018 };
enum { FIQ_PENDS = 1 << 10, IRQ_PENDS = 1 << 11 };

static inline void gic_begin(void)
{
    GIC(GICD_IGROUPR1) = IRQ_PENDS;
    GIC(GICD_IPRIORITYR + 40) = 0x50a00000;
    GIC(GICD_ITARGETSR + 40) = 0x01010101;
    GIC(GICD_ISENABLER1) = FIQ_PENDS | IRQ_PENDS;
    GIC(GICD_CTLR) = 3;
    GIC(GICC_PMR) = 0xff;
    GIC(GICC_CTLR) = 0xf;                   /* both groups, AckCtl, FIQEn */
}

#endif
