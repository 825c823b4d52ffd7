/* SPDX-License-Identifier: MIT */
/*
 * Clocks and timers. Timers of one clock are a list sorted by time; those of equal time expire in the order in which
 * they were armed, so that a counted clock gives the same run twice.
 *
 * Nobody polls: a timerfd (clocks_wake_fd) is set when a deadline comes that is nearer than what it is set to, and whoever
 * watches it calls clocks_run_woken. When a deadline goes or moves away it stays: waking once for nothing is cheaper than a
 * system call each time. With a counted virtual clock (-icount) the execution loop asks for the next deadline and runs the
 * timers of guest time itself; the timerfd is then for CLOCK_KIND_REAL alone. While a halted CPU's thread watches guest
 * time (clocks_watch_begin) it is set WATCH_GRACE_NS later, which saves setting it anew when the CPU wakes and sets the next
 * timer: a guest that ticks sets it once a tick.
 *
 * Locks: `lock` protects the lists and is a leaf; callbacks run without it. Reading a clock takes no lock.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <glib.h>
#include "base/clock.h"

static const int64_t NS_PER_S = 1000000000, WATCH_GRACE_NS = 2000000;

struct timer {
    struct clocks *clocks;
    enum clock_kind kind;
    void (*expired)(void *opaque);
    void *opaque;
    int64_t expires_ns;
    bool armed;
    struct timer *next;
};

struct clocks {
    GMutex lock;
    struct timer *first[CLOCK_KIND_COUNT];
    int wake_fd;
    int64_t wake_ns;                /* monotonic time the timerfd is set to; INT64_MAX: off */
    bool in_round;                  /* clocks_run_woken sets the timerfd once, at its end */
    _Atomic bool stopped;
    _Atomic int64_t virtual_offset_ns, stopped_at_ns, start_date_ns;
    int64_t (*virtual_now)(void *opaque);
    void *virtual_opaque;
    void (*notify)(void *opaque);
    void *notify_opaque;
    void (*watcher)(void *opaque);  /* clocks_watch_begin's; NULL: the timerfd is for all */
    void *watcher_opaque;
};

static int64_t host_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t virtual_now_ns(struct clocks *clocks)
{
    if (clocks->virtual_now) {
        return clocks->virtual_now(clocks->virtual_opaque);
    }
    if (atomic_load_explicit(&clocks->stopped, memory_order_acquire)) {
        return clocks->stopped_at_ns;
    }
    return host_ns(CLOCK_MONOTONIC) + clocks->virtual_offset_ns;
}

int64_t clock_now_ns(struct clocks *clocks, enum clock_kind kind)
{
    switch (kind) {
    case CLOCK_KIND_VIRTUAL: return virtual_now_ns(clocks);
    case CLOCK_KIND_HOST:
        return clocks->virtual_now ? clocks->start_date_ns + virtual_now_ns(clocks) : host_ns(CLOCK_REALTIME);
    default: return host_ns(CLOCK_MONOTONIC);
    }
}

/* ---- The timerfd ---- */

/* Whether the host's clock drives this kind. */
static bool runs_by_host(const struct clocks *clocks, enum clock_kind kind)
{
    return kind == CLOCK_KIND_REAL || !clocks->virtual_now;
}

/* Lock held. The host's monotonic time at which the first timer of a kind is due; INT64_MAX: none is. */
static int64_t due_ns(struct clocks *clocks, enum clock_kind kind, int64_t monotonic)
{
    const struct timer *timer = clocks->first[kind];
    if (!timer || !runs_by_host(clocks, kind) || (kind == CLOCK_KIND_VIRTUAL && clocks->stopped)) {
        return INT64_MAX;
    }
    int64_t now = kind == CLOCK_KIND_REAL ? monotonic : clock_now_ns(clocks, kind);
    int64_t wait = timer->expires_ns > now ? timer->expires_ns - now : 0;
    return wait < INT64_MAX - monotonic ? monotonic + wait : INT64_MAX - 1;
}

static int64_t guest_due_ns(struct clocks *clocks, int64_t monotonic)
{
    int64_t virtual = due_ns(clocks, CLOCK_KIND_VIRTUAL, monotonic), host = due_ns(clocks, CLOCK_KIND_HOST, monotonic);
    return virtual < host ? virtual : host;
}

/* Lock held. When the timerfd is to wake its watcher, on the host's monotonic clock; guest: guest_due_ns(). */
static int64_t wanted_wake_ns(struct clocks *clocks, int64_t monotonic, int64_t guest)
{
    const int64_t real = due_ns(clocks, CLOCK_KIND_REAL, monotonic);
    if (clocks->watcher) {
        guest = guest < INT64_MAX - WATCH_GRACE_NS ? guest + WATCH_GRACE_NS : INT64_MAX;
    }
    return guest < real ? guest : real;
}

/* Lock held. */
static void set_wake_at(struct clocks *clocks, int64_t wake_ns)
{
    clocks->wake_ns = wake_ns;
    struct itimerspec spec = { 0 };
    if (wake_ns != INT64_MAX) {
        spec.it_value = (struct timespec){ wake_ns / NS_PER_S, wake_ns % NS_PER_S };
        if (!wake_ns) {
            spec.it_value.tv_nsec = 1;
        }
    }
    timerfd_settime(clocks->wake_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* Lock held. */
static void set_wake(struct clocks *clocks)
{
    if (clocks->wake_fd < 0 || clocks->in_round) {
        return;
    }
    const int64_t monotonic = host_ns(CLOCK_MONOTONIC);
    const int64_t wake_ns = wanted_wake_ns(clocks, monotonic, guest_due_ns(clocks, monotonic));
    if (wake_ns < clocks->wake_ns) {
        set_wake_at(clocks, wake_ns);
    }
}

int clocks_wake_fd(struct clocks *clocks)
{
    g_mutex_lock(&clocks->lock);
    if (clocks->wake_fd < 0) {
        clocks->wake_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        set_wake(clocks);
    }
    g_mutex_unlock(&clocks->lock);
    return clocks->wake_fd;
}

/* ---- Timers ---- */

struct timer *timer_new(struct clocks *clocks, enum clock_kind kind, void (*expired)(void *opaque), void *opaque)
{
    struct timer *timer = g_new0(struct timer, 1);
    *timer = (struct timer){ .clocks = clocks, .kind = kind, .expired = expired, .opaque = opaque };
    return timer;
}

/* Lock held. Returns whether the timer was the first of its clock. */
static bool unlink_timer(struct timer *timer)
{
    struct timer **link = &timer->clocks->first[timer->kind];
    if (!timer->armed) {
        return false;
    }
    bool was_first = *link == timer;
    while (*link != timer) {
        link = &(*link)->next;
    }
    *link = timer->next;
    timer->next = NULL;
    timer->armed = false;
    return was_first;
}

void timer_free(struct timer *timer)
{
    if (timer) {
        timer_cancel(timer);
        g_free(timer);
    }
}

void timer_arm(struct timer *timer, int64_t expires_ns)
{
    struct clocks *clocks = timer->clocks;
    g_mutex_lock(&clocks->lock);
    bool moved = unlink_timer(timer);
    struct timer **link = &clocks->first[timer->kind];
    while (*link && (*link)->expires_ns <= expires_ns) {
        link = &(*link)->next;
    }
    timer->expires_ns = expires_ns;
    timer->next = *link;
    timer->armed = true;
    *link = timer;
    bool nearer = clocks->first[timer->kind] == timer;
    if (nearer || moved) {
        set_wake(clocks);
    }
    bool watched = nearer && timer->kind != CLOCK_KIND_REAL && clocks->watcher;
    void (*watcher)(void *opaque) = clocks->watcher;
    void *watcher_opaque = clocks->watcher_opaque;
    g_mutex_unlock(&clocks->lock);
    if (watched) {
        watcher(watcher_opaque);
    }
    if (nearer && clocks->notify) {
        clocks->notify(clocks->notify_opaque);
    }
}

void timer_cancel(struct timer *timer)
{
    g_mutex_lock(&timer->clocks->lock);
    unlink_timer(timer);
    g_mutex_unlock(&timer->clocks->lock);
}

bool timer_armed(const struct timer *timer)
{
    return timer->armed;
}

/* ---- For whoever drives time ---- */

struct clocks *clocks_new(void)
{
    struct clocks *clocks = g_new0(struct clocks, 1);
    g_mutex_init(&clocks->lock);
    clocks->wake_fd = -1;
    clocks->wake_ns = INT64_MAX;
    clocks->virtual_offset_ns = -host_ns(CLOCK_MONOTONIC);
    return clocks;
}

void clocks_free(struct clocks *clocks)
{
    if (clocks) {
        if (clocks->wake_fd >= 0) {
            close(clocks->wake_fd);
        }
        g_mutex_clear(&clocks->lock);
        g_free(clocks);
    }
}

void clocks_set_start_date(struct clocks *clocks, int64_t ns_since_1970)
{
    clocks->start_date_ns = ns_since_1970;
}

void clocks_set_virtual_source(struct clocks *clocks, int64_t (*now_ns)(void *opaque), void *opaque)
{
    g_mutex_lock(&clocks->lock);
    clocks->virtual_opaque = opaque;
    clocks->virtual_now = now_ns;
    if (!clocks->start_date_ns) {
        clocks->start_date_ns = CLOCK_DEFAULT_START_S * NS_PER_S;
    }
    set_wake(clocks);
    g_mutex_unlock(&clocks->lock);
}

bool clocks_are_stopped(const struct clocks *clocks)
{
    return atomic_load_explicit(&clocks->stopped, memory_order_acquire);
}

void clocks_stop(struct clocks *clocks)
{
    g_mutex_lock(&clocks->lock);
    if (!clocks->stopped) {
        clocks->stopped_at_ns = host_ns(CLOCK_MONOTONIC) + clocks->virtual_offset_ns;
        atomic_store_explicit(&clocks->stopped, true, memory_order_release);
        set_wake(clocks);
    }
    g_mutex_unlock(&clocks->lock);
}

void clocks_resume(struct clocks *clocks)
{
    g_mutex_lock(&clocks->lock);
    if (clocks->stopped) {
        clocks->virtual_offset_ns = clocks->stopped_at_ns - host_ns(CLOCK_MONOTONIC);
        atomic_store_explicit(&clocks->stopped, false, memory_order_release);
        set_wake(clocks);
    }
    g_mutex_unlock(&clocks->lock);
}

int64_t clocks_next_deadline_ns(struct clocks *clocks, enum clock_kind kind)
{
    g_mutex_lock(&clocks->lock);
    int64_t deadline = clocks->first[kind] ? clocks->first[kind]->expires_ns : INT64_MAX;
    g_mutex_unlock(&clocks->lock);
    return deadline;
}

/* Takes the first timer off the list when its time has come. */
static struct timer *pop_expired(struct clocks *clocks, enum clock_kind kind, int64_t now)
{
    g_mutex_lock(&clocks->lock);
    struct timer *timer = clocks->first[kind];
    if (timer && timer->expires_ns <= now) {
        unlink_timer(timer);
    } else {
        timer = NULL;
    }
    g_mutex_unlock(&clocks->lock);
    return timer;
}

/* The time is read once: a timer that arms itself for the past again waits for the next round instead of
 * keeping us here for ever. */
static void run_kind(struct clocks *clocks, enum clock_kind kind)
{
    int64_t now = clock_now_ns(clocks, kind);
    unsigned rounds = 0;
    for (struct timer *timer; rounds < 1000 && (timer = pop_expired(clocks, kind, now)); rounds++) {
        timer->expired(timer->opaque);
    }
}

static void run_guest_time(struct clocks *clocks)
{
    if (!clocks->stopped || clocks->virtual_now) {
        run_kind(clocks, CLOCK_KIND_VIRTUAL);
    }
    run_kind(clocks, CLOCK_KIND_HOST);
}

void clocks_run_expired(struct clocks *clocks)
{
    run_guest_time(clocks);
    if (!clocks->virtual_now) {
        run_kind(clocks, CLOCK_KIND_REAL);
    }
}

void clocks_run_woken(struct clocks *clocks)
{
    uint64_t count;
    g_mutex_lock(&clocks->lock);
    clocks->in_round = true;
    if (clocks->wake_fd >= 0 && read(clocks->wake_fd, &count, sizeof(count)) > 0) {
        clocks->wake_ns = INT64_MAX;    /* one shot, now off */
    }
    g_mutex_unlock(&clocks->lock);
    if (clocks->virtual_now) {
        run_kind(clocks, CLOCK_KIND_REAL);
    } else {
        clocks_run_expired(clocks);
    }
    g_mutex_lock(&clocks->lock);
    clocks->in_round = false;
    set_wake(clocks);
    g_mutex_unlock(&clocks->lock);
}

bool clocks_watch_begin(struct clocks *clocks, void (*nearer)(void *opaque), void *opaque)
{
    g_mutex_lock(&clocks->lock);
    bool free = !clocks->watcher && !clocks->virtual_now;
    if (free) {
        clocks->watcher = nearer;
        clocks->watcher_opaque = opaque;
    }
    g_mutex_unlock(&clocks->lock);
    return free;
}

int64_t clocks_watch_deadline_ns(struct clocks *clocks)
{
    g_mutex_lock(&clocks->lock);
    const int64_t monotonic = host_ns(CLOCK_MONOTONIC), due = guest_due_ns(clocks, monotonic);
    const int64_t wake_ns = wanted_wake_ns(clocks, monotonic, due);
    if (clocks->wake_fd >= 0 && wake_ns != clocks->wake_ns) {
        set_wake_at(clocks, wake_ns);
    }
    g_mutex_unlock(&clocks->lock);
    return due;
}

void clocks_watch_run(struct clocks *clocks)
{
    run_guest_time(clocks);
}

void clocks_watch_end(struct clocks *clocks)
{
    g_mutex_lock(&clocks->lock);
    clocks->watcher = NULL;
    set_wake(clocks);
    g_mutex_unlock(&clocks->lock);
}

void clocks_set_notify(struct clocks *clocks, void (*notify)(void *opaque), void *opaque)
{
    clocks->notify = notify;
    clocks->notify_opaque = opaque;
}
