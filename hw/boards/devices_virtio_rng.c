/* SPDX-License-Identifier: MIT */
/* -device virtio-rng-pci and virtio-rng-device. Random bytes are the host's, or those of an -object; with -icount a fixed sequence. */
#include "base/error.h"
#include "hw/boards/backends.h"
#include "hw/boards/device_table.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"
#include "hw/virtio/virtio_rng.h"

enum { PCI_CLASS_OTHERS = 0x00ff, NS_PER_MS = 1000000 };

const struct device_property virtio_rng_properties[] = {
    { "rng", DEVICE_TEXT, 0, NULL, "id of an -object rng-random or rng-builtin; the host's numbers when not given" },
    { "max-bytes", DEVICE_NUMBER, UINT64_MAX, NULL, "bytes a period; any number when not given" },
    { "period", DEVICE_NUMBER, UINT32_MAX, "65536", "a period in milliseconds" },
    { NULL },
};

static struct virtio_rng *make(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const char *id = device_text(arguments, "rng");
    void *source = id ? backends_rng(board, id, error) : NULL;
    if (id && !source) {
        return NULL;
    }
    return virtio_rng_new(board->machine, board->options->icount ? NULL : rng_read, source, device_number(arguments, "max-bytes"),
                          (int64_t)device_number(arguments, "period") * NS_PER_MS);
}

bool virtio_rng_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct virtio_pci_options options = { .class_code = PCI_CLASS_OTHERS };
    unsigned slot;
    struct virtio_rng *rng = device_pci_slot(board, arguments, &slot, error) ? make(board, arguments, error) : NULL;
    return rng && virtio_pci_new(board->machine, board->pci, slot, 0, &rng->virtio, &options);
}

bool virtio_rng_device_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct virtio_rng *rng = make(board, arguments, error);
    return rng && (virtio_slots_plug(board->virtio_slots, &rng->virtio) ||
                   error_fail(error, "all virtio-mmio slots are taken"));
}
