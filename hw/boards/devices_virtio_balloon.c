/* SPDX-License-Identifier: MIT */
/* -device virtio-balloon-pci and virtio-balloon-device. */
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/virtio/virtio_balloon.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"

enum { PCI_CLASS_OTHERS = 0x00ff };

#define COMMON_PROPERTIES { "deflate-on-oom", DEVICE_BOOL, 0, "off", "the guest may take memory back when it runs short" }

const struct device_property virtio_balloon_device_properties[] = { COMMON_PROPERTIES, { NULL } };
const struct device_property virtio_balloon_pci_properties[] = {
    COMMON_PROPERTIES,
    { "disable-legacy", DEVICE_BOOL, 0, "off", "without the interface before virtio 1.0" },
    { "disable-modern", DEVICE_BOOL, 0, "off", "with that interface alone" },
    { NULL },
};

static void changed(void *opaque)
{
    struct board *board = opaque;
    if (board->balloon_changed.function) {
        board->balloon_changed.function(board->balloon_changed.opaque);
    }
}

static struct virtio_balloon *make(struct board *board, const struct device_arguments *arguments, GError **error)
{
    if (board->balloon) {
        error_fail(error, "Only one balloon device is supported");
        return NULL;
    }
    board->balloon = virtio_balloon_new(board->machine, device_bool(arguments, "deflate-on-oom"));
    board->balloon->changed = changed;
    board->balloon->changed_opaque = board;
    return board->balloon;
}

bool virtio_balloon_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct virtio_pci_options options = {
        .disable_legacy = device_bool(arguments, "disable-legacy"),
        .disable_modern = device_bool(arguments, "disable-modern"), .class_code = PCI_CLASS_OTHERS,
    };
    unsigned slot;
    if (options.disable_legacy && options.disable_modern) {
        return error_fail(error, "disable-legacy and disable-modern leave nothing");
    }
    struct virtio_balloon *balloon = device_pci_slot(board, arguments, &slot, error) ? make(board, arguments, error) : NULL;
    return balloon && virtio_pci_new(board->machine, board->pci, slot, 0, &balloon->virtio, &options);
}

bool virtio_balloon_device_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct virtio_balloon *balloon = make(board, arguments, error);
    return balloon && (virtio_slots_plug(board->virtio_slots, &balloon->virtio) ||
                       error_fail(error, "all virtio-mmio slots are taken"));
}
