/* SPDX-License-Identifier: MIT */
/* -device of the ISA bus. */
#include "base/character.h"
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/isa_debug_exit.h"

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
