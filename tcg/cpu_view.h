/* SPDX-License-Identifier: MIT */
#ifndef TCG_CPU_VIEW_H
#define TCG_CPU_VIEW_H
/*
 * A CPU as a person looks at it from outside: the monitor. A target fills struct frontend.view. Nothing here changes
 * what the guest sees (no accessed bits, no faults); registers are changed through cpu_gdb.h.
 *
 * Threads: the CPU stands still (engine_stop); the machine lock is not needed.
 */
#include "tcg/frontend.h"

/* Something of the target's own: "info NAME", or with `command` a command of its own name. */
struct cpu_view_topic {
    const char *name, *arguments, *help;        /* arguments "": none */
    bool command;
    /* argument: what the user wrote behind the name, "" for nothing; value: it as a number where it is one. */
    void (*print)(struct cpu *cpu, const char *argument, uint64_t value, GString *out);
};

struct cpu_view {
    void (*print_registers)(struct cpu *cpu, GString *out);     /* "info registers", in QEMU's form where it has one */
    /* Registers by number from 0; NULL: no more. Names as in the manual, in small letters. */
    const char *(*register_name)(unsigned index);
    uint64_t (*register_value)(struct cpu *cpu, unsigned index);
    const char *(*mode_name)(struct cpu *cpu);  /* what kind of code runs ("real", "EL1"): constant texts, compared by address */
    uint64_t (*instruction)(struct cpu *cpu);   /* linear address of the next instruction */
    bool (*translate)(struct cpu *cpu, uint64_t linear, uint64_t *physical);    /* false: not mapped */
    /* Offset in the code segment and so on that belongs to a linear address, for branches' targets in the text. */
    unsigned (*disassemble)(struct cpu *cpu, const uint8_t *code, unsigned size, uint64_t linear, char *text,
                            unsigned text_size);
    unsigned word_bytes;                        /* of a general register at most */
    uint16_t elf_machine;                       /* EM_... of a core file */
    const struct cpu_view_topic *topics;        /* ends with name NULL */
};

/* Reads RAM and ROM through the CPU's tables; false: not mapped, or no memory. */
static inline const struct cpu_view *cpu_view_of(const struct cpu *cpu) { return cpu->frontend->view; }
bool cpu_view_read(struct cpu *cpu, uint64_t linear, void *out, unsigned bytes);

#endif
