/* SPDX-License-Identifier: MIT */
/* -drive, -hda and the other short forms: opens them in their order, hands them to controllers. */
#include <string.h>
#include "base/error.h"
#include "hw/boards/backends_internal.h"
#include "hw/boards/devices.h"
#include "machine/machine.h"

/* "hda:FILE" or "drive:SPEC" of the options. */
static bool open_drive(struct board *board, const char *tagged, GError **error)
{
    const char *colon = strchr(tagged, ':');
    g_autofree char *option = g_strndup(tagged, colon - tagged);
    g_autofree char *spec = strcmp(option, "drive") ? drive_spec_of_short(option, colon + 1) : g_strdup(colon + 1);
    struct drive *drive = block_add_drive(board->block, spec, error);
    if (!drive && error && !g_str_has_prefix((*error)->message, "-drive")) {    /* some name it themselves */
        g_prefix_error(error, "-%s: ", option);
    }
    return drive;
}

bool drives_open(struct board *board, GError **error)
{
    const struct options *options = board->options;
    board->block = block_new(&board->machine->lock, board->machine->clocks, options->icount, board->log);
    block_set_snapshot(board->block, options->snapshot);
    for (unsigned i = 0; i < options->drives->len; i++) {
        if (!open_drive(board, options->drives->pdata[i], error)) {
            return false;
        }
    }
    return blockdevs_open(board, error);
}

struct drive *backends_add_drive(struct board *board, const char *spec, GError **error)
{
    g_autofree char *whole = g_strconcat("drive,", spec, NULL), *interface = options_property(whole, "if");
    if (g_strcmp0(interface, "none")) {
        error_fail(error, "Can't hot-add drive to type '%s'; say if=none and device_add", interface ? interface : "ide");
        return NULL;
    }
    return block_add_drive(board->block, spec, error);
}

bool backends_remove_drive(struct board *board, const char *id, GError **error)
{
    struct drive *drive = block_find_id(board->block, id);
    if (!drive) {
        return error_fail(error, "Device '%s' not found", id);
    }
    if (drive->used || drive->named || drive->interface != DRIVE_NONE) {
        return error_fail(error, drive->named ? "Node %s is removed by blockdev-del" : "Node %s is in use", id);
    }
    block_remove_drive(board->block, drive);
    return true;
}

void backends_release_drive(struct board *board, const char *id)
{
    struct drive *drive = id ? block_find_id(board->block, id) : NULL;
    if (drive && drive->named) {
        drive->used = false;
    } else if (drive) {
        block_remove_drive(board->block, drive);
    }
}

struct drive *backends_take_drive(struct board *board, enum drive_interface interface, unsigned index)
{
    struct drive *drive = block_find_index(board->block, interface, index);
    if (drive) {
        drive->used = true;
    }
    return drive;
}

struct drive *backends_take_drive_id(struct board *board, const char *id, GError **error)
{
    struct drive *drive = id ? block_find_id(board->block, id) : NULL;
    if (!drive) {
        error_fail(error, id ? "no -drive has the id %s" : "needs drive=ID of a -drive ...,if=none,id=ID", id);
        return NULL;
    }
    if (drive->used) {
        error_fail(error, "drive %s is used by another device", id);
        return NULL;
    }
    drive->used = true;
    return drive;
}

bool drives_finish(struct board *board, GError **error)
{
    const char *virtio = board->pci ? "virtio-blk-pci" : "virtio-blk-device";
    for (unsigned i = 0; i < block_drive_count(board->block); i++) {
        struct drive *drive = block_drive(board->block, i);
        if (drive->interface == DRIVE_VIRTIO && !drive->used) {
            g_autofree char *spec = g_strdup_printf("%s,drive=%s", virtio, drive->id);
            if (!device_add(board, spec, error)) {
                return false;
            }
        }
        if (!drive->used && drive->interface != DRIVE_NONE) {
            return error_fail(error, "drive %s: machine '%s' has no place if=%s,bus=%u,unit=%u", drive->id, board->type->name,
                              drive_interface_name(drive->interface), drive->bus, drive->unit);
        }
    }
    return true;
}
