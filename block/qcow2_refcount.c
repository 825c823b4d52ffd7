/* SPDX-License-Identifier: MIT */
/*
 * Reference counts of clusters ("Host cluster management") and allocation.
 *
 * A range of clusters that has no refcount block yet gets one in its own first cluster, which by definition is free.
 * When the refcount table is full, blocks for what follows and a larger table are laid out behind all it covers.
 */
#include <errno.h>
#include "block/qcow2.h"

/* ---- Counts ---- */

static uint64_t block_offset(const struct qcow2 *q, uint64_t cluster)
{
    uint64_t index = cluster / qcow2_block_entries(q);
    return index < q->reftable.count ? q->reftable.entries[index] & OFFSET_MASK : 0;
}

/* Where the count of a cluster is: bytes of the file, and for counts below a byte the shift. */
static uint64_t count_place(const struct qcow2 *q, uint64_t cluster, unsigned *bytes, unsigned *shift)
{
    const uint64_t within = cluster % qcow2_block_entries(q), bit = within << q->refcount_order;
    *bytes = MAX(1u << q->refcount_order, 8) / 8;
    *shift = q->refcount_order < 3 ? bit & 7 : 0;
    return block_offset(q, cluster) + bit / 8;
}

static int block_usable(struct qcow2 *q, uint64_t block)
{
    return block & (q->cluster_bytes - 1) || block >= q->host_bytes ? qcow2_mark_corrupt(q, "refcount block") : 0;
}

int qcow2_refcount_get(struct qcow2 *q, uint64_t cluster, uint64_t *count)
{
    unsigned bytes, shift;
    uint8_t raw[8] = { 0 };
    *count = 0;
    if (!block_offset(q, cluster)) {
        return 0;
    }
    uint64_t place = count_place(q, cluster, &bytes, &shift);
    int failed = block_usable(q, block_offset(q, cluster));
    failed = failed ? failed : qcow2_meta_load(q, SLICE_REFCOUNT, place, raw + 8 - bytes, bytes);
    *count = be64(raw) >> shift;
    if (q->refcount_order < 3) {
        *count &= (1u << (1u << q->refcount_order)) - 1;
    }
    return failed;
}

static uint64_t largest_count(const struct qcow2 *q)
{
    return q->refcount_order == 6 ? UINT64_MAX : (1ull << (1u << q->refcount_order)) - 1;
}

/* The block is there. */
static int store_count(struct qcow2 *q, uint64_t cluster, uint64_t count)
{
    unsigned bytes, shift;
    uint8_t raw[8] = { 0 };
    uint64_t place = count_place(q, cluster, &bytes, &shift);
    if (count > largest_count(q)) {
        return EMLINK;
    }
    int failed = block_usable(q, block_offset(q, cluster));
    if (!failed && q->refcount_order < 3) {
        failed = qcow2_meta_load(q, SLICE_REFCOUNT, place, raw + 7, 1);
        uint8_t mask = (uint8_t)(largest_count(q) << shift);
        raw[7] = (uint8_t)((raw[7] & ~mask) | (count << shift));
    } else {
        put_be64(raw, count);
    }
    return failed ? failed : qcow2_meta_store(q, SLICE_REFCOUNT, place, raw + 8 - bytes, bytes);
}

/* ---- Blocks and table ---- */

static int make_block(struct qcow2 *q, uint64_t index, uint64_t cluster)
{
    const uint64_t offset = cluster << q->cluster_bits;
    qcow2_meta_drop(q, offset);
    int failed = file_zero(q->file, offset, q->cluster_bytes, false);
    if (!failed) {
        q->host_bytes = MAX(q->host_bytes, offset + q->cluster_bytes);
        qcow2_table_set(&q->reftable, (unsigned)index, offset);
    }
    return failed;
}

/* The table's new place is told by one write of the header, after all that it needs is on the disk. */
static int move_table(struct qcow2 *q, uint64_t cluster, uint64_t table_clusters)
{
    const uint64_t old_first = q->reftable.offset >> q->cluster_bits;
    uint8_t old_header[12], header[12];
    int failed = file_read(q->file, HEADER_REFTABLE_OFFSET, old_header, sizeof(old_header));
    q->reftable.offset = cluster << q->cluster_bits;
    q->reftable.dirty_first = 0, q->reftable.dirty_last = q->reftable.count;
    q->host_bytes = MAX(q->host_bytes, (cluster + table_clusters) << q->cluster_bits);
    failed = failed ? failed : qcow2_sync(q);
    put_be64(header, q->reftable.offset);
    put_be32(header + 8, (uint32_t)table_clusters);
    failed = failed ? failed : qcow2_write_header(q, HEADER_REFTABLE_OFFSET, header, sizeof(header));
    for (uint64_t i = 0; i < be32(old_header + 8) && !failed; i++) {
        qcow2_release(q, old_first + i);
    }
    return failed;
}

/* Entries for blocks that describe themselves, the new table behind them, and what comes. */
static uint64_t plan_table(const struct qcow2 *q, uint64_t wanted, uint64_t *blocks)
{
    const uint64_t per_block = qcow2_block_entries(q);
    uint64_t table_clusters, needed = 1;
    do {
        *blocks = needed;
        table_clusters = qcow2_clusters(q, MAX(wanted, q->reftable.count + *blocks) * 8);
        needed = (*blocks + table_clusters + per_block - 1) / per_block;
    } while (needed > *blocks);
    return table_clusters;
}

static int grow_table(struct qcow2 *q, uint64_t index)
{
    const uint64_t old_count = q->reftable.count, start = old_count * qcow2_block_entries(q),
        old_offset = q->reftable.offset;
    uint64_t blocks, table_clusters = plan_table(q, MAX(index + 1, old_count + old_count / 2 + 1), &blocks);
    const uint64_t entries = table_clusters * qcow2_l2_entries(q);
    if (entries * 8 > MAX_REFTABLE_BYTES) {
        return EFBIG;
    }
    int failed = qcow2_sync(q);     /* what tables name by now is counted by the old table */
    if (failed) {
        return failed;
    }
    q->reftable.entries = g_renew(uint64_t, q->reftable.entries, entries);
    memset(q->reftable.entries + old_count, 0, (entries - old_count) * 8);
    q->reftable.count = (unsigned)entries;
    for (uint64_t i = 0; i < blocks && !failed; i++) {
        failed = make_block(q, old_count + i, start + i);
    }
    for (uint64_t i = 0; i < blocks + table_clusters && !failed; i++) {
        failed = store_count(q, start + i, 1);
    }
    failed = failed ? failed : move_table(q, start + blocks, table_clusters);
    if (failed) {
        q->reftable.count = (unsigned)old_count;
        q->reftable.offset = old_offset;
        q->reftable.dirty_first = q->reftable.dirty_last = 0;
    }
    return failed;
}

/* Makes sure that counts of the clusters can be stored. *made: blocks were laid out, which took clusters. */
static int cover(struct qcow2 *q, uint64_t first, uint64_t count, bool *made)
{
    const uint64_t per_block = qcow2_block_entries(q);
    for (uint64_t index = first / per_block; index <= (first + count - 1) / per_block; index++) {
        int failed = 0;
        if (index >= q->reftable.count) {
            failed = grow_table(q, index);
            *made = true;
        }
        if (!failed && !(q->reftable.entries[index] & OFFSET_MASK)) {
            failed = make_block(q, index, index * per_block);
            failed = failed ? failed : store_count(q, index * per_block, 1);
            *made = true;
        }
        if (failed) {
            return failed;
        }
    }
    return 0;
}

int qcow2_refcount_set(struct qcow2 *q, uint64_t cluster, uint64_t count)
{
    bool made = false;
    int failed = cover(q, cluster, 1, &made);
    return failed ? failed : store_count(q, cluster, count);
}

int qcow2_refcount_add(struct qcow2 *q, uint64_t cluster, int change)
{
    uint64_t count;
    int failed = qcow2_refcount_get(q, cluster, &count);
    if (failed) {
        return failed;
    }
    if (change < 0 && !count) {
        return 0;                   /* a damaged image; the reference is gone either way */
    }
    failed = qcow2_refcount_set(q, cluster, count + (uint64_t)(int64_t)change);
    if (!failed && change < 0 && count == 1) {
        q->free_hint = MIN(q->free_hint, cluster);
        qcow2_meta_drop(q, cluster << q->cluster_bits);
        file_discard(q->file, cluster << q->cluster_bits, q->cluster_bytes);
    }
    return failed;
}

/* ---- Allocation ---- */

static int find_free(struct qcow2 *q, uint64_t least, uint64_t most, uint64_t *first, uint64_t *count)
{
    uint64_t cluster = q->free_hint, length = 0;
    bool seen_free = false;
    while (length < most) {
        uint64_t used;
        int failed = qcow2_refcount_get(q, cluster, &used);
        if (failed) {
            return failed;
        }
        if (!used && !seen_free) {
            seen_free = true;
            q->free_hint = cluster;
        }
        if (used && length >= least) {
            break;
        }
        length = used ? 0 : length + 1;
        cluster++;
        if (cluster >> (56 - q->cluster_bits)) {
            return EFBIG;
        }
    }
    *first = cluster - length;
    *count = length;
    return 0;
}

int qcow2_allocate(struct qcow2 *q, uint64_t least, uint64_t most, uint64_t *first, uint64_t *count)
{
    bool made;
    int failed;
    do {
        made = false;
        failed = find_free(q, least, most, first, count);
        failed = failed ? failed : cover(q, *first, *count, &made);
    } while (!failed && made);
    for (uint64_t i = 0; i < *count && !failed; i++) {
        failed = store_count(q, *first + i, 1);
    }
    if (!failed && q->free_hint == *first) {
        q->free_hint = *first + *count;
    }
    return failed;
}

void qcow2_release(struct qcow2 *q, uint64_t cluster)
{
    g_array_append_val(q->pending, cluster);
}

void qcow2_release_entry(struct qcow2 *q, uint64_t entry)
{
    switch (qcow2_entry_kind(q, entry)) {
    case CLUSTER_DATA: case CLUSTER_ZERO_ALLOCATED: qcow2_release(q, (entry & OFFSET_MASK) >> q->cluster_bits); break;
    case CLUSTER_COMPRESSED: {
        uint64_t host, bytes;
        qcow2_compressed_place(q, entry, &host, &bytes);
        for (uint64_t at = host >> q->cluster_bits; at <= (host + bytes - 1) >> q->cluster_bits; at++) {
            qcow2_release(q, at);
        }
        break;
    }
    default: break;
    }
}
