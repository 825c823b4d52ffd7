/* SPDX-License-Identifier: MIT */
/*
 * Forward pass: what is known of every register is carried along and used.
 *
 *   operands    copies are followed; constants become immediates
 *   PURE ops    with known inputs are computed; others become simpler ops where they can
 *   addresses   base + constant moves into the displacement of loads and stores
 *   branches    with known operands are decided; what cannot be reached goes
 *
 * Facts are forgotten at labels. An op ignores what lies above its width in its inputs, so "the low 32 bits of t are
 * those of eax" is enough to let a 32-bit op read eax: zero-extensions mostly disappear by that.
 */
#include <string.h>
#include "tcg/engine_switches.h"
#include "tcg/ir_opt_scratch.h"
#include "tcg/ir_value.h"

struct fold {
    struct ir_unit *u;
    struct ir_fact *fact;
    uint32_t stamp;
};

static const struct ir_fact *known(const struct fold *f, ir_reg r)
{
    return r != IR_NONE && r != IR_IMM && f->fact[r].stamp == f->stamp ? &f->fact[r] : NULL;
}

static bool fits32(int64_t value)
{
    return value == (int32_t)value;
}

/* How many low bits of integer input i the op looks at. */
static unsigned read_width(const struct ir_insn *insn, unsigned i)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    switch (insn->op) {
    case IR_DEPOSIT:
        return i ? (unsigned)(insn->imm >> 8) : 64;
    case IR_EXTRACT:
        return ((unsigned)insn->imm & 0xff) + (unsigned)(insn->imm >> 8);
    case IR_ST:
    case IR_SELF:
    case IR_VPUT:
    case IR_ATOMIC_ADD:
    case IR_ATOMIC_AND:
    case IR_ATOMIC_OR:
    case IR_ATOMIC_XOR:
    case IR_ATOMIC_XCHG:
    case IR_ATOMIC_CAS:
        return i ? insn->width : 64;
    case IR_STCPU:
    case IR_BRC:
        return insn->width;
    }
    return flags & (IR_F_IS_PURE | IR_F_IS_FLAG) ? insn->width : 64;
}

static bool base_valid(const struct fold *f, const struct ir_fact *fact)
{
    return fact->base_bits && f->fact[fact->base].version == fact->base_version;
}

static void follow_copies(const struct fold *f, struct ir_insn *insn)
{
    const unsigned ins = ir_op_info[insn->op].in_count;
    for (unsigned i = 0; i < ins; i++) {
        const struct ir_fact *fact = known(f, insn->s[i]);
        if (fact && fact->base_bits && !fact->disp && base_valid(f, fact) && read_width(insn, i) <= fact->base_bits)
            insn->s[i] = fact->base;
    }
}

static bool constant_of(const struct fold *f, const struct ir_insn *insn, unsigned i, uint64_t *value)
{
    const ir_reg r = insn->s[i];
    if (r == IR_IMM || r == IR_NONE) {
        *value = r == IR_IMM ? (uint64_t)insn->imm : 0;
        return true;
    }
    const struct ir_fact *fact = known(f, r);
    if (!fact || !fact->is_constant)
        return false;
    *value = fact->constant;
    return true;
}

/* Makes input i, known to be a constant, the immediate. */
static bool try_immediate(struct ir_insn *insn, unsigned i, uint64_t value)
{
    const int64_t imm = (int64_t)ir_value_sign(value, insn->width);
    if (!fits32(imm))
        return false;
    insn->s[i] = IR_IMM;
    insn->imm = imm;
    return true;
}

/* The immediate form of an op with two integer inputs at `first` and first + 1. */
static void find_immediate(const struct fold *f, struct ir_insn *insn, unsigned first)
{
    uint64_t value;
    const unsigned last = first + 1;
    if (insn->s[last] == IR_IMM)
        return;
    if (constant_of(f, insn, last, &value)) {
        try_immediate(insn, last, value);
    } else if (ir_op_info[insn->op].flags & IR_F_COMMUTES && constant_of(f, insn, first, &value)) {
        const ir_reg other = insn->s[last];
        if (try_immediate(insn, last, value))
            insn->s[first] = other;
    }
}

static void become_constant(struct ir_insn *insn, uint64_t value)
{
    *insn = (struct ir_insn){ .op = IR_CONST, .width = 64, .d = { insn->d[0] }, .imm = (int64_t)value };
}

/* d = the low `width` bits of a */
static void become_cut(struct ir_insn *insn, unsigned width, ir_reg a)
{
    *insn = (struct ir_insn){
        .op = width == 64 ? IR_MOV : IR_EXTU, .width = (uint8_t)width, .d = { insn->d[0] }, .s = { a },
    };
}

static void become_immediate(struct ir_insn *insn, enum ir_op op, unsigned width, ir_reg a, int64_t imm)
{
    *insn = (struct ir_insn){
        .op = (uint8_t)op, .width = (uint8_t)width, .d = { insn->d[0] }, .s = { a, IR_IMM }, .imm = imm,
    };
}

/* PURE ops whose inputs are all known. */
static bool compute(const struct fold *f, struct ir_insn *insn)
{
    uint64_t in[4] = { 0 };
    for (unsigned i = 0; ir_op_info[insn->op].ins[i]; i++)
        if (!constant_of(f, insn, i, &in[i]))
            return false;
    become_constant(insn, ir_eval(insn, in[0], in[1], in[2], in[3]));
    return true;
}

static unsigned bits_of(const struct fold *f, ir_reg r)
{
    const struct ir_fact *fact = known(f, r);
    return fact ? fact->bits : 64;
}

static bool whole_width(unsigned w)
{
    return w == 8 || w == 16 || w == 32 || w == 64;
}

static void simplify_and(struct ir_insn *insn)
{
    const uint64_t mask = ir_value_cut((uint64_t)insn->imm, insn->width);
    if (!mask)
        become_constant(insn, 0);
    else if (mask == ir_value_mask(insn->width))
        become_cut(insn, insn->width, insn->s[0]);
    else if (mask == 0xff || mask == 0xffff || mask == 0xffffffff)
        become_cut(insn, (unsigned)__builtin_popcountll(mask), insn->s[0]);
}

static void simplify_mul(struct ir_insn *insn)
{
    const uint64_t factor = ir_value_cut((uint64_t)insn->imm, insn->width);
    if (!factor)
        become_constant(insn, 0);
    else if (!(factor & (factor - 1)))
        become_immediate(insn, IR_SHL, insn->width, insn->s[0], __builtin_ctzll(factor));
}

/* ADD of a constant to what is itself base + constant. */
static void chain_add(const struct fold *f, struct ir_insn *insn)
{
    const struct ir_fact *fact = known(f, insn->s[0]);
    if (!fact || !base_valid(f, fact) || fact->base_bits < insn->width)
        return;
    const int64_t imm = (int64_t)ir_value_sign((uint64_t)(insn->imm + fact->disp), insn->width);
    if (fits32(imm)) {
        insn->s[0] = fact->base;
        insn->imm = imm;
    }
}

/* Ops with two integer inputs, the second an immediate. */
static void simplify_immediate(const struct fold *f, struct ir_insn *insn)
{
    const int64_t negative = (int64_t)ir_value_sign((uint64_t)-insn->imm, insn->width);
    switch (insn->op) {
    case IR_SUB:
        if (fits32(negative))
            become_immediate(insn, IR_ADD, insn->width, insn->s[0], negative);
        break;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROL:
    case IR_ROR:
        insn->imm &= insn->width - 1;
        break;
    case IR_AND:
        simplify_and(insn);
        return;
    case IR_MUL:
        simplify_mul(insn);
        break;
    }
    if (insn->op == IR_ADD)
        chain_add(f, insn);
    switch (insn->op) {
    case IR_ADD:
    case IR_OR:
    case IR_XOR:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROL:
    case IR_ROR:
        if (!insn->imm)
            become_cut(insn, insn->width, insn->s[0]);
    }
}

static void simplify_same(struct ir_insn *insn)
{
    switch (insn->op) {
    case IR_XOR:
    case IR_SUB:
        become_constant(insn, 0);
        break;
    case IR_AND:
    case IR_OR:
        become_cut(insn, insn->width, insn->s[0]);
        break;
    }
}

/* Constants into the displacement; what is only a sum or a copy becomes ADD or MOV. */
static void simplify_lea(const struct fold *f, struct ir_insn *insn)
{
    uint64_t value;
    int64_t disp = insn->imm;
    ir_reg a = insn->s[0], b = insn->s[1];
    if (a && constant_of(f, insn, 0, &value) && fits32((int64_t)ir_value_sign(value + (uint64_t)disp, insn->width))) {
        disp = (int64_t)ir_value_sign(value + (uint64_t)disp, insn->width);
        a = IR_NONE;
    }
    if (b && constant_of(f, insn, 1, &value)) {
        const int64_t sum = (int64_t)ir_value_sign((value << insn->aux) + (uint64_t)disp, insn->width);
        if (fits32(sum)) {
            disp = sum;
            b = IR_NONE;
        }
    }
    if (!a && insn->aux == 0) {
        a = b;
        b = IR_NONE;
    }
    if (!a && !b) {
        become_constant(insn, ir_value_cut((uint64_t)disp, insn->width));
    } else if (!b) {
        become_immediate(insn, IR_ADD, insn->width, a, disp);
        simplify_immediate(f, insn);
    } else {
        insn->s[0] = a;
        insn->s[1] = b;
        insn->imm = disp;
    }
}

static void simplify_field(const struct fold *f, struct ir_insn *insn)
{
    const unsigned position = (unsigned)insn->imm & 0xff, length = (unsigned)(insn->imm >> 8);
    if (insn->op == IR_DEPOSIT) {
        if (position == 0 && whole_width(length) && bits_of(f, insn->s[0]) <= length)
            become_cut(insn, length, insn->s[1]);
        return;
    }
    if (position >= bits_of(f, insn->s[0]))
        become_constant(insn, 0);
    else if (position == 0 && whole_width(length))
        become_cut(insn, length, insn->s[0]);
}

static void simplify_select(const struct fold *f, struct ir_insn *insn)
{
    uint64_t a, b;
    if (insn->s[2] == insn->s[3]) {
        become_cut(insn, insn->width, insn->s[2]);
    } else if (constant_of(f, insn, 0, &a) && constant_of(f, insn, 1, &b)) {
        const unsigned w = insn->width;
        const bool first = ir_value_compare(insn->cond, ir_value_cut(a, w), ir_value_cut(b, w), w);
        become_cut(insn, w, insn->s[first ? 2 : 3]);
    }
}

static void fold_pure(const struct fold *f, struct ir_insn *insn)
{
    if (insn->op == IR_CONST) {
        insn->imm = (int64_t)ir_value_cut((uint64_t)insn->imm, insn->width);
        insn->width = 64;
        return;
    }
    if (compute(f, insn))
        return;
    const char *ins = ir_op_info[insn->op].ins;
    if (ins[1] && !ins[2] && !(ir_op_info[insn->op].flags & IR_F_IMM))
        find_immediate(f, insn, 0);
    if (insn->s[1] == IR_IMM)
        simplify_immediate(f, insn);
    else if (insn->s[0] == insn->s[1])
        simplify_same(insn);
    switch (insn->op) {
    case IR_LEA:     simplify_lea(f, insn); break;
    case IR_DEPOSIT:
    case IR_EXTRACT: simplify_field(f, insn); break;
    case IR_SELECT:  simplify_select(f, insn); break;
    case IR_EXTS:
        if (bits_of(f, insn->s[0]) < insn->width)
            become_cut(insn, 64, insn->s[0]);
        break;
    }
    if (insn->op == IR_MOV || insn->op == IR_EXTU)
        become_cut(insn, bits_of(f, insn->s[0]) <= insn->width ? 64 : insn->width, insn->s[0]);
}

static void fold_flag_op(const struct fold *f, struct ir_insn *insn)
{
    const char *ins = ir_op_info[insn->op].ins;
    const unsigned count = (unsigned)strlen(ins);
    if (insn->op == IR_INCS || insn->op == IR_DECS || insn->op == IR_KEEPS)
        return;
    find_immediate(f, insn, count - 2);
    if (ir_op_info[insn->op].flags & IR_F_FIRST_FLAGS && insn->op != IR_ADCS && insn->op != IR_SBBS &&
        insn->op != IR_KEEPCS && insn->s[count - 1] == IR_IMM)
        insn->imm &= insn->width == 64 ? 63 : 31;
}

/* [t + disp] with t = base + constant, in 64-bit arithmetic. */
static void fold_address(const struct fold *f, struct ir_insn *insn)
{
    const struct ir_fact *fact = known(f, insn->s[0]);
    if (!fact || fact->base_bits != 64 || !base_valid(f, fact) || !fits32(insn->imm + fact->disp))
        return;
    insn->s[0] = fact->base;
    insn->imm += fact->disp;
}

/* Decides a branch whose operands are known: into BR, or nothing. */
static void fold_compare_branch(const struct fold *f, struct ir_insn *insn)
{
    uint64_t a, b;
    const unsigned w = insn->width;
    find_immediate(f, insn, 0);
    if (!constant_of(f, insn, 0, &a) || !constant_of(f, insn, 1, &b))
        return;
    if (ir_value_compare(insn->cond, ir_value_cut(a, w), ir_value_cut(b, w), w))
        *insn = (struct ir_insn){ .op = IR_BR, .width = 64, .imm = insn->aux };
    else
        ir_remove(insn);
}

/* How many bits the integer result of an op can have. */
static unsigned result_bits(const struct fold *f, const struct ir_insn *insn)
{
    unsigned a, b;
    switch (insn->op) {
    case IR_MOV:     return bits_of(f, insn->s[0]);
    case IR_SETC:
    case IR_SETF:    return 1;
    case IR_EXTS:    return (unsigned)insn->imm;
    case IR_EXTRACT: return (unsigned)(insn->imm >> 8);
    case IR_DEPOSIT:
        a = bits_of(f, insn->s[0]);
        b = ((unsigned)insn->imm & 0xff) + (unsigned)(insn->imm >> 8);
        return a > b ? a : b;
    case IR_AND:
        if (insn->s[1] == IR_IMM && insn->imm >= 0)
            return insn->imm ? 64 - (unsigned)__builtin_clzll((uint64_t)insn->imm) : 0;
        return insn->width;
    case IR_FBITS:   return 12;
    case IR_LDS:
    case IR_CALL:
    case IR_COPY:    return 64;
    }
    return insn->width;
}

/* Notes what the op's integer result is: called before the assignment is counted. */
static void learn(const struct fold *f, const struct ir_insn *insn, struct ir_fact *fact)
{
    ir_reg base = IR_NONE;
    int64_t disp = 0;
    unsigned base_bits = insn->width;
    fact->bits = (uint8_t)result_bits(f, insn);     /* before the stamp: d may be an input too */
    fact->is_constant = false;
    fact->base_bits = 0;
    switch (insn->op) {
    case IR_CONST:
        fact->is_constant = true;
        fact->constant = (uint64_t)insn->imm;
        fact->bits = insn->imm ? (uint8_t)(64 - __builtin_clzll((uint64_t)insn->imm)) : 0;
        return;
    case IR_MOV:
    case IR_EXTU:
        base = insn->s[0];
        break;
    case IR_ADD:
    case IR_ADDS:
    case IR_ADDNS:
        base = insn->s[1] == IR_IMM ? insn->s[0] : IR_NONE;
        disp = insn->imm;
        break;
    case IR_SUBS:
        base = insn->s[1] == IR_IMM ? insn->s[0] : IR_NONE;
        disp = -insn->imm;
        break;
    case IR_INCS:
    case IR_DECS:
        base = insn->s[0];
        disp = insn->op == IR_INCS ? 1 : -1;
        break;
    case IR_XORS:
        if (insn->s[0] == insn->s[1]) {
            fact->is_constant = true;
            fact->constant = 0;
            fact->bits = 0;
        }
        return;
    }
    if (base && fits32(disp)) {
        fact->base = base;
        fact->base_bits = (uint8_t)base_bits;
        fact->disp = (int32_t)disp;
        fact->base_version = f->fact[base].version;
    }
}

static bool is_copy(const struct ir_insn *insn)
{
    return (insn->op == IR_MOV && insn->width == 64) || insn->op == IR_VMOV || insn->op == IR_FMOV;
}

/*
 * global = MOV temporary: from here on the temporary is a copy of the global, not the other way round, so that its
 * life ends early and what follows reads the guest register's place.
 */
static void learn_reversed(const struct fold *f, ir_reg global, ir_reg temporary)
{
    struct ir_fact *g = &f->fact[global], *t = &f->fact[temporary];
    if (t->stamp != f->stamp) {
        t->stamp = f->stamp;
        t->bits = 64;
        t->is_constant = false;
    }
    g->stamp = f->stamp;
    g->bits = t->bits;
    g->is_constant = t->is_constant;
    g->constant = t->constant;
    g->base_bits = 0;
    t->base = global;
    t->base_bits = 64;
    t->disp = 0;
    t->base_version = g->version;
}

static void forget(const struct fold *f, ir_reg r)
{
    f->fact[r].version++;
    f->fact[r].stamp = 0;
}

static void assign(const struct fold *f, const struct ir_insn *insn)
{
    const unsigned globals = f->u->global_count;
    const bool copy = is_copy(insn), integer = insn->op != IR_COPY && ir_op_info[insn->op].outs[0] == 'i';
    if (copy && insn->d[0] <= globals && insn->s[0] > globals) {
        f->fact[insn->d[0]].version++;
        learn_reversed(f, insn->d[0], insn->s[0]);
        return;
    }
    if (insn->d[1])
        forget(f, insn->d[1]);
    if (!insn->d[0])
        return;
    struct ir_fact *fact = &f->fact[insn->d[0]];
    if (integer) {
        learn(f, insn, fact);
    } else if (copy) {
        fact->base = insn->s[0];
        fact->base_bits = 64;
        fact->disp = 0;
        fact->base_version = f->fact[insn->s[0]].version;
        fact->is_constant = false;
    } else {
        forget(f, insn->d[0]);
        return;
    }
    fact->stamp = f->stamp;
    fact->version++;
}

static void forget_globals(const struct fold *f)
{
    for (unsigned r = 1; r <= f->u->global_count; r++)
        forget(f, (ir_reg)r);
}

static void fold_insn(struct fold *f, struct ir_insn *insn)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    follow_copies(f, insn);
    if (flags & IR_F_IS_PURE)
        fold_pure(f, insn);
    else if (flags & IR_F_IS_FLAG)
        fold_flag_op(f, insn);
    else if (flags & IR_F_FAULTS && flags & IR_F_IMM && !(f->u->off & OFF_ADDRESS))
        fold_address(f, insn);
    else if (insn->op == IR_BRC)
        fold_compare_branch(f, insn);
    if (insn->op == IR_OP_REMOVED)
        return;
    if (is_copy(insn) && insn->d[0] == insn->s[0]) {
        ir_remove(insn);
        return;
    }
    if (insn->op == IR_CALL && f->u->helpers[insn->aux].flags & IR_HELPER_WRITES)
        forget_globals(f);
    if (insn->d[0] || insn->d[1])
        assign(f, insn);
}

static uint32_t next_stamp(struct ir_opt_scratch *scratch)
{
    if (++scratch->stamp == 0) {
        memset(scratch->fact, 0, sizeof scratch->fact);
        scratch->stamp = 1;
    }
    return scratch->stamp;
}

void ir_opt_fold(struct ir_unit *u)
{
    struct fold f = { u, u->scratch->fact, next_stamp(u->scratch) };
    struct ir_insn *last = NULL;    /* the last op kept */
    bool reached = true;
    for (unsigned i = 0; i < u->count; i++) {
        struct ir_insn *insn = &u->code[i];
        if (insn->op == IR_OP_REMOVED)
            continue;
        if (insn->op == IR_LABEL) {
            if (last && last->op == IR_BR && last->imm == insn->imm)
                ir_remove(last);
            last = insn;
            f.stamp = next_stamp(u->scratch);
            reached = true;
            continue;
        }
        if (!reached) {
            ir_remove(insn);
            continue;
        }
        if (insn->op == IR_INSN)
            continue;
        fold_insn(&f, insn);
        if (insn->op == IR_OP_REMOVED)
            continue;
        last = insn;
        if (ir_op_info[insn->op].flags & IR_F_ENDS)
            reached = false;
    }
}
