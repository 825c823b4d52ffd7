/* SPDX-License-Identifier: MIT */
/*
 * bits: 64
 * options: -cpu max
 * qemu: 7.2 has neither PCIDs nor INVPCID
 * Process-context identifiers: what must be gone after each instruction that invalidates, in the address space in force and in one whose
 * translations were put away; code that differs by address space, and is written through another one. SDM 3, 4.10.
 */
#include "guest.h"

enum { P = 1, RW = 2, US = 4, PS = 0x80, G = 0x100, PAGE = 4096, SPACES = 12, CR4_PGE = 0x80, CR4_PCIDE = 1 << 17, CR4_SMEP = 1 << 20 };
#define LINEAR 0x40000000ul             /* page 0 is not global, page 1 is */
#define TARGET 0x800000ul
#define NO_FLUSH (1ul << 63)
typedef uint64_t table[512] __attribute__((aligned(PAGE)));

static table low, root[SPACES], level3[SPACES], directory[SPACES], leaf[SPACES], other_leaf;
static volatile uint32_t *const page = (uint32_t *)LINEAR;
static unsigned next;                   /* number of the page of TARGET to map next; page n holds n */

static word space(unsigned s) { return (word)root[s] | s; }
static void enter(unsigned s) { write_cr3(space(s) | NO_FLUSH); }

/* Page n of LINEAR shows another page from now on, in this space; its number. */
static unsigned remap(unsigned s, unsigned n)
{
    next = next % 200 + 1;
    leaf[s][n] = (TARGET + next * PAGE) | P | RW | US | (n == 1 ? G : 0);
    return next;
}

static unsigned remap_global(void)
{
    unsigned n = remap(0, 1);
    for (unsigned s = 1; s < SPACES; s++) {
        leaf[s][1] = leaf[0][1];
    }
    return n;
}

static void touch(unsigned s)
{
    enter(s);
    (void)page[0];
    (void)page[PAGE / 4];
}

static void expect(const char *what, unsigned n, unsigned want)
{
    uint32_t got = page[n * (PAGE / 4)];
    say(" %s %s", what, got == want ? "new" : "STALE");
}

struct invpcid { uint64_t pcid, address; };
static void invpcid(word type, uint64_t pcid, uint64_t address)
{
    struct invpcid operand = { pcid, address };
    __asm__ volatile("invpcid %0, %1" :: "m"(operand), "r"(type) : "memory");
}

static void invlpg(word address) { __asm__ volatile("invlpg (%0)" :: "r"(address) : "memory"); }

/* ---- who invalidates what: run in space 1 ---- */

static void load_same(void) { write_cr3(space(1)); }
static void load_other(void) { write_cr3(space(2)); enter(1); }
static void address_here(void) { invlpg(LINEAR); invlpg(LINEAR + PAGE); }
static void address_of_other(void) { invpcid(0, 2, LINEAR); }
static void context_here(void) { invpcid(1, 1, 0); }
static void context_other(void) { invpcid(1, 2, 0); }
static void all_with_global(void) { invpcid(2, 0, 0); }
static void all_but_global(void) { invpcid(3, 0, 0); }
static void toggle_pge(void) { write_cr4(read_cr4() ^ CR4_PGE); write_cr4(read_cr4() ^ CR4_PGE); }
static void toggle_smep(void) { write_cr4(read_cr4() | CR4_SMEP); write_cr4(read_cr4() & ~(word)CR4_SMEP); }
static void toggle_pcide(void)
{
    write_cr3(space(0));
    write_cr4(read_cr4() & ~(word)CR4_PCIDE);
    write_cr4(read_cr4() | CR4_PCIDE);
    enter(1);
}

enum { HERE = 1, OTHER = 2, GLOBAL = 4 };
static const struct { const char *name; void (*run)(void); unsigned gone; } rows[] = {
    { "CR3 of the same PCID", load_same, HERE }, { "CR3 of another PCID", load_other, OTHER },
    { "INVLPG", address_here, HERE | GLOBAL }, { "INVPCID 0", address_of_other, OTHER }, { "INVPCID 1, here", context_here, HERE },
    { "INVPCID 1, another", context_other, OTHER }, { "INVPCID 2", all_with_global, HERE | OTHER | GLOBAL },
    { "INVPCID 3", all_but_global, HERE | OTHER }, { "CR4.PGE", toggle_pge, HERE | OTHER | GLOBAL },
    { "CR4.SMEP set", toggle_smep, HERE }, { "CR4.PCIDE cleared", toggle_pcide, HERE | OTHER | GLOBAL },
};

/* Spaces between, as many as a TLB may keep apart and more. */
static void each_row(unsigned between)
{
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        touch(2);
        for (unsigned s = 0; s < between; s++) {
            touch(3 + s);
        }
        touch(1);
        unsigned here = remap(1, 0), other = remap(2, 0), global = remap_global();
        rows[i].run();
        say("%s:", rows[i].name);
        if (rows[i].gone & HERE) {
            expect("here", 0, here);
        }
        if (rows[i].gone & GLOBAL) {
            expect("global", 1, global);
        }
        enter(2);
        if (rows[i].gone & OTHER) {
            expect("other", 0, other);
        }
        if (rows[i].gone & GLOBAL) {
            expect("its global", 1, global);
        }
        say("\n");
        invpcid(2, 0, 0);
    }
}

/* More single addresses than anybody remembers, while the other space is put away. */
static void many_addresses(void)
{
    enum { MANY = 100 };
    unsigned stale = 0;
    enter(2);
    for (unsigned n = 2; n < MANY; n++) {
        remap(2, n);
        (void)page[n * (PAGE / 4)];
    }
    enter(1);
    for (unsigned n = 2; n < MANY; n++) {
        remap(2, n);
        invpcid(0, 2, LINEAR + n * PAGE);
    }
    enter(2);
    for (unsigned n = 2; n < MANY; n++) {
        stale += page[n * (PAGE / 4)] != (leaf[2][n] - TARGET) / PAGE;
    }
    say("many addresses: %d stale\n", (int)stale);
}

/* Directory entries may be kept too; a large page goes as one. */
static void directories(void)
{
    touch(2);
    enter(1);
    other_leaf[0] = (TARGET + 7 * PAGE) | P | RW | US;
    directory[2][0] = (word)other_leaf | P | RW | US;
    invpcid(0, 2, LINEAR);
    enter(2);
    say("another table:");
    expect("page", 0, 7);
    enter(1);
    directory[2][0] = TARGET | P | RW | US | PS;
    invpcid(1, 2, 0);
    enter(2);
    expect("large page", 5, 5);
    expect("", 9, 9);
    enter(1);
    directory[2][0] = (word)leaf[2] | P | RW | US;
    leaf[2][5] = (TARGET + 6 * PAGE) | P | RW | US;
    invpcid(0, 2, LINEAR + 9 * PAGE);       /* of any address in the large page: all of it */
    enter(2);
    expect("small again", 5, 6);
    say("\n");
}

/* ---- code ---- */

static uint32_t call(void) { return ((uint32_t (*)(void))(LINEAR + 0x10000))(); }
static uint8_t *body(unsigned s) { return (uint8_t *)(TARGET + (210 + s) * PAGE); }

static void code(void)
{
    unsigned wrong = 0;
    for (unsigned s = 1; s < SPACES; s++) {
        body(s)[0] = 0xb8;                  /* mov $s, %eax; ret */
        *(uint32_t *)(body(s) + 1) = s;
        body(s)[5] = 0xc3;
        leaf[s][16] = (word)body(s) | P | RW | US;
    }
    for (unsigned turn = 0; turn < 300; turn++) {
        unsigned s = turn % (turn & 64 ? SPACES - 1 : 2) + 1;
        enter(s);
        wrong += call() != *(uint32_t *)(body(s) + 1);
        if (turn % 3 == 0) {
            *(uint32_t *)(body(1) + 1) += 100;                              /* a space put away, or that in force */
            *(volatile uint32_t *)(LINEAR + 0x10000 + 1) += 1000;           /* through the mapping that runs it */
        }
    }
    say("code: %d wrong\n", (int)wrong);
}

/* ---- refused ---- */

static void bad_type(void) { invpcid(4, 0, 0); }
static void bad_pcid(void) { invpcid(1, 0x1000, 0); }
static void bad_address(void) { invpcid(0, 1, 1ul << 47); }
static void any_address(void) { invpcid(1, 1, 1ul << 47); }
static void no_flush(void) { write_cr3(read_cr3() | NO_FLUSH); }
static void set_pcide(void) { write_cr4(read_cr4() | CR4_PCIDE); }
static void pcid_1(void) { invpcid(1, 1, 0); }
static void pcid_0(void) { invpcid(1, 0, 0); }

static void refused(void)
{
    say_trap("type 4", guarded(bad_type), NULL);
    say_trap("PCID of 13 bits", guarded(bad_pcid), NULL);
    say_trap("address not canonical", guarded(bad_address), NULL);
    say("where it has no meaning %d\n", guarded(any_address));
    say("bit 63 of CR3 %d\n", guarded(no_flush));
    say("CR3 reads %x\n", (read_cr3() & 0xfff) | (read_cr3() & NO_FLUSH));
    write_cr3(space(0));
    write_cr4(read_cr4() & ~(word)CR4_PCIDE);
    say_trap("bit 63 of CR3 without PCIDE", guarded(no_flush), NULL);
    say_trap("a PCID without PCIDE", guarded(pcid_1), NULL);
    say("PCID 0 without PCIDE %d\n", guarded(pcid_0));
    write_cr3(space(0) | 0x18);
    say_trap("PCIDE with bits in CR3", guarded(set_pcide), NULL);
    write_cr3(space(0));
}

void guest_main(void)
{
    for (unsigned i = 0; i < 16; i++) {
        low[i] = i * 0x200000ull | P | RW | PS;
    }
    for (unsigned n = 0; n < 256; n++) {
        *(uint32_t *)(TARGET + n * PAGE) = n;
    }
    for (unsigned s = 0; s < SPACES; s++) {
        root[s][0] = (word)level3[s] | P | RW | US;
        level3[s][0] = (word)low | P | RW;
        level3[s][1] = (word)directory[s] | P | RW | US;
        directory[s][0] = (word)leaf[s] | P | RW | US;
        remap(s, 0);
    }
    remap_global();
    write_cr3((word)root[0]);
    write_cr4(read_cr4() | CR4_PGE | CR4_PCIDE);
    each_row(0);
    each_row(9);
    many_addresses();
    directories();
    code();
    refused();
}
