/* SPDX-License-Identifier: MIT */
/*
 * From guest offsets to clusters: L1 table, L2 tables, entries ("Cluster mapping"). Whatever a table says is checked
 * before it is used: alignment, and that tables lie inside the file.
 */
#include <errno.h>
#include "block/qcow2.h"

enum { ENTRIES_AT_ONCE = 512 };

enum cluster_kind qcow2_entry_kind(const struct qcow2 *q, uint64_t entry)
{
    if (entry & OFLAG_COMPRESSED) {
        return CLUSTER_COMPRESSED;
    }
    if (q->version >= 3 && entry & OFLAG_ZERO) {
        return entry & OFFSET_MASK ? CLUSTER_ZERO_ALLOCATED : CLUSTER_ZERO;
    }
    return entry & OFFSET_MASK ? CLUSTER_DATA : CLUSTER_UNALLOCATED;
}

/* Bits 0 to x-1 of the descriptor are the host offset, the rest the number of further 512-byte sectors; x = 62 -
 * (cluster_bits - 8). */
void qcow2_compressed_place(const struct qcow2 *q, uint64_t entry, uint64_t *host, uint64_t *bytes)
{
    const unsigned split = 62 - (q->cluster_bits - 8);
    *host = entry & ((1ull << split) - 1);
    *bytes = (((entry & (OFLAG_COMPRESSED - 1)) >> split) + 1) * 512 - (*host & 511);
}

static bool usable_table(const struct qcow2 *q, uint64_t offset)
{
    return !(offset & (q->cluster_bytes - 1)) && offset < q->host_bytes;
}

static bool same_run(const struct qcow2 *q, const struct qcow2_run *run, uint64_t entry, uint64_t next_host)
{
    if (qcow2_entry_kind(q, entry) != run->kind || run->kind == CLUSTER_COMPRESSED) {
        return false;
    }
    bool placed = run->kind == CLUSTER_DATA || run->kind == CLUSTER_ZERO_ALLOCATED;
    return !placed || ((entry & OFFSET_MASK) == next_host && !(entry & OFLAG_COPIED) == !(run->entry & OFLAG_COPIED));
}

static int read_entries(struct qcow2 *q, uint64_t table, uint64_t index, uint64_t *entries, uint64_t count)
{
    int failed = qcow2_meta_load(q, SLICE_L2, table + index * 8, entries, count * 8);
    for (uint64_t i = 0; i < count && !failed; i++) {
        entries[i] = be64(&entries[i]);
    }
    return failed;
}

/* The run of clusters that begins with entries[0]; `within` the first cluster. */
static int measure(struct qcow2 *q, const uint64_t *entries, uint64_t count, uint64_t within, struct qcow2_run *run)
{
    run->entry = entries[0];
    run->kind = qcow2_entry_kind(q, entries[0]);
    bool placed = run->kind == CLUSTER_DATA || run->kind == CLUSTER_ZERO_ALLOCATED;
    const uint64_t host = entries[0] & OFFSET_MASK;
    if (placed && host & (q->cluster_bytes - 1)) {
        return qcow2_mark_corrupt(q, "offset of a data cluster");
    }
    uint64_t clusters = 1;
    while (clusters < count && same_run(q, run, entries[clusters], host + (clusters << q->cluster_bits))) {
        clusters++;
    }
    run->ours = placed && run->entry & OFLAG_COPIED;
    run->host = placed ? host + within : 0;
    run->bytes = (clusters << q->cluster_bits) - within;
    return 0;
}

int qcow2_find(struct qcow2 *q, uint64_t offset, uint64_t bytes, struct qcow2_run *run)
{
    const uint64_t per_table = qcow2_l2_entries(q), cluster = offset >> q->cluster_bits, index = cluster % per_table;
    const uint64_t within = offset & (q->cluster_bytes - 1), l1_index = cluster / per_table;
    uint64_t entries[ENTRIES_AT_ONCE], count = MIN(qcow2_clusters(q, within + bytes),
                                                   MIN(ENTRIES_AT_ONCE, per_table - index));
    const uint64_t l1 = l1_index < q->l1.count ? q->l1.entries[l1_index] : 0, table = l1 & OFFSET_MASK;
    *run = (struct qcow2_run){ .kind = CLUSTER_UNALLOCATED };
    if (!table) {
        run->bytes = MIN(bytes, ((per_table - index) << q->cluster_bits) - within);
        return 0;
    }
    if (!usable_table(q, table)) {
        return qcow2_mark_corrupt(q, "offset of an L2 table");
    }
    int failed = read_entries(q, table, index, entries, count);
    failed = failed ? failed : measure(q, entries, count, within, run);
    run->ours &= (l1 & OFLAG_COPIED) != 0;
    run->bytes = MIN(run->bytes, bytes);
    return failed;
}

/* ---- Changing ---- */

static int copy_table(struct qcow2 *q, uint64_t from, uint64_t to)
{
    uint64_t entries[ENTRIES_AT_ONCE];
    const uint64_t step = MIN(ENTRIES_AT_ONCE, qcow2_l2_entries(q)) * 8;
    int failed = 0;
    for (uint64_t at = 0; at < q->cluster_bytes && !failed; at += step) {
        failed = qcow2_meta_load(q, SLICE_L2, from + at, entries, step);
        failed = failed ? failed : qcow2_meta_store(q, SLICE_L2, to + at, entries, step);
    }
    return failed;
}

static int make_l2(struct qcow2 *q, uint64_t l1_index)
{
    const uint64_t old = q->l1.entries[l1_index] & OFFSET_MASK;
    uint64_t cluster, count;
    int failed = qcow2_allocate(q, 1, 1, &cluster, &count);
    const uint64_t offset = cluster << q->cluster_bits;
    if (failed) {
        return failed;
    }
    qcow2_meta_drop(q, offset);
    q->host_bytes = MAX(q->host_bytes, offset + q->cluster_bytes);
    failed = file_zero(q->file, offset, q->cluster_bytes, false);
    failed = failed || !old ? failed : copy_table(q, old, offset);
    if (failed) {
        qcow2_release(q, cluster);
        return failed;
    }
    qcow2_table_set(&q->l1, (unsigned)l1_index, offset | OFLAG_COPIED);
    if (old) {
        qcow2_release(q, old >> q->cluster_bits);
    }
    return 0;
}

int qcow2_l2_place(struct qcow2 *q, uint64_t offset, uint64_t *place)
{
    const uint64_t per_table = qcow2_l2_entries(q), cluster = offset >> q->cluster_bits, l1_index = cluster / per_table;
    if (l1_index >= q->l1.count) {
        return EIO;
    }
    uint64_t l1 = q->l1.entries[l1_index];
    if (l1 & OFFSET_MASK && !usable_table(q, l1 & OFFSET_MASK)) {
        return qcow2_mark_corrupt(q, "offset of an L2 table");
    }
    if (!(l1 & OFLAG_COPIED) || !(l1 & OFFSET_MASK)) {
        int failed = make_l2(q, l1_index);
        if (failed) {
            return failed;
        }
    }
    *place = (q->l1.entries[l1_index] & OFFSET_MASK) + cluster % per_table * 8;
    return 0;
}

int qcow2_set_entries(struct qcow2 *q, uint64_t place, uint64_t first, uint64_t step, uint64_t count, bool keep_old)
{
    uint64_t entries[ENTRIES_AT_ONCE];
    int failed = 0;
    while (count && !failed) {
        const uint64_t part = MIN(count, ENTRIES_AT_ONCE);
        failed = keep_old ? 0 : qcow2_meta_load(q, SLICE_L2, place, entries, part * 8);
        for (uint64_t i = 0; i < part && !failed && !keep_old; i++) {
            qcow2_release_entry(q, be64(&entries[i]));
        }
        for (uint64_t i = 0; i < part; i++) {
            put_be64(&entries[i], first + i * step);
        }
        failed = failed ? failed : qcow2_meta_store(q, SLICE_L2, place, entries, part * 8);
        first += part * step, place += part * 8, count -= part;
    }
    return failed;
}
