/* SPDX-License-Identifier: MIT */
/*
 * Internal snapshots ("Snapshots"): a table of L1 tables. Making one copies the L1 table and gives all that it reaches
 * one more reference; deleting one takes it away; going back to one does both. The header names a new snapshot table or
 * L1 only when all references it needs are on the disk, and old references go after that.
 *
 * Left out: saving and loading the state of a running machine that QEMU keeps behind the disk's data; it is kept, not
 * used.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "base/error.h"
#include "block/qcow2.h"
#include "block/qcow2_snapshot.h"

enum { ENTRY_BYTES = 40, EXTRA_MOST = 1024, EXTRA_OURS = 24 };

struct snapshot {
    struct image_snapshot shown;    /* first: the array of qcow2_snapshots is one of these */
    uint64_t l1_offset;
    uint32_t l1_count, vm_state_small, extra_bytes;
    uint8_t extra[EXTRA_MOST];
};

static void snapshot_free(gpointer data)
{
    struct snapshot *snapshot = data;
    g_free(snapshot->shown.id);
    g_free(snapshot->shown.name);
    g_free(snapshot);
}

/* ---- The table ---- */

static bool parse_entry(const struct qcow2 *q, const uint8_t *at, uint64_t left, struct snapshot *s, uint64_t *used)
{
    const uint32_t id_bytes = be16(at + 12), name_bytes = be16(at + 14);
    s->l1_offset = be64(at), s->l1_count = be32(at + 8);
    s->shown.date_s = be32(at + 16), s->shown.date_ns = be32(at + 20);
    s->shown.vm_clock_ns = be64(at + 24), s->shown.vm_state_bytes = s->vm_state_small = be32(at + 32);
    s->extra_bytes = be32(at + 36);
    *used = ENTRY_BYTES + (uint64_t)s->extra_bytes + id_bytes + name_bytes;
    if (s->extra_bytes > EXTRA_MOST || *used > left || s->l1_count > MAX_L1_BYTES / 8 ||
        s->l1_offset & (q->cluster_bytes - 1) || s->l1_offset > q->host_bytes) {
        return false;
    }
    memcpy(s->extra, at + ENTRY_BYTES, s->extra_bytes);
    s->shown.vm_state_bytes = s->extra_bytes >= 8 ? be64(s->extra) : s->shown.vm_state_bytes;
    s->shown.disk_bytes = s->extra_bytes >= 16 ? be64(s->extra + 8) : q->image->bytes;
    s->shown.icount = s->extra_bytes >= 24 ? be64(s->extra + 16) : UINT64_MAX;
    s->shown.id = g_strndup((const char *)at + ENTRY_BYTES + s->extra_bytes, id_bytes);
    s->shown.name = g_strndup((const char *)at + ENTRY_BYTES + s->extra_bytes + id_bytes, name_bytes);
    *used = (*used + 7) & ~7ull;
    return true;
}

/* Its length is known only once it is read. */
static int read_table(struct qcow2 *q, GPtrArray **out)
{
    const uint64_t room = q->snapshot_count ? MIN(q->host_bytes - q->snapshot_offset, MAX_SNAPSHOT_TABLE) : 0;
    GPtrArray *list = g_ptr_array_new_with_free_func(snapshot_free);
    g_autofree uint8_t *table = g_try_malloc(room + ENTRY_BYTES);
    int failed = table ? file_read(q->file, q->snapshot_offset, table, room) : ENOMEM;
    uint64_t at = 0, used;
    for (unsigned i = 0; i < q->snapshot_count && !failed; i++, at = MIN(at + used, room)) {
        struct snapshot *s = g_new0(struct snapshot, 1);
        g_ptr_array_add(list, s);
        failed = room - at < ENTRY_BYTES || !parse_entry(q, table + at, room - at, s, &used) ? EIO : 0;
    }
    if (failed) {
        g_ptr_array_free(list, TRUE);
        return failed;
    }
    q->snapshot_bytes = at;
    *out = list;
    return 0;
}

static int read_l1(struct qcow2 *q, const struct snapshot *s, struct qcow2_table **out)
{
    struct qcow2_table *table = g_malloc0(sizeof(*table) + s->l1_count * 8ull);
    *table = (struct qcow2_table){ .entries = (uint64_t *)(table + 1), .offset = s->l1_offset, .count = s->l1_count };
    int failed = file_read(q->file, s->l1_offset, table->entries, s->l1_count * 8ull);
    for (unsigned i = 0; i < s->l1_count; i++) {
        table->entries[i] = be64(&table->entries[i]);
    }
    *out = table;
    return failed;
}

int qcow2_snapshot_tables(struct qcow2 *q, int (*visit)(void *opaque, const struct qcow2_table *l1), void *opaque)
{
    GPtrArray *list;
    int failed = read_table(q, &list);
    if (failed) {
        return failed;
    }
    for (unsigned i = 0; i < list->len && !failed; i++) {
        struct qcow2_table *l1;
        failed = read_l1(q, list->pdata[i], &l1);
        failed = failed ? failed : visit(opaque, l1);
        g_free(l1);
    }
    g_ptr_array_free(list, TRUE);
    return failed;
}

GPtrArray *qcow2_snapshots(struct image *image, GError **error)
{
    GPtrArray *list;
    int failed = read_table(qcow2_of(image), &list);
    if (failed) {
        error_fail(error, "%s: its snapshot table: %s", image->file->path, g_strerror(failed));
        return NULL;
    }
    return list;
}

static void put_entry(GByteArray *out, const struct snapshot *s)
{
    static const uint8_t padding[8];
    const uint32_t id_bytes = (uint32_t)strlen(s->shown.id), name_bytes = (uint32_t)strlen(s->shown.name);
    uint8_t head[ENTRY_BYTES];
    put_be64(head, s->l1_offset), put_be32(head + 8, s->l1_count);
    put_be16(head + 12, (uint16_t)id_bytes), put_be16(head + 14, (uint16_t)name_bytes);
    put_be32(head + 16, s->shown.date_s), put_be32(head + 20, s->shown.date_ns);
    put_be64(head + 24, s->shown.vm_clock_ns), put_be32(head + 32, s->vm_state_small),
        put_be32(head + 36, s->extra_bytes);
    g_byte_array_append(out, head, sizeof(head));
    g_byte_array_append(out, s->extra, s->extra_bytes);
    g_byte_array_append(out, (const guint8 *)s->shown.id, id_bytes);
    g_byte_array_append(out, (const guint8 *)s->shown.name, name_bytes);
    g_byte_array_append(out, padding, -out->len & 7);
}

/* New clusters for bytes, written. */
static int write_new(struct qcow2 *q, const void *bytes, uint64_t count, uint64_t *offset)
{
    uint64_t cluster = 0, got, clusters = qcow2_clusters(q, count);
    int failed = clusters ? qcow2_allocate(q, clusters, clusters, &cluster, &got) : 0;
    *offset = cluster << q->cluster_bits;
    q->host_bytes = MAX(q->host_bytes, *offset + (clusters << q->cluster_bits));
    failed = failed ? failed : file_zero(q->file, *offset, clusters << q->cluster_bits, false);
    return failed ? failed : file_write(q->file, *offset, bytes, count);
}

static void release_range(struct qcow2 *q, uint64_t offset, uint64_t bytes)
{
    for (uint64_t i = 0; i < qcow2_clusters(q, bytes); i++) {
        qcow2_release(q, (offset >> q->cluster_bits) + i);
    }
}

static int write_table(struct qcow2 *q, const GPtrArray *list)
{
    GByteArray *bytes = g_byte_array_new();
    const uint64_t old_offset = q->snapshot_offset, old_bytes = q->snapshot_bytes;
    uint8_t header[12];
    uint64_t offset = 0;
    for (unsigned i = 0; i < list->len; i++) {
        put_entry(bytes, list->pdata[i]);
    }
    int failed = write_new(q, bytes->data, bytes->len, &offset);
    failed = failed ? failed : qcow2_sync(q);
    put_be32(header, list->len);
    put_be64(header + 4, offset);
    failed = failed ? failed : qcow2_write_header(q, HEADER_SNAPSHOT_COUNT, header, sizeof(header));
    if (!failed) {
        q->snapshot_count = list->len, q->snapshot_offset = offset, q->snapshot_bytes = bytes->len;
        release_range(q, old_offset, old_bytes);
    }
    g_byte_array_free(bytes, TRUE);
    return failed;
}

/* ---- References ---- */

static int change_entry(struct qcow2 *q, uint64_t entry, int change)
{
    uint64_t first, bytes;
    switch (qcow2_entry_kind(q, entry)) {
    case CLUSTER_COMPRESSED: qcow2_compressed_place(q, entry, &first, &bytes); break;
    case CLUSTER_DATA: case CLUSTER_ZERO_ALLOCATED: first = entry & OFFSET_MASK, bytes = 1; break;
    default: return 0;
    }
    if (change < 0) {
        qcow2_release_entry(q, entry);
        return 0;
    }
    int failed = 0;
    for (uint64_t at = first >> q->cluster_bits; at <= (first + bytes - 1) >> q->cluster_bits && !failed; at++) {
        failed = qcow2_refcount_add(q, at, change);
    }
    return failed;
}

/* Everything that an L1 table reaches gains or loses a reference; change 0: nothing does. flags: the table is the
 * active one, COPIED follows the counts. */
static int walk_l2(struct qcow2 *q, uint64_t table, int change, bool flags)
{
    int failed = 0;
    for (uint64_t at = 0; at < q->cluster_bytes && !failed; at += 8) {
        uint64_t raw, count = 0;
        failed = qcow2_meta_load(q, SLICE_L2, table + at, &raw, 8);
        const uint64_t entry = be64(&raw);
        failed = failed || !change ? failed : change_entry(q, entry, change);
        if (failed || !flags || entry & OFLAG_COMPRESSED || !(entry & OFFSET_MASK)) {
            continue;
        }
        failed = qcow2_refcount_get(q, (entry & OFFSET_MASK) >> q->cluster_bits, &count);
        const uint64_t wanted = (entry & ~OFLAG_COPIED) | (count == 1 ? OFLAG_COPIED : 0);
        if (!failed && wanted != entry) {
            put_be64(&raw, wanted);
            failed = qcow2_meta_store(q, SLICE_L2, table + at, &raw, 8);
        }
    }
    return failed;
}

static int walk_l1(struct qcow2 *q, struct qcow2_table *l1, int change, bool flags)
{
    int failed = 0;
    for (unsigned i = 0; i < l1->count && !failed; i++) {
        const uint64_t table = l1->entries[i] & OFFSET_MASK;
        uint64_t count;
        if (!table) {
            continue;
        }
        if (table & (q->cluster_bytes - 1) || table >= q->host_bytes) {
            return qcow2_mark_corrupt(q, "offset of an L2 table");
        }
        failed = walk_l2(q, table, change, flags);
        if (!failed && change > 0) {
            failed = qcow2_refcount_add(q, table >> q->cluster_bits, change);
        } else if (!failed && change < 0) {
            qcow2_release(q, table >> q->cluster_bits);
        }
        failed = failed ? failed : qcow2_refcount_get(q, table >> q->cluster_bits, &count);
        if (!failed && flags) {
            qcow2_table_set(l1, i, table | (count == 1 ? OFLAG_COPIED : 0));
        }
        if (!failed && (q->dirty[SLICE_L2] + q->dirty[SLICE_REFCOUNT] > DIRTY_SLICES_MOST ||
                        q->pending->len > PENDING_MOST)) {
            failed = qcow2_sync(q);
        }
    }
    return failed;
}

static struct snapshot *find(GPtrArray *list, const char *name)
{
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        for (unsigned i = 0; i < list->len; i++) {
            struct snapshot *s = list->pdata[i];
            if (!strcmp(by_name ? s->shown.name : s->shown.id, name)) {
                return s;
            }
        }
    }
    return NULL;
}

/* ---- Verbs ---- */

static struct snapshot *describe(const struct qcow2 *q, const GPtrArray *list, const char *name)
{
    struct snapshot *s = g_new0(struct snapshot, 1);
    unsigned long id = 0;
    for (unsigned i = 0; i < list->len; i++) {
        id = MAX(id, strtoul(((struct snapshot *)list->pdata[i])->shown.id, NULL, 10));
    }
    s->shown.id = g_strdup_printf("%lu", id + 1);
    s->shown.name = g_strdup(name);
    s->shown.date_s = (uint32_t)time(NULL);
    s->l1_count = q->l1.count;
    s->extra_bytes = EXTRA_OURS;
    put_be64(s->extra + 8, q->image->bytes);
    put_be64(s->extra + 16, UINT64_MAX);
    return s;
}

static int create(struct qcow2 *q, GPtrArray *list, const char *name)
{
    struct snapshot *s = describe(q, list, name);
    g_ptr_array_add(list, s);
    int failed = qcow2_sync(q);
    failed = failed ? failed : walk_l1(q, &q->l1, 1, true);
    g_autofree uint64_t *raw = g_new(uint64_t, MAX(q->l1.count, 1));
    for (unsigned i = 0; i < q->l1.count; i++) {
        put_be64(&raw[i], q->l1.entries[i] & ~OFLAG_COPIED);
    }
    failed = failed ? failed : write_new(q, raw, q->l1.count * 8ull, &s->l1_offset);
    failed = failed ? failed : qcow2_sync(q);
    failed = failed ? failed : write_table(q, list);
    return failed ? failed : qcow2_sync(q);
}

static int settle(struct qcow2 *q)
{
    int failed = qcow2_sync(q);     /* drops references */
    failed = failed ? failed : walk_l1(q, &q->l1, 0, true);
    return failed ? failed : qcow2_sync(q);
}

static int delete(struct qcow2 *q, GPtrArray *list, struct snapshot *s)
{
    struct qcow2_table *l1 = NULL;
    int failed = read_l1(q, s, &l1);
    if (!failed) {
        g_ptr_array_remove(list, s);        /* frees s */
        failed = write_table(q, list);
        failed = failed ? failed : qcow2_sync(q);
        failed = failed ? failed : walk_l1(q, l1, -1, false);
        release_range(q, l1->offset, l1->count * 8ull);
        failed = failed ? failed : settle(q);
    }
    g_free(l1);
    return failed;
}

static int apply(struct qcow2 *q, const struct snapshot *s)
{
    struct qcow2_table *l1 = NULL, old = q->l1;
    int failed = read_l1(q, s, &l1);
    failed = failed || l1->count <= q->l1.count ? failed : EFBIG;
    failed = failed ? failed : walk_l1(q, l1, 1, false);
    failed = failed ? failed : qcow2_sync(q);
    if (!failed) {
        old.entries = g_memdup2(q->l1.entries, q->l1.count * 8ull);
        for (unsigned i = 0; i < q->l1.count; i++) {
            qcow2_table_set(&q->l1, i, i < l1->count ? l1->entries[i] & OFFSET_MASK : 0);
        }
        failed = qcow2_sync(q);
        failed = failed ? failed : walk_l1(q, &old, -1, false);
        failed = failed ? failed : settle(q);
        g_free(old.entries);
    }
    g_free(l1);
    return failed;
}

static bool done(struct image *image, GPtrArray *list, int failed, GError **error)
{
    g_ptr_array_free(list, TRUE);
    g_rw_lock_writer_unlock(&qcow2_of(image)->lock);
    return !failed || error_fail(error, "%s: %s", image->file->path, g_strerror(failed));
}

bool qcow2_snapshot_create(struct image *image, const char *name, GError **error)
{
    GPtrArray *list = qcow2_snapshots(image, error);
    if (!list) {
        return false;
    }
    if (list->len >= MAX_SNAPSHOTS || strlen(name) > UINT16_MAX) {
        g_ptr_array_free(list, TRUE);
        return error_fail(error, "%s: too many snapshots, or a name too long", image->file->path);
    }
    g_rw_lock_writer_lock(&qcow2_of(image)->lock);
    return done(image, list, create(qcow2_of(image), list, name), error);
}

static bool change(struct image *image, const char *name, bool apply_it, GError **error)
{
    GPtrArray *list = qcow2_snapshots(image, error);
    struct snapshot *s = list ? find(list, name) : NULL;
    if (!list) {
        return false;
    }
    bool good = s != NULL;
    if (!good) {
        error_fail(error, "%s: no snapshot '%s'", image->file->path, name);
    } else if (apply_it && s->shown.disk_bytes != image->bytes) {
        good = image->format->resize(image, s->shown.disk_bytes, error);
    }
    if (!good) {
        g_ptr_array_free(list, TRUE);
        return false;
    }
    g_rw_lock_writer_lock(&qcow2_of(image)->lock);
    return done(image, list, apply_it ? apply(qcow2_of(image), s) : delete(qcow2_of(image), list, s), error);
}

bool qcow2_snapshot_apply(struct image *image, const char *name,
                          GError **error) { return change(image, name, true, error); }
bool qcow2_snapshot_delete(struct image *image, const char *name,
                           GError **error) { return change(image, name, false, error); }
