/* SPDX-License-Identifier: MIT */
#ifndef TCG_EXPLAIN_H
#define TCG_EXPLAIN_H
/*
 * A record of every unit that is translated, from the guest's bytes to the host's: the translation lens (docs/explain.md). All
 * of it is written down while it happens, by the translator (tcg/translate.c), the optimiser and the back ends (tcg/ir_watch.h) and
 * the block map (tcg/blocks.c); nothing is worked out again afterwards. Who shows it: explain/ and the monitor's "tb".
 *
 * Only engines that were asked to keep one have it; then code counts how often it runs (struct block_counts), which other code
 * does not do.
 *
 * Threads: written under the engine's translate_lock. Readers: the CPUs stand still. Counts may be read at any time.
 */
#include "tcg/backend.h"
#include "tcg/frontend.h"

/* Why a translation went, or a link was undone. */
enum explain_why {
#define EXPLAIN_WHY(name, text) EXPLAIN_##name,
#include "tcg/explain_why.def"
#undef EXPLAIN_WHY
    EXPLAIN_WHYS
};
const char *explain_why_text(enum explain_why why);

/* An op as the front end wrote it, and what became of it. */
struct explain_op {
    struct ir_insn insn;
    int16_t guest;                  /* the guest instruction it belongs to; -1: the unit itself (the test of its second page) */
    int16_t optimised;              /* its number afterwards; -1: it was removed */
    uint8_t removed_by;             /* the pass + 1; 0: it was not */
    int16_t merged_into;            /* a move that went: the op that gives the value to its register now; -1: no such */
};
/* A pass changed an op. */
struct explain_change { uint16_t op; uint8_t pass; struct ir_insn now; };
/* Host bytes that ops first to last of the optimised unit became. first -1: the unit's entry. */
struct explain_range { int16_t first, last; bool far; uint32_t from, to; };
/* From this guest instruction on that global is there. */
struct explain_place { uint8_t insn; uint8_t global; const char *where; };

/* What is only kept of the units that run most, once there are many (explain_limits). */
struct explain_detail {
    uint8_t *guest;                 /* the guest's bytes */
    struct explain_op *op;
    unsigned op_count;
    struct ir_insn *optimised;
    int16_t *optimised_guest;       /* the guest instruction of each */
    unsigned optimised_count;
    GArray *changes;                /* struct explain_change */
    uint8_t *host;                  /* as it was made: no jump linked yet */
    GArray *ranges;                 /* struct explain_range */
    GArray *places;                 /* struct explain_place */
    size_t bytes;
};

struct explain_link {
    uint64_t target_pc;
    struct explain_unit *target;    /* the last one it was linked to */
    bool linked, guarded;           /* now; into another page */
    uint32_t made, undone[EXPLAIN_WHYS];
};

struct explain_unit {
    struct block_counts counts;     /* first: struct block.counts points here */
    const struct frontend *frontend;
    uint64_t pc, physical, linear;  /* as struct block: physical is an offset in the machine's RAM */
    uint64_t address;               /* physical address, as the CPU saw it */
    uint32_t mode, guest_bytes, host_bytes, main_bytes, ir_ops, optimised_ops;
    uint16_t guest_insns;
    bool crosses_page;
    unsigned cpu;                   /* who translated it */
    unsigned number;                /* in the order of translation, from 0 */
    unsigned version;               /* the how manieth translation of this place it is, from 1 */
    struct explain_unit *older;     /* the one before */
    const uint8_t *host_address;
    struct { uint64_t pc; uint16_t offset; } insn[IR_MAX_GUEST_INSNS];
    uint32_t front_ns, optimise_ns, emit_ns;    /* time that making it took */
    struct explain_link link[BLOCK_MAX_LINKS];
    unsigned link_count;
    enum explain_why ended;         /* EXPLAIN_ALIVE: still in the cache */
    uint64_t ended_by;              /* EXPLAIN_WRITTEN, EXPLAIN_DMA: the RAM offset written to */
    struct explain_detail *detail;  /* NULL: it was let go */
};

/* Links made and undone, units gone: in the order in which it happened. */
enum explain_event_kind { EXPLAIN_LINKED, EXPLAIN_UNLINKED, EXPLAIN_DROPPED };
struct explain_event { uint8_t kind, why, slot; uint32_t unit, other; uint64_t address; };

struct explain_limits {
    size_t detail_bytes;            /* of struct explain_detail in all; 0: 512 MiB. Then the half that ran least loses it */
    unsigned units;                 /* after so many translations `reached` is called, once; 0: never */
    void (*reached)(void *opaque);  /* on a CPU's thread */
    void *opaque;
};

struct explain {
    struct engine *engine;
    struct explain_limits limits;
    GPtrArray *units;               /* struct explain_unit */
    GHashTable *newest;             /* of each place */
    GArray *events;                 /* struct explain_event */
    uint64_t events_lost;           /* beyond EXPLAIN_MAX_EVENTS */
    size_t detail_bytes;
    unsigned details_lost;
    GStringChunk *texts;            /* of places */
};
enum { EXPLAIN_MAX_EVENTS = 200000 };

/* Starts to keep the record: all translations are dropped, so that what runs is known from here on. No CPU runs. */
void engine_explain_start(struct engine *engine, const struct explain_limits *limits);
/* Stops: the record is freed, translations are dropped again. No CPU runs. */
void engine_explain_stop(struct engine *engine);
/* NULL: none is kept. */
struct explain *engine_explain(const struct engine *engine);

/* Times a unit ran or a loop in it went round. */
static inline uint64_t explain_heat(const struct explain_unit *u) { return u->counts.runs + u->counts.turns; }
/* A unit for ir_print_insn: with the names of this one's registers and helpers. */
void explain_names(const struct explain_unit *u, struct ir_unit *names);

#endif
