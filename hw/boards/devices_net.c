/* SPDX-License-Identifier: MIT */
/* -device of network cards: e1000 and its kin, virtio-net on PCI and in virtio-mmio slots. */
#include <string.h>
#include "base/error.h"
#include "hw/boards/backends.h"
#include "hw/boards/device_table.h"
#include "hw/boards/firmware.h"
#include "hw/net/e1000.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_net.h"
#include "hw/virtio/virtio_pci.h"

enum { CLASS_ETHERNET = 0x0200 };

const struct device_property e1000_properties[] = {
    { "netdev", DEVICE_TEXT, 0, NULL, "id of a -netdev" },
    { "mac", DEVICE_TEXT, 0, NULL, "Ethernet address; 52:54:00:12:34:56 and up when not given" },
    { "romfile", DEVICE_TEXT, 0, "", "boot ROM, such as pxe-e1000.rom of the Debian package ipxe-qemu; empty: none" },
    { "bootindex", DEVICE_NUMBER, INT32_MAX, NULL, "place in the firmware's boot order" },
    { NULL },
};

/* The name by which logs and the monitor know the card. */
static const char *card_name(const struct device_arguments *arguments, const char *kind)
{
    const char *id = device_id(arguments);
    return id ? id : kind;
}

/* Firmware runs a ROM only if it names the card it is on (PCI 3.0, 6.3.1.2), and one ROM serves several. So the copy
 * gets the card's ids, and its checksum is made right at the byte that iPXE leaves for that. */
static void name_card_in_rom(uint8_t *image, gsize bytes, const struct pci_device *pci)
{
    enum { POINTER = 0x18, IDS = 4, IDS_BYTES = 4, CHECKSUM = 6 };
    static const char signature[4] = { 'P', 'C', 'I', 'R' };
    gsize at = bytes > POINTER + 1 ? (gsize)(image[POINTER] | image[POINTER + 1] << 8) : bytes;
    if (at + IDS + IDS_BYTES > bytes || memcmp(image + at, signature, sizeof(signature))) {
        return;
    }
    for (unsigned i = 0; i < IDS_BYTES; i++) {
        uint8_t id = pci->reset_config[PCI_VENDOR_ID + i];
        image[CHECKSUM] += image[at + IDS + i] - id;
        image[at + IDS + i] = id;
    }
}

/* Boot ROM and place in the boot order. */
static bool make_bootable(struct board *board, const struct device_arguments *arguments, struct pci_device *pci,
                          unsigned slot,
                          GError **error)
{
    const char *name = device_text(arguments, "romfile");
    if (*name) {
        g_autoptr(GBytes) rom = option_rom_load(name, error);
        if (!rom) {
            g_prefix_error(error, "romfile=");
            return false;
        }
        gsize bytes = g_bytes_get_size(rom);
        g_autofree uint8_t *image = g_memdup2(g_bytes_get_data(rom, NULL), bytes);
        name_card_in_rom(image, bytes, pci);
        if (!pci_device_add_rom(pci, image, bytes)) {
            return error_fail(error, "romfile=%s: no room for it", name);
        }
    }
    if (device_text(arguments, "bootindex")) {
        g_autofree char *path = g_strdup_printf("/pci@i0cf8/ethernet@%x/ethernet-phy@0", slot);
        board_add_boot_device(board, device_number(arguments, "bootindex"), path);
    }
    return true;
}

static bool add_e1000(struct board *board, const struct device_arguments *arguments, enum e1000_model model,
                      GError **error)
{
    uint8_t mac[NETWORK_MAC_BYTES];
    unsigned slot;
    if (!backends_mac(board, device_text(arguments, "mac"), mac, error) ||
        !device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    struct e1000 *card = e1000_new(board->machine, board->pci, slot, model, card_name(arguments, "e1000"), mac);
    return make_bootable(board, arguments, &card->pci, slot, error) &&
           backends_plug_network(board, device_text(arguments, "netdev"), card->end, error);
}

bool e1000_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_e1000(board, arguments, E1000_82540EM, error);
}

bool e1000_82544gc_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_e1000(board, arguments, E1000_82544GC, error);
}

bool e1000_82545em_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_e1000(board, arguments, E1000_82545EM, error);
}

/* ---- virtio ---- */

#define VIRTIO_NET_PROPERTIES                                                                                   \
    { "netdev", DEVICE_TEXT, 0, NULL, "id of a -netdev" },                                                      \
    { "mac", DEVICE_TEXT, 0, NULL, "Ethernet address; 52:54:00:12:34:56 and up when not given" },               \
    { "host_mtu", DEVICE_NUMBER, UINT16_MAX, "0", "MTU that the driver is told; 0: none" },                     \
    { "speed", DEVICE_NUMBER, INT32_MAX, "0", "speed in Mb/s that the driver is told; 0: none" },               \
    { "duplex", DEVICE_TEXT, 0, "full", "full or half, told together with speed" },                             \
    { "rx_queue_size", DEVICE_NUMBER, 1024, "256", "entries of the receive queue: a power of two from 256" },   \
    { "tx_queue_size", DEVICE_NUMBER, 1024, "256", "entries of the transmit queue: a power of two from 256" }

const struct device_property virtio_net_device_properties[] = { VIRTIO_NET_PROPERTIES, { NULL } };
const struct device_property virtio_net_pci_properties[] = {
    VIRTIO_NET_PROPERTIES,
    { "disable-legacy", DEVICE_BOOL, 0, "off", "without the interface from before VIRTIO 1.0" },
    { "disable-modern", DEVICE_BOOL, 0, "off", "without the interface of VIRTIO 1.0" },
    { "romfile", DEVICE_TEXT, 0, "", "boot ROM, such as pxe-virtio.rom of the Debian package ipxe-qemu; empty: none" },
    { "bootindex", DEVICE_NUMBER, INT32_MAX, NULL, "place in the firmware's boot order" },
    { "vectors", DEVICE_NUMBER, MSIX_VECTORS_MOST, "0", "MSI-X vectors; 0: as many as it can use" },
    { NULL },
};

static bool queue_size(const struct device_arguments *arguments, const char *key, uint16_t *size, GError **error)
{
    uint64_t number = device_number(arguments, key);
    *size = (uint16_t)number;
    return (number >= 256 && !(number & (number - 1))) ||
           error_fail(error, "%s=%u: must be 256, 512 or 1024", key, (unsigned)number);
}

static struct virtio_net *new_virtio_net(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const char *duplex = device_text(arguments, "duplex");
    struct virtio_net_options options = {
        .mtu = (uint16_t)device_number(arguments, "host_mtu"), .speed = (uint32_t)device_number(arguments, "speed"),
        .full_duplex = !strcmp(duplex, "full"),
    };
    if (!options.full_duplex && strcmp(duplex, "half")) {
        error_fail(error, "duplex=%s: must be full or half", duplex);
        return NULL;
    }
    if (!queue_size(arguments, "rx_queue_size", &options.rx_queue_size, error) ||
        !queue_size(arguments, "tx_queue_size", &options.tx_queue_size, error) ||
        !backends_mac(board, device_text(arguments, "mac"), options.mac, error)) {
        return NULL;
    }
    struct virtio_net *net = virtio_net_new(board->machine, card_name(arguments, "virtio-net"), &options);
    return backends_plug_network(board, device_text(arguments, "netdev"), net->end, error) ? net : NULL;
}

bool virtio_net_device_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct virtio_net *net = new_virtio_net(board, arguments, error);
    return net && (virtio_slots_plug(board->virtio_slots, &net->virtio) ||
                   error_fail(error, "all virtio-mmio slots are taken"));
}

bool virtio_net_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct virtio_pci_options options = {
        .disable_legacy = device_bool(arguments, "disable-legacy"),
        .disable_modern = device_bool(arguments, "disable-modern"),
        .class_code = CLASS_ETHERNET, .vectors = (unsigned)device_number(arguments, "vectors"),
    };
    unsigned slot;
    if (options.disable_legacy && options.disable_modern) {
        return error_fail(error, "disable-legacy=on,disable-modern=on: nothing is left");
    }
    struct virtio_net *net = device_pci_slot(board, arguments, &slot, error) ? new_virtio_net(board, arguments, error) : NULL;
    return net && make_bootable(board, arguments, &virtio_pci_new(board->machine, board->pci, slot, 0, &net->virtio,
                                                                  &options)->pci, slot, error);
}
