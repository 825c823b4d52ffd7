/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * smp: 2
 * TLB maintenance of every form: after a descriptor was changed, the instruction and a DSB make the new page seen, by this CPU and,
 * of the forms for the inner shareable domain, by another one that has the old one in use. What other translations there were
 * stay right.
 */
#include "guest.h"

enum { VALID = 1, TABLE = 2, PAGE = 2, AF = 1 << 10, NG = 1 << 11, INNER = 3 << 8, EL1H = 0x3c5, S2 = 0x7fc };
#define UXN (1ul << 54)
#define PXN (1ul << 53)
#define TEST 0x80000000ul
#define IPA 0xc0000000ul
#define ASID(n) ((uint64_t)(n) << 48)
static uint64_t l1[512] __attribute__((aligned(4096))), low[512] __attribute__((aligned(4096))), l2[512] __attribute__((aligned(4096))),
    l3[512] __attribute__((aligned(4096))), s2_l1[512] __attribute__((aligned(4096))), s2_l2[512] __attribute__((aligned(4096))),
    s2_l3[512] __attribute__((aligned(4096)));
static uint8_t stack[8192] __attribute__((aligned(16))), stack1[8192] __attribute__((aligned(16)));
static volatile uint32_t ask __attribute__((aligned(64))), answer __attribute__((aligned(64)));
static volatile uint64_t seen;

/* The second CPU has its own registers, and reads what CPU 0 asks for. */
extern char secondary_start[];
uint8_t *volatile tlbi_stack;
__asm__(".text\nsecondary_start:\n\tldr x1, =tlbi_stack\n\tldr x1, [x1]\n\tmov sp, x1\n\tb secondary\n.ltorg\n");

static void on(unsigned el)
{
    const uint64_t tcr = 25 | 1ul << 8 | 1ul << 10 | 3ul << 12;
    if (el == 2) {
        WRITE(mair_el2, 0xff);
        WRITE(tcr_el2, tcr | 2 << 16 | 1ul << 31 | 1 << 23);
        WRITE(ttbr0_el2, (uint64_t)l1);
        WRITE(sctlr_el2, READ(sctlr_el2) | 1);
    } else {
        WRITE(mair_el1, 0xff);
        WRITE(tcr_el1, tcr | 2ul << 32 | 1ul << 23);
        WRITE(ttbr0_el1, (uint64_t)l1 | ASID(1));
        WRITE(sctlr_el1, READ(sctlr_el1) | 1);
    }
}

static void dsb(void) { __asm__ volatile("dsb sy\n\tisb" ::: "memory"); }
static uint64_t read_at(uint64_t va) { return *(volatile uint64_t *)va; }

static void serve(void)
{
    on(1);
    for (uint32_t last = 0;;) {
        while (ask == last)
            ;
        last = ask;
        seen = read_at(TEST);
        __asm__ volatile("dsb sy" ::: "memory");
        answer = last;
    }
}

void secondary(void);
void secondary(void)
{
    extern char tlbi_vectors[] __asm__("vectors");
    WRITE(vbar_el1, (uint64_t)tlbi_vectors);
    WRITE(vbar_el2, (uint64_t)tlbi_vectors);
    WRITE(hcr_el2, 1ul << 31);
    WRITE(spsr_el2, EL1H);
    WRITE(elr_el2, (uint64_t)serve);        /* drop() is CPU 0's alone */
    __asm__ volatile("msr sp_el1, %0\n\teret" :: "r"(stack1 + sizeof(stack1)));
}

static uint64_t other(void)
{
    ask = ask + 1;
    while (answer != ask)
        ;
    return seen;
}

/* TEST shows page n of FREE, whose first word says so; page 8 stays where it is. */
static void map(unsigned n, uint64_t attributes) { l3[0] = (FREE + 4096 * n) | VALID | PAGE | AF | INNER | attributes; }

static void flush(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1is\n\tdsb sy\n\tisb" ::: "memory");
    if (READ(CurrentEL) == 8)
        __asm__ volatile("tlbi alle2is\n\tdsb sy\n\tisb" ::: "memory");
}

static uint64_t operand(uint64_t va, uint64_t asid) { return ASID(asid) | va >> 12; }

#define FORM(name, instruction, arg, attributes, with_other) \
    do { \
        map(1, attributes); \
        flush(); \
        uint64_t r_ = read_at(TEST), o_ = with_other ? other() : 0; \
        print(name); \
        print_hex("before", r_); \
        if (with_other) \
            print_hex("", o_); \
        map(2, attributes); \
        __asm__ volatile("dsb sy\n\ttlbi " instruction "\n\tdsb sy\n\tisb" :: "r"(arg) : "memory"); \
        print_hex("after", read_at(TEST)); \
        if (with_other) \
            print_hex("", other()); \
        print_hex("beside", read_at(TEST + 8 * 4096)); \
        line(); \
    } while (0)

static void el1_forms(void)
{
    FORM("vmalle1", "vmalle1", 0ul, 0, 0);
    FORM("vae1", "vae1, %0", operand(TEST, 1), NG, 0);
    FORM("vae1 of a global page", "vae1, %0", operand(TEST, 7), 0, 0);
    FORM("aside1", "aside1, %0", ASID(1), NG, 0);
    FORM("vaae1", "vaae1, %0", operand(TEST, 0), NG, 0);
    FORM("vale1", "vale1, %0", operand(TEST, 1), NG, 0);
    FORM("vaale1", "vaale1, %0", operand(TEST, 0), 0, 0);
    FORM("vmalle1is", "vmalle1is", 0ul, 0, 1);
    FORM("vae1is", "vae1is, %0", operand(TEST, 1), NG, 1);
    FORM("vae1is of a global page", "vae1is, %0", operand(TEST, 7), 0, 1);
    FORM("aside1is", "aside1is, %0", ASID(1), NG, 1);
    FORM("vaae1is", "vaae1is, %0", operand(TEST, 0), NG, 1);
    FORM("vale1is", "vale1is, %0", operand(TEST, 1), NG, 1);
    FORM("vaale1is", "vaale1is, %0", operand(TEST, 0), 0, 1);
}

/* Tables, too: a block becomes a table and back. */
static void levels(void)
{
    l2[1] = FREE | VALID | AF | INNER;
    dsb();
    print_hex("block", read_at(TEST + 0x200000 + 3 * 4096));
    l2[1] = 0;
    __asm__ volatile("dsb sy\n\ttlbi vae1, %0\n\tdsb sy\n\tisb" :: "r"(operand(TEST + 0x200000 + 3 * 4096, 1)) : "memory");
    l3[3] = (FREE + 5 * 4096) | VALID | PAGE | AF | INNER;
    l2[1] = (uint64_t)l3 | VALID | TABLE;
    dsb();
    print_hex("page", read_at(TEST + 0x200000 + 3 * 4096));
    l2[1] = 0;
    __asm__ volatile("dsb sy\n\ttlbi vae1, %0\n\tdsb sy\n\tisb" :: "r"(operand(TEST + 0x200000 + 3 * 4096, 1)) : "memory");
    l2[1] = FREE | VALID | AF | INNER;
    dsb();
    print_hex("block", read_at(TEST + 0x200000 + 3 * 4096));
    print_hex("far in it", read_at(TEST + 0x200000 + 6 * 4096));
    l2[1] = (FREE + 0x200000) | VALID | AF | INNER;         /* of another address in the block: all of it goes */
    __asm__ volatile("dsb sy\n\ttlbi vaae1, %0\n\tdsb sy\n\tisb" :: "r"(operand(TEST + 0x200000, 1)) : "memory");
    print_hex("moved", read_at(TEST + 0x200000 + 6 * 4096));
    line();
}

static void kernel(void)
{
    on(1);
    el1_forms();
    levels();
    WRITE(sctlr_el1, READ(sctlr_el1) & ~1ul);
    __asm__ volatile("hvc #0x7ff");
}

/* Stage 2, from EL2: the page behind IPA changes under EL1's own flat translation. */
static void s2_reader(void)
{
    seen = read_at(IPA);
    __asm__ volatile("hvc #0x7ff");
}

static void s2_map(unsigned n) { s2_l3[0] = (FREE + 4096 * n) | S2 | 3; }
static uint64_t s2_read(void)
{
    drop(EL1H, s2_reader, stack + sizeof(stack));
    return seen;
}

#define S2_FORM(name, instruction, arg) \
    do { \
        s2_map(1); \
        __asm__ volatile("dsb sy\n\ttlbi alle1\n\tdsb sy\n\tisb" ::: "memory"); \
        print(name); \
        print_hex("before", s2_read()); \
        s2_map(2); \
        __asm__ volatile("dsb sy\n\ttlbi " instruction "\n\tdsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" :: "r"(arg) : "memory"); \
        print_hex("after", s2_read()); \
        line(); \
    } while (0)

static void stage2(void)
{
    for (unsigned i = 0; i < 3; i++)
        s2_l1[i] = (uint64_t)i << 30 | S2 | 1;
    s2_l1[IPA >> 30] = (uint64_t)s2_l2 | 3;
    s2_l2[0] = (uint64_t)s2_l3 | 3;
    WRITE(vtcr_el2, 25 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1ul << 31);
    WRITE(vttbr_el2, (uint64_t)s2_l1 | ASID(1));
    WRITE(hcr_el2, 1ul << 31 | 1);
    S2_FORM("ipas2e1", "ipas2e1, %0", IPA >> 12);
    S2_FORM("ipas2le1", "ipas2le1, %0", IPA >> 12);
    S2_FORM("ipas2e1is", "ipas2e1is, %0", IPA >> 12);
    S2_FORM("ipas2le1is", "ipas2le1is, %0", IPA >> 12);
    S2_FORM("vmalls12e1", "vmalls12e1", 0ul);
    S2_FORM("vmalls12e1is", "vmalls12e1is", 0ul);
    S2_FORM("alle1", "alle1", 0ul);
    S2_FORM("alle1is", "alle1is", 0ul);
    s2_map(1);
    WRITE(vttbr_el2, (uint64_t)s2_l1 | ASID(2));            /* another VMID: nothing of the old one is seen */
    print_hex("vmid 2", s2_read());
    line();
    WRITE(hcr_el2, 1ul << 31);
}

static void el2_forms(void)
{
    on(2);
    FORM("alle2", "alle2", 0ul, 0, 0);
    FORM("vae2", "vae2, %0", TEST >> 12, 0, 0);
    FORM("vale2", "vale2, %0", TEST >> 12, 0, 0);
    FORM("alle2is", "alle2is", 0ul, 0, 0);
    FORM("vae2is", "vae2is, %0", TEST >> 12, 0, 0);
    FORM("vale2is", "vale2is, %0", TEST >> 12, 0, 0);
}

int main(void)
{
    l1[0] = (uint64_t)low | VALID | TABLE;
    low[0] = VALID | AF | INNER | 1 << 7;
    low[0x48] = 0x09000000 | VALID | AF | UXN | PXN;
    l1[1] = 1ul << 30 | VALID | AF | INNER | UXN | PXN;
    l1[2] = (uint64_t)l2 | VALID | TABLE;
    l2[0] = (uint64_t)l3 | VALID | TABLE;
    for (unsigned n = 0; n < 16; n++) {
        *(volatile uint64_t *)(FREE + 4096 * n) = 0x10 + n;
        *(volatile uint64_t *)(FREE + 0x200000 + 4096 * n) = 0x20 + n;
    }
    l3[8] = (FREE + 4096 * 8) | VALID | PAGE | AF | INNER;
    map(0, 0);
    WRITE(hcr_el2, 1ul << 31);
    WRITE(cnthctl_el2, 3);
    tlbi_stack = stack1 + sizeof(stack1) - 4096;
    register uint64_t x0 __asm__("x0") = 0xc4000003, x1 __asm__("x1") = 1, x2 __asm__("x2") = (uint64_t)secondary_start, x3 __asm__("x3") = 0;
    __asm__ volatile("smc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
    drop(EL1H, kernel, stack + sizeof(stack));
    stage2();
    el2_forms();
    end();
}
