/* SPDX-License-Identifier: MIT */
#ifndef TCG_DEBUGGER_H
#define TCG_DEBUGGER_H
/*
 * The debugger's core: points where CPUs stop, steps, and what stopped them. The monitor, gdb and explain use it; several
 * of them at once. No guest memory is changed: code points are known to translation, data points mark pages in the TLB.
 *
 * A CPU that comes to a point stops there precisely, with its state in its structure, and all other CPUs are paused
 * (engine_pause). The function set by debugger_set_notify is then called; a board makes it machine_request_stop, so the main
 * loop stops the machine and tells its listeners MACHINE_EVENT_STOP: they find the reason in debugger_stop, NONE when somebody
 * else stopped the machine. The first CPU to stop is reported; others that came to a point meanwhile stop before it and
 * report when they run on. A CPU that was reported passes the points of that place once when it runs on.
 *
 * Threads: one thread (the main loop) calls all of this, without the machine lock. Points may be changed while CPUs run: they
 * are held for that moment. Steps are set while they are stopped (engine_stop).
 *
 * Cost: none when nothing is set. Code around a code point is translated anew as units that end before it; nothing else changes.
 */
#include "tcg/cpu.h"

enum debug_kind {
    DEBUG_CODE,                     /* before the instruction at this linear address */
    DEBUG_CODE_PHYSICAL,
    DEBUG_DATA,                     /* an access of a CPU (not a DMA, not a page walk) to [address, +bytes) */
    DEBUG_DATA_PHYSICAL,
    DEBUG_MODE,                     /* before the first instruction of another mode: what cpu_view.mode_name says changes */
    DEBUG_MAGIC,                    /* before frontend.is_magic instructions */
    DEBUG_ICOUNT,                   /* -icount: when so many instructions have run on all CPUs (`address`) */
};
enum { DEBUG_READ = 1 << MMU_READ, DEBUG_WRITE = 1 << MMU_WRITE };
enum { DEBUG_ANY_CPU = -1, DEBUG_MOST_POINTS = 1024 };

struct debug_point {
    unsigned id;                    /* given by debugger_add, from 1 */
    enum debug_kind kind;
    uint64_t address, bytes;        /* bytes: data points only */
    unsigned access;                /* data points: DEBUG_READ | DEBUG_WRITE */
    bool only_log;                  /* data points: CPUs do not stop; each access is a line of the log's category mem */
    bool before;                    /* data points: stop before the access is made. Else behind the instruction that made it. */
    int cpu;                        /* index, or DEBUG_ANY_CPU */
    bool disabled;
    bool once;                      /* is removed when it stops */
    uint64_t ignore;                /* goes by so many times first */
    uint64_t hits;                  /* counted also when ignored */
    const void *owner;              /* whose it is, for debugger_remove_owned; NULL: nobody's */
};

enum debug_reason {
    DEBUG_STOP_NONE, DEBUG_STOP_CODE, DEBUG_STOP_DATA, DEBUG_STOP_MODE, DEBUG_STOP_MAGIC, DEBUG_STOP_ICOUNT, DEBUG_STOP_STEP,
    DEBUG_STOP_FAILED,              /* an accelerator cannot go on with this guest; it logged why */
};
struct debug_stop {
    enum debug_reason reason;
    unsigned cpu;
    uint64_t address;               /* DATA: linear address of the access, else of the next instruction */
    unsigned access;                /* DATA: DEBUG_READ or DEBUG_WRITE; an atomic access is WRITE */
    struct debug_point point;       /* the one that was hit, as it was; id 0: a step */
};

/* Copies *point and gives it an id, which is returned. 0 and error: too many, or this machine cannot do that kind. */
unsigned debugger_add(struct engine *engine, const struct debug_point *point, GError **error);
bool debugger_remove(struct engine *engine, unsigned id);           /* false: no such point, here and below */
void debugger_remove_owned(struct engine *engine, const void *owner);
bool debugger_set_enabled(struct engine *engine, unsigned id, bool enabled);
bool debugger_set_ignore(struct engine *engine, unsigned id, uint64_t count);
/* A copy of the n-th point, in the order of their making. */
bool debugger_point(struct engine *engine, unsigned n, struct debug_point *point);

enum debug_step {
    DEBUG_STEP_INSN,                /* one instruction; a halted CPU: until something wakes it */
    DEBUG_STEP_RANGE,               /* until it leaves linear [first, last] */
    DEBUG_STEP_UNIT,                /* to the end of the unit of translation that begins here */
};
/* What this CPU does when CPUs run next. quiet: it takes no interrupts meanwhile (unless it is halted). */
void debugger_step(struct cpu *cpu, enum debug_step step, uint64_t first, uint64_t last, bool quiet);
/* It does not run at all. */
void debugger_freeze(struct cpu *cpu, bool frozen);
/* No steps, nobody frozen: what `debugger_step` and `debugger_freeze` have set is gone. Every stop does that too. */
void debugger_end_steps(struct engine *engine);

/* What stopped the CPUs since engine_start; valid until the next one. */
const struct debug_stop *debugger_stop(struct engine *engine);
/* Called on a CPU's thread without any lock after a stop was recorded. */
void debugger_set_notify(struct engine *engine, void (*notify)(void *opaque), void *opaque);

#endif
