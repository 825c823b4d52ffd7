/* SPDX-License-Identifier: MIT */
#ifndef BASE_TELNET_H
#define BASE_TELNET_H
/* The telnet protocol (RFC 854, 856, 857, 858) as a filter in both directions: a server for one character at a time. */
#include <stdbool.h>
#include <stdint.h>
#include <glib.h>

struct telnet {
    uint8_t state, command;
    bool after_cr;              /* a NUL that follows is padding */
    bool binary;                /* the client sends 8-bit data as it is */
};

/* What the server says first: it echoes, suppresses go-ahead, is binary both ways. */
extern const uint8_t telnet_greeting[12];

/* Takes commands out of what a client sent, in place; returns how much data remains. *breaks counts BREAKs. Requests are
 * not answered but by the greeting, so no loop of answers can arise. */
unsigned telnet_input(struct telnet *telnet, uint8_t *bytes, unsigned count, unsigned *breaks);
/* Appends data with 0xff doubled. */
void telnet_output(GByteArray *out, const uint8_t *bytes, unsigned count);

#endif
