/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * The generic timer's registers: who may reach them by CNTKCTL_EL1 and CNTHCTL_EL2, what they keep, the virtual offset. QEMU 7.2 asks
 * CNTHCTL_EL2.EL1PCEN instead of EL1PCTEN when EL0 reads CNTPCT_EL0.
 */
#include "guest.h"

enum { PCTEN = 1 << 0, VCTEN = 1 << 1, VTEN = 1 << 8, PTEN = 1 << 9, EL1PCTEN = 1 << 0, EL1PCEN = 1 << 1, EL0T = 0x3c0, EL1H = 0x3c5 };
static uint8_t stack[8192] __attribute__((aligned(16))), stack2[8192] __attribute__((aligned(16)));

static void registers(void)
{
    TRY("cntfrq", "mrs x0, cntfrq_el0");
    TRY("cntpct", "mrs x1, cntpct_el0");
    TRY("cntvct", "mrs x2, cntvct_el0");
    TRY("cntp_ctl", "mrs x3, cntp_ctl_el0\n\tmsr cntp_ctl_el0, x3");
    TRY("cntp_cval", "mrs x3, cntp_cval_el0");
    TRY("cntp_tval", "mov x3, #-1\n\tmsr cntp_tval_el0, x3");
    TRY("cntv_ctl", "mrs x3, cntv_ctl_el0\n\tmsr cntv_ctl_el0, x3");
    TRY("cntv_cval", "mov x3, #-1\n\tmsr cntv_cval_el0, x3");
    TRY("cntv_tval", "mrs x3, cntv_tval_el0");
}

static void user(void)
{
    registers();
    TRY("cntfrq write", "msr cntfrq_el0, x0");
    TRY("cntkctl", "mrs x0, cntkctl_el1");
    LEAVE();
}

static void kernel(void)
{
    registers();
    TRY("cnthctl", "mrs x0, cnthctl_el2");
    TRY("cntvoff", "mrs x0, cntvoff_el2");
    TRY("cnthp_ctl", "mrs x0, cnthp_ctl_el2");
    TRY("cntps_ctl", "mrs x0, cntps_ctl_el1");
    print("el0\n");
    drop(EL0T, user, stack2 + sizeof(stack2));
    __asm__ volatile("hvc #0x7ff");
}

static void at(const char *name, uint64_t cntkctl, uint64_t cnthctl, uint64_t hcr)
{
    print(name);
    line();
    WRITE(cntkctl_el1, cntkctl);
    WRITE(cnthctl_el2, cnthctl);
    WRITE(hcr_el2, 1ul << 31 | hcr);
    drop(EL1H, kernel, stack + sizeof(stack));
}

static void user_of_el2(void)
{
    registers();
    __asm__ volatile("svc #0x7ff");
}

int main(void)
{
    at("all", PCTEN | VCTEN | VTEN | PTEN, EL1PCTEN | EL1PCEN, 0);
    at("none to el0", 0, EL1PCTEN | EL1PCEN, 0);
    at("el0: virtual count", VCTEN, EL1PCTEN | EL1PCEN, 0);
    at("el0: physical count", PCTEN, EL1PCTEN | EL1PCEN, 0);
    at("el0: timers", VTEN | PTEN, EL1PCTEN | EL1PCEN, 0);
    at("el1: no physical count", PCTEN | VCTEN | VTEN | PTEN, EL1PCEN, 0);
    at("el1: no physical timer", PCTEN | VCTEN | VTEN | PTEN, EL1PCTEN, 0);
    at("nothing", 0, 0, 0);
    print("el0 of el2 (tge)\n");
    WRITE(cntkctl_el1, 0);
    WRITE(cnthctl_el2, EL1PCTEN | EL1PCEN);
    WRITE(hcr_el2, 1ul << 31 | 1 << 27);
    drop(EL0T, user_of_el2, stack + sizeof(stack));
    WRITE(hcr_el2, 1ul << 31);
    print("values\n");
    WRITE(cnthctl_el2, ~0ul);
    print_hex("cnthctl", READ(cnthctl_el2) & 0xff);
    WRITE(cntkctl_el1, ~0ul);
    print_hex("cntkctl", READ(cntkctl_el1) & 0x3ff);
    WRITE(cntp_ctl_el0, 2);
    print_hex("ctl", READ(cntp_ctl_el0));
    WRITE(cntp_cval_el0, 0);
    WRITE(cntp_ctl_el0, 3);
    print_hex("due", READ(cntp_ctl_el0));
    WRITE(cntp_cval_el0, -1ul);
    print_hex("not due", READ(cntp_ctl_el0));
    WRITE(cntp_tval_el0, -1ul);
    print_hex("due by tval", READ(cntp_ctl_el0));
    WRITE(cntp_tval_el0, 0x7fffffff);
    print_hex("far", READ(cntp_ctl_el0));
    WRITE(cntvoff_el2, READ(cntpct_el0) + 0x1000000);
    print_hex("virtual count is negative", READ(cntvct_el0) >> 63);
    WRITE(cntv_cval_el0, 0);
    WRITE(cntv_ctl_el0, 3);
    print_hex("unsigned", READ(cntv_ctl_el0));
    WRITE(cntvoff_el2, 0);
    print_hex("cnthp", READ(cnthp_ctl_el2));
    line();
    end();
}
