/* SPDX-License-Identifier: MIT */
#ifndef BASE_CHARACTER_H
#define BASE_CHARACTER_H
/* A byte stream between a device (serial port, debug console, monitor) and the outside. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <glib.h>

struct character;
/* The device's end: called from the main loop with the machine lock held. */
struct character_client {
    void *device;
    unsigned (*can_receive)(void *device);          /* bytes it has room for */
    void (*receive)(void *device, const uint8_t *bytes, unsigned count);
    void (*break_seen)(void *device);               /* optional: the line was held low (telnet's BREAK, Ctrl-a b) */
};

/* Where a socket is. */
struct character_address {
    char *host, *port, *path;       /* path: a UNIX socket */
    int fd;                         /* -1; else a socket that was handed to the process, listening with server */
    bool server, wait, telnet;
    unsigned reconnect_s;           /* 0: never */
};

/*
 * "none"/"null"/"vc"; "file:PATH"; "pipe:PATH" (PATH.in and PATH.out, or PATH for both); "pty"; "tcp:", "telnet:"
 * "HOST:PORT" or "unix:PATH", each with [,server[=on]][,nowait][,reconnect=SECONDS]; "stdio": the terminal, raw, but
 * keys such as Ctrl-c still make signals. "mon:" before any: Ctrl-a and what follows it are ours (Ctrl-a h lists them),
 * everything else goes to the device or, after Ctrl-a c, to the monitor.
 * A server without nowait waits for its first client. What is written before the first client comes is kept for it, the
 * last 64 KiB. error: unknown kind, or the host said no.
 */
struct character *character_open(const char *spec, GError **error);
void character_free(struct character *character);
/* The part behind "tcp:", "telnet:" or "unix:"; false: error. Clear it. */
bool character_parse_address(const char *kind, const char *rest, struct character_address *address, GError **error);
void character_address_clear(struct character_address *address);
/* -1: error. */
int character_listen(const struct character_address *address, GError **error);
int character_connect(const struct character_address *address, GError **error);
/* Says so and waits until somebody connects to what character_listen returned. error: a signal came. */
bool character_wait(int listener, const char *spec, GError **error);
/* "telnet:127.0.0.1:5001,server=on" or "disconnected:..." while nobody is there; free it. */
char *character_describe(struct character *character);
/* What monitors call it; NULL: no name. */
void character_set_label(struct character *character, const char *label);
const char *character_label(const struct character *character);

void character_set_client(struct character *character, const struct character_client *client);
/* The device sees a break. Machine lock not held. */
void character_send_break(struct character *character);
void character_set_lock(struct character *character, GMutex *machine_lock);
/* With "mon:": the monitor's end, called without the lock. focus: it is spoken to from now on, or no more. */
bool character_is_shared(const struct character *character);
struct character_monitor {
    void *opaque;
    void (*receive)(void *opaque, const uint8_t *bytes, unsigned count);
    void (*focus)(void *opaque, bool on);
};
void character_set_monitor(struct character *character, const struct character_monitor *monitor);

/* Never blocks for long; bytes that the outside cannot take are dropped. Any thread. */
void character_write(struct character *character, const uint8_t *bytes, unsigned count);
/* Called from the main loop when the user asks to leave (Ctrl-a x). */
void character_set_leave(struct character *character, void (*leave)(void *opaque), void *opaque);
/* The device has room again. */
void character_accept(struct character *character);

#endif
