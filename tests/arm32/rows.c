/* SPDX-License-Identifier: MIT */
/*
 * Every row of A32, T16 and T32: random words of it in random state, JIT and interpreter against qemu-arm.
 *
 *   rows [-v] [-n COUNT] [-s SEED] [-l LENGTH] [name or table]      by default 24 words a row; -l: sequences of that many
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target-arm/trans.h"
#include "tests/arm32/guest.h"
#include "tests/arm/oracle.h"

enum { MAX_COUNT = 4096, SHOWN = 3 };
struct set { const char *name; const struct arm_table *const *tables; enum arm_isa isa; };
struct run {
    struct oracle *oracle;
    struct guest32 *jit, *interp;
    uint64_t seed;
    unsigned count, failures, length;
    bool verbose;
};

static uint64_t next(struct run *run)
{
    run->seed = run->seed * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t x = run->seed ^ run->seed >> 29;
    return x * 0x9e3779b97f4a7c15ull ^ x >> 31;
}

static uint32_t special(struct run *run)
{
    static const uint32_t values[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000,
                                       0xbf800000, 0x7f800000, 0xff800000, 0x7fc00001, 0x7f800001, 0xffc12345, 0x00800000, 0x00000001,
                                       0x807fffff, 0x7f7fffff, 0x3effffff, 0x4f000000, 0xcf000000, 0x7ff00000, 0xfff80000, 0x3ff00000,
                                       0x00100000, 0x7fefffff };
    const uint64_t x = next(run);
    return x & 3 ? (uint32_t)(x >> 32) : values[(x >> 8) % G_N_ELEMENTS(values)];
}

static void make_state(struct run *run, struct record *r)
{
    for (unsigned n = 0; n < 15; n++) {
        r->r[n] = special(run);
    }
    for (unsigned n = 0; n < 32; n++) {
        r->v[n] = special(run) | (uint64_t)special(run) << 32;
    }
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i += 4) {
        const uint32_t word = special(run);
        memcpy(r->window + i, &word, 4);
    }
    const uint64_t x = next(run);
    r->cpsr = (uint32_t)x & 0xf80f0000;
    r->fpscr = (x >> 40 & 3) ? 0 : (uint32_t)(next(run) & 0xf7c0009f);
    r->halves = 0;
    r->signal = 0;
    r->r[15] = 0;
}

static bool has(const struct arm_compiled *row, char letter)
{
    const unsigned n = letter >= 'a' ? (unsigned)(letter - 'a') : (unsigned)(letter - 'A') + 26;
    return row->bits[n];
}

/* Rows whose field n is a base register: of memory's tables, but not of those that only have a register of that name. */
static bool is_memory(const struct arm_compiled *row, const char *table)
{
    static const char *const tables[] = { "a32_mem", "a32_block", "t32_mem", "neon_mem_a32", "neon_mem_t32" };
    for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (!strcmp(table, tables[i]))
            return has(row, 'n');
    }
    const char *name = row->row->name;
    return (!strncmp(name, "VLD", 3) || !strncmp(name, "VST", 3)) && has(row, 'n');
}

/* The bits that the manual calls should-be-zero or -one ('.'): all set one way here, which the oracle may call undefined. */
static uint32_t dots_of(const struct arm_row *row)
{
    uint32_t dots = 0;
    for (const char *p = row->pattern; *p; p++) {
        if (*p != ' ')
            dots = dots << 1 | (*p == '.');
    }
    return dots;
}

/* Words of a row that the manual calls UNPREDICTABLE and where qemu chooses otherwise, or that jump away. */
static bool unpredictable(const struct arm_compiled *row, uint32_t word, const char *table)
{
    const char *name = row->row->name;
    if (!strncmp(table, "a32_mem", 7) && has(row, 'm') && arm_field_of(row, word, 'm') == 15)
        return true;
    if (!strcmp(table, "a32_mem") && row->row->data >= 0 && strstr("LDRD STRD LDREX STREX LDAEX STLEX", name) && arm_field_of(row, word, 't') >= 14)
        return true;
    if (!strncmp(table, "t32_dp", 7)) {
        for (const char *letter = "dnmalh"; *letter; letter++) {
            const uint32_t reg = arm_field_of(row, word, *letter);
            if (has(row, *letter) && row->bits[*letter - 'a'] == 4 && (reg == 13 || reg == 15))
                return true;
        }
    }
    if (!strncmp(table, "a32_", 4)) {       /* no jumps: they may never end */
        for (const char *letter = "dlht"; *letter; letter++) {
            if (has(row, *letter) && row->bits[*letter - 'a'] == 4 && arm_field_of(row, word, *letter) == 15)
                return true;
        }
    }
    if (is_memory(row, table) && arm_field_of(row, word, 'n') == 15)
        return true;
    if (!strcmp(table, "t32_16") && (word >> 8 == 0x44 || word >> 8 == 0x46) && (word & 0x87) == 0x87)
        return true;
    if (strstr(table, "_t32") && (has(row, 'i') || strstr(table, "mem") || strstr(name, "core"))) {     /* SP and PC */
        for (const char *letter = "tsnm"; *letter; letter++) {
            const uint32_t reg = arm_field_of(row, word, *letter);
            const bool core = *letter == 't' || *letter == 's' || (*letter == 'n' && is_memory(row, table)) ;
            if (has(row, *letter) && core && row->bits[*letter - 'a'] == 4 && strcmp(name, "VDUP (scalar)") && (reg == 13 || reg == 15))
                return true;
        }
    }
    if (strstr(name, "two core") && (arm_field_of(row, word, 't') == arm_field_of(row, word, 's') || (word & 0x2f) == 0x2f))
        return true;
    if (has(row, 'y') && has(row, 'T')) {
        const uint32_t t = arm_field_of(row, word, 't'), t2 = arm_field_of(row, word, 'T');
        if (t == 13 || t == 15 || (arm_field_of(row, word, 'y') == 3 && (t2 == 13 || t2 == 15 || t2 == t)))
            return true;
    }
    if (!strncmp(table, "neon_mem", 8) && has(row, 'a') && has(row, 't') && arm_field_of(row, word, 'a') == 3)
        return true;                /* 32 bytes: qemu does not check that alignment */
    if (!strncmp(table, "neon_mem", 8) && arm_field_of(row, word, 'D') && arm_field_of(row, word, 'd') > 8)
        return true;
    if (!strncmp(name, "VMOV", 4) && has(row, 't') && arm_field_of(row, word, 't') == 15)
        return true;
    if (!strcmp(name, "SMMLS") && arm_field_of(row, word, 'a') == 15)
        return true;
    if (has(row, 'y') && has(row, 'T') && arm_field_of(row, word, 'y') != 3 && arm_field_of(row, word, 'T') != 15)
        return true;
    if (has(row, 'd') && !strncmp(name, "ST", 2) && strstr(name, "EX") && (has(row, 'y') || has(row, 'z') || has(row, 'i'))) {
        const uint32_t d = arm_field_of(row, word, 'd');
        if (d == 13 || d == 15 || d == arm_field_of(row, word, 'n') || d == arm_field_of(row, word, 't') ||
            (has(row, 'T') && d == arm_field_of(row, word, 'T')))
            return true;
    }
    if (row->bits['r' - 'a'] == 16 && word >> arm_field_of(row, word, 'n') & 1)
        return true;
    if (!strncmp(name, "LDRD", 4) && (arm_field_of(row, word, 't') | 1) == (arm_field_of(row, word, 'n') | 1))
        return true;
    if (!strncmp(table, "t32_mem", 7) && row->bits['r' - 'a'] == 16 &&
        (word & 0x2000 || __builtin_popcount(word & 0xffff) < 2 || word >> arm_field_of(row, word, 'n') & 1))
        return true;
    if (has(row, 'r') && row->bits['r' - 'a'] == 16 && (word >> 15 & 1 || arm_field_of(row, word, 'n') == 15 || !(word & 0xffff)))
        return true;
    if (!strncmp(name, "STRD", 4) || !strncmp(name, "LDRD", 4))
        return arm_field_of(row, word, 'n') == 15 || (has(row, 'T') && arm_field_of(row, word, 'T') == 15) ||
               (arm_field_of(row, word, 't') | 1) == (arm_field_of(row, word, 'n') | 1) ||
               (has(row, 'T') && arm_field_of(row, word, 'T') == arm_field_of(row, word, 'n'));
    if (!strcmp(name, "VTRN") || !strcmp(name, "VUZP") || !strcmp(name, "VZIP"))
        return arm_field_of(row, word, 'd') == arm_field_of(row, word, 'm') && (word >> 22 & 1) == (word >> 5 & 1);
    if (strstr(name, "fixed point"))
        return !arm_field_of(row, word, 's') && (word & 15) >= 8;
    if ((!strncmp(table, "t32_mem", 7) || !strncmp(table, "a32_mem", 7)) && has(row, 't') && arm_field_of(row, word, 't') == 15)
        return true;
    if (!strncmp(table, "a32_mem", 7) && has(row, 't') && !(has(row, 'p') && arm_field_of(row, word, 'p') && !arm_field_of(row, word, 'w')))
        return arm_field_of(row, word, 't') == arm_field_of(row, word, 'n');       /* write-back over what is moved */
    if (!strncmp(table, "t32_mem", 7) && has(row, 'w') && has(row, 't') && arm_field_of(row, word, 'w'))
        return arm_field_of(row, word, 't') == arm_field_of(row, word, 'n') || arm_field_of(row, word, 'T') == arm_field_of(row, word, 'n');
    return false;
}

static uint32_t make_word(struct run *run, const struct arm_compiled *row, enum arm_isa isa, const char *table, struct record *r)
{
    uint32_t word;
    unsigned tries = 0;
    do {
        word = ((uint32_t)next(run) & ~row->mask) | row->value;
        if (isa == ARM_ISA_T16)
            word &= 0xffff;
        if (row->where_count) {
            const struct arm_constraint *k = &row->where[next(run) % row->where_count];
            word = (word & ~k->mask) | k->value;
        }
        if (isa == ARM_ISA_A32 && has(row, 'c') && row->shift['c' - 'a'] == 28 && next(run) & 7)
            word = (word & 0x0fffffff) | 0xe0000000;
        word = next(run) & 1 ? word & ~dots_of(row->row) : word | dots_of(row->row);
    } while ((!arm_row_matches(row, word) || unpredictable(row, word, table)) && ++tries < 1000);
    if (is_memory(row, table)) {
        const unsigned n = arm_field_of(row, word, 'n');
        if (n < 15)
            r->r[n] = RECORD_WINDOW + 256 + ((uint32_t)next(run) & (strstr(row->row->name, "EX") ? 0x38 : next(run) & 3 ? 0x3c : 0x3f));
        if (has(row, 'm') && arm_field_of(row, word, 'm') < 15 && arm_field_of(row, word, 'm') != n && strncmp(table, "neon", 4))
            r->r[arm_field_of(row, word, 'm')] = (uint32_t)next(run) & 0x1f;
    } else if (isa == ARM_ISA_T16 && (word >> 12 == 5 || word >> 13 == 3 || word >> 12 == 8)) {
        r->r[word >> 3 & 7] = RECORD_WINDOW + 64 + ((uint32_t)next(run) & 0x3c);
        if (word >> 12 == 5 && (word >> 6 & 7) != (word >> 3 & 7))
            r->r[word >> 6 & 7] = (uint32_t)next(run) & 0x3f;
    } else if (isa == ARM_ISA_T16 && word >> 12 == 0xc) {
        r->r[word >> 8 & 7] = RECORD_WINDOW + 64 + ((uint32_t)next(run) & 0x3c);
    } else if (isa == ARM_ISA_T16 && (word >> 12 == 9 || word >> 12 == 0xb)) {
        r->r[13] = RECORD_WINDOW - 512 + ((uint32_t)next(run) & 0x3c);
    }
    return word;
}

static void add_word(struct record *r, uint32_t word, enum arm_isa isa)
{
    if (isa == ARM_ISA_A32) {
        r->code[r->halves++] = (uint16_t)word;
        r->code[r->halves++] = (uint16_t)(word >> 16);
    } else if (isa == ARM_ISA_T32) {
        r->code[r->halves++] = (uint16_t)(word >> 16);
        r->code[r->halves++] = (uint16_t)word;
    } else {
        r->code[r->halves++] = (uint16_t)word;
    }
}

static const char *difference(const struct record *a, const struct record *b, char *text, size_t size)
{
    const uint32_t flags = 0xf80f0220;      /* NZCVQ, GE, E, T */
    if (a->signal != b->signal)
        return snprintf(text, size, "signal %u, %u", a->signal, b->signal), text;
    for (unsigned n = 0; n < 16; n++) {
        if (a->r[n] != b->r[n])
            return snprintf(text, size, "r%u %08x, %08x", n, a->r[n], b->r[n]), text;
    }
    if ((a->cpsr ^ b->cpsr) & flags)
        return snprintf(text, size, "cpsr %08x, %08x", a->cpsr & flags, b->cpsr & flags), text;
    for (unsigned n = 0; n < 32; n++) {
        if (a->v[n] != b->v[n])
            return snprintf(text, size, "d%u %016" PRIx64 ", %016" PRIx64, n, a->v[n], b->v[n]), text;
    }
    if (a->fpscr != b->fpscr)
        return snprintf(text, size, "fpscr %08x, %08x", a->fpscr, b->fpscr), text;
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i++) {
        if (a->window[i] != b->window[i])
            return snprintf(text, size, "memory +%u %02x, %02x", i, a->window[i], b->window[i]), text;
    }
    return NULL;
}

static bool compare(const struct record *before, const struct record *a, const struct record *b, const char *names, bool show)
{
    char text[128];
    const char *what = difference(a, b, text, sizeof(text));
    if (what && show) {
        printf("#");
        for (unsigned i = 0; i < before->halves; i++) {
            printf(" %04x", before->code[i]);
        }
        printf(" cpsr %08x fpscr %08x: %s: %s\n", before->cpsr, before->fpscr, names, what);
        if (getenv("VERBOSE")) {
            for (unsigned n = 0; n < 15; n++) {
                printf("#  r%u %08x\n", n, before->r[n]);
            }
            for (unsigned n = 0; n < 32; n++) {
                printf("#  d%u %016" PRIx64 "\n", n, before->v[n]);
            }
        }
    }
    return !what;
}

static void run_records(struct run *run, const struct record *before, struct record *want, const char *set, const char *table,
                        const char *name, bool dots)
{
    unsigned bad = 0;
    memcpy(want, before, run->count * sizeof(before[0]));
    if (!oracle_run(run->oracle, want, sizeof(struct record), run->count)) {
        printf("not ok arm32_%s_%s: the oracle died\n", table, name);
        exit(1);
    }
    for (unsigned i = 0; i < run->count; i++) {
        struct record jit = before[i], interp = before[i];
        const bool refused = dots && want[i].signal == 4 && want[i].r[15] == RECORD_CODE;
        guest32_run(run->jit, &jit);        /* also where it is not compared: memory beyond the window stays */
        guest32_run(run->interp, &interp);
        if (want[i].signal == 11 || refused)
            continue;               /* an address that is not mapped there; bits that are not as they should be */
        const bool same = compare(&before[i], &want[i], &jit, "qemu, jit", bad < SHOWN);
        bad += !same || !compare(&before[i], &jit, &interp, "jit, interpreter", bad < SHOWN);
    }
    if (bad) {
        printf("not ok arm32_%s_%s: %s: %u of %u differ\n", set, table, name, bad, run->count);
        run->failures++;
    } else if (run->verbose) {
        printf("ok %s %s: %s\n", set, table, name);
    }
}

static void test_row(struct run *run, const struct set *set, const char *table, const struct arm_row *row)
{
    static struct record before[MAX_COUNT], want[MAX_COUNT];
    struct arm_compiled compiled;
    if (row->flags & (ARM_ROW_NO_TEST | ARM_ROW_BRANCH) || !arm_compile_row(row, set->isa, &compiled, NULL))
        return;
    for (unsigned i = 0; i < run->count; i++) {
        make_state(run, &before[i]);
        if (set->isa != ARM_ISA_A32)
            before[i].cpsr |= 0x20;
        add_word(&before[i], make_word(run, &compiled, set->isa, table, &before[i]), set->isa);
    }
    run_records(run, before, want, set->name, table, row->name, dots_of(row));
}

static bool wanted(const char *filter, const char *table, const char *name)
{
    return !filter || strstr(table, filter) || strstr(name, filter);
}

static void test_set(struct run *run, const struct set *set, const char *filter)
{
    for (const struct arm_table *const *t = set->tables; *t; t++) {
        const unsigned before = run->failures;
        for (unsigned i = 0; i < (*t)->count; i++) {
            if (wanted(filter, (*t)->name, (*t)->rows[i].name))
                test_row(run, set, (*t)->name, &(*t)->rows[i]);
        }
        if (run->failures == before)
            printf("ok arm32_%s_%s\n", set->name, (*t)->name);
    }
}

/* ---- sequences ---- */

static const struct arm_compiled *any_row(struct run *run, const struct set *set, struct arm_compiled *compiled, const char **table)
{
    for (;;) {
        unsigned tables = 0;
        while (set->tables[tables])
            tables++;
        const struct arm_table *t = set->tables[next(run) % tables];
        const struct arm_row *row = &t->rows[next(run) % t->count];
        *table = t->name;
        if (!(row->flags & (ARM_ROW_NO_TEST | ARM_ROW_BRANCH)) && strcmp(row->name, "SETEND") && !dots_of(row) &&
            arm_compile_row(row, set->isa, compiled, NULL) && !is_memory(compiled, t->name))
            return compiled;
    }
}

static void test_sequences(struct run *run, const struct set *sets)
{
    static struct record before[MAX_COUNT], want[MAX_COUNT];
    for (unsigned i = 0; i < run->count; i++) {
        struct record *r = &before[i];
        make_state(run, r);
        const bool thumb = next(run) & 1;
        r->cpsr |= thumb ? 0x20 : 0;
        for (unsigned k = 0; k < run->length && r->halves + 4 < RECORD_HALVES; k++) {
            const struct set *set = &sets[thumb ? 1 + (next(run) & 1) : 0];
            struct arm_compiled compiled;
            struct record ignored = { 0 };
            const char *table = "";
            any_row(run, set, &compiled, &table);
            if (set->isa == ARM_ISA_T16 && compiled.row->pattern[0] != '0' && strncmp(compiled.row->pattern, "1011", 4))
                continue;
            add_word(r, make_word(run, &compiled, set->isa, table, &ignored), set->isa);
        }
    }
    run_records(run, before, want, "sequences", "all", "sequences", false);
}

int main(int argc, char **argv)
{
    static const struct set sets[] = {
        { "a32", arm_tables_a32, ARM_ISA_A32 }, { "t16", arm_tables_t16, ARM_ISA_T16 }, { "t32", arm_tables_t32, ARM_ISA_T32 },
    };
    struct run run = { .count = 24, .seed = 1 };
    const char *filter = NULL, *build = getenv("BUILD");
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            run.verbose = true;
        } else if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            const unsigned count = (unsigned)atoi(argv[++i]);
            run.count = MIN(count, MAX_COUNT);
        } else if (!strcmp(argv[i], "-l") && i + 1 < argc) {
            run.length = (unsigned)atoi(argv[++i]);
        } else if (!strcmp(argv[i], "-s") && i + 1 < argc) {
            run.seed = strtoull(argv[++i], NULL, 0);
        } else {
            filter = argv[i];
        }
    }
    char *path = g_strdup_printf("%s/tests/arm32/oracle_a32", build ? build : "build");
    run.oracle = oracle_new("qemu-arm", "max", path);
    g_free(path);
    if (!run.oracle) {
        printf("skip arm32_rows: needs qemu-arm and the cross compiler\n");
        return 0;
    }
    run.jit = guest32_new(false);
    run.interp = guest32_new(true);
    if (run.length) {
        test_sequences(&run, sets);
    }
    for (unsigned i = 0; !run.length && i < G_N_ELEMENTS(sets); i++) {
        test_set(&run, &sets[i], filter);
    }
    oracle_free(run.oracle);
    guest32_free(run.jit);
    guest32_free(run.interp);
    return run.failures != 0;
}
