/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Exceptions at EL1 and from EL0: undefined, system calls, breakpoints, traps of system registers, alignment (QEMU 7.2 lets DC ZVA at
 * Device memory pass).
 */
#include "guest.h"

static uint8_t user_stack[4096] __attribute__((aligned(16)));

static void user(void)
{
    TRY("svc from el0", "svc #5");
    TRY("brk from el0", "brk #7");
    TRY("undefined from el0", ".inst 0x00000001");
    TRY("mrs sctlr from el0", "mrs x0, sctlr_el1");
    TRY("msr ttbr0 from el0", "msr ttbr0_el1, x0");
    TRY("daifset from el0", "msr daifset, #2");
    TRY("mrs daif from el0", "mrs x0, daif");
    TRY("ctr from el0", "mrs x0, ctr_el0");
    TRY("dc civac from el0", "dc civac, x0");
    TRY("dc zva from el0", "mov x0, sp\n\tdc zva, x0");
    TRY("ic ivau from el0", "ic ivau, x0");
    TRY("cntvct from el0", "mrs x0, cntvct_el0");
    TRY("pmccntr from el0", "mrs x0, pmccntr_el0");
    if (!(*(volatile uint8_t *)FREE))
        TRY("wfi from el0", "wfi");
    TRY("hvc from el0", "hvc #1");
    TRY("smc from el0", "smc #1");
    TRY("eret from el0", "eret");
    TRY("tlbi from el0", "tlbi vmalle1");
    TRY("fp from el0", "fadd d0, d0, d0");
    TRY("hlt from el0", "hlt #1");
    LEAVE();
}

static void kernel(void)
{
    TRY("svc", "svc #1");
    TRY("svc 0xffff", "svc #0xffff");
    TRY("brk", "brk #0x123");
    TRY("undefined", ".inst 0x00000000");
    TRY("unallocated", ".inst 0xffffffff");
    TRY("unknown register", "mrs x0, s3_0_c0_c0_7");
    TRY("write of a read-only register", ".inst 0xd5180000");
    TRY("el2 register", "mrs x0, hcr_el2");
    TRY("el3 register", "mrs x0, scr_el3");
    TRY("sp_el0 while in use", "msr spsel, #0\n\tmrs x0, sp_el0\n\tmsr spsel, #1");
    TRY("write of sp_el1", "msr sp_el1, x0");
}

static void registers(void)
{
    print_hex("midr", READ(midr_el1));
    print_hex("mpidr", READ(mpidr_el1));
    print_hex("ctr", READ(ctr_el0));
    print_hex("dczid", READ(dczid_el0));
    print_hex("pfr0", READ(id_aa64pfr0_el1));
    print_hex("isar0", READ(id_aa64isar0_el1));
    print_hex("mmfr0", READ(id_aa64mmfr0_el1));
    line();
    print_hex("clidr", READ(clidr_el1));
    for (unsigned i = 0; i < 3; i++) {
        WRITE(csselr_el1, i);
        print_hex("ccsidr", READ(ccsidr_el1));
    }
    print_hex("cntfrq", READ(cntfrq_el0));
    print_hex("el", READ(CurrentEL));
    print_hex("daif", READ(daif));
    print_hex("sctlr", READ(sctlr_el1));
    line();
}

static void traps(void)
{
    print("floating point off\n");
    WRITE(cpacr_el1, 0);
    TRY("fp at el1", "fadd d0, d0, d0");
    TRY("simd at el1", "ld1 {v0.16b}, [sp]");
    TRY("fpcr at el1", "mrs x0, fpcr");
    WRITE(cpacr_el1, 1 << 20);
    TRY("fp at el1, el0 traps", "fadd d0, d0, d0");
    drop(0x3c0, user, user_stack + sizeof(user_stack));
    WRITE(cpacr_el1, 3 << 20);
    print("el0 may\n");
    *(volatile uint8_t *)FREE = 1;
    WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 9 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 18 | 1 << 26);
    WRITE(cntkctl_el1, 3);
    WRITE(pmuserenr_el0, 1);
    drop(0x3c0, user, user_stack + sizeof(user_stack));
    print("illegal returns\n");
    guest_name = "return to el2";
    __asm__ volatile("msr spsr_el1, %0\n\tadr x1, 1f\n\tmsr elr_el1, x1\n\teret\n1: nop\n\tnop" : : "r"(0x3c9ul) : "x1", "memory");
    guest_name = "return to a mode that is none";
    __asm__ volatile("msr spsr_el1, %0\n\tadr x1, 1f\n\tmsr elr_el1, x1\n\teret\n1: nop\n\tnop" : : "r"(0x3c7ul) : "x1", "memory");
}

static void call_misaligned(void)
{
    guest_name = "misaligned pc";
    __asm__ volatile("ldr x0, =0x40000002\n\tblr x0" ::: "x0", "x30", "memory");
}

static void alignment(void)
{
    TRY("misaligned exclusive", "ldr x0, =0x40400001\n\tldxr w1, [x0]");
    TRY("misaligned acquire", "ldr x0, =0x40400002\n\tldar w1, [x0]");
    TRY("misaligned store release", "ldr x0, =0x40400004\n\tstlr x1, [x0]");
    WRITE(sctlr_el1, READ(sctlr_el1) | 2);
    TRY("misaligned load with A", "ldr x0, =0x40400002\n\tldr w1, [x0]");
    TRY("misaligned store with A", "ldr x0, =0x40400001\n\tstrh w1, [x0]");
    TRY("aligned load with A", "ldr x0, =0x40400004\n\tldr w1, [x0]");
    WRITE(sctlr_el1, READ(sctlr_el1) & ~2ul);
    call_misaligned();
}

int main(void)
{
    registers();
    kernel();
    *(volatile uint8_t *)FREE = 0;
    WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 16));
    drop(0x3c0, user, user_stack + sizeof(user_stack));
    traps();
    alignment();
    print_hex("exceptions", guest_exceptions);
    line();
    end();
}
