/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 back end against the interpreter on random units, as built and optimised: the same state afterwards, the
 * same memory, the same way out, also where an access faults in the middle.
 *
 * Memory is one page a mmu mode, which every linear page maps to; linear pages whose number ends in 7 fault. So addresses
 * mean the same when they are cut to 32 bits, and half of the units say that they are. The make-believe
 * softmmu fills TLB entries as the real one does, so that later accesses to a page take the inlined path.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tcg/frontend.h"
#include "tcg/host-x86_64/host.h"
#include "tcg/ir_opt.h"
#include "tcg/softmmu.h"
#include "tests/ir/random_unit.h"
#include "tests/unit/test.h"

enum { CODE_SHOWN = 3000, UNITS = 6000, PAGE = 4096, MODES = 2, TLB_ENTRIES = 8, CODE = 1 << 20 };

static struct random_cpu cpu;
static uint8_t memory[MODES][PAGE] __attribute__((aligned(4096)));
static struct tlb_entry tlb[MODES][TLB_ENTRIES];

void cpu_leave(struct cpu *c)
{
    siglongjmp(c->leave, 1);
}

static void check_access(struct cpu *c, uint64_t linear, unsigned bytes, unsigned mmu)
{
    if ((linear >> 12 & 7) == 7 || ((linear + bytes - 1) >> 12 & 7) == 7)
        cpu_leave(c);
    if (linear >> 12 & 1)           /* every other page stays with the slow path, as a device's would */
        return;
    struct tlb_entry *e = &tlb[mmu][linear >> 12 & (TLB_ENTRIES - 1)];
    *e = (struct tlb_entry){ .addend = (uintptr_t)memory[mmu] - (linear & ~0xfffull) };
    e->tag[MMU_READ] = e->tag[MMU_WRITE] = linear & ~0xfffull;
}

static uint8_t *at(uint64_t linear, unsigned mmu)
{
    return &memory[mmu][linear & (PAGE - 1)];
}

uint64_t mmu_load(struct cpu *c, uint64_t linear, unsigned bytes, unsigned mmu)
{
    uint64_t value = 0;
    check_access(c, linear, bytes, mmu);
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)*at(linear + i, mmu) << (8 * i);
    return value;
}

void mmu_store(struct cpu *c, uint64_t linear, uint64_t value, unsigned bytes, unsigned mmu)
{
    check_access(c, linear, bytes, mmu);
    for (unsigned i = 0; i < bytes; i++)
        *at(linear + i, mmu) = (uint8_t)(value >> (8 * i));
}

void mmu_load_vector(struct cpu *c, uint64_t linear, void *out, unsigned bytes, unsigned mmu)
{
    check_access(c, linear, bytes, mmu);
    for (unsigned i = 0; i < bytes; i++)
        ((uint8_t *)out)[i] = *at(linear + i, mmu);
}

void mmu_store_vector(struct cpu *c, uint64_t linear, const void *in, unsigned bytes, unsigned mmu)
{
    check_access(c, linear, bytes, mmu);
    for (unsigned i = 0; i < bytes; i++)
        *at(linear + i, mmu) = ((const uint8_t *)in)[i];
}

uint64_t mmu_atomic(struct cpu *c, enum ir_op op, uint64_t linear, uint64_t b, uint64_t d, unsigned bytes, unsigned mmu)
{
    const uint64_t mask = bytes == 8 ? ~0ull : (1ull << 8 * bytes) - 1;
    const uint64_t old = mmu_load(c, linear, bytes, mmu);
    uint64_t new = old;
    switch ((unsigned)op) {
    case IR_ATOMIC_ADD:  new = old + b; break;
    case IR_ATOMIC_AND:  new = old & b; break;
    case IR_ATOMIC_OR:   new = old | b; break;
    case IR_ATOMIC_XOR:  new = old ^ b; break;
    case IR_ATOMIC_XCHG: new = b; break;
    case IR_ATOMIC_CAS:  new = old == (b & mask) ? d : old; break;
    }
    mmu_store(c, linear, new, bytes, mmu);
    return old;
}

void mmu_probe(struct cpu *c, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    check_access(c, linear, bytes, mmu);
}

static uint64_t linear_of(struct cpu *c, uint64_t pc, uint32_t mode)
{
    return pc;
}

static unsigned fetch_mmu(uint32_t mode)
{
    return 0;
}

static struct frontend frontend = {
    .name = "random", .linear = linear_of, .fetch_mmu = fetch_mmu, .globals = random_globals,
    .global_count = RANDOM_GLOBALS, .helpers = random_helpers, .helper_count = RANDOM_HELPERS,
};

enum { V = IR_COPY_VEC, I = IR_COPY_INT, RD = IR_COPY_READ, WR = IR_COPY_WRITE, RW = IR_COPY_BOTH };
static const struct ir_copy copies[] = {
    { "paddd", 0x66, 1, 0xfe, .reg_role = RW, .reg_class = V, .rm_role = RD, .rm_class = V },
    { "pcmpgtb", 0x66, 1, 0x64, .reg_role = RW, .reg_class = V, .rm_role = RD, .rm_class = V },
    { "pshufd", 0x66, 1, 0x70, .imm_bytes = 1, .reg_role = WR, .reg_class = V, .rm_role = RD, .rm_class = V },
    { "pslldq", 0x66, 1, 0x73, .imm_bytes = 1, .modrm_reg = 7, .rm_role = RW, .rm_class = V },
    { "pmovmskb", 0x66, 1, 0xd7, .reg_role = WR, .reg_class = I, .rm_role = RD, .rm_class = V },
    { "movq xmm", 0x66, 1, 0x6e, .rex_w = 1, .reg_role = WR, .reg_class = V, .rm_role = RD, .rm_class = I },
    { "pextrd", 0x66, 3, 0x16, .imm_bytes = 1, .reg_role = RD, .reg_class = V, .rm_role = WR, .rm_class = I },
    { "pblendvb", 0x66, 2, 0x10, .reg_role = RW, .reg_class = V, .rm_role = RD, .rm_class = V, .xmm0_role = RD },
    { "ptest", 0x66, 2, 0x17, .reg_role = RD, .reg_class = V, .rm_role = RD, .rm_class = V, .flags_role = WR },
    { "crc32 b", 0xf2, 2, 0xf0, .reg_role = RW, .reg_class = I, .rm_role = RD, .rm_class = I },
    { "adcx", 0x66, 2, 0xf6, .rex_w = 1, .reg_role = RW, .reg_class = I, .rm_role = RD, .rm_class = I, .flags_role = RW },
    { "vfmadd231ps", 0x66, 2, 0xb8, .vex = 1, .reg_role = RW, .reg_class = V, .rm_role = RD, .rm_class = V, .xmm0_role = RD },
};

/* The last one is for hosts with FMA. */
static unsigned copy_count(void)
{
    return sizeof(copies) / sizeof(copies[0]) - !__builtin_cpu_supports("fma");
}

struct outcome { uint64_t hash, memory, pc; int reason; unsigned slot; };
struct code { uint8_t *write; const uint8_t *exec; };

static struct outcome run(const struct backend *backend, void *state, struct ir_unit *u, struct code code, uint64_t seed)
{
    static struct block block;
    struct code_buffer buffer = { code.write, code.exec, CODE };
    struct outcome outcome = { .reason = -1 };
    uint64_t random = seed + 77;
    random_cpu_state(&cpu, seed);
    cpu.cpu.exit_request = 0;
    cpu.cpu.pc = 0;
    for (unsigned i = 0; i < CPU_JUMP_CACHE; i++)
        cpu.cpu.jump_cache[i].mode = UINT32_MAX;
    cpu.cpu.fp_control = 0x1f80;
    memset(tlb, 0xff, sizeof(tlb));
    memset(cpu.cpu.spill, 0x5a, sizeof(cpu.cpu.spill));
    for (unsigned m = 0; m < MODES; m++) {
        cpu.cpu.tlb[m].entries = tlb[m];
        cpu.cpu.tlb[m].mask = (TLB_ENTRIES - 1) * sizeof(struct tlb_entry);
        for (unsigned i = 0; i < PAGE; i++)
            memory[m][i] = (uint8_t)random_next(&random);
    }
    memset(&block, 0, sizeof(block));
    block.pc = u->pc;
    if (!backend->emit(state, u, &block, &buffer)) {
        outcome.reason = -2;
        return outcome;
    }
    if (sigsetjmp(cpu.cpu.leave, 0) == 0) {
        const struct exit exit = backend->run(state, &cpu.cpu, &block);
        outcome.reason = exit.reason;
        outcome.slot = exit.reason == EXIT_LINK ? exit.slot : 0;
    }
    outcome.hash = random_cpu_hash(&cpu);
    outcome.pc = cpu.cpu.pc;
    for (unsigned m = 0; m < MODES; m++) {
        for (unsigned i = 0; i < PAGE; i++)
            outcome.memory = (outcome.memory ^ memory[m][i]) * 0x9e3779b97f4a7c15;
    }
    return outcome;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->hash == b->hash && a->memory == b->memory && a->reason == b->reason && a->slot == b->slot && a->pc == b->pc;
}

static void show(void *opaque, const char *text)
{
    printf("#   %s\n", text);
}

static void show_state(const char *who)
{
    printf("# %s:", who);
    for (unsigned i = 0; i < RANDOM_INTS; i++)
        printf(" %llx", (unsigned long long)cpu.ints[i]);
    for (unsigned i = 0; i < RANDOM_VECTORS; i++)
        printf(" %016llx%016llx", *(unsigned long long *)(cpu.vectors[i] + 8), *(unsigned long long *)cpu.vectors[i]);
    printf(" flags %x (%u) log %llx pc %llx fuel %u\n", ir_flags_word(&cpu.flags), cpu.flags.kind,
           (unsigned long long)cpu.log, (unsigned long long)cpu.cpu.pc, cpu.fuel);
}

struct both { void *host, *interp; struct code code, other; struct ir_unit *u; };

static void show_code(void *opaque, unsigned at, unsigned bytes, const char *text)
{
    printf("#   %3x  %s\n", at, text);
}

static bool compare(struct both *b, uint64_t seed, const char *what)
{
    const struct outcome want = run(&backend_interp, b->interp, b->u, b->other, seed);
    if (getenv("SEED"))
        show_state("interpreter");
    const struct outcome got = run(&backend_host, b->host, b->u, b->code, seed);
    if (getenv("SEED"))
        show_state("host");
    if (getenv("CODE")) {
        backend_host.disassemble(b->code.exec, CODE_SHOWN, (uintptr_t)b->code.exec, show_code, NULL);
    }
    if (same(&want, &got))
        return true;
    printf("# seed %llu, %s: exit %d/%u pc %llx, not %d/%u pc %llx; state %s, memory %s\n", (unsigned long long)seed, what,
           got.reason, got.slot, (unsigned long long)got.pc, want.reason, want.slot, (unsigned long long)want.pc,
           got.hash == want.hash ? "same" : "differs", got.memory == want.memory ? "same" : "differs");
    if (getenv("SEED"))
        ir_print(b->u, show, NULL);
    return false;
}

static struct code code_new(void)
{
    const int fd = memfd_create("host-test", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, CODE))
        exit(1);
    struct code code = { mmap(NULL, CODE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
                         mmap(NULL, CODE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) };
    close(fd);
    return code;
}

/* pins: how many of the integer globals have a rank; features: of the host, what may be used. */
static void random_units(struct test *test, unsigned pins, uint64_t first, uint32_t features)
{
    static struct ir_global globals[RANDOM_GLOBALS];
    const struct backend_options options = { .icount = false };
    struct both b = { .code = code_new(), .other = code_new(), .u = ir_unit_new() };
    const struct code common = code_new();
    struct code_buffer common_buffer = { common.write, common.exec, CODE };
    GError *error = NULL;
    memcpy(globals, random_globals, sizeof(globals));
    for (unsigned i = pins; i < RANDOM_GLOBALS; i++)
        globals[i].pin = 0;
    frontend.globals = globals;
    b.host = backend_host.create(&frontend, &options, &common_buffer, &error);
    ((struct host_state *)b.host)->features &= features;
    b.interp = backend_interp.create(&frontend, &options, NULL, NULL);
    const char *only = getenv("SEED");
    const char *units = getenv("UNITS");
    const uint64_t last = first + (units ? strtoull(units, NULL, 0) : UNITS);
    for (uint64_t seed = only ? strtoull(only, NULL, 0) : first; seed < last; seed++) {
        random_unit(b.u, seed, copies, copy_count());
        b.u->addresses_32 = seed & 1;
        if (!EXPECT(test, compare(&b, seed, "as built")))
            break;
        ir_optimise(b.u);
        if (!EXPECT(test, compare(&b, seed, "optimised")))
            break;
        if (only)
            break;
    }
    backend_host.destroy(b.host);
    backend_interp.destroy(b.interp);
    ir_unit_free(b.u);
}

static void all_pinned(struct test *test) { random_units(test, RANDOM_INTS, 1, ~0u); }
static void half_pinned(struct test *test) { random_units(test, RANDOM_INTS / 2, 100000, ~0u); }
static void none_pinned(struct test *test) { random_units(test, 0, 200000, ~0u); }
/* A host without BMI and LZCNT. */
static void old_host(struct test *test) { random_units(test, RANDOM_INTS, 300000, HOST_HAS_POPCNT); }

int main(void)
{
    static const struct test_case cases[] = { TEST(all_pinned), TEST(half_pinned), TEST(none_pinned), TEST(old_host) };
    return test_run_cases("host_random", cases, sizeof(cases) / sizeof(cases[0]));
}
