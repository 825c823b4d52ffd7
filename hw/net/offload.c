/* SPDX-License-Identifier: MIT */
/*
 * Checksums and segmentation for network cards: RFC 1071 (Internet checksum), RFC 791 and 8200 (IP), RFC 9293 (TCP),
 * RFC 768 (UDP). IPv6 extension headers are walked over by length; one that is none of hop-by-hop, routing or
 * destination options ends the search. Left out: SCTP.
 */
#include <string.h>
#include "hw/net/offload.h"

enum { ETHERNET_BYTES = 14, VLAN_BYTES = 4, TYPE_AT = 12, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd };
enum { IPV4_BYTES = 20, IPV4_TOTAL = 2, IPV4_ID = 4, IPV4_FRAGMENT = 6, IPV4_PROTOCOL = 9, IPV4_CHECKSUM = 10,
       IPV4_ADDRESSES = 12, IPV6_BYTES = 40, IPV6_PAYLOAD = 4, IPV6_NEXT = 6, IPV6_ADDRESSES = 8 };
enum { TCP_BYTES = 20, TCP_SEQUENCE = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_CHECKSUM = 16, TCP_FIN = 1, TCP_PSH = 8,
       TCP_CWR = 0x80, UDP_BYTES = 8, UDP_LENGTH = 4, UDP_CHECKSUM = 6 };
enum { MSS_LEAST = 32 };           /* below what any TCP uses: refused, so that one frame cannot become 65,000 */
enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_DESTINATION = 60, EXTENSIONS_MOST = 8 };

static uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

static uint16_t fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* The one's complement sum does not care for byte order but for the place of the bytes: words are added as the host has
 * them, the result is swapped (RFC 1071, 2.B). */
uint16_t offload_sum(const uint8_t *data, size_t bytes)
{
    uint64_t sum = 0;
    uint32_t word;
    while (bytes >= 4) {
        memcpy(&word, data, 4);
        sum += word;
        data += 4;
        bytes -= 4;
    }
    word = 0;
    memcpy(&word, data, bytes);
    sum += word;
    uint16_t folded = fold(sum);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(folded) : folded;
}

static uint16_t add(uint32_t a, uint32_t b)
{
    return fold((uint64_t)a + b);
}

/* ---- Layout ---- */

/* Past IPv6 extension headers; returns the protocol, 0: none that we know. */
static uint8_t skip_extensions(const uint8_t *frame, unsigned end, uint8_t next, unsigned *at)
{
    for (unsigned i = 0; i < EXTENSIONS_MOST; i++) {
        if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION) {
            return next;
        }
        if (*at + 8 > end) {
            return 0;
        }
        next = frame[*at];
        *at += (frame[*at + 1] + 1u) * 8;
    }
    return 0;
}

static void layout_l4(const uint8_t *frame, struct offload_layout *layout, unsigned at)
{
    unsigned least = layout->protocol == OFFLOAD_TCP ? TCP_BYTES : UDP_BYTES;
    if ((layout->protocol != OFFLOAD_TCP && layout->protocol != OFFLOAD_UDP) || at + least > layout->end) {
        return;
    }
    unsigned header = layout->protocol == OFFLOAD_TCP ? (frame[at + TCP_OFFSET] >> 4) * 4u : UDP_BYTES;
    if (header >= least && at + header <= layout->end) {
        layout->l4 = at;
        layout->payload = at + header;
    }
}

static void layout_ipv4(const uint8_t *frame, size_t bytes, struct offload_layout *layout)
{
    const uint8_t *ip = frame + layout->l3;
    if (layout->l3 + IPV4_BYTES > bytes || ip[0] >> 4 != 4) {
        return;
    }
    unsigned header = (ip[0] & 15) * 4u, total = get16(ip + IPV4_TOTAL);
    if (header < IPV4_BYTES || total < header || layout->l3 + total > bytes) {
        return;
    }
    layout->version = 4;
    layout->end = layout->l3 + total;
    layout->protocol = ip[IPV4_PROTOCOL];
    layout->fragment = get16(ip + IPV4_FRAGMENT) & 0x3fff;
    if (!layout->fragment) {
        layout_l4(frame, layout, layout->l3 + header);
    }
}

static void layout_ipv6(const uint8_t *frame, size_t bytes, struct offload_layout *layout)
{
    const uint8_t *ip = frame + layout->l3;
    if (layout->l3 + IPV6_BYTES > bytes || ip[0] >> 4 != 6 ||
        layout->l3 + IPV6_BYTES + get16(ip + IPV6_PAYLOAD) > bytes) {
        return;
    }
    unsigned at = layout->l3 + IPV6_BYTES;
    layout->version = 6;
    layout->end = at + get16(ip + IPV6_PAYLOAD);
    layout->protocol = skip_extensions(frame, layout->end, ip[IPV6_NEXT], &at);
    layout_l4(frame, layout, at);
}

void offload_layout(const uint8_t *frame, size_t bytes, struct offload_layout *layout)
{
    *layout = (struct offload_layout){ .l3 = ETHERNET_BYTES };
    if (bytes < ETHERNET_BYTES) {
        return;
    }
    uint16_t type = get16(frame + TYPE_AT);
    if (type == TYPE_VLAN && bytes >= ETHERNET_BYTES + VLAN_BYTES) {
        type = get16(frame + TYPE_AT + VLAN_BYTES);
        layout->l3 += VLAN_BYTES;
    }
    if (type == TYPE_IPV4) {
        layout_ipv4(frame, bytes, layout);
    } else if (type == TYPE_IPV6) {
        layout_ipv6(frame, bytes, layout);
    }
}

/* ---- Checksums ---- */

/* Of addresses, protocol and length. */
static uint16_t pseudo_sum(const uint8_t *frame, const struct offload_layout *layout)
{
    const uint8_t *ip = frame + layout->l3;
    uint16_t addresses = layout->version == 4 ? offload_sum(ip + IPV4_ADDRESSES, 8) : offload_sum(ip + IPV6_ADDRESSES, 32);
    return add(addresses, add(layout->protocol, layout->end - layout->l4));
}

static unsigned checksum_at(const struct offload_layout *layout)
{
    return layout->l4 + (layout->protocol == OFFLOAD_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
}

unsigned offload_check(const uint8_t *frame, size_t bytes, const struct offload_layout *layout)
{
    unsigned found = 0;
    if (layout->version == 4) {
        unsigned header = (frame[layout->l3] & 15) * 4u;
        found |= offload_sum(frame + layout->l3, header) == 0xffff ? OFFLOAD_IP_GOOD : OFFLOAD_IP_BAD;
    }
    bool no_checksum = layout->l4 && layout->protocol == OFFLOAD_UDP && !get16(frame + checksum_at(layout));
    if (layout->l4 && !no_checksum) {
        uint16_t sum = add(pseudo_sum(frame, layout), offload_sum(frame + layout->l4, layout->end - layout->l4));
        found |= sum == 0xffff ? OFFLOAD_L4_GOOD : OFFLOAD_L4_BAD;
    }
    return found;
}

bool offload_put_checksum(uint8_t *frame, size_t bytes, unsigned start, unsigned end, unsigned at)
{
    if (start >= end || end > bytes || at + 2 > bytes) {
        return false;
    }
    put16(frame + at, (uint16_t)~offload_sum(frame + start, end - start));
    return true;
}

/* ---- Segments ---- */

/* Lengths and checksums of a frame whose headers are otherwise right. */
static void finish(uint8_t *frame, size_t bytes, struct offload_layout *layout)
{
    uint8_t *ip = frame + layout->l3;
    unsigned at = checksum_at(layout);
    layout->end = (unsigned)bytes;
    if (layout->version == 4) {
        put16(ip + IPV4_TOTAL, layout->end - layout->l3);
        put16(ip + IPV4_CHECKSUM, 0);
        put16(ip + IPV4_CHECKSUM, (uint16_t)~offload_sum(ip, (ip[0] & 15) * 4u));
    } else {
        put16(ip + IPV6_PAYLOAD, layout->end - layout->l3 - IPV6_BYTES);
    }
    if (layout->protocol == OFFLOAD_UDP) {
        put16(frame + layout->l4 + UDP_LENGTH, layout->end - layout->l4);
    }
    put16(frame + at, 0);
    uint16_t sum = (uint16_t)~add(pseudo_sum(frame, layout), offload_sum(frame + layout->l4, layout->end - layout->l4));
    put16(frame + at, layout->protocol == OFFLOAD_UDP && !sum ? 0xffff : sum);
}

/* The driver leaves IP's length for the card: it is what the frame holds. */
static bool layout_large(uint8_t *frame, size_t bytes, unsigned headers, struct offload_layout *layout)
{
    if (headers > bytes || bytes > NETWORK_FRAME_MOST) {
        return false;
    }
    offload_layout(frame, bytes, layout);
    unsigned l3 = layout->l3;
    if (l3 + IPV6_BYTES > bytes || bytes - l3 > UINT16_MAX) {
        return false;
    }
    if (frame[l3] >> 4 == 4) {
        put16(frame + l3 + IPV4_TOTAL, (uint32_t)(bytes - l3));
    } else {
        put16(frame + l3 + IPV6_PAYLOAD, (uint32_t)(bytes - l3 - IPV6_BYTES));
    }
    offload_layout(frame, bytes, layout);
    return layout->l4 && layout->payload == headers;
}

static void make_segment(uint8_t *segment, const uint8_t *frame, const struct offload_layout *layout, unsigned offset,
                         unsigned bytes, unsigned number, bool last)
{
    struct offload_layout own = *layout;
    memcpy(segment, frame, layout->payload);
    memcpy(segment + layout->payload, frame + layout->payload + offset, bytes);
    if (layout->version == 4) {
        uint8_t *id = segment + layout->l3 + IPV4_ID;
        put16(id, get16(id) + number);
    }
    if (layout->protocol == OFFLOAD_TCP) {
        uint8_t *tcp = segment + layout->l4;
        put32(tcp + TCP_SEQUENCE, get32(tcp + TCP_SEQUENCE) + offset);
        tcp[TCP_FLAGS] &= (uint8_t)~((last ? 0 : TCP_FIN | TCP_PSH) | (number ? TCP_CWR : 0));
    }
    finish(segment, layout->payload + bytes, &own);
}

bool offload_send_segments(struct network_end *end, uint8_t *frame, size_t bytes, unsigned headers, unsigned mss)
{
    uint8_t segment[NETWORK_FRAME_MOST];
    struct offload_layout layout;
    if (mss < MSS_LEAST || !layout_large(frame, bytes, headers, &layout)) {
        return false;
    }
    if (layout.protocol == OFFLOAD_TCP && network_peer_takes_large(end)) {
        finish(frame, bytes, &layout);
        network_send(end, frame, bytes);
        return true;
    }
    unsigned payload = (unsigned)bytes - headers, offset = 0;
    for (unsigned number = 0; offset < payload || !number; number++) {
        unsigned part = payload - offset < mss ? payload - offset : mss;
        make_segment(segment, frame, &layout, offset, part, number, offset + part == payload);
        network_send(end, segment, headers + part);
        offset += part;
    }
    return true;
}
