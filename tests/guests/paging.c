/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu max
 * Paging: rights of every combination of directory and table entry under CR0.WP, NX, SMEP, SMAP; error codes; accessed and dirty
 * bits; large pages; reserved bits. Two-level and PAE tables in 32 bits, four levels in 64. SDM 3, 4.6 to 4.8.
 */
#include "guest.h"

enum { P = 1, RW = 2, US = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100 };
#define NX (1ull << 63)
#define LINEAR 0x40000000ul
#define TARGET 0x800000ul
#define PAGE 4096

static uint64_t level4[512] __attribute__((aligned(PAGE))), level3[512] __attribute__((aligned(PAGE)));
static uint64_t low_directory[512] __attribute__((aligned(PAGE))), directory[512] __attribute__((aligned(PAGE)));
static uint64_t table[512] __attribute__((aligned(PAGE)));
static bool wide;                               /* entries of eight bytes */

static uint64_t get(void *entries, unsigned i) { return wide ? ((uint64_t *)entries)[i] : ((uint32_t *)entries)[i]; }
static void set(void *entries, unsigned i, uint64_t value)
{
    if (wide) {
        ((uint64_t *)entries)[i] = value;
    } else {
        ((uint32_t *)entries)[i] = (uint32_t)value;
    }
}

/* The entry of LINEAR in the directory and in the table. */
static void *the_directory(void) { return wide ? directory : level3; }
static unsigned directory_slot(void) { return wide ? 0 : LINEAR >> 22; }
static void flush(void) { write_cr3(read_cr3()); }

static void map(uint64_t pde, uint64_t pte)
{
    set(table, 0, (pte & PS ? pte & ~(uint64_t)PS : pte) | TARGET);
    set(the_directory(), directory_slot(), pde & PS ? pde | TARGET : pde | (word)table);
    flush();
}

static void kernel_read(void) { (void)*(volatile uint32_t *)LINEAR; }
static void kernel_write(void) { *(volatile uint32_t *)(LINEAR + 8) = 1; }
static void kernel_execute(void) { ((void (*)(void))LINEAR)(); }
static const struct { const char *name; void (*run)(void); bool user; } accesses[] = {
    { "kr", kernel_read, false }, { "kw", kernel_write, false }, { "kx", kernel_execute, false },
    { "ur", kernel_read, true }, { "uw", kernel_write, true }, { "ux", (void (*)(void))LINEAR, true },
};

/* One line: each access's error code, or a dot and which of A and D it set in directory and leaf. */
static void try_all(const char *what, uint64_t pde, uint64_t pte, bool user_too)
{
    say("%s pde %X pte %X:", what, pde, pte);
    for (unsigned i = 0; i < ARRAY_LEN(accesses); i++) {
        if (accesses[i].user && !user_too) {
            continue;
        }
        map(pde, pte);
        int vector = accesses[i].user ? guarded_user(accesses[i].run) : guarded(accesses[i].run);
        say(" %s ", accesses[i].name);
        if (vector < 0) {
            put(".");
        } else if (vector == 14) {
            put_hex(trap.error, 2);
        } else {
            say("!%d", vector);
        }
        uint64_t directory_entry = get(the_directory(), directory_slot()), leaf = pde & PS ? directory_entry : get(table, 0);
        if (vector < 0) {           /* on a fault, upper entries may or may not be marked accessed */
            put(directory_entry & A ? "a" : "-");
            put(leaf & A ? "a" : "-");
        }
        put(leaf & D ? "d" : vector < 0 ? "-" : "");
    }
    say("\n");
}

static void try_rights(const char *what)
{
    for (unsigned wp = 0; wp < 2; wp++) {
        write_cr0(wp ? read_cr0() | 0x10000 : read_cr0() & ~(word)0x10000);
        say("%s WP=%d\n", what, (int)wp);
        for (unsigned pde = 1; pde < 8; pde += 2) {
            for (unsigned pte = 0; pte < 8; pte++) {
                if (pte & P || pde == 7) {
                    try_all("", pde, pte, true);
                }
            }
        }
        for (unsigned pde = 1; pde < 8; pde += 2) {
            try_all(" large", pde | PS, 0, true);
        }
    }
}

static void try_reserved(void)
{
    try_all("not present directory", 6, 7, true);
    if (wide) {                     /* QEMU 7.2 leaves P clear in the error code; SDM 3, 4.7: it is set */
        try_all("! large, reserved bit 13", P | RW | US | PS | 0x2000, 0, true);
        try_all("! NX off: reserved", 7, 7 | NX, true);
    }
}

static void try_nx(void)
{
    write_msr(0xc0000080, read_msr(0xc0000080) | 0x800);
    try_all("NX table", 7, 7 | NX, true);
    try_all("NX directory", 7 | NX, 7, true);
    try_all("NX large", 7 | PS | NX, 0, true);
    write_msr(0xc0000080, read_msr(0xc0000080) & ~0x800ull);
}

static void identity(uint64_t user)
{
    for (unsigned i = 0; i < 16; i++) {
        if (wide) {
            set(low_directory, i, i * 0x200000ull | P | RW | PS | user);
        } else {
            set(level3, i, i * 0x400000ull | P | RW | PS | user);
        }
    }
    flush();
}

static void supervisor_modes(void)
{
    enum { SMEP = 1 << 20, SMAP = 1 << 21 };
    identity(0);
    write_cr4(read_cr4() | SMEP);
    try_all("SMEP user page", 7, 7, false);
    try_all("SMEP supervisor page", 7, 3, false);
    write_cr4((read_cr4() & ~(word)SMEP) | SMAP);
    try_all("SMAP user page", 7, 7, false);
    try_all("SMAP supervisor page", 3, 7, false);
    __asm__ volatile("stac");
    try_all("SMAP with AC", 7, 7, false);
    __asm__ volatile("clac");
    write_cr4(read_cr4() & ~(word)SMAP);
    identity(US);
}

/* What a TLB may and may not keep: entries until INVLPG, global ones over a CR3 load. */
static void invalidation(void)
{
    volatile uint32_t *page = (uint32_t *)LINEAR;
    *(uint32_t *)TARGET = 0x11111111;
    *(uint32_t *)(TARGET + PAGE) = 0x22222222;
    map(7, 7);
    uint32_t first = *page;
    set(table, 0, 7 | (TARGET + PAGE));
    __asm__ volatile("invlpg (%0)" :: "r"(LINEAR) : "memory");
    say("after INVLPG %l then %l\n", first, *page);
    set(table, 0, 7 | TARGET);
    flush();
    say("after CR3 %l\n", *page);
    set(table, 0, 0);
    __asm__ volatile("invlpg (%0)" :: "r"(LINEAR) : "memory");
    say_trap("not present", guarded(kernel_read), NULL);
    set(table, 0, 7 | TARGET);
    say("present again without INVLPG %l\n", *page);
    write_cr4(read_cr4() | 0x80);
    set(table, 0, 7 | G | TARGET);
    flush();
    first = *page;
    write_cr4(read_cr4() & ~(word)0x80);
    set(table, 0, 7 | (TARGET + PAGE));
    write_cr4(read_cr4() | 0x80);
    say("CR4.PGE switched: %l then %l\n", first, *page);
    write_cr4(read_cr4() & ~(word)0x80);
    *(uint32_t *)TARGET = 0xc3c3c3c3;
}

/* Four bytes from two before the page's end. */
void write_across(void);
extern const char at_cross[];
__asm__(".globl write_across; write_across: mov $0x40000ffe, %ecx; at_cross: movl $0x04030201, (%ecx); ret");

/* An access across two pages: nothing is written when the second faults. */
static void crossing(void)
{
    map(7, 7);
    set(table, 1, 0);
    flush();
    volatile uint8_t *end = (uint8_t *)LINEAR + PAGE - 2;
    end[0] = 0xaa, end[1] = 0xbb;
    int vector = guarded(write_across);
    say_trap("write across", vector, at_cross);
    say("bytes %b %b\n", end[0], end[1]);
    set(table, 1, 7 | (TARGET + PAGE));
    flush();
    vector = guarded(write_across);
    say("write across two pages %d: %b %b %b %b\n", vector, end[0], end[1], ((uint8_t *)TARGET)[PAGE], ((uint8_t *)TARGET)[PAGE + 1]);
    *(uint32_t *)TARGET = 0xc3c3c3c3;
}
static void all(const char *what)
{
    try_rights(what);
    try_reserved();
    if (wide) {
        try_nx();
    }
    supervisor_modes();
    invalidation();
    crossing();
}

void guest_main(void)
{
    *(uint32_t *)TARGET = 0xc3c3c3c3;
#ifdef __x86_64__
    wide = true;
    level4[0] = (word)level3 | 7;
    level3[0] = (word)low_directory | 7;
    level3[1] = (word)directory | 7;
    identity(US);
    write_cr3((word)level4);
    all("four levels");
#else
    write_cr4(read_cr4() | 0x10);
    identity(US);
    write_cr3((word)level3);
    write_cr0(read_cr0() | 0x80000000);
    all("two levels");
    write_cr0(read_cr0() & 0x7fffffff);
    wide = true;
    write_cr4(read_cr4() | 0x20);
    level4[0] = (word)low_directory | 1;
    level4[1] = (word)directory | 1;
    identity(US);
    write_cr3((word)level4);
    write_cr0(read_cr0() | 0x80000000);
    all("PAE");
#endif
}
