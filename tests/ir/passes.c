/* SPDX-License-Identifier: MIT */
/*
 * The optimiser's passes keep the meaning of random units: each unit is run by the interpreter as built and after
 * every pass, from the same state; what the guest and its helpers see must be the same, also where a memory access
 * faults. SEED=N runs one unit.
 */
#include <stdlib.h>
#include "tcg/ir_opt.h"
#include "tests/ir/random_unit.h"
#include "tests/unit/test.h"

enum { UNITS = 20000, BUFFER = 1 << 20 };

static struct random_cpu cpu;

static void show(void *opaque, const char *text)
{
    (void)opaque;
    printf("#   %s\n", text);
}

/* One unit through the pipeline; says what went wrong where. */
static bool one_unit(void *interp, struct ir_unit *u, struct code_buffer buffer, uint64_t seed)
{
    random_unit(u, seed, random_copies, RANDOM_COPIES);
    const char *wrong = ir_verify(u);
    if (wrong) {
        printf("# seed %llu as built: %s\n", (unsigned long long)seed, wrong);
        return false;
    }
    const struct random_outcome before = random_run(&backend_interp, interp, &cpu, u, buffer, seed);
    for (unsigned i = 0; i < ir_pass_count; i++) {
        ir_passes[i].run(u);
        ir_opt_compact(u);
        wrong = ir_verify(u);
        const struct random_outcome after = random_run(&backend_interp, interp, &cpu, u, buffer, seed);
        if (!wrong && random_same(&before, &after))
            continue;
        printf("# seed %llu after %s: %s; exit %d %d\n", (unsigned long long)seed, ir_passes[i].name,
               wrong ? wrong : "another result", before.reason, after.reason);
        ir_print(u, show, NULL);
        random_unit(u, seed, random_copies, RANDOM_COPIES);
        printf("# as built:\n");
        ir_print(u, show, NULL);
        return false;
    }
    return true;
}

static void each_pass(struct test *test)
{
    const struct backend_options options = { .icount = false };
    void *interp = backend_interp.create(&random_frontend, &options, NULL, NULL);
    struct ir_unit *u = ir_unit_new();
    uint8_t *memory = malloc(BUFFER);
    const struct code_buffer buffer = { memory, memory, BUFFER };
    const char *only = getenv("SEED");
    if (only)
        EXPECT(test, one_unit(interp, u, buffer, strtoull(only, NULL, 0)));
    for (uint64_t seed = 1; !only && seed <= UNITS; seed++)
        if (!EXPECT(test, one_unit(interp, u, buffer, seed)))
            break;
    free(memory);
    ir_unit_free(u);
    backend_interp.destroy(interp);
}

int main(void)
{
    test_run("ir_passes_keep_meaning", each_pass);
    return test_status();
}
