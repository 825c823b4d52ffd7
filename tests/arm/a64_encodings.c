/* SPDX-License-Identifier: MIT */
/*
 * Which words of A64 are instructions: a sweep over the encoding space, of every word whether it is undefined at EL0
 * here and on qemu-aarch64's CPU of the same name. What differs must be in the table below, with the reason.
 *
 * Bits 31 to 20 and 15 to 10, where classes are told apart, take all values; the others, mostly registers, are random.
 * Left out: what would leave the test (exception generation, branches into the code page itself), and accesses to
 * system registers, which tests/guests_arm looks at.
 *
 *   a64_encodings [--seed N] [--step N] [--model NAME]      step: every how many words; by default 8
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/arm/generate.h"
#include "tests/arm/guest_arm.h"
#include "tests/arm/oracle.h"

enum { BATCH = 256, SHOWN = 40, SWEEP = 1 << 18, UNDEFINED = 4 };

/* Words with (word & mask) == value that qemu's CPU has and ours lacks: but for the first, features that `max` does not
 * report. */
struct difference { uint32_t mask, value; const char *model, *reason; };
static const struct difference differences[] = {
    { 0xbff8fc00, 0x2f00fc00, "max", "unallocated: qemu 7.2 takes it for FMOV of halves" },
    { 0xfe400000, 0x68000000, "max", "MTE: STGP" },
    { 0xff200000, 0xd9200000, "max", "MTE: STG, LDG and relatives" },
    { 0xbfc00000, 0x91800000, "max", "MTE: ADDG, SUBG" },
    { 0xdfe0fc00, 0x9ac00000, "max", "MTE: SUBP, SUBPS" },
    { 0xffe0fc00, 0x9ac01000, "max", "MTE: IRG" },
    { 0xffe0fc00, 0x9ac01400, "max", "MTE: GMI" },
    { 0xffe00000, 0xce400000, "max", "SM3: SM3SS1, SM3TT" },
    { 0xffe0f000, 0xce60c000, "max", "SM3PARTW1, SM3PARTW2, SM4EKEY" },
    { 0xfffffc00, 0xcec08400, "max", "SM4E" },
    { 0xbfe0fc00, 0x2e40fc00, "max", "BF16: BFDOT (vector)" },
    { 0xffe0fc00, 0x6e40ec00, "max", "BF16: BFMMLA" },
    { 0xbfe0fc00, 0x2ec0fc00, "max", "BF16: BFMLAL (vector)" },
    { 0xbfc0f400, 0x0f40f000, "max", "BF16: BFDOT (by element)" },
    { 0xbfc0f400, 0x0fc0f000, "max", "BF16: BFMLAL (by element)" },
    { 0xfffffc00, 0x1e634000, "max", "BF16: BFCVT" },
    { 0xbffffc00, 0x0ea16800, "max", "BF16: BFCVTN" },
};

static const struct difference *known(uint32_t word, const char *model)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(differences); i++) {
        const struct difference *d = &differences[i];
        if ((word & d->mask) == d->value && !strcmp(d->model, model)) {
            return d;
        }
    }
    return NULL;
}

static bool left_out(uint32_t word)
{
    if ((word & 0x8ffffc00) == 0x0ef9f800) {
        return true;                /* FSQRT of halves and its neighbours that are none: qemu 7.2 ends with an assertion */
    }
    const bool branch = (word & 0x1c000000) == 0x14000000;
    return branch && ((word & 0xff000000) == 0xd4000000 || (word & 0xffc00000) == 0xd5000000 ||
                      (word & 0xfe000000) != 0xd6000000);
}

static uint32_t word_of(struct generator *g, uint32_t n)
{
    const uint32_t rest = (uint32_t)generate_u64(g);
    return (n >> 6) << 20 | (n & 0x3f) << 10 | (rest & 0x000f03ff);
}

/* Registers point to where nothing is mapped, a branch to one of them ends there. */
static void record_of(struct record *r, uint32_t word)
{
    memset(r, 0, sizeof(*r));
    for (unsigned i = 0; i < 32; i++) {
        r->x[i] = 0x7000000000 + i * 0x100000;
    }
    r->count = 1;
    r->code[0] = word;
}

struct run { struct oracle *oracle; struct guest_arm *guest; const char *model; unsigned differ, count, explained; };

static void compare(struct run *run, struct record *want, const uint32_t *word, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct record got;
        record_of(&got, word[i]);
        guest_arm_run(run->guest, &got);
        run->count++;
        if ((got.signal == UNDEFINED) == (want[i].signal == UNDEFINED)) {
            continue;
        }
        if (known(word[i], run->model)) {
            run->explained++;
        } else if (run->differ++ < SHOWN) {
            printf("# %s: %08x is %s here, qemu has %s\n", run->model, word[i], got.signal == UNDEFINED ? "undefined" : "an instruction",
                   want[i].signal == UNDEFINED ? "none" : "one");
        }
    }
}

static bool sweep(struct run *run, struct generator *g, uint32_t step)
{
    static struct record want[BATCH];
    static uint32_t word[BATCH];
    unsigned n = 0;
    for (uint32_t i = (uint32_t)(generate_u64(g) % step); i < SWEEP; i += step) {
        word[n] = word_of(g, i);
        if (!left_out(word[n])) {
            record_of(&want[n], word[n]);
            n++;
        }
        if (n == BATCH || i + step >= SWEEP) {
            if (!oracle_run(run->oracle, want, sizeof(want[0]), n)) {
                return false;
            }
            compare(run, want, word, n);
            n = 0;
        }
    }
    return true;
}

static bool test_model(const char *model, const char *options, struct generator *g, uint32_t step)
{
    const char *build = getenv("BUILD");
    char *path = g_strdup_printf("%s/tests/arm/oracle_a64", build ? build : "build");
    char *cpu = g_strconcat(model, options, NULL);
    struct run run = { .oracle = oracle_new("qemu-aarch64", cpu, path), .guest = guest_arm_new(model, true), .model = model };
    g_free(path);
    g_free(cpu);
    bool ok = true;
    if (!run.oracle) {
        printf("skip arm_a64_encodings %s: needs qemu-aarch64 and the cross compiler\n", model);
    } else if (!sweep(&run, g, step)) {
        printf("not ok arm_a64_encodings %s: the oracle died\n", model);
        ok = false;
    } else {
        ok = !run.differ;
        printf("%s arm_a64_encodings %s%s%u of %u differ, and %u for reasons given\n", ok ? "ok" : "not ok", model, ok ? " # " : ": ",
               run.differ, run.count, run.explained);
    }
    oracle_free(run.oracle);
    guest_arm_free(run.guest);
    return ok;
}

int main(int argc, char **argv)
{
    static const char *const models[][2] = { { "cortex-a53", "" }, { "cortex-a57", "" }, { "cortex-a72", "" }, { "max", ",sve=off,sme=off" } };
    struct generator g = { 1 };
    const char *only = NULL;
    uint32_t step = 8;
    bool ok = true;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--seed")) {
            g.seed = strtoull(argv[i + 1], NULL, 0);
        } else if (!strcmp(argv[i], "--step")) {
            step = (uint32_t)strtoul(argv[i + 1], NULL, 0);
        } else if (!strcmp(argv[i], "--model")) {
            only = argv[i + 1];
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        if (!only || !strcmp(only, models[i][0])) {
            ok &= test_model(models[i][0], models[i][1], &g, MAX(step, 1));
        }
    }
    return !ok;
}
