/* SPDX-License-Identifier: MIT */
/*
 * Backward pass: liveness, and what follows from it.
 *
 *   dead ops            no effect and nobody reads the result: removed
 *   dead flags          a FLAG op becomes the PURE op of the same value, or loses an output; of the first flags global each
 *                       flag is followed: an op that hands on flags which nobody reads does without its flags input
 *   g = MOV t           merges into the op that computed t, when nothing in between could tell
 *   marks               ir_insn.dies and unit->live, for the register allocator
 *
 * All globals are live where the guest could see them: at exits, at ops that may fault, at calls that read them. At a
 * branch backward, which this single pass has not seen the target of, everything that can be live at a label is taken
 * to be: loops have a POLL at their head, which reads all globals anyway.
 */
#include <glib.h>
#include <string.h>
#include "tcg/engine_switches.h"
#include "tcg/ir_opt_scratch.h"

/* `g = MOV t` waiting for the op that computed t. */
struct pending { ir_reg from, to; struct ir_insn *move; };

struct live {
    struct ir_unit *u;
    struct ir_liveness *out;
    unsigned global_count;
    ir_global_set globals, all_globals;     /* globals live now: bit n is register n + 1 */
    ir_reg flags_global;            /* the first of that type, IR_NONE: none */
    uint32_t flags_read;            /* which of its flags somebody reads */
    uint8_t *alive;                 /* temporaries live now */
    uint8_t *seen;                  /* labels already passed */
    unsigned pending_count;
    struct pending pending[IR_OPT_PENDING];
};

static inline bool is_live(const struct live *l, ir_reg r)
{
    return r <= l->global_count ? l->globals >> (r - 1) & 1 : l->alive[r];
}

static inline void begin_life(struct live *l, ir_reg r)
{
    if (r <= l->global_count)
        l->globals |= (ir_global_set)1 << (r - 1);
    else
        l->alive[r] = 1;
}

static inline void end_life(struct live *l, ir_reg r)
{
    if (r <= l->global_count)
        l->globals &= ~((ir_global_set)1 << (r - 1));
    else
        l->alive[r] = l->out->crossing_more && l->out->cross[r] > IR_MAX_CROSSING;
}

/* Finds the temporaries that are mentioned on both sides of a label. */
static void find_crossing(struct ir_unit *u)
{
    struct ir_liveness *out = u->live;
    uint16_t *home = u->scratch->home;
    uint16_t stretch = 1;
    memset(out->cross, 0, u->reg_count);
    out->crossing_count = 0;
    out->crossing_more = false;
    if (!u->label_count)
        return;
    memset(home, 0, u->reg_count * sizeof home[0]);
    for (unsigned i = 0; i < u->count; i++) {
        const struct ir_insn *insn = &u->code[i];
        if (insn->op == IR_OP_REMOVED)
            continue;
        stretch += insn->op == IR_LABEL;
        const unsigned ins = ir_op_info[insn->op].in_count, operands = ins + ir_op_info[insn->op].out_count;
        for (unsigned k = 0; k < operands; k++) {
            const ir_reg r = k < ins ? insn->s[k] : insn->d[k - ins];
            if (r <= u->global_count || r == IR_IMM || home[r] == stretch)
                continue;
            if (!home[r]) {
                home[r] = stretch;
            } else if (!out->cross[r]) {
                const bool room = out->crossing_count < IR_MAX_CROSSING;
                if (room)
                    out->crossing[out->crossing_count++] = r;
                out->cross[r] = room ? (uint8_t)out->crossing_count : 255;
                out->crossing_more |= !room;
            }
        }
    }
}

/* The PURE op with the value of a FLAG op, or the op itself when there is none (see ir_opt.h). */
static enum ir_op value_only(const struct ir_insn *insn)
{
    const bool same_count = insn->width >= 32 || (insn->s[2] == IR_IMM && insn->imm < insn->width);
    switch (insn->op) {
    case IR_ADDS: return IR_ADD;
    case IR_SUBS: return IR_SUB;
    case IR_ANDS: return IR_AND;
    case IR_ADDNS: return IR_ADD;
    case IR_ANDNS: return IR_AND;
    case IR_KEEPS:
    case IR_KEEPCS: return IR_MOV;
    case IR_ORS:  return IR_OR;
    case IR_XORS: return IR_XOR;
    case IR_INCS: return IR_ADD;
    case IR_DECS: return IR_ADD;
    case IR_MULS: return IR_MUL;
    case IR_ROLS: return IR_ROL;
    case IR_RORS: return IR_ROR;
    case IR_SHLS: return same_count ? IR_SHL : IR_SHLS;
    case IR_SHRS: return same_count ? IR_SHR : IR_SHRS;
    case IR_SARS: return same_count ? IR_SAR : IR_SARS;
    default:      return insn->op;
    }
}

static void drop_flags(struct ir_insn *insn)
{
    const enum ir_op op = insn->op, pure = value_only(insn);
    insn->d[1] = IR_NONE;
    if (pure == op) {
        if (op != IR_ADCS && op != IR_SBBS && op != IR_RCLS && op != IR_RCRS)
            insn->s[0] = IR_NONE;
        return;
    }
    insn->op = (uint8_t)pure;
    if (op == IR_INCS || op == IR_DECS) {
        insn->s[1] = IR_IMM;
        insn->imm = op == IR_INCS ? 1 : -1;
    } else if (ir_op_info[op].flags & IR_F_FIRST_FLAGS) {
        insn->s[0] = insn->s[1];
        insn->s[1] = op == IR_KEEPCS ? IR_NONE : insn->s[2];
        insn->s[2] = IR_NONE;
        if (insn->s[1] == IR_IMM)
            insn->imm &= insn->width - 1;
    }
}

/* A shift whose count is a constant other than 0 does not look at the flags before. */
static void drop_flags_input(struct ir_insn *insn)
{
    switch (insn->op) {
    case IR_SHLS:
    case IR_SHRS:
    case IR_SARS:
        if (insn->s[2] == IR_IMM && insn->imm & (insn->width == 64 ? 63 : 31))
            insn->s[0] = IR_NONE;
        break;
    case IR_SHLDS:
    case IR_SHRDS:
        if (insn->s[3] == IR_IMM && insn->imm & (insn->width == 64 ? 63 : 31))
            insn->s[0] = IR_NONE;
        break;
    }
}

/* The flags of its input that an op looks at or hands on, when of its output only `wanted` is read. */
static uint32_t flags_taken(const struct ir_insn *insn, uint32_t wanted)
{
    switch (insn->op) {
    case IR_BRF:
    case IR_SETF:
    case IR_SELF:   return ir_cond_flags(insn->cond);
    case IR_ADCS:
    case IR_SBBS:   return IR_CF;
    case IR_INCS:
    case IR_DECS:   return wanted & IR_CF;
    case IR_KEEPS:  return wanted & (IR_CF | IR_OF);
    case IR_KEEPCS: return wanted & IR_OF;
    case IR_FMERGE: return wanted & ~(uint32_t)insn->imm;
    default:        return IR_ALL_FLAGS;
    }
}

/* Nobody reads what the op hands on of its flags input. */
static void forget_flags_input(struct ir_insn *insn)
{
    switch (insn->op) {
    case IR_INCS:
    case IR_DECS:
        insn->op = insn->op == IR_INCS ? IR_ADDS : IR_SUBS;
        insn->s[1] = IR_IMM;
        insn->imm = 1;
        break;
    case IR_KEEPS:
    case IR_KEEPCS:
        insn->s[0] = IR_NONE;
        break;
    case IR_FMERGE:
        insn->op = IR_FPUT;
        insn->s[0] = insn->s[1];
        insn->s[1] = IR_NONE;
        break;
    }
}

static bool is_copy(const struct ir_insn *insn)
{
    return (insn->op == IR_MOV && insn->width == 64) || insn->op == IR_VMOV || insn->op == IR_FMOV;
}

/* Whether the guest could see the globals at this op, or control join or part. */
static bool is_barrier(const struct live *l, const struct ir_insn *insn, uint32_t flags)
{
    if (flags & IR_F_CALL)
        return l->u->helpers[insn->aux].flags & (IR_HELPER_READS | IR_HELPER_WRITES | IR_HELPER_FAULTS);
    return flags & (IR_F_FAULTS | IR_F_EXITS | IR_F_BRANCH | IR_F_LABEL);
}

static void forget_pending(struct live *l, unsigned n)
{
    l->pending[n] = l->pending[--l->pending_count];
}

/*
 * Looks at what the op does to waiting moves. Computing t itself ends the wait well, even when the op is a barrier:
 * its outputs are assigned after all else it does.
 */
static void merge_moves(struct live *l, struct ir_insn *insn, uint32_t flags)
{
    const bool barrier = is_barrier(l, insn, flags);
    for (unsigned n = l->pending_count; n-- > 0;) {
        const struct pending p = l->pending[n];
        bool touched = barrier;
        for (unsigned i = 0; i < 4; i++)
            touched |= insn->s[i] == p.from || insn->s[i] == p.to;
        const int out = insn->d[0] == p.from ? 0 : insn->d[1] == p.from ? 1 : -1;
        if (out >= 0 && insn->d[!out] != p.to) {
            bool reads_itself = false;
            for (unsigned i = 0; i < 4; i++)
                reads_itself |= insn->s[i] == p.from;
            if (!reads_itself) {
                insn->d[out] = p.to;
                ir_remove(p.move);
                end_life(l, p.from);
                begin_life(l, p.to);
            }
            forget_pending(l, n);
        } else if (touched || insn->d[0] == p.to || insn->d[1] == p.to) {
            forget_pending(l, n);
        }
    }
}

/* A move into a global, the last use of its source. Called with the liveness after it. */
static void note_move(struct live *l, struct ir_insn *insn)
{
    const ir_reg from = insn->s[0], to = insn->d[0];
    if (from > l->global_count && !l->out->cross[from] && to <= l->global_count && !is_live(l, from) &&
        l->pending_count < IR_OPT_PENDING)
        l->pending[l->pending_count++] = (struct pending){ from, to, insn };
}

/* Outputs end here (going backward), inputs begin; `dead`: outputs that nobody reads; `taken`: flags that the op reads. */
static void mark_and_use(struct live *l, struct ir_insn *insn, unsigned dead, uint32_t taken)
{
    const unsigned ins = ir_op_info[insn->op].in_count;
    unsigned dies = dead * IR_DEAD_D0;
    if (insn->d[0])
        end_life(l, insn->d[0]);
    if (insn->d[1])
        end_life(l, insn->d[1]);
    for (unsigned i = 0; i < ins; i++)
        if (insn->s[i] && insn->s[i] != IR_IMM && !is_live(l, insn->s[i]))
            dies |= IR_LAST_S0 << i;
    if (l->flags_global && (insn->d[0] == l->flags_global || insn->d[1] == l->flags_global))
        l->flags_read = 0;
    for (unsigned i = 0; i < ins; i++) {
        if (insn->s[i] && insn->s[i] != IR_IMM)
            begin_life(l, insn->s[i]);
        if (insn->s[i] == l->flags_global)
            l->flags_read |= taken;
    }
    insn->dies = (uint8_t)dies;
}

static bool removable(const struct live *l, const struct ir_insn *insn, uint32_t flags)
{
    if (insn->op == IR_CALL)
        return l->u->helpers[insn->aux].flags & IR_HELPER_PURE;
    return flags & IR_F_REMOVABLE;
}

/* What is live where control goes on at a label. */
static void take_label(struct live *l, unsigned label)
{
    const struct ir_label_live *at = &l->out->label[label];
    const bool seen = l->seen[label];                   /* else a branch backward */
    l->globals |= seen ? at->globals : l->all_globals;
    l->flags_read |= seen ? at->flags : IR_ALL_FLAGS;
    for (unsigned n = 0; n < l->out->crossing_count; n++)
        l->alive[l->out->crossing[n]] |= !seen || (at->temps >> n & 1);
}

static void place_label(struct live *l, unsigned label)
{
    uint64_t temps = 0;
    for (unsigned n = 0; n < l->out->crossing_count; n++)
        temps |= (uint64_t)l->alive[l->out->crossing[n]] << n;
    l->out->label[label] = (struct ir_label_live){ l->globals, temps, l->flags_read };
    l->seen[label] = 1;
}

static void live_control(struct live *l, const struct ir_insn *insn, uint32_t flags)
{
    if (flags & IR_F_LABEL) {
        place_label(l, (unsigned)insn->imm);
        return;
    }
    if (flags & IR_F_ENDS) {
        l->globals = 0;
        l->flags_read = 0;
        for (unsigned n = 0; n < l->out->crossing_count; n++)
            end_life(l, l->out->crossing[n]);
    }
    if (flags & IR_F_BRANCH) {
        take_label(l, insn->op == IR_BRC ? insn->aux : (unsigned)insn->imm);
    } else if (is_barrier(l, insn, flags)) {
        l->globals |= l->all_globals;
        l->flags_read = IR_ALL_FLAGS;
    }
}

static unsigned dead_outputs(const struct live *l, const struct ir_insn *insn)
{
    return (insn->d[0] && !is_live(l, insn->d[0]) ? 1 : 0) | (insn->d[1] && !is_live(l, insn->d[1]) ? 2 : 0);
}

/* Does without outputs that nobody reads. */
static uint32_t drop_outputs(struct ir_insn *insn, uint32_t flags, unsigned dead)
{
    if (flags & IR_F_IS_FLAG) {
        if (!insn->d[1] || dead & 2)
            drop_flags(insn);
        if (dead & 1)
            insn->d[0] = IR_NONE;
        drop_flags_input(insn);
    } else if (flags & IR_F_CALL && dead & 1) {
        insn->d[0] = IR_NONE;
    }
    return ir_op_info[insn->op].flags;
}

static void live_insn(struct live *l, struct ir_insn *insn)
{
    uint32_t flags = ir_op_info[insn->op].flags;
    if (flags & IR_F_MARK)
        return;
    unsigned dead = dead_outputs(l, insn);
    const unsigned outputs = (insn->d[0] ? 1 : 0) | (insn->d[1] ? 2 : 0);
    const bool useless = dead == outputs && removable(l, insn, flags);
    if (useless && !(l->u->off & (flags & IR_F_IS_FLAG ? OFF_DEAD | OFF_FLAGS : OFF_DEAD))) {
        ir_remove(insn);
        return;
    }
    if (flags & (IR_F_IS_FLAG | IR_F_CALL) && !useless && !(l->u->off & OFF_FLAGS)) {
        flags = drop_outputs(insn, flags, dead);
        dead = 0;
    }
    uint32_t taken = IR_ALL_FLAGS;
    if (flags & (IR_F_IS_FLAG | IR_F_IS_FVAL | IR_F_BRANCH)) {
        const bool sets_flags = l->flags_global && (insn->d[0] == l->flags_global || insn->d[1] == l->flags_global);
        taken = flags_taken(insn, sets_flags ? l->flags_read : IR_ALL_FLAGS);
    }
    if (!taken) {
        forget_flags_input(insn);
        flags = ir_op_info[insn->op].flags;
    }
    if (l->pending_count)
        merge_moves(l, insn, flags);
    if (is_copy(insn) && !(l->u->off & OFF_MERGE))
        note_move(l, insn);
    const bool control = flags & (IR_F_LABEL | IR_F_BRANCH | IR_F_ENDS);
    if (control)
        live_control(l, insn, flags);
    mark_and_use(l, insn, dead, taken);
    if (!control && flags & (IR_F_FAULTS | IR_F_EXITS | IR_F_CALL))
        live_control(l, insn, flags);
}

static ir_global_set low_bits(unsigned count)
{
    return ((ir_global_set)1 << count) - 1;
}

void ir_opt_live(struct ir_unit *u)
{
    struct live l;
    l.u = u;
    l.out = u->live;
    l.global_count = u->global_count;
    l.globals = l.all_globals = low_bits(u->global_count);
    l.alive = u->scratch->alive;
    l.seen = u->scratch->seen;
    l.pending_count = 0;
    const uint8_t *first = memchr(u->types + 1, IR_TYPE_FLAGS, u->global_count);
    l.flags_global = first ? (ir_reg)(first - u->types) : IR_NONE;
    l.flags_read = IR_ALL_FLAGS;
    find_crossing(u);
    memset(l.alive, 0, u->reg_count);
    memset(l.seen, 0, u->label_count);
    for (unsigned r = 1; u->live->crossing_more && r < u->reg_count; r++)
        l.alive[r] = u->live->cross[r] > IR_MAX_CROSSING;
    for (unsigned i = u->count; i-- > 0;)
        if (u->code[i].op != IR_OP_REMOVED)
            live_insn(&l, &u->code[i]);
}
