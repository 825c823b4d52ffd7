/* SPDX-License-Identifier: MIT */
/*
 * An x86 CPU for the monitor (tcg/cpu_view.h): registers in the form that QEMU's "info registers" has, which scripts
 * read; translation of addresses; the tables of the processor are in view_tables.c.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>
#include "target-x86/system.h"
#include "target-x86/unit.h"
#include "target-x86/view.h"

static bool is_long(const struct x86_cpu *cpu)
{
    return (cpu->efer & EFER_LMA) && (cpu->seg[SEG_CS].attributes & SEG_L);
}

/* ---- info registers ---- */

static void print_general(const struct x86_cpu *cpu, GString *out)
{
    static const char wide[16][4] = { "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8 ", "R9 ", "R10", "R11",
                                      "R12", "R13", "R14", "R15" };
    static const char narrow[8][4] = { "EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP" };
    static const uint8_t order[16] = { R_AX, R_BX, R_CX, R_DX, R_SI, R_DI, R_BP, R_SP, 8, 9, 10, 11, 12, 13, 14, 15 };
    bool lng = is_long(cpu);
    for (unsigned i = 0; i < (lng ? 16 : 8); i++) {
        const char *end = i % 4 == 3 ? "\n" : " ";
        if (lng) {
            g_string_append_printf(out, "%s=%016" PRIx64 "%s", wide[i], cpu->regs[order[i]], end);
        } else {
            g_string_append_printf(out, "%s=%08x%s", narrow[i], (uint32_t)cpu->regs[order[i]], end);
        }
    }
}

static void print_flags(struct x86_cpu *cpu, GString *out)
{
    static const struct { uint32_t bit; char letter; } letters[] = {
        { EFL_DF, 'D' }, { EFL_OF, 'O' }, { EFL_SF, 'S' }, { EFL_ZF, 'Z' }, { EFL_AF, 'A' }, { EFL_PF, 'P' }, { EFL_CF, 'C' },
    };
    uint64_t flags = x86_eflags_get(cpu);
    if (is_long(cpu)) {
        g_string_append_printf(out, "RIP=%016" PRIx64 " RFL=%08x [", x86_rip(cpu), (uint32_t)flags);
    } else {
        g_string_append_printf(out, "EIP=%08x EFL=%08x [", (uint32_t)x86_rip(cpu), (uint32_t)flags);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(letters); i++) {
        g_string_append_c(out, flags & letters[i].bit ? letters[i].letter : '-');
    }
    g_string_append_printf(out, "] CPL=%u II=%d A20=%d SMM=%d HLT=%d\n", cpu->cpl, (cpu->cpu.mode & MODE_SHADOW) != 0,
                           cpu->a20, cpu->smm, cpu->cpu.halted);
}

/* Attributes at their place in the descriptor's second half, as QEMU prints them. */
static void print_segment(const struct x86_cpu *cpu, unsigned seg, const char *name, GString *out)
{
    static const char *const systems[16] = {
        "Reserved", "TSS16-avl", "LDT", "TSS16-busy", "CallGate16", "TaskGate", "IntGate16", "TrapGate16", "Reserved",
        "TSS32-avl", "Reserved", "TSS32-busy", "CallGate32", "Reserved", "IntGate32", "TrapGate32",
    };
    const struct x86_segment *s = &cpu->seg[seg];
    uint32_t flags = (uint32_t)s->attributes << 8;
    g_string_append_printf(out, is_long(cpu) ? "%-3s=%04x %016" PRIx64 " %08x %08x" : "%-3s=%04x %08" PRIx64 " %08x %08x",
                           name, s->selector, s->base, s->limit, flags);
    if (!(cpu->cr0 & CR0_PE) || !(s->attributes & SEG_P)) {
        g_string_append_c(out, '\n');
        return;
    }
    g_string_append_printf(out, " DPL=%d ", s->attributes >> SEG_DPL_SHIFT & 3);
    if (!(s->attributes & SEG_S)) {
        g_string_append_printf(out, "%s\n", systems[s->attributes & SEG_TYPE]);
        return;
    }
    bool code = s->attributes & SEG_CODE;
    g_string_append(out, !code ? s->attributes & SEG_DB || is_long(cpu) ? "DS  " : "DS16" : s->attributes & SEG_L ? "CS64"
                    : s->attributes & SEG_DB ? "CS32" : "CS16");
    g_string_append_printf(out, " [%c%c%c]\n", code ? s->attributes & SEG_DOWN_CONF ? 'C' : '-' : s->attributes & SEG_DOWN_CONF
                           ? 'E' : '-', s->attributes & SEG_RW ? code ? 'R' : 'W' : '-', s->attributes & SEG_ACCESSED ? 'A' : '-');
}

static void print_system(const struct x86_cpu *cpu, GString *out)
{
    const char *table = is_long(cpu) ? "%s=     %016" PRIx64 " %08x\n" : "%s=     %08" PRIx64 " %08x\n";
    g_string_append_printf(out, table, "GDT", cpu->gdt.base, cpu->gdt.limit);
    g_string_append_printf(out, table, "IDT", cpu->idt.base, cpu->idt.limit);
    g_string_append_printf(out, is_long(cpu) ? "CR0=%08x CR2=%016" PRIx64 " CR3=%016" PRIx64 " CR4=%08x\n"
                           : "CR0=%08x CR2=%08" PRIx64 " CR3=%08" PRIx64 " CR4=%08x\n",
                           (uint32_t)cpu->cr0, cpu->cr2, cpu->cr3, (uint32_t)cpu->cr4);
    for (unsigned i = 0; i < 4; i++) {
        g_string_append_printf(out, "DR%u=%016" PRIx64 " ", i, cpu->dr[i]);
    }
    g_string_append_printf(out, "\nDR6=%016" PRIx64 " DR7=%016" PRIx64 "\nEFER=%016" PRIx64 "\n", cpu->dr[6], cpu->dr[7],
                           cpu->efer);
}

static void print_vectors(struct x86_cpu *cpu, GString *out)
{
    const struct x86_fpu *fpu = &cpu->fpu;
    uint8_t empty = (uint8_t)~fpu->tag_valid;
    g_string_append_printf(out, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x\n", fpu->control, x86_fpu_status(cpu), fpu->top,
                           (uint8_t)~empty, x86_mxcsr_get(cpu));
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &fpu->st[(fpu->top + i) & 7];
        g_string_append_printf(out, "FPR%u=%016" PRIx64 " %04x%s", i, st->significand, st->sign_exponent, i % 2 ? "\n" : " ");
    }
    for (unsigned i = 0; i < (is_long(cpu) ? 16 : 8); i++) {
        g_string_append_printf(out, "XMM%02u=%016" PRIx64 " %016" PRIx64 "%s", i, cpu->xmm[i].u64[1], cpu->xmm[i].u64[0],
                               i % 2 ? "\n" : " ");
    }
}

static void print_registers(struct cpu *base, GString *out)
{
    static const char names[SEG_COUNT][4] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR" };
    struct x86_cpu *cpu = x86_cpu_of(base);
    print_general(cpu, out);
    print_flags(cpu, out);
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        print_segment(cpu, i, names[i], out);
    }
    print_system(cpu, out);
    print_vectors(cpu, out);
}

/* ---- Registers by name ---- */

enum { REG_RIP = 16, REG_EFLAGS, REG_SELECTORS, REG_BASES = REG_SELECTORS + SEG_COUNT, REG_CR0 = REG_BASES + SEG_COUNT,
       REG_CR2, REG_CR3, REG_CR4, REG_EFER, REG_PC, REG_COUNT };

static const char *register_name(unsigned index)
{
    static const char *const names[REG_COUNT] = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "rip", "eflags", "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr", "es_base", "cs_base", "ss_base", "ds_base",
        "fs_base", "gs_base", "ldtr_base", "tr_base", "cr0", "cr2", "cr3", "cr4", "efer", "pc",
    };
    return index < REG_COUNT ? names[index] : NULL;
}

static uint64_t register_value(struct cpu *base, unsigned index)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    if (index < 16) {
        return is_long(cpu) ? cpu->regs[index] : (uint32_t)cpu->regs[index];
    }
    if (index >= REG_SELECTORS && index < REG_BASES) {
        return cpu->seg[index - REG_SELECTORS].selector;
    }
    if (index >= REG_BASES && index < REG_CR0) {
        return cpu->seg[index - REG_BASES].base;
    }
    switch (index) {
    case REG_RIP: return x86_rip(cpu);
    case REG_EFLAGS: return x86_eflags_get(cpu);
    case REG_CR0: return cpu->cr0;
    case REG_CR2: return cpu->cr2;
    case REG_CR3: return cpu->cr3;
    case REG_CR4: return cpu->cr4;
    case REG_EFER: return cpu->efer;
    case REG_PC: return base->frontend->linear(base, base->pc, base->mode);
    default: return 0;
    }
}

/* Only what has no side effects on other state. */
/* SDM 3A 2.2: the processor's modes; inside one of them, code of either size. */
static const char *mode_name(struct cpu *base)
{
    const uint32_t mode = base->mode;
    if (mode & MODE_SMM) {
        return "system management mode";
    }
    if (!(mode & MODE_PE)) {
        return "real mode";
    }
    if (mode & MODE_LMA) {
        return mode & MODE_CODE64 ? "64-bit mode" : "compatibility mode";
    }
    return mode & MODE_VM ? "virtual 8086 mode" : "protected mode";
}

static uint64_t instruction(struct cpu *base)
{
    return base->frontend->linear(base, base->pc, base->mode);
}

/* The text names targets as offsets in the code segment, as the manual does; the address is linear. */
static unsigned disassemble(struct cpu *base, const uint8_t *code, unsigned size, uint64_t linear, char *text,
                            unsigned text_size)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    return x86_disassemble(code, size, linear - (is_long(cpu) ? 0 : cpu->seg[SEG_CS].base), base->mode, text, text_size);
}

const struct cpu_view x86_view = {
    .print_registers = print_registers,
    .register_name = register_name,
    .register_value = register_value,
    .mode_name = mode_name,
    .instruction = instruction,
    .translate = x86_view_translate,
    .disassemble = disassemble,
    .word_bytes = 8,
    .elf_machine = EM_X86_64,
    .topics = x86_view_topics,
};
