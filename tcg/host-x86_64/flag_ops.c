/* SPDX-License-Identifier: MIT */
/*
 * FLAG ops and flags as values. A FLAG op whose flags are dead is the PURE op; else the host's instruction of the same
 * width is used, so that EFLAGS hold the flags, and the operands are noted for when EFLAGS are lost. An operand that
 * the result replaces is stored in the flags' memory home beforehand: one store.
 */
#include "tcg/host-x86_64/host.h"

static int64_t cut_immediate(int64_t v, unsigned w)
{
    return w >= 64 ? v : (int64_t)((uint64_t)v << (64 - w)) >> (64 - w);
}

/* Register or constant. */
struct source { bool constant; unsigned reg; int64_t value; };

static struct source source_of(struct host_state *h, const struct ir_insn *insn, ir_reg r)
{
    struct source s = { false, NO_REG, insn->imm };
    if (r == IR_IMM || reg_is_const(h, r, &s.value)) {
        s.value = cut_immediate(s.value, insn->width);
        s.constant = fits32(s.value);
        if (s.constant)
            return s;
        if (r == IR_IMM) {
            s.reg = reg_temp(h);
            host_mov_imm(&h->c, s.reg, (uint64_t)s.value);
            return s;
        }
    }
    s.reg = reg_use(h, r);
    return s;
}

static struct flag_word word_of(const struct source *s)
{
    return s->constant ? flag_imm(s->value) : flag_in(s->reg);
}

static void apply(struct host_state *h, enum host_row_name row, enum host_row_name row_imm, unsigned w, unsigned d,
                  const struct source *b)
{
    if (b->constant) {
        host_ri(&h->c, row_imm, w, d, (int32_t)b->value);
    } else {
        host_rr(&h->c, row, w, d, b->reg);
    }
}

static bool value_dead(const struct ir_insn *insn, uint8_t ends)
{
    return insn->d[0] == IR_NONE || (ends & END_D0);
}

static bool flags_dead(const struct ir_insn *insn, uint8_t ends)
{
    return insn->d[1] == IR_NONE || (ends & END_D1);
}

static unsigned define(struct host_state *h, const struct ir_insn *insn, uint8_t ends, unsigned reusable)
{
    if (value_dead(insn, ends))
        return reg_temp(h);
    for (unsigned k = 0; k < 4; k++) {
        if ((ends >> k & 1) && insn->s[k] != insn->d[0] && h->unit->types[insn->s[k]] == IR_TYPE_INT)
            reg_release(h, insn->s[k]);
    }
    return reg_def_over(h, insn->d[0], reusable);
}

/* Behind an operation of the op's own width: zero-extends if anybody looks. */
static void widen_result(struct host_state *h, const struct ir_insn *insn, uint8_t ends, unsigned d)
{
    const unsigned w = insn->width;
    if (w < 32 && !value_dead(insn, ends) &&
        ((vreg_of(h, insn->d[0])->flags & VREG_GLOBAL) || vreg_of(h, insn->d[0])->demand > w))
        host_widen(h, w, d, d);
}

/* mov of at least 32 bits; the bits above the op's width do not matter. */
static void copy_to(struct host_state *h, unsigned w, unsigned d, unsigned a)
{
    if (d != a)
        host_rr(&h->c, H_MOV, w == 64 ? 64 : 32, d, a);
}

/* An operand of the flags goes to memory because its register is about to change. */
static struct flag_word keep(struct host_state *h, ir_reg f, bool b, unsigned reg)
{
    struct host_mem m = flags_mem(h, f);
    m.disp += b ? (int)offsetof(struct ir_flags, b) : 0;
    host_rm(&h->c, H_MOV_M, 64, reg, m);
    return flag_stored();
}

struct binary { enum host_row_name rr, ri; uint8_t kind; bool commutes; };

static struct binary binary_of(enum ir_op op)
{
    switch (op) {
    case IR_ADDS: return (struct binary){ H_ADD, H_ADD_I, IR_FLAGS_ADD, true };
    case IR_SUBS: return (struct binary){ H_SUB, H_SUB_I, IR_FLAGS_SUB, false };
    case IR_ANDS: return (struct binary){ H_AND, H_AND_I, IR_FLAGS_LOGIC, true };
    case IR_ADDNS: return (struct binary){ H_ADD, H_ADD_I, IR_FLAGS_ADDN, true };
    case IR_ANDNS: return (struct binary){ H_AND, H_AND_I, IR_FLAGS_LOGICN, true };
    case IR_ORS:  return (struct binary){ H_OR, H_OR_I, IR_FLAGS_LOGIC, true };
    default:      return (struct binary){ H_XOR, H_XOR_I, IR_FLAGS_LOGIC, true };
    }
}

/* CF as an operation of this kind leaves it in EFLAGS is not the flags'. */
static uint32_t eflags_right(unsigned kind)
{
    const bool inverted = kind == IR_FLAGS_ADDN || kind == IR_FLAGS_LOGICN || kind == IR_FLAGS_TESTN;
    return inverted ? IR_ALL_FLAGS & ~IR_CF : IR_ALL_FLAGS;
}

/* CMP and TEST. */
static void compare(struct host_state *h, const struct ir_insn *insn, unsigned a, const struct source *b)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1];
    const bool inverted = insn->op == IR_ANDNS;
    flags_drop(h, f);
    if (insn->op == IR_SUBS) {
        if (b->constant && b->value == 0) {
            host_rr(&h->c, H_TEST, w, a, a);
            flags_set(h, f, IR_FLAGS_LOGIC, w, flag_in(a), flag_none());
        } else {
            apply(h, H_CMP, H_CMP_I, w, a, b);
            flags_set(h, f, IR_FLAGS_CMP, w, flag_in(a), word_of(b));
        }
    } else if (!b->constant && b->reg == a) {
        host_rr(&h->c, H_TEST, w, a, a);
        flags_set(h, f, inverted ? IR_FLAGS_LOGICN : IR_FLAGS_LOGIC, w, flag_in(a), flag_none());
    } else {
        apply(h, H_TEST, H_TEST_I, w, a, b);
        flags_set(h, f, inverted ? IR_FLAGS_TESTN : IR_FLAGS_TEST, w, flag_in(a), word_of(b));
    }
    flags_eflags_are(h, f, inverted ? IR_ALL_FLAGS & ~IR_CF : IR_ALL_FLAGS);
}

static void binary(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1];
    const struct binary op = binary_of((enum ir_op)insn->op);
    const unsigned a = reg_use(h, insn->s[0]);
    const struct source b = source_of(h, insn, insn->s[1]);
    const bool logic = op.kind == IR_FLAGS_LOGIC || op.kind == IR_FLAGS_LOGICN;
    if (value_dead(insn, ends) && (insn->op == IR_SUBS || insn->op == IR_ANDS || insn->op == IR_ANDNS)) {
        compare(h, insn, a, &b);
        return;
    }
    flags_drop(h, f);
    const unsigned d = define(h, insn, ends, a);
    struct flag_word second = logic ? flag_none() : word_of(&b);
    struct flag_word first = flag_in(d);
    unsigned kind = op.kind;
    if (!b.constant && d == b.reg && d != a && op.commutes) {
        host_rr(&h->c, op.rr, w, d, a);
        second = logic ? flag_none() : flag_in(a);
    } else if (!b.constant && d == b.reg) {
        if (!logic)
            second = keep(h, f, true, b.reg);
        if (d == a) {
            host_rr(&h->c, op.rr, w, d, d);
        } else {
            const unsigned t = reg_temp(h);
            copy_to(h, w, t, a);
            host_rr(&h->c, op.rr, w, t, b.reg);
            copy_to(h, w, d, t);
        }
    } else {
        copy_to(h, w, d, a);
        apply(h, op.rr, op.ri, w, d, &b);
        if (insn->op == IR_SUBS && d != a) {        /* both operands are still there */
            kind = IR_FLAGS_CMP;
            first = flag_in(a);
        }
    }
    flags_set(h, f, kind, w, first, second);
    flags_eflags_are(h, f, eflags_right(kind));
    widen_result(h, insn, ends, d);
}

/* CF and OF of a word, which is used up, as KEEP has them in its b (INC and DEC: CF). */
static void store_kept(struct host_state *h, unsigned word, struct host_mem b)
{
    host_rm(&h->c, H_MOV_M, 8, word, b);
    host_ri(&h->c, H_SHR_I, 32, word, 11);
    b.disp++;
    host_rm(&h->c, H_MOV_M, 8, word, b);
}

/*
 * INC, DEC, KEEP of flags that only memory knows, as at the head of a loop: when memory holds the same kind, from the
 * round before, b is right already. Else far code makes it.
 */
static void b_stays(struct host_state *h, ir_reg f, uint32_t tag)
{
    struct host_mem b = flags_mem(h, f), kind = b;
    b.disp += (int)offsetof(struct ir_flags, b);
    kind.disp += (int)offsetof(struct ir_flags, kind);
    reg_spill(h, R10);                  /* the stub's */
    host_rmi(&h->c, H_CMP_I, 32, 0, kind, (int32_t)tag);
    uint8_t *other = host_jcc(&h->c, IR_COND_NE);
    const uint8_t *back = h->c.p;
    far_begin(h);
    main_to_far(h, other, h->c.p);
    host_rm(&h->c, H_LEA, 64, R10, flags_mem(h, f));
    jump_to_stub(h, host_call(&h->c), STUB_FLAGS_WORD);
    store_kept(h, R10, b);
    far_to_main(h, host_jmp(&h->c), back);
    far_end(h);
}

/* INC, DEC: b of the flags is the carry before. */
static void step(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1], fin = insn->s[1];
    const bool inc = insn->op == IR_INCS;
    struct flag_state *s = flags_of(h, fin);
    struct flag_word carry;
    bool in_cf = h->now.eflags_of == fin && (h->now.eflags_bits & IR_CF);
    const bool has_carry = s->kind == IR_FLAGS_INC || s->kind == IR_FLAGS_DEC;
    if (s->kind == IR_FLAGS_LOGIC || s->kind == IR_FLAGS_TEST) {
        carry = flag_imm(0);
    } else if (has_carry && (s->b.where != FLAG_MEM || f == fin)) {
        carry = s->b;
    } else if (s->kind == FLAGS_UNKNOWN && f == fin && !in_cf && !h->in_far) {
        b_stays(h, f, (inc ? IR_FLAGS_INC : IR_FLAGS_DEC) | w << 16);
        carry = flag_stored();
    } else {
        flags_carry(h, fin);
        in_cf = true;
        struct host_mem m = flags_mem(h, f);
        m.disp += (int)offsetof(struct ir_flags, b);
        host_cc_m(&h->c, H_SETCC, IR_COND_B, 8, 0, m);
        carry = flag_stored();
    }
    if (carry.where == FLAG_REG)
        h->locked |= 1 << carry.reg;
    if (f == fin || (ends & END_S1))
        flags_drop(h, fin);
    flags_drop(h, f);
    h->eflags_busy = true;
    const unsigned a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
    if (carry.where == FLAG_REG && carry.reg == d) {        /* the carry's register is a's or d's own */
        const unsigned t = reg_temp(h);
        host_mov(h, t, carry.reg);
        carry = flag_in(t);
    }
    copy_to(h, w, d, a);
    h->eflags_busy = false;
    host_r(&h->c, inc ? H_INC : H_DEC, w, d);
    flags_set(h, f, inc ? IR_FLAGS_INC : IR_FLAGS_DEC, w, flag_in(d), carry);
    flags_eflags_are(h, f, in_cf ? IR_ALL_FLAGS : IR_ALL_FLAGS & ~IR_CF);
    widen_result(h, insn, ends, d);
}

/* CF (unless the op brings its own) and OF of the flags before, as KEEP has them in its b. */
static struct flag_word kept_of(struct host_state *h, const struct ir_insn *insn)
{
    const ir_reg f = insn->d[1], fin = insn->s[0];
    const uint32_t need = insn->op == IR_KEEPS ? IR_CF | IR_OF : IR_OF;
    const struct flag_state *s = flags_of(h, fin);
    const bool in_eflags = h->now.eflags_of == fin && !(need & ~(uint32_t)h->now.eflags_bits);
    struct host_mem b = flags_mem(h, f);
    b.disp += (int)offsetof(struct ir_flags, b);
    if (s->kind == IR_FLAGS_LOGIC || s->kind == IR_FLAGS_TEST)
        return flag_imm(0);
    if (s->kind == IR_FLAGS_LOGICN || s->kind == IR_FLAGS_TESTN)
        return flag_imm(1);
    if (s->kind == IR_FLAGS_KEEP && (s->b.where != FLAG_MEM || f == fin))
        return s->b;
    if (s->kind == FLAGS_UNKNOWN && f == fin && !in_eflags && !h->in_far) {
        b_stays(h, f, IR_FLAGS_KEEP | (uint32_t)insn->width << 16);
        return flag_stored();
    }
    if (flags_bring(h, fin, need)) {
        if (need & IR_CF)
            host_cc_m(&h->c, H_SETCC, IR_COND_B, 8, 0, b);
        b.disp++;
        host_cc_m(&h->c, H_SETCC, IR_COND_O, 8, 0, b);
        return flag_stored();
    }
    const unsigned word = flags_word(h, fin);
    h->locked |= 1 << word;
    store_kept(h, word, b);
    reg_unlock(h, word);
    return flag_stored();
}

/* CF of KEEPCS joins the OF in b. */
static struct flag_word with_new_carry(struct host_state *h, const struct ir_insn *insn, struct flag_word b)
{
    struct host_mem m = flags_mem(h, insn->d[1]);
    m.disp += (int)offsetof(struct ir_flags, b);
    const struct source carry = source_of(h, insn, insn->s[2]);
    if (carry.constant && b.where == FLAG_IMM)
        return flag_imm((carry.value & 1) | (b.value & 0x100));
    if (b.where == FLAG_REG) {
        host_rm(&h->c, H_MOV_M, 64, b.reg, m);
    } else if (b.where == FLAG_IMM) {
        host_rmi(&h->c, H_MOV_I, 32, 0, m, (int32_t)b.value & 0x100);
    }
    if (carry.constant) {
        host_rmi(&h->c, H_MOV_I, 8, 0, m, (int32_t)carry.value & 1);
    } else {
        host_rm(&h->c, H_MOV_M, 8, carry.reg, m);
    }
    return flag_stored();
}

/* KEEPS, KEEPCS: nothing is computed; what is kept goes into b. */
static void keep_rest(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1], fin = insn->s[0];
    struct flag_word b = fin == IR_NONE ? flag_imm(0) : kept_of(h, insn);
    if (b.where == FLAG_REG)
        h->locked |= 1 << b.reg;
    if (fin != IR_NONE && (f == fin || (ends & END_S0)))
        flags_drop(h, fin);
    flags_drop(h, f);
    if (insn->op == IR_KEEPCS)
        b = with_new_carry(h, insn, b);
    const unsigned a = reg_use(h, insn->s[1]);
    unsigned d = a;
    if (!value_dead(insn, ends)) {
        d = define(h, insn, ends, a);
        if (b.where == FLAG_REG && b.reg == d) {
            const unsigned t = reg_temp(h);
            host_mov(h, t, b.reg);
            b = flag_in(t);
        }
        host_widen(h, w, d, a);
    }
    flags_set(h, f, IR_FLAGS_KEEP, w, flag_in(d), b);
}

/* The flags input was used up: forget it, so that nothing is saved for it. */
static void input_done(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    if (insn->s[0] == insn->d[1] || (ends & END_S0))
        flags_drop(h, insn->s[0]);
    if (insn->d[1] != IR_NONE)
        flags_drop(h, insn->d[1]);
}

static void with_carry(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width;
    const bool add = insn->op == IR_ADCS;
    flags_carry(h, insn->s[0]);
    h->eflags_busy = true;
    const unsigned a = reg_use(h, insn->s[1]);
    const struct source b = source_of(h, insn, insn->s[2]);
    const unsigned d = define(h, insn, ends, a);
    unsigned t = d;
    const bool replaces = !b.constant && d == b.reg && d != a;
    if (replaces && !add)
        t = reg_temp(h);
    if (!replaces || !add)
        copy_to(h, w, t, a);
    h->eflags_busy = false;
    input_done(h, insn, ends);
    if (replaces && add) {
        host_rr(&h->c, H_ADC, w, d, a);
    } else {
        apply(h, add ? H_ADC : H_SBB, add ? H_ADC_I : H_SBB_I, w, t, &b);
    }
    if (!flags_dead(insn, ends))
        flags_set_host(h, insn->d[1], w);
    copy_to(h, w, d, t);
    widen_result(h, insn, ends, d);
}

struct shift_rows { enum host_row_name by_imm, by_cl; uint8_t kind; bool twice; };

static struct shift_rows shift_rows(enum ir_op op)
{
    switch (op) {
    case IR_SHLS: return (struct shift_rows){ H_SHL_I, H_SHL_CL, IR_FLAGS_SHL, false };
    case IR_SHRS: return (struct shift_rows){ H_SHR_I, H_SHR_CL, IR_FLAGS_SHR, false };
    case IR_SARS: return (struct shift_rows){ H_SAR_I, H_SAR_CL, IR_FLAGS_SAR, false };
    case IR_ROLS: return (struct shift_rows){ H_ROL_I, H_ROL_CL, FLAGS_HOST, false };
    case IR_RORS: return (struct shift_rows){ H_ROR_I, H_ROR_CL, FLAGS_HOST, false };
    case IR_RCLS: return (struct shift_rows){ H_RCL_I, H_RCL_CL, FLAGS_HOST, false };
    case IR_RCRS: return (struct shift_rows){ H_RCR_I, H_RCR_CL, FLAGS_HOST, false };
    case IR_SHLDS: return (struct shift_rows){ H_SHLD_I, H_SHLD_CL, FLAGS_HOST, true };
    default:      return (struct shift_rows){ H_SHRD_I, H_SHRD_CL, FLAGS_HOST, true };
    }
}

/* SHL, SHR, SAR by a constant. */
static void shift_by_constant(struct host_state *h, const struct ir_insn *insn, uint8_t ends, struct shift_rows rows,
                              unsigned count)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1];
    flags_drop(h, f);
    const unsigned a = reg_use(h, insn->s[1]), d = define(h, insn, ends, a);
    const struct flag_word first = d == a ? keep(h, f, false, a) : flag_in(a);
    copy_to(h, w, d, a);
    host_ri(&h->c, rows.by_imm, w, d, (int32_t)count);
    flags_set(h, f, rows.kind, w, first, flag_imm(count));
    flags_eflags_are(h, f, IR_ALL_FLAGS & ~(IR_AF | (count > 1 ? IR_OF : 0) | (count > w ? IR_CF : 0)));
    widen_result(h, insn, ends, d);
}

/* SHL, SHR, SAR by a variable: the flags' memory is made current and overwritten unless the count is 0. */
static void shift_by_variable(struct host_state *h, const struct ir_insn *insn, uint8_t ends, struct shift_rows rows)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1];
    flags_move(h, f, insn->s[0], ends & END_S0);
    flags_store(h, flags_of(h, f));
    flags_set_stored(h, f);
    const unsigned a = reg_use(h, insn->s[1]), n = reg_temp(h);
    host_rr(&h->c, H_MOV, 32, n, reg_use(h, insn->s[2]));
    if (insn->s[2] != insn->s[1])
        reg_unlock(h, reg_use(h, insn->s[2]));
    h->locked |= 1 << a | 1 << n;
    const unsigned d = value_dead(insn, ends) ? (unsigned)NO_REG : define(h, insn, ends, a);
    host_ri(&h->c, H_AND_I, 32, n, w == 64 ? 63 : 31);
    uint8_t *skip = host_jcc8(&h->c, IR_COND_E);
    struct host_mem m = flags_mem(h, f);
    host_rm(&h->c, H_MOV_M, 64, a, m);
    m.disp += (int)offsetof(struct ir_flags, b);
    host_rm(&h->c, H_MOV_M, 64, n, m);
    m.disp += (int)(offsetof(struct ir_flags, kind) - offsetof(struct ir_flags, b));
    host_rmi(&h->c, H_MOV_I, 32, 0, m, (int32_t)(rows.kind | w << 16));
    host_patch8(skip, h->c.p);
    if (d == NO_REG)
        return;
    if (w >= 32 && (h->features & HOST_HAS_BMI2)) {
        host_vrr(&h->c, rows.kind == IR_FLAGS_SHL ? H_SHLX : rows.kind == IR_FLAGS_SHR ? H_SHRX : H_SARX, w, d, n, a, 0);
        return;
    }
    copy_to(h, w, d, a);
    host_shift_by_cl(h, rows.by_cl, w, d, 0, n);
    if (w == 32) {
        host_rr(&h->c, H_MOV, 32, d, d);
    } else {
        widen_result(h, insn, ends, d);
    }
}

/* Rotations and double shifts: flags in EFLAGS alone. */
static void rotate(struct host_state *h, const struct ir_insn *insn, uint8_t ends, struct shift_rows rows, int count)
{
    const unsigned w = insn->width;
    const bool carry_in = insn->op == IR_RCLS || insn->op == IR_RCRS, dead = flags_dead(insn, ends);
    const ir_reg f = insn->d[1], fin = insn->s[0];
    const ir_reg counter = insn->s[rows.twice ? 3 : 2];
    bool need_in = carry_in;
    if (!dead && !(rows.twice && count > 0)) {
        flags_to_eflags(h, fin);
        need_in = true;
    } else if (carry_in) {
        flags_carry(h, fin);
    }
    h->eflags_busy = need_in;
    const unsigned a = reg_use(h, insn->s[1]);
    unsigned b = rows.twice ? reg_use(h, insn->s[2]) : 0;
    unsigned n = count < 0 ? reg_use(h, counter) : NO_REG;
    const unsigned t = reg_temp(h);
    copy_to(h, w, t, a);
    h->eflags_busy = false;
    if (need_in) {
        input_done(h, insn, ends);
    } else if (!dead) {
        flags_drop(h, f);
    }
    if (count >= 0) {
        host_rri(&h->c, rows.by_imm, w, b, t, count);
    } else {
        host_shift_by_cl(h, rows.by_cl, w, t, b, n);
    }
    if (!dead)
        flags_set_host(h, f, w);
    if (value_dead(insn, ends))
        return;
    reg_unlock(h, a);
    if (rows.twice)
        reg_unlock(h, b);
    if (n != NO_REG)
        reg_unlock(h, n);
    h->locked |= 1 << t;
    const unsigned d = define(h, insn, ends, NO_REG);
    host_widen(h, w, d, t);
}

/*
 * ROL, ROR by a constant other than 1 while EFLAGS do not hold the input: only CF changes (OF is undefined and stays),
 * so the word of the input gets a new bit 0. Cheaper than popfq and pushfq around the instruction.
 */
static void rotate_by_constant(struct host_state *h, const struct ir_insn *insn, uint8_t ends, struct shift_rows rows,
                               unsigned count)
{
    const unsigned w = insn->width;
    const ir_reg f = insn->d[1], fin = insn->s[0];
    const unsigned word = flags_word(h, fin), bit = reg_temp(h);
    h->locked |= 1 << word;
    if (f == fin || (ends & END_S0))
        flags_drop(h, fin);
    flags_drop(h, f);
    const unsigned a = reg_use(h, insn->s[1]), d = define(h, insn, ends, a);
    copy_to(h, w, d, a);
    host_ri(&h->c, rows.by_imm, w, d, (int32_t)count);
    host_cc_r(&h->c, H_SETCC, IR_COND_B, 8, 0, bit);
    host_ri(&h->c, H_AND_I, 32, word, IR_ALL_FLAGS & ~IR_CF);
    host_rr(&h->c, H_MOVZX8, 32, bit, bit);
    host_rr(&h->c, H_OR, 32, word, bit);
    flags_set(h, f, IR_FLAGS_WORD, 32, flag_in(word), flag_none());
    widen_result(h, insn, ends, d);
}

static void shift(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const struct shift_rows rows = shift_rows((enum ir_op)insn->op);
    const ir_reg counter = insn->s[rows.twice ? 3 : 2];
    int64_t value = insn->imm;
    const bool constant = counter == IR_IMM || reg_is_const(h, counter, &value);
    const unsigned count = (unsigned)value & (insn->width == 64 ? 63 : 31);
    if (constant && count == 0) {
        if (!flags_dead(insn, ends))
            flags_move(h, insn->d[1], insn->s[0], ends & END_S0);
        if (!value_dead(insn, ends)) {
            const unsigned a = reg_use(h, insn->s[1]), d = define(h, insn, ends, a);
            host_widen(h, insn->width, d, a);
        }
    } else if (constant && count > 1 && !flags_dead(insn, ends) && (insn->op == IR_ROLS || insn->op == IR_RORS) &&
               h->now.eflags_of != insn->s[0]) {
        rotate_by_constant(h, insn, ends, rows, count);
    } else if (rows.kind == FLAGS_HOST) {
        rotate(h, insn, ends, rows, constant ? (int)count : -1);
    } else if (constant) {
        shift_by_constant(h, insn, ends, rows, count);
    } else {
        shift_by_variable(h, insn, ends, rows);
    }
}

static void multiply(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width, hw = w == 8 ? 32 : w;
    const ir_reg f = insn->d[1];
    flags_drop(h, f);
    unsigned a = reg_use(h, insn->s[0]);
    struct source b = source_of(h, insn, insn->s[1]);
    const unsigned d = define(h, insn, ends, a);
    const struct flag_word first = d == a ? keep(h, f, false, a) : flag_in(a);
    const struct flag_word second = !b.constant && d == b.reg ? keep(h, f, true, b.reg) : word_of(&b);
    if (b.constant) {
        host_rri(&h->c, H_IMUL_I, hw, d, a, (int32_t)b.value);
    } else if (d == b.reg) {
        host_rr(&h->c, H_IMUL, hw, d, a);
    } else {
        copy_to(h, w, d, a);
        host_rr(&h->c, H_IMUL, hw, d, b.reg);
    }
    flags_set(h, f, IR_FLAGS_MUL, w, first, second);
    if (w > 8)
        flags_eflags_are(h, f, IR_CF | IR_OF);
    widen_result(h, insn, ends, d);
}

void emit_flag(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const bool no_flags = flags_dead(insn, ends), no_value = value_dead(insn, ends);
    if (no_flags && no_value)
        return;
    switch (insn->op) {
    case IR_ADCS:
    case IR_SBBS:
        with_carry(h, insn, ends);
        return;
    case IR_RCLS: case IR_RCRS: case IR_SHLDS: case IR_SHRDS:
        shift(h, insn, ends);
        return;
    }
    if (no_flags) {
        emit_alu(h, (enum ir_op)insn->op, insn, ends);
        return;
    }
    switch (insn->op) {
    case IR_ADDS: case IR_SUBS: case IR_ANDS: case IR_ADDNS: case IR_ANDNS: case IR_ORS: case IR_XORS: binary(h, insn, ends); break;
    case IR_INCS: case IR_DECS: step(h, insn, ends); break;
    case IR_KEEPS: case IR_KEEPCS: keep_rest(h, insn, ends); break;
    case IR_MULS: multiply(h, insn, ends); break;
    default: shift(h, insn, ends);
    }
}

static void put(struct host_state *h, ir_reg f, ir_reg word)
{
    int64_t value;
    if (reg_is_const(h, word, &value)) {
        flags_set(h, f, IR_FLAGS_WORD, 32, flag_imm(value & IR_ALL_FLAGS), flag_none());
    } else {
        flags_set(h, f, IR_FLAGS_WORD, 32, flag_in(reg_use(h, word)), flag_none());
    }
}

static void merge(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const ir_reg f = insn->d[0], fin = insn->s[0];
    const uint32_t mask = (uint32_t)insn->imm & IR_ALL_FLAGS;
    int64_t value;
    if (mask == IR_ALL_FLAGS) {
        put(h, f, insn->s[1]);
        return;
    }
    const unsigned w = flags_word(h, fin);
    h->locked |= 1 << w;
    host_ri(&h->c, H_AND_I, 32, w, (int32_t)(IR_ALL_FLAGS & ~mask));
    if (reg_is_const(h, insn->s[1], &value)) {
        if (value & mask)
            host_ri(&h->c, H_OR_I, 32, w, (int32_t)((uint32_t)value & mask));
    } else {
        const unsigned t = reg_temp(h);
        host_rr(&h->c, H_MOV, 32, t, reg_use(h, insn->s[1]));
        host_ri(&h->c, H_AND_I, 32, t, (int32_t)mask);
        host_rr(&h->c, H_OR, 32, w, t);
    }
    if (ends & END_S0)
        flags_drop(h, fin);
    flags_set(h, f, IR_FLAGS_WORD, 32, flag_in(w), flag_none());
}

static void choose(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width ? insn->width : 64, hw = w == 64 ? 64 : 32;
    const unsigned cond = flags_condition(h, insn->s[0], insn->cond);
    h->eflags_busy = true;
    const unsigned yes = reg_use(h, insn->s[1]), no = reg_use(h, insn->s[2]);
    for (unsigned k = 1; k < 3; k++) {
        if ((ends >> k & 1) && insn->s[k] != insn->d[0])
            reg_release(h, insn->s[k]);
    }
    const unsigned d = reg_def_over(h, insn->d[0], no);
    if (d == yes && d != no) {
        host_cc_r(&h->c, H_CMOVCC, cond ^ 1, hw, d, no);
    } else {
        host_mov(h, d, no);
        host_cc_r(&h->c, H_CMOVCC, cond, hw, d, yes);
    }
    h->eflags_busy = false;
    if (w < 32)
        host_widen(h, w, d, d);
}

void emit_flag_value(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    unsigned t, d;
    if (ends & END_D0)
        return;
    switch (insn->op) {
    case IR_FMOV: flags_move(h, insn->d[0], insn->s[0], ends & END_S0); break;
    case IR_FPUT: put(h, insn->d[0], insn->s[0]); break;
    case IR_FMERGE: merge(h, insn, ends); break;
    case IR_FBITS:
        t = flags_word(h, insn->s[0]);
        d = reg_def_over(h, insn->d[0], NO_REG);
        host_rr(&h->c, H_MOV, 32, d, t);
        break;
    case IR_SETF:
        t = flags_condition(h, insn->s[0], insn->cond);
        h->eflags_busy = true;
        d = reg_def(h, insn->d[0]);
        host_cc_r(&h->c, H_SETCC, t, 8, 0, d);
        host_rr(&h->c, H_MOVZX8, 32, d, d);
        h->eflags_busy = false;
        break;
    case IR_SELF: choose(h, insn, ends); break;
    default: g_assert_not_reached();
    }
}
