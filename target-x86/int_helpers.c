/* SPDX-License-Identifier: MIT */
/* Helpers of the integer instructions: what is too long or too rare for IR. */
#include "target-x86/helpers.h"
#include "target-x86/system.h"

uint64_t helper_code_limit(struct cpu *cpu, uint64_t insns)
{
    if (insns == 1)
        x86_raise_error(x86_cpu_of(cpu), EXC_GP, 0);
    cpu->one_insn = true;
    cpu_leave(cpu);
}

uint64_t helper_alignment_fault(struct cpu *cpu, uint64_t linear)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    if (cpu->mode & MODE_CODE64 && !x86_canonical(linear))
        x86_raise_error(x86, x86_debug_stack_access(x86) ? EXC_SS : EXC_GP, 0);
    x86_raise_error(x86, EXC_AC, 0);
}

uint64_t helper_div(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t bits)
{
    if (!b || a / b >> bits)
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    return a / b | a % b << bits;
}

uint64_t helper_idiv(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t bits)
{
    unsigned cut = 64 - (unsigned)bits;
    int64_t dividend = bits == 32 ? (int64_t)a : (int64_t)(a << (64 - 2 * bits)) >> (64 - 2 * bits);
    int64_t divisor = (int64_t)(b << cut) >> cut;
    if (!divisor || (divisor == -1 && dividend == INT64_MIN))
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    int64_t quotient = dividend / divisor;
    if (quotient != (int64_t)((uint64_t)quotient << cut) >> cut)
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    uint64_t mask = ~0ull >> cut;
    return ((uint64_t)quotient & mask) | ((uint64_t)(dividend % divisor) & mask) << bits;
}

uint64_t helper_div64(struct cpu *cpu, uint64_t low, uint64_t high, uint64_t divisor)
{
    if (high >= divisor)            /* covers zero */
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    if (!high)
        return low / divisor;
    return (uint64_t)(((unsigned __int128)high << 64 | low) / divisor);
}

uint64_t helper_idiv64(struct cpu *cpu, uint64_t low, uint64_t high, uint64_t divisor)
{
    bool negative = (int64_t)high < 0, result_negative = negative != ((int64_t)divisor < 0);
    unsigned __int128 dividend = (unsigned __int128)high << 64 | low;
    uint64_t magnitude = (int64_t)divisor < 0 ? -divisor : divisor;
    if (negative)
        dividend = -dividend;
    if (!magnitude || (uint64_t)(dividend >> 64) >= magnitude)
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    uint64_t quotient = (uint64_t)(dividend / magnitude);
    if (quotient > (result_negative ? 1ull << 63 : INT64_MAX))
        x86_raise(x86_cpu_of(cpu), EXC_DE);
    return result_negative ? -quotient : quotient;
}

uint64_t helper_pdep(struct cpu *cpu, uint64_t a, uint64_t mask)
{
    uint64_t result = 0;
    for (; mask; mask &= mask - 1, a >>= 1)
        if (a & 1)
            result |= mask & -mask;
    return result;
}

uint64_t helper_pext(struct cpu *cpu, uint64_t a, uint64_t mask)
{
    uint64_t result = 0;
    for (unsigned n = 0; mask; mask &= mask - 1, n++)
        if (a & mask & -mask)
            result |= 1ull << n;
    return result;
}

uint64_t helper_cmpxchg16b(struct cpu *cpu, uint64_t linear)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    uint64_t old[2] = { x86->regs[R_AX], x86->regs[R_DX] };
    const uint64_t new[2] = { x86->regs[R_BX], x86->regs[R_CX] };
    bool equal = mmu_cas16(cpu, linear, old, new, x86_mmu_mode(cpu->mode));
    x86->regs[R_AX] = old[0];
    x86->regs[R_DX] = old[1];
    return equal ? EFL_ZF : 0;
}
