/* SPDX-License-Identifier: MIT */
/*
 * Which host register holds what (integers and vectors).
 *
 * Pinned globals always sit in their home. Everything else is in a pool register, in its memory home (a global's
 * field, a temporary's spill slot), or a known constant. Pool registers are handed out as needed; when none is free
 * the least recently used one is emptied. A register that a deferred flags value refers to counts as in use.
 * At labels the pool is empty, but where a label's only branch lets its state be carried over (control.c).
 */
#include <string.h>
#include "tcg/host-x86_64/host.h"

void host_mov(struct host_state *h, unsigned to, unsigned from)
{
    if (to != from)
        host_rr(&h->c, H_MOV, 64, to, from);
}

void reg_load_const(struct host_state *h, unsigned reg, uint64_t value)
{
    if (value == 0 && !h->now.eflags_of && !h->eflags_busy) {
        host_rr(&h->c, H_XOR, 32, reg, reg);
    } else {
        host_mov_imm(&h->c, reg, value);
    }
}

/*
 * A temporary that lives across labels keeps its slot for the whole unit and shares it with nobody: in a loop, code above
 * its first mention here runs while it is alive. Others give theirs back.
 */
static int new_slot(struct host_state *h, unsigned words, bool cross)
{
    if (cross) {
        const unsigned n = (h->cross_slots + (words == 2)) & ~(words == 2 ? 1u : 0u);
        h->cross_slots = n + words;
        h->failed |= h->cross_slots > CROSS_SLOTS;
        return h->failed ? 0 : (int)(SPILL_SLOTS + n);
    }
    const uint64_t need = (1ull << words) - 1;
    for (unsigned n = 0; n + words <= SPILL_SLOTS; n += words == 2 ? 2 : 1) {
        if (!(h->slots & need << n)) {
            h->slots |= need << n;
            return (int)n;
        }
    }
    h->failed = true;
    return 0;
}

static unsigned slot_words(struct host_state *h, ir_reg r)
{
    const unsigned type = h->unit->types[r];
    return type == IR_TYPE_VEC ? 2 : type == IR_TYPE_FLAGS ? 3 : 1;
}

struct host_mem reg_mem(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL)
        return host_mem(REG_CPU, v->mem);
    if (v->slot < 0)
        v->slot = (int16_t)new_slot(h, slot_words(h, r), v->flags & VREG_CROSS);
    return cpu_mem(offsetof(struct cpu, spill) + 8u * (unsigned)v->slot);
}

static void store_int(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_DIRTY) {
        host_rm(&h->c, H_MOV_M, 64, v->reg, reg_mem(h, r));
        v->flags &= ~VREG_DIRTY;
    }
}

void reg_spill(struct host_state *h, unsigned reg)
{
    const ir_reg r = h->now.owner[reg];
    if (h->group.reg == reg)
        group_drop(h);
    if (r) {
        store_int(h, r);
        vreg_of(h, r)->reg = NO_REG;
        h->now.owner[reg] = IR_NONE;
    }
    flags_reg_changing(h, reg);
}

void reg_spill_mask(struct host_state *h, uint16_t mask)
{
    for (mask &= h->pool_mask; mask; mask &= mask - 1)
        reg_spill(h, (unsigned)__builtin_ctz(mask));
}

unsigned reg_temp_in(struct host_state *h, uint16_t mask)
{
    const uint16_t group = h->group.root ? 1 << h->group.reg : 0;
    const uint16_t candidates = h->pool_mask & mask & ~h->locked & ~group, flags = flags_registers(h);
    unsigned best = NO_REG;
    uint32_t oldest = UINT32_MAX;
    for (uint16_t m = candidates; m; m &= m - 1) {
        const unsigned reg = (unsigned)__builtin_ctz(m);
        if (!h->now.owner[reg] && !(flags >> reg & 1)) {
            best = reg;
            break;
        }
        const ir_reg r = h->now.owner[reg];
        /* a clean copy goes before a dirty one of the same age */
        const uint32_t age = h->used[reg] * 2 + (!r || (h->vregs[r].flags & VREG_DIRTY));
        if (age < oldest) {
            oldest = age;
            best = reg;
        }
    }
    if (best == NO_REG && (group & mask & ~h->locked)) {
        best = h->group.reg;
        group_drop(h);
    }
    if (best == NO_REG) {           /* cannot happen: no op locks that many */
        h->failed = true;
        return R11;
    }
    reg_spill(h, best);
    h->locked |= 1 << best;
    h->used[best] = ++h->stamp;
    return best;
}

unsigned reg_temp(struct host_state *h)
{
    return reg_temp_in(h, 0xffff);
}

void reg_unlock(struct host_state *h, unsigned reg)
{
    h->locked &= ~(1 << reg);
}

bool reg_is_const(struct host_state *h, ir_reg r, int64_t *value)
{
    const struct vreg *v = vreg_of(h, r);
    *value = v->value;
    return v->flags & VREG_CONST;
}

bool reg_in_memory(struct host_state *h, ir_reg r, struct host_mem *m)
{
    const struct vreg *v = vreg_of(h, r);
    if (v->home != NO_REG || v->reg != NO_REG || (v->flags & VREG_CONST))
        return false;
    *m = reg_mem(h, r);
    return true;
}

static void own(struct host_state *h, unsigned reg, ir_reg r)
{
    h->now.owner[reg] = r;
    vreg_of(h, r)->reg = (uint8_t)reg;
    h->locked |= 1 << reg;
    h->used[reg] = ++h->stamp;
}

unsigned reg_use(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->home != NO_REG)
        return v->home;
    if (v->reg == NO_REG) {
        const unsigned reg = reg_temp(h);
        if (v->flags & VREG_CONST) {
            reg_load_const(h, reg, (uint64_t)v->value);
        } else {
            host_rm(&h->c, H_MOV, 64, reg, reg_mem(h, r));
        }
        own(h, reg, r);
    }
    h->locked |= 1 << v->reg;
    h->used[v->reg] = ++h->stamp;
    return v->reg;
}

void reg_changing(struct host_state *h, unsigned reg)
{
    flags_reg_changing(h, reg);
}

unsigned reg_def_over(struct host_state *h, ir_reg r, unsigned reusable)
{
    struct vreg *v = vreg_of(h, r);
    if (v->home != NO_REG) {
        flags_reg_changing(h, v->home);
        return v->home;
    }
    v->flags &= ~VREG_CONST;
    unsigned reg = v->reg;
    if (reg == NO_REG) {
        if (reusable != NO_REG && !h->now.owner[reusable] && !(h->group.root && h->group.reg == reusable) &&
            (h->pool_mask >> reusable & 1) &&
            !(flags_registers(h) >> reusable & 1)) {
            reg = reusable;
        } else {
            reg = reg_temp(h);
        }
    } else {
        flags_reg_changing(h, reg);
    }
    own(h, reg, r);
    v->flags |= VREG_DIRTY;
    return reg;
}

unsigned reg_def(struct host_state *h, ir_reg r)
{
    return reg_def_over(h, r, NO_REG);
}

void reg_release(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL)
        return;
    if (h->unit->types[r] == IR_TYPE_FLAGS) {
        flags_drop(h, r);
    } else if (v->reg != NO_REG) {
        if (h->unit->types[r] == IR_TYPE_VEC) {
            h->now.xmm_owner[v->reg] = IR_NONE;
        } else {
            h->now.owner[v->reg] = IR_NONE;
        }
        v->reg = NO_REG;
    }
    v->flags &= ~VREG_DIRTY;
    if (v->slot >= 0 && !(v->flags & VREG_CROSS)) {
        h->freed |= ((1ull << slot_words(h, r)) - 1) << v->slot;     /* this op may still read it */
        v->slot = -1;
    }
}

void regs_op_done(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    for (unsigned k = 0; k < 4; k++) {
        if (ends >> k & 1 && insn->s[k] != insn->d[0] && insn->s[k] != insn->d[1])
            reg_release(h, insn->s[k]);
    }
    if (ends & END_D0)
        reg_release(h, insn->d[0]);
    if (ends & END_D1)
        reg_release(h, insn->d[1]);
    if ((ends & END_FLAGS) && h->flags_global)
        flags_drop(h, h->flags_global);
    h->locked = h->xmm_locked = 0;
    h->slots &= ~h->freed;
    h->freed = 0;
}

void regs_start(struct host_state *h)
{
    memset(&h->now, 0, sizeof(h->now));
    h->locked = h->xmm_locked = 0;
    group_forget(h);
    h->slots = h->freed = 0;
    h->cross_slots = 0;
    h->stamp = 0;
    memset(h->used, 0, sizeof(h->used));
    memset(h->xmm_used, 0, sizeof(h->xmm_used));
    h->snapshot_count = h->loop_count = 0;
    h->xmm_kept = 0;
}

void regs_forget(struct host_state *h)
{
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        if (h->now.owner[reg]) {
            vreg_of(h, h->now.owner[reg])->reg = NO_REG;
            vreg_of(h, h->now.owner[reg])->flags &= ~VREG_DIRTY;
        }
        h->now.owner[reg] = IR_NONE;
    }
    xmm_forget(h);
    flags_forget(h);
    group_forget(h);
}

void regs_forget_globals(struct host_state *h)
{
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        const ir_reg r = h->now.owner[reg], x = h->now.xmm_owner[reg];
        if (r && (vreg_of(h, r)->flags & VREG_GLOBAL)) {
            vreg_of(h, r)->reg = NO_REG;
            vreg_of(h, r)->flags &= ~VREG_DIRTY;
            h->now.owner[reg] = IR_NONE;
        }
        if (x && (vreg_of(h, x)->flags & VREG_GLOBAL)) {
            vreg_of(h, x)->reg = NO_REG;
            vreg_of(h, x)->flags &= ~VREG_DIRTY;
            h->now.xmm_owner[reg] = IR_NONE;
        }
    }
}

void regs_write_back(struct host_state *h, bool temps, bool lasting)
{
    const uint8_t wanted = VREG_GLOBAL | (temps ? VREG_CROSS : 0);
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        const ir_reg r = h->now.owner[reg], x = h->now.xmm_owner[reg];
        if (r && (vreg_of(h, r)->flags & wanted) && (vreg_of(h, r)->flags & VREG_DIRTY)) {
            host_rm(&h->c, H_MOV_M, 64, reg, reg_mem(h, r));
            if (lasting)
                vreg_of(h, r)->flags &= ~VREG_DIRTY;
        }
        if (x && !(h->xmm_kept >> reg & 1) && (vreg_of(h, x)->flags & wanted) && (vreg_of(h, x)->flags & VREG_DIRTY)) {
            host_rm(&h->c, H_MOVUPS_M, 0, reg, reg_mem(h, x));
            if (lasting)
                vreg_of(h, x)->flags &= ~VREG_DIRTY;
        }
    }
    flags_write_back(h, temps, lasting);
}

void regs_take(struct host_state *h, struct allocation *a)
{
    *a = h->now;
    a->dirty = a->xmm_dirty = 0;
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        const ir_reg r = h->now.owner[reg], x = h->now.xmm_owner[reg];
        a->dirty |= (r && (vreg_of(h, r)->flags & VREG_DIRTY) ? 1 : 0) << reg;
        a->xmm_dirty |= (x && (vreg_of(h, x)->flags & VREG_DIRTY) ? 1 : 0) << reg;
    }
}

/* Whether a register's value matters behind the label. */
static bool lives_at(struct host_state *h, ir_reg r, const struct label_info *label)
{
    const struct vreg *v = vreg_of(h, r);
    if (v->flags & VREG_GLOBAL)
        return r != h->flags_global || label->live_globals;
    return (v->flags & VREG_CROSS) && (!v->live_bit || label->live_temps >> (v->live_bit - 1) & 1);
}

static void put_one(struct host_state *h, ir_reg *owner, const struct label_info *label, unsigned reg, bool dirty)
{
    struct vreg *v = vreg_of(h, *owner);
    if (!*owner)
        return;
    if (!lives_at(h, *owner, label)) {
        *owner = IR_NONE;
        return;
    }
    v->reg = (uint8_t)reg;
    v->flags = (uint8_t)((v->flags & ~VREG_DIRTY) | (dirty ? VREG_DIRTY : 0));
}

void regs_put(struct host_state *h, const struct allocation *a, const struct label_info *label)
{
    regs_forget(h);
    h->now = *a;
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        put_one(h, &h->now.owner[reg], label, reg, a->dirty >> reg & 1);
        put_one(h, &h->now.xmm_owner[reg], label, reg, a->xmm_dirty >> reg & 1);
    }
    for (unsigned n = 0; n < MAX_FLAG_STATES; n++) {
        const ir_reg f = h->now.flags[n].vreg;
        if (f && !lives_at(h, f, label))
            flags_drop(h, f);
    }
}

/* Vectors: one pool, xmm0-14. */

void xmm_spill(struct host_state *h, unsigned xmm)
{
    const ir_reg r = h->now.xmm_owner[xmm];
    if (!r)
        return;
    if (vreg_of(h, r)->flags & VREG_DIRTY)
        host_rm(&h->c, H_MOVUPS_M, 0, xmm, reg_mem(h, r));
    vreg_of(h, r)->flags &= ~VREG_DIRTY;
    vreg_of(h, r)->reg = NO_REG;
    h->now.xmm_owner[xmm] = IR_NONE;
}

unsigned xmm_temp(struct host_state *h)
{
    unsigned best = NO_REG;
    uint32_t oldest = UINT32_MAX;
    /* from above: xmm0 is an implicit operand of some instructions */
    for (unsigned xmm = XMM_SCRATCH; xmm-- > 0;) {
        if (h->xmm_locked >> xmm & 1)
            continue;
        if (!h->now.xmm_owner[xmm]) {
            best = xmm;
            break;
        }
        if (h->xmm_used[xmm] < oldest) {
            oldest = h->xmm_used[xmm];
            best = xmm;
        }
    }
    xmm_spill(h, best);
    h->xmm_locked |= 1 << best;
    h->xmm_used[best] = ++h->stamp;
    return best;
}

void xmm_own(struct host_state *h, unsigned xmm, ir_reg r)
{
    h->now.xmm_owner[xmm] = r;
    vreg_of(h, r)->reg = (uint8_t)xmm;
}

unsigned xmm_use(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->reg == NO_REG) {
        const unsigned xmm = xmm_temp(h);
        host_rm(&h->c, H_MOVUPS, 0, xmm, reg_mem(h, r));
        xmm_own(h, xmm, r);
    }
    h->xmm_locked |= 1 << v->reg;
    h->xmm_used[v->reg] = ++h->stamp;
    return v->reg;
}

unsigned xmm_def(struct host_state *h, ir_reg r)
{
    struct vreg *v = vreg_of(h, r);
    if (v->reg == NO_REG)
        xmm_own(h, xmm_temp(h), r);
    h->xmm_locked |= 1 << v->reg;
    h->xmm_used[v->reg] = ++h->stamp;
    v->flags |= VREG_DIRTY;
    return v->reg;
}

void xmm_store_live(struct host_state *h, bool all)
{
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        const ir_reg r = h->now.xmm_owner[xmm];
        if (r && (all || (vreg_of(h, r)->flags & VREG_DIRTY)))
            host_rm(&h->c, H_MOVUPS_M, 0, xmm, reg_mem(h, r));
    }
}

void xmm_load_live(struct host_state *h)
{
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        if (h->now.xmm_owner[xmm])
            host_rm(&h->c, H_MOVUPS, 0, xmm, reg_mem(h, h->now.xmm_owner[xmm]));
    }
}

void xmm_forget(struct host_state *h)
{
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        if (h->now.xmm_owner[xmm]) {
            vreg_of(h, h->now.xmm_owner[xmm])->reg = NO_REG;
            vreg_of(h, h->now.xmm_owner[xmm])->flags &= ~VREG_DIRTY;
        }
        h->now.xmm_owner[xmm] = IR_NONE;
    }
}
