/* SPDX-License-Identifier: MIT */
/*
 * Guest-linear loads and stores: what helpers, the interpreter and the far code of back ends call.
 *
 *   tag hit, one page -> host memory
 *   else slow: tlb_get for each page first (faults come before any change), then by what the page is:
 *     TLB_WATCH  tell the front end, go on
 *     TLB_IO     machine lock, memory_read / memory_write
 *     TLB_CODE   code_store_begin drops translations first (may leave: a store into the running unit)
 *     none       host memory
 *
 * Where an access crosses into another page its second part begins at the next page's linear address; the front end's walk
 * wraps addresses that are too large for the guest. Values are little-endian on any host.
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

/* Single accesses of 1, 2, 4 and 8 bytes are one move of the host: whole towards other CPUs when aligned. */
static inline uint64_t host_load(const uint8_t *host, unsigned bytes)
{
    uint16_t w;
    uint32_t d;
    uint64_t q = 0;
    switch (bytes) {
    case 1: return *host;
    case 2: memcpy(&w, host, 2); return GUINT16_FROM_LE(w);
    case 4: memcpy(&d, host, 4); return GUINT32_FROM_LE(d);
    case 8: memcpy(&q, host, 8); return GUINT64_FROM_LE(q);
    default: memcpy(&q, host, bytes); return GUINT64_FROM_LE(q);
    }
}

static inline void host_store(uint8_t *host, uint64_t value, unsigned bytes)
{
    const uint64_t q = GUINT64_TO_LE(value);
    const uint32_t d = GUINT32_TO_LE((uint32_t)value);
    const uint16_t w = GUINT16_TO_LE((uint16_t)value);
    switch (bytes) {
    case 1: *host = (uint8_t)value; break;
    case 2: memcpy(host, &w, 2); break;
    case 4: memcpy(host, &d, 4); break;
    case 8: memcpy(host, &q, 8); break;
    default: memcpy(host, &q, bytes); break;
    }
}

/* After an access by which a device may have changed the memory map or the running unit's code. */
static void after_device(struct cpu *cpu)
{
    const uint32_t input = atomic_load_explicit(&cpu->input, memory_order_relaxed);
    if (input & CPU_INPUT_FLUSH) {
        atomic_fetch_and(&cpu->input, ~(uint32_t)CPU_INPUT_FLUSH);
        mmu_flush(cpu, false);
    }
    if (cpu->current && atomic_load_explicit(&cpu->current->dead, memory_order_relaxed)) {
        atomic_store(&cpu->exit_request, 1);
    }
}

static inline void device_begin(struct cpu *cpu)
{
    if (cpu->machine_lock) {
        g_mutex_lock(cpu->machine_lock);
    }
    /* Devices are C code: neither may the guest's rounding reach them nor their inexact results the guest's flags. */
    cpu->fp_device = host_fp_get();
    host_fp_set(HOST_FP_DEFAULT);
}

static inline void device_end(struct cpu *cpu)
{
    host_fp_set(cpu->fp_device);
    if (cpu->machine_lock) {
        g_mutex_unlock(cpu->machine_lock);
    }
    after_device(cpu);
}

/* The bus takes 1, 2, 4 and 8 bytes; parts of accesses across pages may have any size. */
static inline unsigned bus_size(uint64_t physical, unsigned bytes)
{
    unsigned size = bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
    if (bytes != size) {
        while (physical & (size - 1)) {
            size /= 2;
        }
    }
    return size;
}

static void bus_read(struct cpu *cpu, uint64_t physical, uint8_t *out, unsigned bytes)
{
    count(cpu, COUNT_io_accesses);
    device_begin(cpu);
    while (bytes) {
        const unsigned size = bus_size(physical, bytes);
        host_store(out, memory_read_from(cpu->memory, cpu->index, physical, size), size);
        physical += size;
        out += size;
        bytes -= size;
    }
    device_end(cpu);
}

static void bus_write(struct cpu *cpu, uint64_t physical, const uint8_t *in, unsigned bytes)
{
    count(cpu, COUNT_io_accesses);
    device_begin(cpu);
    while (bytes) {
        const unsigned size = bus_size(physical, bytes);
        memory_write_from(cpu->memory, cpu->index, physical, host_load(in, size), size);
        physical += size;
        in += size;
        bytes -= size;
    }
    device_end(cpu);
}

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

/* Splits an access at the page border and locates its parts; raises before anything is done. Returns how many. */
static unsigned parts_locate(struct cpu *cpu, struct part part[2], uint64_t linear, unsigned bytes, enum mmu_access access,
                             unsigned mmu)
{
    const unsigned room = PAGE_BYTES - (unsigned)(linear & PAGE_OFFSET);
    part[0].linear = linear;
    part[0].bytes = bytes < room ? bytes : room;
    part_locate(cpu, &part[0], access, mmu);
    if (bytes <= room) {
        if (part[0].tag & TLB_WATCH && cpu->frontend->watch) {
            cpu->frontend->watch(cpu, linear, bytes, access);
        }
        return 1;
    }
    part[1].linear = linear + room;
    part[1].bytes = bytes - room;
    part_locate(cpu, &part[1], access, mmu);
    /* The second walk may have thrown the first entry out, but what was learnt of it stays true. */
    if ((part[0].tag | part[1].tag) & TLB_WATCH && cpu->frontend->watch) {
        cpu->frontend->watch(cpu, linear, bytes, access);
    }
    return 2;
}

static void load_slow(struct cpu *cpu, uint64_t linear, uint8_t *out, unsigned bytes, unsigned mmu)
{
    struct part part[2];
    const unsigned n = parts_locate(cpu, part, linear, bytes, MMU_READ, mmu);
    for (unsigned i = 0; i < n; i++) {
        if (part[i].tag & TLB_IO) {
            bus_read(cpu, part[i].physical, out, part[i].bytes);
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
            bus_write(cpu, part[i].physical, in, part[i].bytes);
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

uint64_t mmu_load(struct cpu *cpu, uint64_t linear, unsigned bytes, unsigned mmu)
{
    const struct tlb_entry *entry = entry_of(cpu, linear, mmu);
    if (G_LIKELY(hits(entry, MMU_READ, linear, bytes))) {
        return host_load((const uint8_t *)(entry->addend + (uintptr_t)linear), bytes);
    }
    uint8_t buffer[8] = { 0 };
    load_slow(cpu, linear, buffer, bytes, mmu);
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
    store_slow(cpu, linear, buffer, bytes, mmu);
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

void mmu_probe(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    tlb_get(cpu, linear, access, mmu, true);
    if ((linear & PAGE_OFFSET) + bytes > PAGE_BYTES) {
        tlb_get(cpu, (linear | PAGE_OFFSET) + 1, access, mmu, true);
    }
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

/* ---- physical addresses and ports ---- */

uint64_t phys_load(struct cpu *cpu, uint64_t physical, unsigned bytes)
{
    const struct memory_place place = memory_find(cpu->memory, physical);
    if (place.host && place.bytes >= bytes) {
        return host_load(place.host, bytes);
    }
    uint8_t buffer[8] = { 0 };
    bus_read(cpu, physical, buffer, bytes);
    return host_load(buffer, 8);
}

/* A write to RAM that no TLB entry stands for: dirty mark and translations. */
static void ram_written(struct cpu *cpu, const struct memory_place *place, unsigned bytes)
{
    const uint64_t first = place->ram_offset >> PAGE_BITS, last = (place->ram_offset + bytes - 1) >> PAGE_BITS;
    ram_mark_dirty(place->ram, place->ram_offset, bytes);
    if (bit_test(place->ram->code_pages, first) || bit_test(place->ram->code_pages, last)) {
        engine_code_written(cpu->engine, place->ram_offset, bytes);
    }
}

void phys_store(struct cpu *cpu, uint64_t physical, uint64_t value, unsigned bytes)
{
    const struct memory_place place = memory_find(cpu->memory, physical);
    if (place.host && place.writable && place.bytes >= bytes) {
        host_store(place.host, value, bytes);
        ram_written(cpu, &place, bytes);
        return;
    }
    uint8_t buffer[8];
    host_store(buffer, value, 8);
    bus_write(cpu, physical, buffer, bytes);
}

bool phys_cas(struct cpu *cpu, uint64_t physical, uint64_t old, uint64_t new, unsigned bytes)
{
    const struct memory_place place = memory_find(cpu->memory, physical);
    bool equal;
    if (place.host && !(physical & (bytes - 1))) {
        if (!place.writable) {
            return phys_load(cpu, physical, bytes) == old;  /* ROM: the write is dropped */
        }
        if (bytes == 8) {
            uint64_t expect = GUINT64_TO_LE(old);
            equal = __atomic_compare_exchange_n((uint64_t *)place.host, &expect, GUINT64_TO_LE(new), false,
                                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        } else {
            uint32_t expect = GUINT32_TO_LE((uint32_t)old);
            equal = __atomic_compare_exchange_n((uint32_t *)place.host, &expect, GUINT32_TO_LE((uint32_t)new), false,
                                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        }
        if (equal) {
            ram_written(cpu, &place, bytes);
        }
        return equal;
    }
    if (phys_load(cpu, physical, bytes) != old) {
        return false;
    }
    phys_store(cpu, physical, new, bytes);
    return true;
}

uint64_t port_read(struct cpu *cpu, uint16_t port, unsigned bytes)
{
    count(cpu, COUNT_port_accesses);
    if (!cpu->ports) {
        return bytes == 4 ? 0xffffffff : bytes == 2 ? 0xffff : 0xff;
    }
    device_begin(cpu);
    const uint64_t value = memory_read_from(cpu->ports, cpu->index, port, bytes);
    device_end(cpu);
    return value;
}

void port_write(struct cpu *cpu, uint16_t port, uint64_t value, unsigned bytes)
{
    count(cpu, COUNT_port_accesses);
    if (!cpu->ports) {
        return;
    }
    device_begin(cpu);
    memory_write_from(cpu->ports, cpu->index, port, value, bytes);
    device_end(cpu);
}
