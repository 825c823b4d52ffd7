/* SPDX-License-Identifier: MIT */
#ifndef TCG_INTERP_H
#define TCG_INTERP_H
/*
 * The interpreter's form of a unit. Every operand is a place: where the value lies, as an offset from one of three
 * bases. So fetching an operand is the same for globals (in the CPU structure), temporaries (in the frame of the run)
 * and constants (behind the unit's ops), and no op needs to know which it has.
 *
 * A unit is one piece of memory without pointers into itself; it lies in the code cache as host code would, and is
 * dropped with it.
 */
#include <ffi.h>
#include "tcg/backend.h"
#include "tcg/frontend.h"
#include "tcg/host-x86_64/copy.h"
#include "tcg/ir_value.h"

enum interp_base { BASE_CPU, BASE_FRAME, BASE_CONSTANTS, BASE_COUNT };
typedef uint32_t interp_place;      /* offset << 2 | base */

enum interp_class {
    CLASS_PURE, CLASS_FLAG, CLASS_FVAL, CLASS_VECTOR, CLASS_MEMORY, CLASS_CPU_FIELD, CLASS_CALL, CLASS_COPY,
    CLASS_BRANCH, CLASS_MARK, CLASS_EXIT,
};

struct interp_insn {
    uint8_t op, width, cond, class;
    uint16_t aux, insns_done;       /* insns_done, exits: guest instructions of the unit finished there */
    interp_place d[2], s[4];
    int64_t imm;                    /* BR, BRC, BRF: index of the op to go to */
    const void *ptr;
};

struct interp_unit {
    struct block *block;            /* whose unit this is: jump caches know only the unit */
    uint64_t pc, end_pc;
    uint32_t count, guest_insns;
    uint32_t constants;             /* offset of the constants from the unit */
    uint32_t fetch_mmu;
    struct interp_insn code[];
};

/* A temporary. */
union interp_slot { uint64_t i; uint8_t v[16]; struct ir_flags f; } __attribute__((aligned(16)));

/* The constants start with zeros: what IR_NONE reads as, whatever its type. */
enum { INTERP_ZEROS = 4, INTERP_MAX_CPUS = 256, INTERP_MAX_ARGS = 4 };

struct interp {
    const struct frontend *frontend;
    struct backend_options options;
    ffi_cif cif[INTERP_MAX_ARGS + 1];                   /* by number of arguments without the CPU */
    ffi_type *argument_types[INTERP_MAX_ARGS + 1];
    struct copy_thunks *thunks[INTERP_MAX_CPUS];        /* by CPU: each belongs to that CPU's thread */
};

size_t interp_emit(void *state, struct ir_unit *unit, struct block *block, struct code_buffer *buffer);
struct exit interp_run(void *state, struct cpu *cpu, struct block *block);

#endif
