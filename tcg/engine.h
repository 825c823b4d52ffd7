/* SPDX-License-Identifier: MIT */
#ifndef TCG_ENGINE_H
#define TCG_ENGINE_H
/* The engine as machine and main see it: blocks, code cache, execution loops. */
#include "tcg/frontend.h"

struct accelerator;
struct backend;
struct clocks;

struct engine_options {
    bool interpret;                 /* -accel interp */
    unsigned cache_mib;             /* code cache size; 0 = default */
    unsigned max_insns;             /* guest instructions a unit; 0 = default, 1 for testing */
    bool icount;                    /* all vCPUs on one thread, instruction-counted clock */
    unsigned icount_shift;          /* an instruction is 1 << shift ns */
    uint32_t off;                   /* OFF_* of engine_switches.h */
    bool unlinked;                  /* every unit comes back to the loop: tests. -d exec, cpu, trace want it too */
    const struct accelerator *accelerator;      /* runs guest code instead of translations (accelerator.h); NULL: none */
    unsigned accelerator_cpus;      /* how many CPUs will be added to it */
};

/* errors: no executable memory; what accelerator->open says */
struct engine *engine_new(const struct engine_options *options, struct memory *memory, struct log *log, GError **error);
void engine_free(struct engine *engine);

/* Prepares a CPU structure made by the target (frontend->cpu_bytes, zeroed, identity fields set). */
void engine_add_cpu(struct engine *engine, struct cpu *cpu);
/* Starts and stops the vCPU threads. engine_stop returns when all have left the cache; any thread but a vCPU's.
 * With icount the engine becomes the clocks' source of virtual time and runs the timers of guest time itself. */
void engine_start(struct engine *engine, struct clocks *clocks);
/* With icount, before devices are built on the clocks: what they remember of guest time at their reset counts from 0. */
void engine_set_clocks(struct engine *engine, struct clocks *clocks);
void engine_stop(struct engine *engine);
/* All CPUs run no further guest code than the unit they are in, and wait for engine_stop; any thread, does not wait. Asked by
 * a device on the thread of -icount, it holds from the next instruction on, so that a run always ends at the same place. */
void engine_pause(struct engine *engine);
/* Runs one CPU on the caller's thread for at most `blocks` units or until it halts: for tests. Returns
 * units run: entries into the cache, so with options.unlinked exactly units. */
uint64_t engine_run(struct engine *engine, struct cpu *cpu, uint64_t blocks);

/* RAM at [ram_offset, +bytes) was changed by something that is not a vCPU's store (DMA, loader, gdb). */
void engine_code_written(struct engine *engine, uint64_t ram_offset, uint64_t bytes);
/* Asks every CPU to flush its TLB before it runs on (A20, memory map changes). */
void engine_flush_all(struct engine *engine);
/* Calls fn for every CPU; CPUs are added before the engine starts. */
void engine_each_cpu(struct engine *engine, void (*fn)(struct cpu *cpu, void *opaque), void *opaque);
/* From a helper: a flush for every CPU but this one. After engine_settle nothing more is run before all of them have done it, or do not
 * run and will before they do. The wait is the loop's, as the unit's code may be dropped meanwhile: the instruction must end there (EXIT). */
void engine_flush_others(struct engine *engine, struct cpu *cpu);
void engine_settle(struct engine *engine, struct cpu *cpu);
void engine_stats(struct engine *engine, GString *out);
/* One counter of tcg/engine_counters.def by name: for tests and the monitor. */
uint64_t engine_counter(const struct engine *engine, const char *name);
/* All of them in the table's order; false: no more. */
bool engine_counter_at(const struct engine *engine, unsigned index, const char **name, const char **help, uint64_t *value);
struct engine_facts {
    size_t cache_bytes, cache_used;
    unsigned generations, units;    /* of the code cache; units that lie in it */
    uint32_t off;                   /* OFF_* of engine_switches.h */
    bool icount;
    const struct backend *backend;
    const struct accelerator *accelerator;      /* NULL: units are run */
};
/* The categories that its log writes were changed, while no CPU runs: what was translated without them goes. */
void engine_log_changed(struct engine *engine);
void engine_describe(struct engine *engine, struct engine_facts *facts);
uint64_t engine_icount(struct engine *engine);

#endif
