/* SPDX-License-Identifier: MIT */
/*
 * The firmware of a PC below 4 GiB: an image of -bios as ROM, or flash chips of -drive if=pflash, unit 0 at the top and unit 1, for
 * firmware that keeps its variables apart, below it. The last 128 KiB are seen below 1 MiB too.
 */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/error.h"
#include "hw/boards/firmware.h"
#include "hw/boards/flash.h"
#include "hw/pci/i440fx.h"

enum { ISA_ROM_BYTES = 128 << 10, FLASH_UNITS = 2, FLASH_BLOCK_BYTES = 4096, FLASH_MOST_BYTES = 16 << 20 };
static const uint64_t MIB = 1 << 20, FOUR_GIB = 1ull << 32;

static void show_below_1_mib(struct pc *pc, uint64_t bytes)
{
    bytes = MIN(bytes, ISA_ROM_BYTES);
    memory_add_alias(pc->board.machine->memory, "firmware-isa", MIB - bytes, bytes, FOUR_GIB - bytes, I440FX_PRIORITY_DEVICES);
}

static bool add_rom(struct pc *pc, GError **error)
{
    struct machine *machine = pc->board.machine;
    g_autoptr(GBytes) image = firmware_load(pc->board.options->bios, error);
    uint64_t ram_offset;
    gsize bytes;
    if (!image) {
        return false;
    }
    const void *rom = g_bytes_get_data(image, &bytes);
    g_assert(machine_take_ram(machine, bytes, &ram_offset));        /* the first to take some */
    memcpy(machine->ram->host + ram_offset, rom, bytes);
    memory_add_ram(machine->memory, "firmware", FOUR_GIB - bytes, bytes, machine->ram, ram_offset, true, 0);
    show_below_1_mib(pc, bytes);
    return true;
}

static bool add_flash(struct pc *pc, GError **error)
{
    uint64_t top = FOUR_GIB;
    if (pc->board.options->bios) {
        return error_fail(error, "-bios and -drive if=pflash: one of them gives the firmware");
    }
    for (unsigned unit = 0; unit < FLASH_UNITS && board_has_flash(&pc->board, unit); unit++) {
        static const char *const names[FLASH_UNITS] = { "flash0", "flash1" };
        uint64_t bytes = board_flash_bytes(&pc->board, unit);
        if (!bytes || bytes % FLASH_BLOCK_BYTES || bytes > FLASH_MOST_BYTES - (FOUR_GIB - top)) {
            return error_fail(error, "-drive if=pflash,unit=%u: %" G_GUINT64_FORMAT " bytes; chips have multiples of 4 KiB, "
                              "at most 16 MiB together", unit, bytes);
        }
        top -= bytes;
        struct pflash_settings settings = {
            .name = names[unit], .address = top, .bytes = bytes, .block_bytes = FLASH_BLOCK_BYTES, .bank_bytes = 1,
            .chip_bytes = 1,
        };
        if (!board_flash(&pc->board, unit, &settings, error)) {
            return false;
        }
    }
    show_below_1_mib(pc, FOUR_GIB - top);
    return true;
}

bool pc_add_firmware(struct pc *pc, GError **error)
{
    if (board_has_flash(&pc->board, 1) && !board_has_flash(&pc->board, 0)) {
        return error_fail(error, "-drive if=pflash,unit=1: there is no unit 0, which has the firmware");
    }
    return board_has_flash(&pc->board, 0) ? add_flash(pc, error) : add_rom(pc, error);
}
