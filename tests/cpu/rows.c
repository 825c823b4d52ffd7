/* SPDX-License-Identifier: MIT */
/*
 * Every instruction row's test instances, in every code size that decodes them to that row, from random states: on the host
 * CPU and by the interpreter, the JIT and the JIT with one instruction a unit, at CPL 3 and 0. Registers, memory,
 * exceptions and all flags but those that the row calls undefined must agree.
 *
 *   rows [-n STATES] [-s SEED] [-v] [NAME]      NAME: only rows of that name or opcode
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/cpu/choices.h"
#include "tests/cpu/guest_cpu.h"
#include "tests/cpu/instance.h"

enum { MAX_REPORTS = 3, FLAGS_COMPARED = EFL_ARITHMETIC | EFL_DF };

struct way { const char *name; struct engine_options options; unsigned cpl; struct guest_cpu *guest; };

static struct way ways[] = {
    { "interpreter", { .interpret = true, .cache_mib = 8 }, 3, NULL },
    { "JIT", { .cache_mib = 8 }, 3, NULL },
    { "JIT, one instruction a unit", { .cache_mib = 8, .max_insns = 1 }, 3, NULL },
    { "JIT, CPL 0", { .cache_mib = 8 }, 0, NULL },
};

struct run {
    struct host_cpu *host;
    struct x86_decoder *decoder;
    unsigned states, failures, reports, instances, skipped;
    uint64_t seed;
    bool verbose;
    const char *only;
    unsigned code;                  /* region offset of the instance being run */
};

/* As choice_fault_in_the_middle, and BOUND and operands of 80 bits, which are of two accesses too. */
static bool loose_fault(const struct instance *instance)
{
    if (!g_ascii_strcasecmp(instance->row->name, "bound"))
        return true;
    return choice_fault_in_the_middle(instance->row) ||
           (instance->insn.operand[0].kind == OPERAND_MEM && instance->insn.operand[0].bits == 80);
}

static const char *fault_difference(const struct instance *instance, const struct host_state *a, const struct host_state *b,
                                    char *text, size_t size)
{
    uint64_t mask = loose_fault(instance) ? ~0xfffull : ~0ull;
    /* What the host has outside the region is its own business. */
    uint32_t error_mask = b->vector == EXC_PF && b->address - HOST_REGION >= HOST_REGION_BYTES ? ~1u : ~0u;
    if (a->rip == b->rip && !((a->error ^ b->error) & error_mask) && (a->vector != EXC_PF || (a->address & mask) == (b->address & mask)))
        return NULL;
    snprintf(text, size, "exception %d at %lx error %x address %lx, not %lx %x %lx", (int)a->vector, a->rip, a->error, a->address,
             b->rip, b->error, b->address);
    return text;
}

/* What is compared, in words: NULL when equal. */
static const char *difference(const struct instance *instance, const struct host_state *a, const struct host_state *b,
                              char *text, size_t size)
{
    static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
                                         "r13", "r14", "r15" };
    bool fault = b->vector != 255;  /* leaves all flags as they were */
    uint64_t flags = FLAGS_COMPARED & ~(uint64_t)(fault ? 0 : instance->row->undefined_flags);
    uint64_t mask = instance->mode == HOST_64 ? ~0ull : 0xffffffff;
    bool both_fault = a->vector != 255 && b->vector != 255;
    if (a->vector != 255 && b->vector == 255 && choice_store_suppressed(instance->row, b->fx))
        return NULL;
    if (a->vector != b->vector && !(loose_fault(instance) && both_fault))
        return snprintf(text, size, "exception %d, not %d", (int)a->vector, (int)b->vector), text;
    if (both_fault && loose_fault(instance) && a->vector != b->vector)
        return NULL;
    if (fault && (fault_difference(instance, a, b, text, size) || loose_fault(instance)))
        return fault_difference(instance, a, b, text, size);
    for (unsigned i = 0; i < (instance->mode == HOST_64 ? 16 : 8); i++)
        if ((a->gpr[i] ^ b->gpr[i]) & mask)
            return snprintf(text, size, "%s %lx, not %lx", names[i], a->gpr[i], b->gpr[i]), text;
    if ((a->flags ^ b->flags) & flags)
        return snprintf(text, size, "flags %lx, not %lx", a->flags & FLAGS_COMPARED, b->flags & FLAGS_COMPARED), text;
    for (unsigned i = 0; i < 32; i++)
        if ((i < 6 || (i >= 24 && i < 28)) && i != 5 && a->fx[i] != b->fx[i])
            return snprintf(text, size, "fxsave byte %u: %02x, not %02x (mxcsr %08x, %08x; status %04x, %04x)", i, a->fx[i], b->fx[i],
                            *(const uint32_t *)(const void *)(a->fx + 24), *(const uint32_t *)(const void *)(b->fx + 24),
                            *(const uint16_t *)(const void *)(a->fx + 2), *(const uint16_t *)(const void *)(b->fx + 2)), text;
    for (unsigned i = 32; i < 416; i++)
        if ((i >= 160 || (i & 15) < 10) && a->fx[i] != b->fx[i])
            return snprintf(text, size, "%s%u byte %u: %02x, not %02x", i < 160 ? "st" : "xmm", (i - (i < 160 ? 32 : 160)) / 16,
                            i & 15, a->fx[i], b->fx[i]), text;
    return NULL;
}

static const char *memory_difference(const uint8_t *a, const uint8_t *b, char *text, size_t size)
{
    if (!memcmp(a + HOST_DATA, b + HOST_DATA, HOST_READ_ONLY - HOST_DATA))
        return NULL;
    for (unsigned i = HOST_DATA; i < HOST_READ_ONLY; i++)
        if (a[i] != b[i])
            return snprintf(text, size, "memory at +%x: %02x, not %02x", i, a[i], b[i]), text;
    return NULL;
}

static void report(struct run *run, const struct instance *instance, const char *who, const char *what,
                   const struct host_state *start, uint64_t seed)
{
    run->failures++;
    if (run->reports++ >= MAX_REPORTS)
        return;
    printf("# %s \"%s\" (%s) %u bits, %s: %s [seed %lx]\n", instance->row->opcode, instance->text, instance->row->name,
           host_bits(instance->mode), who, what, seed);
    if (!run->verbose)
        return;
    for (unsigned i = 0; i < 16; i++)
        printf("#   %-2u %016lx%s", i, start->gpr[i], i % 4 == 3 ? "\n" : " ");
    printf("#   flags %lx\n", start->flags);
}

static bool run_state(struct run *run, const struct instance *instance)
{
    static uint8_t before[HOST_REGION_BYTES];
    struct host_state start, want, got;
    char text[160];
    const char *what = NULL;
    uint64_t seed = run->seed;
    bool host = !(instance->row->flags & ROW_NO_HOST) && host_cpu_has(run->host, instance->mode) &&
                host_has_feature(instance->row->feature);
    uint8_t *reference = host ? host_cpu_region(run->host) : guest_cpu_region(ways[0].guest);
    instance_state(instance, &start, before, &run->seed);
    start.rip = host_rip(instance->mode, run->code);
    if (host) {
        memcpy(reference + HOST_DATA, before + HOST_DATA, HOST_READ_ONLY - HOST_DATA);
        want = start;
        if (!host_cpu_run(run->host, &want, instance->mode)) {
            report(run, instance, "host", "did not come back", &start, seed);
            return false;
        }
        choice_mmx_fault(instance->row, &want);
    }
    for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++) {
        uint8_t *region = guest_cpu_region(ways[w].guest);
        memcpy(region + HOST_DATA, before + HOST_DATA, HOST_READ_ONLY - HOST_DATA);
        got = start;
        bool ended = guest_cpu_run(ways[w].guest, &got, instance->mode, ways[w].cpl);
        choice_mmx_fault(instance->row, &got);
        if (got.vector == EXC_PF && ways[w].cpl == 0)
            got.error |= 4;         /* the host's code is user code */
        if (want.vector == EXC_AC && ways[w].cpl == 0)
            continue;               /* checked at CPL 3 only */
        if (!ended)
            what = "did not come to an end";
        else if (!host && w == 0)
            want = got;
        else if (!(what = difference(instance, &got, &want, text, sizeof text)) &&
                 (want.vector == 255 || !loose_fault(instance)))
            what = memory_difference(region, reference, text, sizeof text);
        if (what) {
            report(run, instance, ways[w].name, what, &start, seed);
            return false;
        }
    }
    return true;
}

static void run_instance(struct run *run, const struct instance *instance)
{
    run->instances++;
    run->code = HOST_CODE;
    if (run->instances % 4 == 0)    /* across the end of a page */
        run->code += 0x1000 - (unsigned)(random_next(&run->seed) % instance->count);
    if (host_cpu_has(run->host, instance->mode) && host_has_feature(instance->row->feature))
        host_cpu_code_at(run->host, run->code, instance->bytes, instance->count, instance->mode);
    else
        run->skipped++;
    for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++)
        guest_cpu_code_at(ways[w].guest, run->code, instance->bytes, instance->count);
    for (unsigned i = 0; i < run->states; i++)
        if (!run_state(run, instance))
            break;
}

static void run_row(struct run *run, const struct x86_table_of_rows *table, const struct x86_row *row)
{
    unsigned before = run->failures, ran = run->instances;
    gchar **texts = g_strsplit(row->tests ? row->tests : "", ";", 0);
    run->reports = 0;
    for (gchar **text = texts; *text && **text; text++) {
        for (unsigned bits = 16; bits <= 64; bits *= 2) {
            struct instance instance;
            if (instance_parse(&instance, run->decoder, row, *text, bits))
                run_instance(run, &instance);
        }
    }
    g_strfreev(texts);
    if (run->failures != before)
        printf("not ok cpu/%s/%s %s %s: %u states differ\n", table->name, row->opcode, row->name, row->operands, run->failures - before);
    else if (run->instances == ran && !(row->flags & ROW_NO_HOST)) {
        printf("not ok cpu/%s/%s %s: the row has no test\n", table->name, row->opcode, row->name);
        run->failures++;
    }
}

static bool setup(struct run *run)
{
    const char *why = "";
    GError *error = NULL;
    run->host = host_cpu_new(&why);
    if (!run->host)
        printf("skip cpu/host: %s\n", why);
    else if (!host_cpu_has(run->host, HOST_16))
        printf("skip cpu/host16: no modify_ldt\n");
    run->decoder = x86_decoder_new(NULL, NULL, NULL);
    for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++) {
        ways[w].guest = guest_cpu_new(&ways[w].options, &error);
        if (!ways[w].guest) {
            printf("not ok cpu/setup: %s\n", error->message);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct run run = { .states = 6, .seed = 1 };
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-n") && i + 1 < argc)
            run.states = (unsigned)atoi(argv[++i]);
        else if (!strcmp(argv[i], "-s") && i + 1 < argc)
            run.seed = strtoull(argv[++i], NULL, 16);
        else if (!strcmp(argv[i], "-v"))
            run.verbose = true;
        else
            run.only = argv[i];
    }
    if (!setup(&run))
        return 1;
    for (unsigned t = 0; t < x86_table_count; t++) {
        unsigned before = run.failures, instances = run.instances;
        for (unsigned i = 0; i < x86_tables[t]->count; i++) {
            const struct x86_row *row = &x86_tables[t]->rows[i];
            if (!run.only || !strcmp(run.only, row->name) || !strcmp(run.only, row->opcode) || !strcmp(run.only, x86_tables[t]->name))
                run_row(&run, x86_tables[t], row);
        }
        if (run.failures == before && run.instances != instances)
            printf("ok cpu/%s\n", x86_tables[t]->name);
        fflush(stdout);
    }
    fprintf(stderr, "# %u instances, %u states each, %u without host\n", run.instances, run.states, run.skipped);
    for (unsigned w = 0; w < G_N_ELEMENTS(ways); w++)
        guest_cpu_free(ways[w].guest);
    host_cpu_free(run.host);
    x86_decoder_free(run.decoder);
    return run.failures != 0;
}
