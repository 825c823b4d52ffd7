/* SPDX-License-Identifier: MIT */
/* img bench: so many requests of one size, so many at once, through the interface that controllers use; how long they
 * take. */
#include <stdlib.h>
#include <string.h>
#include "block/block.h"
#include "block/img.h"

struct bench {
    struct img *img;
    struct disk *disk;
    enum disk_operation operation;
    uint64_t bytes, step, offset, disk_bytes;
    uint64_t left, running;         /* to be submitted; under way */
    int failed;
};

static void next_request(struct bench *bench, struct disk_request *request)
{
    request->offset = bench->offset;
    bench->offset += bench->step;
    if (bench->offset > bench->disk_bytes - bench->bytes) {
        bench->offset = 0;
    }
    bench->left--;
    bench->running++;
    disk_submit(bench->disk, request);
}

static void on_done(struct disk_request *request, int error)
{
    struct bench *bench = request->opaque;
    bench->running--;
    bench->failed = bench->failed ? bench->failed : error;
    if (bench->left && !bench->failed) {
        next_request(bench, request);
    }
}

static int run(struct bench *bench, GMutex *lock, uint64_t depth)
{
    struct disk_request *requests = g_new0(struct disk_request, depth);
    /* On pages of their own: the host copies to odd addresses at a third of the speed. */
    uint8_t *buffers = g_aligned_alloc0(depth, bench->bytes, 4096);
    g_mutex_lock(lock);
    for (uint64_t i = 0; i < depth && bench->left; i++) {
        requests[i] = (struct disk_request){ .operation = bench->operation, .bytes = bench->bytes, .done = on_done,
                                             .buffer = buffers + i * bench->bytes, .opaque = bench };
        next_request(bench, &requests[i]);
    }
    g_mutex_unlock(lock);
    while (bench->running) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_free(requests);
    g_aligned_free(buffers);
    return bench->failed;
}

struct arguments { const char *format, *cache; uint64_t count, depth, bytes, step, offset; bool write; };

static int bench_file(struct img *img, const char *path, const struct arguments *a)
{
    GMutex lock;
    GError *error = NULL;
    g_mutex_init(&lock);
    struct clocks *clocks = clocks_new();
    struct block *block = block_new(&lock, clocks, false, NULL);
    g_autofree char *place = drive_spec_of_short("hda", path);
    g_autofree char *spec = g_strdup_printf("%s,cache=%s%s%s%s", place, a->cache, a->write ? "" : ",readonly=on",
                                            a->format ? ",format=" : "", a->format ? a->format : "");
    struct drive *drive = block_add_drive(block, spec, &error);
    struct disk_facts facts = { 0 };
    int failed = 0;
    if (drive) {
        disk_get_facts(drive->disk, &facts);
    }
    if (drive && (facts.bytes < a->bytes || a->offset > facts.bytes - a->bytes)) {
        error_fail(&error, "%s: smaller than one request", path);
    } else if (drive) {
        struct bench bench = { .img = img, .disk = drive->disk, .operation = a->write ? DISK_WRITE : DISK_READ,
                               .bytes = a->bytes, .step = a->step ? a->step : a->bytes, .offset = a->offset,
                               .disk_bytes = facts.bytes, .left = a->count };
        printf("Sending %" G_GUINT64_FORMAT " %s requests, %" G_GUINT64_FORMAT " bytes each, %" G_GUINT64_FORMAT
               " in parallel\n", a->count, a->write ? "write" : "read", a->bytes, a->depth);
        fflush(stdout);
        const int64_t begin = g_get_monotonic_time();
        failed = run(&bench, &lock, a->depth);
        printf("Run completed in %.3f seconds.\n", (double)(g_get_monotonic_time() - begin) / 1e6);
    }
    block_free(block);
    clocks_free(clocks);
    g_mutex_clear(&lock);
    return error ? img_fail(img, error) : failed ? img_complain(img, "%s: %s", path, g_strerror(failed)) : 0;
}

int img_bench(struct img *img, int argc, char **argv)
{
    static const struct img_option options[] = {
        { 'f', NULL, true }, { 'c', NULL, true }, { 'd', NULL, true }, { 's', "buffer-size", true },
        { 'S', NULL, true },
        { 'o', NULL, true }, { 't', NULL, true }, { 'w', NULL, false }, { 'q', NULL, false }, { 0 },
    };
    struct arguments a = { .cache = "writeback", .count = 75000, .depth = 64, .bytes = 4096 };
    bool good = true;
    for (int letter; (letter = img_next_option(img, argc, argv, options)) != -1;) {
        switch (letter) {
        case 'f': a.format = optarg; break;
        case 't': a.cache = optarg; break;
        case 'c': good &= img_parse_size(optarg, &a.count); break;
        case 'd': good &= img_parse_size(optarg, &a.depth); break;
        case 's': good &= img_parse_size(optarg, &a.bytes); break;
        case 'S': good &= img_parse_size(optarg, &a.step); break;
        case 'o': good &= img_parse_size(optarg, &a.offset); break;
        case 'w': a.write = true; break;
        case 'q': img->quiet = true; break;
        default: return 1;
        }
    }
    if (argc - optind != 1) {
        return img_misused(img, "wants one FILE");
    }
    if (!good || !a.depth || a.depth > 1024 || !a.bytes || a.bytes > 64 << 20 || (a.bytes | a.step | a.offset) % 512) {
        return img_misused(img, "-d: 1 to 1024; -s, -S, -o: multiples of 512, -s up to 64M");
    }
    return bench_file(img, argv[optind], &a);
}
