/* SPDX-License-Identifier: MIT */
/*
 * Power cuts. All that reaches the image's file is recorded. Then the power goes at many moments: what was written
 * before the last barrier is on the disk, of what came after, any part, sector by sector. Whatever is left opens, has
 * no errors (leaks at most), and holds what the guest had flushed and not written since.
 */
#include "block/qcow2_check.h"
#include "block/qcow2_snapshot.h"
#include "tests/block/scratch.h"

enum { DISK_BYTES = 1 << 20, FILE_MOST = 8 << 20, STEPS = 120, CUTS = 60 };

struct event { uint64_t offset, bytes; uint8_t *data; bool barrier; };
struct flush { unsigned events; uint8_t *model; bool *touched; };

struct record {
    GArray *events;
    GPtrArray *flushes;             /* struct flush *; touched: sectors written after it, before the next */
    uint8_t *model;
    uint64_t seed;
};

static void on_write(void *opaque, uint64_t offset, const void *bytes, uint64_t count)
{
    struct record *r = opaque;
    struct event event = { .offset = offset, .bytes = count, .data = bytes ? g_memdup2(bytes, count)
                           : g_malloc0(count) };
    g_array_append_val(r->events, event);
}

static void on_flush(void *opaque)
{
    struct event event = { .barrier = true };
    g_array_append_val(((struct record *)opaque)->events, event);
}

static void mark_flush(struct record *r)
{
    struct flush *flush = g_new0(struct flush, 1);
    *flush = (struct flush){ .events = r->events->len, .model = g_memdup2(r->model, DISK_BYTES),
                             .touched = g_new0(bool, DISK_BYTES / 512) };
    g_ptr_array_add(r->flushes, flush);
}

static void touch(struct record *r, uint64_t offset, uint64_t bytes)
{
    struct flush *last = r->flushes->pdata[r->flushes->len - 1];
    memset(last->touched + offset / 512, 1, bytes / 512);
}

static int step(struct record *r, struct image *image)
{
    uint64_t offset = scratch_random(&r->seed, DISK_BYTES / 512) * 512ull, bytes = 512 +
        scratch_random(&r->seed, 40) * 512ull;
    bytes = MIN(bytes, DISK_BYTES - offset);
    touch(r, offset, bytes);
    switch (scratch_random(&r->seed, 8)) {
    case 0: {
        int failed = image_flush(image);
        mark_flush(r);
        return failed;
    }
    case 1: memset(r->model + offset, 0, bytes); return image_write_zeroes(image, offset, bytes, true);
    case 2: {
        offset &= ~0xffffull, bytes = (bytes + 0xffff) & ~0xffffull;    /* whole clusters of any size here */
        bytes = MIN(bytes, DISK_BYTES - offset);
        touch(r, offset, bytes);
        memset(r->model + offset, 0, bytes);
        return image_discard(image, offset, bytes);
    }
    default:
        for (uint64_t i = 0; i < bytes; i++) {
            r->model[offset + i] = (uint8_t)(r->seed >> (i % 56));
        }
        return image_write(image, offset, r->model + offset, bytes);
    }
}

/* ---- The cut ---- */

static void apply(uint8_t *disk, uint64_t *size, const struct event *event, uint64_t *seed, bool torn)
{
    for (uint64_t at = 0; at < event->bytes; at += 512) {
        uint64_t part = MIN(512, event->bytes - at);
        if ((!torn || scratch_random(seed, 2)) && event->offset + at + part <= FILE_MOST) {
            memcpy(disk + event->offset + at, event->data + at, part);
            *size = MAX(*size, event->offset + at + part);
        }
    }
}

static void lay_out(const struct record *r, unsigned cut, const uint8_t *start, uint64_t start_bytes, const char *path,
                    uint64_t *seed)
{
    g_autofree uint8_t *disk = g_malloc0(FILE_MOST);
    uint64_t size = start_bytes;
    unsigned barrier = 0;
    memcpy(disk, start, start_bytes);
    for (unsigned i = 0; i < cut; i++) {
        barrier = g_array_index(r->events, struct event, i).barrier ? i : barrier;
    }
    for (unsigned i = 0; i < cut; i++) {
        const struct event *event = &g_array_index(r->events, struct event, i);
        if (i < barrier || scratch_random(seed, 3)) {
            apply(disk, &size, event, seed, i >= barrier && !scratch_random(seed, 3));
        }
    }
    g_file_set_contents(path, (char *)disk, (gssize)size, NULL);
}

static bool flushed_data_is_there(const struct record *r, unsigned cut, struct image *image)
{
    unsigned last = 0;
    g_autofree uint8_t *data = g_malloc(DISK_BYTES);
    for (unsigned i = 0; i < r->flushes->len; i++) {
        last = ((struct flush *)r->flushes->pdata[i])->events <= cut ? i : last;
    }
    const struct flush *flush = r->flushes->pdata[last];
    if (flush->events > cut) {
        return true;
    }
    if (image_read(image, 0, data, DISK_BYTES)) {
        return false;
    }
    for (unsigned s = 0; s < DISK_BYTES / 512; s++) {
        if (!flush->touched[s] && memcmp(data + s * 512, flush->model + s * 512, 512)) {
            return false;
        }
    }
    return true;
}

static void cut_power(struct test *test, const struct record *r, const uint8_t *start, uint64_t start_bytes,
                      const char *path)
{
    uint64_t seed = r->seed;
    for (unsigned n = 0; n < CUTS; n++) {
        unsigned cut = scratch_random(&seed, r->events->len + 1);
        lay_out(r, cut, start, start_bytes, path, &seed);
        struct image *image = image_open(path, "qcow2", IMAGE_REPAIR, NULL);
        struct qcow2_check check = { 0 };
        if (!EXPECT(test, image && qcow2_check(image, &check, NULL)) ||
            !EXPECT_EQ(test, check.errors - check.harmless, 0) ||
            !EXPECT(test, flushed_data_is_there(r, cut, image))) {
            printf("# cut at event %u of %u\n", cut, r->events->len);
            image_close(image);
            return;
        }
        image_close(image);
    }
}

static void run(struct test *test, unsigned cluster_bits, unsigned order, bool snapshots, uint64_t seed)
{
    char *folder = scratch_new();
    g_autofree char *path = g_build_filename(folder, "a.qcow2", NULL), *cut = g_build_filename(folder, "b.qcow2", NULL);
    const struct qcow2_create_options options = { .bytes = DISK_BYTES, .version = 3, .cluster_bits = cluster_bits,
                                                  .refcount_order = order };
    struct record r = { .events = g_array_new(FALSE, FALSE, sizeof(struct event)), .flushes = g_ptr_array_new(),
                        .model = g_malloc0(DISK_BYTES), .seed = seed };
    const struct file_observer observer = { &r, on_write, on_flush };
    struct image *image = scratch_image(path, &options);
    g_autofree char *start = NULL;
    gsize start_bytes = 0;
    g_file_get_contents(path, &start, &start_bytes, NULL);
    image->file->observer = &observer;
    image->file->no_flush = true;   /* recorded all the same */
    mark_flush(&r);
    for (unsigned i = 0; i < STEPS; i++) {
        EXPECT_EQ(test, (unsigned)step(&r, image), 0);
        if (snapshots && i % 40 == 20) {
            EXPECT(test, qcow2_snapshot_create(image, "s", NULL));
        } else if (snapshots && i % 40 == 35) {
            EXPECT(test, qcow2_snapshot_delete(image, "s", NULL));
        }
    }
    image_close(image);
    cut_power(test, &r, (uint8_t *)start, start_bytes, cut);
    for (unsigned i = 0; i < r.events->len; i++) {
        g_free(g_array_index(r.events, struct event, i).data);
    }
    for (unsigned i = 0; i < r.flushes->len; i++) {
        struct flush *flush = r.flushes->pdata[i];
        g_free(flush->model);
        g_free(flush->touched);
        g_free(flush);
    }
    g_array_free(r.events, TRUE);
    g_ptr_array_free(r.flushes, TRUE);
    g_free(r.model);
    scratch_free(folder);
}

static void cuts_leave_leaks_at_most(struct test *test)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        run(test, 12, 4, false, seed);
        run(test, 9, 6, false, seed);       /* the refcount table grows */
        run(test, 16, 4, false, seed);
    }
}

static void also_with_snapshots(struct test *test)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        run(test, 12, 4, true, seed);
    }
}

int main(void)
{
    static const struct test_case cases[] = { TEST(cuts_leave_leaks_at_most), TEST(also_with_snapshots) };
    return test_run_cases("power", cases, G_N_ELEMENTS(cases));
}
