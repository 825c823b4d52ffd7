/* SPDX-License-Identifier: MIT */
#ifndef TCG_FRONTEND_H
#define TCG_FRONTEND_H
/*
 * What a guest architecture gives the engine. The engine names no guest.
 *
 * `pc` is whatever identifies the place inside an address space together with `mode`: x86 uses RIP in long
 * mode and EIP | CS base << 32 elsewhere. `mode` holds all state that translation depends on (code size,
 * privilege, flat segments, ...). A unit is found by (physical address, pc, mode).
 */
#include "tcg/cpu.h"

/* One page's mapping as the guest's page tables give it. */
struct mmu_page {
    uint64_t physical;              /* of the 4 KiB page */
    uint64_t size;                  /* of the guest page, for large-page flushes */
    bool read, write, exec;         /* rights under the mmu mode asked for; write only if D is set */
    bool global;
    bool watch;                     /* data breakpoint in this page: TLB_WATCH, softmmu calls frontend->watch */
    bool strict;                    /* misaligned accesses may be refused: TLB_STRICT, softmmu calls frontend->misaligned */
};

struct frontend {
    const char *name;
    size_t cpu_bytes;
    const struct ir_global *globals;
    unsigned global_count;
    const struct ir_helper *helpers;
    unsigned helper_count;

    /* Writes a unit from cpu->pc, cpu->mode, at most max_insns guest instructions, none that
     * starts beyond the first page. Reads code with code_fetch, which may raise. */
    void (*translate)(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns);
    /* Linear address of a pc. */
    uint64_t (*linear)(struct cpu *cpu, uint64_t pc, uint32_t mode);
    /* The mmu mode that code of this mode is fetched under. */
    unsigned (*fetch_mmu)(uint32_t mode);
    /* A bit each mmu mode whose translations change with mmu_switch. */
    uint32_t space_modes;

    /* Page walk. On success fills *page and sets A (and D for a write). On a fault: if `raise`, raises
     * the guest's exception (does not return), else returns false. */
    bool (*walk)(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise,
                 struct mmu_page *page);
    /* A data access that the bus refused, or an instruction fetch from where there is no memory; state is precise. Raises,
     * or returns: then loads and fetches give ones, stores are lost. */
    void (*bus_error)(struct cpu *cpu, uint64_t linear, enum mmu_access access);

    /* A data access to a page that `watch` was set for, before it is done. May not leave. NULL: none. */
    void (*watch)(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);
    /* A data access to a page that `strict` was set for, before it is done, when it is misaligned or longer than 8 bytes. May raise. NULL:
     * none. */
    void (*misaligned)(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);

    /* Called by the loop outside the cache when exit_request was set: takes interrupts, resets,
     * wakes a halted CPU. Returns true when the CPU may run. No machine lock held. May leave (cpu_leave). */
    bool (*poll)(struct cpu *cpu);
    /* In place of poll when a debugger wants no interrupt taken before the next instruction. NULL: nothing. */
    void (*poll_skipped)(struct cpu *cpu);
    /* After a raise (cpu_leave): delivers the pending exception. May itself leave again. */
    void (*deliver)(struct cpu *cpu);
    /* The CPU's turn on this thread is over (stopped, or another CPU's slice): what it keeps in registers of the host
     * goes back to its structure. NULL: nothing. */
    void (*release)(struct cpu *cpu);
    /* Power-on state. */
    void (*reset)(struct cpu *cpu);

    /* Whether an instruction is the one that does nothing and that programs put where they want a debugger to stop them;
     * code: up to four bytes of it. NULL: there is none. */
    bool (*is_magic)(const uint8_t *code, unsigned bytes, uint32_t mode);

    /* Text of one instruction at code, for -d in_asm; returns its length. */
    unsigned (*disassemble)(const uint8_t *code, unsigned size, uint64_t pc, uint32_t mode, char *text, unsigned text_size);
    /* A mode in words a person knows ("64-bit code, CPL 0"), for explain. */
    void (*mode_text)(uint32_t mode, GString *out);
    /* A few lines of registers, for -d cpu. */
    void (*dump)(struct cpu *cpu, GString *out);
    /* For the monitor, for gdb; NULL: none. */
    const struct cpu_view *view;
    const struct cpu_gdb *gdb;
};

#endif
