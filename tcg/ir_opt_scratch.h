/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_OPT_SCRATCH_H
#define TCG_IR_OPT_SCRATCH_H
/* What the passes of the optimiser keep while they run; one for each unit, never cleared: stamps tell old from new. */
#include "tcg/ir_opt.h"

/* A removed op, until compact runs. */
enum { IR_OP_REMOVED = 255 };
_Static_assert((int)IR_OP_COUNT <= (int)IR_OP_REMOVED, "the number of a removed op is no op's");

/*
 * What is known of a register at the present point of the fold pass. All of it holds only while stamp is the pass's.
 *   constant       the value
 *   bits           the value is below 1 << bits
 *   base, disp     the low base_bits bits are those of base + disp, as long as base has version base_version
 */
struct ir_fact {
    uint64_t constant;
    uint32_t stamp;
    uint32_t version;               /* of this register: counts its assignments */
    uint32_t base_version;
    int32_t disp;
    ir_reg base;
    uint8_t base_bits;              /* 0: no base */
    uint8_t bits;
    bool is_constant;
};

enum { IR_OPT_PENDING = 4 };

struct ir_opt_scratch {
    uint32_t stamp;
    struct ir_fact fact[1 + IR_MAX_GLOBALS + IR_MAX_TEMPS];
    uint8_t alive[1 + IR_MAX_GLOBALS + IR_MAX_TEMPS];       /* live pass */
    uint8_t seen[IR_MAX_LABELS];                            /* live pass: labels */
    uint16_t home[1 + IR_MAX_GLOBALS + IR_MAX_TEMPS];       /* live pass: stretch of code a temporary was met in */
};

static inline void ir_remove(struct ir_insn *insn)
{
    insn->op = IR_OP_REMOVED;
}

#endif
