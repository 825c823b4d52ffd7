/* SPDX-License-Identifier: MIT */
/*
 * Random descriptors, rings, registers and frames for network cards and virtio transports, as hostile drivers would
 * make them: whatever comes, the process lives on, and soon. Of most use under the sanitizers. net_fuzz [--seconds N]
 * [--seed S]; without arguments a short run over fixed seeds.
 */
#include "tests/device/all.h"
#include "tests/fuzz/seeds.h"

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
    return fuzz_seeds(argc, argv, "net_fuzz", SHORT_RUN_SEEDS, run_seed);
}
