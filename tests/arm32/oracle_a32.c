/* SPDX-License-Identifier: MIT */
/*
 * The oracle: a program for qemu-arm that runs records (record.h) from its input and writes them back. All happens in a signal
 * handler: it puts the record's state into the interrupted context, returns into the code, and is called again by the UDF
 * behind it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "tests/arm32/record.h"

static struct record record;
static int started;

/* The kernel's struct vfp_sigframe in uc_regspace. */
struct vfp_frame { uint32_t magic, size; uint64_t d[32]; uint32_t fpscr; };

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

static struct vfp_frame *vfp_of(ucontext_t *context) { return (struct vfp_frame *)context->uc_regspace; }

static void take(int signal, ucontext_t *context)
{
    memcpy(record.r, &context->uc_mcontext.arm_r0, 64);
    record.cpsr = context->uc_mcontext.arm_cpsr;
    memcpy(record.v, vfp_of(context)->d, sizeof(record.v));
    record.fpscr = vfp_of(context)->fpscr;
    record.signal = (uint32_t)signal;
    memcpy(record.window, (void *)RECORD_WINDOW, RECORD_WINDOW_BYTES);
}

static void give(ucontext_t *context)
{
    uint16_t *code = (uint16_t *)RECORD_CODE;
    memcpy(code, record.code, record.halves * 2);
    /* UDF #0xff in both instruction sets: F0 00 F0 E7 and DE FF */
    code[record.halves] = record.cpsr & 0x20 ? 0xdeff : 0x00f0;
    code[record.halves + 1] = record.cpsr & 0x20 ? 0xdeff : 0xe7f0;
    __builtin___clear_cache((char *)code, (char *)(code + RECORD_HALVES + 2));
    memcpy((void *)RECORD_WINDOW, record.window, RECORD_WINDOW_BYTES);
    memcpy(&context->uc_mcontext.arm_r0, record.r, 60);
    context->uc_mcontext.arm_pc = RECORD_CODE;
    context->uc_mcontext.arm_cpsr = record.cpsr | 0x10;
    memcpy(vfp_of(context)->d, record.v, sizeof(record.v));
    vfp_of(context)->fpscr = record.fpscr;
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
    mmap((void *)RECORD_DATA, RECORD_DATA_BYTES, rw, how, -1, 0);
    mmap((void *)RECORD_CODE, 4096, rw | PROT_EXEC, how, -1, 0);
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < 4; i++)
        sigaction(signals[i], &action, NULL);
    __asm__ volatile(".inst 0xe7f000f0");
    return 0;
}
