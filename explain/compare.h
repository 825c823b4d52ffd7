/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_COMPARE_H
#define EXPLAIN_COMPARE_H
/* One guest run by the interpreter and by the translator with more and more of its parts: the same instructions each time. */
#include "base/log.h"
#include "base/options.h"
#include "explain/json.h"

struct comparison;

/* Runs the machine for that many instructions under each, and under KVM where a guest ends by itself before. Its disks stay as they
 * are, its serial ports say nothing. NULL: a machine could not be built (error). */
struct comparison *compare_run(const struct options *options, struct log *log, uint64_t insns, GError **error);
void compare_free(struct comparison *comparison);
void compare_text(GString *out, const struct comparison *comparison);
/* "comparison": [...]; NULL: an empty one. */
void compare_data(struct json *json, const struct comparison *comparison);

#endif
