/* SPDX-License-Identifier: MIT */
/*
 * Consistency: every cluster that a table names is counted, and the counts are compared with the image's refcounts.
 *
 *   refcount above   a leak: space is lost, nothing else
 *   refcount below   an error: the cluster may be given to somebody else
 *
 * Repair of errors writes a new refcount structure behind everything, which needs nothing of the old one, and switches
 * to it by one write of the header; COPIED flags are set as the counts want them.
 */
#include <errno.h>
#include <stdarg.h>
#include "base/error.h"
#include "block/qcow2_check.h"

enum { MOST_CLUSTERS = 1 << 30 };

struct count {
    struct qcow2 *q;
    struct qcow2_check *check;
    uint32_t *references;           /* by cluster */
    uint64_t clusters;
    uint64_t last_host;             /* of the L2 table's data cluster before, for fragmentation */
};

static void say(struct qcow2_check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(struct qcow2_check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    if (check->say) {
        check->say(check->opaque, line);
    }
}

/* ---- Counting ---- */

static void dangling(struct count *c)
{
    c->check->errors++;
    c->check->unfixable++;
}

static void refer(struct count *c, uint64_t offset, uint64_t bytes, const char *what)
{
    if (!bytes) {
        return;
    }
    const uint64_t first = offset >> c->q->cluster_bits, last = (offset + bytes - 1) >> c->q->cluster_bits;
    if (last >= c->clusters || last < first) {
        say(c->check, "ERROR: %s refers to 0x%" G_GINT64_MODIFIER "x, behind the end of the file", what, offset);
        dangling(c);
        return;
    }
    for (uint64_t i = first; i <= last; i++) {
        c->references[i] += c->references[i] != UINT32_MAX;
    }
}

static void count_entry(struct count *c, uint64_t entry, bool active)
{
    const uint64_t host = entry & OFFSET_MASK;
    uint64_t packed, bytes;
    switch (qcow2_entry_kind(c->q, entry)) {
    case CLUSTER_COMPRESSED:
        qcow2_compressed_place(c->q, entry, &packed, &bytes);
        /* The length is in whole sectors, of which the last may lie behind the end of the file. */
        refer(c, packed, MIN(bytes, (c->clusters << c->q->cluster_bits) - MIN(packed,
                                                                              c->clusters << c->q->cluster_bits)),
                                                                                  "a compressed cluster");
        c->check->compressed += active;
        c->check->allocated += active;
        c->check->fragmented += active;
        break;
    case CLUSTER_DATA: case CLUSTER_ZERO_ALLOCATED:
        if (host & (c->q->cluster_bytes - 1)) {
            say(c->check, "ERROR: data cluster at 0x%" G_GINT64_MODIFIER "x is not aligned", host);
            dangling(c);
            break;
        }
        refer(c, host, c->q->cluster_bytes, "a data cluster");
        c->check->allocated += active;
        c->check->fragmented += active && c->last_host && host != c->last_host + c->q->cluster_bytes;
        c->last_host = active ? host : c->last_host;
        break;
    default: break;
    }
}

static int count_l2(struct count *c, uint64_t table, bool active)
{
    uint64_t entries[64];
    int failed = 0;
    c->last_host = 0;
    for (uint64_t at = 0; at < c->q->cluster_bytes && !failed; at += sizeof(entries)) {
        failed = qcow2_meta_load(c->q, SLICE_L2, table + at, entries, sizeof(entries));
        for (unsigned i = 0; i < G_N_ELEMENTS(entries) && !failed; i++) {
            count_entry(c, be64(&entries[i]), active);
        }
    }
    return failed;
}

static bool usable_table(struct count *c, uint64_t offset, const char *what)
{
    if (!(offset & (c->q->cluster_bytes - 1)) && offset >> c->q->cluster_bits < c->clusters) {
        return true;
    }
    say(c->check, "ERROR: %s at 0x%" G_GINT64_MODIFIER "x is not aligned or behind the end of the file", what, offset);
    dangling(c);
    return false;
}

static int count_l1(struct count *c, const struct qcow2_table *l1, bool active)
{
    int failed = 0;
    refer(c, l1->offset, l1->count * 8ull, "an L1 table");
    for (unsigned i = 0; i < l1->count && !failed; i++) {
        const uint64_t table = l1->entries[i] & OFFSET_MASK;
        if (table && usable_table(c, table, "an L2 table")) {
            refer(c, table, c->q->cluster_bytes, "the L1 table");
            failed = count_l2(c, table, active);
        }
    }
    return failed;
}

static int count_snapshot(void *opaque, const struct qcow2_table *l1)
{
    return count_l1(opaque, l1, false);
}

static int count_all(struct count *c)
{
    struct qcow2 *q = c->q;
    refer(c, 0, q->cluster_bytes, "the header");
    refer(c, q->reftable.offset, q->reftable.count * 8ull, "the header (refcount table)");
    for (unsigned i = 0; i < q->reftable.count; i++) {
        const uint64_t block = q->reftable.entries[i] & OFFSET_MASK;
        if (block && usable_table(c, block, "a refcount block")) {
            refer(c, block, q->cluster_bytes, "the refcount table");
        }
    }
    int failed = count_l1(c, &q->l1, true);
    if (!failed && q->snapshot_count) {
        failed = qcow2_snapshot_tables(q, count_snapshot, c);
        refer(c, q->snapshot_offset, q->snapshot_bytes, "the snapshot table");
    }
    return failed;
}

/* ---- Comparing ---- */

static bool block_damaged(const struct qcow2 *q, uint64_t cluster)
{
    const uint64_t index = cluster / qcow2_block_entries(q);
    const uint64_t block = index < q->reftable.count ? q->reftable.entries[index] & OFFSET_MASK : 0;
    return block & (q->cluster_bytes - 1) || block >= q->host_bytes;
}

static int compare(struct count *c)
{
    struct qcow2_check *check = c->check;
    for (uint64_t i = 0; i < c->clusters; i++) {
        uint64_t stored = 0;
        int failed = block_damaged(c->q, i) ? 0 : qcow2_refcount_get(c->q, i, &stored);
        if (failed) {
            return failed;
        }
        if (stored || c->references[i]) {
            check->end_offset = (i + 1) << c->q->cluster_bits;
        }
        if (stored == c->references[i]) {
            continue;
        }
        bool leak = stored > c->references[i];
        bool fix = leak ? check->fix_leaks : check->fix_errors;
        say(check, "%s cluster %" G_GUINT64_FORMAT " refcount=%" G_GUINT64_FORMAT " reference=%u",
            fix ? "Repairing" : leak ? "Leaked" : "ERROR", i, stored, c->references[i]);
        check->leaks += leak;
        check->errors += !leak;
        if (fix && leak) {
            failed = qcow2_refcount_set(c->q, i, c->references[i]);
            check->leaks_fixed += !failed;
        }
    }
    return 0;
}

/* ---- COPIED flags ---- */

static bool wrong_flag(struct count *c, uint64_t entry, const char *what)
{
    const uint64_t cluster = (entry & OFFSET_MASK) >> c->q->cluster_bits;
    if (!(entry & OFFSET_MASK) || cluster >= c->clusters || !(entry & OFLAG_COPIED) == (c->references[cluster] != 1)) {
        return false;
    }
    say(c->check, "%s OFLAG_COPIED %s cluster: entry=%" G_GINT64_MODIFIER "x refcount=%u",
        c->check->fix_errors ? "Repairing" : "ERROR", what, entry, c->references[cluster]);
    c->check->errors++;
    c->check->harmless += !(entry & OFLAG_COPIED);
    c->check->errors_fixed += c->check->fix_errors;
    return true;
}

static int check_flags_of(struct count *c, uint64_t table)
{
    int failed = 0;
    for (uint64_t at = 0; at < c->q->cluster_bytes && !failed; at += 8) {
        uint64_t raw;
        failed = qcow2_meta_load(c->q, SLICE_L2, table + at, &raw, 8);
        uint64_t entry = be64(&raw);
        if (!failed && !(entry & OFLAG_COMPRESSED) && wrong_flag(c, entry, "data") && c->check->fix_errors) {
            put_be64(&raw, entry ^ OFLAG_COPIED);
            failed = qcow2_meta_store(c->q, SLICE_L2, table + at, &raw, 8);
        }
    }
    return failed;
}

static int check_flags(struct count *c)
{
    struct qcow2 *q = c->q;
    int failed = 0;
    for (unsigned i = 0; i < q->l1.count && !failed; i++) {
        const uint64_t table = q->l1.entries[i] & OFFSET_MASK;
        if (!table || table & (q->cluster_bytes - 1) || table >> q->cluster_bits >= c->clusters) {
            continue;
        }
        if (wrong_flag(c, q->l1.entries[i], "L2") && c->check->fix_errors) {
            qcow2_table_set(&q->l1, i, q->l1.entries[i] ^ OFLAG_COPIED);
        }
        failed = check_flags_of(c, table);
    }
    return failed;
}

/* ---- A new refcount structure ---- */

struct rebuilt { uint64_t first, blocks, table_clusters; };

static void plan(const struct count *c, struct rebuilt *r)
{
    const uint64_t per_block = qcow2_block_entries(c->q);
    uint64_t needed = 1;
    r->first = c->clusters;
    do {
        r->blocks = needed;
        r->table_clusters = qcow2_clusters(c->q, r->blocks * 8);
        needed = (r->first + r->blocks + r->table_clusters + per_block - 1) / per_block;
    } while (needed > r->blocks);
}

static void put_count(const struct qcow2 *q, uint8_t *block, uint64_t index, uint64_t count)
{
    uint8_t raw[8];
    const uint64_t bit = index << q->refcount_order;
    const unsigned bytes = q->refcount_order < 3 ? 1 : 1u << (q->refcount_order - 3);
    put_be64(raw, q->refcount_order < 3 ? count << (bit & 7) | block[bit / 8] : count);
    memcpy(block + bit / 8, raw + 8 - bytes, bytes);
}

static int write_rebuilt(struct count *c, const struct rebuilt *r, uint64_t *table)
{
    struct qcow2 *q = c->q;
    const uint64_t per_block = qcow2_block_entries(q), end = r->first + r->blocks + r->table_clusters;
    g_autofree uint8_t *block = g_malloc(q->cluster_bytes);
    int failed = 0;
    for (uint64_t b = 0; b < r->blocks && !failed; b++) {
        memset(block, 0, q->cluster_bytes);
        for (uint64_t i = b * per_block; i < MIN((b + 1) * per_block, end); i++) {
            put_count(q, block, i % per_block, i < c->clusters ? c->references[i] : 1);
        }
        put_be64(&table[b], (r->first + b) << q->cluster_bits);
        failed = file_write(q->file, (r->first + b) << q->cluster_bits, block, q->cluster_bytes);
    }
    return failed ? failed : file_write(q->file, (r->first + r->blocks) << q->cluster_bits, table,
                                        r->table_clusters << q->cluster_bits);
}

/* The old structure loses its references: nothing of it is used any more. */
static void forget_old(struct count *c)
{
    struct qcow2 *q = c->q;
    for (uint64_t i = 0; i < qcow2_clusters(q, q->reftable.count * 8ull); i++) {
        uint64_t cluster = (q->reftable.offset >> q->cluster_bits) + i;
        c->references[MIN(cluster, c->clusters - 1)] -= cluster < c->clusters && c->references[cluster];
    }
    for (unsigned i = 0; i < q->reftable.count; i++) {
        const uint64_t cluster = (q->reftable.entries[i] & OFFSET_MASK) >> q->cluster_bits;
        if (cluster && cluster < c->clusters && !(q->reftable.entries[i] & OFFSET_MASK & (q->cluster_bytes - 1))) {
            c->references[cluster] -= c->references[cluster] != 0;
        }
    }
}

static int rebuild(struct count *c)
{
    struct qcow2 *q = c->q;
    struct rebuilt r;
    uint8_t header[12];
    int failed = qcow2_sync(q);
    forget_old(c);
    plan(c, &r);
    const uint64_t bytes = r.table_clusters << q->cluster_bits, offset = (r.first + r.blocks) << q->cluster_bits;
    if (failed || bytes > MAX_REFTABLE_BYTES) {
        return failed ? failed : EFBIG;
    }
    uint64_t *table = g_malloc0(bytes);
    failed = write_rebuilt(c, &r, table);
    put_be64(header, offset);
    put_be32(header + 8, (uint32_t)r.table_clusters);
    failed = failed ? failed : qcow2_write_header(q, HEADER_REFTABLE_OFFSET, header, sizeof(header));
    if (failed) {
        g_free(table);
        return failed;
    }
    qcow2_meta_free(q);
    qcow2_meta_init(q);
    memset(q->dirty, 0, sizeof(q->dirty));
    g_free(q->reftable.entries);
    for (uint64_t i = 0; i < bytes / 8; i++) {
        table[i] = be64(&table[i]);
    }
    q->reftable = (struct qcow2_table){ .entries = table, .offset = offset, .count = (unsigned)(bytes / 8) };
    q->host_bytes = MAX(q->host_bytes, offset + bytes);
    q->free_hint = 0;
    return 0;
}

/* ---- Entry ---- */

static int repair(struct count *c)
{
    struct qcow2_check *check = c->check;
    const uint64_t before = check->errors - check->errors_fixed - check->unfixable;
    int failed = 0;
    if (check->fix_errors && before) {
        failed = rebuild(c);
        check->errors_fixed = failed ? check->errors_fixed : check->errors - check->unfixable;
        check->leaks_fixed = failed ? check->leaks_fixed : check->leaks;
    }
    for (unsigned round = 0; round < 2 && !failed; round++) {
        failed = qcow2_sync(c->q);
    }
    if (!failed && check->fix_errors && check->errors == check->errors_fixed) {
        c->q->corrupt = false;
        failed = qcow2_set_incompatible(c->q,
                                        c->q->incompatible & ~(uint64_t)(INCOMPATIBLE_CORRUPT | INCOMPATIBLE_DIRTY));
    }
    return failed;
}

static int run(struct count *c)
{
    int failed = count_all(c);
    failed = failed ? failed : compare(c);
    failed = failed ? failed : check_flags(c);
    return failed || !(c->check->fix_errors || c->check->fix_leaks) ? failed : repair(c);
}

bool qcow2_check(struct image *image, struct qcow2_check *check, GError **error)
{
    struct qcow2 *q = qcow2_of(image);
    struct count count = { .q = q, .check = check, .clusters = qcow2_clusters(q, q->host_bytes) };
    check->total_clusters = qcow2_clusters(q, image->bytes);
    count.references = count.clusters <= MOST_CLUSTERS ? g_try_new0(uint32_t, count.clusters) : NULL;
    if (!count.references) {
        return error_fail(error, "%s: the file is too large to be checked", q->file->path);
    }
    g_rw_lock_writer_lock(&q->lock);
    int failed = run(&count);
    g_rw_lock_writer_unlock(&q->lock);
    g_free(count.references);
    return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
}

bool qcow2_repair_refcounts(struct qcow2 *q, GError **error)
{
    struct qcow2_check check = { .fix_leaks = true, .fix_errors = true };
    if (!qcow2_check(q->image, &check, error)) {
        return false;
    }
    int failed = qcow2_set_incompatible(q, q->incompatible & ~(uint64_t)INCOMPATIBLE_DIRTY);
    return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
}
