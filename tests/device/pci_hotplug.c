/* SPDX-License-Identifier: MIT */
/* Hot plug of PCI slots: registers, the event, eject, reset; a function that leaves the bus. */
#include "hw/acpi/pci_hotplug.h"
#include "hw/virtio/virtio_pci.h"
#include "hw/virtio/virtio_rng.h"
#include "tests/device/rig.h"

enum { GPE = 0xafe0, UP = 0, DOWN = 4, EJECT = 8, REMOVABLE = 12, SELECT = 16, INDEX = 20 };

struct plug {
    struct rig rig;
    struct pci_bus *bus;
    struct pci_hotplug *hotplug;
    struct wire sci, pirq[PCI_PINS];
    struct cpu_port port;
    struct virtio_pci *device;
    struct virtio_rng *rng;
    uint32_t ejected;
};

static void set_input(void *cpu, enum cpu_input input, bool level) { }

static void take_out(struct plug *p)
{
    struct machine *machine = p->rig.machine;
    virtio_rng_type.reset(p->rng);
    virtio_pci_type.reset(p->device);
    machine_remove_device(machine, p->rng);
    machine_remove_device(machine, p->device);
    pci_device_remove(&p->device->pci);
}

static void ejected(void *opaque, unsigned slot)
{
    struct plug *p = opaque;
    p->ejected |= 1u << slot;
    if (p->device && p->device->pci.devfn == slot * 8) {
        take_out(p);
        virtio_rng_type.free(p->rng);
        g_free(p->device);
        p->device = NULL;
    }
}

static void put(struct plug *p, unsigned reg, uint32_t value) { memory_write(p->rig.machine->ports, PCI_HOTPLUG_BASE + reg, value, 4); }
static uint32_t get(struct plug *p, unsigned reg) { return (uint32_t)memory_read(p->rig.machine->ports, PCI_HOTPLUG_BASE + reg, 4); }

static void add(struct plug *p, unsigned slot, bool removable)
{
    static const struct virtio_pci_options options = { .class_code = 0x00ff };
    p->rng = virtio_rng_new(p->rig.machine, NULL, NULL, 0, 1);
    p->device = virtio_pci_new(p->rig.machine, p->bus, slot, 0, &p->rng->virtio, &options);
    p->device->pci.removable = removable;
}

static void plug_init(struct plug *p)
{
    memset(p, 0, sizeof(*p));
    rig_init(&p->rig);
    p->port.set_input = set_input;
    p->bus = pci_bus_new(p->rig.machine);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        p->bus->pirq[i] = wire_line(&p->pirq[i]);
    }
    struct piix4_pm *pm = piix4_pm_new(p->rig.machine, p->bus, 1, wire_line(&p->sci), &p->port);
    p->hotplug = pci_hotplug_new(p->rig.machine, p->bus, pm);
    p->hotplug->eject = ejected;
    p->hotplug->opaque = p;
    out8(&p->rig, 0xb2, 0xf1);              /* ACPI on: events are the SCI */
    out8(&p->rig, GPE + 2, 0x02);
}

static void coming_is_told_once(struct test *test)
{
    struct plug p;
    plug_init(&p);
    add(&p, 5, true);
    pci_hotplug_came(p.hotplug, 5);
    EXPECT(test, p.sci.level && in8(&p.rig, GPE) == 0x02);
    out8(&p.rig, GPE, 0x02);
    EXPECT(test, !p.sci.level);
    EXPECT_EQ(test, get(&p, DOWN), 0);
    EXPECT_EQ(test, get(&p, UP), 1u << 5);
    EXPECT_EQ(test, get(&p, UP), 0);
    EXPECT_EQ(test, p.ejected, 0);
    rig_free(&p.rig);
}

static void asking_stays_until_eject(struct test *test)
{
    struct plug p;
    plug_init(&p);
    add(&p, 31, true);
    pci_hotplug_ask(p.hotplug, 31);
    EXPECT(test, p.sci.level);
    EXPECT_EQ(test, get(&p, DOWN), 1u << 31);
    EXPECT_EQ(test, get(&p, DOWN), 1u << 31);
    put(&p, EJECT, 1u << 30);               /* nobody there */
    EXPECT_EQ(test, p.ejected, 0);
    put(&p, EJECT, 1u << 31);
    EXPECT(test, p.ejected == 1u << 31 && !p.device);
    EXPECT_EQ(test, get(&p, DOWN), 0);
    EXPECT_EQ(test, pci_bus_config_read(p.bus, 31 * 8, 0, 4), UINT32_MAX);
    rig_free(&p.rig);
}

static void what_is_fixed_stays(struct test *test)
{
    struct plug p;
    plug_init(&p);
    add(&p, 2, false);
    EXPECT_EQ(test, get(&p, REMOVABLE), ~(1u << 2));    /* function 0 of slot 1 is not in this rig */
    put(&p, EJECT, UINT32_MAX);
    EXPECT(test, !p.ejected && p.device);
    EXPECT_EQ(test, get(&p, EJECT), 0);
    rig_free(&p.rig);
}

static void other_buses_are_empty(struct test *test)
{
    struct plug p;
    plug_init(&p);
    add(&p, 5, true);
    pci_hotplug_came(p.hotplug, 5);
    pci_hotplug_ask(p.hotplug, 5);
    put(&p, SELECT, 1);
    EXPECT(test, get(&p, SELECT) == 1 && !get(&p, UP) && !get(&p, DOWN) && !get(&p, REMOVABLE));
    put(&p, EJECT, 1u << 5);
    EXPECT(test, !p.ejected && p.device);
    put(&p, SELECT, 0);
    EXPECT(test, get(&p, UP) == 1u << 5 && get(&p, DOWN) == 1u << 5 && !get(&p, INDEX));
    rig_free(&p.rig);
}

static void reset_pulls_out_what_was_asked(struct test *test)
{
    struct plug p;
    plug_init(&p);
    add(&p, 5, true);
    pci_hotplug_ask(p.hotplug, 5);
    const unsigned before = p.rig.machine->devices->len;
    machine_reset(p.rig.machine);
    EXPECT(test, p.ejected == 1u << 5 && p.rig.machine->devices->len == before - 2);
    EXPECT_EQ(test, get(&p, DOWN), 0);
    p.ejected = 0;
    add(&p, 5, true);
    machine_reset(p.rig.machine);
    EXPECT(test, !p.ejected && p.device);
    rig_free(&p.rig);
}

/* BARs answer no more, the interrupt line falls, memory of the ROM is taken again. */
static void a_removed_function_is_silent(struct test *test)
{
    static const uint8_t image[4096] = { 0x55, 0xaa, 7 };
    struct plug p;
    plug_init(&p);
    uint64_t used = 0;
    for (unsigned round = 0; round < 3; round++) {
        add(&p, 5, true);
        EXPECT(test, pci_device_add_rom(&p.device->pci, image, sizeof(image)));
        pci_bus_config_write(p.bus, 5 * 8, PCI_BAR0, 0xc000, 4);
        pci_bus_config_write(p.bus, 5 * 8, PCI_ROM_ADDRESS, 0xe0000001, 4);
        pci_bus_config_write(p.bus, 5 * 8, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
        EXPECT_EQ(test, memory_read(p.rig.machine->ports, 0xc00c, 2), VIRTIO_RNG_QUEUE_SIZE);
        EXPECT_EQ(test, memory_read(p.rig.machine->memory, 0xe0000000, 4), 0x0007aa55);
        EXPECT(test, !used || p.rig.machine->ram_used == used);
        used = p.rig.machine->ram_used;
        pci_device_set_intx(&p.device->pci, true);
        EXPECT(test, p.pirq[0].level);
        put(&p, EJECT, 1u << 5);
        EXPECT(test, !p.pirq[0].level && !p.device);
        EXPECT_EQ(test, memory_read(p.rig.machine->ports, 0xc00c, 2), 0xffff);
        EXPECT_EQ(test, memory_read(p.rig.machine->memory, 0xe0000000, 4), UINT32_MAX);
    }
    rig_free(&p.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(coming_is_told_once), TEST(asking_stays_until_eject), TEST(what_is_fixed_stays), TEST(other_buses_are_empty),
        TEST(reset_pulls_out_what_was_asked), TEST(a_removed_function_is_silent),
    };
    return test_run_cases("pci_hotplug", cases, ARRAY_LEN(cases));
}
