/* SPDX-License-Identifier: MIT */
/* Power management: PM timer, events and SCI, soft-off, SMI command port, power button, GPE, SMBus. */
#include "hw/acpi/piix4_pm.h"
#include "tests/device/rig.h"

enum { BASE = 0x600 };
struct pm { struct rig rig; struct piix4_pm *pm; struct wire sci; struct cpu_port port; unsigned smis; };

static void set_input(void *cpu, enum cpu_input input,
                      bool level) { ((struct pm *)cpu)->smis += input == CPU_INPUT_SMI; }

static void config(struct pm *p, unsigned reg, uint32_t value, unsigned size)
{
    memory_write(p->rig.machine->ports, 0xcf8, 0x80000b00 | (reg & 0xfc), 4);
    memory_write(p->rig.machine->ports, 0xcfc + (reg & 3), value, size);
}

static void pm_init(struct pm *p)
{
    memset(p, 0, sizeof(*p));
    rig_init(&p->rig);
    p->port.cpu = p;
    p->port.set_input = set_input;
    p->pm = piix4_pm_new(p->rig.machine, pci_bus_new(p->rig.machine), 1, wire_line(&p->sci), &p->port);
    config(p, 0x40, BASE | 1, 4);
    config(p, 0x80, 1, 1);
}

static uint32_t get(struct pm *p, unsigned reg, unsigned size)
{
    return (uint32_t)memory_read(p->rig.machine->ports, BASE + reg, size);
}
static void put(struct pm *p, unsigned reg, uint32_t value, unsigned size)
{
    memory_write(p->rig.machine->ports, BASE + reg, value, size);
}

static void window_follows_configuration(struct test *test)
{
    struct pm p;
    pm_init(&p);
    memory_write(p.rig.machine->ports, 0xcf8, 0x80000b40, 4);
    EXPECT_EQ(test, memory_read(p.rig.machine->ports, 0xcfc, 4), BASE | 1);
    put(&p, 4, 1, 2);
    EXPECT_EQ(test, get(&p, 4, 2), 1);
    config(&p, 0x80, 0, 1);
    EXPECT_EQ(test, get(&p, 4, 2), 0xffff);
    config(&p, 0x40, 0xb000, 4), config(&p, 0x80, 1, 1);
    EXPECT(test, get(&p, 4, 2) == 0xffff && memory_read(p.rig.machine->ports, 0xb004, 2) == 1);
    rig_free(&p.rig);
}

static uint8_t config_byte(struct pm *p, unsigned reg)
{
    memory_write(p->rig.machine->ports, 0xcf8, 0x80000b00 | (reg & 0xfc), 4);
    return (uint8_t)memory_read(p->rig.machine->ports, 0xcfc + (reg & 3), 1);
}

static void ports_are_shown(struct test *test)
{
    struct pm p;
    pm_init(&p);
    EXPECT(test, config_byte(&p, 0x5f) == 0 && config_byte(&p, 0x67) == 0);
    piix4_pm_tell_ports(p.pm, true, false, true);
    EXPECT(test, config_byte(&p, 0x5f) == 0x80 && config_byte(&p, 0x67) == 0x90);
    piix4_pm_tell_ports(p.pm, false, true, false);
    machine_reset(p.rig.machine);
    EXPECT(test, config_byte(&p, 0x5f) == 0 && config_byte(&p, 0x67) == 0x08);
    rig_free(&p.rig);
}

static void timer(struct test *test)
{
    struct pm p;
    pm_init(&p);
    uint32_t before = get(&p, 8, 4);
    rig_run(&p.rig, 1000000000);
    uint32_t after = get(&p, 8, 4);
    EXPECT(test, after - before >= 3579544 && after - before <= 3579546 && after < 1 << 24);
    EXPECT(test, get(&p, 0, 2) == 0);
    rig_run(&p.rig, 1500000000);
    EXPECT_EQ(test, get(&p, 0, 2), 1);                  /* bit 23 changed */
    put(&p, 0, 1, 2);
    EXPECT_EQ(test, get(&p, 0, 2), 0);
    EXPECT(test, clocks_next_deadline_ns(p.rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    put(&p, 4, 1, 2), put(&p, 2, 1, 2);
    rig_run(&p.rig, 2500000000ll);
    EXPECT(test, p.sci.level && p.sci.rises == 1);
    put(&p, 0, 1, 2);
    EXPECT(test, !p.sci.level);
    rig_free(&p.rig);
}

static void power_button(struct test *test)
{
    struct pm p;
    pm_init(&p);
    out8(&p.rig, 0xb2, 0xf1);                           /* ACPI enable */
    EXPECT_EQ(test, get(&p, 4, 2), 1);
    put(&p, 2, 0x100, 2);
    irq_set(&p.rig.machine->power_button, true), irq_set(&p.rig.machine->power_button, false);
    EXPECT(test, p.sci.level && get(&p, 0, 2) == 0x100);
    put(&p, 0, 0x100, 2);
    EXPECT(test, !p.sci.level);
    irq_set(&p.rig.machine->power_button, true);
    out8(&p.rig, 0xb2, 0xf0);
    EXPECT(test, !p.sci.level && get(&p, 4, 2) == 0);
    rig_free(&p.rig);
}

static void soft_off(struct test *test)
{
    struct pm p;
    pm_init(&p);
    put(&p, 4, 0x2000 | 1 << 10, 2);                    /* a sleep type that is not there */
    EXPECT(test, !machine_request_pending(p.rig.machine));
    put(&p, 4, 0x0001, 2), put(&p, 4, 0x2001, 2);
    EXPECT(test, machine_request_pending(p.rig.machine) && p.rig.machine->exit_status == 0);
    EXPECT_EQ(test, get(&p, 4, 2), 1);                  /* SLP_EN reads as 0 */
    rig_free(&p.rig);
}

static void smi_commands(struct test *test)
{
    struct pm p;
    pm_init(&p);
    out8(&p.rig, 0xb3, 0x12), out8(&p.rig, 0xb2, 0x34);
    EXPECT(test, p.smis == 0 && in8(&p.rig, 0xb2) == 0x34 && in8(&p.rig, 0xb3) == 0x12);
    config(&p, 0x58, 1 << 25, 4);
    out8(&p.rig, 0xb2, 0x35);
    EXPECT_EQ(test, p.smis, 1);
    rig_free(&p.rig);
}

static void events_and_smbus(struct test *test)
{
    struct pm p;
    pm_init(&p);
    put(&p, 4, 1, 2);
    piix4_pm_gpe(p.pm, 2);
    EXPECT(test, !p.sci.level && in8(&p.rig, 0xafe0) == 4);
    out8(&p.rig, 0xafe2, 4);
    EXPECT(test, p.sci.level);
    out8(&p.rig, 0xafe0, 4);
    EXPECT(test, !p.sci.level && in8(&p.rig, 0xafe0) == 0);
    config(&p, 0x90, 0x701, 4), config(&p, 0xd2, 1, 1);
    out8(&p.rig, 0x702, 0x48);
    EXPECT(test, in8(&p.rig, 0x700) == 4 && in8(&p.rig, 0x702) == 0x08);        /* nobody answers */
    out8(&p.rig, 0x700, 4);
    EXPECT_EQ(test, in8(&p.rig, 0x700), 0);
    rig_free(&p.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(window_follows_configuration), TEST(ports_are_shown), TEST(timer), TEST(power_button), TEST(soft_off), TEST(smi_commands),
        TEST(events_and_smbus),
    };
    return test_run_cases("piix4_pm", cases, ARRAY_LEN(cases));
}
