/* SPDX-License-Identifier: MIT */
/* -device of the ISA bus. */
#include "base/character.h"
#include "base/error.h"
#include "base/memory.h"
#include "hw/boards/device_table.h"
#include "hw/char/uart16550.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/isa_debug_exit.h"
#include "hw/misc/pc_testdev.h"

const struct device_property isa_debug_exit_properties[] = {
    { "iobase", DEVICE_NUMBER, 0xfffc, "0x501", "first port" },
    { "iosize", DEVICE_NUMBER, 4, "2", "bytes: 1, 2 or 4" },
    { NULL },
};

bool isa_debug_exit_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    uint64_t bytes = device_number(arguments, "iosize");
    if (bytes != 1 && bytes != 2 && bytes != 4) {
        return error_fail(error, "iosize must be 1, 2 or 4");
    }
    isa_debug_exit_new(board->machine, device_number(arguments, "iobase"), bytes);
    return true;
}

const struct device_property isa_debugcon_properties[] = {
    { "iobase", DEVICE_NUMBER, 0xffff, "0xe9", "port" },
    { "chardev", DEVICE_TEXT, 0, NULL, "id of a -chardev" },
    { NULL },
};

bool isa_debugcon_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const char *id = device_text(arguments, "chardev");
    if (!id) {
        return error_fail(error, "needs chardev=ID");
    }
    struct character *character = board_chardev(board, id, error);
    if (character) {
        debugcon_new(board->machine, device_number(arguments, "iobase"), character);
    }
    return character;
}

const struct device_property isa_serial_properties[] = {
    { "chardev", DEVICE_TEXT, 0, NULL, "id of a -chardev" },
    { "index", DEVICE_NUMBER, OPTIONS_MAX_SERIAL - 1, NULL, "which of COM1 to COM4 it is; the first whose port is free when not given" },
    { "iobase", DEVICE_NUMBER, 0xfff8, NULL, "first port, instead of what the index says" },
    { "irq", DEVICE_NUMBER, 15, NULL, "interrupt, instead of what the index says" },
    { NULL },
};

const struct isa_serial_place isa_serial_places[OPTIONS_MAX_SERIAL] = { { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 } };

static bool port_is_free(const struct board *board, uint16_t port)
{
    return !memory_find(board->machine->ports, port).region;
}

bool isa_serial_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const struct isa_serial_place *places = isa_serial_places;
    const char *chardev = device_text(arguments, "chardev");
    unsigned index = (unsigned)device_number(arguments, "index");
    while (!device_text(arguments, "index") && index < OPTIONS_MAX_SERIAL - 1 && !port_is_free(board, places[index].port)) {
        index++;
    }
    uint64_t port = device_text(arguments, "iobase") ? device_number(arguments, "iobase") : places[index].port;
    unsigned irq = device_text(arguments, "irq") ? (unsigned)device_number(arguments, "irq") : places[index].irq;
    struct character *character = chardev ? board_chardev(board, chardev, error) : NULL;
    if (!chardev || character) {
        uart16550_new(board->machine, (uint16_t)port, board->isa_irq(board, irq), character);
    }
    return !chardev || character;
}

const struct device_property pc_testdev_properties[] = { { NULL } };

bool pc_testdev_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct irq_line irq[PC_TESTDEV_IRQS];
    for (unsigned i = 0; i < PC_TESTDEV_IRQS; i++) {
        irq[i] = board->isa_irq(board, i);
    }
    pc_testdev_new(board->machine, irq);
    return true;
}
