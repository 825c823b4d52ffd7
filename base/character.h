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
};

/*
 * "none"/"null"; "file:PATH"; "stdio": the terminal, raw, but keys such as Ctrl-c still make signals; "mon:stdio": all
 * keys go to the guest but Ctrl-a and what follows it: x leaves, a is Ctrl-a itself, h lists these.
 * error: unknown kind, or the host said no.
 */
struct character *character_open(const char *spec, GError **error);
void character_free(struct character *character);
void character_set_client(struct character *character, const struct character_client *client);
void character_set_lock(struct character *character, GMutex *machine_lock);
/* Never blocks for long; bytes that the outside cannot take are dropped. */
void character_write(struct character *character, const uint8_t *bytes, unsigned count);
/* Called from the main loop when the user asks to leave (Ctrl-a x). */
void character_set_leave(struct character *character, void (*leave)(void *opaque), void *opaque);
/* The device has room again. */
void character_accept(struct character *character);

#endif
