/* SPDX-License-Identifier: MIT */
/*
 * A64: loads and stores of one register and of pairs, integer and SIMD (Arm ARM C4.1.94). The addressing forms
 * differ in the
 * rows; what is moved is described by struct item.
 */
#include "target-arm/a64.h"

/* What one register of a load or store is. */
struct item { unsigned bits; bool load, vector, is_signed, prefetch; unsigned extend; };

ir_reg a64_base(struct arm_trans *t, unsigned n)
{
    if (n == 31 && t->mode & MODE_SP_ALIGN && !t->sp_aligned) {
        ir_reg low = ir_op2i(t->u, IR_AND, 64, arm_x(31), 15);
        struct arm_far far = { .helper = HELPER_ARM_sp_alignment, .no_return = true };
        ir_brci(t->u, IR_COND_NE, 64, low, 0, arm_far_code(t, &far));
        t->sp_aligned = true;
    }
    return arm_x(n);
}

/* size and opc of the single-register forms. false: no such instruction. */
static bool item_of(const struct arm_trans *t, struct item *item)
{
    unsigned size = arm_field(t, 'z'), opc = arm_field(t, 'o');
    *item = (struct item){ .bits = 8u << size, .load = opc & 1, .vector = arm_field(t, 'V') };
    if (item->vector) {
        if (opc & 2) {
            item->bits = 128;
        }
        return !(opc & 2) || !size;
    }
    if (opc & 2) {
        item->load = item->is_signed = true;
        item->extend = opc == 2 ? 64 : 32;
        item->prefetch = size == 3 && opc == 2;
        return size + (opc & 1) < 3 || item->prefetch;
    }
    return true;
}

/* The register moved; a load's value is returned and put in place by finish. */
static ir_reg begin(struct arm_trans *t, const struct item *i, unsigned r, ir_reg base, int64_t disp, unsigned flags)
{
    if (i->prefetch) {
        return IR_NONE;
    }
    if (i->vector) {
        if (i->load) {
            return arm_load_vec(t, i->bits, i->bits, base, disp);
        }
        arm_store_vec(t, i->bits, i->bits, base, disp, arm_v(r));
        return IR_NONE;
    }
    if (i->load) {
        return arm_load(t, i->bits, base, disp, flags | (i->is_signed ? ARM_ACCESS_SIGNED : 0));
    }
    arm_store(t, i->bits, base, disp, a64_x(t, r), flags);
    return IR_NONE;
}

static void finish(struct arm_trans *t, const struct item *i, unsigned r, ir_reg value)
{
    if (!value) {
        return;
    }
    if (i->vector) {
        ir_mov_to(t->u, arm_v(r), value);
    } else {
        a64_set(t, r, i->is_signed && i->extend == 32 ? ir_extu(t->u, 32, value) : value);
    }
}

static bool fp_allowed(struct arm_trans *t, bool vector)
{
    if (!vector || t->mode & MODE_FP) {
        return true;
    }
    arm_call_void(t, HELPER_ARM_fp_trap, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->u);
    t->ended = true;
    return false;
}

/* One register at base + disp; by: what the base changes by afterwards. */
static void single(struct arm_trans *t, ir_reg base, int64_t disp, int64_t by, unsigned flags)
{
    struct item item;
    unsigned n = arm_field(t, 'n'), r = arm_field(t, 't');
    if (!item_of(t, &item)) {
        arm_gen_undefined(t);
        return;
    }
    if (!fp_allowed(t, item.vector)) {
        return;
    }
    ir_reg value = begin(t, &item, r, base, disp, flags);
    if (by) {
        a64_set_sp(t, n, ir_op2i(t->u, IR_ADD, 64, arm_x(n), by), by);
    }
    finish(t, &item, r, value);
}

static void unsigned_offset(struct arm_trans *t)
{
    unsigned scale = arm_field(t, 'V') && arm_field(t, 'o') & 2 ? 4 : arm_field(t, 'z');
    single(t, a64_base(t, arm_field(t, 'n')), (int64_t)arm_field(t, 'i') << scale, 0, 0);
}

static void unscaled(struct arm_trans *t)
{
    single(t, a64_base(t, arm_field(t, 'n')), arm_sfield(t, 'i'), 0, 0);
}

/* FEAT_LRCPC2. As for STLR: a later LDAR may not pass the store. */
static void ordered(struct arm_trans *t)
{
    single(t, a64_base(t, arm_field(t, 'n')), arm_sfield(t, 'i'), 0, ARM_ACCESS_ALIGNED);
    if (!arm_field(t, 'o')) {
        ir_append(t->u, IR_FENCE, 64);
    }
}

static void unprivileged(struct arm_trans *t)
{
    single(t, a64_base(t, arm_field(t, 'n')), arm_sfield(t, 'i'), 0, ARM_ACCESS_USER);
}

static void post_index(struct arm_trans *t)
{
    single(t, a64_base(t, arm_field(t, 'n')), 0, arm_sfield(t, 'i'), 0);
}

static void pre_index(struct arm_trans *t)
{
    single(t, a64_base(t, arm_field(t, 'n')), arm_sfield(t, 'i'), arm_sfield(t, 'i'), 0);
}

static void register_offset(struct arm_trans *t)
{
    unsigned scale = arm_field(t, 'V') && arm_field(t, 'o') & 2 ? 4 : arm_field(t, 'z');
    unsigned option = arm_field(t, 'e'), m = arm_field(t, 'm'), shift = arm_field(t, 'S') ? scale : 0;
    if (!(option & 2)) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg base = a64_base(t, arm_field(t, 'n')), address;
    if (option & 1) {               /* 64 bits */
        address = m == 31 ? base : shift <= 3 ? ir_lea(t->u, 64, base, arm_x(m), shift, 0)
                : ir_op2(t->u, IR_ADD, 64, base, ir_op2i(t->u, IR_SHL, 64, arm_x(m), shift));
    } else {
        address = ir_op2(t->u, IR_ADD, 64, base, a64_extended(t, m, option, shift));
    }
    single(t, address, 0, 0, 0);
}

/* LDR (literal): z 0 32 bits, 1 64 bits, 2 LDRSW or Q, 3 PRFM. */
static void literal(struct arm_trans *t)
{
    unsigned size = arm_field(t, 'z'), r = arm_field(t, 't');
    struct item item = { .bits = 32u << size, .load = true, .vector = arm_field(t, 'V') };
    if (size == 3) {
        if (item.vector) {
            arm_gen_undefined(t);
        }
        return;
    }
    if (!fp_allowed(t, item.vector)) {
        return;
    }
    if (size == 2 && !item.vector) {
        item = (struct item){ .bits = 32, .load = true, .is_signed = true, .extend = 64 };
    }
    ir_reg address = ir_const(t->u, t->pc + (uint64_t)((int64_t)arm_sfield(t, 'i') * 4));
    finish(t, &item, r, begin(t, &item, r, address, 0, 0));
}

/* Pairs. row->data: how the base changes. */
enum { PAIR_OFFSET, PAIR_POST, PAIR_PRE, PAIR_NO_ALLOCATE };
static void pair(struct arm_trans *t)
{
    unsigned opc = arm_field(t, 'z'), n = arm_field(t, 'n'), r = arm_field(t, 't'), r2 = arm_field(t, 'u');
    struct item item = { .load = arm_field(t, 'L'), .vector = arm_field(t, 'V') };
    item.bits = item.vector ? 32u << opc : opc == 2 ? 64 : 32;
    if (opc == 1 && !item.vector) {
        item.is_signed = true;
        item.extend = 64;
    }
    if (item.is_signed && t->data == PAIR_NO_ALLOCATE) {
        arm_gen_undefined(t);
        return;
    }
    if (!fp_allowed(t, item.vector)) {
        return;
    }
    int64_t offset = (int64_t)arm_sfield(t, 'i') * (item.bits / 8), disp = t->data == PAIR_POST ? 0 : offset;
    ir_reg base = a64_base(t, n);
    ir_reg first = begin(t, &item, r, base, disp, 0), second = begin(t, &item, r2, base, disp + item.bits / 8, 0);
    if (t->data == PAIR_POST || t->data == PAIR_PRE) {
        a64_set_sp(t, n, ir_op2i(t->u, IR_ADD, 64, arm_x(n), offset), offset);
    }
    finish(t, &item, r, first);
    finish(t, &item, r2, second);
}

/* LDRAA, LDRAB: authenticated base. */
static void load_auth(struct arm_trans *t)
{
    unsigned n = arm_field(t, 'n'), r = arm_field(t, 't');
    int64_t offset = ((int64_t)arm_field(t, 'i') - (arm_field(t, 'S') ? 512 : 0)) * 8;
    ir_reg key = ir_const(t->u, 0x102 | arm_field(t, 'M'));
    ir_reg base = arm_call(t, HELPER_ARM_pauth_auth, a64_base(t, n), ir_const(t->u, 0), key, IR_NONE);
    ir_reg value = arm_load(t, 64, base, offset, 0);
    if (arm_field(t, 'W')) {
        a64_set_sp(t, n, ir_op2i(t->u, IR_ADD, 64, base, offset), 1);
    }
    a64_set(t, r, value);
}

/* PRFM has no write-back and no unprivileged form. */
#define SINGLE_NO_PRFM(bits, nm, fn, more) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | (more), .unless = "z=3,V=0,o=2" }
#define SINGLE(bits, nm, fn, more) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | (more) }
#define PAIR(bits, nm, how, more) \
    { .pattern = bits, .name = nm, .translate = pair, .flags = ARM_ROW_MEM | (more), .data = how, \
      .unless = "z=1,V=0,L=0;z=3" }
static const struct arm_row rows[] = {
    SINGLE("zz 111 V 01 oo iiiiiiiiiiii nnnnn ttttt", "LDR, STR (unsigned offset)", unsigned_offset, 0),
    SINGLE("zz 111 V 00 oo 0 iiiiiiiii 00 nnnnn ttttt", "LDUR, STUR", unscaled, 0),
    { .pattern = "zz 011 0 01 oo 0 iiiiiiiii 00 nnnnn ttttt", .name = "LDAPUR, STLUR", .translate = ordered,
      .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED, .feature = ARM_RCPC2, .unless = "z=3,o=2;z=3,o=3;z=2,o=3" },
    SINGLE_NO_PRFM("zz 111 V 00 oo 0 iiiiiiiii 01 nnnnn ttttt", "LDR, STR (post-index)", post_index, ARM_ROW_MEM_WB),
    { .pattern = "zz 111 0 00 oo 0 iiiiiiiii 10 nnnnn ttttt", .name = "LDTR, STTR", .translate = unprivileged,
      .flags = ARM_ROW_MEM, .unless = "z=3,o=2" },
    SINGLE_NO_PRFM("zz 111 V 00 oo 0 iiiiiiiii 11 nnnnn ttttt", "LDR, STR (pre-index)", pre_index, ARM_ROW_MEM_WB),
    SINGLE("zz 111 V 00 oo 1 mmmmm eee S 10 nnnnn ttttt", "LDR, STR (register)", register_offset, 0),
    { .pattern = "zz 011 V 00 iiiiiiiiiiiiiiiiiii ttttt", .name = "LDR (literal)", .translate = literal },
    PAIR("zz 101 V 000 L iiiiiii uuuuu nnnnn ttttt", "LDNP, STNP", PAIR_NO_ALLOCATE, 0),
    PAIR("zz 101 V 001 L iiiiiii uuuuu nnnnn ttttt", "LDP, STP (post-index)", PAIR_POST, ARM_ROW_MEM_WB),
    PAIR("zz 101 V 010 L iiiiiii uuuuu nnnnn ttttt", "LDP, STP (offset)", PAIR_OFFSET, 0),
    PAIR("zz 101 V 011 L iiiiiii uuuuu nnnnn ttttt", "LDP, STP (pre-index)", PAIR_PRE, ARM_ROW_MEM_WB),
    { .pattern = "11 111 0 00 M S 1 iiiiiiiii W 1 nnnnn ttttt", .name = "LDRAA, LDRAB", .translate = load_auth,
      .feature = ARM_PAUTH, .flags = ARM_ROW_NO_TEST },
};
ARM_TABLE(a64_load);
