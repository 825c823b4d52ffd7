/* SPDX-License-Identifier: MIT */
/* 'info' about devices: the list of them, PCI, interrupt controllers of the PC. */
#include <inttypes.h>
#include <string.h>
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/pci/pci.h"
#include "monitor/internal.h"

void hmp_info_qtree(struct hmp *hmp, unsigned count, char **arguments)
{
    const GArray *devices = hmp->monitor->machine->devices;
    g_string_append_printf(hmp->out, "bus: main-system-bus\n  type System\n");
    for (unsigned i = 0; i < devices->len; i++) {
        const struct machine_device *entry = &g_array_index(devices, struct machine_device, i);
        g_string_append_printf(hmp->out, "  dev: %s, state of %zu bytes\n", entry->type->name, entry->type->state_size);
    }
}

/* ---- PCI ---- */

static const struct { uint16_t code; const char *name; } classes[] = {
    { 0x0100, "SCSI controller" }, { 0x0101, "IDE controller" }, { 0x0102, "Floppy controller" },
    { 0x0106, "SATA controller" }, { 0x0200, "Ethernet controller" }, { 0x0280, "Network controller" },
    { 0x0300, "VGA controller" }, { 0x0380, "Display controller" }, { 0x0600, "Host bridge" }, { 0x0601, "ISA bridge" },
    { 0x0604, "PCI bridge" }, { 0x0680, "Bridge" }, { 0x0c03, "USB controller" }, { 0x00ff, "Class 0255" },
};

static void put_bar(GString *out, const struct pci_device *device, unsigned number, const struct pci_bar *bar, unsigned offset)
{
    const uint8_t *config = device->state->config;
    if (!bar->bytes) {
        return;
    }
    uint64_t value = 0;
    memcpy(&value, config + offset, bar->wide ? 8 : 4);
    bool prefetchable = !bar->io && (value & 8);
    value &= bar->io ? ~3ull : offset == PCI_ROM_ADDRESS ? ~0x7ffull : ~0xfull;
    bool set = value != 0;
    uint64_t start = set ? value : UINT64_MAX;
    g_string_append_printf(out, "      BAR%u: ", number);
    if (bar->io) {
        g_string_append_printf(out, "I/O at 0x%04" PRIx64 " [0x%04" PRIx64 "].\n", start, start + bar->bytes - 1);
    } else {
        g_string_append_printf(out, "%d bit%s memory at 0x%08" PRIx64 " [0x%08" PRIx64 "].\n", bar->wide ? 64 : 32,
                               prefetchable ? " prefetchable" : "", start, start + bar->bytes - 1);
    }
}

static void put_pci_device(GString *out, const struct pci_device *device)
{
    const uint8_t *config = device->state->config;
    unsigned class_code = config[PCI_CLASS_DEVICE] | config[PCI_CLASS_DEVICE + 1] << 8;
    const char *name = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++) {
        name = classes[i].code == class_code ? classes[i].name : name;
    }
    g_string_append_printf(out, "  Bus  0, device %3u, function %u:\n    ", device->devfn >> 3, device->devfn & 7);
    if (name) {
        g_string_append(out, name);
    } else {
        g_string_append_printf(out, "Class %04x", class_code);
    }
    g_string_append_printf(out, ": PCI device %02x%02x:%02x%02x\n", config[PCI_VENDOR_ID + 1], config[PCI_VENDOR_ID],
                           config[PCI_DEVICE_ID + 1], config[PCI_DEVICE_ID]);
    g_string_append_printf(out, "      PCI subsystem %02x%02x:%02x%02x\n", config[PCI_SUBSYSTEM_VENDOR_ID + 1],
                           config[PCI_SUBSYSTEM_VENDOR_ID], config[PCI_SUBSYSTEM_ID + 1], config[PCI_SUBSYSTEM_ID]);
    if (config[PCI_INTERRUPT_PIN]) {
        g_string_append_printf(out, "      IRQ %u, pin %c\n", config[PCI_INTERRUPT_LINE], 'A' + (config[PCI_INTERRUPT_PIN] - 1) % 4);
    }
    for (unsigned i = 0; i < PCI_BARS; i++) {
        put_bar(out, device, i, &device->bars[i], PCI_BAR0 + 4 * i);
    }
    put_bar(out, device, PCI_BARS, &device->rom, PCI_ROM_ADDRESS);
    g_string_append(out, "      id \"\"\n");
}

void hmp_info_pci(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct pci_bus *bus = hmp->monitor->board->pci;
    if (!bus) {
        hmp_error(hmp, "this machine has no PCI bus");
        return;
    }
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; i < PCI_DEVICES; i++) {
        if (bus->devices[i]) {
            put_pci_device(hmp->out, bus->devices[i]);
        }
    }
    monitor_unlock(hmp->monitor);
}

/* ---- Interrupt controllers ---- */

static void *find_device(struct hmp *hmp, const struct device_type *type)
{
    const GArray *devices = hmp->monitor->machine->devices;
    for (unsigned i = 0; i < devices->len; i++) {
        const struct machine_device *entry = &g_array_index(devices, struct machine_device, i);
        if (entry->type == type) {
            return entry->device;
        }
    }
    return NULL;
}

static void put_ioapic(GString *out, const struct ioapic_state *s)
{
    static const char *const modes[8] = { "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "ExtINT" };
    g_string_append_printf(out, "ioapic0: ver=0x20 id=0x%02x sel=0x%02x\n", s->id >> 24 & 0xf, s->select);
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        uint64_t r = s->redirection[i];
        g_string_append_printf(out, "  pin %-2u 0x%016" PRIx64 " dest=%" PRIx64 " vec=%-3u active-%s %-5s %-6s %-6s %s%s\n", i, r,
                               r >> 56, (unsigned)(r & 0xff), r & 1 << 13 ? "lo" : "hi", r & 1 << 15 ? "level" : "edge",
                               r & 1 << 16 ? "masked" : "", modes[r >> 8 & 7], r & 1 << 11 ? "logical" : "physical",
                               s->lines >> i & 1 ? " line high" : "");
    }
}

void hmp_info_pic(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct i8259 *pic = find_device(hmp, &i8259_type);
    const struct ioapic *ioapic = find_device(hmp, &ioapic_type);
    monitor_lock(hmp->monitor);
    if (ioapic) {
        put_ioapic(hmp->out, &ioapic->state);
    }
    for (unsigned i = 2; pic && i-- > 0;) {
        const struct i8259_chip *chip = &pic->state.chip[i];
        g_string_append_printf(hmp->out, "pic%u: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x rr_sel=%u elcr=%02x fnm=%u\n",
                               i, chip->irr, chip->imr, chip->isr, chip->priority_add, chip->vector_base, chip->read_isr,
                               chip->elcr, chip->icw4 >> 4 & 1);
    }
    monitor_unlock(hmp->monitor);
    if (!pic && !ioapic) {
        hmp_error(hmp, "no interrupt controller of this machine is shown yet");
    }
}

void hmp_info_irq(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct i8259 *pic = find_device(hmp, &i8259_type);
    const struct ioapic *ioapic = find_device(hmp, &ioapic_type);
    monitor_lock(hmp->monitor);
    if (pic) {
        g_string_append_printf(hmp->out, "i8259: lines %02x%02x masked %02x%02x in service %02x%02x\n", pic->state.chip[1].lines,
                               pic->state.chip[0].lines, pic->state.chip[1].imr, pic->state.chip[0].imr,
                               pic->state.chip[1].isr, pic->state.chip[0].isr);
    }
    if (ioapic) {
        g_string_append_printf(hmp->out, "ioapic: lines %06x\n", ioapic->state.lines);
    }
    monitor_unlock(hmp->monitor);
}
