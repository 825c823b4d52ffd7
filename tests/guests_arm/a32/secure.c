/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,secure=on
 * TrustZone: Monitor mode, SMC, SCR, CP15 registers banked by security state, NSACR. Non-secure state itself is left out: the
 * program is in memory that Non-secure accesses do not reach.
 */
#include "guest32.h"

#define SCR() CP15(0, c1, c1, 0)
/* Of the bank that SCR.NS picks in Monitor mode; back to NS = 0 afterwards. */
#define BANKED_IN_(ns, op1, n, m, op2) \
    ({ uint32_t v_; __asm__ volatile("cps #0x16\n\tmcr p15, 0, %1, c1, c1, 0\n\tisb\n\tmrc p15, " #op1 ", %0, " #n ", " #m ", " #op2 "\n\t" \
                                     "mcr p15, 0, %2, c1, c1, 0\n\tisb\n\tcps #0x13" : "=&r"(v_) : "r"(ns), "r"(0)); v_; })
#define BANKED_IN(ns, n, m, op2) BANKED_IN_(ns, 0, n, m, op2)
#define BANKED_OUT(ns, n, m, op2, value) BANKED_OUT_(ns, 0, n, m, op2, value)
#define BANKED_OUT_(ns, op1, n, m, op2, value) \
    __asm__ volatile("cps #0x16\n\tmcr p15, 0, %0, c1, c1, 0\n\tisb\n\tmcr p15, " #op1 ", %2, " #n ", " #m ", " #op2 "\n\t" \
                     "mcr p15, 0, %1, c1, c1, 0\n\tisb\n\tcps #0x13" :: "r"(ns), "r"(0), "r"(value))
#define BANK(name, n, m, op2, value) \
    do { \
        const uint32_t old0 = BANKED_IN(0, n, m, op2), old1 = BANKED_IN(1, n, m, op2); \
        BANKED_OUT(1, n, m, op2, value); \
        print(name); \
        print_hex("s", BANKED_IN(0, n, m, op2) == old0 ? 0 : BANKED_IN(0, n, m, op2)); \
        print_hex("ns", BANKED_IN(1, n, m, op2)); \
        BANKED_OUT(1, n, m, op2, old1); \
        line(); \
    } while (0)

static void banks(void)
{
    BANKED_OUT_(0, 2, c0, c0, 0, 1);
    BANKED_OUT_(1, 2, c0, c0, 0, 2);
    print_hex("csselr s", BANKED_IN_(0, 2, c0, c0, 0));
    print_hex("ccsidr", BANKED_IN_(0, 1, c0, c0, 0));
    print_hex("ns", BANKED_IN_(1, 2, c0, c0, 0));
    print_hex("ccsidr", BANKED_IN_(1, 1, c0, c0, 0));
    line();
    BANK("ttbr0", c2, c0, 0, 0x41234000);
    BANK("ttbr1", c2, c0, 1, 0x41238000);
    BANK("ttbcr", c2, c0, 2, 3);
    BANK("dacr", c3, c0, 0, 0x12345678);
    BANK("dfsr", c5, c0, 0, 0x40f);
    BANK("ifsr", c5, c0, 1, 0x405);
    BANK("dfar", c6, c0, 0, 0x1234);
    BANK("ifar", c6, c0, 2, 0x5678);
    BANK("par", c7, c4, 0, 0xabc000);
    BANK("prrr", c10, c2, 0, 0xa81a8);
    BANK("nmrr", c10, c2, 1, 0x40e040e0);
    BANK("vbar", c12, c0, 0, 0x100);
    BANK("contextidr", c13, c0, 1, 0x77);
    BANK("tpidrurw", c13, c0, 2, 0x111);
    BANK("tpidruro", c13, c0, 3, 0x222);
    BANK("tpidrprw", c13, c0, 4, 0x333);
}

/* The handler of SMC: what it saw, and back. */
__asm__(".text\n.arm\n.balign 32\nmonitor_vectors:\n\tb .\n\tb .\n\tb monitor_smc\n\tb .\n\tb .\n\tb .\n\tb .\n\tb .\n"
        "monitor_smc:\n\tpush {r0-r3}\n\tmrs r2, cpsr\n\tmrs r3, spsr\n\tmrc p15, 0, r0, c1, c1, 0\n\tmovw r1, #:lower16:monitor_saw\n\t"
        "movt r1, #:upper16:monitor_saw\n\tstr r2, [r1]\n\tstr r3, [r1, #4]\n\tstr r0, [r1, #8]\n\tadr r0, smc_here\n\t"
        "sub r0, lr, r0\n\tstr r0, [r1, #12]\n\tpop {r0-r3}\n\tmovs pc, lr\n"
        "smc_here:\n\tsmc #5\n\tbx r4\n");
extern char monitor_vectors[];
uint32_t monitor_saw[4];

static void smc(const char *name, uint32_t mode)
{
    print(name);
    __asm__ volatile("mrs r5, cpsr\n\tbic r5, r5, #31\n\torr r5, r5, %0\n\tmsr cpsr_c, r5\n\tadr r4, 1f\n\tb smc_here\n1:\tcps #0x13"
                     :: "r"(mode) : "r4", "r5", "memory", "lr");
    print_hex("cpsr", monitor_saw[0] & 0x1ff);
    print_hex("spsr", monitor_saw[1] & 0x1ff);
    print_hex("scr", monitor_saw[2]);
    print_hex("lr-pc", monitor_saw[3]);
    line();
}

int main(void)
{
    static uint8_t stack[1024] __attribute__((aligned(8)));
    __asm__ volatile("cps #0x16\n\tmov sp, %0\n\tcps #0x13" :: "r"(stack + sizeof(stack)));
    print_hex("pfr1", CP15(0, c0, c1, 1));
    print_hex("scr", SCR());
    print_hex("nsacr", CP15(0, c1, c1, 2));
    print_hex("mvbar", CP15(0, c12, c0, 1));
    print_hex("sder", CP15(0, c1, c1, 1));
    line();
    print_hex("scr", BANKED_IN(0x3f, c1, c1, 0));
    print_hex("scr", BANKED_IN(0xffffffff, c1, c1, 0) & 0xfff);      /* qemu has Armv8's TWI and TWE here, too */
    CP15_PUT(0, c1, c1, 2, 0xffffffff);
    print_hex("nsacr", CP15(0, c1, c1, 2));
    CP15_PUT(0, c1, c1, 2, 0xc00);
    CP15_PUT(0, c12, c0, 1, (uint32_t)monitor_vectors);
    print_hex("mvbar", CP15(0, c12, c0, 1) == (uint32_t)monitor_vectors);
    line();
    banks();
    smc("smc from svc", SVC);
    smc("smc from irq", IRQ);
    smc("smc from sys", SYS);
    TRY("done", "svc #1");
    end();
}
