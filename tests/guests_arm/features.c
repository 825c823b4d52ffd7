/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * cpu: max
 * Features of `max` in the system half: DIT and SSBS through exceptions and back, SCTLR_EL1.DSSBS, E0PD, small tables (TTST), DC CVADP.
 */
#include "guest.h"

enum { VALID = 1, TABLE = 3, AF = 1 << 10, USER = 1 << 6, INNER = 3 << 8 };
#define DSSBS (1ul << 44)
#define SSBS (1u << 12)
#define DIT (1u << 24)
static uint64_t l1[512] __attribute__((aligned(4096))), low[512] __attribute__((aligned(4096))), small[512] __attribute__((aligned(4096)));
static uint8_t stack[4096] __attribute__((aligned(16)));

static void show(const char *name)
{
    print(name);
    print_hex("dit", READ(s3_3_c4_c2_5));
    print_hex("ssbs", READ(s3_3_c4_c2_6));
    line();
}

static void user(void)
{
    TRY("svc", "svc #1");
    show("user");
    TRY("svc", ".arch armv8.5-a\n\tmsr dit, #1\n\tsvc #2");
    TRY("svc", "msr ssbs, #1\n\tsvc #3");
    TRY("svc", "msr dit, #0\n\tsvc #4");
    LEAVE();
}

static void state(void)
{
    show("reset");
    TRY("undefined", ".arch armv8.5-a\n\tmsr dit, #1\n\tudf #0");
    show("dit");
    WRITE(sctlr_el1, READ(sctlr_el1) | DSSBS);
    __asm__ volatile("msr ssbs, #0");
    TRY("undefined", "udf #0");
    show("after");
    WRITE(s3_3_c4_c2_6, SSBS);
    WRITE(s3_3_c4_c2_5, 0);
    TRY("both other", "udf #0");
    drop(0x3c0, user, stack + sizeof(stack));
    show("back");
    drop(0x3c0 | SSBS | DIT, user, stack + sizeof(stack));
    WRITE(sctlr_el1, READ(sctlr_el1) & ~DSSBS);
    drop(0x3c0 | SSBS, user, stack + sizeof(stack));
}

static void load(const char *name, uint64_t address)
{
    uint64_t value;
    guest_name = name;
    __asm__ volatile("mov %0, #0x77\n\tldr %0, [%1]" : "=&r"(value) : "r"(address) : "memory");
    print(name);
    print_hex("is", value);
    line();
}

static void accesses(void)
{
    load("lower half", FREE);
    load("upper half", 0xffffff8000000000 + FREE);
}

static void user_accesses(void)
{
    accesses();
    LEAVE();
}

static void paging(void)
{
    const uint64_t tcr = 25 | 25 << 16 | 2ul << 30 | 2ul << 32;
    l1[0] = (uint64_t)low | TABLE;
    low[0] = VALID | AF | INNER | USER | 1 << 7;
    low[0x48] = 0x09000000 | VALID | AF | USER | 4;
    l1[1] = 1ul << 30 | VALID | AF | INNER | USER | 1ul << 53;
    *(volatile uint64_t *)FREE = 0x1234;
    WRITE(mair_el1, 0x04ff);
    WRITE(tcr_el1, tcr);
    WRITE(ttbr0_el1, (uint64_t)l1);
    WRITE(ttbr1_el1, (uint64_t)l1);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 26 | 1);
    for (uint64_t e0pd = 0; e0pd < 2; e0pd++) {
        WRITE(tcr_el1, tcr | e0pd << 56);           /* E0PD1 */
        __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
        print(e0pd ? "prevented\n" : "open\n");
        accesses();
        drop(0x3c0, user_accesses, stack + sizeof(stack));
        guest_name = "ldtr";
        __asm__ volatile("ldtr x0, [%0]" :: "r"(0xffffff8000000000 + FREE) : "x0", "memory");
    }
    guest_name = "dc cvadp";
    __asm__ volatile("sys #3, c7, c13, #1, %0" :: "r"(FREE) : "memory");
    /* The upper half of 2 MiB, T1SZ = 43: a table of level 3 alone */
    small[0] = FREE | AF | INNER | 3;
    WRITE(ttbr1_el1, (uint64_t)small);
    WRITE(tcr_el1, 25 | 43 << 16 | 2ul << 30 | 2ul << 32);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    load("small", -0x200000ul);
    load("small, not mapped", -0x1000ul);
    load("below small", -0x400000ul);
    WRITE(tcr_el1, 25 | 48 << 16 | 2ul << 30 | 2ul << 32);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    load("smallest", -0x10000ul);
    load("below smallest", -0x11000ul);
}

int main(void)
{
    state();
    paging();
    end();
}
