/* SPDX-License-Identifier: MIT */
#ifndef HW_NET_OFFLOAD_H
#define HW_NET_OFFLOAD_H
/*
 * What network cards do for drivers: Internet checksums (RFC 1071) and cutting large TCP segments into frames. Offsets
 * come from drivers and are believed nothing of.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/network.h"

/* Where the parts of a frame are, as far as they are inside it. */
struct offload_layout {
    unsigned l3, l4, payload;       /* offsets; l4 0: no TCP or UDP that could be read; payload: behind its header */
    unsigned end;                   /* of the IP packet; Ethernet padding follows */
    uint8_t version, protocol;      /* 4 or 6, 0: no IP */
    bool fragment;                  /* of IPv4: its checksum over TCP or UDP cannot be checked */
};

enum { OFFLOAD_TCP = 6, OFFLOAD_UDP = 17 };
/* What offload_check found. */
enum { OFFLOAD_IP_GOOD = 1, OFFLOAD_IP_BAD = 2, OFFLOAD_L4_GOOD = 4, OFFLOAD_L4_BAD = 8 };

/* The sum of 16-bit words in network order, folded to 16 bits, not inverted. An odd byte at the end counts as high
 * byte. */
uint16_t offload_sum(const uint8_t *data, size_t bytes);
void offload_layout(const uint8_t *frame, size_t bytes, struct offload_layout *layout);
/* Which checksums are there, and whether they are right. */
unsigned offload_check(const uint8_t *frame, size_t bytes, const struct offload_layout *layout);
/* Puts the checksum of [start, end) at `at`; the field's old contents take part (a pseudo header's sum). false: an
 * offset is outside the frame; nothing was done. */
bool offload_put_checksum(uint8_t *frame, size_t bytes, unsigned start, unsigned end, unsigned at);

/* Sends a frame whose TCP (or UDP) payload is to go out in pieces of at most mss bytes: whole when the other end
 * takes large ones. headers: bytes before the payload. IP lengths, numbers and all checksums are filled in. false:
 * no such frame can be made of it (not IP, headers that do not fit, an mss below 32); nothing was sent. frame may be
 * changed. */
bool offload_send_segments(struct network_end *end, uint8_t *frame, size_t bytes, unsigned headers, unsigned mss);

#endif
