/* SPDX-License-Identifier: MIT */
/* -icount with the toy guest: exact counts and deadlines, time that jumps when all sleep, two runs with one trace. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/cpu_port.h"
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 8 << 20, CODE = 0x10000, DATA = 0x200000, ROOT = 0x100000, SHIFT = 3 };

static const struct engine_options variants[] = {
    { .interpret = true, .icount = true, .icount_shift = SHIFT },
    { .interpret = true, .icount = true, .icount_shift = SHIFT, .max_insns = 1 },
    { .icount = true, .icount_shift = SHIFT }, { .icount = true, .icount_shift = SHIFT, .cache_mib = 1 },
};

static void run_all(struct test *t, void (*body)(struct test *t, const struct engine_options *options))
{
    for (unsigned v = 0; v < COUNT(variants) && !t->failed; v++) {
        body(t, &variants[v]);
        if (t->failed) {
            printf("# in variant %u\n", v);
        }
    }
}

struct alarm { struct toy_machine *m; struct timer *timer; uint64_t at[64]; unsigned count, want; int64_t every; GMutex lock; };

static void rang(void *opaque)
{
    struct alarm *alarm = opaque;
    if (alarm->count < alarm->want) {
        alarm->at[alarm->count] = engine_icount(alarm->m->engine);
        timer_arm(alarm->timer, (int64_t)(alarm->count + 2) * alarm->every);
    }
    alarm->count++;
    if (alarm->count == alarm->want) {
        atomic_fetch_or(&alarm->m->cpu[0]->cpu.input, CPU_INPUT_INTR);
        cpu_kick(&alarm->m->cpu[0]->cpu);
    }
}

static void wait_count(struct test *t, const unsigned *count, unsigned want)
{
    for (unsigned ms = 0; ms < 120000 && __atomic_load_n(count, __ATOMIC_SEQ_CST) < want; ms++) {
        g_usleep(1000);
    }
    EXPECT(t, *count >= want);
}

static void wait_halted(const struct toy_machine *m)
{
    for (unsigned c = 0; c < m->cpus; c++) {
        for (unsigned ms = 0; ms < 120000 && !*(volatile bool *)&m->cpu[c]->cpu.halted; ms++) {
            g_usleep(1000);
        }
    }
}

/* A timer every 1,003 instructions while a loop of 3 runs: it rings after exactly that many. */
static void deadlines_body(struct test *t, const struct engine_options *options)
{
    const uint64_t code[] = { I(ADDI, 0, 0, 0, 1), I(ADDI, 1, 1, 0, 1), I(JMP, 0, 0, 0, -16) };
    struct toy_machine m;
    toy_machine_init(&m, options, RAM_BYTES, 1);
    struct clocks *clocks = clocks_new();
    struct alarm alarm = { .m = &m, .want = 50, .every = 1003 << SHIFT };
    alarm.timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, rang, &alarm);
    toy_load(&m, CODE, code, COUNT(code));
    m.cpu[0]->cpu.pc = CODE;
    timer_arm(alarm.timer, alarm.every);
    engine_start(m.engine, clocks);
    wait_count(t, &alarm.count, alarm.want);
    engine_stop(m.engine);
    for (unsigned i = 0; i < alarm.want; i++) {
        EXPECT_EQ(t, alarm.at[i], 1003 * (i + 1));
    }
    const struct toy *cpu = m.cpu[0];
    /* Turns done, and what was done of the turn that was interrupted. */
    EXPECT_EQ(t, engine_icount(m.engine), 3 * cpu->r[1] + (cpu->cpu.pc - CODE) / 8 - (cpu->cpu.pc == CODE + 16 ? 3 : 0));
    timer_free(alarm.timer);
    clocks_free(clocks);
    toy_machine_free(&m);
}
static void deadlines(struct test *t) { run_all(t, deadlines_body); }

/* All CPUs halted: time goes to the timer at once, and instructions are not counted for it. */
static void idle_body(struct test *t, const struct engine_options *options)
{
    const uint64_t code[] = { I(ADDI, 0, 0, 0, 1), I(HLT, 0, 0, 0, 0), I(COUNT, 2, 0, 0, 0), I(HLT, 0, 0, 0, 0) };
    struct toy_machine m;
    toy_machine_init(&m, options, RAM_BYTES, 2);
    struct clocks *clocks = clocks_new();
    struct alarm alarm = { .m = &m, .want = 1, .every = 3600ll * 1000000000 };
    alarm.timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, rang, &alarm);
    toy_load(&m, CODE, code, COUNT(code));
    m.cpu[0]->cpu.pc = CODE;
    m.cpu[1]->cpu.halted = true;
    timer_arm(alarm.timer, alarm.every);
    engine_start(m.engine, clocks);
    wait_count(t, &alarm.count, 1);
    for (unsigned ms = 0; ms < 120000 && *(volatile uint64_t *)&m.cpu[0]->cpu.pc != CODE + 32; ms++) {
        g_usleep(1000);
    }
    engine_stop(m.engine);
    EXPECT_EQ(t, alarm.at[0], 2);
    EXPECT_EQ(t, m.cpu[0]->r[2], 2);
    EXPECT(t, clock_now_ns(clocks, CLOCK_KIND_VIRTUAL) >= alarm.every);
    timer_free(alarm.timer);
    clocks_free(clocks);
    toy_machine_free(&m);
}
static void idle(struct test *t) { run_all(t, idle_body); }

/* A fault in the middle of a unit: what it did not run is not counted. */
static void faults_body(struct test *t, const struct engine_options *options)
{
    const uint64_t code[] = {
        I(ADDI, 0, 0, 0, 1), I(ADDI, 0, 0, 0, 1), I(LD, 1, 5, 3, 0), I(ADDI, 0, 0, 0, 1),
        I(COUNT, 2, 0, 0, 0), I(HLT, 0, 0, 0, 0),
    };
    struct toy_machine m;
    toy_machine_init(&m, options, RAM_BYTES, 1);
    toy_load(&m, CODE, code, COUNT(code));
    for (uint64_t n = 0; n < TOY_PAGES; n++) {
        toy_poke(&m, ROOT + n * 8, n << 12 | TOY_P | TOY_W | TOY_X);
    }
    m.cpu[0]->root = ROOT;
    m.cpu[0]->r[5] = 1ull << 40;
    m.cpu[0]->handler = CODE + 32;
    m.cpu[0]->cpu.pc = CODE;
    engine_start(m.engine, NULL);
    wait_halted(&m);
    engine_stop(m.engine);
    EXPECT_EQ(t, m.cpu[0]->r[2], 3);
    EXPECT_EQ(t, engine_icount(m.engine), 5);
    toy_machine_free(&m);
}
static void faults(struct test *t) { run_all(t, faults_body); }

/* Three CPUs with a loop each, stores into code, a timer: the trace of one run, as text. */
static char *trace(struct test *t, const struct engine_options *options)
{
    const uint64_t code[] = {
        I(ADDI, 0, 0, 0, 1), I(XADD, 1, 6, 0, 0), I(ST, 0, 7, 2, 0x104), I(JMP, 0, 0, 0, 0x100 - 24),
    };
    const uint64_t tail[] = { I(ADDI, 3, 3, 0, 0), I(BNE, 0, 8, 0, -0x108), I(HLT, 0, 0, 0, 0) };
    struct toy_machine m;
    struct engine_options with_log = *options;
    char path[] = "/tmp/dragoman-trace-XXXXXX", *text = NULL;
    close(mkstemp(path));
    toy_machine_init(&m, &with_log, RAM_BYTES, 3);
    engine_free(m.engine);      /* the log is asked for before the engine is made */
    log_set_mask(m.log, "trace", NULL);
    log_set_file(m.log, path, NULL);
    m.engine = engine_new(&with_log, m.memory, m.log, NULL);
    struct clocks *clocks = clocks_new();
    struct alarm alarm = { .m = &m, .want = 20, .every = 777 << SHIFT };
    alarm.timer = timer_new(clocks, CLOCK_KIND_VIRTUAL, rang, &alarm);
    for (unsigned c = 0; c < 3; c++) {
        const uint64_t at = CODE + c * 0x10000;
        toy_load(&m, at, code, COUNT(code));
        toy_load(&m, at + 0x100, tail, COUNT(tail));
        engine_add_cpu(m.engine, &m.cpu[c]->cpu);
        m.cpu[c]->r[6] = DATA;
        m.cpu[c]->r[7] = at;
        m.cpu[c]->r[8] = 1500;
        m.cpu[c]->cpu.pc = at;
    }
    timer_arm(alarm.timer, alarm.every);
    engine_start(m.engine, clocks);
    wait_count(t, &alarm.count, alarm.want + 1);
    wait_halted(&m);
    engine_stop(m.engine);
    timer_free(alarm.timer);
    clocks_free(clocks);
    toy_machine_free(&m);
    EXPECT(t, g_file_get_contents(path, &text, NULL, NULL));
    unlink(path);
    return text;
}

static void traces_body(struct test *t, const struct engine_options *options)
{
    char *one = trace(t, options), *two = trace(t, options);
    unsigned lines = 0;
    for (const char *at = one; (at = strchr(at, '\n')); at++) {
        lines++;
    }
    EXPECT(t, lines > 15000);
    EXPECT(t, !strcmp(one, two));
    EXPECT(t, !strncmp(one, "0 0 0x10000\n1 0 0x10008\n", 24));
    g_free(one);
    g_free(two);
}
static void traces(struct test *t) { run_all(t, traces_body); }

static const struct test_case cases[] = { TEST(deadlines), TEST(idle), TEST(faults), TEST(traces) };

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return test_run_cases("icount", cases, COUNT(cases));
}
