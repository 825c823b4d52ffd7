/* SPDX-License-Identifier: MIT */
/* The HPET: counter, one-shot and periodic comparators, levels, 32-bit wrap, legacy replacement. */
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/timer/hpet.h"
#include "tests/device/rig.h"

enum { BASE = 0xfed00000, US = 100 };                   /* ticks in a microsecond */
struct timers { struct rig rig; struct ioapic *ioapic; struct hpet *hpet; struct wire irq0, irq8; };

static void timers_init(struct timers *t)
{
    *t = (struct timers){ 0 };
    rig_init(&t->rig);
    t->ioapic = ioapic_new(t->rig.machine, lapic_bus_new(t->rig.machine, NULL), 0);
    t->hpet = hpet_new(t->rig.machine, wire_line(&t->irq0), wire_line(&t->irq8), t->ioapic);
}

static uint64_t get(struct timers *t, unsigned reg) { return memory_read(t->rig.machine->memory, BASE + reg, 8); }
static void put(struct timers *t, unsigned reg, uint64_t value)
{
    memory_write(t->rig.machine->memory, BASE + reg, value, 8);
}
static bool pin(struct timers *t, unsigned n) { return t->ioapic->state.lines >> n & 1; }

static void counter_runs_and_halts(struct test *test)
{
    struct timers t;
    timers_init(&t);
    EXPECT_EQ(test, get(&t, 0), 10000000ull << 32 | 0x8086a201);
    rig_run(&t.rig, 1000000);
    EXPECT_EQ(test, get(&t, 0xf0), 0);
    put(&t, 0xf0, 0x123456789);
    put(&t, 0x10, 1);
    rig_run(&t.rig, 1000000);
    EXPECT_EQ(test, get(&t, 0xf0), 0x123456789 + 1000 * US);
    put(&t, 0xf0, 0);                                   /* not while it runs */
    EXPECT_EQ(test, memory_read(t.rig.machine->memory, BASE + 0xf4, 4), 1);
    put(&t, 0x10, 0);
    rig_run(&t.rig, 1000000);
    EXPECT_EQ(test, get(&t, 0xf0), 0x123456789 + 1000 * US);
    rig_free(&t.rig);
}

static void one_shot_edge(struct test *test)
{
    struct timers t;
    timers_init(&t);
    put(&t, 0x100, 20 << 9 | 4);
    put(&t, 0x108, 500 * US);
    put(&t, 0x10, 1);
    rig_run(&t.rig, 499000);
    EXPECT(test, !pin(&t, 20));
    rig_run(&t.rig, 1000);
    EXPECT(test, pin(&t, 20) && get(&t, 0x20) == 0);
    EXPECT(test, clocks_next_deadline_ns(t.rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    put(&t, 0x100, 20 << 9);
    EXPECT(test, !pin(&t, 20));
    rig_free(&t.rig);
}

static void periodic_level(struct test *test)
{
    struct timers t;
    timers_init(&t);
    put(&t, 0x140, 23 << 9 | 2 | 4 | 8 | 0x40);         /* timer 2: level, periodic, comparator next */
    put(&t, 0x148, 100 * US);
    EXPECT_EQ(test, get(&t, 0x140) & 0x40, 0);
    put(&t, 0x148, 200 * US);
    put(&t, 0x10, 1);
    rig_run(&t.rig, 100000);
    EXPECT(test, pin(&t, 23) && get(&t, 0x20) == 4 && get(&t, 0x148) == 300 * US);
    put(&t, 0x20, 4);
    EXPECT(test, !pin(&t, 23));
    rig_run(&t.rig, 200000);
    EXPECT(test, pin(&t, 23));
    put(&t, 0x140, 23 << 9 | 2 | 8);                    /* not enabled: the status shows, the line does not */
    EXPECT(test, !pin(&t, 23));
    put(&t, 0x20, 4);
    rig_run(&t.rig, 1000000);
    EXPECT(test, !pin(&t, 23) && get(&t, 0x20) == 4 && get(&t, 0x148) == 1500 * US);
    rig_free(&t.rig);
}

static void narrow_timer_wraps(struct test *test)
{
    struct timers t;
    timers_init(&t);
    put(&t, 0xf0, 0xfffffff0);
    put(&t, 0x100, 21 << 9 | 0x100 | 2 | 4);
    put(&t, 0x108, 1000 * US);
    put(&t, 0x10, 1);
    rig_run(&t.rig, 1001000);
    EXPECT(test, pin(&t, 21));
    rig_free(&t.rig);
}

static void legacy_replacement(struct test *test)
{
    struct timers t;
    timers_init(&t);
    struct irq_line pit = hpet_pit_line(t.hpet), rtc = hpet_rtc_line(t.hpet);
    irq_set(&pit, true), irq_set(&rtc, true);
    EXPECT(test, t.irq0.level && t.irq8.level);
    put(&t, 0x100, 4 | 8 | 0x40);
    put(&t, 0x108, 1000 * US);
    put(&t, 0x10, 3);
    EXPECT(test, !t.irq0.level && !t.irq8.level);
    irq_set(&pit, false), irq_set(&pit, true);
    EXPECT(test, !t.irq0.level);
    unsigned before = t.irq0.rises;
    rig_run(&t.rig, 10000000);
    EXPECT_EQ(test, t.irq0.rises - before, 10);
    machine_reset(t.rig.machine);
    irq_set(&pit, true), irq_set(&rtc, true);
    EXPECT(test, t.irq0.level && t.irq8.level);         /* the 8254 and the clock are back */
    rig_free(&t.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(counter_runs_and_halts), TEST(one_shot_edge), TEST(periodic_level), TEST(narrow_timer_wraps),
        TEST(legacy_replacement),
    };
    return test_run_cases("hpet", cases, ARRAY_LEN(cases));
}
