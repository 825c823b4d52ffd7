/* SPDX-License-Identifier: MIT */
/*
 * Every row of A64: random words of it in random state, JIT and interpreter against qemu-aarch64. Rows may not overlap.
 *
 *   a64_rows [-v] [-n COUNT] [-s SEED] [name or table]       by default 24 words a row
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "tests/arm/generate.h"
#include "tests/arm/guest_arm.h"
#include "tests/arm/oracle.h"

enum { MAX_COUNT = 4096, SHOWN = 3 };
struct run { struct oracle *oracle; struct guest_arm *jit, *interp; struct generator g; unsigned count,
    failures; bool verbose; };

static void report(const struct record *before, const GString *differences)
{
    for (unsigned i = 0; i < before->count; i++) {
        printf("#  %08x", before->code[i]);
    }
    printf("  nzcv %08x fpcr %08x\n", before->nzcv, before->fpcr);
    char **lines = g_strsplit(differences->str, "\n", 12);
    for (unsigned i = 0; lines[i] && *lines[i] && i < 10; i++) {
        printf("# %s\n", lines[i]);
    }
    g_strfreev(lines);
}

static bool compare(const struct record *before, const struct record *a, const struct record *b, const char *an,
    const char *bn,
                    bool show)
{
    GString *differences = generate_differences(a, b, an, bn);
    bool same = differences->len == 0;
    if (!same && show) {
        report(before, differences);
    }
    g_string_free(differences, true);
    return same;
}

static void test_row(struct run *run, const char *table, const struct arm_row *row)
{
    static struct record before[MAX_COUNT], want[MAX_COUNT];
    struct arm_compiled compiled;
    unsigned bad = 0;
    if (row->flags & (ARM_ROW_NO_TEST | ARM_ROW_BRANCH) || !arm_compile_row(row, ARM_ISA_A64, &compiled, NULL)) {
        return;
    }
    for (unsigned i = 0; i < run->count; i++) {
        generate_state(&run->g, &before[i]);
        before[i].count = 1;
        before[i].code[0] = generate_word(&run->g, &compiled, &before[i]);
    }
    memcpy(want, before, run->count * sizeof(before[0]));
    if (!oracle_run(run->oracle, want, sizeof(struct record), run->count)) {
        printf("not ok arm_a64_%s_%s: the oracle died\n", table, row->name);
        exit(1);
    }
    for (unsigned i = 0; i < run->count; i++) {
        struct record jit = before[i], interp = before[i];
        if (want[i].signal == 11) {
            continue;               /* an address that is not mapped there */
        }
        guest_arm_run(run->jit, &jit);
        guest_arm_run(run->interp, &interp);
        bool same = compare(&before[i], &want[i], &jit, "qemu", "jit", bad < SHOWN);
        bad += !same || !compare(&before[i], &jit, &interp, "jit", "interp", bad < SHOWN);
    }
    if (bad) {
        printf("not ok arm_a64_%s: %s: %u of %u differ\n", table, row->name, bad, run->count);
        run->failures++;
    } else if (run->verbose) {
        printf("ok %s: %s\n", table, row->name);
    }
}

static bool wanted(const char *filter, const char *table, const char *name)
{
    return !filter || strstr(table, filter) || strstr(name, filter);
}

static unsigned test_overlaps(void)
{
    GString *problems = g_string_new(NULL);
    arm_decoder_free(arm_decoder_new(arm_tables_a64, ARM_ISA_A64, NULL, problems));
    bool ok = problems->len == 0;
    printf("%s arm_a64_rows_do_not_overlap%s%s\n", ok ? "ok" : "not ok", ok ? "" : ": ", problems->str);
    g_string_free(problems, true);
    return !ok;
}

int main(int argc, char **argv)
{
    struct run run = { .count = 24, .g = { 1 } };
    const char *filter = NULL, *build = getenv("BUILD");
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            run.verbose = true;
        } else if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            unsigned count = (unsigned)atoi(argv[++i]);
            run.count = MIN(count, MAX_COUNT);
        } else if (!strcmp(argv[i], "-s") && i + 1 < argc) {
            run.g.seed = strtoull(argv[++i], NULL, 0);
        } else {
            filter = argv[i];
        }
    }
    run.failures = test_overlaps();
    char *path = g_strdup_printf("%s/tests/arm/oracle_a64", build ? build : "build");
    run.oracle = oracle_new("qemu-aarch64", "max,sve=off,sme=off", path);
    g_free(path);
    if (!run.oracle) {
        printf("skip arm_a64_rows: needs qemu-aarch64 and the cross compiler\n");
        return run.failures != 0;
    }
    run.jit = guest_arm_new("max", false);
    run.interp = guest_arm_new("max", true);
    for (const struct arm_table *const *t = arm_tables_a64; *t; t++) {
        unsigned before = run.failures;
        for (unsigned i = 0; i < (*t)->count; i++) {
            if (wanted(filter, (*t)->name, (*t)->rows[i].name)) {
                test_row(&run, (*t)->name, &(*t)->rows[i]);
            }
        }
        if (run.failures == before) {
            printf("ok arm_%s\n", (*t)->name);
        }
    }
    oracle_free(run.oracle);
    guest_arm_free(run.jit);
    guest_arm_free(run.interp);
    return run.failures != 0;
}
