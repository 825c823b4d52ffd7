/* SPDX-License-Identifier: MIT */
/* An ARM CPU for the monitor (tcg/cpu_view.h): registers in the form that QEMU's "info registers" has. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>
#include "target-arm/cpu.h"
#include "target-arm/system.h"
#include "target-arm/view.h"

static void print_flags(uint32_t psr, GString *out)
{
    g_string_append_printf(out, "%c%c%c%c", psr & PSTATE_N ? 'N' : '-', psr & PSTATE_Z ? 'Z' : '-', psr & PSTATE_C ? 'C' : '-',
                           psr & PSTATE_V ? 'V' : '-');
}

static void print_registers64(struct arm_cpu *cpu, GString *out)
{
    uint32_t psr = arm_cpsr_get(cpu);
    g_string_append_printf(out, " PC=%016" PRIx64 " ", cpu->cpu.pc);
    for (unsigned i = 0; i < 32; i++) {
        if (i == 31) {
            g_string_append_printf(out, " SP=%016" PRIx64 "\n", cpu->x[31]);
        } else {
            g_string_append_printf(out, "X%02u=%016" PRIx64 "%s", i, cpu->x[i], i % 3 == 1 ? "\n" : " ");
        }
    }
    g_string_append_printf(out, "PSTATE=%08x ", psr);
    print_flags(psr, out);
    g_string_append_printf(out, " %sEL%u%c\n", arm_is_secure(cpu) && cpu->has_el3 ? "S " : "", cpu->el, cpu->spsel ? 'h' : 't');
    for (unsigned i = 0; i < 32; i++) {
        g_string_append_printf(out, "Q%02u=%016" PRIx64 ":%016" PRIx64 "%s", i, cpu->v[i].u64[1], cpu->v[i].u64[0], i % 2 ? "\n" : " ");
    }
}

static const char *const modes32[16] = { "usr", "fiq", "irq", "svc", "???", "???", "mon", "abt", "???", "???", "hyp", "und", "???",
                                         "???", "???", "sys" };

static void print_registers32(struct arm_cpu *cpu, GString *out)
{
    uint32_t psr = arm_cpsr_get(cpu);
    for (unsigned i = 0; i < 16; i++) {
        uint32_t value = i == 15 ? (uint32_t)cpu->cpu.pc : (uint32_t)cpu->x[i];
        g_string_append_printf(out, "R%02u=%08x%s", i, value, i % 4 == 3 ? "\n" : " ");
    }
    g_string_append_printf(out, "PSR=%08x ", psr);
    print_flags(psr, out);
    g_string_append_printf(out, " %c %s%s32\n", cpu->thumb ? 'T' : 'A', arm_is_secure(cpu) && cpu->has_el3 ? "S " : "",
                           modes32[cpu->cpsr_m & 0xf]);
    for (unsigned i = 0; i < 32; i++) {
        g_string_append_printf(out, "d%02u=%016" PRIx64 "%s", i, cpu->v[i / 2].u64[i & 1], i % 4 == 3 ? "\n" : " ");
    }
}

static void print_registers(struct cpu *base, GString *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (cpu->aarch64) {
        print_registers64(cpu, out);
    } else {
        print_registers32(cpu, out);
    }
}

/* ---- Registers by name ---- */

enum { REG_SP = 31, REG_PC, REG_PSTATE, REG_COUNT };

static const char *register_name64(unsigned index)
{
    static const char *const names[REG_COUNT] = {
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19",
        "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate",
    };
    return index < REG_COUNT ? names[index] : NULL;
}

enum { REG32_PC = 15, REG32_CPSR, REG32_SP, REG32_LR, REG32_PC_TOO, REG32_COUNT };

static const char *register_name32(unsigned index)
{
    static const char *const names[REG32_COUNT] = {
        "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cpsr", "sp", "lr", "pc",
    };
    return index < REG32_COUNT ? names[index] : NULL;
}

static uint64_t register_value64(struct cpu *base, unsigned index)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    return index <= REG_SP ? cpu->x[index] : index == REG_PC ? base->pc : arm_cpsr_get(cpu);
}

static uint64_t register_value32(struct cpu *base, unsigned index)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    switch (index) {
    case REG32_PC: case REG32_PC_TOO: return (uint32_t)base->pc;
    case REG32_CPSR: return arm_cpsr_get(cpu);
    case REG32_SP: return (uint32_t)cpu->x[13];
    case REG32_LR: return (uint32_t)cpu->x[14];
    default: return (uint32_t)cpu->x[index];
    }
}

/* ---- Memory ---- */

static const char *mode_name(struct cpu *base)
{
    static const char *const levels[] = { "EL0", "EL1", "EL2", "EL3" };
    const struct arm_cpu *cpu = arm_cpu_of(base);
    return cpu->aarch64 ? levels[cpu->el & 3] : modes32[cpu->cpsr_m & 0xf];
}

static uint64_t instruction(struct cpu *base)
{
    return base->pc;
}

static unsigned disassemble(struct cpu *base, const uint8_t *code, unsigned size, uint64_t linear, char *text, unsigned text_size)
{
    return base->frontend->disassemble(code, size, linear, base->mode, text, text_size);
}

const struct cpu_view arm_view64 = {
    .print_registers = print_registers, .register_name = register_name64, .register_value = register_value64,
    .mode_name = mode_name, .instruction = instruction, .translate = arm_view_translate,
    .disassemble = disassemble,
    .word_bytes = 8, .elf_machine = EM_AARCH64, .topics = arm_view_topics,
};
const struct cpu_view arm_view32 = {
    .print_registers = print_registers, .register_name = register_name32, .register_value = register_value32,
    .mode_name = mode_name, .instruction = instruction, .translate = arm_view_translate,
    .disassemble = disassemble,
    .word_bytes = 4, .elf_machine = EM_ARM, .topics = arm_view_topics,
};
