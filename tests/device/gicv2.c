/* SPDX-License-Identifier: MIT */
/* GICv2 by its architecture (IHI 0048B): states, priorities, targets, groups, software interrupts, EOI modes. */
#include "hw/intc/gicv2.h"
#include "tests/device/rig.h"

enum { GICD = 0x8000000, GICC = 0x8010000, CPUS = 3, IRQS = 96 };
enum { D_CTLR = 0, D_TYPER = 4, D_GROUP = 0x80, D_ENABLE = 0x100, D_DISABLE = 0x180, D_PEND = 0x200, D_UNPEND = 0x280,
       D_ACTIVATE = 0x300, D_PRIORITY = 0x400, D_TARGETS = 0x800, D_CONFIG = 0xc00, D_SGIR = 0xf00, D_SPENDSGI = 0xf20 };
enum { C_CTLR = 0, C_PMR = 4, C_BPR = 8, C_IAR = 0xc, C_EOIR = 0x10, C_RPR = 0x14, C_HPPIR = 0x18, C_ABPR = 0x1c,
       C_AIAR = 0x20, C_DIR = 0x1000 };

struct bench { struct rig rig; struct wire irq[CPUS], fiq[CPUS]; struct gicv2 *gic; };

static uint32_t get(struct bench *b, unsigned cpu, uint64_t address)
{
    return (uint32_t)memory_read_from(b->rig.machine->memory, cpu, address, 4);
}
static void put(struct bench *b, unsigned cpu, uint64_t address, uint32_t value)
{
    memory_write_from(b->rig.machine->memory, cpu, address, value, 4);
}
static void put8(struct bench *b, uint64_t address, uint8_t value)
{
    memory_write_from(b->rig.machine->memory, 0, address, value, 1);
}
static void spi(struct bench *b, unsigned irq, bool level)
{
    struct irq_line line = gicv2_spi(b->gic, irq - 32);
    irq_set(&line, level);
}
static uint32_t iar(struct bench *b, unsigned cpu) { return get(b, cpu, GICC + C_IAR); }
static void eoi(struct bench *b, unsigned cpu, uint32_t value) { put(b, cpu, GICC + C_EOIR, value); }

/* All interrupts enabled, level-sensitive, to CPU 0, priority A0h; all interfaces on. */
static void bench_init(struct bench *b)
{
    rig_init(&b->rig);
    b->gic = gicv2_new(b->rig.machine, GICD, GICC, CPUS, IRQS);
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        b->gic->outputs[cpu] = (struct gicv2_outputs){ .irq = wire_line(&b->irq[cpu]), .fiq = wire_line(&b->fiq[cpu]) };
        put(b, cpu, GICD + D_ENABLE, UINT32_MAX);
        for (unsigned i = 0; i < 32; i += 4) {
            put(b, cpu, GICD + D_PRIORITY + i, 0xa0a0a0a0);
        }
        put(b, cpu, GICC + C_PMR, 0xf0);
        put(b, cpu, GICC + C_CTLR, 1);
    }
    for (unsigned i = 32; i < IRQS; i += 4) {
        put(b, 0, GICD + D_PRIORITY + i, 0xa0a0a0a0);
        put(b, 0, GICD + D_TARGETS + i, 0x01010101);
        put(b, 0, GICD + D_ENABLE + i / 32 * 4, UINT32_MAX);
    }
    put(b, 0, GICD + D_CTLR, 1);
}

static void identification(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    EXPECT_EQ(test, get(&b, 0, GICD + D_TYPER), (IRQS / 32 - 1) | (CPUS - 1) << 5);
    EXPECT_EQ(test, get(&b, 0, GICD + 0xfe8) >> 4, 2);
    EXPECT_EQ(test, get(&b, 1, GICD + D_TARGETS), 0x02020202);      /* banked: the reader itself */
    EXPECT_EQ(test, get(&b, 0, GICD + D_ENABLE + 0xc), 0);          /* beyond the last interrupt */
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0xff);
    rig_free(&b.rig);
}

static void level_stays_pending_until_the_wire_falls(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    spi(&b, 40, true);
    EXPECT(test, b.irq[0].level && !b.irq[1].level && !b.fiq[0].level);
    EXPECT_EQ(test, iar(&b, 0), 40);
    EXPECT(test, !b.irq[0].level);      /* active */
    EXPECT_EQ(test, iar(&b, 0), 1023);
    EXPECT_EQ(test, get(&b, 0, GICD + D_ACTIVATE + 4), 1 << 8);
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0xa0);
    eoi(&b, 0, 40);
    EXPECT(test, b.irq[0].level);       /* still high */
    EXPECT_EQ(test, iar(&b, 0), 40);
    spi(&b, 40, false);
    eoi(&b, 0, 40);
    EXPECT(test, !b.irq[0].level && get(&b, 0, GICC + C_RPR) == 0xff);
    rig_free(&b.rig);
}

static void edge_is_latched_once(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, 0, GICD + D_CONFIG + 8, 2 << 16);       /* 40 */
    EXPECT_EQ(test, get(&b, 0, GICD + D_CONFIG + 8), 2 << 16);
    spi(&b, 40, true), spi(&b, 40, false);
    EXPECT(test, b.irq[0].level);
    EXPECT_EQ(test, iar(&b, 0), 40);
    spi(&b, 40, true), spi(&b, 40, false);          /* pending and active */
    EXPECT_EQ(test, get(&b, 0, GICD + D_PEND + 4), 1 << 8);
    EXPECT(test, !b.irq[0].level);
    eoi(&b, 0, 40);
    EXPECT_EQ(test, iar(&b, 0), 40);
    eoi(&b, 0, 40);
    EXPECT_EQ(test, iar(&b, 0), 1023);
    put(&b, 0, GICD + D_PEND + 4, 1 << 8);
    EXPECT(test, b.irq[0].level);
    put(&b, 0, GICD + D_UNPEND + 4, 1 << 8);
    EXPECT(test, !b.irq[0].level);
    rig_free(&b.rig);
}

static void better_priority_preempts(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put8(&b, GICD + D_PRIORITY + 41, 0x40);
    put8(&b, GICD + D_PRIORITY + 42, 0x41);
    spi(&b, 40, true);
    EXPECT_EQ(test, iar(&b, 0), 40);
    spi(&b, 42, true);
    EXPECT(test, b.irq[0].level);
    EXPECT_EQ(test, iar(&b, 0), 42);
    spi(&b, 41, true);
    EXPECT(test, !b.irq[0].level);      /* better, but of the same group priority: no preemption */
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0x40);
    EXPECT_EQ(test, get(&b, 0, GICC + C_HPPIR), 41);
    eoi(&b, 0, 42);
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0xa0);
    EXPECT_EQ(test, iar(&b, 0), 41);
    eoi(&b, 0, 41), eoi(&b, 0, 40);
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0xff);
    rig_free(&b.rig);
}

static void mask_and_binary_point(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put8(&b, GICD + D_PRIORITY + 41, 0x90);
    spi(&b, 40, true);
    put(&b, 0, GICC + C_PMR, 0xa0);
    EXPECT(test, !b.irq[0].level);      /* must be better than the mask */
    put(&b, 0, GICC + C_PMR, 0xa1);
    EXPECT(test, b.irq[0].level);
    put(&b, 0, GICC + C_BPR, 6);        /* bit 7 alone decides preemption */
    EXPECT_EQ(test, iar(&b, 0), 40);
    spi(&b, 41, true);
    EXPECT(test, !b.irq[0].level);
    put(&b, 0, GICC + C_BPR, 3);
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0x80);    /* as it was acknowledged */
    rig_free(&b.rig);
}

static void equal_priority_lowest_number_first(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    spi(&b, 50, true), spi(&b, 45, true);
    EXPECT_EQ(test, iar(&b, 0), 45);
    rig_free(&b.rig);
}

static void targets(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put8(&b, GICD + D_TARGETS + 40, 0xfe);          /* only CPUs that are there */
    EXPECT_EQ(test, get(&b, 0, GICD + D_TARGETS + 40) & 0xff, 6);
    spi(&b, 40, true);
    EXPECT(test, !b.irq[0].level && b.irq[1].level && b.irq[2].level);
    EXPECT_EQ(test, iar(&b, 2), 40);
    EXPECT(test, !b.irq[1].level);
    EXPECT_EQ(test, iar(&b, 1), 1023);
    rig_free(&b.rig);
}

static void private_interrupts(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    struct irq_line timer = gicv2_ppi(b.gic, 1, 27);
    irq_set(&timer, true);
    EXPECT(test, !b.irq[0].level && b.irq[1].level);
    EXPECT_EQ(test, iar(&b, 0), 1023);
    EXPECT_EQ(test, iar(&b, 1), 27);
    irq_set(&timer, false);
    eoi(&b, 1, 27);
    EXPECT(test, !b.irq[1].level);
    rig_free(&b.rig);
}

static void software_interrupts(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, 1, GICD + D_SGIR, 1 << 16 | 5);         /* to CPU 0 */
    put(&b, 2, GICD + D_SGIR, 1 << 16 | 5);
    EXPECT(test, b.irq[0].level && !b.irq[1].level);
    EXPECT_EQ(test, iar(&b, 0), 5 | 1 << 10);
    EXPECT(test, !b.irq[0].level);                  /* the other one waits: the interrupt is active */
    eoi(&b, 0, 5 | 1 << 10);
    EXPECT_EQ(test, iar(&b, 0), 5 | 2 << 10);
    eoi(&b, 0, 5 | 2 << 10);
    put(&b, 0, GICD + D_SGIR, 1 << 24 | 7);         /* all others */
    EXPECT(test, !b.irq[0].level && b.irq[1].level && b.irq[2].level);
    EXPECT_EQ(test, iar(&b, 1), 7);
    put(&b, 2, GICD + D_UNPEND, 0xffff);            /* not by this register */
    EXPECT(test, b.irq[2].level);
    put(&b, 2, GICD + 0xf14, 0xffu << 24);           /* GICD_CPENDSGIR1 */
    EXPECT(test, !b.irq[2].level);
    put(&b, 0, GICD + D_SGIR, 2 << 24 | 3);         /* itself */
    EXPECT_EQ(test, iar(&b, 0), 3);
    put(&b, 0, GICD + D_SPENDSGI, 4 << 24);         /* SGI 3 from CPU 2 */
    eoi(&b, 0, 3);
    EXPECT_EQ(test, iar(&b, 0), 3 | 2 << 10);
    rig_free(&b.rig);
}

static void groups(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, 0, GICD + D_GROUP + 4, 1 << 8);         /* 40 is group 1 */
    spi(&b, 40, true);
    EXPECT(test, !b.irq[0].level);                  /* the distributor forwards group 0 only */
    put(&b, 0, GICD + D_CTLR, 3);
    EXPECT(test, !b.irq[0].level);                  /* nor does the interface signal it */
    put(&b, 0, GICC + C_CTLR, 3 | 1 << 3);          /* both groups, group 0 as FIQ */
    EXPECT(test, b.irq[0].level && !b.fiq[0].level);
    EXPECT_EQ(test, iar(&b, 0), 1022);
    EXPECT_EQ(test, get(&b, 0, GICC + C_HPPIR), 1022);
    put8(&b, GICD + D_PRIORITY + 41, 0x20);
    spi(&b, 41, true);
    EXPECT(test, b.fiq[0].level && !b.irq[0].level);
    EXPECT_EQ(test, get(&b, 0, GICC + C_AIAR), 1023);
    EXPECT_EQ(test, iar(&b, 0), 41);
    spi(&b, 41, false);
    eoi(&b, 0, 41);
    EXPECT_EQ(test, get(&b, 0, GICC + C_AIAR), 40);
    spi(&b, 40, false);
    put(&b, 0, GICC + 0x24, 40);                    /* GICC_AEOIR */
    spi(&b, 40, true);
    put(&b, 0, GICC + C_CTLR, 7);                   /* AckCtl */
    EXPECT_EQ(test, iar(&b, 0), 40);
    rig_free(&b.rig);
}

static void eoi_mode_splits_drop_and_deactivation(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, 0, GICC + C_CTLR, 1 | 1 << 9);
    spi(&b, 40, true);
    EXPECT_EQ(test, iar(&b, 0), 40);
    eoi(&b, 0, 40);
    EXPECT_EQ(test, get(&b, 0, GICC + C_RPR), 0xff);
    EXPECT(test, !b.irq[0].level);                  /* still active */
    spi(&b, 41, true);
    EXPECT_EQ(test, iar(&b, 0), 41);                /* others of the same priority pass */
    put(&b, 0, GICC + C_DIR, 40);
    eoi(&b, 0, 41);
    EXPECT_EQ(test, iar(&b, 0), 40);
    rig_free(&b.rig);
}

static void disabled_and_reset(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    spi(&b, 40, true);
    put(&b, 0, GICD + D_DISABLE + 4, 1 << 8);
    EXPECT(test, !b.irq[0].level && get(&b, 0, GICD + D_PEND + 4) == 1 << 8);
    put(&b, 0, GICD + D_ENABLE + 4, 1 << 8);
    EXPECT(test, b.irq[0].level);
    machine_reset(b.rig.machine);
    EXPECT(test, !b.irq[0].level && !get(&b, 0, GICD + D_CTLR) && !get(&b, 0, GICC + C_PMR));
    EXPECT_EQ(test, get(&b, 0, GICD + D_PEND + 4), 1 << 8);         /* the wire is high still */
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(identification), TEST(level_stays_pending_until_the_wire_falls), TEST(edge_is_latched_once),
        TEST(better_priority_preempts), TEST(mask_and_binary_point), TEST(equal_priority_lowest_number_first), TEST(targets),
        TEST(private_interrupts), TEST(software_interrupts), TEST(groups), TEST(eoi_mode_splits_drop_and_deactivation),
        TEST(disabled_and_reset),
    };
    return test_run_cases("gicv2", cases, ARRAY_LEN(cases));
}
