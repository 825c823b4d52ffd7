/* SPDX-License-Identifier: MIT */
/*
 * Pages of RAM that hold translated code, and what a store to one does: exact self-modifying code.
 *
 *   translation   code_page_read: mark the page (TLB_CODE in every TLB; CPUs that could write it unseen are stopped once, so
 *                 that no store is under way), remember its count of writes, read the bytes
 *                 code_pages_unchanged: was it written meanwhile? then begin again
 *   store         slow path by TLB_CODE -> code_store_begin: under translate_lock, kill what overlaps the bytes. Does the
 *                 running unit? Then leave before storing; the loop runs that one instruction as a one-shot
 *                 unit, which is on no list, and goes on with fresh translations.
 *   DMA           engine_code_written, after the bytes changed
 *
 * A bit for each 64-byte granule keeps stores to data beside code cheap. A page without blocks loses its mark.
 */
#include "tcg/engine_state.h"

enum { GRANULE_BITS = 6 };

static uint64_t granules_of(uint64_t first, uint64_t last)
{
    const unsigned low = (first & PAGE_OFFSET) >> GRANULE_BITS, high = (last & PAGE_OFFSET) >> GRANULE_BITS;
    return (~0ull >> (63 - (high - low))) << low;
}

/* The parts of a block's code: in its page, and in the next one when it crosses. */
static unsigned block_parts(const struct block *block, struct store_range part[2])
{
    const unsigned room = PAGE_BYTES - (unsigned)(block->physical & PAGE_OFFSET);
    part[0] = (struct store_range){ block->physical, MIN(block->guest_bytes, room) };
    if (!block->crosses_page) {
        return 1;
    }
    part[1] = (struct store_range){ block->physical2, block->guest_bytes - room };
    return 2;
}

static bool overlaps(const struct block *block, uint64_t ram_offset, uint64_t bytes)
{
    struct store_range part[2];
    const unsigned n = block_parts(block, part);
    for (unsigned i = 0; i < n; i++) {
        if (ram_offset < part[i].ram_offset + part[i].bytes && part[i].ram_offset < ram_offset + bytes) {
            return true;
        }
    }
    return false;
}

/* Which of a block's page lists is that of this page. */
static unsigned list_of(const struct block *block, uint64_t ram_page)
{
    return (block->physical & PAGE_MASK) == ram_page ? 0 : 1;
}

static struct code_page *page_at(const struct engine *engine, uint64_t ram_page)
{
    return engine->page ? engine->page[ram_page >> PAGE_BITS] : NULL;
}

static struct code_page *page_make(struct engine *engine, uint64_t ram_page)
{
    struct code_page **page = &engine->page[ram_page >> PAGE_BITS];
    if (!*page) {
        *page = g_new0(struct code_page, 1);
    }
    return *page;
}

static void list_add(struct code_page *page, struct block *block, unsigned list, const struct store_range *part)
{
    struct block *next = page->blocks;
    if (next) {
        next->page_at[list_of(next, part->ram_offset & PAGE_MASK)] = &block->page_next[list];
    }
    block->page_next[list] = next;
    block->page_at[list] = &page->blocks;
    page->blocks = block;
    page->granules |= granules_of(part->ram_offset, part->ram_offset + part->bytes - 1);
}

void code_page_add(struct engine *engine, struct block *block)
{
    struct store_range part[2];
    const unsigned n = block_parts(block, part);
    list_add(page_make(engine, part[0].ram_offset & PAGE_MASK), block, 0, &part[0]);
    if (n == 2 && (part[0].ram_offset ^ part[1].ram_offset) & PAGE_MASK) {
        list_add(page_make(engine, part[1].ram_offset & PAGE_MASK), block, 1, &part[1]);
    } else if (n == 2) {
        page_at(engine, part[1].ram_offset & PAGE_MASK)->granules |=
            granules_of(part[1].ram_offset, part[1].ram_offset + part[1].bytes - 1);
    }
}

/* Granules anew after blocks went. */
static void page_update(struct code_page *page, uint64_t ram_page)
{
    uint64_t granules = 0;
    for (const struct block *b = page->blocks; b; b = b->page_next[list_of(b, ram_page)]) {
        struct store_range part[2];
        const unsigned n = block_parts(b, part);
        for (unsigned i = 0; i < n; i++) {
            if ((part[i].ram_offset & PAGE_MASK) == ram_page) {
                granules |= granules_of(part[i].ram_offset, part[i].ram_offset + part[i].bytes - 1);
            }
        }
    }
    page->granules = granules;
    page->stale = false;
}

/*
 * A page without code loses its mark. Its granules are left for page_written to update: where addresses are random a page of a
 * library has thousands of blocks, and when a generation of them goes none may cost a walk over the others.
 */
static void list_remove(struct engine *engine, uint64_t ram_page, const struct block *block)
{
    struct code_page *page = page_at(engine, ram_page);
    const unsigned list = list_of(block, ram_page);
    struct block *next = block->page_next[list];
    if (next) {
        next->page_at[list_of(next, ram_page)] = block->page_at[list];
    }
    *block->page_at[list] = next;
    page->stale = true;
    if (!page->blocks && !page->translating) {
        bit_clear(engine->ram->code_pages, ram_page >> PAGE_BITS);
    }
}

void code_page_remove(struct engine *engine, struct block *block)
{
    list_remove(engine, block->physical & PAGE_MASK, block);
    if (block->crosses_page && (block->physical ^ block->physical2) & PAGE_MASK) {
        list_remove(engine, block->physical2 & PAGE_MASK, block);
    }
}

static void block_kill(struct engine *engine, struct block *block, const struct cpu *by, uint64_t ram_offset)
{
    log_write(engine->log, LOG_smc, "smc: pc %#" PRIx64 " at %#" PRIx64 ", %u bytes, dropped\n", block->pc,
              block->physical, block->guest_bytes);
    code_page_remove(engine, block);
    block_retire(engine, block, by ? EXPLAIN_WRITTEN : EXPLAIN_DMA, ram_offset);
    engine->counter[COUNT_smc_blocks]++;
    /* Another CPU may be in a loop inside the block: it comes out at the next poll. */
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        if (engine->cpu[c] != by) {
            cpu_ask_exit(engine->cpu[c]);
        }
    }
}

/* Kills what overlaps a range inside one page. */
static void page_written(struct engine *engine, uint64_t ram_offset, uint64_t bytes, const struct cpu *by)
{
    const uint64_t ram_page = ram_offset & PAGE_MASK;
    struct code_page *page = page_at(engine, ram_page);
    if (!page) {
        return;
    }
    page->writes += page->translating != 0;
    if (!(page->granules & granules_of(ram_offset, ram_offset + bytes - 1))) {
        return;
    }
    for (struct block *b = page->blocks, *next; b; b = next) {
        next = b->page_next[list_of(b, ram_page)];
        if (overlaps(b, ram_offset, bytes)) {
            block_kill(engine, b, by, ram_offset);
        }
    }
    if (page->stale) {
        page_update(page, ram_page);
    }
}

void code_store_check(struct cpu *cpu, const struct store_range *range, unsigned ranges)
{
    const struct block *current = cpu->current;
    for (unsigned i = 0; i < ranges; i++) {
        if (current && !current->one_shot && overlaps(current, range[i].ram_offset, range[i].bytes)) {
            count(cpu, COUNT_smc_self);
            cpu->one_insn = true;
            cpu_leave(cpu);
        }
    }
}

void code_store_begin(struct cpu *cpu, const struct store_range *range, unsigned ranges)
{
    struct engine *engine = cpu->engine;
    count(cpu, COUNT_smc_stores);
    code_store_check(cpu, range, ranges);
    g_mutex_lock(&engine->translate_lock);
    for (unsigned i = 0; i < ranges; i++) {
        ram_mark_dirty(engine->ram, range[i].ram_offset, range[i].bytes);
        page_written(engine, range[i].ram_offset, range[i].bytes, cpu);
    }
}

void code_store_end(struct cpu *cpu)
{
    g_mutex_unlock(&cpu->engine->translate_lock);
}

void engine_code_written(struct engine *engine, uint64_t ram_offset, uint64_t bytes)
{
    if (!engine->page || !bytes) {
        return;
    }
    g_mutex_lock(&engine->translate_lock);
    for (uint64_t end = ram_offset + bytes; ram_offset < end && ram_offset >> PAGE_BITS < engine->page_count;) {
        const uint64_t n = MIN(PAGE_BYTES - (ram_offset & PAGE_OFFSET), end - ram_offset);
        page_written(engine, ram_offset, n, NULL);
        ram_offset += n;
    }
    g_mutex_unlock(&engine->translate_lock);
}

void code_page_read(struct cpu *cpu, uint64_t ram_page)
{
    struct engine *engine = cpu->engine;
    struct loop *loop = loop_of(cpu);
    for (unsigned i = 0; i < loop->fetch_count; i++) {
        if (loop->fetch[i].ram_page == ram_page) {
            return;
        }
    }
    if (loop->fetch_count == ARRAY_COUNT(loop->fetch)) {
        return;     /* a unit lies in two pages at most; looking further ahead is the front end's affair */
    }
    g_mutex_lock(&engine->translate_lock);
    struct code_page *page = page_make(engine, ram_page);
    page->translating++;
    loop->fetch[loop->fetch_count].page = page;
    loop->fetch[loop->fetch_count].ram_page = ram_page;
    loop->fetch[loop->fetch_count++].writes = page->writes;
    if (!bit_test(engine->ram->code_pages, ram_page >> PAGE_BITS)) {
        page->settling += tlb_mark_code(engine, cpu, ram_page);
    }
    const bool unseen = page->settling;
    g_mutex_unlock(&engine->translate_lock);
    if (unseen) {
        exclusive_begin(engine, cpu);
        g_mutex_lock(&engine->translate_lock);
        page->settling = 0;
        g_mutex_unlock(&engine->translate_lock);
        exclusive_end(engine, cpu);
    }
}

bool code_pages_unchanged(const struct cpu *cpu)
{
    const struct loop *loop = loop_of(cpu);
    bool unchanged = true;
    for (unsigned i = 0; i < loop->fetch_count; i++) {
        unchanged &= loop->fetch[i].page->writes == loop->fetch[i].writes;
    }
    return unchanged;
}

void code_pages_release(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    for (unsigned i = 0; i < loop->fetch_count; i++) {
        struct code_page *page = loop->fetch[i].page;
        page->translating--;
        if (!page->blocks && !page->translating) {
            bit_clear(cpu->engine->ram->code_pages, loop->fetch[i].ram_page >> PAGE_BITS);
        }
    }
    loop->fetch_count = 0;
}
