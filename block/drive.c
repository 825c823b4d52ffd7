/* SPDX-License-Identifier: MIT */
/*
 * Drives: a place (interface, bus, unit), a medium that may change, and what the user wants of it. Names, defaults and
 * places are QEMU's: IDE has two channels of two, -cdrom is the second channel's master, a drive without a place takes
 * the first that is free.
 */
#include <string.h>
#include "base/device.h"
#include "base/error.h"
#include "block/drive_options.h"

/* Units a bus, 0: any number; 7 for SCSI as QEMU's first host adapters had it. */
static const unsigned units_of_bus[DRIVE_INTERFACES] = { [DRIVE_IDE] = 2, [DRIVE_SCSI] = 7 };
enum { IDE_BUSES = 2, FLOPPY_UNITS = 2 };

/* ---- The list ---- */

unsigned block_drive_count(const struct block *block) { return block->drives->len; }
struct drive *block_drive(const struct block *block, unsigned number) { return block->drives->pdata[number]; }

struct drive *block_find_id(const struct block *block, const char *id)
{
    for (unsigned i = 0; i < block->drives->len; i++) {
        if (!strcmp(block_drive(block, i)->id, id)) {
            return block_drive(block, i);
        }
    }
    return NULL;
}

static struct drive *find_place(const struct block *block, enum drive_interface interface, unsigned bus, unsigned unit)
{
    for (unsigned i = 0; i < block->drives->len; i++) {
        struct drive *drive = block_drive(block, i);
        if (drive->interface == interface && drive->bus == bus && drive->unit == unit) {
            return drive;
        }
    }
    return NULL;
}

struct drive *block_find_index(const struct block *block, enum drive_interface interface, unsigned index)
{
    unsigned units = units_of_bus[interface];
    return find_place(block, interface, units ? index / units : 0, units ? index % units : index);
}

/* ---- Making one ---- */

static bool choose_place(struct block *block, const struct drive_options *o, unsigned *bus, unsigned *unit,
                         GError **error)
{
    const unsigned units = units_of_bus[o->interface];
    unsigned index = o->index >= 0 ? (unsigned)o->index : 0;
    if (o->index >= 0 || (o->bus < 0 && o->unit < 0)) {
        while (o->index < 0 && block_find_index(block, o->interface, index)) {
            index++;
        }
        *bus = units ? index / units : 0;
        *unit = units ? index % units : index;
    } else {
        *bus = o->bus >= 0 ? (unsigned)o->bus : 0;
        *unit = o->unit >= 0 ? (unsigned)o->unit : 0;
        while (o->unit < 0 && find_place(block, o->interface, *bus, *unit)) {
            (*unit)++;
        }
    }
    const char *name = drive_interface_name(o->interface);
    if ((units && *unit >= units) || (o->interface == DRIVE_IDE && *bus >= IDE_BUSES) ||
        (o->interface == DRIVE_FLOPPY && *unit >= FLOPPY_UNITS)) {
        return error_fail(error, "-drive if=%s: no such place: bus %u, unit %u", name, *bus, *unit);
    }
    if (o->interface != DRIVE_NONE && find_place(block, o->interface, *bus, *unit)) {
        return error_fail(error, "-drive if=%s: there is a drive already at bus %u, unit %u", name, *bus, *unit);
    }
    return true;
}

static char *choose_id(const struct drive_options *o, unsigned bus, unsigned unit)
{
    if (o->id) {
        return g_strdup(o->id);
    }
    const char *name = drive_interface_name(o->interface), *medium = o->cdrom ? "cd" : "hd";
    return units_of_bus[o->interface] ? g_strdup_printf("%s%u-%s%u", name, bus, medium, unit)
        : g_strdup_printf("%s%u%s", name, unit, o->cdrom && o->interface == DRIVE_NONE ? "-cd" : "");
}

static void warn_probed(struct block *block, const struct image *image)
{
    if (image->probed && image->format == &image_raw && image->writable) {
        g_printerr("dragoman: %s: no format was given and none known was found: taken as raw, and its first sectors may "
                   "not be written with another format's magic; format=raw says so and lifts that\n", image->file->path);
    }
}

struct image *disk_open_image(struct disk *disk, const char *file, const char *format, bool read_only, bool no_lock, GError **error)
{
    unsigned flags = (read_only ? 0 : IMAGE_WRITE) | (disk->snapshot && !read_only ? IMAGE_SNAPSHOT : 0) |
        (no_lock ? IMAGE_NO_LOCK : 0);
    /* What a CD-ROM image holds is never a format: ISO 9660 begins with bytes that are anybody's. */
    struct image *image = image_open(file, format ? format : disk->facts.cdrom ? "raw" : NULL, flags, error);
    if (image) {
        warn_probed(disk->block, image);
        image->file->no_flush |= disk->cache == CACHE_UNSAFE;
    }
    return image;
}

/* Into the list, at which CPUs look with counted time. */
static struct drive *add(struct block *block, const struct drive_options *o, unsigned bus, unsigned unit,
                         struct disk *disk)
{
    struct drive_private *private = g_new0(struct drive_private, 1);
    private->drive = (struct drive){ .disk = disk, .id = choose_id(o, bus, unit), .interface = o->interface, .bus = bus,
                                     .unit = unit, .cdrom = o->cdrom };
    private->file = g_strdup(o->file);
    private->format = g_strdup(o->format);
    g_mutex_lock(block->machine_lock);
    g_ptr_array_add(block->drives, private);
    g_mutex_unlock(block->machine_lock);
    return &private->drive;
}

static struct disk *make_disk(struct block *block, const struct drive_options *o)
{
    struct disk *disk = disk_new(block);
    disk->facts.cdrom = o->cdrom;
    disk->facts.removable = o->cdrom || o->interface == DRIVE_FLOPPY;
    disk->facts.cylinders = o->cylinders, disk->facts.heads = o->heads, disk->facts.sectors = o->sectors;
    g_strlcpy(disk->facts.serial, o->serial ? o->serial : "", sizeof(disk->facts.serial));
    disk->cache = o->cache;
    disk->discard = o->discard;
    disk->snapshot = o->snapshot || block->snapshot;
    disk->opened_read_only = o->read_only;
    disk->ignore_write_errors = o->ignore_write_errors;
    disk->ignore_read_errors = o->ignore_read_errors;
    return disk;
}

static struct drive *add_by_options(struct block *block, const struct drive_options *o, GError **error)
{
    unsigned bus, unit;
    if (!choose_place(block, o, &bus, &unit, error)) {
        return NULL;
    }
    g_autofree char *id = choose_id(o, bus, unit);
    if (block_find_id(block, id)) {
        error_fail(error, "-drive id=%s: there is one of this name already", id);
        return NULL;
    }
    struct disk *disk = make_disk(block, o);
    if (o->file) {
        struct image *image = disk_open_image(disk, o->file, o->format, o->read_only, o->no_lock, error);
        if (!image) {
            disk_free(disk);
            return NULL;
        }
        disk_set_image(disk, image);
    }
    return add(block, o, bus, unit, disk);
}

struct drive *block_add_drive(struct block *block, const char *spec, GError **error)
{
    struct drive_options options;
    if (!drive_options_parse(&options, spec, error)) {
        return NULL;
    }
    struct drive *drive = add_by_options(block, &options, error);
    drive_options_clear(&options);
    return drive;
}

struct drive *block_add_empty(struct block *block, enum drive_interface interface, unsigned index, bool cdrom)
{
    struct drive_options options = { .interface = interface, .index = (int)index, .bus = -1, .unit = -1, .cdrom = cdrom,
                                     .read_only = cdrom };
    return add_by_options(block, &options, NULL);
}

struct drive *block_add_cdrom(struct block *block, const char *device, GError **error)
{
    struct drive_options options = { .interface = DRIVE_NONE, .index = -1, .bus = -1, .unit = -1, .cdrom = true, .read_only = true };
    struct drive *drive = add_by_options(block, &options, error);
    if (drive) {
        drive->device = g_strdup(device);
        drive->used = true;
    }
    return drive;
}

char *drive_spec_of_short(const char *option, const char *file)
{
    static const struct { const char *option, *place; } shorts[] = {
        { "hda", "if=ide,index=0,media=disk" }, { "hdb", "if=ide,index=1,media=disk" },
        { "hdc", "if=ide,index=2,media=disk" }, { "hdd", "if=ide,index=3,media=disk" },
        { "cdrom", "if=ide,index=2,media=cdrom" }, { "fda", "if=floppy,index=0" }, { "fdb", "if=floppy,index=1" },
        { "pflash", "if=pflash" },
    };
    for (unsigned i = 0; i < ARRAY_LEN(shorts); i++) {
        if (!strcmp(shorts[i].option, option)) {
            g_auto(GStrv) parts = g_strsplit(file, ",", -1);
            g_autofree char *quoted = g_strjoinv(",,", parts);
            return g_strdup_printf("%s,file=%s", shorts[i].place, quoted);
        }
    }
    return NULL;
}

/* ---- What is told and shown ---- */

bool drive_is_medium(const struct drive *drive) { return drive->named && (!drive->used || !drive->disk->image); }

const char *drive_name(const struct drive *drive) { return drive->device ? drive->device : drive->id; }

void drive_make_cdrom(struct drive *drive)
{
    drive->cdrom = drive->disk->facts.cdrom = drive->disk->facts.removable = true;
}

struct drive *drive_of(const struct disk *disk)
{
    const GPtrArray *drives = disk->block->drives;
    for (unsigned i = 0; i < drives->len; i++) {
        struct drive_private *private = drives->pdata[i];
        if (private->drive.disk == disk) {
            return &private->drive;
        }
    }
    return NULL;
}

void block_set_listener(struct block *block, const struct block_listener *listener)
{
    block->listener = listener ? *listener : (struct block_listener){ NULL };
}

void block_tell_failure(struct disk *disk, bool read, bool ignored, int error)
{
    const struct block_listener *listener = &disk->block->listener;
    const struct drive *drive = listener->failed ? drive_of(disk) : NULL;
    if (drive) {
        listener->failed(listener->opaque, drive, read, ignored, error);
    }
}

void block_tell_tray(struct disk *disk, bool open)
{
    const struct block_listener *listener = &disk->block->listener;
    const struct drive *drive = listener->tray_moved ? drive_of(disk) : NULL;
    if (drive) {
        listener->tray_moved(listener->opaque, drive, open);
    }
}

void drive_get_info(const struct drive *drive, struct drive_info *info)
{
    const struct disk *disk = drive->disk;
    const struct image *image = disk->image;
    struct disk_facts facts;
    disk_get_facts(disk, &facts);
    *info = (struct drive_info){ .inserted = image, .removable = facts.removable, .read_only = facts.read_only,
                                 .tray_open = disk->tray_open, .cache = drive_cache_name(disk->cache),
                                 .bytes = facts.bytes, .node = drive->medium ? drive->medium->id : drive->id,
                                 .statistics = disk->statistics };
    if (image) {
        info->file = disk->snapshot && image->backing ? drive_private(drive)->file : image->file->path;
        info->format = image->format->name;
        info->backing_file = image->backing_file ? image->backing_file : image->backing ? image->backing->file->path
            : NULL;
        while ((image = image->backing)) {
            info->backing_depth++;
        }
    }
}

int block_flush_all(struct block *block)
{
    int failed = 0;
    for (unsigned i = 0; i < block->drives->len; i++) {
        struct disk *disk = block_drive(block, i)->disk;
        disk_wait_idle(disk);
        int error = disk->image ? image_flush(disk->image) : 0;
        failed = failed ? failed : error;
    }
    return failed;
}

/* ---- Beginning and end ---- */

void block_set_snapshot(struct block *block, bool on) { block->snapshot = on; }

struct block *block_new(GMutex *machine_lock, struct clocks *clocks, bool counted_time, struct log *log)
{
    struct block *block = g_new0(struct block, 1);
    *block = (struct block){ .machine_lock = machine_lock, .clocks = clocks, .counted = counted_time, .log = log,
                             .drives = g_ptr_array_new() };
    disks_init(block);
    return block;
}

static void drive_free(struct drive *drive)
{
    struct drive_private *private = drive_private(drive);
    disk_free(drive->disk);
    g_free(drive->id);
    g_free(drive->file_node);
    g_free(drive->device);
    g_free(private->file);
    g_free(private->format);
    g_free(private);
}

void block_remove_drive(struct block *block, struct drive *drive)
{
    g_mutex_lock(block->machine_lock);
    g_ptr_array_remove(block->drives, drive_private(drive));
    g_mutex_unlock(block->machine_lock);
    drive_free(drive);
}

void block_free(struct block *block)
{
    if (!block) {
        return;
    }
    for (unsigned i = 0; i < block->drives->len; i++) {
        disk_wait_idle(block_drive(block, i)->disk);
    }
    for (unsigned i = 0; i < block->drives->len; i++) {
        drive_free(block_drive(block, i));
    }
    g_ptr_array_free(block->drives, TRUE);
    disks_free(block);
    g_free(block);
}
