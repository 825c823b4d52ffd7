/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * EL2: hypervisor calls, routing and traps by HCR_EL2, stage 2 faults.
 */
#include "guest.h"

static uint64_t s2_l1[1024] __attribute__((aligned(8192))), s2_l2[512] __attribute__((aligned(4096)));
static uint8_t stack[8192] __attribute__((aligned(16)));

#define HLEAVE() __asm__ volatile("hvc #0x7ff")

static void guest(void)
{
    TRY("hvc", "hvc #3");
    TRY("mrs hcr", "mrs x0, hcr_el2");
    if (*(volatile uint8_t *)FREE) {
        TRY("wfi", "wfi");
        TRY("wfe", "wfe");
        TRY("smc", "smc #4");
    }
    TRY("msr sctlr", "mrs x0, sctlr_el1\n\tmsr sctlr_el1, x0");
    TRY("mrs ttbr0", "mrs x0, ttbr0_el1");
    TRY("tlbi", "tlbi vmalle1");
    TRY("dc isw", "mov x0, #0\n\tdc isw, x0");
    TRY("actlr", "mrs x0, actlr_el1");
    TRY("id_aa64pfr0", "mrs x0, id_aa64pfr0_el1");
    TRY("ctr", "mrs x0, ctr_el0");
    TRY("fp", "fadd d0, d0, d0");
    TRY("cpacr", "mrs x0, cpacr_el1");
    TRY("cntpct", "mrs x0, cntpct_el0");
    TRY("pmcr", "mrs x0, pmcr_el0");
    TRY("mpidr", "mrs x0, mpidr_el1");
    print_hex("mpidr", READ(mpidr_el1));
    print_hex("midr", READ(midr_el1));
    line();
    HLEAVE();
}

static void memory(void)
{
    TRY("load of an unmapped page", "mov x0, #0x40600000\n\tldr x1, [x0, #8]");
    TRY("store to an unmapped page", "mov x0, #0x40600000\n\tstr x1, [x0, #16]");
    TRY("load of a read-only page", "mov x0, #0x40800000\n\tldr x1, [x0]");
    TRY("store to a read-only page", "mov x0, #0x40800000\n\tstr x1, [x0]");
    TRY("load of a page without access flag", "mov x0, #0x40a00000\n\tldr x1, [x0]");
    TRY("beyond the input size", "mov x0, #0x100000000000\n\tldr x1, [x0]");
    TRY("level 1", "mov x0, #0x200000000\n\tldr x1, [x0]");
    HLEAVE();
}

static void stage2(void)
{
    for (unsigned i = 0; i < 4; i++)
        s2_l1[i] = (uint64_t)i << 30 | 0x7fd;
    s2_l1[1] = (uint64_t)s2_l2 | 3;
    for (unsigned i = 0; i < 512; i++)
        s2_l2[i] = (0x40000000ul + i * 0x200000ul) | 0x7fd;
    s2_l2[3] = 0;
    s2_l2[4] = (s2_l2[4] & ~0x80ul);
    s2_l2[5] = (s2_l2[5] & ~0x400ul);
    WRITE(vtcr_el2, 24 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1ul << 31);
    WRITE(vttbr_el2, (uint64_t)s2_l1);
    WRITE(hcr_el2, 1ul << 31 | 1);
    __asm__ volatile("tlbi alle1\n\tdsb sy\n\tisb" ::: "memory");
    drop(0x3c5, memory, stack + sizeof(stack));
}

int main(void)
{
    print_hex("el", READ(CurrentEL));
    line();
    WRITE(cnthctl_el2, 3);
    WRITE(hcr_el2, 1ul << 31);
    print("open\n");
    *(volatile uint8_t *)FREE = 0;
    drop(0x3c5, guest, stack + sizeof(stack));
    print("traps\n");
    *(volatile uint8_t *)FREE = 1;
    WRITE(hcr_el2, 1ul << 31 | 1 << 13 | 1 << 14 | 1 << 19 | 1 << 22 | 1 << 25 | 1 << 26 | 1 << 30 | 1 << 21 | 1 << 18);
    WRITE(cptr_el2, 0x33ff | 1 << 10 | 1ul << 31);
    WRITE(mdcr_el2, 1 << 6);
    WRITE(cnthctl_el2, 0);
    WRITE(vmpidr_el2, 0x80000123);
    WRITE(vpidr_el2, 0x412fc0f1);
    drop(0x3c5, guest, stack + sizeof(stack));
    WRITE(cptr_el2, 0x33ff);
    print("stage 2\n");
    stage2();
    print_hex("exceptions", guest_exceptions);
    line();
    end();
}
