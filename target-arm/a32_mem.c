/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of one register or a pair, exclusives, acquire and release, swap (Arm ARM F4.1.2, F4.1.5, F4.1.6).
 *
 * Addresses are base + displacement in 64 bits; the page walk cuts them to 32 (see mmu_short.c), which lets accesses off
 * one base share a look-up.
 *
 * UNPREDICTABLE: a base that is loaded and written back holds what was loaded; LDRD and STRD of an odd register are
 * undefined; a store of R15 stores PC + 8.
 */
#include "target-arm/a32.h"
#include "target-arm/exclusive.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

/* The address of an access: register and displacement; *updated: what write-back leaves in the base. */
static ir_reg address_of(struct arm_trans *t, const struct a32_access *a, int64_t *disp, ir_reg *updated)
{
    struct ir_unit *u = t->u;
    const bool writes_back = !a->p || a->w;
    ir_reg base = a->n == 15 ? ir_const(u, a32_pc(t) & ~3u) : arm_x(a->n);
    *disp = 0;
    *updated = IR_NONE;
    if (!a->has_reg) {
        const int64_t offset = a->u ? (int64_t)a->imm : -(int64_t)a->imm;
        if (a->p)
            *disp = offset;
        if (writes_back)
            *updated = ir_op2i(u, IR_ADD, 32, base, offset);
        if (a->n == 15) {
            base = ir_const(u, (uint32_t)((a32_pc(t) & ~3u) + *disp));
            *disp = 0;
        }
        return base;
    }
    ir_reg sum = ir_op2(u, a->u ? IR_ADD : IR_SUB, 32, base, a->reg);
    if (writes_back)
        *updated = sum;
    return a->p ? sum : base;
}

static ir_reg load(struct arm_trans *t, const struct a32_access *a, ir_reg address, int64_t disp)
{
    ir_reg value = arm_load(t, a->bits, address, disp, (a->sign ? ARM_ACCESS_SIGNED : 0) | (a->user ? ARM_ACCESS_USER : 0));
    return a->sign ? ir_extu(t->u, 32, value) : value;
}

static void access_pair(struct arm_trans *t, const struct a32_access *a, ir_reg address, int64_t disp, ir_reg updated)
{
    if (a->load) {
        ir_reg first = arm_load(t, 32, address, disp, ARM_ACCESS_ALIGNED), second = arm_load(t, 32, address, disp + 4, 0);
        if (updated)
            ir_mov_to(t->u, arm_x(a->n), updated);
        a32_set(t, a->t, first);
        a32_set(t, a->t2, second);
    } else {
        arm_store(t, 32, address, disp, a32_get(t, a->t), ARM_ACCESS_ALIGNED);
        arm_store(t, 32, address, disp + 4, a32_get(t, a->t2), 0);
        if (updated)
            ir_mov_to(t->u, arm_x(a->n), updated);
    }
}

void a32_access(struct arm_trans *t, const struct a32_access *a)
{
    int64_t disp;
    ir_reg updated, address = address_of(t, a, &disp, &updated);
    if (updated && a->n == 15) {
        a32_undefined(t);           /* UNPREDICTABLE */
    } else if (a->bits == 64) {
        access_pair(t, a, address, disp, updated);
    } else if (!a->load) {
        arm_store(t, a->bits, address, disp, a32_get(t, a->t), a->user ? ARM_ACCESS_USER : 0);
        if (updated)
            ir_mov_to(t->u, arm_x(a->n), updated);
    } else {
        ir_reg value = load(t, a, address, disp);
        if (updated)
            ir_mov_to(t->u, arm_x(a->n), updated);
        if (a->t == 15) {
            a32_bx(t, value, a->n == 13 ? IR_JUMP_RETURN : IR_JUMP_PLAIN);
        } else {
            ir_mov_to(t->u, arm_x(a->t), value);
        }
    }
}

/* data: bits, | LOAD, | SIGNED */
enum { LOAD = 0x100, SIGNED = 0x200 };
static struct a32_access access_of(const struct arm_trans *t)
{
    struct a32_access a = {
        .bits = t->data & 0xff, .load = t->data & LOAD, .sign = t->data & SIGNED, .p = f(t, 'p'), .u = f(t, 'u'), .w = f(t, 'w'),
        .t = f(t, 't'), .n = f(t, 'n'),
    };
    a.user = !a.p && a.w;
    a.t2 = a.t + 1;
    return a;
}

static void word_imm(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.imm = f(t, 'i');
    a32_access(t, &a);
}

static void word_reg(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    const struct a32_operand o = a32_shift_imm(t, a32_get(t, f(t, 'm')), (enum a32_shift)f(t, 's'), f(t, 'i'), false);
    a.has_reg = true;
    a.reg = o.reg;
    a32_access(t, &a);
}

static void half_imm(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.imm = f(t, 'h') << 4 | f(t, 'l');
    if (a.bits == 64 && a.t & 1) {
        a32_undefined(t);
    } else {
        a32_access(t, &a);
    }
}

static void half_reg(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.has_reg = true;
    a.reg = a32_get(t, f(t, 'm'));
    if (a.bits == 64 && a.t & 1) {
        a32_undefined(t);
    } else {
        a32_access(t, &a);
    }
}

/* ---- exclusives: exclusive.c ---- */

static ir_reg swapped(struct arm_trans *t, unsigned bits, ir_reg value)
{
    if (!(t->mode & MODE_BE) || bits == 8)
        return value;
    if (bits == 64)                 /* two words, each big-endian */
        return ir_op2i(t->u, IR_ROR, 64, ir_op1(t->u, IR_BSWAP, 64, value), 32);
    return ir_op1(t->u, IR_BSWAP, bits, value);
}

static ir_reg exclusive_address(struct arm_trans *t)
{
    /* i: T32's immediate, in words */
    return ir_op2i(t->u, IR_ADD, 32, a32_get(t, f(t, 'n')), (int64_t)f(t, 'i') * 4);
}

/* z: 0 word, 1 double, 2 byte, 3 half; T32's y: 8 << y */
static unsigned exclusive_bits(const struct arm_trans *t)
{
    if (t->row->bits['y' - 'a'])
        return 8u << f(t, 'y');
    static const uint8_t bits[4] = { 32, 64, 8, 16 };
    return bits[f(t, 'z')];
}

/* T32 names the second register of a pair (T). */
static unsigned second_register(const struct arm_trans *t)
{
    return a32_thumb(t) ? f(t, 'T') : f(t, 't') + 1;
}

void a32_ldrex(struct arm_trans *t)
{
    const unsigned bits = exclusive_bits(t);
    if (bits == 64 && !a32_thumb(t) && f(t, 't') & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg address = exclusive_address(t);
    arm_check_aligned(t, bits / 8, address, 0, false);
    ir_reg version = arm_monitor_version(t, address), value = ir_ld(t->u, bits, address, 0, t->mmu);
    arm_monitor_set(t, address, version, value, IR_NONE);
    value = swapped(t, bits, value);
    if (bits == 64) {
        a32_set(t, f(t, 't'), ir_extu(t->u, 32, value));
        a32_set(t, second_register(t), ir_op2i(t->u, IR_SHR, 64, value, 32));
    } else {
        a32_set(t, f(t, 't'), value);
    }
}

void a32_strex(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    const unsigned bits = exclusive_bits(t), failed = ir_new_label(u), end = ir_new_label(u);
    if (bits == 64 && !a32_thumb(t) && f(t, 't') & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg address = exclusive_address(t);
    arm_check_aligned(t, bits / 8, address, 0, true);
    ir_reg value = a32_copy(t, f(t, 't'));
    if (bits == 64)
        value = ir_deposit(u, value, 32, 32, a32_get(t, second_register(t)));
    ir_brc(u, IR_COND_NE, 64, address, ir_ldcpu(u, 64, offsetof(struct arm_cpu, exclusive_address)), failed);
    ir_reg result = arm_store_exclusive(t, bits, address, swapped(t, bits, value));
    arm_monitor_clear(t);
    a32_set(t, f(t, 'd'), result);
    ir_br(u, end);
    ir_label(u, failed);
    arm_monitor_clear(t);
    a32_seti(t, f(t, 'd'), 1);
    ir_label(u, end);
}

void a32_clrex(struct arm_trans *t)
{
    arm_monitor_clear(t);
}

/* x86 hosts keep loads and stores in order; only store-release followed by load-acquire needs the fence, behind the store. */
void a32_lda(struct arm_trans *t)
{
    const unsigned bits = exclusive_bits(t);
    a32_set(t, f(t, 't'), arm_load(t, bits, a32_get(t, f(t, 'n')), 0, ARM_ACCESS_ALIGNED));
}

void a32_stl(struct arm_trans *t)
{
    const unsigned bits = exclusive_bits(t);
    arm_store(t, bits, a32_get(t, f(t, 'n')), 0, a32_get(t, f(t, 't')), ARM_ACCESS_ALIGNED);
    ir_append(t->u, IR_FENCE, 64);
}

static void swp(struct arm_trans *t)
{
    const unsigned bits = f(t, 'b') ? 8 : 32;
    if (!(t->mode & MODE_V7)) {
        a32_undefined(t);
        return;
    }
    ir_reg address = a32_copy(t, f(t, 'n'));
    arm_check_aligned(t, bits / 8, address, 0, true);
    ir_reg old = arm_atomic(t, IR_ATOMIC_XCHG, bits, address, swapped(t, bits, a32_get(t, f(t, 'm'))), IR_NONE);
    a32_set(t, f(t, 't'), swapped(t, bits, old));
}

void a32_preload(struct arm_trans *t) { (void)t; }

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, A32_COND }
#define WORD(op, name, data) \
    ROW("cccc 010 p u " op " nnnn tttt iiiiiiiiiiii", name, word_imm, data), \
    ROW("cccc 011 p u " op " nnnn tttt iiiii ss 0 mmmm", name, word_reg, data)
#define HALF(load, op, name, data) \
    ROW("cccc 000 p u 1 w " load " nnnn tttt hhhh " op " llll", name, half_imm, data), \
    ROW("cccc 000 p u 0 w " load " nnnn tttt ---- " op " mmmm", name, half_reg, data)
#define PAIR(op, name, data) \
    { "cccc 000 p u 1 w 0 nnnn tttt hhhh " op " llll", name, half_imm, 0, ARM_FEATURE_NONE, data, NULL, A32_COND ";p=0,w=1" }, \
    { "cccc 000 p u 0 w 0 nnnn tttt ---- " op " mmmm", name, half_reg, 0, ARM_FEATURE_NONE, data, NULL, A32_COND ";p=0,w=1" }
#define V8(pattern, name, fn) { pattern, name, fn, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, A32_COND ";z=1" }
static const struct arm_row rows[] = {
    WORD("0 w 0", "STR", 32),
    WORD("0 w 1", "LDR", 32 | LOAD),
    WORD("1 w 0", "STRB", 8),
    WORD("1 w 1", "LDRB", 8 | LOAD),
    HALF("0", "1011", "STRH", 16),
    HALF("1", "1011", "LDRH", 16 | LOAD),
    HALF("1", "1101", "LDRSB", 8 | LOAD | SIGNED),
    HALF("1", "1111", "LDRSH", 16 | LOAD | SIGNED),
    PAIR("1101", "LDRD", 64 | LOAD),
    PAIR("1111", "STRD", 64),
    ROW("cccc 0001 1zz1 nnnn tttt ++11 1001 ++++", "LDREX", a32_ldrex, 0),
    ROW("cccc 0001 1zz0 nnnn dddd ++11 1001 tttt", "STREX", a32_strex, 0),
    { "cccc 0001 1zz1 nnnn tttt ++10 1001 ++++", "LDAEX", a32_ldrex, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, A32_COND },
    { "cccc 0001 1zz0 nnnn dddd ++10 1001 tttt", "STLEX", a32_strex, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, A32_COND },
    V8("cccc 0001 1zz1 nnnn tttt ++00 1001 ++++", "LDA", a32_lda),
    V8("cccc 0001 1zz0 nnnn ++++ ++00 1001 tttt", "STL", a32_stl),
    { "cccc 0001 0b00 nnnn tttt ---- 1001 mmmm", "SWP", swp, ARM_ROW_NO_TEST, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "1111 0101 0111 ++++ ++++ ---- 0001 ++++", "CLREX", a32_clrex, ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "1111 010. .x01 .... ++++ .... .... ....", "PLD", a32_preload, ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "1111 0110 .101 .... ++++ .... ...0 ....", "PLI", a32_preload, ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "1111 0111 .x01 .... ++++ .... ...0 ....", "PLD", a32_preload, ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
};
ARM_TABLE(a32_mem);
