/* SPDX-License-Identifier: MIT */
/* IRET (SDM 2): real and virtual-8086 mode, same and outer privilege, to virtual-8086 mode, nested tasks, IA-32e
 * mode. */
#include "target-x86/system.h"

/* Flags that any IRET may change at its operand size. */
static uint64_t flags_mask(unsigned bits)
{
    return EFL_ARITHMETIC | EFL_TF | EFL_DF | EFL_NT | (bits > 16 ? EFL_AC | EFL_ID | EFL_RF : 0);
}

static void put_flags(struct x86_cpu *cpu, uint64_t flags, uint64_t mask)
{
    cpu->eflags &= ~(uint64_t)EFL_RF;
    x86_eflags_put(cpu, flags, mask);
}

static void iret_real(struct x86_cpu *cpu, unsigned bits)
{
    struct x86_stack stack = x86_stack_current(cpu);
    uint64_t rip = x86_stack_pop(&stack, bits / 8);
    uint16_t selector = x86_stack_pop(&stack, bits / 8);
    uint64_t flags = x86_stack_pop(&stack, bits / 8);
    uint64_t mask = flags_mask(bits) | EFL_IF;
    struct x86_segment cs = x86_segment_real(cpu, SEG_CS, selector);

    if (!x86_vm86(cpu)) {
        mask |= EFL_IOPL;
    } else if (x86_iopl(cpu) < 3) {             /* VME: the popped IF becomes VIF */
        if (flags & EFL_TF || (flags & EFL_IF && cpu->eflags & EFL_VIP)) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
        flags = (flags & ~(uint64_t)(EFL_IF | EFL_VIF)) | (flags & EFL_IF ? EFL_VIF : 0);
        mask = (mask & ~(uint64_t)EFL_IF) | EFL_VIF;
    }
    x86_cs_check(cpu, &cs, rip);
    x86_stack_commit(&stack);
    put_flags(cpu, flags, mask);
    x86_set_cs(cpu, &cs, cpu->cpl, rip);
}

/* CPL 0 popped VM = 1: nine 32-bit words describe the virtual-8086 program. */
static void iret_to_vm86(struct x86_cpu *cpu, struct x86_stack *stack, uint32_t eip, uint16_t cs, uint64_t flags)
{
    static const uint8_t order[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
    uint32_t esp = x86_stack_pop(stack, 4);
    uint16_t ss = x86_stack_pop(stack, 4), data[4];
    struct x86_segment code;

    for (unsigned n = 0; n < 4; n++) {
        data[n] = x86_stack_pop(stack, 4);
    }
    if (eip > 0xffff) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    put_flags(cpu, flags, flags_mask(32) | EFL_IF | EFL_IOPL | EFL_VM | EFL_VIF | EFL_VIP);
    cpu->seg[SEG_SS] = x86_segment_real(cpu, SEG_SS, ss);
    for (unsigned n = 0; n < 4; n++) {
        cpu->seg[order[n]] = x86_segment_real(cpu, order[n], data[n]);
    }
    cpu->regs[R_SP] = esp;
    code = x86_segment_real(cpu, SEG_CS, cs);
    x86_set_cs(cpu, &code, 3, eip);
}

static uint64_t privileged_mask(struct x86_cpu *cpu, unsigned bits)
{
    uint64_t mask = flags_mask(bits);

    mask |= cpu->cpl <= x86_iopl(cpu) ? EFL_IF : 0;
    mask |= cpu->cpl == 0 ? EFL_IOPL : 0;
    mask |= cpu->cpl == 0 && bits > 16 ? EFL_VIF | EFL_VIP : 0;
    return mask;
}

static void iret_outer(struct x86_cpu *cpu, struct x86_stack *stack, const struct x86_segment *cs, uint64_t rip,
                       uint64_t flags, unsigned bits)
{
    uint64_t sp = x86_stack_pop(stack, bits / 8), mask = privileged_mask(cpu, bits);
    uint16_t selector = x86_stack_pop(stack, bits / 8);
    unsigned old_cpl = cpu->cpl, rpl = cs->selector & 3;
    struct x86_segment ss = x86_return_stack(cpu, selector, cs);

    x86_cs_check(cpu, cs, rip);
    if (!(x86_lma(cpu) && cs->attributes & SEG_L) && !(ss.attributes & SEG_DB)) {
        sp = (cpu->regs[R_SP] & 0xffff0000) | (sp & 0xffff);
    }
    put_flags(cpu, flags, mask);
    cpu->seg[SEG_SS] = ss;
    cpu->regs[R_SP] = sp;
    if (rpl != old_cpl) {
        x86_segments_outer(cpu, rpl);
    }
    x86_set_cs(cpu, cs, rpl, rip);
}

static void iret_protected(struct x86_cpu *cpu, unsigned bits)
{
    struct x86_stack stack = x86_stack_current(cpu);
    uint64_t rip = x86_stack_pop(&stack, bits / 8);
    uint16_t selector = x86_stack_pop(&stack, bits / 8);
    uint64_t flags = x86_stack_pop(&stack, bits / 8), mask;
    struct x86_segment cs;

    if (flags & EFL_VM && bits == 32 && cpu->cpl == 0 && !x86_lma(cpu)) {
        iret_to_vm86(cpu, &stack, rip, selector, flags);
        return;
    }
    cs = x86_return_code(cpu, selector);
    if ((selector & 3u) != cpu->cpl || x86_code64(cpu)) {
        iret_outer(cpu, &stack, &cs, rip, flags, bits);
        return;
    }
    mask = privileged_mask(cpu, bits);
    x86_cs_check(cpu, &cs, rip);
    x86_stack_commit(&stack);
    put_flags(cpu, flags, mask);
    x86_set_cs(cpu, &cs, cpu->cpl, rip);
}

uint64_t helper_iret(struct cpu *base, uint64_t bits, uint64_t next_rip)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    cpu->nmi_blocked = false;
    if (!x86_protected(cpu)) {
        iret_real(cpu, bits);
    } else if (x86_vm86(cpu)) {
        if (x86_iopl(cpu) < 3 && !(cpu->cr4 & CR4_VME && bits == 16)) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
        iret_real(cpu, bits);
    } else if (cpu->eflags & EFL_NT) {
        if (x86_lma(cpu)) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
        x86_task_return(cpu, next_rip);
    } else {
        iret_protected(cpu, bits);
    }
    x86_input_recheck(cpu);
    x86_resume_flag(cpu);
    return 0;
}
