/* SPDX-License-Identifier: MIT */
/*
 * Power management function of the Intel 82371AB (PIIX4), data sheet 290562, as far as firmware and ACPI use it: the
 * ACPI timer, PM1 event and control registers (ACPI 1.0, 4.7.3), the APM command port that raises SMIs,
 * general-purpose events at AFE0h as the PC board's ACPI tables place them, and an SMBus host with nothing on its
 * bus.
 *
 * SLP_TYP 0 with SLP_EN is soft-off (S5), as those tables say. Left out: S1 to S4, device monitors, throttling.
 */
#include <string.h>
#include "hw/acpi/piix4_pm.h"

enum { PCI_DEVACTB = 0x58, DEVACTB_APMC_EN_BYTE = PCI_DEVACTB + 3, DEVACTB_APMC_EN = 0x02 };
enum { PCI_PMBASE = 0x40, PCI_PMREGMISC = 0x80, PCI_SMBBASE = 0x90, PCI_SMBHSTCFG = 0xd2 };
enum { DEVRESA_3 = 0x5f, LPT_EN = 1 << 7, DEVRESC_3 = 0x67, COMA_3F8 = 0 << 0, COMA_EN = 1 << 3, COMB_2F8 = 1 << 4, COMB_EN = 1 << 7 };
enum { PM_BYTES = 64, SMBUS_BYTES = 16, GPE_BASE = 0xafe0 };
enum { PM1_STS = 0, PM1_EN = 2, PM1_CNT = 4, PM_TMR = 8 };
enum { STS_TMR = 1 << 0, STS_GBL = 1 << 5, STS_PWRBTN = 1 << 8, STS_RTC = 1 << 10, STS_WAK = 1 << 15,
       STS_ALL = STS_TMR | 1 << 4 | STS_GBL | STS_PWRBTN | STS_RTC | STS_WAK,
       EN_ALL = STS_TMR | STS_GBL | STS_PWRBTN | STS_RTC };
enum { CNT_SCI_EN = 1 << 0, CNT_SLP_TYP_SHIFT = 10, CNT_SLP_TYP = 7 << 10, CNT_SLP_EN = 1 << 13,
       CNT_WRITABLE = CNT_SCI_EN | 1 << 1 | CNT_SLP_TYP };
enum { ACPI_ENABLE = 0xf1, ACPI_DISABLE = 0xf0, SLP_TYP_SOFT_OFF = 0 };
enum { SMBUS_STATUS = 0, SMBUS_CONTROL = 2, SMBUS_START = 0x40, SMBUS_ERROR = 0x04, SMBUS_STATUS_CLEARS = 0x1e };
enum { PM_TIMER_HZ = 3579545, PM_TIMER_MASK = 0xffffff, PM_TIMER_HALF = 1 << 23 };
static const int64_t NS_PER_S = 1000000000;

/* ---- The timer ---- */

static int64_t now_tick(const struct piix4_pm *pm)
{
    return (int64_t)((__int128)clock_now_ns(pm->machine->clocks, CLOCK_KIND_VIRTUAL) * PM_TIMER_HZ / NS_PER_S);
}

/* TMR_STS is set whenever bit 23 changes. */
static void catch_up_timer(struct piix4_pm *pm)
{
    int64_t now = now_tick(pm);
    if (now / PM_TIMER_HALF != pm->state.timer_handled_tick / PM_TIMER_HALF) {
        pm->state.pm1_status |= STS_TMR;
    }
    pm->state.timer_handled_tick = now;
}

static void update(struct piix4_pm *pm)
{
    struct piix4_pm_state *s = &pm->state;
    catch_up_timer(pm);
    uint16_t events = s->pm1_status & s->pm1_enable & EN_ALL;
    uint8_t general = (s->gpe_status[0] & s->gpe_enable[0]) | (s->gpe_status[1] & s->gpe_enable[1]);
    irq_set(&pm->sci, (s->pm1_control & CNT_SCI_EN) && (events || general));
    if ((s->pm1_enable & STS_TMR) && (s->pm1_control & CNT_SCI_EN) && !(s->pm1_status & STS_TMR)) {
        int64_t next = (s->timer_handled_tick / PM_TIMER_HALF + 1) * PM_TIMER_HALF;
        timer_arm(pm->carry_timer, (int64_t)(((__int128)next * NS_PER_S + PM_TIMER_HZ - 1) / PM_TIMER_HZ));
    } else {
        timer_cancel(pm->carry_timer);
    }
}

static void carry(void *opaque)
{
    update(opaque);
}

/* ---- ACPI registers, by bytes: they are read and written in any size ---- */

static uint8_t pm_read_byte(struct piix4_pm *pm, unsigned offset)
{
    const struct piix4_pm_state *s = &pm->state;
    unsigned shift = offset % 2 * 8;
    switch (offset & ~1u) {
    case PM1_STS: return (uint8_t)(s->pm1_status >> shift);
    case PM1_EN: return (uint8_t)(s->pm1_enable >> shift);
    case PM1_CNT: return (uint8_t)(s->pm1_control >> shift);
    default: return 0;
    }
}

static uint64_t pm_read(void *device, uint64_t offset, unsigned size)
{
    struct piix4_pm *pm = device;
    uint64_t value = 0;
    if (offset >= PM_TMR && offset < PM_TMR + 4) {
        return (now_tick(pm) & PM_TIMER_MASK) >> (offset - PM_TMR) * 8;
    }
    update(pm);
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)pm_read_byte(pm, (unsigned)offset + i) << i * 8;
    }
    return value;
}

static void sleep_now(struct piix4_pm *pm)
{
    unsigned type = (pm->state.pm1_control & CNT_SLP_TYP) >> CNT_SLP_TYP_SHIFT;
    if (type == SLP_TYP_SOFT_OFF) {
        machine_request_shutdown(pm->machine, 0);
    } else {
        log_write(pm->machine->log, LOG_unimp, "piix4_pm: sleep type %u\n", type);
    }
}

static void pm_write_byte(struct piix4_pm *pm, unsigned offset, uint8_t byte)
{
    struct piix4_pm_state *s = &pm->state;
    unsigned shift = offset % 2 * 8;
    uint16_t value = (uint16_t)(byte << shift), mask = (uint16_t)(0xff << shift);
    switch (offset & ~1u) {
    case PM1_STS: s->pm1_status &= (uint16_t)~(value & STS_ALL); break;
    case PM1_EN: s->pm1_enable = (s->pm1_enable & (uint16_t)~mask) | (value & EN_ALL); break;
    case PM1_CNT:
        s->pm1_control = (s->pm1_control & (uint16_t)~mask) | (value & CNT_WRITABLE);
        if (value & CNT_SLP_EN) {
            sleep_now(pm);
        }
        break;
    }
}

static void pm_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm *pm = device;
    catch_up_timer(pm);
    for (unsigned i = 0; i < size; i++) {
        pm_write_byte(pm, (unsigned)offset + i, (uint8_t)(value >> i * 8));
    }
    update(pm);
}

/* ---- General-purpose events: two bytes of status, two of enables ---- */

static uint64_t gpe_read(void *device, uint64_t offset, unsigned size)
{
    const struct piix4_pm_state *s = &((struct piix4_pm *)device)->state;
    return offset < 2 ? s->gpe_status[offset] : s->gpe_enable[offset - 2];
}

static void gpe_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm *pm = device;
    if (offset < 2) {
        pm->state.gpe_status[offset] &= (uint8_t)~value;
    } else {
        pm->state.gpe_enable[offset - 2] = (uint8_t)value;
    }
    update(pm);
}

void piix4_pm_gpe(struct piix4_pm *pm, unsigned event)
{
    pm->state.gpe_status[event / 8 & 1] |= (uint8_t)(1 << event % 8);
    update(pm);
}

/* ---- APM ports B2h, B3h: commands to firmware in system-management mode ---- */

static uint64_t apm_read(void *device, uint64_t offset, unsigned size)
{
    const struct piix4_pm_state *s = &((struct piix4_pm *)device)->state;
    return offset ? s->apm_status : s->apm_command;
}

static void apm_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm *pm = device;
    struct piix4_pm_state *s = &pm->state;
    if (offset) {
        s->apm_status = (uint8_t)value;
        return;
    }
    /* The board's own SMI handler in hardware for the two ACPI commands: needs no firmware in SMM. */
    s->apm_command = (uint8_t)value;
    if (value == ACPI_ENABLE) {
        s->pm1_control |= CNT_SCI_EN;
    } else if (value == ACPI_DISABLE) {
        s->pm1_control &= (uint16_t)~CNT_SCI_EN;
    }
    update(pm);
    if (pm->smi_port && (s->pci.config[DEVACTB_APMC_EN_BYTE] & DEVACTB_APMC_EN)) {
        pm->smi_port->set_input(pm->smi_port->cpu, CPU_INPUT_SMI, true);
    }
}

/* ---- SMBus host: every transaction finds nobody ---- */

static uint64_t smbus_read(void *device, uint64_t offset, unsigned size)
{
    const struct piix4_pm_state *s = &((struct piix4_pm *)device)->state;
    return offset < sizeof(s->smbus) ? s->smbus[offset] : 0;
}

static void smbus_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm_state *s = &((struct piix4_pm *)device)->state;
    if (offset == SMBUS_STATUS) {
        s->smbus[SMBUS_STATUS] &= (uint8_t)~(value & SMBUS_STATUS_CLEARS);
    } else if (offset < sizeof(s->smbus)) {
        s->smbus[offset] = (uint8_t)value;
    }
    if (offset == SMBUS_CONTROL && (value & SMBUS_START)) {
        s->smbus[SMBUS_CONTROL] &= (uint8_t)~SMBUS_START;
        s->smbus[SMBUS_STATUS] |= SMBUS_ERROR;
    }
}

/* ---- The device ---- */

static const struct io_ops pm_ops = { pm_read, pm_write, 1, 4 };
static const struct io_ops gpe_ops = { gpe_read, gpe_write, 1, 1 };
static const struct io_ops apm_ops = { apm_read, apm_write, 1, 1 };
static const struct io_ops smbus_ops = { smbus_read, smbus_write, 1, 1 };

static void map_window(struct region *region, uint16_t base, bool enabled)
{
    if (enabled && base) {
        region_set_address(region, base);
    }
    region_set_enabled(region, enabled && base);
}

static void map_windows(struct piix4_pm *pm)
{
    const struct pci_state *pci = &pm->state.pci;
    map_window(pm->pm_io, pci_word(pci, PCI_PMBASE) & 0xffc0, pci->config[PCI_PMREGMISC] & 1);
    map_window(pm->smbus_io, pci_word(pci, PCI_SMBBASE) & 0xfff0, pci->config[PCI_SMBHSTCFG] & 1);
}

void piix4_pm_tell_ports(struct piix4_pm *pm, bool parallel, bool serial_a, bool serial_b)
{
    uint8_t *config = pm->state.pci.config, *reset_config = pm->pci.reset_config;
    config[DEVRESA_3] = reset_config[DEVRESA_3] = parallel ? LPT_EN : 0;
    config[DEVRESC_3] = reset_config[DEVRESC_3] = (serial_a ? COMA_EN | COMA_3F8 : 0) | (serial_b ? COMB_EN | COMB_2F8 : 0);
}

uint16_t piix4_pm_base(const struct piix4_pm *pm)
{
    const struct pci_state *pci = &pm->state.pci;
    return pci->config[PCI_PMREGMISC] & 1 ? pci_word(pci, PCI_PMBASE) & 0xffc0 : 0;
}

static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    map_windows((struct piix4_pm *)((char *)device - offsetof(struct piix4_pm, pci)));
}

static void power_button(void *controller, unsigned input, bool level)
{
    struct piix4_pm *pm = controller;
    if (level) {
        pm->state.pm1_status |= STS_PWRBTN;
        update(pm);
    }
}

static void loaded(void *device)
{
    struct piix4_pm *pm = device;
    pci_device_loaded(&pm->pci);
    map_windows(pm);
    update(pm);
}

static void reset(void *device)
{
    struct piix4_pm *pm = device;
    pm->state = (struct piix4_pm_state){ .timer_handled_tick = now_tick(pm) };
    pci_device_reset(&pm->pci);
    map_windows(pm);
    update(pm);
}

static void piix4_pm_free(void *device)
{
    struct piix4_pm *pm = device;
    timer_free(pm->carry_timer);
    g_free(pm);
}

#define FIELD(member) SNAPSHOT_FIELD(struct piix4_pm_state, member)
static const struct snapshot_field fields[] = {
    FIELD(pci), FIELD(timer_handled_tick), FIELD(pm1_status), FIELD(pm1_enable), FIELD(pm1_control), FIELD(apm_command),
    FIELD(apm_status), FIELD(gpe_status), FIELD(gpe_enable), FIELD(smbus),
};

const struct device_type piix4_pm_type = {
    .name = "piix4-pm",
    .reset = reset,
    .loaded = loaded,
    .free = piix4_pm_free,
    .state_offset = offsetof(struct piix4_pm, state),
    .state_size = sizeof(struct piix4_pm_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static void init_config(struct piix4_pm *pm)
{
    uint8_t *reset_config = pm->pci.reset_config, *writable = pm->pci.writable;
    memset(writable + 0x40, 0xff, 0xc0);
    reset_config[PCI_PMBASE] = reset_config[PCI_SMBBASE] = 1;   /* bit 0: a port address */
    writable[PCI_PMBASE] = 0xc0;
    writable[PCI_SMBBASE] = 0xf0;
    memset(writable + PCI_PMBASE + 2, 0, 2);
    memset(writable + PCI_SMBBASE + 2, 0, 2);
    if (!pm->smi_port) {
        reset_config[DEVACTB_APMC_EN_BYTE] = DEVACTB_APMC_EN;   /* SeaBIOS takes this for "SMM is set up" */
    }
}

struct piix4_pm *piix4_pm_new(struct machine *machine, struct pci_bus *bus, unsigned slot, struct irq_line sci,
                              struct cpu_port *smi_port)
{
    static const struct pci_identity identity = {
        .vendor = 0x8086, .device = 0x7113, .class_code = 0x0680, .revision = 3, .interrupt_pin = 1,
        .status = PCI_STATUS_DEVSEL_MEDIUM | PCI_STATUS_FAST_BACK,
    };
    struct piix4_pm *pm = g_new0(struct piix4_pm, 1);
    pm->machine = machine;
    pm->sci = sci;
    pm->smi_port = smi_port;
    pm->carry_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, carry, pm);
    pci_device_init(&pm->pci, bus, slot, 3, &pm->state.pci, &identity);
    init_config(pm);
    pm->pci.config_written = config_written;
    pm->pm_io = memory_add_io(machine->ports, "acpi-pm", 0, PM_BYTES, &pm_ops, pm, -1);
    pm->smbus_io = memory_add_io(machine->ports, "smbus", 0, SMBUS_BYTES, &smbus_ops, pm, -1);
    memory_add_io(machine->ports, "apm", 0xb2, 2, &apm_ops, pm, 0);
    memory_add_io(machine->ports, "acpi-gpe", GPE_BASE, 4, &gpe_ops, pm, 0);
    machine->power_button = (struct irq_line){ power_button, pm, 0 };
    machine_add_device(machine, &piix4_pm_type, pm);
    return pm;
}
