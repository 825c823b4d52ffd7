/* SPDX-License-Identifier: MIT */
/*
 * A64: exclusives, acquire and release, compare and swap, atomic memory operations (Arm ARM C4.1.94, B2.9).
 *
 * The host keeps loads and stores in order but for a store followed by a load, so an acquiring load is a plain one
 * and a
 * releasing store is followed by a fence.
 *
 * The exclusive monitor is the address and the value that the load saw; a store succeeds when memory still holds it, by
 * one compare-and-swap. Departure: a value that was changed and changed back in between is not noticed.
 */
#include "target-arm/a64.h"

static void field_set(struct arm_trans *t, unsigned offset, ir_reg value)
{
    ir_stcpu(t->u, 64, offset, value);
}

#define EXCLUSIVE(name) offsetof(struct arm_cpu, exclusive_##name)

static void load_exclusive(struct arm_trans *t)
{
    unsigned bits = 8u << arm_field(t, 'z'), r = arm_field(t, 't');
    ir_reg base = a64_base(t, arm_field(t, 'n')), at = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, at, base);
    ir_reg value = arm_load(t, bits, base, 0, ARM_ACCESS_ALIGNED);
    field_set(t, EXCLUSIVE(address), at);
    field_set(t, EXCLUSIVE(value), value);
    a64_set(t, r, value);
}

/* The monitor must hold this address: else branch to the label. */
static void monitor_check(struct arm_trans *t, ir_reg base, unsigned failed)
{
    ir_brc(t->u, IR_COND_NE, 64, ir_ldcpu(t->u, 64, EXCLUSIVE(address)), base, failed);
}

static ir_reg turned(struct arm_trans *t, unsigned bits, ir_reg value)
{
    return t->mode & MODE_BE && bits > 8 ? ir_op1(t->u, IR_BSWAP, bits, value) : value;
}

static void store_exclusive(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned bits = 8u << arm_field(t, 'z'), failed = ir_new_label(u);
    ir_reg base = a64_base(t, arm_field(t, 'n')), result = ir_temp(u, IR_TYPE_INT);
    arm_check_aligned(t, bits / 8, base, 0, true);
    ir_movi_to(u, result, 1);
    monitor_check(t, base, failed);
    ir_reg expected = ir_ldcpu(u, 64, EXCLUSIVE(value));
    if (bits < 64) {                /* the load was wider: not defined; we fail when that can be seen */
        ir_brci(u, IR_COND_NE, 64, ir_op2i(u, IR_SHR, 64, expected, bits), 0, failed);
    }
    ir_reg old = ir_atomic(u, IR_ATOMIC_CAS, bits, base, turned(t, bits, expected),
                           turned(t, bits, a64_x(t, arm_field(t, 't'))), t->mmu);
    ir_mov_to(u, result, ir_setc(u, IR_COND_NE, bits, turned(t, bits, old), expected));
    ir_label(u, failed);
    t->sp_aligned = false;
    field_set(t, EXCLUSIVE(address), ir_const(u, UINT64_MAX));
    a64_set(t, arm_field(t, 'q'), result);
}

static void load_exclusive_pair(struct arm_trans *t)
{
    bool wide = arm_field(t, 'z');
    unsigned r = arm_field(t, 't'), r2 = arm_field(t, 'u');
    ir_reg base = a64_base(t, arm_field(t, 'n')), at = ir_temp(t->u, IR_TYPE_INT), low, high;
    ir_mov_to(t->u, at, base);
    arm_check_aligned(t, wide ? 16 : 8, base, 0, false);
    if (wide) {                     /* both in one access: LDV is one of 128 bits */
        ir_reg v = arm_load_vec(t, 128, 64, base, 0);
        low = ir_vget(t->u, 64, v, 0);
        high = ir_vget(t->u, 64, v, 1);
        field_set(t, EXCLUSIVE(value), low);
        field_set(t, EXCLUSIVE(high), high);
    } else {
        ir_reg both = arm_load(t, 64, base, 0, 0);
        field_set(t, EXCLUSIVE(value), both);
        low = ir_extract(t->u, both, t->mode & MODE_BE ? 32 : 0, 32);
        high = ir_extract(t->u, both, t->mode & MODE_BE ? 0 : 32, 32);
    }
    field_set(t, EXCLUSIVE(address), at);
    a64_set(t, r, low);
    a64_set(t, r2, high);
}

static void store_exclusive_pair(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    bool wide = arm_field(t, 'z');
    unsigned failed = ir_new_label(u);
    ir_reg base = a64_base(t, arm_field(t, 'n')), result = ir_temp(u, IR_TYPE_INT);
    ir_reg low = a64_x(t, arm_field(t, 't')), high = a64_x(t, arm_field(t, 'u'));
    arm_check_aligned(t, wide ? 16 : 8, base, 0, true);
    ir_movi_to(u, result, 1);
    monitor_check(t, base, failed);
    if (wide) {
        ir_mov_to(u, result, arm_call(t, HELPER_ARM_store_exclusive16, base, low, high, ir_const(u, t->mode)));
    } else {
        ir_reg first = t->mode & MODE_BE ? high : low, second = t->mode & MODE_BE ? low : high;
        ir_reg expected = ir_ldcpu(u, 64, EXCLUSIVE(value));
        ir_reg both = ir_deposit(u, ir_extu(u, 32, first), 32, 32, second);
        ir_reg old = ir_atomic(u, IR_ATOMIC_CAS, 64, base, turned(t, 64, expected), turned(t, 64, both), t->mmu);
        ir_mov_to(u, result, ir_setc(u, IR_COND_NE, 64, turned(t, 64, old), expected));
    }
    ir_label(u, failed);
    t->sp_aligned = false;
    field_set(t, EXCLUSIVE(address), ir_const(u, UINT64_MAX));
    a64_set(t, arm_field(t, 'q'), result);
}

/* LDAR, LDLAR, LDAPR. */
static void load_acquire(struct arm_trans *t)
{
    a64_set(t, arm_field(t, 't'), arm_load(t, 8u << arm_field(t, 'z'), a64_base(t, arm_field(t, 'n')), 0,
        ARM_ACCESS_ALIGNED));
}

/* STLR, STLLR. */
static void store_release(struct arm_trans *t)
{
    arm_store(t, 8u << arm_field(t, 'z'), a64_base(t, arm_field(t, 'n')), 0, a64_x(t, arm_field(t, 't')),
        ARM_ACCESS_ALIGNED);
    ir_append(t->u, IR_FENCE, 64);
}

/* ---- FEAT_LSE ---- */

static void compare_swap(struct arm_trans *t)
{
    unsigned bits = 8u << arm_field(t, 'z'), compare = arm_field(t, 'q');
    ir_reg base = a64_base(t, arm_field(t, 'n'));
    arm_check_aligned(t, bits / 8, base, 0, true);
    ir_reg old = ir_atomic(t->u, IR_ATOMIC_CAS, bits, base, turned(t, bits, a64_x(t, compare)),
                           turned(t, bits, a64_x(t, arm_field(t, 't'))), t->mmu);
    a64_set(t, compare, turned(t, bits, old));
}

static void compare_swap_pair(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned s = arm_field(t, 'q'), r = arm_field(t, 't');
    ir_reg base = a64_base(t, arm_field(t, 'n'));
    if (s & 1 || r & 1) {
        arm_gen_undefined(t);
        return;
    }
    if (arm_field(t, 'z')) {        /* 2 x 64 bits: registers are the helper's */
        arm_check_aligned(t, 16, base, 0, true);
        arm_call_void(t, HELPER_ARM_casp16, base, ir_const(u, s), ir_const(u, r), ir_const(u, t->mode));
        return;
    }
    unsigned first = t->mode & MODE_BE, second = !first;
    arm_check_aligned(t, 8, base, 0, true);
    ir_reg expected = ir_deposit(u, ir_extu(u, 32, a64_x(t, s + !!first)), 32, 32, a64_x(t, s + second));
    ir_reg value = ir_deposit(u, ir_extu(u, 32, a64_x(t, r + !!first)), 32, 32, a64_x(t, r + second));
    ir_reg old = turned(t, 64, ir_atomic(u, IR_ATOMIC_CAS, 64, base, turned(t, 64, expected), turned(t, 64, value),
        t->mmu));
    a64_set(t, s + !!first, ir_extu(u, 32, old));
    a64_set(t, s + second, ir_extract(u, old, 32, 32));
}

/* Operations that the host has no instruction for, and all of big-endian data: until nobody came between. */
static ir_reg atomic_loop(struct arm_trans *t, unsigned bits, ir_reg base, ir_reg operand)
{
    static const uint8_t conds[4] = { IR_COND_G, IR_COND_L, IR_COND_A, IR_COND_B };
    struct ir_unit *u = t->u;
    unsigned again = ir_new_label(u), op = (unsigned)t->data;
    ir_reg memory = ir_temp(u, IR_TYPE_INT), expected = ir_temp(u, IR_TYPE_INT), value;
    ir_mov_to(u, memory, ir_ld_modify(u, bits, base, 0, t->mmu));
    ir_label(u, again);
    t->sp_aligned = false;
    ir_mov_to(u, expected, memory);
    ir_reg old = turned(t, bits, expected);
    switch (op) {
    case 0:  value = ir_op2(u, IR_ADD, bits, old, operand); break;
    case 1:  value = ir_op2(u, IR_ANDN, bits, old, operand); break;
    case 2:  value = ir_op2(u, IR_XOR, bits, old, operand); break;
    case 3:  value = ir_op2(u, IR_OR, bits, old, operand); break;
    case 8:  value = operand; break;
    default: value = ir_select(u, (enum ir_cond)conds[op - 4], bits, old, operand, old, operand); break;
    }
    ir_mov_to(u, memory, ir_atomic(u, IR_ATOMIC_CAS, bits, base, expected, turned(t, bits, value), t->mmu));
    ir_brc(u, IR_COND_NE, bits, memory, expected, again);
    return turned(t, bits, expected);
}

/* data: o3:opc: ADD CLR EOR SET SMAX SMIN UMAX UMIN SWP. */
static void atomic(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned bits = 8u << arm_field(t, 'z');
    ir_reg base = a64_base(t, arm_field(t, 'n')), s = a64_x(t, arm_field(t, 'q')), old;
    arm_check_aligned(t, bits / 8, base, 0, true);
    enum ir_op op = t->data == 0 ? IR_ATOMIC_ADD : t->data == 1 ? IR_ATOMIC_AND : t->data == 2 ? IR_ATOMIC_XOR
                  : t->data == 3 ? IR_ATOMIC_OR : t->data == 8 ? IR_ATOMIC_XCHG : IR_ATOMIC_CAS;
    if (op == IR_ATOMIC_CAS || t->mode & MODE_BE) {
        old = atomic_loop(t, bits, base, s);
    } else {
        old = ir_atomic(u, op, bits, base, op == IR_ATOMIC_AND ? ir_op1(u, IR_NOT, 64, s) : s, IR_NONE, t->mmu);
    }
    a64_set(t, arm_field(t, 't'), old);
}

#define ROW(bits, nm, fn) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED }
#define LSE(bits, nm, fn, what) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED, .feature = ARM_LSE, \
      .data = what }
#define ATOMIC(op, nm, what) LSE("zz 111 0 00 AR 1 qqqqq " op " 00 nnnnn ttttt", nm, atomic, what)
static const struct arm_row rows[] = {
    ROW("zz 001000 0 0 0 qqqqq r ..... nnnnn ttttt", "STXR, STLXR", store_exclusive),
    ROW("zz 001000 0 1 0 ..... r ..... nnnnn ttttt", "LDXR, LDAXR", load_exclusive),
    ROW("1z 001000 0 0 1 qqqqq r uuuuu nnnnn ttttt", "STXP, STLXP", store_exclusive_pair),
    ROW("1z 001000 0 1 1 ..... r uuuuu nnnnn ttttt", "LDXP, LDAXP", load_exclusive_pair),
    ROW("zz 001000 1 0 0 ..... r ..... nnnnn ttttt", "STLR, STLLR", store_release),
    ROW("zz 001000 1 1 0 ..... r ..... nnnnn ttttt", "LDAR, LDLAR", load_acquire),
    LSE("zz 001000 1 A 1 qqqqq R 11111 nnnnn ttttt", "CAS", compare_swap, 0),
    LSE("0z 001000 0 A 1 qqqqq R 11111 nnnnn ttttt", "CASP", compare_swap_pair, 0),
    ATOMIC("0000", "LDADD", 0),
    ATOMIC("0001", "LDCLR", 1),
    ATOMIC("0010", "LDEOR", 2),
    ATOMIC("0011", "LDSET", 3),
    ATOMIC("0100", "LDSMAX", 4),
    ATOMIC("0101", "LDSMIN", 5),
    ATOMIC("0110", "LDUMAX", 6),
    ATOMIC("0111", "LDUMIN", 7),
    ATOMIC("1000", "SWP", 8),
    { .pattern = "zz 111 0 00 101 11111 1100 00 nnnnn ttttt", .name = "LDAPR", .translate = load_acquire,
      .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED,
      .feature = ARM_RCPC },
};
ARM_TABLE(a64_atomic);
