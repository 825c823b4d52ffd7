/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_ISA_IRQS_H
#define HW_INTC_ISA_IRQS_H
/*
 * The wires from interrupt sources of a PC to both of its controllers: ISA interrupt n goes to input n of the 8259
 * pair and to pin n of the I/O APIC, but the timer (0) to pin 2 (as the MADT's interrupt source override says). Numbers 16 to 23
 * are pins of the I/O APIC alone.
 */
#include "base/irq.h"

struct i8259;
struct ioapic;

enum { ISA_IRQS = 16, ISA_IRQS_ALL = 24 };
struct isa_irqs { struct irq_line pic[ISA_IRQS], ioapic[ISA_IRQS_ALL]; };

/* ioapic may be NULL. */
void isa_irqs_init(struct isa_irqs *irqs, struct i8259 *pic, struct ioapic *ioapic);
struct irq_line isa_irqs_line(struct isa_irqs *irqs, unsigned irq);

#endif
