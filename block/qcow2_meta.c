/* SPDX-License-Identifier: MIT */
/*
 * Tables of a qcow2 image in memory, and the order in which they reach the disk.
 *
 * L2 tables and refcount blocks are cached in slices; L1 and the refcount table are held whole. Nothing is written when
 * it changes, but in qcow2_sync, level after level with a barrier (fdatasync) between:
 *
 *   refcount blocks | refcount table | L2 tables | L1 | then: clusters that tables named before lose a reference
 *
 * So whatever the disk's tables name has a reference on the disk and its contents are there. A power cut leaves at
 * worst clusters with a reference too much.
 */
#include <errno.h>
#include "block/qcow2.h"

struct slice {
    uint64_t offset;
    enum slice_kind kind;
    bool dirty;
    GList link;                     /* in `used` */
    uint8_t bytes[SLICE_BYTES];
};

static uint64_t slice_bytes(const struct qcow2 *q) { return MIN(q->cluster_bytes, SLICE_BYTES); }

void qcow2_meta_init(struct qcow2 *q)
{
    g_mutex_init(&q->cache_lock);
    q->slices = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_queue_init(&q->used);
}

void qcow2_meta_free(struct qcow2 *q)
{
    g_hash_table_destroy(q->slices);
    g_mutex_clear(&q->cache_lock);
}

/* ---- Slices; cache_lock held ---- */

static void remove_slice(struct qcow2 *q, struct slice *slice)
{
    q->dirty[slice->kind] -= slice->dirty;
    g_queue_unlink(&q->used, &slice->link);
    g_hash_table_remove(q->slices, &slice->offset);
}

/* Dirty ones stay: writers bound their number by qcow2_sync. */
static void make_room(struct qcow2 *q)
{
    GList *link = q->used.head;
    while (link && g_hash_table_size(q->slices) >= CACHE_SLICES) {
        GList *next = link->next;
        struct slice *slice = link->data;
        if (!slice->dirty) {
            remove_slice(q, slice);
        }
        link = next;
    }
}

static int get_slice(struct qcow2 *q, enum slice_kind kind, uint64_t offset, struct slice **out)
{
    struct slice *slice = g_hash_table_lookup(q->slices, &offset);
    if (slice) {
        if (slice->kind != kind) {
            return EIO;             /* one cluster, two kinds of tables: a damaged image */
        }
        if (q->used.tail != &slice->link) {
            g_queue_unlink(&q->used, &slice->link);
            g_queue_push_tail_link(&q->used, &slice->link);
        }
        *out = slice;
        return 0;
    }
    make_room(q);
    slice = g_new(struct slice, 1);
    slice->offset = offset;
    slice->kind = kind;
    slice->dirty = false;
    slice->link = (GList){ .data = slice };
    int failed = file_read(q->file, offset, slice->bytes, slice_bytes(q));
    if (failed) {
        g_free(slice);
        return failed;
    }
    g_hash_table_insert(q->slices, &slice->offset, slice);
    g_queue_push_tail_link(&q->used, &slice->link);
    *out = slice;
    return 0;
}

/* in: writes; otherwise out is filled. */
static int access_slices(struct qcow2 *q, enum slice_kind kind, uint64_t offset, uint8_t *out, const uint8_t *in,
                         uint64_t bytes)
{
    const uint64_t size = slice_bytes(q);
    int failed = 0;
    g_mutex_lock(&q->cache_lock);
    while (bytes && !failed) {
        const uint64_t within = offset & (size - 1), part = MIN(bytes, size - within);
        struct slice *slice;
        failed = get_slice(q, kind, offset - within, &slice);
        if (failed) {
            break;
        }
        if (in) {
            memcpy(slice->bytes + within, in, part);
            q->dirty[kind] += !slice->dirty;
            slice->dirty = true;
            in += part;
        } else {
            memcpy(out, slice->bytes + within, part);
            out += part;
        }
        offset += part, bytes -= part;
    }
    g_mutex_unlock(&q->cache_lock);
    return failed;
}

int qcow2_meta_load(struct qcow2 *q, enum slice_kind kind, uint64_t offset, void *out, uint64_t bytes)
{
    return access_slices(q, kind, offset, out, NULL, bytes);
}

int qcow2_meta_store(struct qcow2 *q, enum slice_kind kind, uint64_t offset, const void *in, uint64_t bytes)
{
    return access_slices(q, kind, offset, NULL, in, bytes);
}

void qcow2_meta_drop(struct qcow2 *q, uint64_t offset)
{
    g_mutex_lock(&q->cache_lock);
    for (uint64_t end = offset + q->cluster_bytes; offset < end &&
         g_hash_table_size(q->slices); offset += slice_bytes(q)) {
        struct slice *slice = g_hash_table_lookup(q->slices, &offset);
        if (slice) {
            remove_slice(q, slice);
        }
    }
    g_mutex_unlock(&q->cache_lock);
}

bool qcow2_meta_overlaps(struct qcow2 *q, uint64_t offset, uint64_t bytes)
{
    bool found = false;
    g_mutex_lock(&q->cache_lock);
    for (uint64_t at = offset & ~(slice_bytes(q) - 1); at < offset + bytes && !found; at += slice_bytes(q)) {
        found = g_hash_table_contains(q->slices, &at);
    }
    g_mutex_unlock(&q->cache_lock);
    return found;
}

/* ---- To the disk ---- */

void qcow2_table_set(struct qcow2_table *table, unsigned index, uint64_t value)
{
    bool clean = table->dirty_first >= table->dirty_last;
    table->entries[index] = value;
    table->dirty_first = clean ? index : MIN(table->dirty_first, index);
    table->dirty_last = clean ? index + 1 : MAX(table->dirty_last, index + 1);
}

static bool table_dirty(const struct qcow2_table *table) { return table->dirty_first < table->dirty_last; }

bool qcow2_is_dirty(const struct qcow2 *q)
{
    return q->dirty[SLICE_REFCOUNT] || q->dirty[SLICE_L2] || table_dirty(&q->l1) || table_dirty(&q->reftable) ||
        q->pending->len;
}

static int write_table(struct qcow2 *q, struct qcow2_table *table)
{
    unsigned count = table_dirty(table) ? table->dirty_last - table->dirty_first : 0;
    g_autofree uint8_t *bytes = g_malloc(count * 8ull);
    for (unsigned i = 0; i < count; i++) {
        put_be64(bytes + i * 8ull, table->entries[table->dirty_first + i]);
    }
    int failed = file_write(q->file, table->offset + table->dirty_first * 8ull, bytes, count * 8ull);
    if (!failed) {
        table->dirty_first = table->dirty_last = 0;
    }
    return failed;
}

static int write_slices(struct qcow2 *q, enum slice_kind kind)
{
    int failed = 0;
    g_mutex_lock(&q->cache_lock);
    for (GList *link = q->used.head; link && !failed && q->dirty[kind]; link = link->next) {
        struct slice *slice = link->data;
        if (slice->kind == kind && slice->dirty) {
            failed = file_write(q->file, slice->offset, slice->bytes, slice_bytes(q));
            slice->dirty = failed;
            q->dirty[kind] -= !failed;
        }
    }
    g_mutex_unlock(&q->cache_lock);
    return failed;
}

/* References that tables on the disk have no more. From now on their clusters may be used again. */
static int drop_pending(struct qcow2 *q)
{
    int failed = 0;
    for (unsigned i = 0; i < q->pending->len && !failed; i++) {
        failed = qcow2_refcount_add(q, g_array_index(q->pending, uint64_t, i), -1);
    }
    g_array_set_size(q->pending, 0);
    return failed;
}

int qcow2_sync(struct qcow2 *q)
{
    int failed = write_slices(q, SLICE_REFCOUNT);
    if (!failed && table_dirty(&q->reftable)) {
        failed = file_flush(q->file);
        failed = failed ? failed : write_table(q, &q->reftable);
    }
    if (!failed && (q->dirty[SLICE_L2] || table_dirty(&q->l1))) {
        failed = file_flush(q->file);
        failed = failed ? failed : write_slices(q, SLICE_L2);
    }
    if (!failed && table_dirty(&q->l1)) {
        failed = file_flush(q->file);
        failed = failed ? failed : write_table(q, &q->l1);
    }
    failed = failed ? failed : file_flush(q->file);
    return failed ? failed : drop_pending(q);
}
