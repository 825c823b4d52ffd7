/* SPDX-License-Identifier: MIT */
#ifndef TCG_SOFTMMU_H
#define TCG_SOFTMMU_H
/*
 * Guest-linear memory for helpers, the interpreter and the far code of the back ends: TLB first, then the
 * front end's page walk, then RAM or a device. Raises the guest's exception (cpu_leave) on a fault. Any
 * alignment; an access across two pages checks both before it changes anything.
 */
#include "tcg/cpu.h"

uint64_t mmu_load(struct cpu *cpu, uint64_t linear, unsigned bytes, unsigned mmu);
void mmu_store(struct cpu *cpu, uint64_t linear, uint64_t value, unsigned bytes, unsigned mmu);
void mmu_load_vector(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes, unsigned mmu);     /* any count up to 4096 */
void mmu_store_vector(struct cpu *cpu, uint64_t linear, const void *in, unsigned bytes, unsigned mmu);
/* Read-modify-write; op is IR_ATOMIC_*; returns the old value. Atomic towards all vCPUs. */
uint64_t mmu_atomic(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes, unsigned mmu);
/* CMPXCHG16B: compares 16 bytes with old, stores new when equal, puts what was there in old. Returns whether equal. */
bool mmu_cas16(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu);
/*
 * Exclusive loads and stores (load linked, store conditional) where other CPUs run: see softmmu_atomic.c. A load first takes
 * the version of its place, then reads; the store gets that version and the value read. It stores `new` and returns true when nobody
 * stored there in between. bytes: 1, 2, 4, 8, or 16 as two words of memory; aligned. The counted forms of atomics are for
 * guests that have both: exclusives of other CPUs notice them.
 */
uint64_t mmu_monitor_version(struct cpu *cpu, uint64_t linear);
bool mmu_store_exclusive(struct cpu *cpu, uint64_t linear, const uint64_t expected[2], const uint64_t new[2], unsigned bytes,
                         unsigned mmu, uint64_t version);
uint64_t mmu_atomic_counted(struct cpu *cpu, enum ir_op op, uint64_t linear, uint64_t b, uint64_t c, unsigned bytes, unsigned mmu);
bool mmu_cas16_counted(struct cpu *cpu, uint64_t linear, uint64_t old[2], const uint64_t new[2], unsigned mmu);
/* Faults now if an access of that kind would; changes nothing else. */
void mmu_probe(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);
/* Host pointer to linear when that whole page is plain RAM for this access without code marks, else NULL
 * (take the slow path). Does not raise; fills the TLB when it can. For string instructions. */
void *mmu_host_pointer(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu);
/* Debug read of RAM: never raises, fills no TLB; false when unmapped. */
bool mmu_peek(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes);

/* Code bytes for translation: raises on a fetch fault when `raise`, else returns false. */
bool code_fetch(struct cpu *cpu, uint64_t linear, uint8_t *out, unsigned bytes, bool raise);

/*
 * Address spaces. A front end whose guests tag TLB entries says in frontend.space_modes which mmu modes that is
 * about, and tells by mmu_switch when another address space is in force. What the TLB had learnt of one is there again when it comes
 * back with the same tables and world, unless it was flushed meanwhile. A front end that never switches has one address space.
 */
struct mmu_space {
    uint64_t tables[2];             /* whatever says that the tables are others */
    uint64_t world;                 /* global pages of one world are not those of another */
    uint64_t tag;                   /* what mmu_flush_space names */
};
void mmu_switch(struct cpu *cpu, const struct mmu_space *to);

/* Flushes of this CPU's TLB, all address spaces. keep_global: entries marked global stay. After a flush of all the front end may
 * change what it likes, and then names the address space by mmu_switch: what is learnt before is lost with the next switch. */
void mmu_flush(struct cpu *cpu, bool keep_global);
void mmu_flush_page(struct cpu *cpu, uint64_t linear);
/* Entries that are not global, of all address spaces with that tag. */
void mmu_flush_space(struct cpu *cpu, uint64_t tag);

/* Guest-physical access for page walks and system structures; takes the machine lock if it hits a device.
 * phys_cas32/64: A/D updates, atomic in RAM; false if the value changed. */
uint64_t phys_load(struct cpu *cpu, uint64_t physical, unsigned bytes);
/* Whether anything is at an address; for page walks that read all ones. */
bool phys_answers(struct cpu *cpu, uint64_t physical);
void phys_store(struct cpu *cpu, uint64_t physical, uint64_t value, unsigned bytes);
bool phys_cas(struct cpu *cpu, uint64_t physical, uint64_t old, uint64_t new, unsigned bytes);

/* Port space; takes the machine lock. */
uint64_t port_read(struct cpu *cpu, uint16_t port, unsigned bytes);
void port_write(struct cpu *cpu, uint16_t port, uint64_t value, unsigned bytes);
/* Many in a row at one port, from or to host memory; returns how many were made, 0: take single ones. */
unsigned port_read_string(struct cpu *cpu, uint16_t port, unsigned bytes, void *buffer, unsigned count);
unsigned port_write_string(struct cpu *cpu, uint16_t port, unsigned bytes, const void *buffer, unsigned count);

#endif
