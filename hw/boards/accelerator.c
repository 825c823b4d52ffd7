/* SPDX-License-Identifier: MIT */
/* What runs the guest's code: the engine that -accel and -icount describe, the first of several ("kvm:tcg") that works here. */
#include "base/error.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "tcg/accelerator.h"
#include "tcg/engine.h"
#include "tcg/engine_switches.h"

static const char *const names[] = {
    [OPTIONS_ACCEL_TCG] = "tcg", [OPTIONS_ACCEL_INTERP] = "interp", [OPTIONS_ACCEL_KVM] = "kvm",
};

/* What only the translator can log. */
static const struct { enum log_category category; const char *name; } translator_logs[] = {
    { LOG_in_asm, "in_asm" }, { LOG_op, "op" }, { LOG_op_opt, "op_opt" }, { LOG_out_asm, "out_asm" }, { LOG_int, "int" },
    { LOG_cpu, "cpu" }, { LOG_exec, "exec" }, { LOG_trace, "trace" }, { LOG_mmu, "mmu" }, { LOG_pcall, "pcall" }, { LOG_smc, "smc" },
};

/* CPUs of the host that the guest's run on: what a translator sees of each instruction nobody sees there. */
static bool kvm_possible(const struct board *board, const struct accelerator *kvm, GError **error)
{
    const struct options *options = board->options;
    if (!kvm) {
        return error_fail(error, "runs x86 guests of the machine pc only");
    }
    if (options->icount) {
        return error_fail(error, "-icount counts instructions, which only tcg and interp can");
    }
    if (options->engine_switches) {
        return error_fail(error, "opt= leaves out parts of the translator, which is not used");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(translator_logs); i++) {
        if (log_on(board->log, translator_logs[i].category)) {
            return error_fail(error, "-d %s shows what only tcg and interp see", translator_logs[i].name);
        }
    }
    return true;
}

static struct engine *make(const struct board *board, enum options_accel which, const struct accelerator *kvm, GError **error)
{
    const struct options *options = board->options;
    struct engine_options engine = {
        .interpret = which == OPTIONS_ACCEL_INTERP, .cache_mib = options->cache_mib, .max_insns = options->unit_insns,
        .icount = options->icount, .icount_shift = options->icount_shift,
    };
    if (options->engine_switches && !engine_switches_parse(options->engine_switches, &engine.off, error)) {
        return NULL;
    }
    if (which == OPTIONS_ACCEL_KVM) {
        if (!kvm_possible(board, kvm, error)) {
            return NULL;
        }
        engine.accelerator = kvm;
        engine.accelerator_cpus = options->cpus;
    }
    return engine_new(&engine, board->machine->memory, board->log, error);
}

struct engine *board_make_engine(const struct board *board, const struct accelerator *kvm, GError **error)
{
    const struct options *options = board->options;
    for (unsigned i = 0; i < options->accelerator_count; i++) {
        const enum options_accel which = options->accelerators[i];
        g_autoptr(GError) why = NULL;
        struct engine *engine = make(board, which, kvm, &why);
        if (engine) {
            return engine;
        }
        if (i + 1 == options->accelerator_count) {
            error_fail(error, "-accel %s: %s", names[which], why->message);
            break;
        }
        g_printerr("dragoman: -accel %s: %s; taking %s\n", names[which], why->message, names[options->accelerators[i + 1]]);
    }
    return NULL;
}

bool board_uses_kvm(const struct board *board)
{
    struct engine_facts facts;
    engine_describe(board->engine, &facts);
    return facts.accelerator;
}
