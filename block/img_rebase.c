/* SPDX-License-Identifier: MIT */
/* img rebase: another backing file, the same contents (or, with -u, another name only). img commit: into the backing
 * file. */
#include <errno.h>
#include <string.h>
#include "block/img.h"
#include "block/qcow2_check.h"

enum { STEP_BYTES = 1 << 20 };

/* ---- rebase ---- */

/* Bytes of an image that may be shorter, or not there. */
static int read_padded(struct image *image, uint64_t offset, uint8_t *to, uint64_t bytes)
{
    const uint64_t end = image ? image->bytes : 0, there = offset < end ? MIN(bytes, end - offset) : 0;
    memset(to + there, 0, bytes - there);
    return there ? image_read(image, offset, to, there) : 0;
}

/* Where the image itself holds nothing and the two backing files differ, it takes what it showed. */
static int keep_contents(struct img *img, struct image *image, struct image *other)
{
    g_autofree uint8_t *before = g_malloc(STEP_BYTES), *after = g_malloc(STEP_BYTES);
    int failed = 0;
    for (uint64_t at = 0; at < image->bytes && !failed;) {
        struct image_status status;
        failed = image_status(image, at, MIN(STEP_BYTES, image->bytes - at), &status);
        const uint64_t part = failed ? 0 : status.bytes;
        if (!failed && !status.allocated) {
            failed = read_padded(image->backing, at, before, part);
            failed = failed ? failed : read_padded(other, at, after, part);
            /* The whole range: a cluster is written in one piece. */
            failed = failed || !memcmp(before, after, part) ? failed : image_write(image, at, before, part);
        }
        at += part;
        img_progress(img, at, image->bytes);
    }
    return failed ? failed : image_flush(image);
}

static bool rebase(struct img *img, struct image *image, const char *backing, const char *format, bool unsafe,
                   GError **error)
{
    struct image *other = NULL;
    if (image->format != &image_qcow2) {
        return error_fail(error, "%s: %s images have no backing file", image->file->path, image->format->name);
    }
    if (backing && format && !image_find_format(format)) {
        return error_fail(error, "unknown image format '%s'; there are raw and qcow2", format);
    }
    if (!unsafe) {
        if (backing) {
            g_autofree char *path = image_backing_path(image->file->path, backing);
            other = image_open(path, format, 0, error);
            if (!other) {
                return false;
            }
        }
        for (const struct image *in = other; in; in = in->backing) {
            if (file_same(in->file, image->file)) {
                image_close(other);
                return error_fail(error, "%s: it would be its own backing file", image->file->path);
            }
        }
        format = other && !format ? other->format->name : format;
        int failed = keep_contents(img, image, other);
        image_close(other);
        if (failed) {
            return error_fail(error, "%s: %s", image->file->path, g_strerror(failed));
        }
        img_progress_end(img);
    }
    return qcow2_change_backing(image, backing, format, error);
}

int img_rebase(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', NULL, true }, { 'b', NULL, true }, { 'F', NULL, true }, { 'B', NULL, true }, { 'u', NULL, false },
        { 'p', NULL, false },
        { 'q', NULL, false }, { 't', NULL, true }, { 'T', NULL, true }, { 'U', "force-share", false }, { 0 },
    };
    const char *format = NULL, *backing = NULL, *backing_format = NULL;
    GError *error = NULL;
    bool unsafe = false;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': format = optarg; break;
        case 'b': backing = optarg; break;
        case 'F': case 'B': backing_format = optarg; break;
        case 'u': unsafe = true; break;
        case 'p': img->progress = true; break;
        case 'q': img->quiet = true; break;
        case 't': case 'T': case 'U': break;
        default: return 1;
        }
    }
    if (argc - optind != 1 || (!backing && !unsafe)) {
        return img_misused(img, argc - optind != 1 ? "wants one FILE" : "wants -b BACKING (\"\" for none)");
    }
    struct image *image = image_open(argv[optind], format, IMAGE_WRITE | (unsafe ? IMAGE_NO_BACKING : 0), &error);
    bool good = image && rebase(img, image, backing && *backing ? backing : NULL, backing_format, unsafe, &error);
    image_close(image);
    return good ? 0 : img_fail(img, error);
}

/* ---- commit ---- */

static int copy_down(struct img *img, struct image *image, struct image *below)
{
    g_autofree uint8_t *buffer = g_malloc(STEP_BYTES);
    int failed = 0;
    for (uint64_t at = 0; at < image->bytes && !failed;) {
        struct image_status status;
        failed = image_status(image, at, image->bytes - at, &status);
        uint64_t part = failed ? 0 : status.bytes;
        if (!failed && status.allocated && status.zero) {
            failed = image_write_zeroes(below, at, part, true);
        } else if (!failed && status.allocated) {
            part = MIN(part, STEP_BYTES);
            failed = image_read(image, at, buffer, part);
            failed = failed ? failed : image_write(below, at, buffer, part);
        }
        at += part;
        img_progress(img, at, image->bytes);
    }
    return failed ? failed : image_flush(below);
}

static bool commit(struct img *img, struct image *image, bool keep, GError **error)
{
    if (!image->backing_file) {
        return error_fail(error, "%s: has no backing file to commit to", image->file->path);
    }
    g_autofree char *path = image_backing_path(image->file->path, image->backing_file);
    struct image *below = image_open(path, image->backing_format, IMAGE_WRITE, error);
    if (!below) {
        return false;
    }
    bool good = below->bytes >= image->bytes || below->format->resize(below, image->bytes, error);
    int failed = good ? copy_down(img, image, below) : 0;
    image_close(below);
    failed = failed || keep || !good ? failed : qcow2_make_empty(image);
    if (good && !failed) {
        img_progress_end(img);
        if (!img->quiet) {
            printf("Image committed.\n");
        }
    }
    return good && (!failed || error_fail(error, "%s: %s", image->file->path, g_strerror(failed)));
}

int img_commit(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', NULL, true }, { 'd', NULL, false }, { 'p', NULL, false }, { 'q', NULL, false }, { 't', NULL, true },
        { 0 },
    };
    const char *format = NULL;
    GError *error = NULL;
    bool keep = false;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': format = optarg; break;
        case 'd': keep = true; break;
        case 'p': img->progress = true; break;
        case 'q': img->quiet = true; break;
        case 't': break;
        default: return 1;
        }
    }
    if (argc - optind != 1) {
        return img_misused(img, "wants one FILE");
    }
    struct image *image = image_open(argv[optind], format, IMAGE_WRITE | IMAGE_NO_BACKING, &error);
    bool good = image && commit(img, image, keep, &error);
    image_close(image);
    return good ? 0 : img_fail(img, error);
}
