/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CPU_INSTANCE_H
#define TESTS_CPU_INSTANCE_H
/* One test instance of a row: its bytes in one mode, and random states that make sense for it. */
#include "target-x86/trans.h"
#include "tests/cpu/host_cpu.h"

struct instance {
    const struct x86_row *row;
    enum host_mode mode;
    uint8_t bytes[16];
    unsigned count;
    struct x86_insn insn;
    char text[64];
};

/* Reads "f0 01 0b@32@64" for a code size; false when it is not meant for that. */
bool instance_parse(struct instance *instance, const struct x86_decoder *decoder, const struct x86_row *row, const char *text,
                    unsigned bits);
/* Whether this machine's CPU has the feature, by CPUID. */
bool host_has_feature(enum x86_feature feature);
/* A deterministic generator; the state is the seed. */
uint64_t random_next(uint64_t *seed);
/* Registers and the region's data and stack (host_cpu.h) for one run. */
void instance_state(const struct instance *instance, struct host_state *state, uint8_t *region, uint64_t *seed);

#endif
