/* SPDX-License-Identifier: MIT */
/* Raw images: the file's bytes are the disk's. A size that is no multiple of 512 is rounded up; the tail reads as
 * zeroes. */
#include <errno.h>
#include "base/error.h"
#include "block/image.h"

static bool raw_open(struct image *image, unsigned flags, GError **error)
{
    int failed = file_size(image->file, &image->bytes);
    if (failed) {
        return error_fail(error, "%s: %s", image->file->path, g_strerror(failed));
    }
    image->bytes = (image->bytes + 511) & ~511ull;
    return true;
}

static void raw_close(struct image *image) { }

static int raw_read(struct image *image, uint64_t offset, void *buffer, uint64_t bytes)
{
    return file_read(image->file, offset, buffer, bytes);
}

/* Raw was a guess: the guest may not turn the file into another format, with which it could name files of the host when
 * it is opened again. */
static bool would_change_format(struct image *image, uint64_t offset, const uint8_t *buffer, uint64_t bytes)
{
    uint8_t head[IMAGE_PROBE_BYTES];
    if (!image->probed || offset >= sizeof(head)) {
        return false;
    }
    if (file_read(image->file, 0, head, sizeof(head))) {
        return true;
    }
    for (uint64_t i = 0; i < bytes && offset + i < sizeof(head); i++) {
        head[offset + i] = buffer[i];
    }
    return image_qcow2.probe(head, sizeof(head));
}

static int raw_write(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes)
{
    return would_change_format(image, offset, buffer, bytes) ? EPERM : file_write(image->file, offset, buffer, bytes);
}

static int raw_flush(struct image *image)
{
    return file_flush(image->file);
}

static int raw_discard(struct image *image, uint64_t offset, uint64_t bytes)
{
    return file_discard(image->file, offset, bytes);
}

static int raw_write_zeroes(struct image *image, uint64_t offset, uint64_t bytes, bool unmap)
{
    return file_zero(image->file, offset, bytes, unmap);
}

static int raw_status(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status)
{
    bool hole = file_is_hole(image->file, offset, bytes, &status->bytes);
    status->allocated = true;
    status->zero = hole;
    status->data = !hole;
    status->has_offset = true;
    status->host_offset = offset;
    return 0;
}

static bool raw_resize(struct image *image, uint64_t bytes, GError **error)
{
    int failed = image->file->device ? ENOTSUP : file_truncate(image->file, bytes);
    if (failed) {
        return error_fail(error, "%s: %s", image->file->path, g_strerror(failed));
    }
    image->bytes = (bytes + 511) & ~511ull;
    return true;
}

const struct image_format image_raw = {
    .name = "raw", .open = raw_open, .close = raw_close, .read = raw_read, .write = raw_write, .flush = raw_flush,
    .discard = raw_discard, .write_zeroes = raw_write_zeroes, .status = raw_status, .resize = raw_resize,
};
