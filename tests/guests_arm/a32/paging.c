/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,secure=on
 * Short-descriptor translation tables: rights, domains, execute never, access flag, sizes, TTBCR, ASIDs, TEX remap, ATS.
 */
#include "guest32.h"

enum { SECTION = 2, TABLE = 1, SMALL = 2, LARGE = 1, XN = 1, AP_SHIFT = 4, NG = 1 << 11, SECTION_AP = 10, SECTION_XN = 1 << 4, SUPER = 1 << 18,
       USER_RW = 3, DOMAIN = 5, AFE = 1 << 29, TRE = 1 << 28, BX_LR = (int)0xe12fff1e };
#define TEST 0x80000000u

static uint32_t first[4096] __attribute__((aligned(16384))), upper[4096] __attribute__((aligned(16384))),
    second[256] __attribute__((aligned(1024)));
uint32_t guest_target;

static void flush(void) { CP15_PUT(0, c8, c7, 0, 0); }

#define ACCESS(name, text) TRY(name, "movw r3, #:lower16:guest_target\n\tmovt r3, #:upper16:guest_target\n\tldr r3, [r3]\n\t" text)
static void probe(void)
{
    ACCESS("read", "ldr r0, [r3]");
    ACCESS("write", "str r0, [r3, #4]");
    ACCESS("execute", "blx r3");
}

static void both(const char *name, uint32_t target)
{
    print(name);
    line();
    guest_target = target;
    probe();
    print(" user\n");
    in_mode(USR, probe);
}

/* AP[2:0] as the small page descriptor has it: bit 9, bits 5:4. */
static uint32_t ap(uint32_t bits) { return (bits & 3) << AP_SHIFT | bits >> 2 << 9; }

static void map(unsigned page, uint32_t attributes)
{
    *(uint32_t *)(FREE + 4096 * page) = (uint32_t)BX_LR;
    second[page] = (FREE + 4096 * page) | attributes | SMALL;
}

static void tables(void)
{
    first[0] = SECTION | 3 << SECTION_AP | 1 << 15;                             /* flash */
    first[0x90] = 0x09000000 | SECTION | SECTION_XN | 3 << SECTION_AP;          /* PL011 */
    first[0x402] = 0x40200000 | SECTION | SECTION_XN | 3 << SECTION_AP;
    first[0x404] = FREE | SECTION | SECTION_XN | 1 << SECTION_AP;
    first[TEST >> 20] = (uint32_t)second | TABLE | 3 << DOMAIN;
    first[(TEST >> 20) + 1] = FREE | SECTION | 1 << DOMAIN | 3 << SECTION_AP;   /* no access */
    first[(TEST >> 20) + 2] = FREE | SECTION | 2 << DOMAIN;                     /* manager */
    first[(TEST >> 20) + 3] = FREE | SECTION | 3 << DOMAIN | 3 << SECTION_AP | 1; /* PXN */
    first[(TEST >> 20) + 6] = 0x50000000 | TABLE | 3 << DOMAIN;                 /* no memory there */
    first[(TEST >> 20) + 7] = 0x50000000 | SECTION | 3 << DOMAIN | 3 << SECTION_AP;
    for (unsigned i = 0; i < 16; i++) {
        first[(TEST >> 20) + 16 + i] = 0x40000000 | SECTION | SUPER | 3 << SECTION_AP;
    }
    for (unsigned i = 0; i < 8; i++) {
        map(i, ap(i));
    }
    map(8, ap(USER_RW) | XN);
    for (unsigned i = 16; i < 32; i++) {
        second[i] = FREE | LARGE | ap(1);
    }
}

static void on(uint32_t bits)
{
    CP15_PUT(0, c3, c0, 0, 1u | 3u << 4 | 1u << 6);         /* domains 0 and 3 clients, 2 manager, 1 none */
    CP15_PUT(0, c2, c0, 2, 0);
    CP15_PUT(0, c2, c0, 0, (uint32_t)first);
    CP15_PUT(0, c2, c0, 1, (uint32_t)upper);
    flush();
    SCTLR_PUT(SCTLR() | 1 | bits);
}

static void address(const char *name, uint32_t va)
{
    CP15_PUT(0, c7, c8, 0, va);
    print_hex(name, CP15(0, c7, c4, 0));
    CP15_PUT(0, c7, c8, 1, va);
    print_hex("w", CP15(0, c7, c4, 0));
    CP15_PUT(0, c7, c8, 2, va);
    print_hex("ur", CP15(0, c7, c4, 0));
    CP15_PUT(0, c7, c8, 3, va);
    print_hex("uw", CP15(0, c7, c4, 0));
    line();
}

static void rights(void)
{
    static const char *const names[] = { "ap 0", "ap 1", "ap 2", "ap 3", "ap 4", "ap 5", "ap 6", "ap 7", "xn" };
    for (unsigned i = 0; i < 9; i++) {
        both(names[i], TEST + 4096 * i);
    }
    both("no page", TEST + 4096 * 12);
    both("large page", TEST + 4096 * 17);
    both("domain 1", TEST + 0x100000);
    both("domain 2", TEST + 0x200000);
    both("privileged execute never", TEST + 0x300000);
    both("no section", TEST + 0x500000);
    both("table without memory", TEST + 0x600000);
    both("section without memory", TEST + 0x700000);
    both("supersection", TEST + 0x1400000);
    print("across pages\n");
    guest_target = TEST + 4096 * 9 - 6;         /* the write: into a page that is not there */
    ACCESS("read", "ldr r0, [r3, #4]");
    ACCESS("write", "str r0, [r3, #4]");
    ACCESS("read of two", "ldmia r3, {r0, r1}");
}

static void translations(void)
{
    print("ats\n");
    address("ap1", TEST + 4096 + 0x123);
    address("ap2", TEST + 2 * 4096);
    address("ap3", TEST + 3 * 4096);
    address("none", TEST + 12 * 4096);
    address("large", TEST + 17 * 4096);
    address("domain 1", TEST + 0x100000);
    address("no section", TEST + 0x500000);
    address("super", TEST + 0x1400000);
}

static void access_flag(void)
{
    print("access flag\n");
    SCTLR_PUT(SCTLR() | AFE);
    flush();
    both("afe, ap 0", TEST);
    both("afe, ap 3", TEST + 3 * 4096);
    second[3] &= ~(1u << AP_SHIFT);
    flush();
    both("afe, no access flag", TEST + 3 * 4096);
    first[(TEST >> 20) + 4] = FREE | SECTION | 3 << DOMAIN;
    both("afe, section", TEST + 0x400000);
    second[3] |= 1u << AP_SHIFT;
    SCTLR_PUT(SCTLR() & ~(uint32_t)AFE);
    flush();
}

/* Halves of the address space by TTBCR.N, walks off by PD0 and PD1. */
static void split(void)
{
    print("ttbcr\n");
    upper[TEST >> 20] = FREE | SECTION | 3 << SECTION_AP | 3 << DOMAIN;
    CP15_PUT(0, c2, c0, 2, 1);
    flush();
    both("upper half by ttbr1", TEST + 4096 * 12);
    CP15_PUT(0, c2, c0, 2, 1 | 1 << 5);
    flush();
    both("pd1", TEST);
    CP15_PUT(0, c2, c0, 2, 0);
    flush();
}

static uint32_t read_test(void) { return *(volatile uint32_t *)(TEST + 4096 * 10 + 8); }

static void asids(void)
{
    print("asids");
    *(uint32_t *)(FREE + 4096 * 10 + 8) = 0x10;
    *(uint32_t *)(FREE + 4096 * 11 + 8) = 0x11;
    map(10, ap(USER_RW) | NG);
    CP15_PUT(0, c13, c0, 1, 1);
    flush();
    print_hex("1", read_test());
    CP15_PUT(0, c13, c0, 1, 2);
    second[10] = (FREE + 4096 * 11) | ap(USER_RW) | NG | SMALL;
    __asm__ volatile("dsb");
    print_hex("2", read_test());
    CP15_PUT(0, c8, c7, 2, 1);                              /* TLBIASID */
    CP15_PUT(0, c13, c0, 1, 1);
    print_hex("1 flushed", read_test());
    second[10] = (FREE + 4096 * 10) | ap(USER_RW) | NG | SMALL;
    CP15_PUT(0, c8, c7, 1, (TEST + 4096 * 10) | 1);         /* TLBIMVA */
    print_hex("by address", read_test());
    second[10] = (FREE + 4096 * 11) | ap(USER_RW) | NG | SMALL;
    CP15_PUT(0, c8, c7, 3, TEST + 4096 * 10);               /* TLBIMVAA */
    print_hex("by address, all", read_test());
    line();
}

static void remap(void)
{
    print("tex remap\n");
    print_hex("prrr", CP15(0, c10, c2, 0));
    print_hex("nmrr", CP15(0, c10, c2, 1));
    CP15_PUT(0, c10, c2, 0, 0x000a81a8);
    CP15_PUT(0, c10, c2, 1, 0x40e040e0);
    print_hex("prrr", CP15(0, c10, c2, 0));
    SCTLR_PUT(SCTLR() | TRE);
    map(1, ap(USER_RW) | 2 << 2);
    flush();
    both("remapped", TEST + 4096);
    SCTLR_PUT(SCTLR() & ~(uint32_t)TRE);
    flush();
}

int main(void)
{
    tables();
    on(0);
    rights();
    translations();
    access_flag();
    split();
    asids();
    remap();
    print("off\n");
    SCTLR_PUT(SCTLR() & ~1u);
    TRY("done", "svc #1");
    end();
}
