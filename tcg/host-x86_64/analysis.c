/* SPDX-License-Identifier: MIT */
/*
 * What the allocator wants to know of a unit, in one pass forward and one backward over its ops.
 *
 * Forward: definitions of each register, the most bits that any use reads, labels and their branches, and which
 * temporaries are used in more than one basic block (a block starts at a label or behind an op that ends one).
 * Backward: last uses and dead results. Globals count as alive always, but for the flags global: most of its
 * values are dead, and each costs three stores. Behind a branch backward everything counts as alive: the live set of
 * a loop's label is not known yet when its end is reached, and we do not iterate.
 */
#include <string.h>
#include "tcg/host-x86_64/host.h"

/* How many bits of operand n an op reads. */
static unsigned bits_read(const struct ir_insn *i, unsigned n)
{
    switch (i->op) {
    case IR_DEPOSIT: return n == 0 ? 64 : i->imm >> 8 & 0xff;
    case IR_EXTRACT: return (i->imm & 0xff) + (i->imm >> 8 & 0xff);
    case IR_LD: case IR_LDS: case IR_LDV: case IR_PROBE: case IR_CALL: case IR_JUMP: return 64;
    case IR_ST: case IR_STV:
    case IR_ATOMIC_ADD: case IR_ATOMIC_AND: case IR_ATOMIC_OR: case IR_ATOMIC_XOR: case IR_ATOMIC_XCHG: case IR_ATOMIC_CAS:
        return n == 0 ? 64 : i->width;
    case IR_FPUT: case IR_FMERGE: return 32;
    case IR_COPY: return 64;
    case IR_SELF: return i->width ? i->width : 64;
    default: return i->width;
    }
}

static void note_register(struct host_state *h, ir_reg r, unsigned block)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL)
        return;
    if (!v->block) {
        v->block = (uint16_t)block;
    } else if (v->block != block) {
        v->flags |= VREG_CROSS;
    }
}

static int branch_label(const struct ir_insn *i)
{
    return i->op == IR_BR || i->op == IR_BRF ? (int)i->imm : i->op == IR_BRC ? (int)i->aux : -1;
}

static void forward(struct host_state *h)
{
    const struct ir_unit *u = h->unit;
    unsigned block = 1;
    bool ended = false;
    for (unsigned n = 0; n < u->count; n++) {
        const struct ir_insn *i = &u->code[n];
        if (i->op == IR_LABEL) {
            struct label_info *l = &h->labels[i->imm];
            l->position = (uint16_t)n;
            l->fall_in = !ended;
            block++;
            ended = false;
            continue;
        }
        const int label = branch_label(i);
        if (label >= 0)
            h->labels[label].branches++;
        const unsigned ins = h->op_ins[i->op], outs = h->op_outs[i->op];
        for (unsigned k = 0; k < ins; k++) {
            const ir_reg r = i->s[k];
            if (r <= h->unit->global_count || r == IR_IMM)
                continue;
            const unsigned bits = bits_read(i, k);
            if (bits > h->vregs[r].demand)
                h->vregs[r].demand = (uint8_t)bits;
            note_register(h, r, block);
        }
        for (unsigned k = 0; k < outs; k++) {
            if (i->d[k] == IR_NONE)
                continue;
            note_register(h, i->d[k], block);
            h->vregs[i->d[k]].defs++;
        }
        if (ir_op_info[i->op].flags & IR_F_ENDS) {
            block++;
            ended = true;
        }
    }
}

/* Numbers the temporaries that cross blocks, as far as a word reaches; the others never die. */
static void number_crossing(struct host_state *h)
{
    unsigned bit = 0;
    for (unsigned r = h->unit->global_count + 1; r < h->unit->reg_count && bit < 64; r++) {
        if (h->vregs[r].flags & VREG_CROSS)
            h->vregs[r].live_bit = (uint16_t)++bit;
    }
}

struct live { uint64_t temps; bool flags; };

static bool use(struct host_state *h, struct live *live, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL) {
        const bool last = r == h->flags_global && !live->flags;
        if (r == h->flags_global)
            live->flags = true;
        return last;
    }
    if (v->flags & VREG_CROSS) {
        if (!v->live_bit)
            return false;
        const uint64_t bit = 1ull << (v->live_bit - 1);
        const bool last = !(live->temps & bit);
        live->temps |= bit;
        return last;
    }
    const bool last = !v->value;        /* value: alive, while this pass runs */
    v->value = 1;
    return last;
}

/* Returns whether the value given here is never used. */
static bool define(struct host_state *h, struct live *live, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL) {
        if (r != h->flags_global)
            return false;
        const bool dead = !live->flags;
        live->flags = false;
        return dead;
    }
    if (v->flags & VREG_CROSS) {
        if (!v->live_bit)
            return false;
        const uint64_t bit = 1ull << (v->live_bit - 1);
        const bool dead = !(live->temps & bit);
        live->temps &= ~bit;
        return dead;
    }
    const bool dead = !v->value;
    v->value = 0;
    return dead;
}

static bool shows_globals(const struct host_state *h, const struct ir_insn *i)
{
    const uint32_t flags = ir_op_info[i->op].flags;
    if (flags & (IR_F_FAULTS | IR_F_EXITS))
        return true;
    return (flags & IR_F_CALL) &&
           (h->unit->helpers[i->aux].flags & (IR_HELPER_READS | IR_HELPER_WRITES | IR_HELPER_FAULTS));
}

static void backward(struct host_state *h)
{
    const struct ir_unit *u = h->unit;
    struct live live = { 0, true };
    for (unsigned n = u->count; n-- > 0;) {
        const struct ir_insn *i = &u->code[n];
        const uint32_t flags = ir_op_info[i->op].flags;
        uint8_t ends = 0;
        if (i->op == IR_LABEL) {
            h->labels[i->imm].live_temps = live.temps;
            h->labels[i->imm].live_globals = live.flags;
            h->ends[n] = live.flags ? 0 : END_FLAGS;
            continue;
        }
        if ((flags & IR_F_EXITS) && (flags & IR_F_ENDS))
            live = (struct live){ 0, true };
        const int label = branch_label(i);
        if (label >= 0) {
            struct label_info *l = &h->labels[label];
            const bool backward = l->position <= n;
            l->backward |= backward;
            l->backward_branches += backward;
            if (backward && !l->last_branch)
                l->last_branch = (uint16_t)n;
            if (i->op == IR_BR)
                live = (struct live){ 0, false };
            live.temps |= backward ? ~0ull : l->live_temps;
            live.flags |= backward || l->live_globals;
        }
        if (!live.flags)
            ends |= END_FLAGS;
        for (unsigned k = h->op_outs[i->op]; k-- > 0;) {
            if (i->d[k] != IR_NONE && define(h, &live, i->d[k]))
                ends |= END_D0 << k;
        }
        for (unsigned k = h->op_ins[i->op]; k-- > 0;) {
            if (i->s[k] != IR_NONE && i->s[k] != IR_IMM && use(h, &live, i->s[k]))
                ends |= END_S0 << k;
        }
        if (shows_globals(h, i))
            live.flags = true;
        h->ends[n] = ends;
    }
}

void host_analyse(struct host_state *h)
{
    const struct ir_unit *u = h->unit;
    memset(h->labels, 0, (u->label_count + 1) * sizeof(*h->labels));
    forward(h);
    number_crossing(h);
    backward(h);
    for (unsigned r = 1; r < u->reg_count; r++)
        h->vregs[r].value = 0;
}
