/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_CPU_COMPARE_H
#define TESTS_FUZZ_CPU_COMPARE_H
/* Runs a sequence (cpu_sequence.h) on the host CPU, by the interpreter and by the JIT in several ways, and compares. */
#include "tests/cpu/guest_cpu.h"
#include "tests/fuzz/cpu_sequence.h"

struct way { const char *name; struct engine_options options; unsigned cpl; struct guest_cpu *guest; };

struct comparison {
    struct host_cpu *host;          /* NULL: the interpreter is the reference */
    struct way ways[4];
    unsigned way_count;
    unsigned long inconclusive;
};

/* Prints what is missing; false when nothing can be compared. */
bool comparison_start(struct comparison *comparison);
void comparison_end(struct comparison *comparison);
/* Runs a built sequence from the state of that seed. NULL when all agree, else what differs; *who: the way that does. */
const char *comparison_judge(struct comparison *comparison, const struct sequence *sequence, uint64_t state_seed,
                             const struct way **who, char *text, size_t size);

#endif
