/* SPDX-License-Identifier: MIT */
/*
 * The debugger's core with running CPUs: threads that come to a point at the same time, points set while they run, frozen CPUs,
 * and with -icount stops at an instruction that change nothing of the run.
 */
#include <stdatomic.h>
#include <string.h>
#include "base/clock.h"
#include "base/cpu_port.h"
#include "tcg/debugger.h"
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 16 << 20, CODE = 0x10000, DATA = 0x200000, CPUS = 3 };

struct waiter { GMutex lock; GCond stopped; unsigned stops; };

static void on_stop(void *opaque)
{
    struct waiter *waiter = opaque;
    g_mutex_lock(&waiter->lock);
    waiter->stops++;
    g_cond_signal(&waiter->stopped);
    g_mutex_unlock(&waiter->lock);
}

static void waiter_init(struct waiter *waiter, struct toy_machine *m)
{
    *waiter = (struct waiter){ .stops = 0 };
    g_mutex_init(&waiter->lock);
    g_cond_init(&waiter->stopped);
    debugger_set_notify(m->engine, on_stop, waiter);
}

/* What a main loop does: waits for the stop, stops the CPUs. */
static const struct debug_stop *wait_stop(struct test *t, struct toy_machine *m, struct waiter *waiter)
{
    const gint64 end = g_get_monotonic_time() + 120 * G_USEC_PER_SEC;
    g_mutex_lock(&waiter->lock);
    while (!waiter->stops && g_cond_wait_until(&waiter->stopped, &waiter->lock, end)) {
    }
    EXPECT_EQ(t, waiter->stops, 1);
    waiter->stops = 0;
    g_mutex_unlock(&waiter->lock);
    engine_stop(m->engine);
    return debugger_stop(m->engine);
}

static unsigned add(struct toy_machine *m, enum debug_kind kind, uint64_t address, int cpu)
{
    const struct debug_point point = { .kind = kind, .address = address, .cpu = cpu, .bytes = 8, .access = DEBUG_WRITE };
    GError *error = NULL;
    const unsigned id = debugger_add(m->engine, &point, &error);
    g_assert_no_error(error);
    return id;
}

static const struct engine_options threads[] = { { .interpret = true }, { .interpret = false }, { .cache_mib = 1, .max_insns = 1 } };

/* r0 and r1 of each CPU go up for ever, one after the other. */
static void run_threads(struct test *t, void (*body)(struct test *t, struct toy_machine *m, struct waiter *waiter))
{
    const uint64_t counting[] = { I(ADDI, 0, 0, 0, 1), I(ADDI, 1, 1, 0, 1), I(JMP, 0, 0, 0, -16) };
    for (unsigned v = 0; v < COUNT(threads) && !t->failed; v++) {
        struct toy_machine m;
        struct waiter waiter;
        toy_machine_init(&m, &threads[v], RAM_BYTES, CPUS);
        waiter_init(&waiter, &m);
        toy_load(&m, CODE, counting, COUNT(counting));
        for (unsigned c = 0; c < CPUS; c++) {
            m.cpu[c]->cpu.pc = CODE;
        }
        body(t, &m, &waiter);
        toy_machine_free(&m);
        if (t->failed) {
            printf("# in variant %u\n", v);
        }
    }
}

/* All CPUs run into one point again and again: each stop is reported once, by a CPU that stands before it; nobody gets past. */
static void together_body(struct test *t, struct toy_machine *m, struct waiter *waiter)
{
    uint64_t stops[CPUS] = { 0 };
    add(m, DEBUG_CODE, CODE + 8, DEBUG_ANY_CPU);
    for (unsigned i = 0; i < 300 && !t->failed; i++) {
        engine_start(m->engine, NULL);
        const struct debug_stop *stop = wait_stop(t, m, waiter);
        EXPECT_EQ(t, stop->reason, DEBUG_STOP_CODE);
        EXPECT_EQ(t, m->cpu[stop->cpu]->cpu.pc, CODE + 8);
        stops[stop->cpu]++;
        for (unsigned c = 0; c < CPUS; c++) {
            const struct toy *cpu = m->cpu[c];
            EXPECT(t, cpu->r[0] - stops[c] <= 1);
            EXPECT_EQ(t, cpu->r[0] - cpu->r[1], cpu->cpu.pc == CODE + 8);
        }
    }
}
static void together(struct test *t) { run_threads(t, together_body); }

/* Set while everybody runs inside a translated loop, for one CPU only. */
static void while_running_body(struct test *t, struct toy_machine *m, struct waiter *waiter)
{
    for (unsigned i = 0; i < 30 && !t->failed; i++) {
        const unsigned wanted = i % CPUS;
        engine_start(m->engine, NULL);
        g_usleep(i * 50);           /* somewhere between the first translation and the loop */
        const unsigned id = add(m, DEBUG_CODE, CODE + 8, (int)wanted);
        const struct debug_stop *stop = wait_stop(t, m, waiter);
        EXPECT_EQ(t, stop->cpu, wanted);
        EXPECT_EQ(t, stop->point.id, id);
        EXPECT_EQ(t, m->cpu[wanted]->cpu.pc, CODE + 8);
        EXPECT(t, debugger_remove(m->engine, id));
    }
}
static void while_running(struct test *t) { run_threads(t, while_running_body); }

static void frozen_body(struct test *t, struct toy_machine *m, struct waiter *waiter)
{
    for (unsigned i = 0; i < 60 && !t->failed; i++) {
        const uint64_t before[] = { m->cpu[0]->cpu.pc, m->cpu[2]->cpu.pc }, pc = m->cpu[1]->cpu.pc;
        debugger_freeze(&m->cpu[0]->cpu, true);
        debugger_freeze(&m->cpu[2]->cpu, true);
        debugger_step(&m->cpu[1]->cpu, DEBUG_STEP_INSN, 0, 0, i & 1);
        engine_start(m->engine, NULL);
        const struct debug_stop *stop = wait_stop(t, m, waiter);
        EXPECT_EQ(t, stop->reason, DEBUG_STOP_STEP);
        EXPECT_EQ(t, stop->cpu, 1);
        EXPECT_EQ(t, m->cpu[1]->cpu.pc, pc == CODE + 16 ? CODE : pc + 8);
        EXPECT(t, m->cpu[0]->cpu.pc == before[0] && m->cpu[2]->cpu.pc == before[1]);
        EXPECT(t, m->cpu[0]->r[0] == 0 && m->cpu[2]->r[0] == 0);
    }
    const unsigned id = add(m, DEBUG_CODE, CODE + 8, 0);        /* frozen no more */
    engine_start(m->engine, NULL);
    EXPECT_EQ(t, wait_stop(t, m, waiter)->cpu, 0);
    debugger_remove(m->engine, id);
}
static void frozen(struct test *t) { run_threads(t, frozen_body); }

/* Each CPU adds to one word; a watchpoint stops it behind each addition, whoever makes it. */
static void watch_body(struct test *t, struct toy_machine *m, struct waiter *waiter)
{
    const uint64_t code[] = { I(MOVI, 1, 0, 0, DATA), I(MOVI, 2, 0, 0, 1), I(XADD, 3, 1, 2, 0), I(JMP, 0, 0, 0, -8) };
    toy_load(m, CODE, code, COUNT(code));
    add(m, DEBUG_DATA, DATA, DEBUG_ANY_CPU);
    uint64_t told = 0;
    for (unsigned i = 0; i < 200 && !t->failed; i++) {
        engine_start(m->engine, NULL);
        const struct debug_stop *stop = wait_stop(t, m, waiter);
        EXPECT_EQ(t, stop->reason, DEBUG_STOP_DATA);
        EXPECT_EQ(t, m->cpu[stop->cpu]->cpu.pc, CODE + 24);
        told++;
        EXPECT(t, toy_peek(m, DATA) >= told && toy_peek(m, DATA) <= told + CPUS);
    }
}
static void watch(struct test *t) { run_threads(t, watch_body); }

/* ---- -icount ---- */

static const struct engine_options counted[] = {
    { .interpret = true, .icount = true, .icount_shift = 3 }, { .icount = true, .icount_shift = 3 },
    { .icount = true, .icount_shift = 3, .max_insns = 1 },
};

/* Two CPUs that count; CPU 0 also adds what CPU 1 wrote last, so its sum depends on the order of turns. */
static void counted_machine(struct toy_machine *m, struct waiter *waiter, const struct engine_options *options)
{
    const uint64_t writer[] = { I(ADDI, 0, 0, 0, 1), I(ST, 0, 2, 3, 0), I(JMP, 0, 0, 0, -16) };
    const uint64_t reader[] = { I(LD, 1, 2, 3, 0), I(ADD, 0, 0, 1, 0), I(JMP, 0, 0, 0, -16) };
    toy_machine_init(m, options, RAM_BYTES, 2);
    waiter_init(waiter, m);
    toy_load(m, CODE, reader, COUNT(reader));
    toy_load(m, CODE + 0x1000, writer, COUNT(writer));
    for (unsigned c = 0; c < 2; c++) {
        m->cpu[c]->cpu.pc = CODE + c * 0x1000;
        m->cpu[c]->r[2] = DATA;
    }
}

static const struct debug_stop *run_to(struct test *t, struct toy_machine *m, struct waiter *waiter, struct clocks *clocks, uint64_t n)
{
    const unsigned id = add(m, DEBUG_ICOUNT, n, DEBUG_ANY_CPU);
    engine_start(m->engine, clocks);
    const struct debug_stop *stop = wait_stop(t, m, waiter);
    EXPECT_EQ(t, stop->reason, DEBUG_STOP_ICOUNT);
    EXPECT_EQ(t, stop->point.id, id);
    EXPECT_EQ(t, engine_icount(m->engine), n);
    EXPECT_EQ(t, debugger_add(m->engine, &stop->point, NULL), 0);      /* it is past */
    EXPECT(t, debugger_remove(m->engine, id));
    return stop;
}

/* A run in one go, one that is stopped at odd places and stepped: the same state at the same count. */
static void icount(struct test *t)
{
    for (unsigned v = 0; v < COUNT(counted) && !t->failed; v++) {
        enum { END = 200000 };
        uint64_t r0[2] = { 0 }, r1[2] = { 0 };
        for (unsigned stops = 0; stops < 2; stops++) {
            struct toy_machine m;
            struct waiter waiter;
            struct clocks *clocks = clocks_new();
            counted_machine(&m, &waiter, &counted[v]);
            for (uint64_t at = 1; stops && at < END; at += 7001) {
                run_to(t, &m, &waiter, clocks, at);
            }
            run_to(t, &m, &waiter, clocks, END);
            r0[stops] = m.cpu[0]->r[0];
            r1[stops] = m.cpu[1]->r[0];
            toy_machine_free(&m);
            clocks_free(clocks);
        }
        EXPECT_EQ(t, r0[0], r0[1]);
        EXPECT_EQ(t, r1[0], r1[1]);
        if (t->failed) {
            printf("# in variant %u\n", v);
        }
    }
}

/* One CPU of two is stepped by instructions: the count goes up by one each. */
static void icount_steps(struct test *t)
{
    for (unsigned v = 0; v < COUNT(counted) && !t->failed; v++) {
        struct toy_machine m;
        struct waiter waiter;
        struct clocks *clocks = clocks_new();
        counted_machine(&m, &waiter, &counted[v]);
        run_to(t, &m, &waiter, clocks, 31000);
        for (uint64_t i = 1; i <= 20; i++) {
            debugger_freeze(&m.cpu[0]->cpu, true);
            debugger_step(&m.cpu[1]->cpu, DEBUG_STEP_INSN, 0, 0, true);
            engine_start(m.engine, clocks);
            EXPECT_EQ(t, wait_stop(t, &m, &waiter)->reason, DEBUG_STOP_STEP);
            EXPECT_EQ(t, engine_icount(m.engine), 31000 + i);
        }
        const unsigned id = add(&m, DEBUG_CODE, CODE + 8, DEBUG_ANY_CPU);
        engine_start(m.engine, clocks);
        EXPECT_EQ(t, wait_stop(t, &m, &waiter)->point.id, id);
        EXPECT_EQ(t, m.cpu[0]->cpu.pc, CODE + 8);
        toy_machine_free(&m);
        clocks_free(clocks);
    }
}

static const struct test_case cases[] = {
    TEST(together), TEST(while_running), TEST(frozen), TEST(watch), TEST(icount), TEST(icount_steps),
};

int main(void) { return test_run_cases("engine_debug_smp", cases, COUNT(cases)); }
