/* SPDX-License-Identifier: MIT */
#ifndef HW_PCI_PIIX3_H
#define HW_PCI_PIIX3_H
/* Intel 82371SB ISA bridge (8086:7000): PIRQ routing and the reset control register CF9h. */
#include "hw/pci/pci.h"

struct isa_irqs;

struct piix3_state {
    struct pci_state pci;
    uint8_t pirq_levels;            /* bits 0..3 */
    uint8_t reset_control;
};

struct piix3 {
    struct piix3_state state;
    struct pci_device pci;
    struct machine *machine;
    struct irq_line isa[16];
    uint16_t isa_levels;
};

extern const struct device_type piix3_type;

/* Function 0 of `slot` (1 on the PC); takes the bus' PIRQ lines. */
struct piix3 *piix3_new(struct machine *machine, struct pci_bus *bus, unsigned slot, struct isa_irqs *isa_irqs);

#endif
