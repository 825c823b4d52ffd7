/* SPDX-License-Identifier: MIT */
/*
 * Virtio network device (VIRTIO 1.1, 5.1): one pair of queues and the control queue (virtio_net_ctrl.c). The driver
 * may leave TCP and UDP checksums and the cutting of TCP segments to the device, and takes the word of the device for
 * checksums of what it receives. Left out: several pairs of queues, large received segments, UDP fragmentation,
 * announcements.
 *
 * What is sent is sent before the driver's notification returns, but for no more than a budget; a later notification does the rest.
 */
#include "hw/virtio/virtio_net.h"
#include <string.h>
#include "hw/net/offload.h"

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT, QUEUE_CONTROL, QUEUE_SIZE_DEFAULT = 256, QUEUE_SIZE_CONTROL = 64 };
enum { STATUS_LINK_UP = 1, HEADER_NEEDS_CSUM = 1, HEADER_DATA_VALID = 2, GSO_NONE = 0, GSO_TCPV4 = 1, GSO_TCPV6 = 4,
       GSO_ECN = 0x80, DUPLEX_FULL = 1 };
enum { BUDGET_BYTES = 4 << 20, CHAIN_COST = 256 };

/* 5.1.6; without MRG_RXBUF a legacy driver has it without the last member. */
struct header { uint8_t flags, gso; uint16_t headers, segment, checksum_start, checksum_offset, buffers; };
enum { HEADER_SHORT = 10, HEADER_LONG = 12 };

/* 5.1.4 */
struct config { uint8_t mac[NETWORK_MAC_BYTES]; uint16_t status, pairs, mtu; uint32_t speed; uint8_t duplex, pad[3]; };
enum { CONFIG_BYTES = 17 };

static unsigned header_bytes(const struct virtio_net *net)
{
    return virtio_is_modern(&net->virtio) || virtio_has(&net->virtio, NET_F_MRG_RXBUF) ? HEADER_LONG : HEADER_SHORT;
}

/* ---- Receiving ---- */

/* Nobody listens: frames are dropped, not kept. */
static bool can_receive(void *opaque)
{
    struct virtio_net *net = opaque;
    struct virtio_device *virtio = &net->virtio;
    return !virtio_queue_ready(virtio, QUEUE_RECEIVE) || virtio_has_buffers(virtio, QUEUE_RECEIVE) ||
           virtio_want_notify(virtio, QUEUE_RECEIVE, true);
}

/* The driver need not look at checksums that are right. */
static bool is_checked(const uint8_t *frame, size_t bytes)
{
    struct offload_layout layout;
    offload_layout(frame, bytes, &layout);
    unsigned found = layout.l4 ? offload_check(frame, bytes, &layout) : 0;
    return found & OFFLOAD_L4_GOOD && !(found & OFFLOAD_IP_BAD);
}

/* Fills chain after chain; returns how many, 0 when they do not suffice: then none was used. */
static unsigned fill(struct virtio_net *net, struct header *header, const uint8_t *frame, size_t bytes)
{
    enum { CHAINS_MOST = 64 };
    struct virtio_device *virtio = &net->virtio;
    struct virtio_element *chains[CHAINS_MOST];
    unsigned head = header_bytes(net), count = 0;
    bool merge = virtio_has(virtio, NET_F_MRG_RXBUF);
    uint64_t room = 0;
    while (room < head + bytes && count < (merge ? CHAINS_MOST : 1)) {
        chains[count] = virtio_pop(virtio, QUEUE_RECEIVE);
        if (!chains[count]) {
            break;
        }
        room += chains[count++]->writable_bytes;
    }
    bool enough = count && room >= head + bytes && chains[0]->writable_bytes >= head;
    header->buffers = (uint16_t)count;
    for (unsigned i = 0; i < count; i++) {
        if (!enough) {
            virtio_drop(chains[i]);
            continue;
        }
        uint64_t skip = i ? 0 : virtio_write(virtio, chains[i], 0, header, head);
        uint64_t part = virtio_write(virtio, chains[i], skip, frame, bytes);
        frame += part;
        bytes -= part;
        virtio_fill(virtio, QUEUE_RECEIVE, chains[i], (uint32_t)(skip + part), i);
    }
    if (!enough) {
        virtio_unpop(virtio, QUEUE_RECEIVE, count);
    }
    return enough ? count : 0;
}

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct virtio_net *net = opaque;
    struct virtio_device *virtio = &net->virtio;
    struct header header = { 0 };
    if (!virtio_queue_ready(virtio, QUEUE_RECEIVE) || !virtio_net_passes(&net->state, frame, bytes)) {
        return;
    }
    if (virtio_has(virtio, NET_F_GUEST_CSUM) && is_checked(frame, bytes)) {
        header.flags = HEADER_DATA_VALID;
    }
    unsigned chains = fill(net, &header, frame, bytes);
    if (chains) {
        virtio_publish(virtio, QUEUE_RECEIVE, chains);
        virtio_notify(virtio, QUEUE_RECEIVE);
    }
}

/* ---- Transmitting ---- */

static void guest_error(struct virtio_net *net, const char *what)
{
    log_write(net->virtio.machine->log, LOG_guest_errors, "%s: %s\n", net->virtio.name, what);
}

static void send_frame(struct virtio_net *net, const struct header *header, size_t bytes)
{
    uint8_t gso = header->gso & (uint8_t)~GSO_ECN;
    struct offload_layout layout;
    if (header->flags & HEADER_NEEDS_CSUM) {
        offload_layout(net->frame, bytes, &layout);
        unsigned end = layout.l4 == header->checksum_start ? layout.end : (unsigned)bytes;
        if (gso == GSO_NONE && !offload_put_checksum(net->frame, bytes, header->checksum_start, end,
                                                     (unsigned)header->checksum_start + header->checksum_offset)) {
            guest_error(net, "a checksum outside its frame");
            return;
        }
    }
    if (gso == GSO_NONE) {
        network_send(net->end, net->frame, bytes);
        return;
    }
    offload_layout(net->frame, bytes, &layout);
    if ((gso != GSO_TCPV4 && gso != GSO_TCPV6) || !layout.l4 ||
        !offload_send_segments(net->end, net->frame, bytes, layout.payload, header->segment)) {
        guest_error(net, "no TCP segment to cut");
    }
}

/* Returns what it cost of the budget. */
static size_t transmit_one(struct virtio_net *net, struct virtio_element *element)
{
    struct header header = { 0 };
    unsigned head = header_bytes(net);
    uint64_t bytes = element->readable_bytes - head;
    if (element->readable_bytes < head + (uint64_t)NETWORK_FRAME_LEAST || bytes > NETWORK_FRAME_MOST) {
        guest_error(net, "a frame of an impossible length is dropped");
        bytes = 0;
    } else {
        virtio_read(&net->virtio, element, 0, &header, head);
        virtio_read(&net->virtio, element, head, net->frame, bytes);
        send_frame(net, &header, bytes);
    }
    virtio_push(&net->virtio, QUEUE_TRANSMIT, element, 0);
    return bytes + CHAIN_COST;
}

static void transmit(struct virtio_net *net)
{
    struct virtio_device *virtio = &net->virtio;
    size_t done = 0;
    unsigned chains = 0;
    do {
        virtio_want_notify(virtio, QUEUE_TRANSMIT, false);
        struct virtio_element *element;
        while (done < BUDGET_BYTES && (element = virtio_pop(virtio, QUEUE_TRANSMIT))) {
            done += transmit_one(net, element);
            chains++;
        }
    } while (done < BUDGET_BYTES && virtio_want_notify(virtio, QUEUE_TRANSMIT, true));
    if (chains) {
        virtio_notify(virtio, QUEUE_TRANSMIT);
    }
    if (done >= BUDGET_BYTES) {
        virtio_defer(virtio, QUEUE_TRANSMIT);
    }
}

/* ---- The device ---- */

static void queue_notified(void *opaque, unsigned queue)
{
    struct virtio_net *net = opaque;
    switch (queue) {
    case QUEUE_RECEIVE: network_accept(net->end); break;
    case QUEUE_TRANSMIT: transmit(net); break;
    default: virtio_net_control(net, queue); break;
    }
}

static void get_config(void *opaque, uint8_t *bytes)
{
    const struct virtio_net *net = opaque;
    struct config config = {
        .status = network_link_up(net->end) ? STATUS_LINK_UP : 0, .pairs = 1, .mtu = net->options.mtu,
        .speed = net->options.speed ? net->options.speed : UINT32_MAX,
        .duplex = net->options.full_duplex ? DUPLEX_FULL : UINT8_MAX,
    };
    memcpy(config.mac, net->state.mac, NETWORK_MAC_BYTES);
    memcpy(bytes, &config, CONFIG_BYTES);
}

/* A legacy driver sets its address here. */
static void config_written(void *opaque, unsigned offset, uint32_t value, unsigned size)
{
    struct virtio_net *net = opaque;
    for (unsigned i = 0; i < size && !virtio_is_modern(&net->virtio) && offset + i < NETWORK_MAC_BYTES; i++) {
        net->state.mac[offset + i] = (uint8_t)(value >> i * 8);
    }
}

static void reset_filters(struct virtio_net *net)
{
    struct virtio_net_state *s = &net->state;
    const struct virtio_state kept = s->virtio;
    *s = (struct virtio_net_state){ .virtio = kept, .promiscuous = true };
    memcpy(s->mac, net->options.mac, NETWORK_MAC_BYTES);
}

static void driver_reset(void *opaque)
{
    reset_filters(opaque);
}

static void status_changed(void *opaque, uint8_t status)
{
    struct virtio_net *net = opaque;
    if (status & VIRTIO_STATUS_DRIVER_OK) {     /* without the feature no VLAN is filtered */
        memset(net->state.vlans, virtio_has(&net->virtio, NET_F_CTRL_VLAN) ? 0 : 0xff, sizeof(net->state.vlans));
    }
}

static const struct virtio_ops ops = {
    .id = VIRTIO_ID_NET, .config_bytes = CONFIG_BYTES, .get_config = get_config, .config_written = config_written,
    .queue_notified = queue_notified, .status_changed = status_changed, .reset = driver_reset,
};

static void link_changed(void *opaque, bool up)
{
    struct virtio_net *net = opaque;
    virtio_config_changed(&net->virtio);
}

static void reset(void *opaque)
{
    struct virtio_net *net = opaque;
    virtio_reset(&net->virtio);
    reset_filters(net);
}

static void virtio_net_free(void *opaque)
{
    struct virtio_net *net = opaque;
    virtio_destroy(&net->virtio);
    network_end_free(net->end);
    g_free(net->frame);
    g_free(net);
}

#define FIELD(member) SNAPSHOT_FIELD(struct virtio_net_state, member)
static const struct snapshot_field fields[] = {
    FIELD(virtio), FIELD(vlans), FIELD(unicast_count), FIELD(multicast_count), FIELD(table),
    FIELD(mac), FIELD(promiscuous),
    FIELD(all_multicast), FIELD(all_unicast), FIELD(no_multicast), FIELD(no_unicast), FIELD(no_broadcast),
    FIELD(table_overflow), FIELD(pad),
};

const struct device_type virtio_net_type = {
    .name = "virtio-net",
    .reset = reset,
    .free = virtio_net_free,
    .state_offset = offsetof(struct virtio_net, state),
    .state_size = sizeof(struct virtio_net_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static uint64_t features_of(const struct virtio_net_options *options)
{
    static const uint8_t always[] = {
        NET_F_CSUM, NET_F_GUEST_CSUM, NET_F_MAC, NET_F_HOST_TSO4, NET_F_HOST_TSO6, NET_F_HOST_ECN, NET_F_MRG_RXBUF,
        NET_F_STATUS, NET_F_CTRL_VQ, NET_F_CTRL_RX, NET_F_CTRL_VLAN, NET_F_CTRL_RX_EXTRA, NET_F_CTRL_MAC_ADDR,
    };
    uint64_t features = (options->mtu ? 1ull << NET_F_MTU : 0) | (options->speed ? 1ull << NET_F_SPEED_DUPLEX : 0);
    for (unsigned i = 0; i < ARRAY_LEN(always); i++) {
        features |= 1ull << always[i];
    }
    return features;
}

struct virtio_net *virtio_net_new(struct machine *machine, const char *id, const struct virtio_net_options *options)
{
    struct virtio_net *net = g_new0(struct virtio_net, 1);
    const struct network_client client = { net, can_receive, receive, link_changed, false };
    net->options = *options;
    net->frame = g_malloc(NETWORK_FRAME_MOST);
    net->end = network_end_new(id, &client);
    virtio_init(&net->virtio, machine, &net->state.virtio, "virtio-net", &ops, net, features_of(options));
    virtio_add_queue(&net->virtio, options->rx_queue_size ? options->rx_queue_size : QUEUE_SIZE_DEFAULT);
    virtio_add_queue(&net->virtio, options->tx_queue_size ? options->tx_queue_size : QUEUE_SIZE_DEFAULT);
    virtio_add_queue(&net->virtio, QUEUE_SIZE_CONTROL);
    machine_add_device(machine, &virtio_net_type, net);
    return net;
}
