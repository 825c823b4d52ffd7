/* SPDX-License-Identifier: MIT */
#ifndef TESTS_IR_RANDOM_UNIT_H
#define TESTS_IR_RANDOM_UNIT_H
/*
 * Random IR units for tests of passes and back ends. A unit is well formed, ends after a bounded number of steps
 * (every label that a branch backward reaches calls a helper that runs out of fuel), and uses every kind of op.
 */
#include "tcg/backend.h"
#include "tcg/frontend.h"
#include "tcg/ir_build.h"

enum { RANDOM_INTS = 6, RANDOM_VECTORS = 3, RANDOM_FLAGS_GLOBAL = RANDOM_INTS + RANDOM_VECTORS + 1,
       RANDOM_GLOBALS = RANDOM_FLAGS_GLOBAL };
enum random_helper { HELPER_FUEL, HELPER_READS, HELPER_WRITES, HELPER_PURE, HELPER_PLAIN, RANDOM_HELPERS };

/* A CPU of an architecture that exists only here. */
struct random_cpu {
    struct cpu cpu;
    uint64_t ints[RANDOM_INTS];
    uint8_t vectors[RANDOM_VECTORS][16] __attribute__((aligned(16)));
    struct ir_flags flags;
    uint64_t field[4];              /* LDCPU, STCPU */
    uint64_t log;                   /* what calls that read globals saw */
    unsigned fuel;
};

extern const struct ir_global random_globals[RANDOM_GLOBALS];
extern const struct ir_helper random_helpers[RANDOM_HELPERS];

/* Host instructions for COPY. */
enum { RANDOM_COPIES = 14 };
extern const struct ir_copy random_copies[RANDOM_COPIES];

enum { RANDOM_MEMORY = 256 };
extern uint8_t random_memory[RANDOM_MEMORY];
extern const struct frontend random_frontend;

uint64_t random_next(uint64_t *state);
/* Builds the unit of that seed. copies: COPY ops to use, may be 0. */
void random_unit(struct ir_unit *u, uint64_t seed, const struct ir_copy *copies, unsigned copy_count);
void random_cpu_state(struct random_cpu *cpu, uint64_t seed);
/* A hash of all that the guest can see, flags as their word. */
uint64_t random_cpu_hash(const struct random_cpu *cpu);

/* How a run of a unit ended: -1 an exception, -2 not emitted, else enum exit_reason; and hashes of CPU and memory. */
struct random_outcome { uint64_t hash, memory; int reason; unsigned slot; };
/* Emits the unit and runs it once, from the state of that seed. */
struct random_outcome random_run(const struct backend *backend, void *state, struct random_cpu *cpu, struct ir_unit *u,
                                 struct code_buffer buffer, uint64_t seed);
bool random_same(const struct random_outcome *a, const struct random_outcome *b);

#endif
