/* SPDX-License-Identifier: MIT */
/* img create, img resize. */
#include <string.h>
#include "block/img.h"

/* Joins what several -o say. */
static void add_options(char **all, const char *more)
{
    char *joined = *all ? g_strconcat(*all, ",", more, NULL) : g_strdup(more);
    g_free(*all);
    *all = joined;
}

struct create_arguments { char *format, *options, *backing, *backing_format; bool unsafe; };

static bool create_options(struct img *img, int argc, char **argv, struct create_arguments *a)
{
    static const struct img_option options[] = {
        { 'f', "format", true }, { 'o', "options", true }, { 'b', "backing", true }, { 'F', "backing-format", true },
        { 'u', "unsafe", false }, { 'q', "quiet", false }, { 'O', "object", true }, { 0 },
    };
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': a->format = optarg; break;
        case 'o': add_options(&a->options, optarg); break;
        case 'b': a->backing = optarg; break;
        case 'F': a->backing_format = optarg; break;
        case 'u': a->unsafe = true; break;
        case 'q': img->quiet = true; break;
        case 'O': img_complain(img, "--object: not supported: there are no encrypted images"); return false;
        default: return false;
        }
    }
    return true;
}

static bool apply_arguments(struct img_create *create, const struct create_arguments *a, const char *size,
                            GError **error)
{
    create->unsafe = a->unsafe;
    if (a->backing) {
        g_free(create->backing_file);
        create->backing_file = g_strdup(a->backing);
    }
    if (a->backing_format) {
        g_free(create->backing_format);
        create->backing_format = g_strdup(a->backing_format);
    }
    create->has_bytes |= size != NULL;
    return !size || img_parse_size(size, &create->bytes) ||
        error_fail(error, "'%s' is not a size; bytes, or with a suffix k, M, G, T, P or E", size);
}

int img_create(struct img *img, int argc, char **argv)
{
    struct create_arguments a = { .format = (char *)"raw" };
    struct img_create create;
    GError *error = NULL;
    if (!create_options(img, argc, argv, &a)) {
        g_free(a.options);
        return 1;
    }
    g_autofree char *options = a.options;
    if (img_options_want_help(options)) {
        img_options_help(a.format);
        return 0;
    }
    if (argc - optind < 1 || argc - optind > 2) {
        return img_misused(img, "wants FILE and perhaps SIZE");
    }
    const char *path = argv[optind], *size = argc - optind > 1 ? argv[optind + 1] : NULL;
    if (!img_create_parse(&create, a.format, options, &error)) {
        return img_fail(img, error);
    }
    bool good = apply_arguments(&create, &a, size, &error) && img_create_look_at_backing(path, &create, &error);
    if (good && !img->quiet) {
        g_autofree char *description = img_create_describe(&create);
        printf("Formatting '%s', %s\n", path, description);
        fflush(stdout);
    }
    good = good && img_create_file(path, &create, &error);
    img_create_clear(&create);
    return good ? 0 : img_fail(img, error);
}

/* ---- resize ---- */

static bool new_size(const char *text, uint64_t now, uint64_t *bytes, GError **error)
{
    const bool plus = *text == '+', minus = *text == '-';
    uint64_t value;
    if (!img_parse_size(text + (plus || minus), &value) || (plus && value > INT64_MAX - now)) {
        return error_fail(error, "'%s' is not a size; bytes, or with a suffix k, M, G, T, P or E", text);
    }
    if (minus && value > now) {
        return error_fail(error, "'%s': the image has only %" G_GUINT64_FORMAT " bytes", text, now);
    }
    value = plus ? now + value : minus ? now - value : value;
    if (!value) {
        return error_fail(error, "the new size must not be zero");
    }
    *bytes = (value + 511) & ~511ull;
    return true;
}

static bool allocate(struct image *image, uint64_t from, enum qcow2_preallocation how, GError **error)
{
    int failed = 0;
    if (how == PREALLOCATE_OFF || from >= image->bytes) {
        return true;
    }
    if (image->format == &image_qcow2) {
        struct qcow2_info info;
        qcow2_get_info(image, &info);
        from = (from + info.cluster_bytes - 1) & ~(info.cluster_bytes - 1);
        failed = from < image->bytes ? qcow2_preallocate(image, from, image->bytes - from, how) : 0;
    } else {
        failed = how == PREALLOCATE_FULL ? file_zero(image->file, from, image->bytes - from, false)
            : file_allocate(image->file, from, image->bytes - from);
    }
    return !failed || error_fail(error, "%s: %s", image->file->path, g_strerror(failed));
}

struct resize_arguments { const char *format; bool shrink; enum qcow2_preallocation preallocation; };

static int resize(struct img *img, const char *path, const char *size, const struct resize_arguments *a)
{
    GError *error = NULL;
    uint64_t bytes = 0;
    struct image *image = image_open(path, a->format, IMAGE_WRITE, &error);
    if (!image) {
        return img_fail(img, error);
    }
    const uint64_t before = image->bytes;
    bool good = new_size(size, before, &bytes, &error);
    if (good && bytes < before && !a->shrink) {
        good = error_fail(&error, "%s: this would cut off the image's end and lose what is there; --shrink does it",
                          path);
    }
    good = good && image->format->resize(image, bytes, &error) && allocate(image, before, a->preallocation, &error);
    int failed = good ? image_flush(image) : 0;
    if (failed) {
        good = error_fail(&error, "%s: %s", path, g_strerror(failed));
    }
    image_close(image);
    if (good && !img->quiet) {
        printf("Image resized.\n");
    }
    return good ? 0 : img_fail(img, error);
}

int img_resize(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', "format", true }, { 'q', "quiet", false }, { 's', "shrink", false }, { 'p', "preallocation", true },
        { 0 },
    };
    static const char *const modes[] = { "off", "metadata", "falloc", "full", NULL };
    struct resize_arguments a = { .format = NULL };
    /* The size is the last word; "-5M" is no option. */
    const char *size = argc > 2 ? argv[--argc] : NULL;
    if (size) {
        argv[argc] = NULL;
    }
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': a.format = optarg; break;
        case 'q': img->quiet = true; break;
        case 's': a.shrink = true; break;
        case 'p':
            while (modes[a.preallocation] && strcmp(modes[a.preallocation], optarg)) {
                a.preallocation++;
            }
            if (!modes[a.preallocation]) {
                return img_misused(img, "--preallocation: off, metadata, falloc or full");
            }
            break;
        default: return 1;
        }
    }
    return size && argc - optind == 1 ? resize(img, argv[optind], size, &a) : img_misused(img, "wants FILE and SIZE");
}
