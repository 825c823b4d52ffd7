/* SPDX-License-Identifier: MIT */
#ifndef BASE_DISK_H
#define BASE_DISK_H
/*
 * A disk as a controller sees it: sectors behind a queue. block/ implements it on image files.
 *
 * Threads: everything here is called, and `done` and the listener are called, with the machine lock held. Nothing blocks:
 * the work is done by block/'s own threads. `done` is never called from inside disk_submit. With -icount a request ends
 * at a virtual time that depends on the request alone, so that two runs are alike.
 *
 * Guest memory: a controller reads into a buffer of its own and copies that in `done` by memory_write_bytes (which marks
 * dirty pages and code); it fills the buffer of a write before disk_submit.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_SECTOR_BYTES = 512 };
enum disk_operation { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD, DISK_WRITE_ZEROES };

struct disk;

struct disk_request {
    enum disk_operation operation;
    uint64_t offset, bytes;         /* multiples of 512, inside the disk; disk_submit refuses others with EINVAL */
    void *buffer;                   /* of `bytes`; stays the caller's, untouched until done. NULL where there is no data */
    void (*done)(struct disk_request *request, int error);      /* errno of the host, 0 when done */
    void *opaque;                   /* the caller's */
    void *private;                  /* block/'s own */
};

struct disk_facts {
    uint64_t bytes;                 /* 0: no medium */
    bool inserted, read_only, removable, cdrom;
    bool tray_open;                 /* of a CD drive: the guest sees no medium then, in or not */
    bool write_cache;               /* writes may wait for DISK_FLUSH */
    char serial[21], model[41];     /* "" when the user gave none */
    uint16_t cylinders, heads, sectors;     /* geometry the user gave, else 0: the controller translates */
};

struct disk_listener {
    void *device;
    void (*medium_changed)(void *device);   /* another medium, or none, the tray; also when the size changed */
    bool (*eject_requested)(void *device, bool force);  /* the user wants it out; true: locked by the guest, refused */
};

void disk_get_facts(const struct disk *disk, struct disk_facts *facts);
void disk_submit(struct disk *disk, struct disk_request *request);
/* Forgets a request that was submitted: its done is not called any more, its buffer is free when this returns. May wait for
 * the host, so only for a device's reset. */
void disk_cancel(struct disk *disk, struct disk_request *request);
void disk_set_listener(struct disk *disk, const struct disk_listener *listener);
/* The guest opens or closes the tray. A CD drive's eject leaves the disk without medium. */
void disk_guest_eject(struct disk *disk, bool open);

#endif
