/* SPDX-License-Identifier: MIT */
/*
 * Atomic read-modify-write for helpers and far code. In RAM, aligned: the host's own atomic instructions. Across pages,
 * misaligned, or at a device: the CPU leaves its unit and the loop runs that one instruction again while all other CPUs stand
 * still (loop->exclusive), so it is atomic towards every access of theirs. Devices' DMA is not stopped.
 *
 * Exclusive loads and stores (load linked, store conditional): a load remembers the value and the version of its slot, a store
 * succeeds when both are as they were. Whoever stores by an exclusive or through mmu_atomic_counted holds the slot meanwhile and
 * makes the version go up, so that a value which such stores changed and changed back is noticed:
 *   slot.version   even: free; odd: a store is under way, an exclusive one that finds that fails
 * A slot stands for 16 bytes at one offset in all pages, so that all addresses of a place have one slot and the load needs no
 * look-up; two places that share one only make an exclusive store fail that need not. What is not noticed is that plain
 * stores, DMA or IR's own atomics changed a value and changed it back.
 *
 * Outside units (delivery of an exception, which cannot be begun again) such an access is done without stopping others: a
 * descriptor across a page border is accessed that way. No system is known that depends on it.
 */
#include <string.h>
#include "tcg/engine_state.h"
#include "tcg/host_ops.h"

static uint64_t apply(enum ir_op op, uint64_t old, uint64_t b, uint64_t c, uint64_t mask)
{
    switch (op) {
    case IR_ATOMIC_ADD:  return old + b;
    case IR_ATOMIC_AND:  return old & b;
    case IR_ATOMIC_OR:   return old | b;
    case IR_ATOMIC_XOR:  return old ^ b;
    case IR_ATOMIC_XCHG: return b;
    case IR_ATOMIC_CAS:  return (old & mask) == (b & mask) ? c : old;
    default:             g_assert_not_reached();
    }
}

/* Compare and exchange of any width: *old in and out. Whether it was equal. */
static bool host_cas(void *place, uint64_t *old, uint64_t new, unsigned bytes)
{
    uint8_t old8 = (uint8_t)*old;
    uint16_t old16 = GUINT16_TO_LE((uint16_t)*old);
    uint32_t old32 = GUINT32_TO_LE((uint32_t)*old);
    uint64_t old64 = GUINT64_TO_LE(*old);
    bool equal;
    switch (bytes) {
    case 1:
        equal = __atomic_compare_exchange_n((uint8_t *)place, &old8, (uint8_t)new, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST);
        *old = old8;
        return equal;
    case 2:
        equal = __atomic_compare_exchange_n((uint16_t *)place, &old16, GUINT16_TO_LE((uint16_t)new), false,
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = GUINT16_FROM_LE(old16);
        return equal;
    case 4:
        equal = __atomic_compare_exchange_n((uint32_t *)place, &old32, GUINT32_TO_LE((uint32_t)new), false,
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = GUINT32_FROM_LE(old32);
        return equal;
    default:
        equal = __atomic_compare_exchange_n((uint64_t *)place, &old64, GUINT64_TO_LE(new), false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST);
        *old = GUINT64_FROM_LE(old64);
        return equal;
    }
}

static uint64_t host_atomic(void *place, enum ir_op op, uint64_t b, uint64_t c, unsigned bytes)
{
    const uint64_t mask = bytes == 8 ? UINT64_MAX : (1ull << (bytes * 8)) - 1;
    uint64_t old = 0;
    /* The first guess is 0: a wrong one only costs another turn and reads what is there. */
    while (!host_cas(place, &old, apply(op, old, b, c, mask), bytes)) {
    }
    return old;
}

/* RAM in one page for writing, aligned: its host address, with translate_lock held when *locked. NULL: anything else. */
static void *atomic_place(struct cpu *cpu, uint64_t linear, unsigned bytes, unsigned mmu, bool *locked)
{
    const bool aligned = !(linear & (bytes - 1));
    void *plain = aligned ? mmu_host_pointer(cpu, linear, MMU_WRITE, mmu) : NULL;
    *locked = false;
    if (plain) {
        return plain;
    }
    mmu_probe(cpu, linear, bytes, MMU_WRITE, mmu);
    if (!aligned) {
        return NULL;
    }
    const struct tlb_entry *entry = tlb_get(cpu, linear, MMU_WRITE, mmu, true);
    const struct tlb_detail *detail = tlb_detail_of(cpu, entry, mmu);
    const uint64_t tag = entry->tag[MMU_WRITE];
    if (tag & TLB_IO) {
        return NULL;
    }
    const uint64_t offset = linear & PAGE_OFFSET;
    uint8_t *host = detail->host + offset;
    if (tag & TLB_WATCH && cpu->engine->debug.data) {      /* it reads too; mmu_probe told of the write */
        debug_access(cpu, linear, detail->physical + offset, bytes, DEBUG_READ);
    }
    if (tag & TLB_CODE) {
        const struct store_range range = { detail->ram_page + offset, bytes };
        code_store_begin(cpu, &range, 1);
        *locked = true;
    }
    return host;
}

/* Returns when this CPU is alone; else leaves, to come back alone. */
static void be_alone(struct cpu *cpu)
{
    struct loop *loop = loop_of(cpu);
    if (loop->exclusive || !cpu->current || cpu->engine->cpu_count == 1 || cpu->engine->options.icount) {
        return;
    }
    loop->exclusive_next = true;
    cpu->one_insn = true;
    cpu_leave(cpu);
}

/* ---- slots of exclusives. Nobody leaves or takes a lock while he holds one. ---- */

static struct monitor_slot *slot_of(struct cpu *cpu, uint64_t linear)
{
    return &cpu->engine->monitor[(linear & PAGE_OFFSET) / MONITOR_BYTES];
}

static bool slot_try(struct monitor_slot *slot, uint64_t version)
{
    return !(version & 1) && atomic_compare_exchange_strong(&slot->version, &version, version + 1);
}

static void slot_hold(struct monitor_slot *slot)
{
    enum { PATIENCE = 1000 };
    for (unsigned tries = 0; slot && !slot_try(slot, atomic_load(&slot->version)); tries++) {
        if (tries >= PATIENCE) {
            g_thread_yield();       /* its holder may not be running */
        }
    }
}

/* After a store. */
static void slot_release(struct monitor_slot *slot)
{
    if (slot) {
        atomic_store_explicit(&slot->version, atomic_load_explicit(&slot->version, memory_order_relaxed) + 1,
                              memory_order_release);
    }
}

uint64_t mmu_monitor_version(struct cpu *cpu, uint64_t linear)
{
    return atomic_load(&slot_of(cpu, linear)->version);
}

/* slot: to be held, or NULL. */
static uint64_t atomic_access(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes,
                              unsigned mmu, struct monitor_slot *slot)
{
    bool locked;
    void *place = atomic_place(cpu, linear, bytes, mmu, &locked);
    if (place) {
        slot_hold(slot);
        const uint64_t old = host_atomic(place, op, b, c, bytes);
        slot_release(slot);
        if (locked) {
            code_store_end(cpu);
        }
        return old;
    }
    be_alone(cpu);
    const uint64_t old = mmu_load(cpu, linear, bytes, mmu);
    mmu_store(cpu, linear, apply(op, old, b, c, bytes == 8 ? UINT64_MAX : (1ull << (bytes * 8)) - 1), bytes, mmu);
    slot_hold(slot);
    slot_release(slot);
    return old;
}

uint64_t mmu_atomic(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes, unsigned mmu)
{
    return atomic_access(cpu, op, linear, b, c, bytes, mmu, NULL);
}

uint64_t mmu_atomic_counted(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes, unsigned mmu)
{
    return atomic_access(cpu, op, linear, b, c, bytes, mmu, slot_of(cpu, linear));
}

static bool plain_cas16(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu)
{
    uint64_t was[2];
    be_alone(cpu);
    mmu_load_vector(cpu, linear, was, 16, mmu);
    const bool equal = was[0] == old[0] && was[1] == old[1];
    mmu_store_vector(cpu, linear, equal ? new : was, 16, mmu);
    memcpy(old, was, sizeof(was));
    return equal;
}

static bool cas16(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu,
                  struct monitor_slot *slot)
{
    bool locked = false;
    void *place = HOST_HAS_CAS16 ? atomic_place(cpu, linear, 16, mmu, &locked) : NULL;
    if (!place) {
        const bool equal = plain_cas16(cpu, linear, old, new, mmu);
        slot_hold(slot);
        slot_release(slot);
        return equal;
    }
    slot_hold(slot);
    const bool equal = host_cas16(place, old, new);
    slot_release(slot);
    if (locked) {
        code_store_end(cpu);
    }
    return equal;
}

bool mmu_cas16(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu)
{
    return cas16(cpu, linear, old, new, mmu, NULL);
}

bool mmu_cas16_counted(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu)
{
    return cas16(cpu, linear, old, new, mmu, slot_of(cpu, linear));
}

/* At a device, or 16 bytes on a host that cannot compare so many: all others stand still. */
static bool store_exclusive_alone(struct cpu *cpu, uint64_t linear, const uint64_t old[2], const uint64_t new[2], unsigned bytes,
                                  unsigned mmu, uint64_t version)
{
    struct monitor_slot *slot = slot_of(cpu, linear);
    uint64_t was[2] = { 0 };
    be_alone(cpu);
    mmu_load_vector(cpu, linear, was, bytes, mmu);
    if (atomic_load(&slot->version) != version || memcmp(was, old, bytes)) {
        return false;
    }
    mmu_store_vector(cpu, linear, new, bytes, mmu);
    slot_hold(slot);
    slot_release(slot);
    return true;
}

bool mmu_store_exclusive(struct cpu *cpu, uint64_t linear, const uint64_t expected[2], const uint64_t new[2], unsigned bytes,
                         unsigned mmu, uint64_t version)
{
    struct monitor_slot *slot = slot_of(cpu, linear);
    bool locked = false;
    void *place = bytes < 16 || HOST_HAS_CAS16 ? atomic_place(cpu, linear, bytes, mmu, &locked) : NULL;
    if (!place) {
        return store_exclusive_alone(cpu, linear, expected, new, bytes, mmu, version);
    }
    uint64_t old[2] = { expected[0], expected[1] };
    bool stored = slot_try(slot, version);
    if (stored) {
        stored = bytes == 16 ? host_cas16(place, old, new) : host_cas(place, old, new[0], bytes);
        atomic_store_explicit(&slot->version, version + (stored ? 2 : 0), memory_order_release);
    }
    if (locked) {
        code_store_end(cpu);
    }
    return stored;
}
