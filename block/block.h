/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H
/*
 * The drives of a machine: images opened from what -drive and its short forms say, as base/disk.h's disks.
 *
 * Threads: everything here is called from the main loop's thread or under the machine lock, before the machine runs or
 * while it runs; image files are read and written by threads of this folder.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"

struct block;

enum drive_interface {
    DRIVE_IDE, DRIVE_FLOPPY, DRIVE_VIRTIO, DRIVE_PFLASH, DRIVE_SCSI, DRIVE_SD,
    DRIVE_NONE,                     /* for a -device ...,drive=ID */
    DRIVE_INTERFACES
};

/* One -drive. `disk` is handed to a controller; everything else is for boards and the monitor to read. */
struct drive {
    struct disk *disk;
    char *id;                       /* the user's, or as QEMU names them: ide0-hd0, ide1-cd0, floppy0, virtio0, ... */
    enum drive_interface interface;
    unsigned bus, unit;             /* IDE: channel and 0 master or 1 slave; others: bus 0 */
    bool cdrom;
    bool used;                      /* a controller took it; boards set this */
    bool named;                     /* made by -blockdev or blockdev-add: stays when its device goes; boards set this */
    char *file_node;                /* of one: the file node below it; NULL: none. Owned */
    char *device;                   /* id of the -device that has it where that is no drive= of its own; NULL: none. Owned */
    struct drive *medium;           /* the named one whose image is in this drive; NULL: its own image, or none */
};

struct drive_statistics {
    uint64_t reads, writes, flushes, discards, bytes_read, bytes_written, bytes_discarded, failed;
};

/* What the monitor shows of a drive. Strings belong to the drive and live until its medium changes. */
struct drive_info {
    bool inserted, removable, read_only, locked, tray_open, encrypted;
    const char *file, *format, *cache;      /* NULL file: no medium */
    const char *node;                       /* name of the medium */
    const char *backing_file;               /* NULL: none */
    unsigned backing_depth;
    uint64_t bytes;
    struct drive_statistics statistics;
};

/* counted_time: -icount; requests then end at virtual times that depend on the requests alone. log may be NULL.
 * Nothing is owned; block_free goes before the clocks. */
struct block *block_new(GMutex *machine_lock, struct clocks *clocks, bool counted_time, struct log *log);
/* Ends all requests (done is called for none), makes images clean on their disk and closes them. Lock not held. */
void block_free(struct block *block);

/* What the monitor tells of drives. Machine lock held, on the main loop's thread or, with -icount, a CPU's. */
struct block_listener {
    void *opaque;
    void (*failed)(void *opaque, const struct drive *drive, bool read, bool ignored, int error);     /* error: errno */
    void (*tray_moved)(void *opaque, const struct drive *drive, bool open);
};
/* NULL: nobody listens any more. */
void block_set_listener(struct block *block, const struct block_listener *listener);

/* Machine lock not held: opening a file may take its time, as does closing one.
 * "file=x.qcow2,if=ide,index=0,media=disk,format=qcow2,..." as behind -drive; ",," is a comma inside a value. error:
 * one line that names the drive and the reason. NULL then, and nothing is changed. */
struct drive *block_add_drive(struct block *block, const char *spec, GError **error);
/* What -drive would say for -hda, -hdb, -hdc, -hdd, -cdrom, -fda, -fdb, -pflash FILE; NULL: option is none of these. */
char *drive_spec_of_short(const char *option, const char *file);
/* -snapshot: drives added from now on write to temporary overlays, as with snapshot=on. */
void block_set_snapshot(struct block *block, bool on);
/* A drive without medium: a CD-ROM or floppy drive that is there by default. */
struct drive *block_add_empty(struct block *block, enum drive_interface interface, unsigned index, bool cdrom);
/* The same for -device ide-cd, whose id is `device` (NULL: none); it is used. */
struct drive *block_add_cdrom(struct block *block, const char *device, GError **error);

/* Closes the image and frees the drive. Machine lock not held; nobody uses it, and it has no request under way. */
void block_remove_drive(struct block *block, struct drive *drive);

unsigned block_drive_count(const struct block *block);
struct drive *block_drive(const struct block *block, unsigned number);
struct drive *block_find_id(const struct block *block, const char *id);
/* index counts bus and unit through: IDE 0 to 3, floppies 0 and 1. */
struct drive *block_find_index(const struct block *block, enum drive_interface interface, unsigned index);
const char *drive_interface_name(enum drive_interface interface);

/* For the monitor; machine lock held, but for drive_change_medium, which takes it when the file is open. They may wait for requests to
 * end. format may be NULL: probed.
 * error: one line; the old medium stays. The guest holds a lock on the tray, unless force. */
bool drive_change_medium(struct drive *drive, const char *file, const char *format, bool read_only, bool force, GError **error);
bool drive_eject(struct drive *drive, bool force, GError **error);
/* The steps alone. A medium moves while the tray is open (a floppy drive has none); nothing happens where it is so already. */
bool drive_open_tray(struct drive *drive, bool force, GError **error);
bool drive_close_tray(struct drive *drive, GError **error);
bool drive_remove_medium(struct drive *drive, GError **error);
/* node: one with a name, of blockdev-add, that nobody uses. */
bool drive_insert_node(struct drive *drive, struct drive *node, GError **error);
/* The same before the machine runs, into an empty drive. */
void drive_put_node(struct drive *drive, struct drive *node);
/* A drive of its own (-drive if=none) that a CD drive has taken: its medium can be changed, and not written. */
void drive_make_cdrom(struct drive *drive);
/* A node of blockdev-add that no device has for its disk: a medium, in a drive or not. */
bool drive_is_medium(const struct drive *drive);
/* What messages call it. */
const char *drive_name(const struct drive *drive);
/* Grows a disk while the machine runs; its listener is told. */
bool drive_resize(struct drive *drive, uint64_t bytes, GError **error);
void drive_get_info(const struct drive *drive, struct drive_info *info);

/* Waits until no drive has a request under way and all is on the host's disk; machine lock held. 0 or errno of the
 * first that failed. Completions are still delivered by the main loop afterwards. */
int block_flush_all(struct block *block);

/* For boards before the machine runs (flash contents, sizes): reads or writes at once. 0 or errno. */
int disk_read_now(struct disk *disk, uint64_t offset, void *buffer, uint64_t bytes);
int disk_write_now(struct disk *disk, uint64_t offset, const void *buffer, uint64_t bytes);

/* The verb img and links named qemu-img: argv[0] is what messages call the program, argv[1] the verb. Returns the exit
 * status. */
int img_main(int argc, char **argv);

#endif
