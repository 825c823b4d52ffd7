/* SPDX-License-Identifier: MIT */
/*
 * Intel 82371SB (PIIX3) PCI-to-ISA bridge, data sheet 290550: routing of PIRQA..D to ISA interrupts (2.2.5) and reset
 * control (CF9h). The other configuration registers have their values of after reset, can be written and read back, nothing more.
 */
#include "hw/intc/isa_irqs.h"
#include "hw/pci/piix3.h"

enum { PIRQ_ROUTE = 0x60, ROUTE_OFF = 0x80, ROUTE_IRQ = 0x0f };
enum { ROUTABLE = 0xdef8 };             /* IRQ 3..7, 9..12, 14, 15 */
enum { RESET_SYSTEM = 0x02, RESET_CPU = 0x04 };

static void update_routes(struct piix3 *chip)
{
    uint16_t levels = 0;
    for (unsigned pirq = 0; pirq < PCI_PINS; pirq++) {
        uint8_t route = chip->state.pci.config[PIRQ_ROUTE + pirq];
        if (!(route & ROUTE_OFF) && (ROUTABLE >> (route & ROUTE_IRQ) & 1) && (chip->state.pirq_levels >> pirq & 1)) {
            levels |= (uint16_t)(1 << (route & ROUTE_IRQ));
        }
    }
    uint16_t changed = levels ^ chip->isa_levels;
    chip->isa_levels = levels;
    for (unsigned irq = 0; irq < ARRAY_LEN(chip->isa); irq++) {
        if (changed >> irq & 1) {
            irq_set(&chip->isa[irq], levels >> irq & 1);
        }
    }
}

static void set_pirq(void *controller, unsigned pirq, bool level)
{
    struct piix3 *chip = controller;
    uint8_t bit = (uint8_t)(1 << pirq);
    chip->state.pirq_levels = level ? chip->state.pirq_levels | bit : chip->state.pirq_levels & (uint8_t)~bit;
    update_routes(chip);
}

static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    update_routes((struct piix3 *)((char *)device - offsetof(struct piix3, pci)));
}

static uint8_t reset_control_read(void *opaque)
{
    return ((struct piix3 *)opaque)->state.reset_control;
}

/* A reset starts when RESET_CPU goes from 0 to 1; hard and soft ones are the same here. */
static void reset_control_write(void *opaque, uint8_t value)
{
    struct piix3 *chip = opaque;
    bool rose = (value & RESET_CPU) && !(chip->state.reset_control & RESET_CPU);
    chip->state.reset_control = value & (RESET_SYSTEM | RESET_CPU);
    if (rose) {
        machine_request_reset(chip->machine);
    }
}

static void loaded(void *device)
{
    struct piix3 *chip = device;
    pci_device_loaded(&chip->pci);
    update_routes(chip);
}

static void reset(void *device)
{
    struct piix3 *chip = device;
    chip->state = (struct piix3_state){ 0 };
    pci_device_reset(&chip->pci);
    update_routes(chip);
}

#define FIELD(member) SNAPSHOT_FIELD(struct piix3_state, member)
static const struct snapshot_field fields[] = { FIELD(pci), FIELD(pirq_levels), FIELD(reset_control) };

const struct device_type piix3_type = {
    .name = "piix3",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct piix3, state),
    .state_size = sizeof(struct piix3_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

/* What the configuration registers hold after reset (2.2), where that is not 0. */
static void init_config(struct pci_device *pci)
{
    enum { IORT = 0x4c, XBCS = 0x4e, TOM = 0x69, MBIRQ0 = 0x70, MBDMA0 = 0x76, MBDMA1 = 0x77, PCSC = 0x78, SMICNTL = 0xa0, FTMR = 0xa8 };
    static const struct { uint8_t offset, value; } after_reset[] = {
        { PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER },
        { IORT, 0x4d }, { XBCS, 0x03 }, { TOM, 0x02 }, { MBIRQ0, 0x80 }, { MBDMA0, 0x0c }, { MBDMA1, 0x0c }, { PCSC, 0x02 },
        { SMICNTL, 0x08 }, { FTMR, 0x0f },
    };
    for (unsigned offset = 0x40; offset < 0x100; offset++) {
        pci->writable[offset] = 0xff;
    }
    for (unsigned i = 0; i < ARRAY_LEN(after_reset); i++) {
        pci->reset_config[after_reset[i].offset] = after_reset[i].value;
    }
    /* Always on: the bridge answers whatever a driver writes here. */
    pci->writable[PCI_COMMAND] &= (uint8_t)~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

struct piix3 *piix3_new(struct machine *machine, struct pci_bus *bus, unsigned slot, struct isa_irqs *isa_irqs)
{
    static const struct pci_identity identity = {
        .vendor = 0x8086, .device = 0x7000, .class_code = 0x0601, .status = PCI_STATUS_DEVSEL_MEDIUM, .header_type = 0x80,
    };
    struct piix3 *chip = g_new0(struct piix3, 1);
    chip->machine = machine;
    for (unsigned irq = 0; irq < ARRAY_LEN(chip->isa); irq++) {
        chip->isa[irq] = isa_irqs_line(isa_irqs, irq);
    }
    pci_device_init(&chip->pci, bus, slot, 0, &chip->state.pci, &identity);
    init_config(&chip->pci);
    for (unsigned pirq = 0; pirq < PCI_PINS; pirq++) {
        chip->pci.reset_config[PIRQ_ROUTE + pirq] = ROUTE_OFF;
        chip->pci.writable[PIRQ_ROUTE + pirq] = ROUTE_OFF | ROUTE_IRQ;
        bus->pirq[pirq] = (struct irq_line){ set_pirq, chip, pirq };
    }
    chip->pci.config_written = config_written;
    bus->reset_control.read = reset_control_read;
    bus->reset_control.write = reset_control_write;
    bus->reset_control.opaque = chip;
    machine_add_device(machine, &piix3_type, chip);
    return chip;
}
