/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS, RDFSBASE and its like (SDM 2). Where Intel's and AMD's parts differ, the
 * model's vendor decides: SYSCALL outside 64-bit code and SYSENTER in long mode.
 */
#include "target-x86/system.h"
#include <stdatomic.h>

static struct x86_segment flat(uint16_t selector, uint16_t attributes)
{
    return (struct x86_segment){ 0, 0xffffffff, selector, attributes | SEG_P | SEG_S | SEG_ACCESSED | SEG_RW | SEG_G };
}

static struct x86_segment flat_code(uint16_t selector, unsigned dpl, bool is64)
{
    return flat(selector, SEG_CODE | dpl << SEG_DPL_SHIFT | (is64 ? SEG_L : SEG_DB));
}

static struct x86_segment flat_stack(uint16_t selector, unsigned dpl)
{
    return flat(selector, SEG_DB | dpl << SEG_DPL_SHIFT);
}

uint64_t helper_syscall(struct cpu *base, uint64_t next_rip)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint16_t selector = (cpu->star >> 32) & 0xfffc;
    bool is64 = x86_code64(cpu);
    struct x86_segment cs;
    uint64_t target;

    if (!(cpu->efer & EFER_SCE) || (!is64 && !cpu->model->amd)) {
        x86_raise(cpu, EXC_UD);
    }
    cpu->regs[R_CX] = is64 ? next_rip : (uint32_t)next_rip;
    if (x86_lma(cpu)) {
        cpu->regs[11] = x86_eflags_get(cpu) & ~(uint64_t)EFL_RF;
        target = is64 ? cpu->lstar : cpu->cstar;
        x86_eflags_put(cpu, 0, cpu->sfmask & 0x3f7fd5);
        cpu->eflags &= ~(uint64_t)EFL_RF;
    } else {
        target = (uint32_t)cpu->star;
        cpu->eflags &= ~(uint64_t)(EFL_IF | EFL_RF | EFL_VM);
    }
    cs = flat_code(selector, 0, x86_lma(cpu));
    cpu->seg[SEG_SS] = flat_stack(selector + 8, 0);
    x86_set_cs(cpu, &cs, 0, target);
    cpu->single_step = cpu->eflags & EFL_TF;    /* TF counts as it is after SYSCALL: the kernel masks it */
    return 0;
}

uint64_t helper_sysret(struct cpu *base, uint64_t bits)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint16_t selector = cpu->star >> 48;
    bool to64 = bits == 64;
    struct x86_segment cs;

    if (!(cpu->efer & EFER_SCE) || (!x86_code64(cpu) && !cpu->model->amd)) {
        x86_raise(cpu, EXC_UD);
    }
    if (cpu->cpl > 0 || !x86_protected(cpu)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (to64 && !cpu->model->amd && !x86_canonical(cpu->regs[R_CX])) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (x86_lma(cpu)) {
        cpu->eflags &= ~(uint64_t)EFL_RF;
        x86_eflags_put(cpu, cpu->regs[11], 0x3c7fd7 & ~(uint64_t)EFL_RF);
    } else {
        cpu->eflags |= EFL_IF;
    }
    cs = flat_code((selector + (to64 ? 16 : 0)) | 3, 3, to64);
    cpu->seg[SEG_SS] = flat_stack((selector + 8) | 3, 3);
    x86_set_cs(cpu, &cs, 3, to64 ? cpu->regs[R_CX] : (uint32_t)cpu->regs[R_CX]);
    cpu->single_step = false;
    if (cpu->eflags & EFL_TF) {     /* and after SYSRET: the system call was one step for the program */
        cpu->debug_pending |= DR6_BS;
        atomic_store(&cpu->cpu.exit_request, 1);
    }
    x86_input_recheck(cpu);
    return 0;
}

uint64_t helper_sysenter(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint16_t selector = cpu->sysenter_cs & 0xfffc;
    bool lma = x86_lma(cpu);
    struct x86_segment cs;

    if (lma && cpu->model->amd) {
        x86_raise(cpu, EXC_UD);
    }
    if (!x86_protected(cpu) || !selector) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    cpu->eflags &= ~(uint64_t)(EFL_VM | EFL_IF | EFL_RF);
    cs = flat_code(selector, 0, lma);
    cpu->seg[SEG_SS] = flat_stack(selector + 8, 0);
    cpu->regs[R_SP] = lma ? cpu->sysenter_esp : (uint32_t)cpu->sysenter_esp;
    x86_set_cs(cpu, &cs, 0, lma ? cpu->sysenter_eip : (uint32_t)cpu->sysenter_eip);
    return 0;
}

uint64_t helper_sysexit(struct cpu *base, uint64_t bits)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint16_t selector = cpu->sysenter_cs & 0xfffc;
    bool to64 = bits == 64;
    uint64_t rip = cpu->regs[R_DX], rsp = cpu->regs[R_CX];
    struct x86_segment cs;

    if (x86_lma(cpu) && cpu->model->amd) {
        x86_raise(cpu, EXC_UD);
    }
    if (!x86_protected(cpu) || !selector || cpu->cpl > 0 || (to64 && (!x86_canonical(rip) || !x86_canonical(rsp)))) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    cs = flat_code((selector + (to64 ? 32 : 16)) | 3, 3, to64);
    cpu->seg[SEG_SS] = flat_stack((selector + (to64 ? 40 : 24)) | 3, 3);
    cpu->regs[R_SP] = to64 ? rsp : (uint32_t)rsp;
    x86_set_cs(cpu, &cs, 3, to64 ? rip : (uint32_t)rip);
    return 0;
}

/* RDFSBASE and the others need CR4.FSGSBASE. */
uint64_t helper_fsgsbase(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (!(cpu->cr4 & CR4_FSGSBASE)) {
        x86_raise(cpu, EXC_UD);
    }
    return 0;
}

uint64_t helper_write_base(struct cpu *base, uint64_t seg, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    helper_fsgsbase(base);
    if (!x86_canonical(value)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    cpu->seg[seg].base = value;
    return 0;
}
