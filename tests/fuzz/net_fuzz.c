/* SPDX-License-Identifier: MIT */
/*
 * Random descriptors, rings, registers and frames for network cards and virtio transports, as hostile drivers would
 * make them: whatever comes, the process lives on, and soon. Of most use under the sanitizers. net_fuzz [--seconds N]
 * [--seed S]; without arguments a short run over fixed seeds.
 */
#include "tests/device/all.h"
#include <stdlib.h>
#include <time.h>

enum { STEPS = 2000, SHORT_RUN_SEEDS = 20 };

static void run_seed(uint64_t seed)
{
    struct all all = { .seed = seed };
    all_init(&all, 1000000);
    all_prepare(&all);
    for (unsigned i = 0; i < STEPS; i++) {
        all_step_net(&all);
        if (!all_random(&all, 10)) {
            rig_run(&all.rig, all_random(&all, 200000));
        }
    }
    all_free(&all);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, runs = SHORT_RUN_SEEDS;
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
    printf("ok net_fuzz\n");
    return 0;
}
