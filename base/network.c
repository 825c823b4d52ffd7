/* SPDX-License-Identifier: MIT */
/*
 * Cables between network cards and back ends. A frame goes straight from network_send into the other end's receive, or
 * into that end's queue when it has no room or is in the middle of receiving. The queue is bounded; beyond it frames
 * are lost, as on a real cable's other side.
 */
#include "base/network.h"
#include <glib.h>
#include <stdio.h>

enum { QUEUE_FRAMES_MOST = 4096, QUEUE_BYTES_MOST = 8 << 20 };

struct network_end {
    char *name;
    struct network_client client;
    struct network_end *peer;
    bool up, receiving;
    GQueue queue;                   /* of GBytes: wait for network_accept */
    size_t queue_bytes;
    struct network_counters sent;
    GArray *taps;                   /* of struct network_tap */
};

struct network_end *network_end_new(const char *name, const struct network_client *client)
{
    struct network_end *end = g_new0(struct network_end, 1);
    end->name = g_strdup(name);
    end->client = *client;
    end->up = true;
    end->taps = g_array_new(FALSE, FALSE, sizeof(struct network_tap));
    g_queue_init(&end->queue);
    return end;
}

static void drop_queue(struct network_end *end)
{
    g_queue_foreach(&end->queue, (GFunc)(void (*)(void))g_bytes_unref, NULL);
    g_queue_clear(&end->queue);
    end->queue_bytes = 0;
}

void network_end_free(struct network_end *end)
{
    if (!end) {
        return;
    }
    if (end->peer) {
        end->peer->peer = NULL;
    }
    drop_queue(end);
    g_array_free(end->taps, TRUE);
    g_free(end->name);
    g_free(end);
}

static void tell_link(struct network_end *end)
{
    if (end->client.link_changed) {
        end->client.link_changed(end->client.opaque, network_link_up(end));
    }
}

static void tell_both(struct network_end *end)
{
    tell_link(end);
    if (end->peer) {
        tell_link(end->peer);
    }
}

void network_plug(struct network_end *one, struct network_end *other)
{
    g_assert(!one->peer && !other->peer);
    one->peer = other;
    other->peer = one;
    tell_both(one);
}

/* ---- Frames ---- */

static void show(struct network_end *end, const uint8_t *frame, size_t bytes)
{
    for (unsigned i = 0; i < end->taps->len; i++) {
        const struct network_tap *tap = &g_array_index(end->taps, struct network_tap, i);
        tap->frame(tap->opaque, frame, bytes);
    }
}

static void hand_over(struct network_end *end, const uint8_t *frame, size_t bytes)
{
    end->receiving = true;
    show(end, frame, bytes);
    end->client.receive(end->client.opaque, frame, bytes);
    end->receiving = false;
}

static bool has_room(struct network_end *end)
{
    return !end->receiving && (!end->client.can_receive || end->client.can_receive(end->client.opaque));
}

/* The queue goes first, so that frames keep their order. */
void network_accept(struct network_end *end)
{
    while (end->queue.length && has_room(end)) {
        GBytes *frame = g_queue_pop_head(&end->queue);
        gsize bytes;
        const uint8_t *data = g_bytes_get_data(frame, &bytes);
        end->queue_bytes -= bytes;
        hand_over(end, data, bytes);
        g_bytes_unref(frame);
    }
}

/* false: lost. */
static bool enqueue(struct network_end *end, const uint8_t *frame, size_t bytes)
{
    if (end->queue.length >= QUEUE_FRAMES_MOST || end->queue_bytes + bytes > QUEUE_BYTES_MOST) {
        return false;
    }
    g_queue_push_tail(&end->queue, g_bytes_new(frame, bytes));
    end->queue_bytes += bytes;
    return true;
}

void network_send(struct network_end *end, const uint8_t *frame, size_t bytes)
{
    struct network_end *peer = end->peer;
    if (!peer || !network_link_up(end) || bytes < NETWORK_FRAME_LEAST || bytes > NETWORK_FRAME_MOST) {
        end->sent.dropped++;
        return;
    }
    show(end, frame, bytes);
    if (!peer->queue.length && has_room(peer)) {
        hand_over(peer, frame, bytes);
        network_accept(peer);           /* what came while it was receiving */
    } else if (!enqueue(peer, frame, bytes)) {
        end->sent.dropped++;
        return;
    }
    end->sent.frames++;
    end->sent.bytes += bytes;
}

/* ---- Link, names, taps ---- */

bool network_link_up(const struct network_end *end)
{
    return end->up && (!end->peer || end->peer->up);
}

void network_set_link(struct network_end *end, bool up)
{
    if (end->up == up) {
        return;
    }
    end->up = up;
    if (!up) {
        drop_queue(end);
        if (end->peer) {
            drop_queue(end->peer);
        }
    }
    tell_both(end);
}

struct network_counters network_sent(const struct network_end *end)
{
    return end->sent;
}

const char *network_name(const struct network_end *end)
{
    return end->name;
}

struct network_end *network_peer(const struct network_end *end)
{
    return end->peer;
}

bool network_peer_takes_large(const struct network_end *end)
{
    return end->peer && end->peer->client.takes_large;
}

void network_add_tap(struct network_end *end, const struct network_tap *tap)
{
    g_array_append_vals(end->taps, tap, 1);
}

void network_remove_tap(struct network_end *end, const void *opaque)
{
    for (unsigned i = end->taps->len; i-- > 0;) {
        if (g_array_index(end->taps, struct network_tap, i).opaque == opaque) {
            g_array_remove_index(end->taps, i);
        }
    }
}

bool network_parse_mac(const char *text, uint8_t mac[NETWORK_MAC_BYTES])
{
    for (unsigned i = 0; i < NETWORK_MAC_BYTES; i++) {
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1])) {
            return false;
        }
        mac[i] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        text += 2;
        char separator = i == NETWORK_MAC_BYTES - 1 ? '\0' : ':';
        if (*text != separator && !(separator && *text == '-')) {
            return false;
        }
        text++;
    }
    return !(mac[0] & 1);
}
