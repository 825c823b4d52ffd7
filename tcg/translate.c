/* SPDX-License-Identifier: MIT */
/*
 * From a guest pc to a block that can be run:
 *
 *   jump cache -> block map -> front end -> optimiser -> back end -> publish
 *                             '-- no lock --------'   '-- translate_lock --'
 *
 * The front end may raise in the middle (a fetch fault): translate_abandon then undoes what was announced. A unit that did not
 * fit is tried again: in the next generation of the code cache, or with half the instructions when it is the unit that is
 * too large. A one-shot unit (after a store into its own unit, for code outside RAM, near an -icount deadline) is made in the
 * CPU's scratch and used once.
 */
#include <string.h>
#include <time.h>
#include "tcg/engine_state.h"
#include "tcg/ir_build.h"
#include "tcg/ir_opt.h"

void translate_abandon(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    if (loop->translating) {
        loop->translating = false;
        g_mutex_lock(&cpu->engine->translate_lock);
        code_pages_release(cpu);
        g_mutex_unlock(&cpu->engine->translate_lock);
    }
}

/*
 * A unit that crosses into a second page begins with a test that this page still is what it was translated from, by its
 * page id, as links between pages do. So it may be linked to and found by the jump cache like any other. When the test
 * fails it goes back to the loop, whose look-up checks the second page and sets its id.
 */
static void guard_second_page(struct cpu *cpu, struct ir_unit *unit)
{
    const uint64_t next = (unit->linear | PAGE_OFFSET) + 1;
    const unsigned mmu = cpu->frontend->fetch_mmu(unit->mode), slot = (next >> PAGE_BITS) % CPU_PAGE_IDS;
    const struct code_place place = code_locate(cpu, next, mmu);
    if (place.ram_page == NOT_RAM || unit->count + 8 > IR_MAX_INSNS) {
        return;
    }
    const unsigned before = unit->count, label = ir_new_label(unit);
    const ir_reg id = ir_ldcpu(unit, 32, (unsigned)(offsetof(struct cpu, page_ids) +
                                                    (mmu * CPU_PAGE_IDS + slot) * sizeof(uint32_t)));
    ir_brci(unit, IR_COND_E, 32, id, place.page_id, label);
    ir_stcpu(unit, 64, offsetof(struct cpu, pc), ir_const(unit, unit->pc));
    ir_exit(unit);
    ir_label(unit, label);
    const unsigned added = unit->count - before;
    struct ir_insn guard[16];
    g_assert(added <= ARRAY_COUNT(guard));
    memcpy(guard, &unit->code[before], added * sizeof(guard[0]));
    memmove(&unit->code[added], unit->code, before * sizeof(guard[0]));
    memcpy(unit->code, guard, added * sizeof(guard[0]));
    for (unsigned i = 0; i < unit->guest_insns; i++) {
        unit->insn[i].ir += added;
    }
}

static bool crosses(const struct ir_unit *unit)
{
    return (unit->linear & PAGE_OFFSET) + unit->guest_bytes > PAGE_BYTES;
}

/* Time in ns while a record is kept, which says what translation cost. */
static int64_t explain_now(const struct cpu *cpu)
{
    struct timespec now = { 0 };
    if (cpu->engine->explain) {
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* The front end's unit, that ends before the next point of the debugger. */
static void unit_write(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns)
{
    const struct frontend *frontend = cpu->frontend;
    for (;;) {
        ir_unit_start(unit, frontend->globals, frontend->global_count, frontend->helpers, frontend->helper_count);
        frontend->translate(cpu, unit, max_insns);
        const unsigned before = cpu->engine->debug.code && !unit->overflow ? debug_first_point(cpu, unit) : unit->guest_insns;
        if (before >= unit->guest_insns) {
            return;
        }
        max_insns = before;
    }
}

/* Front end and optimiser. A unit that is to last announces the pages it reads. */
static void unit_make(struct cpu *cpu, unsigned max_insns, bool lasting)
{
    struct loop *loop = loop_of(cpu);
    struct ir_unit *unit = loop->unit;
    loop->fetched_io = false;
    loop->translating = lasting;
    unit->alone = !lasting && (debug_wants_units(cpu) || cpu->engine->debug.data);
    unit->straight = cpu->engine->options.icount || cpu->engine->logged || unit->alone || cpu->engine->options.off & OFF_LOOP;
    unit->off = cpu->engine->options.off;
    const int64_t begun = explain_now(cpu);
    do {
        unit_write(cpu, unit, max_insns);
        max_insns /= 2;
    } while (unit->overflow && max_insns);
    if (unit->overflow) {
        g_error("%s: one instruction does not fit in a unit", cpu->frontend->name);    /* our own limit, not the guest's doing */
    }
    log_translation(cpu, unit);
#ifdef IR_CHECKED
    const char *verified = ir_verify(unit), *wrong = verified ? verified : ir_verify_computed(unit);
    if (wrong) {
        g_error("%s: unit at 0x%" PRIx64 ": %s", cpu->frontend->name, unit->pc, wrong);
    }
#endif
    if (lasting && crosses(unit) && !cpu->engine->options.icount) {
        guard_second_page(cpu, unit);
    }
    const int64_t written = explain_now(cpu);
    if (lasting) {
        explain_written(cpu, unit, written - begun);
    }
    const int64_t optimising = explain_now(cpu);
    ir_optimise(unit);
    explain_optimised(cpu, unit, explain_now(cpu) - optimising);
    log_optimised(cpu, unit);
}

static void block_describe(struct cpu *cpu, struct block *block, const struct ir_unit *unit, struct code_place place)
{
    block->pc = unit->pc;
    block->mode = unit->mode;
    block->linear = unit->linear;
    block->physical = place.ram_page == NOT_RAM ? NOT_RAM : place.ram_page | (unit->linear & PAGE_OFFSET);
    block->page_id = place.page_id;
    block->guest_bytes = unit->guest_bytes;
    block->guest_insns = unit->guest_insns;
    block->crosses_page = crosses(unit);
}

/* Frees what the last one-shot unit of this CPU had. */
static void one_shot_release(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    if (loop->one_shot && cpu->engine->backend->release) {
        cpu->engine->backend->release(cpu->engine->backend_state, loop->one_shot);
    }
    loop->one_shot = NULL;
}

static struct block *one_shot_make(struct cpu *cpu, struct code_place place, unsigned max_insns)
{
    struct engine *engine = cpu->engine;
    struct loop *loop = loop_of(cpu);
    struct block *block = (struct block *)loop->scratch.write;
    const size_t head = (sizeof(*block) + 63) & ~(size_t)63;
    const struct code_buffer buffer = { loop->scratch.write + head, loop->scratch.exec + head, loop->scratch.size - head };
    size_t used = 0;
    explain_draft_free(cpu);
    for (unsigned max = max_insns; !used && max; max /= 2) {
        unit_make(cpu, max, false);
        g_mutex_lock(&engine->translate_lock);
        one_shot_release(cpu);
        memset(block, 0, sizeof(*block));
        block->one_shot = true;
        block_describe(cpu, block, loop->unit, place);
        struct code_buffer room = buffer;
        used = engine->backend->emit(engine->backend_state, loop->unit, block, &room);
        g_mutex_unlock(&engine->translate_lock);
    }
    if (!used) {
        g_error("%s: one instruction does not fit in %zu bytes", engine->backend->name, buffer.size);
    }
    loop->one_shot = block;
    count(cpu, COUNT_one_shots);
    log_host_code(cpu, block);
    return block;
}

void engine_forget_code(struct engine *engine, enum explain_why why)
{
    for (unsigned g = 0; g < engine->cache.generations; g++) {
        code_cache_next(engine, why);
    }
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        mmu_flush(engine->cpu[c], false);
    }
    page_ids_clear(&engine->ids);
}

/* The oldest generation goes, unless somebody else made room since `epoch`. */
static void make_room(struct cpu *cpu, uint64_t epoch)
{
    struct engine *engine = cpu->engine;
    exclusive_begin(engine, cpu);
    g_mutex_lock(&engine->translate_lock);
    if (engine->ids.count > PAGE_IDS_MAX) {
        engine_forget_code(engine, EXPLAIN_CACHE);
    } else if (engine->cache.epoch == epoch) {
        code_cache_next(engine, EXPLAIN_CACHE);
    }
    g_mutex_unlock(&engine->translate_lock);
    exclusive_end(engine, cpu);
}

/* The second page of a unit that crosses: where its code went on. */
static bool second_page(struct cpu *cpu, struct block *block)
{
    if (!block->crosses_page) {
        return true;
    }
    const uint64_t next = (block->linear | PAGE_OFFSET) + 1;
    const struct code_place place = code_locate(cpu, next, cpu->frontend->fetch_mmu(block->mode));
    block->physical2 = place.ram_page;
    return place.ram_page != NOT_RAM;
}

/* Slots that the unit's exits name, as far as blocks have them. */
static unsigned links_of(const struct ir_unit *unit)
{
    unsigned links = 0;
    for (unsigned i = 0; i < unit->count; i++) {
        if (unit->code[i].op == IR_GOTO && unit->code[i].aux < BLOCK_MAX_LINKS) {
            links = MAX(links, unit->code[i].aux + 1u);
        }
    }
    return links;
}

enum publish { PUBLISHED, CHANGED, FULL, TOO_LARGE };

/* Emits and publishes the unit that is ready. translate_lock held. */
static enum publish block_make(struct cpu *cpu, struct code_place place, uint64_t second, struct block **out)
{
    struct engine *engine = cpu->engine;
    const struct ir_unit *unit = loop_of(cpu)->unit;
    if (!code_pages_unchanged(cpu)) {
        return CHANGED;
    }
    struct code_buffer buffer;
    struct block *block = code_cache_begin(&engine->cache, links_of(unit), &buffer);
    if (!block) {
        return FULL;
    }
    block_describe(cpu, block, unit, place);
    block->physical2 = second;
    explain_emit(cpu, block);
    const int64_t begun = explain_now(cpu);
    const size_t used = engine->backend->emit(engine->backend_state, loop_of(cpu)->unit, block, &buffer);
    if (!used) {
        return engine->cache.generation[engine->cache.current].count ? FULL : TOO_LARGE;
    }
    code_cache_end(&engine->cache, block, &buffer, used);
    code_page_add(engine, block);
    block_publish(engine, block);
    explain_published(cpu, block, explain_now(cpu) - begun);
    count(cpu, COUNT_units);
    loop_of(cpu)->counter[COUNT_unit_insns] += unit->guest_insns;
    loop_of(cpu)->counter[COUNT_unit_bytes] += used;
    *out = block;
    return PUBLISHED;
}

static struct block *translate(struct cpu *cpu, struct code_place place, unsigned max_insns)
{
    struct engine *engine = cpu->engine;
    struct loop *loop = loop_of(cpu);
    for (unsigned tries = 0; tries < 8 && max_insns; tries++) {
        struct block *block = NULL, shape = { .dead = false };
        unit_make(cpu, max_insns, true);
        block_describe(cpu, &shape, loop->unit, place);
        if (loop->fetched_io || !loop->unit->guest_bytes || !second_page(cpu, &shape)) {
            break;
        }
        g_mutex_lock(&engine->translate_lock);
        const uint64_t epoch = engine->cache.epoch;
        const enum publish end = block_make(cpu, place, shape.physical2, &block);
        loop->translating = false;
        code_pages_release(cpu);
        g_mutex_unlock(&engine->translate_lock);
        switch (end) {
        case PUBLISHED:
            log_host_code(cpu, block);
            return block;
        case CHANGED:
            break;
        case FULL:
            make_room(cpu, epoch);
            break;
        case TOO_LARGE:
            max_insns = MIN(max_insns, loop->unit->guest_insns) / 2;
            break;
        }
        count(cpu, COUNT_retries);
    }
    translate_abandon(cpu);
    return one_shot_make(cpu, place, 1);
}

/* The owner fills, others only void entries: see jump_caches_drop, which sets `dead` before it looks here. */
static void jump_cache_fill(struct cpu *cpu, struct block *block, unsigned mmu)
{
    struct jump_cache_entry *entry = &cpu->jump_cache[(block->pc ^ block->pc >> 12) & (CPU_JUMP_CACHE - 1)];
    if (block->one_shot || cpu->engine->unlinked || cpu->engine->debug.modes || cpu->engine->options.off & OFF_JCACHE ||
        (block->crosses_page && cpu->engine->options.icount)) {
        return;
    }
    entry->pc = block->pc;
    entry->page_id = block->page_id;
    entry->page_slot = (uint32_t)(offsetof(struct cpu, page_ids) +
                                  (mmu * CPU_PAGE_IDS + (block->linear >> PAGE_BITS) % CPU_PAGE_IDS) * sizeof(uint32_t));
    __atomic_store_n(&entry->host, block->host, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->mode, block->mode, __ATOMIC_SEQ_CST);
    if (atomic_load(&block->dead)) {
        entry->mode = UINT32_MAX;
    }
}

/* A unit that may not be found by others or again. */
static bool wants_one_shot(struct cpu *cpu, struct code_place place)
{
    return cpu->one_insn || place.ram_page == NOT_RAM;
}

struct block *block_for(struct cpu *cpu)
{
    const unsigned mmu = cpu->frontend->fetch_mmu(cpu->mode);
    const uint64_t linear = cpu->frontend->linear(cpu, cpu->pc, cpu->mode);
    const struct code_place place = code_locate(cpu, linear, mmu);
    if (G_UNLIKELY(debug_wants_units(cpu)) && !debug_may_run(cpu, linear)) {
        return NULL;
    }
    if (wants_one_shot(cpu, place)) {
        cpu->one_insn = false;
        return one_shot_make(cpu, place, 1);
    }
    const unsigned max_insns = cpu->engine->max_insns;
    if (G_UNLIKELY(loop_of(cpu)->debug.active & DEBUG_STEPPING)) {
        const bool counted = cpu->engine->options.icount;
        return one_shot_make(cpu, place, counted ? (unsigned)MIN(cpu->icount_left, max_insns) : max_insns);
    }
    struct block *block = block_find(cpu, place.ram_page | (linear & PAGE_OFFSET), cpu->pc, cpu->mode);
    if (cpu->engine->options.icount && cpu->icount_left < (block ? block->guest_insns : max_insns)) {
        return one_shot_make(cpu, place, (unsigned)MIN(cpu->icount_left, max_insns));
    }
    if (block) {
        count(cpu, COUNT_map_hits);
    } else {
        block = translate(cpu, place, max_insns);
    }
    if (G_UNLIKELY(cpu->engine->ids.count > PAGE_IDS_MAX)) {
        make_room(cpu, 0);
        return block_for(cpu);
    }
    jump_cache_fill(cpu, block, mmu);
    return block;
}
