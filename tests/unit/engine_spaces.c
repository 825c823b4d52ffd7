/* SPDX-License-Identifier: MIT */
/* Address spaces of the software TLB with the toy guest: what comes back with one, what every flush takes from those put away. */
#include <string.h>
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 64 << 20, CODE = 0x10000, ROOT = 0x100000, ROOT_BYTES = 0x8000, DATA = 0x1000000, WINDOW = 0x500000 };
static const struct engine_options interpreted = { .interpret = true };
static const struct engine_options translated = { .interpret = false };

static uint64_t root_of(unsigned space) { return ROOT + (uint64_t)space * ROOT_BYTES; }

static void map(struct toy_machine *m, unsigned space, uint64_t linear, uint64_t physical, unsigned flags)
{
    toy_poke(m, root_of(space) + (linear >> 12) * 8, physical | flags);
}

/* Spaces s and s + 100 have the same tag. */
static void enter(struct toy_machine *m, unsigned space)
{
    m->cpu[0]->root = root_of(space);
    mmu_switch(&m->cpu[0]->cpu, &(struct mmu_space){ .tables = { root_of(space) }, .tag = space % 100 });
}

/* Every page of RAM at its own address in each space, and page n of DATA holds n. */
static struct cpu *start(struct toy_machine *m, const struct engine_options *options, unsigned spaces)
{
    toy_machine_init(m, options, RAM_BYTES, 1);
    for (uint64_t n = 0; n < TOY_PAGES; n++) {
        for (unsigned s = 0; s < spaces; s++) {
            map(m, s, n << 12, n << 12, TOY_P | TOY_W | TOY_X);
        }
        toy_poke(m, DATA + (n << 12), n);
    }
    enter(m, 0);
    return &m->cpu[0]->cpu;
}

static uint64_t load(struct cpu *cpu, uint64_t linear) { return mmu_load(cpu, linear, 8, 0); }
static unsigned walks(struct cpu *cpu) { return ((struct toy *)cpu)->walks; }

/* One page in two spaces: each has its own, and neither walks again. */
static void kept(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 2);
    map(&m, 0, WINDOW, DATA + 0x1000, TOY_P);
    map(&m, 1, WINDOW, DATA + 0x2000, TOY_P);
    for (unsigned turn = 0; turn < 5; turn++) {
        for (unsigned s = 0; s < 2; s++) {
            enter(&m, s);
            EXPECT_EQ(t, load(cpu, WINDOW), 1 + s);
        }
    }
    EXPECT_EQ(t, walks(cpu), 2);
    EXPECT_EQ(t, engine_counter(m.engine, "tlb_found"), 8);
    toy_machine_free(&m);
}

/* Other tables under the same tag are another space; a flush of the tag is about both. */
static void same_tag(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 102);
    map(&m, 1, WINDOW, DATA + 0x1000, TOY_P);
    map(&m, 101, WINDOW, DATA + 0x2000, TOY_P);
    enter(&m, 1);
    EXPECT_EQ(t, load(cpu, WINDOW), 1);
    enter(&m, 101);
    EXPECT_EQ(t, load(cpu, WINDOW), 2);
    map(&m, 1, WINDOW, DATA + 0x3000, TOY_P);
    map(&m, 101, WINDOW, DATA + 0x4000, TOY_P);
    mmu_flush_space(cpu, 2);
    EXPECT_EQ(t, load(cpu, WINDOW), 2);
    mmu_flush_space(cpu, 1);
    EXPECT_EQ(t, load(cpu, WINDOW), 4);
    enter(&m, 1);
    EXPECT_EQ(t, load(cpu, WINDOW), 3);
    toy_machine_free(&m);
}

/* Global pages of one world are not seen in another, not even in a set that goes on as another space. */
static void worlds(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 20);
    for (unsigned s = 0; s < 20; s++) {
        map(&m, s, WINDOW, DATA + (s % 2) * 4096, TOY_P | TOY_G);
    }
    for (unsigned n = 0; n < 60; n++) {
        const unsigned s = n * n % 19;
        m.cpu[0]->root = root_of(s);
        mmu_switch(cpu, &(struct mmu_space){ .tables = { s }, .world = s % 2, .tag = s });
        EXPECT_EQ(t, load(cpu, WINDOW), s % 2);
        load(cpu, DATA / 2);                    /* so that it is a set of its own */
    }
    toy_machine_free(&m);
}

/* More pages flushed than anybody remembers one by one. */
static void many_flushes(struct test *t)
{
    enum { MANY = 100 };
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 2);
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned n = 0; n < MANY; n++) {
            map(&m, 1, WINDOW + n * 4096, DATA + (n + turn * 200) * 4096, TOY_P | (n % 2 ? TOY_G : 0));
            mmu_flush_page(cpu, WINDOW + n * 4096);
        }
        enter(&m, 1);
        for (unsigned n = 0; n < MANY; n++) {
            EXPECT_EQ(t, load(cpu, WINDOW + n * 4096), n + turn * 200);
        }
        enter(&m, 0);
    }
    toy_machine_free(&m);
}

/* What a page of a space may still be seen as: what it was mapped to since its last flush. No TLB has to keep an entry. */
enum { SPACES = 13, PAGES = 40, GLOBALS = 10, HISTORY = 40 };
struct page { uint16_t was[HISTORY]; unsigned count; };
struct model { struct toy_machine *m; struct page page[SPACES][PAGES]; };

/* Global pages are the first ones, and have one history. */
static struct page *page_of(struct model *model, unsigned space, unsigned n)
{
    return &model->page[n < GLOBALS ? 0 : space][n];
}

static uint64_t linear_of(unsigned n) { return WINDOW + (n % 5) * 4096 + n / 5 * 0x100000; }

static void flushed(struct model *model, unsigned space, unsigned n)
{
    struct page *page = page_of(model, space, n);
    page->was[0] = page->was[page->count - 1];
    page->count = 1;
}

static void flushed_space(struct model *model, unsigned space, bool keep_global)
{
    for (unsigned n = keep_global ? GLOBALS : 0; n < PAGES; n++) {
        flushed(model, space, n);
    }
}

static void flush_page(struct model *model, unsigned n)
{
    mmu_flush_page(&model->m->cpu[0]->cpu, linear_of(n));
    for (unsigned s = 0; s < SPACES; s++) {
        flushed(model, s, n);
    }
}

static void model_map(struct model *model, unsigned space, unsigned n, unsigned to)
{
    struct page *page = page_of(model, space, n);
    if (page->count == HISTORY) {
        flush_page(model, n);
    }
    for (unsigned s = 0; s < SPACES; s++) {
        if (s == space || n < GLOBALS) {
            map(model->m, s, linear_of(n), DATA + to * 4096, n < GLOBALS ? TOY_P | TOY_G : TOY_P | TOY_W);
        }
    }
    page->was[page->count++] = (uint16_t)to;
}

static bool allows(const struct page *page, uint64_t got)
{
    for (unsigned i = 0; i < page->count; i++) {
        if (page->was[i] == got) {
            return true;
        }
    }
    return false;
}

static void flush_some(struct model *model, unsigned what, unsigned space, unsigned n)
{
    struct cpu *cpu = &model->m->cpu[0]->cpu;
    if (what < 20) {
        mmu_flush_space(cpu, space);
        flushed_space(model, space, true);
    } else if (what < 24) {
        mmu_flush(cpu, what < 23);
        for (unsigned s = 0; s < SPACES; s++) {
            flushed_space(model, s, what < 23);
        }
    } else {
        flush_page(model, n);
    }
}

/* Random switches, loads, remappings and flushes against that model. */
static void random_changes(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, SPACES);
    struct model *model = g_new0(struct model, 1);
    model->m = &m;
    unsigned seed = 1, current = 0;
    for (unsigned s = 0; s < SPACES; s++) {
        for (unsigned n = 0; n < PAGES; n++) {
            model_map(model, s, n, n);
        }
    }
    for (unsigned n = 0; n < GLOBALS; n++) {
        flushed(model, 0, n);
    }
    for (unsigned step = 0; step < 400000 && !t->failed; step++) {
        seed = seed * 1103515245 + 12345;
        const unsigned n = (seed >> 8) % PAGES, to = (seed >> 4) % 2000, what = seed >> 22;
        const unsigned space = (seed >> 12) % (step >> 14 & 1 ? SPACES : 4);
        if (what < 60) {
            flush_some(model, what, space, n);
        } else if (what < 200) {
            model_map(model, space, n, to);
        } else if (what < 300) {
            enter(&m, current = space);
        } else {
            EXPECT(t, allows(page_of(model, current, n), load(cpu, linear_of(n))));
        }
    }
    EXPECT(t, engine_counter(m.engine, "tlb_found") > 10000 && engine_counter(m.engine, "tlb_dropped") > 1000);
    g_free(model);
    toy_machine_free(&m);
}

/* Large tables of many spaces: all together stay below a bound, and what is learnt anew is right. */
static void memory(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 10);
    for (unsigned s = 0; s < 10; s++) {
        map(&m, s, 0, DATA + s * 4096, TOY_P);
    }
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned s = 0; s < 10; s++) {
            enter(&m, s);
            for (unsigned again = 0; again < 8; again++) {
                for (uint64_t n = 0; n < TOY_PAGES; n++) {
                    load(cpu, n << 12);
                }
            }
            EXPECT_EQ(t, load(cpu, 0), s);
            EXPECT(t, cpu->tlb[0].size >= 4096);
        }
    }
    toy_machine_free(&m);
}

/* ---- code ---- */

/* A page of code that is another in each space: jumps between pages, linked before, notice the switch, and come back with it. */
static void code(struct test *t)
{
    struct toy_machine m;
    start(&m, &translated, 12);
    const uint64_t caller[] = { I(JMP, 0, 0, 0, 0x1000) };
    toy_load(&m, CODE, caller, 1);
    for (unsigned s = 0; s < 12; s++) {
        const uint64_t body[] = { I(MOVI, 0, 0, 0, (int32_t)s), I(HLT, 0, 0, 0, 0) };
        toy_load(&m, 0x30000 + s * 0x1000, body, 2);
        map(&m, s, CODE + 0x1000, 0x30000 + s * 0x1000, TOY_P | TOY_X);
    }
    for (unsigned turn = 0; turn < 3000; turn++) {
        const unsigned s = turn / 1000 ? turn % 3 : turn % 12;
        enter(&m, s);
        toy_run(&m, CODE);
        EXPECT_EQ(t, m.cpu[0]->r[0], s);
    }
    EXPECT(t, engine_counter(m.engine, "units") < 30);
    toy_machine_free(&m);
}

/* Code that one space runs is written through a mapping of another, which was learnt before the page held code. */
static void written_elsewhere(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &translated, 3);
    for (int32_t turn = 0; turn < 100; turn++) {
        const uint64_t at = 0x20000 + (uint64_t)(turn % 10) * 0x1000;
        const uint64_t body[] = { I(MOVI, 0, 0, 0, turn), I(HLT, 0, 0, 0, 0) };
        enter(&m, 0);
        mmu_store(cpu, at, body[0], 8, 0);
        mmu_store(cpu, at + 8, body[1], 8, 0);
        enter(&m, 1);
        toy_run(&m, at);
        EXPECT_EQ(t, m.cpu[0]->r[0], (uint64_t)turn);
        enter(&m, turn % 2 ? 0 : 2);
        mmu_store(cpu, at, I(MOVI, 0, 0, 0, turn + 1000), 8, 0);
        enter(&m, 1);
        toy_run(&m, at);
        EXPECT_EQ(t, m.cpu[0]->r[0], (uint64_t)turn + 1000);
    }
    toy_machine_free(&m);
}

/* Flushes while a space is put away are seen by its code as by its data. */
static void code_flushed(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &translated, 2);
    const uint64_t caller[] = { I(JMP, 0, 0, 0, 0x1000) };
    toy_load(&m, CODE, caller, 1);
    for (int32_t n = 0; n < 8; n++) {
        const uint64_t body[] = { I(MOVI, 0, 0, 0, n), I(HLT, 0, 0, 0, 0) };
        toy_load(&m, 0x30000 + (uint64_t)n * 0x1000, body, 2);
    }
    for (unsigned turn = 0; turn < 200; turn++) {
        map(&m, 1, CODE + 0x1000, 0x30000 + turn % 8 * 0x1000, TOY_P | TOY_X | (turn % 5 ? 0 : TOY_G));
        switch (turn % 5 ? turn % 4 : 3) {
        case 0: mmu_flush_page(cpu, CODE + 0x1000); break;
        case 1: mmu_flush_space(cpu, 1); break;
        case 2: mmu_flush(cpu, true); mmu_flush_page(cpu, CODE + 0x1000); break;
        default: mmu_flush(cpu, false); break;
        }
        enter(&m, 1);
        toy_run(&m, CODE);
        EXPECT_EQ(t, m.cpu[0]->r[0], turn % 8);
        enter(&m, 0);
        load(cpu, WINDOW);
        mmu_flush_page(cpu, CODE + 0x1000);     /* so that a global one of the turn before is gone */
    }
    toy_machine_free(&m);
}

/* Displays: a page taken while its writer is put away is told again by its next store. */
static void dirty_pages(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m, &interpreted, 3);
    for (unsigned turn = 0; turn < 20; turn++) {
        uint64_t bits[4] = { 0 };
        enter(&m, 1);
        mmu_store(cpu, DATA / 2, turn, 8, 0);
        enter(&m, turn % 2 ? 2 : 0);
        ram_take_dirty(m.ram, DATA / 2, 4096, bits);
        EXPECT_EQ(t, bits[0], 1);
        bits[0] = 0;
        enter(&m, 1);
        ram_take_dirty(m.ram, DATA / 2, 4096, bits);
        EXPECT_EQ(t, bits[0], 0);
    }
    toy_machine_free(&m);
}

static const struct test_case cases[] = {
    TEST(kept), TEST(same_tag), TEST(worlds), TEST(many_flushes), TEST(random_changes), TEST(memory), TEST(code), TEST(written_elsewhere),
    TEST(code_flushed), TEST(dirty_pages),
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return test_run_cases("spaces", cases, COUNT(cases));
}
