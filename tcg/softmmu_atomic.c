/* SPDX-License-Identifier: MIT */
/*
 * Atomic read-modify-write for helpers and far code. In RAM, aligned: the host's own atomic instructions. Across pages,
 * misaligned, or at a device: the CPU leaves its unit and the loop runs that one instruction again while all other CPUs stand
 * still (loop->exclusive), so it is atomic towards every access of theirs. Devices' DMA is not stopped.
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
    *locked = false;
    mmu_probe(cpu, linear, bytes, MMU_WRITE, mmu);
    if (linear & (bytes - 1)) {
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

uint64_t mmu_atomic(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes, unsigned mmu)
{
    bool locked;
    void *place = atomic_place(cpu, linear, bytes, mmu, &locked);
    if (place) {
        const uint64_t old = host_atomic(place, op, b, c, bytes);
        if (locked) {
            code_store_end(cpu);
        }
        return old;
    }
    be_alone(cpu);
    const uint64_t old = mmu_load(cpu, linear, bytes, mmu);
    mmu_store(cpu, linear, apply(op, old, b, c, bytes == 8 ? UINT64_MAX : (1ull << (bytes * 8)) - 1), bytes, mmu);
    return old;
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

bool mmu_cas16(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu)
{
    bool locked = false;
    void *place = HOST_HAS_CAS16 ? atomic_place(cpu, linear, 16, mmu, &locked) : NULL;
    if (!place) {
        return plain_cas16(cpu, linear, old, new, mmu);
    }
    const bool equal = host_cas16(place, old, new);
    if (locked) {
        code_store_end(cpu);
    }
    return equal;
}
