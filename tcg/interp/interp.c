/* SPDX-License-Identifier: MIT */
/*
 * The interpreter of the IR as a back end (tcg/backend.h): what runs where there is no host back end, the oracle
 * of the one there is, and the place to learn what each IR op does.
 *
 *   emit.c   unit -> the interpreter's form, in the code cache
 *   run.c    runs it, follows links and the jump cache
 *
 * Helpers are called through libffi with one prepared call interface for each number of arguments. Left out: hosts
 * other than x86-64 (COPY needs tcg/host-x86_64/copy.h, and MXCSR is loaded by inline assembly).
 */
#include <glib.h>
#include <stdio.h>
#include "base/error.h"
#include "tcg/interp/interp.h"

static void *interp_create(const struct frontend *frontend, const struct backend_options *options,
                           struct code_buffer *common, GError **error)
{
    (void)common;
    struct interp *interp = g_new0(struct interp, 1);
    interp->frontend = frontend;
    interp->options = *options;
    interp->argument_types[0] = &ffi_type_pointer;
    for (unsigned i = 1; i <= INTERP_MAX_ARGS; i++)
        interp->argument_types[i] = &ffi_type_uint64;
    for (unsigned n = 0; n <= INTERP_MAX_ARGS; n++) {
        if (ffi_prep_cif(&interp->cif[n], FFI_DEFAULT_ABI, n + 1, &ffi_type_uint64, interp->argument_types) != FFI_OK) {
            error_fail(error, "libffi cannot call functions of %u arguments", n + 1);
            g_free(interp);
            return NULL;
        }
    }
    return interp;
}

static void interp_destroy(void *state)
{
    struct interp *interp = state;
    for (unsigned i = 0; i < INTERP_MAX_CPUS; i++)
        copy_thunks_free(interp->thunks[i]);
    g_free(interp);
}

/* A link is followed by its target field, which the block map sets: nothing to patch. */
static void interp_link(struct block_link *link, uint8_t *owner_write, const struct block *target)
{
    (void)link, (void)owner_write, (void)target;
}

static void interp_release(void *state, struct block *block)
{
    (void)state, (void)block;
}

/* "ADD.32 frame+64 <- cpu+16, const+32": operands as places. */
static void insn_text(const struct interp_insn *insn, char *text, size_t size)
{
    static const char *const base[] = { [BASE_CPU] = "cpu", [BASE_FRAME] = "frame", [BASE_CONSTANTS] = "const" };
    const struct ir_op_info *info = &ir_op_info[insn->op];
    g_snprintf(text, size, "%s.%u", info->name, insn->width);
    for (unsigned n = 0; n < (unsigned)info->out_count + info->in_count; n++) {
        const bool out = n < info->out_count;
        const interp_place place = out ? insn->d[n] : insn->s[n - info->out_count];
        char operand[48];
        g_snprintf(operand, sizeof operand, "%s%s+%u", n == 0 ? " " : n == info->out_count ? " <- " : ", ", base[place & 3],
                   place >> 2);
        g_strlcat(text, operand, size);
    }
}

static void interp_disassemble(const uint8_t *code, unsigned size, uint64_t address, host_line line, void *opaque)
{
    const struct interp_unit *unit = (const struct interp_unit *)code;
    unsigned at = offsetof(struct interp_unit, code);
    line(opaque, 0, at, "(head of the unit)");
    for (unsigned i = 0; i < unit->count; i++, at += sizeof unit->code[0]) {
        char text[256];
        insn_text(&unit->code[i], text, sizeof text);
        line(opaque, at, sizeof unit->code[0], text);
    }
    line(opaque, at, size - at, "(constants)");
}

const struct backend backend_interp = {
    .name = "interp",
    .create = interp_create,
    .destroy = interp_destroy,
    .emit = interp_emit,
    .run = interp_run,
    .link = interp_link,
    .release = interp_release,
    .disassemble = interp_disassemble,
};
