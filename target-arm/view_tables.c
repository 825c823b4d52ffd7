/* SPDX-License-Identifier: MIT */
/*
 * What an ARM CPU's tables say, for the monitor: translation of an address, all pages that are mapped, system registers of
 * paging and exceptions, frames of the stack. Pages are found by the engine's own walk, from one to the next, so every format
 * and granule it knows is shown; nothing is written to the guest's tables. Lists show stage 1: below a hypervisor's guest,
 * "physical" is what the guest takes for it.
 */
#include <inttypes.h>
#include <string.h>
#include "target-arm/cpu.h"
#include "target-arm/system.h"
#include "target-arm/view.h"

enum { TCR_EL1_HA = 39, TCR_EL2_HA = 21, VTCR_HA = 21 };
enum { MOST_LINES = 4096, MOST_LOOKUPS = 1 << 22, MOST_FRAMES = 64 };

static unsigned fetch_mmu(const struct arm_cpu *cpu)
{
    return cpu->cpu.frontend->fetch_mmu(cpu->cpu.mode);
}

/* Access flags and dirty states that the hardware would set stay as they are between these. */
struct untouched { uint64_t tcr1, tcr2, tcr3, vtcr; bool tagged; };

static struct untouched begin_looking(struct arm_cpu *cpu)
{
    struct untouched kept = { cpu->tcr[EL1], cpu->tcr[EL2], cpu->tcr[EL3], cpu->vtcr, cpu->tagged_entries };
    cpu->tcr[EL1] &= ~(1ull << TCR_EL1_HA);
    cpu->tcr[EL2] &= ~(1ull << TCR_EL2_HA);
    cpu->tcr[EL3] &= ~(1ull << TCR_EL2_HA);     /* at the same place */
    cpu->vtcr &= ~(1ull << VTCR_HA);
    return kept;
}

static void end_looking(struct arm_cpu *cpu, const struct untouched *kept)
{
    cpu->tcr[EL1] = kept->tcr1;
    cpu->tcr[EL2] = kept->tcr2;
    cpu->tcr[EL3] = kept->tcr3;
    cpu->vtcr = kept->vtcr;
    cpu->tagged_entries = kept->tagged;
}

/* A page that may not be read, or was not used yet (access flag), is mapped all the same: the walk got to its entry. */
static bool leads_to_a_page(bool found, const struct arm_page *page, const struct arm_fault *fault)
{
    return found || (page->size && !fault->stage2 && !fault->s1ptw &&
                     (fault->kind == FAULT_ACCESS_FLAG || fault->kind == FAULT_PERMISSION || fault->kind == FAULT_DOMAIN));
}

bool arm_view_translate(struct cpu *base, uint64_t linear, uint64_t *physical)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const struct untouched kept = begin_looking(cpu);
    struct arm_page page;
    struct arm_fault fault;
    linear = cpu->aarch64 ? linear : (uint32_t)linear;
    bool found = leads_to_a_page(arm_lookup(cpu, linear, MMU_READ, fetch_mmu(cpu), &page, &fault), &page, &fault);
    end_looking(cpu, &kept);
    *physical = found ? (page.physical & ~0xfffull) | (linear & 0xfff) : 0;
    return found;
}

/* ---- info mem, info tlb ---- */

struct listing {
    struct arm_cpu *cpu;
    GString *out;
    unsigned regime, lines, lookups;
    bool ranges;                        /* info mem: neighbours of the same rights as one line */
    uint64_t start, end;                /* of the range that is open */
    char rights[24];                    /* "" : none is */
};

static void put_rights(char *text, size_t size, unsigned regime, const struct arm_page *kernel, const struct arm_page *user)
{
    int used = snprintf(text, size, "EL%u %c%c%c", regime, kernel->read ? 'r' : '-', kernel->write ? 'w' : '-', kernel->exec ? 'x' : '-');
    if (user) {
        snprintf(text + used, size - (size_t)used, " EL0 %c%c%c", user->read ? 'r' : '-', user->write ? 'w' : '-',
                 user->exec ? 'x' : '-');
    }
}

static void close_range(struct listing *l)
{
    if (l->rights[0]) {
        g_string_append_printf(l->out, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %s\n", l->start, l->end, l->end - l->start,
                               l->rights);
        l->lines++;
    }
    l->rights[0] = '\0';
}

static void list_page(struct listing *l, uint64_t linear, uint64_t bytes, const struct arm_page *page, const char *rights)
{
    if (!l->ranges) {
        g_string_append_printf(l->out, "%016" PRIx64 ": %016" PRIx64 " %6" PRIu64 "K %s%s\n", linear, page->physical & ~(bytes - 1),
                               bytes >> 10, rights, page->global ? "" : " nG");
        l->lines++;
        return;
    }
    if (strcmp(l->rights, rights) || l->end != linear) {
        close_range(l);
        l->start = linear;
        g_strlcpy(l->rights, rights, sizeof(l->rights));
    }
    l->end = linear + bytes;
}

/* What an invalid descriptor of a level leaves unmapped. */
static uint64_t hole_bytes(const struct arm_cpu *cpu, unsigned regime, uint64_t linear, const struct arm_fault *fault)
{
    enum { SECTION_BITS = 20, PAGE_BITS = 12 };
    static const uint8_t granules0[4] = { 12, 16, 14, 12 }, granules1[4] = { 12, 14, 12, 16 };
    if (!arm_uses_lpae(cpu, regime)) {
        return 1ull << (fault->level == 1 ? SECTION_BITS : PAGE_BITS);
    }
    unsigned granule = PAGE_BITS;
    if (arm_el_is_aa64(cpu, regime)) {
        bool high = regime == EL1 && linear >> 63;
        granule = high ? granules1[cpu->tcr[regime] >> 30 & 3] : granules0[cpu->tcr[regime] >> 14 & 3];
    }
    unsigned shift = granule + (3 - MIN(fault->level, 3)) * (granule - 3);
    return 1ull << MIN(shift, 47);
}

/* One look-up and the bytes that it spoke of. */
static uint64_t list_at(struct listing *l, uint64_t linear)
{
    bool user_too = l->regime == EL1;
    unsigned mmu = l->regime == EL1 ? ARM_MMU_EL1 : fetch_mmu(l->cpu);
    struct arm_page kernel, user;
    struct arm_fault fault;
    char rights[sizeof(l->rights)];
    l->lookups++;
    if (!leads_to_a_page(arm_lookup_stage1(l->cpu, linear, MMU_READ, mmu, &kernel, &fault), &kernel, &fault)) {
        uint64_t bytes = hole_bytes(l->cpu, l->regime, linear, &fault);
        return bytes - (linear & (bytes - 1));
    }
    if (user_too) {
        arm_lookup_stage1(l->cpu, linear, MMU_READ, ARM_MMU_EL0, &user, &fault);
    }
    put_rights(rights, sizeof(rights), l->regime, &kernel, user_too ? &user : NULL);
    uint64_t bytes = kernel.size - (linear & (kernel.size - 1));
    list_page(l, linear, bytes, &kernel, rights);
    return bytes;
}

static void list_part(struct listing *l, uint64_t first, uint64_t last)
{
    for (uint64_t linear = first; l->lines < MOST_LINES && l->lookups < MOST_LOOKUPS;) {
        uint64_t bytes = list_at(l, linear);
        if (last - linear < bytes) {
            break;
        }
        linear += bytes;
    }
    close_range(l);
}

static void list_all(struct cpu *base, bool ranges, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct listing l = { .cpu = cpu, .out = out, .ranges = ranges, .regime = arm_regime_el(cpu, cpu->el) };
    if (!(cpu->sctlr[l.regime] & SCTLR_M)) {
        g_string_append(out, "MMU disabled\n");
        return;
    }
    const struct untouched kept = begin_looking(cpu);
    if (!arm_el_is_aa64(cpu, l.regime)) {
        list_part(&l, 0, UINT32_MAX);
    } else {
        list_part(&l, 0, (1ull << 48) - 1);
        if (l.regime == EL1) {
            list_part(&l, ~((1ull << 48) - 1), UINT64_MAX);
        }
    }
    end_looking(cpu, &kept);
    if (l.lines >= MOST_LINES || l.lookups >= MOST_LOOKUPS) {
        g_string_append(out, "... more is not shown; 'page ADDRESS' shows one translation\n");
    }
}

static void info_mem(struct cpu *cpu, const char *argument, uint64_t value, GString *out) { list_all(cpu, true, out); }
static void info_tlb(struct cpu *cpu, const char *argument, uint64_t value, GString *out) { list_all(cpu, false, out); }

/* ---- Other topics ---- */

static void page(struct cpu *base, const char *argument, uint64_t linear, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint64_t physical;
    if (!(cpu->sctlr[arm_regime_el(cpu, cpu->el)] & SCTLR_M)) {
        g_string_append(out, "the MMU is off (SCTLR.M = 0)\n");
    }
    if (arm_view_translate(base, linear, &physical)) {
        g_string_append_printf(out, "virtual %#" PRIx64 " is physical %#" PRIx64 "\n", linear, physical);
    } else {
        g_string_append_printf(out, "virtual %#" PRIx64 " is not mapped\n", linear);
    }
}

static void info_system(struct cpu *base, const char *argument, uint64_t value, GString *out)
{
    const struct arm_cpu *cpu = arm_cpu_of(base);
    for (unsigned el = EL1; el <= EL3; el++) {
        if ((el == EL2 && !cpu->has_el2) || (el == EL3 && !cpu->has_el3)) {
            continue;
        }
        g_string_append_printf(out, "EL%u: SCTLR=%016" PRIx64 " TCR=%016" PRIx64 " TTBR0=%016" PRIx64 " TTBR1=%016" PRIx64 " MAIR=%016"
                               PRIx64 "\n     VBAR=%016" PRIx64 " ELR=%016" PRIx64 " SPSR=%08" PRIx64 " ESR=%08" PRIx64 " FAR=%016"
                               PRIx64 "\n", el, cpu->sctlr[el], cpu->tcr[el], cpu->ttbr0[el], cpu->ttbr1[el], cpu->mair[el],
                               cpu->vbar[el], cpu->elr[el], cpu->spsr[el], cpu->esr[el], cpu->far[el]);
    }
    g_string_append_printf(out, "HCR=%016" PRIx64 " SCR=%016" PRIx64 " MPIDR=%016" PRIx64 "%s\n", cpu->hcr, cpu->scr, cpu->mpidr,
                           cpu->powered_off ? " powered off" : "");
}

/* Words on the stack from SP up. */
static void print_stack(struct cpu *base, const char *argument, uint64_t count, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned bytes = cpu->aarch64 ? 8 : 4;
    uint64_t sp = cpu->aarch64 ? cpu->x[31] : (uint32_t)cpu->x[13];
    count = !*argument ? 16 : MIN(count, MOST_LINES);
    for (unsigned i = 0; i < count; i++, sp += bytes) {
        uint64_t word = 0;
        bool readable = cpu_view_read(base, sp, &word, bytes);
        g_string_append_printf(out, readable ? "%0*" PRIx64 ": %0*" PRIx64 "\n" : "%0*" PRIx64 ": unreadable\n", (int)bytes * 2, sp,
                               (int)bytes * 2, word);
        if (!readable) {
            return;
        }
    }
}

/* Frame records (AAPCS64 6.4.6: x29 points at the caller's x29 and the return address); in A32 code GCC's: r11 points at the
 * return address, below it the caller's r11. */
static void back_trace(struct cpu *base, const char *argument, uint64_t count, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    bool wide = cpu->aarch64;
    uint64_t frame = wide ? cpu->x[29] : (uint32_t)cpu->x[11];
    count = !*argument ? MOST_FRAMES : MIN(count, MOST_FRAMES);
    g_string_append_printf(out, "#0  %#" PRIx64 "\n", base->pc);
    for (unsigned i = 1; i <= count && frame; i++) {
        uint64_t record[2];
        uint32_t pair[2];
        if (wide ? !cpu_view_read(base, frame, record, sizeof(record)) : !cpu_view_read(base, frame - 4, pair, sizeof(pair))) {
            return;
        }
        uint64_t next = wide ? record[0] : pair[0];
        g_string_append_printf(out, "#%-2u %#" PRIx64 "  frame %#" PRIx64 "\n", i, wide ? record[1] : pair[1], frame);
        if (next <= frame) {
            return;
        }
        frame = next;
    }
}

const struct cpu_view_topic arm_view_topics[] = {
    { "mem", "", "ranges of virtual addresses that are mapped, with their rights", false, info_mem },
    { "tlb", "", "every page that is mapped: virtual, physical, size, rights", false, info_tlb },
    { "system", "", "system registers of paging and exceptions", false, info_system },
    { "page", "ADDRESS", "what a virtual address is translated to", true, page },
    { "print-stack", "[COUNT]", "words on the stack", true, print_stack },
    { "bt", "[COUNT]", "return addresses by the chain of frame pointers", true, back_trace },
    { NULL, NULL, NULL, false, NULL },
};
