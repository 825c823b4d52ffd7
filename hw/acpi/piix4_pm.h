/* SPDX-License-Identifier: MIT */
#ifndef HW_ACPI_PIIX4_PM_H
#define HW_ACPI_PIIX4_PM_H
/* Power management of the Intel 82371AB (8086:7113): ACPI event, control and timer registers, SMI command port,
 * GPE, SMBus. */
#include "base/cpu_port.h"
#include "hw/pci/pci.h"

struct piix4_pm_state {
    struct pci_state pci;
    int64_t timer_handled_tick;     /* PM timer up to which its carry (TMR_STS) was looked at */
    uint16_t pm1_status, pm1_enable, pm1_control;
    uint8_t apm_command, apm_status;
    uint8_t gpe_status[2], gpe_enable[2];       /* 16 events */
    uint8_t smbus[12];
};

struct piix4_pm {
    struct piix4_pm_state state;
    struct pci_device pci;
    struct machine *machine;
    struct irq_line sci;
    struct region *pm_io, *smbus_io;
    struct timer *carry_timer;
    struct cpu_port *smi_port;      /* NULL: no SMM; firmware is told that it is set up already */
};

extern const struct device_type piix4_pm_type;

/* Function 3 of `slot` (1 on the PC). sci: ISA interrupt 9. smi_port: CPU that gets the SMI of port B2h, or NULL. Takes
 * machine->power_button. */
struct piix4_pm *piix4_pm_new(struct machine *machine, struct pci_bus *bus, unsigned slot, struct irq_line sci,
                              struct cpu_port *smi_port);
/* Where firmware has put the event, control and timer registers; 0: nowhere yet. */
uint16_t piix4_pm_base(const struct piix4_pm *pm);
/* Which ports the board has at 378h, 3F8h and 2F8h: shown in the device resource registers, where a real board's firmware
 * puts it and the ACPI tables look. Stays over resets. */
void piix4_pm_tell_ports(struct piix4_pm *pm, bool parallel, bool serial_a, bool serial_b);
/* ACPI general-purpose event, for hot plug. */
void piix4_pm_gpe(struct piix4_pm *pm, unsigned event);

#endif
