/* SPDX-License-Identifier: MIT */
/* See sequence.h. */
#include "tests/arm32/sequence.h"
#include <string.h>
#include "tests/arm32/unpredictable.h"

enum { MAX_ROWS = 3000, TRIES = 60, INDEX = 5, COUNTER = 9, CODE_BASE = 12, AL = 14, GROUP = 8 };
enum { FREE = 0x411f, BASES = 1 << 6 | 1 << 7 | 1 << 10 | 1 << 11 | 1 << 13 };
enum { NOP_A32 = (int)0xe1a00000, NOP_T16 = 0xbf00, NOP_T32 = (int)0xf3af8000 };

/* Rows by instruction set and table, so that tables with many rows are not all that is drawn. */
struct part { unsigned first, count; };
struct sequence_source {
    struct sequence_row rows[MAX_ROWS];
    struct part part[3][24];
    unsigned count, parts[3];
    const struct sequence_row *branch[3][8];
    unsigned branches[3];
};
struct maker { struct sequence *s; struct sequence_source *source; struct generator g; bool thumb; };

static uint64_t next(struct maker *m) { return generate_u64(&m->g); }
static unsigned below(struct maker *m, unsigned n) { return (unsigned)(next(m) >> 20) % n; }
static bool chance(struct maker *m, unsigned percent) { return below(m, 100) < percent; }

static bool has(const struct sequence_row *row, char letter)
{
    return row->compiled.bits[letter >= 'a' ? letter - 'a' : letter - 'A' + 26];
}
static uint32_t field(const struct sequence_row *row, uint32_t word, char letter)
{
    return arm_field_of(&row->compiled, word, letter);
}
static uint32_t with(const struct sequence_row *row, uint32_t word, char letter, uint32_t value)
{
    const unsigned n = letter >= 'a' ? (unsigned)(letter - 'a') : (unsigned)(letter - 'A') + 26;
    const uint32_t mask = (uint32_t)((1ull << row->compiled.bits[n]) - 1) << row->compiled.shift[n];
    return (word & ~mask) | (value << row->compiled.shift[n] & mask);
}
static bool starts(const char *text, const char *with_this) { return !strncmp(text, with_this, strlen(with_this)); }
static unsigned set_of(enum arm_isa isa) { return isa == ARM_ISA_A32 ? 0 : isa == ARM_ISA_T16 ? 1 : 2; }

/* ---- rows ---- */

static bool is_memory(const struct sequence_row *row)
{
    static const char *const tables[] = { "a32_mem", "a32_block", "t32_mem", "neon_mem_a32", "neon_mem_t32" };
    const char *name = row->compiled.row->name;
    for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (!strcmp(row->table, tables[i]))
            return true;
    }
    if (!strcmp(row->table, "t32_16"))
        return starts(name, "LD") || starts(name, "ST") || !strcmp(name, "PUSH") || !strcmp(name, "POP");
    return starts(name, "VLD") || starts(name, "VST");
}

/* Exclusives come in pairs (exclusive()); preloads and ADD (SP) would only move bases. */
static bool is_left_to_groups(const char *name)
{
    return strstr(name, "EX") || !strcmp(name, "SWP") || !strcmp(name, "VMRS");
}

static void add_branch(struct sequence_source *s, const struct sequence_row *row)
{
    static const char *const names[] = { "B", "BL", "BLX", "CBZ" };
    const unsigned set = set_of(row->isa);
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!strcmp(row->compiled.row->name, names[i]) && (has(row, 'i')))
            s->branch[set][s->branches[set]++] = row;
    }
}

static void add_row(struct sequence_source *s, const struct arm_table *table, const struct arm_row *row, enum arm_isa isa)
{
    struct sequence_row *new = &s->rows[s->count];
    if (row->flags & ARM_ROW_NO_TEST || !arm_compile_row(row, isa, &new->compiled, NULL) || s->count + 1 == MAX_ROWS)
        return;
    new->table = table->name;
    new->isa = isa;
    new->memory = is_memory(new);
    /* "if InITBlock() then UNPREDICTABLE": what Armv8 added, SETEND, IT */
    new->in_it = row->feature != ARM_V8 && row->feature < ARM_CRC32 && strcmp(row->name, "SETEND") && strcmp(row->name, "IT");
    s->count++;
    if (row->flags & ARM_ROW_BRANCH && strcmp(row->name, "POP"))
        add_branch(s, new);
}

struct sequence_source *sequence_source_new(void)
{
    static const struct arm_table *const *const sets[3] = { arm_tables_a32, arm_tables_t16, arm_tables_t32 };
    static const enum arm_isa isa[3] = { ARM_ISA_A32, ARM_ISA_T16, ARM_ISA_T32 };
    struct sequence_source *s = g_new0(struct sequence_source, 1);
    for (unsigned set = 0; set < 3; set++) {
        for (const struct arm_table *const *t = sets[set]; *t; t++) {
            struct part *part = &s->part[set][s->parts[set]++];
            part->first = s->count;
            for (unsigned i = 0; i < (*t)->count; i++) {
                add_row(s, *t, &(*t)->rows[i], isa[set]);
            }
            part->count = s->count - part->first;
            s->parts[set] -= !part->count;
        }
    }
    return s;
}

void sequence_source_free(struct sequence_source *source) { g_free(source); }

/* ---- what a word writes ---- */

static uint32_t bit(uint32_t reg) { return 1u << (reg & 15); }

static uint32_t written_memory(const struct sequence_row *row, uint32_t word)
{
    const char *name = row->compiled.row->name;
    const bool pair = !strcmp(name, "LDRD") || (row->isa == ARM_ISA_A32 && strstr(name, "EX") && field(row, word, 'z') == 1);
    if (has(row, 'r'))
        return starts(name, "LD") || !strcmp(name, "POP") ? field(row, word, 'r') | field(row, word, 'P') << 15 : 0;
    if (starts(name, "ST"))
        return has(row, 'd') ? bit(field(row, word, 'd')) : 0;
    if (!starts(name, "LD"))
        return 0;
    uint32_t mask = bit(field(row, word, 't'));
    if (pair && row->isa == ARM_ISA_A32)
        mask |= bit(field(row, word, 't') + 1);
    if (has(row, 'T') && (pair || field(row, word, 'y') == 3))
        mask |= bit(field(row, word, 'T'));
    return mask;
}

uint32_t sequence_written(const struct sequence_row *row, uint32_t word)
{
    const char *name = row->compiled.row->name;
    if (starts(row->table, "neon"))
        return 0;
    if (starts(row->table, "vfp")) {
        if (!strcmp(name, "VMRS"))
            return bit(field(row, word, 't'));
        const bool to_core = !strcmp(name, "VMOV (scalar to core)") || (has(row, 'L') && field(row, word, 'L'));
        return to_core ? bit(field(row, word, 't')) | (has(row, 's') ? bit(field(row, word, 's')) : 0) : 0;
    }
    if (row->memory)
        return written_memory(row, word);
    if (has(row, 'd'))
        return bit(field(row, word, 'D') << 3 | field(row, word, 'd'));
    if (!strcmp(row->table, "t32_16"))
        return starts(name, "ADD") || starts(name, "SUB") ? 1u << 13 : 0;
    return (has(row, 'h') ? bit(field(row, word, 'h')) : 0) | (has(row, 'l') ? bit(field(row, word, 'l')) : 0);
}

/* ---- words ---- */

static unsigned pick_bit(struct maker *m, uint32_t mask)
{
    unsigned n;
    do {
        n = below(m, 16);
    } while (!(mask >> n & 1));
    return n;
}

static uint32_t random_word(struct maker *m, const struct sequence_row *row)
{
    const struct arm_compiled *c = &row->compiled;
    const uint32_t all = row->isa == ARM_ISA_T16 ? 0xffff : ~0u;
    uint32_t word = ((uint32_t)next(m) & ~c->mask & all) | c->value;
    if (c->where_count) {
        const struct arm_constraint *k = &c->where[below(m, c->where_count)];
        word = (word & ~k->mask) | k->value;
    }
    if (row->isa == ARM_ISA_A32 && c->bits['c' - 'a'] && c->shift['c' - 'a'] == 28)
        word = (word & 0x0fffffff) | (chance(m, 60) ? AL : below(m, 15)) << 28;
    return (word & ~c->should_mask) | c->should_value;
}

/* Q registers have even numbers: mostly, so that not every second sequence ends there. */
static uint32_t even(struct maker *m, const struct sequence_row *row, uint32_t word)
{
    if (!starts(row->table, "neon"))
        return word;
    for (const char *letter = "dnm"; *letter && chance(m, 97); letter++) {
        if (has(row, *letter))
            word = with(row, word, *letter, field(row, word, *letter) & ~1u);
    }
    return word;
}

/* Makes the address of a memory row stay near a base. */
static uint32_t near_base(struct maker *m, const struct sequence_row *row, uint32_t word)
{
    const bool t16 = row->isa == ARM_ISA_T16, neon = starts(row->table, "neon"), vfp = starts(row->table, "vfp");
    if (has(row, 'n'))
        word = with(row, word, 'n', pick_bit(m, t16 ? BASES & 0xff : BASES));
    if (has(row, 'm'))
        word = with(row, word, 'm', neon ? (chance(m, 50) ? 15 : chance(m, 50) ? 13 : INDEX) : INDEX);
    if (has(row, 's') && has(row, 'm'))         /* shift of the index */
        word = with(row, word, 's', row->isa == ARM_ISA_A32 ? below(m, 3) : field(row, word, 's'));
    if (!has(row, 'r') && !neon && has(row, 'i')) {
        const unsigned bits = row->compiled.bits['i' - 'a'];
        const bool words = bits == 8 && (vfp || strstr(row->compiled.row->name, "D") || t16);
        const uint32_t mask = has(row, 's') && has(row, 'm') ? (field(row, word, 's') ? 31 : 1) : words ? 31 : 127;
        if (!vfp || !strstr(row->compiled.row->name, "M"))
            word = with(row, word, 'i', field(row, word, 'i') & mask);
    }
    if (has(row, 'h') && has(row, 'l'))
        word = with(row, word, 'h', field(row, word, 'h') & 7);
    if (has(row, 'r'))                          /* stores may have any register, loads those that may be written */
        word = with(row, word, 'r', field(row, word, 'r') & (sequence_written(row, word) ? FREE : ~0u));
    return has(row, 'P') ? with(row, word, 'P', 0) : word;
}

/* false: this row has no such word (in TRIES). */
static bool make_word(struct maker *m, const struct sequence_row *row, uint32_t *out)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t word = random_word(m, row);
        word = row->memory ? near_base(m, row, word) : even(m, row, word);
        if (arm_row_matches(&row->compiled, word) && !(sequence_written(row, word) & ~(uint32_t)FREE) &&
            !unpredictable(&row->compiled, row->table, word)) {
            *out = word;
            return true;
        }
    }
    return false;
}

/* ---- items ---- */

static struct sequence_item *add(struct maker *m, uint32_t word, enum arm_isa isa)
{
    struct sequence_item *item = &m->s->item[m->s->count++];
    *item = (struct sequence_item){ .word = word, .isa = isa };
    return item;
}

static struct sequence_item *add_fixed(struct maker *m, uint32_t word, enum arm_isa isa)
{
    struct sequence_item *item = add(m, word, isa);
    item->keep = true;
    return item;
}

static enum arm_isa random_isa(struct maker *m)
{
    return !m->thumb ? ARM_ISA_A32 : chance(m, 40) ? ARM_ISA_T16 : ARM_ISA_T32;
}

static const struct sequence_row *random_row(struct maker *m, enum arm_isa isa, bool in_it, uint32_t *word)
{
    const struct sequence_source *s = m->source;
    for (;;) {
        const struct part *part = &s->part[set_of(isa)][below(m, s->parts[set_of(isa)])];
        const struct sequence_row *row = &s->rows[part->first + below(m, part->count)];
        const uint32_t flags = row->compiled.row->flags;
        const bool jumps = flags & ARM_ENDS || (flags & ARM_ROW_BRANCH && strcmp(row->compiled.row->name, "POP"));
        if (jumps || is_left_to_groups(row->compiled.row->name) || !strcmp(row->compiled.row->name, "IT") || (in_it && !row->in_it))
            continue;
        if (make_word(m, row, word))
            return row;
    }
}

static void plain(struct maker *m, bool in_it)
{
    const enum arm_isa isa = random_isa(m);
    uint32_t word = 0;
    const struct sequence_row *row = random_row(m, isa, in_it, &word);
    struct sequence_item *item = add(m, word, isa);
    item->row = row;
    item->in_it = in_it;
}

static void it_block(struct maker *m)
{
    const unsigned count = 1 + below(m, 4), cond = below(m, 14);
    const uint32_t mask = (below(m, 16) << (5 - count) & 15) | 1u << (4 - count);
    add_fixed(m, 0xbf00 | cond << 4 | mask, ARM_ISA_T16);
    for (unsigned i = 0; i < count; i++) {
        plain(m, true);
    }
}

/* Forward; where to is decided when all items are there. */
static void branch(struct maker *m)
{
    const unsigned set = set_of(random_isa(m));
    const struct sequence_row *row = m->source->branch[set][below(m, m->source->branches[set])];
    if (!strcmp(row->compiled.row->name, "BLX"))
        return;
    uint32_t word;
    if (!make_word(m, row, &word))
        return;
    struct sequence_item *item = add(m, word, row->isa);
    item->row = row;
    item->target = ~0u;
}

/* SUBS R9, R9, #1; BPL back */
static void loop(struct maker *m, unsigned first)
{
    unsigned back = m->s->count - 1 - below(m, MIN(8, m->s->count - first));
    while (back > first && (m->s->item[back].in_it || m->s->item[back].keep)) {
        back--;
    }
    if (m->s->item[back].in_it || m->s->item[back].keep)
        return;
    add_fixed(m, m->thumb ? 0xf1b90901 : 0xe2599001, m->thumb ? ARM_ISA_T32 : ARM_ISA_A32);
    const unsigned set = m->thumb ? 2 : 0;
    for (unsigned i = 0; i < m->source->branches[set]; i++) {
        const struct sequence_row *row = m->source->branch[set][i];
        if (!strcmp(row->compiled.row->name, "B") && has(row, 'c')) {
            struct sequence_item *item = add_fixed(m, with(row, row->compiled.value, 'c', 5), row->isa);
            item->row = row;
            item->target = back + 1;
            return;
        }
    }
}

/* The other instruction set. */
static void change(struct maker *m)
{
    const bool thumb = m->thumb;
    if (chance(m, 50)) {                        /* BLX, immediate */
        const unsigned set = thumb ? 2 : 0;
        for (unsigned i = 0; i < m->source->branches[set]; i++) {
            const struct sequence_row *row = m->source->branch[set][i];
            if (strcmp(row->compiled.row->name, "BLX"))
                continue;
            struct sequence_item *item = add_fixed(m, row->compiled.value, row->isa);
            item->row = row;
            item->target = m->s->count + 1;
        }
    } else if (thumb) {                         /* BX PC; NOP */
        add_fixed(m, 0x4778, ARM_ISA_T16)->aligned = true;
        add_fixed(m, NOP_T16, ARM_ISA_T16);
    } else {                                    /* ADD LR, PC, #1; BX LR */
        add_fixed(m, 0xe28fe001, ARM_ISA_A32);
        add_fixed(m, 0xe12fff1e, ARM_ISA_A32);
    }
    m->thumb = !thumb;
}

/* The address behind goes to the stack and from there to PC. */
static void return_by_stack(struct maker *m)
{
    if (m->thumb) {
        add_fixed(m, 0xf20f0e05, ARM_ISA_T32)->aligned = true;     /* ADR.W LR; PUSH {LR}; POP {PC} */
        add_fixed(m, 0xb500, ARM_ISA_T16);
        add_fixed(m, 0xbd00, ARM_ISA_T16);
    } else {
        add_fixed(m, 0xe28fe004, ARM_ISA_A32);
        add_fixed(m, 0xe52de004, ARM_ISA_A32);
        add_fixed(m, 0xe49df004, ARM_ISA_A32);
    }
}

/* VMSR FPSCR, R0 to R4, or VMRS to one of them or to the flags. LEN and STRIDE are RES0 here; qemu's can be read back. */
static void fpscr(struct maker *m)
{
    const unsigned t = below(m, 5);
    const enum arm_isa isa = m->thumb ? ARM_ISA_T32 : ARM_ISA_A32;
    if (chance(m, 40)) {
        add(m, 0xeef10a10 | (t == 4 ? 15u : t) << 12, isa);
    } else {
        add_fixed(m, m->thumb ? 0xf420105c | t << 16 | t << 8 : 0xe3c00837 | t << 16 | t << 12, isa);      /* BIC #0x370000 */
        add_fixed(m, 0xeee10a10 | t << 12, isa);
    }
}

/* LDREX, sometimes CLREX, STREX of the same size and place: never STREX alone, for which it is IMPLEMENTATION DEFINED whether a
 * misaligned address or the closed monitor is found first. */
static void exclusive(struct maker *m)
{
    const unsigned base = pick_bit(m, BASES), size = below(m, 4), t = below(m, 2) * 2, d = 4;
    if (m->thumb) {
        static const uint32_t load[4] = { 0xe8500f00, 0xe8d00f4f, 0xe8d00f5f, 0xe8d0007f }, store[4] = { 0xe8400000, 0xe8c00f40,
                                                                                                         0xe8c00f50, 0xe8c00070 };
        const uint32_t pair = size == 3 ? (t + 1) << 8 : 0;
        add_fixed(m, load[size] | base << 16 | t << 12 | pair, ARM_ISA_T32);
        if (chance(m, 20))
            add_fixed(m, 0xf3bf8f2f, ARM_ISA_T32);
        add_fixed(m, store[size] | base << 16 | t << 12 | pair | (size ? d : d << 8), ARM_ISA_T32);
    } else {
        static const uint32_t load[4] = { 0xe1900f9f, 0xe1d00f9f, 0xe1f00f9f, 0xe1b00f9f };
        add_fixed(m, load[size] | base << 16 | t << 12, ARM_ISA_A32);
        if (chance(m, 20))
            add_fixed(m, 0xf57ff01f, ARM_ISA_A32);
        add_fixed(m, (load[size] & ~0x00100f0fu) | 0xf00 | base << 16 | d << 12 | t, ARM_ISA_A32);
    }
}

/* A store over another item, data little-endian, and the barriers that make it seen. What it writes: sequence_build. */
static void store_code(struct maker *m)
{
    if (m->thumb) {
        static const uint32_t words[] = { 0xf2400000, 0xf2c00000, 0xf8cc0000, 0xf3bf8f4f, 0xf3bf8f6f };
        add_fixed(m, 0xb650, ARM_ISA_T16);
        for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
            add_fixed(m, words[i], ARM_ISA_T32);
        }
    } else {
        static const uint32_t words[] = { 0xf1010000, 0xe3000000, 0xe3400000, 0xe58c0000, 0xf57ff04f, 0xf57ff06f };
        for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
            add_fixed(m, words[i], ARM_ISA_A32);
        }
    }
    m->s->item[m->s->count - 5].patch = ~0u;
}

/* ---- what is known only at the end ---- */

static void choose_target(struct maker *m, unsigned n)
{
    struct sequence *s = m->s;
    struct sequence_item *item = &s->item[n];
    unsigned to = n + 1;
    for (unsigned tries = 0; tries < 8; tries++) {
        const unsigned candidate = n + 1 + below(m, 6);
        bool same = candidate < s->count && !s->item[candidate].in_it && !s->item[candidate].keep;
        for (unsigned i = n; same && i <= candidate; i++) {
            same = (s->item[i].isa == ARM_ISA_A32) == (item->isa == ARM_ISA_A32);
        }
        if (same)
            to = candidate;
    }
    item->target = to + 1;
}

static void choose_patch(struct maker *m, unsigned n)
{
    struct sequence *s = m->s;
    struct sequence_item *item = &s->item[n];
    item->patch = 0;
    s->item[n + 2].left_out = true;
    for (unsigned tries = 0; tries < 20; tries++) {
        const unsigned candidate = below(m, s->count);
        const struct sequence_item *old = &s->item[candidate];
        if (old->row && !old->target && !old->in_it && !old->keep && old->isa != ARM_ISA_T16) {
            item->patch_row = random_row(m, old->isa, false, &item->patch_word);
            item->patch = candidate + 1;
            s->item[n + 2].left_out = false;
            return;
        }
    }
}

static uint32_t base_address(struct maker *m)
{
    static const uint32_t edges[] = { RECORD_DATA, RECORD_READ_ONLY, RECORD_READ_ONLY + 4096, RECORD_DATA + RECORD_DATA_BYTES };
    if (chance(m, 8))
        return edges[below(m, 4)] - 24 + below(m, 12) * 4;
    return RECORD_WINDOW + RECORD_WINDOW_BYTES / 2 - 64 + (chance(m, 70) ? below(m, 32) * 4 : below(m, 128));
}

static void make_state(struct maker *m, bool thumb)
{
    struct record *r = &m->s->state;
    memset(r, 0, sizeof(*r));
    for (unsigned n = 0; n < 15; n++) {
        r->r[n] = BASES >> n & 1 ? base_address(m) : (uint32_t)generate_integer(&m->g);
    }
    r->r[INDEX] = below(m, 32);
    r->r[COUNTER] = below(m, 3);
    r->r[13] &= ~3u;
    for (unsigned n = 0; n < 32; n++) {
        r->v[n] = generate_lane(&m->g);
    }
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i += 8) {
        const uint64_t value = generate_lane(&m->g);
        memcpy(r->window + i, &value, 8);
    }
    r->cpsr = ((uint32_t)next(m) & 0xf80f0000) | (thumb ? 0x20 : 0);
    r->fpscr = chance(m, 50) ? (uint32_t)next(m) & 0xf7c8009f : 0;
    const uint32_t at = chance(m, 30) ? 4096 - 4 * below(m, 30) - (thumb ? 2 * below(m, 2) : 0) : 4 * below(m, 64);
    r->r[15] = RECORD_CODE + at;
    r->r[CODE_BASE] = r->r[15];
}

void sequence_random(struct sequence *s, struct sequence_source *source, uint64_t seed)
{
    struct maker m = { s, source, { seed * 0x9e3779b97f4a7c15ull + 1 }, false };
    m.thumb = chance(&m, 55);
    make_state(&m, m.thumb);
    s->count = 0;
    unsigned first = 0;
    const unsigned wanted = 3 + below(&m, SEQUENCE_ITEMS - GROUP - 3);
    while (s->count < wanted) {
        const unsigned kind = below(&m, 100);
        if (kind < 8) {
            branch(&m);
        } else if (kind < 12 && s->count > first) {
            loop(&m, first);
        } else if (kind < 15) {
            change(&m);
            first = s->count;
        } else if (kind < 17) {
            return_by_stack(&m);
        } else if (kind < 19) {
            fpscr(&m);
        } else if (kind < 21) {
            exclusive(&m);
        } else if (kind < 24) {
            store_code(&m);
        } else if (kind < 36 && m.thumb) {
            it_block(&m);
        } else {
            plain(&m, false);
        }
    }
    s->item[s->count] = m.thumb ? (struct sequence_item){ .word = 0xdeff, .isa = ARM_ISA_T16 }
                                : (struct sequence_item){ .word = 0xe7f000f0, .isa = ARM_ISA_A32 };      /* UDF */
    for (unsigned n = 0; n < s->count; n++) {
        if (s->item[n].target == ~0u)
            choose_target(&m, n);
        if (s->item[n].patch == ~0u)
            choose_patch(&m, n);
    }
}

/* ---- layout ---- */

static unsigned bytes_of(enum arm_isa isa) { return isa == ARM_ISA_T16 ? 2 : 4; }

static uint32_t branch_word(const struct sequence_item *item, int32_t offset)
{
    const struct sequence_row *row = item->row;
    const uint32_t o = (uint32_t)offset, s = o >> 24 & 1;
    const unsigned bits = row->compiled.bits['i' - 'a'];
    uint32_t word = with(row, item->word, 'i', o >> (row->isa == ARM_ISA_A32 || bits == 10 ? 2 : 1));
    if (row->isa == ARM_ISA_A32)
        return has(row, 'h') ? with(row, word, 'h', o >> 1 & 1) : word;
    if (row->isa == ARM_ISA_T16)
        return has(row, 'h') ? with(row, word, 'h', o >> 6 & 1) : word;
    word = with(row, word, 's', s);
    if (has(row, 'c'))
        return with(row, with(row, with(row, word, 'k', o >> 19 & 1), 'j', o >> 18 & 1), 'h', o >> 12);
    return with(row, with(row, with(row, word, 'j', !(s ^ (o >> 23 & 1))), 'k', !(s ^ (o >> 22 & 1))), 'h', o >> 12);
}

static bool reaches(const struct sequence_item *item, int32_t offset)
{
    if (item->isa == ARM_ISA_T16 && has(item->row, 'h'))
        return offset >= 0 && offset < 128;
    return item->isa != ARM_ISA_T16 || (offset >= -256 && offset < 256);
}

static uint32_t in_memory_order(uint32_t word, enum arm_isa isa) { return isa == ARM_ISA_T32 ? word >> 16 | word << 16 : word; }

static void put(struct record *r, uint32_t word, enum arm_isa isa)
{
    word = in_memory_order(word, isa);
    r->code[r->halves++] = (uint16_t)word;
    if (isa != ARM_ISA_T16)
        r->code[r->halves++] = (uint16_t)(word >> 16);
}

static void layout(struct sequence *s)
{
    unsigned at = 0;
    for (unsigned n = 0; n <= s->count; n++) {
        struct sequence_item *item = &s->item[n];
        const uint32_t misaligned = (s->state.r[15] + at) & 2;
        at += misaligned && (item->aligned || item->isa == ARM_ISA_A32) ? 2 : 0;
        item->at = at;
        at += bytes_of(item->isa);
    }
}

/* The words of a store into code: MOVW R0, MOVT R0, STR R0, [R12, #] from item n on. */
static void patch(struct sequence *s, unsigned n)
{
    struct sequence_item *item = &s->item[n];
    const struct sequence_item *to = &s->item[item->patch - 1];
    const uint32_t value = in_memory_order(item->patch_word, to->isa), low = value & 0xffff, high = value >> 16;
    if (item->isa == ARM_ISA_A32) {
        item[0].word = 0xe3000000 | (low >> 12) << 16 | (low & 0xfff);
        item[1].word = 0xe3400000 | (high >> 12) << 16 | (high & 0xfff);
        item[2].word = 0xe58c0000 | to->at;
    } else {
        item[0].word = 0xf2400000 | (low >> 12) << 16 | (low >> 11 & 1) << 26 | (low >> 8 & 7) << 12 | (low & 0xff);
        item[1].word = 0xf2c00000 | (high >> 12) << 16 | (high >> 11 & 1) << 26 | (high >> 8 & 7) << 12 | (high & 0xff);
        item[2].word = 0xf8cc0000 | to->at;
    }
}

static bool aim(struct sequence *s, struct sequence_item *item)
{
    const uint32_t start = s->state.r[15], pc = start + item->at + (item->isa == ARM_ISA_A32 ? 8 : 4);
    const bool to_a32 = item->isa == ARM_ISA_T32 && !strcmp(item->row->compiled.row->name, "BLX");
    const int32_t offset = (int32_t)(start + s->item[item->target - 1].at - (to_a32 ? pc & ~3u : pc));
    item->word = branch_word(item, offset);
    return reaches(item, offset);
}

bool sequence_build(struct sequence *s)
{
    struct record *r = &s->state;
    layout(s);
    r->halves = 0;
    for (unsigned n = 0; n < s->count; n++) {
        if (s->item[n].patch)
            patch(s, n);
        if (s->item[n].target && !aim(s, &s->item[n]))
            return false;
    }
    for (unsigned n = 0; n <= s->count; n++) {
        const struct sequence_item *item = &s->item[n];
        const uint32_t nop = item->isa == ARM_ISA_A32 ? (uint32_t)NOP_A32 : item->isa == ARM_ISA_T16 ? NOP_T16 : (uint32_t)NOP_T32;
        if (r->halves * 2u < item->at)
            put(r, NOP_T16, ARM_ISA_T16);
        put(r, item->left_out ? nop : item->word, item->isa);
    }
    return true;
}

const struct sequence_item *sequence_item_at(const struct sequence *s, uint32_t pc)
{
    for (unsigned n = 0; n < s->count; n++) {
        if (s->state.r[15] + s->item[n].at == pc)
            return &s->item[n];
    }
    return NULL;
}
