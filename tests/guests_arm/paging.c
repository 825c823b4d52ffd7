/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Stage 1 of EL1&0 with 4 KiB pages: rights, access flag, faults by level, external aborts, TTBR1, sizes, tags, the contiguous hint,
 * AT (QEMU 7.2 gives PAR_EL1 the shareability of Device memory as the descriptor has it).
 */
#include "guest.h"

enum { VALID = 1, TABLE = 2, PAGE = 2, AF = 1 << 10, NG = 1 << 11, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8 };
#define UXN (1ul << 54)
#define PXN (1ul << 53)

static uint64_t l0[512] __attribute__((aligned(65536))), l1[8192] __attribute__((aligned(65536))),
    l2[8192] __attribute__((aligned(65536))),
    l3[8192] __attribute__((aligned(65536))), high[512] __attribute__((aligned(4096))),
        low[512] __attribute__((aligned(4096)));
static uint8_t user_stack[4096] __attribute__((aligned(16)));

#define TEST 0x80000000ul               /* pages of l3 */

static void flush(void) { __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory"); }

static void map(unsigned page, uint64_t attributes)
{
    l3[page] = (FREE + page * 4096) | VALID | PAGE | attributes;
}

static void tables_4k(void)
{
    l0[0] = (uint64_t)l1 | VALID | TABLE;
    l1[0] = (uint64_t)low | VALID | TABLE;
    low[0] = VALID | AF | INNER | USER | READ_ONLY;                     /* the program in flash */
    low[0x48] = 0x09000000 | VALID | AF | UXN | PXN;                    /* PL011 */
    l1[1] = 1ul << 30 | VALID | AF | INNER | UXN | PXN;                 /* RAM */
    l1[2] = (uint64_t)l2 | VALID | TABLE;
    l2[0] = (uint64_t)l3 | VALID | TABLE;
    l2[1] = FREE | VALID | AF | INNER | USER;                           /* 2 MiB, user may write */
    l2[2] = 0;
    l1[3] = 0;
    map(0, AF);
    map(1, AF | READ_ONLY);
    map(2, AF | USER);
    map(3, AF | USER | READ_ONLY);
    map(4, 0);                                                          /* no access flag */
    map(5, AF | UXN | PXN);
    map(6, AF | PXN);
    map(7, AF | UXN | USER | READ_ONLY);
    map(8, AF | USER | READ_ONLY);
    l3[9] = 0;
    l3[10] = FREE | VALID | AF;                                         /* a block where none may be */
    l2[3] = 0x50000000 | VALID | TABLE;                                 /* no memory there */
    l2[4] = 0x50000000 | VALID | AF;
    l3[11] = 1ul << 47 | VALID | PAGE | AF;                             /* beyond the output size */
}

static void on(uint64_t tcr)
{
    WRITE(mair_el1, 0xaa04ff);
    WRITE(tcr_el1, tcr);
    WRITE(ttbr0_el1, (uint64_t)l0);
    WRITE(ttbr1_el1, (uint64_t)high);
    flush();
    WRITE(sctlr_el1, READ(sctlr_el1) | 1);
}

static uint64_t load(uint64_t address) { uint64_t v; __asm__ volatile("mov %0, #0x77\n\tldr %0, [%1, #64]" : "=&r"(v) : "r"(address) : "memory"); return v; }
static void store(uint64_t address) { __asm__ volatile("str xzr, [%0, #64]" : : "r"(address) : "memory"); }
static void call(uint64_t address) { __asm__ volatile("blr %0" : : "r"(address) : "x30", "memory"); }

static void try_all(const char *name, uint64_t address)
{
    guest_name = name;
    (void)load(address);
    store(address);
    call(address);
}

static void kernel_pages(void)
{
    static const char *const names[] = { "kernel rw", "kernel ro", "user rw", "user ro", "no af", "no exec", "pxn",
        "uxn", "user ro exec", "invalid",
                                         "block at 3", "address size" };
    for (unsigned i = 0; i < 12; i++)
        try_all(names[i], TEST + i * 4096);
    try_all("level 2 invalid", TEST + 0x400000);
    try_all("table without memory", TEST + 0x600000);
    try_all("block without memory", TEST + 0x800000);
    try_all("level 1 invalid", TEST + 0x40000000);
    try_all("level 0 invalid", 1ul << 40);
    try_all("beyond ttbr0", 1ul << 50);
    try_all("ttbr1 invalid", ~0ul << 40);
    try_all("beyond ttbr1", ~0ul << 50);
}

static void user_pages(void)
{
    for (unsigned i = 0; i < 12; i++)
        try_all("user", TEST + i * 4096);
    LEAVE();
}

/* Users need the program's data and stack. */
static void open_to_users(void)
{
    l1[1] |= USER;
    flush();
}

static void at(const char *name, uint64_t address)
{
    print(name);
    __asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(address) : "memory");
    print_hex("r1", READ(par_el1));
    __asm__ volatile("at s1e1w, %0\n\tisb" : : "r"(address) : "memory");
    print_hex("w1", READ(par_el1));
    __asm__ volatile("at s1e0r, %0\n\tisb" : : "r"(address) : "memory");
    print_hex("r0", READ(par_el1));
    __asm__ volatile("at s1e0w, %0\n\tisb" : : "r"(address) : "memory");
    print_hex("w0", READ(par_el1));
    line();
}

static void more(void)
{
    for (unsigned i = 0; i < 12; i++)
        at("at", TEST + i * 4096);
    at("at block", TEST + 0x212345);
    for (unsigned i = 0; i < 16; i++)
        l3[16 + i] = (FREE + (16 + i) * 4096) | VALID | PAGE | AF | 1ul << 52;     /* contiguous */
    l3[32] = FREE | VALID | PAGE | AF | 1 << 2;
    l3[33] = FREE | VALID | PAGE | AF | INNER | 2 << 2;
    flush();
    at("at contiguous", TEST + 21 * 4096);
    try_all("contiguous", TEST + 22 * 4096);
    at("at device", TEST + 32 * 4096);
    at("at outer write-through", TEST + 33 * 4096);
    at("at nothing", TEST + 0x40000000);
    guest_name = "at table without memory";
    at(guest_name, TEST + 0x600000);
    print("tables' own rights\n");
    l2[0] |= 1ul << 62;                 /* APTable: read-only */
    flush();
    try_all("ro by table", TEST);
    l2[0] = (l2[0] & ~(3ul << 61)) | 1ul << 61;
    flush();
    at("no user by table", TEST + 2 * 4096);
    l2[0] = (l2[0] & ~(3ul << 61)) | 1ul << 59;
    flush();
    guest_name = "pxn by table";
    call(TEST + 8 * 4096);
    l2[0] &= ~(0x1ful << 59);
    flush();
    print("wxn\n");
    guest_name = "call of a page that may be written";
    call(TEST);
    WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 19);
    flush();
    call(TEST);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 19));
    flush();
}

static void tags(uint64_t tcr)
{
    *(volatile uint64_t *)(FREE + 64) = 0x1234;
    guest_name = "tagged";
    print_hex("tagged without tbi", load(TEST | 0xab00000000000000));
    line();
    WRITE(tcr_el1, tcr | 1ul << 37);
    flush();
    print_hex("tagged with tbi", load(TEST | 0xab00000000000000));
    line();
    WRITE(tcr_el1, tcr);
    flush();
}

int main(void)
{
    const uint64_t tcr = 16 | 16ul << 16 | 2ul << 30 | 2ul << 32 | 1ul << 8 | 1ul << 10 | 3ul << 12;
    tables_4k();
    for (unsigned i = 0; i < 1024; i++)
        *(volatile uint32_t *)(FREE + i * 4096) = 0xd65f03c0;           /* ret */
    on(tcr);
    print("mmu on\n");
    kernel_pages();
    more();
    tags(tcr);
    open_to_users();
    drop(0x3c0, user_pages, user_stack + sizeof(user_stack));
    print_hex("exceptions", guest_exceptions);
    line();
    end();
}
