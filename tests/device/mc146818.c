/* SPDX-License-Identifier: MIT */
/* The clock: date and formats, UIP, update, alarm and periodic interrupts, SET, battery. */
#include "hw/timer/mc146818.h"
#include "tests/device/rig.h"

enum { DAY_S = 24 * 3600, BASE_S = 946684800 };         /* 2000-01-01, a Saturday */
static const int64_t S = 1000000000;

struct rtc { struct rig rig; struct mc146818 *rtc; struct wire irq; };

static void rtc_init(struct rtc *r)
{
    *r = (struct rtc){ 0 };
    rig_init(&r->rig);
    r->rig.now_ns = 0;
    clocks_set_start_date(r->rig.machine->clocks, BASE_S * S);
    r->rtc = mc146818_new(r->rig.machine, wire_line(&r->irq));
}

static uint8_t get(struct rtc *r, uint8_t index) { out8(&r->rig, 0x70, index); return in8(&r->rig, 0x71); }
static void put(struct rtc *r, uint8_t index, uint8_t value) { out8(&r->rig, 0x70, index); out8(&r->rig, 0x71, value); }

/* Register C without the periodic flag, which comes up by itself all the time. */
static uint8_t flags(struct rtc *r) { return get(r, 12) & (uint8_t)~0x40; }

static void date_in_all_formats(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    mc146818_set_offset(r.rtc, 59 * DAY_S + 13 * 3600 + 45 * 60 + 59);        /* 2000-02-29 13:45:59 */
    EXPECT(test, get(&r, 0) == 0x59 && get(&r, 2) == 0x45 && get(&r, 4) == 0x13);
    EXPECT(test, get(&r, 6) == 3 && get(&r, 7) == 0x29 && get(&r, 8) == 2 && get(&r, 9) == 0 && get(&r, 0x32) == 0x20);
    put(&r, 11, 0x00);                                  /* BCD, 12 hours */
    EXPECT_EQ(test, get(&r, 4), 0x81);
    put(&r, 11, 0x06);                                  /* binary, 24 hours */
    EXPECT(test, get(&r, 0) == 59 && get(&r, 4) == 13 && get(&r, 0x32) == 20);
    rig_run(&r.rig, S);
    EXPECT(test, get(&r, 0) == 0 && get(&r, 2) == 46);
    mc146818_set_offset(r.rtc, 0);
    put(&r, 11, 0x04);
    EXPECT_EQ(test, get(&r, 4), 12);                    /* midnight is 12 AM */
    EXPECT_EQ(test, in8(&r.rig, 0x70), 0xff);
    rig_free(&r.rig);
}

static void setting_the_date(struct test *test)
{
    static const uint8_t date[][2] = { { 0, 0x58 }, { 2, 0x59 }, { 4, 0x23 }, { 7, 0x31 }, { 8, 0x12 }, { 9, 0x99 },
                                       { 0x32, 0x19 } };
    struct rtc r;
    rtc_init(&r);
    put(&r, 11, 0x82);
    for (unsigned i = 0; i < ARRAY_LEN(date); i++) {
        put(&r, date[i][0], date[i][1]);
    }
    rig_run(&r.rig, 5 * S);
    EXPECT_EQ(test, get(&r, 0), 0x58);                  /* stands while SET is on */
    put(&r, 11, 0x02);
    rig_run(&r.rig, 2 * S);
    EXPECT(test, get(&r, 0) == 0 && get(&r, 4) == 0 && get(&r, 7) == 1 && get(&r, 8) == 1 && get(&r, 9) == 0 &&
           get(&r, 0x32) == 0x20);
    flags(&r);
    put(&r, 4, 0x05);                                   /* without SET: at once; the jump is no update */
    EXPECT(test, get(&r, 4) == 5 && get(&r, 7) == 1 && flags(&r) == 0);
    put(&r, 11, 0x92);                                  /* SET clears UIE */
    EXPECT_EQ(test, get(&r, 11), 0x82);
    rig_free(&r.rig);
}

static void update_in_progress(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    rig_run(&r.rig, S - 2300000);
    EXPECT_EQ(test, get(&r, 10), 0x26);
    rig_run(&r.rig, 100000);
    EXPECT_EQ(test, get(&r, 10), 0xa6);
    EXPECT_EQ(test, get(&r, 0), 0);
    rig_run(&r.rig, 2200000);
    EXPECT(test, get(&r, 10) == 0x26 && get(&r, 0) == 1);
    put(&r, 11, 0x82);
    rig_run(&r.rig, S - 1000000);
    EXPECT_EQ(test, get(&r, 10), 0x26);                 /* no updates while SET is on */
    rig_free(&r.rig);
}

static void update_interrupt(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    put(&r, 11, 0x12);
    rig_run(&r.rig, S / 2);
    EXPECT(test, !r.irq.level);
    rig_run(&r.rig, S / 2);
    EXPECT(test, r.irq.level && flags(&r) == 0x90);
    EXPECT(test, !r.irq.level && flags(&r) == 0);
    rig_run(&r.rig, 3 * S);
    EXPECT(test, r.irq.level && r.irq.rises == 2);      /* stays until register C is read */
    put(&r, 11, 0x02);
    EXPECT(test, !r.irq.level && flags(&r) == 0x10);  /* the flag is there without the enable, IRQF is not */
    rig_free(&r.rig);
}

static void alarm_interrupt(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    put(&r, 1, 0x05), put(&r, 3, 0x01), put(&r, 5, 0xc0);   /* any hour */
    put(&r, 11, 0x22);
    rig_run(&r.rig, 64 * S);
    EXPECT(test, !r.irq.level);
    rig_run(&r.rig, S);
    EXPECT(test, r.irq.level && flags(&r) == 0xb0);
    rig_run(&r.rig, 3600 * S);
    EXPECT_EQ(test, r.irq.rises, 2);
    get(&r, 12);
    put(&r, 5, 0x23);
    rig_run(&r.rig, 7200 * S);
    EXPECT_EQ(test, r.irq.rises, 2);
    rig_free(&r.rig);
}

static void periodic_interrupt(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    put(&r, 11, 0x42);                                  /* 1,024 Hz */
    unsigned count = 0;
    for (unsigned i = 0; i < 2048; i++) {
        rig_run(&r.rig, S / 2048 + (i & 1));
        count += r.irq.level;
        get(&r, 12);
    }
    EXPECT(test, count >= 1023 && count <= 1025);
    put(&r, 10, 0x20);                                  /* rate 0: none */
    get(&r, 12);
    rig_run(&r.rig, S);
    EXPECT(test, !r.irq.level);
    put(&r, 11, 0x02), put(&r, 10, 0x2f);               /* 2 Hz, flag without interrupt */
    rig_run(&r.rig, S);
    EXPECT_EQ(test, get(&r, 12) & 0x40, 0x40);
    rig_free(&r.rig);
}

/* How many periodic interrupts come in a second when the guest looks away for the first part of it. */
static unsigned interrupts(bool slew, int64_t away_ns)
{
    struct rtc r;
    unsigned count = 0;
    rtc_init(&r);
    r.rtc->slew = slew;
    put(&r, 10, 0x2a), put(&r, 11, 0x42);               /* 64 Hz */
    rig_run(&r.rig, away_ns);
    for (int64_t at = away_ns; at < S; at += S / 1000) {
        rig_run(&r.rig, S / 1000);
        count += r.irq.level;
        get(&r, 12);
    }
    rig_free(&r.rig);
    return count;
}

static void missed_interrupts_come_later(struct test *test)
{
    EXPECT(test, interrupts(false, 0) >= 63 && interrupts(false, 0) <= 65);
    EXPECT(test, interrupts(true, 0) >= 63 && interrupts(true, 0) <= 65);
    EXPECT(test, interrupts(false, S / 4) >= 47 && interrupts(false, S / 4) <= 50);
    EXPECT(test, interrupts(true, S / 4) >= 62 && interrupts(true, S / 4) <= 65);
}

static void idle_clock_arms_nothing(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    EXPECT(test, clocks_next_deadline_ns(r.rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    EXPECT(test, clocks_next_deadline_ns(r.rig.machine->clocks, CLOCK_KIND_HOST) == INT64_MAX);
    put(&r, 11, 0x12);
    EXPECT(test, clocks_next_deadline_ns(r.rig.machine->clocks, CLOCK_KIND_HOST) != INT64_MAX);
    rig_free(&r.rig);
}

static void battery(struct test *test)
{
    struct rtc r;
    rtc_init(&r);
    mc146818_preset_memory(r.rtc, 3ull << 30, 5ull << 30);
    put(&r, 0x0f, 0x05), put(&r, 4, 0x17), put(&r, 11, 0x72);
    machine_reset(r.rig.machine);
    EXPECT(test, get(&r, 0x0f) == 5 && get(&r, 4) == 0x17 && get(&r, 11) == 0x02 && get(&r, 13) == 0x80);
    EXPECT(test, (get(&r, 0x34) | get(&r, 0x35) << 8) == (3 * 1024 - 16) * 16);
    EXPECT(test, (get(&r, 0x5b) | get(&r, 0x5c) << 8 | get(&r, 0x5d) << 16) == 5 * 1024 * 16);
    EXPECT(test, get(&r, 0x15) == 0x80 && get(&r, 0x16) == 2 && get(&r, 0x17) == 0xff && get(&r, 0x18) == 0xff);
    rig_free(&r.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(date_in_all_formats), TEST(setting_the_date), TEST(update_in_progress), TEST(update_interrupt),
        TEST(alarm_interrupt), TEST(periodic_interrupt), TEST(missed_interrupts_come_later), TEST(idle_clock_arms_nothing), TEST(battery),
    };
    return test_run_cases("mc146818", cases, ARRAY_LEN(cases));
}
