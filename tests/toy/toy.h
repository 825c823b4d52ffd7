/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H
/*
 * A toy guest for testing the engine without a real architecture. Instructions are 8 bytes: op, a, b, c, imm (32 bits,
 * signed), at any alignment. Sixteen 64-bit registers. Code of mode m is fetched and runs under mmu mode m & 1.
 *
 * Paging: root 0 means linear = physical. Else it is the physical address of 4,096 entries, one a linear page:
 * physical page | TOY_P | TOY_W | TOY_X | TOY_G | TOY_LARGE (of 64 KiB, whose 16 entries say the same).
 * The debugger's magic instruction is ADDI r15, r15, 0 with c 15; modes with bit 1 are "high", others "low".
 * A fault: r14 = address, r15 = pc, on at `handler`; handler 0: halt with `faulted` set.
 */
#include "base/memory.h"
#include "tcg/engine.h"
#include "tcg/softmmu.h"

enum toy_op {
    TOY_HLT,        /* halt; wakes at the next instruction */
    TOY_MOVI,       /* a = imm */
    TOY_ADD,        /* a = b + c */
    TOY_ADDI,       /* a = b + imm */
    TOY_LD,         /* a = (1 << c) bytes at b + imm */
    TOY_ST,         /* (1 << c) bytes at b + imm = a */
    TOY_BNE,        /* if a != b go to this instruction + imm */
    TOY_JMP,        /* go to this instruction + imm */
    TOY_JMPR,       /* go to a */
    TOY_XADD,       /* a = 8 bytes at b, which grow by c, as one */
    TOY_FLUSH,      /* flush the TLB; imm: keep global pages */
    TOY_FLUSHPAGE,  /* flush the page of address a */
    TOY_ROOT,       /* root = a, flush all but global pages */
    TOY_HST,        /* as TOY_ST by a helper */
    TOY_COUNT,      /* a = instructions run (-icount) */
    TOY_MODE,       /* mode = imm */
    TOY_BAD,        /* raises a fault with address ~0 */
    TOY_OPS
};
enum { TOY_P = 1, TOY_W = 2, TOY_X = 4, TOY_G = 8, TOY_LARGE = 16, TOY_PAGES = 4096 };

struct toy {
    struct cpu cpu;
    uint64_t r[16];
    uint64_t root, handler, fault_address, fault_pc;
    bool pending, faulted;
    unsigned polls, walks;
};

extern const struct frontend toy_frontend;

/* One instruction as its 8 bytes. */
uint64_t toy_insn(enum toy_op op, unsigned a, unsigned b, unsigned c, int32_t imm);

/* A machine: RAM at 0, optionally an I/O page, CPUs. */
struct toy_machine {
    struct ram *ram;
    struct memory *memory;
    struct engine *engine;
    struct log *log;
    GMutex lock;
    struct toy *cpu[4];
    unsigned cpus;
};
void toy_machine_init(struct toy_machine *machine, const struct engine_options *options, uint64_t ram_bytes, unsigned cpus);
void toy_machine_free(struct toy_machine *machine);
/* Writes instructions at an address as a loader does: engine told. */
void toy_load(struct toy_machine *machine, uint64_t address, const uint64_t *insns, unsigned count);
/* Runs CPU 0 from pc until it halts; units as engine_run. */
uint64_t toy_run(struct toy_machine *machine, uint64_t pc);
uint64_t toy_peek(const struct toy_machine *machine, uint64_t address);
void toy_poke(struct toy_machine *machine, uint64_t address, uint64_t value);

#endif
