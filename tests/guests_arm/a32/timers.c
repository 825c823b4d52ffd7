/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * The generic timer's registers of AArch32 at PL1 and PL0 by CNTKCTL; cache selection.
 */
#include "guest32.h"

enum { PL0PCTEN = 1 << 0, PL0VCTEN = 1 << 1, PL0VTEN = 1 << 8, PL0PTEN = 1 << 9 };

static void registers(void)
{
    TRY("cntfrq", "mrc p15, 0, r0, c14, c0, 0");
    TRY("cntpct", "mrrc p15, 0, r0, r1, c14");
    TRY("cntvct", "mrrc p15, 1, r0, r1, c14");
    TRY("cntp_tval", "mrc p15, 0, r0, c14, c2, 0\n\tmcr p15, 0, r0, c14, c2, 0");
    TRY("cntp_ctl", "mrc p15, 0, r0, c14, c2, 1\n\tmcr p15, 0, r0, c14, c2, 1");
    TRY("cntp_cval", "mrrc p15, 2, r0, r1, c14\n\tmcrr p15, 2, r0, r1, c14");
    TRY("cntv_tval", "mrc p15, 0, r0, c14, c3, 0\n\tmcr p15, 0, r0, c14, c3, 0");
    TRY("cntv_ctl", "mrc p15, 0, r0, c14, c3, 1\n\tmcr p15, 0, r0, c14, c3, 1");
    TRY("cntv_cval", "mrrc p15, 3, r0, r1, c14\n\tmcrr p15, 3, r0, r1, c14");
    TRY("cntkctl", "mrc p15, 0, r0, c14, c1, 0");
    TRY("cnthctl", "mrc p15, 4, r0, c14, c1, 0");
    TRY("cntvoff", "mrrc p15, 4, r0, r1, c14");
}

static void at(const char *name, uint32_t cntkctl)
{
    print(name);
    line();
    CP15_PUT(0, c14, c1, 0, cntkctl);
    registers();
    print("user\n");
    in_mode(USR, registers);
}

int main(void)
{
    at("all", PL0PCTEN | PL0VCTEN | PL0VTEN | PL0PTEN);
    at("none", 0);
    at("virtual count", PL0VCTEN);
    at("physical count", PL0PCTEN);
    at("virtual timer", PL0VTEN);
    at("physical timer", PL0PTEN);
    CP15_PUT(0, c14, c2, 1, 3);
    __asm__ volatile("mcrr p15, 2, %0, %0, c14\n\tisb" :: "r"(0));
    print_hex("due", CP15(0, c14, c2, 1));
    __asm__ volatile("mcrr p15, 2, %0, %0, c14\n\tisb" :: "r"(-1));
    print_hex("not due", CP15(0, c14, c2, 1));
    CP15_PUT(0, c14, c2, 0, 0x80000000);
    print_hex("tval", CP15(0, c14, c2, 1));
    line();
    for (unsigned level = 0; level < 4; level++) {
        CP15_PUT(2, c0, c0, 0, level);
        print_hex("csselr", CP15(2, c0, c0, 0));
        print_hex("ccsidr", CP15(1, c0, c0, 0));
    }
    line();
    end();
}
