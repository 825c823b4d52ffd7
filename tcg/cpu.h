/* SPDX-License-Identifier: MIT */
#ifndef TCG_CPU_H
#define TCG_CPU_H
/*
 * What the engine knows of a CPU. A target embeds struct cpu as the first member
 * of its own CPU structure. Host code in the cache addresses all of it off one register.
 *
 * Threads: everything here belongs to the vCPU's own thread, except
 *   exit_request, input   atomic, any thread may set (cpu_kick, cpu_input_set)
 *   tlb entries           the owner reads without a lock; changes by others hold tlb_lock
 * The machine lock protects devices, not this.
 */
#include <glib.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/log.h"
#include "tcg/ir.h"

struct block;
struct engine;
struct frontend;
struct memory;

enum { CPU_MMU_MODES = 8, CPU_PAGE_IDS = 4096, CPU_JUMP_CACHE = 16384 };

enum mmu_access { MMU_READ, MMU_WRITE, MMU_EXEC };

/* A TLB entry as the inlined look-up sees it: 32 bytes, found by (address >> 12) & mask. The
 * tag is the page address, or has a low bit set (TLB_*) to send the access to the slow path. */
struct tlb_entry { uint64_t tag[3]; uintptr_t addend; };
enum { TLB_INVALID = 1 << 0, TLB_IO = 1 << 1, TLB_CODE = 1 << 2, TLB_WATCH = 1 << 3, TLB_STRICT = 1 << 4, TLB_FLAGS = 0x1f };

struct tlb_detail;                  /* parallel to the entries: physical page, global, large, ... */
struct tlb {
    uint64_t mask;                  /* (entries - 1) * sizeof(struct tlb_entry) */
    struct tlb_entry *entries;
    struct tlb_detail *details;
    uint32_t used, size, misses, pad;
};

/*
 * A page id stands for (linear page, physical page, mmu mode), interned by the engine: never 0, and the
 * same mapping gets the same id again. page_ids[mode][n] is the id that executing from the
 * linear page with page % CPU_PAGE_IDS == n has now, or 0 = look again. Any TLB flush clears it.
 * "page_ids[mode][n] == id" is what a jump into another page checks; nothing else needs flushing.
 */
struct jump_cache_entry {
    uint64_t pc;
    uint32_t zero, mode;            /* compared as one word with exit_request and mode of the CPU; an empty entry: mode UINT32_MAX */
    const void *host;               /* block->host; NULL: empty */
    uint32_t page_slot;             /* byte offset in struct cpu of the page_ids word to compare with page_id */
    uint32_t page_id;
};

struct cpu {
    /* Read by host code in the cache. */
    _Atomic uint32_t exit_request;  /* leave the cache at the next poll; one 64-bit word with mode, see jump_cache_entry */
    uint32_t mode;                  /* see struct frontend: what translation depends on besides pc */
    uint64_t pc;                    /* precise only outside the cache and in helpers that may fault */
    int64_t icount_left;            /* -icount: guest instructions until the next exit */
    uint32_t fp_control, fp_device; /* the host's MXCSR while guest code runs: back ends load it at entry, the loop
                                     * stores it back at exit; all exceptions masked; sticky flags gather in it.
                                     * fp_device keeps it while a device runs. */
    uint64_t host_sp;               /* the host stack pointer at entry to the cache */
    struct tlb tlb[CPU_MMU_MODES];
    uint64_t spill[208] __attribute__((aligned(16)));    /* back ends: temporaries that did not fit, slow-path parameters */
    uint32_t page_ids[CPU_MMU_MODES][CPU_PAGE_IDS];
    struct jump_cache_entry jump_cache[CPU_JUMP_CACHE];

    /* The engine's own. */
    const struct frontend *frontend;
    struct engine *engine;
    struct log *log;
    struct memory *memory;          /* physical address space of this CPU */
    struct memory *ports;           /* second space, NULL where there is none */
    GMutex *machine_lock;
    unsigned index;
    GThread *thread;
    GMutex tlb_lock;
    struct block *current;          /* the block being run, while inside the cache */
    uint32_t current_insns;         /* guest instructions of it done at a precise point */
    sigjmp_buf leave;               /* cpu_leave goes here */
    uint64_t icount;                /* instructions run so far (-icount) */
    bool halted;                    /* waits for an input; owner only */
    bool shares_memory;             /* other CPUs run, too; does not change once the first CPU has run */
    bool one_insn;                  /* translate and run a single instruction next */
    _Atomic uint32_t input;         /* enum cpu_input bits, level or latched: see cpu_port.h */
    uint32_t tlb_flushes;           /* goes up with every flush, of whatever part: front ends' caches of page tables */
    void *loop;                     /* private to tcg/loop.c */
};

/* Asks a CPU to leave the cache soon; any thread. Wakes it when halted. */
void cpu_kick(struct cpu *cpu);
/* -icount: the CPU's turn ends after the unit that runs now; it waits for what another CPU has to do. Else nothing. */
void cpu_yield(struct cpu *cpu);
/* From a helper: whether a debugger, or a log of each unit, may see the state between two instructions. */
bool cpu_watched(const struct cpu *cpu);
/* From a helper: abandon the current unit, state precise, back to the execution loop. */
void cpu_leave(struct cpu *cpu) __attribute__((noreturn));

#endif
