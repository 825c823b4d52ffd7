/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_BACKENDS_INTERNAL_H
#define HW_BOARDS_BACKENDS_INTERNAL_H
/* The parts of backends.c: drives.c, networks.c, objects.c. */
#include "hw/boards/backends.h"

bool drives_open(struct board *board, GError **error);
bool blockdevs_open(struct board *board, GError **error);     /* blockdevs.c */
bool drives_finish(struct board *board, GError **error);

bool networks_open(struct board *board, GError **error);
bool networks_finish(struct board *board, GError **error);
void networks_close(struct board *board);
bool networks_add_capture(struct board *board, const char *text, GError **error);

bool objects_open(struct board *board, GError **error);        /* objects.c; after networks */
void objects_close(struct board *board);

#endif
