/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_BLOCK_INTERNAL_H
#define BLOCK_BLOCK_INTERNAL_H
/* What disk.c (requests) and drive.c (options, media) share. */
#include "block/block.h"
#include "block/image.h"

enum drive_cache { CACHE_WRITEBACK, CACHE_WRITETHROUGH, CACHE_NONE, CACHE_DIRECTSYNC, CACHE_UNSAFE, CACHE_KINDS };

/*
 * A request's way: queued -> running (a worker) -> finished -> its done is called. Everything but `finished` lists and
 * states belongs to the machine lock; those to block->lock.
 */
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_FINISHED };
struct job {
    struct disk *disk;
    struct disk_request *request;
    enum job_state state;
    bool cancelled;                 /* a worker that meets it drops it */
    int error;
    int64_t due_ns;                 /* with counted time */
};

struct disk {
    struct block *block;
    struct image *image;            /* NULL: no medium */
    struct disk_listener listener;
    struct disk_facts facts;        /* of the drive; size and read_only are the medium's */
    enum drive_cache cache;
    bool discard, tray_open, opened_read_only, snapshot, ignore_write_errors, ignore_read_errors;
    int64_t busy_until_ns;          /* with counted time: when the last request ends */
    unsigned unfinished;            /* queued or running; block->lock */
    struct drive_statistics statistics;
};

struct block {
    GMutex *machine_lock;
    struct clocks *clocks;
    struct log *log;
    bool counted, snapshot;
    GPtrArray *drives;              /* struct drive_private * */
    struct block_listener listener; /* machine lock */

    GThreadPool *workers;
    GMutex lock;
    GCond changed;                  /* a job has finished */
    GQueue finished;                /* struct job *, in the order of their end */
    GQueue by_time;                 /* counted: all jobs, by due_ns */
    struct timer *timer;            /* counted: the first of by_time */
    int event_fd;                   /* not counted: the main loop looks at `finished` */
    GSource *source;
};

struct drive_private {
    struct drive drive;
    char *file, *format;            /* as the user gave them; format NULL: probed */
};

/* Drives (drive.c). */
static inline struct drive_private *drive_private(const struct drive *drive) { return (struct drive_private *)drive; }
/* Whose it is; NULL: a drive's that is being made. */
struct drive *drive_of(const struct disk *disk);
/* A file as this disk would have it. NULL: error. */
struct image *disk_open_image(struct disk *disk, const char *file, const char *format, bool read_only, bool no_lock, GError **error);
/* To the listener, if there is one. */
void block_tell_failure(struct disk *disk, bool read, bool ignored, int error);
void block_tell_tray(struct disk *disk, bool open);

/* Requests (disk.c). */
void disks_init(struct block *block);
void disks_free(struct block *block);
struct disk *disk_new(struct block *block);
void disk_free(struct disk *disk);
/* Machine lock held: until no request is queued or running. */
void disk_wait_idle(struct disk *disk);
/* Takes the image, which becomes the disk's; closes the old one. NULL: no medium. */
void disk_set_image(struct disk *disk, struct image *image);

#endif
