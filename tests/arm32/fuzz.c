/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of A32, T16 and T32 (sequence.h): JIT, interpreter and qemu-arm compared. A difference is shown by its seed, cut
 * down to the instructions that it needs.
 *
 *   fuzz [--seconds N] [--seed N] [--count N] [--verbose]        by default 4 seconds from a fixed seed
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target-arm/cpu.h"
#include "tcg/frontend.h"
#include "tests/arm/oracle.h"
#include "tests/arm32/guest.h"
#include "tests/arm32/sequence.h"

enum { BATCH = 128, MAX_FAILURES = 10 };

struct fuzz {
    struct oracle *oracle;
    struct guest32 *jit, *interp;
    struct sequence_source *source;
    unsigned failures;
    uint64_t faults, ends;
    bool verbose;
};

/* ---- what the architecture leaves open after a Data Abort ---- */

static bool moves_several(const char *name)
{
    return strstr(name, "LDM") || strstr(name, "STM") || strstr(name, "RD") || strstr(name, "VL") || strstr(name, "VS") ||
           !strcmp(name, "PUSH") || !strcmp(name, "POP");
}

static void forgive_word(const struct sequence_row *row, uint32_t word, const struct record *like, struct record *r)
{
    if (!row || !moves_several(row->compiled.row->name))
        return;
    for (unsigned n = 0; n < 15; n++) {
        if (sequence_written(row, word) >> n & 1)
            r->r[n] = like->r[n];
    }
    if (row->compiled.row->name[0] == 'V')
        memcpy(r->v, like->v, sizeof(r->v));
    memcpy(r->window, like->window, sizeof(r->window));
    r->sum = like->sum;
}

/*
 * "If an instruction that loads more than one register generates a synchronous Data Abort, the values of those registers become
 * UNKNOWN, except for the base"; memory that a store of several registers writes, likewise (G1.16.4). Takes them from `like`.
 */
static void forgive(const struct sequence *s, const struct record *like, struct record *r)
{
    const struct sequence_item *item = sequence_item_at(s, like->r[15]);
    const bool fault = like->signal == 11 || like->signal == 7;
    if (!fault || like->signal != r->signal || like->r[15] != r->r[15] || !item)
        return;
    forgive_word(item->row, item->word, like, r);
    for (unsigned n = 0; n < s->count; n++) {       /* or what was stored in its place */
        if (s->item[n].patch && &s->item[s->item[n].patch - 1] == item)
            forgive_word(s->item[n].patch_row, s->item[n].patch_word, like, r);
    }
}

/* What differs; NULL: nothing. */
static const char *judge(struct fuzz *f, const struct sequence *s, const struct record *want, char *text, size_t size)
{
    struct record jit = s->state, interp = s->state;
    guest32_run(f->jit, &jit);
    guest32_run(f->interp, &interp);
    f->faults += jit.signal != 4;
    f->ends += jit.signal == 4 && !sequence_item_at(s, jit.r[15]);
    forgive(s, &jit, &interp);
    const char *what = record_difference(&jit, &interp, text, size);
    if (what) {
        g_strlcat(text, " (jit, interpreter)", size);
        return what;
    }
    forgive(s, want, &jit);
    what = record_difference(want, &jit, text, size);
    if (what)
        g_strlcat(text, " (qemu, jit)", size);
    return what;
}

static const char *again(struct fuzz *f, struct sequence *s, char *text, size_t size)
{
    if (!sequence_build(s))
        return NULL;
    struct record want = s->state;
    if (!oracle_run(f->oracle, &want, sizeof(want), 1)) {
        printf("not ok arm32_fuzz: the oracle died\n");
        exit(1);
    }
    return judge(f, s, &want, text, size);
}

/* ---- reports ---- */

static void show(const struct sequence *s)
{
    char text[128];
    for (unsigned n = 0; n <= s->count; n++) {
        const struct sequence_item *item = &s->item[n];
        const uint32_t pc = s->state.r[15] + item->at;
        if (item->left_out)
            continue;
        const uint32_t mode = MODE_A32 | (item->isa == ARM_ISA_A32 ? 0 : MODE_T32);
        const uint8_t *bytes = (const uint8_t *)s->state.code + item->at;
        arm_frontend32.disassemble(bytes, 4, pc, mode, text, sizeof(text));
        printf("#   %08x %08x%s %-28s %s\n", pc, item->word, item->in_it ? " it" : "   ", item->row ? item->row->compiled.row->name : "",
               text);
        if (item->patch)
            printf("#     writes %08x to %08x\n", item->patch_word, s->state.r[15] + s->item[item->patch - 1].at);
    }
}

static void show_state(const struct record *r)
{
    for (unsigned n = 0; n < 16; n++) {
        printf("%s r%u %08x%s", n % 8 ? "" : "#", n, r->r[n], n % 8 == 7 ? "\n" : "");
    }
    for (unsigned n = 0; n < 32; n++) {
        printf("%s d%u %016" PRIx64 "%s", n % 4 ? "" : "#", n, r->v[n], n % 4 == 3 ? "\n" : "");
    }
}

static void report(struct fuzz *f, struct sequence *s, uint64_t seed)
{
    char text[160] = "";
    const char *what = again(f, s, text, sizeof(text));
    printf("not ok arm32_fuzz: --seed %" PRIu64 " --count 1: %s\n", seed, what ? what : "a difference that does not come back");
    for (unsigned n = 0; what && n < s->count; n++) {
        if (s->item[n].keep || s->item[n].left_out)
            continue;
        s->item[n].left_out = true;
        if (!again(f, s, text, sizeof(text)))
            s->item[n].left_out = false;
    }
    again(f, s, text, sizeof(text));
    printf("# %s; cpsr %08x fpscr %08x\n", text, s->state.cpsr, s->state.fpscr);
    show(s);
    if (f->verbose)
        show_state(&s->state);
    fflush(stdout);
    f->failures++;
}

/* ---- */

static void batch(struct fuzz *f, uint64_t seed, unsigned count)
{
    static struct sequence s[BATCH];
    static struct record want[BATCH];
    for (unsigned i = 0; i < count; i++) {
        sequence_random(&s[i], f->source, seed + i);
        if (!sequence_build(&s[i])) {           /* a branch too far: only the end is left */
            s[i].item[0] = s[i].item[s[i].count];
            s[i].count = 0;
            s[i].state.cpsr = (s[i].state.cpsr & ~0x20u) | (s[i].item[0].isa == ARM_ISA_A32 ? 0 : 0x20);
            s[i].state.r[15] &= ~3u;
            sequence_build(&s[i]);
        }
        want[i] = s[i].state;
    }
    if (!oracle_run(f->oracle, want, sizeof(struct record), count)) {
        printf("not ok arm32_fuzz: the oracle died at seed %" PRIu64 "\n", seed);
        exit(1);
    }
    for (unsigned i = 0; i < count && f->failures < MAX_FAILURES; i++) {
        char text[160];
        if (judge(f, &s[i], &want[i], text, sizeof(text)))
            report(f, &s[i], seed + i);
    }
}

int main(int argc, char **argv)
{
    struct fuzz f = { 0 };
    double seconds = 4;
    uint64_t seed = 1, count = 0, done = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (!strcmp(argv[i], "--seconds")) {
            seconds = atof(value);
        } else if (!strcmp(argv[i], "--seed")) {
            seed = strtoull(value, NULL, 0);
        } else if (!strcmp(argv[i], "--count")) {
            count = strtoull(value, NULL, 0);
        } else if (!strcmp(argv[i], "--verbose")) {
            f.verbose = true;
        }
    }
    const char *build = getenv("BUILD");
    char *path = g_strdup_printf("%s/tests/arm32/oracle_a32", build ? build : "build");
    f.oracle = oracle_new("qemu-arm", "max", path);
    g_free(path);
    if (!f.oracle) {
        printf("skip arm32_fuzz: needs qemu-arm and the cross compiler\n");
        return 0;
    }
    f.jit = guest32_new(false);
    f.interp = guest32_new(true);
    f.source = sequence_source_new();
    GTimer *timer = g_timer_new();
    while ((count ? done < count : g_timer_elapsed(timer, NULL) < seconds) && f.failures < MAX_FAILURES) {
        const unsigned now = count ? (unsigned)MIN(BATCH, count - done) : BATCH;
        batch(&f, seed + done, now);
        done += now;
    }
    if (!f.failures)
        printf("ok arm32_fuzz\n");
    printf("# %" PRIu64 " sequences, %" PRIu64 " to their end, %" PRIu64 " faults\n", done, f.ends, f.faults);
    oracle_free(f.oracle);
    guest32_free(f.jit);
    guest32_free(f.interp);
    sequence_source_free(f.source);
    g_timer_destroy(timer);
    return f.failures != 0;
}
