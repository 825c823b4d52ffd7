/* SPDX-License-Identifier: MIT */
/* img check. Exit status: 0 good, 1 it could not be checked, 2 errors, 3 leaks, 63 the format has no checks. */
#include <string.h>
#include "block/img.h"
#include "block/qcow2_check.h"

enum { STATUS_ERRORS = 2, STATUS_LEAKS = 3, STATUS_NO_CHECKS = 63 };

static void say(void *opaque, const char *line)
{
    g_printerr("%s\n", line);
}

static void human(const struct qcow2_check *c)
{
    if (c->errors_fixed || c->leaks_fixed) {
        printf("The following inconsistencies were found and repaired:\n\n    %"
               G_GUINT64_FORMAT " leaked clusters\n    %"
               G_GUINT64_FORMAT " corruptions\n\n", c->leaks_fixed, c->errors_fixed);
    }
}

static void human_result(const struct qcow2_check *c)
{
    if (!c->errors && !c->leaks) {
        printf("No errors were found on the image.\n");
    }
    if (c->errors) {
        printf("\n%" G_GUINT64_FORMAT " errors were found on the image.\n"
               "Data may be corrupted, or further writes to the image may corrupt it.\n", c->errors);
    }
    if (c->leaks) {
        printf("\n%" G_GUINT64_FORMAT " leaked clusters were found on the image.\n"
               "This means waste of disk space, but no harm to data.\n", c->leaks);
    }
    if (c->total_clusters && c->allocated) {
        printf("%" G_GUINT64_FORMAT "/%"
               G_GUINT64_FORMAT " = %.2f%% allocated, %.2f%% fragmented, %.2f%% compressed clusters\n",
               c->allocated, c->total_clusters, 100.0 * (double)c->allocated / (double)c->total_clusters,
               100.0 * (double)c->fragmented / (double)MAX(c->allocated, 1),
               100.0 * (double)c->compressed / (double)MAX(c->allocated, 1));
    }
    printf("Image end offset: %" G_GUINT64_FORMAT "\n", c->end_offset);
}

static void json_number(const char *name, uint64_t value, bool always)
{
    if (value || always) {
        printf("    \"%s\": %" G_GUINT64_FORMAT ",\n", name, value);
    }
}

static void json_result(const struct qcow2_check *c, const char *path)
{
    g_autofree char *file = img_json_string(path);
    printf("{\n");
    json_number("image-end-offset", c->end_offset, true);
    json_number("total-clusters", c->total_clusters, true);
    json_number("fragmented-clusters", c->fragmented, false);
    json_number("compressed-clusters", c->compressed, false);
    json_number("leaks", c->leaks, false);
    json_number("leaks-fixed", c->leaks_fixed, false);
    json_number("corruptions", c->errors, false);
    json_number("corruptions-fixed", c->errors_fixed, false);
    json_number("check-errors", 0, true);
    json_number("allocated-clusters", c->allocated, true);
    printf("    \"filename\": %s,\n    \"format\": \"qcow2\"\n}\n", file);
}

/* Repairs, then looks again: what that finds is the result. */
static bool check(struct img *img, struct image *image, struct qcow2_check *c, bool as_json, GError **error)
{
    if (!qcow2_check(image, c, error)) {
        return false;
    }
    if (c->errors_fixed || c->leaks_fixed) {
        struct qcow2_check again = { .say = c->say };
        if (!img->quiet && !as_json) {
            human(c);
            printf("Double checking the fixed image now...\n");
        }
        again.leaks_fixed = c->leaks_fixed, again.errors_fixed = c->errors_fixed;
        *c = again;
        return qcow2_check(image, c, error);
    }
    return true;
}

static int run(struct img *img, const char *path, const char *format, const char *repair, bool as_json, bool share)
{
    GError *error = NULL;
    unsigned flags = IMAGE_NO_BACKING | IMAGE_REPAIR | (repair ? IMAGE_WRITE : 0) | (share ? IMAGE_NO_LOCK : 0);
    struct image *image = image_open(path, format, flags, &error);
    if (!image) {
        return img_fail(img, error);
    }
    if (image->format != &image_qcow2) {
        image_close(image);
        img_complain(img, "%s: This image format does not support checks", path);
        return STATUS_NO_CHECKS;
    }
    struct qcow2_check c = { .say = img->quiet ? NULL : say, .fix_leaks = repair != NULL,
                             .fix_errors = repair && !strcmp(repair, "all") };
    bool good = check(img, image, &c, as_json, &error);
    image_close(image);
    if (!good) {
        return img_fail(img, error);
    }
    if (as_json) {
        json_result(&c, path);
    } else if (!img->quiet) {
        human_result(&c);
    }
    return c.errors ? STATUS_ERRORS : c.leaks ? STATUS_LEAKS : 0;
}

int img_check(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', "format", true }, { 'o', "output", true }, { 'r', "repair", true }, { 'q', "quiet", false },
        { 'U', "force-share", false }, { 'T', "cache", true }, { 0 },
    };
    const char *format = NULL, *output = "human", *repair = NULL;
    bool share = false;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': format = optarg; break;
        case 'o': output = optarg; break;
        case 'r': repair = optarg; break;
        case 'q': img->quiet = true; break;
        case 'U': share = true; break;
        case 'T': break;
        default: return 1;
        }
    }
    if (argc - optind != 1) {
        return img_misused(img, "wants one FILE");
    }
    if ((repair && strcmp(repair, "leaks") && strcmp(repair, "all")) ||
        (strcmp(output, "human") && strcmp(output, "json"))) {
        return img_misused(img, "-r: leaks or all; --output: human or json");
    }
    return run(img, argv[optind], format, repair, !strcmp(output, "json"), share);
}
