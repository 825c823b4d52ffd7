/* SPDX-License-Identifier: MIT */
/*
 * CPUs as threads with the toy guest: atomic accesses of every kind, one CPU rewriting code that another runs, flushes from
 * outside, a tiny code cache under several CPUs, waking, stopping and starting again.
 */
#include <stdatomic.h>
#include <string.h>
#include "base/cpu_port.h"
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 16 << 20, CODE = 0x10000, DATA = 0x200000, CPUS = 3 };

static const struct engine_options variants[] = {
    { .interpret = true }, { .interpret = true, .cache_mib = 1, .max_insns = 2 }, { .interpret = false }, { .cache_mib = 1 },
};

static void run_all(struct test *t, void (*body)(struct test *t, struct toy_machine *m))
{
    for (unsigned v = 0; v < COUNT(variants); v++) {
        struct toy_machine m;
        toy_machine_init(&m, &variants[v], RAM_BYTES, CPUS);
        for (unsigned c = 0; c < CPUS; c++) {
            m.cpu[c]->cpu.halted = true;
        }
        body(t, &m);
        toy_machine_free(&m);
        if (t->failed) {
            printf("# in variant %u\n", v);
            return;
        }
    }
}

static void begin(struct toy_machine *m, unsigned cpu, uint64_t pc)
{
    m->cpu[cpu]->cpu.pc = pc;
    m->cpu[cpu]->cpu.halted = false;
}

static bool wait_for(volatile uint64_t *place, uint64_t value)
{
    for (unsigned ms = 0; ms < 120000; ms++) {
        if (__atomic_load_n(place, __ATOMIC_SEQ_CST) == value) {
            return true;
        }
        g_usleep(1000);
    }
    return false;
}

static bool wait_halted(const struct toy_machine *m)
{
    for (unsigned ms = 0; ms < 120000; ms++) {
        bool all = true;
        for (unsigned c = 0; c < CPUS; c++) {
            all &= *(volatile bool *)&m->cpu[c]->cpu.halted;
        }
        if (all) {
            return true;
        }
        g_usleep(1000);
    }
    return false;
}

static volatile uint64_t *ram_word(const struct toy_machine *m, uint64_t address)
{
    return (volatile uint64_t *)(m->ram->host + address);
}

/* ---- atomic accesses ---- */

static uint64_t device_cell;
static uint64_t device_read(void *device, uint64_t offset, unsigned size) { return device_cell; }
static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size) { device_cell = value; }
static const struct io_ops device_ops = { device_read, device_write, 8, 8 };

static void atomics_body(struct test *t, struct toy_machine *m)
{
    static const struct { uint64_t address; int32_t turns; } row[] = {
        { DATA, 20000 }, { DATA + 60, 200 }, { DATA + 0xffc, 200 }, { 0x80000000, 200 },
    };
    const uint64_t code[] = {
        I(MOVI, 1, 0, 0, 1), I(XADD, 0, 2, 1, 0), I(ADDI, 3, 3, 0, -1), I(BNE, 3, 4, 0, -16), I(HLT, 0, 0, 0, 0),
    };
    g_mutex_lock(&m->lock);
    memory_add_io(m->memory, "device", 0x80000000, 4096, &device_ops, NULL, 0);
    g_mutex_unlock(&m->lock);
    toy_load(m, CODE, code, COUNT(code));
    for (unsigned i = 0; i < COUNT(row); i++) {
        device_cell = 0;
        memset(m->ram->host + DATA, 0, 0x2000);
        for (unsigned c = 0; c < CPUS; c++) {
            m->cpu[c]->r[2] = row[i].address;
            m->cpu[c]->r[3] = (uint64_t)row[i].turns;
            m->cpu[c]->r[4] = 0;
            begin(m, c, CODE);
        }
        engine_start(m->engine, NULL);
        EXPECT(t, wait_halted(m));
        engine_stop(m->engine);
        const uint64_t got = row[i].address < RAM_BYTES ? toy_peek(m, row[i].address) : device_cell;
        EXPECT_EQ(t, got, (uint64_t)CPUS * (uint64_t)row[i].turns);
    }
}
static void atomics(struct test *t) { run_all(t, atomics_body); }

/* ---- CPU 0 writes code, tells CPU 1 by a word in memory, CPU 1 runs it and answers with what it got ---- */

static void rewrite_body(struct test *t, struct toy_machine *m)
{
    enum { TURNS = 300, FLAG = DATA + 0x1000, ANSWER = DATA + 0x2000, TARGET = 0x300000 };
    const uint64_t writer[] = {
        /* r1 = n, r2 = instruction, r6 = TARGET, r7 = FLAG, r8 = ANSWER, r9 = last, r5 = 1 << 32 */
        I(ADDI, 1, 1, 0, 1), I(ADD, 2, 2, 5, 0), I(ST, 2, 6, 3, 0), I(ST, 1, 7, 3, 0),
        I(LD, 3, 8, 3, 0), I(BNE, 3, 1, 0, -8), I(BNE, 1, 9, 0, -48), I(HLT, 0, 0, 0, 0),
    };
    const uint64_t runner[] = {
        /* waits for FLAG != r1, runs TARGET, answers r0 when it is the flag, else -1 */
        I(LD, 3, 7, 3, 0), I(BNE, 3, 1, 0, 16), I(JMP, 0, 0, 0, -16), I(ADDI, 1, 3, 0, 0), I(JMPR, 6, 0, 0, 0),
        I(BNE, 0, 1, 0, 32), I(ST, 0, 8, 3, 0), I(BNE, 0, 9, 0, -56), I(HLT, 0, 0, 0, 0),
        I(MOVI, 0, 0, 0, -1), I(ST, 0, 8, 3, 0x100), I(ST, 1, 8, 3, 0), I(BNE, 1, 9, 0, -96), I(HLT, 0, 0, 0, 0),
    };
    const uint64_t target[] = { I(MOVI, 0, 0, 0, 0), I(JMPR, 10, 0, 0, 0) };
    memset(m->ram->host + DATA, 0, 0x4000);
    toy_load(m, CODE, writer, COUNT(writer));
    toy_load(m, CODE + 0x1000, runner, COUNT(runner));
    toy_load(m, TARGET, target, 2);
    for (unsigned c = 0; c < 2; c++) {
        uint64_t *r = m->cpu[c]->r;
        memset(r, 0, sizeof(m->cpu[c]->r));
        r[2] = I(MOVI, 0, 0, 0, 0);
        r[5] = 1ull << 32;
        r[6] = TARGET;
        r[7] = FLAG;
        r[8] = ANSWER;
        r[9] = TURNS;
        r[10] = CODE + 0x1000 + 40;
        begin(m, c, CODE + c * 0x1000);
    }
    engine_start(m->engine, NULL);
    EXPECT(t, wait_halted(m));
    engine_stop(m->engine);
    EXPECT_EQ(t, toy_peek(m, ANSWER), TURNS);
    EXPECT_EQ(t, toy_peek(m, ANSWER + 0x100), 0);
    EXPECT(t, engine_counter(m->engine, "smc_blocks") >= TURNS / 2);
}
static void rewrite(struct test *t) { run_all(t, rewrite_body); }

/* CPU 0 ends the endless loop of CPU 1, which stays inside one unit, by changing its branch. */
static void end_loop_body(struct test *t, struct toy_machine *m)
{
    const uint64_t spin[] = { I(ADDI, 0, 0, 0, 1), I(ST, 0, 6, 3, 0), I(JMP, 0, 0, 0, -16), I(HLT, 0, 0, 0, 0) };
    const uint64_t end[] = { I(ST, 2, 6, 3, 16), I(HLT, 0, 0, 0, 0) };
    for (unsigned turn = 0; turn < 20; turn++) {
        toy_load(m, CODE + 0x1000, spin, COUNT(spin));
        toy_load(m, CODE, end, COUNT(end));
        *ram_word(m, DATA) = 0;
        m->cpu[1]->r[0] = 0;
        m->cpu[1]->r[6] = DATA;
        m->cpu[0]->r[6] = CODE + 0x1000;
        m->cpu[0]->r[2] = I(JMP, 0, 0, 0, 8);
        begin(m, 1, CODE + 0x1000);
        m->cpu[0]->cpu.pc = CODE;
        engine_start(m->engine, NULL);
        for (unsigned ms = 0; ms < 120000 && *ram_word(m, DATA) < 1000; ms++) {
            g_usleep(1000);
        }
        atomic_fetch_or(&m->cpu[0]->cpu.input, CPU_INPUT_INTR);     /* wakes CPU 0, which does it */
        cpu_kick(&m->cpu[0]->cpu);
        for (unsigned ms = 0; ms < 120000 && !*(volatile bool *)&m->cpu[1]->cpu.halted; ms++) {
            g_usleep(1000);
        }
        EXPECT(t, m->cpu[1]->cpu.halted);
        engine_stop(m->engine);
    }
}
static void end_loop(struct test *t) { run_all(t, end_loop_body); }

/* A mapping changed from outside: after engine_flush_all a CPU in a loop sees the new page. */
static void shootdown_body(struct test *t, struct toy_machine *m)
{
    enum { ROOT = 0x100000, WINDOW = 0x400000 };
    const uint64_t code[] = { I(LD, 0, 1, 3, 0), I(ST, 0, 2, 3, 0), I(JMP, 0, 0, 0, -16) };
    for (uint64_t n = 0; n < TOY_PAGES; n++) {
        toy_poke(m, ROOT + n * 8, n << 12 | TOY_P | TOY_W | TOY_X | TOY_G);
    }
    toy_load(m, CODE, code, COUNT(code));
    for (unsigned n = 0; n < 30; n++) {
        toy_poke(m, DATA + n * 4096, 1000 + n);
    }
    m->cpu[2]->root = ROOT;
    m->cpu[2]->r[1] = WINDOW;
    m->cpu[2]->r[2] = 0x80000;
    toy_poke(m, ROOT + (WINDOW >> 12) * 8, DATA | TOY_P | TOY_G);
    begin(m, 2, CODE);
    engine_start(m->engine, NULL);
    for (unsigned n = 0; n < 30; n++) {
        toy_poke(m, ROOT + (WINDOW >> 12) * 8, (DATA + n * 4096) | TOY_P | TOY_G);
        engine_flush_all(m->engine);
        EXPECT(t, wait_for(ram_word(m, 0x80000), 1000 + n));
    }
    engine_stop(m->engine);
    m->cpu[2]->cpu.halted = true;
}
static void shootdown(struct test *t) { run_all(t, shootdown_body); }

/* Each CPU runs its own long way through shared code: generations of the cache are dropped under the others. */
static void drop_body(struct test *t, struct toy_machine *m)
{
    enum { PIECES = 3000, STRIDE = 0x200, STEPS = 30000, AT = 0x400000 };
    for (unsigned i = 0; i < PIECES; i++) {
        const uint64_t code[] = {
            I(ADDI, 0, 0, 0, (int32_t)i), I(ADDI, 1, 1, 0, -1), I(BNE, 1, 2, 0, 16), I(HLT, 0, 0, 0, 0),
            I(MOVI, 3, 0, 0, (int32_t)(AT + (i + 1187) % PIECES * STRIDE)), I(JMPR, 3, 0, 0, 0),
        };
        toy_load(m, AT + i * STRIDE, code, 6);
    }
    for (unsigned c = 0; c < CPUS; c++) {
        memset(m->cpu[c]->r, 0, sizeof(m->cpu[c]->r));
        m->cpu[c]->r[1] = STEPS;
        begin(m, c, AT + c * 700 * STRIDE);
    }
    engine_start(m->engine, NULL);
    EXPECT(t, wait_halted(m));
    engine_stop(m->engine);
    for (unsigned c = 0; c < CPUS; c++) {
        uint64_t want = 0;
        for (unsigned n = 0, i = c * 700; n < STEPS; n++, i = (i + 1187) % PIECES) {
            want += i;
        }
        EXPECT_EQ(t, m->cpu[c]->r[0], want);
    }
}
static void drop(struct test *t) { run_all(t, drop_body); }

/* Stopping in the middle of an endless loop and going on from there. */
static void restart_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = { I(ADDI, 0, 0, 0, 1), I(ADDI, 1, 1, 0, 1), I(ST, 0, 6, 3, 0), I(JMP, 0, 0, 0, -24) };
    toy_load(m, CODE, code, COUNT(code));
    m->cpu[0]->r[6] = DATA;
    *ram_word(m, DATA) = 0;
    begin(m, 0, CODE);
    uint64_t before = 0;
    for (unsigned turn = 0; turn < 50; turn++) {
        engine_start(m->engine, NULL);
        while (*ram_word(m, DATA) == before) {
            g_usleep(10);
        }
        engine_stop(m->engine);
        const struct toy *cpu = m->cpu[0];
        EXPECT(t, cpu->r[0] > before);
        EXPECT(t, cpu->r[0] - cpu->r[1] <= 1);
        before = toy_peek(m, DATA);
        EXPECT(t, cpu->r[0] - before <= 1);
    }
    m->cpu[0]->cpu.halted = true;
}
static void restart(struct test *t) { run_all(t, restart_body); }

static const struct test_case cases[] = {
    TEST(atomics), TEST(rewrite), TEST(end_loop), TEST(shootdown), TEST(drop), TEST(restart),
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return test_run_cases("smp", cases, COUNT(cases));
}
