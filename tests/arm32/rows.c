/* SPDX-License-Identifier: MIT */
/*
 * Every row of A32, T16 and T32: random words of it in random state, JIT and interpreter against qemu-arm.
 *
 *   rows [-v] [-n COUNT] [-s SEED] [name or table]      by default 24 words a row
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target-arm/trans.h"
#include "tests/arm/oracle.h"
#include "tests/arm/random.h"
#include "tests/arm32/guest.h"
#include "tests/arm32/unpredictable.h"

enum { MAX_COUNT = 4096, SHOWN = 3 };
struct set { const char *name; const struct arm_table *const *tables; enum arm_isa isa; };
struct run {
    struct oracle *oracle;
    struct guest32 *jit, *interp;
    struct generator random;
    unsigned count, failures;
    bool verbose;
};

static uint64_t next(struct run *run) { return generate_u64(&run->random); }

static void make_state(struct run *run, struct record *r)
{
    *r = (struct record){ .cpsr = (uint32_t)next(run) & 0xf80f0000, .fpscr = next(run) & 3 ? 0 : (uint32_t)next(run) & 0xf7c8009f };
    for (unsigned n = 0; n < 15; n++) {
        r->r[n] = (uint32_t)generate_integer(&run->random);
    }
    for (unsigned n = 0; n < 32; n++) {
        r->v[n] = generate_lane(&run->random);
    }
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i += 8) {
        const uint64_t value = generate_lane(&run->random);
        memcpy(r->window + i, &value, 8);
    }
    r->r[15] = RECORD_CODE;
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

/* Words that jump away: destination R15. */
static bool jumps(const struct arm_compiled *row, uint32_t word, const char *table)
{
    for (const char *letter = "dlht"; *letter && (!strncmp(table, "a32_", 4) || !strncmp(table, "t32_", 4)); letter++) {
        if (has(row, *letter) && row->bits[*letter - 'a'] == 4 && arm_field_of(row, word, *letter) == 15)
            return true;
    }
    if (has(row, 'r') && row->bits['r' - 'a'] == 16 && word >> 15 & 1)
        return true;
    return !strcmp(table, "t32_16") && (word >> 8 == 0x44 || word >> 8 == 0x46) && (word & 0x87) == 0x87;
}

/* An index shifted so far that it leaves the memory of the tests. */
static bool far_away(const struct arm_compiled *row, uint32_t word, const char *table)
{
    if (strcmp(table, "a32_mem") || !has(row, 'm') || !has(row, 's'))
        return false;
    const unsigned shift = arm_field_of(row, word, 's'), amount = arm_field_of(row, word, 'i');
    return shift == 3 || (shift == 0 && amount > 5);
}

/* Unlike the sequences, a row is tested with any base but R15, whose neighbourhood is code. */
static bool left_out(const struct arm_compiled *row, uint32_t word, const char *table)
{
    return jumps(row, word, table) || far_away(row, word, table) || unpredictable(row, table, word) || (is_memory(row, table) && arm_field_of(row, word, 'n') == 15);
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
        word = (word & ~row->should_mask) | row->should_value;
    } while ((!arm_row_matches(row, word) || left_out(row, word, table)) && ++tries < 1000);
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

/* UDF in both instruction sets: F0 00 F0 E7 and DE FF */
static void add_end(struct record *r) { add_word(r, r->cpsr & 0x20 ? 0xdeff : 0xe7f000f0, r->cpsr & 0x20 ? ARM_ISA_T16 : ARM_ISA_A32); }

static bool compare(const struct record *before, const struct record *a, const struct record *b, const char *names, bool show)
{
    char text[128];
    const char *what = record_difference(a, b, text, sizeof(text));
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
                        const char *name)
{
    unsigned bad = 0;
    memcpy(want, before, run->count * sizeof(before[0]));
    if (!oracle_run(run->oracle, want, sizeof(struct record), run->count)) {
        printf("not ok arm32_%s_%s: the oracle died\n", table, name);
        exit(1);
    }
    for (unsigned i = 0; i < run->count; i++) {
        struct record jit = before[i], interp = before[i];
        guest32_run(run->jit, &jit);        /* also where it is not compared: memory beyond the window stays */
        guest32_run(run->interp, &interp);
        if (want[i].signal == 11)
            continue;               /* an address that is not mapped there */
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
        add_end(&before[i]);
    }
    run_records(run, before, want, set->name, table, row->name);
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

int main(int argc, char **argv)
{
    static const struct set sets[] = {
        { "a32", arm_tables_a32, ARM_ISA_A32 }, { "t16", arm_tables_t16, ARM_ISA_T16 }, { "t32", arm_tables_t32, ARM_ISA_T32 },
    };
    struct run run = { .count = 24, .random = { 1 } };
    const char *filter = NULL, *build = getenv("BUILD");
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            run.verbose = true;
        } else if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            const unsigned count = (unsigned)atoi(argv[++i]);
            run.count = MIN(count, MAX_COUNT);
        } else if (!strcmp(argv[i], "-s") && i + 1 < argc) {
            run.random.seed = strtoull(argv[++i], NULL, 0);
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
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        test_set(&run, &sets[i], filter);
    }
    oracle_free(run.oracle);
    guest32_free(run.jit);
    guest32_free(run.interp);
    return run.failures != 0;
}
