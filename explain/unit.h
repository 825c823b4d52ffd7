/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_UNIT_H
#define EXPLAIN_UNIT_H
/* A recorded unit in forms that text and pages share: its lines of code, and what became of its flags. */
#include "tcg/engine.h"
#include "tcg/explain.h"

/* One guest instruction as text. */
struct guest_line { uint64_t pc; const uint8_t *code; unsigned bytes; char text[128]; };
bool unit_guest_line(const struct explain_unit *u, unsigned insn, struct guest_line *line);

/* One host instruction: where it lies in the block, which ops of the optimised unit it came of (-1: the unit's entry, -2: none,
 * padding), the guest instruction of those (-1: the unit itself). */
struct unit_line { uint32_t at; unsigned bytes; int first, last, guest; bool far; char *text; };
/* struct unit_line of all of them; unref it. The unit has its detail. */
GArray *unit_host_lines(const struct explain_unit *u, const struct engine_facts *facts);

/* What the flags that a guest instruction sets have come to. */
enum flags_fate { FLAGS_NOT_SET, FLAGS_DEAD, FLAGS_DEFERRED, FLAGS_READ };
extern const char *const flags_fate_text[];
/* reader, where FLAGS_READ: the guest instruction that reads them, by a branch, a selection or their word. */
enum flags_fate unit_flags_fate(const struct explain_unit *u, unsigned insn, int *reader);

/* The mode in words; free it. */
char *unit_mode_text(const struct explain_unit *u);
/* Names of the helpers that the optimised unit calls, each once, ", " between; free it. */
char *unit_helpers(const struct explain_unit *u);
/* How the unit ends besides its links: "indirect jump", "return", ...; free it. */
char *unit_exits(const struct explain_unit *u);
/* Units by a counter, largest first. What a counter is called, and its value; NULL: no such. */
typedef uint64_t (*unit_counter)(const struct explain_unit *u);
unit_counter unit_counter_find(const char *name, GError **error);
/* Times it was left by direct jumps. */
uint64_t unit_direct(const struct explain_unit *u);
/* Sorted copy of the list; unref it. */
GPtrArray *units_sorted(const struct explain *explain, unit_counter by);

#endif
