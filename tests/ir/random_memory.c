/* SPDX-License-Identifier: MIT */
/*
 * The memory of random units (random_unit.h) in place of softmmu: 256 bytes, wrapped, the mmu mode added to the address;
 * addresses with bits 3-7 all set fault.
 */
#include <setjmp.h>
#include "tcg/ir_value.h"
#include "tcg/softmmu.h"
#include "tests/ir/random_unit.h"

enum { MEMORY = RANDOM_MEMORY };

uint8_t random_memory[MEMORY];

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
        value |= (uint64_t)random_memory[(linear + i + mmu) % MEMORY] << (8 * i);
    return value;
}

void mmu_store(struct cpu *c, uint64_t linear, uint64_t value, unsigned bytes, unsigned mmu)
{
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        random_memory[(linear + i + mmu) % MEMORY] = (uint8_t)(value >> (8 * i));
}

void mmu_load_vector(struct cpu *c, uint64_t linear, void *out, unsigned bytes, unsigned mmu)
{
    uint8_t *to = out;
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        to[i] = random_memory[(linear + i + mmu) % MEMORY];
}

void mmu_store_vector(struct cpu *c, uint64_t linear, const void *in, unsigned bytes, unsigned mmu)
{
    const uint8_t *from = in;
    check_access(c, linear);
    for (unsigned i = 0; i < bytes; i++)
        random_memory[(linear + i + mmu) % MEMORY] = from[i];
}

uint64_t mmu_atomic(struct cpu *c, enum ir_op op, uint64_t linear, uint64_t b, uint64_t d, unsigned bytes, unsigned mmu)
{
    const uint64_t old = mmu_load(c, linear, bytes, mmu);
    uint64_t new = old;
    b = ir_value_cut(b, 8 * bytes);
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

static uint64_t linear_of_pc(struct cpu *c, uint64_t pc, uint32_t mode)
{
    (void)c, (void)mode;
    return pc;
}

static unsigned fetch_mmu(uint32_t mode)
{
    return mode & 0;
}

const struct frontend random_frontend = {
    .name = "random", .linear = linear_of_pc, .fetch_mmu = fetch_mmu,
    .globals = random_globals, .global_count = RANDOM_GLOBALS, .helpers = random_helpers, .helper_count = RANDOM_HELPERS,
};

struct random_outcome random_run(const struct backend *backend, void *state, struct random_cpu *cpu, struct ir_unit *u,
                                 struct code_buffer buffer, uint64_t seed)
{
    static struct tlb_entry missing = { .tag = { TLB_INVALID, TLB_INVALID, TLB_INVALID } };
    struct block block = { .pc = u->pc, .linear = u->linear, .mode = u->mode, .guest_bytes = u->guest_bytes,
                           .guest_insns = u->guest_insns };
    struct random_outcome outcome = { .reason = -1 };
    uint64_t random = seed + 77;
    random_cpu_state(cpu, seed);
    for (unsigned i = 0; i < CPU_MMU_MODES; i++)
        cpu->cpu.tlb[i].entries = &missing;
    for (unsigned i = 0; i < CPU_JUMP_CACHE; i++)
        cpu->cpu.jump_cache[i].mode = UINT32_MAX;           /* all empty */
    cpu->cpu.exit_request = 0;
    cpu->cpu.fp_control = 0x1f80;
    cpu->cpu.pc = u->pc;
    for (unsigned i = 0; i < MEMORY; i++)
        random_memory[i] = (uint8_t)random_next(&random);
    if (!backend->emit(state, u, &block, &buffer)) {
        outcome.reason = -2;
        return outcome;
    }
    cpu->cpu.current = &block;
    cpu->cpu.current_insns = 0;
    if (sigsetjmp(cpu->cpu.leave, 0) == 0) {
        const struct exit exit = backend->run(state, &cpu->cpu, &block);
        outcome.reason = exit.reason;
        outcome.slot = exit.reason == EXIT_LINK ? exit.slot : 0;
    }
    outcome.hash = random_cpu_hash(cpu);
    for (unsigned i = 0; i < MEMORY; i++)
        outcome.memory = (outcome.memory ^ random_memory[i]) * 0x9e3779b97f4a7c15;
    return outcome;
}

bool random_same(const struct random_outcome *a, const struct random_outcome *b)
{
    return a->hash == b->hash && a->memory == b->memory && a->reason == b->reason && a->slot == b->slot;
}
