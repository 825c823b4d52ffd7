/* SPDX-License-Identifier: MIT */
/*
 * The optimiser's pipeline (ir_opt.h). Linear in the number of ops and without allocation, because it runs on every
 * unit that is translated: what a guest runs once must stay cheap.
 */
#include "tcg/engine_switches.h"
#include "tcg/ir_opt_scratch.h"
#include "tcg/ir_watch.h"

const struct ir_pass ir_passes[] = {
    { "fold", ir_opt_fold, OFF_FOLD },
    { "live", ir_opt_live, 0 },
    { "compact", ir_opt_compact, 0 },
};
const unsigned ir_pass_count = sizeof ir_passes / sizeof ir_passes[0];

void ir_optimise(struct ir_unit *unit)
{
    for (unsigned i = 0; i < ir_pass_count; i++) {
        if (unit->off & ir_passes[i].off)
            continue;
        ir_passes[i].run(unit);
        if (unit->watch)
            unit->watch->pass(unit->watch, unit, i);
    }
}

/* Moves the ops that are left together. unit->insn[] is in the order of the ops, so it is walked along. */
void ir_opt_compact(struct ir_unit *u)
{
    unsigned out = 0, mark = 0;
    for (unsigned i = 0; i < u->count; i++) {
        while (mark < u->guest_insns && u->insn[mark].ir <= i)
            u->insn[mark++].ir = (uint16_t)out;
        if (u->code[i].op == IR_OP_REMOVED)
            continue;
        if (out != i)
            u->code[out] = u->code[i];
        out++;
    }
    u->count = out;
}
