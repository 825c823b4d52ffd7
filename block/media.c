/* SPDX-License-Identifier: MIT */
/*
 * Media that change while the machine runs: another file in a drive, none, or a node of blockdev-add. A drive with a tray (CD) has
 * its medium changed while that is open; what moves the tray tells who asked for it (block_tell_tray). A node that is in a drive
 * has lent it its image and gets it back when the medium comes out.
 */
#include "base/error.h"
#include "block/block_internal.h"

static bool has_tray(const struct drive *drive) { return drive->disk->facts.cdrom; }

static void told_medium(struct drive *drive)
{
    struct disk *disk = drive->disk;
    if (disk->listener.medium_changed) {
        disk->listener.medium_changed(disk->listener.device);
    }
}

static void remember_medium(struct drive *drive, const char *file, const char *format)
{
    struct drive_private *private = drive_private(drive);
    g_free(private->file);
    g_free(private->format);
    private->file = g_strdup(file);
    private->format = g_strdup(format);
}

/* The image that is in the disk goes: back to its node, or it is closed. */
static void take_out(struct drive *drive)
{
    struct drive *node = drive->medium;
    if (node) {
        disk_wait_idle(drive->disk);
        disk_set_image(node->disk, drive->disk->image);
        drive->disk->image = NULL;
        drive->medium = NULL;
        node->used = false;
    }
    disk_set_image(drive->disk, NULL);
    remember_medium(drive, NULL, NULL);
}

static void move_tray(struct drive *drive, bool open)
{
    if (has_tray(drive) && drive->disk->tray_open != open) {
        drive->disk->tray_open = open;
        block_tell_tray(drive->disk, open);
    }
}

static bool check_removable(const struct drive *drive, GError **error)
{
    return drive->disk->facts.removable || error_fail(error, "Device '%s' is not removable", drive_name(drive));
}

/* What a button on the drive would do. With force also when the guest has locked it. */
static bool ask_to_open(struct drive *drive, bool force, GError **error)
{
    struct disk *disk = drive->disk;
    bool locked = !disk->tray_open && disk->image && disk->listener.eject_requested && disk->listener.eject_requested(disk->listener.device, force);
    return !locked || force ||
        error_fail(error, "Device '%s' is locked and force was not specified, wait for tray to open and try again",
                   drive_name(drive));
}

bool drive_change_medium(struct drive *drive, const char *file, const char *format, bool read_only, bool force, GError **error)
{
    struct disk *disk = drive->disk;
    struct image *image = check_removable(drive, error)
        ? disk_open_image(disk, file, format, read_only || drive->cdrom, false, error) : NULL;
    if (!image) {
        return false;
    }
    g_mutex_lock(disk->block->machine_lock);
    bool opens = ask_to_open(drive, force, error);
    if (opens) {
        disk->opened_read_only = read_only || drive->cdrom;
        move_tray(drive, true);
        take_out(drive);
        disk_set_image(disk, image);
        remember_medium(drive, file, format);
        move_tray(drive, false);
        told_medium(drive);
    }
    g_mutex_unlock(disk->block->machine_lock);
    if (!opens) {
        image_close(image);
    }
    return opens;
}

static bool open_drive(struct drive *drive, bool force, bool empty, GError **error)
{
    if (!check_removable(drive, error) || !ask_to_open(drive, force, error)) {
        return false;
    }
    move_tray(drive, true);
    if (empty) {
        take_out(drive);
    }
    told_medium(drive);
    return true;
}

bool drive_open_tray(struct drive *drive, bool force, GError **error) { return open_drive(drive, force, false, error); }
bool drive_eject(struct drive *drive, bool force, GError **error) { return open_drive(drive, force, true, error); }

bool drive_close_tray(struct drive *drive, GError **error)
{
    if (!check_removable(drive, error)) {
        return false;
    }
    if (drive->disk->tray_open) {
        move_tray(drive, false);
        told_medium(drive);
    }
    return true;
}

static bool check_open(const struct drive *drive, GError **error)
{
    return check_removable(drive, error) && (!has_tray(drive) || drive->disk->tray_open ||
                                             error_fail(error, "Tray of device '%s' is not open", drive_name(drive)));
}

bool drive_remove_medium(struct drive *drive, GError **error)
{
    if (!check_open(drive, error)) {
        return false;
    }
    take_out(drive);
    told_medium(drive);
    return true;
}

void drive_put_node(struct drive *drive, struct drive *node)
{
    const struct drive_private *from = drive_private(node);
    drive->disk->image = node->disk->image;
    drive->disk->opened_read_only = node->disk->opened_read_only;
    node->disk->image = NULL;
    node->used = true;
    drive->medium = node;
    remember_medium(drive, from->file, from->format);
}

bool drive_insert_node(struct drive *drive, struct drive *node, GError **error)
{
    if (!check_open(drive, error)) {
        return false;
    }
    if (drive->disk->image) {
        return error_fail(error, "There already is a medium in device '%s'", drive_name(drive));
    }
    if (node->used || !node->disk->image) {
        return error_fail(error, "Node '%s' is in use", node->id);
    }
    drive_put_node(drive, node);
    told_medium(drive);
    return true;
}

void disk_guest_eject(struct disk *disk, bool open)
{
    struct drive *drive = drive_of(disk);
    if (!drive || !disk->facts.removable) {
        return;
    }
    if (open) {
        take_out(drive);
    }
    move_tray(drive, open);
}

bool drive_resize(struct drive *drive, uint64_t bytes, GError **error)
{
    struct disk *disk = drive->disk;
    if (!disk->image || !disk->image->writable) {
        return error_fail(error, "Device '%s' has no medium that can be resized", drive->id);
    }
    if (bytes % DISK_SECTOR_BYTES) {
        return error_fail(error, "%s: the size is no multiple of 512", drive->id);
    }
    disk_wait_idle(disk);
    if (!disk->image->format->resize(disk->image, bytes, error)) {
        return false;
    }
    told_medium(drive);
    return true;
}
