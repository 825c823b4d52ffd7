/* SPDX-License-Identifier: MIT */
/* A64: branches, compare and branch, exception generation and return (Arm ARM C4.1.93). */
#include "target-arm/a64.h"

static uint64_t target_of(const struct arm_compiled *row, uint32_t word, uint64_t pc)
{
    unsigned bits = row->bits['i' - 'a'];
    int64_t offset = (int64_t)((uint64_t)arm_field_of(row, word, 'i') << (64 - bits)) >> (64 - bits);
    return pc + (uint64_t)offset * 4;
}

bool arm64_branch_target(const struct arm_compiled *row, uint32_t word, uint64_t pc, uint64_t *target)
{
    if (!(row->row->flags & ARM_ROW_BRANCH) || !row->bits['i' - 'a']) {
        return false;
    }
    *target = target_of(row, word, pc);
    return true;
}

static uint64_t target(const struct arm_trans *t)
{
    return target_of(t->row, t->word, t->pc);
}

static void b(struct arm_trans *t)
{
    arm_goto(t, target(t));
}

static void bl(struct arm_trans *t)
{
    ir_movi_to(t->u, arm_x(30), t->next_pc);
    arm_goto(t, target(t));
}

static void b_cond(struct arm_trans *t)
{
    unsigned cond = arm_field(t, 'c');
    if (a64_always(cond)) {
        arm_goto(t, target(t));
    } else {
        ir_brf(t->u, arm_cond(cond), ARM_NZCV, arm_branch_label(t, target(t)));
    }
}

static void cbz(struct arm_trans *t)
{
    ir_brci(t->u, arm_field(t, 'o') ? IR_COND_NE : IR_COND_E, a64_width(t), a64_x(t, arm_field(t, 't')), 0,
            arm_branch_label(t, target(t)));
}

static void tbz(struct arm_trans *t)
{
    unsigned bit = arm_field(t, 'B') << 5 | arm_field(t, 'b');
    ir_reg x = a64_x(t, arm_field(t, 't'));
    ir_reg masked = bit < 31 ? ir_op2i(t->u, IR_AND, 64, x, 1ll << bit) : ir_extract(t->u, x, bit, 1);
    ir_brci(t->u, arm_field(t, 'o') ? IR_COND_NE : IR_COND_E, 64, masked, 0, arm_branch_label(t, target(t)));
}

static void br(struct arm_trans *t)
{
    arm_jump(t, a64_x(t, arm_field(t, 'n')), IR_JUMP_PLAIN);
}

static void blr(struct arm_trans *t)
{
    ir_reg to = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, to, a64_x(t, arm_field(t, 'n')));
    ir_movi_to(t->u, arm_x(30), t->next_pc);
    arm_jump(t, to, IR_JUMP_CALL);
}

static void ret(struct arm_trans *t)
{
    arm_jump(t, a64_x(t, arm_field(t, 'n')), IR_JUMP_RETURN);
}

static ir_reg authenticated(struct arm_trans *t, unsigned n, ir_reg modifier)
{
    ir_reg key = ir_const(t->u, arm_field(t, 'M') | 0x100);
    return arm_call(t, HELPER_ARM_pauth_auth, a64_x(t, n), modifier, key, IR_NONE);
}

static void branch_auth(struct arm_trans *t)
{
    unsigned m = arm_field(t, 'm'), call = arm_field(t, 'o');
    if (!arm_field(t, 'Z') && m != 31) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg to = authenticated(t, arm_field(t, 'n'), arm_field(t, 'Z') ? arm_x(m) : ir_const(t->u, 0));
    if (call) {
        ir_movi_to(t->u, arm_x(30), t->next_pc);
    }
    arm_jump(t, to, call ? IR_JUMP_CALL : IR_JUMP_PLAIN);
}

static void ret_auth(struct arm_trans *t)
{
    arm_jump(t, authenticated(t, 30, arm_x(31)), IR_JUMP_RETURN);
}

/* ---- exceptions ---- */

static void exception(struct arm_trans *t)
{
    arm_call_void(t, (enum arm_helper)t->data, ir_const(t->u, arm_field(t, 'i')), IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->u);
    t->ended = true;
}

/* HVC and SMC come back when the board's firmware took the call. */
static void call_up(struct arm_trans *t)
{
    arm_call_void(t, (enum arm_helper)t->data, ir_const(t->u, arm_field(t, 'i')), IR_NONE, IR_NONE, IR_NONE);
    arm_end_next_exit(t);
}

static void eret(struct arm_trans *t)
{
    if ((t->mode & MODE_EL) == EL0) {
        arm_gen_undefined(t);
        return;
    }
    ir_reg authenticate = ir_const(t->u, t->data ? 2 | arm_field(t, 'M') : 0);
    arm_call_void(t, HELPER_ARM_eret, authenticate, IR_NONE, IR_NONE, IR_NONE);
    arm_end_exit(t);
}

static void udf(struct arm_trans *t)
{
    arm_gen_undefined(t);
}

#define BRANCH(bits, nm, fn) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_BRANCH }
#define ENDS(bits, nm, fn) { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ROW_BRANCH | ARM_ENDS }
#define EXCEPTION(bits, nm, fn, helper) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ENDS | ARM_ROW_NO_TEST, .data = HELPER_ARM_##helper }
#define PAUTH(bits, nm, fn) \
    { .pattern = bits, .name = nm, .translate = fn, .flags = ARM_ENDS | ARM_ROW_NO_TEST, .feature = ARM_PAUTH, \
      .data = 1 }
static const struct arm_row rows[] = {
    ENDS("0 00101 iiiiiiiiiiiiiiiiiiiiiiiiii", "B", b),
    ENDS("1 00101 iiiiiiiiiiiiiiiiiiiiiiiiii", "BL", bl),
    BRANCH("0101010 0 iiiiiiiiiiiiiiiiiii 0 cccc", "B.cond", b_cond),
    BRANCH("s 011010 o iiiiiiiiiiiiiiiiiii ttttt", "CBZ, CBNZ", cbz),
    BRANCH("B 011011 o bbbbb iiiiiiiiiiiiii ttttt", "TBZ, TBNZ", tbz),
    ENDS("1101011 0000 11111 000000 nnnnn 00000", "BR", br),
    ENDS("1101011 0001 11111 000000 nnnnn 00000", "BLR", blr),
    ENDS("1101011 0010 11111 000000 nnnnn 00000", "RET", ret),
    PAUTH("1101011 Z 0 0o 11111 00001 M nnnnn mmmmm", "BRAA, BLRAA and relatives", branch_auth),
    PAUTH("1101011 0 0 10 11111 00001 M 11111 11111", "RETAA, RETAB", ret_auth),
    { .pattern = "1101011 0100 11111 000000 11111 00000", .name = "ERET", .translate = eret,
      .flags = ARM_ENDS | ARM_ROW_NO_TEST },
    PAUTH("1101011 0100 11111 00001 M 11111 11111", "ERETAA, ERETAB", eret),
    EXCEPTION("11010100 000 iiiiiiiiiiiiiiii 000 01", "SVC", exception, svc),
    EXCEPTION("11010100 000 iiiiiiiiiiiiiiii 000 10", "HVC", call_up, hvc),
    EXCEPTION("11010100 000 iiiiiiiiiiiiiiii 000 11", "SMC", call_up, smc),
    EXCEPTION("11010100 001 iiiiiiiiiiiiiiii 000 00", "BRK", exception, brk),
    EXCEPTION("11010100 010 iiiiiiiiiiiiiiii 000 00", "HLT", exception, hlt),
    { .pattern = "0000000000000000 iiiiiiiiiiiiiiii", .name = "UDF", .translate = udf, .flags = ARM_ENDS },
};
ARM_TABLE(a64_branch);
