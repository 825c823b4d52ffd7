/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * ASIDs of AArch32, in CONTEXTIDR with short descriptors and in TTBR0 with long ones: what TLB maintenance says must be gone is gone in the
 * address space in force and in those before. Domains: DACR takes effect at each change, with what was mapped meanwhile.
 */
#include "guest32.h"

enum { SECTION = 2, SHORT_TABLE = 1, SMALL = 2, SHORT_NG = 1 << 11, AP_ALL = 3 << 4, SECTION_AP = 10, DOMAIN = 5,
       BLOCK = 1, LONG_TABLE = 3, PAGE = 3, USER = 1 << 6, INNER = 3 << 8, AF = 1 << 10, NG = 1 << 11, SPACES = 10, PAGES = 256 };
#define EAE (1u << 31)
#define TEST 0x80000000u                /* page 0 is not global, page 1 is */

static uint32_t short1[SPACES][4096] __attribute__((aligned(16384))), short2[SPACES][256] __attribute__((aligned(1024)));
static uint64_t long1[SPACES][4] __attribute__((aligned(32))), low[512] __attribute__((aligned(4096))),
    long2[SPACES][512] __attribute__((aligned(4096))), long3[SPACES][512] __attribute__((aligned(4096)));
static int is_long;
static unsigned next;                   /* number of the page of FREE to map next; page n holds n */

static uint32_t read_at(uint32_t va) { return *(volatile uint32_t *)va; }

/* The kernel's mapping is global and in all tables, so it may be seen under either ASID on the way. */
static void enter(unsigned s)
{
    if (is_long) {
        const uint64_t value = (uint32_t)long1[s] | (uint64_t)(s + 1) << 48;
        __asm__ volatile("mcrr p15, 0, %Q0, %R0, c2\n\tisb" :: "r"(value) : "memory");
    } else {
        CP15_PUT(0, c13, c0, 1, s + 1);
        CP15_PUT(0, c2, c0, 0, (uint32_t)short1[s]);
    }
}

static unsigned remap(unsigned s, unsigned n)
{
    next = next % 200 + 1;
    short2[s][n] = (FREE + next * 4096) | AP_ALL | SMALL | (n == 1 ? 0 : SHORT_NG);
    long3[s][n] = (FREE + next * 4096) | USER | INNER | AF | PAGE | (n == 1 ? 0 : NG);
    return next;
}

static unsigned remap_global(void)
{
    unsigned n = remap(0, 1);
    for (unsigned s = 1; s < SPACES; s++) {
        short2[s][1] = short2[0][1];
        long3[s][1] = long3[0][1];
    }
    return n;
}

static void expect(const char *what, uint32_t got, unsigned want)
{
    print(" ");
    print(what);
    print(got == want ? " new" : " STALE");
}

/* ---- forms; in force is space 0, ASID 1 ---- */

#define FORM(name, m, op) \
    static void name(uint32_t x) { __asm__ volatile("dsb\n\tmcr p15, 0, %0, c8, " #m ", " #op "\n\tdsb\n\tisb" :: "r"(x) : "memory"); }
FORM(tlbiall, c7, 0) FORM(tlbimva, c7, 1) FORM(tlbiasid, c7, 2) FORM(tlbimvaa, c7, 3)
FORM(tlbiallis, c3, 0) FORM(tlbimvais, c3, 1) FORM(tlbiasidis, c3, 2) FORM(tlbimvaais, c3, 3)
FORM(dtlbiall, c6, 0) FORM(dtlbimva, c6, 1) FORM(dtlbiasid, c6, 2)

enum { HERE = 1, OTHER = 2, GLOBAL = 4 };
static const struct { const char *name; void (*run)(uint32_t x); uint32_t operand; unsigned gone; } forms[] = {
    { "TLBIALL", tlbiall, 0, HERE | OTHER | GLOBAL }, { "TLBIMVA", tlbimva, TEST | 1, HERE },
    { "TLBIMVA of another ASID", tlbimva, TEST | 2, OTHER }, { "TLBIMVA of a global page", tlbimva, (TEST + 4096) | 7, GLOBAL },
    { "TLBIASID", tlbiasid, 1, HERE }, { "TLBIASID of another ASID", tlbiasid, 2, OTHER },
    { "TLBIMVAA", tlbimvaa, TEST, HERE | OTHER }, { "TLBIMVAA of a global page", tlbimvaa, TEST + 4096, GLOBAL },
    { "TLBIALLIS", tlbiallis, 0, HERE | OTHER | GLOBAL }, { "TLBIMVAIS", tlbimvais, TEST | 1, HERE },
    { "TLBIMVAIS of another ASID", tlbimvais, TEST | 2, OTHER }, { "TLBIASIDIS", tlbiasidis, 1, HERE },
    { "TLBIASIDIS of another ASID", tlbiasidis, 2, OTHER }, { "TLBIMVAAIS", tlbimvaais, TEST, HERE | OTHER },
    { "DTLBIALL", dtlbiall, 0, HERE | OTHER | GLOBAL }, { "DTLBIMVA of another ASID", dtlbimva, TEST | 2, OTHER },
    { "DTLBIASID of another ASID", dtlbiasid, 2, OTHER },
};

static void touch(unsigned s)
{
    enter(s);
    read_at(TEST);
    read_at(TEST + 4096);
}

/* between: spaces in force meanwhile, as many as a TLB may keep apart and more. */
static void each_form(unsigned between)
{
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        touch(1);
        for (unsigned s = 0; s < between; s++) {
            touch(2 + s);
        }
        touch(0);
        unsigned here = remap(0, 0), other = remap(1, 0), global = remap_global(), gone = forms[i].gone;
        forms[i].run(forms[i].operand);
        print(forms[i].name);
        if (gone & HERE) {
            expect("here", read_at(TEST), here);
        }
        if (gone & GLOBAL) {
            expect("global", read_at(TEST + 4096), global);
        }
        enter(1);
        if (gone & OTHER) {
            expect("other", read_at(TEST), other);
        }
        if (gone & GLOBAL) {
            expect("its global", read_at(TEST + 4096), global);
        }
        line();
        tlbiall(0);
    }
}

/* Domain 3 has TEST: refused, and as the descriptors say. */
static void domains(void)
{
    enum { NONE = 1, CLIENT = 1 | 1 << 6 };
    unsigned before = guest_exceptions, stale = 0;
    enter(0);
    for (unsigned turn = 0; turn < 4; turn++) {
        CP15_PUT(0, c3, c0, 0, NONE);
        TRY("no access", "mov r3, #0x80000000\n\tldr r0, [r3]");
        CP15_PUT(0, c3, c0, 0, CLIENT);
        stale += read_at(TEST) != (short2[0][0] - FREE) / 4096;
    }
    print_hex("domains: refused", guest_exceptions - before);
    for (unsigned turn = 0; turn < 100; turn++) {
        unsigned here = remap(0, 0), global = remap_global();
        CP15_PUT(0, c3, c0, 0, NONE);
        if (turn % 2) {
            tlbimva(TEST | 1);
            tlbimvaa(TEST + 4096);
        } else {
            tlbiall(0);
        }
        CP15_PUT(0, c3, c0, 0, CLIENT);
        stale += (read_at(TEST) != here) + (read_at(TEST + 4096) != global);
    }
    print_hex("stale", stale);
    line();
}

static void build(void)
{
    low[0] = AF | INNER | USER | 1 << 7 | BLOCK;
    low[0x09000000 >> 21] = 0x09000000 | AF | USER | 1 << 2 | BLOCK;
    for (unsigned n = 0; n < PAGES; n++) {
        *(volatile uint32_t *)(FREE + 4096 * n) = n;
    }
    for (unsigned s = 0; s < SPACES; s++) {
        short1[s][0] = SECTION | 3 << SECTION_AP | 1 << 15;
        short1[s][0x90] = 0x09000000 | SECTION | 3 << SECTION_AP;
        for (unsigned n = 0x400; n < 0x440; n++) {
            short1[s][n] = n << 20 | SECTION | 3 << SECTION_AP;
        }
        short1[s][TEST >> 20] = (uint32_t)short2[s] | SHORT_TABLE | 3 << DOMAIN;
        long1[s][0] = (uint32_t)low | LONG_TABLE;
        long1[s][1] = 0x40000000 | AF | INNER | USER | BLOCK;
        long1[s][2] = (uint32_t)long2[s] | LONG_TABLE;
        long2[s][0] = (uint32_t)long3[s] | LONG_TABLE;
        remap(s, 0);
    }
    remap_global();
}

static void off(void) { SCTLR_PUT(SCTLR() & ~1u); }

static void on(uint32_t ttbcr)
{
    CP15_PUT(0, c2, c0, 2, ttbcr);
    is_long = ttbcr != 0;
    enter(0);
    tlbiall(0);
    SCTLR_PUT(SCTLR() | 1);
}

int main(void)
{
    build();
    CP15_PUT(0, c3, c0, 0, 1 | 1 << 6);
    CP15_PUT(0, c10, c2, 0, 0xff);
    on(0);
    print("short descriptors\n");
    each_form(0);
    each_form(8);
    domains();
    off();
    on(EAE);
    print("long descriptors\n");
    each_form(0);
    each_form(8);
    end();
}
