/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_QCOW2_H
#define BLOCK_QCOW2_H
/*
 * Inside of the qcow2 format: "qcow2 Image File Format", versions 2 and 3, as published with QEMU
 * (docs/interop/qcow2.txt).
 *
 *   qcow2.c            header, opening, closing
 *   qcow2_meta.c       cache of tables, and the order in which they reach the disk
 *   qcow2_refcount.c   which clusters are in use
 *   qcow2_map.c        guest offset -> cluster
 *   qcow2_io.c         read, write, zeroes, discard
 *   qcow2_compress.c   compressed clusters
 *   qcow2_create.c     new images, header rewriting
 *   qcow2_check.c      consistency, repair
 *   qcow2_snapshot.c   internal snapshots
 *
 * Locks: `lock` is held for reading by whoever uses a mapping (so that no cluster under a transfer is freed), for
 * writing by whoever changes tables. `cache_lock` and `unpack_lock` are leaves.
 */
#include <string.h>
#include "block/image.h"

/* Header fields by their byte offset. */
enum qcow2_header {
    HEADER_MAGIC = 0, HEADER_VERSION = 4, HEADER_BACKING_OFFSET = 8, HEADER_BACKING_SIZE = 16, HEADER_CLUSTER_BITS = 20,
    HEADER_SIZE = 24, HEADER_CRYPT = 32, HEADER_L1_SIZE = 36, HEADER_L1_OFFSET = 40, HEADER_REFTABLE_OFFSET = 48,
    HEADER_REFTABLE_CLUSTERS = 56, HEADER_SNAPSHOT_COUNT = 60, HEADER_SNAPSHOT_OFFSET = 64, HEADER_V2_BYTES = 72,
    HEADER_INCOMPATIBLE = 72, HEADER_COMPATIBLE = 80, HEADER_AUTOCLEAR = 88, HEADER_REFCOUNT_ORDER = 96,
    HEADER_LENGTH = 100,
    HEADER_V3_BYTES = 104, HEADER_COMPRESSION = 104, HEADER_OURS_BYTES = 112
};
enum qcow2_extension {
    EXTENSION_END = 0, EXTENSION_BACKING_FORMAT = (int)0xe2792aca, EXTENSION_FEATURES = 0x6803f857,
};
enum { INCOMPATIBLE_DIRTY = 1, INCOMPATIBLE_CORRUPT = 2, INCOMPATIBLE_DATA_FILE = 4, INCOMPATIBLE_COMPRESSION = 8,
       INCOMPATIBLE_EXTENDED_L2 = 16, INCOMPATIBLE_KNOWN = 1 | 2 | 8 };
enum { COMPATIBLE_LAZY = 1 };
enum { COMPRESSION_ZLIB, COMPRESSION_ZSTD };
enum { QCOW2_MAGIC = 0x514649fb, MAX_L1_BYTES = 32 << 20, MAX_REFTABLE_BYTES = 8 << 20, MAX_BACKING_NAME = 1023,
       MAX_SNAPSHOTS = 65536, MAX_SNAPSHOT_TABLE = 64 << 20 };
#define OFLAG_COPIED (1ull << 63)
#define OFLAG_COMPRESSED (1ull << 62)
#define OFLAG_ZERO 1ull
#define OFFSET_MASK 0x00fffffffffffe00ull

enum { SLICE_BYTES = 4096, CACHE_SLICES = 8192, DIRTY_SLICES_MOST = 4096, PENDING_MOST = 16384 };
enum slice_kind { SLICE_REFCOUNT, SLICE_L2, SLICE_KINDS };

/* Tables of the file that are held whole: L1 and the refcount table. Entries in host order; those in [first, last)
 * differ from the disk. */
struct qcow2_table { uint64_t *entries, offset; unsigned count, dirty_first, dirty_last; };

struct qcow2 {
    struct image *image;
    struct file *file;
    unsigned version, cluster_bits, refcount_order, header_bytes;
    uint64_t cluster_bytes, incompatible, compatible, autoclear, extensions_end;
    unsigned compression;
    GRWLock lock;
    struct qcow2_table l1, reftable;
    unsigned snapshot_count;
    uint64_t snapshot_offset, snapshot_bytes;
    uint64_t host_bytes;            /* of the file: what lies behind has never been written; kept by allocation */
    uint64_t free_hint;             /* no free cluster below this one */
    /* uint64_t clusters that lose a reference once the tables on the disk name them no more */
    GArray *pending;
    bool corrupt;

    GMutex cache_lock;
    GHashTable *slices;             /* file offset -> struct slice */
    GQueue used;                    /* slices, least recently used first */
    unsigned dirty[SLICE_KINDS];

    GMutex unpack_lock;             /* the cluster that was decompressed last */
    uint8_t *unpacked;
    uint64_t unpacked_entry;
    uint64_t packed_end;            /* writing compressed: where the next one may begin; 0: a new cluster */
};

static inline struct qcow2 *qcow2_of(const struct image *image) { return image->private; }

static inline uint32_t be32(const void *at) { uint32_t v; memcpy(&v, at, 4); return GUINT32_FROM_BE(v); }
static inline uint64_t be64(const void *at) { uint64_t v; memcpy(&v, at, 8); return GUINT64_FROM_BE(v); }
static inline uint16_t be16(const void *at) { uint16_t v; memcpy(&v, at, 2); return GUINT16_FROM_BE(v); }
static inline void put_be16(void *at, uint16_t v) { v = GUINT16_TO_BE(v); memcpy(at, &v, 2); }
static inline void put_be32(void *at, uint32_t v) { v = GUINT32_TO_BE(v); memcpy(at, &v, 4); }
static inline void put_be64(void *at, uint64_t v) { v = GUINT64_TO_BE(v); memcpy(at, &v, 8); }

static inline uint64_t qcow2_l2_entries(const struct qcow2 *q) { return q->cluster_bytes / 8; }
static inline uint64_t qcow2_block_entries(const struct qcow2 *q) { return q->cluster_bytes * 8 >> q->refcount_order; }
static inline uint64_t qcow2_clusters(const struct qcow2 *q, uint64_t bytes)
{
    return (bytes >> q->cluster_bits) + ((bytes & (q->cluster_bytes - 1)) != 0);
}

/* ---- qcow2.c ---- */
/* Writes header fields in place, at once. */
int qcow2_write_header(struct qcow2 *q, unsigned offset, const void *bytes, unsigned count);
/* Tells everybody, in the header too, that the image is damaged. Returns EIO. */
int qcow2_mark_corrupt(struct qcow2 *q, const char *what);
int qcow2_set_incompatible(struct qcow2 *q, uint64_t features);
/* Reads the header at `head` (of the file's first bytes). error: one line. */
bool qcow2_parse_header(struct qcow2 *q, GError **error);

/* ---- qcow2_meta.c; `lock` held for writing, but for load: reading ---- */
void qcow2_meta_init(struct qcow2 *q);
void qcow2_meta_free(struct qcow2 *q);
/* Bytes of a table in the file; the range lies inside one cluster. */
int qcow2_meta_load(struct qcow2 *q, enum slice_kind kind, uint64_t offset, void *out, uint64_t bytes);
int qcow2_meta_store(struct qcow2 *q, enum slice_kind kind, uint64_t offset, const void *in, uint64_t bytes);
/* A cluster holds a table no more: what is cached of it goes. */
void qcow2_meta_drop(struct qcow2 *q, uint64_t offset);
bool qcow2_meta_overlaps(struct qcow2 *q, uint64_t offset, uint64_t bytes);
void qcow2_table_set(struct qcow2_table *table, unsigned index, uint64_t value);
bool qcow2_is_dirty(const struct qcow2 *q);
/* All tables to the disk, in an order that leaves no reference to what is not there; then drops pending references. */
int qcow2_sync(struct qcow2 *q);

/* ---- qcow2_refcount.c; `lock` held for writing, but for get: reading ---- */
int qcow2_refcount_get(struct qcow2 *q, uint64_t cluster, uint64_t *count);
int qcow2_refcount_set(struct qcow2 *q, uint64_t cluster, uint64_t count);
int qcow2_refcount_add(struct qcow2 *q, uint64_t cluster, int change);
/* Up to `most` clusters in a row, at least `least`: their references are 1. */
int qcow2_allocate(struct qcow2 *q, uint64_t least, uint64_t most, uint64_t *first, uint64_t *count);
/* The cluster loses one reference when tables are on the disk. */
void qcow2_release(struct qcow2 *q, uint64_t cluster);
/* All that an L2 entry refers to. */
void qcow2_release_entry(struct qcow2 *q, uint64_t entry);

/* ---- qcow2_map.c ---- */
enum cluster_kind { CLUSTER_UNALLOCATED, CLUSTER_ZERO, CLUSTER_ZERO_ALLOCATED, CLUSTER_DATA, CLUSTER_COMPRESSED };
struct qcow2_run {
    enum cluster_kind kind;
    bool ours;                      /* one reference: may be written in place */
    uint64_t bytes;                 /* from the guest offset on */
    uint64_t host;                  /* of the guest offset, with DATA and ZERO_ALLOCATED */
    uint64_t entry;                 /* the first cluster's L2 entry */
};
/* `lock` held for reading. At most `bytes`, never across an L2 table. */
int qcow2_find(struct qcow2 *q, uint64_t offset, uint64_t bytes, struct qcow2_run *run);
enum cluster_kind qcow2_entry_kind(const struct qcow2 *q, uint64_t entry);
/* `lock` held for writing: the place of the L2 entry of a guest offset, in a table that is ours; made when needed. */
int qcow2_l2_place(struct qcow2 *q, uint64_t offset, uint64_t *place);
/* Sets `count` entries from place on, to first, first + step, ... and releases what they named. */
int qcow2_set_entries(struct qcow2 *q, uint64_t place, uint64_t first, uint64_t step, uint64_t count, bool keep_old);
/* Where a compressed cluster lies. */
void qcow2_compressed_place(const struct qcow2 *q, uint64_t entry, uint64_t *host, uint64_t *bytes);

/* ---- qcow2_compress.c ---- */
/* The whole cluster of a compressed entry into out (cluster_bytes). */
int qcow2_unpack(struct qcow2 *q, uint64_t entry, uint8_t *out);
/* Part of it, through the cluster unpacked last. */
int qcow2_read_compressed(struct qcow2 *q, uint64_t entry, uint64_t within, uint8_t *out, uint64_t bytes);
/* Writes one whole cluster compressed; ENOSPC when it does not get smaller. The last one may be shorter than a cluster.
 * */
int qcow2_write_compressed(struct image *image, uint64_t offset, const uint8_t *data, uint64_t bytes);
/* zlib.c or no_zlib.c, zstd.c or no_zstd.c. In bytes; 0: did not work. */
bool deflate_available(void);
uint64_t deflate_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most);
uint64_t deflate_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most);
bool zstd_available(void);
uint64_t zstd_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most);
uint64_t zstd_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most);

/* ---- qcow2_io.c ---- */
int qcow2_read(struct image *image, uint64_t offset, void *buffer, uint64_t bytes);
int qcow2_write(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes);
int qcow2_flush(struct image *image);
int qcow2_discard(struct image *image, uint64_t offset, uint64_t bytes);
int qcow2_write_zeroes(struct image *image, uint64_t offset, uint64_t bytes, bool unmap);
/* Nothing is allocated any more: the backing file shows through. */
int qcow2_make_empty(struct image *image);
int qcow2_status(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status);
/* ---- qcow2_resize.c ---- */
bool qcow2_resize(struct image *image, uint64_t bytes, GError **error);


/* ---- qcow2_snapshot.c ---- */
/* Calls visit with the L1 table of each snapshot until it fails; one at a time, as a hostile image may have many. */
int qcow2_snapshot_tables(struct qcow2 *q, int (*visit)(void *opaque, const struct qcow2_table *l1), void *opaque);

#endif
