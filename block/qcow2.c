/* SPDX-License-Identifier: MIT */
/*
 * qcow2: header, opening and closing. What we cannot honour is refused with its name: encryption, external data files,
 * extended L2 entries, unknown incompatible features. Unknown autoclear features are cleared before the first write, as
 * the format wants it; so are bitmaps, which we would let go stale.
 *
 * Whoever wrote the image is not trusted: sizes are bounded before memory is allocated, tables must lie in the file.
 */
#include <errno.h>
#include "base/error.h"
#include "block/qcow2.h"
#include "block/qcow2_check.h"

static bool refuse(const struct qcow2 *q, GError **error, const char *why)
{
    return error_fail(error, "%s: not a qcow2 image that can be used: %s", q->file->path, why);
}

static bool qcow2_probe(const uint8_t *head, uint64_t bytes)
{
    return bytes >= HEADER_V2_BYTES && be32(head) == (uint32_t)QCOW2_MAGIC && be32(head + HEADER_VERSION) >= 2;
}

/* ---- Header ---- */

int qcow2_write_header(struct qcow2 *q, unsigned offset, const void *bytes, unsigned count)
{
    int failed = file_flush(q->file);
    failed = failed ? failed : file_write(q->file, offset, bytes, count);
    return failed ? failed : file_flush(q->file);
}

int qcow2_set_incompatible(struct qcow2 *q, uint64_t features)
{
    uint8_t bytes[8];
    if (q->version < 3 || q->incompatible == features) {
        return 0;
    }
    q->incompatible = features;
    put_be64(bytes, features);
    return qcow2_write_header(q, HEADER_INCOMPATIBLE, bytes, sizeof(bytes));
}

int qcow2_mark_corrupt(struct qcow2 *q, const char *what)
{
    if (!q->corrupt) {
        q->corrupt = true;
        g_printerr("dragoman: %s: the image is damaged (%s); see 'dragoman img check'\n", q->file->path, what);
        if (q->image->writable) {
            qcow2_set_incompatible(q, q->incompatible | INCOMPATIBLE_CORRUPT);
        }
    }
    return EIO;
}

/* The name that the image itself gives an incompatible feature, in *name. */
static void feature_name(const uint8_t *table, uint32_t bytes, unsigned bit, char name[47])
{
    for (uint32_t at = 0; at + 48 <= bytes; at += 48) {
        if (table[at] == 0 && table[at + 1] == bit) {
            memcpy(name, table + at + 2, 46);
            name[46] = 0;
        }
    }
    for (char *c = name; *c; c++) {
        *c = g_ascii_isprint(*c) ? *c : '?';
    }
}

static bool check_features(struct qcow2 *q, const uint8_t *names, uint32_t names_bytes, GError **error)
{
    const uint64_t unknown = q->incompatible & ~(uint64_t)INCOMPATIBLE_KNOWN;
    if (q->incompatible & INCOMPATIBLE_EXTENDED_L2) {
        return refuse(q, error, "it has extended L2 entries (subclusters), which are not supported");
    }
    if (q->incompatible & INCOMPATIBLE_DATA_FILE) {
        return refuse(q, error, "its data is in an external data file, which is not supported");
    }
    if (unknown) {
        char name[47] = "";
        const unsigned bit = (unsigned)__builtin_ctzll(unknown);
        feature_name(names, names_bytes, bit, name);
        return error_fail(error, "%s: qcow2 feature %s%s%sbit %u is not supported", q->file->path, *name ? "'" : "",
                          name,
                          *name ? "', " : "", bit);
    }
    if (q->compression > COMPRESSION_ZSTD) {
        return refuse(q, error, "unknown compression");
    }
    return q->compression != COMPRESSION_ZSTD || zstd_available() ||
        refuse(q, error, "it is compressed with zstd, and this build has no libzstd");
}

/* Header extensions up to the end of the first cluster or the backing file's name. */
static bool parse_extensions(struct qcow2 *q, const uint8_t *head, uint64_t end, GError **error)
{
    uint64_t at = q->header_bytes;
    const uint8_t *names = NULL;
    uint32_t names_bytes = 0;
    while (end >= 8 && at <= end - 8) {
        const uint32_t type = be32(head + at), bytes = be32(head + at + 4);
        at += 8;
        if (type == EXTENSION_END) {
            break;
        }
        if (bytes > end - at) {
            return refuse(q, error, "a header extension is longer than the header");
        }
        if (type == (uint32_t)EXTENSION_BACKING_FORMAT && bytes < 16) {
            g_free(q->image->backing_format);
            q->image->backing_format = g_strndup((const char *)head + at, bytes);
        } else if (type == EXTENSION_FEATURES) {
            names = head + at;
            names_bytes = bytes;
        }
        at += (bytes + 7ull) & ~7ull;
    }
    q->extensions_end = MIN(at, end);
    return check_features(q, names, names_bytes, error);
}

static bool parse_names(struct qcow2 *q, const uint8_t *head, uint64_t head_bytes, GError **error)
{
    const uint64_t offset = be64(head + HEADER_BACKING_OFFSET);
    const uint32_t bytes = be32(head + HEADER_BACKING_SIZE);
    if (offset && (bytes > MAX_BACKING_NAME || offset > head_bytes || bytes > head_bytes - offset)) {
        return refuse(q, error, "the backing file's name lies outside of the header");
    }
    if (!parse_extensions(q, head, offset ? offset : head_bytes, error)) {
        return false;
    }
    if (offset && bytes) {
        q->image->backing_file = g_strndup((const char *)head + offset, bytes);
    }
    return true;
}

static bool parse_v3(struct qcow2 *q, const uint8_t *head, GError **error)
{
    q->refcount_order = 4;
    q->header_bytes = HEADER_V2_BYTES;
    if (q->version < 3) {
        return true;
    }
    q->incompatible = be64(head + HEADER_INCOMPATIBLE);
    q->compatible = be64(head + HEADER_COMPATIBLE);
    q->autoclear = be64(head + HEADER_AUTOCLEAR);
    q->refcount_order = be32(head + HEADER_REFCOUNT_ORDER);
    q->header_bytes = be32(head + HEADER_LENGTH);
    if (q->refcount_order > 6 || q->header_bytes < HEADER_V3_BYTES || q->header_bytes > q->cluster_bytes ||
        q->header_bytes % 8) {
        return refuse(q, error, q->refcount_order > 6 ? "refcounts of more than 64 bits" : "bad header length");
    }
    q->compression = q->header_bytes > HEADER_COMPRESSION && q->incompatible & INCOMPATIBLE_COMPRESSION
        ? head[HEADER_COMPRESSION] : COMPRESSION_ZLIB;
    return true;
}

static bool parse_tables(struct qcow2 *q, const uint8_t *head, GError **error)
{
    const uint64_t bytes = be64(head + HEADER_SIZE), mask = q->cluster_bytes - 1;
    const uint64_t l1_bytes = be32(head + HEADER_L1_SIZE) * 8ull;
    const uint64_t reftable_bytes = (uint64_t)be32(head + HEADER_REFTABLE_CLUSTERS) << q->cluster_bits;
    q->l1.offset = be64(head + HEADER_L1_OFFSET);
    q->reftable.offset = be64(head + HEADER_REFTABLE_OFFSET);
    if (bytes > INT64_MAX - mask || l1_bytes > MAX_L1_BYTES ||
        qcow2_clusters(q, bytes) > l1_bytes / 8 * qcow2_l2_entries(q)) {
        return refuse(q, error, l1_bytes > MAX_L1_BYTES ? "its L1 table is too large"
                      : "its L1 table is too small for its size");
    }
    if ((q->l1.offset | q->reftable.offset) & mask || q->l1.offset > q->host_bytes ||
        l1_bytes > q->host_bytes - q->l1.offset) {
        return refuse(q, error, "its L1 table is outside of the file or not aligned");
    }
    if (!reftable_bytes || reftable_bytes > MAX_REFTABLE_BYTES || q->reftable.offset >= q->host_bytes) {
        return refuse(q, error, "its refcount table is outside of the file, missing or too large");
    }
    q->image->bytes = (bytes + 511) & ~511ull;
    q->l1.count = (unsigned)(l1_bytes / 8);
    q->reftable.count = (unsigned)(reftable_bytes / 8);
    return true;
}

static bool parse_snapshots(struct qcow2 *q, const uint8_t *head, GError **error)
{
    q->snapshot_count = be32(head + HEADER_SNAPSHOT_COUNT);
    q->snapshot_offset = be64(head + HEADER_SNAPSHOT_OFFSET);
    if (q->snapshot_count > MAX_SNAPSHOTS || (q->snapshot_count && (q->snapshot_offset & (q->cluster_bytes - 1) ||
                                                                    q->snapshot_offset >= q->host_bytes))) {
        return refuse(q, error, "its snapshot table is outside of the file or too large");
    }
    q->snapshot_bytes = q->snapshot_count * 40ull;      /* at least; protects their beginning */
    return true;
}

bool qcow2_parse_header(struct qcow2 *q, GError **error)
{
    uint8_t first[HEADER_OURS_BYTES];
    int failed = file_read(q->file, 0, first, sizeof(first));
    failed = failed ? failed : file_size(q->file, &q->host_bytes);
    if (failed) {
        return error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
    }
    q->version = be32(first + HEADER_VERSION);
    q->cluster_bits = be32(first + HEADER_CLUSTER_BITS);
    if (be32(first) != (uint32_t)QCOW2_MAGIC || q->host_bytes < HEADER_V2_BYTES) {
        return refuse(q, error, "its magic is another one");
    }
    if (q->version < 2 || q->version > 3) {
        return refuse(q, error, "its version is neither 2 nor 3");
    }
    if (q->cluster_bits < 9 || q->cluster_bits > 21) {
        return refuse(q, error, "its clusters are not 512 bytes to 2 MiB");
    }
    if (be32(first + HEADER_CRYPT)) {
        return refuse(q, error, "it is encrypted, which is not supported");
    }
    q->cluster_bytes = 1ull << q->cluster_bits;
    g_autofree uint8_t *head = g_malloc(q->cluster_bytes);
    failed = file_read(q->file, 0, head, q->cluster_bytes);
    if (failed) {
        return error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
    }
    return parse_v3(q, head, error) && parse_names(q, head, q->cluster_bytes, error) && parse_tables(q, head, error) &&
        parse_snapshots(q, head, error);
}

/* ---- Opening ---- */

static bool read_table(struct qcow2 *q, struct qcow2_table *table, GError **error)
{
    table->entries = g_try_new(uint64_t, MAX(table->count, 1));
    int failed = table->entries ? file_read(q->file, table->offset, table->entries, table->count * 8ull) : ENOMEM;
    for (unsigned i = 0; i < table->count && !failed; i++) {
        table->entries[i] = be64(&table->entries[i]);
    }
    return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
}

static bool prepare_writing(struct qcow2 *q, unsigned flags, GError **error)
{
    if (!q->image->writable || flags & IMAGE_REPAIR) {
        return true;
    }
    if (q->incompatible & INCOMPATIBLE_CORRUPT) {
        return refuse(q, error,
                      "it is marked as damaged; repair it with 'dragoman img check -r all', or open it read-only");
    }
    if (q->incompatible & INCOMPATIBLE_DIRTY && !qcow2_repair_refcounts(q, error)) {
        return false;
    }
    if (q->autoclear) {
        const uint8_t none[8] = { 0 };
        q->autoclear = 0;
        int failed = qcow2_write_header(q, HEADER_AUTOCLEAR, none, sizeof(none));
        return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
    }
    return true;
}

static void free_all(struct qcow2 *q)
{
    qcow2_meta_free(q);
    g_array_free(q->pending, TRUE);
    g_rw_lock_clear(&q->lock);
    g_mutex_clear(&q->unpack_lock);
    g_free(q->l1.entries);
    g_free(q->reftable.entries);
    g_free(q->unpacked);
    q->image->private = NULL;
    g_free(q);
}

static bool qcow2_open(struct image *image, unsigned flags, GError **error)
{
    struct qcow2 *q = g_new0(struct qcow2, 1);
    *q = (struct qcow2){ .image = image, .file = image->file, .pending = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
    image->private = q;
    g_rw_lock_init(&q->lock);
    g_mutex_init(&q->unpack_lock);
    qcow2_meta_init(q);
    if (qcow2_parse_header(q, error) && read_table(q, &q->l1, error) && read_table(q, &q->reftable, error) &&
        prepare_writing(q, flags, error)) {
        return true;
    }
    free_all(q);
    return false;
}

static void qcow2_close(struct image *image)
{
    struct qcow2 *q = qcow2_of(image);
    /* The second round writes what the first one released. */
    for (unsigned round = 0; round < 2 && image->writable && qcow2_is_dirty(q); round++) {
        qcow2_sync(q);
    }
    free_all(q);
}

const struct image_format image_qcow2 = {
    .name = "qcow2", .probe = qcow2_probe, .open = qcow2_open, .close = qcow2_close, .read = qcow2_read,
    .write = qcow2_write, .flush = qcow2_flush, .discard = qcow2_discard, .write_zeroes = qcow2_write_zeroes,
    .status = qcow2_status, .resize = qcow2_resize,
};
