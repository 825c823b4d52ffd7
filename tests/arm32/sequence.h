/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_SEQUENCE_H
#define TESTS_ARM32_SEQUENCE_H
/*
 * Random sequences of A32, T16 and T32 that end by themselves: branches go forward, loops count R9 down, stores stay near the
 * window (or at the edge of a page that faults), and nothing in them is UNPREDICTABLE.
 *
 * R5 is a small index, R6, R7, R10, R11 and SP are bases, R9 counts loops, R12 is where the code begins; R0-R4, R8 and LR are
 * written freely.
 */
#include "target-arm/trans.h"
#include "tests/arm/random.h"
#include "tests/arm32/record.h"

enum { SEQUENCE_ITEMS = 40 };
struct sequence_row { struct arm_compiled compiled; const char *table; enum arm_isa isa; bool memory, in_it; };
struct sequence_item {
    uint32_t word;
    const struct sequence_row *row;         /* NULL: a fixed word */
    enum arm_isa isa;
    bool aligned;                           /* T16, T32: begins on a word */
    bool in_it, keep;                       /* keep: part of a group, not to be left out alone */
    bool left_out;                          /* a NOP of the same length instead */
    unsigned target;                        /* branch: number of the item to go to, + 1 */
    unsigned patch;                         /* store into code: number of the item overwritten, + 1 */
    uint32_t patch_word;                    /* ... by this */
    const struct sequence_row *patch_row;
    unsigned at;                            /* sequence_build: offset from the start */
};
struct sequence { struct sequence_item item[SEQUENCE_ITEMS]; unsigned count; struct record state; };

struct sequence_source;
struct sequence_source *sequence_source_new(void);
void sequence_source_free(struct sequence_source *source);
void sequence_random(struct sequence *s, struct sequence_source *source, uint64_t seed);
/* Code into s->state. false: a branch does not reach. */
bool sequence_build(struct sequence *s);
/* The item at this pc, or NULL. */
const struct sequence_item *sequence_item_at(const struct sequence *s, uint32_t pc);

/* Core registers that a word writes; write-back of a base is not among them. */
uint32_t sequence_written(const struct sequence_row *row, uint32_t word);

#endif
