/* SPDX-License-Identifier: MIT */
/* The oracle of A64, for qemu-aarch64. BRK ends the code. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include "tests/arm/oracle_program.h"
#include "tests/arm/record.h"

static struct record record;
static int faulted;
void *const oracle_record = &record;
const size_t oracle_record_bytes = sizeof(record);

void oracle_prepare(void)
{
    oracle_map(RECORD_DATA, RECORD_DATA_BYTES, PROT_READ | PROT_WRITE);
    mprotect((void *)(uintptr_t)RECORD_READ_ONLY, 4096, PROT_READ);
    oracle_map(RECORD_CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static struct fpsimd_context *fp_of(ucontext_t *context)
{
    struct _aarch64_ctx *head = (struct _aarch64_ctx *)context->uc_mcontext.__reserved;
    while (head->magic != FPSIMD_MAGIC)
        head = (struct _aarch64_ctx *)((char *)head + head->size);
    return (struct fpsimd_context *)head;
}

void oracle_take(int signal, ucontext_t *context)
{
    struct fpsimd_context *fp = fp_of(context);
    memcpy(record.x, context->uc_mcontext.regs, 31 * 8);
    record.x[31] = context->uc_mcontext.sp;
    record.pc = context->uc_mcontext.pc;
    record.nzcv = (uint32_t)context->uc_mcontext.pstate & 0xf0000000;
    memcpy(record.v, fp->vregs, sizeof(record.v));
    record.fpcr = fp->fpcr;
    record.fpsr = fp->fpsr;
    record.signal = (uint32_t)signal;
    faulted = signal == SIGSEGV;
    memcpy(record.window, (void *)(uintptr_t)RECORD_WINDOW, RECORD_WINDOW_BYTES);
}

void oracle_give(ucontext_t *context)
{
    uint32_t *code = (uint32_t *)(uintptr_t)RECORD_CODE;
    struct fpsimd_context *fp = fp_of(context);
    memcpy(code, record.code, record.count * 4);
    code[record.count] = 0xd4200000;
    __builtin___clear_cache((char *)code, (char *)(code + RECORD_INSNS + 1));
    memcpy((void *)(uintptr_t)RECORD_WINDOW, record.window, RECORD_WINDOW_BYTES);
    if (faulted) {
        memset((void *)(uintptr_t)RECORD_EDGES, 0, RECORD_READ_ONLY - RECORD_EDGES);
        memset((void *)(uintptr_t)(RECORD_READ_ONLY + 4096), 0, 4096);
    }
    memcpy(context->uc_mcontext.regs, record.x, 31 * 8);
    context->uc_mcontext.sp = record.x[31];
    context->uc_mcontext.pc = RECORD_CODE;
    context->uc_mcontext.pstate = record.nzcv;
    memcpy(fp->vregs, record.v, sizeof(record.v));
    fp->fpcr = record.fpcr;
    fp->fpsr = record.fpsr;
}
