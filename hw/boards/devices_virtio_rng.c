/* SPDX-License-Identifier: MIT */
/* -device virtio-rng-pci and virtio-rng-device. Random bytes are the host's; with -icount a fixed sequence. */
#include <sys/random.h>
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"
#include "hw/virtio/virtio_rng.h"

enum { PCI_CLASS_OTHERS = 0x00ff, NS_PER_MS = 1000000 };

const struct device_property virtio_rng_properties[] = {
    { "max-bytes", DEVICE_NUMBER, UINT64_MAX, NULL, "bytes a period; any number when not given" },
    { "period", DEVICE_NUMBER, UINT32_MAX, "65536", "a period in milliseconds" },
    { NULL },
};

static void from_host(void *out, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = getrandom((char *)out + done, bytes - done, 0);
        done += got > 0 ? (size_t)got : 0;
    }
}

static struct virtio_rng *make(struct board *board, const struct device_arguments *arguments)
{
    return virtio_rng_new(board->machine, board->options->icount ? NULL : from_host,
                          device_number(arguments, "max-bytes"),
                          (int64_t)device_number(arguments, "period") * NS_PER_MS);
}

bool virtio_rng_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct virtio_pci_options options = { .class_code = PCI_CLASS_OTHERS };
    unsigned slot;
    if (!device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    virtio_pci_new(board->machine, board->pci, slot, 0, &make(board, arguments)->virtio, &options);
    return true;
}

bool virtio_rng_device_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return virtio_slots_plug(board->virtio_slots, &make(board, arguments)->virtio) ||
        error_fail(error, "all virtio-mmio slots are taken");
}
