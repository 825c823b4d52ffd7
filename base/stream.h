/* SPDX-License-Identifier: MIT */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H
/*
 * One connection to the outside: a socket's client, the terminal, a pseudo-terminal. Nothing blocks; what cannot be sent
 * waits in a bounded buffer.
 *
 * Threads: stream_write from any; everything else, and all callbacks, in the main loop. stream_free may be called in
 * `closed` and `ended`, not in the other callbacks.
 */
#include <stdbool.h>
#include <stdint.h>
#include <glib.h>

struct stream;

struct stream_client {
    void *opaque;
    unsigned (*room)(void *opaque);             /* bytes that it takes now; NULL: as many as come */
    void (*received)(void *opaque, const uint8_t *bytes, unsigned count);
    void (*closed)(void *opaque);               /* the other side is gone, or was thrown out; free the stream, now or later */
    void (*ended)(void *opaque);                /* optional: it sends no more but may still read; NULL: as closed */
    void (*break_seen)(void *opaque);           /* optional: telnet's BREAK */
};

enum stream_overflow {
    STREAM_DROP,                /* what has no room is lost, after a short wait: a serial line */
    STREAM_CLOSE,               /* the other side is thrown out: half an answer is no answer */
};
struct stream_options {
    bool telnet;
    bool keep_open;             /* descriptors are not closed with the stream: the terminal */
    enum stream_overflow overflow;
    unsigned most_bytes;        /* that wait to be sent */
};

/* in, out: descriptors, the same for sockets; -1: none. */
struct stream *stream_new(int in, int out, const struct stream_options *options, const struct stream_client *client);
void stream_free(struct stream *stream);
void stream_write(struct stream *stream, const uint8_t *bytes, unsigned count);
/* The client has room again. */
void stream_resume(struct stream *stream);
/* Ends when everything is sent: `closed` is called then, from the main loop, even if it is at once. */
void stream_finish(struct stream *stream);

#endif
