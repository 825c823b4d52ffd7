/* SPDX-License-Identifier: MIT */
/*
 * One AArch32 instruction as IR: its condition, ITSTATE, R15, and the ways to go on (Arm ARM F2.3, G1.16, pseudocode BXWritePC).
 *
 * ITSTATE: at the borders of units it is in cpu.it and in MODE_IT (unit.c sees to that). Inside an IT block each
 * instruction that may raise or leave stores its own ITSTATE first, so that an exception finds it; behind the block 0 is stored, on
 * every way out.
 *
 * A conditional instruction is jumped round; when all it does is compute one register, the new value or the old is chosen instead.
 *
 * UNPREDICTABLE: BX to an address with bits 1:0 = 0b10 clears both. An undefined instruction whose condition fails does nothing.
 */
#include "target-arm/a32.h"

ir_reg a32_get(struct arm_trans *t, unsigned n)
{
    return n == 15 ? ir_const(t->u, a32_pc(t)) : arm_x(n);
}

ir_reg a32_copy(struct arm_trans *t, unsigned n)
{
    if (n == 15)
        return ir_const(t->u, a32_pc(t));
    ir_reg copy = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, copy, arm_x(n));
    return copy;
}

/* ---- ITSTATE ---- */

static void it_store(struct arm_trans *t, unsigned it)
{
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, it), ir_const(t->u, it));
}

/* Before a way out of the unit other than an exception: this was the last instruction of its IT block. */
static void it_close(struct arm_trans *t)
{
    if (a32_in_it(t))
        it_store(t, 0);
}

static void mode_store(struct arm_trans *t, uint32_t mode)
{
    ir_stcpu(t->u, 32, offsetof(struct cpu, mode), ir_const(t->u, mode));
}

static uint32_t mode_with(const struct arm_trans *t, bool thumb, unsigned it)
{
    return (t->mode & ~(uint32_t)(MODE_T32 | MODE_IT)) | (thumb ? MODE_T32 : 0) | it << MODE_IT_SHIFT;
}

/* ---- going on ---- */

void a32_branch(struct arm_trans *t, uint32_t target)
{
    it_close(t);
    arm_goto(t, target);
}

void a32_branch_other(struct arm_trans *t, uint32_t target)
{
    const bool thumb = !a32_thumb(t);
    it_close(t);
    mode_store(t, mode_with(t, thumb, 0));
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, thumb), ir_const(t->u, thumb));
    arm_pc_set(t, ir_const(t->u, thumb ? target : target & ~3u));
    arm_end_lookup(t);
}

void a32_bx(struct arm_trans *t, ir_reg value, enum ir_jump_hint hint)
{
    const bool thumb = a32_thumb(t);
    const unsigned other = ir_new_label(t->u);
    ir_reg v = ir_temp(t->u, IR_TYPE_INT);
    ir_mov_to(t->u, v, value);
    it_close(t);
    ir_brci(t->u, thumb ? IR_COND_E : IR_COND_NE, 32, ir_op2i(t->u, IR_AND, 32, v, 1), 0, other);
    arm_jump(t, ir_op2i(t->u, IR_AND, 32, v, thumb ? 0xfffffffe : 0xfffffffc), hint);
    ir_label(t->u, other);
    mode_store(t, mode_with(t, !thumb, 0));
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, thumb), ir_const(t->u, !thumb));
    arm_pc_set(t, ir_op2i(t->u, IR_AND, 32, v, thumb ? 0xfffffffc : 0xfffffffe));
    arm_end_lookup(t);
}

void a32_set(struct arm_trans *t, unsigned n, ir_reg value)
{
    if (n < 15) {
        ir_result_to(t->u, 64, arm_x(n), value);
    } else if (a32_thumb(t)) {
        ir_reg pc = ir_op2i(t->u, IR_AND, 32, value, 0xfffffffe);
        it_close(t);
        arm_jump(t, pc, IR_JUMP_PLAIN);
    } else {
        a32_bx(t, value, IR_JUMP_PLAIN);
    }
}

void a32_seti(struct arm_trans *t, unsigned n, uint32_t value)
{
    if (n < 15) {
        ir_movi_to(t->u, arm_x(n), value);
    } else if (a32_thumb(t)) {
        a32_branch(t, value & ~1u);
    } else if (value & 1) {
        a32_branch_other(t, value & ~1u);
    } else {
        a32_branch(t, value & ~3u);
    }
}

void a32_leave(struct arm_trans *t)
{
    arm_end_lookup(t);
}

void a32_leave_exit(struct arm_trans *t)
{
    arm_end_exit(t);
}

/* The next instruction's ITSTATE goes into cpu.it, and into the mode that a helper has derived. */
static void it_next(struct arm_trans *t)
{
    if (a32_in_it(t) || t->mode & MODE_IT) {
        ir_reg mode = ir_ldcpu(t->u, 32, offsetof(struct cpu, mode));
        it_store(t, t->it_next);
        mode = ir_op2i(t->u, IR_AND, 32, mode, ~(uint32_t)MODE_IT);
        ir_stcpu(t->u, 32, offsetof(struct cpu, mode), ir_op2i(t->u, IR_OR, 32, mode, t->it_next << MODE_IT_SHIFT));
    }
}

void a32_end_next(struct arm_trans *t)
{
    it_next(t);
    arm_pc_set(t, ir_const(t->u, (uint32_t)t->next_pc));
    arm_end_lookup(t);
}

void a32_end_next_exit(struct arm_trans *t)
{
    it_next(t);
    arm_pc_set(t, ir_const(t->u, (uint32_t)t->next_pc));
    arm_end_exit(t);
}

void a32_undefined(struct arm_trans *t)
{
    arm_gen_undefined(t);
}

/* ---- one instruction ---- */

static bool may_run(struct arm_trans *t, const struct arm_row *row)
{
    if ((row->flags & ARM_ROW_EL1 && !(t->mode & MODE_EL)) || (row->flags & ARM_ROW_AA32_V8 && t->mode & MODE_V7)) {
        a32_undefined(t);
        return false;
    }
    if (row->flags & ARM_ROW_FP && !(t->mode & MODE_FP)) {
        arm_call_void(t, HELPER_ARM_a32_fp_trap, ir_const(t->u, row->data), IR_NONE, IR_NONE, IR_NONE);
        ir_exit(t->u);
        t->ended = true;
        return false;
    }
    return true;
}

static unsigned condition(const struct arm_trans *t)
{
    if (t->row && t->row->row->flags & ARM_ROW_COND)
        return 14;                  /* looks at it itself, or is unconditional */
    if (a32_thumb(t))
        return a32_in_it(t) ? t->it >> 4 : 14;
    return t->word >> 28;
}

enum { MOST_CHOSEN = 8 };               /* ops that are carried out whether or not they are wanted */

static void take_out(struct ir_unit *u, unsigned from, unsigned to)
{
    memmove(&u->code[from], &u->code[to], (u->count - to) * sizeof u->code[0]);
    u->count -= to - from;
}

/* No op from there on can end the unit, and no exception can find cpu.it. */
static bool stays_inside(const struct ir_unit *u, unsigned from)
{
    for (unsigned n = from; n < u->count; n++) {
        if (ir_op_info[u->code[n].op].flags & (IR_F_FAULTS | IR_F_CALL | IR_F_EXITS | IR_F_WRITES_CPU))
            return false;
    }
    return true;
}

/* The ops behind the branch at `branch` compute one register, last, and nothing else. */
static bool computes_one(const struct ir_unit *u, unsigned branch)
{
    if (u->overflow || u->count < branch + 2 || u->count > branch + 1 + MOST_CHOSEN)
        return false;
    for (unsigned n = branch + 1; n < u->count; n++) {
        const struct ir_insn *insn = &u->code[n];
        const bool last = n + 1 == u->count, global = insn->d[0] <= u->global_count;
        if (!(ir_op_info[insn->op].flags & (IR_F_IS_PURE | IR_F_IS_FVAL)) || !insn->d[0] ||
            u->types[insn->d[0]] != IR_TYPE_INT || global != last)
            return false;
    }
    return true;
}

static void choose(struct arm_trans *t, unsigned branch, enum ir_cond cond)
{
    struct ir_unit *u = t->u;
    struct ir_insn *last = &u->code[u->count - 1];
    const ir_reg d = last->d[0], value = ir_temp(u, IR_TYPE_INT);
    last->d[0] = value;
    take_out(u, branch, branch + 1);
    ir_mov_to(u, d, ir_self(u, ARM_NZCV, cond, value, d));
}

void arm32_translate_insn(struct arm_trans *t)
{
    const bool in_it = a32_thumb(t) && a32_in_it(t);
    const unsigned cond = condition(t), first = t->u->count;
    unsigned skip = 0;
    if (in_it)
        it_store(t, t->it);
    const unsigned start = t->u->count;
    if (cond < 14) {
        skip = ir_new_label(t->u);
        ir_brf(t->u, (enum ir_cond)(arm_cond(cond) ^ 1), ARM_NZCV, skip);
    }
    if (!t->row) {
        a32_undefined(t);
    } else if (may_run(t, t->row->row)) {
        t->row->row->translate(t);
    }
    if (cond < 14 && computes_one(t->u, start)) {
        choose(t, start, (enum ir_cond)arm_cond(cond));
    } else if (cond < 14) {
        ir_label(t->u, skip);
        t->ended = false;
    }
    if (in_it && !t->ended && !t->u->overflow && stays_inside(t->u, start))
        take_out(t->u, first, start);
    if (in_it && !t->it_next && !t->ended)
        it_store(t, 0);
}
