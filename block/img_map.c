/* SPDX-License-Identifier: MIT */
/* img map, img compare. */
#include <string.h>
#include "block/img.h"

/* ---- map ---- */

struct extent { uint64_t start, bytes; struct image_status status; unsigned depth; const char *file; };

static bool same_extent(const struct extent *a, const struct extent *b)
{
    return a->depth == b->depth && a->status.allocated == b->status.allocated && a->status.zero == b->status.zero &&
        a->status.data == b->status.data && a->status.has_offset == b->status.has_offset &&
        (!a->status.has_offset || a->status.host_offset + a->bytes == b->status.host_offset) &&
        a->status.compressed == b->status.compressed;
}

static void print_extent(const struct extent *e, bool as_json, bool *first)
{
    if (!as_json) {
        if (e->status.data && !e->status.zero && e->status.has_offset) {
            g_autofree char *start = g_strdup_printf(e->start ? "0x%" G_GINT64_MODIFIER "x" : "0", e->start);
            g_autofree char *offset = g_strdup_printf(e->status.host_offset ? "0x%" G_GINT64_MODIFIER "x" : "0",
                                                      e->status.host_offset);
            g_autofree char *bytes = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", e->bytes);
            printf("%-16s%-16s%-16s%s\n", start, bytes, offset, e->file);
        }
        return;
    }
    printf("%s{ \"start\": %" G_GUINT64_FORMAT ", \"length\": %" G_GUINT64_FORMAT ", \"depth\": %u, \"present\": %s, "
           "\"zero\": %s, \"data\": %s", *first ? "[" : ",\n", e->start, e->bytes, e->depth,
           e->status.allocated ? "true" : "false", e->status.zero ? "true" : "false", e->status.data ? "true"
               : "false");
    if (e->status.has_offset) {
        printf(", \"offset\": %" G_GUINT64_FORMAT, e->status.host_offset);
    }
    printf("}");
    *first = false;
}

static int map(struct image *image, bool as_json)
{
    struct extent last = { .bytes = 0 };
    bool first = true;
    if (!as_json) {
        printf("%-16s%-16s%-16s%s\n", "Offset", "Length", "Mapped to", "File");
    }
    for (uint64_t at = 0; at < image->bytes;) {
        struct extent next = { .start = at };
        int failed = image_status_deep(image, at, image->bytes - at, &next.status, &next.depth);
        if (failed) {
            return failed;
        }
        const struct image *holder = image;
        for (unsigned i = 0; i < next.depth; i++) {
            holder = holder->backing;
        }
        next.file = holder->file->path;
        next.bytes = next.status.bytes;
        at += next.bytes;
        if (last.bytes && same_extent(&last, &next)) {
            last.bytes += next.bytes;
            continue;
        }
        if (last.bytes) {
            print_extent(&last, as_json, &first);
        }
        last = next;
    }
    if (last.bytes) {
        print_extent(&last, as_json, &first);
    }
    if (as_json) {
        printf(first ? "[]\n" : "]\n");
    }
    return 0;
}

int img_map(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', "format", true }, { 'o', "output", true }, { 'U', "force-share", false }, { 0 },
    };
    const char *format = NULL, *output = "human";
    GError *error = NULL;
    unsigned flags = 0;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': format = optarg; break;
        case 'o': output = optarg; break;
        case 'U': flags = IMAGE_NO_LOCK; break;
        default: return 1;
        }
    }
    if (argc - optind != 1 || (strcmp(output, "human") && strcmp(output, "json"))) {
        return img_misused(img, argc - optind != 1 ? "wants one FILE" : "--output: human or json");
    }
    struct image *image = image_open(argv[optind], format, flags, &error);
    if (!image) {
        return img_fail(img, error);
    }
    int failed = map(image, !strcmp(output, "json"));
    image_close(image);
    return failed ? img_complain(img, "%s: %s", argv[optind], g_strerror(failed)) : 0;
}

/* ---- compare ---- */

enum { COMPARE_BYTES = 1 << 20, STATUS_DIFFERENT = 1, STATUS_FAILED = 2 };

static int read_or_zero(struct image *image, uint64_t offset, uint8_t *to, uint64_t bytes, bool *zero)
{
    struct image_status status;
    *zero = false;
    if (offset >= image->bytes) {
        memset(to, 0, bytes);
        *zero = true;
        return 0;
    }
    int failed = image_status_deep(image, offset, bytes, &status, NULL);
    if (!failed && status.zero && status.bytes >= bytes) {
        *zero = true;
        memset(to, 0, bytes);
        return 0;
    }
    return failed ? failed : image_read(image, offset, to, bytes);
}

static int compare_at(struct img *img, struct image *a, struct image *b, uint64_t at, uint64_t part, uint8_t *x,
                      uint8_t *y)
{
    bool zero_a, zero_b;
    int failed = read_or_zero(a, at, x, part, &zero_a);
    failed = failed ? failed : read_or_zero(b, at, y, part, &zero_b);
    if (failed) {
        img_complain(img, "at offset %" G_GUINT64_FORMAT ": %s", at, g_strerror(failed));
        return STATUS_FAILED;
    }
    if ((zero_a && zero_b) || !memcmp(x, y, part)) {
        return 0;
    }
    uint64_t i = 0;
    while (x[i] == y[i]) {
        i++;
    }
    if (!img->quiet) {
        printf("Content mismatch at offset %" G_GUINT64_FORMAT "!\n", (at + i) & ~(uint64_t)511);
    }
    return STATUS_DIFFERENT;
}

static int compare(struct img *img, struct image *a, struct image *b, bool strict)
{
    const uint64_t total = MAX(a->bytes, b->bytes), shorter = MIN(a->bytes, b->bytes);
    g_autofree uint8_t *x = g_malloc(COMPARE_BYTES), *y = g_malloc(COMPARE_BYTES);
    if (a->bytes != b->bytes && strict) {
        if (!img->quiet) {
            printf("Strict mode: Image size mismatch!\n");
        }
        return STATUS_DIFFERENT;
    }
    for (uint64_t at = 0; at < total;) {
        uint64_t part = MIN(COMPARE_BYTES, (at < shorter ? shorter : total) - at);
        int status = compare_at(img, a, b, at, part, x, y);
        if (status) {
            return status;
        }
        at += part;
        img_progress(img, at, total);
    }
    img_progress_end(img);
    if (!img->quiet) {
        printf(a->bytes != b->bytes ? "Warning: Image size mismatch!\nImages are identical.\n"
               : "Images are identical.\n");
    }
    return 0;
}

int img_compare(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', NULL, true }, { 'F', NULL, true }, { 's', NULL, false }, { 'p', NULL, false }, { 'q', NULL, false },
        { 'T', NULL, true }, { 'U', "force-share", false }, { 0 },
    };
    const char *formats[2] = { NULL, NULL };
    GError *error = NULL;
    unsigned flags = 0;
    bool strict = false;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': formats[0] = optarg; break;
        case 'F': formats[1] = optarg; break;
        case 's': strict = true; break;
        case 'p': img->progress = true; break;
        case 'q': img->quiet = true; break;
        case 'U': flags = IMAGE_NO_LOCK; break;
        case 'T': break;
        default: return STATUS_FAILED;
        }
    }
    if (argc - optind != 2) {
        img_misused(img, "wants two FILEs");
        return STATUS_FAILED;
    }
    struct image *a = image_open(argv[optind], formats[0], flags, &error);
    struct image *b = a ? image_open(argv[optind + 1], formats[1], flags, &error) : NULL;
    int status = b ? compare(img, a, b, strict) : STATUS_FAILED;
    if (!b) {
        img_fail(img, error);
    }
    image_close(a);
    image_close(b);
    return status;
}
