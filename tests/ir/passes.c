/* SPDX-License-Identifier: MIT */
/*
 * The optimiser's passes keep the meaning of random units: each unit is run by the interpreter as built and after
 * every pass, from the same state; what the guest and its helpers see must be the same, also where a memory access
 * faults.
 *
 * Memory here is 256 bytes, wrapped; addresses with bits 3-7 all set fault.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "tcg/frontend.h"
#include "tcg/host-x86_64/copy.h"
#include "tcg/ir_opt.h"
#include "tcg/ir_value.h"
#include "tcg/softmmu.h"
#include "tests/ir/random_unit.h"
#include "tests/unit/test.h"

enum { UNITS = 20000, MEMORY = 256, BUFFER = 1 << 20 };

static struct random_cpu cpu;
static uint8_t memory[MEMORY];

void cpu_leave(struct cpu *c)
{
    siglongjmp(c->leave, 1);
}

static void check_access(struct cpu *c, uint64_t linear)
{
    if ((linear & 0xf8) == 0xf8)
        cpu_leave(c);
}

uint64_t mmu_load(struct cpu *c, uint64_t linear, unsigned bytes, unsigned mmu)
{
    uint64_t value = 0;
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)memory[(linear + i + mmu) % MEMORY] << (8 * i);
    return value;
}

void mmu_store(struct cpu *c, uint64_t linear, uint64_t value, unsigned bytes, unsigned mmu)
{
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        memory[(linear + i + mmu) % MEMORY] = (uint8_t)(value >> (8 * i));
}

void mmu_load_vector(struct cpu *c, uint64_t linear, void *out, unsigned bytes, unsigned mmu)
{
    uint8_t *to = out;
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        to[i] = memory[(linear + i + mmu) % MEMORY];
}

void mmu_store_vector(struct cpu *c, uint64_t linear, const void *in, unsigned bytes, unsigned mmu)
{
    const uint8_t *from = in;
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        memory[(linear + i + mmu) % MEMORY] = from[i];
}

uint64_t mmu_atomic(struct cpu *c, enum ir_op op, uint64_t linear, uint64_t b, uint64_t d, unsigned bytes, unsigned mmu)
{
    const uint64_t old = mmu_load(c, linear, bytes, mmu);
    uint64_t new = old;
    switch ((unsigned)op) {
    case IR_ATOMIC_ADD:  new = old + b; break;
    case IR_ATOMIC_AND:  new = old & b; break;
    case IR_ATOMIC_OR:   new = old | b; break;
    case IR_ATOMIC_XOR:  new = old ^ b; break;
    case IR_ATOMIC_XCHG: new = b; break;
    case IR_ATOMIC_CAS:  new = old == b ? d : old; break;
    }
    mmu_store(c, linear, new, bytes, mmu);
    return old;
}

void mmu_probe(struct cpu *c, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    (void)bytes, (void)access, (void)mmu;
    check_access(c, linear);
}

/* No COPY in these units. */
struct copy_thunks *copy_thunks_new(void) { return NULL; }
void copy_thunks_free(struct copy_thunks *thunks) { (void)thunks; }
void copy_run(struct copy_thunks *thunks, const struct ir_copy *copy, int imm,
              union copy_value *reg, union copy_value *rm, const union copy_value *xmm0, uint32_t *flags)
{
    (void)thunks, (void)copy, (void)imm, (void)reg, (void)rm, (void)xmm0, (void)flags;
}

static uint64_t linear(struct cpu *c, uint64_t pc, uint32_t mode)
{
    (void)c, (void)mode;
    return pc;
}

static unsigned fetch_mmu(uint32_t mode)
{
    return mode & 0;
}

static const struct frontend frontend = { .name = "random", .linear = linear, .fetch_mmu = fetch_mmu };

struct outcome { uint64_t hash, memory; int reason; unsigned slot; };

/* Runs the unit once from the state of that seed. */
static struct outcome run(void *backend, struct ir_unit *u, uint8_t *buffer, uint64_t seed)
{
    static struct block block;
    struct code_buffer code = { buffer, buffer, BUFFER };
    struct outcome outcome = { .reason = -1 };
    uint64_t state = seed + 77;
    random_cpu_state(&cpu, seed);
    cpu.cpu.exit_request = 0;
    cpu.cpu.fp_control = 0x1f80;
    for (unsigned i = 0; i < MEMORY; i++)
        memory[i] = (uint8_t)random_next(&state);
    memset(&block, 0, sizeof block);
    if (!backend_interp.emit(backend, u, &block, &code)) {
        outcome.reason = -2;
        return outcome;
    }
    if (sigsetjmp(cpu.cpu.leave, 0) == 0) {
        const struct exit exit = backend_interp.run(backend, &cpu.cpu, &block);
        outcome.reason = exit.reason;
        outcome.slot = exit.slot;
    }
    outcome.hash = random_cpu_hash(&cpu);
    for (unsigned i = 0; i < MEMORY; i++)
        outcome.memory = (outcome.memory ^ memory[i]) * 0x9e3779b97f4a7c15;
    return outcome;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->hash == b->hash && a->memory == b->memory && a->reason == b->reason && a->slot == b->slot;
}

static void show(void *opaque, const char *text)
{
    (void)opaque;
    printf("#   %s\n", text);
}

/* One unit through the pipeline; says what went wrong where. */
static bool one_unit(void *backend, struct ir_unit *u, uint8_t *buffer, uint64_t seed)
{
    random_unit(u, seed, NULL, 0);
    const char *wrong = ir_verify(u);
    if (wrong) {
        printf("# seed %llu as built: %s\n", (unsigned long long)seed, wrong);
        return false;
    }
    const struct outcome before = run(backend, u, buffer, seed);
    for (unsigned i = 0; i < ir_pass_count; i++) {
        ir_passes[i].run(u);
        ir_opt_compact(u);
        wrong = ir_verify(u);
        const struct outcome after = run(backend, u, buffer, seed);
        if (!wrong && same(&before, &after))
            continue;
        printf("# seed %llu after %s: %s; exit %d %d\n", (unsigned long long)seed, ir_passes[i].name,
               wrong ? wrong : "another result", before.reason, after.reason);
        ir_print(u, show, NULL);
        random_unit(u, seed, NULL, 0);
        printf("# as built:\n");
        ir_print(u, show, NULL);
        return false;
    }
    return true;
}

static void each_pass(struct test *test)
{
    const struct backend_options options = { .icount = false };
    void *backend = backend_interp.create(&frontend, &options, NULL, NULL);
    struct ir_unit *u = ir_unit_new();
    uint8_t *buffer = malloc(BUFFER);
    const char *only = getenv("SEED");
    if (only)
        EXPECT(test, one_unit(backend, u, buffer, strtoull(only, NULL, 0)));
    for (uint64_t seed = 1; !only && seed <= UNITS; seed++)
        if (!EXPECT(test, one_unit(backend, u, buffer, seed)))
            break;
    free(buffer);
    ir_unit_free(u);
    backend_interp.destroy(backend);
}

int main(void)
{
    test_run("ir_passes_keep_meaning", each_pass);
    return test_status();
}
