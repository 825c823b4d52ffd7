/* SPDX-License-Identifier: MIT */
/* img info, img snapshot: what an image says of itself. Looks without a lock, so that the disk of a running machine can
 * be seen. */
#include <string.h>
#include <time.h>
#include "block/img.h"
#include "block/qcow2_snapshot.h"

/* ---- Snapshots ---- */

static char *clock_text(uint64_t ns)
{
    const uint64_t ms = ns / 1000000, s = ms / 1000;
    return g_strdup_printf("%02" G_GUINT64_FORMAT ":%02u:%02u.%03u", s / 3600, (unsigned)(s / 60 % 60),
                           (unsigned)(s % 60),
                           (unsigned)(ms % 1000));
}

void img_print_snapshots(GPtrArray *snapshots)
{
    printf("Snapshot list:\n%-9s %-17s%8s%20s%13s%11s\n", "ID", "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
    for (unsigned i = 0; i < snapshots->len; i++) {
        const struct image_snapshot *s = snapshots->pdata[i];
        g_autofree char *size = img_size_text(s->vm_state_bytes), *clock = clock_text(s->vm_clock_ns);
        g_autofree char *icount = s->icount == UINT64_MAX ? g_strdup("")
            : g_strdup_printf("%" G_GUINT64_FORMAT, s->icount);
        char date[32] = "";
        time_t seconds = s->date_s;
        struct tm local;
        if (localtime_r(&seconds, &local)) {
            strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local);
        }
        printf("%-9s %-16s %8s%20s%13s%11s\n", s->id, s->name, size, date, clock, icount);
    }
}

static void json_snapshots(GPtrArray *snapshots, const char *indent)
{
    printf("%s    \"snapshots\": [\n", indent);
    for (unsigned i = 0; i < snapshots->len; i++) {
        const struct image_snapshot *s = snapshots->pdata[i];
        g_autofree char *name = img_json_string(s->name), *id = img_json_string(s->id);
        printf("%s        {\n", indent);
        if (s->icount != UINT64_MAX) {
            printf("%s            \"icount\": %" G_GUINT64_FORMAT ",\n", indent, s->icount);
        }
        printf("%s            \"vm-clock-nsec\": %u,\n%s            \"name\": %s,\n%s            \"date-sec\": %u,\n"
               "%s            \"date-nsec\": %u,\n%s            \"vm-clock-sec\": %" G_GUINT64_FORMAT ",\n"
               "%s            \"id\": %s,\n%s            \"vm-state-size\": %" G_GUINT64_FORMAT "\n%s        }%s\n",
               indent, (unsigned)(s->vm_clock_ns % 1000000000), indent, name, indent, s->date_s, indent, s->date_ns,
                   indent,
               s->vm_clock_ns / 1000000000, indent, id, indent, s->vm_state_bytes, indent,
               i + 1 < snapshots->len ? "," : "");
    }
    printf("%s    ],\n", indent);
}

/* ---- info ---- */

static void human_qcow2(const struct image *image)
{
    struct qcow2_info info;
    qcow2_get_info(image, &info);
    printf("Format specific information:\n    compat: %s\n", info.version < 3 ? "0.10" : "1.1");
    printf("    compression type: %s\n", info.compression ? "zstd" : "zlib");
    if (info.version >= 3) {
        printf("    lazy refcounts: %s\n", info.lazy_refcounts ? "true" : "false");
    }
    printf("    refcount bits: %u\n", info.refcount_bits);
    if (info.version >= 3) {
        printf("    corrupt: %s\n    extended l2: false\n", info.corrupt ? "true" : "false");
    }
}

static void human(const struct image *image, GPtrArray *snapshots)
{
    g_autofree char *size = img_size_text(image->bytes), *on_disk = img_size_text(file_host_bytes(image->file));
    printf("image: %s\nfile format: %s\nvirtual size: %s (%" G_GUINT64_FORMAT " bytes)\ndisk size: %s\n",
           image->file->path,
           image->format->name, size, image->bytes, on_disk);
    if (image->format == &image_qcow2) {
        struct qcow2_info info;
        qcow2_get_info(image, &info);
        printf("%scluster_size: %" G_GUINT64_FORMAT "\n", info.dirty ? "cleanly shut down: no\n" : "",
               info.cluster_bytes);
    }
    if (image->backing_file) {
        g_autofree char *path = image_backing_path(image->file->path, image->backing_file);
        printf("backing file: %s", image->backing_file);
        printf(strcmp(path, image->backing_file) ? " (actual path: %s)\n" : "\n", path);
        if (image->backing_format) {
            printf("backing file format: %s\n", image->backing_format);
        }
    }
    if (snapshots && snapshots->len) {
        img_print_snapshots(snapshots);
    }
    if (image->format == &image_qcow2) {
        human_qcow2(image);
    }
}

static void json_qcow2(const struct qcow2_info *info, const char *in)
{
    printf("%s    \"cluster-size\": %"
           G_GUINT64_FORMAT ",\n%s    \"format-specific\": {\n%s        \"type\": \"qcow2\",\n"
           "%s        \"data\": {\n%s            \"compat\": \"%s\",\n%s            \"compression-type\": \"%s\",\n",
               in,
           info->cluster_bytes, in, in, in, in, info->version < 3 ? "0.10" : "1.1", in, info->compression ? "zstd"
               : "zlib");
    if (info->version >= 3) {
        printf("%s            \"lazy-refcounts\": %s,\n", in, info->lazy_refcounts ? "true" : "false");
    }
    printf("%s            \"refcount-bits\": %u%s\n", in, info->refcount_bits, info->version >= 3 ? "," : "");
    if (info->version >= 3) {
        printf("%s            \"corrupt\": %s,\n%s            \"extended-l2\": false\n", in, info->corrupt ? "true"
               : "false", in);
    }
    printf("%s        }\n%s    },\n", in, in);
}

static void json(const struct image *image, GPtrArray *snapshots, const char *in)
{
    g_autofree char *file = img_json_string(image->file->path);
    struct qcow2_info info = { .dirty = false };
    printf("%s{\n", in);
    if (image->backing_file && image->backing_format) {
        g_autofree char *format = img_json_string(image->backing_format);
        printf("%s    \"backing-filename-format\": %s,\n", in, format);
    }
    if (snapshots && snapshots->len) {
        json_snapshots(snapshots, in);
    }
    printf("%s    \"virtual-size\": %" G_GUINT64_FORMAT ",\n%s    \"filename\": %s,\n%s    \"format\": \"%s\",\n"
           "%s    \"actual-size\": %" G_GUINT64_FORMAT ",\n", in, image->bytes, in, file, in, image->format->name, in,
           file_host_bytes(image->file));
    if (image->format == &image_qcow2) {
        qcow2_get_info(image, &info);
        json_qcow2(&info, in);
    }
    if (image->backing_file) {
        g_autofree char *path = image_backing_path(image->file->path, image->backing_file);
        g_autofree char *full = img_json_string(path), *given = img_json_string(image->backing_file);
        printf("%s    \"full-backing-filename\": %s,\n%s    \"backing-filename\": %s,\n", in, full, in, given);
    }
    printf("%s    \"dirty-flag\": %s\n%s}", in, info.dirty ? "true" : "false", in);
}

static bool show(const struct image *first, bool as_json, bool chain, GError **error)
{
    printf(as_json && chain ? "[\n" : "");
    for (const struct image *image = first; image; image = chain ? image->backing : NULL) {
        GPtrArray *snapshots = NULL;
        if (image->format == &image_qcow2 && !(snapshots = qcow2_snapshots((struct image *)image, error))) {
            return false;
        }
        if (as_json) {
            printf(image != first ? ",\n" : "");
            json(image, snapshots, chain ? "    " : "");
        } else {
            printf(image != first ? "\n" : "");
            human(image, snapshots);
        }
        if (snapshots) {
            g_ptr_array_free(snapshots, TRUE);
        }
    }
    printf(!as_json ? "" : chain ? "\n]\n" : "\n");
    return true;
}

int img_info(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', "format", true }, { 'o', "output", true }, { 'b', "backing-chain", false },
        { 'U', "force-share", false },
        { 't', "cache", true }, { 0 },
    };
    const char *format = NULL, *output = "human";
    bool chain = false;
    GError *error = NULL;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': format = optarg; break;
        case 'o': output = optarg; break;
        case 'b': chain = true; break;
        case 'U': case 't': break;
        default: return 1;
        }
    }
    if (argc - optind != 1 || (strcmp(output, "human") && strcmp(output, "json"))) {
        return img_misused(img, argc - optind != 1 ? "wants one FILE" : "--output: human or json");
    }
    struct image *image = image_open(argv[optind], format, IMAGE_NO_LOCK | (chain ? 0 : IMAGE_NO_BACKING), &error);
    bool good = image && show(image, !strcmp(output, "json"), chain, &error);
    image_close(image);
    return good ? 0 : img_fail(img, error);
}

/* ---- snapshot ---- */

static bool list(struct image *image, GError **error)
{
    GPtrArray *snapshots = qcow2_snapshots(image, error);
    if (snapshots) {
        if (snapshots->len) {
            img_print_snapshots(snapshots);
        }
        g_ptr_array_free(snapshots, TRUE);
    }
    return snapshots != NULL;
}

static bool act(struct image *image, int action, const char *name, GError **error)
{
    if (image->format != &image_qcow2) {
        return action == 'l' || error_fail(error, "%s: %s images have no internal snapshots", image->file->path,
                                           image->format->name);
    }
    switch (action) {
    case 'c': return qcow2_snapshot_create(image, name, error);
    case 'a': return qcow2_snapshot_apply(image, name, error);
    case 'd': return qcow2_snapshot_delete(image, name, error);
    default: return list(image, error);
    }
}

int img_snapshot(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'l', NULL, false }, { 'c', NULL, true }, { 'a', NULL, true }, { 'd', NULL, true }, { 'q', "quiet", false },
        { 'U', "force-share", false }, { 'f', "format", true }, { 0 },
    };
    const char *name = NULL, *format = NULL;
    int action = 0;
    GError *error = NULL;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'l': case 'c': case 'a': case 'd':
            if (action) {
                return img_misused(img, "one of -l, -c, -a, -d");
            }
            action = letter;
            name = optarg;
            break;
        case 'f': format = optarg; break;
        case 'q': case 'U': break;
        default: return 1;
        }
    }
    if (argc - optind != 1 || !action) {
        return img_misused(img, action ? "wants one FILE" : "one of -l, -c, -a, -d");
    }
    unsigned flags = action == 'l' ? IMAGE_NO_LOCK | IMAGE_NO_BACKING : IMAGE_WRITE;
    struct image *image = image_open(argv[optind], format, flags, &error);
    bool good = image && act(image, action, name, &error);
    image_close(image);
    return good ? 0 : img_fail(img, error);
}
