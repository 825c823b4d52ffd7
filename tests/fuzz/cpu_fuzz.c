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
#include "tests/cpu/guest_cpu.h"
#include "tests/fuzz/cpu_sequence.h"

enum { FLAGS_COMPARED = EFL_ARITHMETIC | EFL_DF, STATES = 2, CHECK_COUNT = 2500, MAX_REPORTS = 10 };

struct way { const char *name; struct engine_options options; unsigned cpl; struct guest_cpu *guest; };

struct fuzz {
    struct host_cpu *host;
    struct sequence_source *source;
    struct way ways[4];
    unsigned way_count;
    bool verbose;
    unsigned long sequences, failures, inconclusive;
};

struct result { struct host_state state; uint8_t memory[HOST_REGION_BYTES]; };

/* Instructions whose state after a fault in the middle is the processor's choice (see tests/cpu/rows.c). */
static bool loose_fault(const struct x86_row *row)
{
    static const char *const names[] = { "popa", "pusha", "cmps", "scas", "maskmovq", "maskmovdqu", "enter" };
    for (unsigned i = 0; row && i < G_N_ELEMENTS(names); i++)
        if (!g_ascii_strncasecmp(row->name, names[i], strlen(names[i])))
            return true;
    return false;
}

/*
 * Where the manual leaves it to the processor, or AMD's processors differ from it:
 *   SHA with a misaligned operand   #GP or #SS by SDM 2; allowed by AMD
 *   an access that wraps round a segment of 4 GiB   "may or may not cause" #GP or #SS (SDM 3, 5.3)
 */
static bool excusable(const struct sequence *s, const struct host_state *a, const struct host_state *b, const struct x86_row *row)
{
    const bool segment_a = a->vector == EXC_GP || a->vector == EXC_SS, segment_b = b->vector == EXC_GP || b->vector == EXC_SS;
    if (row && !g_ascii_strncasecmp(row->name, "sha", 3) && segment_a)
        return true;
    if (a->vector == EXC_PF && a->address - HOST_FRAME < HOST_FRAME_BYTES)      /* the host process's own page */
        return true;
    return s->mode == HOST_32 && ((segment_b && a->vector == EXC_PF) || (segment_a && b->vector == EXC_PF)) &&
           a->rip == b->rip;
}

static const char *compare_fx(const uint8_t *a, const uint8_t *b, char *text, size_t size)
{
    static const struct { const char *name; unsigned at, bytes; } fields[] = {
        { "x87 control", 0, 2 }, { "x87 status", 2, 2 }, { "x87 tags", 4, 1 }, { "mxcsr", 24, 4 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
        if (memcmp(a + fields[i].at, b + fields[i].at, fields[i].bytes))
            return snprintf(text, size, "%s %02x%02x, not %02x%02x", fields[i].name, a[fields[i].at + 1], a[fields[i].at],
                            b[fields[i].at + 1], b[fields[i].at]), text;
    for (unsigned i = 32; i < 416; i++)
        if ((i >= 160 || (i & 15) < 10) && a[i] != b[i])
            return snprintf(text, size, "%s%u byte %u: %02x, not %02x", i < 160 ? "st" : "xmm", (i - (i < 160 ? 32 : 160)) / 16,
                            i & 15, a[i], b[i]), text;
    return NULL;
}

static const char *compare(const struct sequence *s, const struct result *got, const struct result *want, char *text, size_t size)
{
    const struct host_state *a = &got->state, *b = &want->state;
    const uint64_t mask = s->mode == HOST_64 ? ~0ull : 0xffffffff;
    const uint64_t code = s->mode == HOST_16 ? HOST_CODE : HOST_REGION + HOST_CODE;
    if ((a->vector != b->vector || a->rip != b->rip) && excusable(s, a, b, sequence_row_at(s, (unsigned)(a->rip - code))))
        return NULL;
    if (a->vector != b->vector || (b->vector != 255 && a->rip != b->rip))
        return snprintf(text, size, "exception %u at %lx, not %u at %lx", a->vector, a->rip, b->vector, b->rip), text;
    const bool loose = b->vector != 255 && loose_fault(sequence_row_at(s, (unsigned)(b->rip - code)));
    /* Linux says of an address of its own that it is there. */
    const uint32_t known = b->address >> 63 ? ~1u : ~0u;
    if (b->vector == EXC_PF && !loose && ((a->error ^ b->error) & known || a->address != b->address))
        return snprintf(text, size, "page fault %x address %lx, not %x %lx", a->error, a->address, b->error, b->address), text;
    if (loose)
        return NULL;
    for (unsigned i = 0; i < (s->mode == HOST_64 ? 16 : 8); i++)
        if ((a->gpr[i] ^ b->gpr[i]) & mask)
            return snprintf(text, size, "register %u: %lx, not %lx", i, a->gpr[i], b->gpr[i]), text;
    if ((a->flags ^ b->flags) & FLAGS_COMPARED & ~(uint64_t)s->undefined_flags)
        return snprintf(text, size, "flags %lx, not %lx", a->flags & FLAGS_COMPARED, b->flags & FLAGS_COMPARED), text;
    for (unsigned i = 0; i < HOST_READ_ONLY; i++)
        if (got->memory[i] != want->memory[i])
            return snprintf(text, size, "memory +%x: %02x, not %02x", i, got->memory[i], want->memory[i]), text;
    return compare_fx(a->fx, b->fx, text, size);
}

static bool run_guest(const struct sequence *s, struct way *way, const struct result *start, struct result *result)
{
    uint8_t *region = guest_cpu_region(way->guest);
    guest_cpu_code(way->guest, s->code, s->count);
    memcpy(region, start->memory, HOST_READ_ONLY);
    guest_cpu_written(way->guest, 0, HOST_DATA);
    result->state = start->state;
    const bool ended = guest_cpu_run(way->guest, &result->state, s->mode, way->cpl);
    if (result->state.vector == EXC_PF && way->cpl == 0)
        result->state.error |= 4;
    memcpy(result->memory, region, HOST_REGION_BYTES);
    return ended;
}

/* The end is UD2 here as in the guest: sequences may read their own code. False: not to be judged. */
static bool run_host(struct fuzz *f, const struct sequence *s, const struct result *start, struct result *result)
{
    struct host_state *state = &result->state;
    memcpy(host_cpu_region(f->host), start->memory, HOST_READ_ONLY);
    *state = start->state;
    if (!host_cpu_run(f->host, state, s->mode))
        return false;
    if (state->vector == EXC_UD && state->rip == host_rip(s->mode, HOST_CODE + s->count))
        state->vector = 255;
    memcpy(result->memory, host_cpu_region(f->host), HOST_REGION_BYTES);
    return true;
}

/* NULL when all agree; who is set to the way that differs. */
static const char *judge(struct fuzz *f, struct sequence *s, uint64_t state_seed, struct way **who, char *text, size_t size)
{
    static struct result start, want, got;
    sequence_build(s);
    sequence_state(s, &start.state, start.memory, state_seed);
    memset(start.memory, 0x90, HOST_DATA);
    memcpy(start.memory + HOST_CODE, s->code, SEQUENCE_BYTES);
    start.state.rip = host_rip(s->mode, HOST_CODE);
    const bool host = host_cpu_has(f->host, s->mode);
    if (host && !run_host(f, s, &start, &want)) {
        f->inconclusive++;
        return NULL;
    }
    for (unsigned w = 0; w < f->way_count; w++) {
        *who = &f->ways[w];
        const bool reference = !host && w == 0;
        const bool ended = run_guest(s, &f->ways[w], &start, reference ? &want : &got);
        const char *what = !ended ? "did not come to an end" : reference ? NULL : compare(s, &got, &want, text, size);
        if (what)
            return what;
    }
    return NULL;
}

static void show(const struct sequence *s, const struct fuzz *f)
{
    char text[128];
    const uint32_t mode = s->mode == HOST_64 ? MODE_CODE64 | MODE_LMA | MODE_PE : s->mode == HOST_16 ? MODE_PE : MODE_CODE32 | MODE_PE;
    (void)f;
    for (unsigned n = 0; n < s->groups; n++) {
        const struct group *group = &s->group[n];
        for (unsigned i = 0; i < group->insns && !group->left_out; i++) {
            const unsigned at = s->at[n] + group->insn[i].offset;
            const unsigned bytes = x86_frontend.disassemble(s->code + at, 16, host_rip(s->mode, HOST_CODE + at), mode, text, sizeof text);
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
    struct way *who = NULL;
    const char *what = judge(f, s, state_seed, &who, text, sizeof text);
    printf("# cpu_fuzz --seed %lu --count 1 --mode %s: %s: %s\n", seed, modes[s->mode], who ? who->name : "?", what ? what : "not again");
    for (unsigned n = 0; n < s->groups; n++) {
        s->group[n].left_out = true;
        if (!judge(f, s, state_seed, &who, text, sizeof text))
            s->group[n].left_out = false;
    }
    what = judge(f, s, state_seed, &who, text, sizeof text);
    printf("# shortened, state seed %lu: %s: %s\n", state_seed, who->name, what ? what : "not again");
    show(s, f);
    fflush(stdout);
}

static bool one(struct fuzz *f, enum host_mode mode, uint64_t seed)
{
    static struct sequence s;
    char text[160];
    struct way *who;
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
        show(&s, f);
    return true;
}

static bool setup(struct fuzz *f)
{
    static const struct way ways[] = {
        { "interpreter", { .interpret = true, .cache_mib = 8 }, 3, NULL },
        { "JIT", { .cache_mib = 8 }, 3, NULL },
        { "JIT, one instruction a unit", { .cache_mib = 8, .max_insns = 1 }, 3, NULL },
        { "JIT, CPL 0", { .cache_mib = 8, .max_insns = 5 }, 0, NULL },
    };
    const char *why = "";
    GError *error = NULL;
    f->host = host_cpu_new(&why);
    if (!f->host)
        printf("skip cpu_fuzz_host: %s\n", why);
    f->source = sequence_source_new();
    f->way_count = G_N_ELEMENTS(ways);
    for (unsigned w = 0; w < f->way_count; w++) {
        f->ways[w] = ways[w];
        f->ways[w].guest = guest_cpu_new(&f->ways[w].options, &error);
        if (!f->ways[w].guest) {
            printf("not ok cpu_fuzz: %s\n", error->message);
            return false;
        }
    }
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
    if (!setup(&f))
        return 1;
    for (uint64_t n = 0; n < count && (!until || time(NULL) < until); n++)
        one(&f, mode >= 0 ? (enum host_mode)mode : (enum host_mode)((seed + n) % HOST_MODES), seed + n);
    printf("# %lu runs from seed %lu, %lu differ, %lu inconclusive\n", f.sequences, seed, f.failures, f.inconclusive);
    printf(f.failures ? "not ok cpu_fuzz: %lu sequences differ\n" : "ok cpu_fuzz\n", f.failures);
    for (unsigned w = 0; w < f.way_count; w++)
        guest_cpu_free(f.ways[w].guest);
    sequence_source_free(f.source);
    host_cpu_free(f.host);
    return f.failures != 0;
}
