/* SPDX-License-Identifier: MIT */
/*
 * qcow2 against a model in memory and against qemu-img: random reads, writes, zeroes, discards, flushes, resizing and
 * reopening over many shapes of images; what is there afterwards is what the model says, qemu-img check finds nothing,
 * and qemu-img compare sees the model's bytes.
 */
#include "block/qcow2_check.h"
#include "block/qcow2_snapshot.h"
#include "tests/block/scratch.h"

enum { STEPS = 400, MOST_BYTES = 6 << 20 };

struct shape { const char *name; unsigned version, cluster_bits, refcount_order; bool backing, raw_backing,
               compressed; uint64_t bytes; };
static const struct shape shapes[] = {
    { "512", 3, 9, 4, false, false, false, 3 << 20 },
    { "4k_1bit", 3, 12, 0, false, false, false, 4 << 20 },
    { "64k", 3, 16, 4, false, false, false, 6 << 20 },
    { "2m_64bit", 3, 21, 6, false, false, false, 5 << 20 },
    { "v2", 2, 12, 4, false, false, false, (4 << 20) + 512 },
    { "over_qcow2", 3, 12, 4, true, false, false, (3 << 20) + 1536 },
    { "over_raw", 3, 16, 3, true, true, false, 5 << 20 },
    { "v2_over_raw", 2, 13, 4, true, true, false, 3 << 20 },
    { "over_compressed", 3, 12, 4, true, false, true, 3 << 20 },
};

struct bench {
    char *folder, *path, *base;
    const struct shape *shape;
    struct image *image;
    uint8_t *model, *buffer;
    uint64_t bytes, seed;
};

static uint64_t random_sector(struct bench *b, uint64_t limit_bytes)
{
    return (uint64_t)scratch_random(&b->seed, (uint32_t)(limit_bytes / 512)) * 512;
}

static void random_range(struct bench *b, uint64_t *offset, uint64_t *bytes)
{
    static const uint32_t most[] = { 512, 4096, 65536, 300 * 512, 1 << 20 };
    *offset = random_sector(b, b->bytes);
    *bytes = 512 + random_sector(b, most[scratch_random(&b->seed, G_N_ELEMENTS(most))]);
    if (!scratch_random(&b->seed, 4)) {
        *offset &= ~(uint64_t)0xffff;
        *bytes = (*bytes + 0xffff) & ~(uint64_t)0xffff;
    }
    *bytes = MIN(*bytes, b->bytes - *offset);
}

static void make_base(struct bench *b)
{
    g_autofree char *raw = g_build_filename(b->folder, "base.raw", NULL);
    const uint64_t bytes = b->shape->bytes - (1 << 20);     /* shorter than the image above */
    for (uint64_t i = 0; i < bytes; i++) {
        b->model[i] = i / 8192 % 3 ? (uint8_t)(i / 512 + i) : 0;
    }
    g_file_set_contents(raw, (char *)b->model, (gssize)bytes, NULL);
    b->base = g_build_filename(b->folder, b->shape->raw_backing ? "base.raw" : "base.qcow2", NULL);
    if (!b->shape->raw_backing) {
        qemu_img("convert %s -f raw -O qcow2 %s %s", b->shape->compressed ? "-c" : "", raw, b->base);
    }
}

static bool bench_open(struct bench *b, const struct shape *shape)
{
    *b = (struct bench){ .folder = scratch_new(), .shape = shape, .bytes = shape->bytes,
                         .seed = shape->cluster_bits * 77u + 1 };
    b->path = g_build_filename(b->folder, "image.qcow2", NULL);
    b->model = g_malloc0(MOST_BYTES);
    b->buffer = g_malloc0(MOST_BYTES);
    if (shape->backing) {
        make_base(b);
    }
    g_autofree char *name = shape->backing ? g_path_get_basename(b->base) : NULL;
    const struct qcow2_create_options options = {
        .bytes = shape->bytes, .version = shape->version, .cluster_bits = shape->cluster_bits,
        .refcount_order = shape->refcount_order, .backing_file = name,
        .backing_format = shape->backing ? shape->raw_backing ? "raw" : "qcow2" : NULL };
    b->image = scratch_image(b->path, &options);
    return b->image;
}

static void bench_close(struct bench *b)
{
    image_close(b->image);
    scratch_free(b->folder);
    g_free(b->path);
    g_free(b->base);
    g_free(b->model);
    g_free(b->buffer);
}

/* Discarded bytes may read as anything that was there or zeroes; ours are whole clusters that read as zeroes. */
static void model_discard(struct bench *b, uint64_t offset, uint64_t bytes)
{
    const uint64_t mask = (1ull << b->shape->cluster_bits) - 1, first = (offset + mask) & ~mask;
    uint64_t end = offset + bytes == b->bytes ? b->bytes : (offset + bytes) & ~mask;
    if (first < end && !(b->shape->version < 3 && b->shape->backing)) {
        memset(b->model + first, 0, end - first);
    }
}

static int step(struct bench *b)
{
    uint64_t offset, bytes;
    random_range(b, &offset, &bytes);
    switch (scratch_random(&b->seed, 12)) {
    case 0:
        memset(b->model + offset, 0, bytes);
        return image_write_zeroes(b->image, offset, bytes, scratch_random(&b->seed, 2));
    case 1:
        model_discard(b, offset, bytes);
        return image_discard(b->image, offset, bytes);
    case 2: return image_flush(b->image);
    case 3: case 4: case 5: {
        int failed = image_read(b->image, offset, b->buffer, bytes);
        return failed ? failed : memcmp(b->buffer, b->model + offset, bytes) ? -1 : 0;
    }
    case 6:
        if (scratch_random(&b->seed, 4)) {
            return 0;
        }
        image_close(b->image);
        b->image = image_open(b->path, "qcow2", IMAGE_WRITE, NULL);
        return b->image ? 0 : -2;
    default:
        for (uint64_t i = 0; i < bytes; i += 8) {
            uint64_t value = b->seed + i;
            memcpy(b->model + offset + i, &value, 8);
        }
        return image_write(b->image, offset, b->model + offset, bytes);
    }
}

static void check_with_qemu_img(struct test *test, struct bench *b)
{
    g_autofree char *raw = g_build_filename(b->folder, "model.raw", NULL);
    g_file_set_contents(raw, (char *)b->model, (gssize)b->bytes, NULL);
    EXPECT_EQ(test, (unsigned)qemu_img("check %s", b->path), 0);
    EXPECT_EQ(test, (unsigned)qemu_img("compare -f qcow2 -F raw %s %s", b->path, raw), 0);
}

static bool same_as_model(struct bench *b)
{
    return !image_read(b->image, 0, b->buffer, b->bytes) && !memcmp(b->buffer, b->model, b->bytes);
}

static void random_access(struct test *test, const struct shape *shape)
{
    struct bench b;
    if (!EXPECT(test, bench_open(&b, shape))) {
        return;
    }
    for (unsigned i = 0; i < STEPS; i++) {
        int failed = step(&b);
        if (failed) {
            printf("# %s: step %u: %d\n", shape->name, i, failed);
            EXPECT(test, !"a step failed");
            break;
        }
    }
    if (EXPECT(test, b.image && same_as_model(&b))) {
        struct qcow2_check check = { 0 };
        EXPECT(test, !image_flush(b.image) && !image_flush(b.image) && qcow2_check(b.image, &check, NULL));
        EXPECT_EQ(test, check.errors + check.leaks, 0);
        image_close(b.image);
        b.image = NULL;
        check_with_qemu_img(test, &b);
    }
    bench_close(&b);
}

static void every_shape(struct test *test)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        random_access(test, &shapes[i]);
    }
}

/* What qemu-img lays out, we read: shapes, zstd, preallocation, several layers. */
static void written_by_qemu_img(struct test *test)
{
    static const char *const options[] = {
        "-o cluster_size=512", "-o cluster_size=2M", "-c", "-c -o cluster_size=4k", "-o compat=0.10",
            "-o preallocation=metadata",
        "-o refcount_bits=1", "-o refcount_bits=64", "-c -o compression_type=zstd", "-o lazy_refcounts=on",
    };
    g_autofree uint8_t *model = g_malloc0(3 << 20), *read = g_malloc(3 << 20);
    char *folder = scratch_new();
    g_autofree char *raw = g_build_filename(folder, "m.raw", NULL), *path = g_build_filename(folder, "m.qcow2", NULL);
    for (unsigned i = 0; i < 3 << 20; i++) {
        model[i] = i / 40000 % 2 ? (uint8_t)(i >> 4) : i / 90000 % 2 ? (uint8_t)(i * 2654435761u >> 24) : 0;
    }
    g_file_set_contents(raw, (char *)model, 3 << 20, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        if (qemu_img("convert -f raw -O qcow2 %s %s %s", options[i], raw, path)) {
            printf("# qemu-img has no %s\n", options[i]);
            continue;
        }
        struct image *image = image_open(path, NULL, 0, NULL);
        bool good = image && image->bytes == 3 << 20 && !image_read(image, 0, read, 3 << 20) &&
            !memcmp(read, model, 3 << 20);
        image_close(image);
        /* And change it: compressed clusters are replaced. */
        image = image_open(path, NULL, IMAGE_WRITE, NULL);
        good = good && image && !image_write(image, 1000 * 512, model, 100 * 512);
        image_close(image);
        good = good && !qemu_img("check %s", path);
        if (!good) {
            printf("# %s\n", options[i]);
            EXPECT(test, !"wrong contents or not clean");
        }
    }
    scratch_free(folder);
}

/* Tables that grow: refcount table and blocks with the smallest clusters, L1 with resizing. */
static void tables_grow(struct test *test)
{
    struct bench b;
    static const struct shape small = { "grow", 3, 9, 6, false, false, false, 2 << 20 };
    if (!EXPECT(test, bench_open(&b, &small))) {
        return;
    }
    for (uint64_t at = 0; at < b.bytes; at += 512) {
        memset(b.model + at, (int)(at / 512) | 1, 512);
        EXPECT_EQ(test, (unsigned)image_write(b.image, at, b.model + at, 512), 0);
    }
    EXPECT(test, b.image->format->resize(b.image, 5 << 20, NULL));
    b.bytes = 5 << 20;
    memset(b.model + (4 << 20), 0x5a, 1 << 20);
    EXPECT_EQ(test, (unsigned)image_write(b.image, 4 << 20, b.model + (4 << 20), 1 << 20), 0);
    EXPECT(test, same_as_model(&b));
    EXPECT(test, b.image->format->resize(b.image, 1 << 20, NULL) && b.image->format->resize(b.image, 3 << 20, NULL));
    memset(b.model + (1 << 20), 0, 2 << 20);
    b.bytes = 3 << 20;
    EXPECT(test, same_as_model(&b));
    image_close(b.image);
    b.image = NULL;
    check_with_qemu_img(test, &b);
    bench_close(&b);
}

static void snapshots_keep_their_state(struct test *test)
{
    struct bench b;
    g_autofree uint8_t *before = g_malloc(MOST_BYTES);
    if (!EXPECT(test, bench_open(&b, &shapes[1 + 1]))) {
        return;
    }
    for (unsigned i = 0; i < 50; i++) {
        step(&b);
    }
    EXPECT(test, qcow2_snapshot_create(b.image, "first", NULL));
    memcpy(before, b.model, b.bytes);
    for (unsigned i = 0; i < 100; i++) {
        EXPECT_EQ(test, (unsigned)step(&b), 0);
    }
    EXPECT(test, qcow2_snapshot_create(b.image, "second", NULL));
    EXPECT(test, same_as_model(&b));
    image_close(b.image);
    check_with_qemu_img(test, &b);
    EXPECT_EQ(test, (unsigned)qemu_img("snapshot -a first %s", b.path), 0);
    b.image = image_open(b.path, NULL, IMAGE_WRITE, NULL);
    memcpy(b.buffer, b.model, b.bytes);
    memcpy(b.model, before, b.bytes);
    EXPECT(test, same_as_model(&b));
    EXPECT(test, qcow2_snapshot_apply(b.image, "2", NULL) && qcow2_snapshot_delete(b.image, "second", NULL));
    EXPECT(test, qcow2_snapshot_apply(b.image, "first", NULL) && same_as_model(&b));
    for (unsigned i = 0; i < 50; i++) {
        EXPECT_EQ(test, (unsigned)step(&b), 0);
    }
    EXPECT(test, qcow2_snapshot_delete(b.image, "first", NULL) && !qcow2_snapshot_delete(b.image, "first", NULL));
    EXPECT(test, same_as_model(&b));
    image_close(b.image);
    b.image = NULL;
    check_with_qemu_img(test, &b);
    bench_close(&b);
}

/* An image as a QEMU that died leaves it: dirty, refcounts lost. Opening for writing repairs it. */
static void dirty_images_are_repaired(struct test *test)
{
    struct bench b;
    if (!EXPECT(test, bench_open(&b, &shapes[2]))) {
        return;
    }
    for (unsigned i = 0; i < 50; i++) {
        step(&b);
    }
    struct qcow2 *q = qcow2_of(b.image);
    EXPECT_EQ(test, (unsigned)image_flush(b.image), 0);
    const uint64_t block = q->reftable.entries[0];
    qcow2_set_incompatible(q, INCOMPATIBLE_DIRTY);
    image_close(b.image);
    struct file *file = file_open(b.path, FILE_WRITE, NULL);
    EXPECT(test, file && !file_zero(file, block + 8, 512, false));
    file_close(file);
    b.image = image_open(b.path, NULL, IMAGE_WRITE, NULL);
    EXPECT(test, b.image && same_as_model(&b));
    image_close(b.image);
    b.image = NULL;
    check_with_qemu_img(test, &b);
    bench_close(&b);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(every_shape), TEST(written_by_qemu_img), TEST(tables_grow), TEST(snapshots_keep_their_state),
        TEST(dirty_images_are_repaired),
    };
    if (!have_qemu_img()) {
        printf("skip qcow2: qemu-img (package qemu-utils)\n");
        return 0;
    }
    return test_run_cases("qcow2", cases, G_N_ELEMENTS(cases));
}
