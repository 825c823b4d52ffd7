/* SPDX-License-Identifier: MIT */
/*
 * Page walks (SDM 3, chapter 4): two-level with PSE and PSE-36, PAE with loaded PDPTEs, four-level with 2 MiB and 1
 * GiB pages; NX, WP, SMEP, SMAP, reserved bits, accessed and dirty bits.
 *
 * A and D are set only when the access succeeds, with a compare-and-swap; when an entry changed meanwhile the walk
 * starts again. Directory entries that lead to page tables are cached until the next flush (SDM 3, 4.10.3); a walk that
 * began there and would fault is done again from the top. The TLB tells address spaces apart by the whole of CR3, PCID and tables, while
 * CR4.PCIDE is set; INVLPG and INVPCID of an address are about all of them, which the manual allows (4.10.4).
 */
#include "target-x86/system.h"
#include <inttypes.h>

enum {
    PTE_P = 1 << 0, PTE_RW = 1 << 1, PTE_US = 1 << 2, PTE_A = 1 << 5, PTE_D = 1 << 6, PTE_PS = 1 << 7, PTE_G = 1 << 8,
    ERROR_P = 1 << 0, ERROR_W = 1 << 1, ERROR_U = 1 << 2, ERROR_RSVD = 1 << 3, ERROR_ID = 1 << 4,
    MAX_LEVELS = 4, CR3_PCID = 0xfff,
};
#define PTE_NX (1ull << 63)

struct walk {
    struct x86_cpu *cpu;
    uint64_t linear, physical_mask, reserved;   /* reserved: bits wrong in any entry of this format */
    unsigned levels, entry_bytes, index_bits;
    struct { uint64_t address, entry; } used[MAX_LEVELS];
    unsigned count;
    uint64_t rights;                /* RW and US that all entries have, NX that any has */
    uint64_t frame, size;           /* of the page found */
    uint64_t table, table_rights;   /* the page table, 0 when the walk ended above; rights down to it */
    bool from_cache, no_cache;      /* it began at the page table; it may not */
    uint32_t error;                 /* P and RSVD bits of a fault */
};

enum walk_result { WALK_OK, WALK_FAULT };

uint64_t x86_physical_mask(const struct x86_cpu *cpu)
{
    return (1ull << cpu->model->physical_bits) - 1;
}

static uint64_t a20_mask(const struct x86_cpu *cpu)
{
    return cpu->a20 ? UINT64_MAX : ~(1ull << 20);
}

/* Bits of a leaf at this level that must be zero besides walk.reserved. */
static uint64_t large_page_reserved(const struct walk *w, uint64_t size)
{
    if (w->entry_bytes == 8) {
        return (size - 1) & ~(uint64_t)0x1fff;
    }
    /* PSE-36: bits 20:13 are address bits 39:32, as far as the model has them */
    return 1u << 21 | (~(w->physical_mask >> 32) & 0xff) << 13;
}

static uint64_t large_page_frame(const struct walk *w, uint64_t entry, uint64_t size)
{
    if (w->entry_bytes == 8) {
        return entry & w->physical_mask & ~(size - 1);
    }
    return (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32;
}

/* Whether bit 7 set makes an entry at this level (0 = page table) a page. */
static bool level_has_pages(const struct walk *w, unsigned level)
{
    const struct x86_cpu *cpu = w->cpu;

    return w->entry_bytes == 4 ? cpu->cr4 & CR4_PSE : level == 1 || (level == 2 && x86_has(cpu, FEAT_PDPE1GB));
}

static enum walk_result walk_fault(struct walk *w, uint32_t error)
{
    w->error = error;
    return WALK_FAULT;
}

static struct x86_directory_entry *directory_entry(const struct walk *w)
{
    return &w->cpu->directory_cache[w->linear >> (12 + w->index_bits) & 63];
}

static const struct x86_directory_entry *directory_find(const struct walk *w)
{
    const struct x86_directory_entry *entry = directory_entry(w);
    const bool hit = !w->no_cache && entry->format == w->index_bits && entry->flushes == w->cpu->cpu.tlb_flushes &&
                     entry->linear == w->linear >> (12 + w->index_bits);

    return hit ? entry : NULL;
}

/* After a walk that has set A in all its entries. */
static void directory_keep(const struct walk *w)
{
    if (w->table && !w->from_cache) {
        *directory_entry(w) = (struct x86_directory_entry){
            .linear = w->linear >> (12 + w->index_bits), .table = w->table, .rights = w->table_rights,
            .flushes = w->cpu->cpu.tlb_flushes, .format = w->index_bits,
        };
    }
}

/* Reads entries down to the page. */
static enum walk_result walk_tables(struct walk *w, uint64_t table)
{
    const struct x86_directory_entry *cached = directory_find(w);
    unsigned level = w->levels;

    w->from_cache = cached;
    w->table = 0;
    if (cached) {
        level = 1;
        table = cached->table;
        w->rights = cached->rights;
    }
    while (level-- > 0) {
        if (!level) {
            w->table = table;
            w->table_rights = w->rights;
        }
        unsigned shift = 12 + level * w->index_bits;
        uint64_t index = w->linear >> shift & ((1u << w->index_bits) - 1), size = 1ull << shift;
        uint64_t address = (table + index * w->entry_bytes) & a20_mask(w->cpu);
        uint64_t entry = phys_load(&w->cpu->cpu, address, w->entry_bytes);

        if (!(entry & PTE_P)) {
            return walk_fault(w, 0);
        }
        if (entry & w->reserved) {
            return walk_fault(w, ERROR_P | ERROR_RSVD);
        }
        w->used[w->count].address = address;
        w->used[w->count++].entry = entry;
        w->rights = (w->rights & (entry | ~(uint64_t)(PTE_RW | PTE_US))) | (entry & PTE_NX);
        if (level > 0 && entry & PTE_PS && level_has_pages(w, level)) {
            if (entry & large_page_reserved(w, size)) {
                return walk_fault(w, ERROR_P | ERROR_RSVD);
            }
            w->frame = large_page_frame(w, entry, size);
            w->size = size;
            return WALK_OK;
        }
        if (level > 1 && entry & PTE_PS && w->entry_bytes == 8) {       /* PML4E, PDPTE without 1 GiB pages */
            return walk_fault(w, ERROR_P | ERROR_RSVD);
        }
        table = w->entry_bytes == 8 ? entry & w->physical_mask & ~0xfffull : entry & 0xfffff000;
    }
    w->frame = table;
    w->size = 4096;
    return WALK_OK;
}

/* Chooses the format and walks. */
static enum walk_result walk_mode(struct walk *w)
{
    struct x86_cpu *cpu = w->cpu;
    uint64_t no_nx = cpu->efer & EFER_NXE ? 0 : PTE_NX;

    w->rights = PTE_RW | PTE_US;
    w->count = 0;
    if (!(cpu->cr4 & CR4_PAE)) {
        w->levels = 2, w->entry_bytes = 4, w->index_bits = 10, w->reserved = 0;
        return walk_tables(w, cpu->cr3 & 0xfffff000);
    }
    w->entry_bytes = 8, w->index_bits = 9;
    if (x86_lma(cpu)) {
        w->levels = 4;
        w->reserved = no_nx | (~w->physical_mask & 0x000fffffffffffff);
        return walk_tables(w, cpu->cr3 & w->physical_mask & ~0xfffull);
    }
    uint64_t pdpte = cpu->pdpte[w->linear >> 30 & 3];
    if (!(pdpte & PTE_P)) {
        return walk_fault(w, 0);
    }
    w->levels = 2;
    w->reserved = no_nx | (~w->physical_mask & 0x7fffffffffffffff);
    return walk_tables(w, pdpte & w->physical_mask & ~0xfffull);
}

/* What the rights found allow under this mmu mode (SDM 3, 4.6.1). */
static void page_rights(const struct walk *w, unsigned mmu, struct mmu_page *page)
{
    const struct x86_cpu *cpu = w->cpu;
    bool user_page = w->rights & PTE_US, writable = w->rights & PTE_RW, nx = w->rights & PTE_NX;

    if (mmu == X86_MMU_USER) {
        page->read = user_page;
        page->write = user_page && writable;
        page->exec = user_page && !nx;
    } else {
        page->read = !(user_page && mmu == X86_MMU_KERNEL_SMAP);
        page->write = page->read && (writable || !(cpu->cr0 & CR0_WP));
        page->exec = !nx && !(user_page && cpu->cr4 & CR4_SMEP);
    }
}

/* Sets A in every entry used, D in the last for a write; false when an entry changed under us. */
static bool set_accessed_dirty(struct walk *w, bool write)
{
    for (unsigned n = 0; n < w->count; n++) {
        uint64_t old = w->used[n].entry, new = old | PTE_A | (write && n == w->count - 1 ? PTE_D : 0);
        if (new != old) {
            if (!phys_cas(&w->cpu->cpu, w->used[n].address, old, new, w->entry_bytes)) {
                return false;
            }
            w->used[n].entry = new;
        }
    }
    return true;
}

static bool page_fault(struct walk *w, enum mmu_access access, unsigned mmu, bool raise)
{
    const struct x86_cpu *cpu = w->cpu;
    uint32_t error = w->error;

    if (!raise) {
        return false;
    }
    error |= access == MMU_WRITE ? ERROR_W : 0;
    error |= mmu == X86_MMU_USER ? ERROR_U : 0;
    if (access == MMU_EXEC && ((cpu->cr4 & CR4_PAE && cpu->efer & EFER_NXE) || cpu->cr4 & CR4_SMEP)) {
        error |= ERROR_ID;
    }
    x86_raise_page_fault(w->cpu, w->linear, error);
}

static void identity_page(const struct x86_cpu *cpu, uint64_t linear, struct mmu_page *page)
{
    *page = (struct mmu_page){ .physical = linear & 0xfffff000 & a20_mask(cpu), .size = 4096, .read = true,
                               .write = true,
                               .exec = true, .watch = x86_debug_page_watched(cpu, linear) };
}

bool x86_mmu_walk(struct cpu *base, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise,
                  struct mmu_page *page)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct walk w = { .cpu = cpu, .linear = linear, .physical_mask = x86_physical_mask(cpu) };

    if (!(cpu->cr0 & CR0_PG)) {
        identity_page(cpu, linear, page);
        return true;
    }
    if (x86_lma(cpu) && !x86_canonical(linear)) {
        if (raise) {
            x86_raise_error(cpu, access != MMU_EXEC && x86_debug_stack_access(cpu) ? EXC_SS : EXC_GP, 0);
        }
        return false;
    }
    for (bool done = false; !done;) {
        bool allowed = walk_mode(&w) == WALK_OK;

        if (allowed) {
            page_rights(&w, mmu, page);
            allowed = access == MMU_READ ? page->read : access == MMU_WRITE ? page->write : page->exec;
            w.error = ERROR_P;
        }
        if (allowed) {
            done = set_accessed_dirty(&w, access == MMU_WRITE);
        } else if (w.from_cache) {
            w.no_cache = true;
        } else {
            return page_fault(&w, access, mmu, raise);
        }
    }
    directory_keep(&w);
    uint64_t leaf = w.used[w.count - 1].entry;
    page->write = page->write && leaf & PTE_D;
    page->global = leaf & PTE_G && cpu->cr4 & CR4_PGE;
    page->size = w.size;
    page->physical = (w.frame | (linear & (w.size - 1) & ~0xfffull)) & a20_mask(cpu);
    page->watch = x86_debug_page_watched(cpu, linear);
    return true;
}

/* ---- CR3 and invalidation ---- */

void x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3)
{
    uint64_t loaded[4], reserved = ~x86_physical_mask(cpu) | 0x1e6;

    for (unsigned n = 0; n < 4; n++) {
        loaded[n] = phys_load(&cpu->cpu, ((cr3 & 0xffffffe0) + n * 8) & a20_mask(cpu), 8);
        if (loaded[n] & PTE_P && loaded[n] & reserved) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
    }
    for (unsigned n = 0; n < 4; n++) {
        cpu->pdpte[n] = loaded[n];
    }
}

void x86_set_cr3(struct x86_cpu *cpu, uint64_t value)
{
    bool pcid = cpu->cr4 & CR4_PCIDE;
    uint64_t no_flush = pcid ? 1ull << 63 : 0;

    if (x86_lma(cpu) && value & ~no_flush & ~x86_physical_mask(cpu)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (cpu->cr0 & CR0_PG && cpu->cr4 & CR4_PAE && !x86_lma(cpu)) {
        x86_load_pdptes(cpu, value);
    }
    cpu->cr3 = value & ~no_flush;
    if (!pcid) {
        mmu_flush(&cpu->cpu, cpu->cr4 & CR4_PGE);
        return;
    }
    const uint64_t tag = cpu->cr3 & CR3_PCID;
    if (!(value & no_flush)) {
        mmu_flush_space(&cpu->cpu, tag);
    }
    mmu_switch(&cpu->cpu, &(struct mmu_space){ .tables = { cpu->cr3 }, .tag = tag });
}

uint64_t helper_invlpg(struct cpu *base, uint64_t linear)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (!x86_lma(cpu) || x86_canonical(linear)) {
        mmu_flush_page(base, linear);
    }
    return 0;
}

/* The descriptor was loaded by the row: low = PCID, high = linear address. */
uint64_t helper_invpcid(struct cpu *base, uint64_t type, uint64_t low, uint64_t high)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (type > 3 || low >> 12 || (type < 2 && low && !(cpu->cr4 & CR4_PCIDE)) || (type == 0 && !x86_canonical(high))) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (type == 0) {
        mmu_flush_page(base, high);
    } else if (type == 1) {
        mmu_flush_space(base, low);
    } else {
        mmu_flush(base, type != 2);
    }
    return 0;
}
