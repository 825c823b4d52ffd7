/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_LIMIT_H
#define EXPLAIN_LIMIT_H
/* Where a run ends by itself. */
#include <glib.h>
#include <stdint.h>

struct board;
struct limit;

/* With -icount: the machine shuts down when exactly that many instructions have run on all CPUs. Before it runs. Free it before
 * the board. NULL: error is set. */
struct limit *limit_insns(struct board *board, uint64_t insns, GError **error);
void limit_free(struct limit *limit);

#endif
