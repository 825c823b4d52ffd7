/* SPDX-License-Identifier: MIT */
/*
 * Compressed clusters: raw deflate with a window of 4 KiB (zlib.c), or a zstd frame (zstd.c). They lie at byte offsets,
 * packed one behind the other; every cluster of the file that one touches has a reference from it.
 */
#include <errno.h>
#include "block/qcow2.h"

int qcow2_unpack(struct qcow2 *q, uint64_t entry, uint8_t *out)
{
    uint64_t host, bytes;
    qcow2_compressed_place(q, entry, &host, &bytes);
    g_autofree uint8_t *packed = g_malloc(bytes);
    int failed = file_read(q->file, host, packed, bytes);
    if (failed) {
        return failed;
    }
    uint64_t size = q->compression == COMPRESSION_ZSTD ? zstd_unpack(packed, bytes, out, q->cluster_bytes)
        : deflate_unpack(packed, bytes, out, q->cluster_bytes);
    return size == q->cluster_bytes ? 0 : EIO;
}

int qcow2_read_compressed(struct qcow2 *q, uint64_t entry, uint64_t within, uint8_t *out, uint64_t bytes)
{
    int failed = 0;
    g_mutex_lock(&q->unpack_lock);
    if (!q->unpacked) {
        q->unpacked = g_malloc(q->cluster_bytes);
    }
    if (q->unpacked_entry != entry) {
        q->unpacked_entry = 0;
        failed = qcow2_unpack(q, entry, q->unpacked);
        q->unpacked_entry = failed ? 0 : entry;
    }
    if (!failed) {
        memcpy(out, q->unpacked + within, bytes);
    }
    g_mutex_unlock(&q->unpack_lock);
    return failed;
}

/* ---- Writing ---- */

/* Bytes of the file for a packed cluster, with their references. */
static int take_room(struct qcow2 *q, uint64_t bytes, uint64_t *host)
{
    const uint64_t mask = q->cluster_bytes - 1, open = q->packed_end, left = open & mask
        ? q->cluster_bytes - (open & mask) : 0;
    uint64_t cluster, count;
    int failed = left ? qcow2_refcount_add(q, open >> q->cluster_bits, 1) : EMLINK;
    bool joined = !failed;
    if (failed && failed != EMLINK) {
        return failed;              /* EMLINK: refcounts as narrow as one bit */
    }
    if (joined && left >= bytes) {
        *host = open;
    } else {
        failed = qcow2_allocate(q, 1, 1, &cluster, &count);
        if (joined && (failed || cluster != (open >> q->cluster_bits) + 1)) {
            qcow2_release(q, open >> q->cluster_bits);      /* it would have gone on there, but that is taken */
            joined = false;
        }
        *host = joined ? open : cluster << q->cluster_bits;
    }
    q->packed_end = failed ? 0 : *host + bytes;
    q->host_bytes = failed ? q->host_bytes : MAX(q->host_bytes, (*host + bytes + mask) & ~mask);
    return failed;
}

static int store_packed(struct qcow2 *q, uint64_t offset, const uint8_t *packed, uint64_t bytes)
{
    uint64_t place, host = 0;
    int failed = q->dirty[SLICE_L2] + q->dirty[SLICE_REFCOUNT] > DIRTY_SLICES_MOST ? qcow2_sync(q) : 0;
    failed = failed ? failed : qcow2_l2_place(q, offset, &place);
    failed = failed ? failed : take_room(q, bytes, &host);
    failed = failed ? failed : file_write(q->file, host, packed, bytes);
    if (failed) {
        return failed;
    }
    g_mutex_lock(&q->unpack_lock);
    q->unpacked_entry = 0;
    g_mutex_unlock(&q->unpack_lock);
    const uint64_t sectors = ((host + bytes - 1) >> 9) - (host >> 9);
    return qcow2_set_entries(q, place, OFLAG_COMPRESSED | sectors << (62 - (q->cluster_bits - 8)) | host, 0, 1, false);
}

int qcow2_write_compressed(struct image *image, uint64_t offset, const uint8_t *data, uint64_t bytes)
{
    struct qcow2 *q = qcow2_of(image);
    g_autofree uint8_t *packed = g_malloc(q->cluster_bytes), *whole = NULL;
    if (bytes < q->cluster_bytes) {
        whole = g_malloc0(q->cluster_bytes);
        memcpy(whole, data, bytes);
        data = whole;
    }
    uint64_t size = q->compression == COMPRESSION_ZSTD ? zstd_pack(data, q->cluster_bytes, packed, q->cluster_bytes - 1)
        : deflate_pack(data, q->cluster_bytes, packed, q->cluster_bytes - 1);
    if (!size) {
        return ENOSPC;
    }
    g_rw_lock_writer_lock(&q->lock);
    int failed = store_packed(q, offset, packed, size);
    g_rw_lock_writer_unlock(&q->lock);
    return failed;
}
