/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_FILE_H
#define BLOCK_FILE_H
/* A file or block device of the host that holds an image, and the locks by which emulators notice each other. */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* For tests: told of all that reaches the file, in order. bytes NULL: zeroes. */
struct file_observer {
    void *opaque;
    void (*wrote)(void *opaque, uint64_t offset, const void *bytes, uint64_t count);
    void (*flushed)(void *opaque);
};

struct file {
    int fd;
    char *path;
    bool writable, device;          /* device: a block device, whose size is fixed */
    bool no_flush;                  /* what is lost with the host's power is no loss: flushing does nothing */
    const struct file_observer *observer;
    dev_t host_device;
    ino_t inode;
};

enum file_flags {
    FILE_WRITE = 1,
    FILE_NO_LOCK = 2,               /* look at it even while somebody writes */
    FILE_CREATE = 4,                /* new or emptied; with FILE_WRITE */
};

/* error: one line that names the file. A file that another process has open in a way that collides is refused. */
struct file *file_open(const char *path, unsigned flags, GError **error);
/* A nameless temporary file in $TMPDIR or /var/tmp. */
struct file *file_open_temporary(GError **error);
void file_close(struct file *file);
/* The same file, also by another name. */
bool file_same(const struct file *a, const struct file *b);

/* All return 0 or errno, and go on after short transfers. What lies behind the end reads as zeroes. */
int file_read(struct file *file, uint64_t offset, void *buffer, uint64_t bytes);
int file_write(struct file *file, uint64_t offset, const void *buffer, uint64_t bytes);
/* Data and size are on the disk when it returns. */
int file_flush(struct file *file);
/* unmap: the space may be given back. Never makes the file longer than offset + bytes. */
int file_zero(struct file *file, uint64_t offset, uint64_t bytes, bool unmap);
/* A hint: the bytes may read as zeroes or as before. */
int file_discard(struct file *file, uint64_t offset, uint64_t bytes);
int file_truncate(struct file *file, uint64_t bytes);
/* Host space is reserved (posix_fallocate), so that later writes cannot fail for lack of it. */
int file_allocate(struct file *file, uint64_t offset, uint64_t bytes);
int file_size(struct file *file, uint64_t *bytes);
/* Space taken on the host's disk. */
uint64_t file_host_bytes(struct file *file);
/* Whether offset lies in a hole, and how far the same holds, at most `bytes`. */
bool file_is_hole(struct file *file, uint64_t offset, uint64_t bytes, uint64_t *same);

#endif
