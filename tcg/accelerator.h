/* SPDX-License-Identifier: MIT */
#ifndef TCG_ACCELERATOR_H
#define TCG_ACCELERATOR_H
/*
 * What runs guest code in the translator's place: the host's hardware virtualization. The engine keeps all that is the same
 * for both: CPUs and their threads, inputs and kicks, sleep, being alone, stops, the debugger. Units, TLB and code cache lie idle,
 * but for single instructions that the accelerator cannot run.
 *
 * A CPU's turn on its thread is begin, then run and poll as often as needed, then end. Between begin and end the accelerator has
 * the CPU's state; outside of it the CPU's structure has: so resets, monitors and gdb need to know nothing of accelerators.
 */
#include "tcg/cpu.h"

enum accel_exit {
    ACCEL_ATTEND,                   /* exit_request is set, or the CPU halted */
    ACCEL_DEBUG,                    /* as accel_debug asked; the CPU's structure is up to date */
    ACCEL_TRANSLATE,                /* it cannot run the next instruction; the CPU's structure is up to date. The translator runs that
                                     * one, then the turn begins again. */
    ACCEL_FAILED,                   /* the host cannot go on with this guest: it was logged why */
};

/* What a CPU is to stop at. */
enum { ACCEL_POINTS = 4 };
struct accel_debug {
    bool step;                      /* behind one instruction */
    bool now;                       /* run even with exit_request set: no interrupt comes first */
    unsigned count;
    struct accel_point { uint64_t linear; uint8_t bytes; uint8_t access; } point[ACCEL_POINTS];   /* access 0: code; else DEBUG_* */
};
struct accel_hit { unsigned points; };  /* a bit a point of accel_debug; 0: the step is done */

struct accelerator {
    const char *name;               /* of -accel */
    /* Room for so many CPUs in that memory. error: one line: what the host lacks, what to do. */
    void *(*open)(struct memory *memory, struct log *log, unsigned cpus, GError **error);
    void (*close)(void *state);     /* no CPU runs; their structures are still there */
    void (*add_cpu)(void *state, struct cpu *cpu);
    /* The memory map changed, or what addresses mean (A20). No CPU runs guest code meanwhile. */
    void (*map)(void *state);

    /* On the CPU's thread. */
    void (*begin)(struct cpu *cpu);
    enum accel_exit (*run)(struct cpu *cpu, const struct accel_debug *debug, struct accel_hit *hit);
    bool (*poll)(struct cpu *cpu);  /* as struct frontend's */
    void (*end)(struct cpu *cpu);
    /* Any thread, any lock held, after exit_request was set: run returns soon. */
    void (*kick)(struct cpu *cpu);
};

#endif
