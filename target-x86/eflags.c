/* SPDX-License-Identifier: MIT */
/*
 * Instructions on IF and the rest of EFLAGS, and software interrupts, where translated code cannot decide by itself:
 * CLI, STI, PUSHF, POPF, INT n, INT3, INTO, INT1 with IOPL, VME and PVI (SDM 2; SDM 3, 20.3 and 20.4).
 */
#include "target-x86/system.h"

static bool vme(const struct x86_cpu *cpu) { return x86_vm86(cpu) && cpu->cr4 & CR4_VME; }

/* Whether CLI and STI work on VIF: virtual-8086 mode with VME, or CPL 3 with PVI. */
static bool virtual_if(const struct x86_cpu *cpu)
{
    return vme(cpu) || (!x86_vm86(cpu) && cpu->cpl == 3 && cpu->cr4 & CR4_PVI);
}

/* CLI and STI above IOPL. In virtual-8086 mode IOPL 3 is enough without VME. */
static bool if_allowed(const struct x86_cpu *cpu)
{
    return !x86_protected(cpu) || cpu->cpl <= x86_iopl(cpu);
}

uint64_t helper_cli(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (if_allowed(cpu)) {
        cpu->eflags &= ~(uint64_t)EFL_IF;
    } else if (virtual_if(cpu)) {
        cpu->eflags &= ~(uint64_t)EFL_VIF;
    } else {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    return 0;
}

uint64_t helper_sti(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (if_allowed(cpu)) {
        if (!(cpu->eflags & EFL_IF)) {
            cpu->eflags |= EFL_IF;
            helper_sti_shadow(base);
        }
    } else if (virtual_if(cpu) && !(cpu->eflags & EFL_VIP)) {
        cpu->eflags |= EFL_VIF;
    } else {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    return 0;
}

/* The image that PUSHF stores. */
uint64_t helper_pushf(struct cpu *base, uint64_t bits)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint64_t flags = x86_eflags_get(cpu) & ~(uint64_t)(EFL_RF | EFL_VM);

    if (x86_vm86(cpu) && x86_iopl(cpu) < 3) {
        if (!vme(cpu) || bits != 16) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
        flags = (flags & ~(uint64_t)EFL_IF) | EFL_IOPL | (flags & EFL_VIF ? EFL_IF : 0);
    }
    return flags;
}

uint64_t helper_popf(struct cpu *base, uint64_t value, uint64_t bits)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint64_t mask = EFL_ARITHMETIC | EFL_TF | EFL_DF | EFL_NT | (bits > 16 ? EFL_AC | EFL_ID : 0);

    if (x86_vm86(cpu) && x86_iopl(cpu) < 3) {
        if (!vme(cpu) || bits != 16 || value & EFL_TF || (value & EFL_IF && cpu->eflags & EFL_VIP)) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
        value = (value & ~(uint64_t)EFL_VIF) | (value & EFL_IF ? EFL_VIF : 0);
        mask |= EFL_VIF;
    } else {
        mask |= if_allowed(cpu) ? EFL_IF : 0;
        mask |= cpu->cpl == 0 ? EFL_IOPL : 0;
    }
    cpu->eflags &= ~(uint64_t)EFL_RF;
    x86_eflags_put(cpu, value, mask);
    x86_update_mode(cpu);
    x86_input_recheck(cpu);
    return 0;
}

/* CLAC, STAC. */
uint64_t helper_set_ac(struct cpu *base, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    cpu->eflags = (cpu->eflags & ~(uint64_t)EFL_AC) | value;
    x86_update_mode(cpu);
    return 0;
}

/* ---- software interrupts ---- */

/* VME: a clear bit in the TSS's redirection map sends INT n to the 8086 program's own vector table. */
static bool redirected(struct x86_cpu *cpu, uint8_t vector)
{
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    unsigned mmu = x86_mmu_implicit(cpu), map;

    if (!vme(cpu) || tr->limit < 103) {
        return false;
    }
    map = mmu_load(&cpu->cpu, tr->base + 0x66, 2, mmu);
    if (map < 32 || map - 32 + vector / 8 > tr->limit) {
        return false;
    }
    return !(mmu_load(&cpu->cpu, tr->base + map - 32 + vector / 8, 1, mmu) >> (vector & 7) & 1);
}

uint64_t helper_int(struct cpu *base, uint64_t vector, uint64_t length)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_event event = { .vector = vector, .kind = EVENT_SOFTWARE, .insn_length = length };

    if (x86_vm86(cpu)) {
        if (redirected(cpu, vector)) {
            x86_deliver_real(cpu, &event, true);
            return 0;
        }
        if (x86_iopl(cpu) < 3) {
            x86_raise_error(cpu, EXC_GP, 0);
        }
    }
    x86_deliver_event(cpu, &event);
    return 0;
}

/* INT3 (3), INTO (4, OF was tested), INT1 (1). */
uint64_t helper_int_trap(struct cpu *base, uint64_t vector, uint64_t length)
{
    struct x86_event event = { .vector = vector, .insn_length = length,
                               .kind = vector == EXC_DB ? EVENT_ICEBP : EVENT_SOFTWARE_TRAP };

    x86_deliver_event(x86_cpu_of(base), &event);
    return 0;
}
