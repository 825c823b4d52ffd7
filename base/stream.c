/* SPDX-License-Identifier: MIT */
/*
 * A connection: input is read while its client has room, output is sent at once as far as it goes and the rest by the
 * main loop. With STREAM_DROP the first overflow waits for WAIT_MS, later ones not before everything was sent once: a
 * reader that is only slow loses nothing, one that stopped costs the guest that wait once.
 */
#define _GNU_SOURCE         /* POLLRDHUP */
#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/stream.h"
#include "base/telnet.h"

enum { READ_BYTES = 4096, WRITE_BYTES = 4096, WAIT_MS = 200 };

struct stream {
    int in, out;
    bool socket;
    struct stream_options options;
    struct stream_client client;
    struct telnet telnet;
    guint in_watch, gone_watch;
    bool ended;                 /* nothing more to read */
    GMutex lock;                /* of what follows */
    GByteArray *pending;
    guint out_watch, close_idle;
    bool stalled, finishing, failed;
};

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque);

/* ---- Output; the stream's lock is held ---- */

static gboolean on_close(gpointer opaque)
{
    struct stream *stream = opaque;
    g_mutex_lock(&stream->lock);
    stream->close_idle = 0;
    g_mutex_unlock(&stream->lock);
    stream->client.closed(stream->client.opaque);
    return G_SOURCE_REMOVE;
}

static void schedule_close(struct stream *stream)
{
    if (!stream->close_idle) {
        stream->close_idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_close, stream, NULL);
    }
}

static void fail(struct stream *stream)
{
    stream->failed = true;
    g_byte_array_set_size(stream->pending, 0);
    schedule_close(stream);
}

static ssize_t send_some(struct stream *stream)
{
    size_t count = stream->pending->len;
    if (stream->socket) {
        return send(stream->out, stream->pending->data, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    struct pollfd ready = { .fd = stream->out, .events = POLLOUT };
    if (poll(&ready, 1, 0) <= 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(stream->out, stream->pending->data, MIN(count, WRITE_BYTES));     /* a ready pipe has room for that */
}

static void send_all(struct stream *stream)
{
    while (stream->pending->len) {
        ssize_t sent = send_some(stream);
        if (sent > 0) {
            g_byte_array_remove_range(stream->pending, 0, (guint)sent);
        } else if (sent < 0 && errno == EINTR) {
            continue;
        } else {
            if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
                fail(stream);
            }
            return;
        }
    }
    stream->stalled = false;
    if (stream->finishing) {
        schedule_close(stream);
    }
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer opaque)
{
    struct stream *stream = opaque;
    g_mutex_lock(&stream->lock);
    if (condition & (G_IO_ERR | G_IO_NVAL)) {
        fail(stream);
    }
    send_all(stream);
    bool more = stream->pending->len != 0;
    if (!more) {
        stream->out_watch = 0;
    }
    g_mutex_unlock(&stream->lock);
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Makes room for count bytes, if that is possible. */
static bool make_room(struct stream *stream, unsigned count)
{
    if (stream->pending->len + count <= stream->options.most_bytes) {
        return true;
    }
    if (stream->options.overflow == STREAM_CLOSE) {
        fail(stream);
        return false;
    }
    struct pollfd ready = { .fd = stream->out, .events = POLLOUT };
    if (!stream->stalled && poll(&ready, 1, WAIT_MS) > 0) {
        send_all(stream);
    }
    stream->stalled |= stream->pending->len + count > stream->options.most_bytes;
    return !stream->stalled;
}

/* What does not fit into the buffer at once goes piece by piece, each as soon as there is room. */
void stream_write(struct stream *stream, const uint8_t *bytes, unsigned count)
{
    g_mutex_lock(&stream->lock);
    do {
        unsigned part = MIN(count, WRITE_BYTES);
        if (stream->out < 0 || stream->failed || !make_room(stream, part)) {
            break;
        }
        if (stream->options.telnet) {
            telnet_output(stream->pending, bytes, part);
        } else {
            g_byte_array_append(stream->pending, bytes, part);
        }
        send_all(stream);
        bytes += part;
        count -= part;
    } while (count);
    if (stream->pending->len && !stream->out_watch) {
        stream->out_watch = g_unix_fd_add(stream->out, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_output, stream);
    }
    g_mutex_unlock(&stream->lock);
}

void stream_finish(struct stream *stream)
{
    g_mutex_lock(&stream->lock);
    stream->finishing = true;
    if (!stream->pending->len) {
        schedule_close(stream);
    }
    g_mutex_unlock(&stream->lock);
}

/* ---- Input ---- */

static void unwatch(guint *watch)
{
    if (*watch) {
        g_source_remove(*watch);
        *watch = 0;
    }
}

static gboolean on_gone(gint fd, GIOCondition condition, gpointer opaque)
{
    struct stream *stream = opaque;
    stream->gone_watch = 0;
    stream->client.closed(stream->client.opaque);
    return G_SOURCE_REMOVE;
}

/* Reads while there is room; otherwise only looks whether the other side has gone. */
static void watch_input(struct stream *stream)
{
    bool room = !stream->client.room || stream->client.room(stream->client.opaque);
    if (stream->in < 0 || stream->ended) {
        return;
    }
    if (room && !stream->in_watch) {
        stream->in_watch = g_unix_fd_add(stream->in, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, stream);
        unwatch(&stream->gone_watch);
    } else if (!room) {
        unwatch(&stream->in_watch);
        if (!stream->gone_watch && stream->socket) {
            stream->gone_watch = g_unix_fd_add(stream->in, G_IO_HUP | G_IO_ERR | (GIOCondition)POLLRDHUP, on_gone, stream);
        }
    }
}

static void end_input(struct stream *stream)
{
    unwatch(&stream->in_watch);
    if (stream->client.ended) {
        stream->ended = true;
        stream->client.ended(stream->client.opaque);
    } else {
        stream->client.closed(stream->client.opaque);
    }
}

/* The stream may be freed by each callback that can end it; those come last. */
static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct stream *stream = opaque;
    uint8_t bytes[READ_BYTES];
    unsigned breaks = 0, room = stream->client.room ? stream->client.room(stream->client.opaque) : READ_BYTES;
    ssize_t count = room ? read(fd, bytes, MIN(room, READ_BYTES)) : 0;
    if (!room) {
        watch_input(stream);
        return G_SOURCE_CONTINUE;
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        end_input(stream);
        return G_SOURCE_CONTINUE;
    }
    if (count > 0 && stream->options.telnet) {
        count = telnet_input(&stream->telnet, bytes, (unsigned)count, &breaks);
    }
    while (stream->client.break_seen && breaks--) {
        stream->client.break_seen(stream->client.opaque);
    }
    if (count > 0) {
        stream->client.received(stream->client.opaque, bytes, (unsigned)count);
    }
    return G_SOURCE_CONTINUE;
}

void stream_resume(struct stream *stream)
{
    watch_input(stream);
}

/* ---- Life ---- */

struct stream *stream_new(int in, int out, const struct stream_options *options, const struct stream_client *client)
{
    struct stream *stream = g_new0(struct stream, 1);
    struct stat status;
    stream->in = in;
    stream->out = out;
    stream->socket = out >= 0 && !fstat(out, &status) && S_ISSOCK(status.st_mode);
    stream->options = *options;
    stream->client = *client;
    stream->pending = g_byte_array_new();
    g_mutex_init(&stream->lock);
    if (options->telnet) {
        g_byte_array_append(stream->pending, telnet_greeting, sizeof(telnet_greeting));
        stream_write(stream, NULL, 0);
    }
    watch_input(stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    if (!stream) {
        return;
    }
    unwatch(&stream->in_watch);
    unwatch(&stream->gone_watch);
    g_mutex_lock(&stream->lock);
    unwatch(&stream->out_watch);
    unwatch(&stream->close_idle);
    g_mutex_unlock(&stream->lock);
    if (!stream->options.keep_open && stream->out >= 0) {
        close(stream->out);
        if (stream->in >= 0 && stream->in != stream->out) {
            close(stream->in);
        }
    }
    g_byte_array_free(stream->pending, TRUE);
    g_mutex_clear(&stream->lock);
    g_free(stream);
}
