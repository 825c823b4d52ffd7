/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_QCOW2_SNAPSHOT_H
#define BLOCK_QCOW2_SNAPSHOT_H
/* Internal snapshots: a name for a state of the disk; the image's clusters are shared until they are written. */
#include "block/image.h"

/* struct image_snapshot *, freed with the array. NULL: error, one line. */
GPtrArray *qcow2_snapshots(struct image *image, GError **error);
/* name: its name or its id. */
bool qcow2_snapshot_create(struct image *image, const char *name, GError **error);
bool qcow2_snapshot_apply(struct image *image, const char *name, GError **error);
bool qcow2_snapshot_delete(struct image *image, const char *name, GError **error);

#endif
