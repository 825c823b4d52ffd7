/* SPDX-License-Identifier: MIT */
/*
 * Requests of controllers (base/disk.h), done by worker threads.
 *
 *   disk_submit -> workers (GThreadPool) -> finished -> eventfd -> main loop takes the machine lock, calls done
 *
 * With counted time (-icount) there is one worker, which takes requests in their order, and done is called by a timer
 * of guest time: its moment is computed from the request alone, and if the host is not ready by then, the timer waits
 * for it.
 *
 * Locks: the machine lock covers submitting, cancelling and delivering; block->lock, a leaf, covers lists and states
 * that workers touch. Workers never take the machine lock, so waiting for them with it held ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "block/block_internal.h"

enum { WORKERS = 4 };
/* A disk of guest time: 50 us to find the place, 500 MB/s. */
enum { COUNTED_LATENCY_NS = 50000, COUNTED_NS_PER_SECTOR = 1024 };

/* ---- A worker's part ---- */

static int transfer(struct disk *disk, const struct disk_request *request)
{
    struct image *image = disk->image;
    switch (request->operation) {
    case DISK_READ: return image_read(image, request->offset, request->buffer, request->bytes);
    case DISK_WRITE: return image_write(image, request->offset, request->buffer, request->bytes);
    case DISK_FLUSH: return image_flush(image);
    case DISK_DISCARD: return disk->discard ? image_discard(image, request->offset, request->bytes) : 0;
    case DISK_WRITE_ZEROES: return image_write_zeroes(image, request->offset, request->bytes, disk->discard);
    }
    return ENOTSUP;
}

static bool changes_medium(enum disk_operation operation)
{
    return operation == DISK_WRITE || operation == DISK_WRITE_ZEROES;
}

static int run_request(struct disk *disk, const struct disk_request *request)
{
    int failed = transfer(disk, request);
    bool through = disk->cache == CACHE_WRITETHROUGH || disk->cache == CACHE_DIRECTSYNC;
    return !failed && through && changes_medium(request->operation) ? image_flush(disk->image) : failed;
}

static void wake_main_loop(struct block *block)
{
    const uint64_t one = 1;
    if (write(block->event_fd, &one, sizeof(one)) < 0) {
        return;                         /* the counter is full: the loop is awake anyway */
    }
}

/* block->lock held. */
static void finish(struct job *job, int error)
{
    struct block *block = job->disk->block;
    job->error = error;
    job->state = JOB_FINISHED;
    job->disk->unfinished--;
    if (!block->counted) {
        g_queue_push_tail(&block->finished, job);
        if (block->finished.length == 1) {
            wake_main_loop(block);
        }
    }
    g_cond_broadcast(&block->changed);
}

static void work(gpointer data, gpointer opaque)
{
    struct job *job = data;
    struct block *block = opaque;
    g_mutex_lock(&block->lock);
    if (job->cancelled) {
        g_mutex_unlock(&block->lock);
        g_free(job);
        return;
    }
    job->state = JOB_RUNNING;
    g_mutex_unlock(&block->lock);
    int error = run_request(job->disk, job->request);
    g_mutex_lock(&block->lock);
    finish(job, error);
    g_mutex_unlock(&block->lock);
}

/* ---- Delivering ---- */

static void count(struct disk *disk, const struct disk_request *request, int error)
{
    struct drive_statistics *statistics = &disk->statistics;
    if (error) {
        statistics->failed++;
        return;
    }
    switch (request->operation) {
    case DISK_READ: statistics->reads++, statistics->bytes_read += request->bytes; break;
    case DISK_WRITE: case DISK_WRITE_ZEROES: statistics->writes++, statistics->bytes_written += request->bytes; break;
    case DISK_FLUSH: statistics->flushes++; break;
    case DISK_DISCARD: statistics->discards++, statistics->bytes_discarded += request->bytes; break;
    }
}

/* Machine lock held; the job is in no list any more. */
static void deliver(struct job *job)
{
    struct disk_request *request = job->request;
    struct disk *disk = job->disk;
    int error = job->error;
    g_free(job);
    request->private = NULL;
    count(disk, request, error);
    bool read = request->operation == DISK_READ, ignored = read ? disk->ignore_read_errors : disk->ignore_write_errors;
    if (error) {
        block_tell_failure(disk, read, ignored, error);
    }
    error = ignored ? 0 : error;
    request->done(request, error);
}

static gboolean on_finished(gint fd, GIOCondition condition, gpointer opaque)
{
    struct block *block = opaque;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0) {
        return G_SOURCE_CONTINUE;
    }
    g_mutex_lock(block->machine_lock);
    for (;;) {
        g_mutex_lock(&block->lock);
        struct job *job = g_queue_pop_head(&block->finished);
        g_mutex_unlock(&block->lock);
        if (!job) {
            break;
        }
        deliver(job);
    }
    g_mutex_unlock(block->machine_lock);
    return G_SOURCE_CONTINUE;
}

/* ---- Counted time ---- */

static void arm(struct block *block)
{
    struct job *first = g_queue_peek_head(&block->by_time);
    if (first) {
        timer_arm(block->timer, first->due_ns);
    } else {
        timer_cancel(block->timer);
    }
}

static void on_due(void *opaque)
{
    struct block *block = opaque;
    const int64_t now = clock_now_ns(block->clocks, CLOCK_KIND_VIRTUAL);
    for (;;) {
        struct job *job = g_queue_peek_head(&block->by_time);
        if (!job || job->due_ns > now) {
            break;
        }
        g_queue_pop_head(&block->by_time);
        g_mutex_lock(&block->lock);
        while (job->state != JOB_FINISHED) {
            g_cond_wait(&block->changed, &block->lock);
        }
        g_mutex_unlock(&block->lock);
        deliver(job);
    }
    arm(block);
}

static gint earlier(gconstpointer a, gconstpointer b, gpointer opaque)
{
    const struct job *x = a, *y = b;
    return x->due_ns < y->due_ns ? -1 : x->due_ns > y->due_ns;
}

static void schedule(struct job *job)
{
    struct disk *disk = job->disk;
    int64_t begin = MAX(clock_now_ns(disk->block->clocks, CLOCK_KIND_VIRTUAL), disk->busy_until_ns);
    uint64_t sectors = job->request->operation == DISK_READ || changes_medium(job->request->operation)
        ? job->request->bytes / DISK_SECTOR_BYTES : 0;
    job->due_ns = begin + COUNTED_LATENCY_NS + (int64_t)(MIN(sectors, 1u << 30) * COUNTED_NS_PER_SECTOR);
    disk->busy_until_ns = job->due_ns;
    g_queue_insert_sorted(&disk->block->by_time, job, earlier, NULL);
    arm(disk->block);
}

/* ---- base/disk.h ---- */

static int refusal(const struct disk *disk, const struct disk_request *request)
{
    const bool has_range = request->operation != DISK_FLUSH;
    if (!disk->image) {
        return ENOMEDIUM;
    }
    if (has_range && (request->offset % DISK_SECTOR_BYTES || request->bytes % DISK_SECTOR_BYTES ||
                      request->offset > disk->image->bytes || request->bytes > disk->image->bytes - request->offset)) {
        return EINVAL;
    }
    return disk->image->writable || request->operation == DISK_READ || request->operation == DISK_FLUSH ? 0 : EROFS;
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
    struct block *block = disk->block;
    struct job *job = g_new0(struct job, 1);
    *job = (struct job){ .disk = disk, .request = request };
    request->private = job;
    int refused = refusal(disk, request);
    if (block->counted) {
        schedule(job);
    }
    g_mutex_lock(&block->lock);
    disk->unfinished++;
    if (refused) {
        finish(job, refused);
    }
    g_mutex_unlock(&block->lock);
    if (!refused) {
        g_thread_pool_push(block->workers, job, NULL);
    }
}

void disk_cancel(struct disk *disk, struct disk_request *request)
{
    struct block *block = disk->block;
    struct job *job = request->private;
    if (!job) {
        return;
    }
    request->private = NULL;
    if (block->counted) {
        g_queue_remove(&block->by_time, job);
        arm(block);
    }
    g_mutex_lock(&block->lock);
    if (job->state == JOB_QUEUED) {
        job->cancelled = true;          /* the worker frees it */
        disk->unfinished--;
        g_cond_broadcast(&block->changed);
        g_mutex_unlock(&block->lock);
        return;
    }
    while (job->state != JOB_FINISHED) {
        g_cond_wait(&block->changed, &block->lock);
    }
    g_queue_remove(&block->finished, job);
    g_mutex_unlock(&block->lock);
    g_free(job);
}

void disk_get_facts(const struct disk *disk, struct disk_facts *facts)
{
    *facts = disk->facts;
    facts->inserted = disk->image;
    facts->tray_open = disk->tray_open;
    facts->bytes = disk->image ? disk->image->bytes : 0;
    facts->read_only = disk->facts.cdrom || (disk->image ? !disk->image->writable : disk->opened_read_only);
    facts->write_cache = disk->cache != CACHE_WRITETHROUGH && disk->cache != CACHE_DIRECTSYNC;
}

void disk_set_listener(struct disk *disk, const struct disk_listener *listener)
{
    disk->listener = listener ? *listener : (struct disk_listener){ 0 };
}

/* ---- For drive.c ---- */

/* Ours is no medium change while somebody works on the old one. */
void disk_wait_idle(struct disk *disk)
{
    g_mutex_lock(&disk->block->lock);
    while (disk->unfinished) {
        g_cond_wait(&disk->block->changed, &disk->block->lock);
    }
    g_mutex_unlock(&disk->block->lock);
}

void disk_set_image(struct disk *disk, struct image *image)
{
    disk_wait_idle(disk);
    if (disk->image) {
        image_flush(disk->image);
        image_close(disk->image);
    }
    disk->image = image;
}

int disk_read_now(struct disk *disk, uint64_t offset, void *buffer, uint64_t bytes)
{
    return disk->image ? image_read(disk->image, offset, buffer, bytes) : ENOMEDIUM;
}

int disk_write_now(struct disk *disk, uint64_t offset, const void *buffer, uint64_t bytes)
{
    return disk->image ? image_write(disk->image, offset, buffer, bytes) : ENOMEDIUM;
}

struct disk *disk_new(struct block *block)
{
    struct disk *disk = g_new0(struct disk, 1);
    disk->block = block;
    return disk;
}

void disk_free(struct disk *disk)
{
    disk_set_image(disk, NULL);
    g_free(disk);
}

void disks_init(struct block *block)
{
    g_mutex_init(&block->lock);
    g_cond_init(&block->changed);
    g_queue_init(&block->finished);
    g_queue_init(&block->by_time);
    block->workers = g_thread_pool_new(work, block, block->counted ? 1 : WORKERS, FALSE, NULL);
    block->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    block->timer = block->counted ? timer_new(block->clocks, CLOCK_KIND_VIRTUAL, on_due, block) : NULL;
    block->source = g_unix_fd_source_new(block->event_fd, G_IO_IN);
    g_source_set_callback(block->source, (GSourceFunc)(void (*)(void))on_finished, block, NULL);
    g_source_set_priority(block->source, G_PRIORITY_HIGH);
    g_source_attach(block->source, g_main_context_get_thread_default());
}

void disks_free(struct block *block)
{
    g_thread_pool_free(block->workers, FALSE, TRUE);        /* after what is queued */
    for (struct job *job; (job = g_queue_pop_head(block->counted ? &block->by_time : &block->finished));) {
        g_free(job);
    }
    g_source_destroy(block->source);
    g_source_unref(block->source);
    timer_free(block->timer);
    close(block->event_fd);
    g_mutex_clear(&block->lock);
    g_cond_clear(&block->changed);
}
