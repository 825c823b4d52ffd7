/* SPDX-License-Identifier: MIT */
/* -drive if=pflash: the image is read before the machine runs, and written at the end of each command that changed something. */
#include "hw/boards/flash.h"
#include "base/error.h"

enum { READ_UNIT = 512 };

bool board_has_flash(const struct board *board, unsigned unit)
{
    return block_find_index(board->block, DRIVE_PFLASH, unit);
}

uint64_t board_flash_bytes(const struct board *board, unsigned unit)
{
    struct disk_facts facts;
    disk_get_facts(block_find_index(board->block, DRIVE_PFLASH, unit)->disk, &facts);
    return facts.bytes;
}

static int write_back(void *opaque, uint64_t offset, const void *buffer, uint64_t bytes)
{
    return disk_write_now(opaque, offset, buffer, bytes);
}

struct pflash *board_flash(struct board *board, unsigned unit, const struct pflash_settings *settings, GError **error)
{
    struct drive *drive = backends_take_drive(board, DRIVE_PFLASH, unit);
    struct pflash_settings with_drive = *settings;
    g_autofree uint8_t *contents = NULL;
    uint64_t bytes = 0;
    if (drive) {
        struct disk_facts facts;
        disk_get_facts(drive->disk, &facts);
        bytes = facts.bytes;
        if (bytes > settings->bytes) {
            error_fail(error, "-drive if=pflash,unit=%u: the image has %" G_GUINT64_FORMAT " KiB, the chip %" G_GUINT64_FORMAT,
                       unit, bytes >> 10, settings->bytes >> 10);
            return NULL;
        }
        contents = g_malloc(bytes);
        int failed = disk_read_now(drive->disk, 0, contents, bytes & ~(uint64_t)(READ_UNIT - 1));
        if (failed) {
            error_fail(error, "-drive if=pflash,unit=%u: %s", unit, g_strerror(failed));
            return NULL;
        }
        with_drive.read_only |= facts.read_only;
        with_drive.write = facts.read_only ? NULL : write_back;
        with_drive.opaque = drive->disk;
    }
    struct pflash *flash = pflash_new(board->machine, &with_drive, contents, bytes);
    if (!flash) {
        error_fail(error, "-drive if=pflash,unit=%u: an image of %" G_GUINT64_FORMAT " bytes does not fit a chip of blocks of %u", unit,
                   bytes, settings->block_bytes);
    }
    return flash;
}
