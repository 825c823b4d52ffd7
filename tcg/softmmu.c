/* SPDX-License-Identifier: MIT */
/*
 * Guest-linear loads and stores: what helpers, the interpreter and the far code of back ends call.
 *
 *   tag hit, one page -> host memory
 *   else slow: tlb_get for each page first (faults come before any change), then by what the page is:
 *     TLB_STRICT ask the front end about a misaligned access (may leave)
 *     TLB_WATCH  tell the debugger (may leave) and the front end, go on
 *     TLB_IO     machine lock, memory_read / memory_write
 *     TLB_CODE   code_store_begin drops translations first (may leave: a store into the running unit)
 *     none       host memory
 *
 * Where an access crosses into another page its second part begins at the next page's linear address; the front end's walk
 * wraps addresses that are too large for the guest. Values are little-endian on any host. softmmu_phys.c has the bus.
 */
#include <string.h>
#include "tcg/host_ops.h"
#include "tcg/engine_state.h"

static inline struct tlb_entry *entry_of(struct cpu *cpu, uint64_t linear, unsigned mmu)
{
    struct tlb *tlb = &cpu->tlb[mmu];
    return (struct tlb_entry *)((char *)tlb->entries + ((linear >> (PAGE_BITS - 5)) & tlb->mask));
}

G_STATIC_ASSERT(sizeof(struct tlb_entry) == 32);

/* One page's part of an access. */
struct part { uint64_t linear, tag; uint8_t *host; uint64_t physical, ram_offset; unsigned bytes; };

static void part_locate(struct cpu *cpu, struct part *part, enum mmu_access access, unsigned mmu)
{
    struct tlb_entry *entry = tlb_get(cpu, part->linear, access, mmu, true);
    const struct tlb_detail *detail = tlb_detail_of(cpu, entry, mmu);
    const uint64_t offset = part->linear & PAGE_OFFSET;
    part->tag = entry->tag[access];
    part->host = detail->host ? detail->host + offset : NULL;
    part->physical = detail->physical + offset;
    part->ram_offset = detail->ram_page + offset;
    if ((part->tag & (TLB_CODE | TLB_IO)) == TLB_CODE && !bit_test(cpu->engine->ram->code_pages, detail->ram_page >> PAGE_BITS)) {
        tlb_unmark_code(cpu, entry, mmu);
        part->tag = entry->tag[access];
    }
}

static void strict(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    if ((bytes > 8 || linear & (bytes - 1)) && cpu->frontend->misaligned) {
        cpu->frontend->misaligned(cpu, linear, bytes, access, mmu);
    }
}

static void watched(struct cpu *cpu, const struct part *part, unsigned n, enum mmu_access access, unsigned mmu)
{
    unsigned bytes = 0;
    for (unsigned i = 0; i < n; i++) {
        bytes += part[i].bytes;
        if (cpu->engine->debug.data) {
            debug_access(cpu, part[i].linear, part[i].physical, part[i].bytes, 1u << access);
        }
    }
    if (cpu->frontend->watch) {
        cpu->frontend->watch(cpu, part[0].linear, bytes, access, mmu);
    }
}

/* Splits an access at the page border and locates its parts; raises before anything is done. Returns how many. */
static unsigned parts_locate(struct cpu *cpu, struct part part[2], uint64_t linear, unsigned bytes, enum mmu_access access,
                             unsigned mmu)
{
    const unsigned room = PAGE_BYTES - (unsigned)(linear & PAGE_OFFSET);
    part[0].linear = linear;
    part[0].bytes = bytes < room ? bytes : room;
    part_locate(cpu, &part[0], access, mmu);
    if (bytes <= room) {
        if (part[0].tag & TLB_STRICT) {
            strict(cpu, linear, bytes, access, mmu);
        }
        if (part[0].tag & TLB_WATCH) {
            watched(cpu, part, 1, access, mmu);
        }
        return 1;
    }
    part[1].linear = linear + room;
    part[1].bytes = bytes - room;
    part_locate(cpu, &part[1], access, mmu);
    /* The second walk may have thrown the first entry out, but what was learnt of it stays true. */
    if ((part[0].tag | part[1].tag) & TLB_STRICT) {
        strict(cpu, linear, bytes, access, mmu);
    }
    if ((part[0].tag | part[1].tag) & TLB_WATCH) {
        watched(cpu, part, 2, access, mmu);
    }
    return 2;
}

static void load_slow(struct cpu *cpu, uint64_t linear, uint8_t *out, unsigned bytes, unsigned mmu)
{
    struct part part[2];
    const unsigned n = parts_locate(cpu, part, linear, bytes, MMU_READ, mmu);
    for (unsigned i = 0; i < n; i++) {
        if (part[i].tag & TLB_IO) {
            if (!bus_read(cpu, part[i].physical, out, part[i].bytes)) {
                cpu->frontend->bus_error(cpu, part[i].linear, MMU_READ);
            }
        } else if (part[i].bytes <= 8) {
            host_store(out, host_load(part[i].host, part[i].bytes), part[i].bytes);
        } else {
            memcpy(out, part[i].host, part[i].bytes);
        }
        out += part[i].bytes;
    }
}

static void store_parts(struct cpu *cpu, const struct part *part, unsigned n, const uint8_t *in, bool io)
{
    for (unsigned i = 0; i < n; i++) {
        if (!(part[i].tag & TLB_IO) == io) {
            /* The other kind: done in the other pass. */
        } else if (io) {
            if (!bus_write(cpu, part[i].physical, in, part[i].bytes)) {
                cpu->frontend->bus_error(cpu, part[i].linear, MMU_WRITE);
            }
        } else if (part[i].bytes <= 8) {
            host_store(part[i].host, host_load(in, part[i].bytes), part[i].bytes);
        } else {
            memcpy(part[i].host, in, part[i].bytes);
        }
        in += part[i].bytes;
    }
}

static void store_slow(struct cpu *cpu, uint64_t linear, const uint8_t *in, unsigned bytes, unsigned mmu)
{
    struct part part[2];
    struct store_range range[2];
    unsigned ranges = 0;
    bool io = false;
    const unsigned n = parts_locate(cpu, part, linear, bytes, MMU_WRITE, mmu);
    for (unsigned i = 0; i < n; i++) {
        io |= (part[i].tag & TLB_IO) != 0;
        if ((part[i].tag & (TLB_CODE | TLB_IO)) == TLB_CODE) {
            range[ranges++] = (struct store_range){ part[i].ram_offset, part[i].bytes };
        }
    }
    if (ranges) {
        code_store_begin(cpu, range, ranges);
    }
    store_parts(cpu, part, n, in, false);
    if (ranges) {
        code_store_end(cpu);
    }
    if (io) {
        store_parts(cpu, part, n, in, true);
    }
}

/* True when [linear, +bytes) lies in one page whose tag has no flag: the fast case. Size 0 never comes. */
static inline bool hits(const struct tlb_entry *entry, enum mmu_access access, uint64_t linear, unsigned bytes)
{
    return entry->tag[access] == (linear & PAGE_MASK) && (linear & PAGE_OFFSET) + bytes <= PAGE_BYTES;
}

/* A device's page that nobody watches: as good as all other accesses of the slow way. */
static inline bool hits_device(const struct tlb_entry *entry, enum mmu_access access, uint64_t linear, unsigned bytes)
{
    return entry->tag[access] == ((linear & PAGE_MASK) | TLB_IO) && (linear & PAGE_OFFSET) + bytes <= PAGE_BYTES;
}

static void device_access(struct cpu *cpu, const struct tlb_entry *entry, enum mmu_access access, uint64_t linear,
                          uint8_t *data, unsigned bytes, unsigned mmu)
{
    const uint64_t physical = tlb_detail_of(cpu, entry, mmu)->physical + (linear & PAGE_OFFSET);
    const bool answered = access == MMU_READ ? bus_read(cpu, physical, data, bytes) : bus_write(cpu, physical, data, bytes);
    if (!answered) {
        cpu->frontend->bus_error(cpu, linear, access);
    }
}

uint64_t mmu_load(struct cpu *cpu, uint64_t linear, unsigned bytes, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (G_LIKELY(hits(entry, MMU_READ, linear, bytes))) {
        return host_load((const uint8_t *)(entry->addend + (uintptr_t)linear), bytes);
    }
    uint8_t buffer[8] = { 0 };
    if (hits_device(entry, MMU_READ, linear, bytes)) {
        device_access(cpu, entry, MMU_READ, linear, buffer, bytes, mmu);
    } else {
        load_slow(cpu, linear, buffer, bytes, mmu);
    }
    return host_load(buffer, 8);
}

void mmu_store(struct cpu *cpu, uint64_t linear, uint64_t value, unsigned bytes, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (G_LIKELY(hits(entry, MMU_WRITE, linear, bytes))) {
        host_store((uint8_t *)(entry->addend + (uintptr_t)linear), value, bytes);
        return;
    }
    uint8_t buffer[8];
    host_store(buffer, value, 8);
    if (hits_device(entry, MMU_WRITE, linear, bytes)) {
        device_access(cpu, entry, MMU_WRITE, linear, buffer, bytes, mmu);
    } else {
        store_slow(cpu, linear, buffer, bytes, mmu);
    }
}

void mmu_load_vector(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (G_LIKELY(hits(entry, MMU_READ, linear, bytes))) {
        memcpy(out, (const void *)(entry->addend + (uintptr_t)linear), bytes);
        return;
    }
    load_slow(cpu, linear, out, bytes, mmu);
}

void mmu_store_vector(struct cpu *cpu, uint64_t linear, const void *in, unsigned bytes, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (G_LIKELY(hits(entry, MMU_WRITE, linear, bytes))) {
        memcpy((void *)(entry->addend + (uintptr_t)linear), in, bytes);
        return;
    }
    store_slow(cpu, linear, in, bytes, mmu);
}

/* What follows a probe may change state before it stores: a store into the running unit has to leave here already. */
void mmu_probe(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    struct part part[2];
    struct store_range range[2];
    unsigned ranges = 0;
    const unsigned n = parts_locate(cpu, part, linear, bytes, access, mmu);
    for (unsigned i = 0; i < n && access == MMU_WRITE; i++) {
        if ((part[i].tag & (TLB_CODE | TLB_IO)) == TLB_CODE) {
            range[ranges++] = (struct store_range){ part[i].ram_offset, part[i].bytes };
        }
    }
    code_store_check(cpu, range, ranges);
}

void *mmu_host_pointer(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (entry->tag[access] != (linear & PAGE_MASK)) {
        entry = tlb_get(cpu, linear, access, mmu, false);
        if (!entry || entry->tag[access] & TLB_FLAGS) {
            return NULL;
        }
    }
    return (void *)(entry->addend + (uintptr_t)linear);
}
