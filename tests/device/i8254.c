/* SPDX-License-Identifier: MIT */
/* The 8254: each mode's output and count over time, latches, read-back, BCD, gate 2 through port 61h. */
#include "hw/timer/i8254.h"
#include "tests/device/rig.h"

enum { HZ = 1193182 };
struct pit { struct rig rig; struct i8254 *pit; struct wire irq; };

static void pit_init(struct pit *p)
{
    *p = (struct pit){ 0 };
    rig_init(&p->rig);
    p->pit = i8254_new(p->rig.machine, wire_line(&p->irq));
}

/* Time as ticks from the first call on; a little past the edge. */
static void run_ticks(struct pit *p, int64_t ticks)
{
    int64_t now = (int64_t)((__int128)p->rig.now_ns * HZ / 1000000000), target = now + ticks;
    int64_t ns = (int64_t)(((__int128)target * 1000000000 + HZ - 1) / HZ);
    rig_run(&p->rig, ns - p->rig.now_ns);
}

static void program(struct pit *p, unsigned channel, unsigned mode, uint16_t count)
{
    out8(&p->rig, 0x43, (uint8_t)(channel << 6 | 0x30 | mode << 1));
    out8(&p->rig, (uint16_t)(0x40 + channel), (uint8_t)count);
    out8(&p->rig, (uint16_t)(0x40 + channel), (uint8_t)(count >> 8));
}

static uint16_t read_count(struct pit *p, unsigned channel)
{
    out8(&p->rig, 0x43, (uint8_t)(channel << 6));
    uint8_t low = in8(&p->rig, (uint16_t)(0x40 + channel));
    return (uint16_t)(low | in8(&p->rig, (uint16_t)(0x40 + channel)) << 8);
}

static bool out2(struct pit *p) { return in8(&p->rig, 0x61) & 0x20; }

static void mode_0_interrupts_once(struct test *test)
{
    struct pit p;
    pit_init(&p);
    program(&p, 0, 0, 100);
    EXPECT(test, !p.irq.level);
    run_ticks(&p, 60);
    EXPECT_EQ(test, read_count(&p, 0), 40);
    run_ticks(&p, 39);
    EXPECT(test, !p.irq.level);
    run_ticks(&p, 1);
    EXPECT(test, p.irq.level && p.irq.rises == 1);
    run_ticks(&p, 10);
    EXPECT_EQ(test, read_count(&p, 0), 0x10000 - 10);   /* goes on counting */
    run_ticks(&p, 0x20000);
    EXPECT_EQ(test, p.irq.rises, 1);
    out8(&p.rig, 0x40, 5);                              /* the first byte lowers the output */
    EXPECT(test, !p.irq.level);
    rig_free(&p.rig);
}

static void mode_2_is_periodic(struct test *test)
{
    struct pit p;
    pit_init(&p);
    program(&p, 0, 2, 1000);
    unsigned before = p.irq.rises;
    run_ticks(&p, 999);
    EXPECT_EQ(test, p.irq.rises - before, 0);
    run_ticks(&p, 1);
    EXPECT(test, p.irq.rises - before == 1 && p.irq.level);
    run_ticks(&p, 10000);
    EXPECT_EQ(test, p.irq.rises - before, 11);
    run_ticks(&p, 300);
    EXPECT_EQ(test, read_count(&p, 0), 700);
    program(&p, 0, 2, 1000);
    out8(&p.rig, 0x40, 500 & 255), out8(&p.rig, 0x40, 500 >> 8);     /* from the next period on */
    run_ticks(&p, 1100);
    EXPECT_EQ(test, read_count(&p, 0), 400);
    rig_free(&p.rig);
}

static void no_drift_over_an_hour(struct test *test)
{
    struct pit p;
    pit_init(&p);
    program(&p, 0, 2, 11932);
    unsigned before = p.irq.rises;
    rig_run(&p.rig, 3600ll * 1000000000);
    EXPECT_EQ(test, p.irq.rises - before, 3600ull * HZ / 11932);
    rig_free(&p.rig);
}

static void mode_3_is_a_square_wave(struct test *test)
{
    struct pit p;
    pit_init(&p);
    out8(&p.rig, 0x61, 1);
    program(&p, 2, 3, 10);
    EXPECT(test, out2(&p));
    run_ticks(&p, 4);
    EXPECT(test, out2(&p));
    EXPECT_EQ(test, read_count(&p, 2), 2);
    run_ticks(&p, 1);
    EXPECT(test, !out2(&p));
    EXPECT_EQ(test, read_count(&p, 2), 10);
    run_ticks(&p, 5);
    EXPECT(test, out2(&p));
    program(&p, 2, 3, 7);                               /* odd: high for four, low for three */
    run_ticks(&p, 3);
    EXPECT(test, out2(&p));
    run_ticks(&p, 1);
    EXPECT(test, !out2(&p));
    run_ticks(&p, 3);
    EXPECT(test, out2(&p));
    rig_free(&p.rig);
}

static void mode_1_needs_a_trigger(struct test *test)
{
    struct pit p;
    pit_init(&p);
    program(&p, 2, 1, 50);
    EXPECT(test, out2(&p));
    run_ticks(&p, 100);
    EXPECT(test, out2(&p));
    out8(&p.rig, 0x61, 1);
    EXPECT(test, !out2(&p));
    run_ticks(&p, 30);
    out8(&p.rig, 0x61, 0), out8(&p.rig, 0x61, 1);       /* a new trigger starts over */
    run_ticks(&p, 30);
    EXPECT(test, !out2(&p));
    run_ticks(&p, 20);
    EXPECT(test, out2(&p));
    rig_free(&p.rig);
}

static void modes_4_and_5_strobe(struct test *test)
{
    struct pit p;
    pit_init(&p);
    out8(&p.rig, 0x61, 1);
    program(&p, 2, 4, 20);
    run_ticks(&p, 19);
    EXPECT(test, out2(&p));
    run_ticks(&p, 1);
    EXPECT(test, !out2(&p));
    run_ticks(&p, 1);
    EXPECT(test, out2(&p));
    program(&p, 2, 5, 20);
    run_ticks(&p, 20);
    EXPECT(test, out2(&p));
    out8(&p.rig, 0x61, 0), out8(&p.rig, 0x61, 1);
    run_ticks(&p, 20);
    EXPECT(test, !out2(&p));
    program(&p, 0, 4, 20);
    unsigned before = p.irq.rises;
    run_ticks(&p, 21);
    EXPECT_EQ(test, p.irq.rises - before, 1);
    rig_free(&p.rig);
}

static void gate_pauses_mode_0(struct test *test)
{
    struct pit p;
    pit_init(&p);
    out8(&p.rig, 0x61, 1);
    program(&p, 2, 0, 100);
    run_ticks(&p, 40);
    out8(&p.rig, 0x61, 0);
    run_ticks(&p, 1000);
    EXPECT_EQ(test, read_count(&p, 2), 60);
    out8(&p.rig, 0x61, 1);
    run_ticks(&p, 59);
    EXPECT(test, !out2(&p));
    run_ticks(&p, 1);
    EXPECT(test, out2(&p));
    rig_free(&p.rig);
}

static void latches_and_read_back(struct test *test)
{
    struct pit p;
    pit_init(&p);
    program(&p, 0, 2, 0x1234);
    out8(&p.rig, 0x43, 0xc2);                           /* read-back: status and count of channel 0 */
    run_ticks(&p, 16);
    EXPECT_EQ(test, in8(&p.rig, 0x40), 0xb4);           /* out high, loaded, both bytes, mode 2 */
    EXPECT_EQ(test, in8(&p.rig, 0x40), 0x34);
    EXPECT_EQ(test, in8(&p.rig, 0x40), 0x12);
    EXPECT_EQ(test, in8(&p.rig, 0x40), 0x24);           /* not latched any more */
    in8(&p.rig, 0x40);
    out8(&p.rig, 0x43, 0x34);
    out8(&p.rig, 0x43, 0xe2);
    EXPECT_EQ(test, in8(&p.rig, 0x40) & 0x40, 0x40);    /* null count: none written yet */
    EXPECT_EQ(test, in8(&p.rig, 0x43), 0xff);
    rig_free(&p.rig);
}

static void bcd_and_single_bytes(struct test *test)
{
    struct pit p;
    pit_init(&p);
    out8(&p.rig, 0x61, 1);
    out8(&p.rig, 0x43, 0xb1);                           /* channel 2, mode 0, BCD */
    out8(&p.rig, 0x42, 0x00), out8(&p.rig, 0x42, 0x10); /* 1000 */
    run_ticks(&p, 1);
    EXPECT_EQ(test, read_count(&p, 2), 0x0999);
    out8(&p.rig, 0x43, 0x90);                           /* low byte only */
    out8(&p.rig, 0x42, 9);
    run_ticks(&p, 4);
    EXPECT_EQ(test, in8(&p.rig, 0x42), 5);
    EXPECT_EQ(test, in8(&p.rig, 0x42), 5);
    out8(&p.rig, 0x43, 0xa0);                           /* high byte only */
    out8(&p.rig, 0x42, 2);
    run_ticks(&p, 1);
    EXPECT_EQ(test, in8(&p.rig, 0x42), 1);
    rig_free(&p.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(mode_0_interrupts_once), TEST(mode_2_is_periodic), TEST(no_drift_over_an_hour),
        TEST(mode_3_is_a_square_wave),
        TEST(mode_1_needs_a_trigger), TEST(modes_4_and_5_strobe), TEST(gate_pauses_mode_0), TEST(latches_and_read_back),
        TEST(bcd_and_single_bytes),
    };
    return test_run_cases("i8254", cases, ARRAY_LEN(cases));
}
