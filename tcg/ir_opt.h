/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_OPT_H
#define TCG_IR_OPT_H
/*
 * The optimiser: a short pipeline of linear passes over a unit, in place.
 *
 *   fold      forward: constants and copies are propagated, PURE ops with known inputs computed, simpler ops chosen,
 *             constants moved into immediates, base + constant moved into the address of loads and stores
 *   live      backward: dead ops, dead flags and overwritten globals go; `g = MOV t` merges into what computed t;
 *             every op gets its `dies` marks, every label its live registers
 *   compact   closes the gaps, keeps unit->insn[].ir right
 *
 * What a back end may rely on after ir_optimise():
 *   - An IR_IMM operand's imm is sign-extended from the op's width and fits in 32 signed bits (but in CONST, and in
 *     GOTO, POLL, INSN where it is a pc). The same holds for the displacement of memory ops and LEA.
 *   - A FLAG op may have d[0] == IR_NONE (compare form). d[1] == IR_NONE stays only where no PURE op is the same:
 *     ADCS, SBBS, RCLS, RCRS, SHLDS, SHRDS, and SHLS, SHRS, SARS of 8 and 16 bits. Its flags input is IR_NONE when it
 *     cannot matter (SHLS, SHRS, SARS, SHLDS, SHRDS whose count is a constant other than 0, or whose flags are dead; KEEPS,
 *     KEEPCS whose CF and OF nobody reads).
 *   - CALL has d[0] == IR_NONE when nobody wants the value. Loads and COPY keep their outputs, marked dead.
 *   - Code that cannot be reached is gone.
 *   - An op's outputs are assigned after all else it does, so an output may be a register that the op also reads, and a
 *     global: `rax = LD [rax]`. If the op faults, its inputs, also those marked as last used, and its outputs still have the
 *     values from before.
 */
#include "tcg/ir.h"

/* ir_insn.dies */
enum {
    IR_LAST_S0 = 1 << 0,            /* s[0] is not needed after this op: nobody reads it before it is written again. */
    IR_LAST_S1 = 1 << 1,            /* For a global that also means: its memory need not be written. */
    IR_LAST_S2 = 1 << 2,            /* Set also when the op itself writes that register. */
    IR_LAST_S3 = 1 << 3,
    IR_DEAD_D0 = 1 << 4,            /* d[0] is written in vain */
    IR_DEAD_D1 = 1 << 5,
};

enum { IR_MAX_CROSSING = 64 };

/* Bit n of globals is register n + 1; bit n of temps is crossing[n]. */
typedef unsigned __int128 ir_global_set;
struct ir_label_live { ir_global_set globals; uint64_t temps; uint32_t flags; /* of the first flags global */ };

struct ir_liveness {
    /* Registers live at each label; undefined for labels that were never placed. */
    struct ir_label_live label[IR_MAX_LABELS];
    /* Temporaries mentioned in more than one stretch between labels: only these can be live at a label. Those that
     * do not fit are listed in no set and count as live from their first mention to the end: `crossing_more` is then
     * set, and cross[r] tells. */
    ir_reg crossing[IR_MAX_CROSSING];
    unsigned crossing_count;
    bool crossing_more;
    uint8_t cross[1 + IR_MAX_GLOBALS + IR_MAX_TEMPS];   /* 0: lives between labels; n: crossing[n - 1]; 255: beyond the list */
};

/* off: the OFF_* bit that leaves it out; 0: it always runs. */
struct ir_pass { const char *name; void (*run)(struct ir_unit *unit); uint32_t off; };
extern const struct ir_pass ir_passes[];
extern const unsigned ir_pass_count;

/* Runs all passes; then unit->live is valid until the unit is changed. */
void ir_optimise(struct ir_unit *unit);

/* The passes. */
void ir_opt_fold(struct ir_unit *unit);
void ir_opt_live(struct ir_unit *unit);
void ir_opt_compact(struct ir_unit *unit);

#endif
