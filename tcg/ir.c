/* SPDX-License-Identifier: MIT */
/*
 * The IR's table as data, the values of PURE ops, and units (ir.h). All of it is made from ir_ops.def; what each op
 * means is said there and nowhere else.
 */
#include <glib.h>
#include <string.h>
#include "tcg/ir.h"
#include "tcg/ir_opt_scratch.h"
#include "tcg/ir_value.h"

const struct ir_op_info ir_op_info[IR_OP_COUNT] = {
#define IR_PURE(name, outs, ins, flags, value) \
    [IR_##name] = { #name, outs, ins, "d = " #value, (flags) | IR_F_IS_PURE, \
                  sizeof(outs) - 1, sizeof(ins) - 1 },
#define IR_FLAG(name, outs, ins, flags, value) \
    [IR_##name] = { #name, outs, ins, "d = " #value ", f = its flags", (flags) | IR_F_IS_FLAG, \
                  sizeof(outs) - 1, sizeof(ins) - 1 },
#define IR_FVAL(name, outs, ins, flags, value) \
    [IR_##name] = { #name, outs, ins, "d = " #value, (flags) | IR_F_IS_FVAL, sizeof(outs) - 1, sizeof(ins) - 1 },
#define IR_VECT(name, outs, ins, flags, value) \
    [IR_##name] = { #name, outs, ins, "d = " #value, (flags) | IR_F_IS_VECT, sizeof(outs) - 1, sizeof(ins) - 1 },
#define IR_EFFECT(name, outs, ins, flags, meaning) \
    [IR_##name] = { #name, outs, ins, meaning, flags, sizeof(outs) - 1, sizeof(ins) - 1 },
#include "tcg/ir_ops.def"
#undef IR_PURE
#undef IR_FLAG
#undef IR_FVAL
#undef IR_VECT
#undef IR_EFFECT
};

/* The op numbers, types and widths have to fit in the bytes of struct ir_insn. */
_Static_assert(IR_OP_COUNT <= 256, "ir_insn.op is a byte");
_Static_assert(IR_FLAGS_WORD == 0, "zeroed CPU state must be a valid flags value");
_Static_assert(IR_MAX_GLOBALS + 1 + IR_MAX_TEMPS < IR_IMM, "register numbers are 16 bits and IR_IMM is none of them");

uint64_t ir_eval(const struct ir_insn *insn, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    const unsigned w = flags & IR_F_WIDE ? 64 : insn->width;
    const uint64_t mask = ir_value_mask(w);
    g_assert(flags & IR_F_IS_PURE);
    const uint64_t value = ir_value_pure(insn->op, w, insn->cond, insn->aux, insn->imm,
                                         a & mask, b & mask, c & mask, d & mask);
    return flags & IR_F_KEEP ? value : value & mask;
}

struct ir_unit *ir_unit_new(void)
{
    struct ir_unit *u = g_new0(struct ir_unit, 1);
    u->code = g_new0(struct ir_insn, IR_MAX_INSNS + 1);     /* the last one takes what does not fit */
    u->types = g_new0(uint8_t, 1 + IR_MAX_GLOBALS + IR_MAX_TEMPS);
    u->live = g_new0(struct ir_liveness, 1);
    u->scratch = g_new0(struct ir_opt_scratch, 1);
    u->reg_count = 1;
    return u;
}

void ir_unit_free(struct ir_unit *u)
{
    if (!u)
        return;
    g_free(u->code);
    g_free(u->types);
    g_free(u->live);
    g_free(u->scratch);
    g_free(u);
}

void ir_unit_start(struct ir_unit *u, const struct ir_global *globals, unsigned global_count,
                   const struct ir_helper *helpers, unsigned helper_count)
{
    g_assert(global_count <= IR_MAX_GLOBALS);
    u->globals = globals;
    u->global_count = global_count;
    u->helpers = helpers;
    u->helper_count = helper_count;
    u->count = 0;
    u->label_count = 0;
    u->overflow = false;
    u->addresses_32 = false;
    u->guest_insns = 0;
    u->guest_bytes = 0;
    u->reg_count = global_count + 1;
    u->types[IR_NONE] = IR_TYPE_INT;
    for (unsigned i = 0; i < global_count; i++)
        u->types[i + 1] = (uint8_t)globals[i].type;
}
