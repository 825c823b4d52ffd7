/* SPDX-License-Identifier: MIT */
/*
 * The host back end against the interpreter: random units (random_unit.h), optimised, run by both from the same state.
 * What the guest, its helpers and its memory see must be the same, at exits and where a memory access faults. Memory
 * always takes the slow path here. Tests: once with what the optimiser leaves, once with only what it must do.
 * SEED=N runs one unit and prints it.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "tcg/ir_opt.h"
#include "tests/ir/random_unit.h"
#include "tests/unit/test.h"

enum { UNITS = 20000, BUFFER = 4 << 20, COMMON = 64 << 10 };

static struct random_cpu cpu;

static void show(void *opaque, const char *text)
{
    (void)opaque;
    printf("#   %s\n", text);
}

struct backends { void *interp, *host; struct code_buffer buffer; };

static bool one_unit(const struct backends *b, struct ir_unit *u, uint64_t seed, bool fold, bool loud)
{
    random_unit(u, seed, random_copies, RANDOM_COPIES);
    if (fold)
        ir_opt_fold(u);
    ir_opt_live(u);
    ir_opt_compact(u);
    const struct random_outcome interp = random_run(&backend_interp, b->interp, &cpu, u, b->buffer, seed);
    if (loud)
        ir_print(u, show, NULL);
    const struct random_cpu before = cpu;
    const struct random_outcome host = random_run(&backend_host, b->host, &cpu, u, b->buffer, seed);
    if (random_same(&interp, &host))
        return true;
    printf("# seed %llu: exits %d %d, slots %u %u, pc %llx %llx, memory %s, log %s, flags %x %x\n", (unsigned long long)seed,
           interp.reason, host.reason, interp.slot, host.slot, (unsigned long long)before.cpu.pc,
           (unsigned long long)cpu.cpu.pc, interp.memory == host.memory ? "same" : "differs",
           before.log == cpu.log ? "same" : "differs", ir_flags_word(&before.flags), ir_flags_word(&cpu.flags));
    for (unsigned i = 0; i < RANDOM_INTS; i++)
        if (before.ints[i] != cpu.ints[i])
            printf("# r%u %llx %llx\n", i, (unsigned long long)before.ints[i], (unsigned long long)cpu.ints[i]);
    return false;
}

static void compare(struct test *test, bool fold)
{
    const struct backend_options options = { .icount = false };
    uint8_t *memory = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct code_buffer common = { memory, memory, COMMON };
    GError *error = NULL;
    const struct backends b = {
        backend_interp.create(&random_frontend, &options, NULL, NULL),
        backend_host.create(&random_frontend, &options, &common, &error),
        { memory + COMMON, memory + COMMON, BUFFER - COMMON },
    };
    struct ir_unit *u = ir_unit_new();
    const char *only = getenv("SEED");
    unsigned failed = 0;
    if (!EXPECT(test, b.host && memory != MAP_FAILED))
        return;
    if (only)
        EXPECT(test, one_unit(&b, u, strtoull(only, NULL, 0), fold, true));
    for (uint64_t seed = 1; !only && seed <= UNITS && failed < 5; seed++)
        failed += !EXPECT(test, one_unit(&b, u, seed, fold, false));
    ir_unit_free(u);
    backend_interp.destroy(b.interp);
    backend_host.destroy(b.host);
    munmap(memory, BUFFER);
}

static void optimised(struct test *test) { compare(test, true); }
static void barely_optimised(struct test *test) { compare(test, false); }

int main(void)
{
    test_run("ir_host_as_interpreter", optimised);
    test_run("ir_host_as_interpreter_without_folding", barely_optimised);
    return test_status();
}
