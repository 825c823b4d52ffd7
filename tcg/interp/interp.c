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

static unsigned interp_disassemble(const uint8_t *code, unsigned size, char *text, unsigned text_size)
{
    const struct interp_insn *insn = (const struct interp_insn *)code;
    if (size < sizeof *insn)
        return 0;
    snprintf(text, text_size, "%s.%u", ir_op_info[insn->op].name, insn->width);
    return sizeof *insn;
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
