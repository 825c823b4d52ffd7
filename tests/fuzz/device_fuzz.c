/* SPDX-License-Identifier: MIT */
/*
 * Random accesses to every device, as a hostile guest would make them: whatever comes, the process lives on. Of most
 * use under the sanitizers (make check-san). device_fuzz [--seconds N] [--seed S]; without arguments a short run over
 * fixed seeds.
 */
#include "tests/device/all.h"
#include "tests/fuzz/seeds.h"

enum { STEPS = 3000, SHORT_RUN_SEEDS = 40 };

static void run_seed(uint64_t seed)
{
    struct all all = { .seed = seed };
    all_init(&all, 1000000);
    all_prepare(&all);
    for (unsigned i = 0; i < STEPS; i++) {
        all_step(&all);
        if (!all_random(&all, 1000)) {
            machine_reset(all.rig.machine);
        }
    }
    all_free(&all);
}

int main(int argc, char **argv)
{
    return fuzz_seeds(argc, argv, "device_fuzz", SHORT_RUN_SEEDS, run_seed);
}
