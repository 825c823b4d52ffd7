/* SPDX-License-Identifier: MIT */
/* machine/clock.c: order of timers, a counted clock, stopping, the timerfd. */
#include "base/clock.h"
#include "tests/unit/test.h"
#include <poll.h>
#include <string.h>

static int64_t counted_now;
static int64_t counted(void *opaque) { return counted_now; }

static char order[16];
static void note_a(void *opaque) { strcat(order, "a"); }
static void note_b(void *opaque) { strcat(order, "b"); }
static void note_c(void *opaque) { strcat(order, "c"); }
static void count_one(void *opaque) { ++*(unsigned *)opaque; }

static void timers_expire_in_order(struct test *test)
{
    struct clocks *clocks = clocks_new();
    counted_now = 0;
    order[0] = 0;
    clocks_set_virtual_source(clocks, counted, NULL);
    struct timer *a = timer_new(clocks, CLOCK_KIND_VIRTUAL, note_a, NULL);
    struct timer *b = timer_new(clocks, CLOCK_KIND_VIRTUAL, note_b, NULL);
    struct timer *c = timer_new(clocks, CLOCK_KIND_VIRTUAL, note_c, NULL);
    timer_arm(c, 30);
    timer_arm(b, 10);
    timer_arm(a, 10);
    EXPECT_EQ(test, clocks_next_deadline_ns(clocks, CLOCK_KIND_VIRTUAL), 10);
    counted_now = 9;
    clocks_run_expired(clocks);
    EXPECT(test, !order[0] && timer_armed(a));
    counted_now = 10;
    clocks_run_expired(clocks);
    EXPECT(test, !strcmp(order, "ba") && !timer_armed(a) && timer_armed(c));
    timer_arm(c, 5);
    clocks_run_expired(clocks);
    EXPECT(test, !strcmp(order, "bac"));
    timer_arm(a, 11);
    timer_arm(b, 12);
    timer_cancel(a);
    counted_now = 100;
    clocks_run_expired(clocks);
    EXPECT(test, !strcmp(order, "bacb"));
    EXPECT(test, clocks_next_deadline_ns(clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX);
    timer_free(a), timer_free(b), timer_free(c);
    clocks_free(clocks);
}

struct again { struct timer *timer; unsigned runs; };
static void arm_again(void *opaque)
{
    struct again *again = opaque;
    again->runs++;
    timer_arm(again->timer, counted_now + 1);
}

static void timer_may_arm_itself(struct test *test)
{
    struct clocks *clocks = clocks_new();
    struct again again = { 0 };
    counted_now = 0;
    clocks_set_virtual_source(clocks, counted, NULL);
    again.timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, arm_again, &again);
    timer_arm(again.timer, 0);
    clocks_run_expired(clocks);
    EXPECT(test, again.runs == 1 && timer_armed(again.timer));
    counted_now = 1;
    clocks_run_expired(clocks);
    EXPECT_EQ(test, again.runs, 2);
    timer_free(again.timer);
    clocks_free(clocks);
}

static void counted_host_time_is_reproducible(struct test *test)
{
    struct clocks *clocks = clocks_new();
    counted_now = 7;
    clocks_set_virtual_source(clocks, counted, NULL);
    EXPECT_EQ(test, clock_now_ns(clocks, CLOCK_KIND_HOST), CLOCK_DEFAULT_START_S * 1000000000ll + 7);
    clocks_set_start_date(clocks, 1000);
    EXPECT_EQ(test, clock_now_ns(clocks, CLOCK_KIND_HOST), 1007);
    clocks_free(clocks);
}

static void virtual_time_stops(struct test *test)
{
    struct clocks *clocks = clocks_new();
    struct pollfd none = { .fd = -1 };
    int64_t before = clock_now_ns(clocks, CLOCK_KIND_VIRTUAL);
    clocks_stop(clocks);
    int64_t stopped = clock_now_ns(clocks, CLOCK_KIND_VIRTUAL), real = clock_now_ns(clocks, CLOCK_KIND_REAL);
    poll(&none, 1, 3);
    EXPECT(test, before >= 0 && stopped >= before && clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) == stopped);
    EXPECT(test, clock_now_ns(clocks, CLOCK_KIND_REAL) > real);
    clocks_resume(clocks);
    EXPECT(test, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) - stopped < 1000000000);
    poll(&none, 1, 2);
    EXPECT(test, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) > stopped);
    clocks_free(clocks);
}

static void timerfd_wakes(struct test *test)
{
    struct clocks *clocks = clocks_new();
    unsigned runs = 0;
    struct timer *timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, count_one, &runs);
    struct pollfd wake = { .fd = clocks_wake_fd(clocks), .events = POLLIN };
    EXPECT_EQ(test, poll(&wake, 1, 0), 0);
    timer_arm(timer, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) + 1000000);
    EXPECT_EQ(test, poll(&wake, 1, 5000), 1);
    clocks_run_woken(clocks);
    EXPECT_EQ(test, runs, 1);
    EXPECT_EQ(test, poll(&wake, 1, 0), 0);
    timer_arm(timer, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) + 1000000);
    clocks_stop(clocks);
    EXPECT_EQ(test, poll(&wake, 1, 5000), 1);           /* what was set stays; nothing is due, and it is not set again */
    clocks_run_woken(clocks);
    EXPECT_EQ(test, runs, 1);
    EXPECT_EQ(test, poll(&wake, 1, 5), 0);
    clocks_resume(clocks);
    EXPECT_EQ(test, poll(&wake, 1, 5000), 1);
    clocks_run_woken(clocks);
    EXPECT_EQ(test, runs, 2);
    timer_free(timer);
    clocks_free(clocks);
}

/* While a thread watches guest time, the timerfd comes later than its deadlines: only when the watcher does not run them. */
static void watcher_takes_guest_time(struct test *test)
{
    struct clocks *clocks = clocks_new();
    unsigned runs = 0, nearer = 0, second = 0, real = 0;
    struct timer *timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, count_one, &runs);
    struct timer *other = timer_new(clocks, CLOCK_KIND_REAL, count_one, &real);
    struct pollfd wake = { .fd = clocks_wake_fd(clocks), .events = POLLIN };
    timer_arm(timer, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) + 2000000);
    EXPECT(test, clocks_watch_begin(clocks, count_one, &nearer) && !clocks_watch_begin(clocks, count_one, &second));
    const int64_t deadline = clocks_watch_deadline_ns(clocks);
    EXPECT_EQ(test, poll(&wake, 1, 5000), 1);
    EXPECT(test, clock_now_ns(clocks, CLOCK_KIND_REAL) > deadline + 1000000);
    clocks_watch_run(clocks);
    EXPECT_EQ(test, runs, 1);
    EXPECT(test, clocks_watch_deadline_ns(clocks) == INT64_MAX);
    EXPECT_EQ(test, poll(&wake, 1, 5), 0);
    timer_arm(timer, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) + 1000000);
    timer_arm(other, clock_now_ns(clocks, CLOCK_KIND_REAL) + 1000000);
    EXPECT(test, nearer == 1 && second == 0);
    EXPECT_EQ(test, poll(&wake, 1, 5000), 1);
    clocks_watch_end(clocks);
    clocks_run_woken(clocks);
    EXPECT(test, real == 1 && runs == 2);
    timer_free(timer), timer_free(other);
    clocks_free(clocks);
}

static void notify_when_nearer(struct test *test)
{
    struct clocks *clocks = clocks_new();
    unsigned notes = 0;
    counted_now = 0;
    clocks_set_virtual_source(clocks, counted, NULL);
    clocks_set_notify(clocks, count_one, &notes);
    struct timer *a = timer_new(clocks, CLOCK_KIND_VIRTUAL, note_a, NULL);
    struct timer *b = timer_new(clocks, CLOCK_KIND_VIRTUAL, note_b, NULL);
    timer_arm(a, 10);
    timer_arm(b, 20);
    EXPECT_EQ(test, notes, 1);
    timer_arm(b, 5);
    EXPECT_EQ(test, notes, 2);
    timer_free(a), timer_free(b);
    clocks_free(clocks);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(timers_expire_in_order), TEST(timer_may_arm_itself), TEST(counted_host_time_is_reproducible),
        TEST(virtual_time_stops), TEST(timerfd_wakes), TEST(watcher_takes_guest_time),
        TEST(notify_when_nearer),
    };
    return test_run_cases("clock", cases, sizeof(cases) / sizeof(cases[0]));
}
