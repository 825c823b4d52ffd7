/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Long-descriptor translation tables of AArch32 (LPAE): blocks and pages, AP and APTable, XN and PXN and their table forms, WXN,
 * the access flag, the contiguous hint, TTBCR, long fault status, ATS, TLB maintenance. QEMU 7.2 gives PAR the shareability of Device memory as the
 * descriptor has it, and does not tell a watched write from a read.
 */
#include "guest32.h"

typedef uint64_t desc;
enum { BLOCK = 1, TABLE = 3, PAGE = 3, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8, AF = 1 << 10, NG = 1 << 11, BX_LR = (int)0xe12fff1e,
       WXN = 1 << 19, UWXN = 1 << 20, EAE = 1 << 31 };
#define XN (1ull << 54)
#define PXN (1ull << 53)
#define CONTIGUOUS (1ull << 52)
#define PXN_TABLE (1ull << 59)
#define XN_TABLE (1ull << 60)
#define NO_USER_TABLE (1ull << 61)
#define READ_ONLY_TABLE (1ull << 62)
#define ATTR(n) ((n) << 2)
#define TEST 0x80000000u
#define MIB2 0x200000u
#define OPEN (AF | INNER | USER)

static desc first[4] __attribute__((aligned(32))), other[4] __attribute__((aligned(32))), low[512] __attribute__((aligned(4096))),
    second[512] __attribute__((aligned(4096))), third[512] __attribute__((aligned(4096)));
uint32_t guest_target;

static void flush(void) { __asm__ volatile("dsb"); CP15_PUT(0, c8, c7, 0, 0); }
static void ttb0(desc value) { __asm__ volatile("mcrr p15, 0, %Q0, %R0, c2\n\tisb" :: "r"(value)); }
static void ttb1(desc value) { __asm__ volatile("mcrr p15, 1, %Q0, %R0, c2\n\tisb" :: "r"(value)); }
static desc table(const desc *at) { return (desc)(uint32_t)at | TABLE; }

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

/* A page of third, and block n of second: memory of their own whose first word returns. */
static void page(unsigned n, desc attributes)
{
    *(uint32_t *)(FREE + 4096 * n) = (uint32_t)BX_LR;
    third[n] = (FREE + 4096 * n) | attributes | PAGE;
}

static void block(unsigned n, desc attributes) { second[n] = FREE | attributes | BLOCK; }

static void tables(void)
{
    *(uint32_t *)FREE = (uint32_t)BX_LR;
    low[0] = AF | INNER | USER | READ_ONLY | BLOCK;         /* flash */
    low[0x09000000 / MIB2] = 0x09000000 | AF | USER | ATTR(1) | XN | BLOCK;
    first[0] = table(low);
    first[1] = 0x40000000 | OPEN | XN | BLOCK;
    first[2] = table(second);
    second[0] = table(third);
    for (unsigned ap = 0; ap < 4; ap++) {
        page(ap, AF | INNER | (desc)ap << 6);
        block(1 + ap, AF | INNER | (desc)ap << 6);
    }
    page(4, OPEN | XN);
    page(5, OPEN | PXN);
    page(6, USER | INNER);
    third[7] = 0;
    third[8] = FREE | OPEN | 1;                             /* reserved at level 3 */
    third[9] = 0x50000000 | OPEN | PAGE;                    /* no memory there */
    page(10, OPEN | NG);
    for (unsigned i = 16; i < 32; i++)
        third[i] = (FREE + 4096 * i) | OPEN | CONTIGUOUS | PAGE;
    block(5, OPEN | XN);
    block(6, OPEN | PXN);
    block(7, USER | INNER);
    second[8] = table(third) | READ_ONLY_TABLE;
    second[9] = table(third) | NO_USER_TABLE;
    second[10] = table(third) | XN_TABLE;
    second[11] = table(third) | PXN_TABLE;
    second[12] = table(third) | READ_ONLY_TABLE | NO_USER_TABLE;
    second[13] = 0x50001000 | TABLE;                        /* no memory there */
    for (unsigned i = 16; i < 32; i++)
        block(i, OPEN | CONTIGUOUS);
}

static void on(void)
{
    CP15_PUT(0, c10, c2, 0, 0x00bb04ff);                    /* MAIR0: Normal, Device, another Normal one */
    CP15_PUT(0, c10, c2, 1, 0x44444444);
    CP15_PUT(0, c2, c0, 2, EAE);
    ttb0((uint32_t)first);
    ttb1((uint32_t)other);
    flush();
    SCTLR_PUT(SCTLR() | 1);
}

static void rights(void)
{
    static const char *const pages[] = { "page ap 0", "page ap 1", "page ap 2", "page ap 3", "page xn", "page pxn", "page without access flag",
                                         "no page", "reserved page", "page without memory", "page ng" };
    static const char *const blocks[] = { "block ap 0", "block ap 1", "block ap 2", "block ap 3", "block xn", "block pxn",
                                          "block without access flag" };
    for (unsigned i = 0; i < 11; i++)
        both(pages[i], TEST + 4096 * i);
    both("contiguous page", TEST + 4096 * 19);
    for (unsigned i = 0; i < 7; i++)
        both(blocks[i], TEST + MIB2 * (1 + i));
    both("contiguous block", TEST + MIB2 * 21);
    both("no block", TEST + MIB2 * 40);
    both("table without memory", TEST + MIB2 * 13);
    both("no table", 0xc0001000);
}

static void hierarchy(void)
{
    both("aptable: read-only", TEST + MIB2 * 8 + 4096);
    both("aptable: no user", TEST + MIB2 * 9 + 4096);
    both("aptable: no user, read-only for all", TEST + MIB2 * 9 + 3 * 4096);
    both("xntable", TEST + MIB2 * 10 + 4096);
    both("pxntable", TEST + MIB2 * 11 + 4096);
    both("aptable: both", TEST + MIB2 * 12 + 4096);
    SCTLR_PUT(SCTLR() | WXN);
    low[0x09000000 / MIB2] |= XN;
    flush();
    both("wxn", TEST + 4096);
    both("wxn, read-only", TEST + 3 * 4096);
    SCTLR_PUT((SCTLR() & ~(uint32_t)WXN) | UWXN);
    flush();
    both("uwxn", TEST + 4096);
    both("uwxn, privileged", TEST);
    SCTLR_PUT(SCTLR() & ~(uint32_t)UWXN);
    flush();
}

static void more_faults(void)
{
    print("other faults\n");
    guest_target = TEST + 4096;
    CP15_PUT(0, c6, c0, 2, 0);                              /* IFAR, which a breakpoint may leave as it is or not */
    TRY("breakpoint", "bkpt #1");
    ACCESS("unaligned", "add r3, r3, #2\n\tldmia r3, {r0, r1}");
    ACCESS("unaligned write", "add r3, r3, #2\n\tstmia r3, {r0, r1}");
    ACCESS("unaligned exclusive", "add r3, r3, #1\n\tldrex r0, [r3]");
    guest_target = TEST + 4096 * 7 - 4;
    ACCESS("across into no page", "ldrd r0, r1, [r3]");
    ACCESS("across into no page, write", "strd r0, r1, [r3]");
    ACCESS("cache maintenance", "add r3, r3, #4\n\tmcr p15, 0, r3, c7, c10, 1");
}

/* Debug events, as the long format tells them. */
__asm__(".text\n.arm\nbreak_here:\n\tnop\n\tbx lr\n");
extern char break_here[];
static void debug_events(void)
{
    enum { MDBGEN = 1 << 15, ENABLE = 1, ANY_LEVEL = 3 << 1, ANY_ACCESS = 3 << 3, WORD = 0xf << 5 };
    guest_target = TEST + 4096;
    CP_WRITE(p14, 0, c1, c0, 4, 0);                         /* DBGOSLAR: open */
    CP_WRITE(p14, 0, c0, c0, 4, (uint32_t)break_here);      /* DBGBVR0, DBGBCR0, DBGWVR0, DBGWCR0 */
    CP_WRITE(p14, 0, c0, c0, 5, ENABLE | ANY_LEVEL | WORD);
    CP_WRITE(p14, 0, c0, c0, 6, TEST + 4096);
    CP_WRITE(p14, 0, c0, c0, 7, ENABLE | ANY_LEVEL | ANY_ACCESS | WORD);
    CP_WRITE(p14, 0, c0, c2, 2, CP_READ(p14, 0, c0, c2, 2) | MDBGEN);
    TRY("breakpoint register", "movw r1, #:lower16:break_here\n\tmovt r1, #:upper16:break_here\n\tstr r1, [r9]\n\tbl break_here");
    ACCESS("watched read", "ldr r0, [r3]");
    ACCESS("watched write", "str r0, [r3]");
    CP_WRITE(p14, 0, c0, c2, 2, CP_READ(p14, 0, c0, c2, 2) & ~(uint32_t)MDBGEN);
}

static void address(const char *name, uint32_t va)
{
    static const char *const kinds[] = { "r", "w", "ur", "uw" };
    print(name);
    for (unsigned kind = 0; kind < 4; kind++) {
        uint64_t par;
        if (kind == 0)
            CP15_PUT(0, c7, c8, 0, va);
        if (kind == 1)
            CP15_PUT(0, c7, c8, 1, va);
        if (kind == 2)
            CP15_PUT(0, c7, c8, 2, va);
        if (kind == 3)
            CP15_PUT(0, c7, c8, 3, va);
        __asm__ volatile("mrrc p15, 0, %Q0, %R0, c7" : "=r"(par));
        print_hex(kinds[kind], (uint32_t)(par >> 32));
        print_hex("", (uint32_t)par);
    }
    line();
}

static void translations(void)
{
    print("ats\n");
    address("ap 0", TEST + 0x123);
    address("ap 1", TEST + 4096);
    address("ap 2", TEST + 2 * 4096);
    address("ap 3", TEST + 3 * 4096);
    address("no access flag", TEST + 6 * 4096);
    address("no page", TEST + 7 * 4096);
    address("block", TEST + 2 * MIB2 + 0x12345);
    address("no user", TEST + 9 * MIB2 + 4096);
    address("no table", 0xc0000000);
    third[12] = 0x3000005000ull | OPEN | ATTR(2) | PAGE;
    third[13] = FREE | OPEN | ATTR(1) | PAGE;
    third[14] = FREE | USER | AF | 2 << 8 | ATTR(3) | PAGE;
    flush();
    address("above 4 GiB", TEST + 12 * 4096);
    address("device", TEST + 13 * 4096);
    address("outer shareable", TEST + 14 * 4096);
}

/* TTBCR.T0SZ, T1SZ, EPD0, EPD1. What is below 80000000h stays TTBR0's. */
static void split(void)
{
    other[2] = other[0] = 0x40000000 | OPEN | XN | BLOCK;
    other[3] = other[1] = table(second);
    CP15_PUT(0, c2, c0, 2, EAE | 1);
    flush();
    both("t0sz 1: upper half by ttbr1", 0xc0000000 + 4096);
    both("t0sz 1", 0x80400000);
    CP15_PUT(0, c2, c0, 2, EAE | 1 | 1 << 16);
    flush();
    both("t0sz 1, t1sz 1", 0xc0000000 + 4096);
    CP15_PUT(0, c2, c0, 2, EAE | 1 << 17);                  /* t1sz 2: from c0000000 on, by a table of level 2 */
    ttb1((uint32_t)second);
    flush();
    both("t1sz 2", 0xc0000000 + 4096);
    both("t1sz 2, below", 0x80000000 + 4096);
    CP15_PUT(0, c2, c0, 2, EAE | 1 | 1 << 17);
    flush();
    both("between", 0x80000000 + 4096);
    CP15_PUT(0, c2, c0, 2, EAE | 1 << 17 | 1 << 23);
    flush();
    both("epd1", 0xc0000000 + 4096);
    CP15_PUT(0, c2, c0, 2, EAE | 7 << 16);                  /* t1sz 7: the last 32 MiB */
    ttb1((uint32_t)second);
    flush();
    both("t1sz 7", 0xfe000000 + 4096);
    CP15_PUT(0, c2, c0, 2, EAE);
    ttb1((uint32_t)other);
    flush();
}

static uint32_t read_test(void) { return *(volatile uint32_t *)(TEST + 4096 * 10 + 8); }

/* The ASID is in TTBR0 or, by TTBCR.A1, in TTBR1. */
static void asids(void)
{
    print("asids");
    *(uint32_t *)(FREE + 4096 * 10 + 8) = 0x10;
    *(uint32_t *)(FREE + 4096 * 11 + 8) = 0x11;
    ttb0((uint32_t)first | 1ull << 48);
    flush();
    print_hex("1", read_test());
    ttb0((uint32_t)first | 2ull << 48);
    third[10] = (FREE + 4096 * 11) | OPEN | NG | PAGE;
    __asm__ volatile("dsb");
    print_hex("2", read_test());
    CP15_PUT(0, c2, c0, 2, EAE | 1 << 22);
    ttb1((uint32_t)other | 3ull << 48);
    third[10] = (FREE + 4096 * 10) | OPEN | NG | PAGE;
    __asm__ volatile("dsb");
    print_hex("3 of ttbr1", read_test());
    CP15_PUT(0, c2, c0, 2, EAE);
    line();
}

/* The page moves and moves back: each form must make that seen. */
#define FORM(name, op1, m, op2, value) \
    do { \
        third[10] = (FREE + 4096 * 10) | OPEN | NG | PAGE; \
        flush(); \
        print(name); \
        print_hex("before", read_test()); \
        third[10] = (FREE + 4096 * 11) | OPEN | NG | PAGE; \
        __asm__ volatile("dsb"); \
        CP15_PUT(op1, c8, m, op2, value); \
        __asm__ volatile("dsb\n\tisb"); \
        print_hex("after", read_test()); \
        line(); \
    } while (0)
static void maintenance(void)
{
    const uint32_t va = TEST + 4096 * 10;
    ttb0((uint32_t)first | 1ull << 48);
    FORM("tlbiall", 0, c7, 0, 0);
    FORM("tlbimva", 0, c7, 1, va | 1);
    FORM("tlbiasid", 0, c7, 2, 1);
    FORM("tlbimvaa", 0, c7, 3, va);
    FORM("tlbiallis", 0, c3, 0, 0);
    FORM("tlbimvais", 0, c3, 1, va | 1);
    FORM("tlbiasidis", 0, c3, 2, 1);
    FORM("tlbimvaais", 0, c3, 3, va);
    FORM("dtlbiall", 0, c6, 0, 0);
    FORM("dtlbimva", 0, c6, 1, va | 1);
    FORM("dtlbiasid", 0, c6, 2, 1);
}

int main(void)
{
    print_hex("mmfr0", CP15(0, c0, c1, 4) & 0xf);
    line();
    tables();
    on();
    rights();
    hierarchy();
    more_faults();
    debug_events();
    translations();
    split();
    asids();
    maintenance();
    print("off\n");
    SCTLR_PUT(SCTLR() & ~1u);
    TRY("done", "svc #1");
    end();
}
