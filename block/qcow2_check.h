/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_QCOW2_CHECK_H
#define BLOCK_QCOW2_CHECK_H
/* Consistency of a qcow2 image. */
#include "block/qcow2.h"

struct qcow2_check {
    bool fix_leaks, fix_errors;                     /* what may be repaired; the image is writable then */
    void (*say)(void *opaque, const char *line);    /* each finding; may be NULL */
    void *opaque;

    uint64_t errors, leaks, errors_fixed, leaks_fixed;
    /* of errors: COPIED flags that are clear where they could be set; a write copies once more */
    uint64_t harmless;
    uint64_t unfixable;             /* of errors: what points out of the file or is not aligned */
    uint64_t total_clusters, allocated, fragmented, compressed, end_offset;
};

/* false: it could not be checked. */
bool qcow2_check(struct image *image, struct qcow2_check *check, GError **error);
/* For an image that was not closed (dirty bit, lazy refcounts): refcounts anew, then the bit goes. */
bool qcow2_repair_refcounts(struct qcow2 *q, GError **error);

#endif
