/* SPDX-License-Identifier: MIT */
/*
 * Files of the host. Locks are open-file-description locks (fcntl(2), F_OFD_SETLK) on single bytes that mean rights,
 * where QEMU and qemu-img look for them too: byte 100 + n is share-locked by whoever uses right n (0 consistent read, 1
 * write, 3 resize), byte 200 + n by whoever does not let others use it. After taking them one looks whether somebody
 * else holds the counterpart. They vanish with the descriptor, however the process ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "block/file.h"

enum { LOCK_USED = 100, LOCK_DENIED = 200 };
enum lock_right { RIGHT_READ, RIGHT_WRITE, RIGHT_RESIZE = 3, RIGHT_COUNT };
enum { ZERO_CHUNK = 1 << 20 };

/* ---- Locks ---- */

static bool set_lock(int fd, off_t byte)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return !fcntl(fd, F_OFD_SETLK, &lock) || (errno != EAGAIN && errno != EACCES);
}

/* Somebody else has a lock on the byte. */
static bool locked_elsewhere(int fd, off_t byte)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* File systems without such locks (and devices) are used without: errors other than "taken" are no refusal. */
static bool lock_file(const struct file *file, GError **error)
{
    const unsigned used = 1u << RIGHT_READ | (file->writable ? 1u << RIGHT_WRITE | 1u << RIGHT_RESIZE : 0);
    const unsigned denied = 1u << RIGHT_WRITE | 1u << RIGHT_RESIZE;
    bool good = true;
    for (unsigned right = 0; right <= RIGHT_RESIZE; right++) {
        good &= !(used >> right & 1) || set_lock(file->fd, LOCK_USED + right);
        good &= !(denied >> right & 1) || set_lock(file->fd, LOCK_DENIED + right);
    }
    for (unsigned right = 0; right <= RIGHT_RESIZE && good; right++) {
        good &= !(used >> right & 1) || !locked_elsewhere(file->fd, LOCK_DENIED + right);
        good &= !(denied >> right & 1) || !locked_elsewhere(file->fd, LOCK_USED + right);
    }
    return good || error_fail(error, "%s: another process is %s it (it holds a lock)", file->path,
                              file->writable ? "using" : "writing");
}

/* ---- Opening ---- */

static bool look_at(struct file *file, GError **error)
{
    struct stat stat;
    if (fstat(file->fd, &stat)) {
        return error_fail(error, "%s: %s", file->path, g_strerror(errno));
    }
    if (!S_ISREG(stat.st_mode) && !S_ISBLK(stat.st_mode)) {
        return error_fail(error, "%s: %s, not a file that can hold an image", file->path,
                          S_ISDIR(stat.st_mode) ? "a directory" : "a special file");
    }
    file->device = S_ISBLK(stat.st_mode);
    file->host_device = stat.st_dev;
    file->inode = stat.st_ino;
    return true;
}

struct file *file_open(const char *path, unsigned flags, GError **error)
{
    /* O_NONBLOCK: a FIFO without a writer must not hang us. */
    int mode = (flags & FILE_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | (flags & FILE_CREATE ? O_CREAT : 0);
    struct file *file = g_new0(struct file, 1);
    *file = (struct file){ .fd = open(path, mode, 0644), .path = g_strdup(path), .writable = flags & FILE_WRITE };
    if (file->fd < 0) {
        error_fail(error, "%s: %s", path, g_strerror(errno));
    } else if (look_at(file, error) && (flags & FILE_NO_LOCK || lock_file(file, error))) {
        /* Emptied only when it is known to be nobody's. */
        if (!(flags & FILE_CREATE) || file->device || !ftruncate(file->fd, 0)) {
            return file;
        }
        error_fail(error, "%s: %s", path, g_strerror(errno));
    }
    file_close(file);
    return NULL;
}

struct file *file_open_temporary(GError **error)
{
    const char *folder = g_getenv("TMPDIR");
    g_autofree char *path = g_build_filename(folder && *folder ? folder : "/var/tmp", "dragoman-XXXXXX", NULL);
    struct file *file = g_new0(struct file, 1);
    *file = (struct file){ .fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600), .path = g_strdup(path),
                           .writable = true,
                            .no_flush = true };
    if (file->fd >= 0 && !unlink(path) && look_at(file, error)) {
        return file;
    }
    if (error && !*error) {
        error_fail(error, "temporary file %s: %s", path, g_strerror(errno));
    }
    file_close(file);
    return NULL;
}

void file_close(struct file *file)
{
    if (file) {
        if (file->fd >= 0) {
            close(file->fd);
        }
        g_free(file->path);
        g_free(file);
    }
}

bool file_same(const struct file *a, const struct file *b)
{
    return a->host_device == b->host_device && a->inode == b->inode;
}

/* ---- Transfers ---- */

static void observe(const struct file *file, uint64_t offset, const void *bytes, uint64_t count)
{
    if (file->observer) {
        file->observer->wrote(file->observer->opaque, offset, bytes, count);
    }
}

int file_read(struct file *file, uint64_t offset, void *buffer, uint64_t bytes)
{
    uint8_t *to = buffer;
    if (offset > INT64_MAX || bytes > INT64_MAX - offset) {
        return EINVAL;
    }
    while (bytes) {
        ssize_t got = pread(file->fd, to, MIN(bytes, 1u << 30), (off_t)offset);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (!got) {
            memset(to, 0, bytes);
            return 0;
        }
        got = MAX(got, 0);
        to += got, offset += (uint64_t)got, bytes -= (uint64_t)got;
    }
    return 0;
}

int file_write(struct file *file, uint64_t offset, const void *buffer, uint64_t bytes)
{
    const uint8_t *from = buffer;
    if (offset > INT64_MAX || bytes > INT64_MAX - offset) {
        return EFBIG;
    }
    observe(file, offset, buffer, bytes);
    while (bytes) {
        ssize_t put = pwrite(file->fd, from, MIN(bytes, 1u << 30), (off_t)offset);
        if (put < 0 && errno != EINTR) {
            return errno;
        }
        if (!put) {
            return ENOSPC;
        }
        put = MAX(put, 0);
        from += put, offset += (uint64_t)put, bytes -= (uint64_t)put;
    }
    return 0;
}

int file_flush(struct file *file)
{
    if (file->observer) {
        file->observer->flushed(file->observer->opaque);
    }
    return file->writable && !file->no_flush && fdatasync(file->fd) ? errno : 0;
}

static int host_fallocate(struct file *file, int mode, uint64_t offset, uint64_t bytes)
{
    int failed;
    do {
        failed = fallocate(file->fd, mode, (off_t)offset, (off_t)bytes) ? errno : 0;
    } while (failed == EINTR);
    return failed;
}

static int write_zeroes(struct file *file, uint64_t offset, uint64_t bytes)
{
    g_autofree uint8_t *zeroes = g_malloc0(MIN(bytes, ZERO_CHUNK));
    int failed = 0;
    while (bytes && !failed) {
        uint64_t part = MIN(bytes, ZERO_CHUNK);
        failed = file_write(file, offset, zeroes, part);
        offset += part, bytes -= part;
    }
    return failed;
}

int file_zero(struct file *file, uint64_t offset, uint64_t bytes, bool unmap)
{
    uint64_t end = 0;
    if (!bytes) {
        return 0;
    }
    if (offset > INT64_MAX || bytes > INT64_MAX - offset) {
        return EFBIG;
    }
    observe(file, offset, NULL, bytes);
    /* A hole does not make the file longer: behind its end ZERO_RANGE does. */
    if (unmap && !file_size(file, &end) && offset + bytes <= end &&
        !host_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes)) {
        return 0;
    }
    int failed = host_fallocate(file, FALLOC_FL_ZERO_RANGE, offset, bytes);
    return failed && failed != ENOSPC ? write_zeroes(file, offset, bytes) : failed;
}

int file_discard(struct file *file, uint64_t offset, uint64_t bytes)
{
    observe(file, offset, NULL, bytes);
    int failed = bytes ? host_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes) : 0;
    return failed == EOPNOTSUPP || failed == ENODEV || failed == EINVAL ? 0 : failed;
}

int file_truncate(struct file *file, uint64_t bytes)
{
    if (file->device) {
        return 0;
    }
    if (bytes > INT64_MAX) {
        return EFBIG;
    }
    return ftruncate(file->fd, (off_t)bytes) ? errno : 0;
}

int file_allocate(struct file *file, uint64_t offset, uint64_t bytes)
{
    if (offset > INT64_MAX || bytes > INT64_MAX - offset) {
        return EFBIG;
    }
    return bytes ? posix_fallocate(file->fd, (off_t)offset, (off_t)bytes) : 0;
}

int file_size(struct file *file, uint64_t *bytes)
{
    struct stat stat;
    if (file->device) {
        return ioctl(file->fd, BLKGETSIZE64, bytes) ? errno : 0;
    }
    if (fstat(file->fd, &stat)) {
        return errno;
    }
    *bytes = (uint64_t)stat.st_size;
    return 0;
}

uint64_t file_host_bytes(struct file *file)
{
    struct stat stat;
    return fstat(file->fd, &stat) ? 0 : (uint64_t)stat.st_blocks * 512;
}

bool file_is_hole(struct file *file, uint64_t offset, uint64_t bytes, uint64_t *same)
{
    off_t data = offset > INT64_MAX ? -1 : lseek(file->fd, (off_t)offset, SEEK_DATA);
    *same = bytes;
    if (data < 0) {
        uint64_t end = 0;           /* ENXIO: a hole to the end; other errors: the file system cannot tell */
        return errno == ENXIO && !file_size(file, &end) && !file->device;
    }
    if ((uint64_t)data > offset) {
        *same = MIN(bytes, (uint64_t)data - offset);
        return true;
    }
    off_t hole = lseek(file->fd, (off_t)offset, SEEK_HOLE);
    if (hole > data) {
        *same = MIN(bytes, (uint64_t)hole - offset);
    }
    return false;
}
