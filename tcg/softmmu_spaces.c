/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: the TLBs of the last few are kept, so that one that comes back finds what it had learnt. And flushes,
 * which are about all of them.
 *
 *   mmu_switch --same space?--> nothing
 *        | another     the set in use is put away: its tables and sides change places with those of the set that the
 *        |             space had, or of one that is of no use any more, or of the one not used for longest
 *        '--> what was flushed meanwhile is flushed in it, page ids become those of this set
 *
 * The set in use is where it always was, in cpu.tlb, loop.side and cpu.page_ids, so host code knows nothing of sets, and
 * a machine that never switches has one. Global entries are in each set by themselves (a TLB may forget), so a flush of
 * an address must reach all; a set that goes to a new space keeps its global entries.
 *
 * Flushes of sets put away are lazy: of all, or of all that is not global, by the set's state; of an address by a ring of
 * the last addresses, which the set goes through when it is next in use (what fell out of the ring costs it everything).
 * Marks of pages that hold code are not lazy: tlb_sets_each.
 *
 * tlb_lock protects the sets put away. The CPU's own thread switches and flushes; another one may flush while that one
 * stands still.
 */
#include "tcg/engine_state.h"

/* Every so many turns a set starts without page ids: those that nobody uses any more would cost a nanosecond each. */
enum { IDS_TURNS = 256 };

void tlb_sets_init(struct cpu *cpu)
{
    loop_of(cpu)->sets = (struct tlb_sets){ .count = 1 };
}

static bool in_spaces(const struct cpu *cpu, unsigned mmu)
{
    return cpu->frontend->space_modes >> mmu & 1;
}

static void set_alloc(const struct cpu *cpu, struct tlb_set *set)
{
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        if (in_spaces(cpu, m)) {
            set->side[m] = g_new0(struct tlb_side, 1);
            tlb_tables_alloc(&set->tlb[m], set->side[m], TLB_MIN_ENTRIES);
        }
    }
    set->state = SET_VOID;
}

static void set_free(const struct cpu *cpu, struct tlb_set *set)
{
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        if (in_spaces(cpu, m)) {
            tlb_tables_free(&set->tlb[m], set->side[m]);
            g_free(set->side[m]);
        }
    }
}

void tlb_sets_destroy(struct cpu *cpu)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    for (unsigned i = 0; i < sets->count; i++) {
        if (i != sets->live) {
            set_free(cpu, &sets->set[i]);
        }
    }
}

bool tlb_sets_each(struct cpu *cpu, bool (*mark)(struct tlb *tlb, struct tlb_side *side, const void *opaque),
                   const void *opaque)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    bool marked = false;
    for (unsigned i = 0; i < sets->count; i++) {
        struct tlb_set *set = &sets->set[i];
        for (unsigned m = 0; m < CPU_MMU_MODES && i != sets->live && set->state != SET_VOID; m++) {
            if (in_spaces(cpu, m)) {
                marked |= mark(&set->tlb[m], set->side[m], opaque);
            }
        }
    }
    return marked;
}

static unsigned set_entries(const struct cpu *cpu, const struct tlb *tlb)
{
    unsigned entries = 0;
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        entries += in_spaces(cpu, m) ? tlb[m].size : 0;
    }
    return entries;
}

void tlb_sets_trim(struct cpu *cpu)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    const unsigned least = (unsigned)__builtin_popcount(cpu->frontend->space_modes) * TLB_MIN_ENTRIES;
    for (;;) {
        unsigned entries = set_entries(cpu, cpu->tlb);
        struct tlb_set *oldest = NULL;
        for (unsigned i = 0; i < sets->count; i++) {
            struct tlb_set *set = &sets->set[i];
            const unsigned n = i == sets->live ? 0 : set_entries(cpu, set->tlb);
            entries += n;
            if (n > least && (!oldest || set->left < oldest->left)) {
                oldest = set;
            }
        }
        if (entries <= TLB_ALL_ENTRIES || !oldest) {
            return;
        }
        set_free(cpu, oldest);
        set_alloc(cpu, oldest);
    }
}

/* ---- switches ---- */

static bool same_space(const struct mmu_space *a, const struct mmu_space *b)
{
    return a->tables[0] == b->tables[0] && a->tables[1] == b->tables[1] && a->tag == b->tag &&
           a->world == b->world;
}

static struct tlb_set *set_find(struct tlb_sets *sets, const struct mmu_space *space)
{
    for (unsigned i = 0; i < sets->count; i++) {
        struct tlb_set *set = &sets->set[i];
        if (i != sets->live && set->state == SET_KNOWN && same_space(&set->space, space)) {
            return set;
        }
    }
    return NULL;
}

static bool is_worse(const struct tlb_set *a, const struct tlb_set *b)
{
    const bool known_a = a->state == SET_KNOWN, known_b = b->state == SET_KNOWN;
    return known_a != known_b ? known_b : a->left < b->left;
}

/* A set for a new space: one whose own is of no use any more, or one never used, or that not used for longest. */
static struct tlb_set *set_choose(struct cpu *cpu, const struct mmu_space *space)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    struct tlb_set *best = NULL;
    for (unsigned i = 0; i < sets->count; i++) {
        struct tlb_set *set = &sets->set[i];
        if (i != sets->live && (!best || is_worse(set, best))) {
            best = set;
        }
    }
    if ((!best || best->state == SET_KNOWN) && sets->count < TLB_SETS) {
        best = &sets->set[sets->count++];
        set_alloc(cpu, best);
    } else if (best->state == SET_KNOWN) {
        count(cpu, COUNT_tlb_dropped);
        best->state = SET_GLOBAL;
    }
    if (best->space.world != space->world) {
        best->state = SET_VOID;
    }
    return best;
}

/* Whether the set in use can be that of the space: it has learnt nothing that another one must not see. */
static bool fits(const struct cpu *cpu, const struct tlb_set *live, const struct mmu_space *space)
{
    const bool same_world = live->state != SET_VOID && live->space.world == space->world;
    bool empty = true;
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        const struct tlb_side *side = loop_of(cpu)->side[m];
        empty &= !in_spaces(cpu, m) || (!side->local.count && (same_world || !side->global.count));
    }
    return empty;
}

/* Page ids: those of one side go, those of the other that are good still come. */
static void ids_change(struct cpu *cpu, unsigned mmu, const struct tlb_side *from, struct tlb_side *to,
                       enum tlb_set_state good)
{
    uint32_t *ids = cpu->page_ids[mmu];
    for (uint64_t words = from->ids_words | to->ids_words; words; words &= words - 1) {
        const unsigned w = (unsigned)__builtin_ctzll(words);
        to->ids_used[w] &= good == SET_KNOWN ? UINT64_MAX : good == SET_GLOBAL ? to->ids_global[w] : 0;
        for (uint64_t bits = from->ids_used[w] & ~to->ids_used[w]; bits; bits &= bits - 1) {
            ids[w * 64 + (unsigned)__builtin_ctzll(bits)] = 0;
        }
        for (uint64_t bits = to->ids_used[w]; bits; bits &= bits - 1) {
            const unsigned slot = w * 64 + (unsigned)__builtin_ctzll(bits);
            ids[slot] = to->id_page[slot].page_id;
        }
    }
}

/* What was flushed while the set was put away. */
static void set_catch_up(struct cpu *cpu, const struct tlb_set *set)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    const bool lost = sets->log_count - set->log_count > TLB_LOG || set->state == SET_VOID;
    for (uint32_t modes = sets->modes & cpu->frontend->space_modes; modes; modes &= modes - 1) {
        const unsigned m = (unsigned)__builtin_ctz(modes);
        if (lost || set->state == SET_GLOBAL) {
            tlb_mode_flush(cpu, m, !lost);
        }
        for (uint64_t n = set->log_count; n != sets->log_count && !lost; n++) {
            tlb_mode_flush_page(cpu, m, sets->log[n % TLB_LOG]);
        }
    }
    const bool same = set->state == SET_KNOWN && set->log_count == sets->log_count;
    cpu->tlb_flushes = same ? set->tlb_flushes : ++sets->tlb_flushes;
}

static void set_leave(struct cpu *cpu, struct tlb_set *set)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        set->tlb[m] = cpu->tlb[m];
        set->side[m] = loop_of(cpu)->side[m];
    }
    set->left = ++sets->switches;
    set->log_count = sets->log_count;
    set->tlb_flushes = cpu->tlb_flushes;
}

static void set_enter(struct cpu *cpu, struct tlb_set *set)
{
    const enum tlb_set_state ids = ++set->turns % IDS_TURNS ? set->state : SET_VOID;
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        if (in_spaces(cpu, m)) {
            ids_change(cpu, m, loop_of(cpu)->side[m], set->side[m], ids);
            cpu->tlb[m] = set->tlb[m];
            loop_of(cpu)->side[m] = set->side[m];
        }
    }
    set_catch_up(cpu, set);
    loop_of(cpu)->sets.live = (unsigned)(set - loop_of(cpu)->sets.set);
}

/* Without sets: the one there is goes on as that of the space. */
static void set_flush(struct cpu *cpu, const struct tlb_set *live, const struct mmu_space *space)
{
    for (unsigned m = 0; m < CPU_MMU_MODES; m++) {
        if (in_spaces(cpu, m)) {
            tlb_mode_flush(cpu, m, live->state != SET_VOID && live->space.world == space->world);
        }
    }
    cpu->tlb_flushes = ++loop_of(cpu)->sets.tlb_flushes;
}

void mmu_switch(struct cpu *cpu, const struct mmu_space *space)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    struct tlb_set *live = &sets->set[sets->live];
    if (live->state == SET_KNOWN && same_space(&live->space, space)) {
        return;
    }
    count(cpu, COUNT_tlb_switches);
    g_mutex_lock(&cpu->tlb_lock);
    struct tlb_set *set = set_find(sets, space);
    if (set) {
        count(cpu, COUNT_tlb_found);
    } else if (fits(cpu, live, space)) {
        set = live;
    } else if (cpu->engine->options.off & OFF_SPACES) {
        set_flush(cpu, live, space);
        set = live;
    } else {
        set = set_choose(cpu, space);
    }
    if (set != live) {
        set_leave(cpu, live);
        set_enter(cpu, set);
    }
    set->space = *space;
    set->state = SET_KNOWN;
    g_mutex_unlock(&cpu->tlb_lock);
}

/* ---- flushes ---- */

void mmu_flush(struct cpu *cpu, bool keep_global)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    const enum tlb_set_state left = keep_global ? SET_GLOBAL : SET_VOID;
    count(cpu, keep_global ? COUNT_tlb_flushes_local : COUNT_tlb_flushes);
    g_mutex_lock(&cpu->tlb_lock);
    for (uint32_t modes = sets->modes; modes; modes &= modes - 1) {
        tlb_mode_flush(cpu, (unsigned)__builtin_ctz(modes), keep_global);
    }
    for (unsigned i = 0; i < sets->count; i++) {
        if (i != sets->live || !keep_global) {
            sets->set[i].state = MIN(sets->set[i].state, left);
        }
    }
    cpu->tlb_flushes = ++sets->tlb_flushes;
    g_mutex_unlock(&cpu->tlb_lock);
}

void mmu_flush_space(struct cpu *cpu, uint64_t tag)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    count(cpu, COUNT_tlb_flushes_space);
    g_mutex_lock(&cpu->tlb_lock);
    for (unsigned i = 0; i < sets->count; i++) {
        struct tlb_set *set = &sets->set[i];
        if (i != sets->live && set->state == SET_KNOWN && set->space.tag == tag) {
            set->state = SET_GLOBAL;
        }
    }
    const struct tlb_set *live = &sets->set[sets->live];
    for (unsigned m = 0; m < CPU_MMU_MODES && (live->state != SET_KNOWN || live->space.tag == tag); m++) {
        if (in_spaces(cpu, m)) {
            tlb_mode_flush(cpu, m, true);
        }
    }
    cpu->tlb_flushes = ++sets->tlb_flushes;
    g_mutex_unlock(&cpu->tlb_lock);
}

void mmu_flush_page(struct cpu *cpu, uint64_t linear)
{
    struct tlb_sets *sets = &loop_of(cpu)->sets;
    linear &= PAGE_MASK;
    count(cpu, COUNT_tlb_flushes_page);
    g_mutex_lock(&cpu->tlb_lock);
    for (uint32_t modes = sets->modes; modes; modes &= modes - 1) {
        tlb_mode_flush_page(cpu, (unsigned)__builtin_ctz(modes), linear);
    }
    sets->log[sets->log_count++ % TLB_LOG] = linear;
    cpu->tlb_flushes = ++sets->tlb_flushes;
    g_mutex_unlock(&cpu->tlb_lock);
}
