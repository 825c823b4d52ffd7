/* SPDX-License-Identifier: MIT */
/* The software TLB with the toy guest's paging: rights, flushes, global and large pages, growth, page ids; and its speed. */
#include <stdlib.h>
#include <string.h>
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { RAM_BYTES = 64 << 20, CODE = 0x10000, ROOT = 0x100000, DATA = 0x1000000 };
static const struct engine_options options = { .interpret = true };

static void map(struct toy_machine *m, uint64_t linear, uint64_t physical, unsigned flags)
{
    toy_poke(m, ROOT + (linear >> 12) * 8, physical | flags);
}

/* Every page of RAM at its own address, and page n of DATA holds n. */
static struct cpu *start(struct toy_machine *m)
{
    toy_machine_init(m, &options, RAM_BYTES, 1);
    for (uint64_t n = 0; n < TOY_PAGES; n++) {
        map(m, n << 12, n << 12, TOY_P | TOY_W | TOY_X);
        toy_poke(m, DATA + (n << 12), n);
    }
    m->cpu[0]->root = ROOT;
    return &m->cpu[0]->cpu;
}

static uint64_t load(struct cpu *cpu, uint64_t linear) { return mmu_load(cpu, linear, 8, 0); }
static unsigned walks(struct cpu *cpu) { return ((struct toy *)cpu)->walks; }

/* A page stays what it was until it is flushed, and is new after it. */
static void flush_page(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    const uint64_t a = 0x500000, b = 0x501000;
    map(&m, a, DATA + 0x1000, TOY_P);
    map(&m, b, DATA + 0x2000, TOY_P);
    EXPECT_EQ(t, load(cpu, a), 1);
    EXPECT_EQ(t, load(cpu, b), 2);
    map(&m, a, DATA + 0x3000, TOY_P);
    map(&m, b, DATA + 0x4000, TOY_P);
    const unsigned before = walks(cpu);
    EXPECT_EQ(t, load(cpu, a), 1);
    EXPECT_EQ(t, walks(cpu), before);
    mmu_flush_page(cpu, a + 0x123);
    EXPECT_EQ(t, load(cpu, a), 3);
    EXPECT_EQ(t, load(cpu, b), 2);
    mmu_flush(cpu, true);
    EXPECT_EQ(t, load(cpu, b), 4);
    toy_machine_free(&m);
}

/* Global pages stay where asked, go where not; an entry that changes its kind is flushed as what it is now. */
static void global(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    const uint64_t a = 0x500000, b = 0x501000, c = 0x502000;
    map(&m, a, DATA + 0x1000, TOY_P | TOY_G);
    map(&m, b, DATA + 0x2000, TOY_P);
    map(&m, c, DATA + 0x3000, TOY_P);
    load(cpu, a), load(cpu, b), load(cpu, c);
    map(&m, a, DATA + 0x5000, TOY_P);
    map(&m, b, DATA + 0x6000, TOY_P | TOY_G);
    map(&m, c, DATA + 0x7000, TOY_P | TOY_G);
    mmu_flush(cpu, true);
    EXPECT_EQ(t, load(cpu, a), 1);
    EXPECT_EQ(t, load(cpu, b), 6);
    mmu_flush_page(cpu, a);
    EXPECT_EQ(t, load(cpu, a), 5);
    EXPECT_EQ(t, load(cpu, c), 7);
    map(&m, a, DATA + 0x8000, TOY_P | TOY_G);
    map(&m, b, DATA + 0x9000, TOY_P);
    mmu_flush(cpu, true);
    EXPECT_EQ(t, load(cpu, a), 8);      /* was local by then */
    EXPECT_EQ(t, load(cpu, b), 6);
    mmu_flush(cpu, false);
    EXPECT_EQ(t, load(cpu, b), 9);
    toy_machine_free(&m);
}

/* Flushing one address of a large page flushes all of it, victims and grown tables included. */
static void large(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    for (unsigned base = 0x500000; base < 0x540000; base += 0x10000) {
        for (unsigned n = 0; n < 16; n++) {
            map(&m, base + n * 4096, DATA + base - 0x500000 + n * 4096, TOY_P | TOY_LARGE);
        }
    }
    for (unsigned n = 0; n < 64; n++) {
        EXPECT_EQ(t, load(cpu, 0x500000 + n * 4096), n);
    }
    for (unsigned n = 0; n < 16; n++) {
        map(&m, 0x510000 + n * 4096, DATA + 0x100000 + n * 4096, TOY_P | TOY_LARGE);
    }
    mmu_flush_page(cpu, 0x517890);
    for (unsigned n = 0; n < 64; n++) {
        EXPECT_EQ(t, load(cpu, 0x500000 + n * 4096), n / 16 == 1 ? 0x100 + n - 16 : n);
    }
    toy_machine_free(&m);
}

/* Rights are told apart by access; a page that becomes writable needs no flush (the walk is done again). */
static void rights(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    const uint64_t a = 0x500000;
    map(&m, a, DATA, TOY_P);
    EXPECT(t, mmu_host_pointer(cpu, a, MMU_READ, 0) == m.ram->host + DATA);
    EXPECT(t, !mmu_host_pointer(cpu, a, MMU_WRITE, 0));
    EXPECT(t, !mmu_host_pointer(cpu, a, MMU_EXEC, 0));
    map(&m, a, DATA, TOY_P | TOY_W);
    EXPECT(t, mmu_host_pointer(cpu, a + 8, MMU_WRITE, 0) == m.ram->host + DATA + 8);
    uint64_t value = 0;
    EXPECT(t, mmu_peek(cpu, a + 0xffc, &value, 8));
    map(&m, 0x600000, 0, 0);
    EXPECT(t, !mmu_peek(cpu, 0x600000, &value, 8));
    toy_machine_free(&m);
}

/* What a page may still be seen as: what it was mapped to since its last flush. No TLB has to keep an entry. */
enum { MODEL_PAGES = 600, MODEL_BASE = 0x500000, MODEL_HISTORY = 40 };
struct model_page { uint64_t linear; uint16_t was[MODEL_HISTORY]; unsigned count; };

static void model_flushed(struct model_page *page)
{
    page->was[0] = page->was[page->count - 1];
    page->count = 1;
}

static bool model_allows(const struct model_page *page, uint64_t got)
{
    for (unsigned i = 0; i < page->count; i++) {
        if (page->was[i] == got) {
            return true;
        }
    }
    return false;
}

static void model_map(struct toy_machine *m, struct model_page *page, unsigned to)
{
    if (page->count == MODEL_HISTORY) {
        mmu_flush_page(&m->cpu[0]->cpu, page->linear);
        model_flushed(page);
    }
    map(m, page->linear, DATA + to * 4096, TOY_P | TOY_W);
    page->was[page->count++] = (uint16_t)to;
}

/* Random loads, remappings and flushes against that model, on so many pages. Few of them: in columns that share a place in
 * the table, so that victim entries are in use; many: in a row, so that it grows. */
static void model_run(struct test *t, unsigned pages)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    struct model_page *page = g_new0(struct model_page, MODEL_PAGES);
    unsigned seed = 1;
    for (unsigned n = 0; n < pages; n++) {
        page[n].linear = MODEL_BASE + (pages < 100 ? (n % 5) * 4096 + n / 5 * 0x100000 : n * 4096);
        model_map(&m, &page[n], n);
    }
    for (unsigned step = 0; step < 300000 && !t->failed; step++) {
        seed = seed * 1103515245 + 12345;
        const unsigned n = (seed >> 8) % pages, to = (seed >> 4) % 2000, what = seed >> 22;
        if (what < 100) {
            model_map(&m, &page[n], to);
        } else if (what < 140) {
            mmu_flush_page(cpu, page[n].linear);
            model_flushed(&page[n]);
        } else if (what < 141) {
            mmu_flush(cpu, seed >> 8 & 1);
            for (unsigned i = 0; i < pages; i++) {
                model_flushed(&page[i]);
            }
        } else {
            EXPECT(t, model_allows(&page[n], load(cpu, page[n].linear)));
        }
    }
    EXPECT(t, pages < 100 ? engine_counter(m.engine, "tlb_victims") > 1000 : cpu->tlb[0].size > 256);
    g_free(page);
    toy_machine_free(&m);
}
static void model_many(struct test *t) { model_run(t, MODEL_PAGES); }
static void model_victims(struct test *t) { model_run(t, 20); }

/* The table grows under use: a working set of 4,000 pages ends up without misses. */
static void growth(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    unsigned before = 0;
    for (unsigned turn = 0; turn < 12; turn++) {
        before = walks(cpu);
        for (uint64_t n = 0; n < 4000; n++) {
            load(cpu, n << 12);
        }
    }
    EXPECT(t, walks(cpu) - before < 40);
    EXPECT(t, cpu->tlb[0].size >= 4096);
    toy_machine_free(&m);
}

/* Code at one linear address mapped to other RAM: jumps between pages, linked before, notice it. Ids come back. */
static void page_ids(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    const uint64_t caller[] = { I(JMP, 0, 0, 0, 0x1000) };
    const uint64_t one[] = { I(MOVI, 0, 0, 0, 1), I(HLT, 0, 0, 0, 0) };
    const uint64_t two[] = { I(MOVI, 0, 0, 0, 2), I(HLT, 0, 0, 0, 0) };
    const uint64_t remap[] = { I(ST, 5, 6, 3, 0), I(ROOT, 7, 0, 0, 0), I(JMP, 0, 0, 0, CODE - 0x20000 - 16) };
    toy_load(&m, CODE, caller, 1);
    toy_load(&m, 0x30000, one, 2);
    toy_load(&m, 0x31000, two, 2);
    toy_load(&m, 0x20000, remap, 3);
    struct toy *toy = m.cpu[0];
    for (unsigned turn = 0; turn < 50; turn++) {
        toy->r[5] = (turn % 2 ? 0x31000 : 0x30000) | TOY_P | TOY_X;
        toy->r[6] = ROOT + ((CODE + 0x1000) >> 12) * 8;
        toy->r[7] = ROOT;
        toy_run(&m, 0x20000);
        EXPECT_EQ(t, toy->r[0], 1 + turn % 2);
    }
    EXPECT(t, engine_counter(m.engine, "units") < 10);
    /* Flushing only that page is noticed as well. */
    toy_poke(&m, ROOT + ((CODE + 0x1000) >> 12) * 8, 0x30000 | TOY_P | TOY_X);
    mmu_flush_page(cpu, CODE + 0x1000);
    toy_run(&m, CODE);
    EXPECT_EQ(t, toy->r[0], 1);
    /* No right to run any more. */
    toy_poke(&m, ROOT + ((CODE + 0x1000) >> 12) * 8, 0x30000 | TOY_P);
    mmu_flush_page(cpu, CODE + 0x1000);
    toy_run(&m, CODE);
    EXPECT(t, toy->faulted);
    EXPECT_EQ(t, toy->fault_pc, CODE + 0x1000);
    toy_machine_free(&m);
}

/* Dirty pages as displays use them: a page taken is marked again by the next store of any kind, also while its entry is a
 * victim, and pages that nobody wrote stay clean. */
static uint64_t take(struct toy_machine *m, unsigned pages)
{
    uint64_t bits[4] = { 0 };
    ram_take_dirty(m->ram, DATA, pages * 4096ull, bits);
    return bits[0];
}

static void dirty_pages(struct test *t)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    const uint64_t a = 0x500000, aliased = 0x600000;
    for (unsigned n = 0; n < 16; n++) {
        map(&m, a + n * 4096, DATA + n * 4096, TOY_P | TOY_W);
        map(&m, aliased + n * 4096, DATA + n * 4096, TOY_P | TOY_W);
    }
    take(&m, 16);
    EXPECT_EQ(t, take(&m, 16), 0);
    mmu_store(cpu, a + 3 * 4096, 1, 8, 0);
    EXPECT_EQ(t, take(&m, 16), 1 << 3);
    EXPECT_EQ(t, take(&m, 16), 0);
    load(cpu, a + 3 * 4096);
    EXPECT_EQ(t, take(&m, 16), 0);
    mmu_store(cpu, a + 3 * 4096, 2, 8, 0);
    mmu_store(cpu, aliased + 5 * 4096, 2, 1, 0);
    EXPECT_EQ(t, take(&m, 16), 1 << 3 | 1 << 5);
    mmu_store(cpu, aliased + 3 * 4096 - 4, 2, 8, 0);
    EXPECT_EQ(t, take(&m, 16), 1 << 3 | 1 << 2);
    uint64_t vector[4] = { 0 };
    mmu_store_vector(cpu, a + 5 * 4096, vector, 32, 0);
    mmu_atomic(cpu, IR_ATOMIC_ADD, a + 4096, 1, 0, 8, 0);
    EXPECT_EQ(t, take(&m, 16), 1 << 5 | 1 << 1);
    EXPECT(t, !mmu_host_pointer(cpu, a + 4096, MMU_WRITE, 0));  /* nobody writes behind the mark */
    for (unsigned n = 0; n < 16; n++) {
        mmu_store(cpu, a + n * 4096, n, 8, 0);
    }
    EXPECT_EQ(t, take(&m, 16), 0xffff);
    for (unsigned n = 0; n < 0x10000; n += 0x100) {             /* the same places of the table: all become victims */
        load(cpu, 0x700000 + n * 4096ull % 0x800000);
    }
    for (unsigned n = 0; n < 16; n++) {
        mmu_store(cpu, a + n * 4096, n, 8, 0);
        EXPECT_EQ(t, take(&m, 16), 1 << n);
        mmu_store(cpu, a + n * 4096, n, 8, 0);
        mmu_store(cpu, a + n * 4096, n, 8, 0);
        EXPECT_EQ(t, take(&m, 16), 1 << n);
    }
    phys_store(cpu, DATA + 8 * 4096, 1, 4);
    EXPECT_EQ(t, take(&m, 16), 1 << 8);
    toy_machine_free(&m);
}

/* A page with code in it keeps its mark for the translator; its stores are seen all the same. */
static void dirty_code_page(struct test *t)
{
    struct toy_machine m;
    start(&m);
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 1), I(HLT, 0, 0, 0, 0) };
    const uint64_t at = 0x20000;
    map(&m, at, DATA, TOY_P | TOY_W | TOY_X);
    toy_load(&m, DATA, code, COUNT(code));
    toy_run(&m, at);
    take(&m, 16);
    mmu_store(&m.cpu[0]->cpu, at + 64, 1, 8, 0);
    EXPECT_EQ(t, take(&m, 16), 1);
    mmu_store(&m.cpu[0]->cpu, at + 64, 1, 8, 0);
    EXPECT_EQ(t, take(&m, 16), 1);
    toy_machine_free(&m);
}

/* TLB_SPEED=1: what flushes and refills cost. Never judged. */
static void speed(void)
{
    struct toy_machine m;
    struct cpu *cpu = start(&m);
    for (unsigned used = 16; used <= 512; used *= 4) {
        gint64 flushing = 0, filling = 0;
        enum { TURNS = 20000 };
        for (unsigned turn = 0; turn < TURNS; turn++) {
            const gint64 a = g_get_monotonic_time();
            for (unsigned i = 0; i < used; i++) {
                load(cpu, DATA / 2 + (uint64_t)i * 4096);
            }
            const gint64 b = g_get_monotonic_time();
            mmu_flush(cpu, true);
            flushing += g_get_monotonic_time() - b;
            filling += b - a;
        }
        printf("# %u entries: flush %.0f ns, fill %.1f ns an entry\n", used, 1000.0 * (double)flushing / TURNS,
               1000.0 * (double)filling / TURNS / used);
    }
    toy_machine_free(&m);
}

static const struct test_case cases[] = {
    TEST(flush_page), TEST(global), TEST(large), TEST(rights), TEST(model_many), TEST(model_victims), TEST(growth), TEST(page_ids),
    TEST(dirty_pages), TEST(dirty_code_page),
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (getenv("TLB_SPEED")) {
        speed();
    }
    return test_run_cases("tlb", cases, COUNT(cases));
}
