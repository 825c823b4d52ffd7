/* SPDX-License-Identifier: MIT */
/*
 * Instruction fetch: where code lies (code_locate, for look-ups) and its bytes (code_fetch, for translation).
 *
 * While a unit is being translated every page it reads from is announced first (code_page_read), so that a store to it that
 * comes between reading and publishing is noticed. Code outside RAM is read through the bus and its unit used once.
 */
#include <string.h>
#include "tcg/engine_state.h"

struct code_place code_locate(struct cpu *cpu, uint64_t linear, unsigned mmu)
{
    struct tlb_entry *entry = tlb_get(cpu, linear, MMU_EXEC, mmu, true);
    struct tlb_detail *detail = tlb_detail_of(cpu, entry, mmu);
    if (detail->ram_page == NOT_RAM) {
        return (struct code_place){ NOT_RAM, 0 };
    }
    if (!detail->page_id) {
        detail->page_id = page_id_of(cpu->engine, detail->linear, detail->ram_page, mmu);
    }
    struct tlb_side *side = loop_of(cpu)->side[mmu];
    const unsigned slot = (linear >> PAGE_BITS) % CPU_PAGE_IDS;
    const uint64_t bit = 1ull << (slot % 64);
    cpu->page_ids[mmu][slot] = detail->page_id;
    side->id_page[slot].linear = detail->linear;
    side->id_page[slot].page_id = detail->page_id;
    side->id_page[slot].size_bits = (uint32_t)__builtin_ctzll(detail->size);
    side->ids_words |= 1ull << slot / 64;
    side->ids_used[slot / 64] |= bit;
    side->ids_global[slot / 64] = (side->ids_global[slot / 64] & ~bit) | (detail->flags & DETAIL_GLOBAL ? bit : 0);
    return (struct code_place){ detail->ram_page, detail->page_id };
}

/* Byte by byte, through RAM that shares its page with something else too. false: nothing is there. */
static bool io_fetch(struct cpu *cpu, uint64_t physical, uint8_t *out, unsigned bytes)
{
    bool answered = true;
    loop_of(cpu)->fetched_io = true;
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (uint8_t)phys_load(cpu, physical + i, 1);
        answered &= out[i] != 0xff || phys_answers(cpu, physical + i);
    }
    return answered;
}

static bool page_fetch(struct cpu *cpu, uint64_t linear, uint8_t *out, unsigned bytes, unsigned mmu, bool raise)
{
    const struct tlb_entry *entry = tlb_get(cpu, linear, MMU_EXEC, mmu, raise);
    if (!entry) {
        return false;
    }
    const struct tlb_detail detail = *tlb_detail_of(cpu, entry, mmu);
    if (detail.ram_page == NOT_RAM) {
        const bool answered = io_fetch(cpu, detail.physical + (linear & PAGE_OFFSET), out, bytes);
        if (!answered && raise) {
            cpu->frontend->bus_error(cpu, linear, MMU_EXEC);
        }
        return answered || raise;
    }
    if (loop_of(cpu)->translating) {
        code_page_read(cpu, detail.ram_page);
    }
    memcpy(out, detail.host + (linear & PAGE_OFFSET), bytes);
    return true;
}

bool code_fetch(struct cpu *cpu, uint64_t linear, uint8_t *out, unsigned bytes, bool raise)
{
    const unsigned mmu = cpu->frontend->fetch_mmu(cpu->mode);
    const unsigned room = PAGE_BYTES - (unsigned)(linear & PAGE_OFFSET);
    const unsigned first = bytes < room ? bytes : room;
    return page_fetch(cpu, linear, out, first, mmu, raise) &&
           (first == bytes || page_fetch(cpu, linear + first, out + first, bytes - first, mmu, raise));
}

bool mmu_peek(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes)
{
    const unsigned mmu = cpu->frontend->fetch_mmu(cpu->mode);
    for (uint8_t *to = out; bytes;) {
        const unsigned room = PAGE_BYTES - (unsigned)(linear & PAGE_OFFSET), n = bytes < room ? bytes : room;
        struct mmu_page page = { .size = PAGE_BYTES };
        if (!cpu->frontend->walk(cpu, linear, MMU_READ, mmu, false, &page)) {
            return false;
        }
        const struct memory_place place = memory_find(cpu->memory, (page.physical & PAGE_MASK) + (linear & PAGE_OFFSET));
        if (!place.host || place.bytes < n) {
            return false;
        }
        memcpy(to, place.host, n);
        to += n;
        linear += n;
        bytes -= n;
    }
    return true;
}
