/* SPDX-License-Identifier: MIT */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H
/*
 * A network card's cable. Two ends are plugged together: the card's and that of a back end in net/ (user NAT, sockets,
 * ...). Frames are Ethernet frames without preamble and FCS, 14 to NETWORK_FRAME_MOST bytes; anything may be in them.
 *
 * Threads: machine lock held in all calls and callbacks. Nothing blocks. An answer may come while the question is being
 * sent: `receive` of an end can be called from inside its own network_send, never from inside itself.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETWORK_FRAME_LEAST = 14, NETWORK_FRAME_MOST = 65550, NETWORK_MAC_BYTES = 6 };

struct network_end;

struct network_client {
    void *opaque;
    /* Room for a frame now? false: frames are queued (a bounded number, then dropped) until network_accept. */
    bool (*can_receive)(void *opaque);
    void (*receive)(void *opaque, const uint8_t *frame, size_t bytes);
    void (*link_changed)(void *opaque, bool up);        /* optional */
    /* Takes IPv4 and IPv6 TCP segments larger than the cable's MTU, up to NETWORK_FRAME_MOST. Others get them cut. */
    bool takes_large;
};

/* An end belongs to whoever made it; freeing it unplugs it. name for logs, "info network" and captures. */
struct network_end *network_end_new(const char *name, const struct network_client *client);
void network_end_free(struct network_end *end);
void network_plug(struct network_end *one, struct network_end *other);
/* To the other end; dropped when there is none or the link is down. */
void network_send(struct network_end *end, const uint8_t *frame, size_t bytes);
/* There is room again: what was queued comes, from inside this call. */
void network_accept(struct network_end *end);
bool network_link_up(const struct network_end *end);
void network_set_link(struct network_end *end, bool up);        /* "set_link"; tells both clients */
struct network_counters { uint64_t frames, bytes, dropped; };
struct network_counters network_sent(const struct network_end *end);
const char *network_name(const struct network_end *end);
struct network_end *network_peer(const struct network_end *end);
bool network_peer_takes_large(const struct network_end *end);

/* Sees every frame that comes out of or goes into an end. Remove it before the end is freed. */
struct network_tap { void (*frame)(void *opaque, const uint8_t *frame, size_t bytes); void *opaque; };
void network_add_tap(struct network_end *end, const struct network_tap *tap);
void network_remove_tap(struct network_end *end, const void *opaque);

/* "52:54:00:12:34:56"; false: not six bytes, or a multicast address. */
bool network_parse_mac(const char *text, uint8_t mac[NETWORK_MAC_BYTES]);

#endif
