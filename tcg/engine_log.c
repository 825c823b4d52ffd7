/* SPDX-License-Identifier: MIT */
/* -d in_asm, op, op_opt, out_asm, exec, cpu, trace: what the engine writes to the log. Costs one test each when off. */
#include "tcg/engine_state.h"

enum { DEFAULT_MAX_INSNS = 32 };

bool log_read_categories(struct engine *engine)
{
    const bool logged = engine->logged, each = log_on(engine->log, LOG_trace);
    const unsigned max_insns = engine->max_insns, wanted = engine->options.max_insns ? engine->options.max_insns : DEFAULT_MAX_INSNS;
    engine->logged = each || log_on(engine->log, LOG_exec) || log_on(engine->log, LOG_cpu);
    engine->unlinked = engine->options.unlinked || engine->logged;
    engine->max_insns = each ? 1 : MIN(wanted, (unsigned)IR_MAX_GUEST_INSNS);
    return engine->logged != logged || engine->max_insns != max_insns;
}

static void one_line(void *opaque, const char *text)
{
    g_string_append_printf(opaque, "  %s\n", text);
}

static void write_text(struct cpu *cpu, enum log_category category, GString *text)
{
    log_write(cpu->log, category, "%s", text->str);
    g_string_free(text, TRUE);
}

static void log_ir(struct cpu *cpu, const struct ir_unit *unit, enum log_category category, const char *title)
{
    if (!log_on(cpu->log, category)) {
        return;
    }
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s pc %#" PRIx64 " mode %#x\n", title, unit->pc, unit->mode);
    ir_print(unit, one_line, text);
    write_text(cpu, category, text);
}

static void log_guest_code(struct cpu *cpu, const struct ir_unit *unit)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "IN: pc %#" PRIx64 " mode %#x cpu %u\n", unit->pc, unit->mode, cpu->index);
    for (unsigned i = 0; i < unit->guest_insns && i < IR_MAX_GUEST_INSNS; i++) {
        uint8_t code[16] = { 0 };
        char line[128] = "?";
        const unsigned end = i + 1u < unit->guest_insns ? unit->insn[i + 1].offset : unit->guest_bytes;
        const unsigned bytes = MIN(end - unit->insn[i].offset, (unsigned)sizeof(code));
        code_fetch(cpu, unit->linear + unit->insn[i].offset, code, bytes, false);
        if (cpu->frontend->disassemble) {
            cpu->frontend->disassemble(code, bytes, unit->insn[i].pc, unit->mode, line, sizeof(line));
        }
        g_string_append_printf(text, "  %#10" PRIx64 "  ", unit->insn[i].pc);
        for (unsigned b = 0; b < bytes; b++) {
            g_string_append_printf(text, "%02x", code[b]);
        }
        g_string_append_printf(text, "%*s  %s\n", (int)(bytes < 11 ? 22 - 2 * bytes : 0), "", line);
    }
    write_text(cpu, LOG_in_asm, text);
}

void log_translation(struct cpu *cpu, const struct ir_unit *unit)
{
    if (log_on(cpu->log, LOG_in_asm)) {
        log_guest_code(cpu, unit);
    }
    log_ir(cpu, unit, LOG_op, "IR:");
}

void log_optimised(struct cpu *cpu, const struct ir_unit *unit)
{
    log_ir(cpu, unit, LOG_op_opt, "OPTIMISED IR:");
}

struct host_text { GString *text; const uint8_t *code; };

static void host_text_line(void *opaque, unsigned at, unsigned bytes, const char *text)
{
    const struct host_text *out = opaque;
    g_string_append_printf(out->text, "  %p  %s\n", (const void *)(out->code + at), text);
}

void log_host_code(struct cpu *cpu, const struct block *block)
{
    const struct backend *backend = cpu->engine->backend;
    if (!log_on(cpu->log, LOG_out_asm) || !backend->disassemble) {
        return;
    }
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "OUT: pc %#" PRIx64 " mode %#x, %u bytes at %p\n", block->pc, block->mode,
                           block->host_bytes, (const void *)block->host);
    struct host_text out = { text, block->host };
    backend->disassemble(block->host, block->host_bytes, (uintptr_t)block->host, host_text_line, &out);
    write_text(cpu, LOG_out_asm, text);
}

static void log_cpu_state(struct cpu *cpu)
{
    GString *text = g_string_new(NULL);
    if (cpu->frontend->dump) {
        cpu->frontend->dump(cpu, text);
    }
    write_text(cpu, LOG_cpu, text);
}

void log_entry(struct cpu *cpu, const struct block *block)
{
    if (log_on(cpu->log, LOG_trace)) {
        const struct engine *engine = cpu->engine;
        const uint64_t n = engine->options.icount ? engine_icount(cpu->engine) : loop_of(cpu)->traced++;
        log_write(cpu->log, LOG_trace, "%" PRIu64 " %u %#" PRIx64 "\n", n, cpu->index, cpu->pc);
    }
    if (log_on(cpu->log, LOG_exec)) {
        log_write(cpu->log, LOG_exec, "exec: cpu %u pc %#" PRIx64 " mode %#x, %u instructions\n", cpu->index, block->pc,
                  block->mode, block->guest_insns);
    }
    if (log_on(cpu->log, LOG_cpu)) {
        log_cpu_state(cpu);
    }
}
