/* SPDX-License-Identifier: MIT */
/* Disks as controllers see them: many requests at once, cancelling, guest time, media that change, what -drive says. */
#include <errno.h>
#include "block/block.h"
#include "machine/machine.h"
#include "tests/block/scratch.h"

enum { DISK_BYTES = 8 << 20, IN_FLIGHT = 16 };

struct bench {
    char *folder, *path;
    struct machine *machine;
    struct block *block;
    int64_t now_ns;
};

static int64_t test_now(void *opaque) { return ((struct bench *)opaque)->now_ns; }

static void bench_open(struct bench *b, bool counted)
{
    *b = (struct bench){ .folder = scratch_new(), .machine = machine_new(1 << 20, 0, NULL) };
    b->path = g_build_filename(b->folder, "disk,1.qcow2", NULL);
    const struct qcow2_create_options options = { .bytes = DISK_BYTES, .version = 3, .cluster_bits = 16,
                                                  .refcount_order = 4 };
    image_close(scratch_image(b->path, &options));
    if (counted) {
        clocks_set_virtual_source(b->machine->clocks, test_now, b);
    }
    b->block = block_new(&b->machine->lock, b->machine->clocks, counted, NULL);
}

static void bench_close(struct bench *b)
{
    block_free(b->block);
    machine_free(b->machine);
    scratch_free(b->folder);
    g_free(b->path);
}

static struct drive *add_disk(struct bench *b, const char *more)
{
    g_autofree char *hda = drive_spec_of_short("hda", b->path), *spec = g_strconcat(hda, more, NULL);
    return block_add_drive(b->block, spec, NULL);
}

/* ---- Requests ---- */

struct request { struct disk_request request; uint8_t buffer[128 << 10]; bool busy; int error; unsigned done; };

static void on_done(struct disk_request *request, int error)
{
    struct request *r = request->opaque;
    r->busy = false;
    r->error = error;
    r->done++;
}

static void submit(struct bench *b, struct disk *disk, struct request *r, enum disk_operation operation,
                   uint64_t offset,
                   uint64_t bytes)
{
    r->request = (struct disk_request){ .operation = operation, .offset = offset, .bytes = bytes, .buffer = r->buffer,
                                        .done = on_done, .opaque = r };
    r->busy = true;
    g_mutex_lock(&b->machine->lock);
    disk_submit(disk, &r->request);
    g_mutex_unlock(&b->machine->lock);
}

static bool wait_for(struct request *r)
{
    for (unsigned i = 0; i < 1000000 && r->busy; i++) {
        g_main_context_iteration(NULL, TRUE);
    }
    return !r->busy;
}

static int transfer(struct bench *b, struct disk *disk, struct request *r, enum disk_operation operation,
                    uint64_t offset,
                    uint64_t bytes)
{
    submit(b, disk, r, operation, offset, bytes);
    return wait_for(r) ? r->error : -1;
}

/* Each request has a stripe of its own; all are under way at once, again and again. */
static void many_at_once(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    struct drive *drive = add_disk(&b, ",format=qcow2");
    struct request *requests = g_new0(struct request, IN_FLIGHT);
    const uint64_t stripe = DISK_BYTES / IN_FLIGHT;
    uint64_t seed = 3;
    for (unsigned round = 0; drive && round < 200; round++) {
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            uint64_t bytes = 512 + scratch_random(&seed, 255) * 512ull, offset = i * stripe +
                (round * 4096 + i * 512) % (stripe - bytes) / 512 * 512;
            memset(requests[i].buffer, (int)(round + i + 1), bytes);
            submit(&b, drive->disk, &requests[i], DISK_WRITE, offset, bytes);
        }
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            EXPECT(test, wait_for(&requests[i]) && !requests[i].error);
        }
        unsigned i = round % IN_FLIGHT;
        const uint64_t offset = requests[i].request.offset, bytes = requests[i].request.bytes;
        memset(requests[i].buffer, 0, bytes);
        EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, &requests[i], DISK_READ, offset, bytes), 0);
        for (uint64_t at = 0; at < bytes; at++) {
            if (!EXPECT_EQ(test, requests[i].buffer[at], (uint8_t)(round + i + 1))) {
                break;
            }
        }
    }
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, &requests[0], DISK_FLUSH, 0, 0), 0);
    EXPECT(test, requests[0].done > 200);
    g_free(requests);
    bench_close(&b);
}

static void refused_requests(struct test *test)
{
    struct bench b;
    struct request *r = g_new0(struct request, 1);
    bench_open(&b, false);
    struct drive *drive = add_disk(&b, ",readonly=on");
    struct drive *empty = block_add_empty(b.block, DRIVE_IDE, 2, true);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_WRITE, 0, 512), EROFS);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_READ, 100, 512), EINVAL);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_READ, DISK_BYTES - 512, 1024), EINVAL);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_READ, UINT64_MAX - 511, 512), EINVAL);
    EXPECT_EQ(test, (unsigned)transfer(&b, empty->disk, r, DISK_READ, 0, 512), ENOMEDIUM);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_READ, 0, 512), 0);
    bench_close(&b);
    g_free(r);
}

static void cancelled_requests_are_forgotten(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    struct drive *drive = add_disk(&b, "");
    struct request *requests = g_new0(struct request, IN_FLIGHT);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            submit(&b, drive->disk, &requests[i], i % 2 ? DISK_READ : DISK_WRITE, i * 65536, 65536);
        }
        g_mutex_lock(&b.machine->lock);
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            disk_cancel(drive->disk, &requests[i].request);
        }
        g_mutex_unlock(&b.machine->lock);
    }
    g_main_context_iteration(NULL, FALSE);
    for (unsigned i = 0; i < IN_FLIGHT; i++) {
        EXPECT_EQ(test, requests[i].done, 0);
    }
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, &requests[0], DISK_READ, 0, 512), 0);
    g_free(requests);
    bench_close(&b);
}

/* With -icount the end of a request is a moment of guest time, the same in every run, whatever the host does. */
static void counted_time(struct test *test)
{
    int64_t first[IN_FLIGHT] = { 0 };
    for (unsigned run = 0; run < 2; run++) {
        struct bench b;
        bench_open(&b, true);
        struct drive *drive = add_disk(&b, "");
        struct request *requests = g_new0(struct request, IN_FLIGHT);
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            submit(&b, drive->disk, &requests[i], i % 3 ? DISK_WRITE : DISK_READ, i * 131072ull, 512u << i % 8);
        }
        EXPECT(test, requests[0].busy);
        for (unsigned done = 0; done < IN_FLIGHT;) {
            int64_t next = clocks_next_deadline_ns(b.machine->clocks, CLOCK_KIND_VIRTUAL);
            if (!EXPECT(test, next != INT64_MAX && next > b.now_ns)) {
                break;
            }
            b.now_ns = next;
            g_mutex_lock(&b.machine->lock);
            clocks_run_expired(b.machine->clocks);
            g_mutex_unlock(&b.machine->lock);
            EXPECT(test, !requests[done].busy && !requests[done].error);
            EXPECT(test, !run || first[done] == b.now_ns);
            first[done++] = b.now_ns;
        }
        g_free(requests);
        bench_close(&b);
    }
}

/* ---- Drives ---- */

struct tray { unsigned changes; bool locked; };
static void on_change(void *device) { ((struct tray *)device)->changes++; }
static bool on_eject(void *device, bool force) { return ((struct tray *)device)->locked; }

static void media_change(struct test *test)
{
    struct bench b;
    struct disk_facts facts;
    GError *error = NULL;
    struct tray tray = { .locked = false };
    bench_open(&b, false);
    g_autofree char *cd = g_build_filename(b.folder, "cd.iso", NULL);
    g_file_set_contents(cd, "CD", 2, NULL);
    struct drive *drive = block_add_empty(b.block, DRIVE_IDE, 2, true);
    const struct disk_listener listener = { &tray, on_change, on_eject };
    disk_set_listener(drive->disk, &listener);
    disk_get_facts(drive->disk, &facts);
    EXPECT(test, !strcmp(drive->id, "ide1-cd0") && facts.cdrom && facts.removable && !facts.inserted &&
           facts.read_only);
    EXPECT(test, drive_change_medium(drive, cd, NULL, false, false, NULL) && tray.changes == 1);
    disk_get_facts(drive->disk, &facts);
    EXPECT(test, facts.inserted && facts.bytes == 512 && facts.read_only);
    EXPECT(test, !drive_change_medium(drive, "/nonexistent/x.iso", NULL, false, false, &error) &&
           strstr(error->message, "x.iso"));
    g_clear_error(&error);
    disk_get_facts(drive->disk, &facts);
    EXPECT(test, facts.inserted && tray.changes == 1);
    g_mutex_lock(&b.machine->lock);
    tray.locked = true;
    EXPECT(test, !drive_eject(drive, false, &error) && strstr(error->message, "locked"));
    g_clear_error(&error);
    EXPECT(test, drive_eject(drive, true, NULL) && tray.changes == 2);
    g_mutex_unlock(&b.machine->lock);
    struct drive *disk = add_disk(&b, "");
    g_mutex_lock(&b.machine->lock);
    EXPECT(test, !drive_eject(disk, true, &error) && strstr(error->message, "not removable"));
    g_clear_error(&error);
    g_mutex_unlock(&b.machine->lock);
    bench_close(&b);
}

static void what_drive_says(struct test *test)
{
    struct bench b;
    bench_open(&b, false);
    static const struct { const char *spec, *says; } refused[] = {
        { "if=ide", "file=" }, { "file=/nonexistent/a", "/nonexistent/a" }, { "file=/tmp", "directory" },
        { "fil=x", "'file'" },
        { "file=/dev/null", "special" }, { "file=x,if=foo", "virtio" }, { "file=x,index=9,if=ide", "no such place" },
        { "file=x,media=tape", "disk cdrom" }, { "file=x,cache=fast", "writeback" }, { "file=x,index=-1", "index" },
        { "file=x,bps=1", "throttling" }, { "file=http://x/y", "http:" }, { "file=x,cyls=3", "heads" }, { "", "file=" },
        { "file=x,index=1,unit=1", "not both" }, { "file=x,serial=123456789012345678901", "20" },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(refused); i++) {
        GError *error = NULL;
        if (!EXPECT(test, !block_add_drive(b.block, refused[i].spec, &error) &&
                    strstr(error->message, refused[i].says) &&
                          !strchr(error->message, '\n'))) {
            printf("# %s: %s\n", refused[i].spec, error ? error->message : "accepted");
        }
        g_clear_error(&error);
    }
    GError *error = NULL;
    struct disk_facts facts;
    struct drive *drive =
        add_disk(&b, ",serial=S1,id=d0,cache=writethrough,aio=threads,werror=report,cyls=10,heads=4,secs=17");
    if (EXPECT(test, drive && !strcmp(drive->id, "d0") && drive->interface == DRIVE_IDE && !drive->bus &&
               !drive->unit)) {
        disk_get_facts(drive->disk, &facts);
        EXPECT(test, facts.bytes == DISK_BYTES && !strcmp(facts.serial, "S1") && !facts.write_cache &&
               facts.heads == 4);
    }
    EXPECT(test, !add_disk(&b, ""));        /* the place is taken */
    g_autofree char *quoted = g_strdup_printf("file=%s/disk,,1.qcow2,if=virtio", b.folder);
    /* locked */
    EXPECT(test, !block_add_drive(b.block, quoted, &error) && strstr(error->message, "another process"));
    g_clear_error(&error);
    EXPECT_EQ(test, block_drive_count(b.block), 1);
    EXPECT(test, block_find_id(b.block, "d0") == drive && block_find_index(b.block, DRIVE_IDE, 0) == drive);
    bench_close(&b);
}

/* snapshot=on: the image stays as it is. A raw image whose format was guessed cannot become another format. */
static void overlays_and_guessed_formats(struct test *test)
{
    struct bench b;
    struct request *r = g_new0(struct request, 1);
    bench_open(&b, false);
    g_autofree char *raw = g_build_filename(b.folder, "raw.img", NULL), *before = NULL, *after = NULL;
    g_autofree char *spec = g_strdup_printf("file=%s,if=virtio", raw);
    gsize before_bytes, after_bytes;
    g_file_get_contents(b.path, &before, &before_bytes, NULL);
    struct drive *drive = add_disk(&b, ",snapshot=on");
    memset(r->buffer, 7, 4096);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_WRITE, 8192, 4096), 0);
    memset(r->buffer, 0, 4096);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_READ, 8192, 4096), 0);
    EXPECT_EQ(test, r->buffer[4095], 7);
    g_file_get_contents(b.path, &after, &after_bytes, NULL);
    EXPECT(test, before_bytes == after_bytes && !memcmp(before, after, before_bytes));
    g_file_set_contents(raw, (char *)r->buffer, 65536, NULL);
    drive = block_add_drive(b.block, spec, NULL);
    memcpy(r->buffer, before, 4096);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_WRITE, 0, 512), EPERM);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_WRITE, 4096, 512), 0);
    memset(r->buffer, 1, 512);
    EXPECT_EQ(test, (unsigned)transfer(&b, drive->disk, r, DISK_WRITE, 0, 512), 0);
    bench_close(&b);
    g_free(r);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(many_at_once), TEST(refused_requests), TEST(cancelled_requests_are_forgotten), TEST(counted_time),
        TEST(media_change), TEST(what_drive_says), TEST(overlays_and_guessed_formats),
    };
    return test_run_cases("disk", cases, G_N_ELEMENTS(cases));
}
