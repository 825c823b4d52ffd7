/* SPDX-License-Identifier: MIT */
#ifndef TCG_CPU_GDB_H
#define TCG_CPU_GDB_H
/*
 * A CPU as gdb and lldb see it: register files with the numbers, names and types of their target descriptions (gdb manual,
 * appendix G). A target fills struct frontend.gdb. Numbers are those that QEMU serves, so that scripts find what they know.
 *
 * Threads: the CPU stands still (engine_stop); the machine lock is not needed.
 */
#include "tcg/frontend.h"

enum { CPU_GDB_MOST_BYTES = 16 };

struct cpu_gdb_register {
    unsigned number;
    const char *name;
    unsigned bits;
    const char *type, *group;       /* of the description; group NULL: gdb decides */
    const char *feature;            /* that it belongs to: "org.gnu.gdb.i386.core" */
    uint32_t code;                  /* the target's own */
};

/* One description of a CPU: the same CPU may have several, for code of 16, 32 and 64 bits. */
struct cpu_gdb_layout {
    const char *name;               /* "i8086": what -gdb arch= takes */
    const char *architecture;       /* bfd's name */
    const char *triple;             /* lldb's */
    unsigned address_bytes;
    unsigned general;               /* so many registers, from the first, make up the packets g and G */
    struct { unsigned pc, sp, fp, ra, flags; } generic;     /* numbers, for lldb; UINT_MAX: none */
    /* <flags>, <union>, <vector> elements that a feature's registers need; ends with feature NULL. */
    const struct cpu_gdb_types { const char *feature, *xml; } *types;
};

/* How a client looks at a CPU. */
struct cpu_gdb_view {
    const struct cpu_gdb_layout *layout;
    bool linear_pc;                 /* the program counter is shown and set as a linear address */
};

struct cpu_gdb {
    const struct cpu_gdb_layout *layouts;       /* ends with name NULL; wider ones behind narrower ones */
    bool (*has_layout)(struct cpu *cpu, const struct cpu_gdb_layout *layout);       /* NULL: every CPU has them all */
    /* The one for the code that runs now. */
    const struct cpu_gdb_layout *(*present)(struct cpu *cpu);
    /* The n-th register of a layout, in ascending numbers; false: no more. */
    bool (*register_at)(struct cpu *cpu, const struct cpu_gdb_layout *layout, unsigned n, struct cpu_gdb_register *reg);
    /* bits / 8 bytes, little-endian. */
    void (*read)(struct cpu *cpu, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, uint8_t *out);
    bool (*write)(struct cpu *cpu, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, const uint8_t *in);
    /* Other names of registers, as the monitor knows them; ends with name NULL. NULL: none. */
    const struct cpu_gdb_alias { const char *name, *means; } *aliases;
    bool watch_before;              /* gdb expects watchpoints to stop before the access and steps over it itself */
};

/* For a target's write: does what instructions do to that CPU, from outside of its loop. false: it raised an exception; the
 * target undoes what raising left in its own state. Points of the debugger are not hit. */
bool cpu_attempt(struct cpu *cpu, void (*change)(struct cpu *cpu, void *opaque), void *opaque);

/* A register of at most 64 bits by name, whatever description has it; "pc" is a linear address. The CPU stands still. */
bool cpu_gdb_read_name(struct cpu *cpu, const char *name, uint64_t *value);
bool cpu_gdb_write_name(struct cpu *cpu, const char *name, uint64_t value);

static inline const struct cpu_gdb *cpu_gdb_of(const struct cpu *cpu) { return cpu->frontend->gdb; }

#endif
