/* SPDX-License-Identifier: MIT */
/*
 * Images: choice of format, chains of backing files, bounds. Formats get requests that lie inside the image.
 * A probed format is taken by its magic; what has none is raw. Chains that name themselves or are deeper than
 * IMAGE_MAX_BACKING are refused.
 */
#include <errno.h>
#include <string.h>
#include "base/device.h"
#include "base/error.h"
#include "block/image.h"
#include "block/qcow2_create.h"

static const struct image_format *const formats[] = { &image_raw, &image_qcow2 };
static const char *const format_names[] = { "raw", "qcow2", NULL };

const struct image_format *image_find_format(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        if (!strcmp(formats[i]->name, name)) {
            return formats[i];
        }
    }
    return NULL;
}

const char *const *image_format_names(void)
{
    return format_names;
}

static const struct image_format *probe(struct file *file, GError **error)
{
    uint8_t head[IMAGE_PROBE_BYTES];
    int failed = file_read(file, 0, head, sizeof(head));
    if (failed) {
        error_fail(error, "%s: %s", file->path, g_strerror(failed));
        return NULL;
    }
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        if (formats[i]->probe && formats[i]->probe(head, sizeof(head))) {
            return formats[i];
        }
    }
    return &image_raw;
}

/* ---- Opening ---- */

bool image_path_is_foreign(const char *path, GError **error)
{
    size_t word = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    if (!word || path[word] != ':' || g_file_test(path, G_FILE_TEST_EXISTS)) {
        return false;
    }
    error_fail(error, "%s: '%.*s:' is not supported; images are files of this host", path, (int)word, path);
    return true;
}

char *image_backing_path(const char *image_path, const char *backing_file)
{
    const char *name = g_str_has_prefix(backing_file, "file:") ? backing_file + 5 : backing_file;
    if (g_path_is_absolute(name)) {
        return g_strdup(name);
    }
    const char *slash = strrchr(image_path, '/');
    return g_strdup_printf("%.*s%s", slash ? (int)(slash + 1 - image_path) : 0, image_path, name);
}

/* above: the files of the chain so far, to notice a loop. */
static struct image *open_chain(const char *path, const char *format, unsigned flags, GPtrArray *above, GError **error);

static bool chain_has_room(const struct image *image, const GPtrArray *above, GError **error)
{
    for (unsigned i = 0; i < above->len; i++) {
        if (file_same(image->file, above->pdata[i])) {
            return error_fail(error, "%s: its backing files lead back to itself", image->file->path);
        }
    }
    return above->len < IMAGE_MAX_BACKING ||
        error_fail(error, "%s: more than %d backing files behind each other", image->file->path, IMAGE_MAX_BACKING);
}

static bool open_backing(struct image *image, unsigned flags, GPtrArray *above, GError **error)
{
    g_autofree char *path = image_backing_path(image->file->path, image->backing_file);
    GError *reason = NULL;
    if (!image_path_is_foreign(image->backing_file, &reason) || g_str_has_prefix(image->backing_file, "file:")) {
        g_clear_error(&reason);
        image->backing = open_chain(path, image->backing_format, flags & ~(unsigned)(IMAGE_WRITE | IMAGE_REPAIR),
                                    above, &reason);
    }
    if (!image->backing) {
        error_fail(error, "backing file of %s: %s", image->file->path, reason->message);
        g_error_free(reason);
        return false;
    }
    return true;
}

static struct image *open_chain(const char *path, const char *format, unsigned flags, GPtrArray *above, GError **error)
{
    const struct image_format *kind = format ? image_find_format(format) : NULL;
    if (format && !kind) {
        error_fail(error, "%s: unknown image format '%s'; there are raw and qcow2", path, format);
        return NULL;
    }
    unsigned file_flags = (flags & IMAGE_WRITE ? FILE_WRITE : 0) | (flags & IMAGE_NO_LOCK ? FILE_NO_LOCK : 0);
    struct file *file = file_open(path, file_flags, error);
    if (!file) {
        return NULL;
    }
    struct image *image = g_new0(struct image, 1);
    *image = (struct image){ .file = file, .writable = flags & IMAGE_WRITE, .probed = !format };
    image->format = kind ? kind : probe(file, error);
    if (!image->format || !chain_has_room(image, above, error) || !image->format->open(image, flags, error)) {
        image->format = NULL;
        image_close(image);
        return NULL;
    }
    g_ptr_array_add(above, file);
    if (image->backing_file && !(flags & IMAGE_NO_BACKING) && !open_backing(image, flags, above, error)) {
        image_close(image);
        return NULL;
    }
    return image;
}

bool image_open_backing(struct image *image, unsigned flags, GError **error)
{
    GPtrArray *above = g_ptr_array_new();
    g_ptr_array_add(above, image->file);
    bool good = open_backing(image, flags, above, error);
    g_ptr_array_free(above, TRUE);
    return good;
}

/* A temporary qcow2 image over the one that was opened. */
static struct image *overlay(struct image *base, GError **error)
{
    struct file *file = file_open_temporary(error);
    if (file && qcow2_create_overlay(file, base->bytes, error)) {
        struct image *image = g_new0(struct image, 1);
        *image = (struct image){ .format = &image_qcow2, .file = file, .writable = true };
        if (image_qcow2.open(image, IMAGE_WRITE, error)) {
            image->backing = base;
            return image;
        }
        g_free(image);
    }
    file_close(file);
    image_close(base);
    return NULL;
}

struct image *image_open(const char *path, const char *format, unsigned flags, GError **error)
{
    GPtrArray *above = g_ptr_array_new();
    const char *name = g_str_has_prefix(path, "file:") ? path + 5 : path;
    struct image *image = NULL;
    if (name != path || !image_path_is_foreign(path, error)) {
        bool snapshot = flags & IMAGE_SNAPSHOT;
        image = open_chain(name, format, snapshot ? flags & ~(unsigned)IMAGE_WRITE : flags, above, error);
        image = image && snapshot ? overlay(image, error) : image;
    }
    g_ptr_array_free(above, TRUE);
    return image;
}

void image_close(struct image *image)
{
    while (image) {
        struct image *backing = image->backing;
        if (image->format) {
            image->format->close(image);
        }
        file_close(image->file);
        g_free(image->backing_file);
        g_free(image->backing_format);
        g_free(image);
        image = backing;
    }
}

/* ---- Access ---- */

static bool inside(const struct image *image, uint64_t offset, uint64_t bytes)
{
    return offset <= image->bytes && bytes <= image->bytes - offset;
}

int image_read(struct image *image, uint64_t offset, void *buffer, uint64_t bytes)
{
    return inside(image, offset, bytes) ? image->format->read(image, offset, buffer, bytes) : EINVAL;
}

static int may_write(const struct image *image, uint64_t offset, uint64_t bytes)
{
    return !inside(image, offset, bytes) ? EINVAL : image->writable ? 0 : EROFS;
}

int image_write(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes)
{
    int failed = may_write(image, offset, bytes);
    return failed ? failed : image->format->write(image, offset, buffer, bytes);
}

int image_flush(struct image *image)
{
    return image->writable ? image->format->flush(image) : 0;
}

int image_discard(struct image *image, uint64_t offset, uint64_t bytes)
{
    int failed = may_write(image, offset, bytes);
    return failed ? failed : image->format->discard(image, offset, bytes);
}

int image_write_zeroes(struct image *image, uint64_t offset, uint64_t bytes, bool unmap)
{
    int failed = may_write(image, offset, bytes);
    return failed ? failed : image->format->write_zeroes(image, offset, bytes, unmap);
}

int image_read_backing(struct image *image, uint64_t offset, void *buffer, uint64_t bytes)
{
    const uint64_t end = image->backing ? image->backing->bytes : 0;
    const uint64_t there = offset >= end ? 0 : MIN(bytes, end - offset);
    memset((uint8_t *)buffer + there, 0, bytes - there);
    return there ? image_read(image->backing, offset, buffer, there) : 0;
}

/* ---- Status ---- */

int image_status(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status)
{
    *status = (struct image_status){ .bytes = bytes };
    return inside(image, offset, bytes) && bytes ? image->format->status(image, offset, bytes, status) : EINVAL;
}

int image_status_deep(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status,
                      unsigned *depth)
{
    unsigned level = 0;
    for (;; level++, image = image->backing) {
        int failed = image_status(image, offset, bytes, status);
        if (failed) {
            return failed;
        }
        bytes = status->bytes;
        if (status->allocated || !image->backing) {
            status->zero |= !status->allocated;
            break;
        }
        if (offset >= image->backing->bytes) {
            status->zero = true;
            break;
        }
        bytes = MIN(bytes, image->backing->bytes - offset);
    }
    if (depth) {
        *depth = level;
    }
    return 0;
}

bool image_bytes_are_zero(const void *buffer, uint64_t bytes)
{
    const uint8_t *at = buffer;
    return !bytes || (!at[0] && !memcmp(at, at + 1, bytes - 1));
}
