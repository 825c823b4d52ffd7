/* SPDX-License-Identifier: MIT */
/*
 * Generic translation of x87 instructions: on the host's x87 unit when every exception is masked, else by x87_state.c's
 * helpers. Memory operands pass through fpu.operand, as guest memory has no address that the host's instruction could use.
 */
#include "target-x86/x87_trans.h"

void x87_enter(struct x86_trans *t)
{
    if (t->x87_place == X87_LIVE)
        return;
    struct x86_far far = { .helper = HELPER_x87_enter, .resume = ir_new_label(t->u) };
    ir_reg live = ir_ldcpu(t->u, 8, offsetof(struct x86_cpu, fpu.live));
    ir_brci(t->u, IR_COND_E, 32, live, 0, x86_far_code(t, &far));
    ir_label(t->u, far.resume);
    t->x87_place = X87_LIVE;
}

void x87_leave(struct x86_trans *t)
{
    if (t->x87_place == X87_IN_MEMORY)
        return;
    struct x86_far far = { .helper = HELPER_x87_sync, .resume = ir_new_label(t->u) };
    ir_reg live = ir_ldcpu(t->u, 8, offsetof(struct x86_cpu, fpu.live));
    ir_brci(t->u, IR_COND_NE, 32, live, 0, x86_far_code(t, &far));
    ir_label(t->u, far.resume);
    t->x87_place = X87_IN_MEMORY;
}

static unsigned opcode_of(const struct x86_insn *insn) { return (insn->opcode & 7u) << 8 | insn->modrm; }
static bool has_memory(const struct x86_insn *insn) { return insn->modrm < 0xc0; }
static const struct x86_operand *memory_operand(const struct x86_insn *insn) { return &insn->operand[insn->operand_count - 1]; }
static unsigned segment_of(const struct x86_insn *insn)
{
    return insn->segment == SEG_NONE ? insn->default_segment : insn->segment;
}

uint64_t x87_info(const struct x86_trans *t)
{
    uint64_t info = opcode_of(t->insn);
    if (has_memory(t->insn))
        info |= (uint64_t)(memory_operand(t->insn)->bits / 8) << X87_BYTES_SHIFT |
            (uint64_t)segment_of(t->insn) << X87_SEGMENT_SHIFT;
    return info;
}

static void record_selector(struct x86_trans *t, unsigned segment, unsigned offset)
{
    unsigned from = offsetof(struct x86_cpu, seg) + segment * sizeof(struct x86_segment) + offsetof(struct x86_segment, selector);
    ir_stcpu(t->u, 16, offset, ir_ldcpu(t->u, 16, from));
}

/* All of it whatever the segments: no model says that selectors are 0 (CPUID leaf 7, EBX bit 13). */
void x87_record(struct x86_trans *t)
{
    ir_stcpu(t->u, 64, offsetof(struct x86_cpu, fpu.ip), ir_const(t->u, t->rip));
    ir_stcpu(t->u, 16, offsetof(struct x86_cpu, fpu.opcode), ir_const(t->u, opcode_of(t->insn)));
    record_selector(t, SEG_CS, offsetof(struct x86_cpu, fpu.cs));
    if (!has_memory(t->insn))
        return;
    ir_stcpu(t->u, 64, offsetof(struct x86_cpu, fpu.dp), x86_ea(t));
    record_selector(t, segment_of(t->insn), offsetof(struct x86_cpu, fpu.ds));
}

void x87_reg(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        ir_call_void(t->u, HELPER_x87_reg, ir_const(t->u, x87_info(t)), ir_const(t->u, t->rip), ir_const(t->u, 0), IR_NONE);
        return;
    }
    x87_enter(t);
    x87_record(t);
    ir_x87(t->u, opcode_of(t->insn), 0);
}

static void by_helper(struct x86_trans *t, enum x86_helper helper, bool write)
{
    ir_reg linear = x86_linear(t, memory_operand(t->insn)->bits, write);
    ir_call_void(t->u, helper, ir_const(t->u, x87_info(t)), ir_const(t->u, t->rip), linear, x86_ea(t));
}

void x87_load(struct x86_trans *t)
{
    unsigned bits = memory_operand(t->insn)->bits;
    if (!x87_quiet(t)) {
        by_helper(t, HELPER_x87_load, false);
        return;
    }
    x87_enter(t);
    ir_reg linear = x86_linear(t, bits, false);
    ir_reg low = ir_ld(t->u, bits == 80 ? 64 : bits, linear, 0, t->mmu);
    ir_reg high = bits == 80 ? ir_ld(t->u, 16, linear, 8, t->mmu) : IR_NONE;
    ir_stcpu(t->u, bits == 80 ? 64 : bits, X87_OPERAND, low);
    if (bits == 80)
        ir_stcpu(t->u, 16, X87_OPERAND + 8, high);
    x87_record(t);
    ir_x87(t->u, opcode_of(t->insn), X87_OPERAND);
}

/* The page is probed first: once the host has computed and popped, the store must not fault any more. */
void x87_store(struct x86_trans *t)
{
    unsigned bits = memory_operand(t->insn)->bits, width = bits == 80 ? 64 : bits;
    if (!x87_quiet(t)) {
        by_helper(t, HELPER_x87_store, true);
        return;
    }
    x87_enter(t);
    ir_reg linear = x86_linear(t, bits, true);
    ir_probe(t->u, width, linear, 0, t->mmu);
    if (bits == 80)
        ir_probe(t->u, 16, linear, 8, t->mmu);
    x87_record(t);
    ir_x87(t->u, opcode_of(t->insn), X87_OPERAND);
    ir_st(t->u, width, linear, 0, ir_ldcpu(t->u, width, X87_OPERAND), t->mmu);
    if (bits == 80)
        ir_st(t->u, 16, linear, 8, ir_ldcpu(t->u, 16, X87_OPERAND + 8), t->mmu);
}
