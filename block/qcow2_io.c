/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing qcow2 images.
 *
 * A write to clusters that are ours goes straight to the file, many at once. Any other takes new clusters: data first,
 * with what the rest of the first and last cluster held, then the L2 entries; the old clusters lose a reference when
 * that is on the disk (qcow2_meta.c).
 */
#include <errno.h>
#include "block/qcow2.h"

enum { ALLOCATE_MOST = 8 << 20 };

static bool has_backing(const struct image *image) { return image->backing || image->backing_file; }

/* ---- Reading ---- */

static int read_run(struct qcow2 *q, const struct qcow2_run *run, uint64_t offset, uint8_t *to, uint64_t bytes)
{
    switch (run->kind) {
    case CLUSTER_UNALLOCATED: return image_read_backing(q->image, offset, to, bytes);
    case CLUSTER_DATA: return file_read(q->file, run->host, to, bytes);
    case CLUSTER_COMPRESSED: return qcow2_read_compressed(q, run->entry, offset & (q->cluster_bytes - 1), to, bytes);
    default: memset(to, 0, bytes); return 0;
    }
}

/* `lock` held in either way. */
static int read_locked(struct qcow2 *q, uint64_t offset, uint8_t *to, uint64_t bytes)
{
    int failed = 0;
    while (bytes && !failed) {
        struct qcow2_run run;
        failed = qcow2_find(q, offset, bytes, &run);
        failed = failed ? failed : read_run(q, &run, offset, to, run.bytes);
        to += run.bytes, offset += run.bytes, bytes -= MIN(bytes, run.bytes);
    }
    return failed;
}

int qcow2_read(struct image *image, uint64_t offset, void *buffer, uint64_t bytes)
{
    struct qcow2 *q = qcow2_of(image);
    g_rw_lock_reader_lock(&q->lock);
    int failed = read_locked(q, offset, buffer, bytes);
    g_rw_lock_reader_unlock(&q->lock);
    return failed;
}

int qcow2_status(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status)
{
    struct qcow2 *q = qcow2_of(image);
    struct qcow2_run run;
    g_rw_lock_reader_lock(&q->lock);
    int failed = qcow2_find(q, offset, bytes, &run);
    g_rw_lock_reader_unlock(&q->lock);
    if (!failed) {
        status->bytes = run.bytes;
        status->allocated = run.kind != CLUSTER_UNALLOCATED;
        status->zero = run.kind == CLUSTER_ZERO || run.kind == CLUSTER_ZERO_ALLOCATED;
        status->data = run.kind == CLUSTER_DATA || run.kind == CLUSTER_COMPRESSED;
        status->compressed = run.kind == CLUSTER_COMPRESSED;
        status->has_offset = run.kind == CLUSTER_DATA || run.kind == CLUSTER_ZERO_ALLOCATED;
        status->host_offset = run.host;
    }
    return failed;
}

/* ---- Writing ---- */

static bool touches(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/* A damaged image may send data to its own tables. */
static int safe_target(struct qcow2 *q, uint64_t host, uint64_t bytes)
{
    if (touches(host, bytes, 0, q->cluster_bytes) || touches(host, bytes, q->l1.offset, q->l1.count * 8ull) ||
        touches(host, bytes, q->reftable.offset, q->reftable.count * 8ull) ||
        (q->snapshot_count && touches(host, bytes, q->snapshot_offset, q->snapshot_bytes)) ||
        qcow2_meta_overlaps(q, host, bytes)) {
        return qcow2_mark_corrupt(q, "data cluster on top of a table");
    }
    return 0;
}

/* What the guest sees in [offset, +bytes) goes to host as well: the rest of a cluster that is written in part. fresh:
 * host has never been written, so that zeroes are there. */
static int copy_rest(struct qcow2 *q, uint64_t offset, uint64_t host, uint64_t bytes, bool fresh)
{
    if (!bytes) {
        return 0;
    }
    g_autofree uint8_t *old = g_try_malloc(bytes);
    if (!old) {
        return ENOMEM;
    }
    const uint64_t there = offset < q->image->bytes ? MIN(bytes, q->image->bytes - offset) : 0;
    memset(old + there, 0, bytes - there);
    int failed = read_locked(q, offset, old, there);
    return failed || (fresh && image_bytes_are_zero(old, bytes)) ? failed : file_write(q->file, host, old, bytes);
}

/* [offset, +bytes) into clusters from `host` on, which stand for whole guest clusters. */
static int fill_clusters(struct qcow2 *q, uint64_t offset, const uint8_t *from, uint64_t bytes, uint64_t host)
{
    const uint64_t mask = q->cluster_bytes - 1, head = offset & mask, tail = -(offset + bytes) & mask;
    const bool fresh = host >= q->host_bytes;
    int failed = safe_target(q, host, head + bytes + tail);
    failed = failed ? failed : copy_rest(q, offset - head, host, head, fresh);
    failed = failed ? failed : copy_rest(q, offset + bytes, host + head + bytes, tail, fresh);
    failed = failed ? failed : file_write(q->file, host + head, from, bytes);
    q->host_bytes = MAX(q->host_bytes, host + head + bytes + tail);
    return failed;
}

/* How many bytes from offset on have to get new clusters, at most `bytes`, in one L2 table. */
static int needs_clusters(struct qcow2 *q, uint64_t offset, uint64_t bytes, uint64_t *needed)
{
    const uint64_t table_bytes = q->cluster_bytes * qcow2_l2_entries(q);
    const uint64_t limit = MIN(MIN(bytes, ALLOCATE_MOST), table_bytes - (offset & (table_bytes - 1)));
    *needed = 0;
    while (*needed < limit) {
        struct qcow2_run run;
        int failed = qcow2_find(q, offset + *needed, limit - *needed, &run);
        if (failed) {
            return failed;
        }
        if (run.ours) {
            break;
        }
        *needed += run.bytes;
    }
    return 0;
}

static int write_new(struct qcow2 *q, uint64_t offset, const uint8_t *from, uint64_t bytes, uint64_t *done)
{
    const uint64_t within = offset & (q->cluster_bytes - 1);
    uint64_t place, cluster, count;
    int failed = qcow2_l2_place(q, offset, &place);
    failed = failed ? failed : qcow2_allocate(q, 1, qcow2_clusters(q, within + bytes), &cluster, &count);
    if (failed) {
        return failed;
    }
    *done = MIN(bytes, (count << q->cluster_bits) - within);
    failed = fill_clusters(q, offset, from, *done, cluster << q->cluster_bits);
    for (uint64_t i = 0; i < count && failed; i++) {
        qcow2_release(q, cluster + i);
    }
    return failed ? failed : qcow2_set_entries(q, place, cluster << q->cluster_bits | OFLAG_COPIED, q->cluster_bytes,
                                               count,
                                               false);
}

/* Zero clusters that have their place already: it is filled, then they are data. */
static int write_prepared(struct qcow2 *q, uint64_t offset, const uint8_t *from, const struct qcow2_run *run)
{
    const uint64_t within = offset & (q->cluster_bytes - 1);
    uint64_t place;
    int failed = qcow2_l2_place(q, offset, &place);
    failed = failed ? failed : fill_clusters(q, offset, from, run->bytes, run->host - within);
    return failed ? failed : qcow2_set_entries(q, place, (run->host - within) | OFLAG_COPIED, q->cluster_bytes,
                                               qcow2_clusters(q, within + run->bytes), true);
}

/* `lock` held for writing. Writes the first part of the range, whatever is there. */
static int write_changing(struct qcow2 *q, uint64_t offset, const uint8_t *from, uint64_t bytes, uint64_t *done)
{
    struct qcow2_run run;
    int failed = 0;
    if (q->dirty[SLICE_L2] + q->dirty[SLICE_REFCOUNT] > DIRTY_SLICES_MOST || q->pending->len > PENDING_MOST) {
        failed = qcow2_sync(q);
    }
    failed = failed ? failed : qcow2_find(q, offset, bytes, &run);
    if (failed) {
        return failed;
    }
    if (run.ours) {
        *done = run.bytes;
        failed = safe_target(q, run.host, run.bytes);
        return failed ? failed : run.kind == CLUSTER_ZERO_ALLOCATED ? write_prepared(q, offset, from, &run)
            : file_write(q->file, run.host, from, run.bytes);
    }
    failed = needs_clusters(q, offset, bytes, done);
    return failed ? failed : write_new(q, offset, from, *done, done);
}

/* `lock` held for reading. The part of the range that may be written in place; *done 0: none. */
static int write_in_place(struct qcow2 *q, uint64_t offset, const uint8_t *from, uint64_t bytes, uint64_t *done)
{
    struct qcow2_run run;
    *done = 0;
    int failed = qcow2_find(q, offset, bytes, &run);
    if (failed || run.kind != CLUSTER_DATA || !run.ours) {
        return failed;
    }
    *done = run.bytes;
    failed = safe_target(q, run.host, run.bytes);
    return failed ? failed : file_write(q->file, run.host, from, run.bytes);
}

int qcow2_write(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes)
{
    struct qcow2 *q = qcow2_of(image);
    const uint8_t *from = buffer;
    int failed = q->corrupt ? EIO : 0;
    while (bytes && !failed) {
        uint64_t done;
        g_rw_lock_reader_lock(&q->lock);
        failed = write_in_place(q, offset, from, bytes, &done);
        g_rw_lock_reader_unlock(&q->lock);
        if (!failed && !done) {
            g_rw_lock_writer_lock(&q->lock);
            failed = write_changing(q, offset, from, bytes, &done);
            g_rw_lock_writer_unlock(&q->lock);
        }
        from += done, offset += done, bytes -= done;
    }
    return failed;
}

int qcow2_flush(struct image *image)
{
    struct qcow2 *q = qcow2_of(image);
    g_rw_lock_writer_lock(&q->lock);
    bool dirty = qcow2_is_dirty(q);
    int failed = dirty ? qcow2_sync(q) : 0;
    g_rw_lock_writer_unlock(&q->lock);
    return dirty ? failed : file_flush(q->file);
}

/* ---- Zeroes and discard ---- */

/* The clusters of a run stop being what they are. `entry`: what they are instead. */
static int replace_run(struct qcow2 *q, uint64_t offset, const struct qcow2_run *run, uint64_t entry)
{
    uint64_t place;
    int failed = qcow2_l2_place(q, offset, &place);
    return failed ? failed : qcow2_set_entries(q, place, entry, 0, run->bytes >> q->cluster_bits, false);
}

static int zero_run(struct qcow2 *q, uint64_t offset, const struct qcow2_run *run, bool unmap)
{
    uint64_t place;
    if (run->kind == CLUSTER_ZERO || run->kind == CLUSTER_ZERO_ALLOCATED ||
        (run->kind == CLUSTER_UNALLOCATED && !has_backing(q->image))) {
        return 0;
    }
    if (unmap || !run->ours) {
        return replace_run(q, offset, run, OFLAG_ZERO);
    }
    int failed = qcow2_l2_place(q, offset, &place);
    return failed ? failed : qcow2_set_entries(q, place, run->host | OFLAG_COPIED | OFLAG_ZERO, q->cluster_bytes,
                                               run->bytes >> q->cluster_bits, true);
}

static int discard_run(struct qcow2 *q, uint64_t offset, const struct qcow2_run *run)
{
    const bool backing = has_backing(q->image);
    if (run->kind == CLUSTER_ZERO || (run->kind == CLUSTER_UNALLOCATED && !backing) || (q->version < 3 && backing)) {
        return 0;
    }
    /* With a backing file nothing of it may show through. */
    return replace_run(q, offset, run, backing ? OFLAG_ZERO : 0);
}

enum change { CHANGE_ZERO, CHANGE_ZERO_UNMAP, CHANGE_DISCARD, CHANGE_FORGET };

static int change_run(struct qcow2 *q, uint64_t offset, const struct qcow2_run *run, enum change change)
{
    switch (change) {
    case CHANGE_DISCARD: return discard_run(q, offset, run);
    case CHANGE_FORGET: return run->kind == CLUSTER_UNALLOCATED ? 0 : replace_run(q, offset, run, 0);
    default: return zero_run(q, offset, run, change == CHANGE_ZERO_UNMAP);
    }
}

/* Whole clusters of [offset, +bytes), run by run. */
static int change_clusters(struct qcow2 *q, uint64_t offset, uint64_t bytes, enum change change)
{
    int failed = q->corrupt ? EIO : 0;
    while (bytes && !failed) {
        struct qcow2_run run = { 0 };
        g_rw_lock_writer_lock(&q->lock);
        failed = q->dirty[SLICE_L2] > DIRTY_SLICES_MOST || q->pending->len > PENDING_MOST ? qcow2_sync(q) : 0;
        failed = failed ? failed : qcow2_find(q, offset, bytes, &run);
        failed = failed ? failed : change_run(q, offset, &run, change);
        g_rw_lock_writer_unlock(&q->lock);
        offset += run.bytes, bytes -= run.bytes;
    }
    return failed;
}

/* The whole clusters inside a range; the last cluster of the image may be shorter. False: there are none. */
static bool whole_clusters(const struct qcow2 *q, uint64_t offset, uint64_t bytes, uint64_t *first, uint64_t *end)
{
    const uint64_t mask = q->cluster_bytes - 1;
    *first = (offset + mask) & ~mask;
    *end = offset + bytes == q->image->bytes ? (offset + bytes + mask) & ~mask : (offset + bytes) & ~mask;
    return *first < *end;
}

int qcow2_discard(struct image *image, uint64_t offset, uint64_t bytes)
{
    struct qcow2 *q = qcow2_of(image);
    uint64_t first, end;
    return whole_clusters(q, offset, bytes, &first, &end) ? change_clusters(q, first, end - first, CHANGE_DISCARD) : 0;
}

static int write_zero_bytes(struct image *image, uint64_t offset, uint64_t bytes)
{
    const uint64_t most = 1 << 20;
    g_autofree uint8_t *zeroes = g_malloc0(MIN(bytes, most));
    int failed = 0;
    while (bytes && !failed) {
        uint64_t part = MIN(bytes, most);
        struct image_status status;
        failed = image_status_deep(image, offset, part, &status, NULL);
        if (!failed) {
            part = status.bytes;
            failed = status.zero ? 0 : qcow2_write(image, offset, zeroes, part);
        }
        offset += part, bytes -= part;
    }
    return failed;
}

int qcow2_write_zeroes(struct image *image, uint64_t offset, uint64_t bytes, bool unmap)
{
    struct qcow2 *q = qcow2_of(image);
    uint64_t first, end;
    if (q->version < 3 || !whole_clusters(q, offset, bytes, &first, &end)) {
        return write_zero_bytes(image, offset, bytes);
    }
    int failed = write_zero_bytes(image, offset, first - offset);
    failed = failed ? failed : change_clusters(q, first, end - first, unmap ? CHANGE_ZERO_UNMAP : CHANGE_ZERO);
    return failed || end >= offset + bytes ? failed : write_zero_bytes(image, end, offset + bytes - end);
}

int qcow2_make_empty(struct image *image)
{
    struct qcow2 *q = qcow2_of(image);
    int failed = change_clusters(q, 0, qcow2_clusters(q, image->bytes) << q->cluster_bits, CHANGE_FORGET);
    return failed ? failed : qcow2_flush(image);
}
