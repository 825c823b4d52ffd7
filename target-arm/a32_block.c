/* SPDX-License-Identifier: MIT */
/*
 * Load and store multiple (Arm ARM F4.1.7): LDM, STM, their User-register and exception-return forms.
 *
 * All loads come first, then the registers, so a fault in the middle leaves the instruction to be done again. The accesses
 * are displacements off one base: the back end looks the page up once.
 *
 * UNPREDICTABLE: a loaded base wins over write-back; a stored base has the value from before; an empty list does nothing but
 * write-back of 0.
 */
#include "target-arm/a32.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

static ir_reg stepped(struct arm_trans *t, unsigned n, int step, bool wback)
{
    return wback ? ir_op2i(t->u, IR_ADD, 32, arm_x(n), step) : IR_NONE;
}

void a32_load_multiple(struct arm_trans *t, unsigned n, uint32_t list, int start, int step, bool wback)
{
    ir_reg value[16], base = n == 15 ? ir_const(t->u, a32_pc(t)) : arm_x(n);
    unsigned count = 0;
    for (unsigned r = 0; r < 16; r++) {
        if (list >> r & 1) {
            value[r] = arm_load(t, 32, base, start + 4 * (int)count, count ? 0 : ARM_ACCESS_ALIGNED);
            count++;
        }
    }
    ir_reg updated = stepped(t, n, step, wback);
    if (updated && !(list >> n & 1))
        ir_mov_to(t->u, arm_x(n), updated);
    for (unsigned r = 0; r < 15; r++) {
        if (list >> r & 1)
            ir_mov_to(t->u, arm_x(r), value[r]);
    }
    if (list >> 15)
        a32_bx(t, value[15], n == 13 ? IR_JUMP_RETURN : IR_JUMP_PLAIN);
}

void a32_store_multiple(struct arm_trans *t, unsigned n, uint32_t list, int start, int step, bool wback)
{
    ir_reg base = n == 15 ? ir_const(t->u, a32_pc(t)) : arm_x(n);
    unsigned count = 0;
    for (unsigned r = 0; r < 16; r++) {
        if (list >> r & 1) {
            arm_store(t, 32, base, start + 4 * (int)count, a32_get(t, r), count ? 0 : ARM_ACCESS_ALIGNED);
            count++;
        }
    }
    if (wback)
        ir_mov_to(t->u, arm_x(n), stepped(t, n, step, true));
}

/* Offset of the lowest address for P, U and that many registers. */
static int start_of(bool p, bool u, int count)
{
    return u ? (p ? 4 : 0) : p ? -4 * count : -4 * count + 4;
}

static void multiple(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r');
    const bool p = f(t, 'p'), u = f(t, 'u'), w = f(t, 'w');
    const int count = __builtin_popcount(list);
    if (f(t, 'n') == 15 && w) {
        a32_undefined(t);
    } else if (t->data) {
        a32_load_multiple(t, f(t, 'n'), list, start_of(p, u, count), u ? 4 * count : -4 * count, w);
    } else {
        a32_store_multiple(t, f(t, 'n'), list, start_of(p, u, count), u ? 4 * count : -4 * count, w);
    }
}

/* Registers of User mode. */
static void multiple_user(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r');
    int disp = start_of(f(t, 'p'), f(t, 'u'), __builtin_popcount(list));
    ir_reg value[16], base = a32_copy(t, f(t, 'n'));
    for (unsigned r = 0; r < 16; r++) {
        if (!(list >> r & 1))
            continue;
        if (t->data) {
            value[r] = arm_load(t, 32, base, disp, ARM_ACCESS_ALIGNED);
        } else {
            ir_reg stored = r < 8 || r == 15 ? a32_get(t, r)
                                             : arm_call(t, HELPER_ARM_a32_user_get, ir_const(t->u, r), IR_NONE, IR_NONE, IR_NONE);
            arm_store(t, 32, base, disp, stored, ARM_ACCESS_ALIGNED);
        }
        disp += 4;
    }
    for (unsigned r = 0; t->data && r < 15; r++) {
        if (list >> r & 1)
            arm_call_void(t, HELPER_ARM_a32_user_put, ir_const(t->u, r), value[r], IR_NONE, IR_NONE);
    }
}

/* LDM with R15 and ^: registers, then CPSR from SPSR. */
static void multiple_return(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r');
    const unsigned n = f(t, 'n');
    const int count = __builtin_popcount(list) + 1;
    const int step = f(t, 'u') ? 4 * count : -4 * count;
    int disp = start_of(f(t, 'p'), f(t, 'u'), count);
    ir_reg value[16];
    for (unsigned r = 0; r < 16; r++) {
        if (r == 15 || list >> r & 1) {
            value[r] = arm_load(t, 32, arm_x(n), disp, ARM_ACCESS_ALIGNED);
            disp += 4;
        }
    }
    if (f(t, 'w') && !(list >> n & 1))
        ir_mov_to(t->u, arm_x(n), stepped(t, n, step, true));
    for (unsigned r = 0; r < 15; r++) {
        if (list >> r & 1)
            ir_mov_to(t->u, arm_x(r), value[r]);
    }
    arm_call_void(t, HELPER_ARM_a32_return, value[15], IR_NONE, IR_NONE, IR_NONE);
    a32_leave_exit(t);
}

static const struct arm_row rows[] = {
    { "cccc 100 p u 0 w 0 nnnn rrrrrrrrrrrrrrrr", "STM", multiple, 0, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "cccc 100 p u 0 w 1 nnnn rrrrrrrrrrrrrrrr", "LDM", multiple, 0, ARM_FEATURE_NONE, 1, NULL, A32_COND },
    { "cccc 100 p u 1 - 0 nnnn rrrrrrrrrrrrrrrr", "STM (User registers)", multiple_user, ARM_ROW_EL1 | ARM_ROW_NO_TEST,
      ARM_FEATURE_NONE, 0, NULL, A32_COND ";n=15" },
    { "cccc 100 p u 1 - 1 nnnn 0 rrrrrrrrrrrrrrr", "LDM (User registers)", multiple_user, ARM_ROW_EL1 | ARM_ROW_NO_TEST,
      ARM_FEATURE_NONE, 1, NULL, A32_COND ";n=15" },
    { "cccc 100 p u 1 w 1 nnnn 1 rrrrrrrrrrrrrrr", "LDM (exception return)", multiple_return, ARM_ROW_EL1 | ARM_ROW_NO_TEST,
      ARM_FEATURE_NONE, 1, NULL, A32_COND ";n=15" },
};
ARM_TABLE(a32_block);
