/* SPDX-License-Identifier: MIT */
/* GICv3 by its architecture (IHI 0069): routing, system registers, software interrupts, LPIs by the ITS, the virtual interface. */
#include "hw/intc/gicv3.h"
#include "tests/device/rig.h"

enum { GICD = 0x8000000, ITS = 0x8080000, GICR = 0x80a0000, SGI_FRAME = 0x10000, CPUS = 3, IRQS = 96 };
#define REG(op1, crn, crm, op2) (3 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum { PMR = REG(0, 4, 6, 0), IAR0 = REG(0, 12, 8, 0), EOIR0 = REG(0, 12, 8, 1), DIR_ = REG(0, 12, 11, 1), RPR = REG(0, 12, 11, 3),
       SGI1R = REG(0, 12, 11, 5), IAR1 = REG(0, 12, 12, 0), EOIR1 = REG(0, 12, 12, 1), HPPIR1 = REG(0, 12, 12, 2),
       BPR1 = REG(0, 12, 12, 3), CTLR = REG(0, 12, 12, 4), SRE = REG(0, 12, 12, 5), IGRPEN0 = REG(0, 12, 12, 6), IGRPEN1 = REG(0, 12, 12, 7),
       ICH_HCR = REG(4, 12, 11, 0), ICH_VTR = REG(4, 12, 11, 1), ICH_MISR = REG(4, 12, 11, 2), ICH_ELRSR = REG(4, 12, 11, 5),
       ICH_VMCR = REG(4, 12, 11, 7), ICH_LR0 = REG(4, 12, 12, 0) };

struct bench { struct rig rig; struct wire irq[CPUS], fiq[CPUS], virq[CPUS], maintenance[CPUS]; struct gicv3 *gic; struct gicv3_its *its; };

static uint64_t get(struct bench *b, uint64_t address, unsigned size) { return memory_read(b->rig.machine->memory, address, size); }
static void put(struct bench *b, uint64_t address, uint64_t value, unsigned size)
{
    memory_write(b->rig.machine->memory, address, value, size);
}
static uint64_t reg(struct bench *b, unsigned cpu, uint32_t number)
{
    uint64_t value = 0xdead;
    return gicv3_read_register(b->gic->cpus[cpu], number, false, &value) ? value : 0xbad;
}
static void set(struct bench *b, unsigned cpu, uint32_t number, uint64_t value)
{
    gicv3_write_register(b->gic->cpus[cpu], number, false, value);
}
static void spi(struct bench *b, unsigned irq, bool level)
{
    struct irq_line line = gicv3_spi(b->gic, irq - 32);
    irq_set(&line, level);
}

/* All interrupts of group 1, enabled, priority A0h; interfaces on. CPU 2 has affinity 0.0.1.0. */
static void bench_init(struct bench *b)
{
    rig_init(&b->rig);
    b->gic = gicv3_new(b->rig.machine, GICD, IRQS);
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        uint64_t frame = GICR + cpu * 0x20000;
        struct gicv3_cpu *c = gicv3_add_cpu(b->gic, frame, cpu == 2 ? 0x100 : cpu);
        c->outputs = (struct gicv3_outputs){ wire_line(&b->irq[cpu]), wire_line(&b->fiq[cpu]), wire_line(&b->virq[cpu]), { 0 },
                                             wire_line(&b->maintenance[cpu]) };
        put(b, frame + SGI_FRAME + 0x80, UINT32_MAX, 4);
        put(b, frame + SGI_FRAME + 0x100, UINT32_MAX, 4);
        for (unsigned i = 0; i < 32; i += 4) {
            put(b, frame + SGI_FRAME + 0x400 + i, 0xa0a0a0a0, 4);
        }
        set(b, cpu, PMR, 0xf0), set(b, cpu, IGRPEN1, 1);
    }
    for (unsigned i = 32; i < IRQS; i += 4) {
        put(b, GICD + 0x400 + i, 0xa0a0a0a0, 4);
        put(b, GICD + 0x80 + i / 32 * 4, UINT32_MAX, 4);
        put(b, GICD + 0x100 + i / 32 * 4, UINT32_MAX, 4);
    }
    put(b, GICD, 3, 4);
}

static void identification(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    EXPECT_EQ(test, get(&b, GICD, 4), 0x53);            /* DS, ARE, both groups */
    EXPECT_EQ(test, get(&b, GICD + 4, 4) & 0x1f, IRQS / 32 - 1);
    EXPECT_EQ(test, get(&b, GICD + 0xffe8, 4) >> 4, 3);
    EXPECT_EQ(test, get(&b, GICR + 8, 8), 1);
    EXPECT_EQ(test, get(&b, GICR + 0x20000 + 8, 8), 1ull << 32 | 1 << 8 | 1);
    EXPECT_EQ(test, get(&b, GICR + 0x40000 + 8, 8), 0x100ull << 32 | 2 << 8 | 1 | 1 << 4);      /* the last one */
    EXPECT_EQ(test, reg(&b, 0, SRE), 7);
    EXPECT_EQ(test, reg(&b, 0, CTLR) >> 8 & 7, 4);
    EXPECT_EQ(test, reg(&b, 0, REG(0, 12, 13, 0)), 0xbad);
    EXPECT_EQ(test, get(&b, GICR + 0x14, 4), 6);
    put(&b, GICR + 0x14, 0, 4);
    EXPECT_EQ(test, get(&b, GICR + 0x14, 4), 0);
    rig_free(&b.rig);
}

static void shared_interrupts_go_where_they_are_routed(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    spi(&b, 40, true);
    EXPECT(test, b.irq[0].level && !b.irq[1].level && !b.irq[2].level);
    put(&b, GICD + 0x6000 + 8 * 40, 0x100, 8);
    EXPECT(test, !b.irq[0].level && b.irq[2].level);
    EXPECT_EQ(test, reg(&b, 0, IAR1), 1023);
    EXPECT_EQ(test, reg(&b, 2, IAR1), 40);
    EXPECT_EQ(test, reg(&b, 2, RPR), 0xa0);
    spi(&b, 40, false);
    set(&b, 2, EOIR1, 40);
    EXPECT_EQ(test, reg(&b, 2, RPR), 0xff);
    put(&b, GICD + 0x6000 + 8 * 40, 0x77, 8);           /* nobody */
    spi(&b, 40, true);
    EXPECT(test, !b.irq[0].level && !b.irq[1].level && !b.irq[2].level);
    put(&b, GICD + 0x6000 + 8 * 40, 1u << 31, 8);       /* anybody */
    EXPECT(test, b.irq[0].level);
    rig_free(&b.rig);
}

static void preemption_and_split_end(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, GICD + 0x400 + 41, 0x40, 1);
    spi(&b, 40, true);
    EXPECT_EQ(test, reg(&b, 0, IAR1), 40);
    spi(&b, 41, true);
    EXPECT_EQ(test, reg(&b, 0, HPPIR1), 41);
    EXPECT_EQ(test, reg(&b, 0, IAR1), 41);
    EXPECT_EQ(test, reg(&b, 0, RPR), 0x40);
    spi(&b, 41, false);
    set(&b, 0, EOIR1, 41);
    EXPECT_EQ(test, reg(&b, 0, RPR), 0xa0);
    set(&b, 0, CTLR, 2);
    set(&b, 0, EOIR1, 40);
    EXPECT_EQ(test, reg(&b, 0, RPR), 0xff);
    EXPECT(test, !b.irq[0].level);                      /* active still */
    set(&b, 0, DIR_, 40);
    EXPECT(test, b.irq[0].level);
    set(&b, 0, PMR, 0xa0);
    EXPECT(test, !b.irq[0].level);
    rig_free(&b.rig);
}

static void group_0_is_fiq(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, GICD + 0x80 + 4, 0, 4);
    spi(&b, 40, true);
    EXPECT(test, !b.fiq[0].level && !b.irq[0].level);
    set(&b, 0, IGRPEN0, 1);
    EXPECT(test, b.fiq[0].level && !b.irq[0].level);
    EXPECT_EQ(test, reg(&b, 0, IAR1), 1023);
    EXPECT_EQ(test, reg(&b, 0, IAR0), 40);
    spi(&b, 40, false);
    set(&b, 0, EOIR0, 40);
    EXPECT(test, !b.fiq[0].level);
    rig_free(&b.rig);
}

static void software_interrupts(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    set(&b, 0, SGI1R, 5ull << 24 | 2);                  /* 0.0.0.1 */
    EXPECT(test, !b.irq[0].level && b.irq[1].level && !b.irq[2].level);
    EXPECT_EQ(test, reg(&b, 1, IAR1), 5);
    set(&b, 1, EOIR1, 5);
    set(&b, 0, SGI1R, 6ull << 24 | 1 << 16 | 1);        /* 0.0.1.0 */
    EXPECT_EQ(test, reg(&b, 2, IAR1), 6);
    set(&b, 2, EOIR1, 6);
    set(&b, 1, SGI1R, 7ull << 24 | 1ull << 40);         /* all others */
    EXPECT(test, b.irq[0].level && !b.irq[1].level && b.irq[2].level);
    struct irq_line timer = gicv3_ppi(b.gic, 1, 27);
    irq_set(&timer, true);
    EXPECT_EQ(test, reg(&b, 1, IAR1), 27);
    rig_free(&b.rig);
}

/* ---- ITS ---- */

enum { PROPERTIES = 0x10000, PENDING = 0x30000, DEVICES = 0x40000, COLLECTIONS = 0x60000, QUEUE = 0x70000, EVENTS = 0x80000 };

static void command(struct bench *b, uint64_t dw0, uint64_t dw1, uint64_t dw2)
{
    uint64_t at = get(b, ITS + 0x88, 8);
    put(b, QUEUE + at, dw0, 8), put(b, QUEUE + at + 8, dw1, 8), put(b, QUEUE + at + 16, dw2, 8), put(b, QUEUE + at + 24, 0, 8);
    put(b, ITS + 0x88, (at + 32) % 4096, 8);
}

static void its_init(struct bench *b)
{
    b->its = gicv3_its_new(b->rig.machine, b->gic, ITS);
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        put(b, GICR + cpu * 0x20000 + 0x70, PROPERTIES | 15, 8);
        put(b, GICR + cpu * 0x20000 + 0x78, PENDING, 8);
        put(b, GICR + cpu * 0x20000, 1, 4);
    }
    put(b, ITS + 0x100, 1ull << 63 | DEVICES | 15, 8);          /* 64 KiB */
    put(b, ITS + 0x108, 1ull << 63 | COLLECTIONS, 8);
    put(b, ITS + 0x80, 1ull << 63 | QUEUE, 8);
    put(b, ITS, 1, 4);
    command(b, 9, 0, 1ull << 63 | 1 << 16 | 4);                 /* MAPC: collection 4 is CPU 1 */
    command(b, 9, 0, 1ull << 63 | 0 << 16 | 5);
    command(b, 8 | 0x18ull << 32, 4, 1ull << 63 | EVENTS);      /* MAPD: device 18h, 32 events */
    command(b, 0xa | 0x18ull << 32, 7 | 8200ull << 32, 4);      /* MAPTI: event 7 is LPI 8200 of collection 4 */
}

static void messages_become_lpis(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    its_init(&b);
    EXPECT_EQ(test, get(&b, ITS + 0x90, 8), get(&b, ITS + 0x88, 8));        /* all commands are done */
    EXPECT_EQ(test, get(&b, ITS + 0x100, 8) >> 48 & 0x71f, 0x107);          /* devices, entries of 8 bytes */
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 7);
    EXPECT(test, !b.irq[1].level);                              /* pending but not enabled */
    put(&b, PROPERTIES + 8, 0xa1, 1);
    command(&b, 0xc | 0x18ull << 32, 7, 0);                     /* INV */
    EXPECT(test, b.irq[1].level && !b.irq[0].level);
    EXPECT_EQ(test, reg(&b, 1, IAR1), 8200);
    EXPECT(test, !b.irq[1].level);
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 7);           /* again while its priority runs */
    EXPECT_EQ(test, reg(&b, 1, IAR1), 1023);
    set(&b, 1, EOIR1, 8200);
    EXPECT_EQ(test, reg(&b, 1, IAR1), 8200);
    set(&b, 1, EOIR1, 8200);
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 8);           /* not mapped */
    gicv3_its_message(b.its, 0x19, ITS + 0x10040, 7);
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 32);          /* beyond the table */
    EXPECT(test, !b.irq[0].level && !b.irq[1].level);
    gicv3_its_message(b.its, 0x18, 0x1000, 0x1234);             /* an address elsewhere is memory */
    EXPECT_EQ(test, get(&b, 0x1000, 4), 0x1234);
    rig_free(&b.rig);
}

static void lpis_move_and_go(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    its_init(&b);
    put(&b, PROPERTIES + 8, 0xa1, 1);
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 7);
    EXPECT(test, b.irq[1].level);
    command(&b, 1 | 0x18ull << 32, 7, 5);                       /* MOVI */
    EXPECT(test, !b.irq[1].level && b.irq[0].level);
    command(&b, 4 | 0x18ull << 32, 7, 0);                       /* CLEAR */
    EXPECT(test, !b.irq[0].level);
    command(&b, 3 | 0x18ull << 32, 7, 0);                       /* INT */
    EXPECT_EQ(test, reg(&b, 0, IAR1), 8200);
    set(&b, 0, EOIR1, 8200);
    command(&b, 0xf | 0x18ull << 32, 7, 0);                     /* DISCARD */
    gicv3_its_message(b.its, 0x18, ITS + 0x10040, 7);
    EXPECT(test, !b.irq[0].level);
    machine_reset(b.rig.machine);
    EXPECT_EQ(test, get(&b, ITS, 4), 1u << 31);
    rig_free(&b.rig);
}

static void tables_on_the_registers_themselves(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    its_init(&b);
    put(&b, ITS, 0, 4);
    put(&b, ITS + 0x100, 1ull << 63 | (ITS & ~0xffffull) | 15, 8);
    put(&b, ITS, 1, 4);
    command(&b, 8 | 0x11ull << 32, 4, 1ull << 63 | 0x20);       /* MAPD writes GITS_CWRITER */
    EXPECT(test, true);                                         /* comes back */
    rig_free(&b.rig);
}

/* ---- Virtual interface ---- */

static void list_registers(struct test *test)
{
    struct bench b = { 0 };
    uint64_t value;
    bench_init(&b);
    struct gicv3_cpu *cpu = b.gic->cpus[0];
    EXPECT_EQ(test, reg(&b, 0, ICH_VTR) & 0x1f, 3);
    EXPECT_EQ(test, reg(&b, 0, ICH_ELRSR), 0xf);
    set(&b, 0, ICH_VMCR, 0xf0u << 24 | 2);              /* mask, group 1 */
    set(&b, 0, ICH_HCR, 1);
    spi(&b, 40, true);
    EXPECT_EQ(test, reg(&b, 0, IAR1), 40);              /* the hypervisor takes it, drops its priority and gives it on */
    spi(&b, 40, false);
    set(&b, 0, CTLR, 2), set(&b, 0, EOIR1, 40);
    set(&b, 0, ICH_LR0, 1ull << 62 | 1ull << 61 | 1ull << 60 | 0xa0ull << 48 | 40ull << 32 | 33);
    EXPECT(test, b.virq[0].level && !b.irq[0].level);
    EXPECT(test, gicv3_read_register(cpu, IAR1, true, &value) && value == 33);
    EXPECT(test, !b.virq[0].level);
    EXPECT_EQ(test, reg(&b, 0, ICH_LR0) >> 62, 2);
    gicv3_write_register(cpu, EOIR1, true, 33);
    EXPECT_EQ(test, reg(&b, 0, ICH_LR0) >> 62, 0);
    EXPECT_EQ(test, get(&b, GICD + 0x304, 4), 0);       /* the physical one is not active any more */
    set(&b, 0, ICH_HCR, 1 | 1 << 3);                    /* maintenance when nothing is pending */
    EXPECT(test, b.maintenance[0].level && reg(&b, 0, ICH_MISR) == 8);
    set(&b, 0, ICH_HCR, 0);
    EXPECT(test, !b.maintenance[0].level);
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(identification), TEST(shared_interrupts_go_where_they_are_routed), TEST(preemption_and_split_end), TEST(group_0_is_fiq),
        TEST(software_interrupts), TEST(messages_become_lpis), TEST(lpis_move_and_go), TEST(tables_on_the_registers_themselves),
        TEST(list_registers),
    };
    return test_run_cases("gicv3", cases, ARRAY_LEN(cases));
}
