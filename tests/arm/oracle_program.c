/* SPDX-License-Identifier: MIT */
/* See oracle_program.h. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/arm/oracle_program.h"

static int started;

static void transfer(int out)
{
    char *p = oracle_record;
    size_t left = oracle_record_bytes;
    while (left) {
        ssize_t done = out ? write(1, p, left) : read(0, p, left);
        if (done <= 0)
            _exit(0);
        p += done;
        left -= (size_t)done;
    }
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)info;
    if (started) {
        oracle_take(signal, context);
        transfer(1);
    }
    started = 1;
    transfer(0);
    oracle_give(context);
}

void oracle_map(size_t address, size_t bytes, int protection)
{
    if (mmap((void *)address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        _exit(1);
}

int main(void)
{
    static const int signals[] = { SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
    oracle_prepare();
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < 4; i++)
        sigaction(signals[i], &action, NULL);
    __builtin_trap();
}
