/* SPDX-License-Identifier: MIT */
/*
 * Registers of an x86 CPU that gdb changes (tcg/cpu_gdb.h). System registers are written by the functions that the guest's own
 * instructions use, as at privilege 0: MOV CR, WRMSR, MOV to a segment register, a far jump for CS. So everything that hangs on
 * them changes with them, and what would raise an exception is refused and leaves nothing behind.
 *
 * What no instruction writes is refused: the bases of ES, SS and DS, and EFLAGS.VM.
 */
#include <stdatomic.h>
#include <string.h>
#include "target-x86/gdb.h"
#include "target-x86/x87.h"

struct change { uint32_t code; uint64_t value; };

static void write_control(struct x86_cpu *cpu, unsigned n, uint64_t value)
{
    helper_write_cr(&cpu->cpu, n, value);
}

static void write_msr(struct x86_cpu *cpu, uint32_t msr, uint64_t value)
{
    if (!x86_msr_write(cpu, msr, value)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    x86_update_mode(cpu);
}

static void write_selector(struct x86_cpu *cpu, unsigned n, uint16_t selector)
{
    if (n == SEG_CS) {
        x86_code_segment_load(cpu, selector);
    } else {
        x86_segment_load(cpu, n, selector);
    }
}

/* ES, SS and DS have no base that could be written. */
static void write_base(struct x86_cpu *cpu, unsigned n, uint64_t value)
{
    if (n != SEG_FS && n != SEG_GS) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    write_msr(cpu, n == SEG_FS ? MSR_FS_BASE : MSR_GS_BASE, value);
}

static void apply(struct cpu *base, void *opaque)
{
    const struct change *change = opaque;
    struct x86_cpu *cpu = x86_cpu_of(base);
    const unsigned n = change->code & 0xff;
    switch (change->code >> 8) {
    case GDB_SELECTOR:  write_selector(cpu, n, (uint16_t)change->value); break;
    case GDB_BASE:      write_base(cpu, n, change->value); break;
    case GDB_KERNEL_GS: write_msr(cpu, MSR_KERNEL_GS_BASE, change->value); break;
    case GDB_CONTROL:   write_control(cpu, n, change->value); break;
    default:            write_msr(cpu, MSR_EFER, change->value); break;
    }
}

/* One of the registers that instructions check. What an exception would have left behind is taken back. */
static bool write_checked(struct x86_cpu *cpu, uint32_t code, uint64_t value)
{
    struct change change = { code, value };
    const struct x86_event raised = cpu->raised;
    const int16_t delivering = cpu->delivering;
    const uint64_t cr2 = cpu->cr2;
    cpu->delivering = -1;
    const bool done = cpu_attempt(&cpu->cpu, apply, &change);
    cpu->delivering = delivering;
    cpu->raised = raised;
    cpu->cr2 = done ? cpu->cr2 : cr2;
    return done;
}

/* As IRET at privilege 0. */
static bool write_eflags(struct x86_cpu *cpu, uint64_t value)
{
    const uint64_t writable = EFL_ARITHMETIC | EFL_TF | EFL_IF | EFL_DF | EFL_IOPL | EFL_NT | EFL_AC | EFL_ID |
                              EFL_RF;
    x86_eflags_put(cpu, value, writable);
    atomic_store(&cpu->cpu.exit_request, 1);    /* RF ends with the next instruction: x86_poll */
    x86_update_mode(cpu);
    return !((value ^ x86_eflags_get(cpu)) & EFL_VM);
}

/* As FLDENV: of a tag only "empty" counts, what else it says is in the register. */
static bool write_fpu(struct x86_cpu *cpu, enum x86_gdb_fpu n, uint64_t value)
{
    struct x86_fpu *fpu = &cpu->fpu;
    switch (n) {
    case GDB_FCTRL: x87_control_put(fpu, (uint16_t)value); break;
    case GDB_FSTAT: x87_status_put(fpu, (uint16_t)value); break;
    case GDB_FTAG:  x87_tags_put(fpu, (uint16_t)value); break;
    case GDB_FISEG: fpu->cs = (uint16_t)value; break;
    case GDB_FIOFF: fpu->ip = (uint32_t)value; break;
    case GDB_FOSEG: fpu->ds = (uint16_t)value; break;
    case GDB_FOOFF: fpu->dp = (uint32_t)value; break;
    default:        fpu->opcode = value & 0x7ff; break;
    }
    x86_update_mode(cpu);
    return true;
}

static bool write_word(struct x86_cpu *cpu, const struct cpu_gdb_view *view, uint32_t code, uint64_t value)
{
    switch (code >> 8) {
    case GDB_GENERAL:
        cpu->regs[code & 0xff] = view->layout->address_bytes < 8 ? (uint32_t)value : value;
        return true;
    case GDB_RIP:
        x86_set_rip(cpu, view->linear_pc ? value - (cpu->cpu.mode & MODE_CODE64 ? 0 : cpu->seg[SEG_CS].base) : value);
        return true;
    case GDB_EFLAGS:
        return write_eflags(cpu, value);
    case GDB_FPU:
        return x86_gdb_word(cpu, view, code) == value || write_fpu(cpu, code & 0xff, value);
    case GDB_MXCSR:
        x86_mxcsr_put(cpu, (uint32_t)value & 0xffff);
        x86_update_mode(cpu);
        return true;
    default:
        return x86_gdb_word(cpu, view, code) == value || write_checked(cpu, code, value);
    }
}

static void write_st(struct x86_cpu *cpu, unsigned n, uint64_t significand, const uint8_t *exponent)
{
    struct x86_st *st = &cpu->fpu.st[(cpu->fpu.top + n) & 7];
    uint16_t word;
    memcpy(&word, exponent, sizeof(word));
    st->significand = significand;
    st->sign_exponent = GUINT16_FROM_LE(word);
}

bool x86_gdb_write(struct cpu *base, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, const uint8_t *in)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    const unsigned n = reg->code & 0xff;
    uint64_t value = 0;
    memcpy(&value, in, MIN(reg->bits / 8, 8));
    value = GUINT64_FROM_LE(value);
    if (reg->code >> 8 == GDB_ST) {
        write_st(cpu, n, value, in + 8);
        return true;
    }
    if (reg->code >> 8 == GDB_XMM) {
        memcpy(&cpu->xmm[n], in, 16);
        return true;
    }
    return write_word(cpu, view, reg->code, value);
}
