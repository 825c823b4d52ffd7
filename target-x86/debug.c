/* SPDX-License-Identifier: MIT */
/*
 * Debug registers, breakpoints and single-step (SDM 3, chapter 17).
 *
 * Units run while TF or a breakpoint is on hold one instruction; before it helper_debug_before looks for an
 * instruction breakpoint, behind it helper_debug_after notes traps in cpu.debug_pending, which x86_poll delivers. Data
 * breakpoints are found by softmmu (mmu_page.watch, x86_watch).
 *
 * RF is cleared when an instruction starts (SDM 3, 17.3.1.1), so it is seen only between IRET, a task switch or an unfinished
 * REP and that start: by an interrupt or trap that comes there, an instruction breakpoint, a debugger. While there may be one,
 * whoever sets RF sends the CPU to the loop, where x86_poll delivers what there is, or else clears RF; if not, RF is cleared at once,
 * as most faults of a system return with RF. (So an interrupt that arrives in the moment between is pushed with RF clear.)
 */
#include "target-x86/system.h"
#include "target-x86/trans.h"
#include <string.h>
#include <stdatomic.h>

enum breakpoint_kind { BREAK_CODE, BREAK_WRITE, BREAK_IO, BREAK_ACCESS };

static bool enabled(const struct x86_cpu *cpu, unsigned n)
{
    return cpu->dr[7] >> n * 2 & 3;
}

static enum breakpoint_kind kind(const struct x86_cpu *cpu, unsigned n)
{
    return cpu->dr[7] >> (16 + n * 4) & 3;
}

/* LEN 2 means 8 bytes in long mode's parts, undefined on others. */
static unsigned length(const struct x86_cpu *cpu, unsigned n)
{
    static const uint8_t lengths[] = { 1, 2, 8, 4 };

    return lengths[cpu->dr[7] >> (18 + n * 4) & 3];
}

/* Whether [address, +bytes) touches breakpoint n, whose address is aligned to its length. */
static bool touches(const struct x86_cpu *cpu, unsigned n, uint64_t address, unsigned bytes)
{
    uint64_t start = cpu->dr[n] & ~(uint64_t)(length(cpu, n) - 1);

    return address < start + length(cpu, n) && start < address + bytes;
}

bool x86_debug_code_on(const struct x86_cpu *cpu)
{
    if (!(cpu->dr[7] & 0xff)) {
        return false;
    }
    for (unsigned n = 0; n < 4; n++) {
        if (enabled(cpu, n) && kind(cpu, n) == BREAK_CODE) {
            return true;
        }
    }
    return false;
}

bool x86_debug_data_on(const struct x86_cpu *cpu)
{
    if (!(cpu->dr[7] & 0xff)) {
        return false;
    }
    for (unsigned n = 0; n < 4; n++) {
        if (enabled(cpu, n) && kind(cpu, n) != BREAK_CODE) {
            return true;
        }
    }
    return false;
}

bool x86_debug_page_watched(const struct x86_cpu *cpu, uint64_t linear)
{
    if (!(cpu->dr[7] & 0xff)) {
        return false;
    }
    for (unsigned n = 0; n < 4; n++) {
        if (enabled(cpu, n) && (kind(cpu, n) & 1) && touches(cpu, n, linear & ~0xfffull, 4096)) {
            return true;
        }
    }
    return false;
}

void x86_watch(struct cpu *base, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    for (unsigned n = 0; n < 4; n++) {
        bool wanted = kind(cpu, n) == BREAK_ACCESS || (kind(cpu, n) == BREAK_WRITE && access == MMU_WRITE);
        if (enabled(cpu, n) && wanted && touches(cpu, n, linear, bytes)) {
            cpu->debug_pending |= DR6_B0 << n;
        }
    }
}

void x86_debug_io(struct x86_cpu *cpu, uint16_t port, unsigned bytes)
{
    for (unsigned n = 0; n < 4 && cpu->cr4 & CR4_DE; n++) {
        if (enabled(cpu, n) && kind(cpu, n) == BREAK_IO && touches(cpu, n, port, bytes)) {
            cpu->debug_pending |= DR6_B0 << n;
        }
    }
}

void x86_resume_flag(struct x86_cpu *cpu)
{
    if (!(cpu->eflags & EFL_RF)) {
        return;
    }
    if (atomic_load(&cpu->cpu.exit_request) || cpu->cpu.mode & (MODE_TF | MODE_IBP | MODE_SHADOW) || cpu_watched(&cpu->cpu)) {
        atomic_store(&cpu->cpu.exit_request, 1);
    } else {
        cpu->eflags &= ~(uint64_t)EFL_RF;
    }
}

void x86_instruction_starts(struct cpu *base)
{
    if (!(base->mode & (MODE_TF | MODE_IBP))) {     /* else helper_debug_before does it, which looks at RF before */
        x86_cpu_of(base)->eflags &= ~(uint64_t)EFL_RF;
    }
}

uint64_t helper_debug_before(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint64_t linear = x86_linear_of_pc(base, base->pc, base->mode);
    uint64_t hits = 0;

    cpu->single_step = cpu->eflags & EFL_TF;
    cpu->shadow_before = cpu->shadow_ss;
    for (unsigned n = 0; n < 4; n++) {
        if (enabled(cpu, n) && kind(cpu, n) == BREAK_CODE && cpu->dr[n] == linear) {
            hits |= DR6_B0 << n;
        }
    }
    if (hits && !(cpu->eflags & EFL_RF) && !cpu->shadow_ss) {
        x86_raise_debug(cpu, hits);
    }
    cpu->eflags &= ~(uint64_t)EFL_RF;
    return 0;
}

uint64_t helper_debug_after(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    bool held = cpu->shadow_ss && !cpu->shadow_before;          /* this was MOV SS or POP SS */

    if (cpu->single_step && !held) {
        cpu->debug_pending |= DR6_BS;
    }
    cpu->single_step = false;
    if (cpu->debug_pending) {
        atomic_store(&base->exit_request, 1);
    }
    return 0;
}

static bool pushes_or_pops(const struct x86_insn *insn)
{
    static const char *const names[] = { "push", "pop", "call", "ret", "enter", "leave", "pushf", "popf" };

    for (unsigned n = 0; n < G_N_ELEMENTS(names); n++) {
        if (!strcmp(insn->row->name, names[n])) {
            return true;
        }
    }
    return false;
}

static uint64_t memory_operand_address(const struct x86_cpu *cpu, const struct x86_insn *insn)
{
    uint64_t address = (uint64_t)insn->disp;

    if (insn->base < 16) {
        address += cpu->regs[insn->base];
    }
    if (insn->index < 16) {
        address += cpu->regs[insn->index] << insn->scale;
    }
    if (insn->address_bits == 32) {
        address = (uint32_t)address;
    }
    if (insn->segment == SEG_FS || insn->segment == SEG_GS) {
        address += cpu->seg[insn->segment].base;
    }
    return address;
}

/* A non-canonical address is #SS(0) when the instruction at pc reaches it through SS: PUSH and its like, or rSP or rBP as
 * base. Of one that does both, PUSH and CALL read their operand first, POP writes it last. */
bool x86_debug_stack_access(struct x86_cpu *cpu)
{
    struct x86_insn insn;
    uint8_t bytes[15];
    unsigned got = 0;

    while (got < sizeof(bytes) && mmu_peek(&cpu->cpu, cpu->cpu.pc + got, bytes + got, 1)) {
        got++;
    }
    if (!x86_code64(cpu) || x86_decode(cpu->decoder, &insn, bytes, got, 64) != X86_DECODE_OK) {
        return false;
    }
    bool memory = insn.has_modrm && insn.mod != 3;
    bool through_ss = memory && insn.default_segment == SEG_SS && insn.segment == SEG_NONE;
    if (!pushes_or_pops(&insn) || !memory) {
        return through_ss || pushes_or_pops(&insn);
    }
    bool pop = !strcmp(insn.row->name, "pop");
    bool operand_is_bad = pop ? x86_canonical(cpu->regs[R_SP]) : !x86_canonical(memory_operand_address(cpu, &insn));
    return operand_is_bad ? through_ss : true;
}

/* ---- MOV to and from DR ---- */

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE; then DR7.GD traps any access. */
static unsigned debug_register(struct x86_cpu *cpu, unsigned n)
{
    if (n == 4 || n == 5) {
        if (cpu->cr4 & CR4_DE) {
            x86_raise(cpu, EXC_UD);
        }
        n += 2;
    }
    if (cpu->cpl > 0) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (cpu->dr[7] & DR7_GD) {
        x86_raise_debug(cpu, DR6_BD);
    }
    return n;
}

uint64_t helper_read_dr(struct cpu *base, uint64_t number)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    return cpu->dr[debug_register(cpu, number)];
}

uint64_t helper_write_dr(struct cpu *base, uint64_t number, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    unsigned n = debug_register(cpu, number);
    bool data_before = x86_debug_data_on(cpu);

    if (n >= 6 && value >> 32) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (n == 6) {
        value = (value & ~0x1000ull) | DR6_FIXED;
    } else if (n == 7) {
        value = (value & ~0xd800ull) | 0x400;
    }
    cpu->dr[n] = value;
    if (data_before || x86_debug_data_on(cpu)) {
        mmu_flush(base, false);
    }
    x86_update_mode(cpu);
    return 0;
}
