/* SPDX-License-Identifier: MIT */
/* The control queue of the virtio network device (VIRTIO 1.1, 5.1.6.5), and the filters that it sets. */
#include <string.h>
#include "hw/virtio/virtio_net.h"

enum { CLASS_RX = 0, CLASS_MAC = 1, CLASS_VLAN = 2, ACK_OK = 0, ACK_ERROR = 1 };
enum { RX_PROMISC, RX_ALLMULTI, RX_ALLUNI, RX_NOMULTI, RX_NOUNI, RX_NOBCAST, RX_COMMANDS };
enum { MAC_TABLE_SET = 0, MAC_ADDR_SET = 1, VLAN_ADD = 0, VLAN_DEL = 1, HEADER_BYTES = 2 };
enum { OVERFLOW_UNICAST = 1, OVERFLOW_MULTICAST = 2, CHAINS_MOST = 256 };

/* ---- Filters ---- */

static bool in_table(const struct virtio_net_state *s, const uint8_t *mac)
{
    for (unsigned i = 0; i < s->unicast_count + s->multicast_count; i++) {
        if (!memcmp(s->table[i], mac, NETWORK_MAC_BYTES)) {
            return true;
        }
    }
    return false;
}

static bool vlan_passes(const struct virtio_net_state *s, const uint8_t *frame, size_t bytes)
{
    if (bytes < 18 || frame[12] != 0x81 || frame[13] != 0x00) {
        return true;
    }
    unsigned number = (frame[14] << 8 | frame[15]) & 0xfff;
    return s->vlans[number / 32] >> number % 32 & 1;
}

bool virtio_net_passes(const struct virtio_net_state *s, const uint8_t *frame, size_t bytes)
{
    static const uint8_t broadcast[NETWORK_MAC_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    if (s->promiscuous) {
        return true;
    }
    if (!vlan_passes(s, frame, bytes)) {
        return false;
    }
    if (!memcmp(frame, broadcast, NETWORK_MAC_BYTES)) {
        return !s->no_broadcast;
    }
    if (frame[0] & 1) {
        return !s->no_multicast && (s->all_multicast || s->table_overflow & OVERFLOW_MULTICAST || in_table(s, frame));
    }
    return !s->no_unicast && (s->all_unicast || s->table_overflow & OVERFLOW_UNICAST ||
                              !memcmp(frame, s->mac, NETWORK_MAC_BYTES) || in_table(s, frame));
}

/* ---- Commands ---- */

/* The rest of a command. */
struct command { struct virtio_device *virtio; const struct virtio_element *element; uint64_t offset; };

static bool take(struct command *command, void *out, uint64_t bytes)
{
    bool all = virtio_read(command->virtio, command->element, command->offset, out, bytes) == bytes;
    command->offset += bytes;
    return all;
}

static bool set_mode(struct virtio_net_state *s, uint8_t which, struct command *command)
{
    uint8_t *const modes[RX_COMMANDS] = { &s->promiscuous, &s->all_multicast, &s->all_unicast, &s->no_multicast,
                                          &s->no_unicast, &s->no_broadcast };
    uint8_t on;
    if (which >= RX_COMMANDS || !take(command, &on, 1)) {
        return false;
    }
    *modes[which] = on != 0;
    return true;
}

/* Addresses into the table from `first`; those that find no room set the overflow bit. */
static bool take_addresses(struct virtio_net_state *s, unsigned first, uint32_t *count, uint8_t overflow,
                           struct command *command)
{
    uint32_t entries;
    if (!take(command, &entries, 4) ||
        entries > (command->element->readable_bytes - command->offset) / NETWORK_MAC_BYTES) {
        return false;
    }
    *count = 0;
    if (entries > VIRTIO_NET_MAC_TABLE - first) {
        s->table_overflow |= overflow;
        command->offset += (uint64_t)entries * NETWORK_MAC_BYTES;
        return true;
    }
    *count = entries;
    return take(command, s->table[first], (uint64_t)entries * NETWORK_MAC_BYTES);
}

static bool set_addresses(struct virtio_net *net, uint8_t which, struct command *command)
{
    struct virtio_net_state *s = &net->state;
    if (which == MAC_ADDR_SET) {
        return take(command, s->mac, NETWORK_MAC_BYTES);
    }
    if (which != MAC_TABLE_SET) {
        return false;
    }
    s->table_overflow = 0;
    s->unicast_count = s->multicast_count = 0;
    memset(s->table, 0, sizeof(s->table));
    return take_addresses(s, 0, &s->unicast_count, OVERFLOW_UNICAST, command) &&
           take_addresses(s, s->unicast_count, &s->multicast_count, OVERFLOW_MULTICAST, command);
}

static bool set_vlan(struct virtio_net_state *s, uint8_t which, struct command *command)
{
    uint16_t number;
    if (which > VLAN_DEL || !take(command, &number, 2) || number >= VIRTIO_NET_VLAN_WORDS * 32) {
        return false;
    }
    uint32_t bit = 1u << number % 32, *word = &s->vlans[number / 32];
    *word = which == VLAN_ADD ? *word | bit : *word & ~bit;
    return true;
}

static bool execute(struct virtio_net *net, struct command *command)
{
    uint8_t header[HEADER_BYTES];
    if (!take(command, header, HEADER_BYTES)) {
        return false;
    }
    switch (header[0]) {
    case CLASS_RX: return set_mode(&net->state, header[1], command);
    case CLASS_MAC: return set_addresses(net, header[1], command);
    case CLASS_VLAN: return set_vlan(&net->state, header[1], command);
    default: return false;
    }
}

void virtio_net_control(struct virtio_net *net, unsigned queue)
{
    struct virtio_element *element;
    for (unsigned i = 0; i < CHAINS_MOST && (element = virtio_pop(&net->virtio, queue)); i++) {
        struct command command = { &net->virtio, element, 0 };
        uint8_t ack = execute(net, &command) ? ACK_OK : ACK_ERROR;
        uint64_t written = virtio_write(&net->virtio, element, 0, &ack, 1);
        virtio_push(&net->virtio, queue, element, (uint32_t)written);
    }
    virtio_notify(&net->virtio, queue);
}
