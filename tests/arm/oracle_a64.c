/* SPDX-License-Identifier: MIT */
/*
 * The oracle: a program for qemu-aarch64 that runs records (record.h) from its input and writes them back. All
 * happens in a
 * signal handler: it puts the record's state into the interrupted context, returns into the code, and is called
 * again by
 * the BRK behind it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "tests/arm/record.h"

static struct record record;
static int started;

static void transfer(int out)
{
    char *p = (char *)&record;
    size_t left = sizeof(record);
    while (left) {
        ssize_t done = out ? write(1, p, left) : read(0, p, left);
        if (done <= 0)
            _exit(0);
        p += done;
        left -= (size_t)done;
    }
}

static struct fpsimd_context *fp_of(ucontext_t *context)
{
    struct _aarch64_ctx *head = (struct _aarch64_ctx *)context->uc_mcontext.__reserved;
    while (head->magic != FPSIMD_MAGIC)
        head = (struct _aarch64_ctx *)((char *)head + head->size);
    return (struct fpsimd_context *)head;
}

static void take(int signal, ucontext_t *context)
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
    memcpy(record.window, (void *)(uintptr_t)RECORD_WINDOW, RECORD_WINDOW_BYTES);
}

static void give(ucontext_t *context)
{
    uint32_t *code = (uint32_t *)(uintptr_t)RECORD_CODE;
    struct fpsimd_context *fp = fp_of(context);
    memcpy(code, record.code, record.count * 4);
    code[record.count] = 0xd4200000;
    __builtin___clear_cache((char *)code, (char *)(code + RECORD_INSNS + 1));
    memcpy((void *)(uintptr_t)RECORD_WINDOW, record.window, RECORD_WINDOW_BYTES);
    memcpy(context->uc_mcontext.regs, record.x, 31 * 8);
    context->uc_mcontext.sp = record.x[31];
    context->uc_mcontext.pc = RECORD_CODE;
    context->uc_mcontext.pstate = record.nzcv;
    memcpy(fp->vregs, record.v, sizeof(record.v));
    fp->fpcr = record.fpcr;
    fp->fpsr = record.fpsr;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)info;
    if (started) {
        take(signal, context);
        transfer(1);
    }
    started = 1;
    transfer(0);
    give(context);
}

int main(void)
{
    static const int signals[] = { SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
    const int rw = PROT_READ | PROT_WRITE, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
    mmap((void *)(uintptr_t)RECORD_DATA, RECORD_DATA_BYTES, rw, how, -1, 0);
    mmap((void *)(uintptr_t)RECORD_CODE, 4096, rw | PROT_EXEC, how, -1, 0);
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < 4; i++)
        sigaction(signals[i], &action, NULL);
    __asm__ volatile("brk #0");
    return 0;
}
