/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * smp: 2
 * ASIDs: address spaces with tables of their own, between which TTBR changes without TLB maintenance. What a TLBI says must be gone is
 * gone in the space in force and in those that were in force before, on this CPU and, of the forms for the inner shareable domain,
 * on another one. Code that differs by address space, and is written through another one. ASIDs in TTBR0 and in TTBR1.
 */
#include "guest.h"

enum { VALID = 1, TABLE = 2, PAGE = 2, AF = 1 << 10, NG = 1 << 11, INNER = 3 << 8, SPACES = 12, PAGES = 256 };
#define UXN (1ul << 54)
#define PXN (1ul << 53)
#define TEST 0x80000000ul               /* page 0 is not global, page 1 is */
#define TCR_A1 (1ul << 22)
#define ASID(n) ((uint64_t)(n) << 48)
typedef uint64_t table[512] __attribute__((aligned(4096)));

static table low, unused, l1[SPACES], l2[SPACES], l3[SPACES], other_l3;
static uint8_t stack1[8192] __attribute__((aligned(16)));
static volatile uint32_t ask __attribute__((aligned(64))), answer __attribute__((aligned(64)));
static volatile uint64_t asked_space, asked_address, seen;
static unsigned next;                   /* number of the page of FREE to map next; page n holds n */

extern char asid_start[];
uint8_t *volatile asid_stack;
__asm__(".text\nasid_start:\n\tldr x1, =asid_stack\n\tldr x1, [x1]\n\tmov sp, x1\n\tb asid_secondary\n.ltorg\n");

static void dsb(void) { __asm__ volatile("dsb sy\n\tisb" ::: "memory"); }
static uint64_t read_at(uint64_t va) { return *(volatile uint64_t *)va; }

/* TTBR1's tables are empty: it only holds the ASID when TCR.A1 is set. */
static void enter(unsigned s)
{
    if (READ(tcr_el1) & TCR_A1)
        WRITE(ttbr1_el1, (uint64_t)unused | ASID(s + 1));
    WRITE(ttbr0_el1, (uint64_t)l1[s] | ASID(READ(tcr_el1) & TCR_A1 ? 0x77 : s + 1));
}

static void on(uint64_t a1)
{
    WRITE(mair_el1, 0xff);
    WRITE(tcr_el1, 25 | 1ul << 8 | 1ul << 10 | 3ul << 12 | 25ul << 16 | 2ul << 30 | 2ul << 32 | a1);
    WRITE(ttbr1_el1, (uint64_t)unused);
    enter(0);
    WRITE(sctlr_el1, READ(sctlr_el1) | 1);
}

void asid_secondary(void);
void asid_secondary(void)
{
    extern char asid_vectors[] __asm__("vectors");
    WRITE(vbar_el1, (uint64_t)asid_vectors);
    on(0);
    for (uint32_t last = 0;;) {
        while (ask == last)
            ;
        last = ask;
        __asm__ volatile("dsb sy" ::: "memory");
        enter(asked_space);
        seen = read_at(asked_address);
        __asm__ volatile("dsb sy" ::: "memory");
        answer = last;
    }
}

static uint64_t other_cpu(unsigned space, uint64_t address)
{
    asked_space = space;
    asked_address = address;
    __asm__ volatile("dsb sy" ::: "memory");
    ask = ask + 1;
    while (answer != ask)
        ;
    __asm__ volatile("dsb sy" ::: "memory");
    return seen;
}

static unsigned remap(unsigned s, unsigned n)
{
    next = next % 200 + 1;
    l3[s][n] = (FREE + next * 4096) | VALID | PAGE | AF | INNER | (n == 1 ? 0 : NG);
    return next;
}

static unsigned remap_global(void)
{
    unsigned n = remap(0, 1);
    for (unsigned s = 1; s < SPACES; s++)
        l3[s][1] = l3[0][1];
    return n;
}

static void expect(const char *what, uint64_t got, unsigned want)
{
    print(" ");
    print(what);
    print(got == want ? " new" : " STALE");
}

/* ---- forms; in force is space 0, ASID 1 ---- */

static uint64_t operand(uint64_t va, uint64_t asid) { return ASID(asid) | va >> 12; }
#define FORM(name, instruction) \
    static void name(uint64_t x) { __asm__ volatile("dsb sy\n\ttlbi " instruction "\n\tdsb sy\n\tisb" :: "r"(x) : "memory"); }
FORM(vmalle1, "vmalle1") FORM(vae1, "vae1, %0") FORM(aside1, "aside1, %0") FORM(vaae1, "vaae1, %0") FORM(vale1, "vale1, %0")
FORM(vaale1, "vaale1, %0") FORM(vmalle1is, "vmalle1is") FORM(vae1is, "vae1is, %0") FORM(aside1is, "aside1is, %0")
FORM(vaae1is, "vaae1is, %0") FORM(vale1is, "vale1is, %0") FORM(vaale1is, "vaale1is, %0")

enum { HERE = 1, OTHER = 2, GLOBAL = 4, EVERYWHERE = 8 };
static const struct { const char *name; void (*run)(uint64_t x); uint64_t va, asid; unsigned gone; } forms[] = {
    { "vmalle1", vmalle1, 0, 0, HERE | OTHER | GLOBAL },
    { "vae1", vae1, TEST, 1, HERE }, { "vae1 of another ASID", vae1, TEST, 2, OTHER },
    { "vae1 of a global page", vae1, TEST + 4096, 7, GLOBAL },
    { "aside1", aside1, 0, 1, HERE }, { "aside1 of another ASID", aside1, 0, 2, OTHER },
    { "vaae1", vaae1, TEST, 0, HERE | OTHER }, { "vaae1 of a global page", vaae1, TEST + 4096, 0, GLOBAL },
    { "vale1", vale1, TEST, 1, HERE }, { "vale1 of another ASID", vale1, TEST, 2, OTHER },
    { "vaale1", vaale1, TEST, 0, HERE | OTHER },
    { "vmalle1is", vmalle1is, 0, 0, HERE | OTHER | GLOBAL | EVERYWHERE },
    { "vae1is", vae1is, TEST, 1, HERE | EVERYWHERE }, { "vae1is of another ASID", vae1is, TEST, 2, OTHER | EVERYWHERE },
    { "vae1is of a global page", vae1is, TEST + 4096, 7, GLOBAL | EVERYWHERE },
    { "aside1is", aside1is, 0, 1, HERE | EVERYWHERE }, { "aside1is of another ASID", aside1is, 0, 2, OTHER | EVERYWHERE },
    { "vaae1is", vaae1is, TEST, 0, HERE | OTHER | EVERYWHERE },
    { "vaae1is of a global page", vaae1is, TEST + 4096, 0, GLOBAL | EVERYWHERE },
    { "vale1is", vale1is, TEST, 1, HERE | EVERYWHERE }, { "vale1is of another ASID", vale1is, TEST, 2, OTHER | EVERYWHERE },
    { "vaale1is", vaale1is, TEST, 0, HERE | OTHER | EVERYWHERE },
};

static void touch(unsigned s)
{
    enter(s);
    read_at(TEST);
    read_at(TEST + 4096);
}

/* between: spaces in force meanwhile, as many as a TLB may keep apart and more. */
static void form(unsigned i, unsigned between, int two_cpus)
{
    touch(1);
    for (unsigned s = 0; s < between; s++)
        touch(2 + s);
    touch(0);
    for (unsigned s = 2; two_cpus && s--;) {
        other_cpu(s, TEST);
        other_cpu(s, TEST + 4096);
    }
    unsigned here = remap(0, 0), other = remap(1, 0), global = remap_global(), gone = forms[i].gone;
    forms[i].run(forms[i].asid || forms[i].va ? operand(forms[i].va, forms[i].asid) : 0);
    print(forms[i].name);
    if (gone & HERE)
        expect("here", read_at(TEST), here);
    if (gone & GLOBAL)
        expect("global", read_at(TEST + 4096), global);
    enter(1);
    if (gone & OTHER)
        expect("other", read_at(TEST), other);
    if (gone & GLOBAL)
        expect("its global", read_at(TEST + 4096), global);
    if (two_cpus && gone & EVERYWHERE) {
        print(", CPU 1:");
        if (gone & HERE)
            expect("here", other_cpu(0, TEST), here);
        if (gone & OTHER)
            expect("other", other_cpu(1, TEST), other);
        if (gone & GLOBAL)
            expect("global", other_cpu(1, TEST + 4096), global);
    }
    line();
    vmalle1is(0);
}

/* More single addresses than anybody remembers, while the other space is not in force. */
static void many_addresses(void)
{
    enum { MANY = 100 };
    unsigned stale = 0;
    enter(1);
    for (unsigned n = 2; n < MANY; n++) {
        remap(1, n);
        dsb();
        read_at(TEST + n * 4096);
        other_cpu(1, TEST + n * 4096);
    }
    enter(0);
    other_cpu(0, TEST);
    for (unsigned n = 2; n < MANY; n++) {
        remap(1, n);
        vae1is(operand(TEST + n * 4096, 2));
    }
    enter(1);
    for (unsigned n = 2; n < MANY; n++) {
        uint64_t want = ((l3[1][n] & 0xfffffffff000) - FREE) / 4096;
        stale += (read_at(TEST + n * 4096) != want) + (other_cpu(1, TEST + n * 4096) != want);
    }
    print_hex("many addresses: stale", stale);
    line();
}

/* A table becomes another, a block, and a table again. */
static void levels(void)
{
    touch(1);
    enter(0);
    l2[1][0] = 0;
    vae1(operand(TEST, 2));
    other_l3[0] = (FREE + 7 * 4096) | VALID | PAGE | AF | INNER | NG;
    l2[1][0] = (uint64_t)other_l3 | VALID | TABLE;
    dsb();
    enter(1);
    expect("another table", read_at(TEST), 7);
    enter(0);
    l2[1][0] = 0;
    aside1(ASID(2));
    l2[1][0] = FREE | VALID | AF | INNER | NG;
    dsb();
    enter(1);
    expect("block", read_at(TEST + 5 * 4096), 5);
    expect("", read_at(TEST + 9 * 4096), 9);
    enter(0);
    l2[1][0] = 0;
    vae1(operand(TEST + 9 * 4096, 2));
    l2[1][0] = (uint64_t)l3[1] | VALID | TABLE;
    l3[1][5] = (FREE + 6 * 4096) | VALID | PAGE | AF | INNER | NG;
    dsb();
    enter(1);
    expect("pages again", read_at(TEST + 5 * 4096), 6);
    line();
}

/* ---- code: MOV w0, #n; RET ---- */

static uint32_t *body(unsigned s) { return (uint32_t *)(FREE + (210 + s) * 4096); }

static void write_body(volatile uint32_t *at, unsigned n)
{
    at[0] = 0x52800000 | n << 5;
    at[1] = 0xd65f03c0;
    __asm__ volatile("dc cvau, %0\n\tdsb sy\n\tic ialluis\n\tdsb sy\n\tisb" :: "r"(at) : "memory");
}

static void code(void)
{
    unsigned wrong = 0, value[SPACES];
    for (unsigned s = 0; s < SPACES; s++) {
        write_body(body(s), value[s] = s);
        l3[s][16] = (uint64_t)body(s) | VALID | PAGE | AF | INNER | NG;
    }
    vmalle1is(0);
    for (unsigned turn = 0; turn < 300; turn++) {
        unsigned s = turn % (turn & 64 ? SPACES : 2);
        enter(s);
        wrong += ((uint32_t (*)(void))(TEST + 16 * 4096))() != value[s];
        if (turn % 3 == 0) {
            write_body(body(1), value[1] = turn);                                   /* one in force before, or that in force */
            write_body((uint32_t *)(TEST + 16 * 4096), value[s] = turn + 1000);     /* through the mapping that runs it */
        }
    }
    print_hex("code: wrong", wrong);
    line();
}

int main(void)
{
    low[0] = VALID | AF | INNER | 1 << 7;
    low[0x48] = 0x09000000 | VALID | AF | UXN | PXN;
    for (unsigned n = 0; n < PAGES; n++)
        *(volatile uint64_t *)(FREE + 4096 * n) = n;
    for (unsigned s = 0; s < SPACES; s++) {
        l1[s][0] = (uint64_t)low | VALID | TABLE;
        l1[s][1] = 1ul << 30 | VALID | AF | INNER | UXN;
        l1[s][2] = (uint64_t)l2[s] | VALID | TABLE;
        l2[s][0] = (uint64_t)l3[s] | VALID | TABLE;
        remap(s, 0);
    }
    remap_global();
    asid_stack = stack1 + sizeof(stack1);
    dsb();
    register uint64_t x0 __asm__("x0") = 0xc4000003, x1 __asm__("x1") = 1, x2 __asm__("x2") = (uint64_t)asid_start, x3 __asm__("x3") = 0;
    __asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
    on(0);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        form(i, 0, 1);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        form(i, 9, 0);
    many_addresses();
    levels();
    code();
    print("ASIDs in TTBR1\n");
    on(TCR_A1);
    vmalle1is(0);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        form(i, 0, 0);
    code();
    end();
}
