/* SPDX-License-Identifier: MIT */
/*
 * Damaged and hostile qcow2 images: headers and tables with bytes changed. Whatever they say, opening, reading,
 * writing, checking, repairing and their snapshots end with a result or an error. block_fuzz [--seconds N] [--seed S];
 * without arguments a short run. Of most use under the sanitizers.
 */
#include <time.h>
#include "block/qcow2_check.h"
#include "block/qcow2_snapshot.h"
#include "tests/block/scratch.h"

enum { SHORT_RUN = 300, DISK_BYTES = 1 << 20, PLACES = 40 };

struct fuzz { char *folder, *path; uint8_t *good[3]; gsize good_bytes[3]; };

static void make_good(struct fuzz *f, unsigned which)
{
    static const unsigned bits[] = { 9, 12, 16 };
    const struct qcow2_create_options options = { .bytes = DISK_BYTES, .version = 3, .cluster_bits = bits[which],
                                                  .refcount_order = which * 2 };
    g_autofree uint8_t *data = g_malloc0(1 << 16);
    struct image *image = scratch_image(f->path, &options);
    memset(data, 5, 1 << 15);
    image_write(image, 0, data, 1 << 16);
    qcow2_write_compressed(image, 3 << 16, data, 1u << bits[which]);
    qcow2_snapshot_create(image, "one", NULL);
    image_write(image, 8192, data, 8192);
    image_write_zeroes(image, 1 << 17, 1 << 16, true);
    image_close(image);
    g_file_get_contents(f->path, (char **)&f->good[which], &f->good_bytes[which], NULL);
}

/* Mostly in the header and where tables begin. */
static void damage(uint8_t *bytes, gsize count, unsigned cluster, uint64_t *seed)
{
    for (unsigned n = 1 + scratch_random(seed, 6); n; n--) {
        gsize at = scratch_random(seed, 3) ? scratch_random(seed, 112)
            : scratch_random(seed, PLACES) * (gsize)cluster +
                scratch_random(seed, 64) * (scratch_random(seed, 2) ? 1 : 8);
        at = MIN(at, count - 1);
        switch (scratch_random(seed, 5)) {
        case 0: bytes[at] = (uint8_t)scratch_random(seed, 256); break;
        case 1: bytes[at] ^= (uint8_t)(1 << scratch_random(seed, 8)); break;
        case 2: bytes[at] = 0xff; break;
        case 3: memcpy(bytes + at, bytes + scratch_random(seed, (uint32_t)count - 8), MIN(8, count - at)); break;
        default: memset(bytes + at, scratch_random(seed, 2) ? 0xff : 0, MIN(8, count - at)); break;
        }
    }
}

static void use(struct image *image, uint64_t *seed)
{
    g_autofree uint8_t *data = g_malloc0(1 << 16);
    struct image_status status;
    GPtrArray *snapshots = qcow2_snapshots(image, NULL);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t at = scratch_random(seed, DISK_BYTES / 512) * 512ull, bytes = 512 + scratch_random(seed, 100) * 512ull;
        switch (scratch_random(seed, 7)) {
        case 0: image_write(image, at, data, bytes); break;
        case 1: image_write_zeroes(image, at, bytes, true); break;
        case 2: image_discard(image, at, bytes); break;
        case 3: image_flush(image); break;
        case 4: image_status_deep(image, at, bytes, &status, NULL); break;
        default: image_read(image, at, data, bytes); break;
        }
    }
    if (snapshots) {
        g_ptr_array_free(snapshots, TRUE);
    }
    if (image->writable && image->bytes <= 64 << 20) {
        qcow2_snapshot_apply(image, "one", NULL);
        qcow2_snapshot_create(image, "two", NULL);
        qcow2_snapshot_delete(image, "one", NULL);
        image->format->resize(image, 4 << 20, NULL);
    }
}

static void run_seed(struct fuzz *f, uint64_t seed)
{
    const unsigned which = scratch_random(&seed, 3);
    g_autofree uint8_t *bytes = g_memdup2(f->good[which], f->good_bytes[which]);
    static const unsigned clusters[] = { 512, 4096, 65536 };
    damage(bytes, f->good_bytes[which], clusters[which], &seed);
    g_file_set_contents(f->path, (char *)bytes, (gssize)f->good_bytes[which], NULL);
    unsigned flags = scratch_random(&seed, 3) ? IMAGE_WRITE : 0;
    struct image *image = image_open(f->path, scratch_random(&seed, 4) ? "qcow2" : NULL, flags, NULL);
    if (image && image->format == &image_qcow2) {
        image->file->no_flush = true;
        use(image, &seed);
    }
    image_close(image);
    image = image_open(f->path, "qcow2", IMAGE_REPAIR | IMAGE_NO_BACKING | flags, NULL);
    struct qcow2_check check = { .fix_leaks = flags, .fix_errors = flags && scratch_random(&seed, 2) };
    if (image) {
        image->file->no_flush = true;
        qcow2_check(image, &check, NULL);
    }
    image_close(image);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, runs = SHORT_RUN;
    time_t end = 0;
    struct fuzz f = { .folder = scratch_new() };
    f.path = g_build_filename(f.folder, "fuzz.qcow2", NULL);
    for (int i = 1; i + 1 < argc; i += 2) {
        bool seconds = !strcmp(argv[i], "--seconds");
        end = seconds ? time(NULL) + atoi(argv[i + 1]) : end;
        seed = seconds ? (uint64_t)time(NULL) << 20 : strtoull(argv[i + 1], NULL, 0);
        runs = seconds ? UINT64_MAX : 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        make_good(&f, i);
    }
    for (uint64_t i = 0; i < runs && (!end || time(NULL) < end); i++) {
        if (end) {
            printf("# seed %" PRIu64 "\n", seed + i);
            fflush(stdout);
        }
        run_seed(&f, seed + i);
    }
    scratch_free(f.folder);
    g_free(f.path);
    for (unsigned i = 0; i < 3; i++) {
        g_free(f.good[i]);
    }
    printf("ok block_fuzz\n");
    return 0;
}
