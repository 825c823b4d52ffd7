/* SPDX-License-Identifier: MIT */
/* PL061 (ARM DDI 0190) and PL031 (DDI 0224) by their manuals. */
#include "hw/gpio/pl061.h"
#include "hw/timer/pl031.h"
#include "tests/device/rig.h"

enum { GPIO = 0x9030000, GPIODIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418, IC = 0x41c };
enum { RTC = 0x9010000 };

struct bench { struct rig rig; struct wire irq, out; struct pl061 *gpio; struct pl031 *rtc; };

static void bench_init(struct bench *b)
{
    rig_init(&b->rig);
    b->gpio = pl061_new(b->rig.machine, GPIO, wire_line(&b->irq));
    b->gpio->outputs[1] = wire_line(&b->out);
}
static uint32_t get(struct bench *b, unsigned offset) { return (uint32_t)memory_read(b->rig.machine->memory, GPIO + offset, 4); }
static void put(struct bench *b, unsigned offset, uint32_t value) { memory_write(b->rig.machine->memory, GPIO + offset, value, 4); }
static void pin(struct bench *b, unsigned number, bool level)
{
    struct irq_line line = pl061_input(b->gpio, number);
    irq_set(&line, level);
}

static void address_masks_data(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, GPIODIR, 0x0f);
    put(&b, 0x3fc, 0xff);
    EXPECT_EQ(test, get(&b, 0x3fc), 0x0f);
    put(&b, 0x02 << 2, 0);
    EXPECT_EQ(test, get(&b, 0x3fc), 0x0d);
    pin(&b, 7, true);
    EXPECT_EQ(test, get(&b, 0x3fc), 0x8d);
    EXPECT_EQ(test, get(&b, 0x81 << 2), 0x81);
    rig_free(&b.rig);
}

static void outputs_drive_wires(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, 0x3fc, 2);
    EXPECT(test, !b.out.level);
    put(&b, GPIODIR, 2), put(&b, 0x3fc, 2);
    EXPECT(test, b.out.level);
    machine_reset(b.rig.machine);
    EXPECT(test, !b.out.level);
    rig_free(&b.rig);
}

static void edges(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, IE, 0xff), put(&b, IEV, 0x08);
    pin(&b, 3, true);
    EXPECT(test, b.irq.level && get(&b, MIS) == 8);
    pin(&b, 3, false);
    EXPECT_EQ(test, get(&b, RIS), 8);
    put(&b, IC, 8);
    EXPECT(test, !b.irq.level);
    pin(&b, 2, true);
    EXPECT(test, !b.irq.level);         /* pin 2 waits for falling edges */
    pin(&b, 2, false);
    EXPECT(test, b.irq.level);
    put(&b, IC, 0xff), put(&b, IBE, 1);
    pin(&b, 0, true);
    EXPECT_EQ(test, get(&b, RIS), 1);
    put(&b, IC, 0xff);
    pin(&b, 0, false);
    EXPECT_EQ(test, get(&b, RIS), 1);
    rig_free(&b.rig);
}

static void levels(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, IEV, 0xff), put(&b, IS, 0x10), put(&b, IE, 0x10);
    pin(&b, 4, true);
    EXPECT(test, b.irq.level);
    put(&b, IC, 0x10);
    EXPECT(test, b.irq.level);          /* as long as the level holds */
    pin(&b, 4, false);
    EXPECT(test, !b.irq.level);
    rig_free(&b.rig);
}

static void clock_counts_and_alarms(struct test *test)
{
    struct bench b = { 0 };
    rig_init(&b.rig);
    b.rtc = pl031_new(b.rig.machine, RTC, wire_line(&b.irq));
    struct memory *memory = b.rig.machine->memory;
    EXPECT_EQ(test, memory_read(memory, RTC, 4), CLOCK_DEFAULT_START_S);
    memory_write(memory, RTC + 0x08, 1000, 4);
    EXPECT_EQ(test, memory_read(memory, RTC, 4), 1000);
    memory_write(memory, RTC + 0x04, 1003, 4), memory_write(memory, RTC + 0x10, 1, 4);
    rig_run(&b.rig, 2500000000);
    EXPECT(test, memory_read(memory, RTC, 4) == 1002 && !b.irq.level);
    rig_run(&b.rig, 600000000);
    EXPECT(test, memory_read(memory, RTC, 4) == 1003 && b.irq.level && memory_read(memory, RTC + 0x18, 4) == 1);
    memory_write(memory, RTC + 0x1c, 1, 4);
    EXPECT(test, !b.irq.level);
    machine_reset(b.rig.machine);
    EXPECT_EQ(test, memory_read(memory, RTC, 4), 1003);
    EXPECT_EQ(test, memory_read(memory, RTC + 0xfe0, 4), 0x31);
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(address_masks_data), TEST(outputs_drive_wires), TEST(edges), TEST(levels), TEST(clock_counts_and_alarms),
    };
    return test_run_cases("pl061_pl031", cases, ARRAY_LEN(cases));
}
