/* SPDX-License-Identifier: MIT */
/*
 * The stack: PUSH POP PUSHA POPA ENTER LEAVE, near CALL and RET (SDM volume 2). SP is changed after the last access
 * that
 * may fault. PUSHF, POPF, segment registers and far transfers are in the system chapters.
 */
#include "target-x86/helpers.h"
#include "target-x86/integer.h"
#include "target-x86/system.h"

static ir_reg sp_offset(struct x86_trans *t, int64_t bytes)
{
    return ir_lea(t->u, t->insn->stack_bits, x86_gpr(R_SP), IR_NONE, 0, bytes);
}

static ir_reg stack_linear(struct x86_trans *t, ir_reg offset, unsigned bits, bool write)
{
    return x86_segment_linear(t, SEG_SS, offset, bits, write);
}

static void push(struct x86_trans *t) { x86_push(t, x86_bits(t), x86_read_low(t, 0)); }

static void pop(struct x86_trans *t)
{
    unsigned bits = x86_bits(t);
    ir_reg value = x86_pop_peek(t, bits);
    if (t->insn->operand[0].kind != OPERAND_MEM) {
        x86_stack_add(t, bits / 8);
        x86_write(t, 0, value);     /* after SP: POP SP leaves what was popped */
        return;
    }
    const struct x86_insn *insn = t->insn;
    struct x86_insn moved = *insn;
    if (moved.base == R_SP)         /* the address is computed with SP already increased */
        moved.disp += bits / 8;
    t->insn = &moved;
    x86_write(t, 0, value);
    x86_stack_add(t, bits / 8);
    t->insn = insn;
}

static void pusha(struct x86_trans *t)
{
    unsigned bits = x86_bits(t), bytes = bits / 8;
    for (unsigned i = 0; i < 8; i++) {
        ir_reg linear = stack_linear(t, sp_offset(t, -(int64_t)((i + 1) * bytes)), bits, true);
        ir_st(t->u, bits, linear, 0, x86_gpr(i), t->mmu);
    }
    x86_stack_add(t, -(int64_t)(8 * bytes));
}

/* A fault leaves what was popped before it in the registers, as Intel's processors do. */
static void popa(struct x86_trans *t)
{
    unsigned bits = x86_bits(t), bytes = bits / 8;
    for (unsigned i = 0; i < 8; i++) {
        ir_reg value = ir_ld(t->u, bits, stack_linear(t, sp_offset(t, i * bytes), bits, false), 0, t->mmu);
        if (i != 3)                 /* the image of SP is skipped */
            x86_set_reg(t, 7 - i, bits, value);
    }
    x86_stack_add(t, 8 * bytes);
}

/* A place in the stack segment for one access of ENTER's, checked like any. */
static uint64_t display_address(struct x86_cpu *cpu, unsigned reg, unsigned below, unsigned bits, unsigned stack_bits, bool write)
{
    const uint64_t mask = ~0ull >> (64 - stack_bits), offset = (cpu->regs[reg] - below) & mask;
    const uint64_t linear = x86_segment_address(cpu, SEG_SS, offset, bits / 8, write);
    if (cpu->cpu.mode & MODE_AC && linear & (bits / 8 - 1))
        helper_alignment_fault(&cpu->cpu, linear);
    return linear;
}

/* Copies the level - 1 outer frame pointers below the new frame's BP: up to 30, too many for a unit. */
uint64_t helper_enter_display(struct cpu *base, uint64_t level, uint64_t bits, uint64_t stack_bits)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    const unsigned bytes = (unsigned)bits / 8, mmu = x86_mmu_mode(base->mode);
    for (unsigned i = 1; i < level; i++) {
        const uint64_t from = display_address(cpu, R_BP, i * bytes, (unsigned)bits, (unsigned)stack_bits, false);
        const uint64_t value = mmu_load(base, from, bytes, mmu);
        const uint64_t to = display_address(cpu, R_SP, (i + 1) * bytes, (unsigned)bits, (unsigned)stack_bits, true);
        mmu_store(base, to, value, bytes, mmu);
    }
    return 0;
}

/* The outer frame pointers, then the frame's own. */
static void enter_levels(struct x86_trans *t, unsigned level, unsigned bits, ir_reg frame)
{
    if (level > 1)
        ir_call_void(t->u, HELPER_enter_display, ir_const(t->u, level), ir_const(t->u, bits),
                     ir_const(t->u, t->insn->stack_bits), IR_NONE);
    ir_reg last = sp_offset(t, -(int64_t)((level + 1) * (bits / 8)));
    ir_st(t->u, bits, stack_linear(t, last, bits, true), 0, frame, t->mmu);
}

static void enter(struct x86_trans *t)
{
    unsigned bits = x86_bits(t), bytes = bits / 8, level = t->insn->operand[1].value & 31;
    int64_t size = t->insn->operand[0].value + (level ? (level + 1) * bytes : bytes);
    ir_reg frame = sp_offset(t, -(int64_t)bytes);
    ir_st(t->u, bits, stack_linear(t, frame, bits, true), 0, x86_gpr(R_BP), t->mmu);
    if (bits > t->insn->stack_bits)     /* all of ESP, of which the stack moves SP alone (SDM 2, ENTER: FrameTemp) */
        frame = ir_deposit(t->u, x86_gpr(R_SP), 0, t->insn->stack_bits, frame);
    if (level)
        enter_levels(t, level, bits, frame);
    /* The new top must be writable, though nothing is written there. */
    ir_probe(t->u, bits, stack_linear(t, sp_offset(t, -size), bits, true), 0, t->mmu);
    x86_set_reg(t, R_BP, bits, frame);
    x86_stack_add(t, -size);
}

static void leave(struct x86_trans *t)
{
    unsigned bits = x86_bits(t), stack = t->insn->stack_bits;
    ir_reg frame = x86_get_reg(t, R_BP, stack);
    ir_reg value = ir_ld(t->u, bits, stack_linear(t, frame, bits, false), 0, t->mmu);
    ir_reg sp = ir_op2i(t->u, IR_ADD, stack, frame, bits / 8);
    x86_set_reg(t, R_SP, stack, sp);
    x86_set_reg(t, R_BP, bits, value);
}

static void call_relative(struct x86_trans *t)
{
    uint64_t target = x86_branch_target(t->insn, t->next_rip, t->code_bits);
    x86_target_check_direct(t, target);
    x86_push(t, x86_bits(t), ir_const(t->u, t->next_rip));
    x86_goto(t, target);
}

static void call_indirect(struct x86_trans *t)
{
    ir_reg target = ir_temp(t->u, IR_TYPE_INT);     /* a copy: CALL RSP pushes before it jumps */
    ir_mov_to(t->u, target, x86_read(t, 0));
    x86_target_check(t, target);
    x86_push(t, x86_bits(t), ir_const(t->u, t->next_rip));
    x86_jump(t, target, IR_JUMP_CALL);
}

static void ret(struct x86_trans *t)
{
    unsigned bits = x86_bits(t);
    ir_reg target = x86_pop_peek(t, bits);
    x86_target_check(t, target);
    x86_stack_add(t, bits / 8 + (t->insn->operand_count ? t->insn->operand[0].value : 0));
    x86_jump(t, target, IR_JUMP_RETURN);
}

static const struct x86_row rows[] = {
    { "50+r", "Zv", "push", push, ROW_D64, FEAT_NONE, "50;54;66 51;41 57@64", 0, 0 },
    { "58+r", "Zv", "pop", pop, ROW_D64, FEAT_NONE, "58;5d;66 59;41 5f@64", 0, 0 },
    { "68 iz", "Iz", "push", push, ROW_D64, FEAT_NONE, "68 34 82@16;68 78 56 34 92@32@64;66 68 34 82@32@64", 0, 0 },
    { "6A ib", "sIb", "push", push, ROW_D64, FEAT_NONE, "6a 85;66 6a 05", 0, 0 },
    { "FF /6", "Ev", "push", push, ROW_D64, FEAT_NONE, "ff f1;ff 33;66 ff 33;41 ff f1@64", 0, 0 },
    { "8F /0", "Ev", "pop", pop, ROW_D64, FEAT_NONE, "8f c1;8f 03;66 8f 03;8f 44 24 08@32@64", 0, 0 },
    { "60", "", "pusha", pusha, ROW_NO64, FEAT_NONE, "60;66 60", 0, 0 },
    { "61", "", "popa", popa, ROW_NO64, FEAT_NONE, "61;66 61", 0, 0 },
    { "C8", "Iw,Ib", "enter", enter, ROW_D64, FEAT_NONE, "c8 10 00 00;c8 20 00 01;66 c8 10 00 00", 0, 0 },
    { "C9", "", "leave", leave, ROW_D64, FEAT_NONE, "c9;66 c9", 0, 0 },
    { "E8", "Jz", "call", call_relative, ROW_F64 | ROW_ENDS, FEAT_NONE, "e8 00 00@16;e8 00 00 00 00@32@64", 0, 0 },
    { "FF /2", "Ev", "call", call_indirect, ROW_F64 | ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "C3", "", "ret", ret, ROW_F64 | ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
    { "C2 iw", "Iw", "ret", ret, ROW_F64 | ROW_ENDS | ROW_NO_HOST, FEAT_NONE, NULL, 0, 0 },
};
X86_TABLE(stack, rows);
