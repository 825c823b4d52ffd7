/* SPDX-License-Identifier: MIT */
/*
 * A new image: header | refcount table | refcount blocks | L1 table, each on clusters of its own; the header is written
 * last, so that an interrupted creation leaves nothing that looks like an image.
 */
#include <errno.h>
#include "base/device.h"
#include "base/error.h"
#include "block/qcow2.h"
#include "block/qcow2_create.h"

struct layout { uint64_t l1_entries, l1_clusters, table_clusters, blocks; };

static bool plan(const struct qcow2_create_options *o, struct layout *layout, GError **error)
{
    const uint64_t cluster = 1ull << o->cluster_bits, per_block = cluster * 8 >> o->refcount_order;
    const uint64_t per_l1 = cluster * (cluster / 8);
    layout->l1_entries = MAX(o->bytes / per_l1 + (o->bytes % per_l1 != 0), 1);
    if (layout->l1_entries * 8 > MAX_L1_BYTES) {
        return error_fail(error, "the image is too large for clusters of %" G_GUINT64_FORMAT " bytes; take larger ones",
                          cluster);
    }
    layout->l1_clusters = (layout->l1_entries * 8 + cluster - 1) / cluster;
    uint64_t needed = 1;
    do {
        layout->blocks = needed;
        layout->table_clusters = (layout->blocks * 8 + cluster - 1) / cluster;
        needed = (1 + layout->table_clusters + layout->blocks + layout->l1_clusters + per_block - 1) / per_block;
    } while (needed > layout->blocks);
    return true;
}

/* ---- Header ---- */

static void put_extension(GByteArray *head, uint32_t type, const void *bytes, uint32_t count)
{
    static const uint8_t padding[8];
    uint8_t begin[8];
    put_be32(begin, type);
    put_be32(begin + 4, count);
    g_byte_array_append(head, begin, sizeof(begin));
    g_byte_array_append(head, bytes, count);
    g_byte_array_append(head, padding, -count & 7);
}

/* Names of features, for programs that lack one of them to say which. */
static void put_feature_names(GByteArray *head)
{
    static const struct { uint8_t kind, bit; const char *name; } features[] = {
        { 0, 0, "dirty bit" }, { 0, 1, "corrupt bit" }, { 0, 2, "external data file" }, { 0, 3, "compression type" },
        { 0, 4, "extended L2 entries" }, { 1, 0, "lazy refcounts" }, { 2, 0, "bitmaps" }, { 2, 1, "raw external data" },
    };
    uint8_t table[ARRAY_LEN(features) * 48] = { 0 };
    for (unsigned i = 0; i < ARRAY_LEN(features); i++) {
        table[i * 48] = features[i].kind;
        table[i * 48 + 1] = features[i].bit;
        memcpy(table + i * 48 + 2, features[i].name, strlen(features[i].name));
    }
    put_extension(head, EXTENSION_FEATURES, table, sizeof(table));
}

static void put_backing(GByteArray *head, const char *backing_file)
{
    if (backing_file) {
        put_be64(head->data + HEADER_BACKING_OFFSET, head->len);
        put_be32(head->data + HEADER_BACKING_SIZE, (uint32_t)strlen(backing_file));
        g_byte_array_append(head, (const guint8 *)backing_file, (guint)strlen(backing_file));
    }
}

static GByteArray *make_header(const struct qcow2_create_options *o, const struct layout *layout)
{
    const uint64_t cluster = 1ull << o->cluster_bits;
    const unsigned bytes = o->version < 3 ? HEADER_V2_BYTES : HEADER_OURS_BYTES;
    GByteArray *head = g_byte_array_new();
    g_byte_array_set_size(head, bytes);
    uint8_t *at = head->data;
    memset(at, 0, bytes);
    put_be32(at + HEADER_MAGIC, QCOW2_MAGIC);
    put_be32(at + HEADER_VERSION, o->version);
    put_be32(at + HEADER_CLUSTER_BITS, o->cluster_bits);
    put_be64(at + HEADER_SIZE, o->bytes);
    put_be32(at + HEADER_L1_SIZE, (uint32_t)layout->l1_entries);
    put_be64(at + HEADER_L1_OFFSET, cluster * (1 + layout->table_clusters + layout->blocks));
    put_be64(at + HEADER_REFTABLE_OFFSET, cluster);
    put_be32(at + HEADER_REFTABLE_CLUSTERS, (uint32_t)layout->table_clusters);
    if (o->version >= 3) {
        put_be64(at + HEADER_INCOMPATIBLE, o->compression ? INCOMPATIBLE_COMPRESSION : 0);
        put_be64(at + HEADER_COMPATIBLE, o->lazy_refcounts ? COMPATIBLE_LAZY : 0);
        put_be32(at + HEADER_REFCOUNT_ORDER, o->refcount_order);
        put_be32(at + HEADER_LENGTH, bytes);
        at[HEADER_COMPRESSION] = (uint8_t)o->compression;
    }
    const size_t name_bytes = o->backing_file ? strlen(o->backing_file) : 0;
    if (o->backing_format) {
        put_extension(head, (uint32_t)EXTENSION_BACKING_FORMAT, o->backing_format, (uint32_t)strlen(o->backing_format));
    }
    if (o->version >= 3 && head->len + 8 + 8 * 48 + 8 + name_bytes <= cluster) {
        put_feature_names(head);
    }
    put_extension(head, EXTENSION_END, "", 0);
    put_backing(head, o->backing_file);
    return head;
}

/* ---- The rest ---- */

static int write_counts(struct file *file, const struct qcow2_create_options *o, const struct layout *layout)
{
    const uint64_t cluster = 1ull << o->cluster_bits, first = 1 + layout->table_clusters;
    const uint64_t used = first + layout->blocks + layout->l1_clusters;
    g_autofree uint8_t *table = g_malloc0(layout->table_clusters * cluster),
        *blocks = g_malloc0(layout->blocks * cluster);
    for (uint64_t i = 0; i < layout->blocks; i++) {
        put_be64(table + i * 8, (first + i) * cluster);
    }
    for (uint64_t i = 0; i < used; i++) {
        const uint64_t bit = i << o->refcount_order;
        if (o->refcount_order < 3) {
            blocks[bit / 8] |= (uint8_t)(1 << (bit & 7));
        } else {
            blocks[bit / 8 + (1u << (o->refcount_order - 3)) - 1] = 1;
        }
    }
    int failed = file_write(file, cluster, table, layout->table_clusters * cluster);
    failed = failed ? failed : file_write(file, first * cluster, blocks, layout->blocks * cluster);
    return failed ? failed : file_zero(file, (first + layout->blocks) * cluster, layout->l1_clusters * cluster, false);
}

static int preallocate_new(struct file *file, const struct qcow2_create_options *o)
{
    struct image image = { .format = &image_qcow2, .file = file, .writable = true };
    if (!image_qcow2.open(&image, IMAGE_WRITE, NULL)) {
        return EIO;
    }
    int failed = qcow2_preallocate(&image, 0, o->bytes, o->preallocation);
    image_qcow2.close(&image);
    return failed;
}

bool qcow2_create(struct file *file, const struct qcow2_create_options *o, GError **error)
{
    struct layout layout = { 0 };
    if (o->backing_file && (strlen(o->backing_file) > MAX_BACKING_NAME ||
                            strlen(o->backing_file) + 200 > 1ull << o->cluster_bits)) {
        return error_fail(error, "the name of the backing file is too long");
    }
    if (!plan(o, &layout, error)) {
        return false;
    }
    GByteArray *head = make_header(o, &layout);
    int failed = write_counts(file, o, &layout);
    failed = failed ? failed : file_flush(file);
    failed = failed ? failed : file_write(file, 0, head->data, head->len);
    g_byte_array_free(head, TRUE);
    if (!failed && o->preallocation != PREALLOCATE_OFF) {
        failed = preallocate_new(file, o);
    }
    return !failed || error_fail(error, "%s: %s", file->path, g_strerror(failed));
}

bool qcow2_create_overlay(struct file *file, uint64_t bytes, GError **error)
{
    const struct qcow2_create_options options = { .bytes = bytes, .version = 3, .cluster_bits = QCOW2_CLUSTER_BITS,
                                                  .refcount_order = QCOW2_REFCOUNT_ORDER };
    return qcow2_create(file, &options, error);
}

int qcow2_preallocate(struct image *image, uint64_t offset, uint64_t bytes, enum qcow2_preallocation how)
{
    struct qcow2 *q = qcow2_of(image);
    const uint64_t table_bytes = q->cluster_bytes * qcow2_l2_entries(q);
    int failed = 0;
    g_rw_lock_writer_lock(&q->lock);
    for (uint64_t end = offset + bytes; offset < end && !failed;) {
        const uint64_t part = MIN(end - offset, table_bytes - (offset & (table_bytes - 1)));
        uint64_t place, cluster, count = 0;
        failed = q->dirty[SLICE_L2] > DIRTY_SLICES_MOST ? qcow2_sync(q) : 0;
        failed = failed ? failed : qcow2_l2_place(q, offset, &place);
        failed = failed ? failed : qcow2_allocate(q, 1, qcow2_clusters(q, part), &cluster, &count);
        const uint64_t host = cluster << q->cluster_bits, host_bytes = count << q->cluster_bits;
        if (!failed && how == PREALLOCATE_FULL) {
            failed = file_zero(q->file, host, host_bytes, false);
        } else if (!failed && how == PREALLOCATE_FALLOC) {
            failed = file_allocate(q->file, host, host_bytes);
        }
        failed = failed ? failed : qcow2_set_entries(q, place, host | OFLAG_COPIED, q->cluster_bytes, count, false);
        q->host_bytes = MAX(q->host_bytes, host + host_bytes);
        offset += host_bytes;
    }
    uint64_t size = 0;
    failed = failed ? failed : qcow2_sync(q);
    if (!failed && !file_size(q->file, &size) && size < q->host_bytes) {
        failed = file_truncate(q->file, q->host_bytes);
    }
    g_rw_lock_writer_unlock(&q->lock);
    return failed;
}

/* ---- Changing a header ---- */

/* All extensions but the backing format, as they are. */
static void copy_extensions(const struct qcow2 *q, const uint8_t *old, GByteArray *head)
{
    for (uint64_t at = q->header_bytes; at + 8 <= q->extensions_end;) {
        const uint32_t type = be32(old + at), bytes = be32(old + at + 4);
        if (type == EXTENSION_END) {
            break;
        }
        if (type != (uint32_t)EXTENSION_BACKING_FORMAT) {
            put_extension(head, type, old + at + 8, bytes);
        }
        at += 8 + ((bytes + 7ull) & ~7ull);
    }
}

static GByteArray *change_header(const struct qcow2 *q, const uint8_t *old, const char *file, const char *format)
{
    GByteArray *head = g_byte_array_new();
    g_byte_array_append(head, old, q->header_bytes);
    put_be64(head->data + HEADER_BACKING_OFFSET, 0);
    put_be32(head->data + HEADER_BACKING_SIZE, 0);
    if (file && format) {
        put_extension(head, (uint32_t)EXTENSION_BACKING_FORMAT, format, (uint32_t)strlen(format));
    }
    copy_extensions(q, old, head);
    put_extension(head, EXTENSION_END, "", 0);
    put_backing(head, file);
    return head;
}

bool qcow2_change_backing(struct image *image, const char *file, const char *format, GError **error)
{
    struct qcow2 *q = qcow2_of(image);
    g_autofree uint8_t *old = g_malloc(q->cluster_bytes);
    int failed = file_read(q->file, 0, old, q->cluster_bytes);
    if (failed) {
        return error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
    }
    GByteArray *head = change_header(q, old, file, format);
    if (head->len > q->cluster_bytes || (file && strlen(file) > MAX_BACKING_NAME)) {
        g_byte_array_free(head, TRUE);
        return error_fail(error, "%s: the name of the backing file is too long for the header", q->file->path);
    }
    const guint used = head->len;
    g_byte_array_set_size(head, (guint)MIN(q->cluster_bytes, MAX(used, 4096)));
    memset(head->data + used, 0, head->len - used);
    failed = qcow2_write_header(q, 0, head->data, head->len);
    g_byte_array_free(head, TRUE);
    g_free(image->backing_file);
    g_free(image->backing_format);
    image->backing_file = g_strdup(file);
    image->backing_format = file ? g_strdup(format) : NULL;
    return !failed || error_fail(error, "%s: %s", q->file->path, g_strerror(failed));
}

void qcow2_get_info(const struct image *image, struct qcow2_info *info)
{
    const struct qcow2 *q = qcow2_of(image);
    *info = (struct qcow2_info){ .version = q->version, .refcount_bits = 1u << q->refcount_order,
                                 .compression = q->compression, .cluster_bytes = q->cluster_bytes,
                                 .lazy_refcounts = q->compatible & COMPATIBLE_LAZY,
                                 .dirty = q->incompatible & INCOMPATIBLE_DIRTY,
                                 .corrupt = q->corrupt || q->incompatible & INCOMPATIBLE_CORRUPT };
}
