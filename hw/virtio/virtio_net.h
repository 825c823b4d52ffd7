/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_NET_H
#define HW_VIRTIO_VIRTIO_NET_H
/* Virtio network device (VIRTIO 1.1, 5.1). */
#include "base/network.h"
#include "hw/virtio/virtio.h"

enum { VIRTIO_NET_MAC_TABLE = 64, VIRTIO_NET_VLAN_WORDS = 128 };

struct virtio_net_state {
    struct virtio_state virtio;
    uint32_t vlans[VIRTIO_NET_VLAN_WORDS];          /* a bit a number */
    uint32_t unicast_count, multicast_count;        /* in the table: unicast first */
    uint8_t table[VIRTIO_NET_MAC_TABLE][NETWORK_MAC_BYTES];
    uint8_t mac[NETWORK_MAC_BYTES];
    uint8_t promiscuous, all_multicast, all_unicast, no_multicast, no_unicast, no_broadcast;
    uint8_t table_overflow;         /* bit 0: of unicast addresses, bit 1: of multicast ones: then all pass */
    uint8_t pad[3];
};

struct virtio_net_options {
    uint8_t mac[NETWORK_MAC_BYTES];
    uint16_t mtu;                   /* 0: not told */
    uint32_t speed;                 /* Mb/s; 0: not told */
    bool full_duplex;               /* told together with speed */
    uint16_t rx_queue_size, tx_queue_size;          /* 0: 256 */
};

struct virtio_net {
    struct virtio_net_state state;
    struct virtio_device virtio;
    struct virtio_net_options options;
    struct network_end *end;
    uint8_t *frame;
};

extern const struct device_type virtio_net_type;

/* Then a transport. id: the name of its end of the cable, net->end. */
struct virtio_net *virtio_net_new(struct machine *machine, const char *id, const struct virtio_net_options *options);

/* virtio_net_ctrl.c */
void virtio_net_control(struct virtio_net *net, unsigned queue);
bool virtio_net_passes(const struct virtio_net_state *s, const uint8_t *frame, size_t bytes);
enum {  /* feature bits, 5.1.3 */
    NET_F_CSUM = 0, NET_F_GUEST_CSUM = 1, NET_F_CTRL_GUEST_OFFLOADS = 2, NET_F_MTU = 3, NET_F_MAC = 5,
    NET_F_HOST_TSO4 = 11,
    NET_F_HOST_TSO6 = 12, NET_F_HOST_ECN = 13, NET_F_MRG_RXBUF = 15, NET_F_STATUS = 16, NET_F_CTRL_VQ = 17,
    NET_F_CTRL_RX = 18,
    NET_F_CTRL_VLAN = 19, NET_F_CTRL_RX_EXTRA = 20, NET_F_CTRL_MAC_ADDR = 23, NET_F_SPEED_DUPLEX = 63,
};

#endif
