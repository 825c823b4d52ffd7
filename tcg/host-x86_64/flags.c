/* SPDX-License-Identifier: MIT */
/*
 * Condition flags as values.
 *
 * A flags register of the IR is followed as (kind, a, b), a and b in registers, constants or memory; nothing is computed
 * until somebody asks. Beside that EFLAGS may "hold" one flags value, as far as `eflags_bits` says, until the next
 * instruction that changes EFLAGS (the encoder's hook tells). So a compare and its branch are cmp and jcc; a branch
 * further away repeats the compare; only values that no kind describes are saved with pushfq (1.6 ns), when EFLAGS are lost.
 * At exits the triple is stored: three stores, 0.12 ns. popfq (6.8 ns) is the last resort.
 */
#include <string.h>
#include "tcg/host-x86_64/host.h"

enum { ZSP = IR_ZF | IR_SF | IR_PF };

static struct flag_state *find(struct host_state *h, ir_reg f)
{
    for (unsigned n = 0; n < MAX_FLAG_STATES; n++) {
        if (h->now.flags[n].vreg == f)
            return &h->now.flags[n];
    }
    return NULL;
}

struct host_mem flags_mem(struct host_state *h, ir_reg f)
{
    return reg_mem(h, f);
}

static struct host_mem word_mem(struct host_state *h, ir_reg f, bool b)
{
    struct host_mem m = reg_mem(h, f);
    m.disp += b ? (int)offsetof(struct ir_flags, b) : 0;
    return m;
}

static void store_word(struct host_state *h, struct flag_state *s, bool b)
{
    const struct flag_word *w = b ? &s->b : &s->a;
    struct host_mem m = word_mem(h, s->vreg, b);
    if (w->where == FLAG_REG) {
        host_rm(&h->c, H_MOV_M, 64, w->reg, m);
    } else if (w->where == FLAG_IMM && fits32(w->value)) {
        host_rmi(&h->c, H_MOV_I, 64, 0, m, (int32_t)w->value);
    } else if (w->where == FLAG_IMM) {
        host_rmi(&h->c, H_MOV_I, 32, 0, m, (int32_t)w->value);
        m.disp += 4;
        host_rmi(&h->c, H_MOV_I, 32, 0, m, (int32_t)(w->value >> 32));
    }
}

static void store_tag(struct host_state *h, const struct flag_state *s, unsigned kind)
{
    struct host_mem m = reg_mem(h, s->vreg);
    m.disp += (int)offsetof(struct ir_flags, kind);
    host_rmi(&h->c, H_MOV_I, 32, 0, m, (int32_t)(kind | (unsigned)s->width << 16));
}

/* pushfq; pop [a]: the state becomes a WORD whose other bits are to be ignored. */
static void capture(struct host_state *h, const struct flag_state *s)
{
    host_byte(&h->c, 0x9c);
    host_rm(&h->c, H_POP_M, 64, 0, word_mem(h, s->vreg, false));
}

/* Writes what memory does not have yet; the state itself stays as it is. */
static void store_all(struct host_state *h, struct flag_state *s)
{
    if (s->stored)
        return;
    if (s->kind == FLAGS_HOST) {
        capture(h, s);
        store_tag(h, s, IR_FLAGS_WORD);
        return;
    }
    store_word(h, s, false);
    store_word(h, s, true);
    if (!s->tag_stored)
        store_tag(h, s, s->kind);
}

void flags_store(struct host_state *h, struct flag_state *s)
{
    if (s->stored)
        return;
    store_all(h, s);
    if (s->kind == FLAGS_HOST) {
        s->kind = IR_FLAGS_WORD;
        s->a = flag_stored();
    }
    s->stored = s->tag_stored = true;
}

void flags_write_back(struct host_state *h, bool temps, bool lasting)
{
    for (unsigned n = 0; n < MAX_FLAG_STATES; n++) {
        struct flag_state *s = &h->now.flags[n];
        if (!s->vreg || !(vreg_of(h, s->vreg)->flags & (VREG_GLOBAL | (temps ? VREG_CROSS : 0))))
            continue;
        if (lasting) {
            flags_store(h, s);
        } else {
            store_all(h, s);
        }
    }
}

static struct flag_state *fresh(struct host_state *h, ir_reg f)
{
    struct flag_state *s = find(h, f);
    if (!s)
        s = find(h, IR_NONE);
    if (!s) {                       /* all in use: one goes to memory */
        s = &h->now.flags[h->now.flags[0].vreg == h->flags_global];
        flags_store(h, s);
        if (h->now.eflags_of == s->vreg)
            h->now.eflags_of = IR_NONE;
    }
    *s = (struct flag_state){ .vreg = f };
    return s;
}

struct flag_state *flags_of(struct host_state *h, ir_reg f)
{
    struct flag_state *s = find(h, f);
    if (!s) {
        s = fresh(h, f);
        s->kind = FLAGS_UNKNOWN;
        s->stored = s->tag_stored = true;
    }
    return s;
}

void flags_drop(struct host_state *h, ir_reg f)
{
    struct flag_state *s = find(h, f);
    if (s)
        *s = (struct flag_state){ 0 };
    if (h->now.eflags_of == f)
        h->now.eflags_of = IR_NONE;
}

void flags_forget(struct host_state *h)
{
    memset(h->now.flags, 0, sizeof(h->now.flags));
    h->now.eflags_of = IR_NONE;
}

/* A label that only branches from above reach keeps what its ways agree on: the kind. Its words are in memory. */
void flags_arrive(struct host_state *h, struct label_info *l)
{
    const struct flag_state *s = h->flags_global ? find(h, h->flags_global) : NULL;
    if (!s || s->kind == FLAGS_UNKNOWN || s->kind == IR_FLAGS_WORD || s->kind == FLAGS_HOST ||
        (l->flags_known && (s->kind != l->flags_kind || s->width != l->flags_width))) {
        l->flags_differ = true;
        return;
    }
    l->flags_known = true;
    l->flags_kind = s->kind;
    l->flags_width = s->width;
}

void flags_at_label(struct host_state *h, const struct label_info *l)
{
    if (!l->flags_known || l->flags_differ || l->backward)
        return;
    flags_set(h, h->flags_global, l->flags_kind, l->flags_width, flag_stored(), flag_stored());
    struct flag_state *s = find(h, h->flags_global);
    s->stored = s->tag_stored = true;
}

void flags_set(struct host_state *h, ir_reg f, unsigned kind, unsigned width, struct flag_word a, struct flag_word b)
{
    flags_drop(h, f);
    struct flag_state *s = fresh(h, f);
    s->kind = (uint8_t)kind;
    s->width = (uint8_t)width;
    s->a = a;
    s->b = b;
}

void flags_set_host(struct host_state *h, ir_reg f, unsigned width)
{
    flags_set(h, f, FLAGS_HOST, width, flag_none(), flag_none());
    flags_eflags_are(h, f, IR_ALL_FLAGS);
}

void flags_set_stored(struct host_state *h, ir_reg f)
{
    flags_drop(h, f);
    flags_of(h, f);
}

void flags_eflags_are(struct host_state *h, ir_reg f, uint32_t bits)
{
    h->now.eflags_of = f;
    h->now.eflags_bits = (uint16_t)bits;
}

/* The encoder's hook: EFLAGS are about to change. */
void flags_hook(struct host_code *c)
{
    struct host_state *h = host_of(c);
    g_assert(!h->eflags_busy);
    if (!h->now.eflags_of)
        return;
    struct flag_state *s = find(h, h->now.eflags_of);
    h->now.eflags_of = IR_NONE;
    if (s && s->kind == FLAGS_HOST) {
        if (!s->stored)
            capture(h, s);
        s->kind = IR_FLAGS_WORD;
        s->a = flag_stored();
    }
}

uint16_t flags_registers(struct host_state *h)
{
    uint16_t mask = 0;
    for (unsigned n = 0; n < MAX_FLAG_STATES; n++) {
        const struct flag_state *s = &h->now.flags[n];
        if (!s->vreg)
            continue;
        if (s->a.where == FLAG_REG)
            mask |= 1 << s->a.reg;
        if (s->b.where == FLAG_REG)
            mask |= 1 << s->b.reg;
    }
    return mask;
}

void flags_reg_changing(struct host_state *h, unsigned reg)
{
    for (unsigned n = 0; n < MAX_FLAG_STATES; n++) {
        struct flag_state *s = &h->now.flags[n];
        if (!s->vreg)
            continue;
        for (unsigned b = 0; b < 2; b++) {
            struct flag_word *w = b ? &s->b : &s->a;
            if (w->where != FLAG_REG || w->reg != reg)
                continue;
            if (!s->stored)
                store_word(h, s, b);
            *w = flag_stored();
        }
    }
}

void flags_move(struct host_state *h, ir_reg to, ir_reg from, bool from_dies)
{
    if (to == from)
        return;
    struct flag_state *s = flags_of(h, from);
    if (s->kind == FLAGS_HOST && !from_dies)
        flags_store(h, s);
    if (s->a.where == FLAG_REG)
        h->locked |= 1 << s->a.reg;     /* the copy below refers to them */
    if (s->b.where == FLAG_REG)
        h->locked |= 1 << s->b.reg;
    struct flag_state copy = *s;
    const bool eflags = h->now.eflags_of == from;
    if (copy.kind == FLAGS_UNKNOWN) {
        const unsigned t = reg_temp(h);
        for (unsigned n = 0; n < 3; n++) {
            struct host_mem m = reg_mem(h, from), d = reg_mem(h, to);
            m.disp += 8 * (int)n;
            d.disp += 8 * (int)n;
            host_rm(&h->c, H_MOV, 64, t, m);
            host_rm(&h->c, H_MOV_M, 64, t, d);
        }
        reg_unlock(h, t);
    } else {
        copy.stored = copy.tag_stored = false;
        for (unsigned b = 0; b < 2; b++) {
            struct flag_word *w = b ? &copy.b : &copy.a;
            if (w->where == FLAG_MEM) {
                const unsigned t = reg_temp(h);
                host_rm(&h->c, H_MOV, 64, t, word_mem(h, from, b));
                *w = flag_in(t);
            }
        }
    }
    flags_drop(h, to);
    if (from_dies)
        flags_drop(h, from);
    s = fresh(h, to);
    copy.vreg = to;
    *s = copy;
    if (eflags)
        h->now.eflags_of = to;
}

/* The register that holds a word of the state, locked; loads it when it is elsewhere. */
static unsigned word_reg(struct host_state *h, const struct flag_state *s, bool b)
{
    const struct flag_word *w = b ? &s->b : &s->a;
    if (w->where == FLAG_REG) {
        h->locked |= 1 << w->reg;
        return w->reg;
    }
    const unsigned t = reg_temp(h);
    if (w->where == FLAG_IMM) {
        host_mov_imm(&h->c, t, (uint64_t)w->value);
    } else {
        host_rm(&h->c, H_MOV, 64, t, word_mem(h, s->vreg, b));
    }
    return t;
}

static void op_with_b(struct host_state *h, const struct flag_state *s, enum host_row_name row, enum host_row_name row_imm,
                      unsigned reg)
{
    if (s->b.where == FLAG_IMM && (s->width < 64 || fits32(s->b.value))) {
        host_ri(&h->c, row_imm, s->width, reg, (int32_t)s->b.value);
    } else if (s->b.where == FLAG_MEM) {
        host_rm(&h->c, row, s->width, reg, word_mem(h, s->vreg, true));
    } else {
        host_rr(&h->c, row, s->width, reg, word_reg(h, s, true));
    }
}

static void test_a(struct host_state *h, const struct flag_state *s)
{
    const unsigned a = word_reg(h, s, false);
    host_rr(&h->c, H_TEST, s->width, a, a);
}

static void bit_to_carry(struct host_state *h, const struct flag_state *s, bool b)
{
    host_ri(&h->c, H_BT_I, 32, word_reg(h, s, b), 0);
}

/* INC, DEC: undo, put the carry back, do again. */
static uint32_t derive_step(struct host_state *h, const struct flag_state *s, uint32_t need)
{
    const bool inc = s->kind == IR_FLAGS_INC;
    if (!(need & ~ZSP)) {
        test_a(h, s);
        return ZSP;
    }
    if (need == IR_CF) {
        bit_to_carry(h, s, true);
        return IR_CF;
    }
    const unsigned t = reg_temp(h), a = word_reg(h, s, false);
    host_mov(h, t, a);
    host_r(&h->c, inc ? H_DEC : H_INC, s->width, t);
    if (need & IR_CF)
        bit_to_carry(h, s, true);
    host_r(&h->c, inc ? H_INC : H_DEC, s->width, t);
    return need & IR_CF ? IR_ALL_FLAGS : IR_ALL_FLAGS & ~IR_CF;
}

enum { HOST_CMC = 0xf5, HOST_STC = 0xf9 };

/* Behind an operation that leaves all but AF and CF right. */
static uint32_t with_carry(struct host_state *h, unsigned opcode, uint32_t need)
{
    if (!(need & IR_CF))
        return IR_ALL_FLAGS & ~(IR_AF | IR_CF);
    host_byte(&h->c, opcode);
    return IR_ALL_FLAGS & ~IR_AF;
}

static uint32_t derive_add_inverted(struct host_state *h, const struct flag_state *s, uint32_t need)
{
    if (!(need & ~ZSP)) {
        test_a(h, s);
        return ZSP;
    }
    if (need == IR_CF) {
        op_with_b(h, s, H_CMP, H_CMP_I, word_reg(h, s, false));
        host_byte(&h->c, HOST_CMC);
        return IR_CF;
    }
    const unsigned t = reg_temp(h);
    host_mov(h, t, word_reg(h, s, false));
    op_with_b(h, s, H_SUB, H_SUB_I, t);
    op_with_b(h, s, H_ADD, H_ADD_I, t);
    return with_carry(h, HOST_CMC, need) | IR_AF;
}

/* Makes EFLAGS hold the needed bits by doing the operation again. Returns the bits that then hold; 0: this kind cannot. */
static uint32_t derive(struct host_state *h, const struct flag_state *s, uint32_t need)
{
    unsigned t;
    switch (s->kind) {
    case IR_FLAGS_CMP:
        op_with_b(h, s, H_CMP, H_CMP_I, word_reg(h, s, false));
        return IR_ALL_FLAGS;
    case IR_FLAGS_LOGIC:
        test_a(h, s);
        return IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_LOGICN:
        test_a(h, s);
        return with_carry(h, HOST_STC, need);
    case IR_FLAGS_ADDN:
        return derive_add_inverted(h, s, need);
    case IR_FLAGS_TEST:
    case IR_FLAGS_TESTN:
        t = word_reg(h, s, false);
        if (s->b.where == FLAG_IMM) {
            host_ri(&h->c, H_TEST_I, s->width, t, (int32_t)s->b.value);
        } else {
            host_rr(&h->c, H_TEST, s->width, t, word_reg(h, s, true));
        }
        return s->kind == IR_FLAGS_TESTN ? with_carry(h, HOST_STC, need) : IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_INC:
    case IR_FLAGS_DEC:
        return derive_step(h, s, need);
    case IR_FLAGS_KEEP:
        if (need == IR_CF) {
            bit_to_carry(h, s, true);
            return IR_CF;
        }
        if (need & ~ZSP)
            return 0;
        test_a(h, s);
        return ZSP;
    case IR_FLAGS_ADD:
    case IR_FLAGS_SUB:
        if (!(need & ~ZSP)) {
            test_a(h, s);
            return ZSP;
        }
        if (s->kind == IR_FLAGS_ADD && need == IR_CF) {     /* a carry: the sum is below a part */
            op_with_b(h, s, H_CMP, H_CMP_I, word_reg(h, s, false));
            return IR_CF;
        }
        t = reg_temp(h);
        host_mov(h, t, word_reg(h, s, false));
        op_with_b(h, s, s->kind == IR_FLAGS_ADD ? H_SUB : H_ADD, s->kind == IR_FLAGS_ADD ? H_SUB_I : H_ADD_I, t);
        if (s->kind == IR_FLAGS_ADD) {
            op_with_b(h, s, H_ADD, H_ADD_I, t);
        } else {
            op_with_b(h, s, H_CMP, H_CMP_I, t);
        }
        return IR_ALL_FLAGS;
    case IR_FLAGS_SHL:
    case IR_FLAGS_SHR:
    case IR_FLAGS_SAR:
        if (s->b.where != FLAG_IMM || (need & IR_AF) || ((need & IR_OF) && s->b.value != 1) || s->b.value >= s->width)
            return 0;
        t = reg_temp(h);
        host_mov(h, t, word_reg(h, s, false));
        host_ri(&h->c, s->kind == IR_FLAGS_SHL ? H_SHL_I : s->kind == IR_FLAGS_SHR ? H_SHR_I : H_SAR_I, s->width, t,
                (int32_t)s->b.value);
        return IR_ALL_FLAGS & ~(IR_AF | (s->b.value == 1 ? 0 : IR_OF));
    case IR_FLAGS_MUL:
        if ((need & ~(IR_CF | IR_OF)) || s->width == 8)
            return 0;
        t = reg_temp(h);
        host_mov(h, t, word_reg(h, s, false));
        host_rr(&h->c, H_IMUL, s->width, t, word_reg(h, s, true));
        return IR_CF | IR_OF;
    }
    return 0;
}

/* Turns the state into a WORD by the common routine, which leaves the triple of the word in memory too. */
static void make_word(struct host_state *h, struct flag_state *s)
{
    if (s->kind == IR_FLAGS_WORD || s->kind == FLAGS_HOST)
        return;
    flags_store(h, s);
    s->a = s->b = flag_stored();
    if (h->now.eflags_of)
        flags_hook(&h->c);
    const uint16_t locked = h->locked;
    reg_spill(h, R10);
    host_rm(&h->c, H_LEA, 64, R10, flags_mem(h, s->vreg));
    jump_to_stub(h, host_call(&h->c), STUB_FLAGS_WORD);
    h->locked = locked;
    s->kind = IR_FLAGS_WORD;
    s->a = flag_stored();
    s->b = flag_none();
}

static bool eflags_have(struct host_state *h, ir_reg f, uint32_t need)
{
    if (h->unit->off & OFF_EFLAGS && flags_of(h, f)->kind != FLAGS_HOST)
        return false;
    return h->now.eflags_of == f && !(need & ~(uint32_t)h->now.eflags_bits);
}

static bool to_eflags(struct host_state *h, struct flag_state *s, uint32_t need)
{
    const uint16_t locked = h->locked;
    const ir_reg f = s->vreg;
    const uint32_t bits = derive(h, s, need);
    h->locked = locked;
    if (bits)
        flags_eflags_are(h, f, bits);
    return bits != 0;
}

/* A condition of a word, as test and jne/je. */
static unsigned word_condition(struct host_state *h, struct flag_state *s, unsigned cond)
{
    const uint16_t locked = h->locked;
    const uint32_t need = ir_cond_flags(cond);
    if (cond >> 1 == IR_COND_L >> 1 || cond >> 1 == IR_COND_LE >> 1) {
        const unsigned w = word_reg(h, s, false), t = reg_temp(h);
        host_mov(h, t, w);
        host_ri(&h->c, H_SHR_I, 32, t, 4);          /* OF under SF */
        host_rr(&h->c, H_XOR, 32, t, w);
        host_ri(&h->c, H_AND_I, 32, t, IR_SF);
        if (cond >> 1 == IR_COND_LE >> 1) {
            const unsigned z = reg_temp(h);
            host_mov(h, z, w);
            host_ri(&h->c, H_AND_I, 32, z, IR_ZF);
            host_rr(&h->c, H_OR, 32, t, z);
        }
    } else if (s->a.where == FLAG_MEM) {
        host_rmi(&h->c, H_TEST_I, 32, 0, word_mem(h, s->vreg, false), (int32_t)need);
    } else {
        host_ri(&h->c, H_TEST_I, 32, word_reg(h, s, false), (int32_t)need);
    }
    h->locked = locked;
    return cond & 1 ? IR_COND_E : IR_COND_NE;
}

unsigned flags_condition(struct host_state *h, ir_reg f, unsigned cond)
{
    const uint32_t need = ir_cond_flags(cond);
    if (eflags_have(h, f, need))
        return cond;
    struct flag_state *s = flags_of(h, f);
    if (to_eflags(h, s, need))
        return cond;
    make_word(h, s);
    return word_condition(h, s, cond);
}

bool flags_bring(struct host_state *h, ir_reg f, uint32_t bits)
{
    return eflags_have(h, f, bits) || to_eflags(h, flags_of(h, f), bits);
}

void flags_carry(struct host_state *h, ir_reg f)
{
    if (flags_bring(h, f, IR_CF))
        return;
    struct flag_state *s = flags_of(h, f);
    make_word(h, s);
    const uint16_t locked = h->locked;
    bit_to_carry(h, s, false);
    h->locked = locked;
}

unsigned flags_word(struct host_state *h, ir_reg f)
{
    struct flag_state *s = flags_of(h, f);
    const bool logic = s->kind == IR_FLAGS_LOGIC || s->kind == IR_FLAGS_TEST || s->kind == IR_FLAGS_LOGICN ||
                       s->kind == IR_FLAGS_TESTN;
    uint32_t mask = IR_ALL_FLAGS & ~(logic ? IR_AF : 0);
    const bool exact = s->kind == FLAGS_HOST || s->kind == IR_FLAGS_CMP || s->kind == IR_FLAGS_SUB ||
                       s->kind == IR_FLAGS_ADD || s->kind == IR_FLAGS_INC || s->kind == IR_FLAGS_DEC ||
                       s->kind == IR_FLAGS_ADDN || logic;
    if (exact && (eflags_have(h, f, mask) || to_eflags(h, s, mask))) {
        const unsigned t = reg_temp(h);
        host_byte(&h->c, 0x9c);
        host_pop(&h->c, t);
        host_ri(&h->c, H_AND_I, 32, t, (int32_t)mask);
        return t;
    }
    make_word(h, s);
    const unsigned t = reg_temp(h);
    if (s->a.where == FLAG_REG) {
        host_rr(&h->c, H_MOV, 32, t, s->a.reg);
    } else if (s->a.where == FLAG_IMM) {
        host_mov_imm(&h->c, t, (uint32_t)s->a.value);
    } else {
        host_rm(&h->c, H_MOV, 32, t, word_mem(h, s->vreg, false));
    }
    host_ri(&h->c, H_AND_I, 32, t, IR_ALL_FLAGS);
    return t;
}

void flags_to_eflags(struct host_state *h, ir_reg f)
{
    if (eflags_have(h, f, IR_ALL_FLAGS & ~IR_AF))
        return;
    struct flag_state *s = flags_of(h, f);
    if (((s->kind <= IR_FLAGS_DEC && s->kind != IR_FLAGS_WORD) || (s->kind >= IR_FLAGS_TEST && s->kind <= IR_FLAGS_TESTN)) &&
        to_eflags(h, s, IR_ALL_FLAGS & ~IR_AF))
        return;
    const unsigned t = flags_word(h, f);
    host_push(&h->c, t);
    if (h->now.eflags_of)
        flags_hook(&h->c);
    host_byte(&h->c, 0x9d);
    reg_unlock(h, t);
    flags_eflags_are(h, f, IR_ALL_FLAGS);
}
