/* SPDX-License-Identifier: MIT */
/* Comparing runs of a sequence (cpu_compare.h): what is compared, and what is excused with the reason. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "tests/cpu/choices.h"
#include "tests/fuzz/cpu_compare.h"

enum { FLAGS_COMPARED = EFL_ARITHMETIC | EFL_DF };

struct result { struct host_state state; uint8_t memory[HOST_REGION_BYTES]; };

/* AddressSanitizer's shadow lies where random addresses may point: the host then reads what faults in the guest. */
#ifdef __SANITIZE_ADDRESS__
enum { HOST_HAS_SHADOW = 1 };
#else
enum { HOST_HAS_SHADOW = 0 };
#endif

static const struct x86_row *row_at(const struct sequence *s, const struct host_state *state)
{
    return sequence_row_at(s, (unsigned)(state->rip - host_rip(s->mode, HOST_CODE)));
}

static bool starts(const char *text, const char *start) { return !g_ascii_strncasecmp(text, start, strlen(start)); }

/*
 * Where the manual leaves it to the processor, or AMD's processors differ from it:
 *   FXSAVE, XSAVE and their like at a misaligned address   #GP, or #AC when alignment is checked (SDM 2)
 *   SHA with a misaligned operand   #GP or #SS by SDM 2; allowed by AMD
 *   CMPS with two operands that fault; a 128-bit operand in SS that is misaligned and outside the segment: which comes first
 *   #AC of instructions for misaligned vectors ("treatment of #AC varies", SDM 2, MOVUPS and others)
 *   an access across the end of canonical addresses   #PF of its first part here (docs/status.md), #GP or #SS there
 *   MASKMOVQ, MASKMOVDQU: whether a byte that is masked off faults (SDM 2, "implementation dependent"); with Intel's it does, and here
 *   an access that wraps round a segment of 4 GiB   "may or may not cause" #GP or #SS (SDM 3, 5.3)
 */
static bool excusable(const struct sequence *s, const struct host_state *a, const struct host_state *b)
{
    const struct x86_row *row = row_at(s, a), *other = row_at(s, b);
    const bool segment_a = a->vector == EXC_GP || a->vector == EXC_SS, segment_b = b->vector == EXC_GP || b->vector == EXC_SS;
    if (row && !g_ascii_strncasecmp(row->name, "sha", 3) && segment_a)
        return true;
    if (row && a->vector == EXC_GP && b->vector == EXC_AC && (starts(row->name, "fxsave") || starts(row->name, "fxrstor") ||
                                                             starts(row->name, "xsave") || starts(row->name, "xrstor")))
        return true;
    if (a->vector == EXC_PF && a->address - HOST_FRAME < HOST_FRAME_BYTES)      /* the host process's own page */
        return true;
    if (HOST_HAS_SHADOW && a->vector == EXC_PF && b->vector != EXC_PF)
        return true;
    if (choice_store_suppressed(row, a->fx))
        return true;
    if (a->vector == EXC_PF && row && starts(row->name, "maskmov") && !host_cpu_is_intel())
        return true;
    if (b->vector == EXC_AC && other && other->flags & ROW_SSE && !(other->flags & ROW_ALIGN16))
        return true;
    const bool in_the_middle = choice_fault_in_the_middle(row) && b->vector != 255;
    if (row && a->rip == b->rip && (in_the_middle || (row->flags & ROW_ALIGN16 && segment_a && segment_b)))
        return true;
    const uint64_t canonical_end = 1ull << 47;
    if (s->mode == HOST_64 && a->rip == b->rip && a->vector == EXC_PF && segment_b && canonical_end - a->address <= 16)
        return true;
    const bool wraps = s->mode == HOST_32 || s->mode == HOST_32_SEGMENTS;
    const bool wrapped_there = segment_b && (a->vector == EXC_PF || a->vector == EXC_AC);
    const bool wrapped_here = segment_a && b->vector == EXC_PF;
    return wraps && (wrapped_there || wrapped_here) && a->rip == b->rip;
}

/* A repeated string instruction wrote over itself: when the new bytes count is left to the processor. */
static bool overwrote_itself(const struct sequence *s, const uint8_t *memory)
{
    for (unsigned n = 0; n < s->groups; n++)
        for (unsigned i = 0; i < s->group[n].insns; i++) {
            const struct x86_row *row = s->group[n].insn[i].row;
            const unsigned at = s->at[n] + s->group[n].insn[i].offset;
            if (row && strchr(row->operands, 'Y') && !s->group[n].left_out && memcmp(memory + HOST_CODE + at, s->code + at, 4))
                return true;
        }
    return false;
}

/* The code was changed beyond what the sequence means to: what leaves flags undefined may have lost what defines them. */
static bool code_destroyed(const struct sequence *s, const uint8_t *memory)
{
    static uint8_t expected[SEQUENCE_BYTES];
    memcpy(expected, s->code, s->count);
    for (unsigned n = 0; n < s->groups; n++)
        if (s->group[n].may_change && !s->group[n].left_out)
            expected[s->at[n] + 1] = memory[HOST_CODE + s->at[n] + 1];
    return memcmp(expected, memory + HOST_CODE, s->count) != 0;
}

/* The UD2 behind the sequence was written over: what ran on is any instruction, LSL and SGDT among them, whose tables are
 * the host's or the guest's. */
static bool end_destroyed(const struct sequence *s, const uint8_t *memory)
{
    static const uint8_t ud2[] = { 0x0f, 0x0b };
    return memcmp(memory + HOST_CODE + s->count, ud2, sizeof(ud2)) != 0;
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
    if ((a->vector != b->vector || a->rip != b->rip) && excusable(s, a, b))
        return NULL;
    if (a->vector != b->vector || (b->vector != 255 && a->rip != b->rip))
        return snprintf(text, size, "exception %u at %lx, not %u at %lx", a->vector, a->rip, b->vector, b->rip), text;
    const bool loose = b->vector != 255 && choice_fault_in_the_middle(row_at(s, b));
    /* Linux says of an address of its own that it is there. */
    const uint32_t known = b->address >= 0x7ffffffff000 ? ~1u : ~0u;
    if (b->vector == EXC_PF && !loose && ((a->error ^ b->error) & known || a->address != b->address))
        return snprintf(text, size, "page fault %x address %lx, not %x %lx", a->error, a->address, b->error, b->address), text;
    if (loose && (!host_cpu_is_intel() || strstr(row_at(s, b)->operands, "Mt")))
        return NULL;                /* what it left there; else only which byte faulted may differ */
    for (unsigned i = 0; i < (s->mode == HOST_64 ? 16 : 8); i++)
        if ((a->gpr[i] ^ b->gpr[i]) & mask)
            return snprintf(text, size, "register %u: %lx, not %lx", i, a->gpr[i], b->gpr[i]), text;
    /* A single-step trap may come before what defines flags again. */
    const bool flags_defined = b->vector != EXC_DB || !s->undefined_flags_somewhere;
    if (flags_defined && (a->flags ^ b->flags) & FLAGS_COMPARED & ~(uint64_t)s->undefined_flags)
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
    choice_mmx_fault(row_at(s, &result->state), &result->state);
    if (result->state.vector == EXC_PF && way->cpl == 0)
        result->state.error |= 4;
    memcpy(result->memory, region, HOST_REGION_BYTES);
    return ended;
}

/* The end is UD2 here as in the guest: sequences may read their own code. False: not to be judged. */
static bool run_host(struct comparison *f, const struct sequence *s, const struct result *start, struct result *result)
{
    struct host_state *state = &result->state;
    memcpy(host_cpu_region(f->host), start->memory, HOST_READ_ONLY);
    *state = start->state;
    if (!host_cpu_run(f->host, state, s->mode))
        return false;
    if (state->vector == EXC_UD && state->rip == host_rip(s->mode, HOST_CODE + s->count))
        state->vector = 255;
    choice_mmx_fault(row_at(s, state), state);
    memcpy(result->memory, host_cpu_region(f->host), HOST_REGION_BYTES);
    return true;
}

/* A page fault at an address where the host's child, a copy of this process with a frame of its own, has memory: sanitizers map
 * much. */
static bool host_memory_differs(const struct host_state *state)
{
    unsigned char present[2];
    if (state->vector != EXC_PF || state->address - HOST_REGION < HOST_REGION_BYTES)
        return false;
    if (state->address - HOST_FRAME < HOST_FRAME_BYTES)
        return true;
    return mincore((void *)(uintptr_t)(state->address & ~4095ull), 4096, present) == 0;
}

/* NULL when all agree; who is set to the way that differs. */
const char *comparison_judge(struct comparison *f, const struct sequence *s, uint64_t state_seed, const struct way **who, char *text,
                             size_t size)
{
    static struct result start, want, got;
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
        if (f->ways[w].cpl == 0 && (start.state.flags & EFL_AC || s->pops_flags))   /* alignment is checked at CPL 3 only */
            continue;
        *who = &f->ways[w];
        const bool reference = !host && w == 0;
        const bool ended = run_guest(s, &f->ways[w], &start, reference ? &want : &got);
        if (!reference && (overwrote_itself(s, want.memory) || overwrote_itself(s, got.memory) ||
                           end_destroyed(s, want.memory) || end_destroyed(s, got.memory))) {
            f->inconclusive++;
            return NULL;
        }
        if (!reference && s->undefined_flags_somewhere && code_destroyed(s, want.memory)) {
            f->inconclusive++;
            return NULL;
        }
        if (!reference && host && host_memory_differs(&got.state)) {
            f->inconclusive++;
            return NULL;
        }
        /* Whatever bytes a return led to may be an instruction that needs privilege 0. */
        if (!reference && f->ways[w].cpl == 0 && want.state.vector == EXC_GP && !row_at(s, &want.state))
            continue;
        const char *what = !ended ? "did not come to an end" : reference ? NULL : compare(s, &got, &want, text, size);
        if (what)
            return what;
    }
    return NULL;
}

bool comparison_start(struct comparison *f)
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

void comparison_end(struct comparison *f)
{
    for (unsigned w = 0; w < f->way_count; w++)
        guest_cpu_free(f->ways[w].guest);
    host_cpu_free(f->host);
}
