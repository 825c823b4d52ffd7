/* SPDX-License-Identifier: MIT */
/* -device virtio-blk-pci and virtio-blk-device. */
#include <string.h>
#include "base/error.h"
#include "hw/boards/backends.h"
#include "hw/boards/device_table.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio_blk.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"

enum { PCI_CLASS_STORAGE_SCSI = 0x0100, BOOT_INDEX_NONE = 0xffff };

#define COMMON_PROPERTIES                                                                                       \
    { "drive", DEVICE_TEXT, 0, NULL, "id of a -drive with if=none" },                                           \
    { "serial", DEVICE_TEXT, 0, NULL, "at most 20 characters; the drive's own when not given" },                \
    { "queue-size", DEVICE_NUMBER, VIRTIO_QUEUE_SIZE_MOST, "256", "requests at once; a power of two from 4" },  \
    { "num-queues", DEVICE_NUMBER, 1024, NULL, "accepted; there is one" },                                      \
    { "bootindex", DEVICE_NUMBER, BOOT_INDEX_NONE - 1, NULL, "place in the order of starting" }

const struct device_property virtio_blk_pci_properties[] = {
    COMMON_PROPERTIES,
    { "disable-legacy", DEVICE_BOOL, 0, "off", "without the interface before virtio 1.0" },
    { "disable-modern", DEVICE_BOOL, 0, "off", "with that interface alone" },
    { NULL },
};
const struct device_property virtio_blk_mmio_properties[] = { COMMON_PROPERTIES, { NULL } };

static struct virtio_blk *make(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const uint64_t queue_size = device_number(arguments, "queue-size");
    const char *serial = device_text(arguments, "serial");
    if (queue_size < 4 || queue_size & (queue_size - 1)) {
        error_fail(error, "queue-size must be a power of two from 4");
        return NULL;
    }
    if (serial && strlen(serial) > 20) {
        error_fail(error, "serial=%s: at most 20 characters", serial);
        return NULL;
    }
    struct drive *drive = backends_take_drive_id(board, device_text(arguments, "drive"), error);
    return drive ? virtio_blk_new(board->machine, drive->disk, serial, (uint16_t)queue_size) : NULL;
}

bool virtio_blk_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct virtio_pci_options options = {
        .disable_legacy = device_bool(arguments, "disable-legacy"),
        .disable_modern = device_bool(arguments, "disable-modern"), .class_code = PCI_CLASS_STORAGE_SCSI,
    };
    unsigned slot;
    if (options.disable_legacy && options.disable_modern) {
        return error_fail(error, "disable-legacy and disable-modern leave nothing");
    }
    if (!device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    struct virtio_blk *blk = make(board, arguments, error);
    if (!blk) {
        return false;
    }
    virtio_pci_new(board->machine, board->pci, slot, 0, &blk->virtio, &options);
    if (device_text(arguments, "bootindex")) {
        g_autofree char *path = g_strdup_printf("/pci@i0cf8/scsi@%x/disk@0,0", slot);
        board_add_boot_device(board, device_number(arguments, "bootindex"), path);
    }
    return true;
}

bool virtio_blk_mmio_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct virtio_blk *blk = make(board, arguments, error);
    if (!blk) {
        return false;
    }
    return virtio_slots_plug(board->virtio_slots, &blk->virtio) || error_fail(error, "all virtio-mmio slots are taken");
}
