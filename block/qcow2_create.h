/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_QCOW2_CREATE_H
#define BLOCK_QCOW2_CREATE_H
/* New qcow2 images, and what may be changed in the header of one. */
#include "block/image.h"

enum qcow2_preallocation { PREALLOCATE_OFF, PREALLOCATE_METADATA, PREALLOCATE_FALLOC, PREALLOCATE_FULL };

struct qcow2_create_options {
    uint64_t bytes;
    unsigned version;               /* 2 or 3 */
    unsigned cluster_bits, refcount_order, compression;
    bool lazy_refcounts;
    enum qcow2_preallocation preallocation;
    const char *backing_file, *backing_format;      /* NULL: none */
};
enum { QCOW2_CLUSTER_BITS = 16, QCOW2_REFCOUNT_ORDER = 4 };

/* Into a file that is empty. error: one line. */
bool qcow2_create(struct file *file, const struct qcow2_create_options *options, GError **error);
/* One whose backing image the caller sets himself. */
bool qcow2_create_overlay(struct file *file, uint64_t bytes, GError **error);
/* backing_file NULL: none any more. The data is not touched. */
bool qcow2_change_backing(struct image *image, const char *backing_file, const char *backing_format, GError **error);
/* Gives clusters to all of [offset, +bytes), so that the tables never change; also for resizing. */
int qcow2_preallocate(struct image *image, uint64_t offset, uint64_t bytes, enum qcow2_preallocation how);

/* For `img info`. */
struct qcow2_info {
    unsigned version, refcount_bits, compression;
    uint64_t cluster_bytes;
    bool lazy_refcounts, dirty, corrupt;
};
void qcow2_get_info(const struct image *image, struct qcow2_info *info);

#endif
