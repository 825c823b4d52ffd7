/* SPDX-License-Identifier: MIT */
/*
 * Guest-physical accesses and ports: page walks, system structures, devices. RAM is accessed directly; anything else goes
 * through the bus with the machine lock held.
 *
 * place_find remembers the ranges of RAM that it was given, because a page walk asks several times for nearly the same
 * place. A change of the memory map voids them as it does the TLB: for the CPU that caused it before its next access, for
 * others at their next poll.
 */
#include "tcg/engine_state.h"
#include "tcg/host_ops.h"

static void place_learn(struct cpu *cpu, uint64_t physical, const struct memory_place *place)
{
    struct place_cache *cache = &loop_of(cpu)->places;
    const uint64_t last = physical + (place->bytes - 1);
    unsigned n = PLACE_CACHE;
    for (unsigned i = 0; i < PLACE_CACHE; i++) {
        if (cache->range[i].memory == cpu->memory && cache->range[i].last == last) {
            n = i;      /* the same range from further down */
        }
    }
    n = n < PLACE_CACHE ? n : cache->next++ % PLACE_CACHE;
    cache->range[n].memory = cpu->memory;
    cache->range[n].first = physical;
    cache->range[n].last = last;
    cache->range[n].place = *place;
}

struct memory_place place_find(struct cpu *cpu, uint64_t physical)
{
    const struct place_cache *cache = &loop_of(cpu)->places;
    for (unsigned i = 0; i < PLACE_CACHE; i++) {
        if (physical - cache->range[i].first <= cache->range[i].last - cache->range[i].first &&
            cache->range[i].memory == cpu->memory) {
            struct memory_place place = cache->range[i].place;
            const uint64_t inside = physical - cache->range[i].first;
            place.host += inside;
            place.ram_offset += inside;
            place.bytes -= inside;
            return place;
        }
    }
    const struct memory_place place = memory_find(cpu->memory, physical);
    if (place.host) {
        place_learn(cpu, physical, &place);
    }
    return place;
}

void map_forget(struct cpu *cpu)
{
    loop_of(cpu)->places = (struct place_cache){ .next = 0 };
    mmu_flush(cpu, false);
}

/* After an access by which a device may have changed the memory map or the running unit's code. */
static void after_device(struct cpu *cpu)
{
    const uint32_t input = atomic_load_explicit(&cpu->input, memory_order_relaxed);
    if (input & CPU_INPUT_FLUSH) {
        atomic_fetch_and(&cpu->input, ~(uint32_t)CPU_INPUT_FLUSH);
        map_forget(cpu);
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
    /* Devices are C code: neither may the guest's rounding reach them nor their inexact results the guest's flags.
     * Looking is cheap, setting is not. */
    cpu->fp_device = host_fp_get();
    if (cpu->fp_device != HOST_FP_DEFAULT) {
        host_fp_set(HOST_FP_DEFAULT);
    }
}

static inline void device_end(struct cpu *cpu)
{
    if (host_fp_get() != cpu->fp_device) {
        host_fp_set(cpu->fp_device);
    }
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

bool bus_read(struct cpu *cpu, uint64_t physical, uint8_t *out, unsigned bytes)
{
    bool answered = true;
    count(cpu, COUNT_io_accesses);
    device_begin(cpu);
    while (bytes) {
        const unsigned size = bus_size(physical, bytes);
        host_store(out, memory_read_from(cpu->memory, cpu->index, physical, size), size);
        answered &= !memory_refused(cpu->memory);
        physical += size;
        out += size;
        bytes -= size;
    }
    device_end(cpu);
    return answered;
}

bool bus_write(struct cpu *cpu, uint64_t physical, const uint8_t *in, unsigned bytes)
{
    bool answered = true;
    count(cpu, COUNT_io_accesses);
    device_begin(cpu);
    while (bytes) {
        const unsigned size = bus_size(physical, bytes);
        memory_write_from(cpu->memory, cpu->index, physical, host_load(in, size), size);
        answered &= !memory_refused(cpu->memory);
        physical += size;
        in += size;
        bytes -= size;
    }
    device_end(cpu);
    return answered;
}

/* ---- physical addresses and ports ---- */

uint64_t phys_load(struct cpu *cpu, uint64_t physical, unsigned bytes)
{
    const struct memory_place place = place_find(cpu, physical);
    if (place.host && place.bytes >= bytes) {
        return host_load(place.host, bytes);
    }
    uint8_t buffer[8] = { 0 };
    bus_read(cpu, physical, buffer, bytes);
    return host_load(buffer, 8);
}

bool phys_answers(struct cpu *cpu, uint64_t physical)
{
    return place_find(cpu, physical).host || memory_find(cpu->memory, physical).region;
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
    const struct memory_place place = place_find(cpu, physical);
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
    const struct memory_place place = place_find(cpu, physical);
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
    /* A device, or two halves: not compared, as a register that counts would never be what it was. */
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

unsigned port_read_string(struct cpu *cpu, uint16_t port, unsigned bytes, void *buffer, unsigned count)
{
    if (!cpu->ports) {
        return 0;
    }
    device_begin(cpu);
    const unsigned done = memory_read_string(cpu->ports, port, bytes, buffer, count);
    device_end(cpu);
    return done;
}

unsigned port_write_string(struct cpu *cpu, uint16_t port, unsigned bytes, const void *buffer, unsigned count)
{
    if (!cpu->ports) {
        return 0;
    }
    device_begin(cpu);
    const unsigned done = memory_write_string(cpu->ports, port, bytes, buffer, count);
    device_end(cpu);
    return done;
}
