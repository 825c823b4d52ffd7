/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Breakpoints and watchpoints in User mode: linked to a context, of a context, address mismatch, security state. QEMU has no breakpoints
 * of contexts alone, no mismatches, no vector catch, no channel, no breakpoints for User, System and Supervisor mode, and no DBGBXVR.
 */
#include "guest32.h"

enum { MDBGEN = 1 << 15, ENABLE = 1, PL1 = 1 << 1, PL0 = 2 << 1, HYP_ONLY = 1 << 13, ANY_ACCESS = 3 << 3, WORD = 0xf << 5, SSC = 14, LBN = 16,
       LINKED_ADDRESS = 1 << 20, CONTEXT = 2 << 20, LINKED_CONTEXT = 3 << 20, MISMATCH = 4 << 20, LINKED_MISMATCH = 5 << 20 };
#define DBGBVR(n, value) CP_WRITE(p14, 0, c0, n, 4, value)
#define DBGBCR(n, value) CP_WRITE(p14, 0, c0, n, 5, value)
#define CONTEXTIDR_PUT(value) CP15_PUT(0, c13, c0, 1, value)

extern uint32_t guest_at[2];
extern char in_mode_call[], user_here[];
uint32_t watched[2];
void user_code(void);
__asm__(".text\n.arm\nuser_code:\n\tnop\n.globl user_here\nuser_here:\n\tmovw r0, #:lower16:watched\n\tmovt r0, #:upper16:watched\n\t"
        "ldr r1, [r0, #4]\n\tbx lr\n");

static void set_enabled(int on)
{
    const uint32_t dscr = CP_READ(p14, 0, c0, c2, 2) & ~(uint32_t)MDBGEN;
    CP_WRITE(p14, 0, c0, c2, 2, on ? dscr | MDBGEN : dscr);
}

/* Once, then again without debug. */
static void hook(uint32_t *frame)
{
    set_enabled(0);
    frame[15] -= (frame[0] & 31) != ABT ? 0 : guest_value;
}

/* back: LR_abt beyond the instruction. */
static void user(const char *name, uint32_t back)
{
    guest_name = name;
    guest_value = back;
    set_enabled(1);
    in_mode(USR, user_code);
    set_enabled(0);
    print(name);
    print_hex("exceptions", guest_exceptions);
    print_hex("moe", CP_READ(p14, 0, c0, c1, 0) >> 2 & 0xf);
    line();
}

static void linked(void)
{
    print("linked\n");
    DBGBVR(c0, (uint32_t)user_here);
    DBGBCR(c0, ENABLE | PL0 | WORD | LINKED_ADDRESS | 4 << LBN);
    CONTEXTIDR_PUT(0x1234);
    DBGBVR(c4, 0x1234);
    DBGBCR(c4, ENABLE | PL1 | WORD | LINKED_CONTEXT);
    user("context", 4);
    CONTEXTIDR_PUT(0x1334);
    user("another context", 4);
    CONTEXTIDR_PUT(0x1234);
    DBGBCR(c4, PL1 | WORD | LINKED_CONTEXT);
    user("link that is off", 4);
    DBGBCR(c4, ENABLE | HYP_ONLY | WORD | CONTEXT);
    user("link that is not linked", 4);
    DBGBCR(c4, ENABLE | PL1 | WORD | LINKED_CONTEXT);
    DBGBCR(c0, 0);
    CP_WRITE(p14, 0, c0, c1, 6, (uint32_t)(watched + 1) & ~7u);
    CP_WRITE(p14, 0, c0, c1, 7, ENABLE | PL0 | ANY_ACCESS | ((uint32_t)(watched + 1) & 4 ? 0xf0 : 0x0f) << 5 | LINKED_ADDRESS | 4 << LBN);
    user("watchpoint", 8);
    CONTEXTIDR_PUT(1);
    user("watchpoint, another context", 8);
    CP_WRITE(p14, 0, c0, c1, 7, 0);
    DBGBCR(c4, 0);
}

static void contexts(void)
{
    print("contexts\n");
    guest_at[0] = (uint32_t)in_mode_call;
    CONTEXTIDR_PUT(0x77);
    DBGBVR(c5, 0x77);
    DBGBCR(c5, ENABLE | PL0 | WORD | CONTEXT);
    user("context alone", 4);
    DBGBVR(c5, 0x78);
    user("another context alone", 4);
    DBGBCR(c5, 0);
    guest_at[0] = (uint32_t)user_code;
}

static void mismatch(void)
{
    print("mismatch\n");
    DBGBVR(c0, (uint32_t)in_mode_call);
    DBGBCR(c0, ENABLE | PL0 | WORD | MISMATCH);
    user("anywhere but at the call", 4);
    CONTEXTIDR_PUT(1);
    DBGBVR(c4, 1);
    DBGBCR(c4, ENABLE | PL1 | WORD | LINKED_CONTEXT);
    DBGBCR(c0, ENABLE | PL0 | WORD | LINKED_MISMATCH | 4 << LBN);
    user("in a context", 4);
    CONTEXTIDR_PUT(2);
    user("in another context", 4);
    DBGBCR(c4, 0);
    DBGBCR(c0, 0);
}

static void states(void)
{
    print("states\n");
    DBGBVR(c0, (uint32_t)user_here);
    DBGBCR(c0, ENABLE | PL0 | WORD | 1 << SSC);
    user("non-secure", 4);
    DBGBCR(c0, ENABLE | PL0 | WORD | 2 << SSC);
    user("secure", 4);
    DBGBCR(c0, ENABLE | PL1 | WORD);
    user("PL1", 4);
    DBGBCR(c0, ENABLE | WORD);
    user("user, system, supervisor", 4);
    DBGBCR(c0, 0);
}

#define DBGVCR_PUT(value) CP_WRITE(p14, 0, c0, c7, 0, value)
static void vectors_caught(void)
{
    print("vectors\n");
    guest_at[0] = 8;
    DBGVCR_PUT(1 << 2);
    user("svc", 4);
    DBGVCR_PUT(1 << 1 | 1u << 26);
    user("undefined alone, and of Non-secure state", 4);
    DBGVCR_PUT(1 << 3);
    DBGBVR(c0, (uint32_t)user_here);
    DBGBCR(c0, ENABLE | PL0 | WORD);
    guest_at[0] = (uint32_t)user_code;
    user("prefetch abort at its own level", 4);
    DBGBCR(c0, 0);
    DBGVCR_PUT(0);
    guest_hook = 0;
    TRY("bkpt", "bkpt #1");
    print_hex("moe", CP_READ(p14, 0, c0, c1, 0) >> 2 & 0xf);
    line();
}

static void channel_user(void)
{
    TRY("dscr from usr", "mrc p14, 0, r0, c0, c1, 0");
    TRY("send from usr", "mcr p14, 0, r0, c0, c5, 0");
    TRY("didr from usr", "mrc p14, 0, r0, c0, c0, 0");
}

/* Nobody takes what is sent. */
static void channel(void)
{
    print("channel\n");
    print_hex("dscr", CP_READ(p14, 0, c0, c1, 0));
    CP_WRITE(p14, 0, c0, c5, 0, 0x41);
    print_hex("sent", CP_READ(p14, 0, c0, c1, 0));
    CP_WRITE(p14, 0, c0, c2, 2, 1 << 30);
    print_hex("not written", CP_READ(p14, 0, c0, c2, 2));
    CP_WRITE(p14, 0, c1, c0, 4, 0xc5acce55);    /* DBGOSLAR: locked */
    print_hex("tx", CP_READ(p14, 0, c0, c3, 2));
    CP_WRITE(p14, 0, c0, c0, 2, 0x42);
    CP_WRITE(p14, 0, c0, c2, 2, 1 << 30);
    print_hex("put back", CP_READ(p14, 0, c0, c1, 0));
    CP_WRITE(p14, 0, c1, c0, 4, 0);
    print_hex("rx", CP_READ(p14, 0, c0, c5, 0));
    print_hex("received", CP_READ(p14, 0, c0, c1, 0));
    line();
    in_mode(USR, channel_user);
    CP_WRITE(p14, 0, c0, c2, 2, 1 << 12);
    print("not for User mode\n");
    in_mode(USR, channel_user);
    CP_WRITE(p14, 0, c0, c2, 2, 0);
}

int main(void)
{
    CP_WRITE(p14, 0, c1, c0, 4, 0);             /* DBGOSLAR: open */
    guest_hook = hook;
    guest_at[0] = (uint32_t)user_code;
    linked();
    contexts();
    mismatch();
    states();
    vectors_caught();
    channel();
    CP_WRITE(p14, 0, c1, c4, 1, 0xa5);
    DBGBVR(c4, 0x12345678);
    print_hex("bxvr", CP_READ(p14, 0, c1, c4, 1));
    print_hex("bvr", CP_READ(p14, 0, c0, c4, 4));
    line();
    end();
}
