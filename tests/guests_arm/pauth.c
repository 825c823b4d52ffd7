/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * cpu: max
 * Pointer authentication: every key and form, under known keys; wrong codes; what SCTLR_EL1 turns off.
 */
#include "guest.h"

#define P 0x0000123456789abcul
#define M 0x1122334455667788ul
__asm__(".arch armv8.3-a");

#define SIGN(name, text) do { register uint64_t x0 __asm__("x0") = P, x1 __asm__("x1") = M; \
    __asm__ volatile(".arch armv8.3-a\n\t" text : "+r"(x0) : "r"(x1)); print_hex(name, x0); line(); } while (0)
#define BOTH(name, sign, check) do { register uint64_t x0 __asm__("x0") = P, x1 __asm__("x1") = M; \
    __asm__ volatile(".arch armv8.3-a\n\t" sign "\n\t" check : "+r"(x0) : "r"(x1)); print_hex(name, x0); line(); } while (0)

static void keys(uint64_t seed)
{
    __asm__ volatile(".arch armv8.3-a");
    WRITE(s3_0_c2_c1_0, seed * 0x9e3779b97f4a7c15ul);
    WRITE(s3_0_c2_c1_1, seed * 0xbf58476d1ce4e5b9ul);
    WRITE(s3_0_c2_c1_2, seed * 0x94d049bb133111ebul);
    WRITE(s3_0_c2_c1_3, seed * 0xd6e8feb86659fd93ul);
    WRITE(s3_0_c2_c2_0, seed * 0x2545f4914f6cdd1dul);
    WRITE(s3_0_c2_c2_1, seed * 0x5851f42d4c957f2dul);
    WRITE(s3_0_c2_c2_2, seed * 0x14057b7ef767814ful);
    WRITE(s3_0_c2_c2_3, seed * 0x369dea0f31a53f85ul);
    WRITE(s3_0_c2_c3_0, seed * 0x27bb2ee687b0b0fdul);
    WRITE(s3_0_c2_c3_1, seed * 0xd1342543de82ef95ul);
}

static void forms(void)
{
    SIGN("pacia", "pacia x0, x1");
    SIGN("pacib", "pacib x0, x1");
    SIGN("pacda", "pacda x0, x1");
    SIGN("pacdb", "pacdb x0, x1");
    SIGN("paciza", "paciza x0");
    SIGN("pacizb", "pacizb x0");
    SIGN("pacdza", "pacdza x0");
    SIGN("pacdzb", "pacdzb x0");
    SIGN("pacga", "pacga x0, x0, x1");
    SIGN("pacga sp", "mov x2, sp\n\tpacga x0, x1, x0");
    SIGN("xpaci", "xpaci x0");
    BOTH("autia", "pacia x0, x1", "autia x0, x1");
    BOTH("autib", "pacib x0, x1", "autib x0, x1");
    BOTH("autda", "pacda x0, x1", "autda x0, x1");
    BOTH("autdb", "pacdb x0, x1", "autdb x0, x1");
    BOTH("autiza", "paciza x0", "autiza x0");
    BOTH("autdzb", "pacdzb x0", "autdzb x0");
    BOTH("other key", "pacia x0, x1", "autib x0, x1");
    BOTH("other key of data", "pacda x0, x1", "autdb x0, x1");
    BOTH("other modifier", "pacia x0, x1", "autiza x0");
    BOTH("signed twice", "pacia x0, x1\n\tpacia x0, x1", "autia x0, x1");
    BOTH("high half", "orr x0, x0, #0xffff000000000000\n\tpacia x0, x1", "xpaci x0");
    BOTH("high half signed", "orr x0, x0, #0xffff000000000000", "pacda x0, x1");
    BOTH("not canonical", "orr x0, x0, #0x0080000000000000", "pacia x0, x1");
    BOTH("stripped", "pacdb x0, x1", "xpacd x0");
    BOTH("1716", "mov x17, x0\n\tmov x16, x1\n\tpacia1716\n\tmov x0, x17", "mov x17, x0\n\tautia1716\n\tmov x0, x17");
}

static void returns(void)
{
    uint64_t v = 0;
    __asm__ volatile(".arch armv8.3-a\n\tmov x9, x30\n\tadr x30, 1f\n\tpaciasp\n\tretaa\n\tmov %0, #1\n1:\tmov x30, x9" : "+r"(v) : : "x9", "x30");
    print_hex("retaa", v);
    __asm__ volatile(".arch armv8.3-a\n\tmov x9, x30\n\tadr x10, 1f\n\tpacib x10, x9\n\tblrab x10, x9\n1:\tmov x30, x9" : "+r"(v) : : "x9", "x10", "x30");
    __asm__ volatile(".arch armv8.3-a\n\tadr x10, 1f\n\tpaciza x10\n\tbraaz x10\n\tmov %0, #2\n1:" : "+r"(v) : : "x10");
    print_hex("braaz", v);
    *(volatile uint64_t *)(FREE + 64) = 0x77;
    __asm__ volatile(".arch armv8.3-a\n\tmov x10, %1\n\tpacdza x10\n\tldraa %0, [x10, #64]" : "+r"(v) : "r"(FREE) : "x10", "memory");
    print_hex("ldraa", v);
    __asm__ volatile(".arch armv8.3-a\n\tmov x10, %1\n\tpacdzb x10\n\tldrab %0, [x10, #64]!\n\tmov %0, x10" : "+r"(v) : "r"(FREE) : "x10", "memory");
    print_hex("ldrab!", v);
    line();
}

int main(void)
{
    const uint64_t enable = 1ul << 31 | 1ul << 30 | 1ul << 27 | 1ul << 13, sctlr = READ(sctlr_el1);
    print("off\n");
    keys(3);
    forms();
    WRITE(tcr_el1, 16 | 16ul << 16 | 2ul << 30 | 1ul << 23 | 1ul << 7);
    WRITE(sctlr_el1, sctlr | enable);
    for (uint64_t seed = 1; seed < 4; seed++) {
        print_hex("keys", seed);
        line();
        keys(seed);
        forms();
    }
    returns();
    print("39 bits\n");
    WRITE(tcr_el1, 25 | 25ul << 16 | 2ul << 30 | 1ul << 23 | 1ul << 7);
    forms();
    print("39 bits, tags\n");
    WRITE(tcr_el1, 25 | 25ul << 16 | 2ul << 30 | 1ul << 23 | 1ul << 7 | 3ul << 37);
    forms();
    print("some keys only\n");
    WRITE(sctlr_el1, sctlr | 1ul << 31 | 1ul << 13);
    forms();
    end();
}
