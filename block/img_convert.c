/* SPDX-License-Identifier: MIT */
/*
 * img convert: copies what a source shows into a new image (-n: an existing one). What reads as zeroes is not written
 * where the target reads as zeroes anyway; runs of zeroes inside data become holes. On an error or a signal the new
 * file is taken away again.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "block/img.h"
#include "block/qcow2.h"

enum { COPY_BYTES = 2 << 20, SPARSE_DEFAULT = 4096 };

struct convert {
    struct img *img;
    struct image *source, *target;
    uint64_t cluster;               /* units in which zeroes are looked for, and of -c */
    bool compress, existing, target_is_zero, has_backing, keep_zeroes;
};

/* ---- Copying ---- */

static int put_zeroes(struct convert *c, uint64_t at, uint64_t bytes)
{
    return c->target_is_zero && !c->keep_zeroes ? 0 : image_write_zeroes(c->target, at, bytes, !c->keep_zeroes);
}

static int put_compressed(struct convert *c, uint64_t at, const uint8_t *data, uint64_t bytes)
{
    int failed = 0;
    for (uint64_t done = 0; done < bytes && !failed; done += c->cluster) {
        const uint64_t part = MIN(c->cluster, bytes - done);
        if (image_bytes_are_zero(data + done, part)) {
            failed = put_zeroes(c, at + done, part);
            continue;
        }
        failed = qcow2_write_compressed(c->target, at + done, data + done, part);
        failed = failed == ENOSPC ? image_write(c->target, at + done, data + done, part) : failed;
    }
    return failed;
}

/* Runs of units that are all zero or all not. */
static int put_data(struct convert *c, uint64_t at, const uint8_t *data, uint64_t bytes)
{
    int failed = 0;
    if (c->compress) {
        return put_compressed(c, at, data, bytes);
    }
    if (c->keep_zeroes) {
        return image_write(c->target, at, data, bytes);
    }
    for (uint64_t done = 0; done < bytes && !failed;) {
        const bool zero = image_bytes_are_zero(data + done, MIN(c->cluster, bytes - done));
        uint64_t end = done + MIN(c->cluster, bytes - done);
        while (end < bytes && image_bytes_are_zero(data + end, MIN(c->cluster, bytes - end)) == zero) {
            end += MIN(c->cluster, bytes - end);
        }
        failed = zero ? put_zeroes(c, at + done, end - done)
            : image_write(c->target, at + done, data + done, end - done);
        done = end;
    }
    return failed;
}

/* With a backing file of the target (-B), what the source itself does not hold is in there. */
static int look(struct convert *c, uint64_t at, uint64_t bytes, struct image_status *status, bool *skip)
{
    int failed = c->has_backing ? image_status(c->source, at, bytes, status)
        : image_status_deep(c->source, at, bytes, status, NULL);
    *skip = c->has_backing && !failed && !status->allocated;
    return failed;
}

static int copy(struct convert *c)
{
    const uint64_t total = c->source->bytes;
    g_autofree uint8_t *buffer = g_malloc(COPY_BYTES);
    int failed = 0;
    for (uint64_t at = 0; at < total && !failed;) {
        struct image_status status;
        bool skip;
        failed = look(c, at, total - at, &status, &skip);
        uint64_t part = status.bytes;
        if (!failed && !skip && !status.zero) {
            /* To the end of a unit of the target, so that none is written twice. */
            part = MIN(part, COPY_BYTES - (at & (COPY_BYTES - 1)));
            part = MIN(total - at, MAX(part, c->cluster - (at & (c->cluster - 1))));
            failed = image_read(c->source, at, buffer, part);
            failed = failed ? failed : put_data(c, at, buffer, part);
        } else if (!failed && !skip) {
            const uint64_t within = (at + part) & (c->cluster - 1);
            part = c->compress && within < part && at + part < total ? part - within : part;
            if (c->compress && within >= status.bytes) {    /* zeroes in the middle of a unit that also holds data */
                part = MIN(total - at, c->cluster - (at & (c->cluster - 1)));
                failed = image_read(c->source, at, buffer, part);
                failed = failed ? failed : put_data(c, at, buffer, part);
            } else {
                failed = put_zeroes(c, at, part);
            }
        }
        at += part;
        failed = failed ? failed : img_interrupted() ? EINTR : 0;
        img_progress(c->img, failed ? 0 : at, total);
    }
    return failed;
}

/* ---- The two ends ---- */

struct arguments {
    const char *format, *out_format, *backing, *backing_format;
    char *options;
    bool compress, existing, share, target_is_zero, unsafe_target;
    uint64_t sparse;
};

static bool check_sizes(const struct convert *c, const char *path, GError **error)
{
    return c->target->bytes >= c->source->bytes ||
        error_fail(error, "%s: smaller than the source (%" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT " needed)",
                   path,
                   c->target->bytes, c->source->bytes);
}

static bool run(struct convert *c, const struct arguments *a, const char *path, GError **error)
{
    struct qcow2_info info = { .cluster_bytes = MAX(a->sparse, 512) };
    unsigned flags = IMAGE_WRITE;
    c->target = image_open(path, a->out_format, flags, error);
    if (!c->target || !check_sizes(c, path, error)) {
        return false;
    }
    c->target->file->no_flush = true;       /* as with qemu-img: whoever wants it on the disk now calls sync */
    if (c->target->format == &image_qcow2) {
        qcow2_get_info(c->target, &info);
    }
    c->cluster = info.cluster_bytes;
    c->keep_zeroes = !a->sparse;
    c->target_is_zero = (!a->existing && !c->has_backing) || a->target_is_zero;
    img_progress(c->img, 0, 1);
    int failed = copy(c);
    failed = failed ? failed : image_flush(c->target);
    if (!failed && c->target->format == &image_raw && !a->existing) {
        failed = file_truncate(c->target->file, c->source->bytes);
    }
    if (!failed) {
        img_progress(c->img, 1, 1);
        img_progress_end(c->img);
    }
    return !failed || error_fail(error, "%s: %s", path, failed == EINTR ? "interrupted" : g_strerror(failed));
}

static bool plan_target(const struct convert *c, const struct arguments *a, const char *path, struct img_create *create,
                        GError **error)
{
    if (!img_create_parse(create, a->out_format, a->options, error)) {
        return false;
    }
    if (a->backing) {
        g_free(create->backing_file);
        create->backing_file = g_strdup(a->backing);
    }
    if (a->backing_format) {
        g_free(create->backing_format);
        create->backing_format = g_strdup(a->backing_format);
    }
    create->bytes = MAX(create->has_bytes ? create->bytes : 0, c->source->bytes);
    create->has_bytes = true;
    bool good = img_create_look_at_backing(path, create, error) &&
        (!a->compress || (create->format == &image_qcow2 &&
                          (create->qcow2.compression ? zstd_available() : deflate_available())) ||
         error_fail(error, "-c: %s images cannot be compressed here", create->format->name));
    if (!good) {
        img_create_clear(create);
    }
    return good;
}

static bool same_file(const char *path, const struct image *source)
{
    struct file *file = file_open(path, FILE_NO_LOCK, NULL);
    bool same = false;
    for (const struct image *image = source; image && file; image = image->backing) {
        same |= file_same(file, image->file);
    }
    file_close(file);
    return same;
}

static bool convert(struct convert *c, const struct arguments *a, const char *path, GError **error)
{
    struct img_create create = { .format = NULL };
    if (same_file(path, c->source)) {
        return error_fail(error, "%s: source and target are one file", path);
    }
    if (a->existing) {
        return run(c, a, path, error);
    }
    if (!plan_target(c, a, path, &create, error)) {
        return false;
    }
    c->has_backing = create.backing_file != NULL;
    img_hold_signals();
    bool good = img_create_file(path, &create, error), made = good;
    img_create_clear(&create);
    good = good && run(c, a, path, error);
    if (made && !good && !(c->target && c->target->file->device)) {
        unlink(path);
    }
    return good;
}

static int parse(struct img *img, int argc, char **argv, struct arguments *a)
{
    static const struct img_option options[] = {
        { 'f', NULL, true }, { 'O', NULL, true }, { 'o', NULL, true }, { 'B', NULL, true }, { 'b', NULL, true },
        { 'F', NULL, true }, { 'c', NULL, false }, { 'n', NULL, false }, { 'p', NULL, false }, { 'q', NULL, false },
        { 'S', NULL, true }, { 't', NULL, true }, { 'T', NULL, true }, { 'm', NULL, true }, { 'W', NULL, false },
        { 'U', "force-share", false }, { 'z', "target-is-zero", false }, { 'C', NULL, false }, { 0 },
    };
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': a->format = optarg; break;
        case 'O': a->out_format = optarg; break;
        case 'o': {
            char *joined = a->options ? g_strconcat(a->options, ",", optarg, NULL) : g_strdup(optarg);
            g_free(a->options);
            a->options = joined;
            break;
        }
        case 'B': case 'b': a->backing = optarg; break;
        case 'F': a->backing_format = optarg; break;
        case 'c': a->compress = true; break;
        case 'n': a->existing = true; break;
        case 'p': img->progress = true; break;
        case 'q': img->quiet = true; break;
        case 'S':
            if (!img_parse_size(optarg, &a->sparse) || a->sparse & (a->sparse - 1) || (a->sparse && a->sparse < 512) ||
                a->sparse > COPY_BYTES) {
                return img_misused(img, "-S: 0 or a power of two from 512 to 2M");
            }
            break;
        case 'U': a->share = true; break;
        case 'z': a->target_is_zero = true; break;
        case 't': case 'T': case 'm': case 'W': case 'C': break;   /* hints */
        default: return 1;
        }
    }
    return 0;
}

int img_convert(struct img *img, int argc, char **argv)
{
    struct arguments a = { .out_format = "raw", .sparse = SPARSE_DEFAULT };
    struct convert c = { .img = img };
    GError *error = NULL;
    int status = parse(img, argc, argv, &a);
    g_autofree char *options = a.options;
    if (status) {
        return status;
    }
    if (img_options_want_help(options)) {
        img_options_help(a.out_format);
        return 0;
    }
    if (argc - optind != 2 || (a.existing && (a.options || a.backing))) {
        return img_misused(img, argc - optind != 2 ? "wants SOURCE and TARGET" : "-n goes with neither -o nor -B");
    }
    c.compress = a.compress;
    c.source = image_open(argv[optind], a.format, a.share ? IMAGE_NO_LOCK : 0, &error);
    bool good = c.source && convert(&c, &a, argv[optind + 1], &error);
    image_close(c.source);
    image_close(c.target);
    return good ? 0 : img_fail(img, error);
}
