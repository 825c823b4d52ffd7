/* SPDX-License-Identifier: MIT */
/* -device virtio-serial-pci and virtio-serial-device, and what is put on them: virtconsole, virtserialport. */
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio_console.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_pci.h"

enum { PCI_CLASS_COMMUNICATION = 0x0780 };

const struct device_property virtio_serial_properties[] = {
    { "max_ports", DEVICE_NUMBER, 31, NULL, "accepted; there are 8" },
    { NULL },
};

bool virtio_serial_pci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct virtio_pci_options options = { .class_code = PCI_CLASS_COMMUNICATION };
    unsigned slot;
    if (!device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    board->console = virtio_console_new(board->machine);
    virtio_pci_new(board->machine, board->pci, slot, 0, &board->console->virtio, &options);
    return true;
}

bool virtio_serial_device_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    board->console = virtio_console_new(board->machine);
    return virtio_slots_plug(board->virtio_slots, &board->console->virtio) ||
        error_fail(error, "all virtio-mmio slots are taken");
}

const struct device_property virtio_port_properties[] = {
    { "chardev", DEVICE_TEXT, 0, NULL, "id of a -chardev" },
    { "name", DEVICE_TEXT, 0, NULL, "by which the guest finds it (/dev/virtio-ports/NAME)" },
    { "nr", DEVICE_NUMBER, VIRTIO_CONSOLE_PORTS - 1, NULL, "number; the first free one when not given" },
    { "bus", DEVICE_TEXT, 0, NULL, "accepted; ports go to the virtio-serial before them" },
    { NULL },
};

static bool add_port(struct board *board, const struct device_arguments *arguments, bool is_console, GError **error)
{
    const char *id = device_text(arguments, "chardev");
    struct character *character = NULL;
    if (id && !(character = board_chardev(board, id, error))) {
        return false;
    }
    int number = device_text(arguments, "nr") ? (int)device_number(arguments, "nr") : -1;
    return virtio_console_add_port(board->console, number, is_console, device_text(arguments, "name"), character) ||
        error_fail(error, "the port is taken, or there is none left");
}

bool virtconsole_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_port(board, arguments, true, error);
}

bool virtserialport_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_port(board, arguments, false, error);
}
