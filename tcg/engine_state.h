/* SPDX-License-Identifier: MIT */
#ifndef TCG_ENGINE_STATE_H
#define TCG_ENGINE_STATE_H
/*
 * The engine's insides, shared by the files that make it up and by nobody else. docs/engine.md draws the pipeline.
 *
 * Locks, outermost first:
 *   machine lock      devices; taken by I/O accesses, never held while guest code runs
 *   translate_lock    block map, page lists, links, code cache; never held while waiting for another CPU
 *   page_ids.lock     interning of page ids
 *   cpu->tlb_lock     one TLB's entries
 *   debug.lock        counts of points, the stop that is recorded
 * exclusive.lock is a leaf of its own: nothing is taken under it.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include "base/cpu_port.h"
#include "base/memory.h"
#include "tcg/accelerator.h"
#include "tcg/backend.h"
#include "tcg/debugger.h"
#include "tcg/engine.h"
#include "tcg/engine_switches.h"
#include "tcg/explain_record.h"
#include "tcg/softmmu.h"

enum { PAGE_BITS = 12, PAGE_BYTES = 1 << PAGE_BITS, PAGE_OFFSET = PAGE_BYTES - 1 };
#define PAGE_MASK (~(uint64_t)PAGE_OFFSET)
#define NOT_RAM UINT64_MAX
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- counters: owner's thread writes, anybody reads ---- */
enum counter {
#define ENGINE_COUNTER(name, help) COUNT_##name,
#include "tcg/engine_counters.def"
#undef ENGINE_COUNTER
    COUNT_COUNT
};

/* ---- softmmu ---- */
enum { TLB_MIN_ENTRIES = 256, TLB_MAX_ENTRIES = 1 << 15, TLB_VICTIMS = 8, TLB_LARGE_RANGES = 4, TLB_SHRINK_FLUSHES = 1024 };
enum { DETAIL_GLOBAL = 1 << 0, DETAIL_IN_LOCAL = 1 << 1, DETAIL_IN_GLOBAL = 1 << 2, DETAIL_USED = 1 << 3 };

struct tlb_detail {
    uint64_t linear;                /* page address */
    uint64_t physical;              /* page address */
    uint64_t ram_page;              /* offset of the page in the machine's RAM, or NOT_RAM */
    uint64_t size;                  /* of the guest's page */
    uint8_t *host;
    uint32_t page_id;               /* 0: not asked for yet */
    uint32_t flags;                 /* DETAIL_* */
};

struct tlb_list { uint32_t *index; uint32_t count; };

/* What a TLB needs beside the entries that host code sees. */
struct tlb_side {
    struct tlb_list local, global;  /* entries in use; capacity tlb.size each */
    struct { struct tlb_entry entry; struct tlb_detail detail; } victim[TLB_VICTIMS];
    uint32_t next_victim, victims_used;
    uint32_t conflicts;             /* valid entries thrown out since the TLB last changed its size */
    uint32_t flushes, peak;         /* since then too; largest `used` */
    struct { uint64_t first, last; } large[TLB_LARGE_RANGES];   /* where large pages are; inclusive */
    uint32_t large_count;
    uint64_t ids_words;             /* a bit each word of ids_used that is not 0 */
    uint64_t ids_used[CPU_PAGE_IDS / 64], ids_global[CPU_PAGE_IDS / 64];    /* slots of cpu.page_ids that are set */
    /* what they stand for: page, log2 of the guest's page size; the id for when the address space comes back */
    struct { uint64_t linear; uint32_t page_id, size_bits; } id_page[CPU_PAGE_IDS];
};

/* The TLBs of one address space, for the mmu modes in frontend.space_modes: see softmmu_spaces.c. Those of the set in use
 * are in cpu.tlb and loop.side instead. */
enum { TLB_SETS = 8, TLB_LOG = 32, TLB_ALL_ENTRIES = 2 * TLB_MAX_ENTRIES };
enum tlb_set_state {                /* of what is in it, from bad to good */
    SET_VOID,                       /* nothing may be used */
    SET_GLOBAL,                     /* global entries alone */
    SET_KNOWN,                      /* all of it, for `space` */
};
struct tlb_set {
    enum tlb_set_state state;
    struct mmu_space space;
    uint64_t left;                  /* when it was left last: tlb_sets.switches */
    uint64_t log_count;             /* page flushes it has seen: tlb_sets.log_count */
    uint32_t tlb_flushes;           /* cpu.tlb_flushes of then */
    uint32_t turns;                 /* times it was put in use */
    struct tlb tlb[CPU_MMU_MODES];
    struct tlb_side *side[CPU_MMU_MODES];
};
struct tlb_sets {
    struct tlb_set set[TLB_SETS];
    unsigned count, live;
    uint64_t switches;
    uint64_t log[TLB_LOG], log_count;   /* pages flushed, for the sets that are not live: a ring */
    uint32_t tlb_flushes;           /* the last value that cpu.tlb_flushes was given */
    uint32_t modes;                 /* a bit each mmu mode that ever had an entry: flushes look at no other */
};

/* ---- blocks ---- */
struct code_page {
    uint64_t granules;              /* a bit each 64 bytes: code of a block lies there, or lay there when `stale` */
    bool stale;
    struct block *blocks;
    uint32_t writes;                /* stores while somebody was translating from here */
    uint32_t translating;           /* how many do now */
    uint32_t settling;              /* a CPU that could write here unseen was not stopped yet */
};

/* populated: up to there the host was asked for memory */
struct code_generation { uint8_t *base, *write, *top, *populated; struct block **blocks; unsigned count, room; };
enum { PAGE_IDS_MAX = 1 << 20 };
enum { CACHE_MAX_GENERATIONS = 8, CACHE_CPU_BYTES = 64 << 10, CACHE_COMMON_BYTES = 32 << 10 };
struct code_cache {
    int fd;
    size_t bytes, generation_bytes;
    uint8_t *write, *exec;
    unsigned generations, current;
    struct code_generation generation[CACHE_MAX_GENERATIONS];
    uint64_t epoch;                 /* goes up with each generation dropped: block pointers of before are void */
};

struct block_map { struct block *_Atomic *bucket; uint64_t mask; };

struct page_id { uint64_t linear, ram_page; uint32_t mmu, next; };
struct page_ids { GMutex lock; struct page_id *id; uint32_t count, room; uint32_t *bucket; uint32_t bucket_mask; };

/* ---- threads ---- */
struct exclusive { GMutex lock; GCond changed; unsigned running; _Atomic bool pending; };

/* Ranges of RAM that memory_find gave: what page walks go through. Void when the memory map changes (CPU_INPUT_FLUSH). */
enum { PLACE_CACHE = 4 };
struct place_cache {
    struct { const struct memory *memory; uint64_t first, last; struct memory_place place; } range[PLACE_CACHE];
    unsigned next;
};

/* ---- debugger: see debugger_run.c ---- */
enum {                              /* cpu_debug.active: what a CPU has to look at before its next unit */
    DEBUG_STEPPING = 1 << 0,
    DEBUG_FROZEN = 1 << 1,
    DEBUG_PASS = 1 << 2,            /* at `pass_pc` it goes by all points once, and takes no interrupt before */
    DEBUG_PASSING = 1 << 3,         /* ... it does so now */
    DEBUG_HIT = 1 << 4,             /* the instruction that ran last made the access that `hit` tells of */
};
struct cpu_debug {
    uint32_t active;
    enum debug_step step;
    bool quiet;
    bool ran;                       /* the step has begun */
    uint64_t first, last;           /* DEBUG_STEP_RANGE */
    uint64_t start_pc, pass_pc;
    const char *mode_name;          /* as of the last unit, while a DEBUG_MODE point is there */
    struct debug_stop hit;
};

struct debug {
    GMutex lock;                    /* stop; hits and ignore of points */
    struct debug_point *points;     /* changed while all CPUs stand still */
    unsigned count, last_id;
    unsigned code, data, modes;     /* enabled points that translation, the TLB, the loop must know of */
    uint64_t icount;                /* nearest enabled DEBUG_ICOUNT that is not past; UINT64_MAX: none */
    struct debug_stop stop;
    void (*notify)(void *opaque);
    void *notify_opaque;
};

/* Per CPU, private to the engine: cpu->loop. */
struct loop {
    struct cpu *cpu;
    struct tlb_side *side[CPU_MMU_MODES];
    struct tlb_sets sets;
    struct place_cache places;
    struct ir_unit *unit;
    struct explain_draft *draft;    /* record of the unit in translation (explain.c) */
    struct code_buffer scratch;     /* the only place of one-shot units */
    struct block *one_shot;         /* the one in it, to be released */
    bool deliver;                   /* cpu_leave was called: an exception may be pending */
    bool settle;                    /* before the next unit: engine_settle */
    bool exclusive_next;            /* the next unit runs while all other CPUs stand still */
    bool exclusive;                 /* so it does now */
    bool running;                   /* counted in exclusive.running */
    bool fetched_io;                /* code of the unit in translation is not in RAM */
    bool translating;
    bool polling;                   /* inside frontend->poll */
    bool translates;                /* though there is an accelerator: an instruction that it cannot run */
    bool sleeps;                    /* halted: wait here; else loop_run returns */
    uint64_t units_left;
    uint64_t traced;                /* -d trace without -icount: instructions logged */
    unsigned fetch_count;           /* pages the unit in translation was read from */
    struct { struct code_page *page; uint64_t ram_page; uint32_t writes; } fetch[2];
    _Atomic bool sleeping;
    bool waiting;                   /* sleep_lock: its thread waits for `wake` */
    GMutex sleep_lock;
    GCond wake;
    uint64_t counter[COUNT_COUNT];
    int64_t slice;                  /* -icount: instructions this turn was given in all */
    struct cpu_debug debug;
};

/* -icount: see icount.c. */
struct icount {
    _Atomic uint64_t done;          /* instructions of all CPUs up to the end of the last turn */
    uint64_t skipped;               /* idle time, as instructions; owner's thread */
    _Atomic uint64_t reported;      /* what a clock was last given: never goes back */
    struct cpu *cpu;                /* whose turn it is */
    unsigned turn;                  /* its index; kept over a stop */
    int64_t rest;                   /* of a turn that a stop cut short; 0: none */
    GThread *thread;
    GMutex lock;                    /* for sleeping when all CPUs are halted and no timer is armed */
    GCond wake;
    bool kicked;
};

/* Versions of places that exclusives were at: softmmu_atomic.c. A cache line each. */
enum { MONITOR_BYTES = 16, MONITOR_SLOTS = PAGE_BYTES / MONITOR_BYTES };
struct monitor_slot { _Atomic uint64_t version; } __attribute__((aligned(64)));

struct engine {
    struct engine_options options;
    struct memory *memory;
    struct log *log;
    struct ram *ram;                /* learnt from the first page of RAM found */
    const struct backend *backend;
    void *backend_state;
    const struct accelerator *accelerator;      /* NULL: none */
    void *accelerator_state;
    _Atomic bool accelerator_map;   /* the memory map changed since it was told */
    GMutex translate_lock;
    struct code_cache cache;
    struct block_map map;
    struct page_ids ids;
    struct code_page **page;        /* by page of RAM; NULL: never held code */
    uint64_t page_count;
    struct monitor_slot *monitor;   /* MONITOR_SLOTS of them */
    _Atomic uint64_t *write_mapped; /* a bit a page: may be in some TLB writable without TLB_CODE */
    struct exclusive exclusive;
    uint64_t exclusive_sections;    /* under exclusive.lock */
    struct cpu **cpu;
    unsigned cpu_count;
    struct clocks *clocks;
    bool started;
    /* log_read_categories; changed while no CPU runs */
    bool logged;                    /* each run of a unit is: units have no loops of their own, and are unlinked */
    bool unlinked;                  /* every unit comes back to the loop: logged, tests */
    unsigned max_insns;             /* guest instructions a unit */
    struct explain *explain;        /* record of translations, changed while no CPU runs; NULL: none is kept */
    struct icount icount;
    struct debug debug;
    uint64_t counter[COUNT_COUNT];  /* under translate_lock */
};

static inline struct loop *loop_of(const struct cpu *cpu) { return cpu->loop; }
static inline void count(const struct cpu *cpu, enum counter what) { loop_of(cpu)->counter[what]++; }

static inline bool bit_test(const _Atomic uint64_t *map, uint64_t n)
{
    return __atomic_load_n((const uint64_t *)map + n / 64, __ATOMIC_SEQ_CST) >> (n % 64) & 1;
}
static inline void bit_set(_Atomic uint64_t *map, uint64_t n)
{
    if (!bit_test(map, n)) {
        __atomic_fetch_or((uint64_t *)map + n / 64, 1ull << (n % 64), __ATOMIC_SEQ_CST);
    }
}
static inline void bit_clear(_Atomic uint64_t *map, uint64_t n)
{
    __atomic_fetch_and((uint64_t *)map + n / 64, ~(1ull << (n % 64)), __ATOMIC_SEQ_CST);
}

/* ---- engine.c ---- */
/* Tables by page of RAM, when the first page of it is seen. */
void engine_learn_ram(struct engine *engine, struct ram *ram);

/* ---- softmmu_tlb.c ---- */
void tlb_init(struct cpu *cpu);
void tlb_destroy(struct cpu *cpu);
/* The entry of that page, valid for that access (flags may be set); walks when needed. NULL: unmapped and not `raise`. */
struct tlb_entry *tlb_get(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise);
struct tlb_detail *tlb_detail_of(struct cpu *cpu, const struct tlb_entry *entry, unsigned mmu);
/* TLB_CODE on every writable entry of that page, in all CPUs; whether one of another CPU than `self` was changed. */
bool tlb_mark_code(struct engine *engine, const struct cpu *self, uint64_t ram_page);
/* The page holds no code any more: the entry's stores go fast again. */
void tlb_unmark_code(struct cpu *cpu, struct tlb_entry *entry, unsigned mmu);
/* The next write to one of these pages of RAM marks it dirty again: struct ram's rearm. Any thread. */
void engine_rearm_writes(void *engine, uint64_t first_page, uint64_t pages);
/* One mode's TLB of the set that is live; tlb_lock held. A flush of a page takes all entries of the guest's page it lies in. */
void tlb_mode_flush(struct cpu *cpu, unsigned mmu, bool keep_global);
void tlb_mode_flush_page(struct cpu *cpu, unsigned mmu, uint64_t linear);
void tlb_tables_alloc(struct tlb *tlb, struct tlb_side *side, unsigned size);
void tlb_tables_free(struct tlb *tlb, struct tlb_side *side);

/* ---- softmmu_spaces.c ---- */
void tlb_sets_init(struct cpu *cpu);
void tlb_sets_destroy(struct cpu *cpu);
/* Calls `mark` for the TLBs that the CPU has beside those in use; whether one of the calls returned true. tlb_lock held. */
bool tlb_sets_each(struct cpu *cpu, bool (*mark)(struct tlb *tlb, struct tlb_side *side, const void *opaque),
                   const void *opaque);
/* A table in use grew: sets that were not used for long give up theirs, so that all together have no more than
 * TLB_ALL_ENTRIES. tlb_lock held. */
void tlb_sets_trim(struct cpu *cpu);

/* ---- softmmu_phys.c ---- */
/* memory_find for this CPU, but that `region` may be left out. */
struct memory_place place_find(struct cpu *cpu, uint64_t physical);
/* The memory map changed: everything learnt of it goes, the TLB too. */
void map_forget(struct cpu *cpu);
/* Accesses of what is not RAM; false: at some of it is nothing. */
bool bus_read(struct cpu *cpu, uint64_t physical, uint8_t *out, unsigned bytes);
bool bus_write(struct cpu *cpu, uint64_t physical, const uint8_t *in, unsigned bytes);

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

/* ---- softmmu_fetch.c ---- */
/* Where code at linear comes from: ram_page or NOT_RAM, and its page id; sets cpu->page_ids. Raises on a fetch fault. */
struct code_place { uint64_t ram_page; uint32_t page_id; };
struct code_place code_locate(struct cpu *cpu, uint64_t linear, unsigned mmu);

/* ---- code_cache.c ---- */
bool code_cache_init(struct code_cache *cache, unsigned mib, unsigned max_cpus, GError **error);
void code_cache_destroy(struct code_cache *cache);
struct code_buffer code_cache_common(struct code_cache *cache);
struct code_buffer code_cache_scratch(struct code_cache *cache, unsigned cpu);
/* Room for a block with so many links and its code in the current generation; NULL when there is less than a unit may need at least. */
struct block *code_cache_begin(struct code_cache *cache, unsigned links, struct code_buffer *buffer);
/* Keeps `used` bytes of the buffer and the block with the links it has. */
void code_cache_end(struct code_cache *cache, struct block *block, const struct code_buffer *buffer, size_t used);
/* Makes the oldest generation the current one and empties it. All CPUs stand still, translate_lock held. why: for the record. */
void code_cache_next(struct engine *engine, enum explain_why why);
/* All jump caches start anew. CPUs stand still. */
void jump_caches_clear(struct engine *engine);
/* What the back end keeps for blocks goes; the blocks are not used again. */
void code_cache_release(struct engine *engine);
static inline uint8_t *code_cache_writable(const struct code_cache *cache, const uint8_t *exec)
{
    return cache->write + (exec - cache->exec);
}

/* ---- blocks.c ---- (translate_lock held, but for block_find) */
void block_map_init(struct block_map *map, size_t cache_bytes);
struct block *block_find(struct cpu *cpu, uint64_t physical, uint64_t pc, uint32_t mode);
void block_publish(struct engine *engine, struct block *block);
/* Out of the map, all links to and from it undone, out of the jump caches. Its page lists are the caller's. why, address: for
 * the record (explain.h). */
void block_retire(struct engine *engine, struct block *block, enum explain_why why, uint64_t address);
bool block_link_to(struct engine *engine, struct block *owner, unsigned slot, struct block *target);

/* ---- code_pages.c ---- */
/* Translation reads code from that page from now on. May wait for other CPUs: no lock held. */
void code_page_read(struct cpu *cpu, uint64_t ram_page);
/* No page of the unit in translation was written since it was read. translate_lock held, as for the rest here. */
bool code_pages_unchanged(const struct cpu *cpu);
/* Ends what code_page_read began. */
void code_pages_release(struct cpu *cpu);
void code_page_add(struct engine *engine, struct block *block);
void code_page_remove(struct engine *engine, struct block *block);
struct store_range { uint64_t ram_offset; unsigned bytes; };
/* Leaves when the running unit has code there: it is to be run again by one instruction first. */
void code_store_check(struct cpu *cpu, const struct store_range *range, unsigned count);
/* Before a CPU's store to RAM that may hold code: drops translations of those bytes; leaves when the running unit is one
 * of them. Returns with translate_lock held: store, then code_store_end. */
void code_store_begin(struct cpu *cpu, const struct store_range *range, unsigned count);
void code_store_end(struct cpu *cpu);

/* ---- page_ids.c ---- */
uint32_t page_id_of(struct engine *engine, uint64_t linear, uint64_t ram_page, unsigned mmu);
/* Forgets all; no id may be in use any more. */
void page_ids_clear(struct page_ids *ids);
void page_ids_destroy(struct page_ids *ids);

/* ---- translate.c ---- */
/* The block for cpu->pc, cpu->mode: found or translated. May raise (cpu_leave). NULL: the debugger stops the CPU before it. */
struct block *block_for(struct cpu *cpu);
/* All translations and page ids go. No CPU runs, translate_lock held. */
void engine_forget_code(struct engine *engine, enum explain_why why);
void translate_abandon(struct cpu *cpu);        /* after a leave in the middle of it */

/* ---- exclusive.c ---- */
void exclusive_enter(struct cpu *cpu);          /* this CPU's thread begins to run guest code */
void exclusive_exit(struct cpu *cpu);           /* ... and pauses */
void exclusive_begin(struct engine *engine, struct cpu *cpu);  /* waits until no other CPU runs; cpu NULL: no CPU's thread */
void exclusive_end(struct engine *engine, struct cpu *cpu);
void exclusive_park(struct cpu *cpu);           /* somebody else wants to be alone: wait for the end of it */

/* ---- loop.c ---- */
enum loop_end { LOOP_RUN, LOOP_HALTED, LOOP_STOPPED, LOOP_BUDGET, LOOP_SLICE };
/* Runs until it halts, is stopped, `units` returns from the cache were seen or (-icount) the slice is used up. */
enum loop_end loop_run(struct cpu *cpu, uint64_t units);
void loop_thread(struct cpu *cpu);
/* The translator's part of loop_run. */
enum loop_end loop_turn(struct cpu *cpu, uint64_t units);
/* Takes what was asked from outside; LOOP_RUN: go on. */
enum loop_end loop_attend(struct cpu *cpu);
/* exit_request, wherever the CPU runs; does not wake it when halted. */
void cpu_ask_exit(struct cpu *cpu);
void cpu_set_engine_input(struct cpu *cpu, uint32_t bits);

/* ---- accelerator.c ---- */
bool accelerator_open(struct engine *engine, GError **error);
/* Tells it of the memory map when that changed since; waits until no other CPU runs. Nothing without one. */
void accelerator_take_map(struct cpu *cpu);
/* As loop_run; `units` are entries into the guest. */
enum loop_end accelerator_turn(struct cpu *cpu, uint64_t units);

/* ---- icount.c ---- */
void *icount_thread(void *engine);
void icount_start(struct engine *engine);
void icount_wake(struct engine *engine);

/* ---- debugger.c ---- */
/* A run begins: what stopped the last one is forgotten. */
void debug_begin_run(struct engine *engine);
/* Points that are used up since go. CPUs stand still. */
void debug_end_run(struct engine *engine);

/* ---- debugger_run.c: on a CPU's thread ---- */
/* At the top of the loop, when cpu_debug.active: false: it stops here. */
bool debug_loop_top(struct cpu *cpu);
/* No interrupt may come before the next instruction. */
bool debug_is_quiet(const struct cpu *cpu);
/* Before a unit at linear runs: false: it stops here. May ask for a single instruction (one_insn). */
bool debug_may_run(struct cpu *cpu, uint64_t linear);
/* How many instructions of the unit come before the first point behind its beginning. */
unsigned debug_first_point(struct cpu *cpu, const struct ir_unit *unit);
/* TLB_WATCH is wanted for the page. */
bool debug_page_watched(const struct engine *engine, uint64_t linear, uint64_t physical);
/* Before an access to a page with TLB_WATCH, one page's part of it; may leave. access: DEBUG_* */
void debug_access(struct cpu *cpu, uint64_t linear, uint64_t physical, unsigned bytes, unsigned access);
/* Records the stop unless another CPU was first, and has everybody stop. */
void debug_stop_here(struct cpu *cpu, const struct debug_stop *stop);
/* A point was come to: counts it; whether the CPU stops there. When another CPU has stopped all, nothing happened yet, unless
 * it cannot be taken back (`late`). */
bool debug_point_hit(struct engine *engine, struct debug_point *point, bool late, struct debug_stop *stop);
/* Some CPU's stop is recorded already. */
bool debug_others_stopped(struct engine *engine);
bool debug_point_is_for(const struct debug_point *point, const struct cpu *cpu);
void debug_stop_stepped(struct cpu *cpu);
/* DEBUG_STEP_RANGE, and it is still inside. */
bool debug_step_goes_on(struct cpu *cpu);
/* -icount: instructions until the run is to stop. */
int64_t debug_until_stop(struct engine *engine);
/* ... and they have run: whether it stops. */
bool debug_icount_reached(struct engine *engine, struct cpu *cpu);
static inline bool debug_wants_units(const struct cpu *cpu)
{
    return cpu->engine->debug.code || loop_of(cpu)->debug.active;
}

/* ---- debugger_accel.c: the same where an accelerator runs the CPU ---- */
/* Whether it can stop there. */
bool debug_accel_possible(const struct engine *engine, const struct debug_point *point, GError **error);
/* What the CPU is to stop at next. */
void debug_accel_plan(struct cpu *cpu, struct accel_debug *plan);
/* It ran by that plan. hit NULL: it came to nothing. false: it stops here. */
bool debug_accel_ran(struct cpu *cpu, const struct accel_debug *plan, const struct accel_hit *hit);

/* ---- engine_log.c ---- */
/* What the log's categories ask of units; whether that is something else than before. */
bool log_read_categories(struct engine *engine);
void log_translation(struct cpu *cpu, const struct ir_unit *unit);
void log_optimised(struct cpu *cpu, const struct ir_unit *unit);
void log_host_code(struct cpu *cpu, const struct block *block);
void log_entry(struct cpu *cpu, const struct block *block);

#endif
