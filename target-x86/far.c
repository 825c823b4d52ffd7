/* SPDX-License-Identifier: MIT */
/*
 * Far jumps, calls and returns (SDM 2: JMP, CALL, RET; SDM 3, 5.8): real and virtual-8086 mode, protected mode, call
 * gates, IA-32e mode. IRET is in iret.c. Selectors of tasks go on to task.c.
 */
#include "target-x86/system.h"

static uint64_t cut(uint64_t value, unsigned bits)
{
    return bits == 64 ? value : value & ((1ull << bits) - 1);
}

void x86_cs_check(struct x86_cpu *cpu, const struct x86_segment *cs, uint64_t rip)
{
    if (x86_lma(cpu) && cs->attributes & SEG_L ? !x86_canonical(rip) : rip > cs->limit) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
}

void x86_code_descriptor_check(struct x86_cpu *cpu, uint16_t selector, uint16_t a)
{
    if (!attributes_code(a) || (x86_lma(cpu) && (a & (SEG_L | SEG_DB)) == (SEG_L | SEG_DB))) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
}

static void descriptor_or_gp(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d)
{
    if (!(selector & ~3)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (!x86_descriptor_load(cpu, selector, d)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
}

static void present_or_np(struct x86_cpu *cpu, uint16_t selector, uint16_t attributes)
{
    if (!(attributes & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
}

/* Code at the same privilege, by JMP or CALL to its own selector. */
static struct x86_segment direct_code(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d)
{
    uint16_t a = descriptor_attributes(d->raw);
    bool allowed = attributes_conforming(a) ? attributes_dpl(a) <= cpu->cpl
                                            : (selector & 3u) <= cpu->cpl && attributes_dpl(a) == cpu->cpl;

    x86_code_descriptor_check(cpu, selector, a);
    if (!allowed) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    present_or_np(cpu, selector, a);
    x86_descriptor_set(cpu, d, SEG_ACCESSED);
    return x86_segment_of((selector & ~3) | cpu->cpl, d->raw);
}

void x86_code_segment_load(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    struct x86_segment cs;

    if (x86_real_segments(cpu)) {
        cs = x86_segment_real(cpu, SEG_CS, selector);
    } else {
        descriptor_or_gp(cpu, selector, &d);
        cs = direct_code(cpu, selector, &d);
        x86_cs_check(cpu, &cs, x86_rip(cpu));
    }
    x86_set_cs(cpu, &cs, cpu->cpl, x86_rip(cpu));
}

/* Rights of a gate or TSS against CPL and the selector's RPL. */
static void system_rights(struct x86_cpu *cpu, uint16_t selector, uint16_t a)
{
    if (attributes_dpl(a) < cpu->cpl || attributes_dpl(a) < (selector & 3u)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
}

/* ---- call gates ---- */

struct call_gate { struct x86_segment cs; uint64_t rip; unsigned bytes, parameters, cpl; bool inner; };

static struct call_gate read_call_gate(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d, bool call)
{
    uint16_t a = descriptor_attributes(d->raw), target = d->raw >> 16, ta;
    struct call_gate gate = { .rip = (d->raw & 0xffff) | (d->raw >> 32 & 0xffff0000), .parameters = d->raw >> 32 & 31,
                              .bytes = a & 8 ? 4 : 2 };
    struct x86_descriptor code;

    if (x86_lma(cpu)) {
        if (!x86_descriptor_load_upper(cpu, selector, d) || (d->upper >> 40 & 0x1f)) {
            x86_raise_error(cpu, EXC_GP, selector & ~3);
        }
        gate.rip |= d->upper << 32;
        gate.bytes = 8;
        gate.parameters = 0;
    } else if (gate.bytes == 2) {
        gate.rip &= 0xffff;
    }
    present_or_np(cpu, selector, a);
    descriptor_or_gp(cpu, target, &code);
    ta = descriptor_attributes(code.raw);
    if (!attributes_code(ta) || attributes_dpl(ta) > cpu->cpl ||
        (!call && !attributes_conforming(ta) && attributes_dpl(ta) != cpu->cpl) ||
        (x86_lma(cpu) && (ta & (SEG_L | SEG_DB)) != SEG_L)) {
        x86_raise_error(cpu, EXC_GP, target & ~3);
    }
    present_or_np(cpu, target, ta);
    gate.inner = !attributes_conforming(ta) && attributes_dpl(ta) < cpu->cpl;
    gate.cpl = gate.inner ? attributes_dpl(ta) : cpu->cpl;
    x86_descriptor_set(cpu, &code, SEG_ACCESSED);
    gate.cs = x86_segment_of((target & ~3) | gate.cpl, code.raw);
    return gate;
}

/* A call to an inner privilege: new stack, old SS:SP, parameters, return address. */
static void call_inner(struct x86_cpu *cpu, const struct call_gate *gate, uint64_t next_rip)
{
    struct x86_stack old = x86_stack_current(cpu), stack;
    struct x86_segment ss = x86_segment_null(gate->cpl);
    uint32_t parameters[32];

    ss.attributes = gate->cpl << SEG_DPL_SHIFT;
    if (x86_lma(cpu)) {
        stack = x86_stack_long(cpu, x86_tss_stack_long(cpu, gate->cpl), gate->cpl);
    } else {
        uint16_t selector;
        uint32_t esp;
        x86_tss_stack(cpu, gate->cpl, &selector, &esp);
        ss = x86_stack_segment_check(cpu, selector, gate->cpl, EXC_TS);
        stack = x86_stack_at(cpu, &ss, esp, gate->cpl, selector & ~3);
    }
    for (unsigned n = 0; n < gate->parameters; n++) {
        parameters[n] = x86_stack_pop(&old, gate->bytes);
    }
    x86_stack_push(&stack, gate->bytes, cpu->seg[SEG_SS].selector);
    x86_stack_push(&stack, gate->bytes, cpu->regs[R_SP]);
    for (unsigned n = gate->parameters; n-- > 0;) {
        x86_stack_push(&stack, gate->bytes, parameters[n]);
    }
    x86_stack_push(&stack, gate->bytes, cpu->seg[SEG_CS].selector);
    x86_stack_push(&stack, gate->bytes, next_rip);
    x86_cs_check(cpu, &gate->cs, gate->rip);
    cpu->seg[SEG_SS] = ss;
    x86_stack_commit(&stack);
    x86_set_cs(cpu, &gate->cs, gate->cpl, gate->rip);
}

static void call_same(struct x86_cpu *cpu, const struct x86_segment *cs, uint64_t rip, unsigned bytes,
                      uint64_t next_rip)
{
    struct x86_stack stack = x86_stack_current(cpu);

    x86_cs_check(cpu, cs, rip);
    x86_stack_push(&stack, bytes, cpu->seg[SEG_CS].selector);
    x86_stack_push(&stack, bytes, next_rip);
    x86_stack_commit(&stack);
    x86_set_cs(cpu, cs, cpu->cpl, rip);
}

/* ---- system descriptors as targets ---- */

static void far_system(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d, bool call, uint64_t next_rip)
{
    uint16_t a = descriptor_attributes(d->raw);
    unsigned type = a & SEG_TYPE;
    bool is_gate = type == DESC_CALL32 || (type == DESC_CALL16 && !x86_lma(cpu));
    bool is_task = !x86_lma(cpu) && (type == DESC_TASK || type == DESC_TSS16 || type == DESC_TSS32);

    if (!is_gate && !is_task) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    system_rights(cpu, selector, a);
    if (is_gate) {
        struct call_gate gate = read_call_gate(cpu, selector, d, call);
        if (call && gate.inner) {
            call_inner(cpu, &gate, next_rip);
        } else if (call) {
            call_same(cpu, &gate.cs, gate.rip, gate.bytes, next_rip);
        } else {
            x86_cs_check(cpu, &gate.cs, gate.rip);
            x86_set_cs(cpu, &gate.cs, cpu->cpl, gate.rip);
        }
        return;
    }
    present_or_np(cpu, selector, a);
    x86_task_switch(cpu, type == DESC_TASK ? d->raw >> 16 : selector, call ? TASK_CALL : TASK_JMP, next_rip, NULL);
}

/* The code segment of a direct far transfer; false when a gate or a task took it instead. */
static bool far_code(struct x86_cpu *cpu, uint16_t selector, bool call, uint64_t next_rip, struct x86_segment *cs)
{
    struct x86_descriptor d;

    if (x86_real_segments(cpu)) {
        *cs = x86_segment_real(cpu, SEG_CS, selector);
        return true;
    }
    descriptor_or_gp(cpu, selector, &d);
    if (!(d.raw >> 44 & 1)) {
        far_system(cpu, selector, &d, call, next_rip);
        return false;
    }
    *cs = direct_code(cpu, selector, &d);
    return true;
}

uint64_t helper_far_jump(struct cpu *base, uint64_t selector, uint64_t offset, uint64_t bits, uint64_t next_rip)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_segment cs;

    offset = cut(offset, bits);
    if (!far_code(cpu, selector, false, next_rip, &cs)) {
        return 0;
    }
    x86_cs_check(cpu, &cs, offset);
    x86_set_cs(cpu, &cs, cpu->cpl, offset);
    return 0;
}

uint64_t helper_far_call(struct cpu *base, uint64_t selector, uint64_t offset, uint64_t bits, uint64_t next_rip)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_segment cs;

    offset = cut(offset, bits);
    if (!far_code(cpu, selector, true, next_rip, &cs)) {
        return 0;
    }
    call_same(cpu, &cs, offset, bits / 8, next_rip);
    return 0;
}

/* ---- returns ---- */

/* Checks the CS of RETF or IRET (SDM 2: the same list); the RPL is the new CPL. */
struct x86_segment x86_return_code(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    unsigned rpl = selector & 3;
    uint16_t a;

    descriptor_or_gp(cpu, selector, &d);
    a = descriptor_attributes(d.raw);
    x86_code_descriptor_check(cpu, selector, a);
    if (rpl < cpu->cpl || (attributes_conforming(a) ? attributes_dpl(a) > rpl : attributes_dpl(a) != rpl)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    present_or_np(cpu, selector, a);
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    return x86_segment_of(selector, d.raw);
}

/* Checks the SS that a return to privilege rpl pops. A null one is fine for 64-bit code inside the kernel. */
struct x86_segment x86_return_stack(struct x86_cpu *cpu, uint16_t selector, const struct x86_segment *cs)
{
    unsigned rpl = cs->selector & 3;

    if (!(selector & ~3) && x86_lma(cpu) && cs->attributes & SEG_L && rpl != 3) {
        struct x86_segment ss = x86_segment_null(selector);
        if ((selector & 3u) != rpl) {
            x86_raise_error(cpu, EXC_GP, selector & ~3);
        }
        ss.attributes = rpl << SEG_DPL_SHIFT;
        return ss;
    }
    return x86_stack_segment_check(cpu, selector, rpl, EXC_GP);
}

/* Adds to SP by the size of the stack that is now current. */
static void release_parameters(struct x86_cpu *cpu, uint64_t imm)
{
    struct x86_stack stack = x86_stack_current(cpu);

    stack.sp = (stack.sp & ~stack.mask) | ((stack.sp + imm) & stack.mask);
    x86_stack_commit(&stack);
}

uint64_t helper_far_return(struct cpu *base, uint64_t bits, uint64_t imm)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_stack stack = x86_stack_current(cpu), outer;
    uint64_t rip = x86_stack_pop(&stack, bits / 8);
    uint16_t selector = x86_stack_pop(&stack, bits / 8);
    struct x86_segment cs, ss;
    uint64_t outer_sp;

    if (x86_real_segments(cpu)) {
        cs = x86_segment_real(cpu, SEG_CS, selector);
        x86_cs_check(cpu, &cs, rip);
        x86_stack_commit(&stack);
        release_parameters(cpu, imm);
        x86_set_cs(cpu, &cs, cpu->cpl, rip);
        return 0;
    }
    cs = x86_return_code(cpu, selector);
    if ((selector & 3u) == cpu->cpl) {
        x86_cs_check(cpu, &cs, rip);
        x86_stack_commit(&stack);
        release_parameters(cpu, imm);
        x86_set_cs(cpu, &cs, cpu->cpl, rip);
        return 0;
    }
    stack.sp = (stack.sp & ~stack.mask) | ((stack.sp + imm) & stack.mask);
    outer_sp = x86_stack_pop(&stack, bits / 8);
    ss = x86_return_stack(cpu, x86_stack_pop(&stack, bits / 8), &cs);
    x86_cs_check(cpu, &cs, rip);
    outer = cs.attributes & SEG_L && x86_lma(cpu) ? x86_stack_long(cpu, outer_sp, cs.selector & 3)
                                                  : x86_stack_at(cpu, &ss, outer_sp, cs.selector & 3, 0);
    outer.sp = (outer.sp & ~outer.mask) | ((outer.sp + imm) & outer.mask);
    if (!outer.long_mode && outer.mask == 0xffff) {     /* a 16-bit stack: the upper half of ESP stays */
        outer.sp = (cpu->regs[R_SP] & 0xffff0000) | (outer.sp & 0xffff);
    }
    cpu->seg[SEG_SS] = ss;
    x86_stack_commit(&outer);
    x86_set_cs(cpu, &cs, cs.selector & 3, rip);
    x86_segments_outer(cpu, cpu->cpl);
    x86_update_mode(cpu);
    return 0;
}
