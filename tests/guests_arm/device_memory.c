/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * Accesses to Device memory must be aligned, and DC ZVA may not go there: stage 1 off, pages of a table, stage 2's attributes, accesses
 * from one page into another (QEMU 7.2 checks nothing of it and prints no line here).
 */
#include "guest.h"

enum { VALID = 1, PAGE = 3, AF = 1 << 10, USER = 1 << 6, INNER = 3 << 8, DEVICE = 1 << 2, S2_RW = 3 << 6, S2_NORMAL = 15 << 2, S2_DEVICE = 0 };
#define TEST 0x80000000ul                   /* pages: Normal, Device, Normal, Device of EL0 */
#define DEVICE_PAGE (TEST + 0x1000)

static uint64_t l1[512] __attribute__((aligned(4096))), l2[512] __attribute__((aligned(4096))), l3[512] __attribute__((aligned(4096))),
    low[512] __attribute__((aligned(4096))), s2_l1[4] __attribute__((aligned(4096))), s2_l2[512] __attribute__((aligned(4096)));
static uint8_t stack[8192] __attribute__((aligned(16))), user_stack[8192] __attribute__((aligned(16)));
static volatile uint64_t target;

/* The address in x1; what the access reads or writes is of no matter. */
#define AT(offset, text) do { \
        guest_name = text " at " #offset; \
        __asm__ volatile(".arch_extension simd\n\tmov x1, %0\n\t" text :: "r"(target + (offset)) \
                         : "memory", "x1", "x2", "x3", "v0", "v1", "v2", "v3"); \
    } while (0)

static void scalars(void)
{
    AT(1, "ldrb w2, [x1]");
    AT(1, "ldrh w2, [x1]");
    AT(2, "ldrh w2, [x1]");
    AT(2, "ldr w2, [x1]");
    AT(4, "ldr w2, [x1]");
    AT(4, "ldr x2, [x1]");
    AT(4, "str x2, [x1]");
    AT(3, "strh w2, [x1]");
    AT(8, "str x2, [x1]");
    AT(1, "ldrsw x2, [x1, #3]");
    AT(0, "ldr x2, [x1, #4]!");
    AT(4, "ldp x2, x3, [x1]");
    AT(8, "ldp x2, x3, [x1]");
    AT(4, "stp w2, w3, [x1]");
    AT(2, "stp w2, w3, [x1]");
    AT(2, "ldtr w2, [x1]");
    AT(2, "prfm pldl1keep, [x1]");
}

static void vectors_and_blocks(void)
{
    AT(8, "ldr q0, [x1]");
    AT(16, "ldr q0, [x1]");
    AT(4, "ldr d0, [x1]");
    AT(8, "stp q0, q1, [x1]");
    AT(8, "stp d0, d1, [x1]");
    AT(1, "ld1 {v0.16b}, [x1]");
    AT(2, "ld1 {v0.8h, v1.8h}, [x1]");
    AT(2, "ld1 {v0.4s}, [x1]");
    AT(1, "st2 {v0.16b, v1.16b}, [x1]");
    AT(2, "st4 {v0.4s, v1.4s, v2.4s, v3.4s}, [x1]");
    AT(4, "ld3 {v0.4s, v1.4s, v2.4s}, [x1], #48");
    AT(2, "ld1 {v0.s}[1], [x1]");
    AT(4, "ld1r {v0.4s}, [x1]");
    AT(0, "dc zva, x1");
    AT(0, "dc cvac, x1");
}

static void all(const char *name, uint64_t at)
{
    print(name);
    line();
    target = at;
    scalars();
    vectors_and_blocks();
}

/* From a Normal page into a Device page and out of it. */
static void across(void)
{
    print("across\n");
    target = DEVICE_PAGE - 4;
    AT(0, "ldr x2, [x1]");
    AT(0, "str x2, [x1]");
    AT(-4, "ldp x2, x3, [x1]");
    target = DEVICE_PAGE + 0xffc;
    AT(0, "ldr x2, [x1]");
    AT(0, "str x2, [x1]");
    AT(0, "ldr w2, [x1]");
}

static void user(void)
{
    target = TEST + 0x3000;
    AT(2, "ldr w2, [x1]");
    AT(4, "str x2, [x1]");
    AT(0, "dc zva, x1");
    LEAVE();
}

static void paging_on(void)
{
    l1[0] = (uint64_t)low | PAGE;
    low[0] = VALID | AF | INNER | USER | 1 << 7;
    low[0x48] = 0x09000000 | VALID | AF | DEVICE;
    l1[1] = 1ul << 30 | VALID | AF | INNER | USER | 1ul << 53;
    l1[2] = (uint64_t)l2 | PAGE;
    l2[0] = (uint64_t)l3 | PAGE;
    for (unsigned i = 0; i < 4; i++)
        l3[i] = (FREE + i * 4096) | PAGE | AF | INNER | (i & 1 ? DEVICE : 0) | (i == 3 ? USER : 0);
    WRITE(mair_el1, 0x04ff);
    WRITE(tcr_el1, 25 | 1 << 23 | 2ul << 32);
    WRITE(ttbr0_el1, (uint64_t)l1);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 14 | 1);
}

static void at_el1(void)
{
    all("stage 1 off", FREE);
    paging_on();
    all("normal", TEST);
    all("device", DEVICE_PAGE);
    across();
    print("user\n");
    drop(0x3c0, user, user_stack + sizeof(user_stack));
    WRITE(sctlr_el1, READ(sctlr_el1) & ~1ul);
    __asm__ volatile("hvc #0x7ff");
}

/* Stage 1 makes it Normal, stage 2 Device; then HCR_EL2.DC, and at last stage 2 alone off again. */
static void below_stage2(void)
{
    paging_on();
    target = TEST;
    print("device by stage 2\n");
    AT(2, "ldr w2, [x1]");
    AT(4, "str x2, [x1]");
    AT(4, "ldr w2, [x1]");
    WRITE(sctlr_el1, READ(sctlr_el1) & ~1ul);
    target = 0x40800000;
    print("stage 1 off\n");
    AT(2, "ldr w2, [x1]");
    __asm__ volatile("hvc #0x7ff");
}

static void default_cacheable(void)
{
    target = 0x40800000;
    AT(2, "ldr w2, [x1]");
    AT(0, "dc zva, x1");
    target = FREE;
    AT(2, "ldr w2, [x1]");
    __asm__ volatile("hvc #0x7ff");
}

static void stage2_on(uint64_t hcr)
{
    for (unsigned i = 0; i < 4; i++)
        s2_l1[i] = (uint64_t)i << 30 | VALID | S2_NORMAL | S2_RW | INNER | AF;
    s2_l1[1] = (uint64_t)s2_l2 | PAGE;
    for (unsigned i = 0; i < 512; i++)
        s2_l2[i] = (0x40000000ul + i * 0x200000ul) | VALID | S2_RW | INNER | AF | (i == 2 ? S2_DEVICE : S2_NORMAL);
    WRITE(vtcr_el2, 32 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1ul << 31);
    WRITE(vttbr_el2, (uint64_t)s2_l1);
    WRITE(hcr_el2, 1ul << 31 | 1 | hcr);
    __asm__ volatile("tlbi alle1\n\tdsb sy\n\tisb" ::: "memory");
}

int main(void)
{
    all("el2", FREE);
    WRITE(hcr_el2, 1ul << 31);
    drop(0x3c5, at_el1, stack + sizeof(stack));
    stage2_on(0);
    drop(0x3c5, below_stage2, stack + sizeof(stack));
    print("default cacheable\n");
    stage2_on(1 << 12);
    drop(0x3c5, default_cacheable, stack + sizeof(stack));
    end();
}
