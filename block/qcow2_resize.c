/* SPDX-License-Identifier: MIT */
/* Growing and shrinking a qcow2 image. The L1 table moves when it has to grow; the header tells its new place last. */
#include <errno.h>
#include "base/error.h"
#include "block/qcow2.h"

static int write_size(struct qcow2 *q, uint64_t bytes)
{
    uint8_t header[8];
    put_be64(header, bytes);
    return qcow2_write_header(q, HEADER_SIZE, header, sizeof(header));
}

static int grow_l1(struct qcow2 *q, uint64_t entries)
{
    const struct qcow2_table old = q->l1;
    uint64_t cluster, count, clusters = qcow2_clusters(q, entries * 8);
    uint8_t header[12];
    int failed = qcow2_sync(q);
    failed = failed ? failed : qcow2_allocate(q, clusters, clusters, &cluster, &count);
    if (failed) {
        return failed;
    }
    q->l1.entries = g_renew(uint64_t, q->l1.entries, entries);
    memset(q->l1.entries + old.count, 0, (entries - old.count) * 8);
    q->l1.count = (unsigned)entries;
    q->l1.offset = cluster << q->cluster_bits;
    q->l1.dirty_first = 0, q->l1.dirty_last = q->l1.count;
    q->host_bytes = MAX(q->host_bytes, q->l1.offset + (clusters << q->cluster_bits));
    failed = file_zero(q->file, q->l1.offset, clusters << q->cluster_bits, false);
    failed = failed ? failed : qcow2_sync(q);
    put_be32(header, q->l1.count);
    put_be64(header + 4, q->l1.offset);
    failed = failed ? failed : qcow2_write_header(q, HEADER_L1_SIZE, header, sizeof(header));
    for (uint64_t i = 0; i < qcow2_clusters(q, old.count * 8ull) && !failed; i++) {
        qcow2_release(q, (old.offset >> q->cluster_bits) + i);
    }
    if (failed) {
        q->l1.count = old.count, q->l1.offset = old.offset, q->l1.dirty_first = q->l1.dirty_last = 0;
    }
    return failed;
}

/* What lies behind the new end is given up, so that growing again shows zeroes. */
static int shrink(struct image *image, uint64_t bytes)
{
    struct qcow2 *q = qcow2_of(image);
    const uint64_t end = (bytes + q->cluster_bytes - 1) & ~(q->cluster_bytes - 1);
    int failed = bytes < MIN(end, image->bytes) ? qcow2_write_zeroes(image, bytes, MIN(end, image->bytes) - bytes,
                                                                     false) : 0;
    if (!failed && end < image->bytes) {
        failed = q->version >= 3 && image->backing_file ? qcow2_write_zeroes(image, end, image->bytes - end, true)
            : qcow2_discard(image, end, image->bytes - end);
    }
    return failed ? failed : qcow2_flush(image);
}

/* With a backing file that is longer than the image was, its end must not show through. */
static int hide_backing(struct image *image, uint64_t from, uint64_t bytes)
{
    const uint64_t end = image->backing ? MIN(image->backing->bytes, bytes) : 0;
    return from < end ? qcow2_write_zeroes(image, from, end - from, true) : 0;
}

bool qcow2_resize(struct image *image, uint64_t bytes, GError **error)
{
    struct qcow2 *q = qcow2_of(image);
    const uint64_t per_l1 = q->cluster_bytes * qcow2_l2_entries(q), entries = bytes / per_l1 + (bytes % per_l1 != 0);
    const uint64_t before = image->bytes;
    int failed = 0;
    if (q->snapshot_count && q->version < 3) {
        return error_fail(error, "%s: has internal snapshots, with which version 2 cannot be resized", q->file->path);
    }
    if (bytes % 512 || bytes > INT64_MAX - q->cluster_bytes || entries * 8 > MAX_L1_BYTES) {
        return error_fail(error, "%s: %s", q->file->path, bytes % 512 ? "the size is no multiple of 512"
                          : "the size is too large");
    }
    failed = bytes < before ? shrink(image, bytes) : 0;
    g_rw_lock_writer_lock(&q->lock);
    failed = failed || entries <= q->l1.count ? failed : grow_l1(q, entries);
    failed = failed ? failed : write_size(q, bytes);
    g_rw_lock_writer_unlock(&q->lock);
    if (!failed) {
        image->bytes = bytes;
        failed = bytes > before ? hide_backing(image, before, bytes) : 0;
    }
    return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
}
