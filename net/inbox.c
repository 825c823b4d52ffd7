/* SPDX-License-Identifier: MIT */
/*
 * The one way in for frames from outside.
 *
 *   back end's thread -> add (no lock) -> deliver -> machine lock -> network_send          at once
 *                                            \-> waiting -> timer of guest time -> network_send     with -icount, or
 *                                                                                             while the machine stands still
 *
 * With -icount a run that is to be repeated has to record what the timer's callback sends, and when; nothing else.
 */
#include "net/internal.h"

enum { WAITING_MOST = 4096 };

struct net_inbox {
    struct net_host host;
    struct network_end *end;
    GQueue fresh;                   /* of GBytes; the back end's thread */
    GQueue waiting;                 /* machine lock */
    struct timer *timer;
};

static void send_all(struct net_inbox *inbox, GQueue *frames)
{
    for (GBytes *frame; (frame = g_queue_pop_head(frames));) {
        gsize bytes;
        const uint8_t *data = g_bytes_get_data(frame, &bytes);
        network_send(inbox->end, data, bytes);
        g_bytes_unref(frame);
    }
}

static void on_time(void *opaque)
{
    struct net_inbox *inbox = opaque;
    send_all(inbox, &inbox->waiting);
}

struct net_inbox *net_inbox_new(const struct net_host *host, struct network_end *end)
{
    struct net_inbox *inbox = g_new0(struct net_inbox, 1);
    inbox->host = *host;
    inbox->end = end;
    inbox->timer = timer_new(host->clocks, CLOCK_KIND_VIRTUAL, on_time, inbox);
    return inbox;
}

void net_inbox_free(struct net_inbox *inbox)
{
    g_mutex_lock(inbox->host.lock);
    timer_free(inbox->timer);
    g_queue_clear_full(&inbox->fresh, (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&inbox->waiting, (GDestroyNotify)g_bytes_unref);
    g_mutex_unlock(inbox->host.lock);
    g_free(inbox);
}

void net_inbox_add(struct net_inbox *inbox, const void *frame, size_t bytes)
{
    g_queue_push_tail(&inbox->fresh, g_bytes_new(frame, bytes));
}

void net_inbox_deliver(struct net_inbox *inbox)
{
    if (!inbox->fresh.length) {
        return;
    }
    g_mutex_lock(inbox->host.lock);
    bool at_once = !inbox->host.deterministic && !clocks_are_stopped(inbox->host.clocks);
    if (at_once && !inbox->waiting.length) {
        send_all(inbox, &inbox->fresh);
    } else {
        for (GBytes *frame; (frame = g_queue_pop_head(&inbox->fresh));) {
            if (inbox->waiting.length < WAITING_MOST) {
                g_queue_push_tail(&inbox->waiting, frame);
            } else {
                g_bytes_unref(frame);
            }
        }
        timer_arm(inbox->timer, clock_now_ns(inbox->host.clocks, CLOCK_KIND_VIRTUAL));
    }
    g_mutex_unlock(inbox->host.lock);
}
