/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H
/* A fuzzer's main: NAME [--seconds N] [--seed S]; without arguments `runs` seeds from 1 on. With a time, each seed is shown
 * before its run, so that one that dies can be run again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline int fuzz_seeds(int argc, char **argv, const char *name, uint64_t runs, void (*run_seed)(uint64_t seed))
{
    uint64_t seed = 1;
    time_t end = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--seconds")) {
            end = time(NULL) + atoi(argv[i + 1]);
            seed = (uint64_t)time(NULL) << 20;
            runs = UINT64_MAX;
        } else if (!strcmp(argv[i], "--seed")) {
            seed = strtoull(argv[i + 1], NULL, 0);
            runs = 1;
        }
    }
    for (uint64_t i = 0; i < runs && (!end || time(NULL) < end); i++) {
        if (end) {
            printf("# seed %" PRIu64 "\n", seed + i);
            fflush(stdout);
        }
        run_seed(seed + i);
    }
    printf("ok %s\n", name);
    return 0;
}

#endif
