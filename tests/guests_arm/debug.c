/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Self-hosted debug: software step, breakpoints and watchpoints, at EL0 and at EL1.
 */
#include "guest.h"

enum { MDE = 1 << 15, KDE = 1 << 13, SS = 1 << 0, SPSR_SS = 1 << 21 };
enum { ENABLE = 1, EL1_ONLY = 1 << 1, EL0_ONLY = 2 << 1, BOTH = 3 << 1, ALL_BYTES = 0xf << 5, LOAD = 1 << 3, STORE = 2 << 3 };
static uint8_t stack[4096] __attribute__((aligned(16)));
volatile uint64_t words[8] __attribute__((aligned(64)));
extern char user_here[], kernel_here[];

/* EL0, for step: a few plain ones, a branch, a load, an exception, and out. */
__asm__(".text\n.balign 4096\n.globl user_start\nuser_start:\n\tmov x0, #1\n\tadd x0, x0, #2\n\tb 1f\n\tnop\n1:\tcbz xzr, 2f\n\tnop\n"
        ".globl user_here\n2:\nuser_here:\n\tldr x1, =words\n\tldr x2, [x1, #8]\n\tstr x0, [x1, #16]\n\tldp x2, x3, [x1]\n\tstrb w0, [x1, #35]\n\tldxr x2, [x1]\n\tclrex\n\t"
        "svc #3\n\tnop\n\tsvc #0x7ff\n.ltorg\n");
void user_start_fn(void) __asm__("user_start");
void kernel_code(void);
__asm__(".text\n.globl kernel_code\nkernel_code:\n\tmov x0, #5\n.globl kernel_here\nkernel_here:\n\tadd x0, x0, #1\n"
        "\tsub x0, x0, #1\n\tret\n");

static void step(void)
{
    print("step\n");
    guest_name = "step";
    WRITE(mdscr_el1, SS);
    drop(0x3c0 | SPSR_SS, user_start_fn, stack + sizeof(stack));
    WRITE(mdscr_el1, 0);
    print("step with SPSR.SS = 0\n");
    WRITE(mdscr_el1, SS);
    drop(0x3c0, user_start_fn, stack + sizeof(stack));
    WRITE(mdscr_el1, 0);
    line();
}

static void breakpoints(void)
{
    print("breakpoints\n");
    guest_name = "breakpoint";
    WRITE(dbgbvr0_el1, (uint64_t)user_here);
    WRITE(dbgbcr0_el1, ENABLE | EL0_ONLY | ALL_BYTES);
    WRITE(mdscr_el1, MDE);
    drop(0x3c0, user_start_fn, stack + sizeof(stack));
    WRITE(dbgbcr0_el1, ENABLE | EL1_ONLY | ALL_BYTES);
    print("of another level\n");
    drop(0x3c0, user_start_fn, stack + sizeof(stack));
    print("at el1 without kde\n");
    WRITE(dbgbvr0_el1, (uint64_t)kernel_here);
    __asm__ volatile("msr daifclr, #8");
    kernel_code();
    print("at el1 with kde\n");
    WRITE(mdscr_el1, MDE | KDE);
    kernel_code();
    print("at el1 with kde, masked\n");
    __asm__ volatile("msr daifset, #8");
    kernel_code();
    WRITE(mdscr_el1, 0);
    WRITE(dbgbcr0_el1, 0);
}

static void watch(const char *name, uint64_t address, uint64_t control)
{
    guest_name = name;
    WRITE(dbgwvr0_el1, address);
    WRITE(dbgwcr0_el1, ENABLE | control);
    drop(0x3c0, user_start_fn, stack + sizeof(stack));
}

/* LDTR and STTR at EL1 are EL0's. */
static void unprivileged(uint64_t at)
{
    for (unsigned n = 0; n < 2; n++) {
        print(n ? "el0's\n" : "el1's\n");
        WRITE(dbgwcr0_el1, ENABLE | (n ? EL0_ONLY : EL1_ONLY) | LOAD | STORE | 0xff << 5);
        guest_name = "ldr";
        __asm__ volatile("ldr x0, [%0]" : : "r"(at) : "x0", "memory");
        guest_name = "ldtr";
        __asm__ volatile("ldtr x0, [%0]" : : "r"(at) : "x0", "memory");
        guest_name = "sttrb";
        __asm__ volatile("sttrb wzr, [%0, #3]" : : "r"(at) : "x0", "memory");
    }
}

static void watchpoints(void)
{
    uint64_t at = (uint64_t)words;
    print("watchpoints\n");
    WRITE(mdscr_el1, MDE);
    watch("load of a word", at + 8, EL0_ONLY | LOAD | 0xff << 5);
    watch("load, not of its bytes", at, EL0_ONLY | LOAD | 0x0f << 5);
    watch("store of a word", at + 16, EL0_ONLY | STORE | 0xff << 5);
    watch("stores where there are loads", at + 8, EL0_ONLY | STORE | 0xff << 5);
    watch("a byte among others", at + 32, EL0_ONLY | LOAD | STORE | 0x08 << 5);
    watch("another byte", at + 32, EL0_ONLY | LOAD | STORE | 0x10 << 5);
    watch("all by mask", at, EL0_ONLY | LOAD | STORE | 0xff << 5 | 6 << 24);
    watch("of el1", at + 8, EL1_ONLY | LOAD | 0xff << 5);
    WRITE(mdscr_el1, MDE | KDE);
    __asm__ volatile("msr daifclr, #8");
    guest_name = "at el1";
    words[1] = 1;
    guest_name = "load at el1";
    (void)words[1];
    __asm__ volatile("dc ivac, %0" : : "r"(at + 8) : "memory");
    guest_name = "exclusive at el1";
    __asm__ volatile("ldxr x0, [%0]\n\tclrex" : : "r"(at + 8) : "x0", "memory");
    unprivileged(at + 8);
    __asm__ volatile("msr daifset, #8");
    WRITE(mdscr_el1, 0);
    WRITE(dbgwcr0_el1, 0);
}

/* Breakpoint 0 and watchpoint 0 linked to breakpoint 4, the first that compares contexts; 5 by itself. */
enum { LINKED_ADDRESS = 1 << 20, CONTEXT = 2 << 20, LINKED_CONTEXT = 3 << 20, LBN = 16, HIGHER = 1 << 13, SSC = 14 };
static void user(const char *name)
{
    guest_name = name;
    drop(0x3c0, user_start_fn, stack + sizeof(stack));
}

static void linked(void)
{
    const uint64_t context = ENABLE | BOTH | ALL_BYTES | LINKED_CONTEXT, address = ENABLE | EL0_ONLY | ALL_BYTES | LINKED_ADDRESS;
    print("linked\n");
    WRITE(contextidr_el1, 0x1234);
    WRITE(dbgbvr4_el1, 0x1234);
    WRITE(dbgbcr4_el1, context);
    WRITE(dbgbvr0_el1, (uint64_t)user_here);
    WRITE(dbgbcr0_el1, address | 4 << LBN);
    WRITE(mdscr_el1, MDE);
    user("context");
    WRITE(contextidr_el1, 0x1235);
    user("another context");
    WRITE(contextidr_el1, 0x1234);
    WRITE(dbgbcr4_el1, context & ~1ul);
    user("link that is off");
    WRITE(dbgbcr4_el1, ENABLE | EL1_ONLY | ALL_BYTES | CONTEXT);
    user("link that is not linked");
    WRITE(dbgbcr4_el1, ENABLE | EL1_ONLY | ALL_BYTES | LINKED_CONTEXT);
    user("level of the link does not count");
    WRITE(dbgbcr0_el1, 0);
    WRITE(dbgwvr0_el1, (uint64_t)words + 8);
    WRITE(dbgwcr0_el1, ENABLE | EL0_ONLY | LOAD | 0xff << 5 | LINKED_ADDRESS | 4 << LBN);
    user("watchpoint");
    WRITE(contextidr_el1, 0);
    user("watchpoint, another context");
    WRITE(dbgwcr0_el1, 0);
    WRITE(dbgbcr4_el1, 0);
    WRITE(mdscr_el1, 0);
}

/* The handler takes breakpoint 5 away, which would stop everywhere. */
static void contexts(void)
{
    const uint64_t control = ENABLE | EL0_ONLY | ALL_BYTES | CONTEXT;
    print("contexts\n");
    WRITE(contextidr_el1, 0x77);
    WRITE(dbgbvr5_el1, 0x77);
    WRITE(dbgbcr5_el1, control);
    WRITE(mdscr_el1, MDE);
    user("context alone");
    WRITE(dbgbvr5_el1, 0x78);
    WRITE(dbgbcr5_el1, control);
    user("another context alone");
    WRITE(mdscr_el1, 0);
    WRITE(dbgbcr5_el1, 0);
}

static void states(void)
{
    static const char *const names[] = { "ssc 0", "ssc 1", "ssc 2", "reserved", "hmc, ssc 0", "hmc, ssc 1", "hmc, ssc 2", "hmc, ssc 3" };
    print("states\n");
    WRITE(dbgbvr0_el1, (uint64_t)user_here);
    WRITE(mdscr_el1, MDE);
    for (uint64_t n = 0; n < 8; n++) {
        if (n == 3)
            continue;
        WRITE(dbgbcr0_el1, ENABLE | BOTH | ALL_BYTES | (n & 3) << SSC | (n & 4 ? HIGHER : 0));
        user(names[n]);
    }
    WRITE(mdscr_el1, 0);
    WRITE(dbgbcr0_el1, 0);
}

/* Nobody takes what is sent (QEMU's reads as zero). */
void channel_user(void);
__asm__(".text\nchannel_user:\n\tmrs x0, mdccsr_el0\n\tmsr dbgdtrtx_el0, x0\n\tmrs x0, dbgdtr_el0\n\tsvc #0x7ff\n");
static void channel(void)
{
    print("channel");
    WRITE(dbgdtrtx_el0, 0x41);
    print_hex("sent", READ(mdccsr_el0));
    WRITE(mdscr_el1, 0);
    print_hex("mdscr", READ(mdscr_el1));
    WRITE(oslar_el1, 1);
    print_hex("tx", READ(osdtrtx_el1));
    WRITE(osdtrrx_el1, 0x42);
    WRITE(mdscr_el1, 1 << 30);
    WRITE(oslar_el1, 0);
    print_hex("put back", READ(mdccsr_el0));
    print_hex("rx", READ(dbgdtrrx_el0));
    print_hex("received", READ(mdccsr_el0));
    WRITE(dbgdtr_el0, 0x1122334455667788);
    print_hex("both", READ(dbgdtr_el0));
    line();
    guest_name = "with tdcc";
    WRITE(mdscr_el1, 1 << 12);
    drop(0x3c0, channel_user, stack + sizeof(stack));
    WRITE(mdscr_el1, 0);
}

int main(void)
{
    print_hex("dfr0", READ(id_aa64dfr0_el1));
    print_hex("mdscr", READ(mdscr_el1));
    print_hex("oslsr", READ(oslsr_el1));
    line();
    print("locked\n");              /* QEMU looks at another bit, and steps */
    WRITE(mdscr_el1, SS);
    drop(0x3c0 | SPSR_SS, user_start_fn, stack + sizeof(stack));
    WRITE(oslar_el1, 0);
    print_hex("oslsr", READ(oslsr_el1));
    line();
    step();
    breakpoints();
    watchpoints();
    linked();
    contexts();
    states();
    channel();
    print_hex("exceptions", guest_exceptions);
    line();
    end();
}
