/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_WATCH_H
#define TCG_IR_WATCH_H
/*
 * Somebody who looks on while a unit is made: tcg/explain.c. The engine sets unit->watch; it is NULL when nobody looks, and
 * then a test of that pointer in each pass and for each op emitted is all that this costs.
 */
#include "tcg/ir.h"

struct ir_watch {
    /* Pass n of ir_passes has run. Ops keep their numbers in all passes but compact, the last, which leaves out those removed. */
    void (*pass)(struct ir_watch *watch, const struct ir_unit *unit, unsigned n);
    /* The back end made host code for ops first to last (-1: for the unit's entry, before its first op): bytes [from, to) of
     * the block's main part, or of its far part, which lies behind it (slow paths, exits). In the order of the ops. */
    void (*emitted)(struct ir_watch *watch, int first, int last, bool far, uint32_t from, uint32_t to);
    /* Where global r is when the guest instruction with this number begins. */
    void (*place)(struct ir_watch *watch, unsigned insn, ir_reg r, const char *where);
};

#endif
