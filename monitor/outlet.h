/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_OUTLET_H
#define MONITOR_OUTLET_H
/* Somebody at the other end, of a monitor or of gdb: a socket's client, or a character (the terminal, a pty, a pipe). Main loop. */
#include "base/character.h"
#include "base/stream.h"
#include "monitor/internal.h"

struct outlet {
    struct stream *stream;              /* or */
    struct character *character;
    bool owns_character;
};

/* What a session writes to; the outlet outlives it. */
struct session_output outlet_output(struct outlet *outlet);
void outlet_write(struct outlet *outlet, const uint8_t *bytes, unsigned count);
/* A client of a socket: who does not read most_bytes of answers is thrown out. */
void outlet_accept(struct outlet *outlet, int fd, bool telnet, unsigned most_bytes, const struct stream_client *client);
/* "stdio", "pty", ...: received(opaque) gets what comes. */
bool outlet_open(struct outlet *outlet, const char *spec, void *opaque,
                 void (*received)(void *opaque, const uint8_t *bytes, unsigned count), GError **error);
void outlet_close(struct outlet *outlet);

#endif
