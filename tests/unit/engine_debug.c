/* SPDX-License-Identifier: MIT */
/*
 * The debugger's core with the toy guest: where a CPU stops, in what state, that it goes on rightly, and that nothing is left
 * behind. Each case runs by both back ends, in units of all sizes, with a small cache.
 */
#include <stdatomic.h>
#include <string.h>
#include "base/cpu_port.h"
#include "tcg/debugger.h"
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 16 << 20, CODE = 0x10000, DATA = 0x200000, ROOT = 0x100000, MANY_UNITS = 10000000 };

static const struct engine_options variants[] = {
    { .interpret = true }, { .interpret = true, .cache_mib = 1, .max_insns = 2 }, { .interpret = false }, { .max_insns = 1 },
    { .cache_mib = 1 }, { .unlinked = true, .max_insns = 3 },
};

static void run_all(struct test *t, void (*body)(struct test *t, struct toy_machine *m))
{
    for (unsigned v = 0; v < COUNT(variants) && !t->failed; v++) {
        struct toy_machine m;
        toy_machine_init(&m, &variants[v], RAM_BYTES, 1);
        body(t, &m);
        toy_machine_free(&m);
        if (t->failed) {
            printf("# in variant %u\n", v);
        }
    }
}

/* CPU 0 goes on; what stopped it. */
static const struct debug_stop *go(struct toy_machine *m)
{
    engine_run(m->engine, &m->cpu[0]->cpu, MANY_UNITS);
    return debugger_stop(m->engine);
}

static const struct debug_stop *step(struct toy_machine *m, enum debug_step how, uint64_t first, uint64_t last)
{
    debugger_step(&m->cpu[0]->cpu, how, first, last, true);
    return go(m);
}

static unsigned add(struct toy_machine *m, struct debug_point point)
{
    GError *error = NULL;
    point.cpu = DEBUG_ANY_CPU;
    const unsigned id = debugger_add(m->engine, &point, &error);
    g_assert_no_error(error);
    return id;
}

static uint64_t hits_of(struct toy_machine *m, unsigned id)
{
    struct debug_point point;
    for (unsigned n = 0; debugger_point(m->engine, n, &point); n++) {
        if (point.id == id) {
            return point.hits;
        }
    }
    return UINT64_MAX;
}

/* 0 sum, 1 counts down from 1000: a loop inside one unit. */
enum { SUM_LOOP = CODE + 24, SUM_ADDI = CODE + 32, SUM_BNE = CODE + 40, SUM_END = CODE + 48 };
static void load_sum(struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, 0), I(MOVI, 1, 0, 0, 1000), I(MOVI, 2, 0, 0, 0),
        I(ADD, 0, 0, 1, 0), I(ADDI, 1, 1, 0, -1), I(BNE, 1, 2, 0, -16),
        I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, code, COUNT(code));
    m->cpu[0]->cpu.pc = CODE;
    m->cpu[0]->cpu.halted = false;
}

/* ---- code points ---- */

static void in_loop_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    load_sum(m);
    go(m);                              /* translated and linked without points */
    EXPECT_EQ(t, cpu->r[0], 500500);
    for (uint64_t at = SUM_LOOP; at < SUM_END; at += 8) {
        load_sum(m);
        const unsigned id = add(m, (struct debug_point){ .kind = DEBUG_CODE, .address = at });
        uint64_t sum = 0;
        for (unsigned i = 1000; i > 990; i--) {
            const struct debug_stop *stop = go(m);
            sum += i;
            EXPECT_EQ(t, stop->reason, DEBUG_STOP_CODE);
            EXPECT_EQ(t, stop->point.id, id);
            EXPECT_EQ(t, stop->address, at);
            EXPECT_EQ(t, cpu->cpu.pc, at);
            EXPECT_EQ(t, cpu->r[1], at == SUM_BNE ? i - 1 : i);
            EXPECT_EQ(t, cpu->r[0], at == SUM_LOOP ? sum - i : sum);
        }
        EXPECT(t, debugger_set_ignore(m->engine, id, 100));
        go(m);
        EXPECT_EQ(t, cpu->r[1], at == SUM_BNE ? 889 : 890);
        EXPECT_EQ(t, hits_of(m, id), 111);
        EXPECT(t, debugger_set_enabled(m->engine, id, false));
        EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
        EXPECT_EQ(t, cpu->r[0], 500500);
        EXPECT(t, debugger_remove(m->engine, id) && !debugger_remove(m->engine, id));
    }
}
static void in_loop(struct test *t) { run_all(t, in_loop_body); }

static void same_place_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    const uint64_t code[] = { I(BNE, 0, 1, 0, 0), I(HLT, 0, 0, 0, 0) };
    toy_load(m, CODE, code, COUNT(code));
    cpu->r[0] = 1;
    cpu->r[1] = 2;
    cpu->cpu.pc = CODE;
    const unsigned id = add(m, (struct debug_point){ .kind = DEBUG_CODE, .address = CODE });
    for (unsigned i = 0; i < 5; i++) {
        EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_CODE);
        EXPECT_EQ(t, cpu->cpu.pc, CODE);
    }
    EXPECT_EQ(t, hits_of(m, id), 5);
    cpu->r[0] = 2;
    EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
    EXPECT(t, cpu->cpu.halted);
}
static void same_place(struct test *t) { run_all(t, same_place_body); }

/* Two pages that jump to each other, directly and by register: links and jump caches exist before the point. */
static void other_page_body(struct test *t, struct toy_machine *m)
{
    const uint64_t first[] = { I(ADDI, 0, 0, 0, 1), I(JMP, 0, 0, 0, 0x1000 - 8) };
    const uint64_t second[] = {
        I(ADDI, 1, 1, 0, 2), I(MOVI, 2, 0, 0, CODE), I(BNE, 0, 3, 0, 16), I(HLT, 0, 0, 0, 0), I(JMPR, 2, 0, 0, 0),
    };
    struct toy *cpu = m->cpu[0];
    toy_load(m, CODE, first, COUNT(first));
    toy_load(m, CODE + 0x1000, second, COUNT(second));
    static const uint64_t places[] = { CODE, CODE + 8, CODE + 0x1000, CODE + 0x1008, CODE + 0x1020 };
    for (unsigned physical = 0; physical < 2; physical++) {
        for (unsigned i = 0; i < COUNT(places); i++) {
            cpu->r[0] = cpu->r[1] = 0;
            cpu->r[3] = 100;
            toy_run(m, CODE);
            EXPECT_EQ(t, cpu->r[1], 200);
            cpu->r[0] = 0;
            cpu->cpu.pc = CODE;
            cpu->cpu.halted = false;
            const struct debug_point point = { .kind = physical ? DEBUG_CODE_PHYSICAL : DEBUG_CODE, .address = places[i], .once = i & 1 };
            const unsigned id = add(m, point);
            EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_CODE);
            EXPECT_EQ(t, cpu->cpu.pc, places[i]);
            EXPECT_EQ(t, cpu->r[0], i > 0);
            EXPECT_EQ(t, debugger_remove(m->engine, id), !point.once);
            EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
            EXPECT_EQ(t, cpu->r[0], 100);
        }
    }
}
static void other_page(struct test *t) { run_all(t, other_page_body); }

static void magic_mode_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, 1), I(ADDI, 15, 15, 15, 0), I(MODE, 0, 0, 0, 2), I(MOVI, 0, 0, 0, 2), I(MODE, 0, 0, 0, 3),
        I(MODE, 0, 0, 0, 0), I(ADDI, 1, 1, 0, 1), I(MOVI, 2, 0, 0, CODE), I(BNE, 1, 3, 0, 16), I(HLT, 0, 0, 0, 0), I(JMPR, 2, 0, 0, 0),
    };
    struct toy *cpu = m->cpu[0];
    toy_load(m, CODE, code, COUNT(code));
    cpu->r[1] = 0;
    cpu->r[3] = 10;
    toy_run(m, CODE);
    cpu->cpu.pc = CODE;
    cpu->cpu.halted = false;
    cpu->r[1] = 0;
    const unsigned magic = add(m, (struct debug_point){ .kind = DEBUG_MAGIC }), mode = add(m, (struct debug_point){ .kind = DEBUG_MODE });
    for (unsigned i = 0; i < 10; i++) {
        EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_MAGIC);
        EXPECT_EQ(t, cpu->cpu.pc, CODE + 8);
        EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_MODE);
        EXPECT_EQ(t, cpu->cpu.pc, CODE + 24);
        EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_MODE);
        EXPECT_EQ(t, cpu->cpu.pc, CODE + 48);
        EXPECT_EQ(t, cpu->r[1], i);
    }
    EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
    EXPECT_EQ(t, hits_of(m, magic), 10);
    EXPECT_EQ(t, hits_of(m, mode), 20);
}
static void magic_mode(struct test *t) { run_all(t, magic_mode_body); }

/* ---- steps ---- */

static void steps_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, CODE + 24), I(JMPR, 0, 0, 0, 0), I(BAD, 0, 0, 0, 0),
        I(ADDI, 1, 1, 0, 1), I(BNE, 1, 2, 0, -8), I(BAD, 0, 0, 0, 0), I(HLT, 0, 0, 0, 0),
    };
    static const uint64_t path[] = { CODE + 8, CODE + 24, CODE + 32, CODE + 24, CODE + 32, CODE + 40, CODE + 48, CODE + 56 };
    struct toy *cpu = m->cpu[0];
    toy_load(m, CODE, code, COUNT(code));
    cpu->handler = CODE + 48;
    for (unsigned pass = 0; pass < 2; pass++) {
        cpu->r[1] = 0;
        cpu->r[2] = 2;
        cpu->cpu.halted = false;
        cpu->cpu.pc = CODE;
        if (pass) {
            go(m);                      /* everything is in the jump cache when it steps again */
        }
        cpu->cpu.halted = false;
        cpu->r[1] = 0;
        cpu->cpu.pc = CODE;
        for (unsigned i = 0; i < COUNT(path); i++) {
            EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_STEP);
            EXPECT_EQ(t, cpu->cpu.pc, path[i]);
        }
        EXPECT(t, cpu->cpu.halted);
        EXPECT_EQ(t, cpu->r[15], CODE + 40);
        EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_NONE);     /* it sleeps */
        debugger_end_steps(m->engine);
    }
}
static void steps(struct test *t) { run_all(t, steps_body); }

static void ranges_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    load_sum(m);
    EXPECT_EQ(t, step(m, DEBUG_STEP_RANGE, CODE, SUM_LOOP - 1)->reason, DEBUG_STOP_STEP);
    EXPECT_EQ(t, cpu->cpu.pc, SUM_LOOP);
    const unsigned id = add(m, (struct debug_point){ .kind = DEBUG_CODE, .address = SUM_BNE });
    EXPECT_EQ(t, step(m, DEBUG_STEP_RANGE, SUM_LOOP, SUM_END - 1)->reason, DEBUG_STOP_CODE);
    EXPECT_EQ(t, cpu->cpu.pc, SUM_BNE);
    EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_STEP);
    EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_STEP);
    EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_CODE);      /* a step onto a point is a hit of it */
    EXPECT_EQ(t, hits_of(m, id), 2);
    debugger_remove(m->engine, id);
    EXPECT_EQ(t, step(m, DEBUG_STEP_RANGE, SUM_LOOP, SUM_END - 1)->reason, DEBUG_STOP_STEP);
    EXPECT_EQ(t, cpu->cpu.pc, SUM_END);
    EXPECT_EQ(t, cpu->r[0], 500500);
    load_sum(m);
    EXPECT_EQ(t, step(m, DEBUG_STEP_UNIT, 0, 0)->reason, DEBUG_STOP_STEP);
    EXPECT(t, cpu->cpu.pc > CODE && cpu->cpu.pc <= SUM_END);
    go(m);
    EXPECT_EQ(t, cpu->r[0], 500500);
}
static void ranges(struct test *t) { run_all(t, ranges_body); }

/* Several instructions write into the unit that is running: the one after such a store is begun again. */
static void step_smc_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, CODE + 24), I(LD, 1, 0, 3, 16), I(ST, 1, 0, 3, 0), I(BAD, 0, 0, 0, 0), I(HLT, 0, 0, 0, 0),
        I(MOVI, 5, 0, 0, 77),
    };
    toy_load(m, CODE, code, COUNT(code));
    m->cpu[0]->cpu.pc = CODE;
    for (unsigned i = 1; i < 5; i++) {
        EXPECT_EQ(t, step(m, DEBUG_STEP_INSN, 0, 0)->reason, DEBUG_STOP_STEP);
        EXPECT_EQ(t, m->cpu[0]->cpu.pc, CODE + i * 8);
    }
    EXPECT_EQ(t, m->cpu[0]->r[5], 77);
}
static void step_smc(struct test *t) { run_all(t, step_smc_body); }

/* ---- data points ---- */

struct access_case { uint64_t insn; uint64_t address; unsigned bytes, access; };

/* Every kind of access in the middle of a unit, against points of every kind around it. */
static void accesses_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    const struct access_case cases[] = {
        { I(LD, 1, 0, 0, 0), DATA, 1, DEBUG_READ }, { I(LD, 1, 0, 3, 0xffc), DATA + 0xffc, 8, DEBUG_READ },
        { I(ST, 1, 0, 2, 8), DATA + 8, 4, DEBUG_WRITE }, { I(ST, 1, 0, 1, 0xfff), DATA + 0xfff, 2, DEBUG_WRITE },
        { I(HST, 1, 0, 3, 16), DATA + 16, 8, DEBUG_WRITE }, { I(XADD, 1, 0, 2, 0), DATA, 8, DEBUG_READ | DEBUG_WRITE },
    };
    for (unsigned c = 0; c < COUNT(cases); c++) {
        const uint64_t code[] = { I(ADDI, 7, 7, 0, 1), cases[c].insn, I(ADDI, 8, 8, 0, 1), I(HLT, 0, 0, 0, 0) };
        toy_load(m, CODE, code, COUNT(code));
        for (int offset = -2; offset <= (int)cases[c].bytes; offset++) {
            for (unsigned kind = 0; kind < 12; kind++) {
                const struct debug_point point = { .kind = kind & 1 ? DEBUG_DATA : DEBUG_DATA_PHYSICAL, .before = kind & 2,
                    .address = cases[c].address + (uint64_t)(int64_t)offset, .bytes = 2, .access = kind / 4 + 1 };
                const bool hits = offset > -2 && offset < (int)cases[c].bytes && point.access & cases[c].access;
                cpu->r[0] = DATA;
                cpu->r[1] = 0x1234;
                cpu->r[7] = cpu->r[8] = 0;
                toy_poke(m, cases[c].address, 0);
                cpu->cpu.pc = CODE;
                cpu->cpu.halted = false;
                const unsigned id = add(m, point);
                const struct debug_stop *stop = go(m);
                EXPECT_EQ(t, stop->reason, hits ? DEBUG_STOP_DATA : DEBUG_STOP_NONE);
                if (hits) {
                    EXPECT_EQ(t, stop->point.id, id);
                    EXPECT_EQ(t, cpu->cpu.pc, point.before ? CODE + 8 : CODE + 16);
                    EXPECT_EQ(t, cpu->r[7], 1);
                    EXPECT_EQ(t, cpu->r[8], 0);
                    EXPECT_EQ(t, stop->address - cases[c].address < cases[c].bytes, 1);
                    if (cases[c].access == DEBUG_WRITE) {
                        EXPECT_EQ(t, toy_peek(m, cases[c].address) != 0, !point.before);
                    }
                    EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
                    EXPECT_EQ(t, hits_of(m, id), 1);
                }
                EXPECT_EQ(t, cpu->r[8], 1);
                debugger_remove(m->engine, id);
                if (t->failed) {
                    printf("# case %u, offset %d, kind %u\n", c, offset, kind);
                    return;
                }
            }
        }
    }
}
static void accesses(struct test *t) { run_all(t, accesses_body); }

/* A point set over code that runs and over pages in the TLB; ignored for a while; then the loop ends as it should. */
static void data_loop_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, DATA), I(MOVI, 1, 0, 0, 0), I(MOVI, 2, 0, 0, 100),
        I(ADDI, 1, 1, 0, 1), I(ST, 1, 0, 3, 0), I(LD, 3, 0, 3, 0), I(ADD, 4, 4, 3, 0), I(BNE, 1, 2, 0, -32), I(HLT, 0, 0, 0, 0),
    };
    struct toy *cpu = m->cpu[0];
    toy_load(m, CODE, code, COUNT(code));
    toy_run(m, CODE);
    cpu->r[4] = 0;
    cpu->cpu.pc = CODE;
    cpu->cpu.halted = false;
    const unsigned id = add(m, (struct debug_point){ .kind = DEBUG_DATA, .address = DATA, .bytes = 8, .access = DEBUG_READ | DEBUG_WRITE });
    for (unsigned i = 1; i < 10; i++) {
        EXPECT_EQ(t, go(m)->access, DEBUG_WRITE);
        EXPECT_EQ(t, toy_peek(m, DATA), i);
        EXPECT_EQ(t, go(m)->access, DEBUG_READ);
        EXPECT_EQ(t, cpu->cpu.pc, CODE + 48);
    }
    debugger_set_ignore(m->engine, id, 100);
    go(m);
    EXPECT_EQ(t, toy_peek(m, DATA), 60);
    debugger_remove(m->engine, id);
    EXPECT_EQ(t, go(m)->reason, DEBUG_STOP_NONE);
    EXPECT_EQ(t, cpu->r[4], 5050);
}
static void data_loop(struct test *t) { run_all(t, data_loop_body); }

static void refused_body(struct test *t, struct toy_machine *m)
{
    const struct debug_point bad[] = {
        { .kind = DEBUG_CODE, .cpu = 1 }, { .kind = DEBUG_CODE, .cpu = -2 }, { .kind = DEBUG_DATA, .cpu = -1, .access = 1 },
        { .kind = DEBUG_DATA, .cpu = -1, .bytes = 4 }, { .kind = DEBUG_ICOUNT, .cpu = -1, .address = 100 },
        { .kind = DEBUG_DATA, .cpu = -1, .bytes = 4, .access = 1, .address = UINT64_MAX },
    };
    for (unsigned i = 0; i < COUNT(bad); i++) {
        GError *error = NULL;
        EXPECT_EQ(t, debugger_add(m->engine, &bad[i], &error), 0);
        EXPECT(t, error);
        g_clear_error(&error);
    }
    for (unsigned i = 0; i < DEBUG_MOST_POINTS; i++) {
        const struct debug_point point = { .kind = DEBUG_CODE, .address = CODE + i * 64, .cpu = DEBUG_ANY_CPU, .owner = i & 1 ? m : NULL };
        EXPECT(t, debugger_add(m->engine, &point, NULL));
    }
    EXPECT(t, !debugger_add(m->engine, &(struct debug_point){ .cpu = DEBUG_ANY_CPU }, NULL));
    debugger_remove_owned(m->engine, m);
    struct debug_point point;
    EXPECT(t, debugger_point(m->engine, DEBUG_MOST_POINTS / 2 - 1, &point) && !debugger_point(m->engine, DEBUG_MOST_POINTS / 2, &point));
}
static void refused(struct test *t) { run_all(t, refused_body); }

static const struct test_case cases[] = {
    TEST(in_loop), TEST(same_place), TEST(other_page), TEST(magic_mode), TEST(steps), TEST(ranges), TEST(step_smc),
    TEST(accesses), TEST(data_loop), TEST(refused),
};

int main(void) { return test_run_cases("engine_debug", cases, COUNT(cases)); }
