/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_CPU_SEQUENCE_H
#define TESTS_FUZZ_CPU_SEQUENCE_H
/*
 * Random sequences of user-mode instructions: rows' test instances with other operands, in groups. A group is what must
 * stay together: set-up of address registers, the instruction, and after one that leaves flags undefined one that
 * defines them. Branches go to starts of groups. Groups can be left out, to find what a difference needs.
 */
#include "tests/cpu/instance.h"

enum { GROUP_BYTES = 128, GROUP_INSNS = 16, SEQUENCE_GROUPS = 24, SEQUENCE_BYTES = 0x2000 };

struct group {
    uint8_t bytes[GROUP_BYTES], count;
    struct { uint8_t offset; const struct x86_row *row; } insn[GROUP_INSNS];
    uint8_t insns;
    /* A relative displacement (bytes at `at`, `size` of them) to the start of group `target`. */
    uint8_t branch_at, branch_size, target;
    /* An address of the code itself (32 bits or 16 at `code_at`): of byte `code_offset` of group `code_target`. */
    uint8_t code_at, code_size, code_target, code_offset;
    bool left_out;
    bool may_change;                /* byte 1 may be stored to: an immediate */
};

struct sequence {
    enum host_mode mode;
    unsigned start;                 /* offset of the first group from HOST_CODE: where in its page the code lies */
    struct group group[SEQUENCE_GROUPS];
    unsigned groups;
    uint32_t undefined_flags;       /* of all instructions: not to be compared */
    bool pops_flags;                /* alignment checks may be on, or IF off where that is not refused */
    bool undefined_flags_somewhere; /* an instruction leaves some undefined, and another defines them again */
    /* Filled by sequence_build. */
    uint8_t code[SEQUENCE_BYTES];
    unsigned count;
    unsigned at[SEQUENCE_GROUPS + 1];
};

struct sequence_source;
struct sequence_source *sequence_source_new(void);
void sequence_source_free(struct sequence_source *source);

void sequence_random(struct sequence *sequence, const struct sequence_source *source, enum host_mode mode, uint64_t seed);
/* Bytes of the groups that are not left out. */
void sequence_build(struct sequence *sequence);
/* The row at an offset from HOST_CODE, or NULL. */
const struct x86_row *sequence_row_at(const struct sequence *sequence, unsigned offset);
/* Registers and memory for a run. */
void sequence_state(const struct sequence *sequence, struct host_state *state, uint8_t *region, uint64_t seed);

#endif
