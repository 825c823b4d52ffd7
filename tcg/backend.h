/* SPDX-License-Identifier: MIT */
#ifndef TCG_BACKEND_H
#define TCG_BACKEND_H
/*
 * What a back end gives the engine: it turns an optimised unit into something that can be run, and runs it.
 * tcg/host-x86_64/ makes host code; tcg/interp/ keeps a copy of the IR and interprets it.
 */
#include "tcg/cpu.h"

/* One chained exit (IR GOTO) of a block. Back ends fill it, tcg/blocks.c links and unlinks. */
struct block_link {
    uint64_t target_pc;
    uint32_t jump;                  /* offset in the block's host code of the 4-byte aligned rel32 to patch */
    uint32_t stub;                  /* where it jumps when not linked */
    uint32_t guard;                 /* offset of the imm32 of the page-id guard; 0: target lies in the block's own page */
    struct block *target;           /* NULL when not linked */
    struct block *owner;
    struct block_link *next_in;     /* list of links into target */
};
enum { BLOCK_MAX_LINKS = 12 };

/* How often a block was run and left, while somebody wants to know (explain.h): code that counts is only made then. */
struct block_counts {
    uint64_t runs;                  /* entered at its start */
    uint64_t turns;                 /* a loop inside it went round */
    uint64_t taken[BLOCK_MAX_LINKS];            /* left by links[n] */
    uint64_t looked_up;             /* left to where a look-up says, or to the loop */
};

/* A translated unit. Immutable after publication but for links and `dead`. */
struct block {
    struct block *hash_next;        /* block map; beside what a look-up compares */
    uint64_t pc, physical, linear;
    uint32_t mode;
    uint32_t page_id;
    uint32_t guest_bytes;
    uint16_t guest_insns;
    bool crosses_page;              /* its last instruction goes on in the next page; see translate.c */
    bool one_shot;                  /* not in the map: single-step after a store into itself */
    _Atomic bool dead;
    uint8_t generation;
    const uint8_t *host;            /* executable view: entry of the block */
    uint32_t host_bytes, main_bytes;            /* of them, in the straight part; behind it lies far code */
    unsigned link_count;
    struct block_link *links_in;
    struct block *page_next[2];     /* pages' lists */
    struct block **page_at[2];      /* what points at this block in a page's list */
    uint64_t physical2;             /* second page when crosses_page */
    struct block_counts *counts;    /* NULL: nobody counts. The first member of its struct explain_unit; outlives the block */
    struct block_link links[BLOCK_MAX_LINKS];   /* last: room is made only for the slots that the unit's GOTOs name */
};

/* Why code came back from the cache. */
enum exit_reason {
    EXIT_LOOKUP,                    /* cpu->pc, cpu->mode set; nothing to link */
    EXIT_LINK,                      /* as EXIT_LOOKUP, through links[slot] of block: may be linked */
    EXIT_POLL,                      /* exit_request or icount_left ran out; cpu->pc set */
};
struct exit { enum exit_reason reason; struct block *block; unsigned slot; };

struct code_buffer {                /* room for one block: two views of the same bytes */
    uint8_t *write;
    const uint8_t *exec;
    size_t size;
};

/* `bytes` of code from `at` on, and their text. */
typedef void (*host_line)(void *opaque, unsigned at, unsigned bytes, const char *text);

struct backend_options { bool icount; uint32_t off; };       /* off: OFF_* of engine_switches.h */

struct backend {
    const char *name;
    void *(*create)(const struct frontend *frontend, const struct backend_options *options,
                    struct code_buffer *common, GError **error);      /* common code: entry, stubs */
    void (*destroy)(void *state);
    /* Emits the unit; fills block->host, host_bytes, links. Returns bytes used, 0 when it did not fit in buffer. */
    size_t (*emit)(void *state, struct ir_unit *unit, struct block *block, struct code_buffer *buffer);
    /* Runs from block until something comes back. */
    struct exit (*run)(void *state, struct cpu *cpu, struct block *block);
    /* Points a link at its target's host code, or back at its stub (target == NULL). Atomic towards running CPUs.
     * write: the writable view of the owner's host code. */
    void (*link)(struct block_link *link, uint8_t *owner_write, const struct block *target);
    void (*release)(void *state, struct block *block);                 /* frees block->ir and the like */
    /* Host code as text, as it reads at `address`: a call of `line` an instruction; what is none ends it as "(data)". */
    void (*disassemble)(const uint8_t *code, unsigned size, uint64_t address, host_line line, void *opaque);
    /* For people who read that: the host register through which code reaches the CPU structure, and how far into it this one
     * points. NULL: none. */
    const char *cpu_register;
    int cpu_bias;
};

extern const struct backend backend_host, backend_interp;

#endif
