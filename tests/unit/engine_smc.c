/* SPDX-License-Identifier: MIT */
/* Self-modifying code with the toy guest: the next instruction, the own loop, data beside code, helpers' stores, DMA, aliases. */
#include <string.h>
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 16 << 20, CODE = 0x10000, DATA = 0x200000, ROOT = 0x100000 };

static const struct engine_options variants[] = {
    { .interpret = true }, { .interpret = true, .max_insns = 1 }, { .interpret = true, .icount = true },
    { .interpret = false }, { .max_insns = 1 }, { .cache_mib = 1 }, { .icount = true },
};

static void run_all(struct test *t, void (*body)(struct test *t, struct toy_machine *m))
{
    for (unsigned v = 0; v < COUNT(variants); v++) {
        struct toy_machine m;
        toy_machine_init(&m, &variants[v], RAM_BYTES, 1);
        body(t, &m);
        toy_machine_free(&m);
        if (t->failed) {
            printf("# in variant %u\n", v);
            return;
        }
    }
}

static void put(struct toy_machine *m, unsigned reg, uint64_t value) { m->cpu[0]->r[reg] = value; }

/* A store into the instruction right after itself: the new one runs. By host code, then by a helper. */
static void next_body(struct test *t, struct toy_machine *m)
{
    for (unsigned helper = 0; helper < 2; helper++) {
        const uint64_t code[] = {
            I(MOVI, 0, 0, 0, 1), helper ? I(HST, 5, 6, 3, 16) : I(ST, 5, 6, 3, 16), I(MOVI, 0, 0, 0, 2), I(HLT, 0, 0, 0, 0),
        };
        toy_load(m, CODE, code, COUNT(code));
        put(m, 5, I(MOVI, 0, 0, 0, 99));
        put(m, 6, CODE);
        toy_run(m, CODE);
        EXPECT_EQ(t, m->cpu[0]->r[0], 99);
        EXPECT_EQ(t, toy_peek(m, CODE + 16), I(MOVI, 0, 0, 0, 99));
        toy_run(m, CODE);
        EXPECT_EQ(t, m->cpu[0]->r[0], 99);
    }
}
static void next_insn(struct test *t) { run_all(t, next_body); }

/* A store into itself, and into the instruction before. */
static void self_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(ADDI, 0, 0, 0, 1), I(ST, 5, 6, 3, 8), I(BNE, 0, 7, 0, -16), I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, code, COUNT(code));
    put(m, 0, 0);
    put(m, 5, I(ADDI, 1, 1, 0, 5));     /* from the second turn on it adds */
    put(m, 6, CODE);
    put(m, 7, 4);
    put(m, 1, 0);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[0], 4);
    EXPECT_EQ(t, m->cpu[0]->r[1], 15);
}
static void self(struct test *t) { run_all(t, self_body); }

/* A loop whose add is changed in each turn: immediate n in turn n. */
static void loop_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(ADDI, 0, 0, 0, 0), I(ADDI, 1, 1, 0, 1), I(ST, 1, 6, 2, 4), I(BNE, 1, 7, 0, -24), I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, code, COUNT(code));
    put(m, 0, 0);
    put(m, 1, 0);
    put(m, 6, CODE);
    put(m, 7, 100);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[0], 99 * 100 / 2);
}
static void own_loop(struct test *t) { run_all(t, loop_body); }

/* Two units linked to each other, one changes the other, in its own page and in another. */
static void other_body(struct test *t, struct toy_machine *m)
{
    for (unsigned far = 0; far < 2; far++) {
        const int32_t away = far ? 0x3000 : 0x100;
        const uint64_t one[] = {
            I(ADDI, 1, 1, 0, 1), I(ST, 1, 6, 2, 4), I(JMP, 0, 0, 0, away - 16),
        };
        const uint64_t two[] = {
            I(ADDI, 0, 0, 0, 0), I(BNE, 1, 7, 0, -away - 8), I(HLT, 0, 0, 0, 0),
        };
        toy_load(m, CODE, one, COUNT(one));
        toy_load(m, CODE + (uint64_t)away, two, COUNT(two));
        put(m, 0, 0);
        put(m, 1, 0);
        put(m, 6, CODE + (uint64_t)away);
        put(m, 7, 50);
        toy_run(m, CODE);
        EXPECT_EQ(t, m->cpu[0]->r[0], 50 * 51 / 2);
    }
}
static void other_unit(struct test *t) { run_all(t, other_body); }

/* Data in the page of the code, but not in its bytes: nothing may be dropped. */
static void data_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(ADDI, 1, 1, 0, 1), I(ST, 1, 6, 3, 0x800), I(ST, 1, 6, 3, 0x28), I(BNE, 1, 7, 0, -24), I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, code, COUNT(code));
    put(m, 1, 0);
    put(m, 6, CODE);
    put(m, 7, 1000);
    toy_run(m, CODE);
    EXPECT_EQ(t, toy_peek(m, CODE + 0x800), 1000);
    EXPECT_EQ(t, toy_peek(m, CODE + 0x28), 1000);
    EXPECT_EQ(t, engine_counter(m->engine, "smc_blocks"), 0);
    EXPECT(t, engine_counter(m->engine, "smc_stores") >= 1000);
}
static void data_beside(struct test *t) { run_all(t, data_body); }

/* A store across a page border into the first bytes of code in the second page. */
static void border_body(struct test *t, struct toy_machine *m)
{
    const uint64_t sub[] = { I(MOVI, 0, 0, 0, 1), I(JMPR, 8, 0, 0, 0) };
    const uint64_t code[] = {
        I(MOVI, 8, 0, 0, CODE + 0x110), I(JMP, 0, 0, 0, 0xf00 - 8), I(ST, 5, 6, 3, 0), I(MOVI, 8, 0, 0, CODE + 0x128),
        I(JMP, 0, 0, 0, 0xf00 - 32), I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE + 0x1000, sub, 2);
    toy_load(m, CODE + 0x100, code, COUNT(code));
    toy_poke(m, CODE + 0xff8, 0);
    put(m, 5, (uint64_t)(uint32_t)I(MOVI, 3, 0, 0, 0) << 32);   /* its op and registers, behind 4 bytes of 0 */
    put(m, 6, CODE + 0xffc);
    put(m, 3, 77);
    put(m, 0, 0);
    toy_run(m, CODE + 0x100);
    EXPECT_EQ(t, m->cpu[0]->r[0], 1);
    EXPECT_EQ(t, m->cpu[0]->r[3], 1);
}
static void border(struct test *t) { run_all(t, border_body); }

/* The loader (as DMA does) changes code that has run and is linked. */
static void dma_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 5), I(JMP, 0, 0, 0, 0x2000 - 8) };
    const uint64_t end[] = { I(ADDI, 0, 0, 0, 1), I(HLT, 0, 0, 0, 0) };
    const uint64_t changed = I(ADDI, 0, 0, 0, 10);
    toy_load(m, CODE, code, 2);
    toy_load(m, CODE + 0x2000, end, 2);
    toy_run(m, CODE);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[0], 6);
    toy_load(m, CODE + 0x2000, &changed, 1);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[0], 15);
    EXPECT_EQ(t, engine_counter(m->engine, "smc_blocks"), 1);
}
static void dma(struct test *t) { run_all(t, dma_body); }

/* The same RAM page at two linear addresses: a store by one changes what runs at the other. */
static void alias_body(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 5), I(ST, 5, 6, 3, 0x18), I(MOVI, 1, 0, 0, 1), I(MOVI, 2, 0, 0, 1), I(HLT, 0, 0, 0, 0) };
    for (unsigned n = 0; n < TOY_PAGES; n++) {
        toy_poke(m, ROOT + n * 8, (uint64_t)n << 12 | TOY_P | TOY_W | TOY_X);
    }
    toy_poke(m, ROOT + 0x300 * 8, CODE | TOY_P | TOY_W);
    m->cpu[0]->root = ROOT;
    toy_load(m, CODE, code, COUNT(code));
    put(m, 5, I(MOVI, 2, 0, 0, 42));
    put(m, 6, 0x300000);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[2], 42);
    m->cpu[0]->root = 0;
}
static void alias(struct test *t) { run_all(t, alias_body); }

/* A page that had code and has none any more is written at full speed again, and may get code again. */
static void reuse_body(struct test *t, struct toy_machine *m)
{
    const uint64_t fill[] = {
        I(ST, 5, 6, 3, 0), I(ADDI, 6, 6, 0, 8), I(BNE, 6, 7, 0, -16), I(JMPR, 8, 0, 0, 0), I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, fill, COUNT(fill));
    for (unsigned turn = 1; turn <= 20; turn++) {
        put(m, 5, I(ADDI, 0, 0, 0, (int32_t)turn));
        put(m, 6, DATA);
        put(m, 7, DATA + 0x1000);
        put(m, 8, DATA + 0xff0);
        put(m, 0, 0);
        const uint64_t back[] = { I(JMPR, 9, 0, 0, 0) };
        toy_load(m, DATA + 0x1000, back, 1);
        put(m, 9, CODE + 32);
        toy_run(m, CODE);
        EXPECT_EQ(t, m->cpu[0]->r[0], 2 * turn);
    }
}
static void reuse(struct test *t) { run_all(t, reuse_body); }

static const struct test_case cases[] = {
    TEST(next_insn), TEST(self), TEST(own_loop), TEST(other_unit), TEST(data_beside), TEST(border), TEST(dma), TEST(alias),
    TEST(reuse),
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return test_run_cases("smc", cases, COUNT(cases));
}
