/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/*
 * Clocks and timers. machine/clock.c implements them. No device reads the host's clock itself.
 *
 *   CLOCK_KIND_VIRTUAL  guest time: stops with the machine; with -icount it counts instructions
 *   CLOCK_KIND_HOST     wall clock, ns since 1970; with -icount it is derived from the start date and virtual time
 *   CLOCK_KIND_REAL     monotonic, never stops
 *
 * Callbacks run with the machine lock held. Timers may be armed from any thread that holds it.
 */
#include <stdbool.h>
#include <stdint.h>

enum clock_kind { CLOCK_KIND_VIRTUAL, CLOCK_KIND_HOST, CLOCK_KIND_REAL, CLOCK_KIND_COUNT };

struct clocks;
struct timer;

int64_t clock_now_ns(struct clocks *clocks, enum clock_kind kind);
struct timer *timer_new(struct clocks *clocks, enum clock_kind kind, void (*expired)(void *opaque), void *opaque);
void timer_free(struct timer *timer);
void timer_arm(struct timer *timer, int64_t expires_ns);        /* one shot; replaces an earlier time */
void timer_cancel(struct timer *timer);
bool timer_armed(const struct timer *timer);

/* For whoever drives time (main loop, -icount). */
struct clocks *clocks_new(void);
void clocks_free(struct clocks *clocks);
/* Virtual time as a function of an instruction count instead of the host's clock. Host time then is the start date
 * plus virtual time; without clocks_set_start_date it starts at CLOCK_DEFAULT_START_S, so that two runs are alike. */
void clocks_set_virtual_source(struct clocks *clocks, int64_t (*now_ns)(void *opaque), void *opaque);
enum { CLOCK_DEFAULT_START_S = 1767225600 };                    /* 2026-01-01 00:00:00 UTC */
void clocks_set_start_date(struct clocks *clocks, int64_t ns_since_1970);
void clocks_stop(struct clocks *clocks);                        /* virtual time stands still */
void clocks_resume(struct clocks *clocks);
bool clocks_are_stopped(const struct clocks *clocks);
int64_t clocks_next_deadline_ns(struct clocks *clocks, enum clock_kind kind);   /* absolute; INT64_MAX: none */
/* Machine lock held. Runs timers of all clocks; with a virtual source only those of guest time (virtual, host). */
void clocks_run_expired(struct clocks *clocks);
/* A timerfd that becomes readable when timers driven by the host's clock are due; then call clocks_run_woken, machine
 * lock held. The machine's main loop does both. */
int clocks_wake_fd(struct clocks *clocks);
void clocks_run_woken(struct clocks *clocks);
/*
 * A thread that has nothing better to do (a halted CPU's) may wait for guest time's deadlines and run its timers itself, so
 * that the main loop need not wake first. One thread at a time, only while the host's clock drives guest time.
 *
 * begin: false when another watches already. nearer is called, any lock held, when the deadline has come nearer. The
 * deadline is a time of the host's CLOCK_MONOTONIC, INT64_MAX: none. run: machine lock held.
 */
bool clocks_watch_begin(struct clocks *clocks, void (*nearer)(void *opaque), void *opaque);
int64_t clocks_watch_deadline_ns(struct clocks *clocks);
void clocks_watch_run(struct clocks *clocks);
void clocks_watch_end(struct clocks *clocks);
/* Called, lock held, when the next deadline has come nearer: wakes whoever waits. */
void clocks_set_notify(struct clocks *clocks, void (*notify)(void *opaque), void *opaque);

#endif
