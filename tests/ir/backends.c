/* SPDX-License-Identifier: MIT */
/*
 * The host back end against the interpreter: random units (random_unit.h), optimised, run by both from the same state.
 * What the guest, its helpers and its memory see must be the same, at exits and where a memory access faults. Memory
 * always takes the slow path here. Tests: with what the optimiser leaves, with only what it must do, and with each part that
 * can be switched off (tcg/engine_switches.def) left out of optimiser and back end.
 * SEED=N runs one unit, and prints as much of it as a difference needs.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tcg/engine_switches.h"
#include "tcg/ir_opt.h"
#include "tests/ir/random_unit.h"
#include "tests/unit/test.h"

enum { UNITS = 20000, UNITS_A_SWITCH = 1500, BUFFER = 4 << 20, COMMON = 64 << 10 };

static struct random_cpu cpu;

static void show(void *opaque, const char *text)
{
    (void)opaque;
    printf("#   %s\n", text);
}

struct backends { void *interp, *host; struct code_buffer buffer; uint32_t off; };

/* Runs u as it is by both. */
static bool agree(const struct backends *b, struct ir_unit *u, uint64_t seed, bool fold, struct random_cpu *other,
                  struct random_outcome out[2])
{
    u->off = b->off;
    if (fold && !(b->off & OFF_FOLD))
        ir_opt_fold(u);
    ir_opt_live(u);
    ir_opt_compact(u);
    out[0] = random_run(&backend_interp, b->interp, other, u, b->buffer, seed);
    out[1] = random_run(&backend_host, b->host, &cpu, u, b->buffer, seed);
    return random_same(&out[0], &out[1]);
}

/* Makes the op do nothing but give its outputs a value; false when that is no change. */
static bool blank(const struct ir_unit *u, struct ir_insn *insn)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    const ir_reg d = insn->d[0];
    if (flags & (IR_F_LABEL | IR_F_BRANCH | IR_F_ENDS | IR_F_MARK) || insn->d[1] || insn->op == IR_CONST ||
        insn->op == IR_VZERO || insn->op == IR_FMOV || insn->op == IR_POLL)
        return false;
    if (!d)
        *insn = (struct ir_insn){ .op = IR_STCPU, .width = 8, .s = { 1 }, .imm = offsetof(struct random_cpu, field[3]) };
    else if (u->types[d] == IR_TYPE_INT)
        *insn = (struct ir_insn){ .op = IR_CONST, .width = 64, .d = { d }, .imm = 0x123 };
    else if (u->types[d] == IR_TYPE_VEC)
        *insn = (struct ir_insn){ .op = IR_VZERO, .width = 128, .d = { d } };
    else
        *insn = (struct ir_insn){ .op = IR_FMOV, .width = 64, .d = { d }, .s = { RANDOM_FLAGS_GLOBAL } };
    return true;
}

static void report(uint64_t seed, const struct random_outcome out[2], const struct random_cpu *other)
{
    printf("# seed %llu: exits %d %d, slots %u %u, pc %llx %llx, memory %s, log %s, flags %x %x\n",
           (unsigned long long)seed, out[0].reason, out[1].reason, out[0].slot, out[1].slot,
           (unsigned long long)other->cpu.pc, (unsigned long long)cpu.cpu.pc,
           out[0].memory == out[1].memory ? "same" : "differs", other->log == cpu.log ? "same" : "differs",
           ir_flags_word(&other->flags), ir_flags_word(&cpu.flags));
    for (unsigned i = 0; i < RANDOM_INTS; i++)
        if (other->ints[i] != cpu.ints[i])
            printf("#   r%u %llx %llx\n", i, (unsigned long long)other->ints[i], (unsigned long long)cpu.ints[i]);
    for (unsigned i = 0; i < 4; i++)
        if (other->field[i] != cpu.field[i])
            printf("#   field %u %llx %llx\n", i, (unsigned long long)other->field[i], (unsigned long long)cpu.field[i]);
    for (unsigned i = 0; i < RANDOM_VECTORS; i++)
        if (memcmp(other->vectors[i], cpu.vectors[i], 16))
            printf("#   v%u\n", i);
}

/* Prints the unit with all ops blanked that the difference does not need. */
static void shrink(const struct backends *b, struct ir_unit *u, uint64_t seed, bool fold)
{
    static struct ir_insn code[IR_MAX_INSNS];
    static struct random_cpu other;
    struct random_outcome out[2];
    random_unit(u, seed, random_copies, RANDOM_COPIES);
    const struct ir_unit built = *u;
    memcpy(code, u->code, u->count * sizeof code[0]);
    for (unsigned i = built.count; i-- > 0;) {
        const struct ir_insn saved = code[i];
        if (!blank(&built, &code[i]))
            continue;
        *u = built;
        memcpy(u->code, code, u->count * sizeof code[0]);
        if (agree(b, u, seed, fold, &other, out))
            code[i] = saved;
    }
    *u = built;
    memcpy(u->code, code, u->count * sizeof code[0]);
    agree(b, u, seed, fold, &other, out);
    report(seed, out, &other);
    ir_print(u, show, NULL);
}

static bool one_unit(const struct backends *b, struct ir_unit *u, uint64_t seed, bool fold, bool loud)
{
    static struct random_cpu other;
    struct random_outcome out[2];
    random_unit(u, seed, random_copies, RANDOM_COPIES);
    if (agree(b, u, seed, fold, &other, out))
        return true;
    report(seed, out, &other);
    if (loud)
        shrink(b, u, seed, fold);
    return false;
}

static void compare(struct test *test, bool fold, uint32_t off, uint64_t units)
{
    const struct backend_options options = { .icount = false, .off = off };
    uint8_t *memory = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct code_buffer common = { memory, memory, COMMON };
    GError *error = NULL;
    const struct backends b = {
        backend_interp.create(&random_frontend, &options, NULL, NULL),
        backend_host.create(&random_frontend, &options, &common, &error),
        { memory + COMMON, memory + COMMON, BUFFER - COMMON },
        off,
    };
    struct ir_unit *u = ir_unit_new();
    const char *only = getenv("SEED");
    unsigned failed = 0;
    if (!EXPECT(test, b.host && memory != MAP_FAILED))
        return;
    if (only)
        EXPECT(test, one_unit(&b, u, strtoull(only, NULL, 0), fold, true));
    for (uint64_t seed = 1; !only && seed <= units && failed < 5; seed++)
        failed += !EXPECT(test, one_unit(&b, u, seed, fold, false));
    ir_unit_free(u);
    backend_interp.destroy(b.interp);
    backend_host.destroy(b.host);
    munmap(memory, BUFFER);
}

static void optimised(struct test *test) { compare(test, true, 0, UNITS); }
static void barely_optimised(struct test *test) { compare(test, false, 0, UNITS); }

static void switched_off(struct test *test)
{
    for (unsigned i = 0; engine_switch_name(i) && !test->failed; i++) {
        compare(test, true, 1u << i, UNITS_A_SWITCH);
        printf(test->failed ? "# with -%s\n" : "", engine_switch_name(i));
    }
    compare(test, true, OFF_ALL, UNITS_A_SWITCH);
}

int main(void)
{
    alarm(300);         /* wrong code may run for ever */
    test_run("ir_host_as_interpreter", optimised);
    test_run("ir_host_as_interpreter_without_folding", barely_optimised);
    test_run("ir_host_as_interpreter_with_parts_off", switched_off);
    return test_status();
}
