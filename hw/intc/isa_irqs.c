/* SPDX-License-Identifier: MIT */
/* Joins each ISA interrupt to both interrupt controllers of a PC. Wires only: no state. */
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/isa_irqs.h"

enum { ISA_TIMER = 0, ISA_CASCADE = 2, IOAPIC_TIMER_PIN = 2 };

static void set(void *controller, unsigned irq, bool level)
{
    struct isa_irqs *irqs = controller;
    if (irq < ISA_IRQS) {
        irq_set(&irqs->pic[irq], level);
    }
    irq_set(&irqs->ioapic[irq], level);
}

void isa_irqs_init(struct isa_irqs *irqs, struct i8259 *pic, struct ioapic *ioapic)
{
    *irqs = (struct isa_irqs){ 0 };
    for (unsigned irq = 0; irq < ISA_IRQS_ALL; irq++) {
        if (irq < ISA_IRQS) {
            irqs->pic[irq] = i8259_input(pic, irq);
        }
        if (ioapic && irq != ISA_CASCADE) {
            irqs->ioapic[irq] = ioapic_input(ioapic, irq == ISA_TIMER ? IOAPIC_TIMER_PIN : irq);
        }
    }
}

struct irq_line isa_irqs_line(struct isa_irqs *irqs, unsigned irq)
{
    return (struct irq_line){ set, irqs, irq % ISA_IRQS_ALL };
}
