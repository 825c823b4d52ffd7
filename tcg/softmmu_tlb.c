/* SPDX-License-Identifier: MIT */
/*
 * The software TLB: one table for each mmu mode of a CPU, direct mapped, with eight victim entries behind it.
 *
 *   host code / mmu_load --hit--> RAM
 *        | miss
 *     tlb_get --victim?--> swap back
 *        | no
 *     frontend->walk -> memory_find -> tlb_install (a table too small for what it is used for grows here)
 *
 * Entries in use are kept in two lists, of global and of other pages, so that a flush costs what was used since the last one
 * and leaves global pages alone without looking at them. Only the CPU's own thread installs and flushes; another CPU may add
 * TLB_CODE to an entry (tlb_mark_code) under tlb_lock. Tables of address spaces that are not in force, and flushes of all of
 * them, are in softmmu_spaces.c.
 */
#include <string.h>
#include "tcg/engine_state.h"

void tlb_tables_alloc(struct tlb *tlb, struct tlb_side *side, unsigned size)
{
    side->local = (struct tlb_list){ .index = g_new(uint32_t, size) };
    side->global = (struct tlb_list){ .index = g_new(uint32_t, size) };
    tlb->size = size;
    tlb->used = 0;
    tlb->mask = (uint64_t)(size - 1) * sizeof(struct tlb_entry);
    tlb->entries = g_new(struct tlb_entry, size);
    tlb->details = g_new0(struct tlb_detail, size);
    for (unsigned i = 0; i < size; i++) {
        tlb->entries[i] = (struct tlb_entry){ .tag = { TLB_INVALID, TLB_INVALID, TLB_INVALID } };
    }
}

void tlb_tables_free(struct tlb *tlb, struct tlb_side *side)
{
    g_free(tlb->entries);
    g_free(tlb->details);
    g_free(side->local.index);
    g_free(side->global.index);
}

void tlb_init(struct cpu *cpu)
{
    g_mutex_init(&cpu->tlb_lock);
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        loop_of(cpu)->side[m] = g_new0(struct tlb_side, 1);
        tlb_tables_alloc(&cpu->tlb[m], loop_of(cpu)->side[m], TLB_MIN_ENTRIES);
    }
    tlb_sets_init(cpu);
}

void tlb_destroy(struct cpu *cpu)
{
    tlb_sets_destroy(cpu);
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        tlb_tables_free(&cpu->tlb[m], loop_of(cpu)->side[m]);
        g_free(loop_of(cpu)->side[m]);
    }
    g_mutex_clear(&cpu->tlb_lock);
}

static inline unsigned index_of(const struct tlb *tlb, uint64_t linear)
{
    return (linear >> PAGE_BITS) & (tlb->size - 1);
}

struct tlb_detail *tlb_detail_of(struct cpu *cpu, const struct tlb_entry *entry, unsigned mmu)
{
    return &cpu->tlb[mmu].details[entry - cpu->tlb[mmu].entries];
}

static inline bool tag_matches(uint64_t tag, uint64_t page)
{
    return (tag & (PAGE_MASK | TLB_INVALID)) == page;
}

static void entry_clear(struct tlb *tlb, unsigned i)
{
    struct tlb_entry *entry = &tlb->entries[i];
    entry->tag[MMU_READ] = entry->tag[MMU_WRITE] = entry->tag[MMU_EXEC] = TLB_INVALID;
    tlb->used -= (tlb->details[i].flags & DETAIL_USED) != 0;
    tlb->details[i].flags &= ~(uint32_t)DETAIL_USED;
}

/* Puts an entry in its place and on the list of its kind. tlb_lock held. */
static void entry_place(struct tlb *tlb, struct tlb_side *side, unsigned i, const struct tlb_entry *entry,
                        const struct tlb_detail *detail)
{
    struct tlb_detail *to = &tlb->details[i];
    uint32_t flags = to->flags & (DETAIL_IN_LOCAL | DETAIL_IN_GLOBAL);
    const bool global = detail->flags & DETAIL_GLOBAL;
    const uint32_t listed = global ? DETAIL_IN_GLOBAL : DETAIL_IN_LOCAL;
    if (!(flags & listed)) {
        struct tlb_list *list = global ? &side->global : &side->local;
        list->index[list->count++] = i;
        flags |= listed;
    }
    tlb->used += !(to->flags & DETAIL_USED);
    *to = *detail;
    to->flags = flags | DETAIL_USED | (global ? DETAIL_GLOBAL : 0);
    tlb->entries[i] = *entry;
    if (tlb->used > side->peak) {
        side->peak = tlb->used;
    }
}

/* A table of another size with the same entries in it. tlb_lock held. */
static void tlb_resize(struct tlb *tlb, struct tlb_side *side, unsigned size)
{
    const struct tlb old = *tlb;
    g_free(side->local.index);
    g_free(side->global.index);
    tlb_tables_alloc(tlb, side, size);
    for (unsigned i = 0; i < old.size; i++) {
        if (old.details[i].flags & DETAIL_USED) {
            entry_place(tlb, side, index_of(tlb, old.details[i].linear), &old.entries[i], &old.details[i]);
        }
    }
    g_free(old.entries);
    g_free(old.details);
    side->conflicts = side->flushes = side->peak = 0;
}

/* An entry that has to make room becomes a victim entry. tlb_lock held. */
static void entry_to_victim(struct cpu *cpu, struct tlb *tlb, struct tlb_side *side, unsigned i)
{
    if (!(cpu->engine->options.off & OFF_VICTIM)) {
        const unsigned v = side->next_victim++ % TLB_VICTIMS;
        side->victim[v].entry = tlb->entries[i];
        side->victim[v].detail = tlb->details[i];
        side->victims_used |= 1u << v;
    }
    entry_clear(tlb, i);
    side->conflicts++;
}

/* Large pages are remembered as a few ranges, so that flushing one address knows when to look for other entries of a page. */
static void large_add(struct tlb_side *side, uint64_t linear, uint64_t size)
{
    const uint64_t first = linear & ~(size - 1), last = first + (size - 1);
    unsigned best = 0;
    uint64_t best_growth = UINT64_MAX;
    for (unsigned i = 0; i < side->large_count; i++) {
        const uint64_t low = MIN(first, side->large[i].first), high = MAX(last, side->large[i].last);
        const uint64_t growth = (high - low) - (side->large[i].last - side->large[i].first);
        if (growth < best_growth) {
            best_growth = growth;
            best = i;
        }
    }
    if (best_growth && side->large_count < TLB_LARGE_RANGES && best_growth > size) {
        best = side->large_count++;
        side->large[best].first = first;
        side->large[best].last = last;
        return;
    }
    side->large[best].first = MIN(first, side->large[best].first);
    side->large[best].last = MAX(last, side->large[best].last);
}

static bool large_covers(const struct tlb_side *side, uint64_t linear)
{
    for (unsigned i = 0; i < side->large_count; i++) {
        if (linear >= side->large[i].first && linear <= side->large[i].last) {
            return true;
        }
    }
    return false;
}

/* A page that may be written without telling anybody: dirty from now on, and with TLB_CODE when it holds code. The order of
 * the two bits matters: tlb_mark_code sets code_pages first and then looks at write_mapped. */
static uint64_t write_flags(struct engine *engine, const struct tlb_detail *detail)
{
    const uint64_t n = detail->ram_page >> PAGE_BITS;
    bit_set(engine->write_mapped, n);
    return bit_test(engine->ram->code_pages, n) ? TLB_CODE : 0;
}

/* What the walk found, as an entry. tlb_lock held. */
static void entry_make(struct cpu *cpu, uint64_t linear, const struct mmu_page *page, const struct memory_place *place,
                       struct tlb_entry *entry, struct tlb_detail *detail)
{
    const bool ram = place->host && place->bytes >= PAGE_BYTES;
    const uint64_t flags = (ram ? 0 : TLB_IO) | (page->watch ? TLB_WATCH : 0) | (page->strict ? TLB_STRICT : 0);
    *detail = (struct tlb_detail){ .linear = linear, .physical = page->physical & PAGE_MASK, .ram_page = NOT_RAM,
                                   .size = page->size, .flags = page->global ? DETAIL_GLOBAL : 0 };
    *entry = (struct tlb_entry){ .tag = { TLB_INVALID, TLB_INVALID, TLB_INVALID } };
    if (ram) {
        detail->ram_page = place->ram_offset;
        detail->host = place->host;
        entry->addend = (uintptr_t)place->host - (uintptr_t)linear;
    }
    if (page->read) {
        entry->tag[MMU_READ] = linear | flags;
    }
    if (page->exec) {
        entry->tag[MMU_EXEC] = linear | flags;
    }
    if (page->write) {
        uint64_t more = 0;
        if (ram && place->writable) {
            ram_mark_dirty(place->ram, place->ram_offset, PAGE_BYTES);
            more = write_flags(cpu->engine, detail);
        } else {
            more = TLB_IO;      /* ROM: the write is dropped and logged on the way of I/O */
        }
        entry->tag[MMU_WRITE] = linear | flags | more;
    }
}

/* Well used and still in its own way; or, up to a size that costs little, in its own way all the time. */
static bool wants_to_grow(const struct tlb *tlb, const struct tlb_side *side)
{
    return (side->conflicts > tlb->size / 4 && tlb->used > tlb->size / 8 && tlb->size < TLB_MAX_ENTRIES) ||
           (side->conflicts > tlb->size * 4 && tlb->size < TLB_MAX_ENTRIES / 4);
}

static struct tlb_entry *tlb_install(struct cpu *cpu, uint64_t linear, unsigned mmu, const struct mmu_page *page,
                                     const struct memory_place *place)
{
    struct tlb *tlb = &cpu->tlb[mmu];
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    g_mutex_lock(&cpu->tlb_lock);
    loop_of(cpu)->sets.modes |= 1u << mmu;
    if (wants_to_grow(tlb, side)) {
        tlb_resize(tlb, side, tlb->size * 2);
        tlb_sets_trim(cpu);
        count(cpu, COUNT_tlb_grown);
    }
    const unsigned i = index_of(tlb, linear);
    if ((tlb->details[i].flags & DETAIL_USED) && tlb->details[i].linear != linear) {
        entry_to_victim(cpu, tlb, side, i);
    }
    struct tlb_entry entry;
    struct tlb_detail detail;
    entry_make(cpu, linear, page, place, &entry, &detail);
    entry_place(tlb, side, i, &entry, &detail);
    if (page->size > PAGE_BYTES) {
        large_add(side, linear, page->size);
    }
    g_mutex_unlock(&cpu->tlb_lock);
    return &tlb->entries[i];
}

/* Swaps a victim entry back in. */
static struct tlb_entry *victim_find(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu)
{
    struct tlb *tlb = &cpu->tlb[mmu];
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    for (unsigned v = 0; side->victims_used >> v; v++) {
        if ((side->victims_used >> v & 1) && tag_matches(side->victim[v].entry.tag[access], linear)) {
            g_mutex_lock(&cpu->tlb_lock);
            const struct tlb_entry entry = side->victim[v].entry;
            const struct tlb_detail detail = side->victim[v].detail;
            const unsigned i = index_of(tlb, linear);
            side->victims_used &= ~(1u << v);
            if ((tlb->details[i].flags & DETAIL_USED) && tlb->details[i].linear != linear) {
                side->next_victim = v;
                entry_to_victim(cpu, tlb, side, i);
            }
            entry_place(tlb, side, i, &entry, &detail);
            g_mutex_unlock(&cpu->tlb_lock);
            count(cpu, COUNT_tlb_victims);
            return &tlb->entries[i];
        }
    }
    return NULL;
}

static void victim_drop_page(struct tlb_side *side, uint64_t linear)
{
    for (unsigned v = 0; side->victims_used >> v; v++) {
        if ((side->victims_used >> v & 1) && side->victim[v].detail.linear == linear) {
            side->victims_used &= ~(1u << v);
        }
    }
}

struct tlb_entry *tlb_get(struct cpu *cpu, uint64_t address, enum mmu_access access, unsigned mmu, bool raise)
{
    const uint64_t linear = address & PAGE_MASK;
    struct tlb *tlb = &cpu->tlb[mmu];
    struct tlb_entry *entry = &tlb->entries[index_of(tlb, linear)];
    if (tag_matches(entry->tag[access], linear)) {
        return entry;
    }
    count(cpu, COUNT_tlb_misses);
    entry = victim_find(cpu, linear, access, mmu);
    if (entry) {
        return entry;
    }
    struct mmu_page page = { .size = PAGE_BYTES };
    count(cpu, COUNT_tlb_walks);
    if (!cpu->frontend->walk(cpu, address, access, mmu, raise, &page)) {
        return NULL;
    }
    if (G_UNLIKELY(cpu->engine->debug.data)) {
        page.watch |= debug_page_watched(cpu->engine, linear, page.physical);
    }
    const struct memory_place place = place_find(cpu, page.physical & PAGE_MASK);
    if (G_UNLIKELY(place.ram && !g_atomic_pointer_get(&cpu->engine->ram))) {
        engine_learn_ram(cpu->engine, place.ram);
    }
    victim_drop_page(loop_of(cpu)->side[mmu], linear);
    return tlb_install(cpu, linear, mmu, &page, &place);
}

/* ---- flushes ---- */

static void list_flush(struct tlb *tlb, struct tlb_list *list, bool global)
{
    const uint32_t listed = global ? DETAIL_IN_GLOBAL : DETAIL_IN_LOCAL;
    for (uint32_t n = 0; n < list->count; n++) {
        const uint32_t i = list->index[n];
        struct tlb_detail *detail = &tlb->details[i];
        detail->flags &= ~listed;
        if (!(detail->flags & DETAIL_GLOBAL) != global) {
            entry_clear(tlb, i);
        }
    }
    list->count = 0;
}

static void page_id_flush(struct cpu *cpu, unsigned mmu, unsigned slot)
{
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    cpu->page_ids[mmu][slot] = 0;
    side->ids_used[slot / 64] &= ~(1ull << (slot % 64));
    side->ids_global[slot / 64] &= ~(1ull << (slot % 64));
}

/* Those that lie in the guest's large page of that address. */
static void page_ids_flush_large(struct cpu *cpu, unsigned mmu, uint64_t linear)
{
    const struct tlb_side *side = loop_of(cpu)->side[mmu];
    for (uint64_t words = side->ids_words; words; words &= words - 1) {
        const unsigned w = (unsigned)__builtin_ctzll(words);
        for (uint64_t bits = side->ids_used[w]; bits; bits &= bits - 1) {
            const unsigned slot = w * 64 + (unsigned)__builtin_ctzll(bits);
            if (!((side->id_page[slot].linear ^ linear) >> side->id_page[slot].size_bits)) {
                page_id_flush(cpu, mmu, slot);
            }
        }
    }
}

G_STATIC_ASSERT(CPU_PAGE_IDS <= 64 * 64);

static void page_ids_flush(struct cpu *cpu, unsigned mmu, bool keep_global)
{
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    for (uint64_t words = side->ids_words; words; words &= words - 1) {
        const unsigned w = (unsigned)__builtin_ctzll(words);
        uint64_t bits = side->ids_used[w] & ~(keep_global ? side->ids_global[w] : 0);
        side->ids_used[w] &= ~bits;
        side->ids_global[w] &= ~bits;
        side->ids_words &= ~((uint64_t)!side->ids_used[w] << w);
        for (; bits; bits &= bits - 1) {
            cpu->page_ids[mmu][w * 64 + (unsigned)__builtin_ctzll(bits)] = 0;
        }
    }
}

static void victims_flush(struct tlb_side *side, bool keep_global)
{
    for (unsigned v = 0; side->victims_used >> v; v++) {
        if (!keep_global || !(side->victim[v].detail.flags & DETAIL_GLOBAL)) {
            side->victims_used &= ~(1u << v);
        }
    }
}

void tlb_mode_flush(struct cpu *cpu, unsigned mmu, bool keep_global)
{
    struct tlb *tlb = &cpu->tlb[mmu];
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    list_flush(tlb, &side->local, false);
    victims_flush(side, keep_global);
    if (!keep_global) {
        list_flush(tlb, &side->global, true);
        side->large_count = 0;
    }
    page_ids_flush(cpu, mmu, keep_global);
    if (++side->flushes >= TLB_SHRINK_FLUSHES) {
        if (tlb->size > TLB_MIN_ENTRIES && side->peak < tlb->size / 8) {
            tlb_resize(tlb, side, tlb->size / 2);
        }
        side->flushes = side->peak = 0;
    }
    side->conflicts /= 2;
}

void tlb_mode_flush_page(struct cpu *cpu, unsigned mmu, uint64_t linear)
{
    struct tlb *tlb = &cpu->tlb[mmu];
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    page_id_flush(cpu, mmu, (linear >> PAGE_BITS) % CPU_PAGE_IDS);
    victim_drop_page(side, linear);
    if (tlb->details[index_of(tlb, linear)].linear == linear) {
        entry_clear(tlb, index_of(tlb, linear));
    }
    if (!large_covers(side, linear)) {
        return;
    }
    for (unsigned l = 0; l < 2; l++) {
        const struct tlb_list *list = l ? &side->global : &side->local;
        for (uint32_t n = 0; n < list->count; n++) {
            const struct tlb_detail *detail = &tlb->details[list->index[n]];
            if ((detail->flags & DETAIL_USED) && !((detail->linear ^ linear) & ~(detail->size - 1))) {
                entry_clear(tlb, list->index[n]);
            }
        }
    }
    for (unsigned v = 0; v < TLB_VICTIMS; v++) {
        if (!((side->victim[v].detail.linear ^ linear) & ~(side->victim[v].detail.size - 1))) {
            side->victims_used &= ~(1u << v);
        }
    }
    page_ids_flush_large(cpu, mmu, linear);
}

/* ---- marks of pages: that hold code, or whose next write somebody wants to know of ---- */

struct ram_pages { uint64_t first, count; };        /* numbers of pages of RAM */

static bool entry_mark(struct tlb_entry *entry, const struct tlb_detail *detail, const struct ram_pages *pages)
{
    const uint64_t tag = __atomic_load_n(&entry->tag[MMU_WRITE], __ATOMIC_RELAXED);
    if ((detail->ram_page >> PAGE_BITS) - pages->first >= pages->count || (tag & (TLB_INVALID | TLB_CODE | TLB_IO))) {
        return false;
    }
    __atomic_store_n(&entry->tag[MMU_WRITE], tag | TLB_CODE, __ATOMIC_SEQ_CST);
    return true;
}

static bool table_mark(struct tlb *tlb, struct tlb_side *side, const void *opaque)
{
    const struct ram_pages *pages = opaque;
    bool marked = false;
    for (unsigned l = 0; l < 2; l++) {
        const struct tlb_list *list = l ? &side->global : &side->local;
        for (uint32_t n = 0; n < list->count; n++) {
            marked |= entry_mark(&tlb->entries[list->index[n]], &tlb->details[list->index[n]], pages);
        }
    }
    for (unsigned v = 0; side->victims_used >> v; v++) {
        marked |= entry_mark(&side->victim[v].entry, &side->victim[v].detail, pages);
    }
    return marked;
}

/* Every writable entry of these pages; whether there was one without the mark. */
static bool cpu_mark(struct cpu *cpu, const struct ram_pages *pages)
{
    g_mutex_lock(&cpu->tlb_lock);
    bool marked = tlb_sets_each(cpu, table_mark, pages);
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        marked |= table_mark(&cpu->tlb[m], loop_of(cpu)->side[m], pages);
    }
    g_mutex_unlock(&cpu->tlb_lock);
    return marked;
}

bool tlb_mark_code(struct engine *engine, const struct cpu *self, uint64_t ram_page)
{
    const struct ram_pages page = { ram_page >> PAGE_BITS, 1 };
    bool other = false;
    bit_set(engine->ram->code_pages, page.first);
    if (!bit_test(engine->write_mapped, page.first)) {
        return false;
    }
    bit_clear(engine->write_mapped, page.first);
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        const bool marked = cpu_mark(engine->cpu[c], &page);
        other |= marked && engine->cpu[c] != self;
    }
    return other;
}

void tlb_unmark_code(struct cpu *cpu, struct tlb_entry *entry, unsigned mmu)
{
    g_mutex_lock(&cpu->tlb_lock);
    ram_mark_dirty(cpu->engine->ram, tlb_detail_of(cpu, entry, mmu)->ram_page, PAGE_BYTES);
    entry->tag[MMU_WRITE] &= ~(uint64_t)TLB_CODE;
    entry->tag[MMU_WRITE] |= write_flags(cpu->engine, tlb_detail_of(cpu, entry, mmu));
    g_mutex_unlock(&cpu->tlb_lock);
}

/* The mark of pages that hold code serves: the slow path finds none, marks the page dirty and takes the mark away. */
void engine_rearm_writes(void *opaque, uint64_t first_page, uint64_t pages)
{
    struct engine *engine = opaque;
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        cpu_mark(engine->cpu[c], &(struct ram_pages){ first_page, pages });
    }
}
