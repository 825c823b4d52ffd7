/* SPDX-License-Identifier: MIT */
/*
 * A64: exclusives, acquire and release, compare and swap, atomic memory operations (Arm ARM C4.1.94, B2.9).
 *
 * The host keeps loads and stores in order but for a store followed by a load, so an acquiring load is a plain one
 * and a releasing store is followed by a fence.
 */
#include "target-arm/a64.h"
#include "target-arm/exclusive.h"

static ir_reg turned(struct arm_trans *t, unsigned bits, ir_reg value)
{
    return t->mode & MODE_BE && bits > 8 ? ir_op1(t->u, IR_BSWAP, bits, value) : value;
}

/* The base may be among the registers that the load writes. */
static ir_reg address_kept(struct arm_trans *t, ir_reg base)
{
    ir_reg at = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, at, base);
    return at;
}

static void load_exclusive(struct arm_trans *t)
{
    unsigned bits = 8u << arm_field(t, 'z');
    ir_reg at = address_kept(t, a64_base(t, arm_field(t, 'n')));
    arm_check_aligned(t, bits / 8, at, 0, false);
    ir_reg version = arm_monitor_version(t, at), value = ir_ld(t->u, bits, at, 0, t->mmu);
    arm_monitor_set(t, at, version, value, IR_NONE);
    a64_set(t, arm_field(t, 't'), turned(t, bits, value));
}

/* The monitor must hold this address: else branch to the label. */
static void monitor_check(struct arm_trans *t, ir_reg base, unsigned failed)
{
    ir_brc(t->u, IR_COND_NE, 64, ir_ldcpu(t->u, 64, offsetof(struct arm_cpu, exclusive_address)), base, failed);
}

static void store_end(struct arm_trans *t, ir_reg result, unsigned failed)
{
    ir_label(t->u, failed);
    t->sp_aligned = false;
    arm_monitor_clear(t);
    a64_set(t, arm_field(t, 'q'), result);
}

static void store_exclusive(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    unsigned bits = 8u << arm_field(t, 'z'), failed = ir_new_label(u);
    ir_reg base = a64_base(t, arm_field(t, 'n')), result = ir_temp(u, IR_TYPE_INT);
    arm_check_aligned(t, bits / 8, base, 0, true);
    ir_movi_to(u, result, 1);
    monitor_check(t, base, failed);
    if (bits < 64) {                /* the load was wider: not defined; we fail when that can be seen */
        ir_reg expected = ir_ldcpu(u, 64, offsetof(struct arm_cpu, exclusive_value));
        ir_brci(u, IR_COND_NE, 64, ir_op2i(u, IR_SHR, 64, expected, bits), 0, failed);
    }
    ir_mov_to(u, result, arm_store_exclusive(t, bits, base, turned(t, bits, a64_x(t, arm_field(t, 't')))));
    store_end(t, result, failed);
}

/* Two registers of 32 bits as the 64 bits at their place, and back: the first has the lower address. */
static ir_reg pair_join(struct arm_trans *t, ir_reg first, ir_reg second)
{
    return ir_deposit(t->u, ir_extu(t->u, 32, turned(t, 32, first)), 32, 32, turned(t, 32, second));
}

static ir_reg pair_part(struct arm_trans *t, ir_reg both, unsigned n)
{
    return turned(t, 32, ir_extract(t->u, both, n * 32, 32));
}

static void load_exclusive_pair(struct arm_trans *t)
{
    bool wide = arm_field(t, 'z');
    ir_reg at = address_kept(t, a64_base(t, arm_field(t, 'n'))), low, high = IR_NONE;
    arm_check_aligned(t, wide ? 16 : 8, at, 0, false);
    ir_reg version = arm_monitor_version(t, at);
    if (wide) {                     /* both in one access: LDV is one of 128 bits */
        ir_reg v = ir_ldv(t->u, 128, at, 0, t->mmu);
        low = ir_vget(t->u, 64, v, 0);
        high = ir_vget(t->u, 64, v, 1);
    } else {
        low = ir_ld(t->u, 64, at, 0, t->mmu);
    }
    arm_monitor_set(t, at, version, low, high);
    a64_set(t, arm_field(t, 't'), wide ? turned(t, 64, low) : pair_part(t, low, 0));
    a64_set(t, arm_field(t, 'u'), wide ? turned(t, 64, high) : pair_part(t, low, 1));
}

static void store_exclusive_pair(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    bool wide = arm_field(t, 'z');
    unsigned failed = ir_new_label(u);
    ir_reg base = a64_base(t, arm_field(t, 'n')), result = ir_temp(u, IR_TYPE_INT);
    ir_reg first = a64_x(t, arm_field(t, 't')), second = a64_x(t, arm_field(t, 'u'));
    arm_check_aligned(t, wide ? 16 : 8, base, 0, true);
    ir_movi_to(u, result, 1);
    monitor_check(t, base, failed);
    ir_mov_to(u, result, wide ? arm_call(t, HELPER_ARM_store_exclusive16, base, first, second, ir_const(u, t->mode))
                              : arm_store_exclusive(t, 64, base, pair_join(t, first, second)));
    store_end(t, result, failed);
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
    ir_reg old = arm_atomic(t, IR_ATOMIC_CAS, bits, base, turned(t, bits, a64_x(t, compare)),
                            turned(t, bits, a64_x(t, arm_field(t, 't'))));
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
    arm_check_aligned(t, 8, base, 0, true);
    ir_reg old = arm_atomic(t, IR_ATOMIC_CAS, 64, base, pair_join(t, a64_x(t, s), a64_x(t, s + 1)),
                            pair_join(t, a64_x(t, r), a64_x(t, r + 1)));
    a64_set(t, s, pair_part(t, old, 0));
    a64_set(t, s + 1, pair_part(t, old, 1));
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
    ir_mov_to(u, memory, arm_atomic(t, IR_ATOMIC_CAS, bits, base, expected, turned(t, bits, value)));
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
        old = arm_atomic(t, op, bits, base, op == IR_ATOMIC_AND ? ir_op1(u, IR_NOT, 64, s) : s, IR_NONE);
    }
    a64_set(t, arm_field(t, 't'), old);
}

#define ROW(bits, nm, fn) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED }
#define LOR(bits, nm, fn) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED, .feature = ARM_LOR }
#define LSE(bits, nm, fn, what) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_MEM | ARM_ROW_MEM_ALIGNED, .feature = ARM_LSE, \
      .data = what }
#define ATOMIC(op, nm, what) LSE("zz 111 0 00 AR 1 qqqqq " op " 00 nnnnn ttttt", nm, atomic, what)
static const struct arm_row rows[] = {
    ROW("zz 001000 0 0 0 qqqqq r ..... nnnnn ttttt", "STXR, STLXR", store_exclusive),
    ROW("zz 001000 0 1 0 ..... r ..... nnnnn ttttt", "LDXR, LDAXR", load_exclusive),
    ROW("1z 001000 0 0 1 qqqqq r uuuuu nnnnn ttttt", "STXP, STLXP", store_exclusive_pair),
    ROW("1z 001000 0 1 1 ..... r uuuuu nnnnn ttttt", "LDXP, LDAXP", load_exclusive_pair),
    ROW("zz 001000 1 0 0 ..... 1 ..... nnnnn ttttt", "STLR", store_release),
    ROW("zz 001000 1 1 0 ..... 1 ..... nnnnn ttttt", "LDAR", load_acquire),
    LOR("zz 001000 1 0 0 ..... 0 ..... nnnnn ttttt", "STLLR", store_release),
    LOR("zz 001000 1 1 0 ..... 0 ..... nnnnn ttttt", "LDLAR", load_acquire),
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
