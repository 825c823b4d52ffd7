/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_DATA_H
#define EXPLAIN_DATA_H
/* The record as JSON: what the page and tools read. docs/explain.md names the fields. */
#include "explain/json.h"
#include "explain/unit.h"

/* One unit's counters and facts; `open` fields of the object that is open already. */
void data_unit(struct json *json, const struct explain_unit *u);
/* Its code in all four forms, places, flags. The unit has its detail. */
void data_detail(struct json *json, const struct explain_unit *u, const struct engine_facts *facts);
/* Names of passes and of fields of the CPU structure; counters; pages with code; the newest events (at most `events`). */
void data_names(struct json *json, const struct explain *explain);
void data_counters(struct json *json, struct engine *engine);
void data_pages(struct json *json, const struct explain *explain);
void data_events(struct json *json, const struct explain *explain, unsigned events);

#endif
