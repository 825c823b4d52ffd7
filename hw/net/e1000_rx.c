/* SPDX-License-Identifier: MIT */
/*
 * Receiving (SDM 3.2, 13.4.22 and following): filters, VLAN tags, checksum status, the ring. The FCS, where the driver
 * wants it stored, is four zero bytes: cables here carry none. Interrupts come at once: RDTR and RADV name the longest
 * delay, and ITR does the throttling.
 */
#include <string.h>
#include "hw/net/e1000_regs.h"
#include "hw/net/offload.h"

enum { STATUS_DD = 1, STATUS_EOP = 2, STATUS_IXSM = 4, STATUS_VP = 8, STATUS_TCPCS = 0x20, STATUS_IPCS = 0x40,
       STATUS_PIF = 0x80, ERROR_TCPE = 0x20, ERROR_IPE = 0x40 };
enum { FRAME_MOST = 1522 - FCS_BYTES };     /* without LPE, a tag included */

struct receive_descriptor { uint64_t address; uint16_t bytes, checksum; uint8_t status, errors; uint16_t special; };

/* ---- Which frames ---- */

static bool table_bit(const uint32_t *table, unsigned bit)
{
    return table[bit / 32] >> bit % 32 & 1;
}

static bool is_broadcast(const uint8_t *mac)
{
    return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

static bool matches_address(const struct e1000_state *s, const uint8_t *mac)
{
    uint32_t low, high = mac[4] | (uint32_t)mac[5] << 8;
    memcpy(&low, mac, 4);
    for (unsigned i = 0; i < E1000_ADDRESSES; i++) {
        if (s->ra[i * 2] == low && (s->ra[i * 2 + 1] & UINT16_MAX) == high && s->ra[i * 2 + 1] & RAH_AV) {
            return true;
        }
    }
    return false;
}

/* 13.5.1: twelve of the address's upper bits choose one of the table. */
static bool matches_hash(const struct e1000_state *s, const uint8_t *mac)
{
    static const uint8_t shifts[4] = { 4, 3, 2, 0 };
    unsigned upper = mac[4] | (unsigned)mac[5] << 8;
    return table_bit(s->mta, upper >> shifts[s->rctl >> RCTL_MO_SHIFT & 3] & 0xfff);
}

static bool passes(const struct e1000_state *s, const uint8_t *frame, bool *exact)
{
    bool multicast = frame[0] & 1, broadcast = is_broadcast(frame);
    *exact = matches_address(s, frame);
    return *exact || (!multicast && s->rctl & RCTL_UPE) || (multicast && s->rctl & RCTL_MPE) ||
           (broadcast && s->rctl & RCTL_BAM) || (multicast && matches_hash(s, frame));
}

static bool is_tagged(const struct e1000_state *s, const uint8_t *frame, size_t bytes)
{
    return bytes >= 18 && (uint16_t)(frame[12] << 8 | frame[13]) == (uint16_t)s->vet;
}

static bool vlan_passes(const struct e1000_state *s, const uint8_t *frame, size_t bytes)
{
    return !(s->rctl & RCTL_VFE) || !is_tagged(s, frame, bytes) ||
           table_bit(s->vfta, (frame[14] << 8 | frame[15]) & 0xfff);
}

/* ---- The ring ---- */

static unsigned buffer_bytes(const struct e1000_state *s)
{
    unsigned shift = s->rctl >> RCTL_BSIZE_SHIFT & 3;
    return s->rctl & RCTL_BSEX && shift ? 32768u >> shift : 2048u >> shift;
}

static uint32_t ring_entries(const struct e1000_state *s)
{
    return s->rdlen / RING_ENTRY_BYTES;
}

static uint32_t free_entries(const struct e1000_state *s)
{
    uint32_t entries = ring_entries(s);
    return s->rdh >= entries || s->rdt >= entries ? 0 : (s->rdt + entries - s->rdh) % entries;
}

/* Off, the card drops what comes; on, frames wait at the cable's end for room for the largest that it takes. */
bool e1000_can_receive(void *opaque)
{
    const struct e1000_state *s = &((struct e1000 *)opaque)->state;
    unsigned most = s->rctl & RCTL_LPE ? 16384 : FRAME_MOST + FCS_BYTES;
    return !(s->rctl & RCTL_EN) || free_entries(s) * (uint64_t)buffer_bytes(s) >= most;
}

/* ---- One frame ---- */

static void checksum_status(const struct e1000_state *s, const uint8_t *frame, size_t bytes,
                            struct receive_descriptor *descriptor)
{
    struct offload_layout layout;
    unsigned start = s->rxcsum & RXCSUM_PCSS;
    offload_layout(frame, bytes, &layout);
    unsigned found = offload_check(frame, bytes, &layout);
    if (start < bytes) {
        descriptor->checksum = __builtin_bswap16(offload_sum(frame + start, bytes - start));
    }
    if (s->rxcsum & RXCSUM_IPOFL && found & (OFFLOAD_IP_GOOD | OFFLOAD_IP_BAD)) {
        descriptor->status |= STATUS_IPCS;
        descriptor->errors |= found & OFFLOAD_IP_BAD ? ERROR_IPE : 0;
    }
    if (s->rxcsum & RXCSUM_TUOFL && found & (OFFLOAD_L4_GOOD | OFFLOAD_L4_BAD)) {
        descriptor->status |= STATUS_TCPCS;
        descriptor->errors |= found & OFFLOAD_L4_BAD ? ERROR_TCPE : 0;
    }
    if (!(descriptor->status & (STATUS_IPCS | STATUS_TCPCS))) {
        descriptor->status |= STATUS_IXSM;
    }
}

/* Takes the tag out where the driver wants that; returns the frame's new length. */
static size_t strip_tag(const struct e1000_state *s, uint8_t *frame, size_t bytes,
                        struct receive_descriptor *descriptor)
{
    if (!(s->ctrl & CTRL_VME) || !is_tagged(s, frame, bytes)) {
        return bytes;
    }
    descriptor->status |= STATUS_VP;
    descriptor->special = (uint16_t)(frame[14] << 8 | frame[15]);
    memmove(frame + 12, frame + 16, bytes - 16);
    return bytes - VLAN_TAG_BYTES;
}

/* Over as many descriptors as it takes; the caller saw that there are enough. */
static void store(struct e1000 *card, const uint8_t *frame, size_t bytes, const struct receive_descriptor *model)
{
    struct e1000_state *s = &card->state;
    struct memory *memory = card->machine->memory;
    size_t left = bytes, piece_most = buffer_bytes(s);
    while (left && free_entries(s)) {
        uint64_t at = (s->rdbal | (uint64_t)s->rdbah << 32) + s->rdh * (uint64_t)RING_ENTRY_BYTES;
        struct receive_descriptor descriptor = *model;
        size_t piece = left < piece_most ? left : piece_most;
        descriptor.address = memory_read(memory, at, 8);
        memory_write_bytes(memory, descriptor.address, frame, piece);
        descriptor.bytes = (uint16_t)piece;
        descriptor.status |= STATUS_DD | (piece == left ? STATUS_EOP : 0);
        memory_write_bytes(memory, at, &descriptor, sizeof(descriptor));
        s->rdh = ring_entries(s) && s->rdh + 1 < ring_entries(s) ? s->rdh + 1 : 0;
        frame += piece;
        left -= piece;
    }
}

static void count(struct e1000 *card, const uint8_t *frame, size_t bytes)
{
    e1000_count(card, STAT_GPRC, 1);
    e1000_count(card, STAT_TPR, 1);
    e1000_count_wide(card, STAT_GORC, bytes + FCS_BYTES);
    e1000_count_wide(card, STAT_TOR, bytes + FCS_BYTES);
    e1000_count_size(card, STAT_PRC64, bytes + FCS_BYTES);
    if (is_broadcast(frame)) {
        e1000_count(card, STAT_BPRC, 1);
    } else if (frame[0] & 1) {
        e1000_count(card, STAT_MPRC, 1);
    }
}

void e1000_receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct e1000 *card = opaque;
    struct e1000_state *s = &card->state;
    struct receive_descriptor descriptor = { 0 };
    uint8_t copy[NETWORK_FRAME_MOST + FCS_BYTES];
    bool exact;
    if (!(s->rctl & RCTL_EN) || !passes(s, frame, &exact) || !vlan_passes(s, frame, bytes)) {
        return;
    }
    if (bytes > (s->rctl & RCTL_LPE ? 16384u - FCS_BYTES : FRAME_MOST)) {
        e1000_count(card, STAT_ROC, 1);
        return;
    }
    count(card, frame, MAX(bytes, FRAME_LEAST));
    memcpy(copy, frame, bytes);
    checksum_status(s, copy, bytes, &descriptor);
    bytes = strip_tag(s, copy, bytes, &descriptor);
    descriptor.status |= exact ? 0 : STATUS_PIF;
    size_t stored = MAX(bytes, FRAME_LEAST) + (s->rctl & RCTL_SECRC ? 0 : FCS_BYTES);
    memset(copy + bytes, 0, stored - bytes);
    if (free_entries(s) * (uint64_t)buffer_bytes(s) < stored) {
        e1000_count(card, STAT_MPC, 1);
        e1000_count(card, STAT_RNBC, 1);
        e1000_raise(card, ICR_RXO);
        return;
    }
    store(card, copy, stored, &descriptor);
    bool few = free_entries(s) <= ring_entries(s) >> ((s->rctl >> RCTL_RDMTS_SHIFT & 3) + 1);
    e1000_raise(card, ICR_RXT0 | (few ? ICR_RXDMT0 : 0));
}
