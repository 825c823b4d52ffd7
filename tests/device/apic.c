/* SPDX-License-Identifier: MIT */
/* Local APICs, their bus and the I/O APIC: priority, IPIs, destinations, timer, x2APIC, level interrupts, the 8259
 * behind LINT0. */
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "tests/device/rig.h"

enum { CPUS = 4 };
struct pins { struct cpu_port port; uint32_t level, latched; };
struct apics {
    struct rig rig;
    struct i8259 *pic;
    struct lapic_bus *bus;
    struct pins pins[CPUS];
    struct lapic *lapic[CPUS];
    struct interrupt_source source[CPUS];
    struct ioapic *ioapic;
};

static void set_input(void *cpu, enum cpu_input input, bool level)
{
    struct pins *pins = cpu;
    pins->level = level ? pins->level | input : pins->level & ~(uint32_t)input;
    pins->latched |= level ? input : 0;
}

static uint32_t get(struct apics *a, unsigned cpu, unsigned reg)
{
    return (uint32_t)memory_read_from(a->rig.machine->memory, cpu, 0xfee00000 + reg, 4);
}
static void put(struct apics *a, unsigned cpu, unsigned reg, uint32_t value)
{
    memory_write_from(a->rig.machine->memory, cpu, 0xfee00000 + reg, value, 4);
}
static bool intr(struct apics *a, unsigned cpu) { return a->pins[cpu].level & CPU_INPUT_INTR; }
static int ack(struct apics *a, unsigned cpu) { return a->source[cpu].acknowledge(a->source[cpu].controller); }

static void apics_init(struct apics *a)
{
    memset(a, 0, sizeof(*a));
    rig_init(&a->rig);
    a->pic = i8259_new(a->rig.machine);
    a->bus = lapic_bus_new(a->rig.machine, a->pic);
    a->pic->intr = lapic_bus_pic_line(a->bus);
    for (unsigned i = 0; i < CPUS; i++) {
        a->pins[i].port.cpu = &a->pins[i];
        a->pins[i].port.set_input = set_input;
        a->lapic[i] = lapic_new(a->bus, i, &a->pins[i].port);
        a->source[i] = lapic_interrupt_source(a->lapic[i]);
        put(a, i, 0xf0, 0x1ff);
    }
    a->ioapic = ioapic_new(a->rig.machine, a->bus, 0);
}

static void ipi(struct apics *a, unsigned from, uint32_t destination, uint32_t low)
{
    put(a, from, 0x310, destination << 24);
    put(a, from, 0x300, low);
}

static void each_cpu_sees_its_own(struct test *test)
{
    struct apics a;
    apics_init(&a);
    EXPECT(test, get(&a, 0, 0x20) == 0 && get(&a, 3, 0x20) == 3u << 24 && get(&a, 1, 0x30) == 0x00050014);
    put(&a, 2, 0x80, 0x30);
    EXPECT(test, get(&a, 2, 0x80) == 0x30 && get(&a, 1, 0x80) == 0);
    EXPECT(test, get(&a, 0, 0x350) == 0x700 && get(&a, 1, 0x350) == 0x10000);
    uint64_t base = 0;
    EXPECT(test, a.source[0].read_msr(a.lapic[0], 0x1b, &base) && base == 0xfee00900);
    EXPECT(test, a.source[1].read_msr(a.lapic[1], 0x1b, &base) && base == 0xfee00800);
    rig_free(&a.rig);
}

static void priority_and_eoi(struct test *test)
{
    struct apics a;
    apics_init(&a);
    ipi(&a, 0, 1, 0x4051);
    ipi(&a, 0, 1, 0x4042);
    EXPECT(test, intr(&a, 1) && !intr(&a, 0));
    EXPECT_EQ(test, ack(&a, 1), 0x51);
    EXPECT(test, !intr(&a, 1) && get(&a, 1, 0xa0) == 0x50);
    ipi(&a, 0, 1, 0x4063);
    EXPECT_EQ(test, ack(&a, 1), 0x63);
    put(&a, 1, 0xb0, 0), put(&a, 1, 0xb0, 0);
    EXPECT_EQ(test, ack(&a, 1), 0x42);
    put(&a, 1, 0xb0, 0);
    a.source[1].write_tpr(a.lapic[1], 0x70);
    ipi(&a, 0, 1, 0x4071);
    EXPECT(test, !intr(&a, 1) && get(&a, 1, 0x230) == 1u << 17);
    a.source[1].write_tpr(a.lapic[1], 0x60);
    EXPECT(test, intr(&a, 1));
    a.source[1].write_tpr(a.lapic[1], 0xf0);
    EXPECT(test, !intr(&a, 1) && ack(&a, 1) == -1);
    rig_free(&a.rig);
}

static void destinations(struct test *test)
{
    struct apics a;
    apics_init(&a);
    for (unsigned i = 0; i < CPUS; i++) {
        put(&a, i, 0xd0, 0x01000000u << i);
    }
    ipi(&a, 0, 0x0a, 0x4840);                           /* logical, flat: CPUs 1 and 3 */
    EXPECT(test, !intr(&a, 0) && intr(&a, 1) && !intr(&a, 2) && intr(&a, 3));
    ack(&a, 1), ack(&a, 3), put(&a, 1, 0xb0, 0), put(&a, 3, 0xb0, 0);
    ipi(&a, 0, 0xff, 0x4041);                           /* physical broadcast */
    EXPECT(test, intr(&a, 0) && intr(&a, 1) && intr(&a, 2) && intr(&a, 3));
    for (unsigned i = 0; i < CPUS; i++) {
        ack(&a, i), put(&a, i, 0xb0, 0);
        put(&a, i, 0xe0, 0x0fffffff);                   /* cluster model: two clusters of two */
        put(&a, i, 0xd0, (i / 2 << 4 | 1u << i % 2) << 24);
    }
    ipi(&a, 0, 0x12, 0x4842);
    EXPECT(test, !intr(&a, 0) && !intr(&a, 1) && !intr(&a, 2) && intr(&a, 3));
    ack(&a, 3), put(&a, 3, 0xb0, 0);
    ipi(&a, 0, 0xf1, 0x4842);                           /* all clusters, member 0 */
    EXPECT(test, intr(&a, 0) && !intr(&a, 1) && intr(&a, 2) && !intr(&a, 3));
    ack(&a, 0), ack(&a, 2), put(&a, 0, 0xb0, 0), put(&a, 2, 0xb0, 0);
    put(&a, 0, 0x300, 0x40043), EXPECT(test, ack(&a, 0) == 0x43);           /* self */
    put(&a, 0, 0x300, 0xc4044);                         /* all but self */
    EXPECT(test, !intr(&a, 0) && intr(&a, 1) && intr(&a, 2) && intr(&a, 3));
    rig_free(&a.rig);
}

static void lowest_priority_goes_to_one(struct test *test)
{
    struct apics a;
    apics_init(&a);
    for (unsigned i = 0; i < CPUS; i++) {
        put(&a, i, 0xd0, 0x01000000u << i);
        put(&a, i, 0x80, i == 2 ? 0x10 : 0x20);
    }
    ipi(&a, 0, 0x0f, 0x4951);
    EXPECT(test, !intr(&a, 0) && !intr(&a, 1) && intr(&a, 2) && !intr(&a, 3));
    put(&a, 1, 0x80, 0), put(&a, 1, 0xf0, 0xff);        /* software-disabled: not a candidate */
    ack(&a, 2);
    ipi(&a, 0, 0x0f, 0x4952);
    EXPECT(test, intr(&a, 0) && !intr(&a, 1));
    rig_free(&a.rig);
}

static void init_sipi_nmi_smi(struct test *test)
{
    struct apics a;
    apics_init(&a);
    put(&a, 1, 0x80, 0x40);
    ipi(&a, 0, 1, 0x4500);
    EXPECT(test, a.pins[1].latched == CPU_INPUT_INIT && get(&a, 1, 0x80) == 0 && get(&a, 1, 0x20) == 1u << 24);
    ipi(&a, 0, 1, 0x8500);                              /* de-assert: nothing */
    ipi(&a, 0, 2, 0x4699);
    EXPECT(test, a.pins[2].latched == CPU_INPUT_SIPI && a.pins[2].port.sipi_vector == 0x99);
    ipi(&a, 0, 3, 0x4400), ipi(&a, 0, 3, 0x4200);
    EXPECT_EQ(test, a.pins[3].latched, CPU_INPUT_NMI | CPU_INPUT_SMI);
    EXPECT_EQ(test, a.pins[0].latched, 0);
    rig_free(&a.rig);
}

static void errors(struct test *test)
{
    struct apics a;
    apics_init(&a);
    put(&a, 0, 0x370, 0xfe);
    ipi(&a, 0, 1, 0x400f);
    EXPECT_EQ(test, ack(&a, 0), 0xfe);
    EXPECT_EQ(test, get(&a, 0, 0x280), 0);
    put(&a, 0, 0x280, 0);
    EXPECT_EQ(test, get(&a, 0, 0x280), 0x20);
    put(&a, 0, 0x280, 0);
    EXPECT_EQ(test, get(&a, 0, 0x280), 0);
    get(&a, 1, 0x60), put(&a, 1, 0x280, 0);
    EXPECT_EQ(test, get(&a, 1, 0x280), 0x80);
    put(&a, 0, 0xb0, 0), put(&a, 0, 0x370, 0x05);       /* the error entry itself names an illegal vector */
    ipi(&a, 0, 1, 0x4003);
    EXPECT(test, !intr(&a, 0));
    rig_free(&a.rig);
}

static void timer_modes(struct test *test)
{
    struct apics a;
    apics_init(&a);
    put(&a, 0, 0x3e0, 0xb);                             /* divide by 1: a tick is 1 ns */
    put(&a, 0, 0x320, 0x40);
    put(&a, 0, 0x380, 100000);
    rig_run(&a.rig, 60000);
    EXPECT(test, get(&a, 0, 0x390) == 40000 && !intr(&a, 0));
    rig_run(&a.rig, 40000);
    EXPECT(test, get(&a, 0, 0x390) == 0 && ack(&a, 0) == 0x40);
    put(&a, 0, 0xb0, 0);
    rig_run(&a.rig, 1000000);
    EXPECT(test, !intr(&a, 0));
    put(&a, 0, 0x3e0, 0x3);                             /* by 16 */
    put(&a, 0, 0x320, 0x20041);
    put(&a, 0, 0x380, 1000);
    for (unsigned i = 0; i < 5; i++) {
        rig_run(&a.rig, 16000);
        EXPECT_EQ(test, ack(&a, 0), 0x41);
        put(&a, 0, 0xb0, 0);
    }
    rig_run(&a.rig, 8000);
    EXPECT_EQ(test, get(&a, 0, 0x390), 500);
    put(&a, 0, 0x320, 0x30041);                         /* masked: counts, interrupts nobody, wakes nobody */
    EXPECT(test, clocks_next_deadline_ns(a.rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    rig_run(&a.rig, 12000);
    EXPECT(test, get(&a, 0, 0x390) == 750 && !intr(&a, 0));
    rig_free(&a.rig);
}

static int64_t hurried(void *opaque)
{
    return ((struct rig *)opaque)->now_ns += 1000;
}

/* The host may hold a vCPU's thread up between two looks at the clock: a one-shot that is over by then is still due. */
static void short_one_shot_is_not_lost(struct test *test)
{
    struct apics a;
    apics_init(&a);
    put(&a, 0, 0x3e0, 0xb);
    put(&a, 0, 0x320, 0x42);
    clocks_set_virtual_source(a.rig.machine->clocks, hurried, &a.rig);
    put(&a, 0, 0x380, 10);
    clocks_run_expired(a.rig.machine->clocks);
    EXPECT_EQ(test, ack(&a, 0), 0x42);
    rig_free(&a.rig);
}

static void late_ticks_are_made_up_for(struct test *test)
{
    struct apics a;
    apics_init(&a);
    put(&a, 0, 0x3e0, 0xb);
    put(&a, 0, 0x320, 0x20041);
    put(&a, 0, 0x380, 1000000);
    rig_run(&a.rig, 5500000);                           /* five periods, the guest asleep */
    for (unsigned i = 0; i < 5; i++) {
        EXPECT_EQ(test, ack(&a, 0), 0x41);
        EXPECT(test, !intr(&a, 0));
        put(&a, 0, 0xb0, 0);
    }
    EXPECT(test, !intr(&a, 0));
    a.rig.now_ns += 3000000;                            /* the host asleep: three periods in one */
    clocks_run_expired(a.rig.machine->clocks);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(test, ack(&a, 0), 0x41);
        put(&a, 0, 0xb0, 0);
    }
    EXPECT(test, !intr(&a, 0));
    rig_run(&a.rig, 3000000);
    put(&a, 0, 0x380, 1000000);                         /* programmed anew: the debt is forgotten */
    EXPECT_EQ(test, ack(&a, 0), 0x41);
    put(&a, 0, 0xb0, 0);
    EXPECT(test, !intr(&a, 0));
    rig_free(&a.rig);
}

static void tsc_deadline(struct test *test)
{
    struct apics a;
    uint64_t value = 1;
    apics_init(&a);
    EXPECT(test, a.source[0].write_msr(a.lapic[0], 0x6e0, 5000000) && a.source[0].read_msr(a.lapic[0], 0x6e0, &value) &&
           value == 0);                                 /* ignored in other modes */
    put(&a, 0, 0x320, 0x40042);
    a.source[0].write_msr(a.lapic[0], 0x6e0, 5000000);
    rig_run(&a.rig, 5000000 - a.rig.now_ns - 1);
    EXPECT(test, !intr(&a, 0));
    rig_run(&a.rig, 1);
    EXPECT_EQ(test, ack(&a, 0), 0x42);
    EXPECT(test, a.source[0].read_msr(a.lapic[0], 0x6e0, &value) && value == 0);
    put(&a, 0, 0xb0, 0);
    a.source[0].write_msr(a.lapic[0], 0x6e0, 1);        /* in the past: now */
    EXPECT_EQ(test, ack(&a, 0), 0x42);
    rig_free(&a.rig);
}

static void x2apic(struct test *test)
{
    struct apics a;
    uint64_t value;
    apics_init(&a);
    struct interrupt_source *s = &a.source[2];
    EXPECT(test, !s->read_msr(s->controller, 0x802, &value));
    EXPECT(test, !s->write_msr(s->controller, 0x1b, 0xfee00400));                   /* x2APIC without enable */
    EXPECT(test, s->write_msr(s->controller, 0x1b, 0xfee00c00));
    EXPECT(test, s->read_msr(s->controller, 0x802, &value) && value == 2);
    EXPECT(test, s->read_msr(s->controller, 0x80d, &value) && value == 4);
    EXPECT_EQ(test, get(&a, 2, 0x20), 0xffffffff);                                  /* the window is shut */
    EXPECT(test, !s->write_msr(s->controller, 0x80b, 1) && !s->write_msr(s->controller, 0x802, 1) &&
           !s->read_msr(s->controller, 0x80b, &value) && !s->write_msr(s->controller, 0x80e, 0));
    EXPECT(test, s->write_msr(s->controller, 0x830, 1ull << 32 | 0x4055) && ack(&a, 1) == 0x55);
    EXPECT(test, s->write_msr(s->controller, 0x83f, 0x56) && ack(&a, 2) == 0x56);
    EXPECT(test, s->write_msr(s->controller, 0x80b, 0));
    ipi(&a, 0, 2, 0x4057);
    EXPECT_EQ(test, ack(&a, 2), 0x57);
    EXPECT(test, !s->write_msr(s->controller, 0x1b, 0xfee00800));                   /* back only through disabled */
    EXPECT(test, s->write_msr(s->controller, 0x1b, 0xfee00000) && !s->read_msr(s->controller, 0x802, &value));
    rig_free(&a.rig);
}

/* MSI: a device's write above the registers, or into the first 20h bytes for APIC 0. */
static void messages_from_devices(struct test *test)
{
    struct apics a;
    apics_init(&a);
    struct memory *memory = a.rig.machine->memory;
    memory_write(memory, 0xfee01000, 0x4045, 4);
    EXPECT(test, !intr(&a, 0) && ack(&a, 1) == 0x45);
    memory_write(memory, 0xfee00000, 0x4046, 4);
    EXPECT_EQ(test, ack(&a, 0), 0x46);
    put(&a, 0, 0xb0, 0), put(&a, 1, 0xb0, 0);
    memory_write(memory, 0xfeeff000, 0x4047, 4);                                    /* all */
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(test, ack(&a, i), 0x47);
        put(&a, i, 0xb0, 0);
    }
    put(&a, 1, 0xd0, 2u << 24), put(&a, 2, 0xd0, 2u << 24);
    memory_write(memory, 0xfee0200c, 0x4048, 4);                                    /* logical, to one of two */
    EXPECT(test, intr(&a, 1) != intr(&a, 2) && !intr(&a, 0));
    memory_write(memory, 0xfee09000, 0x4049, 4);                                    /* to nobody */
    EXPECT(test, !intr(&a, 0));
    rig_free(&a.rig);
}

static void pic_through_lint0(struct test *test)
{
    struct apics a;
    apics_init(&a);
    out8(&a.rig, 0x20, 0x11), out8(&a.rig, 0x21, 0x08), out8(&a.rig, 0x21, 0x04), out8(&a.rig, 0x21, 0x01);
    struct irq_line irq1 = i8259_input(a.pic, 1);
    irq_set(&irq1, true);
    EXPECT(test, intr(&a, 0) && !intr(&a, 1));
    EXPECT_EQ(test, ack(&a, 0), 0x09);
    EXPECT(test, !intr(&a, 0));
    out8(&a.rig, 0x20, 0x20);
    put(&a, 0, 0x350, 0x10700);
    irq_set(&irq1, false), irq_set(&irq1, true);
    EXPECT(test, !intr(&a, 0));                         /* masked at LINT0 */
    a.source[0].write_msr(a.lapic[0], 0x1b, 0xfee00000);
    EXPECT(test, intr(&a, 0) && ack(&a, 0) == 0x09);    /* no local APIC: straight to the CPU */
    rig_free(&a.rig);
}

static void ioapic_write(struct apics *a, unsigned reg, uint32_t value)
{
    memory_write(a->rig.machine->memory, 0xfec00000, reg, 4);
    memory_write(a->rig.machine->memory, 0xfec00010, value, 4);
}
static uint32_t ioapic_read(struct apics *a, unsigned reg)
{
    memory_write(a->rig.machine->memory, 0xfec00000, reg, 4);
    return (uint32_t)memory_read(a->rig.machine->memory, 0xfec00010, 4);
}

static void ioapic_edges(struct test *test)
{
    struct apics a;
    apics_init(&a);
    struct irq_line pin = ioapic_input(a.ioapic, 4);
    EXPECT(test, ioapic_read(&a, 1) == 0x00170011 && ioapic_read(&a, 0x10) == 0x10000 && ioapic_read(&a, 0x3f) == 0);
    ioapic_write(&a, 0x19, 0x03000000), ioapic_write(&a, 0x18, 0x10061);
    irq_set(&pin, true), irq_set(&pin, false);
    ioapic_write(&a, 0x18, 0x61);
    EXPECT(test, !intr(&a, 3));                         /* an edge on a masked pin is lost */
    irq_set(&pin, true);
    EXPECT_EQ(test, ack(&a, 3), 0x61);
    put(&a, 3, 0xb0, 0);
    EXPECT(test, !intr(&a, 3));
    ioapic_write(&a, 0, 0xffffffff);
    EXPECT_EQ(test, ioapic_read(&a, 0), 0x0f000000);
    rig_free(&a.rig);
}

static void ioapic_levels(struct test *test)
{
    struct apics a;
    apics_init(&a);
    struct irq_line pin = ioapic_input(a.ioapic, 11);
    ioapic_write(&a, 0x27, 0x01000000), ioapic_write(&a, 0x26, 0x8071);
    irq_set(&pin, true);
    EXPECT_EQ(test, ioapic_read(&a, 0x26), 0xc071);     /* remote IRR */
    EXPECT_EQ(test, ack(&a, 1), 0x71);
    irq_set(&pin, false), irq_set(&pin, true);
    EXPECT(test, !intr(&a, 1));
    put(&a, 1, 0xb0, 0);
    EXPECT(test, intr(&a, 1) && ack(&a, 1) == 0x71);    /* still asserted at EOI */
    irq_set(&pin, false);
    put(&a, 1, 0xb0, 0);
    EXPECT(test, !intr(&a, 1) && ioapic_read(&a, 0x26) == 0x8071);
    ioapic_write(&a, 0x26, 0x18071);
    irq_set(&pin, true);
    ioapic_write(&a, 0x26, 0x8071);
    EXPECT(test, intr(&a, 1));                          /* a level waits behind the mask */
    rig_free(&a.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(each_cpu_sees_its_own), TEST(priority_and_eoi), TEST(destinations), TEST(lowest_priority_goes_to_one),
        TEST(init_sipi_nmi_smi), TEST(errors), TEST(short_one_shot_is_not_lost), TEST(timer_modes),
        TEST(late_ticks_are_made_up_for),
        TEST(tsc_deadline), TEST(x2apic), TEST(messages_from_devices), TEST(pic_through_lint0),
        TEST(ioapic_edges), TEST(ioapic_levels),
    };
    return test_run_cases("apic", cases, ARRAY_LEN(cases));
}
