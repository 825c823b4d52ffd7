/* SPDX-License-Identifier: MIT */
/*
 * The child of host_cpu.h. Parent and child share a frame (registers) and the region; a socket says go and done.
 *
 * host_cpu_enter loads everything from the frame and jumps far into the code; behind the code a far jump leads back to
 * host_cpu_exit. A signal handler does the same for exceptions. The frame has a fixed address below 4 GiB, so that no
 * register is needed to reach it.
 */
#define _GNU_SOURCE
#include "tests/cpu/host_cpu.h"
#include <asm/ldt.h>
#include <cpuid.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME = HOST_FRAME, FRAME_BYTES = HOST_FRAME_BYTES, TIMEOUT_MS = 3000 };

/* At FRAME. The offsets are used in the assembly below. */
struct frame {
    uint64_t gpr[16];               /* 0x000 */
    uint64_t flags;                 /* 0x080 */
    uint32_t far_offset;            /* 0x088 */
    uint32_t far_selector;
    uint64_t host_rsp;              /* 0x090 */
    uint64_t exit_address;          /* 0x098 */
    uint32_t data_selector;         /* 0x0a0: DS and ES */
    uint32_t stack_selector;        /* 0x0a4 */
    uint32_t vector, error;         /* 0x0a8 */
    uint64_t address, rip;          /* 0x0b0 */
    uint8_t pad[0x200 - 0xc0];
    uint8_t fx[512];                /* 0x200 */
    uint8_t stub[16];               /* 0x400: jmp *[exit_address] */

};
_Static_assert(offsetof(struct frame, host_rsp) == 0x90 && offsetof(struct frame, fx) == 0x200 &&
               offsetof(struct frame, stub) == 0x400 && offsetof(struct frame, stack_selector) == 0xa4, "assembly below");

void host_cpu_enter(void);
void host_cpu_exit(void);
void host_cpu_resume(void);
__asm__(
    ".pushsection .text\n"
    "host_cpu_enter:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov %rsp, 0x100090\n"
    "  mov 0x1000a0, %eax; mov %eax, %ds; mov %eax, %es\n"
    "  fxrstor64 0x100200\n"
    "  pushq 0x100080\n"
    "  mov 0x1000a4, %eax; mov %eax, %ss\n"
    "  popfq\n"
    "  mov 0x100000, %rax; mov 0x100008, %rcx; mov 0x100010, %rdx; mov 0x100018, %rbx\n"
    "  mov 0x100020, %rsp; mov 0x100028, %rbp; mov 0x100030, %rsi; mov 0x100038, %rdi\n"
    "  mov 0x100040, %r8; mov 0x100048, %r9; mov 0x100050, %r10; mov 0x100058, %r11\n"
    "  mov 0x100060, %r12; mov 0x100068, %r13; mov 0x100070, %r14; mov 0x100078, %r15\n"
    "  ljmp *0x100088\n"
    "host_cpu_exit:\n"
    "  mov %rax, 0x100000; mov %rcx, 0x100008; mov %rdx, 0x100010; mov %rbx, 0x100018\n"
    "  mov %rsp, 0x100020; mov %rbp, 0x100028; mov %rsi, 0x100030; mov %rdi, 0x100038\n"
    "  mov %r8, 0x100040; mov %r9, 0x100048; mov %r10, 0x100050; mov %r11, 0x100058\n"
    "  mov %r12, 0x100060; mov %r13, 0x100068; mov %r14, 0x100070; mov %r15, 0x100078\n"
    "  mov 0x100090, %rsp\n"
    "  mov $0x2b, %eax; mov %eax, %ss\n"
    "  pushfq; popq 0x100080\n"
    "  fxsave64 0x100200\n"
    "host_cpu_resume:\n"
    "  pushq $0x202; popfq\n"
    "  xor %eax, %eax; mov %eax, %ds; mov %eax, %es\n"
    "  fninit; pushq $0x1f80; ldmxcsr (%rsp); pop %rax\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n"
    ".popsection\n");

struct host_cpu {
    int shared;                     /* memfd: frame, then region */
    struct frame *frame;
    uint8_t *region;
    int socket;
    pid_t child;
    bool ldt;
};

static struct frame *const child_frame = (struct frame *)FRAME;

static void on_signal(int number, siginfo_t *info, void *opaque)
{
    ucontext_t *context = opaque;
    greg_t *r = context->uc_mcontext.gregs;
    static const int order[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9,
                                   REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
    (void)number;
    for (unsigned i = 0; i < 16; i++)
        child_frame->gpr[i] = (uint64_t)r[order[i]];
    child_frame->flags = (uint64_t)r[REG_EFL];
    child_frame->rip = (uint64_t)r[REG_RIP];
    child_frame->vector = (uint32_t)r[REG_TRAPNO];
    child_frame->error = (uint32_t)r[REG_ERR];
    child_frame->address = (uint64_t)info->si_addr;
    memcpy(child_frame->fx, context->uc_mcontext.fpregs, 512);
    r[REG_RIP] = (greg_t)(uintptr_t)host_cpu_resume;
    r[REG_RSP] = (greg_t)child_frame->host_rsp;
    r[REG_EFL] = 0x202;
    r[REG_CSGSFS] = (greg_t)(((uint64_t)r[REG_CSGSFS] & 0x0000ffffffff0000ull) | 0x33 | 0x2bull << 48);
}

static void ldt_set(unsigned entry, bool code, bool is32)
{
    struct user_desc d = { .entry_number = entry, .base_addr = HOST_REGION, .limit = 0xffff, .seg_32bit = is32,
                           .contents = code ? 2 : 0, .useable = 1 };
    syscall(SYS_modify_ldt, 0x11, &d, sizeof d);
}

/* The child: never returns. */
static void child_run(int shared, int socket)
{
    static const int signals[] = { SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS };
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    void *frame = mmap((void *)FRAME, FRAME_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, shared, 0);
    void *region = mmap((void *)HOST_REGION, HOST_REGION_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_SHARED | MAP_FIXED_NOREPLACE, shared, FRAME_BYTES);
    if (frame != child_frame || region != (void *)HOST_REGION)
        _exit(1);
    for (unsigned i = 0; i < HOST_REGION_BYTES; i += 4096)
        *(volatile char *)((char *)region + i) = 0;     /* present, so that faults say so */
    mprotect((char *)region + HOST_READ_ONLY, HOST_ABSENT - HOST_READ_ONLY, PROT_READ);
    for (unsigned i = HOST_READ_ONLY; i < HOST_ABSENT; i += 4096)
        (void)*(volatile char *)((char *)region + i);
    mprotect((char *)region + HOST_ABSENT, HOST_REGION_BYTES - HOST_ABSENT, PROT_NONE);
    ldt_set(0, true, false);
    ldt_set(1, false, false);
    ldt_set(2, false, true);
    child_frame->exit_address = (uint64_t)(uintptr_t)host_cpu_exit;
    static const uint8_t jump[] = { 0xff, 0x24, 0x25, 0x98, 0x00, 0x10, 0x00 };
    memcpy(child_frame->stub, jump, sizeof jump);
    byte = 0;
    if (write(socket, &byte, 1) != 1)               /* ready: from here on only the parent prepares memory */
        _exit(1);
    while (read(socket, &byte, 1) == 1) {
        host_cpu_enter();
        if (write(socket, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static bool child_start(struct host_cpu *host)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        return false;
    host->child = fork();
    if (host->child == 0) {
        close(sockets[0]);
        child_run(host->shared, sockets[1]);
    }
    close(sockets[1]);
    host->socket = sockets[0];
    char ready;
    return host->child > 0 && read(host->socket, &ready, 1) == 1;
}

static void child_stop(struct host_cpu *host)
{
    if (host->child > 0) {
        kill(host->child, SIGKILL);
        waitpid(host->child, NULL, 0);
    }
    close(host->socket);
}

struct host_cpu *host_cpu_new(const char **why)
{
    struct host_cpu *host = calloc(1, sizeof *host);
    host->shared = memfd_create("host_cpu", MFD_CLOEXEC);
    void *view = MAP_FAILED;
    if (ftruncate(host->shared, FRAME_BYTES + HOST_REGION_BYTES) == 0)
        view = mmap(NULL, FRAME_BYTES + HOST_REGION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, host->shared, 0);
    struct user_desc d = { .entry_number = 0, .base_addr = HOST_REGION, .limit = 0xffff, .contents = 2, .useable = 1 };
    host->ldt = syscall(SYS_modify_ldt, 0x11, &d, sizeof d) == 0;
    if (view == MAP_FAILED || !child_start(host)) {
        *why = "no shared memory or no child process";
        free(host);
        return NULL;
    }
    host->frame = view;
    host->region = (uint8_t *)view + FRAME_BYTES;
    return host;
}

void host_cpu_free(struct host_cpu *host)
{
    if (!host)
        return;
    child_stop(host);
    munmap(host->frame, FRAME_BYTES + HOST_REGION_BYTES);
    close(host->shared);
    free(host);
}

bool host_cpu_is_intel(void)
{
    uint32_t leaf, vendor, more[2];
    return __get_cpuid(0, &leaf, &vendor, &more[0], &more[1]) && vendor == signature_INTEL_ebx;
}

bool host_cpu_has(const struct host_cpu *host, enum host_mode mode)
{
    return host && (mode == HOST_32 || mode == HOST_64 || host->ldt);
}

uint8_t *host_cpu_region(struct host_cpu *host) { return host->region; }

void host_cpu_code(struct host_cpu *host, const uint8_t *code, unsigned bytes, enum host_mode mode)
{
    host_cpu_code_at(host, HOST_CODE, code, bytes, mode);
}

void host_cpu_code_at(struct host_cpu *host, unsigned offset, const uint8_t *code, unsigned bytes, enum host_mode mode)
{
    uint8_t *p = host->region + offset;
    uint32_t stub = FRAME + offsetof(struct frame, stub);
    memcpy(p, code, bytes);
    p += bytes;
    if (mode == HOST_64) {          /* jmp *[exit_address] */
        static const uint8_t jump[] = { 0xff, 0x24, 0x25, 0x98, 0x00, 0x10, 0x00 };
        memcpy(p, jump, sizeof jump);
        return;
    }
    if (mode == HOST_16)
        *p++ = 0x66;
    *p++ = 0xea;                    /* ljmp $0x33, $stub */
    memcpy(p, &stub, 4);
    memcpy(p + 4, "\x33\x00", 2);
}

static void selectors_set(struct frame *frame, enum host_mode mode)
{
    enum { LDT_CODE16 = 0x07, LDT_DATA16 = 0x0f, LDT_DATA32 = 0x17, USER_CODE64 = 0x33, USER_CODE32 = 0x23, USER_DATA = 0x2b };
    frame->far_selector = mode == HOST_16 ? LDT_CODE16 : mode == HOST_64 ? USER_CODE64 : USER_CODE32;
    frame->data_selector = mode == HOST_16 ? LDT_DATA16 : mode == HOST_32_SEGMENTS ? LDT_DATA32 : USER_DATA;
    frame->stack_selector = frame->data_selector;
}

bool host_cpu_run(struct host_cpu *host, struct host_state *state, enum host_mode mode)
{
    struct frame *frame = host->frame;
    memcpy(frame->gpr, state->gpr, sizeof frame->gpr);
    memcpy(frame->fx, state->fx, sizeof frame->fx);
    frame->flags = state->flags | 0x202;
    frame->far_offset = (uint32_t)state->rip;
    frame->vector = 255;
    frame->error = 0;
    frame->address = frame->rip = 0;
    selectors_set(frame, mode);
    struct pollfd wait = { .fd = host->socket, .events = POLLIN };
    char byte = 0;
    if (write(host->socket, &byte, 1) != 1 || poll(&wait, 1, TIMEOUT_MS) != 1 || read(host->socket, &byte, 1) != 1) {
        child_stop(host);
        child_start(host);
        return false;
    }
    memcpy(state->gpr, frame->gpr, sizeof frame->gpr);
    memcpy(state->fx, frame->fx, sizeof frame->fx);
    state->flags = frame->flags;
    state->rip = frame->rip;
    state->vector = frame->vector;
    state->error = frame->error;
    state->address = frame->address;
    return true;
}
