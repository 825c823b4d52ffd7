/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_TEXT_H
#define EXPLAIN_TEXT_H
/* The record as text: "dragoman explain --text" and the monitor's "tb". */
#include "explain/unit.h"

/* How the cache is used, what ran, why things were dropped. */
void text_stats(GString *out, struct engine *engine);
/* The `count` units with most of a counter. */
void text_list(GString *out, const struct explain *explain, unit_counter by, unsigned count);
/* A unit in all its forms, a guest instruction at a time. */
void text_unit(GString *out, const struct explain_unit *u, const struct engine_facts *facts);
/* The newest translations that hold an address: a pc, a linear or a physical one. unref it. */
GPtrArray *units_at(const struct explain *explain, uint64_t address);

#endif
