/* SPDX-License-Identifier: MIT */
/* Interrupts and exceptions in IA-32e mode: 16-byte gates, RSP from the TSS, interrupt stack table (SDM 3, 6.14). */
#include "target-x86/system.h"

struct long_gate { struct x86_segment cs; uint64_t rip; unsigned cpl, ist; bool inner, clears_if; };

static struct long_gate read_gate(struct x86_cpu *cpu, const struct x86_event *event)
{
    uint32_t idt_error = event->vector * 8 + 2;
    unsigned mmu = x86_mmu_implicit(cpu), type;
    uint64_t address = cpu->idt.base + event->vector * 16u, low, high;
    struct long_gate gate;
    uint16_t selector;

    if (event->vector * 16u + 15 > cpu->idt.limit) {
        x86_raise_error(cpu, EXC_GP, idt_error);
    }
    low = mmu_load(&cpu->cpu, address, 8, mmu);
    high = mmu_load(&cpu->cpu, address + 8, 8, mmu);
    type = low >> 40 & 0x1f;
    if ((type != DESC_INT32 && type != DESC_TRAP32) || (x86_event_checks_dpl(event) && (low >> 45 & 3) < cpu->cpl)) {
        x86_raise_error(cpu, EXC_GP, idt_error);
    }
    if (!(low >> 47 & 1)) {
        x86_raise_error(cpu, EXC_NP, idt_error);
    }
    selector = low >> 16;
    gate = (struct long_gate){ .rip = (low & 0xffff) | (low >> 32 & 0xffff0000) | high << 32, .ist = low >> 32 & 7,
                               .clears_if = type == DESC_INT32, .cs.selector = selector };
    return gate;
}

static void read_target(struct x86_cpu *cpu, struct long_gate *gate)
{
    uint16_t selector = gate->cs.selector, a;
    struct x86_descriptor d;

    if (!(selector & ~3)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (!x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    a = descriptor_attributes(d.raw);
    if (!attributes_code(a) || attributes_dpl(a) > cpu->cpl || (a & (SEG_L | SEG_DB)) != SEG_L) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    gate->inner = !attributes_conforming(a) && attributes_dpl(a) < cpu->cpl;
    gate->cpl = gate->inner ? attributes_dpl(a) : cpu->cpl;
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    gate->cs = x86_segment_of((selector & ~3) | gate->cpl, d.raw);
}

void x86_deliver_long(struct x86_cpu *cpu, const struct x86_event *event)
{
    struct long_gate gate = read_gate(cpu, event);
    uint64_t rsp = cpu->regs[R_SP], old_rsp = rsp;
    struct x86_stack stack;

    read_target(cpu, &gate);
    if (gate.ist) {
        rsp = x86_tss_stack_long(cpu, 3 + gate.ist);
    } else if (gate.inner) {
        rsp = x86_tss_stack_long(cpu, gate.cpl);
    }
    stack = x86_stack_long(cpu, rsp & ~(uint64_t)15, gate.cpl);
    x86_stack_push(&stack, 8, cpu->seg[SEG_SS].selector);
    x86_stack_push(&stack, 8, old_rsp);
    x86_stack_push(&stack, 8, x86_event_eflags(cpu, event));
    x86_stack_push(&stack, 8, cpu->seg[SEG_CS].selector);
    x86_stack_push(&stack, 8, x86_event_rip(cpu, event));
    if (event->has_error) {
        x86_stack_push(&stack, 8, event->error);
    }
    if (!x86_canonical(gate.rip)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (gate.inner) {
        cpu->seg[SEG_SS] = x86_segment_null(gate.cpl);
        cpu->seg[SEG_SS].attributes = gate.cpl << SEG_DPL_SHIFT;
    }
    x86_stack_commit(&stack);
    cpu->eflags &= ~(uint64_t)(EFL_TF | EFL_VM | EFL_RF | EFL_NT | (gate.clears_if ? EFL_IF : 0));
    x86_set_cs(cpu, &gate.cs, gate.cpl, gate.rip);
}
