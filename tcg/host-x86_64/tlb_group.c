/* SPDX-License-Identifier: MIT */
/*
 * One TLB look-up for several accesses off one base.
 *
 * When later ops access memory at constant distances from the same base, the first one looks up the whole range that
 * they cover and keeps the addend in a register; those only test that it is not 0. It is 0 when the range was not in
 * one page of the TLB, and after every slow path, which may change the TLB; then they look up for themselves in far code.
 *
 * The base is a register of the IR, its `root`: temporaries that are root + constant are followed, and so are additions of
 * constants to the root itself (push, pop). A group ends at labels, calls, and when its root gets another value.
 *
 * Additions count in 64 bits. In units whose addresses are cut to 32 bits (ir_unit.addresses_32) those in 32 bits do too, and
 * everything is meant modulo 2^32: the leader looks up both ends of the range cut to 32 bits (a range that wraps would lie in two
 * pages, so it misses), and an access whose base or sum may reach 2^32 goes to the sum cut to 32 bits, which lies in that page.
 *
 * Nothing else can change the TLB in between: other CPUs' shoot-downs wait until this one polls (tcg/code_pages.c).
 */
#include "tcg/host-x86_64/host.h"

enum { MOST_BYTES = 512, MOST_AHEAD = 48, MOST_ALIASES = 12, LEAST_MEMBERS = 1 };

void group_drop(struct host_state *h)
{
    h->group.root = IR_NONE;
}

void group_forget(struct host_state *h)
{
    group_drop(h);
    h->alias_epoch++;
}

/* d = s + constant, as the optimiser leaves additions. */
static bool constant_add(const struct host_state *h, const struct ir_insn *i, int64_t *imm)
{
    const bool wraps = h->unit->addresses_32;
    if ((i->width != 64 && !(wraps && i->width == 32)) || i->s[0] == IR_NONE || i->s[0] == IR_IMM)
        return false;
    if (wraps && (i->op == IR_EXTU || i->op == IR_MOV)) {
        *imm = 0;
        return true;
    }
    *imm = i->op == IR_SUB || i->op == IR_SUBS ? -i->imm : i->imm;
    if (i->op == IR_LEA)
        return i->s[1] == IR_NONE;
    return (i->op == IR_ADD || i->op == IR_SUB || i->op == IR_ADDS || i->op == IR_ADDNS ||
            i->op == IR_SUBS) && i->s[1] == IR_IMM;
}

static bool is_access(const struct ir_insn *i)
{
    return i->op == IR_LD || i->op == IR_LDS || i->op == IR_LDV || i->op == IR_ST || i->op == IR_STV;
}

static bool is_store(const struct ir_insn *i)
{
    return i->op == IR_ST || i->op == IR_STV;
}

/* The op's value is below 2^32. */
static bool is_narrow(const struct ir_insn *i)
{
    const uint32_t flags = ir_op_info[i->op].flags;
    if (i->op == IR_LD)
        return i->width <= 32;
    return flags & (IR_F_IS_PURE | IR_F_IS_FLAG) && i->width <= 32 && !(flags & (IR_F_KEEP | IR_F_WIDE));
}

/* What a register is: root + offset, by its present value. */
static ir_reg resolve(struct host_state *h, ir_reg r, int64_t *offset)
{
    const struct vreg *v = vreg_of(h, r);
    *offset = 0;
    if (!v->root || v->root_epoch != h->alias_epoch || v->root_version != vreg_of(h, v->root)->version)
        return r;
    *offset = (int64_t)v->root_offset + v->root_moved - vreg_of(h, v->root)->moved;
    return v->root;
}

/* Notes what an op did to bases; called behind every op. */
void group_after(struct host_state *h, const struct ir_insn *insn)
{
    int64_t imm, offset;
    for (unsigned k = 0; k < 2; k++) {
        const ir_reg d = insn->d[k];
        if (d == IR_NONE || h->unit->types[d] != IR_TYPE_INT)
            continue;
        struct vreg *v = vreg_of(h, d);
        const bool add = k == 0 && constant_add(h, insn, &imm) && imm == (int16_t)imm;
        v->narrow_epoch = k == 0 && is_narrow(insn) ? h->alias_epoch : 0;
        if (add && insn->s[0] == d) {
            v->moved += (int32_t)imm;
            v->root_offset += (int32_t)imm;     /* it may be an alias itself */
            if (h->group.root == d) {
                h->group.low -= imm;
                h->group.high -= imm;
            }
            continue;
        }
        v->version++;
        v->root = IR_NONE;
        if (h->group.root == d)
            group_drop(h);
        if (add) {
            const ir_reg root = resolve(h, insn->s[0], &offset);
            if (root != d && offset == (int16_t)offset) {
                v->root = root;
                v->root_epoch = h->alias_epoch;
                v->root_version = vreg_of(h, root)->version;
                v->root_offset = (int32_t)(offset + imm);
                v->root_moved = vreg_of(h, root)->moved;
            }
        }
    }
}

/* A temporary defined ahead: root + offset at the place where we look. */
struct alias { ir_reg reg; int64_t offset; };
struct ahead { ir_reg root; int64_t moved; struct alias alias[MOST_ALIASES]; unsigned aliases; };

static bool offset_ahead(struct host_state *h, const struct ahead *a, ir_reg r, int64_t *offset)
{
    if (r == a->root) {
        *offset = a->moved;
        return true;
    }
    for (unsigned n = a->aliases; n-- > 0;) {
        if (a->alias[n].reg == r) {
            *offset = a->alias[n].offset;
            return a->alias[n].offset != INT64_MIN;
        }
    }
    return resolve(h, r, offset) == a->root;
}

/* Takes an op's results into account. Returns false when the root gets another value. */
static bool pass_ahead(struct host_state *h, struct ahead *a, const struct ir_insn *i)
{
    int64_t imm, offset;
    for (unsigned k = 0; k < 2; k++) {
        const ir_reg d = i->d[k];
        if (d == IR_NONE || h->unit->types[d] != IR_TYPE_INT)
            continue;
        const bool add = k == 0 && constant_add(h, i, &imm) && imm == (int16_t)imm;
        if (d == a->root) {
            if (!add || i->s[0] != d)
                return false;
            a->moved += imm;
            continue;
        }
        const bool related = add && offset_ahead(h, a, i->s[0], &offset);
        if (a->aliases < MOST_ALIASES) {
            a->alias[a->aliases++] = (struct alias){ d, related ? offset + imm : INT64_MIN };
        } else if (related || offset_ahead(h, a, d, &offset)) {
            return false;
        }
    }
    return true;
}

/* Branches over a GOTO are turned round (control.c) and do not end the stretch. */
static bool passes_branch(struct host_state *h, unsigned *n)
{
    const struct ir_unit *u = h->unit;
    const struct ir_insn *i = &u->code[*n];
    if (i->op != IR_BRF && i->op != IR_BRC)
        return false;
    const unsigned to = i->op == IR_BRF ? (unsigned)i->imm : i->aux;
    if (*n + 2 < u->count && u->code[*n + 1].op == IR_GOTO && h->labels[to].position == *n + 2 &&
        h->labels[to].branches == 1)
        *n += 2;
    return true;
}

/* The range and number of accesses that could join one at [low, high) off root. */
static unsigned look_ahead(struct host_state *h, struct tlb_group *g)
{
    const struct ir_unit *u = h->unit;
    struct ahead a = { .root = g->root };
    unsigned members = 0;
    int64_t offset;
    if (!pass_ahead(h, &a, &u->code[h->position]))
        return 0;
    const unsigned end = h->position + MOST_AHEAD < u->count ? h->position + MOST_AHEAD : u->count;
    for (unsigned n = h->position + 1; n < end; n++) {
        const struct ir_insn *i = &u->code[n];
        const uint32_t flags = ir_op_info[i->op].flags;
        if (passes_branch(h, &n))
            continue;
        if (flags & (IR_F_LABEL | IR_F_CALL | IR_F_ENDS | IR_F_EXITS))
            break;
        if (is_access(i) && i->aux == g->mmu && offset_ahead(h, &a, i->s[0], &offset) && (g->write || !is_store(i))) {
            const int64_t from = offset + i->imm, to = from + i->width / 8;
            const int64_t low = from < g->low ? from : g->low, high = to > g->high ? to : g->high;
            if (high - low <= MOST_BYTES) {
                g->low = low;
                g->high = high;
                members++;
            }
        } else if (is_store(i) && !g->write && i->aux == g->mmu && offset_ahead(h, &a, i->s[0], &offset)) {
            break;                  /* it will look for writing, and serve what follows */
        }
        if (!pass_ahead(h, &a, i))
            break;
    }
    return members;
}

/* An access of a group may go to base + displacement as it is. */
static bool exact(struct host_state *h, const struct ir_insn *insn, int64_t offset)
{
    if (!h->unit->addresses_32)
        return true;
    const bool narrow = vreg_of(h, insn->s[0])->narrow_epoch == h->alias_epoch;
    return narrow && (insn->imm == 0 || (offset >= h->group.low && offset < h->group.high));
}

enum group_role group_role(struct host_state *h, const struct ir_insn *insn, int64_t *low, int64_t *high, bool *cut)
{
    int64_t offset;
    if (h->unit->off & OFF_SHARE)
        return GROUP_ALONE;
    const ir_reg root = resolve(h, insn->s[0], &offset);
    const int64_t from = offset + insn->imm, to = from + insn->width / 8;
    const bool same = h->group.root == root && h->group.mmu == insn->aux;
    if (same && from >= h->group.low && to <= h->group.high && (h->group.write || !is_store(insn))) {
        if (h->group.members)
            h->group.members--;
        *cut = !exact(h, insn, offset);
        return GROUP_MEMBER;
    }
    if (h->group.root && h->group.members && !(same && is_store(insn) && !h->group.write))
        return GROUP_ALONE;         /* the present group has use yet */
    struct tlb_group g = { .root = root, .low = from, .high = to, .mmu = (uint8_t)insn->aux, .write = is_store(insn) };
    g.members = look_ahead(h, &g);
    if (g.members < LEAST_MEMBERS)
        return GROUP_ALONE;
    *low = g.low - offset;
    *high = g.high - offset;
    h->group = g;
    *cut = !exact(h, insn, offset);
    return GROUP_LEADER;
}
