/* SPDX-License-Identifier: MIT */
/*
 * Random instruction sequences (cpu_sequence.h) with random states on the host CPU, by the interpreter, and by the JIT
 * with long units, with units of one instruction, and at privilege 0: registers, memory, exceptions and all defined
 * flags must agree. What differs is shown by its seed, with the groups that the difference does not need left out.
 *
 *   cpu_fuzz [--seconds N] [--seed S] [--count N] [--mode 16|32|32s|64] [--verbose]
 *
 * Without arguments: a few seconds' worth with fixed seeds, for make check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/fuzz/cpu_compare.h"

enum { STATES = 2, CHECK_COUNT = 2500, MAX_REPORTS = 10 };

struct fuzz {
    struct comparison comparison;
    struct sequence_source *source;
    bool verbose;
    unsigned long sequences, failures;
};

static const char *judge(struct fuzz *f, struct sequence *s, uint64_t state_seed, const struct way **who, char *text, size_t size)
{
    sequence_build(s);
    return comparison_judge(&f->comparison, s, state_seed, who, text, size);
}

static void show(const struct sequence *s)
{
    char text[128];
    const uint32_t mode = MODE_PE | (s->mode == HOST_64 ? MODE_CODE64 | MODE_LMA : s->mode == HOST_16 ? 0 : MODE_CODE32);
    for (unsigned n = 0; n < s->groups; n++) {
        const struct group *group = &s->group[n];
        for (unsigned i = 0; i < group->insns && !group->left_out; i++) {
            const unsigned at = s->at[n] + group->insn[i].offset;
            const uint64_t rip = host_rip(s->mode, HOST_CODE + at);
            const unsigned bytes = x86_frontend.disassemble(s->code + at, 16, rip, mode, text, sizeof text);
            printf("#   +%04x ", at);
            const unsigned next = i + 1 < group->insns ? group->insn[i + 1].offset : group->count;
            for (unsigned b = group->insn[i].offset; b < next; b++)
                printf("%02x", s->code[s->at[n] + b]);
            printf("  %s\n", bytes == next - group->insn[i].offset ? text : group->insn[i].row ? group->insn[i].row->name : "?");
        }
    }
}

/* Leaves out what the difference does not need, then shows it. */
static void report(struct fuzz *f, struct sequence *s, uint64_t seed, uint64_t state_seed)
{
    static const char *const modes[] = { "16", "32", "32s", "64" };
    char text[160];
    const struct way *who = NULL;
    const char *what = judge(f, s, state_seed, &who, text, sizeof text);
    printf("# cpu_fuzz --seed %lu --count 1 --mode %s: %s: %s\n", seed, modes[s->mode], who ? who->name : "?",
           what ? what : "not again");
    for (unsigned n = 0; n < s->groups; n++) {
        s->group[n].left_out = true;
        if (!judge(f, s, state_seed, &who, text, sizeof text))
            s->group[n].left_out = false;
    }
    what = judge(f, s, state_seed, &who, text, sizeof text);
    printf("# shortened, state seed %lu: %s: %s\n", state_seed, who->name, what ? what : "not again");
    show(s);
    fflush(stdout);
}

static bool one(struct fuzz *f, enum host_mode mode, uint64_t seed)
{
    static struct sequence s;
    char text[160];
    const struct way *who;
    sequence_random(&s, f->source, mode, seed);
    for (unsigned i = 0; i < STATES; i++) {
        f->sequences++;
        if (!judge(f, &s, seed + i, &who, text, sizeof text))
            continue;
        if (f->failures++ < MAX_REPORTS)
            report(f, &s, seed, seed + i);
        return false;
    }
    if (f->verbose)
        show(&s);
    return true;
}

static enum host_mode mode_of(const char *name)
{
    return !strcmp(name, "16") ? HOST_16 : !strcmp(name, "32") ? HOST_32 : !strcmp(name, "32s") ? HOST_32_SEGMENTS : HOST_64;
}

int main(int argc, char **argv)
{
    struct fuzz f = { .verbose = false };
    uint64_t seed = 1, count = CHECK_COUNT;
    int mode = -1;
    time_t until = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--verbose"))
            f.verbose = true;
        else if (i + 1 == argc)
            return fprintf(stderr, "cpu_fuzz [--seconds N] [--seed S] [--count N] [--mode 16|32|32s|64] [--verbose]\n"), 2;
        else if (!strcmp(argv[i], "--seconds"))
            until = time(NULL) + atol(argv[++i]), seed = (uint64_t)time(NULL) << 20, count = UINT64_MAX;
        else if (!strcmp(argv[i], "--seed"))
            seed = strtoull(argv[++i], NULL, 0);
        else if (!strcmp(argv[i], "--count"))
            count = strtoull(argv[++i], NULL, 0);
        else if (!strcmp(argv[i], "--mode"))
            mode = (int)mode_of(argv[++i]);
    }
    if (!comparison_start(&f.comparison))
        return 1;
    f.source = sequence_source_new();
    for (uint64_t n = 0; n < count && (!until || time(NULL) < until); n++)
        one(&f, mode >= 0 ? (enum host_mode)mode : (enum host_mode)((seed + n) % HOST_MODES), seed + n);
    printf("# %lu runs from seed %lu, %lu differ, %lu inconclusive\n", f.sequences, seed, f.failures, f.comparison.inconclusive);
    printf(f.failures ? "not ok cpu_fuzz: %lu sequences differ\n" : "ok cpu_fuzz\n", f.failures);
    sequence_source_free(f.source);
    comparison_end(&f.comparison);
    return f.failures != 0;
}
